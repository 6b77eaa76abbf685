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
    slices.sort_by(f64::total_cmp);
    Ok(slices[2])
}

#[cfg(test)]
mod tests {
    use super::*;

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
