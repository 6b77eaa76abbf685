//! The builtins.

use super::{Pattern, go_syntax};
use crate::builtins::failure::operand;
use crate::builtins::quote::quoted;
use crate::builtins::{Builtin, Caches, Context, Failure, Kept, Outcome, Purity};
use crate::value::Value;
use ::regex::{Captures, Regex};
use std::sync::LazyLock;

pub(in crate::builtins) static TABLE: &[Builtin] = &[
    Builtin {
        name: "regex.match",
        signature: "(pattern: string, value: string) -> result: boolean",
        doc: "Tells whether the pattern matches somewhere in the string.",
        example: ("regex.match(`^v[0-9]+$`, \"v12\")", "true"),
        purity: Purity::Pure,
        call: matches,
    },
    Builtin {
        name: "re_match",
        signature: "(string, string) -> boolean",
        doc: "Tells whether the pattern matches somewhere in the string. Deprecated: write `regex.match`.",
        example: (r#"re_match("^a", "ab")"#, "true"),
        purity: Purity::Pure,
        call: matches,
    },
    Builtin {
        name: "regex.is_valid",
        signature: "(pattern: string) -> result: boolean",
        doc: "Tells whether the string is a regular expression.",
        example: ("regex.is_valid(\"a(b\")", "false"),
        purity: Purity::Pure,
        call: |_, args| {
            let Ok(pattern) = operand::string(args, 1) else { return Ok(Value::Bool(false)) };
            match go_syntax::translate(pattern).map_err(go_syntax::failure) {
                Ok(_) => Ok(Value::Bool(true)),
                Err(limit @ Failure::Halt(_)) => Err(limit),
                Err(_) => Ok(Value::Bool(false)),
            }
        },
    },
    Builtin {
        name: "regex.find_n",
        signature: "(pattern: string, value: string, number: number) -> output: array[string]",
        doc: "Returns the first `number` matches of the pattern, or all if it is negative.",
        example: ("regex.find_n(\"a.\", \"ab ac ad\", 2)", "[\"ab\", \"ac\"]"),
        purity: Purity::Pure,
        call: find_n,
    },
    Builtin {
        name: "regex.find_all_string_submatch_n",
        signature: "(pattern: string, value: string, number: number) -> output: array[array[string]]",
        doc: "Returns the first `number` matches of the pattern, or all if it is negative, each as an array of the \
              match and what its groups matched.",
        example: ("regex.find_all_string_submatch_n(\"a(.)\", \"ab ac\", -1)", "[[\"ab\", \"b\"], [\"ac\", \"c\"]]"),
        purity: Purity::Pure,
        call: find_all_string_submatch_n,
    },
    Builtin {
        name: "regex.split",
        signature: "(pattern: string, value: string) -> output: array[string]",
        doc: "Returns the parts of the string between the pattern's matches.",
        example: ("regex.split(\"[,;] *\", \"a, b;c\")", "[\"a\", \"b\", \"c\"]"),
        purity: Purity::Pure,
        call: split,
    },
    Builtin {
        name: "regex.replace",
        signature: "(s: string, pattern: string, value: string) -> output: string",
        doc: "Returns the string with each match of the pattern replaced by `value`, in which `$1`, `${1}` and \
              `${name}` stand for what a group matched and `$$` for a dollar sign.",
        example: ("regex.replace(\"a-b\", \"(.)-(.)\", \"$2-$1\")", "\"b-a\""),
        purity: Purity::Pure,
        call: replace,
    },
    Builtin {
        name: "regex.template_match",
        signature: "(template: string, value: string, delimiter_start: string, delimiter_end: string) -> \
                    result: boolean",
        doc: "Tells whether the string matches the template: plain text with regular expressions between the \
              delimiters, which are one character each.",
        example: ("regex.template_match(\"urn:{[a-z]+}:1\", \"urn:foo:1\", \"{\", \"}\")", "true"),
        purity: Purity::Pure,
        call: template_match,
    },
];

fn matches<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (pattern, text) = (operand::string(args, 1)?, operand::string(args, 2)?);
    Ok(Value::Bool(Pattern::cached(context, pattern)?.regex.is_match(text)))
}

