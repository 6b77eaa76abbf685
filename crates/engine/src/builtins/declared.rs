//! Builtins that capabilities declare.
//!
//! The compiler and the machine know builtins by references that live as long as the process. A declaration that is
//! not in the tables is therefore kept for good, once for each name and signature.

use super::{Builtin, Context, Failure, Outcome, Purity, find};
use crate::types::Signature;
use crate::value::Value;
use hashbrown::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// A builtin with its signature.
type Entry = (&'static Builtin, &'static Signature);

/// By name and signature.
static DECLARED: LazyLock<Mutex<HashMap<(String, String), Entry>>> = LazyLock::new(Mutex::default);

/// The builtin of a name and a signature: the engine's, where it has that one.
pub fn declare(name: &str, signature: &Signature, purity: Purity) -> &'static Builtin {
    let text = signature.to_string();
    if let Some(builtin) = find(name)
        && builtin.signature().to_string() == text
    {
        return builtin;
    }
    let mut declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    let (builtin, _) = declared.entry((name.to_owned(), text)).or_insert_with_key(|(name, text)| {
        let notation = format!("{name}{text}").leak();
        let builtin = Builtin {
            name: name.clone().leak(),
            signature: notation,
            doc: "Declared by capabilities; nothing carries it out.",
            example: ("", ""),
            purity,
            call: unsupported,
        };
        (Box::leak(Box::new(builtin)), Box::leak(Box::new(signature.clone())))
    });
    builtin
}

/// The signature of a declared builtin.
pub(super) fn signature(builtin: &Builtin) -> Option<&'static Signature> {
    let declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    declared.values().find(|(other, _)| other.signature == builtin.signature).map(|(_, signature)| *signature)
}

fn unsupported<'a>(_: &mut Context<'a, '_>, _: &[Value<'a>]) -> Outcome<'a> {
    Err(Failure::Unsupported)
}
