//! The command line of Solon: `solon eval` evaluates Rego as `opa eval` does, `solon admit` answers AdmissionReviews.
//!
//! Takes arguments, files and the terminal; every command is a thin caller of the [`solon`] API. How a policy is
//! evaluated is not this crate's business.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod admit;
mod args;
mod capabilities;
mod compile;
mod cross_check;
mod duration;
mod eval;
mod exit;
mod host;
mod input;
mod parse;
mod plan;
mod render;
mod report;
mod schemas;
mod table;
mod terminal;
mod test;
mod test_report;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = match args::Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) => return args::explain(&error),
    };
    let done = match command {
        args::Command::Eval(arguments) => eval::run(&arguments),
        args::Command::Compile(arguments) => compile::run(&arguments),
        args::Command::Test(arguments) => test::run(&arguments),
        args::Command::Capabilities(arguments) => capabilities::run(&arguments),
        args::Command::Admit(arguments) => admit::run(&arguments),
        args::Command::Plan(arguments) => plan::run(&arguments),
        args::Command::Parse(arguments) => parse::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        terminal::say(&format!("{error:#}"));
        exit::ERROR.into()
    })
}
