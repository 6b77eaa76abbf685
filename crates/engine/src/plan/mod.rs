//! The plan: nested loops over documents, with names gone.
//!
//! Takes ordered rules; gives for every document its definitions as blocks of [`Step`]s. Unification is compiled
//! away here: what is known when a literal runs decides whether a term is computed, matched or looped over. It must
//! not know registers or instructions: that is `code`.

mod body;
pub mod depth;
mod literal;
pub mod observe;
pub mod optimize;
mod pattern;
pub(crate) mod pieces;
pub mod print;
mod reference;
mod required;
mod rule;
pub mod saved;
pub mod share;
mod tree;

pub use rule::{plan_program, plan_query};
pub use tree::{Document, DocumentId, DocumentKind, Found, Node, NodeId, Tree};

use crate::builtins::Builtin;
use crate::hir::ComprehensionKind;
use crate::hir::Const;
use crate::value::Kind;
use smallvec::SmallVec;
use solon_syntax::Span;
use std::sync::Arc;

/// A place for a value in one definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// A place in a source. All places are equal, so that what two rules have in common can be found by comparing it.
#[derive(Clone, Copy, Debug)]
pub struct At(pub Span);

impl PartialEq for At {
    fn eq(&self, _: &At) -> bool {
        true
    }
}

/// Steps, each of which runs if those before it succeeded. What the block is for happens at its innermost end.
pub type Block = Vec<Step>;

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Computes a value; fails where it is undefined.
    Bind(Slot, Expr),
    /// Goes on if a block has an answer, of which there is one at most. What it fills stays filled.
    Plain {
        /// The block where no function stands in for another, and no base document for one that rules define.
        quick: Block,
        /// The block elsewhere, which fills the same slots that are read later.
        slow: Block,
    },
    /// Goes on if the test holds.
    Test(Test),
    /// Runs the rest of the block for each element of a collection.
    Loop {
        /// The collection; anything else has no elements.
        collection: Expr,
        /// Gets the key.
        key: Option<Slot>,
        /// Gets the value.
        value: Option<Slot>,
        /// What an element has to have; the others are passed over.
        filter: Option<Box<Filter>>,
        /// The rest.
        body: Block,
    },
    /// Runs the rest of the block for each key of a document, virtual or base, that is found at run time.
    DataLoop {
        /// The path below `data`.
        path: Vec<Expr>,
        /// Gets the key.
        key: Slot,
        /// The rest.
        body: Block,
    },
    /// Goes on if the block has no answer.
    Not(Block),
    /// Goes on if the block has an answer.
    Exists(Block),
    /// Goes on if one of the blocks has an answer.
    Either(Block, Block),
    /// Goes on if the block has an answer for each element.
    Every {
        /// The collection.
        collection: Expr,
        /// Gets the key.
        key: Option<Slot>,
        /// Gets the value.
        value: Slot,
        /// What must hold.
        body: Block,
    },
    /// Runs the block with parts of the world replaced, up to its [`Step::Outside`].
    With {
        /// What is replaced.
        modifiers: Vec<Modifier>,
        /// What runs inside.
        body: Block,
    },
    /// Ends the inside of the innermost [`Step::With`]: the rest of the block runs outside of it.
    Outside(Block),
    /// Never goes on.
    Fail,
    /// Notes that a rule has an answer, by a number that [`observe`] gave, and goes on.
    Fired(u32),
    /// The end of a block that several rules begin with: goes on with each of their rests in turn, the number of the
    /// rule with each. See [`share`].
    Alternatives(Vec<(usize, Block)>),
}

/// What an element of a loop has to have.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// What of the element.
    pub part: Part,
    /// What must be there. Where it is undefined, no element has it.
    pub equal: Expr,
}

/// A part of an element that a loop walks over.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Its key, so that there is one element at most.
    Key,
    /// What is at a path in its value; the value itself if there are no keys.
    Value(Vec<Arc<str>>),
}

/// A `with` modifier.
#[derive(Clone, Debug, PartialEq)]
pub enum Modifier {
    /// `input`, or what is at a path in it.
    Input(Vec<Arc<str>>, Expr),
    /// What is at a path below `data`.
    Data(Vec<Arc<str>>, Expr),
    /// A function, by a value.
    Function(Function, Expr),
    /// A function, by another.
    Redirect(Function, Function),
}

