//! An equality that each element of a loop has to meet becomes part of the loop.
//!
//! `some s in services; s.team == team` walks over all services for each team. As `for s in services where s.team ==
//! team` the machine can find them with an index. The test moves before the steps that stood before it, none of which
//! can fail with an error; what the element is compared with does not depend on the loop.

use super::total::{is_total, is_total_step};
use crate::plan::pieces::slots_of_expr;
use crate::plan::{Block, Comparison, Expr, Filter, Part, Slot, Step, Test};
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

/// Takes the first test out of a loop's body that can be its filter. Another one that could be comes first in the body
/// then: the loop can ask both at once.
pub(super) fn take(key: Option<Slot>, value: Slot, body: &mut Block) -> Option<Filter> {
    let (at, filter) = find(key, value, body)?;
    body.remove(at);
    if key.is_none()
        && let Some((at, Filter { part: Part::Value(path), equal })) = find(key, value, body)
        && !path.is_empty()
    {
        body.remove(at);
        let part = Expr::Path(Box::new(Expr::Slot(value)), path.into_iter().collect());
        body.insert(0, Step::Test(Test::Compare(Comparison::Equal, part, equal)));
    }
    Some(filter)
}

/// The first test of a loop's body that can be its filter, and where it is.
fn find(key: Option<Slot>, value: Slot, body: &Block) -> Option<(usize, Filter)> {
    let mut element = Element::new(key, value);
    for (at, step) in body.iter().enumerate() {
        if let Some(filter) = element.filter(step) {
            return Some((at, filter));
        }
        if matches!(step, Step::Loop { .. }) || !is_total_step(step) {
            return None;
        }
        element.pass(step);
    }
    None
}

/// What is known of a loop's element on the way through the body.
struct Element {
    key: Option<Slot>,
    /// Slots that hold what is at a path in the element.
    parts: HashMap<Slot, Vec<Arc<str>>>,
    /// Slots that are filled in the loop.
    inside: HashSet<Slot>,
}

impl Element {
    fn new(key: Option<Slot>, value: Slot) -> Self {
        let inside = key.into_iter().chain([value]).collect();
        Element { key, parts: HashMap::from([(value, Vec::new())]), inside }
    }

    /// The step as a filter, if it is one.
    fn filter(&self, step: &Step) -> Option<Filter> {
        let Step::Test(Test::Compare(Comparison::Equal, left, right)) = step else { return None };
        [(left, right), (right, left)].into_iter().find_map(|(part, equal)| {
            let part = match part {
                Expr::Slot(slot) if self.key == Some(*slot) => Part::Key,
                part => Part::Value(self.path(part)?),
            };
            (is_total(equal) && self.is_outside(equal)).then(|| Filter { part, equal: equal.clone() })
        })
    }

    /// Takes note of a step.
    fn pass(&mut self, step: &Step) {
        if let Step::Bind(slot, value) = step {
            self.inside.insert(*slot);
            if let Some(path) = self.path(value) {
                self.parts.insert(*slot, path);
            }
        }
    }

    /// The path at which a value is in the element.
    fn path(&self, value: &Expr) -> Option<Vec<Arc<str>>> {
        match value {
            Expr::Slot(slot) => self.parts.get(slot).cloned(),
            Expr::Path(base, keys) => {
                let mut path = self.path(base)?;
                path.extend(keys.iter().cloned());
                Some(path)
            }
            _ => None,
        }
    }

    fn is_outside(&self, expr: &Expr) -> bool {
        let mut is_outside = true;
        slots_of_expr(expr, &mut |slot| is_outside &= !self.inside.contains(&slot));
        is_outside
    }
}
