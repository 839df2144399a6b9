use super::owner::Owner;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{DeviationState, DeviationType};
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
        let approver = deviation.approver.as_ref();
        let named = approver.is_some_and(|one| Owner::of(&one.name) != Owner::Placeholder);
        let lacks = match (named, deviation.decided.is_some()) {
            (true, true) => continue,
            _ if raised => continue,
            (false, false) => "by whom and when",
            (false, true) => "by whom",
            (true, false) => "when",
        };
        found.push(
            RULE.at(stored, &at, "approved", format!("{kind} is approved, but not {lacks}")).help(
                "add `approver: {name: …}` and `decided: YYYY-MM-DD`, or set the state \
                back to pending",
            ),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, said};
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
        ] {
            let item = format!(
                "fail\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: \
                {rating}\ndeviations: [{{type: {deviation}}}]"
            );
            assert_eq!(said(&RULE, &item), expected, "{deviation}");
        }
    }
}
