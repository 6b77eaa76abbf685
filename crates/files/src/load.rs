//! Policies and data from files and folders, by the rules of `opa eval --data`.
//!
//! A file's content goes to the root of `data`, or below the prefix of `prefix.path:file`; what a folder holds goes
//! below the names of its folders. Gatekeeper's ConstraintTemplates are modules.

use crate::problem::{PARSE_ERROR, Problem};
use crate::{bundle, ignore, merge};
use indexmap::IndexMap;
use path_clean::PathClean;
use solon::k8s::compile::modules_of;
use solon::k8s::document::Options;
use solon::k8s::manifest::read_manifests;
use solon::k8s::template::Template;
use solon::k8s::yaml::yaml_to_json;
use solon::syntax::{ParseOptions, parse_module};
use solon::{Capabilities, Compiler, Policy, Stage, Syntax};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How files are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Patterns of names of files and folders that are left out of folders.
    pub ignore: Vec<String>,
    /// The syntax of modules that say nothing else.
    pub syntax: Syntax,
    /// What modules may use; everything if nothing is said.
    pub capabilities: Option<Capabilities>,
    /// How many errors are reported, 0 for all; as many as the compiler does if nothing is said.
    pub max_errors: Option<usize>,
}

/// What was loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Modules by their names, in the order in which they were found, which is that of errors.
    pub modules: IndexMap<String, Module>,
    /// Base documents.
    pub documents: Vec<Document>,
    /// Gatekeeper's templates with their files.
    pub templates: Vec<(String, Template)>,
    /// Files that cannot be read at all, each with its number.
    problems: Vec<(usize, Problem)>,
    seen: HashSet<(Vec<String>, PathBuf)>,
    reading: Reading,
}

/// A module.
#[derive(Debug)]
pub struct Module {
    /// What errors call it: its path.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The version in which it is written, if that is not what the arguments say.
    pub syntax: Option<Syntax>,
    /// The number of its file: how many were found before it.
    number: usize,
}

impl Module {
    /// A module whose file has no number yet.
    pub fn new(name: String, text: String, syntax: Option<Syntax>) -> Self {
        Module { name, text, syntax, number: 0 }
    }
}

/// A base document.
#[derive(Debug)]
pub struct Document {
    /// The file that it is from.
    pub file: String,
    /// Where it goes below `data`.
    pub path: Vec<String>,
    /// Its text.
    pub json: Vec<u8>,
    /// The number of its file: how many were found before it.
    pub(crate) number: usize,
}

impl Document {
    /// A document whose file has no number yet.
    pub fn new(file: String, path: Vec<String>, json: Vec<u8>) -> Self {
        Document { file, path, json, number: 0 }
    }
}

/// Loads everything that `--data` and `--bundle` name.
pub fn load_with_bundles(paths: &[String], bundles: &[String], reading: Reading) -> Result<Loaded, Vec<Problem>> {
    let paths = paths.iter().map(|path| {
        let (prefix, path) = split_prefix(path);
        (prefix, Path::new(path.strip_prefix("file://").unwrap_or(path)))
    });
    load(paths, bundles, reading)
}

/// Loads what is at paths, whatever their names look like, and bundles.
pub fn load_paths(paths: &[PathBuf], bundles: &[PathBuf], reading: Reading) -> Result<Loaded, Vec<Problem>> {
    load(paths.iter().map(|path| (Vec::new(), path.as_path())), bundles, reading)
}

/// Loads files and folders, each with its prefix, and bundles.
fn load<'p>(
    paths: impl Iterator<Item = (Vec<String>, &'p Path)>,
    bundles: &[impl AsRef<Path>],
    reading: Reading,
) -> Result<Loaded, Vec<Problem>> {
    let mut loaded = Loaded { reading, ..Loaded::default() };
    for (prefix, path) in paths {
        loaded.visit(path, &prefix, 0);
    }
    if !loaded.problems.is_empty() {
        return Err(loaded.wrong_files(false));
    }
    let read = |path: &_| bundle::read(AsRef::<Path>::as_ref(path), &loaded.reading.ignore);
    let bundles: Result<Vec<_>, _> = bundles.iter().map(read).collect();
    let bundles = bundles.and_then(|bundles| bundle::check_together(&bundles).map(|()| bundles));
    for bundle in bundles.map_err(|message| vec![Problem::new(message)])? {
        bundle.modules.into_iter().for_each(|module| loaded.add(module));
        bundle.documents.into_iter().for_each(|document| loaded.add_document(document));
    }
    Ok(loaded)
}

/// The prefix of `prefix.path:file`; a scheme is none.
fn split_prefix(path: &str) -> (Vec<String>, &str) {
    match path.split_once(':') {
        Some((prefix, file)) if !prefix.is_empty() && !file.starts_with("//") => {
            (prefix.split('.').map(str::to_owned).collect(), file)
        }
        _ => (Vec::new(), path),
    }
}

