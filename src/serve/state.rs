//! The tracker as it was read last, and when to read it again.
//!
//! [`TrackerMark`] detects whether anything changed on disk: the head, the settings and every file of the items
//! folder by its size, its times and its number. Looking costs a walk over the folder, so a large tracker
//! is looked at twice a second at most, and a small one with nearly every request.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, TryLockError};
use std::time::{Duration, Instant, SystemTime};

use chrono::NaiveDate;
use rayon::prelude::*;
use walkdir::WalkDir;

use super::Backend;
use crate::history::History;
use crate::model::ItemId;
use crate::report;
use crate::repository::BlobId;
use crate::settings;
use crate::standing::Standing;
use crate::store::{Store, Stored, Tracker};
use crate::summary::Summary;
use crate::todo::TaskList;

/// The look of a tracker on disk when it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackerMark {
    /// The commit of the head.
    pub head: Option<String>,
    /// The branch, or the commit where the head is detached.
    pub branch: Option<String>,
    settings: Option<FileMark>,
    files: BTreeMap<PathBuf, FileMark>,
}

/// Properties of a file that change when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileMark {
    length: u64,
    modified: Option<SystemTime>,
    /// The number of the file and the time of its last change of any kind.
    number: (u64, i64, i64),
}

impl TrackerMark {
    /// Looks at the files of a tracker.
    pub fn read(tracker: &Tracker, head: Option<String>, git_dir: Option<&Path>) -> Self {
        let branch = git_dir.and_then(|dir| std::fs::read_to_string(dir.join("HEAD")).ok());
        let branch = branch.map(|text| {
            let text = text.trim();
            text.strip_prefix("ref: refs/heads/").unwrap_or(text).to_owned()
        });
        let mut files = BTreeMap::new();
        let mut add = |path: PathBuf| {
            if let Ok(data) = path.symlink_metadata() {
                files.insert(path, FileMark::read(&data));
            }
        };
        let folder = tracker.root.join(&tracker.settings.items);
        for entry in WalkDir::new(folder).follow_links(false).into_iter().filter_map(Result::ok) {
            if !entry.file_type().is_dir() {
                add(entry.into_path());
            }
        }
        let settings = tracker.root.join(settings::FILE).symlink_metadata();
        Self { head, branch, settings: settings.ok().map(|data| FileMark::read(&data)), files }
    }

    /// The files of items that are not as they were, new ones and those that are gone too; `None` where
    /// the settings are others.
    pub fn changed_since(&self, before: &Self) -> Option<Vec<PathBuf>> {
        if self.settings != before.settings || self.settings.is_none() {
            return None;
        }
        let differs = |path: &&PathBuf| self.files.get(*path) != before.files.get(*path);
        let gone = before.files.keys().filter(|path| !self.files.contains_key(*path));
        Some(self.files.keys().filter(differs).chain(gone).cloned().collect())
    }
}

impl FileMark {
    fn read(data: &std::fs::Metadata) -> Self {
        #[cfg(unix)]
        let number = {
            use std::os::unix::fs::MetadataExt as _;
            (data.ino(), data.ctime(), data.ctime_nsec())
        };
        #[cfg(not(unix))]
        let number = (0, 0, 0);
        Self { length: data.len(), modified: data.modified().ok(), number }
    }
}

/// Derives the numbers of a tracker.
pub type Summarize = Box<dyn Fn(&Store, &Tracker, Option<&History>) -> Summary + Send + Sync>;

/// A tracker with all that pages show of it.
pub struct TrackerState {
    /// Its look on disk.
    pub mark: TrackerMark,
    /// The day that counts as today.
    pub today: NaiveDate,
    /// Its folder and settings.
    pub tracker: Tracker,
    /// Its items.
    pub store: Store,
    /// The events of its commits.
    pub history: Option<History>,
    /// Counts what the summary has, where somebody asks for it.
    summarize: Summarize,
    summary: OnceLock<Summary>,
    /// The standing of each item, in the order of the store.
    pub(super) standings: Vec<Standing>,
    /// Counts how often the tracker was read: another number is another state.
    pub(super) revision: u64,
    /// The first page, which takes longest to make and is asked for most.
    overview: Mutex<Option<String>>,
    /// The tasks that were asked for last, with the days ahead.
    tasks: Mutex<Option<(u32, Arc<TaskList>)>>,
    pages: OnceLock<PageNames>,
    people: OnceLock<Vec<String>>,
    fingerprint: OnceLock<u64>,
}

