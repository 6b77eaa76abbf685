//! What the process's exit code says; the codes of `opa eval`.

/// The command did what was asked.
pub const DONE: u8 = 0;
/// `--fail` or `--fail-defined` found what it fails on, or the arguments cannot be.
pub const FAILED: u8 = 1;
/// Something is wrong with a policy, a file or an evaluation.
pub const ERROR: u8 = 2;
