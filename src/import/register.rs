//! The items as they are while submissions are planned, one after the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Datelike as _;

use crate::model::{Item, ItemId, ItemIdError};
use crate::store::{Store, Stored, Tracker};

/// The items as they are.
#[derive(Debug, Clone)]
pub(super) struct Register {
    items: Vec<Stored>,
    by_id: HashMap<ItemId, usize>,
    /// The places of items by the ids that eMASS gave them.
    by_emass_id: HashMap<String, usize>,
    /// The ids of items by what ids that look alike have in common.
    by_look: [HashMap<String, ItemId>; 3],
    /// The highest number of each year that was given to an item without an id of its own.
    given: BTreeMap<i32, u64>,
    /// Ids that no item here has and that no new one may be given.
    reserved: BTreeSet<ItemId>,
}

impl Register {
    pub(super) fn collect(store: &Store) -> Self {
        let mut register = Self {
            items: Vec::new(),
            by_id: HashMap::new(),
            by_emass_id: HashMap::new(),
            by_look: Default::default(),
            given: BTreeMap::new(),
            reserved: BTreeSet::new(),
        };
        for stored in store.items() {
            register.add(stored.clone());
        }
        register
    }

    /// Keeps ids from being given: those of items that are gone, and those of other branches.
    pub(super) fn reserve_ids(&mut self, ids: &BTreeSet<ItemId>) {
        self.reserved.extend(ids.iter().cloned());
    }

    /// All items, in the order in which they came.
    pub(super) fn all_items(&self) -> &[Stored] {
        &self.items
    }

    pub(super) fn find(&self, id: &ItemId) -> Option<&Stored> {
        self.find_place(id).and_then(|place| self.items.get(place))
    }

    /// Returns the item that has an id from eMASS.
    pub(super) fn find_emass_id(&self, id: &str) -> Option<&Stored> {
        self.by_emass_id.get(id).and_then(|place| self.items.get(*place))
    }

    /// The place of an item among all.
    pub(super) fn find_place(&self, id: &ItemId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Explains why an item cannot have an id: no file could have the name somewhere, or another id
    /// looks like it.
    pub(super) fn check_id(&self, id: &ItemId) -> Result<(), String> {
        let keys = id.lookalike_keys();
        let alike = keys.iter().zip(&self.by_look).find_map(|(key, ids)| ids.get(key));
        check_new_id(id, alike)
    }

    pub(super) fn add(&mut self, stored: Stored) {
        self.take_id(&stored.item.id);
        if let Some(id) = stored.item.emass.as_ref().and_then(|it| it.id.clone()) {
            self.by_emass_id.entry(id).or_insert(self.items.len());
        }
        self.by_id.entry(stored.item.id.clone()).or_insert(self.items.len());
        self.items.push(stored);
    }

    /// Takes the id of an item that is not here yet.
    pub(super) fn take_id(&mut self, id: &ItemId) {
        for (key, ids) in id.lookalike_keys().into_iter().zip(&mut self.by_look) {
            ids.entry(key).or_insert_with(|| id.clone());
        }
    }

    pub(super) fn replace_item(&mut self, place: usize, stored: Stored) {
        if let Some(there) = self.items.get_mut(place) {
            *there = stored;
        }
    }

    /// The next id of the tracker for an item that cannot have the one of its source.
    pub(super) fn next_id(
        &mut self,
        tracker: &Tracker,
        item: &Item,
    ) -> Result<ItemId, ItemIdError> {
        let ids = &tracker.settings.ids;
        let year = item.original_detection_date.year();
        let here = self.items.iter().map(|stored| &stored.item.id).chain(&self.reserved);
        let taken = || here.filter_map(|id| ids.id_number(year, id)).max();
        let last = self.given.get(&year).copied().or_else(taken).unwrap_or(0);
        let mut number = last.saturating_add(1);
        let mut id = ids.numbered_id(year, number)?;
        while self.by_id.contains_key(&id) || self.reserved.contains(&id) {
            number = number.saturating_add(1);
            id = ids.numbered_id(year, number)?;
        }
        self.given.insert(year, number);
        Ok(id)
    }
}

/// Explains why a new item cannot have an id; `alike` is an id of the tracker that looks like it.
pub(super) fn check_new_id(id: &ItemId, alike: Option<&ItemId>) -> Result<(), String> {
    if let Err(problem) = id.check_portable() {
        return Err(format!("`{id}` cannot be an id: {problem}: give it another one"));
    }
    match alike.filter(|other| *other != id) {
        None => Ok(()),
        Some(other) => Err(format!(
            "`{id}` looks like `{other}`: they differ only in case, form, hyphens, or characters that \
             look alike: give it the id of that item, or another one"
        )),
    }
}
