use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::Value;

use super::content::{Version, What};
use super::facts::{Facts, Origin};
use super::first::First;
use super::listen::{Listener, Mouth};
use super::record::{self, Record, Records, Said};
use super::rename::{Candidate, renamed};
use super::{
    Action, Actor, Difference, Event, Family, Hasher, Map, Recorded, Set, between, between_settings,
};
use crate::model::ItemId;
use crate::repository::{BlobId, GitError, Repository};

/// A file that a commit changed.
pub(super) struct File {
    /// The path from the top of the repository.
    pub(super) path: Arc<str>,
    /// What it holds now; `None` where there is no file any more.
    pub(super) new: Option<Version>,
    /// What was found out before its commit lands.
    pub(super) ahead: Ahead,
    /// What is said of the change; mostly the same as of others.
    pub(super) said: Arc<Saying>,
}

/// What the commits say of a change that had a part in it.
#[derive(Default)]
pub(super) struct Saying {
    /// Who made it, the last who made it what it landed as.
    pub(super) authors: Vec<Arc<Actor>>,
    /// Why.
    pub(super) reason: Option<Arc<str>>,
    /// Where its content is from, as each commit says, oldest first.
    pub(super) origins: Vec<Origin>,
}

/// What can be known of a change without what landed before it. It saves work and decides nothing.
#[derive(Default)]
pub(super) struct Ahead {
    /// The values of a new file.
    pub(super) value: Cell<Option<Recorded>>,
    /// What happened since an earlier content of the same file, if that is what it is compared with.
    pub(super) since: Cell<Option<Box<Since>>>,
    /// Whether the new version can be read as an item.
    pub(super) is_item: Option<bool>,
}

/// An earlier content, and what happened since.
pub(super) struct Since {
    pub(super) blob: BlobId,
    pub(super) differences: Vec<Difference>,
}

/// Puts commits on top of each other, oldest first, and tells what each did.
pub(super) struct Lander<'r> {
    pub(super) settings: String,
    /// Where versions are read that are not at hand.
    repository: Option<&'r Repository>,
    /// Why one could not be read; what is told then is of no use.
    pub(super) failed: Option<GitError>,
    /// What each path holds: the last version that could be read.
    pub(super) files: Map<Arc<str>, Arc<Version>>,
    /// The paths that hold each id. The first to hold it is the item's own, further ones are a
    /// mistake that tells nothing of the item.
    pub(super) held: Map<ItemId, Vec<Arc<str>>>,
    /// What the commits say of each item so far.
    pub(super) known: Records<()>,
    pub(super) touched: Marks,
    /// Fields of which something was told: there are few.
    fields: Set<Arc<str>>,
    /// Tells what happened.
    pub(super) mouth: Mouth<'r>,
}

/// Where something was done since somebody asked.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) paths: Set<Arc<str>>,
    pub(super) ids: Set<ItemId>,
    /// Items whose first version that can be read is not the one they were created with. They stay
    /// marked.
    pub(super) odd: BTreeSet<ItemId>,
}

/// Files of one commit from which on room is made for all of them at once.
const MANY: usize = 1024;

/// Whether a file is the settings or an item; anything else may lie beside items.
pub(super) fn is_ours(path: &str, settings: &str) -> bool {
    path == settings || path.ends_with(".yaml")
}

impl<'r> Lander<'r> {
    /// Before the first commit. `settings` is the path of the settings. Without a repository every
    /// version must come with its values.
    pub(super) fn new(settings: String, repository: Option<&'r Repository>) -> Self {
        Self {
            settings,
            repository,
            failed: None,
            files: Map::default(),
            held: Map::default(),
            known: Records::default(),
            touched: Marks::default(),
            fields: Set::default(),
            mouth: Mouth::default(),
        }
    }

    /// Tells what was not told yet, and what is known in the end.
    pub(super) fn end_to(mut self, listener: &mut dyn Listener) {
        let events = std::mem::take(&mut self.mouth.events);
        if !events.is_empty() {
            listener.hear(events);
        }
        self.firsts().into_iter().for_each(|(id, first)| listener.set_first(&id, first));
    }

