//! What compiled policies are saved as: a header, then a body in postcard's encoding.
//!
//! Here are the header, and what all parts of a policy are saved with: texts that are written once, values, builtins by
//! their names. How a part is saved stands beside it, in a file `saved.rs`. Bytes are never trusted: whoever loads a
//! part checks that it is one, so that what a file says can be wrong but cannot do harm. It must not know what policies
//! are made of.

mod builtins;
mod texts;
mod values;

pub use builtins::SavedBuiltin;
pub use texts::{SavedPath, TextId, Texts, Written};
pub use values::SavedValue;

use serde::{Deserialize, Serialize};

/// What is wrong with a saved policy.
pub type Result<T> = std::result::Result<T, String>;

/// What a saved policy begins with.
pub const MAGIC: &[u8; 8] = b"\x89SOLON\r\n";

/// The version of the header and of how parts are saved. What the parts are is the engine's own matter and may differ
/// from one of its versions to the next, so that each reads its own files only.
const FORMAT: u16 = 9;

/// The engine's version.
const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// The longest path of documents and types. (The parser lets packages and names of rules have 256 steps each.)
pub const LONGEST_PATH: usize = 1024;

/// A file: a header, and a body with its length and checksum.
pub fn seal(body: &impl Serialize) -> Result<Vec<u8>> {
    let body = postcard::to_allocvec(body).map_err(|error| error.to_string())?;
    let mut file = MAGIC.to_vec();
    file.extend(FORMAT.to_le_bytes());
    file.push(ENGINE.len() as u8);
    file.extend(ENGINE.as_bytes());
    file.extend((body.len() as u64).to_le_bytes());
    file.extend(crc32fast::hash(&body).to_le_bytes());
    file.extend(body);
    Ok(file)
}

/// Takes a file's header off and reads what is in its body. Also gives the length of the body.
pub fn open<'f, T: Deserialize<'f>>(file: &'f [u8]) -> Result<(T, usize)> {
    const SHORT: &str = "it ends too early";
    let rest = file.strip_prefix(MAGIC).ok_or("it is no compiled policy")?;
    let (format, rest) = rest.split_first_chunk::<2>().ok_or(SHORT)?;
    let format = u16::from_le_bytes(*format);
    if format != FORMAT {
        return Err(format!(
            "it is of format {format}, and this engine reads format {FORMAT}; compile the policy again"
        ));
    }
    let ([length], rest) = rest.split_first_chunk::<1>().ok_or(SHORT)?;
    let (version, rest) = rest.split_at_checked(usize::from(*length)).ok_or(SHORT)?;
    if version != ENGINE.as_bytes() {
        let version = String::from_utf8_lossy(version).escape_debug().to_string();
        return Err(format!(
            "it is of version {version} of the engine, and this is {ENGINE}; compile the policy again"
        ));
    }
    let (length, rest) = rest.split_first_chunk::<8>().ok_or(SHORT)?;
    let (checksum, body) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
    match u64::from_le_bytes(*length) {
        length if length > body.len() as u64 => return Err(SHORT.to_owned()),
        length if length < body.len() as u64 => return Err("something follows it".to_owned()),
        _ => {}
    }
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err("its checksum is wrong".to_owned());
    }
    match postcard::take_from_bytes(body) {
        Ok((found, [])) => Ok((found, body.len())),
        Ok(_) => Err("it has more than a policy".to_owned()),
        Err(error) => Err(format!("its body cannot be read: {error}")),
    }
}

/// The same file with a checksum that fits its body, for tests of what lies behind it.
#[doc(hidden)]
pub fn with_checksum(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let begin = MAGIC.len() + 2 + 1 + ENGINE.len();
    if let Some((length, rest)) = file.get_mut(begin..).and_then(|rest| rest.split_first_chunk_mut::<8>())
        && let Some((checksum, body)) = rest.split_first_chunk_mut::<4>()
    {
        *length = (body.len() as u64).to_le_bytes();
        *checksum = crc32fast::hash(body).to_le_bytes();
    }
    file
}

/// The part with a number in a list.
pub fn at<'l, T>(list: &'l [T], number: u32, what: &str) -> Result<&'l T> {
    list.get(number as usize).ok_or_else(|| format!("it names {what} {number}, which it does not have"))
}
