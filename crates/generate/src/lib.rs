//! Rego programs made up for tests that compare engines, or ways to evaluate.
//!
//! [`case`] makes a [`Case`] of [`Choices`]: of a seed, or of a list that [`shrink`] makes smaller. Terms are made by
//! kind, so that most of them have a value; one program of six has mistakes. How terms may be written stands in
//! `terms.txt`, texts for the arguments of builtins in `pools.txt`. This crate knows Rego's syntax and no engine.

mod body;
mod choices;
mod documents;
mod generator;
mod joins;
mod kinds;
mod queries;
mod rules;
mod shrink;
mod tables;
mod terms;

pub use choices::Choices;
pub use shrink::shrink;

use generator::Generator;

/// Modules, documents and queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Modules, by name.
    pub modules: Vec<(String, String)>,
    /// Whether the modules are older Rego.
    pub is_v0: bool,
    /// Base data.
    pub data: String,
    /// The input, if any.
    pub input: Option<String>,
    /// Queries, each to be asked alone.
    pub queries: Vec<String>,
    /// Whether errors of builtins end an evaluation.
    pub is_strict: bool,
}

/// The case that some decisions lead to.
pub fn case(choices: &mut Choices) -> Case {
    let mut generator = Generator::new(choices);
    generator.case_is_v0 = generator.choices.once_in(5);
    generator.is_strict = generator.choices.once_in(5);
    let mut modules = Vec::new();
    if generator.choices.once_in(2) {
        let package = if generator.choices.once_in(3) { "lib.sub" } else { "lib" };
        modules.push(("lib.rego".to_owned(), generator.module(package, 3)));
    }
    modules.push(("t.rego".to_owned(), generator.module("t", 6)));
    if generator.choices.once_in(6) {
        modules.push(("u.rego".to_owned(), generator.module("t.u", 2)));
    }
    let (data, input) = (generator.data(), generator.input());
    let queries = generator.queries();
    let (is_v0, is_strict) = (generator.case_is_v0, generator.is_strict);
    Case { modules, is_v0, data, input, queries, is_strict }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_what_its_decisions_make_of_it() {
        for seed in 0..50 {
            let mut choices = Choices::random(seed);
            let first = case(&mut choices);
            let again = case(&mut Choices::replay(choices.made().to_vec()));
            assert_eq!(first, again);
        }
    }

    #[test]
    fn without_decisions_a_case_is_small() {
        let plain = case(&mut Choices::replay(Vec::new()));
        let [(_, module)] = plain.modules.as_slice() else { unreachable!("one module: {plain:?}") };
        assert!(module.len() < 400, "{module}");
    }
}
