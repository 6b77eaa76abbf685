//! Loops over the elements of a collection that have a value at a path.
//!
//! The first time such elements are looked for, the collection is walked. From the second time on an index of it has
//! them, so that a loop in a loop (`some team in teams; some s in services; s.team == team`) takes time that grows
//! with the sum of both, not with their product.

use super::Machine;
use super::elements::{Element, element, is_member};
use super::error::Result;
use super::part::{Part, Step, Steps, with_part};
use super::run::{indexed, is_same, path};
use crate::code::{Key, Op, Unit};
use crate::value::{Bump, Entry, Object, Set, Symbol, Value, same_text, sketch};

/// Smaller collections are walked each time.
const LARGE: usize = 16;

/// Whether a collection is so small that it never has an index, or is none.
#[inline]
pub(super) fn walked_each_time(collection: &Value<'_>) -> bool {
    match collection {
        Value::Array(items) => items.len() < LARGE,
        Value::Object(object) => object.len() < LARGE,
        Value::Set(_) => false,
        _ => true,
    }
}

/// Places for what is known of collections, a power of two. A later one takes the place of an earlier one.
const PLACES: usize = 64;

/// The most steps that a search in an index may take. Keys that collide more, which only a hostile input has, leave
/// the collection without one.
const LONGEST_PROBE: usize = 24;

/// Indexes of collections.
#[derive(Default)]
pub(super) struct Indexes<'a> {
    places: &'a mut [Place<'a>],
}

/// What is known of a collection and a path, which are told by where in memory they are.
#[derive(Clone, Copy)]
struct Place<'a> {
    collection: (usize, usize),
    path: (usize, usize),
    state: State<'a>,
}

#[derive(Clone, Copy)]
enum State<'a> {
    /// Nothing.
    Free,
    /// It was walked once.
    Walked,
    /// It cannot have an index.
    Unfit,
    /// It has one.
    Indexed(&'a Index<'a>),
}

/// When an index is made.
#[derive(Clone, Copy)]
enum Wanted {
    /// When it is asked for a second time: the first time it costs more than to walk.
    Again,
    /// The first time.
    Now,
}

/// The elements of a collection by what they have at a path.
struct Index<'a> {
    /// Open-addressed table of numbers of groups, plus 1.
    table: &'a [u32],
    groups: bumpalo::collections::Vec<'a, Group<'a>>,
    /// Positions of elements, group by group, in order.
    positions: &'a [u32],
    /// The elements there.
    elements: &'a [Value<'a>],
}

/// Elements with an equal value: a part of the positions.
#[derive(Clone, Copy)]
struct Group<'a> {
    value: Value<'a>,
    start: u32,
    count: u32,
}

