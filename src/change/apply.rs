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

/// Writes a change and commits exactly its file, as the user would by hand: hooks, signing and
/// identity are theirs. If anything fails, the file, the index and the history are as before.
pub fn apply(
    repository: &Repository,
    change: &Change,
    options: Options,
) -> Result<Applied, ApplyError> {
    let path = RelPath::new(change.document.path())?;
    if !options.allow_dirty && !repository.uncommitted(std::slice::from_ref(&path))?.is_empty() {
        return Err(ApplyError::Dirty { path: path.as_str().to_owned() });
    }
    let files = [FileChange {
        path: path.clone(),
        // What was read is what must still be there: another command may have been faster.
        expect: Expect::Content(change.before.text().as_bytes().to_vec()),
        new: Some(change.document.text().as_bytes().to_vec()),
    }];
    if options.no_commit {
        write(repository, &files)?;
        return Ok(Applied { commit: None });
    }
    let body = change.reason.as_deref().unwrap_or_default();
    let message = compose(&change.subject, body, &change.facts)?;
    let request = CommitRequest { paths: &[path], message: &message, ..CommitRequest::default() };
    let commit = write_and_commit(repository, &files, &request)?;
    Ok(Applied { commit: Some(commit) })
}
