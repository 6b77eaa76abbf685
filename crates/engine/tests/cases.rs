//! Runs the data-driven cases of `tests/cases/{eval,plan,types}`: files of sections, in which `answer`, `error`, `fired`,
//! `hir`, `plan` and `code` are what is expected. With `SOLON_BLESS=1` those sections are written anew.

#![allow(clippy::expect_used, clippy::panic)]

use solon_engine::{
    Annotation, Answer, Compiler, Error, FiredRule, HttpError, HttpRequest, HttpResponse, Input, Optimizations, Policy,
    Query, Stage, Syntax,
};
use std::fs;
use std::path::{Path, PathBuf};

/// A section of a case: `## name argument`, then text.
struct Section {
    name: String,
    argument: String,
    text: String,
}

fn sections(text: &str) -> Vec<Section> {
    let mut found: Vec<Section> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("## ") {
            let (name, argument) = head.split_once(' ').unwrap_or((head, ""));
            found.push(Section { name: name.into(), argument: argument.into(), text: String::new() });
        } else if let Some(section) = found.last_mut() {
            section.text.push_str(line);
            section.text.push('\n');
        }
    }
    found
}

/// What a case is about, as its sections are read from the top.
#[derive(Default)]
struct Case {
    compiler: Compiler,
    input: Option<String>,
    query: String,
    is_strict: bool,
    /// How many errors are reported; 0 for all.
    limit: usize,
}

impl Case {
    /// Takes a section in; gives the text that a section of an expectation should have.
    fn take(&mut self, section: &Section) -> Option<String> {
        let text = section.text.trim();
        match section.name.as_str() {
            "module" => {
                let syntax = if section.argument == "v0" { Syntax::V0 } else { Syntax::V1 };
                self.compiler = std::mem::take(&mut self.compiler).module_in("case.rego", text, syntax);
            }
            "data" => self.compiler = std::mem::take(&mut self.compiler).data(text),
            "input" => self.input = Some(text.to_owned()),
            "query" => self.query = text.to_owned(),
            "strict" => self.is_strict = true,
            "limit" => self.limit = section.argument.parse().expect("a number"),
            "schema" => {
                let path: Vec<&str> = section.argument.split('.').filter(|step| !step.is_empty()).collect();
                self.compiler = std::mem::take(&mut self.compiler).schema(&path, text);
            }
            "answer" | "error" => {
                let answer = self.answer(Optimizations::ALL, false);
                let others = [("without shortcuts", Optimizations::NONE, false), ("saved", Optimizations::ALL, true)];
                let others = others.map(|(name, optimizations, saved)| (name, self.answer(optimizations, saved)));
                let explained =
                    [("explained", Optimizations::ALL), ("explained without shortcuts", Optimizations::NONE)];
                let explained = explained.map(|(name, optimizations)| (name, self.explained(optimizations).0));
                let others = [others, explained].concat();
                let others = others.iter().filter(|(_, other)| *other != answer);
                return Some(others.fold(answer.clone(), |text, (name, other)| format!("{text}{name}: {other}")));
            }
            "fired" => return Some(self.explained(Optimizations::ALL).1),
            "hir" => return Some(self.stage(Stage::Hir)),
            "plan" => return Some(self.stage(Stage::Plan)),
            "code" => return Some(self.stage(Stage::Code)),
            other => panic!("no such section: {other}"),
        }
        None
    }

    fn stage(&self, stage: Stage) -> String {
        self.compiler.clone().explain(stage).unwrap_or_else(|error| format!("{error}\n"))
    }

    /// The answer with and without shortcuts is the same: a line for each row, with its bindings and the values of its expressions.
    /// A saved policy gives it, too.
    fn answer(&self, optimizations: Optimizations, is_saved: bool) -> String {
        let answer = || -> Result<String, Error> {
            let query = self.query(optimizations, is_saved)?;
            let mut evaluator = query.evaluator().strict_builtin_errors(self.is_strict);
            Ok(text(&evaluator.eval(self.input())?))
        };
        answer().unwrap_or_else(|error| format!("{error}\n"))
    }

    /// The answer with the rules that had answers, a line for each.
    fn explained(&self, optimizations: Optimizations) -> (String, String) {
        let explained = || -> Result<(String, String), Error> {
            // What is compiled a second time was saved and loaded, too.
            let mut explainer = self.query(optimizations, true)?.explainer()?.strict_builtin_errors(self.is_strict);
            let explanation = explainer.eval(self.input());
            let fired = explanation.rules.iter().map(|rule| fired(rule)).collect();
            Ok((explanation.answer.map_or_else(|error| format!("{error}\n"), |answer| text(&answer)), fired))
        };
        explained().unwrap_or_else(|error| (format!("{error}\n"), String::new()))
    }

