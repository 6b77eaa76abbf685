//! The program that speaks for OPA: a request a line, an answer a line.

use super::said::{Problem, Said, Way};
use anyhow::{Context, Result, bail};
use serde_json::json;
use serde_json::value::RawValue;
use solon_generate::Case;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Builds the program from `xtask/opa-peer`. Go keeps what it compiled, so that this is quick the second time.
pub fn build() -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("opa-peer");
    let program = std::env::current_dir()?.join("target/differential-peer");
    let status = Command::new("go").current_dir(&folder).args(["build", "-o"]).arg(&program).arg(".").status();
    if !status.context("cannot run go")?.success() {
        bail!("{} does not build", folder.display());
    }
    Ok(program)
}

/// The running program. It ends when this is dropped.
pub struct Peer {
    program: PathBuf,
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts it.
    pub fn start(program: &Path) -> Result<Peer> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("no pipe from the peer")?);
        Ok(Peer { program: program.to_owned(), child, requests, answers })
    }

    /// Asks about a program.
    pub fn send(&mut self, case: &Case, way: Way) -> Result<()> {
        let modules: Vec<_> = case.modules.iter().map(|(name, text)| json!({"name": name, "text": text})).collect();
        let mut request = serde_json::to_string(&json!({
            "modules": modules, "queries": case.queries, "v0": case.is_v0, "strict": case.is_strict,
            "plain": way == Way::Plain,
        }))?;
        // Documents go as they are written: reading them could change their numbers.
        request.pop();
        let data: &RawValue = serde_json::from_str(&case.data)?;
        request.push_str(&format!(",\"data\":{data}"));
        if let Some(input) = &case.input {
            let input: &RawValue = serde_json::from_str(input)?;
            request.push_str(&format!(",\"input\":{input}"));
        }
        request.push_str("}\n");
        let requests = self.requests.as_mut().context("no pipe to the peer")?;
        requests.write_all(request.as_bytes())?;
        Ok(requests.flush()?)
    }

    /// Its answer to the request that waits longest.
    pub fn receive(&mut self) -> Result<Said> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            // Some programs end OPA, by running out of its stack for example.
            let program = self.program.clone();
            *self = Peer::start(&program)?;
            let died = Problem { code: "opa_panic".to_owned(), ..Problem::default() };
            return Ok(Said { errors: vec![died], outcomes: Vec::new() });
        }
        serde_json::from_str(&line).with_context(|| format!("the peer said {line}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Without a request to wait for, the program ends.
        self.requests = None;
        let _ = self.child.wait();
    }
}
