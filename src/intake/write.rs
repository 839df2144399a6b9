//! Writes what a scan's plan says, in one commit with the record of the scan.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};

use super::plan::ScanPlan;
use crate::output::{plural, visible};
use crate::repository::{
    CommitId, CommitRequest, ComposeError, Expect, FileChange, GitError, GuardError, OutsidePath,
    RelPath, Repository, compose, write_and_commit,
};

/// Why a scan was not written. Files and history are as they were.
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
    /// Git cannot tell.
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
    if let Some(path) = repository.uncommitted(&changed)?.first() {
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
    let message = compose(&subject, "", &trailers)?;
    let request = CommitRequest {
        message: &message,
        author_date: if reconstructed { noon(record.day) } else { None },
        ..CommitRequest::default()
    };
    Ok(write_and_commit(repository, &files, &request)?)
}

/// Returns noon of a day, UTC.
fn noon(day: NaiveDate) -> Option<DateTime<FixedOffset>> {
    Some(day.and_time(NaiveTime::from_hms_opt(12, 0, 0)?).and_utc().fixed_offset())
}
