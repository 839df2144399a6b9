use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime};

use super::plan::{Created, Plan};
use crate::output::plural;
use crate::repository::{
    CommitId, CommitRequest, ComposeError, Expect, FileChange, GuardError, OutsidePath, RelPath,
    Repository, compose, write_and_commit,
};

/// Why an import stopped. Commits that were made before stay, and running it again goes on.
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
        /// What failed.
        #[source]
        source: Box<ImportError>,
    },
}

/// Writes and commits the items of a plan: one commit for each day that the source names, oldest
/// first, and one for items without a day.
///
/// The author date of a commit is the day that its source gives (noon, UTC), and such a commit
/// says that it was reconstructed; the committer date is when it was really made.
pub fn carry_out(
    repository: &Repository,
    plan: &Plan,
    date: Option<NaiveDate>,
) -> Result<Vec<CommitId>, ImportError> {
    let mut by_day: BTreeMap<Option<NaiveDate>, Vec<&Created>> = BTreeMap::new();
    for created in &plan.created {
        let day = created.date.or(date).or(plan.date);
        by_day.entry(day).or_default().push(created);
    }
    // Without a day comes last: it is now.
    let now = by_day.remove(&None);
    let days = by_day.into_iter().chain(now.map(|created| (None, created)));
    let mut commits = Vec::new();
    let mut items = 0;
    for (day, created) in days {
        match commit(repository, plan, day, &created) {
            Ok(made) => commits.push(made),
            Err(error) if commits.is_empty() => return Err(error),
            Err(error) => {
                let source = Box::new(error);
                return Err(ImportError::Part { items, commits: commits.len(), source });
            }
        }
        items += created.len();
    }
    Ok(commits)
}

fn commit(
    repository: &Repository,
    plan: &Plan,
    day: Option<NaiveDate>,
    created: &[&Created],
) -> Result<CommitId, ImportError> {
    let mut files = Vec::with_capacity(created.len());
    for one in created {
        let path = RelPath::new(one.path.as_str())?;
        files.push(FileChange {
            path,
            expect: Expect::Absent,
            new: Some(one.text.clone().into_bytes()),
        });
    }
    let subject = match created {
        [one] => format!("{}: imported from {}", one.id, plan.source),
        many => format!("import {} from {}", plural(many.len(), "item"), plan.source),
    };
    let mut trailers =
        vec![("Poam-Source", plan.source.clone()), ("Poam-Source-Id", plan.source_id.clone())];
    if day.is_some() {
        trailers.insert(0, ("Poam-Reconstructed", "true".to_owned()));
    }
    let message = compose(&subject, "", &trailers)?;
    let request = CommitRequest {
        message: &message,
        author_date: day.and_then(noon),
        ..CommitRequest::default()
    };
    Ok(write_and_commit(repository, &files, &request)?)
}

/// Noon of a day, UTC.
fn noon(day: NaiveDate) -> Option<DateTime<FixedOffset>> {
    Some(day.and_time(NaiveTime::from_hms_opt(12, 0, 0)?).and_utc().fixed_offset())
}
