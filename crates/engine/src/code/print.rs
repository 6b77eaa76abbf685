//! The textual form of code.
