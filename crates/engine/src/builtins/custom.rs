//! Builtins of the embedding program, for the policies that it compiles with them.
//!
//! The compiler and the machine know builtins by references that live as long as the process, so what is declared of
//! one is kept for good, once for each name and signature. The function itself goes with the policy.

use super::typed::TypedFunction;
use super::{Builtin, Context, Failure, Outcome, Purity, find};
use crate::types::{Misfit, Signature, Type};
use crate::value::{Value, exceeds};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// What carries out a builtin. The number of arguments has been checked against the signature.
pub type CustomFunction = dyn for<'a, 'c> Fn(&mut Context<'a, 'c>, &[Value<'a>]) -> Outcome<'a> + Send + Sync;

/// A function as policies keep it.
#[derive(Clone)]
struct Shared(Arc<CustomFunction>);

// One that panics leaves nothing of a policy half done.
impl UnwindSafe for Shared {}
impl RefUnwindSafe for Shared {}

/// A builtin of the embedding program: see [`Compiler::builtin`](crate::Compiler::builtin).
#[derive(Clone)]
pub struct CustomBuiltin {
    name: String,
    signature: String,
    purity: Purity,
    function: Shared,
}

impl CustomBuiltin {
    /// A builtin that sees its arguments as they are. The signature is in the notation of [`types`](crate::types), for
    /// example `"(name: string, count: number) -> result: boolean"`. Calls are checked against it when a policy is
    /// compiled, and again when they are made: an argument or a result of another type ends the evaluation, since under
    /// a `not`, what is undefined would be true.
    ///
    /// Equal calls of one evaluation agree: the function is called once, as for `rand.intn` or `time.now_ns`.
    pub fn new(
        name: impl Into<String>,
        signature: impl Into<String>,
        function: impl for<'a, 'c> Fn(&mut Context<'a, 'c>, &[Value<'a>]) -> Outcome<'a> + Send + Sync + 'static,
    ) -> Self {
        let (name, signature) = (name.into(), signature.into());
        CustomBuiltin { name, signature, purity: Purity::Nondeterministic, function: Shared(Arc::new(function)) }
    }

    /// A builtin of a function of Rust types, whose signature follows from them. See [`Parameter`](super::Parameter) for
    /// the types of arguments and [`Returned`](super::Returned) for those of results.
    ///
    /// ```
    /// use solon_engine::{Compiler, Input, builtins::CustomBuiltin};
    ///
    /// let is_repeated = |text: &str, count: i64| -> Result<bool, String> {
    ///     let count = usize::try_from(count).map_err(|_| "a negative count".to_owned())?;
    ///     Ok(text.chars().all(|letter| text.matches(letter).count() == count))
    /// };
    /// let compiler = Compiler::new().builtin(CustomBuiltin::typed("text.is_repeated", is_repeated).pure(true));
    /// let policy = compiler.module("a.rego", "package a\nallow if text.is_repeated(input, 2)").compile()?;
    /// assert!(policy.prepare("data.a.allow")?.evaluator().eval(Input::json(r#""abba""#))?.is_true());
    /// // Calls are checked when they are compiled.
    /// assert_eq!(policy.prepare("text.is_repeated(1, 2)").unwrap_err().issues()[0].code, "rego_type_error");
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    pub fn typed<Marker>(name: impl Into<String>, function: impl TypedFunction<Marker>) -> Self {
        let signature = function.signature();
        Self::new(name, signature, move |context, args| function.call(context, args))
    }

    /// Whether its result depends on its arguments alone: then calls may be moved and left out.
    pub fn pure(self, is_pure: bool) -> Self {
        CustomBuiltin { purity: if is_pure { Purity::Pure } else { Purity::Nondeterministic }, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for CustomBuiltin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.name, self.signature)
    }
}

/// The builtins of the embedding program that a policy may call.
#[derive(Clone, Default)]
pub struct Customs(Arc<BTreeMap<String, Custom>>);

#[derive(Clone)]
struct Custom {
    builtin: &'static Builtin,
    signature: &'static Signature,
    function: Shared,
}

impl Customs {
    /// Declares builtins; of several with one name the last counts.
    ///
    /// # Errors
    ///
    /// A name that is no name or that the engine has itself, or a signature that cannot be read.
    pub(crate) fn declare(builtins: &[CustomBuiltin]) -> Result<Self, String> {
        let mut customs = BTreeMap::new();
        for custom in builtins {
            let name = &custom.name;
            if !name.split('.').all(is_name) {
                return Err(format!("{name:?} cannot be called: names are letters, digits and underscores, with dots"));
            }
            if find(name).is_some() {
                return Err(format!("{name} is a builtin already"));
            }
            let signature = Signature::parse(&custom.signature).map_err(|error| format!("{name}: {error}"))?;
            if signature.is_variadic() || signature.result.is_none() {
                return Err(format!("{name}: it needs a result and a number of arguments"));
            }
            let (builtin, signature) = declared(name, &signature, custom.purity);
            customs.insert(name.clone(), Custom { builtin, signature, function: custom.function.clone() });
        }
        Ok(Customs(Arc::new(customs)))
    }

    /// What is declared under a name.
    pub(crate) fn find(&self, name: &str) -> Option<&'static Builtin> {
        self.0.get(name).map(|custom| custom.builtin)
    }

    /// Everything that is declared, in order of the names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static Builtin> + '_ {
        self.0.values().map(|custom| custom.builtin)
    }
}

impl fmt::Debug for Customs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.all()).finish()
    }
}