/// The addresses of the pages of items.
pub(super) struct PageNames {
    pub(super) names: report::Names,
    by_page: HashMap<String, usize>,
}

impl TrackerState {
    /// Derives what pages show.
    pub fn new(
        mark: TrackerMark,
        today: NaiveDate,
        tracker: Tracker,
        store: Store,
        history: Option<History>,
        summarize: Summarize,
    ) -> Self {
        let standings = store
            .items()
            .par_iter()
            .map(|stored| Standing::compute(stored, &tracker.settings, history.as_ref(), today))
            .collect();
        Self {
            mark,
            today,
            tracker,
            store,
            history,
            summarize,
            summary: OnceLock::new(),
            standings,
            revision: 0,
            overview: Mutex::new(None),
            tasks: Mutex::new(None),
            pages: OnceLock::new(),
            people: OnceLock::new(),
            fingerprint: OnceLock::new(),
        }
    }

    /// Returns the first page. The first request renders it; others meanwhile get the `last` rendered one,
    /// which announces that there is a newer state.
    pub(super) fn overview<E>(
        &self,
        last: &Mutex<Option<String>>,
        build: impl FnOnce() -> Result<String, E>,
    ) -> Result<String, E> {
        let before = locked(last).clone();
        let mut overview = match (try_locked(&self.overview), before) {
            (Some(overview), _) => overview,
            (None, Some(text)) => return Ok(text),
            (None, None) => locked(&self.overview),
        };
        if let Some(text) = &*overview {
            return Ok(text.clone());
        }
        let text = build()?;
        *overview = Some(text.clone());
        *locked(last) = Some(text.clone());
        Ok(text)
    }

    /// Returns the tasks until so many days ahead. Deriving them takes a tenth of a second for 10,000 items,
    /// so the list that was requested last is cached.
    pub(super) fn tasks(&self, days: u32) -> Arc<TaskList> {
        let mut kept = locked(&self.tasks);
        if let Some((own, list)) = &*kept
            && *own == days
        {
            return list.clone();
        }
        let (settings, history) = (&self.tracker.settings, self.history.as_ref());
        let list =
            Arc::new(TaskList::derive_tasks(&self.store, settings, history, self.today, days));
        *kept = Some((days, list.clone()));
        list
    }

    /// The numbers.
    pub(super) fn summary(&self) -> &Summary {
        let summarize = || (self.summarize)(&self.store, &self.tracker, self.history.as_ref());
        self.summary.get_or_init(summarize)
    }

    /// Returns the fingerprint of the store, by which a plan for all items is checked to be still valid.
    pub(super) fn fingerprint(&self) -> u64 {
        *self.fingerprint.get_or_init(|| self.store.fingerprint())
    }

    /// Iterates over all items with their standings.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Stored, &Standing)> {
        self.store.items().iter().zip(&self.standings)
    }

    /// Finds the item with an id, and its standing.
    pub(super) fn find(&self, id: &str) -> Option<(&Stored, &Standing)> {
        let id: ItemId = id.parse().ok()?;
        let stored = self.store.find(&id)?;
        let at = self.store.items().iter().position(|other| std::ptr::eq(other, stored))?;
        Some((stored, self.standings.get(at)?))
    }

    /// The item whose page has a name.
    pub(super) fn of_page(&self, page: &str) -> Option<usize> {
        self.page_names().by_page.get(page).copied()
    }

    /// The names of pages.
    pub(super) fn page_names(&self) -> &PageNames {
        self.pages.get_or_init(|| {
            let names = report::Names::assign(&self.store);
            let by_page =
                names.pages().iter().enumerate().map(|(at, page)| (page.clone(), at)).collect();
            PageNames { names, by_page }
        })
    }

    /// The address of an item's page from the top.
    pub(super) fn address(&self, id: &ItemId) -> String {
        self.page_names().names.address(id).unwrap_or_else(|| "items.html".to_owned())
    }

    /// The names of people: of the settings first, then of owners.
    pub(super) fn people(&self) -> Vec<String> {
        let collect = || {
            let listed = self.tracker.settings.people.iter().map(|person| person.name.clone());
            let mut names: Vec<String> = listed.collect();
            let owners = self.store.items().iter();
            let owners = owners.filter_map(|stored| stored.item.point_of_contact.as_ref());
            let mut owners: Vec<String> =
                owners.map(|person| person.name.trim().to_owned()).collect();
            owners.sort_unstable();
            owners.dedup();
            owners.retain(|name| !name.is_empty() && !names.contains(name));
            names.extend(owners);
            names
        };
        self.people.get_or_init(collect).clone()
    }
}

