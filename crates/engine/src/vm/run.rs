//! The loop that carries instructions out.

use super::build;
use super::candidates::definition;
use super::documents::stored;
use super::elements::{Element, entry, is_member, next};
use super::error::{EvalError, Result, codes};
use super::matching::walked_each_time;
use super::world::{Hints, Memo, lookup};
use super::{Machine, PATHS};
use crate::code::{Function, Key, Op, PathId, Range, Read, Unit};
use crate::value::{Object, Value, same_text};
use solon_syntax::Span;
use std::cell::Cell;
use std::hint::black_box;

/// Where an instruction stands; its span is looked up only if somebody asks.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    function: &'a Function,
    /// The number of the instruction behind it.
    next: usize,
}

impl<'a> Place<'a> {
    /// The end of a function.
    pub(super) fn end(function: &'a Function) -> Self {
        Place { function, next: function.ops.len() }
    }

    /// The number of the instruction.
    pub(super) fn number(&self) -> usize {
        self.next.saturating_sub(1)
    }

    pub(super) fn span(&self) -> Span {
        self.function.span(self.number())
    }
}

impl<'a> Machine<'a, '_> {
    /// Runs a function. Its registers are the first of `stack`; what it calls gets the rest.
    ///
    /// What seldom runs, or takes long anyway, stands in methods of its own: the less this one holds, the more of it
    /// stays in the processor's registers. Code is verified before it runs, so that nothing it names is out of range;
    /// what were to is an error.
    #[inline]
    pub(super) fn run(
        &mut self,
        unit: &'a Unit,
        function: &'a Function,
        stack: &mut [Value<'a>],
    ) -> Result<Option<Value<'a>>> {
        self.run_as::<false>(unit, function, stack)
    }

    /// Runs a function; a witness of what its rules add tells it to the machine, and goes on where they disagree.
    pub(super) fn run_as<const IS_WITNESS: bool>(
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
        // The number of the instruction that comes next.
        let mut next_op = 0;
        // What an instruction needs of these two is looked up where it needs it. (A compiler that knows them not to change
        // looks all of it up for every call, in advance.)
        let code = Cell::new((unit, function));
        black_box(&code);
        macro_rules! unit {
            () => {
                code.get().0
            };
        }
        macro_rules! function {
            () => {
                code.get().1
            };
        }
        // The value itself, where it need not be copied.
        macro_rules! peek {
            ($read:expr) => {
                match registers.get(usize::from($read.0)) {
                    Some(register) => register,
                    None => match constants.get(usize::from($read.0 ^ Read::CONSTANTS)) {
                        Some(constant) => constant,
                        None => break,
                    },
                }
            };
        }
        macro_rules! read {
            ($read:expr) => {
                *peek!($read)
            };
        }
        macro_rules! write {
            ($register:expr, $value:expr) => {{
                let value = $value;
                match registers.get_mut(usize::from($register.0)) {
                    Some(register) => *register = value,
                    None => break,
                }
            }};
        }
        macro_rules! go {
            ($label:expr) => {{
                next_op = $label.0 as usize;
                continue;
            }};
        }
        macro_rules! place {
            () => {
                Place { function: function!(), next: next_op }
            };
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
        // An element with its key, or its value alone, or on to `done`.
        macro_rules! write_element {
            ($element:expr, $key:expr, $value:expr, $done:expr) => {
                match $element {
                    Some(Element::Item(at, found)) => {
                        write!($key, Value::Int(at));
                        write!($value, *found);
                    }
                    Some(Element::Entry(key, found)) => {
                        write!($key, *key);
                        write!($value, *found);
                    }
                    None => go!($done),
                }
            };
            ($element:expr, $value:expr, $done:expr) => {
                match $element {
                    Some(Element::Item(_, found) | Element::Entry(_, found)) => write!($value, *found),
                    None => go!($done),
                }
            };
        }
        // An element, if there is something at a path in it, with that; else the next one that has it, or on to `done`.
        macro_rules! write_with_part {
            ($element:expr, $registers:expr, $path:expr, $part:expr, $done:expr, $($to:expr),*) => {{
                let element = $element;
                let Some(Element::Item(_, found) | Element::Entry(_, found)) = &element else { go!($done) };
                match self.at_path(unit!(), Some(found), $path) {
                    Some(there) => {
                        write!($part, *there);
                        write_element!(element, $($to),*, $done);
                    }
                    None => write_element!(self.next_part(unit!(), registers, $registers, $path)?, $($to),*, $done),
                }
            }};
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
                match constants.get($id.0 as usize) {
                    Some(constant) => constant,
                    None => break,
                }
            };
        }
        macro_rules! builtin {
            ($builtin:expr, $args:expr) => {{
                let args = $args;
                match self.shortcut(unit!(), $builtin, &args[..]) {
                    Some(value) => {
                        self.tick()?;
                        Some(value)
                    }
                    None => self.any_builtin(unit!(), $builtin, &args[..], stack, place!())?,
                }
            }};
        }
        macro_rules! call {
            ($document:expr, $args:expr) => {{
                let args = $args;
                if self.world.functions.is_empty() {
                    self.call($document.0, &args, stack)?
                } else {
                    self.any_call($document.0, &args, stack, place!())?
                }
            }};
        }
        macro_rules! witness {
            () => {
                if IS_WITNESS {
                    self.saw_entry(place!());
                }
            };
        }
        // The object, unless a key has two values.
        macro_rules! or_conflict {
            ($built:expr, $mark:expr) => {
                match $built? {
                    Some(object) => object,
                    None => {
                        let (place, mark) = (place!(), $mark);
                        return Err(self.conflict_of_keys(unit!(), function!(), place, *mark, registers, stack.len()));
                    }
                }
            };
        }
        while let Some(op) = ops.get(next_op) {
            next_op += 1;
            match op {
                Op::Constant { dst, constant } => write!(dst, *constant!(constant)),
                Op::Move { dst, src } => write!(dst, read!(src)),
                Op::Input { dst, fail } => copy_or!(dst, self.world.input, fail),
                Op::InputPath { dst, path, fail } => {
                    copy_or!(dst, self.at_path(unit!(), self.world.input, *path), fail)
                }
                Op::InputOrNull { dst, path } => {
                    let found = self.at_path(unit!(), self.world.input, *path);
                    write!(dst, found.copied().unwrap_or(Value::Null));
                }
                Op::BaseData { dst } => write!(dst, *self.world.data),
                Op::Path { dst, src, path, fail } => {
                    copy_or!(dst, self.at_path(unit!(), Some(peek!(src)), *path), fail)
                }
                Op::Index { dst, src, key, fail } => {
                    if let Value::Object(object) = peek!(src)
                        && object.unread().is_some()
                    {
                        write_or!(dst, self.unread(*object, peek!(key))?, fail);
                        continue;
                    }
                    copy_or!(dst, indexed(peek!(src), peek!(key)), fail);
                }
                Op::IndexData { dst, src, key, fail } => copy_or!(dst, stored(peek!(src), peek!(key)), fail),
                Op::Document { dst, document, fail } => match self.known(document.0) {
                    Memo::Value(value) => write!(dst, value),
                    Memo::Undefined => go!(fail),
                    Memo::Empty | Memo::Running => {
                        let place = place!();
                        write_or!(dst, self.document(document.0, place, stack)?, fail);
                    }
                },
                Op::NamedPath { dst, document, path: id, fail } => {
                    if self.world.replaced.is_empty() {
                        copy_or!(dst, self.at_path(unit!(), self.world.input, *id), fail);
                    } else {
                        let place = place!();
                        write_or!(dst, self.named(path(unit!(), *id), *document, place, stack)?, fail);
                    }
                }
                Op::NamedOrNull { dst, document, path: id } => {
                    let found = if self.world.replaced.is_empty() {
                        self.at_path(unit!(), self.world.input, *id).copied()
                    } else {
                        let place = place!();
                        self.named(path(unit!(), *id), *document, place, stack)?
                    };
                    write!(dst, found.unwrap_or(Value::Null));
                }
                Op::FixedDocument { dst, document, constant, fail } => {
                    if self.world.replaced.is_empty() {
                        write!(dst, *constant!(constant));
                    } else {
                        let place = place!();
                        write_or!(dst, self.document(document.0, place, stack)?, fail);
                    }
                }
                Op::Data { dst, keys, fail } => {
                    let keys = range(registers, *keys);
                    let found = self.data(keys, place!(), stack)?;
                    self.check_memory()?;
                    write_or!(dst, found, fail);
                }
                Op::DataKeys { dst, keys, fail } => {
                    let keys = range(registers, *keys);
                    let found = self.data_keys(keys, place!(), stack)?;
                    self.check_memory()?;
                    write_or!(dst, found, fail);
                }
                Op::Call { dst, document, args, fail } => {
                    let args = range(registers, *args);
                    let value = if self.world.functions.is_empty() {
                        self.call(document.0, args, stack)?
                    } else {
                        self.any_call(document.0, args, stack, place!())?
                    };
                    write_or!(dst, value, fail);
                }
                Op::Call1 { dst, document, arg, fail } => write_or!(dst, call!(document, [read!(arg)]), fail),
                Op::Call2 { dst, document, first, second, fail } => {
                    write_or!(dst, call!(document, [read!(first), read!(second)]), fail);
                }
                Op::CallHolds { document, arg, fail } => {
                    check!(call!(document, [read!(arg)]).is_some_and(|value| value.is_truthy()), fail);
                }
                Op::Builtin { dst, builtin, args, fail } => {
                    write_or!(dst, builtin!(*builtin, range(registers, *args)), fail);
                }
                Op::Builtin1 { dst, builtin, arg, fail } => write_or!(dst, builtin!(*builtin, [read!(arg)]), fail),
                Op::Builtin2 { dst, builtin, first, second, fail } => {
                    write_or!(dst, builtin!(*builtin, [read!(first), read!(second)]), fail);
                }
                Op::Builtin3 { dst, builtin, first, second, third, fail } => {
                    write_or!(dst, builtin!(*builtin, [read!(first), read!(second), read!(third)]), fail);
                }
                Op::Format { dst, format, items, fail } => {
                    write_or!(dst, self.format(unit!(), *format, range(registers, *items), stack, place!())?, fail);
                }
                Op::BuiltinHolds { builtin, first, second, fail } => {
                    let value = builtin!(*builtin, [read!(first), read!(second)]);
                    check!(value.is_some_and(|value| value.is_truthy()), fail);
                }
                Op::MinusKeys { dst, builtin, from, collection, fail } => {
                    let (from, collection, place) = (read!(from), read!(collection), place!());
                    write_or!(dst, self.minus_keys(unit!(), *builtin, from, &collection, stack, place)?, fail);
                }
                Op::Walk { dst, src } => {
                    let place = place!();
                    write!(dst, self.walk(peek!(src), place)?);
                }
                Op::WalkParts { dst, src } => {
                    let place = place!();
                    write!(dst, self.walk_parts(peek!(src), place)?);
                }
                Op::WalkPath { dst, walk, position, fail } => {
                    write_or!(dst, self.walk_path(peek!(walk), peek!(position))?, fail);
                }
                Op::Truthy { src, fail } => check!(peek!(src).is_truthy(), fail),
                Op::InputTruthy { path, fail } => {
                    check!(self.at_path(unit!(), self.world.input, *path).is_some_and(Value::is_truthy), fail);
                }
                Op::PathTruthy { src, path, fail } => {
                    check!(self.at_path(unit!(), Some(peek!(src)), *path).is_some_and(Value::is_truthy), fail);
                }
                Op::PathEqual { src, right, path, fail } => {
                    let right = peek!(right);
                    check!(
                        self.at_path(unit!(), Some(peek!(src)), *path).is_some_and(|found| is_same(found, right)),
                        fail
                    );
                }
                Op::Equal { left, right, fail } => check!(is_same(peek!(left), peek!(right)), fail),
                Op::NotEqual { left, right, fail } => check!(!is_same(peek!(left), peek!(right)), fail),
                Op::Less { left, right, fail } => check!(peek!(left) < peek!(right), fail),
                Op::LessOrEqual { left, right, fail } => check!(peek!(left) <= peek!(right), fail),
                Op::InputEqual { path, constant, fail } => {
                    let constant = constant!(constant);
                    check!(
                        self.at_path(unit!(), self.world.input, *path).is_some_and(|found| is_same(found, constant)),
                        fail
                    );
                }
                Op::Member { item, collection, fail } => {
                    check!(is_member(peek!(item), peek!(collection)), fail);
                }
                Op::IsKind { src, kind, builtin, fail } => {
                    let holds = if self.world.functions.is_empty() {
                        peek!(src).kind() as u16 == kind.0
                    } else {
                        let place = place!();
                        let value = self.any_builtin(unit!(), *builtin, &[read!(src)], stack, place)?;
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
                Op::IsPlain { fail } => {
                    check!(self.is_plain(), fail);
                }
                Op::Jump { to } => go!(to),
                Op::Start { iterator } => write!(iterator, Value::Int(0)),
                Op::Next { iterator, collection, key, value, done } => {
                    self.tick()?;
                    write_element!(next(registers, iterator.0, collection.0), key, value, done);
                }
                Op::NextValue { iterator, collection, value, done } => {
                    self.tick()?;
                    write_element!(next(registers, iterator.0, collection.0), value, done);
                }
                Op::Again { iterator, collection, key, value, body, done } => {
                    self.tick()?;
                    write_element!(next(registers, iterator.0, collection.0), key, value, done);
                    go!(body);
                }
                Op::AgainValue { iterator, collection, value, body, done } => {
                    self.tick()?;
                    write_element!(next(registers, iterator.0, collection.0), value, done);
                    go!(body);
                }
                Op::NextKey { iterator, collection, key, done } => {
                    self.tick()?;
                    match next(registers, iterator.0, collection.0) {
                        Some(Element::Item(at, _)) => write!(key, Value::Int(at)),
                        Some(Element::Entry(found, _)) => write!(key, *found),
                        None => go!(done),
                    }
                }
                Op::Entry { key, value, collection, equal, fail } => match entry(peek!(collection), peek!(equal)) {
                    Some((found_key, found)) => {
                        write!(key, found_key);
                        write!(value, *found);
                    }
                    None => go!(fail),
                },
                Op::NextMember { iterator, collection, others, value, done } => {
                    match self.next_member(registers, iterator.0, collection.0, read!(others))? {
                        Some(found) => write!(value, found),
                        None => go!(done),
                    }
                }
                Op::Among { dst, iterator, collection, path: at, equal } => {
                    let elements = read!(collection);
                    if walked_each_time(&elements) {
                        write!(iterator, Value::Int(0));
                        write!(dst, elements);
                    } else {
                        let among = self.among(elements, path(unit!(), *at), peek!(equal), false)?;
                        write!(iterator, among.start());
                        write!(dst, among.elements);
                    }
                }
                Op::AmongEntries { dst, iterator, collection, path: at, equal } => {
                    let elements = read!(collection);
                    if walked_each_time(&elements) {
                        write!(iterator, Value::Int(0));
                        write!(dst, elements);
                    } else {
                        let among = self.among(elements, path(unit!(), *at), peek!(equal), true)?;
                        write!(iterator, among.start());
                        write!(dst, among.elements);
                    }
                }
                Op::NextEqual { iterator, collection, path: at, equal, value, done } => {
                    write_element!(
                        self.next_equal(registers, iterator.0, collection.0, path(unit!(), *at), equal.0)?,
                        value,
                        done
                    );
                }
                Op::NextEqualEntry { iterator, collection, path: at, equal, key, value, done } => {
                    write_element!(
                        self.next_equal(registers, iterator.0, collection.0, path(unit!(), *at), equal.0)?,
                        key,
                        value,
                        done
                    );
                }
                Op::NextEqualBoth { value, done, .. } => {
                    copy_or!(value, self.next_equal_both(unit!(), registers, op)?, done);
                }
                Op::NextPart { iterator, collection, path, value, part, done } => {
                    self.tick()?;
                    let found = next(registers, iterator.0, collection.0);
                    write_with_part!(found, [iterator.0, collection.0, part.0], *path, part, done, value);
                }
                Op::NextPartEntry { iterator, collection, path, key, value, part, done } => {
                    self.tick()?;
                    let found = next(registers, iterator.0, collection.0);
                    write_with_part!(found, [iterator.0, collection.0, part.0], *path, part, done, key, value);
                }
                Op::Begin { mark } => write!(mark, Value::from_usize(self.scratch.len())),
                Op::Push { src } => self.push(read!(src))?,
                Op::PushParts { collection, path: at } => self.push_parts(peek!(collection), path(unit!(), *at))?,
                Op::PushGroups { collection, path: at } => self.push_groups(peek!(collection), path(unit!(), *at))?,
                Op::PushEqualParts { iterator, collection, filter, equal, path: at } => {
                    let start = peek!(Read(iterator.0));
                    let filter = (path(unit!(), *filter), peek!(equal));
                    self.push_equal_parts(peek!(collection), start, filter, path(unit!(), *at))?;
                }
                Op::PushKeys { collection } => self.push_keys(peek!(collection))?,
                Op::PushFound { collection, from } => self.push_found(peek!(collection), peek!(from))?,
                Op::PushEntry { key, value } => {
                    witness!();
                    self.push(read!(key))?;
                    self.push(read!(value))?;
                }
                Op::PushPlace { keys, value } => {
                    self.push_nested(range(registers, *keys), read!(value), Value::Null)?
                }
                Op::PushNested { keys, value } => {
                    witness!();
                    self.push_nested(range(registers, *keys), read!(value), Value::Bool(false))?;
                }
                Op::PushMember { keys, value } => {
                    witness!();
                    self.push_nested(range(registers, *keys), read!(value), Value::Bool(true))?;
                }
                Op::EndArray { dst, mark } => write!(dst, self.end_array(mark_of(read!(mark)))?),
                Op::EndSet { dst, mark } => write!(dst, self.end_set(mark_of(read!(mark)))?),
                Op::EndUnordered { dst, mark } => write!(dst, self.end_unordered(mark_of(read!(mark)))?),
                Op::EndObject { dst, mark } => {
                    let built = self.end_object(mark_of(read!(mark)));
                    write!(dst, or_conflict!(built, mark));
                }
                Op::EndNested { dst, mark } => {
                    let built = self.end_nested(mark_of(read!(mark)));
                    write!(dst, or_conflict!(built, mark));
                }
                Op::MakeArray { dst, items } => {
                    self.making(items.count.into())?;
                    write!(dst, Value::new_array(self.arena, range(registers, *items)));
                }
                Op::MakeSet { dst, items } => {
                    self.making(items.count.into())?;
                    write!(dst, build::set(self.arena, range(registers, *items)));
                }
                Op::MakeObject { dst, items } => {
                    self.making(items.count.into())?;
                    write!(dst, build::written_object(self.arena, range(registers, *items)));
                }
                Op::MakeRecord { dst, keys, values } => {
                    self.making(values.count.into())?;
                    let keys = constants.get(keys.0 as usize).and_then(Value::as_array).unwrap_or_default();
                    write!(dst, build::record(self.arena, keys, range(registers, *values)));
                }
                Op::Yield { src } => {
                    let value = read!(src);
                    if IS_WITNESS {
                        self.saw_answer(place!(), value);
                    }
                    match result {
                        None => result = Some(value),
                        Some(other) if other == value || IS_WITNESS => {}
                        Some(_) => {
                            let place = place!();
                            return Err(self.conflict_of_values(unit!(), function!(), place, registers, stack.len()));
                        }
                    }
                }
                Op::IfNone { to } => check!(result.is_some(), to),
                Op::Return {} => return Ok(result),
                Op::ReturnValue { src } => return Ok(Some(read!(src))),
                Op::Dispatch { index, mark } => {
                    let found = self.reusable.candidates.len();
                    write!(mark, Value::from_usize(found));
                    self.find_candidates(unit!(), function!(), *index, registers);
                    self.making(self.reusable.candidates.len() - found)?;
                }
                Op::Candidate { mark, done } => {
                    self.tick()?;
                    let found = &mut self.reusable.candidates;
                    if found.len() <= mark_of(read!(mark)) {
                        go!(done);
                    }
                    match found.pop().and_then(|number| definition(function!(), number)) {
                        Some(start) => go!(start),
                        None => break,
                    }
                }
                Op::SettleValue { mark, src } => {
                    self.reusable.candidates.truncate(mark_of(read!(mark)));
                    return Ok(Some(read!(src)));
                }
                Op::Settle { mark } => self.reusable.candidates.truncate(mark_of(read!(mark))),
                Op::Fired { rule } => self.fired(rule.0),
                Op::Enter { outer } => {
                    write!(outer, Value::from_usize(self.current));
                    let world = self.fresh_world()?;
                    self.enter_world(world);
                }
                Op::EnterInput { outer } => {
                    write!(outer, Value::from_usize(self.current));
                    let world = self.world_for_input()?;
                    self.enter_world(world);
                }
                Op::Replace { target, src } => self.replace(unit!(), *target, read!(src))?,
                Op::Redirect { target } => self.redirect(unit!(), *target)?,
                Op::World { dst } => write!(dst, Value::from_usize(self.current)),
                Op::SetWorld { src } => {
                    self.current = mark_of(read!(src));
                    if let Some(world) = self.extras.as_ref().and_then(|extras| extras.worlds.get(self.current)) {
                        self.world = *world;
                    }
                }
            }
        }
        Err(internal("the code names what is not there"))
    }

    /// What is at a path in a value.
    #[inline(never)]
    fn at_path(&self, unit: &Unit, value: Option<&Value<'a>>, id: PathId) -> Option<&'a Value<'a>> {
        lookup(value?, unit.paths.get(id.0 as usize)?, hints(&self.reusable.hints, id)?)
    }

    /// What stands under a key of an object of the input whose entries have not been read.
    #[inline(never)]
    pub(super) fn unread(&mut self, object: Object<'a>, key: &Value<'_>) -> Result<Option<Value<'a>>> {
        let found = self.late.get(object, key).map_err(|_| internal("a part of the input cannot be read again"))?;
        self.check_memory()?;
        Ok(found)
    }

    /// Whether nothing stands in for something else, and errors of builtins are passed over.
    #[inline(always)]
    fn is_plain(&self) -> bool {
        self.world.functions.is_empty() && self.world.replaced.is_empty() && !self.setting.outside.is_strict
    }

    /// A document's value where it is simply there.
    #[inline(always)]
    fn known(&self, document: u32) -> Memo<'a> {
        match self.world.memo.get(document as usize) {
            Some(cell) if self.world.replaced.is_empty() => cell.get(),
            _ => Memo::Empty,
        }
    }
}

