//! Compares two trees as if one commit made the one out of the other.

use std::sync::Arc;

use chrono::DateTime;

use super::content::FileVersion;
use super::facts::{ChangeOrigin, CommitFacts};
use super::prepare::{ChangedFile, Prefetched, PreparedCommit, is_tracked};
use super::replay::Replayer;
use super::{Actor, Difference, SignatureStatus};
use crate::model::ItemId;

/// The state of a path in a tree: bytes, or the reason why nobody may read what is there. `None`
/// where there is no file.
pub type FileState<'a> = Option<Result<&'a [u8], &'a str>>;

/// A file in two trees.
#[derive(Debug, Clone, Copy)]
pub struct FilePair<'a> {
    /// The path from the top of the repository.
    pub path: &'a str,
    /// In the base.
    pub old: FileState<'a>,
    /// In the head.
    pub new: FileState<'a>,
}

/// A difference with the item and the file that it is about.
#[derive(Debug, Clone)]
pub struct ItemDifference {
    /// The item; none for the settings, and for files that never were an item.
    pub item: Option<ItemId>,
    /// The file.
    pub path: String,
    /// Difference as an event would record it.
    pub difference: Difference,
}

/// Lists the differences that would be events if one commit made the head out of the base: a branch
/// is described as what it will be committed as. `settings` is the path of the settings; files that are equal in both need
/// not be among the pairs.
pub fn diff_trees(settings: &str, pairs: &[FilePair<'_>]) -> Vec<ItemDifference> {
    let tracked: Vec<&FilePair<'_>> =
        pairs.iter().filter(|pair| is_tracked(pair.path, settings)).collect();
    let mut base = Vec::new();
    let mut head = Vec::new();
    for pair in tracked {
        if pair.old.is_some() {
            base.push(changed_file(settings, pair.path, pair.old));
        }
        if pair.old != pair.new {
            head.push(changed_file(settings, pair.path, pair.new));
        }
    }
    let mut replayer = Replayer::new(settings.to_owned(), None);
    // Without a repository nothing is read, so nothing can fail.
    let _ = replayer.apply(&anonymous_commit(base));
    replayer.events.clear();
    let _ = replayer.apply(&anonymous_commit(head));
    let mut differences = Vec::with_capacity(replayer.events.len());
    for event in replayer.events {
        differences.push(ItemDifference {
            item: event.item,
            path: event.path.to_string(),
            difference: Difference {
                action: event.action,
                field: event.field.to_string(),
                old: event.old,
                new: event.new,
                milestone: event.milestone,
            },
        });
    }
    differences
}

fn changed_file(settings: &str, path: &str, state: FileState<'_>) -> ChangedFile {
    let new = state.map(|state| match state {
        Ok(bytes) => FileVersion::parse(path, bytes, path == settings),
        Err(why) => FileVersion::unreadable_version(why),
    });
    let prefetched = Prefetched::default();
    ChangedFile { path: path.into(), new, attribution: Arc::default(), prefetched }
}

/// Returns a commit by nobody, of which only the differences are of interest.
fn anonymous_commit(files: Vec<ChangedFile>) -> PreparedCommit {
    let nobody = Arc::new(Actor { name: String::new(), email: String::new() });
    let facts = CommitFacts {
        landed: DateTime::UNIX_EPOCH,
        author: Arc::clone(&nobody),
        landed_by: nobody,
        commit: Arc::default(),
        reason: None,
        signature: SignatureStatus::None,
        origin: ChangeOrigin::default(),
    };
    PreparedCommit { facts, files }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Action;

    #[test]
    fn a_branch_is_told_as_it_would_land() {
        const ITEM: &str = "id: V-1\nstatus: open\n";
        let text = |id: &str, status: &str| ITEM.replace("V-1", id).replace("open", status);
        let (moved, closed) = (text("V-1", "closed"), text("V-2", "closed"));
        let (twin, five) = (text("V-4", "open"), text("V-5", "open"));
        let pair = |path, old: Option<&'static str>, new| FilePair {
            path,
            old: old.map(|text| Ok(text.as_bytes())),
            new,
        };
        let ok = |text| Some(Ok(str::as_bytes(text)));
        let pairs = [
            pair("items/V-1.yaml", Some(ITEM), None),
            pair("items/moved.yaml", None, ok(&moved)),
            pair("items/V-2.yaml", Some("id: V-2\nstatus: open\n"), ok(&closed)),
            pair("items/V-3.yaml", Some("id: V-3\nstatus: open\n"), Some(Err("a link"))),
            pair("items/V-4.yaml", Some("id: V-4\nstatus: open\n"), ok(&twin)),
            pair("items/copy.yaml", None, ok(&twin)),
            pair("items/bad.yaml", Some("id: ["), ok(&five)),
            pair("items/new.yaml", None, ok("id: [")),
            pair("items/README.md", None, ok("x")),
            pair("poam.yaml", Some("version: 1\n"), ok("version: 1\npeople: []\n")),
        ];
        let told: Vec<_> = diff_trees("poam.yaml", &pairs)
            .into_iter()
            .map(|told| {
                let item = told.item.map_or_else(String::new, |id| id.to_string());
                (item, told.path, told.difference.action)
            })
            .collect();
        let expected = [
            ("V-3", "items/V-3.yaml", Action::Unreadable),
            ("", "items/new.yaml", Action::Unreadable),
            ("", "poam.yaml", Action::SettingsChanged),
            ("V-1", "items/moved.yaml", Action::StatusChanged),
            ("V-2", "items/V-2.yaml", Action::StatusChanged),
            ("V-4", "items/copy.yaml", Action::Unreadable),
            ("V-5", "items/bad.yaml", Action::ItemCreated),
        ];
        let expected = expected.map(|(id, path, it)| (id.to_owned(), path.to_owned(), it));
        assert_eq!(told, expected);
    }
}
