//! Official layouts as data: sheets, columns, styles, lists and formats.
//!
//! A new version of the template is a new file under `templates/workbook/`, not new code. The
//! files hold the headers, labels, formats and ranges of the official workbooks to the letter; the
//! sentences that explain and the examples are our own.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::{CellAddress, CellRange};
use super::field::Field;

mod check;
mod style;

pub use check::Problem;
pub(super) use style::{
    CellStyle, ConditionalFormat, Horizontal, NumberComparison, Validation, ValidationRule,
    Vertical,
};

/// The embedded layouts, newest first: the first one is the default.
const TEXTS: &[&str] = &[
    include_str!("../../../../templates/workbook/fedramp-rev5-3.0.json"),
    include_str!("../../../../templates/workbook/fedramp-rev5-2.1.json"),
    include_str!("../../../../templates/workbook/fedramp-rev4.json"),
];

/// The layouts of eMASS. Their headers are words of other tables too (`Comments`, `Status`), so that they
/// mean nothing beside those of the official FedRAMP layouts.
const EMASS_TEXTS: [&str; 3] = [
    include_str!("../../../../templates/workbook/emass-navy.json"),
    include_str!("../../../../templates/workbook/emass-army.json"),
    include_str!("../../../../templates/workbook/emass-marines.json"),
];

static EMASS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    EMASS_TEXTS.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
});

// The texts are constants, and a test proves that each of them parses.
static FEDERAL: LazyLock<Option<Layout>> =
    LazyLock::new(|| serde_json::from_str(FEDERAL_TEXT).ok());

/// The eight columns of federal plans of action (OMB, NIST SP 800-171). Their headers are words
/// that every table may have, so that they mean nothing beside those of the official layouts.
const FEDERAL_TEXT: &str = include_str!("../../../../templates/workbook/federal.json");

static LAYOUTS: LazyLock<Vec<Layout>> =
    LazyLock::new(|| TEXTS.iter().filter_map(|text| serde_json::from_str(text).ok()).collect());

/// One official workbook layout.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The name in full, such as `fedramp-rev5-3.0`.
    pub name: String,
    /// The version, such as `3.0`; also a short name of the layout.
    pub version: String,
    /// The sheets, in the order of the workbook.
    pub sheets: Vec<SheetLayout>,
    /// Styles of cells; the other parts name a style by its index here, from 0.
    pub(super) styles: Vec<CellStyle>,
    /// Digests of the official guidance and example cells, so that they are known when read.
    #[serde(default, deserialize_with = "deserialize_digests")]
    #[schemars(with = "Vec<String>")]
    pub(super) official_text: HashSet<u64>,
}

/// Purpose of a sheet.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
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
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SheetLayout {
    /// The exact name of the sheet.
    pub name: String,
    /// Purpose of the sheet.
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
    /// Orientation of the printed page.
    #[serde(default)]
    pub(super) orientation: Orientation,
    /// Whether a printed page holds all columns, with the headers on top of each.
    #[serde(default)]
    pub(super) one_page_wide: bool,
    /// The first cell that scrolls.
    pub(super) freeze: Option<CellAddress>,
    /// The first cell that a sheet without items shows below the frozen rows; with items it is the first.
    #[serde(default)]
    pub(super) scrolled_to: Option<CellAddress>,
    /// Distance of header and footer from the edge of the page, in inches; 0.3 where it is absent.
    #[serde(default)]
    pub(super) header_margin: Option<f64>,
    /// In characters.
    #[serde(default = "default_column_width")]
    pub(super) default_column_width: f64,
    /// In points; 15 where it is not said.
    #[serde(default)]
    pub(super) default_row_height: Option<f64>,
    /// In percent; 100 where it is not said.
    #[serde(default)]
    pub(super) zoom: Option<u16>,
    /// First column, last column (from 1), width in characters as the file states it.
    #[serde(default)]
    pub(super) widths: Vec<(u16, u16, f64)>,
    /// Row (from 1) to height in points.
    #[serde(default)]
    pub(super) heights: BTreeMap<u32, f64>,
    /// Cells that are one.
    #[serde(default)]
    pub(super) merges: Vec<CellRange>,
    /// Where provider, offering, impact level and date go.
    pub(super) block: Option<Block>,
    /// Further values at the head of the sheet, by name.
    #[serde(default)]
    pub(super) head: BTreeMap<String, BlockCell>,
    /// The formula of one column.
    pub(super) formula: Option<FormulaLayout>,
    /// Cells that do not depend on the items: titles, guidance, blank cells with a style.
    #[serde(default)]
    pub(super) cells: Vec<CellLayout>,
    /// Rules for typing into cells, with the ranges that they apply to.
    #[serde(default)]
    pub(super) validations: Vec<Validation>,
    /// Formats that depend on values, the first before the next.
    #[serde(default)]
    pub(super) conditional_formats: Vec<ConditionalFormat>,
}

