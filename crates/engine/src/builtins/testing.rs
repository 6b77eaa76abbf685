//! Calls builtins in unit tests.

use super::{Failure, call_alone, find};
use crate::host::{Host, NoHost};
use crate::value::{Bump, SymbolTable, Value, json};
use crate::vm::Limits;

/// A host whose random numbers are all the same.
pub(super) struct Ones;

impl Host for Ones {
    fn random(&self, bytes: &mut [u8]) -> bool {
        bytes.fill(0xff);
        true
    }
}

/// The result of the builtin `name` as Rego writes it, or its failure; arguments are JSON.
pub(super) fn call(name: &str, args: &[&str]) -> Result<String, Failure> {
    call_with(&NoHost, name, args)
}

/// The same with a host.
pub(super) fn call_with(host: &dyn Host, name: &str, args: &[&str]) -> Result<String, Failure> {
    let arena = Bump::new();
    let symbols = SymbolTable::new();
    let mut values = Vec::new();
    for arg in args {
        let value = json::parse(&arena, arg.as_bytes(), &symbols);
        values.push(value.map_err(|error| Failure::Halt(format!("{arg}: {}", error.message)))?);
    }
    call_on(&arena, host, name, &values).map(|value| value.to_string())
}

/// The result of the builtin `name` for values.
pub(super) fn call_on<'a>(
    arena: &'a Bump,
    host: &dyn Host,
    name: &str,
    args: &[Value<'a>],
) -> Result<Value<'a>, Failure> {
    let builtin = find(name).ok_or_else(|| Failure::Halt(format!("no builtin {name}")))?;
    let limits = Limits { value_size: 1 << 20, ..Limits::default() };
    call_alone(builtin, arena, host, &limits, args)
}

/// Checks results: the builtin, its arguments as a JSON array, and what is expected, an error's text after `!`.
pub(super) fn check(cases: &[(&str, &[&str], &str)]) {
    for (name, args, expected) in cases {
        let found = match call(name, args) {
            Ok(value) => value,
            Err(Failure::Undefined) => "undefined".into(),
            Err(Failure::Unsupported) => "unsupported".into(),
            Err(Failure::Type(text) | Failure::Error(text) | Failure::Halt(text) | Failure::Fatal(text)) => {
                format!("!{text}")
            }
        };
        assert_eq!(&found, expected, "{name}({})", args.join(", "));
    }
}
