//! Anything serialisable to a value: a serializer whose output lies in the arena.

use super::super::json::Projection;
use super::super::{Bump, Entry, Object, SymbolTable, Value, number};
use super::{Builder, Meter, SerdeError};
use bumpalo::collections::Vec as BumpVec;
use serde::ser::{self, Serialize, Serializer};

/// The struct as which serde_json hands over a number as text.
const NUMBER_TOKEN: &str = "$serde_json::private::Number";

/// The value that `source` would be as JSON, without going through text. Object keys get their symbols from `symbols`.
///
/// As with `serde_json`, floats that are not finite become `null`, and enums are tagged with their variant's name. Fails
/// where a key is neither a string nor a number, boolean or character, or where the nesting is over
/// [`json::MAX_DEPTH`](super::super::json::MAX_DEPTH).
///
/// ```
/// use solon_engine::value::{Bump, SymbolTable, serde::from_serialize};
///
/// let arena = Bump::new();
/// let value = from_serialize(&arena, &("a", Some(1.5), [1, 2]), &SymbolTable::new())?;
/// assert_eq!(value.to_string(), r#"["a", 1.5, [1, 2]]"#);
/// # Ok::<(), solon_engine::value::serde::SerdeError>(())
/// ```
pub fn from_serialize<'a, T: Serialize + ?Sized>(
    arena: &'a Bump,
    source: &T,
    symbols: &SymbolTable,
) -> Result<Value<'a>, SerdeError> {
    from_serialize_wanted(arena, source, symbols, Projection::ALL, &Meter::default())
}

/// What is wanted of that value. The rest is not asked for, so that nothing is known of it, not even whether it can be
/// serialized.
pub fn from_serialize_wanted<'a, T: Serialize + ?Sized>(
    arena: &'a Bump,
    source: &T,
    symbols: &SymbolTable,
    projection: &Projection,
    meter: &Meter<'_>,
) -> Result<Value<'a>, SerdeError> {
    source.serialize(Builder::new(arena, symbols, projection, meter))
}

/// The value of `serde_json` as one of ours, with exact numbers.
pub fn from_json<'a>(
    arena: &'a Bump,
    source: &serde_json::Value,
    symbols: &SymbolTable,
) -> Result<Value<'a>, SerdeError> {
    from_serialize(arena, source, symbols)
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<Value<'a>, SerdeError> {
            match i64::try_from(value) {
                Ok(value) => Ok(Value::Int(value)),
                Err(_) => self.number(&value.to_string()),
            }
        })*
    };
}

impl<'a, 's> Builder<'a, 's> {
    fn items(self, tag: Option<&'static str>, length: Option<usize>) -> Result<Items<'a, 's>, SerdeError> {
        /// A length is only a hint; this much memory is taken on trust.
        const TRUSTED: usize = 1024;
        let builder = if tag.is_some() { self.whole().deeper()? } else { self.deeper()? };
        Ok(Items { builder, tag, items: self.list(length.unwrap_or(0).min(TRUSTED))? })
    }

    fn entries(self, tag: Option<&'static str>) -> Result<Entries<'a, 's>, SerdeError> {
        let builder = if tag.is_some() { self.whole().deeper()? } else { self.deeper()? };
        Ok(Entries { builder, tag, key: None, number: None, entries: BumpVec::new_in(self.arena) })
    }

    /// `value`, or an object with it under the variant's name.
    fn tagged(self, tag: Option<&'static str>, value: Value<'a>) -> Value<'a> {
        match tag {
            Some(tag) => Value::new_object(self.arena, &[(self.key(tag), value)]),
            None => value,
        }
    }
}

impl<'a, 's> Serializer for Builder<'a, 's> {
    type Ok = Value<'a>;
    type Error = SerdeError;
    type SerializeSeq = Items<'a, 's>;
    type SerializeTuple = Items<'a, 's>;
    type SerializeTupleStruct = Items<'a, 's>;
    type SerializeTupleVariant = Items<'a, 's>;
    type SerializeMap = Entries<'a, 's>;
    type SerializeStruct = Entries<'a, 's>;
    type SerializeStructVariant = Entries<'a, 's>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_bool(self, value: bool) -> Result<Value<'a>, SerdeError> {
        Ok(Value::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Value<'a>, SerdeError> {
        if !value.is_finite() {
            return Ok(Value::Null);
        }
        // The digits of the 32-bit float, not of the 64-bit float that it is too.
        self.number(&value.to_string())
    }

