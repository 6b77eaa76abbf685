//! Bundles: folders or `.tar.gz` files of policies and data, as OPA builds and reads them.
//!
//! In a bundle only `data.json`, `data.yaml` and `data.yml` are data; each goes below the names of its folders. The
//! manifest says which roots of `data` the bundle owns, and in which version its modules are written.

use crate::ignore;
use crate::load::{Document, Module};
use crate::problem::io_text;
use flate2::read::GzDecoder;
use path_clean::PathClean;
use serde::Deserialize;
use serde_json::Value;
use solon::k8s::yaml::yaml_to_json;
use solon::syntax::{ParseOptions, ast::Version, parse_module};
use solon::{Compiler, Input, Syntax};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

/// How many bytes a bundle may have when it is unpacked, as in OPA.
const MOST_BYTES: u64 = 1 << 30;

/// What a bundle holds.
#[derive(Debug)]
pub struct Bundle {
    /// As it was named.
    pub name: String,
    /// The paths below `data` that it owns, without slashes around them; empty for all.
    pub roots: Vec<String>,
    /// Its modules.
    pub modules: Vec<Module>,
    /// Its data.
    pub documents: Vec<Document>,
}

/// A file of a bundle.
struct File {
    /// The folders that it is in, and its name.
    path: Vec<String>,
    /// What errors call it.
    shown: String,
    bytes: Vec<u8>,
}

/// What `.manifest` says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Manifest {
    roots: Option<Vec<String>>,
    rego_version: Option<i64>,
    file_rego_versions: BTreeMap<String, i64>,
}

/// Reads a bundle; files and folders whose names match a pattern of `ignore` are left out.
pub fn read(path: &Path, ignore: &[String]) -> Result<Bundle, String> {
    let name = &*path.to_string_lossy();
    let loading = |message: String| format!("loading error: {message}");
    let kind = fs::metadata(path)
        .map_err(|error| loading(format!("error reading {name:?}: stat {name}: {}", io_text(&error))))?;
    let mut files = if kind.is_dir() {
        let mut files = Vec::new();
        read_folder(&path.clean(), &[], &mut files).map(|()| files)
    } else {
        read_archive(path)
    }
    .map_err(|message| loading(format!("bundle {name}: {message}")))?;
    files.retain(|file| !file.path.iter().any(|part| ignore.iter().any(|pattern| ignore::matches(pattern, part))));
    understand(name, files).map_err(|message| loading(format!("bundle {name}: {message}")))
}

fn read_folder(folder: &Path, above: &[String], files: &mut Vec<File>) -> Result<(), String> {
    let wrong = |operation: &str, path: &Path, error: &std::io::Error| {
        format!("{operation} {}: {}", path.display(), io_text(error))
    };
    let entries = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
    let mut names: Vec<_> = entries.map_err(|error| wrong("open", folder, &error))?;
    names.sort_unstable();
    for name in names {
        let inner = folder.join(&name);
        let path: Vec<String> = above.iter().cloned().chain([name.to_string_lossy().into_owned()]).collect();
        let kind = fs::metadata(&inner).map_err(|error| wrong("stat", &inner, &error))?;
        if kind.is_dir() {
            read_folder(&inner, &path, files)?;
        } else if is_wanted(&path) {
            let bytes = fs::read(&inner).map_err(|error| wrong("open", &inner, &error))?;
            files.push(File { path, shown: inner.to_string_lossy().into_owned(), bytes });
        }
    }
    Ok(())
}

fn read_archive(path: &Path) -> Result<Vec<File>, String> {
    let packed = fs::File::open(path).map_err(|error| format!("open {}: {}", path.display(), io_text(&error)))?;
    let unreadable = |error: std::io::Error| format!("archive read failed: {}", io_text(&error));
    let mut archive = tar::Archive::new(GzDecoder::new(packed).take(MOST_BYTES));
    let mut files = Vec::new();
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let shown = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path: Vec<String> =
            shown.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect();
        let mut bytes = Vec::new();
        if is_wanted(&path) {
            entry.read_to_end(&mut bytes).map_err(unreadable)?;
            files.push(File { path, shown, bytes });
        }
    }
    Ok(files)
}

/// What a file of a bundle is, by its name.
#[derive(PartialEq)]
enum Kind {
    Module,
    Json,
    Yaml,
    Manifest,
    Patch,
}

fn kind_of(path: &[String]) -> Option<Kind> {
    match path.last()?.as_str() {
        name if name.ends_with(".rego") => Some(Kind::Module),
        "data.json" => Some(Kind::Json),
        "data.yaml" | "data.yml" => Some(Kind::Yaml),
        ".manifest" if path.len() == 1 => Some(Kind::Manifest),
        "patch.json" if path.len() == 1 => Some(Kind::Patch),
        _ => None,
    }
}

fn is_wanted(path: &[String]) -> bool {
    kind_of(path).is_some()
}

