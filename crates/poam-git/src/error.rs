//! Errors of reading and writing a repository.

use std::io;
use std::path::PathBuf;
use std::process::Output;

use super::program::error_text;

/// A question that git could not answer. Every message states what to do where that is known.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No repository here or above.
    #[error("no git repository in {} or above it; `git init` makes one", .dir.display())]
    NotFound {
        /// Where the search began.
        dir: PathBuf,
    },
    /// There is a repository already where one should be made.
    #[error("there is a git repository in {} already", .dir.display())]
    Exists {
        /// The folder.
        dir: PathBuf,
    },
    /// The repository belongs to another user (usual in containers).
    #[error(
        "the git repository of {} belongs to another user, so git does not trust it; if you do: \
         `git config --global --add safe.directory {}`", .dir.display(), .dir.display()
    )]
    Owner {
        /// The folder.
        dir: PathBuf,
    },
    /// The repository names its objects with SHA-256.
    #[error(
        "the git repository of {} uses SHA-256 object names, which are not supported; clone it \
         into a repository made with `git init --object-format=sha1`", .dir.display()
    )]
    ObjectFormat {
        /// The folder.
        dir: PathBuf,
    },
    /// The repository retains its branches in a reftable.
    #[error(
        "the git repository of {} keeps its branches in the `reftable` format, which is not \
         supported; `git refs migrate --ref-format=files` changes it", .dir.display()
    )]
    RefFormat {
        /// The folder.
        dir: PathBuf,
    },
    /// The repository has no work tree.
    #[error(
        "{} is a bare repository, it has no files to work on; use a clone or `git worktree add`",
        .dir.display()
    )]
    Bare {
        /// The git directory.
        dir: PathBuf,
    },
    /// The branch has no commit.
    #[error("the repository has no commit yet")]
    NoCommit,
    /// A revision that does not exist, or is not a commit.
    #[error("`{rev}` names no commit: {reason}")]
    UnknownRevision {
        /// As the user wrote it.
        rev: String,
        /// Reason that git gives.
        reason: String,
    },
    /// Part of the history is not here.
    #[error(
        "this is a shallow clone, so most of the history is missing and every item would look \
         newly made; fetch all of it: `fetch-depth: 0` for actions/checkout (GitHub), \
         `GIT_DEPTH: 0` (GitLab), or `git fetch --unshallow`"
    )]
    Shallow,
    /// An object that should be there is not.
    #[error(
        "object {id} is missing from the repository; if this is a partial clone, fetch the rest \
         with `git fetch --refetch --no-filter`, else see `git fsck`"
    )]
    Missing {
        /// Its name.
        id: String,
    },
    /// A file larger than what the caller wants to read.
    #[error("{id} has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The object's name.
        id: String,
        /// Its size.
        size: u64,
        /// Limit that was exceeded.
        limit: u64,
    },
    /// A walk that should begin after a commit which is not on the way.
    #[error("{since} is not among the first parents of {head}")]
    NotOnLine {
        /// The commit to begin after.
        since: String,
        /// The commit to end with.
        head: String,
    },
    /// An object whose bytes make no sense.
    #[error("object {id} is damaged: {reason}; see `git fsck`")]
    Damaged {
        /// Its name.
        id: String,
        /// The reason for refusing it.
        reason: &'static str,
    },
    /// A text that no tag can be called.
    #[error("`{name}` cannot be the name of a tag; letters, digits, `-`, `.` and `/` can")]
    TagName {
        /// The text.
        name: String,
    },
    /// The git program could not be started.
    #[error("the `git` program could not be started; is it installed and on the PATH?")]
    Program(#[source] io::Error),
    /// The git program stated no.
    #[error("`git {command}` failed: {stderr}")]
    Command {
        /// The subcommand.
        command: String,
        /// Standard error of the program.
        stderr: String,
    },
    /// Anything else.
    #[error("git: {doing}: {reason}")]
    Other {
        /// The step that failed.
        doing: String,
        /// Reason that the git library gives.
        reason: String,
    },
}

impl GitError {
    /// Wraps an error of the git library.
    pub(super) fn git_error(doing: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        let doing = doing.into();
        move |error| Self::Other { doing, reason: error.message().to_owned() }
    }

    /// Wraps what a git command wrote that failed.
    pub(super) fn command_error(name: &str, output: &Output) -> Self {
        Self::Command { command: name.to_owned(), stderr: error_text(output) }
    }

    /// Wraps the failure to read one object.
    pub(super) fn object_error(id: git2::Oid) -> impl FnOnce(git2::Error) -> Self {
        move |error| match error.code() {
            git2::ErrorCode::NotFound => Self::Missing { id: id.to_string() },
            _ => Self::Other {
                doing: format!("reading object {id}"),
                reason: error.message().to_owned(),
            },
        }
    }
}
