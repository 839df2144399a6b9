use std::collections::BTreeSet;

use chrono::Utc;

use super::History;
use super::ahead::{self, Ready};
use super::cache::{Cache, Loaded};
use super::land::{Ahead, Lander};
use crate::repository::{CommitId, GitError, Repository, nearest_on_line};
use crate::settings;

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Git cannot tell.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// The history of a tracker up to a revision. `prefix` and `items` are those of the tracker:
/// `prefix` + `poam.yaml` are the settings, `items_folder` holds the items.
pub fn read(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    read_plainly(repository, head, prefix, items_folder, Pace::USUAL)
}

pub(super) fn read_plainly(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
    pace: Pace,
) -> Result<History, HistoryError> {
    let place = Place { repository, items_folder, settings: &settings_of(prefix) };
    let landed = place.landed(None, head, pace)?;
    let mut lander = Lander::new(place.settings.to_owned(), Some(repository));
    place.land(&mut lander, landed);
    place.done(lander, head)
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

/// When something is worth being kept, and how it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// As many commits as this.
    pub(super) least: usize,
    /// Or as many files as this in fewer commits: an import is a commit or two with thousands.
    pub(super) many: usize,
    /// So many of the last commits are a segment of their own: branches begin near the end of the
    /// main line, and what is before is of use to all of them.
    pub(super) recent: usize,
    /// As many files as this are not worth threads.
    pub(super) few: usize,
    /// Whether what is found out ahead may be used; where not, the same must come out.
    pub(super) ahead: bool,
}

impl Pace {
    pub(super) const USUAL: Self = Self { least: 32, many: 1024, recent: 64, few: 64, ahead: true };

    /// Whether what landed is worth being kept.
    pub(super) fn is_worth(&self, commits: usize, landed: &[Ready]) -> bool {
        let files = || landed.iter().map(|it| it.files.len()).sum::<usize>();
        commits >= self.least || files() >= self.many
    }
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
    let landed = place.landed(None, head, pace)?;
    let mut lander = Lander::new(place.settings.to_owned(), Some(repository));
    let worth = pace.is_worth(landed.len(), &landed);
    place.land_and_keep(&mut lander, landed, head, worth.then_some((&cache, None)), pace);
    place.done(lander, head)
}

pub(super) fn settings_of(prefix: &str) -> String {
    format!("{prefix}{}", settings::FILE)
}

/// Where a tracker is.
pub(super) struct Place<'a> {
    pub(super) repository: &'a Repository,
    pub(super) items_folder: &'a str,
    pub(super) settings: &'a str,
}

impl Place<'_> {
    /// What landed after `since`, oldest first.
    pub(super) fn landed(
        &self,
        since: Option<CommitId>,
        head: CommitId,
        pace: Pace,
    ) -> Result<Vec<Ready>, GitError> {
        let paths = [self.items_folder, self.settings];
        let mut landed =
            ahead::read(self.repository, (since, head), &paths, self.settings, pace.few)?;
        if !pace.ahead {
            for file in landed.iter_mut().flat_map(|it| &mut it.files) {
                file.ahead = Ahead::default();
            }
        }
        Ok(landed)
    }

    fn done(&self, mut lander: Lander<'_>, head: CommitId) -> Result<History, HistoryError> {
        match lander.failed.take() {
            Some(error) => Err(error.into()),
            None => self.finish(lander.finish(), head),
        }
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
        let landed = self.landed(loaded.tip(), head, pace)?;
        let settings = self.settings.to_owned();
        let lander = Lander::resume(settings, self.repository, loaded, history);
        let Some(mut lander) = lander else { return Ok(None) };
        let keep = pace.is_worth(after, &landed).then_some((cache, Some(loaded)));
        self.land_and_keep(&mut lander, landed, head, keep, pace);
        Ok(lander.failed.is_none().then(|| lander.finish()))
    }

    /// Lands commits, and keeps what they did after what was kept before.
    fn land_and_keep(
        &self,
        lander: &mut Lander<'_>,
        mut landed: Vec<Ready>,
        head: CommitId,
        keep: Option<(&Cache, Option<&Loaded>)>,
        pace: Pace,
    ) {
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
        let recent = landed.split_off(if early < pace.recent { 0 } else { early });
        let early = (landed.last().map(|it| it.commit), landed);
        let mut parts = [early, (Some(head), recent)].into_iter();
        while let Some((to, part)) = parts.next() {
            let Some(to) = to else { continue };
            self.land(lander, part);
            if lander.failed.is_some() {
                return;
            }
            let Some(news) = lander.news(since, to, events) else {
                return parts.for_each(|(_, part)| self.land(lander, part));
            };
            cache.keep(news);
            needed.insert(to);
            (since, events) = (Some(to), lander.history.events.len());
        }
        cache.tidy(&needed);
    }

    pub(super) fn land(&self, lander: &mut Lander<'_>, landed: Vec<Ready>) {
        // What has landed is not held any longer.
        for Ready { facts, files, .. } in landed {
            lander.land(&facts, &files);
        }
    }
}
