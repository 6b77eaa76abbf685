//! `solon test`.

use crate::args::{Test as Arguments, TestFormat};
use crate::eval::tell;
use crate::exit;
use crate::host::Terminal;
use crate::report::{self, Problem};
use crate::terminal::{print, say};
use crate::test_report::{Json, Pretty};
use anyhow::Result;
use solon::{Cases, Compiler, Input, Policy, Test};
use solon_files::{Loaded, load_with_bundles};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// How a test ended.
pub struct Outcome {
    /// The test.
    pub test: Test,
    /// What the test says.
    pub verdict: Verdict,
    /// How long it took.
    pub duration: Duration,
    /// What it printed.
    pub output: String,
    /// Its cases.
    pub cases: Cases,
}

/// What a test says.
#[derive(PartialEq)]
pub enum Verdict {
    Pass,
    Fail,
    Skip,
    /// It could not be prepared, or its evaluation failed.
    Error {
        problems: Vec<Problem>,
        is_evaluation: bool,
    },
}

/// How long a test may take if nothing else is asked for.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Runs the tests in files and reports them.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (paths, bundles): (&[String], &[String]) =
        if arguments.bundle { (&[], &arguments.path) } else { (&arguments.path, &[]) };
    let reading = solon_files::Reading { max_errors: Some(arguments.max_errors), ..arguments.reading.of_files() };
    let loaded = match load_with_bundles(paths, bundles, reading) {
        Ok(loaded) => loaded,
        Err(problems) => return refuse(&report::loading(&problems)),
    };
    let policy = match loaded.compile_tests() {
        Ok(policy) => policy,
        Err(problems) => return refuse(&report::loading(&problems)),
    };
    tell(&policy);
    let tests = match select(&policy, arguments.run.as_deref()) {
        Ok(tests) => tests,
        Err(message) => return refuse(&message),
    };
    for _ in 0..arguments.count {
        let code = run_once(arguments, &loaded, &policy, &tests)?;
        if code != exit::DONE {
            return Ok(code.into());
        }
    }
    Ok(exit::DONE.into())
}

fn refuse(message: &str) -> Result<ExitCode> {
    say(message);
    Ok(exit::FAILED.into())
}

/// The tests whose names match a regular expression.
fn select(policy: &Policy, pattern: Option<&str>) -> Result<Vec<Test>, String> {
    let Some(pattern) = pattern.filter(|pattern| !pattern.is_empty()) else { return Ok(policy.tests().to_vec()) };
    let message = |error: &solon::Error| {
        let issue = error.issues().first().map(|issue| issue.message.clone()).unwrap_or_default();
        issue.strip_prefix("regex.match: ").map(str::to_owned).unwrap_or(issue)
    };
    let matcher = Compiler::new().compile().and_then(|policy| policy.prepare("regex.match(input.pattern, input.name)"));
    let mut evaluator = matcher.map_err(|error| message(&error))?.evaluator().strict_builtin_errors(true);
    let mut selected = Vec::new();
    for test in policy.tests() {
        let input = serde_json::json!({"pattern": pattern, "name": test.query}).to_string();
        if evaluator.eval(Input::json(&input)).map_err(|error| message(&error))?.is_true() {
            selected.push(test.clone());
        }
    }
    Ok(selected)
}

/// Runs tests on several threads and reports them in order; the exit code.
fn run_once(arguments: &Arguments, loaded: &Loaded, policy: &Policy, tests: &[Test]) -> Result<u8> {
    let threads = match arguments.parallel {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let timeout = arguments.timeout.filter(|timeout| !timeout.is_zero()).unwrap_or(TIMEOUT);
    let mut pretty = Pretty::new(arguments.verbose);
    let mut json = Json::default();
    let mut code = exit::DONE;
    in_order(
        tests,
        threads.min(tests.len()),
        |test| run_test(loaded, policy, test, timeout),
        |outcome| {
            let is_fine = match outcome.verdict {
                Verdict::Pass => true,
                Verdict::Skip => arguments.exit_zero_on_skipped,
                Verdict::Fail | Verdict::Error { .. } => false,
            };
            if !is_fine {
                code = exit::ERROR;
            }
            match arguments.format {
                TestFormat::Json => json.add(&outcome),
                TestFormat::Pretty => print(&pretty.add(outcome))?,
            }
            Ok(())
        },
    )?;
    match arguments.format {
        TestFormat::Json => print(&json.finish())?,
        TestFormat::Pretty => print(&pretty.finish())?,
    }
    if tests.is_empty() && arguments.fail_on_empty {
        say("no tests were run");
        return Ok(exit::FAILED);
    }
    Ok(code)
}

/// Does `work` for each item on several threads, and hands the results to `take` in order, each as soon as it can be.
fn in_order<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    if threads <= 1 {
        return items.iter().try_for_each(|item| take(work(item)));
    }
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                while let Some((at, item)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
                {
                    // Nobody listens any more once an output has failed.
                    if sender.send((at, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early: Vec<Option<R>> = items.iter().map(|_| None).collect();
        let mut wanted = 0;
        for (at, result) in receiver {
            if let Some(place) = early.get_mut(at) {
                *place = Some(result);
            }
            while let Some(result) = early.get_mut(wanted).and_then(Option::take) {
                take(result)?;
                wanted += 1;
            }
        }
        Ok(())
    })
}

fn run_test(loaded: &Loaded, policy: &Policy, test: &Test, timeout: Duration) -> Outcome {
    let mut outcome = Outcome {
        test: test.clone(),
        verdict: Verdict::Skip,
        duration: Duration::ZERO,
        output: String::new(),
        cases: Cases::new(),
    };
    if test.is_skipped {
        return outcome;
    }
    let host = Arc::new(Terminal::recording(timeout));
    let text_of = |name: &str| if name.is_empty() { Some(test.query.as_str()) } else { loaded.text_of(name) };
    let start = Instant::now();
    let failed = |error: &solon::Error, is_evaluation| Verdict::Error {
        problems: Problem::of_engine(error, text_of),
        is_evaluation,
    };
    outcome.verdict = match policy.prepare(&test.query) {
        Err(error) => failed(&error, false),
        Ok(query) => {
            let mut evaluator = query.evaluator().host(host.clone());
            match evaluator.eval(Input::none()) {
                Err(error) => failed(&error, true),
                Ok(answer) => {
                    let (has_passed, cases) = test.judge(&answer, &host.cases());
                    outcome.cases = cases;
                    if has_passed { Verdict::Pass } else { Verdict::Fail }
                }
            }
        }
    };
    outcome.duration = start.elapsed();
    outcome.output = host.printed();
    outcome
}
