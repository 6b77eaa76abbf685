//! What OPA v1.22.2 made of each text in `data/yaml_as_opa.jsonl` (its first document, or its error) is what we make.
//!
//! A line is `{"text": .., "ok": ..}` or `{"text": .., "err": ..}`. The lines are the output of OPA's own reader.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use solon_k8s::yaml::yaml_to_json;

/// Texts that OPA refuses and we accept, or the reverse, each with its reason.
const DIFFERENCES: &[(&str, &str)] = &[
    ("a: !!timestamp 2001-01-01", "OPA writes a date and time; we ask for the tag to be removed"),
    ("%YAML 1.2\n---\na: yes", "YAML 1.2 is what is read"),
    ("%FOO\n---\na: 1", "YAML 1.2 says to ignore a directive that is not known"),
    ("{\"a\":1}{\"b\":2}", "a stream of JSON values is several documents, as in kubectl"),
    ("a: 1\n...\nb: 2", "YAML 1.2 lets a document follow `...` without `---`"),
    ("a: \"\\/\"", "YAML 1.2 has this escape, for JSON's sake"),
    ("\ta: 1", "the parser takes a tab before a mapping that is not indented"),
    ("a: 1\n\t\nb: 2", "a line of white space is empty"),
    ("{a:, 1,}", "in YAML 1.2 a colon before `,` and `}` ends a key"),
    ("a: &a 1\n---\nb: *a", "we also read the documents that OPA skips"),
];

#[test]
fn every_text_reads_as_in_opa() {
    let lines = include_str!("data/yaml_as_opa.jsonl");
    let mut failures = Vec::new();
    let mut seen = 0;
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = case["text"].as_str().unwrap();
        let ours = yaml_to_json(text.as_bytes());
        let agrees = match (&ours, case.get("ok")) {
            (Ok(values), Some(expected)) => sorted(values.first().unwrap_or(&Value::Null)) == sorted(expected),
            (Err(_), None) => true,
            _ => false,
        };
        seen += 1;
        let known = DIFFERENCES.iter().any(|(known, _)| *known == text);
        if agrees == known {
            failures.push(format!("{line}\n    ours: {ours:?}"));
        }
    }
    assert!(seen > 200);
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

/// OPA prints objects sorted; numbers are compared as text.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<_> = map.iter().map(|(k, v)| format!("{k:?}:{}", sorted(v))).collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
