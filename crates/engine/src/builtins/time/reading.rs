//! Times read by a layout, as Go's `time.Parse` does.

use super::calendar::{Civil, days_before, days_in};
use super::layout::{Chunk, MONTHS, Part, Shape, WEEK_DAYS, next_chunk, quote};

/// Reads a time: nanoseconds since 1970, or Go's message.
pub(in crate::builtins) fn parse(layout: &str, value: &str) -> Result<i128, String> {
    let failed = |message: String| format!("parsing time {}{message}", quote(value.as_bytes()));
    let form = |element: &[u8], found: &[u8]| {
        failed(format!(" as {}: cannot parse {} as {}", quote(layout.as_bytes()), quote(found), quote(element)))
    };
    let (mut rest_of_layout, mut rest) = (layout.as_bytes(), value.as_bytes());
    let mut reading = Reading::default();
    while let Some(Part { before, chunk, written, after }) = next_chunk(rest_of_layout) {
        rest = skip(rest, before).map_err(|found| form(before, found))?;
        let hold = rest;
        rest_of_layout = after;
        reading.read(chunk, &mut rest, after).map_err(|wrong| match wrong {
            Wrong::Form => form(written, hold),
            Wrong::Range(what) => failed(format!(": {what} out of range")),
        })?;
    }
    rest = skip(rest, rest_of_layout).map_err(|found| form(rest_of_layout, found))?;
    if !rest.is_empty() {
        return Err(failed(format!(": extra text: {}", quote(rest))));
    }
    reading.finish().map_err(|message| failed(format!(": {message}")))
}

/// Why a chunk could not be read.
enum Wrong {
    /// The value is not what the layout asks for.
    Form,
    /// This is out of its range.
    Range(&'static str),
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanosecond: i64,
    half: Option<Half>,
    /// Seconds east of UTC. A zone's name alone tells no offset.
    offset: i64,
    utc: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

impl Reading {
    /// Reads a chunk off `rest`; `after` is what comes after it in the layout.
    fn read(&mut self, chunk: Chunk, rest: &mut &[u8], after: &[u8]) -> Result<(), Wrong> {
        match chunk {
            Chunk::Year => {
                let year = integer(take(rest, 2)?)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
            }
            Chunk::LongYear => {
                if !rest.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Wrong::Form);
                }
                self.year = integer(take(rest, 4)?)?;
            }
            Chunk::Month => self.month = Some(name(rest, &MONTHS, 3)? + 1),
            Chunk::LongMonth => self.month = Some(name(rest, &MONTHS, usize::MAX)? + 1),
            Chunk::NumberMonth | Chunk::ZeroMonth => {
                let month = number(rest, 2, chunk == Chunk::ZeroMonth)?;
                if month == 0 {
                    return Err(Wrong::Range("month"));
                }
                self.month = Some(in_range(month, 12, "month")?);
            }
            Chunk::WeekDay => drop(name(rest, &WEEK_DAYS, 3)?),
            Chunk::LongWeekDay => drop(name(rest, &WEEK_DAYS, usize::MAX)?),
            Chunk::Day | Chunk::UnderDay | Chunk::ZeroDay => {
                if chunk == Chunk::UnderDay {
                    *rest = rest.strip_prefix(b" ").unwrap_or(rest);
                }
                self.day = Some(number(rest, 2, chunk == Chunk::ZeroDay)?);
            }
            Chunk::UnderYearDay | Chunk::ZeroYearDay => {
                for _ in 0..2 {
                    if chunk == Chunk::UnderYearDay {
                        *rest = rest.strip_prefix(b" ").unwrap_or(rest);
                    }
                }
                self.year_day = Some(number(rest, 3, chunk == Chunk::ZeroYearDay)?);
            }
            Chunk::Hour => self.hour = in_range(number(rest, 2, false)?, 23, "hour")?,
            Chunk::Hour12 | Chunk::ZeroHour12 => {
                self.hour = in_range(number(rest, 2, chunk == Chunk::ZeroHour12)?, 12, "hour")?;
            }
            Chunk::Minute | Chunk::ZeroMinute => {
                self.minute = in_range(number(rest, 2, chunk == Chunk::ZeroMinute)?, 59, "minute")?;
            }
            Chunk::Second | Chunk::ZeroSecond => {
                self.second = in_range(number(rest, 2, chunk == Chunk::ZeroSecond)?, 59, "second")?;
                // A fraction may follow even if the layout has none.
                let length = fraction_length(rest);
                let asked = matches!(next_chunk(after), Some(Part { chunk: Chunk::Fraction { .. }, .. }));
                if length > 0 && !asked {
                    self.nanosecond = fraction(rest, length)?;
                }
            }
            Chunk::UpperHalf | Chunk::LowerHalf => {
                self.half = Some(match (chunk, take(rest, 2)?) {
                    (Chunk::UpperHalf, b"PM") | (Chunk::LowerHalf, b"pm") => Half::Afternoon,
                    (Chunk::UpperHalf, b"AM") | (Chunk::LowerHalf, b"am") => Half::Morning,
                    _ => return Err(Wrong::Form),
                });
            }
            Chunk::Offset { utc: true, .. } if rest.first() == Some(&b'Z') => {
                take(rest, 1)?;
                self.utc = true;
            }
            Chunk::Offset { shape, .. } => self.offset = offset(rest, shape)?,
            Chunk::ZoneName if rest.starts_with(b"UTC") => {
                take(rest, 3)?;
                self.utc = true;
            }
            Chunk::ZoneName => drop(take(rest, zone_name_length(rest).ok_or(Wrong::Form)?)?),
            Chunk::Fraction { digits, trim: false, .. } => self.nanosecond = fraction(rest, 1 + digits)?,
            Chunk::Fraction { trim: true, .. } => {
                let length = fraction_length(rest);
                if length > 0 {
                    self.nanosecond = fraction(rest, length)?;
                }
            }
        }
        Ok(())
    }

