//! The rule `detection-date-changed`: a change moves the detection date of an item.
//!
//! Compares the base of a branch with its head, item by item. The page `detection_date_changed.md`
//! has its text, source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};

/// A branch changes a detection date.
pub(super) const RULE: Rule = Rule {
    name: "detection-date-changed",
    level: Level::Error,
    summary: "a change moves the detection date of an item",
    text: include_str!("detection_date_changed.md"),
    numbers: &[],
    history: false,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, _: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    let (from, to) = (base.item.original_detection_date, head.item.original_detection_date);
    if from == to {
        return Vec::new();
    }
    let (level, help) = match to > from {
        true => (Level::Error, format!("put {from} back")),
        false => (
            Level::Warning,
            "keep it only if the same weakness was found on that day already".into(),
        ),
    };
    let message = format!("detection date changed from {from} to {to}");
    vec![
        RULE.at(head, "/original_detection_date", format!("was {from}"), message)
            .at_most(level)
            .help(help),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn an_earlier_day_is_a_warning() {
        for (to, expected) in [
            ("2026-02-05", vec![]),
            (
                "2026-02-06",
                vec!["error `2026-02-06`: detection date changed from 2026-02-05 to 2026-02-06"],
            ),
            (
                "2026-02-01",
                vec!["warning `2026-02-01`: detection date changed from 2026-02-05 to 2026-02-01"],
            ),
        ] {
            let item = |day: &str| {
                format!(
                    "items/V-1.yaml\n{OPEN}original_detection_date: {day}\n\
                    original_risk_rating: high"
                )
            };
            let block = format!("fail\n# base: {}\n# file: {}", item("2026-02-05"), item(to));
            assert_eq!(run_example(&RULE, &block), expected, "{to}");
        }
    }
}
