//! Data of the templates: text that is ready but for escaping.

use askama::Template;

use super::chart::Chart;
use crate::model::RiskRating;
use crate::summary::Summary;
use crate::text::visible;

/// Data around the content of every page.
pub(crate) struct PageFrame {
    pub(crate) system: String,
    pub(crate) as_of: String,
    pub(crate) commit: Option<String>,
    /// Address of the commit, by the setting `links`.
    pub(crate) commit_link: Option<String>,
    /// The page of the menu that it is.
    pub(crate) here: &'static str,
    /// The way to the top of the report.
    pub(crate) up: &'static str,
    /// The pages that every page leads to.
    pub(crate) menu: Vec<MenuEntry>,
    /// State of a page that is served by a program; none of a file.
    pub(crate) live: Option<LivePage>,
}

/// A page of the menu.
#[derive(Clone, Copy)]
pub(crate) struct MenuEntry {
    pub(crate) key: &'static str,
    pub(crate) title: &'static str,
    /// From the top of the report.
    pub(crate) address: &'static str,
}

impl MenuEntry {
    /// An entry of the menu.
    pub(crate) const fn new(key: &'static str, title: &'static str, address: &'static str) -> Self {
        Self { key, title, address }
    }
}

/// The pages of a report that lies in a folder.
const MENU: &[MenuEntry] = &[
    MenuEntry::new("overview", "Overview", "index.html"),
    MenuEntry::new("items", "Items", "items.html"),
    MenuEntry::new("owners", "Owners", "owners.html"),
];

/// State of a page that a program serves: it can change things, and gets old.
#[derive(Default)]
pub(crate) struct LivePage {
    /// The number of the state that it shows.
    pub(crate) revision: u64,
    pub(crate) branch: String,
    pub(crate) read_only: bool,
    /// The forms that lead from the page.
    pub(crate) actions: Vec<LinkGroup>,
    /// The commit that led to the page.
    pub(crate) done: Option<CommitNotice>,
}

/// A link with its text.
pub(crate) struct PageLink {
    pub(crate) text: String,
    pub(crate) address: String,
}

/// Links under a heading.
pub(crate) struct LinkGroup {
    pub(crate) title: &'static str,
    pub(crate) links: Vec<PageLink>,
}

/// A change that was made.
pub(crate) struct CommitNotice {
    pub(crate) text: String,
    /// The commit to undo, where it can be undone.
    pub(crate) undo: Option<String>,
}

impl PageFrame {
    pub(crate) fn build(summary: &Summary, here: &'static str, up: &'static str) -> Self {
        let (system, commit) = (summary.system.as_deref(), summary.commit.as_deref());
        Self::with(system, summary.as_of, commit, here, up)
    }

    /// A frame for a system on a day.
    pub(crate) fn with(
        system: Option<&str>,
        as_of: chrono::NaiveDate,
        commit: Option<&str>,
        here: &'static str,
        up: &'static str,
    ) -> Self {
        Self {
            system: line(system.unwrap_or("POA&M")),
            as_of: as_of.to_string(),
            commit: commit.map(|commit| commit.chars().take(12).collect()),
            commit_link: None,
            here,
            up,
            menu: MENU.to_vec(),
            live: None,
        }
    }
}

/// Returns text in one line; what would steer or hide is shown as an escape.
pub(crate) fn line(text: &str) -> String {
    visible(text).into_owned()
}

/// Returns text with its lines.
pub(crate) fn lines(text: &str) -> String {
    text.trim_end()
        .split('\n')
        .map(|line| visible(line.trim_end_matches('\r')))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A table.
#[derive(Default)]
pub(crate) struct ViewTable {
    pub(crate) title: String,
    pub(crate) columns: Vec<ViewColumn>,
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) more: Option<String>,
    pub(crate) more_link: Option<String>,
}

/// A column of a table.
pub(crate) struct ViewColumn {
    pub(crate) title: &'static str,
    pub(crate) number: bool,
}

impl ViewColumn {
    /// Returns the class that gives it the same width in every table.
    pub(crate) fn class(&self) -> &'static str {
        match self.title {
            "Item" | "Owner" => "k-name",
            "Risk" => "k-risk",
            "Status" | "Decision" => "k-status",
            "Due" | "Until" | "Last check-in" | "Completed" => "k-day",
            "Late" | "Days" | "Slipped" | "Quiet" => "k-number",
            "Next milestone" => "k-next",
            _ => "",
        }
    }
}

/// A cell of a table.
#[derive(Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) kind: &'static str,
    pub(crate) link: Option<String>,
    /// The class of a badge that the text is shown in.
    pub(crate) tag: Option<&'static str>,
    /// A warning beside the text.
    pub(crate) mark: Option<&'static str>,
}

impl ViewTable {
    /// Returns whether it is a list of items, whose columns have the same order as those of other such lists.
    pub(crate) fn is_list(&self) -> bool {
        self.columns.iter().any(|column| column.title == "Weakness")
    }

