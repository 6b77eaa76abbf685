//! `strings.render_template`: Go's `text/template` on JSON.
//!
//! Takes the text of a template and an object of variables, gives text. It must not know of files.
//!
//! The text is cut into tokens (`lexer`), read into trees (`parser`, `tree`, `constant`), one for each template in it, and
//! run over the variables (`run`, `eval`) with the functions that Go has (`functions` and what it names). Whatever is wrong
//! is said in Go's words with Go's places. All of it lives in an arena of its own, which goes when the text is done.

mod compare;
mod constant;
mod data;
mod eval;
mod format;
mod functions;
mod index;
mod json;
mod lexer;
mod parser;
mod run;
mod texts;
mod tree;

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::{Bump, Value};

pub(super) static TABLE: &[Builtin] = &[Builtin {
    name: "strings.render_template",
    signature: "(value: string, vars: object[string: any]) -> result: string",
    doc: "Renders a template in the language of Go's `text/template` with the variables. What is missing is written \
          `<undefined>`.",
    example: (r#"strings.render_template("{{.a}}{{range .b}}-{{.}}{{end}}", {"a": 1, "b": [2, 3]})"#, r#""1-2-3""#),
    purity: Purity::Pure,
    call: render,
}];

/// The name that OPA gives the template.
const NAME: &str = "template";

/// What Go writes for what is not there, and what OPA makes of it.
const NO_VALUE: &str = "<no value>";
const UNDEFINED: &str = "<undefined>";

fn render<'a>(context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (source, variables) = (operand::string(args, 1)?, operand::object(args, 2)?);
    json::check(Value::Object(variables)).map_err(Failure::Error)?;
    let arena = Bump::new();
    let templates = parser::parse(NAME, source, &arena, functions::is_function)?;
    let out = run::run(context, &arena, source, &templates, variables)?;
    context.string(&out.replace(NO_VALUE, UNDEFINED))
}
