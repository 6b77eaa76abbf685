//! Whether a value is of a type: what functions of an embedding program take and give is known only when they are
//! called.

use super::{Array, Key, Object, Type};
use crate::value::{self, Value};
use std::fmt;

/// What of a value is not of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// What is found instead, and the steps that lead there, the last one first.
    Found(String, Vec<String>),
    /// Nobody knows: there is more of the value than was to be looked at.
    TooLarge,
}

impl Misfit {
    fn here(value: Value<'_>) -> Self {
        Misfit::Found(value.kind().name().to_owned(), Vec::new())
    }

    fn nothing(step: String) -> Self {
        Misfit::Found("nothing".to_owned(), vec![step])
    }

    fn below(mut self, step: impl FnOnce() -> String) -> Self {
        if let Misfit::Found(_, path) = &mut self {
            path.push(step());
        }
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::TooLarge => out.write_str("more than can be looked at"),
            Misfit::Found(found, path) if path.is_empty() => out.write_str(found),
            Misfit::Found(found, path) => {
                write!(out, "{found} at ")?;
                path.iter().rev().try_for_each(|step| out.write_str(step))
            }
        }
    }
}

impl Type {
    /// Checks that a value is of this type. Looks at no more than `most` of its parts: values share parts, so one that
    /// takes little memory may have any number.
    pub(crate) fn check(&self, value: Value<'_>, most: usize) -> Result<(), Misfit> {
        Check { left: most }.value(self, value)
    }
}

fn is_anything(kind: &Type) -> bool {
    matches!(kind, Type::Any)
}

/// A check under way.
struct Check {
    /// How many parts may still be looked at.
    left: usize,
}

impl Check {
    // Recurses no deeper than types nest.
    fn value(&mut self, kind: &Type, value: Value<'_>) -> Result<(), Misfit> {
        self.left = self.left.checked_sub(1).ok_or(Misfit::TooLarge)?;
        let fits = match (kind, value) {
            // The notation has no names of definitions.
            (Type::Any | Type::Unknown | Type::Recursive(_), _) => true,
            (Type::Null, Value::Null) | (Type::Boolean, Value::Bool(_)) => true,
            (Type::Number, Value::Int(_) | Value::Number(_)) | (Type::String, Value::String { .. }) => true,
            (Type::Array(kind), Value::Array(items)) => return self.array(kind, items),
            // `set` alone.
            (Type::Set(None), Value::Set(_)) => true,
            (Type::Set(Some(of)), Value::Set(_)) if is_anything(of) => true,
            (Type::Set(Some(of)), Value::Set(set)) => {
                let mut members = set.items().iter();
                return members
                    .try_for_each(|item| self.value(of, *item).map_err(|misfit| misfit.below(|| "[_]".to_owned())));
            }
            (Type::Object(kind), Value::Object(object)) => return self.object(kind, object),
            (Type::Union(union), _) => return self.any_of(union.members(), value),
            _ => false,
        };
        if fits { Ok(()) } else { Err(Misfit::here(value)) }
    }

    fn any_of(&mut self, members: &[Type], value: Value<'_>) -> Result<(), Misfit> {
        let mut first = None;
        for member in members {
            match self.value(member, value) {
                Ok(()) => return Ok(()),
                Err(Misfit::TooLarge) => return Err(Misfit::TooLarge),
                // The one that is right at first sight says most.
                Err(misfit @ Misfit::Found(..)) if misfit != Misfit::here(value) => first = first.or(Some(misfit)),
                Err(_) => {}
            }
        }
        Err(first.unwrap_or_else(|| Misfit::here(value)))
    }

