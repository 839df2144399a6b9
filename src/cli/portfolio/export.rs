//! `poam portfolio export`: writes the tables.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::super::{CommandOutcome, Session, progress};
use super::PortfolioOptions;
use crate::portfolio::{self, ExportOptions};
use crate::text::{plural, visible};

/// Write Parquet tables of all systems
///
/// Tables: systems, items, milestones, identifiers, events, triggers, snapshots, months; `poam schema portfolio` tells
/// their columns. Only systems with another commit, tag or day are read again, and only files that change are written. A
/// system that cannot be read keeps the rows of the last export; the exit code is 1 then.
#[derive(Debug, Args)]
pub(super) struct PortfolioExportArgs {
    /// The folder to write; it is replaced as a whole
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Read every system and write every file anew
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    options: PortfolioOptions,
}

impl PortfolioExportArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let portfolio = self.options.load(session)?;
        progress::begin("reading the systems");
        let options =
            ExportOptions { today: session.today, offline: self.options.offline, full: self.full };
        let place = session.directory.join(&self.output);
        let report = portfolio::export(&portfolio, &place, options, |_| {})?;
        let mut text = format!(
            "{}: {}, {} read anew; {}, {} written\n",
            visible(&self.output.display().to_string()),
            plural(report.systems, "system"),
            report.read,
            plural(report.files, "file"),
            report.written
        );
        for (table, rows) in &report.rows {
            text.push_str(&format!("  {table}: {rows}\n"));
        }
        session.print(text)?;
        for failed in &report.failed {
            let kept = match failed.is_kept {
                true => "its rows of an earlier export are kept",
                false => "the tables have no items of it",
            };
            session.complain(format_args!(
                "{}: {}; {kept}",
                visible(&failed.name),
                visible(&failed.reason)
            ));
        }
        for (name, files) in &report.unreadable {
            for file in files {
                session.complain(format_args!(
                    "{}: {} cannot be read and is in no table",
                    visible(name),
                    visible(file)
                ));
            }
        }
        let is_whole = report.failed.is_empty() && report.unreadable.is_empty();
        Ok(if is_whole { CommandOutcome::Fine } else { CommandOutcome::Diagnosed })
    }
}
