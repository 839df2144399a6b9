//! Where history begins with items that were somewhere else before.

use std::collections::BTreeSet;

use super::changes::{WIDEST, rewritten};
use super::{Evidence, Finding};
use crate::diagnostic::Level;
use crate::history::{Action, History, diff_items};
use crate::output::{Happening, plural};
use crate::store::TrackerMove;

/// The commits at which the history of a tracker may begin with items of another place: its first
/// settings, its first items, another folder of items.
pub fn beginnings(history: &History) -> Vec<&str> {
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

/// What moves cut off, and what changed on the way, where no history tells it.
pub(super) fn findings(evidence: &Evidence<'_>, since: &BTreeSet<String>) -> Vec<Finding> {
    let moves = evidence.moves.iter().filter(|one| since.contains(&one.commit.to_string()));
    moves.flat_map(|one| of_move(one, evidence)).collect()
}

fn of_move(one: &TrackerMove, evidence: &Evidence<'_>) -> Vec<Finding> {
    let count = plural(one.items.len(), "item");
    let message = format!(
        "the history that is told begins at a move: {count} had been in `{}`, and what happened to \
         them there is told at {} (`git worktree add DIR {}`, and there `poam verify`)",
        one.folder,
        one.before.short(),
        one.before.short()
    );
    let mut found = vec![Finding::new("history-moved", Level::Warning, message).at(one.commit)];
    for (old, new) in &one.items {
        let id = &old.item.id;
        let head = evidence.store.find(id).map(|stored| &stored.item);
        let mut say = |finding, level, path: &str, words: String| {
            found.push(Finding {
                item: Some(id.clone()),
                path: Some(path.to_owned()),
                ..Finding::new(finding, level, format!("{words}, in the move")).at(one.commit)
            });
        };
        let Some(new) = new else {
            let level = if head.is_some() { Level::Warning } else { Level::Error };
            say("item-deleted", level, old.path(), format!("deleted: {}", old.item.weakness_name));
            continue;
        };
        for difference in diff_items(old.value(), new.value()) {
            let words = Happening::from(&difference).words(WIDEST);
            match rewritten(&difference, head, false) {
                Some((finding, level)) => say(finding, level, new.path(), words),
                None => say("changed-in-move", Level::Warning, new.path(), words),
            }
        }
    }
    found
}
