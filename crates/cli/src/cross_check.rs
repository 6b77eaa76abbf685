//! `--cross-check`: the question goes to a second engine, too.
//!
//! A check fails where the two answers differ, and where there is no second answer: one that did not happen must not
//! look like one that passed.

use crate::args::Eval;
use crate::input::Origin;
use anyhow::{Context, Result, anyhow, bail};
use solon::{Compiler, Decide, Engine, Error, Input, OwnedAnswer, ParsedInput, Settings};
use std::thread;
use std::time::Duration;

/// The second engine descends on the stack as deep as a policy is nested.
const STACK: usize = 256 << 20;

/// A second engine that has been told policies, data and the query.
pub struct CrossCheck {
    engine: String,
    query: String,
    decide: Box<dyn Decide>,
}

impl CrossCheck {
    /// Prepares the second engine.
    pub fn new(sources: &Compiler, query: &str, arguments: &Eval) -> Result<CrossCheck> {
        let engine = second_engine(arguments.timeout)?;
        let name = engine.name().to_owned();
        if !arguments.package.is_empty() || !arguments.import.is_empty() {
            bail!(
                "--cross-check: {name} knows neither --package nor --import; \
                 write whole paths in the query, such as data.a.allow"
            );
        }
        let settings = Settings { is_strict: arguments.strict_builtin_errors, ..Settings::default() };
        let prepared = aside(&name, || engine.load(sources)?.prepare(query, &settings));
        let decide = prepared?.map_err(|error| no_opinion(&name, &error))?;
        Ok(CrossCheck { engine: name, query: query.to_owned(), decide })
    }

    /// Fails unless the second engine says the same about an input. `origin` says which object the input is.
    pub fn compare(
        &mut self,
        ours: &Result<OwnedAnswer, Error>,
        input: Option<&ParsedInput>,
        origin: Option<&Origin>,
    ) -> Result<()> {
        let decide = &mut self.decide;
        let theirs = aside(&self.engine, || decide.eval(input.map_or_else(Input::none, Input::parsed)))?;
        match (ours, &theirs) {
            (Ok(ours), Ok(theirs)) if ours.agrees_with(theirs) => Ok(()),
            // Two engines that refuse agree; why this one does is told as ever.
            (Err(_), Err(_)) => Ok(()),
            (Ok(_), Err(error)) => Err(no_opinion(&self.engine, error)),
            _ => {
                let object = origin.map(|origin| format!("\n  input:   {origin}")).unwrap_or_default();
                let (query, engine) = (&self.query, format!("{}:", self.engine));
                bail!(
                    "--cross-check: the engines differ\n  query:   {query}{object}\n  solon:   {}\n  {engine:<8} {}",
                    show(ours),
                    show(&theirs)
                )
            }
        }
    }
}

#[cfg(feature = "regorus")]
fn second_engine(timeout: Option<Duration>) -> Result<Box<dyn Engine>> {
    let engine = solon::RegorusEngine::default();
    Ok(Box::new(match timeout.filter(|timeout| !timeout.is_zero()) {
        Some(timeout) => engine.time_limit(timeout),
        None => engine,
    }))
}

#[cfg(not(feature = "regorus"))]
fn second_engine(_: Option<Duration>) -> Result<Box<dyn Engine>> {
    bail!(
        "--cross-check: this solon was built without a second engine; \
         `cargo install --path crates/cli --features regorus` builds one with regorus"
    )
}

/// Runs the second engine where neither depth nor a panic ends this program.
fn aside<T: Send>(engine: &str, work: impl FnOnce() -> T + Send) -> Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.context("--cross-check: there is no thread for the second engine")?;
        thread.join().map_err(|_| anyhow!("--cross-check: {engine} panicked; nothing was checked"))
    })
}

fn no_opinion(engine: &str, error: &Error) -> anyhow::Error {
    anyhow!("--cross-check: {engine} has no answer, so that nothing was checked\n{error}")
}

/// An answer in one line: its value, or its rows where there is more to tell.
fn show(said: &Result<OwnedAnswer, Error>) -> String {
    let answer = match said {
        Ok(answer) => answer,
        Err(error) => return format!("error: {error}"),
    };
    let rows = answer.rows.iter().map(|row| {
        let values: Vec<String> = row.expressions.iter().map(|expression| expression.value.to_string()).collect();
        let bindings = row.bindings.iter().map(|(name, value)| format!("{name} = {value}"));
        let bindings: Vec<String> = bindings.collect();
        match (values.as_slice(), bindings.is_empty()) {
            ([value], true) => value.clone(),
            (_, true) => format!("({})", values.join("; ")),
            _ => format!("({} where {})", values.join("; "), bindings.join(", ")),
        }
    });
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() { "undefined".to_owned() } else { rows.join(", ") }
}
