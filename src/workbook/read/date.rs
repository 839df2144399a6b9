//! Dates of cells, in the forms in which people write them. Nothing is guessed.

use chrono::{Days, NaiveDate};

use super::value::SourceValue;

/// Why a value is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateProblem {
    /// There is nothing.
    #[error("there is no date")]
    Blank,
    /// Day and month could be either way round.
    #[error("`{text}` is {first} or {second}; write it as YYYY-MM-DD")]
    Ambiguous {
        /// The text.
        text: String,
        /// The date with the month first.
        first: NaiveDate,
        /// The date with the day first.
        second: NaiveDate,
    },
    /// It is not in a known form, or not a day of the calendar.
    #[error("`{0}` is not a date")]
    Unknown(String),
}

/// The last serial number: 31 December 9999.
const LAST_SERIAL: f64 = 2_958_465.0;

/// The date that a value stands for.
///
/// Known are cells with a date format, serial numbers of the 1900 system, and the texts
/// `2026-05-04`, `2026-05-04 00:00:00`, `2026-05-04T00:00:00Z`, `2026/05/04`, `May 4, 2026`,
/// `4 May 2026` and `04-May-2026`, with month names in English, in full or three letters. `5/4/2026`
/// counts only when it cannot be read in two ways.
///
/// # Errors
///
/// When there is no date, an unknown form, a day that does not exist, or two ways to read it.
pub fn parse_date(value: &SourceValue) -> Result<NaiveDate, DateProblem> {
    match value {
        SourceValue::Date(date) => Ok(*date),
        SourceValue::Number(number) => {
            from_serial(*number).ok_or_else(|| DateProblem::Unknown(number.to_string()))
        }
        SourceValue::Bool(_) => Err(DateProblem::Unknown(super::text(value))),
        SourceValue::Text(text) => from_text(text),
    }
}

/// The date of a serial number of the 1900 system, which has a 29 February 1900 (60) that never
/// was. A fraction is the time of day.
pub(super) fn from_serial(serial: f64) -> Option<NaiveDate> {
    if !(1.0..LAST_SERIAL + 1.0).contains(&serial) {
        return None;
    }
    // In range, so that nothing is cut off but the time.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let days = serial as u64;
    let days = match days {
        60 => return None,
        ..60 => days + 1,
        _ => days,
    };
    NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(days))
}

fn from_text(text: &str) -> Result<NaiveDate, DateProblem> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(DateProblem::Blank);
    }
    let unknown = || DateProblem::Unknown(trimmed.to_owned());
    let date = without_time(trimmed);
    let words: Vec<&str> =
        date.split([' ', ',', '-', '/', '.']).filter(|word| !word.is_empty()).collect();
    let [first, second, third] = words[..] else { return Err(unknown()) };
    let day = |year: &str, month: u32, day: &str| {
        NaiveDate::from_ymd_opt(year_number(year)?, month, number(day)?)
    };
    if first.len() == 4 && date.contains(['-', '/']) && !date.contains([' ', ',', '.']) {
        // 2026-05-04, 2026/05/04
        let month = number(second).ok_or_else(unknown)?;
        return day(first, month, third).ok_or_else(unknown);
    }
    if let Some(month) = month(first) {
        // May 4, 2026
        return day(third, month, second).ok_or_else(unknown);
    }
    if let Some(month) = month(second) {
        // 4 May 2026, 04-May-2026
        return day(third, month, first).ok_or_else(unknown);
    }
    if !date.contains('/') || date.contains([' ', ',', '-', '.']) {
        return Err(unknown());
    }
    let month_first = number(first).and_then(|month| day(third, month, second));
    let day_first = number(second).and_then(|month| day(third, month, first));
    match (month_first, day_first) {
        (Some(first), Some(second)) if first != second => {
            Err(DateProblem::Ambiguous { text: trimmed.to_owned(), first, second })
        }
        (Some(date), _) | (None, Some(date)) => Ok(date),
        (None, None) => Err(unknown()),
    }
}

