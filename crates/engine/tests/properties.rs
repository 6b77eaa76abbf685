//! What holds for all numbers and all values.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use solon_engine::value::{Bump, SymbolTable, Value, arithmetic, json, number};
use std::cmp::Ordering;

/// JSON numbers, many of them close to each other or equal and written in different ways.
fn numbers() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,2})(\\.[0-9]{1,3})?([eE][+-]?[0-3])?",
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,4})?",
        any::<i64>().prop_map(|value| value.to_string()),
        (any::<i64>(), 1..4_usize).prop_map(|(value, zeros)| format!("{value}.{}", "0".repeat(zeros))),
        prop_oneof![Just(i64::MIN), Just(i64::MAX)].prop_map(|value| format!("{value}.5")),
        (-3..4_i128).prop_map(|offset| (i128::from(i64::MAX) + offset).to_string()),
        (-3..4_i128).prop_map(|offset| (i128::from(i64::MIN) + offset).to_string()),
    ]
}

fn values() -> impl Strategy<Value = String> {
    let scalars = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        numbers(),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    scalars.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((any::<String>(), inner), 0..30).prop_map(|entries| {
                let entries = entries.iter().map(|(key, value)| format!("{}:{value}", serde_json::Value::from(&**key)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn read<'a>(arena: &'a Bump, text: &'a str) -> Value<'a> {
    json::parse(arena, text.as_bytes(), &SymbolTable::new()).unwrap()
}

fn written(value: Value<'_>) -> String {
    let mut out = String::new();
    json::write(value, &mut out);
    out
}

proptest! {
    #[test]
    fn order_and_hash_of_numbers_agree(left in numbers(), right in numbers()) {
        let arena = Bump::new();
        let (left, right) = (read(&arena, &left), read(&arena, &right));
        prop_assert_eq!(left.cmp(&right), right.cmp(&left).reverse());
        prop_assert_eq!(left == right, left.cmp(&right).is_eq());
        if left == right {
            prop_assert_eq!(left.hash_code(), right.hash_code());
        }
        // The order is that of the difference, which is exact for integers.
        if let (Ok(Some(left_int)), Ok(Some(right_int))) = (arithmetic::bigint(left), arithmetic::bigint(right)) {
            prop_assert_eq!(left.cmp(&right), left_int.cmp(&right_int));
        }
    }

    #[test]
    fn a_number_equals_itself_written_with_more_zeros(text in "-?[1-9][0-9]{0,20}", zeros in 1..9_usize) {
        let arena = Bump::new();
        let value = number::parse(&arena, &text).unwrap();
        let others = [
            format!("{text}.{}", "0".repeat(zeros)),
            format!("{text}{}e-{zeros}", "0".repeat(zeros)),
            format!("{text}E+0"),
        ];
        for other in &others {
            let other = number::parse(&arena, other).unwrap();
            prop_assert_eq!(value, other);
            prop_assert_eq!(value.hash_code(), other.hash_code());
            prop_assert_eq!(value.as_i64(), other.as_i64());
            // The least digit more is a larger number, wherever it stands.
            let more = format!("{}.{}1", text.trim_start_matches('-'), "0".repeat(zeros));
            let more = number::parse(&arena, &more).unwrap();
            let unsigned = number::parse(&arena, text.trim_start_matches('-')).unwrap();
            prop_assert_eq!(more.cmp(&unsigned), Ordering::Greater);
        }
    }

    #[test]
    fn what_is_written_reads_as_the_same(text in values()) {
        let arena = Bump::new();
        let value = read(&arena, &text);
        let once = written(value);
        let again = read(&arena, &once);
        prop_assert_eq!(value, again);
        prop_assert_eq!(value.hash_code(), again.hash_code());
        prop_assert_eq!(&once, &written(again));
        let mut pretty = String::new();
        json::write_pretty(value, &mut pretty);
        prop_assert_eq!(value, read(&arena, &pretty));
    }

    #[test]
    fn any_bytes_are_read_or_refused_as_serde_json_does(bytes in "[\\[\\]{}:,\"\\\\u0-9a-f.eE+\\-tn \u{0}-\u{20}é]{0,24}") {
        let arena = Bump::new();
        let read = json::parse(&arena, bytes.as_bytes(), &SymbolTable::new());
        // serde_json refuses lone surrogates, which are read as U+FFFD here.
        if serde_json::from_str::<serde_json::Value>(&bytes).is_ok() {
            prop_assert!(read.is_ok() || read.is_err_and(|error| error.message == "number too big"));
        } else if let Ok(value) = read {
            prop_assert!(bytes.contains("\\u"), "{value:?}");
        }
    }

    #[test]
    fn serde_json_both_ways(text in values()) {
        let arena = Bump::new();
        let value = read(&arena, &text);
        let json = solon_engine::value::serde::to_json(value);
        // serde_json writes exponents in its own way.
        let through = serde_json::to_value(value).unwrap();
        let through = solon_engine::value::serde::from_json(&arena, &through, &SymbolTable::new()).unwrap();
        prop_assert_eq!(through, value);
        let back = solon_engine::value::serde::from_json(&arena, &json, &SymbolTable::new()).unwrap();
        prop_assert_eq!(written(back), written(value));
        let text = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(read(&arena, &text), value);
    }
}
