//! Replays commits in first-parent order and derives events.
//!
//! A [`Replayer`] knows what every path holds and which paths hold every id. For each prepared commit
//! it decides which items appeared, changed, moved, were renamed or are gone, and pushes the events
//! of that to [`Replayer::events`], from where its owner takes them. It reads a file only where the
//! preparation could not know what it would be compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::Value;

use super::content::{FileVersion, VersionKind};
use super::facts::{Attribution, ChangeOrigin, CommitFacts};
use super::first::FirstVersion;
use super::item_changes::{ChangesById, ItemChanges};
use super::prepare::{ChangedFile, PreparedCommit};
use super::record::{self, EventSummary, ItemHistories, ItemHistory};
use super::rename::{RenameCandidate, find_renames};
use super::sink::EventSink;
use super::{
    Action, Actor, Difference, Event, EventDay, EventValue, Family, Hasher, Map, Set, diff_items,
    diff_settings,
};
use crate::model::ItemId;
use crate::repository::{GitError, Repository};

/// Derives events from commits, oldest first.
pub(super) struct Replayer<'r> {
    settings_path: String,
    /// The repository that contents are read from where they are not available.
    repository: Option<&'r Repository>,
    /// The last readable version at each path.
    pub(super) files: Map<Arc<str>, Arc<FileVersion>>,
    /// The paths that hold each id. The first to hold it is the item's own; further ones are a
    /// mistake that states nothing about the item.
    pub(super) holders: Map<ItemId, Vec<Arc<str>>>,
    /// The history of each item so far.
    pub(super) items: ItemHistories<()>,
    /// Items whose first readable version is not, or was not at some time, the one that they were
    /// created with.
    pub(super) late_first_versions: BTreeSet<ItemId>,
    /// The names of fields that events are about: there are few.
    field_names: Set<Arc<str>>,
    /// The events that nobody has taken yet.
    pub(super) events: Vec<Event>,
}

/// Files of one commit from which on memory is reserved for all of them at once.
const MANY_FILES: usize = 1024;

impl<'r> Replayer<'r> {
    /// Begins before the first commit. Without a repository every version must have its values.
    pub(super) fn new(settings_path: String, repository: Option<&'r Repository>) -> Self {
        Self {
            settings_path,
            repository,
            files: Map::default(),
            holders: Map::default(),
            items: ItemHistories::default(),
            late_first_versions: BTreeSet::new(),
            field_names: Set::default(),
            events: Vec::new(),
        }
    }

    /// Tells a sink the first versions that events do not show.
    pub(super) fn tell_first_versions(&self, sink: &mut dyn EventSink) {
        for (id, first) in self.first_versions() {
            sink.set_first_version(&id, first);
        }
    }

    /// Lists the first versions that events do not show.
    pub(super) fn first_versions(&self) -> Vec<(ItemId, FirstVersion)> {
        let mut versions = Vec::with_capacity(self.late_first_versions.len());
        for id in &self.late_first_versions {
            let first = self.items.get(id).map(|item| item.first.clone());
            versions.push((id.clone(), first.unwrap_or_default()));
        }
        versions
    }

    /// Returns whether an item has this id or had it and was deleted, not one that left it for
    /// another id.
    fn has_id(&self, id: &ItemId) -> bool {
        self.items.get(id).is_some_and(|item| !item.left)
    }

    /// Returns the values of a readable version, from the repository where they are not available.
    fn read_values(&self, version: &FileVersion) -> Result<Arc<Value>, GitError> {
        if let Some(value) = &version.value {
            return Ok(Arc::clone(value));
        }
        let (Some(repository), Some(blob)) = (self.repository, version.blob) else {
            return Ok(Arc::default());
        };
        let bytes = repository.read_blob(blob)?;
        let is_settings = version.kind == VersionKind::Settings;
        let again = FileVersion::parse("", &bytes, is_settings);
        if again.kind != version.kind {
            // Only a cache that is wrong can state of a blob what its bytes do not.
            let reason = "it does not hold what was cached of it";
            return Err(GitError::Damaged { id: blob.to_string(), reason });
        }
        Ok(again.value.unwrap_or_default())
    }

