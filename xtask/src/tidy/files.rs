//! What stands in the project's files.

use anyhow::{Context, Result, bail};
use std::fs;
use std::process::Command;

/// A source file with more lines hides a second subject.
const LONGEST: usize = 700;

/// Words that have no place in the project, one a line.
const WORDS: &str = "xtask/forbidden-words.txt";

/// What marks unfinished work. Written in two parts, so as not to be found here.
const LEFTOVERS: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("dbg", "!("), concat!("todo", "!(")];

/// Source files that are too long.
pub fn length() -> Result<Vec<String>> {
    let lengths = texts(&["*.rs"])?.into_iter().map(|(path, text)| (path, text.lines().count()));
    Ok(lengths.filter(|(_, lines)| *lines > LONGEST).map(|(path, lines)| format!("{path}: {lines} lines")).collect())
}

/// Unfinished work.
pub fn leftovers() -> Result<Vec<String>> {
    Ok(find(&texts(&["*.rs", "*.rego", "*.toml", "*.md", ".ci/*"])?, LEFTOVERS))
}

/// Words of the list, wherever they stand.
pub fn words() -> Result<Vec<String>> {
    let list = fs::read_to_string(WORDS).with_context(|| format!("cannot read {WORDS}"))?;
    let words: Vec<&str> =
        list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut files = texts(&[])?;
    files.retain(|(path, _)| path != WORDS);
    Ok(find(&files, &words))
}

fn find(files: &[(String, String)], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        for (number, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                found.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    found
}

/// Tracked text files that match any of the patterns (all files if there are none), with their contents.
fn texts(patterns: &[&str]) -> Result<Vec<(String, String)>> {
    let output =
        Command::new("git").args(["ls-files", "-z", "--"]).args(patterns).output().context("cannot run git")?;
    if !output.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let paths = String::from_utf8(output.stdout)?;
    let read = |path: &str| Some((path.to_owned(), fs::read_to_string(path).ok()?));
    Ok(paths.split_terminator('\0').filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_with_their_place() {
        let files = [("a.rs".to_owned(), "one\ntwo three".to_owned())];
        assert_eq!(find(&files, &["three", "four"]), ["a.rs:2: three"]);
    }
}
