//! What the project's own commands share with their helper programs.

pub mod bench;
