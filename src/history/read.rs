use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::Utc;
use rayon::prelude::*;

use super::cache::{Cache, Loaded};
use super::facts::{Facts, actor};
use super::land::{File, Lander, Version};
use super::{Actor, History};
use crate::model::ItemId;
use crate::repository::{
    BlobId, CommitId, GitError, Landed, Repository, nearest_on_line, walk, walk_since,
};
use crate::settings;

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Git cannot tell.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Commits that are read and parsed together: blobs of one file lie near each other in a pack, so
/// reading many in the order of their paths is several times faster than one by one.
const BATCH: usize = 4096;

/// The history of a tracker up to a revision. `prefix` and `items` are those of the tracker:
/// `prefix` + `poam.yaml` are the settings, `items_folder` holds the items.
pub fn read(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    let place = Place { repository, items_folder, settings: &settings_of(prefix) };
    let landed = walk(repository, head, &place.paths())?;
    let mut lander = Lander::new(place.settings.to_owned());
    place.land(&mut lander, &landed)?;
    place.finish(lander.finish(), head)
}

/// The same, from what earlier commands kept in the git directory and the commits since, and keeps
/// what it read where that is worth it. Wherever that is of no use, the commits are read.
pub fn read_cached(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    read_kept(repository, head, prefix, items_folder, Pace::USUAL)
}

/// When something is worth being kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// As many commits as this.
    pub(super) least: usize,
    /// So many of the last commits are a segment of their own: branches begin near the end of the
    /// main line, and what is before is of use to all of them.
    pub(super) recent: usize,
}

impl Pace {
    const USUAL: Self = Self { least: 32, recent: 64 };
}

pub(super) fn read_kept(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
    pace: Pace,
) -> Result<History, HistoryError> {
    let place = Place { repository, items_folder, settings: &settings_of(prefix) };
    if repository.is_shallow() {
        return Err(GitError::Shallow.into());
    }
    let cache = Cache::of(repository, prefix, items_folder);
    let mut tips = cache.tips();
    while !tips.is_empty() {
        let nearest = nearest_on_line(repository, head, |commit| tips.contains(&commit))?;
        let Some((tip, after)) = nearest else { break };
        let mut loaded = match cache.load(tip) {
            Ok(loaded) => loaded,
            Err(useless) => {
                tips.remove(&useless);
                tips.remove(&tip);
                continue;
            }
        };
        let Some(history) = History::resumed(&mut loaded) else {
            tips.remove(&tip);
            continue;
        };
        if after == 0 {
            return place.finish(history, head);
        }
        if let Some(history) = place.go_on(&cache, &loaded, history, (head, after), pace)? {
            return place.finish(history, head);
        }
        tips.remove(&tip);
    }
    let landed = walk(repository, head, &place.paths())?;
    let mut lander = Lander::new(place.settings.to_owned());
    let worth = landed.len() >= pace.least;
    place.land_and_keep(&mut lander, &landed, head, worth.then_some((&cache, None)), pace)?;
    place.finish(lander.finish(), head)
}

fn settings_of(prefix: &str) -> String {
    format!("{prefix}{}", settings::FILE)
}

/// Where a tracker is.
struct Place<'a> {
    repository: &'a Repository,
    items_folder: &'a str,
    settings: &'a str,
}

type Versions = HashMap<(bool, BlobId), Arc<Version>>;

