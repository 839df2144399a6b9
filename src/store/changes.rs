//! The files that differ between two trees, without reading the others twice.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::found::{self, FoundContent, FoundFile};
use super::{Store, Tracker};
use crate::diagnostic::Diagnostic;
use crate::document::Limits;
use crate::model::ItemId;
use crate::repository::{BlobId, CommitId, FileKind, GitError, Repository};
use crate::settings;

/// The content at a path of a tree: bytes, or the reason for refusing it.
#[derive(Debug, Clone)]
pub enum ChangedContent {
    /// A file.
    Bytes(Vec<u8>),
    /// Something that may not be read, or not all of it.
    Refused(Diagnostic),
}

/// A file of the tracker in two trees; `None` where there is none.
#[derive(Debug, Clone)]
pub struct TrackerChange {
    /// The path from the root of the repository.
    pub path: String,
    /// In the base.
    pub old: Option<ChangedContent>,
    /// In the head.
    pub new: Option<ChangedContent>,
}

impl TrackerChange {
    /// Returns whether both trees hold the same: only here because a file with the same id differs.
    pub fn is_same(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(ChangedContent::Bytes(old)), Some(ChangedContent::Bytes(new))) => old == new,
            _ => false,
        }
    }
}

impl TrackerChange {
    /// Returns whether both trees hold the same text, whatever its lines end with.
    fn is_same_text(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(ChangedContent::Bytes(old)), Some(ChangedContent::Bytes(new))) => {
                without_windows_ends(old) == without_windows_ends(new)
            }
            _ => false,
        }
    }
}

fn without_windows_ends(bytes: &[u8]) -> Vec<u8> {
    let ends = bytes.iter().zip(bytes.iter().skip(1).chain([&0]));
    let kept = ends.filter(|(byte, next)| (**byte, **next) != (b'\r', b'\n'));
    kept.map(|(byte, _)| *byte).collect::<Vec<u8>>()
}

/// Returns the items of the base and of the head, as far as they are among these files.
pub fn changed_stores(changes: &[TrackerChange], settings: &str) -> (Store, Store) {
    let side = |held: fn(&TrackerChange) -> Option<&ChangedContent>| {
        let files = changes.iter().filter(|change| change.path != settings);
        let found = files.filter_map(|change| {
            let content = match held(change)? {
                ChangedContent::Bytes(bytes) => FoundContent::Bytes(bytes.clone()),
                ChangedContent::Refused(why) => FoundContent::Refused(why.clone()),
            };
            Some(FoundFile { path: change.path.clone(), content })
        });
        Store::read(found.collect())
    };
    (side(|change| change.old.as_ref()), side(|change| change.new.as_ref()))
}

/// A side of the comparison before anything is read that need not be.
enum DiffSide {
    Blob(BlobId),
    Here(ChangedContent),
}

