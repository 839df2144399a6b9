//! Builds a comparison: pairs the files of base and head, derives the differences of each item, and
//! adds notes.
//!
//! [`ComparisonInput`] has all data; nothing is read from disk or git here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{
    ChangeKind, ChangeNote, Comparison, FindingElsewhere, ItemChange, Unreadable, VerdictCounts,
    notes, settings_effect,
};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{Action, Actor, Difference, FilePair, History, ItemDifference, diff_trees};
use crate::model::{Item, ItemId};
use crate::rules::{self, CheckedTree};
use crate::settings::Settings;
use crate::store::{self, ChangedContent, Store, TrackerChange};

/// Everything that a comparison of two revisions needs.
pub struct ComparisonInput<'a> {
    /// The name of the base; none where nothing is committed yet.
    pub base: Option<String>,
    /// The name of the head; none for the work tree.
    pub head: Option<String>,
    /// The path of the settings.
    pub settings_path: &'a str,
    /// The files that differ.
    pub files: &'a [TrackerChange],
    /// All items of the head.
    pub store: &'a Store,
    /// The settings of the base; none where it has no tracker.
    pub base_settings: Option<&'a Settings>,
    /// The settings of the head.
    pub settings: &'a Settings,
    /// Diagnostics of the head against the base: those of `poam validate --base`.
    pub checked: &'a CheckedTree,
    /// History up to the base.
    pub history: &'a History,
    /// Contributions since the base, oldest first.
    pub contributors: &'a [Contributor],
    /// The commit whose files are those of the head, but for the uncommitted ones.
    pub linked: Option<String>,
    /// Files that no commit has as they are.
    pub uncommitted: &'a BTreeSet<String>,
    /// The day that counts as today.
    pub today: NaiveDate,
}

/// Authors of a change of some files, with the reason.
#[derive(Debug, Clone)]
pub struct Contributor {
    /// Authors, in order of contribution.
    pub authors: Vec<Actor>,
    /// Reason by the commit message.
    pub reason: Option<String>,
    /// Subject of the commit, where people wrote it.
    pub subject: Option<String>,
    /// The document that it was taken from, where it was.
    pub source: Option<String>,
    /// The files.
    pub paths: BTreeSet<String>,
}

impl Comparison {
    /// Compares.
    pub fn compare(input: &ComparisonInput<'_>) -> Self {
        let pairs: Vec<FilePair<'_>> = input.files.iter().map(pair).collect();
        let differences = diff_trees(input.settings_path, &pairs);
        let (base, head) = store::changed_stores(input.files, input.settings_path);
        let base = base.resolve_statuses(&input.base_settings.unwrap_or(input.settings).workflow);
        let head = head.resolve_statuses(&input.settings.workflow);
        let mut findings = PlacedNotes::collect(input);
        let mut settings = Vec::new();
        let mut unreadable = Vec::new();
        let mut items: BTreeMap<ItemId, Vec<ItemDifference>> = BTreeMap::new();
        for one in differences {
            match &one.item {
                Some(id) => items.entry(id.clone()).or_default().push(one),
                None if one.difference.action == Action::Unreadable => {
                    let reported = findings.take(None, &one.path).into_iter().next();
                    unreadable.push(Unreadable {
                        path: one.path,
                        message: one.difference.new.as_str().unwrap_or_default().to_owned(),
                        rule: reported.as_ref().and_then(|note| note.rule),
                        level: reported.as_ref().and_then(|note| note.level),
                    })
                }
                None => settings.push(one.difference),
            }
        }
        let is_deleted = |item: &&Item| input.store.find(&item.id).is_none();
        let deleted: Vec<&Item> =
            base.items().iter().map(|it| &it.item).filter(is_deleted).collect();
        let sides = ComparedStores { input, base: &base, head: &head, deleted: &deleted };
        let mut items: Vec<ItemChange> = items
            .into_iter()
            .map(|(id, differences)| sides.item(id, differences, &mut findings))
            .collect();
        // The rest is in the order of ids already, and sorting retains it.
        items.sort_by_key(|item| match (item.is_alarming(), item.has_decision()) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        });
        let mut settings_notes = findings.take(None, input.settings_path);
        settings_notes.extend(settings_effect::notes(input));
        Self {
            version: 1,
            base: input.base.clone(),
            head: input.head.clone(),
            verdict: verdict(input.checked),
            items,
            settings,
            settings_notes,
            unreadable,
            elsewhere: findings.rest(),
            handbook: input.settings.links.handbook.clone(),
        }
    }
}

fn verdict(checked: &CheckedTree) -> VerdictCounts {
    let count = |level| checked.diagnostics.iter().filter(|one| one.level == level).count();
    VerdictCounts {
        errors: count(Level::Error),
        warnings: count(Level::Warning),
        notes: count(Level::Note),
        known: checked.known,
    }
}

/// A diagnostic as a note, with its place.
struct PlacedNote {
    item: Option<String>,
    path: String,
    note: ChangeNote,
}

/// The diagnostics of a change that no item has taken yet.
struct PlacedNotes(Vec<PlacedNote>);

impl PlacedNotes {
    fn collect(input: &ComparisonInput<'_>) -> Self {
        let note = |diagnostic: &Diagnostic, is_allowed: bool| {
            // Warnings about a state are there to be read; those about a change ask whether it is
            // meant.
            let is_alarming = match diagnostic.level {
                Level::Error => true,
                Level::Warning => rules::is_on_changes(diagnostic.rule),
                Level::Note => false,
            };
            let note = match is_allowed {
                true => {
                    ChangeNote::plain(diagnostic.rule, format!("allowed: {}", diagnostic.message))
                }
                false => ChangeNote {
                    about: diagnostic.rule,
                    alarming: is_alarming,
                    text: diagnostic.message.clone(),
                    rule: Some(diagnostic.rule),
                    level: Some(diagnostic.level),
                },
            };
            let (item, path) = (diagnostic.item.clone(), diagnostic.label.path.to_string());
            PlacedNote { item, path, note }
        };
        let counted = input.checked.diagnostics.iter().map(|one| note(one, false));
        let allowed = input.checked.allowed.iter().map(|one| note(one, true));
        Self(counted.chain(allowed).collect())
    }

