//! Changing files and committing them: all of it or nothing.
//!
//! A change takes the lock of the repository, settles what a killed command has left, writes the
//! journal, replaces the files, lets git commit them, and removes the journal. The journal goes only
//! when all files are as they were, or all of them are new and committed.

use std::fs::{self, File, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;

use super::commit::{self, CommandEnd, tidy_up};
use super::journal::{Journal, JournalAction, JournalEntry};
use super::lock::{LockError, LockFile};
use super::recover::{self, JournalLanding, PutBack};
use super::restage::follow_hooks;
use super::scratch::{Replacement, Scratch};
use super::shared_mode::SharedMode;
use super::{CommitError, CommitId, CommitRequest, GitError, RelPath, Repository};

/// Time that a command waits for another one to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A file to write.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// Where.
    pub path: RelPath,
    /// Content that was read before, so that nobody's edit in between is lost.
    pub expect: Expect,
    /// The new content; `None` removes the file.
    pub new: Option<Vec<u8>>,
}

/// Condition on the file on disk that must hold before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Whatever it is.
    Anything,
    /// No file of this name.
    Absent,
    /// A file with exactly these bytes.
    Content(Vec<u8>),
}

/// Reasons why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// Another command is at work in this repository.
    #[error(
        "another poam command is at work here: it has locked {0}; wait for its end (`fuser {0}` \
         names its process) and run the command again", .file.display()
    )]
    Locked {
        /// The file that is locked.
        file: PathBuf,
    },
    /// Something that is no file is where the lock should be.
    #[error("{} is no plain file, so nobody can lock it; remove it", .file.display())]
    NoLockFile {
        /// The place of the lock.
        file: PathBuf,
    },
    /// The journal of a killed command is damaged.
    #[error(
        "a command was stopped half-way, and its journal {} cannot be read; look at the items with \
         `git status` and `git diff`, then remove the file", .file.display()
    )]
    DamagedJournal {
        /// The journal.
        file: PathBuf,
    },
    /// Somebody else wrote the file since it was read.
    #[error("{path} was changed since it was read; nothing was written, try again")]
    Changed {
        /// The file.
        path: RelPath,
    },
    /// A symbolic link is at the path or above it.
    #[error("{path} leads through a symbolic link ({}), which is never followed", .link.display())]
    Link {
        /// The file to write.
        path: RelPath,
        /// The link.
        link: PathBuf,
    },
    /// Something that is neither file nor folder is in the way, or one in the place of the other.
    #[error("{path} cannot be written: {} is in the way", .other.display())]
    InTheWay {
        /// The file to write.
        path: RelPath,
        /// Path that is in the way.
        other: PathBuf,
    },
    /// One file appears twice in a change.
    #[error("{path} is changed twice at once")]
    Twice {
        /// The file.
        path: RelPath,
    },
    /// The disk refuses.
    #[error("{doing} {}{}", .file.display(), free_space(.source))]
    Io {
        /// The step that failed.
        doing: &'static str,
        /// To which file.
        file: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The files were put back because they could not be committed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Something failed, and so did putting the old content back.
    #[error(
        "{cause}\nand the files could not be put back as they were: {reason}; {} has their old \
         content, and the next command puts it back",
        .journal.display()
    )]
    NotRestored {
        /// First failure.
        cause: Box<GuardError>,
        /// Failure of the attempt to undo it.
        reason: Box<GuardError>,
        /// The journal.
        journal: PathBuf,
    },
    /// Git could not answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl GuardError {
    /// Wraps an error of the system.
    pub(super) fn io_error(doing: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Io { doing, file, source }
    }
}

/// Returns the way out where an error means that the disk is full.
pub(super) fn free_space(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            " (the disk is full: free some space and run the command again)"
        }
        _ => "",
    }
}

/// Keeps every other command from changing the repository, in any of its work trees, as long as it
/// lives. Changes that this process makes meanwhile use the same lock.
#[derive(Debug)]
#[must_use]
pub struct WriteLock {
    file: LockFile,
    undone: Vec<RelPath>,
}

impl WriteLock {
    /// Returns the files of a command that was stopped half-way, which were put back when the lock
    /// was taken.
    pub fn undone(&self) -> &[RelPath] {
        &self.undone
    }

    /// Returns the lock as the standard input of a git that changes something.
    pub(super) fn as_stdin(&self) -> Result<std::process::Stdio, GitError> {
        self.file.as_stdin().map_err(GitError::Program)
    }

