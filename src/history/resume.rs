//! Going on from a history that was kept.

use std::sync::Arc;

use super::History;
use super::cache::{FirstVersion, KnownFile, Loaded, News};
use super::content::{Version, What};
use super::first::First;
use super::land::Lander;
use crate::model::ItemId;
use crate::repository::{CommitId, Repository};

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
            record.first = match first {
                FirstVersion::Created => First::default(),
                FirstVersion::Missing => First::Missing,
                FirstVersion::Later(text) => {
                    First::Later(Arc::new(serde_json::from_str(text).ok()?))
                }
            };
        }
        Some(history)
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
                match file {
                    Some(file) => {
                        let what = match &file.id {
                            Some(id) => What::Item(id.parse().ok()?),
                            None => What::Settings,
                        };
                        let version = Version { what, blob: Some(file.blob), value: None };
                        lander.files.insert(path.as_str().into(), Arc::new(version));
                    }
                    None => {
                        lander.files.remove(path.as_str());
                    }
                }
            }
            for (id, paths) in &link.held {
                let id = id.parse().ok()?;
                if paths.is_empty() {
                    lander.held.remove(&id);
                } else {
                    let paths = paths.iter().map(|path| Arc::from(path.as_str())).collect();
                    lander.held.insert(id, paths);
                }
            }
            for (id, _) in &link.firsts {
                lander.touched.odd.insert(id.parse().ok()?);
            }
        }
        Some(lander)
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
