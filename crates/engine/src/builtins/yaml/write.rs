//! Values as YAML text, in the layout of Go's YAML library.

use super::{Scalar, resolve};
use crate::builtins::{floats, letters};
use crate::value::{Value, json};
use std::cmp::Ordering;

/// Writes a value as a YAML document; nothing if it takes more than `limit` bytes.
pub(super) fn write(value: Value<'_>, limit: usize) -> Option<String> {
    let mut writer = Writer { out: String::new(), limit };
    writer.value(value, 0, false)?;
    Some(writer.out)
}

struct Writer {
    out: String,
    limit: usize,
}

impl Writer {
    fn indent(&mut self, depth: usize) -> Option<()> {
        let size = self.out.len().checked_add(depth.checked_mul(2)?)?;
        self.out.extend(std::iter::repeat_n("  ", if size > self.limit { 0 } else { depth }));
        (size <= self.limit).then_some(())
    }

    /// Writes a value and the line's end. `inline` says that the line was begun by `- `, so that the first entry of a
    /// collection goes on it; otherwise collections begin on lines of their own.
    fn value(&mut self, value: Value<'_>, depth: usize, inline: bool) -> Option<()> {
        match value {
            Value::Array([]) => self.line("[]"),
            Value::Array(items) => self.items(items, depth, inline),
            Value::Set(set) if set.is_empty() => self.line("[]"),
            Value::Set(set) => self.items(set.items(), depth, inline),
            Value::Object(object) if object.is_empty() => self.line("{}"),
            Value::Object(object) => {
                let mut entries: Vec<(String, Value<'_>)> = object.entries().iter().map(json::name).collect();
                entries = sorted(entries);
                // Of keys with one name the last counts.
                entries.dedup_by(|later, earlier| {
                    let is_same = later.0 == earlier.0;
                    if is_same {
                        earlier.1 = later.1;
                    }
                    is_same
                });
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 || !inline {
                        self.indent(depth)?;
                    }
                    self.entry(key, *value, depth)?;
                }
                Some(())
            }
            Value::String { text, .. } => {
                self.string(text, depth);
                self.line("")
            }
            scalar => {
                let text = scalar_text(scalar);
                self.line(&text)
            }
        }
    }

