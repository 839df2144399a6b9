//! Days in the forms that scanners write. The day is that of the stated offset, moved to UTC.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Reads a day from a timestamp, a date or seconds since 1970. `None` for anything else: a day is never
/// guessed.
pub(crate) fn parse_day(text: &str) -> Option<NaiveDate> {
    if let Some(moment) = parse_moment(text) {
        return Some(moment.date());
    }
    let text = without_zone_name(text.trim());
    for form in ["%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%d %b %Y", "%b %d, %Y"] {
        if let Ok(day) = NaiveDate::parse_from_str(text, form) {
            return keep_plausible(day);
        }
    }
    None
}

/// Reads a day with its time: in UTC where the text has an offset, else as it is written. `None` for a
/// day without a time.
pub(crate) fn parse_moment(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return keep_plausible(time.naive_utc().date()).map(|_| time.naive_utc());
    }
    // `2017-09-22 14:12:15 -0400`, `11 Mar 2020 01:07PM GMT-0400`.
    for form in ["%Y-%m-%d %H:%M:%S%.f %z", "%d %b %Y %I:%M%p GMT%z", "%d %b %Y %I:%M %p GMT%z"] {
        if let Ok(time) = DateTime::parse_from_str(text, form) {
            return keep_plausible(time.naive_utc().date()).map(|_| time.naive_utc());
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
        "%Y/%m/%d %H:%M",
        "%m/%d/%Y %H:%M:%S",
        "%a %b %e %H:%M:%S %Y",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return keep_plausible(time.date()).map(|_| time);
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
    moment_of_epoch(seconds).map(|moment| moment.date())
}

/// Reads a moment from seconds, or from milliseconds where the number is that large, since 1970.
pub(crate) fn moment_of_epoch(seconds: i64) -> Option<NaiveDateTime> {
    let seconds = if seconds > 100_000_000_000 { seconds / 1000 } else { seconds };
    let time = DateTime::from_timestamp(seconds, 0)?.naive_utc();
    keep_plausible(time.date()).map(|_| time)
}

/// Keeps days that a scanner can have seen. Programs write an unset time as the zero of their type: year 1,
/// 1601, 1900, 1970 or 1980.
fn keep_plausible(day: NaiveDate) -> Option<NaiveDate> {
    use chrono::Datelike;
    (1990..=2200).contains(&day.year()).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::{day_of_epoch, parse_day, parse_moment};

    #[test]
    fn a_day_without_a_time_is_no_moment() {
        assert_eq!(parse_moment("2024-02-02"), None);
        let time = parse_moment("2024-02-02T16:30:33+01:00").map(|time| time.to_string());
        assert_eq!(time.as_deref(), Some("2024-02-02 15:30:33"));
    }

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
            ("2022/3/22 14:54 EDT", "2022-03-22"),
        ] {
            assert_eq!(
                parse_day(text).map(|day| day.to_string()).as_deref(),
                Some(expected),
                "{text}"
            );
        }
        for text in ["", "2021", "20211019", "soon", "13/13/2021"] {
            assert_eq!(parse_day(text), None, "{text}");
        }
        assert_eq!(
            day_of_epoch(1_739_539_623).map(|day| day.to_string()).as_deref(),
            Some("2025-02-14")
        );
        assert_eq!(day_of_epoch(1_739_539_623_000), day_of_epoch(1_739_539_623));
    }

    #[test]
    fn an_unset_time_is_no_day() {
        for text in [
            "0001-01-01",
            "0001-01-01T00:00:00Z",
            "1601-01-01T00:00:00.000Z",
            "1899-12-30 00:00:00",
            "1970-01-01T00:00:00+00:00",
            "1970-01-01T00:00:00",
            "Jan 1, 1970 00:00:00 UTC",
            "01/01/1970",
            "Thu Jan  1 00:00:00 1970",
            "1980-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!((parse_day(text), parse_moment(text)), (None, None), "{text}");
        }
        for seconds in [0, -1, 315_532_800, -62_135_596_800, -62_135_596_800_000] {
            assert_eq!(day_of_epoch(seconds), None, "{seconds}");
        }
    }
}
