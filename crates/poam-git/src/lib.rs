//! Reads a git repository with libgit2, and writes to it with the git program.
//!
//! The program writes because only it runs the user's hooks, signs as the user does and takes the identity
//! from where the user put it. The crate knows nothing of what the files mean.
//!
//! - [`Repository`]: open one, name its commits, read its files.
//! - [`FirstParentWalk`]: the first-parent history and its changes, oldest first.
//! - [`Repository::check_signatures`]: the verdicts of git on the signatures of commits.
//! - [`parse_trailers`] and [`compose_message`]: the facts at the end of a commit message.
//! - [`commit()`]: commit exactly these paths.
//! - [`Tag`]: names that stay with one commit.
//! - [`write_and_commit`]: change files and commit them, or leave everything as it was.
//! - [`lock()`]: keep other commands out while something is chosen that they could choose too.
//! - [`recover`]: undo what a command that was killed has half done.
//! - [`update_clone`]: bare clones of repositories elsewhere.
//! - [`FastImport`]: many commits at once, for trackers that the program makes up.
//!
//! Replacement objects (`git replace`) are ignored: they would let a clone show another history
//! than the one that was recorded.

mod authorship;
mod branch;
mod cache_dir;
mod commit;
mod error;
mod fast_import;
mod first_parent;
mod graph;
mod guard;
mod id;
mod index;
mod index_lock;
mod journal;
mod leftover;
mod lock;
mod merge_file;
mod object;
mod object_db;
mod path;
mod program;
mod record;
mod recover;
mod remote_clone;
mod restage;
mod scratch;
mod shared_mode;
mod signature;
mod staged;
mod status;
mod tag;
#[cfg(test)]
#[path = "../../../tests/it/support/mod.rs"]
mod testing;
mod trailer;
mod tree;
mod work_tree;

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset};
use git2::{ErrorCode, ObjectType, RepositoryState};

pub use branch::Contribution;
pub use cache_dir::{AtomicWriter, CacheDir, CachedFile};
pub use commit::{Author, CommitError, CommitRequest, MalformedAuthor, commit};
pub use error::GitError;
pub use fast_import::{FastImport, Line, Mark, PlannedCommit};
pub use first_parent::{
    FirstParentCommit, FirstParentWalk, MergedMessage, TreeChange, first_parents,
    first_parents_until, walk, walk_since,
};
use graph::CommitOrder;
pub use guard::{
    Expect, FileChange, GuardError, WriteLock, lock, recover, write, write_and_commit,
};
pub use id::{BlobId, CommitId, MalformedId};
pub use index::{HiddenMark, IndexEntry};
pub use merge_file::{LineMerge, merge_lines};
pub use object::Identity;
pub use object_db::ObjectOpener;
pub use path::{OutsidePath, RelPath};
pub use record::{CommitRecord, ForcedUpdate, RemoteBranchLog};
pub use remote_clone::{RefusedUrl, RemoteUrl, is_branch_name, update_clone};
pub use signature::{SignatureCheck, Verdict};
pub use staged::StagedFile;
pub use tag::{Annotation, Tag};
pub use trailer::{ComposeError, compose_message, parse_trailers};
pub use tree::{FileKind, TreeFile};

/// An open repository.
pub struct Repository {
    inner: git2::Repository,
    env: Vec<(OsString, OsString)>,
    /// Whether the hash of every object is verified when it is read.
    verifying: bool,
    /// The lock, while this process has it.
    held: RefCell<lock::WeakLock>,
}

impl ObjectOpener {
    /// Returns the repository.
    pub fn open(&self) -> Result<Repository, GitError> {
        let inner = git2::Repository::open(&self.dir)
            .map_err(|error| explain_refusal(&self.dir, &error))?;
        Ok(Repository {
            inner,
            env: self.env.clone(),
            verifying: self.verifying,
            held: RefCell::default(),
        })
    }
}

