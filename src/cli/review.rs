use anyhow::Result;
use clap::Args;

use super::how::{Bench, How, Where, said};
use super::{Outcome, Session};
use crate::change::{Note, Wish};
use crate::day::TypedDay;

/// Record that items were reviewed, even if nothing changed
#[derive(Debug, Args)]
pub(super) struct Review {
    /// Ids of the items; one commit for all of them
    #[arg(value_name = "ID", value_parser = said)]
    ids: Vec<String>,
    #[command(flatten)]
    meant: Where,
    /// Who reviewed them, if not you as git knows you
    #[arg(long, value_name = "NAME", value_parser = said)]
    by: Option<String>,
    /// What came of it
    #[arg(long, value_name = "TEXT", value_parser = said)]
    note: Option<String>,
    /// When, if not today
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<TypedDay>,
    #[command(flatten)]
    how: How,
}

impl Review {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let mut bench = Bench::of(session)?;
        let by = match self.by {
            Some(name) => name,
            None => self.how.author_name(&bench.repository)?,
        };
        let (note, wish) = (Note::Review { by, note: self.note }, Wish::default());
        let date = session.day_or_today(self.date);
        let mut changes = Vec::new();
        for stored in &bench.meant(session, &self.ids, &self.meant)? {
            changes.push(note.plan(stored, &wish, date, session.today)?);
        }
        self.how.carry_out(session, &bench, &changes)
    }
}
