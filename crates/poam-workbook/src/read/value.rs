//! Value of a cell of a file.

use chrono::NaiveDate;

/// The value of a cell, as the file has it: nothing is interpreted.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceValue {
    /// Text, with its line breaks (LF) and blanks.
    Text(String),
    /// A number. In a date column of a workbook with the 1904 date system it is moved to the
    /// 1900 system.
    Number(f64),
    /// A cell with a date format. A time of day is dropped.
    Date(NaiveDate),
    /// TRUE or FALSE.
    Bool(bool),
}

impl SourceValue {
    /// Returns whether there is nothing to read: text of blanks only.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// Returns the value as text: integers without a point (`19506`, not `19506.0`), dates as
/// `2026-05-04`, and text exactly as it is.
#[must_use]
pub fn to_text(value: &SourceValue) -> String {
    match value {
        SourceValue::Text(text) => text.clone(),
        // The shortest form that reads back as the same number; never with an exponent.
        SourceValue::Number(number) => format!("{number}"),
        SourceValue::Date(date) => date.format("%Y-%m-%d").to_string(),
        SourceValue::Bool(true) => "TRUE".to_owned(),
        SourceValue::Bool(false) => "FALSE".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_text() {
        let date = NaiveDate::from_ymd_opt(2026, 5, 4).unwrap();
        for (value, expected) in [
            (SourceValue::Number(19506.0), "19506"),
            (SourceValue::Number(0.5), "0.5"),
            (SourceValue::Number(123_456_789_012_345.0), "123456789012345"),
            (SourceValue::Text(" a\nb ".to_owned()), " a\nb "),
            (SourceValue::Date(date), "2026-05-04"),
            (SourceValue::Bool(true), "TRUE"),
        ] {
            assert_eq!(to_text(&value), expected);
        }
    }
}