    /// Replays one commit.
    pub(super) fn apply(&mut self, commit: &PreparedCommit) -> Result<(), GitError> {
        let PreparedCommit { facts, files } = commit;
        let mut changes: ChangesById<'_> =
            IndexMap::with_capacity_and_hasher(files.len(), Hasher::default());
        if files.len() >= MANY_FILES {
            self.reserve_files(files);
        }
        for file in files {
            let old = self.files.get(&file.path).cloned();
            if let Some(VersionKind::Unreadable(why)) = file.new.as_ref().map(|new| &new.kind) {
                let id = old.as_deref().and_then(FileVersion::id).cloned();
                self.push(facts, file, id, unreadable_difference(why));
                // The last readable version stays, to be compared with the next one.
                continue;
            }
            let new = file.new.as_ref();
            if *file.path == *self.settings_path {
                self.apply_settings(facts, file, old.as_deref(), new)?;
            }
            let old_id = old.as_deref().and_then(FileVersion::id);
            let new_id = new.and_then(FileVersion::id);
            for id in [old_id, new_id].into_iter().flatten() {
                if !changes.contains_key(id) {
                    let holders = self.holders.get(id).cloned().unwrap_or_default();
                    changes.insert(id.clone(), ItemChanges { holders, ..ItemChanges::default() });
                }
            }
            self.set_holder(&file.path, old_id, new_id);
            if let (Some(old), Some(item)) = (&old, old_id.and_then(|id| changes.get_mut(id))) {
                push_exact(&mut item.olds, (file, Arc::clone(old)));
            }
            if let (Some(new), Some(item)) = (new, new_id.and_then(|id| changes.get_mut(id))) {
                push_exact(&mut item.news, (file, new));
            }
            self.set_file(&file.path, new);
        }
        changes.sort_unstable_keys();
        self.apply_items(facts, &changes)
    }

    fn apply_settings(
        &mut self,
        facts: &CommitFacts,
        file: &ChangedFile,
        old: Option<&FileVersion>,
        new: Option<&FileVersion>,
    ) -> Result<(), GitError> {
        let before = old.map_or_else(|| Ok(Arc::default()), |old| self.read_values(old))?;
        let after = new.map_or_else(|| Ok(Arc::default()), |new| self.read_values(new))?;
        for difference in diff_settings(&before, &after) {
            self.push(facts, file, None, difference);
        }
        Ok(())
    }

    /// Reserves memory for what new files hold: a map that grows by itself is held twice meanwhile.
    fn reserve_files(&mut self, files: &[ChangedFile]) {
        let new = files.iter().filter(|file| !self.files.contains_key(&file.path)).count();
        self.files.reserve(new);
        self.holders.reserve(new);
        self.items.reserve(new);
    }

    /// Records what a path holds now.
    fn set_file(&mut self, path: &Arc<str>, version: Option<&FileVersion>) {
        let Some(version) = version else {
            self.files.remove(path);
            return;
        };
        // Values that can be read again are not held, and an id once for all versions.
        let value = version.value.clone().filter(|_| version.blob.is_none());
        let known = self.files.get_mut(path);
        let kind = match &known {
            Some(known) if known.kind == version.kind => known.kind.clone(),
            _ => version.kind.clone(),
        };
        let version = Arc::new(FileVersion { kind, blob: version.blob, value });
        match known {
            Some(known) => *known = version,
            None => drop(self.files.insert(Arc::clone(path), version)),
        }
    }

    /// Records that a path holds another item than before.
    fn set_holder(&mut self, path: &Arc<str>, old: Option<&ItemId>, new: Option<&ItemId>) {
        if old == new {
            return;
        }
        if let Some(old) = old
            && let Some(holders) = self.holders.get_mut(old)
        {
            holders.retain(|other| other != path);
            if holders.is_empty() {
                self.holders.remove(old);
            }
        }
        if let Some(new) = new {
            push_exact(self.holders.entry(new.clone()).or_default(), Arc::clone(path));
        }
    }