    /// Whether an item has this id or had it and was deleted, not one that left it for another id.
    fn has(&self, id: &ItemId) -> bool {
        self.known.get(id).is_some_and(|record| !record.left)
    }

    /// The values of a version that could be read, from the commits where they are not at hand.
    fn value(&mut self, version: &Version) -> Arc<Value> {
        if let Some(value) = &version.value {
            return Arc::clone(value);
        }
        let read = self.repository.zip(version.blob).map(|(it, blob)| (it.blob(blob), blob));
        match read {
            Some((Ok(bytes), blob)) => {
                let settings = version.what == What::Settings;
                let again = Version::of_bytes("", &bytes, settings);
                if again.what != version.what {
                    // Only what was kept wrongly says what the commits do not.
                    let reason = "it does not hold what was kept of it";
                    let id = blob.to_string();
                    self.failed.get_or_insert(GitError::Damaged { id, reason });
                }
                again.value.unwrap_or_default()
            }
            Some((Err(error), _)) => {
                self.failed.get_or_insert(error);
                Arc::default()
            }
            None => Arc::default(),
        }
    }

    /// Lands what one commit changed; only files that are [ours](is_ours).
    pub(super) fn land(&mut self, facts: &Facts, changes: &[File]) {
        let many = changes.len();
        let mut touched: Touches<'_> = IndexMap::with_capacity_and_hasher(many, Hasher::default());
        if many >= MANY {
            self.make_room(changes);
        }
        for change in changes {
            let old = self.files.get(&change.path).cloned();
            if let Some(What::Unreadable(why)) = change.new.as_ref().map(|new| &new.what) {
                let id = old.as_deref().and_then(Version::id);
                self.push(facts, change, id.cloned(), unreadable(why));
                // The last version that could be read stays, to compare the next one with.
                continue;
            }
            let new = change.new.as_ref();
            if *change.path == *self.settings {
                let none = Arc::default;
                let before = old.as_ref().map_or_else(none, |it| self.value(it));
                let after = new.map_or_else(none, |it| self.value(it));
                for difference in between_settings(&before, &after) {
                    self.push(facts, change, None, difference);
                }
            }
            let was = old.as_deref().and_then(Version::id);
            let is = new.and_then(Version::id);
            for id in [was, is].into_iter().flatten() {
                if !touched.contains_key(id) {
                    let held = self.held.get(id).cloned().unwrap_or_default();
                    let (olds, news) = (Vec::new(), Vec::new());
                    touched.insert(id.clone(), Touched { held, olds, news });
                }
            }
            self.hold(&change.path, was, is);
            if let (Some(old), Some(it)) = (&old, was.and_then(|id| touched.get_mut(id))) {
                push_one(&mut it.olds, (change, Arc::clone(old)));
            }
            if let (Some(new), Some(it)) = (new, is.and_then(|id| touched.get_mut(id))) {
                push_one(&mut it.news, (change, new));
            }
            self.now(&change.path, new);
        }
        touched.sort_unstable_keys();
        self.items(facts, &touched);
    }

    /// Makes room for what new files hold: what grows by itself is held twice meanwhile.
    fn make_room(&mut self, changes: &[File]) {
        let many = changes.iter().filter(|it| !self.files.contains_key(&it.path)).count();
        self.files.reserve(many);
        self.held.reserve(many);
        self.known.reserve(many);
        self.touched.paths.reserve(many);
        self.touched.ids.reserve(many);
    }

    /// Notes what a path holds now.
    fn now(&mut self, path: &Arc<str>, version: Option<&Version>) {
        if !self.touched.paths.contains(path) {
            self.touched.paths.insert(Arc::clone(path));
        }
        let Some(version) = version else {
            self.files.remove(path);
            return;
        };
        // What can be read again is not held, and an id once for all versions.
        let value = version.value.clone().filter(|_| version.blob.is_none());
        let known = self.files.get_mut(path);
        let what = match &known {
            Some(known) if known.what == version.what => known.what.clone(),
            _ => version.what.clone(),
        };
        let version = Arc::new(Version { what, blob: version.blob, value });
        match known {
            Some(known) => *known = version,
            None => drop(self.files.insert(Arc::clone(path), version)),
        }
    }

