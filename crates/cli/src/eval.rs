//! `solon eval`.

use crate::args::{Eval, Format};
use crate::compile;
use crate::cross_check::CrossCheck;
use crate::exit;
use crate::host::Terminal;
use crate::input::{self, Item, Origin, Text};
use crate::render::Renderer;
use crate::report::{self, Problem};
use crate::terminal::{print, say};
use anyhow::Result;
use solon::syntax::{ParseOptions, parse_query};
use solon::{Input, ParsedInput, Policy};
use solon_files::Loaded;
use std::process::ExitCode;
use std::sync::Arc;

/// Why there is no answer.
enum Failure {
    /// Errors that are part of the output.
    Reported(Vec<Problem>),
    /// Everything else.
    Other(anyhow::Error),
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        Failure::Reported(problems)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Other(error)
    }
}

/// Evaluates a query and prints the answer.
pub fn run(arguments: &Eval) -> Result<ExitCode> {
    if let Err(message) = arguments.check() {
        say(&format!("Error: {message}\n\nUsage: solon eval [OPTIONS] [QUERY]\n\nFor more information, try '--help'."));
        return Ok(exit::FAILED.into());
    }
    let query = match &arguments.query {
        Some(query) => query.clone(),
        None => String::from_utf8(input::read_stdin()?)?,
    };
    let text = input::read(arguments)?;
    match evaluate(arguments, &query, text.as_ref()) {
        Ok(answers) => {
            let failed =
                (arguments.fail && answers.has_undefined()) || (arguments.fail_defined && answers.has_defined());
            print(&answers.finish())?;
            Ok(if failed { exit::FAILED } else { exit::DONE }.into())
        }
        Err(Failure::Reported(problems)) => {
            match arguments.format {
                Format::Json => print(&report::json(&problems))?,
                Format::Discard => print(&report::sorted_json(&problems))?,
                _ => say(&report::text(&problems)),
            }
            Ok(exit::ERROR.into())
        }
        Err(Failure::Other(error)) => Err(error),
    }
}

fn evaluate(arguments: &Eval, query: &str, text: Option<&Text>) -> Result<Renderer, Failure> {
    let host = Arc::new(Terminal::new(arguments.timeout));
    let (loaded, compiled) = match &arguments.compiled {
        Some(path) => (Loaded::default(), Some(compile::read(path)?)),
        None => (arguments.policy.load()?, None),
    };
    if query.trim().is_empty() {
        return Err(vec![Problem::new("cannot evaluate empty query")].into());
    }
    let policy = match compiled {
        // Its notes were told when it was compiled.
        Some(policy) => policy,
        None => {
            let policy = compile::finish(&loaded, arguments.strict, arguments.schema.as_deref())??;
            tell(&policy);
            policy
        }
    };
    let imports: Vec<&str> = arguments.import.iter().map(String::as_str).collect();
    let text_of = |name: &str| if name.is_empty() { Some(query) } else { loaded.text_of(name) };
    let problems = |error: solon::Error| Problem::of_engine(&error, text_of);
    let parsed = parse_query(query, ParseOptions::default());
    if parsed.errors.is_empty() && parsed.tree.is_empty() {
        let problem = Problem::new("empty query cannot be compiled");
        return Err(vec![Problem { code: "rego_compile_error".to_owned(), ..problem }].into());
    }
    let prepared = policy.prepare_in(query, &arguments.package, &imports).map_err(problems)?;
    let items = text.map(|text| text.items(&policy)).transpose()?;
    let mut evaluator = prepared.evaluator().host(host).strict_builtin_errors(arguments.strict_builtin_errors);
    let ask_second = || CrossCheck::new(&loaded.sources(), query, arguments);
    let mut second = arguments.cross_check.then(ask_second).transpose()?;
    let mut answers = Renderer::new(arguments.format);
    let mut ask = |input: Option<&ParsedInput>, origin: Option<&Origin>| -> Result<(), Failure> {
        let said = evaluator.eval(input.map_or_else(Input::none, Input::parsed));
        if let Some(second) = &mut second {
            let ours = said.as_ref().map(|answer| answer.to_owned()).map_err(Clone::clone);
            second.compare(&ours, input, origin)?;
        }
        answers.answer(&said.map_err(problems)?, origin);
        Ok(())
    };
    match &items {
        Some(items) => items.iter().try_for_each(|Item { input, origin }| ask(Some(input), origin.as_ref()))?,
        None => ask(None, None)?,
    }
    // The process ends soon and gives everything back at once.
    std::mem::forget((policy, evaluator));
    Ok(answers)
}

/// Says what the compiler noticed.
pub fn tell(policy: &Policy) {
    for note in policy.notes() {
        let hint = note.hint.as_ref().map(|hint| format!(" (hint: {hint})")).unwrap_or_default();
        say(&format!("note: {}{hint}", note.message));
    }
}
