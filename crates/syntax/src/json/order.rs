//! The order that OPA gives to terms.

use super::Json;
use std::cmp::Ordering;

/// The types of terms in their order.
const TYPES: [&str; 14] = [
    "null",
    "boolean",
    "number",
    "string",
    "templatestring",
    "var",
    "ref",
    "array",
    "object",
    "set",
    "arraycomprehension",
    "objectcomprehension",
    "setcomprehension",
    "call",
];

/// The fields of other objects, in the order in which they decide.
const FIELDS: [&str; 14] = [
    "term", "key", "value", "index", "negated", "symbols", "domain", "terms", "target", "lhs", "rhs", "with", "body",
    "parts",
];

/// Compares two terms, or parts of terms at the same place.
pub(super) fn compare(left: &Json, right: &Json) -> Ordering {
    match (left, right) {
        (Json::Bool(left), Json::Bool(right)) => left.cmp(right),
        (Json::Number(left), Json::Number(right)) => numbers(left, right),
        (Json::String(left), Json::String(right)) => left.cmp(right),
        (Json::Array(left), Json::Array(right)) => {
            let different =
                left.iter().zip(right).map(|(left, right)| compare(left, right)).find(|order| order.is_ne());
            different.unwrap_or_else(|| left.len().cmp(&right.len()))
        }
        (Json::Object(_), Json::Object(_)) => objects(left, right),
        // Parts of expressions: one term is less than a call.
        _ => rank(left).cmp(&rank(right)),
    }
}

fn objects(left: &Json, right: &Json) -> Ordering {
    let place = |json: &Json| match json.get("type") {
        Some(Json::String(kind)) => TYPES.iter().position(|known| known == kind),
        _ => None,
    };
    place(left).cmp(&place(right)).then_with(|| {
        let fields = FIELDS.iter().map(|name| match (left.get(name), right.get(name)) {
            (Some(left), Some(right)) => compare(left, right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        });
        fields.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    })
}

fn rank(json: &Json) -> u8 {
    match json {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 3,
        Json::Object(_) => 4,
        Json::Array(_) => 5,
    }
}

/// Compares numbers as exactly as their texts allow: integers by their digits, others as floats.
fn numbers(left: &str, right: &str) -> Ordering {
    let integer = |text: &str| {
        let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| (is_negative, digits.to_owned()))
    };
    if let (Some((left_negative, left)), Some((right_negative, right))) = (integer(left), integer(right)) {
        let sizes = || left.len().cmp(&right.len()).then_with(|| left.cmp(&right));
        return match (left_negative, right_negative) {
            (false, false) => sizes(),
            (true, true) => sizes().reverse(),
            (left, right) => right.cmp(&left),
        };
    }
    let float = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
    float(left).total_cmp(&float(right))
}
