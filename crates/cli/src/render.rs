//! Answers as text, in the formats of `opa eval`.

use crate::args::Format;
use crate::input::Origin;
use crate::table::Table;
use solon::value::{Value, write};
use solon::{Answer, Row};
use std::fmt::Write;

/// Collects answers and prints them.
pub struct Renderer {
    format: Format,
    out: String,
    rows: usize,
    has_undefined: bool,
}

impl Renderer {
    /// A renderer without answers.
    pub fn new(format: Format) -> Self {
        Renderer { format, out: String::new(), rows: 0, has_undefined: false }
    }

    /// Whether any answer has a row.
    pub fn has_defined(&self) -> bool {
        self.rows > 0
    }

    /// Whether any answer has none.
    pub fn has_undefined(&self) -> bool {
        self.has_undefined
    }

    /// Adds the answer for one input; `origin` says which object the input is, if there are several.
    pub fn answer(&mut self, answer: &Answer<'_>, origin: Option<&Origin>) {
        self.has_undefined |= answer.is_undefined();
        if let (Format::Pretty, Some(origin)) = (self.format, origin) {
            // Writing to a string does not fail.
            let _ = writeln!(self.out, "{origin}");
        }
        if self.format == Format::Pretty {
            self.pretty(answer);
        }
        for row in answer.rows() {
            match self.format {
                Format::Json => self.json_row(&row, origin),
                Format::Values => self.lines(&values(&row)),
                Format::Bindings => self.lines(&bindings(&row)),
                Format::Raw => self.raw_row(&row),
                Format::Pretty | Format::Discard => {}
            }
            self.rows += 1;
        }
    }

    /// Everything as text.
    pub fn finish(self) -> String {
        match self.format {
            Format::Json if self.rows > 0 => pretty(&format!("{{\"result\":[{}]}}", self.out)),
            Format::Discard if self.rows > 0 => pretty("{\"result\":\"discarded\"}"),
            Format::Json | Format::Discard => "{}\n".to_owned(),
            _ => self.out,
        }
    }

    fn lines(&mut self, compact: &str) {
        self.out.push_str(&pretty(compact));
    }

    fn json_row(&mut self, row: &Row<'_>, origin: Option<&Origin>) {
        if self.rows > 0 {
            self.out.push(',');
        }
        let expressions = row.expressions().map(|expression| {
            let (text, place) = (quoted(expression.text), expression.position);
            let value = compact(expression.value);
            format!(
                "{{\"value\":{value},\"text\":{text},\"location\":{{\"row\":{},\"col\":{}}}}}",
                place.row, place.col
            )
        });
        let expressions: Vec<String> = expressions.collect();
        // Writing to a string does not fail.
        let _ = write!(self.out, "{{\"expressions\":[{}]", expressions.join(","));
        if row.bindings().next().is_some() {
            let _ = write!(self.out, ",\"bindings\":{}", bindings(row));
        }
        if let Some(origin) = origin {
            let _ = write!(self.out, ",\"object\":{}", origin.json());
        }
        self.out.push('}');
    }

    fn raw_row(&mut self, row: &Row<'_>) {
        let values = row.expressions().map(|expression| match expression.value.as_str() {
            Some(text) => text.to_owned(),
            None => compact(expression.value),
        });
        self.out.push_str(&values.collect::<Vec<_>>().join(" "));
        self.out.push('\n');
    }

    fn pretty(&mut self, answer: &Answer<'_>) {
        let Some(first) = answer.rows().next() else {
            self.out.push_str("undefined\n");
            return;
        };
        let has_bindings = first.bindings().next().is_some();
        let is_boolean = |value: Value<'_>| matches!(value, Value::Bool(_));
        if answer.rows().len() == 1 && !has_bindings {
            let values: Vec<Value<'_>> = first.expressions().map(|expression| expression.value).collect();
            if let [value, rest @ ..] = values.as_slice()
                && (rest.is_empty() || values.iter().copied().all(is_boolean))
            {
                return self.lines(&compact(*value));
            }
        }
        let shown: Vec<bool> =
            first.expressions().map(|expression| !has_bindings || !is_boolean(expression.value)).collect();
        let names = sorted_bindings(&first).into_iter().map(|(name, _)| name.to_owned());
        let texts = first.expressions().zip(&shown).filter(|(_, shown)| **shown);
        let header = texts.map(|(expression, _)| expression.text.to_owned()).chain(names).collect();
        let mut table = Table::new(header);
        for row in answer.rows() {
            let values = row.expressions().zip(&shown).filter(|(_, shown)| **shown);
            let bound = sorted_bindings(&row).into_iter().map(|(_, value)| compact(value));
            table.row(values.map(|(expression, _)| compact(expression.value)).chain(bound).collect());
        }
        self.out.push_str(&table.finish());
    }
}

fn values(row: &Row<'_>) -> String {
    let values: Vec<String> = row.expressions().map(|expression| compact(expression.value)).collect();
    format!("[{}]", values.join(","))
}

fn bindings(row: &Row<'_>) -> String {
    let entries = sorted_bindings(row).into_iter().map(|(name, value)| format!("{}:{}", quoted(name), compact(value)));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
}

fn sorted_bindings<'a>(row: &Row<'a>) -> Vec<(&'a str, Value<'a>)> {
    let mut bindings: Vec<_> = row.bindings().collect();
    bindings.sort_unstable_by_key(|(name, _)| *name);
    bindings
}

fn compact(value: Value<'_>) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// Text as a JSON string.
pub fn quoted(text: &str) -> String {
    compact(Value::string(text))
}

/// Compact JSON on lines indented by two spaces a level, with a line break at the end.
pub fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut last = ' ';
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    for character in json.chars() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        let is_close = matches!(character, '}' | ']');
        if is_close {
            depth = depth.saturating_sub(1);
        }
        let opened = matches!(last, '{' | '[');
        if opened != is_close && (opened || is_close) {
            line(&mut out, depth);
        }
        out.push(character);
        match character {
            '{' | '[' => depth += 1,
            ',' => line(&mut out, depth),
            ':' => out.push(' '),
            '"' => in_string = true,
            _ => {}
        }
        last = character;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretty_json() {
        let compact = r#"{"a":[],"b":{},"c":[1,{"d":"x,\"{"}],"e":[[]]}"#;
        let expected = r#"{
  "a": [],
  "b": {},
  "c": [
    1,
    {
      "d": "x,\"{"
    }
  ],
  "e": [
    []
  ]
}
"#;
        assert_eq!(pretty(compact), expected);
    }
}
