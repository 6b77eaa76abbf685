//! JSON text to values and back.

mod layouts;
mod names;
mod parse;
mod projection;
mod read;
mod scan;
mod skip;
mod write;

pub use parse::{Parser, parse};
pub use projection::{Field, Projection, Wanted};
pub(crate) use write::rego_excerpt;
pub(crate) use write::{is_printable, name};
pub use write::{write, write_pretty, write_rego, write_rego_string};

/// How deep JSON may nest.
pub const MAX_DEPTH: usize = 1000;

/// What is wrong with a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset.
    pub offset: usize,
    /// What is wrong: `number too big`, or where the character at the offset was not expected (`after array element`).
    pub message: &'static str,
}

impl JsonError {
    /// Whether the text may be JSON, but is more than is read: nested too deep.
    pub fn is_limit(&self) -> bool {
        self.message == *scan::TOO_DEEP
    }

    /// What is wrong in the words of OPA, which name the character that was not expected: `invalid character 'x' after
    /// array element`. `bytes` is the text that was read.
    pub fn describe(&self, bytes: &[u8]) -> String {
        if self.is_limit() || self.message == *scan::TOO_BIG {
            return self.message.to_owned();
        }
        let rest = bytes.get(self.offset..).unwrap_or(&[]);
        let character = rest.utf8_chunks().next().map(|chunk| chunk.valid().chars().next().unwrap_or('\u{fffd}'));
        match character {
            None if bytes.iter().all(|byte| byte.is_ascii_whitespace()) => "EOF".to_owned(),
            None => "unexpected EOF".to_owned(),
            Some('\'') => format!("invalid character '\\'' {}", self.message),
            Some('"') => format!("invalid character '\"' {}", self.message),
            Some(character) => {
                let mut quoted = String::new();
                write_rego_string(character.encode_utf8(&mut [0; 4]), &mut quoted);
                format!("invalid character '{}' {}", quoted.trim_matches('"'), self.message)
            }
        }
    }
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.message {
            limit if self.is_limit() || limit == *scan::TOO_BIG => write!(formatter, "{limit} at byte {}", self.offset),
            place => write!(formatter, "unexpected character or end {place}, at byte {}", self.offset),
        }
    }
}

impl std::error::Error for JsonError {}