    fn query(&self, optimizations: Optimizations, is_saved: bool) -> Result<Query, Error> {
        let compiler = self.compiler.clone().optimizations(optimizations).max_errors(self.limit);
        let policy = compiler.compile()?;
        let policy = if is_saved { Policy::load(&policy.save()?)? } else { policy };
        policy.prepare(&self.query)
    }

    fn input(&self) -> Input<'_> {
        self.input.as_deref().map_or(Input::none(), Input::json)
    }
}

/// An answer, a row a line.
fn text(answer: &Answer<'_>) -> String {
    let rows = answer.to_owned().rows;
    let lines = rows.iter().map(|row| {
        let bindings = serde_json::Value::Object(row.bindings.clone());
        let values: Vec<String> = row.expressions.iter().map(|expression| expression.value.to_string()).collect();
        let bindings = if row.bindings.is_empty() { String::new() } else { format!(" {bindings}") };
        format!("{}{bindings}\n", values.join(" "))
    });
    let text: String = lines.collect();
    if text.is_empty() { "undefined\n".to_owned() } else { text }
}

/// A rule that had an answer: its row, its path, what it is, and what annotations say of it.
fn fired(rule: &FiredRule) -> String {
    let row = rule.location.as_ref().map_or(0, |location| location.row);
    let kinds = [(rule.is_default, " default"), (rule.is_else, " else")];
    let kind: String = kinds.iter().filter(|(is, _)| *is).map(|(_, kind)| *kind).collect();
    let annotation = |found: &Annotation| format!(" {}:{}", found.scope, found.title().unwrap_or_default());
    let annotations: String = rule.annotations().map(annotation).collect();
    format!("{row} {}{kind}{annotations}\n", rule.path)
}

