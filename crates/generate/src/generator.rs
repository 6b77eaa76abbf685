//! What is known while a case is generated.

use crate::choices::Choices;
use crate::kinds::Kind;
use crate::rules::Rule;

/// Programs longer than this do not grow further.
const LONG: usize = 6_000;

/// Generates one case.
pub struct Generator<'c> {
    pub choices: &'c mut Choices,
    /// Variables that are bound here, with their kinds.
    pub scope: Vec<(String, Kind)>,
    /// Variables that the literal being written will bind.
    pub pending: Vec<(String, Kind)>,
    /// Where the innermost body begins in the scope.
    pub local: usize,
    /// Rules that may be asked for.
    pub rules: Vec<Rule>,
    /// The package that is written.
    pub package: String,
    /// Whether mistakes are made on purpose.
    pub is_broken: bool,
    /// Whether the case is older Rego.
    pub case_is_v0: bool,
    /// Whether `in`, `every`, `if` and `contains` may be written here.
    pub has_keywords: bool,
    /// Whether errors of builtins end an evaluation.
    pub is_strict: bool,
    /// Whether a condition below `not` is written.
    pub is_negated: bool,
    /// Whether this module is older Rego.
    pub is_v0: bool,
    /// Whether `and`, `or` and bodies of `not` may be written here.
    pub has_logic: bool,
    /// Number of variables so far.
    pub count: usize,
    /// Comprehensions, bodies and the like that are open.
    pub nested: usize,
    /// Letters written so far.
    pub written: usize,
}

impl<'c> Generator<'c> {
    pub fn new(choices: &'c mut Choices) -> Self {
        let is_broken = choices.once_in(6);
        Generator {
            choices,
            scope: Vec::new(),
            pending: Vec::new(),
            local: 0,
            rules: Vec::new(),
            package: String::new(),
            is_broken,
            case_is_v0: false,
            has_keywords: true,
            is_strict: false,
            is_negated: false,
            is_v0: false,
            has_logic: false,
            count: 0,
            nested: 0,
            written: 0,
        }
    }

    /// Variables of a kind in scope.
    pub fn variables(&self, kind: Kind) -> Vec<String> {
        self.scope.iter().filter(|(_, other)| other.fits(kind)).map(|(name, _)| name.clone()).collect()
    }

    /// A name for a variable: mostly a new one, sometimes one of an outer scope, which it then shadows.
    pub fn fresh(&mut self) -> String {
        if self.choices.once_in(12) {
            let name = self.choices.among(&["x", "y", "k", "v"]).unwrap_or("x");
            let here = self.scope.get(self.local..).unwrap_or_default();
            if self.is_broken || here.iter().chain(&self.pending).all(|(other, _)| other != name) {
                return name.to_owned();
            }
        }
        self.count += 1;
        format!("v{}", self.count)
    }

    /// Binds a variable at the end of the literal being written.
    pub fn bind_later(&mut self, name: &str, kind: Kind) {
        self.pending.push((name.to_owned(), kind));
    }

    pub fn bind(&mut self, name: &str, kind: Kind) {
        self.scope.push((name.to_owned(), kind));
    }

    /// Leaves every body.
    pub fn clear(&mut self) {
        self.scope.clear();
        self.local = 0;
    }

    pub fn is_long(&self) -> bool {
        self.written > LONG
    }

    /// Whether something may still be nested here.
    pub fn choices_left(&self) -> bool {
        self.nested < 4
    }

    /// The name of a rule, from where we are.
    pub fn name_of(&mut self, rule: &Rule) -> String {
        if rule.package == self.package && !self.choices.once_in(4) {
            return rule.path.clone();
        }
        format!("data.{}.{}", rule.package, rule.path)
    }
}