impl Loaded {
    fn visit(&mut self, path: &Path, prefix: &[String], depth: usize) {
        let shown = path.to_string_lossy().into_owned();
        let kind = match fs::metadata(path) {
            Ok(kind) => kind,
            Err(error) => return self.problem(Problem::of_file("stat", &shown, &error)),
        };
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if depth > 0 && self.reading.ignore.iter().any(|pattern| ignore::matches(pattern, &name)) {
            return;
        }
        if !kind.is_dir() {
            if self.seen.insert((prefix.to_vec(), path.components().collect())) {
                match fs::read(path) {
                    Ok(bytes) => self.file(path, &shown, bytes, prefix, depth),
                    Err(error) => self.problem(Problem::of_file("open", &shown, &error)),
                }
            }
            return;
        }
        let mut prefix = prefix.to_vec();
        if let (true, Some(name)) = (depth > 0, path.file_name()) {
            prefix.push(name.to_string_lossy().into_owned());
        }
        let entries = fs::read_dir(path).and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
        let mut names: Vec<_> = match entries {
            Ok(names) => names,
            Err(error) => return self.problem(Problem::of_file("open", &shown, &error)),
        };
        names.sort_unstable();
        for name in names {
            self.visit(&path.join(name).clean(), &prefix, depth + 1);
        }
    }

    /// The number of a file that was found.
    fn count(&self) -> usize {
        self.modules.len() + self.documents.len() + self.problems.len()
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push((self.count(), problem));
    }

