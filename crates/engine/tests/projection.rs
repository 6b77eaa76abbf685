//! What queries read of an input, and that an answer does not depend on what was not built.
//!
//! Generated policies over generated inputs: the answer on a text, of which only what the query can read is built, is
//! the answer on the same input built entirely. `SOLON_PROJECTION_CASES` asks for more of them and
//! `SOLON_PROJECTION_SEED` for others.

#![allow(clippy::unwrap_used, clippy::panic)]

use solon_engine::value::json::{Field, Parser, Projection, Wanted, parse};
use solon_engine::value::serde::from_json;
use solon_engine::value::{Bump, Symbol, SymbolTable, Value};
use solon_engine::{Compiler, Input, Policy};
use std::fmt::Write;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn one<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }
}

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

/// A JSON value of few keys, so that paths often lead somewhere.
fn json(random: &mut Random, depth: usize, out: &mut String) {
    match random.below(if depth == 0 { 6 } else { 12 }) {
        0 => out.push_str(random.one(&["0", "1", "2.50", "-0", "1e2", "12345678901234567890"])),
        1 | 2 => out.push_str(random.one(&["\"a\"", "\"b\"", "\"\\u0061\"", "\"x\\\"y\\n\"", "\"\"", "\"é\""])),
        3 => out.push_str(random.one(&["true", "false", "null", "{}", "[]"])),
        4 | 5 => out.push_str(random.one(&["1", "\"a\""])),
        6 | 7 => {
            out.push('[');
            for at in 0..random.below(4) {
                out.push_str(if at > 0 { " , " } else { "" });
                json(random, depth - 1, out);
            }
            out.push(']');
        }
        _ => {
            out.push('{');
            for at in 0..1 + random.below(5) {
                out.push_str(if at > 0 { "," } else { " " });
                // Keys repeat, and are sometimes written with an escape.
                let key = random.one(&["a", "b", "c", "d", "\\u0061", "other", "e", "x\\\"y\\n", "x\\u0022y\\n", "é"]);
                write!(out, "\"{key}\": ").unwrap();
                json(random, depth - 1, out);
            }
            out.push('}');
        }
    }
}

/// Writes rules. A rule names only those before it.
struct Writer<'r> {
    random: &'r mut Random,
    rules: usize,
    functions: usize,
    vars: usize,
    fresh: usize,
}

