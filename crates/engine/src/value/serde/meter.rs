//! What making a value may take.

use super::SerdeError;
use std::cell::Cell;

/// Steps between two looks.
const INTERVAL: u32 = 4096;

/// What making a value may take: memory, and time for as long as somebody who looks now and then lets it go on. Parts
/// that a source shares are made each time they are met, so that a small one may be a value without measure.
pub struct Meter<'m> {
    memory: usize,
    look: &'m dyn Fn() -> Result<(), SerdeError>,
    /// Steps until the next look.
    left: Cell<u32>,
}

impl<'m> Meter<'m> {
    /// Bytes that an arena may have if nobody says.
    pub const MEMORY: usize = 4 << 30;

    /// So many bytes of the arena; `look` is asked every few thousand steps, and ends everything with its error.
    pub fn new(memory: usize, look: &'m dyn Fn() -> Result<(), SerdeError>) -> Self {
        Meter { memory, look, left: Cell::new(INTERVAL) }
    }

    /// Counts a step.
    #[inline]
    pub(super) fn step(&self) -> Result<(), SerdeError> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                self.left.set(INTERVAL);
                (self.look)()
            }
        }
    }

    /// Fails if an arena that has `taken` bytes has no room for so many more.
    #[inline]
    pub(super) fn room(&self, taken: usize, more: usize) -> Result<(), SerdeError> {
        if taken.saturating_add(more) > self.memory { Err(self.no_room()) } else { Ok(()) }
    }

    /// The error of a value that takes too much.
    #[cold]
    fn no_room(&self) -> SerdeError {
        SerdeError::limit(format!("more than {} bytes of memory", self.memory))
    }
}

impl Default for Meter<'_> {
    fn default() -> Self {
        Meter::new(Self::MEMORY, &|| Ok(()))
    }
}
