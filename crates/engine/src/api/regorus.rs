//! `regorus`'s interpreter behind the evaluation API, as a second opinion.
//!
//! Takes what [`Engine`] takes. Data and inputs go over as JSON text; results come back through this crate's own values, so
//! that sets, keys and numbers are printed by the same code, in OPA's order. What it must not do is mend answers: where
//! `regorus` differs from OPA, its answer is passed on.

use super::engine::{Decide, Engine, LoadedPolicy, Settings};
use super::{Compiler, Error, Input, OwnedAnswer, OwnedExpression, OwnedRow};
use crate::host::{Host, NoHost};
use crate::value::{Bump, SymbolTable, Value, json, number, serde as conversion};
use crate::vm::Limits;
use regorus::utils::limits::{ExecutionTimerConfig, PolicyLengthConfig};
use solon_syntax::ast::Version;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

/// Lines and files as long as OPA takes them.
const LENGTHS: PolicyLengthConfig =
    PolicyLengthConfig { max_col: NonZeroU32::MAX, max_file_bytes: NonZeroUsize::MAX, max_lines: NonZeroUsize::MAX };

/// Units of `regorus`'s work between two looks at the clock.
const CHECKED_EVERY: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);

/// The interpreter of the `regorus` crate.
///
/// It knows fewer builtins and fewer rules of the language than OPA, keeps numbers less exactly, and has no [`Limits`]
/// but a time limit: use it on policies that you trust. It asks neither for capabilities nor for OPA's strict mode.
///
/// ```
/// use solon_engine::{Compiler, Engine, Input, RegorusEngine, Settings};
///
/// let sources = Compiler::new().module("a.rego", "package a\nallow if input.user == \"alice\"");
/// let policy = RegorusEngine::default().load(&sources)?;
/// let mut allow = policy.prepare("data.a.allow", &Settings::default())?;
/// assert_eq!(allow.eval(Input::json(r#"{"user": "alice"}"#))?.value(), Some(&serde_json::json!(true)));
/// assert_eq!(allow.eval(Input::json(r#"{"user": "bob"}"#))?.value(), None);
/// # Ok::<(), solon_engine::Error>(())
/// ```
///
/// [`Limits`]: crate::Limits
#[derive(Clone, Copy, Debug, Default)]
pub struct RegorusEngine {
    time_limit: Option<Duration>,
}

struct Loaded {
    engine: regorus::Engine,
}

struct Prepared {
    engine: regorus::Engine,
    query: String,
    symbols: SymbolTable,
    arena: Bump,
}

impl RegorusEngine {
    /// How long one evaluation may take.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }
}

impl Engine for RegorusEngine {
    fn name(&self) -> &str {
        "regorus"
    }

    fn load(&self, sources: &Compiler) -> Result<Box<dyn LoadedPolicy>, Error> {
        let mut engine = regorus::Engine::new();
        engine.set_policy_length_config(LENGTHS);
        // What `print` says is the first engine's to tell.
        engine.set_gather_prints(true);
        if let Some(limit) = self.time_limit {
            engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval: CHECKED_EVERY });
        }
        for (source, version) in sources.versions() {
            engine.set_rego_v0(version == Version::V0);
            let added = engine.add_policy(source.name().to_owned(), source.text().to_owned());
            added.map_err(|error| failure("rego_parse_error", &error))?;
        }
        // Queries are read in the syntax that modules are read in unless they say something else.
        engine.set_rego_v0(sources.version() == Version::V0);
        let data = sources.base_documents()?;
        let document = read(conversion::to_json(data.value()).to_string().as_bytes(), "invalid_data")?;
        engine.add_data(document).map_err(|error| failure("invalid_data", &error))?;
        Ok(Box::new(Loaded { engine }))
    }
}

