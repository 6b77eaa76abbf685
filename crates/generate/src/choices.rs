//! Where a generator's decisions come from: a seed, or a list of decisions made before.
//!
//! A case is what its decisions make of it. So a case is made smaller by making the list smaller, and what generates
//! cases need not know how. 0 is always the plainest decision.

/// More decisions than this are all 0.
const MOST: usize = 6_000;

/// A source of decisions that remembers them.
pub struct Choices {
    given: Vec<u32>,
    state: Option<u64>,
    made: Vec<u32>,
}

impl Choices {
    /// Decisions that depend on the seed alone.
    pub fn random(seed: u64) -> Self {
        Choices {
            given: Vec::new(),
            state: Some(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d),
            made: Vec::new(),
        }
    }

    /// These decisions, then 0 for ever.
    pub fn replay(given: Vec<u32>) -> Self {
        Choices { given, state: None, made: Vec::new() }
    }

    /// A number below `count`, which is not 0.
    pub fn pick(&mut self, count: usize) -> usize {
        let count = count.clamp(1, u32::MAX as usize) as u32;
        let at = self.made.len();
        let choice = match (&mut self.state, self.given.get(at)) {
            (_, Some(given)) => *given % count,
            (Some(state), None) if at < MOST => (next(state) % u64::from(count)) as u32,
            _ => 0,
        };
        self.made.push(choice);
        choice as usize
    }

    /// True once in `count` times.
    pub fn once_in(&mut self, count: usize) -> bool {
        self.pick(count) + 1 == count
    }

    /// Whether to go on: false once in `count` times.
    pub fn more(&mut self, count: usize) -> bool {
        self.pick(count) > 0
    }

    /// One of several things. The first is the plainest one.
    pub fn among<'t, T: ?Sized>(&mut self, things: &[&'t T]) -> Option<&'t T> {
        things.get(self.pick(things.len())).copied()
    }

    /// A number below the count of weights, more often one of a large weight.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut rest = self.pick(weights.iter().sum());
        for (at, weight) in weights.iter().enumerate() {
            if rest < *weight {
                return at;
            }
            rest -= weight;
        }
        0
    }

    /// What was decided so far.
    pub fn made(&self) -> &[u32] {
        &self.made
    }
}

/// The next number of a sequence that visits every number (splitmix64).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