    /// Derives what a commit did to items, by id: a file that moved is still the same item.
    fn apply_items(
        &mut self,
        facts: &CommitFacts,
        changes: &ChangesById<'_>,
    ) -> Result<(), GitError> {
        let renames = self.find_renames(changes)?;
        let renamed_away: BTreeSet<&ItemId> = renames.values().collect();
        for (id, item) in changes {
            let path = match item.own_path() {
                Some(own) => self.item_changed(facts, id, item, own, renamed_away.contains(id))?,
                None => {
                    let from = renames.get(id).and_then(|from| changes.get_key_value(from));
                    self.item_appeared(facts, id, item, from)?
                }
            };
            self.report_duplicates(facts, id, item, path)?;
        }
        Ok(())
    }

    /// Finds the items that go on under another id: new id → old id.
    fn find_renames(
        &self,
        changes: &ChangesById<'_>,
    ) -> Result<BTreeMap<ItemId, ItemId>, GitError> {
        let (mut gone, mut new) = (Vec::new(), Vec::new());
        for (id, item) in changes {
            match (item.own_path(), self.holders.contains_key(id)) {
                (Some(own), false) => {
                    gone.extend(item.old_at(own).map(|(file, version)| (id, *file, &**version)));
                }
                (None, true) => {
                    new.extend(item.news.first().map(|(file, version)| (id, *file, *version)));
                }
                _ => {}
            }
        }
        if gone.is_empty() || new.is_empty() {
            return Ok(BTreeMap::new());
        }
        Ok(find_renames(&self.rename_candidates(gone)?, &self.rename_candidates(new)?))
    }

