//! Days in the forms that scanners write. The day is that of the stated offset, moved to UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Reads a day from a timestamp, a date or seconds since 1970. `None` for anything else: a day is never
/// guessed.
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.naive_utc().date());
    }
    // `2021-11-12T11:37:26`, `2025-02-14T14:27:03.913874`: no offset means UTC.
    for form in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%m/%d/%Y %H:%M:%S",
        "%a %b %e %H:%M:%S %Y",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return plausible(time.date());
        }
    }
    for form in ["%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y"] {
        if let Ok(day) = NaiveDate::parse_from_str(text, form) {
            return plausible(day);
        }
    }
    None
}

/// Reads a day from seconds, or from milliseconds where the number is that large, since 1970.
pub(crate) fn day_of_epoch(seconds: i64) -> Option<NaiveDate> {
    let seconds = if seconds > 100_000_000_000 { seconds / 1000 } else { seconds };
    plausible(DateTime::from_timestamp(seconds, 0)?.date_naive())
}

/// Keeps days that a scanner can have seen.
fn plausible(day: NaiveDate) -> Option<NaiveDate> {
    use chrono::Datelike;
    (1990..=2200).contains(&day.year()).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::{day, day_of_epoch};

    #[test]
    fn forms_of_scanners_are_read() {
        for (text, expected) in [
            ("2024-02-02T16:30:33.045000+01:00", "2024-02-02"),
            ("2024-02-02T00:30:00+01:00", "2024-02-01"),
            ("2023-06-08T01:58:56.166Z", "2023-06-08"),
            ("2021-11-12T11:37:26", "2021-11-12"),
            ("05/13/2021 07:08:28", "2021-05-13"),
            ("Wed Feb  2 12:00:00 2022", "2022-02-02"),
            ("2021/10/19", "2021-10-19"),
        ] {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "2021", "20211019", "soon", "13/13/2021", "0001-01-01"] {
            assert_eq!(day(text), None, "{text}");
        }
        assert_eq!(
            day_of_epoch(1_739_539_623).map(|day| day.to_string()).as_deref(),
            Some("2025-02-14")
        );
        assert_eq!(day_of_epoch(1_739_539_623_000), day_of_epoch(1_739_539_623));
        assert_eq!(day_of_epoch(0), None);
    }
}
