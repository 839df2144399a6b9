use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Comparison, ItemChange, Kind, Note, Unreadable, notes};
use crate::diagnostic::{Level, Statement};
use crate::history::{Action, Actor, Difference, FilePair, History, ItemDifference, diff_trees};
use crate::model::ItemId;
use crate::people::People;
use crate::rules::{self, Base, Checked, Context, Proposal};
use crate::settings::Settings;
use crate::store::{self, ChangedContent, Store, TrackerChange};

/// What is compared.
pub struct Input<'a> {
    /// The name of the base; none where nothing is committed yet.
    pub base: Option<String>,
    /// The name of the head; none for the work tree.
    pub head: Option<String>,
    /// The path of the settings.
    pub settings_path: &'a str,
    /// The files that differ.
    pub files: &'a [TrackerChange],
    /// The settings of the base; none where it has no tracker.
    pub base_settings: Option<&'a Settings>,
    /// The settings of the head.
    pub settings: &'a Settings,
    /// The folder that the tracker was in, where it was moved since the base.
    pub moved_from: Option<&'a str>,
    /// What the commits say up to the base.
    pub history: &'a History,
    /// What the commits say up to the head.
    pub whole: &'a History,
    /// Who is who, and who would commit what is not committed yet.
    pub people: &'a People,
    /// Who changed what since the base, oldest first.
    pub contributors: &'a [Contributor],
    /// Moves that were made on purpose outside the workflow: item, and `from -> to`.
    pub overrides: &'a BTreeSet<(String, String)>,
    /// The day that counts as today.
    pub today: NaiveDate,
}

/// Who changed some files, and why.
#[derive(Debug, Clone)]
pub struct Contributor {
    /// Who had a hand in it.
    pub authors: Vec<Actor>,
    /// Why, as the commit says.
    pub reason: Option<String>,
    /// The document that it was taken from, where it was.
    pub source: Option<String>,
    /// The files.
    pub paths: BTreeSet<String>,
}

impl Comparison {
    /// Compares.
    pub fn of(input: &Input<'_>) -> Self {
        let pairs: Vec<FilePair<'_>> = input.files.iter().map(pair).collect();
        let told = diff_trees(input.settings_path, &pairs);
        let (base, head) = store::stores(input.files, input.settings_path);
        let base = base.resolved(&input.base_settings.unwrap_or(input.settings).workflow);
        let head = head.resolved(&input.settings.workflow);
        let said = rule_notes(input, &base, &head);
        let mut settings = Vec::new();
        let mut unreadable = Vec::new();
        let mut items: BTreeMap<ItemId, Vec<ItemDifference>> = BTreeMap::new();
        for one in told {
            match &one.item {
                Some(id) => items.entry(id.clone()).or_default().push(one),
                None if one.difference.action == Action::Unreadable => {
                    unreadable.push(Unreadable {
                        path: one.path,
                        message: one.difference.new.as_str().unwrap_or_default().to_owned(),
                    })
                }
                None => settings.push(one.difference),
            }
        }
        let world = World { input, base: &base, head: &head, said: &said };
        let mut items: Vec<ItemChange> =
            items.into_iter().map(|(id, told)| world.item(id, told)).collect();
        // The rest is in the order of ids already, and sorting keeps it.
        items.sort_by_key(|item| !item.is_alarming());
        Self {
            version: 1,
            base: input.base.clone(),
            head: input.head.clone(),
            items,
            settings,
            settings_notes: said.get("").cloned().unwrap_or_default(),
            unreadable,
        }
    }
}

fn pair(change: &TrackerChange) -> FilePair<'_> {
    fn side(held: Option<&ChangedContent>) -> Option<Result<&[u8], &str>> {
        Some(match held? {
            ChangedContent::Bytes(bytes) => Ok(bytes.as_slice()),
            ChangedContent::Refused(why) => Err(why.message.as_str()),
        })
    }
    FilePair { path: &change.path, old: side(change.old.as_ref()), new: side(change.new.as_ref()) }
}