impl Writer<'_> {
    fn term(&mut self, depth: usize) -> String {
        let choice = self.random.below(if depth == 0 { 9 } else { 25 });
        let key = self.random.one(&KEYS);
        let below = depth.saturating_sub(1);
        match choice {
            0..=2 => self.path("input"),
            3..=5 if self.vars > 0 => {
                let var = format!("v{}", self.random.below(self.vars));
                self.path(&var)
            }
            6 if self.rules > 0 => {
                let rule = format!("r{}", self.random.below(self.rules));
                self.path(&rule)
            }
            7 => self.random.one(&["1", "\"a\"", "\"b\"", "null", "[1]", "{\"a\": 1}"]).to_owned(),
            9 | 10 if self.functions > 0 => {
                format!("f{}({})", self.random.below(self.functions), self.term(below))
            }
            11 => format!("object.get({}, \"{key}\", {})", self.term(below), self.term(below)),
            12 => format!("{{\"{key}\": {}, \"z\": {}}}", self.term(below), self.term(below)),
            13 => format!("[{}, {}]", self.term(below), self.term(below)),
            14 => format!("count({})", self.term(below)),
            15 => format!("[w | some w in {}]", self.term(below)),
            16 => format!("{{w | some w in {}}}", self.term(below)),
            17 => format!("{{k: w | some k, w in {}}}", self.term(below)),
            18 => format!("[k | some k, _ in {}]", self.term(below)),
            19 => format!("data.t[sprintf(\"r%d\", [{}])]", self.random.below(self.rules.max(1))),
            20 => format!("[w.{key} | some w in {}]", self.term(below)),
            21 => format!("{{\"{key}\": {}}}.{key}.{}", self.term(below), self.random.one(&KEYS)),
            22 => format!("{}[{}]", self.path("input"), self.path("input")),
            23 => {
                let (graph, from) = (self.random.one(&["input", "input.a", "input.b.c"]), self.path("input"));
                format!("graph.reachable({graph}, [{from}, \"{key}\"])")
            }
            24 if self.vars > 0 => {
                let graph = self.path("input");
                format!("graph.reachable({graph}, v{})", self.random.below(self.vars))
            }
            _ => self.path("input"),
        }
    }

    fn path(&mut self, from: &str) -> String {
        let mut path = from.to_owned();
        for _ in 0..self.random.below(3) {
            let key = self.random.one(&KEYS);
            match self.random.below(8) {
                0 => path.push_str("[_]"),
                1 => path.push_str("[0]"),
                2 if self.vars > 0 => write!(path, "[v{}]", self.random.below(self.vars)).unwrap(),
                _ => write!(path, ".{key}").unwrap(),
            }
        }
        path
    }

    /// A literal; it may bind the next variable.
    fn literal(&mut self) -> String {
        let var = format!("v{}", self.vars);
        let key = self.random.one(&KEYS);
        let binds = |this: &mut Self, text: String| {
            this.vars += 1;
            text
        };
        self.fresh += 1;
        let fresh = self.fresh;
        match self.random.below(18) {
            0..=3 => {
                let term = self.term(2);
                binds(self, format!("{var} := {term}"))
            }
            4 | 5 => {
                let term = self.term(1);
                binds(self, format!("some {var} in {term}"))
            }
            6 => {
                let term = self.term(1);
                let next = format!("v{}", self.vars + 1);
                self.vars += 2;
                format!("some {var}, {next} in {term}")
            }
            7 => {
                let term = self.term(1);
                binds(self, format!("[{var}, _] = {term}"))
            }
            8 => {
                let term = self.term(1);
                binds(self, format!("{{\"{key}\": {var}}} = {term}"))
            }
            9 => format!("{} == {}", self.term(1), self.random.one(&["1", "\"a\"", "null", "{}", "[]"])),
            10 => format!("{} {} {}", self.term(1), self.random.one(&["==", "!=", "<"]), self.term(1)),
            11 => format!("{} in {}", self.term(1), self.term(1)),
            12 => format!("not {}", self.term(0).replace("[_]", ".a")),
            13 => format!("every e{fresh} in {} {{ e{fresh}.{key} }}", self.term(1).replace("[_]", ".a")),
            14 => {
                let rule = if self.rules > 0 { format!("r{}", self.random.below(self.rules)) } else { "input".into() };
                let target = self.random.one(&["input", "input.a", "input.a.b", "data.t.r0", "data.d"]);
                let (rule, term) = (self.path(&rule), self.term(1).replace("[_]", ".a"));
                binds(self, format!("{var} := {rule} with {target} as {term}"))
            }
            15 => {
                let term = self.term(1);
                binds(self, format!("walk({term}, [p{fresh}, {var}])"))
            }
            16 => format!("{}({})", self.random.one(&["is_object", "is_array", "is_string"]), self.term(1)),
            _ => self.term(1),
        }
    }

    fn body(&mut self) -> String {
        let count = 1 + self.random.below(3);
        let lines: Vec<String> = (0..count).map(|_| self.literal()).collect();
        lines.join("\n\t")
    }

    fn rule(&mut self, out: &mut String) {
        let name = self.rules;
        let kind = self.random.below(5);
        for _ in 0..1 + self.random.below(2) {
            self.vars = 0;
            let body = self.body();
            let value = self.term(1);
            match kind {
                0 | 1 => write!(out, "r{name} := {value} if {{\n\t{body}\n}}").unwrap(),
                2 => write!(out, "r{name} contains {value} if {{\n\t{body}\n}}").unwrap(),
                3 => write!(out, "r{name}[key] := {value} if {{\n\t{body}\n\tkey := {}\n}}", self.term(0)).unwrap(),
                _ => {
                    write!(out, "r{name} := {value} if {{\n\t{body}\n}}").unwrap();
                    self.vars = 0;
                    let (body, value) = (self.body(), self.term(1));
                    write!(out, " else := {value} if {{\n\t{body}\n}}").unwrap();
                }
            }
            out.push('\n');
        }
        self.rules += 1;
    }

    fn function(&mut self, out: &mut String) {
        let name = self.functions;
        for head in [self.random.one(&["v0", "\"a\"", "{\"a\": v0}"]), "v0"] {
            self.vars = usize::from(head.contains("v0"));
            let body = self.body();
            let value = self.term(1);
            writeln!(out, "f{name}({head}) := {value} if {{\n\t{body}\n}}").unwrap();
            if self.random.below(2) == 0 {
                break;
            }
        }
        self.functions += 1;
    }
}

