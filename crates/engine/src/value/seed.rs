//! What hashes begin with: other numbers in each process, so that no input can be made whose values collide.
//!
//! Nothing that an evaluation gives, and no order, depends on a hash.

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

/// Numbers that nobody knows beforehand.
pub(crate) struct Seeds {
    /// For texts.
    pub(super) text: [u64; 3],
    /// For other values.
    value: u64,
    shared: SharedSeed,
}

static SEEDS: LazyLock<Seeds> = LazyLock::new(|| {
    let random = RandomState::new();
    let number = |number: u8| random.hash_one(number);
    Seeds { text: [number(0), number(1), number(2)], value: number(3), shared: SharedSeed::from_u64(number(4)) }
});

impl Seeds {
    /// Those of this process.
    #[inline]
    pub(crate) fn get() -> &'static Seeds {
        &SEEDS
    }

    /// A hasher of anything.
    pub(crate) fn hasher(&'static self) -> FoldHasher<'static> {
        SeedableRandomState::with_seed(self.value, &self.shared).build_hasher()
    }

    /// A number to begin with, for hashes that are not made by a hasher.
    #[inline]
    pub(crate) fn start(&self) -> u64 {
        self.value
    }
}
