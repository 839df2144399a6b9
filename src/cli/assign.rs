//! `poam assign`: sets the owner of items.

use anyhow::{Result, bail};
use clap::Args;

use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_reason, parse_text};
use super::{CommandOutcome, Session};
use crate::change::{ChangeOptions, ItemRecord};
use crate::model::Person;
use crate::text::visible;

/// Give items to an owner
#[derive(Debug, Args)]
pub(super) struct AssignArgs {
    /// Ids of the items; one commit for all of them
    #[arg(value_name = "ID", value_parser = parse_text)]
    ids: Vec<String>,
    #[command(flatten)]
    meant: ItemSelector,
    /// Person who resolves them: a name, or the address of somebody in `people:`
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    to: Option<String>,
    /// Mail address
    #[arg(long, value_name = "ADDRESS", value_parser = parse_text)]
    email: Option<String>,
    /// Role
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    role: Option<String>,
    /// Reason; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    #[command(flatten)]
    how: ChangeArgs,
}

impl AssignArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut bench = ChangeContext::open(session)?;
        if let (None, [_, .., last]) = (&self.to, self.ids.as_slice())
            && !bench.is_item(last)
        {
            bail!("`{0}` is no item; name the new owner with --to \"{0}\"", visible(last));
        }
        // Nobody is asked for what then has no item.
        let found = bench.find_meant(session, &self.ids, &self.meant)?;
        let to = self.how.ask_mode().ask_text(self.to, "--to", "name of the new owner")?;
        // A person of the settings may be given by the address; details need not be typed again.
        let known = bench.find_person(to);
        let person = Person {
            email: self.email.or(known.email),
            role: self.role.or(known.role),
            name: known.name,
        };
        let (note, wish) = (ItemRecord::Assign(person), ChangeOptions { reason: self.reason });
        let changes = self.how.plan_each(session, &found, |stored| {
            Ok(note.plan_change(stored, &wish, session.today, session.today)?)
        })?;
        self.how.carry_out(session, &bench, &changes)
    }
}
