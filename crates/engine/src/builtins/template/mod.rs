//! `strings.render_template`: the part of Go's `text/template` that works on JSON.
//!
//! Takes the text of a template and an object of variables, gives text. It must not know of files or of other
//! templates.
//!
//! Actions are read into a tree, which is then run over the variables. Templates within templates and
//! `call` are not there: they end the evaluation rather than give another answer than OPA.

mod data;
mod format;
mod json;
mod parser;
mod run;
mod texts;

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "strings.render_template",
    signature: "(value: string, vars: object[string: any]) -> result: string",
    doc: "Renders a template in the language of Go's `text/template` with the variables. What is missing is written \
          `<undefined>`.",
    example: (r#"strings.render_template("{{.a}}{{range .b}}-{{.}}{{end}}", {"a": 1, "b": [2, 3]})"#, r#""1-2-3""#),
    purity: Purity::Pure,
    call: render,
}];

const MISSING: &str = "<undefined>";

fn render<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (source, variables) = (operand::string(args, 1)?, operand::object(args, 2)?);
    json::check(Value::Object(variables)).map_err(Failure::Error)?;
    let nodes = parser::parse(source)?;
    let out = run::run(context, &nodes, Value::Object(variables))?;
    context.string(&out.replace("<no value>", MISSING))
}

fn error<T>(what: impl std::fmt::Display) -> Result<T, Failure> {
    Err(Failure::Error(format!("template: template:1: {what}")))
}

fn unsupported<T>(what: &str) -> Result<T, Failure> {
    Err(Failure::Halt(format!("templates with {what} are not supported")))
}
