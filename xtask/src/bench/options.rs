//! Arguments of the bench commands.

use super::Engine;
use anyhow::{Context, Result};
use lexopt::prelude::*;
use regex::Regex;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What a bench command is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of cases.
    pub cases: Option<PathBuf>,
    /// Who decides.
    pub engine: Engine,
    /// Which cases.
    pub only: Regex,
    /// Time for one figure.
    pub time: Duration,
}

impl Options {
    /// Reads `[CASES_DIR] [--engine native|regorus] [--only REGEX] [--time 300ms]`.
    ///
    /// # Errors
    ///
    /// An argument is none of these.
    pub fn parse(args: &[OsString]) -> Result<Options> {
        let mut options =
            Options { cases: None, engine: Engine::Native, only: Regex::new("")?, time: Duration::from_millis(300) };
        let mut parser = lexopt::Parser::from_args(args);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("engine") => options.engine = parser.value()?.string()?.parse()?,
                Long("only") => options.only = Regex::new(&parser.value()?.string()?)?,
                Long("time") => options.time = duration(&parser.value()?.string()?)?,
                Value(folder) if options.cases.is_none() => options.cases = Some(folder.into()),
                _ => return Err(argument.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// `2s`, `300ms` or `50us`.
fn duration(text: &str) -> Result<Duration> {
    let units = [("ms", 1e-3), ("us", 1e-6), ("s", 1.0)];
    let found = units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let seconds = found.and_then(|(number, unit)| Some(number.parse::<f64>().ok()? * unit));
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.with_context(|| format!("{text} is no time such as 2s, 300ms or 50us"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = |text| duration(text).ok().map(|time| time.as_micros());
        assert_eq!(read("300ms"), Some(300_000));
        assert_eq!(read("1.5s"), Some(1_500_000));
        assert_eq!(read("50us"), Some(50));
        assert_eq!(read("300"), None);
        assert_eq!(read("-1s"), None);
    }
}
