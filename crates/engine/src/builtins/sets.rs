//! Set algebra: `&`, `|`, `intersection`, `union`.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Bump, Set, Value};
use std::cmp::Ordering;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "and",
        signature: "(x: set[any], y: set[any]) -> z: set[any]",
        doc: "Returns the intersection of two sets; written `x & y`.",
        example: ("{1, 2, 3} & {2, 3, 4}", "[2, 3]"),
        purity: Purity::Pure,
        call: |context, args| {
            let (left, right) = (operand::set(args, 1)?, operand::set(args, 2)?);
            Ok(Value::Set(intersect(context.arena, left, right)))
        },
    },
    Builtin {
        name: "or",
        signature: "(x: set[any], y: set[any]) -> z: set[any]",
        doc: "Returns the union of two sets; written `x | y`.",
        example: ("{1, 2} | {2, 3}", "[1, 2, 3]"),
        purity: Purity::Pure,
        call: |context, args| {
            let (left, right) = (operand::set(args, 1)?, operand::set(args, 2)?);
            Ok(Value::Set(unite(context.arena, left, right)))
        },
    },
    Builtin {
        name: "set_diff",
        signature: "(set[any], set[any]) -> set[any]",
        doc: "Returns the members of `x` that are not in `y`. Deprecated: write `x - y`.",
        example: ("set_diff({1, 2}, {2})", "[1]"),
        purity: Purity::Pure,
        call: |context, args| {
            let (left, right) = (operand::set(args, 1)?, operand::set(args, 2)?);
            Ok(Value::Set(subtract(context.arena, left, right)))
        },
    },
    Builtin {
        name: "intersection",
        signature: "(xs: set[set[any]]) -> y: set[any]",
        doc: "Returns the members that all sets of `xs` have in common.",
        example: ("intersection({{1, 2, 3}, {2, 3}, {3, 2, 4}})", "[2, 3]"),
        purity: Purity::Pure,
        call: intersection,
    },
    Builtin {
        name: "union",
        signature: "(xs: set[set[any]]) -> y: set[any]",
        doc: "Returns the members of all sets of `xs`.",
        example: ("union({{1}, {2, 3}, {3}})", "[1, 2, 3]"),
        purity: Purity::Pure,
        call: union,
    },
];

/// From this ratio of sizes on, members of the small set are looked up in the large one instead of walking both.
const LOOKUP_RATIO: usize = 16;

/// The members both sets have.
pub(super) fn intersect<'a>(arena: &'a Bump, left: Set<'a>, right: Set<'a>) -> Set<'a> {
    let (small, large) = if right.len() < left.len() { (right, left) } else { (left, right) };
    let mut items = bumpalo::collections::Vec::with_capacity_in(small.len(), arena);
    if large.len() / LOOKUP_RATIO > small.len() {
        items.extend(small.items().iter().filter(|item| large.contains(item)));
    } else {
        let mut others = large.items();
        items.extend(small.items().iter().filter(|item| is_next(item, &mut others)));
    }
    Set::from_sorted(items.into_bump_slice())
}

/// The members of either set; of equal ones the left's.
pub(super) fn unite<'a>(arena: &'a Bump, left: Set<'a>, right: Set<'a>) -> Set<'a> {
    if left.is_empty() {
        return right;
    }
    if right.is_empty() {
        return left;
    }
    // Where one has a single member that the other has, too, nothing is to be made. (Of strings there is but one form.)
    match (left.items(), right.items()) {
        (_, [item]) if left.contains(item) => return left,
        ([item @ Value::String { .. }], _) if right.contains(item) => return right,
        _ => {}
    }
    let mut items = bumpalo::collections::Vec::with_capacity_in(left.len() + right.len(), arena);
    let (mut lefts, mut rights) = (left.items().iter().peekable(), right.items().iter().peekable());
    while let (Some(one), Some(other)) = (lefts.peek(), rights.peek()) {
        let order = one.cmp(other);
        let next = if order == Ordering::Greater { rights.next() } else { lefts.next() };
        if order == Ordering::Equal {
            rights.next();
        }
        items.extend(next.copied());
    }
    items.extend(lefts.copied());
    items.extend(rights.copied());
    Set::from_sorted(items.into_bump_slice())
}

/// The members of the left set that the right one does not have.
pub(super) fn subtract<'a>(arena: &'a Bump, left: Set<'a>, right: Set<'a>) -> Set<'a> {
    if left.is_empty() || right.is_empty() {
        return left;
    }
    let mut items = bumpalo::collections::Vec::with_capacity_in(left.len(), arena);
    if right.len() / LOOKUP_RATIO > left.len() {
        items.extend(left.items().iter().filter(|item| !right.contains(item)));
    } else {
        let mut others = right.items();
        items.extend(left.items().iter().filter(|item| !is_next(item, &mut others)));
    }
    Set::from_sorted(items.into_bump_slice())
}

/// Whether an item is among sorted others, of which those before it are dropped.
#[inline]
fn is_next<'a>(item: &Value<'a>, others: &mut &[Value<'a>]) -> bool {
    while let Some((other, rest)) = others.split_first() {
        match other.cmp(item) {
            Ordering::Less => *others = rest,
            order => return order.is_eq(),
        }
    }
    false
}

/// The operand's members, each of which must be a set.
fn members<'a>(args: &[Value<'a>]) -> Result<impl Iterator<Item = Set<'a>> + use<'a>, Failure> {
    let sets = operand::set(args, 1)?.items();
    for item in sets {
        item.as_set().ok_or_else(|| Failure::operand(1, item, &["set"]))?;
    }
    Ok(sets.iter().filter_map(|item| item.as_set()))
}

fn intersection<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let common = members(args)?.reduce(|common, set| intersect(context.arena, common, set));
    Ok(Value::Set(common.unwrap_or(Set::EMPTY)))
}

fn union<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let mut sets = bumpalo::collections::Vec::new_in(context.arena);
    sets.extend(members(args)?);
    // Neighbours are united until one is left, so that each member is moved only as often as the number of sets can be
    // halved.
    while sets.len() > 1 {
        let half = sets.len().div_ceil(2);
        for at in 0..half {
            let pair = (sets.get(at * 2).copied(), sets.get(at * 2 + 1).copied());
            let united = match pair {
                (Some(left), Some(right)) => unite(context.arena, left, right),
                (left, right) => left.or(right).unwrap_or(Set::EMPTY),
            };
            if let Some(place) = sets.get_mut(at) {
                *place = united;
            }
        }
        sets.truncate(half);
    }
    Ok(Value::Set(sets.first().copied().unwrap_or(Set::EMPTY)))
}
