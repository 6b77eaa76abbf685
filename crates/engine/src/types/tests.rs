//! Types and signatures are read and written as in OPA.

use super::*;
use crate::builtins;

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

/// Definitions in two tables, each of which names those that a function says, by table and number.
fn defined(count: usize, kind: impl Fn(&dyn Fn(usize, usize) -> Type, usize, usize) -> Type) -> [Arc<Definitions>; 2] {
    let tables: [Arc<Definitions>; 2] = Default::default();
    let name = |table: usize, number: usize| {
        Type::Recursive(Recursive::new(&format!("{table}.{number}"), &tables[table], number))
    };
    for (table, definitions) in tables.iter().enumerate() {
        definitions.define((0..count).map(|number| kind(&name, table, number)).collect());
    }
    tables
}

/// Asks everything of the definition that may not end.
fn ask(tables: &[Arc<Definitions>; 2], number: usize) -> Type {
    let kind = Type::Recursive(Recursive::new("x", &tables[0], number));
    let other = Type::Recursive(Recursive::new("y", &tables[1], number));
    let finite = Type::object(Type::String, Type::array(Type::Number));
    let (keys, values, found) = (kind.keys(), kind.values(), kind.select(&Key::from("k")));
    assert!(!Unifier::default().unifies(&kind, &finite) || kind.known_keys().len() < 10);
    let merged = kind.clone().merge_rules(other.clone()).or(Type::set(kind.clone()));
    let _ = [keys, values, found, merged, Type::union([kind.clone(), other, finite])].map(|kind| kind.to_string());
    kind.resolved()
}

#[test]
fn definitions_have_an_end_whatever_they_name() {
    let union = |members: Vec<Type>| Type::union(members);
    // Of itself, of the other table's, of the next one in a long chain.
    let own = defined(1, |name, table, number| union(vec![name(table, number), Type::String]));
    assert_eq!(ask(&own, 0), Type::Any);
    let other = defined(1, |name, table, number| union(vec![name(1 - table, number), Type::String]));
    assert_eq!(ask(&other, 0), Type::Any);
    let chain = defined(50_000, |name, table, number| union(vec![name(table, number + 1), Type::String]));
    assert_eq!(ask(&chain, 0), Type::Any);
    // Each names two of the next level, which is not 2^30 types.
    let wide = defined(60, |name, table, number| {
        let next = (number / 2 + 1) * 2;
        if number >= 58 { Type::String } else { union(vec![name(table, next), name(table, next + 1), Type::Null]) }
    });
    assert_eq!(ask(&wide, 0), Type::union([Type::String, Type::Null]));
    // A name at the top is what it stands for; one inside stays.
    let inside = defined(2, |name, table, number| match number {
        0 => union(vec![name(table, 1), Type::String]),
        _ => Type::object(Type::String, name(table, 0)),
    });
    assert_eq!(ask(&inside, 0).to_string(), "any<string, object[string: recursive(0.0)]>");
    assert_eq!(ask(&inside, 0).select(&Key::from("k")).to_string(), "recursive(0.0)");
}
