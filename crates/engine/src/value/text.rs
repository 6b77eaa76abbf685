//! Texts by words of eight bytes.
//!
//! Names in documents are short. For those it costs more to call for a comparison or a hash of bytes than to look at one
//! or two words.

use super::Seeds;
use std::cmp::Ordering;

/// The first eight bytes, which compare as the texts do where they differ; a shorter text ends in zeros.
#[inline]
pub(super) fn word(text: &[u8]) -> u64 {
    if let Some(bytes) = text.first_chunk() {
        return u64::from_be_bytes(*bytes);
    }
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            let missing = u64::BITS - 8 * text.len() as u32;
            let end = u64::from(u32::from_be_bytes(*last)) << missing;
            u64::from(u32::from_be_bytes(*first)) << 32 | end & u64::from(u32::MAX)
        }
        _ => match text {
            [first] => u64::from(*first) << 56,
            [first, second] => u64::from(u16::from_be_bytes([*first, *second])) << 48,
            [first, second, third] => u64::from(u32::from_be_bytes([*first, *second, *third, 0])) << 32,
            _ => 0,
        },
    }
}

/// Whether a text is ASCII without control characters (but perhaps DEL) and without these special characters.
#[inline]
pub(super) fn is_plain<const N: usize>(text: &str, special: [u8; N]) -> bool {
    let (words, rest) = text.as_bytes().as_chunks();
    // Spaces in place of what is missing.
    let last = word(rest) | SPACES.checked_shr(8 * rest.len() as u32).unwrap_or(0);
    words.iter().all(|bytes| is_plain_word(u64::from_le_bytes(*bytes), special)) && is_plain_word(last, special)
}

const ONES: u64 = u64::MAX / 0xff;
const SPACES: u64 = ONES * b' ' as u64;

#[inline(always)]
fn is_plain_word<const N: usize>(word: u64, special: [u8; N]) -> bool {
    // Where the highest bit of some byte is set, that byte is one, or stands behind one.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let found = special.iter().fold(word | word.wrapping_sub(SPACES), |found, byte| {
        found | zeros(word ^ ONES.wrapping_mul(u64::from(*byte)))
    });
    found & (ONES << 7) == 0
}

/// The order of two texts, byte by byte.
#[inline]
pub(super) fn order(left: &str, right: &str) -> Ordering {
    word(left.as_bytes()).cmp(&word(right.as_bytes())).then_with(|| order_of_alike(left, right))
}

/// The order of two texts whose [`word`]s are equal.
#[inline]
pub(super) fn order_of_alike(left: &str, right: &str) -> Ordering {
    match left.len().max(right.len()) {
        // What one has more are zeros.
        ..=8 => left.len().cmp(&right.len()),
        _ => left.cmp(right),
    }
}

/// Whether two texts are equal.
#[inline]
pub(crate) fn same(left: &str, right: &str) -> bool {
    same_bytes(left.as_bytes(), right.as_bytes())
}

/// The same of what texts are written in.
#[inline]
pub(super) fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    match (left.first_chunk::<8>(), left.last_chunk::<8>(), right.first_chunk::<8>(), right.last_chunk::<8>()) {
        (Some(left_start), Some(left_end), Some(start), Some(end)) => {
            left_end == end
                && left_start == start
                // Texts of what is kept are there once.
                && (left.len() <= 16 || std::ptr::eq(left, right) || left == right)
        }
        _ => match (left.first_chunk::<4>(), left.last_chunk::<4>(), right.first_chunk::<4>(), right.last_chunk::<4>())
        {
            (Some(left_start), Some(left_end), Some(start), Some(end)) => left_start == start && left_end == end,
            _ => left.iter().eq(right),
        },
    }
}

