//! Days in the forms that scanners write. The day is that of the stated offset, moved to UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Reads a day from a timestamp, a date or seconds since 1970. `None` for anything else: a day is never
/// guessed.
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.naive_utc().date());
    }
    // `2017-09-22 14:12:15 -0400`, `11 Mar 2020 01:07PM GMT-0400`.
    for form in ["%Y-%m-%d %H:%M:%S%.f %z", "%d %b %Y %I:%M%p GMT%z", "%d %b %Y %I:%M %p GMT%z"] {
        if let Ok(time) = DateTime::parse_from_str(text, form) {
            return plausible(time.naive_utc().date());
        }
    }
    let text = without_zone_name(text);
    // `2021-11-12T11:37:26`, `2025-02-14T14:27:03.913874`: no offset means UTC.
    for form in [
        "%b %d, %Y %H:%M:%S",
        "%b %d, %Y %I:%M %p",
        "%b %d, %Y %I:%M:%S %p",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%m/%d/%Y %H:%M:%S",
        "%a %b %e %H:%M:%S %Y",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return plausible(time.date());
        }
    }
    for form in ["%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d %b %Y", "%b %d, %Y"] {
        if let Ok(day) = NaiveDate::parse_from_str(text, form) {
            return plausible(day);
        }
    }
    None
}

/// Removes the name of a time zone (`MST`) from the end: names are ambiguous, so that the day counts as
/// it is written. `AM` and `PM` are none.
fn without_zone_name(text: &str) -> &str {
    match text.rsplit_once(' ') {
        Some((rest, zone))
            if (3..=5).contains(&zone.len()) && zone.chars().all(|c| c.is_ascii_uppercase()) =>
        {
            rest.trim_end()
        }
        _ => text,
    }
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
            ("Jan 5, 2021 10:24:08 MST", "2021-01-05"),
            ("Feb 03, 2026 07:00 AM", "2026-02-03"),
            ("11 Mar 2020 11:07PM GMT-0400", "2020-03-12"),
            ("2017-09-22 22:12:15 -0400", "2017-09-23"),
            ("01 Apr 2020", "2020-04-01"),
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
