//! JSON schemas from a file, for the input, or from a folder, under the names of its files.

use crate::report::io_text;
use anyhow::{Result, bail};
use solon::Compiler;
use solon::k8s::yaml::yaml_to_json;
use std::fs;
use std::io;
use std::path::Path;

/// Gives a compiler the schemas at `--schema`.
pub fn add(compiler: Compiler, path: Option<&Path>) -> Result<Compiler> {
    let Some(path) = path else { return Ok(compiler) };
    let mut found = Vec::new();
    let read = match fs::metadata(path) {
        Err(error) => Err(wrong("stat", path, &error)),
        Ok(kind) if kind.is_dir() => folder(path, &mut Vec::new(), &mut found),
        Ok(_) => file(path, Vec::new(), &mut found),
    };
    if let Err(message) = read {
        bail!("1 error occurred during loading: {message}");
    }
    Ok(found.into_iter().fold(compiler, |compiler, (name, json)| {
        let name: Vec<&str> = name.iter().map(String::as_str).collect();
        compiler.schema(&name, json)
    }))
}

/// Schemas with their names.
type Found = Vec<(Vec<String>, String)>;

fn folder(path: &Path, name: &mut Vec<String>, found: &mut Found) -> Result<(), String> {
    let entries = fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut paths: Vec<_> = entries.map_err(|error| wrong("open", path, &error))?;
    paths.sort_unstable();
    for path in paths {
        let is_folder = path.is_dir();
        let step = if is_folder { path.file_name() } else { path.file_stem() };
        name.push(step.unwrap_or_default().to_string_lossy().into_owned());
        if is_folder {
            folder(&path, name, found)?;
        } else {
            file(&path, name.clone(), found)?;
        }
        name.pop();
    }
    Ok(())
}

fn file(path: &Path, name: Vec<String>, found: &mut Found) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| wrong("open", path, &error))?;
    let values = yaml_to_json(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    found.push((name, values.first().map_or_else(|| "null".to_owned(), ToString::to_string)));
    Ok(())
}

fn wrong(operation: &str, path: &Path, error: &io::Error) -> String {
    format!("{operation} {}: {}", path.display(), io_text(error))
}
