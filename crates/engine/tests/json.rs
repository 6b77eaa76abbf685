//! JSON in and out, as OPA reads and prints it.

#![allow(clippy::unwrap_used, clippy::panic)]

use solon_engine::value::json::{self, JsonError, Parser};
use solon_engine::value::{Bump, SymbolTable, Value};

fn written(text: &[u8]) -> Result<String, JsonError> {
    let arena = Bump::new();
    let mut out = String::new();
    json::write(json::parse(&arena, text, &SymbolTable::new())?, &mut out);
    Ok(out)
}

#[track_caller]
fn check(text: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(written(text.as_ref()).as_deref(), Ok(expected));
}

#[track_caller]
fn check_error(text: impl AsRef<[u8]>, expected: &str) {
    let text = text.as_ref();
    match written(text) {
        Ok(_) => panic!("{expected} expected, but it was read"),
        Err(error) => assert_eq!(error.describe(text), expected),
    }
}

#[test]
fn values_are_written_as_they_were_read() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0",
        "1.0",
        "1e2",
        "1E400",
        "1.50",
        "-12",
        "[]",
        "{}",
        "\"\"",
        "[1,[2,[3]]]",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "123456789012345678",
        "1234567890123456789",
        r#"{"a":[{"b":null},{}],"c":"d"}"#,
        r#""\u003c\u003e\u0026\u2028\u2029\u0001\"\\""#,
        "\"\u{7f}é😀€\"",
    ] {
        check(text, text);
    }
}

