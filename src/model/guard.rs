use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, DeviationState, DeviationType, Item, Person, is_blank, is_reference};

/// What an item must have to be in a status.
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

/// What an item lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The guard that is not met.
    pub guard: Guard,
    /// Address of the field to look at.
    pub pointer: String,
    /// What is missing, as a fact.
    pub fact: String,
    /// What to do.
    pub way_out: String,
}

impl Guard {
    /// What the item lacks, if anything.
    pub fn unmet(self, item: &Item) -> Option<Unmet> {
        let false_positive = item.decision(DeviationType::FalsePositive) == Decision::Yes;
        let (pointer, fact, way_out) = match self {
            Self::Owner if !named(item.point_of_contact.as_ref()) => (
                "/point_of_contact".to_owned(),
                "it has no owner".to_owned(),
                "add `point_of_contact: {name: …}` with the person who resolves it",
            ),
            Self::DatedMilestone if item.milestones.iter().all(|step| step.due.is_none()) => (
                "/milestones".to_owned(),
                "it has no milestone with a due date".to_owned(),
                "add a milestone with `due:`",
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
                    "complete or cancel the milestone first",
                )
            }
            Self::PendingDecision
                if item.risk_acceptance.is_none()
                    && item.deviations.iter().all(|one| one.state != DeviationState::Pending) =>
            {
                (
                    "/deviations".to_owned(),
                    "no deviation is pending and no risk acceptance is drafted".to_owned(),
                    "add the deviation with `state: pending`, or draft `risk_acceptance:`",
                )
            }
            Self::Deferral if !item.deferral.as_ref().is_some_and(|it| says(&it.reason)) => (
                "/deferral".to_owned(),
                "it has no deferral with a reason".to_owned(),
                "add `deferral: {reason: …, until: YYYY-MM-DD}`",
            ),
            Self::RiskAcceptance => {
                let acceptance = item.risk_acceptance.as_ref();
                let lacks = [
                    (
                        "a rationale",
                        acceptance
                            .and_then(|one| one.rationale.as_ref())
                            .is_some_and(|text| says(text)),
                    ),
                    ("an approver", named(acceptance.and_then(|one| one.approver.as_ref()))),
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
                    "fill `risk_acceptance:` with rationale, approver, approved and review_by",
                )
            }
            Self::Evidence
                if !item.evidence.iter().any(|it| is_reference(&it.reference))
                    && !false_positive =>
            {
                let fact = match item.evidence.iter().find(|it| says(&it.reference)) {
                    Some(word) => format!("`{}` is no evidence", word.reference),
                    None => "it names no evidence".to_owned(),
                };
                (
                    "/evidence".to_owned(),
                    fact,
                    "add `evidence:` with a ticket, document or scan reference",
                )
            }
            Self::CompletionDate if item.completion_date.is_none() => (
                "/completion_date".to_owned(),
                "it has no completion date".to_owned(),
                "add `completion_date: YYYY-MM-DD`",
            ),
            Self::FalsePositive if !item.is_approved_false_positive() => (
                "/deviations".to_owned(),
                "it has no approved false positive".to_owned(),
                "only an approved false positive closes from here; else go on with in-progress",
            ),
            _ => return None,
        };
        Some(Unmet { guard: self, pointer, fact, way_out: way_out.to_owned() })
    }
}

/// Whether a text says anything: blank ones meet no guard.
fn says(text: &str) -> bool {
    !is_blank(text)
}

fn named(person: Option<&Person>) -> bool {
    person.is_some_and(|person| says(&person.name))
}

#[cfg(test)]
mod tests {
    use super::super::{Item, Milestone, MilestoneStatus, Person, RiskRating};
    use super::*;

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
            assert!(guard.unmet(&item()).is_some(), "{guard:?}");
        }
        assert_eq!(MilestonesFinished.unmet(&item()), None);
    }

    #[test]
    fn what_is_there_is_enough() {
        let mut item = item();
        item.point_of_contact = Some(Person::named("Jane Doe"));
        item.milestones.push(Milestone {
            id: 3,
            description: "Patch".into(),
            due: "2026-02-01".parse().ok(),
            status: MilestoneStatus::Pending,
            completed: None,
            evidence: Vec::new(),
        });
        assert_eq!(Guard::Owner.unmet(&item), None);
        assert_eq!(Guard::DatedMilestone.unmet(&item), None);
        let unmet = Guard::MilestonesFinished.unmet(&item).unwrap();
        assert_eq!(
            (unmet.pointer.as_str(), unmet.fact.as_str()),
            ("/milestones/0", "milestone 3 is pending")
        );
        item.milestones[0].status = MilestoneStatus::Cancelled;
        assert_eq!(Guard::MilestonesFinished.unmet(&item), None);
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
        let unmet = Guard::Evidence.unmet(&word).unwrap();
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
            assert_eq!(guard.unmet(&with(&fields.replace('@', "CHG-1"))), None, "{guard:?}");
            for blank in [" ", "\u{200b}"] {
                assert!(guard.unmet(&with(&fields.replace('@', blank))).is_some(), "{guard:?}");
            }
        }
    }
}
