//! Folder of derived data in the git directory, and atomic writing of its files.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use tempfile::NamedTempFile;

use super::Repository;
use super::guard::temp_builder;
use super::shared_mode::SharedMode;

/// A folder of files that nothing depends on: every one may be missing or damaged at any time, and
/// a folder that cannot be written stays as it is without a word.
#[derive(Debug, Clone)]
pub struct CacheDir {
    folder: PathBuf,
    mode: SharedMode,
}

/// A file of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written.
    pub written: SystemTime,
}

impl Repository {
    /// Returns the folder `poam/<purpose>` of the git directory; all work trees of a repository
    /// share it.
    pub fn cache_dir(&self, purpose: &str) -> CacheDir {
        let folder = self.inner.commondir().join("poam").join(purpose);
        CacheDir { folder, mode: SharedMode::read(self) }
    }
}

impl CacheDir {
    /// Returns all files, in no order. Unfinished ones are not among them.
    pub fn files(&self) -> Vec<CachedFile> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.filter_map(cached_file).collect()
    }

    /// Returns a file to read, and its size; `None` where there is none that can be read, or a
    /// larger one than `limit` bytes.
    pub fn open(&self, name: &str, limit: u64) -> Option<(File, u64)> {
        let path = self.folder.join(name);
        let about = path.symlink_metadata().ok()?;
        let file = File::open(path).ok().filter(|_| about.is_file())?;
        let size = file.metadata().ok()?.len();
        (size <= limit).then_some((file, size))
    }

    /// Begins a file. Readers see nothing of it before it is finished, and who drops it leaves
    /// nothing behind.
    pub fn begin(&self) -> io::Result<AtomicWriter> {
        self.mode.make_folder(&self.folder)?;
        let beside = temp_builder().tempfile_in(&self.folder)?;
        self.mode.apply(beside.path())?;
        // Whoever finds it unlocked knows that its writer is dead. Where there are no locks, it stays.
        let _ = beside.as_file().try_lock();
        Ok(AtomicWriter { folder: self.folder.clone(), beside })
    }

    /// Removes a file, if it is there and that can be done.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.folder.join(name));
    }

    /// Removes what writers have left behind that were killed.
    pub fn sweep(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')) {
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            let file = File::open(entry.path()).ok().filter(|_| is_file);
            if file.is_some_and(|file| file.try_lock().is_ok()) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn cached_file(entry: fs::DirEntry) -> Option<CachedFile> {
    let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let name = entry.file_name().into_string().ok().filter(|it| !it.starts_with('.'))?;
    let written = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Some(CachedFile { name, size: about.len(), written })
}

/// A file that is being written beside its place.
#[derive(Debug)]
pub struct AtomicWriter {
    folder: PathBuf,
    beside: NamedTempFile,
}

impl AtomicWriter {
    /// Rewrites the first bytes, flushes the file to the disk and renames it into place:
    /// readers see the old one or the new one.
    pub fn finish(mut self, name: &str, first: &[u8]) -> io::Result<()> {
        self.beside.rewind()?;
        self.beside.write_all(first)?;
        self.beside.as_file().sync_all()?;
        self.beside.persist(self.folder.join(name)).map(drop).map_err(|error| error.error)
    }
}

impl Write for AtomicWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.beside.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.beside.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    #[test]
    fn what_a_dead_writer_left_is_removed_and_nothing_else() {
        let repo = Repo::new();
        let folder = Repository::open(&repo.path()).unwrap().cache_dir("history");
        let alive = folder.begin().unwrap();
        repo.write(".git/poam/history/.poam-left.tmp", "x").write(".git/poam/history/kept", "x");
        folder.sweep();
        let names = || {
            let entries = fs::read_dir(repo.path().join(".git/poam/history")).unwrap();
            entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(names().len(), 2, "{:?}", names());
        assert!(!names().contains(&".poam-left.tmp".to_owned()));
        alive.finish("new", b"").unwrap();
        folder.sweep();
        let mut left = names();
        left.sort();
        assert_eq!(left, ["kept", "new"]);
    }
}