    /// Removes the journal and the temporary files of this command, and the lock files of its git
    /// where that was killed. What is left of a git that failed is waited for.
    pub(super) fn settle(&self, repo: &Repository, has_failed: bool) -> Result<(), GuardError> {
        if has_failed {
            self.file.take_again(SharedMode::read(repo), PATIENCE).map_err(lock_error)?;
        }
        recover::undo_leftovers(repo, &self.file).map(drop)
    }
}

/// Takes the lock of a repository, waiting for another command at most ten seconds, and undoes what a
/// command has left half done that was killed in this work tree.
pub fn lock(repo: &Repository) -> Result<WriteLock, GuardError> {
    repo.workdir()?;
    let held = repo.held.borrow().upgrade();
    if let Some(file) = held {
        return Ok(WriteLock { file, undone: Vec::new() });
    }
    let folder = repo.inner.commondir().join("poam");
    let file = LockFile::take(&folder, SharedMode::read(repo), PATIENCE).map_err(lock_error)?;
    let undone = recover::undo_leftovers(repo, &file)?;
    repo.cache_dir("history").sweep();
    *repo.held.borrow_mut() = file.downgrade();
    Ok(WriteLock { file, undone })
}

fn lock_error(error: LockError) -> GuardError {
    match error {
        LockError::Held { file } => GuardError::Locked { file },
        LockError::NotAFile { file } => GuardError::NoLockFile { file },
        LockError::Io { doing, file, source } => GuardError::Io { doing, file, source },
    }
}

/// Undoes what a command that was killed half-way has written; the files that were put back. Costs
/// nothing where there was none.
pub fn recover(repo: &Repository) -> Result<Vec<RelPath>, GuardError> {
    let is_left =
        Journal::journal_path(repo).symlink_metadata().is_ok() || Scratch::open(repo).is_there();
    if !is_left || repo.workdir().is_err() {
        return Ok(Vec::new());
    }
    Ok(lock(repo)?.undone)
}

/// Writes the files and commits exactly them (`request.paths` is ignored). When anything fails, a
/// hook included, files and index are as before. When the process is killed half-way, every file is
/// entire, old or new, and the next command undoes what was written ([`recover`]).
pub fn write_and_commit(
    repo: &Repository,
    changes: &[FileChange],
    request: &CommitRequest<'_>,
) -> Result<CommitId, GuardError> {
    let lock = lock(repo)?;
    refuse_within_operation(repo)?;
    let action = JournalAction::Commit { message: request.message.to_owned() };
    let mut transaction = Transaction::begin(repo, &lock.file, changes, action)?;
    if let Err(error) = transaction.write_files(changes) {
        return Err(transaction.give_up(error));
    }
    let paths: Vec<RelPath> = changes.iter().map(|change| change.path.clone()).collect();
    transaction.commit_files(changes, &CommitRequest { paths: &paths, ..request.clone() })
}

/// Commits files as they are on disk ([`super::commit()`]).
pub(super) fn commit_as_on_disk(
    repo: &Repository,
    request: &CommitRequest<'_>,
) -> Result<CommitId, GuardError> {
    let lock = lock(repo)?;
    refuse_within_operation(repo)?;
    let action = JournalAction::Commit { message: request.message.to_owned() };
    Transaction::begin(repo, &lock.file, &[], action)?.commit_files(&[], request)
}

/// Writes the files without a commit: all of them, or none when one fails.
pub fn write(repo: &Repository, changes: &[FileChange]) -> Result<(), GuardError> {
    let lock = lock(repo)?;
    let mut transaction = Transaction::begin(repo, &lock.file, changes, JournalAction::Write)?;
    match transaction.write_files(changes) {
        Ok(()) => transaction.finish(),
        Err(error) => Err(transaction.give_up(error)),
    }
}

/// Refuses to commit while another operation of git waits for its end.
fn refuse_within_operation(repo: &Repository) -> Result<(), GuardError> {
    match repo.in_progress().filter(|name| *name != "bisect") {
        Some(operation) => Err(CommitError::InProgress(operation).into()),
        None => Ok(()),
    }
}

/// A file as it was.
struct FileBefore {
    file: PathBuf,
    old: Option<(Vec<u8>, Permissions)>,
}

/// A change that is under way; its journal is written.
struct Transaction<'r> {
    repo: &'r Repository,
    lock: &'r LockFile,
    scratch: Scratch,
    journal: Journal,
    begun: SystemTime,
    before: Vec<FileBefore>,
}

