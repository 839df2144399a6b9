//! Ids that no new item may be given.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};

use super::Session;
use crate::history::History;
use crate::model::ItemId;
use crate::repository::Repository;
use crate::store::{Store, Tracker};

/// Every id of this checkout, of the other work trees of the repository (where nothing may be committed
/// yet), and of every local and remote-tracking branch.
pub(super) fn taken_ids(
    repository: &Repository,
    tracker: &Tracker,
    store: &Store,
) -> Result<BTreeSet<ItemId>> {
    let mut taken: BTreeSet<ItemId> = store.ids().cloned().collect();
    let folder = tracker.items_folder();
    // Files that cannot be read have a name all the same.
    let unreadable = store.diagnostics().iter().map(|it| it.label.path.clone());
    taken.extend(unreadable.filter_map(|path| id_of(&path)));
    for top in repository.other_work_trees() {
        let files = walkdir::WalkDir::new(top.join(&folder)).into_iter().flatten();
        taken.extend(files.filter_map(|file| id_of(file.file_name().to_str()?)));
    }
    let tips: BTreeSet<_> =
        repository.branch_tips()?.into_iter().map(|(_, commit)| commit).collect();
    for tip in tips {
        let files =
            repository.list_files(tip, &folder).context("reading the ids of other branches")?;
        taken.extend(files.into_iter().filter_map(|file| id_of(&file.path)));
    }
    Ok(taken)
}

/// Every id that an item ever had: one that is deleted retains its id for life.
pub(super) fn past_ids(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
) -> Result<BTreeSet<ItemId>> {
    if repository.is_shallow() {
        session.say(
            "warning: this is a shallow clone, so the ids of items that were deleted are not known \
             (`git fetch --unshallow` gets the rest)",
        );
        return Ok(BTreeSet::new());
    }
    let history = session.history(Some(repository), tracker)?;
    Ok(history.iter().flat_map(History::ids).cloned().collect())
}

fn id_of(path: &str) -> Option<ItemId> {
    let name = path.rsplit('/').next()?;
    ItemId::from_file_stem(name.strip_suffix(".yaml")?).ok()
}