    /// Returns the title of a column.
    pub(crate) fn heading(&self, at: &usize) -> &'static str {
        self.columns.get(*at).map_or("", |column| column.title)
    }

    /// Returns whether its rows become cards on a narrow screen.
    pub(crate) fn is_wide(&self) -> bool {
        self.columns.len() > 3
    }

    /// Creates an empty table. Columns whose titles end in `#` hold numbers.
    pub(crate) fn new(title: impl Into<String>, titles: &[&'static str]) -> Self {
        let column = |title: &&'static str| match title.strip_suffix('#') {
            Some(title) => ViewColumn { title, number: true },
            None => ViewColumn { title, number: false },
        };
        let columns = titles.iter().map(column).collect();
        Self { title: title.into(), columns, ..Self::default() }
    }

    pub(crate) fn push(&mut self, mut row: Vec<Cell>) {
        for (cell, column) in row.iter_mut().zip(&self.columns) {
            if column.number && cell.kind.is_empty() {
                cell.kind = "n";
            }
        }
        self.rows.push(row);
    }
}

impl Cell {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { text: line(text.as_ref()), ..Self::default() }
    }

    pub(crate) fn number(count: usize) -> Self {
        Self::new(if count == 0 { "–".to_owned() } else { count.to_string() })
    }

    pub(crate) fn day(day: Option<chrono::NaiveDate>) -> Self {
        Self::new(day.map_or_else(String::new, |day| day.to_string())).kind("day")
    }

    /// A risk rating as a badge.
    pub(crate) fn risk(rating: RiskRating) -> Self {
        let tag = match rating {
            RiskRating::Critical => "r-critical",
            RiskRating::High => "r-high",
            RiskRating::Moderate => "r-moderate",
            RiskRating::Low => "r-low",
        };
        Self { tag: Some(tag), ..Self::new(rating.as_str()) }
    }

    /// A number of days that something is late; empty where it is not.
    pub(crate) fn late(days: i64) -> Self {
        match days > 0 {
            true => Self::new(format!("{days} d")).kind("n late"),
            false => Self::new(""),
        }
    }

    pub(crate) fn kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub(crate) fn link(self, link: Option<String>) -> Self {
        Self { link, ..self }
    }
}

/// A number that is shown large.
pub(crate) struct Card {
    pub(crate) number: String,
    pub(crate) text: String,
    pub(crate) alarm: bool,
    pub(crate) link: Option<String>,
    /// Change since the last submission, in words.
    pub(crate) change: Option<String>,
}

/// Something to know before the rest.
pub(crate) struct Notice {
    pub(crate) kind: &'static str,
    pub(crate) title: String,
    pub(crate) lines: Vec<NoticeLine>,
}

/// A line of a notice.
pub(crate) struct NoticeLine {
    pub(crate) text: String,
    /// Pages that the line is about.
    pub(crate) links: Vec<PageLink>,
}

impl NoticeLine {
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { text: line(text.as_ref()), links: Vec::new() }
    }
}

/// A line of what is known of an item.
pub(crate) struct FactView {
    pub(crate) name: &'static str,
    pub(crate) parts: Vec<FactPart>,
}

/// A part of a fact.
pub(crate) struct FactPart {
    pub(crate) text: String,
    pub(crate) link: Option<String>,
    /// Whether the link leads out of the report.
    pub(crate) outside: bool,
}

/// An event of a timeline.
pub(crate) struct EventView {
    pub(crate) stamp: String,
    pub(crate) time: String,
    pub(crate) action: &'static str,
    pub(crate) what: String,
    pub(crate) who: String,
    pub(crate) commit: PageLink,
    pub(crate) pull_request: Option<PageLink>,
    pub(crate) reason: String,
    pub(crate) big: bool,
}

#[derive(Template)]
#[template(path = "report/index.html")]
pub(crate) struct OverviewPage {
    pub(crate) frame: PageFrame,
    pub(crate) cards: Vec<Card>,
    pub(crate) notices: Vec<Notice>,
    /// Tasks: what is late and what is due soon.
    pub(crate) urgent: Vec<ViewTable>,
    pub(crate) charts: Vec<Chart>,
    pub(crate) tables: Vec<ViewTable>,
}

#[derive(Template)]
#[template(path = "report/items.html")]
pub(crate) struct ItemsPage {
    pub(crate) frame: PageFrame,
}

#[derive(Template)]
#[template(path = "report/owner.html")]
pub(crate) struct OwnerPage {
    pub(crate) frame: PageFrame,
    pub(crate) name: String,
    pub(crate) lead: String,
    pub(crate) tables: Vec<ViewTable>,
}

#[derive(Template)]
#[template(path = "report/item.html")]
pub(crate) struct ItemPage {
    pub(crate) frame: PageFrame,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) risk: &'static str,
    pub(crate) status: String,
    /// Marks beside the status, and whether they are an alarm.
    pub(crate) marks: Vec<(String, bool)>,
    pub(crate) facts: Vec<FactView>,
    pub(crate) texts: Vec<(&'static str, String)>,
    pub(crate) tables: Vec<ViewTable>,
    pub(crate) events: Vec<EventView>,
}
