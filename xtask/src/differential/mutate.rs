//! Modules of test cases with a mistake or two made in them: what is wrong, both sides have to say in the same words.
//!
//! Takes folders with OPA's cases, with ours, or with policies, gives modules in which tokens are left out, doubled, swapped or put in.

use crate::conformance::case::cases;
use anyhow::{Context, Result, bail};
use solon_engine::Syntax;
use solon_generate::{Case, Choices};
use solon_k8s::yaml::yaml_to_json;
use solon_syntax::ast::Version;
use solon_syntax::detect_version;
use std::fs;
use std::path::{Path, PathBuf};

/// Tokens that are put in where they do not belong.
const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ":=",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    "|",
    "&",
    "+",
    "-",
    "*",
    "/",
    "%",
    ".",
    ";",
    "\n",
    " ",
    "_",
    "x",
    "input",
    "data",
    "1",
    "0",
    "1.5",
    "-1",
    "\"a\"",
    "`a`",
    "$\"{x}\"",
    "true",
    "false",
    "null",
    "set()",
    "if",
    "contains",
    "else",
    "default",
    "package",
    "import",
    "as",
    "not",
    "some",
    "every",
    "in",
    "with",
    "and",
    "or",
    "p.q",
    "f(x)",
    "[x | x]",
    "{x | x}",
    "{x: 1 | x}",
    "#",
    "# METADATA\n",
    "\"",
    "`",
    "\\",
    "@",
    "é",
    "01",
    "1e",
    "\t",
];

/// A module as it is written.
pub struct Text {
    text: String,
    is_v0: bool,
}

/// Every module of the cases below folders, once.
pub fn texts(folders: &[PathBuf]) -> Result<Vec<Text>> {
    let mut found = Vec::new();
    for folder in folders {
        if folder.join("v1").is_dir() {
            for case in cases(folder)? {
                let modules = case.case["modules"].as_array().into_iter().flatten();
                let is_v0 = case.syntax == Syntax::V0;
                found.extend(modules.filter_map(|module| Some(Text { text: module.as_str()?.to_owned(), is_v0 })));
            }
        } else {
            of_files(folder, &mut found)?;
        }
    }
    // Variables that are called so are the compiler's to OPA, which does not say that they are unsafe.
    found.retain(|text| !text.text.contains("__local"));
    found.sort_by(|left, right| (&left.text, left.is_v0).cmp(&(&right.text, right.is_v0)));
    found.dedup_by(|left, right| left.text == right.text && left.is_v0 == right.is_v0);
    if found.is_empty() {
        bail!("no modules in {folders:?}");
    }
    Ok(found)
}

/// A policy that is no v1 is v0.
fn policy(text: String) -> Text {
    Text { is_v0: detect_version(&text) == Version::V0, text }
}

/// The policies below a folder, those of Gatekeeper's templates included, and the sections `## module` of cases.
fn of_files(folder: &Path, found: &mut Vec<Text>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            of_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rego") {
            found.push(policy(fs::read_to_string(&path)?));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            // A template of Gatekeeper; others have no policies.
            let documents = yaml_to_json(&fs::read(&path)?).unwrap_or_default();
            let targets = documents.iter().flat_map(|document| document["spec"]["targets"].as_array()).flatten();
            for target in targets {
                let sources = target["code"].as_array().into_iter().flatten().map(|code| &code["source"]);
                for source in sources.chain([target]) {
                    let libs = source["libs"].as_array().into_iter().flatten();
                    let texts = libs.chain([&source["rego"]]).filter_map(|text| text.as_str());
                    found.extend(texts.map(|text| policy(text.to_owned())));
                }
            }
        } else if path.extension().is_some_and(|extension| extension == "case") {
            let text = fs::read_to_string(&path)?;
            for section in text.split("\n## ").skip(1) {
                let (head, body) = section.split_once('\n').unwrap_or((section, ""));
                if head.starts_with("module") {
                    found.push(Text { text: format!("{}\n", body.trim_end()), is_v0: head.ends_with(" v0") });
                }
            }
        }
    }
    Ok(())
}

/// A module with mistakes, as a program.
pub fn mutated(texts: &[Text], choices: &mut Choices) -> Case {
    let Some(chosen) = texts.get(choices.pick(texts.len())) else { return of_text(String::new(), false) };
    let mut tokens: Vec<String> = tokens(&chosen.text).into_iter().map(str::to_owned).collect();
    loop {
        mutate(&mut tokens, choices);
        if !choices.once_in(4) {
            return of_text(tokens.concat(), chosen.is_v0);
        }
    }
}

fn of_text(text: String, is_v0: bool) -> Case {
    let modules = vec![("t.rego".to_owned(), text)];
    Case { modules, is_v0, data: "{}".to_owned(), input: None, queries: vec!["true".to_owned()], is_strict: false }
}

/// Makes one mistake.
fn mutate(tokens: &mut Vec<String>, choices: &mut Choices) {
    let count = tokens.len();
    let at = choices.pick(count);
    let other = choices.pick(count);
    let put_in = choices.among(TOKENS).unwrap_or_default().to_owned();
    match (choices.pick(8), tokens.get(at).cloned(), tokens.get(other).cloned()) {
        (0 | 1, Some(_), _) => _ = tokens.remove(at),
        (2, Some(token), _) => tokens.insert(at, token),
        (3, Some(_), _) if at + 1 < count => tokens.swap(at, at + 1),
        (4, Some(_), _) => tokens.truncate(at),
        (5, _, Some(token)) => tokens.insert(at, token),
        (6, Some(_), _) => tokens.splice(at..=at, [put_in]).for_each(drop),
        _ => tokens.insert(at, put_in),
    }
}

/// A text in pieces: words, blanks, strings, and single characters. The pieces are the whole text.
fn tokens(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = |is_part: fn(char) -> bool| rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        let end = match first {
            _ if is_word(first) => length(is_word),
            ' ' | '\t' => length(|letter| letter == ' ' || letter == '\t'),
            '"' | '`' => string_end(rest, first),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            ':' | '=' | '!' | '<' | '>' if rest[1..].starts_with('=') => 2,
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Where a string ends that a text begins with.
fn string_end(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if quote == '"' => is_escaped = true,
            '\n' if quote == '"' => return at,
            letter if letter == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A program with as few lines as still lead to what is asked for.
pub fn shrink(case: &Case, is_alike: &mut dyn FnMut(&Case) -> bool) -> Case {
    let mut smallest = case.clone();
    let mut size = smallest.modules.iter().map(|(_, text)| text.lines().count()).sum::<usize>() / 2;
    while size > 0 {
        let mut at = 0;
        while let Some(smaller) = without_lines(&smallest, at, size) {
            match is_alike(&smaller) {
                true => smallest = smaller,
                false => at += size,
            }
        }
        size /= 2;
    }
    smallest
}

fn without_lines(case: &Case, at: usize, count: usize) -> Option<Case> {
    let (_, text) = case.modules.first()?;
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if at >= lines.len() {
        return None;
    }
    lines.drain(at..lines.len().min(at + count));
    Some(of_text(lines.concat(), case.is_v0))
}
