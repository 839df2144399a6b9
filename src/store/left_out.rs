//! Items that a sparse checkout leaves out of the work tree.

use super::found::{is_item_name, too_large};
use super::{FoundContent, FoundFile, Store, Tracker, found};
use crate::document::Limits;
use crate::repository::{GitError, IndexEntry, Repository};

impl Tracker {
    /// Returns the item files that are not in the work tree because the checkout is sparse, as the
    /// index has them. Git states of them that nothing changed, so that they count like all others.
    pub fn left_out(&self, repository: Option<&Repository>) -> Result<Vec<FoundFile>, GitError> {
        let Some(repository) = repository else { return Ok(Vec::new()) };
        let mut files = Vec::new();
        for file in self.files_left_out(repository)? {
            let content = match repository.blob_up_to(file.blob, Limits::ITEM.bytes as u64) {
                Ok(bytes) => FoundContent::Bytes(bytes),
                Err(GitError::TooLarge { size, limit, .. }) => {
                    FoundContent::Refused(too_large(&file.path, size, limit))
                }
                Err(error) => return Err(error),
            };
            files.push(FoundFile { path: file.path, content });
        }
        Ok(files)
    }

    /// Returns the index entries of files that a sparse checkout leaves out.
    pub(super) fn files_left_out(
        &self,
        repository: &Repository,
    ) -> Result<Vec<IndexEntry>, GitError> {
        let mut files = repository.left_out(&self.items_folder())?;
        files.retain(|file| is_item_name(&file.path));
        Ok(files)
    }

    /// Loads every item of the work tree, with those that a sparse checkout leaves out.
    pub fn load_with(&self, left_out: Vec<FoundFile>) -> Store {
        let mut files = found::on_disk(&self.root, &self.prefix, &self.settings.items);
        files.extend(left_out);
        Store::read(files).resolve_statuses(&self.settings.workflow)
    }

    /// Loads every item of the work tree, with those that a sparse checkout leaves out.
    pub fn load_all(&self, repository: Option<&Repository>) -> Result<Store, GitError> {
        Ok(self.load_with(self.left_out(repository)?))
    }
}
