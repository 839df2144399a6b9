//! The rule `same-weakness`: two open items are about the same weakness of the same assets.
//!
//! Checks the items together. The page `same_weakness.md` has its text, source and examples.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Item, RiskRating};
use crate::store::Stored;

/// Two open items are about the same weakness of the same assets.
pub(super) const RULE: Rule = Rule {
    name: "same-weakness",
    level: Level::Warning,
    summary: "two open items are about the same weakness of the same assets",
    text: include_str!("same_weakness.md"),
    numbers: &[],
    history: false,
    check: Check::Store(check),
};

/// Common features of two items about one weakness: name and detector, with an asset, or, where an
/// item names none, with its words, its day and its rating.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Asset(&'a str, Option<&'a str>, &'a str),
    Words(&'a str, Option<&'a str>, Option<&'a str>, NaiveDate, RiskRating),
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut first: HashMap<Key<'_>, &Stored> = HashMap::new();
    let mut found = Vec::new();
    for stored in context.store.items().iter().filter(|stored| context.is_open(stored)) {
        let mut twin: Option<&Stored> = None;
        for key in weakness_keys(&stored.item) {
            // Of many that are alike each is reported once, beside the first.
            let other = *first.entry(key).or_insert(stored);
            if twin.is_none()
                && other.item.id != stored.item.id
                && share_cve(&other.item, &stored.item)
            {
                twin = Some(other);
            }
        }
        found.extend(twin.map(|other| {
            // Which one is named does not make it another diagnostic: when the first of three is
            // closed, nothing new is wrong with the third.
            let message = "another open item is about the same weakness";
            RULE.at(stored, "/weakness_name", "and here", message)
                .also(other.document.label("/weakness_name").says("first here"))
                .help(format!(
                    "it is `{}`: keep the item that was detected first, and close the other with a \
                     reference to it",
                    other.item.id
                ))
        }));
    }
    found
}

fn weakness_keys(item: &Item) -> Vec<Key<'_>> {
    let (name, detector) = (item.weakness_name.as_str(), item.detector_source.as_deref());
    if item.assets.is_empty() {
        let (day, rating) = (item.original_detection_date, item.original_risk_rating);
        return vec![Key::Words(name, detector, item.weakness_description.as_deref(), day, rating)];
    }
    item.assets.iter().map(|asset| Key::Asset(name, detector, asset)).collect()
}

/// Returns whether two items have a CVE in common, or one of them names none.
fn share_cve(one: &Item, other: &Item) -> bool {
    one.cves.is_empty()
        || other.cves.is_empty()
        || one.cves.iter().any(|cve| other.cves.contains(cve))
}
