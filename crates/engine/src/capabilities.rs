//! Capabilities: which builtins, keywords and features policies may use, and which hosts they may ask.
//!
//! Takes and gives OPA's capabilities document. It must not know how anything is compiled: the compiler asks it for
//! names.

pub mod saved;

use crate::builtins::{self, Builtin, Customs, Purity};
use crate::types::{Argument, Signature, json};
use hashbrown::HashSet;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keywords that OPA 1.0's syntax has by itself, and that older Rego imports.
pub const V0_KEYWORDS: [&str; 4] = ["contains", "every", "if", "in"];
/// Keywords that OPA 1.0's syntax imports.
pub const V1_KEYWORDS: [&str; 3] = ["and", "not", "or"];
/// What this version can beyond builtins and keywords.
pub const FEATURES: [&str; 5] = ["keywords_in_refs", "rego_v1", "rego_v2", "rego_v2_import", "template_strings"];
/// The version of OPA that [`Capabilities::current`] are those of.
pub const VERSION: &str = "v1.22.2";

/// What policies may use: OPA's capabilities.
///
/// ```
/// use solon_engine::{Capabilities, Compiler};
///
/// let mut capabilities = Capabilities::current();
/// capabilities.deny("http.send");
/// let compiler = Compiler::new().capabilities(capabilities);
/// let error = compiler.module("a.rego", "package a\nx := http.send({})").compile().unwrap_err();
/// assert!(error.to_string().contains("undefined function http.send"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    /// The builtins that are declared; `None` for all that the engine has.
    declared: Option<Arc<BTreeMap<String, &'static Builtin>>>,
    /// Those of them that may not be used.
    denied: HashSet<String>,
    keywords: Option<Vec<String>>,
    features: Option<Vec<String>>,
    allow_net: Option<Vec<String>>,
    /// What the embedding program adds.
    customs: Customs,
}

impl Capabilities {
    /// All that the engine can.
    pub fn current() -> Self {
        Self::default()
    }

