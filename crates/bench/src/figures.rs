//! What is measured, and how time is.

use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// The figures of one case, one JSON line.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Figures {
    /// Name of the case.
    pub case: String,
    /// Name of the engine.
    pub engine: String,
    /// Milliseconds to parse, compile and prepare, base document excluded.
    pub load_ms: f64,
    /// Nanoseconds for a decision on an input that has been read before.
    pub eval_ns: f64,
    /// Nanoseconds for a decision from the input's JSON text.
    pub json_ns: f64,
    /// Heap allocations of a decision on an input that has been read before.
    pub allocs: f64,
    /// Megabytes of heap that the base document holds.
    pub data_mb: f64,
}

/// How long a case takes an engine of which nothing else is asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Times {
    /// Name of the case.
    pub case: String,
    /// Nanoseconds for a decision on an input that has been read before.
    pub eval_ns: f64,
    /// Nanoseconds for a decision from the input's JSON text.
    pub json_ns: f64,
}

impl Figures {
    /// The median of each figure of several runs of one case; `None` of none.
    pub fn median(runs: &[&Figures]) -> Option<Figures> {
        let first = runs.first()?;
        let of = |figure: fn(&Figures) -> f64| median(runs.iter().map(|run| figure(run)).collect());
        Some(Figures {
            case: first.case.clone(),
            engine: first.engine.clone(),
            load_ms: of(|run| run.load_ms)?,
            eval_ns: of(|run| run.eval_ns)?,
            json_ns: of(|run| run.json_ns)?,
            allocs: of(|run| run.allocs)?,
            data_mb: of(|run| run.data_mb)?,
        })
    }
}

impl Times {
    /// The median of each figure of several runs of one case; `None` of none.
    pub fn median(runs: &[&Times]) -> Option<Times> {
        let of = |figure: fn(&Times) -> f64| median(runs.iter().map(|run| figure(run)).collect());
        Some(Times {
            case: runs.first()?.case.clone(),
            eval_ns: of(|run| run.eval_ns)?,
            json_ns: of(|run| run.json_ns)?,
        })
    }
}

/// The one in the middle; of an even count the lower one of two.
fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len().checked_sub(1)? / 2).copied()
}

/// A batch of calls takes at least this long, so that reading the clock does not count.
const BATCH: Duration = Duration::from_micros(20);

/// The mean time of one call, in nanoseconds: the median over five slices of `span`. `call` gets the numbers below
/// `inputs` in turn, each equally often.
///
/// # Errors
///
/// What `call` returns.
pub fn timed<E>(span: Duration, inputs: usize, mut call: impl FnMut(usize) -> Result<(), E>) -> Result<f64, E> {
    let mut pass = |passes: u32| -> Result<Duration, E> {
        let start = Instant::now();
        for _ in 0..passes {
            (0..inputs).try_for_each(&mut call)?;
        }
        Ok(start.elapsed())
    };
    let mut passes = 1;
    while pass(passes)? < BATCH {
        passes *= 2;
    }
    let mut slices = [0.0; 5];
    for slice in &mut slices {
        let (mut count, mut spent) = (0.0, Duration::ZERO);
        while spent < span / 5 {
            spent += pass(passes)?;
            count += f64::from(passes) * inputs as f64;
        }
        *slice = spent.as_secs_f64() * 1e9 / count;
    }
    Ok(median(slices.to_vec()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_median_of_its_rounds() {
        let times = |eval_ns, json_ns| Times { case: "a".to_owned(), eval_ns, json_ns };
        let rounds = [times(3.0, 10.0), times(1.0, 30.0), times(2.0, 20.0)];
        let median = Times::median(&rounds.each_ref());
        assert!(median.is_some_and(|median| (median.eval_ns, median.json_ns) == (2.0, 20.0)));
        assert!(Times::median(&[]).is_none());
    }

    #[test]
    fn every_input_is_called_equally_often_and_errors_end_it() {
        let mut calls = [0; 3];
        let mean = timed::<()>(Duration::from_millis(5), 3, |input| {
            calls[input] += 1;
            std::thread::sleep(Duration::from_micros(100));
            Ok(())
        });
        assert!(calls[0] > 1 && calls.iter().all(|count| *count == calls[0]), "{calls:?}");
        assert!(mean.is_ok_and(|mean| mean >= 100_000.0));
        assert_eq!(timed(Duration::ZERO, 1, |_| Err("stop")), Err("stop"));
    }
}
