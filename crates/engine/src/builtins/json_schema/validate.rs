//! Documents checked against compiled JSON schemas.
//!
//! Where one of several schemas is to match and none does, the errors of the one that came nearest are told; how near
//! is a score, counted as OPA does: each check that was done adds one and each error takes two.

use super::compile::MAX_DEPTH;
use super::formats::is_format;
use super::number::{Decimal, canonical};
use super::schema::{Dependency, Node, Others, Schema};
use crate::builtins::{Failure, stack};
use crate::value::{Object, Value};
use std::collections::HashMap;

/// One way in which a document is not as the schema says.
#[derive(Clone)]
pub(super) struct Problem {
    /// Where: keys and indices with dots between, `(root)` of OPA for the document itself.
    pub field: String,
    /// What, as a word.
    pub kind: &'static str,
    /// What, as a sentence.
    pub description: String,
}

/// How many schemas are tried before validation is given up. Schemas that refer to one another can ask for
/// exponentially many.
const MAX_STEPS: usize = 20_000_000;

/// All problems of a document; none if it is as the schema says. They may take `max_bytes`.
pub(super) fn validate(schema: &Schema, document: Value<'_>, max_bytes: usize) -> Result<Vec<Problem>, Failure> {
    let mut report = Report::default();
    Validator { schema, depth: 0, steps: 0, bytes: max_bytes }.visit(
        Schema::ROOT,
        &document,
        &mut report,
        &Path { head: Step::Key("(Root)"), tail: None },
    )?;
    Ok(report.problems)
}

#[derive(Default)]
struct Report {
    problems: Vec<Problem>,
    score: i64,
}

impl Report {
    fn is_valid(&self) -> bool {
        self.problems.is_empty()
    }

    fn merge(&mut self, other: Report) {
        self.problems.extend(other.problems);
        self.score += other.score;
    }

    /// Takes the place of `best` if it is the first or has a higher score.
    fn better(self, best: &mut Option<Report>) {
        if best.as_ref().is_none_or(|best| self.score > best.score) {
            *best = Some(self);
        }
    }
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

/// Where in the document.
struct Path<'p> {
    head: Step<'p>,
    tail: Option<&'p Path<'p>>,
}

impl<'p> Path<'p> {
    fn key(&'p self, key: &'p str) -> Path<'p> {
        Path { head: Step::Key(key), tail: Some(self) }
    }

    fn index(&'p self, index: usize) -> Path<'p> {
        Path { head: Step::Index(index), tail: Some(self) }
    }

    fn field(&self) -> String {
        let mut steps = Vec::new();
        let mut next = Some(self);
        while let Some(path) = next {
            steps.push(match path.head {
                Step::Key(key) => key.to_owned(),
                Step::Index(index) => index.to_string(),
            });
            next = path.tail;
        }
        if steps.len() > 1 {
            steps.pop();
        }
        steps.reverse();
        steps.join(".")
    }
}

struct Validator<'s> {
    schema: &'s Schema,
    depth: usize,
    steps: usize,
    /// How many bytes problems may still take.
    bytes: usize,
}

type Done = Result<(), Failure>;

impl<'s> Validator<'s> {
    fn report(
        &mut self,
        report: &mut Report,
        path: &Path<'_>,
        kind: &'static str,
        description: impl Into<String>,
    ) -> Done {
        let problem = Problem { field: path.field(), kind, description: description.into() };
        let size = size_of::<Problem>() + problem.field.len() * 2 + problem.description.len() * 2;
        let left = self.bytes.checked_sub(size);
        self.bytes = left.ok_or_else(|| Failure::Halt("JSON schema validation finds too many errors".into()))?;
        report.problems.push(problem);
        report.score -= 2;
        Ok(())
    }

    /// Checks a value against a node on its own.
    fn alone(&mut self, node: usize, value: &Value<'_>, path: &Path<'_>) -> Result<Report, Failure> {
        let mut report = Report::default();
        self.visit(node, value, &mut report, path)?;
        Ok(report)
    }

