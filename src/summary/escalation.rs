//! FedRAMP's escalation triggers (performance management of the ConMon playbook) and the system
//! status that follows.
//!
//! [`Escalation`] is a realized trigger with its items. Triggers over time are in `breaches`,
//! `repeated` and `ahead`.

use std::cmp::Reverse;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Row;
use super::attention::pending_deviations;
use super::thresholds::{Aged, Thresholds};
use crate::model::{Decision, DeviationType, ItemId, Kind};
use crate::settings::{ProfileName, Settings};
use crate::text::plural;

/// A trigger of FedRAMP's performance management (ConMon playbook, *Performance Management*, table
/// 1) that can be distinguished from a tree and its history: E-01, E-04 to E-07 and E-12.
///
/// Only open items of kind `weakness` count: every configuration finding is covered by the one
/// CM-6 item that FedRAMP wants among them, and documentation findings are no vulnerabilities. The
/// rating is the one that counts; critical counts as high.
///
/// E-12 is a trigger that came to be realized several times within six months: by the snapshots of
/// what was submitted, or else day by day as the commits show. A breach that goes on is one. An item
/// that cannot be distinguished from its events counts for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Escalation {
    /// E-01, E-04, E-05, E-06, E-07 or E-12.
    pub trigger: &'static str,
    /// Consequence of the trigger.
    pub level: EscalationLevel,
    /// Fact in words.
    pub fact: String,
    /// The number that is compared: without vendor dependencies that are not late. For E-01 all
    /// open weaknesses, for E-12 the times within six months.
    pub count: usize,
    /// The number from which on it is realized.
    pub threshold: usize,
    /// The number with every item.
    pub gross: usize,
    /// The number also without approved operational requirements and pending deviations.
    pub net_of_deviations: usize,
    /// The items of `count`, the oldest first; for an averted trigger those of `gross`.
    pub items: Vec<ItemId>,
}

/// Consequence of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EscalationLevel {
    /// Detailed finding review.
    #[serde(rename = "DFR")]
    FindingReview,
    /// Corrective action plan.
    #[serde(rename = "CAP")]
    CorrectiveAction,
}

impl EscalationLevel {
    /// The consequence in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::FindingReview => "detailed finding review",
            Self::CorrectiveAction => "corrective action plan",
        }
    }
}

impl fmt::Display for EscalationLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FindingReview => "DFR",
            Self::CorrectiveAction => "CAP",
        })
    }
}

/// FedRAMP's word on a system, as far as the triggers that a tree can determine go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SystemStatus {
    /// No trigger is realized.
    Satisfactory,
    /// One leads to a detailed finding review.
    #[serde(rename = "Minor Concern")]
    MinorConcern,
    /// One leads to a corrective action plan.
    #[serde(rename = "Major Concern")]
    MajorConcern,
}

impl fmt::Display for SystemStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Satisfactory => "Satisfactory",
            Self::MinorConcern => "Minor Concern",
            Self::MajorConcern => "Major Concern",
        })
    }
}

#[derive(Debug, Default)]
pub(super) struct Triggers {
    pub(super) realized: Vec<Escalation>,
    pub(super) averted: Vec<Escalation>,
    pub(super) status: Option<SystemStatus>,
}

