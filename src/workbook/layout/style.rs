//! How cells look and what may be typed into them.

use schemars::JsonSchema;
use serde::Deserialize;

/// How a cell looks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workbook) struct Style {
    /// The name of the font.
    pub(in crate::workbook) font: String,
    /// In points.
    pub(in crate::workbook) size: f64,
    /// Bold.
    #[serde(default)]
    pub(in crate::workbook) bold: bool,
    /// Italic.
    #[serde(default)]
    pub(in crate::workbook) italic: bool,
    /// Six hexadecimal digits, or `theme` and the number of a theme colour, with the number of a
    /// shade (1 to 5, as in the palette of a spreadsheet program) behind a slash.
    pub(in crate::workbook) color: String,
    /// The colour of the background.
    pub(in crate::workbook) fill: Option<String>,
    /// Left, center or right.
    pub(in crate::workbook) horizontal: Option<Horizontal>,
    /// Top or center; the bottom where it is not said.
    pub(in crate::workbook) vertical: Option<Vertical>,
    /// Whether long text goes on in further lines.
    #[serde(default)]
    pub(in crate::workbook) wrap: bool,
    /// `date` is the built-in short date (14), which follows the reader's locale.
    pub(in crate::workbook) number_format: Option<String>,
    /// Sides with a line: a small letter (`l`, `r`, `t`, `b`) for a thin grey one, a capital for a
    /// medium one in the colour of the text.
    #[serde(default)]
    pub(in crate::workbook) border: String,
}

/// Where text stands from left to right.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::workbook) enum Horizontal {
    Left,
    Center,
    Right,
}

/// Where text stands from top to bottom.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::workbook) enum Vertical {
    Top,
    Center,
}

/// A rule for what may be typed into cells.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(in crate::workbook) struct Validation {
    /// Areas separated by blanks.
    pub(in crate::workbook) at: String,
    #[serde(flatten)]
    pub(in crate::workbook) rule: ValidationRule,
    /// What is shown beside the cell.
    pub(in crate::workbook) prompt: Option<String>,
    /// Whether the cell offers the values of a list.
    #[serde(default = "yes")]
    pub(in crate::workbook) dropdown: bool,
}

/// What may be typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(in crate::workbook) enum ValidationRule {
    /// One of these.
    List {
        /// The values.
        values: Vec<String>,
    },
    /// Dates are serial numbers of the 1900 system.
    Date {
        /// How the number compares.
        operator: Operator,
        /// With what.
        first: f64,
        /// The end of a range.
        second: Option<f64>,
    },
    /// A number.
    Decimal {
        /// How the number compares.
        operator: Operator,
        /// With what.
        first: f64,
    },
    /// A whole number.
    Whole {
        /// How the number compares.
        operator: Operator,
        /// With what.
        first: i32,
    },
}

/// How a number compares.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::workbook) enum Operator {
    NotBetween,
    GreaterThan,
    NotEqual,
}

/// A format that depends on the value, in the order of priority.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::workbook) struct ConditionalFormat {
    /// Areas separated by blanks.
    pub(in crate::workbook) at: String,
    /// The colour of the background.
    pub(in crate::workbook) fill: String,
    /// The colour of the text.
    pub(in crate::workbook) color: Option<String>,
    /// Where this holds.
    pub(in crate::workbook) formula: Option<String>,
    /// Where the cell has this text in it.
    pub(in crate::workbook) contains: Option<String>,
    /// Where the cell is not blank.
    #[serde(default)]
    pub(in crate::workbook) filled: bool,
    /// Values that stand in the area twice.
    #[serde(default)]
    pub(in crate::workbook) duplicates: bool,
}

fn yes() -> bool {
    true
}