/// Whether a step of a name is one that policies can write.
fn is_name(step: &str) -> bool {
    step.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && step.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A builtin with its signature.
type Entry = (&'static Builtin, &'static Signature);

/// Name, signature, and whether it is pure.
type Declaration = (String, String, bool);

/// What was ever declared.
static DECLARED: LazyLock<Mutex<HashMap<Declaration, Entry>>> = LazyLock::new(Mutex::default);

fn declared(name: &str, signature: &Signature, purity: Purity) -> Entry {
    let is_pure = purity == Purity::Pure;
    let mut declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (name.to_owned(), signature.to_string(), is_pure);
    *declared.entry(key).or_insert_with_key(|(name, text, _)| {
        let builtin = Builtin {
            name: name.clone().leak(),
            signature: format!("custom {name}{text} {is_pure}").leak(),
            doc: "A function of the embedding program.",
            example: ("", ""),
            purity,
            call,
        };
        (Box::leak(Box::new(builtin)), Box::leak(Box::new(signature.clone())))
    })
}

/// The signature of a declared builtin.
pub(super) fn signature(builtin: &Builtin) -> Option<&'static Signature> {
    let declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    declared.values().find(|(other, _)| other.signature == builtin.signature).map(|(_, signature)| *signature)
}

/// Whether a builtin is one of an embedding program.
pub fn is_custom(builtin: &Builtin) -> bool {
    signature(builtin).is_some()
}

/// Calls the policy's function of the builtin's name, and holds both sides to the signature.
fn call<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let Some(custom) = context.customs.0.get(context.name) else { return Err(Failure::Unsupported) };
    let most = context.max_bytes();
    for (at, (argument, arg)) in custom.signature.args.iter().zip(args).enumerate() {
        let what = || format!("operand {}", at + 1);
        argument.kind.check(*arg, most).map_err(|misfit| unfit(&what(), &argument.kind, misfit))?;
    }
    let value = (custom.function.0)(context, args)?;
    // It may nest as deep as what is read, whatever the arguments are: otherwise values could grow without a loop.
    if exceeds(value, most) {
        return Err(Failure::Halt("the result is too large, or nested too deeply".to_owned()));
    }
    if let Some(result) = &custom.signature.result {
        result.kind.check(value, most).map_err(|misfit| unfit("the result", &result.kind, misfit))?;
    }
    Ok(value)
}

/// The error of an argument or a result that is not what was declared.
fn unfit(what: &str, kind: &Type, misfit: Misfit) -> Failure {
    let message = format!("{what} must be {kind} but got {misfit}");
    match misfit {
        Misfit::Found(..) => Failure::Fatal(message),
        Misfit::TooLarge => Failure::Halt(message),
    }
}
