//! The rule `adjustment-not-approved`: a deviation counts as approved, but the approval is missing
//! or states nothing.
//!
//! Checks one item at a time. The page `adjustment_not_approved.md` has its text, source and
//! examples.

use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{DeviationState, DeviationType, is_blank};
use crate::people::why_no_person;
use crate::store::Stored;

/// A deviation counts as approved without an approval.
pub(super) const RULE: Rule = Rule {
    name: "adjustment-not-approved",
    level: Level::Error,
    summary: "a deviation counts as approved, but the approval is missing or says nothing",
    text: include_str!("adjustment_not_approved.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, _: &Context<'_>) -> Vec<Diagnostic> {
    let item = &stored.item;
    let mut found = Vec::new();
    for (index, deviation) in item.deviations.iter().enumerate() {
        if deviation.state != DeviationState::Approved {
            continue;
        }
        let kind = deviation.kind;
        let at = format!("/deviations/{index}/state");
        let is_adjustment = kind == DeviationType::RiskAdjustment;
        if is_adjustment && deviation.adjusted_risk_rating.is_none() {
            let message = "risk adjustment is approved, but not to which rating";
            found.push(
                RULE.at(stored, &at, "approved", message)
                    .help("add `adjusted_risk_rating:` with the rating that was approved"),
            );
        }
        let raised = is_adjustment
            && deviation.adjusted_risk_rating.is_some_and(|to| to > item.original_risk_rating);
        let approver = deviation.approver.as_ref().filter(|one| !is_blank(&one.name));
        if let Some((name, why)) =
            approver.and_then(|one| Some((&one.name, why_no_person(&one.name)?)))
            && !raised
        {
            let message = format!("{kind} is approved by `{name}`, which {why}");
            let at = format!("/deviations/{index}/approver/name");
            found.push(
                RULE.at(stored, &at, "no person", message)
                    .help("name the person who decided; what they are goes into `role:`"),
            );
        }
        let named = approver.is_some();
        let lacks = match (named, deviation.decided.is_some()) {
            (true, true) => continue,
            _ if raised => continue,
            (false, false) => "by whom and when",
            (false, true) => "by whom",
            (true, false) => "when",
        };
        found.push(
            RULE.at(stored, &at, "approved", format!("{kind} is approved, but not {lacks}")).help(
                format!(
                    "`poam deviation approve {} {kind} --approver NAME --date DAY` records it; or set the state \
                    back to pending",
                    item.id
                ),
            ),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn what_an_approval_needs() {
        let approval = ", approver: {name: Sam Roe}, decided: 2026-02-20";
        for (rating, deviation, expected) in [
            (
                "high",
                "risk-adjustment, state: approved".to_owned() + approval,
                vec!["error `approved`: risk adjustment is approved, but not to which rating"],
            ),
            (
                "low",
                "risk-adjustment, state: approved, adjusted_risk_rating: high".to_owned(),
                vec![],
            ),
            (
                "high",
                "risk-adjustment, state: denied, adjusted_risk_rating: low".to_owned(),
                vec![],
            ),
            (
                "high",
                "false-positive, state: approved, decided: 2026-02-20".to_owned(),
                vec!["error `approved`: false-positive is approved, but not by whom"],
            ),
            (
                "high",
                "operational-requirement, state: approved, approver: {name: Sam Roe}".to_owned(),
                vec!["error `approved`: operational-requirement is approved, but not when"],
            ),
            ("high", "operational-requirement, state: pending".to_owned(), vec![]),
            (
                "high",
                "false-positive, state: approved, approver: {name: Security Team}, decided: 2026-02-20"
                    .to_owned(),
                vec![
                    "error `Security Team`: false-positive is approved by `Security Team`, which is a group",
                ],
            ),
            (
                "high",
                "false-positive, state: approved, approver: {name: AO}, decided: 2026-02-20".to_owned(),
                vec![
                    "error `AO`: false-positive is approved by `AO`, which is a role without a person",
                ],
            ),
            (
                "high",
                "false-positive, state: approved, approver: {name: n/a}, decided: 2026-02-20".to_owned(),
                vec!["error `n/a`: false-positive is approved by `n/a`, which is a placeholder"],
            ),
        ] {
            let item = format!(
                "fail\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: \
                {rating}\ndeviations: [{{type: {deviation}}}]"
            );
            assert_eq!(run_example(&RULE, &item), expected, "{deviation}");
        }
    }
}
