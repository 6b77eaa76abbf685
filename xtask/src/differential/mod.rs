//! `cargo xtask differential`: generated programs through OPA and Solon, compared exactly.
//!
//! `[--cases N] [--seed S] [--time SECONDS]` say which programs, `[--opa PROGRAM]` who answers for OPA, `[--keep FOLDER]`
//! and `[--patience N]` where disagreements go and how long they are made smaller, `[--exact]` that errors have to agree
//! in places and messages. `[--show]` prints the programs. `[--mutate FOLDER]..` takes modules from the cases in folders
//! (OPA's, or ours), policies and Gatekeeper's templates, with mistakes made in them, in place of generated programs.
//!
//! OPA stands behind `xtask/opa-peer`, a small Go program that answers a request a line; `--opa` names one that is
//! built already. A disagreement is made smaller and written to a file in the form of `tests/cases`, with OPA's answer
//! as the expected one.

mod again;
mod compare;
mod known;
mod mutate;
mod peer;
mod report;
mod said;
mod solon;
mod written;

use anyhow::{Result, bail};
use compare::{Difference, compare};
use lexopt::prelude::*;
use mutate::{Text, mutated};
use peer::Peer;
use report::Report;
use said::{Said, Way};
use solon_generate::{Case, Choices, case, shrink};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use peer::build as build_peer;

/// Of disagreements that look alike, so many are made smaller and kept.
const ALIKE: usize = 2;

/// What a run is asked for.
pub struct Options {
    /// How many programs.
    pub cases: u64,
    /// The first program's number; those after it have the numbers after it.
    pub seed: u64,
    /// The program that speaks for OPA.
    pub opa: Option<PathBuf>,
    /// Where disagreements go.
    pub keep: PathBuf,
    /// How often a disagreement is tried while it is made smaller.
    pub patience: usize,
    /// No new program is begun after this long.
    pub time: Duration,
    /// Whether places and messages of the compiler's errors are compared.
    pub is_exact: bool,
    /// Folders with cases whose modules are mutated; without them, programs are generated.
    pub mutate: Vec<PathBuf>,
    /// Whether the program of the seed is printed, with both answers.
    pub is_shown: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            cases: 10_000,
            seed: 1,
            opa: None,
            keep: PathBuf::from("target/differential"),
            patience: 1_500,
            time: Duration::from_secs(24 * 3_600),
            is_exact: false,
            mutate: Vec::new(),
            is_shown: false,
        }
    }
}

/// The command.
pub fn command(args: &[OsString]) -> Result<()> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("cases") => options.cases = parser.value()?.parse()?,
            Long("seed") => options.seed = parser.value()?.parse()?,
            Long("opa") => options.opa = Some(parser.value()?.into()),
            Long("patience") => options.patience = parser.value()?.parse()?,
            Long("keep") => options.keep = parser.value()?.into(),
            Long("time") => options.time = Duration::from_secs(parser.value()?.parse()?),
            Long("mutate") => options.mutate.push(parser.value()?.into()),
            Long("exact") => options.is_exact = true,
            Long("show") => options.is_shown = true,
            _ => return Err(argument.unexpected().into()),
        }
    }
    let report = run(&options)?;
    print!("{report}");
    match report.differences() {
        0 => Ok(()),
        count => bail!("{count} disagreements; see {}", options.keep.display()),
    }
}

