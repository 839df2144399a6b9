//! Changes from a JSON Schema to a newer one.

use serde_json::{Map, Value};

use super::{Changes, Weight};
use crate::document::escape_step;

/// Keywords whose members are names that the schema gives, not keywords.
const OF_NAMES: [&str; 5] =
    ["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"];

/// Keywords that only explain.
const OF_WORDS: [&str; 6] = ["title", "description", "$comment", "examples", "$id", "deprecated"];

/// Compares two schemas, member by member.
pub(super) fn compare(ours: &Value, theirs: &Value, changes: &mut Changes) {
    compare_at("", "", ours, theirs, changes);
}

fn compare_at(place: &str, keyword: &str, old: &Value, new: &Value, changes: &mut Changes) {
    if old == new {
        return;
    }
    if let (Value::Object(old), Value::Object(new)) = (old, new) {
        compare_members(place, OF_NAMES.contains(&keyword), old, new, changes);
        return;
    }
    if let (Value::Array(old), Value::Array(new)) = (old, new) {
        if matches!(keyword, "required" | "enum") {
            compare_lists(place, keyword == "required", old, new, changes);
            return;
        }
        if old.len() == new.len() {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                compare_at(&format!("{place}/{at}"), "", old, new, changes);
            }
            return;
        }
    }
    let weight = match keyword {
        "$schemaVersion" => Weight::Wording,
        _ if OF_WORDS.contains(&keyword) => Weight::Wording,
        _ => Weight::Forced,
    };
    changes.add_change(weight, place, describe_change(old, new));
}

fn compare_members(
    place: &str,
    are_names: bool,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    changes: &mut Changes,
) {
    for (key, before) in old {
        let at = format!("{place}/{}", escape_step(key));
        let keyword = if are_names { "" } else { key.as_str() };
        match new.get(key) {
            Some(after) => compare_at(&at, keyword, before, after, changes),
            None if are_names => changes.add_change(Weight::Forced, at, "no longer there"),
            None if OF_WORDS.contains(&keyword) => {
                changes.add_change(Weight::Wording, at, "no longer there");
            }
            // A condition that is gone forbids nothing.
            None => changes.add_change(
                Weight::Optional,
                at,
                format!("no longer {}", short_value(before)),
            ),
        }
    }
    for (key, after) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        let at = format!("{place}/{}", escape_step(key));
        if are_names {
            changes.add_change(Weight::Optional, at, "new");
        } else if OF_WORDS.contains(&key.as_str()) || key == "$schemaVersion" {
            changes.add_change(Weight::Wording, at, format!("new: {}", short_value(after)));
        } else if OF_NAMES.contains(&key.as_str()) {
            changes.add_change(Weight::Optional, at, "new");
        } else if let ("required", Some(names)) = (key.as_str(), after.as_array()) {
            compare_lists(&at, true, &[], names, changes);
        } else {
            changes.add_change(
                Weight::Forced,
                at,
                format!("new condition: {}", short_value(after)),
            );
        }
    }
}

/// Compares required members, or allowed values.
fn compare_lists(
    place: &str,
    is_required: bool,
    old: &[Value],
    new: &[Value],
    changes: &mut Changes,
) {
    for value in new.iter().filter(|value| !old.contains(value)) {
        match is_required {
            true => changes.add_change(
                Weight::Forced,
                place,
                format!("{} is required now", short_value(value)),
            ),
            false => changes.add_change(
                Weight::Optional,
                place,
                format!("{} is allowed now", short_value(value)),
            ),
        }
    }
    for value in old.iter().filter(|value| !new.contains(value)) {
        match is_required {
            true => {
                let change = format!("{} is no longer required", short_value(value));
                changes.add_change(Weight::Optional, place, change);
            }
            false => {
                let change = format!("{} is no longer allowed", short_value(value));
                changes.add_change(Weight::Forced, place, change);
            }
        }
    }
}

/// Returns a change of a value in one line. Of long texts that begin alike, what differs is shown.
pub(super) fn describe_change(old: &Value, new: &Value) -> String {
    let (before, after) = (old.to_string(), new.to_string());
    if before.chars().count() <= LONGEST && after.chars().count() <= LONGEST {
        return format!("{before} -> {after}");
    }
    let same = before.chars().zip(after.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(CONTEXT);
    let cut = |text: &str| {
        let start = if from > 0 { "…" } else { "" };
        let part: String = text.chars().skip(from).take(LONGEST).collect();
        let end = if text.chars().count() > from + LONGEST { "…" } else { "" };
        format!("{start}{part}{end}")
    };
    format!("{} -> {}", cut(&before), cut(&after))
}

/// Characters that are shown before the first difference of long texts.
const CONTEXT: usize = 30;

/// Longest value that is shown.
const LONGEST: usize = 100;

/// Returns a value in one line, cut where it is long.
pub(super) fn short_value(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
