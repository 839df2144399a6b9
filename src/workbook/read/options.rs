//! What the reader of a file may be told, where the file itself leaves it open.

use std::collections::HashMap;

use super::value::SourceValue;
use super::{DateForms, parse_date, parse_date_as};
use crate::workbook::field::Field;
use crate::workbook::layout::SheetRole;
use crate::workbook::template_text::normal;

/// What a file leaves open and a person says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What headers mean, by their text as the file has it.
    pub columns: Vec<(String, Field)>,
    /// What headers of the team's own layout mean, where a file has them.
    pub layout: Vec<(String, Field)>,
    /// What is said about dates like `03/04/2026`, years of two digits and months without a day.
    pub dates: DateForms,
    /// What sheets are for, by their name, where their names and columns leave it open; `None` for
    /// a sheet that is not to be read.
    pub sheets: Vec<(String, Option<SheetRole>)>,
    /// The same for sheets that the file need not have.
    pub optional_sheets: Vec<(String, Option<SheetRole>)>,
    /// What sheets of the team's own layout are for, by their name.
    pub layout_sheets: Vec<(String, SheetRole)>,
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

    /// A date that the file leaves open, read as was said; anything else as it is.
    pub(super) fn settle(&self, value: SourceValue) -> SourceValue {
        if self.dates == DateForms::default() || parse_date(&value).is_ok() {
            return value;
        }
        parse_date_as(&value, self.dates).map_or(value, SourceValue::Date)
    }

    /// What a person or the team's own layout says that a sheet is for.
    pub(super) fn of_sheet(&self, name: &str) -> Option<Option<SheetRole>> {
        let plain = normal(name);
        let mut said = self.sheets.iter().chain(&self.optional_sheets);
        let said = said.find(|(sheet, _)| normal(sheet) == plain);
        let of_layout = || self.layout_sheets.iter().find(|(sheet, _)| normal(sheet) == plain);
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
            let options = Options { dates, ..Options::default() };
            let settled = options.settle(SourceValue::Text(text.to_owned()));
            assert_eq!(crate::workbook::cell_text(&settled), expected);
        }
    }
}
