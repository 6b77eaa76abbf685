//! Compiled policies as bytes.

use super::compiler::code_of;
use super::data::{self, Part};
use super::policy::{Policy, Shared};
use super::{Annotation, Details, Error, Issue, Location, Test};
use crate::analysis::RulePaths;
use crate::analysis::types::SavedDocumentTypes;
use crate::builtins::{CustomBuiltin, Customs};
use crate::code::saved::{SavedFunction, SavedUnit, load_functions};
use crate::code::{Optimizations, Work, graph, levels};
use crate::hir::lower::saved::SavedNames;
use crate::plan::saved::SavedTree;
use crate::saved::{self, Result, SavedPath, SavedValue, TextId, Texts, Written, at};
use crate::stack::{TREES, with_room};
use crate::value::{Bump, SymbolTable, json};
use crate::vm::Code;
use serde::{Deserialize, Serialize};
use solon_syntax::ast::Version;
use solon_syntax::{Source, Span};
use std::sync::{Arc, OnceLock};

/// A policy, saved, with its texts.
#[derive(Serialize, Deserialize)]
struct SavedPolicy<'t> {
    #[serde(borrow)]
    texts: Vec<&'t str>,
    /// How many of the texts are symbols: the first ones.
    symbols: u32,
    #[serde(borrow)]
    sources: Vec<(&'t str, &'t str)>,
    /// For each source whether it is older Rego.
    are_v0: Vec<bool>,
    /// Base documents as JSON.
    data: &'t str,
    settings: SavedSettings,
    tree: SavedTree,
    unit: SavedUnit,
    functions: Vec<SavedFunction>,
    names: SavedNames,
    types: Option<SavedDocumentTypes>,
    notes: Vec<SavedNote>,
    tests: Vec<SavedTest>,
    annotations: Vec<SavedAnnotation>,
    rule_paths: Vec<SavedRulePath>,
}

/// A path without base data, and where its rule begins: the number of the source and the byte.
type SavedRulePath = (SavedPath, u32, u32);

#[derive(Serialize, Deserialize)]
struct SavedSettings {
    is_v0: bool,
    max_errors: u64,
    rule_index: bool,
    shared_beginnings: bool,
    plans: bool,
    remembered_functions: bool,
}

/// A source by its number, row, column.
type SavedLocation = Option<(u32, u32, u32)>;

#[derive(Serialize, Deserialize)]
struct SavedNote {
    code: TextId,
    message: TextId,
    location: SavedLocation,
    hint: Option<TextId>,
    details: Option<(Vec<TextId>, TextId)>,
}

#[derive(Serialize, Deserialize)]
struct SavedTest {
    package: TextId,
    name: TextId,
    query: TextId,
    location: SavedLocation,
    is_skipped: bool,
    has_cases: bool,
}

#[derive(Serialize, Deserialize)]
struct SavedAnnotation {
    path: TextId,
    scope: TextId,
    location: SavedLocation,
    fields: SavedValue,
}

