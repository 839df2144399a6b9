use anyhow::Result;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::how::{Bench, How};
use super::{Outcome, Session};
use crate::change::{Step, Wish, all_finished};
use crate::history::Action;
use crate::model::Status;

/// Add, start, complete, reschedule, edit or cancel a milestone
///
/// Each changes only the lines it must and commits exactly that file.
#[derive(Debug, Args)]
pub(super) struct Milestone {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add a milestone with the next free number
    Add {
        /// Id of the item
        id: String,
        /// What will be done, so that others can tell whether it was
        description: String,
        /// By when
        #[arg(long, value_name = "YYYY-MM-DD")]
        due: NaiveDate,
        #[command(flatten)]
        common: Common,
    },
    /// Begin work on a milestone
    Start {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        common: Common,
    },
    /// Record that a milestone is done
    Complete {
        #[command(flatten)]
        which: Which,
        /// When, if not today
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<NaiveDate>,
        /// What shows it; may be given several times
        #[arg(long, value_name = "REF")]
        evidence: Vec<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Plan a milestone for another day; needs --reason
    Reschedule {
        #[command(flatten)]
        which: Which,
        /// The new day
        #[arg(long, value_name = "YYYY-MM-DD")]
        due: NaiveDate,
        #[command(flatten)]
        common: Common,
    },
    /// Put a milestone's description right; needs --reason
    Edit {
        #[command(flatten)]
        which: Which,
        /// The new text
        #[arg(long, value_name = "TEXT")]
        description: String,
        #[command(flatten)]
        common: Common,
    },
    /// Give a milestone up; needs --reason
    Cancel {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// Id of the item
    id: String,
    /// Number of the milestone
    number: u32,
}

#[derive(Debug, Args)]
struct Common {
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

impl Milestone {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let (id, step, common) = self.what.split();
        let mut bench = Bench::of(session)?;
        let stored = bench.item(&id)?;
        let highest = match step {
            Step::Add { .. } => highest(session, &bench, &stored)?,
            _ => 0,
        };
        let wish = Wish { reason: common.reason };
        let change = step.plan(&stored, &wish, highest, session.today)?;
        let finished =
            matches!(step, Step::Complete { .. } | Step::Cancel(_)) && all_finished(&change);
        let outcome = common.how.carry_out(session, &bench, &[change])?;
        if finished && stored.item.status == Status::IN_PROGRESS {
            session.say(format_args!(
                "every milestone is finished; next: poam transition {id} {}",
                Status::PENDING_VALIDATION
            ));
        }
        Ok(outcome)
    }
}

impl What {
    /// The item, the step and the rest.
    fn split(self) -> (String, Step, Common) {
        match self {
            Self::Add { id, description, due, common } => {
                (id, Step::Add { description, due }, common)
            }
            Self::Start { which, common } => (which.id, Step::Start(which.number), common),
            Self::Complete { which, date, evidence, common } => {
                (which.id, Step::Complete { number: which.number, date, evidence }, common)
            }
            Self::Reschedule { which, due, common } => {
                (which.id, Step::Reschedule { number: which.number, due }, common)
            }
            Self::Edit { which, description, common } => {
                (which.id, Step::Describe { number: which.number, description }, common)
            }
            Self::Cancel { which, common } => (which.id, Step::Cancel(which.number), common),
        }
    }
}

/// The highest milestone number that an item ever used, of those that are gone.
fn highest(session: &Session, bench: &Bench, stored: &crate::store::Stored) -> Result<u32> {
    let Some(history) = session.history(Some(&bench.repository), &bench.tracker)? else {
        return Ok(0);
    };
    let removed =
        history.events_of(&stored.item.id).filter(|event| event.action == Action::MilestoneRemoved);
    let numbers = removed.filter_map(|event| event.old.get("id").and_then(Value::as_u64));
    Ok(numbers.max().and_then(|number| number.try_into().ok()).unwrap_or(0))
}
