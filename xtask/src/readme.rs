//! `cargo xtask readme [FILE]`: runs the `console` blocks of the README and compares what they print.
//!
//! A line `$ command` is run by bash at the root of the project, with the built `solon` on the path; the lines up to
//! the next one are what it prints on both streams. There, `[..]` stands for anything in a line and `...` for any
//! lines; `? 1` below a command is its exit status, if that is not 0. Lines of any block that begin with `cargo run` have
//! to succeed. Rust blocks are tested as documentation.

use crate::process::cargo;
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// A command and what it should do.
#[derive(Debug, Default, PartialEq)]
struct Step {
    line: usize,
    command: String,
    status: i32,
    output: Vec<String>,
}

/// Runs every step and prints those that do something else.
pub fn run(args: &[OsString]) -> Result<()> {
    let path = args.first().map_or(Path::new("README.md"), Path::new);
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let steps = steps(&text);
    if steps.is_empty() {
        bail!("{} has no console block", path.display());
    }
    if !cargo().args(["build", "--quiet", "--package", "solon-cli"]).status()?.success() {
        bail!("the build failed");
    }
    let mut failed = 0;
    for step in &steps {
        if let Err(problem) = step.check() {
            println!("{}:{}: $ {}\n{problem}", path.display(), step.line, step.command);
            failed += 1;
        }
    }
    println!("{} commands passed, {failed} failed", steps.len() - failed);
    if failed > 0 {
        bail!("the README is not true");
    }
    Ok(())
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut is_console, mut is_open) = (false, false);
    for (number, line) in text.lines().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            is_console = !is_open && language == "console";
            is_open = !is_open;
        } else if is_open && line.starts_with("cargo run ") {
            // The program is built without optimisation, as for the other steps.
            let command = line.replace("--release", "--quiet");
            steps.push(Step { line: number + 1, command, output: vec!["...".to_owned()], ..Step::default() });
        } else if !is_console {
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { line: number + 1, command: command.to_owned(), ..Step::default() });
        } else if let Some(step) = steps.last_mut() {
            match line.strip_prefix("? ").and_then(|status| status.parse().ok()) {
                Some(status) => step.status = status,
                None => step.output.push(line.to_owned()),
            }
        }
    }
    steps
}

impl Step {
    fn check(&self) -> Result<(), String> {
        let script = format!("exec 2>&1\n{}", self.command);
        let output = Command::new("bash").env("PATH", path()).args(["-c", &script]).output();
        let output = output.map_err(|error| format!("cannot run bash: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let got: Vec<&str> = text.trim_end().lines().collect();
        let status = output.status.code().unwrap_or(-1);
        if status != self.status {
            return Err(format!("exit status {status}, expected {}:\n{text}", self.status));
        }
        let mut expected: Vec<&str> = self.output.iter().map(String::as_str).collect();
        while expected.last().is_some_and(|line| line.is_empty()) {
            expected.pop();
        }
        if !matches_lines(&expected, &got) {
            return Err(format!("expected:\n{}\ngot:\n{text}", expected.join("\n")));
        }
        Ok(())
    }
}

/// The path with the folder of this program, where `solon` is built too, in front.
fn path() -> OsString {
    let here = env::current_exe().ok().and_then(|this| this.parent().map(Path::to_owned));
    let others = env::var_os("PATH").unwrap_or_default();
    let folders = here.into_iter().chain(env::split_paths(&others));
    env::join_paths(folders).unwrap_or_else(|_| others.clone())
}

fn matches_lines(expected: &[&str], got: &[&str]) -> bool {
    match expected.split_first() {
        None => got.is_empty(),
        Some((&"...", rest)) => {
            (0..=got.len()).any(|skipped| matches_lines(rest, got.get(skipped..).unwrap_or_default()))
        }
        Some((line, rest)) => got
            .split_first()
            .is_some_and(|(first, more)| matches_line(line, first.trim_end()) && matches_lines(rest, more)),
    }
}

fn matches_line(pattern: &str, line: &str) -> bool {
    let parts: Vec<String> = pattern.trim_end().split("[..]").map(regex::escape).collect();
    regex::Regex::new(&format!("^{}$", parts.join(".*"))).is_ok_and(|pattern| pattern.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_console_blocks_are_read() {
        let text = "```sh\n$ rm\n```\n```console\n$ solon eval 1\n1\n? 2\n$ true\n```\n$ not this\n";
        let read: Vec<_> =
            steps(text).into_iter().map(|step| (step.line, step.command, step.status, step.output)).collect();
        let expected = [(5, "solon eval 1".to_owned(), 2, vec!["1".to_owned()]), (8, "true".to_owned(), 0, Vec::new())];
        assert_eq!(read, expected);
    }

    #[test]
    fn wildcards_stand_for_parts_and_lines() {
        assert!(matches_lines(&["a [..] c", "...", "z"], &["a (b) c", "x", "y", "z"]));
        assert!(!matches_lines(&["a", "..."], &["b"]));
        assert!(!matches_lines(&["a"], &["a", "b"]));
    }
}
