//! Milestones and their changes as a text: `poam milestone plan` and `poam milestone log`.

use anyhow::{Result, bail};

use super::how::{ChangeArgs, ChangeContext};
use super::milestone::highest_number;
use super::{CommandOutcome, Session};
use crate::change::{Change, ChangeOptions, MilestoneChange, MilestonePlan};
use crate::exchange::{TypedChange, read_typed_change, read_typed_plan};
use crate::store::Stored;
use crate::text::visible;

/// Writes planned milestones from a list.
pub(super) fn plan_milestones(
    session: &mut Session,
    bench: &ChangeContext,
    how: &ChangeArgs,
    found: &[Stored],
    text: &str,
    reason: Option<String>,
) -> Result<CommandOutcome> {
    let milestones = match read_typed_plan(text) {
        Ok(milestones) => milestones,
        Err(unread) => bail!(
            "no list of milestones: write one a line, such as `1. 2026-03-01: Patch staging`{}",
            unread.iter().map(|line| format!("\n  - {}", visible(line))).collect::<String>()
        ),
    };
    let history = session.history(Some(&bench.repository), &bench.tracker)?;
    let (plan, wish) = (MilestonePlan { milestones }, ChangeOptions { reason });
    let changes = how.plan_each(session, found, |stored| {
        let highest = history.as_ref().map_or(0, |history| highest_number(history, stored));
        Ok(plan.plan_change(stored, &wish, highest)?)
    })?;
    how.carry_out(session, bench, &changes)
}

/// Records what a text shows of a milestone. Words that change nothing become an entry of its log.
pub(super) fn log_text(
    session: &mut Session,
    bench: &ChangeContext,
    how: &ChangeArgs,
    found: &[Stored],
    text: &str,
    reason: Option<String>,
) -> Result<CommandOutcome> {
    let Some((number, change)) = read_typed_change(text) else {
        bail!(
            "`{}` does not tell which milestone: begin with its number, such as `Milestone 2 \
             moved to 2026-03-01: why`",
            visible(text)
        );
    };
    let own = ChangeOptions { reason: reason.clone() };
    let wish = ChangeOptions { reason: Some(reason.unwrap_or_else(|| text.trim().to_owned())) };
    let history = session.history(Some(&bench.repository), &bench.tracker)?;
    // An entry of the log is its own reason.
    let wish = if change == TypedChange::Progress { own } else { wish };
    let by = match change {
        TypedChange::Progress => how.author_name(&bench.repository)?,
        _ => String::new(),
    };
    let changes = how.plan_each(session, found, |stored| {
        let highest = history.as_ref().map_or(0, |history| highest_number(history, stored));
        let step = match &change {
            TypedChange::New { description, due } => {
                return add(stored, (number, description, *due), &wish, highest);
            }
            TypedChange::Started => MilestoneChange::Start(number),
            TypedChange::Completed(date) => {
                MilestoneChange::Complete { number, date: *date, evidence: Vec::new() }
            }
            TypedChange::Cancelled => MilestoneChange::Cancel(number),
            TypedChange::Moved(due) => MilestoneChange::Reschedule { number, due: *due },
            TypedChange::Reworded(text) => {
                MilestoneChange::Describe { number, description: text.clone() }
            }
            TypedChange::Progress => {
                MilestoneChange::Note { number, text: text.trim().to_owned(), by: by.clone() }
            }
        };
        Ok(step.plan_change(stored, &wish, highest, session.today)?)
    })?;
    how.carry_out(session, bench, &changes)
}

fn add(
    stored: &Stored,
    (number, description, due): (u32, &str, Option<chrono::NaiveDate>),
    wish: &ChangeOptions,
    highest: u32,
) -> Result<Change> {
    if stored.item.milestones.iter().any(|milestone| milestone.id == number) {
        bail!("{}: there is a milestone {number} already", stored.item.id);
    }
    let day = due.map(|due| format!("{due}: ")).unwrap_or_default();
    let text = format!("{number}. {day}{description}");
    let milestones = read_typed_plan(&text).unwrap_or_default();
    Ok(MilestonePlan { milestones }.plan_change(stored, wish, highest)?)
}
