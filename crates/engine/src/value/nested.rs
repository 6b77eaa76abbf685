//! Comparing and hashing collections in bounded time and stack, however they share and nest their parts.
//!
//! A policy can put one value into the next twice over, again and again: its text would double with each level, and so
//! would the time of a plain recursion. So a comparison that takes long begins to remember which pairs were equal, and
//! a hash looks at so much of a value only. The native stack grows with the depth.

use super::Value;
use foldhash::fast::FixedState;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};

/// So many pairs of collections are compared before pairs are remembered.
const PLAIN: u32 = 10_000;

/// Each time that so many levels are open, the native stack is looked at.
const LEVELS: u32 = 32;

/// A hash looks at so many parts of a value at most, and so many levels deep. Equal values are looked at alike.
const HASHED: u32 = 1 << 14;
const HASHED_LEVELS: u32 = 32;

/// Room on the native stack that a level has to find, and what is added if it does not.
const STACK_LEFT: usize = 64 << 10;
const STACK_SEGMENT: usize = 1 << 20;

/// Whether two collections are equal.
#[inline]
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>) -> bool {
    Comparison::default().equal(left, right)
}

/// The order of two collections.
#[inline]
pub(super) fn order(left: &Value<'_>, right: &Value<'_>) -> Ordering {
    shallow_order(left, right).unwrap_or_else(|| Comparison::default().order(left, right))
}

/// The order of two objects or arrays, if parts that are no collections tell it, or are the same collections: mostly
/// these do, and need no [`Comparison`].
fn shallow_order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    let (left_len, right_len) = match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            for (left, right) in left.entries().iter().zip(right.entries()) {
                let order = order_of_parts(&left.0, &right.0)?;
                let order = if order.is_eq() { order_of_parts(&left.1, &right.1)? } else { order };
                if order.is_ne() {
                    return Some(order);
                }
            }
            (left.len(), right.len())
        }
        (Value::Array(left), Value::Array(right)) => {
            for (left, right) in left.iter().zip(*right) {
                let order = order_of_parts(left, right)?;
                if order.is_ne() {
                    return Some(order);
                }
            }
            (left.len(), right.len())
        }
        _ => return None,
    };
    Some(left_len.cmp(&right_len))
}

#[inline]
fn order_of_parts(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => (left.address() == right.address()).then_some(Ordering::Equal),
        (Value::Array(left), Value::Array(right)) => (place(left) == place(right)).then_some(Ordering::Equal),
        (Value::Set(left), Value::Set(right)) => {
            (place(left.items()) == place(right.items())).then_some(Ordering::Equal)
        }
        _ => Some(left.cmp(right)),
    }
}

/// Where the parts of a collection are in memory, and how many there are.
type Place = (usize, usize);

/// One comparison, with what it has seen.
#[derive(Default)]
struct Comparison {
    pairs: u32,
    depth: u32,
    /// Pairs that are equal, remembered from [`PLAIN`] pairs on.
    same: HashSet<(Place, Place), FixedState>,
}

impl Comparison {
    fn equal(&mut self, left: &Value<'_>, right: &Value<'_>) -> bool {
        match (left, right) {
            (Value::Array(left), Value::Array(right)) => self.equal_items(left, right),
            (Value::Set(left), Value::Set(right)) => self.equal_items(left.items(), right.items()),
            (Value::Object(left), Value::Object(right)) => {
                let (left, right) = (left.entries(), right.entries());
                left.len() == right.len()
                    && self.pair(place(left), place(right), true, |inner| {
                        let mut entries = left.iter().zip(right);
                        entries.all(|(left, right)| inner.equal(&left.0, &right.0) && inner.equal(&left.1, &right.1))
                    })
            }
            _ => left == right,
        }
    }

    fn equal_items(&mut self, left: &[Value<'_>], right: &[Value<'_>]) -> bool {
        left.len() == right.len()
            && self.pair(place(left), place(right), true, |inner| {
                left.iter().zip(right).all(|(left, right)| inner.equal(left, right))
            })
    }

    fn order(&mut self, left: &Value<'_>, right: &Value<'_>) -> Ordering {
        match (left, right) {
            (Value::Array(left), Value::Array(right)) => self.order_items(left, right),
            (Value::Set(left), Value::Set(right)) => self.order_items(left.items(), right.items()),
            // Keys in turn and, where those are equal, their values.
            (Value::Object(left), Value::Object(right)) => {
                let (left, right) = (left.entries(), right.entries());
                self.order_parts(left, right, |inner, left, right| match inner.order(&left.0, &right.0) {
                    Ordering::Equal => inner.order(&left.1, &right.1),
                    order => order,
                })
            }
            _ => left.cmp(right),
        }
    }

    fn order_items(&mut self, left: &[Value<'_>], right: &[Value<'_>]) -> Ordering {
        self.order_parts(left, right, |inner, left, right| inner.order(left, right))
    }

    /// Parts in turn; where all are equal the shorter collection comes first.
    fn order_parts<T>(
        &mut self,
        left: &[T],
        right: &[T],
        mut order: impl FnMut(&mut Self, &T, &T) -> Ordering,
    ) -> Ordering {
        let parts = self.pair(place(left), place(right), Ordering::Equal, |inner| {
            for (left, right) in left.iter().zip(right) {
                let order = order(inner, left, right);
                if order.is_ne() {
                    return order;
                }
            }
            Ordering::Equal
        });
        parts.then(left.len().cmp(&right.len()))
    }

