use std::fmt;

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};

use super::{TimeFrame, Unit};
use crate::model::DayOrInstant;

/// The end of a time frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The last day that is surely not too late.
    pub day: NaiveDate,
    /// The instant, where the time frame began at one that was recorded.
    pub instant: Option<DateTime<Utc>>,
}

impl Deadline {
    /// The end of a time frame that begins at a day or an instant.
    ///
    /// Hours from a day without a time of day may end on any later hour: the deadline is the last
    /// one that is possible, since a time that nobody recorded is not invented.
    pub fn after(start: DayOrInstant, frame: TimeFrame) -> Self {
        let number = frame.number;
        match (start, frame.unit) {
            (DayOrInstant::Day(day), Unit::Hours) => {
                let days = number / 24 + u64::from(!number.is_multiple_of(24));
                Self { day: add_days(day, days), instant: None }
            }
            (DayOrInstant::Day(day), Unit::Days) => {
                Self { day: add_days(day, number), instant: None }
            }
            (DayOrInstant::Day(day), Unit::Months) => {
                Self { day: add_months(day, number), instant: None }
            }
            (DayOrInstant::Instant(_), _) => {
                let from = start.instant().unwrap_or_default();
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                let until = match frame.unit {
                    Unit::Hours => {
                        TimeDelta::try_hours(number).and_then(|it| from.checked_add_signed(it))
                    }
                    Unit::Days => {
                        TimeDelta::try_days(number).and_then(|it| from.checked_add_signed(it))
                    }
                    Unit::Months => u32::try_from(number)
                        .ok()
                        .and_then(|number| from.checked_add_months(Months::new(number))),
                };
                let until = until.unwrap_or(from);
                Self { day: until.date_naive(), instant: Some(until) }
            }
        }
    }

    /// Returns whether it has surely passed on a day.
    pub fn is_before(&self, today: NaiveDate) -> bool {
        self.day < today
    }

    /// Returns whether a day or an instant is surely later.
    pub fn is_missed_by(&self, at: DayOrInstant) -> bool {
        match (self.instant, at.instant()) {
            (Some(until), Some(at)) => until < at,
            _ => self.day < at.day(),
        }
    }
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
            let until = Deadline::after(start.parse().unwrap(), TimeFrame { number, unit });
            assert_eq!(until.to_string(), deadline, "{start}");
            assert!(!until.is_missed_by(in_time.parse().unwrap()), "{start} {in_time}");
            assert!(until.is_missed_by(late.parse().unwrap()), "{start} {late}");
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_no_panic() {
        let far = TimeFrame { number: u64::MAX, unit: Unit::Days };
        for start in ["9999-12-31", "9999-12-31T23:59:59Z"] {
            for unit in [Unit::Hours, Unit::Days, Unit::Months] {
                let _ = Deadline::after(start.parse().unwrap(), TimeFrame { unit, ..far });
            }
        }
    }
}