    /// A key with its value. One that is long or has lines of its own has a mark, and so has its value.
    fn entry(&mut self, key: &str, value: Value<'_>, depth: usize) -> Option<()> {
        /// Longer keys are not on one line with their values.
        const LONGEST: usize = 128;
        if key.len() > LONGEST || key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            self.out.push_str("? ");
            self.string(key, depth + 1);
            self.line("")?;
            self.indent(depth)?;
            self.out.push_str(": ");
            return self.value(value, depth + 1, true);
        }
        self.string(key, depth);
        self.out.push(':');
        self.member(value, depth)
    }

    /// The value after a key.
    fn member(&mut self, value: Value<'_>, depth: usize) -> Option<()> {
        if matches!(value, Value::Array(_) | Value::Set(_) | Value::Object(_)) && !value.is_empty() {
            self.out.push('\n');
        } else {
            self.out.push(' ');
        }
        self.value(value, depth + 1, false)
    }

    fn items(&mut self, items: &[Value<'_>], depth: usize, inline: bool) -> Option<()> {
        for (at, item) in items.iter().enumerate() {
            if at > 0 || !inline {
                self.indent(depth)?;
            }
            self.out.push_str("- ");
            self.value(*item, depth + 1, true)?;
        }
        Some(())
    }

    fn line(&mut self, text: &str) -> Option<()> {
        self.out.push_str(text);
        self.out.push('\n');
        (self.out.len() <= self.limit).then_some(())
    }

    fn string(&mut self, text: &str, depth: usize) {
        let form = form(text);
        if text.contains('\n') && form.literal {
            self.literal(text, depth);
        } else if text.contains('\n') || is_ambiguous(text) || !form.single {
            self.double_quoted(text);
        } else if form.plain {
            self.out.push_str(text);
        } else {
            self.out.push('\'');
            self.out.push_str(&text.replace('\'', "''"));
            self.out.push('\'');
        }
    }

    /// A text of several lines as a block.
    fn literal(&mut self, text: &str, depth: usize) {
        self.out.push('|');
        if text.starts_with([' ', '\n']) {
            self.out.push('2');
        }
        match text.strip_suffix('\n') {
            None => self.out.push('-'),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => self.out.push('+'),
            Some(_) => {}
        }
        let depth = depth.max(1);
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.out.push('\n');
            if !line.is_empty() {
                self.out.extend(std::iter::repeat_n("  ", depth));
                self.out.push_str(line);
            }
        }
    }

    fn double_quoted(&mut self, text: &str) {
        self.out.push('"');
        for letter in text.chars() {
            let code = u32::from(letter);
            match letter {
                '"' | '\\' => self.out.extend(['\\', letter]),
                '\0' => self.out.push_str("\\0"),
                '\u{7}' => self.out.push_str("\\a"),
                '\u{8}' => self.out.push_str("\\b"),
                '\t' => self.out.push_str("\\t"),
                '\n' => self.out.push_str("\\n"),
                '\u{b}' => self.out.push_str("\\v"),
                '\u{c}' => self.out.push_str("\\f"),
                '\r' => self.out.push_str("\\r"),
                '\u{1b}' => self.out.push_str("\\e"),
                '\u{85}' => self.out.push_str("\\N"),
                '\u{2028}' => self.out.push_str("\\L"),
                '\u{2029}' => self.out.push_str("\\P"),
                _ if is_printable(letter) => self.out.push(letter),
                _ if code <= 0xff => self.out.push_str(&format!("\\x{code:02X}")),
                _ if code <= 0xffff => self.out.push_str(&format!("\\u{code:04X}")),
                _ => self.out.push_str(&format!("\\U{code:08X}")),
            }
        }
        self.out.push('"');
    }
}

fn scalar_text(scalar: Value<'_>) -> String {
    let mut text = String::new();
    json::write(scalar, &mut text);
    if let (Value::Number(_), Scalar::Float(float)) = (scalar, resolve(&text)) {
        text.clear();
        floats::format(float, 'g', None, &mut text);
    } else if let (Value::Number(_), Scalar::Integer(integer)) = (scalar, resolve(&text)) {
        text = integer.to_string();
    }
    text
}

/// Whether the text, written plainly, would be read as something else, by this YAML or an older one.
fn is_ambiguous(text: &str) -> bool {
    let old_boolean = matches!(letters::to_lower(text).as_ref(), "y" | "n" | "yes" | "no" | "on" | "off")
        && (text.chars().all(char::is_uppercase) || text.chars().skip(1).all(char::is_lowercase));
    old_boolean || is_date(text) || is_base_60(text) || !matches!(resolve(text), Scalar::Text | Scalar::Merge)
}

/// Whether it begins like `2020-01-01`, which is a time to older YAML.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (year, month, rest) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let digits = |text: &str, least: usize, most: usize| {
        (least..=most).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit())
    };
    let (day, time) = rest.split_once(['T', 't', ' ']).unwrap_or((rest, ""));
    let in_range = |text: &str, most: u32| text.parse::<u32>().is_ok_and(|number| (1..=most).contains(&number));
    digits(year, 4, 4)
        && digits(month, 1, 2)
        && digits(day, 1, 2)
        && in_range(month, 12)
        && in_range(day, 31)
        && (time.is_empty() || time.contains(':'))
}