/// Where the keys of a path were found.
#[inline(always)]
pub(super) fn hints(known: &[Hints; PATHS], id: PathId) -> Option<&Hints> {
    known.get(id.0 as usize % PATHS)
}

/// The steps of a path.
#[inline]
pub(super) fn path(unit: &Unit, id: PathId) -> &[Key] {
    unit.paths.get(id.0 as usize).map_or(&[], |path| path)
}

/// What is at a key in a value.
#[inline(always)]
pub(super) fn indexed<'v, 'a>(value: &'v Value<'a>, key: &Value<'_>) -> Option<&'v Value<'a>> {
    match (value, key) {
        (Value::Array(items), Value::Int(at)) => items.get(*at as usize),
        (value, key) => value.find(key),
    }
}

/// Equality, decided by symbols or lengths of strings where they tell.
#[inline(always)]
pub(super) fn is_same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::String { symbol, text }, Value::String { symbol: other_symbol, text: other }) => {
            symbol.same(*other_symbol).unwrap_or_else(|| text.len() == other.len() && is_same_text(text, other))
        }
        _ => left == right,
    }
}

/// (By itself, so that comparisons of symbols are short.)
#[inline(never)]
fn is_same_text(left: &str, right: &str) -> bool {
    same_text(left, right)
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

#[cold]
pub(super) fn internal(message: &str) -> Box<EvalError> {
    Box::new(EvalError::new(codes::INTERNAL, message, Span::default()))
}