/// Compares the programs that are asked for.
pub fn run(options: &Options) -> Result<Report> {
    let opa = match &options.opa {
        Some(program) => program.clone(),
        None => build_peer()?,
    };
    let mut peer = Peer::start(&opa)?;
    // A panic is an answer like another; the report tells of it.
    std::panic::set_hook(Box::new(|_| {}));
    let texts = if options.mutate.is_empty() { Vec::new() } else { mutate::texts(&options.mutate)? };
    let mut report = Report::default();
    let start = Instant::now();
    for seed in options.seed..options.seed.saturating_add(options.cases) {
        if start.elapsed() > options.time {
            break;
        }
        let mut choices = Choices::random(seed);
        let program = program(&texts, &mut choices);
        let (ours, theirs) = both(&program, &mut peer, Way::Usual)?;
        if options.is_shown {
            println!("{}", report::case_file(&program, &program.queries, &ours, &theirs));
        }
        report.count(&theirs);
        let mut differences = compare(&program, &ours, &theirs, options.is_exact);
        if differences.iter().any(|difference| difference.known.is_none()) {
            // OPA changes the types of its builtins while it merges those of rules: a new process has them as declared.
            peer = Peer::start(&opa)?;
            let (ours, theirs) = both(&program, &mut peer, Way::Usual)?;
            differences = compare(&program, &ours, &theirs, options.is_exact);
            if differences.is_empty() {
                report.add_known(seed, "types that OPA has changed while it compiled earlier programs");
            }
        }
        for mut difference in differences {
            difference.known = again::reason(&program, &difference, &mut peer)?;
            if let Some(reason) = difference.known {
                report.add_known(seed, reason);
                continue;
            }
            if report.add(seed, &difference) <= ALIKE && options.patience > 0 {
                let mut found = Found { difference: &difference, peer: &mut peer, options, failure: None };
                let program = found.shrink(&program, choices.made().to_vec())?;
                found.keep(&program, seed)?;
            }
        }
    }
    report.seconds = start.elapsed().as_secs_f64();
    Ok(report)
}

/// What both say. OPA thinks while Solon does.
fn both(case: &Case, peer: &mut Peer, way: Way) -> Result<(Said, Said)> {
    peer.send(case, way)?;
    let ours = solon::ask(case, way);
    Ok((ours, peer.receive()?))
}

/// The program of some choices: a generated one, or one of the texts with mistakes.
fn program(texts: &[Text], choices: &mut Choices) -> Case {
    if texts.is_empty() { case(choices) } else { mutated(texts, choices) }
}

/// A disagreement that is kept.
struct Found<'r> {
    difference: &'r Difference,
    peer: &'r mut Peer,
    options: &'r Options,
    /// What kept the peer from answering.
    failure: Option<anyhow::Error>,
}

impl Found<'_> {
    /// The smallest program that is found with the same disagreement.
    fn shrink(&mut self, program: &Case, choices: Vec<u32>) -> Result<Case> {
        let smallest = if self.options.mutate.is_empty() {
            let patience = self.options.patience;
            let is_alike = |choices: &[u32]| self.is_in(&case(&mut Choices::replay(choices.to_vec())));
            case(&mut Choices::replay(shrink(choices, patience, is_alike)))
        } else {
            mutate::shrink(program, &mut |program| self.is_in(program))
        };
        self.failure.take().map_or(Ok(smallest), Err)
    }

    /// Whether a program has the disagreement.
    fn is_in(&mut self, program: &Case) -> bool {
        match both(program, self.peer, Way::Usual) {
            Ok((ours, theirs)) => {
                let found = compare(program, &ours, &theirs, self.options.is_exact);
                found.iter().any(|other| other.signature == self.difference.signature)
            }
            Err(error) => {
                self.failure.get_or_insert(error);
                false
            }
        }
    }

    /// Writes a program to a file.
    fn keep(&mut self, program: &Case, seed: u64) -> Result<()> {
        let (ours, theirs) = both(program, self.peer, Way::Usual)?;
        let found = compare(program, &ours, &theirs, self.options.is_exact);
        let shown = found.iter().find(|other| other.signature == self.difference.signature).unwrap_or(self.difference);
        let query = shown.query.clone().or_else(|| program.queries.first().cloned());
        let text = report::case_file(program, query.as_slice(), &ours, &theirs);
        let folder = &self.options.keep;
        std::fs::create_dir_all(folder)?;
        let name: String =
            shown.signature.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
        let name: String = name.chars().take(80).collect();
        std::fs::write(folder.join(format!("{name}-{seed}.case")), text)?;
        Ok(())
    }
}
