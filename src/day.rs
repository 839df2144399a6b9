//! Days as people type them: `2026-12-15`, `today`, `friday`, `+30d`, `2w`, `2 weeks ago`.
//!
//! A word without a direction has that of its option: `friday` is the next one for a due date and the last
//! one for a day in the past; `2w` is in two weeks or two weeks ago ([`future_day`], [`past_day`]).

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};

/// A day that may depend on which day is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypedDay {
    /// A day of the calendar.
    Date(NaiveDate),
    /// So many days after today; before it where the number is negative.
    Days(i32),
    /// So many months after today, on the same day of the month or its last one.
    Months(i32),
    /// The next day of the week after today.
    Next(Weekday),
    /// The last day of the week before today.
    Last(Weekday),
}

/// Reason why a text is not a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DayError {
    /// Days that may be meant, where the text has the form of another country.
    meant: Vec<NaiveDate>,
    /// Whether words would have been taken.
    takes_words: bool,
}

/// Words that an option for a day takes, as help texts and errors list them.
pub(crate) const EXAMPLES: &str = "2026-12-15, today, friday, +30d, 2w, next month, 2 weeks ago";

impl std::error::Error for DayError {}

impl DayError {
    /// Returns whether the text is a date in the form of another country.
    pub(crate) fn is_a_date(&self) -> bool {
        !self.meant.is_empty()
    }
}

impl fmt::Display for DayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write YYYY-MM-DD")?;
        match self.meant.as_slice() {
            [] if !self.takes_words => Ok(()),
            [] => f.write_str(", or a word like `tomorrow`, `friday`, `+30d`, `2 weeks ago`"),
            [day] => write!(f, ", here {day}"),
            [day, other, ..] => write!(f, ", here {day} or {other}"),
        }
    }
}

/// The farthest day that a number of days or months may lead to: a century.
const FARTHEST: i32 = 36_525;

impl TypedDay {
    /// Returns the day, where `today` is today.
    pub(crate) fn resolve_on(self, today: NaiveDate) -> NaiveDate {
        let moved = match self {
            Self::Date(day) => Some(day),
            Self::Days(count) => {
                let days = Days::new(u64::from(count.unsigned_abs()));
                match count < 0 {
                    true => today.checked_sub_days(days),
                    false => today.checked_add_days(days),
                }
            }
            Self::Months(count) => {
                let months = Months::new(count.unsigned_abs());
                match count < 0 {
                    true => today.checked_sub_months(months),
                    false => today.checked_add_months(months),
                }
            }
            Self::Next(weekday) => {
                let days = weekday.days_since(today.weekday());
                today.checked_add_days(Days::new(u64::from(if days == 0 { 7 } else { days })))
            }
            Self::Last(weekday) => {
                let days = today.weekday().days_since(weekday);
                today.checked_sub_days(Days::new(u64::from(if days == 0 { 7 } else { days })))
            }
        };
        // Only a day near the end of the calendar has none after it.
        moved.unwrap_or(today)
    }
}

impl From<NaiveDate> for TypedDay {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl FromStr for TypedDay {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let text = text.trim();
        if let Some(day) = parse_iso(text) {
            return Ok(Self::Date(day));
        }
        let lower = text.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let found = match words.as_slice() {
            ["today" | "now"] => Some(Self::Days(0)),
            ["tomorrow"] => Some(Self::Days(1)),
            ["yesterday"] => Some(Self::Days(-1)),
            ["next", "year"] => Some(Self::Months(12)),
            ["last", "year"] => Some(Self::Months(-12)),
            ["next", day] if parse_weekday(day).is_some() => parse_weekday(day).map(Self::Next),
            ["next", "week"] | ["in", "a", "week"] => Some(Self::Days(7)),
            ["last", "week"] | ["a", "week", "ago"] => Some(Self::Days(-7)),
            ["next", "month"] => Some(Self::Months(1)),
            ["last", "month"] => Some(Self::Months(-1)),
            ["last", day] => parse_weekday(day).map(Self::Last),
            ["in", rest @ ..] => parse_span(&rest.concat(), 1),
            [rest @ .., "ago"] => parse_span(&rest.concat(), -1),
            [word] => parse_weekday(word).map(Self::Next).or_else(|| parse_signed(word)),
            [first, rest @ ..] => parse_signed(&format!("{first}{}", rest.concat())),
            [] => None,
        };
        found.ok_or_else(|| DayError { meant: possible_days(text), takes_words: true })
    }
}