fn check(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let head = text.split("## ").next().unwrap_or_default();
    let mut case = Case::default();
    let mut blessed = head.to_owned();
    let mut wrong = Vec::new();
    for section in sections(&text) {
        let expected = section.text.trim_end();
        let got = case.take(&section);
        let got = got.as_deref().map(str::trim_end);
        if let Some(got) = got.filter(|got| *got != expected) {
            wrong.push(format!("{} of `{}`\n  want {expected}\n  got  {got}", section.name, case.query));
        }
        let argument = if section.argument.is_empty() { String::new() } else { format!(" {}", section.argument) };
        let body = got.unwrap_or(expected);
        blessed.push_str(&format!(
            "## {}{argument}\n{}{}\n",
            section.name,
            body,
            if body.is_empty() { "" } else { "\n" }
        ));
    }
    if std::env::var_os("SOLON_BLESS").is_some() {
        return fs::write(path, blessed.trim_end().to_owned() + "\n").map_err(|error| error.to_string());
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{}", path.display(), wrong.join("\n"))) }
}

fn run(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no cases in {}", folder.display());
    let failures: Vec<String> = paths.iter().filter_map(|path| check(path).err()).collect();
    assert!(failures.is_empty(), "{} of {} files fail\n{}", failures.len(), paths.len(), failures.join("\n\n"));
}

#[test]
fn evaluation_cases() {
    run("eval");
}

#[test]
fn type_cases() {
    run("types");
}

#[test]
fn plan_cases() {
    run("plan");
}

/// The example of every builtin gives what its entry says.
#[test]
fn builtin_examples() {
    struct Clock;
    impl solon_engine::Host for Clock {
        fn now(&self) -> Option<i64> {
            Some(1_700_000_000_000_000_000)
        }

        fn random(&self, bytes: &mut [u8]) -> bool {
            bytes.fill(7);
            true
        }

        fn http(&self, _: &HttpRequest) -> Result<HttpResponse, HttpError> {
            Ok(HttpResponse { status_code: 200, status: "200 OK".into(), ..HttpResponse::default() })
        }
    }
    let policy = Compiler::new().compile().expect("no modules");
    // Some may be called in older Rego alone.
    let older = Compiler::new().syntax(Syntax::V0).compile().expect("no modules");
    let mut failures = Vec::new();
    let mut count = 0;
    for builtin in solon_engine::builtins::all() {
        count += 1;
        let (expression, expected) = builtin.example;
        let query = match expression.starts_with("package example") {
            true => Compiler::new()
                .module("example.rego", expression)
                .compile()
                .and_then(|policy| policy.prepare("data.example.p")),
            false => policy.prepare(expression).or_else(|_| older.prepare(expression)),
        };
        let result = query.and_then(|query| {
            let mut evaluator = query.evaluator().strict_builtin_errors(true).host(std::sync::Arc::new(Clock));
            Ok(evaluator.eval(Input::none())?.to_owned())
        });
        let wanted: serde_json::Value = serde_json::from_str(expected).unwrap_or_default();
        match result {
            Ok(answer) if answer.value() == Some(&wanted) => {}
            Ok(answer) => failures.push(format!("{expression}: want {wanted}, got {:?}", answer.value())),
            Err(error) => failures.push(format!("{expression}: {error}")),
        }
    }
    assert!(count > 200, "only {count} builtins");
    assert!(failures.is_empty(), "{} of {count} fail\n{}", failures.len(), failures.join("\n"));
}

/// A deadline stops an evaluation that would go on for ever, and one without a clock stops every evaluation.
#[test]
fn deadlines_stop_evaluations() {
    struct Clock(std::sync::atomic::AtomicI64);
    impl solon_engine::Host for Clock {
        fn now(&self) -> Option<i64> {
            Some(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        }
    }
    let text = "package a\nn := count([1 | x := numbers.range(1, 2000)[_]; numbers.range(1, 2000)[_] < x])";
    let policy = Compiler::new().module("a.rego", text).compile().expect("a policy");
    let query = policy.prepare("data.a.n").expect("a query");
    let limits = solon_engine::Limits { deadline: Some(100), ..solon_engine::Limits::default() };
    let clock = std::sync::Arc::new(Clock(0.into()));
    let mut evaluator = query.evaluator().limits(limits).host(clock);
    let error = evaluator.eval(Input::none()).err().expect("an error");
    assert!(error.is_limit() && error.to_string().contains("deadline"), "{error}");
    let mut evaluator = query.evaluator().limits(limits);
    let error = evaluator.eval(Input::none()).err().expect("an error");
    assert!(error.to_string().contains("no clock"), "{error}");
}

/// What a failed query leaves behind does not change the next one's answer.
/// A request for which the evaluation has no time left ends it: what is undefined under a `not` would be true.
#[test]
fn requests_that_use_up_the_time_are_errors() {
    struct Slow(std::sync::atomic::AtomicI64);
    impl solon_engine::Host for Slow {
        fn now(&self) -> Option<i64> {
            Some(self.0.load(std::sync::atomic::Ordering::Relaxed))
        }

        fn http(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
            self.0.fetch_add(60, std::sync::atomic::Ordering::Relaxed);
            let (method, url, problem) = (request.method.clone(), request.url.clone(), "no answer".to_owned());
            Err(HttpError::Network { method, url, problem, timed_out: true })
        }
    }
    let text =
        "package a\nallow if not is_blocked\nis_blocked if http.send({\"method\": \"get\", \"url\": \"http://a\"})";
    let query = Compiler::new().module("a.rego", text).compile().and_then(|policy| policy.prepare("data.a.allow"));
    let limits = solon_engine::Limits { deadline: Some(100), ..solon_engine::Limits::default() };
    let host = std::sync::Arc::new(Slow(0.into()));
    let mut evaluator = query.expect("a query").evaluator().limits(limits).host(host);
    assert!(evaluator.eval(Input::none()).expect("time is left").is_true());
    let error = evaluator.eval(Input::none()).err().expect("an error");
    assert!(error.is_limit() && error.to_string().contains("the deadline has passed"), "{error}");
}

#[test]
fn queries_of_a_set_do_not_disturb_each_other() {
    let text = "package a\np := 1 if input.x\np := 2 if input.x\nq := p + 1\nr := n if { n := count([y | some y in [1, 2]]) with input.x as 1 }";
    let policy = Compiler::new().module("a.rego", text).compile().expect("a policy");
    let set = policy.prepare_set(&["data.a.q", "data.a.p", "data.a.r", "data.a.q"]).expect("queries");
    let mut evaluator = set.evaluator();
    let answers = evaluator.eval(Input::json(r#"{"x": 1}"#)).expect("an input");
    let said: Vec<String> = answers
        .into_iter()
        .map(|answer| match answer {
            Ok(answer) => format!("{:?}", answer.value()),
            Err(error) => error.issues()[0].code.clone(),
        })
        .collect();
    assert_eq!(said, ["eval_conflict_error", "eval_conflict_error", "Some(2)", "eval_conflict_error"]);
}
