//! Terms that are constants, for the types of what they are keys of.

use super::{Const, Term};
use crate::types::{Key, Type};

impl Const {
    /// The type of the constant.
    pub fn kind(&self) -> Type {
        match self {
            Const::Null => Type::Null,
            Const::Bool(_) => Type::Boolean,
            Const::Number(_) => Type::Number,
            Const::String(_) => Type::String,
        }
    }

    /// The constant as a key.
    pub fn key(&self) -> Key {
        match self {
            Const::Null => Key::Null,
            Const::Bool(value) => Key::Bool(*value),
            Const::Number(text) => Key::Number(text.clone()),
            Const::String(text) => Key::String(text.clone()),
        }
    }
}

impl Term {
    /// The term as a key, if all of it is constant.
    pub fn key(&self) -> Option<Key> {
        match self {
            Term::Const(value) => Some(value.key()),
            Term::Array(items) => Some(Key::Array(items.iter().map(Term::key).collect::<Option<_>>()?)),
            Term::Set(items) => {
                let mut items: Vec<Key> = items.iter().map(Term::key).collect::<Option<_>>()?;
                items.sort();
                items.dedup();
                Some(Key::Array(items))
            }
            Term::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| Some((key.key()?, value.key()?)));
                let mut entries: Vec<(Key, Key)> = entries.collect::<Option<_>>()?;
                entries.sort();
                Some(Key::Object(entries))
            }
            Term::Var(_) | Term::Ref(_) | Term::Comprehension(_) => None,
        }
    }
}
