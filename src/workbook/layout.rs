//! Official layouts as data: sheets, columns, styles, lists and formats.
//!
//! A new version of the template is a new file under `templates/workbook/`, not new code. The
//! files hold the headers, labels, formats and ranges of the official workbooks to the letter; the
//! sentences that explain and the examples are our own.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::address::{Address, Area};
use super::field::Field;

/// The embedded layouts, newest first: the first one is the default.
const TEXTS: &[&str] = &[
    include_str!("../../templates/workbook/fedramp-rev5-3.0.json"),
    include_str!("../../templates/workbook/fedramp-rev5-2.1.json"),
    include_str!("../../templates/workbook/fedramp-rev4.json"),
];

// The texts are constants, and a test proves that each of them parses.
static LAYOUTS: LazyLock<Vec<Layout>> =
    LazyLock::new(|| TEXTS.iter().filter_map(|text| serde_json::from_str(text).ok()).collect());

/// One official workbook layout.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The name in full, such as `fedramp-rev5-3.0`.
    pub name: String,
    /// The version, such as `3.0`; also a short name of the layout.
    pub version: String,
    /// The sheets, in the order of the workbook.
    pub sheets: Vec<SheetLayout>,
    pub(super) styles: Vec<Style>,
    /// Digests of the official guidance and example cells, so that they are known when read.
    #[serde(deserialize_with = "digests")]
    pub(super) official_text: HashSet<u64>,
}

/// What a sheet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SheetRole {
    /// Open items.
    Open,
    /// Closed items.
    Closed,
    /// Configuration findings, one by one.
    Configuration,
    /// Deficiencies of the documentation (PL-2).
    Documentation,
    /// Text that does not depend on the items.
    Fixed,
}

/// One sheet of a layout.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SheetLayout {
    /// The exact name of the sheet.
    pub name: String,
    /// What the sheet is for.
    pub role: SheetRole,
    /// The row of the headers, from 1; 0 on a fixed sheet.
    #[serde(default)]
    pub header_row: u32,
    /// The first row for items, from 1; 0 on a fixed sheet.
    #[serde(default)]
    pub first_data_row: u32,
    /// The columns that take values, from left to right.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// The last row that the template's lists and formats cover. With more items they extend.
    #[serde(default)]
    pub(super) last_template_row: u32,
    pub(super) orientation: Orientation,
    pub(super) freeze: Option<Address>,
    pub(super) default_column_width: f64,
    /// In points; 15 where it is not said.
    #[serde(default)]
    pub(super) default_row_height: Option<f64>,
    /// In percent; 100 where it is not said.
    #[serde(default)]
    pub(super) zoom: Option<u16>,
    /// First column, last column (from 1), width in characters as the file states it.
    pub(super) widths: Vec<(u16, u16, f64)>,
    /// Row (from 1) to height in points.
    pub(super) heights: BTreeMap<u32, f64>,
    pub(super) merges: Vec<Area>,
    pub(super) block: Option<Block>,
    pub(super) formula: Option<FormulaLayout>,
    pub(super) cells: Vec<CellLayout>,
    pub(super) validations: Vec<Validation>,
    pub(super) conditional_formats: Vec<ConditionalFormat>,
}

/// One column of a sheet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What the column means.
    pub field: Field,
    /// The letters of the column, such as `AB`.
    pub column: String,
    /// The exact header.
    pub header: String,
    /// What kind of values it takes.
    pub kind: ColumnKind,
    /// The allowed values of a list.
    #[serde(default)]
    pub values: Vec<String>,
    /// The width in characters.
    pub width: f64,
    pub(super) header_style: usize,
    pub(super) style: usize,
}

/// What kind of values a column takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// A line of text.
    Text,
    /// Text with line breaks, wrapped in its cell.
    Multiline,
    /// A date without a time.
    Date,
    /// A number when it is one, else text.
    NumberOrText,
    /// One of [`Column::values`].
    List,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Orientation {
    Portrait,
    Landscape,
}

/// Where the four values at the head of a sheet go.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    pub(super) provider: BlockCell,
    pub(super) offering: BlockCell,
    pub(super) impact_level: BlockCell,
    pub(super) date: BlockCell,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockCell {
    pub(super) at: Address,
    pub(super) style: usize,
}

/// The formula of a column; `{r}` stands for the row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormulaLayout {
    pub(super) field: Field,
    pub(super) text: String,
}

