//! What a metadata block says, from its YAML: the fields that OPA knows, with its errors.

use super::tree::{self, Kind, Node, Wrong};
use super::{SchemaAnnotation, SchemaSource, line_span, object};
use crate::builtins::yaml::Scalar;
use crate::hir::{Const, Term};
use solon_syntax::annotations::MetadataBlock;
use solon_syntax::{ParseOptions, Source, Span, ast, parse_query, print};
use std::fmt::Write;
use std::sync::Arc;

/// The fields of a block; those without a value are left out of it.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) scope: String,
    pub(super) entrypoint: bool,
    /// The schemas, as far as they say what paths are like.
    pub(super) schemas: Vec<SchemaAnnotation>,
    /// The other fields as they are shown.
    shown: Vec<(&'static str, Term)>,
}

impl Raw {
    /// Everything as an object, with the scope that it has or was given.
    pub(super) fn value(self, scope: &str) -> Term {
        let mut entries = self.shown;
        entries.push(("scope", Term::string(scope)));
        if self.entrypoint {
            entries.push(("entrypoint", Term::TRUE));
        }
        object(entries)
    }

    fn show(&mut self, name: &'static str, items: Vec<Term>) {
        if !items.is_empty() {
            self.shown.push((name, Term::Array(items)));
        }
    }
}

/// Reads a block; or says what is wrong with it, and where.
pub(super) fn decode(block: &MetadataBlock, source: &Source) -> Result<Raw, (Span, String)> {
    if block.yaml.trim().is_empty() {
        return Err((line_span(block, source, 0), "expected METADATA block, found whitespace".to_owned()));
    }
    let lines = block.yaml.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    // OPA shows the comment after the line that is named, if there is one.
    let at_line = |line: usize| line_span(block, source, (line + 1).min(text.lines().count()));
    let hinted = |message: String| message + &hints(block, source);
    let root = tree::read(&text)
        .map_err(|Wrong { line, message }| (at_line(line), hinted(format!("yaml: line {line}: {message}"))))?;
    let mut decoder = Decoder { wrong: Vec::new() };
    let fields = root.map(|root| decoder.fields(&root)).unwrap_or_default();
    if let Some(first) = decoder.wrong.first() {
        let lines: Vec<String> =
            decoder.wrong.iter().map(|wrong| format!("\n  line {}: {}", wrong.line, wrong.message)).collect();
        return Err((at_line(first.line), hinted(format!("yaml: unmarshal errors:{}", lines.concat()))));
    }
    fields.read().map_err(|message| (line_span(block, source, 0), message))
}

/// Hints for lines whose `:` has something else than a space after it.
fn hints(block: &MetadataBlock, source: &Source) -> String {
    let first_row = source.position(block.span.start).row as usize;
    let mut out = String::new();
    for (number, line) in block.yaml.lines().enumerate() {
        let mut parts = line.split(':').skip(1).peekable();
        let mut symbols = Vec::new();
        while let Some(part) = parts.next() {
            match part.chars().next() {
                None if parts.peek().is_none() => break,
                Some(' ' | '\t') => break,
                first => symbols.push(format!("{:?}", first.unwrap_or(char::REPLACEMENT_CHARACTER))),
            }
        }
        if !symbols.is_empty() {
            let _ = write!(
                out,
                "\n  Hint: on line {}, symbol(s) [{}] immediately following a key/value separator ':' is not a legal \
                 yaml space character",
                first_row + number + 1,
                symbols.join(" ")
            );
        }
    }
    out
}

/// The fields by their types.
#[derive(Debug, Default)]
struct Fields {
    scope: String,
    title: String,
    description: String,
    entrypoint: bool,
    organizations: Vec<String>,
    related_resources: Vec<Node>,
    authors: Vec<Node>,
    schemas: Vec<Vec<(Node, Node)>>,
    custom: Vec<(Node, Node)>,
    labels: Vec<(Node, Node)>,
}

