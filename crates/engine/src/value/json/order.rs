//! Sorting an object's entries by their keys, which are strings.
//!
//! Keys are compared by words of eight bytes first, which costs less than calls that compare texts: those of one object
//! often begin alike.

use super::super::Entry;
use super::super::text::word;

/// Up to this many entries, inserting each into its place is the quickest way to sort.
const FEW: usize = 24;

/// So many words of a key are compared before whole texts are.
const WORDS: usize = 8;

/// An entry's number, and a word of its key.
#[derive(Clone, Copy)]
pub(super) struct Ordinal {
    word: u64,
    number: u32,
}

/// Sorts few entries: says whether each key is there once. Equal keys stay in their order. `None` if they are many.
#[inline]
pub(super) fn sort_few(entries: &mut [Entry<'_>]) -> Option<bool> {
    let mut words = [0; FEW];
    if entries.len() > FEW {
        return None;
    }
    let mut is_unique = true;
    for end in 0..entries.len() {
        let entry = *entries.get(end)?;
        let text = key(&entry);
        let first = word(text);
        let mut place = end;
        while let Some(before) = place.checked_sub(1) {
            let other = *words.get(before)?;
            if other < first {
                break;
            }
            if other == first {
                let order = key(entries.get(before)?).cmp(text);
                is_unique &= order.is_ne();
                if order.is_le() {
                    break;
                }
            }
            place = before;
        }
        if place < end {
            entries.copy_within(place..end, place + 1);
            words.copy_within(place..end, place + 1);
            *entries.get_mut(place)? = entry;
        }
        *words.get_mut(place)? = first;
    }
    Some(is_unique)
}

/// Whether keys are in order, and each is there once.
pub(super) fn is_sorted(entries: &[Entry<'_>]) -> bool {
    entries.windows(2).all(|pair| matches!(pair, [left, right] if key(left) < key(right)))
}

/// Sorts many entries, in memory that is kept: says whether each key is there once. Equal keys stay in their order.
pub(super) fn sort_many(entries: &mut [Entry<'_>], order: &mut Vec<Ordinal>) -> bool {
    order.clear();
    order.extend((0..u32::try_from(entries.len()).unwrap_or(u32::MAX)).map(|number| Ordinal { word: 0, number }));
    let is_unique = refine(entries, order, common_prefix(entries), 0);
    arrange(entries, order);
    is_unique
}

/// How many bytes all keys begin with.
fn common_prefix(entries: &[Entry<'_>]) -> usize {
    let Some((first, rest)) = entries.split_first() else { return 0 };
    let first = key(first);
    rest.iter().fold(first.len(), |length, entry| {
        let common = first.iter().zip(key(entry)).take(length);
        common.take_while(|(left, right)| left == right).count()
    })
}

/// Sorts the numbers of entries whose keys have the same first `from` bytes.
fn refine(entries: &[Entry<'_>], order: &mut [Ordinal], from: usize, words: usize) -> bool {
    let text = |ordinal: &Ordinal| entries.get(ordinal.number as usize).map(key).unwrap_or_default();
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
        is_unique &= refine(entries, group, from + size_of::<u64>(), words + 1);
    }
    is_unique
}

/// Puts each entry where it belongs, around circles of entries that take each other's places.
fn arrange(entries: &mut [Entry<'_>], order: &mut [Ordinal]) {
    for start in 0..order.len() {
        let Some(first) = entries.get(start).copied() else { return };
        let mut place = start;
        while let Some(from) =
            order.get_mut(place).map(|from| std::mem::replace(&mut from.number, place as u32) as usize)
            && from != place
        {
            let entry = if from == start { first } else { entries.get(from).copied().unwrap_or(first) };
            if let Some(target) = entries.get_mut(place) {
                *target = entry;
            }
            if from == start {
                break;
            }
            place = from;
        }
    }
}

#[inline]
fn key<'a>(entry: &Entry<'a>) -> &'a [u8] {
    entry.0.as_str().unwrap_or("").as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

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
            let keys = keys(seed as usize % 60, seed);
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
            let is_unique = sort_many(&mut entries, &mut Vec::new());
            check(&entries, is_unique);
            let mut entries = unsorted;
            match sort_few(&mut entries) {
                Some(is_unique) => check(&entries, is_unique),
                None => assert!(keys.len() > FEW),
            }
        }
    }
}
