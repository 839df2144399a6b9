//! `poam portfolio`: many trackers, their state and tables of all of them.

mod export;
mod status;
mod summary;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use super::{CommandOutcome, Session};
use crate::output::{Format, ValidationReport};
use crate::portfolio::{FILE, Portfolio, PortfolioError};

/// Look at many trackers, and write tables of all of them for DuckDB, Spark and others
///
/// The systems are listed in portfolio.yaml: repositories on this machine or elsewhere, with tags such as
/// agency and impact. Repositories elsewhere are cloned into a cache and updated by each command.
#[derive(Debug, Args)]
pub(super) struct PortfolioArgs {
    #[command(subcommand)]
    command: PortfolioCommand,
}

#[derive(Debug, Subcommand)]
enum PortfolioCommand {
    Status(status::PortfolioStatusArgs),
    Check(status::PortfolioCheckArgs),
    Export(export::PortfolioExportArgs),
    Summary(summary::PortfolioSummaryArgs),
    Report(summary::PortfolioReportArgs),
}

/// Options of every command on a portfolio.
#[derive(Debug, Args)]
struct PortfolioOptions {
    /// The list of systems
    #[arg(long, value_name = "FILE", default_value = FILE)]
    file: PathBuf,
    /// Take clones of repositories elsewhere as they are, without the network
    #[arg(long)]
    offline: bool,
}

impl PortfolioArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        match self.command {
            PortfolioCommand::Status(command) => command.run(session),
            PortfolioCommand::Check(command) => command.run(session),
            PortfolioCommand::Export(command) => command.run(session),
            PortfolioCommand::Summary(command) => command.run(session),
            PortfolioCommand::Report(command) => command.run(session),
        }
    }
}

impl PortfolioOptions {
    /// Reads the list of systems; an error lists everything that is wrong with it.
    fn load(&self, session: &Session) -> Result<Portfolio> {
        match Portfolio::load(&session.directory.join(&self.file)) {
            Ok(portfolio) if portfolio.systems.is_empty() => {
                bail!("{} lists no system: add `- name: …` with `path: …`", self.file.display())
            }
            Ok(portfolio) => Ok(portfolio),
            Err(PortfolioError::Errors(diagnostics)) => {
                let report = ValidationReport { diagnostics, ..ValidationReport::default() };
                let text = report.render(Format::Text, session.color);
                let text = text.trim_end().rsplit_once("\n\n").map_or("", |(errors, _)| errors);
                bail!("{} has errors\n{text}", self.file.display())
            }
            Err(error) => Err(error.into()),
        }
    }
}
