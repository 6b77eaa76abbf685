//! Writing to stdout and stderr, either of which may be closed.

use std::io::{self, Write};

/// Writes to stdout; that nobody reads it is no error.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Writes to stderr, with a line break at the end. There is nobody left to tell if that fails.
pub fn say(text: &str) {
    let line_break = if text.ends_with('\n') { "" } else { "\n" };
    let _ = io::stderr().lock().write_all(format!("{text}{line_break}").as_bytes());
}