/// Returns the triggers, in their order; none for profiles other than FedRAMP's.
pub(super) fn find_triggers(rows: &[Row<'_>], settings: &Settings, today: NaiveDate) -> Triggers {
    if settings.profile.name != ProfileName::FedrampRev5 {
        return Triggers::default();
    }
    let open = weaknesses(rows, today);
    let ids =
        |rows: &[&Row<'_>]| rows.iter().map(|row| row.stored.item.id.clone()).collect::<Vec<_>>();
    let mut triggers = Triggers::default();
    if let Some(baseline) = settings.baseline {
        let baseline = usize::try_from(baseline).unwrap_or(usize::MAX / 2);
        let (count, threshold) = (open.len(), Thresholds::built_in().growth(baseline));
        if count >= threshold {
            triggers.realized.push(Escalation {
                trigger: "E-01",
                level: EscalationLevel::FindingReview,
                fact: format!("{} over a baseline of {baseline}", plural(count, "open item")),
                count,
                threshold,
                gross: count,
                net_of_deviations: open.iter().filter(|row| !deviates(row)).count(),
                items: ids(&open),
            });
        }
    }
    for aged in &Thresholds::built_in().aged {
        let Aged { trigger, level, rating, days, threshold } = *aged;
        let gross: Vec<_> = open
            .iter()
            .copied()
            .filter(|row| row.standing.risk.in_workbook() == rating && row.age(today) > days)
            .collect();
        let net: Vec<_> =
            gross.iter().copied().filter(|row| !row.waits_for_vendor(today)).collect();
        let realized = net.len() >= threshold;
        if gross.len() < threshold {
            continue;
        }
        let escalation = Escalation {
            trigger,
            level,
            fact: format!(
                "{} older than {days} days",
                plural(net.len(), &format!("{rating} item"))
            ),
            count: net.len(),
            threshold,
            gross: gross.len(),
            net_of_deviations: net.iter().filter(|row| !deviates(row)).count(),
            items: ids(if realized { &net } else { &gross }),
        };
        let list = if realized { &mut triggers.realized } else { &mut triggers.averted };
        list.push(escalation);
    }
    triggers.status = Some(status(&triggers.realized));
    triggers
}

/// Derives the status of a system from its realized triggers.
pub(super) fn status(realized: &[Escalation]) -> SystemStatus {
    match realized.iter().map(|one| one.level).max() {
        None => SystemStatus::Satisfactory,
        Some(EscalationLevel::FindingReview) => SystemStatus::MinorConcern,
        Some(EscalationLevel::CorrectiveAction) => SystemStatus::MajorConcern,
    }
}

/// Returns the open items that count for triggers, the oldest first.
pub(super) fn weaknesses<'r, 'a>(rows: &'r [Row<'a>], today: NaiveDate) -> Vec<&'r Row<'a>> {
    let counts = |row: &&Row<'_>| !row.standing.closed && row.stored.item.kind == Kind::Weakness;
    let mut open: Vec<_> = rows.iter().filter(counts).collect();
    open.sort_by_key(|row| (Reverse(row.age(today)), &row.stored.item.id));
    open
}

/// Returns whether an item has an approved operational requirement, or a pending deviation.
fn deviates(row: &Row<'_>) -> bool {
    let item = &row.stored.item;
    item.decision(DeviationType::OperationalRequirement) == Decision::Yes
        || !pending_deviations(item).is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, rows, settings, store};
    use super::*;

    /// The triggers for so many items with fields, aged so many days.
    fn triggers(groups: &[(usize, &str, i64)], extra: &str) -> Triggers {
        let today = day("2026-06-30");
        let mut items = Vec::new();
        for (count, fields, age) in groups {
            for _ in 0..*count {
                let detected = today - chrono::Duration::days(*age);
                let id = format!("V-{}", items.len() + 1);
                items.push((id, format!("original_detection_date: {detected}\n{fields}")));
            }
        }
        let items: Vec<_> = items.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        let (store, settings) = (store(&items), settings(extra));
        find_triggers(&rows(&store, &settings, "2026-06-30"), &settings, today)
    }

    fn names(list: &[Escalation]) -> Vec<&'static str> {
        list.iter().map(|one| one.trigger).collect()
    }

    const HIGH: &str = "original_risk_rating: high\n";
    const MODERATE: &str = "original_risk_rating: moderate\n";

    #[test]
    fn aged_items_realize_triggers() {
        let adjusted = "deviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: moderate}]\n";
        let asked_for = adjusted.replace("approved", "pending");
        for (groups, expected) in [
            (&[(5, HIGH, 31)][..], &["E-04"][..]),
            (&[(5, HIGH, 30)], &[]),
            (&[(4, HIGH, 31)], &[]),
            (&[(5, HIGH, 61)], &["E-04", "E-05"]),
            (&[(5, HIGH, 60)], &["E-04"]),
            (&[(10, MODERATE, 91)], &["E-06"]),
            (&[(10, MODERATE, 90)], &[]),
            (&[(10, MODERATE, 121)], &["E-06", "E-07"]),
            (&[(9, MODERATE, 121)], &[]),
            (&[(4, HIGH, 31), (1, "original_risk_rating: critical\n", 31)], &["E-04"]),
            (&[(4, HIGH, 31), (1, "status: closed\n", 31)], &[]),
            (&[(4, HIGH, 31), (1, "kind: configuration\n", 31)], &[]),
            (&[(4, HIGH, 31), (1, "kind: documentation\n", 31)], &[]),
            (&[(4, HIGH, 31), (1, adjusted, 31)], &[]),
            (&[(4, HIGH, 31), (1, &asked_for, 31)], &["E-04"]),
            (&[(9, MODERATE, 91), (1, adjusted, 91)], &["E-06"]),
        ] {
            let found = triggers(groups, "");
            assert_eq!(names(&found.realized), expected, "{groups:?}");
            assert!(found.averted.is_empty());
        }
    }

    #[test]
    fn growth_over_the_baseline_realizes_a_trigger() {
        for (baseline, now, expected) in [
            (30, 40, &["E-01"][..]),
            (30, 39, &[]),
            (100, 115, &[]),
            (100, 119, &[]),
            (100, 120, &["E-01"]),
            (0, 10, &["E-01"]),
            (52, 63, &["E-01"]),
        ] {
            let low = "original_risk_rating: low\n";
            let found = triggers(&[(now, low, 1)], &format!("baseline: {baseline}\n"));
            assert_eq!(names(&found.realized), expected, "{baseline} -> {now}");
        }
        assert!(triggers(&[(50, "original_risk_rating: low\n", 1)], "").realized.is_empty());
    }

    #[test]
    fn vendors_that_were_asked_avert_a_trigger_and_are_said() {
        let waits =
            "original_risk_rating: moderate\nvendor_dependency: {last_check_in: 2026-06-20}\n";
        let late =
            "original_risk_rating: moderate\nvendor_dependency: {last_check_in: 2026-05-20}\n";
        let pending = "original_risk_rating: moderate\ndeviations: [{type: false-positive, state: pending}]\n";
        let found = triggers(&[(9, MODERATE, 91), (3, waits, 100)], "");
        assert!(found.realized.is_empty());
        assert_eq!(found.status, Some(SystemStatus::Satisfactory));
        let averted = &found.averted[0];
        assert_eq!((averted.count, averted.gross, averted.items.len()), (9, 12, 12));
        assert_eq!(averted.fact, "9 moderate items older than 90 days");
        let found = triggers(&[(8, MODERATE, 91), (1, pending, 92), (1, late, 100)], "");
        let fired = &found.realized[0];
        assert_eq!((fired.count, fired.gross, fired.net_of_deviations), (10, 10, 9));
        let first: Vec<_> = fired.items[..3].iter().map(ItemId::as_str).collect();
        assert_eq!(first, ["V-10", "V-9", "V-1"], "the oldest first");
        assert_eq!(found.status, Some(SystemStatus::MinorConcern));
    }

    #[test]
    fn the_triggers_are_fedramp_s() {
        let found = triggers(&[(50, HIGH, 100)], "profile: generic\nbaseline: 1\n");
        assert!(found.realized.is_empty() && found.status.is_none());
        let found = triggers(&[(50, HIGH, 100)], "");
        assert_eq!(found.status, Some(SystemStatus::MajorConcern));
    }
}
