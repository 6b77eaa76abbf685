//! What of `input` queries can read, so that an input is not built where nobody looks.
//!
//! Takes the code of queries and of all documents that they can ask for; gives a [`Projection`]. It follows values
//! through registers, arguments and results: what an instruction does not take apart it reads entirely. It must be
//! right about every instruction, for what is missing here would be undefined there. So every instruction is named,
//! and what is not understood reads everything.

mod live;
mod shapes;

use super::index::{Hop, Place, Reads, Root};
use super::{BuiltinIndex, DocumentIndex, Function, Key, KeysId, Op, PathId, Range, Read, Target, Unit};
use crate::code::graph;
use crate::value::json::Projection;
use crate::value::{SymbolTable, Value};
use crate::vm::{Code, QueryCode};
use live::Live;
use shapes::{Shape, Shapes};

/// The most registers times instructions of a function that is looked at.
const LARGEST: usize = 1 << 22;

/// The parts of `input` that the queries can read.
pub fn projection<'c>(code: &'c Code, queries: impl IntoIterator<Item = &'c QueryCode>) -> Projection {
    let mut reader =
        Reader { code, shapes: Shapes::new(), documents: vec![None; code.functions.len()], waiting: Vec::new() };
    match reader.queries(queries) {
        Some(()) => reader.shapes.projection(symbols(code)),
        None => Projection::ALL.clone(),
    }
}

fn symbols(code: &Code) -> &SymbolTable {
    &code.symbols
}

/// The shapes of a document: of its arguments and its value.
#[derive(Clone)]
struct Signature {
    arguments: Vec<Shape>,
    result: Shape,
}

struct Reader<'c> {
    code: &'c Code,
    shapes: Shapes<'c>,
    /// Of the documents that can be asked for.
    documents: Vec<Option<Signature>>,
    /// Those that have not been looked at.
    waiting: Vec<u32>,
}

/// The shapes of the registers at a place; none where a register has not been written.
type State = Vec<Option<Shape>>;

/// `None`, wherever it is given, is for what is not understood: then everything is read.
impl<'c> Reader<'c> {
    fn queries(&mut self, queries: impl IntoIterator<Item = &'c QueryCode>) -> Option<()> {
        let code = self.code;
        for query in queries {
            if let Some(document) = query.document {
                let value = self.signature(document)?.result;
                self.shapes.read(value);
            } else {
                let result = self.shapes.add();
                self.shapes.read(result);
                self.function(&query.unit, &query.function, Signature { arguments: Vec::new(), result })?;
            }
        }
        while let Some(document) = self.waiting.pop() {
            let signature = self.signature(document)?;
            self.function(&code.unit, code.functions.get(document as usize)?, signature)?;
        }
        Some(())
    }

    /// The shapes of a document, which is to be looked at.
    fn signature(&mut self, document: u32) -> Option<Signature> {
        let place = self.documents.get_mut(document as usize)?;
        if place.is_none() {
            let function = self.code.functions.get(document as usize)?;
            let arguments = (0..function.arguments).map(|_| self.shapes.add()).collect();
            *place = Some(Signature { arguments, result: self.shapes.add() });
            self.waiting.push(document);
        }
        place.clone()
    }

