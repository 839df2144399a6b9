//! A day, or an instant: time frames that are shorter than a day need the instant.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The text of an instant: date, `T`, time with seconds, and `Z` or an offset from UTC.
const INSTANT: &str = r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$";

/// A day (`2026-01-15`), or an instant where it was recorded (`2026-01-15T09:30:00Z`).
///
/// Nothing is added to what was recorded: a day has no time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrInstant {
    /// A day without a time of day.
    Day(NaiveDate),
    /// An instant, in the offset in which it was written.
    Instant(DateTime<FixedOffset>),
}

/// Error: a text is neither a day nor an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a day as YYYY-MM-DD or an instant as YYYY-MM-DDThh:mm:ssZ")]
pub struct DayOrInstantError;

impl DayOrInstant {
    /// Returns the day; of an instant the day in UTC.
    pub fn day(self) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Instant(instant) => instant.with_timezone(&Utc).date_naive(),
        }
    }

    /// Returns the instant, where one was recorded.
    pub fn instant(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Day(_) => None,
            Self::Instant(instant) => Some(instant.with_timezone(&Utc)),
        }
    }
}

impl From<NaiveDate> for DayOrInstant {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

impl fmt::Display for DayOrInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Instant(instant) => {
                f.write_str(&instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
            }
        }
    }
}

impl FromStr for DayOrInstant {
    type Err = DayOrInstantError;

    fn from_str(text: &str) -> Result<Self, DayOrInstantError> {
        if text.len() == 10 {
            return text.parse().map(Self::Day).map_err(|_| DayOrInstantError);
        }
        let bytes = text.as_bytes();
        // Chrono reads more spellings than the schema allows: blanks, a small `t`, leap seconds.
        let strict = bytes.get(10) == Some(&b'T')
            && bytes.get(17..19).is_some_and(|seconds| seconds != b"60")
            && !bytes.contains(&b'z')
            && text.is_ascii();
        let instant = DateTime::parse_from_rfc3339(text).map_err(|_| DayOrInstantError)?;
        strict.then_some(Self::Instant(instant)).ok_or(DayOrInstantError)
    }
}

impl Serialize for DayOrInstant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DayOrInstant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for DayOrInstant {
    fn schema_name() -> Cow<'static, str> {
        "DayOrInstant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A day (YYYY-MM-DD), or an instant where it was recorded (YYYY-MM-DDThh:mm:ssZ).",
            "anyOf": [
                {"type": "string", "format": "date"},
                {"type": "string", "format": "date-time", "pattern": INSTANT}
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_stays_a_day_and_an_instant_keeps_its_offset() {
        for (text, day, instant) in [
            ("2026-01-15", "2026-01-15", None),
            ("2026-01-15T09:30:00Z", "2026-01-15", Some("2026-01-15T09:30:00Z")),
            ("2026-01-15T23:30:00-05:00", "2026-01-16", Some("2026-01-16T04:30:00Z")),
            ("2026-01-15T09:30:00.250Z", "2026-01-15", Some("2026-01-15T09:30:00.250Z")),
        ] {
            let read: DayOrInstant = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
            assert_eq!(read.day().to_string(), day);
            let expected = instant.map(|it| it.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(read.instant(), expected);
            assert_eq!(serde_json::to_value(read).unwrap(), text);
        }
    }

    #[test]
    fn what_is_read_is_what_the_schema_allows() {
        let schema = serde_json::to_value(schemars::schema_for!(DayOrInstant)).unwrap();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        for text in [
            "2026-01-15",
            "2026-01-15T09:30:00Z",
            "2026-01-15T09:30:00+05:30",
            "",
            "2026-02-30",
            "2026-1-5",
            "2026-01-15T09:30Z",
            "2026-01-15 09:30:00Z",
            "2026-01-15t09:30:00Z",
            "2026-01-15T09:30:00z",
            "2026-01-15T09:30:00",
            "2026-01-15T24:00:00Z",
            "2026-01-15T23:59:60Z",
            "2026-02-30T09:30:00Z",
            "2026-01-15T09:30:00+0530",
            "2026-01-15T09:30:00 Z",
            "15.01.2026",
            "２０２６-01-15",
        ] {
            let read = text.parse::<DayOrInstant>().is_ok();
            assert_eq!(read, validator.is_valid(&text.into()), "{text}");
        }
    }
}