    /// Notes that a path holds another item than before.
    fn hold(&mut self, path: &Arc<str>, was: Option<&ItemId>, is: Option<&ItemId>) {
        if was == is {
            return;
        }
        self.touched.ids.extend([was, is].into_iter().flatten().cloned());
        if let Some(was) = was
            && let Some(held) = self.held.get_mut(was)
        {
            held.retain(|other| other != path);
            if held.is_empty() {
                self.held.remove(was);
            }
        }
        if let Some(is) = is {
            push_one(self.held.entry(is.clone()).or_default(), Arc::clone(path));
        }
    }

    /// What a commit did to items, by id: a file that moved is still the same item.
    fn items(&mut self, facts: &Facts, touched: &Touches<'_>) {
        let renamed = self.renamed(touched);
        let away: BTreeSet<&ItemId> = renamed.values().collect();
        for (id, it) in touched {
            let main = match it.main() {
                Some(main) => self.go_on(facts, id, it, main, away.contains(id)),
                None => {
                    let from = renamed.get(id).and_then(|from| touched.get_key_value(from));
                    self.begin(facts, id, it, from)
                }
            };
            self.others(facts, id, it, main);
        }
    }

    /// The items that go on under another id: new id → old id.
    fn renamed(&mut self, touched: &Touches<'_>) -> BTreeMap<ItemId, ItemId> {
        let (mut gone, mut fresh) = (Vec::new(), Vec::new());
        for (id, it) in touched {
            match (it.main(), self.held.contains_key(id)) {
                (Some(main), false) => {
                    gone.extend(it.before(main).map(|(change, old)| (id, *change, &**old)));
                }
                (None, true) => {
                    fresh.extend(it.news.first().map(|(change, new)| (id, *change, *new)));
                }
                _ => {}
            }
        }
        if gone.is_empty() || fresh.is_empty() {
            return BTreeMap::new();
        }
        let gone = self.candidates(gone);
        let fresh = self.candidates(fresh);
        renamed(&gone, &fresh)
    }

