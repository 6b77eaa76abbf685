//! `k8s-allowedrepos`.

use super::Rules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Images come from these repositories alone.
pub(super) struct AllowedRepos;

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Review {
    review: Reviewed,
    parameters: Parameters,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Parameters {
    repos: Vec<&'static str>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Reviewed {
    object: Pod,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Pod {
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
struct Spec {
    containers: Vec<Container>,
    init_containers: Vec<Container>,
    ephemeral_containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    name: &'static str,
    image: &'static str,
}

#[derive(Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(super) struct Violation {
    msg: String,
}

impl Rules for AllowedRepos {
    type Input = Review;
    type Answer = BTreeSet<Violation>;

    fn decide(&self, input: &Review) -> BTreeSet<Violation> {
        let (spec, repos) = (&input.review.object.spec, &input.parameters.repos);
        let kinds = [
            ("container", &spec.containers),
            ("initContainer", &spec.init_containers),
            ("ephemeralContainer", &spec.ephemeral_containers),
        ];
        let mut violations = BTreeSet::new();
        for (kind, containers) in kinds {
            for Container { name, image } in containers {
                if !repos.iter().any(|repo| image.starts_with(repo)) {
                    let msg =
                        format!("{kind} <{name}> has an invalid image repo <{image}>, allowed repos are {repos:?}");
                    violations.insert(Violation { msg });
                }
            }
        }
        violations
    }
}