    /// The time in nanoseconds, or what is wrong with it.
    fn finish(mut self) -> Result<i128, &'static str> {
        match self.half {
            Some(Half::Afternoon) if self.hour < 12 => self.hour += 12,
            Some(Half::Morning) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        if let Some(year_day) = self.year_day {
            let (month, day) = month_and_day(self.year, year_day).ok_or("day-of-year out of range")?;
            if self.month.is_some_and(|seen| seen != month) {
                return Err("day-of-year does not match month");
            }
            if self.day.is_some_and(|seen| seen != day) {
                return Err("day-of-year does not match day");
            }
            (self.month, self.day) = (Some(month), Some(day));
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if day < 1 || day > days_in(self.year, month) {
            return Err("day out of range");
        }
        let time = Civil {
            year: self.year,
            month,
            day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
            nanosecond: self.nanosecond,
        };
        let offset = if self.utc { 0 } else { self.offset };
        Ok(time.nanoseconds() - i128::from(offset) * 1_000_000_000)
    }
}

/// Takes text of the layout off the value; runs of spaces count as one. On failure gives what was left.
fn skip<'v>(mut value: &'v [u8], mut prefix: &[u8]) -> Result<&'v [u8], &'v [u8]> {
    while let Some((first, after)) = prefix.split_first() {
        if *first == b' ' {
            if value.first().is_some_and(|byte| *byte != b' ') {
                return Err(value);
            }
            prefix = without_spaces(prefix);
            value = without_spaces(value);
            continue;
        }
        match value.split_first() {
            Some((found, rest)) if found == first => value = rest,
            _ => return Err(value),
        }
        prefix = after;
    }
    Ok(value)
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

/// A number of up to `most` digits, exactly so many if `fixed`.
fn number(rest: &mut &[u8], most: usize, fixed: bool) -> Result<i64, Wrong> {
    let count = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || fixed && count < most {
        return Err(Wrong::Form);
    }
    integer(take(rest, count)?)
}

/// Takes `count` bytes off the front.
fn take<'v>(rest: &mut &'v [u8], count: usize) -> Result<&'v [u8], Wrong> {
    let (taken, after) = rest.split_at_checked(count).ok_or(Wrong::Form)?;
    *rest = after;
    Ok(taken)
}

