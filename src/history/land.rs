use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::facts::{Facts, Origin};
use super::first::First;
use super::rename::{Candidate, renamed};
use super::{Action, Actor, Difference, Event, Family, History, between, between_settings};
use crate::document::{Document, Limits};
use crate::model::ItemId;
use crate::repository::BlobId;

/// A version of a file, as far as history looks into it.
#[derive(Debug)]
pub(super) enum Version {
    Item(ItemId, Value),
    Settings(Value),
    /// What is wrong with it.
    Unreadable(String),
}

/// A file that a commit changed.
pub(super) struct File<'a> {
    /// The path from the top of the repository.
    pub(super) path: &'a str,
    /// What it holds now; `None` where there is no file any more.
    pub(super) new: Option<Arc<Version>>,
    /// Its content now, where the change is a commit's.
    pub(super) blob: Option<BlobId>,
    /// Who made the change, the last who made it what it landed as.
    pub(super) authors: Vec<Actor>,
    /// Why.
    pub(super) reason: Option<String>,
    /// Where its content is from, as each commit says that had a part in it, oldest first.
    pub(super) origins: Vec<Origin>,
}

/// Puts commits on top of each other, oldest first, and tells what each did.
pub(super) struct Lander {
    pub(super) settings: String,
    /// What each path holds: the last version that could be read.
    pub(super) files: HashMap<String, Known>,
    /// The paths that hold each id. The first to hold it is the item's own, further ones are a
    /// mistake that tells nothing of the item.
    pub(super) held: HashMap<ItemId, Vec<String>>,
    pub(super) history: History,
    pub(super) touched: Marks,
    /// Whether a version was asked for that was not read.
    pub(super) short: bool,
}

/// A file of which the last version that could be read is known.
pub(super) struct Known {
    pub(super) blob: Option<BlobId>,
    /// The item; none of the settings.
    pub(super) id: Option<ItemId>,
    /// The version, once it was read.
    pub(super) version: Option<Arc<Version>>,
}

/// Where something was done since somebody asked.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) paths: HashSet<String>,
    pub(super) ids: HashSet<ItemId>,
    /// Items whose first version that can be read is not the one they were created with. They stay
    /// marked.
    pub(super) odd: BTreeSet<ItemId>,
}

impl Lander {
    /// Before the first commit. `settings` is the path of the settings.
    pub(super) fn new(settings: String) -> Self {
        Self {
            settings,
            files: HashMap::new(),
            held: HashMap::new(),
            history: History::default(),
            touched: Marks::default(),
            short: false,
        }
    }

    /// How much was told so far.
    pub(super) fn told(&self) -> usize {
        self.history.events.len()
    }

    /// What the commits said.
    pub(super) fn finish(self) -> History {
        self.history
    }

    /// Whether a file is the settings or an item; anything else may lie beside items.
    pub(super) fn is_ours(&self, path: &str) -> bool {
        path == self.settings || path.ends_with(".yaml")
    }

    /// The version of a file that some bytes are.
    pub(super) fn version(&self, path: &str, bytes: &[u8]) -> Version {
        parse(path, bytes, path == self.settings)
    }

    /// Lands what one commit changed; only files that are [ours](Self::is_ours).
    pub(super) fn land(&mut self, facts: &Facts, changes: Vec<File<'_>>) {
        let mut touched: BTreeMap<ItemId, Touched<'_>> = BTreeMap::new();
        for change in &changes {
            let old = self.known(change.path);
            let new = change.new.clone();
            match (&new, old.as_deref()) {
                (Some(new), _) if matches!(**new, Version::Unreadable(_)) => {
                    let Version::Unreadable(why) = &**new else { continue };
                    let id = old.as_deref().and_then(Version::id);
                    self.push(facts, change, id.cloned(), unreadable(why));
                    // The last version that could be read stays, to compare the next one with.
                    continue;
                }
                (_, Some(Version::Settings(_))) | (Some(_), None)
                    if change.path == self.settings =>
                {
                    let value = |version: Option<&Version>| match version {
                        Some(Version::Settings(value)) => value.clone(),
                        _ => Value::Null,
                    };
                    for difference in
                        between_settings(&value(old.as_deref()), &value(new.as_deref()))
                    {
                        self.push(facts, change, None, difference);
                    }
                }
                _ => {}
            }
            let was = old.as_deref().and_then(Version::id);
            let is = new.as_deref().and_then(Version::id);
            for id in [was, is].into_iter().flatten() {
                if !touched.contains_key(id) {
                    let held = self.held.get(id).cloned().unwrap_or_default();
                    let (olds, news) = (Vec::new(), Vec::new());
                    touched.insert(id.clone(), Touched { held, olds, news });
                }
            }
            self.hold(change.path, was, is);
            if let (Some(old), Some(it)) = (&old, was.and_then(|id| touched.get_mut(id))) {
                it.olds.push((change, Arc::clone(old)));
            }
            if let (Some(new), Some(it)) = (&new, is.and_then(|id| touched.get_mut(id))) {
                it.news.push((change, Arc::clone(new)));
            }
            self.touched.paths.insert(change.path.to_owned());
            match new {
                Some(version) => {
                    let id = version.id().cloned();
                    let known = Known { blob: change.blob, id, version: Some(version) };
                    self.files.insert(change.path.to_owned(), known)
                }
                None => self.files.remove(change.path),
            };
        }
        self.items(facts, &touched);
    }

