//! Where objects are read.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use git2::{Odb, Oid};

use super::object::Unhashed;
use super::pack::{Object, Packed};
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
    pub(super) fn read(&self, id: Oid) -> Result<Object, GitError> {
        if let Some(Stored { packed, folder, .. }) = &self.stored
            && let Some(object) = packed.borrow_mut().read(folder, id)
        {
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