    /// Reads OPA's JSON document. A function that it declares and that the engine does not have can be named and
    /// replaced by `with`; calling it is an error. What is declared stays known for as long as the process runs.
    ///
    /// ```
    /// let capabilities = solon_engine::Capabilities::from_json(br#"{"builtins": [], "allow_net": []}"#)?;
    /// assert!(capabilities.builtin("count").is_none());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A text that is no such document.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        let document: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let Value::Object(document) = document else { return Err("capabilities must be an object".to_owned()) };
        let mut declared = BTreeMap::new();
        for builtin in items(&document, "builtins")? {
            let builtin = read_builtin(builtin)?;
            declared.insert(builtin.name.to_owned(), builtin);
        }
        let names = |name: &str| -> Result<Vec<String>, String> {
            items(&document, name)?.iter().map(|item| text_of(item, name)).collect()
        };
        let allow_net = match document.get("allow_net") {
            None | Some(Value::Null) => None,
            Some(_) => Some(names("allow_net")?),
        };
        Ok(Capabilities {
            declared: Some(Arc::new(declared)),
            denied: HashSet::new(),
            keywords: Some(names("future_keywords")?),
            features: Some(names("features")?),
            allow_net,
            customs: Customs::default(),
        })
    }

    /// OPA's JSON document, builtins in order of their names.
    pub fn to_json(&self) -> Value {
        let mut builtins: BTreeMap<&str, Value> = match &self.declared {
            Some(declared) => declared.iter().map(|(name, builtin)| (name.as_str(), declaration(builtin))).collect(),
            None => builtins::all().map(|builtin| (builtin.name, declaration(builtin))).collect(),
        };
        if self.declared.is_none() {
            builtins.extend(SYNTAX.iter().map(|name| (*name, relation_of_equality(name))));
        }
        builtins.extend(self.customs.all().map(|builtin| (builtin.name, declaration(builtin))));
        builtins.retain(|name, _| !self.denied.contains(*name));
        let or = |own: &Option<Vec<String>>, all: &[&str]| match own {
            Some(own) => json!(own),
            None => json!(all),
        };
        let lists = [
            ("builtins", builtins.into_values().collect::<Vec<_>>().into()),
            ("future_keywords", or(&self.keywords, &V1_KEYWORDS)),
            ("features", or(&self.features, &FEATURES)),
            ("allow_net", or(&self.allow_net, &[])),
        ];
        let is_empty = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
        let lists = lists.into_iter().filter(|(_, list)| !is_empty(list));
        Value::Object(lists.map(|(name, list)| (name.to_owned(), list)).collect())
    }

    /// Takes a builtin away: what names it does not compile, as if there were no such function.
    pub fn deny(&mut self, name: impl Into<String>) {
        self.denied.insert(name.into());
    }

    /// A name that was taken away and that names nothing: whoever wrote it meant another one.
    pub(crate) fn unknown_denied(&self) -> Option<&str> {
        let is_known = |name: &str| {
            let is_declared = self.declared.as_ref().is_some_and(|declared| declared.contains_key(name));
            is_declared || self.customs.find(name).is_some() || builtins::find(name).is_some() || SYNTAX.contains(&name)
        };
        self.denied.iter().map(String::as_str).filter(|name| !is_known(name)).min()
    }

    /// Leaves only the builtins for which `may_run` is true.
    pub fn retain(&mut self, may_run: impl Fn(&str) -> bool) {
        let all = builtins::all().map(|builtin| builtin.name);
        let names = all.chain(self.declared.iter().flat_map(|declared| declared.keys().map(String::as_str)));
        let denied: Vec<String> = names.filter(|name| !may_run(name)).map(str::to_owned).collect();
        self.denied.extend(denied);
    }

    /// The hosts that builtins may ask; `None` for any.
    pub fn allow_net(&mut self, hosts: Option<Vec<String>>) {
        self.allow_net = hosts;
    }

    /// The hosts that builtins may ask; `None` for any.
    pub fn allowed_hosts(&self) -> Option<&[String]> {
        self.allow_net.as_deref()
    }

    /// The builtin called `name`, if it may be used.
    pub fn builtin(&self, name: &str) -> Option<&'static Builtin> {
        if self.denied.contains(name) {
            return None;
        }
        self.customs.find(name).or_else(|| match &self.declared {
            None => builtins::find(name),
            Some(declared) => declared.get(name).copied(),
        })
    }

    /// The same with builtins of the embedding program.
    pub(crate) fn with_customs(self, customs: Customs) -> Self {
        Capabilities { customs, ..self }
    }

    /// The builtins of the embedding program.
    pub(crate) fn customs(&self) -> &Customs {
        &self.customs
    }

    /// Whether a feature may be used.
    pub fn has_feature(&self, name: &str) -> bool {
        match &self.features {
            None => FEATURES.contains(&name),
            Some(features) => features.iter().any(|feature| feature == name),
        }
    }

    /// Keywords that may be imported; a module in the syntax of OPA 1.0 may also import those it has anyway.
    pub fn keywords(&self, is_v1: bool) -> Vec<&str> {
        let own = is_v1 || self.has_feature("rego_v1");
        let mut keywords: Vec<&str> = V0_KEYWORDS.into_iter().filter(|_| own).collect();
        match &self.keywords {
            None => keywords.extend(V1_KEYWORDS),
            Some(listed) => keywords.extend(listed.iter().map(String::as_str)),
        }
        keywords.sort_unstable();
        keywords.dedup();
        keywords
    }

    /// A keyword that is listed and that there is not.
    pub fn unknown_keyword(&self) -> Option<&str> {
        let is_known = |name: &str| V0_KEYWORDS.contains(&name) || V1_KEYWORDS.contains(&name);
        self.keywords.iter().flatten().map(String::as_str).find(|name| !is_known(name))
    }
}

/// Builtins of OPA that are syntax here.
const SYNTAX: [&str; 2] = ["assign", "eq"];

/// `assign` or `eq`.
fn relation_of_equality(name: &str) -> Value {
    let any = || Argument { kind: crate::types::Type::Any, name: String::new() };
    let result = Argument { kind: crate::types::Type::Boolean, name: String::new() };
    let signature = Signature { args: vec![any(), any()], result: Some(result), variadic: None };
    json!({"name": name, "infix": infix(name), "decl": json::signature_to_json(&signature)})
}

fn infix(name: &str) -> Option<&'static str> {
    use solon_syntax::ast::Operator;
    let found = Operator::TABLE.iter().find(|(.., builtin)| *builtin == name);
    found.map(|(_, text, _)| *text).or_else(|| (name == "internal.member_3").then_some("in"))
}

/// A builtin as the document has it.
fn declaration(builtin: &Builtin) -> Value {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), builtin.name.into());
    entry.insert("decl".to_owned(), json::signature_to_json(builtin.signature()));
    entry.extend(infix(builtin.name).map(|infix| ("infix".to_owned(), infix.into())));
    for (name, is) in [
        ("relation", builtin.purity == Purity::Relation),
        ("nondeterministic", is_nondeterministic(builtin)),
        ("deprecated", builtins::DEPRECATED.contains(&builtin.name)),
    ] {
        entry.extend(is.then(|| (name.to_owned(), true.into())));
    }
    Value::Object(entry)
}

/// Whether OPA calls a builtin nondeterministic. Its checks of schemas fetch references, which they do not here; that
/// checks of certificates depend on the time it does not say.
fn is_nondeterministic(builtin: &Builtin) -> bool {
    let fetches = matches!(builtin.name, "json.match_schema" | "json.verify_schema");
    let is_check = builtin.name.starts_with("crypto.x509.");
    let is_pure = !matches!(builtin.purity, Purity::Nondeterministic | Purity::Remembering);
    fetches || !(is_pure || is_check)
}

