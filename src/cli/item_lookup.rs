//! Finding of items by the ids that a person typed.

use anyhow::{Context as _, Result, bail};

use super::short_id;
use crate::model::{ItemId, looks_like, odd_characters};
use crate::nearest::nearest;
use crate::repository::{HiddenMark, IndexEntry, Repository};
use crate::store::{Store, Stored, Tracker};
use crate::text::visible;

/// Items that were looked up.
#[derive(Default)]
pub(super) struct FoundItems {
    /// In the order of the ids.
    pub(super) items: Vec<Stored>,
    /// Entries of git's index for files of their names.
    pub(super) tracked: Vec<IndexEntry>,
}

/// The items with these ids, to change them: an item that a sparse checkout leaves out is refused. `load_all` is
/// called only where the files' names do not tell.
pub(super) fn find_items<'a>(
    repository: Option<&Repository>,
    tracker: &Tracker,
    ids: &[String],
    load_all: impl FnOnce() -> Result<&'a Store>,
) -> Result<FoundItems> {
    let mut found = look_up(repository, tracker, ids)?;
    if found.items.len() < ids.len() {
        refuse_left_out(tracker, &found.tracked)?;
        found.items = find_loaded(load_all()?, ids)?;
    }
    Ok(found)
}

/// Returns whether a file is named after an item with this very id, as the rule `id-file-mismatch` demands; no other
/// file is read.
pub(super) fn is_file_named(repository: &Repository, tracker: &Tracker, id: &str) -> bool {
    look_up(Some(repository), tracker, &[id.to_owned()])
        .is_ok_and(|found| found.items.iter().any(|stored| stored.item.id.as_str() == id))
}

/// Looks items up by their ids. A file that is named after its item, as nearly all are, is found
/// without reading others. Finds fewer items where that does not show.
fn look_up(
    repository: Option<&Repository>,
    tracker: &Tracker,
    ids: &[String],
) -> Result<FoundItems> {
    let mut found = FoundItems::default();
    if let Some(repository) = repository.filter(|_| ids.len() <= LOOKED_UP) {
        let known: Vec<ItemId> = ids.iter().filter_map(|text| text.parse().ok()).collect();
        let names: Vec<String> = known.iter().map(Tracker::file_name).collect();
        found.tracked = repository.tracked_as(&tracker.items_folder(), &names)?;
        let looked_up = known.iter().map_while(|id| tracker.look_up(id, &found.tracked));
        found.items = looked_up.collect();
    }
    Ok(found)
}

/// Finds the items with these ids among all.
fn find_loaded(store: &Store, ids: &[String]) -> Result<Vec<Stored>> {
    ids.iter().map(|id| find_item(store, id).cloned()).collect()
}

/// Refuses files that a sparse checkout leaves out.
fn refuse_left_out(tracker: &Tracker, tracked: &[IndexEntry]) -> Result<()> {
    for tracked in tracked {
        let there =
            tracker.root.join(tracked.path.strip_prefix(&tracker.prefix).unwrap_or_default());
        if tracked.hidden == Some(HiddenMark::SkipWorktree) && there.symlink_metadata().is_err() {
            let path = visible(&tracked.path);
            bail!(
                "{path} is not checked out here (a sparse checkout); `git sparse-checkout disable` \
                 brings back what was left out"
            );
        }
    }
    Ok(())
}

/// The item with this id, to read it; one that a sparse checkout leaves out is read from the index.
pub(super) fn find_one(
    repository: Option<&Repository>,
    tracker: &Tracker,
    id: &str,
) -> Result<Stored> {
    let ids = [id.to_owned()];
    let mut items = look_up(repository, tracker, &ids)?.items;
    if items.is_empty() {
        items = find_loaded(&tracker.load_all(repository)?, &ids)?;
    }
    items.pop().with_context(|| format!("no item has the id `{}`", visible(id)))
}

/// Refuses an id that only looks like that of an item, and names the one that is meant.
fn refuse_lookalike(store: &Store, text: &str) -> Result<()> {
    let Some(meant) = store.ids().find(|id| looks_like(id.as_str(), text)) else { return Ok(()) };
    let note = |text: &str| match odd_characters(text) {
        odd if odd.is_empty() => odd,
        odd => format!(" ({odd})"),
    };
    bail!(
        "no item has the id `{}`{}: did you mean `{meant}`{}?",
        visible(text),
        note(text),
        note(meant.as_str())
    )
}

/// So many items are looked up one by one; of more, everything is read.
const LOOKED_UP: usize = 100;

/// The item with an id as a person typed it; an error that names a near one.
pub(super) fn find_item<'a>(store: &'a Store, text: &str) -> Result<&'a Stored> {
    let id: ItemId = match text.parse() {
        Ok(id) => id,
        Err(error) => {
            refuse_lookalike(store, text)?;
            return Err(error).with_context(|| format!("`{}` is not an id", visible(text)));
        }
    };
    let mut found = store.with_id(&id);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => {
            bail!("{id} stands in two files, {} and {}: mend that first", one.path(), other.path())
        }
        (None, _) => {
            let ids: Vec<&ItemId> = store.ids().collect();
            if let Some(meant) = short_id::find(text, &ids)? {
                return find_item(store, meant.as_str());
            }
            refuse_lookalike(store, text)?;
            let unreadable = store
                .diagnostics()
                .iter()
                .find(|it| it.label.path.ends_with(&format!("/{}.yaml", id.file_stem())));
            if let Some(diagnostic) = unreadable {
                let (path, start) = (&diagnostic.label.path, diagnostic.label.start);
                bail!("{path}:{}:{}: {}", start.line, start.column, diagnostic.message);
            }
            let ids: Vec<&str> = store.ids().map(ItemId::as_str).collect();
            match nearest(text, ids) {
                Some(near) => bail!("no item has the id `{id}`: did you mean `{near}`?"),
                None => bail!("no item has the id `{id}`; `poam list` shows all"),
            }
        }
    }
}
