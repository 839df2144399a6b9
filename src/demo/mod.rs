//! A made-up tracker with a year of history, for people who want to look around.
//!
//! What happens in it is data (`templates/demo/`): items, people, and the steps that they take.
//! Here the steps become versions of files and commits, as the commands would make them. The same
//! end date gives the same commits, name by name.

mod calendar;
mod files;
mod plan;
mod random;
mod schedule;
mod script;
mod story;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::document::{EditError, EmitError};
use crate::model::ItemIdError;
use crate::repository::{
    ComposeError, FastImport, GitError, OutsidePath, PlannedCommit, Repository,
};
use plan::DemoPlan;
use script::Script;

/// Counts of the demonstration that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoCounts {
    /// Items in the tracker.
    pub items: usize,
    /// Commits, those of merged branches too.
    pub commits: usize,
    /// The day of the first commit.
    pub first: NaiveDate,
    /// The day of the last commit.
    pub last: NaiveDate,
}

/// Reasons why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The folder holds something.
    #[error("{} is not empty: name a folder that is new or empty", .0.display())]
    NotEmpty(PathBuf),
    /// The folder cannot be read or made.
    #[error("cannot use {}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Reason of the system.
        #[source]
        source: std::io::Error,
    },
    /// A date that the calendar cannot count back from.
    #[error("no year ends on {0}")]
    End(NaiveDate),
    /// The data of the demonstration does not hold together; a fault of this program.
    #[error("the demonstration's data has a fault: {0}")]
    Script(String),
    /// A version of a file could not be made; a fault of this program.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// An item could not be written as text; a fault of this program.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// A message could not be put together; a fault of this program.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// An id could not be made; a fault of this program.
    #[error(transparent)]
    Id(#[from] ItemIdError),
    /// A path could not be made; a fault of this program.
    #[error(transparent)]
    Path(#[from] OutsidePath),
    /// Git could not write it.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Writes the tracker into a folder that is new or empty, as a repository of its own.
///
/// Its history is the 365 days before `end`; nothing in it depends on the clock.
pub fn write(dir: &Path, end: NaiveDate) -> Result<DemoCounts, DemoError> {
    let script = Script::load()?;
    let plan = DemoPlan::plan_year(&script, end)?;
    let folder = |source| DemoError::Folder { path: dir.to_owned(), source };
    match std::fs::read_dir(dir) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(DemoError::NotEmpty(dir.to_owned()));
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(folder(error)),
    }
    let repository = Repository::init(dir)?;
    let mut import = FastImport::begin(&repository)?;
    let mut marks = Vec::new();
    for commit in &plan.commits {
        let files: Vec<_> =
            commit.files.iter().map(|(path, text)| (path.clone(), Some(text.as_bytes()))).collect();
        let line = commit.place.to_line(&marks);
        let line = line.ok_or_else(|| DemoError::Script("a branch from nowhere".to_owned()))?;
        let (author, message) = (&commit.author, commit.message.as_str());
        let planned = PlannedCommit { line, author, committer: author, message, changes: &files };
        marks.push(import.write_commit(&planned)?);
    }
    import.finish()?;
    repository.check_out()?;
    let day =
        |commit: Option<&plan::DemoCommit>| commit.map_or(end, |it| it.author.time.date_naive());
    Ok(DemoCounts {
        items: plan.count_items(),
        commits: plan.commits.len(),
        first: day(plan.commits.first()),
        last: day(plan.commits.last()),
    })
}
