//! Paths and ids of new items: the folder by number, the next free id.

use std::collections::BTreeSet;

use super::{Store, Tracker};
use crate::model::ItemId;

/// An error of choosing the folder of a new item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The id is taken.
    #[error("{id} exists already: {path}")]
    Taken {
        /// The id.
        id: ItemId,
        /// Its file.
        path: String,
    },
}

impl Tracker {
    /// Returns the file of a new item: `items/2026/0100/POAM-2026-142.yaml`.
    ///
    /// Folders hold about as many items as the settings state, by the number at the end of the id,
    /// so that two branches that take the same id take the same file and git shows them. An id
    /// without a number goes where a hash of it states.
    pub fn choose_place(
        &self,
        store: &Store,
        id: &ItemId,
        year: i32,
    ) -> Result<String, PlaceError> {
        if let Some(stored) = store.find(id) {
            return Err(PlaceError::Taken { id: id.clone(), path: stored.path().to_owned() });
        }
        Ok(self.path_for(id, year))
    }

    /// Returns the path for an item's file, whether or not it is taken.
    pub fn path_for(&self, id: &ItemId, year: i32) -> String {
        let folder = self.items_folder();
        let size = u64::from(self.settings.folder_size);
        let stem = id.file_stem();
        if size == 0 {
            return format!("{folder}{stem}.yaml");
        }
        let digits: String = id
            .as_str()
            .chars()
            .rev()
            .take_while(char::is_ascii_digit)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        let number = digits.parse::<u64>().ok().filter(|_| digits.len() < 10);
        let number = number.unwrap_or_else(|| fnv_hash(id.as_str()) % 10_000);
        format!("{folder}{year:04}/{:04}/{stem}.yaml", number / size * size)
    }

    /// Returns the path from an item's file to the schema that editors read it with.
    pub fn schema_for(&self, path: &str) -> String {
        let inside = path.strip_prefix(&self.prefix).unwrap_or(path);
        format!("{}schema/item.schema.json", "../".repeat(inside.matches('/').count()))
    }

    /// Returns the next free id for an item detected in a year: one more than the highest that any
    /// of the given ids has. Ids of other branches belong among them, so that two branches seldom
    /// meet, and those of items that are gone, which no other item is to have.
    pub fn next_id<'a>(
        &self,
        taken: impl IntoIterator<Item = &'a ItemId>,
        year: i32,
    ) -> Result<ItemId, crate::model::ItemIdError> {
        let taken: BTreeSet<&ItemId> = taken.into_iter().collect();
        let highest = taken.iter().filter_map(|id| self.settings.ids.id_number(year, id)).max();
        let mut number = highest.unwrap_or(0).saturating_add(1);
        let mut id = self.settings.ids.numbered_id(year, number)?;
        while taken.contains(&id) {
            number = number.saturating_add(1);
            id = self.settings.ids.numbered_id(year, number)?;
        }
        Ok(id)
    }
}

/// Returns the FNV-1a hash of a text: the same on every machine and in every version.
fn fnv_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
