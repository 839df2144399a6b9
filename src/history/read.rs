use std::collections::{HashSet, VecDeque};
use std::panic::resume_unwind;
use std::sync::mpsc;

use chrono::Utc;

use super::ahead::{self, Ready};
use super::cache::{Cache, Opened, Places, staying};
use super::first::First;
use super::land::{Ahead, Lander};
use super::listen::{Ear, Listener, Word};
use super::record::{self, Records, Said};
use super::{Event, History};
use crate::model::ItemId;
use crate::repository::{
    CommitId, GitError, Hands, Landed, Repository, nearest_on_line, steps_on_line, walk_back,
};
use crate::settings;

/// Why history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Git cannot tell.
    #[error(transparent)]
    Git(#[from] GitError),
    /// What was kept of it is no history, and was told in part before that was seen.
    #[error(
        "the history that was kept in the git directory is damaged; what was damaged is removed: run the command again"
    )]
    Kept,
}

/// What a history is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistorySource {
    /// The commits and nothing else. What an auditor relies on is read so.
    Commits,
    /// What earlier commands cached in the git directory, where it is authentic, and the commits
    /// since.
    Cache,
}

/// The history of a tracker up to a revision. `prefix` and `items` are those of the tracker:
/// `prefix` + `poam.yaml` are the settings, `items_folder` holds the items.
pub fn read(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    let place = Place { repository, items_folder, settings: &settings_of(prefix) };
    place.history(None, head, Pace::USUAL)
}

/// The same, from what earlier commands kept in the git directory and the commits since, and keeps
/// what it read where that is worth it. Wherever that is of no use, the commits are read.
pub fn read_cached(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
) -> Result<History, HistoryError> {
    let place = Place { repository, items_folder, settings: &settings_of(prefix) };
    place.history(Cache::of(repository, prefix, items_folder).as_ref(), head, Pace::USUAL)
}

/// The same for who only goes through what happened: some events at a time, oldest first, without
/// the history ever being held as a whole.
///
/// # Errors
///
/// As [`read_cached`], and [`HistoryError::Kept`]: what was told before an error happened, but is
/// not all of it.
pub fn each_event(
    repository: &Repository,
    head: CommitId,
    prefix: &str,
    items_folder: &str,
    source: HistorySource,
    each: impl FnMut(Vec<Event>) + Send,
) -> Result<(), HistoryError> {
    let place = Place { repository, items_folder, settings: &settings_of(prefix) };
    let cache = match source {
        HistorySource::Commits => None,
        HistorySource::Cache => Cache::of(repository, prefix, items_folder),
    };
    place.read(cache.as_ref(), head, Pace::USUAL, &mut Each { each, heard: false })
}

/// Who goes through what happened.
struct Each<F> {
    each: F,
    heard: bool,
}

impl<F: FnMut(Vec<Event>) + Send> Listener for Each<F> {
    fn hear(&mut self, events: Vec<Event>) {
        self.heard = true;
        (self.each)(events);
    }

    fn set_first(&mut self, _id: &ItemId, _first: First) {}

    fn forget(&mut self) -> bool {
        !self.heard
    }
}

/// Nobody listens: what happened is only kept.
struct Nobody;

impl Listener for Nobody {
    fn hear(&mut self, _events: Vec<Event>) {}

    fn set_first(&mut self, _id: &ItemId, _first: First) {}

    fn forget(&mut self) -> bool {
        true
    }
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
    /// So many commits are read at a time where memory counts for more than time.
    pub(super) piece: Option<usize>,
    /// Whether what is found out ahead may be used; where not, the same must come out.
    pub(super) ahead: bool,
}

impl Pace {
    pub(super) const USUAL: Self =
        Self { least: 32, many: 1024, recent: 64, few: 64, piece: None, ahead: true };
    pub(super) const THRIFTY: Self = Self { piece: Some(4096), ..Self::USUAL };

    /// Whether what landed is worth being kept.
    fn is_worth(&self, commits: usize, stretch: &Stretch) -> bool {
        let files = || stretch.landed.iter().map(|it| it.files.len()).sum::<usize>();
        !stretch.is_ready() || commits >= self.least || files() >= self.many
    }

