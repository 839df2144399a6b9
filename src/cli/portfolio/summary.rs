//! `poam portfolio summary` and `report`: numbers over all systems, from the tables.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use super::super::{CommandOutcome, Session, TextOrJson};
use crate::portfolio::{PortfolioOverview, build_report};
use crate::report::Folder;
use crate::text::{Table, plural, visible};

/// Rows of a list in the text.
const ROWS: usize = 20;

/// Sum up all systems from the tables of an export
///
/// Totals, agencies, systems, escalation triggers, months, and weaknesses that several systems share. No tracker is read.
#[derive(Debug, Args)]
pub(super) struct PortfolioSummaryArgs {
    /// The folder of the export
    #[arg(value_name = "TABLES")]
    tables: PathBuf,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// Write a static web report over all systems from the tables of an export
///
/// An overview with charts, a page for each system, and one for each weakness that several systems share. It needs no server
/// and no network.
#[derive(Debug, Args)]
pub(super) struct PortfolioReportArgs {
    /// The folder of the export
    #[arg(value_name = "TABLES")]
    tables: PathBuf,
    /// The folder to write
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Name of the portfolio on the pages
    #[arg(long, value_name = "NAME", default_value = "Portfolio")]
    name: String,
}

impl PortfolioSummaryArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let overview = PortfolioOverview::read(&session.directory.join(&self.tables))?;
        match self.format {
            TextOrJson::Json => {
                let json = serde_json::to_string_pretty(&overview).context("writing JSON")?;
                session.print_json(json + "\n")?;
            }
            TextOrJson::Text => session.print(text(&overview))?,
        }
        Ok(CommandOutcome::Fine)
    }
}

fn text(overview: &PortfolioOverview) -> String {
    let totals = &overview.totals;
    let mut out = format!(
        "{} on {}: {} open, {} overdue, {} closed; {} accepted\n",
        plural(totals.systems, "system"),
        overview.as_of,
        totals.open,
        totals.overdue,
        totals.closed,
        totals.accepted
    );
    if let Some(days) = overview.mean_days_to_remediate {
        out.push_str(&format!("mean days to remediate: {days}\n"));
    }
    let count = |count: Option<usize>| count.map_or("?".to_owned(), |count| count.to_string());
    let mut systems =
        Table::new(&["SYSTEM", "AGENCY", "OPEN#", "OVERDUE#", "CLOSED#", "SLIPS#", "STATUS"]);
    for line in overview.systems.iter().take(ROWS) {
        systems.push([
            line.name.clone(),
            line.agency.clone().unwrap_or_default(),
            count(line.open),
            count(line.overdue),
            count(line.closed),
            count(line.slips),
            line.status.clone().unwrap_or_default(),
        ]);
    }
    let mut agencies = Table::new(&["AGENCY", "SYSTEMS#", "OPEN#", "OVERDUE#"]);
    for line in &overview.by_agency {
        agencies.push([
            line.agency.clone().unwrap_or_else(|| "(none)".to_owned()),
            line.systems.to_string(),
            line.open.to_string(),
            line.overdue.to_string(),
        ]);
    }
    let mut triggers = Table::new(&["SYSTEM", "TRIGGER", "LEVEL", "FACT"]);
    for one in overview.escalations.iter().take(ROWS) {
        triggers.push([
            one.system.clone(),
            one.trigger.clone(),
            one.level.clone(),
            one.fact.clone(),
        ]);
    }
    let mut shared = Table::new(&["OPEN IN SEVERAL SYSTEMS", "KIND", "SYSTEMS#", "ITEMS#"]);
    for one in overview.shared.iter().take(ROWS) {
        shared.push([
            one.identifier.clone(),
            one.kind.clone(),
            one.systems.to_string(),
            one.items.to_string(),
        ]);
    }
    let lengths = [
        (systems, overview.systems.len()),
        (agencies, overview.by_agency.len()),
        (triggers, overview.escalations.len()),
        (shared, overview.shared.len()),
    ];
    for (table, length) in lengths {
        if table.rows.is_empty() {
            continue;
        }
        out.push('\n');
        for line in table.text() {
            out.push_str(&line);
            out.push('\n');
        }
        if length > table.rows.len() {
            out.push_str(&format!("and {} more\n", length - table.rows.len()));
        }
    }
    out
}

impl PortfolioReportArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut folder = Folder::at(&session.directory.join(&self.output))?;
        let tables = session.directory.join(&self.tables);
        let overview =
            build_report(&tables, &self.name, &mut |path, text| folder.write(path, text))
                .context("making the report")?;
        let files = folder.finish()?;
        session.print(format_args!(
            "{}: {}, {}\n",
            visible(&self.output.join("index.html").display().to_string()),
            plural(overview.totals.systems, "system"),
            plural(files, "file")
        ))?;
        Ok(CommandOutcome::Fine)
    }
}
