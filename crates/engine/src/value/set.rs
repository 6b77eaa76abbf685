//! Sets: sorted slices without duplicates.

use super::{Bump, Value};

/// A set.
#[derive(Clone, Copy)]
pub struct Set<'a>(&'a [Value<'a>]);

impl<'a> Set<'a> {
    /// The empty set.
    pub const EMPTY: Set<'static> = Set(&[]);

    /// Takes items that are sorted, without duplicates.
    pub fn from_sorted(items: &'a [Value<'a>]) -> Self {
        debug_assert!(items.windows(2).all(|pair| pair[0] < pair[1]));
        Set(items)
    }

    /// Sorts the items and drops duplicates (the first of equal items stays).
    pub fn from_unsorted(_arena: &'a Bump, items: &'a mut [Value<'a>]) -> Self {
        if !items.windows(2).all(|pair| pair[0] < pair[1]) {
            items.sort();
            let mut kept = 0;
            for at in 0..items.len() {
                if kept == 0 || items[kept - 1] != items[at] {
                    items[kept] = items[at];
                    kept += 1;
                }
            }
            let items: &'a [Value<'a>] = items;
            return Set(items.get(..kept).unwrap_or(items));
        }
        Set(items)
    }

    /// The items, sorted.
    #[inline]
    pub fn items(&self) -> &'a [Value<'a>] {
        self.0
    }

    /// How many items.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The member that equals `item`.
    #[inline]
    pub fn get(&self, item: &Value<'_>) -> Option<Value<'a>> {
        self.find(item).copied()
    }

    /// Where the member is that equals `item`.
    #[inline]
    pub fn find(&self, item: &Value<'_>) -> Option<&'a Value<'a>> {
        if self.0.len() <= 8 {
            return self.0.iter().find(|member| *member == item);
        }
        let at = self.0.binary_search_by(|member| member.cmp(item)).ok()?;
        self.0.get(at)
    }

    /// Whether `item` is a member.
    #[inline]
    pub fn contains(&self, item: &Value<'_>) -> bool {
        self.get(item).is_some()
    }
}
