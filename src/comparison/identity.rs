//! Remarks on changes of what a weakness is: its name, CVEs, controls and assets.
//!
//! These fields decide what is repaired, where and how urgently, so that a reviewer must see what is gone.
//! What an import or a scan brings is theirs to decide: its remarks are not alarming.

use super::ChangeNote;
use super::notes::ChangeFacts;
use crate::model::Item;
use crate::text::first_of;

/// Values that a note lists.
const LISTED: usize = 5;

/// Collects the remarks on a changed item.
pub(super) fn notes(facts: &ChangeFacts<'_>, head: &Item) -> Vec<ChangeNote> {
    let Some(base) = facts.base else { return Vec::new() };
    let is_imported = !facts.sources.is_empty() && facts.sources.iter().all(Option::is_some);
    let note = |text: String| match is_imported {
        true => ChangeNote::plain("identity", text),
        false => ChangeNote::alarm("identity", text),
    };
    let mut notes = Vec::new();
    let name = |item: &Item| item.weakness_name.trim().to_owned();
    if name(base) != name(head) {
        notes.push(note(format!("is called “{}” now, was “{}”", name(head), name(base))));
    }
    for (what, before, after) in [
        ("CVE", &base.cves, &head.cves),
        ("control", &base.controls, &head.controls),
        ("asset", &base.assets, &head.assets),
    ] {
        notes.extend(removed(what, before, after).map(note));
    }
    notes
}

/// `2 assets removed: hv-01, hv-02`; none where nothing is gone.
fn removed<T: PartialEq + ToString>(what: &str, before: &[T], after: &[T]) -> Option<String> {
    let gone: Vec<String> =
        before.iter().filter(|one| !after.contains(one)).map(ToString::to_string).collect();
    let count = match gone.len() {
        0 => return None,
        1 => format!("{what} removed"),
        count => format!("{count} {what}s removed"),
    };
    Some(format!("{count}: {}", first_of(&gone, LISTED)))
}
