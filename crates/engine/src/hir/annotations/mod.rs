//! Annotations: what `# METADATA` comments say of packages, documents and rules.
//!
//! Takes modules with their texts; gives [`Annotations`], from which `rego.metadata.rule()` and
//! `rego.metadata.chain()` are read as constants. See OPA's documentation, "Annotations". It must not know how calls
//! of these are lowered.

#[cfg_attr(not(feature = "yaml"), path = "no_decode.rs")]
mod decode;
#[cfg(feature = "yaml")]
mod tree;

use super::{Const, Term};
use hashbrown::HashMap;
use solon_syntax::annotations::{MetadataBlock, MetadataTarget, metadata_blocks};
use solon_syntax::{Diagnostic, Source, Span, ast};
use std::sync::Arc;

/// The path of a package or rule below `data`, as text.
type Path = Vec<Arc<str>>;

/// What annotations apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Rule,
    Document,
    Package,
    Subpackages,
}

impl Scope {
    const TABLE: [(Scope, &'static str); 4] = [
        (Scope::Rule, "rule"),
        (Scope::Document, "document"),
        (Scope::Package, "package"),
        (Scope::Subpackages, "subpackages"),
    ];

    fn of(name: &str) -> Option<Scope> {
        Self::TABLE.iter().find(|(_, text)| *text == name).map(|(scope, _)| *scope)
    }

    fn name(self) -> &'static str {
        Self::TABLE[self as usize].1
    }
}

/// One metadata block that was read.
#[derive(Clone, Debug)]
struct Annotation {
    span: Span,
    scope: Scope,
    /// What it stands before.
    path: Path,
    /// What it says, as an object.
    value: Term,
    /// The schemas that it gives to paths.
    schemas: Vec<SchemaAnnotation>,
}

/// A path and the schema of what is there.
#[derive(Clone, Debug)]
pub struct SchemaAnnotation {
    /// The path, its first step `input` or `data`.
    pub path: Vec<Arc<str>>,
    /// The schema.
    pub source: SchemaSource,
}

/// Where a schema is.
#[derive(Clone, Debug)]
pub enum SchemaSource {
    /// Elsewhere, under this name.
    Name(Vec<Arc<str>>),
    /// In the annotation: its JSON.
    Definition(Arc<str>),
}

/// An annotation with its scope, and its rule by the numbers of the module and the rule.
type Found = (Scope, Option<(usize, usize)>, Annotation);

/// The annotations of all modules.
#[derive(Debug, Default)]
pub struct Annotations {
    /// By the numbers of the module and the rule, in order of the places.
    by_rule: HashMap<(usize, usize), Vec<Annotation>>,
    by_package: HashMap<Path, Annotation>,
    /// Those of documents and subpackages.
    by_path: HashMap<Path, Annotation>,
}

/// A rule of a module, or one of its `else` branches.
#[derive(Clone, Copy, Debug)]
pub struct Place<'m> {
    /// The module.
    pub module: &'m ast::Module,
    /// The module's number.
    pub module_number: usize,
    /// The rule's number in the module.
    pub rule_number: usize,
    /// Whether it is an `else` branch, which has no annotations of its own.
    pub is_else: bool,
}

/// One annotation in a list of all.
#[derive(Debug)]
pub struct Listed {
    /// What it is about, below `data`.
    pub path: Vec<Arc<str>>,
    /// The name of its scope.
    pub scope: &'static str,
    /// The line with `METADATA`.
    pub span: Span,
    /// What it says, as an object.
    pub value: Term,
}

impl Annotations {
    /// All annotations, in order of what they are about and where they stand.
    pub fn list(&self) -> Vec<Listed> {
        let rules = self.by_rule.values().flatten();
        let all = rules.chain(self.by_package.values()).chain(self.by_path.values());
        let mut list: Vec<Listed> = all.map(Annotation::listed).collect();
        list.sort_by(|left, right| left.path.cmp(&right.path).then(left.span.cmp(&right.span)));
        list
    }

