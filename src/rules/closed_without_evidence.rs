//! The rule `closed-without-evidence`: a closed item names no evidence, or nothing new since it was
//! reopened.
//!
//! Checks one item at a time. The page `closed_without_evidence.md` has its text, source and
//! examples.

use super::reopening::Reopening;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::Guard;
use crate::store::Stored;

/// A closed item names no evidence, or none since it was reopened.
pub(super) const RULE: Rule = Rule {
    name: "closed-without-evidence",
    level: Level::Error,
    summary: "a closed item names no evidence, or nothing new since it was reopened",
    text: include_str!("closed_without_evidence.md"),
    numbers: &[],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if context.is_open(stored) {
        return Vec::new();
    }
    if let Some(unmet) = Guard::Evidence.find_unmet(&stored.item) {
        // A word that is no evidence has a place of its own.
        let at = match stored.item.evidence.is_empty() {
            true => "/status",
            false => "/evidence/0",
        };
        let message = match unmet.fact.as_str() {
            "it names no evidence" => "closed item names no evidence".to_owned(),
            fact => format!("item is closed, but {fact}"),
        };
        return vec![RULE.at(stored, at, "closed here", message).help(format!(
            "`poam evidence add {} REFERENCE` names a ticket, document or scan; or move it back \
                 to pending-validation",
            stored.item.id
        ))];
    }
    let reopening =
        Reopening::last_reopening(&context.item_events(stored), &context.settings.workflow);
    let Some(reopening) = reopening.filter(|reopening| !reopening.is_answered(&stored.item)) else {
        return Vec::new();
    };
    let message = format!(
        "item was reopened on {} and closed again with no evidence since then",
        reopening.day
    );
    vec![RULE.at(stored, "/status", "closed here", message).help(format!(
        "add evidence collected since then, `poam evidence add {} REFERENCE`; what was there \
                 before did not hold",
        stored.item.id
    ))]
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    const ITEM: &str = "id: V-1\nweakness_name: W\nstatus: closed\n\
        original_detection_date: 2026-01-05\noriginal_risk_rating: low\n\
        completion_date: 2026-01-20\n";

    #[test]
    fn a_word_is_no_evidence() {
        for (reference, fires) in
            [("CHG-1", false), ("n/a", true), ("Done", true), ("see attached", true)]
        {
            let item = format!("fail\n{ITEM}evidence: [{{reference: {reference}}}]");
            let said = run_example(&RULE, &item);
            assert_eq!(!said.is_empty(), fires, "{reference}: {said:?}");
        }
    }

    #[test]
    fn what_was_shown_before_the_reopening_does_not_close_again() {
        let evidence = |entries: &str| format!("evidence: [{entries}]\n");
        let first = "{reference: CHG-1, collected: 2026-01-20}";
        let approved = |day: &str| {
            format!(
                "deviations: [{{type: false-positive, state: approved, approver: {{name: Sam Roe}}, \
                decided: {day}}}]\n"
            )
        };
        let run = |before: &str, after: &str| {
            run_example(
                &RULE,
                &format!(
                    "fail\n# commit: 2026-01-20\n{ITEM}{before}# commit: 2026-02-10\nstatus: \
                    in-progress\n# commit: 2026-02-20\nstatus: closed\n{after}"
                ),
            )
        };
        for (before, after, fires) in [
            (evidence(first), String::new(), true),
            (evidence(first), evidence(&format!("{first}, {{reference: CHG-2}}")), false),
            (evidence(first), evidence(&format!("{first}, {{reference: done}}")), true),
            (
                evidence(first),
                evidence(&format!("{first}, {{reference: CHG-2, collected: 2026-02-09}}")),
                true,
            ),
            (
                evidence("{reference: Scan 7, collected: 2026-01-20}"),
                evidence("{reference: Scan 7, collected: 2026-02-19}"),
                true,
            ),
            (evidence(first), evidence(&format!("{first}, {{reference: chg-01}}")), true),
            (
                evidence(first),
                evidence(&format!("{first}, {{reference: Scan of 2026-02-09}}")),
                true,
            ),
            (
                evidence(first),
                evidence(&format!("{first}, {{reference: Scan of 2026-02-19}}")),
                false,
            ),
            (approved("2026-01-19"), String::new(), true),
            (approved("2026-01-19"), approved("2026-02-19"), false),
            (evidence(first), approved("2026-02-19"), false),
        ] {
            let said = run(&before, &after);
            assert_eq!(!said.is_empty(), fires, "{before} {after} {said:?}");
        }
    }
}
