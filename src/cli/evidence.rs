use anyhow::Result;
use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::how::{Bench, How};
use super::{Outcome, Session};
use crate::change::{Note, Wish};

/// Add evidence to an item
#[derive(Debug, Args)]
pub(super) struct Evidence {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add tickets, documents or scans as evidence
    Add {
        /// Id of the item
        id: String,
        /// Ticket, document, file or scan; may be several
        #[arg(required = true, value_name = "REF")]
        references: Vec<String>,
        /// What they show: remediation, vendor-dependency, scan, …
        #[arg(long = "type", value_name = "WORD")]
        kind: Option<String>,
        /// Where they lie
        #[arg(long, value_name = "PLACE")]
        location: Option<String>,
        /// When they were collected, if not today
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<NaiveDate>,
        /// Why; becomes the body of the commit message
        #[arg(long, short = 'm', value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        how: How,
    },
}

impl Evidence {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let What::Add { id, references, kind, location, date, reason, how } = self.what;
        let mut bench = Bench::of(session)?;
        let stored = bench.item(&id)?;
        let note = Note::Evidence { references, kind, location };
        let date = date.unwrap_or(session.today);
        let change = note.plan(&stored, &Wish { reason }, date, session.today)?;
        how.carry_out(session, &bench, &[change])
    }
}