fn module(random: &mut Random) -> (String, usize) {
    let mut out = "package t\n\n".to_owned();
    let mut writer = Writer { random, rules: 0, functions: 0, vars: 0, fresh: 0 };
    for _ in 0..2 + writer.random.below(4) {
        if writer.random.below(3) == 0 {
            writer.function(&mut out);
        } else {
            writer.rule(&mut out);
        }
    }
    writer.rule(&mut out);
    (out, writer.rules)
}

/// What a query says on a text and on the same input built before; they must say the same.
fn compare(policy: &Policy, query: &str, text: &str) -> (bool, String) {
    let query = policy.prepare(query).unwrap();
    let whole = policy.parse_input(text.as_bytes()).unwrap();
    let mut evaluator = query.evaluator();
    let show = |said: Result<solon_engine::Answer<'_>, solon_engine::Error>| match said {
        Ok(answer) => format!("{:?}", answer.to_owned()),
        Err(error) => error.to_string(),
    };
    let directed = show(evaluator.eval(Input::json(text)));
    let entire = show(evaluator.eval(Input::parsed(&whole)));
    assert_eq!(directed, entire, "{} reads\n{}of {text}", query.text(), query.projection());
    // The same for values of serde.
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let arena = Bump::new();
    let whole = policy.input_of(from_json(&arena, &json, &SymbolTable::new()).unwrap());
    let directed = show(evaluator.eval(Input::serialize(&json)));
    let from_serde = show(evaluator.eval(Input::parsed(&whole)));
    assert_eq!(directed, from_serde, "{} reads\n{}of {text}", query.text(), query.projection());
    (query.projection().to_string() != "input: *\n", entire)
}

