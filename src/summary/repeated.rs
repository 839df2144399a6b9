//! Escalation trigger E-12: a trigger realized several times within six months.
//!
//! Counts by submissions where there are snapshots, else by days from the events.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::Totals;
use super::breaches::Entries;
use super::escalation::{Escalation, EscalationLevel};
use super::thresholds::Thresholds;

/// Submission of an earlier day, from the manifest of its snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastSubmission {
    /// The name of the snapshot.
    pub name: String,
    /// The day of its commit.
    pub date: NaiveDate,
    /// Its commit.
    pub commit: String,
    /// Open, closed and overdue items.
    #[serde(flatten)]
    pub totals: Totals,
    /// The triggers that were realized.
    pub triggers: Vec<String>,
}

/// E-12: a trigger that came to be realized several times within six months. A breach that goes on
/// is one: what counts is how often the state was entered. Where there are snapshots of these
/// months, what was submitted counts, else the days on which the commits show that a trigger came
/// to be realized.
pub(super) fn find_repeated(
    realized: &[Escalation],
    entered: &Entries,
    submissions: &[PastSubmission],
    today: NaiveDate,
) -> Vec<Escalation> {
    let rule = &Thresholds::built_in().repeated;
    let since = today.checked_sub_months(Months::new(rule.months)).unwrap_or(today);
    let submitted: Vec<&PastSubmission> =
        submissions.iter().filter(|one| one.date > since && one.date < today).collect();
    let mut names: Vec<&str> = realized.iter().map(|one| one.trigger).collect();
    names.extend(entered.iter().map(|(trigger, _)| *trigger));
    names.extend(submitted.iter().flat_map(|one| &one.triggers).map(String::as_str));
    names.retain(|name| *name != "E-12");
    names.sort_unstable();
    names.dedup();
    let repeated = |trigger: &str| {
        let now = realized.iter().find(|one| one.trigger == trigger);
        let when = match submitted.is_empty() {
            true => entries_by_day(trigger, now.is_some(), entered),
            false => entries_by_submission(trigger, now.is_some(), &submitted),
        };
        (when.len() >= rule.times).then(|| Escalation {
            trigger: "E-12",
            level: EscalationLevel::CorrectiveAction,
            fact: format!(
                "{trigger} realized {} times within six months ({})",
                when.len(),
                when.join(", ")
            ),
            count: when.len(),
            threshold: rule.times,
            gross: when.len(),
            net_of_deviations: when.len(),
            items: now.map(|one| one.items.clone()).unwrap_or_default(),
        })
    };
    names.into_iter().filter_map(repeated).collect()
}

/// Returns the days on which a trigger came to be realized, as the commits show. The tree may know
/// more of today than they do.
fn entries_by_day(trigger: &str, is_now: bool, entered: &Entries) -> Vec<String> {
    let days = entered.iter().find(|(name, _)| *name == trigger).map(|(_, days)| days.as_slice());
    let mut when: Vec<String> = days.unwrap_or_default().iter().map(ToString::to_string).collect();
    if when.is_empty() && is_now {
        when.push("today".to_owned());
    }
    when
}

/// Returns the submissions with which a trigger came to be realized: the one before did not have
/// it.
fn entries_by_submission(
    trigger: &str,
    is_now: bool,
    submitted: &[&PastSubmission],
) -> Vec<String> {
    let had = submitted
        .iter()
        .map(|one| (one.name.as_str(), one.triggers.iter().any(|it| it == trigger)));
    let mut when = Vec::new();
    let mut was = false;
    for (name, is) in had.chain([("today", is_now)]) {
        if is && !was {
            when.push(name.to_owned());
        }
        was = is;
    }
    when
}

#[cfg(test)]
mod tests {
    use super::super::samples::day;
    use super::*;

    fn realized(trigger: &'static str) -> Escalation {
        Escalation {
            trigger,
            level: EscalationLevel::FindingReview,
            fact: String::new(),
            count: 5,
            threshold: 5,
            gross: 5,
            net_of_deviations: 5,
            items: vec!["V-1".parse().unwrap()],
        }
    }

    fn submission(date: &str, triggers: &[&str]) -> PastSubmission {
        PastSubmission {
            name: format!("poam/{}", &date[..7]),
            date: day(date),
            commit: String::new(),
            totals: Totals::default(),
            triggers: triggers.iter().map(|one| (*one).to_owned()).collect(),
        }
    }

    #[test]
    fn several_times_within_six_months_are_one_trigger_more() {
        let facts = |now: &[Escalation], submitted: &[PastSubmission]| -> Vec<String> {
            let found = find_repeated(now, &Entries::new(), submitted, day("2026-06-15"));
            found.into_iter().map(|one| one.fact).collect()
        };
        let now = [realized("E-04")];
        assert!(facts(&now, &[]).is_empty());
        let old = [submission("2025-12-15", &["E-04"]), submission("2026-06-15", &["E-04"])];
        assert!(facts(&now, &old).is_empty(), "too long ago, or the same day");
        let again = [
            submission("2025-12-16", &["E-04", "E-06"]),
            submission("2026-03-01", &["E-06", "E-12"]),
            submission("2026-04-01", &["E-07", "E-12"]),
            submission("2026-05-01", &["E-07", "E-06"]),
        ];
        assert_eq!(
            facts(&now, &again),
            [
                "E-04 realized 2 times within six months (poam/2025-12, today)",
                "E-06 realized 2 times within six months (poam/2025-12, poam/2026-05)",
            ],
            "E-07 went on from one month to the next"
        );
        let found = find_repeated(&now, &Entries::new(), &again, day("2026-06-15"));
        assert_eq!((found[0].items.len(), found[1].items.len()), (1, 0));
        let entered = vec![("E-04", vec![day("2026-03-01"), day("2026-05-01")])];
        let found = find_repeated(&now, &entered, &[], day("2026-06-15"));
        assert_eq!(
            found[0].fact,
            "E-04 realized 2 times within six months (2026-03-01, 2026-05-01)"
        );
        let once = vec![("E-04", vec![day("2026-03-01")])];
        assert_eq!(find_repeated(&now, &once, &[], day("2026-06-15")), []);
    }
}
