//! The rule `item-deleted`: a change removes an item, or gives it another id.
//!
//! Compares the base of a branch with its head, item by item. The page `item_deleted.md` has its
//! text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Item;
use crate::store::Stored;

/// A branch removes an item.
pub(super) const RULE: Rule = Rule {
    name: "item-deleted",
    level: Level::Error,
    summary: "a change removes an item, or gives it another id",
    text: include_str!("item_deleted.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let (Some(base), None) = (change.base, change.head) else { return Vec::new() };
    let item = &base.item;
    let same = |stored: &&Stored| {
        let is_renamed = stored.item.weakness_name == item.weakness_name
            && stored.item.original_detection_date == item.original_detection_date
            && stored.path() == base.path();
        is_renamed || looks_like(item, &stored.item)
    };
    let renamed = context.store.items().iter().find(same);
    let (message, help) = match renamed {
        Some(other) => {
            let moved = describe_moved_detection(item, &other.item);
            (
                format!("item {} was deleted; {} looks like it{moved}", item.id, other.item.id),
                format!("put the id `{}` back: it is for life", item.id),
            )
        }
        None => (
            format!("item {} was deleted", item.id),
            "put the file back; an item that is done is closed, and stays".to_owned(),
        ),
    };
    let diagnostic = RULE.at(base, "/id", "in the base", message).help(help);
    vec![match renamed {
        Some(other) => diagnostic.also(other.document.label("/id").says("now this id")),
        None => diagnostic,
    }]
}

/// Returns whether an item looks like another one under a new id: the name is the same, and so is where it was
/// found, or what it is, or its CVEs. The detection date is not compared: whoever moves it to another id may do
/// so for its sake.
pub(crate) fn looks_like(before: &Item, after: &Item) -> bool {
    let is_equal = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    let is_same_day = before.original_detection_date == after.original_detection_date;
    before.id != after.id
        && before.weakness_name == after.weakness_name
        // Some sources number their identifiers again together with the ids.
        && (is_equal(&before.source_identifier, &after.source_identifier)
            || is_equal(&before.weakness_description, &after.weakness_description)
            || (!before.cves.is_empty() && before.cves == after.cves)
            || (is_same_day && before.source_identifier == after.source_identifier)
            || (is_same_day && before.weakness_description == after.weakness_description))
}

/// Describes that an item under a new id was detected on another day than before: `, detected … instead of …`.
pub(crate) fn describe_moved_detection(before: &Item, after: &Item) -> String {
    let (was, is) = (before.original_detection_date, after.original_detection_date);
    match was == is {
        true => String::new(),
        false => format!(", detected {is} instead of {was}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    #[test]
    fn an_item_under_a_new_id_is_found_although_its_detection_date_moved() {
        let item = |id: &str, day: &str, rest: &str| {
            format!(
                "items/{id}.yaml\nid: {id}\nweakness_name: Open port\nstatus: open\n\
                original_detection_date: {day}\noriginal_risk_rating: high\n{rest}\n"
            )
        };
        let described = "weakness_description: Port 23 answers";
        for (day, rest, expected) in [
            ("2026-02-05", described, "item V-1 was deleted; V-2 looks like it"),
            (
                "2026-02-25",
                described,
                "item V-1 was deleted; V-2 looks like it, detected 2026-02-25 instead of 2026-02-05",
            ),
            ("2026-02-25", "weakness_description: Port 80 answers", "item V-1 was deleted"),
        ] {
            let block = format!(
                "fail\n# base: {}# file: {}",
                item("V-1", "2026-02-05", described),
                item("V-2", day, rest)
            );
            let found = run_example(&RULE, &block);
            let is_meant = |one: &String| one.ends_with(&format!(": {expected}"));
            assert!(found.len() == 1 && found.iter().all(is_meant), "{found:?}");
        }
    }
}
