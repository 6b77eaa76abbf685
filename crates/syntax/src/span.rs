//! Places in source text.

use std::sync::{Arc, OnceLock};

/// A range of bytes in one source file.
///
/// `file` is the number the caller gave the file when it was parsed; `start` and `end` are byte offsets into its
/// text, `end` exclusive. Lines and columns are derived on demand by [`Source`], because few spans are ever shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Number of the file.
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// Byte after the last one.
    pub end: u32,
}

impl Span {
    /// No place in any source.
    pub const NONE: Span = Span { file: u32::MAX, start: 0, end: 0 };

    /// In a file, but at no place in it.
    pub const NOWHERE: Span = Span { file: u32::MAX, start: u32::MAX, end: u32::MAX };

    /// A span of `file` from byte `start` to before byte `end`.
    pub fn new(file: u32, start: u32, end: u32) -> Self {
        Span { file, start, end }
    }

    /// The smallest span that covers both, which must be of the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One source file: its name and text; cheap to clone.
#[derive(Clone, Debug)]
pub struct Source(Arc<Contents>);

#[derive(Debug)]
struct Contents {
    name: String,
    text: String,
    /// Found out when a place is first shown.
    lines: OnceLock<Lines>,
}

#[derive(Debug)]
struct Lines {
    starts: Vec<u32>,
    /// Whether bytes are characters.
    are_ascii: bool,
}

impl Lines {
    fn of(text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at as u32 + 1);
        Lines { starts: std::iter::once(0).chain(starts).collect(), are_ascii: text.is_ascii() }
    }
}

/// A place as people count: row and column from 1, the column in characters as OPA counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub row: u32,
    /// Character in the line, from 1.
    pub col: u32,
}

impl Source {
    /// Takes a file's name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Source(Arc::new(Contents { name: name.into(), text: text.into(), lines: OnceLock::new() }))
    }

    fn lines(&self) -> &Lines {
        self.0.lines.get_or_init(|| Lines::of(&self.0.text))
    }

    /// The name that errors show.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Row and column of a byte offset; zeros for that of [`Span::NOWHERE`].
    pub fn position(&self, offset: u32) -> Position {
        if offset == Span::NOWHERE.start {
            return Position { row: 0, col: 0 };
        }
        let Lines { starts, are_ascii } = self.lines();
        let row = starts.partition_point(|start| *start <= offset);
        let start = starts.get(row.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text().get(start as usize..offset as usize).filter(|_| !are_ascii);
        // Past the end, and inside of a character, bytes are all there is.
        let col = before.map_or(offset.saturating_sub(start), |before| before.chars().count() as u32);
        Position { row: row as u32, col: col.saturating_add(1) }
    }

    /// The text of a row (from 1) without its line end; empty where there is no such row.
    pub fn line(&self, row: u32) -> &str {
        let (row, starts) = (row as usize, &self.lines().starts);
        let Some(start) = row.checked_sub(1).and_then(|index| starts.get(index)) else { return "" };
        let end = starts.get(row).map_or(self.text().len(), |next| *next as usize);
        self.text().get(*start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// The text a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.text().get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// The line that is shown with an error: that of the last character at or before a place that is no white space, and
/// that character's byte in it.
///
/// ```
/// assert_eq!(solon_syntax::line_at("package p\n\nq := [1,\n", 4, 1), ("q := [1,".to_owned(), 7));
/// ```
pub fn line_at(text: &str, row: u32, col: u32) -> (String, usize) {
    let bytes = text.as_bytes();
    let rows = usize::try_from(row.saturating_sub(1)).unwrap_or_default();
    let start: usize = text.split_inclusive('\n').take(rows).map(str::len).sum();
    let before = usize::try_from(col.saturating_sub(1)).unwrap_or_default();
    let wanted =
        text.get(start..).unwrap_or_default().char_indices().nth(before).map_or(text.len(), |(at, _)| start + at);
    let is_space = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_whitespace);
    let is_break = |at: usize| matches!(bytes.get(at), Some(b'\n' | b'\r'));
    let mut at = wanted.min(bytes.len().saturating_sub(1));
    while at > 0 && is_space(at) {
        at -= 1;
    }
    let begin = (0..at).rev().find(|at| is_break(*at)).map_or(0, |at| at + 1);
    let end = (at..bytes.len()).find(|at| is_break(*at)).unwrap_or(bytes.len());
    (text.get(begin..end).unwrap_or_default().to_owned(), at.saturating_sub(begin))
}

#[cfg(test)]
mod tests {
    use super::line_at;

    #[test]
    fn the_shown_line_ends_with_the_last_text() {
        assert_eq!(line_at("package p\n\nq := [1,\n", 4, 1), ("q := [1,".to_owned(), 7));
        assert_eq!(line_at("a\n\t\tx = = 1\n", 2, 7), ("\t\tx = = 1".to_owned(), 6));
        assert_eq!(line_at("", 1, 1), (String::new(), 0));
        assert_eq!(line_at("é", 9, 9), ("é".to_owned(), 1));
    }
}
