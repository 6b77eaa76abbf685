//! Building strings from parts: `concat`, `replace`, `format_int`, template strings.
//!
//! The size of a result is known before it is built, so that a short policy cannot ask for a huge string.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity, json_text, letters};
use crate::value::{Value, arithmetic, json};
use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind};
use memchr::memchr;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "concat",
        signature: "(delimiter: string, collection: array[string] | set[string]) -> output: string",
        doc: "Joins the strings of an array or set with the delimiter between them.",
        example: ("concat(\"/\", [\"a\", \"b\"])", "\"a/b\""),
        purity: Purity::Pure,
        call: concat,
    },
    Builtin {
        name: "format_int",
        signature: "(number: number, base: number) -> output: string",
        doc: "Returns the integer part of the number written in base 2, 8, 10 or 16.",
        example: ("format_int(255, 16)", "\"ff\""),
        purity: Purity::Pure,
        call: format_int,
    },
    Builtin {
        name: "replace",
        signature: "(x: string, old: string, new: string) -> y: string",
        doc: "Returns the string with every `old` replaced by `new`.",
        example: ("replace(\"a.b.c\", \".\", \"/\")", "\"a/b/c\""),
        purity: Purity::Pure,
        call: |context, args| {
            let (text, pair) = (operand::string(args, 1)?, (operand::string(args, 2)?, operand::string(args, 3)?));
            replace_one(context, text, pair)
        },
    },
    Builtin {
        name: "strings.replace_n",
        signature: "(patterns: object[string: string], value: string) -> output: string",
        doc: "Returns the string with every key of `patterns` replaced by its value. What was replaced is not looked \
              at again; where several keys match, the first in order counts.",
        example: ("strings.replace_n({\"<\": \"&lt;\", \">\": \"&gt;\"}, \"<b>\")", "\"&lt;b&gt;\""),
        purity: Purity::Pure,
        call: replace_n,
    },
    Builtin {
        name: "internal.template_string",
        signature: "(array[any]) -> string",
        doc: "Joins the parts of a template string. A part is a scalar, or a set of at most one value; the empty set \
              stands for an undefined value.",
        example: ("$\"{1 + 1} is {[\"two\"]}\"", "\"2 is [\\\"two\\\"]\""),
        purity: Purity::Pure,
        call: template_string,
    },
];

fn concat<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let delimiter = operand::string(args, 1)?;
    let collection = operand::any(args, 2)?;
    let items = match &collection {
        Value::Array(items) => items,
        Value::Set(set) => set.items(),
        other => return Err(Failure::operand(2, other, &["set", "array"])),
    };
    let mut size = delimiter.len().saturating_mul(items.len().saturating_sub(1));
    for item in items {
        let text = item.as_str().ok_or_else(|| Failure::element(2, collection.kind().name(), item, "string"))?;
        size = size.saturating_add(text.len());
    }
    if let [only] = items {
        return Ok(*only);
    }
    context.check_size(size)?;
    let mut joined = bumpalo::collections::String::with_capacity_in(size, context.arena);
    for (at, text) in items.iter().filter_map(|item| item.as_str()).enumerate() {
        if at > 0 {
            joined.push_str(delimiter);
        }
        joined.push_str(text);
    }
    Ok(Value::string(joined.into_bump_str()))
}

fn replace_n<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let patterns = operand::object(args, 1)?;
    let text = operand::string(args, 2)?;
    let mut pairs = bumpalo::collections::Vec::with_capacity_in(patterns.len(), context.arena);
    for (key, value) in patterns.entries() {
        let wrong = |what: &str| Failure::Type(format!("operand 1 non-string {what} found in pattern object"));
        pairs.push((key.as_str().ok_or_else(|| wrong("key"))?, value.as_str().ok_or_else(|| wrong("value"))?));
    }
    match pairs.as_slice() {
        [pair] => replace_one(context, text, *pair),
        pairs => replace(context, text, pairs),
    }
}

/// Where `part`, which is not empty, begins in the text from `start` on. Short ones are tried place by place.
#[inline]
fn find(text: &str, part: &str, start: usize) -> Option<usize> {
    const SHORT: usize = 1024;
    let rest = text.as_bytes().get(start..)?;
    let found = match part.as_bytes() {
        [byte] => memchr(*byte, rest),
        short if rest.len().saturating_mul(short.len()) <= SHORT => {
            rest.windows(short.len()).position(|window| window == short)
        }
        _ => text.get(start..)?.find(part),
    };
    found.map(|at| start + at)
}

/// Replaces every `old` by `new`, from left to right.
fn replace_one<'a>(context: &mut Context<'a, '_>, text: &'a str, (old, new): (&str, &str)) -> Outcome<'a> {
    if old.is_empty() {
        return replace(context, text, &[(old, new)]);
    }
    let Some(first) = find(text, old, 0) else {
        context.check_size(text.len())?;
        return Ok(Value::string(text));
    };
    let mut size = text.len();
    let mut found = Some(first);
    while let Some(at) = found {
        size = (size - old.len()).saturating_add(new.len());
        found = find(text, old, at + old.len());
    }
    context.check_size(size)?;
    let mut replaced = bumpalo::collections::String::with_capacity_in(size, context.arena);
    let mut done = 0;
    found = Some(first);
    while let Some(at) = found {
        replaced.push_str(text.get(done..at).unwrap_or(""));
        replaced.push_str(new);
        done = at + old.len();
        found = find(text, old, done);
    }
    replaced.push_str(text.get(done..).unwrap_or(""));
    Ok(Value::string(replaced.into_bump_str()))
}

