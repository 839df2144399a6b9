use std::borrow::Cow;
use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, presets};

use super::markdown::escape;
use super::visible;

/// A table of text: rows may hold anything, each format escapes what it must.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, with a cell for each column.
    pub rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub title: Cow<'static, str>,
    /// Whether it holds numbers, which stand at the right.
    pub number: bool,
}

impl Table {
    /// An empty table. Columns whose titles end in `#` hold numbers.
    pub fn new(titles: &[&'static str]) -> Self {
        let column = |title: &&'static str| {
            let number = title.strip_suffix('#');
            Column { title: number.unwrap_or(title).into(), number: number.is_some() }
        };
        Self { columns: titles.iter().map(column).collect(), rows: Vec::new() }
    }

    /// The table with a column of numbers more, at the right.
    #[must_use]
    pub fn with_numbers(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.columns.push(Column { title: title.into(), number: true });
        self
    }

    /// Adds a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = String>) {
        self.rows.push(row.into_iter().collect());
    }

    /// For people at a terminal: a line for the titles, then one a row, without an end of line.
    pub fn text(&self) -> Vec<String> {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        let cell = |text: &str, column: Option<&Column>| {
            let number = column.is_some_and(|column| column.number);
            let side = if number { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(visible(text)).set_alignment(side)
        };
        let titles = self.columns.iter().map(|column| cell(&column.title, Some(column)));
        table.set_header(titles.collect::<Vec<_>>());
        for row in &self.rows {
            let cells = row.iter().enumerate().map(|(at, text)| cell(text, self.columns.get(at)));
            table.add_row(cells.collect::<Vec<_>>());
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// A table of Markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        for column in &self.columns {
            let _ = write!(out, "| {} ", escape(&column.title));
        }
        out.push_str("|\n");
        for column in &self.columns {
            out.push_str(if column.number { "| --: " } else { "| --- " });
        }
        out.push_str("|\n");
        for row in &self.rows {
            for text in row {
                let _ = write!(out, "| {} ", escape(text));
            }
            out.push_str("|\n");
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_markdown_hold_what_is_in_the_cells() {
        let mut table = Table::new(&["Owner", "Open#"]);
        table.push(["Jane | \u{1b}[1m".to_owned(), "3".to_owned()]);
        table.push(["漢字".to_owned(), "12".to_owned()]);
        let expected =
            ["Owner             Open", "Jane | \\u{1b}[1m     3", "漢字                12"];
        assert_eq!(table.text(), expected);
        let expected =
            "| Owner | Open |\n| --- | --: |\n| Jane \\| \\\\u{1b}\\[1m | 3 |\n| 漢字 | 12 |\n";
        assert_eq!(table.markdown(), expected);
    }
}
