use super::{Change, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Item;
use crate::nearest::alike;

/// A branch gives the id of an item to another weakness.
pub(super) const RULE: Rule = Rule {
    name: "id-reused",
    level: Level::Error,
    summary: "a change puts another weakness under an id that is taken",
    text: include_str!("id_reused.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &Change<'_>, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) =
        change.both().filter(|(base, head)| is_another(&base.item, &head.item))
    else {
        return Vec::new();
    };
    let message = format!("id `{}` now stands for another weakness", head.item.id);
    vec![
        RULE.at(head, "/weakness_name", "another weakness", message)
            .also(base.document.label("/weakness_name").says("in the base"))
            .help("put the old item back, and give the new one a new id"),
    ]
}

/// Whether two items under one id are about different weaknesses: other name, other day, and no
/// identifier in common.
pub(super) fn is_another(base: &Item, head: &Item) -> bool {
    let common = base.cves.iter().any(|cve| head.cves.contains(cve))
        || (base.source_identifier.is_some() && base.source_identifier == head.source_identifier);
    base.original_detection_date != head.original_detection_date
        && !common
        && !alike(&base.weakness_name, &head.weakness_name)
}
