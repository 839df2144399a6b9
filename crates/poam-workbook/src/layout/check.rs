//! Checks of a layout that a team wrote itself.
//!
//! The schema has checked shapes. This checks what hangs together: styles that exist, columns that
//! are once, cells that leave space for the items, formulas that only calculate.

use std::collections::BTreeSet;

use super::{
    CellStyle, Column, ConditionalFormat, Layout, SheetLayout, SheetRole, ValidationRule,
    own_column,
};
use crate::address::{CellRange, MAX_ROWS, column_letters, column_number};
use crate::text::CONTINUED_SHEET;

/// Something wrong with a layout, at a place in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The place, as a JSON pointer.
    pub pointer: String,
    /// The fact.
    pub message: String,
    /// The way out.
    pub help: String,
}

impl Problem {
    pub(super) fn new(
        pointer: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { pointer: pointer.into(), message: message.into(), help: help.into() }
    }
}

/// Characters that the name of a sheet cannot have.
const NOT_IN_NAMES: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];
/// Units of text that a name of a sheet can have.
const MAX_NAME: usize = 31;
/// Units of text that a list or a prompt can have.
const MAX_PROMPT: usize = 255;
/// Functions that reach out of the workbook.
const REACHING_OUT: [&str; 9] =
    ["WEBSERVICE", "HYPERLINK", "CALL", "REGISTER", "EXEC", "RTD", "DDE", "INDIRECT", "IMAGE"];

pub(super) fn check(layout: &Layout) -> Vec<Problem> {
    let mut found = Vec::new();
    for (name, text) in [("name", &layout.name), ("version", &layout.version)] {
        if text.trim().is_empty() || text.contains(char::is_whitespace) {
            found.push(Problem::new(
                format!("/{name}"),
                format!("`{name}` must be one word"),
                "write a word such as acme-1.0",
            ));
        }
    }
    for (at, style) in layout.styles.iter().enumerate() {
        check_style(&format!("/styles/{at}"), style, &mut found);
    }
    if layout.sheet(SheetRole::Open).is_none() {
        found.push(Problem::new("/sheets", "no sheet has the role `open`", "add one"));
    }
    let (mut names, mut roles) = (BTreeSet::new(), BTreeSet::new());
    for (at, sheet) in layout.sheets.iter().enumerate() {
        let pointer = format!("/sheets/{at}");
        let lower = sheet.name.to_lowercase();
        if !names.insert(lower.clone()) || lower == CONTINUED_SHEET.to_lowercase() {
            found.push(Problem::new(
                format!("{pointer}/name"),
                format!("another sheet is called `{}`", sheet.name),
                "give it another name",
            ));
        }
        if sheet.name.is_empty()
            || sheet.name.encode_utf16().count() > MAX_NAME
            || sheet.name.contains(NOT_IN_NAMES)
            || sheet.name.starts_with('\'')
            || sheet.name.ends_with('\'')
        {
            found.push(Problem::new(
                format!("{pointer}/name"),
                format!("`{}` cannot be the name of a sheet", sheet.name),
                format!("write 1 to {MAX_NAME} characters, none of them [ ] : * ? / \\"),
            ));
        }
        if sheet.role != SheetRole::Fixed && !roles.insert(sheet.role) {
            found.push(Problem::new(
                format!("{pointer}/role"),
                format!("another sheet has the role `{}` too", sheet.role),
                "items of a role go to one sheet",
            ));
        }
        SheetCheck { pointer, sheet, styles: layout.styles.len(), found: &mut found }.sheet();
    }
    found
}

fn check_style(pointer: &str, style: &CellStyle, found: &mut Vec<Problem>) {
    for (name, color) in [("color", Some(&style.color)), ("fill", style.fill.as_ref())] {
        if let Some(color) = color.filter(|color| !is_color(color)) {
            found.push(no_color(format!("{pointer}/{name}"), color));
        }
    }
    if !(1.0..=409.0).contains(&style.size) {
        found.push(Problem::new(
            format!("{pointer}/size"),
            format!("a font cannot have {} points", style.size),
            "write 1 to 409",
        ));
    }
    if !style.border.chars().all(|side| "lrtbLRTB".contains(side)) {
        found.push(Problem::new(
            format!("{pointer}/border"),
            format!("`{}` names sides that there are not", style.border),
            "write any of l, r, t, b (thin) and L, R, T, B (medium)",
        ));
    }
}

