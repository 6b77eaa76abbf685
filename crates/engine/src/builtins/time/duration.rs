//! Durations as Go writes them (`1h30m`), and with days, weeks and years.

use crate::builtins::quote::quoted;

/// Reads a duration in nanoseconds; fails with OPA's message.
pub(in super::super) fn parse(text: &str) -> Result<i64, String> {
    if text.is_empty() || text.contains(['d', 'w', 'y']) {
        let rewritten = in_hours(text).ok_or_else(|| format!("time: invalid duration {}", quoted(text)))?;
        return parse_plain(&rewritten).map_err(|message| format!("{message} {}", quoted(text)));
    }
    parse_plain(text).map_err(|message| format!("{message} {}", super::layout::quote(text.as_bytes())))
}

/// The duration with days, weeks and years written as hours. `None` if it is not numbers with units, each a small
/// letter or one of `ms`, `us`, `µs` and `ns`.
fn in_hours(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut out = text.get(..text.len() - unsigned.len())?.to_owned();
    let mut rest = unsigned;
    while !rest.is_empty() || rest.len() == unsigned.len() {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let (number, after) = rest.split_at_checked(digits).filter(|(number, _)| !number.is_empty())?;
        let long = ["ms", "us", "µs", "ns"].into_iter().find(|unit| after.starts_with(unit));
        let unit = match long {
            Some(unit) => unit,
            None => after.get(..1).filter(|unit| unit.bytes().all(|byte| byte.is_ascii_lowercase()))?,
        };
        rest = after.strip_prefix(unit)?;
        let hours = match unit {
            "d" => 24.0,
            "w" => 7.0 * 24.0,
            "y" => 365.0 * 24.0,
            _ => {
                out.push_str(number);
                out.push_str(unit);
                continue;
            }
        };
        let hours = number.parse::<f64>().ok().filter(|number| number.is_finite())? * hours;
        out.push_str(&format!("{hours}h"));
    }
    Some(out)
}

/// Reads a duration of Go. A message lacks the quoted text at its end.
fn parse_plain(text: &str) -> Result<i64, String> {
    /// The largest magnitude, of a negative duration.
    const MOST: u64 = 1 << 63;
    let invalid = || "time: invalid duration".to_owned();
    let negative = text.starts_with('-');
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at_checked(digits(rest)).ok_or_else(invalid)?;
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at_checked(digits(after)).ok_or_else(invalid)?,
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end).ok_or_else(invalid)?;
        let whole = if whole.is_empty() {
            0
        } else {
            whole.parse::<u64>().ok().filter(|whole| *whole <= MOST).ok_or_else(invalid)?
        };
        if unit.is_empty() {
            return Err("time: missing unit in duration".into());
        }
        let factor = nanoseconds(unit)
            .ok_or_else(|| format!("time: unknown unit {} in duration", super::layout::quote(unit.as_bytes())))?;
        let amount = whole
            .checked_mul(factor)
            .and_then(|amount| amount.checked_add(part(fraction, factor)))
            .and_then(|amount| total.checked_add(amount));
        total = amount.filter(|amount| *amount <= MOST).ok_or_else(invalid)?;
        rest = after;
    }
    if negative {
        return Ok(0_i64.wrapping_sub_unsigned(total));
    }
    i64::try_from(total).map_err(|_| invalid())
}

/// The digits after a dot, times the unit, calculated in floats as Go does. Digits that no longer fit do not count.
fn part(digits: &str, factor: u64) -> u64 {
    let (mut number, mut scale) = (0_u64, 1.0_f64);
    for digit in digits.bytes() {
        let next = number.checked_mul(10).and_then(|number| number.checked_add(u64::from(digit - b'0')));
        match next.filter(|next| *next <= 1 << 63) {
            Some(next) if number <= i64::MAX as u64 / 10 => number = next,
            _ => break,
        }
        scale *= 10.0;
    }
    (number as f64 * (factor as f64 / scale)) as u64
}

fn nanoseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        // The micro sign, and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}
