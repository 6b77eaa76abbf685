//! Layouts of times, as Go writes them: a layout shows how `Mon Jan 2 15:04:05.999 MST 2006` would be written.
//!
//! A layout is taken apart into [`Chunk`]s with text between them; writing a time, which stands here, and reading one
//! both walk over these.
//! See the documentation of Go's package `time` for what layouts may hold. Text is bytes, as in Go.

use super::calendar::Civil;

/// What one part of a layout stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
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
pub(super) enum Shape {
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
    pub(super) fn colons_and_length(self) -> (&'static [usize], usize) {
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
pub(super) struct Part<'l> {
    pub before: &'l [u8],
    pub chunk: Chunk,
    /// How the layout writes the chunk.
    pub written: &'l [u8],
    pub after: &'l [u8],
}

/// Cuts a layout at its first chunk, if it has one.
pub(super) fn next_chunk(layout: &[u8]) -> Option<Part<'_>> {
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

pub(super) const MONTHS: [&str; 12] = [
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
pub(in crate::builtins) const RFC3339: &str = "2006-01-02T15:04:05Z07:00";

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
