//! Documents of one register, month after month.

use super::plan::{ImportOptions, Plan, PlanError};
use super::planner::plan_document;
use super::record::ImportRecord;
use super::register::Register;
use super::submission::Submission;
use crate::store::{Store, Tracker};

/// Plans documents one after the other, each on what the ones before it made of the items.
///
/// # Errors
///
/// Where a document is older than the one before it or than what was imported already, or has next to
/// nothing in common with what is here, and nobody stated that this is meant.
pub fn plan_series(
    tracker: &Tracker,
    store: &Store,
    submissions: &[Submission],
    record: &ImportRecord,
    options: &ImportOptions,
) -> Result<Vec<Plan>, PlanError> {
    check_days(submissions)?;
    let mut register = Register::collect(store);
    register.reserve_ids(&options.reserved);
    let mut record = record.clone();
    let mut plans: Vec<Plan> = Vec::with_capacity(submissions.len());
    for (place, submission) in submissions.iter().enumerate() {
        if !options.force {
            let rest = submissions.get(place + 1..).unwrap_or_default();
            check_newest(submission, rest, &record)?;
        }
        let plan = plan_document(tracker, &mut register, &mut record, submission, options)?;
        if submissions.len() > 1 {
            plan.register_created(&mut register);
        }
        plans.push(plan);
    }
    Ok(plans)
}

/// An error where the days of documents are not in order.
fn check_days(submissions: &[Submission]) -> Result<(), PlanError> {
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
    Ok(())
}

/// An error where a document is older than what was imported. One that was imported before is as old
/// as its place in the record; it may come again together with the newest, as a series is run again.
fn check_newest(
    submission: &Submission,
    rest: &[Submission],
    record: &ImportRecord,
) -> Result<(), PlanError> {
    let Some(newest) = record.newest_document() else { return Ok(()) };
    let day = submission.dated.map(|dated| dated.day);
    let older = match record.find_document(&submission.source_id) {
        Some(known) => {
            known.source_id != newest.source_id
                && !rest.iter().any(|later| later.source_id == newest.source_id)
        }
        None => day.is_some_and(|day| record.latest_day().is_some_and(|latest| day < latest)),
    };
    if !older {
        return Ok(());
    }
    Err(PlanError::Older {
        file: submission.source.clone(),
        day,
        earlier: newest.source.clone(),
        last: newest.day,
    })
}