/// Reads a day that lies ahead, such as a due date: `2w` is in two weeks.
pub(crate) fn future_day(text: &str) -> Result<TypedDay, DayError> {
    text.parse().or_else(|error| bare_span(text, 1).ok_or(error))
}

/// Reads a day that has been, such as a day of detection: `2w` is two weeks ago, `friday` the last one.
pub(crate) fn past_day(text: &str) -> Result<TypedDay, DayError> {
    match text.parse().or_else(|error| bare_span(text, -1).ok_or(error)) {
        Ok(TypedDay::Next(weekday)) => Ok(TypedDay::Last(weekday)),
        read => read,
    }
}

/// Reads a calendar date where relative words are not allowed, such as `--today`, which cannot depend on itself.
pub(crate) fn calendar_day(text: &str) -> Result<NaiveDate, DayError> {
    parse_iso(text.trim())
        .ok_or_else(|| DayError { meant: possible_days(text), takes_words: false })
}

/// `2w`, `30 days`: a number of days or months without a direction.
fn bare_span(text: &str, sign: i32) -> Option<TypedDay> {
    parse_span(&text.split_whitespace().collect::<String>().to_lowercase(), sign)
}

fn parse_iso(text: &str) -> Option<NaiveDate> {
    let is_iso = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_iso { text.parse().ok() } else { None }
}

/// `+30d`, `-2w`.
fn parse_signed(text: &str) -> Option<TypedDay> {
    match text.strip_prefix('-') {
        Some(rest) => parse_span(rest, -1),
        None => parse_span(text.strip_prefix('+')?, 1),
    }
}

/// `30d`, `30days`, `2w`, `1month`.
fn parse_span(text: &str, sign: i32) -> Option<TypedDay> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let count: i32 = number.parse().ok()?;
    let (days, months) = match unit {
        "d" | "day" | "days" => (1, 0),
        "w" | "week" | "weeks" => (7, 0),
        "m" | "mo" | "month" | "months" => (0, 1),
        "y" | "year" | "years" => (0, 12),
        _ => return None,
    };
    let within = |count: i32, factor: i32| {
        count.checked_mul(factor).filter(|count| *count <= FARTHEST).map(|count| count * sign)
    };
    match months {
        0 => within(count, days).map(TypedDay::Days),
        _ => within(count, months).filter(|count| count.abs() <= 1200).map(TypedDay::Months),
    }
}

fn parse_weekday(word: &str) -> Option<Weekday> {
    // The library takes entire names and the first three letters.
    word.parse().ok()
}

/// Returns the days that a date in the form of another country may mean, the American one first.
fn possible_days(text: &str) -> Vec<NaiveDate> {
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts.as_slice() else { return Vec::new() };
    let mut found = Vec::new();
    match (parse_number(first), parse_number(second), parse_number(third)) {
        (Some(year), Some(month), Some(date)) if first.len() == 4 => {
            found.extend(date_of(year, month, date));
        }
        (Some(one), Some(two), Some(year)) => {
            found.extend(date_of(year, one, two));
            found.extend(date_of(year, two, one));
        }
        (None, Some(date), Some(year)) => {
            found.extend(parse_month(first).and_then(|month| date_of(year, month, date)));
        }
        (Some(date), None, Some(year)) => {
            found.extend(parse_month(second).and_then(|month| date_of(year, month, date)));
        }
        _ => {}
    }
    found.dedup();
    found
}

fn parse_number(part: &str) -> Option<u32> {
    part.parse::<u32>().ok()
}

