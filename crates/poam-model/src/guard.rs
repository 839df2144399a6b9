//! Guards: conditions that an item must meet to have a status or to make a transition.
//!
//! A [`Guard`] checks one item and yields [`UnmetGuard`] with the fact and advice; the workflow lists
//! the guards of each status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Decision, DeviationState, DeviationType, Item, Milestone, Person, is_blank, is_placeholder,
    is_reference, normalize_look,
};

/// Conditions that an item must meet to have a status.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// A person as point of contact.
    Owner,
    /// At least one milestone with a due date.
    DatedMilestone,
    /// Every milestone completed or cancelled, unless a false positive was approved.
    MilestonesFinished,
    /// A pending deviation, or a drafted risk acceptance.
    PendingDecision,
    /// A deferral with reason and date.
    Deferral,
    /// A risk acceptance with rationale, approver and review date.
    RiskAcceptance,
    /// Evidence of remediation, or an approved false positive.
    Evidence,
    /// A completion date.
    CompletionDate,
    /// An approved false positive.
    FalsePositive,
}

/// A condition that an item does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmetGuard {
    /// The guard that is not met.
    pub guard: Guard,
    /// Address of the field to look at.
    pub pointer: String,
    /// The missing part, as a fact.
    pub fact: String,
    /// Advice what to do.
    pub way_out: String,
}

impl Guard {
    /// Returns the condition as unmet, with a fact and advice, if the item does not meet it.
    pub fn find_unmet(self, item: &Item) -> Option<UnmetGuard> {
        let false_positive = item.decision(DeviationType::FalsePositive) == Decision::Yes;
        let (pointer, fact, way_out) = match self {
            Self::Owner if !has_name(item.point_of_contact.as_ref()) => (
                "/point_of_contact".to_owned(),
                "it has no owner".to_owned(),
                "`poam assign ID --to NAME` names the person who resolves it",
            ),
            Self::DatedMilestone if !item.milestones.iter().any(is_planned) => (
                "/milestones".to_owned(),
                match item.milestones.iter().any(|step| step.due.is_some()) {
                    true => "every milestone with a due date is cancelled".to_owned(),
                    false => "it has no milestone with a due date".to_owned(),
                },
                "`poam milestone add ID \"WHAT\" --due DATE` plans one",
            ),
            Self::MilestonesFinished if !false_positive => {
                let (index, step) = item
                    .milestones
                    .iter()
                    .enumerate()
                    .find(|(_, step)| !step.status.is_finished())?;
                (
                    format!("/milestones/{index}"),
                    format!("milestone {} is {}", step.id, step.status),
                    "`poam milestone complete ID NUMBER`, or cancel the milestone",
                )
            }
            Self::PendingDecision
                if item.risk_acceptance.is_none()
                    && item.deviations.iter().all(|one| one.state != DeviationState::Pending) =>
            {
                (
                    "/deviations".to_owned(),
                    "no deviation is pending and no risk acceptance is drafted".to_owned(),
                    "`poam deviation request ID KIND --rationale TEXT`, or draft an acceptance with `poam set ID risk_acceptance.rationale=TEXT`",
                )
            }
            Self::Deferral
                if item.deferral.as_ref().is_none_or(|it| is_placeholder(&it.reason)) =>
            {
                (
                    "/deferral".to_owned(),
                    "it has no deferral with a reason".to_owned(),
                    "`poam transition ID deferred --until DATE --reason TEXT` gives both",
                )
            }
            Self::RiskAcceptance => {
                let acceptance = item.risk_acceptance.as_ref();
                let lacks = [
                    (
                        "a rationale",
                        acceptance
                            .and_then(|one| one.rationale.as_ref())
                            .is_some_and(|text| !is_placeholder(text)),
                    ),
                    ("an approver", has_name(acceptance.and_then(|one| one.approver.as_ref()))),
                    ("the day of approval", acceptance.is_some_and(|one| one.approved.is_some())),
                    ("a review date", acceptance.is_some_and(|one| one.review_by.is_some())),
                ];
                let lacks: Vec<_> =
                    lacks.iter().filter(|(_, has)| !has).map(|(what, _)| *what).collect();
                if lacks.is_empty() {
                    return None;
                }
                (
                    "/risk_acceptance".to_owned(),
                    format!("its risk acceptance lacks {}", lacks.join(" and ")),
                    "`poam transition ID risk-accepted --approver NAME --until DATE --reason TEXT` gives all of it",
                )
            }
            Self::Evidence
                if !item.evidence.iter().any(|it| is_evidence(item, &it.reference))
                    && !false_positive =>
            {
                let fact = match item.evidence.iter().find(|it| has_text(&it.reference)) {
                    Some(word) => format!("`{}` is no evidence", word.reference),
                    None => "it names no evidence".to_owned(),
                };
                (
                    "/evidence".to_owned(),
                    fact,
                    "`poam evidence add ID REFERENCE` names a ticket, document or scan",
                )
            }
            Self::CompletionDate if item.completion_date.is_none() => (
                "/completion_date".to_owned(),
                "it has no completion date".to_owned(),
                "`poam set ID completion_date=YYYY-MM-DD`",
            ),
            Self::FalsePositive if !item.is_approved_false_positive() => (
                "/deviations".to_owned(),
                "it has no approved false positive".to_owned(),
                "only an approved false positive closes from here; else go on with in-progress",
            ),
            _ => return None,
        };
        let way_out = way_out.replace(" ID ", &format!(" {} ", item.id));
        Some(UnmetGuard { guard: self, pointer, fact, way_out })
    }
}

