//! One parser reads many texts of objects that are alike: it gives what a parser gives that has read nothing before.

#![allow(clippy::unwrap_used, clippy::panic)]

use solon_engine::value::json::{self, Parser};
use solon_engine::value::{Bump, SymbolTable, Value};
use std::fmt::Write;

/// Numbers that look random (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn one<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }
}

/// Keys as they stand in a text: prefixes of others, of all lengths that are compared differently, with escapes.
const KEYS: [&str; 30] = [
    "",
    "a",
    "ab",
    "abcdef",
    "abcdefg",
    "abcdefgh",
    "abcdefghijklmno",
    "abcdefghijklmnop",
    "abcdefghijklmnoX",
    "abcdefghijklmnopq",
    "abcdefghijklmnopqrstuvwxyz-12345",
    "abcdefghijklmnopqrstuvwxyz-1234X",
    "abcdefghijklmnopqrstuvwxyz-123456",
    "b",
    "\\u0061",
    "\\u0061b",
    "a\\\"",
    "a\\\":1,\\\"b",
    "a\\u0022:1,\\u0022b",
    "\\\\",
    "é",
    "\\u00e9",
    "\\u0000",
    "name",
    "image",
    "limits",
    "ports",
    "value",
    "valueFrom",
    "\\ud800",
];

/// The keys of objects that are alike, and of those below them.
struct Shape(Vec<(String, Option<Shape>)>);

impl Shape {
    fn new(random: &mut Random, depth: usize) -> Shape {
        let count = match random.below(12) {
            0 => 0,
            1 => 20 + random.below(16),
            _ => 1 + random.below(6),
        };
        let entry = |number: usize, random: &mut Random| {
            let key = match random.below(3) {
                0 if count > 6 => format!("key{number}"),
                _ => random.one(&KEYS).to_owned(),
            };
            let below = if depth > 0 && random.below(3) == 0 { Some(Shape::new(random, depth - 1)) } else { None };
            (key, below)
        };
        Shape((0..count).map(|number| entry(number, random)).collect())
    }

    /// An object of this shape: as a rule with all keys in their order.
    fn write(&self, random: &mut Random, out: &mut String) {
        let mut entries: Vec<_> = self.0.iter().collect();
        match random.below(8) {
            0 if !entries.is_empty() => drop(entries.remove(random.below(entries.len()))),
            1 if !entries.is_empty() => entries.push(entries[random.below(entries.len())]),
            2 => entries.reverse(),
            _ => {}
        }
        let space = if random.below(8) == 0 { " \n" } else { "" };
        write!(out, "{{{space}").unwrap();
        for (at, (key, below)) in entries.into_iter().enumerate() {
            let key = if random.below(40) == 0 { random.one(&KEYS) } else { key };
            write!(out, "{}{space}\"{key}\"{space}:{space}", if at > 0 { "," } else { "" }).unwrap();
            match below {
                None => out.push_str(random.one(&["1", "\"x\"", "null", "{}", "[]", "-2.5", "[{\"a\":1},{\"a\":2}]"])),
                Some(below) if random.below(2) == 0 => below.write(random, out),
                Some(below) => {
                    out.push('[');
                    for at in 0..1 + random.below(3) {
                        out.push_str(if at > 0 { "," } else { "" });
                        below.write(random, out);
                    }
                    out.push(']');
                }
            }
        }
        write!(out, "{space}}}").unwrap();
    }
}

/// A value with the symbols of its keys.
fn shown(value: Value<'_>, out: &mut String) {
    match value {
        Value::Object(object) => {
            out.push('{');
            for (key, value) in object.entries() {
                let Value::String { symbol, text } = key else { panic!("{key}") };
                write!(out, "{symbol:?} {text:?}: ").unwrap();
                shown(*value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| shown(*item, out));
            out.push(']');
        }
        scalar => write!(out, "{scalar},").unwrap(),
    }
}

fn read(parser: &mut Parser, bytes: &[u8], symbols: &SymbolTable) -> Result<String, json::JsonError> {
    let (arena, mut out) = (Bump::new(), String::new());
    let value = parser.parse(&arena, bytes, symbols)?;
    shown(value, &mut out);
    // Keys are found where they are.
    if let Value::Object(object) = value {
        for (key, value) in object.entries() {
            let Value::String { symbol, text } = key else { panic!("{key}") };
            assert_eq!(object.get_text(*symbol, text), Some(*value));
            assert_eq!(object.get_text(symbols.lookup(text), text), Some(*value));
        }
    }
    Ok(out)
}

#[test]
fn objects_that_are_alike_are_read_as_by_a_new_parser() {
    let mut random = Random(3);
    let first = SymbolTable::of_texts(["name", "a", "abcdefgh", "valueFrom", "é"]).unwrap();
    let second = SymbolTable::of_texts(["image", "name", "ab", "abcdefghijklmnop", "a"]).unwrap();
    let tables = [first, second, SymbolTable::new()];
    let mut parser = Parser::new();
    let mut refused = 0;
    for _ in 0..100 {
        let shapes: Vec<_> = (0..1 + random.below(3)).map(|_| Shape::new(&mut random, 3)).collect();
        let mut table = random.below(tables.len());
        for _ in 0..40 {
            if random.below(20) == 0 {
                table = random.below(tables.len());
            }
            let mut text = String::new();
            shapes[random.below(shapes.len())].write(&mut random, &mut text);
            let mut bytes = text.into_bytes();
            let at = random.below(bytes.len());
            match random.below(12) {
                0 => bytes[at] = b"\"\\{}[]:,0-eu\x01x \xff"[random.below(16)],
                1 => drop(bytes.remove(at)),
                2 => bytes.truncate(at),
                3 => bytes.insert(at, b"\"\\{}[]:,0-eu\x01x .\xff"[random.below(17)]),
                _ => {}
            }
            let expected = read(&mut Parser::new(), &bytes, &tables[table]);
            let found = read(&mut parser, &bytes, &tables[table]);
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(&bytes));
            refused += usize::from(found.is_err());
        }
    }
    assert!((300..2000).contains(&refused), "{refused}");
}

/// Symbols mean something in one table alone, even if it is where another one was, or has as many of them.
#[test]
fn a_parser_reads_for_several_tables_in_turn() {
    let text = br#"{"name": 1, "image": 2, "other": {"name": 3, "image": 4}}"#;
    let mut parser = Parser::new();
    let mut table = SymbolTable::new();
    table.intern("name");
    for number in 0..40 {
        let times = 1 + number % 4;
        for _ in 0..times {
            assert_eq!(read(&mut parser, text, &table), read(&mut Parser::new(), text, &table));
        }
        // A copy is the same table until another name is added to one of them.
        let mut other = table.clone();
        assert_eq!(read(&mut parser, text, &other), read(&mut Parser::new(), text, &other));
        match number % 4 {
            0 => other = SymbolTable::of_texts(["image", "name"]).unwrap(),
            1 => assert!(other.intern("other").is_some()),
            2 => other = SymbolTable::of_texts(["name", "image"]).unwrap(),
            _ => other = SymbolTable::new(),
        }
        for table in [&other, &table, &other, &other, &other] {
            assert_eq!(read(&mut parser, text, table), read(&mut Parser::new(), text, table));
        }
        table = other;
    }
}
