//! Committing as the user would by hand.

use std::io::{Seek, Write};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, FixedOffset};

use super::object::RawCommit;
use super::orphan::clear;
use super::program::{complaint, output, run};
use super::restage::catch_up;
use super::status::AT_ONCE;
use super::tree::{Node, Trees};
use super::{CommitId, GitError, RelPath, Repository, journal, nearest_on_line};

/// What to commit.
#[derive(Debug, Clone, Default)]
pub struct CommitRequest<'a> {
    /// Exactly these files are committed as they are on disk: changed, new or gone.
    pub paths: &'a [RelPath],
    /// The whole message, kept to the letter (see [`super::compose`]).
    pub message: &'a str,
    /// Who wrote it, when that is not the user.
    pub author: Option<Author>,
    /// When it was written, when that is not now.
    pub author_date: Option<DateTime<FixedOffset>>,
    /// Whether to go past the pre-commit and commit-msg hooks.
    pub no_verify: bool,
}

/// A person to name as the author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The mail address.
    pub email: String,
}

/// Why a text names no author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an author is written as `Name <mail@example.com>`")]
pub struct MalformedAuthor;

impl FromStr for Author {
    type Err = MalformedAuthor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.trim().strip_suffix('>').and_then(|text| text.split_once('<'));
        let (name, email) = parts.ok_or(MalformedAuthor)?;
        let (name, email) = (name.trim(), email.trim());
        let odd = |c: char| c.is_control() || matches!(c, '<' | '>');
        // Git cuts marks from the ends of a name, and knows none that is made of them alone.
        if !name.contains(char::is_alphanumeric)
            || email.is_empty()
            || text.matches(odd).count() > 2
        {
            return Err(MalformedAuthor);
        }
        Ok(Self { name: name.to_owned(), email: email.to_owned() })
    }
}

/// Why nothing was committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Another operation waits for its end; a commit now would become part of it.
    #[error(
        "a {0} is in progress; finish it (`git {0} --continue`) or give it up (`git {0} --abort`) \
         first"
    )]
    InProgress(&'static str),
    /// Git does not know who commits.
    #[error(
        "git does not know who you are; tell it once: `git config --global user.name \"Your Name\"` \
         and `git config --global user.email you@example.com`"
    )]
    NoIdentity,
    /// The files are as they were committed before.
    #[error("there is nothing to commit: the files are as in the last commit")]
    Nothing,
    /// A hook, the signing or git itself said no; the index is as it was.
    #[error("git commit failed:\n{stderr}")]
    Refused {
        /// What was written to standard error.
        stderr: String,
    },
    /// The commit was made, but git failed after it.
    #[error("commit {commit} was made, but then git failed:\n{stderr}")]
    Late {
        /// The new commit.
        commit: CommitId,
        /// What was written to standard error.
        stderr: String,
    },
    /// The index could not be put back.
    #[error("git commit failed:\n{stderr}\nand the new files are still in the index: {undo}")]
    NotUndone {
        /// What git said of the commit.
        stderr: String,
        /// What git said of putting the index back.
        undo: String,
    },
    /// Anything else.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A temporary file could not be written.
    #[error("writing a temporary file for git")]
    Io(#[from] std::io::Error),
}

/// Commits exactly the paths of the request with the git program, so that hooks, signing and
/// identity are the user's. Whatever else is staged or changed stays exactly so. When it fails, the
/// index is as before; the files are the caller's business ([`super::write_and_commit`]).
pub fn commit(repo: &Repository, request: &CommitRequest<'_>) -> Result<CommitId, CommitError> {
    repo.workdir()?;
    if let Some(operation) = repo.in_progress().filter(|name| *name != "bisect") {
        return Err(CommitError::InProgress(operation));
    }
    if request.paths.is_empty() {
        return Err(CommitError::Nothing);
    }
    let before = repo.head()?;
    let new = unknown_to_index(repo, before, request.paths)?;
    if let Err(error) = intend_to_add(repo, &new) {
        return Err(undo(repo, &new, error.to_string(), CommitError::Git(error)));
    }
    let result = run_commit(repo, request);
    let (status, stdout, mut stderr) = match result {
        Ok(output) => {
            let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
            (output.status, stdout, complaint(&output))
        }
        Err(error) => return Err(undo(repo, &new, error.to_string(), error)),
    };
    // What a shell says of a killed program is 128 and the signal.
    if status.code().is_none_or(|code| code > 128) {
        stderr = format!("git was killed\n{stderr}").trim_end().to_owned();
        clear_locks(repo);
    }
    let after = repo.head()?;
    match after {
        Some(after) if status.success() => Ok(made(repo, before, after)),
        Some(commit) if after != before && is_child(repo, commit, before) => {
            match catch_up(repo, before, request.paths) {
                Ok(()) => Err(CommitError::Late { commit, stderr }),
                Err(error) => {
                    Err(CommitError::Late { commit, stderr: format!("{stderr}\n{error}") })
                }
            }
        }
        _ => Err(undo(repo, &new, stderr.clone(), reason(&stdout, stderr))),
    }
}

/// The commit that was made on top of `before`: hooks may have committed more since. Where the branch
/// is not a continuation, it is where it went.
fn made(repo: &Repository, before: Option<CommitId>, after: CommitId) -> CommitId {
    let found = nearest_on_line(repo, after, |commit| is_child(repo, commit, before));
    found.ok().flatten().map_or(after, |(commit, _)| commit)
}

