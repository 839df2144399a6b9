//! Reads single files of a tracker again, for programs that hold one for long.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::found::at_paths;
use super::{Store, Tracker};

impl Tracker {
    /// A store with the files at some paths on disk read again: those that are gone are left out. `None`
    /// where a file cannot be read as an item, now or before: everything is to be read then, so that all
    /// that is wrong is stated in one order.
    pub fn reload_paths(&self, before: &Store, paths: &[PathBuf]) -> Option<Store> {
        if !before.diagnostics().is_empty() {
            return None;
        }
        let found = at_paths(&self.root, &self.prefix, paths);
        let names: BTreeSet<String> = found.names.into_iter().collect();
        let read = Store::read(found.files).resolve_statuses(&self.settings.workflow);
        if !read.diagnostics().is_empty() {
            return None;
        }
        let kept = before.items().iter().filter(|stored| !names.contains(stored.path()));
        Some(Store::from_items(kept.chain(read.items()).cloned().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ItemId;
    use crate::testing::Repo;

    const ITEM: &str = "weakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\n";

    #[test]
    fn changed_new_and_removed_files_are_seen_and_the_rest_stays() {
        let repo = Repo::new();
        repo.write("poam.yaml", "version: 1\n");
        for id in ["V-1", "V-2", "V-3"] {
            repo.write(&format!("items/{id}.yaml"), format!("id: {id}\n{ITEM}"));
        }
        let tracker = Tracker::find(&repo.path(), Some(&repo.path())).unwrap();
        let before = tracker.load();
        repo.write("items/V-1.yaml", format!("id: V-1\n{}", ITEM.replace("open", "In Progress")));
        repo.write("items/new/V-4.yaml", format!("id: V-4\n{ITEM}"));
        repo.write("items/README.md", "no item");
        repo.remove("items/V-2.yaml");
        let root = tracker.root.clone();
        let path = |name: &str| root.join("items").join(name);
        let paths = [path("V-1.yaml"), path("V-2.yaml"), path("new/V-4.yaml"), path("README.md")];
        let after = tracker.reload_paths(&before, &paths).unwrap();
        let ids: Vec<&str> = after.items().iter().map(|it| it.item.id.as_str()).collect();
        let whole = tracker.load();
        assert_eq!(ids, whole.items().iter().map(|it| it.item.id.as_str()).collect::<Vec<_>>());
        assert_eq!(ids, ["V-1", "V-3", "V-4"]);
        let first: ItemId = "V-1".parse().unwrap();
        assert_eq!(after.find(&first).unwrap().item.status.as_str(), "in-progress");
        repo.write("items/V-3.yaml", "id: V-3\n");
        assert!(tracker.reload_paths(&after, &[path("V-3.yaml")]).is_none());
    }
}
