//! Loops over collections of objects whose fields have to be equal to something, and `and`, `or` and `not` with bodies.

use crate::generator::Generator;
use crate::kinds::Kind;

/// Collections of objects.
const RECORDS: &[&str] = &["input.items", "data.d.items", "input.mixed", "input.tree", "data.d.mixed", "input.matrix"];

/// Fields with the kinds that they mostly have.
const FIELDS: &[(&str, Kind)] =
    &[(".name", Kind::Str), (".kind", Kind::Str), (".n", Kind::Num), (".k", Kind::Any), ("[0]", Kind::Any)];

impl Generator<'_> {
    /// `x := coll[_]; x.name == y.name`.
    pub fn joined(&mut self) -> String {
        let others: Vec<String> = self.variables(Kind::Any);
        let collection = self.choices.among(RECORDS).unwrap_or("input.items").to_owned();
        let record = self.fresh();
        let mut literals = vec![match self.choices.pick(5) {
            0 if self.has_keywords => format!("some {record} in {collection}"),
            1 => {
                let key = self.fresh();
                self.bind_later(&key, Kind::Any);
                format!("{record} := {collection}[{key}]")
            }
            2 => format!("{record} = {collection}[_]"),
            _ => format!("{record} := {collection}[_]"),
        }];
        self.bind_later(&record, Kind::Any);
        while literals.len() < 3 && self.choices.more(3) {
            let Some(&(field, kind)) = FIELDS.get(self.choices.pick(FIELDS.len())) else { continue };
            let other = match others.get(self.choices.pick(others.len() + 1)) {
                Some(other) if self.choices.once_in(2) => format!("{other}{field}"),
                Some(other) => other.clone(),
                None => self.term(kind, 1),
            };
            let operator = self.choices.among(&["==", "==", "=", "!="]).unwrap_or("==");
            literals.push(if self.choices.once_in(3) {
                format!("{other} {operator} {record}{field}")
            } else {
                format!("{record}{field} {operator} {other}")
            });
        }
        literals.join("; ")
    }

    /// Bodies in expressions.
    pub fn logic(&mut self, depth: usize) -> String {
        match self.choices.pick(4) {
            0 => format!("not {{ {} }}", self.inner(depth)),
            1 => format!("{} and {}", self.operand(depth), self.operand(depth)),
            2 => format!("{} or {}", self.operand(depth), self.operand(depth)),
            _ => format!("{} or {} and {}", self.operand(depth), self.operand(depth), self.operand(depth)),
        }
    }

    fn operand(&mut self, depth: usize) -> String {
        match self.choices.pick(3) {
            0 if self.choices_left() => format!("{{ {} }}", self.inner(depth)),
            1 => format!("not {}", self.term(Kind::Bool, depth)),
            _ => self.term(Kind::Bool, depth.max(1)),
        }
    }

    fn inner(&mut self, depth: usize) -> String {
        let mark = self.scope.len();
        let body = self.body(depth, 2).join("; ");
        self.scope.truncate(mark);
        body
    }
}
