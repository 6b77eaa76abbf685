//! YAML and JSON text to JSON values with places, read as OPA v1.22.2 reads them.
//!
//! The parser's events become documents in `build.rs`; what a scalar means is in `scalar.rs`; `layout.rs` mends what
//! go-yaml reads and YAML 1.2 does not. Knows nothing of Kubernetes.

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_json::Value;

use crate::build::Builder;
use crate::document::{Document, Limits, Options, Position};
use crate::error::{Error, ErrorCode};
use crate::json;
use crate::layout::Layout;

/// Reads YAML or JSON as OPA does for `--input` and `--data`, one value for each document of the text.
///
/// OPA uses the first document only; a caller that wants one document should refuse several. An empty text has none.
///
/// ```
/// let values = solon_k8s::yaml::yaml_to_json(b"on: 010\nwhen: 2024-01-01\n---\n- ~\n")?;
/// assert_eq!(values[0].to_string(), r#"{"on":8,"when":"2024-01-01"}"#);
/// assert_eq!(values[1].to_string(), "[null]");
/// # Ok::<(), solon_k8s::Error>(())
/// ```
pub fn yaml_to_json(bytes: &[u8]) -> Result<Vec<Value>, Error> {
    Ok(read_documents(bytes, &Options::opa())?.into_iter().map(Document::into_value).collect())
}

/// Reads YAML or JSON with the place of every field and item, one [`Document`] for each document of the text.
///
/// # Errors
/// Text that is neither YAML nor JSON, has no equal in JSON, or is beyond the limits; always with its place.
pub fn read_documents(bytes: &[u8], options: &Options) -> Result<Vec<Document>, Error> {
    let text = checked_text(bytes, &options.limits)?;
    let first = text.trim_start().bytes().next();
    let json_error = match first {
        Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => match json::read(text, options) {
            Ok(documents) => return Ok(documents),
            Err(error) if error.code() != ErrorCode::Syntax => return Err(error),
            Err(error) => Some(error),
        },
        _ => None,
    };
    read_yaml(text, options).map_err(|error| match json_error {
        // Of the two readings, the one that came further is what the author meant.
        Some(json_error) if matches!(first, Some(b'{' | b'[')) && json_error.position() > error.position() => {
            json_error
        }
        _ => error,
    })
}

pub(crate) fn checked_text<'t>(bytes: &'t [u8], limits: &Limits) -> Result<&'t str, Error> {
    if bytes.len() > limits.bytes {
        let message = format!("the text has {} bytes, more than the limit of {}", bytes.len(), limits.bytes);
        return Err(Error::new(ErrorCode::Limit, message));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
        Error::new(ErrorCode::Encoding, "the text is not UTF-8")
            .at(position_at_end(valid.unwrap_or_default()))
            .hint("save the file as UTF-8")
    })
}

fn position_at_end(text: &str) -> Position {
    let last_line = text.rsplit('\n').next().unwrap_or_default();
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { row: small(text.matches('\n').count()).saturating_add(1), col: small(last_line.chars().count() + 1) }
}

pub(crate) fn too_deep(limits: &Limits) -> Error {
    Error::new(ErrorCode::Limit, format!("lists and objects nest deeper than the limit of {}", limits.depth))
}

pub(crate) fn too_many_duplicates() -> Error {
    Error::new(ErrorCode::Limit, "too many keys stand twice")
}

pub(crate) fn duplicate_key(key: &str) -> Error {
    Error::new(ErrorCode::DuplicateKey, format!("the key `{key}` stands twice in one mapping"))
        .hint("remove or rename one of the two; a reader would silently use only one")
}

/// A character that YAML forbids; the parser does not look for all of them. Unicode's own line breaks are forbidden
/// with them: go-yaml, and so `kubectl`, ends a line there and YAML 1.2 does not, so that one text would be two.
fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

fn read_yaml(text: &str, options: &Options) -> Result<Vec<Document>, Error> {
    if let Some(at) = text.find(is_forbidden) {
        return Err(Error::new(ErrorCode::Encoding, "control characters and Unicode line breaks are not read in YAML")
            .at(position_at_end(text.get(..at).unwrap_or_default()))
            .hint("write it as an escape in double quotes, for example \"\\x07\" or \"\\u2028\""));
    }
    let mut layout = Layout::new(text);
    loop {
        match read_layout(&layout, options) {
            Ok(documents) => return Ok(documents),
            Err(Failure::Meaning(error)) => return Err(error),
            Err(Failure::Syntax(error)) => {
                if !layout.repair(&error) {
                    return Err(scan_error(&error, &layout));
                }
            }
        }
    }
}

/// What the parser found wrong, which moving lines may mend, and what we did.
enum Failure {
    Syntax(ScanError),
    Meaning(Error),
}

fn read_layout(layout: &Layout<'_>, options: &Options) -> Result<Vec<Document>, Failure> {
    let mut documents = Vec::new();
    let mut builder = Builder::new(options);
    let mut parser = Parser::new_from_str(layout.text());
    let last_line = layout.text().rsplit('\n').next().filter(|line| !line.is_empty());
    let unfinished = last_line.map(|line| (layout.text().chars().count(), line));
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(Failure::Syntax)?;
        let at = layout.position(&span.start);
        match event {
            Event::DocumentStart(_) => builder = Builder::new(options),
            Event::DocumentEnd => {
                let done = std::mem::replace(&mut builder, Builder::new(options));
                documents.push(done.document(documents.len()));
            }
            event => builder
                .event(without_added_break(event, &span, unfinished), at)
                .map_err(|error| Failure::Meaning(error.at(at)))?,
        }
    }
    Ok(documents)
}

/// The parser ends a block scalar with a line break even where the text ends without one; go-yaml does not.
fn without_added_break<'e>(event: Event<'e>, span: &Span, unfinished: Option<(usize, &str)>) -> Event<'e> {
    match (event, unfinished) {
        (
            Event::Scalar(value, style @ (ScalarStyle::Literal | ScalarStyle::Folded), anchor, tag),
            Some((end, last_line)),
        ) if span.end.index() == end => {
            // A last line of too few spaces is not part of the scalar.
            let is_part = |rest: &&str| {
                !last_line.trim().is_empty() || rest.rsplit('\n').next().is_none_or(|line| line.trim().is_empty())
            };
            let value = match value.strip_suffix('\n').filter(is_part) {
                Some(rest) => rest.to_owned().into(),
                None => value,
            };
            Event::Scalar(value, style, anchor, tag)
        }
        (event, _) => event,
    }
}

fn scan_error(error: &ScanError, layout: &Layout<'_>) -> Error {
    let marker = error.marker();
    let at = layout.position(marker);
    let info = error.info();
    let code = match info {
        _ if info.contains("recursion limit") => ErrorCode::Limit,
        _ if info.contains("unknown anchor") => ErrorCode::Alias,
        _ => ErrorCode::Syntax,
    };
    let line = layout.text().lines().nth(marker.line().saturating_sub(1)).unwrap_or_default();
    let indent_has_tab = line.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t');
    let here = line.chars().nth(marker.col());
    let error = Error::new(code, info).at(at);
    match here {
        _ if indent_has_tab => error.hint("indent with spaces; YAML does not allow tabs there"),
        Some('@' | '`' | '%') => error.hint("put a value that starts with this character in quotes"),
        _ if info.contains("mapping values") => {
            error.hint("check the indentation, and put a value that contains `: ` in quotes")
        }
        _ if code == ErrorCode::Alias => error.hint("define the anchor with `&name` earlier in the same document"),
        _ => error,
    }
}
