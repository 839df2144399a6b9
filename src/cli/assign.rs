use anyhow::{Result, bail};
use clap::Args;

use super::how::{Bench, How, Where, said};
use super::{Outcome, Session};
use crate::change::{Note, Wish};
use crate::model::Person;
use crate::output::visible;

/// Give items to an owner
#[derive(Debug, Args)]
pub(super) struct Assign {
    /// Ids of the items; one commit for all of them
    #[arg(value_name = "ID", value_parser = said)]
    ids: Vec<String>,
    #[command(flatten)]
    meant: Where,
    /// Name of the person who resolves them
    #[arg(long, value_name = "NAME", value_parser = said)]
    to: Option<String>,
    /// Mail address
    #[arg(long, value_name = "ADDRESS", value_parser = said)]
    email: Option<String>,
    /// Role
    #[arg(long, value_name = "TEXT", value_parser = said)]
    role: Option<String>,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

impl Assign {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let mut bench = Bench::of(session)?;
        if let (None, [_, .., last]) = (&self.to, self.ids.as_slice())
            && !bench.is_item(last)
        {
            bail!("`{0}` is no item; name the new owner with --to \"{0}\"", visible(last));
        }
        // Nobody is asked for what then has no item.
        let found = bench.meant(session, &self.ids, &self.meant)?;
        let to = self.how.ask().text(self.to, "--to", "name of the new owner")?;
        let mut person = Person { name: to, email: self.email, role: self.role };
        // What the settings say of the person need not be typed again.
        if let Some(known) =
            bench.tracker.settings.people.iter().find(|known| known.name == person.name)
        {
            person.email = person.email.or_else(|| known.email.clone());
            person.role = person.role.or_else(|| known.role.clone());
        }
        let (note, wish) = (Note::Assign(person), Wish { reason: self.reason });
        let mut changes = Vec::new();
        for stored in &found {
            changes.push(note.plan(stored, &wish, session.today, session.today)?);
        }
        self.how.carry_out(session, &bench, &changes)
    }
}
