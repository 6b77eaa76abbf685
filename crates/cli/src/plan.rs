//! `solon plan`.

use crate::args::Plan;
use crate::exit;
use crate::report;
use crate::terminal::{print, say};
use anyhow::Result;
use std::process::ExitCode;

/// Prints what the compiler makes of policies.
pub fn run(arguments: &Plan) -> Result<ExitCode> {
    let explained = arguments.policy.load().and_then(|loaded| loaded.explain(arguments.stage.into()));
    match explained {
        Ok(text) => {
            print(&text)?;
            Ok(exit::DONE.into())
        }
        Err(problems) => {
            say(&report::text(&problems));
            Ok(exit::ERROR.into())
        }
    }
}
