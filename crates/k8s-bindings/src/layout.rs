//! Text that go-yaml reads although YAML 1.2 wants it indented further: the lines of a quoted text and of `[..]` and
//! `{..}` that begin no further right than the mapping they are in. Real templates have them.
//!
//! White space at the start of such lines means nothing, so they are moved to the right, and places are told as if
//! they had not been.

use std::borrow::Cow;
use std::collections::HashSet;

use saphyr_parser::{Marker, ScanError};

use crate::document::Position;

/// How many bytes may be read again, so that a hostile text cannot cost its square.
const REREAD_BYTES: usize = 8 << 20;

/// A text and which of its rows were moved.
pub(crate) struct Layout<'t> {
    original: &'t str,
    text: Cow<'t, str>,
    moved: HashSet<usize>,
    spaces: usize,
    reread: usize,
}

impl<'t> Layout<'t> {
    pub fn new(text: &'t str) -> Self {
        Layout { original: text, text: Cow::Borrowed(text), moved: HashSet::new(), spaces: 0, reread: 0 }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place in the original text.
    pub fn position(&self, marker: &Marker) -> Position {
        let spaces = if self.moved.contains(&marker.line()) { self.spaces } else { 0 };
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { row: small(marker.line()).max(1), col: small(marker.col().saturating_sub(spaces)).saturating_add(1) }
    }

    /// Moves the rows that the parser finds indented too little. False if that is not the error or does not help.
    pub fn repair(&mut self, error: &ScanError) -> bool {
        let rows = match error.info() {
            "invalid indentation" | "invalid indentation in flow construct" => {
                let row = error.marker().line();
                row..=row
            }
            "invalid indentation in quoted scalar" => match self.rows_after_quote(error.marker()) {
                Some(rows) => rows,
                None => return false,
            },
            _ => return false,
        };
        // The parser counts a lone carriage return as the end of a row, we do not.
        let lone_return = || self.original.replace("\r\n", "\n").contains('\r');
        self.reread = self.reread.saturating_add(self.text.len());
        if self.reread > REREAD_BYTES || (self.moved.is_empty() && lone_return()) {
            return false;
        }
        if self.spaces == 0 {
            let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
            self.spaces = self.original.lines().map(indent).max().unwrap_or_default() + 64;
        }
        let before = self.moved.len();
        self.moved.extend(rows);
        self.text = Cow::Owned(self.rebuilt());
        self.moved.len() > before
    }

    fn rebuilt(&self) -> String {
        let indent = " ".repeat(self.spaces);
        let mut text = String::with_capacity(self.original.len() + self.moved.len() * self.spaces);
        for (index, line) in self.original.split_inclusive('\n').enumerate() {
            // A line that ends the document ends it also within quotes, as an error.
            let marks_document = line.starts_with("---") || line.starts_with("...");
            if self.moved.contains(&(index + 1)) && !marks_document {
                text.push_str(&indent);
            }
            text.push_str(line);
        }
        text
    }

    /// The rows of a quoted text but its first.
    fn rows_after_quote(&self, start: &Marker) -> Option<std::ops::RangeInclusive<usize>> {
        let mut lines = self.text.split_inclusive('\n').skip(start.line().checked_sub(1)?);
        let first: String = lines.next()?.chars().skip(start.col()).collect();
        let mut row = start.line();
        let mut chars = first.chars().chain(lines.flat_map(str::chars)).peekable();
        let quote = chars.next().filter(|c| matches!(c, '"' | '\''))?;
        loop {
            match chars.next()? {
                '\n' => row += 1,
                '\\' if quote == '"' => row += usize::from(chars.next()? == '\n'),
                '\'' if quote == '\'' && chars.peek() == Some(&'\'') => {
                    chars.next();
                }
                c if c == quote => return Some(start.line() + 1..=row),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::document::{Options, Position};
    use crate::yaml::read_documents;

    #[test]
    fn lines_indented_too_little_are_read_and_keep_their_places() {
        let cases = [
            ("x:\n- a: [\n  1,\n  {b:\n 2}\n  ]\nz: 3\n", r#"{"x":[{"a":[1,{"b":2}]}],"z":3}"#),
            ("x:\n  a: \"b\n  c\\\"d\n\n e\"\n  f: 'g\nh''i'\nz: 3\n", r#"{"x":{"a":"b c\"d\ne","f":"g h'i"},"z":3}"#),
            ("x:\n  a: \"b\\\n  c\"\nz: [\n'd\ne', \"f\ng\"]\n", r#"{"x":{"a":"bc"},"z":["d e","f g"]}"#),
        ];
        for (text, expected) in cases {
            let documents = read_documents(text.as_bytes(), &Options::default()).unwrap();
            assert_eq!(documents[0].value().to_string(), expected);
        }
        let documents = read_documents(cases[0].0.as_bytes(), &Options::default()).unwrap();
        let path = ["x".into(), 0.into(), "a".into(), 1.into(), "b".into()];
        assert_eq!(documents[0].position_of(&path), Position { row: 4, col: 4 });
        assert_eq!(documents[0].value_position_of(&path), Position { row: 5, col: 2 });
        assert_eq!(documents[0].position_of(&["z".into()]), Position { row: 7, col: 1 });
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        for text in ["a: \"b\n---\nc\"", "a:\n  b: \"c\n d\n---\n e\"", "a: [\n1", "a:\n b: 'c\n d", "a: [\n1\n---\n]"]
        {
            assert!(read_documents(text.as_bytes(), &Options::default()).is_err(), "{text}");
        }
        let hostile = format!("a: [\n{}", "1,\n".repeat(20_000));
        assert!(read_documents(hostile.as_bytes(), &Options::default()).is_err());
    }
}
