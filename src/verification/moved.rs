//! Where history begins with items that were somewhere else before.

use std::collections::BTreeSet;

use super::changes::{WIDEST, judge_rewritten};
use super::{AuditObservation, VerificationInput};
use crate::diagnostic::Level;
use crate::history::EventDescription;
use crate::history::{Action, History, diff_items};
use crate::store::TrackerMove;
use crate::text::plural;

/// Returns the commits at which the history of a tracker may begin with items of another place: its
/// first settings, its first items, another folder of items.
pub fn possible_beginnings(history: &History) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let first = history.events.iter().find(|event| event.action == Action::ItemCreated);
    let settings = history.events.iter().filter(|event| {
        let whole = event.field.is_empty() && event.old.is_null();
        event.action == Action::SettingsChanged && (whole || *event.field == *"/items")
    });
    for event in settings.chain(first) {
        if !found.contains(&&*event.commit) {
            found.push(&event.commit);
        }
    }
    found
}

/// Reports the history that moves cut off, and changes on the way that no history records.
pub(super) fn find_observations(
    evidence: &VerificationInput<'_>,
    since: &BTreeSet<String>,
) -> Vec<AuditObservation> {
    let moves = evidence.moves.iter().filter(|one| since.contains(&one.commit.to_string()));
    moves.flat_map(|one| of_move(one, evidence)).collect()
}

fn of_move(one: &TrackerMove, evidence: &VerificationInput<'_>) -> Vec<AuditObservation> {
    let count = plural(one.items.len(), "item");
    let message = format!(
        "the history that is told begins at a move: {count} had been in `{}`, and what happened to \
         them there is told at {} (`git worktree add DIR {}`, and there `poam verify`)",
        one.folder,
        one.before.short(),
        one.before.short()
    );
    let mut found = vec![
        AuditObservation::new("history-moved", Level::Warning, message).with_commit(one.commit),
    ];
    for (old, new) in &one.items {
        let id = &old.item.id;
        let head = evidence.store.find(id).map(|stored| &stored.item);
        let mut say = |finding, level, path: &str, words: String| {
            found.push(AuditObservation {
                item: Some(id.clone()),
                path: Some(path.to_owned()),
                ..AuditObservation::new(finding, level, format!("{words}, in the move"))
                    .with_commit(one.commit)
            });
        };
        let Some(new) = new else {
            let level = if head.is_some() { Level::Warning } else { Level::Error };
            say("item-deleted", level, old.path(), format!("deleted: {}", old.item.weakness_name));
            continue;
        };
        for difference in diff_items(old.value(), new.value()) {
            let words = EventDescription::from(&difference).describe_event(WIDEST);
            match judge_rewritten(&difference, head, false) {
                Some((finding, level)) => say(finding, level, new.path(), words),
                None => say("changed-in-move", Level::Warning, new.path(), words),
            }
        }
    }
    found
}