    /// Compares the parts of two collections, unless they are the same ones or are known to be equal.
    #[inline]
    fn pair<T: PartialEq>(&mut self, left: Place, right: Place, same: T, work: impl FnOnce(&mut Self) -> T) -> T {
        let is_long = self.pairs >= PLAIN;
        if left == right || (is_long && self.same.contains(&(left, right))) {
            return same;
        }
        self.pairs = self.pairs.saturating_add(1);
        self.depth += 1;
        let result = if self.depth.is_multiple_of(LEVELS) {
            stacker::maybe_grow(STACK_LEFT, STACK_SEGMENT, || work(self))
        } else {
            work(self)
        };
        self.depth -= 1;
        // Orders of collections of different lengths are not remembered: their parts being equal is not all.
        if is_long && result == same && left.1 == right.1 {
            self.same.insert((left, right));
        }
        result
    }
}

fn place<T>(parts: &[T]) -> Place {
    (parts.as_ptr().addr(), parts.len())
}

fn items<'v>(value: &Value<'v>) -> &'v [Value<'v>] {
    match value {
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        _ => &[],
    }
}

/// How much of a value a hash still looks at.
pub(super) struct Budget {
    parts: u32,
    levels: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { parts: HASHED, levels: HASHED_LEVELS }
    }
}

impl Budget {
    /// Hashes the parts of a collection after its kind and length, as far as the budget goes.
    pub(super) fn hash(&mut self, value: &Value<'_>, state: &mut impl Hasher) {
        let Some(len) = value.len() else { return value.hash(state) };
        state.write_u8(value.kind() as u8);
        state.write_usize(len);
        if self.levels == 0 {
            return;
        }
        self.levels -= 1;
        let mut part = |part: &Value<'_>| {
            let is_left = self.parts > 0;
            if is_left {
                self.parts -= 1;
                self.hash(part, state);
            }
            is_left
        };
        match value {
            Value::Object(object) => object.entries().iter().all(|(key, value)| part(key) && part(value)),
            _ => items(value).iter().all(part),
        };
        self.levels += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bump, Object, Set, Value};

    /// A value put into the next one twice over.
    fn doubled<'a>(arena: &'a Bump, levels: usize, last: i64) -> Value<'a> {
        let mut value = Value::Int(last);
        for level in 0..levels {
            value = match level % 3 {
                0 => Value::new_array(arena, &[value, value]),
                1 => Value::new_object(arena, &[(Value::Int(0), value), (Value::Int(1), value)]),
                _ => Value::new_set(arena, &[value, Value::new_array(arena, &[value])]),
            };
        }
        value
    }

    #[test]
    fn collections_are_ordered_by_what_differs_first() {
        let arena = Bump::new();
        let text = |text: &'static str| Value::string(text);
        let object = |entries: &[(Value<'static>, Value<'static>)]| Value::new_object(&arena, entries);
        let sorted = [
            Value::Array(&[]),
            Value::new_array(&arena, &[Value::Int(7)]),
            Value::new_array(&arena, &[text("a")]),
            Value::new_array(&arena, &[text("a"), text("a")]),
            Value::new_array(&arena, &[text("b")]),
            Value::new_array(&arena, &[Value::Array(&[])]),
            object(&[]),
            object(&[(Value::Int(1), text("z"))]),
            object(&[(text("a"), Value::Int(9))]),
            object(&[(text("a"), text("a"))]),
            object(&[(text("a"), text("a")), (text("b"), text("a"))]),
            object(&[(text("a"), text("a")), (text("b"), text("b"))]),
            object(&[(text("a"), text("b"))]),
            object(&[(text("b"), text("a"))]),
            Value::new_set(&arena, &[text("a")]),
        ];
        for (at, left) in sorted.iter().enumerate() {
            for (other, right) in sorted.iter().enumerate() {
                assert_eq!(left.cmp(right), at.cmp(&other), "{left} {right}");
            }
        }
    }

    #[test]
    fn shared_parts_are_compared_once() {
        let arena = Bump::new();
        let (left, right) = (doubled(&arena, 300, 1), doubled(&arena, 300, 1));
        let other = doubled(&arena, 300, 2);
        assert!(left == right && left.cmp(&right).is_eq());
        assert!(left != other && left < other && other > right);
        assert_eq!(left.hash_code(), right.hash_code());
    }

    #[test]
    fn depth_does_not_exhaust_the_stack() {
        let arena = Bump::new();
        let deep = |last| (0..200_000).fold(Value::Int(last), |value, _| Value::new_array(&arena, &[value]));
        let (left, right) = (deep(1), deep(1));
        assert!(left == right && left.cmp(&right).is_eq() && left < deep(2));
        assert_eq!(left.hash_code(), right.hash_code());
    }

    #[test]
    fn lengths_and_kinds_count() {
        let arena = Bump::new();
        let one = [Value::Int(1)];
        let two = [Value::Int(1), Value::Int(2)];
        let (short, long) = (Value::Array(&one), Value::Array(&two));
        assert!(short < long && short != long);
        let set = Value::Set(Set::from_sorted(&two));
        assert!(long < set && long != set);
        let entries = [(Value::Int(1), Value::Int(2))];
        let object = Value::Object(Object::from_sorted(&arena, &entries));
        assert!(long < object && object < set && object != set);
    }
}
