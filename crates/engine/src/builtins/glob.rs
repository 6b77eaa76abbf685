//! Glob patterns. A pattern becomes a regular expression, which matches in linear time whatever the pattern is.

use super::failure::operand;
use super::{Builtin, Context, Failure, Kept, Outcome, Purity};
use crate::value::Value;
use ::regex::{Regex, RegexBuilder};
use std::fmt::Write;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "glob.match",
        signature: "(pattern: string, delimiters: null | array[string], match: string) -> result: boolean",
        doc: "Tells whether the pattern matches the whole string. `*` stands for any characters but delimiters, `**` \
              for any characters, `?` for one that is no delimiter, `[a-z]` and `[abc]` for one of these, `[!a-z]` for \
              any other, `{a,b}` for either pattern; a backslash takes the next character as it is. An empty array of \
              delimiters means the dot, `null` means none.",
        example: ("glob.match(\"*.example.com\", [\".\"], \"api.example.com\")", "true"),
        purity: Purity::Pure,
        call: matches,
    },
    Builtin {
        name: "glob.quote_meta",
        signature: "(pattern: string) -> output: string",
        doc: "Returns the string with a backslash before each character that means something in a glob pattern.",
        example: ("glob.quote_meta(\"*.com\")", "\"\\\\*.com\""),
        purity: Purity::Pure,
        call: |context, args| {
            let mut quoted = String::new();
            for letter in operand::string(args, 1)?.chars() {
                if matches!(letter, '*' | '?' | '\\' | '[' | ']' | '{' | '}') {
                    quoted.push('\\');
                }
                quoted.push(letter);
            }
            context.string(&quoted)
        },
    },
];

fn matches<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let pattern = operand::string(args, 1)?;
    let mut key = bumpalo::collections::String::with_capacity_in(pattern.len() + 16, context.arena);
    // The length keeps pattern and delimiters apart. Writing to a string does not fail.
    write!(key, "{} {pattern}", pattern.len()).unwrap_or_default();
    let delimiters = key.len();
    match operand::any(args, 2)? {
        Value::Null => {}
        Value::Array([]) => key.push('.'),
        Value::Array(items) => {
            for item in items {
                key.push(delimiter(item)?);
            }
        }
        other => return Err(Failure::operand(2, &other, &["array", "null"])),
    }
    let text = operand::string(args, 3)?;
    let compiled = |key: &str| compile(pattern, key.get(delimiters..).unwrap_or(""));
    let regex = context.caches.get(Kept::Glob, &key, compiled)?;
    Ok(Value::Bool(regex.is_match(text)))
}

fn delimiter(item: &Value<'_>) -> Result<char, Failure> {
    let text = item.as_str().ok_or_else(|| Failure::element(2, "array", item, "string"))?;
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err(Failure::element(2, "array", item, "rune")),
    }
}

fn compile(pattern: &str, delimiters: &str) -> Result<Regex, Failure> {
    let source = Translator { pattern, at: 0, groups: 0 }
        .translate(delimiters)
        .map_err(|(at, what)| Failure::Error(format!("glob: syntax error at {at}: {what}")))?;
    let regex = RegexBuilder::new(&source).dot_matches_new_line(true).build();
    regex.map_err(|error| Failure::Halt(format!("glob pattern is not supported: {error}")))
}

/// A mistake: the byte offset up to which the pattern was read, and what is wrong.
type Mistake = (usize, &'static str);

struct Translator<'p> {
    pattern: &'p str,
    at: usize,
    /// How many braces are open.
    groups: usize,
}

impl Translator<'_> {
    fn peek(&self) -> Option<char> {
        self.pattern.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn translate(mut self, delimiters: &str) -> Result<String, Mistake> {
        let single = if delimiters.is_empty() {
            ".".to_owned()
        } else {
            let mut class = "[^".to_owned();
            delimiters.chars().for_each(|letter| push_literal(letter, &mut class));
            class + "]"
        };
        let mut out = "^(?:".to_owned();
        while let Some(letter) = self.next() {
            match letter {
                '{' => {
                    self.groups += 1;
                    out.push_str("(?:");
                }
                ',' if self.groups > 0 => out.push('|'),
                '}' if self.groups > 0 => {
                    self.groups -= 1;
                    out.push(')');
                }
                '[' => self.class(&mut out)?,
                '?' => out.push_str(&single),
                '*' if self.peek() == Some('*') => {
                    self.at += 1;
                    out.push_str(".*");
                }
                '*' => {
                    out.push_str(&single);
                    out.push('*');
                }
                '\\' => push_literal(self.next().ok_or((self.at, "trailing backslash"))?, &mut out),
                _ => push_literal(letter, &mut out),
            }
        }
        if self.groups > 0 {
            return Err((self.at, "unclosed `{`"));
        }
        Ok(out + ")$")
    }

    /// A class, after its opening bracket: one range, or characters.
    fn class(&mut self, out: &mut String) -> Result<(), Mistake> {
        const END: &str = "unexpected end of input";
        out.push('[');
        if self.peek() == Some('!') {
            self.at += 1;
            out.push('^');
        }
        let start = self.at;
        let low = self.next().ok_or((self.at, END))?;
        if self.peek() == Some('-') {
            self.at += 1;
            let high = self.next().ok_or((self.at, END))?;
            self.close()?;
            if high < low {
                return Err((self.at, "range hi character is less than lo"));
            }
            push_literal(low, out);
            out.push('-');
            push_literal(high, out);
        } else {
            self.at = start;
            let mut empty = true;
            while let Some(letter) = self.peek().filter(|letter| *letter != ']') {
                self.at += letter.len_utf8();
                let letter = if letter == '\\' { self.next().ok_or((self.at, END))? } else { letter };
                push_literal(letter, out);
                empty = false;
            }
            self.close()?;
            if empty {
                return Err((self.at, "could not parse range"));
            }
        }
        out.push(']');
        Ok(())
    }

    fn close(&mut self) -> Result<(), Mistake> {
        match self.next() {
            Some(']') => Ok(()),
            Some(_) => Err((self.at, "expected close range character")),
            None => Err((self.at, "unexpected end of input")),
        }
    }
}

/// Appends a character as a regular expression that matches it, in a class or outside.
fn push_literal(letter: char, out: &mut String) {
    if letter.is_ascii_alphanumeric() || !letter.is_ascii() {
        out.push(letter);
    } else {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(letter)));
    }
}
