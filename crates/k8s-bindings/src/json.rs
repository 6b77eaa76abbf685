//! JSON with the place of every field and item.
//!
//! Exact: numbers stay as written. As in Go, a lone surrogate escape becomes U+FFFD. Several values may follow each
//! other, as `kubectl` accepts.

use std::str::CharIndices;

use serde_json::{Map, Number, Value};

use crate::document::{DUPLICATE_STEPS, Document, Duplicates, Options, Places, Position};
use crate::error::{Error, ErrorCode};

/// Reads one JSON value after the other.
pub(crate) fn read(text: &str, options: &Options) -> Result<Vec<Document>, Error> {
    let read = read_all(text, options, true)?.into_iter().enumerate();
    Ok(read.map(|(number, (value, places))| Document { value, places, number, warnings: Vec::new() }).collect())
}

/// Reads values as [`read`] does, for those who do not ask where anything stands.
pub(crate) fn read_values(text: &str, options: &Options) -> Result<Vec<Value>, Error> {
    Ok(read_all(text, options, false)?.into_iter().map(|(value, _)| value).collect())
}

fn read_all(text: &str, options: &Options, keeps_places: bool) -> Result<Vec<(Value, Places)>, Error> {
    let mut reader = Reader { text, at: 0, cursor: Cursor::new(text), options, keeps_places, duplicate_steps: 0 };
    let mut all = Vec::new();
    reader.skip_space();
    loop {
        let (value, places) = reader.value()?;
        let scalar = !value.is_object() && !value.is_array();
        all.push((value, places));
        reader.skip_space();
        if reader.peek().is_none() {
            return Ok(all);
        }
        if scalar || !matches!(reader.peek(), Some(b'{' | b'[')) {
            return Err(reader.syntax("nothing may follow a JSON value but another object or list"));
        }
    }
}

/// Turns byte offsets, asked for in rising order, into rows and columns.
struct Cursor<'t> {
    chars: CharIndices<'t>,
    position: Position,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Cursor { chars: text.char_indices(), position: Position::START }
    }

    fn advance(&mut self, offset: usize) -> Position {
        while self.chars.offset() < offset {
            match self.chars.next() {
                Some((_, '\n')) => {
                    self.position = Position { row: self.position.row.saturating_add(1), col: 1 };
                }
                Some(_) => self.position.col = self.position.col.saturating_add(1),
                None => break,
            }
        }
        self.position
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    cursor: Cursor<'t>,
    options: &'t Options,
    /// Whether places are kept; without them there is one for the whole value, which is no place of it.
    keeps_places: bool,
    duplicate_steps: usize,
}

/// Where a key stands.
#[derive(Clone, Copy)]
struct KeyPlace {
    offset: usize,
    position: Position,
}

/// An object or array whose end has not been read.
struct Open {
    content: Content,
    places: Places,
}

enum Content {
    /// What was read, and the key of the value that comes next.
    Object(Map<String, Value>, (String, KeyPlace)),
    Array(Vec<Value>),
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The place of what comes next, if places are kept.
    fn position(&mut self) -> Position {
        if self.keeps_places { self.cursor.advance(self.at) } else { Position::START }
    }

    /// The place of an error.
    fn place_of(&self, offset: usize) -> Position {
        Cursor::new(self.text).advance(offset)
    }

    fn syntax(&self, message: impl Into<String>) -> Error {
        Error::new(ErrorCode::Syntax, message).at(self.place_of(self.at))
    }