    fn hands(&self) -> Hands {
        if self.piece.is_some() { Hands::One } else { Hands::All }
    }
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

/// Commits up to one: the first of them ready to land, those that wait to be read, newest first, and
/// the rest as the ends of pieces.
struct Stretch {
    landed: Vec<Ready>,
    waiting: Vec<Landed>,
    /// The last commit of the first piece.
    to: CommitId,
    rest: VecDeque<CommitId>,
}

impl Stretch {
    /// Whether nothing comes after what is ready.
    fn is_ready(&self) -> bool {
        self.waiting.is_empty() && self.rest.is_empty()
    }
}

/// Files that are read before those of the next commit, where memory counts for more than time.
const FILES: usize = 16_384;

/// Batches of events that wait for who listens.
const WAITING: usize = 1;

impl Place<'_> {
    pub(super) fn history(
        &self,
        cache: Option<&Cache>,
        head: CommitId,
        pace: Pace,
    ) -> Result<History, HistoryError> {
        let mut history = History::default();
        self.read(cache, head, pace, &mut history)?;
        history.head = Some(head);
        history.head_time = Some(self.repository.committed(head)?.with_timezone(&Utc));
        Ok(history)
    }

    /// Reads into the cache what nothing, or much less, is kept of, so that who is told it afterwards
    /// needs memory for nothing else.
    pub(super) fn keep(
        &self,
        cache: &Cache,
        head: CommitId,
        pace: Pace,
    ) -> Result<(), HistoryError> {
        let tips = cache.tips();
        let nearest = nearest_on_line(self.repository, head, |commit| tips.contains(&commit))?;
        let few = nearest.is_some_and(|(_, after)| after < pace.least);
        if few || cache.begin(None).is_none() {
            return Ok(());
        }
        self.read(Some(cache), head, pace, &mut Nobody)
    }

    /// Tells what happened up to a commit.
    pub(super) fn read(
        &self,
        cache: Option<&Cache>,
        head: CommitId,
        pace: Pace,
        listener: &mut dyn Listener,
    ) -> Result<(), HistoryError> {
        if self.repository.is_shallow() {
            return Err(GitError::Shallow.into());
        }
        let mut tips = cache.map(Cache::tips).unwrap_or_default();
        while let (Some(cache), false) = (cache, tips.is_empty()) {
            let nearest = nearest_on_line(self.repository, head, |commit| tips.contains(&commit))?;
            let Some((tip, after)) = nearest else { break };
            let Err(useless) = self.go_on(cache, (tip, after), head, pace, listener)? else {
                return Ok(());
            };
            if !listener.forget() {
                return Err(HistoryError::Kept);
            }
            tips.remove(&useless);
            tips.remove(&tip);
        }
        let stretch = self.stretch(None, head, None, pace)?;
        let keep = cache.filter(|_| pace.is_worth(stretch.landed.len(), &stretch));
        let mut ear = Ear::new(listener, keep, []);
        ear.take(Word::Begin(None));
        let mut lander = Lander::new(self.settings.to_owned(), Some(self.repository));
        let ear = self.land(&mut lander, stretch, ear, keep.is_some(), pace)?;
        match (lander.failed.take(), ear) {
            (Some(error), _) => return Err(error.into()),
            (None, Some(ear)) => lander.end_to(ear.listener),
            (None, None) => {}
        }
        Ok(())
    }

