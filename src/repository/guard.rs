//! Changing files and committing them: all of it or nothing.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;
use tempfile::TempPath;

use super::journal::{self, Journal};
use super::lock::{Lock, LockError};
use super::restage::follow_hooks;
use super::{CommitError, CommitId, CommitRequest, GitError, RelPath, Repository, commit};

/// How long a command waits for another one to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A file to write.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// Where.
    pub path: RelPath,
    /// What was read, so that nobody's edit in between is lost.
    pub expect: Expect,
    /// The new content; `None` removes the file.
    pub new: Option<Vec<u8>>,
}

/// What must be on disk before a file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Whatever it is.
    Anything,
    /// No file of this name.
    Absent,
    /// A file with exactly these bytes.
    Content(Vec<u8>),
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// Another command is at work in this work tree.
    #[error(
        "another poam command is at work here (process {holder}); if it is not, remove {}",
        .file.display()
    )]
    Locked {
        /// The lock.
        file: PathBuf,
        /// Who holds it: process, start, machine.
        holder: String,
    },
    /// Somebody else wrote the file since it was read.
    #[error("{path} was changed since it was read; nothing was written, try again")]
    Changed {
        /// The file.
        path: RelPath,
    },
    /// A symbolic link stands at the path or above it.
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
        /// What is in the way.
        other: PathBuf,
    },
    /// The same file twice in one change.
    #[error("{path} is changed twice at once")]
    Twice {
        /// The file.
        path: RelPath,
    },
    /// The disk said no.
    #[error("{doing} {}", .file.display())]
    Io {
        /// What was being done.
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
    #[error("{cause}; and {path} could not be put back as it was: {source}")]
    NotRestored {
        /// What failed first.
        cause: Box<GuardError>,
        /// The file that is not as it was.
        path: RelPath,
        /// Why.
        source: io::Error,
    },
    /// Git could not answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Writes the files and commits exactly them (`request.paths` is ignored). When anything fails, a
/// hook included, files and index are as before. When the process is killed half-way, every file is
/// whole, old or new, and the next command undoes what was written ([`recover`]).
pub fn write_and_commit(
    repo: &Repository,
    changes: &[FileChange],
    request: &CommitRequest<'_>,
) -> Result<CommitId, GuardError> {
    let _lock = lock(repo)?;
    if let Some(operation) = repo.in_progress().filter(|name| *name != "bisect") {
        return Err(CommitError::InProgress(operation).into());
    }
    let (written, _journal) = Written::write(repo, changes)?;
    let paths: Vec<RelPath> = changes.iter().map(|change| change.path.clone()).collect();
    match commit(repo, &CommitRequest { paths: &paths, ..request.clone() }) {
        Ok(commit) => {
            // Hooks may have committed more, and the index is that of the last commit.
            let head = repo.head().map(|head| head.unwrap_or(commit));
            match head.and_then(|head| follow_hooks(repo, head, changes)) {
                Ok(()) => Ok(commit),
                Err(error) => Err(CommitError::Late { commit, stderr: error.to_string() }.into()),
            }
        }
        Err(error @ CommitError::Late { .. }) => Err(error.into()),
        Err(error) => Err(written.restore(error.into())),
    }
}

/// Writes the files without a commit: all of them, or none when one fails.
pub fn write(repo: &Repository, changes: &[FileChange]) -> Result<(), GuardError> {
    let _lock = lock(repo)?;
    Written::write(repo, changes).map(drop)
}

/// Undoes what a command that was killed half-way has written; the files that were put back. Costs
/// nothing where there was none.
pub fn recover(repo: &Repository) -> Result<Vec<RelPath>, GuardError> {
    if !journal::is_there(repo) || repo.workdir().is_err() {
        return Ok(Vec::new());
    }
    let _lock = take_lock(repo)?;
    undo(repo)
}

fn lock(repo: &Repository) -> Result<Lock, GuardError> {
    let lock = take_lock(repo)?;
    undo(repo)?;
    Ok(lock)
}

fn undo(repo: &Repository) -> Result<Vec<RelPath>, GuardError> {
    journal::undo(repo, PATIENCE).map_err(|source| {
        let file = repo.git_dir().join("poam.journal");
        GuardError::Io { doing: "undoing what a command left half done, as told in", file, source }
    })
}

fn take_lock(repo: &Repository) -> Result<Lock, GuardError> {
    repo.workdir()?;
    Lock::take(repo.git_dir(), PATIENCE).map_err(|error| match error {
        LockError::Held { file, holder } => GuardError::Locked { file, holder },
        LockError::Io { file, source } => GuardError::Io { doing: "writing", file, source },
    })
}

/// A file as it was.
struct Before {
    path: RelPath,
    file: PathBuf,
    old: Option<(Vec<u8>, Permissions)>,
}

/// What was done so far, to be undone.
#[derive(Default)]
struct Written {
    files: Vec<Before>,
    folders: Vec<PathBuf>,
}

impl Written {
    /// Writes the files; the journal is to be kept until they are committed.
    fn write(repo: &Repository, changes: &[FileChange]) -> Result<(Self, Journal), GuardError> {
        let top = repo.workdir()?;
        let mut before: Vec<Before> =
            changes.par_iter().map(|change| look(top, change)).collect::<Result<_, _>>()?;
        let mut sorted: Vec<&RelPath> = changes.iter().map(|change| &change.path).collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(GuardError::Twice { path: pair[0].clone() });
        }
        let mut written = Self::default();
        let olds = before.iter().map(|one| one.old.as_ref().map(|(bytes, _)| bytes.as_slice()));
        let journal = Journal::write(repo, changes.iter().zip(olds)).map_err(|source| {
            let file = repo.git_dir().join("poam.journal");
            GuardError::Io { doing: "writing", file, source }
        })?;
        for one in &before {
            if let Err(error) = written.make_folder(one.file.parent()) {
                return Err(written.restore(error));
            }
        }
        // In parallel, because most of the time goes into waiting for the disk.
        let staged: Result<Vec<Option<TempPath>>, GuardError> =
            before.par_iter().zip(changes).map(|(before, change)| stage(before, change)).collect();
        let staged = match staged {
            Ok(staged) => staged,
            Err(error) => return Err(written.restore(error)),
        };
        for (before, staged) in before.drain(..).zip(staged) {
            let done = match staged {
                Some(staged) => staged.persist(&before.file).map_err(|error| error.error),
                None if before.old.is_some() => fs::remove_file(&before.file),
                None => continue,
            };
            let file = before.file.clone();
            if let Err(source) = done {
                return Err(written.restore(GuardError::Io { doing: "writing", file, source }));
            }
            written.files.push(before);
        }
        written.sync_folders();
        Ok((written, journal))
    }

    /// Makes a folder and those above it, and remembers which.
    fn make_folder(&mut self, folder: Option<&Path>) -> Result<(), GuardError> {
        let missing = |folder: &&Path| folder.symlink_metadata().is_err();
        let missing: Vec<&Path> =
            folder.into_iter().flat_map(Path::ancestors).take_while(missing).collect();
        for folder in missing.into_iter().rev() {
            let failed = |source| GuardError::Io { doing: "making", file: folder.into(), source };
            fs::create_dir(folder).map_err(failed)?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    /// A new name is safe on disk only when its folder is; best effort, not all systems can.
    fn sync_folders(&self) {
        let mut folders: Vec<&Path> =
            self.files.iter().filter_map(|before| before.file.parent()).collect();
        folders.sort_unstable();
        folders.dedup();
        folders.par_iter().for_each(|folder| {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        });
    }

    /// Puts everything back, goes on where it can, and says what failed.
    fn restore(self, cause: GuardError) -> GuardError {
        let mut failed = None;
        for before in self.files.iter().rev() {
            let result = match &before.old {
                Some((bytes, mode)) => save(&before.file, bytes, Some(mode))
                    .and_then(|staged| staged.persist(&before.file).map_err(|e| e.error)),
                None => match fs::remove_file(&before.file) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                    other => other,
                },
            };
            if let Err(source) = result {
                failed = Some((before.path.clone(), source));
            }
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
        match failed {
            None => cause,
            Some((path, source)) => {
                GuardError::NotRestored { cause: Box::new(cause), path, source }
            }
        }
    }
}

/// Reads what is there, follows no link, and compares it with what the caller saw.
fn look(top: &Path, change: &FileChange) -> Result<Before, GuardError> {
    let path = &change.path;
    let file = path.below(top);
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
        Ok(Before { path: path.clone(), file, old })
    } else {
        Err(GuardError::Changed { path: path.clone() })
    }
}

fn stage(before: &Before, change: &FileChange) -> Result<Option<TempPath>, GuardError> {
    let Some(new) = &change.new else { return Ok(None) };
    let mode = before.old.as_ref().map(|(_, mode)| mode);
    let failed =
        |source| GuardError::Io { doing: "writing beside", file: before.file.clone(), source };
    save(&before.file, new, mode).map(Some).map_err(failed)
}

/// Writes a file beside its place, down to the disk.
pub(super) fn save(file: &Path, bytes: &[u8], mode: Option<&Permissions>) -> io::Result<TempPath> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let mut beside = shared().tempfile_in(folder)?;
    beside.write_all(bytes)?;
    if let Some(mode) = mode {
        beside.as_file().set_permissions(mode.clone())?;
    }
    beside.as_file().sync_all()?;
    Ok(beside.into_temp_path())
}

/// Makes files whose modes are what the user's umask leaves; a temporary file would be for the user
/// alone.
pub(super) fn shared() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".poam-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder
}