/// One column of a sheet.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Meaning of the column; left out where `pointer` names its value.
    #[serde(default = "own_column")]
    pub field: Field,
    /// The value of the item that fills a column of the team's own, as a JSON pointer:
    /// `/change_ticket`, `/extra/cost`.
    #[serde(default)]
    pub pointer: Option<String>,
    /// The letters of the column, such as `AB`.
    pub column: String,
    /// The exact header.
    pub header: String,
    /// Kind of the values.
    pub kind: ColumnKind,
    /// The allowed values of a list.
    #[serde(default)]
    pub values: Vec<String>,
    /// The width in characters.
    pub width: f64,
    /// The style of the header.
    pub(super) header_style: usize,
    /// The style of the cells below.
    pub(super) style: usize,
}

/// Kind of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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

/// Orientation of a printed page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Orientation {
    #[default]
    Portrait,
    Landscape,
}

/// Where the usual values at the head of a sheet go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    /// The provider.
    pub(super) provider: BlockCell,
    /// The offering.
    pub(super) offering: BlockCell,
    /// The impact level, where the layout has a place for it.
    #[serde(default)]
    pub(super) impact_level: Option<BlockCell>,
    /// The day of the submission.
    pub(super) date: BlockCell,
}

/// A cell at the head of a sheet.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockCell {
    /// Where it stands.
    pub(super) at: CellAddress,
    /// Its style.
    pub(super) style: usize,
}

/// The formula of a column; `{r}` stands for the row.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FormulaLayout {
    /// The column.
    pub(super) field: Field,
    /// The formula without `=`.
    pub(super) text: String,
    /// The last row that holds it, with items or without; that of the last item where it is not said.
    #[serde(default)]
    pub(super) last_row: u32,
}

/// A cell, or a run of equal blank cells, that does not depend on the items.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CellLayout {
    /// The cell, or cells of one row.
    pub(super) at: CellRange,
    /// Its style.
    pub(super) style: usize,
    /// Text in it.
    pub(super) text: Option<String>,
    /// A number in it.
    pub(super) number: Option<f64>,
    /// A date in it.
    pub(super) date: Option<chrono::NaiveDate>,
    /// The formula of the sheet, with the date as its stored result.
    #[serde(default)]
    pub(super) formula: bool,
}

/// No layout has the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "no workbook layout is called `{name}`; known are {}; a layout of your own is a file whose name ends in .json",
    known.join(", ")
)]
pub struct UnknownLayout {
    /// The name that was asked for.
    pub name: String,
    /// The names that exist.
    pub known: Vec<&'static str>,
}

