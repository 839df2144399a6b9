//! Styles of cells and rules for typing into them.

use schemars::JsonSchema;
use serde::Deserialize;

/// Style of a cell.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Style")]
pub(crate) struct CellStyle {
    /// The name of the font.
    pub(crate) font: String,
    /// In points.
    pub(crate) size: f64,
    /// Bold.
    #[serde(default)]
    pub(crate) bold: bool,
    /// Italic.
    #[serde(default)]
    pub(crate) italic: bool,
    /// Six hexadecimal digits, or `theme` and the number of a theme colour, with the number of a
    /// shade (1 to 5, as in the palette of a spreadsheet program) behind a slash.
    pub(crate) color: String,
    /// The colour of the background.
    pub(crate) fill: Option<String>,
    /// Left, center or right.
    pub(crate) horizontal: Option<Horizontal>,
    /// Top or center; the bottom where it is not said.
    pub(crate) vertical: Option<Vertical>,
    /// Whether long text goes on in further lines.
    #[serde(default)]
    pub(crate) wrap: bool,
    /// `date` is the built-in short date (14), which follows the reader's locale.
    pub(crate) number_format: Option<String>,
    /// Sides with a line: a small letter (`l`, `r`, `t`, `b`) for a thin grey one, a capital for a
    /// medium one in the colour of the text.
    #[serde(default)]
    pub(crate) border: String,
}

/// Where text stands from left to right.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Horizontal {
    Left,
    Center,
    Right,
}

/// Where text stands from top to bottom.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Vertical {
    Top,
    Center,
}

/// A rule for what may be typed into cells.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Validation {
    /// Areas separated by blanks.
    pub(crate) at: String,
    #[serde(flatten)]
    pub(crate) rule: ValidationRule,
    /// Text shown beside the cell.
    pub(crate) prompt: Option<String>,
    /// Whether the cell offers the values of a list.
    #[serde(default = "default_true")]
    pub(crate) dropdown: bool,
}

/// Values that may be typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum ValidationRule {
    /// One of these.
    List {
        /// The values.
        values: Vec<String>,
    },
    /// Dates are serial numbers of the 1900 system.
    Date {
        /// Comparison of the number.
        operator: NumberComparison,
        /// With what.
        first: f64,
        /// The end of a range.
        second: Option<f64>,
    },
    /// A number.
    Decimal {
        /// Comparison of the number.
        operator: NumberComparison,
        /// With what.
        first: f64,
    },
    /// A whole number.
    Whole {
        /// Comparison of the number.
        operator: NumberComparison,
        /// With what.
        first: i32,
    },
}

/// Comparison of a number with one or two limits.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Operator")]
pub(crate) enum NumberComparison {
    NotBetween,
    GreaterThan,
    NotEqual,
}

/// A format that depends on the value, in the order of priority.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionalFormat {
    /// Areas separated by blanks.
    pub(crate) at: String,
    /// The colour of the background.
    pub(crate) fill: String,
    /// The colour of the text.
    pub(crate) color: Option<String>,
    /// Where this holds.
    pub(crate) formula: Option<String>,
    /// Where the cell has this text in it.
    pub(crate) contains: Option<String>,
    /// Where the cell is not blank.
    #[serde(default)]
    pub(crate) filled: bool,
    /// Values that are in the area twice.
    #[serde(default)]
    pub(crate) duplicates: bool,
}

fn default_true() -> bool {
    true
}