/// Takes the nodes for the types that the fields have; collects what does not fit.
struct Decoder {
    wrong: Vec<Wrong>,
}

impl Decoder {
    fn misfit(&mut self, node: &Node, wanted: &str) {
        let message = format!("cannot unmarshal {} into {wanted}", node.shown());
        self.wrong.push(Wrong { line: node.line, message });
    }

    fn fields(&mut self, root: &Node) -> Fields {
        let mut fields = Fields::default();
        for (key, value) in &self.mapping(root, "ast.rawAnnotation") {
            let Kind::Scalar(name, _) = &key.kind else { continue };
            match name.as_str() {
                "scope" => fields.scope = self.string(value),
                "title" => fields.title = self.string(value),
                "description" => fields.description = self.string(value),
                "entrypoint" => fields.entrypoint = self.boolean(value),
                "organizations" => {
                    let items = self.sequence(value, "[]string");
                    fields.organizations = items.iter().map(|item| self.string(item)).collect();
                }
                "related_resources" => fields.related_resources = self.sequence(value, "[]interface {}"),
                "authors" => fields.authors = self.sequence(value, "[]interface {}"),
                "schemas" => {
                    let items = self.sequence(value, "[]map[string]interface {}");
                    fields.schemas = items.iter().map(|item| self.object(item)).collect();
                }
                "compile" => drop(self.object(value)),
                "custom" => fields.custom = self.object(value),
                "labels" => fields.labels = self.object(value),
                _ => {}
            }
        }
        fields
    }

    fn string(&mut self, node: &Node) -> String {
        match node.scalar() {
            Some((_, Scalar::Null)) => String::new(),
            Some((text, _)) => text.to_owned(),
            None => {
                self.misfit(node, "string");
                String::new()
            }
        }
    }

    fn boolean(&mut self, node: &Node) -> bool {
        match node.scalar() {
            Some((_, Scalar::Null)) => false,
            Some((_, Scalar::Bool(value))) => value,
            Some(("y" | "Y" | "yes" | "Yes" | "on" | "On", _)) => true,
            Some(("n" | "N" | "no" | "No" | "off" | "Off", _)) => false,
            _ => {
                self.misfit(node, "bool");
                false
            }
        }
    }

    fn sequence(&mut self, node: &Node, wanted: &str) -> Vec<Node> {
        match &node.kind {
            Kind::Sequence(items) => return items.clone(),
            _ if node.is_null() => {}
            _ => self.misfit(node, wanted),
        }
        Vec::new()
    }

    fn object(&mut self, node: &Node) -> Vec<(Node, Node)> {
        self.mapping(node, "map[string]interface {}")
    }

    /// The entries of a mapping, whose keys must differ.
    fn mapping(&mut self, node: &Node, wanted: &str) -> Vec<(Node, Node)> {
        let Kind::Mapping(entries) = &node.kind else {
            if !node.is_null() {
                self.misfit(node, wanted);
            }
            return Vec::new();
        };
        let mut lines = std::collections::HashMap::new();
        for (key, _) in entries {
            let Kind::Scalar(text, _) = &key.kind else {
                self.misfit(key, "string");
                continue;
            };
            if let Some(line) = lines.insert(text, key.line) {
                let message = format!("mapping key {text:?} already defined at line {line}");
                self.wrong.push(Wrong { line: key.line, message });
            }
        }
        entries.clone()
    }
}