/// A cell, or a run of equal blank cells, that does not depend on the items.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CellLayout {
    pub(super) at: Area,
    pub(super) style: usize,
    pub(super) text: Option<String>,
    pub(super) number: Option<f64>,
    pub(super) date: Option<chrono::NaiveDate>,
    /// The formula of the sheet, with the date as its stored result.
    #[serde(default)]
    pub(super) formula: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Style {
    pub(super) font: String,
    pub(super) size: f64,
    #[serde(default)]
    pub(super) bold: bool,
    #[serde(default)]
    pub(super) italic: bool,
    /// Six hexadecimal digits, or `theme` and the number of a theme colour, with the number of a
    /// shade (1 to 5, as in the palette of a spreadsheet program) behind a slash.
    pub(super) color: String,
    pub(super) fill: Option<String>,
    pub(super) horizontal: Option<Horizontal>,
    pub(super) vertical: Option<Vertical>,
    #[serde(default)]
    pub(super) wrap: bool,
    /// `date` is the built-in short date (14), which follows the reader's locale.
    pub(super) number_format: Option<String>,
    /// Sides with a line: a small letter (`l`, `r`, `t`, `b`) for a thin grey one, a capital for a
    /// medium one in the colour of the text.
    #[serde(default)]
    pub(super) border: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Horizontal {
    Left,
    Center,
    Right,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Vertical {
    Top,
    Center,
}

/// A rule for what may be typed into cells.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Validation {
    /// Areas separated by blanks.
    pub(super) at: String,
    #[serde(flatten)]
    pub(super) rule: ValidationRule,
    pub(super) prompt: Option<String>,
    /// Whether the cell offers the values of a list.
    #[serde(default = "yes")]
    pub(super) dropdown: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum ValidationRule {
    List {
        values: Vec<String>,
    },
    /// Dates are serial numbers of the 1900 system.
    Date {
        operator: Operator,
        first: f64,
        second: Option<f64>,
    },
    Decimal {
        operator: Operator,
        first: f64,
    },
    /// A whole number.
    Whole {
        operator: Operator,
        first: i32,
    },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Operator {
    NotBetween,
    GreaterThan,
    NotEqual,
}

/// A format that depends on the value, in the order of priority.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionalFormat {
    pub(super) at: String,
    pub(super) fill: String,
    pub(super) color: Option<String>,
    pub(super) formula: Option<String>,
    pub(super) contains: Option<String>,
    #[serde(default)]
    pub(super) filled: bool,
    /// Values that stand in the area twice.
    #[serde(default)]
    pub(super) duplicates: bool,
}

/// No layout has the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no workbook layout is called `{name}`; known are {}", known.join(", "))]
pub struct UnknownLayout {
    /// The name that was asked for.
    pub name: String,
    /// The names that exist.
    pub known: Vec<&'static str>,
}

impl Layout {
    /// Every layout, newest first.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &LAYOUTS
    }

    /// The layout with this name in full (`fedramp-rev5-3.0`) or this version (`3.0`).
    ///
    /// # Errors
    ///
    /// When there is none; the error lists the names that exist.
    pub fn named(name: &str) -> Result<&'static Self, UnknownLayout> {
        Self::all().iter().find(|layout| layout.name == name || layout.version == name).ok_or_else(
            || UnknownLayout {
                name: name.to_owned(),
                known: Self::all().iter().map(|layout| layout.name.as_str()).collect(),
            },
        )
    }

    /// The sheet with this role; for [`SheetRole::Fixed`] the first one.
    #[must_use]
    pub fn sheet(&self, role: SheetRole) -> Option<&SheetLayout> {
        self.sheets.iter().find(|sheet| sheet.role == role)
    }
}

impl SheetLayout {
    /// The column for a field, if the sheet has one.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<&Column> {
        self.columns.iter().find(|column| column.field == field)
    }
}

impl fmt::Display for SheetRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Configuration => "configuration",
            Self::Documentation => "documentation",
            Self::Fixed => "fixed",
        })
    }
}

fn yes() -> bool {
    true
}

fn digests<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<HashSet<u64>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| u64::from_str_radix(text, 16).map_err(serde::de::Error::custom))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::address::column_number;

    #[test]
    fn every_embedded_text_parses() {
        for text in TEXTS {
            serde_json::from_str::<Layout>(text).unwrap();
        }
        assert_eq!(Layout::all().len(), TEXTS.len());
    }

    #[test]
    fn layouts_are_found_by_name_and_by_version() {
        for (asked, name) in [
            ("3.0", "fedramp-rev5-3.0"),
            ("fedramp-rev5-3.0", "fedramp-rev5-3.0"),
            ("2.1", "fedramp-rev5-2.1"),
            ("fedramp-rev5-2.1", "fedramp-rev5-2.1"),
            ("rev4", "fedramp-rev4"),
        ] {
            assert_eq!(Layout::named(asked).unwrap().name, name);
        }
        let error = Layout::named("1.0").unwrap_err().to_string();
        assert!(error.contains("fedramp-rev5-3.0, fedramp-rev5-2.1"), "{error}");
    }

    #[test]
    fn every_reference_inside_a_layout_holds() {
        for layout in Layout::all() {
            let styles = layout.styles.len();
            for sheet in &layout.sheets {
                assert!(sheet.cells.iter().all(|cell| cell.style < styles));
                for column in &sheet.columns {
                    assert!(column.style < styles && column.header_style < styles);
                    assert!(column_number(&column.column).is_some());
                }
                for format in sheet
                    .validations
                    .iter()
                    .map(|v| &v.at)
                    .chain(sheet.conditional_formats.iter().map(|format| &format.at))
                {
                    assert!(format.split(' ').all(|area| area.parse::<Area>().is_ok()), "{format}");
                }
                let fixed = sheet.role == SheetRole::Fixed;
                assert_eq!(fixed, sheet.columns.is_empty());
                assert_eq!(fixed, sheet.first_data_row <= sheet.header_row);
            }
        }
    }

    #[test]
    fn first_data_rows_are_those_of_the_templates() {
        for (name, role, header, first) in [
            ("3.0", SheetRole::Open, 5, 10),
            ("3.0", SheetRole::Closed, 2, 3),
            ("3.0", SheetRole::Configuration, 2, 3),
            ("3.0", SheetRole::Documentation, 1, 5),
            ("2.1", SheetRole::Open, 5, 9),
            ("2.1", SheetRole::Closed, 5, 6),
            ("2.1", SheetRole::Configuration, 5, 6),
        ] {
            let sheet = Layout::named(name).unwrap().sheet(role).unwrap();
            assert_eq!((sheet.header_row, sheet.first_data_row), (header, first), "{name} {role}");
        }
        assert!(Layout::named("2.1").unwrap().sheet(SheetRole::Documentation).is_none());
    }
}
