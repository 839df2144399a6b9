//! The rule `record-rewritten`: a change removes or rewrites a decision, a question, a vendor's release, a review, a
//! note or a completion that was recorded.
//!
//! Compares the base of a branch with its head, item by item. The page `record_rewritten.md` has its
//! text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{
    Deviation, DeviationQuestion, DeviationState, Item, MilestoneStatus, RiskAcceptance,
    normalize_look,
};
use crate::store::Stored;

/// A change removes or rewrites what was recorded.
pub(super) const RULE: Rule = Rule {
    name: "record-rewritten",
    level: Level::Error,
    summary: "a change removes or rewrites a decision, a question, a vendor's release, a review, a note or a completion that was recorded",
    text: include_str!("record_rewritten.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

const HELP: &str = "put it back, and record what is new beside it";

fn check(change: &BranchChange<'_>, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let mut found = check_decisions(&base.item, head);
    found.extend(check_acceptance(&base.item, head));
    found.extend(check_release(&base.item, head));
    found.extend(check_questions(&base.item, head));
    for review in base.item.reviews.iter().filter(|one| !head.item.reviews.contains(one)) {
        let message =
            format!("the review of {} by {} was removed or rewritten", review.date, review.by);
        found.push(report(head, "/reviews", message, Level::Warning));
    }
    found.extend(check_milestones(&base.item, head));
    found
}

/// Reports decisions on deviations that are gone, or whose words are others without a later decision.
fn check_decisions(base: &Item, head: &Stored) -> Vec<Diagnostic> {
    let is_decided = |one: &&Deviation| one.state != DeviationState::Pending;
    let gone = base
        .deviations
        .iter()
        .filter(is_decided)
        .filter(|before| !head.item.deviations.iter().any(|after| stands_for(after, before)));
    gone.map(|before| {
        let by = before.approver.as_ref().map(|person| format!(" by {}", person.name.trim()));
        let day = before.decided.map(|day| format!(" of {day}")).unwrap_or_default();
        let message = format!(
            "the decision{day}{} on the {} ({}) was removed or rewritten",
            by.unwrap_or_default(),
            before.kind,
            before.state.as_str()
        );
        report(head, "/deviations", message, Level::Error)
    })
    .collect()
}

/// Returns whether a deviation still records a decision, or a later one on the same request.
fn stands_for(after: &Deviation, before: &Deviation) -> bool {
    let name = |one: &Deviation| one.approver.as_ref().map(|person| normalize_look(&person.name));
    let is_later = after.decided.is_some() && after.decided > before.decided;
    let is_same = after.state == before.state
        && after.decided == before.decided
        && (before.approver.is_none() || name(after) == name(before))
        && after.adjusted_risk_rating == before.adjusted_risk_rating;
    after.kind == before.kind
        && after.state != DeviationState::Pending
        && (before.request.is_none() || after.request == before.request)
        && (is_same || is_later)
}

/// Reports an acceptance of the risk that is gone, is another, or is prolonged. There is one for each item,
/// so that a later decision takes the place of the earlier one: that is a warning, with both.
fn check_acceptance(base: &Item, head: &Stored) -> Option<Diagnostic> {
    let is_decided = |one: &&RiskAcceptance| one.approver.is_some() || one.approved.is_some();
    let before = base.risk_acceptance.as_deref().filter(is_decided)?;
    let was = describe_acceptance(before);
    let Some(after) = head.item.risk_acceptance.as_deref().filter(is_decided) else {
        let message = format!("the risk acceptance {was} was removed");
        return Some(report(head, "/risk_acceptance", message, Level::Error));
    };
    let name = |one: &RiskAcceptance| one.approver.as_ref().map(|who| normalize_look(&who.name));
    let approver = before.approver.is_none() || name(after) == name(before);
    let approved = before.approved.is_none() || after.approved == before.approved;
    if approver && approved {
        let from = before.review_by.filter(|from| after.review_by.is_none_or(|to| to > *from))?;
        let to = after.review_by.map_or("no day".to_owned(), |to| to.to_string());
        let message = format!(
            "the risk acceptance {was} is to be reviewed by {to} instead of {from}, without a new decision"
        );
        return Some(report(head, "/risk_acceptance/review_by", message, Level::Warning));
    }
    let is_later = after.approved.is_some() && after.approved > before.approved;
    let message = format!("the risk acceptance {was} is now one {}", describe_acceptance(after));
    let level = if is_later { Level::Warning } else { Level::Error };
    let help = match is_later {
        true => "approve it only if the risk was accepted anew; history keeps the earlier decision",
        false => HELP,
    };
    Some(report(head, "/risk_acceptance", message, level).help(help))
}

/// `of 2026-02-15 by Dana Lee, review by 2026-08-15`
fn describe_acceptance(one: &RiskAcceptance) -> String {
    let day = one.approved.map_or("without a day".to_owned(), |day| format!("of {day}"));
    let by = match &one.approver {
        Some(person) => format!("by {}", person.name.trim()),
        None => "without an approver".to_owned(),
    };
    let until = one.review_by.map(|day| format!(" (review by {day})")).unwrap_or_default();
    format!("{day} {by}{until}")
}

/// Reports a day of a vendor's release that is later, or gone: the days of the item run from it.
fn check_release(base: &Item, head: &Stored) -> Option<Diagnostic> {
    let release = |item: &Item| item.vendor_dependency.as_ref().and_then(|it| it.fix_released);
    let from = release(base)?;
    let message = match release(&head.item) {
        Some(to) if to > from => format!("the vendor's release of {from} is one of {to} now"),
        None => format!("the vendor's release of {from} was removed"),
        Some(_) => return None,
    };
    let at = match head.item.vendor_dependency {
        Some(_) => "/vendor_dependency/fix_released",
        None => "/status",
    };
    let help = format!("put {from} back: the time to fix runs from the first release");
    Some(report(head, at, message, Level::Error).help(help))
}

/// Reports questions about deviation requests that are gone or rewritten, and their answers.
fn check_questions(base: &Item, head: &Stored) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for before in &base.deviations {
        for question in &before.questions {
            let mut later = head.item.deviations.iter().filter(|after| after.kind == before.kind);
            if later.any(|after| after.questions.iter().any(|one| keeps(one, question))) {
                continue;
            }
            let message = format!(
                "the question of {} about the {} or its answer was removed or rewritten",
                question.returned, before.kind
            );
            found.push(report(head, "/deviations", message, Level::Error));
        }
    }
    found
}

/// Returns whether a question is still there with its answer, or was answered since.
fn keeps(after: &DeviationQuestion, before: &DeviationQuestion) -> bool {
    let answered = DeviationQuestion {
        resubmitted: before.resubmitted.or(after.resubmitted),
        answer: before.answer.clone().or_else(|| after.answer.clone()),
        ..before.clone()
    };
    *after == answered
}

/// Reports notes of milestones that are gone, and milestones that are completed no more.
fn check_milestones(base: &Item, head: &Stored) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for before in &base.milestones {
        // A milestone that is gone altogether has a rule of its own.
        let position = head.item.milestones.iter().position(|step| step.id == before.id);
        let Some((index, after)) =
            position.and_then(|index| Some((index, head.item.milestones.get(index)?)))
        else {
            continue;
        };
        let at = format!("/milestones/{index}");
        for note in before.notes.iter().filter(|note| !after.notes.contains(note)) {
            let message = format!(
                "the note of {} in the log of milestone {} was removed or rewritten",
                note.date, before.id
            );
            found.push(report(head, &at, message, Level::Warning));
        }
        if before.status == MilestoneStatus::Completed && after.status != MilestoneStatus::Completed
        {
            let message =
                format!("milestone {} was completed and is {} now", before.id, after.status);
            found.push(report(head, &format!("{at}/status"), message, Level::Warning));
        }
    }
    found
}

