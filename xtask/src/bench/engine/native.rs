//! Solon's own engine.

use super::{Decide, Policy};
use anyhow::{Context, Result};
use serde_json::Value as Json;
use solon_engine::{Compiler, Evaluator, Input, ParsedInput, Syntax};
use std::hint::black_box;

struct Native {
    evaluator: Evaluator,
    policy: solon_engine::Policy,
    texts: Vec<String>,
    parsed: Vec<ParsedInput>,
}

/// Compiles modules: names and texts.
pub(super) fn load(modules: Vec<(String, String)>, is_v0: bool) -> Result<solon_engine::Policy> {
    let compiler = Compiler::new().syntax(if is_v0 { Syntax::V0 } else { Syntax::V1 });
    let compiler = modules.into_iter().fold(compiler, |compiler, (name, text)| compiler.module(name, text));
    Ok(compiler.compile()?)
}

impl Policy for solon_engine::Policy {
    fn add_data(&mut self, json: String) -> Result<()> {
        *self = self.with_data(json)?;
        Ok(())
    }

    fn prepare(self: Box<Self>, query: &str) -> Result<Box<dyn Decide>> {
        let evaluator = solon_engine::Policy::prepare(&self, query)?.evaluator();
        Ok(Box::new(Native { evaluator, policy: *self, texts: Vec::new(), parsed: Vec::new() }))
    }
}

impl Decide for Native {
    fn read(&mut self, texts: Vec<String>) -> Result<()> {
        let parsed = texts.iter().map(|text| Ok(self.policy.parse_input(text.as_bytes())?));
        self.parsed = parsed.collect::<Result<_>>()?;
        self.texts = texts;
        Ok(())
    }

    fn decide(&mut self, input: usize) -> Result<()> {
        let input = self.parsed.get(input).context("no such input")?;
        black_box(self.evaluator.eval(Input::parsed(input))?.value());
        Ok(())
    }

    fn decide_from_json(&mut self, input: usize) -> Result<()> {
        let text = self.texts.get(input).context("no such input")?;
        black_box(self.evaluator.eval(Input::json(text))?.value());
        Ok(())
    }

    fn value(&mut self, input: usize) -> Result<Json> {
        let input = self.parsed.get(input).context("no such input")?;
        Ok(self.evaluator.eval(Input::parsed(input))?.deserialize()?)
    }

    fn value_from_json(&mut self, input: usize) -> Result<Json> {
        let text = self.texts.get(input).context("no such input")?;
        Ok(self.evaluator.eval(Input::json(text))?.deserialize()?)
    }
}
