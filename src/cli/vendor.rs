use anyhow::Result;
use clap::{Args, Subcommand};

use super::deviation::ask_schedule;
use super::how::{Bench, How, Where, said};
use super::{Outcome, Session};
use crate::change::{Note, Wish};
use crate::day::TypedDay;

/// Record that a vendor was asked, or has released a fix
#[derive(Debug, Args)]
pub(super) struct Vendor {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Record that the vendor was asked
    CheckIn {
        /// Ids of the items; one commit for all of them
        #[arg(value_name = "ID", value_parser = said)]
        ids: Vec<String>,
        #[command(flatten)]
        meant: Where,
        /// When, if not today
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<TypedDay>,
        /// The day the vendor released a fix; the deadline runs from there
        #[arg(long, value_name = "YYYY-MM-DD")]
        fix_released: Option<TypedDay>,
        /// The scheduled completion date that follows from the release
        #[arg(long, value_name = "YYYY-MM-DD", requires = "fix_released")]
        scheduled: Option<TypedDay>,
        /// What the vendor said; becomes the body of the commit message
        #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
        reason: Option<String>,
        #[command(flatten)]
        how: How,
    },
}

impl Vendor {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let What::CheckIn { ids, meant, date, fix_released, scheduled, reason, how } = self.what;
        let mut bench = Bench::of(session)?;
        let fix_released = fix_released.map(|day| day.on(session.today));
        let (note, wish) = (Note::CheckIn { fix_released }, Wish { reason });
        let date = session.day_or_today(date);
        let mut changes = Vec::new();
        for stored in &bench.meant(session, &ids, &meant)? {
            let change = note.plan(stored, &wish, date, session.today)?;
            changes.push(match scheduled {
                Some(day) => change.with_schedule(day.on(session.today))?,
                None => change,
            });
        }
        how.carry_out(session, &bench, &changes).map_err(ask_schedule)
    }
}
