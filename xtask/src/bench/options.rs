//! Arguments of the bench commands.

use super::Engine;
use anyhow::Result;
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
    /// How often all cases are gone through.
    pub rounds: usize,
    /// Where figures go as JSON.
    pub json: Option<PathBuf>,
    /// Where they go as a plot.
    pub svg: Option<PathBuf>,
}

impl Options {
    /// Reads `[CASES_DIR] [--engine native|regorus|by-hand] [--only REGEX] [--time 300ms] [--rounds 3] [--json FILE] [--svg FILE]`.
    ///
    /// # Errors
    ///
    /// An argument is none of these.
    pub fn parse(args: &[OsString]) -> Result<Options> {
        let mut options = Options {
            cases: None,
            engine: Engine::Native,
            only: Regex::new("")?,
            time: Duration::from_millis(300),
            rounds: 3,
            json: None,
            svg: None,
        };
        let mut parser = lexopt::Parser::from_args(args);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("engine") => options.engine = parser.value()?.string()?.parse()?,
                Long("only") => options.only = Regex::new(&parser.value()?.string()?)?,
                Long("time") => options.time = solon_bench::duration(&parser.value()?.string()?)?,
                Long("rounds") => options.rounds = parser.value()?.parse::<usize>()?.max(1),
                Long("json") => options.json = Some(parser.value()?.into()),
                Long("svg") => options.svg = Some(parser.value()?.into()),
                Value(folder) if options.cases.is_none() => options.cases = Some(folder.into()),
                _ => return Err(argument.unexpected().into()),
            }
        }
        Ok(options)
    }
}