    fn file(&mut self, path: &Path, shown: &str, bytes: Vec<u8>, prefix: &[String], depth: usize) {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("rego") => self.module(shown, bytes),
            Some("json") if self.templates(shown, &bytes) => {}
            Some("json") => self.document(shown, prefix, bytes),
            Some("yaml" | "yml") if self.templates(shown, &bytes) => {}
            Some("yaml" | "yml") => self.yaml(shown, prefix, &bytes),
            _ if depth == 0 => self.unknown(shown, bytes, prefix),
            _ => {}
        }
    }

    /// A file without a known name: whatever it can be read as.
    fn unknown(&mut self, shown: &str, bytes: Vec<u8>, prefix: &[String]) {
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        if !text.is_empty() && parse_module(text, ParseOptions::default()).errors.is_empty() {
            self.module(shown, bytes);
        } else if yaml_to_json(&bytes).is_ok() {
            self.yaml(shown, prefix, &bytes);
        } else {
            self.problem(Problem::new(format!("{shown}: can't recognize file type")));
        }
    }

    fn module(&mut self, shown: &str, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            // One that is given twice with different prefixes, which mean nothing to modules, counts once.
            Ok(text) => self.add(Module::new(shown.to_owned(), text, None)),
            Err(_) => self.problem(Problem::new(format!("{shown}: the text is not UTF-8"))),
        }
    }

    /// Adds a module, unless it is there. Two texts of one name, as in an archive, both count.
    fn add(&mut self, module: Module) {
        let key = match self.modules.get(&module.name) {
            Some(known) if known.text != module.text => format!("{} {}", module.name, self.modules.len()),
            _ => module.name.clone(),
        };
        let number = self.count();
        self.modules.entry(key).or_insert(Module { number, ..module });
    }

    fn document(&mut self, shown: &str, path: &[String], json: Vec<u8>) {
        self.add_document(Document::new(shown.to_owned(), path.to_vec(), json));
    }

    fn add_document(&mut self, document: Document) {
        let number = self.count();
        self.documents.push(Document { number, ..document });
    }

    fn yaml(&mut self, shown: &str, path: &[String], bytes: &[u8]) {
        match yaml_to_json(bytes) {
            Ok(values) => {
                let first = values.first().map_or_else(|| "null".to_owned(), ToString::to_string);
                self.document(shown, path, first.into_bytes());
            }
            Err(error) => self.problem(Problem::new(format!("{shown}: {error}"))),
        }
    }

    /// Reads ConstraintTemplates; whether there are any.
    fn templates(&mut self, shown: &str, bytes: &[u8]) -> bool {
        if !bytes.windows(KIND.len()).any(|window| window == KIND) {
            return false;
        }
        let Ok(manifests) = read_manifests(shown, bytes, &Options::default()) else { return false };
        let mut found = false;
        for manifest in manifests.iter().filter(|manifest| Template::is_template(manifest)) {
            found = true;
            match Template::read(manifest) {
                Ok(template) => self.templates.push((shown.to_owned(), template)),
                Err(error) => self.problem(Problem::new(error.to_string())),
            }
        }
        found
    }

    /// A compiler with the documents and capabilities, and nothing else.
    pub fn base(&self) -> Compiler {
        let compiler = self.reading.max_errors.into_iter().fold(self.empty(), Compiler::max_errors);
        self.add_documents(compiler)
    }

    /// A compiler with the capabilities, and nothing else.
    fn empty(&self) -> Compiler {
        Compiler::new().capabilities(self.reading.capabilities.clone().unwrap_or_default())
    }

    /// Adds the documents to a compiler.
    pub fn add_documents(&self, compiler: Compiler) -> Compiler {
        self.documents.iter().fold(compiler, |compiler, document| {
            let path: Vec<&str> = document.path.iter().map(String::as_str).collect();
            compiler.data_at(&path, document.json.as_slice())
        })
    }

    fn template_modules(&self) -> impl Iterator<Item = (String, String, Syntax)> {
        let targets =
            self.templates.iter().flat_map(|(file, template)| template.targets.iter().map(move |t| (file, t)));
        targets.flat_map(|(file, target)| modules_of(target).map(|(text, syntax)| (file.clone(), text, syntax)))
    }

    /// Compiles everything that was loaded for a run of its tests.
    pub fn compile_tests(&self) -> Result<Policy, Vec<Problem>> {
        self.finish(self.sources().test_run())
    }

    /// Everything that was loaded after a stage of compilation, as text.
    pub fn explain(&self, stage: Stage) -> Result<String, Vec<Problem>> {
        let text_of = |name: &str| self.text_of(name);
        self.sources().explain(stage).map_err(|error| Problem::of_engine(&error, text_of))
    }

    /// A compiler with everything that was loaded.
    pub fn sources(&self) -> Compiler {
        self.add_modules(self.base().syntax(self.reading.syntax))
    }

    /// Adds modules, and those of templates, to a compiler.
    pub fn add_modules(&self, compiler: Compiler) -> Compiler {
        let add =
            |compiler: Compiler, (file, text, syntax): (String, String, Syntax)| compiler.module_in(file, text, syntax);
        self.template_modules().fold(self.add_plain_modules(compiler), add)
    }

    fn add_plain_modules(&self, compiler: Compiler) -> Compiler {
        self.modules.values().fold(compiler, |compiler, module| self.add_module(compiler, module))
    }

    fn add_module(&self, compiler: Compiler, module: &Module) -> Compiler {
        let syntax = module.syntax.unwrap_or(self.reading.syntax);
        compiler.module_in(module.name.as_str(), module.text.as_str(), syntax)
    }

    /// Compiles what was loaded but the templates.
    pub fn compile_modules(&self) -> Result<Policy, Vec<Problem>> {
        self.finish(self.add_plain_modules(self.base().syntax(self.reading.syntax)))
    }

    /// Compiles what was loaded.
    pub fn finish(&self, compiler: Compiler) -> Result<Policy, Vec<Problem>> {
        compiler.compile().map_err(|error| {
            let are_parsed = error.issues().iter().all(|issue| issue.code != PARSE_ERROR);
            match self.wrong_files(are_parsed) {
                problems if problems.is_empty() => Problem::of_engine(&error, |name| self.text_of(name)),
                problems => problems,
            }
        })
    }

    /// What is wrong with files themselves, in their order: what cannot be read, is no Rego, or cannot be put together.
    /// There may be nothing, if only what they mean is wrong. `are_parsed` is whether all modules are known to be Rego.
    fn wrong_files(&self, are_parsed: bool) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        if self.add_documents(Compiler::new()).compile().is_err() {
            problems.extend(merge::problems(&self.documents));
        }
        for module in self.modules.values().filter(|_| !are_parsed) {
            if let Err(error) = self.add_module(self.empty(), module).compile() {
                let found = Problem::of_engine(&error, |_| Some(module.text.as_str())).into_iter();
                problems.extend(found.filter(Problem::is_of_file).map(|problem| (module.number, problem)));
            }
        }
        problems.sort_by_key(|(number, _)| *number);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }

    /// The text of a module.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.modules.get(name).map(|module| module.text.as_str())
    }
}

const KIND: &[u8] = b"ConstraintTemplate";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        let split = |path| {
            let (prefix, path) = split_prefix(path);
            (prefix.join("/"), path)
        };
        assert_eq!(split("a.json"), (String::new(), "a.json"));
        assert_eq!(split("a.b:c.json"), ("a/b".to_owned(), "c.json"));
        assert_eq!(split(":c.json"), (String::new(), ":c.json"));
        assert_eq!(split("file:///c.json"), (String::new(), "file:///c.json"));
        assert_eq!(split("a:file:///c.json"), ("a".to_owned(), "file:///c.json"));
    }
}
