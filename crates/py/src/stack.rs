//! How much of the native stack is left for Python.
//!
//! The engine takes further segments of stack for deep calls. Python counts on its thread's own stack, and ends the
//! process where it finds itself elsewhere or at its end. So nothing of Python's runs beyond it: what would have to, is an
//! error.

use std::cell::Cell;
use std::hint::black_box;

/// Bytes that a function of Python's may need.
const ROOM: usize = 512 << 10;

/// Who goes through many levels looks at the stack every so many.
pub const LEVELS: usize = 8;

/// Bytes that so many levels of a conversion may need, with all that they call.
const LEVEL: usize = 192 << 10;

/// A part of the address space.
#[derive(Clone, Copy, Default)]
struct Range {
    low: usize,
    high: usize,
}

thread_local! {
    /// Where the stack pointer may be when Python is called.
    static ALLOWED: Cell<Range> = const { Cell::new(Range { low: 0, high: 0 }) };
}

/// Holds for as long as an evaluation lasts that may call Python.
pub struct Entered {
    outer: Range,
}

/// Where the stack pointer is, roughly.
#[inline(never)]
fn here() -> usize {
    let marker = 0_u8;
    std::ptr::from_ref(black_box(&marker)).addr()
}

/// Begins an evaluation on the thread's own stack.
pub fn enter() -> Entered {
    let high = here();
    // Where nobody can say what is left, it is taken to be little.
    let left = stacker::remaining_stack().unwrap_or(2 * ROOM);
    let allowed = Range { low: high.saturating_sub(left).saturating_add(ROOM), high };
    Entered { outer: ALLOWED.replace(allowed) }
}

impl Drop for Entered {
    fn drop(&mut self) {
        ALLOWED.set(self.outer);
    }
}

/// Whether Python may be called.
pub fn has_room() -> bool {
    let Range { low, high } = ALLOWED.get();
    (low..=high).contains(&here())
}

/// Whether a conversion may go some levels deeper.
pub fn has_level() -> bool {
    stacker::remaining_stack().is_none_or(|left| left >= LEVEL)
}