impl<'a> Machine<'a, '_> {
    /// Where to look for the elements that have `equal` at a path, in the order of `collection`.
    /// With `keys` its elements have the same keys, too. (Not for collections that are [`walked_each_time`].)
    pub(super) fn among(
        &mut self,
        collection: Value<'a>,
        path: &'a [Key],
        equal: &Value<'a>,
        keys: bool,
    ) -> Result<Among<'a>> {
        if let Value::Set(set) = &collection
            && path.is_empty()
        {
            let found = set.find(equal).map_or(Set::EMPTY, |item| Set::from_sorted(std::slice::from_ref(item)));
            return Ok(Among::found(Value::Set(found)));
        }
        let Some(index) = self.index(&collection, path, Wanted::Again)? else { return Ok(Among::all(collection)) };
        let group = index.group(equal);
        if keys {
            self.making(group.map_or(0, |group| group.count as usize))?;
        }
        Ok(index.find(self.arena, &collection, group, keys))
    }

    /// An index of a collection's elements by what they have at a path, if it can have one and it is worth while.
    fn index(&mut self, collection: &Value<'a>, path: &'a [Key], wanted: Wanted) -> Result<Option<&'a Index<'a>>> {
        let Some(identity) = identity(collection).filter(|(_, count)| *count >= LARGE) else { return Ok(None) };
        let path_identity = (path.as_ptr().addr(), path.len());
        let arena = self.arena;
        let indexes = &mut self.extras().indexes;
        if indexes.places.is_empty() {
            let free = Place { collection: (0, 0), path: (0, 0), state: State::Free };
            indexes.places = arena.alloc_slice_fill_copy(PLACES, free);
        }
        let at = place_for(identity.0, path_identity.0);
        let known = indexes.places.get(at);
        let known = known.filter(|place| place.collection == identity && place.path == path_identity);
        let (index, state) = match (known.map_or(State::Free, |place| place.state), wanted) {
            (State::Indexed(index), _) => return Ok(Some(index)),
            (State::Unfit, _) => return Ok(None),
            (State::Free, Wanted::Again) => (None, State::Walked),
            (State::Walked, _) | (State::Free, Wanted::Now) => {
                self.ticks(identity.1)?;
                let index = Index::build(self.arena, collection, identity.1, path);
                let index = index.map(|index| &*self.arena.alloc(index));
                (index, index.map_or(State::Unfit, State::Indexed))
            }
        };
        if let Some(place) = self.extras().indexes.places.get_mut(at) {
            *place = Place { collection: identity, path: path_identity, state };
        }
        Ok(index)
    }

    /// Adds what is at a path in the elements of a collection to the collection that is being built, each value once if
    /// there are few, or an index of them can be made, which is kept.
    #[inline(never)]
    pub(super) fn push_groups(&mut self, collection: &Value<'a>, path: &'a [Key]) -> Result<()> {
        if collection.len().is_some_and(|count| count < LARGE) {
            return with_part!(path, |part| self.push_distinct(collection, &part));
        }
        let Some(index) = self.index(collection, path, Wanted::Now)? else { return self.push_parts(collection, path) };
        self.making(index.groups.len())?;
        index.groups.iter().try_for_each(|group| self.push(group.value))
    }

    /// The next element of a collection, from the position in register `iterator` on, that has a value at a path.
    #[inline]
    pub(super) fn next_equal(
        &mut self,
        registers: &mut [Value<'a>],
        iterator: u16,
        collection: u16,
        path: &[Key],
        equal: u16,
    ) -> Result<Option<Element<'a>>> {
        let register = |number: u16| registers.get(usize::from(number));
        let (Some(Value::Int(start)), Some(collection), Some(equal)) =
            (register(iterator), register(collection), register(equal))
        else {
            // Nor does a loop through it end without counting steps.
            self.tick()?;
            return Ok(None);
        };
        let start = *start;
        // Elements that were found by an index are counted down from `FOUND`, and have the value.
        let (found, next, steps) = if start < 0 {
            (element(collection, FOUND.wrapping_sub(start) as usize), start.wrapping_sub(1), 1)
        } else {
            let start = start as usize;
            let at = start + until_equal(collection, start, path, equal);
            (element(collection, at), (at as i64).saturating_add(1), at - start + 1)
        };
        if let Some(position) = registers.get_mut(usize::from(iterator)) {
            *position = Value::Int(next);
        }
        self.ticks(steps)?;
        Ok(found)
    }

    /// The same for an element that has another value at another path, too.
    #[inline(never)]
    pub(super) fn next_equal_both(
        &mut self,
        unit: &Unit,
        registers: &mut [Value<'a>],
        op: &Op,
    ) -> Result<Option<&'a Value<'a>>> {
        let Op::NextEqualBoth { iterator, collection, path: first, equal, second, other, .. } = *op else {
            return Ok(None);
        };
        let (path, second) = (path(unit, first.path()), path(unit, second.path()));
        let register = |number: u16| registers.get(usize::from(number));
        let (Some(Value::Int(start)), Some(collection), Some(equal), Some(other)) =
            (register(iterator.0), register(collection.0), register(equal.0), register(other.0))
        else {
            self.tick()?;
            return Ok(None);
        };
        let start = *start;
        // Elements that were found by an index have the first value.
        let (at, next, steps) = if start < 0 {
            let first = FOUND.wrapping_sub(start) as usize;
            let at = first + until_equal(collection, first, second, other);
            (at, FOUND.saturating_sub_unsigned(at as u64).saturating_sub(1), at - first + 1)
        } else {
            let first = start as usize;
            let at = first + until_both(collection, first, (path, equal), (second, other));
            (at, (at as i64).saturating_add(1), at - first + 1)
        };
        let found = value_at(collection, at);
        if let Some(position) = registers.get_mut(usize::from(iterator.0)) {
            *position = Value::Int(next);
        }
        self.ticks(steps)?;
        Ok(found)
    }

    /// The next element of a collection, from the position in register `iterator` on, that is a member of another one.
    #[inline(never)]
    pub(super) fn next_member(
        &mut self,
        registers: &mut [Value<'a>],
        iterator: u16,
        collection: u16,
        others: Value<'a>,
    ) -> Result<Option<Value<'a>>> {
        let register = |number: u16| registers.get(usize::from(number));
        let (Some(Value::Int(start)), Some(collection)) = (register(iterator), register(collection)) else {
            self.tick()?;
            return Ok(None);
        };
        let mut at = *start as usize;
        // Of a set it is told at once whether something is in it, other collections are walked.
        let walked = if matches!(others, Value::Set(_)) { 0 } else { others.len().unwrap_or_default() };
        let (most, steps) = (MOST_COMPARED / (walked + 1) + 1, 1 + walked / COMPARED_PER_STEP);
        loop {
            let passed = until_member(collection, at, most, &others);
            at += passed;
            self.ticks(passed.saturating_mul(steps))?;
            if passed < most {
                break;
            }
        }
        self.tick()?;
        let found = value_at(collection, at).copied();
        if let Some(position) = registers.get_mut(usize::from(iterator)) {
            *position = Value::from_usize(at + usize::from(found.is_some()));
        }
        Ok(found)
    }

    /// Adds a part of each element of a small collection, a text only once.
    #[inline(always)]
    fn push_distinct(&mut self, collection: &Value<'a>, part: &impl Part) -> Result<()> {
        let mark = self.scratch.len();
        let mut sketches = 0u64;
        for found in Values::new(collection, 0).filter_map(|value| part.of(value)) {
            if let Value::String { symbol, text } = found {
                let bit = 1 << sketch(text);
                let known = if sketches & bit == 0 { &[] } else { self.scratch.get(mark..).unwrap_or_default() };
                if known.iter().any(|other| is_text(other, *symbol, text)) {
                    continue;
                }
                sketches |= bit;
            }
            self.push(*found)?;
        }
        self.ticks(collection.len().unwrap_or_default() + 1)
    }

    /// Adds what is at a path in each element of a collection to the collection that is being built.
    pub(super) fn push_parts(&mut self, collection: &Value<'a>, path: &[Key]) -> Result<()> {
        with_part!(path, |part| self.push_each(collection, 0, |value| part.of(value)))
    }

    /// Adds what is at a path in each element of a collection, from the position that an iterator starts with, that has
    /// a value at another path.
    pub(super) fn push_equal_parts(
        &mut self,
        collection: &Value<'a>,
        start: &Value<'a>,
        (filter, equal): (&[Key], &Value<'a>),
        path: &[Key],
    ) -> Result<()> {
        let Value::Int(start) = *start else { return Ok(()) };
        if start < 0 {
            let first = FOUND.wrapping_sub(start) as usize;
            return with_part!(path, |part| self.push_each(collection, first, |value| part.of(value)));
        }
        let first = start as usize;
        with_part!(filter, |tested| with_part!(path, |part| {
            let has_value = |value| tested.of(value).is_some_and(|found| is_equal(found, equal));
            self.push_each(collection, first, |value| if has_value(value) { part.of(value) } else { None })
        }))
    }

    /// Adds what is chosen of each element of a collection, from a position on.
    #[inline(always)]
    fn push_each<'v>(
        &mut self,
        collection: &Value<'a>,
        first: usize,
        choose: impl Fn(&'a Value<'a>) -> Option<&'v Value<'a>>,
    ) -> Result<()>
    where
        'a: 'v,
    {
        for value in Values::new(collection, first) {
            if let Some(part) = choose(value) {
                self.push(*part)?;
            }
        }
        self.ticks(collection.len().unwrap_or_default().saturating_sub(first) + 1)
    }

    /// Adds what is at each element of a collection in a value.
    #[inline(never)]
    pub(super) fn push_found(&mut self, collection: &Value<'a>, from: &Value<'a>) -> Result<()> {
        if let Value::Object(object) = from
            && object.unread().is_some()
        {
            for key in Values::new(collection, 0) {
                if let Some(found) = self.unread(*object, key)? {
                    self.push(found)?;
                }
            }
            return self.ticks(collection.len().unwrap_or_default() + 1);
        }
        self.push_each(collection, 0, |key| indexed(from, key))
    }

    /// Adds the keys of a collection whose values are not `false`.
    pub(super) fn push_keys(&mut self, collection: &Value<'a>) -> Result<()> {
        let mut at = 0;
        while let Some(found) = element(collection, at) {
            match found {
                Element::Item(index, value) if value.is_truthy() => self.push(Value::Int(index))?,
                Element::Entry(key, value) if value.is_truthy() => self.push(*key)?,
                _ => {}
            }
            at += 1;
        }
        self.ticks(at + 1)
    }
}

