//! Values and serde: any serialisable type to a value, a value to any deserialisable type, and `serde_json`'s values
//! both ways, none of them through text.

mod build;
mod deserialize;
mod from;
mod to;

pub use build::{Build, Builder};
pub use deserialize::deserialize_into;
pub use from::{from_json, from_serialize, from_serialize_wanted};
pub use to::to_json;

use std::fmt;

/// Why a conversion failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerdeError {
    message: String,
}

impl SerdeError {
    /// An error that says this.
    pub fn new(message: impl Into<String>) -> Self {
        SerdeError { message: message.into() }
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
