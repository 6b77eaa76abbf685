//! The loop that carries instructions out.

use super::Machine;
use super::build;
use super::documents::stored;
use super::error::{EvalError, Result, codes};
use super::matching::part;
use super::world::{Substitute, World, lookup};
use crate::code::index::{Hop, Place as Subject, Root, Search};
use crate::code::{Function, Op, Path, PathId, Range, Target, Unit};
use crate::plan;
use crate::value::Value;
use solon_syntax::Span;

static NULL: Value<'static> = Value::Null;

/// Where a call stands; its span is looked up only if somebody asks.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    function: &'a Function,
    pc: usize,
}

impl Place<'_> {
    pub(super) fn span(&self) -> Span {
        self.function.span(self.pc)
    }
}

/// An array of no constants, paths and so on never is indexed: code is verified before it runs.
static NO_PATH: &[crate::code::Key] = &[];

impl<'a> Machine<'a, '_> {
    /// Runs a function. Its registers are the first of `stack`; what it calls gets the rest.
    pub(super) fn run(
        &mut self,
        unit: &'a Unit,
        function: &'a Function,
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        let Some((registers, stack)) = stack.split_at_mut_checked(usize::from(function.registers)) else {
            return Err(internal("the stack is too small"));
        };
        let ops = function.ops.as_slice();
        let constants = unit.constants();
        let mut result: Option<Value<'a>> = None;
        let mut pc = 0usize;
        macro_rules! read {
            ($register:expr) => {
                registers.get(usize::from($register.0)).copied().unwrap_or(Value::Null)
            };
        }
        // The register itself, where the value need not be copied.
        macro_rules! peek {
            ($register:expr) => {
                registers.get(usize::from($register.0)).unwrap_or(&NULL)
            };
        }
        macro_rules! write {
            ($register:expr, $value:expr) => {{
                let value = $value;
                if let Some(register) = registers.get_mut(usize::from($register.0)) {
                    *register = value;
                }
            }};
        }
        macro_rules! go {
            ($label:expr) => {{
                pc = $label.0 as usize;
                continue;
            }};
        }
        // The value, or on to `fail`.
        macro_rules! write_or {
            ($dst:expr, $value:expr, $fail:expr) => {
                match $value {
                    Some(value) => write!($dst, value),
                    None => go!($fail),
                }
            };
        }
        // What is at a place, or on to `fail`.
        macro_rules! copy_or {
            ($dst:expr, $place:expr, $fail:expr) => {
                match $place {
                    Some(place) => write!($dst, *place),
                    None => go!($fail),
                }
            };
        }
        macro_rules! check {
            ($condition:expr, $fail:expr) => {
                if !$condition {
                    go!($fail);
                }
            };
        }
        macro_rules! constant {
            ($id:expr) => {
                constants.get($id.0 as usize).unwrap_or(&NULL)
            };
        }
        loop {
            let Some(op) = ops.get(pc) else { return Err(internal("the code has no end")) };
            pc += 1;
            match *op {
                Op::Constant { dst, constant } => write!(dst, *constant!(constant)),
                Op::Move { dst, src } => write!(dst, read!(src)),
                Op::Input { dst, fail } => copy_or!(dst, self.world.input, fail),
                Op::InputPath { dst, path: at, fail } => {
                    let found = self.world.input.and_then(|input| lookup(input, path(unit, at)));
                    copy_or!(dst, found, fail);
                }
                Op::BaseData { dst } => write!(dst, self.world.data),
                Op::Path { dst, src, path: at, fail } => copy_or!(dst, lookup(peek!(src), path(unit, at)), fail),
                Op::Index { dst, src, key, fail } => copy_or!(dst, peek!(src).find(peek!(key)), fail),
                Op::IndexData { dst, src, key, fail } => write_or!(dst, stored(read!(src), peek!(key)), fail),
                Op::Document { dst, document, fail } => {
                    let value = match self.known(document.0) {
                        Some(value) => value,
                        None => self.document(document.0, function.span(pc - 1), stack)?,
                    };
                    write_or!(dst, value, fail);
                }
                Op::Data { dst, keys, fail } => {
                    let keys = range(registers, keys);
                    write_or!(dst, self.data(keys, function.span(pc - 1), stack)?, fail);
                }
                Op::DataKeys { dst, keys, fail } => {
                    let keys = range(registers, keys);
                    write_or!(dst, self.data_keys(keys, function.span(pc - 1), stack)?, fail);
                }
                Op::Call { dst, document, args, fail } => {
                    let args = range(registers, args);
                    let callee = plan::Function::Document(plan::DocumentId(document.0));
                    let substitute = if self.world.functions.is_empty() { None } else { self.substitute(callee) };
                    let value = match substitute {
                        None => self.call(document.0, args, stack)?,
                        Some(substitute) => {
                            self.call_substitute(substitute, args, stack, Place { function, pc: pc - 1 })?
                        }
                    };
                    write_or!(dst, value, fail);
                }
                Op::Builtin { dst, builtin, args, fail } => {
                    let Some(builtin) = unit.builtins.get(usize::from(builtin.0)) else { go!(fail) };
                    let args = range(registers, args);
                    let place = Place { function, pc: pc - 1 };
                    self.tick()?;
                    let substitute = if self.world.functions.is_empty() {
                        None
                    } else {
                        self.substitute(plan::Function::Builtin(builtin))
                    };
                    let value = match substitute {
                        None => self.builtin(builtin, args, place)?,
                        Some(substitute) => self.call_substitute(substitute, args, stack, place)?,
                    };
                    write_or!(dst, value, fail);
                }
                Op::Truthy { src, fail } => check!(peek!(src).is_truthy(), fail),
                Op::InputTruthy { path: at, fail } => {
                    let found = self.world.input.and_then(|input| lookup(input, path(unit, at)));
                    check!(found.is_some_and(|value| value.is_truthy()), fail);
                }
                Op::Equal { left, right, fail } => check!(peek!(left) == peek!(right), fail),
                Op::NotEqual { left, right, fail } => check!(peek!(left) != peek!(right), fail),
                Op::Less { left, right, fail } => check!(peek!(left) < peek!(right), fail),
                Op::LessOrEqual { left, right, fail } => check!(peek!(left) <= peek!(right), fail),
                Op::EqualConstant { src, constant, fail } => check!(peek!(src) == constant!(constant), fail),
                Op::InputEqual { path: at, constant, fail } => {
                    let found = self.world.input.and_then(|input| lookup(input, path(unit, at)));
                    check!(found.is_some_and(|found| found == constant!(constant)), fail);
                }
                Op::Member { item, collection, fail } => {
                    check!(is_member(peek!(item), peek!(collection)), fail);
                }
                Op::IsKind { src, kind, builtin, fail } => {
                    let holds = if self.world.functions.is_empty() {
                        peek!(src).kind() as u16 == kind.0
                    } else {
                        let Some(builtin) = unit.builtins.get(usize::from(builtin.0)) else { go!(fail) };
                        let place = Place { function, pc: pc - 1 };
                        let args = [read!(src)];
                        let value = match self.substitute(plan::Function::Builtin(builtin)) {
                            None => self.builtin(builtin, &args, place)?,
                            Some(substitute) => self.call_substitute(substitute, &args, stack, place)?,
                        };
                        value.is_some_and(|value| value.is_truthy())
                    };
                    check!(holds, fail);
                }
                Op::IsArray { src, length, fail } => {
                    let is_one = peek!(src).as_array().is_some_and(|items| items.len() == length.0 as usize);
                    check!(is_one, fail);
                }
                Op::IsObject { src, length, fail } => {
                    let is_one = peek!(src).as_object().is_some_and(|object| object.len() == length.0 as usize);
                    check!(is_one, fail);
                }
                Op::IsCollection { src, fail } => check!(peek!(src).len().is_some(), fail),
                Op::IsPlain { fail } => check!(self.world.functions.is_empty(), fail),
                Op::Jump { to } => go!(to),
                Op::Start { iterator } => write!(iterator, Value::Int(0)),
                Op::Next { iterator, collection, key, value, done } => {
                    self.tick()?;
                    match next(registers, iterator.0, collection.0) {
                        Some(Element::Item(at, found)) => {
                            write!(key, Value::Int(at));
                            write!(value, *found);
                        }
                        Some(Element::Entry(found_key, found)) => {
                            write!(key, *found_key);
                            write!(value, *found);
                        }
                        None => go!(done),
                    }
                }
                Op::NextValue { iterator, collection, value, done } => {
                    self.tick()?;
                    match next(registers, iterator.0, collection.0) {
                        Some(Element::Item(_, found) | Element::Entry(_, found)) => write!(value, *found),
                        None => go!(done),
                    }
                }
                Op::NextKey { iterator, collection, key, done } => {
                    self.tick()?;
                    match next(registers, iterator.0, collection.0) {
                        Some(Element::Item(at, _)) => write!(key, Value::Int(at)),
                        Some(Element::Entry(found, _)) => write!(key, *found),
                        None => go!(done),
                    }
                }
                Op::Among { dst, iterator, collection, path: at, equal } => {
                    let among = self.among(read!(collection), path(unit, at), peek!(equal), false)?;
                    write!(iterator, among.start());
                    write!(dst, among.elements);
                }
                Op::AmongEntries { dst, iterator, collection, path: at, equal } => {
                    let among = self.among(read!(collection), path(unit, at), peek!(equal), true)?;
                    write!(iterator, among.start());
                    write!(dst, among.elements);
                }
                Op::NextEqual { iterator, collection, path: at, equal, value, done } => {
                    match self.next_equal(registers, iterator.0, collection.0, path(unit, at), equal.0)? {
                        Some(Element::Item(_, found) | Element::Entry(_, found)) => write!(value, *found),
                        None => go!(done),
                    }
                }
                Op::NextEqualEntry { iterator, collection, path: at, equal, key, value, done } => {
                    match self.next_equal(registers, iterator.0, collection.0, path(unit, at), equal.0)? {
                        Some(Element::Item(at, found)) => {
                            write!(key, Value::Int(at));
                            write!(value, *found);
                        }
                        Some(Element::Entry(found_key, found)) => {
                            write!(key, *found_key);
                            write!(value, *found);
                        }
                        None => go!(done),
                    }
                }
                Op::Begin { mark } => write!(mark, Value::from_usize(self.scratch.len())),
                Op::Push { src } => self.scratch.push(read!(src)),
                Op::PushParts { collection, path: at } => self.push_parts(peek!(collection), path(unit, at))?,
                Op::PushEqualParts { iterator, collection, filter, equal, path: at } => {
                    let (filter, at) = (path(unit, filter), path(unit, at));
                    while let Some(Element::Item(_, found) | Element::Entry(_, found)) =
                        self.next_equal(registers, iterator.0, collection.0, filter, equal.0)?
                    {
                        self.scratch.extend(part(found, at).copied());
                    }
                }
                Op::PushKeys { collection } => self.push_keys(peek!(collection))?,
                Op::PushEntry { key, value } => self.scratch.extend([read!(key), read!(value)]),
                Op::PushPlace { keys, value } => self.push_nested(range(registers, keys), read!(value), Value::Null),
                Op::PushNested { keys, value } => {
                    self.push_nested(range(registers, keys), read!(value), Value::Bool(false));
                }
                Op::PushMember { keys, value } => {
                    self.push_nested(range(registers, keys), read!(value), Value::Bool(true));
                }
                Op::EndArray { dst, mark } => {
                    let mark = mark_of(read!(mark));
                    let items = self.arena.alloc_slice_copy(self.pending(mark));
                    self.scratch.truncate(mark);
                    write!(dst, Value::Array(items));
                }
                Op::EndSet { dst, mark } => {
                    let mark = mark_of(read!(mark));
                    let value = build::set(self.arena, self.pending(mark));
                    self.scratch.truncate(mark);
                    write!(dst, value);
                }
                Op::EndObject { dst, mark } => {
                    let mark = mark_of(read!(mark));
                    let value = build::object(self.arena, self.pending(mark), function.span(pc - 1))?;
                    self.scratch.truncate(mark);
                    write!(dst, value);
                }
                Op::EndNested { dst, mark } => {
                    let mark = mark_of(read!(mark));
                    let value = build::nested(self.arena, self.pending(mark), function.span(pc - 1))?;
                    self.scratch.truncate(mark);
                    write!(dst, value);
                }
                Op::MakeArray { dst, items } => {
                    write!(dst, Value::new_array(self.arena, range(registers, items)));
                }
                Op::MakeSet { dst, items } => write!(dst, build::set(self.arena, range(registers, items))),
                Op::MakeObject { dst, items } => {
                    write!(dst, build::written_object(self.arena, range(registers, items)));
                }
                Op::Yield { src } => {
                    let value = read!(src);
                    match result {
                        None => result = Some(value),
                        Some(other) if other == value => {}
                        Some(_) => return Err(conflict(function, function.span(pc - 1))),
                    }
                }
                Op::IfNone { to } => check!(result.is_some(), to),
                Op::Return {} => return Ok(result),
                Op::ReturnValue { src } => return Ok(Some(read!(src))),
                Op::Dispatch { index, mark } => {
                    let begin = self.reusable.candidates.len();
                    write!(mark, Value::from_usize(begin));
                    if let Some(index) = function.indexes.get(usize::from(index.0)) {
                        let world = self.world;
                        let lookup = |place: &Subject| find_place(place, &world, registers, unit);
                        let search = Search { unit, lookup: &lookup, is_plain: world.functions.is_empty() };
                        // They are taken from the end.
                        index.find(&search, &mut self.reusable.candidates);
                    }
                }
                Op::Candidate { mark, done } => {
                    self.tick()?;
                    let found = &mut self.reusable.candidates;
                    if found.len() <= mark_of(read!(mark)) {
                        go!(done);
                    }
                    let definition = found.pop().and_then(|number| function.definitions.get(number as usize));
                    match definition {
                        Some(start) => go!(start),
                        None => return Err(internal("the index names no definition")),
                    }
                }
                Op::Settle { mark } => self.reusable.candidates.truncate(mark_of(read!(mark))),
                Op::Enter { outer } => {
                    write!(outer, Value::from_usize(self.current));
                    self.tick()?;
                    self.enter_world(self.world.fresh(self.arena));
                }
                Op::Replace { target, src } => {
                    let value = read!(src);
                    match unit.targets.get(target.0 as usize) {
                        Some(Target::Input(at)) => self.world.replace_input(self.arena, path_box(unit, *at), value),
                        Some(Target::Data(at, documents)) => {
                            let documents = documents.clone();
                            self.world.replace_data(self.arena, path_box(unit, *at), documents, value);
                        }
                        Some(Target::Function(from)) => {
                            self.world.replace_function(self.arena, *from, Substitute::Value(value));
                        }
                        Some(Target::Redirect(..)) | None => {}
                    }
                    self.save_world();
                }
                Op::Redirect { target } => {
                    if let Some(Target::Redirect(from, to)) = unit.targets.get(target.0 as usize) {
                        self.world.replace_function(self.arena, *from, Substitute::Function(*to));
                    }
                    self.save_world();
                }
                Op::World { dst } => write!(dst, Value::from_usize(self.current)),
                Op::SetWorld { src } => {
                    self.current = mark_of(read!(src));
                    if let Some(world) = self.worlds.get(self.current) {
                        self.world = *world;
                    }
                }
            }
        }
    }

    /// A document's value where it is simply there.
    #[inline]
    fn known(&self, document: u32) -> Option<Option<Value<'a>>> {
        if !self.world.replaced.is_empty() {
            return None;
        }
        match self.world.memo.get(document as usize)?.get() {
            super::Memo::Value(value) => Some(Some(value)),
            super::Memo::Undefined => Some(None),
            super::Memo::Empty | super::Memo::Running => None,
        }
    }

    /// Goes on in another world.
    pub(super) fn enter_world(&mut self, world: World<'a>) {
        if self.worlds.is_empty() {
            self.worlds.push(self.world);
        }
        self.worlds.push(world);
        self.world = world;
        self.current = self.worlds.len() - 1;
    }

    fn save_world(&mut self) {
        if let Some(world) = self.worlds.get_mut(self.current) {
            *world = self.world;
        }
    }

    fn pending(&self, mark: usize) -> &[Value<'a>] {
        self.scratch.get(mark..).unwrap_or_default()
    }

    fn push_nested(&mut self, keys: &[Value<'a>], value: Value<'a>, is_member: Value<'a>) {
        let keys = Value::new_array(self.arena, keys);
        self.scratch.extend([keys, value, is_member]);
    }
}