/// Whether it looks like `1:30`, a number to base 60 in older YAML.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or("");
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut rest = parts.peekable();
    first.starts_with(|letter: char| letter.is_ascii_digit())
        && digits(first)
        && rest.peek().is_some()
        && rest.all(|part| match part.as_bytes() {
            [digit] => digit.is_ascii_digit(),
            [ten, digit] => (b'0'..=b'5').contains(ten) && digit.is_ascii_digit(),
            _ => false,
        })
        && digits(fraction)
}

/// In which ways a text can be written.
struct Form {
    plain: bool,
    single: bool,
    literal: bool,
}

fn form(text: &str) -> Form {
    if text.is_empty() {
        return Form { plain: false, single: true, literal: false };
    }
    let (mut indicators, mut special, mut tab) = (text.starts_with("---") || text.starts_with("..."), false, false);
    let (mut space_break, mut break_space, mut line_break) = (false, false, false);
    let mut before = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next_blank = letters.peek().is_none_or(|next| matches!(next, ' ' | '\t' | '\n' | '\r'));
        indicators |= match (before, letter) {
            (None, '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => {
                true
            }
            (None, '-' | '?' | ':') | (_, ':') => next_blank,
            (Some(' ' | '\t' | '\n'), '#') => true,
            _ => false,
        };
        tab |= letter == '\t';
        special |= letter != '\t' && letter != '\n' && !is_printable(letter);
        line_break |= letter == '\n';
        space_break |= before == Some(' ') && letter == '\n';
        break_space |= before == Some('\n') && letter == ' ';
        before = Some(letter);
    }
    let blank_ends = text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']);
    let trailing_space = text.ends_with(' ');
    Form {
        plain: !(indicators || special || tab || blank_ends || line_break),
        single: !(special || tab || space_break || break_space),
        literal: !(special || space_break || trailing_space),
    }
}

fn is_printable(letter: char) -> bool {
    match letter {
        '\n' | ' '..='~' => true,
        '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => false,
        // What lies beyond the basic plane, emoji for example, is escaped.
        _ => ('\u{a0}'..'\u{10000}').contains(&letter),
    }
}

/// Sorts entries by key. The order is no proper one (see [`compare`]), so the standard library's sort may refuse it.
fn sorted<T>(mut entries: Vec<(String, T)>) -> Vec<(String, T)> {
    if entries.len() < 2 {
        return entries;
    }
    let right = sorted(entries.split_off(entries.len() / 2));
    let mut merged = Vec::with_capacity(entries.len() + right.len());
    let (mut lefts, mut rights) = (sorted(entries).into_iter().peekable(), right.into_iter().peekable());
    while let (Some(left), Some(right)) = (lefts.peek(), rights.peek()) {
        let next = if compare(&right.0, &left.0).is_lt() { rights.next() } else { lefts.next() };
        merged.extend(next);
    }
    merged.extend(lefts);
    merged.extend(rights);
    merged
}

/// The order of keys: numbers inside count as numbers, letters come after other characters.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut digits = false;
    for (at, (one, other)) in left.iter().zip(&right).enumerate() {
        if one == other {
            digits = one.is_numeric();
            continue;
        }
        match (one.is_alphabetic(), other.is_alphabetic()) {
            (true, true) => return one.cmp(other),
            (false, false) => {}
            (letter, _) => return if letter == digits { Ordering::Less } else { Ordering::Greater },
        }
        let zero = *one == '0' || *other == '0';
        let shared = left.get(..at).unwrap_or(&[]).iter().rev().take_while(|letter| letter.is_numeric());
        let start = i64::from(zero && shared.into_iter().any(|digit| *digit != '0'));
        let number = |letters: &[char]| {
            let run = letters.iter().skip(at).map_while(|letter| letter.to_digit(10));
            run.fold((start, 0), |(number, length): (i64, usize), digit| {
                (number.wrapping_mul(10).wrapping_add(i64::from(digit)), length + 1)
            })
        };
        return number(&left).cmp(&number(&right)).then_with(|| one.cmp(other));
    }
    left.len().cmp(&right.len())
}
