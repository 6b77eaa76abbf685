//! Engines behind one face: load a case, check it, decide.
//!
//! Each is asked in the way that is fastest for it, so that figures compare engines and not adapters.

mod by_hand;
mod native;
#[cfg(feature = "regorus")]
mod regorus;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use solon_bench::Case;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Which engine decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Solon's own.
    Native,
    /// regorus's interpreter.
    Regorus,
    /// The case's rules, written in Rust.
    ByHand,
}

impl FromStr for Engine {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Engine> {
        match name {
            "native" => Ok(Engine::Native),
            "regorus" => Ok(Engine::Regorus),
            "by-hand" => Ok(Engine::ByHand),
            _ => bail!("the engine is native, regorus or by-hand, not {name}"),
        }
    }
}

impl Engine {
    /// What figures call it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Native => "native",
            Engine::Regorus => "regorus",
            Engine::ByHand => "by-hand",
        }
    }

    /// Compiles a case's modules, without its base document.
    ///
    /// # Errors
    ///
    /// The modules do not compile, or this program was built without the engine.
    pub fn load(self, case: &Case) -> Result<Loaded> {
        let modules = case.modules()?;
        let start = Instant::now();
        let policy: Box<dyn Policy> = match self {
            Engine::Native => Box::new(native::load(modules, case.is_v0())?),
            Engine::ByHand => Box::new(by_hand::load(case.name())?),
            #[cfg(feature = "regorus")]
            Engine::Regorus => Box::new(regorus::load(modules, case.is_v0())?),
            #[cfg(not(feature = "regorus"))]
            Engine::Regorus => bail!("regorus is not part of this program; build it with `--features regorus`"),
        };
        Ok(Loaded { policy, time: start.elapsed() })
    }
}

/// Modules that an engine has compiled.
trait Policy {
    fn add_data(&mut self, json: String) -> Result<()>;
    fn prepare(self: Box<Self>, query: &str) -> Result<Box<dyn Decide>>;
}

/// A query that an engine has prepared, and inputs by their numbers.
trait Decide {
    /// Takes the inputs' texts, and reads them.
    fn read(&mut self, texts: Vec<String>) -> Result<()>;
    /// Decides on an input that has been read.
    fn decide(&mut self, input: usize) -> Result<()>;
    /// Decides from an input's text.
    fn decide_from_json(&mut self, input: usize) -> Result<()>;
    /// The query's value for an input that has been read, `null` where it is undefined.
    fn value(&mut self, input: usize) -> Result<Json>;
    /// The same from the input's text.
    fn value_from_json(&mut self, input: usize) -> Result<Json>;
}

/// A case's compiled modules.
pub struct Loaded {
    policy: Box<dyn Policy>,
    time: Duration,
}

impl Loaded {
    /// Adds the base document.
    ///
    /// # Errors
    ///
    /// It is no JSON object.
    pub fn add_data(&mut self, json: String) -> Result<()> {
        self.policy.add_data(json)
    }

    /// Prepares the case's query and reads its inputs.
    ///
    /// # Errors
    ///
    /// The query does not compile, or an input is no JSON.
    pub fn prepare(self, case: &Case) -> Result<Subject> {
        let start = Instant::now();
        let mut decider = self.policy.prepare(case.query())?;
        let load = self.time + start.elapsed();
        let texts = case.inputs()?;
        let inputs = texts.len();
        decider.read(texts)?;
        Ok(Subject { decider, inputs, load })
    }
}

/// A case, ready to decide.
pub struct Subject {
    decider: Box<dyn Decide>,
    inputs: usize,
    load: Duration,
}

impl Subject {
    /// How many inputs there are.
    pub fn inputs(&self) -> usize {
        self.inputs
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
    pub fn decide(&mut self, input: usize) -> Result<()> {
        self.decider.decide(input)
    }

    /// Decides from an input's JSON text, and forgets the answer.
    ///
    /// # Errors
    ///
    /// The evaluation fails.
    pub fn decide_from_json(&mut self, input: usize) -> Result<()> {
        self.decider.decide_from_json(input)
    }

    /// The query's value for each input, `null` where it is undefined.
    ///
    /// # Errors
    ///
    /// The evaluation fails, or the answer differs between an input read before and its text.
    pub fn results(&mut self) -> Result<Vec<Json>> {
        let mut results = Vec::new();
        for number in 0..self.inputs {
            let value = self.decider.value(number)?;
            let again = self.decider.value_from_json(number)?;
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
