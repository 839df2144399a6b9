//! Carries out the plan of an import: commits for earlier days first, then the last version with
//! the record.
//!
//! [`carry_out`] writes through `repository`; a failure leaves earlier commits in place, and
//! running the import again continues.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};

use super::plan::{Changed, Created, PastText, Plan};
use super::planner::row_name;
use super::record::{DaysFile, RecordFile};
use super::trailers::{MOST_REFUSED, PART, REFUSED};
use crate::history::{DAY, DAY_INFERRED, DAY_STATED, DAY_UNKNOWN, DOCUMENTS_FILE};
use crate::repository::{
    CommitId, CommitRequest, ComposeError, Expect, FileChange, GuardError, OutsidePath, RelPath,
    Repository, compose_message, write_and_commit,
};
use crate::text::plural;

/// Reasons why an import stopped. Commits that were made before stay, and running it again goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A path leads out of the repository.
    #[error(transparent)]
    Path(#[from] OutsidePath),
    /// The message cannot be put together.
    #[error(transparent)]
    Message(#[from] ComposeError),
    /// Writing or committing failed.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// It failed when a part was committed already.
    #[error(
        "{} in {} landed before this failed; running the import again goes on with the rest",
        plural(*items, "item"),
        plural(*commits, "commit")
    )]
    Part {
        /// Items that were committed.
        items: usize,
        /// Commits that were made.
        commits: usize,
        /// The failure.
        #[source]
        source: Box<ImportError>,
    },
}

/// Content of one commit.
struct CommitPart {
    /// The day that its source gives; now where there is none.
    day: Option<NaiveDate>,
    /// The trailer that states whether its source gives that day for all of it or for none.
    day_of_changes: Option<&'static str>,
    subject: String,
    body: String,
    /// Files of items, and those of the record.
    files: Vec<FileChange>,
    items: usize,
}

impl CommitPart {
    fn of_items(
        day: Option<NaiveDate>,
        subject: String,
        body: String,
        files: Vec<FileChange>,
    ) -> Self {
        let items = files.len();
        Self { day, day_of_changes: None, subject, body, files, items }
    }
}

/// Writes and commits what plans state, one after the other, each on what the one before left.
///
/// A series is one commit for each document, and so is a document that changes what is here. The
/// first document of a tracker is one commit for each day that it names, oldest first, and one for
/// items without a day. The author date of a commit is the day that its source gives (noon, UTC),
/// and such a commit states that it was reconstructed; the committer date is when it was really made.
/// Each has a record of its document and day with it, without which the claim would not count.
pub fn carry_out(repository: &Repository, plans: &[Plan]) -> Result<Vec<CommitId>, ImportError> {
    let mut commits = Vec::new();
    let mut items = 0;
    let mut days = plans.first().map(|plan| plan.days.clone()).unwrap_or_default();
    for plan in plans {
        let parts = plan_parts(plan, plans.len() > 1)?;
        let of = parts.len();
        for (mut part, number) in parts.into_iter().zip(1..) {
            let held = part.items;
            add_day(&mut part, plan, number == of, &mut days)?;
            match commit(repository, plan, part, number, of) {
                Ok(made) => commits.push(made),
                Err(error) if commits.is_empty() => return Err(error),
                Err(error) => {
                    let source = Box::new(error);
                    return Err(ImportError::Part { items, commits: commits.len(), source });
                }
            }
            items += held;
        }
    }
    Ok(commits)
}

fn plan_parts(plan: &Plan, series: bool) -> Result<Vec<CommitPart>, ImportError> {
    let day = plan.dated.map(|dated| dated.day);
    let changed: Vec<&Changed> = plan.changed().collect();
    let mut parts = earlier_parts(plan)?;
    if series || !changed.is_empty() {
        let created: Vec<&Created> = plan.created.iter().collect();
        let mut files = new_files(&created)?;
        files.extend(changed_files(changed.iter().copied())?);
        let subject = commit_subject(plan, &created, changed.len());
        parts.push(CommitPart::of_items(day, subject, String::new(), files));
    } else {
        for (day, created) in plan.by_day(series) {
            let files = new_files(&created)?;
            let subject = commit_subject(plan, &created, 0);
            parts.push(CommitPart::of_items(day, subject, String::new(), files));
        }
        // The days of the past lie among those of the last changes; each file is in its order.
        parts.sort_by_key(|part| (part.day.is_none(), part.day));
    }
    if !plan.closed.is_empty() {
        let subject = match plan.closed.as_slice() {
            [one] => format!("{}: closed, no longer listed", one.id),
            many => format!("{} items: closed, no longer listed", many.len()),
        };
        let body = format!("no longer listed in {}", plan.source);
        let files = changed_files(plan.closed.iter())?;
        // The document states no longer what they are, not when they were closed.
        let day_of_changes = Some(DAY_INFERRED);
        parts
            .push(CommitPart { day_of_changes, ..CommitPart::of_items(day, subject, body, files) });
    }
    parts.retain(|part| !part.files.is_empty());
    // The record goes with the last part: what was interrupted is not recorded as imported.
    let record = record_files(&plan.record)?;
    match parts.last_mut() {
        Some(last) => last.files.extend(record),
        None if record.is_empty() => {}
        None => {
            let subject = format!("import {}: nothing changed", plan.source);
            parts.push(CommitPart {
                items: 0,
                ..CommitPart::of_items(day, subject, String::new(), record)
            });
        }
    }
    Ok(parts)
}

