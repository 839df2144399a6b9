//! Committing as the user would manually.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{DateTime, FixedOffset};

use super::guard::GuardError;
use super::index_lock::{self, IndexCommand};
use super::journal::Journal;
use super::lock::LockFile;
use super::object::RawCommit;
use super::program::{self, error_text, output_with_hooks};
use super::scratch::{Scratch, pathspec_from};
use super::status::AT_ONCE;
use super::tree::{TreeNode, TreeReader};
use super::{CommitId, GitError, RelPath, Repository};

/// Files, message and author of a commit to be made.
#[derive(Debug, Clone, Default)]
pub struct CommitRequest<'a> {
    /// Exactly these files are committed as they are on disk: changed, new or gone.
    pub paths: &'a [RelPath],
    /// The entire message, retained to the letter (see [`super::compose_message`]).
    pub message: &'a str,
    /// Author, when that is not the user.
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

/// Error: a text names no author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an author is written as `Name <mail@example.com>`")]
pub struct MalformedAuthor;

impl FromStr for Author {
    type Err = MalformedAuthor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.trim().strip_suffix('>').and_then(|text| text.split_once('<'));
        let (name, email) = parts.ok_or(MalformedAuthor)?;
        let (name, email) = (name.trim(), email.trim());
        // Git cuts marks from the ends of a name, and knows none that is made of them alone.
        if !name.contains(char::is_alphanumeric)
            || email.is_empty()
            || text.matches(is_odd_char).count() > 2
        {
            return Err(MalformedAuthor);
        }
        Ok(Self { name: name.to_owned(), email: email.to_owned() })
    }
}

fn is_odd_char(c: char) -> bool {
    c.is_control() || matches!(c, '<' | '>')
}

/// Reasons why nothing was committed.
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
    /// A hook, the signing or git itself refused; the index is as it was.
    #[error("git commit failed:\n{stderr}{}", way_out(.stderr))]
    Refused {
        /// Standard error of the program.
        stderr: String,
    },
    /// The branch moved while hooks ran.
    #[error(
        "somebody else committed meanwhile ({}), so nothing was committed; run the command again",
        .head.short()
    )]
    Moved {
        /// The commit that the branch is at now.
        head: CommitId,
    },
    /// The commit was made, but git failed after it.
    #[error("commit {commit} was made, but then git failed:\n{stderr}{}", way_out(.stderr))]
    Late {
        /// The new commit.
        commit: CommitId,
        /// Standard error of the program.
        stderr: String,
    },
    /// Git failed, but somebody else has committed the files as they were written.
    #[error("git commit failed:\n{stderr}\nbut the change is in the last commit, {commit}")]
    Elsewhere {
        /// The commit that has the change.
        commit: CommitId,
        /// Standard error of the program.
        stderr: String,
    },
    /// Another program has the index.
    #[error(
        "{} is there: another git is at work here, or was killed; wait for its end, or remove the \
         file if no git is running", .file.display()
    )]
    IndexLocked {
        /// The lock of the index.
        file: PathBuf,
    },
    /// Anything else.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file of the git directory could not be written.
    #[error("{doing} {}{}", .file.display(), super::guard::free_space(.source))]
    Io {
        /// The step that failed, as the object of "cannot".
        doing: &'static str,
        /// To which file.
        file: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

impl CommitError {
    /// Wraps an error of the system.
    pub(super) fn io_error(doing: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Io { doing, file, source }
    }
}

/// Returns the way out where git states that the disk is full.
fn way_out(stderr: &str) -> &'static str {
    match stderr.contains("No space left") || stderr.contains("disk is not full") {
        true => "\nfree some space and run the command again",
        false => "",
    }
}

/// End of a run of `git commit`.
pub(super) enum CommandEnd {
    /// The commit was made.
    Made(CommitId),
    /// It failed with this error.
    Failed { error: CommitError, stderr: String },
    /// It was killed, and a part of it may still be alive.
    Killed { stderr: String },
}

/// Commits exactly the paths of the request with the git program, so that hooks, signing and
/// identity are the user's. Whatever else is staged or changed stays exactly so. When it fails, the
/// index is as before; the files are the caller's business ([`super::write_and_commit`]).
pub fn commit(repo: &Repository, request: &CommitRequest<'_>) -> Result<CommitId, GuardError> {
    super::guard::commit_as_on_disk(repo, request)
}

/// Runs `git commit` for the paths of a request; the journal is written already. Git works on a copy
/// of the index, which takes the place of the index when the commit is made.
pub(super) fn run(
    repo: &Repository,
    lock: &LockFile,
    scratch: &Scratch,
    journal: &Journal,
    request: &CommitRequest<'_>,
) -> Result<CommandEnd, CommitError> {
    if request.paths.is_empty() {
        return Err(CommitError::Nothing);
    }
    let new = unknown_to_index(repo, journal.before, request.paths)?;
    let output = run_git(repo, lock, scratch, journal, request, &new)?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = error_text(&output);
    if output.status.success() {
        let Some(head) = repo.head()? else { return Err(GitError::NoCommit.into()) };
        return Ok(CommandEnd::Made(commits_made(repo, journal.before, head)));
    }
    match output.status.code() {
        // Shells show a killed program as 128 and the signal.
        Some(code) if code <= 128 => {
            Ok(CommandEnd::Failed { error: failure_reason(&stdout, stderr.clone()), stderr })
        }
        _ => {
            let stderr = format!("git was killed\n{stderr}").trim_end().to_owned();
            Ok(CommandEnd::Killed { stderr })
        }
    }
}