/// Where to look for elements.
pub(super) struct Among<'a> {
    pub(super) elements: Value<'a>,
    /// Whether all of them have the value.
    is_found: bool,
}

/// Where an iterator starts that counts down.
const FOUND: i64 = -1;

impl<'a> Among<'a> {
    fn all(elements: Value<'a>) -> Self {
        Among { elements, is_found: false }
    }

    fn found(elements: Value<'a>) -> Self {
        Among { elements, is_found: true }
    }

    /// What an iterator over them starts with.
    pub(super) fn start(&self) -> Value<'a> {
        Value::Int(if self.is_found { FOUND } else { 0 })
    }
}

/// The place for what is known of a collection and a path.
fn place_for(collection: usize, path: usize) -> usize {
    let mixed = (collection as u64 ^ (path as u64).rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize & (PLACES - 1)
}

/// Where a collection is in memory, and how many elements it has.
fn identity(collection: &Value<'_>) -> Option<(usize, usize)> {
    match collection {
        Value::Array(items) => Some((items.as_ptr().addr(), items.len())),
        Value::Object(object) => Some((object.entries().as_ptr().addr(), object.len())),
        Value::Set(set) => Some((set.items().as_ptr().addr(), set.len())),
        _ => None,
    }
}

impl<'a> Index<'a> {
    fn build(arena: &'a Bump, collection: &Value<'a>, count: usize, path: &[Key]) -> Option<Index<'a>> {
        with_part!(path, |part| Index::build_by(arena, collection, count, &part))
    }

    fn build_by(arena: &'a Bump, collection: &Value<'a>, count: usize, part: &impl Part) -> Option<Index<'a>> {
        let size = count.checked_mul(2)?.next_power_of_two();
        let table = arena.alloc_slice_fill_copy(size, 0u32);
        let mut groups: bumpalo::collections::Vec<'a, Group<'a>> = bumpalo::collections::Vec::new_in(arena);
        // The group of each element, plus 1.
        let group_of = arena.alloc_slice_fill_copy(count, 0u32);
        for (value, of) in Values::new(collection, 0).zip(group_of.iter_mut()) {
            let Some(found) = part.of(value) else { continue };
            let slot = table.get_mut(place_of(table, &groups, found)?)?;
            if *slot == 0 {
                groups.push(Group { value: *found, start: 0, count: 0 });
                *slot = u32::try_from(groups.len()).ok()?;
            }
            *of = *slot;
            groups.get_mut(*slot as usize - 1)?.count += 1;
        }
        let mut total = 0;
        for group in &mut groups {
            group.start = total;
            total += group.count;
            group.count = 0;
        }
        let positions = arena.alloc_slice_fill_copy(total as usize, 0u32);
        let elements = arena.alloc_slice_fill_copy(total as usize, Value::Null);
        for ((value, of), at) in Values::new(collection, 0).zip(group_of.iter()).zip(0..) {
            let Some(group) = (*of as usize).checked_sub(1).and_then(|group| groups.get_mut(group)) else { continue };
            let place = (group.start + group.count) as usize;
            group.count += 1;
            *positions.get_mut(place)? = at;
            *elements.get_mut(place)? = *value;
        }
        Some(Index { table, groups, positions, elements })
    }

    /// The elements that have a value.
    fn group(&self, value: &Value<'a>) -> Option<Group<'a>> {
        let slot = place_of(self.table, &self.groups, value)?;
        self.groups.get((*self.table.get(slot)? as usize).checked_sub(1)?).copied()
    }

    /// The elements of a group, with the keys they have in `collection` if they are asked for.
    fn find(&self, arena: &'a Bump, collection: &Value<'a>, group: Option<Group<'a>>, keys: bool) -> Among<'a> {
        let Some(group) = group else { return Among::found(Value::Array(&[])) };
        let range = group.start as usize..(group.start + group.count) as usize;
        if !keys {
            return Among::found(Value::Array(self.elements.get(range).unwrap_or_default()));
        }
        let positions = self.positions.get(range).unwrap_or_default();
        let entries = positions.iter().filter_map(|at| collection.nth(*at as usize));
        let entries: bumpalo::collections::Vec<'a, Entry<'a>> = bumpalo::collections::Vec::from_iter_in(entries, arena);
        Among::found(Value::Object(Object::from_sorted(arena, entries.into_bump_slice())))
    }
}

/// Where in a table a value's group is or would be; nothing if it is too far from where it should be.
#[inline(always)]
fn place_of(table: &[u32], groups: &[Group<'_>], value: &Value<'_>) -> Option<usize> {
    let mask = table.len().checked_sub(1)?;
    let mut slot = value.hash_code() as usize & mask;
    for _ in 0..LONGEST_PROBE {
        match (*table.get(slot)? as usize).checked_sub(1) {
            None => return Some(slot),
            Some(group) if is_equal(&groups.get(group)?.value, value) => return Some(slot),
            Some(_) => slot = (slot + 1) & mask,
        }
    }
    None
}

/// The values of a collection's elements, one after the other. (One loop for all collections: what a loop does then
/// stands in it once, and need not be called.)
pub(super) struct Values<'a> {
    items: std::slice::Iter<'a, Value<'a>>,
    entries: std::slice::Iter<'a, Entry<'a>>,
}

impl<'a> Values<'a> {
    #[inline(always)]
    pub(super) fn new(collection: &Value<'a>, first: usize) -> Self {
        let (items, entries): (&'a [Value<'a>], &'a [Entry<'a>]) = match collection {
            Value::Array(items) => (items, &[]),
            Value::Set(set) => (set.items(), &[]),
            Value::Object(object) => (&[], object.entries()),
            _ => (&[], &[]),
        };
        let (items, entries) = (items.get(first..).unwrap_or_default(), entries.get(first..).unwrap_or_default());
        Values { items: items.iter(), entries: entries.iter() }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a Value<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a Value<'a>> {
        match self.items.next() {
            Some(item) => Some(item),
            None => self.entries.next().map(|(_, value)| value),
        }
    }
}

