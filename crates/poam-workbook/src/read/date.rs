//! Dates of cells, in the forms in which people write them. Nothing is guessed.

use chrono::{Days, Months, NaiveDate};

use super::value::SourceValue;

/// Reasons why a value is not a date.
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
    /// The year has two digits, and nothing states in which order a date is written.
    #[error("`{0}` has a year of two digits; write it as YYYY-MM-DD")]
    ShortYear(String),
    /// It is a month, and names no day.
    #[error("`{0}` is a month and names no day; write a day as YYYY-MM-DD")]
    NoDay(String),
    /// It is not in a known form, or not a day of the calendar.
    #[error("`{0}` is not a date")]
    Unknown(String),
}

/// Which of day and month comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 03/04/2026 is the third of April.
    DayFirst,
    /// 03/04/2026 is the fourth of March.
    MonthFirst,
}

/// Which day is meant where a cell names a month alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOfMonth {
    /// The first day of the month.
    First,
    /// The last day of the month.
    Last,
}

/// Choices of a person about dates that a file leaves open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DateForms {
    /// The order of day and month; with it, years of two digits are read too.
    pub order: Option<DateOrder>,
    /// The day that a month alone represents.
    pub month: Option<DayOfMonth>,
}

impl DateForms {
    /// Returns the forms of a document that writes the month before the day, such as eMASS's, where a
    /// person did not state another order.
    #[must_use]
    pub fn month_first(self) -> Self {
        Self { order: self.order.or(Some(DateOrder::MonthFirst)), ..self }
    }
}

/// The serial numbers that count as dates in a cell without a date format: 1970 to 2100. A smaller
/// number is a year or a count of something, not a day.
const PLAUSIBLE_SERIALS: std::ops::RangeInclusive<f64> = 25_569.0..=73_415.999_999;
/// The last serial number: 31 December 9999.
const LAST_SERIAL: f64 = 2_958_465.0;

/// Returns the date that a value represents, where nobody states more of it; see [`parse_date_as`].
///
/// # Errors
///
/// When there is no date, an unknown form, a day that does not exist, or two ways to read it.
pub fn parse_date(value: &SourceValue) -> Result<NaiveDate, DateProblem> {
    parse_date_as(value, DateForms::default())
}

/// Returns the date that a value represents.
///
/// Known are cells with a date format, serial numbers of the 1900 system, and the texts
/// `2026-05-04`, `2026/05/04`, `May 4, 2026`, `4 May 2026` and `04-May-2026`, each also with a time
/// of day or a weekday, with month names in English, in full or shortened. `5/4/2026`, `5-4-2026` and
/// `5.4.2026` count when they can be read in one way only, or when the order is stated. Years of two
/// digits count when the order is stated: 00 to 68 are of this century. A month without a day counts
/// when it is stated which day is meant.
///
/// # Errors
///
/// When there is no date, an unknown form, a day that does not exist, or two ways to read it.
pub fn parse_date_as(value: &SourceValue, forms: DateForms) -> Result<NaiveDate, DateProblem> {
    match value {
        SourceValue::Date(date) => Ok(*date),
        SourceValue::Number(number) => Some(*number)
            .filter(|number| PLAUSIBLE_SERIALS.contains(number))
            .and_then(from_serial)
            .ok_or_else(|| DateProblem::Unknown(number.to_string())),
        SourceValue::Bool(_) => Err(DateProblem::Unknown(super::to_text(value))),
        SourceValue::Text(text) => parse_date_text(text, forms),
    }
}

/// Returns the date of a serial number of the 1900 system, which has a 29 February 1900 (60) that
/// never was. A fraction is the time of day.
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

