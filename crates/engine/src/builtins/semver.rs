//! Semantic versions, as <https://semver.org> defines them, with an optional `v` in front.

use super::failure::operand;
use super::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;
use std::cmp::Ordering;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "semver.compare",
        signature: "(a: string, b: string) -> result: number",
        doc: "Compares two semantic versions: -1 if `a` comes before `b`, 0 if neither does, 1 if it comes after.",
        example: (r#"semver.compare("1.10.0-rc.2", "1.10.0")"#, "-1"),
        purity: Purity::Pure,
        call: compare,
    },
    Builtin {
        name: "semver.is_valid",
        signature: "(vsn: any) -> result: boolean",
        doc: "Whether the value is a string with a semantic version.",
        example: (r#"semver.is_valid("1.2.03")"#, "false"),
        purity: Purity::Pure,
        call: is_valid,
    },
];

fn compare<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let left = operand::string(args, 1)?;
    let right = operand::string(args, 2)?;
    let parse = |position: usize, text| {
        Version::parse(text).ok_or_else(|| {
            Failure::error(format!("operand {position}: string {} is not a valid SemVer", Value::string(text)))
        })
    };
    Ok(Value::Int(parse(1, left)?.compare(&parse(2, right)?) as i64))
}

fn is_valid<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(operand::any(args, 1)?.as_str().and_then(Version::parse).is_some()))
}

struct Version<'t> {
    numbers: [i64; 3],
    /// Empty for a release.
    pre_release: &'t str,
}

impl<'t> Version<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, metadata) = cut(text, '+');
        let (text, pre_release) = cut(text, '-');
        if metadata.is_some_and(|metadata| !metadata.split('.').all(is_identifier)) {
            return None;
        }
        let unpadded = |part: &str| part.len() < 2 || !part.starts_with('0') || !is_number(part);
        if pre_release.is_some_and(|all| !all.split('.').all(|part| is_identifier(part) && unpadded(part))) {
            return None;
        }
        let mut parts = text.split('.');
        let mut number = || {
            let part = parts.next()?;
            if is_number(part) && unpadded(part) { part.parse().ok() } else { None }
        };
        let numbers = [number()?, number()?, number()?];
        if parts.next().is_some() {
            return None;
        }
        Some(Version { numbers, pre_release: pre_release.unwrap_or_default() })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre_release, other.pre_release) {
            (left, right) if left == right => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (left, right) => compare_pre_releases(left, right),
        })
    }
}

/// What stands before and after the first `separator`.
fn cut(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Identifier by identifier: numbers by value and before words, words by their bytes, a prefix before what is longer.
fn compare_pre_releases(left: &str, right: &str) -> Ordering {
    // Numbers that do not fit count as the largest that does, as in OPA.
    let value = |part: &str| part.parse().unwrap_or(i64::MAX);
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => match (is_number(left), is_number(right)) {
                (true, true) => value(left).cmp(&value(right)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => left.cmp(right),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_the_order_of_the_specification() {
        let sorted = [
            "0.0.1",
            "1.0.0-1",
            "1.0.0-99999999999999999999.1",
            "1.0.0-99999999999999999998.2",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "v1.0.0",
            "1.0.1+x.01",
        ];
        for pair in sorted.windows(2) {
            let [left, right] = pair else { continue };
            let order = Version::parse(left).zip(Version::parse(right)).map(|(left, right)| left.compare(&right));
            assert_eq!(order, Some(Ordering::Less), "{left} < {right}");
        }
    }

    #[test]
    fn equal_by_value_is_equal_though_written_otherwise() {
        let order = Version::parse("1.0.0-99999999999999999999")
            .zip(Version::parse("1.0.0-99999999999999999998"))
            .map(|(left, right)| left.compare(&right));
        assert_eq!(order, Some(Ordering::Equal));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for wrong in [
            "",
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.3-",
            "1.2.3+",
            "1.2.3-01",
            "1.2.3-a..b",
            "1.2.-3",
            "+1.2.3",
            "1.2.99999999999999999999",
            "vv1.2.3",
            "1.2.3-ä",
        ] {
            assert!(Version::parse(wrong).is_none(), "{wrong:?}");
        }
    }
}
