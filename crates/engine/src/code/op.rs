//! The instructions: one table, from which the enum, its printer and its verifier derive.

use serde::{Deserialize, Serialize};

/// A register that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write(pub u16);

/// A value that is read: a register or, from [`Read::CONSTANTS`] on, a constant of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read(pub u16);

impl Read {
    /// Numbers from here on are constants. Functions have fewer registers.
    pub const CONSTANTS: u16 = 1 << 15;

    /// The constant that it is, if it is one.
    pub fn as_constant(self) -> Option<ConstantId> {
        self.0.checked_sub(Read::CONSTANTS).map(|id| ConstantId(u32::from(id)))
    }

    /// A constant, if its number is small enough.
    pub fn constant(id: ConstantId) -> Option<Read> {
        let id = u16::try_from(id.0).ok().filter(|id| *id < Read::CONSTANTS)?;
        Some(Read(id | Read::CONSTANTS))
    }
}

/// A register that is read, then written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update(pub u16);

/// The first of several registers that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The first.
    pub first: u16,
    /// How many.
    pub count: u16,
}

/// A place in the code: its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label(pub u32);

/// A constant of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConstantId(pub u32);

/// A constant of the unit that is an array of different strings in order: the keys of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysId(pub u32);

/// A path of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathId(pub u32);

/// A path of the unit, if it is one of the first: for instructions that have no room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearPath(pub u16);

impl NearPath {
    /// A path, if its number is small enough.
    pub fn new(path: PathId) -> Option<NearPath> {
        u16::try_from(path.0).ok().map(NearPath)
    }

    /// The path.
    pub fn path(self) -> PathId {
        PathId(self.0.into())
    }
}

/// A document: its number in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentIndex(pub u32);

/// A builtin of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltinIndex(pub u16);

/// A format of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormatId(pub u32);

/// A type of values: its number in OPA's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindCode(pub u16);

/// A count of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count(pub u32);

/// A rule index of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexId(pub u16);

/// A `with` target of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetId(pub u32);

/// An operand, as the printer and the verifier see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operand {
    Write(u16),
    Read(u16),
    Update(u16),
    Range(Range),
    Label(u32),
    Constant(u32),
    Keys(u32),
    Path(u32),
    Document(u32),
    Builtin(u16),
    Format(u32),
    Count(u32),
    Kind(u16),
    Index(u16),
    Target(u32),
}

/// What can stand in an instruction.
trait Field: Copy {
    fn operand(self) -> Operand;

    /// The field of a number that is given for its kind of operand.
    fn made(number: &mut dyn FnMut(Operand) -> u32) -> Self;

    fn label(&mut self) -> Option<&mut Label> {
        None
    }
}

macro_rules! fields {
    ($($kind:ident => $operand:ident),* $(,)?) => {
        $(impl Field for $kind {
            fn operand(self) -> Operand {
                Operand::$operand(self.0)
            }

            fn made(number: &mut dyn FnMut(Operand) -> u32) -> Self {
                $kind(number(Operand::$operand(0)) as _)
            }
        })*
    };
}

fields! {
    Write => Write, Update => Update, ConstantId => Constant, KeysId => Keys, PathId => Path,
    DocumentIndex => Document, BuiltinIndex => Builtin, FormatId => Format, Count => Count, KindCode => Kind,
    IndexId => Index, TargetId => Target,
}

impl Field for Read {
    fn operand(self) -> Operand {
        match self.as_constant() {
            Some(constant) => Operand::Constant(constant.0),
            None => Operand::Read(self.0),
        }
    }

    fn made(number: &mut dyn FnMut(Operand) -> u32) -> Self {
        Read(number(Operand::Read(0)) as u16)
    }
}

impl Field for NearPath {
    fn operand(self) -> Operand {
        Operand::Path(self.path().0)
    }

    fn made(number: &mut dyn FnMut(Operand) -> u32) -> Self {
        NearPath(number(Operand::Path(0)) as u16)
    }
}

impl Field for Range {
    fn operand(self) -> Operand {
        Operand::Range(self)
    }

    fn made(number: &mut dyn FnMut(Operand) -> u32) -> Self {
        let first = number(Operand::Range(Range { first: 0, count: 0 })) as u16;
        Range { first, count: number(Operand::Range(Range { first, count: 0 })) as u16 }
    }
}

impl Field for Label {
    fn operand(self) -> Operand {
        Operand::Label(self.0)
    }