impl<'r> Transaction<'r> {
    /// Looks at the files and writes the journal.
    fn begin(
        repo: &'r Repository,
        lock: &'r LockFile,
        changes: &[FileChange],
        action: JournalAction,
    ) -> Result<Self, GuardError> {
        let top = repo.workdir()?;
        let before: Vec<FileBefore> =
            changes.par_iter().map(|change| check_before(top, change)).collect::<Result<_, _>>()?;
        let mut sorted: Vec<&RelPath> = changes.iter().map(|change| &change.path).collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(GuardError::Twice { path: pair[0].clone() });
        }
        let mut journal = Journal::new(repo, repo.head()?, action);
        journal.folders = missing_folders(top, changes);
        for (change, before) in changes.iter().zip(&before) {
            let old = before.old.as_ref().map(|(bytes, _)| bytes.clone());
            journal.files.push(JournalEntry {
                path: change.path.clone(),
                old,
                new: change.new.clone(),
            });
        }
        let scratch = Scratch::open(repo);
        scratch.prepare().map_err(GuardError::io_error("making", &scratch.path("")))?;
        if let Err(error) = journal.write(repo, &scratch) {
            let _ = scratch.clear();
            return Err(GuardError::io_error("writing", &Journal::journal_path(repo))(error));
        }
        let begun = Journal::journal_path(repo).metadata().and_then(|it| it.modified());
        let begun = begun.unwrap_or_else(|_| SystemTime::now());
        Ok(Self { repo, lock, scratch, journal, begun, before })
    }

    /// Replaces the files.
    fn write_files(&mut self, changes: &[FileChange]) -> Result<(), GuardError> {
        let top = self.repo.workdir()?;
        for folder in &self.journal.folders {
            let folder = folder.join_below(top);
            fs::create_dir(&folder).map_err(GuardError::io_error("making", &folder))?;
        }
        // In parallel, because most of the time goes into waiting for the disk.
        let replacements: Vec<Replacement<'_>> = self
            .before
            .iter()
            .enumerate()
            .map(|(n, it)| self.find_replacement(n, &it.file))
            .collect();
        replacements.par_iter().zip(&self.before).zip(changes).try_for_each(
            |((replacement, before), change)| {
                let Some(new) = &change.new else { return Ok(()) };
                let mode = before.old.as_ref().map(|(_, mode)| mode);
                replacement.stage(new, mode).map_err(GuardError::io_error("writing", &before.file))
            },
        )?;
        for ((replacement, before), change) in replacements.iter().zip(&self.before).zip(changes) {
            let done = match &change.new {
                Some(_) => replacement.put_in_place(),
                None if before.old.is_some() => fs::remove_file(&before.file),
                None => continue,
            };
            done.map_err(GuardError::io_error("writing", &before.file))?;
        }
        self.sync_folders();
        Ok(())
    }

    fn find_replacement<'f>(&self, n: usize, file: &'f Path) -> Replacement<'f> {
        let staged = self.scratch.path(n.to_string());
        Replacement { file, staged, beside: file.with_file_name(self.journal.temp_name(n)) }
    }

    /// Flushes the folders of new files: a new name is safe on disk only when its folder is; best
    /// effort, not all systems can.
    fn sync_folders(&self) {
        let mut folders: Vec<&Path> =
            self.before.iter().filter_map(|before| before.file.parent()).collect();
        folders.sort_unstable();
        folders.dedup();
        folders.par_iter().for_each(|folder| {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        });
    }

    /// Lets git commit the files.
    fn commit_files(
        self,
        changes: &[FileChange],
        request: &CommitRequest<'_>,
    ) -> Result<CommitId, GuardError> {
        let (repo, lock, scratch, id) = (self.repo, self.lock, &self.scratch, &self.journal.id);
        match commit::run(repo, lock, scratch, &self.journal, request) {
            Ok(CommandEnd::Made(commit)) => {
                // Hooks may have committed more, and the index is that of the last commit.
                let head = repo.head().map(|head| head.unwrap_or(commit));
                let followed = head
                    .map_err(CommitError::from)
                    .and_then(|head| follow_hooks(repo, lock, scratch, id, head, changes));
                if let Err(error) = followed {
                    // The journal stays: the next command brings the index to the commit.
                    let stderr = error.to_string();
                    return Err(CommitError::Late { commit, stderr }.into());
                }
                self.finish()?;
                tidy_up(repo);
                Ok(commit)
            }
            Ok(CommandEnd::Failed { error, stderr }) => Err(self.settle_failure(error, stderr)),
            Ok(CommandEnd::Killed { stderr }) => {
                // The lock is free when the last process of that git has ended.
                if let Err(error) = lock.take_again(SharedMode::read(repo), PATIENCE) {
                    return Err(lock_error(error));
                }
                let error = CommitError::Refused { stderr: stderr.clone() };
                match Journal::find(repo) {
                    Ok(super::journal::JournalState::Journal(found, _))
                        if *found == self.journal =>
                    {
                        Err(self.settle_failure(error, stderr))
                    }
                    // Another command came first and has undone this one.
                    _ => Err(error.into()),
                }
            }
            Err(error) => {
                let stderr = error.to_string();
                Err(self.settle_failure(error, stderr))
            }
        }
    }

    /// Brings everything to the old or the new state after git has failed; the error to report.
    fn settle_failure(self, error: CommitError, stderr: String) -> GuardError {
        let Self { repo, lock, scratch, journal, begun, .. } = self;
        match recover::settle_journal(repo, lock, &scratch, &journal, begun, PutBack::All) {
            Ok(settled) => match settled.landed {
                JournalLanding::Own(commit) => CommitError::Late { commit, stderr }.into(),
                JournalLanding::Elsewhere(commit) => {
                    CommitError::Elsewhere { commit, stderr }.into()
                }
                JournalLanding::No => match repo.head() {
                    Ok(Some(head))
                        if Some(head) != journal.before && stderr.contains("cannot lock ref") =>
                    {
                        CommitError::Moved { head }.into()
                    }
                    _ => error.into(),
                },
            },
            Err(reason) => not_restored(repo, error.into(), reason),
        }
    }

    /// Puts everything back after a file could not be written; the error to report.
    fn give_up(self, cause: GuardError) -> GuardError {
        let Self { repo, lock, scratch, journal, begun, .. } = self;
        match recover::settle_journal(repo, lock, &scratch, &journal, begun, PutBack::AsWritten) {
            Ok(_) => cause,
            Err(reason) => not_restored(repo, cause, reason),
        }
    }

    /// Removes the journal: the new state is.
    fn finish(self) -> Result<(), GuardError> {
        let place = Journal::journal_path(self.repo);
        Journal::remove(self.repo).map_err(GuardError::io_error("removing", &place))?;
        // Files that cannot be removed now are removed by the next command.
        let _ = self.scratch.clear();
        Ok(())
    }
}

