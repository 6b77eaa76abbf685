//! Results of functions, so that a call with the same arguments is made once an evaluation.
//!
//! Arrays, objects and sets count as the same argument if they are the same in memory: comparing them could cost more
//! than the call. That is what the many rules of a policy have that pass one container of the input around.
//!
//! To ask and to keep costs as much as a short call. So functions whose calls have hardly ever come back are not
//! remembered, as long as they are few beside those that are: so little of what has been done can have to be done again.

use crate::value::{Bump, Seeds, Value, same_text};

/// For each function whether to keep its results pays, as far as calls have shown. Most evaluations of a query are alike,
/// so it is learned from one to the next.
#[derive(Default)]
pub(super) struct Worth {
    /// By their numbers.
    functions: Vec<i16>,
    /// How many more calls of this evaluation need not be remembered.
    left: u32,
}

impl Worth {
    /// What a function begins with, and has again after a while.
    const BEGIN: i16 = 32;
    /// What it has at most.
    const MOST: i16 = 64;
    /// What a call that was made before adds; one that was not takes 1 away.
    const HIT: i16 = 8;
    /// So many calls are not remembered, once there is nothing left.
    const IDLE: i16 = 1000;
    /// So many calls of an evaluation are not remembered at first, however little they seem worth: functions call one
    /// another, and what another input makes them do may come back often and take long.
    const FORGOTTEN: u32 = 32;
    /// So many more for each call that is remembered, so that most are not where none comes back. Where they come back after
    /// all, that is learned after [`Worth::IDLE`] calls of a function at the latest.
    const FORGOTTEN_FOR_EACH: u32 = 4;

    /// Another evaluation begins.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.left = Self::FORGOTTEN;
    }

    /// Whether a call is not worth being remembered.
    #[inline]
    pub(super) fn is_idle(&mut self, document: u32) -> bool {
        let Some(worth) = self.functions.get_mut(document as usize).filter(|worth| **worth < 0) else { return false };
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        *worth += 1;
        if *worth == 0 {
            *worth = Self::BEGIN;
        }
        true
    }

    #[inline]
    pub(super) fn hit(&mut self, document: u32) {
        if let Some(worth) = self.functions.get_mut(document as usize) {
            *worth = ((*worth).max(0) + Self::HIT).min(Self::MOST);
        }
    }

    /// A call was not made before; `is_kept` is whether it is remembered from now on.
    #[inline]
    pub(super) fn missed(&mut self, document: u32, is_kept: bool) {
        if is_kept {
            self.left = self.left.saturating_add(Self::FORGOTTEN_FOR_EACH);
        }
        match self.functions.get_mut(document as usize) {
            Some(worth @ 0) => *worth = -Self::IDLE,
            Some(worth) if *worth > 0 => *worth -= 1,
            Some(_) => {}
            None => self.functions.resize(document as usize + 1, Self::BEGIN),
        }
    }
}

/// The most results that are kept.
const CAPACITY: usize = 1 << 16;

/// Slots in the first table.
const FIRST: usize = 64;

/// How many slots are looked at for a call. A call without a slot there is not kept.
const LONGEST_PROBE: usize = 32;

/// Results of calls.
pub(super) struct Remembered<'a> {
    arena: &'a Bump,
    entries: bumpalo::collections::Vec<'a, Entry<'a>>,
    /// By hash: positions in `entries`, plus 1, below the upper half of the hash. A power of two.
    table: &'a mut [u64],
    seed: u64,
}

/// A call: in which world, of which function, with what.
struct Entry<'a> {
    hash: u64,
    world: usize,
    document: u32,
    first: Value<'a>,
    others: &'a [Value<'a>],
    /// The result, once there is one.
    result: Option<Option<Value<'a>>>,
}

impl<'a> Remembered<'a> {
    pub(super) fn new(arena: &'a Bump) -> Self {
        Remembered { arena, entries: bumpalo::collections::Vec::new_in(arena), table: &mut [], seed: 0 }
    }

