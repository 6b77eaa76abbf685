//! Queries: documents, references with variables, bodies.

use crate::generator::Generator;
use crate::rules::Shape;

impl Generator<'_> {
    /// Everything that the rules define, each rule alone, and queries with variables.
    pub fn queries(&mut self) -> Vec<String> {
        self.package.clear();
        self.clear();
        self.is_v0 = self.case_is_v0;
        self.has_keywords = !self.is_v0;
        self.has_logic = false;
        let mut queries = vec!["data.t".to_owned()];
        let rules = self.rules.clone();
        for rule in rules.iter().filter(|rule| matches!(rule.shape, Shape::Document)) {
            let path = format!("data.{}.{}", rule.package, rule.path);
            queries.push(path.clone());
            let more = match self.choices.pick(8) {
                0..4 => continue,
                4 => format!("{path}[x]"),
                5 => format!("x := {path}; y := input.n"),
                6 => format!("{path}[x][y]"),
                _ => format!("{path}[x] = [a, b]"),
            };
            queries.push(more);
        }
        for _ in 0..self.choices.pick(3) {
            self.clear();
            let literals = self.body(1, 3).join("; ");
            queries.push(literals);
        }
        if self.choices.once_in(6) {
            queries
                .push(["data[x]", "data.t[x][y]", "data", "data[x].p0", "input[x]"][self.choices.pick(5)].to_owned());
        }
        queries
    }
}
