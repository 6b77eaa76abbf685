//! `service-httpapi` and `service-pci-limits`.

use super::Rules;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;

/// Who may call an HTTP API.
#[derive(Deserialize)]
pub(super) struct HttpApi {
    #[serde(default)]
    reports: HashMap<String, Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct Request {
    method: &'static str,
    host: &'static str,
    path: Vec<&'static str>,
    token: Token,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Token {
    claims: Claims,
}

#[derive(Deserialize)]
struct Claims {
    sub: &'static str,
    groups: Vec<&'static str>,
    #[serde(default)]
    suspended: bool,
}

impl Rules for HttpApi {
    type Input = Request;
    type Answer = bool;

    fn decide(&self, input: &Request) -> bool {
        let claims = &input.token.claims;
        if input.method == "GET"
            && let ["salary", employee] = input.path.as_slice()
        {
            let reports = self.reports.get(claims.sub).map_or(&[][..], Vec::as_slice);
            if claims.sub == *employee || reports.iter().any(|report| report == employee) {
                return true;
            }
        }
        matches!(input.method, "GET" | "POST")
            && input.host.starts_with("hr.")
            && claims.groups.contains(&"hr")
            && !claims.suspended
    }
}

/// Whether a pod's first container has limits.
pub(super) struct PciLimits;

#[derive(Deserialize)]
pub(super) struct Pod {
    kind: &'static str,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Spec {
    containers: Vec<Container>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Container {
    resources: Option<Resources>,
}

#[derive(Deserialize)]
struct Resources {
    limits: Option<IgnoredAny>,
}

impl Rules for PciLimits {
    type Input = Pod;
    type Answer = Vec<&'static str>;

    fn decide(&self, pod: &Pod) -> Vec<&'static str> {
        let resources = pod.spec.containers.first().and_then(|container| container.resources.as_ref());
        let is_limited = resources.is_some_and(|resources| resources.limits.is_some());
        if pod.kind == "Pod" && !is_limited { vec!["no limits"] } else { Vec::new() }
    }
}
