//! Functions of templates that look into lists, maps and texts.

use super::data::{Data, Digits};
use super::run::Run;
use crate::builtins::{Failure, letters};
use crate::value::Value;

fn wrong<T>(what: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::error(what))
}

/// How long a list, a map or a text is.
pub(super) fn length<'s>(of: Data<'s>) -> Result<Data<'s>, Failure> {
    let length = match (of, of.inner()) {
        (Data::Element(_), Data::Missing) => return wrong("len of nil pointer"),
        (_, Data::Missing) => return wrong("reflect: call of reflect.Value.Type on zero Value"),
        (_, Data::List(list)) => list.len(),
        (_, Data::Map(map)) => map.entries().len(),
        (_, inner) => match inner.text() {
            Some(text) => text.len(),
            None => return wrong(format!("len of type {}", inner.type_name())),
        },
    };
    Ok(Data::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

/// A place in a list or text, up to and including `most`. What was taken out of a collection is none: that is for
/// functions to do.
fn place(index: Data<'_>, most: usize) -> Result<usize, Failure> {
    let at = match index {
        Data::Int(at) => at,
        Data::Byte(at) => i64::from(at),
        Data::Missing => return wrong("cannot index slice/array with nil"),
        other => return wrong(format!("cannot index slice/array with type {}", other.type_name())),
    };
    match usize::try_from(at) {
        Ok(at) if at <= most => Ok(at),
        _ => wrong(format!("index out of range: {at}")),
    }
}

/// What is at the keys, each in what is at the one before.
pub(super) fn index<'s>(run: &mut Run<'_, '_, '_, 's>, args: &[Data<'s>]) -> Result<Data<'s>, Failure> {
    let Some((first, keys)) = args.split_first() else { return Ok(Data::Missing) };
    if first.is_nil() {
        return wrong("index of untyped nil");
    }
    let mut data = first.inner();
    for key in keys {
        data = item(run, data.inner(), *key)?;
    }
    Ok(data)
}

fn item<'s>(run: &mut Run<'_, '_, '_, 's>, of: Data<'s>, key: Data<'s>) -> Result<Data<'s>, Failure> {
    match of {
        Data::Missing => wrong("index of nil pointer"),
        Data::List(list) => match list.get(place(key.inner(), list.len())?) {
            Some(item) => Ok(Data::Element(item)),
            None => wrong("reflect: slice index out of range"),
        },
        Data::Map(map) => match key.inner() {
            Data::Text(key) => {
                run.spend(key.len())?;
                // What is not there is nil of the type of the items.
                Ok(Data::Element(map.get(&Value::string(key)).unwrap_or(Value::Null)))
            }
            Data::Missing => wrong("value is nil; should be of type string"),
            other => wrong(format!("value has type {}; should be string", other.type_name())),
        },
        other => match other.text() {
            Some(text) => match text.as_bytes().get(place(key.inner(), text.len())?) {
                Some(byte) => Ok(Data::Byte(*byte)),
                None => wrong("reflect: string index out of range"),
            },
            None => wrong(format!("can't index item of type {}", other.type_name())),
        },
    }
}

/// A part of a list or text, from one place to another.
pub(super) fn slice<'s>(run: &mut Run<'_, '_, '_, 's>, args: &[Data<'s>]) -> Result<Data<'s>, Failure> {
    let Some((first, keys)) = args.split_first() else { return Ok(Data::Missing) };
    let data = first.inner();
    if data.is_nil() {
        return wrong("slice of untyped nil");
    }
    if keys.len() > 3 {
        return wrong(format!("too many slice indexes: {}", keys.len()));
    }
    if let Data::List(list) = data {
        let (start, end, room) = places(keys, list.len(), list.capacity())?;
        return Ok(Data::List(list.part(start, end, room)));
    }
    let Some(text) = data.text() else {
        return wrong(format!("can't slice item of type {}", data.type_name()));
    };
    if keys.len() == 3 {
        return wrong("cannot 3-index slice a string");
    }
    let (start, end, _) = places(keys, text.len(), text.len())?;
    let part = letters::lossy(text.as_bytes().get(start..end).unwrap_or_default());
    run.spend(part.len())?;
    let part = run.arena.alloc_str(&part);
    Ok(if matches!(data, Data::Number(_)) { Data::Number(Digits::Text(part)) } else { Data::Text(part) })
}

/// Start and end of a part, and the end of its room, of something of this length and capacity.
fn places(keys: &[Data<'_>], length: usize, capacity: usize) -> Result<(usize, usize, usize), Failure> {
    let mut places = [0, length, capacity];
    for (at, key) in places.iter_mut().zip(keys) {
        *at = place(*key, capacity)?;
    }
    let [start, end, room] = places;
    for (from, to) in [(start, end), (end, room)] {
        if from > to {
            return wrong(format!("invalid slice index: {from} > {to}"));
        }
    }
    Ok((start, end, room))
}
