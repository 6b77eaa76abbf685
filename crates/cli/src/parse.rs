//! `solon parse`.

use crate::args::{Parse, ParseFormat};
use crate::exit;
use crate::report::{self, Problem, io_text};
use crate::terminal::{print, say};
use anyhow::{Result, anyhow};
use solon::Location;
use solon::syntax::ast::Version;
use solon::syntax::dump::dump;
use solon::syntax::print::module_text;
use solon::syntax::{ParseOptions, Source, line_at, parse_module};
use std::fs;
use std::process::ExitCode;

/// Parses a file and prints its tree, or every error in it.
pub fn run(arguments: &Parse) -> Result<ExitCode> {
    let name = arguments.file.display().to_string();
    let text = fs::read_to_string(&arguments.file).map_err(|error| anyhow!("open {name}: {}", io_text(&error)))?;
    let source = Source::new(name, text);
    let version = if arguments.v0_compatible { Version::V0 } else { Version::V1 };
    let parsed = parse_module(source.text(), ParseOptions { file: 0, version });
    if let (true, Some(module)) = (parsed.errors.is_empty(), &parsed.tree) {
        print(&match arguments.format {
            ParseFormat::Tree => dump(module),
            ParseFormat::Rego => module_text(module),
        })?;
        return Ok(exit::DONE.into());
    }
    let problem = |error: solon::syntax::Diagnostic| {
        let position = source.position(error.span.start);
        let place = Location {
            file: source.name().to_owned(),
            row: position.row,
            col: position.col,
            line: source.line(position.row).to_owned(),
        };
        Problem {
            message: error.message,
            code: error.code.to_owned(),
            place: Some(place),
            shown: Some(line_at(source.text(), position.row, position.col)),
            details: None,
            hint: error.hint,
        }
    };
    let problems: Vec<Problem> = parsed.errors.into_iter().map(problem).collect();
    say(&report::text(&problems));
    Ok(exit::ERROR.into())
}
