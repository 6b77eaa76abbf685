//! The builtins, and the time zones that they know.

use super::calendar::{Civil, days_in};
use super::layout::{self, RFC3339, WEEK_DAYS};
use super::{duration, reading};
use crate::builtins::failure::operand;
use crate::builtins::{Builtin, Context, Failure, Outcome, Purity};
use crate::value::Value;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::LazyLock;

pub(in crate::builtins) static TABLE: &[Builtin] = &[
    Builtin {
        name: "time.now_ns",
        signature: "() -> now: number",
        doc: "The time of the evaluation, the same however often it is asked for.",
        example: ("time.now_ns() == time.now_ns()", "true"),
        purity: Purity::Nondeterministic,
        call: now,
    },
    Builtin {
        name: "time.parse_ns",
        signature: "(layout: string, value: string) -> ns: number",
        doc: "Reads a time in the given layout of Go's package `time`, or one of its named layouts such as `RFC1123`.",
        example: (r#"time.parse_ns("2006-01-02", "1970-01-02")"#, "86400000000000"),
        purity: Purity::Pure,
        call: parse,
    },
    Builtin {
        name: "time.parse_rfc3339_ns",
        signature: "(value: string) -> ns: number",
        doc: "Reads a time in the format of RFC 3339.",
        example: (r#"time.parse_rfc3339_ns("1970-01-01T01:00:01.5+01:00")"#, "1500000000"),
        purity: Purity::Pure,
        call: parse_rfc3339,
    },
    Builtin {
        name: "time.parse_duration_ns",
        signature: "(duration: string) -> ns: number",
        doc: "Reads a duration such as `1h30m`. Units are `ns`, `us`, `ms`, `s`, `m`, `h`, `d` (24 hours), `w` (7 \
              days) and `y` (365 days).",
        example: (r#"time.parse_duration_ns("1.5s")"#, "1500000000"),
        purity: Purity::Pure,
        call: parse_duration,
    },
    Builtin {
        name: "time.format",
        signature: "(x: number | array<number, string> | array<number, string, string>) -> formatted timestamp: string",
        doc: "Writes a time; an array adds the name of a time zone and a layout of Go's package `time`. Without \
              these it is UTC and RFC 3339.",
        example: (r#"time.format([0, "Asia/Kolkata", "15:04 on Mon 2 Jan 2006"])"#, r#""05:30 on Thu 1 Jan 1970""#),
        purity: Purity::Pure,
        call: format,
    },
    Builtin {
        name: "time.date",
        signature: "(x: number | array<number, string>) -> date: array<number, number, number>",
        doc: "Year, month and day of a time, in UTC or the named time zone.",
        example: (r#"time.date([0, "America/New_York"])"#, "[1969, 12, 31]"),
        purity: Purity::Pure,
        call: date,
    },
    Builtin {
        name: "time.clock",
        signature: "(x: number | array<number, string>) -> output: array<number, number, number>",
        doc: "Hour, minute and second of a time, in UTC or the named time zone.",
        example: (r#"time.clock([0, "America/New_York"])"#, "[19, 0, 0]"),
        purity: Purity::Pure,
        call: clock,
    },
    Builtin {
        name: "time.weekday",
        signature: "(x: number | array<number, string>) -> day: string",
        doc: "The day of the week of a time, in UTC or the named time zone.",
        example: ("time.weekday(0)", r#""Thursday""#),
        purity: Purity::Pure,
        call: weekday,
    },
    Builtin {
        name: "time.add_date",
        signature: "(ns: number, years: number, months: number, days: number) -> output: number",
        doc: "The time so many years, months and days later. A day that the month does not have is one of the next \
              month.",
        example: ("time.add_date(0, 0, 1, -1)", "2592000000000000"),
        purity: Purity::Pure,
        call: add_date,
    },
    Builtin {
        name: "time.diff",
        signature: "(ns1: number | array<number, string>, ns2: number | array<number, string>) \
                    -> output: array<number, number, number, number, number, number>",
        doc: "Years, months, days, hours, minutes and seconds between two times, whichever is first, in the first \
              one's time zone.",
        example: ("time.diff(0, 90061000000000)", "[0, 0, 1, 1, 1, 1]"),
        purity: Purity::Pure,
        call: diff,
    },
];

fn now<'a>(ctx: &mut Context<'a, '_>, _: &[Value<'a>]) -> Outcome<'a> {
    ctx.now().map(Value::Int)
}

/// The number, if times can have it.
fn time<'a>(nanoseconds: i128) -> Outcome<'a> {
    i64::try_from(nanoseconds).map(Value::Int).map_err(|_| Failure::error("time outside of valid range"))
}

fn parse<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let (layout, value) = (operand::string(args, 1)?, operand::string(args, 2)?);
    time(reading::parse(layout::named(layout), value).map_err(Failure::error)?)
}

fn parse_rfc3339<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    time(reading::parse(RFC3339, operand::string(args, 1)?).map_err(Failure::error)?)
}

fn parse_duration<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    duration::parse(operand::string(args, 1)?).map(Value::Int).map_err(Failure::error)
}

/// Rules of time zones, as they were when the engine was built.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// An operand that is a time: alone, or an array with the name of a time zone and a layout.
struct Moment<'a> {
    nanoseconds: i64,
    zone: TimeZone,
    /// Empty if none is given.
    layout: &'a str,
}

