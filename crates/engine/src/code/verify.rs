//! Checks code before it runs.
