//! What the reader of a file may be told, where the file itself leaves it open.

use std::collections::HashMap;

use super::value::SourceValue;
use super::{DateProblem, parse_date};
use crate::workbook::field::Field;
use crate::workbook::template_text::normal;

/// What a file leaves open and a person says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What headers mean, by their text as the file has it.
    pub columns: Vec<(String, Field)>,
    /// What headers of the team's own layout mean, where a file has them.
    pub layout: Vec<(String, Field)>,
    /// Which way round dates like `03/04/2026` are written.
    pub dates: Option<DateOrder>,
}

/// Which of day and month comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 03/04/2026 is the third of April.
    DayFirst,
    /// 03/04/2026 is the fourth of March.
    MonthFirst,
}

impl Options {
    /// The named headers, as they are compared.
    pub(super) fn vocabulary(&self) -> HashMap<String, Field> {
        self.columns.iter().map(|(header, field)| (normal(header), *field)).collect()
    }

    /// What a header, as it is compared, means in the team's own layout.
    pub(super) fn of_layout(&self, plain: &str) -> Option<Field> {
        let column = self.layout.iter().find(|(header, _)| normal(header) == plain)?;
        Some(column.1)
    }

    /// A date that could be read in two ways, read in the one that was said.
    pub(super) fn settle(&self, value: SourceValue) -> SourceValue {
        let Some(order) = self.dates else { return value };
        match (parse_date(&value), order) {
            (Err(DateProblem::Ambiguous { first, .. }), DateOrder::MonthFirst) => {
                SourceValue::Date(first)
            }
            (Err(DateProblem::Ambiguous { second, .. }), DateOrder::DayFirst) => {
                SourceValue::Date(second)
            }
            _ => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_open_is_settled() {
        for (text, order, expected) in [
            ("03/04/2026", Some(DateOrder::DayFirst), "2026-04-03"),
            ("03/04/2026", Some(DateOrder::MonthFirst), "2026-03-04"),
            ("03/04/2026", None, "03/04/2026"),
            ("13/04/2026", Some(DateOrder::MonthFirst), "13/04/2026"),
            ("soon", Some(DateOrder::MonthFirst), "soon"),
        ] {
            let options = Options { dates: order, ..Options::default() };
            let settled = options.settle(SourceValue::Text(text.to_owned()));
            assert_eq!(crate::workbook::cell_text(&settled), expected);
        }
    }
}
