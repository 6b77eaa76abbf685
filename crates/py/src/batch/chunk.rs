//! Inputs that are evaluated one after the other, and what came of them.

use crate::error::Failed;
use crate::from_python::Source;
use crate::pool::Pool;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use solon::value::{OwnedValues, Value};
use solon::{BuiltInputs, Error, Evaluator, Input};
use std::time::{Duration, Instant};

/// An input without its object.
enum Task {
    None,
    Json(PyBackedBytes),
    /// The next one of those that are built.
    Built,
    /// It is no value.
    Wrong(Error),
}

/// What an input gave.
enum Outcome {
    Undefined,
    /// The next one of the answers.
    Value,
    Failed(Box<Failed>),
}

/// Inputs that go to a thread, and the answers that come back. Inputs of Python's come back, too, since objects are given
/// up by who has the lock. Nothing is allocated for an input or an answer alone.
pub struct Chunk {
    /// Which one it is of those of its batch.
    pub number: usize,
    /// How long its evaluations took.
    pub time: Duration,
    tasks: Vec<Task>,
    built: BuiltInputs,
    /// Bytes of its JSON texts.
    text: usize,
    outcomes: Vec<Outcome>,
    answers: OwnedValues,
}

impl Chunk {
    /// No inputs.
    pub fn new(pool: &Pool) -> Self {
        Chunk {
            number: 0,
            time: Duration::ZERO,
            tasks: Vec::new(),
            built: pool.query().built_inputs(),
            text: 0,
            outcomes: Vec::new(),
            answers: OwnedValues::new(),
        }
    }

    /// Removes everything, and keeps the memory unless that is much.
    pub fn clear(&mut self, pool: &Pool) {
        const MUCH: usize = 4 << 20;
        if self.built.allocated_bytes() + self.answers.allocated_bytes() > MUCH {
            *self = Chunk::new(pool);
        }
        self.text = 0;
        self.tasks.clear();
        self.built.clear();
        self.outcomes.clear();
        self.answers.clear();
    }

    /// How many inputs there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Bytes that the inputs take, roughly.
    pub fn bytes(&self) -> usize {
        self.text + self.built.used_bytes()
    }

    /// Whether values were made of some.
    pub fn is_built(&self) -> bool {
        !self.built.is_empty()
    }

    /// Adds an input. Fails only where Python wants an end.
    pub fn add(&mut self, pool: &Pool, input: &Bound<'_, PyAny>) -> PyResult<()> {
        let task = if input.is(input.py().Ellipsis()) {
            Task::None
        } else if input.is_instance_of::<PyBytes>() {
            let text: PyBackedBytes = input.extract()?;
            self.text += text.len();
            Task::Json(text)
        } else {
            let terms = &pool.terms;
            let source = Source::new(input, "input");
            match Failed::or(self.built.push(&source, &terms.limits_from_now(), terms.host.as_ref())) {
                Ok(()) => Task::Built,
                Err(signal) if signal.is_cancelled() => return Err(signal.raise(input.py())),
                Err(wrong) => Task::Wrong(wrong.into_error()),
            }
        };
        self.tasks.push(task);
        Ok(())
    }

    /// Evaluates every input. Fails where an end is wanted, of this thread or of what Python runs in it.
    pub fn evaluate(&mut self, pool: &Pool, mut evaluator: Evaluator) -> (Evaluator, Result<(), Failed>) {
        /// After so many inputs somebody looks whether an end is wanted, besides the engine, who looks while it evaluates.
        const LOOK: usize = 16;
        let begin = Instant::now();
        let mut built = 0;
        for (at, task) in self.tasks.iter().enumerate() {
            let input = match task {
                Task::None => Ok(Input::none()),
                Task::Json(bytes) => Ok(Input::json(&**bytes)),
                Task::Built => {
                    built += 1;
                    Ok(self.built.get(built - 1).unwrap_or(Input::none()))
                }
                Task::Wrong(error) => Err(error.clone()),
            };
            evaluator = pool.terms.renew(evaluator);
            let answer = input.and_then(|input| evaluator.eval(input));
            let outcome = match Failed::or(answer.map(|answer| answer.value().map(|value| self.answers.push(value)))) {
                Ok(Some(())) => Outcome::Value,
                Ok(None) => Outcome::Undefined,
                Err(signal) if signal.is_cancelled() => return (evaluator, Err(signal)),
                Err(failed) => Outcome::Failed(Box::new(failed)),
            };
            self.outcomes.push(outcome);
            if at % LOOK == LOOK - 1 && pool.terms.host.is_cancelled() {
                return (evaluator, Err(Failed::interrupted()));
            }
        }
        self.time = begin.elapsed();
        (evaluator, Ok(()))
    }

    /// What each input gave, in order: its value, if it is not undefined.
    pub fn read<E>(
        &mut self,
        mut read: impl FnMut(Result<Option<Value<'_>>, Failed>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut answers = 0;
        for outcome in self.outcomes.drain(..) {
            match outcome {
                Outcome::Undefined => read(Ok(None))?,
                Outcome::Value => {
                    read(Ok(self.answers.get(answers)))?;
                    answers += 1;
                }
                Outcome::Failed(failed) => read(Err(*failed))?,
            }
        }
        Ok(())
    }
}
