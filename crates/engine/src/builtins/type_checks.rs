//! Asking for the type of a value.

use super::failure::operand;
use super::{Builtin, Outcome, Purity};
use crate::value::{Kind, Value};

/// An entry that tells whether its argument is of one type.
macro_rules! check {
    ($name:literal, $kind:ident, $what:literal, $example:literal) => {
        Builtin {
            name: $name,
            signature: "(x: any) -> result: boolean",
            doc: concat!("Tells whether the value is ", $what, "."),
            example: ($example, "true"),
            purity: Purity::Pure,
            call: |_, args| is(args, Kind::$kind),
        }
    };
}

pub(super) static TABLE: &[Builtin] = &[
    check!("is_array", Array, "an array", "is_array([1])"),
    check!("is_boolean", Boolean, "a boolean", "is_boolean(false)"),
    check!("is_null", Null, "null", "is_null(null)"),
    check!("is_number", Number, "a number", "is_number(1.5)"),
    check!("is_object", Object, "an object", "is_object({})"),
    check!("is_set", Set, "a set", "is_set(set())"),
    check!("is_string", String, "a string", "is_string(\"a\")"),
    Builtin {
        name: "type_name",
        signature: "(x: any) -> type: string",
        doc: "Returns the name of the value's type: `null`, `boolean`, `number`, `string`, `array`, `object` or `set`.",
        example: ("type_name({1})", "\"set\""),
        purity: Purity::Pure,
        call: |_, args| Ok(Value::string(operand::any(args, 1)?.kind().name())),
    },
];

fn is<'a>(args: &[Value<'a>], kind: Kind) -> Outcome<'a> {
    Ok(Value::Bool(operand::any(args, 1)?.kind() == kind))
}
