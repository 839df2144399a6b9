//! Tables for people.

use std::borrow::Cow;
use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, presets};

use super::markdown::escape;
use super::{truncate, visible};

/// A table of text: rows may hold anything, each format escapes what it must.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<TableColumn>,
    /// The rows, with a cell for each column.
    pub rows: Vec<Vec<String>>,
}

/// Characters between two columns.
const GAP: u16 = 2;

/// Characters that a column of text retains at least.
const NARROWEST: usize = 10;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Title of the column.
    pub title: Cow<'static, str>,
    /// Whether it holds numbers, which are at the right.
    pub number: bool,
}

impl Table {
    /// An empty table. Columns whose titles end in `#` hold numbers.
    pub fn new(titles: &[&'static str]) -> Self {
        Self { columns: titles.iter().map(parse_column).collect(), rows: Vec::new() }
    }

    /// The table with a column of numbers more, at the right.
    #[must_use]
    pub fn with_numbers(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.columns.push(TableColumn { title: title.into(), number: true });
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
        let titles = self.columns.iter().map(|column| build_cell(&column.title, Some(column)));
        table.set_header(titles.collect::<Vec<_>>());
        for row in &self.rows {
            let cells =
                row.iter().enumerate().map(|(at, text)| build_cell(text, self.columns.get(at)));
            table.add_row(cells.collect::<Vec<_>>());
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, GAP));
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// The lines of [`Table::text`], with the widest columns of text cut so that every line fits a
    /// terminal of some width, as far as that leaves something to read.
    pub fn text_within(&self, width: Option<usize>) -> Vec<String> {
        let Some(width) = width else { return self.text() };
        let mut widths: Vec<usize> = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            let cells = self.rows.iter().filter_map(|row| row.get(at));
            let longest = cells.map(|cell| visible(cell).chars().count()).max().unwrap_or(0);
            widths.push(longest.max(column.title.chars().count()));
        }
        let between = usize::from(GAP) * widths.len().saturating_sub(1);
        let mut over = (widths.iter().sum::<usize>() + between).saturating_sub(width);
        let mut most = widths.clone();
        while over > 0 {
            // The last of the widest ones: names of weaknesses are at the end.
            // The first column names the row, and is there to be copied.
            let is_text = |at: &usize| self.columns.get(*at).is_some_and(|column| !column.number);
            let widest = (1..most.len()).filter(is_text).max_by_key(|at| most[*at]);
            let Some(at) = widest.filter(|at| most[*at] > NARROWEST) else { break };
            most[at] -= 1;
            over -= 1;
        }
        let cut = |row: &Vec<String>| {
            let cells = row.iter().zip(&most).map(|(cell, most)| truncate(&visible(cell), *most));
            cells.collect()
        };
        Self { columns: self.columns.clone(), rows: self.rows.iter().map(cut).collect() }.text()
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

fn parse_column(title: &&'static str) -> TableColumn {
    let number = title.strip_suffix('#');
    TableColumn { title: number.unwrap_or(title).into(), number: number.is_some() }
}

fn build_cell(text: &str, column: Option<&TableColumn>) -> Cell {
    let number = column.is_some_and(|column| column.number);
    let side = if number { CellAlignment::Right } else { CellAlignment::Left };
    Cell::new(visible(text)).set_alignment(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_gets_the_widest_columns_cut() {
        let mut table = Table::new(&["Id", "Late#", "Owner", "Weakness"]);
        table.push(
            ["V-1", "3 d", "Jane Doe", "Unsupported server in the production network"]
                .map(str::to_owned),
        );
        let lines = table.text_within(Some(40));
        assert_eq!(
            lines,
            ["Id   Late  Owner     Weakness", "V-1   3 d  Jane Doe  Unsupported server…"]
        );
        assert_eq!(table.text_within(None), table.text());
        assert_eq!(table.text_within(Some(200)), table.text());
        let narrow = table.text_within(Some(10));
        assert!(narrow[1].ends_with("Unsupport…"), "{narrow:?}");
    }

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
