//! The state of each system of a portfolio, for people and as JSON.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::documents::DocumentSet;
use super::reading::SystemReading;
use super::settings::{Portfolio, PortfolioSystem, SystemLocation};
use super::source::{OpenedSystem, SystemError};
use crate::text::Table;

/// State of all systems on a day; as JSON, `poam portfolio status --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct PortfolioStatus {
    /// Version of this shape: 1.
    pub version: u32,
    /// Name of the portfolio.
    pub portfolio: Option<String>,
    /// The day.
    pub as_of: NaiveDate,
    /// The systems, by name.
    pub systems: Vec<SystemState>,
}

/// State of one system.
#[derive(Debug, Clone, Serialize)]
pub struct SystemState {
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: std::collections::BTreeMap<String, String>,
    /// Its path, address or documents, as the portfolio writes it.
    pub location: String,
    /// The commit that counts.
    pub commit: Option<String>,
    /// When it was committed; of documents the day of the newest one.
    pub committed: Option<DateTime<Utc>>,
    /// Items.
    pub items: Option<usize>,
    /// Those on the open side of the workflow.
    pub open: Option<usize>,
    /// Those that are overdue; only where the rules were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<usize>,
    /// Diagnostics at error level; only where the rules were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<usize>,
    /// Diagnostics at warning level; only where the rules were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warnings: Option<usize>,
    /// Files that are no item that can be read.
    pub unreadable: Vec<String>,
    /// Reason why the system could not be read.
    pub error: Option<String>,
}

/// Extent of the look at each system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusDepth {
    /// Its commit and items.
    Items,
    /// Also its history and the diagnostics of the rules.
    Rules,
}

impl PortfolioStatus {
    /// Looks at every system; one that cannot be read is listed with the reason. `each` is called with
    /// the name of the next one.
    pub fn compute(
        portfolio: &Portfolio,
        today: NaiveDate,
        offline: bool,
        depth: StatusDepth,
        mut each: impl FnMut(&str),
    ) -> Self {
        let mut systems = Vec::with_capacity(portfolio.systems.len());
        for system in &portfolio.systems {
            each(&system.name);
            let mut state = SystemState::unread(system);
            if let Err(error) = state.fill(system, today, offline, depth) {
                state.error = Some(error.to_string());
            }
            systems.push(state);
        }
        Self { version: 1, portfolio: portfolio.name.clone(), as_of: today, systems }
    }

    /// Returns whether a system or a file could not be read, or the rules have an error.
    pub fn has_errors(&self) -> bool {
        let is_wrong = |state: &SystemState| {
            state.error.is_some()
                || !state.unreadable.is_empty()
                || state.errors.is_some_and(|count| count > 0)
        };
        self.systems.iter().any(is_wrong)
    }

    /// Returns a table with a line for each system.
    pub fn table(&self, depth: StatusDepth) -> Table {
        let mut titles = vec!["SYSTEM", "AGENCY", "COMMIT", "COMMITTED", "ITEMS#", "OPEN#"];
        if depth == StatusDepth::Rules {
            titles.extend(["OVERDUE#", "ERRORS#", "WARNINGS#"]);
        }
        titles.push("PROBLEM");
        let mut table = Table::new(&titles);
        let number = |count: Option<usize>| count.map_or("-".to_owned(), |count| count.to_string());
        for state in &self.systems {
            let mut row = vec![
                state.name.clone(),
                state.tags.get("agency").cloned().unwrap_or_default(),
                state.commit.as_deref().unwrap_or("-").chars().take(10).collect(),
                state.committed.map_or("-".to_owned(), |time| time.date_naive().to_string()),
                number(state.items),
                number(state.open),
            ];
            if depth == StatusDepth::Rules {
                row.extend([state.overdue, state.errors, state.warnings].map(number));
            }
            row.push(state.problem());
            table.push(row);
        }
        table
    }
}

impl SystemState {
    fn unread(system: &PortfolioSystem) -> Self {
        Self {
            name: system.name.clone(),
            tags: system.tags.clone(),
            location: system.written.clone(),
            commit: None,
            committed: None,
            items: None,
            open: None,
            overdue: None,
            errors: None,
            warnings: None,
            unreadable: Vec::new(),
            error: None,
        }
    }

    fn fill(
        &mut self,
        system: &PortfolioSystem,
        today: NaiveDate,
        offline: bool,
        depth: StatusDepth,
    ) -> Result<(), SystemError> {
        if let SystemLocation::Documents(path) = &system.location {
            let set = DocumentSet::find(path)?;
            let (count, refused) = set.count(system)?;
            self.committed = set.day().and_hms_opt(0, 0, 0).map(|time| time.and_utc());
            self.items = Some(count.items);
            self.open = Some(count.open);
            self.overdue = count.overdue;
            self.unreadable = set.refused.clone();
            self.unreadable.extend(refused);
            return Ok(());
        }
        let opened = OpenedSystem::open(system, offline)?;
        self.commit = Some(opened.commit.to_string());
        self.committed = Some(opened.committed);
        if depth == StatusDepth::Items {
            let tracker = opened.tracker()?;
            let store = tracker.load_at(&opened.repository, opened.commit)?;
            let workflow = &tracker.settings.workflow;
            let open = store.items().iter().filter(|it| !workflow.is_closed(&it.item.status));
            self.open = Some(open.count());
            self.items = Some(store.items().len());
            let paths = store.diagnostics().iter().map(|one| one.label.path.to_string());
            self.unreadable = paths.collect();
            self.unreadable.dedup();
            return Ok(());
        }
        let reading = SystemReading::read(&opened, today)?;
        let count = reading.check(&opened, today)?;
        self.items = Some(reading.store.items().len());
        self.open = Some(reading.summary.totals.open);
        self.overdue = Some(reading.summary.totals.overdue);
        self.errors = Some(count.errors);
        self.warnings = Some(count.warnings);
        self.unreadable = reading.summary.unreadable;
        Ok(())
    }

    /// Returns the reason why it, or a part of it, could not be read; empty where all was.
    fn problem(&self) -> String {
        match (&self.error, self.unreadable.as_slice()) {
            (Some(error), _) => error.lines().next().unwrap_or_default().to_owned(),
            (None, []) => String::new(),
            (None, [path]) => format!("{path} cannot be read"),
            (None, [path, rest @ ..]) => {
                format!("{path} and {} more cannot be read", rest.len())
            }
        }
    }
}