    fn expected(&self, what: &str) -> Error {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("`{}`", c.escape_debug()),
            None => "the end".to_owned(),
        };
        self.syntax(format!("expected {what}, found {found}"))
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    /// Reads a value without recursion: what is open is on a stack.
    fn value(&mut self) -> Result<(Value, Places), Error> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            let position = self.position();
            let mut places = Places::leaf(position);
            let mut value = match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if stack.len() >= self.options.limits.depth {
                        return Err(crate::yaml::too_deep(&self.options.limits).at(self.place_of(self.at)));
                    }
                    self.at += 1;
                    self.skip_space();
                    match open {
                        b'{' if self.eat(b'}') => Value::Object(Map::new()),
                        b'[' if self.eat(b']') => Value::Array(Vec::new()),
                        b'{' => {
                            let key = self.key()?;
                            stack.push(Open { content: Content::Object(Map::new(), key), places });
                            continue;
                        }
                        _ => {
                            stack.push(Open { content: Content::Array(Vec::new()), places });
                            continue;
                        }
                    }
                }
                Some(b'"') => Value::String(self.string()?),
                Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
                _ => self.word()?,
            };
            loop {
                let Some(mut open) = stack.pop() else { return Ok((value, places)) };
                let more = self.put(&mut open, value, places)?;
                if more {
                    stack.push(open);
                    break;
                }
                (value, places) = match open.content {
                    Content::Object(map, _) => (Value::Object(map), open.places),
                    Content::Array(items) => (Value::Array(items), open.places),
                };
            }
        }
    }

    /// Puts a value into what is open and reads what follows it. False if that is the end.
    fn put(&mut self, open: &mut Open, value: Value, mut child: Places) -> Result<bool, Error> {
        let children = &mut open.places.children;
        match &mut open.content {
            Content::Array(items) => {
                items.push(value);
                children.extend(self.keeps_places.then_some(child));
                self.skip_space();
                if self.eat(b']') {
                    return Ok(false);
                }
                if !self.eat(b',') {
                    return Err(self.expected("`,` or `]`"));
                }
                self.skip_space();
            }
            Content::Object(map, (key, place)) => {
                child.key = place.position;
                if !map.contains_key(key) {
                    children.extend(self.keeps_places.then_some(child));
                } else if self.options.duplicates == Duplicates::Reject {
                    return Err(crate::yaml::duplicate_key(key).at(self.place_of(place.offset)));
                } else if self.keeps_places {
                    self.duplicate_steps = self.duplicate_steps.saturating_add(map.len());
                    if self.duplicate_steps > DUPLICATE_STEPS {
                        return Err(crate::yaml::too_many_duplicates().at(place.position));
                    }
                    let known = map.keys().position(|known| known == key);
                    if let Some(known) = known.and_then(|index| children.get_mut(index)) {
                        *known = child;
                    }
                }
                map.insert(std::mem::take(key), value);
                self.skip_space();
                if self.eat(b'}') {
                    return Ok(false);
                }
                if !self.eat(b',') {
                    return Err(self.expected("`,` or `}`"));
                }
                self.skip_space();
                (*key, *place) = self.key()?;
            }
        }
        Ok(true)
    }

    /// A key and the colon after it.
    fn key(&mut self) -> Result<(String, KeyPlace), Error> {
        let place = KeyPlace { offset: self.at, position: self.position() };
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        let key = self.string()?;
        self.skip_space();
        if !self.eat(b':') {
            return Err(self.expected("`:` after the key"));
        }
        self.skip_space();
        Ok((key, place))
    }

    fn word(&mut self) -> Result<Value, Error> {
        for (word, value) in [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("a JSON value"))
    }

    fn number(&mut self) -> Result<Number, Error> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') && self.digits() == 0 {
            return Err(self.expected("a digit"));
        }
        if self.eat(b'.') && self.digits() == 0 {
            return Err(self.expected("a digit after the point"));
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.expected("a digit in the exponent"));
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        text.parse().map_err(|_| self.syntax(format!("`{text}` is not a number")))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn string(&mut self) -> Result<String, Error> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.push_str(self.text.get(start..self.at).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.expected("an escape such as `\\n` instead of a control character")),
                None => return Err(self.expected("`\"` at the end of the string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        self.at += 1;
        let c = match self.peek() {
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.expected("an escape: one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")),
        };
        self.at += 1;
        Ok(c)
    }

    fn unicode(&mut self) -> Result<char, Error> {
        let unit = self.hex()?;
        if (0xd800..0xdc00).contains(&unit) && self.text.get(self.at..self.at + 2) == Some("\\u") {
            let after_high = self.at;
            self.at += 2;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = after_high;
        }
        Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, Error> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(unit) => {
                self.at += 4;
                Ok(unit)
            }
            None => Err(self.expected("four hexadecimal digits")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Value, Error> {
        read(text, &Options::default()).map(|mut d| d.remove(0).into_value())
    }

    #[test]
    fn agrees_with_serde_json() {
        for text in [
            r#"{"a":[1,2.50,-0,1e5,1E-5,12345678901234567890123],"b":{"c":null,"d":true}}"#,
            r#""\u00e9\ud83d\ude00\n\"\\\/""#,
            " [ ] ",
            "{}",
            "0.10",
        ] {
            assert_eq!(one(text), Ok(serde_json::from_str(text).unwrap()), "{text}");
        }
        for text in
            ["", "01", "1.", "[1,]", "{\"a\"}", "\"\\x\"", "\"a", "nul", "+1", "\"\t\"", "{} x", "1 2", "\"\\u12\""]
        {
            assert!(one(text).is_err(), "{text}");
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn deep_text_is_an_error() {
        let error = one(&"[".repeat(100_000)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Limit);
    }

    #[test]
    fn many_keys_twice_are_an_error_not_a_wait() {
        let keys: String = (0..20_000).map(|i| format!("\"{i}\": 1, ")).collect();
        let text = format!("{{{keys}{keys}\"x\": 1}}");
        assert_eq!(read(&text, &Options::opa()).unwrap_err().code(), ErrorCode::Limit);
    }

    #[test]
    fn a_key_twice() {
        let text = "{\"a\": 1,\n \"b\": 2, \"a\": 3}";
        let error = one(text).unwrap_err();
        assert_eq!((error.code(), error.position()), (ErrorCode::DuplicateKey, Some(Position { row: 2, col: 10 })));
        let last = read(text, &Options::opa()).unwrap().remove(0);
        assert_eq!(last.value().to_string(), r#"{"a":3,"b":2}"#);
        assert_eq!(last.position_of(&["a".into()]), Position { row: 2, col: 10 });
    }
}
