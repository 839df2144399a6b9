//! The changes of one commit, collected by item id before events are derived of them.

use std::sync::Arc;

use indexmap::IndexMap;

use super::Hasher;
use super::content::FileVersion;
use super::prepare::ChangedFile;
use crate::model::ItemId;

/// The changes of a commit, by id.
pub(super) type ChangesById<'a> = IndexMap<ItemId, ItemChanges<'a>, Hasher>;

/// The changes of a commit to the files with one id.
#[derive(Default)]
pub(super) struct ItemChanges<'a> {
    /// The paths that held the id before, the item's own first.
    pub(super) holders: Vec<Arc<str>>,
    /// The versions before, with their files.
    pub(super) olds: Vec<(&'a ChangedFile, Arc<FileVersion>)>,
    /// The versions after, with their files.
    pub(super) news: Vec<(&'a ChangedFile, &'a FileVersion)>,
}

impl<'a> ItemChanges<'a> {
    /// Returns where the item was.
    pub(super) fn own_path(&self) -> Option<&str> {
        self.holders.first().map(|path| &**path)
    }

    /// Returns whether a path held the id before.
    pub(super) fn held_at(&self, path: &str) -> bool {
        self.holders.iter().any(|holder| **holder == *path)
    }

    /// Returns the version at a path before the commit.
    pub(super) fn old_at(&self, path: &str) -> Option<&(&'a ChangedFile, Arc<FileVersion>)> {
        self.olds.iter().find(|(file, _)| *file.path == *path)
    }

    /// Returns the version at a path after the commit.
    pub(super) fn new_at(&self, path: &str) -> Option<(&'a ChangedFile, &'a FileVersion)> {
        self.news.iter().copied().find(|(file, _)| *file.path == *path)
    }
}