    /// The last version of a file that could be read.
    fn known(&mut self, path: &str) -> Option<Arc<Version>> {
        let known = self.files.get(path)?;
        self.short |= known.version.is_none();
        known.version.clone()
    }

    /// Notes that a path holds another item than before.
    fn hold(&mut self, path: &str, was: Option<&ItemId>, is: Option<&ItemId>) {
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
            self.held.entry(is.clone()).or_default().push(path.to_owned());
        }
    }

    /// What a commit did to items, by id: a file that moved is still the same item.
    fn items(&mut self, facts: &Facts, touched: &BTreeMap<ItemId, Touched<'_>>) {
        let (mut gone, mut fresh) = (Vec::new(), Vec::new());
        for (id, it) in touched {
            let (side, one) = match (it.main(), self.held.contains_key(id)) {
                (Some(main), false) => (&mut gone, it.before(main)),
                (None, true) => (&mut fresh, it.news.first()),
                _ => continue,
            };
            if let Some((change, version)) = one {
                side.push(Candidate { id, path: change.path, value: version.value() });
            }
        }
        let renamed = renamed(&gone, &fresh);
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

    /// An id that nothing had: a new item, or one that goes on under another id. The path of its
    /// file.
    fn begin<'a>(
        &mut self,
        facts: &Facts,
        id: &ItemId,
        it: &Touched<'a>,
        from: Option<(&ItemId, &Touched<'_>)>,
    ) -> Option<&'a str> {
        let (change, new) = it.news.first()?;
        let old = from.and_then(|(from, was)| Some((from, was.before(was.main()?)?)));
        match old {
            Some((from, (_, old))) => {
                let rename = Difference {
                    action: Action::ItemRenamed,
                    field: "/id".into(),
                    old: Value::from(from.as_str()),
                    new: Value::from(id.as_str()),
                    milestone: None,
                };
                self.push(facts, change, Some(id.clone()), rename);
                self.compared(facts, change, id, old, new);
            }
            None => {
                let created = whole(Action::ItemCreated, Value::Null, new.value().clone());
                self.push(facts, change, Some(id.clone()), created);
                self.begin_with(id, new.value());
            }
        }
        Some(change.path)
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
            return Some(change.path);
        }
        let moved = || it.news.iter().filter(|(change, _)| !it.has(change.path));
        if let Some((change, new)) =
            moved().find(|(_, new)| new.value() == old.value()).or_else(|| moved().next())
        {
            self.compared(facts, change, id, old, new);
            if let Some(held) = self.held.get_mut(id) {
                held.sort_by_key(|path| path != change.path);
                self.touched.ids.insert(id.clone());
            }
            return Some(change.path);
        }
        let heir = self.held.get(id).and_then(|held| held.first()).cloned();
        if let Some((heir, new)) = heir.and_then(|path| Some((it.after(&path), self.known(&path)?)))
        {
            let change = heir.map_or(*gone, |(change, _)| *change);
            let note = format!("one of the files with the id {id} is gone: {main}");
            self.push(facts, gone, Some(id.clone()), unreadable(&note));
            self.compared(facts, change, id, old, &new);
            return heir.map(|(change, _)| change.path);
        }
        if !away {
            let deleted = whole(Action::ItemDeleted, old.value().clone(), Value::Null);
            self.push(facts, gone, Some(id.clone()), deleted);
        }
        None
    }

    /// What happened to further files with the id of an item, whose own file is at `main`. The
    /// item was neither created nor deleted nor changed by them, but they are not passed over.
    fn others(&mut self, facts: &Facts, id: &ItemId, it: &Touched<'_>, main: Option<&str>) {
        for (change, old) in it.olds.iter().filter(|(change, _)| it.main() != Some(change.path)) {
            let what = match it.after(change.path) {
                None => "is gone",
                Some((_, new)) if main != Some(change.path) && new.value() != old.value() => {
                    "was changed"
                }
                Some(_) => continue,
            };
            let note = format!("a second file with the id {id} {what}: {}", change.path);
            self.push(facts, change, Some(id.clone()), unreadable(&note));
        }
        for (change, _) in &it.news {
            if main != Some(change.path) && !it.has(change.path) {
                let note = format!("a second file with the id {id}: {}", change.path);
                self.push(facts, change, Some(id.clone()), unreadable(&note));
            }
        }
    }

    /// What differs between two versions of an item.
    fn compared(
        &mut self,
        facts: &Facts,
        change: &File<'_>,
        id: &ItemId,
        old: &Version,
        new: &Version,
    ) {
        for difference in between(old.value(), new.value()) {
            self.push(facts, change, Some(id.clone()), difference);
        }
        self.remember(id, new.value());
    }

    /// Notes the first version of an item, and whether it can be read.
    fn begin_with(&mut self, id: &ItemId, value: &Value) {
        let Some(record) = self.history.records.get_mut(id) else { return };
        // An item that was deleted and created again began before.
        let again = record.events.len() > 1;
        if !again || matches!(record.first, First::Missing) {
            record.first = First::of(value, again);
        }
        self.mark_odd(id);
    }

    /// Keeps a later version of an item where no earlier one could be read.
    fn remember(&mut self, id: &ItemId, value: &Value) {
        if let Some(record) = self.history.records.get_mut(id)
            && matches!(record.first, First::Missing)
        {
            record.first = First::of(value, true);
        }
        self.mark_odd(id);
    }

    fn mark_odd(&mut self, id: &ItemId) {
        if self.history.records.get(id).is_some_and(|it| !matches!(it.first, First::Created(_))) {
            self.touched.odd.insert(id.clone());
        }
    }

    fn push(
        &mut self,
        facts: &Facts,
        change: &File<'_>,
        item: Option<ItemId>,
        difference: Difference,
    ) {
        let mut people = change.authors.iter().cloned();
        // The last one made it what it landed as.
        let actor = people.next_back().unwrap_or_else(|| facts.author.clone());
        let co_actors: Vec<Actor> = people.collect();
        let family = difference.action.family(&difference.field);
        let created = difference.action == Action::ItemCreated;
        let origin = if created {
            Origin::of_new(&change.origins)
        } else {
            Origin::of_change(&change.origins)
        };
        // What was here already did not change before somebody changed it here, whatever a
        // document says. Only where all that is known of an item is from documents do they date
        // what came after, in their order.
        let known = item.as_ref().filter(|id| self.history.has(id));
        let counts = |time: &DateTime<Utc>| match known {
            None => created,
            Some(id) => self.history.is_of_documents(id, *time),
        };
        let time = origin.reconstructed.filter(counts);
        let time = time.map_or(facts.landed, |time| time.min(facts.landed));
        let reconstructed = origin.reconstructed.is_some();
        self.history.push(Event {
            time,
            landed: facts.landed,
            actor,
            co_actors,
            landed_by: facts.landed_by.clone(),
            commit: facts.commit.clone(),
            path: change.path.to_owned(),
            item,
            action: difference.action,
            field: difference.field,
            old: difference.old,
            new: difference.new,
            milestone: difference.milestone,
            reason: change.reason.clone(),
            evidence_family: if reconstructed { Family::Audit } else { family },
            signature: facts.signature,
            source: origin.source,
            source_id: origin.source_id,
            reconstructed,
        });
    }
}