/// Something that can be called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// Rules.
    Document(DocumentId),
    /// A builtin.
    Builtin(&'static Builtin),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The value is defined.
    Defined(Expr),
    /// The value is defined and not `false`.
    Truthy(Expr),
    /// The values compare so.
    Compare(Comparison, Expr, Expr),
    /// The first is a member of the second.
    Member(Expr, Expr),
    /// The value is of a type: what the builtin (`is_string` and its like) tests, unless a `with` replaces it.
    Kind(Expr, Kind, &'static Builtin),
    /// An array of this length.
    Array(Slot, usize),
    /// An object of this size.
    Object(Slot, usize),
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

/// Constant keys of a lookup: mostly one, as in `input.x`.
pub type Keys = SmallVec<[Arc<str>; 1]>;

/// Something that has a value, or is undefined.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A constant.
    Const(Constant),
    /// A slot that has been filled.
    Slot(Slot),
    /// `input`.
    Input,
    /// The base documents, whatever virtual ones lie over them.
    BaseData,
    /// A value that is known to be of base documents, whose keys are looked up as theirs are: a number is its text.
    Stored(Box<Expr>),
    /// What is at constant keys.
    Path(Box<Expr>, Keys),
    /// What is at a computed key.
    Index(Box<Expr>, Box<Expr>),
    /// A document that rules define.
    Document(DocumentId, At),
    /// What is at keys in a document that is no more than a name for a path of `input`; the whole path. Where base
    /// documents stand in for the document, it is what they have at those keys.
    Named(DocumentId, Keys),
    /// A document that is a constant, or what stands in for it.
    Fixed(DocumentId, Arc<Constant>),
    /// Whatever is at a path below `data` that is known at run time only, or is no single document.
    Data(Box<[Expr]>, At),
    /// A call.
    Call {
        /// Of what.
        function: Function,
        /// With what.
        args: Box<[Expr]>,
        /// Where.
        at: At,
    },
    /// What `walk` finds in a value: an array of the values; with paths an array of that, and of what [`Expr::WalkPath`]
    /// makes paths of.
    Walk {
        /// In what.
        root: Box<Expr>,
        /// Whether paths are asked for.
        has_paths: bool,
        /// Where.
        at: At,
    },
    /// The path of what a walk found at a position.
    WalkPath(Box<Expr>, Box<Expr>),
    /// An array.
    Array(Box<[Expr]>),
    /// An object.
    Object(Box<[(Expr, Expr)]>),
    /// A set.
    Set(Box<[Expr]>),
    /// A comprehension.
    Comprehension(Box<Comprehension>),
    /// Always undefined.
    Undefined,
}

impl Expr {
    /// Whether a value is looked up in base documents.
    pub fn is_base_data(&self) -> bool {
        match self {
            Expr::BaseData | Expr::Stored(_) => true,
            Expr::Path(base, _) | Expr::Index(base, _) => base.is_base_data(),
            _ => false,
        }
    }
}

/// A constant value. Copies share what is in a collection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Constant {
    /// A scalar.
    Scalar(Const),
    /// An array.
    Array(Arc<[Constant]>),
    /// An object.
    Object(Arc<[(Constant, Constant)]>),
    /// A set.
    Set(Arc<[Constant]>),
}

/// A comprehension.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    /// Which kind.
    pub kind: ComprehensionKind,
    /// What gives its elements.
    pub block: Block,
    /// The key of an object's entry.
    pub key: Option<Expr>,
    /// The element.
    pub value: Expr,
    /// Where.
    pub at: At,
}

/// One rule of a document.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The rule as written.
    pub span: Span,
    /// The body, then its `else` branches, which few rules have.
    pub branches: SmallVec<[Branch; 1]>,
    /// How many slots it uses; a function's arguments are the first.
    pub slots: u32,
    /// Whether it calls what has effects, so that it must run once and by itself.
    pub has_effects: bool,
}

/// A body with what it gives.
#[derive(Clone, Debug)]
pub struct Branch {
    /// What must hold.
    pub block: Block,
    /// Keys of a partial object.
    pub keys: Vec<Expr>,
    /// Whether the value is a member of a set at those keys.
    pub is_set: bool,
    /// The value.
    pub value: Expr,
    /// Whether value and keys are the same for every answer of the block.
    pub is_single: bool,
    /// Where the value is written.
    pub span: Span,
}

/// All definitions of a document.
#[derive(Clone, Debug)]
pub struct DocumentPlan {
    /// In order.
    pub definitions: Vec<Definition>,
    /// Its default value; for a function, after its arguments.
    pub default: Option<Definition>,
    /// The set that it stands for, if its elements need no order and may be there several times.
    pub unordered: Option<DocumentId>,
}

/// A query.
#[derive(Clone, Debug)]
pub struct QueryPlan {
    /// What must hold.
    pub block: Block,
    /// One row of the answer: bindings, then expressions.
    pub row: Vec<Expr>,
    /// Names of the bindings.
    pub bindings: Vec<Arc<str>>,
    /// Places of the expressions.
    pub expressions: Vec<Span>,
    /// How many slots it uses.
    pub slots: u32,
}

impl QueryPlan {
    /// The document that is all the query asks for, as `data.a.deny` does.
    pub fn document(&self) -> Option<DocumentId> {
        match (self.block.as_slice(), self.row.as_slice()) {
            ([Step::Bind(slot, Expr::Document(document, _))], [Expr::Slot(shown)]) if slot == shown => Some(*document),
            _ => None,
        }
    }
}