/// Returns whether a text is a reference that shows something else than the item itself.
fn is_evidence(item: &Item, reference: &str) -> bool {
    is_reference(reference) && normalize_look(reference) != normalize_look(item.id.as_str())
}

/// Returns whether a text has visible characters: blank ones meet no guard.
fn has_text(text: &str) -> bool {
    !is_blank(text)
}

fn has_name(person: Option<&Person>) -> bool {
    person.is_some_and(|person| has_text(&person.name))
}

/// Returns whether a milestone is a part of the plan: it has a due date and is not cancelled.
fn is_planned(step: &Milestone) -> bool {
    step.due.is_some() && !step.status.is_given_up()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, Milestone, MilestoneStatus, Person, RiskRating};

    fn item() -> Item {
        let date = "2026-01-01".parse().unwrap();
        let (id, status) = ("V-1".parse().unwrap(), "open".parse().unwrap());
        Item::new(id, "Weakness".into(), status, date, RiskRating::High)
    }

    #[test]
    fn a_bare_item_meets_only_what_asks_for_nothing_open() {
        use Guard::*;
        for guard in [
            Owner,
            DatedMilestone,
            PendingDecision,
            Deferral,
            RiskAcceptance,
            Evidence,
            CompletionDate,
            FalsePositive,
        ] {
            assert!(guard.find_unmet(&item()).is_some(), "{guard:?}");
        }
        assert_eq!(MilestonesFinished.find_unmet(&item()), None);
    }

    #[test]
    fn what_is_there_is_enough() {
        let mut item = item();
        item.point_of_contact = Some(Person::named("Jane Doe"));
        item.milestones.push(Milestone::planned(3, "Patch", "2026-02-01".parse().ok()));
        assert_eq!(Guard::Owner.find_unmet(&item), None);
        assert_eq!(Guard::DatedMilestone.find_unmet(&item), None);
        let unmet = Guard::MilestonesFinished.find_unmet(&item).unwrap();
        assert_eq!(
            (unmet.pointer.as_str(), unmet.fact.as_str()),
            ("/milestones/0", "milestone 3 is pending")
        );
        item.milestones[0].status = MilestoneStatus::Cancelled;
        assert_eq!(Guard::MilestonesFinished.find_unmet(&item), None);
        let unmet = Guard::DatedMilestone.find_unmet(&item).unwrap();
        assert_eq!(unmet.fact, "every milestone with a due date is cancelled");
        item.milestones[0].status = MilestoneStatus::Completed;
        assert_eq!(Guard::DatedMilestone.find_unmet(&item), None);
    }

    #[test]
    fn blank_texts_meet_no_guard() {
        let with = |fields: &str| {
            let text = format!(
                r#"{{"id": "V-1", "weakness_name": "W", "status": "open",
                "original_detection_date": "2026-01-01", "original_risk_rating": "high", {fields}}}"#
            );
            Item::deserialize_from(&serde_json::from_str(&text).unwrap()).unwrap()
        };
        let word = with(r#""evidence": [{"reference": "n/a"}]"#);
        let unmet = Guard::Evidence.find_unmet(&word).unwrap();
        assert_eq!(unmet.fact, "`n/a` is no evidence");
        for (guard, fields) in [
            (Guard::Owner, r#""point_of_contact": {"name": "@"}"#),
            (Guard::Evidence, r#""evidence": [{"reference": "@"}]"#),
            (Guard::Deferral, r#""deferral": {"reason": "@", "until": "2026-05-01"}"#),
            (
                Guard::RiskAcceptance,
                r#""risk_acceptance": {"rationale": "@", "approver": {"name": "@"}, "approved": "2026-02-01", "review_by": "2026-05-01"}"#,
            ),
        ] {
            assert_eq!(guard.find_unmet(&with(&fields.replace('@', "CHG-1"))), None, "{guard:?}");
            for blank in [" ", "\u{200b}"] {
                assert!(
                    guard.find_unmet(&with(&fields.replace('@', blank))).is_some(),
                    "{guard:?}"
                );
            }
        }
    }
}