#[test]
fn answers_do_not_depend_on_what_is_not_built() {
    let mut random = Random(number("SOLON_PROJECTION_SEED", 1));
    let cases = number("SOLON_PROJECTION_CASES", 1000);
    let (mut compiled, mut directed, mut defined) = (0, 0, 0);
    for _ in 0..cases {
        let (module, rules) = module(&mut random);
        let compiler = Compiler::new().module("t.rego", module.as_str()).data(r#"{"d": {"a": 1}}"#);
        let Ok(policy) = compiler.without_type_check().compile() else {
            continue;
        };
        compiled += 1;
        for _ in 0..3 {
            let mut text = String::new();
            json(&mut random, 4, &mut text);
            for rule in 0..rules {
                let result = std::panic::catch_unwind(|| compare(&policy, &format!("data.t.r{rule}"), &text));
                let Ok((is_directed, said)) = result else { panic!("{module}\n{text}") };
                directed += u64::from(is_directed);
                defined += u64::from(said.contains("value"));
            }
            compare(&policy, "x = data.t[y]; z = input.a", &text);
        }
        let all: Vec<String> = (0..rules).map(|rule| format!("data.t.r{rule}")).collect();
        let set = policy.prepare_set(&all.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let mut text = String::new();
        json(&mut random, 4, &mut text);
        let whole = policy.parse_input(text.as_bytes()).unwrap();
        let mut evaluator = set.evaluator();
        let mut said = |input| -> Vec<String> {
            let answers = evaluator.eval(input).unwrap().into_iter();
            answers.map(|answer| answer.map_or_else(|e| e.to_string(), |a| format!("{:?}", a.to_owned()))).collect()
        };
        assert_eq!(said(Input::json(&text)), said(Input::parsed(&whole)), "{module}\n{text}");
    }
    // The test is worth something only if inputs are directed, and rules have values.
    assert!(compiled * 5 > cases, "{compiled} of {cases} compile");
    assert!(directed > compiled && defined > compiled, "{directed} directed, {defined} defined, {compiled} compiled");
}

/// A value without what is not wanted.
fn projected<'a>(arena: &'a Bump, value: Value<'a>, nodes: &[Wanted], node: u32) -> Value<'a> {
    let Some(wanted) = nodes.get(node as usize) else { return value };
    let below = |value, node| projected(arena, value, nodes, node);
    match (value, wanted) {
        (value, Wanted::All) => value,
        (Value::Array(items), Wanted::Elements(element) | Wanted::Lookups(element)) => {
            Value::new_array(arena, &items.iter().map(|item| below(*item, *element)).collect::<Vec<_>>())
        }
        (Value::Object(object), Wanted::Elements(element) | Wanted::Lookups(element)) => {
            let entries = object.entries().iter().map(|(key, value)| (*key, below(*value, *element)));
            Value::new_object(arena, &entries.collect::<Vec<_>>())
        }
        (Value::Object(object), Wanted::Fields(fields)) => {
            let entries = fields.iter().filter_map(|field| {
                let value = object.get(&Value::string(&field.key))?;
                Some((Value::new_string(arena, &field.key), below(value, field.wanted)))
            });
            Value::new_object(arena, &entries.collect::<Vec<_>>())
        }
        (Value::Array(_), _) => Value::Array(&[]),
        (Value::Object(_), _) => Value::new_object(arena, &[]),
        (scalar, _) => scalar,
    }
}

fn random_nodes(random: &mut Random) -> Vec<Wanted> {
    let count = 1 + random.below(5);
    let one = |random: &mut Random| {
        let mut node = || random.below(count) as u32;
        let (first, second) = (node(), node());
        match random.below(7) {
            0 => Wanted::All,
            1 => Wanted::Kind,
            2 => Wanted::Elements(first),
            3 => Wanted::Lookups(first),
            _ => {
                let field = |key: &str, wanted| Field { key: key.into(), symbol: Symbol::NONE, wanted };
                let mut fields = vec![field("a", first), field(random.one(&["b", "c"]), second)];
                // More than are compared one by one.
                let more = if random.below(2) == 0 { 0 } else { 12 };
                fields.extend((0..more).map(|at| field(&format!("k{at:02}"), first)));
                Wanted::Fields(fields)
            }
        }
    };
    (0..count).map(|_| one(random)).collect()
}

#[test]
fn what_is_wanted_is_built_and_the_rest_is_checked() {
    let mut random = Random(7);
    let symbols = SymbolTable::new();
    let mut parser = Parser::new();
    let mut refused = 0;
    for _ in 0..20_000 {
        let arena = Bump::new();
        let mut text = String::new();
        json(&mut random, 5, &mut text);
        // Half of the texts are damaged: one byte is another, or missing, or they end early.
        let mut bytes = text.into_bytes();
        let at = random.below(bytes.len());
        match random.below(8) {
            0 => bytes[at] = b"\"\\{}[]:,0-eu\x01x \xff"[random.below(16)],
            1 => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, b"\"\\{}[]:,0-eu\x01x .\xff"[random.below(17)]),
            _ => {}
        }
        let nodes = random_nodes(&mut random);
        let whole = parse(&arena, &bytes, &symbols);
        let projection = Projection::new(nodes.clone());
        let part = parser.parse_wanted(&arena, &bytes, &symbols, &projection);
        let shown = String::from_utf8_lossy(&bytes);
        match (whole, part) {
            (Ok(whole), Ok(part)) => {
                assert_eq!(part.to_string(), projected(&arena, whole, &nodes, 0).to_string(), "{shown} {nodes:?}");
            }
            (Err(whole), Err(part)) => {
                refused += 1;
                assert_eq!(part, whole, "{shown} {nodes:?}");
            }
            (whole, part) => panic!("{shown}: {whole:?}, {part:?}"),
        }
    }
    assert!(refused > 1000);
}

/// What is passed over counts as deep as what is built, and its numbers are no larger.
#[test]
fn what_is_passed_over_has_the_same_limits() {
    let symbols = SymbolTable::new();
    let nothing = Projection::new(vec![Wanted::Fields(vec![])]);
    let refuses = |text: &str| {
        let arena = Bump::new();
        let part = Parser::new().parse_wanted(&arena, text.as_bytes(), &symbols, &nothing).map(|_| ());
        assert_eq!(part, parse(&arena, text.as_bytes(), &symbols).map(|_| ()));
        part.is_err()
    };
    for depth in [998, 999, 1000, 1001] {
        let text = format!("{{\"x\": {}1{}}}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(refuses(&text), depth > 999);
    }
    let mixed = format!("{{\"x\": {}1{}}}", "[{\"a\":".repeat(400), "}]".repeat(400));
    assert!(!refuses(&mixed));
    assert!(refuses("{\"x\": 1e400000}"));
    assert!(refuses("{\"x\": [01]}"));
    assert!(refuses("{\"x\": \"\\ud80\"}"));
    assert!(!refuses("{\"x\": \"\\ud800\"}"));
}

/// What is passed over is looked at in blocks of 64 bytes: strings, escapes and nesting may go on from one to the next.
#[test]
fn what_is_passed_over_is_checked_across_blocks() {
    let mut random = Random(11);
    let symbols = SymbolTable::new();
    let nothing = Projection::new(vec![Wanted::Fields(vec![])]);
    let (mut parser, mut refused) = (Parser::new(), 0);
    for round in 0..20_000 {
        let mut text = String::from("{\"x\": ");
        text.extend(std::iter::repeat_n(' ', random.below(64)));
        let depth = random.below(80);
        text.push_str(&"[{\"k\": ".repeat(depth));
        text.push('[');
        for _ in 0..random.below(6) {
            text.push('"');
            for _ in 0..random.below(90) {
                let pieces = ["a", "\\\\", "\\\"", "\\u00e9", "\\ud83d\\ude00", "{", "]", ",", ":", "é", "\\n", " "];
                text.push_str(random.one(&pieces));
            }
            text.push_str("\" , ");
        }
        text.push_str("-1.5e3 ] ");
        text.push_str(&"}]".repeat(depth));
        text.push_str(", \"y\": true}");
        let mut bytes = text.into_bytes();
        let at = random.below(bytes.len());
        match round % 4 {
            0 => {}
            1 => bytes[at] = b"\"\\{}[]:,0-eu\x01x \xff\n"[random.below(17)],
            2 => drop(bytes.remove(at)),
            _ => bytes.insert(at, b"\"\\{}[]:,0-eu\x01x .\xff\n"[random.below(18)]),
        }
        let arena = Bump::new();
        let whole = parse(&arena, &bytes, &symbols).map(drop);
        refused += u32::from(whole.is_err());
        let part = parser.parse_wanted(&arena, &bytes, &symbols, &nothing).map(drop);
        assert_eq!(part, whole, "{}", String::from_utf8_lossy(&bytes));
    }
    assert!((4_000..16_000).contains(&refused), "{refused} refused");
}

/// A register that holds one thing after the other does not make them one.
#[test]
fn registers_that_are_used_again_do_not_read_more() {
    let module = r#"package a
        violation contains msg if {
            provided := {label | input.review.labels[label]}
            required := {label | label := input.parameters.labels[_].key}
            missing := required - provided
            count(missing) > 0
            msg := sprintf("%v %v", [missing, input.parameters.message])
        }
        violation contains msg if {
            value := input.review.labels[key]
            expected := input.parameters.labels[_]
            expected.key == key
            not regex.match(expected.regex, value)
            msg := sprintf("%v %v", [key, input.parameters.message])
        }"#;
    let policy = Compiler::new().module("a.rego", module).compile().unwrap();
    let expected = "input.parameters.labels[_].key: *\ninput.parameters.labels[_].regex: *\ninput.parameters.message: *\n\
                    input.review.labels[_]: *\n";
    assert_eq!(policy.prepare("data.a.violation").unwrap().projection().to_string(), expected);
}

/// A policy that looks up what the input names, in tables and in a graph of the input, and does nothing else with them.
fn lookups() -> Policy {
    let module = r#"package t
        found := [value | some key in input.keys; value := input.table[key]]
        reached := graph.reachable(input.graph, input.keys)
        deep := [value | some key in input.keys; value := input.nested[key][key].name]
    "#;
    Compiler::new().module("t.rego", module).compile().unwrap()
}

/// Writes an input for it: many keys, some of them twice, written in different ways, and white space everywhere.
struct Tables<'r> {
    random: &'r mut Random,
    keys: Vec<String>,
}

impl Tables<'_> {
    fn add_key(&mut self) {
        let first = self.random.one(&["user", "group-of-many-users"]);
        let last = ["", "", "\\\"q\\\"", "\\u0022q\\u0022", "\\\\", "\\u005c", "\\/", "\\n", "\\u000a", "é", "\\u00e9"];
        let (at, last) = (self.random.below(12), self.random.one(&last));
        self.keys.push(format!("\"{first}:{at}{last}\""));
    }

    fn key(&mut self) -> String {
        let at = self.random.below(self.keys.len() + 1);
        self.keys.get(at).cloned().unwrap_or_else(|| "\"other\"".into())
    }

    fn spaced(&mut self, token: &str) -> String {
        let mut space = || self.random.one(&["", "", " ", "\n\t"]);
        format!("{}{token}{}", space(), space())
    }

    fn list(&mut self) -> String {
        let keys: Vec<String> = (0..self.random.below(5)).map(|_| self.key()).collect();
        let comma = self.spaced(",");
        format!("[{}]", keys.join(&comma))
    }

    fn object(&mut self, value: impl Fn(&mut Self) -> String) -> String {
        let entries = self.keys.clone().into_iter().map(|key| {
            let value = value(self);
            self.spaced(&key) + ":" + &self.spaced(&value)
        });
        let entries: Vec<String> = entries.collect();
        format!("{{{}}}", entries.join(","))
    }

    fn input(&mut self) -> String {
        (0..self.random.below(40)).for_each(|_| self.add_key());
        let scalars = ["1", "-2.50", "\"a\\nb\"", "null", "true", "{\"x\": [1]}", "[]", "\"x\\\"\""];
        let table = self.object(|this| this.random.one(&scalars).into());
        let graph = self.object(Self::list);
        let nested = self.object(|this| {
            let (one, other, name) = (this.key(), this.key(), this.random.one(&scalars));
            format!("{{{one}: {{\"name\": {name}}}, {other}: {{\"name\": 2}}}}")
        });
        let keys = self.list();
        format!("{{\"keys\": {keys}, \"table\": {table}, \"graph\": {graph}, \"nested\": {nested}}}")
    }
}