    /// Tells what was kept up to a commit, and reads the `after` ones that came after it. Where that
    /// is of no use, a commit whose segment is not.
    fn go_on(
        &self,
        cache: &Cache,
        (tip, after): (CommitId, usize),
        head: CommitId,
        pace: Pace,
        listener: &mut dyn Listener,
    ) -> Result<Result<(), CommitId>, HistoryError> {
        let mut chain = match cache.chain(tip) {
            Ok(chain) => chain,
            Err(useless) => return Ok(Err(useless)),
        };
        listener.expect(chain.iter().map(Opened::most).sum());
        if after == 0 {
            let mut ear = Ear::new(listener, None, []);
            return Ok(match tell(&mut chain, None, 0, &mut ear) {
                Ok(firsts) => {
                    firsts.into_iter().for_each(|(id, first)| listener.set_first(&id, first));
                    Ok(())
                }
                Err(to) => Err(cache.remove(to)),
            });
        }
        // Read before anything is told: of what cannot be read nothing is.
        let stretch = self.stretch(Some(tip), head, Some(after), pace)?;
        let keep = pace.is_worth(after, &stretch);
        let stay = if keep { staying(&chain) } else { chain.len() };
        let needed: Vec<CommitId> = chain.iter().take(stay).map(|segment| segment.to).collect();
        let mut ear = Ear::new(listener, keep.then_some(cache), needed);
        let mut lander = Lander::new(self.settings.to_owned(), Some(self.repository));
        let firsts = match tell(&mut chain, Some(&mut lander.known), stay, &mut ear) {
            Ok(firsts) => firsts,
            Err(to) => return Ok(Err(cache.remove(to))),
        };
        if stay == chain.len() {
            ear.take(Word::Begin(Some(tip)));
        }
        let places: Option<Vec<Vec<u8>>> = chain.iter_mut().map(Opened::places).collect();
        drop(chain);
        if resumed(&mut lander, places, firsts, stay, &stretch).is_none() {
            return Ok(Err(cache.remove(tip)));
        }
        let ear = self.land(&mut lander, stretch, ear, keep, pace)?;
        if lander.failed.is_some() {
            return Ok(Err(tip));
        }
        if let Some(ear) = ear {
            lander.end_to(ear.listener);
        }
        Ok(Ok(()))
    }

    /// The commits after `since`, oldest first; `many` is how many they are, where that is known.
    fn stretch(
        &self,
        since: Option<CommitId>,
        head: CommitId,
        many: Option<usize>,
        pace: Pace,
    ) -> Result<Stretch, GitError> {
        let mut rest = VecDeque::new();
        if let Some(piece) = pace.piece.filter(|piece| many.is_none_or(|many| many > *piece)) {
            rest.extend(steps_on_line(self.repository, since, head, piece)?);
        }
        let to = rest.pop_front().unwrap_or(head);
        let mut waiting = self.walk(since, to, pace)?;
        Ok(Stretch { landed: self.next(&mut waiting, pace)?, waiting, to, rest })
    }

    /// What landed after `since`, newest first.
    fn walk(
        &self,
        since: Option<CommitId>,
        to: CommitId,
        pace: Pace,
    ) -> Result<Vec<Landed>, GitError> {
        let paths = [self.items_folder, self.settings];
        let mut landed = Vec::new();
        let each = |one| landed.push(one);
        walk_back(self.repository, (since, to), &paths, pace.hands(), each)?;
        Ok(landed)
    }

    /// Reads the oldest of some commits, newest first, that are to land next: all of them, or as
    /// many as change so many files where memory counts for more than time.
    fn next(&self, waiting: &mut Vec<Landed>, pace: Pace) -> Result<Vec<Ready>, GitError> {
        let mut first = 0;
        if pace.piece.is_some() {
            let mut files = 0;
            let enough = |it: &Landed| {
                files += it.changes.len();
                files >= FILES
            };
            first = waiting.iter().rposition(enough).unwrap_or_default();
        }
        let some = waiting.split_off(first);
        let mut ready =
            ahead::read(self.repository, some, self.settings, (pace.few, pace.hands()))?;
        if !pace.ahead {
            for file in ready.iter_mut().flat_map(|it| &mut it.files) {
                file.ahead = Ahead::default();
            }
        }
        Ok(ready)
    }