impl Repository {
    /// Finds the repository of `dir`, there or above.
    pub fn open(dir: &Path) -> Result<Self, GitError> {
        // Nothing is read twice in a row, and what the library retains can be a quarter of a gigabyte.
        git2::opts::enable_caching(false);
        let flags = git2::RepositoryOpenFlags::empty();
        match git2::Repository::open_ext(dir, flags, &[] as &[&Path]) {
            Ok(inner) => Ok(Self::new(inner)),
            Err(error) => Err(explain_refusal(dir, &error)),
        }
    }

    fn new(inner: git2::Repository) -> Self {
        Self { inner, env: Vec::new(), verifying: false, held: RefCell::default() }
    }

    /// Makes a repository in `dir` (and `dir` itself) whose first branch will be `main`, whatever
    /// the user's configuration states. An existing one is an error.
    pub fn init(dir: &Path) -> Result<Self, GitError> {
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main").no_reinit(true).mkpath(true);
        match git2::Repository::init_opts(dir, &options) {
            Ok(inner) => Ok(Self::new(inner)),
            Err(error) if error.code() == ErrorCode::Exists => {
                Err(GitError::Exists { dir: dir.to_owned() })
            }
            Err(error) => Err(GitError::git_error(format!("init {}", dir.display()))(error)),
        }
    }

    /// Adds environment variables for the git program, on top of those of this process.
    pub fn with_env<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        self.env.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Returns the top of the work tree; an error in a bare repository.
    pub fn workdir(&self) -> Result<&Path, GitError> {
        self.inner.workdir().ok_or_else(|| GitError::Bare { dir: self.git_dir().to_owned() })
    }

    /// Returns the git directory: of this work tree, when there are several.
    pub fn git_dir(&self) -> &Path {
        self.inner.path()
    }

    /// Returns the git directory that all work trees of the repository share.
    pub fn common_dir(&self) -> &Path {
        self.inner.commondir()
    }

    /// Returns the tops of the other work trees of the repository, as far as they are there.
    pub fn other_work_trees(&self) -> Vec<PathBuf> {
        let mut tops = Vec::new();
        if self.inner.is_worktree() {
            let main = git2::Repository::open(self.inner.commondir()).ok();
            tops.extend(main.and_then(|main| main.workdir().map(Path::to_owned)));
        }
        let names = self.inner.worktrees().ok();
        for name in names.iter().flat_map(|names| names.iter()).flatten().flatten() {
            let linked = self.inner.find_worktree(name).ok();
            tops.extend(linked.map(|linked| linked.path().to_owned()));
        }
        let own = self.inner.workdir().and_then(|top| top.canonicalize().ok());
        tops.retain(|top| top.canonicalize().is_ok_and(|top| Some(top) != own));
        tops
    }

    /// Returns the commit that is checked out; `None` before the first.
    pub fn head(&self) -> Result<Option<CommitId>, GitError> {
        let doing = "reading HEAD";
        let head = match self.inner.head() {
            Ok(head) => head.resolve().map_err(GitError::git_error(doing))?,
            Err(error) if error.code() == ErrorCode::UnbornBranch => return Ok(None),
            Err(error) => return Err(GitError::git_error(doing)(error)),
        };
        // The commit is not looked into: the library refuses one with an odd header.
        let commit = head.target().ok_or_else(|| GitError::Other {
            doing: doing.to_owned(),
            reason: "it points at nothing".to_owned(),
        })?;
        Ok(Some(CommitId::from_oid(commit)))
    }

