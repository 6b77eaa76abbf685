//! Names and strings that are equal share their memory.
//!
//! A policy writes `input` and the keys of its documents many times. A table of the last ones is enough to find nearly
//! all of them again, and unlike one of all of them it cannot be made slow by names that collide: then a name is copied.

use std::sync::Arc;

/// The most names that are remembered.
const MOST_REMEMBERED: usize = 512;

/// Longer ones are seldom written twice.
const LONGEST: usize = 64;

/// The last names, each at the place that its bytes give. There are a power of two of places.
pub(super) struct Names {
    last: Vec<Option<Arc<str>>>,
}

impl Names {
    /// For a text of so many tokens.
    pub(super) fn for_tokens(count: usize) -> Self {
        Names { last: vec![None; count.next_power_of_two().min(MOST_REMEMBERED)] }
    }

    /// The text, shared with an earlier one that is equal.
    pub(super) fn shared(&mut self, text: &str) -> Arc<str> {
        if text.len() > LONGEST {
            return text.into();
        }
        let place = hash(text) & self.last.len().wrapping_sub(1);
        let Some(place) = self.last.get_mut(place) else { return text.into() };
        match place {
            Some(name) if **name == *text => name.clone(),
            _ => place.insert(text.into()).clone(),
        }
    }
}

fn hash(text: &str) -> usize {
    let hash = text.bytes().fold(text.len() as u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 15) as usize
}

#[cfg(test)]
mod tests {
    use super::Names;
    use std::sync::Arc;

    #[test]
    fn equal_names_are_one() {
        let mut names = Names::for_tokens(1_000);
        let (first, other, again) = (names.shared("input"), names.shared("inputs"), names.shared("input"));
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!((&*first, &*other), ("input", "inputs"));
    }

    #[test]
    fn names_at_one_place_are_still_themselves() {
        let mut names = Names::for_tokens(3);
        let texts: Vec<String> = (0..5_000).map(|number| format!("name{number}")).collect();
        for text in texts.iter().chain(&texts) {
            assert_eq!(&*names.shared(text), text);
        }
    }
}
