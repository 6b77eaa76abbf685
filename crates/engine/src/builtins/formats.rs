//! Formats that are known when a policy is compiled: texts with places for values.
//!
//! Most messages are made by them: `sprintf` with a constant format, `concat` with a constant delimiter and its parts one
//! by one. They are taken apart once, so that a call only puts texts together. Where a place does not take the value that
//! it gets, a format gives nothing, and the builtin itself is asked, which also knows what is wrong.

use super::{Builtin, Caches, verbs};
use crate::value::{Bump, Value, exceeds, json};
use bumpalo::collections::String as Text;

/// Texts with places for values between them.
#[derive(Debug)]
pub struct Format {
    places: Box<[Place]>,
    /// What stands behind the last place.
    end: Box<str>,
    /// How long all texts are together.
    size: usize,
}

#[derive(Debug)]
struct Place {
    /// What stands between the place before and this one.
    before: Box<str>,
    takes_texts: bool,
    takes_integers: bool,
    /// Whether it takes what is neither a text nor a number.
    takes_others: bool,
}

/// A value in its place.
enum Part<'v> {
    Text(&'v str),
    Integer(i64),
    /// What is written as Rego.
    Other(Value<'v>),
}

impl<'v> Part<'v> {
    /// Shows the text of a text or an integer; gives other values back.
    #[inline(always)]
    fn with_text(self, show: impl FnOnce(&str)) -> Option<Value<'v>> {
        match self {
            Part::Text(text) => show(text),
            Part::Integer(value) => show(itoa::Buffer::new().format(value)),
            Part::Other(value) => return Some(value),
        }
        None
    }
}

impl Place {
    /// The value, if the place takes it.
    #[inline(always)]
    fn part<'v>(&self, value: &Value<'v>) -> Option<Part<'v>> {
        match value {
            Value::String { text, .. } => self.takes_texts.then_some(Part::Text(text)),
            Value::Int(value) => self.takes_integers.then_some(Part::Integer(*value)),
            // Of the verbs there are, only `%v` takes both.
            Value::Number(number) if self.takes_texts && self.takes_integers => number.as_float_text().map(Part::Text),
            Value::Number(_) => None,
            other => self.takes_others.then_some(Part::Other(*other)),
        }
    }
}

impl Format {
    /// The format that a builtin with a constant first argument and an array of so many values writes.
    pub fn new(builtin: &Builtin, first: &str, values: usize) -> Option<Self> {
        let (places, end) = match builtin.name {
            "sprintf" => of_sprintf(first)?,
            // Of one part it gives the part itself.
            "concat" if values > 1 => (of_concat(first, values), String::new()),
            _ => return None,
        };
        let size = places.iter().map(|place| place.before.len()).sum::<usize>() + end.len();
        (places.len() == values).then(|| Format { places: places.into(), end: end.into(), size })
    }

    /// How many values it takes.
    pub fn values(&self) -> usize {
        self.places.len()
    }

    /// The text with values, unless one does not suit its place or the text has more than `most` bytes.
    #[inline]
    pub fn write<'a>(
        &self,
        arena: &'a Bump,
        caches: &mut Caches,
        values: &[Value<'_>],
        most: usize,
    ) -> Option<Value<'a>> {
        if values.len() != self.places.len() {
            return None;
        }
        let mut size = self.size;
        for (place, value) in self.places.iter().zip(values) {
            size = size.saturating_add(match place.part(value)? {
                Part::Text(text) => text.len(),
                Part::Integer(value) => verbs::length(value),
                Part::Other(_) => return self.write_all(arena, caches, values, most),
            });
        }
        // What is so near to the limit the builtin decides.
        if size.saturating_add(2) > most {
            return None;
        }
        let mut out = Text::with_capacity_in(size, arena);
        for (place, value) in self.places.iter().zip(values) {
            out.push_str(&place.before);
            if place.part(value)?.with_text(|text| out.push_str(text)).is_some() {
                return None;
            }
        }
        out.push_str(&self.end);
        Some(Value::string(out.into_bump_str()))
    }

    /// The same where some of the values are not as long as is known.
    #[inline(never)]
    fn write_all<'a>(
        &self,
        arena: &'a Bump,
        caches: &mut Caches,
        values: &[Value<'_>],
        most: usize,
    ) -> Option<Value<'a>> {
        caches.with_scratch(|_, out| {
            for (place, value) in self.places.iter().zip(values) {
                out.push_str(&place.before);
                match place.part(value)?.with_text(|text| out.push_str(text)) {
                    None => {}
                    Some(other) if exceeds(other, most) => return None,
                    Some(other) => json::write_rego(other, out),
                }
                if out.len() > most {
                    return None;
                }
            }
            out.push_str(&self.end);
            (out.len().saturating_add(2) <= most).then(|| Value::new_string(arena, out))
        })
    }
}

