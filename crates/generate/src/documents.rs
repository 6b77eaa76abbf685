//! Inputs and base data.

use crate::generator::Generator;

/// Fields with their usual values, some of another type than rules expect.
const FIELDS: &[(&str, &[&str])] = &[
    ("n", &["1", "0", "2", "-1", "2.5", "1.0", "100", "1e3", "12345678901234567890", "\"1\"", "0.10"]),
    ("s", &["\"a\"", "\"b\"", "\"\"", "\"a,b\"", "\"Ab\"", "\"日本é\"", "\"a\\n\\\"<\"", "1"]),
    ("flag", &["true", "false", "null"]),
    ("array", &["[1]", "[]", "[1, 2, 3]", "[3, 1, 1.0]", "[0, \"a\"]", "[2, null, [1]]", "{\"0\": 1}"]),
    ("names", &["[\"a\"]", "[]", "[\"b\", \"a\"]", "[\"a,b\", \"c\"]"]),
    ("object", &["{\"k\": 1}", "{}", "{\"k\": 2, \"l\": 3}", "{\"a\": 1, \"b\": -1}", "{\"\": 0, \"é\": 1}", "[1, 2]"]),
    (
        "items",
        &[
            "[{\"name\": \"a\", \"n\": 1, \"kind\": \"x\", \"tags\": [\"t\"]}]",
            "[]",
            "[{\"name\": \"a\", \"n\": 1, \"kind\": \"a\"}, {\"name\": \"b\", \"n\": 2.0, \"kind\": \"b\", \"tags\": []}]",
            "[{\"name\": \"b\", \"k\": {\"a\": 1}}, {\"name\": null}, 3]",
            "{\"a\": {\"name\": \"a\", \"n\": 0}}",
        ],
    ),
    ("matrix", &["[[1, 2], [3, 4]]", "[[]]", "[[1], [\"a\", null]]"]),
    (
        "tree",
        &[
            "{\"a\": {\"b\": 1}}",
            "{\"a\": [\"a\", \"b\"]}",
            "{\"a\": \"a\", \"b\": {\"k\": [1, {\"a\": 1}]}}",
            "{}",
            "[[\"a\"]]",
        ],
    ),
    ("mixed", &["null", "[1, \"a\", null, true, [1], {\"k\": 1}]", "{\"k\": {\"a\": 1}, \"a\": [1]}", "\"text\"", "3"]),
];

impl Generator<'_> {
    /// A JSON object.
    pub fn document(&mut self) -> String {
        let mut fields = Vec::new();
        for (name, values) in FIELDS {
            if !self.choices.once_in(10) {
                fields.push(format!("\"{name}\": {}", self.choices.among(values).unwrap_or("null")));
            }
        }
        format!("{{{}}}", fields.join(", "))
    }

    /// Base data: `data.d`, and something beside what rules define.
    pub fn data(&mut self) -> String {
        let beside = match self.choices.pick(4) {
            0 => "",
            1 => ", \"lib\": {\"base\": [1, 2], \"k\": {\"a\": 1}}",
            2 => ", \"t\": {\"base\": {\"k\": 1}}, \"other\": [{\"d\": 1}]",
            _ => ", \"lib\": {\"sub\": {\"a\": {\"k\": true}}, \"n\": 3}",
        };
        format!("{{\"d\": {}{beside}}}", self.document())
    }

    /// The input, if there is one.
    pub fn input(&mut self) -> Option<String> {
        match self.choices.pick(25) {
            23 => None,
            24 => Some(self.choices.among(&["[1, 2]", "\"a\"", "null", "3"]).unwrap_or("null").to_owned()),
            _ => Some(self.document()),
        }
    }
}