/// The text without a time of day (`00:00:00`, `T10:30:00.000Z`, `+00:00`).
fn without_time(text: &str) -> &str {
    let is_time = |time: &str| {
        time.contains(':')
            && time.starts_with(|c: char| c.is_ascii_digit())
            && time.chars().all(|c| c.is_ascii_digit() || ":.+-Z".contains(c))
    };
    for separator in ['T', ' '] {
        if let Some((date, time)) = text.rsplit_once(separator)
            && is_time(time)
        {
            return date.trim_end();
        }
    }
    text
}

fn number(text: &str) -> Option<u32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn year_number(text: &str) -> Option<i32> {
    // Two digits would leave the century to a guess.
    let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok().filter(|year| *year >= 1000) } else { None }
}

fn month(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = text.to_ascii_lowercase();
    let found = (1..).zip(MONTHS).find(|(_, month)| {
        lower == *month || lower == month[..3] || (lower == "sept" && *month == "september")
    });
    found.map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn parse(text: &str) -> Result<NaiveDate, DateProblem> {
        parse_date(&SourceValue::Text(text.to_owned()))
    }

    #[test]
    fn usual_forms() {
        for text in [
            "2026-05-14",
            " 2026-05-14 ",
            "2026-05-14 00:00:00",
            "2026-05-14T08:30:00.000Z",
            "2026-05-14T08:30:00+00:00",
            "2026/05/14",
            "2026/5/14",
            "May 14, 2026",
            "may 14 2026",
            "14 May 2026",
            "14-May-2026",
            "14-MAY-2026",
            "5/14/2026",
            "14/5/2026",
            "05/14/2026 10:00",
        ] {
            assert_eq!(parse(text), Ok(day(2026, 5, 14)), "{text}");
        }
        for (text, date) in [
            ("Sept 4, 2026", day(2026, 9, 4)),
            ("September 4, 2026", day(2026, 9, 4)),
            ("04-Feb-2024", day(2024, 2, 4)),
            ("5/5/2026", day(2026, 5, 5)),
            ("2024-02-29", day(2024, 2, 29)),
        ] {
            assert_eq!(parse(text), Ok(date), "{text}");
        }
    }

    #[test]
    fn two_ways_to_read_are_none() {
        assert_eq!(
            parse("5/4/2026"),
            Err(DateProblem::Ambiguous {
                text: "5/4/2026".to_owned(),
                first: day(2026, 5, 4),
                second: day(2026, 4, 5),
            })
        );
    }

    #[test]
    fn the_rest_is_refused() {
        for text in [
            "TBD",
            "30 days",
            "2026-02-30",
            "2026-13-01",
            "13/13/2026",
            "5/14/26",
            "14-May-26",
            "2026",
            "20260514",
            "46156",
            "2026-05",
            "1.2.2026",
            "Q1 2026",
            "May 2026",
            "2026-05-14 noon",
            "--",
            "2026-5-14-1",
            "0000-01-01",
            "1/\u{0661}/2026",
            "\u{1f600}",
            "Mayhem 4, 2026",
        ] {
            assert_eq!(parse(text), Err(DateProblem::Unknown(text.to_owned())), "{text}");
        }
        for text in ["", "  \n"] {
            assert_eq!(parse(text), Err(DateProblem::Blank));
        }
        assert!(parse_date(&SourceValue::Bool(true)).is_err());
    }

    #[test]
    fn serial_numbers() {
        for (serial, date) in [
            (1.0, day(1900, 1, 1)),
            (59.0, day(1900, 2, 28)),
            (61.0, day(1900, 3, 1)),
            (46_156.0, day(2026, 5, 14)),
            (46_156.999, day(2026, 5, 14)),
            (LAST_SERIAL, day(9999, 12, 31)),
        ] {
            assert_eq!(parse_date(&SourceValue::Number(serial)), Ok(date), "{serial}");
        }
        for serial in [0.0, -1.0, 60.0, 2_958_466.0, 20_260_514.0, f64::NAN, f64::INFINITY] {
            assert!(parse_date(&SourceValue::Number(serial)).is_err(), "{serial}");
        }
    }
}