    fn serialize_f64(self, value: f64) -> Result<Value<'a>, SerdeError> {
        Ok(number::from_f64(self.arena, value).unwrap_or(Value::Null))
    }

    fn serialize_char(self, value: char) -> Result<Value<'a>, SerdeError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Value<'a>, SerdeError> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value<'a>, SerdeError> {
        let mut items = self.list(value.len())?;
        items.extend(value.iter().map(|byte| Value::Int(i64::from(*byte))));
        Ok(Value::Array(items.into_bump_slice()))
    }

    fn serialize_none(self) -> Result<Value<'a>, SerdeError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value<'a>, SerdeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value<'a>, SerdeError> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value<'a>, SerdeError> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value<'a>, SerdeError> {
        Ok(Value::string(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value<'a>, SerdeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value<'a>, SerdeError> {
        let value = value.serialize(self.whole().deeper()?)?;
        Ok(self.tagged(Some(variant), value))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Items<'a, 's>, SerdeError> {
        self.items(None, length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Items<'a, 's>, SerdeError> {
        self.items(None, Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Items<'a, 's>, SerdeError> {
        self.items(None, Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Items<'a, 's>, SerdeError> {
        self.items(Some(variant), Some(length))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a, 's>, SerdeError> {
        self.entries(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a, 's>, SerdeError> {
        self.entries(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a, 's>, SerdeError> {
        self.entries(Some(variant))
    }
}

/// An array that is being built.
pub struct Items<'a, 's> {
    builder: Builder<'a, 's>,
    tag: Option<&'static str>,
    items: BumpVec<'a, Value<'a>>,
}

impl<'a> Items<'a, '_> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        match self.builder.item() {
            Some(builder) => self.builder.push(&mut self.items, value.serialize(builder)?),
            None => self.builder.step(),
        }
    }

    fn finish(self) -> Value<'a> {
        self.builder.tagged(self.tag, Value::Array(self.items.into_bump_slice()))
    }
}

/// An object that is being built.
pub struct Entries<'a, 's> {
    builder: Builder<'a, 's>,
    tag: Option<&'static str>,
    key: Option<Value<'a>>,
    /// Set where it is no object but a number of serde_json.
    number: Option<Value<'a>>,
    entries: BumpVec<'a, Entry<'a>>,
}

impl<'a> Entries<'a, '_> {
    fn push_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), SerdeError> {
        if name == NUMBER_TOKEN
            && let Value::String { text, .. } = value.serialize(self.builder)?
        {
            self.number = Some(self.builder.number(text)?);
            return Ok(());
        }
        self.push(self.builder.key(name), name, value)
    }

    fn push<T: Serialize + ?Sized>(&mut self, key: Value<'a>, name: &str, value: &T) -> Result<(), SerdeError> {
        match self.builder.entry(name) {
            Some(builder) => self.builder.push(&mut self.entries, (key, value.serialize(builder)?)),
            None => self.builder.step(),
        }
    }

    fn finish(self) -> Result<Value<'a>, SerdeError> {
        if let Some(number) = self.number {
            return Ok(number);
        }
        self.builder.room(Object::bytes(self.entries.len()))?;
        let object = Value::new_object(self.builder.arena, &self.entries);
        Ok(self.builder.tagged(self.tag, object))
    }
}

impl<'a> ser::SerializeSeq for Items<'a, '_> {
    type Ok = Value<'a>;
    type Error = SerdeError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        self.push(value)
    }
    fn end(self) -> Result<Value<'a>, SerdeError> {
        Ok(self.finish())
    }
}

impl<'a> ser::SerializeTuple for Items<'a, '_> {
    type Ok = Value<'a>;
    type Error = SerdeError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        self.push(value)
    }
    fn end(self) -> Result<Value<'a>, SerdeError> {
        Ok(self.finish())
    }
}

impl<'a> ser::SerializeTupleStruct for Items<'a, '_> {
    type Ok = Value<'a>;
    type Error = SerdeError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        self.push(value)
    }
    fn end(self) -> Result<Value<'a>, SerdeError> {
        Ok(self.finish())
    }
}

impl<'a> ser::SerializeTupleVariant for Items<'a, '_> {
    type Ok = Value<'a>;
    type Error = SerdeError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        self.push(value)
    }
    fn end(self) -> Result<Value<'a>, SerdeError> {
        Ok(self.finish())
    }
}

impl<'a> ser::SerializeMap for Entries<'a, '_> {
    type Ok = Value<'a>;
    type Error = SerdeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerdeError> {
        let key = key.serialize(self.builder)?;
        let text = match key {
            Value::String { text, .. } => text,
            Value::Int(_) | Value::Number(_) | Value::Bool(_) => self.builder.copy(&key.to_string())?,
            _ => return Err(SerdeError::new("key must be a string")),
        };
        self.key = Some(self.builder.key(text));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerdeError> {
        let Some(key) = self.key.take() else { return Err(SerdeError::new("value without a key")) };
        self.push(key, key.as_str().unwrap_or_default(), value)
    }

    fn end(self) -> Result<Value<'a>, SerdeError> {
        self.finish()
    }
}

impl<'a> ser::SerializeStruct for Entries<'a, '_> {
    type Ok = Value<'a>;
    type Error = SerdeError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), SerdeError> {
        self.push_field(name, value)
    }
    fn end(self) -> Result<Value<'a>, SerdeError> {
        self.finish()
    }
}

impl<'a> ser::SerializeStructVariant for Entries<'a, '_> {
    type Ok = Value<'a>;
    type Error = SerdeError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), SerdeError> {
        self.push_field(name, value)
    }
    fn end(self) -> Result<Value<'a>, SerdeError> {
        self.finish()
    }
}