    /// Reads the annotations of modules. `sources` are the texts by the numbers of the files.
    ///
    /// # Errors
    ///
    /// `rego_parse_error` for blocks that are no annotations or stand before the wrong thing, `rego_type_error` for
    /// two of the same package or document.
    pub fn read(modules: &[ast::Module], sources: &[Source]) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut found = Vec::new();
        for (number, module) in modules.iter().enumerate() {
            if let Some(source) = sources.get(module.file as usize) {
                read_module(number, module, source, &mut found, &mut errors);
            }
        }
        let mut annotations = Annotations::default();
        if errors.is_empty() {
            for (scope, owner, annotation) in found {
                annotations.add(scope, owner, annotation, sources, &mut errors);
            }
        }
        if errors.is_empty() { Ok(annotations) } else { Err(errors) }
    }

    fn add(
        &mut self,
        scope: Scope,
        owner: Option<(usize, usize)>,
        annotation: Annotation,
        sources: &[Source],
        errors: &mut Vec<Diagnostic>,
    ) {
        let by_path = match (scope, owner) {
            (Scope::Rule, Some(owner)) => return self.by_rule.entry(owner).or_default().push(annotation),
            (Scope::Package, _) => &mut self.by_package,
            _ => &mut self.by_path,
        };
        if let Some(earlier) = by_path.get(&annotation.path) {
            let place = sources.get(earlier.span.file as usize);
            let place = place.map(|source| format!("{}:{}", source.name(), source.position(earlier.span.start).row));
            let message = format!("{} annotation redeclared: {}", scope.name(), place.unwrap_or_default());
            errors.push(Diagnostic::new("rego_type_error", annotation.span, message));
        } else {
            by_path.insert(annotation.path.clone(), annotation);
        }
    }

    fn of_rule(&self, place: Place<'_>) -> &[Annotation] {
        if place.is_else {
            return &[];
        }
        self.by_rule.get(&(place.module_number, place.rule_number)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether any annotation has a schema.
    pub fn has_schemas(&self) -> bool {
        let rules = self.by_rule.values().flatten();
        rules.chain(self.by_package.values()).chain(self.by_path.values()).any(|found| !found.schemas.is_empty())
    }

    /// The schemas that hold in a rule, those of wider scopes first.
    pub fn schemas(&self, place: Place<'_>) -> impl Iterator<Item = &SchemaAnnotation> {
        let package = text_path(&place.module.package.path);
        let path = place.module.rules.get(place.rule_number).map(|rule| ground_path(&package, &rule.head));
        let above = (1..=package.len()).filter_map(|length| self.by_path.get(package.get(..length)?));
        let mut found: Vec<&Annotation> = above.collect();
        found.extend(self.by_package.get(&package));
        found.extend(path.and_then(|path| self.by_path.get(&path)));
        found.extend(self.of_rule(place));
        found.into_iter().flat_map(|annotation| &annotation.schemas)
    }

    /// What `rego.metadata.rule()` is in a rule.
    pub fn rule(&self, place: Place<'_>) -> Term {
        self.of_rule(place).first().map_or(Term::Object(Vec::new()), |annotation| annotation.value.clone())
    }

    /// What `rego.metadata.chain()` is in a rule: its annotations, nearest first, then those of its document, its
    /// package and the packages above.
    pub fn chain(&self, place: Place<'_>) -> Term {
        let own = self.of_rule(place);
        let mut links: Vec<Term> = own.iter().rev().map(link).collect();
        if links.is_empty() {
            links.push(object(vec![("path", strings(&path_of(place)))]));
        }
        links.extend(self.around(place).map(link));
        Term::Array(links)
    }

    /// The annotations that hold for a rule, in the order of [`Annotations::chain`], each by where it stands.
    pub fn spans(&self, place: Place<'_>) -> Vec<Span> {
        self.of_rule(place).iter().rev().chain(self.around(place)).map(|annotation| annotation.span).collect()
    }

    /// The annotations of a rule's document, of its package, and of the packages above.
    fn around(&self, place: Place<'_>) -> impl Iterator<Item = &Annotation> {
        let package = text_path(&place.module.package.path);
        let nearest = [self.by_path.get(&path_of(place)), self.by_package.get(&package)];
        let above = (1..=package.len()).rev().map(move |length| self.by_path.get(package.get(..length)?));
        nearest.into_iter().chain(above).flatten()
    }
}

impl Annotation {
    fn listed(&self) -> Listed {
        let Annotation { span, scope, path, value, .. } = self;
        Listed { path: path.clone(), scope: scope.name(), span: *span, value: value.clone() }
    }
}

/// The path of a rule, which is that of its document.
fn path_of(place: Place<'_>) -> Path {
    let package = text_path(&place.module.package.path);
    let path = place.module.rules.get(place.rule_number).map(|rule| ground_path(&package, &rule.head));
    path.unwrap_or_default()
}

fn link(annotation: &Annotation) -> Term {
    object(vec![("annotations", annotation.value.clone()), ("path", strings(&annotation.path))])
}

/// Reads the blocks of a module. Errors in what they say come before errors in where they stand.
fn read_module(
    number: usize,
    module: &ast::Module,
    source: &Source,
    found: &mut Vec<Found>,
    errors: &mut Vec<Diagnostic>,
) {
    let mut read = Vec::new();
    let before = errors.len();
    for block in metadata_blocks(module, source.text()) {
        match decode::decode(&block, source) {
            Ok(raw) => read.push((block, raw)),
            Err((span, message)) => errors.push(parse_error(span, message)),
        }
    }
    if errors.len() > before {
        return;
    }
    for (block, mut raw) in read {
        // The place is that of the line with `METADATA`.
        let span = line_span(&block, source, 0);
        let (scope, wrong) = scope(&block, &raw);
        errors.extend(wrong.into_iter().map(|message| parse_error(span, message)));
        let Some(scope) = scope else { continue };
        let package = text_path(&module.package.path);
        let (owner, path) = match block.target {
            MetadataTarget::Rule(rule) => {
                let path = module.rules.get(rule).map(|rule| ground_path(&package, &rule.head));
                (Some((number, rule)), path.unwrap_or_default())
            }
            _ => (None, package),
        };
        let schemas = std::mem::take(&mut raw.schemas);
        found.push((scope, owner, Annotation { span, scope, path, value: raw.value(scope.name()), schemas }));
    }
}

/// The place of a line of a block; line 0 is the one with `METADATA`.
fn line_span(block: &MetadataBlock, source: &Source, line: usize) -> Span {
    let text = source.slice(block.span);
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    let start = std::iter::once(0).chain(starts).take(line + 1).last().unwrap_or_default() as u32;
    Span::new(block.span.file, block.span.start + start, block.span.end)
}

/// The scope of a block, and what is wrong with it.
fn scope(block: &MetadataBlock, raw: &decode::Raw) -> (Option<Scope>, Vec<String>) {
    let implied = match block.target {
        MetadataTarget::Rule(_) if raw.entrypoint => "document",
        MetadataTarget::Rule(_) => "rule",
        MetadataTarget::Package => "package",
        MetadataTarget::Import(_) => "import",
        MetadataTarget::Nothing => "",
    };
    let name = if raw.scope.is_empty() { implied } else { &raw.scope };
    let scope = Scope::of(name);
    let mut wrong = Vec::new();
    let (is_of_rule, wanted) = match scope {
        Some(Scope::Rule | Scope::Document) => (true, "rule"),
        _ => (false, "package"),
    };
    let have = match block.target {
        MetadataTarget::Rule(_) => Some("rule"),
        MetadataTarget::Package => Some("package"),
        MetadataTarget::Import(_) => Some("import"),
        MetadataTarget::Nothing => None,
    };
    if scope.is_none() {
        let scopes = "'rule', 'document', 'package', or 'subpackages'";
        wrong.push(format!("invalid annotation scope '{name}'. Use one of {scopes}"));
    } else if have != Some(if is_of_rule { "rule" } else { "package" }) {
        let have = have.map(|have| format!(" (have {have})")).unwrap_or_default();
        wrong.push(format!("annotation scope '{name}' must be applied to {wanted}{have}"));
    }
    if raw.entrypoint && !matches!(scope, Some(Scope::Document | Scope::Package)) {
        wrong.push(format!("annotation entrypoint applied to non-document or package scope '{name}'"));
    }
    (scope, wrong)
}

fn parse_error(span: Span, message: String) -> Diagnostic {
    Diagnostic::new("rego_parse_error", span, message)
}

fn text_path(parts: &[String]) -> Path {
    parts.iter().map(|part| part.as_str().into()).collect()
}

/// The path of a rule up to its first part that is no constant.
fn ground_path(package: &Path, head: &ast::Head) -> Path {
    let constants = head.path.iter().map_while(|part| match &part.kind {
        ast::TermKind::String(text) => Some(text.clone()),
        ast::TermKind::Null | ast::TermKind::Bool(_) | ast::TermKind::Number(_) => {
            Some(solon_syntax::print::term_text(part).into())
        }
        _ => None,
    });
    let name = std::iter::once(head.name.text.clone());
    package.iter().cloned().chain(name).chain(constants).collect()
}

fn strings(path: &Path) -> Term {
    Term::Array(path.iter().map(|part| Term::Const(Const::String(part.clone()))).collect())
}

fn object(entries: Vec<(&str, Term)>) -> Term {
    Term::Object(entries.into_iter().map(|(key, value)| (Term::string(key), value)).collect())
}
