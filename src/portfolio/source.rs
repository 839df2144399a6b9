//! From an entry of the portfolio to a commit of a repository.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::settings::{PortfolioSystem, SystemLocation};
use crate::diagnostic::Diagnostic;
use crate::history::HistoryError;
use crate::repository::{CommitId, GitError, Repository, update_clone};
use crate::settings;
use crate::store::{Tracker, TrackerError};

/// Reasons why a system cannot be read. The others are read all the same.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// There is nothing at the path.
    #[error("there is no {}", .0.display())]
    Missing(PathBuf),
    /// The system is elsewhere and was never cloned.
    #[error("{0} was not cloned yet: that needs the network once")]
    NotCloned(String),
    /// The branch that the portfolio names is not there.
    #[error("there is no branch `{0}`")]
    NoBranch(String),
    /// Nothing is committed.
    #[error("nothing is committed yet")]
    NoCommit,
    /// The commit has no settings there.
    #[error("commit {commit} has no {folder}{}", settings::FILE)]
    NoTracker {
        /// The commit.
        commit: String,
        /// The folder, with a `/` at its end or empty.
        folder: String,
    },
    /// The settings have errors.
    #[error("{}", first_of(.0))]
    Settings(Vec<Diagnostic>),
    /// A record of a scan cannot be read.
    #[error("{0}")]
    Record(String),
    /// A published document cannot be read.
    #[error("{0}")]
    Document(String),
}

/// Returns the first diagnostic as a line, with the number of the others.
fn first_of(diagnostics: &[Diagnostic]) -> String {
    let Some(first) = diagnostics.first() else { return "the settings have errors".to_owned() };
    let label = &first.label;
    let place = format!("{}:{}:{}", label.path, label.start.line, label.start.column);
    match diagnostics.len() {
        1 => format!("{place}: {}", first.message),
        count => format!("{place}: {} (and {} more)", first.message, count - 1),
    }
}

impl From<TrackerError> for SystemError {
    fn from(error: TrackerError) -> Self {
        match error {
            TrackerError::Settings(found) => Self::Settings(found),
            TrackerError::Git(error) => Self::Git(error),
            TrackerError::Missing(path) | TrackerError::Read { path, .. } => Self::Missing(path),
        }
    }
}

/// A system's repository at the commit that counts.
pub struct OpenedSystem {
    /// The repository.
    pub repository: Repository,
    /// The commit that counts.
    pub commit: CommitId,
    /// When it was committed.
    pub committed: DateTime<Utc>,
    /// The folder of the tracker in the repository, with a `/` at its end; empty for the top.
    pub folder: String,
    /// Where the tracker would be on disk.
    root: PathBuf,
}

impl OpenedSystem {
    /// Opens the repository of a system that is in git. A clone is brought up to date first, unless it is
    /// to be taken as it is (`offline`).
    pub fn open(system: &PortfolioSystem, offline: bool) -> Result<Self, SystemError> {
        let place: &Path = match &system.location {
            SystemLocation::Path(path) | SystemLocation::Documents(path) => path,
            SystemLocation::Url { url, clone } => {
                if !offline {
                    update_clone(url, system.branch.as_deref(), clone)?;
                } else if clone.symlink_metadata().is_err() {
                    return Err(SystemError::NotCloned(url.to_string()));
                }
                clone
            }
        };
        if !place.is_dir() {
            return Err(SystemError::Missing(place.to_owned()));
        }
        let repository = Repository::open(place)?;
        let below = match system.location {
            SystemLocation::Path(_) => repository.folder_of(place).unwrap_or_default(),
            SystemLocation::Url { .. } | SystemLocation::Documents(_) => String::new(),
        };
        let commit = match &system.branch {
            Some(branch) => repository
                .branch_commit(branch)?
                .ok_or_else(|| SystemError::NoBranch(branch.clone()))?,
            None => repository.head()?.ok_or(SystemError::NoCommit)?,
        };
        let committed = repository.commit_time(commit)?.with_timezone(&Utc);
        let folder = format!("{below}{}", system.folder);
        let root = place.join(&system.folder);
        Ok(Self { repository, commit, committed, folder, root })
    }

    /// Reads the settings of the tracker at the commit.
    pub fn tracker(&self) -> Result<Tracker, SystemError> {
        let tracker = Tracker::in_commit(&self.repository, self.commit, &self.root, &self.folder)?;
        let tracker = tracker.ok_or_else(|| SystemError::NoTracker {
            commit: self.commit.short(),
            folder: self.folder.clone(),
        })?;
        let wrong = crate::rules::check_settings(&tracker.settings);
        if wrong.is_empty() { Ok(tracker) } else { Err(SystemError::Settings(wrong)) }
    }
}
