//! `poam evidence`: records evidence on items.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_reason, parse_text};
use super::{CommandOutcome, Session};
use crate::change::{ChangeOptions, ItemRecord};
use crate::day::{TypedDay, past_day};

/// Add evidence to an item
#[derive(Debug, Args)]
pub(super) struct EvidenceArgs {
    #[command(subcommand)]
    what: EvidenceAction,
}

#[derive(Debug, Subcommand)]
enum EvidenceAction {
    /// Add tickets, documents or scans as evidence
    Add {
        /// Ids of the items, then tickets, documents, files or scans
        #[arg(required_unless_present = "filter", num_args = 1.., value_names = ["ID", "REF"], value_parser = parse_text)]
        words: Vec<String>,
        #[command(flatten)]
        meant: ItemSelector,
        /// Type of the evidence: remediation, vendor-dependency, scan, …
        #[arg(long = "type", value_name = "WORD", value_parser = parse_text)]
        kind: Option<String>,
        /// Where it is stored: a path or URL
        #[arg(long, value_name = "PLACE", value_parser = parse_text)]
        location: Option<String>,
        /// When they were collected, if not today
        #[arg(long, value_name = "DATE", value_parser = past_day)]
        date: Option<TypedDay>,
        /// Reason; becomes the body of the commit message
        #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_reason)]
        reason: Option<String>,
        #[command(flatten)]
        how: ChangeArgs,
    },
}

impl EvidenceArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let EvidenceAction::Add { words, meant, kind, location, date, reason, how } = self.what;
        let mut bench = ChangeContext::open(session)?;
        // With a filter, no word is an id. The first word is one even where no item has it.
        let mut ids = words;
        let count = match meant.is_filter() {
            true => 0,
            false => ids.iter().skip(1).take_while(|word| bench.is_item(word)).count() + 1,
        };
        let references = ids.split_off(count.min(ids.len()));
        bench.refuse_items_as_evidence(&references)?;
        // Nobody is asked for what then has no item.
        let found = bench.find_meant(session, &ids, &meant)?;
        let references =
            how.ask_mode().ask_texts(references, "REF", "ticket, document, file or scan")?;
        let note = ItemRecord::Evidence { references, kind, location };
        let date = session.day_or_today(date);
        let wish = ChangeOptions { reason };
        let changes = how.plan_each(session, &found, |stored| {
            Ok(note.plan_change(stored, &wish, date, session.today)?)
        })?;
        how.carry_out(session, &bench, &changes)
    }
}