    /// Lands commits while what they did is told.
    fn land<'r>(
        &self,
        lander: &mut Lander<'r>,
        stretch: Stretch,
        ear: Ear<'r>,
        keep: bool,
        pace: Pace,
    ) -> Result<Option<Ear<'r>>, HistoryError> {
        let files: usize = stretch.landed.iter().map(|it| it.files.len()).sum();
        // Memory that another thread gives back is of no use here.
        let ear = if pace.hands() == Hands::One || stretch.is_ready() && files <= pace.few {
            lander.mouth.speak_to(ear);
            self.land_all(lander, stretch, keep, pace)?;
            lander.mouth.end()
        } else {
            let (sender, words) = mpsc::sync_channel(WAITING);
            lander.mouth.speak_through(sender);
            std::thread::scope(|scope| {
                let mut ear = ear;
                let listening = scope.spawn(move || {
                    words.into_iter().for_each(|word| ear.take(word));
                    ear
                });
                let landed = self.land_all(lander, stretch, keep, pace);
                lander.mouth.end();
                let ear = listening.join().unwrap_or_else(|panic| resume_unwind(panic));
                landed.map(|()| Some(ear))
            })?
        };
        if let (Some(ear), None) = (&ear, &lander.failed) {
            ear.tidy();
        }
        Ok(ear)
    }

    fn land_all(
        &self,
        lander: &mut Lander<'_>,
        stretch: Stretch,
        keep: bool,
        pace: Pace,
    ) -> Result<(), GitError> {
        let Stretch { mut landed, mut waiting, mut to, mut rest } = stretch;
        while !waiting.is_empty() || !rest.is_empty() {
            land_some(lander, landed);
            // Nothing more is found out of what failed.
            if lander.failed.is_some() {
                return Ok(());
            }
            if waiting.is_empty() {
                let next = rest.pop_front().unwrap_or(to);
                waiting = self.walk(Some(to), next, pace)?;
                to = next;
            }
            landed = self.next(&mut waiting, pace)?;
        }
        if keep {
            let early = landed.len().saturating_sub(pace.recent);
            let recent = landed.split_off(if early < pace.recent { 0 } else { early });
            let last = landed.last().map(|it| it.commit);
            land_some(lander, landed);
            if let Some(last) = last {
                end(lander, last);
                lander.mouth.say(Word::Begin(Some(last)));
            }
            land_some(lander, recent);
            end(lander, to);
        } else {
            land_some(lander, landed);
        }
        Ok(())
    }
}

fn land_some(lander: &mut Lander<'_>, landed: Vec<Ready>) {
    // What has landed is not held any longer.
    for Ready { facts, files, .. } in landed {
        lander.land(&facts, &files);
    }
}

/// What was told up to a commit is to be kept, where nothing failed.
fn end(lander: &mut Lander<'_>, to: CommitId) {
    let news = if lander.failed.is_none() { lander.news(to) } else { None };
    lander.mouth.say(Word::End(news));
}

/// Tells what some segments say; those after the first `stay` are kept again. What they say of each
/// item is noted where it is asked for. First versions of items, the newest last, or the commit whose
/// segment does not hold what it says.
fn tell(
    chain: &mut [Opened],
    mut known: Option<&mut Records<()>>,
    stay: usize,
    ear: &mut Ear<'_>,
) -> Result<Vec<(ItemId, First)>, CommitId> {
    let mut firsts = Vec::new();
    for (at, segment) in chain.iter_mut().enumerate() {
        if at == stay {
            ear.take(Word::Begin(segment.since));
        }
        let each = |events: Vec<Event>| {
            if let Some(known) = &mut known {
                let said = events.iter().filter_map(Said::of);
                said.for_each(|said| record::note(known, &said, None));
            }
            ear.take(Word::Events(events));
        };
        firsts.append(&mut segment.events(each).ok_or(segment.to)?);
    }
    Ok(firsts)
}

/// Goes on after segments, of which those after the first `stay` are kept again; `None` where they
/// do not fit together.
fn resumed(
    lander: &mut Lander<'_>,
    places: Option<Vec<Vec<u8>>>,
    firsts: Vec<(ItemId, First)>,
    stay: usize,
    stretch: &Stretch,
) -> Option<()> {
    let places = places?;
    let places = places.iter().map(|bytes| Places::of(bytes)).collect::<Option<Vec<_>>>()?;
    let again = places.get(stay..).unwrap_or_default();
    let files = || stretch.landed.iter().flat_map(|it| &it.files);
    let old = again.iter().flat_map(|it| it.files.iter().map(|(path, _)| *path));
    let paths: HashSet<&str> = files().map(|file| &*file.path).chain(old).collect();
    let held = again.iter().flat_map(|it| &it.held).filter_map(|(id, _)| id.parse().ok());
    let new = files().filter_map(|file| file.new.as_ref()?.id().cloned());
    // What pieces to come look at is not known yet.
    let asked = stretch.is_ready().then(|| (&paths, held.chain(new).collect()));
    lander.resume(&places, asked)?;
    lander.tell_again(again);
    for (id, first) in firsts {
        // An item may have left the id since; the newest segment says what is so now.
        if let Some(record) = lander.known.get_mut(&id) {
            record.first = first;
        }
        lander.touched.odd.insert(id);
    }
    Some(())
}
