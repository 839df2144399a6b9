//! The rule `milestone-rewritten`: a change rewrites or removes a milestone that was recorded.
//!
//! Compares the base of a branch with its head, item by item. The page `milestone_rewritten.md` has
//! its text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Milestone;

/// A branch rewrites a milestone that was recorded.
pub(super) const RULE: Rule = Rule {
    name: "milestone-rewritten",
    level: Level::Error,
    summary: "a change rewrites or removes a milestone that was recorded",
    text: include_str!("milestone_rewritten.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let mut found = Vec::new();
    for before in &base.item.milestones {
        let id = before.id;
        let same = |step: &Milestone| step.id == id;
        let Some(index) = head.item.milestones.iter().position(same) else {
            let message = format!("milestone {id} was removed");
            found.push(
                RULE.at(head, "/milestones", format!("milestone {id} was here"), message)
                    .help("put it back; what is given up gets `status: cancelled`"),
            );
            continue;
        };
        let Some(after) = head.item.milestones.get(index) else { continue };
        let at = |field: &str| format!("/milestones/{index}/{field}");
        if on_one_line(&before.description) != on_one_line(&after.description) {
            let message = format!("description of milestone {id} was rewritten");
            let diagnostic = RULE.at(head, &at("description"), "another text", message);
            // Recorded as such, for the reviewer to look at.
            found.push(match change.is_overridden(&format!("milestone {id} reworded")) {
                true => diagnostic
                    .level(Level::Warning)
                    .help("read the commit's reason before you approve it"),
                false => diagnostic
                    .help("put the text back; cancel the milestone and add a new one instead"),
            });
        }
        let finished = before.status.is_finished();
        for (field, what, from, to) in [
            ("due", "due date", before.due, after.due),
            ("completed", "completion date", before.completed, after.completed),
        ] {
            let Some(from) = from.filter(|from| Some(*from) != to) else { continue };
            let message = match to {
                None if field == "due" => format!("due date {from} of milestone {id} was removed"),
                Some(to) if finished => {
                    format!("{what} of finished milestone {id} changed from {from} to {to}")
                }
                _ => continue,
            };
            found.push(
                RULE.at(head, &at(field), format!("was {from}"), message)
                    .help(format!("put {from} back")),
            );
        }
    }
    found
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn what_was_recorded_stays() {
        for (before, after, expected) in [
            (
                "{id: 1, description: A b c, due: 2026-03-05}",
                "{id: 1, description: A b c, due: 2026-04-05}",
                vec![],
            ),
            (
                "{id: 1, description: A b c, due: 2026-03-05}",
                "{id: 1, description: A b c}",
                vec![
                    "error `{id: 1, description: A b c}`: due date 2026-03-05 of milestone 1 \
                    was removed",
                ],
            ),
            (
                "{id: 1, description: A b c, due: 2026-03-05}",
                "{id: 2, description: A b c, due: 2026-03-05}",
                vec!["error `milestones`: milestone 1 was removed"],
            ),
            (
                "{id: 1, description: A b c, due: 2026-03-05}",
                "{id: 1, description: A b d, due: 2026-03-05}",
                vec!["error `A b d`: description of milestone 1 was rewritten"],
            ),
            ("{id: 1, description: A b c}", "{id: 1, description: A b c, due: 2026-03-05}", vec![]),
            (
                "{id: 1, description: A b c, due: 2026-02-10, status: completed, completed: \
                2026-02-12}",
                "{id: 1, description: A b c, due: 2026-02-12, status: completed, completed: \
                2026-02-12}",
                vec![
                    "error `2026-02-12`: due date of finished milestone 1 changed from \
                    2026-02-10 to 2026-02-12",
                ],
            ),
            (
                "{id: 1, description: A b c, due: 2026-02-10, status: completed}",
                "{id: 1, description: A b c, due: 2026-02-10, status: completed, completed: \
                2026-02-12}",
                vec![],
            ),
            (
                "{id: 1, description: A b c, due: 2026-02-10, status: completed, completed: \
                2026-02-12}",
                "{id: 1, description: A b c, due: 2026-02-10, status: in-progress}",
                vec![],
            ),
        ] {
            let item = |step: &str| {
                format!(
                    "items/V-1.yaml\n{OPEN}original_detection_date: 2026-02-05\n\
                    original_risk_rating: high\nmilestones:\n  - {step}"
                )
            };
            let block = format!("fail\n# base: {}\n# file: {}", item(before), item(after));
            assert_eq!(run_example(&RULE, &block), expected, "{before} -> {after}");
        }
    }
}