/// Returns the date that a text represents; see [`parse_date_as`].
///
/// # Errors
///
/// As [`parse_date_as`].
pub fn parse_date_text(text: &str, forms: DateForms) -> Result<NaiveDate, DateProblem> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(DateProblem::Blank);
    }
    let unknown = || DateProblem::Unknown(trimmed.to_owned());
    let date = without_time(without_weekday(trimmed));
    let words: Vec<&str> =
        date.split(is_separator).filter(|word| !word.is_empty() && *word != "of").collect();
    let [first, second, third] = words[..] else {
        return match words[..] {
            [first, second]
                if is_numeric(date) || parse_month(first).or(parse_month(second)).is_some() =>
            {
                month_alone(trimmed, first, second, forms)
            }
            _ => Err(unknown()),
        };
    };
    if date.starts_with(is_separator) || date.trim_end_matches(',').ends_with(is_separator) {
        return Err(unknown());
    }
    if let Some(year) = parse_year(first) {
        // 2026-05-04, 2026/05/04, 2026-May-04
        let month =
            parse_month(second).or_else(|| parse_number(second).filter(|_| is_numeric(date)));
        let day = month.and_then(|month| day_of(year, month, third));
        return day.ok_or_else(unknown);
    }
    let named = match (parse_month(first), parse_month(second)) {
        // May 4, 2026
        (Some(month), _) => Some((month, second)),
        // 4 May 2026, 04-May-2026
        (None, Some(month)) => Some((month, first)),
        (None, None) => None,
    };
    if named.is_none()
        && (!is_numeric(date) || parse_number(first).is_none() || parse_number(second).is_none())
    {
        return Err(unknown());
    }
    let Some(year_of) = parse_year(third).or_else(|| short_year(third)) else {
        return Err(unknown());
    };
    let short = parse_year(third).is_none() && forms.order.is_none();
    let settled = |date| match short {
        true => Err(DateProblem::ShortYear(trimmed.to_owned())),
        false => Ok(date),
    };
    if let Some((month, day)) = named {
        return day_of(year_of, month, day).ok_or_else(unknown).and_then(settled);
    }
    let month_first = parse_number(first).and_then(|month| day_of(year_of, month, second));
    let day_first = parse_number(second).and_then(|month| day_of(year_of, month, first));
    match (month_first, day_first, forms.order) {
        (Some(first), Some(second), None) if first != second && !short => {
            Err(DateProblem::Ambiguous { text: trimmed.to_owned(), first, second })
        }
        (Some(date), _, Some(DateOrder::MonthFirst))
        | (_, Some(date), Some(DateOrder::DayFirst)) => Ok(date),
        // Of a year of two digits only the stated order is a reading: `26-2-10` may begin with the year.
        (_, _, Some(_)) if parse_year(third).is_none() => Err(unknown()),
        (Some(date), _, _) | (None, Some(date), _) => settled(date),
        (None, None, _) => Err(unknown()),
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '-' | '/' | '.' | '\\')
}

/// `Oct 2025`, `2025-10`, `10/2025`: a month, which is a day only where somebody states which.
fn month_alone(
    text: &str,
    first: &str,
    second: &str,
    forms: DateForms,
) -> Result<NaiveDate, DateProblem> {
    let found = match (parse_year(first), parse_year(second)) {
        (Some(year), None) => month_of(second).map(|month| (year, month)),
        (None, Some(year)) => month_of(first).map(|month| (year, month)),
        _ => None,
    };
    let first = found.and_then(|(year, month)| NaiveDate::from_ymd_opt(year, month, 1));
    let Some(first) = first else { return Err(DateProblem::Unknown(text.to_owned())) };
    let last = || first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt());
    match forms.month {
        Some(DayOfMonth::First) => Ok(first),
        Some(DayOfMonth::Last) => last().ok_or_else(|| DateProblem::Unknown(text.to_owned())),
        None => Err(DateProblem::NoDay(text.to_owned())),
    }
}

fn month_of(word: &str) -> Option<u32> {
    parse_month(word).or_else(|| parse_number(word).filter(|number| (1..=12).contains(number)))
}

/// Returns whether a date is written in digits, with one kind of separator: `-`, `/`, `.` or `\`.
fn is_numeric(date: &str) -> bool {
    let mut separators = date.chars().filter(|c| !c.is_ascii_digit());
    let Some(first) = separators.next() else { return false };
    matches!(first, '-' | '/' | '.' | '\\') && separators.all(|c| c == first)
}

fn day_of(year: i32, month: u32, day: &str) -> Option<NaiveDate> {
    let day = ["st", "nd", "rd", "th"]
        .into_iter()
        .find_map(|ending| day.strip_suffix(ending))
        .unwrap_or(day);
    NaiveDate::from_ymd_opt(year, month, parse_number(day)?)
}

/// Returns the text without a time of day (`00:00:00`, `T10:30:00.000Z`, `10:30 AM`, `10:30 UTC`).
fn without_time(text: &str) -> &str {
    let mut text = text;
    if let Some((before, last)) = text.rsplit_once(char::is_whitespace)
        && before.contains(':')
        && ["am", "pm", "a.m.", "p.m.", "utc", "gmt", "z"].contains(&last.to_lowercase().as_str())
    {
        text = before.trim_end();
    }
    for separator in ['T', ' '] {
        if let Some((date, time)) = text.rsplit_once(separator) {
            let time = ["AM", "PM", "am", "pm"]
                .into_iter()
                .find_map(|half| time.strip_suffix(half))
                .unwrap_or(time);
            if is_time(time) {
                return date.trim_end().trim_end_matches(',');
            }
        }
    }
    text
}

fn is_time(time: &str) -> bool {
    time.contains(':')
        && time.starts_with(|c: char| c.is_ascii_digit())
        && time.chars().all(|c| c.is_ascii_digit() || ":.+-Z".contains(c))
}

/// Returns the text without a weekday in front (`Monday, May 4, 2026`).
fn without_weekday(text: &str) -> &str {
    const DAYS: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let Some((word, rest)) = text.split_once([',', ' ']) else { return text };
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    let is_day = DAYS.iter().any(|day| *day == word || (word.len() >= 3 && day.starts_with(&word)));
    if is_day { rest.trim_start_matches([',', ' ', '.']) } else { text }
}