impl Layout {
    /// Returns every official layout, newest first: those that are known when a file is read.
    #[must_use]
    pub fn all_layouts() -> &'static [Self] {
        &LAYOUTS
    }

    /// Returns the layout with the eight columns of federal plans of action.
    pub(super) fn federal_layout() -> Option<&'static Self> {
        FEDERAL.as_ref()
    }

    /// Returns the layouts of eMASS's forms.
    pub fn emass_layouts() -> &'static [Self] {
        &EMASS
    }

    /// Returns whether it is one of eMASS's forms, or made from one: with a row for each milestone.
    #[must_use]
    pub fn has_milestone_rows(&self) -> bool {
        self.sheets.iter().any(SheetLayout::has_milestone_rows)
    }

    /// Returns every built-in layout.
    fn built_in() -> impl Iterator<Item = (&'static Self, &'static str)> {
        let texts = TEXTS.iter().copied().chain([FEDERAL_TEXT]).chain(EMASS_TEXTS);
        Self::all_layouts().iter().chain(FEDERAL.iter()).chain(EMASS.iter()).zip(texts)
    }

    /// Returns the layout with this name in full (`fedramp-rev5-3.0`) or this version (`3.0`).
    ///
    /// # Errors
    ///
    /// When there is none; the error lists the names that exist.
    pub fn find_named(name: &str) -> Result<&'static Self, UnknownLayout> {
        let mut known = Self::built_in().map(|(layout, _)| layout);
        known.find(|layout| layout.name == name || layout.version == name).ok_or_else(|| {
            UnknownLayout {
                name: name.to_owned(),
                known: Self::built_in().map(|(layout, _)| layout.name.as_str()).collect(),
            }
        })
    }

    /// Returns the text of a built-in layout's file, to start one of your own from.
    ///
    /// # Errors
    ///
    /// As [`Layout::find_named`].
    pub fn find_text(name: &str) -> Result<&'static str, UnknownLayout> {
        let layout = Self::find_named(name)?;
        let text = Self::built_in().find(|(other, _)| other.name == layout.name);
        Ok(text.map_or(FEDERAL_TEXT, |(_, text)| text))
    }

    /// Creates a layout from the value of its file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, each with its place as a JSON pointer.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, Vec<Problem>> {
        let layout: Self = serde_json::from_value(value.clone()).map_err(|error| {
            vec![Problem::new("", error.to_string(), "see `poam schema layout`")]
        })?;
        let layout = layout.numbered();
        let problems = check::check(&layout);
        if problems.is_empty() { Ok(layout) } else { Err(problems) }
    }

    /// Returns the JSON Schema of a layout's file.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(Self)
    }

    /// Gives the columns of the team's own their numbers.
    fn numbered(mut self) -> Self {
        for sheet in &mut self.sheets {
            for (number, column) in (0..).zip(&mut sheet.columns) {
                if column.pointer.is_some() && column.field == own_column() {
                    column.field = Field::Own(number);
                }
            }
        }
        self
    }

    /// Returns the purpose of each sheet with rows, by its name.
    pub fn sheet_roles(&self) -> Vec<(String, SheetRole)> {
        let sheets = self.sheets.iter().filter(|sheet| sheet.role != SheetRole::Fixed);
        sheets.map(|sheet| (sheet.name.clone(), sheet.role)).collect()
    }

    /// Returns the headers of its sheets with their meaning, as far as they have a field.
    #[must_use]
    pub fn headers(&self) -> Vec<(String, Field)> {
        let columns = self.sheets.iter().flat_map(|sheet| &sheet.columns);
        let columns = columns.filter(|column| column.pointer.is_none());
        columns.map(|column| (column.header.clone(), column.field)).collect()
    }

    /// Returns the columns of the team's own: header, and the pointer of the value in the item's
    /// file.
    #[must_use]
    pub fn own_columns(&self) -> Vec<(String, String)> {
        let columns = self.sheets.iter().flat_map(|sheet| &sheet.columns);
        let own = columns.filter_map(|it| Some((it.header.trim().to_owned(), it.pointer.clone()?)));
        own.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns the sheet with this role; for [`SheetRole::Fixed`] the first one.
    #[must_use]
    pub fn sheet(&self, role: SheetRole) -> Option<&SheetLayout> {
        self.sheets.iter().find(|sheet| sheet.role == role)
    }
}

impl SheetLayout {
    /// Returns whether each milestone of an item has a row.
    #[must_use]
    pub fn has_milestone_rows(&self) -> bool {
        self.column(Field::MilestoneComments).is_some()
    }

    /// Returns whether the cells of a field are filled by a formula on this sheet.
    #[must_use]
    pub fn has_formula(&self, field: Field) -> bool {
        self.formula.as_ref().is_some_and(|formula| formula.field == field)
    }

    /// Returns the column for a field, if the sheet has one.
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

fn default_column_width() -> f64 {
    12.63
}

/// Stands for what is not stated: a column with a pointer gets a number later.
fn own_column() -> Field {
    Field::Own(u16::MAX)
}

fn deserialize_digests<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<HashSet<u64>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| u64::from_str_radix(text, 16).map_err(serde::de::Error::custom))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::column_number;

    #[test]
    fn every_embedded_text_parses() {
        for text in TEXTS {
            serde_json::from_str::<Layout>(text).unwrap();
        }
        assert_eq!(Layout::all_layouts().len(), TEXTS.len());
        assert_eq!(Layout::emass_layouts().len(), EMASS_TEXTS.len());
        for name in ["3.0", "2.1", "rev4", "federal", "emass-navy", "emass-army", "emass-marines"] {
            let value = serde_json::from_str(Layout::find_text(name).unwrap()).unwrap();
            let layout: Layout = serde_json::from_value(value).unwrap();
            assert_eq!(check::check(&layout), [], "{name}");
        }
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
            assert_eq!(Layout::find_named(asked).unwrap().name, name);
        }
        let error = Layout::find_named("1.0").unwrap_err().to_string();
        assert!(error.contains("fedramp-rev5-3.0, fedramp-rev5-2.1"), "{error}");
    }

    #[test]
    fn every_reference_inside_a_layout_holds() {
        for layout in Layout::all_layouts() {
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
                    assert!(
                        format.split(' ').all(|area| area.parse::<CellRange>().is_ok()),
                        "{format}"
                    );
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
            let sheet = Layout::find_named(name).unwrap().sheet(role).unwrap();
            assert_eq!((sheet.header_row, sheet.first_data_row), (header, first), "{name} {role}");
        }
        assert!(Layout::find_named("2.1").unwrap().sheet(SheetRole::Documentation).is_none());
    }
}
