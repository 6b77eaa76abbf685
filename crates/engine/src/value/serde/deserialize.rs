//! A value to any deserialisable type.

use super::super::json::name;
use super::super::{Object, Value};
use super::SerdeError;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, Unexpected, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

/// The value as a `T`, as if `T` were read from its JSON; `1.0` counts as an integer, as it does in Rego.
///
/// ```
/// use solon_engine::value::{Bump, SymbolTable, json, serde::deserialize_into};
///
/// let arena = Bump::new();
/// let value = json::parse(&arena, br#"{"a": [1, 2.0]}"#, &SymbolTable::new())?;
/// let map: std::collections::BTreeMap<String, Vec<u8>> = deserialize_into(value)?;
/// assert_eq!(map["a"], [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn deserialize_into<T: DeserializeOwned>(value: Value<'_>) -> Result<T, SerdeError> {
    T::deserialize(value)
}

impl<'de> IntoDeserializer<'de, SerdeError> for Value<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// Integers of any type: by 64 bits where they suffice, else by 128.
macro_rules! integers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
            match self.as_i64() {
                Some(value) => visitor.visit_i64(value),
                None => self.deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = SerdeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Int(value) => visitor.visit_i64(value),
            Value::Number(number) => match number.text().parse::<u64>() {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => match number.as_f64() {
                    value if value.is_finite() => visitor.visit_f64(value),
                    _ => Err(SerdeError::new(format!("number out of range: {}", number.text()))),
                },
            },
            Value::String { text, .. } => visitor.visit_borrowed_str(text),
            Value::Array(items) => sequence(items, visitor),
            Value::Set(set) => sequence(set.items(), visitor),
            Value::Object(object) => map(object, visitor),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self {
            Value::Number(number) if let Ok(value) = number.text().parse() => visitor.visit_i128(value),
            _ => self.deserialize_i64(visitor),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self {
            Value::Number(number) if let Ok(value) = number.text().parse() => visitor.visit_u128(value),
            _ => self.deserialize_u64(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, SerdeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        match self {
            Value::String { .. } => visitor.visit_enum(Variant { tag: self, content: None }),
            Value::Object(object) => match object.entries() {
                [(tag, content)] => visitor.visit_enum(Variant { tag: *tag, content: Some(*content) }),
                _ => Err(SerdeError::invalid_value(Unexpected::Map, &"map with a single key")),
            },
            _ => Err(SerdeError::custom(format!("expected a string or a map, got {}", self.kind().name()))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
    }
}

fn sequence<'de, V: Visitor<'de>>(items: &'de [Value<'de>], visitor: V) -> Result<V::Value, SerdeError> {
    let mut items = SeqDeserializer::new(items.iter().copied());
    let result = visitor.visit_seq(&mut items)?;
    items.end()?;
    Ok(result)
}

fn map<'de, V: Visitor<'de>>(object: Object<'de>, visitor: V) -> Result<V::Value, SerdeError> {
    let mut entries = MapDeserializer::new(object.entries().iter().map(|(key, value)| (Key(*key), *value)));
    let result = visitor.visit_map(&mut entries)?;
    entries.end()?;
    Ok(result)
}

/// An object's key: a string that may be read as a number or boolean where the type wants one.
struct Key<'de>(Value<'de>);

impl<'de> IntoDeserializer<'de, SerdeError> for Key<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident $visit:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
            match self.0 {
                Value::String { text, .. } => match text.parse() {
                    Ok(value) => visitor.$visit(value),
                    Err(_) => visitor.visit_borrowed_str(text),
                },
                value => value.$method(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = SerdeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        match self.0 {
            Value::String { text, .. } => visitor.visit_borrowed_str(text),
            key => visitor.visit_string(name(&(key, Value::Null)).0),
        }
    }

    parsed! {
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
        deserialize_i128 visit_i128 deserialize_u128 visit_u128 deserialize_f32 visit_f32 deserialize_f64 visit_f64
        deserialize_bool visit_bool
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, SerdeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, SerdeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, SerdeError> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// An enum's variant with what it holds.
struct Variant<'de> {
    tag: Value<'de>,
    content: Option<Value<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = SerdeError;
    type Variant = Content<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'de>), SerdeError> {
        Ok((seed.deserialize(self.tag)?, Content(self.content)))
    }
}

struct Content<'de>(Option<Value<'de>>);

impl<'de> Content<'de> {
    fn value(self, expected: &'static str) -> Result<Value<'de>, SerdeError> {
        self.0.ok_or_else(|| SerdeError::invalid_type(Unexpected::UnitVariant, &expected))
    }
}

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = SerdeError;

    fn unit_variant(self) -> Result<(), SerdeError> {
        match self.0 {
            None | Some(Value::Null) => Ok(()),
            Some(_) => Err(SerdeError::custom("expected a variant without content")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, SerdeError> {
        seed.deserialize(self.value("newtype variant")?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, SerdeError> {
        self.value("tuple variant")?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, SerdeError> {
        self.value("struct variant")?.deserialize_any(visitor)
    }
}