/// The builtin of a declaration: the engine's, where it has one of that name and signature.
fn read_builtin(entry: &Value) -> Result<&'static Builtin, String> {
    let name = entry.get("name").and_then(Value::as_str).ok_or("a builtin without a name")?;
    let decl = entry.get("decl").ok_or_else(|| format!("{name}: no decl"))?;
    let signature = json::signature_from_json(decl).map_err(|error| format!("{name}: {error}"))?;
    let is = |flag: &str| entry.get(flag).and_then(Value::as_bool).unwrap_or_default();
    let purity = match (is("relation"), is("nondeterministic")) {
        (true, _) => Purity::Relation,
        (_, true) => Purity::Nondeterministic,
        _ => Purity::Pure,
    };
    Ok(builtins::declare(name, &signature, purity))
}

fn items<'d>(document: &'d Map<String, Value>, name: &str) -> Result<&'d [Value], String> {
    match document.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("{name} must be an array")),
    }
}

fn text_of(item: &Value, list: &str) -> Result<String, String> {
    item.as_str().map(str::to_owned).ok_or_else(|| format!("{list} must hold strings"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    /// What is said for people alone.
    const PROSE: [&str; 2] = ["description", "categories"];

    fn without_prose(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(without_prose).collect(),
            Value::Object(fields) => {
                let kept = fields.iter().filter(|(name, _)| !PROSE.contains(&name.as_str()));
                Value::Object(kept.map(|(name, value)| (name.clone(), without_prose(value))).collect())
            }
            other => other.clone(),
        }
    }

    fn builtins_of(document: &Value) -> Vec<&Value> {
        document.get("builtins").and_then(Value::as_array).into_iter().flatten().collect()
    }

    #[test]
    fn a_document_is_read_as_it_was_written() -> Result<(), Box<dyn Error>> {
        let mut capabilities = Capabilities::current();
        capabilities.deny("http.send");
        capabilities.allow_net(Some(vec!["a.example".to_owned()]));
        let document = capabilities.to_json();
        let read = Capabilities::from_json(document.to_string().as_bytes())?;
        assert_eq!(read.to_json(), document);
        assert!(read.builtin("http.send").is_none() && read.builtin("count").is_some());
        Ok(())
    }

    #[test]
    fn wrong_documents_are_refused() {
        for text in ["", "[]", r#"{"builtins": {}}"#, r#"{"builtins": [{}]}"#, r#"{"features": [1]}"#] {
            assert!(Capabilities::from_json(text.as_bytes()).is_err(), "{text}");
        }
        let deep = format!(r#"{}{{"type": "any"}}{}"#, r#"{"type": "set", "of": "#.repeat(100), "}".repeat(100));
        let text = format!(r#"{{"builtins": [{{"name": "f", "decl": {{"args": [{deep}]}}}}]}}"#);
        assert!(Capabilities::from_json(text.as_bytes()).is_err());
    }

    /// With `SOLON_CAPABILITIES` set to OPA's capabilities file: what there is here is there with the same signature.
    #[test]
    fn builtins_agree_with_capabilities() -> Result<(), Box<dyn Error>> {
        let Some(path) = std::env::var_os("SOLON_CAPABILITIES") else { return Ok(()) };
        let theirs = without_prose(&serde_json::from_slice(&std::fs::read(path)?)?);
        let ours = Capabilities::current().to_json();
        for name in ["future_keywords", "features"] {
            assert_eq!(ours.get(name), theirs.get(name), "{name}");
        }
        let find = |name: &Value| builtins_of(&theirs).into_iter().find(|their| their.get("name") == Some(name));
        let wrong: Vec<String> = builtins_of(&ours)
            .into_iter()
            .filter_map(|our| {
                let their = our.get("name").and_then(find);
                (their != Some(our)).then(|| format!("{our}\n{their:?}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(builtins_of(&ours).len(), builtins_of(&theirs).len());
        Ok(())
    }

    /// The same without OPA's file: a builtin that is lost or whose signature changes is seen. `SOLON_BLESS=1` writes
    /// what there is.
    #[test]
    fn builtins_are_those_that_are_listed() -> Result<(), Box<dyn Error>> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cases/capabilities/builtins.jsonl");
        let ours = Capabilities::current().to_json();
        let lines: Vec<String> = builtins_of(&ours).into_iter().map(Value::to_string).collect();
        if std::env::var_os("SOLON_BLESS").is_some() {
            std::fs::write(path, lines.join("\n") + "\n")?;
        }
        let listed = std::fs::read_to_string(path)?;
        assert_eq!(lines.iter().map(String::as_str).collect::<Vec<_>>(), listed.lines().collect::<Vec<_>>());
        assert_eq!(lines.len(), 206);
        Ok(())
    }
}
