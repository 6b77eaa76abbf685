//! Glob patterns. Most have one star or none, and are matched as the text before and after it. Any other becomes a regular
//! expression, which matches in linear time whatever the pattern is.

use super::failure::operand;
use super::{Builtin, Caches, Context, Failure, Kept, Outcome, Purity};
use crate::value::Value;
use ::regex::{Regex, RegexBuilder};

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
    let delimiters = operand::any(args, 2)?;
    let mut key = String::new();
    let start = write_key(pattern, &delimiters, &mut key)?;
    let text = operand::string(args, 3)?;
    let compiled = |key: &str| compile(pattern, key.get(start..).unwrap_or(""));
    let glob = context.caches.get(Kept::Glob, &key, compiled)?;
    Ok(Value::Bool(glob.is_match(text)))
}

/// The same where the pattern is kept.
pub(super) fn kept_match<'a>(args: &[Value<'a>], caches: &mut Caches) -> Option<Value<'a>> {
    let [Value::String { text: pattern, .. }, delimiters, Value::String { text, .. }] = args else { return None };
    caches.with_scratch(|caches, key| {
        write_key(pattern, delimiters, key).ok()?;
        let glob: &Glob = caches.find(Kept::Glob, key)?;
        Some(Value::Bool(glob.is_match(text)))
    })
}

/// Writes the key under which a pattern is kept; gives where its delimiters start.
fn write_key(pattern: &str, delimiters: &Value<'_>, key: &mut String) -> Result<usize, Failure> {
    // The length keeps pattern and delimiters apart.
    key.push_str(itoa::Buffer::new().format(pattern.len()));
    key.push(' ');
    key.push_str(pattern);
    let start = key.len();
    match delimiters {
        Value::Null => {}
        Value::Array([]) => key.push('.'),
        Value::Array(items) => {
            for item in *items {
                key.push(delimiter(item)?);
            }
        }
        other => return Err(Failure::operand(2, other, &["array", "null"])),
    }
    Ok(start)
}

/// A compiled pattern.
enum Glob {
    /// A text without anything special.
    Exact(String),
    /// One star: what comes before it, what after it, and what it does not stand for.
    Star { before: String, after: String, delimiters: Vec<char> },
    /// Anything else.
    Regex(Regex),
}

impl Glob {
    /// The pattern, if it has at most one star, and nothing else that is special.
    fn simple(pattern: &str, delimiters: &str) -> Option<Self> {
        if pattern.contains(['?', '[', '{', '\\']) {
            return None;
        }
        let Some((before, after)) = pattern.split_once('*') else { return Some(Glob::Exact(pattern.into())) };
        let (after, delimiters) = match after.strip_prefix('*') {
            Some(after) => (after, ""),
            None => (after, delimiters),
        };
        let is_only = !after.contains('*');
        is_only.then(|| Glob::Star {
            before: before.into(),
            after: after.into(),
            delimiters: delimiters.chars().collect(),
        })
    }

    fn is_match(&self, text: &str) -> bool {
        match self {
            Glob::Exact(pattern) => pattern == text,
            Glob::Star { before, after, delimiters } => {
                let between = text.strip_prefix(before.as_str()).and_then(|rest| rest.strip_suffix(after.as_str()));
                between.is_some_and(|between| !between.contains(delimiters.as_slice()))
            }
            Glob::Regex(regex) => regex.is_match(text),
        }
    }
}

fn delimiter(item: &Value<'_>) -> Result<char, Failure> {
    let text = item.as_str().ok_or_else(|| Failure::element(2, "array", item, "string"))?;
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err(Failure::element(2, "array", item, "rune")),
    }
}

fn compile(pattern: &str, delimiters: &str) -> Result<Glob, Failure> {
    if let Some(glob) = Glob::simple(pattern, delimiters) {
        return Ok(glob);
    }
    let source = Translator { pattern, at: 0, groups: 0 }
        .translate(delimiters)
        .map_err(|(at, what)| Failure::Error(format!("glob: syntax error at {at}: {what}")))?;
    match RegexBuilder::new(&source).dot_matches_new_line(true).build() {
        Ok(regex) => Ok(Glob::Regex(regex)),
        Err(error) => Err(Failure::Halt(format!("glob pattern is not supported: {error}"))),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn simple_patterns_match_as_regular_expressions_do(
            pattern in "[ab.}é\n,!\\]]{0,3}\\*{0,3}[ab.]{0,3}",
            delimiters in "[.aé]{0,2}",
            text in "[ab.}é\n,!\\]*]{0,6}",
        ) {
            let source = Translator { pattern: &pattern, at: 0, groups: 0 }.translate(&delimiters);
            let regex = source.ok().and_then(|source| RegexBuilder::new(&source).dot_matches_new_line(true).build().ok());
            match (Glob::simple(&pattern, &delimiters), regex) {
                (Some(simple), Some(regex)) => prop_assert_eq!(simple.is_match(&text), regex.is_match(&text)),
                (simple, regex) => prop_assert!(simple.is_none() && regex.is_some()),
            }
        }
    }
}