impl Version {
    pub(super) fn id(&self) -> Option<&ItemId> {
        match self {
            Self::Item(id, _) => Some(id),
            _ => None,
        }
    }

    fn value(&self) -> &Value {
        match self {
            Self::Item(_, value) | Self::Settings(value) => value,
            Self::Unreadable(_) => &Value::Null,
        }
    }
}

fn parse(path: &str, bytes: &[u8], settings: bool) -> Version {
    let value = match Document::read(path, bytes, &Limits::ITEM) {
        Ok((_, Some(plain))) => plain.to_value(),
        Ok((document, None)) => document.to_value(),
        Err(error) => return Version::Unreadable(error.0.message),
    };
    if settings {
        return Version::Settings(value);
    }
    match value.get("id").and_then(Value::as_str).map(str::parse) {
        Some(Ok(id)) => Version::Item(id, value),
        Some(Err(error)) => Version::Unreadable(format!("its id is none: {error}")),
        None => Version::Unreadable("it has no id".to_owned()),
    }
}

fn unreadable(why: &str) -> Difference {
    Difference {
        action: Action::Unreadable,
        field: String::new(),
        old: Value::Null,
        new: Value::from(why),
        milestone: None,
    }
}

fn whole(action: Action, old: Value, new: Value) -> Difference {
    Difference { action, field: String::new(), old, new, milestone: None }
}

/// What a commit did to the files with one id.
struct Touched<'a> {
    /// The paths that held the id before: that of the item first.
    held: Vec<String>,
    olds: Vec<(&'a File<'a>, Arc<Version>)>,
    news: Vec<(&'a File<'a>, Arc<Version>)>,
}

impl<'a> Touched<'a> {
    /// Where the item was.
    fn main(&self) -> Option<&str> {
        self.held.first().map(String::as_str)
    }

    fn has(&self, path: &str) -> bool {
        self.held.iter().any(|held| held == path)
    }

    fn before(&self, path: &str) -> Option<&(&'a File<'a>, Arc<Version>)> {
        self.olds.iter().find(|(change, _)| change.path == path)
    }

    fn after(&self, path: &str) -> Option<&(&'a File<'a>, Arc<Version>)> {
        self.news.iter().find(|(change, _)| change.path == path)
    }
}