fn not_restored(repo: &Repository, cause: GuardError, reason: GuardError) -> GuardError {
    let journal = Journal::journal_path(repo);
    GuardError::NotRestored { cause: Box::new(cause), reason: Box::new(reason), journal }
}

/// Returns the folders that must be made for some files, each after those above it.
fn missing_folders(top: &Path, changes: &[FileChange]) -> Vec<RelPath> {
    let mut missing = std::collections::BTreeSet::new();
    for change in changes.iter().filter(|change| change.new.is_some()) {
        let mut path = change.path.as_str();
        while let Some((folder, _)) = path.rsplit_once('/') {
            let Ok(folder_path) = RelPath::new(folder) else { break };
            if folder_path.join_below(top).symlink_metadata().is_ok()
                || !missing.insert(folder_path)
            {
                break;
            }
            path = folder;
        }
    }
    // A folder sorts before what is in it.
    missing.into_iter().collect()
}

/// Reads what is there, follows no link, and compares it with what the caller saw.
fn check_before(top: &Path, change: &FileChange) -> Result<FileBefore, GuardError> {
    let path = &change.path;
    let file = path.join_below(top);
    let mut place = top.to_owned();
    for part in path.as_str().split('/') {
        place.push(part);
        let Ok(there) = place.symlink_metadata() else { break };
        if there.is_symlink() {
            return Err(GuardError::Link { path: path.clone(), link: place });
        }
        if if place == file { !there.is_file() } else { !there.is_dir() } {
            return Err(GuardError::InTheWay { path: path.clone(), other: place });
        }
    }
    let read = || io::Result::Ok(Some((fs::read(&file)?, file.symlink_metadata()?.permissions())));
    let old = match read() {
        Ok(old) => old,
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => return Err(GuardError::Io { doing: "reading", file, source }),
    };
    let as_seen = match (&change.expect, &old) {
        (Expect::Anything, _) | (Expect::Absent, None) => true,
        (Expect::Content(seen), Some((bytes, _))) => seen == bytes,
        _ => false,
    };
    if as_seen {
        Ok(FileBefore { file, old })
    } else {
        Err(GuardError::Changed { path: path.clone() })
    }
}

/// Makes files whose modes are what the user's umask leaves; a temporary file would be for the user
/// alone.
pub(super) fn temp_builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".poam-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder
}
