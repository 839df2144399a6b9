//! The rule `illegal-transition`: a change moves an item to a status that the workflow does not
//! allow from there.
//!
//! Compares the base of a branch with its head, item by item. The page `illegal_transition.md` has
//! its text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{Action, EventValue};
use crate::model::Status;

/// A branch moves an item to a status that its status does not lead to.
pub(super) const RULE: Rule = Rule {
    name: "illegal-transition",
    level: Level::Error,
    summary: "a change moves an item to a status that the workflow does not allow from there",
    text: include_str!("illegal_transition.md"),
    numbers: &[],
    history: true,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let (from, to) = (&base.item.status, &head.item.status);
    let workflow = &context.settings.workflow;
    // A status that the workflow does not have is stated as such.
    if from == to || workflow.get(from).is_none() || workflow.get(to).is_none() {
        return Vec::new();
    }
    let said = |message: String, help: String| {
        vec![RULE.at(head, "/status", format!("was {from}"), message).help(help)]
    };
    if workflow.closes_false_positive(&head.item, from, to) {
        return Vec::new();
    }
    let steps = status_steps(change, context);
    if steps.len() > 1 && steps.iter().all(|(from, to)| is_allowed(change, context, from, to)) {
        return Vec::new();
    }
    if let Some(found) = workflow.find_move(from, to) {
        let unmet = found.needs().iter().find_map(|guard| guard.find_unmet(&head.item));
        return unmet.map_or_else(Vec::new, |unmet| {
            said(format!("{from} -> {to} is not open to this item: {}", unmet.fact), unmet.way_out)
        });
    }
    let moves = workflow.get(from).into_iter().flat_map(|definition| &definition.moves);
    let legal: Vec<&str> = moves.map(|next| next.to()).collect();
    let help = match legal.as_slice() {
        [] => format!("no status can be reached from {from}"),
        legal => format!("allowed from {from}: {}", legal.join(", ")),
    };
    if change.is_overridden(&format!("{from} -> {to}")) {
        // Recorded as such, for the reviewer to look at.
        let message =
            format!("the workflow does not allow {from} -> {to}; it was made with --override");
        let help = "read the commit's reason before you approve it";
        return said(message, help.to_owned())
            .into_iter()
            .map(|one| one.level(Level::Warning))
            .collect();
    }
    said(format!("the workflow does not allow {from} -> {to}"), help)
}

/// Returns the moves committed between the status of the base and that of the head, oldest first;
/// nothing where the commits do not lead from one to the other.
fn status_steps(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<(Status, Status)> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let mut steps = Vec::new();
    let mut reached = head.item.status.clone();
    for event in context.item_events(head).into_iter().rev() {
        if event.action != Action::StatusChanged {
            continue;
        }
        let status =
            |value: &EventValue| value.as_str().and_then(|text| text.parse::<Status>().ok());
        let (Some(from), Some(to)) = (status(&event.old), status(&event.new)) else { break };
        if to != reached {
            break;
        }
        steps.insert(0, (from.clone(), to));
        if from == base.item.status {
            return steps;
        }
        reached = from;
    }
    Vec::new()
}

/// Returns whether the workflow has a transition, or a commit of the branch made it on purpose.
/// What the moves on the way needed was there then; what the last status needs is asked of the item
/// as it is.
fn is_allowed(
    change: &BranchChange<'_>,
    context: &Context<'_>,
    from: &Status,
    to: &Status,
) -> bool {
    let found = context.settings.workflow.find_move(from, to);
    found.is_some_and(|found| found.needs().is_empty())
        || change.is_overridden(&format!("{from} -> {to}"))
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn several_moves_are_judged_one_by_one() {
        let run = |moves: &[&str]| {
            let mut block = format!(
                "fail\n# commit: 2026-02-06\n{OPEN}original_detection_date: 2026-02-05\n\
                original_risk_rating: low\n# branch\n"
            );
            for (at, status) in moves.iter().enumerate() {
                block.push_str(&format!("# commit: 2026-02-1{at}\nstatus: {status}\n"));
            }
            run_example(&RULE, &block).len()
        };
        assert_eq!(run(&["in-progress", "pending-validation"]), 0);
        assert_eq!(run(&["in-progress", "pending-validation", "closed"]), 0);
        assert_eq!(run(&["pending-validation"]), 1);
        assert_eq!(run(&["closed"]), 1);
        assert_eq!(run(&["in-progress", "closed"]), 1);
        assert_eq!(run(&["deferred", "closed"]), 1);
    }

    #[test]
    fn an_approved_false_positive_closes_from_everywhere() {
        let run = |from: &str, deviation: &str| {
            let item = |status: &str| {
                format!(
                    "items/V-1.yaml\nid: V-1\nweakness_name: W\nstatus: {status}\n\
                    original_detection_date: 2026-02-05\noriginal_risk_rating: low\n{deviation}"
                )
            };
            run_example(&RULE, &format!("fail\n# base: {}# file: {}", item(from), item("closed")))
                .len()
        };
        let approved = "deviations: [{type: false-positive, state: approved, approver: {name: Sam \
            Roe}, decided: 2026-02-20}]\n";
        for from in ["open", "in-progress", "pending-validation", "pending-approval", "deferred"] {
            assert_eq!(run(from, approved), 0, "{from}");
        }
        for lacking in [
            "",
            "deviations: [{type: false-positive, state: pending}]\n",
            "deviations: [{type: false-positive, state: approved, decided: 2026-02-20}]\n",
            "deviations: [{type: false-positive, state: approved, approver: {name: Sam Roe}}]\n",
        ] {
            assert_eq!(run("open", lacking), 1, "{lacking}");
        }
    }
}