fn understand(name: &str, files: Vec<File>) -> Result<Bundle, String> {
    let mut manifest = Manifest::default();
    if let Some(file) = files.iter().find(|file| kind_of(&file.path) == Some(Kind::Manifest)) {
        manifest = serde_json::from_slice(&file.bytes)
            .map_err(|error| format!("bundle load failed on manifest decode: {error}"))?;
    }
    manifest.check_versions()?;
    let roots = manifest.roots.clone().unwrap_or_else(|| vec![String::new()]);
    let roots: Vec<String> = roots.iter().map(|root| root.trim_matches('/').to_owned()).collect();
    let mut bundle = Bundle { name: name.to_owned(), roots, modules: Vec::new(), documents: Vec::new() };
    for file in files {
        let failed = |message: String| format!("bundle load failed on {}: {message}", file.shown);
        match kind_of(&file.path) {
            Some(Kind::Module) => {
                let syntax = manifest.syntax_of(&file.path)?;
                let text = String::from_utf8(file.bytes)
                    .map_err(|_| format!("bundle load failed on {}: the text is not UTF-8", file.shown))?;
                bundle.modules.push(Module::new(file.shown, text, syntax));
            }
            Some(Kind::Json) => bundle.add(&file.path, file.shown, file.bytes),
            Some(Kind::Yaml) => {
                let values = yaml_to_json(&file.bytes).map_err(|error| failed(error.to_string()))?;
                let first = values.first().map_or_else(|| "null".to_owned(), ToString::to_string);
                bundle.add(&file.path, file.shown, first.into_bytes());
            }
            Some(Kind::Patch) => return Err("bundles that patch others are not supported".to_owned()),
            Some(Kind::Manifest) | None => {}
        }
    }
    bundle.check()?;
    Ok(bundle)
}

impl Manifest {
    /// The version in which a module is written, if the manifest says so.
    fn syntax_of(&self, path: &[String]) -> Result<Option<Syntax>, String> {
        let path = format!("/{}", path.join("/"));
        let mut version = self.rego_version;
        for (pattern, own) in &self.file_rego_versions {
            if glob_matches(pattern, &path)? {
                version = Some(*own);
            }
        }
        version.map(syntax).transpose()
    }

    /// Whether there are the versions that it names.
    fn check_versions(&self) -> Result<(), String> {
        self.rego_version.map(syntax).transpose()?;
        self.file_rego_versions.iter().map(|(file, version)| (file, syntax(*version))).try_for_each(|(file, syntax)| {
            match syntax {
                Ok(_) => Ok(()),
                Err(wrong) => Err(format!("{wrong} for file '{file}'")),
            }
        })
    }
}

/// A version by its number.
fn syntax(version: i64) -> Result<Syntax, String> {
    match version {
        0 => Ok(Syntax::V0),
        1 => Ok(Syntax::V1),
        other => Err(format!("manifest has unknown rego-version {other}")),
    }
}

/// Whether a path matches a glob pattern, which the engine's builtin knows about.
fn glob_matches(pattern: &str, path: &str) -> Result<bool, String> {
    if pattern == path {
        return Ok(true);
    }
    let query = Compiler::new().compile().and_then(|policy| policy.prepare("glob.match(input[0], [\"/\"], input[1])"));
    let mut evaluator = query.map_err(|error| error.to_string())?.evaluator().strict_builtin_errors(true);
    let input = serde_json::json!([pattern, path]).to_string();
    evaluator.eval(Input::json(&input)).map(|answer| answer.is_true()).map_err(|error| error.to_string())
}

impl Bundle {
    fn add(&mut self, path: &[String], file: String, json: Vec<u8>) {
        let folder = path.split_last().map(|(_, folder)| folder.to_vec()).unwrap_or_default();
        self.documents.push(Document::new(file, folder, json));
    }

    /// Whether everything is below the roots.
    fn check(&self) -> Result<(), String> {
        for (at, left) in self.roots.iter().enumerate() {
            if let Some(right) = self.roots.iter().skip(at + 1).find(|right| overlap(left, right)) {
                return Err(format!("manifest has overlapped roots: '{left}' and '{right}'"));
            }
        }
        self.modules.iter().try_for_each(|module| self.check_module(module))?;
        self.documents.iter().try_for_each(|document| self.check_document(document))
    }

    fn check_module(&self, module: &Module) -> Result<(), String> {
        let version = if module.syntax == Some(Syntax::V0) { Version::V0 } else { Version::V1 };
        // What cannot be parsed is the compiler's to report.
        let Some(tree) = parse_module(&module.text, ParseOptions { file: 0, version }).tree else { return Ok(()) };
        if self.owns(&tree.package.path) {
            return Ok(());
        }
        let (package, roots) = (tree.package.path.join("."), self.roots.join(" "));
        Err(format!("manifest roots [{roots}] do not permit 'package {package}' in module '{}'", module.name))
    }

