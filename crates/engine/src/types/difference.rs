//! Two types side by side, in the lines that errors show. Where a line is too long, what the types have in common is
//! left out.

use super::json::{arguments_to_json, sorted};
use super::{Argument, Array, Object, Signature, Type, Unifier, Union};
use solon_syntax::Details;
use std::cmp::Ordering;

/// Lines that are longer are written again, shorter.
const MAX_LINE: usize = 80;

/// What is longer and not at fault is only named.
const MAX_TYPE: usize = 32;

/// How deep two types are compared.
const MAX_DEPTH: usize = 8;

const ELISION: &str = "...";

/// The details of a call whose arguments are wrong: the types that it has and those that it should have.
pub fn argument_details(have: &[Type], want: &[Argument], variadic: Option<&Argument>) -> Details {
    let have_json: Vec<String> = have.iter().map(Type::json).collect();
    let want_json = sorted(arguments_to_json(want, variadic));
    let json = format!("{{\"have\":[{}],\"want\":{want_json}}}", have_json.join(","));
    Details { lines: argument_lines(have, want, variadic), json }
}

/// The details of two terms that can never be equal.
pub fn equation_details(left: &Type, right: &Type) -> Details {
    let json = format!("{{\"a\":{},\"b\":{}}}", left.json(), right.json());
    Details { lines: equation_lines(left, right), json }
}

fn argument_lines(have: &[Type], want: &[Argument], variadic: Option<&Argument>) -> Vec<String> {
    let more = |text: String| format!("{text}...");
    let want_text = want.iter().map(Argument::to_string).chain(variadic.map(|more_of| more(more_of.to_string())));
    let lines = lines(have.iter().map(Type::to_string).collect(), want_text.collect());
    if !lines.iter().any(|line| is_too_long(line)) {
        return lines;
    }
    let mut have_text: Vec<String> = have.iter().map(elided).collect();
    let mut want_text: Vec<String> = want.iter().map(elided_argument).collect();
    for ((have, want), texts) in have.iter().zip(want).zip(have_text.iter_mut().zip(&mut want_text)) {
        if !Unifier::default().unifies(have, &want.kind) {
            let (left, right) = difference(have, &want.kind, 0);
            (*texts.0, *texts.1) = (left, named(want, right));
        }
    }
    want_text.extend(variadic.map(|more_of| more(elided_argument(more_of))));
    self::lines(have_text, want_text)
}

fn lines(have: Vec<String>, want: Vec<String>) -> Vec<String> {
    vec![format!("have: ({})", have.join(", ")), format!("want: ({})", want.join(", "))]
}

fn equation_lines(left: &Type, right: &Type) -> Vec<String> {
    let line = |left: String, right: String| vec![format!("left  : {left}"), format!("right : {right}")];
    let mut lines = line(left.to_string(), right.to_string());
    if lines.iter().any(|line| is_too_long(line)) {
        let (left, right) = difference(left, right, 0);
        lines = line(left, right);
    }
    let kind = match (left, right) {
        (Type::Object(_), Type::Object(_)) => Some("objects"),
        (Type::Array(_), Type::Array(_)) => Some("arrays"),
        (Type::Set(_), Type::Set(_)) => Some("sets"),
        _ => None,
    };
    lines.extend(kind.map(|kind| {
        format!("hint  : both sides are {kind} but their types differ, so they can never be equal (see {EXPLANATION})")
    }));
    lines
}

const EXPLANATION: &str = "https://www.openpolicyagent.org/docs/errors/rego-type-error/match-error";

fn is_too_long(line: &str) -> bool {
    line.chars().count() > MAX_LINE
}

fn named(argument: &Argument, text: String) -> String {
    if argument.name.is_empty() { text } else { format!("{}: {text}", argument.name) }
}

