//! Ends of time frames that begin at a day or an instant, and whether they have passed.

use std::fmt;

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{TimeFrame, Unit};
use crate::model::DayOrInstant;

/// The end of a time frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The last day that is surely not too late.
    pub day: NaiveDate,
    /// The instant, where the time frame began at one that was recorded.
    pub instant: Option<DateTime<Utc>>,
    /// The unit of the time frame.
    unit: Unit,
    /// The earliest instant that is possible, where hours run from a day without a time of day.
    earliest: Option<DateTime<Utc>>,
}

impl Deadline {
    /// The end of a time frame that begins at a day or an instant.
    ///
    /// Hours from a day without a time of day end within the 24 hours after the earliest possible
    /// instant: a time that nobody recorded is not invented.
    pub fn time_after(start: DayOrInstant, frame: TimeFrame) -> Self {
        let TimeFrame { number, unit } = frame;
        let dated = |day| Self { day, instant: None, unit, earliest: None };
        match (start, unit) {
            (DayOrInstant::Day(day), Unit::Hours) => {
                let days = number / 24 + u64::from(!number.is_multiple_of(24));
                let earliest = add(day_start(day), frame);
                Self { earliest: Some(earliest), ..dated(add_days(day, days)) }
            }
            (DayOrInstant::Day(day), Unit::Days) => dated(add_days(day, number)),
            (DayOrInstant::Day(day), Unit::Months) => dated(add_months(day, number)),
            (DayOrInstant::Instant(_), _) => {
                let until = add(start.instant().unwrap_or_default(), frame);
                Self { instant: Some(until), ..dated(until.date_naive()) }
            }
        }
    }

    /// Returns whether it has passed at a day or an instant; `None` where what was recorded does not
    /// show: a time frame in hours that begins at a day, or a day on which it ends at some hour.
    pub fn has_passed(&self, at: DayOrInstant) -> Option<bool> {
        if let Some(earliest) = self.earliest {
            let latest = earliest.checked_add_signed(DAY).unwrap_or(earliest);
            let (from, to) = match at.instant() {
                Some(at) => (at, at),
                None => {
                    let from = day_start(at.day());
                    (from, from.checked_add_signed(DAY).unwrap_or(from))
                }
            };
            return match () {
                () if to <= earliest => Some(false),
                () if from >= latest => Some(true),
                () => None,
            };
        }
        Some(match (self.instant, at.instant()) {
            (Some(until), Some(at)) => until < at,
            (Some(_), None) if self.unit == Unit::Hours && self.day == at.day() => return None,
            _ => self.day < at.day(),
        })
    }

    /// Returns whether it has surely passed on a day.
    pub fn is_before(&self, today: NaiveDate) -> bool {
        self.is_missed_by(DayOrInstant::Day(today))
    }

    /// Returns whether a day or an instant is surely later.
    pub fn is_missed_by(&self, at: DayOrInstant) -> bool {
        self.has_passed(at) == Some(true)
    }

    /// Returns whether only the day is known on which the hours of the time frame begin.
    pub fn lacks_instant(&self) -> bool {
        self.earliest.is_some()
    }
}

/// The length of a day.
const DAY: TimeDelta = TimeDelta::days(1);

/// The beginning of a day in UTC.
fn day_start(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// An instant after a time frame; the instant itself where the calendar ends before.
fn add(from: DateTime<Utc>, frame: TimeFrame) -> DateTime<Utc> {
    let number = i64::try_from(frame.number).unwrap_or(i64::MAX);
    let until = match frame.unit {
        Unit::Hours => TimeDelta::try_hours(number).and_then(|it| from.checked_add_signed(it)),
        Unit::Days => TimeDelta::try_days(number).and_then(|it| from.checked_add_signed(it)),
        Unit::Months => u32::try_from(number)
            .ok()
            .and_then(|number| from.checked_add_months(Months::new(number))),
    };
    until.unwrap_or(from)
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.instant {
            Some(instant) => f.write_str(&instant.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            None => write!(f, "{}", self.day),
        }
    }
}

fn add_days(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
}

fn add_months(day: NaiveDate, months: u64) -> NaiveDate {
    let months = u32::try_from(months).unwrap_or(u32::MAX);
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_need_an_instant_and_days_do_not() {
        for (start, number, unit, deadline, in_time, late) in [
            ("2026-02-01", 4, Unit::Days, "2026-02-05", "2026-02-05", "2026-02-06"),
            ("2026-02-01", 12, Unit::Hours, "2026-02-02", "2026-02-02", "2026-02-03"),
            (
                "2026-02-01T08:00:00Z",
                12,
                Unit::Hours,
                "2026-02-01T20:00:00Z",
                "2026-02-01T20:00:00Z",
                "2026-02-01T20:00:01Z",
            ),
            (
                "2026-02-01T23:00:00-05:00",
                2,
                Unit::Days,
                "2026-02-04T04:00:00Z",
                "2026-02-04",
                "2026-02-05",
            ),
            ("2026-01-31", 1, Unit::Months, "2026-02-28", "2026-02-28", "2026-03-01"),
        ] {
            let until = Deadline::time_after(start.parse().unwrap(), TimeFrame { number, unit });
            assert_eq!(until.to_string(), deadline, "{start}");
            assert!(!until.is_missed_by(in_time.parse().unwrap()), "{start} {in_time}");
            assert!(until.is_missed_by(late.parse().unwrap()), "{start} {late}");
        }
    }

    /// Twelve hours from 2026-02-01: from an instant, and from the day alone, when they end at some
    /// instant from 2026-02-01T12:00Z to 2026-02-02T12:00Z.
    #[test]
    fn hours_from_a_day_are_not_known_to_have_passed_or_not() {
        let frame = TimeFrame { number: 12, unit: Unit::Hours };
        let passed = |start: &str, at: &str| {
            Deadline::time_after(start.parse().unwrap(), frame).has_passed(at.parse().unwrap())
        };
        for (at, expected) in [
            ("2026-01-31", Some(false)),
            ("2026-02-01T12:00:00Z", Some(false)),
            ("2026-02-01T12:00:01Z", None),
            ("2026-02-01", None),
            ("2026-02-02", None),
            ("2026-02-02T11:59:59Z", None),
            ("2026-02-02T12:00:00Z", Some(true)),
            ("2026-02-03", Some(true)),
        ] {
            assert_eq!(passed("2026-02-01", at), expected, "{at}");
        }
        for (at, expected) in [
            ("2026-01-31", Some(false)),
            ("2026-02-01", None),
            ("2026-02-01T20:00:00Z", Some(false)),
            ("2026-02-01T20:00:01Z", Some(true)),
            ("2026-02-02", Some(true)),
        ] {
            assert_eq!(passed("2026-02-01T08:00:00Z", at), expected, "{at}");
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_no_panic() {
        let far = TimeFrame { number: u64::MAX, unit: Unit::Days };
        for start in ["9999-12-31", "9999-12-31T23:59:59Z"] {
            for unit in [Unit::Hours, Unit::Days, Unit::Months] {
                let _ = Deadline::time_after(start.parse().unwrap(), TimeFrame { unit, ..far });
            }
        }
    }
}