    /// Follows every way through a function once. Where two ways meet, their values may be the same.
    fn function(&mut self, unit: &'c Unit, function: &'c Function, signature: Signature) -> Option<()> {
        let registers = usize::from(function.registers);
        let candidates = function.ops.iter().filter(|op| matches!(op, Op::Candidate { .. })).count();
        let ways = candidates.saturating_mul(function.definitions.len()).saturating_add(function.ops.len());
        if ways.saturating_mul(registers + 1) > LARGEST {
            return None;
        }
        for document in graph::followed(&self.code.tree, function) {
            // Whoever follows a path that is known at run time only may see all that is there.
            let Signature { arguments, result } = self.signature(document)?;
            arguments.into_iter().chain([result]).for_each(|shape| self.shapes.read(shape));
        }
        let is_target = targets(function);
        let live = Live::of(function);
        let mut states: Vec<Option<State>> = vec![None; function.ops.len()];
        let mut start: State = signature.arguments.iter().copied().map(Some).collect();
        start.resize(registers, None);
        let mut ways = vec![(0, start)];
        while let Some((mut pc, mut state)) = ways.pop() {
            loop {
                if *is_target.get(pc)? {
                    match states.get_mut(pc)? {
                        Some(known) => {
                            self.join(known, &state, |register| live.has(pc, register));
                            break;
                        }
                        place => *place = Some(state.clone()),
                    }
                }
                let op = function.ops.get(pc)?;
                // On the way to its label an instruction has written nothing, unless that is its body.
                let labels = op.labels().filter(|label| op.body() != Some(*label));
                ways.extend(labels.map(|label| (label.0 as usize, state.clone())));
                if let Op::Candidate { .. } = op {
                    ways.extend(function.definitions.iter().map(|label| (label.0 as usize, state.clone())));
                }
                let mut at = Instruction { reader: self, unit, function, state: &mut state, result: signature.result };
                at.read(op)?;
                if let Some(body) = op.body() {
                    ways.push((body.0 as usize, state.clone()));
                }
                if op.is_end() {
                    break;
                }
                pc += 1;
            }
        }
        Some(())
    }

    /// What is in a register on both ways may be the same, if it is still read; what is not written on one of them is not.
    fn join(&mut self, known: &mut State, other: &State, is_live: impl Fn(usize) -> bool) {
        for (register, (known, other)) in known.iter_mut().zip(other).enumerate() {
            match (*known, *other) {
                (Some(left), Some(right)) if is_live(register) => self.shapes.unify(left, right),
                _ => *known = None,
            }
        }
    }
}

/// For each instruction whether another one can go there.
pub(super) fn targets(function: &Function) -> Vec<bool> {
    let mut is_target = vec![false; function.ops.len()];
    let mut mark = |label: u32| {
        if let Some(place) = is_target.get_mut(label as usize) {
            *place = true;
        }
    };
    for op in &function.ops {
        let mut op = *op;
        op.map_labels(|label| mark(label.0));
    }
    function.definitions.iter().for_each(|label| mark(label.0));
    is_target
}

/// An instruction and what it sees.
struct Instruction<'r, 'c> {
    reader: &'r mut Reader<'c>,
    unit: &'c Unit,
    function: &'c Function,
    state: &'r mut State,
    result: Shape,
}