fn date_of(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = if year < 100 { year + 2000 } else { year };
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

fn parse_month(name: &str) -> Option<u32> {
    name.parse::<chrono::Month>().ok().map(|month| month.number_from_month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_type_them() {
        // A Monday.
        let today: NaiveDate = "2026-11-30".parse().unwrap();
        for (text, expected) in [
            ("2026-12-15", "2026-12-15"),
            (" today ", "2026-11-30"),
            ("Tomorrow", "2026-12-01"),
            ("yesterday", "2026-11-29"),
            ("friday", "2026-12-04"),
            ("Mon", "2026-12-07"),
            ("last monday", "2026-11-23"),
            ("last fri", "2026-11-27"),
            ("+30d", "2026-12-30"),
            ("+2w", "2026-12-14"),
            ("+ 3 days", "2026-12-03"),
            ("in 2 weeks", "2026-12-14"),
            ("+3m", "2027-02-28"),
            ("+1y", "2027-11-30"),
            ("-7d", "2026-11-23"),
            ("3 days ago", "2026-11-27"),
            ("last week", "2026-11-23"),
            ("next month", "2026-12-30"),
        ] {
            let day: TypedDay = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(day.resolve_on(today).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn other_forms_are_answered_with_the_form_to_write() {
        for (text, said) in [
            ("12/15/2026", "write YYYY-MM-DD, here 2026-12-15"),
            ("10/5/2026", "write YYYY-MM-DD, here 2026-10-05 or 2026-05-10"),
            ("15.12.2026", "write YYYY-MM-DD, here 2026-12-15"),
            ("2026/12/15", "write YYYY-MM-DD, here 2026-12-15"),
            ("2026-2-3", "write YYYY-MM-DD, here 2026-02-03"),
            ("12/15/26", "write YYYY-MM-DD, here 2026-12-15"),
            ("Dec 15, 2026", "write YYYY-MM-DD, here 2026-12-15"),
            ("15 December 2026", "write YYYY-MM-DD, here 2026-12-15"),
            ("1/1/2026", "write YYYY-MM-DD, here 2026-01-01"),
            ("soon", "write YYYY-MM-DD, or a word like `tomorrow`"),
            ("2026-02-30", "write YYYY-MM-DD, or a word like"),
            ("+400000d", "write YYYY-MM-DD, or a word like"),
            ("30d", "write YYYY-MM-DD, or a word like"),
            ("", "write YYYY-MM-DD, or a word like"),
        ] {
            let error = text.parse::<TypedDay>().unwrap_err().to_string();
            assert!(error.starts_with(said), "{text}: {error}");
        }
        assert_eq!(calendar_day("friday").unwrap_err().to_string(), "write YYYY-MM-DD");
        assert!(calendar_day("2026-12-15").is_ok());
    }

    #[test]
    fn a_word_without_a_direction_has_that_of_its_option() {
        // A Monday.
        let today: NaiveDate = "2026-11-30".parse().unwrap();
        for (text, future, past) in [
            ("2w", "2026-12-14", "2026-11-16"),
            ("30 days", "2026-12-30", "2026-10-31"),
            ("1M", "2026-12-30", "2026-10-30"),
            ("friday", "2026-12-04", "2026-11-27"),
            ("monday", "2026-12-07", "2026-11-23"),
            ("next friday", "2026-12-04", "2026-11-27"),
            ("last friday", "2026-11-27", "2026-11-27"),
            ("+2w", "2026-12-14", "2026-12-14"),
            ("2 weeks ago", "2026-11-16", "2026-11-16"),
            ("2026-11-05", "2026-11-05", "2026-11-05"),
        ] {
            assert_eq!(future_day(text).unwrap().resolve_on(today).to_string(), future, "{text}");
            assert_eq!(past_day(text).unwrap().resolve_on(today).to_string(), past, "{text}");
        }
        for text in ["", "w", "2", "12/15/2026", "soon"] {
            assert!(future_day(text).is_err() && past_day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_example_is_read() {
        for text in EXAMPLES.split(", ") {
            assert!(future_day(text).is_ok() && past_day(text).is_ok(), "{text}");
        }
    }
}
