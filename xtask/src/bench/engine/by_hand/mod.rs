//! The rules of some cases written by hand in Rust, over types made for their inputs: the limit of what any engine can
//! reach. They know their rules when they are compiled, read nothing else of an input, and explain nothing.

mod authz;
mod k8s;
mod scale;
mod service;

use super::{Decide, Policy};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::hint::black_box;

/// A case's rules.
trait Rules: Sized + 'static {
    /// What they read of an input. Strings are borrowed from its text.
    type Input: Deserialize<'static> + 'static;
    /// What they decide.
    type Answer: Serialize;

    /// A decision.
    fn decide(&self, input: &Self::Input) -> Self::Answer;
}

/// Makes a decider from the text of the base document.
type Start = Box<dyn Fn(&'static str) -> Result<Box<dyn Decide>>>;

/// Rules that have no base document yet.
struct ByHand {
    start: Start,
    data: &'static str,
}

/// The rules of the case with this name.
pub(super) fn load(case: &str) -> Result<impl Policy + use<>> {
    let is = |family| case.starts_with(family);
    let start: Start = match case {
        "service-httpapi" => Box::new(over_data::<service::HttpApi>),
        "service-pci-limits" => Box::new(|_| Ok(run(service::PciLimits))),
        _ if is("scale-acl-") => Box::new(over_data::<scale::Acl>),
        _ if is("scale-groupby-") => Box::new(|_| Ok(run(scale::Services))),
        _ if is("k8s-allowedrepos-") => Box::new(|_| Ok(run(k8s::AllowedRepos))),
        _ if is("authz-gdrive-") => Box::new(over_data::<authz::Drive>),
        _ if is("authz-tinytodo-") => Box::new(over_data::<authz::Todo>),
        _ => match case.strip_prefix("scale-rules-").map(str::parse) {
            Some(Ok(count)) => Box::new(move |_| Ok(run(scale::Routes::new(count)))),
            _ => bail!("{case} is not written by hand"),
        },
    };
    Ok(ByHand { start, data: "{}" })
}

/// Rules that are made from the base document, or from an empty object.
fn over_data<R: Rules + Deserialize<'static>>(data: &'static str) -> Result<Box<dyn Decide>> {
    Ok(run(serde_json::from_str::<R>(data)?))
}

fn run<R: Rules>(rules: R) -> Box<dyn Decide> {
    Box::new(Running { rules, texts: Vec::new(), inputs: Vec::new() })
}

/// The text for as long as the program runs, so that what is read can borrow from it.
fn keep(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

impl Policy for ByHand {
    fn add_data(&mut self, json: String) -> Result<()> {
        self.data = keep(json);
        Ok(())
    }

    fn prepare(self: Box<Self>, _query: &str) -> Result<Box<dyn Decide>> {
        (self.start)(self.data)
    }
}

struct Running<R: Rules> {
    rules: R,
    texts: Vec<&'static str>,
    inputs: Vec<R::Input>,
}

impl<R: Rules> Running<R> {
    fn answer_text(&self, input: usize) -> Result<R::Answer> {
        let text = self.texts.get(input).context("no such input")?;
        Ok(self.rules.decide(&serde_json::from_str(text)?))
    }
}

impl<R: Rules> Decide for Running<R> {
    fn read(&mut self, texts: Vec<String>) -> Result<()> {
        self.texts = texts.into_iter().map(keep).collect();
        self.inputs = self.texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn decide(&mut self, input: usize) -> Result<()> {
        let input = self.inputs.get(input).context("no such input")?;
        black_box(self.rules.decide(black_box(input)));
        Ok(())
    }

    fn decide_from_json(&mut self, input: usize) -> Result<()> {
        black_box(self.answer_text(input)?);
        Ok(())
    }

    fn value(&mut self, input: usize) -> Result<Json> {
        let input = self.inputs.get(input).context("no such input")?;
        Ok(serde_json::to_value(self.rules.decide(input))?)
    }

    fn value_from_json(&mut self, input: usize) -> Result<Json> {
        Ok(serde_json::to_value(self.answer_text(input)?)?)
    }
}
