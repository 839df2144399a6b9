use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use super::Target;
use crate::cli::{Outcome, Session};
use crate::exchange;
use crate::output::{Content, plural};

/// A table for spreadsheets, with all fields of the items and what is derived
///
/// Cells that a spreadsheet would take for formulas begin with an apostrophe.
#[derive(Debug, Args)]
pub(super) struct Csv {
    #[command(flatten)]
    target: Target,
    /// Which columns
    #[arg(long, value_name = "COLUMNS", default_value = "all", conflicts_with = "events")]
    columns: Columns,
    /// The events of the audit log instead of the items
    #[arg(long)]
    events: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Columns {
    /// Every field, and what is derived
    All,
    /// The eight columns of a federal plan of action (NIST SP 800-171, OMB M-02-01)
    Federal,
}

impl Csv {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let tree = self.target.published(session, "table")?;
        let (store, settings, history) = (&tree.store, &tree.tracker.settings, &tree.history);
        let day = self.target.day(session, &tree);
        let text = match (self.events, self.columns) {
            (true, _) => {
                let events: Vec<_> = history.events.iter().collect();
                exchange::events_csv(&events).context("writing CSV")?
            }
            (false, Columns::All) => {
                exchange::items_csv(store, settings, history, day).context("writing CSV")?
            }
            (false, Columns::Federal) => {
                exchange::federal_csv(store, settings, history, day).context("writing CSV")?
            }
        };
        let count = match self.events {
            true => plural(history.events.len(), "event"),
            false => plural(store.items().len(), "item"),
        };
        let said = format!("{count}, commit {}", tree.commit.short());
        self.target.write(session, Content::Exact, &text, &said)?;
        Ok(Outcome::Fine)
    }
}

/// One JSON value a line, for programs: items as in their files, with what is derived
#[derive(Debug, Args)]
pub(super) struct Ndjson {
    #[command(flatten)]
    target: Target,
    /// The events of the audit log instead of the items
    #[arg(long)]
    events: bool,
}

impl Ndjson {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let tree = self.target.published(session, "list")?;
        let (store, settings, history) = (&tree.store, &tree.tracker.settings, &tree.history);
        let day = self.target.day(session, &tree);
        let (text, count) = match self.events {
            true => (exchange::events_ndjson(history), plural(history.events.len(), "event")),
            false => (
                exchange::items_ndjson(store, settings, history, day),
                plural(store.items().len(), "item"),
            ),
        };
        let text = text.context("writing JSON")?;
        let said = format!("{count}, commit {}", tree.commit.short());
        self.target.write(session, Content::Json, &text, &said)?;
        Ok(Outcome::Fine)
    }
}
