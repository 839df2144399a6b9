//! Choices of a person for reading a file, where the file itself leaves something open.

use std::collections::HashMap;

use super::value::SourceValue;
use super::{DateForms, parse_date, parse_date_as};
use crate::field::Field;
use crate::layout::SheetRole;
use crate::template_text::normalize_text;

/// Choices of a person, where a file leaves something open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Meaning of headers, by their text as the file has it.
    pub columns: Vec<(String, Field)>,
    /// Meaning of headers of the team's own layout, where a file has them.
    pub layout: Vec<(String, Field)>,
    /// Order of day and month in dates like `03/04/2026`, years of two digits and months without a
    /// day.
    pub dates: DateForms,
    /// Purpose of sheets by their name, where names and columns leave it open; `None` for a sheet
    /// that is not to be read.
    pub sheets: Vec<(String, Option<SheetRole>)>,
    /// Purpose of sheets that the file need not have, by their name.
    pub optional_sheets: Vec<(String, Option<SheetRole>)>,
    /// Purpose of the sheets of the team's own layout, by their name.
    pub layout_sheets: Vec<(String, SheetRole)>,
}

impl ReadOptions {
    /// Returns the named headers, as they are compared.
    pub(super) fn named_headers(&self) -> HashMap<String, Field> {
        self.columns.iter().map(|(header, field)| (normalize_text(header), *field)).collect()
    }

    /// Returns the meaning of a normalized header in the team's own layout.
    pub(super) fn of_layout(&self, plain: &str) -> Option<Field> {
        let column = self.layout.iter().find(|(header, _)| normalize_text(header) == plain)?;
        Some(column.1)
    }

    /// Returns a date that the file leaves open, read as was stated; anything else as it is.
    pub(super) fn settle_date(&self, value: SourceValue) -> SourceValue {
        if self.dates == DateForms::default() || parse_date(&value).is_ok() {
            return value;
        }
        parse_date_as(&value, self.dates).map_or(value, SourceValue::Date)
    }

    /// Returns the purpose of a sheet by a person's choice, else by the team's own layout.
    pub(super) fn of_sheet(&self, name: &str) -> Option<Option<SheetRole>> {
        let plain = normalize_text(name);
        let mut said = self.sheets.iter().chain(&self.optional_sheets);
        let said = said.find(|(sheet, _)| normalize_text(sheet) == plain);
        let of_layout =
            || self.layout_sheets.iter().find(|(sheet, _)| normalize_text(sheet) == plain);
        said.map(|(_, role)| *role).or_else(|| of_layout().map(|(_, role)| Some(*role)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::DateOrder;
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
            let dates = DateForms { order, month: None };
            let options = ReadOptions { dates, ..ReadOptions::default() };
            let settled = options.settle_date(SourceValue::Text(text.to_owned()));
            assert_eq!(crate::cell_text(&settled), expected);
        }
    }
}
