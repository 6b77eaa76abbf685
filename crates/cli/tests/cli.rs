//! Runs the cases in `tests/cli`: text files with the files, arguments and expected output of commands.
//!
//! A file is a list of sections, each a line `-- KIND ARGUMENT --` with text below it. `file NAME` makes a file in the
//! folder where the commands of the case run. `run ARGUMENTS` starts a command; `stdin`, `stdout`, `stderr` and
//! `code N` belong to the one above them, and what is absent is empty, or 0. `$ROOT` is the project's folder.
//!
//! `SOLON_BLESS=1` writes what the commands gave. In `as_opa` every command must give OPA's output and exit code:
//! `SOLON_OPA=path/to/opa` checks the expectations against it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Clone, Debug, Default, PartialEq)]
struct Output {
    stdout: String,
    stderr: String,
    code: i32,
}

#[derive(Debug, Default)]
struct Run {
    arguments: String,
    stdin: Option<String>,
    expected: Output,
}

#[derive(Debug, Default)]
struct Case {
    comment: String,
    files: Vec<(String, String)>,
    runs: Vec<Run>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read_case(text: &str) -> Case {
    let mut case = Case::default();
    let mut section = String::new();
    let mut body = String::new();
    for line in text.split_inclusive('\n').chain(["-- end --"]) {
        let Some(next) = line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) else {
            body.push_str(line);
            continue;
        };
        let (kind, argument) = section.split_once(' ').unwrap_or((&section, ""));
        let body = std::mem::take(&mut body);
        match kind {
            "" => case.comment = body,
            "file" => case.files.push((argument.to_owned(), body)),
            "run" => case.runs.push(Run { arguments: argument.to_owned(), ..Run::default() }),
            _ => {
                let run = case.runs.last_mut().expect("a section before the first run");
                match kind {
                    "stdin" => run.stdin = Some(body),
                    "stdout" => run.expected.stdout = body,
                    "stderr" => run.expected.stderr = body,
                    "code" => run.expected.code = argument.parse().expect("code"),
                    other => panic!("unknown section {other}"),
                }
            }
        }
        section = next.to_owned();
    }
    case
}

fn write_case(case: &Case, outputs: &[Output]) -> String {
    let mut text = case.comment.clone();
    for (name, body) in &case.files {
        write!(text, "-- file {name} --\n{body}").unwrap();
    }
    for (run, output) in case.runs.iter().zip(outputs) {
        writeln!(text, "-- run {} --", run.arguments).unwrap();
        if let Some(stdin) = &run.stdin {
            write!(text, "-- stdin --\n{stdin}").unwrap();
        }
        for (name, body) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if !body.is_empty() {
                write!(text, "-- {name} --\n{body}").unwrap();
            }
        }
        if output.code != 0 {
            writeln!(text, "-- code {} --", output.code).unwrap();
        }
    }
    text
}

/// Words separated by spaces, `'..'` being one.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    let mut empty_word = false;
    for character in text.chars() {
        match character {
            '\'' => {
                quoted = !quoted;
                empty_word = true;
            }
            ' ' if !quoted => {
                if empty_word || words.last().is_some_and(|word| !word.is_empty()) {
                    words.push(String::new());
                }
                empty_word = false;
            }
            character => words.last_mut().unwrap().push(character),
        }
    }
    words
}

fn execute(program: &str, run: &Run, folder: &Path) -> Output {
    let root = root().display().to_string();
    let arguments = words(&run.arguments.replace("$ROOT", &root));
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(run.stdin.clone().unwrap_or_default().as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| {
        let mut text = String::from_utf8(bytes).unwrap().replace(&root, "$ROOT");
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.split_inclusive('\n').map(without_duration).collect()
    };
    Output { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap_or(-1) }
}

/// A line of a test report with `TIME` for how long the test took, or 0 in JSON.
fn without_duration(line: &str) -> String {
    if let Some(start) = line.trim_start().strip_prefix("\"duration\": ").map(|rest| line.len() - rest.len()) {
        return format!("{}0{}", &line[..start], line[start..].trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    match (line.rfind(" ("), line.trim_end().strip_suffix("s)")) {
        (Some(start), Some(_)) if line.starts_with("data.") => format!("{} (TIME)\n", &line[..start]),
        _ => line.to_owned(),
    }
}

/// Without what Solon does not have (stack traces), and errors in one order.
fn comparable(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(text) else { return text.to_owned() };
    if let Some(tests) = value.as_array_mut() {
        for test in tests.iter_mut() {
            if let Some(error) = test.get_mut("error").and_then(|error| error.as_object_mut()) {
                error.remove("stack_trace");
            }
        }
        // OPA's tests end in any order.
        tests.sort_by_key(|test| test.to_string());
        return value.to_string();
    }
    let Some(errors) = value.get_mut("errors").and_then(|errors| errors.as_array_mut()) else { return text.to_owned() };
    for error in errors.iter_mut() {
        error.as_object_mut().unwrap().remove("stack_trace");
    }
    errors.sort_by_key(|error| error.to_string());
    value.to_string()
}

fn check_folder(name: &str) {
    let bless = std::env::var_os("SOLON_BLESS").is_some();
    let opa = std::env::var("SOLON_OPA").ok().filter(|_| name == "as_opa");
    let folder = root().join("tests/cli").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = String::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let case = read_case(&text);
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name).join(&stem);
        // Left from an earlier run.
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work).unwrap();
        for (name, body) in &case.files {
            let path = work.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, body).unwrap();
        }
        let solon = env!("CARGO_BIN_EXE_solon");
        let outputs: Vec<Output> = case.runs.iter().map(|run| execute(solon, run, &work)).collect();
        if bless {
            fs::write(&file, write_case(&case, &outputs)).unwrap();
        }
        for (run, output) in case.runs.iter().zip(&outputs) {
            if !bless && *output != run.expected {
                let (expected, arguments) = (&run.expected, &run.arguments);
                writeln!(failures, "{stem}: solon {arguments}\nexpected {expected:#?}\nfound {output:#?}").unwrap();
            }
            if let Some(opa) = &opa {
                let truth = execute(opa, run, &work);
                if truth.code != output.code || comparable(&truth.stdout) != comparable(&output.stdout) {
                    writeln!(failures, "{stem}: {}\nOPA {truth:#?}\nSolon {output:#?}", run.arguments).unwrap();
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn as_opa() {
    check_folder("as_opa");
}

#[test]
fn solons_own() {
    check_folder("solon");
}

#[cfg(feature = "regorus")]
#[test]
fn cross_check() {
    check_folder("cross_check");
}

#[cfg(not(feature = "regorus"))]
#[test]
fn one_engine() {
    check_folder("one_engine");
}