impl<'c> Instruction<'_, 'c> {
    fn shapes(&mut self) -> &mut Shapes<'c> {
        &mut self.reader.shapes
    }

    /// The shape of a register, or of a constant.
    fn get(&mut self, read: u16) -> Option<Shape> {
        match Read(read).as_constant() {
            Some(constant) => {
                let text = self.constant(constant)?.as_str();
                Some(self.shapes().add_text(text))
            }
            None => *self.state.get(usize::from(read))?,
        }
    }

    fn set(&mut self, register: u16, shape: Shape) -> Option<()> {
        *self.state.get_mut(usize::from(register))? = Some(shape);
        Some(())
    }

    /// Something that has nothing to do with what is there.
    fn set_new(&mut self, register: u16) -> Option<()> {
        let shape = self.shapes().add();
        self.set(register, shape)
    }

    fn range(&mut self, range: Range) -> Option<Vec<Shape>> {
        (range.first..range.first.checked_add(range.count)?).map(|register| self.get(register)).collect()
    }

    /// All of what is in registers is read.
    fn read_all(&mut self, registers: impl IntoIterator<Item = u16>) -> Option<()> {
        for register in registers {
            let shape = self.get(register)?;
            self.shapes().read(shape);
        }
        Some(())
    }

    fn read_range(&mut self, range: Range) -> Option<()> {
        self.read_all(range.first..range.first.checked_add(range.count)?)
    }

    fn path(&mut self, from: Shape, path: PathId) -> Option<Shape> {
        let keys: &'c [Key] = self.unit.paths.get(path.0 as usize)?;
        Some(keys.iter().fold(from, |at, key| self.reader.shapes.field(at, &key.text)))
    }

    fn constant(&self, constant: super::ConstantId) -> Option<&'c Value<'c>> {
        self.unit.constants().get(constant.0 as usize)
    }

    /// The value is compared with a constant. A scalar is equal to no collection, whatever is in that.
    fn compare(&mut self, shape: Shape, constant: super::ConstantId) -> Option<()> {
        if self.constant(constant)?.len().is_some() {
            self.shapes().read(shape);
        }
        Some(())
    }

    /// Two values are compared.
    fn equal(&mut self, left: Shape, right: u16) -> Option<()> {
        if let Some(constant) = Read(right).as_constant() {
            return self.compare(left, constant);
        }
        self.shapes().read(left);
        self.read_all([right])
    }

    fn read(&mut self, op: &Op) -> Option<()> {
        match *op {
            Op::Constant { dst, constant } => {
                let text = self.constant(constant)?.as_str();
                let shape = self.shapes().add_text(text);
                self.set(dst.0, shape)
            }
            Op::Move { dst, src } => {
                let src = self.get(src.0)?;
                self.set(dst.0, src)
            }
            Op::Input { dst, .. } => self.set(dst.0, Shape::INPUT),
            // Where a document is replaced, what it is replaced by is read.
            Op::InputPath { dst, path, .. }
            | Op::InputOrNull { dst, path }
            | Op::NamedPath { dst, path, .. }
            | Op::NamedOrNull { dst, path, .. } => {
                let found = self.path(Shape::INPUT, path)?;
                self.set(dst.0, found)
            }
            // Where it is replaced, it may be another key.
            Op::FixedDocument { dst, .. } => self.set_new(dst.0),
            Op::Path { dst, src, path, .. } => {
                let src = self.get(src.0)?;
                let found = self.path(src, path)?;
                self.set(dst.0, found)
            }
            Op::PathTruthy { src, path, .. } => {
                let src = self.get(src.0)?;
                self.path(src, path).map(drop)
            }
            Op::PathEqual { src, right, path, .. } => {
                let src = self.get(src.0)?;
                let found = self.path(src, path)?;
                self.equal(found, right.0)
            }
            Op::Index { dst, src, key, .. } => self.index(dst.0, src.0, key.0, Shapes::lookup),
            Op::IndexData { dst, src, key, .. } => self.index(dst.0, src.0, key.0, Shapes::element),
            Op::InputTruthy { path, .. } => self.path(Shape::INPUT, path).map(drop),
            Op::InputEqual { path, constant, .. } => {
                let found = self.path(Shape::INPUT, path)?;
                self.compare(found, constant)
            }
            Op::Equal { left, right, .. } => {
                let (left, right) = if left.as_constant().is_some() { (right, left) } else { (left, right) };
                let left = self.get(left.0)?;
                self.equal(left, right.0)
            }
            Op::NotEqual { left, right, .. } | Op::Less { left, right, .. } | Op::LessOrEqual { left, right, .. } => {
                self.read_all([left.0, right.0])
            }
            Op::Member { item, collection, .. } => self.read_all([item.0, collection.0]),
            // The type, which every shape keeps.
            Op::Truthy { .. } | Op::IsKind { .. } | Op::IsCollection { .. } => Some(()),
            Op::IsArray { src, .. } | Op::IsObject { src, .. } => {
                let src = self.get(src.0)?;
                self.shapes().element(src);
                Some(())
            }
            Op::Next { collection, key, value, .. } | Op::Again { collection, key, value, .. } => {
                self.set_new(key.0)?;
                self.next(collection.0, value.0)
            }
            Op::Entry { key, value, collection, equal, .. } => {
                self.read_all([equal.0])?;
                self.set_new(key.0)?;
                self.next(collection.0, value.0)
            }
            Op::NextValue { collection, value, .. } | Op::AgainValue { collection, value, .. } => {
                self.next(collection.0, value.0)
            }
            Op::NextMember { collection, others, value, .. } => {
                self.next(collection.0, value.0)?;
                self.read_all([value.0, others.0])
            }
            Op::NextKey { collection, key, .. } => {
                let collection = self.get(collection.0)?;
                self.shapes().element(collection);
                self.set_new(key.0)
            }
            Op::Among { dst, iterator, collection, path, equal }
            | Op::AmongEntries { dst, iterator, collection, path, equal } => {
                self.compare_parts(collection.0, path, equal.0)?;
                self.set_new(iterator.0)?;
                let collection = self.get(collection.0)?;
                self.set(dst.0, collection)
            }
            Op::NextEqual { collection, path, equal, value, .. } => {
                self.compare_parts(collection.0, path, equal.0)?;
                self.next(collection.0, value.0)
            }
            Op::NextEqualEntry { collection, path, equal, key, value, .. } => {
                self.compare_parts(collection.0, path, equal.0)?;
                self.set_new(key.0)?;
                self.next(collection.0, value.0)
            }
            Op::NextEqualBoth { collection, path, equal, second, other, value, .. } => {
                self.compare_parts(collection.0, path.path(), equal.0)?;
                self.compare_parts(collection.0, second.path(), other.0)?;
                self.next(collection.0, value.0)
            }
            Op::NextPart { collection, path, value, part, .. } => {
                self.next(collection.0, value.0)?;
                let value = self.get(value.0)?;
                let found = self.path(value, path)?;
                self.set(part.0, found)
            }
            Op::NextPartEntry { collection, path, key, value, part, .. } => {
                self.set_new(key.0)?;
                self.next(collection.0, value.0)?;
                let value = self.get(value.0)?;
                let found = self.path(value, path)?;
                self.set(part.0, found)
            }
            Op::PushParts { collection, path } | Op::PushGroups { collection, path } => {
                self.read_parts(collection.0, path)
            }
            Op::PushEqualParts { collection, filter, equal, path, .. } => {
                self.compare_parts(collection.0, filter, equal.0)?;
                self.read_parts(collection.0, path)
            }
            Op::PushKeys { collection } => {
                let collection = self.get(collection.0)?;
                self.shapes().element(collection);
                Some(())
            }
            Op::PushFound { collection, from } => {
                let (collection, from) = (self.get(collection.0)?, self.get(from.0)?);
                let key = self.shapes().element(collection);
                self.shapes().read(key);
                let found = self.shapes().lookup(from);
                self.shapes().read(found);
                Some(())
            }
            Op::Push { src } => self.read_all([src.0]),
            Op::PushEntry { key, value } => self.read_all([key.0, value.0]),
            Op::PushNested { keys, value } | Op::PushMember { keys, value } | Op::PushPlace { keys, value } => {
                self.read_range(keys)?;
                self.read_all([value.0])
            }
            // What was pushed is read already.
            Op::EndArray { dst, .. }
            | Op::EndSet { dst, .. }
            | Op::EndUnordered { dst, .. }
            | Op::EndObject { dst, .. }
            | Op::EndNested { dst, .. } => self.set_new(dst.0),
            Op::MakeArray { dst, items } => {
                let array = self.shapes().add();
                for item in self.range(items)? {
                    let element = self.shapes().element(array);
                    self.shapes().unify(element, item);
                }
                self.set(dst.0, array)
            }
            Op::MakeSet { dst, items } => {
                self.read_range(items)?;
                self.set_new(dst.0)
            }
            Op::MakeObject { dst, items } => self.make_object(dst.0, items),
            Op::MakeRecord { dst, keys, values } => self.make_record(dst.0, keys, values),
            // It is compared with what was yielded before.
            Op::Yield { src } => {
                self.read_all([src.0])?;
                let result = self.result;
                self.shapes().read(result);
                Some(())
            }
            Op::ReturnValue { src } | Op::SettleValue { src, .. } => {
                let (src, result) = (self.get(src.0)?, self.result);
                self.shapes().unify(src, result);
                Some(())
            }
            Op::Document { dst, document, .. } => {
                let value = self.reader.signature(document.0)?.result;
                self.set(dst.0, value)
            }
            Op::Call { dst, document, args, .. } => {
                let args = self.range(args)?;
                let result = self.call(document, &args)?;
                self.set(dst.0, result)
            }
            Op::Call1 { dst, document, arg, .. } => {
                let args = [self.get(arg.0)?];
                let result = self.call(document, &args)?;
                self.set(dst.0, result)
            }
            Op::Call2 { dst, document, first, second, .. } => {
                let args = [self.get(first.0)?, self.get(second.0)?];
                let result = self.call(document, &args)?;
                self.set(dst.0, result)
            }
            Op::CallHolds { document, arg, .. } => {
                let args = [self.get(arg.0)?];
                self.call(document, &args).map(drop)
            }
            Op::Builtin { dst, builtin, args, .. } => {
                let args = self.range(args)?;
                let result = self.builtin(builtin, &args)?;
                self.set(dst.0, result)
            }
            Op::Builtin1 { dst, builtin, arg, .. } => {
                let args = [self.get(arg.0)?];
                let result = self.builtin(builtin, &args)?;
                self.set(dst.0, result)
            }
            Op::Builtin2 { dst, builtin, first, second, .. } => {
                let args = [self.get(first.0)?, self.get(second.0)?];
                let result = self.builtin(builtin, &args)?;
                self.set(dst.0, result)
            }
            Op::Builtin3 { dst, builtin, first, second, third, .. } => {
                let args = [self.get(first.0)?, self.get(second.0)?, self.get(third.0)?];
                let result = self.builtin(builtin, &args)?;
                self.set(dst.0, result)
            }
            Op::Format { dst, items, .. } => {
                self.read_range(items)?;
                self.set_new(dst.0)
            }
            Op::MinusKeys { dst, from, collection, .. } => {
                self.read_all([from.0])?;
                let collection = self.get(collection.0)?;
                self.shapes().element(collection);
                self.set_new(dst.0)
            }
            Op::Walk { dst, src } | Op::WalkParts { dst, src } => {
                self.read_all([src.0])?;
                self.set_new(dst.0)
            }
            Op::WalkPath { dst, .. } => self.set_new(dst.0),
            Op::BuiltinHolds { builtin, first, second, .. } => {
                let args = [self.get(first.0)?, self.get(second.0)?];
                self.builtin(builtin, &args).map(drop)
            }
            // Documents that are found at run time are read already; so is what stands in base documents.
            Op::Data { dst, keys, .. } | Op::DataKeys { dst, keys, .. } => {
                self.read_range(keys)?;
                self.set_new(dst.0)
            }
            Op::Replace { target, src } => self.replace(self.unit.targets.get(target.0 as usize)?, src.0),
            // Another function gets the arguments of calls.
            Op::Redirect { .. } => None,
            Op::Dispatch { index, mark } => {
                self.dispatch(usize::from(index.0))?;
                self.set_new(mark.0)
            }
            Op::BaseData { dst } => self.set_new(dst.0),
            Op::Start { iterator: register }
            | Op::Begin { mark: register }
            | Op::Enter { outer: register }
            | Op::EnterInput { outer: register }
            | Op::World { dst: register } => self.set_new(register.0),
            Op::IsPlain { .. }
            | Op::Jump { .. }
            | Op::IfNone { .. }
            | Op::Return {}
            | Op::Candidate { .. }
            | Op::Settle { .. }
            | Op::Fired { .. }
            | Op::SetWorld { .. } => Some(()),
        }
    }

    /// What is at a path in each element is compared with something. A string is equal to no collection.
    fn compare_parts(&mut self, collection: u16, path: PathId, equal: u16) -> Option<()> {
        let equal = self.get(equal)?;
        if self.shapes().text(equal).is_some() {
            let collection = self.get(collection)?;
            let element = self.shapes().element(collection);
            return self.path(element, path).map(drop);
        }
        self.shapes().read(equal);
        self.read_parts(collection, path)
    }

    /// What is at a path in each element is read.
    fn read_parts(&mut self, collection: u16, path: PathId) -> Option<()> {
        let collection = self.get(collection)?;
        let element = self.shapes().element(collection);
        let part = self.path(element, path)?;
        self.shapes().read(part);
        Some(())
    }

    fn next(&mut self, collection: u16, value: u16) -> Option<()> {
        let collection = self.get(collection)?;
        let element = self.shapes().element(collection);
        self.set(value, element)
    }

    /// What is under a key, by a name that is known beforehand or as `part` says.
    fn index(&mut self, dst: u16, src: u16, key: u16, part: fn(&mut Shapes<'c>, Shape) -> Shape) -> Option<()> {
        let (src, key) = (self.get(src)?, self.get(key)?);
        let found = match self.shapes().text(key) {
            Some(text) => self.shapes().field(src, text),
            None => {
                self.shapes().read(key);
                part(self.shapes(), src)
            }
        };
        self.set(dst, found)
    }

    /// An object of keys and values in turn. One key with two values is compared.
    fn make_object(&mut self, dst: u16, items: Range) -> Option<()> {
        let object = self.shapes().add();
        let items = self.range(items)?;
        let mut seen = Vec::new();
        for pair in items.chunks_exact(2) {
            let [key, value] = *pair else { return None };
            match self.shapes().text(key) {
                Some(text) if !seen.contains(&text) => {
                    seen.push(text);
                    let field = self.shapes().field(object, text);
                    self.shapes().unify(field, value);
                }
                _ => {
                    items.iter().for_each(|item| self.reader.shapes.read(*item));
                    break;
                }
            }
        }
        self.set(dst, object)
    }

    /// An object of constant keys.
    fn make_record(&mut self, dst: u16, keys: KeysId, values: Range) -> Option<()> {
        let object = self.shapes().add();
        let keys = self.constant(super::ConstantId(keys.0))?.as_array()?;
        for (key, value) in keys.iter().zip(self.range(values)?) {
            let field = self.shapes().field(object, key.as_str()?);
            self.shapes().unify(field, value);
        }
        self.set(dst, object)
    }

    /// What a document gives for arguments.
    fn call(&mut self, document: DocumentIndex, args: &[Shape]) -> Option<Shape> {
        let Signature { arguments, result } = self.reader.signature(document.0)?;
        for (argument, given) in arguments.into_iter().zip(args) {
            self.shapes().unify(argument, *given);
        }
        Some(result)
    }

    /// What a builtin gives for arguments.
    fn builtin(&mut self, builtin: BuiltinIndex, args: &[Shape]) -> Option<Shape> {
        match (self.unit.builtins.get(usize::from(builtin.0))?.name, args) {
            ("count", [collection]) => {
                self.shapes().element(*collection);
                Some(self.shapes().add())
            }
            // It reads what is reached.
            ("graph.reachable", [graph, initial]) => {
                let neighbors = self.shapes().lookup(*graph);
                [neighbors, *initial].into_iter().for_each(|shape| self.shapes().read(shape));
                Some(self.shapes().add())
            }
            ("object.get", [object, key, default]) if let Some(text) = self.shapes().text(*key) => {
                let found = self.shapes().field(*object, text);
                self.shapes().unify(found, *default);
                Some(found)
            }
            _ => {
                args.iter().for_each(|arg| self.reader.shapes.read(*arg));
                Some(self.shapes().add())
            }
        }
    }

    fn replace(&mut self, target: &'c Target, src: u16) -> Option<()> {
        match target {
            Target::Input(path) => {
                let (place, value) = (self.path(Shape::INPUT, *path)?, self.get(src)?);
                self.shapes().unify(place, value);
                Some(())
            }
            Target::Data(..) | Target::Function(_) => self.read_all([src]),
            Target::Redirect(..) => None,
        }
    }

    /// The paths that a rule index looks up.
    fn dispatch(&mut self, index: usize) -> Option<()> {
        for (place, reads) in self.function.indexes.get(index)?.reads() {
            let found = self.place(place)?;
            match reads {
                Reads::All => self.shapes().read(found),
                Reads::Length => {
                    self.shapes().element(found);
                }
                // Every shape keeps it.
                Reads::Kind => {}
            }
        }
        Some(())
    }

    fn place(&mut self, place: &'c Place) -> Option<Shape> {
        let mut at = match place.root {
            Root::Input => Shape::INPUT,
            Root::Data => self.shapes().add(),
            Root::Argument(register) => self.get(register)?,
        };
        for hop in &place.hops {
            at = match hop {
                Hop::Path(path) => self.path(at, *path)?,
                Hop::Constant(_) => self.shapes().element(at),
                Hop::Key(key) => {
                    let key = self.place(key)?;
                    self.shapes().read(key);
                    self.shapes().element(at)
                }
            };
        }
        Some(at)
    }
}
