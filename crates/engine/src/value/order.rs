//! Sorting by texts: an object's items by keys that are strings, the strings of a set, and its objects by one of their values.
//!
//! Texts are compared by words of eight bytes first, which costs less than calls that compare all of them: those of one
//! collection often begin alike.

use super::text::{self, word};
use super::{Entry, Value};

/// Up to this many items, inserting each into its place is the quickest way to sort.
const FEW: usize = 24;

/// So many words of a text are compared before whole texts are.
const WORDS: usize = 8;

/// What has a text by which it is sorted.
pub(super) trait Item: Copy {
    /// The text, of an object that of its field with a number; nothing if there is none.
    fn text(&self, field: usize) -> Option<&str>;
}

/// A string by itself, an object by one of its values.
impl Item for Value<'_> {
    #[inline]
    fn text(&self, field: usize) -> Option<&str> {
        match self {
            Value::String { text, .. } => Some(text),
            Value::Object(object) => object.entries().get(field)?.1.as_str(),
            _ => None,
        }
    }
}

impl Item for Entry<'_> {
    #[inline]
    fn text(&self, _: usize) -> Option<&str> {
        self.0.as_str()
    }
}

/// An item's number, and a word of its text.
#[derive(Clone, Copy, Default)]
pub(super) struct Ordinal {
    word: u64,
    number: u32,
}

/// Sorts items that have texts: says whether each text is there once. Equal ones stay in their order. `ordinals` makes as
/// many as there are items, where they are needed.
#[inline]
pub(super) fn sort<'o>(
    items: &mut [impl Item],
    field: usize,
    ordinals: impl FnOnce(usize) -> &'o mut [Ordinal],
) -> bool {
    match sort_few(items, field) {
        Some(is_unique) => is_unique,
        None => is_sorted(items, field) || sort_many(items, field, ordinals(items.len())),
    }
}

/// Sorts few items: says whether each text is there once. Equal ones stay in their order. `None` if they are many.
#[inline]
fn sort_few(items: &mut [impl Item], field: usize) -> Option<bool> {
    let mut words = [0; FEW];
    if items.len() > FEW {
        return None;
    }
    let mut is_unique = true;
    for end in 0..items.len() {
        let text = key(items.get(end)?, field);
        let first = word(text.as_bytes());
        let mut place = end;
        while let Some(before) = place.checked_sub(1) {
            let other = *words.get(before)?;
            if other < first {
                break;
            }
            if other == first {
                let order = text::order_of_alike(key(items.get(before)?, field), text);
                is_unique &= order.is_ne();
                if order.is_le() {
                    break;
                }
            }
            place = before;
        }
        if place < end {
            let item = *items.get(end)?;
            items.copy_within(place..end, place + 1);
            words.copy_within(place..end, place + 1);
            *items.get_mut(place)? = item;
        }
        *words.get_mut(place)? = first;
    }
    Some(is_unique)
}

/// Whether texts are in order, and each is there once.
fn is_sorted(items: &[impl Item], field: usize) -> bool {
    let is_less = |left, right| text::order(key(left, field), key(right, field)).is_lt();
    items.windows(2).all(|pair| matches!(pair, [left, right] if is_less(left, right)))
}

/// Sorts many items: says whether each text is there once. Equal ones stay in their order.
fn sort_many(items: &mut [impl Item], field: usize, order: &mut [Ordinal]) -> bool {
    order.iter_mut().zip(0..).for_each(|(ordinal, number)| ordinal.number = number);
    let is_unique = refine(items, field, order, common_prefix(items, field), 0);
    arrange(items, order);
    is_unique
}

/// How many bytes all texts begin with.
fn common_prefix(items: &[impl Item], field: usize) -> usize {
    let Some((first, rest)) = items.split_first() else { return 0 };
    let first = bytes(first, field);
    rest.iter().fold(first.len(), |length, item| {
        let common = first.iter().zip(bytes(item, field)).take(length);
        common.take_while(|(left, right)| left == right).count()
    })
}

