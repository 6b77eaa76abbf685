//! Spans of time on the command line.

use anyhow::{Context, Result};
use std::time::Duration;

/// `2s`, `300ms` or `50us`.
///
/// # Errors
///
/// The text is none of these.
pub fn duration(text: &str) -> Result<Duration> {
    let units = [("ms", 1e-3), ("us", 1e-6), ("s", 1.0)];
    let found = units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let seconds = found.and_then(|(number, unit)| Some(number.parse::<f64>().ok()? * unit));
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.with_context(|| format!("{text} is no time such as 2s, 300ms or 50us"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = |text| duration(text).ok().map(|time| time.as_micros());
        assert_eq!(read("300ms"), Some(300_000));
        assert_eq!(read("1.5s"), Some(1_500_000));
        assert_eq!(read("50us"), Some(50));
        assert_eq!(read("300"), None);
        assert_eq!(read("-1s"), None);
    }
}