/// An argument that is not at fault.
fn elided_argument(argument: &Argument) -> String {
    let full = argument.to_string();
    if full.chars().count() <= MAX_TYPE { full } else { named(argument, outline(&argument.kind, false)) }
}

/// A type that is not at fault: in full if it is short.
fn elided(kind: &Type) -> String {
    let full = kind.to_string();
    if full.chars().count() <= MAX_TYPE { full } else { outline(kind, false) }
}

/// A type without what is inside of it, or with one level of that.
fn outline(kind: &Type, shows_parts: bool) -> String {
    let part = |kind: &Type| if shows_parts { outline(kind, false) } else { ELISION.to_owned() };
    let parts = |kinds: &mut dyn Iterator<Item = String>| -> Vec<String> {
        let all: Vec<String> = kinds.collect();
        if shows_parts || all.is_empty() { all } else { vec![ELISION.to_owned()] }
    };
    match kind {
        Type::Set(Some(of)) => format!("set[{}]", part(of)),
        Type::Array(array) => {
            composite("array", &parts(&mut array.items.iter().map(part)), array.rest.as_ref().map(part))
        }
        Type::Object(object) => {
            let fields = parts(&mut object.fields.iter().map(|(key, value)| format!("{key}: {}", part(value))));
            let rest = object.rest.as_ref().map(|(key, value)| {
                if shows_parts { format!("{}: {}", part(key), part(value)) } else { ELISION.to_owned() }
            });
            composite("object", &fields, rest)
        }
        Type::Union(union) => any(&parts(&mut union.members.iter().map(part))),
        Type::Function(signature) => {
            let args = signature.args.iter().map(|argument| part(&argument.kind));
            let more = signature.variadic.iter().map(|argument| format!("{}...", part(&argument.kind)));
            let result = signature.result.as_ref().map_or("???".to_owned(), |result| part(&result.kind));
            format!("({}) => {result}", parts(&mut args.chain(more)).join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn composite(name: &str, parts: &[String], rest: Option<String>) -> String {
    let parts = if parts.is_empty() { String::new() } else { format!("<{}>", parts.join(", ")) };
    let rest = rest.map(|rest| format!("[{rest}]")).unwrap_or_default();
    format!("{name}{parts}{rest}")
}

fn any(members: &[String]) -> String {
    composite("any", members, None)
}

/// What two types differ in.
fn difference(left: &Type, right: &Type, depth: usize) -> (String, String) {
    let is_unknown = |kind: &Type| matches!(kind, Type::Unknown);
    if depth < MAX_DEPTH && !is_unknown(left) && !is_unknown(right) && !is_written_alike(left, right) {
        match (left, right) {
            (Type::Set(Some(left)), Type::Set(Some(right))) => {
                let (left, right) = difference(left, right, depth + 1);
                return (format!("set[{left}]"), format!("set[{right}]"));
            }
            (Type::Array(left), Type::Array(right)) => return arrays(left, right, depth),
            (Type::Object(left), Type::Object(right)) => return objects(left, right, depth),
            (Type::Union(left), Type::Union(right)) => return unions(left, right),
            (Type::Function(left), Type::Function(right)) if left.args.len() == right.args.len() => {
                return functions(left, right, depth);
            }
            _ => {}
        }
    }
    (elided(left), elided(right))
}

fn is_written_alike(left: &Type, right: &Type) -> bool {
    left == right || left.to_string() == right.to_string()
}

fn arrays(left: &Array, right: &Array, depth: usize) -> (String, String) {
    if left.items.len() != right.items.len() || left.rest.is_some() != right.rest.is_some() {
        let outline = |array: &Array| outline(&Type::new_array(array.items.clone(), array.rest.clone()), true);
        return (outline(left), outline(right));
    }
    let items = left.items.iter().zip(&right.items).map(|(left, right)| difference(left, right, depth + 1));
    let (left_items, right_items): (Vec<_>, Vec<_>) = items.unzip();
    let rest = left.rest.as_ref().zip(right.rest.as_ref()).map(|(left, right)| difference(left, right, depth + 1));
    let (left_rest, right_rest) = rest.unzip();
    (composite("array", &left_items, left_rest), composite("array", &right_items, right_rest))
}

fn objects(left: &Object, right: &Object, depth: usize) -> (String, String) {
    let mut texts = (Vec::new(), Vec::new());
    let mut has_common = false;
    let (mut left_fields, mut right_fields) = (left.fields.iter().peekable(), right.fields.iter().peekable());
    loop {
        let order = match (left_fields.peek(), right_fields.peek()) {
            (Some((left, _)), Some((right, _))) => left.cmp(right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        let left = if order == Ordering::Greater { None } else { left_fields.next() };
        let right = if order == Ordering::Less { None } else { right_fields.next() };
        match (left, right) {
            (Some((_, left)), Some((_, right))) if is_written_alike(left, right) => has_common = true,
            (Some((key, left)), Some((_, right))) => {
                let (left, right) = difference(left, right, depth + 1);
                texts.0.push(format!("{key}: {left}"));
                texts.1.push(format!("{key}: {right}"));
            }
            (left, right) => {
                texts.0.extend(left.map(|(key, value)| format!("{key}: {}", elided(value))));
                texts.1.extend(right.map(|(key, value)| format!("{key}: {}", elided(value))));
            }
        }
    }
    let common = has_common.then(|| ELISION.to_owned());
    texts.0.extend(common.clone());
    texts.1.extend(common);
    let (left_rest, right_rest) = match (&left.rest, &right.rest) {
        (Some((left_key, left)), Some((right_key, right))) => {
            let keys = difference(left_key, right_key, depth + 1);
            let values = difference(left, right, depth + 1);
            (Some(format!("{}: {}", keys.0, values.0)), Some(format!("{}: {}", keys.1, values.1)))
        }
        (left, right) => {
            let text = |(key, value): &(Type, Type)| format!("{}: {}", elided(key), elided(value));
            (left.as_ref().map(text), right.as_ref().map(text))
        }
    };
    (composite("object", &texts.0, left_rest), composite("object", &texts.1, right_rest))
}

fn unions(left: &Union, right: &Union) -> (String, String) {
    let is_in = |kind: &Type, union: &Union| union.members.iter().any(|member| is_written_alike(member, kind));
    let has_common = left.members.iter().any(|member| is_in(member, right));
    let own = |union: &Union, other: &Union| {
        let own = union.members.iter().filter(|member| !is_in(member, other)).map(elided);
        any(&own.chain(has_common.then(|| ELISION.to_owned())).collect::<Vec<_>>())
    };
    (own(left, right), own(right, left))
}

fn functions(left: &Signature, right: &Signature, depth: usize) -> (String, String) {
    let args = left.args.iter().zip(&right.args);
    let args = args.map(|(left, right)| difference(&left.kind, &right.kind, depth + 1));
    let (mut left_args, mut right_args): (Vec<_>, Vec<_>) = args.unzip();
    let kind = |argument: &Option<Argument>| argument.as_ref().map_or(Type::Unknown, |argument| argument.kind.clone());
    match (&left.variadic, &right.variadic) {
        (Some(left), Some(right)) => {
            let (left, right) = difference(&left.kind, &right.kind, depth + 1);
            left_args.push(format!("{left}..."));
            right_args.push(format!("{right}..."));
        }
        (left, right) => {
            left_args.extend(left.iter().map(|argument| format!("{}...", elided(&argument.kind))));
            right_args.extend(right.iter().map(|argument| format!("{}...", elided(&argument.kind))));
        }
    }
    let (left_result, right_result) = difference(&kind(&left.result), &kind(&right.result), depth + 1);
    let text = |args: Vec<String>, result: String| format!("({}) => {result}", args.join(", "));
    (text(left_args, left_result), text(right_args, right_result))
}
