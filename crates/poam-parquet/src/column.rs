//! The columns of a table: name, kind, meaning.

use std::sync::Arc;

use parquet::schema::parser::parse_message_type;
use parquet::schema::types::Type;

use crate::TableError;

/// A column of a table. Every column may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParquetColumn {
    /// Its name: lower case, no keyword of SQL.
    pub name: &'static str,
    /// The kind of its values.
    pub kind: ParquetKind,
    /// Its meaning, a line of Markdown.
    pub text: &'static str,
}

/// Kind of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParquetKind {
    /// Text.
    Text,
    /// Whole number of 64 bits.
    Integer,
    /// Number with a fraction, as IEEE 754 double.
    Double,
    /// True or false.
    Boolean,
    /// Day of the calendar.
    Date,
    /// Instant in UTC, in microseconds.
    Timestamp,
    /// List of texts.
    TextList,
    /// Text that is JSON.
    Json,
}

impl ParquetKind {
    /// Returns the name of the type in SQL, as engines show it.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Text => "VARCHAR",
            Self::Integer => "BIGINT",
            Self::Double => "DOUBLE",
            Self::Boolean => "BOOLEAN",
            Self::Date => "DATE",
            Self::Timestamp => "TIMESTAMP (UTC)",
            Self::TextList => "LIST of VARCHAR",
            Self::Json => "VARCHAR (JSON)",
        }
    }

    /// Returns the definition level of a value that is there.
    pub(crate) fn levels(self) -> i16 {
        if self == Self::TextList { LIST_ELEMENT } else { 1 }
    }
}

/// Definition levels of a list: it is there and empty, an element is there.
pub(crate) const LIST_EMPTY: i16 = 1;
pub(crate) const LIST_ELEMENT: i16 = 3;

/// Returns the columns of a table as a Markdown table.
pub fn column_table(columns: &[ParquetColumn]) -> String {
    let mut out = String::from("| column | type | meaning |\n|---|---|---|\n");
    for column in columns {
        out.push_str(&format!("| `{}` | {} | {} |\n", column.name, column.kind.sql(), column.text));
    }
    out
}

/// Returns the schema of a file with these columns.
pub(crate) fn schema(columns: &[ParquetColumn]) -> Result<Arc<Type>, TableError> {
    let mut text = String::from("message table {\n");
    for column in columns {
        let name = column.name;
        let line = match column.kind {
            ParquetKind::Text | ParquetKind::Json => format!("optional binary {name} (STRING);"),
            ParquetKind::Integer => format!("optional int64 {name};"),
            ParquetKind::Double => format!("optional double {name};"),
            ParquetKind::Boolean => format!("optional boolean {name};"),
            ParquetKind::Date => format!("optional int32 {name} (DATE);"),
            ParquetKind::Timestamp => format!("optional int64 {name} (TIMESTAMP(MICROS,true));"),
            ParquetKind::TextList => format!(
                "optional group {name} (LIST) {{ repeated group list {{ optional binary element \
                 (STRING); }} }}"
            ),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text.push('}');
    Ok(Arc::new(parse_message_type(&text)?))
}