/// Adds the day of a part to the list of days, where the list of documents does not state it in the same
/// commit.
fn add_day(
    part: &mut CommitPart,
    plan: &Plan,
    is_last: bool,
    days: &mut DaysFile,
) -> Result<(), ImportError> {
    let by_document = plan.record.iter().any(|file| file.path.ends_with(DOCUMENTS_FILE));
    let whole = plan.dated.map(|dated| dated.day);
    if is_last && by_document && (part.day.is_none() || part.day == whole) {
        return Ok(());
    }
    part.files.extend(record_files(&[days.add(&plan.source_id, part.day)])?);
    Ok(())
}

fn record_files(files: &[RecordFile]) -> Result<Vec<FileChange>, ImportError> {
    files.iter().map(record_change).collect()
}

fn record_change(file: &RecordFile) -> Result<FileChange, ImportError> {
    let expect = file.before.clone().map_or(Expect::Absent, Expect::Content);
    let path = RelPath::new(file.path.as_str())?;
    Ok(FileChange { path, expect, new: file.after.clone() })
}

/// A commit of what items were on a day before the last: the day, the how-manieth version of an item
/// on that day it is, and whether the source states that their changes are of that day.
type EarlierPart = (NaiveDate, usize, bool);

/// Collects the earlier versions of new items: a part for each day, and one more for facts that are
/// known by a day without being dated.
fn earlier_parts(plan: &Plan) -> Result<Vec<CommitPart>, ImportError> {
    let mut by_day: BTreeMap<EarlierPart, Vec<FileChange>> = BTreeMap::new();
    for one in &plan.created {
        let mut expect = Expect::Absent;
        for (at, version) in one.past.iter().enumerate() {
            let PastText { day, stated, text } = version;
            let of_day = one.past.iter().take(at).filter(|other| other.day == *day).count();
            let bytes = text.clone().into_bytes();
            let path = RelPath::new(one.path.as_str())?;
            let new = Some(bytes.clone());
            let part = by_day.entry((*day, of_day, *stated)).or_default();
            part.push(FileChange { path, expect, new });
            expect = Expect::Content(bytes);
        }
    }
    let part = |((day, _, stated), files): (EarlierPart, Vec<FileChange>)| {
        let as_of = if stated { "as of" } else { "known by" };
        let subject = format!("{}: {} {as_of} {day}", plan.source, plural(files.len(), "item"));
        let part = CommitPart::of_items(Some(day), subject, String::new(), files);
        CommitPart { day_of_changes: stated.then_some(DAY_STATED), ..part }
    };
    Ok(by_day.into_iter().map(part).collect())
}

fn commit_subject(plan: &Plan, created: &[&Created], changed: usize) -> String {
    match (created, changed) {
        ([one], 0) => format!("{}: imported from {}", one.id, plan.source),
        (many, 0) => format!("import {} from {}", plural(many.len(), "item"), plan.source),
        (many, changed) => {
            format!("import {}: {} created, {changed} changed", plan.source, many.len())
        }
    }
}

pub(super) fn new_files(created: &[&Created]) -> Result<Vec<FileChange>, ImportError> {
    created.iter().map(created_file).collect()
}

fn created_file(one: &&Created) -> Result<FileChange, ImportError> {
    let path = RelPath::new(one.path.as_str())?;
    let new = Some(one.text.clone().into_bytes());
    let expect = match one.past.last() {
        Some(last) => Expect::Content(last.text.clone().into_bytes()),
        None => Expect::Absent,
    };
    Ok(FileChange { path, expect, new })
}

pub(super) fn changed_files<'a>(
    changed: impl Iterator<Item = &'a Changed>,
) -> Result<Vec<FileChange>, ImportError> {
    changed.map(changed_file).collect()
}

fn changed_file(one: &Changed) -> Result<FileChange, ImportError> {
    Ok(FileChange {
        path: RelPath::new(one.before.path())?,
        expect: Expect::Content(one.before.text().as_bytes().to_vec()),
        new: Some(one.after.text().as_bytes().to_vec()),
    })
}

fn commit(
    repository: &Repository,
    plan: &Plan,
    part: CommitPart,
    number: usize,
    of: usize,
) -> Result<CommitId, ImportError> {
    let refused = plan.refused.len();
    let mut trailers = vec![
        ("Poam-Source", plan.source.clone()),
        ("Poam-Source-Id", plan.source_id.clone()),
        (PART, format!("{number}/{of}, {}, {refused} refused", plural(plan.rows, "row"))),
    ];
    let rows: Vec<String> =
        plan.refused.iter().map(|one| row_name(&one.sheet, &one.cell)).collect();
    // A name with the separator in it would be two.
    let plain = rows.iter().all(|row| !row.contains("; "));
    if number == of && refused > 0 && refused <= MOST_REFUSED && plain {
        trailers.push((REFUSED, rows.join("; ")));
    }
    // Without a day it was taken from a document too: only when is not known.
    trailers.insert(0, ("Poam-Reconstructed", "true".to_owned()));
    let unknown = part.day.is_none().then_some(DAY_UNKNOWN);
    if let Some(day) = part.day_of_changes.or(unknown) {
        trailers.insert(1, (DAY, day.to_owned()));
    }
    let message = compose_message(&part.subject, &part.body, &trailers)?;
    let request = CommitRequest {
        message: &message,
        author_date: part.day.and_then(noon_of),
        ..CommitRequest::default()
    };
    Ok(write_and_commit(repository, &part.files, &request)?)
}

/// Noon of a day, UTC.
fn noon_of(day: NaiveDate) -> Option<DateTime<FixedOffset>> {
    Some(day.and_time(NaiveTime::from_hms_opt(12, 0, 0)?).and_utc().fixed_offset())
}
