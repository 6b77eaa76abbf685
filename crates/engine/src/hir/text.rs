//! Terms as errors show them: in Rego, as OPA writes it.

use super::{Comprehension, Const, Head, Locals, Ref, Term, Var};
use crate::types::Key;
use solon_syntax::is_keyword;

/// Writes terms.
pub struct Texts<'t> {
    /// The variables.
    pub locals: &'t Locals,
    /// What a variable that the compiler made stands for, if that is to be shown.
    pub value: &'t dyn Fn(Var) -> Option<String>,
    /// The source of a comprehension.
    pub source: &'t dyn Fn(&Comprehension) -> String,
}

impl<'t> Texts<'t> {
    /// With nothing known but names.
    pub fn of(locals: &'t Locals) -> Self {
        fn unknown(_: Var) -> Option<String> {
            None
        }
        fn left_out(_: &Comprehension) -> String {
            "{..}".to_owned()
        }
        Texts { locals, value: &unknown, source: &left_out }
    }

    /// The first `keys` keys of a ref with what they are looked up in: `data.a[x]`.
    pub fn reference(&self, reference: &Ref, keys: usize) -> String {
        let mut text = match &reference.head {
            Head::Input => "input".to_owned(),
            Head::Data => "data".to_owned(),
            Head::Term(head) => self.term(head),
        };
        for key in reference.operands.iter().take(keys) {
            match key {
                Term::Const(Const::String(step)) => push_step(&mut text, step),
                key => text.push_str(&format!("[{}]", self.term(key))),
            }
        }
        text
    }

    /// A term.
    pub fn term(&self, term: &Term) -> String {
        let all = |texts: Vec<String>| texts.join(", ");
        match term {
            Term::Const(value) => value.key().rego(),
            Term::Var(var) => (self.value)(*var).unwrap_or_else(|| self.locals.shown(*var).into_owned()),
            Term::Ref(reference) => self.reference(reference, usize::MAX),
            Term::Array(items) => format!("[{}]", all(items.iter().map(|item| self.term(item)).collect())),
            Term::Set(items) if items.is_empty() => "set()".to_owned(),
            Term::Set(items) => {
                format!("{{{}}}", all(in_order(items, Term::key).map(|item| self.term(item)).collect()))
            }
            Term::Object(entries) => {
                let entry = |(key, value): &(Term, Term)| format!("{}: {}", self.term(key), self.term(value));
                format!("{{{}}}", all(in_order(entries, |(key, _)| key.key()).map(entry).collect()))
            }
            Term::Comprehension(comprehension) => (self.source)(comprehension),
        }
    }
}

/// The items of a set or object as OPA keeps them: what is no constant comes last.
pub fn in_order<T>(items: &[T], key: impl Fn(&T) -> Option<Key>) -> impl Iterator<Item = &T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by_cached_key(|item| {
        let key = key(item);
        (key.is_none(), key)
    });
    items.into_iter()
}

/// Adds `.step`, or `["step"]` where it is no name; without the dot where there is nothing before it.
pub fn push_step(text: &mut String, step: &str) {
    let is_first = |first: char| first.is_ascii_alphabetic() || first == '_';
    let is_name = step.starts_with(is_first)
        && step.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        && !is_keyword(step);
    match (text.is_empty(), is_name) {
        (true, _) => text.push_str(step),
        (false, true) => text.extend([".", step]),
        (false, false) => text.push_str(&format!("[{}]", Key::from(step).rego())),
    }
}
