//! The rule `operational-requirement-on-high`: an operational requirement is asked for or approved
//! for a high risk.
//!
//! Checks one item at a time. The page `operational_requirement_on_high.md` has its text, source
//! and examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType, RiskRating};
use crate::store::Stored;

/// An operational requirement retains a high risk.
pub(super) const RULE: Rule = Rule {
    name: "operational-requirement-on-high",
    level: Level::Error,
    summary: "an operational requirement is asked for or approved for a high risk",
    text: include_str!("operational_requirement_on_high.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let kind = DeviationType::OperationalRequirement;
    let index = item.deviations.iter().rposition(|deviation| deviation.kind == kind);
    let rating = context.compute_due(stored).rating;
    let adjustment = item.deviation(DeviationType::RiskAdjustment);
    let lowered = item.decision(DeviationType::RiskAdjustment) == Decision::Pending
        && adjustment
            .and_then(|one| one.adjusted_risk_rating)
            .is_some_and(|to| to < RiskRating::High);
    let word = match item.decision(kind) {
        Decision::Yes => "approved",
        Decision::Pending if !lowered => "requested",
        _ => return Vec::new(),
    };
    let Some(index) = index.filter(|_| context.is_open(stored) && rating >= RiskRating::High)
    else {
        return Vec::new();
    };
    let message = format!("an operational requirement is {word} for a {rating} item");
    vec![
        RULE.at(stored, &format!("/deviations/{index}/type"), "not for this rating", message)
            .also(stored.document.label("/original_risk_rating").says("the rating"))
            .help("mitigate to moderate or low, and request a risk adjustment together with it"),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn only_with_a_risk_adjustment() {
        let or = |state: &str| format!("{{type: operational-requirement, state: {state}}}");
        let ra = |state: &str, to: &str| {
            format!(", {{type: risk-adjustment, state: {state}, adjusted_risk_rating: {to}}}")
        };
        for (rating, deviations, fires) in [
            ("high", or("approved"), true),
            ("critical", or("approved"), true),
            ("moderate", or("approved"), false),
            ("high", or("approved") + &ra("approved", "moderate"), false),
            ("high", or("approved") + &ra("pending", "moderate"), true),
            ("high", or("pending"), true),
            ("high", or("pending") + &ra("pending", "moderate"), false),
            ("high", or("pending") + &ra("pending", "high"), true),
            ("high", or("pending") + &ra("denied", "moderate"), true),
            ("high", or("denied"), false),
            ("low", or("pending"), false),
        ] {
            let item = format!(
                "fail\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: \
                {rating}\ndeviations: [{deviations}]"
            );
            assert_eq!(!run_example(&RULE, &item).is_empty(), fires, "{rating} {deviations}");
        }
    }
}