/// The same where the pattern is kept.
pub(in crate::builtins) fn kept_match<'a>(args: &[Value<'a>], caches: &mut Caches) -> Option<Value<'a>> {
    match args {
        [Value::String { text: pattern, .. }, Value::String { text, .. }] => {
            let pattern: &Pattern = caches.find(Kept::Regex, pattern)?;
            Some(Value::Bool(pattern.is_match(text)))
        }
        _ => None,
    }
}

/// How many matches are wanted: none is no limit.
fn limit(args: &[Value<'_>], position: usize) -> Result<usize, Failure> {
    Ok(usize::try_from(operand::integer(args, position)?).unwrap_or(usize::MAX))
}

fn find_n<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (pattern, text) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let limit = limit(args, 3)?;
    let arena = context.arena;
    let found = Pattern::cached(context, pattern)?.regex.find_iter(text).take(limit);
    let mut items = bumpalo::collections::Vec::new_in(arena);
    items.extend(found.map(|found| Value::string(found.as_str())));
    Ok(Value::Array(items.into_bump_slice()))
}

fn find_all_string_submatch_n<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (pattern, text) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let limit = limit(args, 3)?;
    let (arena, max_bytes) = (context.arena, context.max_bytes());
    let pattern = Pattern::cached(context, pattern)?;
    let most = max_bytes / (size_of::<Value<'_>>() * (pattern.regex.captures_len() + 1));
    let mut matches = bumpalo::collections::Vec::new_in(arena);
    for captures in pattern.regex.captures_iter(text).take(limit) {
        if matches.len() >= most {
            return Err(Failure::Halt(format!("result is over the limit of {max_bytes} bytes")));
        }
        let groups = captures.iter().map(|group| Value::string(group.map_or("", |group| group.as_str())));
        let mut row = bumpalo::collections::Vec::with_capacity_in(captures.len(), arena);
        row.extend(groups);
        matches.push(Value::Array(row.into_bump_slice()));
    }
    Ok(Value::Array(matches.into_bump_slice()))
}

fn split<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (source, text) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let arena = context.arena;
    let pattern = Pattern::cached(context, source)?;
    let mut parts = bumpalo::collections::Vec::new_in(arena);
    if text.is_empty() && !source.is_empty() {
        parts.push(Value::EMPTY_STRING);
        return Ok(Value::Array(parts.into_bump_slice()));
    }
    let (mut begin, mut end) = (0, 0);
    for found in pattern.regex.find_iter(text) {
        end = found.start();
        // An empty match at the very beginning separates nothing.
        if found.end() != 0 {
            parts.push(Value::string(text.get(begin..end).unwrap_or("")));
        }
        begin = found.end();
    }
    if end != text.len() {
        parts.push(Value::string(text.get(begin..).unwrap_or("")));
    }
    Ok(Value::Array(parts.into_bump_slice()))
}

fn replace<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (text, source) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let pieces = pieces(operand::string(args, 3)?);
    let (arena, max_bytes) = (context.arena, context.max_bytes());
    let pattern = Pattern::cached(context, source)?;
    if !pattern.regex.is_match(text) {
        return Ok(Value::string(text));
    }
    let mut out = bumpalo::collections::String::new_in(arena);
    let mut done = 0;
    for captures in pattern.regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(text.get(done..whole.start()).unwrap_or(""));
        done = whole.end();
        for piece in &pieces {
            let shown = piece.expand(&captures, &pattern.names);
            if out.len().saturating_add(shown.len()) > max_bytes {
                return Err(Failure::Halt(format!("result is over the limit of {max_bytes} bytes")));
            }
            out.push_str(shown);
        }
    }
    if done == 0 && out.is_empty() {
        return Ok(Value::string(text));
    }
    out.push_str(text.get(done..).unwrap_or(""));
    context.check_size(out.len())?;
    Ok(Value::string(out.into_bump_str()))
}

/// A part of a replacement.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Number(usize),
    Name(&'t str),
}

