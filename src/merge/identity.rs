//! Which members of two sequences are the same one.
//!
//! Members that are equal are the same. Of the others, mappings are the same by the fields that name them in their
//! sequence, tried in order: a milestone by its number and text, then its text, then its number.

use serde_json::Value;

use crate::document::{Node, NodeKind};

/// Names of fields that together name a member.
type Names = &'static [&'static str];

/// The fields that name the members of a sequence, the surest first.
fn naming_fields(sequence: &str) -> &'static [Names] {
    match sequence {
        "milestones" => &[&["id", "description"], &["description"], &["id"]],
        "deviations" => &[&["type", "request"], &["type"]],
        "evidence" => &[&["type", "reference", "location"], &["type", "reference"], &["reference"]],
        "reviews" | "notes" => &[&["date", "by"]],
        "allow" => &[&["rule"]],
        _ => &[&["id"], &["name"], &["rule"], &["reference"], &["date", "by"]],
    }
}

/// The fields by which two members are the same that both sides added.
fn names_of_added(sequence: &str) -> &'static [Names] {
    match sequence {
        "milestones" => &[&["id", "description"]],
        "deviations" => &[&["type", "request"]],
        "allow" => &[&["rule"]],
        "evidence" | "reviews" | "notes" => &[],
        _ => &[&["id"], &["name"]],
    }
}

/// For each member of `side`, the index of the same one in `base`.
pub(super) fn match_members(sequence: &str, base: &[&Node], side: &[&Node]) -> Vec<Option<usize>> {
    pair_members(naming_fields(sequence), base, side, true)
}

/// For each member that theirs added, the index of the same one among those that ours added.
pub(super) fn added_twice(sequence: &str, ours: &[&Node], theirs: &[&Node]) -> Vec<Option<usize>> {
    pair_members(names_of_added(sequence), ours, theirs, false)
}

fn pair_members(names: &[Names], base: &[&Node], side: &[&Node], weak: bool) -> Vec<Option<usize>> {
    let base: Vec<Value> = base.iter().map(|node| node.to_value()).collect();
    let side_values: Vec<Value> = side.iter().map(|node| node.to_value()).collect();
    let mut found = vec![None; side.len()];
    let mut used = vec![false; base.len()];
    let mut pair_by = |name: &dyn Fn(&Value) -> Option<Value>| {
        for (slot, value) in found.iter_mut().zip(&side_values) {
            let Some(wanted) = slot.is_none().then(|| name(value)).flatten() else { continue };
            let is_same = |(index, other): &(usize, &Value)| {
                !used.get(*index).copied().unwrap_or(true) && name(other).as_ref() == Some(&wanted)
            };
            if let Some((index, _)) = base.iter().enumerate().find(is_same) {
                *slot = Some(index);
                if let Some(used) = used.get_mut(index) {
                    *used = true;
                }
            }
        }
    };
    pair_by(&|value| Some(value.clone()));
    for fields in names {
        pair_by(&|value| name_of(value, fields, weak));
    }
    found
}

/// The values of the fields. Those after the first may be missing where the name need not be sure.
fn name_of(value: &Value, fields: &[&str], weak: bool) -> Option<Value> {
    let value = value.as_object()?;
    let mut name = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        match value.get(*field) {
            Some(part) => name.push(part.clone()),
            None if weak && index > 0 => name.push(Value::Null),
            None => return None,
        }
    }
    Some(Value::Array(name))
}

/// The number of a milestone, with the node that holds it.
pub(super) fn milestone_number(node: &Node) -> Option<(u64, &Node)> {
    let NodeKind::Mapping(entries) = &node.kind else { return None };
    let entry = entries.iter().find(|entry| entry.key == "id")?;
    Some((entry.value.to_value().as_u64()?, &entry.value))
}