/// What the rules on changes say, by item; under the empty id what they say of the settings.
fn rule_notes(input: &Input<'_>, base: &Store, head: &Store) -> BTreeMap<String, Vec<Note>> {
    let context = Context {
        store: head,
        settings: input.settings,
        today: input.today,
        history: Some(input.whole),
        people: input.people,
        reported: None,
    };
    let proposal = Proposal {
        before: base.items(),
        after: head.items(),
        overrides: input.overrides,
        settings: input.settings,
        today: input.today,
        history: Some(input.whole),
        people: input.people,
    };
    let mut said = proposal.new_item_errors();
    // Only the items that differ are read here.
    said.retain(|one| one.rule != "unknown-dependency");
    let base = Base {
        store: base,
        earlier: &[],
        said: &Checked::default(),
        settings: input.base_settings,
        moved_from: input.moved_from,
        overrides: input.overrides,
    };
    let mut notes: BTreeMap<String, Vec<Note>> = BTreeMap::new();
    said.extend(rules::check_changes(&context, &base));
    for diagnostic in said {
        let Statement { rule, level, message, item, .. } = diagnostic.into_statement();
        let note = Note { about: rule, alarming: level != Level::Note, text: message };
        notes.entry(item.unwrap_or_default()).or_default().push(note);
    }
    notes
}

struct World<'a> {
    input: &'a Input<'a>,
    base: &'a Store,
    head: &'a Store,
    said: &'a BTreeMap<String, Vec<Note>>,
}

impl World<'_> {
    fn item(&self, id: ItemId, told: Vec<ItemDifference>) -> ItemChange {
        let has = |action| told.iter().any(|one| one.difference.action == action);
        let kind = match (has(Action::ItemCreated), has(Action::ItemDeleted)) {
            (true, false) => Kind::Added,
            (false, true) => Kind::Removed,
            _ => Kind::Changed,
        };
        // An item that goes on under another id was something before.
        let renamed = told.iter().find(|one| one.difference.action == Action::ItemRenamed);
        let before = renamed.and_then(|one| one.difference.old.as_str()?.parse::<ItemId>().ok());
        let base = self.base.find(before.as_ref().unwrap_or(&id));
        let head = self.head.find(&id);
        let one = head.or(base);
        let mut paths: BTreeSet<&str> = told.iter().map(|one| one.path.as_str()).collect();
        paths.extend([base, head].into_iter().flatten().map(|stored| stored.path()));
        let hands: Vec<&Contributor> = self
            .input
            .contributors
            .iter()
            .filter(|one| paths.iter().any(|path| one.paths.contains(*path)))
            .collect();
        let mut authors: Vec<Actor> = Vec::new();
        for author in hands.iter().flat_map(|hand| &hand.authors) {
            if !authors.contains(author) {
                authors.push(author.clone());
            }
        }
        let mut reasons: Vec<String> = Vec::new();
        for reason in hands.iter().filter_map(|hand| hand.reason.as_ref()) {
            if !reasons.contains(reason) {
                reasons.push(reason.clone());
            }
        }
        let path = told.last().map(|one| one.path.clone()).unwrap_or_default();
        let path = head.map_or(path, |stored| stored.path().to_owned());
        let events: Vec<Difference> = told.into_iter().map(|one| one.difference).collect();
        let facts = notes::Facts {
            kind,
            events: &events,
            base: base.map(|stored| &stored.item),
            head: head.map(|stored| &stored.item),
            life: self.input.history.events_of(before.as_ref().unwrap_or(&id)).collect(),
            has_reason: !reasons.is_empty(),
            sources: hands.iter().map(|hand| hand.source.as_deref()).collect(),
            settings: self.input.settings,
            history: self.input.history,
            today: self.input.today,
            said: self.said.get(id.as_str()).map(Vec::as_slice).unwrap_or_default(),
        };
        let mut notes = notes::notes(&facts);
        // What was decided comes first, of what needs a look and of the rest.
        let decided = |note: &Note| ["decision", "self-approval", "deferred"].contains(&note.about);
        notes.sort_by_key(|note| (!note.alarming, !decided(note)));
        ItemChange {
            kind,
            name: one.map(|stored| stored.item.weakness_name.clone()).unwrap_or_default(),
            status: one.map(|stored| stored.item.status.to_string()).unwrap_or_default(),
            item: id,
            path,
            events,
            notes,
            authors,
            reasons,
        }
    }
}
