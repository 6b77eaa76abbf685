//! Results of functions, so that a call with the same arguments is made once an evaluation.
//!
//! Arrays, objects and sets count as the same argument if they are the same in memory: comparing them could cost more
//! than the call. That is what the many rules of a policy have that pass one container of the input around.

use crate::value::{Bump, Seeds, Value};

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
}

#[derive(Clone, Copy)]
struct Entry<'a> {
    call: Call<'a>,
    result: Option<Value<'a>>,
}

/// A call: in which world, of which function, with what.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    hash: u64,
    world: usize,
    document: u32,
    args: &'a [Value<'a>],
}

impl<'a> Remembered<'a> {
    pub(super) fn new(arena: &'a Bump) -> Self {
        Remembered { arena, entries: bumpalo::collections::Vec::new_in(arena), table: &mut [] }
    }

    /// The result of a call, if it was made before. (The hash is for [`Remembered::add`].)
    pub(super) fn get(&self, world: usize, document: u32, args: &[Value<'a>]) -> (u64, Option<Option<Value<'a>>>) {
        let hash = hash(world, document, args);
        let mask = self.table.len().wrapping_sub(1);
        let mut slot = hash as usize & mask;
        for _ in 0..LONGEST_PROBE {
            let Some(place) = self.table.get(slot).filter(|place| **place != 0) else { break };
            if (place ^ hash) >> 32 == 0
                && let Some(Entry { call, result }) = self.entries.get(*place as u32 as usize - 1)
                && call.world == world
                && call.document == document
                && call.args.len() == args.len()
                && call.args.iter().zip(args).all(|(left, right)| is_same(left, right))
            {
                return (hash, Some(*result));
            }
            slot = (slot + 1) & mask;
        }
        (hash, None)
    }

    /// Keeps the result of a call.
    pub(super) fn add(
        &mut self,
        hash: u64,
        world: usize,
        document: u32,
        args: &[Value<'a>],
        result: Option<Value<'a>>,
    ) {
        if self.entries.len() >= CAPACITY {
            return;
        }
        if (self.entries.len() + 1) * 2 > self.table.len() {
            self.grow();
        }
        if place(self.table, hash, self.entries.len() as u32 + 1) {
            let args = self.arena.alloc_slice_copy(args);
            self.entries.push(Entry { call: Call { hash, world, document, args }, result });
        }
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 4).max(FIRST);
        self.table = self.arena.alloc_slice_fill_copy(size, 0);
        for (at, entry) in self.entries.iter().enumerate() {
            // What finds no slot is not found again.
            let _ = place(self.table, entry.call.hash, at as u32 + 1);
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

fn hash(world: usize, document: u32, args: &[Value<'_>]) -> u64 {
    let start = Seeds::get().start() ^ ((world as u64) << 32 | u64::from(document));
    args.iter().fold(mixed(start), |state, arg| {
        mixed(
            state
                ^ match arg {
                    Value::Array(items) => items.as_ptr().addr() as u64,
                    Value::Object(object) => object.address() as u64,
                    Value::Set(set) => set.items().as_ptr().addr() as u64,
                    Value::Int(number) => *number as u64,
                    scalar => scalar.hash_code(),
                },
        )
    })
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
        for number in 0..10_000 {
            calls.add(7, 0, 0, &[Value::Int(number)], None);
        }
        assert_eq!(calls.entries.len(), LONGEST_PROBE);
        for number in 0..60_000 {
            let args = [Value::Int(number)];
            let (hash, known) = calls.get(0, 1, &args);
            assert!(known.is_none());
            calls.add(hash, 0, 1, &args, Some(Value::Int(number)));
        }
        let is_kept = |number: &i64| calls.get(0, 1, &[Value::Int(*number)]).1 == Some(Some(Value::Int(*number)));
        assert!((0..60_000).filter(is_kept).count() > 59_000);
        assert!(calls.get(0, 0, &[Value::Int(60_000)]).1.is_none());
    }
}