impl<'a> Moment<'a> {
    fn operand(args: &[Value<'a>], position: usize) -> Result<Self, Failure> {
        let value = operand::any(args, position)?;
        // OPA counts these as the first operand, whichever they are.
        let parts = match value {
            Value::Int(_) | Value::Number(_) => std::slice::from_ref(&value),
            Value::Array(parts @ [_, ..]) => parts,
            _ => return Err(Failure::operand(1, &value, &["either number (ns) or [number (ns), string (tz)]"])),
        };
        let number = operand::number(parts, 1)?;
        let text = |at: usize| match parts.get(at) {
            Some(part) => operand::string(&[*part], 1),
            None => Ok(""),
        };
        let zone = zone(text(1)?)?;
        let layout = text(2)?;
        let nanoseconds = number.as_i64().ok_or_else(|| Failure::error("timestamp too big"))?;
        Ok(Moment { nanoseconds, zone, layout })
    }

    fn civil(&self) -> Civil {
        Civil::from_nanoseconds(self.nanoseconds, offset(&self.zone, self.nanoseconds.into()))
    }
}

/// The time zone of this name. The host's own (`Local`) is UTC, since the engine does not know where it runs.
fn zone(name: &str) -> Result<TimeZone, Failure> {
    if matches!(name, "" | "UTC" | "Local") {
        return Ok(TimeZone::UTC);
    }
    if name.contains("..") || name.starts_with(['/', '\\']) {
        return Err(Failure::error("time: invalid location name"));
    }
    let zone = ZONES.get(name).ok().filter(|zone| zone.iana_name().is_none_or(|found| found == name));
    zone.ok_or_else(|| Failure::error(format!("unknown time zone {name}")))
}

fn timestamp(nanoseconds: i128) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(nanoseconds).unwrap_or_default()
}

/// The zone's offset from UTC in seconds at a time.
fn offset(zone: &TimeZone, nanoseconds: i128) -> i64 {
    zone.to_offset(timestamp(nanoseconds)).seconds().into()
}

fn format<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let moment = Moment::operand(args, 1)?;
    let layout = if moment.layout.is_empty() { "RFC3339Nano" } else { moment.layout };
    let info = moment.zone.to_offset_info(timestamp(moment.nanoseconds.into()));
    let text =
        layout::format(layout::named(layout), &moment.civil(), info.offset().seconds().into(), info.abbreviation());
    ctx.string(&text)
}

fn date<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let Civil { year, month, day, .. } = Moment::operand(args, 1)?.civil();
    Ok(Value::new_array(ctx.arena, &[year, month, day].map(Value::Int)))
}

fn clock<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let Civil { hour, minute, second, .. } = Moment::operand(args, 1)?.civil();
    Ok(Value::new_array(ctx.arena, &[hour, minute, second].map(Value::Int)))
}

fn weekday<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let day = usize::try_from(Moment::operand(args, 1)?.civil().week_day()).unwrap_or_default();
    Ok(Value::string(WEEK_DAYS.get(day).copied().unwrap_or_default()))
}

fn add_date<'a>(_: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let moment = Moment::operand(args, 1)?;
    let (years, months, days) = (operand::integer(args, 2)?, operand::integer(args, 3)?, operand::integer(args, 4)?);
    let local =
        moment.civil().plus(years, months, days).ok_or_else(|| Failure::error("time outside of valid range"))?;
    // The zone's offset is guessed as if the local time were UTC and looked up again where that leads.
    const NANOSECONDS: i128 = 1_000_000_000;
    let guess = offset(&moment.zone, local);
    let offset = if guess == 0 { 0 } else { offset(&moment.zone, local - i128::from(guess) * NANOSECONDS) };
    time(local - i128::from(offset) * NANOSECONDS)
}

fn diff<'a>(ctx: &mut Context<'a, '_>, args: &[Value<'a>]) -> Outcome<'a> {
    let first = Moment::operand(args, 1)?;
    let second = Moment { zone: first.zone.clone(), ..Moment::operand(args, 2)? };
    let swap = first.nanoseconds > second.nanoseconds;
    let (early, late) = if swap { (second.civil(), first.civil()) } else { (first.civil(), second.civil()) };
    let mut differences = [
        late.year - early.year,
        late.month - early.month,
        late.day - early.day,
        late.hour - early.hour,
        late.minute - early.minute,
        late.second - early.second,
    ];
    let [year, month, day, hour, minute, second] = &mut differences;
    // What is negative borrows from the next larger unit; a month has as many days as the earlier time's.
    let borrow = |unit: &mut i64, larger: &mut i64, count: i64| {
        if *unit < 0 {
            *unit += count;
            *larger -= 1;
        }
    };
    borrow(second, minute, 60);
    borrow(minute, hour, 60);
    borrow(hour, day, 24);
    borrow(day, month, days_in(early.year, early.month));
    borrow(month, year, 12);
    Ok(Value::new_array(ctx.arena, &differences.map(Value::Int)))
}
