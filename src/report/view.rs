//! What the templates show: text that is ready but for escaping.

use askama::Template;

use super::chart::Chart;
use crate::output::visible;
use crate::summary::Summary;

/// What stands around every page.
pub(super) struct Frame {
    pub(super) system: String,
    pub(super) as_of: String,
    pub(super) commit: Option<String>,
    /// The page of the menu that it is.
    pub(super) here: &'static str,
    /// The way to the top of the report.
    pub(super) up: &'static str,
}

impl Frame {
    pub(super) fn of(summary: &Summary, here: &'static str, up: &'static str) -> Self {
        Self {
            system: line(summary.system.as_deref().unwrap_or("POA&M")),
            as_of: summary.as_of.to_string(),
            commit: summary.commit.as_deref().map(|commit| commit.chars().take(12).collect()),
            here,
            up,
        }
    }
}

/// Text in one line; what would steer or hide is shown as an escape.
pub(super) fn line(text: &str) -> String {
    visible(text).into_owned()
}

/// Text with its lines.
pub(super) fn lines(text: &str) -> String {
    text.trim_end()
        .split('\n')
        .map(|line| visible(line.trim_end_matches('\r')))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A table.
#[derive(Default)]
pub(super) struct Table {
    pub(super) title: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) more: Option<String>,
    pub(super) more_link: Option<String>,
}

/// A column of a table.
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) number: bool,
}

/// A cell of a table.
#[derive(Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) kind: &'static str,
    pub(super) link: Option<String>,
}

impl Table {
    /// An empty table. Columns whose titles end in `#` hold numbers.
    pub(super) fn new(title: impl Into<String>, titles: &[&'static str]) -> Self {
        let column = |title: &&'static str| match title.strip_suffix('#') {
            Some(title) => Column { title, number: true },
            None => Column { title, number: false },
        };
        let columns = titles.iter().map(column).collect();
        Self { title: title.into(), columns, ..Self::default() }
    }

    pub(super) fn push(&mut self, mut row: Vec<Cell>) {
        for (cell, column) in row.iter_mut().zip(&self.columns) {
            if column.number && cell.kind.is_empty() {
                cell.kind = "n";
            }
        }
        self.rows.push(row);
    }
}

impl Cell {
    pub(super) fn of(text: impl AsRef<str>) -> Self {
        Self { text: line(text.as_ref()), ..Self::default() }
    }

    pub(super) fn number(count: usize) -> Self {
        Self::of(if count == 0 { "–".to_owned() } else { count.to_string() })
    }

    pub(super) fn day(day: Option<chrono::NaiveDate>) -> Self {
        Self::of(day.map_or_else(String::new, |day| day.to_string())).kind("day")
    }

    pub(super) fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn link(self, link: Option<String>) -> Self {
        Self { link, ..self }
    }
}

/// A number that is shown large.
pub(super) struct Card {
    pub(super) number: String,
    pub(super) text: String,
    pub(super) alarm: bool,
    pub(super) link: Option<String>,
}

/// Something to know before the rest.
pub(super) struct Notice {
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

/// A line of what is known of an item.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) parts: Vec<Part>,
}

/// A part of a fact.
pub(super) struct Part {
    pub(super) text: String,
    pub(super) link: Option<String>,
    /// Whether the link leads out of the report.
    pub(super) outside: bool,
}

/// An event of a timeline.
pub(super) struct EventView {
    pub(super) stamp: String,
    pub(super) time: String,
    pub(super) action: &'static str,
    pub(super) what: String,
    pub(super) who: String,
    pub(super) reason: String,
    pub(super) big: bool,
}

#[derive(Template)]
#[template(path = "report/index.html")]
pub(super) struct OverviewPage {
    pub(super) frame: Frame,
    pub(super) cards: Vec<Card>,
    pub(super) notices: Vec<Notice>,
    pub(super) charts: Vec<Chart>,
    pub(super) tables: Vec<Table>,
}

#[derive(Template)]
#[template(path = "report/items.html")]
pub(super) struct ItemsPage {
    pub(super) frame: Frame,
}

#[derive(Template)]
#[template(path = "report/owner.html")]
pub(super) struct OwnerPage {
    pub(super) frame: Frame,
    pub(super) name: String,
    pub(super) lead: String,
    pub(super) tables: Vec<Table>,
}

#[derive(Template)]
#[template(path = "report/item.html")]
pub(super) struct ItemPage {
    pub(super) frame: Frame,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) risk: &'static str,
    pub(super) status: String,
    /// Marks beside the status, and whether they are an alarm.
    pub(super) marks: Vec<(String, bool)>,
    pub(super) facts: Vec<Fact>,
    pub(super) texts: Vec<(&'static str, String)>,
    pub(super) tables: Vec<Table>,
    pub(super) events: Vec<EventView>,
}
