//! Engines behind one face: load a case, check it, decide.

use super::Case;
use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use solon_engine::{Compiler, Evaluator, Input, ParsedInput, Policy, Syntax};
use std::hint::black_box;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Which engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Solon's own.
    Native,
    /// regorus, behind Solon's API.
    Regorus,
}

impl FromStr for Engine {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Engine> {
        match name {
            "native" => Ok(Engine::Native),
            "regorus" => Ok(Engine::Regorus),
            _ => bail!("the engine is native or regorus, not {name}"),
        }
    }
}

impl Engine {
    /// What figures call it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Native => "native",
            Engine::Regorus => "regorus",
        }
    }

    /// Compiles a case's modules, without its base document.
    ///
    /// # Errors
    ///
    /// The modules do not compile, or this program was built without the engine.
    pub fn load(self, case: &Case) -> Result<Loaded> {
        match self {
            Engine::Native => Loaded::new(case),
            Engine::Regorus => bail!("regorus is not part of this program; build it with `--features regorus`"),
        }
    }
}

/// A case's compiled modules.
pub struct Loaded {
    policy: Policy,
    time: Duration,
}

impl Loaded {
    fn new(case: &Case) -> Result<Loaded> {
        let start = Instant::now();
        let syntax = if case.is_v0() { Syntax::V0 } else { Syntax::V1 };
        let mut compiler = Compiler::new().syntax(syntax);
        for (name, text) in case.modules()? {
            compiler = compiler.module(name, text);
        }
        Ok(Loaded { policy: compiler.compile()?, time: start.elapsed() })
    }

    /// Adds the base document.
    ///
    /// # Errors
    ///
    /// It is no JSON object.
    pub fn add_data(&mut self, json: String) -> Result<()> {
        self.policy = self.policy.with_data(json)?;
        Ok(())
    }

    /// Prepares the case's query and reads its inputs.
    ///
    /// # Errors
    ///
    /// The query does not compile, or an input is no JSON.
    pub fn prepare(self, case: &Case) -> Result<Subject> {
        let start = Instant::now();
        let evaluator = self.policy.prepare(case.query())?.evaluator();
        let load = self.time + start.elapsed();
        let texts = case.inputs()?;
        let parsed = texts.iter().map(|text| Ok(self.policy.parse_input(text.as_bytes())?)).collect::<Result<_>>()?;
        Ok(Subject { evaluator, texts, parsed, load })
    }
}

/// A case, ready to decide.
pub struct Subject {
    evaluator: Evaluator,
    texts: Vec<String>,
    parsed: Vec<ParsedInput>,
    load: Duration,
}

impl Subject {
    /// How many inputs there are.
    pub fn inputs(&self) -> usize {
        self.parsed.len()
    }

    /// How long it took to parse, compile and prepare.
    pub fn load_time(&self) -> Duration {
        self.load
    }

    /// Decides on an input that has been read before, and forgets the answer.
    ///
    /// # Errors
    ///
    /// The evaluation fails.
    pub fn decide(&mut self, input: usize) -> Result<(), solon_engine::Error> {
        if let Some(input) = self.parsed.get(input) {
            black_box(self.evaluator.eval(Input::parsed(input))?.value());
        }
        Ok(())
    }

    /// Decides from an input's JSON text, and forgets the answer.
    ///
    /// # Errors
    ///
    /// The evaluation fails.
    pub fn decide_from_json(&mut self, input: usize) -> Result<(), solon_engine::Error> {
        if let Some(text) = self.texts.get(input) {
            black_box(self.evaluator.eval(Input::json(text))?.value());
        }
        Ok(())
    }

    /// The query's value for each input, `null` where it is undefined.
    ///
    /// # Errors
    ///
    /// The evaluation fails, or the answer differs between an input read before and its text.
    pub fn results(&mut self) -> Result<Vec<Json>> {
        let mut results = Vec::new();
        for (number, (parsed, text)) in self.parsed.iter().zip(&self.texts).enumerate() {
            let value: Json = self.evaluator.eval(Input::parsed(parsed))?.deserialize()?;
            let again: Json = self.evaluator.eval(Input::json(text))?.deserialize()?;
            if again != value {
                bail!("input {number}: {value} for the parsed input, {again} for its text");
            }
            results.push(value);
        }
        Ok(results)
    }

    /// Compares the results with those that the case expects, if it does.
    ///
    /// # Errors
    ///
    /// The evaluation fails or a result differs.
    pub fn check(&mut self, case: &Case) -> Result<()> {
        let results = self.results()?;
        let Some(expected) = case.expected()? else { return Ok(()) };
        for (number, got) in results.iter().enumerate() {
            let want = expected.get(number).with_context(|| format!("input {number} has no expected result"))?;
            if got != want {
                bail!("input {number}: got {got}, want {want}");
            }
        }
        Ok(())
    }
}
