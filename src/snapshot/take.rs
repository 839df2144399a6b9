//! Builds the manifest of a commit and the message of the tag that freezes it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::manifest::{Digest, Manifest, ManifestCounts, Realized, VERSION, WorkbookDigest};
use crate::diagnostic::Level;
use crate::exchange::{self, BookError, Edition, LayoutError, Records};
use crate::history::History;
use crate::model::ItemId;
use crate::people::People;
use crate::repository::{CommitId, GitError, Repository};
use crate::rules::{self, Context};
use crate::settings::Settings;
use crate::store::{Store, Tracker};
use crate::summary::{Summary, Totals};
use crate::workbook::Layout;

/// Reasons why a commit cannot be frozen.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// Files that are no items would be missing from the manifest.
    #[error("files of the commit cannot be read as items ({0}); `poam validate` says why")]
    Unreadable(usize),
    /// Two files have one id.
    #[error("{id} stands in two files, {first} and {second}: mend that first")]
    Twice {
        /// The id.
        id: ItemId,
        /// A file.
        first: String,
        /// Another.
        second: String,
    },
    /// Git gives no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The layout of the settings does not exist or does not hold.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The workbook cannot be built.
    #[error(transparent)]
    Workbook(#[from] BookError),
}

/// The items of a commit by what their files hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The SHA-256 of every item's file, by id.
    pub items: BTreeMap<ItemId, Digest>,
}

impl Tree {
    /// Returns the items of a commit; `store` is what was loaded from it.
    pub fn load(
        repository: &Repository,
        commit: CommitId,
        tracker: &Tracker,
        store: &Store,
    ) -> Result<Self, TakeError> {
        if store.unreadable() > 0 {
            return Err(TakeError::Unreadable(store.unreadable()));
        }
        if let Some((one, other)) = store.twins() {
            let (first, second) = (one.path().to_owned(), other.path().to_owned());
            return Err(TakeError::Twice { id: one.item.id.clone(), first, second });
        }
        let files = repository.list_files(commit, &tracker.items_folder())?;
        let blobs: BTreeMap<&str, _> =
            files.iter().map(|file| (file.path.as_str(), file.blob)).collect();
        let mut items = BTreeMap::new();
        for stored in store.items() {
            let id = &stored.item.id;
            let Some(blob) = blobs.get(stored.path()) else { continue };
            let digest = Digest::hash(&repository.read_blob(*blob)?);
            items.insert(id.clone(), digest);
        }
        Ok(Self { items })
    }
}

/// Returns the manifest of a commit: of its items, its settings (`tracker`) and its history, and of
/// nothing else. `date` is the day of the commit, in UTC.
pub fn build(
    repository: &Repository,
    commit: CommitId,
    tracker: &Tracker,
    store: &Store,
    history: &History,
    name: &str,
    date: NaiveDate,
) -> Result<Manifest, TakeError> {
    let settings = &tracker.settings;
    let tree = Tree::load(repository, commit, tracker, store)?;
    Ok(Manifest {
        version: VERSION,
        name: name.to_owned(),
        folder: tracker.prefix.clone(),
        system: settings.system.name.clone(),
        commit: commit.to_string(),
        date,
        tool: tool_version(),
        counts: count_items(store, settings, history, date),
        workbook: digest_workbook(
            store,
            settings,
            history,
            exchange::layout_of(repository, commit, tracker)?.as_ref(),
            date,
        )?,
        items: tree.items,
    })
}

/// Returns the name and version of the program.
pub(super) fn tool_version() -> String {
    format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

fn count_items(
    store: &Store,
    settings: &Settings,
    history: &History,
    date: NaiveDate,
) -> ManifestCounts {
    let summary = Summary::compute(store, settings, Some(history), date, None);
    let people = People::new([], &settings.people, None);
    let context = Context {
        store,
        settings,
        today: date,
        history: Some(history),
        people: &people,
        reported: None,
    };
    let said = rules::check(&context, None).diagnostics;
    let count = |level| said.iter().filter(|one| one.level == level).count();
    let realized = summary.escalations.iter().map(|one| Realized {
        trigger: one.trigger.to_owned(),
        level: one.level,
        count: one.count,
    });
    ManifestCounts {
        items: store.items().len(),
        totals: summary.totals,
        by_status: summary.by_status.into_iter().filter(|(_, count)| *count > 0).collect(),
        by_risk: summary.by_risk,
        errors: count(Level::Error),
        warnings: count(Level::Warning),
        escalations: realized.collect(),
    }
}

fn digest_workbook(
    store: &Store,
    settings: &Settings,
    history: &History,
    layout: &Layout,
    date: NaiveDate,
) -> Result<WorkbookDigest, TakeError> {
    let edition = Edition { date, ..Edition::default() };
    let records = Records { store, settings, history: &history.into() };
    let book = exchange::book(records, layout, &edition)?;
    Ok(WorkbookDigest { layout: layout.name.to_string(), sha256: Digest::hash(&book.bytes) })
}

/// Returns the message of a snapshot's tag: a line for people, then the manifest.
pub fn tag_message(manifest: &Manifest) -> String {
    let Totals { open, overdue, closed } = manifest.counts.totals;
    // A map with string keys and plain values: there is nothing in it that JSON cannot hold.
    let json = serde_json::to_string_pretty(manifest).unwrap_or_default();
    format!("{}: {open} open, {overdue} overdue, {closed} closed\n\n{json}\n", manifest.name)
}
