//! Functions of templates that compare.

use super::data::Data;
use super::run::Run;
use crate::builtins::Failure;
use std::cmp::Ordering;

/// What can be compared with its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basic {
    Bool,
    Complex,
    Int,
    Float,
    String,
    Byte,
}

fn basic(data: Data<'_>) -> Option<Basic> {
    match data {
        Data::Bool(_) => Some(Basic::Bool),
        Data::Complex(..) => Some(Basic::Complex),
        Data::Int(_) => Some(Basic::Int),
        Data::Float(_) => Some(Basic::Float),
        Data::Text(_) | Data::Number(_) => Some(Basic::String),
        Data::Byte(_) => Some(Basic::Byte),
        Data::Missing | Data::Element(_) | Data::List(_) | Data::Map(_) => None,
    }
}

/// Whether the first is equal to any of the others.
pub(super) fn equal<'s>(run: &mut Run<'_, '_, '_, 's>, args: &[Data<'s>]) -> Result<bool, Failure> {
    let Some((first, others)) = args.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Err(Failure::error("missing argument for comparison"));
    };
    for other in others {
        if are_equal(run, first.inner(), other.inner())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn are_equal<'s>(run: &mut Run<'_, '_, '_, 's>, left: Data<'s>, right: Data<'s>) -> Result<bool, Failure> {
    if left.is_nil() || right.is_nil() {
        return Ok(left.is_nil() && right.is_nil());
    }
    match (left, right) {
        (Data::Bool(left), Data::Bool(right)) => return Ok(left == right),
        (Data::Complex(a, b), Data::Complex(c, d)) => return Ok(a == c && b == d),
        _ => {}
    }
    if let Some(ordering) = compared(run, left, right)? {
        return Ok(ordering.is_eq());
    }
    if basic(left).is_some() || basic(right).is_some() {
        return Err(incompatible(left, right));
    }
    let shown = run.shown(left, 's')?;
    if left.type_name() == right.type_name() {
        let shown = run.shown(right, 's')?;
        return Err(Failure::Error(format!("non-comparable type {shown}: {}", right.type_name())));
    }
    let other = run.shown(right, 'v')?;
    let (left, right) = (left.type_name(), right.type_name());
    Err(Failure::Error(format!("non-comparable types {shown}: {left}, {right}: {other}")))
}

/// How numbers or texts compare; none if they do not.
fn compared<'s>(run: &mut Run<'_, '_, '_, 's>, left: Data<'s>, right: Data<'s>) -> Result<Option<Ordering>, Failure> {
    let whole = |data: Data<'_>| match data {
        Data::Int(number) => Some(number),
        Data::Byte(number) => Some(i64::from(number)),
        _ => None,
    };
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        return Ok(Some(left.cmp(&right)));
    }
    if let (Data::Float(left), Data::Float(right)) = (left, right) {
        return Ok(left.partial_cmp(&right));
    }
    let (Some(left), Some(right)) = (left.text(), right.text()) else { return Ok(None) };
    run.spend(left.len().min(right.len()) / 8)?;
    Ok(Some(left.cmp(&right)))
}

fn incompatible(left: Data<'_>, right: Data<'_>) -> Failure {
    Failure::Error(format!("incompatible types for comparison: {} and {}", left.type_name(), right.type_name()))
}

/// Whether the first is less than the second.
pub(super) fn less<'s>(run: &mut Run<'_, '_, '_, 's>, args: &[Data<'s>]) -> Result<bool, Failure> {
    let [left, right] = args else { return Ok(false) };
    let (left, right) = (left.inner(), right.inner());
    let unfit = || Failure::error("invalid type for comparison");
    let kinds = (basic(left).ok_or_else(unfit)?, basic(right).ok_or_else(unfit)?);
    match (compared(run, left, right)?, kinds) {
        (Some(ordering), _) => Ok(ordering.is_lt()),
        (None, (left_kind, right_kind)) if left_kind != right_kind => Err(incompatible(left, right)),
        (None, _) => Err(unfit()),
    }
}

/// Whether the first is less than the second, or equal to it.
pub(super) fn less_or_equal<'s>(run: &mut Run<'_, '_, '_, 's>, args: &[Data<'s>]) -> Result<bool, Failure> {
    Ok(less(run, args)? || equal(run, args)?)
}
