//! Calendar of the demonstration: numbers of days as dates on which people work.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, Weekday};

use super::random::RandomNumbers;

/// Days of the demonstration: the first is 0, the last one lies before the given end.
pub(super) const LAST: i64 = 364;

/// Numbers of days as dates on which people work.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
    first: NaiveDate,
}

impl Calendar {
    /// Returns the calendar whose last day is the one before `end`; none where the calendar of the
    /// computer does not reach that far.
    pub(super) fn ending_before(end: NaiveDate) -> Option<Self> {
        let first = end.checked_sub_days(Days::new(LAST.unsigned_abs() + 1))?;
        // Reaches back and ahead as far as any date of the data.
        first.checked_sub_days(Days::new(1000))?;
        end.checked_add_days(Days::new(1000))?;
        Some(Self { first })
    }

    fn plain_day(self, day: i64) -> NaiveDate {
        shift_date(self.first, day)
    }

    /// Returns the day on which somebody does something: a weekend's work waits for Monday, but not
    /// beyond the last day. Later numbers never give earlier dates.
    pub(super) fn work_day(self, day: i64) -> NaiveDate {
        let date = self.plain_day(day);
        let ahead = match date.weekday() {
            Weekday::Sat => 2,
            Weekday::Sun => 1,
            _ => return date,
        };
        if day + ahead > LAST { self.planned_day(day) } else { shift_date(date, ahead) }
    }

    /// Returns the day by which something is planned: nobody plans for a weekend.
    pub(super) fn planned_day(self, day: i64) -> NaiveDate {
        let date = self.plain_day(day);
        match date.weekday() {
            Weekday::Sat => shift_date(date, -1),
            Weekday::Sun => shift_date(date, -2),
            _ => date,
        }
    }
}

/// Returns a date some days later, or earlier. Dates of the demonstration stay inside the calendar,
/// see [`Calendar::ending_before`].
pub(super) fn shift_date(date: NaiveDate, days: i64) -> NaiveDate {
    let by = Days::new(days.unsigned_abs());
    let to = if days < 0 { date.checked_sub_days(by) } else { date.checked_add_days(by) };
    to.unwrap_or(date)
}

/// Minutes of a day (UTC) in which all of the people work, and the first of them.
const HOURS: (u64, u64) = (15 * 60, 330);

/// Times of a day for so many commits, one after the other.
pub(super) fn commit_times(
    date: NaiveDate,
    count: usize,
    random: &mut RandomNumbers,
) -> Vec<DateTime<FixedOffset>> {
    let count = u64::try_from(count).unwrap_or(1).max(1);
    let slot = HOURS.1 * 60 / count;
    (0..count)
        .map(|index| {
            let second = HOURS.0 * 60 + slot * index + random.number_below(slot);
            let seconds = i64::try_from(second).unwrap_or(0);
            (date.and_time(NaiveTime::MIN) + chrono::TimeDelta::seconds(seconds))
                .and_utc()
                .fixed_offset()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_on_weekdays_and_in_order() {
        for end in ["2026-11-22", "2026-11-23", "2026-11-24", "2024-03-01"] {
            let end: NaiveDate = end.parse().unwrap();
            let calendar = Calendar::ending_before(end).unwrap();
            let days: Vec<_> = (-20..=LAST).map(|day| calendar.work_day(day)).collect();
            assert!(days.is_sorted() && days.iter().all(|day| *day < end));
            assert!(days.iter().all(|day| day.weekday().number_from_monday() < 6));
            assert!(calendar.planned_day(400).weekday().number_from_monday() < 6);
        }
        assert!(Calendar::ending_before(NaiveDate::MIN).is_none());
    }

    #[test]
    fn times_of_a_day_are_in_order() {
        let times = commit_times("2026-05-01".parse().unwrap(), 40, &mut RandomNumbers::new(1));
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(times.iter().all(|time| time.date_naive().to_string() == "2026-05-01"));
    }
}
