//! The numbers of FedRAMP's escalation triggers, as data.

use std::sync::OnceLock;

use serde::Deserialize;

use super::escalation::EscalationLevel;
use crate::model::RiskRating;

const FILE: &str = include_str!("../../templates/rules/escalation.json");

/// The escalation triggers that a tree and its history can know, with their numbers.
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) struct Thresholds {
    growth: Growth,
    /// So many items of a rating, older than so many days: E-04 to E-07.
    pub(super) aged: Vec<Aged>,
    /// One trigger, realized several times: E-12.
    pub(super) repeated: Repeated,
}

/// Growth over the baseline of the authorization: E-01.
#[derive(Debug, Default, Deserialize)]
struct Growth {
    percent: usize,
    least: usize,
}

/// So many items of a rating, older than so many days.
#[derive(Debug, Deserialize)]
pub(super) struct Aged {
    pub(super) trigger: &'static str,
    pub(super) level: EscalationLevel,
    pub(super) rating: RiskRating,
    pub(super) days: i64,
    pub(super) threshold: usize,
}

/// One trigger, realized several times within some months.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Repeated {
    pub(super) times: usize,
    pub(super) months: u32,
}

impl Thresholds {
    /// Returns the numbers that come with the program.
    pub(super) fn built_in() -> &'static Self {
        static THRESHOLDS: OnceLock<Thresholds> = OnceLock::new();
        // That the file is readable is a test below.
        THRESHOLDS.get_or_init(|| serde_json::from_str(FILE).unwrap_or_default())
    }

    /// Returns the number of open weaknesses from which on E-01 is realized: the growth over the
    /// baseline that is tolerated is so many percent or so many items, whichever is greater.
    pub(super) fn growth(&self, baseline: usize) -> usize {
        let percent = baseline.saturating_mul(self.growth.percent).div_ceil(100);
        baseline.saturating_add(percent.max(self.growth.least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    /// Table 1 of *Performance Management*, copied manually.
    #[test]
    fn the_numbers_are_those_of_the_published_table() {
        let file: Thresholds = serde_json::from_str(FILE).unwrap();
        let rows: Vec<_> = file
            .aged
            .iter()
            .map(|it| (it.trigger, it.level.to_string(), it.rating.as_str(), it.days, it.threshold))
            .collect();
        assert_eq!(
            rows,
            [
                ("E-04", "DFR".to_owned(), "high", 30, 5),
                ("E-05", "CAP".to_owned(), "high", 60, 5),
                ("E-06", "DFR".to_owned(), "moderate", 90, 10),
                ("E-07", "CAP".to_owned(), "moderate", 120, 10),
            ]
        );
        assert_eq!((file.repeated.times, file.repeated.months), (2, 6));
        for (baseline, threshold) in [(30, 40), (52, 63), (100, 120), (0, 10)] {
            assert_eq!(file.growth(baseline), threshold);
        }
    }

    #[test]
    fn the_defaults_of_the_rule_are_the_same_numbers() {
        let rule = rules::find("escalation-due").unwrap();
        let default = |name: &str| rule.numbers.iter().find(|it| it.name == name).unwrap().default;
        for (trigger, items, days) in [
            ("E-04", "high_items", "high_days"),
            ("E-05", "high_items", "high_plan_days"),
            ("E-06", "moderate_items", "moderate_days"),
            ("E-07", "moderate_items", "moderate_plan_days"),
        ] {
            let aged = Thresholds::built_in().aged.iter().find(|it| it.trigger == trigger).unwrap();
            assert_eq!(usize::try_from(default(items)).unwrap(), aged.threshold, "{trigger}");
            assert_eq!(i64::from(default(days)), aged.days, "{trigger}");
        }
    }
}
