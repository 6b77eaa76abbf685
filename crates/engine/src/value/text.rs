//! Texts by words of eight bytes.
//!
//! Names in documents are short. For those it costs more to call for a comparison or a hash of bytes than to look at one
//! or two words.

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
        _ => text.iter().zip([56, 48, 40]).fold(0, |word, (byte, shift)| word | u64::from(*byte) << shift),
    }
}

/// Whether two texts are equal.
#[inline]
pub(super) fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    match (left.first_chunk::<8>(), left.last_chunk::<8>(), right.first_chunk::<8>(), right.last_chunk::<8>()) {
        (Some(left_start), Some(left_end), Some(start), Some(end)) => {
            left_end == end && left_start == start && (left.len() <= 16 || left == right)
        }
        _ => word(left) == word(right),
    }
}

/// A hash of a text.
#[inline]
pub(super) fn hash(text: &str) -> u64 {
    let mut rest = text.as_bytes();
    let mut state = 0x243f_6a88_85a3_08d3 ^ rest.len() as u64;
    while rest.len() > 16
        && let Some((chunk, more)) = rest.split_first_chunk::<16>()
    {
        let [first, last] = halves(chunk);
        state = folded(first ^ state, last ^ 0x1319_8a2e_0370_7344);
        rest = more;
    }
    let [first, last] = match (rest.first_chunk::<8>(), rest.last_chunk::<8>()) {
        (Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => [word(rest), 0],
    };
    folded(first ^ state, last ^ 0xa409_3822_299f_31d0)
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
    fn words_compare_as_texts_and_equality_is_that_of_texts() {
        let texts = texts();
        for left in &texts {
            for right in &texts {
                assert_eq!(same(left, right), left == right, "{left:?} {right:?}");
                let (one, other) = (word(left.as_bytes()), word(right.as_bytes()));
                assert!(one == other || one.cmp(&other) == left.cmp(right), "{left:?} {right:?}");
            }
        }
    }

    #[test]
    fn hashes_differ_in_all_their_bits() {
        let mut texts: HashSet<String> = texts().into_iter().collect();
        texts.extend((0..20_000).map(|number| format!("user_{number}")));
        texts.extend((0..20_000).map(|number| format!("Repository::\"{number}\"/readers-of-it")));
        let distinct = |map: fn(u64) -> u64| texts.iter().map(|text| map(hash(text))).collect::<HashSet<_>>().len();
        let expected = texts.len() as f64;
        assert!(distinct(|hash| hash) == texts.len());
        // Of so many throws, what a fair die with 65,536 sides shows.
        let sides = 65_536.0;
        let fair = sides * (1.0 - (-expected / sides).exp());
        for part in [distinct(|hash| hash & 0xffff), distinct(|hash| hash >> 48)] {
            assert!((part as f64 - fair).abs() < fair * 0.02, "{part} of {fair}");
        }
    }
}