fn report(head: &Stored, at: &str, message: String, level: Level) -> Diagnostic {
    RULE.at(head, at, "it was here", message).at_most(level).help(HELP)
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    fn between(base: &str, head: &str) -> Vec<String> {
        let item = |rest: &str| {
            format!(
                "items/V-1.yaml\n{OPEN}original_detection_date: 2026-02-05\n\
                original_risk_rating: low\n{rest}\n"
            )
        };
        run_example(&RULE, &format!("fail\n# base: {}# file: {}", item(base), item(head)))
    }

    #[test]
    fn a_risk_acceptance_is_rewritten_by_a_later_decision_only() {
        let accepted = |by: &str, day: &str, until: &str| {
            format!(
                "risk_acceptance: {{rationale: R, approver: {{name: {by}}}, approved: {day}, review_by: {until}}}"
            )
        };
        let base = accepted("Dana Lee", "2026-02-10", "2026-08-01");
        let was = "the risk acceptance of 2026-02-10 by Dana Lee (review by 2026-08-01)";
        for (head, expected) in [
            (base.clone(), None),
            (accepted("dana  lee", "2026-02-10", "2026-07-01"), None),
            (
                accepted("Kim Poe", "2026-02-10", "2026-08-01"),
                Some(("error", "is now one of 2026-02-10 by Kim Poe (review by 2026-08-01)")),
            ),
            (
                accepted("Dana Lee", "2026-02-09", "2026-08-01"),
                Some(("error", "is now one of 2026-02-09 by Dana Lee (review by 2026-08-01)")),
            ),
            (
                accepted("Kim Poe", "2026-02-20", "2027-08-01"),
                Some(("warning", "is now one of 2026-02-20 by Kim Poe (review by 2027-08-01)")),
            ),
            (
                accepted("Dana Lee", "2026-02-10", "2028-08-01"),
                Some((
                    "warning",
                    "is to be reviewed by 2028-08-01 instead of 2026-08-01, without a new decision",
                )),
            ),
            (String::new(), Some(("error", "was removed"))),
            ("risk_acceptance: {rationale: R}".to_owned(), Some(("error", "was removed"))),
        ] {
            let found = between(&base, &head);
            match expected {
                None => assert!(found.is_empty(), "{head}: {found:?}"),
                Some((level, end)) => {
                    let is_meant = |one: &String| {
                        one.starts_with(level) && one.ends_with(&format!(": {was} {end}"))
                    };
                    assert!(found.len() == 1 && found.iter().all(is_meant), "{head}: {found:?}");
                }
            }
        }
        // A draft is no decision.
        assert!(between("risk_acceptance: {rationale: R}", &base).is_empty());
    }

    #[test]
    fn a_release_of_a_vendor_does_not_move_to_a_later_day() {
        let released =
            |day: &str| format!("vendor_dependency: {{product: P, fix_released: {day}}}");
        let base = released("2026-02-10");
        let later = between(&base, &released("2026-02-11"));
        assert_eq!(
            later,
            ["error `2026-02-11`: the vendor's release of 2026-02-10 is one of 2026-02-11 now"]
        );
        assert_eq!(between(&base, &released("2026-02-09")).len(), 0);
        assert_eq!(between("vendor_dependency: {product: P}", &base).len(), 0);
        for gone in ["vendor_dependency: {product: P}", ""] {
            let found = between(&base, gone);
            assert!(
                found.len() == 1
                    && found[0].ends_with("the vendor's release of 2026-02-10 was removed"),
                "{found:?}"
            );
        }
    }
}
