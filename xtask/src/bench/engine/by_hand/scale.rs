//! `scale-rules`, `scale-acl` and `scale-groupby`.

use super::Rules;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Routes with the role that each asks for: what one would write by hand in place of thousands of rules.
pub(super) struct Routes(HashMap<String, String>);

#[derive(Deserialize)]
pub(super) struct Call {
    method: &'static str,
    path: &'static str,
    role: &'static str,
}

impl Routes {
    /// So many of them.
    pub(super) fn new(count: usize) -> Routes {
        Routes((0..count).map(|number| (format!("/api/v{number}/things"), format!("role{number}"))).collect())
    }
}

impl Rules for Routes {
    type Input = Call;
    type Answer = bool;

    fn decide(&self, call: &Call) -> bool {
        call.method == "GET" && self.0.get(call.path).is_some_and(|role| role == call.role)
    }
}

/// Users' roles, and what each role permits.
#[derive(Deserialize)]
pub(super) struct Acl {
    users: HashMap<String, Vec<String>>,
    roles: HashMap<String, Vec<Permission>>,
}

#[derive(Deserialize)]
struct Permission {
    action: String,
    resource: String,
}

#[derive(Deserialize)]
pub(super) struct Access {
    user: &'static str,
    action: &'static str,
    resource: &'static str,
}

impl Rules for Acl {
    type Input = Access;
    type Answer = bool;

    fn decide(&self, access: &Access) -> bool {
        let roles = self.users.get(access.user).into_iter().flatten();
        let mut permissions = roles.filter_map(|role| self.roles.get(role)).flatten();
        permissions.any(|permission| permission.action == access.action && permission.resource == access.resource)
    }
}

/// Services by team.
pub(super) struct Services;

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Inventory {
    services: Vec<Service>,
}

#[derive(Deserialize)]
struct Service {
    name: &'static str,
    team: &'static str,
    tier: &'static str,
    replicas: u64,
}

#[derive(Serialize)]
pub(super) struct Answer {
    teams: usize,
    total: u64,
}

impl Rules for Services {
    type Input = Inventory;
    type Answer = Answer;

    fn decide(&self, inventory: &Inventory) -> Answer {
        let mut owners: HashMap<&str, HashSet<&str>> = HashMap::new();
        let mut total = 0;
        for service in &inventory.services {
            owners.entry(service.team).or_default().insert(service.name);
            if service.tier == "gold" {
                total += service.replicas;
            }
        }
        Answer { teams: owners.len(), total }
    }
}
