//! Going on from a history that was kept.

use std::collections::HashSet;
use std::sync::Arc;

use super::cache::Places;
use super::content::{Version, What};
use super::first::First;
use super::land::Lander;
use crate::model::ItemId;
use crate::repository::{BlobId, CommitId};

/// What a file holds: its content and the item, where it is one.
type KnownFile = (BlobId, Option<ItemId>);

/// What is kept of some commits besides events.
pub(super) struct News {
    /// The last of them.
    pub(super) to: CommitId,
    /// The files that changed: what they hold now, as far as it could be read; no id of the settings.
    pub(super) files: Vec<(Arc<str>, Option<KnownFile>)>,
    /// The ids that changed: the paths that hold them now, that of the item first.
    pub(super) held: Vec<(ItemId, Vec<Arc<str>>)>,
    /// The items whose first version that could be read is not the one they were created with.
    pub(super) firsts: Vec<(ItemId, First)>,
}

impl Lander<'_> {
    /// Knows where things are, by each segment: all, or what is asked of some paths. `None` where
    /// that does not fit together.
    pub(super) fn resume(
        &mut self,
        places: &[Places<'_>],
        asked: Option<(&HashSet<&str>, HashSet<ItemId>)>,
    ) -> Option<()> {
        let Some((paths, mut ids)) = asked else {
            self.know_files(places, |_| true)?;
            return self.know_held(places, |_| true);
        };
        self.know_files(places, |path| paths.contains(path))?;
        ids.extend(self.files.values().filter_map(|version| version.id()).cloned());
        self.know_held(places, |id| ids.contains(id))?;
        // Other files with these ids.
        let held: Vec<Arc<str>> = self.held.values().flatten().cloned().collect();
        let others: HashSet<&str> = held.iter().map(|path| &**path).collect();
        self.know_files(places, |path| others.contains(path) && !paths.contains(path))
    }

    fn know_files(&mut self, places: &[Places<'_>], asked: impl Fn(&str) -> bool) -> Option<()> {
        let files = places.iter().flat_map(|it| &it.files);
        for (path, file) in files.filter(|(path, _)| asked(path)) {
            self.know(path, file.map(|(blob, id)| (BlobId::from_bytes(blob), id)))?;
        }
        Some(())
    }

    /// Knows what a path holds; `None` where that is nothing that can be there.
    fn know(&mut self, path: &str, file: Option<(BlobId, Option<&str>)>) -> Option<()> {
        let Some((blob, id)) = file else {
            self.files.remove(path);
            return Some(());
        };
        let what = match id {
            Some(id) => What::Item(id.parse().ok()?),
            None => What::Settings,
        };
        let version = Version { what, blob: Some(blob), value: None };
        self.files.insert(path.into(), Arc::new(version));
        Some(())
    }

    /// Knows which paths hold some ids.
    fn know_held(&mut self, places: &[Places<'_>], asked: impl Fn(&ItemId) -> bool) -> Option<()> {
        for (id, paths) in places.iter().flat_map(|it| &it.held) {
            let id: ItemId = id.parse().ok()?;
            if !asked(&id) {
                continue;
            }
            let paths: Vec<Arc<str>> = paths.iter().map(|path| Arc::from(*path)).collect();
            if paths.is_empty() {
                self.held.remove(&id);
            } else {
                self.held.insert(id, paths);
            }
        }
        Some(())
    }

    /// Counts what some segments tell as done since, because they are told again.
    pub(super) fn tell_again(&mut self, places: &[Places<'_>]) {
        for place in places {
            self.touched.paths.extend(place.files.iter().map(|(path, _)| Arc::from(*path)));
            self.touched.ids.extend(place.held.iter().filter_map(|(id, _)| id.parse().ok()));
        }
    }

    /// What was done since somebody asked, to be kept; `None` where it cannot be.
    pub(super) fn news(&mut self, to: CommitId) -> Option<News> {
        let mut paths: Vec<Arc<str>> = self.touched.paths.drain().collect();
        paths.sort_unstable();
        let mut ids: Vec<ItemId> = self.touched.ids.drain().collect();
        ids.sort_unstable();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let known = match self.files.get(&path) {
                None => None,
                Some(known) => Some((known.blob?, known.id().cloned())),
            };
            files.push((path, known));
        }
        let held = |id: ItemId| {
            let paths = self.held.get(&id).cloned().unwrap_or_default();
            (id, paths)
        };
        let held = ids.into_iter().map(held).collect();
        Some(News { to, files, held, firsts: self.firsts() })
    }

    /// The first versions of items that can be read, where they are not, or were not at some time,
    /// those that the items were created with.
    pub(super) fn firsts(&self) -> Vec<(ItemId, First)> {
        let first = |id: &ItemId| {
            let first = self.known.get(id).map(|record| record.first.clone());
            (id.clone(), first.unwrap_or_default())
        };
        self.touched.odd.iter().map(first).collect()
    }
}
