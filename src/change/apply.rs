use super::Change;
use crate::repository::{
    Author, CommitId, CommitRequest, ComposeError, Expect, FileChange, GitError, GuardError,
    OutsidePath, RelPath, Repository, Tracked, compose, write, write_and_commit,
};

/// How to apply a change.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Write the file and leave the commit to the user.
    pub no_commit: bool,
    /// Go on although the file has uncommitted changes.
    pub allow_dirty: bool,
    /// Who made the change, when that is not the user.
    pub author: Option<&'a Author>,
    /// What git's index holds of the files, as far as it was asked already.
    pub tracked: &'a [Tracked],
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
    /// Git was told not to look at the file, so nobody would see what is or was done to it.
    #[error(
        "{path} is marked {mark} in git's index, so git does not say what is changed in it; \
         `git update-index --no-{mark} -- {path}` takes the mark off"
    )]
    Hidden {
        /// The file.
        path: String,
        /// The mark, in git's word.
        mark: &'static str,
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
    options: Options<'_>,
) -> Result<Applied, ApplyError> {
    let paths: Vec<RelPath> = changes
        .iter()
        .map(|change| RelPath::new(change.document.path()))
        .collect::<Result<_, _>>()?;
    let mut tracked = options.tracked.to_vec();
    let known = |path: &&RelPath| tracked.iter().all(|it| it.path != path.as_str());
    let unasked: Vec<RelPath> = paths.iter().filter(known).cloned().collect();
    tracked.extend(repository.tracked(&unasked)?);
    let ours = |it: &&Tracked| paths.iter().any(|path| path.as_str() == it.path);
    for entry in tracked.iter().filter(ours) {
        if let Some(hidden) = entry.hidden {
            return Err(ApplyError::Hidden { path: entry.path.clone(), mark: hidden.as_str() });
        }
    }
    if !options.allow_dirty
        && let Some(path) = repository.uncommitted_given(&paths, &tracked)?.first()
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
    let author = options.author.cloned();
    let request = CommitRequest { paths: &paths, message: &message, author, ..<_>::default() };
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