/// Returns the commit that was made on top of `before`: hooks may have committed more since. Where
/// the branch is not a continuation, it is where it went.
fn commits_made(repo: &Repository, before: Option<CommitId>, after: CommitId) -> CommitId {
    let is_child = |id: git2::Oid| {
        let parent = repo.inner.find_commit(id).map(|commit| commit.parent_id(0).ok());
        parent.is_ok_and(|parent| parent.map(CommitId::from_oid) == before)
    };
    made_on_line(repo, after, before, is_child).unwrap_or(after)
}

/// Commits that are looked at to find one that was made a moment ago.
const MOST_SINCE: usize = 10_000;

/// Returns the first commit of the main line of `head` that is wanted, down to `before`.
pub(super) fn made_on_line(
    repo: &Repository,
    head: CommitId,
    before: Option<CommitId>,
    is_wanted: impl Fn(git2::Oid) -> bool,
) -> Option<CommitId> {
    let mut next = Some(head.oid());
    for _ in 0..MOST_SINCE {
        let id = next.filter(|id| Some(CommitId::from_oid(*id)) != before)?;
        if is_wanted(id) {
            return Some(CommitId::from_oid(id));
        }
        next = repo.inner.find_commit(id).ok()?.parent_id(0).ok();
    }
    None
}

fn run_git(
    repo: &Repository,
    lock: &LockFile,
    scratch: &Scratch,
    journal: &Journal,
    request: &CommitRequest<'_>,
    new: &[RelPath],
) -> Result<std::process::Output, CommitError> {
    let message = scratch.path("message");
    scratch
        .write("message", request.message.as_bytes())
        .map_err(CommitError::io_error("writing", &message))?;
    let paths = scratch.write_paths("paths", ":(top,literal)", request.paths)?;
    let new_paths = match new.is_empty() {
        true => None,
        false => Some(scratch.write_paths("new-paths", "", new)?),
    };
    // The message is UTF-8, whatever else the user writes in. What git does now and then of itself
    // comes after the change (`tidy_up`), so that a kill does not leave its lock behind.
    let mut arguments: Vec<OsString> =
        ["-c", "i18n.commitEncoding=UTF-8", "-c", "maintenance.auto=false"].map(Into::into).into();
    arguments.extend(["commit", "--only", "--cleanup=verbatim", "--file"].map(OsString::from));
    arguments.push(message.into());
    arguments.extend(["--pathspec-file-nul".into(), pathspec_from(&paths)]);
    if request.no_verify {
        arguments.push("--no-verify".into());
    }
    // Hooks run git as well, with their own patterns: for them nothing may be literal.
    let mut env = vec![("GIT_LITERAL_PATHSPECS", None)];
    if let Some(author) = &request.author {
        env.push(("GIT_AUTHOR_NAME", Some(author.name.clone())));
        env.push(("GIT_AUTHOR_EMAIL", Some(author.email.clone())));
    }
    if let Some(date) = &request.author_date {
        env.push(("GIT_AUTHOR_DATE", Some(date.format("@%s %z").to_string())));
    }
    let wanted = IndexCommand { new: new_paths.as_deref(), arguments, env };
    index_lock::run(repo, lock, scratch, &journal.id, &wanted)
}

/// Packs loose objects now and then, as git does by itself after a commit. Best effort: it is not part
/// of the change.
pub(super) fn tidy_up(repo: &Repository) {
    let Ok(config) = repo.inner.config().and_then(|mut config| config.snapshot()) else { return };
    let limit = config.get_i64("gc.auto").unwrap_or(6700);
    let is_off = limit <= 0 || config.get_bool("maintenance.auto").is_ok_and(|auto| !auto);
    // Git estimates by one folder of 256 as well.
    let sample = std::fs::read_dir(repo.inner.commondir().join("objects").join("17"));
    let loose = sample.map_or(0, Iterator::count) as i64;
    if is_off || loose * 256 <= limit {
        return;
    }
    if let Ok(mut git) = repo.git_command(&["gc", "--auto", "--quiet"]) {
        let _ = output_with_hooks(&mut git);
    }
}

/// Returns the files that git must be informed of before it can commit them: on disk, but not in the
/// index. Only what the last commit does not hold can be one, so the usual edit asks git nothing.
fn unknown_to_index(
    repo: &Repository,
    head: Option<CommitId>,
    paths: &[RelPath],
) -> Result<Vec<RelPath>, GitError> {
    let top = repo.workdir()?;
    let mut trees = TreeReader::new(repo.open_objects()?);
    let head = match head {
        Some(head) => Some(RawCommit::read(trees.object_db(), head.oid())?.tree),
        None => None,
    };
    let mut new = Vec::new();
    for path in paths {
        let known = match head {
            Some(tree) => trees.find(TreeNode::of_tree(tree), path.as_str())?.is_some(),
            None => false,
        };
        if !known && path.join_below(top).symlink_metadata().is_ok() {
            new.push(path.clone());
        }
    }
    let mut unknown = Vec::new();
    for paths in new.chunks(AT_ONCE) {
        let mut command = repo.git_command(&["ls-files", "-z", "--"])?;
        let listed = program::run(command.args(paths.iter().map(RelPath::as_str)))?;
        let listed: std::collections::HashSet<&[u8]> = listed.split(|&byte| byte == 0).collect();
        let unlisted = |path: &&RelPath| !listed.contains(path.as_str().as_bytes());
        unknown.extend(paths.iter().filter(unlisted).cloned());
    }
    Ok(unknown)
}

fn failure_reason(stdout: &str, stderr: String) -> CommitError {
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
