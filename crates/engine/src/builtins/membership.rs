//! The operator `in`.

use super::failure::operand;
use super::{Builtin, Context, Outcome, Purity};
use crate::value::Value;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "internal.member_2",
        signature: "(any, any) -> boolean",
        doc: "Tells whether an item is a member of a set or a value of an array or object; written `item in \
              collection`. False for anything that is no collection.",
        example: ("2 in [1, 2]", "true"),
        purity: Purity::Pure,
        call: member,
    },
    Builtin {
        name: "internal.member_3",
        signature: "(any, any, any) -> boolean",
        doc: "Tells whether a collection holds the item under the key; written `key, item in collection`.",
        example: ("\"a\", 1 in {\"a\": 1}", "true"),
        purity: Purity::Pure,
        call: member_with_key,
    },
];

fn member<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let item = operand::any(args, 1)?;
    Ok(Value::Bool(match operand::any(args, 2)? {
        Value::Set(set) => set.contains(&item),
        Value::Array(items) => items.contains(&item),
        Value::Object(object) => object.entries().iter().any(|(_, value)| *value == item),
        _ => false,
    }))
}

fn member_with_key<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (key, item) = (operand::any(args, 1)?, operand::any(args, 2)?);
    Ok(Value::Bool(operand::any(args, 3)?.get(&key).is_some_and(|value| value == item)))
}
