//! Files and folders that are written beside their place and renamed into it.
//!
//! Nobody sees half of them, and what was at the place stays until the new one is complete. A temporary
//! name is `.poam-`, a digest of the final name, the process and a number, in the folder of the place. Who
//! writes holds a lock on it (`flock`), which the kernel releases however the process ends; the next one
//! that writes to the same place removes those that nobody locks.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// The start of every temporary name.
const PREFIX: &str = ".poam-";
/// Names that are tried until one is free.
const ATTEMPTS: u32 = 1_000;

/// A file that is being written and will be at its place.
pub(crate) struct TemporaryFile {
    place: PathBuf,
    temporary: PathBuf,
    file: File,
    renamed: bool,
}

impl TemporaryFile {
    /// Creates the file, with the mode that the process gives to new files.
    pub(crate) fn create_beside(place: &Path) -> io::Result<Self> {
        let (temporary, file) = create_locked(place, |path| {
            OpenOptions::new().read(true).write(true).create_new(true).open(path)
        })?;
        Ok(Self { place: place.to_owned(), temporary, file, renamed: false })
    }

    /// Returns the file to write to.
    pub(crate) fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts the file in its place. A file that it replaces leaves it its mode.
    pub(crate) fn persist_file(mut self) -> io::Result<()> {
        if let Ok(replaced) = fs::metadata(&self.place) {
            self.file.set_permissions(replaced.permissions())?;
        }
        fs::rename(&self.temporary, &self.place)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.renamed {
            // A file that cannot be removed is removed by the next writer in this folder.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A folder that is being filled and will be at its place.
pub(crate) struct TemporaryFolder {
    place: PathBuf,
    temporary: PathBuf,
    /// Holds the lock.
    _handle: File,
}

impl TemporaryFolder {
    /// Creates the folder, with the mode that the process gives to new folders.
    pub(crate) fn create_beside(place: &Path) -> io::Result<Self> {
        let (temporary, handle) = create_locked(place, |path| {
            fs::create_dir(path)?;
            File::open(path)
        })?;
        Ok(Self { place: place.to_owned(), temporary, _handle: handle })
    }

    /// Returns the path of the temporary file until it is renamed into place.
    pub(crate) fn path(&self) -> &Path {
        &self.temporary
    }

    /// Puts the folder in its place at once. Where another folder is there the two change places, and the
    /// old one is removed afterwards. Returns false where the file system cannot do that.
    pub(crate) fn persist_folder(&self) -> io::Result<bool> {
        if self.place.symlink_metadata().is_err() {
            fs::rename(&self.temporary, &self.place)?;
            return Ok(true);
        }
        exchange_paths(&self.temporary, &self.place)
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.temporary);
    }
}

/// Exchanges two paths. Returns false where the file system or the platform cannot.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
fn exchange_paths(one: &Path, other: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "macos")))]
fn exchange_paths(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Returns the folder of a place.
pub(crate) fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the prefix of the temporary names of a file.
fn temp_prefix(place: &Path) -> io::Result<String> {
    let Some(name) = place.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no name of a file"));
    };
    let digest = Sha256::digest(name.as_encoded_bytes());
    let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{PREFIX}{digest}-"))
}

/// Creates a temporary file or folder of a place and locks it, after those were removed that a stopped
/// process left.
fn create_locked(
    place: &Path,
    create: impl Fn(&Path) -> io::Result<File>,
) -> io::Result<(PathBuf, File)> {
    let (folder, prefix) = (folder_of(place), temp_prefix(place)?);
    sweep_leftovers(folder, &prefix);
    for number in 0..ATTEMPTS {
        let path = folder.join(format!("{prefix}{}-{number}", std::process::id()));
        match create(&path) {
            Ok(file) if try_lock(&file) && is_at(&file, &path) => return Ok((path, file)),
            // Another process swept it before it was locked.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no temporary name is free"))
}

/// Removes temporary files and folders that no process has locked. What cannot be removed stays.
fn sweep_leftovers(folder: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()) {
            continue;
        }
        // The kind first: opening a pipe would wait.
        let Ok(kind) = entry.file_type() else { continue };
        if !kind.is_file() && !kind.is_dir() {
            continue;
        }
        let path = entry.path();
        let Ok(file) = File::open(&path) else { continue };
        if !can_lock() || !try_lock(&file) || !is_at(&file, &path) {
            continue;
        }
        let _ = if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    }
}

/// Returns whether locks distinguish a living process from one that ended.
fn can_lock() -> bool {
    cfg!(unix)
}

/// Takes the lock of a file unless another process has it.
fn try_lock(file: &File) -> bool {
    #[cfg(unix)]
    {
        use rustix::fs::{FlockOperation, flock};
        // Where the file system knows no locks, nothing is swept either.
        !matches!(
            flock(file, FlockOperation::NonBlockingLockExclusive),
            Err(rustix::io::Errno::WOULDBLOCK)
        )
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        true
    }
}

/// Returns whether an open file is still the one at a path.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        match (file.metadata(), path.symlink_metadata()) {
            (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.exists()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("out");
        let mut file = TemporaryFile::create_beside(&place).unwrap();
        file.file_mut().write_all(b"one").unwrap();
        assert!(!place.exists() && names(dir.path())[0].starts_with(".poam-"));
        file.persist_file().unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"one");
        let mut given_up = TemporaryFile::create_beside(&place).unwrap();
        given_up.file_mut().write_all(b"two").unwrap();
        drop(given_up);
        assert_eq!(fs::read(&place).unwrap(), b"one");
        assert_eq!(names(dir.path()), ["out"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_stopped_process_left_is_swept_and_what_a_living_one_writes_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("out");
        let living = TemporaryFile::create_beside(&place).unwrap();
        let prefix = temp_prefix(&place).unwrap();
        fs::write(dir.path().join(format!("{prefix}1-0")), "left").unwrap();
        fs::create_dir(dir.path().join(format!("{prefix}1-1"))).unwrap();
        fs::write(dir.path().join(format!("{prefix}1-1/page")), "left").unwrap();
        fs::write(dir.path().join(".poam-of-another-output"), "").unwrap();
        let second = TemporaryFile::create_beside(&place).unwrap();
        assert_eq!(names(dir.path()).len(), 3, "{:?}", names(dir.path()));
        second.persist_file().unwrap();
        living.persist_file().unwrap();
        assert_eq!(names(dir.path()), [".poam-of-another-output", "out"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_keeps_the_mode_of_the_one_that_it_replaces() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("out");
        fs::write(&place, "old").unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
        TemporaryFile::create_beside(&place).unwrap().persist_file().unwrap();
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn folders_change_places() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("report");
        for round in ["first", "second"] {
            let folder = TemporaryFolder::create_beside(&place).unwrap();
            fs::write(folder.path().join(round), "").unwrap();
            if folder.persist_folder().unwrap() {
                drop(folder);
                assert_eq!(names(&place), [round]);
            }
        }
        assert_eq!(names(dir.path()), ["report"]);
    }
}
