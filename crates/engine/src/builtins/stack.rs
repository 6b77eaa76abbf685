//! Room on the native stack for builtins that follow nested values and documents.

/// Bytes that must be left before a nested part is looked at.
const LEFT: usize = 128 << 10;

/// Bytes that are added if they are not.
const SEGMENT: usize = 1 << 20;

/// Does the work of a nested part.
pub(super) fn nested<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(LEFT, SEGMENT, work)
}
