//! `poam portfolio status` and `check`: the state of each system.

use anyhow::{Context as _, Result};
use clap::Args;

use super::super::{CommandOutcome, Session, TextOrJson, progress};
use super::PortfolioOptions;
use crate::portfolio::{PortfolioStatus, StatusDepth};
use crate::text::{plural, visible};

/// List the systems: commit, items, and which cannot be read
///
/// Exit code 1 where a system or a file of one cannot be read; the others are listed all the same.
#[derive(Debug, Args)]
pub(super) struct PortfolioStatusArgs {
    #[command(flatten)]
    options: PortfolioOptions,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// Check every system against the rules of its own settings
///
/// Counts errors and warnings of `poam validate` at the commit that counts. Exit code 1 where a rule has an
/// error, or a system cannot be read.
#[derive(Debug, Args)]
pub(super) struct PortfolioCheckArgs {
    #[command(flatten)]
    options: PortfolioOptions,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl PortfolioStatusArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        run(session, &self.options, self.format, StatusDepth::Items)
    }
}

impl PortfolioCheckArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        run(session, &self.options, self.format, StatusDepth::Rules)
    }
}

fn run(
    session: &mut Session,
    options: &PortfolioOptions,
    format: TextOrJson,
    depth: StatusDepth,
) -> Result<CommandOutcome> {
    let portfolio = options.load(session)?;
    progress::begin("reading the systems");
    let (today, offline) = (session.today, options.offline);
    let status = PortfolioStatus::compute(&portfolio, today, offline, depth, |_| {});
    match format {
        TextOrJson::Json => {
            let json = serde_json::to_string_pretty(&status).context("writing JSON")?;
            session.print_json(json + "\n")?;
        }
        TextOrJson::Text => {
            let mut text = String::new();
            for line in status.table(depth).text() {
                text.push_str(&line);
                text.push('\n');
            }
            session.print(text)?;
            for state in &status.systems {
                if let Some(error) = &state.error {
                    session.say(format_args!("{}: {}", visible(&state.name), visible(error)));
                }
            }
            session.say(plural(status.systems.len(), "system"));
        }
    }
    Ok(if status.has_errors() { CommandOutcome::Diagnosed } else { CommandOutcome::Fine })
}
