//! The folder of temporary files of a command: `poam/tmp` of the git directory of the work tree.
//!
//! Only who holds the lock uses it. It is gone when the command has ended, and the next command
//! removes what one that was killed has left in it.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::shared_mode::SharedMode;
use super::{CommitError, RelPath, Repository};

/// The folder, and the modes of what is in it.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    folder: PathBuf,
    mode: SharedMode,
}

impl Scratch {
    /// Returns the folder of a work tree; it need not be there.
    pub(super) fn open(repo: &Repository) -> Self {
        Self { folder: repo.git_dir().join("poam").join("tmp"), mode: SharedMode::read(repo) }
    }

    /// Makes the folder, empty.
    pub(super) fn prepare(&self) -> io::Result<()> {
        self.clear()?;
        self.mode.make_folder(&self.folder)
    }

    /// Removes the folder and what is in it.
    pub(super) fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.folder.symlink_metadata().is_ok()
    }

    /// Returns the place of a file in it.
    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file for git or for the next command, down to the disk.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.path(name);
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        self.mode.apply(&path)?;
        Ok(path)
    }

    /// Writes paths for git, each after the magic of a pathspec and ended by a NUL: a command line
    /// has space for some thousands only.
    pub(super) fn write_paths(
        &self,
        name: &str,
        magic: &str,
        paths: &[RelPath],
    ) -> Result<PathBuf, CommitError> {
        let mut text = Vec::new();
        for path in paths {
            text.extend_from_slice(magic.as_bytes());
            text.extend_from_slice(path.as_str().as_bytes());
            text.push(0);
        }
        self.write(name, &text).map_err(CommitError::io_error("writing", &self.path(name)))
    }
}

/// Returns the option that makes git read paths from a file.
pub(super) fn pathspec_from(file: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from("--pathspec-from-file=");
    argument.push(file);
    argument
}

/// A file of the work tree that is being replaced.
pub(super) struct Replacement<'a> {
    /// Its place.
    pub(super) file: &'a Path,
    /// Where the new content is written first.
    pub(super) staged: PathBuf,
    /// Where it is written where the git directory is on another file system.
    pub(super) beside: PathBuf,
}

impl Replacement<'_> {
    /// Writes the new content, down to the disk. Without a mode it is what the user's umask leaves.
    pub(super) fn stage(&self, bytes: &[u8], mode: Option<&Permissions>) -> io::Result<()> {
        let mut file = File::create(&self.staged)?;
        file.write_all(bytes)?;
        if let Some(mode) = mode {
            file.set_permissions(mode.clone())?;
        }
        file.sync_all()
    }

    /// Renames the new content into its place.
    pub(super) fn put_in_place(&self) -> io::Result<()> {
        match fs::rename(&self.staged, self.file) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let moved = fs::copy(&self.staged, &self.beside)
                    .and_then(|_| File::open(&self.beside)?.sync_all())
                    .and_then(|()| fs::rename(&self.beside, self.file));
                if moved.is_err() {
                    let _ = fs::remove_file(&self.beside);
                }
                moved
            }
            other => other,
        }
    }
}

/// Removes a file that may be gone already.
pub(super) fn remove_if_there(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
