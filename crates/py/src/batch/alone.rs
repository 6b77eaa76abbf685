//! Inputs that the calling thread evaluates itself: the first ones, and all where others would be of no use.
//!
//! To wake other threads takes some microseconds, and they save the evaluations' time only: making values and objects
//! stays with who has the lock. So it is not worth it where there is little to evaluate.

use super::Batch;
use super::chunk::Chunk;
use crate::error::Failed;
use crate::host::let_others_run;
use crate::options::Given;
use crate::query::with_input;
use crate::to_json::Writer;
use pyo3::prelude::*;
use solon::{Evaluator, Input};
use std::time::{Duration, Instant};

/// Which inputs have their time taken: the first ones, then one of so many.
const SAMPLED: usize = 16;
/// How many of the first ones. The very first one does not count among them: what it does is often done once.
const FIRST: usize = 5;
/// How long it takes at least until others are asked, and after how long they are asked whatever was seen.
const SOON: Duration = Duration::from_micros(20);
const LATE: Duration = Duration::from_millis(2);
/// The least that is left to do with which others are worth it.
const WORTH: Duration = Duration::from_micros(100);
/// The most that an input may take with others, of what it takes alone: so many parts of so many.
const GAIN: (u32, u32) = (4, 5);

/// Where the time goes.
struct Watch {
    begin: Instant,
    samples: u32,
    all: Duration,
    evaluating: Duration,
    /// All that ever had their time taken, and all of that.
    sampled: (usize, Duration),
}

impl Watch {
    fn new() -> Self {
        Watch {
            begin: Instant::now(),
            samples: 0,
            all: Duration::ZERO,
            evaluating: Duration::ZERO,
            sampled: (0, Duration::ZERO),
        }
    }

    /// Whether an input has its time taken.
    fn is_sampled(number: usize) -> bool {
        number < FIRST || number.is_multiple_of(SAMPLED)
    }

    fn add(&mut self, number: usize, all: Duration, evaluating: Duration) {
        /// After so many, older ones count half, since later inputs may be others.
        const MANY: u32 = 64;
        self.sampled = (self.sampled.0 + 1, self.sampled.1 + all);
        if number == 1 {
            (self.samples, self.all, self.evaluating) = (0, Duration::ZERO, Duration::ZERO);
        }
        if self.samples >= MANY {
            self.samples /= 2;
            self.all /= 2;
            self.evaluating /= 2;
        }
        self.samples += 1;
        self.all += all;
        self.evaluating += evaluating;
    }

    /// Whether others are worth it for so many more inputs, when so many are done.
    fn is_work_for_others(&self, done: usize, left: usize) -> bool {
        let samples = self.samples.max(1);
        let (each, evaluating) = (self.all / samples, self.evaluation());
        let wait = if self.samples + 1 < FIRST as u32 { LATE } else { SOON };
        let rest = each.saturating_mul(u32::try_from(left).unwrap_or(u32::MAX));
        let elapsed = self.begin.elapsed();
        // Inputs whose time is not taken go a shorter way.
        let others = u32::try_from(done.saturating_sub(self.sampled.0)).unwrap_or(u32::MAX);
        let alone = elapsed.saturating_sub(self.sampled.1).checked_div(others).unwrap_or(each);
        let with_others = each.saturating_sub(evaluating).max(each / 2);
        elapsed >= wait && with_others * GAIN.1 <= alone * GAIN.0 && rest >= WORTH
    }

    /// How long an evaluation takes.
    fn evaluation(&self) -> Duration {
        self.evaluating / self.samples.max(1)
    }
}

impl<'py> Batch<'_, 'py> {
    /// Evaluates inputs until there are no more, or until others, if there may be some, are worth it: then it says how long
    /// an evaluation takes.
    pub(super) fn alone(&mut self, py: Python<'py>, with_others: bool) -> PyResult<Option<Duration>> {
        let mut watch = Watch::new();
        let mut evaluator = self.pool.take();
        let (mut sample, mut writer) = (Chunk::new(self.pool), Writer::new());
        let mut number = 0;
        let mut for_others = None;
        while for_others.is_none()
            && let Some(input) = self.inputs.next()
        {
            let input = input?;
            if Watch::is_sampled(number) {
                let begin = Instant::now();
                sample.add(self.pool, &mut writer, &input)?;
                let result;
                (evaluator, result) = sample.evaluate(self.pool, evaluator);
                result.map_err(|signal| signal.raise(py))?;
                sample.read(|outcome| self.read(py, outcome))?;
                watch.add(number, begin.elapsed(), sample.time);
                sample.clear(self.pool);
                let_others_run(py)?;
                if with_others && watch.is_work_for_others(number + 1, self.count.saturating_sub(number + 1)) {
                    for_others = Some(watch.evaluation());
                }
            } else {
                evaluator = self.pool.terms.renew(evaluator);
                with_input(&Given::of(input), |input| self.one(py, &mut evaluator, input))?;
            }
            number += 1;
        }
        self.count = self.count.saturating_sub(number);
        self.pool.give(evaluator);
        Ok(for_others)
    }

    /// Evaluates an input and reads the answer.
    fn one(&self, py: Python<'py>, evaluator: &mut Evaluator, input: Input<'_>) -> PyResult<()> {
        match Failed::or(evaluator.eval(input).map(|answer| self.read(py, Ok(answer.value())))) {
            Ok(read) => read,
            Err(signal) if signal.is_cancelled() => Err(signal.raise(py)),
            Err(failed) => self.read(py, Err(failed)),
        }
    }
}
