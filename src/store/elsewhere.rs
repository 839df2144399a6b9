//! Where a tracker was before it was moved: in another folder, or with another folder of items.

use std::collections::BTreeSet;

use super::{Store, Stored, Tracker};
use crate::document::Limits;
use crate::model::Item;
use crate::repository::{CommitId, GitError, Repository};
use crate::settings::{self, Settings};

/// A commit that took items over from another place.
#[derive(Debug, Clone)]
pub struct TrackerMove {
    /// The commit.
    pub commit: CommitId,
    /// Its parent, where they were.
    pub before: CommitId,
    /// The folder that they were in, from the root of the repository, with a `/` at its end.
    pub folder: String,
    /// Each as it was, and as the commit has it here; not here where it was lost on the way.
    pub items: Vec<(Stored, Option<Stored>)>,
}

impl Tracker {
    /// Returns the trackers of a commit whose items lie elsewhere: those of other settings, and
    /// this one where its settings named another folder then. Settings that do not hold count as
    /// empty.
    pub fn find_elsewhere(
        &self,
        repository: &Repository,
        commit: CommitId,
    ) -> Result<Vec<Self>, GitError> {
        let top = repository.workdir().ok();
        let mut found = Vec::new();
        for file in repository.list_files(commit, "")? {
            let Some(prefix) = file.path.strip_suffix(settings::FILE) else { continue };
            if !prefix.is_empty() && !prefix.ends_with('/') {
                continue;
            }
            let limit = Limits::ITEM.bytes as u64;
            let bytes = match repository.read_file_up_to(commit, &file.path, limit) {
                Ok(bytes) => bytes.unwrap_or_default(),
                Err(GitError::TooLarge { .. }) => Vec::new(),
                Err(error) => return Err(error),
            };
            let settings = Settings::parse(&file.path, &bytes)
                .or_else(|_| Settings::parse(&file.path, b"version: 1\n"));
            let Ok(settings) = settings else { continue };
            let root = top.map_or_else(|| self.root.clone(), |top| top.join(prefix));
            let one = Self { root, prefix: prefix.to_owned(), settings };
            if one.items_folder() != self.items_folder() {
                found.push(one);
            }
        }
        Ok(found)
    }

    /// Finds the folder of this tracker in a commit that does not have it: the tracker that is gone
    /// since and whose items are here now, if there is one. `head` is the commit that has them
    /// here, else the work tree.
    pub fn came_from(
        &self,
        repository: &Repository,
        commit: CommitId,
        head: Option<CommitId>,
        here: &Store,
    ) -> Result<Option<Self>, GitError> {
        let mut nearest: Option<(usize, Self)> = None;
        for one in self.find_elsewhere(repository, commit)? {
            let settings = one.settings_path();
            let stays = match head {
                Some(head) => match repository.read_file_up_to(head, &settings, 0) {
                    Ok(bytes) => bytes.is_some(),
                    Err(GitError::TooLarge { .. }) => true,
                    Err(error) => return Err(error),
                },
                None => one.on_disk(&settings).is_file(),
            };
            if stays {
                continue;
            }
            let there = one.load_at(repository, commit)?;
            let common = there.ids().filter(|id| here.find(id).is_some()).count();
            if common > nearest.as_ref().map_or(0, |(most, _)| *most) {
                nearest = Some((common, one));
            }
        }
        Ok(nearest.map(|(_, one)| one))
    }

    /// Finds the items that a commit took over from other folders of its parent, one entry for each
    /// folder. `head` shows what is still there.
    pub fn find_moves(
        &self,
        repository: &Repository,
        (before, commit): (CommitId, CommitId),
        head: CommitId,
    ) -> Result<Vec<TrackerMove>, GitError> {
        // Copies count from the commit on that makes them the items of the tracker.
        let in_force = self.read_commit(repository, commit).ok().flatten();
        let in_force = in_force.is_none_or(|then| then.settings.items == self.settings.items);
        let here = self.load_at(repository, commit)?;
        let mut moves = Vec::new();
        for other in self.find_elsewhere(repository, before)? {
            let same_tracker = other.prefix == self.prefix;
            if same_tracker && !in_force {
                continue;
            }
            let folder = other.items_folder();
            let paths = |commit| -> Result<BTreeSet<String>, GitError> {
                Ok(repository
                    .list_files(commit, &folder)?
                    .into_iter()
                    .map(|file| file.path)
                    .collect())
            };
            let (then, now) = (paths(commit)?, paths(head)?);
            let there = other.load_at(repository, before)?;
            let leaves = |stored: &Stored| same_tracker || !then.contains(stored.path());
            let moved = |stored: &Stored| {
                here.find(&stored.item.id).is_some_and(|new| {
                    leaves(stored)
                        || (!now.contains(stored.path()) && is_same(&stored.item, &new.item))
                })
            };
            if !same_tracker && !there.items().iter().any(moved) {
                continue;
            }
            let gone = there.items().iter().filter(|stored| leaves(stored) || moved(stored));
            let items: Vec<_> =
                gone.map(|old| (old.clone(), here.find(&old.item.id).cloned())).collect();
            if !items.is_empty() {
                moves.push(TrackerMove { commit, before, folder, items });
            }
        }
        Ok(moves)
    }
}

/// Returns whether two items with one id are about one weakness; two trackers may number alike.
fn is_same(one: &Item, other: &Item) -> bool {
    one.weakness_name == other.weakness_name
        || one.original_detection_date == other.original_detection_date
}
