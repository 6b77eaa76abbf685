//! Types as they are saved: each once, after those that it is made of.

use super::{Argument, Definitions, Facts, Key, Recursive, Signature, Type};
use crate::saved::{Result, TextId, Texts, Written, at};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The number of a saved type.
pub type TypeId = u32;

/// The types of a policy, with the definitions that some of them name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SavedTypes {
    types: Vec<SavedType>,
    definitions: Vec<Vec<TypeId>>,
}

/// A type, made of earlier ones.
#[derive(Debug, Serialize, Deserialize)]
enum SavedType {
    Unknown,
    Null,
    Boolean,
    Number,
    String,
    Any,
    Array { items: Vec<TypeId>, rest: Option<TypeId> },
    Set(Option<TypeId>),
    Object { fields: Vec<(SavedKey, TypeId)>, rest: Option<(TypeId, TypeId)> },
    Union(Vec<TypeId>),
    Function { args: Vec<SavedArgument>, result: Option<SavedArgument>, variadic: Option<SavedArgument> },
    Recursive { name: TextId, definitions: u32, number: u32 },
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedArgument {
    kind: TypeId,
    name: TextId,
}

/// A key as its parts, each before what is in it.
#[derive(Debug, Serialize, Deserialize)]
pub struct SavedKey(Vec<KeyPart>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum KeyPart {
    Null,
    Bool(bool),
    Number(TextId),
    String(TextId),
    Array(u32),
    Object(u32),
}

/// How deep keys may nest; the parser lets them less.
const MAX_KEY_DEPTH: usize = 1000;

/// How many types may be compared to put unions together.
const MAX_COMPARED: usize = 1 << 26;

/// Saves types.
pub struct TypeSaver<'s> {
    saved: SavedTypes,
    /// Where definitions are, in the order in which they are saved.
    definitions: &'s [Arc<Definitions>],
    /// Types that have been saved, by their text or, what is shared, by where it is.
    known: HashMap<(u8, usize), TypeId>,
}

impl<'s> TypeSaver<'s> {
    /// Saves types that name some of these definitions.
    pub fn new(definitions: &'s [Arc<Definitions>]) -> Self {
        TypeSaver { saved: SavedTypes::default(), definitions, known: HashMap::new() }
    }

    /// The number of a type.
    pub fn add(&mut self, kind: &Type, texts: &mut Texts) -> TypeId {
        let place = kind.place();
        if let Some(known) = place.and_then(|place| self.known.get(&place)) {
            return *known;
        }
        let saved = self.take_apart(kind, texts);
        let number = self.saved.types.len() as u32;
        self.saved.types.push(saved);
        self.known.extend(place.map(|place| (place, number)));
        number
    }

    fn take_apart(&mut self, kind: &Type, texts: &mut Texts) -> SavedType {
        match kind {
            Type::Unknown => SavedType::Unknown,
            Type::Null => SavedType::Null,
            Type::Boolean => SavedType::Boolean,
            Type::Number => SavedType::Number,
            Type::String => SavedType::String,
            Type::Any => SavedType::Any,
            Type::Array(array) => SavedType::Array {
                items: array.items.iter().map(|item| self.add(item, texts)).collect(),
                rest: array.rest.as_ref().map(|rest| self.add(rest, texts)),
            },
            Type::Set(of) => SavedType::Set(of.as_ref().map(|of| self.add(of, texts))),
            Type::Object(object) => {
                let fields = object.fields.iter();
                SavedType::Object {
                    fields: fields.map(|(key, value)| (SavedKey::save(key, texts), self.add(value, texts))).collect(),
                    rest: object.rest.as_ref().map(|(key, value)| (self.add(key, texts), self.add(value, texts))),
                }
            }
            Type::Union(union) => {
                SavedType::Union(union.members.iter().map(|member| self.add(member, texts)).collect())
            }
            Type::Function(signature) => SavedType::Function {
                args: signature.args.iter().map(|argument| self.argument(argument, texts)).collect(),
                result: signature.result.as_ref().map(|argument| self.argument(argument, texts)),
                variadic: signature.variadic.as_ref().map(|argument| self.argument(argument, texts)),
            },
            Type::Recursive(recursive) => {
                let number = self.definitions.iter().position(|definitions| recursive.is_of(definitions));
                match number {
                    Some(definitions) => SavedType::Recursive {
                        name: texts.add(&recursive.name),
                        definitions: definitions as u32,
                        number: recursive.number as u32,
                    },
                    // The schema is gone.
                    None => SavedType::Any,
                }
            }
        }
    }

    fn argument(&mut self, argument: &Argument, texts: &mut Texts) -> SavedArgument {
        SavedArgument { kind: self.add(&argument.kind, texts), name: texts.add(&argument.name) }
    }

