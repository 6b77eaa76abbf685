//! Builtins of functions of Rust types: signatures follow from the types, arguments and results are converted.

use super::failure::operand;
use super::{Context, Failure, Outcome};
use crate::value::serde::deserialize_into;
use crate::value::{Kind, Value, number};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;

/// A type of arguments: `&str`, `String`, `bool`, `i64`, `f64`, `Vec` of these, [`Json`] of any type of serde, and
/// [`Value`]. An argument that is not of the type ends the evaluation: what is undefined under a `not` would be true.
pub trait Parameter {
    /// The type for a value of this lifetime.
    type Of<'v>;
    /// The type in the notation of signatures.
    fn notation() -> String;
    /// The argument at a position, from 1. [`Failure::Type`] counts as [`Failure::Fatal`].
    fn take<'v>(value: Value<'v>, position: usize) -> Result<Self::Of<'v>, Failure>;
}

/// A type of results: those of arguments that own what they hold, and
///
/// - `Option`, of which `None` makes the call undefined,
/// - `Result`, of which an error ends the evaluation: what is undefined under a `not` would be true.
pub trait Returned {
    /// The type in the notation of signatures.
    fn notation() -> String;
    /// The value.
    fn give<'a>(self, context: &mut Context<'a, '_>) -> Outcome<'a>;
}

/// Anything that serde can read or write, as an argument or a result; the type checker sees `any`.
///
/// ```
/// use solon_engine::builtins::{CustomBuiltin, Json};
/// use solon_engine::{Compiler, Input};
/// use std::collections::BTreeMap;
///
/// let total = |Json(prices): Json<BTreeMap<String, i64>>| prices.values().sum::<i64>();
/// let policy = Compiler::new().builtin(CustomBuiltin::typed("shop.total", total)).compile()?;
/// let query = policy.prepare(r#"shop.total({"tea": 3, "milk": 2}) == 5"#)?;
/// assert!(query.evaluator().eval(Input::none())?.is_true());
/// # Ok::<(), solon_engine::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// The error of an argument of another type.
fn wrong<T>(value: Value<'_>, position: usize, kind: Kind) -> Result<T, Failure> {
    Err(Failure::operand(position, &value, &[kind.name()]))
}

impl Parameter for &str {
    type Of<'v> = &'v str;

    fn notation() -> String {
        "string".to_owned()
    }

    fn take<'v>(value: Value<'v>, position: usize) -> Result<&'v str, Failure> {
        value.as_str().map_or_else(|| wrong(value, position, Kind::String), Ok)
    }
}

/// Types that are arguments and results: notation, an argument's value, a result's value.
macro_rules! scalars {
    ($($type:ty: $notation:literal, $take:expr, $give:expr;)*) => {
        $(
            impl Parameter for $type {
                type Of<'v> = $type;

                fn notation() -> String {
                    $notation.to_owned()
                }

                fn take<'v>(value: Value<'v>, position: usize) -> Result<$type, Failure> {
                    let take: fn(Value<'v>, usize) -> Result<$type, Failure> = $take;
                    take(value, position)
                }
            }

            impl Returned for $type {
                fn notation() -> String {
                    $notation.to_owned()
                }

                fn give<'a>(self, context: &mut Context<'a, '_>) -> Outcome<'a> {
                    let give: for<'c> fn($type, &mut Context<'a, 'c>) -> Outcome<'a> = $give;
                    give(self, context)
                }
            }
        )*
    };
}

scalars! {
    bool: "boolean",
        |value, position| match value {
            Value::Bool(value) => Ok(value),
            value => wrong(value, position, Kind::Boolean),
        },
        |value, _| Ok(Value::Bool(value));
    i64: "number",
        |value, position| match (value.as_i64(), value.kind()) {
            (Some(value), _) => Ok(value),
            (None, Kind::Number) => Err(Failure::Type(format!("operand {position} must be an integer of 64 bits"))),
            _ => wrong(value, position, Kind::Number),
        },
        |value, _| Ok(Value::Int(value));
    f64: "number",
        |value, position| match value {
            // The nearest float is what is asked for.
            Value::Int(value) => Ok(value as f64),
            Value::Number(number) if number.as_f64().is_finite() => Ok(number.as_f64()),
            Value::Number(_) => Err(Failure::Type(format!("operand {position} must be a number of 64 bits"))),
            value => wrong(value, position, Kind::Number),
        },
        |value, context| {
            let value = number::from_f64(context.arena, value);
            value.ok_or_else(|| Failure::Fatal("the result is no finite number".to_owned()))
        };
    String: "string",
        |value, position| <&str>::take(value, position).map(str::to_owned),
        |value, context| context.string(&value);
}

