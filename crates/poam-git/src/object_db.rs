//! The object database: reads commits, trees and blobs through the git library.
//!
//! Objects can be read in two ways. [`Repository::open_objects`] verifies the hash of everything that it
//! reads. [`Repository::stored_objects`] does not, as git itself does not: a walk over a long
//! history reads hundreds of thousands of objects, and hashing is a third of its time. A repository
//! that was opened as evidence ([`Repository::verifying`]) verifies in both.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use git2::{ObjectType, Odb, Oid};

use super::{GitError, Repository};

/// A git object.
pub(super) struct Object {
    pub(super) kind: ObjectType,
    pub(super) data: Arc<[u8]>,
}

/// The objects of a repository.
pub(super) struct ObjectDb<'r> {
    odb: Odb<'r>,
    _unverified: Option<SkipHashVerification>,
}

impl ObjectDb<'_> {
    /// Reads an object.
    pub(super) fn read(&self, id: Oid) -> Result<Object, GitError> {
        let object = self.odb.read(id).map_err(GitError::object_error(id))?;
        Ok(Object { kind: object.kind(), data: Arc::from(object.data()) })
    }

    /// Returns the size of an object in bytes, without reading all of it.
    pub(super) fn object_size(&self, id: Oid) -> Result<u64, GitError> {
        let (size, _) = self.odb.read_header(id).map_err(GitError::object_error(id))?;
        Ok(size as u64)
    }
}

impl Repository {
    /// Opens the objects; each is hashed again when it is read.
    pub(super) fn open_objects(&self) -> Result<ObjectDb<'_>, GitError> {
        Ok(ObjectDb { odb: self.open_odb()?, _unverified: None })
    }

    /// Opens the objects as they are stored, for callers that read many.
    pub(super) fn stored_objects(&self) -> Result<ObjectDb<'_>, GitError> {
        let unverified = (!self.verifying).then(SkipHashVerification::start_guard);
        Ok(ObjectDb { odb: self.open_odb()?, _unverified: unverified })
    }

    pub(super) fn open_odb(&self) -> Result<Odb<'_>, GitError> {
        self.inner.odb().map_err(GitError::git_error("opening the objects"))
    }

    /// Returns the repository with every object verified against its name when it is read, which a
    /// damaged or forged object does not pass.
    #[must_use]
    pub fn verifying(mut self) -> Self {
        self.verifying = true;
        self
    }

    /// Unmaps the packs that were read. The git library maps them window by window and retains them
    /// until its object database is replaced: of a large repository that is a quarter of a gigabyte
    /// which nobody needs once the history is read.
    pub fn release_objects(&self) -> Result<(), GitError> {
        let folder = self.inner.commondir().join("objects");
        let Some(folder) = folder.to_str() else { return Ok(()) };
        let failed = || GitError::git_error("opening the objects");
        // Whoever opens a pack shares it with anyone who has it open, so the old database goes first.
        self.inner.set_odb(&Odb::new().map_err(failed())?).map_err(failed())?;
        let fresh = Odb::new().map_err(failed())?;
        fresh.add_disk_alternate(folder).map_err(failed())?;
        self.inner.set_odb(&fresh).map_err(failed())
    }

    /// Returns what opens the same repository once more: a handle belongs to one thread.
    pub fn opener(&self) -> ObjectOpener {
        ObjectOpener {
            dir: self.git_dir().to_owned(),
            env: self.env.clone(),
            verifying: self.verifying,
        }
    }
}

/// Opens a repository that is open once more.
pub struct ObjectOpener {
    pub(super) dir: PathBuf,
    pub(super) env: Vec<(std::ffi::OsString, std::ffi::OsString)>,
    pub(super) verifying: bool,
}

/// While one of these lives, the git library does not verify the hash of what it reads. The switch
/// is global to the process, hence the count.
pub(super) struct SkipHashVerification(());

static SKIPPING: Mutex<usize> = Mutex::new(0);

impl SkipHashVerification {
    fn start_guard() -> Self {
        Self::change_count(|count| count + 1);
        Self(())
    }

    fn change_count(change: impl FnOnce(usize) -> usize) {
        let mut count = SKIPPING.lock().unwrap_or_else(PoisonError::into_inner);
        *count = change(*count);
        git2::opts::strict_hash_verification(*count == 0);
    }
}

impl Drop for SkipHashVerification {
    fn drop(&mut self) {
        Self::change_count(|count| count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Repo;

    /// Counts how many packs of a repository are mapped.
    #[cfg(target_os = "linux")]
    fn mapped(repo: &Repo) -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let packs = repo.path().join(".git/objects/pack");
        maps.lines().filter(|line| line.contains(packs.to_str().unwrap())).count()
    }

    #[test]
    fn released_objects_are_unmapped_and_read_again() {
        let (repo, other) = (Repo::new(), Repo::new());
        for day in 1..4 {
            repo.write("items/A", format!("{day}\n")).commit("2026-01-01", "change");
        }
        repo.git(&["repack", "-adq"]);
        repo.write("items/A", "loose").commit("2026-01-02", "loose");
        // Objects of an alternate are found again, too.
        let objects = repo.path().join(".git/objects");
        other.git(&["init", "--quiet"]);
        let alternates = other.path().join(".git/objects/info/alternates");
        std::fs::write(alternates, format!("{}\n", objects.display())).unwrap();
        let head = Repository::open(&repo.path()).unwrap().head().unwrap().unwrap();
        for opened in [&repo, &other].map(|it| Repository::open(&it.path()).unwrap()) {
            let read = || {
                let before = opened.resolve_revision(&format!("{head}~1")).unwrap();
                let text = |commit| opened.read_file(commit, "items/A").unwrap().unwrap();
                (text(head), text(before))
            };
            let (newest, older) = read();
            assert_eq!((newest.as_slice(), older.as_slice()), (&b"loose"[..], &b"3\n"[..]));
            #[cfg(target_os = "linux")]
            assert_ne!(mapped(&repo), 0);
            opened.release_objects().unwrap();
            #[cfg(target_os = "linux")]
            assert_eq!(mapped(&repo), 0);
            assert_eq!(read(), (newest, older));
            opened.release_objects().unwrap();
        }
    }

    #[test]
    fn a_forged_object_does_not_pass_as_evidence() {
        let repo = Repo::new();
        let commit = repo.write("items/A", "true").commit("2026-01-01", "one");
        let commit = commit.parse().unwrap();
        let forged = repo.beside("forged");
        std::fs::write(&forged, "false").unwrap();
        let path = |id: &str| repo.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
        let own = repo.git(&["rev-parse", "HEAD:items/A"]).trim().to_owned();
        let other = repo.git(&["hash-object", "-w", forged.to_str().unwrap()]).trim().to_owned();
        std::fs::remove_file(path(&own)).unwrap();
        std::fs::copy(path(&other), path(&own)).unwrap();
        let blob = own.parse().unwrap();
        let contents = |opened: &Repository| {
            let mut contents = Vec::new();
            opened.read_blobs([blob], |bytes| contents.push(bytes.to_vec())).map(|()| contents)
        };
        let opened = Repository::open(&repo.path()).unwrap().verifying();
        assert!(contents(&opened).is_err());
        assert!(contents(&opened.opener().open().unwrap()).is_err());
        assert!(opened.read_file(commit, "items/A").is_err());
    }
}