impl Fields {
    /// The fields as they are shown.
    fn read(self) -> Result<Raw, String> {
        let mut raw = Raw { scope: self.scope, entrypoint: self.entrypoint, ..Raw::default() };
        for (name, text) in [("title", self.title), ("description", self.description)] {
            if !text.is_empty() {
                raw.shown.push((name, Term::string(&text)));
            }
        }
        raw.show("organizations", self.organizations.iter().map(|text| Term::string(text)).collect());
        let resources = self.related_resources.iter().map(|node| {
            related_resource(node).map_err(|wrong| format!("invalid related-resource definition {}: {wrong}", go(node)))
        });
        raw.show("related_resources", resources.collect::<Result<_, _>>()?);
        let schemas = self.schemas.iter().map(|pair| schema(pair)).collect::<Result<Vec<_>, _>>()?;
        let (shown, schemas): (Vec<_>, Vec<_>) = schemas.into_iter().unzip();
        raw.show("schemas", shown);
        raw.schemas = schemas;
        let authors = self
            .authors
            .iter()
            .map(|node| author(node).map_err(|wrong| format!("invalid author definition {}: {wrong}", go(node))));
        raw.show("authors", authors.collect::<Result<_, _>>()?);
        for (name, entries) in [("custom", self.custom), ("labels", self.labels)] {
            for (_, value) in &entries {
                check_keys(value, &mut Vec::new())?;
            }
            if !entries.is_empty() {
                raw.shown.push((name, Node { line: 0, kind: Kind::Mapping(entries) }.term()));
            }
        }
        Ok(raw)
    }
}

/// Keys that are no strings are an error, as far as OPA looks for them.
fn check_keys(node: &Node, path: &mut Vec<String>) -> Result<(), String> {
    match &node.kind {
        Kind::Scalar(..) => Ok(()),
        Kind::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                check_keys(item, path)?;
                path.pop();
            }
            Ok(())
        }
        Kind::Mapping(entries) if entries.iter().all(|(key, _)| key.as_str().is_some()) => Ok(()),
        Kind::Mapping(_) => Err(format!("invalid map key type(s): {}", path.join("/"))),
    }
}

/// The text of an entry, without space around it; empty if it has none.
fn entry<'n>(entries: &'n [(Node, Node)], name: &str) -> &'n str {
    let found = entries.iter().find(|(key, _)| key.as_str() == Some(name));
    found.and_then(|(_, value)| value.as_str()).unwrap_or_default().trim()
}

/// An object of the entries that are not empty.
fn texts(entries: [(&str, &str); 2]) -> Term {
    object(
        entries.into_iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| (key, Term::string(text))).collect(),
    )
}

fn related_resource(node: &Node) -> Result<Term, String> {
    check_keys(node, &mut Vec::new())?;
    match (&node.kind, node.as_str()) {
        (_, Some("")) => Err("ref URL may not be empty string".to_owned()),
        (_, Some(text)) => Ok(texts([("ref", text), ("description", "")])),
        (Kind::Mapping(entries), _) => match entry(entries, "ref") {
            "" => Err("'ref' value required in object".to_owned()),
            link => Ok(texts([("ref", link), ("description", entry(entries, "description"))])),
        },
        _ => Err("invalid value type, must be string or map".to_owned()),
    }
}

fn author(node: &Node) -> Result<Term, String> {
    check_keys(node, &mut Vec::new())?;
    match (&node.kind, node.as_str()) {
        (_, Some(text)) => {
            let mut words: Vec<&str> = text.split_whitespace().collect();
            let Some(last) = words.last() else { return Err("author is an empty string".to_owned()) };
            let email = last.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
            if email.is_some() {
                words.pop();
            }
            Ok(texts([("name", &words.join(" ")), ("email", email.unwrap_or_default())]))
        }
        (Kind::Mapping(entries), _) => {
            let (name, email) = (entry(entries, "name"), entry(entries, "email"));
            if name.is_empty() && email.is_empty() {
                return Err("'name' and/or 'email' values required in object".to_owned());
            }
            Ok(texts([("name", name), ("email", email)]))
        }
        _ => Err("invalid value type, must be string or map".to_owned()),
    }
}