#[inline]
fn path(unit: &Unit, id: PathId) -> &[crate::code::Key] {
    unit.paths.get(id.0 as usize).map_or(NO_PATH, |path| path)
}

fn path_box(unit: &Unit, id: PathId) -> &Path {
    static EMPTY: std::sync::LazyLock<Path> = std::sync::LazyLock::new(|| Vec::new().into_boxed_slice());
    unit.paths.get(id.0 as usize).unwrap_or(&EMPTY)
}

#[inline]
fn range<'r, 'a>(registers: &'r [Value<'a>], range: Range) -> &'r [Value<'a>] {
    let first = usize::from(range.first);
    registers.get(first..first + usize::from(range.count)).unwrap_or_default()
}

#[inline]
fn mark_of(value: Value<'_>) -> usize {
    match value {
        Value::Int(mark) => mark as usize,
        _ => 0,
    }
}

/// What is at a place that an index asks about.
fn find_place<'a>(place: &Subject, world: &World<'a>, registers: &[Value<'a>], unit: &Unit) -> Option<Value<'a>> {
    let mut at = match place.root {
        Root::Input => *world.input?,
        Root::Data => world.data,
        Root::Argument(register) => *registers.get(usize::from(register))?,
    };
    for hop in &place.hops {
        at = match hop {
            Hop::Path(id) => *lookup(&at, path(unit, *id))?,
            Hop::Constant(id) => at.get(unit.constants().get(id.0 as usize)?)?,
            Hop::Key(place) => at.get(&find_place(place, world, registers, unit)?)?,
        };
    }
    Some(at)
}

/// An element of a collection.
pub(super) enum Element<'a> {
    /// An array's, with its index.
    Item(i64, &'a Value<'a>),
    /// An object's key and value; a set's member is both.
    Entry(&'a Value<'a>, &'a Value<'a>),
}

