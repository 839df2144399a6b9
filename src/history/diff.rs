//! Compares two versions of an item or of the settings, and names what was done.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Action, EventValue, MilestoneMark};
use crate::document::escape_step;
use crate::model::{Item, canonical_field};

/// A difference between two versions of an item, or of the settings.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Difference {
    /// The action.
    pub action: Action,
    /// JSON pointer: into the new version where the value is there, else into the old one.
    pub field: String,
    /// The value before; null where there was none.
    pub old: EventValue,
    /// The value after; null where there is none.
    pub new: EventValue,
    /// The milestone that it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<MilestoneMark>,
}

/// Compares two versions of an item, in the order of its fields.
///
/// Both are the values as parsed, so layout, comments and the order of keys make no difference.
pub fn diff_items(old: &Value, new: &Value) -> Vec<Difference> {
    fn item_fields(item: &Value) -> Vec<(&str, Cow<'_, Value>)> {
        let fields = item.as_object().into_iter().flatten();
        fields.map(|(key, value)| (key.as_str(), Cow::Borrowed(value))).collect()
    }
    diff_fields(&item_fields(old), &item_fields(new))
}

/// Compares some of the fields of two versions of an item; the others are the same.
pub(super) fn diff_fields(
    old: &[(&str, Cow<'_, Value>)],
    new: &[(&str, Cow<'_, Value>)],
) -> Vec<Difference> {
    let mut found = DifferenceList::default();
    let keys = old.iter().chain(new).map(|(key, _)| *key);
    let mut keys: Vec<(usize, &str)> =
        keys.map(|key| (field_place(key).unwrap_or(Item::FIELDS.len()), key)).collect();
    keys.sort_unstable();
    keys.dedup();
    for (_, key) in keys {
        let value =
            |fields: &[(&str, Cow<'_, Value>)]| fields.iter().position(|(other, _)| *other == key);
        let before = value(old).and_then(|at| old.get(at)).map_or(&Value::Null, |(_, it)| &**it);
        let after = value(new).and_then(|at| new.get(at)).map_or(&Value::Null, |(_, it)| &**it);
        if before == after {
            continue;
        }
        // Another word for the same is no change.
        let (before, after) = (canonical_field(key, before), canonical_field(key, after));
        let (before, after) = (&*before, &*after);
        if before == after {
            continue;
        }
        let at = format!("/{}", escape_step(key));
        match key {
            // A default that is written out is no change.
            "kind" if [before, after].iter().all(|kind| kind.is_null() || *kind == "weakness") => {}
            // The id is the identity; who compares knows that it is another.
            "id" => {}
            "status" => found.push(Action::StatusChanged, at, before, after),
            "scheduled_completion_date" => found.push(Action::ScheduleChanged, at, before, after),
            "original_risk_rating" => found.push(Action::RiskAdjusted, at, before, after),
            "point_of_contact" => found.push(Action::OwnerChanged, at, before, after),
            "milestones" => diff_milestones(&mut found, before, after),
            "deviations" => diff_deviations(&mut found, before, after),
            "evidence" => diff_evidence(&mut found, &at, before, after),
            "reviews" => diff_reviews(&mut found, before, after),
            "review" => {
                let is_recorded = new_reviews(old, new);
                diff_review(&mut found, before, after, is_recorded);
            }
            "vendor_dependency" => {
                diff_values(&mut found, &at, before, after, |field| match field {
                    "last_check_in" => Action::VendorCheckedIn,
                    _ => Action::FieldChanged,
                });
            }
            "risk_acceptance" => {
                let accepted =
                    approval_of(before) != approval_of(after) && approval_of(after) != [None, None];
                let action = if accepted { Action::RiskAccepted } else { Action::FieldChanged };
                found.push(action, at, before, after);
            }
            _ => diff_values(&mut found, &at, before, after, |_| Action::FieldChanged),
        }
    }
    found.0
}

/// Returns the place of a key in the order of an item's fields.
fn field_place(key: &str) -> Option<usize> {
    Item::FIELDS.iter().position(|field| *field == key)
}

/// Returns who accepted a risk, and when: a draft becomes an acceptance when it gets either.
fn approval_of(value: &Value) -> [Option<Value>; 2] {
    [value.get("approver"), value.get("approved")].map(|it| it.cloned())
}

/// Compares two versions of the settings.
pub fn diff_settings(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = DifferenceList::default();
    diff_values(&mut found, "", old, new, |_| Action::SettingsChanged);
    found.0
}

#[derive(Default)]
struct DifferenceList(Vec<Difference>, Option<MilestoneMark>);

impl DifferenceList {
    fn push(&mut self, action: Action, field: impl Into<String>, old: &Value, new: &Value) {
        let (field, milestone) = (field.into(), self.1);
        let (old, new) = (old.into(), new.into());
        self.0.push(Difference { action, field, old, new, milestone });
    }
}

fn field_value<'a>(map: &'a Map<String, Value>, key: &str) -> &'a Value {
    map.get(key).unwrap_or(&Value::Null)
}

/// Mappings are compared key by key, everything else in full.
fn diff_values(
    found: &mut DifferenceList,
    at: &str,
    old: &Value,
    new: &Value,
    action: fn(&str) -> Action,
) {
    if old == new {
        return;
    }
    let (Value::Object(old_map), Value::Object(new_map)) = (old, new) else {
        // A mapping that appears or goes is one difference, of the kind that its fields make.
        let keys = old.as_object().or(new.as_object()).into_iter().flat_map(Map::keys);
        let special = keys.map(|key| action(key)).find(|one| *one != Action::FieldChanged);
        found.push(special.unwrap_or_else(|| action("")), at, old, new);
        return;
    };
    let keys: BTreeSet<&String> = old_map.keys().chain(new_map.keys()).collect();
    for key in keys {
        let (before, after) = (field_value(old_map, key), field_value(new_map, key));
        let at = format!("{at}/{}", escape_step(key));
        if before.is_object() && after.is_object() {
            diff_values(found, &at, before, after, action);
        } else if before != after {
            found.push(action(key), at, before, after);
        }
    }
}

/// Entries of a list by a key that is unique in it; `None` where it is not.
fn by_key<'a>(list: &'a Value, key: &str) -> Option<BTreeMap<String, (usize, &'a Value)>> {
    let mut entries = BTreeMap::new();
    for (index, entry) in list.as_array().map(Vec::as_slice).unwrap_or_default().iter().enumerate()
    {
        if entries.insert(entry.get(key)?.to_string(), (index, entry)).is_some() {
            return None;
        }
    }
    Some(entries)
}

fn diff_milestones(found: &mut DifferenceList, old: &Value, new: &Value) {
    let (Some(before), Some(after)) = (by_key(old, "id"), by_key(new, "id")) else {
        found.push(Action::FieldChanged, "/milestones", old, new);
        return;
    };
    for (id, (index, entry)) in &before {
        if !after.contains_key(id) {
            found.1 = milestone_mark(entry);
            found.push(
                Action::MilestoneRemoved,
                format!("/milestones/{index}"),
                entry,
                &Value::Null,
            );
        }
    }
    let mut in_order: Vec<_> = after.iter().collect();
    in_order.sort_by_key(|(_, (index, _))| *index);
    for (id, (index, entry)) in in_order {
        let at = format!("/milestones/{index}");
        found.1 = milestone_mark(entry);
        let Some((_, earlier)) = before.get(id) else {
            found.push(Action::MilestoneAdded, at, &Value::Null, entry);
            continue;
        };
        diff_milestone(found, &at, earlier, entry);
    }
    found.1 = None;
}

/// Returns number and date of a milestone.
fn milestone_mark(entry: &Value) -> Option<MilestoneMark> {
    let date =
        |key: &str| entry.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok());
    let number = entry.get("id").and_then(Value::as_u64)?.try_into().ok()?;
    let is_completed = entry.get("status").is_some_and(|status| status == "completed");
    let date = if is_completed { date("completed") } else { date("due") };
    Some(MilestoneMark { number, date })
}

fn diff_milestone(found: &mut DifferenceList, at: &str, old: &Value, new: &Value) {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let completed =
        |map: &Map<String, Value>| map.get("status").is_some_and(|status| status == "completed");
    let completes = !completed(old) && completed(new);
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let pending = Value::from("pending");
    for key in keys {
        let (mut before, mut after) = (field_value(old, key), field_value(new, key));
        if key == "status" {
            // A default that is written out is no change.
            before = if before.is_null() { &pending } else { before };
            after = if after.is_null() { &pending } else { after };
        }
        if before == after {
            continue;
        }
        let at = format!("{at}/{}", escape_step(key));
        match key.as_str() {
            "due" => found.push(Action::MilestoneRescheduled, at, before, after),
            "status" if completes => found.push(Action::MilestoneCompleted, at, before, after),
            // The date of completion comes with the completion.
            "completed" if completes => {}
            "evidence" => diff_evidence(found, &at, before, after),
            "notes" => milestone_notes(found, &at, before, after),
            _ => found.push(Action::MilestoneChanged, at, before, after),
        }
    }
}

/// Lists whose entries have no identity: what was added and what was removed, by value.
fn diff_evidence(found: &mut DifferenceList, at: &str, old: &Value, new: &Value) {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let (old, new) = (list(old), list(new));
    for (action, from, other) in
        [(Action::EvidenceRemoved, &old, &new), (Action::EvidenceAdded, &new, &old)]
    {
        for (index, entry) in surplus_entries(from, other) {
            let (before, after) = if action == Action::EvidenceAdded {
                (&Value::Null, entry)
            } else {
                (entry, &Value::Null)
            };
            found.push(action, format!("{at}/{index}"), before, after);
        }
    }
}

fn diff_reviews(found: &mut DifferenceList, old: &Value, new: &Value) {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let (before, after) = (list(old), list(new));
    for (index, entry) in surplus_entries(&before, &after) {
        found.push(Action::FieldChanged, format!("/reviews/{index}"), entry, &Value::Null);
    }
    for (index, entry) in surplus_entries(&after, &before) {
        found.push(Action::ReviewRecorded, format!("/reviews/{index}"), &Value::Null, entry);
    }
}

/// Returns whether a version has a recorded review that the version before does not have.
fn new_reviews(old: &[(&str, Cow<'_, Value>)], new: &[(&str, Cow<'_, Value>)]) -> bool {
    let list = |fields: &[(&str, Cow<'_, Value>)]| {
        let found = fields.iter().find(|(key, _)| *key == "reviews");
        found.and_then(|(_, value)| value.as_array().cloned()).unwrap_or_default()
    };
    !surplus_entries(&list(new), &list(old)).is_empty()
}

/// Compares the review that is under way: the step that was taken. It is completed where it ends
/// with a recorded review.
fn diff_review(found: &mut DifferenceList, old: &Value, new: &Value, is_recorded: bool) {
    let (was, is) = (review_state(old), review_state(new));
    let step = match is.as_deref() {
        None if was.is_some() && is_recorded => Some(Action::ReviewCompleted),
        Some("requested") => Some(Action::ReviewRequested),
        Some("submitted") => Some(Action::ReviewSubmitted),
        Some("returned") => Some(Action::ReviewReturned),
        _ => None,
    };
    match step.filter(|_| was != is) {
        Some(action) => found.push(action, "/review", old, new),
        None => diff_values(found, "/review", old, new, |_| Action::FieldChanged),
    }
}

fn review_state(value: &Value) -> Option<String> {
    value.get("state").and_then(Value::as_str).map(str::to_owned)
}

/// Notes of a milestone: each that was added, and each that was taken away.
fn milestone_notes(found: &mut DifferenceList, at: &str, old: &Value, new: &Value) {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let (before, after) = (list(old), list(new));
    for (index, entry) in surplus_entries(&before, &after) {
        found.push(Action::MilestoneChanged, format!("{at}/{index}"), entry, &Value::Null);
    }
    for (index, entry) in surplus_entries(&after, &before) {
        found.push(Action::MilestoneChanged, format!("{at}/{index}"), &Value::Null, entry);
    }
}

/// Returns the entries of a list that another does not have as often.
fn surplus_entries<'a>(list: &'a [Value], other: &[Value]) -> Vec<(usize, &'a Value)> {
    let mut left: Vec<&Value> = other.iter().collect();
    let mut surplus = Vec::new();
    for (index, entry) in list.iter().enumerate() {
        match left.iter().position(|one| *one == entry) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => surplus.push((index, entry)),
        }
    }
    surplus
}

/// Compares deviations; the last one of each type is the one that counts.
fn diff_deviations(found: &mut DifferenceList, old: &Value, new: &Value) {
    let (before, after) = (last_by_type(old), last_by_type(new));
    for (kind, (index, entry)) in &before {
        if !after.contains_key(kind) {
            found.push(Action::FieldChanged, format!("/deviations/{index}"), entry, &Value::Null);
        }
    }
    for (kind, (index, entry)) in &after {
        let at = format!("/deviations/{index}");
        let earlier = before.get(kind).map(|(_, entry)| entry);
        if earlier == Some(entry) {
            continue;
        }
        let (was, is) = (state_value(earlier), state_value(Some(entry)));
        let decided = matches!(is.as_str(), Some("approved" | "denied" | "withdrawn"));
        let again = earlier.is_some() && list_length(new) > list_length(old);
        if decided && was != is {
            found.push(
                Action::DeviationDecided,
                at.clone(),
                earlier.unwrap_or(&Value::Null),
                entry,
            );
            let rating =
                |it: Option<&Value>| it.and_then(|it| it.get("adjusted_risk_rating")).cloned();
            if kind == "risk-adjustment" && is == "approved" {
                let old = Value::Null;
                let new = rating(Some(entry)).unwrap_or(Value::Null);
                found.push(Action::RiskAdjusted, format!("{at}/adjusted_risk_rating"), &old, &new);
            }
        } else if earlier.is_none() || again || (is == "pending" && was != is) {
            found.push(Action::DeviationRequested, at, earlier.unwrap_or(&Value::Null), entry);
        } else if let Some(earlier) = earlier {
            diff_values(found, &at, earlier, entry, |_| Action::FieldChanged);
        }
    }
    // The remaining change is in an older request, which a newer one of its type has replaced.
    if before == after {
        found.push(Action::FieldChanged, "/deviations", old, new);
    }
}

fn last_by_type(list: &Value) -> BTreeMap<String, (usize, Value)> {
    let mut by_type: BTreeMap<String, (usize, Value)> = BTreeMap::new();
    for (index, entry) in list.as_array().into_iter().flatten().enumerate() {
        let kind = entry.get("type").and_then(Value::as_str).unwrap_or_default();
        by_type.insert(kind.to_owned(), (index, entry.clone()));
    }
    by_type
}

fn list_length(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

fn state_value(entry: Option<&Value>) -> Value {
    entry.and_then(|it| it.get("state")).cloned().unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests;
