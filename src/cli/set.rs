//! `poam set`: sets a field of items.

use anyhow::{Result, bail};
use clap::Args;

use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_reason, parse_text};
use super::{CommandOutcome, Session};
use crate::change::{Assignment, Change, ChangeOptions};

/// Set fields of items by their names
///
/// Fields are named as in the files, with blanks, hyphens or underscores; parts after a dot. An empty
/// value removes a field. Lists take += and -=. Status, milestones, deviations, evidence and reviews
/// have commands of their own.
#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// IDs of the items, then the assignments; one commit for all of them
    #[arg(required = true, num_args = 1.., value_names = ["ID", "FIELD=VALUE"], value_parser = parse_text)]
    words: Vec<String>,
    #[command(flatten)]
    meant: ItemSelector,
    /// Reason; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    #[command(flatten)]
    how: ChangeArgs,
}

impl SetArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut bench = ChangeContext::open(session)?;
        // An id may hold `=`; a word that is the id of an item is one.
        let first = self.words.iter().position(|word| word.contains('=') && !bench.is_item(word));
        let (ids, texts) = self.words.split_at(first.unwrap_or(self.words.len()));
        if texts.is_empty() {
            bail!("which field? give FIELD=VALUE after the IDs, such as comments=\"…\"");
        }
        let assignments =
            texts.iter().map(|text| Assignment::parse(text)).collect::<Result<Vec<_>, _>>()?;
        let wish = ChangeOptions { reason: self.reason };
        let found = bench.find_meant(session, ids, &self.meant)?;
        let people = &bench.tracker.settings.people;
        let changes = self.how.plan_each(session, &found, |stored| {
            Ok(Change::assign_values(stored, &assignments, people, &wish, session.today)?)
        })?;
        self.how.carry_out(session, &bench, &changes)
    }
}