    fn candidates<'a>(
        &mut self,
        side: Vec<(&'a ItemId, &'a File, &'a Version)>,
    ) -> Vec<Candidate<'a>> {
        let mut candidates = Vec::with_capacity(side.len());
        for (id, change, version) in side {
            candidates.push(Candidate { id, path: &change.path, value: self.value(version) });
        }
        candidates
    }

    /// An id that nothing had: a new item, or one that goes on under another id. The path of its
    /// file.
    fn begin<'a>(
        &mut self,
        facts: &Facts,
        id: &ItemId,
        it: &Touched<'a>,
        from: Option<(&ItemId, &Touched<'_>)>,
    ) -> Option<&'a str> {
        let (change, new) = *it.news.first()?;
        let old = from.and_then(|(from, was)| Some((from, was.before(was.main()?)?)));
        match old {
            Some((from, (_, old))) => {
                let rename = Difference {
                    action: Action::ItemRenamed,
                    field: "/id".into(),
                    old: from.as_str().into(),
                    new: id.as_str().into(),
                    milestone: None,
                };
                self.push(facts, change, Some(id.clone()), rename);
                self.compared(facts, change, id, old, new);
            }
            None => {
                let value = change.ahead.value.take();
                let value = value.unwrap_or_else(|| Recorded::whole(&self.value(new)));
                // An item that was deleted and is created again began before.
                let again = self.has(id);
                let first = match change.ahead.is_item {
                    Some(true) if !again => First::default(),
                    Some(false) => First::Missing,
                    _ => First::of(&value.value(), again),
                };
                let created = whole(Action::ItemCreated, Recorded::default(), value);
                self.push(facts, change, Some(id.clone()), created);
                self.begin_with(id, first, again);
            }
        }
        Some(&change.path)
    }

    /// An item that was there, in a file at `main`. The path of its file now.
    fn go_on<'a>(
        &mut self,
        facts: &Facts,
        id: &ItemId,
        it: &Touched<'a>,
        main: &str,
        away: bool,
    ) -> Option<&'a str> {
        // Where nothing was done to its own file, another one came, went or was changed.
        let (gone, old) = it.before(main)?;
        if let Some((change, new)) = it.after(main) {
            self.compared(facts, change, id, old, new);
            return Some(&change.path);
        }
        let moved = || it.news.iter().filter(|(change, _)| !it.has(&change.path));
        let same = moved().find(|(_, new)| self.alike(old, new));
        if let Some((change, new)) = same.or_else(|| moved().next()) {
            self.compared(facts, change, id, old, new);
            if let Some(held) = self.held.get_mut(id) {
                held.sort_by_key(|path| *path != change.path);
                self.touched.ids.insert(id.clone());
            }
            return Some(&change.path);
        }
        let heir = self.held.get(id).and_then(|held| held.first()).cloned();
        if let Some((new, path)) = heir.and_then(|it| Some((self.files.get(&it).cloned()?, it))) {
            let heir = it.after(&path).map(|(change, _)| change);
            let note = format!("one of the files with the id {id} is gone: {main}");
            self.push(facts, gone, Some(id.clone()), unreadable(&note));
            self.compared(facts, heir.unwrap_or(gone), id, old, &new);
            return heir.map(|change| &*change.path);
        }
        if !away {
            let before = Recorded::whole(&self.value(old));
            let deleted = whole(Action::ItemDeleted, before, Recorded::default());
            self.push(facts, gone, Some(id.clone()), deleted);
        }
        None
    }

    /// Whether two versions hold the same.
    fn alike(&mut self, old: &Version, new: &Version) -> bool {
        (old.blob.is_some() && old.blob == new.blob) || self.value(old) == self.value(new)
    }

    /// What happened to further files with the id of an item, whose own file is at `main`. The
    /// item was neither created nor deleted nor changed by them, but they are not passed over.
    fn others(&mut self, facts: &Facts, id: &ItemId, it: &Touched<'_>, main: Option<&str>) {
        let is = |path: Option<&str>, change: &File| path == Some(&*change.path);
        for (change, old) in it.olds.iter().filter(|(change, _)| !is(it.main(), change)) {
            let what = match it.after(&change.path) {
                None => "is gone",
                Some((_, new)) if !is(main, change) && !self.alike(old, new) => "was changed",
                Some(_) => continue,
            };
            let note = format!("a second file with the id {id} {what}: {}", change.path);
            self.push(facts, change, Some(id.clone()), unreadable(&note));
        }
        for (change, _) in &it.news {
            if !is(main, change) && !it.has(&change.path) {
                let note = format!("a second file with the id {id}: {}", change.path);
                self.push(facts, change, Some(id.clone()), unreadable(&note));
            }
        }
    }

    /// What differs between two versions of an item.
    fn compared(
        &mut self,
        facts: &Facts,
        change: &File,
        id: &ItemId,
        old: &Version,
        new: &Version,
    ) {
        let ahead = change.ahead.since.take().filter(|since| old.blob == Some(since.blob));
        let differences = match ahead {
            Some(since) => since.differences,
            None if old.blob.is_some() && old.blob == new.blob => Vec::new(),
            None => between(&self.value(old), &self.value(new)),
        };
        for difference in differences {
            self.push(facts, change, Some(id.clone()), difference);
        }
        // Keeps a later version of an item where no earlier one could be read.
        let missing = |record: &Record<()>| matches!(record.first, First::Missing);
        if self.known.get(id).is_some_and(missing) {
            let first = First::of(&self.value(new), true);
            if let Some(record) = self.known.get_mut(id) {
                record.first = first;
            }
        }
        self.mark_odd(id);
    }

    /// Notes the first version of an item; of one that began before only where there was none.
    fn begin_with(&mut self, id: &ItemId, first: First, again: bool) {
        if let Some(record) = self.known.get_mut(id)
            && (!again || matches!(record.first, First::Missing))
        {
            record.first = first;
        }
        self.mark_odd(id);
    }

    fn mark_odd(&mut self, id: &ItemId) {
        if self.known.get(id).is_some_and(|it| !matches!(it.first, First::Created)) {
            self.touched.odd.insert(id.clone());
        }
    }

    /// The name of a field, held once.
    fn field(&mut self, name: String) -> Arc<str> {
        match self.fields.get(&*name) {
            Some(known) => Arc::clone(known),
            None => {
                let field: Arc<str> = name.into();
                self.fields.insert(Arc::clone(&field));
                field
            }
        }
    }

    fn push(&mut self, facts: &Facts, change: &File, item: Option<ItemId>, difference: Difference) {
        let mut people = change.said.authors.iter().cloned();
        // The last one made it what it landed as.
        let actor = people.next_back().unwrap_or_else(|| facts.author.clone());
        let co_actors: Vec<Arc<Actor>> = people.collect();
        let family = difference.action.family(&difference.field);
        let created = difference.action == Action::ItemCreated;
        let origin = if created {
            Origin::of_new(&change.said.origins)
        } else {
            Origin::of_change(&change.said.origins)
        };
        // What was here already did not change before somebody changed it here, whatever a
        // document says. Only where all that is known of an item is from documents do they date
        // what came after, in their order.
        let known = item.as_ref().filter(|id| self.has(id));
        let counts = |time: &DateTime<Utc>| match known {
            None => created,
            Some(id) => self.known.get(id).is_none_or(|record| record.is_of_documents(*time)),
        };
        let time = origin.reconstructed.filter(counts);
        let time = time.map_or(facts.landed, |time| time.min(facts.landed));
        let reconstructed = origin.reconstructed.is_some();
        let field = self.field(difference.field);
        let event = Event {
            time,
            landed: facts.landed,
            actor,
            co_actors,
            landed_by: facts.landed_by.clone(),
            commit: facts.commit.clone(),
            path: change.path.clone(),
            item,
            action: difference.action,
            field,
            old: difference.old,
            new: difference.new,
            milestone: difference.milestone,
            reason: change.said.reason.clone(),
            evidence_family: if reconstructed { Family::Audit } else { family },
            signature: facts.signature,
            source: origin.source,
            source_id: origin.source_id,
            reconstructed,
        };
        if let Some(said) = Said::of(&event) {
            record::note(&mut self.known, &said, None);
        }
        self.mouth.tell(event);
    }
}

