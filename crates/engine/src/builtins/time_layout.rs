//! Layouts of times, as Go writes them: a layout shows how `Mon Jan 2 15:04:05.999 MST 2006` would be written.
//!
//! A layout is taken apart into [`Chunk`]s with text between them; writing and reading a time both walk over these.
//! See the documentation of Go's package `time` for what layouts may hold. Text is bytes, as in Go.

use super::time_calendar::{Civil, days_before, days_in};

/// What one part of a layout stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    Year,
    LongYear,
    Month,
    LongMonth,
    NumberMonth,
    ZeroMonth,
    WeekDay,
    LongWeekDay,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    UpperHalf,
    LowerHalf,
    ZoneName,
    /// An offset from UTC; `utc` if zero is written `Z`.
    Offset {
        utc: bool,
        shape: Shape,
    },
    /// Digits after the second; `trim` if zeros at the end are left out.
    Fraction {
        digits: usize,
        trim: bool,
        separator: u8,
    },
}

/// How an offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `-07`
    Short,
    /// `-0700`
    Plain,
    /// `-07:00`
    Colon,
    /// `-070000`
    Seconds,
    /// `-07:00:00`
    ColonSeconds,
}

impl Shape {
    /// Where its colons stand and how long it is.
    fn colons_and_length(self) -> (&'static [usize], usize) {
        match self {
            Shape::Short => (&[], 3),
            Shape::Plain => (&[], 5),
            Shape::Colon => (&[3], 6),
            Shape::Seconds => (&[], 7),
            Shape::ColonSeconds => (&[3, 6], 9),
        }
    }
}

/// What is written for a chunk, the longest first where one starts with another.
const LITERALS: &[(&str, Chunk)] = &[
    ("January", Chunk::LongMonth),
    ("Monday", Chunk::LongWeekDay),
    ("MST", Chunk::ZoneName),
    ("002", Chunk::ZeroYearDay),
    ("01", Chunk::ZeroMonth),
    ("02", Chunk::ZeroDay),
    ("03", Chunk::ZeroHour12),
    ("04", Chunk::ZeroMinute),
    ("05", Chunk::ZeroSecond),
    ("06", Chunk::Year),
    ("15", Chunk::Hour),
    ("1", Chunk::NumberMonth),
    ("2006", Chunk::LongYear),
    ("2", Chunk::Day),
    ("_2", Chunk::UnderDay),
    ("__2", Chunk::UnderYearDay),
    ("3", Chunk::Hour12),
    ("4", Chunk::Minute),
    ("5", Chunk::Second),
    ("PM", Chunk::UpperHalf),
    ("pm", Chunk::LowerHalf),
    ("-07:00:00", Chunk::Offset { utc: false, shape: Shape::ColonSeconds }),
    ("-070000", Chunk::Offset { utc: false, shape: Shape::Seconds }),
    ("-07:00", Chunk::Offset { utc: false, shape: Shape::Colon }),
    ("-0700", Chunk::Offset { utc: false, shape: Shape::Plain }),
    ("-07", Chunk::Offset { utc: false, shape: Shape::Short }),
    ("Z07:00:00", Chunk::Offset { utc: true, shape: Shape::ColonSeconds }),
    ("Z070000", Chunk::Offset { utc: true, shape: Shape::Seconds }),
    ("Z07:00", Chunk::Offset { utc: true, shape: Shape::Colon }),
    ("Z0700", Chunk::Offset { utc: true, shape: Shape::Plain }),
    ("Z07", Chunk::Offset { utc: true, shape: Shape::Short }),
];

/// A layout cut at its first chunk.
struct Part<'l> {
    before: &'l [u8],
    chunk: Chunk,
    /// How the layout writes the chunk.
    written: &'l [u8],
    after: &'l [u8],
}

/// Cuts a layout at its first chunk, if it has one.
fn next_chunk(layout: &[u8]) -> Option<Part<'_>> {
    for at in 0..layout.len() {
        let rest = layout.get(at..)?;
        if let Some((chunk, length)) = chunk_at(rest) {
            // In `_2006` the underscore is text.
            let at = if chunk == Chunk::UnderDay && rest.starts_with(b"_2006") { at + 1 } else { at };
            let (chunk, length) = if rest.starts_with(b"_2006") { (Chunk::LongYear, 4) } else { (chunk, length) };
            let (written, after) = layout.get(at..)?.split_at_checked(length)?;
            return Some(Part { before: layout.get(..at)?, chunk, written, after });
        }
    }
    None
}