    /// Takes the notes about an item, or about a file where they are about no item.
    fn take(&mut self, item: Option<&ItemId>, path: &str) -> Vec<ChangeNote> {
        let is_meant = |one: &mut PlacedNote| match &one.item {
            Some(id) => item.is_some_and(|item| item.as_str() == id),
            None => one.path == path,
        };
        self.0.extract_if(.., is_meant).map(|one| one.note).collect()
    }

    /// Returns those that nothing has taken.
    fn rest(self) -> Vec<FindingElsewhere> {
        let rest = self.0.into_iter().filter(|one| one.note.rule.is_some());
        rest.map(|PlacedNote { item, path, note }| FindingElsewhere { item, path, note }).collect()
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

struct ComparedStores<'a> {
    input: &'a ComparisonInput<'a>,
    base: &'a Store,
    head: &'a Store,
    deleted: &'a [&'a Item],
}

impl ComparedStores<'_> {
    fn item(
        &self,
        id: ItemId,
        differences: Vec<ItemDifference>,
        findings: &mut PlacedNotes,
    ) -> ItemChange {
        let input = self.input;
        let has = |action| differences.iter().any(|one| one.difference.action == action);
        let kind = match (has(Action::ItemCreated), has(Action::ItemDeleted)) {
            (true, false) => ChangeKind::Added,
            (false, true) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        };
        // An item that goes on under another id was something before.
        let renamed = differences.iter().find(|one| one.difference.action == Action::ItemRenamed);
        let before = renamed.and_then(|one| one.difference.old.as_str()?.parse::<ItemId>().ok());
        let base = self.base.find(before.as_ref().unwrap_or(&id));
        let head = self.head.find(&id);
        let stored = head.or(base);
        let mut paths: BTreeSet<&str> = differences.iter().map(|one| one.path.as_str()).collect();
        paths.extend([base, head].into_iter().flatten().map(|stored| stored.path()));
        let contributors: Vec<&Contributor> = input
            .contributors
            .iter()
            .filter(|one| paths.iter().any(|path| one.paths.contains(*path)))
            .collect();
        let mut authors: Vec<Actor> = Vec::new();
        for author in contributors.iter().flat_map(|one| &one.authors) {
            if !authors.contains(author) {
                authors.push(author.clone());
            }
        }
        let mut reasons: Vec<String> = Vec::new();
        for reason in contributors.iter().filter_map(|one| one.reason.as_ref()) {
            if !reasons.contains(reason) {
                reasons.push(reason.clone());
            }
        }
        let mut subjects: Vec<String> = Vec::new();
        for one in contributors.iter().filter(|one| one.reason.is_none()) {
            if let Some(subject) = one.subject.as_ref().filter(|it| !subjects.contains(it)) {
                subjects.push(subject.clone());
            }
        }
        let path = differences.last().map(|one| one.path.clone()).unwrap_or_default();
        let path = head.map_or(path, |stored| stored.path().to_owned());
        let mut reported = findings.take(Some(&id), &path);
        if let Some(before) = &before {
            reported.extend(findings.take(Some(before), &path));
        }
        let events: Vec<Difference> = differences.into_iter().map(|one| one.difference).collect();
        let facts = notes::ChangeFacts {
            kind,
            events: &events,
            base: base.map(|stored| &stored.item),
            head: head.map(|stored| &stored.item),
            life: input.history.events_of(before.as_ref().unwrap_or(&id)).collect(),
            has_reason: !reasons.is_empty(),
            sources: contributors.iter().map(|one| one.source.as_deref()).collect(),
            deleted: self.deleted,
            authors: &authors,
            base_settings: input.base_settings.unwrap_or(input.settings),
            settings: input.settings,
            history: input.history,
            today: input.today,
        };
        let mut notes = notes::notes(&facts, reported);
        notes.sort_by_key(ChangeNote::rank);
        let now = match (head, base) {
            (Some(head), _) => Some(facts.lateness(&head.item)),
            (None, base) => base.map(|base| facts.lateness_before(&base.item)),
        };
        let was = base.map(|stored| facts.lateness_before(&stored.item));
        let owner = stored.and_then(|stored| stored.item.point_of_contact.as_ref());
        let owner = owner.map(|person| person.name.trim().to_owned());
        let is_committed = head.is_some() && !input.uncommitted.contains(&path);
        let linked = input.linked.as_ref().filter(|_| is_committed);
        let links = &input.settings.links;
        ItemChange {
            kind,
            name: stored.map(|stored| stored.item.weakness_name.clone()).unwrap_or_default(),
            status: stored.map(|stored| stored.item.status.to_string()).unwrap_or_default(),
            risk: now.as_ref().map(|now| now.due.rating),
            owner: owner.filter(|name| !name.is_empty()),
            due: now.as_ref().map(|now| now.due.effective),
            days_overdue: now.as_ref().map_or(0, |now| now.days_overdue),
            was_overdue: was.map_or(0, |was| was.days_overdue),
            file_link: linked.and_then(|commit| links.file(commit, &path)),
            report_link: base.and_then(|_| links.item(before.as_ref().unwrap_or(&id))),
            item: id,
            path,
            events,
            notes,
            authors,
            reasons,
            subjects,
        }
    }
}