fn no_color(pointer: String, color: &str) -> Problem {
    Problem::new(
        pointer,
        format!("`{color}` is not a colour"),
        "write six hexadecimal digits, or theme0 to theme9",
    )
}

fn is_color(text: &str) -> bool {
    match text.strip_prefix("theme") {
        Some(theme) => {
            let (number, shade) = theme.split_once('/').unwrap_or((theme, "0"));
            number.parse::<u8>().is_ok_and(|number| number < 10)
                && shade.parse::<u8>().is_ok_and(|shade| shade < 6)
        }
        None => text.len() == 6 && text.bytes().all(|b| b.is_ascii_hexdigit()),
    }
}

struct SheetCheck<'a> {
    pointer: String,
    sheet: &'a SheetLayout,
    styles: usize,
    found: &'a mut Vec<Problem>,
}

impl SheetCheck<'_> {
    fn add_problem(&mut self, below: &str, message: impl Into<String>, help: &str) {
        self.found.push(Problem::new(format!("{}{below}", self.pointer), message, help));
    }

    fn check_style(&mut self, below: &str, style: usize) {
        if style >= self.styles {
            let message = format!("there is no style {style}");
            let help = format!("styles count from 0 to {}", self.styles.saturating_sub(1));
            self.add_problem(below, message, &help);
        }
    }

    fn sheet(mut self) {
        let sheet = self.sheet;
        if sheet.role == SheetRole::Fixed {
            if !sheet.columns.is_empty() {
                self.add_problem(
                    "/columns",
                    "a fixed sheet has no columns for items",
                    "remove them",
                );
            }
        } else {
            self.rows();
            self.columns();
            self.head();
        }
        self.measures();
        self.cells();
        self.rules();
    }

    fn rows(&mut self) {
        let sheet = self.sheet;
        if sheet.header_row == 0 || sheet.header_row >= MAX_ROWS {
            self.add_problem("/header_row", "the headers need a row", "count rows from 1");
        }
        if sheet.first_data_row <= sheet.header_row || sheet.first_data_row >= MAX_ROWS {
            self.add_problem(
                "/first_data_row",
                format!("items cannot begin in row {}", sheet.first_data_row),
                "they begin below the headers",
            );
        }
        if sheet.columns.is_empty() {
            self.add_problem("/columns", "a sheet of items needs columns", "add one");
        }
    }

    fn columns(&mut self) {
        let sheet = self.sheet;
        let (mut letters, mut fields, mut headers) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (at, column) in sheet.columns.iter().enumerate() {
            let below = format!("/columns/{at}");
            if column_number(&column.column).is_none() {
                self.add_problem(
                    &format!("{below}/column"),
                    format!("`{}` is not a column", column.column),
                    "write letters from A to XFD",
                );
            } else if !letters.insert(&column.column) {
                let message = format!("two columns stand in {}", column.column);
                self.add_problem(
                    &format!("{below}/column"),
                    message,
                    "give each letters of its own",
                );
            }
            self.filled_by(&below, column);
            if column.pointer.is_none() && !fields.insert(column.field) {
                let message = format!("two columns are filled by {}", column.field);
                self.add_problem(&format!("{below}/field"), message, "a field has one column");
            }
            let header = column.header.split_whitespace().collect::<Vec<_>>().join(" ");
            if header.is_empty() || !headers.insert(header.to_lowercase()) {
                let message = format!("the header `{header}` does not tell the column apart");
                self.add_problem(
                    &format!("{below}/header"),
                    message,
                    "give each column a header of its own",
                );
            }
            if !(0.0..=255.0).contains(&column.width) {
                self.add_problem(
                    &format!("{below}/width"),
                    "a column is 0 to 255 wide",
                    "write less",
                );
            }
            self.check_style(&format!("{below}/style"), column.style);
            self.check_style(&format!("{below}/header_style"), column.header_style);
        }
        if let Some(formula) = &sheet.formula {
            if sheet.column(formula.field).is_none() {
                let message = format!("no column is filled by {}", formula.field);
                self.add_problem("/formula/field", message, "name the field of a column");
            }
            if formula.last_row > MAX_ROWS {
                let message = format!("a sheet has no row {}", formula.last_row);
                self.add_problem("/formula/last_row", message, "rows end at 1048576");
            }
            self.check_formula("/formula/text", &formula.text);
        }
        if let Some(block) = &sheet.block {
            let places = [
                ("provider", Some(&block.provider)),
                ("offering", Some(&block.offering)),
                ("impact_level", block.impact_level.as_ref()),
                ("date", Some(&block.date)),
            ];
            for (name, cell) in places.into_iter().filter_map(|(name, cell)| Some((name, cell?))) {
                self.check_style(&format!("/block/{name}/style"), cell.style);
                if cell.at.row >= sheet.first_data_row {
                    let below = format!("/block/{name}/at");
                    self.add_problem(&below, "the cell lies among the items", "put it above them");
                }
            }
        }
    }

    fn head(&mut self) {
        let sheet = self.sheet;
        for (name, cell) in &sheet.head {
            self.check_style(&format!("/head/{name}/style"), cell.style);
            if cell.at.row >= sheet.first_data_row {
                let below = format!("/head/{name}/at");
                self.add_problem(&below, "the cell lies among the items", "put it above them");
            }
        }
    }

    fn filled_by(&mut self, below: &str, column: &Column) {
        match &column.pointer {
            None if column.field == own_column() => {
                self.add_problem(
                    below,
                    "nothing says what fills the column",
                    "add `field` or `pointer`",
                );
            }
            Some(pointer) if !pointer.starts_with('/') || pointer.len() < 2 => {
                let message = format!("`{pointer}` is not a JSON pointer");
                self.add_problem(
                    &format!("{below}/pointer"),
                    message,
                    "write one like /change_ticket",
                );
            }
            Some(_) if !matches!(column.field, crate::Field::Own(_)) => {
                let help = "leave one of them out";
                self.add_problem(
                    below,
                    "both `field` and `pointer` say what fills the column",
                    help,
                );
            }
            _ => {}
        }
    }

    fn measures(&mut self) {
        let sheet = self.sheet;
        for (at, (first, last, width)) in sheet.widths.iter().enumerate() {
            if *first == 0 || first > last || *last > 16_384 || !(0.0..=255.0).contains(width) {
                self.add_problem(
                    &format!("/widths/{at}"),
                    "no width of columns",
                    "write first column, last column (1 to 16384) and width (0 to 255)",
                );
            }
        }
        for (row, height) in &sheet.heights {
            if *row == 0 || *row > MAX_ROWS || !(0.0..=409.0).contains(height) {
                let help = "rows count from 1, heights end at 409 points";
                self.add_problem(&format!("/heights/{row}"), "no height of a row", help);
            }
        }
        if !(0.0..=255.0).contains(&sheet.default_column_width) {
            self.add_problem("/default_column_width", "a column is 0 to 255 wide", "write less");
        }
        if sheet.default_row_height.is_some_and(|it| !(1.0..=409.0).contains(&it)) {
            self.add_problem("/default_row_height", "a row is 1 to 409 points high", "write less");
        }
        if sheet.header_margin.is_some_and(|it| !(0.0..=10.0).contains(&it)) {
            self.add_problem("/header_margin", "a margin is 0 to 10 inches wide", "write less");
        }
        if sheet.zoom.is_some_and(|zoom| !(10..=400).contains(&zoom)) {
            self.add_problem("/zoom", "a zoom is 10 to 400 percent", "write less");
        }
    }

    fn cells(&mut self) {
        let sheet = self.sheet;
        let items = sheet.role != SheetRole::Fixed;
        let headers: BTreeSet<&str> = sheet.columns.iter().map(|it| it.column.as_str()).collect();
        for (at, cell) in sheet.cells.iter().enumerate() {
            let below = format!("/cells/{at}");
            self.check_style(&format!("{below}/style"), cell.style);
            let CellRange { first, last } = cell.at;
            if first.row != last.row || first.column > last.column {
                self.add_problem(
                    &format!("{below}/at"),
                    "cells of one row are wanted",
                    "write A1 or A1:F1",
                );
            }
            if items && first.row >= sheet.first_data_row {
                self.add_problem(
                    &format!("{below}/at"),
                    "the cell lies among the items",
                    "put it above them",
                );
            }
            let hides = |column| headers.contains(column_letters(column).as_str());
            if items && first.row == sheet.header_row && (first.column..=last.column).any(hides) {
                self.add_problem(
                    &format!("{below}/at"),
                    "a header stands here already",
                    "remove the cell",
                );
            }
        }
        for (at, merge) in sheet.merges.iter().enumerate() {
            let below = format!("/merges/{at}");
            let overlaps = |other: &CellRange| {
                merge.first.row <= other.last.row
                    && other.first.row <= merge.last.row
                    && merge.first.column <= other.last.column
                    && other.first.column <= merge.last.column
            };
            if merge.first == merge.last
                || merge.first.row > merge.last.row
                || merge.first.column > merge.last.column
            {
                self.add_problem(&below, format!("`{merge}` is no range of cells"), "write A1:F1");
            } else if sheet.merges[..at].iter().any(overlaps) {
                self.add_problem(
                    &below,
                    format!("`{merge}` overlaps another"),
                    "a cell is merged once",
                );
            } else if items && merge.last.row >= sheet.first_data_row {
                self.add_problem(
                    &below,
                    format!("`{merge}` lies among the items"),
                    "put it above them",
                );
            }
        }
    }

    fn rules(&mut self) {
        let sheet = self.sheet;
        for (at, validation) in sheet.validations.iter().enumerate() {
            let below = format!("/validations/{at}");
            self.check_areas(&below, &validation.at);
            if let ValidationRule::List { values } = &validation.rule {
                let units = values.join(",").encode_utf16().count();
                if values.is_empty() || units > MAX_PROMPT {
                    let message = format!("the list has {units} characters with its commas");
                    self.add_problem(&format!("{below}/values"), message, "write 1 to 255");
                }
            }
            if validation.prompt.as_ref().is_some_and(|it| it.encode_utf16().count() > MAX_PROMPT) {
                self.add_problem(
                    &format!("{below}/prompt"),
                    "the prompt is too long",
                    "write up to 255 characters",
                );
            }
        }
        for (at, format) in sheet.conditional_formats.iter().enumerate() {
            let below = format!("/conditional_formats/{at}");
            self.check_areas(&below, &format.at);
            self.check_conditional(&below, format);
        }
    }

    fn check_conditional(&mut self, below: &str, format: &ConditionalFormat) {
        let kinds =
            [format.formula.is_some(), format.contains.is_some(), format.filled, format.duplicates];
        if kinds.iter().filter(|kind| **kind).count() != 1 {
            let help = "write one of formula, contains, filled, duplicates";
            self.add_problem(below, "a format needs one condition", help);
        }
        for (name, color) in [("fill", Some(&format.fill)), ("color", format.color.as_ref())] {
            if let Some(color) = color.filter(|color| !is_color(color)) {
                self.found.push(no_color(format!("{}{below}/{name}", self.pointer), color));
            }
        }
        if let Some(formula) = &format.formula {
            self.check_formula(&format!("{below}/formula"), formula);
        }
    }

    fn check_areas(&mut self, below: &str, areas: &str) {
        if areas.is_empty() || !areas.split(' ').all(|area| area.parse::<CellRange>().is_ok()) {
            let message = format!("`{areas}` names no cells");
            self.add_problem(&format!("{below}/at"), message, "write areas like C3 S1:S4021");
        }
    }

    /// Checks a formula. A layout comes with a pull request like everything else: its formulas may
    /// calculate, and not open files, addresses or programs.
    fn check_formula(&mut self, below: &str, formula: &str) {
        // Quoted parts are text.
        let code: String = formula.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        let upper = code.to_uppercase();
        let calls = |name: &&&str| {
            upper.match_indices(**name).any(|(at, _)| {
                let before = upper[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
                    && upper[at + name.len()..].trim_start().starts_with('(')
            })
        };
        let reason = if code.contains(['|', '[', '!', '\'']) {
            Some("it names another file, program or sheet".to_owned())
        } else {
            REACHING_OUT
                .iter()
                .find(calls)
                .map(|name| format!("{name} reaches out of the workbook"))
        };
        if let Some(reason) = reason {
            self.add_problem(
                below,
                format!("the formula is refused: {reason}"),
                "use cells of the sheet alone",
            );
        } else if formula.trim().is_empty() || formula.starts_with('=') {
            self.add_problem(below, "the formula is written without `=`", "remove it");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Layout;

    fn layout() -> Value {
        json!({
            "name": "acme-1.0", "version": "1.0",
            "styles": [{"font": "Arial", "size": 10, "color": "000000"}],
            "sheets": [{
                "name": "Items", "role": "open", "header_row": 2, "first_data_row": 3,
                "columns": [
                    {"field": "poam-id", "column": "A", "header": "Id", "kind": "text", "width": 12, "header_style": 0, "style": 0},
                    {"pointer": "/change_ticket", "column": "B", "header": "Ticket", "kind": "text", "width": 12, "header_style": 0, "style": 0}
                ],
                "cells": [{"at": "A1", "style": 0, "text": "Title"}]
            }]
        })
    }

    #[test]
    fn a_small_layout_is_enough() {
        let layout = Layout::from_value(&layout()).unwrap();
        assert_eq!(layout.sheets[0].columns.len(), 2);
    }

    #[test]
    fn each_problem_has_its_place() {
        let formula = |text: &str| json!({"field": "poam-id", "text": text});
        for (pointer, value, place, said) in [
            ("/name", json!("two words"), "/name", "one word"),
            ("/styles/0/color", json!("red"), "/styles/0/color", "not a colour"),
            ("/styles/0/border", json!("x"), "/styles/0/border", "sides"),
            ("/styles/0/size", json!(0), "/styles/0/size", "points"),
            ("/sheets/0/role", json!("closed"), "/sheets", "role `open`"),
            ("/sheets/0/name", json!("a/b"), "/sheets/0/name", "cannot be the name"),
            ("/sheets/0/name", json!("Continued text"), "/sheets/0/name", "another sheet"),
            ("/sheets/0/header_row", json!(0), "/sheets/0/header_row", "need a row"),
            ("/sheets/0/first_data_row", json!(2), "/sheets/0/first_data_row", "row 2"),
            ("/sheets/0/columns", json!([]), "/sheets/0/columns", "needs columns"),
            ("/sheets/0/columns/1/column", json!("A"), "/sheets/0/columns/1/column", "stand in A"),
            (
                "/sheets/0/columns/1/column",
                json!("1"),
                "/sheets/0/columns/1/column",
                "not a column",
            ),
            ("/sheets/0/columns/1/header", json!("ID"), "/sheets/0/columns/1/header", "apart"),
            ("/sheets/0/columns/1/pointer", json!("x"), "/sheets/0/columns/1/pointer", "pointer"),
            ("/sheets/0/columns/1/pointer", json!(null), "/sheets/0/columns/1", "nothing says"),
            ("/sheets/0/columns/1/field", json!("cve"), "/sheets/0/columns/1", "both"),
            ("/sheets/0/columns/1/style", json!(1), "/sheets/0/columns/1/style", "no style 1"),
            ("/sheets/0/cells/0/at", json!("A3"), "/sheets/0/cells/0/at", "among the items"),
            ("/sheets/0/cells/0/at", json!("B2:C2"), "/sheets/0/cells/0/at", "header stands"),
            ("/sheets/0/merges", json!(["A1"]), "/sheets/0/merges/0", "no range"),
            ("/sheets/0/merges", json!(["A1:B1", "B1:C1"]), "/sheets/0/merges/1", "overlaps"),
            ("/sheets/0/zoom", json!(5), "/sheets/0/zoom", "zoom"),
            (
                "/sheets/0/formula",
                formula("WEBSERVICE(A1)"),
                "/sheets/0/formula/text",
                "reaches out",
            ),
            (
                "/sheets/0/formula",
                formula("cmd|' /C calc'!A0"),
                "/sheets/0/formula/text",
                "program",
            ),
            ("/sheets/0/formula", formula("=A1"), "/sheets/0/formula/text", "without `=`"),
            (
                "/sheets/0/validations",
                json!([{"at": "x", "type": "list", "values": ["a"]}]),
                "/sheets/0/validations/0/at",
                "no cells",
            ),
            (
                "/sheets/0/conditional_formats",
                json!([{"at": "A1", "fill": "FF0000"}]),
                "/sheets/0/conditional_formats/0",
                "one condition",
            ),
        ] {
            let mut changed = layout();
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            match changed.pointer_mut(parent).unwrap() {
                Value::Object(map) => _ = map.insert(key.to_owned(), value),
                Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
                _ => unreachable!(),
            }
            let problems = Layout::from_value(&changed).unwrap_err();
            assert!(
                problems.iter().any(|it| it.pointer == place && it.message.contains(said)),
                "{pointer}: {problems:?}"
            );
        }
    }

    #[test]
    fn text_in_quotes_is_no_call() {
        let mut changed = layout();
        changed["sheets"][0]["conditional_formats"] =
            json!([{"at": "A3:A9", "fill": "FF0000", "formula": "A3=\"CALL(x)|[y]\""}]);
        assert!(Layout::from_value(&changed).is_ok());
    }
}
