//! What `walk` finds, without its pairs of path and value.

use super::Machine;
use super::error::{EvalError, Result};
use super::run::Place;
use crate::builtins::Failure;
use crate::value::{Bump, Value};
use bumpalo::collections::Vec;

impl<'a> Machine<'a, '_> {
    /// Every value in a value, itself first, each followed by its parts.
    #[inline(never)]
    pub(super) fn walk(&mut self, root: &Value<'a>, place: Place<'a>) -> Result<Value<'a>> {
        let count = self.count_parts(root, 1, place)?;
        let mut found = Vec::with_capacity_in(count, self.arena);
        add_with_parts(root, &mut found);
        self.check_memory()?;
        Ok(Value::Array(found.into_bump_slice()))
    }

    /// The same array, and two of equal length: the last step of the path to each value, and the position of the value that
    /// it is a part of.
    #[inline(never)]
    pub(super) fn walk_parts(&mut self, root: &Value<'a>, place: Place<'a>) -> Result<Value<'a>> {
        let count = self.count_parts(root, 3, place)?;
        let mut parts = Parts::new(self.arena, count);
        parts.add(Value::Null, *root, 0);
        parts.parts_of(root);
        self.check_memory()?;
        let [values, steps, wholes] = parts.found.map(|part| Value::Array(part.into_bump_slice()));
        Ok(Value::new_array(self.arena, &[values, steps, wholes]))
    }

    /// How many parts there are in a value, itself included, if a result with so many values for each is not too large.
    fn count_parts(&mut self, root: &Value<'a>, values: usize, place: Place<'a>) -> Result<usize> {
        let most = self.setting.outside.limits.value_size / (values * size_of::<Value<'_>>());
        let Some(count) = count(root, 1, most) else { return Err(self.too_many_parts(place)) };
        self.making(values * count)?;
        Ok(count)
    }

    /// The path to what is at a position of a walk.
    #[inline(never)]
    pub(super) fn walk_path(&mut self, walk: &Value<'a>, position: &Value<'a>) -> Result<Option<Value<'a>>> {
        let Some([_, Value::Array(steps), Value::Array(wholes)]) = walk.as_array() else { return Ok(None) };
        let Some(at) = position.as_i64().and_then(|at| usize::try_from(at).ok()) else { return Ok(None) };
        let Some(length) = length_of_path(wholes, at) else { return Ok(None) };
        self.making(length)?;
        let path = self.arena.alloc_slice_fill_copy(length, Value::Null);
        let mut node = at;
        for step in path.iter_mut().rev() {
            let (Some(found), Some(whole)) = (steps.get(node), whole_of(wholes, node)) else { return Ok(None) };
            *step = *found;
            node = whole;
        }
        self.check_memory()?;
        Ok(Some(Value::Array(path)))
    }

    #[cold]
    fn too_many_parts(&self, place: Place<'a>) -> Box<EvalError> {
        let most = self.setting.outside.limits.value_size;
        let failure =
            Failure::Halt(format!("the value has so many parts that the result is over the limit of {most} bytes"));
        Box::new(EvalError::of_builtin("walk", failure, place.span()))
    }
}

/// How many parts there are in a value, besides `known` ones, if together that is not too much: values share their parts,
/// so that one that takes little memory may have parts without number. (What is in this file recurses as deep as the value
/// nests, which its maker has bounded.)
fn count(value: &Value<'_>, known: usize, most: usize) -> Option<usize> {
    let add =
        |known: usize, part: &Value<'_>| if part.len().is_some() { count(part, known, most) } else { Some(known) };
    let known = known.checked_add(value.len().unwrap_or_default()).filter(|known| *known <= most)?;
    match value {
        Value::Array(items) => items.iter().try_fold(known, add),
        Value::Set(set) => set.items().iter().try_fold(known, add),
        Value::Object(object) => object.entries().iter().try_fold(known, |known, (_, part)| add(known, part)),
        _ => Some(known),
    }
}

/// Adds a value and what is inside of it.
fn add_with_parts<'a>(value: &Value<'a>, found: &mut Vec<'a, Value<'a>>) {
    found.push(*value);
    match value {
        Value::Array(items) => add_each(items.iter(), found),
        Value::Set(set) => add_each(set.items().iter(), found),
        Value::Object(object) => add_each(object.entries().iter().map(|(_, part)| part), found),
        _ => {}
    }
}

#[inline(always)]
fn add_each<'a>(parts: impl Iterator<Item = &'a Value<'a>>, found: &mut Vec<'a, Value<'a>>) {
    for part in parts {
        if part.len().is_some() {
            add_with_parts(part, found);
        } else {
            found.push(*part);
        }
    }
}

/// Values, the last steps of their paths, and the positions of what they are parts of.
struct Parts<'a> {
    found: [Vec<'a, Value<'a>>; 3],
}

impl<'a> Parts<'a> {
    fn new(arena: &'a Bump, count: usize) -> Self {
        Parts { found: std::array::from_fn(|_| Vec::with_capacity_in(count, arena)) }
    }

    #[inline(always)]
    fn add(&mut self, step: Value<'a>, value: Value<'a>, whole: usize) {
        let [values, steps, wholes] = &mut self.found;
        values.push(value);
        steps.push(step);
        wholes.push(Value::from_usize(whole));
    }

    /// Adds what is inside of the value that was added last.
    fn parts_of(&mut self, value: &Value<'a>) {
        let whole = self.found[0].len() - 1;
        match value {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.part(Value::from_usize(at), item, whole);
                }
            }
            Value::Set(set) => set.items().iter().for_each(|item| self.part(*item, item, whole)),
            Value::Object(object) => object.entries().iter().for_each(|(key, part)| self.part(*key, part, whole)),
            _ => {}
        }
    }

    #[inline(always)]
    fn part(&mut self, step: Value<'a>, part: &Value<'a>, whole: usize) {
        self.add(step, *part, whole);
        if part.len().is_some() {
            self.parts_of(part);
        }
    }
}

/// The position of what the value at a position is a part of, which comes before it.
#[inline]
fn whole_of(wholes: &[Value<'_>], at: usize) -> Option<usize> {
    match wholes.get(at) {
        Some(Value::Int(whole)) => usize::try_from(*whole).ok().filter(|whole| *whole < at),
        _ => None,
    }
}

/// How many steps lead to a position: those from the root, which is the first.
fn length_of_path(wholes: &[Value<'_>], mut at: usize) -> Option<usize> {
    let mut length = 0;
    while at > 0 {
        at = whole_of(wholes, at)?;
        length += 1;
    }
    Some(length)
}