impl Place<'_> {
    fn paths(&self) -> [&str; 2] {
        [self.items_folder, self.settings]
    }

    fn finish(&self, mut history: History, head: CommitId) -> Result<History, HistoryError> {
        history.head = Some(head);
        history.head_time = Some(self.repository.committed(head)?.with_timezone(&Utc));
        Ok(history)
    }

    /// Reads the `after` commits that came after what was kept; `None` where that does not fit them.
    fn go_on(
        &self,
        cache: &Cache,
        loaded: &Loaded,
        history: History,
        (head, after): (CommitId, usize),
        pace: Pace,
    ) -> Result<Option<History>, HistoryError> {
        let landed = walk_since(self.repository, loaded.tip(), head, &self.paths())?;
        let settings = self.settings.to_owned();
        let Some(mut lander) = Lander::resume(settings, loaded, history) else { return Ok(None) };
        let keep = (after >= pace.least).then_some((cache, Some(loaded)));
        self.land_and_keep(&mut lander, &landed, head, keep, pace)?;
        Ok((!lander.short).then(|| lander.finish()))
    }

    /// Lands commits, and keeps what they did after what was kept before.
    fn land_and_keep(
        &self,
        lander: &mut Lander,
        landed: &[Landed],
        head: CommitId,
        keep: Option<(&Cache, Option<&Loaded>)>,
        pace: Pace,
    ) -> Result<(), HistoryError> {
        let Some((cache, before)) = keep else { return self.land(lander, landed) };
        let chain = before.map(|before| before.chain.as_slice()).unwrap_or_default();
        let stay = before.map_or(0, Loaded::kept_links);
        if let Some(before) = before {
            lander.tell_again(before, stay);
        }
        let last = stay.checked_sub(1).and_then(|last| chain.get(last));
        let (mut since, mut events) = (last.map(|link| link.to), last.map_or(0, |it| it.events));
        let mut needed: BTreeSet<CommitId> = chain.iter().take(stay).map(|link| link.to).collect();
        let early = landed.len().saturating_sub(pace.recent);
        let (early, recent) = landed.split_at(if early < pace.recent { 0 } else { early });
        for (part, to) in [(early, early.last().map(|it| it.commit)), (recent, Some(head))] {
            let Some(to) = to else { continue };
            self.land(lander, part)?;
            if lander.short {
                return Ok(());
            }
            let Some(news) = lander.news(since, to, events) else {
                return self.land(lander, recent);
            };
            cache.keep(news);
            needed.insert(to);
            (since, events) = (Some(to), lander.history.events.len());
        }
        cache.tidy(&needed);
        Ok(())
    }

    fn land(&self, lander: &mut Lander, landed: &[Landed]) -> Result<(), HistoryError> {
        for batch in landed.chunks(BATCH) {
            let versions = self.versions(batch, lander)?;
            for commit in batch {
                let facts = Facts::of(commit);
                let files = files(commit, &facts, &versions, lander);
                lander.land(&facts, files);
            }
        }
        Ok(())
    }

    /// Reads and parses every new version of a batch, and the last known ones that they are compared
    /// with where they were not read yet.
    fn versions(&self, batch: &[Landed], lander: &mut Lander) -> Result<Versions, GitError> {
        let changes = || {
            let changes = batch.iter().flat_map(|landed| &landed.changes);
            changes.filter(|change| lander.is_ours(&change.path))
        };
        let wanted = changes().filter_map(|change| Some((change.path.as_str(), change.new?)));
        let mut versions = self.parsed(wanted.collect(), lander)?;
        let ids = versions.values().filter_map(|version| version.id().cloned());
        let ids: Vec<ItemId> = ids.collect();
        let unread = lander.unread(changes().map(|change| change.path.as_str()), ids.into_iter());
        if !unread.is_empty() {
            let wanted = unread.iter().map(|(path, blob)| (path.as_str(), *blob));
            versions.extend(self.parsed(wanted.collect(), lander)?);
            for (path, blob) in unread {
                if let Some(version) = versions.get(&(path == self.settings, blob)) {
                    lander.supply(&path, Arc::clone(version));
                }
            }
        }
        Ok(versions)
    }

    fn parsed(
        &self,
        mut wanted: Vec<(&str, BlobId)>,
        lander: &Lander,
    ) -> Result<Versions, GitError> {
        wanted.sort_unstable();
        let mut seen = std::collections::HashSet::new();
        wanted.retain(|(path, blob)| seen.insert((*path == self.settings, *blob)));
        let blobs: Vec<(&str, BlobId, Vec<u8>)> = wanted
            .into_iter()
            .map(|(path, blob)| Ok((path, blob, self.repository.blob(blob)?)))
            .collect::<Result<_, GitError>>()?;
        let settings = self.settings;
        let parse = |(path, blob, bytes): (&str, BlobId, Vec<u8>)| {
            ((path == settings, blob), Arc::new(lander.version(path, &bytes)))
        };
        Ok(blobs.into_par_iter().map(parse).collect())
    }
}

/// The files of a commit with their new versions.
fn files<'a>(
    landed: &'a Landed,
    facts: &Facts,
    versions: &Versions,
    lander: &Lander,
) -> Vec<File<'a>> {
    let ours = landed.changes.iter().filter(|change| lander.is_ours(&change.path));
    ours.map(|change| {
        let key = change.new.map(|blob| (change.path == lander.settings, blob));
        let new = key.and_then(|key| versions.get(&key)).cloned();
        // What stands there is not read, so that nobody follows it.
        let irregular = change.irregular && change.new.is_none() && change.old.is_none();
        let why = || Version::Unreadable("a symbolic link or a submodule".to_owned());
        File {
            path: &change.path,
            new: if irregular { Some(Arc::new(why())) } else { new },
            blob: change.new,
            reason: facts.reason_for(change),
            origins: facts.origins_of(change),
            authors: change.authors.iter().map(actor).collect::<Vec<Actor>>(),
        }
    })
    .collect()
}
