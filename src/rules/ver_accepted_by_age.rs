//! The rule `ver-accepted-by-age`: 192 days after its evaluation a vulnerability counts as
//! accepted, and nobody explains why (VER-TFR-MAV).
//!
//! Checks one item at a time. The page `ver_accepted_by_age.md` has its text, source and examples.

use super::clock::{Clock, days_ahead};
use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType, Item, is_blank};
use crate::store::Stored;

/// A vulnerability counts as accepted by its age, and nobody decided so.
pub(super) const RULE: Rule = Rule {
    name: "ver-accepted-by-age",
    level: Level::Error,
    summary: "192 days after its evaluation a vulnerability counts as accepted, and nobody says why (VER-TFR-MAV)",
    text: include_str!("ver_accepted_by_age.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

const HELP: &str = "remediate it, set `ver.mitigation: full` where nothing of the risk is left, or \
    record the acceptance with its reason: `risk_acceptance: {rationale: …, approver: …}`";

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.vulnerability_frames(stored) else { return Vec::new() };
    let item = &stored.item;
    if is_explained(item) {
        return Vec::new();
    }
    let Some(until) = frames.accepted_after(item) else { return Vec::new() };
    let (cited, level) = cite_rule(&frames, "VER-TFR-MAV");
    let at = |message: String| RULE.at(stored, "/ver/evaluated", "counted from here", message);
    let scheduled = item.scheduled_completion_date.filter(|day| until.day < *day);
    let found = match (context.relate_today(until.day), scheduled) {
        (Clock::Passed(_), _) => at(format!(
            "neither remediated nor fully mitigated by {until}: an accepted vulnerability without \
            an explanation ({cited})"
        ))
        .at_most(level),
        (Clock::Soon(left), _) => at(format!(
            "becomes an accepted vulnerability {}, after {until} ({cited})",
            days_ahead(left)
        ))
        .level(Level::Note),
        (Clock::Far, Some(day)) => {
            let message = format!(
                "scheduled for {day}, after {until}: it will not be remediated in time and is to \
                be categorized as an accepted vulnerability ({cited})"
            );
            RULE.at(stored, "/scheduled_completion_date", "after the 192 days", message)
                .at_most(level)
        }
        (Clock::Far, None) => return Vec::new(),
    };
    vec![found.help(HELP)]
}

/// Returns whether somebody wrote down why the vulnerability is accepted.
fn is_explained(item: &Item) -> bool {
    let accepted = item.risk_acceptance.as_ref().and_then(|it| it.rationale.as_deref());
    let required = item
        .deviation(DeviationType::OperationalRequirement)
        .filter(|_| item.decision(DeviationType::OperationalRequirement) == Decision::Yes)
        .and_then(|deviation| deviation.rationale.as_deref());
    [accepted, required].into_iter().flatten().any(|text| !is_blank(text))
}
