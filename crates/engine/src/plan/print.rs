//! The textual form of plans, for `solon plan --stage plan` and golden tests.

use super::{
    Block, Branch, Constant, Definition, Document, DocumentPlan, Expr, Filter, Function, Modifier, Part, QueryPlan,
    Slot, Step, Test, Tree,
};
use crate::hir::{ComprehensionKind, Const};
use std::fmt::Write;

/// Every document with its definitions.
pub fn program(tree: &Tree, plans: &[DocumentPlan]) -> String {
    let mut printer = Printer { tree, out: String::new() };
    for (document, plan) in tree.documents.iter().zip(plans) {
        printer.document(document, plan);
    }
    printer.out
}

/// A query.
pub fn query(tree: &Tree, plan: &QueryPlan) -> String {
    let mut printer = Printer { tree, out: "query\n".to_owned() };
    let row = printer.exprs(&plan.row);
    printer.block(&plan.block, 1, &format!("row {row}"));
    printer.out
}

struct Printer<'t> {
    tree: &'t Tree,
    out: String,
}

impl Printer<'_> {
    fn document(&mut self, document: &Document, plan: &DocumentPlan) {
        let _ =
            writeln!(self.out, "{} data.{}", format!("{:?}", document.kind).to_lowercase(), document.path.join("."));
        for definition in &plan.definitions {
            self.definition("rule", definition);
        }
        if let Some(definition) = &plan.default {
            self.definition("default", definition);
        }
    }

    fn definition(&mut self, what: &str, definition: &Definition) {
        for (at, branch) in definition.branches.iter().enumerate() {
            let _ = writeln!(self.out, "  {}", if at == 0 { what } else { "else" });
            let end = self.branch_end(branch);
            self.block(&branch.block, 2, &end);
        }
    }

    fn branch_end(&self, branch: &Branch) -> String {
        let keys: String = branch.keys.iter().map(|key| format!("[{}]", self.expr(key))).collect();
        let verb = if branch.is_set { "add" } else { "give" };
        let once = if branch.is_single { " once" } else { "" };
        format!("{verb}{once} {keys}{}", self.expr(&branch.value))
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(depth));
    }

    /// A block, with what happens at its innermost end.
    fn block(&mut self, block: &Block, depth: usize, end: &str) {
        for step in block {
            match step {
                Step::Bind(slot, value) => self.line(depth, &format!("{} := {}", name(*slot), self.expr(value))),
                Step::Plain { quick, slow } => {
                    self.line(depth, "where no function is replaced");
                    self.block(quick, depth + 1, "found");
                    self.line(depth, "elsewhere");
                    self.block(slow, depth + 1, "found");
                }
                Step::Test(test) => self.line(depth, &self.test(test)),
                Step::Not(block) => {
                    self.line(depth, "not");
                    self.block(block, depth + 1, "found");
                }
                Step::Exists(block) => {
                    self.line(depth, "exists");
                    self.block(block, depth + 1, "found");
                }
                Step::Either(left, right) => {
                    self.line(depth, "either");
                    self.block(left, depth + 1, "found");
                    self.line(depth, "or");
                    self.block(right, depth + 1, "found");
                }
                Step::Every { collection, key, value, body } => {
                    let vars = pair(*key, Some(*value));
                    self.line(depth, &format!("every {vars} in {}", self.expr(collection)));
                    self.block(body, depth + 1, "found");
                }
                Step::Loop { collection, key, value, filter, body } => {
                    let vars = pair(*key, *value);
                    let filter = filter.as_deref().map_or(String::new(), |Filter { part, equal }| {
                        let part = match part {
                            Part::Key => " key".to_owned(),
                            Part::Value(path) => keys(path),
                        };
                        format!(" where its{part} == {}", self.expr(equal))
                    });
                    self.line(depth, &format!("for {vars} in {}{filter}", self.expr(collection)));
                    return self.block(body, depth + 1, end);
                }
                Step::DataLoop { path, key, body } => {
                    self.line(depth, &format!("for {} in keys of data[{}]", name(*key), self.exprs(path)));
                    return self.block(body, depth + 1, end);
                }
                Step::With { modifiers, body } => {
                    let modifiers: Vec<String> = modifiers.iter().map(|modifier| self.modifier(modifier)).collect();
                    self.line(depth, &format!("with {}", modifiers.join(", ")));
                    return self.block(body, depth + 1, end);
                }
                Step::Outside(body) => {
                    self.line(depth, "outside");
                    return self.block(body, depth + 1, end);
                }
                Step::Fail => self.line(depth, "fail"),
                Step::Fired(rule) => self.line(depth, &format!("fired {rule}")),
                Step::Alternatives(rests) => {
                    for (number, rest) in rests {
                        self.line(depth, &format!("rest of rule {number}"));
                        self.block(rest, depth + 1, end);
                    }
                    return;
                }
            }
        }
        self.line(depth, end);
    }

    fn modifier(&self, modifier: &Modifier) -> String {
        match modifier {
            Modifier::Input(path, value) => format!("input{} as {}", keys(path), self.expr(value)),
            Modifier::Data(path, value) => format!("data{} as {}", keys(path), self.expr(value)),
            Modifier::Function(function, value) => format!("{} as {}", self.function(*function), self.expr(value)),
            Modifier::Redirect(from, to) => format!("{} as {}", self.function(*from), self.function(*to)),
        }
    }

    fn function(&self, function: Function) -> String {
        match function {
            Function::Builtin(builtin) => builtin.name.to_owned(),
            Function::Document(document) => format!("data.{}", self.tree.document(document).path.join(".")),
        }
    }

    fn test(&self, test: &Test) -> String {
        match test {
            Test::Defined(value) => format!("if {} is defined", self.expr(value)),
            Test::Truthy(value) => format!("if {}", self.expr(value)),
            Test::Compare(comparison, left, right) => {
                format!("if {} {} {}", self.expr(left), comparison.text(), self.expr(right))
            }
            Test::Member(item, collection) => format!("if {} in {}", self.expr(item), self.expr(collection)),
            Test::Kind(value, kind, _) => format!("if {} is of type {}", self.expr(value), kind.name()),
            Test::Array(slot, length) => format!("if {} is an array of {length}", name(*slot)),
            Test::Object(slot, length) => format!("if {} is an object of {length}", name(*slot)),
        }
    }

    fn exprs(&self, exprs: &[Expr]) -> String {
        exprs.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Const(constant) => constant_text(constant),
            Expr::Slot(slot) => name(*slot),
            Expr::Input => "input".to_owned(),
            Expr::BaseData => "base".to_owned(),
            Expr::Stored(value) => self.expr(value),
            Expr::Path(base, path) => format!("{}{}", self.expr(base), keys(path)),
            Expr::Index(base, key) => format!("{}[{}]", self.expr(base), self.expr(key)),
            Expr::Document(document, _) => format!("data.{}", self.tree.document(*document).path.join(".")),
            Expr::Named(document, path) => {
                format!("data.{}:input{}", self.tree.document(*document).path.join("."), keys(path))
            }
            Expr::Fixed(document, constant) => {
                format!("data.{}:{}", self.tree.document(*document).path.join("."), constant_text(constant))
            }
            Expr::Data(path, _) => format!("data[{}]", self.exprs(path)),
            Expr::Call { function, args, .. } => format!("{}({})", self.function(*function), self.exprs(args)),
            Expr::Walk { root, has_paths: false, .. } => format!("values of walk({})", self.expr(root)),
            Expr::Walk { root, has_paths: true, .. } => format!("values and paths of walk({})", self.expr(root)),
            Expr::WalkPath(walk, position) => format!("path of {} in {}", self.expr(position), self.expr(walk)),
            Expr::Array(items) => format!("[{}]", self.exprs(items)),
            Expr::Set(items) => format!("{{{}}}", self.exprs(items)),
            Expr::Object(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}: {}", self.expr(key), self.expr(value))).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Expr::Comprehension(comprehension) => {
                let key = comprehension.key.as_ref().map(|key| format!("{}: ", self.expr(key))).unwrap_or_default();
                let end = format!("give {key}{}", self.expr(&comprehension.value));
                let mut inner = Printer { tree: self.tree, out: String::new() };
                inner.block(&comprehension.block, 0, &end);
                let body = inner.out.lines().map(str::trim).collect::<Vec<_>>().join("; ");
                match comprehension.kind {
                    ComprehensionKind::Array => format!("[{body}]"),
                    ComprehensionKind::Set | ComprehensionKind::Object => format!("{{{body}}}"),
                }
            }
            Expr::Undefined => "undefined".to_owned(),
        }
    }
}

fn name(slot: Slot) -> String {
    format!("s{}", slot.0)
}

fn pair(key: Option<Slot>, value: Option<Slot>) -> String {
    let text = |slot: Option<Slot>| slot.map_or_else(|| "_".to_owned(), name);
    format!("{}, {}", text(key), text(value))
}

fn keys(path: &[std::sync::Arc<str>]) -> String {
    path.iter().map(|key| format!(".{key}")).collect()
}

fn constant_text(constant: &Constant) -> String {
    let list = |items: &[Constant]| items.iter().map(constant_text).collect::<Vec<_>>().join(", ");
    match constant {
        Constant::Scalar(Const::Null) => "null".to_owned(),
        Constant::Scalar(Const::Bool(value)) => value.to_string(),
        Constant::Scalar(Const::Number(text)) => text.to_string(),
        Constant::Scalar(Const::String(text)) => format!("{text:?}"),
        Constant::Array(items) => format!("[{}]", list(items)),
        Constant::Set(items) if items.is_empty() => "set()".to_owned(),
        Constant::Set(items) => format!("{{{}}}", list(items)),
        Constant::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", constant_text(key), constant_text(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}
