//! `poam export csv`, `xlsx` and `ndjson`: tables for spreadsheets and programs.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use super::{ExportSource, ExportTarget};
use crate::cli::destination::Destination;
use crate::cli::published::Published;
use crate::cli::workbook::check_extension;
use crate::cli::{CommandOutcome, Session};
use crate::exchange;
use crate::output::OutputKind;
use crate::text::plural;

/// A table for spreadsheets, with all fields of the items and what is derived
///
/// Cells that a spreadsheet would take for formulas begin with an apostrophe.
#[derive(Debug, Args)]
pub(super) struct CsvArgs {
    #[command(flatten)]
    target: ExportTarget,
    /// Which columns
    #[arg(long, value_name = "COLUMNS", default_value = "all")]
    columns: Columns,
    /// The events of the audit log instead of the items
    #[arg(long)]
    events: bool,
    /// Begin with a byte order mark: Excel then reads the file as UTF-8
    #[arg(long)]
    bom: bool,
}

/// Without it Excel on Windows reads a CSV file in the code page of the machine.
const BYTE_ORDER_MARK: char = '\u{feff}';

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Columns {
    /// For programs: every field, and what is derived; nested values are JSON
    All,
    /// For people: one value a cell, with owner, next milestone, practice and days overdue in
    /// columns of their own
    Flat,
    /// The eight columns of a federal plan of action (NIST SP 800-171, OMB M-02-01)
    Federal,
}

impl CsvArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let tree = self.target.published(session, "table")?;
        let (store, settings, history) = (&tree.store, &tree.tracker.settings, &tree.history);
        let day = self.target.day(session, &tree);
        let events: Vec<_> = history.events.iter().collect();
        let mut text = match (self.events, self.columns) {
            (true, Columns::All) => exchange::events_csv(&events).context("writing CSV")?,
            (true, Columns::Flat) => {
                let table = exchange::event_records(&events);
                exchange::records_csv(&table).context("writing CSV")?
            }
            (true, Columns::Federal) => {
                bail!("--columns federal is about items: with --events take `all` or `flat`")
            }
            (false, Columns::All) => {
                exchange::items_csv(store, settings, history, day).context("writing CSV")?
            }
            (false, Columns::Flat) => {
                let table = exchange::item_records(store, settings, history, day);
                exchange::records_csv(&table).context("writing CSV")?
            }
            (false, Columns::Federal) => {
                exchange::federal_csv(store, settings, history, day).context("writing CSV")?
            }
        };
        if self.bom {
            text.insert(0, BYTE_ORDER_MARK);
        }
        let said = said(&tree, self.events);
        self.target.write(session, OutputKind::Text, &text, &said)?;
        Ok(CommandOutcome::Fine)
    }
}

/// A spreadsheet (.xlsx) for people: items with their milestones and deviations, or the audit log
///
/// One value a cell, real dates, filters, a head that stays in sight, and no formulas. It is no official
/// form: `poam workbook` builds that.
#[derive(Debug, Args)]
pub(super) struct XlsxArgs {
    /// The file to write
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "poam-items.xlsx",
        default_value_if("events", "true", "poam-log.xlsx")
    )]
    output: PathBuf,
    #[command(flatten)]
    source: ExportSource,
    /// The events of the audit log instead of the items
    #[arg(long)]
    events: bool,
}

impl XlsxArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let writing = || format!("writing {}", self.output.display());
        let place = session.directory.join(&self.output);
        let destination = Destination::find(&place).with_context(writing)?;
        check_extension(&self.output, &destination)?;
        let tree = self.source.published(session, "table")?;
        let (store, settings, history) = (&tree.store, &tree.tracker.settings, &tree.history);
        let day = self.source.day(session, &tree);
        let tables = match self.events {
            true => vec![exchange::event_records(&history.events.iter().collect::<Vec<_>>())],
            false => exchange::item_tables(store, settings, history, day),
        };
        let folder = destination.temporary_folder();
        let write = |out: &mut (dyn Write + Send)| {
            exchange::write_xlsx(tables, settings, history, &folder, out)
        };
        destination.write(session, OutputKind::Exact, write).with_context(writing)?;
        let said = said(&tree, self.events);
        destination.report_written(session, format_args!("{}: {said}", self.output.display()))?;
        Ok(CommandOutcome::Fine)
    }
}

/// Describes what a table holds: how many, and of which commit.
fn said(tree: &Published, events: bool) -> String {
    let count = match events {
        true => plural(tree.history.events.len(), "event"),
        false => plural(tree.store.items().len(), "item"),
    };
    format!("{count}, commit {}", tree.commit.short())
}

/// One JSON value a line, for programs: items as in their files, with what is derived
#[derive(Debug, Args)]
pub(super) struct NdjsonArgs {
    #[command(flatten)]
    target: ExportTarget,
    /// The events of the audit log instead of the items
    #[arg(long)]
    events: bool,
}

impl NdjsonArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let tree = self.target.published(session, "list")?;
        let (store, settings, history) = (&tree.store, &tree.tracker.settings, &tree.history);
        let day = self.target.day(session, &tree);
        let text = match self.events {
            true => exchange::events_ndjson(history),
            false => exchange::items_ndjson(store, settings, history, day),
        };
        let text = text.context("writing JSON")?;
        let said = said(&tree, self.events);
        self.target.write(session, OutputKind::Json, &text, &said)?;
        Ok(CommandOutcome::Fine)
    }
}
