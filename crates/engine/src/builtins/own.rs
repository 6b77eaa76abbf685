//! Functions of the program that embeds the engine.

use super::{Builtin, find};
use crate::types::Signature;
use hashbrown::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// A builtin with its signature, kept for as long as the process runs.
type Entry = (&'static Builtin, &'static Signature);

static OWN: LazyLock<Mutex<HashMap<&'static str, Entry>>> = LazyLock::new(Mutex::default);

/// Whether there are any: every name of a policy is looked for.
static IS_ANY: AtomicBool = AtomicBool::new(false);

/// Adds a function of the program's own, for every policy that is compiled from now on. It stays for as long as the
/// process runs.
///
/// ```
/// use solon_engine::builtins::{Builtin, Purity, register};
/// use solon_engine::value::Value;
/// use solon_engine::{Compiler, Input};
///
/// register(Builtin {
///     name: "example.answer",
///     signature: "() -> answer: number",
///     doc: "Returns 42.",
///     example: ("example.answer()", "42"),
///     purity: Purity::Pure,
///     call: |_, _| Ok(Value::Int(42)),
/// })?;
/// let query = Compiler::new().compile()?.prepare("example.answer() + 1")?;
/// assert_eq!(query.evaluator().eval(Input::none())?.value().map(|value| value.to_string()).as_deref(), Some("43"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// A name that is taken, or a signature that cannot be read.
pub fn register(builtin: Builtin) -> Result<(), String> {
    let signature = Signature::parse(builtin.signature).map_err(|error| format!("{}: {error}", builtin.name))?;
    if find(builtin.name).is_some() {
        return Err(format!("{} is a builtin already", builtin.name));
    }
    let entry: Entry = (Box::leak(Box::new(builtin)), Box::leak(Box::new(signature)));
    OWN.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.0.name, entry);
    IS_ANY.store(true, Ordering::Release);
    Ok(())
}

/// The function called `name`.
pub(super) fn function(name: &str) -> Option<&'static Builtin> {
    if !IS_ANY.load(Ordering::Acquire) {
        return None;
    }
    OWN.lock().unwrap_or_else(PoisonError::into_inner).get(name).map(|(builtin, _)| *builtin)
}

/// The signature of a registered function.
pub(super) fn signature(builtin: &Builtin) -> Option<&'static Signature> {
    let own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    own.get(builtin.name).filter(|(other, _)| other.signature == builtin.signature).map(|(_, signature)| *signature)
}
