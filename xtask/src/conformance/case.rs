//! The cases: YAML files of OPA's.

use anyhow::{Context, Result};
use serde_json::Value as Json;
use solon_engine::Syntax;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One case of OPA's.
pub struct Case {
    /// `v1/folder/note`.
    pub name: String,
    /// How its modules are written.
    pub syntax: Syntax,
    /// All of it.
    pub case: Json,
}

/// Every case in the YAML files below a folder.
pub fn cases(folder: &Path) -> Result<Vec<Case>> {
    let mut found = Vec::new();
    for (version, syntax) in [("v0", Syntax::V0), ("v1", Syntax::V1)] {
        for file in files(&folder.join(version))? {
            let text = fs::read(&file)?;
            let documents =
                solon_k8s::yaml::yaml_to_json(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
            let group = file.parent().and_then(|parent| parent.file_name()).unwrap_or_default();
            for case in documents.iter().flat_map(|document| document["cases"].as_array()).flatten() {
                let note = case["note"].as_str().unwrap_or_default().replace('\n', " ");
                let name = format!("{version}/{}/{note}", group.to_string_lossy());
                found.push(Case { name, syntax, case: case.clone() });
            }
        }
    }
    // Notes are not unique: the second of a name gets a number.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for case in &mut found {
        let count = seen.entry(case.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            case.name = format!("{} #{count}", case.name);
        }
    }
    Ok(found)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    Ok(found)
}
