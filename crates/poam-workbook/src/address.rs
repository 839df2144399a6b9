//! Cell addresses as a spreadsheet writes them: `B8`, `A1:F1`.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// Rows in a sheet of the `.xlsx` format.
pub(super) const MAX_ROWS: u32 = 1_048_576;
/// Columns in a sheet of the `.xlsx` format.
pub(super) const MAX_COLUMNS: u16 = 16_384;

/// One cell. Row and column count from 1, as on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct CellAddress {
    pub(super) row: u32,
    pub(super) column: u16,
}

/// A rectangle of cells; a single cell is one too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct CellRange {
    pub(super) first: CellAddress,
    pub(super) last: CellAddress,
}

impl CellAddress {
    /// Returns the address counted from 0, as the writer wants it.
    pub(super) fn zero_based(self) -> (u32, u16) {
        (self.row - 1, self.column - 1)
    }
}

impl JsonSchema for CellAddress {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[A-Z]{1,3}[1-9][0-9]{0,6}$"})
    }
}

impl JsonSchema for CellRange {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Area".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let cell = "[A-Z]{1,3}[1-9][0-9]{0,6}";
        json_schema!({"type": "string", "pattern": format!("^{cell}(:{cell})?$")})
    }
}

/// Returns the letters of a column that counts from 1.
pub(super) fn column_letters(column: u16) -> String {
    let mut rest = column;
    let mut reversed = Vec::new();
    while rest > 0 {
        rest -= 1;
        reversed.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    reversed.iter().rev().collect()
}

/// Returns the number, from 1, of a column named by letters.
pub(super) fn column_number(letters: &str) -> Option<u16> {
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let mut number = 0u32;
    for letter in letters.bytes() {
        if !letter.is_ascii_uppercase() {
            return None;
        }
        number = number * 26 + u32::from(letter - b'A') + 1;
    }
    u16::try_from(number).ok().filter(|number| *number <= MAX_COLUMNS)
}

impl fmt::Display for CellAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", column_letters(self.column), self.row)
    }
}

impl FromStr for CellAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let column = column_number(&text[..split]);
        let row = text[split..].parse().ok().filter(|row| (1..=MAX_ROWS).contains(row));
        match (column, row) {
            (Some(column), Some(row)) => Ok(Self { row, column }),
            _ => Err(format!("`{text}` is not the address of a cell")),
        }
    }
}

impl TryFrom<String> for CellAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for CellRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}:{}", self.first, self.last)
        }
    }
}

impl FromStr for CellRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        Ok(Self { first: first.parse()?, last: last.parse()? })
    }
}

impl TryFrom<String> for CellRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_numbers_round_trip() {
        for (number, name) in
            [(1, "A"), (26, "Z"), (27, "AA"), (28, "AB"), (702, "ZZ"), (16_384, "XFD")]
        {
            assert_eq!(column_letters(number), name);
            assert_eq!(column_number(name), Some(number));
        }
        for name in ["", "a", "A1", "XFE", "AAAA"] {
            assert_eq!(column_number(name), None, "{name}");
        }
    }

    #[test]
    fn addresses_and_areas_round_trip() {
        for text in ["A1", "AB4021", "XFD1048576"] {
            assert_eq!(text.parse::<CellAddress>().unwrap().to_string(), text);
        }
        for text in ["A1:F1", "B7"] {
            assert_eq!(text.parse::<CellRange>().unwrap().to_string(), text);
        }
        for text in ["", "A", "1", "A0", "A1048577", "A-1", "1A"] {
            assert!(text.parse::<CellAddress>().is_err(), "{text}");
        }
    }
}
