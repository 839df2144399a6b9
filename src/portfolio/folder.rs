//! The folder of an export: a new one is filled beside its place, then takes its place.
//!
//! Files that did not change are linked from the old folder, not copied. An interrupted export leaves the
//! old folder intact.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use super::state::{ExportState, FILE};
use crate::output_folder::{FolderError, OutputFolder, failed};

/// Bytes of the state that are read at most.
const LONGEST_STATE: u64 = 1 << 30;

/// The folder of an export while it is filled.
pub(super) struct ExportFolder {
    folder: OutputFolder,
    /// The state of the export that is there.
    pub(super) old: Option<ExportState>,
}

impl ExportFolder {
    /// Begins an export at a place where nothing is, an empty folder, or an export and nothing else.
    pub(super) fn at(place: &Path) -> Result<Self, FolderError> {
        let (folder, old) = OutputFolder::create(place, read_old)?;
        Ok(Self { folder, old: old.flatten() })
    }

    /// Returns the path of a file of the old export.
    pub(super) fn old_path(&self, path: &str) -> PathBuf {
        self.folder.place().join(path)
    }

    /// Returns the path of a file of the new export, until it is in place.
    pub(super) fn new_path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Takes a file over from the old export.
    pub(super) fn keep(&self, path: &str) -> Result<(), FolderError> {
        let (from, to) = (self.old_path(path), self.new_path(path));
        make_parent(&to)?;
        // Some file systems have no links.
        fs::hard_link(&from, &to)
            .or_else(|_| fs::copy(&from, &to).map(drop))
            .map_err(failed("keeping", &from))
    }

    /// Creates a file of the new export.
    pub(super) fn create(&self, path: &str) -> Result<BufWriter<File>, FolderError> {
        let place = self.new_path(path);
        make_parent(&place)?;
        File::create(&place).map(BufWriter::new).map_err(failed("writing", &place))
    }

    /// Makes a folder for files that the export itself does not have.
    pub(super) fn scratch(&self) -> Result<PathBuf, FolderError> {
        let path = self.new_path(".rows");
        fs::create_dir_all(&path).map_err(failed("making", &path))?;
        Ok(path)
    }

    /// Puts the export in its place.
    pub(super) fn finish(self, state: &ExportState) -> Result<(), FolderError> {
        let scratch = self.new_path(".rows");
        if scratch.symlink_metadata().is_ok() {
            fs::remove_dir_all(&scratch).map_err(failed("removing", &scratch))?;
        }
        let path = self.new_path(FILE);
        fs::write(&path, state.text()).map_err(failed("writing", &path))?;
        let doing = "putting the export in place at";
        if self.folder.exchange(doing, read_old)? {
            return Ok(());
        }
        // A file system that cannot exchange two folders.
        let place = self.folder.place();
        let mut aside = place.file_name().unwrap_or_default().to_owned();
        aside.push(format!(".old-{}", std::process::id()));
        let aside = place.with_file_name(aside);
        fs::rename(place, &aside).map_err(failed(doing, place))?;
        fs::rename(self.folder.path(), place).map_err(failed(doing, place))?;
        fs::remove_dir_all(&aside).map_err(failed("removing", &aside))
    }
}

fn make_parent(path: &Path) -> Result<(), FolderError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(failed("making", parent))
}

fn foreign(folder: &Path, found: String) -> FolderError {
    FolderError::Foreign { folder: folder.to_owned(), kind: "an export", found }
}

/// Reads the state of the export in a folder; refuses a folder with other files. The state counts only where
/// every file that it names has the size that it states.
fn read_old(place: &Path) -> Result<Option<ExportState>, FolderError> {
    let mut first = None;
    for entry in fs::read_dir(place).map_err(failed("reading", place))? {
        let name = entry.map_err(failed("reading", place))?.file_name();
        let name = name.to_string_lossy().into_owned();
        let is_ours = name == FILE || super::tables::find(&name).is_some();
        if !is_ours {
            return Err(foreign(place, name));
        }
        first.get_or_insert(name);
    }
    let Some(first) = first else { return Ok(None) };
    let path = place.join(FILE);
    let text = match crate::files::read_regular(&path, LONGEST_STATE) {
        Ok(text) => text,
        Err(_) => return Err(foreign(place, first)),
    };
    let state = ExportState::parse(&text);
    let is_whole = |state: &ExportState| {
        state.files.iter().all(|(path, file)| {
            let found = place.join(path).symlink_metadata();
            found.is_ok_and(|found| found.is_file() && found.len() == file.bytes)
        })
    };
    Ok(state.filter(is_whole))
}