/// How many of the next `most` elements of a collection, from a position on, stand before the first that is wanted.
#[inline(always)]
fn until<'a>(collection: &Value<'a>, first: usize, most: usize, is_wanted: impl Fn(&'a Value<'a>) -> bool) -> usize {
    let mut count = 0;
    for value in Values::new(collection, first).take(most) {
        if is_wanted(value) {
            break;
        }
        count += 1;
    }
    count
}

/// How many stand before the first that has a value at a path.
#[inline(always)]
fn until_equal<'a>(collection: &Value<'a>, first: usize, path: &[Key], equal: &Value<'_>) -> usize {
    // Mostly it is one step, in an array, or the element itself.
    let items = match collection {
        Value::Array(items) => items.get(first..).unwrap_or_default(),
        Value::Object(object) => return until_equal_entry(object.entries(), first, path, equal),
        Value::Set(_) => return until_equal_anywhere(collection, first, path, equal),
        _ => return 0,
    };
    match (Step::new(path), equal) {
        (Some(part), Value::String { symbol, text }) => {
            before(items, |item| part.of(item).is_some_and(|found| is_text(found, *symbol, text)))
        }
        (Some(part), equal) => before(items, |item| part.of(item).is_some_and(|found| is_same(found, equal))),
        (None, equal) if path.is_empty() => before(items, |item| is_same(item, equal)),
        _ => until_equal_anywhere(collection, first, path, equal),
    }
}

