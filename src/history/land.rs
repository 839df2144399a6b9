use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::facts::Facts;
use super::{Action, Actor, Difference, Event, Family, History, between, between_settings};
use crate::document::{Document, Limits};
use crate::model::{Item, ItemId};

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
    /// Who made the change, the last who made it what it landed as.
    pub(super) authors: Vec<Actor>,
    /// Why.
    pub(super) reason: Option<String>,
}

/// Puts commits on top of each other, oldest first, and tells what each did.
pub(super) struct Lander {
    settings: String,
    /// What each path holds: the last version that could be read.
    files: BTreeMap<String, Arc<Version>>,
    history: History,
}

impl Lander {
    /// Before the first commit. `settings` is the path of the settings.
    pub(super) fn new(settings: String) -> Self {
        Self { settings, files: BTreeMap::new(), history: History::default() }
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
        let mut before: Files<'_> = BTreeMap::new();
        let mut after: Files<'_> = BTreeMap::new();
        for change in &changes {
            let old = self.files.get(change.path).cloned();
            let new = change.new.clone();
            match (&new, old.as_deref()) {
                (Some(new), _) if matches!(**new, Version::Unreadable(_)) => {
                    let Version::Unreadable(why) = &**new else { continue };
                    let id = old.as_deref().and_then(Version::id);
                    self.push(facts, change, id, unreadable(why));
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
            if let Some(old) = &old
                && let Some(id) = old.id()
            {
                before.entry(id).or_default().push((change, Arc::clone(old)));
            }
            if let Some(new) = &new
                && let Some(id) = new.id()
            {
                after.entry(id).or_default().push((change, Arc::clone(new)));
            }
            match new {
                Some(new) => self.files.insert(change.path.to_owned(), new),
                None => self.files.remove(change.path),
            };
        }
        self.items(facts, before, after);
    }

    /// What a commit did to items, by id: a file that moved is still the same item.
    fn items(&mut self, facts: &Facts, mut before: Files<'_>, mut after: Files<'_>) {
        let mut renamed = renamed(&before, &after);
        let away: BTreeSet<ItemId> = renamed.values().map(|(from, _)| from.clone()).collect();
        let ids: BTreeSet<ItemId> = before.keys().chain(after.keys()).cloned().collect();
        for id in ids {
            let mut olds = before.remove(&id).unwrap_or_default();
            let news = after.remove(&id).unwrap_or_default();
            for (change, new) in news {
                // Of two files with one id, the one at the same path is the one that was changed.
                let same = olds.iter().position(|(old, _)| old.path == change.path);
                let old =
                    same.or(if olds.is_empty() { None } else { Some(0) }).map(|at| olds.remove(at));
                match old {
                    Some((_, old)) => {
                        for difference in between(old.value(), new.value()) {
                            self.push(facts, change, Some(id.clone()), difference);
                        }
                    }
                    None => match renamed.remove(&id) {
                        Some((from, old)) => {
                            let (was, is) = (Value::from(from.as_str()), Value::from(id.as_str()));
                            let rename = Difference {
                                action: Action::ItemRenamed,
                                field: "/id".into(),
                                old: was,
                                new: is,
                                milestone: None,
                            };
                            self.push(facts, change, Some(id.clone()), rename);
                            for difference in between(old.value(), new.value()) {
                                self.push(facts, change, Some(id.clone()), difference);
                            }
                        }
                        None => {
                            let new = new.value().clone();
                            let created = Difference {
                                action: Action::ItemCreated,
                                field: String::new(),
                                old: Value::Null,
                                new,
                                milestone: None,
                            };
                            self.push(facts, change, Some(id.clone()), created);
                        }
                    },
                }
                self.remember(&id, new.value());
            }
            for (change, old) in olds {
                if away.contains(&id) {
                    continue;
                }
                let old = old.value().clone();
                let deleted = Difference {
                    action: Action::ItemDeleted,
                    field: String::new(),
                    old,
                    new: Value::Null,
                    milestone: None,
                };
                self.push(facts, change, Some(id.clone()), deleted);
            }
        }
    }

    /// Keeps the first version of an item that can be read.
    fn remember(&mut self, id: &ItemId, value: &Value) {
        if let Some(record) = self.history.records.get_mut(id)
            && record.first.is_none()
        {
            record.first = Item::deserialize_from(value).ok().map(Arc::new);
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
        self.history.push(Event {
            time: facts.time,
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
            evidence_family: if facts.reconstructed { Family::Audit } else { family },
            signature: facts.signature,
            source: facts.source.clone(),
            source_id: facts.source_id.clone(),
            reconstructed: facts.reconstructed,
        });
    }
}

impl Version {
    fn id(&self) -> Option<ItemId> {
        match self {
            Self::Item(id, _) => Some(id.clone()),
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
    let value = match Document::parse(path, bytes, &Limits::ITEM) {
        Ok(document) => document.to_value(),
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

/// Versions of files by the item in them.
type Files<'a> = BTreeMap<ItemId, Vec<(&'a File<'a>, Arc<Version>)>>;

/// Items that go on under another id: a new id at the path of a gone one, or with the same values.
fn renamed(before: &Files<'_>, after: &Files<'_>) -> HashMap<ItemId, (ItemId, Arc<Version>)> {
    let bare = |version: &Version| {
        let mut value = version.value().clone();
        if let Some(map) = value.as_object_mut() {
            map.shift_remove("id");
        }
        value
    };
    let mut renamed = HashMap::new();
    let gone: Vec<_> = before.iter().filter(|(id, _)| !after.contains_key(*id)).collect();
    for (id, news) in after.iter().filter(|(id, _)| !before.contains_key(*id)) {
        let Some((change, new)) = news.first() else { continue };
        let from = gone.iter().find_map(|(from, olds)| {
            let (old_change, old) = olds.first()?;
            let same = old_change.path == change.path || bare(old) == bare(new);
            same.then(|| ((*from).clone(), Arc::clone(old)))
        });
        let taken = |from: &ItemId| renamed.values().any(|(other, _): &(ItemId, _)| other == from);
        if let Some(from) = from.filter(|(from, _)| !taken(from)) {
            renamed.insert(id.clone(), from);
        }
    }
    renamed
}
