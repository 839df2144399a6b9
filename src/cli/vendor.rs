//! `poam vendor`: records vendor dependencies and check-ins.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::deviation::ask_schedule;
use super::how::{ChangeArgs, ChangeContext, ItemSelector, parse_text};
use super::{CommandOutcome, Session};
use crate::change::{ChangeOptions, ItemRecord};
use crate::day::{TypedDay, future_day, past_day};

/// Record that a vendor was asked, or has released a fix
#[derive(Debug, Args)]
pub(super) struct VendorArgs {
    #[command(subcommand)]
    what: VendorAction,
}

#[derive(Debug, Subcommand)]
enum VendorAction {
    /// Record that the vendor was asked
    CheckIn {
        /// Ids of the items; one commit for all of them
        #[arg(value_name = "ID", value_parser = parse_text)]
        ids: Vec<String>,
        #[command(flatten)]
        meant: ItemSelector,
        /// When, if not today
        #[arg(long, value_name = "DATE", value_parser = past_day)]
        date: Option<TypedDay>,
        /// The day the vendor released a fix; the deadline runs from there
        #[arg(long, value_name = "DATE", value_parser = past_day)]
        fix_released: Option<TypedDay>,
        /// The scheduled completion date that follows from the release
        #[arg(long, value_name = "DATE", value_parser = future_day, requires = "fix_released")]
        scheduled: Option<TypedDay>,
        /// Answer of the vendor; becomes the body of the commit message
        #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_text)]
        reason: Option<String>,
        #[command(flatten)]
        how: ChangeArgs,
    },
}

impl VendorArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let VendorAction::CheckIn { ids, meant, date, fix_released, scheduled, reason, how } =
            self.what;
        let mut bench = ChangeContext::open(session)?;
        let fix_released = fix_released.map(|day| day.resolve_on(session.today));
        let (note, wish) = (ItemRecord::CheckIn { fix_released }, ChangeOptions { reason });
        let date = session.day_or_today(date);
        let found = bench.find_meant(session, &ids, &meant)?;
        let changes = how.plan_each(session, &found, |stored| {
            let change = note.plan_change(stored, &wish, date, session.today)?;
            Ok(match scheduled {
                Some(day) => change.with_schedule(day.resolve_on(session.today))?,
                None => change,
            })
        })?;
        how.carry_out(session, &bench, &changes).map_err(ask_schedule)
    }
}
