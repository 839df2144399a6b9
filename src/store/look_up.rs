//! Finding the file of one item without reading the others.

use std::path::Path;

use super::{FoundContent, Stored, Tracker};
use crate::model::ItemId;
use crate::repository::IndexEntry;

impl Tracker {
    /// Returns the name of an item's file.
    pub fn file_name(id: &ItemId) -> String {
        format!("{}.yaml", id.file_stem())
    }

    /// Returns the item whose file is named after it. `tracked` is what git's index holds under
    /// that [name](Self::file_name); files that git does not know are looked for where new items
    /// go.
    ///
    /// `None` is no answer: where two files have the name, where the file cannot be read or is
    /// another item's, or where there is none, only loading everything shows.
    pub fn look_up(&self, id: &ItemId, tracked: &[IndexEntry]) -> Option<Stored> {
        let (folder, name) = (self.items_folder(), Self::file_name(id));
        let named = |path: &&str| {
            path.starts_with(&folder) && path.rsplit('/').next() == Some(name.as_str())
        };
        let mut places: Vec<String> =
            tracked.iter().map(|it| it.path.as_str()).filter(named).map(str::to_owned).collect();
        places.extend(self.usual_places(id));
        places.sort_unstable();
        places.dedup();
        places.retain(|path| self.on_disk(path).symlink_metadata().is_ok());
        let [path] = places.as_slice() else { return None };
        if !self.is_plain_file(path) {
            return None;
        }
        let bytes = FoundContent::File(self.on_disk(path));
        let mut stored = Stored::parse(path, &bytes.read_bytes(path).ok()?).ok()?;
        stored.resolve_status(&self.settings.workflow);
        (stored.item.id == *id).then_some(stored)
    }

    /// Lists the paths at which `poam new` and `poam import` put an item: in which year is not in
    /// its id.
    fn usual_places(&self, id: &ItemId) -> Vec<String> {
        let mut places = vec![format!("{}{}", self.items_folder(), Self::file_name(id))];
        if self.settings.folder_size > 0 {
            let years = std::fs::read_dir(self.on_disk(&self.items_folder())).into_iter().flatten();
            let years = years.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
            places.extend(years.map(|year: i32| self.path_for(id, year)));
        }
        places
    }

    /// Returns whether a path is a file's in just this spelling, with no symbolic link on the way to it.
    fn is_plain_file(&self, path: &str) -> bool {
        let mut place = self.root.clone();
        let inside = path.strip_prefix(&self.prefix).unwrap_or(path);
        inside.split('/').all(|part| {
            let spelled = !is_case_blind() || has_entry(&place, part);
            place.push(part);
            spelled && place.symlink_metadata().is_ok_and(|it| !it.is_symlink())
        }) && place.is_file()
    }
}

/// Returns whether the file systems of this kind of machine take `v-1` for `V-1`.
fn is_case_blind() -> bool {
    cfg!(any(windows, target_os = "macos"))
}

fn has_entry(folder: &Path, name: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.flatten().any(|entry| entry.file_name() == name)
}
