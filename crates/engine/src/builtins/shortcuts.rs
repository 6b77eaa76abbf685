//! Shortcuts: what the builtins that policies call most give for the arguments they mostly have.
//!
//! A shortcut needs no context but what is kept, and cannot fail, so that the machine gets by without preparing either.
//! Where it gives nothing, the builtin itself is asked, which also knows what is wrong.

use super::conversions::short_integer;
use super::{Builtin, Caches};
#[cfg(feature = "regex")]
use super::{glob, regex};
use crate::value::Value;
use memchr::memchr;

/// The result for usual arguments, with what was kept of calls before.
pub type Shortcut = for<'a> fn(&[Value<'a>], &mut Caches) -> Option<Value<'a>>;

/// A builtin's shortcut.
pub fn shortcut(builtin: &Builtin) -> Option<Shortcut> {
    TABLE.iter().find(|(name, _)| *name == builtin.name).map(|(_, shortcut)| *shortcut)
}

static TABLE: &[(&str, Shortcut)] = &[
    ("contains", |args, _| strings(args, contains)),
    ("count", |args, _| count(args)),
    ("endswith", |args, _| strings(args, |text, part| text.as_bytes().ends_with(part.as_bytes()))),
    #[cfg(feature = "regex")]
    ("glob.match", glob::kept_match),
    ("minus", |args, _| integers(args, i64::checked_sub)),
    ("mul", |args, _| integers(args, i64::checked_mul)),
    ("object.get", |args, _| get(args)),
    ("plus", |args, _| integers(args, i64::checked_add)),
    #[cfg(feature = "regex")]
    ("re_match", regex::kept_match),
    #[cfg(feature = "regex")]
    ("regex.match", regex::kept_match),
    ("replace", |args, _| replace(args)),
    ("startswith", |args, _| strings(args, |text, part| text.as_bytes().starts_with(part.as_bytes()))),
    ("strings.any_prefix_match", |args, _| any_affix(args, |text, part| text.as_bytes().starts_with(part.as_bytes()))),
    ("strings.any_suffix_match", |args, _| any_affix(args, |text, part| text.as_bytes().ends_with(part.as_bytes()))),
    ("substring", |args, _| substring(args)),
    ("to_number", |args, _| to_number(args)),
    ("trim_prefix", |args, _| trimmed(args, |text, part| text.strip_prefix(part))),
    ("trim_suffix", |args, _| trimmed(args, |text, part| text.strip_suffix(part))),
];

#[inline]
fn strings<'a>(args: &[Value<'a>], test: impl Fn(&str, &str) -> bool) -> Option<Value<'a>> {
    match args {
        [Value::String { text, .. }, Value::String { text: part, .. }] => Some(Value::Bool(test(text, part))),
        _ => None,
    }
}

#[inline]
fn contains(text: &str, part: &str) -> bool {
    match part.as_bytes() {
        [byte] => memchr(*byte, text.as_bytes()).is_some(),
        _ => text.contains(part),
    }
}

/// Whether a text has one of several beginnings or ends, all of which have to be strings.
#[inline]
fn any_affix<'a>(args: &[Value<'a>], has: impl Fn(&str, &str) -> bool) -> Option<Value<'a>> {
    let (text, affixes) = match args {
        [Value::String { text, .. }, Value::Array(affixes)] => (*text, *affixes),
        [Value::String { text, .. }, Value::Set(affixes)] => (*text, affixes.items()),
        _ => return None,
    };
    let mut is_any = false;
    for affix in affixes {
        is_any |= has(text, affix.as_str()?);
    }
    Some(Value::Bool(is_any))
}

#[inline]
fn integers<'a>(args: &[Value<'a>], calculate: impl Fn(i64, i64) -> Option<i64>) -> Option<Value<'a>> {
    match args {
        [Value::Int(left), Value::Int(right)] => calculate(*left, *right).map(Value::Int),
        _ => None,
    }
}

fn count<'a>(args: &[Value<'a>]) -> Option<Value<'a>> {
    match args {
        // Short texts are counted faster letter by letter than by the general way.
        [Value::String { text, .. }] if text.len() <= 32 && text.is_ascii() => Some(Value::from_usize(text.len())),
        [value] => value.len().map(Value::from_usize),
        _ => None,
    }
}

