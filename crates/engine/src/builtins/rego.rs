//! Rego about Rego: `rego.parse_module`, `rego.metadata.rule` and `rego.metadata.chain`.
//!
//! In rules the compiler puts constants in the place of metadata (`hir::annotations`); elsewhere there is none.

use super::failure::operand;
use super::modules::read_module;
use super::{Builtin, Context, Failure, Outcome, Purity, stack};
use crate::value::{Bump, Value, number};
use solon_syntax::json::{self, Json};
use solon_syntax::{Diagnostic, ParseOptions, Source, line_at};

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "rego.metadata.chain",
        signature: "() -> chain: array[any]",
        doc: "Returns the annotations of the rule, its document, its package and the packages above, nearest first: \
              objects of `annotations` and `path`. Undefined outside of rules.",
        example: ("package example\n# METADATA\n# title: A\np := rego.metadata.chain()[0].path", r#"["example", "p"]"#),
        purity: Purity::Pure,
        call: |_, _| Err(no_rule("chain")),
    },
    Builtin {
        name: "rego.metadata.rule",
        signature: "() -> output: any",
        doc: "Returns the annotations of the rule, or an empty object. Undefined outside of rules.",
        example: ("package example\n# METADATA\n# title: A\np := rego.metadata.rule().title", r#""A""#),
        purity: Purity::Pure,
        call: |_, _| Err(no_rule("rule")),
    },
    Builtin {
        name: "rego.parse_module",
        signature: "(filename: string, rego: string) -> output: object[string: any]",
        doc: "Returns the syntax tree of a module as OPA writes it. The name of the file stands in errors and comments.",
        example: (r#"rego.parse_module("a.rego", "package a.b")["package"].path[2].value"#, r#""b""#),
        purity: Purity::Pure,
        call: parse,
    },
];

/// How much larger than its text a tree may be.
const GROWTH: usize = 128;

fn no_rule(name: &str) -> Failure {
    Failure::Error(format!("the rego.metadata.{name} function must only be called within the scope of a rule"))
}

fn parse<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    // Each is the first operand to OPA.
    let (name, text) = (operand::string(args, 1)?, operand::string(args.get(1..).unwrap_or_default(), 1)?);
    ctx.check_size(text.len().saturating_mul(GROWTH))?;
    let source = Source::new(name, text);
    let parsed = read_module(text, ParseOptions::default());
    match parsed.tree {
        Some(module) if parsed.errors.is_empty() => value(ctx.arena, &json::module(&module, &source)),
        _ => Err(Failure::Error(errors(parsed.errors, &source))),
    }
}

/// A tree as a value. Its depth is bounded by the parser.
fn value<'a>(arena: &'a Bump, json: &Json) -> Outcome<'a> {
    stack::nested(|| match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(value) => Ok(Value::Bool(*value)),
        Json::Number(text) => {
            number::parse(arena, arena.alloc_str(text)).ok_or_else(|| Failure::error("number too big"))
        }
        Json::String(text) => Ok(Value::new_string(arena, text)),
        Json::Array(items) => {
            let items: Result<Vec<_>, Failure> = items.iter().map(|item| value(arena, item)).collect();
            Ok(Value::new_array(arena, &items?))
        }
        Json::Object(fields) => {
            let fields: Result<Vec<_>, Failure> =
                fields.iter().map(|(name, field)| Ok((Value::string(name), value(arena, field)?))).collect();
            Ok(Value::new_object(arena, &fields?))
        }
    })
}

/// The errors of a module in OPA's words.
fn errors(mut errors: Vec<Diagnostic>, source: &Source) -> String {
    if errors.iter().any(|error| error.message == "empty module") {
        return format!("{}:0: rego_parse_error: empty module", source.name());
    }
    errors.sort_by_key(|error| error.span.start);
    let texts: Vec<String> = errors.iter().map(|error| text(error, source)).collect();
    match texts.as_slice() {
        [one] => format!("1 error occurred: {one}"),
        several => format!("{} errors occurred:\n{}", several.len(), several.join("\n")),
    }
}

fn text(error: &Diagnostic, source: &Source) -> String {
    let position = source.position(error.span.start);
    let text = format!("{}:{}: {}: {}", source.name(), position.row, error.code, error.message);
    if error.is_bare {
        return text;
    }
    let (line, index) = line_at(source.text(), position.row, position.col);
    let shown = line.trim_start_matches('\t');
    let indent = index.saturating_sub(line.len() - shown.len());
    format!("{text}\n\t{shown}\n\t{:indent$}^", "")
}
