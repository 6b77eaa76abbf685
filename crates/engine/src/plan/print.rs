//! The textual form of plans.
