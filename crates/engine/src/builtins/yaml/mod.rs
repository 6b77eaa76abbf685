//! YAML in strings: `yaml.marshal`, `yaml.unmarshal`, `yaml.is_valid`.
//!
//! Takes one document of text or a value, gives the other. It must not know of streams of documents or of files; hosts
//! read those on their own.
//!
//! Plain scalars mean what they mean to OPA's YAML library: `yes` and dates are strings, `0777` is octal, `<<` merges.

mod refusals;
mod write;

use super::failure::operand;
use super::{Builtin, Failure, Outcome, Purity, floats, json_text, stack};
use crate::value::{Bump, Entry, Value, json, number};
use data_encoding::BASE64;
use refusals::Strict;
use saphyr_parser::{Event, Parser, ScalarStyle, StrInput, Tag};
use std::collections::HashMap;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "yaml.marshal",
        signature: "(x: any) -> y: string",
        doc: "Returns the value as YAML text.",
        example: ("yaml.marshal({\"a\": [1, \"x\"]})", "\"a:\\n  - 1\\n  - x\\n\""),
        purity: Purity::Pure,
        call: |context, args| {
            let value = operand::any(args, 1)?;
            json_text::check_written(context, value)?;
            // OPA makes YAML of the value's JSON, which it reads as YAML.
            refusals::check_texts(&value)?;
            let text = write::write(value, context.max_bytes());
            text.map_or_else(
                || Err(context.check_size(usize::MAX).err().unwrap_or(Failure::Undefined)),
                |text| context.string(&text),
            )
        },
    },
    Builtin {
        name: "yaml.unmarshal",
        signature: "(x: string) -> y: any",
        doc: "Returns the value that a YAML text stands for: its first document, if it has several.",
        example: ("yaml.unmarshal(\"a: [1, x]\")", "{\"a\": [1, \"x\"]}"),
        purity: Purity::Pure,
        call: |context, args| {
            let value = read(context.arena, operand::string(args, 1)?)?;
            // Aliases share what they name; written out it may be without measure.
            json_text::check_written(context, value)?;
            Ok(value)
        },
    },
    Builtin {
        name: "yaml.is_valid",
        signature: "(x: string) -> result: boolean",
        doc: "Tells whether the string is a YAML text.",
        example: ("yaml.is_valid(\"a: [\")", "false"),
        purity: Purity::Pure,
        call: |context, args| {
            let Ok(text) = operand::string(args, 1) else { return Ok(Value::Bool(false)) };
            match read(context.arena, text) {
                Err(limit @ Failure::Halt(_)) => Err(limit),
                result => Ok(Value::Bool(result.is_ok())),
            }
        },
    },
];

/// What a plain scalar means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Merge,
    Text,
}

/// Finds the meaning of a plain scalar.
pub(crate) fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        "<<" => return Scalar::Merge,
        _ => {}
    }
    if !text.starts_with(['+', '-', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        return Scalar::Text;
    }
    let plain = text.replace('_', "");
    if let Some(integer) = integer(&plain) {
        return Scalar::Integer(integer);
    }
    let finite = || plain.parse().ok().filter(|float: &f64| float.is_finite());
    if is_float(&plain) { finite().map_or(Scalar::Text, Scalar::Float) } else { Scalar::Text }
}

/// An integer as Go reads it with base 0: `0x`, `0o`, `0b`, a leading zero for octal; 64 bits, with a sign or without.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixed = |lower: &str, upper: &str| digits.strip_prefix(lower).or_else(|| digits.strip_prefix(upper));
    let (digits, radix) = if let Some(rest) = prefixed("0x", "0X") {
        (rest, 16)
    } else if let Some(rest) = prefixed("0o", "0O") {
        (rest, 8)
    } else if let Some(rest) = prefixed("0b", "0B") {
        (rest, 2)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (digits, 8)
    } else {
        (digits, 10)
    };
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -magnitude } else { magnitude };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

/// Whether it has the form of a decimal number.
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_ok = exponent.is_none_or(|exponent| {
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !power.is_empty() && digits(power)
    });
    exponent_ok && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// Reads a YAML text: the first of its documents, or null if there is none.
