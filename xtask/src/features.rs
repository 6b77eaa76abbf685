//! `cargo xtask features`: what each feature of the library takes, in crates and, with `--time`, in time to build. The book
//! has these figures; `tidy` compares the numbers of crates.

use crate::process::{cargo, run};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::time::Instant;

/// The features, each of which is taken alone.
pub const FEATURES: &[&str] = &["crypto", "graphql", "regex", "semver", "time", "yaml", "k8s", "http"];

/// Where the book has the figures.
const BOOK: &str = "docs/book/getting-started.md";

/// What is taken of the library.
#[derive(Clone, Copy)]
enum Taken {
    None,
    One(&'static str),
    Default,
}

impl Taken {
    fn all() -> impl Iterator<Item = Taken> {
        let each = FEATURES.iter().copied().map(Taken::One);
        std::iter::once(Taken::None).chain(each).chain([Taken::Default])
    }

    fn name(self) -> &'static str {
        match self {
            Taken::None => "none",
            Taken::One(feature) => feature,
            Taken::Default => "default",
        }
    }

    /// The arguments of cargo.
    fn arguments(self) -> Vec<&'static str> {
        match self {
            Taken::None => vec!["--no-default-features"],
            Taken::One(feature) => vec!["--no-default-features", "--features", feature],
            Taken::Default => Vec::new(),
        }
    }

    /// How many crates there are, our own among them, those that only run at build time not.
    fn crates(self) -> Result<usize> {
        // The same system for everybody: some crates are for one alone.
        let tree = ["tree", "--quiet", "--locked", "--target", "x86_64-unknown-linux-gnu", "--edges", "normal"];
        let format = ["--prefix", "none", "--format", "{p}", "--package", "solon"];
        let output = cargo().args(tree).args(format).args(self.arguments()).output()?;
        if !output.status.success() {
            bail!("cargo tree: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        // A crate stands there once for each that needs it, and later ones with a mark.
        let named = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        Ok(text.lines().map(named).filter(|name| !name.is_empty()).collect::<BTreeSet<_>>().len())
    }

    /// Seconds of a build without optimizations in a folder that is empty.
    fn build(self) -> Result<f64> {
        const FOLDER: &str = "target/features";
        if fs::exists(FOLDER)? {
            fs::remove_dir_all(FOLDER)?;
        }
        let begin = Instant::now();
        let build = ["build", "--quiet", "--locked", "--package", "solon", "--target-dir", FOLDER];
        run(cargo().args(build).args(self.arguments()))?;
        let seconds = begin.elapsed().as_secs_f64();
        fs::remove_dir_all(FOLDER)?;
        Ok(seconds)
    }
}

/// Prints a line for each feature.
pub fn command(args: &[OsString]) -> Result<()> {
    let is_timed = match args {
        [] => false,
        [arg] if arg == "--time" => true,
        _ => bail!("usage: cargo xtask features [--time]"),
    };
    for taken in Taken::all() {
        print!("{:<8} {:>3} crates", taken.name(), taken.crates()?);
        match is_timed {
            true => println!(" {:>4.0} s", taken.build()?),
            false => println!(),
        }
    }
    Ok(())
}

/// Where the book says another number of crates.
pub fn book() -> Result<Vec<String>> {
    let text = fs::read_to_string(BOOK).with_context(|| BOOK.to_owned())?;
    let base = Taken::None.crates()?;
    let mut wrong = Vec::new();
    for taken in Taken::all() {
        let (count, said) = (taken.crates()?, said(&text, taken));
        let expected = if matches!(taken, Taken::One(_)) { count - base } else { count };
        if said != Some(expected) {
            let said = said.map_or("nothing".to_owned(), |said| said.to_string());
            wrong.push(format!("{BOOK}: {}: {said} crates, but there are {expected}", taken.name()));
        }
    }
    Ok(wrong)
}

/// What the row of the table says that begins with a feature, or with so many: the number in its third column.
fn said(text: &str, taken: Taken) -> Option<usize> {
    let begin = match taken {
        Taken::None => "| none |".to_owned(),
        Taken::One(feature) => format!("| `{feature}` |"),
        Taken::Default => "| the default |".to_owned(),
    };
    let row = text.lines().find(|line| line.starts_with(&begin))?;
    let cell = row.split('|').nth(3)?.trim();
    match cell.split([' ', ':']).next()? {
        "none" => Some(0),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_is_read() {
        let text = "| none | x | 41 | |\n| `a` | `a.*` | none: code of our own | |\n| `b` | | 3 more | |";
        assert_eq!(said(text, Taken::None), Some(41));
        assert_eq!(said(text, Taken::One("a")), Some(0));
        assert_eq!(said(text, Taken::One("b")), Some(3));
        assert_eq!(said(text, Taken::Default), None);
    }
}
