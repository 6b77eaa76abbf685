//! Register bytecode.
//!
//! Takes the plan; gives a [`Unit`]: a function of [`Op`]s for each document, with the constants, paths and indexes
//! that they name. It must not know how instructions are carried out: that is `vm`.

pub mod aliases;
mod constants;
mod flow;
mod generate;
pub mod graph;
pub mod index;
pub mod input_free;
pub mod levels;
mod op;
mod optimizations;
pub mod print;
pub mod reads;
pub mod saved;
pub mod verify;

pub use flow::Work;
pub use generate::{generate_program, generate_query};
pub use op::*;
pub use optimizations::Optimizations;

use crate::builtins::{Builtin, Format, Shortcut};
use crate::plan::{Document, DocumentId, DocumentKind, Function as Callee};
use crate::value::{Frozen, Symbol, Value};
use solon_syntax::Span;
use std::sync::Arc;

/// What instructions name by number.
#[derive(Debug)]
pub struct Unit {
    /// An array of all constants.
    constants: Frozen,
    /// Constant paths.
    pub paths: Vec<Path>,
    /// Builtins that are called.
    pub builtins: Vec<&'static Builtin>,
    /// For each builtin its shortcut.
    pub shortcuts: Vec<Option<Shortcut>>,
    /// Calls whose formats are known.
    pub formats: Vec<Formatting>,
    /// What `with` replaces.
    pub targets: Vec<Target>,
}

/// A call of a builtin with a constant and an array, where a format says what it gives.
#[derive(Debug)]
pub struct Formatting {
    /// The builtin.
    pub builtin: BuiltinIndex,
    /// Its first argument.
    pub first: ConstantId,
    /// What it gives for most arrays.
    pub format: Format,
}

/// A constant path.
pub type Path = Box<[Key]>;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Its symbol.
    pub symbol: Symbol,
    /// The same where there is one; elsewhere what no key of an object has.
    pub named: Symbol,
    /// Its text.
    pub text: Box<str>,
}

impl Key {
    /// A step by a text that has a symbol.
    pub fn new(symbol: Symbol, text: &str) -> Self {
        Key { symbol, named: symbol.named(), text: text.into() }
    }
}

/// What a `with` replaces.
#[derive(Clone, Debug)]
pub enum Target {
    /// `input` at a path.
    Input(PathId),
    /// `data` at a path, and the documents that are at or below it.
    Data(PathId, std::ops::Range<u32>),
    /// A function.
    Function(Callee),
    /// A function, by another one.
    Redirect(Callee, Callee),
}

impl Unit {
    /// A builtin's shortcut.
    #[inline]
    pub fn shortcut(&self, builtin: BuiltinIndex) -> Option<Shortcut> {
        self.shortcuts.get(usize::from(builtin.0)).copied().flatten()
    }

    /// All constants.
    pub fn constants(&self) -> &[Value<'_>] {
        match self.constants.value() {
            Value::Array(items) => items,
            _ => &[],
        }
    }
}

/// The code of one document or query.
#[derive(Debug, Default)]
pub struct Function {
    /// Instructions.
    pub ops: Vec<Op>,
    /// How many registers it uses; a function's arguments are the first.
    pub registers: u16,
    /// How many arguments it takes.
    pub arguments: u16,
    /// What it is, for errors: `rule data.a.p`.
    pub name: String,
    /// Rule indexes.
    pub indexes: Vec<index::Index>,
    /// Where definitions begin, for [`Op::Candidate`].
    pub definitions: Vec<Label>,
    /// Where instructions that can fail with an error come from, in order of their place.
    pub spans: Vec<(u32, Span)>,
    /// Documents that it can ask for.
    pub documents: Vec<DocumentId>,
    /// Paths below `data` that it follows at run time; `None` stands for a key that is not known before.
    pub followed: Vec<Vec<Option<Arc<str>>>>,
    /// Paths below `data` whose keys it lists.
    pub listed: Vec<Vec<Option<Arc<str>>>>,
}

/// What the function of a document is called in errors.
fn name_of(document: &Document) -> String {
    let path = document.path.join(".");
    match document.kind {
        DocumentKind::Function(_) => format!("function data.{path}"),
        _ => format!("rule data.{path}"),
    }
}

impl Function {
    /// Where the instruction at `pc` comes from.
    pub fn span(&self, pc: usize) -> Span {
        let at = self.spans.partition_point(|(start, _)| *start as usize <= pc);
        at.checked_sub(1).and_then(|at| self.spans.get(at)).map_or(Span::default(), |(_, span)| *span)
    }
}
