//! Modules, imports, rules and their heads.

use super::{Converter, Json, tagged};
use crate::ast::{Comment, Else, Head, HeadKind, Import, Module, Rule, Term, TermKind};
use crate::span::Source;

/// A module as OPA writes it.
///
/// ```
/// use solon_syntax::{ParseOptions, Source, json, parse_module};
///
/// let source = Source::new("a.rego", "package a\n\np := 1");
/// let module = parse_module(source.text(), ParseOptions::default()).tree;
/// let text = module.map(|module| json::module(&module, &source).to_string()).unwrap_or_default();
/// assert!(text.starts_with(r#"{"package":{"path":[{"type":"var","value":"data"},{"type":"string","value":"a"}]},"#));
/// ```
pub fn module(module: &Module, source: &Source) -> Json {
    let mut converter = Converter { source, comments: &module.comments, wildcards: 0 };
    let mut fields = vec![("package", package(&module.package.path))];
    if !module.imports.is_empty() {
        fields.push(("imports", Json::Array(module.imports.iter().map(import).collect())));
    }
    if !module.rules.is_empty() {
        fields.push(("rules", Json::Array(module.rules.iter().map(|rule| converter.rule(rule)).collect())));
    }
    if !module.comments.is_empty() {
        fields.push(("comments", Json::Array(module.comments.iter().map(|text| comment(text, source)).collect())));
    }
    Json::Object(fields)
}

/// A path: its first step is a variable, the others are strings.
fn path<'p>(steps: impl IntoIterator<Item = &'p str>) -> Json {
    let kinds = std::iter::once("var").chain(std::iter::repeat("string"));
    Json::Array(kinds.zip(steps).map(|(kind, step)| tagged(kind, Json::text(step))).collect())
}

fn package(steps: &[String]) -> Json {
    let steps = std::iter::once("data").chain(steps.iter().map(String::as_str));
    Json::Object(vec![("path", path(steps))])
}

fn import(import: &Import) -> Json {
    let mut fields = Vec::new();
    if let Some(alias) = &import.alias {
        fields.push(("alias", Json::text(&alias.text)));
    }
    fields.push(("path", tagged("ref", path(import.path.iter().map(String::as_str)))));
    Json::Object(fields)
}

/// A comment, whose text is written in base64.
fn comment(comment: &Comment, source: &Source) -> Json {
    let position = source.position(comment.span.start);
    let place = vec![
        ("file", Json::text(source.name())),
        ("row", Json::number(position.row)),
        ("col", Json::number(position.col)),
    ];
    Json::Object(vec![("Text", Json::String(base64(comment.text.as_bytes()))), ("Location", Json::Object(place))])
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * at) & 63) as usize).copied().unwrap_or_default();
            text.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// What a head says, as OPA keeps it. An `else` has it from its rule.
#[derive(Clone)]
struct HeadJson {
    name: Option<Json>,
    reference: Json,
    args: Option<Json>,
    key: Option<Json>,
    value: Option<Json>,
    is_assigned: bool,
}

impl HeadJson {
    fn json(self) -> Json {
        let assign = self.is_assigned.then_some(Json::Bool(true));
        let fields = [
            ("args", self.args),
            ("assign", assign),
            ("key", self.key),
            ("name", self.name),
            ("ref", Some(self.reference)),
            ("value", self.value),
        ];
        Json::Object(fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }
}

impl Converter<'_> {
    fn rule(&mut self, rule: &Rule) -> Json {
        let head = self.head(rule);
        let mut fields = vec![("body", self.rule_body(&rule.body))];
        if rule.is_default {
            fields.push(("default", Json::Bool(true)));
        }
        if let Some(branch) = self.branches(&head, &rule.else_branches) {
            fields.push(("else", branch));
        }
        fields.push(("head", head.json()));
        Json::Object(fields)
    }

    /// `else` branches: each holds the next one.
    fn branches(&mut self, head: &HeadJson, branches: &[Else]) -> Option<Json> {
        let parts: Vec<(Json, Json)> = branches.iter().map(|branch| self.branch(head, branch)).collect();
        parts.into_iter().rev().fold(None, |inner, (head, body)| {
            let mut fields = vec![("body", body)];
            fields.extend(inner.map(|inner| ("else", inner)));
            fields.push(("head", head));
            Some(Json::Object(fields))
        })
    }

    fn branch(&mut self, head: &HeadJson, branch: &Else) -> (Json, Json) {
        let is_assigned = if branch.value.is_some() { branch.is_assigned } else { head.is_assigned };
        let value = match &branch.value {
            Some(value) => self.term(value),
            None => tagged("boolean", Json::Bool(true)),
        };
        let head = HeadJson { value: Some(value), is_assigned, ..head.clone() };
        (head.json(), self.rule_body(&branch.body))
    }

    fn head(&mut self, rule: &Rule) -> HeadJson {
        let head = &rule.head;
        let name = self.variable(&head.name.text);
        let steps: Vec<Json> = head.path.iter().map(|step| self.term(step)).collect();
        let args: Option<Vec<Json>> =
            head.parameters.as_ref().map(|parameters| parameters.iter().map(|term| self.term(term)).collect());
        let reference = Json::Array(std::iter::once(name).chain(steps.iter().cloned()).collect());
        let shape = Shape::of(rule);
        let mut made = HeadJson {
            name: shape.has_name.then(|| Json::text(&head.name.text)),
            reference,
            args: args.filter(|args| !args.is_empty()).map(Json::Array),
            key: steps.into_iter().next().filter(|_| shape.has_key),
            value: None,
            is_assigned: false,
        };
        match &head.kind {
            HeadKind::Contains { key } => made.key = Some(self.term(key)),
            HeadKind::Value { value, is_assigned } => {
                made.is_assigned = *is_assigned && value.is_some();
                let value = value.as_ref().map(|value| self.term(value));
                made.value = Some(value.unwrap_or_else(|| tagged("boolean", Json::Bool(true))));
            }
        }
        made
    }
}

/// Which of the fields that OPA keeps for older readers a head has: the name, and the step behind it as the key.
struct Shape {
    has_name: bool,
    has_key: bool,
}

impl Shape {
    fn of(rule: &Rule) -> Shape {
        let Head { path, parameters, kind, .. } = &rule.head;
        let (is_function, [step]) = (parameters.is_some(), path.as_slice()) else {
            return Shape { has_name: path.is_empty(), has_key: false };
        };
        let HeadKind::Value { value, .. } = kind else { return Shape { has_name: false, has_key: false } };
        if rule.is_default {
            return Shape { has_name: false, has_key: false };
        }
        if rule.body.is_empty() {
            return Shape { has_name: !is_function, has_key: !is_function };
        }
        let has_name = value.is_some() || is_function;
        Shape { has_name, has_key: !is_function && is_variable(step) }
    }
}

/// Whether a step may have several values: it is a path, or holds a variable.
fn is_variable(step: &Term) -> bool {
    match &step.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => false,
        TermKind::Array(items) | TermKind::Set(items) => items.iter().any(is_variable),
        TermKind::Object(entries) => entries.iter().any(|(key, value)| is_variable(key) || is_variable(value)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn comments_are_written_in_base64() {
        let texts = ["", "a", "ab", "abc", "\u{2713} x"].map(|text| base64(text.as_bytes()));
        assert_eq!(texts, ["", "YQ==", "YWI=", "YWJj", "4pyTIHg="]);
    }
}
