//! `solon admit`: the admission webhook on stdin and stdout.

use crate::args::Admit;
use crate::eval::tell;
use crate::exit;
use crate::host::Terminal;
use crate::input::{read_file, read_stdin};
use crate::render::pretty;
use crate::report::{self, Problem};
use crate::terminal::{print, say};
use anyhow::{Result, anyhow};
use solon::k8s::admission::{error_response, read_review};
use solon::k8s::compile::TemplatePolicy;
use solon::k8s::constraint::Constraint;
use solon::k8s::document::Options;
use solon::k8s::manifest::read_manifests;
use solon::k8s::webhook::Admission;
use solon_files::Loaded;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Answers the review on stdin. Whatever goes wrong is answered, too, with a refusal.
pub fn run(arguments: &Admit) -> Result<ExitCode> {
    let review = read_stdin()?;
    let (response, code) = match admission(arguments) {
        Ok(admission) => match admission.review(&review) {
            Ok(response) => {
                response.recorded.iter().for_each(|violation| say(&format!("dryrun: {violation}")));
                (response.to_json(), exit::DONE)
            }
            Err(error) => {
                say(&error.to_string());
                (error.response(), exit::ERROR)
            }
        },
        Err(error) => {
            let message = format!("{error:#}");
            let message = message.trim_end();
            say(message);
            let response = match read_review(&review) {
                Ok(review) => error_response(review.uid(), message),
                Err(error) => error.response(),
            };
            (response, exit::ERROR)
        }
    };
    print(&pretty(&response.to_string()))?;
    Ok(code.into())
}

fn admission(arguments: &Admit) -> Result<Admission> {
    let reported = |problems: Vec<Problem>| anyhow!(report::text(&problems));
    let loaded = arguments.policy.load().map_err(reported)?;
    let mut admission = Admission::new().host(Arc::new(Terminal::new(arguments.timeout)));
    if !arguments.query.is_empty() {
        let policy = loaded.compile_modules().map_err(reported)?;
        tell(&policy);
        for query in &arguments.query {
            admission = admission.rule(&policy, query, arguments.shape.into())?;
        }
    }
    constrain(admission, &loaded, arguments)
}

fn constrain(mut admission: Admission, loaded: &Loaded, arguments: &Admit) -> Result<Admission> {
    let paths = &arguments.constraint;
    if paths.is_empty() {
        return Ok(admission);
    }
    for (file, template) in &loaded.templates {
        let base = loaded.base();
        admission = admission.template(TemplatePolicy::compile(file, template, base)?);
    }
    for path in paths {
        for file in files(path)? {
            let name = file.display().to_string();
            for manifest in read_manifests(&name, &read_file(&file)?, &Options::default())? {
                admission = admission.constraint(Constraint::read(&manifest)?)?;
            }
        }
    }
    Ok(admission)
}

/// The file, or the YAML and JSON files of the folder.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    let is_manifest = |file: &PathBuf| file.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
    let mut files: Vec<PathBuf> = entries.into_iter().filter(is_manifest).collect();
    files.sort_unstable();
    Ok(files)
}