/// How many items stand before the first that is wanted.
#[inline(always)]
fn before<'a>(items: &'a [Value<'a>], is_wanted: impl Fn(&'a Value<'a>) -> bool) -> usize {
    let mut count = 0;
    for item in items {
        if is_wanted(item) {
            break;
        }
        count += 1;
    }
    count
}

/// Equality with one value of many others, most of which have other lengths if it is a text.
#[inline(always)]
fn is_equal(value: &Value<'_>, wanted: &Value<'_>) -> bool {
    match wanted {
        Value::String { symbol, text } => is_text(value, *symbol, text),
        wanted => is_same(value, wanted),
    }
}

/// Equality with a text, where most values are other ones of other lengths.
#[inline(always)]
fn is_text(value: &Value<'_>, symbol: Symbol, text: &str) -> bool {
    match value {
        Value::String { symbol: other_symbol, text: other } => {
            other.len() == text.len() && symbol.same(*other_symbol).unwrap_or_else(|| same_text(text, other))
        }
        _ => false,
    }
}

/// The same among the entries of an object.
#[inline(never)]
fn until_equal_entry<'a>(entries: &'a [Entry<'a>], first: usize, path: &[Key], equal: &Value<'_>) -> usize {
    let entries = entries.get(first..).unwrap_or_default();
    match (Step::new(path), equal) {
        (Some(part), Value::String { symbol, text }) => {
            before_entry(entries, |value| part.of(value).is_some_and(|found| is_text(found, *symbol, text)))
        }
        _ => with_part!(path, |part| {
            before_entry(entries, |value| part.of(value).is_some_and(|found| is_same(found, equal)))
        }),
    }
}

