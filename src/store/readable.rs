//! Last readable versions of files that are no item in a commit.

use std::collections::BTreeSet;

use super::{ChangedContent, Store, Stored, Tracker, TrackerChange, changed_stores};
use crate::document::Limits;
use crate::repository::{CommitId, GitError, Repository, walk};

impl Tracker {
    /// Reads, for each file that is no item in a commit, the last version that was one, as far as
    /// the main line has it. A file that was moved meanwhile is known by its name.
    pub fn last_readable(
        &self,
        repository: &Repository,
        commit: CommitId,
        store: &Store,
    ) -> Result<Vec<Stored>, GitError> {
        let said = store.diagnostics().iter();
        let mut wanted: BTreeSet<String> = said.map(|one| one.label.path.to_string()).collect();
        let mut found = Vec::new();
        let folder = self.items_folder();
        let paths: Vec<String> = wanted.iter().cloned().collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        for (places, same) in [
            (paths.as_slice(), is_same_path as fn(&str, &str) -> bool),
            (&[folder.as_str()], is_same_name),
        ] {
            if wanted.is_empty() {
                break;
            }
            for landed in walk(repository, commit, places)?.iter().rev() {
                for change in &landed.changes {
                    let Some(path) = wanted.iter().find(|path| same(path, &change.path)) else {
                        continue;
                    };
                    let Some(blob) = change.new else { continue };
                    let bytes = match repository.blob_up_to(blob, Limits::ITEM.bytes as u64) {
                        Ok(bytes) => bytes,
                        Err(GitError::TooLarge { .. }) => continue,
                        Err(error) => return Err(error),
                    };
                    if let Ok(stored) = Stored::parse(path, &bytes) {
                        wanted.remove(stored.path());
                        found.push(stored);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Puts in place of what files hold in a commit, where that is no item, what they held when they
    /// last were one: it is what their next versions are compared with.
    pub fn hold_readable(
        &self,
        repository: &Repository,
        commit: CommitId,
        files: &mut [TrackerChange],
        settings_path: &str,
    ) -> Result<(), GitError> {
        let (store, _) = changed_stores(files, settings_path);
        for stored in self.last_readable(repository, commit, &store)? {
            let same = files.iter_mut().find(|file| file.path == stored.path());
            if let Some(file) = same {
                file.old = Some(ChangedContent::Bytes(stored.document.text().as_bytes().to_vec()));
            }
        }
        Ok(())
    }
}

fn is_same_path(path: &str, other: &str) -> bool {
    path == other
}

fn is_same_name(path: &str, other: &str) -> bool {
    file_name_of(path) == file_name_of(other)
}

fn file_name_of(path: &str) -> Option<String> {
    path.rsplit('/').next().map(str::to_owned)
}
