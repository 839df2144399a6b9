use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::Totals;
use super::escalation::{Escalation, Level};
use super::past::{self, TrendMonth};

/// What was submitted on an earlier day, as a snapshot keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
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

/// Times within six months from which on E-12 is realized.
const TIMES: usize = 2;

/// E-12: a trigger that was realized several times within six months, today among them. Where there
/// are snapshots of these months, what was submitted counts, else how things stood at the ends of
/// months, as far as the commits tell.
pub(super) fn of<'a>(
    realized: &[Escalation],
    months: &[TrendMonth],
    submissions: &'a [Submission],
    today: NaiveDate,
) -> Vec<Escalation> {
    let since = today.checked_sub_months(Months::new(6)).unwrap_or(today);
    let submitted: Vec<&Submission> =
        submissions.iter().filter(|one| one.date > since && one.date < today).collect();
    let this = past::name(today);
    let earlier: Vec<(String, Vec<&str>)> = if submitted.is_empty() {
        let before = months.iter().filter(|month| month.month != this);
        before.map(|month| (month.month.clone(), month.triggers.clone())).collect()
    } else {
        let triggers = |one: &&'a Submission| {
            (one.name.clone(), one.triggers.iter().map(String::as_str).collect())
        };
        submitted.iter().map(triggers).collect()
    };
    let mut names: Vec<&str> = earlier.iter().flat_map(|(_, all)| all.iter().copied()).collect();
    names.extend(realized.iter().map(|one| one.trigger));
    names.retain(|name| *name != "E-12");
    names.sort_unstable();
    names.dedup();
    let repeated = |trigger: &str| {
        let now = realized.iter().find(|one| one.trigger == trigger);
        let had = earlier.iter().filter(|(_, all)| all.contains(&trigger));
        let mut when: Vec<String> = had.map(|(name, _)| name.clone()).collect();
        when.extend(now.map(|_| "today".to_owned()));
        (when.len() >= TIMES).then(|| Escalation {
            trigger: "E-12",
            level: Level::CorrectiveAction,
            fact: format!(
                "{trigger} realized {} times within six months ({})",
                when.len(),
                when.join(", ")
            ),
            count: when.len(),
            threshold: TIMES,
            gross: when.len(),
            net_of_deviations: when.len(),
            items: now.map(|one| one.items.clone()).unwrap_or_default(),
        })
    };
    names.into_iter().filter_map(repeated).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::day;
    use super::*;

    fn realized(trigger: &'static str) -> Escalation {
        Escalation {
            trigger,
            level: Level::FindingReview,
            fact: String::new(),
            count: 5,
            threshold: 5,
            gross: 5,
            net_of_deviations: 5,
            items: vec!["V-1".parse().unwrap()],
        }
    }

    fn submission(date: &str, triggers: &[&str]) -> Submission {
        Submission {
            name: format!("poam/{}", &date[..7]),
            date: day(date),
            commit: String::new(),
            totals: Totals::default(),
            triggers: triggers.iter().map(|one| (*one).to_owned()).collect(),
        }
    }

    #[test]
    fn several_times_within_six_months_are_one_trigger_more() {
        let facts = |now: &[Escalation], submitted: &[Submission]| -> Vec<String> {
            let found = of(now, &[], submitted, day("2026-06-15"));
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
        ];
        assert_eq!(
            facts(&now, &again),
            [
                "E-04 realized 2 times within six months (poam/2025-12, today)",
                "E-06 realized 2 times within six months (poam/2025-12, poam/2026-03)",
            ]
        );
        let found = of(&now, &[], &again, day("2026-06-15"));
        assert_eq!((found[0].items.len(), found[1].items.len()), (1, 0));
    }
}