#[test]
fn space_and_escapes() {
    check(" [ 1 , { \"a\" :\t\"b\\/\" } ]\r\n", r#"[1,{"a":"b/"}]"#);
    check(r#""\b\f\n\r\t\u0041\uD83D\uDE00""#, "\"\\b\\f\\n\\r\\tA😀\"");
}

#[test]
fn keys_are_sorted_and_the_last_of_equal_keys_counts() {
    check(r#"{"b":1,"a":2,"ab":3,"":4}"#, r#"{"":4,"a":2,"ab":3,"b":1}"#);
    check(r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#);
    let many: Vec<_> = (0..100).rev().map(|at| format!("\"k{at:02}\":{at}")).collect();
    let sorted: Vec<_> = (0..100).map(|at| format!("\"k{at:02}\":{at}")).collect();
    check(format!("{{{}}}", many.join(",")), &format!("{{{}}}", sorted.join(",")));
}

#[test]
fn what_is_no_text_is_replaced() {
    check(r#""\ud800""#, "\"\u{fffd}\"");
    check(r#""\ud800A\udc00x\ud83d\ude00""#, "\"\u{fffd}A\u{fffd}x😀\"");
    check(r#""\ud800\u0041\ud800\ud800\udc00""#, "\"\u{fffd}A\u{fffd}\u{10000}\"");
    check(b"\"a\xe2\x82b\xff\"", "\"a\u{fffd}\u{fffd}b\u{fffd}\"");
}

#[test]
fn errors_are_those_of_opa() {
    check_error("", "EOF");
    check_error(" ", "EOF");
    check_error("[1,2", "unexpected EOF");
    check_error("{\"a\"", "unexpected EOF");
    check_error("\"abc", "unexpected EOF");
    check_error("x", "invalid character 'x' looking for beginning of value");
    check_error("[1,]", "invalid character ']' looking for beginning of value");
    check_error("[1 2]", "invalid character '2' after array element");
    check_error("{1:2}", "invalid character '1' looking for beginning of object key string");
    check_error("{\"a\":1,}", "invalid character '}' looking for beginning of object key string");
    check_error("{\"a\" 1}", "invalid character '1' after object key");
    check_error("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair");
    check_error("\"\n\"", "invalid character '\\n' in string literal");
    check_error("\"\\x\"", "invalid character 'x' in string escape code");
    check_error("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape");
    check_error("1.x", "invalid character 'x' after decimal point in numeric literal");
    check_error("-x", "invalid character 'x' in numeric literal");
    check_error("1ex", "invalid character 'x' in exponent of numeric literal");
    check_error("1.5e+x", "invalid character 'x' in exponent of numeric literal");
    check_error("trux", "invalid character 'x' in literal true (expecting 'e')");
    check_error("nulx", "invalid character 'x' in literal null (expecting 'l')");
    check_error("1.", "unexpected EOF");
    check_error("01", "invalid character '1' after top-level value");
    check_error("1e40000", "number too big");
    check_error("1e99999999999999999999999", "number too big");
    for bad in ["01", "+1", ".5", "1.", "1e", "-", "1e+", "0x10", "tru", "nulll", "[1}", "{]", "\u{feff}1", "NaN"] {
        assert!(written(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(written(nested(json::MAX_DEPTH).as_bytes()).is_ok());
    check_error(nested(json::MAX_DEPTH + 1), "exceeded max depth");
    assert!(written("[".repeat(1_000_000).as_bytes()).is_err());
    assert!(written("{\"a\":".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn a_parser_may_be_used_again() {
    let mut parser = Parser::new();
    let symbols = SymbolTable::new();
    for text in [r#"{"a":[1,2,{"b":3}]}"#, "[[[", r#"{"c":[{"d":"\u0041"}]}"#, "{\"x\":"] {
        let arena = Bump::new();
        assert_eq!(parser.parse(&arena, text.as_bytes(), &symbols), json::parse(&arena, text.as_bytes(), &symbols));
    }
}

#[test]
fn keys_have_symbols() {
    let mut symbols = SymbolTable::new();
    let name = symbols.intern("name");
    let arena = Bump::new();
    let value = json::parse(&arena, br#"{"name": "name", "other": 1}"#, &symbols).unwrap();
    let keys: Vec<_> = value.as_object().unwrap().keys().collect();
    assert!(matches!(keys[0], Value::String { symbol, .. } if symbol == name));
    assert!(matches!(keys[1], Value::String { symbol, .. } if !symbol.is_some()));
}

#[test]
fn sets_and_keys_that_are_no_strings() {
    let arena = Bump::new();
    let set = Value::new_set(&arena, &[Value::Int(2), Value::string("<"), Value::Int(1)]);
    let object = Value::new_object(
        &arena,
        &[(set, Value::Set(solon_engine::value::Set::EMPTY)), (Value::Int(1), Value::Null), (Value::string("1"), set)],
    );
    let mut out = String::new();
    json::write(object, &mut out);
    assert_eq!(out, r#"{"1":[1,2,"\u003c"],"[1,2,\"\\u003c\"]":[]}"#);
    assert_eq!(object.to_string(), r#"{1: null, "1": {1, 2, "<"}, {1, 2, "<"}: set()}"#);
}

#[test]
fn pretty() {
    let arena = Bump::new();
    let text = "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}";
    let mut out = String::new();
    json::write_pretty(json::parse(&arena, text.as_bytes(), &SymbolTable::new()).unwrap(), &mut out);
    assert_eq!(out, text);
}

#[test]
fn rego_strings() {
    let mut out = String::new();
    json::write_rego_string(
        "\u{ad}\u{200b}\u{378}é\u{7f}\u{1}\u{2028}\u{feff}😀\u{3000}\u{a0}<>&/\"\\\n\u{7}\u{b}\u{e0001}",
        &mut out,
    );
    assert_eq!(out, r#""\u00ad\u200b\u0378é\x7f\x01\u2028\ufeff😀\u3000\u00a0<>&/\"\\\n\a\v\U000e0001""#);
}

#[test]
fn exponents_are_limited() {
    // 2^100000 is 9.99002093014384507944...e30102.
    for text in ["9.99e30102", "-9.98e30102", "1.0009980159e-30103", "1e-30103", "0e9999999999", "1E25001"] {
        check(text, text);
    }
    for text in ["9.9900209301438450794e30102", "1e30103", "1e-30104", "5e-30104", "12345e100000", "0.0001e100001"] {
        check_error(text, "number too big");
    }
    // What has no exponent may be as long as it likes; zeros make up for an exponent.
    for text in
        ["1".repeat(40_000), format!("1{}e-39999", "0".repeat(40_000)), format!("0.{}1e60000", "0".repeat(60_000))]
    {
        check(&text, &text);
    }
}