impl LoadedPolicy for Loaded {
    fn prepare(&self, query: &str, settings: &Settings) -> Result<Box<dyn Decide>, Error> {
        let mut engine = self.engine.clone();
        engine.set_strict_builtin_errors(settings.is_strict);
        let query = query.to_owned();
        Ok(Box::new(Prepared { engine, query, symbols: SymbolTable::new(), arena: Bump::new() }))
    }
}

impl Decide for Prepared {
    fn eval(&mut self, input: Input<'_>) -> Result<OwnedAnswer, Error> {
        self.arena.reset();
        let input = match input.0 {
            super::input::Kind::None => regorus::Value::Undefined,
            super::input::Kind::Json(bytes) => read(bytes, "invalid_json")?,
            _ => {
                let (parser, held) = (&mut json::Parser::new(), (&Limits::default(), &NoHost as &dyn Host));
                let value = input.value(&self.arena, &self.symbols, parser, json::Projection::ALL, held)?;
                let text = value.map(|value| conversion::to_json(*value).to_string()).unwrap_or_default();
                read(text.as_bytes(), "invalid_json")?
            }
        };
        self.engine.set_input(input);
        let results = self.engine.eval_query(self.query.clone(), false);
        let results = results.map_err(|error| failure("eval_error", &error))?;
        let rows = results.result.iter().filter_map(|row| self.row(row));
        Ok(OwnedAnswer { rows: rows.collect() })
    }
}

impl Prepared {
    /// A row, if everything in it is defined.
    fn row(&self, row: &regorus::QueryResult) -> Option<OwnedRow> {
        let mut expressions = Vec::new();
        for expression in &row.expressions {
            expressions.push(OwnedExpression {
                value: self.json(&expression.value)?,
                text: expression.text.to_string(),
                row: expression.location.row,
                col: expression.location.col,
            });
        }
        let bindings = match self.json(&row.bindings) {
            Some(serde_json::Value::Object(bindings)) => bindings,
            _ => serde_json::Map::new(),
        };
        Some(OwnedRow { expressions, bindings })
    }

    fn json(&self, value: &regorus::Value) -> Option<serde_json::Value> {
        self.value(value).map(conversion::to_json)
    }

    /// The same value in this crate's representation; nothing if a part of it is undefined.
    fn value<'a>(&'a self, value: &regorus::Value) -> Option<Value<'a>> {
        let arena = &self.arena;
        Some(match value {
            regorus::Value::Null => Value::Null,
            regorus::Value::Bool(value) => Value::Bool(*value),
            regorus::Value::Number(_) => {
                let text = arena.alloc_str(&value.to_json_str().ok()?);
                number::parse(arena, text)?
            }
            regorus::Value::String(text) => Value::new_string(arena, text),
            regorus::Value::Array(items) => Value::new_array(arena, &self.values(items.iter())?),
            regorus::Value::Set(items) => Value::new_set(arena, &self.values(items.iter())?),
            regorus::Value::Object(entries) => {
                let keys = self.values(entries.iter().map(|(key, _)| key))?;
                let values = self.values(entries.iter().map(|(_, value)| value))?;
                let entries: Vec<_> = keys.into_iter().zip(values).collect();
                Value::new_object(arena, &entries)
            }
            regorus::Value::Undefined => return None,
        })
    }

    fn values<'a, 'v>(&'a self, values: impl Iterator<Item = &'v regorus::Value>) -> Option<Vec<Value<'a>>> {
        values.map(|value| self.value(value)).collect()
    }
}

fn read(bytes: &[u8], code: &str) -> Result<regorus::Value, Error> {
    let text = std::str::from_utf8(bytes).map_err(|error| Error::new(code, error.to_string()))?;
    regorus::Value::from_json_str(text).map_err(|error| failure(code, &error))
}

/// An error of `regorus`, which has no code and brings its place inside of its text.
fn failure(code: &str, error: &(impl std::fmt::Display + ?Sized)) -> Error {
    Error::new(code, format!("regorus: {}", format!("{error:#}").trim_start()))
}
