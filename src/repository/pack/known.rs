//! What was unpacked of late: nearly all that comes next is a difference from it.

use std::collections::HashMap;

use super::{Object, Place};

/// A larger one would soon be the only one.
const LARGEST: usize = 1 << 20;

pub(super) struct Known {
    /// Two generations of at most this many bytes are kept.
    room: usize,
    young: HashMap<Place, Object>,
    old: HashMap<Place, Object>,
    young_bytes: usize,
}

impl Known {
    pub(super) fn new(room: usize) -> Self {
        Self { room, young: HashMap::new(), old: HashMap::new(), young_bytes: 0 }
    }

    pub(super) fn get(&mut self, place: Place) -> Option<Object> {
        if let Some(object) = self.young.get(&place) {
            return Some(object.clone());
        }
        let object = self.old.remove(&place)?;
        self.add(place, &object);
        Some(object)
    }

    pub(super) fn add(&mut self, place: Place, object: &Object) {
        if object.data.len() > LARGEST {
            return;
        }
        if self.young_bytes > self.room {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += object.data.len() + 128;
        self.young.insert(place, object.clone());
    }
}
