//! `solon compile`: policies to one file, which `solon eval --compiled` reads without compiling them again.

use crate::args::Compile;
use crate::eval::tell;
use crate::exit;
use crate::report::{self, Problem, io_text};
use crate::schemas;
use crate::terminal::say;
use anyhow::Result;
use solon::Policy;
use solon_files::{Loaded, load_with_bundles};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Compiles policies and data and writes them to a file.
pub fn run(arguments: &Compile) -> Result<ExitCode> {
    match compile(arguments)? {
        Ok(policy) => {
            tell(&policy);
            let file = policy.save()?;
            let shown = arguments.output.display();
            fs::write(&arguments.output, file)
                .map_err(|error| anyhow::anyhow!("write {shown}: {}", io_text(&error)))?;
            Ok(exit::DONE.into())
        }
        Err(problems) => {
            say(&report::text(&problems));
            Ok(exit::ERROR.into())
        }
    }
}

fn compile(arguments: &Compile) -> Result<Result<Policy, Vec<Problem>>> {
    let (paths, bundles): (&[String], &[String]) =
        if arguments.bundle { (&[], &arguments.path) } else { (&arguments.path, &[]) };
    let loaded = match load_with_bundles(paths, bundles, arguments.reading.of_files()) {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(Err(problems)),
    };
    finish(&loaded, arguments.strict, arguments.schema.as_deref())
}

/// Compiles what was loaded, as the arguments say.
pub fn finish(loaded: &Loaded, is_strict: bool, schema: Option<&Path>) -> Result<Result<Policy, Vec<Problem>>> {
    let compiler = loaded.sources().strict(is_strict);
    Ok(loaded.finish(schemas::add(compiler, schema)?))
}

/// Reads a file that was written so.
pub fn read(path: &Path) -> Result<Policy, Vec<Problem>> {
    let shown = path.to_string_lossy();
    let file = fs::read(path).map_err(|error| vec![Problem::of_file("open", &shown, &error)])?;
    Policy::load(&file).map_err(|error| {
        let problems = Problem::of_engine(&error, |_| None).into_iter();
        problems.map(|problem| Problem { message: format!("{shown}: {}", problem.message), ..problem }).collect()
    })
}
