//! A value of a row.

use serde::{Deserialize, Serialize};

/// A row: a value for each column of its table.
pub type ParquetRow = Vec<ParquetValue>;

/// A value of a column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum ParquetValue {
    /// No value.
    #[default]
    Null,
    /// Text, or JSON.
    Text(String),
    /// Whole number.
    Integer(i64),
    /// Number with a fraction.
    Double(f64),
    /// True or false.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01, in UTC.
    Timestamp(i64),
    /// Texts.
    TextList(Vec<String>),
}

impl ParquetValue {
    /// Returns the text; `None` of other values.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the integer; `None` for other values.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the number with a fraction; `None` of other values.
    pub fn as_double(&self) -> Option<f64> {
        match self {
            Self::Double(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns whether the value is true.
    pub fn is_true(&self) -> bool {
        *self == Self::Boolean(true)
    }

    /// Returns the days since 1970-01-01; `None` of other values.
    pub fn as_date(&self) -> Option<i32> {
        match self {
            Self::Date(day) => Some(*day),
            _ => None,
        }
    }

    /// Returns the texts of a list; none of other values.
    pub fn as_texts(&self) -> &[String] {
        match self {
            Self::TextList(texts) => texts,
            _ => &[],
        }
    }

    /// Returns the bytes that it takes in memory beside itself, about.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::TextList(texts) => texts.iter().map(|text| text.len() + 24).sum(),
            _ => 0,
        }
    }
}

impl From<String> for ParquetValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for ParquetValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for ParquetValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for ParquetValue {
    fn from(number: u32) -> Self {
        Self::Integer(i64::from(number))
    }
}

impl From<usize> for ParquetValue {
    fn from(number: usize) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<f64> for ParquetValue {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<bool> for ParquetValue {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<Vec<String>> for ParquetValue {
    fn from(texts: Vec<String>) -> Self {
        Self::TextList(texts)
    }
}

impl<T: Into<Self>> From<Option<T>> for ParquetValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
