use anyhow::Result;
use clap::{Args, Subcommand};

use super::how::{Bench, How, Where, said};
use super::{Outcome, Session};
use crate::change::{Note, Wish};
use crate::day::TypedDay;

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
        /// Id of the item, then tickets, documents, files or scans
        #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "REF"], value_parser = said)]
        words: Vec<String>,
        #[command(flatten)]
        meant: Where,
        /// What they show: remediation, vendor-dependency, scan, …
        #[arg(long = "type", value_name = "WORD", value_parser = said)]
        kind: Option<String>,
        /// Where they lie
        #[arg(long, value_name = "PLACE", value_parser = said)]
        location: Option<String>,
        /// When they were collected, if not today
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<TypedDay>,
        /// Why; becomes the body of the commit message
        #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
        reason: Option<String>,
        #[command(flatten)]
        how: How,
    },
}

impl Evidence {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let What::Add { words, meant, kind, location, date, reason, how } = self.what;
        let mut bench = Bench::of(session)?;
        // With a filter, no word is an id.
        let (mut ids, mut references) = (words, Vec::new());
        let first = usize::from(!meant.is_filter());
        references.extend(ids.drain(first.min(ids.len())..));
        // Nobody is asked for what then has no item.
        let found = bench.meant(session, &ids, &meant)?;
        let references = how.ask().some(references, "REF", "ticket, document, file or scan")?;
        let note = Note::Evidence { references, kind, location };
        let date = session.day_or_today(date);
        let wish = Wish { reason };
        let mut changes = Vec::new();
        for stored in &found {
            changes.push(note.plan(stored, &wish, date, session.today)?);
        }
        how.carry_out(session, &bench, &changes)
    }
}