/// The version of an item: the name that git gives to its file's content.
pub(super) fn version(stored: &Stored) -> String {
    let blob = BlobId::hash(stored.document.text().as_bytes());
    blob.map_or_else(String::new, |blob| blob.to_string())
}

/// Time between two looks at most. With the second between two questions of a page, what changes outside is
/// seen within two.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// Looking takes at most this part of the time.
const SHARE: u32 = 10;

/// Holds the state that was read last. Changes run one at a time, and nobody reads files meanwhile.
///
/// Readers do not wait while the tracker is read again: they see the state before. Whoever made a change waits
/// until the state has it, so that the next page shows it.
pub(super) struct StateCache {
    current: RwLock<Option<Arc<TrackerState>>>,
    looking: Mutex<LastLook>,
    changing: Mutex<()>,
    /// Counts the changes that ended.
    changes: AtomicU64,
    /// The first page that was made last, of whatever state.
    pub(super) last_overview: Mutex<Option<String>>,
}

/// When the tracker was looked at.
#[derive(Debug, Default)]
struct LastLook {
    next: Option<Instant>,
    revision: u64,
    /// The number of changes that the state has seen.
    changes: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks a mutex that nobody holds.
fn try_locked<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(guard)) => Some(guard.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl StateCache {
    /// Begins without a state.
    pub(super) fn new() -> Self {
        Self {
            current: RwLock::new(None),
            looking: Mutex::new(LastLook::default()),
            changing: Mutex::new(()),
            changes: AtomicU64::new(0),
            last_overview: Mutex::new(None),
        }
    }

    fn current(&self) -> Option<Arc<TrackerState>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state, read again where it may have changed and nobody else is reading it.
    pub(super) fn get(&self, backend: &dyn Backend) -> Result<Arc<TrackerState>, String> {
        let Some(current) = self.current() else {
            let mut look = locked(&self.looking);
            let _unchanging = locked(&self.changing);
            return match self.current() {
                Some(current) => Ok(current),
                None => self.look(backend, &mut look),
            };
        };
        let Some(mut look) = try_locked(&self.looking) else { return Ok(current) };
        if look.next.is_some_and(|next| Instant::now() < next) {
            // It may be newer by now.
            return Ok(self.current().unwrap_or(current));
        }
        let Some(_unchanging) = try_locked(&self.changing) else { return Ok(current) };
        self.look(backend, &mut look)
    }

    /// Looks at the tracker, and reads it where it changed. Only while nothing is changed.
    fn look(
        &self,
        backend: &dyn Backend,
        look: &mut LastLook,
    ) -> Result<Arc<TrackerState>, String> {
        let changes = self.changes.load(Ordering::SeqCst);
        let began = Instant::now();
        let current = self.current();
        if let Some(mut state) = backend.load_state(current.as_deref())? {
            look.revision += 1;
            state.revision = look.revision;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(state));
            // It was read for a reason, which may go on.
            look.next = Some(Instant::now() + Duration::from_millis(50));
        } else {
            let pause = began.elapsed().saturating_mul(SHARE).min(LONGEST_PAUSE);
            look.next = Some(Instant::now() + pause);
        }
        look.changes = changes;
        self.current().ok_or_else(|| "nothing was read".to_owned())
    }

    /// Runs a change; when it returns, readers see what it did.
    pub(super) fn change<T>(&self, backend: &dyn Backend, change: impl FnOnce() -> T) -> T {
        let (done, number) = {
            let _changing = locked(&self.changing);
            let done = change();
            (done, self.changes.fetch_add(1, Ordering::SeqCst) + 1)
        };
        let mut look = locked(&self.looking);
        // Several changes that ended meanwhile are read together.
        if look.changes < number {
            let _unchanging = locked(&self.changing);
            // An error of the tracker is reported to the next reader.
            if self.look(backend, &mut look).is_err() {
                look.next = None;
            }
        }
        done
    }
}
