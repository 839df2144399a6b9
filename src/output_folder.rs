//! A folder that a command writes completely: made beside its place, it takes the place of the old one.
//!
//! [`OutputFolder`] refuses a place with files of others, so that nothing of them is overwritten. The command
//! that writes a folder defines by which files it recognises its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic::TemporaryFolder;

/// Reasons why a folder cannot be written at a place.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something else is there.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// Somebody else's files would be lost.
    #[error("{} has files that are not of {kind} ({found}): give an empty folder, or a new one", .folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// The thing that is written there, with its article: `a report`.
        kind: &'static str,
        /// The first of them.
        found: String,
    },
    /// The disk refused.
    #[error("{doing} {}", .path.display())]
    Io {
        /// The step that failed.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Reason of the system.
        #[source]
        source: io::Error,
    },
}

/// Makes an error of the system one about a step and a path.
pub(crate) fn failed<'p>(
    doing: &'static str,
    path: &'p Path,
) -> impl FnOnce(io::Error) -> FolderError + 'p {
    move |source| FolderError::Io { doing, path: path.to_owned(), source }
}

/// A folder while it is filled.
pub(crate) struct OutputFolder {
    place: PathBuf,
    beside: TemporaryFolder,
}

impl OutputFolder {
    /// Begins a folder at a place where nothing is, an empty folder, or one that `check` takes. Returns what `check`
    /// found in the folder that is there.
    pub(crate) fn create<T>(
        place: &Path,
        check: impl FnOnce(&Path) -> Result<T, FolderError>,
    ) -> Result<(Self, Option<T>), FolderError> {
        // Without the `/` at its end, and never through a link.
        let place: PathBuf = place.components().collect();
        let old = match place.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed("looking at", &place)(error)),
            Ok(found) if !found.is_dir() => return Err(FolderError::NotAFolder(place)),
            Ok(_) => Some(check(&place)?),
        };
        let place = std::path::absolute(&place).map_err(failed("looking at", &place))?;
        let Some(parent) = place.parent() else {
            return Err(FolderError::NotAFolder(place));
        };
        fs::create_dir_all(parent).map_err(failed("making", parent))?;
        let beside =
            TemporaryFolder::create_beside(&place).map_err(failed("making a folder in", parent))?;
        Ok((Self { place, beside }, old))
    }

    /// Returns the path where it will be.
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// Returns the path where it is filled.
    pub(crate) fn path(&self) -> &Path {
        self.beside.path()
    }

    /// Puts it in its place at once. `check` looks at the old folder once more: the time it took to write may have
    /// been long. Returns false where the file system cannot exchange two folders.
    pub(crate) fn exchange<T>(
        &self,
        doing: &'static str,
        check: impl FnOnce(&Path) -> Result<T, FolderError>,
    ) -> Result<bool, FolderError> {
        if self.place.symlink_metadata().is_ok() {
            check(&self.place)?;
        }
        self.beside.persist_folder().map_err(failed(doing, &self.place))
    }
}