    fn made(number: &mut dyn FnMut(Operand) -> u32) -> Self {
        Label(number(Operand::Label(0)))
    }

    fn label(&mut self) -> Option<&mut Label> {
        Some(self)
    }
}

macro_rules! operations {
    ($($(#[doc = $doc:literal])* $name:ident { $($field:ident: $kind:ident),* $(,)? })*) => {
        /// An instruction. A label called `fail` is where it goes when it has no result or does not hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Op {
            $($(#[doc = $doc])* #[allow(missing_docs)] $name { $($field: $kind),* },)*
        }

        impl Op {
            /// The names of all instructions.
            #[doc(hidden)]
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// An instruction by its name, with operands by numbers that are given for their kinds (of a range first
            /// where it begins, then how many it has): for tests of code that no compiler makes.
            #[doc(hidden)]
            pub fn made(name: &str, number: &mut dyn FnMut(Operand) -> u32) -> Option<Op> {
                match name {
                    $(stringify!($name) => {
                        let _ = &number;
                        Some(Op::$name { $($field: $kind::made(number)),* })
                    })*
                    _ => None,
                }
            }

            /// Its name.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Op::$name { .. } => stringify!($name),)*
                }
            }

            /// Shows its operands with their names, in order.
            pub fn operands(&self, mut show: impl FnMut(&'static str, Operand)) {
                match *self {
                    $(Op::$name { $($field),* } => {
                        $(show(stringify!($field), $field.operand());)*
                        let _ = &mut show;
                    })*
                }
            }

            /// Whether nothing runs on behind it: it ends the function, or always goes to a label.
            pub(super) fn is_end(&self) -> bool {
                matches!(
                    self,
                    Op::Jump { .. }
                        | Op::Again { .. }
                        | Op::AgainValue { .. }
                        | Op::Candidate { .. }
                        | Op::Return {}
                        | Op::ReturnValue { .. }
                        | Op::SettleValue { .. }
                )
            }

            /// Where it goes with what it writes; elsewhere it goes as if it had not run.
            pub(super) fn body(&self) -> Option<Label> {
                match self {
                    Op::Again { body, .. } | Op::AgainValue { body, .. } => Some(*body),
                    _ => None,
                }
            }

            /// Its labels.
            pub(super) fn labels(mut self) -> impl Iterator<Item = Label> {
                let (mut first, mut second) = (None, None);
                self.map_labels(|label| {
                    second = first;
                    first = Some(*label);
                });
                second.into_iter().chain(first)
            }

            /// Changes its labels, of which no instruction has more than two.
            pub(super) fn map_labels(&mut self, mut map: impl FnMut(&mut Label)) {
                match self {
                    $(Op::$name { $($field),* } => {
                        $(if let Some(label) = $field.label() { map(label); })*
                        let _ = &mut map;
                    })*
                }
            }
        }
    };
}

operations! {
    /// A constant.
    Constant { dst: Write, constant: ConstantId }
    /// A copy.
    Move { dst: Write, src: Read }
    /// `input`.
    Input { dst: Write, fail: Label }
    /// What is at a path in `input`.
    InputPath { dst: Write, path: PathId, fail: Label }
    /// What is at a path in `input`, or `null`.
    InputOrNull { dst: Write, path: PathId }
    /// The base documents.
    BaseData { dst: Write }
    /// What is at a path in a value.
    Path { dst: Write, src: Read, path: PathId, fail: Label }
    /// What is at a key in a value.
    Index { dst: Write, src: Read, key: Read, fail: Label }
    /// What is at a key in base documents, whose keys are strings: a number finds its text.
    IndexData { dst: Write, src: Read, key: Read, fail: Label }
    /// The value of a document, computed once.
    Document { dst: Write, document: DocumentIndex, fail: Label }
    /// What is at a path in `input` that a document gives a name to, or in base documents that stand in for that.
    NamedPath { dst: Write, document: DocumentIndex, path: PathId, fail: Label }
    /// A document that is a constant, or what stands in for it.
    FixedDocument { dst: Write, document: DocumentIndex, constant: ConstantId, fail: Label }
    /// The same, or `null`.
    NamedOrNull { dst: Write, document: DocumentIndex, path: PathId }
    /// The entry of a collection at a key, as a loop over it would find it.
    Entry { key: Write, value: Write, collection: Read, equal: Read, fail: Label }
    /// What is at a path of keys below `data`.
    Data { dst: Write, keys: Range, fail: Label }
    /// An array of the keys there.
    DataKeys { dst: Write, keys: Range, fail: Label }
    /// A function that is a rule.
    Call { dst: Write, document: DocumentIndex, args: Range, fail: Label }
    /// The same with one argument.
    Call1 { dst: Write, document: DocumentIndex, arg: Read, fail: Label }
    /// The same with two.
    Call2 { dst: Write, document: DocumentIndex, first: Read, second: Read, fail: Label }
    /// A function that is a rule has a result that is not `false`.
    CallHolds { document: DocumentIndex, arg: Read, fail: Label }
    /// A builtin.
    Builtin { dst: Write, builtin: BuiltinIndex, args: Range, fail: Label }
    /// The same with one argument.
    Builtin1 { dst: Write, builtin: BuiltinIndex, arg: Read, fail: Label }
    /// The same with two.
    Builtin2 { dst: Write, builtin: BuiltinIndex, first: Read, second: Read, fail: Label }
    /// The same with three.
    Builtin3 { dst: Write, builtin: BuiltinIndex, first: Read, second: Read, third: Read, fail: Label }
    /// What a builtin gives of a constant and an array of registers, which a format of the unit writes.
    Format { dst: Write, format: FormatId, items: Range, fail: Label }
    /// A builtin with two arguments has a result that is not `false`.
    BuiltinHolds { builtin: BuiltinIndex, first: Read, second: Read, fail: Label }
    /// What the builtin `minus` gives of a value and the set of a collection's keys whose values are not `false`.
    MinusKeys { dst: Write, builtin: BuiltinIndex, from: Read, collection: Read, fail: Label }
    /// An array of every value in a value, itself first.
    Walk { dst: Write, src: Read }
    /// An array of that array, and of what paths to them are made of.
    WalkParts { dst: Write, src: Read }
    /// The path to what stands at a position of a walk.
    WalkPath { dst: Write, walk: Read, position: Read, fail: Label }
    /// Not `false`.
    Truthy { src: Read, fail: Label }
    /// What is at a path in a value is defined and not `false`.
    PathTruthy { src: Read, path: PathId, fail: Label }
    /// What is at a path in a value equals another value.
    PathEqual { src: Read, right: Read, path: PathId, fail: Label }
    /// What is at a path in `input` is defined and not `false`.
    InputTruthy { path: PathId, fail: Label }
    /// Equal.
    Equal { left: Read, right: Read, fail: Label }
    /// Not equal.
    NotEqual { left: Read, right: Read, fail: Label }
    /// Less.
    Less { left: Read, right: Read, fail: Label }
    /// Less or equal.
    LessOrEqual { left: Read, right: Read, fail: Label }
    /// What is at a path in `input` equals a constant.
    InputEqual { path: PathId, constant: ConstantId, fail: Label }
    /// A member of a collection.
    Member { item: Read, collection: Read, fail: Label }
    /// Of a type: the builtin's test, unless another function stands in for it.
    IsKind { src: Read, kind: KindCode, builtin: BuiltinIndex, fail: Label }
    /// An array of this length.
    IsArray { src: Read, length: Count, fail: Label }
    /// An object of this size.
    IsObject { src: Read, length: Count, fail: Label }
    /// An array, object or set.
    IsCollection { src: Read, fail: Label }
    /// No function stands in for another, and no base document for one that rules define; errors of builtins are passed over.
    IsPlain { fail: Label }
    /// Goes elsewhere.
    Jump { to: Label }
    /// Begins a walk over a collection.
    Start { iterator: Write }
    /// The next element of a collection.
    Next { iterator: Update, collection: Read, key: Write, value: Write, done: Label }
    /// The next element's value alone.
    NextValue { iterator: Update, collection: Read, value: Write, done: Label }
    /// The next element of a collection, and back to what is done with it.
    Again { iterator: Update, collection: Read, key: Write, value: Write, body: Label, done: Label }
    /// The next element's value alone, and back to what is done with it.
    AgainValue { iterator: Update, collection: Read, value: Write, body: Label, done: Label }
    /// The next element's key alone.
    NextKey { iterator: Update, collection: Read, key: Write, done: Label }
    /// The next element's value that is a member of another collection.
    NextMember { iterator: Update, collection: Read, others: Read, value: Write, done: Label }
    /// Begins a walk over the elements of a collection that have a value at a path: in all of it, or in those that an
    /// index of it has.
    Among { dst: Write, iterator: Write, collection: Read, path: PathId, equal: Read }
    /// The same for a walk that needs keys.
    AmongEntries { dst: Write, iterator: Write, collection: Read, path: PathId, equal: Read }
    /// The next element that has a value at a path.
    NextEqual { iterator: Update, collection: Read, path: PathId, equal: Read, value: Write, done: Label }
    /// The same with its key.
    NextEqualEntry { iterator: Update, collection: Read, path: PathId, equal: Read, key: Write, value: Write, done: Label }
    /// The next element that has a value at a path, and another one at a second path.
    NextEqualBoth { iterator: Update, collection: Read, path: NearPath, equal: Read, second: NearPath, other: Read, value: Write, done: Label }
    /// The next element that has something at a path, and that.
    NextPart { iterator: Update, collection: Read, path: PathId, value: Write, part: Write, done: Label }
    /// The same with its key.
    NextPartEntry { iterator: Update, collection: Read, path: PathId, key: Write, value: Write, part: Write, done: Label }
    /// Begins a collection of unknown size.
    Begin { mark: Write }
    /// Adds an item to the collection begun last.
    Push { src: Read }
    /// Adds what is at a path in each element of a collection.
    PushParts { collection: Read, path: PathId }
    /// Adds what is at a path in the elements of a collection, each value once, and keeps an index of the elements by it
    /// for loops over those that have a value there.
    PushGroups { collection: Read, path: PathId }
    /// Adds what is at a path in the elements of a collection from an iterator on that have a value at another path.
    PushEqualParts { iterator: Update, collection: Read, filter: PathId, equal: Read, path: PathId }
    /// Adds the keys of a collection whose values are not `false`.
    PushKeys { collection: Read }
    /// Adds what is at each element of a collection in a value.
    PushFound { collection: Read, from: Read }
    /// Adds an entry.
    PushEntry { key: Read, value: Read }
    /// Adds an entry below several keys.
    PushNested { keys: Range, value: Read }
    /// Adds a value below several keys that only counts if nothing else is there.
    PushPlace { keys: Range, value: Read }
    /// Adds a member to a set below several keys.
    PushMember { keys: Range, value: Read }
    /// Ends an array.
    EndArray { dst: Write, mark: Read }
    /// Ends a set.
    EndSet { dst: Write, mark: Read }
    /// Ends a set whose order nobody sees: few elements stay as they are.
    EndUnordered { dst: Write, mark: Read }
    /// Ends an object; a key with two values is a conflict.
    EndObject { dst: Write, mark: Read }
    /// Ends an object whose entries may have several keys.
    EndNested { dst: Write, mark: Read }
    /// An array of registers.
    MakeArray { dst: Write, items: Range }
    /// A set of registers.
    MakeSet { dst: Write, items: Range }
    /// An object of registers, keys and values in turn.
    MakeObject { dst: Write, items: Range }
    /// An object of constant keys, and registers with the values in the keys' order.
    MakeRecord { dst: Write, keys: KeysId, values: Range }
    /// The value of a complete document or function; another one is a conflict.
    Yield { src: Read }
    /// Goes elsewhere if there is no value yet.
    IfNone { to: Label }
    /// Ends with the value yielded, or undefined.
    Return { }
    /// Ends with a value.
    ReturnValue { src: Read }
    /// Finds the rules whose tests hold.
    Dispatch { index: IndexId, mark: Write }
    /// Goes to the next rule found, or to `done`.
    Candidate { mark: Read, done: Label }
    /// Forgets the rules that were found and not gone to.
    Settle { mark: Read }
    /// The same, and ends with a value.
    SettleValue { mark: Read, src: Read }
    /// Notes that a rule has an answer; only in code of [observed](crate::plan::observe) plans.
    Fired { rule: Count }
    /// Begins a copy of the world in which something is replaced; remembers the present one.
    Enter { outer: Write }
    /// The same where only `input` is replaced.
    EnterInput { outer: Write }
    /// Replaces a part of `input` or `data`, or a function.
    Replace { target: TargetId, src: Read }
    /// Replaces a function by another one.
    Redirect { target: TargetId }
    /// Remembers the present world.
    World { dst: Write }
    /// Goes back to a world.
    SetWorld { src: Read }
}
