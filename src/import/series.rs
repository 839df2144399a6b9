//! Documents of one register, month after month.

use super::done::Done;
use super::plan::{Options, Plan, PlanError, plan};
use super::register::Register;
use super::submission::Submission;
use crate::store::{Store, Tracker};

/// Plans documents one after the other, each on what the ones before it made of the items.
///
/// # Errors
///
/// Where a document is older than the one before it, or has next to nothing in common with what is
/// here and nobody said that this is meant.
pub fn plan_series(
    tracker: &Tracker,
    store: &Store,
    submissions: &[Submission],
    done: &Done,
    options: &Options,
) -> Result<Vec<Plan>, PlanError> {
    let mut last: Option<&Submission> = None;
    for submission in submissions {
        if let (Some(before), Some(dated)) = (last, submission.dated)
            && let Some(earlier) = before.dated.filter(|earlier| earlier.day > dated.day)
        {
            return Err(PlanError::Order {
                file: submission.source.clone(),
                day: dated.day,
                earlier: before.source.clone(),
                last: earlier.day,
            });
        }
        if submission.dated.is_some() {
            last = Some(submission);
        }
    }
    let mut register = Register::of(store);
    register.reserve(&options.reserved);
    let mut plans: Vec<Plan> = Vec::with_capacity(submissions.len());
    let mut known = done.clone();
    for submission in submissions {
        let one = plan(tracker, &mut register, submission, &known, options)?;
        older(submission, &one, done, options)?;
        if submissions.len() > 1 {
            one.stand(&mut register);
        }
        known.begun();
        plans.push(one);
    }
    Ok(plans)
}

/// An error where a document is older than what was imported and would undo some of it.
fn older(
    submission: &Submission,
    plan: &Plan,
    done: &Done,
    options: &Options,
) -> Result<(), PlanError> {
    let (Some(dated), Some((last, earlier))) = (submission.dated, done.latest()) else {
        return Ok(());
    };
    let changes = plan.changed().next().is_some() || !plan.closed.is_empty();
    if dated.day < *last && changes && !options.force {
        return Err(PlanError::Older {
            file: submission.source.clone(),
            day: dated.day,
            earlier: earlier.clone(),
            last: *last,
        });
    }
    Ok(())
}
