//! The files that differ between two trees, without reading the others twice.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::found::{self, Content, Found};
use super::{Store, Tracker};
use crate::diagnostic::Diagnostic;
use crate::document::Limits;
use crate::model::ItemId;
use crate::repository::{BlobId, CommitId, FileKind, GitError, Repository};
use crate::settings;

/// What a tree holds at a path.
#[derive(Debug, Clone)]
pub enum Held {
    /// A file.
    Bytes(Vec<u8>),
    /// Something that may not be read, or not all of it.
    Refused(Diagnostic),
}

/// A file of the tracker in two trees; `None` where there is none.
#[derive(Debug, Clone)]
pub struct FileChange {
    /// The path from the root of the repository.
    pub path: String,
    /// In the base.
    pub old: Option<Held>,
    /// In the head.
    pub new: Option<Held>,
}

impl FileChange {
    /// Whether both trees hold the same: only here because a file with the same id differs.
    pub fn is_same(&self) -> bool {
        match (&self.old, &self.new) {
            (Some(Held::Bytes(old)), Some(Held::Bytes(new))) => old == new,
            _ => false,
        }
    }
}

impl FileChange {
    /// Returns whether both trees hold the same text, whatever its lines end with.
    fn is_same_text(&self) -> bool {
        let lines = |bytes: &[u8]| {
            let ends = bytes.iter().zip(bytes.iter().skip(1).chain([&0]));
            let kept = ends.filter(|(byte, next)| (**byte, **next) != (b'\r', b'\n'));
            kept.map(|(byte, _)| *byte).collect::<Vec<u8>>()
        };
        match (&self.old, &self.new) {
            (Some(Held::Bytes(old)), Some(Held::Bytes(new))) => lines(old) == lines(new),
            _ => false,
        }
    }
}

/// The items of the base and of the head, as far as they are among these files.
pub fn stores(changes: &[FileChange], settings: &str) -> (Store, Store) {
    let side = |held: fn(&FileChange) -> Option<&Held>| {
        let files = changes.iter().filter(|change| change.path != settings);
        let found = files.filter_map(|change| {
            let content = match held(change)? {
                Held::Bytes(bytes) => Content::Bytes(bytes.clone()),
                Held::Refused(why) => Content::Refused(why.clone()),
            };
            Some(Found { path: change.path.clone(), content })
        });
        Store::read(found.collect())
    };
    (side(|change| change.old.as_ref()), side(|change| change.new.as_ref()))
}

/// A side of the comparison before anything is read that need not be.
enum Side {
    Blob(BlobId),
    Here(Held),
}

impl Tracker {
    /// The settings and the items that differ between a commit (nothing where there is none) and
    /// another one, or else the work tree. `base` is the tracker as the base has it, where it has
    /// one. Files whose names say that they hold an id which differs elsewhere come too, so that a
    /// second file with that id is seen as such.
    pub fn changes(
        &self,
        repository: &Repository,
        base: Option<(&Self, CommitId)>,
        head: Option<CommitId>,
    ) -> Result<Vec<FileChange>, GitError> {
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
        let mut pairs: Vec<(String, Option<Side>, Option<Side>)> = Vec::new();
        for (path, side) in new {
            let before = old.remove(&path);
            pairs.push((path, before, Some(side)));
        }
        pairs.extend(old.into_iter().map(|(path, side)| (path, Some(side), None)));
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        let (same, differing): (Vec<_>, Vec<_>) =
            pairs.into_iter().partition(|(_, old, new)| is_same(old.as_ref(), new.as_ref()));
        let id = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            ItemId::from_file_stem(name.strip_suffix(".yaml").unwrap_or(name)).ok()
        };
        let ids: std::collections::BTreeSet<ItemId> =
            differing.iter().filter_map(|(path, ..)| id(path)).collect();
        let twins =
            same.into_iter().filter(|(path, ..)| id(path).is_some_and(|id| ids.contains(&id)));
        let read = |side: Option<Side>, path: &str| {
            side.map(|side| hold(repository, side, path)).transpose()
        };
        let mut changes = Vec::new();
        for (path, old, new) in differing.into_iter().chain(twins) {
            let (old, new) = (read(old, &path)?, read(new, &path)?);
            changes.push(FileChange { path, old, new });
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
    ) -> Result<BTreeMap<String, Side>, GitError> {
        let mut files = repository.files(commit, &self.items_folder())?;
        files.retain(|file| file.kind != FileKind::Regular || found::is_item_name(&file.path));
        let mut sides = BTreeMap::new();
        for file in files {
            let side = match found::refusal(&file.path, file.kind) {
                None => Side::Blob(file.blob),
                Some(why) => Side::Here(Held::Refused(why)),
            };
            sides.insert(file.path, side);
        }
        let path = self.settings_path();
        let limit = Limits::ITEM.bytes as u64;
        let held = match repository.read_file_up_to(commit, &path, limit) {
            Ok(bytes) => bytes.map(Held::Bytes),
            Err(GitError::TooLarge { size, limit, .. }) => {
                Some(Held::Refused(found::too_large(&path, size, limit)))
            }
            Err(error) => return Err(error),
        };
        sides.extend(held.map(|held| (path, Side::Here(held))));
        Ok(sides)
    }

    fn in_work_tree(&self, repository: &Repository) -> Result<BTreeMap<String, Side>, GitError> {
        let found = found::on_disk(&self.root, &self.prefix, &self.settings.items);
        let read = |Found { path, content }: Found| {
            let held = match content.bytes(&path) {
                Ok(bytes) => Held::Bytes(bytes.into_owned()),
                Err(why) => Held::Refused(why),
            };
            (path, Side::Here(held))
        };
        let mut sides: BTreeMap<String, Side> = found.into_par_iter().map(read).collect();
        let left_out = self.files_left_out(repository)?;
        sides.extend(left_out.into_iter().map(|file| (file.path, Side::Blob(file.blob))));
        let path = self.settings_path();
        let text = self.settings.document.text().as_bytes().to_vec();
        sides.insert(path, Side::Here(Held::Bytes(text)));
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
        let changes = self.changes(repository, base, None)?;
        Ok(changes.iter().all(FileChange::is_same_text))
    }
}

fn is_same(old: Option<&Side>, new: Option<&Side>) -> bool {
    match (old, new) {
        (Some(Side::Blob(old)), Some(Side::Blob(new))) => old == new,
        (Some(Side::Blob(blob)), Some(Side::Here(Held::Bytes(bytes))))
        | (Some(Side::Here(Held::Bytes(bytes))), Some(Side::Blob(blob))) => {
            BlobId::of(bytes) == Some(*blob)
        }
        (Some(Side::Here(Held::Bytes(old))), Some(Side::Here(Held::Bytes(new)))) => old == new,
        (Some(Side::Here(Held::Refused(old))), Some(Side::Here(Held::Refused(new)))) => {
            old.message == new.message
        }
        _ => false,
    }
}

fn hold(repository: &Repository, side: Side, path: &str) -> Result<Held, GitError> {
    match side {
        Side::Here(held) => Ok(held),
        Side::Blob(blob) => match repository.blob_up_to(blob, Limits::ITEM.bytes as u64) {
            Ok(bytes) => Ok(Held::Bytes(bytes)),
            Err(GitError::TooLarge { size, limit, .. }) => {
                Ok(Held::Refused(found::too_large(path, size, limit)))
            }
            Err(error) => Err(error),
        },
    }
}
