//! Room on the native stack for what follows trees and values: how deep these are is bounded, how much stack a thread has
//! is not known. The numbers are those of builds without optimizations; a usual thread has more.

/// Bytes that the stages of the compiler need for trees as deep as the parser lets them be.
pub(crate) const TREES: usize = 7 << 18;

/// Bytes that are needed to follow a value as deep as one can be.
pub(crate) const VALUES: usize = 1 << 20;

/// Does something that needs so many bytes of stack, whatever thread asks.
#[inline]
pub(crate) fn with_room<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    /// Bytes of what a thread gets that has less.
    const SEGMENT: usize = 4 << 20;
    stacker::maybe_grow(bytes, SEGMENT, work)
}