/// How many entries stand before the first whose value is wanted.
#[inline(always)]
fn before_entry<'a>(entries: &'a [Entry<'a>], is_wanted: impl Fn(&'a Value<'a>) -> bool) -> usize {
    entries.iter().take_while(|(_, value)| !is_wanted(value)).count()
}

#[inline(never)]
fn until_equal_anywhere<'a>(collection: &Value<'a>, first: usize, path: &[Key], equal: &Value<'_>) -> usize {
    with_part!(path, |part| {
        until(collection, first, usize::MAX, |value| part.of(value).is_some_and(|found| is_same(found, equal)))
    })
}

/// How many stand before the first that has a value at one path, and another at another.
#[inline(always)]
fn until_both<'a>(
    collection: &Value<'a>,
    first: usize,
    (path, equal): (&[Key], &Value<'_>),
    (second, other): (&[Key], &Value<'_>),
) -> usize {
    let is_found = |found: Option<&Value<'_>>, wanted: &Value<'_>| found.is_some_and(|found| is_same(found, wanted));
    if let (Value::Array(items), Some(part), Some(second)) = (collection, Step::new(path), Step::new(second)) {
        let items = items.get(first..).unwrap_or_default();
        return match equal {
            Value::String { symbol, text } => before(items, |item| {
                part.of(item).is_some_and(|found| is_text(found, *symbol, text)) && is_found(second.of(item), other)
            }),
            equal => before(items, |item| is_found(part.of(item), equal) && is_found(second.of(item), other)),
        };
    }
    let (part, second) = (Steps::new(path), Steps::new(second));
    until(collection, first, usize::MAX, |value| is_found(part.of(value), equal) && is_found(second.of(value), other))
}

/// Elements that are compared with others before the steps of that are counted, and how many are a step.
const MOST_COMPARED: usize = 1 << 16;
const COMPARED_PER_STEP: usize = 256;

/// How many of the next `most` stand before the first that is a member of another collection.
fn until_member(collection: &Value<'_>, first: usize, most: usize, others: &Value<'_>) -> usize {
    match Texts::of(others) {
        Some(texts) => until(collection, first, most, |value| match value {
            Value::String { text, .. } => texts.has(text),
            _ => is_member(value, others),
        }),
        None => until(collection, first, most, |value| is_member(value, others)),
    }
}

/// So many members at most are put side by side.
const FEW: usize = 16;

/// The strings of a small collection, to find out of many others whether they are among these.
struct Texts<'t> {
    texts: [&'t str; FEW],
    count: usize,
    /// A bit for the sketch of each: a text with another one is none of them.
    sketches: u64,
}

impl<'t> Texts<'t> {
    /// Those of a collection, if it is small.
    fn of(collection: &Value<'t>) -> Option<Self> {
        collection.len().filter(|count| *count <= FEW)?;
        let mut found = Texts { texts: [""; FEW], count: 0, sketches: 0 };
        for text in Values::new(collection, 0).filter_map(Value::as_str) {
            *found.texts.get_mut(found.count)? = text;
            found.count += 1;
            found.sketches |= 1 << sketch(text);
        }
        Some(found)
    }

    #[inline]
    fn has(&self, text: &str) -> bool {
        self.sketches >> sketch(text) & 1 != 0
            && self.texts.iter().take(self.count).any(|other| other.len() == text.len() && same_text(other, text))
    }
}

fn value_at<'a>(collection: &Value<'a>, at: usize) -> Option<&'a Value<'a>> {
    match element(collection, at)? {
        Element::Item(_, value) | Element::Entry(_, value) => Some(value),
    }
}
