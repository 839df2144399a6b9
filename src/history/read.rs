use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::Utc;
use rayon::prelude::*;
use serde_json::Value;

use super::{
    Action, Actor, Difference, Event, Family, History, Signature, between, between_settings,
};
use crate::document::{Document, Limits};
use crate::model::{Item, ItemId};
use crate::repository::{BlobId, Change, CommitId, GitError, Landed, Repository, trailers, walk};
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
    let settings = format!("{prefix}{}", settings::FILE);
    let landed = walk(repository, head, &[items_folder, &settings])?;
    let mut reader = Reader {
        repository,
        settings,
        files: BTreeMap::new(),
        history: History { head: Some(head), ..History::default() },
    };
    reader.history.head_time = Some(repository.committed(head)?.with_timezone(&Utc));
    for batch in landed.chunks(BATCH) {
        let versions = reader.versions(batch)?;
        for commit in batch {
            reader.land(commit, &versions);
        }
    }
    Ok(reader.history)
}

/// A version of a file, as far as history looks into it.
#[derive(Debug)]
enum Version {
    Item(ItemId, Value),
    Settings(Value),
    /// What is wrong with it.
    Unreadable(String),
}

type Versions = HashMap<BlobId, Arc<Version>>;

struct Reader<'a> {
    repository: &'a Repository,
    settings: String,
    /// What each path holds: the last version that could be read.
    files: BTreeMap<String, Arc<Version>>,
    history: History,
}

impl Reader<'_> {
    /// Reads and parses every new version of a batch.
    fn versions(&self, batch: &[Landed]) -> Result<Versions, GitError> {
        let mut wanted: Vec<(&str, BlobId)> = batch
            .iter()
            .flat_map(|landed| &landed.changes)
            .filter(|change| is_ours(&change.path, &self.settings))
            .filter_map(|change| Some((change.path.as_str(), change.new?)))
            .collect();
        wanted.sort_unstable();
        wanted.dedup_by_key(|(_, blob)| *blob);
        let blobs: Vec<(&str, BlobId, Vec<u8>)> = wanted
            .into_iter()
            .map(|(path, blob)| Ok((path, blob, self.repository.blob(blob)?)))
            .collect::<Result<_, GitError>>()?;
        let settings = &self.settings;
        let parse = |(path, blob, bytes): (&str, BlobId, Vec<u8>)| {
            (blob, Arc::new(parse(path, &bytes, path == settings)))
        };
        Ok(blobs.into_par_iter().map(parse).collect())
    }

    fn land(&mut self, landed: &Landed, versions: &Versions) {
        let facts = Facts::of(landed);
        let mut before: BTreeMap<ItemId, Vec<(&Change, Arc<Version>)>> = BTreeMap::new();
        let mut after: BTreeMap<ItemId, Vec<(&Change, Arc<Version>)>> = BTreeMap::new();
        for change in &landed.changes {
            if !is_ours(&change.path, &self.settings) {
                continue;
            }
            let old = self.files.get(&change.path).cloned();
            let new = change.new.and_then(|blob| versions.get(&blob)).cloned();
            match (&new, old.as_deref()) {
                (Some(new), _) if matches!(**new, Version::Unreadable(_)) => {
                    let Version::Unreadable(why) = &**new else { continue };
                    let id = old.as_deref().and_then(Version::id);
                    self.push(&facts, change, id, unreadable(why));
                    // The last version that could be read stays, to compare the next one with.
                    continue;
                }
                (None, _) if change.irregular && change.old.is_none() => {
                    let id = old.as_deref().and_then(Version::id);
                    self.push(&facts, change, id, unreadable("a symbolic link or a submodule"));
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
                        self.push(&facts, change, None, difference);
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
                Some(new) => self.files.insert(change.path.clone(), new),
                None => self.files.remove(&change.path),
            };
        }
        self.items(&facts, before, after);
    }

    /// What a commit did to items, by id: a file that moved is still the same item.
    fn items(
        &mut self,
        facts: &Facts,
        mut before: BTreeMap<ItemId, Vec<(&Change, Arc<Version>)>>,
        mut after: BTreeMap<ItemId, Vec<(&Change, Arc<Version>)>>,
    ) {
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
        change: &Change,
        item: Option<ItemId>,
        difference: Difference,
    ) {
        let mut people = change.authors.iter().map(actor);
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
            path: change.path.clone(),
            item,
            action: difference.action,
            field: difference.field,
            old: difference.old,
            new: difference.new,
            milestone: difference.milestone,
            reason: facts.reason_for(change),
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

/// Whether a file is the settings or an item; anything else may lie beside items.
fn is_ours(path: &str, settings: &str) -> bool {
    path == settings || path.ends_with(".yaml")
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

type Files<'a> = BTreeMap<ItemId, Vec<(&'a Change, Arc<Version>)>>;

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

/// What a commit says of all its events.
struct Facts {
    time: chrono::DateTime<Utc>,
    author: Actor,
    landed_by: Actor,
    commit: String,
    reason: Option<String>,
    signature: Signature,
    source: Option<String>,
    source_id: Option<String>,
    reconstructed: bool,
}

fn actor(signature: &crate::repository::Signature) -> Actor {
    Actor { name: signature.name.clone(), email: signature.email.clone() }
}

impl Facts {
    /// Why a file changed: what the merged-in commits say that touched it, else what this one says.
    fn reason_for(&self, change: &Change) -> Option<String> {
        let mut said: Vec<String> = Vec::new();
        for reason in change.messages.iter().filter_map(|message| reason_of(message)) {
            if !said.contains(&reason) {
                said.push(reason);
            }
        }
        if said.is_empty() { self.reason.clone() } else { Some(said.join("; ")) }
    }

    fn of(landed: &Landed) -> Self {
        let trailers = trailers(&landed.message);
        let get = |key: &str| {
            let found = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        let reconstructed = get("Poam-Reconstructed").is_some_and(|value| value == "true");
        let made = if reconstructed { landed.author.time } else { landed.committer.time };
        Self {
            time: made.with_timezone(&Utc),
            author: actor(&landed.author),
            landed_by: actor(&landed.committer),
            commit: landed.commit.to_string(),
            reason: reason_of(&landed.message),
            signature: if landed.signed { Signature::Unknown } else { Signature::None },
            source: get("Poam-Source"),
            source_id: get("Poam-Source-Id"),
            reconstructed,
        }
    }
}

/// Why a commit was made, as its message says.
fn reason_of(message: &str) -> Option<String> {
    let trailers = trailers(message);
    let reason = trailers.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("Poam-Reason"));
    let reason = reason.map(|(_, value)| value.clone()).filter(|value| !value.is_empty());
    reason.or_else(|| spoken_reason(message, &trailers))
}

/// The reason of a commit without a `Poam-Reason`: its body, or the subject of a commit that
/// people made by hand. The subject of our own commits only repeats the change.
fn spoken_reason(message: &str, trailers: &[(String, String)]) -> Option<String> {
    let (subject, rest) = message.split_once('\n').unwrap_or((message, ""));
    let mut paragraphs: Vec<&str> =
        rest.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).collect();
    if !trailers.is_empty() {
        paragraphs.pop();
    }
    let ours = trailers.iter().any(|(key, _)| key.starts_with("Poam-"));
    match paragraphs.join("\n\n") {
        body if !body.is_empty() => Some(body),
        _ if !ours && !subject.trim().is_empty() => Some(subject.trim().to_owned()),
        _ => None,
    }
}
