//! Builtins that capabilities declare.
//!
//! The compiler and the machine know builtins by references that live as long as the process. A declaration that is
//! not in the tables is therefore kept for good, once for each name and signature.

use super::{Builtin, Context, Failure, Outcome, Purity, find};
use crate::types::Signature;
use crate::value::Value;
use hashbrown::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What was ever declared, by any policy of the process.
#[derive(Default)]
struct Declared {
    /// By name, signature and what the results depend on.
    builtins: HashMap<(String, String, u8), &'static Builtin>,
    /// Signatures by where their texts are.
    signatures: HashMap<usize, &'static Signature>,
}

static DECLARED: LazyLock<Mutex<Declared>> = LazyLock::new(Mutex::default);

/// The builtin of a name and a signature: the engine's, where it has that one.
pub fn declare(name: &str, signature: &Signature, purity: Purity) -> &'static Builtin {
    let text = signature.to_string();
    if let Some(builtin) = find(name)
        && builtin.signature().to_string() == text
    {
        return builtin;
    }
    let mut declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (name.to_owned(), text, purity as u8);
    if let Some(known) = declared.builtins.get(&key) {
        return known;
    }
    let builtin: &'static Builtin = Box::leak(Box::new(Builtin {
        name: key.0.clone().leak(),
        signature: format!("{name}{}", key.1).leak(),
        doc: "Declared by capabilities; nothing carries it out.",
        example: ("", ""),
        purity,
        call: unsupported,
    }));
    declared.signatures.insert(builtin.signature.as_ptr().addr(), Box::leak(Box::new(signature.clone())));
    declared.builtins.insert(key, builtin);
    builtin
}

/// The signature of a declared builtin.
pub(super) fn signature(builtin: &Builtin) -> Option<&'static Signature> {
    let declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    declared.signatures.get(&builtin.signature.as_ptr().addr()).copied()
}

fn unsupported<'a>(_: &mut Context<'a, '_>, _: &[Value<'a>]) -> Outcome<'a> {
    Err(Failure::Unsupported)
}
