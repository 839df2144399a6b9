//! Where objects are read.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use git2::{Odb, Oid};

use super::object::Unhashed;
use super::pack::{Object, Packed, Room};
use super::{GitError, Repository};

/// The objects of a repository.
pub(super) struct Objects<'r> {
    odb: Odb<'r>,
    stored: Option<Stored<'r>>,
}

/// What it takes to read objects as they are stored.
struct Stored<'r> {
    packed: &'r RefCell<Packed>,
    /// Where they are.
    folder: PathBuf,
    _unhashed: Unhashed,
}

impl Objects<'_> {
    /// How much of what was read of late may be kept.
    pub(super) fn room(&self) -> Room {
        self.stored.as_ref().map_or(Room::USUAL, |stored| stored.packed.borrow().room)
    }

    /// An object of at most `limit` bytes, or else how many it has, which is looked at first.
    pub(super) fn read_up_to(&self, id: Oid, limit: u64) -> Result<Result<Object, u64>, GitError> {
        let within = |object: Object| {
            let size = object.data.len() as u64;
            if size > limit { Err(size) } else { Ok(object) }
        };
        if let Some(object) = self.read_packed(id) {
            return Ok(within(object));
        }
        let (size, _) = self.odb.read_header(id).map_err(GitError::object(id))?;
        if size as u64 > limit { Ok(Err(size as u64)) } else { self.read(id).map(within) }
    }

    fn read_packed(&self, id: Oid) -> Option<Object> {
        let Stored { packed, folder, .. } = self.stored.as_ref()?;
        packed.borrow_mut().read(folder, id)
    }

    pub(super) fn read(&self, id: Oid) -> Result<Object, GitError> {
        if let Some(object) = self.read_packed(id) {
            return Ok(object);
        }
        let object = self.odb.read(id).map_err(GitError::object(id))?;
        Ok(Object { kind: object.kind(), data: Arc::from(object.data()) })
    }
}

impl Repository {
    /// The objects, each hashed again when it is read.
    pub(super) fn objects(&self) -> Result<Objects<'_>, GitError> {
        Ok(Objects { odb: self.odb()?, stored: None })
    }

    /// The objects as they are stored, for those who read many.
    pub(super) fn stored(&self) -> Result<Objects<'_>, GitError> {
        let folder = self.inner.commondir().join("objects");
        let stored = Stored { packed: &self.packed, folder, _unhashed: Unhashed::new() };
        Ok(Objects { odb: self.odb()?, stored: Some(stored) })
    }
}