    /// Returns the commit that a revision means as the base of a comparison. `None` where nothing
    /// was there before: `HEAD` before the first commit, and the name of zeros that pipelines give
    /// as the commit before the first push of a branch (`github.event.before`,
    /// `CI_COMMIT_BEFORE_SHA`).
    pub fn resolve_base(&self, rev: &str) -> Result<Option<CommitId>, GitError> {
        let is_whole_name = matches!(rev.len(), 40 | 64);
        if is_whole_name && rev.bytes().all(|byte| byte == b'0') {
            return Ok(None);
        }
        match self.resolve_revision(rev) {
            Err(GitError::NoCommit) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Returns the commit that a branch, a tag, an abbreviated name or an expression like `HEAD~3`
    /// means.
    pub fn resolve_revision(&self, rev: &str) -> Result<CommitId, GitError> {
        let unknown = |reason: &str| {
            let (rev, reason) = (rev.to_owned(), reason.to_owned());
            Err(GitError::UnknownRevision { rev, reason })
        };
        if rev.trim().is_empty() {
            return unknown("it is empty; name a branch, a tag or a commit, such as `HEAD~3`");
        }
        let found = match self.inner.revparse_single(rev) {
            Ok(object) => match object.peel_to_commit() {
                Err(_) => {
                    return unknown(
                        "it is a file or a folder; name the branch, tag or commit alone",
                    );
                }
                found => found,
            },
            Err(error) => Err(error),
        };
        // The library stops at commits with odd headers, and counts `~` along grafts.
        let odd = found.as_ref().is_err_and(|error| {
            !matches!(error.code(), ErrorCode::NotFound | ErrorCode::Ambiguous)
        });
        if (odd || self.has_grafts())
            && let Some(commit) = self.parse_revision(rev)?
        {
            return Ok(commit);
        }
        match found {
            Ok(commit) => Ok(CommitId::from_oid(commit.id())),
            Err(_) if rev.starts_with("HEAD") && self.head()?.is_none() => Err(GitError::NoCommit),
            Err(error) => {
                let mut reason = match error.code() {
                    ErrorCode::NotFound => "there is no such branch, tag or commit".to_owned(),
                    ErrorCode::Ambiguous => "more than one object begins like this".to_owned(),
                    _ => {
                        "git writes no revision like this; `git log --oneline`, `git branch --all` \
                          and `git tag` show what there is"
                            .to_owned()
                    }
                };
                if self.is_shallow() {
                    reason
                        .push_str(" in this shallow clone (`git fetch --unshallow` gets the rest)");
                }
                Err(GitError::UnknownRevision { rev: rev.to_owned(), reason })
            }
        }
    }

    /// Returns whether no branch is checked out, so that no branch has what is committed next.
    pub fn is_detached(&self) -> bool {
        self.inner.head_detached().unwrap_or(false)
    }

    /// Returns the branch that changes are merged into, as far as this clone shows: the one that
    /// the remote names, else `main` or `master`, else the one that is checked out.
    pub fn main_branch(&self) -> Result<String, GitError> {
        let doing = "reading the branches";
        let remote = self.inner.find_reference("refs/remotes/origin/HEAD");
        let named = remote.ok().and_then(|head| {
            let target = head.symbolic_target().ok().flatten()?;
            target.strip_prefix("refs/remotes/origin/").map(str::to_owned)
        });
        if let Some(name) = named {
            return Ok(name);
        }
        for name in ["main", "master"] {
            if self.inner.find_branch(name, git2::BranchType::Local).is_ok() {
                return Ok(name.to_owned());
            }
        }
        let head = self.inner.find_reference("HEAD").map_err(GitError::git_error(doing))?;
        let target = head.symbolic_target().ok().flatten().unwrap_or_default();
        Ok(target.strip_prefix("refs/heads/").unwrap_or("main").to_owned())
    }

    /// Returns whether part of the history was never fetched.
    pub fn is_shallow(&self) -> bool {
        // The library looks into the git directory of a linked work tree, git into the common one.
        let shallow = self.inner.commondir().join("shallow");
        self.inner.is_shallow() || shallow.metadata().is_ok_and(|file| file.len() > 0)
    }

    /// Returns whether there is no work tree.
    pub fn is_bare(&self) -> bool {
        self.inner.is_bare()
    }

    /// Returns the operation that waits for its end, by the name of its git command.
    pub fn in_progress(&self) -> Option<&'static str> {
        match self.inner.state() {
            RepositoryState::Clean => None,
            RepositoryState::Merge => Some("merge"),
            RepositoryState::Revert | RepositoryState::RevertSequence => Some("revert"),
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => {
                Some("cherry-pick")
            }
            RepositoryState::Bisect => Some("bisect"),
            RepositoryState::Rebase
            | RepositoryState::RebaseInteractive
            | RepositoryState::RebaseMerge => Some("rebase"),
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => Some("am"),
        }
    }

    /// Returns when a commit was made, by its committer's clock.
    pub fn commit_time(&self, commit: CommitId) -> Result<DateTime<FixedOffset>, GitError> {
        Ok(object::RawCommit::read(&self.stored_objects()?, commit.oid())?.read_committer().time)
    }

    /// Returns the messages of all commits that `head` reaches and `base` does not.
    pub fn list_messages(&self, base: CommitId, head: CommitId) -> Result<Vec<String>, GitError> {
        let objects = self.open_objects()?;
        let mut messages = Vec::new();
        for commit in self.reachable_commits(Some(base), head, CommitOrder::NewestFirst)? {
            messages.push(object::RawCommit::read(&objects, commit.oid())?.message_text());
        }
        Ok(messages)
    }

    /// Lists the messages of the commits that `head` reaches, itself included, newest first, with when they were
    /// written. A shallow clone is refused: what it lacks may state more.
    pub fn said_until(&self, head: CommitId) -> Result<Vec<MergedMessage>, GitError> {
        if self.is_shallow() {
            return Err(GitError::Shallow);
        }
        let objects = self.open_objects()?;
        let mut messages = Vec::new();
        for commit in self.reachable_commits(None, head, CommitOrder::NewestFirst)? {
            let raw = object::RawCommit::read(&objects, commit.oid())?;
            messages.push(MergedMessage {
                commit,
                author: raw.read_author(),
                message: raw.message_text(),
            });
        }
        Ok(messages)
    }

    /// Returns every local and remote-tracking branch by its full name (`refs/heads/main`), sorted,
    /// with the commit it points at. Names that only point at another branch (`origin/HEAD`) and
    /// branches whose commit is missing are left out.
    pub fn branch_tips(&self) -> Result<Vec<(String, CommitId)>, GitError> {
        let doing = "listing the branches";
        let odb = self.open_odb()?;
        let mut tips = Vec::new();
        for branch in self.inner.branches(None).map_err(GitError::git_error(doing))? {
            let (branch, _) = branch.map_err(GitError::git_error(doing))?;
            let reference = branch.get();
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            if let Some(target) = reference.target()
                && odb.read_header(target).is_ok_and(|(_, kind)| kind == ObjectType::Commit)
            {
                tips.push((name, CommitId::from_oid(target)));
            }
        }
        tips.sort();
        Ok(tips)
    }
}

/// Explains why a repository could not be opened, from the little that the library states.
fn explain_refusal(dir: &Path, error: &git2::Error) -> GitError {
    let dir: PathBuf = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let message = error.message();
    match error.code() {
        ErrorCode::NotFound => GitError::NotFound { dir },
        ErrorCode::Owner => {
            // `safe.directory` wants the top of the work tree, wherever below it we are.
            let top = dir.ancestors().find(|above| above.join(".git").exists());
            GitError::Owner { dir: top.unwrap_or(&dir).to_owned() }
        }
        _ if message.contains("sha256") || message.contains("object format") => {
            GitError::ObjectFormat { dir }
        }
        _ if message.contains("objectformat") => GitError::ObjectFormat { dir },
        _ if message.contains("refstorage") => GitError::RefFormat { dir },
        _ => {
            GitError::Other { doing: format!("opening {}", dir.display()), reason: message.into() }
        }
    }
}