fn get<'a>(args: &[Value<'a>]) -> Option<Value<'a>> {
    match args {
        [_, Value::Array(_), _] => None,
        [Value::Object(object), key, otherwise] => Some(object.find(key).copied().unwrap_or(*otherwise)),
        _ => None,
    }
}

fn substring<'a>(args: &[Value<'a>]) -> Option<Value<'a>> {
    match args {
        [Value::String { text, .. }, Value::Int(offset), Value::Int(length)] if text.is_ascii() => {
            let start = usize::try_from(*offset).ok()?.min(text.len());
            let rest = text.get(start..)?;
            Some(Value::string(match usize::try_from(*length) {
                Ok(length) => rest.get(..length).unwrap_or(rest),
                Err(_) => rest,
            }))
        }
        _ => None,
    }
}

fn to_number<'a>(args: &[Value<'a>]) -> Option<Value<'a>> {
    match args {
        [value @ Value::Int(_)] => Some(*value),
        [Value::String { text, .. }] => short_integer(text).map(Value::Int),
        _ => None,
    }
}

#[inline]
fn trimmed<'a>(args: &[Value<'a>], trim: impl for<'t> Fn(&'t str, &str) -> Option<&'t str>) -> Option<Value<'a>> {
    match args {
        [value @ Value::String { text, .. }, Value::String { text: part, .. }] => {
            Some(trim(text, part).map_or(*value, Value::string))
        }
        _ => None,
    }
}

/// What is left of a text with something taken away, as units are: it stands at the end alone.
fn replace<'a>(args: &[Value<'a>]) -> Option<Value<'a>> {
    /// Texts are short for which it costs less to try each place than to call a search.
    const SHORT: usize = 32;
    match args {
        [Value::String { text, .. }, Value::String { text: old, .. }, Value::String { text: "", .. }] => {
            let rest = text.strip_suffix(*old).filter(|_| text.len() <= SHORT && !old.is_empty())?;
            let first = text.as_bytes().windows(old.len()).position(|window| window == old.as_bytes())?;
            (first == rest.len()).then(|| Value::string(rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::call_keeping;
    use super::super::find;
    use super::*;
    use crate::host::NoHost;
    use crate::vm::Limits;

    #[test]
    fn shortcuts_agree_with_their_builtins() {
        let arena = crate::value::Bump::new();
        let array = Value::new_array(&arena, &[Value::Int(1), Value::string("ab")]);
        let object = Value::new_object(&arena, &[(Value::string("ab"), Value::Int(7)), (Value::Int(1), Value::Null)]);
        let long = arena.alloc_str(&"x".repeat(40));
        let texts = [
            "",
            "a",
            "ab",
            "añ",
            "bab",
            long,
            "12",
            "-7",
            "-0",
            "+1",
            "007",
            "1.5",
            "999999999999999999",
            "aab",
            "^a",
            "*b",
            "[ab]*",
            "(",
        ];
        let numbers = [-1, 0, 1, 2, 40, i64::MAX, i64::MIN];
        let mut values = vec![Value::Null, Value::Bool(false), array, object, Value::new_set(&arena, &[array])];
        let affixes = [Value::string("b"), Value::string("ab")];
        values.extend([Value::Array(&[]), Value::new_array(&arena, &affixes), Value::new_set(&arena, &affixes)]);
        values.extend(texts.iter().map(|text| Value::string(text)));
        values.extend(numbers.iter().map(|number| Value::Int(*number)));
        let (mut agreed, mut caches, limits) = (Vec::new(), Caches::default(), Limits::default());
        for (name, shortcut) in TABLE {
            let found = find(name);
            assert!(found.is_some(), "{name}");
            let Some(builtin) = found else { continue };
            let count = builtin.signature().args.len();
            let mut times = 0;
            for number in 0..values.len().pow(count as u32) {
                let args: Vec<Value<'_>> =
                    (0..count as u32).map(|at| values[number / values.len().pow(at) % values.len()]).collect();
                // What the builtin keeps, its shortcut finds.
                let expected = call_keeping(&mut caches, builtin, &arena, &NoHost, &limits, &args);
                if let Some(value) = shortcut(&args, &mut caches) {
                    times += 1;
                    assert_eq!(expected, Ok(value), "{name} {args:?}");
                }
            }
            agreed.push((*name, times));
        }
        assert!(agreed.iter().all(|(_, times)| *times > 10), "{agreed:?}");
    }
}
