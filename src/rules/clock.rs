//! Relation of a due day to today, shared by the rules about dates.

use chrono::NaiveDate;

/// Relation of a due day to today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// It was so many days ago, at least one.
    Passed(i64),
    /// It is today or so many days ahead, within the days of announcement.
    Soon(i64),
    /// It is further ahead.
    Far,
}

impl Clock {
    /// Relates a due day to today; `warn_days` is the number of days before it from which it is
    /// announced. The day itself has not passed.
    pub(super) fn relate_day(day: NaiveDate, today: NaiveDate, warn_days: u32) -> Self {
        match (day - today).num_days() {
            left if left < 0 => Self::Passed(-left),
            left if left <= i64::from(warn_days) => Self::Soon(left),
            _ => Self::Far,
        }
    }
}

/// `1 day`, `3 days`.
pub(super) fn count_days(count: i64) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

/// `today`, `tomorrow`, `in 3 days`.
pub(super) fn days_ahead(count: i64) -> String {
    match count {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        _ => format!("in {count} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_announced_then_has_come_then_has_passed() {
        let day: NaiveDate = "2026-03-01".parse().unwrap();
        for (today, expected) in [
            ("2026-02-14", Clock::Far),
            ("2026-02-15", Clock::Soon(14)),
            ("2026-03-01", Clock::Soon(0)),
            ("2026-03-02", Clock::Passed(1)),
            ("2027-03-01", Clock::Passed(365)),
        ] {
            assert_eq!(Clock::relate_day(day, today.parse().unwrap(), 14), expected, "{today}");
        }
        assert_eq!(Clock::relate_day(day, "2026-02-28".parse().unwrap(), 0), Clock::Far);
        assert_eq!((count_days(1), count_days(2)), ("1 day".to_owned(), "2 days".to_owned()));
        assert_eq!([0, 1, 2].map(days_ahead), ["today", "tomorrow", "in 2 days"]);
    }
}
