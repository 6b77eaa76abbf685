//! Builtin functions: one table entry each.
//!
//! An entry holds the name, signature, documentation, an example that runs as a test, purity and the function. A
//! builtin takes values and gives a value; it must not know about rules, bytecode or the VM. What it needs from
//! outside it asks of the [`Host`]. Adding one touches one file: the category's. Categories that need large crates, or much
//! code, have a feature: without it they are not in `TABLES`, and to the compiler no such builtin exists.

mod aggregates;
mod arrays;
#[cfg(feature = "crypto")]
mod aws;
mod bits;
mod building;
mod comparison;
mod context;
mod conversions;
#[cfg(feature = "crypto")]
mod crypto;
mod custom;
mod debug;
mod declared;
mod encoding;
pub mod failure;
mod floats;
mod formats;
#[cfg(feature = "regex")]
mod glob;
#[cfg(feature = "regex")]
mod globs_match;
mod graph;
#[cfg(feature = "graphql")]
mod graphql;
mod http;
mod json_ops;
pub(crate) mod json_schema;
mod json_text;
#[cfg(feature = "crypto")]
mod jwt;
mod letters;
mod membership;
pub mod modules;
mod net;
mod numbers;
mod objects;
mod own;
mod quote;
mod rand;
mod regex;
mod rego;
mod search;
#[cfg(feature = "semver")]
mod semver;
mod sets;
mod shortcuts;
mod sprintf;
mod stack;
mod strings;
mod template;
#[cfg(test)]
mod testing;
mod time;
mod type_checks;
mod typed;
mod units;
pub(crate) mod uri;
mod uuid;
mod verbs;
mod walk;
#[cfg(feature = "crypto")]
mod x509;
#[cfg_attr(not(feature = "yaml"), path = "no_yaml.rs")]
pub(crate) mod yaml;

pub use context::{Caches, Context, Kept, call_alone};
pub use custom::{CustomBuiltin, CustomFunction, Customs, is_custom};
pub use declared::declare;
pub use failure::{Failure, Outcome};
pub use formats::Format;
pub use http::SentRequests;
pub use own::register;
pub use shortcuts::{Shortcut, shortcut};
pub use typed::{Json, Parameter, Returned, TypedFunction};

#[cfg(doc)]
use crate::host::Host;
#[cfg(doc)]
use crate::types;
use crate::types::{Argument, Signature, Type};
use crate::value::Value;
use hashbrown::HashMap;
use std::hash::Hash;
use std::sync::{LazyLock, OnceLock};

/// A builtin function.
pub type Function = for<'a, 'c> fn(&mut Context<'a, 'c>, &[Value<'a>]) -> Outcome<'a>;

/// One builtin: everything the compiler, the VM and the documentation know about it.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// Its name as policies write it, for example `array.concat`.
    pub name: &'static str,
    /// Arguments and result in the notation of [`types`]: `"(x: number, y: number) -> z: number"`. Types are `null`,
    /// `boolean`, `number`, `string`, `any`, `array[T]` (any length), `array<T, U>` (these items), `set[T]`,
    /// `object[K: V]`, `object<name: T, ...>` with `object<name: T>[K: V]` for both, and unions `T | U`.
    pub signature: &'static str,
    /// One sentence or more for the reference page.
    pub doc: &'static str,
    /// An example: a Rego expression, or a module `example` whose rule `p` is asked for, and the JSON of its value
    /// (sets as arrays).
    pub example: (&'static str, &'static str),
    /// What its result depends on besides its arguments.
    pub purity: Purity,
    /// The function. The number of arguments has been checked against the signature.
    pub call: Function,
}

impl Builtin {
    /// Its signature, read from the notation the first time one is asked for, or as it was declared. An entry that is
    /// neither in the tables nor declared nor [registered](register) takes and gives anything.
    pub fn signature(&self) -> &'static Signature {
        /// By where its name is: the builtin, and what its notation says.
        type Signatures = HashMap<usize, (&'static Builtin, OnceLock<Box<Signature>>)>;
        static SIGNATURES: LazyLock<Signatures> =
            LazyLock::new(|| table_of(|builtin| (builtin.name.as_ptr().addr(), (builtin, OnceLock::new()))));
        static ANYTHING: LazyLock<Signature> = LazyLock::new(|| {
            let argument = || Some(Argument { kind: Type::Any, name: String::new() });
            Signature { args: Vec::new(), result: argument(), variadic: argument() }
        });
        let of = |name: &str| SIGNATURES.get(&name.as_ptr().addr());
        let is_this =
            |known: &Builtin| std::ptr::eq(known.name, self.name) && std::ptr::eq(known.signature, self.signature);
        // An entry made elsewhere may say the same as one of the tables.
        let is_alike = |known: &Builtin| known.signature == self.signature;
        let alike = || in_tables(self.name).and_then(|known| of(known.name)).filter(|(known, _)| is_alike(known));
        let Some((_, signature)) = of(self.name).filter(|(known, _)| is_this(known)).or_else(alike) else {
            let own = own::signature(self).or_else(|| custom::signature(self));
            return own.or_else(|| declared::signature(self)).unwrap_or(&ANYTHING);
        };
        signature.get_or_init(|| Box::new(Signature::parse(self.signature).unwrap_or_else(|_| ANYTHING.clone())))
    }
}

/// What a builtin's result depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purity {
    /// Its arguments alone: may be folded, moved and remembered.
    Pure,
    /// The evaluation as well (time, random numbers): the same within one evaluation.
    Nondeterministic,
    /// The evaluation as well, and it remembers its results itself (`http.send`): not every one may be.
    Remembering,
    /// It has effects (print, trace): each call counts.
    Effect,
    /// A relation (`walk`): returns an array of the values it enumerates; the call is unified with each.
    Relation,
}