impl Tracker {
    /// Returns the settings and the items that differ between a commit (nothing where there is
    /// none) and another one, or else the work tree. `base` is the tracker as the base has it,
    /// where it has one. Files whose names state that they hold an id which differs elsewhere come
    /// too, so that a second file with that id is seen as such.
    pub fn find_changes(
        &self,
        repository: &Repository,
        base: Option<(&Self, CommitId)>,
        head: Option<CommitId>,
    ) -> Result<Vec<TrackerChange>, GitError> {
        let mut old = match base {
            // The settings are one file, wherever they were.
            Some((tracker, commit)) => {
                let mut sides = tracker.at_commit(repository, commit)?;
                if let Some(settings) = sides.remove(&tracker.settings_path()) {
                    sides.insert(self.settings_path(), settings);
                }
                sides
            }
            None => BTreeMap::new(),
        };
        let new = match head {
            Some(commit) => self.at_commit(repository, commit)?,
            None => self.in_work_tree(repository)?,
        };
        let mut pairs: Vec<(String, Option<DiffSide>, Option<DiffSide>)> = Vec::new();
        for (path, side) in new {
            let before = old.remove(&path);
            pairs.push((path, before, Some(side)));
        }
        pairs.extend(old.into_iter().map(|(path, side)| (path, Some(side), None)));
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        let (same, differing): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(_, old, new)| is_same(old.as_ref(), new.as_ref()));
        let ids: std::collections::BTreeSet<ItemId> =
            differing.iter().filter_map(|(path, ..)| id_in_path(path)).collect();
        let twins = same
            .into_iter()
            .filter(|(path, ..)| id_in_path(path).is_some_and(|id| ids.contains(&id)));
        let read = |side: Option<DiffSide>, path: &str| {
            side.map(|side| read_side(repository, side, path)).transpose()
        };
        let mut changes = Vec::new();
        for (path, old, new) in differing.into_iter().chain(twins) {
            let (old, new) = (read(old, &path)?, read(new, &path)?);
            changes.push(TrackerChange { path, old, new });
        }
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(changes)
    }

    pub(super) fn settings_path(&self) -> String {
        format!("{}{}", self.prefix, settings::FILE)
    }

    fn at_commit(
        &self,
        repository: &Repository,
        commit: CommitId,
    ) -> Result<BTreeMap<String, DiffSide>, GitError> {
        let mut files = repository.list_files(commit, &self.items_folder())?;
        files.retain(|file| file.kind != FileKind::Regular || found::is_item_name(&file.path));
        let mut sides = BTreeMap::new();
        for file in files {
            let side = match found::explain_refusal(&file.path, file.kind) {
                None => DiffSide::Blob(file.blob),
                Some(why) => DiffSide::Here(ChangedContent::Refused(why)),
            };
            sides.insert(file.path, side);
        }
        let path = self.settings_path();
        let limit = Limits::ITEM.bytes as u64;
        let held = match repository.read_file_up_to(commit, &path, limit) {
            Ok(bytes) => bytes.map(ChangedContent::Bytes),
            Err(GitError::TooLarge { size, limit, .. }) => {
                Some(ChangedContent::Refused(found::too_large(&path, size, limit)))
            }
            Err(error) => return Err(error),
        };
        sides.extend(held.map(|held| (path, DiffSide::Here(held))));
        Ok(sides)
    }

    fn in_work_tree(
        &self,
        repository: &Repository,
    ) -> Result<BTreeMap<String, DiffSide>, GitError> {
        let found = found::on_disk(&self.root, &self.prefix, &self.settings.items);
        let mut sides: BTreeMap<String, DiffSide> =
            found.into_par_iter().map(changed_file_content).collect();
        let left_out = self.files_left_out(repository)?;
        sides.extend(left_out.into_iter().map(|file| (file.path, DiffSide::Blob(file.blob))));
        let path = self.settings_path();
        let text = self.settings.document.text().as_bytes().to_vec();
        sides.insert(path, DiffSide::Here(ChangedContent::Bytes(text)));
        Ok(sides)
    }

    /// Returns whether the work tree holds the tracker as a commit has it: the same settings and
    /// items, line ends apart. `base` is the tracker as the commit has it, where it has one.
    pub fn is_as_committed(
        &self,
        repository: &Repository,
        base: Option<&Self>,
        commit: CommitId,
    ) -> Result<bool, GitError> {
        let base = base.map(|base| (base, commit));
        let changes = self.find_changes(repository, base, None)?;
        Ok(changes.iter().all(TrackerChange::is_same_text))
    }
}

fn id_in_path(path: &str) -> Option<ItemId> {
    let name = path.rsplit('/').next().unwrap_or(path);
    ItemId::from_file_stem(name.strip_suffix(".yaml").unwrap_or(name)).ok()
}

fn changed_file_content(FoundFile { path, content }: FoundFile) -> (String, DiffSide) {
    let held = match content.read_bytes(&path) {
        Ok(bytes) => ChangedContent::Bytes(bytes.into_owned()),
        Err(why) => ChangedContent::Refused(why),
    };
    (path, DiffSide::Here(held))
}

fn is_same(old: Option<&DiffSide>, new: Option<&DiffSide>) -> bool {
    match (old, new) {
        (Some(DiffSide::Blob(old)), Some(DiffSide::Blob(new))) => old == new,
        (Some(DiffSide::Blob(blob)), Some(DiffSide::Here(ChangedContent::Bytes(bytes))))
        | (Some(DiffSide::Here(ChangedContent::Bytes(bytes))), Some(DiffSide::Blob(blob))) => {
            BlobId::hash(bytes) == Some(*blob)
        }
        (
            Some(DiffSide::Here(ChangedContent::Bytes(old))),
            Some(DiffSide::Here(ChangedContent::Bytes(new))),
        ) => old == new,
        (
            Some(DiffSide::Here(ChangedContent::Refused(old))),
            Some(DiffSide::Here(ChangedContent::Refused(new))),
        ) => old.message == new.message,
        _ => false,
    }
}

fn read_side(
    repository: &Repository,
    side: DiffSide,
    path: &str,
) -> Result<ChangedContent, GitError> {
    match side {
        DiffSide::Here(held) => Ok(held),
        DiffSide::Blob(blob) => match repository.blob_up_to(blob, Limits::ITEM.bytes as u64) {
            Ok(bytes) => Ok(ChangedContent::Bytes(bytes)),
            Err(GitError::TooLarge { size, limit, .. }) => {
                Ok(ChangedContent::Refused(found::too_large(path, size, limit)))
            }
            Err(error) => Err(error),
        },
    }
}
