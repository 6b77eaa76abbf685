//! What kinds of terms there are.

/// A kind of term, close enough to OPA's types that most programs are well-typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    #[default]
    Null,
    Bool,
    Num,
    Str,
    /// An array of numbers.
    Nums,
    /// An array of strings.
    Strs,
    /// An array of anything.
    List,
    /// A set of numbers.
    Nset,
    /// A set of strings.
    Sset,
    /// A set of anything.
    Vset,
    /// An object from strings to numbers.
    Obj,
    /// An object of anything.
    Tree,
    Any,
}

/// Every kind with its name in the tables.
pub const KINDS: &[(&str, Kind)] = &[
    ("num", Kind::Num),
    ("str", Kind::Str),
    ("bool", Kind::Bool),
    ("nums", Kind::Nums),
    ("nset", Kind::Nset),
    ("obj", Kind::Obj),
    ("strs", Kind::Strs),
    ("sset", Kind::Sset),
    ("list", Kind::List),
    ("vset", Kind::Vset),
    ("tree", Kind::Tree),
    ("any", Kind::Any),
    ("null", Kind::Null),
];

impl Kind {
    /// The kind of a name.
    pub fn named(name: &str) -> Option<Kind> {
        KINDS.iter().find(|(other, _)| *other == name).map(|(_, kind)| *kind)
    }

    /// The kinds of what a collection has as keys and values.
    pub fn parts(self) -> (Kind, Kind) {
        match self {
            Kind::Nums => (Kind::Num, Kind::Num),
            Kind::Strs => (Kind::Num, Kind::Str),
            Kind::List => (Kind::Num, Kind::Any),
            Kind::Nset => (Kind::Num, Kind::Num),
            Kind::Sset => (Kind::Str, Kind::Str),
            Kind::Obj => (Kind::Str, Kind::Num),
            _ => (Kind::Any, Kind::Any),
        }
    }

    /// Whether a term of this kind may stand where one of another kind is wanted.
    pub fn fits(self, wanted: Kind) -> bool {
        self == wanted
            || match wanted {
                Kind::Any => true,
                Kind::List => matches!(self, Kind::Nums | Kind::Strs),
                Kind::Vset => matches!(self, Kind::Nset | Kind::Sset),
                Kind::Tree => self == Kind::Obj,
                _ => false,
            }
    }
}
