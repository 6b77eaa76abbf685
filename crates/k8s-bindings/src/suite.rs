//! Gatekeeper's test suites, as `gator verify` reads them: which objects a constraint must allow or refuse.
//!
//! <https://open-policy-agent.github.io/gatekeeper/website/docs/gator>

use serde_json::Value;

use crate::cursor::Cursor;
use crate::document::Position;
use crate::error::{Error, ErrorCode};
use crate::manifest::Manifest;

/// The API group of suites.
pub const GROUP: &str = "test.gatekeeper.sh";

/// A suite. All paths in it are relative to its file.
///
/// ```
/// use solon_k8s::{document::Options, manifest::read_manifests, suite::{Count, Suite}};
/// let text = br#"
/// apiVersion: test.gatekeeper.sh/v1alpha1
/// kind: Suite
/// tests:
/// - name: labels
///   template: template.yaml
///   constraint: constraint.yaml
///   cases:
///   - name: missing
///     object: missing.yaml
///     assertions: [{violations: 1, message: owner}]
/// "#;
/// let suite = Suite::read(&read_manifests("suite.yaml", text, &Options::default())?[0])?;
/// assert_eq!(suite.tests[0].cases[0].assertions[0].violations, Count::Exactly(1));
/// # Ok::<(), solon_k8s::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// `metadata.name`, or empty.
    pub name: String,
    /// The tests.
    pub tests: Vec<Test>,
    /// The suite is not to run.
    pub skip: bool,
}

/// A template, a constraint and what they must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The test's name.
    pub name: String,
    /// Where the test stands.
    pub position: Position,
    /// The template's path.
    pub template: String,
    /// The constraint's path.
    pub constraint: String,
    /// The objects to review.
    pub cases: Vec<Case>,
    /// The constraint must be refused as invalid for the template; there are no cases then.
    pub invalid: bool,
    /// The test is not to run.
    pub skip: bool,
}

/// One object and what reviewing it must give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The case's name.
    pub name: String,
    /// Where the case stands.
    pub position: Position,
    /// The path of the object, or of an AdmissionReview of it.
    pub object: String,
    /// Paths of objects in `data.inventory`.
    pub inventory: Vec<String>,
    /// All of these must hold; if there are none, no violation may be found.
    pub assertions: Vec<Assertion>,
    /// The case is not to run.
    pub skip: bool,
}

/// How many violations must have a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// How many.
    pub violations: Count,
    /// A regular expression (Go's RE2) that the violations' messages are searched for; none counts all violations.
    pub message: Option<String>,
    /// Where the assertion stands.
    pub position: Position,
}

/// A number of violations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Count {
    /// `yes`: at least one.
    #[default]
    Some,
    /// `no`: none.
    None,
    /// A number: exactly so many.
    Exactly(u64),
}

impl Count {
    /// Whether a number of violations is as asked.
    pub fn holds(self, found: usize) -> bool {
        match self {
            Count::Some => found > 0,
            Count::None => found == 0,
            Count::Exactly(expected) => u64::try_from(found) == Ok(expected),
        }
    }
}

impl Assertion {
    /// Whether the assertion holds for these messages of violations; `matches` searches a message for the expression.
    pub fn holds<'t>(
        &self,
        messages: impl IntoIterator<Item = &'t str>,
        mut matches: impl FnMut(&str, &str) -> bool,
    ) -> bool {
        let found = messages.into_iter().filter(|message| match &self.message {
            Some(expression) => matches(expression, message),
            None => true,
        });
        self.violations.holds(found.count())
    }
}

impl Suite {
    /// Whether a manifest claims to be a suite.
    pub fn is_suite(manifest: &Manifest) -> bool {
        manifest.kind() == "Suite" && crate::manifest::group_version(manifest.api_version()).0 == GROUP
    }

    /// Reads a suite of `test.gatekeeper.sh/v1alpha1`.
    ///
    /// # Errors
    /// What is missing or cannot be, with its place.
    pub fn read(manifest: &Manifest) -> Result<Suite, Error> {
        let root = Cursor::new(manifest);
        root.expect_kind("Suite", GROUP, &["v1alpha1"])?;
        let name = root.field("metadata")?.map_or(Ok(""), |metadata| metadata.text_of("name"))?;
        let tests = root.items_of("tests")?;
        Ok(Suite {
            name: name.to_owned(),
            tests: tests.iter().map(read_test).collect::<Result<_, _>>()?,
            skip: flag(&root, "skip")?,
        })
    }
}

