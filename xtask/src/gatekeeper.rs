//! Gatekeeper's library on disk: a folder for each template, in folders of several.

use anyhow::{Context, Result};
use solon_k8s::document::Options;
use solon_k8s::manifest::{Manifest, read_manifests};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of templates, in order.
pub fn templates(library: &Path) -> Result<Vec<PathBuf>> {
    let mut templates = Vec::new();
    for group in folders(library)? {
        templates.extend(folders(&group)?.into_iter().filter(|folder| folder.join("template.yaml").is_file()));
    }
    Ok(templates)
}

/// The folders in a folder, in order.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut folders: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

/// The first manifest of a file.
pub fn manifest(path: &Path) -> Result<Manifest> {
    let manifests = read_manifests(&path.to_string_lossy(), &fs::read(path)?, &Options::default())?;
    manifests.into_iter().next().with_context(|| format!("{} is empty", path.display()))
}
