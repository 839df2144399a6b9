//! Writes what a scan's plan states, in one commit with the record of the scan. Items that are validated and
//! closed at once are closed by a second commit, so that each move is one of the workflow.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};

use super::plan::ScanPlan;
use crate::document::EmitError;
use crate::repository::{
    CommitId, CommitRequest, ComposeError, Expect, FileChange, GitError, GuardError, OutsidePath,
    RelPath, Repository, compose_message, write_and_commit,
};
use crate::text::{plural, visible};

/// Reasons why a scan was not written. Files and history are as they were.
#[derive(Debug, thiserror::Error)]
pub enum WriteScanError {
    /// A path leads out of the repository.
    #[error(transparent)]
    Path(#[from] OutsidePath),
    /// The message cannot be put together.
    #[error(transparent)]
    Message(#[from] ComposeError),
    /// Somebody's work is in the way.
    #[error(
        "{} has uncommitted changes, which would become part of the scan's commit; commit or stash \
         them first", visible(.path)
    )]
    Dirty {
        /// The file.
        path: String,
    },
    /// The text of the record cannot be written.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// Reading the repository failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Writing or committing failed.
    #[error(transparent)]
    Guard(#[from] GuardError),
}

/// Writes items and record and commits them. A scan of the past (`reconstructed`) is a commit with the
/// day of the scan as its author date.
pub fn write(
    repository: &Repository,
    plan: &ScanPlan,
    reconstructed: bool,
) -> Result<CommitId, WriteScanError> {
    let changed = plan.changed.iter().map(|changed| RelPath::new(changed.before.path()));
    let changed = changed.collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = repository.find_uncommitted(&changed)?.first() {
        return Err(WriteScanError::Dirty { path: path.as_str().to_owned() });
    }
    let mut files = Vec::new();
    for new in &plan.new {
        files.push(FileChange {
            path: RelPath::new(new.path.as_str())?,
            expect: Expect::Absent,
            new: Some(new.text.clone().into_bytes()),
        });
    }
    for changed in &plan.changed {
        files.push(FileChange {
            path: RelPath::new(changed.before.path())?,
            expect: Expect::Content(changed.before.text().as_bytes().to_vec()),
            new: Some(changed.after.text().as_bytes().to_vec()),
        });
    }
    files.push(FileChange {
        path: RelPath::new(plan.record_path.as_str())?,
        expect: Expect::Absent,
        new: Some(plan.record_text.clone().into_bytes()),
    });
    let record = &plan.record;
    let name = record.name();
    let subject = format!(
        "scan {name} of {}: {} new, {} changed",
        record.day,
        plural(plan.new.len(), "item"),
        plan.changed.len()
    );
    let mut trailers = vec![
        ("Poam-Source", plan.record_path.clone()),
        ("Poam-Source-Id", record.files.values().cloned().collect::<Vec<_>>().join(" ")),
    ];
    if reconstructed {
        trailers.insert(0, ("Poam-Reconstructed", "true".to_owned()));
    }
    let overridden: Vec<_> = plan
        .changed
        .iter()
        .filter_map(|changed| Some((changed.id.to_string(), changed.overrides.clone()?)))
        .collect();
    let moves: BTreeSet<&String> = overridden.iter().map(|(_, what)| what).collect();
    trailers.extend(overridden.iter().map(|(id, _)| ("Poam-Item", id.clone())));
    trailers.extend(moves.into_iter().map(|what| ("Poam-Override", what.clone())));
    let body = match overridden.is_empty() {
        true => "",
        false => {
            "The items named below moved because the scan found them again, or because enough scans that\n\
             covered all of their assets did not find them."
        }
    };
    let message = compose_message(&subject, body, &trailers)?;
    let request = CommitRequest {
        message: &message,
        author_date: if reconstructed { noon_of(record.day) } else { None },
        ..CommitRequest::default()
    };
    let commit = write_and_commit(repository, &files, &request)?;
    let mut closing = Vec::new();
    let mut closing_record = record.clone();
    for changed in &plan.changed {
        if let Some(closed) = &changed.closed {
            closing_record.closed.insert(changed.id.to_string());
            closing.push(FileChange {
                path: RelPath::new(changed.before.path())?,
                expect: Expect::Content(changed.after.text().as_bytes().to_vec()),
                new: Some(closed.text().as_bytes().to_vec()),
            });
        }
    }
    if closing.is_empty() {
        return Ok(commit);
    }
    let subject =
        format!("scan {name} of {}: {} closed", record.day, plural(closing.len(), "item"));
    // A commit counts as of the day of the scan only with its record, so that this one names there what it
    // closes.
    closing.push(FileChange {
        path: RelPath::new(plan.record_path.as_str())?,
        expect: Expect::Content(plan.record_text.clone().into_bytes()),
        new: Some(closing_record.to_text()?.into_bytes()),
    });
    let trailers: Vec<_> = trailers
        .into_iter()
        .filter(|(name, _)| !["Poam-Item", "Poam-Override"].contains(name))
        .collect();
    let message = compose_message(&subject, "", &trailers)?;
    Ok(write_and_commit(repository, &closing, &CommitRequest { message: &message, ..request })?)
}

/// Returns noon of a day, UTC.
fn noon_of(day: NaiveDate) -> Option<DateTime<FixedOffset>> {
    Some(day.and_time(NaiveTime::from_hms_opt(12, 0, 0)?).and_utc().fixed_offset())
}
