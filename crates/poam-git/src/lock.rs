//! The lock that lets one command at a time change a repository.
//!
//! It is a lock of the kernel (`flock`) on the file `poam/lock` of the common git directory: all work
//! trees, users and containers that share the repository share it. The file stays; the lock ends with
//! the last process that has it open. The git that a command starts has it as its standard input, so
//! the lock lasts as long as that git lives, even where the command is killed. What hooks start has
//! another standard input and does not keep it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::shared_mode::SharedMode;

/// Time between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock of a repository; it is let go with the last clone.
#[derive(Debug, Clone)]
pub(super) struct LockFile(Arc<OpenLock>);

/// A lock that does not keep it from being let go.
#[derive(Debug, Default)]
pub(super) struct WeakLock(std::sync::Weak<OpenLock>);

#[derive(Debug)]
struct OpenLock {
    path: PathBuf,
    file: Mutex<File>,
}

/// Reasons why the lock file could not be taken.
#[derive(Debug)]
pub(super) enum LockError {
    /// Another process has it.
    Held { file: PathBuf },
    /// A folder, a link or a device is in its place.
    NotAFile { file: PathBuf },
    /// The system refuses it.
    Io { doing: &'static str, file: PathBuf, source: io::Error },
}

impl LockFile {
    /// Takes the lock of the file `lock` in a folder, waiting for other commands at most `patience`.
    pub(super) fn take(
        folder: &Path,
        mode: SharedMode,
        patience: Duration,
    ) -> Result<Self, LockError> {
        mode.make_folder(folder).map_err(|source| LockError::Io {
            doing: "making",
            file: folder.to_owned(),
            source,
        })?;
        let path = folder.join("lock");
        let file = wait_for_lock(&path, open(&path, mode)?, mode, patience)?;
        Ok(Self(Arc::new(OpenLock { path, file: Mutex::new(file) })))
    }

    /// Lets the lock go and takes it again: it is free once every process that inherited it has
    /// ended.
    pub(super) fn take_again(&self, mode: SharedMode, patience: Duration) -> Result<(), LockError> {
        let path = &self.0.path;
        let fresh = open(path, mode)?;
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Its own copy is closed first: it would keep the lock from itself.
        *file = fresh;
        let again = file.try_clone().map_err(|source| io_error("opening", path, source))?;
        let locked = wait_for_lock(path, again, mode, patience)?;
        *file = locked;
        Ok(())
    }

    /// Returns the lock as the standard input of a program, which prevents it from its first
    /// instruction on. There is nothing to read in it.
    pub(super) fn as_stdin(&self) -> io::Result<Stdio> {
        let file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.try_clone().map(Stdio::from)
    }

    pub(super) fn downgrade(&self) -> WeakLock {
        WeakLock(Arc::downgrade(&self.0))
    }
}

impl WeakLock {
    /// Returns the lock, if it is still held.
    pub(super) fn upgrade(&self) -> Option<LockFile> {
        self.0.upgrade().map(LockFile)
    }
}

/// Opens the file, or makes it. Only reading is needed for a lock; where writing is not allowed, that
/// is enough.
fn open(path: &Path, mode: SharedMode) -> Result<File, LockError> {
    for _ in 0..3 {
        match path.symlink_metadata() {
            Ok(found) if !found.is_file() => {
                return Err(LockError::NotAFile { file: path.to_owned() });
            }
            Ok(_) => {
                let writing = OpenOptions::new().read(true).write(true).open(path);
                let opened = writing.or_else(|_| File::open(path));
                match opened {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    other => return other.map_err(|source| io_error("opening", path, source)),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match OpenOptions::new().read(true).write(true).create_new(true).open(path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(source) => return Err(io_error("making", path, source)),
                    Ok(file) => {
                        mode.apply(path)
                            .map_err(|source| io_error("setting the mode of", path, source))?;
                        return Ok(file);
                    }
                }
            }
            Err(source) => return Err(io_error("looking at", path, source)),
        }
    }
    Err(LockError::Held { file: path.to_owned() })
}

/// Waits for the lock of an open file; the file that is locked and is at the path.
fn wait_for_lock(
    path: &Path,
    mut file: File,
    mode: SharedMode,
    patience: Duration,
) -> Result<File, LockError> {
    let begin = Instant::now();
    loop {
        match file.try_lock() {
            // Somebody may have removed the file and made another one.
            Ok(()) if is_at(&file, path) => return Ok(file),
            Ok(()) => {
                drop(file);
                file = open(path, mode)?;
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(io_error("locking", path, source)),
        }
        if begin.elapsed() >= patience {
            return Err(LockError::Held { file: path.to_owned() });
        }
        std::thread::sleep(PAUSE);
    }
}

fn io_error(doing: &'static str, file: &Path, source: io::Error) -> LockError {
    LockError::Io { doing, file: file.to_owned(), source }
}

/// Returns whether an open file is the one at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(there)) = (file.metadata(), path.symlink_metadata()) else { return false };
    (open.dev(), open.ino()) == (there.dev(), there.ino())
}

/// Returns whether an open file is the one at a path: an open file cannot be removed here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn take(folder: &Path) -> Result<LockFile, LockError> {
        LockFile::take(folder, SharedMode::default(), NOW)
    }

