use super::Change;
use crate::repository::{
    CommitId, CommitRequest, ComposeError, Expect, FileChange, GitError, GuardError, OutsidePath,
    RelPath, Repository, compose, write, write_and_commit,
};

/// How to apply a change.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Write the file and leave the commit to the user.
    pub no_commit: bool,
    /// Go on although the file has uncommitted changes.
    pub allow_dirty: bool,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The commit; none where none was asked for.
    pub commit: Option<CommitId>,
}

/// Why a change was not applied. The file and the history are as they were.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Somebody's work is in the way.
    #[error(
        "{path} has uncommitted changes, which would become part of this commit; commit or stash \
         them first, or say --allow-dirty to take them along"
    )]
    Dirty {
        /// The file.
        path: String,
    },
    /// The path leads out of the repository.
    #[error(transparent)]
    Path(#[from] OutsidePath),
    /// The message cannot be put together.
    #[error(transparent)]
    Message(#[from] ComposeError),
    /// Git cannot tell.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Writing or committing failed.
    #[error(transparent)]
    Guard(#[from] GuardError),
}

/// Writes changes and commits exactly their files, in one commit, as the user would by hand:
/// hooks, signing and identity are theirs. If anything fails, files, index and history are as
/// before: all of the changes, or none.
pub fn apply(
    repository: &Repository,
    changes: &[Change],
    options: Options,
) -> Result<Applied, ApplyError> {
    let paths: Vec<RelPath> = changes
        .iter()
        .map(|change| RelPath::new(change.document.path()))
        .collect::<Result<_, _>>()?;
    if !options.allow_dirty
        && let Some(path) = repository.uncommitted(&paths)?.first()
    {
        return Err(ApplyError::Dirty { path: path.as_str().to_owned() });
    }
    let files: Vec<FileChange> = paths
        .iter()
        .zip(changes)
        .map(|(path, change)| FileChange {
            path: path.clone(),
            // What was read is what must still be there: another command may have been faster.
            expect: Expect::Content(change.before.text().as_bytes().to_vec()),
            new: Some(change.document.text().as_bytes().to_vec()),
        })
        .collect();
    if options.no_commit {
        write(repository, &files)?;
        return Ok(Applied { commit: None });
    }
    let (subject, reason, facts) = message(changes);
    let message = compose(&subject, reason.unwrap_or_default(), &facts)?;
    let request = CommitRequest { paths: &paths, message: &message, ..CommitRequest::default() };
    let commit = write_and_commit(repository, &files, &request)?;
    Ok(Applied { commit: Some(commit) })
}

/// What the commit of some changes says: that of one is its own, that of many counts them.
fn message(changes: &[Change]) -> (String, Option<&str>, Vec<(&'static str, String)>) {
    let said = |change: &Change| {
        change.subject.split_once(": ").map_or_else(String::new, |(_, said)| said.to_owned())
    };
    let subject = match changes {
        [one] => one.subject.clone(),
        many => {
            let first = many.first().map(said).unwrap_or_default();
            let same = many.iter().all(|change| said(change) == first);
            format!("{} items: {}", many.len(), if same { first } else { "changed".to_owned() })
        }
    };
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    for fact in changes.iter().flat_map(|change| &change.facts) {
        if !facts.contains(fact) {
            facts.push(fact.clone());
        }
    }
    (subject, changes.first().and_then(|change| change.reason.as_deref()), facts)
}
