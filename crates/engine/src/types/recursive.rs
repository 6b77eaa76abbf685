//! Types that contain themselves, as recursive JSON schemas have them.

use super::{Type, Union};
use std::sync::{Arc, OnceLock, Weak};

/// The definitions of a schema that refer to themselves. Whoever keeps a type of the schema keeps them, too: types hold
/// them weakly, because they hold the types.
#[derive(Debug, Default)]
pub struct Definitions {
    pub(super) types: OnceLock<Vec<Type>>,
}

/// How long a chain of definitions may be of which each is a member of the one before; what is longer may be anything.
const LONGEST_CHAIN: usize = 200;

/// How many members all of such unions may have.
const MOST_MEMBERS: usize = 1 << 20;

impl Definitions {
    /// Says what the definitions are, once.
    ///
    /// Whoever asks what a definition is finds no other definition there, only inside of it: names of definitions that
    /// are members of unions give way to what they stand for. A definition that is a member of itself says nothing.
    pub(crate) fn define(self: &Arc<Self>, types: Vec<Type>) {
        let found = vec![Found::New; types.len()];
        let mut unfolding = Unfolding { definitions: self, types: &types, found, members: 0 };
        let unfolded = (0..types.len()).map(|number| unfolding.definition(number, 0)).collect();
        // Nobody else does.
        let _ = self.types.set(unfolded);
    }
}

/// What is known of a definition.
#[derive(Clone)]
enum Found {
    New,
    Open,
    Done(Type),
}

struct Unfolding<'d> {
    definitions: &'d Arc<Definitions>,
    types: &'d [Type],
    found: Vec<Found>,
    members: usize,
}

impl Unfolding<'_> {
    /// The type of a definition; any for one that is being looked at, or is none.
    fn definition(&mut self, number: usize, depth: usize) -> Type {
        let (Some(kind), Some(found)) = (self.types.get(number), self.found.get_mut(number)) else { return Type::Any };
        match found {
            Found::Done(found) => return found.clone(),
            Found::Open => return Type::Any,
            Found::New => *found = Found::Open,
        }
        let unfolded = match kind {
            // A definition that is only a name for another one says nothing.
            Type::Recursive(_) => Type::Any,
            Type::Union(union) => self.union(union, depth).unwrap_or(Type::Any),
            other => other.clone(),
        };
        if let Some(found) = self.found.get_mut(number) {
            *found = Found::Done(unfolded.clone());
        }
        unfolded
    }

    fn union(&mut self, union: &Arc<Union>, depth: usize) -> Option<Type> {
        if !union.members.iter().any(|member| matches!(member, Type::Recursive(_))) {
            return Some(Type::Union(union.clone()));
        }
        let mut members = Vec::with_capacity(union.members.len());
        for member in &union.members {
            match member {
                Type::Recursive(other) if !other.is_of(self.definitions) || depth >= LONGEST_CHAIN => return None,
                Type::Recursive(other) => match self.definition(other.number, depth + 1) {
                    Type::Any => return None,
                    Type::Union(inner) => members.extend(inner.members.iter().cloned()),
                    other => members.push(other),
                },
                other => members.push(other.clone()),
            }
            if self.members + members.len() > MOST_MEMBERS {
                return None;
            }
        }
        self.members += members.len();
        Some(Type::union(members))
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
        found.unwrap_or(Type::Any)
    }

    /// Whether it is a name for this very type.
    pub(super) fn is_name_of(&self, kind: &Type) -> bool {
        let place = self.get().place();
        place.is_some() && place == kind.place()
    }
}
