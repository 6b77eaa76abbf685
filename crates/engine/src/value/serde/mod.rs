//! Values and serde: any serialisable type to a value, a value to any deserialisable type, and `serde_json`'s values
//! both ways, none of them through text.

mod build;
mod deserialize;
mod from;
mod meter;
mod to;

pub use build::{Build, Builder, Part};
pub use deserialize::deserialize_into;
pub use from::{from_json, from_serialize, from_serialize_wanted};
pub use meter::Meter;
pub use to::to_json;

use std::fmt;

/// Why a conversion failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerdeError {
    cause: Cause,
    message: String,
}

/// What ended a conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The source is no value, or not one of the type.
    Unfit,
    /// A limit was reached.
    Limit,
    /// It was stopped from outside.
    Cancelled,
}

impl SerdeError {
    /// An error that says this of the source.
    pub fn new(message: impl Into<String>) -> Self {
        SerdeError { cause: Cause::Unfit, message: message.into() }
    }

    /// The error of a limit that was reached.
    pub fn limit(message: impl Into<String>) -> Self {
        SerdeError { cause: Cause::Limit, message: message.into() }
    }

    /// The error of a conversion that was stopped from outside.
    pub fn cancelled(message: impl Into<String>) -> Self {
        SerdeError { cause: Cause::Cancelled, message: message.into() }
    }

    /// The system has no more memory.
    #[cold]
    fn no_memory() -> Self {
        SerdeError::limit("there is no more memory")
    }

    /// What ended the conversion.
    pub fn cause(&self) -> Cause {
        self.cause
    }
}

impl fmt::Display for SerdeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for SerdeError {}

impl serde::ser::Error for SerdeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        SerdeError::new(message.to_string())
    }
}

impl serde::de::Error for SerdeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        SerdeError::new(message.to_string())
    }
}