/// A schema's declaration: one pair of a path and a schema, by name or in place.
fn schema(pair: &[(Node, Node)]) -> Result<(Term, SchemaAnnotation), String> {
    let (key, value) = pair.first().ok_or_else(|| "invalid document reference".to_owned())?;
    let key = key.scalar().map_or("", |(text, _)| text);
    let path = reference(key, &["input", "data"]).ok_or_else(|| "invalid document reference".to_owned())?;
    let declared = match (&value.kind, value.as_str()) {
        (_, Some(text)) => {
            let is_schema =
                |term: &Term| matches!(term, Term::Array(parts) if parts.first().is_some_and(is_schema_root));
            let name = reference(text, &["schema"]).filter(is_schema);
            let name = name.ok_or_else(|| "invalid schema reference".to_owned())?;
            let source = SchemaSource::Name(steps(&name).split_off(1));
            ("schema", name, source)
        }
        (Kind::Mapping(entries), _) if entries.iter().all(|(key, _)| key.as_str().is_some()) => {
            let definition = value.term();
            let source = SchemaSource::Definition(json(&definition).into());
            ("definition", definition, source)
        }
        (Kind::Mapping(_), _) => return Err("invalid schema definition: invalid map key type(s): ".to_owned()),
        _ => return Err(format!("invalid schema declaration for path {key:?}")),
    };
    let (name, shown, source) = declared;
    let annotation = SchemaAnnotation { path: steps(&path), source };
    Ok((object(vec![("path", path), (name, shown)]), annotation))
}

/// The steps of a ref that [`reference`] gave.
fn steps(reference: &Term) -> Vec<Arc<str>> {
    let Term::Array(parts) = reference else { return Vec::new() };
    let text = |part: &Term| match part {
        Term::Const(Const::String(text)) => Some(text.clone()),
        _ => None,
    };
    parts.iter().filter_map(text).collect()
}

/// A constant as JSON.
fn json(term: &Term) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match term {
        Term::Const(Const::String(value)) => text(value),
        Term::Const(Const::Number(value)) => value.to_string(),
        Term::Const(Const::Bool(value)) => value.to_string(),
        Term::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Term::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}:{}", json(key), json(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        _ => "null".to_owned(),
    }
}

fn is_schema_root(part: &Term) -> bool {
    matches!(part, Term::Const(Const::String(text)) if &**text == "schema")
}

/// The parts of a ref that is written in a string; of one part only if it is one of the `roots`.
fn reference(text: &str, roots: &[&str]) -> Option<Term> {
    let parsed = parse_query(text, ParseOptions { file: 0, version: ast::Version::V1 });
    let [ast::Expr { kind: ast::ExprKind::Term(term), .. }] = parsed.tree.as_slice() else { return None };
    let parts = match &term.kind {
        _ if !parsed.errors.is_empty() => return None,
        ast::TermKind::Var(name) if roots.contains(&&**name) => vec![Term::string(name)],
        ast::TermKind::Ref { head, operands } => std::iter::once(&**head)
            .chain(operands)
            .map(|part| match &part.kind {
                ast::TermKind::String(text) => Term::string(text),
                _ => Term::string(&print::term_text(part)),
            })
            .collect(),
        _ => return None,
    };
    Some(Term::Array(parts))
}

/// A value as Go's `%s` shows it.
fn go(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar(..) => match node.scalar() {
            Some((_, Scalar::Null)) | None => "%!s(<nil>)".to_owned(),
            Some((_, Scalar::Bool(value))) => format!("%!s(bool={value})"),
            Some((_, Scalar::Integer(value))) => format!("%!s(int={value})"),
            Some((_, Scalar::Float(value))) => format!("%!s(float64={value})"),
            Some((text, _)) => text.to_owned(),
        },
        Kind::Sequence(items) => format!("[{}]", items.iter().map(go).collect::<Vec<_>>().join(" ")),
        Kind::Mapping(entries) => {
            let mut entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}:{}", go(key), go(value))).collect();
            entries.sort();
            format!("map[{}]", entries.join(" "))
        }
    }
}
