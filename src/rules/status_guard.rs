//! The rule `status-guard`: an item lacks what its status needs.
//!
//! Checks one item at a time. The page `status_guard.md` has its text, source and examples.

use super::{
    Check, Context, Rule, closed_with_open_milestones, closed_without_date,
    closed_without_evidence, missing_milestone, missing_owner, undecided_acceptance,
};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{DeviationState, Guard};
use crate::store::Stored;

/// An item lacks what its status needs.
pub(super) const RULE: Rule = Rule {
    name: "status-guard",
    level: Level::Error,
    summary: "an item lacks what its status needs",
    text: include_str!("status_guard.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let Some(definition) = context.settings.workflow.get(&item.status) else { return Vec::new() };
    let guards =
        definition.needs.iter().filter(|guard| !is_said_elsewhere(**guard, stored, context));
    guards
        .filter_map(|guard| guard.find_unmet(item))
        .map(|unmet| {
            let message = format!("item is {}, but {}", item.status, unmet.fact);
            let status = stored.document.label("/status").says(item.status.to_string());
            // What is not there has no place of its own.
            let diagnostic = match stored.document.find(&unmet.pointer) {
                Some(_) => RULE.at(stored, &unmet.pointer, "not as needed", message).also(status),
                None => RULE.on(stored, status, message),
            };
            match unmet.guard == Guard::PendingDecision && is_decided(stored) {
                true => diagnostic
                    .level(Level::Warning)
                    .help("what it waited for is decided: move it on with `poam transition`"),
                false => diagnostic.help(unmet.way_out),
            }
        })
        .collect()
}

/// Returns whether a deviation of an item was decided: between the decision and the next transition
/// nothing is pending.
fn is_decided(stored: &Stored) -> bool {
    stored.item.deviations.iter().any(|one| one.state != DeviationState::Pending)
}

/// Returns whether a rule of its own reports that a guard is not met.
fn is_said_elsewhere(guard: Guard, stored: &Stored, context: &Context<'_>) -> bool {
    let open = context.is_open(stored);
    let rule = match guard {
        Guard::Owner if open => &missing_owner::RULE,
        Guard::DatedMilestone if open => &missing_milestone::RULE,
        Guard::RiskAcceptance => &undecided_acceptance::RULE,
        Guard::Evidence if !open => &closed_without_evidence::RULE,
        Guard::MilestonesFinished if !open => &closed_with_open_milestones::RULE,
        Guard::CompletionDate if !open => &closed_without_date::RULE,
        _ => return false,
    };
    context.is_on(rule)
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    #[test]
    fn a_decision_waits_for_the_next_move() {
        let item = |deviation: &str| {
            format!(
                "fail\nid: V-1\nweakness_name: W\nstatus: pending-approval\n\
                original_detection_date: 2026-02-05\noriginal_risk_rating: high\n{deviation}"
            )
        };
        let deviation = |state: &str| {
            item(&format!("deviations: [{{type: false-positive, state: {state}}}]\n"))
        };
        let unmet = "item is pending-approval, but no deviation is pending and no risk acceptance is drafted";
        let level = |block: &str| -> Vec<String> {
            run_example(&RULE, block)
                .iter()
                .map(|it| it.split(' ').next().unwrap().to_owned())
                .collect()
        };
        assert_eq!(run_example(&RULE, &item("")), [format!("error `pending-approval`: {unmet}")]);
        assert!(run_example(&RULE, &deviation("pending")).is_empty());
        assert_eq!(level(&deviation("approved")), ["warning"]);
        assert_eq!(level(&deviation("denied")), ["warning"]);
    }

    #[test]
    fn one_rule_speaks_of_each_guard() {
        let item = "fail\nid: V-1\nweakness_name: W\nstatus: in-progress\n\
        original_detection_date: 2026-02-05\noriginal_risk_rating: high\n";
        assert!(run_example(&RULE, item).is_empty());
        let off =
            format!("{item}# settings\nrules: {{missing-owner: off, missing-milestone: off}}");
        assert_eq!(
            run_example(&RULE, &off),
            [
                "error `in-progress`: item is in-progress, but it has no milestone with a due date",
                "error `in-progress`: item is in-progress, but it has no owner",
            ]
        );
    }
}