    fn check_document(&self, document: &Document) -> Result<(), String> {
        // What is no JSON is reported where it is read.
        let Ok(value) = serde_json::from_slice::<Value>(&document.json) else { return Ok(()) };
        let mut path = Vec::new();
        for step in &document.path {
            if self.owns(&path) {
                return Ok(());
            }
            path.push(step.clone());
            if !self.owns(&path) && !self.leads(&path) {
                return Err(self.refusal(&path));
            }
        }
        self.check_value(&value, &mut path)
    }

    fn check_value(&self, value: &Value, path: &mut Vec<String>) -> Result<(), String> {
        if self.owns(path) {
            return Ok(());
        }
        let Value::Object(fields) = value else { return Err(self.refusal(path)) };
        if !self.leads(path) {
            return Err(self.refusal(path));
        }
        let mut names: Vec<&String> = fields.keys().collect();
        names.sort_unstable();
        for name in names {
            path.push(name.clone());
            self.check_value(fields.get(name).unwrap_or(&Value::Null), path)?;
            path.pop();
        }
        Ok(())
    }

    fn refusal(&self, path: &[String]) -> String {
        let (roots, path) = (self.roots.join(" "), path.join("/"));
        format!(
            "manifest roots [{roots}] do not permit data at path '/{path}' (hint: check bundle directory structure)"
        )
    }

    /// Whether a path is at or below a root.
    fn owns(&self, path: &[String]) -> bool {
        self.roots.iter().any(|root| root.is_empty() || starts_with(path, &parts(root)))
    }

    /// Whether a root is below a path.
    fn leads(&self, path: &[String]) -> bool {
        self.roots.iter().any(|root| starts_with(&parts(root), path))
    }
}

fn parts(root: &str) -> Vec<String> {
    root.split('/').map(str::to_owned).collect()
}

fn starts_with(path: &[String], beginning: &[String]) -> bool {
    path.get(..beginning.len()) == Some(beginning)
}

fn overlap(left: &str, right: &str) -> bool {
    left.is_empty()
        || right.is_empty()
        || starts_with(&parts(left), &parts(right))
        || starts_with(&parts(right), &parts(left))
}

/// Why bundles cannot be used together: no two may own the same path.
pub fn check_together(bundles: &[Bundle]) -> Result<(), String> {
    for (at, left) in bundles.iter().enumerate() {
        for right in bundles.iter().skip(at + 1) {
            let found = left.roots.iter().find_map(|own| {
                right.roots.iter().find(|other| overlap(own, other)).map(|other| (own.as_str(), other.as_str()))
            });
            if let Some((own, other)) = found {
                let message = format!(
                    "bundle activation failed: bundles [{}, {}] have overlapping roots: '{own}' and '{other}'",
                    left.name, right.name
                );
                return Err(message);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    /// A `.tar.gz` file of these files, in a folder of its own.
    fn packed(name: &str, files: &[(&str, &str)]) -> String {
        let mut archive = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&archive.into_inner().unwrap()).unwrap();
        let file = std::env::temp_dir().join(format!("solon-bundle-{}-{name}.tar.gz", std::process::id()));
        fs::write(&file, packer.finish().unwrap()).unwrap();
        file.to_string_lossy().into_owned()
    }

    #[test]
    fn archives_are_read_as_folders_are() {
        let files = [
            ("./.manifest", r#"{"roots": ["a"]}"#),
            ("./a/data.json", "{}"),
            ("a/b/p.rego", "package a.b"),
            ("c.txt", ""),
        ];
        let name = packed("whole", &files);
        let bundle = read(Path::new(&name), &[]).unwrap();
        assert_eq!(bundle.roots, ["a"]);
        assert_eq!(bundle.modules.iter().map(|module| module.name.as_str()).collect::<Vec<_>>(), ["a/b/p.rego"]);
        assert_eq!(bundle.documents.iter().map(|document| document.path.join("/")).collect::<Vec<_>>(), ["a"]);
        assert!(read(Path::new(&name), &["b".to_owned()]).unwrap().modules.is_empty());
        fs::remove_file(name).unwrap();
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let name = packed("cut", &[("data.json", "{}")]);
        let bytes = fs::read(&name).unwrap();
        fs::write(&name, &bytes[..bytes.len() / 2]).unwrap();
        assert!(read(Path::new(&name), &[]).unwrap_err().starts_with("loading error: bundle"));
        fs::write(&name, "no archive").unwrap();
        assert!(read(Path::new(&name), &[]).is_err());
        fs::remove_file(name).unwrap();
    }

    #[test]
    fn bundles_own_paths_of_their_own() {
        let bundle = |name: &str, root: &str| Bundle {
            name: name.to_owned(),
            roots: vec![root.to_owned()],
            modules: Vec::new(),
            documents: Vec::new(),
        };
        assert!(check_together(&[bundle("x", "a/b"), bundle("y", "a/c"), bundle("z", "ab")]).is_ok());
        for (left, right) in [("a", "a/b"), ("", "a"), ("a", "a")] {
            assert!(check_together(&[bundle("x", left), bundle("y", right)]).is_err(), "{left} {right}");
        }
    }
}