    fn visit(&mut self, node: usize, value: &Value<'_>, report: &mut Report, path: &Path<'_>) -> Done {
        self.steps += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return Err(Failure::Halt("JSON schema validation takes too long: is the schema recursive?".into()));
        }
        let Some(node) = self.schema.node(node) else {
            return Err(Failure::Halt("internal: a JSON schema lacks a node".into()));
        };
        let result = stack::nested(|| self.check(node, value, report, path));
        self.depth -= 1;
        result
    }

    fn check(&mut self, node: &'s Node, value: &Value<'_>, report: &mut Report, path: &Path<'_>) -> Done {
        match (node.pass, node.reference) {
            (Some(true), _) => return Ok(()),
            (Some(false), _) => return self.report(report, path, "false", "False always fails validation"),
            (None, Some(target)) => return self.visit(target, value, report, path),
            (None, None) => {}
        }
        let name = type_name(value);
        let is_typed = node.types.is_empty()
            || node.types.contains(&name)
            || (name == "integer" && node.types.contains(&"number"));
        if !is_typed {
            let expected = match node.types.as_slice() {
                [one] => (*one).to_owned(),
                many => format!("[{}]", many.join(",")),
            };
            let description = format!("Invalid type. Expected: {expected}, given: {name}");
            return self.report(report, path, "invalid_type", description);
        }
        self.check_combinations(node, value, report, path)?;
        match value {
            Value::Array(items) => self.check_array(node, items, report, path)?,
            Value::Object(object) => self.check_object(node, *object, report, path)?,
            Value::Int(_) | Value::Number(_) => self.check_number(node, value, report, path)?,
            _ => {}
        }
        self.check_common(node, value, report, path)?;
        match value {
            Value::Object(object) => {
                for (name, property) in &node.properties {
                    if let Some(value) = object.get(&Value::string(name)) {
                        self.visit(*property, &value, report, &path.key(name))?;
                    }
                }
            }
            Value::String { text, .. } => self.check_string(node, text, report, path)?,
            _ => {}
        }
        report.score += 1;
        Ok(())
    }

    /// Checks until nothing is wrong. If something is each time, adds what is told and what came nearest.
    fn check_some<T>(
        &mut self,
        candidates: impl IntoIterator<Item = T>,
        check: impl Fn(&mut Self, T) -> Result<Report, Failure>,
        report: &mut Report,
        path: &Path<'_>,
        (kind, text): (&'static str, &str),
    ) -> Done {
        let mut best = None;
        for candidate in candidates {
            let result = check(self, candidate)?;
            if result.is_valid() {
                return Ok(());
            }
            result.better(&mut best);
        }
        self.report(report, path, kind, text)?;
        best.into_iter().for_each(|best| report.merge(best));
        Ok(())
    }

    fn check_combinations(&mut self, node: &'s Node, value: &Value<'_>, report: &mut Report, path: &Path<'_>) -> Done {
        if !node.any_of.is_empty() {
            let told = ("number_any_of", "Must validate at least one schema (anyOf)");
            let check = |validator: &mut Self, schema: &usize| validator.alone(*schema, value, path);
            self.check_some(&node.any_of, check, report, path, told)?;
        }
        if !node.one_of.is_empty() {
            let (mut found, mut best) = (0, None);
            for schema in &node.one_of {
                let result = self.alone(*schema, value, path)?;
                if result.is_valid() {
                    found += 1;
                } else if found == 0 {
                    result.better(&mut best);
                }
            }
            if found != 1 {
                self.report(report, path, "number_one_of", "Must validate one and only one schema (oneOf)")?;
                best.into_iter().filter(|_| found == 0).for_each(|best| report.merge(best));
            }
        }
        let mut all = true;
        for schema in &node.all_of {
            let result = self.alone(*schema, value, path)?;
            all &= result.is_valid();
            report.merge(result);
        }
        if !all {
            self.report(report, path, "number_all_of", "Must validate all the schemas (allOf)")?;
        }
        if let Some(not) = node.not
            && self.alone(not, value, path)?.is_valid()
        {
            self.report(report, path, "number_not", "Must not validate the schema (not)")?;
        }
        if let Value::Object(object) = value {
            self.check_dependencies(node, *object, value, report, path)?;
        }
        if let Some(condition) = node.condition {
            let (branch, kind, description) = if self.alone(condition, value, path)?.is_valid() {
                (node.consequence, "condition_then", "Must validate \"then\" as \"if\" was valid")
            } else {
                (node.alternative, "condition_else", "Must validate \"else\" as \"if\" was not valid")
            };
            if let Some(branch) = branch {
                let result = self.alone(branch, value, path)?;
                if !result.is_valid() {
                    self.report(report, path, kind, description)?;
                    report.merge(result);
                }
            }
        }
        report.score += 1;
        Ok(())
    }

    fn check_dependencies(
        &mut self,
        node: &'s Node,
        object: Object<'_>,
        value: &Value<'_>,
        report: &mut Report,
        path: &Path<'_>,
    ) -> Done {
        if node.dependencies.is_empty() {
            return Ok(());
        }
        for key in object.keys().filter_map(|key| key.as_str()) {
            match node.dependencies.get(key) {
                None => {}
                Some(Dependency::Schema(schema)) => self.visit(*schema, value, report, path)?,
                Some(Dependency::Properties(names)) => {
                    for name in names.iter().filter(|name| !object.contains_key(&Value::string(name))) {
                        self.report(report, path, "missing_dependency", format!("Has a dependency on {name}"))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn check_common(&mut self, node: &'s Node, value: &Value<'_>, report: &mut Report, path: &Path<'_>) -> Done {
        if node.constant.is_some() || node.enumeration.is_some() {
            let text = canonical(*value).map_err(Failure::Error)?;
            if let Some(constant) = node.constant.as_ref().filter(|constant| **constant != text) {
                let description = format!("{} does not match: {constant}", path.field());
                self.report(report, path, "const", description)?;
            }
            if let Some(allowed) = node.enumeration.as_ref().filter(|allowed| !allowed.contains(&text)) {
                let size = allowed.iter().map(|text| text.len() + 2).sum();
                if self.bytes < size {
                    return Err(Failure::Halt("JSON schema validation finds too many errors".into()));
                }
                let description = format!("{} must be one of the following: {}", path.field(), allowed.join(", "));
                self.report(report, path, "enum", description)?;
            }
        }
        if !node.format.is_empty() && value.as_str().is_some_and(|text| !is_format(&node.format, text)) {
            self.report(report, path, "format", format!("Does not match format '{}'", node.format))?;
        }
        report.score += 1;
        Ok(())
    }

    fn check_array(&mut self, node: &'s Node, items: &[Value<'_>], report: &mut Report, path: &Path<'_>) -> Done {
        let others = match &node.additional_items {
            Others::Schema(schema) if !node.items.is_empty() => Some(*schema),
            _ => None,
        };
        for (index, item) in items.iter().enumerate() {
            let schema = node.every_item.or_else(|| node.items.get(index).copied()).or(others);
            if let Some(schema) = schema {
                self.visit(schema, item, report, &path.index(index))?;
            }
        }
        let is_full = !node.items.is_empty() && items.len() > node.items.len();
        if is_full && matches!(node.additional_items, Others::Forbidden) {
            self.report(report, path, "array_no_additional_items", "No additional items allowed on array")?;
        }
        let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if let Some(least) = node.min_items.filter(|least| count < *least) {
            self.report(report, path, "array_min_items", format!("Array must have at least {least} items"))?;
        }
        if let Some(most) = node.max_items.filter(|most| count > *most) {
            self.report(report, path, "array_max_items", format!("Array must have at most {most} items"))?;
        }
        if node.unique_items {
            let mut seen = HashMap::new();
            for (index, item) in items.iter().enumerate() {
                if let Some(first) = seen.insert(canonical(*item).map_err(Failure::Error)?, index) {
                    self.report(report, path, "unique", format!("array items[{first},{index}] must be unique"))?;
                }
            }
        }
        if let Some(contains) = node.contains {
            let told = ("contains", "At least one of the items must match");
            let check = |validator: &mut Self, (index, item): (usize, &Value<'_>)| {
                validator.alone(contains, item, &path.index(index))
            };
            self.check_some(items.iter().enumerate(), check, report, path, told)?;
        }
        report.score += 1;
        Ok(())
    }

    fn check_object(&mut self, node: &'s Node, object: Object<'_>, report: &mut Report, path: &Path<'_>) -> Done {
        let count = i64::try_from(object.len()).unwrap_or(i64::MAX);
        if let Some(least) = node.min_properties.filter(|least| count < *least) {
            self.report(report, path, "array_min_properties", format!("Must have at least {least} properties"))?;
        }
        if let Some(most) = node.max_properties.filter(|most| count > *most) {
            self.report(report, path, "array_max_properties", format!("Must have at most {most} properties"))?;
        }
        for name in &node.required {
            if object.contains_key(&Value::string(name)) {
                report.score += 1;
            } else {
                self.report(report, path, "required", format!("{name} is required"))?;
            }
        }
        for (key, value) in object.entries() {
            let key = key.as_str().unwrap_or_default();
            let mut matched = false;
            for (pattern, schema) in &node.pattern_properties {
                if pattern.is_match(key) {
                    matched = true;
                    self.visit(*schema, value, report, &path.key(key))?;
                }
            }
            report.score += i64::from(matched);
            if matched || node.property_names_known.contains(key) {
                continue;
            }
            match node.additional_properties {
                Others::Allowed => {}
                Others::Schema(schema) => self.visit(schema, value, report, &path.key(key))?,
                Others::Forbidden => {
                    let description = format!("Additional property {key} is not allowed");
                    self.report(report, path, "additional_property_not_allowed", description)?;
                }
            }
        }
        if let Some(names) = node.property_names {
            for key in object.keys() {
                let result = self.alone(names, &key, path)?;
                if !result.is_valid() {
                    let key = key.as_str().unwrap_or_default();
                    let description = format!("Property name of \"{key}\" does not match");
                    self.report(report, path, "invalid_property_name", description)?;
                    report.merge(result);
                }
            }
        }
        report.score += 1;
        Ok(())
    }

    fn check_string(&mut self, node: &'s Node, text: &str, report: &mut Report, path: &Path<'_>) -> Done {
        if node.min_length.is_some() || node.max_length.is_some() {
            let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            if let Some(least) = node.min_length.filter(|least| count < *least) {
                let description = format!("String length must be greater than or equal to {least}");
                self.report(report, path, "string_gte", description)?;
            }
            if let Some(most) = node.max_length.filter(|most| count > *most) {
                let description = format!("String length must be less than or equal to {most}");
                self.report(report, path, "string_lte", description)?;
            }
        }
        if let Some((source, _)) = node.pattern.as_ref().filter(|(_, pattern)| !pattern.is_match(text)) {
            self.report(report, path, "pattern", format!("Does not match pattern '{source}'"))?;
        }
        report.score += 1;
        Ok(())
    }

    fn check_number(&mut self, node: &'s Node, value: &Value<'_>, report: &mut Report, path: &Path<'_>) -> Done {
        report.score += 1;
        let bounds = [&node.maximum, &node.exclusive_maximum, &node.minimum, &node.exclusive_minimum];
        if node.multiple_of.is_none() && bounds.iter().all(|bound| bound.is_none()) {
            return Ok(());
        }
        let Some(number) = Decimal::of(value) else {
            return Ok(());
        };
        if let Some(factor) = node.multiple_of.as_ref().filter(|factor| !number.is_multiple_of(factor)) {
            self.report(report, path, "multiple_of", format!("Must be a multiple of {factor}"))?;
        }
        if let Some(most) = node.maximum.as_ref().filter(|most| number > **most) {
            self.report(report, path, "number_lte", format!("Must be less than or equal to {most}"))?;
        }
        if let Some(limit) = node.exclusive_maximum.as_ref().filter(|limit| number >= **limit) {
            self.report(report, path, "number_lt", format!("Must be less than {limit}"))?;
        }
        if let Some(least) = node.minimum.as_ref().filter(|least| number < **least) {
            self.report(report, path, "number_gte", format!("Must be greater than or equal to {least}"))?;
        }
        if let Some(limit) = node.exclusive_minimum.as_ref().filter(|limit| number <= **limit) {
            self.report(report, path, "number_gt", format!("Must be greater than {limit}"))?;
        }
        Ok(())
    }
}

fn type_name(value: &Value<'_>) -> &'static str {
    match value {
        Value::Int(_) => "integer",
        Value::Number(number) if number.is_integer() => "integer",
        value => value.kind().name(),
    }
}
