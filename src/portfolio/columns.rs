//! A column of a table with the function that takes its value from a row's source, and conversions of values.

use chrono::{DateTime, NaiveDate, Utc};
use poam_parquet::{ParquetColumn, ParquetKind, ParquetRow, ParquetValue};
use serde::Serialize;
use serde_json::Value;

/// A column of a table whose rows are made of `R`: description and value in one place.
pub(super) struct RowColumn<R> {
    pub(super) column: ParquetColumn,
    value: fn(&R) -> ParquetValue,
}

/// Describes a column.
pub(super) const fn column<R>(
    name: &'static str,
    kind: ParquetKind,
    text: &'static str,
    value: fn(&R) -> ParquetValue,
) -> RowColumn<R> {
    RowColumn { column: ParquetColumn { name, kind, text }, value }
}

/// Returns the descriptions of columns.
pub(super) fn descriptions<R>(columns: &[RowColumn<R>]) -> Vec<ParquetColumn> {
    columns.iter().map(|column| column.column).collect()
}

/// Returns the row of a source.
pub(super) fn row<R>(columns: &[RowColumn<R>], source: &R) -> ParquetRow {
    columns.iter().map(|column| (column.value)(source)).collect()
}

/// Converts a day.
pub(super) fn date(day: NaiveDate) -> ParquetValue {
    let days = (day - NaiveDate::default()).num_days();
    i32::try_from(days).map_or(ParquetValue::Null, ParquetValue::Date)
}

/// Converts a day that may be missing.
pub(super) fn optional_date(day: Option<NaiveDate>) -> ParquetValue {
    day.map_or(ParquetValue::Null, date)
}

/// Converts a day back.
pub(super) fn day_of(value: &ParquetValue) -> Option<NaiveDate> {
    let days = chrono::Days::new(u64::from(value.as_date()?.unsigned_abs()));
    match value.as_date()? {
        0.. => NaiveDate::default().checked_add_days(days),
        _ => NaiveDate::default().checked_sub_days(days),
    }
}

/// Converts an instant.
pub(super) fn timestamp(time: DateTime<Utc>) -> ParquetValue {
    ParquetValue::Timestamp(time.timestamp_micros())
}

/// Converts a text; a blank one is none.
pub(super) fn text(text: Option<&str>) -> ParquetValue {
    text.filter(|text| !text.trim().is_empty()).into()
}

/// Converts the word that a value is in JSON.
pub(super) fn word(value: &impl Serialize) -> ParquetValue {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word.into(),
        _ => ParquetValue::Null,
    }
}

/// Converts a value into JSON; null and an empty mapping are none.
pub(super) fn json(value: &Value) -> ParquetValue {
    match value {
        Value::Null => ParquetValue::Null,
        Value::Object(map) if map.is_empty() => ParquetValue::Null,
        value => value.to_string().into(),
    }
}

/// Converts a list of texts.
pub(super) fn texts<T: ToString>(list: &[T]) -> ParquetValue {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970_and_back() {
        for (day, days) in [("1970-01-01", 0), ("2026-11-30", 20787), ("1969-12-31", -1)] {
            let day: NaiveDate = day.parse().unwrap();
            assert_eq!(date(day), ParquetValue::Date(days));
            assert_eq!(day_of(&date(day)), Some(day));
        }
    }
}