    /// Takes a lock that is free. A program that another test starts at this moment may have the
    /// file open until it runs, so this waits.
    fn take_free(folder: &Path) -> LockFile {
        LockFile::take(folder, SharedMode::default(), Duration::from_secs(20)).unwrap()
    }

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let lock = take(dir.path()).unwrap();
        assert!(matches!(take(dir.path()).unwrap_err(), LockError::Held { .. }));
        let weak = lock.downgrade();
        assert!(weak.upgrade().is_some());
        drop(lock);
        assert!(weak.upgrade().is_none());
        drop(take_free(dir.path()));
    }

    #[cfg(unix)]
    #[test]
    fn a_child_keeps_the_lock_and_what_it_starts_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let lock = take(dir.path()).unwrap();
        let mut sleeper = std::process::Command::new("/bin/sh")
            .args(["-c", "sleep 30 </dev/null >/dev/null 2>&1 & read line; kill $!; exit 0"])
            .stdin(lock.as_stdin().unwrap())
            .spawn()
            .unwrap();
        sleeper.wait().unwrap();
        let mut child = std::process::Command::new("sleep")
            .arg("30")
            .stdin(lock.as_stdin().unwrap())
            .spawn()
            .unwrap();
        assert!(matches!(lock.take_again(SharedMode::default(), NOW), Err(LockError::Held { .. })));
        drop(lock);
        assert!(matches!(take(dir.path()).unwrap_err(), LockError::Held { .. }));
        child.kill().unwrap();
        child.wait().unwrap();
        let lock = take_free(dir.path());
        lock.take_again(SharedMode::default(), NOW).unwrap();
        assert!(matches!(take(dir.path()).unwrap_err(), LockError::Held { .. }));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_an_error_at_once() {
        let long = Duration::from_secs(60);
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("lock")).unwrap();
        let begin = Instant::now();
        let error = LockFile::take(dir.path(), SharedMode::default(), long).unwrap_err();
        assert!(matches!(error, LockError::NotAFile { .. }), "{error:?}");
        std::fs::remove_dir(dir.path().join("lock")).unwrap();
        std::os::unix::fs::symlink("/dev/null", dir.path().join("lock")).unwrap();
        let error = LockFile::take(dir.path(), SharedMode::default(), long).unwrap_err();
        assert!(matches!(error, LockError::NotAFile { .. }), "{error:?}");
        assert!(begin.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_lock_file_that_is_removed_and_made_again_is_waited_for_anew() {
        let dir = tempfile::tempdir().unwrap();
        let first = take(dir.path()).unwrap();
        std::fs::remove_file(dir.path().join("lock")).unwrap();
        let second = take(dir.path()).unwrap();
        drop(first);
        assert!(matches!(take(dir.path()).unwrap_err(), LockError::Held { .. }));
        drop(second);
        drop(take_free(dir.path()));
    }
}