impl Parameter for Value<'_> {
    type Of<'v> = Value<'v>;

    fn notation() -> String {
        "any".to_owned()
    }

    fn take<'v>(value: Value<'v>, _: usize) -> Result<Value<'v>, Failure> {
        Ok(value)
    }
}

impl<T: for<'v> Parameter<Of<'v> = T>> Parameter for Vec<T> {
    type Of<'v> = Vec<T>;

    fn notation() -> String {
        format!("array[{}]", T::notation())
    }

    fn take<'v>(value: Value<'v>, position: usize) -> Result<Vec<T>, Failure> {
        operand::array(&[value], 1)
            .or_else(|_| wrong(value, position, Kind::Array))?
            .iter()
            .map(|item| T::take(*item, position))
            .collect()
    }
}

impl<T: Returned> Returned for Vec<T> {
    fn notation() -> String {
        format!("array[{}]", T::notation())
    }

    fn give<'a>(self, context: &mut Context<'a, '_>) -> Outcome<'a> {
        let items: Result<Vec<Value<'a>>, Failure> = self.into_iter().map(|item| item.give(context)).collect();
        Ok(Value::new_array(context.arena, &items?))
    }
}

impl<T: Returned> Returned for Option<T> {
    fn notation() -> String {
        T::notation()
    }

    fn give<'a>(self, context: &mut Context<'a, '_>) -> Outcome<'a> {
        self.ok_or(Failure::Undefined)?.give(context)
    }
}

impl<T: Returned, E: Display> Returned for Result<T, E> {
    fn notation() -> String {
        T::notation()
    }

    fn give<'a>(self, context: &mut Context<'a, '_>) -> Outcome<'a> {
        self.map_err(|error| Failure::Fatal(error.to_string()))?.give(context)
    }
}

impl<T: DeserializeOwned> Parameter for Json<T> {
    type Of<'v> = Json<T>;

    fn notation() -> String {
        "any".to_owned()
    }

    fn take<'v>(value: Value<'v>, position: usize) -> Result<Json<T>, Failure> {
        let read = deserialize_into(value).map(Json);
        read.map_err(|error| Failure::Type(format!("operand {position}: {error}")))
    }
}

impl<T: Serialize> Returned for Json<T> {
    fn notation() -> String {
        "any".to_owned()
    }

    fn give<'a>(self, context: &mut Context<'a, '_>) -> Outcome<'a> {
        context.serialize(&self.0)
    }
}

/// A function of Rust types that can be a builtin: up to six arguments, each a [`Parameter`], and a [`Returned`] result.
/// `Marker` tells functions of different arguments apart; nobody names it.
pub trait TypedFunction<Marker>: Send + Sync + 'static {
    /// The signature in the notation of [`types`](crate::types).
    fn signature(&self) -> String;
    /// Calls it.
    fn call<'a>(&self, context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a>;
}

/// The argument at a position. One that is not of the type says nothing of what the function would have found.
fn taken<'v, T: Parameter>(args: &[Value<'v>], position: usize) -> Result<T::Of<'v>, Failure> {
    operand::any(args, position).and_then(|value| T::take(value, position)).map_err(|failure| match failure {
        Failure::Type(message) | Failure::Error(message) => Failure::Fatal(message),
        other => other,
    })
}

macro_rules! functions {
    ($(($($name:ident $position:literal),*))*) => {
        $(
            impl<F, R, $($name),*> TypedFunction<fn($($name),*) -> R> for F
            where
                F: Fn($($name),*) -> R + for<'v> Fn($($name::Of<'v>),*) -> R + Send + Sync + 'static,
                R: Returned,
                $($name: Parameter,)*
            {
                fn signature(&self) -> String {
                    let parameters: Vec<String> = vec![$($name::notation()),*];
                    format!("({}) -> {}", parameters.join(", "), R::notation())
                }

                fn call<'a>(&self, context: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
                    let _ = args;
                    self($(taken::<$name>(args, $position)?),*).give(context)
                }
            }
        )*
    };
}

functions! {
    ()
    (A 1)
    (A 1, B 2)
    (A 1, B 2, C 3)
    (A 1, B 2, C 3, D 4)
    (A 1, B 2, C 3, D 4, E 5)
    (A 1, B 2, C 3, D 4, E 5, G 6)
}