#[test]
fn what_is_only_looked_up_is_read_then() {
    let policy = lookups();
    let mut random = Random(23);
    let queries = ["found", "reached", "deep"].map(|name| policy.prepare(&format!("data.t.{name}")).unwrap());
    let keys = "input.keys[_]: *\n";
    assert_eq!(queries[0].projection().to_string(), format!("{keys}input.table[key]: *\n"));
    assert_eq!(queries[1].projection().to_string(), "input.graph[key]: *\ninput.keys: *\n");
    assert_eq!(queries[2].projection().to_string(), format!("{keys}input.nested[key][key].name: *\n"));
    let mut evaluators = queries.each_ref().map(|query| query.evaluator());
    let (mut found, mut refused) = (0, 0);
    for round in 0..3000 {
        let mut bytes = Tables { random: &mut random, keys: Vec::new() }.input().into_bytes();
        let at = random.below(bytes.len());
        match round % 6 {
            0 => bytes[at] = b"\"\\{}[]:,0-eu\x01x \xff"[random.below(16)],
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\"\\{}[]:,0-eu\x01x .\xff"[random.below(17)]),
            _ => {}
        }
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let whole = policy.parse_input(&bytes).map_err(|error| error.to_string());
        refused += u64::from(whole.is_err());
        for (evaluator, query) in evaluators.iter_mut().zip(&queries) {
            let show = |answer: solon_engine::Answer<'_>| format!("{:?}", answer.to_owned());
            let late = evaluator.eval(Input::json(&bytes)).map(show).map_err(|error| error.to_string());
            let said = whole
                .as_ref()
                .map_err(Clone::clone)
                .map(|whole| show(query.evaluator().eval(Input::parsed(whole)).unwrap()));
            found += u64::from(said.as_ref().is_ok_and(|said| said.contains("Number") || said.contains("user")));
            assert_eq!(late, said, "{} of {shown}", query.text());
        }
    }
    assert!(found > 1000 && refused > 300, "{found} {refused}");
}
