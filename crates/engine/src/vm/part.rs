//! What is at a path in each of many values, which are likely alike.

use super::Machine;
use super::elements::{Element, element};
use super::error::Result;
use super::matching::Values;
use super::run::hints;
use super::world::{Hints, lookup, lookup_carefully};
use crate::code::{Key, PathId, Unit};
use crate::value::{Symbol, Value};
use std::cell::Cell;

/// What is at a path in values.
pub(super) trait Part {
    /// Where it is in a value.
    fn of<'a>(&self, value: &'a Value<'a>) -> Option<&'a Value<'a>>;
}

/// For a path of one step.
pub(super) struct Step<'p> {
    path: &'p [Key],
    symbol: Symbol,
    /// The same where there is one; elsewhere what no key has.
    named: Symbol,
    /// Where the key was found the last time.
    hint: Cell<u8>,
}

impl<'p> Step<'p> {
    pub(super) fn new(path: &'p [Key]) -> Option<Self> {
        match path {
            [key] => Some(Step { path, symbol: key.symbol, named: key.named, hint: Cell::new(0) }),
            _ => None,
        }
    }
}

impl Part for Step<'_> {
    #[inline(always)]
    fn of<'a>(&self, value: &'a Value<'a>) -> Option<&'a Value<'a>> {
        if let Value::Object(object) = value {
            if let Some(found) = object.find_at(self.named, &self.hint) {
                return Some(found);
            }
            if let Some(found) = object.find_again(self.symbol, &self.hint) {
                return found;
            }
        } else if !matches!(value, Value::Set(_)) {
            return None;
        }
        lookup_carefully(value, self.path)
    }
}

/// For any path. If it has no steps, what is there is the value itself.
pub(super) struct Steps<'p> {
    path: &'p [Key],
    hints: Hints,
}

impl<'p> Steps<'p> {
    pub(super) fn new(path: &'p [Key]) -> Self {
        Steps { path, hints: Hints::default() }
    }
}

impl Part for Steps<'_> {
    #[inline]
    fn of<'a>(&self, value: &'a Value<'a>) -> Option<&'a Value<'a>> {
        if self.path.is_empty() { Some(value) } else { lookup(value, self.path, &self.hints) }
    }
}

/// Does something with what finds the parts at a path, made for the path's length.
macro_rules! with_part {
    ($path:expr, |$part:ident| $body:expr) => {
        match Step::new($path) {
            Some($part) => $body,
            None => {
                let $part = Steps::new($path);
                $body
            }
        }
    };
}

pub(super) use with_part;

impl<'a> Machine<'a, '_> {
    /// The next element of a collection, from the position in register `iterator` on, that has something at a path; that
    /// goes to register `part`.
    #[inline(never)]
    pub(super) fn next_part(
        &mut self,
        unit: &Unit,
        registers: &mut [Value<'a>],
        [iterator, collection, part]: [u16; 3],
        path: PathId,
    ) -> Result<Option<Element<'a>>> {
        let register = |number: u16| registers.get(usize::from(number));
        let (Some(Value::Int(start)), Some(collection), Some(keys), Some(hints)) = (
            register(iterator),
            register(collection),
            unit.paths.get(path.0 as usize),
            hints(&self.reusable.hints, path),
        ) else {
            self.tick()?;
            return Ok(None);
        };
        let start = *start as usize;
        let (mut at, mut found) = (start, None);
        for value in Values::new(collection, start) {
            found = lookup(value, keys, hints);
            if found.is_some() {
                break;
            }
            at += 1;
        }
        let element = element(collection, at);
        if let (Some(found), Some(part)) = (found, registers.get_mut(usize::from(part))) {
            *part = *found;
        }
        if let Some(position) = registers.get_mut(usize::from(iterator)) {
            *position = Value::Int((at as i64).saturating_add(1));
        }
        self.ticks(at - start + 1)?;
        Ok(element)
    }
}
