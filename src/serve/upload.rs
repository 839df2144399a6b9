//! Files that were dropped on the page: stored in temporary folders until they are committed or replaced by
//! newer ones.
//!
//! A server that is killed cannot remove its folder. The next one does: the folder of a server that runs is
//! locked.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

/// Number of uploads that are stored at a time.
const KEPT: usize = 4;
/// Number of characters to which a file's name is shortened.
const LONGEST_NAME: usize = 120;
/// The file by which the folder of a server that runs is locked.
const LOCK: &str = "lock";
/// Time in which a new folder gets its lock.
const UNLOCKED_TIME: Duration = Duration::from_secs(60);

/// The files of one drop.
#[derive(Debug)]
pub(super) struct Upload {
    /// Its name in forms.
    pub(super) id: String,
    /// The files, in the order in which they were given.
    pub(super) files: Vec<PathBuf>,
    folder: TempDir,
}

impl Upload {
    /// Returns the path for the next file. The import records its name, so the name changes only as far as
    /// it would not be a plain file name.
    pub(super) fn place(&mut self, name: &str) -> io::Result<PathBuf> {
        // A folder for each: two files may have one name.
        let folder = self.folder.path().join(self.files.len().to_string());
        std::fs::create_dir(&folder)?;
        let path = folder.join(plain_name(name));
        self.files.push(path.clone());
        Ok(path)
    }
}

/// The last part of a path of any system, without what steers or leads elsewhere.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String =
        last.chars().filter(|c| !c.is_control() && !"<>:\"|?*".contains(*c)).collect();
    let kept = kept.trim().trim_start_matches(['.', '-']);
    let skipped = kept.chars().count().saturating_sub(LONGEST_NAME);
    // The end is retained: the extension states the kind of file.
    let kept: String = kept.chars().skip(skipped).collect();
    if kept.trim_matches('.').is_empty() { "file".to_owned() } else { kept }
}

/// The stored uploads.
#[derive(Debug)]
pub(super) struct Uploads {
    kept: Mutex<VecDeque<Upload>>,
    /// The folder of this server, which goes with it.
    folder: TempDir,
    /// Locked while the server runs.
    _lock: File,
}

impl Uploads {
    /// Makes the folder of a server below `top`, or among the temporary files of the system where that
    /// cannot be written; removes those of servers that were killed.
    pub(super) fn open(top: Option<&Path>) -> io::Result<Self> {
        let own = top.and_then(|top| {
            std::fs::create_dir_all(top).ok()?;
            remove_abandoned(top);
            tempfile::Builder::new().prefix("serve-").tempdir_in(top).ok()
        });
        let folder = match own {
            Some(folder) => folder,
            None => tempfile::Builder::new().prefix("poam-serve-").tempdir()?,
        };
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { kept: Mutex::default(), folder, _lock: lock })
    }

    /// Makes a folder for files.
    pub(super) fn begin(&self, id: String) -> io::Result<Upload> {
        let folder = tempfile::Builder::new().prefix("upload-").tempdir_in(self.folder.path())?;
        Ok(Upload { id, files: Vec::new(), folder })
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<Upload>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an upload; the oldest one goes.
    pub(super) fn add(&self, upload: Upload) {
        let mut uploads = self.locked();
        uploads.push_back(upload);
        while uploads.len() > KEPT {
            uploads.pop_front();
        }
    }

    /// The files of an upload.
    pub(super) fn files(&self, id: &str) -> Option<Vec<PathBuf>> {
        self.locked().iter().find(|upload| upload.id == id).map(|upload| upload.files.clone())
    }

    /// Removes an upload that is done with.
    pub(super) fn remove(&self, id: &str) {
        self.locked().retain(|upload| upload.id != id);
    }
}

/// Removes the folders of servers that do not run any more. What cannot be removed stays for the next time.
fn remove_abandoned(top: &Path) {
    for entry in std::fs::read_dir(top).into_iter().flatten().flatten() {
        let folder = entry.path();
        let is_abandoned = match File::open(folder.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // It may have been made just now.
            Err(_) => {
                let modified = entry.metadata().and_then(|data| data.modified()).ok();
                let age = modified.and_then(|modified| modified.elapsed().ok());
                age.is_some_and(|age| age > UNLOCKED_TIME)
            }
        };
        if is_abandoned {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The name of a file for people.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for (name, expected) in [
            ("POAM 2026-11.xlsx", "POAM 2026-11.xlsx"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\scan.nessus", "scan.nessus"),
            ("..", "file"),
            ("", "file"),
            ("--commit", "commit"),
            (".git", "git"),
            ("a\0b\n.csv", "ab.csv"),
            ("/", "file"),
        ] {
            assert_eq!(plain_name(name), expected, "{name:?}");
        }
        assert!(plain_name(&format!("{}.xlsx", "ä".repeat(500))).ends_with("ä.xlsx"));
    }

    #[test]
    fn old_uploads_go_with_their_files() {
        let top = tempfile::tempdir().unwrap();
        let uploads = Uploads::open(Some(top.path())).unwrap();
        let mut first = uploads.begin("0".to_owned()).unwrap();
        let path = first.place("a.csv").unwrap();
        std::fs::write(&path, "x").unwrap();
        uploads.add(first);
        assert_eq!(uploads.files("0").unwrap(), std::slice::from_ref(&path));
        for id in 1..=KEPT {
            uploads.add(uploads.begin(id.to_string()).unwrap());
        }
        assert!(uploads.files("0").is_none() && !path.exists());
        drop(uploads);
        assert_eq!(std::fs::read_dir(top.path()).unwrap().count(), 0);
    }

    #[test]
    fn folders_of_killed_servers_go_and_those_of_running_ones_stay() {
        let top = tempfile::tempdir().unwrap();
        let running = Uploads::open(Some(top.path())).unwrap();
        let killed = top.path().join("serve-killed");
        std::fs::create_dir_all(killed.join("upload-1/0")).unwrap();
        std::fs::write(killed.join("upload-1/0/POAM.xlsx"), "secret").unwrap();
        std::fs::write(killed.join(LOCK), "").unwrap();
        let begun = top.path().join("serve-begun");
        std::fs::create_dir(&begun).unwrap();
        let other = Uploads::open(Some(top.path())).unwrap();
        assert!(!killed.exists() && begun.exists());
        assert!(running.folder.path().exists() && other.folder.path().exists());
    }

    #[test]
    fn without_a_folder_of_its_own_it_takes_a_temporary_one() {
        let uploads = Uploads::open(Some(Path::new("/dev/null/no"))).unwrap();
        assert!(uploads.folder.path().starts_with(std::env::temp_dir()));
    }
}
