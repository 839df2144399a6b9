//! Content of a workbook: values by field, sheet by sheet.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::field::Field;
use super::layout::SheetRole;

/// Everything that [`build()`](super::build()) needs beside a layout.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    /// The values at the head of the sheets.
    pub header: HeaderBlock,
    /// The rows of each sheet, in the order in which they are written.
    pub rows: BTreeMap<SheetRole, Vec<Row>>,
    /// The document properties of the file.
    pub properties: WorkbookProperties,
}

/// The values at the head of a workbook. What is absent stays blank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderBlock {
    /// Cloud service provider (2.1: CSP).
    pub provider: Option<String>,
    /// Cloud service offering (2.1: System Name).
    pub offering: Option<String>,
    /// LI-SaaS, Low, Moderate or High.
    pub impact_level: Option<String>,
    /// The day of the submission.
    pub date: Option<NaiveDate>,
    /// Other values, by the names of a layout's head, such as `system-type` (eMASS).
    pub more: BTreeMap<String, String>,
}

/// The document properties of the file. Empty texts are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkbookProperties {
    /// Title.
    pub title: String,
    /// Subject: the place for the commit that the workbook was built from.
    pub subject: String,
    /// Author.
    pub author: String,
    /// Company: the provider.
    pub company: String,
    /// Keywords.
    pub keywords: String,
    /// Comments.
    pub comments: String,
    /// Creation and modification time. It is written as given; the clock is never asked.
    pub created: DateTime<Utc>,
}

/// One row: values by field. A field that is absent is a blank cell.
pub type Row = BTreeMap<Field, Value>;

/// The value of one cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text. It stays text even when it looks like a formula, a number or a date.
    Text(String),
    /// Text in italics, the mark of sensitive content.
    Sensitive(String),
    /// A number.
    Number(f64),
    /// A date without a time.
    Date(NaiveDate),
    /// The formula that the layout has for this column, and the value that a program which does
    /// not calculate shows. On a sheet without that formula the value is written as a date.
    Formula {
        /// The result; `None` is the empty text.
        cached: Option<NaiveDate>,
    },
    /// Values in rows below each other, on a sheet with a row for each milestone: the first stands
    /// in the row of the item. All stacks of a row have the same height.
    Stack(Vec<Option<Value>>),
}

impl Value {
    /// Returns the values of the cells: of a stack each, else the one itself.
    pub fn cells(&self) -> impl Iterator<Item = &Value> {
        let (stack, single) = match self {
            Self::Stack(values) => (values.as_slice(), None),
            single => (&[][..], Some(single)),
        };
        stack.iter().flatten().chain(single)
    }
}
