//! Going on from a history that was kept.

use std::collections::HashSet;
use std::sync::Arc;

use super::ahead::Ready;
use super::cache::{FirstVersion, KnownFile, Loaded, News, Places};
use super::content::{Version, What};
use super::first::First;
use super::land::Lander;
use super::{Brief, History};
use crate::model::ItemId;
use crate::repository::{BlobId, CommitId, Repository};

impl History {
    /// The history that some events tell, with what is kept of first versions; `None` where that is
    /// none.
    pub(super) fn resumed(loaded: &mut Loaded) -> Option<Self> {
        let mut history = Self::default();
        let events = std::mem::take(&mut loaded.events);
        for (place, event) in events.iter().enumerate() {
            history.note(event, place);
        }
        history.events = events;
        for (id, first) in loaded.chain.iter().flat_map(|link| &link.firsts) {
            // An item may have left the id since; the newest segment says what is so now.
            let Some(record) = history.records.get_mut(&id.parse::<ItemId>().ok()?) else {
                continue;
            };
            record.first = first.meant()?;
        }
        Some(history)
    }
}

impl FirstVersion {
    /// What is meant by what was written; `None` where that is nothing.
    pub(super) fn meant(&self) -> Option<First> {
        Some(match self {
            Self::Created => First::default(),
            Self::Missing => First::Missing,
            Self::Later(text) => First::Later(Arc::new(serde_json::from_str(text).ok()?)),
        })
    }
}

impl<'r> Lander<'r> {
    /// Goes on after what was kept; `None` where that does not fit together.
    pub(super) fn resume(
        settings: String,
        repository: &'r Repository,
        loaded: &Loaded,
        history: History,
    ) -> Option<Self> {
        let mut lander = Self::new(settings, Some(repository));
        lander.history = history;
        for link in &loaded.chain {
            for (path, file) in &link.files {
                lander.know(path, file.as_ref().map(|file| (file.blob, file.id.as_deref())))?;
            }
            for (id, paths) in &link.held {
                lander.know_of(id.parse().ok()?, paths.iter().map(String::as_str));
            }
            for (id, _) in &link.firsts {
                lander.touched.odd.insert(id.parse().ok()?);
            }
        }
        Some(lander)
    }

    /// The same of what some commits may look at and nothing else, in `brief` instead of all events;
    /// `places` is where things are by each segment.
    pub(super) fn resume_for(
        landed: &[Ready],
        (settings, repository): (String, &'r Repository),
        places: &[Places<'_>],
        brief: &Brief,
    ) -> Option<Self> {
        let mut lander = Self::new(settings, Some(repository));
        let files = || landed.iter().flat_map(|it| &it.files);
        let paths: HashSet<&str> = files().map(|file| &*file.path).collect();
        lander.know_places(places, &paths)?;
        let new = files().filter_map(|file| file.new.as_ref()?.id());
        let old = lander.files.values().filter_map(|version| version.id());
        let ids: HashSet<ItemId> = new.chain(old).cloned().collect();
        for (id, paths) in places.iter().flat_map(|it| &it.held) {
            let id: ItemId = id.parse().ok()?;
            if ids.contains(&id) {
                lander.know_of(id, paths.iter().copied());
            }
        }
        // Other files with these ids.
        let held: Vec<Arc<str>> = lander.held.values().flatten().cloned().collect();
        let others = held.iter().map(|path| &**path).filter(|path| !paths.contains(path));
        lander.know_places(places, &others.collect())?;
        let records = ids.into_iter().filter_map(|id| brief.record(&id).map(|it| (id, it.bare())));
        lander.history.records = records.collect();
        Some(lander)
    }

    fn know_places(&mut self, places: &[Places<'_>], paths: &HashSet<&str>) -> Option<()> {
        let files = places.iter().flat_map(|it| &it.files);
        for (path, file) in files.filter(|(path, _)| paths.contains(path)) {
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

    /// Knows which paths hold an id.
    fn know_of<'p>(&mut self, id: ItemId, paths: impl Iterator<Item = &'p str>) {
        let paths: Vec<Arc<str>> = paths.map(Arc::from).collect();
        if paths.is_empty() {
            self.held.remove(&id);
        } else {
            self.held.insert(id, paths);
        }
    }

    /// Counts what some segments tell as done since, because they are told again.
    pub(super) fn tell_again(&mut self, loaded: &Loaded, from: usize) {
        for link in loaded.chain.iter().skip(from) {
            self.touched.paths.extend(link.files.iter().map(|(path, _)| Arc::from(path.as_str())));
            let ids = link.held.iter().filter_map(|(id, _)| id.parse().ok());
            self.touched.ids.extend(ids);
        }
    }

    /// What was done since somebody asked, to be kept; `None` where it cannot be. `events` is how
    /// many there were.
    pub(super) fn news(
        &mut self,
        since: Option<CommitId>,
        to: CommitId,
        events: usize,
    ) -> Option<News<'_>> {
        let mut paths: Vec<Arc<str>> = self.touched.paths.drain().collect();
        paths.sort_unstable();
        let mut ids: Vec<ItemId> = self.touched.ids.drain().collect();
        ids.sort_unstable();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let known = match self.files.get(&path) {
                None => None,
                Some(known) => {
                    Some(KnownFile { blob: known.blob?, id: known.id().map(ToString::to_string) })
                }
            };
            files.push((path.to_string(), known));
        }
        let held = |id: ItemId| {
            let paths = self.held.get(&id).into_iter().flatten().map(ToString::to_string);
            (id.to_string(), paths.collect())
        };
        let first = |id: &ItemId| {
            let first = match self.history.records.get(id).map(|record| &record.first) {
                None | Some(First::Created) => FirstVersion::Created,
                Some(First::Missing) => FirstVersion::Missing,
                Some(First::Later(value)) => FirstVersion::Later(value.to_string()),
            };
            (id.to_string(), first)
        };
        Some(News {
            since,
            to,
            events: self.history.events.get(events..)?,
            files,
            held: ids.into_iter().map(held).collect(),
            firsts: self.touched.odd.iter().map(first).collect(),
        })
    }
}
