use anyhow::{Result, bail};
use clap::Args;

use super::how::{Bench, How, Where, said};
use super::{Outcome, Session};
use crate::change::{Assignment, Change, Wish};

/// Set fields of items by their names
///
/// Fields are named as in the files, with blanks, hyphens or underscores; parts after a dot. An empty
/// value removes a field. Lists take += and -=. Status, milestones, deviations, evidence and reviews
/// have commands of their own.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  poam set V-12 remediation-plan=\"Upgrade to 2.1 and scan again\"
  poam set V-12 V-13 controls+=SI-2 assets-=10.0.0.7
  poam set V-12 vendor=\"Example Corp\" product=Firewall
  poam set --where \"owner=jane open\" scheduled=+30d -m \"Freeze until January, CHG-7\"")]
pub(super) struct Set {
    /// IDs of the items, then the assignments; one commit for all of them
    #[arg(required = true, num_args = 1.., value_names = ["ID", "FIELD=VALUE"], value_parser = said)]
    words: Vec<String>,
    #[command(flatten)]
    meant: Where,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

impl Set {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let mut bench = Bench::of(session)?;
        // An id may hold `=`; a word that is the id of an item is one.
        let first = self.words.iter().position(|word| word.contains('=') && !bench.is_item(word));
        let (ids, texts) = self.words.split_at(first.unwrap_or(self.words.len()));
        if texts.is_empty() {
            bail!("which field? give FIELD=VALUE after the IDs, such as comments=\"…\"");
        }
        let assignments =
            texts.iter().map(|text| Assignment::parse(text)).collect::<Result<Vec<_>, _>>()?;
        let wish = Wish { reason: self.reason };
        let mut changes = Vec::new();
        for stored in &bench.meant(session, ids, &self.meant)? {
            changes.push(Change::assign(stored, &assignments, &wish, session.today)?);
        }
        self.how.carry_out(session, &bench, &changes)
    }
}
