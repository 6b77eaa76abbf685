//! One case: its folder and what is in it.

use anyhow::{Context, Result, bail};
use regex::Regex;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::fs;
use std::path::{Path, PathBuf};

/// A case's folder and its `case.json`.
#[derive(Debug)]
pub struct Case {
    folder: PathBuf,
    record: Record,
}

/// `case.json`: names of files beside it.
#[derive(Debug, Deserialize)]
struct Record {
    name: String,
    query: String,
    rego: String,
    modules: Vec<String>,
    data: Option<String>,
    inputs: String,
    expected: Option<String>,
}

/// The cases below a folder whose names match, in order of their names.
///
/// # Errors
///
/// The folder cannot be read, a `case.json` is none, or nothing matches.
pub fn find_cases(root: &Path, only: &Regex) -> Result<Vec<Case>> {
    let entries = fs::read_dir(root).with_context(|| format!("cannot read {}", root.display()))?;
    let mut folders: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    folders.retain(|folder| folder.join("case.json").is_file());
    folders.sort();
    let cases: Vec<Case> = folders.iter().map(|folder| Case::read(folder)).collect::<Result<_>>()?;
    let cases: Vec<Case> = cases.into_iter().filter(|case| only.is_match(case.name())).collect();
    if cases.is_empty() {
        bail!("no case in {} matches", root.display());
    }
    Ok(cases)
}

impl Case {
    /// The case in a folder.
    ///
    /// # Errors
    ///
    /// `case.json` cannot be read.
    pub fn read(folder: &Path) -> Result<Case> {
        Ok(Case { folder: folder.to_owned(), record: parse(&folder.join("case.json"))? })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it asks.
    pub fn query(&self) -> &str {
        &self.record.query
    }

    /// Whether its modules are written in Rego v0.
    pub fn is_v0(&self) -> bool {
        self.record.rego == "v0"
    }

    /// Paths of its modules.
    pub fn module_paths(&self) -> Vec<PathBuf> {
        self.record.modules.iter().map(|name| self.folder.join(name)).collect()
    }

    /// Its modules: name and text.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn modules(&self) -> Result<Vec<(String, String)>> {
        let read = |name: &String| Ok((name.clone(), text(&self.folder.join(name))?));
        self.record.modules.iter().map(read).collect()
    }

    /// Path of the base document, if it has one.
    pub fn data_path(&self) -> Option<PathBuf> {
        self.record.data.as_ref().map(|name| self.folder.join(name))
    }

    /// The base document's text, if it has one.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn data(&self) -> Result<Option<String>> {
        self.data_path().map(|path| text(&path)).transpose()
    }

    /// Its inputs, each as JSON text.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no JSON array.
    pub fn inputs(&self) -> Result<Vec<String>> {
        let inputs: Vec<Box<RawValue>> = parse(&self.folder.join(&self.record.inputs))?;
        Ok(inputs.iter().map(|input| input.get().to_owned()).collect())
    }

    /// The result for each input (`null` for undefined, sets as sorted arrays), where they are known.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no JSON array.
    pub fn expected(&self) -> Result<Option<Vec<serde_json::Value>>> {
        self.record.expected.as_ref().map(|name| parse(&self.folder.join(name))).transpose()
    }
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T> {
    serde_json::from_str(&text(path)?).with_context(|| format!("{}", path.display()))
}