    /// All types that were added, and the definitions.
    pub fn finish(mut self, texts: &mut Texts) -> SavedTypes {
        for definitions in self.definitions {
            let types = definitions.types.get().map(Vec::as_slice).unwrap_or_default();
            let numbers = types.iter().map(|kind| self.add(kind, texts)).collect();
            self.saved.definitions.push(numbers);
        }
        self.saved
    }
}

/// Types that were saved, by their numbers.
pub struct LoadedTypes {
    types: Vec<Type>,
    /// The definitions that they name.
    pub definitions: Vec<Arc<Definitions>>,
}

impl LoadedTypes {
    /// The type with a number.
    pub fn get(&self, number: TypeId) -> Result<&Type> {
        at(&self.types, number, "type")
    }
}

impl SavedTypes {
    /// Puts the types together.
    pub fn load(&self, texts: &Written) -> Result<LoadedTypes> {
        let definitions = self.definitions.iter().map(|_| Arc::default()).collect();
        let mut loaded = LoadedTypes { types: Vec::with_capacity(self.types.len()), definitions };
        let mut compared = 0;
        for saved in &self.types {
            let kind = saved.load(&loaded, texts, &mut compared)?;
            loaded.types.push(kind);
        }
        for (definitions, numbers) in loaded.definitions.iter().zip(&self.definitions) {
            let types: Result<Vec<Type>> = numbers.iter().map(|number| loaded.get(*number).cloned()).collect();
            definitions.define(types?);
        }
        Ok(loaded)
    }
}

impl SavedType {
    fn load(&self, earlier: &LoadedTypes, texts: &Written, compared: &mut usize) -> Result<Type> {
        let get = |number: &TypeId| earlier.get(*number).cloned();
        let list = |numbers: &[TypeId]| numbers.iter().map(get).collect::<Result<Vec<Type>>>();
        let argument = |saved: &SavedArgument| {
            Ok::<_, String>(Argument { kind: get(&saved.kind)?, name: texts.get(saved.name)?.to_string() })
        };
        Ok(match self {
            SavedType::Unknown => Type::Unknown,
            SavedType::Null => Type::Null,
            SavedType::Boolean => Type::Boolean,
            SavedType::Number => Type::Number,
            SavedType::String => Type::String,
            SavedType::Any => Type::Any,
            SavedType::Array { items, rest } => Type::new_array(list(items)?, rest.as_ref().map(get).transpose()?),
            SavedType::Set(of) => Type::set(of.as_ref().map_or(Ok(Type::Unknown), get)?),
            SavedType::Object { fields, rest } => {
                let fields = fields.iter().map(|(key, value)| Ok((key.load(texts)?, get(value)?)));
                let fields = fields.collect::<Result<Vec<_>>>()?;
                let rest = rest.as_ref().map(|(key, value)| Ok::<_, String>((get(key)?, get(value)?)));
                Type::new_object(fields, rest.transpose()?)
            }
            SavedType::Union(members) => {
                let members = list(members)?;
                let facts = Facts::of(&members);
                *compared = compared.saturating_add(facts.weight);
                if facts.is_too_large() || *compared > MAX_COMPARED {
                    return Err("it has types that are too large".to_owned());
                }
                Type::union(members)
            }
            SavedType::Function { args, result, variadic } => {
                let signature = Signature {
                    args: args.iter().map(argument).collect::<Result<_>>()?,
                    result: result.as_ref().map(argument).transpose()?,
                    variadic: variadic.as_ref().map(argument).transpose()?,
                };
                let inner = signature.args.iter().chain(&signature.result).chain(&signature.variadic);
                if Facts::of(inner.map(|argument| &argument.kind)).is_too_large() {
                    return Err("it has types that are too large".to_owned());
                }
                Type::Function(Arc::new(signature))
            }
            SavedType::Recursive { name, definitions, number } => {
                let definitions = at(&earlier.definitions, *definitions, "definitions")?;
                Type::Recursive(Recursive::new(texts.get(*name)?, definitions, *number as usize))
            }
        })
    }
}

impl SavedKey {
    /// Takes a key apart.
    pub fn save(key: &Key, texts: &mut Texts) -> Self {
        let mut saved = SavedKey(Vec::with_capacity(1));
        saved.add(key, texts);
        saved
    }

    fn add(&mut self, key: &Key, texts: &mut Texts) {
        self.0.push(match key {
            Key::Null => KeyPart::Null,
            Key::Bool(value) => KeyPart::Bool(*value),
            Key::Number(text) => KeyPart::Number(texts.add(text)),
            Key::String(text) => KeyPart::String(texts.add(text)),
            Key::Array(items) => KeyPart::Array(items.len() as u32),
            Key::Object(entries) => KeyPart::Object(entries.len() as u32),
        });
        match key {
            Key::Array(items) => items.iter().for_each(|item| self.add(item, texts)),
            Key::Object(entries) => entries.iter().for_each(|(key, value)| {
                self.add(key, texts);
                self.add(value, texts);
            }),
            _ => {}
        }
    }

    /// Puts the key together.
    pub fn load(&self, texts: &Written) -> Result<Key> {
        let mut parts = self.0.as_slice();
        let key = take(&mut parts, texts, 0)?;
        if parts.is_empty() { Ok(key) } else { Err("it has a key with too many parts".to_owned()) }
    }
}

fn take(parts: &mut &[KeyPart], texts: &Written, depth: usize) -> Result<Key> {
    let (part, rest) = parts.split_first().ok_or("it has a key with too few parts")?;
    *parts = rest;
    if depth > MAX_KEY_DEPTH {
        return Err("it has a key that is nested too deep".to_owned());
    }
    Ok(match *part {
        KeyPart::Null => Key::Null,
        KeyPart::Bool(value) => Key::Bool(value),
        KeyPart::Number(text) => Key::Number(texts.get(text)?.clone()),
        KeyPart::String(text) => Key::String(texts.get(text)?.clone()),
        KeyPart::Array(count) => Key::Array((0..count).map(|_| take(parts, texts, depth + 1)).collect::<Result<_>>()?),
        KeyPart::Object(count) => {
            let entry = |_| Ok((take(parts, texts, depth + 1)?, take(parts, texts, depth + 1)?));
            Key::Object((0..count).map(entry).collect::<Result<_>>()?)
        }
    })
}