/// The places of a format whose verbs are all `%v`, `%s` or `%d`, and what stands behind them.
fn of_sprintf(format: &str) -> Option<(Vec<Place>, String)> {
    let (mut places, mut text) = (Vec::new(), String::new());
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let (takes_texts, takes_integers) = match letters.next()? {
            '%' => {
                text.push('%');
                continue;
            }
            'v' => (true, true),
            's' => (true, false),
            'd' => (false, true),
            _ => return None,
        };
        let before = std::mem::take(&mut text).into();
        places.push(Place { before, takes_texts, takes_integers, takes_others: takes_texts });
    }
    Some((places, text))
}

/// Places with the delimiter between them.
fn of_concat(delimiter: &str, values: usize) -> Vec<Place> {
    let before = |at| if at == 0 { "" } else { delimiter };
    let place = |at| Place { before: before(at).into(), takes_texts: true, takes_integers: false, takes_others: false };
    (0..values).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::call_on;
    use super::*;
    use crate::host::NoHost;

    #[test]
    fn formats_agree_with_their_builtins() {
        let (arena, mut caches) = (Bump::new(), Caches::default());
        let mut write = |format: &Format, values: &[Value<'_>], most| format.write(&arena, &mut caches, values, most);
        let mut values =
            vec![Value::Null, Value::Bool(true), Value::Array(&[]), Value::string(""), Value::string("añ%v")];
        values.extend([0, 7, -1, 10, 99, 100, i64::MAX, i64::MIN].map(Value::Int));
        let decimals = [
            "1.5",
            "-0.25",
            "1.50",
            "1.0",
            "0.0",
            "-0.0",
            "0.0001",
            "0.00012",
            "0.00001",
            "1e3",
            "123456789012345.5",
            "12345678901234.5",
            "0.12345678901234",
            "0.123456789012345",
            "0.1234567890123456",
            "99999999999999999999.5",
        ];
        values.extend(decimals.iter().filter_map(|text| crate::value::number::parse(&arena, text)));
        let formats = [
            "", "%v", "a%vb", "%s-%d", "ñ%%%v%%", "%d%s", "%q%v", "%v%", "%5d", "%v %v!", "%[1]v", "% d", "%+v", "%%",
            "%x%v",
        ];
        let (mut written, mut refused) = (0, 0);
        for (name, first, most) in formats.map(|format| ("sprintf", format, 2)).into_iter().chain([("concat", "→", 3)])
        {
            let builtin = crate::builtins::find(name).unwrap_or_else(|| unreachable!("{name}"));
            for count in 0..=most {
                let Some(format) = Format::new(builtin, first, count) else {
                    refused += 1;
                    continue;
                };
                for number in 0..values.len().pow(count as u32) {
                    let given: Vec<Value<'_>> =
                        (0..count as u32).map(|at| values[number / values.len().pow(at) % values.len()]).collect();
                    let Some(text) = write(&format, &given, usize::MAX) else { continue };
                    let args = [Value::string(first), Value::new_array(&arena, &given)];
                    assert_eq!(call_on(&arena, &NoHost, name, &args), Ok(text), "{name} {first} {given:?}");
                    written += 1;
                    let length = text.as_str().map_or(0, str::len);
                    assert!(write(&format, &given, length + 1).is_none());
                    assert!(write(&format, &given, length + 2).is_none_or(|other| other == text));
                }
            }
        }
        assert!(written > 250 && refused > 20, "{written} {refused}");
    }
}
