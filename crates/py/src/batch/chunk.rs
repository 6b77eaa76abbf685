//! Inputs that are evaluated one after the other, and what came of them.

use crate::error::Failed;
use crate::from_python::Source;
use crate::pool::Pool;
use crate::to_json::Writer;
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
    /// A JSON text that is short, or was written: the next bytes, up to here, of those that are in one place.
    Copied(usize),
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
    has_objects: bool,
    /// Inputs and bytes when somebody asked whether it is slow.
    asked: (usize, usize),
    built: BuiltInputs,
    copied: Vec<u8>,
    /// Bytes of its other JSON texts.
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
            has_objects: false,
            asked: (0, 0),
            built: pool.query().built_inputs(),
            copied: Vec::new(),
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
        (self.has_objects, self.asked) = (false, (0, 0));
        self.copied.clear();
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
        self.text + self.copied.len() + self.built.used_bytes()
    }

    /// Whether it may take long to add more: there are objects, and some were added since somebody asked.
    pub fn is_slow(&mut self) -> bool {
        const INPUTS: usize = 8;
        const BYTES: usize = 8 << 10;
        let now = (self.len(), self.bytes());
        let is_slow = self.has_objects && (now.0 >= self.asked.0 + INPUTS || now.1 >= self.asked.1 + BYTES);
        if is_slow {
            self.asked = now;
        }
        is_slow
    }

    /// Adds an input. Fails only where Python wants an end.
    pub fn add<'py>(&mut self, pool: &Pool, writer: &mut Writer<'py>, input: &Bound<'py, PyAny>) -> PyResult<()> {
        let task = if input.is(input.py().Ellipsis()) {
            Task::None
        } else if let Ok(text) = input.cast::<PyBytes>() {
            self.text_task(text)
        } else {
            match Failed::or(self.object_task(pool, writer, input)) {
                Ok(task) => task,
                Err(signal) if signal.is_cancelled() => return Err(signal.raise(input.py())),
                Err(wrong) => Task::Wrong(wrong.into_error()),
            }
        };
        self.tasks.push(task);
        Ok(())
    }

    /// That of an object.
    fn object_task<'py>(
        &mut self,
        pool: &Pool,
        writer: &mut Writer<'py>,
        input: &Bound<'py, PyAny>,
    ) -> Result<Task, Error> {
        self.has_objects = true;
        if writer.write(pool, input, &mut self.copied)? {
            return Ok(Task::Copied(self.copied.len()));
        }
        let terms = &pool.terms;
        self.built.push(&Source::new(input, "input"), &terms.limits_from_now(), terms.host.as_ref())?;
        Ok(Task::Built)
    }

    /// That of a JSON text. To copy a short one takes less time than to have two processors write who holds it.
    fn text_task(&mut self, text: &Bound<'_, PyBytes>) -> Task {
        const SHORT: usize = 1024;
        if text.as_bytes().len() <= SHORT {
            self.copied.extend_from_slice(text.as_bytes());
            return Task::Copied(self.copied.len());
        }
        let text = PyBackedBytes::from(text.clone());
        self.text += text.len();
        Task::Json(text)
    }

    /// Evaluates every input. Fails where an end is wanted, of this thread or of what Python runs in it.
    pub fn evaluate(&mut self, pool: &Pool, mut evaluator: Evaluator) -> (Evaluator, Result<(), Failed>) {
        /// After so many inputs somebody looks whether an end is wanted, besides the engine, who looks while it evaluates.
        const LOOK: usize = 16;
        let begin = Instant::now();
        let (mut built, mut copied) = (0, 0);
        for (at, task) in self.tasks.iter().enumerate() {
            let input = match task {
                Task::None => Ok(Input::none()),
                Task::Json(bytes) => Ok(Input::json(&**bytes)),
                Task::Copied(end) => {
                    let text = self.copied.get(copied..*end).unwrap_or_default();
                    copied = *end;
                    Ok(Input::json(text))
                }
                Task::Built => {
                    built += 1;
                    // An input that is lost is none that is undefined.
                    self.built.get(built - 1).ok_or_else(lost)
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
                    let answer = self.answers.get(answers).map(Some);
                    read(answer.ok_or_else(|| Failed::from(lost())))?;
                    answers += 1;
                }
                Outcome::Failed(failed) => read(Err(*failed))?,
            }
        }
        Ok(())
    }
}

/// The error of what should be there, and is not.
#[cold]
fn lost() -> Error {
    Error::new("eval_internal_error", "an input or an answer was lost")
}
