//! regorus's interpreter, by its own API.
//!
//! One engine is loaded, prepared and kept. `eval_rule` asks for a rule by its path, which saves regorus from reading
//! the query each time; inputs that have been read are its own reference-counted values.

use super::{Decide, Policy};
use anyhow::{Context, Result};
use regorus::utils::limits::PolicyLengthConfig;
use regorus::{Engine, Value};
use serde_json::Value as Json;
use std::hint::black_box;
use std::num::{NonZeroU32, NonZeroUsize};

/// Lines and files as long as the others take them.
const LENGTHS: PolicyLengthConfig =
    PolicyLengthConfig { max_col: NonZeroU32::MAX, max_file_bytes: NonZeroUsize::MAX, max_lines: NonZeroUsize::MAX };

struct Regorus {
    engine: Engine,
    rule: String,
    texts: Vec<String>,
    parsed: Vec<Value>,
}

/// Reads modules: names and texts.
pub(super) fn load(modules: Vec<(String, String)>, is_v0: bool) -> Result<Engine> {
    let mut engine = Engine::new();
    engine.set_rego_v0(is_v0);
    engine.set_policy_length_config(LENGTHS);
    for (name, text) in modules {
        engine.add_policy(name, text)?;
    }
    Ok(engine)
}

impl Policy for Engine {
    fn add_data(&mut self, json: String) -> Result<()> {
        self.add_data_json(&json)
    }

    fn prepare(mut self: Box<Self>, query: &str) -> Result<Box<dyn Decide>> {
        // Otherwise the first evaluation would prepare.
        self.compile_with_entrypoint(&query.into())?;
        Ok(Box::new(Regorus { engine: *self, rule: query.to_owned(), texts: Vec::new(), parsed: Vec::new() }))
    }
}

impl Regorus {
    fn eval(&mut self, input: Value) -> Result<Value> {
        self.engine.set_input(input);
        self.engine.eval_rule(self.rule.clone())
    }

    fn parsed(&self, input: usize) -> Result<Value> {
        self.parsed.get(input).cloned().context("no such input")
    }

    fn read_text(&self, input: usize) -> Result<Value> {
        Value::from_json_str(self.texts.get(input).context("no such input")?)
    }
}

impl Decide for Regorus {
    fn read(&mut self, texts: Vec<String>) -> Result<()> {
        self.parsed = texts.iter().map(|text| Value::from_json_str(text)).collect::<Result<_>>()?;
        self.texts = texts;
        Ok(())
    }

    fn decide(&mut self, input: usize) -> Result<()> {
        let input = self.parsed(input)?;
        black_box(self.eval(input)?);
        Ok(())
    }

    fn decide_from_json(&mut self, input: usize) -> Result<()> {
        let input = self.read_text(input)?;
        black_box(self.eval(input)?);
        Ok(())
    }

    fn value(&mut self, input: usize) -> Result<Json> {
        let input = self.parsed(input)?;
        json(&self.eval(input)?)
    }

    fn value_from_json(&mut self, input: usize) -> Result<Json> {
        let input = self.read_text(input)?;
        json(&self.eval(input)?)
    }
}

fn json(value: &Value) -> Result<Json> {
    match value {
        Value::Undefined => Ok(Json::Null),
        value => Ok(serde_json::from_str(&value.to_json_str()?)?),
    }
}
