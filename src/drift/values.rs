//! What changed in a data file that has no more special comparison.

use serde_json::Value;

use super::schema::{change, short};
use super::{Changes, Weight};
use crate::document::escape_step;

/// Members that only explain.
const OF_WORDS: [&str; 8] =
    ["title", "source", "sources", "read", "meaning", "note", "says", "through"];

/// Compares two values, member by member.
pub(super) fn compare(old: &Value, new: &Value, place: &str, changes: &mut Changes) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, before) in old {
                let at = format!("{place}/{}", escape_step(key));
                match new.get(key) {
                    Some(after) => compare(before, after, &at, changes),
                    None => changes.add(weight(&at), at, format!("no longer {}", short(before))),
                }
            }
            for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                let at = format!("{place}/{}", escape_step(key));
                changes.add(weight(&at), at, format!("new: {}", short(after)));
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for (at, before) in old.iter().enumerate() {
                let place = format!("{place}/{at}");
                match new.get(at) {
                    Some(after) => compare(before, after, &place, changes),
                    None => {
                        changes.add(weight(&place), place, format!("no longer {}", short(before)));
                    }
                }
            }
            for (at, after) in new.iter().enumerate().skip(old.len()) {
                let place = format!("{place}/{at}");
                changes.add(weight(&place), place, format!("new: {}", short(after)));
            }
        }
        _ if old == new => {}
        _ => changes.add(weight(place), place, change(old, new)),
    }
}

fn weight(place: &str) -> Weight {
    match place.split('/').any(|step| OF_WORDS.contains(&step)) {
        true => Weight::Wording,
        false => Weight::Forced,
    }
}
