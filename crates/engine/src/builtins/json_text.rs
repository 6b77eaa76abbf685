//! JSON in strings: `json.marshal`, `json.unmarshal` and the like.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Value, exceeds, json};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "json.marshal",
        signature: "(x: any) -> y: string",
        doc: "Returns the value as JSON text.",
        example: ("json.marshal({\"a\": [1, null]})", "\"{\\\"a\\\":[1,null]}\""),
        purity: Purity::Pure,
        call: |context, args| {
            let text = marshal(context, operand::any(args, 1)?)?;
            context.string(&text)
        },
    },
    Builtin {
        name: "json.marshal_with_options",
        signature: "(x: any, opts: object<indent: string, prefix: string, pretty: boolean>[string: any]) -> y: string",
        doc: "Returns the value as JSON text. With `pretty`, which `indent` or `prefix` imply, each item stands on a \
              line of its own, after `prefix` and as many `indent`s (a tab, if not given) as it is deep.",
        example: ("json.marshal_with_options([1], {\"indent\": \"  \"})", "\"[\\n  1\\n]\""),
        purity: Purity::Pure,
        call: marshal_with_options,
    },
    Builtin {
        name: "json.unmarshal",
        signature: "(x: string) -> y: any",
        doc: "Returns the value that a JSON text stands for.",
        example: ("json.unmarshal(\"{\\\"a\\\": 1}\")", "{\"a\": 1}"),
        purity: Purity::Pure,
        call: |context, args| {
            let bytes = operand::string(args, 1)?.as_bytes();
            json::parse(context.arena, bytes, context.symbols).map_err(|error| {
                if error.is_limit() {
                    return Failure::Halt(error.describe(bytes));
                }
                let message = error.describe(bytes);
                let trailing = message.ends_with("after top-level value");
                Failure::Error(if trailing { format!("error: {message}") } else { message })
            })
        },
    },
    Builtin {
        name: "json.is_valid",
        signature: "(x: string) -> result: boolean",
        doc: "Tells whether the string is a JSON text.",
        example: ("json.is_valid(\"[1,\")", "false"),
        purity: Purity::Pure,
        call: |context, args| {
            let Ok(text) = operand::string(args, 1) else { return Ok(Value::Bool(false)) };
            match json::parse(context.arena, text.as_bytes(), context.symbols) {
                Err(error) if error.is_limit() => Err(Failure::Halt(error.describe(text.as_bytes()))),
                result => Ok(Value::Bool(result.is_ok())),
            }
        },
    },
];

/// Fails if the value is too large to be written out.
pub(super) fn check_written(context: &Context<'_, '_>, value: Value<'_>) -> Result<(), Failure> {
    if exceeds(value, context.max_bytes()) {
        return Err(Failure::Halt(format!(
            "the text of a value has more than {} bytes, or is nested too deep",
            context.max_bytes()
        )));
    }
    Ok(())
}

/// The value as JSON text, its size checked before.
pub(super) fn marshal(context: &Context<'_, '_>, value: Value<'_>) -> Result<String, Failure> {
    check_written(context, value)?;
    let mut text = String::new();
    json::write(value, &mut text);
    Ok(text)
}

fn marshal_with_options<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let text = marshal(context, operand::any(args, 1)?)?;
    let (mut indent, mut prefix, mut pretty, mut implied) = ("\t", "", None, false);
    for (at, (key, value)) in operand::object(args, 2)?.entries().iter().enumerate() {
        let wrong = |message: String| Failure::Type(format!("operand 2 {message}"));
        let string = |name: &str| {
            value.as_str().ok_or_else(|| {
                let kind = value.kind().name();
                wrong(format!("key \"{name}\" failed cast to string: operand {at} must be string but got {kind}"))
            })
        };
        match (key.as_str(), value) {
            (Some("indent"), _) => (indent, implied) = (string("indent")?, true),
            (Some("prefix"), _) => (prefix, implied) = (string("prefix")?, true),
            (Some("pretty"), Value::Bool(value)) => pretty = Some(*value),
            (Some("pretty"), _) => return Err(wrong("key \"pretty\" failed cast to bool".into())),
            _ => return Err(wrong(format!("object contained unknown key {key}"))),
        }
    }
    if !pretty.unwrap_or(implied) {
        return context.string(&text);
    }
    let pretty = indented(context, &text, prefix, indent)?;
    context.string(&pretty)
}

/// Lays out compact JSON on lines.
fn indented(context: &Context<'_, '_>, text: &str, prefix: &str, indent: &str) -> Result<String, Failure> {
    let mut out = prefix.to_owned();
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let line = |out: &mut String, depth: usize| -> Result<(), Failure> {
        let size = indent.len().saturating_mul(depth).saturating_add(prefix.len());
        context.check_size(out.len().saturating_add(size))?;
        out.push('\n');
        out.push_str(prefix);
        out.push_str(&indent.repeat(depth));
        Ok(())
    };
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if in_string {
            out.push(letter);
            in_string = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            '[' | '{' => {
                out.push(letter);
                if let Some(close) = letters.next_if(|next| matches!(next, ']' | '}')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth)?;
                }
            }
            ']' | '}' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth)?;
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                line(&mut out, depth)?;
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = letter == '"';
                out.push(letter);
            }
        }
    }
    Ok(out)
}
