//! Bodies and what stands in them.

use crate::generator::Generator;
use crate::kinds::Kind;

/// Collections that may be stepped into with variables, in the form of references.
const STEPPED: &[(&str, Kind)] = &[
    ("input.array", Kind::Nums),
    ("data.d.array", Kind::Nums),
    ("input.object", Kind::Obj),
    ("data.d.object", Kind::Obj),
    ("input.names", Kind::Strs),
    ("input.items", Kind::Any),
    ("data.d.items", Kind::Any),
    ("input.tree", Kind::Any),
    ("input.matrix", Kind::Any),
    ("data.d.tree", Kind::Any),
    ("data.d", Kind::Any),
    ("input", Kind::Any),
    ("input.mixed", Kind::Any),
    ("data.lib", Kind::Any),
];

/// What `with` may replace by values.
const REPLACED: &[&str] = &[
    "input.n",
    "input",
    "data.d.n",
    "input.items",
    "data.d",
    "data.d.object",
    "input.tree.a",
    "data.new.path",
    "input.object.k",
    "data.d.tree.a.b",
    "data.lib",
];

/// Builtins that `with` may replace, by builtins and functions of as many arguments.
const REPLACED_BUILTINS: &[(&str, &[&str])] = &[
    ("count", &["sum", "max", "7", "{1, 2}"]),
    ("upper", &["lower", "\"x\"", "trim_space", "input.s"]),
    ("concat", &["\"c\"", "split", "startswith"]),
    ("to_number", &["1", "count"]),
    ("startswith", &["endswith", "contains", "true", "false"]),
    ("json.marshal", &["yaml.marshal", "\"j\"", "type_name"]),
    ("sum", &["product", "count", "null"]),
];

