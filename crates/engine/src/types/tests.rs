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
