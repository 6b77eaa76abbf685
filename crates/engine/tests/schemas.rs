//! Schemas whose definitions name themselves in every way: the types of what they describe have an end, whether a
//! policy is compiled or loaded.

#![allow(clippy::unwrap_used, clippy::panic)]

use solon_engine::{Compiler, Policy};

/// Definitions, of which `a` is the one that a policy's `input.x` and `input.y.z` are of.
const DEFINITIONS: [(&str, &str); 13] = [
    ("a member of itself", r##""a": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "string"}]}"##),
    (
        "members of one another",
        r##""a": {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "string"}]},
        "b": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/a"}]}"##,
    ),
    (
        "members of one another, and objects",
        r##""a": {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "object", "properties": {"z": {"$ref": "#/$defs/a"}}}]},
        "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "object", "properties": {"z": {"$ref": "#/$defs/b"}}}]}"##,
    ),
    (
        "a member of what is inside of it",
        r##""a": {"type": "object", "properties": {"z": {"$ref": "#/$defs/b"}}},
        "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "object", "properties": {"z": {"$ref": "#/$defs/b"}}}]}"##,
    ),
    ("only itself", r##""a": {"$ref": "#/$defs/a"}"##),
    ("only one another", r##""a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}"##),
    ("only itself, in a union", r##""a": {"anyOf": [{"$ref": "#/$defs/a"}]}"##),
    ("all of itself", r##""a": {"allOf": [{"$ref": "#/$defs/a"}, {"type": "object"}]}"##),
    ("all of one another", r##""a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}"##),
    (
        "all of a member of itself",
        r##""a": {"allOf": [{"type": "object", "anyOf": [{"$ref": "#/$defs/a"}, {"type": "object"}]}]}"##,
    ),
    (
        "all of itself twice",
        r##""a": {"allOf": [{"anyOf": [{"title": "one", "allOf": [{"$ref": "#/$defs/a"}]}, {"allOf": [{"$ref": "#/$defs/a"}]}], "type": "object"}]}"##,
    ),
    ("items of itself", r##""a": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/a"}}, {"type": "string"}]}"##),
    (
        "itself two levels down",
        r##""a": {"type": "object", "properties": {"z": {"type": "object", "properties": {"z": {"$ref": "#/$defs/a"}}}}}"##,
    ),
];

const BODIES: [&str; 15] = [
    "some y in input.x; y == 1",
    "some k, y in input.x; k == y",
    "input.x[k] == 1; k == \"s\"",
    "input.x.z == 1",
    "input.x.z.z.z.z == input.y.z",
    "input.x == input.y.z",
    "input.x == input.y",
    "input.x.z == input.y.z",
    "input.x == input.w",
    "input.x == {\"z\": {\"z\": [1, {\"z\": 1}]}}",
    "input.x == 1",
    "count(input.x) == 1",
    "{\"z\": q, \"k\": 1} = input.x; q == 1",
    "s := {input.x, input.y, input.y.z, input.x.z, input.w}; some t in s; t.z.z == 1; s == {1}",
    "input.x with input.x.z as 1",
];

/// A schema with the definitions. What is below `y` and `w` goes around them at other places than what is below `x`.
fn schema(definitions: &str) -> String {
    let reference = r##"{"$ref": "#/$defs/a"}"##;
    let z = |of: &str| format!(r#"{{"type": "object", "properties": {{"z": {of}}}}}"#);
    let (y, w) = (z(reference), z(&z(&z(reference))));
    let properties = format!(r#"{{"x": {reference}, "y": {y}, "w": {w}}}"#);
    format!(r#"{{"$defs": {{{definitions}}}, "type": "object", "properties": {properties}}}"#).replace('\n', " ")
}

#[test]
fn definitions_that_name_themselves_have_an_end() {
    for (name, definitions) in DEFINITIONS {
        let schema = schema(definitions);
        for body in BODIES {
            eprintln!("case: {name}: {body}");
            let rules = "r[k] := input.x if { k := \"a\" }
r[k] := input.y.z if { k := \"b\" }
q := r.a
q := r.b";
            let module = format!("package a\n{rules}\np if {{ {body} }}");
            let inline = format!("package a\n# METADATA\n# schemas:\n# - input: {schema}\np if {{ {body} }}");
            let _ = Compiler::new().module("a.rego", inline).compile();
            let Ok(policy) = Compiler::new().schema(&[], schema.as_str()).module("a.rego", module).compile() else {
                continue;
            };
            let loaded = Policy::load(&policy.save().unwrap()).unwrap();
            for asked in BODIES {
                let said = |policy: &Policy| policy.prepare(asked).map(|_| ()).map_err(|error| error.to_string());
                assert_eq!(said(&loaded), said(&policy), "{name}: {asked}");
            }
        }
    }
}
