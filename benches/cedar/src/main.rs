//! Times Cedar on the authorization cases of the benchmark: `solon-bench-cedar CASES_DIR [--only REGEX] [--time 300ms]`
//! prints a JSON line for each of them, as `cargo xtask bench-cases` does.
//!
//! The policies in `policies/` say in Cedar what the cases' modules say in Rego. What is asked for is the same, put the
//! way that suits Cedar: the graph becomes entities with parents, whose ancestors it computes when it reads them, and
//! what a request says of its principal and resource becomes the context. From JSON, it reads its own format of these.

mod request;

use anyhow::{Context as _, Result, bail};
use cedar_policy::{Authorizer, Decision, PolicySet};
use lexopt::prelude::*;
use regex::Regex;
use request::{Asked, Family};
use serde_json::Value as Json;
use solon_bench::{Case, Times, find_cases, timed};
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

fn main() -> Result<()> {
    let (mut cases, mut only, mut time) = (None, Regex::new("")?, Duration::from_millis(300));
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("only") => only = Regex::new(&parser.value()?.string()?)?,
            Long("time") => time = solon_bench::duration(&parser.value()?.string()?)?,
            Value(folder) if cases.is_none() => cases = Some(PathBuf::from(folder)),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let Some(folder) = cases else { bail!("usage: solon-bench-cedar CASES_DIR [--only REGEX] [--time 300ms]") };
    for case in find_cases(&folder, &only)? {
        let Some(family) = Family::of(case.name()) else { continue };
        let times = measure(&case, family, time).with_context(|| case.name().to_owned())?;
        println!("{}", serde_json::to_string(&times)?);
    }
    Ok(())
}

fn measure(case: &Case, family: Family, time: Duration) -> Result<Times> {
    let policies: PolicySet = family.policies().parse()?;
    let shared = case.data()?.map(|data| family.entities_of_data(&serde_json::from_str(&data)?)).transpose()?;
    let texts: Vec<String> = case.inputs()?;
    let inputs: Vec<Json> = texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
    let asked: Vec<Asked> = inputs.iter().map(|input| family.asked(input)).collect::<Result<_>>()?;
    let json: Vec<String> = inputs.iter().map(|input| family.json(input)).collect::<Result<_>>()?;

    let authorizer = Authorizer::new();
    let decide = |asked: &Asked| -> Result<Decision> {
        let entities = asked.entities.as_ref().or(shared.as_ref()).context("no entities")?;
        Ok(authorizer.is_authorized(&asked.request, &policies, entities).decision())
    };
    let expected = case.expected()?.context("the case expects nothing")?;
    for ((want, asked), json) in expected.iter().zip(&asked).zip(&json) {
        for got in [decide(asked)?, decide(&Asked::from_json(json)?)?] {
            if Json::Bool(got == Decision::Allow) != *want {
                bail!("got {got:?}, want {want} for {json}");
            }
        }
    }
    let eval_ns = timed(time, asked.len(), |number| -> Result<()> {
        black_box(decide(black_box(&asked[number]))?);
        Ok(())
    })?;
    let json_ns = timed(time, json.len(), |number| -> Result<()> {
        black_box(decide(&Asked::from_json(&json[number])?)?);
        Ok(())
    })?;
    Ok(Times { case: case.name().to_owned(), eval_ns, json_ns })
}