impl Policy {
    /// The compiled policy as bytes, from which [`Policy::load`] makes it again in much less time than compiling takes:
    /// modules, base data, notes and annotations. They are for the version of the engine that wrote them.
    ///
    /// ```
    /// use solon_engine::{Compiler, Input, Policy};
    ///
    /// let compiler = Compiler::new().module("a.rego", "package a\nallow if input.user in data.admins");
    /// let file = compiler.data(r#"{"admins": ["ann"]}"#).compile()?.save()?;
    ///
    /// let policy = Policy::load(&file)?;
    /// let mut evaluator = policy.prepare("data.a.allow")?.evaluator();
    /// assert!(evaluator.eval(Input::json(br#"{"user": "ann"}"#))?.is_true());
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid_compiled_policy`, for a policy that is too large to be saved.
    pub fn save(&self) -> std::result::Result<Vec<u8>, Error> {
        with_room(TREES, || save(self))
            .map_err(|error| Error::new(CODE, format!("the policy cannot be saved: {error}")))
    }

    /// The policy that [`Policy::save`] wrote.
    ///
    /// The bytes are not trusted: a file that was cut off, changed or made up is an error, or another policy, but does
    /// no harm. Who may write the file decides what it allows, as with a policy's source. Functions that the embedding
    /// program [registered](crate::builtins::register) have to be there, with the signatures that they had.
    ///
    /// The functions of a file that [capabilities](crate::Capabilities) declared and nobody has are kept as long as the
    /// process, each once: a program that loads files of strangers for a long time should do so in processes that end.
    ///
    /// ```
    /// use solon_engine::Policy;
    ///
    /// let error = Policy::load(b"package a").unwrap_err();
    /// assert_eq!(error.to_string(), "invalid_compiled_policy: it is no compiled policy");
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid_compiled_policy`, with what is wrong with the bytes.
    pub fn load(file: &[u8]) -> std::result::Result<Policy, Error> {
        Policy::load_with(file, &[])
    }

    /// The same of a policy that was compiled with [builtins of the program's own](super::Compiler::builtin), which are
    /// not in the bytes.
    ///
    /// ```
    /// use solon_engine::{Compiler, Input, Policy, builtins::CustomBuiltin};
    ///
    /// let double = || CustomBuiltin::typed("own.double", |number: i64| number * 2);
    /// let compiler = Compiler::new().builtin(double()).module("a.rego", "package a\nx := own.double(21)");
    /// let file = compiler.compile()?.save()?;
    ///
    /// let policy = Policy::load_with(&file, &[double()])?;
    /// assert_eq!(policy.prepare("data.a.x")?.evaluator().eval(Input::none())?.deserialize::<i64>()?, 42);
    /// let error = Policy::load(&file).unwrap_err();
    /// assert_eq!(error.to_string(), "invalid_compiled_policy: there is no function own.double");
    /// # Ok::<(), solon_engine::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Policy::load`]; a function that is missing or has another signature.
    pub fn load_with(file: &[u8], builtins: &[CustomBuiltin]) -> std::result::Result<Policy, Error> {
        let customs = Customs::declare(builtins).map_err(|message| Error::new("invalid_builtin", message))?;
        with_room(TREES, || load(file, customs)).map_err(|error| Error::new(CODE, error))
    }
}

impl Policy {
    /// The same file with code that was changed, for tests of what no compiler makes.
    #[doc(hidden)]
    pub fn forge(file: &[u8], change: impl FnOnce(&mut Code)) -> std::result::Result<Vec<u8>, Error> {
        let mut policy = Policy::load(file)?;
        if let Some(shared) = Arc::get_mut(&mut policy.shared) {
            change(&mut shared.code);
        }
        policy.save()
    }
}

const CODE: &str = "invalid_compiled_policy";

fn save(policy: &Policy) -> Result<Vec<u8>> {
    let Shared {
        optimizations,
        code,
        names,
        types,
        sources,
        versions,
        notes,
        version,
        max_errors,
        tests,
        annotations,
        rule_paths,
        explained: _,
    } = &*policy.shared;
    let mut texts = Texts::default();
    let symbols = code.symbols.texts();
    for symbol in &symbols {
        texts.add(symbol);
    }
    let mut data = String::new();
    json::write(policy.data.value(), &mut data);
    let mut parts = Saver { sources, texts };
    let tree = code.tree.save(&mut parts.texts);
    let unit = code.unit.save(&mut parts.texts);
    let functions = code.functions.iter().map(|function| function.save(&mut parts.texts)).collect();
    let names = names.save(&mut parts.texts);
    let types = types.as_ref().map(|types| types.save(&mut parts.texts));
    let notes = notes.iter().map(|note| parts.note(note)).collect();
    let tests = tests.iter().map(|test| parts.test(test)).collect();
    let annotations = annotations.iter().map(|annotation| parts.annotation(annotation)).collect::<Result<_>>()?;
    let rule_paths = rule_paths.all().iter();
    let rule_paths = rule_paths.map(|(path, span)| (parts.texts.path(path), span.file, span.start)).collect();
    let texts = parts.texts.finish();
    saved::seal(&SavedPolicy {
        texts: texts.iter().map(|text| &**text).collect(),
        symbols: symbols.len() as u32,
        sources: sources.iter().map(|source| (source.name(), source.text())).collect(),
        are_v0: versions.iter().map(|version| *version == Version::V0).collect(),
        data: &data,
        settings: SavedSettings {
            is_v0: *version == Version::V0,
            max_errors: *max_errors as u64,
            rule_index: optimizations.rule_index,
            shared_beginnings: optimizations.shared_beginnings,
            plans: optimizations.plans,
            remembered_functions: optimizations.remembered_functions,
        },
        tree,
        unit,
        functions,
        names,
        types,
        notes,
        tests,
        annotations,
        rule_paths,
    })
}

