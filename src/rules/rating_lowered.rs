//! The rule `rating-lowered`: a change lowers the rating of an item without an approved risk
//! adjustment.
//!
//! Compares the base of a branch with its head, item by item. The page `rating_lowered.md` has its
//! text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Deviation, DeviationState, DeviationType, Item, RiskRating, is_blank};
use crate::store::Stored;

/// A branch lowers a rating that nobody adjusted.
pub(super) const RULE: Rule = Rule {
    name: "rating-lowered",
    level: Level::Error,
    summary: "a change lowers the original rating of an item, or an adjusted one without a new decision",
    text: include_str!("rating_lowered.md"),
    numbers: &[],
    history: true,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    check_original(base, head, context).into_iter().chain(check_adjusted(base, head)).collect()
}

/// The original rating is permanent: only what it was committed with may be put back.
fn check_original(base: &Stored, head: &Stored, context: &Context<'_>) -> Option<Diagnostic> {
    let (from, to) = (base.item.original_risk_rating, head.item.original_risk_rating);
    let landed =
        context.history.and_then(|it| it.first_text(&head.item.id, "original_risk_rating"));
    let landed: Option<RiskRating> = landed.and_then(|text| text.parse().ok());
    let is_put_back = landed.is_some_and(|landed| landed <= to);
    if to >= from || is_put_back {
        return None;
    }
    let message = format!("original risk rating lowered from {from} to {to}: it is permanent");
    let help = match approved_rating(&head.item).is_some_and(|rating| rating <= to) {
        true => format!("put {from} back; the approved adjustment to {to} has a field of its own"),
        false => format!(
            "put {from} back; ask for another rating with `poam deviation request {} risk-adjustment \
            --rating {to}`",
            head.item.id
        ),
    };
    Some(RULE.at(head, "/original_risk_rating", format!("was {from}"), message).help(help))
}

/// Checks a lower rating against the approved adjustment, which covers one rating: a lower one is
/// another decision, on another day.
fn check_adjusted(base: &Stored, head: &Stored) -> Option<Diagnostic> {
    let index = head.item.deviations.iter().rposition(|it| is_adjustment(&it))?;
    let after = head.item.deviations.get(index)?;
    let before = base.item.deviation(DeviationType::RiskAdjustment)?;
    let both = before.state == DeviationState::Approved && after.state == DeviationState::Approved;
    let (from, to) = (before.adjusted_risk_rating?, after.adjusted_risk_rating?);
    let is_decided_anew = after.decided > before.decided && after.decided.is_some();
    if !both || to >= from || is_decided_anew {
        return None;
    }
    let message =
        format!("adjusted risk rating lowered from {from} to {to} without a new decision");
    let at = format!("/deviations/{index}/adjusted_risk_rating");
    Some(
        RULE.at(head, &at, format!("was {from}"), message)
            .help(format!("put {from} back, and ask for the lower rating in a new deviation")),
    )
}

fn is_adjustment(it: &&Deviation) -> bool {
    it.kind == DeviationType::RiskAdjustment
}

/// Returns the rating that somebody approved on a day.
fn approved_rating(item: &Item) -> Option<RiskRating> {
    let found = item.deviation(DeviationType::RiskAdjustment)?;
    let named = found.approver.as_ref().is_some_and(|person| !is_blank(&person.name));
    (found.state == DeviationState::Approved && named && found.decided.is_some())
        .then_some(found.adjusted_risk_rating)
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    fn between(base: &str, head: &str) -> Vec<String> {
        let item = |text: &str| {
            format!("items/V-1.yaml\n{OPEN}original_detection_date: 2026-02-05\n{text}")
        };
        run_example(&RULE, &format!("fail\n# base: {}\n# file: {}", item(base), item(head)))
    }

    fn adjustment(rating: &str, decision: &str) -> String {
        format!(
            "deviations: [{{type: risk-adjustment, state: approved, adjusted_risk_rating: {rating}\
            {decision}}}]\n"
        )
    }

    #[test]
    fn an_original_rating_is_never_lowered_and_an_adjusted_one_by_a_decision() {
        let rating = |rating: &str| format!("original_risk_rating: {rating}\n");
        let by = |day: &str| format!(", approver: {{name: Sam Roe}}, decided: {day}");
        let approved = adjustment("low", &by("2026-02-20"));
        for (base, head, count) in [
            (rating("high"), rating("high"), 0),
            (rating("high"), rating("critical"), 0),
            (rating("high"), rating("moderate"), 1),
            (rating("moderate"), rating("low"), 1),
            // An approved adjustment has a field of its own.
            (rating("high"), rating("low") + &approved, 1),
            (rating("high") + &approved, rating("low") + &approved, 1),
            (rating("high"), rating("low") + &adjustment("moderate", &by("2026-02-20")), 1),
            (rating("high"), rating("low") + &adjustment("low", ""), 1),
            (
                rating("high"),
                rating("low")
                    + "deviations: [{type: risk-adjustment, state: pending, adjusted_risk_rating: low}]\n",
                1,
            ),
            (
                rating("high") + &adjustment("moderate", &by("2026-02-20")),
                rating("high") + &approved,
                1,
            ),
            (
                rating("high") + &adjustment("moderate", &by("2026-02-20")),
                rating("high") + &adjustment("low", &by("2026-02-22")),
                0,
            ),
            (
                rating("high") + &approved,
                rating("high") + &adjustment("moderate", &by("2026-02-20")),
                0,
            ),
        ] {
            let said = between(&base, &head);
            assert_eq!(said.len(), count, "{base} -> {head}: {said:?}");
        }
    }

    #[test]
    fn several_commits_lower_it_as_one_does() {
        let commits = |ratings: &[&str]| {
            let mut block = format!(
                "fail\n# commit: 2026-02-06\n{OPEN}original_detection_date: 2026-02-05\n\
                original_risk_rating: high\n# branch\n"
            );
            for (at, rating) in ratings.iter().enumerate() {
                let day = at + 10;
                block += &format!("# commit: 2026-02-{day}\noriginal_risk_rating: {rating}\n");
            }
            run_example(&RULE, &block).len()
        };
        assert_eq!(commits(&["moderate", "low"]), 1);
        assert_eq!(commits(&["critical", "high"]), 0, "what it landed with is put back");
        assert_eq!(commits(&["critical", "moderate"]), 1);
        assert_eq!(commits(&["low", "high"]), 0);
    }
}
