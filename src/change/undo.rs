//! Undoing a commit that this program made, by a new commit: the last one of the user, or one that is named.

use std::collections::BTreeSet;

use crate::history::UNDO;
use crate::repository::{
    BlobId, CommitId, CommitRequest, ComposeError, Expect, FileChange, FirstParentCommit, GitError,
    GuardError, OutsidePath, RelPath, Repository, compose_message, first_parents_until,
    parse_trailers, walk_since, write_and_commit,
};
use crate::text::visible;

/// Commits that are looked at, the newest ones of the branch.
const MOST_COMMITS: usize = 200;

/// A commit of this program that can be undone.
#[derive(Debug, Clone)]
pub struct Undo {
    /// The commit.
    pub commit: CommitId,
    /// Its subject.
    pub subject: String,
    /// The files it changed, with what they held before; none where the file is to be removed.
    files: Vec<(RelPath, Option<BlobId>)>,
}

/// The reason why nothing is undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// No commit of this program.
    #[error(
        "the last {MOST_COMMITS} commits hold none that poam made and did not undo; `git log` shows \
         them, `git revert COMMIT` undoes one"
    )]
    Nothing,
    /// The last commit of this program is by somebody else.
    #[error(
        "the last commit of poam, {} ({}), is by {}; `poam undo {}` undoes it all the same",
        .commit.short(), visible(.subject), visible(.author), .commit.short()
    )]
    OfSomebodyElse {
        /// The commit.
        commit: CommitId,
        /// Its subject.
        subject: String,
        /// Name of its author.
        author: String,
    },
    /// Others may have the last commit of this program.
    #[error(
        "the last commit of poam, {} ({}), is in {} already; `poam undo {}` undoes it by a new commit",
        .commit.short(), visible(.subject), visible(.branch), .commit.short()
    )]
    Published {
        /// The commit.
        commit: CommitId,
        /// Its subject.
        subject: String,
        /// The remote branch.
        branch: String,
    },
    /// The commit that was named cannot be undone.
    #[error("{} {reason}; `git revert {}` reverts it", .commit.short(), .commit.short())]
    Unfit {
        /// The commit.
        commit: CommitId,
        /// Reason, after the commit's name.
        reason: &'static str,
    },
    /// An import is more than one commit.
    #[error(
        "the last commit of poam is {} ({}), part of an import that made several; undo an import \
         with `git revert FIRST^..LAST`", .commit.short(), visible(.subject)
    )]
    Import {
        /// The commit.
        commit: CommitId,
        /// Its subject.
        subject: String,
    },
    /// A file was changed since.
    #[error(
        "{} ({}) cannot be undone: {} was changed since; undo that first, or use `git revert {}`",
        .commit.short(), visible(.subject), visible(.path), .commit.short()
    )]
    ChangedSince {
        /// The commit.
        commit: CommitId,
        /// Its subject.
        subject: String,
        /// The file.
        path: String,
    },
    /// A file has changes that no commit has.
    #[error("{} has uncommitted changes; commit or stash them first", visible(.path))]
    Dirty {
        /// The file.
        path: String,
    },
    /// A file that is no regular file.
    #[error("{} is not a regular file; use `git revert`", visible(.path))]
    Irregular {
        /// The file.
        path: String,
    },
    /// The path leads out of the repository.
    #[error(transparent)]
    Path(#[from] OutsidePath),
    /// The message cannot be put together.
    #[error(transparent)]
    Message(#[from] ComposeError),
    /// Git gives no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Writing or committing failed.
    #[error(transparent)]
    Guard(#[from] GuardError),
}

impl Undo {
    /// Finds the last commit of this program on the branch that was not undone yet. Commits that
    /// people made manually in between are passed over, as long as they left its files alone. A commit by
    /// somebody else, or one that the remote branch has, is undone only where it is `named`.
    pub fn find(
        repository: &Repository,
        head: CommitId,
        named: Option<CommitId>,
    ) -> Result<Self, UndoError> {
        let mut seen = 0;
        let (since, _) = first_parents_until(repository, head, |_| {
            seen += 1;
            seen > MOST_COMMITS
        })?;
        let commits = walk_since(repository, since, head, &[""])?;
        let mut undone: BTreeSet<String> = BTreeSet::new();
        for commit in commits.iter().rev().filter(|commit| commit.parents < 2) {
            let facts = parse_trailers(&commit.message);
            let is_ours = facts.iter().any(|(key, _)| key.starts_with("Poam-"));
            if let Some((_, id)) = facts.iter().find(|(key, _)| key == UNDO) {
                undone.insert(id.clone());
                continue;
            }
            let is_undone = undone.contains(&commit.commit.to_string());
            if let Some(named) = named {
                if commit.commit != named {
                    continue;
                }
                let unfit = |reason| Err(UndoError::Unfit { commit: named, reason });
                match (is_ours, is_undone) {
                    (false, _) => return unfit("was not made by poam"),
                    (_, true) => return unfit("is undone already"),
                    (true, false) => {}
                }
            }
            if !is_ours || is_undone {
                continue;
            }
            if facts.iter().any(|(key, _)| key == "Poam-Reconstructed") {
                let subject = commit_subject(commit);
                return Err(UndoError::Import { commit: commit.commit, subject });
            }
            if named.is_none() {
                check_own_and_unpublished(repository, commit)?;
            }
            return Self::plan_undo(repository, head, commit);
        }
        Err(match named {
            Some(commit) => UndoError::Unfit {
                commit,
                reason: "is a merge, or none of the last commits of this branch",
            },
            None => UndoError::Nothing,
        })
    }

    fn plan_undo(
        repository: &Repository,
        head: CommitId,
        commit: &FirstParentCommit,
    ) -> Result<Self, UndoError> {
        let subject = commit_subject(commit);
        let mut files = Vec::new();
        for change in &commit.changes {
            let path = change.path.clone();
            if change.irregular {
                return Err(UndoError::Irregular { path });
            }
            let then = change.new.map(|blob| repository.read_blob(blob)).transpose()?;
            if repository.read_file(head, &path)? != then {
                return Err(UndoError::ChangedSince { commit: commit.commit, subject, path });
            }
            files.push((RelPath::new(path)?, change.old));
        }
        Ok(Self { commit: commit.commit, subject, files })
    }

    /// The files that change.
    pub fn paths(&self) -> impl Iterator<Item = &RelPath> {
        self.files.iter().map(|(path, _)| path)
    }

    /// Writes the files as they were before the commit, and commits them.
    pub fn apply_undo(&self, repository: &Repository) -> Result<CommitId, UndoError> {
        let paths: Vec<RelPath> = self.paths().cloned().collect();
        if let Some(path) = repository.find_uncommitted(&paths)?.first() {
            return Err(UndoError::Dirty { path: path.as_str().to_owned() });
        }
        let top = repository.workdir()?;
        let on_disk = |path: &RelPath| std::fs::read(top.join(path.as_str())).ok();
        let there: Vec<Option<Vec<u8>>> = paths.iter().map(on_disk).collect();
        let windows: Vec<&str> = paths
            .iter()
            .zip(&there)
            .filter(|(_, bytes)| has_windows_ends(bytes))
            .map(|(path, _)| path.as_str())
            .collect();
        let converted = match windows.is_empty() {
            true => BTreeSet::new(),
            false => repository.converted_line_ends(&windows, u64::MAX)?,
        };
        let mut changes = Vec::new();
        for ((path, old), there) in self.files.iter().zip(there) {
            let mut new = old.map(|blob| repository.read_blob(blob)).transpose()?;
            if converted.contains(path.as_str()) {
                let text = new.map(|bytes| String::from_utf8_lossy(&bytes).replace('\n', "\r\n"));
                new = text.map(String::into_bytes);
            }
            let expect = there.map_or(Expect::Absent, Expect::Content);
            changes.push(FileChange { path: path.clone(), expect, new });
        }
        let subject = format!("Undo \"{}\"", self.subject);
        let id = self.commit.to_string();
        let body = format!("This undoes commit {id}.");
        let message = compose_message(&subject, &body, &[(UNDO, id.as_str())])?;
        let request = CommitRequest { paths: &paths, message: &message, ..<_>::default() };
        Ok(write_and_commit(repository, &changes, &request)?)
    }
}

/// Checks that a commit is by the user, and that the remote branch does not have it yet.
fn check_own_and_unpublished(
    repository: &Repository,
    commit: &FirstParentCommit,
) -> Result<(), UndoError> {
    let (id, subject) = (commit.commit, commit_subject(commit));
    let user = repository.author()?;
    if !user.email.eq_ignore_ascii_case(&commit.author.email) {
        let author = commit.author.name.to_string();
        return Err(UndoError::OfSomebodyElse { commit: id, subject, author });
    }
    match repository.watched()? {
        Some(remote) if repository.is_descendant(remote.tip, id)? => {
            Err(UndoError::Published { commit: id, subject, branch: remote.name })
        }
        _ => Ok(()),
    }
}

/// Returns whether a content has Windows line ends: a checkout may give files other line ends than commits.
fn has_windows_ends(bytes: &Option<Vec<u8>>) -> bool {
    bytes.as_ref().is_some_and(|bytes| bytes.windows(2).any(|pair| pair == b"\r\n"))
}

fn commit_subject(commit: &FirstParentCommit) -> String {
    commit.message.lines().next().unwrap_or_default().to_owned()
}