impl Generator<'_> {
    /// Literals of a body, of which there are at least one and about `most`. Variables they bind stay in scope.
    pub fn body(&mut self, depth: usize, most: usize) -> Vec<String> {
        self.nested += 1;
        let local = std::mem::replace(&mut self.local, self.scope.len());
        let is_negated = std::mem::take(&mut self.is_negated);
        let mut literals = vec![self.literal(depth)];
        while literals.len() < most && !self.is_long() && self.choices.more(3) {
            literals.push(self.literal(depth));
        }
        // The order is free, unless something is declared.
        let declares = literals.iter().any(|literal| literal.contains(":=") || literal.contains("some "));
        if !self.package.is_empty() && self.choices.once_in(6) && (!declares || self.is_broken) {
            literals.reverse();
        }
        self.local = local;
        self.is_negated = is_negated;
        self.nested -= 1;
        self.written += literals.iter().map(String::len).sum::<usize>();
        literals
    }

    /// One literal; what it binds is in scope after it.
    fn literal(&mut self, depth: usize) -> String {
        let outer = std::mem::take(&mut self.pending);
        let literal = self.any_literal(depth);
        let bound = std::mem::replace(&mut self.pending, outer);
        self.scope.extend(bound);
        literal
    }

    fn any_literal(&mut self, depth: usize) -> String {
        let inner = depth.saturating_sub(1);
        let (some, logic) = (if self.has_keywords { 5 } else { 0 }, if self.has_logic { 3 } else { 0 });
        match self.choices.weighted(&[6, 5, some, 4, 5, 2, 2, 2, 1, 1, 1, 1, 2, logic]) {
            0 => self.condition(depth),
            1 => self.assignment(depth),
            2 => self.some_in(depth),
            3 => self.unification(depth),
            4 => self.steps(depth),
            // In queries OPA looks up what stands below `not` before it; see docs/differences.md.
            5 if !self.package.is_empty() => self.negation(inner),
            6 if self.has_keywords => self.every(inner),
            7 => self.with(inner),
            8 => self.walk(inner),
            9 => self.output(inner),
            // Inside of other terms OPA has its own idea of what is declared.
            10 if self.nested == 1 => format!("print({}, {})", self.term(Kind::Any, 0), self.term(Kind::Str, inner)),
            12 => self.joined(),
            13 => self.logic(inner),
            _ => self.term(Kind::Any, depth),
        }
    }

    /// Something that does not hold. (`not true` alone is `true` in some bodies of OPA.)
    fn negation(&mut self, depth: usize) -> String {
        let outer = std::mem::replace(&mut self.is_negated, true);
        let condition = self.condition(depth);
        self.is_negated = outer;
        if condition == "true" { "not false".to_owned() } else { format!("not {condition}") }
    }

    /// Something that holds or does not.
    pub fn condition(&mut self, depth: usize) -> String {
        match self.choices.weighted(&[4, 2, 2, 1, 1]) {
            0 => self.term(Kind::Bool, depth.max(1)),
            1 => {
                let kind = self.kind();
                let operator = self.choices.among(&["==", "!=", "=", "<", ">="]).unwrap_or("==");
                format!("{} {operator} {}", self.term(kind, depth), self.term(kind, depth))
            }
            2 => self.tested(),
            3 => self.term(Kind::Any, depth),
            _ => {
                format!("{}({})", ["is_number", "is_string", "is_array"][self.choices.pick(3)], self.term(Kind::Any, 0))
            }
        }
    }

    /// Conditions as those that rules are found by.
    pub fn tested(&mut self) -> String {
        let subject = self.choices.among(&["input.s", "input.items[0].kind", "input.tree.a", "input.n"]).unwrap_or("");
        if subject == "input.n" {
            let value = self.term(Kind::Num, 0);
            let operator = self.choices.among(&["==", "=", "!=", ">"]).unwrap_or("==");
            return format!("{subject} {operator} {value}");
        }
        let value = self.term(Kind::Str, 0);
        // An error of these tests does not count in OPA where its index does them.
        match self.choices.pick(if self.is_strict { 3 } else { 7 }) {
            0 => format!("{subject} == {value}"),
            1 => format!("{value} = {subject}"),
            2 => format!("{subject} = [\"a\", _]"),
            3 if self.has_keywords => format!("{subject} in {{{value}, \"a\", 1}}"),
            4 => format!("startswith({subject}, {value})"),
            5 => format!("glob.match({}, [], {subject})", self.pool("glob")),
            _ => format!("is_string({subject})"),
        }
    }

    fn assignment(&mut self, depth: usize) -> String {
        let kind = self.kind();
        let value =
            if self.is_broken && self.choices.once_in(12) { "unbound".to_owned() } else { self.term(kind, depth) };
        let name = self.fresh();
        self.bind_later(&name, kind);
        format!("{name} := {value}")
    }

    fn some_in(&mut self, depth: usize) -> String {
        let kind = self.collection_kind();
        let collection = self.term(kind, depth);
        let (key, value) = kind.parts();
        if self.choices.once_in(2) {
            let names = (self.pattern(key, 0, true), self.pattern(value, 1, true));
            return format!("some {}, {} in {collection}", names.0, names.1);
        }
        format!("some {} in {collection}", self.pattern(value, 1, true))
    }

    /// A variable that gets bound, or an array or object of some. With `literals`, also a term.
    fn pattern(&mut self, kind: Kind, depth: usize, literals: bool) -> String {
        let can_be = |kinds: &[Kind]| usize::from(depth > 0 && (kind == Kind::Any || kinds.contains(&kind))) * 2;
        let weights = [8, 1, can_be(&[Kind::List]), can_be(&[Kind::Tree, Kind::Obj]), usize::from(literals)];
        match self.choices.weighted(&weights) {
            1 => "_".to_owned(),
            2 => {
                let first = self.pattern(Kind::Any, depth - 1, literals);
                format!("[{first}, {}]", self.pattern(Kind::Any, 0, literals))
            }
            3 => {
                let key = self.choices.among(&["\"k\"", "\"a\"", "\"n\"", "\"name\"", "1"]).unwrap_or("\"k\"");
                format!("{{{key}: {}}}", self.pattern(Kind::Any, depth - 1, literals))
            }
            4 => self.leaf(kind),
            _ => {
                let name = self.fresh();
                self.bind_later(&name, kind);
                name
            }
        }
    }

    fn unification(&mut self, depth: usize) -> String {
        let kind = self.kind();
        match self.choices.weighted(&[2, 2, 2, 1, 1]) {
            0 => format!("{} := {}", self.pattern(kind, 1, false), self.term(kind, depth)),
            1 => format!("{} = {}", self.pattern(kind, 1, true), self.term(kind, depth)),
            2 => format!("{} = {}", self.term(kind, depth), self.pattern(kind, 1, true)),
            3 => {
                let (first, second) = (self.pattern(kind, 1, true), self.pattern(Kind::Num, 0, true));
                format!("[{first}, {}] = [{}, {second}]", self.term(Kind::Num, 0), self.term(kind, 1))
            }
            _ => {
                let (first, second) = (self.pattern(kind, 1, true), self.pattern(Kind::Str, 1, true));
                let (known, value) = (self.term(Kind::Str, 0), self.term(kind, 1));
                format!("{{\"a\": {first}, \"b\": {known}}} = {{\"b\": {second}, \"a\": {value}}}")
            }
        }
    }

    /// A reference with variables.
    fn steps(&mut self, depth: usize) -> String {
        let (mut text, kind) = self.collection();
        let (key, value) = kind.parts();
        text.push_str(&self.step(key));
        if kind == Kind::Any && !self.choices.once_in(3) {
            text.push_str(&self.step(Kind::Any));
        }
        match self.choices.pick(4) {
            0 => text,
            1 => {
                let name = self.fresh();
                self.bind_later(&name, value);
                let sign = self.choices.among(&[":=", "="]).unwrap_or(":=");
                format!("{name} {sign} {text}")
            }
            2 => format!("{text} == {}", self.term(value, depth)),
            _ => format!("{} = {text}", self.pattern(value, 1, true)),
        }
    }

    /// A document to step into.
    fn collection(&mut self) -> (String, Kind) {
        let rules: Vec<(String, Kind)> = self.documents().into_iter().collect();
        let at = self.choices.pick(STEPPED.len() + rules.len());
        match STEPPED.get(at) {
            Some((text, kind)) => ((*text).to_owned(), *kind),
            None => rules.get(at - STEPPED.len()).cloned().unwrap_or_default(),
        }
    }

    /// A document whose values are of a kind, and the kind of its keys.
    pub fn stepped(&mut self, value: Kind) -> (String, Kind) {
        let fitting: Vec<&(&str, Kind)> = STEPPED.iter().filter(|(_, kind)| kind.parts().1.fits(value)).collect();
        match fitting.get(self.choices.pick(fitting.len())) {
            Some((text, kind)) => ((*text).to_owned(), kind.parts().0),
            None => {
                let (text, kind) = self.collection();
                (text, kind.parts().0)
            }
        }
    }

    fn step(&mut self, key: Kind) -> String {
        match self.choices.pick(6) {
            0 => "[_]".to_owned(),
            1 | 2 => {
                let name = self.fresh();
                self.bind_later(&name, key);
                format!("[{name}]")
            }
            3 => self
                .choices
                .among(&[".k", ".a", "[\"n\"]", "[0]", "[-1]", ".name", ".d", "[1.0]"])
                .unwrap_or(".k")
                .to_owned(),
            4 => format!("[{}]", self.pattern(key, 1, true)),
            _ => format!("[{}]", self.term(key, 1)),
        }
    }

    fn every(&mut self, depth: usize) -> String {
        let kind = self.collection_kind();
        let collection = self.term(kind, depth);
        let (key_kind, value_kind) = kind.parts();
        let mark = self.scope.len();
        let value = self.fresh();
        self.bind(&value, value_kind);
        let variables = if self.choices.once_in(3) {
            let key = self.fresh();
            self.bind(&key, key_kind);
            format!("{key}, {value}")
        } else {
            value
        };
        // A variable that is not used is an error.
        let names: Vec<(String, Kind)> = self.scope.get(mark..).unwrap_or_default().to_vec();
        let mut body = Vec::new();
        for (name, kind) in names {
            let operator = self.choices.among(&["!=", "==", "<", ">="]).unwrap_or("!=");
            body.push(format!("{name} {operator} {}", self.term(kind, depth.min(1))));
        }
        if self.choices_left() && self.choices.more(2) {
            body.extend(self.body(depth, 2));
        }
        self.scope.truncate(mark);
        format!("every {variables} in {collection} {{ {} }}", body.join("; "))
    }

    fn with(&mut self, depth: usize) -> String {
        let mut text = match self.choices.pick(4) {
            0 => self.condition(depth),
            1 => self.assignment(depth),
            2 => self.steps(depth),
            _ if self.package.is_empty() => self.condition(depth),
            _ => self.negation(depth),
        };
        // OPA drops a lone `true` with its modifiers; see docs/differences.md.
        if text == "true" {
            "1 == 1".clone_into(&mut text);
        }
        loop {
            let (target, value) = self.replacement(depth);
            text = format!("{text} with {target} as {value}");
            if !self.choices.more(3) || self.choices.more(2) {
                return text;
            }
        }
    }

    fn replacement(&mut self, depth: usize) -> (String, String) {
        let documents = self.documents();
        let functions = self.functions();
        match self.choices.weighted(&[
            5,
            if self.package.is_empty() { 0 } else { 2 },
            if documents.is_empty() { 0 } else { 2 },
            if functions.is_empty() || self.package.is_empty() { 0 } else { 2 },
        ]) {
            0 => {
                let target = self.choices.among(REPLACED).unwrap_or("input");
                let kind = self.kind();
                let kind = if matches!(target, "input" | "data.d" | "data.lib") { Kind::Tree } else { kind };
                (target.to_owned(), self.term(kind, depth))
            }
            1 => {
                let Some((target, values)) = REPLACED_BUILTINS.get(self.choices.pick(REPLACED_BUILTINS.len())) else {
                    return Default::default();
                };
                ((*target).to_owned(), self.choices.among(values).unwrap_or("1").to_owned())
            }
            2 => {
                let (path, kind) = documents.get(self.choices.pick(documents.len())).cloned().unwrap_or_default();
                let path = if path.starts_with("data.") { path } else { format!("data.{}.{path}", self.package) };
                (path, self.term(kind, depth))
            }
            _ => {
                let (name, arguments, kind) =
                    functions.get(self.choices.pick(functions.len())).cloned().unwrap_or_default();
                let other = functions.iter().find(|(other, count, _)| *count == arguments && *other != name);
                match other.map(|(other, ..)| other.clone()) {
                    Some(other) if self.choices.once_in(2) => (name, other),
                    _ => (name, self.term(kind, depth)),
                }
            }
        }
    }

    fn walk(&mut self, depth: usize) -> String {
        let what = self.term(Kind::Tree, depth);
        let (path, value, other) = (self.fresh(), self.fresh(), self.fresh());
        let walked = match self.choices.pick(10) {
            0 | 1 => format!("walk({what}, [{path}, {value}])"),
            2 => format!("[{path}, {value}] = walk({what})"),
            3 => format!("[{path}, {value}] := walk({what}); is_number({value})"),
            // What is looked up has to be there, whether somebody asks for it or not.
            4 => format!("walk({what}, [{path}, {value}]); {other} := {value}[0]"),
            5 => format!("walk({what}, [{path}, {value}]); {other} := {value}.a; {path}[_] == \"a\""),
            6 => format!("[{path}, {value}] = walk({what}); {value}.n == {}", self.term(Kind::Num, 0)),
            // Pairs are taken apart further in, or asked for themselves.
            7 => format!("walk({what}, {other}); {value} := {other}[1]; {path} := {other}[0]"),
            8 => {
                let inner = self.fresh();
                format!(
                    "walk({what}, {other}); {value} := {other}[1]; {path} := [1 | {inner} := {other}[0]; {other}[1].a]"
                )
            }
            _ => {
                let inner = self.fresh();
                format!(
                    "walk({what}, {other}); some {value} in {other}[1]; {path} := {other}[0]; \
                     every {inner} in {path} {{ {inner} != \"b\" }}"
                )
            }
        };
        self.bind_later(&path, Kind::List);
        self.bind_later(&value, Kind::Any);
        walked
    }

    /// A call whose last argument is what it gives.
    fn output(&mut self, depth: usize) -> String {
        let name = self.fresh();
        match self.choices.pick(4) {
            0 => {
                let call = format!("plus({}, {}, {name})", self.term(Kind::Num, depth), self.term(Kind::Num, 0));
                self.bind_later(&name, Kind::Num);
                call
            }
            1 => {
                let call = format!("split({}, \",\", [{name}, _])", self.term(Kind::Str, depth));
                self.bind_later(&name, Kind::Str);
                call
            }
            2 => {
                let call = format!("count({}, {name})", self.term(Kind::List, depth));
                self.bind_later(&name, Kind::Num);
                call
            }
            _ => {
                let call = format!("some {name}; input.array[{name}] > {}", self.term(Kind::Num, 0));
                self.bind_later(&name, Kind::Num);
                call
            }
        }
    }
}