fn flag(holder: &Cursor<'_>, name: &str) -> Result<bool, Error> {
    holder.field(name)?.map_or(Ok(false), |field| field.boolean())
}

fn read_test(test: &Cursor<'_>) -> Result<Test, Error> {
    let path = |name: &str| -> Result<String, Error> {
        Ok(test.required(name, &format!("for example `{name}: {name}.yaml`"))?.name()?.to_owned())
    };
    let cases = test.items_of("cases")?;
    let invalid = flag(test, "invalid")?;
    if invalid && !cases.is_empty() {
        return Err(test.error(ErrorCode::Unexpected, "a test that is `invalid` cannot have cases"));
    }
    Ok(Test {
        name: test.text_of("name")?.to_owned(),
        position: test.position(),
        template: path("template")?,
        constraint: path("constraint")?,
        cases: cases.iter().map(read_case).collect::<Result<_, _>>()?,
        invalid,
        skip: flag(test, "skip")?,
    })
}

fn read_case(case: &Cursor<'_>) -> Result<Case, Error> {
    let assertions = case.items_of("assertions")?;
    Ok(Case {
        name: case.text_of("name")?.to_owned(),
        position: case.position(),
        object: case.required("object", "for example `object: samples/allowed.yaml`")?.name()?.to_owned(),
        inventory: case.texts_of("inventory")?,
        assertions: assertions.iter().map(read_assertion).collect::<Result<_, _>>()?,
        skip: flag(case, "skip")?,
    })
}

fn read_assertion(assertion: &Cursor<'_>) -> Result<Assertion, Error> {
    let violations = match assertion.field("violations")? {
        None => Count::Some,
        Some(field) => match field.value() {
            // `yes` and `no` without quotes are booleans in YAML 1.1, which gator reads, and text in ours.
            Value::Bool(true) => Count::Some,
            Value::Bool(false) => Count::None,
            Value::String(text) if text == "yes" => Count::Some,
            Value::String(text) if text == "no" => Count::None,
            Value::Number(number) if number.as_u64().is_some() => Count::Exactly(number.as_u64().unwrap_or_default()),
            _ => {
                return Err(field
                    .error(ErrorCode::Unexpected, "`violations` cannot be this")
                    .hint("yes, no or a number from 0"));
            }
        },
    };
    let message = assertion.field("message")?.map(|field| field.text().map(str::to_owned)).transpose()?;
    Ok(Assertion { violations, message, position: assertion.position() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Options;
    use crate::manifest::read_manifests;

    fn read(tests: &str) -> Result<Suite, Error> {
        let text = format!("apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\ntests:\n{tests}");
        Suite::read(&read_manifests("s.yaml", text.as_bytes(), &Options::default())?[0])
    }

    #[test]
    fn counts() {
        let case = |count: &str| {
            let test = format!(
                "- {{template: t, constraint: c, cases: [{{object: o, assertions: [{{violations: {count}}}]}}]}}"
            );
            read(&test).map(|suite| suite.tests[0].cases[0].assertions[0].violations)
        };
        for (text, expected) in
            [("yes", Count::Some), ("'no'", Count::None), ("true", Count::Some), ("0", Count::Exactly(0))]
        {
            assert_eq!(case(text), Ok(expected), "{text}");
        }
        for text in ["-1", "maybe", "1.5", "[]"] {
            assert!(case(text).is_err(), "{text}");
        }
    }

    #[test]
    fn assertions_count_matching_messages() {
        let position = Position::START;
        let assertion = Assertion { violations: Count::Exactly(1), message: Some("owner".to_owned()), position };
        let contains = |expression: &str, message: &str| message.contains(expression);
        assert!(assertion.holds(["no owner", "no cost"], contains));
        assert!(!assertion.holds(["no owner", "other owner"], contains));
    }

    #[test]
    fn what_is_missing_is_an_error() {
        assert!(read("- {constraint: c}").unwrap_err().message().contains("`tests[0].template` is missing"));
        assert!(read("- {template: t, constraint: c, invalid: true, cases: [{object: o}]}").is_err());
    }
}