    fn array(&mut self, kind: &Array, items: &[Value<'_>]) -> Result<(), Misfit> {
        if items.len() < kind.items.len() {
            return Err(Misfit::nothing(format!("[{}]", items.len())));
        }
        // Whatever comes after the first items need not be looked at.
        let asked = if kind.rest.as_ref().is_some_and(is_anything) { kind.items.len() } else { items.len() };
        for (at, item) in items.iter().enumerate().take(asked) {
            let Some(kind) = kind.item(at) else { return Err(Misfit::here(*item).below(|| format!("[{at}]"))) };
            self.value(kind, *item).map_err(|misfit| misfit.below(|| format!("[{at}]")))?;
        }
        Ok(())
    }

    fn object(&mut self, kind: &Object, object: value::Object<'_>) -> Result<(), Misfit> {
        for (key, of) in &kind.fields {
            // The notation has no other keys.
            let Key::String(name) = key else { continue };
            let key = Value::string(name);
            let value = object.get(&key).ok_or_else(|| Misfit::nothing(format!("[{key}]")))?;
            self.value(of, value).map_err(|misfit| misfit.below(|| format!("[{key}]")))?;
        }
        if kind.rest.as_ref().is_some_and(|(keys, values)| is_anything(keys) && is_anything(values)) {
            return Ok(());
        }
        let is_field =
            |key: &str| kind.fields.iter().any(|(name, _)| matches!(name, Key::String(name) if **name == *key));
        for (key, value) in object.entries() {
            if key.as_str().is_some_and(is_field) {
                continue;
            }
            let step = || format!("[{key}]");
            let Some((keys, values)) = &kind.rest else { return Err(Misfit::here(*value).below(step)) };
            let as_key = |_| Misfit::Found(format!("{} as a key", key.kind().name()), Vec::new());
            self.value(keys, *key).map_err(as_key)?;
            self.value(values, *value).map_err(|misfit| misfit.below(step))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Bump, SymbolTable, json};

    /// Whether a JSON text is of a type: nothing, or what is wrong.
    fn misfit(kind: &str, text: &str) -> String {
        let arena = Bump::new();
        let (Ok(kind), Ok(value)) = (Type::parse(kind), json::parse(&arena, text.as_bytes(), &SymbolTable::new()))
        else {
            return format!("{kind} is no type, or {text} no JSON");
        };
        kind.check(value, 100).err().map(|misfit| misfit.to_string()).unwrap_or_default()
    }

    #[test]
    fn values_are_of_types() {
        for (kind, text) in [
            ("any", "[1]"),
            ("boolean | null", "null"),
            ("number", "1.5"),
            ("array[number | string]", r#"[1, "a"]"#),
            ("array<string, number>", r#"["a", 1]"#),
            ("array<string>[number]", r#"["a", 1, 2]"#),
            ("object[string: array[number]]", r#"{"a": [1], "b": []}"#),
            ("object<name: string>[string: number]", r#"{"name": "a", "n": 1}"#),
            ("array[string] | array[number]", "[1, 2]"),
            ("array<string>[any]", r#"["a", 1, {}]"#),
            ("object<name: string>[any: any]", r#"{"name": "a", "n": 1}"#),
        ] {
            assert_eq!(misfit(kind, text), "", "{kind} {text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (kind, text, expected) in [
            ("boolean", "null", "null"),
            ("boolean | string", "1", "number"),
            ("set[any]", "[]", "array"),
            ("array[number]", r#"[1, "a"]"#, "string at [1]"),
            ("array[number] | null", r#"[1, "a"]"#, "string at [1]"),
            ("array<string, number>", r#"["a"]"#, "nothing at [1]"),
            ("array<string>", r#"["a", 1]"#, "number at [1]"),
            ("array<string>[any]", "[1, 2]", "number at [0]"),
            ("object<name: string>[any: any]", r#"{"name": 1}"#, r#"number at ["name"]"#),
            ("object[string: array[number]]", r#"{"a": [true]}"#, r#"boolean at ["a"][0]"#),
            ("object[number: any]", r#"{"a": 1}"#, "string as a key"),
            ("object<name: string>", r#"{}"#, r#"nothing at ["name"]"#),
            ("object<name: string>", r#"{"name": "a", "n": 1}"#, r#"number at ["n"]"#),
        ] {
            assert_eq!(misfit(kind, text), expected, "{kind} {text}");
        }
    }

    #[test]
    fn values_that_share_parts_are_not_looked_at_for_ever() {
        let arena = Bump::new();
        let mut value = Value::Int(1);
        let mut kind = Type::Number;
        for _ in 0..60 {
            value = Value::new_array(&arena, &[value, value]);
            kind = Type::array(kind);
        }
        assert_eq!(kind.check(value, 1000), Err(Misfit::TooLarge));
    }
}
