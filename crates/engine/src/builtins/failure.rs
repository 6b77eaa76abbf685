//! How a builtin fails.

use crate::value::{Kind, Value};

/// What a builtin gives.
pub type Outcome<'a> = Result<Value<'a>, Failure>;

/// Why there is no value.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// Nothing is wrong; the result is undefined.
    Undefined,
    /// A wrong operand (`eval_type_error`): undefined in lenient mode, an error in strict mode. The message is OPA's
    /// without the builtin's name: `operand 1 must be string but got number`.
    Type(String),
    /// The function failed (`eval_builtin_error`): undefined in lenient mode, an error in strict mode. The message is
    /// OPA's without the builtin's name.
    Error(String),
    /// Ends the evaluation in every mode: a limit was reached, or the host does not give what the builtin needs.
    Halt(String),
    /// A function of the embedding program failed (`eval_builtin_error`): ends the evaluation in every mode.
    Fatal(String),
    /// There is no such function, though capabilities declare it (`eval_internal_error`): ends the evaluation in
    /// every mode.
    Unsupported,
}

impl Failure {
    /// OPA's message for the operand at `position` (from 1) that is of none of the wanted types: `operand 1 must be
    /// one of {array, set} but got string`. `expected` is sorted by the caller as OPA prints it.
    pub fn operand(position: usize, value: &Value<'_>, expected: &[&str]) -> Failure {
        let wanted = match expected {
            [one] => (*one).to_owned(),
            many => format!("one of {{{}}}", many.join(", ")),
        };
        Failure::Type(format!("operand {position} must be {wanted} but got {}", value.kind().name()))
    }

    /// OPA's message for a collection that holds an item of the wrong type: `operand 2 must be array of strings but
    /// got array containing number`.
    pub fn element(position: usize, collection: &str, item: &Value<'_>, expected: &str) -> Failure {
        let found = item.kind().name();
        Failure::Type(format!(
            "operand {position} must be {collection} of {expected}s but got {collection} containing {found}"
        ))
    }

    /// A failure with OPA's text.
    pub fn error(message: impl Into<String>) -> Failure {
        Failure::Error(message.into())
    }
}

/// Typed access to operands, with OPA's message where the type is wrong. Positions count from 1.
pub mod operand {
    use super::{Failure, Kind};
    use crate::value::{Object, Set, Value};

    /// The operand itself.
    #[inline]
    pub fn any<'a>(args: &[Value<'a>], position: usize) -> Result<Value<'a>, Failure> {
        args.get(position - 1).copied().ok_or_else(|| Failure::Type(format!("operand {position} is missing")))
    }

    /// A string.
    #[inline]
    pub fn string<'a>(args: &[Value<'a>], position: usize) -> Result<&'a str, Failure> {
        let value = any(args, position)?;
        value.as_str().ok_or_else(|| Failure::operand(position, &value, &[Kind::String.name()]))
    }

    /// An array.
    #[inline]
    pub fn array<'a>(args: &[Value<'a>], position: usize) -> Result<&'a [Value<'a>], Failure> {
        let value = any(args, position)?;
        value.as_array().ok_or_else(|| Failure::operand(position, &value, &[Kind::Array.name()]))
    }

    /// An object.
    #[inline]
    pub fn object<'a>(args: &[Value<'a>], position: usize) -> Result<Object<'a>, Failure> {
        let value = any(args, position)?;
        value.as_object().ok_or_else(|| Failure::operand(position, &value, &[Kind::Object.name()]))
    }

    /// A set.
    #[inline]
    pub fn set<'a>(args: &[Value<'a>], position: usize) -> Result<Set<'a>, Failure> {
        let value = any(args, position)?;
        value.as_set().ok_or_else(|| Failure::operand(position, &value, &[Kind::Set.name()]))
    }

    /// A boolean.
    #[inline]
    pub fn boolean(args: &[Value<'_>], position: usize) -> Result<bool, Failure> {
        match any(args, position)? {
            Value::Bool(value) => Ok(value),
            value => Err(Failure::operand(position, &value, &[Kind::Boolean.name()])),
        }
    }

    /// An integer of 64 bits: `operand 1 must be integer number but got floating-point number` for others.
    #[inline]
    pub fn integer(args: &[Value<'_>], position: usize) -> Result<i64, Failure> {
        let value = any(args, position)?;
        match value {
            Value::Int(value) => Ok(value),
            Value::Number(number) => number.as_i64().ok_or_else(|| {
                Failure::Type(format!("operand {position} must be integer number but got floating-point number"))
            }),
            _ => Err(Failure::operand(position, &value, &[Kind::Number.name()])),
        }
    }

    /// Any number, as a value.
    #[inline]
    pub fn number<'a>(args: &[Value<'a>], position: usize) -> Result<Value<'a>, Failure> {
        match any(args, position)? {
            value @ (Value::Int(_) | Value::Number(_)) => Ok(value),
            value => Err(Failure::operand(position, &value, &[Kind::Number.name()])),
        }
    }
}
