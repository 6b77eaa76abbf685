//! Values to and from types.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde::{Deserialize, Serialize};
use solon_engine::value::serde::{deserialize_into, from_serialize, to_json};
use solon_engine::value::{Bump, Set, SymbolTable, Value, json};
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    New(u8),
    Tuple(u8, String),
    Struct { a: f64 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct All {
    text: String,
    character: char,
    small: i8,
    large: u64,
    huge: u128,
    float: f32,
    flag: bool,
    some: Option<u8>,
    none: Option<u8>,
    unit: (),
    pair: (u8, String),
    shapes: Vec<Shape>,
    map: BTreeMap<u32, Shape>,
    renamed: Wrapper,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wrapper(Vec<i64>);

fn all() -> All {
    All {
        text: "é\"".into(),
        character: '€',
        small: -8,
        large: u64::MAX,
        huge: u128::MAX,
        float: 0.1,
        flag: true,
        some: Some(1),
        none: None,
        unit: (),
        pair: (2, "b".into()),
        shapes: vec![Shape::Unit, Shape::New(1), Shape::Tuple(2, "c".into()), Shape::Struct { a: 1.5 }],
        map: BTreeMap::from([(10, Shape::Unit), (9, Shape::New(3))]),
        renamed: Wrapper(vec![i64::MIN, i64::MAX]),
    }
}

#[test]
fn a_type_and_back() {
    let arena = Bump::new();
    let value = from_serialize(&arena, &all(), &SymbolTable::new()).unwrap();
    assert_eq!(deserialize_into::<All>(value), Ok(all()));
    let mut text = String::new();
    json::write(value, &mut text);
    let expected = serde_json::to_value(all()).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
    assert_eq!(to_json(value), expected);
    assert_eq!(serde_json::from_value::<All>(to_json(value)).unwrap(), all());
}

#[test]
fn numbers_stay_exact_in_serde_json_and_go_nearest_elsewhere() {
    let arena = Bump::new();
    let text = "[1.10,1E400,12345678901234567890123,18446744073709551615]";
    let value = json::parse(&arena, text.as_bytes(), &SymbolTable::new()).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
    let small = json::parse(&arena, b"[1.10, 2.0]", &SymbolTable::new()).unwrap();
    assert_eq!(deserialize_into::<Vec<f64>>(small), Ok(vec![1.1, 2.0]));
    assert_eq!(from_serialize(&arena, &small, &SymbolTable::new()).unwrap().to_string(), "[1.1, 2]");
    assert!(deserialize_into::<Vec<u8>>(small).is_err());
    assert!(deserialize_into::<Vec<f64>>(value).is_err());
}

#[test]
fn sets_and_odd_keys() {
    let arena = Bump::new();
    let set = Value::new_set(&arena, &[Value::Int(2), Value::Int(1)]);
    let object = Value::new_object(&arena, &[(Value::Int(10), set), (Value::string("9"), Value::Set(Set::EMPTY))]);
    assert_eq!(serde_json::to_string(&object).unwrap(), r#"{"10":[1,2],"9":[]}"#);
    assert_eq!(deserialize_into::<BTreeMap<u8, Vec<u8>>>(object), Ok(BTreeMap::from([(9, vec![]), (10, vec![1, 2])])));
}

#[test]
fn what_cannot_be_is_refused() {
    let arena = Bump::new();
    let symbols = SymbolTable::new();
    assert!(from_serialize(&arena, &BTreeMap::from([(vec![1], 2)]), &symbols).is_err());
    assert_eq!(from_serialize(&arena, &f64::NAN, &symbols), Ok(Value::Null));
    #[derive(Serialize)]
    struct List(Option<Box<(u8, List)>>);
    let mut list = List(None);
    for _ in 0..1500 {
        list = List(Some(Box::new((0, list))));
    }
    assert!(from_serialize(&arena, &list, &symbols).is_err());
}