/// An integer, with a sign if there is one.
fn integer(text: &[u8]) -> Result<i64, Wrong> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Wrong::Form)
}

/// One of the names, in any case, of which `length` letters are written: its number.
fn name(rest: &mut &[u8], names: &[&str], length: usize) -> Result<i64, Wrong> {
    for (at, name) in names.iter().enumerate() {
        let name = name.get(..length).unwrap_or(name).as_bytes();
        if rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            take(rest, name.len())?;
            return i64::try_from(at).map_err(|_| Wrong::Form);
        }
    }
    Err(Wrong::Form)
}

/// A separator and digits, `length` bytes in all: nanoseconds. Digits beyond the ninth do not count.
fn fraction(rest: &mut &[u8], length: usize) -> Result<i64, Wrong> {
    let text = take(rest, length)?;
    let Some((b'.' | b',', digits)) = text.split_first() else { return Err(Wrong::Form) };
    let digits = digits.get(..9).unwrap_or(digits);
    let found = integer(digits)?;
    if found < 0 {
        return Err(Wrong::Range("fractional second"));
    }
    Ok((digits.len()..9).fold(found, |number, _| number * 10))
}

/// How many bytes a dot or comma with digits after it takes; 0 if it is not there.
fn fraction_length(rest: &[u8]) -> usize {
    match rest {
        [b'.' | b',', digits @ ..] => {
            let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if count == 0 { 0 } else { count + 1 }
        }
        _ => 0,
    }
}

fn in_range(number: i64, most: i64, what: &'static str) -> Result<i64, Wrong> {
    if number > most { Err(Wrong::Range(what)) } else { Ok(number) }
}

/// The month and day of a day of the year.
fn month_and_day(year: i64, year_day: i64) -> Option<(i64, i64)> {
    let month = (1..=12).rev().find(|month| days_before(year, *month) < year_day)?;
    let day = year_day - days_before(year, month);
    (day <= days_in(year, month)).then_some((month, day))
}

/// Reads an offset in seconds.
fn offset(rest: &mut &[u8], shape: Shape) -> Result<i64, Wrong> {
    let (colons, length) = shape.colons_and_length();
    let text = take(rest, length)?;
    if !colons.iter().all(|at| text.get(*at) == Some(&b':')) {
        return Err(Wrong::Form);
    }
    let (sign, digits) = text.split_first().ok_or(Wrong::Form)?;
    let mut numbers = [0; 3];
    let mut digits = digits.iter().copied().filter(|byte| *byte != b':');
    for number in &mut numbers {
        let (Some(tens), Some(ones)) = (digits.next(), digits.next()) else { break };
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return Err(Wrong::Form);
        }
        *number = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    }
    let [hours, minutes, seconds] = numbers;
    // Some write offsets of 24 hours or 60 minutes.
    in_range(hours, 24, "time zone offset hour")?;
    in_range(minutes, 60, "time zone offset minute")?;
    in_range(seconds, 60, "time zone offset second")?;
    let total = (hours * 60 + minutes) * 60 + seconds;
    match sign {
        b'+' => Ok(total),
        b'-' => Ok(-total),
        _ => Err(Wrong::Form),
    }
}

/// How long the name of a time zone at the start of the text is: three capital letters, four or five if the last is a
/// `T`, an offset in hours, or `GMT` with one.
fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") || text.starts_with(b"WITA") && capitals(text) == 4 {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + hours_length(rest));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return Some(hours_length(text)).filter(|length| *length > 0);
    }
    match capitals(text) {
        3 => Some(3),
        length @ (4 | 5) if text.get(length - 1) == Some(&b'T') => Some(length),
        _ => None,
    }
}

/// With how many capital letters the text starts, up to six.
fn capitals(text: &[u8]) -> usize {
    text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count()
}

/// The length of a sign and a number of hours up to 23; 0 if there is none.
fn hours_length(text: &[u8]) -> usize {
    let Some((b'+' | b'-', digits)) = text.split_first() else { return 0 };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = digits.get(..count).unwrap_or_default();
    match integer(digits) {
        Ok(0..=23) => 1 + count,
        _ => 0,
    }
}