/// A number below 64 in which equal texts agree, and others seldom: of the length and the last bytes, in which names
/// that are alike mostly differ.
#[inline]
pub(crate) fn sketch(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let end = match bytes.last_chunk() {
        Some(end) => {
            let [first, last] = halves(end);
            first ^ last.rotate_left(29)
        }
        None => word(bytes),
    };
    ((end ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as u32
}

/// A hash of a text. What it begins with is not known beforehand: whoever knew it could make a text end in bytes that
/// take everything before them out of the product, and so as many texts as he likes with one hash.
#[inline]
pub(super) fn hash(text: &str) -> u64 {
    hash_bytes(text.as_bytes())
}

/// The same of what a text is written in.
#[inline]
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    hash_from(Seeds::get().text, bytes)
}

#[inline]
fn hash_from([start, chunks, end]: [u64; 3], mut rest: &[u8]) -> u64 {
    let mut state = start ^ rest.len() as u64;
    while rest.len() > 16
        && let Some((chunk, more)) = rest.split_first_chunk::<16>()
    {
        let [first, last] = halves(chunk);
        state = folded(first ^ state, last ^ chunks);
        rest = more;
    }
    let [first, last] = match (rest.first_chunk::<8>(), rest.last_chunk::<8>()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => [word(rest), 0],
    };
    // Once more: what a few bytes differ in may come to no more than a few bits, if the seed is an unlucky one.
    folded(folded(first ^ state, last ^ end), chunks)
}

#[inline]
fn halves(chunk: &[u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(*chunk);
    [both as u64, (both >> 64) as u64]
}

/// Every bit of the result depends on every bit of both.
#[inline]
fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Seeds like others, so that a test says the same each time.
    const KNOWN: [u64; 3] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0];

    /// Texts of every length up to 40 that differ in one byte.
    fn texts() -> Vec<String> {
        let mut texts = Vec::new();
        for length in 0..40 {
            let base = "abcdefghij".repeat(4)[..length].to_owned();
            for at in 0..length {
                texts.push(base.chars().enumerate().map(|(place, one)| if place == at { '\0' } else { one }).collect());
            }
            texts.push(base);
        }
        texts
    }

    #[test]
    fn plain_texts_have_no_special_character_anywhere() {
        let special = *b"\"\\\x7f";
        for length in 0..20 {
            let text = "~".repeat(length);
            assert!(is_plain(&text, special), "{length}");
            for (at, byte) in (0..length).flat_map(|at| (0..0x80).map(move |byte: u8| (at, byte))) {
                let mut text = text.clone();
                text.replace_range(at..=at, char::from(byte).encode_utf8(&mut [0; 4]));
                assert_eq!(is_plain(&text, special), byte >= b' ' && !special.contains(&byte), "{text:?}");
            }
            assert!(!is_plain(&format!("{text}ñ"), special), "{length}");
        }
    }

    #[test]
    fn words_compare_as_texts_and_equality_is_that_of_texts() {
        let texts = texts();
        for left in &texts {
            for right in &texts {
                assert_eq!(same(left, right), left == right, "{left:?} {right:?}");
                let (one, other) = (word(left.as_bytes()), word(right.as_bytes()));
                assert!(one == other || one.cmp(&other) == left.cmp(right), "{left:?} {right:?}");
                assert_eq!(order(left, right), left.cmp(right), "{left:?} {right:?}");
            }
        }
    }

    #[test]
    fn sketches_of_names_differ() {
        let names = |name: fn(usize) -> String| (0..10_000).map(name).map(|name| sketch(&name)).collect::<Vec<_>>();
        let kinds: [fn(usize) -> String; 4] = [
            |number| format!("{number}"),
            |number| format!("user_{number}"),
            |number| format!("Repository::\"{number}\""),
            |number| format!("RepoPermission::\"repo_{number}_readers\""),
        ];
        for kind in kinds {
            let sketches = names(kind);
            for sketch in 0..64 {
                let count = sketches.iter().filter(|other| **other == sketch).count();
                assert!((40..400).contains(&count), "{count} of {}", sketches.len());
            }
        }
    }

    #[test]
    fn hashes_differ_in_all_their_bits() {
        let mut texts: HashSet<String> = texts().into_iter().collect();
        texts.extend((0..20_000).map(|number| format!("user_{number}")));
        texts.extend((0..20_000).map(|number| format!("Repository::\"{number}\"/readers-of-it")));
        let distinct = |map: fn(u64) -> u64| {
            texts.iter().map(|text| map(hash_from(KNOWN, text.as_bytes()))).collect::<HashSet<_>>().len()
        };
        let expected = texts.len() as f64;
        assert!(distinct(|hash| hash) == texts.len());
        // Of so many throws, what a fair die with 65,536 sides shows.
        let sides = 65_536.0;
        let fair = sides * (1.0 - (-expected / sides).exp());
        for part in [distinct(|hash| hash & 0xffff), distinct(|hash| hash >> 48)] {
            assert!((part as f64 - fair).abs() < fair * 0.02, "{part} of {fair}");
        }
    }

    /// Texts of which whoever knows the seeds knows that they have one hash: what stands before the end makes a state
    /// that the end's first half takes away.
    fn colliding([start, chunks, _]: [u64; 3]) -> Vec<String> {
        let mut states = (0..).map(|number: u64| {
            let prefix = format!("{number:016}");
            let [first, last] = halves(prefix.as_bytes().first_chunk().unwrap_or(&[0; 16]));
            (prefix, folded(first ^ start ^ 32, last ^ chunks).to_le_bytes())
        });
        let (prefix, state) = states.find(|(_, state)| state.is_ascii()).unwrap_or_default();
        let state = String::from_utf8_lossy(&state).into_owned();
        (0..1000).map(|number| format!("{prefix}{state}{number:08}")).collect()
    }

    #[test]
    fn keys_that_are_alike_do_not_meet_whatever_the_seeds_are() {
        let keys: Vec<String> = (0..85).map(|number| format!("node {}", number * 7 % 89)).collect();
        let mut seed = 1u64;
        let mut random = || {
            seed = folded(seed.wrapping_add(0x9e37_79b9_7f4a_7c15), 0xd6e8_feb8_6659_fd93) ^ seed.rotate_left(23);
            seed
        };
        for _ in 0..3_000 {
            let seeds = [random(), random(), random()];
            let slots: HashSet<u64> = keys.iter().map(|key| hash_from(seeds, key.as_bytes()) & 0xff).collect();
            // Of 85 throws with 256 sides, 72 are expected to differ; fewer than 55 in less than one of a million.
            assert!(slots.len() >= 55, "{} for {seeds:x?}", slots.len());
        }
    }

    #[test]
    fn only_who_knows_the_seeds_can_make_hashes_collide() {
        let distinct = |seeds, texts: &[String]| {
            texts.iter().map(|text| hash_from(seeds, text.as_bytes())).collect::<HashSet<_>>().len()
        };
        let texts = colliding(KNOWN);
        assert_eq!((distinct(KNOWN, &texts), distinct(Seeds::get().text, &texts)), (1, 1000));
        assert_eq!(distinct(Seeds::get().text, &colliding(Seeds::get().text)), 1);
    }
}
