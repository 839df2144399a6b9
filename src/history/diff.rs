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
    fn fields(item: &Value) -> Vec<(&str, Cow<'_, Value>)> {
        let fields = item.as_object().into_iter().flatten();
        fields.map(|(key, value)| (key.as_str(), Cow::Borrowed(value))).collect()
    }
    diff_fields(&fields(old), &fields(new))
}

/// Compares some of the fields of two versions of an item; the others are the same.
pub(super) fn diff_fields(
    old: &[(&str, Cow<'_, Value>)],
    new: &[(&str, Cow<'_, Value>)],
) -> Vec<Difference> {
    let mut found = DifferenceList::default();
    // In the order of an item's fields, and then by name. Mostly there is one key or two.
    let place = |key: &str| Item::FIELDS.iter().position(|field| *field == key);
    let keys = old.iter().chain(new).map(|(key, _)| *key);
    let mut keys: Vec<(usize, &str)> =
        keys.map(|key| (place(key).unwrap_or(Item::FIELDS.len()), key)).collect();
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
            "milestones" => milestones(&mut found, before, after),
            "deviations" => deviations(&mut found, before, after),
            "evidence" => evidence(&mut found, &at, before, after),
            "reviews" => reviews(&mut found, before, after),
            "vendor_dependency" => {
                fields(&mut found, &at, before, after, |field| match field {
                    "last_check_in" => Action::VendorCheckedIn,
                    _ => Action::FieldChanged,
                });
            }
            "risk_acceptance" => {
                // A draft becomes an acceptance when somebody puts a name or a date to it.
                let decided = |value: &Value| {
                    [value.get("approver"), value.get("approved")].map(|it| it.cloned())
                };
                let accepted = decided(before) != decided(after) && decided(after) != [None, None];
                let action = if accepted { Action::RiskAccepted } else { Action::FieldChanged };
                found.push(action, at, before, after);
            }
            _ => fields(&mut found, &at, before, after, |_| Action::FieldChanged),
        }
    }
    found.0
}

/// Compares two versions of the settings.
pub fn diff_settings(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = DifferenceList::default();
    fields(&mut found, "", old, new, |_| Action::SettingsChanged);
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

fn value<'a>(map: &'a Map<String, Value>, key: &str) -> &'a Value {
    map.get(key).unwrap_or(&Value::Null)
}

/// Mappings are compared key by key, everything else as a whole.
fn fields(
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
        let (before, after) = (value(old_map, key), value(new_map, key));
        let at = format!("{at}/{}", escape_step(key));
        if before.is_object() && after.is_object() {
            fields(found, &at, before, after, action);
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

fn milestones(found: &mut DifferenceList, old: &Value, new: &Value) {
    let (Some(before), Some(after)) = (by_key(old, "id"), by_key(new, "id")) else {
        found.push(Action::FieldChanged, "/milestones", old, new);
        return;
    };
    for (id, (index, entry)) in &before {
        if !after.contains_key(id) {
            found.1 = mark(entry);
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
        found.1 = mark(entry);
        let Some((_, earlier)) = before.get(id) else {
            found.push(Action::MilestoneAdded, at, &Value::Null, entry);
            continue;
        };
        milestone(found, &at, earlier, entry);
    }
    found.1 = None;
}

/// Number and date of a milestone.
fn mark(entry: &Value) -> Option<MilestoneMark> {
    let date =
        |key: &str| entry.get(key).and_then(Value::as_str).and_then(|text| text.parse().ok());
    let number = entry.get("id").and_then(Value::as_u64)?.try_into().ok()?;
    let is_completed = entry.get("status").is_some_and(|status| status == "completed");
    let date = if is_completed { date("completed") } else { date("due") };
    Some(MilestoneMark { number, date })
}

fn milestone(found: &mut DifferenceList, at: &str, old: &Value, new: &Value) {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let completed =
        |map: &Map<String, Value>| map.get("status").is_some_and(|status| status == "completed");
    let completes = !completed(old) && completed(new);
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let pending = Value::from("pending");
    for key in keys {
        let (mut before, mut after) = (value(old, key), value(new, key));
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
            "evidence" => evidence(found, &at, before, after),
            _ => found.push(Action::MilestoneChanged, at, before, after),
        }
    }
}

/// Lists whose entries have no identity: what was added and what was removed, by value.
fn evidence(found: &mut DifferenceList, at: &str, old: &Value, new: &Value) {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let (old, new) = (list(old), list(new));
    for (action, from, other) in
        [(Action::EvidenceRemoved, &old, &new), (Action::EvidenceAdded, &new, &old)]
    {
        for (index, entry) in surplus(from, other) {
            let (before, after) = if action == Action::EvidenceAdded {
                (&Value::Null, entry)
            } else {
                (entry, &Value::Null)
            };
            found.push(action, format!("{at}/{index}"), before, after);
        }
    }
}

fn reviews(found: &mut DifferenceList, old: &Value, new: &Value) {
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let (before, after) = (list(old), list(new));
    for (index, entry) in surplus(&before, &after) {
        found.push(Action::FieldChanged, format!("/reviews/{index}"), entry, &Value::Null);
    }
    for (index, entry) in surplus(&after, &before) {
        found.push(Action::ReviewRecorded, format!("/reviews/{index}"), &Value::Null, entry);
    }
}

/// The entries of a list that another does not have as often.
fn surplus<'a>(list: &'a [Value], other: &[Value]) -> Vec<(usize, &'a Value)> {
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

/// The last deviation of each type is the one that counts.
fn deviations(found: &mut DifferenceList, old: &Value, new: &Value) {
    let last = |list: &'_ Value| {
        let mut by_type: BTreeMap<String, (usize, Value)> = BTreeMap::new();
        for (index, entry) in list.as_array().into_iter().flatten().enumerate() {
            let kind = entry.get("type").and_then(Value::as_str).unwrap_or_default();
            by_type.insert(kind.to_owned(), (index, entry.clone()));
        }
        by_type
    };
    let (before, after) = (last(old), last(new));
    let length = |value: &Value| value.as_array().map_or(0, Vec::len);
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
        let state = |entry: Option<&Value>| {
            entry.and_then(|it| it.get("state")).cloned().unwrap_or(Value::Null)
        };
        let (was, is) = (state(earlier), state(Some(entry)));
        let decided = is == "approved" || is == "denied";
        let again = earlier.is_some() && length(new) > length(old);
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
            fields(found, &at, earlier, entry, |_| Action::FieldChanged);
        }
    }
    // What is left is an older request that was edited or dropped beneath the one that counts.
    if before == after {
        found.push(Action::FieldChanged, "/deviations", old, new);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item() -> Value {
        json!({
            "id": "V-1", "weakness_name": "W", "status": "open",
            "point_of_contact": {"name": "Jane Doe"},
            "milestones": [
                {"id": 1, "description": "A", "due": "2026-01-20"},
                {"id": 2, "description": "B", "due": "2026-02-10", "status": "in-progress"}
            ],
            "deviations": [{"type": "risk-adjustment", "state": "pending", "adjusted_risk_rating": "moderate"}],
            "evidence": [{"reference": "CHG-1"}],
            "vendor_dependency": {"vendor": "Example Corp", "last_check_in": "2026-01-01"},
            "extra": {"a": {"b": 1}}
        })
    }

    /// Sets values at pointers and tells what happened.
    fn events(changes: &[(&str, Value)]) -> Vec<(Action, String, Value, Value)> {
        let mut new = item();
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            match new.pointer_mut(parent).unwrap() {
                Value::Object(map) if value.is_null() => drop(map.shift_remove(key)),
                Value::Object(map) => drop(map.insert(key.to_owned(), value.clone())),
                Value::Array(list) if value.is_null() => drop(list.remove(key.parse().unwrap())),
                Value::Array(list) if key == "-" => list.push(value.clone()),
                Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
                _ => panic!("no such place"),
            }
        }
        let parts = |it: Difference| (it.action, it.field, it.old.value(), it.new.value());
        diff_items(&item(), &new).into_iter().map(parts).collect()
    }

    #[test]
    fn each_change_is_one_event_of_its_kind() {
        use Action::*;
        let null = Value::Null;
        let milestone = json!({"id": 3, "description": "C"});
        for (pointer, value, action, field, old) in [
            ("/status", json!("in-progress"), StatusChanged, "/status", json!("open")),
            (
                "/point_of_contact/name",
                json!("Sam"),
                OwnerChanged,
                "/point_of_contact",
                json!({"name": "Jane Doe"}),
            ),
            (
                "/milestones/0/due",
                json!("2026-03-01"),
                MilestoneRescheduled,
                "/milestones/0/due",
                json!("2026-01-20"),
            ),
            (
                "/milestones/0/status",
                json!("completed"),
                MilestoneCompleted,
                "/milestones/0/status",
                json!("pending"),
            ),
            (
                "/milestones/0/status",
                json!("in-progress"),
                MilestoneChanged,
                "/milestones/0/status",
                json!("pending"),
            ),
            (
                "/milestones/0/description",
                json!("X"),
                MilestoneChanged,
                "/milestones/0/description",
                json!("A"),
            ),
            ("/milestones/-", milestone, MilestoneAdded, "/milestones/2", null.clone()),
            (
                "/milestones/0",
                null.clone(),
                MilestoneRemoved,
                "/milestones/0",
                item()["milestones"][0].clone(),
            ),
            (
                "/deviations/0/state",
                json!("approved"),
                DeviationDecided,
                "/deviations/0",
                item()["deviations"][0].clone(),
            ),
            (
                "/deviations/0/rationale",
                json!("why"),
                FieldChanged,
                "/deviations/0/rationale",
                null.clone(),
            ),
            (
                "/deviations/-",
                json!({"type": "false-positive", "state": "pending"}),
                DeviationRequested,
                "/deviations/1",
                null.clone(),
            ),
            ("/evidence/-", json!({"reference": "X"}), EvidenceAdded, "/evidence/1", null.clone()),
            (
                "/evidence/0",
                null.clone(),
                EvidenceRemoved,
                "/evidence/0",
                json!({"reference": "CHG-1"}),
            ),
            (
                "/milestones/0/evidence",
                json!(["X"]),
                EvidenceAdded,
                "/milestones/0/evidence/0",
                null.clone(),
            ),
            (
                "/vendor_dependency/last_check_in",
                json!("2026-02-01"),
                VendorCheckedIn,
                "/vendor_dependency/last_check_in",
                json!("2026-01-01"),
            ),
            (
                "/vendor_dependency/product",
                json!("P"),
                FieldChanged,
                "/vendor_dependency/product",
                null.clone(),
            ),
            (
                "/risk_acceptance",
                json!({"rationale": "draft"}),
                FieldChanged,
                "/risk_acceptance",
                null.clone(),
            ),
            (
                "/risk_acceptance",
                json!({"approver": {"name": "AO"}}),
                RiskAccepted,
                "/risk_acceptance",
                null.clone(),
            ),
            (
                "/reviews",
                json!([{"date": "2026-02-01", "by": "Sam"}]),
                ReviewRecorded,
                "/reviews/0",
                null.clone(),
            ),
            (
                "/scheduled_completion_date",
                json!("2026-02-01"),
                ScheduleChanged,
                "/scheduled_completion_date",
                null.clone(),
            ),
            ("/extra/a/b", json!(2), FieldChanged, "/extra/a/b", json!(1)),
            ("/unknown", json!(2), FieldChanged, "/unknown", null.clone()),
        ] {
            let found = events(&[(pointer, value.clone())]);
            assert_eq!(
                (found[0].0, found[0].1.as_str(), &found[0].2),
                (action, field, &old),
                "{pointer} {value}"
            );
            let adjusted = usize::from(action == DeviationDecided);
            assert_eq!(found.len(), 1 + adjusted, "{found:#?}");
        }
    }

    #[test]
    fn nothing_changed_is_no_event_and_several_changes_are_several() {
        assert_eq!(events(&[]), []);
        assert_eq!(
            events(&[("/milestones/0/status", json!("pending")), ("/kind", json!("weakness"))]),
            []
        );
        let found = events(&[
            ("/milestones/1/status", json!("completed")),
            ("/milestones/1/completed", json!("2026-02-09")),
            ("/status", json!("pending-validation")),
        ]);
        let actions: Vec<_> = found.iter().map(|it| it.0).collect();
        assert_eq!(actions, [Action::MilestoneCompleted, Action::StatusChanged]);
        let reordered = json!({"b": 1, "a": {"d": 2, "c": 3}});
        assert_eq!(diff_items(&json!({"a": {"c": 3, "d": 2}, "b": 1}), &reordered), []);
    }

    #[test]
    fn an_approved_adjustment_says_what_counts_now() {
        let found = events(&[("/deviations/0/state", json!("approved"))]);
        assert_eq!((found[1].0, &found[1].3), (Action::RiskAdjusted, &json!("moderate")));
    }

    #[test]
    fn settings_are_compared_field_by_field() {
        let found = diff_settings(
            &json!({"version": 1, "ids": {"prefix": "A"}}),
            &json!({"version": 1, "ids": {"prefix": "B"}, "warn_days": 3}),
        );
        let fields: Vec<_> = found.iter().map(|it| (it.action, it.field.as_str())).collect();
        assert_eq!(
            fields,
            [(Action::SettingsChanged, "/ids/prefix"), (Action::SettingsChanged, "/warn_days")]
        );
        assert_eq!(diff_settings(&Value::Null, &json!({"version": 1})).len(), 1);
    }
}
