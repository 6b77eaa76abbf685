//! Types and signatures are read and written as in OPA.

use super::*;
use crate::builtins::{self, Purity};
use serde_json::Value as Json;

#[test]
fn types_are_written_as_opa_does() -> Result<(), NotationError> {
    let cases = [
        ("any", "any"),
        ("array", "array"),
        ("array<number,string>", "array<number, string>"),
        ("array<number>[any]", "array<number>[any]"),
        ("object", "object"),
        ("object<b: any, a: string>[string: any]", "object<a: string, b: any>[string: any]"),
        ("object[any: array[any] | set[any]]", "object[any: any<array[any], set[any]>]"),
        ("array[(string)]", "array[string]"),
        ("array[any<string>]", "array[any<string>]"),
        ("set[any] | null | string", "any<null, string, set[any]>"),
        ("array<boolean, null | string>", "array<boolean, any<null, string>>"),
    ];
    for (notation, written) in cases {
        let parsed = Type::parse(notation)?;
        assert_eq!(parsed.to_string(), written);
        assert_eq!(Type::parse(written)?, parsed, "{written} is read as itself");
    }
    Ok(())
}

#[test]
fn signatures_are_read() -> Result<(), NotationError> {
    let nothing = Signature::parse("()")?;
    assert_eq!((nothing.arity(), nothing.result), (0, None));

    let print = Signature::parse("(values: any...)")?;
    assert_eq!(print.to_string(), "(any...) => ???");
    assert!(print.accepts(0) && print.accepts(7));

    let format = Signature::parse("(x: number | array<number, string>) -> formatted timestamp: string")?;
    assert_eq!(format.to_string(), "(any<number, array<number, string>>) => string");
    assert_eq!(format.result.map(|result| result.name).as_deref(), Some("formatted timestamp"));
    assert!(Signature::parse("(any, any) -> boolean")?.args.iter().all(|argument| argument.name.is_empty()));
    Ok(())
}

#[test]
fn wrong_notation_is_refused() {
    for wrong in ["", "strin", "array[", "array[any", "object[any]", "any<", "string |", "string string"] {
        assert!(Type::parse(wrong).is_err(), "{wrong:?}");
    }
    for wrong in ["", "(", "(any", "(any...,any)", "(any) ->", "(any) number", "(any) -> number)"] {
        assert!(Signature::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn every_builtin_has_a_signature_and_is_named_once() {
    let mut names = std::collections::HashSet::new();
    for builtin in builtins::all() {
        assert_eq!(Signature::parse(builtin.signature).err(), None, "{}", builtin.name);
        assert!(names.insert(builtin.name), "{} is there twice", builtin.name);
    }
}

/// A type of OPA's capabilities file.
fn from_json(json: &Json) -> Type {
    let list = |name: &str| json.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
    let inner = |json: Option<&Json>| json.map(from_json);
    match json.get("type").and_then(Json::as_str).unwrap_or_default() {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "number" => Type::Number,
        "string" => Type::String,
        "any" => Type::union(list("of").iter().map(from_json)),
        "array" => Type::new_array(list("static").iter().map(from_json).collect(), inner(json.get("dynamic"))),
        "set" => Type::set(inner(json.get("of")).unwrap_or(Type::Unknown)),
        "object" => {
            let field =
                |field: &Json| (Key::from(field["key"].as_str().unwrap_or_default()), from_json(&field["value"]));
            let fields: Vec<_> = list("static").iter().map(field).collect();
            let rest = json.get("dynamic").map(|rest| (from_json(&rest["key"]), from_json(&rest["value"])));
            Type::new_object(fields, rest)
        }
        other => unreachable!("no type {other:?}"),
    }
}

fn signature_from_json(json: &Json) -> String {
    let argument = |json: &Json| Argument { kind: from_json(json), name: String::new() };
    let args = json.get("args").and_then(Json::as_array).cloned().unwrap_or_default();
    Signature {
        args: args.iter().map(argument).collect(),
        result: json.get("result").map(argument),
        variadic: json.get("variadic").map(argument),
    }
    .to_string()
}

/// With `SOLON_CAPABILITIES` set to OPA's capabilities file: builtins have its names, types and purity.
#[test]
fn builtins_agree_with_capabilities() -> Result<(), Box<dyn std::error::Error>> {
    let Some(path) = std::env::var_os("SOLON_CAPABILITIES") else { return Ok(()) };
    let capabilities: Json = serde_json::from_slice(&std::fs::read(path)?)?;
    let empty = Vec::new();
    let theirs = capabilities["builtins"].as_array().unwrap_or(&empty);
    let mut wrong = Vec::new();
    for builtin in builtins::all() {
        let Some(their) = theirs.iter().find(|their| their["name"] == builtin.name) else {
            wrong.push(format!("{}: unknown to OPA", builtin.name));
            continue;
        };
        let (ours, theirs) = (builtin.signature().to_string(), signature_from_json(&their["decl"]));
        if ours != theirs {
            wrong.push(format!("{}: {ours}, in OPA {theirs}", builtin.name));
        }
        if their["relation"].as_bool().unwrap_or_default() != (builtin.purity == Purity::Relation) {
            wrong.push(format!("{}: whether it is a relation", builtin.name));
        }
        // OPA's follow references of schemas over the network; ours do not.
        let is_schema = builtin.name.ends_with("_schema") && builtin.name.starts_with("json.");
        let is_nondeterministic = their["nondeterministic"].as_bool().unwrap_or_default();
        if is_nondeterministic && builtin.purity == Purity::Pure && !is_schema {
            wrong.push(format!("{}: is not pure in OPA", builtin.name));
        }
    }
    let missing: Vec<_> = theirs
        .iter()
        .filter_map(|their| their["name"].as_str())
        .filter(|name| builtins::find(name).is_none())
        .collect();
    println!("not here yet: {}", missing.join(" "));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