/// Saves what a policy says of itself.
struct Saver<'p> {
    sources: &'p [Source],
    texts: Texts,
}

impl Saver<'_> {
    fn location(&self, location: &Option<Location>) -> SavedLocation {
        let location = location.as_ref()?;
        let file = self.sources.iter().position(|source| source.name() == location.file)?;
        Some((file as u32, location.row, location.col))
    }

    fn note(&mut self, note: &Issue) -> SavedNote {
        SavedNote {
            code: self.texts.add(&note.code),
            message: self.texts.add(&note.message),
            location: self.location(&note.location),
            hint: note.hint.as_ref().map(|hint| self.texts.add(hint)),
            details: note.details.as_ref().map(|details| {
                let lines = details.lines.iter().map(|line| self.texts.add(line)).collect();
                (lines, self.texts.add(&details.json))
            }),
        }
    }

    fn test(&mut self, test: &Test) -> SavedTest {
        SavedTest {
            package: self.texts.add(&test.package),
            name: self.texts.add(&test.name),
            query: self.texts.add(&test.query),
            location: self.location(&test.location),
            is_skipped: test.is_skipped,
            has_cases: test.has_cases,
        }
    }

    fn annotation(&mut self, annotation: &Annotation) -> Result<SavedAnnotation> {
        let text = annotation.fields.to_string();
        let arena = Bump::new();
        let fields = json::parse(&arena, text.as_bytes(), &SymbolTable::new()).map_err(|error| error.to_string())?;
        Ok(SavedAnnotation {
            path: self.texts.add(&annotation.path),
            scope: self.texts.add(&annotation.scope),
            location: self.location(&annotation.location),
            fields: SavedValue::save(fields, &mut self.texts),
        })
    }
}