fn chunk_at(rest: &[u8]) -> Option<(Chunk, usize)> {
    if let Some((literal, chunk)) = LITERALS.iter().find(|(literal, _)| rest.starts_with(literal.as_bytes())) {
        return Some((*chunk, literal.len()));
    }
    // Short names, unless they are the beginning of a word.
    let ends = !rest.get(3).is_some_and(u8::is_ascii_lowercase);
    if ends && rest.starts_with(b"Jan") {
        return Some((Chunk::Month, 3));
    }
    if ends && rest.starts_with(b"Mon") {
        return Some((Chunk::WeekDay, 3));
    }
    // A dot or comma and only zeros or only nines, after which no other digit comes.
    if let [separator @ (b'.' | b','), digit @ (b'0' | b'9'), ..] = rest {
        let digits = rest.iter().skip(1).take_while(|byte| *byte == digit).count();
        if !rest.get(1 + digits).is_some_and(u8::is_ascii_digit) {
            return Some((Chunk::Fraction { digits, trim: *digit == b'9', separator: *separator }, 1 + digits));
        }
    }
    None
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The days of the week, from Sunday on.
pub(super) const WEEK_DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The layouts that have a name; others stand for themselves.
pub(super) fn named(name: &str) -> &str {
    match name {
        "ANSIC" => "Mon Jan _2 15:04:05 2006",
        "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
        "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
        "RFC822" => "02 Jan 06 15:04 MST",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC3339" => RFC3339,
        "RFC3339Nano" => "2006-01-02T15:04:05.999999999Z07:00",
        other => other,
    }
}

/// The layout of RFC 3339.
pub(super) const RFC3339: &str = "2006-01-02T15:04:05Z07:00";

/// Writes a time, whose zone has this offset in seconds and this name.
pub(super) fn format(layout: &str, time: &Civil, offset: i64, zone: &str) -> String {
    let mut out = Vec::new();
    let mut layout = layout.as_bytes();
    while let Some(Part { before, chunk, after, .. }) = next_chunk(layout) {
        out.extend_from_slice(before);
        out.extend_from_slice(written(chunk, time, offset, zone).as_bytes());
        layout = after;
    }
    out.extend_from_slice(layout);
    String::from_utf8_lossy(&out).into_owned()
}

fn written(chunk: Chunk, time: &Civil, offset: i64, zone: &str) -> String {
    let name = |names: &[&str], at: i64, length: usize| {
        let name = usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default();
        name.get(..length).unwrap_or(name).to_owned()
    };
    let hour12 = (time.hour + 11) % 12 + 1;
    let half = if time.hour >= 12 { "PM" } else { "AM" };
    match chunk {
        Chunk::Year => format!("{:02}", time.year.max(0) % 100),
        Chunk::LongYear => format!("{:04}", time.year),
        Chunk::Month => name(&MONTHS, time.month - 1, 3),
        Chunk::LongMonth => name(&MONTHS, time.month - 1, usize::MAX),
        Chunk::NumberMonth => time.month.to_string(),
        Chunk::ZeroMonth => format!("{:02}", time.month),
        Chunk::WeekDay => name(&WEEK_DAYS, time.week_day(), 3),
        Chunk::LongWeekDay => name(&WEEK_DAYS, time.week_day(), usize::MAX),
        Chunk::Day => time.day.to_string(),
        Chunk::UnderDay => format!("{:2}", time.day),
        Chunk::ZeroDay => format!("{:02}", time.day),
        Chunk::UnderYearDay => format!("{:3}", time.year_day()),
        Chunk::ZeroYearDay => format!("{:03}", time.year_day()),
        Chunk::Hour => format!("{:02}", time.hour),
        Chunk::Hour12 => hour12.to_string(),
        Chunk::ZeroHour12 => format!("{hour12:02}"),
        Chunk::Minute => time.minute.to_string(),
        Chunk::ZeroMinute => format!("{:02}", time.minute),
        Chunk::Second => time.second.to_string(),
        Chunk::ZeroSecond => format!("{:02}", time.second),
        Chunk::UpperHalf => half.to_owned(),
        Chunk::LowerHalf => half.to_ascii_lowercase(),
        Chunk::ZoneName => zone.to_owned(),
        Chunk::Offset { utc: true, .. } if offset == 0 => "Z".into(),
        Chunk::Offset { shape, .. } => written_offset(shape, offset),
        Chunk::Fraction { digits, trim, separator } => {
            let all = format!("{:09}", time.nanosecond);
            let mut kept = all.get(..digits).unwrap_or(&all);
            if trim {
                kept = kept.trim_end_matches('0');
            }
            if kept.is_empty() { String::new() } else { format!("{}{kept}", char::from(separator)) }
        }
    }
}

fn written_offset(shape: Shape, offset: i64) -> String {
    let sign = if offset <= -60 { '-' } else { '+' };
    let (hours, minutes, seconds) = (offset.abs() / 3600, offset.abs() / 60 % 60, offset.abs() % 60);
    match shape {
        Shape::Short => format!("{sign}{hours:02}"),
        Shape::Plain => format!("{sign}{hours:02}{minutes:02}"),
        Shape::Colon => format!("{sign}{hours:02}:{minutes:02}"),
        Shape::Seconds => format!("{sign}{hours:02}{minutes:02}{seconds:02}"),
        Shape::ColonSeconds => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    }
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

/// Reads a time: nanoseconds since 1970, or Go's message.
pub(super) fn parse(layout: &str, value: &str) -> Result<i128, String> {
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

/// Quotes text as Go's package `time` does: bytes that are not printable ASCII as `\x00`.
pub(super) fn quote(text: &[u8]) -> String {
    let mut out = String::from('"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            0..0x20 | 0x80.. => out.push_str(&format!("\\x{byte:02x}")),
            _ => out.push(char::from(*byte)),
        }
    }
    out.push('"');
    out
}