/// Sorts the numbers of items whose texts have the same first `from` bytes.
fn refine(items: &[impl Item], field: usize, order: &mut [Ordinal], from: usize, words: usize) -> bool {
    let text = |ordinal: &Ordinal| items.get(ordinal.number as usize).map_or(&[][..], |item| bytes(item, field));
    if words == WORDS {
        // Whole texts: those that end before here may differ in zeros.
        order.sort_unstable_by(|left, right| text(left).cmp(text(right)).then(left.number.cmp(&right.number)));
        return order.windows(2).all(|pair| matches!(pair, [left, right] if text(left) != text(right)));
    }
    order.iter_mut().for_each(|ordinal| ordinal.word = word(text(ordinal).get(from..).unwrap_or_default()));
    order.sort_unstable_by_key(|ordinal| ordinal.word);
    let groups = order.chunk_by_mut(|left, right| left.word == right.word).filter(|group| group.len() > 1);
    let mut is_unique = true;
    for group in groups {
        is_unique &= refine(items, field, group, from + size_of::<u64>(), words + 1);
    }
    is_unique
}

/// Puts each item where it belongs, around circles of items that take each other's places.
fn arrange(items: &mut [impl Item], order: &mut [Ordinal]) {
    for start in 0..order.len() {
        let Some(first) = items.get(start).copied() else { return };
        let mut place = start;
        while let Some(from) =
            order.get_mut(place).map(|from| std::mem::replace(&mut from.number, place as u32) as usize)
            && from != place
        {
            let item = if from == start { first } else { items.get(from).copied().unwrap_or(first) };
            if let Some(target) = items.get_mut(place) {
                *target = item;
            }
            if from == start {
                break;
            }
            place = from;
        }
    }
}

#[inline]
fn key(item: &impl Item, field: usize) -> &str {
    item.text(field).unwrap_or_default()
}

#[inline]
fn bytes(item: &impl Item, field: usize) -> &[u8] {
    key(item, field).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys that begin alike, end early, hold zeros, and come twice.
    fn keys(count: usize, seed: u64) -> Vec<String> {
        let mut state = seed;
        let mut next = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let pieces =
            ["", "a", "ab", "\0", "long/prefix/of/many/keys/which/is/longer/than/sixty-four/bytes/", "é", "7654321"];
        (0..count).map(|_| (0..next(4)).map(|_| pieces[next(pieces.len() as u64) as usize]).collect()).collect()
    }

    #[test]
    fn entries_are_sorted_as_texts_are_and_equal_keys_keep_their_order() {
        for seed in 0..300 {
            let count = seed as usize % 60;
            let keys = keys(count, seed);
            let entry = |(at, key): (usize, &'_ String)| (at, key.clone());
            let mut expected: Vec<(usize, String)> = keys.iter().enumerate().map(entry).collect();
            expected.sort_by(|left, right| left.1.cmp(&right.1));
            let is_unique = expected.windows(2).all(|pair| pair[0].1 != pair[1].1);
            let unsorted: Vec<Entry<'_>> =
                keys.iter().enumerate().map(|(at, key)| (Value::string(key), Value::from_usize(at))).collect();
            let check = |entries: &[Entry<'_>], found: bool| {
                let got: Vec<(usize, String)> = entries
                    .iter()
                    .filter_map(|(key, at)| Some((at.as_i64()? as usize, key.as_str()?.to_owned())))
                    .collect();
                assert_eq!(got, expected);
                assert_eq!(found, is_unique);
            };
            let mut entries = unsorted.clone();
            let is_unique = sort_many(&mut entries, 0, &mut vec![Ordinal::default(); count]);
            check(&entries, is_unique);
            let mut entries = unsorted;
            match sort_few(&mut entries, 0) {
                Some(is_unique) => check(&entries, is_unique),
                None => assert!(keys.len() > FEW),
            }
        }
    }
}