pub(super) fn read<'a>(arena: &'a Bump, text: &str) -> Outcome<'a> {
    refusals::check_characters(text)?;
    let parser = Parser::new_from_str(text);
    let mut reader = Reader { arena, text, parser, strict: Strict::new(text), anchors: HashMap::new() };
    let mut first = None;
    while let Some(event) = reader.next()? {
        if matches!(event, Event::DocumentStart(_)) {
            reader.anchors.clear();
            let root = reader.next()?.unwrap_or(Event::Nothing);
            let node = reader.node(root, 0);
            // A later document must be well-formed, but may hold what has no JSON.
            match (node, &first) {
                (Ok(node), None) => first = Some(node.value(arena)?),
                (Err(failure), None) => return Err(failure),
                _ => {}
            }
        }
    }
    Ok(first.unwrap_or(Value::Null))
}

/// A node that was read: a value, or the sign that entries are to be merged.
enum Node<'a> {
    Value(Value<'a>),
    Float(f64),
    Merge,
}

impl<'a> Node<'a> {
    fn value(&self, arena: &'a Bump) -> Outcome<'a> {
        match self {
            Node::Value(value) => Ok(*value),
            Node::Merge => Ok(Value::string("<<")),
            Node::Float(float) if float.is_finite() => parse_number(arena, &json_float(*float)),
            Node::Float(float) => {
                let shown = match float {
                    _ if float.is_nan() => "NaN",
                    _ if *float > 0.0 => "+Inf",
                    _ => "-Inf",
                };
                Err(Failure::Error(format!("json: unsupported value: {shown}")))
            }
        }
    }
}

fn parse_number<'a>(arena: &'a Bump, text: &str) -> Outcome<'a> {
    number::parse(arena, arena.alloc_str(text)).ok_or_else(|| Failure::error("number too big"))
}

struct Reader<'a, 't> {
    arena: &'a Bump,
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    strict: Strict<'t>,
    anchors: HashMap<usize, Value<'a>>,
}