/// The next element of a collection, whose position is in register `iterator`.
#[inline]
fn next<'a>(registers: &mut [Value<'a>], iterator: u16, collection: u16) -> Option<Element<'a>> {
    let Some(Value::Int(at)) = registers.get(usize::from(iterator)) else { return None };
    let at = *at;
    let element = element(registers.get(usize::from(collection))?, at as usize)?;
    if let Some(position) = registers.get_mut(usize::from(iterator)) {
        *position = Value::Int(at + 1);
    }
    Some(element)
}

/// The element at a position.
#[inline]
pub(super) fn element<'a>(collection: &Value<'a>, at: usize) -> Option<Element<'a>> {
    match collection {
        Value::Array(items) => Some(Element::Item(at as i64, items.get(at)?)),
        Value::Object(object) => object.entries().get(at).map(|(key, value)| Element::Entry(key, value)),
        Value::Set(set) => set.items().get(at).map(|member| Element::Entry(member, member)),
        _ => None,
    }
}

/// `item in collection`.
pub(super) fn is_member(item: &Value<'_>, collection: &Value<'_>) -> bool {
    match collection {
        Value::Set(set) => set.contains(item),
        Value::Array(items) => items.contains(item),
        Value::Object(object) => object.entries().iter().any(|(_, value)| value == item),
        _ => false,
    }
}

fn conflict(function: &Function, span: Span) -> Box<EvalError> {
    let inputs = if function.arguments > 0 { " for the same inputs" } else { "" };
    let message = format!("{} produced conflicting values{inputs}", function.name);
    Box::new(EvalError::new(codes::CONFLICT, message, span))
}

fn internal(message: &str) -> Box<EvalError> {
    Box::new(EvalError::new(codes::INTERNAL, message, Span::default()))
}