    /// The result of a call, if it was made before. Otherwise the number that it is kept by, if it is.
    pub(super) fn ask(
        &mut self,
        world: usize,
        document: u32,
        args: &[Value<'a>],
    ) -> Result<Option<Value<'a>>, Option<u32>> {
        let Some((first, others)) = args.split_first() else { return Err(None) };
        if self.entries.len() * 2 >= self.table.len() {
            self.grow();
        }
        let start = self.seed ^ ((world as u64) << 32 | u64::from(document));
        let hash = others.iter().fold(mixed(start ^ bits(first)), |state, arg| mixed(state ^ bits(arg)));
        let mask = self.table.len().wrapping_sub(1);
        let mut slot = hash as usize & mask;
        for _ in 0..LONGEST_PROBE {
            let Some(place) = self.table.get(slot).filter(|place| **place != 0) else { break };
            if (place ^ hash) >> 32 == 0
                && let Some(entry) = self.entries.get((*place as u32 as usize).wrapping_sub(1))
                && entry.world == world
                && entry.document == document
                && is_same(&entry.first, first)
                && entry.others.len() == others.len()
                && entry.others.iter().zip(others).all(|(left, right)| is_same(left, right))
                && let Some(result) = entry.result
            {
                return Ok(result);
            }
            slot = (slot + 1) & mask;
        }
        Err(self.add(hash, Entry { hash, world, document, first: *first, others: &[], result: None }, others))
    }

    fn add(&mut self, hash: u64, entry: Entry<'a>, others: &[Value<'a>]) -> Option<u32> {
        let number = self.entries.len();
        if number >= CAPACITY || !place(self.table, hash, number as u32 + 1) {
            return None;
        }
        let others = if others.is_empty() { &[] } else { &*self.arena.alloc_slice_copy(others) };
        self.entries.push(Entry { others, ..entry });
        Some(number as u32)
    }

    /// Keeps the result of a call.
    pub(super) fn keep(&mut self, number: u32, result: Option<Value<'a>>) {
        if let Some(entry) = self.entries.get_mut(number as usize) {
            entry.result = Some(result);
        }
    }

    #[cold]
    fn grow(&mut self) {
        if self.entries.len() >= CAPACITY {
            return;
        }
        let size = (self.table.len() * 4).max(FIRST);
        self.seed = Seeds::get().start();
        self.table = self.arena.alloc_slice_fill_copy(size, 0);
        self.entries.reserve(size / 2 - self.entries.len());
        for (at, entry) in self.entries.iter().enumerate() {
            // What finds no slot is not found again.
            let _ = place(self.table, entry.hash, at as u32 + 1);
        }
    }
}

/// Puts a call into the next free slot; whether there is one near.
fn place(table: &mut [u64], hash: u64, position: u32) -> bool {
    let mask = table.len().wrapping_sub(1);
    let mut slot = hash as usize & mask;
    for _ in 0..LONGEST_PROBE {
        match table.get_mut(slot) {
            Some(place) if *place == 0 => {
                *place = hash >> 32 << 32 | u64::from(position);
                return true;
            }
            _ => slot = (slot + 1) & mask,
        }
    }
    false
}

/// What tells an argument from most others.
#[inline]
fn bits(arg: &Value<'_>) -> u64 {
    match arg {
        Value::Array(items) => items.as_ptr().addr() as u64,
        Value::Object(object) => object.address() as u64,
        Value::Set(set) => set.items().as_ptr().addr() as u64,
        Value::Int(number) => *number as u64,
        scalar => scalar.hash_code(),
    }
}

/// Every bit of the result depends on every bit of `bits`.
#[inline]
fn mixed(bits: u64) -> u64 {
    let product = u128::from(bits) * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}

fn is_same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => std::ptr::eq(*left, *right),
        (Value::Object(left), Value::Object(right)) => left.address() == right.address(),
        (Value::Set(left), Value::Set(right)) => std::ptr::eq(left.items(), right.items()),
        (Value::Number(left), Value::Number(right)) => left.text() == right.text(),
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Int(_), _) | (_, Value::Int(_)) => false,
        (Value::String { text: left, .. }, Value::String { text: right, .. }) => same_text(left, right),
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_whose_hashes_collide_are_not_kept() {
        let arena = Bump::new();
        let mut calls = Remembered::new(&arena);
        calls.grow();
        for number in 0..10_000 {
            let first = Value::Int(number);
            calls.add(7, Entry { hash: 7, world: 0, document: 0, first, others: &[], result: None }, &[]);
        }
        assert_eq!(calls.entries.len(), LONGEST_PROBE);
        for number in 0..60_000 {
            if let Err(Some(kept)) = calls.ask(0, 1, &[Value::Int(number)]) {
                calls.keep(kept, Some(Value::Int(number)));
            }
        }
        let kept =
            (0..60_000).filter(|number| calls.ask(0, 1, &[Value::Int(*number)]) == Ok(Some(Value::Int(*number))));
        assert!(kept.count() > 59_000);
        assert!(calls.ask(0, 0, &[Value::Int(60_000)]).is_err());
    }
}