    fn rename_candidates<'a>(
        &self,
        side: Vec<(&'a ItemId, &'a ChangedFile, &'a FileVersion)>,
    ) -> Result<Vec<RenameCandidate<'a>>, GitError> {
        let mut candidates = Vec::with_capacity(side.len());
        for (id, file, version) in side {
            candidates.push(RenameCandidate {
                id,
                path: &file.path,
                value: self.read_values(version)?,
            });
        }
        Ok(candidates)
    }

    /// Handles an id that no path held: a new item, or one that goes on under another id. Returns
    /// the path of its file.
    fn item_appeared<'a>(
        &mut self,
        facts: &CommitFacts,
        id: &ItemId,
        item: &ItemChanges<'a>,
        from: Option<(&ItemId, &ItemChanges<'_>)>,
    ) -> Result<Option<&'a str>, GitError> {
        let Some((file, new)) = item.news.first().copied() else { return Ok(None) };
        let old = from.and_then(|(from, was)| Some((from, was.old_at(was.own_path()?)?)));
        if let Some((from, (_, old))) = old {
            let rename = Difference {
                action: Action::ItemRenamed,
                field: "/id".into(),
                old: from.as_str().into(),
                new: id.as_str().into(),
                milestone: None,
            };
            self.push(facts, file, Some(id.clone()), rename);
            self.push_differences(facts, file, id, old, new)?;
            return Ok(Some(&file.path));
        }
        let value = match &file.prefetched.created {
            Some(value) => value.clone(),
            None => EventValue::compress_value(&*self.read_values(new)?),
        };
        // An item that was deleted and is created again began before.
        let again = self.has_id(id);
        let first = match file.prefetched.is_item {
            Some(true) if !again => FirstVersion::default(),
            Some(false) => FirstVersion::Missing,
            _ => FirstVersion::classify_first(&value.value(), again),
        };
        let created = whole_item(Action::ItemCreated, EventValue::default(), value);
        self.push(facts, file, Some(id.clone()), created);
        if let Some(known) = self.items.get_mut(id)
            && (!again || matches!(known.first, FirstVersion::Missing))
        {
            known.first = first;
        }
        self.note_first_version(id);
        Ok(Some(&file.path))
    }

    /// Handles an item that was there, in a file at `own`. Returns the path of its file now.
    fn item_changed<'a>(
        &mut self,
        facts: &CommitFacts,
        id: &ItemId,
        item: &ItemChanges<'a>,
        own: &str,
        renamed_away: bool,
    ) -> Result<Option<&'a str>, GitError> {
        // Where its own file was not touched, another one came, went or was changed.
        let Some((gone, old)) = item.old_at(own) else { return Ok(None) };
        if let Some((file, new)) = item.new_at(own) {
            self.push_differences(facts, file, id, old, new)?;
            return Ok(Some(&file.path));
        }
        if let Some((file, new)) = self.moved_to(item, old)? {
            self.push_differences(facts, file, id, old, new)?;
            if let Some(holders) = self.holders.get_mut(id) {
                holders.sort_by_key(|path| *path != file.path);
            }
            return Ok(Some(&file.path));
        }
        let other = self.holders.get(id).and_then(|holders| holders.first()).cloned();
        if let Some(path) = other
            && let Some(new) = self.files.get(&path).cloned()
        {
            let file = item.new_at(&path).map(|(file, _)| file);
            let note = format!("one of the files with the id {id} is gone: {own}");
            self.push(facts, gone, Some(id.clone()), unreadable_difference(&note));
            self.push_differences(facts, file.unwrap_or(gone), id, old, &new)?;
            return Ok(file.map(|file| &*file.path));
        }
        if !renamed_away {
            let before = EventValue::compress_value(&*self.read_values(old)?);
            let deleted = whole_item(Action::ItemDeleted, before, EventValue::default());
            self.push(facts, gone, Some(id.clone()), deleted);
        }
        Ok(None)
    }

    /// Finds the file that an item moved to: one with the same values, else the first new one.
    fn moved_to<'a>(
        &self,
        item: &ItemChanges<'a>,
        old: &FileVersion,
    ) -> Result<Option<(&'a ChangedFile, &'a FileVersion)>, GitError> {
        let mut first = None;
        for (file, new) in item.news.iter().copied() {
            if item.held_at(&file.path) {
                continue;
            }
            if self.is_same(old, new)? {
                return Ok(Some((file, new)));
            }
            first = first.or(Some((file, new)));
        }
        Ok(first)
    }

    /// Returns whether two versions have the same values.
    fn is_same(&self, old: &FileVersion, new: &FileVersion) -> Result<bool, GitError> {
        if old.blob.is_some() && old.blob == new.blob {
            return Ok(true);
        }
        Ok(self.read_values(old)? == self.read_values(new)?)
    }

    /// Reports further files with the id of an item whose own file is at `path`. The item was
    /// neither created nor deleted nor changed by them, but they are not passed over.
    fn report_duplicates(
        &mut self,
        facts: &CommitFacts,
        id: &ItemId,
        item: &ItemChanges<'_>,
        path: Option<&str>,
    ) -> Result<(), GitError> {
        for (file, old) in &item.olds {
            if item.own_path() == Some(&*file.path) {
                continue;
            }
            let what = match item.new_at(&file.path) {
                None => "is gone",
                Some((_, new)) if path != Some(&*file.path) && !self.is_same(old, new)? => {
                    "was changed"
                }
                Some(_) => continue,
            };
            let note = format!("a second file with the id {id} {what}: {}", file.path);
            self.push(facts, file, Some(id.clone()), unreadable_difference(&note));
        }
        for (file, _) in &item.news {
            if path != Some(&*file.path) && !item.held_at(&file.path) {
                let note = format!("a second file with the id {id}: {}", file.path);
                self.push(facts, file, Some(id.clone()), unreadable_difference(&note));
            }
        }
        Ok(())
    }

    /// Pushes the differences between two versions of an item.
    fn push_differences(
        &mut self,
        facts: &CommitFacts,
        file: &ChangedFile,
        id: &ItemId,
        old: &FileVersion,
        new: &FileVersion,
    ) -> Result<(), GitError> {
        let differences = match &file.prefetched.diff {
            Some(diff) if old.blob == Some(diff.old) => diff.differences.clone(),
            _ if old.blob.is_some() && old.blob == new.blob => Vec::new(),
            _ => diff_items(&*self.read_values(old)?, &*self.read_values(new)?),
        };
        let reconstructed = file.attribution.origins.iter().any(is_of_document);
        let among = if reconstructed { differences.clone() } else { Vec::new() };
        for difference in differences {
            self.push_among(facts, file, Some(id.clone()), difference, &among);
        }
        if self.items.get(id).is_some_and(is_missing) {
            let first = FirstVersion::classify_first(&*self.read_values(new)?, true);
            if let Some(item) = self.items.get_mut(id) {
                item.first = first;
            }
        }
        self.note_first_version(id);
        Ok(())
    }

    fn note_first_version(&mut self, id: &ItemId) {
        if self.items.get(id).is_some_and(|item| !matches!(item.first, FirstVersion::Created)) {
            self.late_first_versions.insert(id.clone());
        }
    }

    /// Interns the name of a field.
    fn intern_field(&mut self, name: String) -> Arc<str> {
        if let Some(known) = self.field_names.get(&*name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.field_names.insert(Arc::clone(&name));
        name
    }

    fn push(
        &mut self,
        facts: &CommitFacts,
        file: &ChangedFile,
        item: Option<ItemId>,
        difference: Difference,
    ) {
        self.push_among(facts, file, item, difference, &[]);
    }

    /// Pushes the event of a difference. `among` are all differences of the commit in the item; they
    /// are needed where it was reconstructed from a document.
    fn push_among(
        &mut self,
        facts: &CommitFacts,
        file: &ChangedFile,
        item: Option<ItemId>,
        difference: Difference,
        among: &[Difference],
    ) {
        let is_new = difference.action == Action::ItemCreated;
        let origin = file.attribution.origin_of(difference.action);
        let (actor, co_actors) = split_people(facts, &file.attribution, &origin);
        let time = self.event_time(facts, &origin, item.as_ref(), is_new);
        let event_day = EventDay::of_change(&difference, among, &origin, time);
        let family = match origin.reconstructed {
            Some(_) => Family::Audit,
            None => difference.action.action_family(&difference.field),
        };
        let event = Event {
            time,
            event_day,
            landed: facts.landed,
            actor,
            co_actors,
            landed_by: facts.landed_by.clone(),
            commit: facts.commit.clone(),
            path: file.path.clone(),
            item,
            action: difference.action,
            field: self.intern_field(difference.field),
            old: difference.old,
            new: difference.new,
            milestone: difference.milestone,
            reason: file.attribution.reason.clone(),
            evidence_family: family,
            signature: facts.signature,
            source: origin.source,
            source_id: origin.source_id,
            reconstructed: origin.reconstructed.is_some(),
        };
        if let Some(summary) = EventSummary::new(&event) {
            record::note_event(&mut self.items, &summary, None);
        }
        self.events.push(event);
    }

    /// Dates an event. What was here already did not change before somebody changed it here,
    /// whatever a document states. Only where all that is known of an item is from documents do they
    /// date what came after, in their order.
    fn event_time(
        &self,
        facts: &CommitFacts,
        origin: &ChangeOrigin,
        item: Option<&ItemId>,
        is_new: bool,
    ) -> DateTime<Utc> {
        let Some(claimed) = origin.reconstructed else { return facts.landed };
        let counts = match item.filter(|id| self.has_id(id)) {
            None => is_new,
            Some(id) => self.items.get(id).is_none_or(|known| known.is_of_documents(claimed)),
        };
        if counts { claimed.min(facts.landed) } else { facts.landed }
    }
}

