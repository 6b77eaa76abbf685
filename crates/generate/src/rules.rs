//! Rules and modules.

use crate::generator::Generator;
use crate::kinds::Kind;

/// A rule that others may ask for.
#[derive(Clone)]
pub struct Rule {
    pub package: String,
    pub path: String,
    /// What it gives.
    pub kind: Kind,
    pub shape: Shape,
}

/// Whether a rule is called.
#[derive(Clone)]
pub enum Shape {
    Document,
    /// With the kinds of the arguments.
    Function(Vec<Kind>),
}

impl Generator<'_> {
    /// Documents that may be asked for: names and kinds.
    pub fn documents(&mut self) -> Vec<(String, Kind)> {
        let rules: Vec<Rule> =
            self.rules.iter().filter(|rule| matches!(rule.shape, Shape::Document)).cloned().collect();
        rules.iter().map(|rule| (self.name_of(rule), rule.kind)).collect()
    }

    /// Functions that may be called: names, numbers of arguments, kinds of results.
    pub fn functions(&mut self) -> Vec<(String, usize, Kind)> {
        let rules = self.rules.clone();
        let functions = rules.iter().filter_map(|rule| match &rule.shape {
            Shape::Function(arguments) => Some((rule, arguments.len())),
            Shape::Document => None,
        });
        functions.map(|(rule, count)| (self.name_of(rule), count, rule.kind)).collect()
    }

    /// A module of a package.
    pub fn module(&mut self, package: &str, most: usize) -> String {
        self.package = package.to_owned();
        self.is_v0 = self.case_is_v0;
        self.has_keywords = true;
        self.has_logic = false;
        let mut text = format!("package {package}\n\n");
        match (self.is_v0, self.choices.pick(3)) {
            (true, 0) => text.push_str("import future.keywords\n"),
            (true, 1) => {
                text.push_str("import rego.v1\n");
                self.is_v0 = false;
            }
            (true, _) => self.has_keywords = false,
            (false, 2) if self.choices.once_in(2) => {
                text.push_str("import rego.v2\n");
                self.has_logic = true;
            }
            (false, 2) => text.push_str("import rego.v1\n"),
            _ => {}
        }
        let first = self.rules.len();
        if self.choices.once_in(3) {
            text.push_str("import data.d as base\nimport input.items\n");
            text.push_str("used := [base.n, count(items)]\n");
        }
        loop {
            if self.choices.once_in(8) {
                text.push_str(&self.annotation());
            }
            let rule = self.rule(self.rules.len());
            text.push_str(&rule);
            text.push('\n');
            self.written += rule.len();
            if self.rules.len() - first >= most || self.is_long() || !self.choices.more(6) {
                break;
            }
        }
        if self.is_broken && self.choices.once_in(4) {
            let rules = self.rules.clone();
            if let Some(rule) = rules.get(self.choices.pick(rules.len())) {
                text.push_str(&format!("{} := {}\n", rule.path, self.term(rule.kind, 1)));
            }
        }
        text
    }

    fn rule(&mut self, number: usize) -> String {
        let name = format!("p{number}");
        let (text, path, kind, shape) = match self.choices.weighted(&[6, 4, 4, 3, 5, 2, 2]) {
            0 => self.complete(&name),
            1 => self.set(&name),
            2 => self.object(&name),
            3 => self.nested(&name),
            4 => self.function(&name),
            5 => self.indexed(&name),
            _ => self.indexed_function(&name),
        };
        self.rules.push(Rule { package: self.package.clone(), path, kind, shape });
        text
    }

    /// ` if { .. }`, or as this module writes it.
    fn tail(&mut self, literals: &[String]) -> String {
        let keyword = if self.has_keywords && (!self.is_v0 || self.choices.once_in(2)) { "if " } else { "" };
        match literals {
            [literal] if !keyword.is_empty() && !literal.contains("; ") && !literal.starts_with('{') => {
                format!(" if {literal}")
            }
            _ => format!(" {keyword}{{\n\t{}\n}}", literals.join("\n\t")),
        }
    }

    fn assign(&mut self) -> &'static str {
        if self.choices.once_in(5) { "=" } else { ":=" }
    }

    /// A head, then bodies of a rule with one value; `else` among them.
    fn bodies(&mut self, head: &str, kind: Kind, most: usize) -> String {
        let mut text = String::new();
        let mut definitions = 0;
        let repeated = self.term(kind, 0);
        let outer = self.scope.len();
        loop {
            definitions += 1;
            let literals = self.body(2, 4);
            let value = if definitions > 1 || self.choices.once_in(3) { repeated.clone() } else { self.term(kind, 2) };
            let sign = self.assign();
            text.push_str(&format!("{head} {sign} {value}{}", self.tail(&literals)));
            self.scope.truncate(outer);
            while self.choices.once_in(4) {
                let literals = self.body(1, 2);
                let value = self.term(kind, 1);
                text.push_str(&format!(" else {sign} {value}{}", self.tail(&literals)));
                self.scope.truncate(outer);
            }
            text.push('\n');
            if definitions >= most || !self.choices.more(2) {
                return text;
            }
        }
    }

    fn complete(&mut self, name: &str) -> (String, String, Kind, Shape) {
        self.clear();
        let kind = self.kind();
        let mut text = String::new();
        if self.choices.once_in(3) {
            let sign = self.assign();
            text.push_str(&format!("default {name} {sign} {}\n", self.constant(kind)));
        }
        match self.choices.pick(4) {
            0 => {
                let sign = self.assign();
                text.push_str(&format!("{name} {sign} {}\n", self.term(kind, 2)));
            }
            1 => {
                let literals = self.body(2, 4);
                text.push_str(&format!("{name}{}\n", self.tail(&literals)));
                return (text, name.to_owned(), Kind::Bool, Shape::Document);
            }
            _ => text.push_str(&self.bodies(name, kind, 3)),
        }
        (text, name.to_owned(), kind, Shape::Document)
    }

    /// A value without variables, for defaults.
    fn constant(&mut self, kind: Kind) -> &'static str {
        match kind {
            Kind::Num => self.choices.among(&["0", "1", "2.50"]),
            Kind::Str => self.choices.among(&["\"a\"", "\"\""]),
            Kind::Bool => self.choices.among(&["false", "true"]),
            Kind::Nums | Kind::Strs | Kind::List => self.choices.among(&["[]", "[x | x := 1]"]),
            Kind::Nset | Kind::Sset | Kind::Vset => self.choices.among(&["set()", "{1, 2}"]),
            Kind::Obj | Kind::Tree => self.choices.among(&["{}", "{\"k\": 1}"]),
            Kind::Null | Kind::Any => self.choices.among(&["null", "\"default\""]),
        }
        .unwrap_or("null")
    }

    /// What several rules begin with, if anything, with the variables that it binds.
    fn opening(&mut self) -> (Vec<String>, Vec<(String, Kind)>) {
        self.clear();
        if self.choices.more(3) {
            return Default::default();
        }
        let literals = self.body(1, 2);
        (literals, self.scope.clone())
    }

    /// A body that begins in this way.
    fn opened(&mut self, opening: &(Vec<String>, Vec<(String, Kind)>), most: usize) -> Vec<String> {
        self.clear();
        self.scope.clone_from(&opening.1);
        let mut literals = opening.0.clone();
        literals.extend(self.body(2, most));
        literals
    }

    fn set(&mut self, name: &str) -> (String, String, Kind, Shape) {
        let kind = [Kind::Nset, Kind::Sset, Kind::Vset][self.choices.pick(3)];
        let mut text = String::new();
        let opening = self.opening();
        loop {
            let literals = self.opened(&opening, 4);
            let value = self.term(kind.parts().1, 1);
            let is_old = self.is_v0 && (!self.has_keywords || self.choices.once_in(2));
            let head = if is_old { format!("{name}[{value}]") } else { format!("{name} contains {value}") };
            text.push_str(&format!("{head}{}\n", self.tail(&literals)));
            if !self.choices.more(2) {
                return (text, name.to_owned(), kind, Shape::Document);
            }
        }
    }

    fn object(&mut self, name: &str) -> (String, String, Kind, Shape) {
        let kind = [Kind::Obj, Kind::Tree][self.choices.pick(2)];
        let (key, value) = kind.parts();
        let mut text = String::new();
        let opening = self.opening();
        loop {
            let literals = self.opened(&opening, 4);
            let (key, value) = (self.term(key, 1), self.term(value, 1));
            let sign = self.assign();
            text.push_str(&format!("{name}[{key}] {sign} {value}{}\n", self.tail(&literals)));
            if !self.choices.more(2) || self.choices.more(2) {
                return (text, name.to_owned(), kind, Shape::Document);
            }
        }
    }

    /// Heads with several steps.
    fn nested(&mut self, name: &str) -> (String, String, Kind, Shape) {
        let mut text = String::new();
        let first = self.choices.among(&[".a", ".b", "[\"c d\"]", ".if", ".a.b", ""]).unwrap_or(".a");
        let is_set = self.has_keywords && self.choices.once_in(3);
        let mut steps = vec![self.choices.pick(3)];
        while steps.len() < 3 && self.choices.once_in(2) {
            steps.push(self.choices.pick(3));
        }
        loop {
            self.clear();
            let literals = self.body(2, 3);
            let mut head = format!("{name}{first}");
            for step in &steps {
                let step = match step {
                    0 => format!("[{}]", self.term(Kind::Str, 0)),
                    1 => self.choices.among(&[".x", ".y", "[1]"]).unwrap_or(".x").to_owned(),
                    _ => format!("[{}]", self.term(Kind::Any, 0)),
                };
                head.push_str(&step);
            }
            if self.is_broken && self.choices.once_in(3) {
                head.push_str(".z");
            }
            let value = self.term(Kind::Any, 1);
            let middle = if is_set { format!(" contains {value}") } else { format!(" {} {value}", self.assign()) };
            text.push_str(&format!("{head}{middle}{}\n", self.tail(&literals)));
            if !self.choices.more(2) {
                return (text, name.to_owned(), Kind::Tree, Shape::Document);
            }
        }
    }

    fn function(&mut self, name: &str) -> (String, String, Kind, Shape) {
        let kind = self.kind();
        let mut arguments = vec![self.kind()];
        while arguments.len() < 3 && self.choices.once_in(3) {
            arguments.push(self.kind());
        }
        let mut text = String::new();
        if self.choices.once_in(4) {
            let names: Vec<String> = (0..arguments.len()).map(|_| self.fresh()).collect();
            text.push_str(&format!("default {name}({}) := {}\n", names.join(", "), self.constant(kind)));
        }
        loop {
            self.clear();
            let patterns: Vec<String> = arguments.iter().map(|kind| self.argument(*kind)).collect();
            let head = format!("{name}({})", patterns.join(", "));
            match self.choices.pick(3) {
                0 => {
                    let sign = self.assign();
                    text.push_str(&format!("{head} {sign} {}\n", self.term(kind, 2)));
                }
                1 => text.push_str(&self.bodies(&head, kind, 1)),
                _ => {
                    let literals = self.body(2, 3);
                    text.push_str(&format!("{head}{}\n", self.tail(&literals)));
                }
            }
            if !self.choices.more(2) {
                return (text, name.to_owned(), kind, Shape::Function(arguments));
            }
        }
    }

    fn argument(&mut self, kind: Kind) -> String {
        match self.choices.weighted(&[6, 2, 1, 1, 1]) {
            1 => self.constant(kind).to_owned(),
            2 => "_".to_owned(),
            3 => {
                let (first, second) = (self.fresh(), self.fresh());
                self.bind(&first, Kind::Any);
                self.bind(&second, Kind::Any);
                format!("[{first}, {second}]")
            }
            4 => {
                let name = self.fresh();
                self.bind(&name, Kind::Any);
                format!("{{\"k\": {name}}}")
            }
            _ => {
                let name = self.fresh();
                self.bind(&name, kind);
                name
            }
        }
    }

    /// Many rules that test the same path.
    fn indexed(&mut self, name: &str) -> (String, String, Kind, Shape) {
        let is_set = self.has_keywords && self.choices.once_in(2);
        let mut text = String::new();
        for number in 0..4 + self.choices.pick(3) {
            self.clear();
            let mut literals = vec![self.tested()];
            while self.choices.once_in(2) && literals.len() < 3 {
                literals.push(self.tested());
            }
            let value = if self.choices.once_in(3) { self.term(Kind::Num, 1) } else { format!("{}", number / 4) };
            let head = if is_set { format!("{name} contains {value}") } else { format!("{name} := {value}") };
            text.push_str(&format!("{head}{}\n", self.tail(&literals)));
        }
        (text, name.to_owned(), if is_set { Kind::Nset } else { Kind::Num }, Shape::Document)
    }

    /// Many rules of a function whose arguments are mostly constants.
    fn indexed_function(&mut self, name: &str) -> (String, String, Kind, Shape) {
        let count = 1 + self.choices.pick(2);
        let mut text = String::new();
        if self.choices.once_in(3) {
            let names: Vec<String> = (0..count).map(|_| self.fresh()).collect();
            text.push_str(&format!("default {name}({}) := -1\n", names.join(", ")));
        }
        for number in 0..3 + self.choices.pick(6) {
            self.clear();
            let arguments: Vec<String> = (0..count).map(|_| self.case_of_argument()).collect();
            let value = if self.choices.once_in(3) { self.term(Kind::Num, 1) } else { format!("{}", number / 3) };
            let literals = if self.choices.once_in(2) { vec![self.tested()] } else { Vec::new() };
            let tail = if literals.is_empty() { String::new() } else { self.tail(&literals) };
            text.push_str(&format!("{name}({}) := {value}{tail}\n", arguments.join(", ")));
        }
        (text, name.to_owned(), Kind::Num, Shape::Function(vec![Kind::Str; count]))
    }

    fn case_of_argument(&mut self) -> String {
        match self.choices.weighted(&[6, 2, 1, 1]) {
            0 => self
                .choices
                .among(&["\"a\"", "\"b\"", "\"\"", "\"k\"", "1", "1.0", "null"])
                .unwrap_or("\"a\"")
                .to_owned(),
            1 => {
                let name = self.fresh();
                self.bind(&name, Kind::Str);
                name
            }
            2 => "_".to_owned(),
            _ => self.choices.among(&["[\"a\", _]", "{\"k\": 1}", "{1, 2}", "[]"]).unwrap_or("[]").to_owned(),
        }
    }

    /// Annotations of the rule that follows: text, or the schema of a path.
    fn annotation(&mut self) -> String {
        let scope = if self.choices.once_in(3) { "document" } else { "rule" };
        let mut text = format!("# METADATA\n# scope: {scope}\n");
        if self.choices.once_in(2) {
            text.push_str("# title: \"A rule\"\n# custom:\n#   n: 1\n#   list: [a, 2.0, {b: null}]\n");
            return text;
        }
        let path =
            self.choices.among(&["input", "input.n", "input.object", "data.d.s", "input.items"]).unwrap_or("input");
        let schema = self.pool("inline");
        text + &format!("# schemas:\n#   - {path}: {schema}\n")
    }
}