/// Builtins that modules in the syntax of OPA 1.0 cannot call.
pub const DEPRECATED: [&str; 11] = [
    "all",
    "any",
    "cast_array",
    "cast_boolean",
    "cast_null",
    "cast_object",
    "cast_set",
    "cast_string",
    "net.cidr_overlap",
    "re_match",
    "set_diff",
];

/// All categories' tables.
static TABLES: &[&[Builtin]] = &[
    aggregates::TABLE,
    arrays::TABLE,
    #[cfg(feature = "crypto")]
    aws::TABLE,
    bits::TABLE,
    building::TABLE,
    comparison::TABLE,
    conversions::TABLE,
    #[cfg(feature = "crypto")]
    crypto::TABLE,
    debug::TABLE,
    encoding::TABLE,
    #[cfg(feature = "regex")]
    glob::TABLE,
    #[cfg(feature = "regex")]
    globs_match::TABLE,
    graph::TABLE,
    #[cfg(feature = "graphql")]
    graphql::TABLE,
    http::TABLE,
    json_ops::TABLE,
    json_schema::TABLE,
    json_text::TABLE,
    #[cfg(feature = "crypto")]
    jwt::TABLE,
    #[cfg(feature = "crypto")]
    jwt::sign::TABLE,
    #[cfg(feature = "crypto")]
    jwt::verify::TABLE,
    membership::TABLE,
    net::TABLE,
    numbers::TABLE,
    objects::TABLE,
    rand::TABLE,
    #[cfg(feature = "regex")]
    regex::TABLE,
    rego::TABLE,
    #[cfg(feature = "semver")]
    semver::TABLE,
    sets::TABLE,
    sprintf::TABLE,
    strings::TABLE,
    template::TABLE,
    #[cfg(feature = "time")]
    time::TABLE,
    type_checks::TABLE,
    units::TABLE,
    uri::TABLE,
    uuid::TABLE,
    walk::TABLE,
    #[cfg(feature = "crypto")]
    x509::TABLE,
    #[cfg(feature = "yaml")]
    yaml::TABLE,
];

/// Every builtin, category by category.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The builtin called `name`.
pub fn find(name: &str) -> Option<&'static Builtin> {
    in_tables(name).or_else(|| own::function(name))
}

fn in_tables(name: &str) -> Option<&'static Builtin> {
    static NAMES: LazyLock<HashMap<&'static str, &'static Builtin>> =
        LazyLock::new(|| table_of(|builtin| (builtin.name, builtin)));
    NAMES.get(name).copied()
}

/// A table of all builtins. A process that compiles one small policy spends much of its time on memory that is new to it: so
/// it takes no more than it needs.
fn table_of<K: Eq + Hash, V>(entry: impl Fn(&'static Builtin) -> (K, V)) -> HashMap<K, V> {
    let mut table = HashMap::with_capacity(all().count());
    table.extend(all().map(entry));
    table
}
