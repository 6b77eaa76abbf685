//! The Gregorian calendar, extended to all years.

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builtins) struct Civil {
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    pub nanosecond: i64,
}

const NANOSECONDS: i128 = 1_000_000_000;
const SECONDS_OF_DAY: i64 = 86_400;
/// Days of 400 years.
const DAYS_OF_ERA: i64 = 146_097;

fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

/// How many days the month has.
pub(in crate::builtins) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// How many days of the year come before the month.
pub(super) fn days_before(year: i64, month: i64) -> i64 {
    (1..month).map(|month| days_in(year, month)).sum()
}

/// Days from 1970-01-01 to the first of March of a year that is near enough to zero.
fn days_to_march(year: i64) -> i64 {
    const MARCH_OF_YEAR_ZERO: i64 = -719_468;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    MARCH_OF_YEAR_ZERO + era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100
}

impl Civil {
    /// The time that is so many nanoseconds after 1970 began, in the zone that has this offset in seconds.
    pub fn from_nanoseconds(nanoseconds: i64, offset: i64) -> Self {
        let local = i128::from(nanoseconds) + i128::from(offset) * NANOSECONDS;
        let seconds = i64::try_from(local.div_euclid(NANOSECONDS)).unwrap_or_default();
        let nanosecond = i64::try_from(local.rem_euclid(NANOSECONDS)).unwrap_or_default();
        let (days, second_of_day) = (seconds.div_euclid(SECONDS_OF_DAY), seconds.rem_euclid(SECONDS_OF_DAY));
        // The year, guessed from its mean length, is at most one too large.
        let mut year = 1970 + days.div_euclid(365);
        year -= (year - 1970).div_euclid(1461);
        while days_to_january(year) > days {
            year -= 1;
        }
        while days_to_january(year + 1) <= days {
            year += 1;
        }
        let mut day = days - days_to_january(year);
        let mut month = 1;
        while month < 12 && day >= days_in(year, month) {
            day -= days_in(year, month);
            month += 1;
        }
        Civil {
            year,
            month,
            day: day + 1,
            hour: second_of_day / 3600,
            minute: second_of_day / 60 % 60,
            second: second_of_day % 60,
            nanosecond,
        }
    }

    /// Nanoseconds since 1970 began, as if it were UTC.
    pub fn nanoseconds(&self) -> i128 {
        let days = days_to_january(self.year) + days_before(self.year, self.month) + self.day - 1;
        let seconds = i128::from(days) * i128::from(SECONDS_OF_DAY)
            + i128::from((self.hour * 60 + self.minute) * 60 + self.second);
        seconds * NANOSECONDS + i128::from(self.nanosecond)
    }

    /// The same time of day so many years, months and days later; months that do not have the day flow into the next.
    /// `None` far beyond the years that times can have.
    pub fn plus(self, years: i64, months: i64, days: i64) -> Option<i128> {
        const FAR: i64 = 1 << 40;
        let months = self.month.checked_sub(1)?.checked_add(months)?;
        let year = self.year.checked_add(years)?.checked_add(months.div_euclid(12))?;
        if year.unsigned_abs() > FAR.unsigned_abs() {
            return None;
        }
        let start = Civil { year, month: months.rem_euclid(12) + 1, day: 1, ..self };
        let days = i128::from(self.day - 1) + i128::from(days);
        Some(start.nanoseconds() + days * i128::from(SECONDS_OF_DAY) * NANOSECONDS)
    }

    /// The day of the week, from 0 for Sunday.
    pub fn week_day(&self) -> i64 {
        const THURSDAY: i64 = 4;
        let days = days_to_january(self.year) + days_before(self.year, self.month) + self.day - 1;
        (days + THURSDAY).rem_euclid(7)
    }

    /// The day of the year, from 1.
    pub fn year_day(&self) -> i64 {
        days_before(self.year, self.month) + self.day
    }
}

/// Days from 1970-01-01 to the first of January.
fn days_to_january(year: i64) -> i64 {
    const FROM_MARCH: i64 = 306;
    days_to_march(year - 1) + FROM_MARCH
}