/// One replacement: the bytes from `start` to `end` become the text of the pair.
struct Edit {
    start: usize,
    end: usize,
    pair: usize,
}

/// Replaces the first of each pair by the second, from left to right; at one place the first pair that matches counts.
fn replace<'a>(context: &mut Context<'a, '_>, text: &'a str, pairs: &[(&str, &str)]) -> Outcome<'a> {
    let edits = edits(text, pairs)?;
    let new = |edit: &Edit| pairs.get(edit.pair).map_or("", |pair| pair.1);
    let size = edits
        .iter()
        .fold(text.len(), |size, edit| size.saturating_sub(edit.end - edit.start).saturating_add(new(edit).len()));
    context.check_size(size)?;
    if edits.is_empty() {
        return Ok(Value::string(text));
    }
    let mut bytes = Vec::with_capacity(size);
    let mut done = 0;
    for edit in &edits {
        bytes.extend_from_slice(text.as_bytes().get(done..edit.start).unwrap_or(&[]));
        bytes.extend_from_slice(new(edit).as_bytes());
        done = edit.end;
    }
    bytes.extend_from_slice(text.as_bytes().get(done..).unwrap_or(&[]));
    // An empty `old` goes between the bytes of a character, which leaves no text.
    context.string(&letters::lossy(&bytes))
}

/// The replacements for several pairs, as Go's `strings.Replacer` finds them.
fn edits(text: &str, pairs: &[(&str, &str)]) -> Result<Vec<Edit>, Failure> {
    let olds = pairs.iter().map(|pair| pair.0);
    let empty = pairs.iter().position(|pair| pair.0.is_empty());
    let finder = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .start_kind(if empty.is_some() { StartKind::Anchored } else { StartKind::Unanchored })
        .build(olds.filter(|old| !old.is_empty()))
        .map_err(|error| Failure::Halt(format!("patterns are too large: {error}")))?;
    let edit = |found: aho_corasick::Match, skipped| Edit {
        start: found.start(),
        end: found.end(),
        pair: found.pattern().as_usize() + skipped,
    };
    let Some(pair) = empty else {
        return Ok(finder.find_iter(text).map(|found| edit(found, 0)).collect());
    };
    // Keys are sorted, so the empty one is first and wins everywhere, except right after it has matched.
    let mut edits = Vec::new();
    let mut at = 0;
    while at <= text.len() {
        edits.push(Edit { start: at, end: at, pair });
        let here = Input::new(text.as_bytes()).range(at..).anchored(Anchored::Yes);
        at = match finder.find(here) {
            Some(found) => {
                edits.push(edit(found, 1));
                found.end()
            }
            None => at + 1,
        };
    }
    Ok(edits)
}

fn format_int<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let number = operand::number(args, 1)?;
    let radix = match operand::number(args, 2)? {
        Value::Int(2) => 2,
        Value::Int(8) => 8,
        Value::Int(10) => 10,
        Value::Int(16) => 16,
        _ => return Err(Failure::Type("operand 2 must be one of {2, 8, 10, 16}".into())),
    };
    if let Value::Int(value) = number {
        return write_int(context, value, radix);
    }
    let whole = arithmetic::truncated(number).map_err(|error| Failure::error(error.to_string()))?;
    context.check_size(usize::try_from(whole.bits()).unwrap_or(usize::MAX))?;
    context.string(&whole.to_str_radix(radix))
}

fn write_int<'a>(context: &mut Context<'a, '_>, value: i64, radix: u32) -> Outcome<'a> {
    context.check_size((u64::BITS - value.unsigned_abs().leading_zeros()) as usize)?;
    // All digits and a sign, from the right.
    let mut buffer = [0; 65];
    let mut start = buffer.len();
    let mut rest = value.unsigned_abs();
    let mut push = |letter: u8| {
        start -= 1;
        if let Some(place) = buffer.get_mut(start) {
            *place = letter;
        }
    };
    loop {
        let digit = (rest % u64::from(radix)) as u8;
        push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
        rest /= u64::from(radix);
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        push(b'-');
    }
    context.string(std::str::from_utf8(buffer.get(start..).unwrap_or(&[])).unwrap_or(""))
}

fn template_string<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let parts = operand::array(args, 1)?;
    context.written(|context, text| {
        for part in parts {
            let shown = match part {
                Value::Set(set) => match set.items() {
                    [] => Value::string("<undefined>"),
                    [only] => *only,
                    _ => return Err(Failure::Halt("template-strings must not produce multiple outputs".into())),
                },
                Value::Array(_) | Value::Object(_) => {
                    return Err(Failure::Halt(format!("illegal argument type: {}", part.kind().name())));
                }
                scalar => *scalar,
            };
            match shown {
                Value::String { text: part, .. } => text.push_str(part),
                other => {
                    json_text::check_written(context, other)?;
                    json::write_rego(other, text);
                }
            }
            context.check_size(text.len())?;
        }
        Ok(())
    })
}
