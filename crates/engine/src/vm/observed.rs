//! What is observed of an evaluation, for those who ask how a decision came about.

use super::Machine;

/// What the machine can say of an evaluation.
#[derive(Clone, Copy)]
pub struct Observed<'m> {
    /// The steps that it took, as [`Limits::instructions`](super::Limits::instructions) counts them.
    pub instructions: u64,
    /// For each rule of an observed policy whether it had an answer.
    pub fired: &'m [bool],
}

impl Machine<'_, '_> {
    /// Notes that a rule has an answer. Code that nobody observes has no such instruction; what a file says that was
    /// made up names no rule, and is passed over.
    #[cold]
    #[inline(never)]
    pub(super) fn fired(&mut self, rule: u32) {
        if let Some(fired) = self.reusable.fired.get_mut(rule as usize) {
            *fired = true;
        }
    }

    /// What can be said so far.
    #[inline]
    pub fn observed(&self) -> Observed<'_> {
        let instructions = self.spent.saturating_sub(u64::from(self.budget));
        Observed { instructions, fired: &self.reusable.fired }
    }
}
