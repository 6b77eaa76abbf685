//! Values.

use super::{Result, TextId, Texts, Written};
use crate::value::json::MAX_DEPTH;
use crate::value::{Bump, Value, number};
use serde::{Deserialize, Serialize};

/// A value as its parts, each before what is in it. So no saved value nests, and reading it needs no more stack than
/// is allowed.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SavedValue(Vec<Part>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Part {
    Null,
    Bool(bool),
    Int(i64),
    Number(TextId),
    String(TextId),
    /// Of so many items, which follow.
    Array(u32),
    /// Of so many entries, which follow as keys and values.
    Object(u32),
    /// Of so many members, which follow.
    Set(u32),
}

impl SavedValue {
    /// Takes a value apart.
    pub fn save(value: Value<'_>, texts: &mut Texts) -> Self {
        let mut saved = SavedValue::default();
        saved.add(value, texts);
        saved
    }

    fn add(&mut self, value: Value<'_>, texts: &mut Texts) {
        self.0.push(match value {
            Value::Null => Part::Null,
            Value::Bool(value) => Part::Bool(value),
            Value::Int(value) => Part::Int(value),
            Value::Number(number) => Part::Number(texts.add(number.text())),
            Value::String { text, .. } => Part::String(texts.add(text)),
            Value::Array(items) => Part::Array(items.len() as u32),
            Value::Object(object) => Part::Object(object.len() as u32),
            Value::Set(set) => Part::Set(set.len() as u32),
        });
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.add(*item, texts)),
            Value::Set(set) => set.items().iter().for_each(|item| self.add(*item, texts)),
            Value::Object(object) => object.entries().iter().for_each(|(key, value)| {
                self.add(*key, texts);
                self.add(*value, texts);
            }),
            _ => {}
        }
    }

    /// Puts the value together, with the texts where they are.
    pub fn load<'a>(&self, arena: &'a Bump, texts: &'a Written) -> Result<Value<'a>> {
        let mut parts = self.0.as_slice();
        let value = take(&mut parts, arena, texts, 0)?;
        if parts.is_empty() { Ok(value) } else { Err("it has a value with too many parts".to_owned()) }
    }
}

fn take<'a>(parts: &mut &[Part], arena: &'a Bump, texts: &'a Written, depth: usize) -> Result<Value<'a>> {
    let Some((part, rest)) = parts.split_first() else { return Err("it has a value with too few parts".to_owned()) };
    *parts = rest;
    if depth > MAX_DEPTH {
        return Err("it has a value that is nested too deep".to_owned());
    }
    let mut items = |count: usize| -> Result<Vec<Value<'a>>> {
        if count > parts.len() {
            return Err("it has a value with too few parts".to_owned());
        }
        (0..count).map(|_| take(parts, arena, texts, depth + 1)).collect()
    };
    Ok(match *part {
        Part::Null => Value::Null,
        Part::Bool(value) => Value::Bool(value),
        Part::Int(value) => Value::Int(value),
        Part::Number(text) => {
            let text = texts.get(text)?;
            number::parse(arena, text).ok_or_else(|| format!("{text:?} is no number"))?
        }
        Part::String(text) => Value::string(texts.get(text)?),
        Part::Array(count) => Value::new_array(arena, &items(count as usize)?),
        Part::Set(count) => Value::new_set(arena, &items(count as usize)?),
        Part::Object(count) => {
            let items = items((count as usize).saturating_mul(2))?;
            let entries: Vec<_> =
                items.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect();
            Value::new_object(arena, &entries)
        }
    })
}