fn load(file: &[u8], customs: Customs) -> Result<Policy> {
    let (saved, length): (SavedPolicy<'_>, usize) = saved::open(file)?;
    let texts = Written::new(&saved.texts, customs, length);
    let sources: Vec<Source> = saved.sources.iter().map(|(name, text)| Source::new(*name, *text)).collect();
    let parts = Loader { sources: &sources, texts: &texts };
    let notes = saved.notes.iter().map(|note| parts.note(note)).collect::<Result<_>>()?;
    let tests = saved.tests.iter().map(|test| parts.test(test)).collect::<Result<_>>()?;
    let annotations = saved.annotations.iter().map(|saved| parts.annotation(saved)).collect::<Result<_>>()?;
    let names = saved.names.load(&texts)?;
    let types = saved.types.as_ref().map(|types| types.load(&texts)).transpose()?;
    let rule_path = |(path, file, start): &SavedRulePath| Ok((texts.path(path)?, Span::new(*file, *start, *start)));
    let rule_paths = RulePaths::new(saved.rule_paths.iter().map(rule_path).collect::<Result<_>>()?);
    let settings = saved.settings;
    let optimizations = Optimizations {
        rule_index: settings.rule_index,
        shared_beginnings: settings.shared_beginnings,
        plans: settings.plans,
        remembered_functions: settings.remembered_functions,
    };
    let symbols = texts.first(saved.symbols)?.iter().map(|text| &**text);
    let symbols = SymbolTable::of_texts(symbols).ok_or("it has a symbol twice")?;
    let part = Part { path: Vec::new(), text: saved.data.into() };
    let data = data::build(vec![part], &symbols).map_err(|error| error.to_string())?;
    let tree = saved.tree.load(&texts)?;
    let unit = saved.unit.load(&tree, &symbols, &texts)?;
    let mut work = Work::of_file(length);
    let functions = load_functions(saved.functions, &tree, &unit, &texts, &mut work)?;
    graph::check_followed(&tree, &functions, length)?;
    let mut errors = Vec::new();
    let needs = graph::check(&tree, &functions, &[], &mut errors);
    if let Some(error) = errors.first() {
        return Err(error.message.clone());
    }
    // What has a register has some bytes in a source, or instructions.
    let most = length.saturating_mul(3).saturating_add(1 << 16);
    if needs.stack.iter().any(|registers| *registers > most) {
        return Err("its functions need too many registers".to_owned());
    }
    let levels = levels::levels(&tree, &unit, &functions, &needs, &mut work)?;
    let code = code_of((tree, unit, functions), symbols, needs, levels, optimizations);
    if saved.are_v0.len() != sources.len() {
        return Err("it does not say of each source what it is written in".to_owned());
    }
    let version_of = |is_v0| if is_v0 { Version::V0 } else { Version::V1 };
    let version = version_of(settings.is_v0);
    let versions = saved.are_v0.into_iter().map(version_of).collect();
    let max_errors = usize::try_from(settings.max_errors).unwrap_or(usize::MAX);
    let shared = Shared {
        optimizations,
        code,
        names,
        types,
        sources,
        versions,
        notes,
        version,
        max_errors,
        tests,
        annotations,
        rule_paths,
        explained: OnceLock::new(),
    };
    Policy::new(Arc::new(shared), data).checked(&[]).map_err(|error| error.to_string())
}

/// Loads what a policy says of itself.
struct Loader<'p> {
    sources: &'p [Source],
    texts: &'p Written,
}

impl Loader<'_> {
    fn text(&self, text: TextId) -> Result<String> {
        self.texts.get(text).map(|text| text.to_string())
    }

    fn location(&self, location: SavedLocation) -> Result<Option<Location>> {
        let Some((file, row, col)) = location else { return Ok(None) };
        let source = at(self.sources, file, "source")?;
        let line = Location::line_of(source, row);
        self.texts.take(source.name().len() + line.len())?;
        Ok(Some(Location { file: source.name().to_owned(), row, col, line }))
    }

    fn note(&self, note: &SavedNote) -> Result<Issue> {
        let details = note.details.as_ref().map(|(lines, json)| {
            let lines = lines.iter().map(|line| self.text(*line)).collect::<Result<_>>()?;
            Ok::<_, String>(Details { lines, json: self.text(*json)? })
        });
        Ok(Issue {
            location: self.location(note.location)?,
            hint: note.hint.map(|hint| self.text(hint)).transpose()?,
            details: details.transpose()?,
            ..Issue::new(self.text(note.code)?, self.text(note.message)?)
        })
    }

    fn test(&self, test: &SavedTest) -> Result<Test> {
        Ok(Test {
            package: self.text(test.package)?,
            name: self.text(test.name)?,
            query: self.text(test.query)?,
            location: self.location(test.location)?,
            is_skipped: test.is_skipped,
            has_cases: test.has_cases,
        })
    }

    fn annotation(&self, annotation: &SavedAnnotation) -> Result<Annotation> {
        let arena = Bump::new();
        let fields = annotation.fields.load(&arena, self.texts)?;
        Ok(Annotation {
            path: self.text(annotation.path)?,
            scope: self.text(annotation.scope)?,
            location: self.location(annotation.location)?,
            fields: serde_json::to_value(fields).map_err(|error| error.to_string())?,
        })
    }
}
