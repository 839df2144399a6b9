//! Changes of a data file that has no more special comparison.

use serde_json::Value;

use super::schema::{describe_change, short_value};
use super::{Changes, Weight};
use crate::document::escape_step;

/// Members that only explain.
const OF_WORDS: [&str; 8] =
    ["title", "source", "sources", "read", "meaning", "note", "says", "through"];

/// Members that name an element of a list, the first one that it has.
const NAMES: [&str; 3] = ["id", "name", "code"];

/// Compares two values, member by member.
pub(super) fn compare(old: &Value, new: &Value, place: &str, changes: &mut Changes) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, before) in old {
                let at = format!("{place}/{}", escape_step(key));
                match new.get(key) {
                    Some(after) => compare(before, after, &at, changes),
                    None => add_removed(before, at, changes),
                }
            }
            for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                let at = format!("{place}/{}", escape_step(key));
                add_new(after, at, changes);
            }
        }
        (Value::Array(old), Value::Array(new)) => compare_lists(old, new, place, changes),
        _ if old == new => {}
        _ => changes.add_change(place_weight(place), place, describe_change(old, new)),
    }
}

/// Compares two lists: values without members by what they are, mappings by the member that names them, else
/// by position. A value that goes from the middle of a list is then the one change.
fn compare_lists(old: &[Value], new: &[Value], place: &str, changes: &mut Changes) {
    let names = |list: &[Value]| list.iter().map(element_name).collect::<Option<Vec<String>>>();
    let named = names(old).zip(names(new)).filter(|(old, new)| is_unique(old) && is_unique(new));
    let Some((old_names, new_names)) = named else {
        compare_positions(old, new, place, changes);
        return;
    };
    let place_of = |name: &str, element: &Value| match element.is_object() {
        true => format!("{place}/{}", escape_step(name)),
        false => place.to_owned(),
    };
    for (name, before) in old_names.iter().zip(old) {
        let at = place_of(name, before);
        match new_names.iter().zip(new).find(|(other, _)| *other == name) {
            Some((_, after)) => compare(before, after, &at, changes),
            None => add_removed(before, at, changes),
        }
    }
    for (name, after) in new_names.iter().zip(new).filter(|(name, _)| !old_names.contains(name)) {
        add_new(after, place_of(name, after), changes);
    }
    let is_same_set =
        old_names.len() == new_names.len() && old_names.iter().all(|name| new_names.contains(name));
    if is_same_set && old_names != new_names {
        changes.add_change(Weight::Wording, place, format!("order now: {}", new_names.join(", ")));
    }
}

/// Compares the elements of two lists by their positions.
fn compare_positions(old: &[Value], new: &[Value], place: &str, changes: &mut Changes) {
    for at in 0..old.len().max(new.len()) {
        let place = format!("{place}/{at}");
        match (old.get(at), new.get(at)) {
            (Some(before), Some(after)) => compare(before, after, &place, changes),
            (Some(before), None) => add_removed(before, place, changes),
            (None, Some(after)) => add_new(after, place, changes),
            (None, None) => {}
        }
    }
}

fn add_removed(value: &Value, place: String, changes: &mut Changes) {
    let change = format!("no longer {}", short_value(value));
    changes.add_change(place_weight(&place), place, change);
}

fn add_new(value: &Value, place: String, changes: &mut Changes) {
    changes.add_change(place_weight(&place), place, format!("new: {}", short_value(value)));
}

/// Returns the name of an element of a list: a text or a number itself, of a mapping its id or name.
fn element_name(element: &Value) -> Option<String> {
    match element {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(members) => {
            let mut names = NAMES.iter().filter_map(|name| members.get(*name));
            names.find_map(|name| Some(name.as_str()?.to_owned()))
        }
        _ => None,
    }
}

fn is_unique(names: &[String]) -> bool {
    names.iter().collect::<std::collections::HashSet<_>>().len() == names.len()
}

fn place_weight(place: &str) -> Weight {
    match place.split('/').any(|step| OF_WORDS.contains(&step)) {
        true => Weight::Wording,
        false => Weight::Forced,
    }
}