impl<'t> Piece<'t> {
    /// What it stands for in one match; nothing for a group that does not exist or did not match.
    fn expand(&self, captures: &Captures<'t>, names: &[String]) -> &'t str {
        let group = match self {
            Piece::Text(text) => return text,
            Piece::Number(number) => captures.get(*number),
            Piece::Name(name) => names
                .iter()
                .enumerate()
                .filter(|(_, other)| other == name)
                .find_map(|(before, _)| captures.get(before + 1)),
        };
        group.map_or("", |group| group.as_str())
    }
}

/// Takes a replacement apart, as Go's `Regexp.Expand` does: a name is the longest run of letters, digits and
/// underscores, and a dollar sign without one is itself.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        pieces.push(Piece::Text(before));
        if let Some(after) = after.strip_prefix('$') {
            pieces.push(Piece::Text("$"));
            rest = after;
        } else if let Some((name, after)) = group_name(after) {
            pieces.push(number(name).map_or(Piece::Name(name), Piece::Number));
            rest = after;
        } else {
            pieces.push(Piece::Text("$"));
            rest = after;
        }
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// The name at the beginning of the text, in braces or not, and what follows.
fn group_name(text: &str) -> Option<(&str, &str)> {
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}_]+").ok());
    let inner = text.strip_prefix('{');
    let name = NAME.as_ref()?.find(inner.unwrap_or(text))?;
    let rest = inner.unwrap_or(text).get(name.end()..)?;
    Some((name.as_str(), if inner.is_some() { rest.strip_prefix('}')? } else { rest }))
}

/// The number of a group: digits without leading zeros.
fn number(name: &str) -> Option<usize> {
    let digits = name.bytes().all(|digit| digit.is_ascii_digit());
    let leading_zero = name.len() > 1 && name.starts_with('0');
    (digits && !leading_zero).then(|| name.parse().unwrap_or(usize::MAX))
}

fn template_match<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (template, text) = (operand::string(args, 1)?, operand::string(args, 2)?);
    let (start, end) = (operand::string(args, 3)?, operand::string(args, 4)?);
    let delimiter = |which: &str, delimiter: &str| match delimiter.as_bytes() {
        [byte] => Ok(*byte),
        // OPA names the length of the first one in both messages.
        _ => Err(Failure::Error(format!(
            "{which} delimiter has to be exactly one character long but is {} long",
            start.len()
        ))),
    };
    let (open, close) = (delimiter("start", start)?, delimiter("end", end)?);
    let mut pattern = "^".to_owned();
    let mut done = 0;
    for (from, to) in placeholders(template, open, close)? {
        let inner = template.get(from + 1..to - 1).unwrap_or("");
        Pattern::cached(context, &format!("^{inner}$"))?;
        quote_meta(template.get(done..from).unwrap_or(""), &mut pattern);
        pattern.extend(["(", inner, ")"]);
        done = to;
    }
    quote_meta(template.get(done..).unwrap_or(""), &mut pattern);
    pattern.push('$');
    Ok(Value::Bool(Pattern::cached(context, &pattern)?.regex.is_match(text)))
}

/// Where the outermost pairs of delimiters begin and end.
fn placeholders(template: &str, open: u8, close: u8) -> Result<Vec<(usize, usize)>, Failure> {
    let unbalanced = || Failure::Error(format!("unbalanced braces in {}", quoted(template)));
    let mut pairs = Vec::new();
    let (mut level, mut start) = (0_usize, 0);
    for (at, byte) in template.bytes().enumerate() {
        if byte == open {
            level += 1;
            if level == 1 {
                start = at;
            }
        } else if byte == close {
            level = level.checked_sub(1).ok_or_else(unbalanced)?;
            if level == 0 {
                pairs.push((start, at + 1));
            }
        }
    }
    if level == 0 { Ok(pairs) } else { Err(unbalanced()) }
}

/// Appends the text so that a pattern matches it literally.
fn quote_meta(text: &str, pattern: &mut String) {
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn replacements_are_taken_apart_like_go() {
        let taken = pieces("a$1b${1}b$$$ ${x $é1$01");
        let expected = [
            Piece::Text("a"),
            Piece::Name("1b"),
            Piece::Number(1),
            Piece::Text("b"),
            Piece::Text("$"),
            Piece::Text("$"),
            Piece::Text(" "),
            Piece::Text("$"),
            Piece::Text("{x "),
            Piece::Name("é1"),
            Piece::Name("01"),
        ];
        assert_eq!(taken, expected);
    }
}
