//! Builtins, by their names.

use super::{Result, TextId, Texts, Written};
use crate::builtins::{self, Builtin, Purity};
use crate::types::json;
use serde::{Deserialize, Serialize};

/// A builtin's name with what it was when the policy was compiled.
#[derive(Debug, Serialize, Deserialize)]
pub enum SavedBuiltin {
    /// One that the engine has, or the embedding program registers, with its signature.
    Known {
        /// Its name.
        name: TextId,
        /// In the notation of types.
        signature: TextId,
    },
    /// One that the embedding program adds to the policy.
    Custom {
        /// Its name.
        name: TextId,
        /// How it was declared.
        signature: TextId,
    },
    /// One that capabilities declare and nobody has, with its signature as JSON.
    Declared {
        /// Its name.
        name: TextId,
        /// As capabilities have it.
        signature: TextId,
        /// Whether it can have several results.
        is_relation: bool,
        /// Whether its results can differ from one evaluation to the next.
        is_nondeterministic: bool,
    },
}

impl SavedBuiltin {
    /// Notes a builtin's name and signature.
    pub fn save(builtin: &Builtin, texts: &mut Texts) -> Self {
        let name = texts.add(builtin.name);
        if builtins::find(builtin.name).is_some_and(|known| known.signature == builtin.signature) {
            return SavedBuiltin::Known { name, signature: texts.add(builtin.signature) };
        }
        if builtins::is_custom(builtin) {
            return SavedBuiltin::Custom { name, signature: texts.add(builtin.signature) };
        }
        let signature = texts.add(&json::signature_to_json(builtin.signature()).to_string());
        let is_relation = builtin.purity == Purity::Relation;
        let is_nondeterministic = builtin.purity == Purity::Nondeterministic;
        SavedBuiltin::Declared { name, signature, is_relation, is_nondeterministic }
    }

    /// The builtin of that name, if it is still the same.
    pub fn load(&self, texts: &Written) -> Result<&'static Builtin> {
        match *self {
            SavedBuiltin::Known { name, signature } => {
                let name = texts.get(name)?;
                same(name, builtins::find(name), texts.get(signature)?)
            }
            SavedBuiltin::Custom { name, signature } => {
                let name = texts.get(name)?;
                same(name, texts.customs().find(name), texts.get(signature)?)
            }
            SavedBuiltin::Declared { name, signature, is_relation, is_nondeterministic } => {
                let name = texts.get(name)?;
                let wrong = |error: &dyn std::fmt::Display| format!("the function {name}: {error}");
                let signature = serde_json::from_str(texts.get(signature)?).map_err(|error| wrong(&error))?;
                let signature = json::signature_from_json(&signature).map_err(|error| wrong(&error))?;
                let purity = match (is_relation, is_nondeterministic) {
                    (true, _) => Purity::Relation,
                    (_, true) => Purity::Nondeterministic,
                    _ => Purity::Pure,
                };
                Ok(builtins::declare(name, &signature, purity))
            }
        }
    }
}

/// The function that was found under a name, if its signature is the one that a policy was compiled for.
fn same(name: &str, found: Option<&'static Builtin>, signature: &str) -> Result<&'static Builtin> {
    let found = found.ok_or_else(|| format!("there is no function {name}"))?;
    match found.signature == signature {
        true => Ok(found),
        false => {
            let own = found.signature;
            Err(format!("the function {name} is {own}, and the policy was compiled for {signature}"))
        }
    }
}