/// Adds to what is mostly the only one: a hundred thousand lists with room for more are much memory.
fn push_one<T>(list: &mut Vec<T>, one: T) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.push(one);
}

fn unreadable(why: &str) -> Difference {
    Difference {
        action: Action::Unreadable,
        field: String::new(),
        old: Recorded::default(),
        new: why.into(),
        milestone: None,
    }
}

fn whole(action: Action, old: Recorded, new: Recorded) -> Difference {
    Difference { action, field: String::new(), old, new, milestone: None }
}

/// By id.
type Touches<'a> = IndexMap<ItemId, Touched<'a>, Hasher>;

/// What a commit did to the files with one id.
struct Touched<'a> {
    /// The paths that held the id before: that of the item first.
    held: Vec<Arc<str>>,
    olds: Vec<(&'a File, Arc<Version>)>,
    news: Vec<(&'a File, &'a Version)>,
}

impl<'a> Touched<'a> {
    /// Where the item was.
    fn main(&self) -> Option<&str> {
        self.held.first().map(|path| &**path)
    }

    fn has(&self, path: &str) -> bool {
        self.held.iter().any(|held| **held == *path)
    }

    fn before(&self, path: &str) -> Option<&(&'a File, Arc<Version>)> {
        self.olds.iter().find(|(change, _)| *change.path == *path)
    }

    fn after(&self, path: &str) -> Option<(&'a File, &'a Version)> {
        self.news.iter().copied().find(|(change, _)| *change.path == *path)
    }
}
