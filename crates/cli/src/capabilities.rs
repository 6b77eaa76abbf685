//! `solon capabilities`, and `--capabilities` of other commands.

use crate::args::ShowCapabilities;
use crate::exit;
use crate::input::read_file;
use crate::render::pretty;
use crate::terminal::{print, say};
use anyhow::{Result, anyhow};
use solon::Capabilities;
use solon::capabilities::VERSION;
use std::path::Path;
use std::process::ExitCode;

/// Prints capabilities, or the versions of which there are some.
pub fn run(arguments: &ShowCapabilities) -> Result<ExitCode> {
    let capabilities = match (&arguments.version, &arguments.file) {
        (Some(version), _) if version == VERSION => Capabilities::current(),
        (Some(version), _) => {
            say(&format!("no capabilities version found {version}"));
            return Ok(exit::FAILED.into());
        }
        (None, Some(file)) => {
            Capabilities::from_json(&read_file(file)?).map_err(|error| anyhow!("{}: {error}", file.display()))?
        }
        (None, None) if arguments.current => Capabilities::current(),
        (None, None) => {
            print(&format!("{VERSION}\n"))?;
            return Ok(exit::DONE.into());
        }
    };
    print(&pretty(&capabilities.to_json().to_string()))?;
    Ok(exit::DONE.into())
}

/// Reads the argument of `--capabilities`: a file, or a version.
pub fn parse(argument: &str) -> Result<Capabilities, String> {
    match read_file(Path::new(argument)) {
        Ok(text) => Capabilities::from_json(&text),
        Err(_) if argument == VERSION => Ok(Capabilities::current()),
        Err(_) => Err(format!("no such file or capabilities version found: {argument}")),
    }
}