impl<'a, 't> Reader<'a, 't> {
    fn next(&mut self) -> Result<Option<Event<'t>>, Failure> {
        let Some(event) = self.parser.next_event() else { return Ok(None) };
        let (mut event, span) = event.map_err(|error| refusals::explain(&error, self.text))?;
        self.strict.check(&event, span)?;
        // What ends without a line break has none, whatever the parser adds to end its last line.
        if let Event::Scalar(text, ScalarStyle::Literal | ScalarStyle::Folded, ..) = &mut event
            && text.ends_with('\n')
            && !self.text.ends_with('\n')
            && span.end.index() >= self.text.chars().count()
        {
            text.to_mut().pop();
        }
        Ok(Some(event))
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Result<Node<'a>, Failure> {
        if depth > json::MAX_DEPTH {
            return Err(Failure::Halt("yaml: exceeded max depth".into()));
        }
        let (anchor, node) = stack::nested(|| self.parts(event, depth))?;
        if let (true, Ok(value)) = (anchor > 0, node.value(self.arena)) {
            self.anchors.insert(anchor, value);
        }
        Ok(node)
    }

    /// A node with its anchor; 0 is none.
    fn parts(&mut self, event: Event<'t>, depth: usize) -> Result<(usize, Node<'a>), Failure> {
        Ok(match event {
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).copied();
                let value = value.ok_or_else(|| Failure::error("yaml: anchor value contains itself"))?;
                (0, Node::Value(value))
            }
            Event::Scalar(text, style, anchor, tag) => (anchor, self.scalar(&text, style, tag.as_deref())?),
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        None | Some(Event::SequenceEnd) => break,
                        Some(event) => items.push(self.node(event, depth + 1)?.value(self.arena)?),
                    }
                }
                (anchor, Node::Value(Value::new_array(self.arena, &items)))
            }
            Event::MappingStart(anchor, _) => (anchor, Node::Value(self.mapping(depth)?)),
            _ => (0, Node::Value(Value::Null)),
        })
    }

    fn mapping(&mut self, depth: usize) -> Outcome<'a> {
        let mut merged: Vec<Value<'a>> = Vec::new();
        let mut own: Vec<Entry<'a>> = Vec::new();
        loop {
            let key = match self.next()? {
                None | Some(Event::MappingEnd) => break,
                Some(event) => self.node(event, depth + 1)?,
            };
            let event = self.next()?.unwrap_or(Event::Nothing);
            let value = self.node(event, depth + 1)?.value(self.arena)?;
            match key {
                Node::Merge => match value {
                    Value::Object(_) => merged.push(value),
                    Value::Array(items) if items.iter().all(|item| item.as_object().is_some()) => {
                        merged.extend_from_slice(items);
                    }
                    _ => {
                        return Err(Failure::error("yaml: map merge requires map or sequence of maps as the value"));
                    }
                },
                key => own.push((self.key(key, &value)?, value)),
            }
        }
        // What stands later counts: the mapping's own entries, and of those merged the first ones.
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for object in merged.iter().rev().filter_map(|value| value.as_object()) {
            entries.extend_from_slice(object.entries());
        }
        entries.extend(own);
        Ok(Value::new_object(self.arena, &entries))
    }

    /// A key as JSON has it.
    fn key(&self, key: Node<'a>, value: &Value<'a>) -> Outcome<'a> {
        let text = match key {
            Node::Merge => "<<".to_owned(),
            Node::Float(float) if float.is_nan() => ".nan".to_owned(),
            Node::Float(float) if float.is_infinite() => if float > 0.0 { ".inf" } else { "-.inf" }.to_owned(),
            Node::Float(float) => {
                // With the digits that 32 bits need.
                let short = (float as f32).to_string().parse().unwrap_or(float);
                let mut text = String::new();
                floats::format(short, 'g', None, &mut text);
                text
            }
            Node::Value(Value::Bool(value)) => value.to_string(),
            Node::Value(Value::Int(value)) => value.to_string(),
            Node::Value(Value::Number(number)) => number.text().to_owned(),
            Node::Value(value @ Value::String { .. }) => return Ok(value),
            Node::Value(Value::Null) => return Err(refusals::null_key(value)),
            Node::Value(other) => return Err(refusals::invalid_key(&other)),
        };
        Ok(Value::new_string(self.arena, &text))
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node<'a>, Failure> {
        let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
        let string = || Ok(Node::Value(Value::new_string(self.arena, text)));
        let meaning = match (core, tag) {
            (Some("str" | "timestamp"), _) => return string(),
            (Some("binary"), _) => {
                let bytes = BASE64.decode(text.replace(['\n', ' '], "").as_bytes());
                let bytes = bytes.map_err(|_| Failure::error("yaml: !!binary value contains invalid base64 data"))?;
                return Ok(Node::Value(Value::new_string(self.arena, &super::letters::lossy(&bytes))));
            }
            (Some(_), _) => resolve(text),
            (None, Some(_)) => return string(),
            (None, None) if style == ScalarStyle::Plain => resolve(text),
            (None, None) => return string(),
        };
        let fits = match core {
            Some("int") => matches!(meaning, Scalar::Integer(_)),
            Some("float") => matches!(meaning, Scalar::Integer(_) | Scalar::Float(_)),
            Some("bool") => matches!(meaning, Scalar::Bool(_)),
            Some("null") => matches!(meaning, Scalar::Null),
            _ => true,
        };
        if !fits {
            return Err(Failure::Error(format!("yaml: cannot decode !!str `{text}` as a !!{}", core.unwrap_or(""))));
        }
        match meaning {
            Scalar::Null => Ok(Node::Value(Value::Null)),
            Scalar::Bool(value) => Ok(Node::Value(Value::Bool(value))),
            Scalar::Integer(value) => parse_number(self.arena, &value.to_string()).map(Node::Value),
            Scalar::Float(value) => Ok(Node::Float(value)),
            Scalar::Merge => Ok(Node::Merge),
            Scalar::Text => string(),
        }
    }
}

/// A float as Go writes it in JSON: with an exponent only where it is very small or large.
pub(crate) fn json_float(value: f64) -> String {
    let mut text = String::new();
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        floats::format(value, 'e', None, &mut text);
        // `1e-07` is `1e-7` in JSON.
        return text.replace("e-0", "e-");
    }
    floats::format(value, 'f', None, &mut text);
    text
}