fn run_commit(
    repo: &Repository,
    request: &CommitRequest<'_>,
) -> Result<std::process::Output, CommitError> {
    let mut message = tempfile::NamedTempFile::new()?;
    message.write_all(request.message.as_bytes())?;
    message.flush()?;
    let paths = path_list(":(top,literal)", request.paths)?;
    // The message is UTF-8, whatever else the user writes in.
    let utf8 = ["-c", "i18n.commitEncoding=UTF-8"];
    let mut command = repo.git(&utf8)?;
    command.args(["commit", "--only", "--cleanup=verbatim"]);
    // Hooks run git as well, with their own patterns: for them nothing may be literal.
    command.env_remove("GIT_LITERAL_PATHSPECS");
    command.arg("--file").arg(message.path());
    command.arg("--pathspec-file-nul");
    command.arg(pathspec_from(&paths));
    if let Some(journal) = journal::at_its_end(repo) {
        command.stdin(journal);
    }
    if request.no_verify {
        command.arg("--no-verify");
    }
    if let Some(author) = &request.author {
        command.env("GIT_AUTHOR_NAME", &author.name).env("GIT_AUTHOR_EMAIL", &author.email);
    }
    if let Some(date) = &request.author_date {
        command.env("GIT_AUTHOR_DATE", date.format("@%s %z").to_string());
    }
    Ok(output(&mut command)?)
}

/// The files that git must be told of before it can commit them: on disk, but not in the index. Only
/// what the last commit does not hold can be one, so the usual edit asks git nothing.
fn unknown_to_index(
    repo: &Repository,
    head: Option<CommitId>,
    paths: &[RelPath],
) -> Result<Vec<RelPath>, GitError> {
    let top = repo.workdir()?;
    let objects = repo.objects()?;
    let mut trees = Trees::new(&objects);
    let head = match head {
        Some(head) => Some(RawCommit::read(trees.objects(), head.oid())?.tree),
        None => None,
    };
    let mut new = Vec::new();
    for path in paths {
        let known = match head {
            Some(tree) => trees.find(Node::tree(tree), path.as_str())?.is_some(),
            None => false,
        };
        if !known && path.below(top).symlink_metadata().is_ok() {
            new.push(path.clone());
        }
    }
    let mut unknown = Vec::new();
    for paths in new.chunks(AT_ONCE) {
        let mut command = repo.git(&["ls-files", "-z", "--"])?;
        let listed = run(command.args(paths.iter().map(RelPath::as_str)))?;
        let listed: std::collections::HashSet<&[u8]> = listed.split(|&byte| byte == 0).collect();
        let unlisted = |path: &&RelPath| !listed.contains(path.as_str().as_bytes());
        unknown.extend(paths.iter().filter(unlisted).cloned());
    }
    Ok(unknown)
}

fn intend_to_add(repo: &Repository, paths: &[RelPath]) -> Result<(), GitError> {
    if paths.is_empty() {
        return Ok(());
    }
    let list = path_list("", paths).map_err(GitError::Program)?;
    let mut command = repo.git(&["add", "--intent-to-add", "--pathspec-file-nul"])?;
    run(command.arg(pathspec_from(&list))).map(drop)
}

/// Takes new files out of the index again; the error to report.
fn undo(repo: &Repository, new: &[RelPath], stderr: String, error: CommitError) -> CommitError {
    if new.is_empty() {
        return error;
    }
    clear_locks(repo);
    let removed = path_list("", new).map_err(GitError::Program).and_then(|list| {
        let mut file = list.reopen().map_err(GitError::Program)?;
        file.rewind().map_err(GitError::Program)?;
        let mut command: Command =
            repo.git(&["update-index", "--force-remove", "-z", "--stdin"])?;
        run(command.stdin(Stdio::from(file)))
    });
    match removed {
        Ok(_) => error,
        Err(undo) => CommitError::NotUndone { stderr, undo: undo.to_string() },
    }
}

/// Takes away what a git has left that was killed while this command waited for it. Where that cannot
/// be done, the next git names the lock.
fn clear_locks(repo: &Repository) {
    let begun = journal::begun(repo).unwrap_or_else(SystemTime::now);
    let _ = clear(repo, &journal::place(repo), begun, Duration::from_secs(2));
}

/// The paths in a file, each after the magic of a pathspec and ended by a NUL: a command line has
/// room for some thousands only.
pub(super) fn path_list(
    magic: &str,
    paths: &[RelPath],
) -> std::io::Result<tempfile::NamedTempFile> {
    let mut list = tempfile::NamedTempFile::new()?;
    let mut text = Vec::new();
    for path in paths {
        text.extend_from_slice(magic.as_bytes());
        text.extend_from_slice(path.as_str().as_bytes());
        text.push(0);
    }
    list.write_all(&text)?;
    list.flush()?;
    Ok(list)
}

pub(super) fn pathspec_from(list: &tempfile::NamedTempFile) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from("--pathspec-from-file=");
    argument.push(list.path());
    argument
}

pub(super) fn is_child(repo: &Repository, commit: CommitId, parent: Option<CommitId>) -> bool {
    let first = |commit: git2::Commit<'_>| commit.parent_id(0).ok().map(CommitId::from_oid);
    repo.inner.find_commit(commit.oid()).is_ok_and(|commit| first(commit) == parent)
}

fn reason(stdout: &str, stderr: String) -> CommitError {
    const IDENTITY: [&str; 4] = [
        "tell me who you are",
        "empty ident name",
        "unable to auto-detect email address",
        "no email was given",
    ];
    const NOTHING: [&str; 4] = [
        "nothing to commit",
        "no changes added to commit",
        "nothing added to commit",
        "Changes not staged for commit",
    ];
    if IDENTITY.iter().any(|text| stderr.contains(text)) {
        CommitError::NoIdentity
    } else if NOTHING.iter().any(|text| stdout.contains(text)) {
        CommitError::Nothing
    } else if stderr.is_empty() {
        CommitError::Refused { stderr: "a hook said no without a word".to_owned() }
    } else {
        CommitError::Refused { stderr }
    }
}