/// Returns whether the change is from a document, whose values can hold its day: of a closing, the date of
/// completion.
fn is_of_document(origin: &ChangeOrigin) -> bool {
    origin.reconstructed.is_some()
}

/// Returns whether no version of an item could be read yet.
fn is_missing(item: &ItemHistory<()>) -> bool {
    matches!(item.first, FirstVersion::Missing)
}

/// Returns who made a change, and others who contributed to it. A document does not mention who did what
/// it describes: anyone who imported it only put it on record.
fn split_people(
    facts: &CommitFacts,
    attribution: &Attribution,
    origin: &ChangeOrigin,
) -> (Option<Arc<Actor>>, Vec<Arc<Actor>>) {
    if origin.reconstructed.is_some() {
        return (None, attribution.editors.clone());
    }
    let mut authors = attribution.authors.iter().cloned();
    let final_author = authors.next_back().unwrap_or_else(|| facts.author.clone());
    (Some(final_author), authors.collect())
}

/// Adds to a list that mostly has one entry: a hundred thousand lists with spare space are much
/// memory.
fn push_exact<T>(list: &mut Vec<T>, entry: T) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.push(entry);
}

fn unreadable_difference(why: &str) -> Difference {
    Difference {
        action: Action::Unreadable,
        field: String::new(),
        old: EventValue::default(),
        new: why.into(),
        milestone: None,
    }
}

fn whole_item(action: Action, old: EventValue, new: EventValue) -> Difference {
    Difference { action, field: String::new(), old, new, milestone: None }
}
