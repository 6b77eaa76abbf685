//! Types that contain themselves, as recursive JSON schemas have them.

use super::Type;
use std::sync::{Arc, OnceLock, Weak};

/// The definitions of a schema that refer to themselves. Whoever keeps a type of the schema keeps them, too: types hold
/// them weakly, because they hold the types.
#[derive(Debug, Default)]
pub struct Definitions {
    pub(super) types: OnceLock<Vec<Type>>,
}

impl Definitions {
    /// Says what the definitions are, once.
    pub(crate) fn define(&self, types: Vec<Type>) {
        // Nobody else does.
        let _ = self.types.set(types);
    }
}

/// A definition of a schema, by its name and number.
#[derive(Clone, Debug)]
pub struct Recursive {
    pub(super) name: Arc<str>,
    definitions: Weak<Definitions>,
    pub(super) number: usize,
}

impl Recursive {
    /// The definition with this number.
    pub(crate) fn new(name: &str, definitions: &Arc<Definitions>, number: usize) -> Recursive {
        Recursive { name: name.into(), definitions: Arc::downgrade(definitions), number }
    }

    /// Whether it is one of these definitions.
    pub(super) fn is_of(&self, definitions: &Arc<Definitions>) -> bool {
        std::ptr::eq(self.definitions.as_ptr(), Arc::as_ptr(definitions))
    }

    /// The name, as a schema refers to it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type; any, if the schema is gone.
    pub fn get(&self) -> Type {
        let definitions = self.definitions.upgrade();
        let found = definitions.as_ref().and_then(|definitions| definitions.types.get()?.get(self.number).cloned());
        match found {
            // A definition that is only a name for another one says nothing.
            Some(Type::Recursive(_)) | None => Type::Any,
            Some(found) => found,
        }
    }
}