fn parse_number(text: &str) -> Option<u32> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn parse_year(text: &str) -> Option<i32> {
    let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok().filter(|year| *year >= 1000) } else { None }
}

/// Returns a year of two digits, with or without an apostrophe: 00 to 68 are of this century, as
/// POSIX has it.
fn short_year(text: &str) -> Option<i32> {
    let text = text.strip_prefix(['\'', '\u{2019}']).unwrap_or(text);
    let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    let year: i32 = if digits { text.parse().ok()? } else { return None };
    Some(if year < 69 { 2000 + year } else { 1900 + year })
}

/// English names of the months, in lower case.
pub const MONTHS: [&str; 12] = [
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

fn parse_month(text: &str) -> Option<u32> {
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
            "2026-May-14",
            "May 14, 2026",
            "may 14 2026",
            "14 May 2026",
            "14-May-2026",
            "14-MAY-2026",
            "5/14/2026",
            "14/5/2026",
            "05/14/2026 10:00",
            "5/14/2026 10:00:00 AM",
            "14.05.2026",
            "14-05-2026",
            "2026.05.14",
            "May 14th, 2026",
            "14th of May 2026",
            "Thursday, May 14, 2026",
            "Thu 14 May 2026",
            "May 14, 2026, 10:30 UTC",
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
    fn what_a_person_says_of_dates_is_followed() {
        let said = |order, month| DateForms { order, month };
        let (dmy, mdy) = (Some(DateOrder::DayFirst), Some(DateOrder::MonthFirst));
        let (first, last) = (Some(DayOfMonth::First), Some(DayOfMonth::Last));
        for (text, forms, expected) in [
            ("3/15/26", said(mdy, None), day(2026, 3, 15)),
            ("15-Mar-26", said(mdy, None), day(2026, 3, 15)),
            ("15-Mar-26", said(dmy, None), day(2026, 3, 15)),
            ("Jan 12, '26", said(dmy, None), day(2026, 1, 12)),
            ("03-05-2026", said(mdy, None), day(2026, 3, 5)),
            ("03-05-2026", said(dmy, None), day(2026, 5, 3)),
            ("1/2/26", said(mdy, None), day(2026, 1, 2)),
            ("1/2/26 0:00", said(dmy, None), day(2026, 2, 1)),
            ("1.2.2026", said(dmy, None), day(2026, 2, 1)),
            ("13/04/2026", said(mdy, None), day(2026, 4, 13)),
            ("1/2/99", said(mdy, None), day(1999, 1, 2)),
            ("Oct 2025", said(None, first), day(2025, 10, 1)),
            ("October, 2025", said(None, last), day(2025, 10, 31)),
            ("2024-02", said(None, last), day(2024, 2, 29)),
            ("10/2025", said(None, last), day(2025, 10, 31)),
        ] {
            assert_eq!(parse_date_text(text, forms), Ok(expected), "{text}");
        }
        for (text, order) in [("26-2-10", mdy), ("15/3/26", mdy), ("3/15/26", dmy)] {
            let found = parse_date_text(text, said(order, last));
            assert_eq!(found, Err(DateProblem::Unknown(text.into())), "{text}");
        }
        // A year alone, a quarter and a count of days are no day, whatever is stated.
        for text in ["2026", "Q1 2026", "30 days", "13/2025", "Oct-25"] {
            let all = said(mdy, last);
            assert_eq!(
                parse_date_text(text, all),
                Err(DateProblem::Unknown(text.into())),
                "{text}"
            );
        }
    }

    #[test]
    fn what_an_option_could_settle_is_told_apart() {
        for text in ["5/14/26", "14-May-26", "1/2/26"] {
            assert_eq!(parse(text), Err(DateProblem::ShortYear(text.to_owned())), "{text}");
        }
        for text in ["May 2026", "2026-05", "05/2026"] {
            assert_eq!(parse(text), Err(DateProblem::NoDay(text.to_owned())), "{text}");
        }
        assert!(matches!(parse("1.2.2026"), Err(DateProblem::Ambiguous { .. })));
    }

    #[test]
    fn the_rest_is_refused() {
        for text in [
            "TBD",
            "30 days",
            "2026-02-30",
            "2026-13-01",
            "13/13/2026",
            "13/13/26",
            "5/14-2026",
            "-5/14/2026",
            "2026",
            "20260514",
            "46156",
            "Q1 2026",
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
            assert_eq!(from_serial(serial), Some(date), "{serial}");
        }
        assert_eq!(parse_date(&SourceValue::Number(46_156.5)), Ok(day(2026, 5, 14)));
        for serial in [0.0, -1.0, 60.0, 2_958_466.0, 20_260_514.0, f64::NAN, f64::INFINITY] {
            assert!(from_serial(serial).is_none(), "{serial}");
        }
        // A year, a count of days, a compact date: numbers that are no days.
        for number in [2026.0, 30.0, 1900.0, 20_260_514.0, 25_568.0, 73_416.0] {
            assert!(parse_date(&SourceValue::Number(number)).is_err(), "{number}");
        }
    }
}
