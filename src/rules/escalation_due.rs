//! The rule `escalation-due`: open items are so many and so old that the authorizing official
//! reviews them.
//!
//! Checks the items together. The page `escalation_due.md` has its text, source and examples.

use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Decision, DeviationType, Exemption, RiskRating};
use crate::store::Stored;

/// So many items are so old that management review is called for.
pub(super) const RULE: Rule = Rule {
    name: "escalation-due",
    level: Level::Warning,
    summary: "open items are so many and so old that the authorizing official reviews them",
    text: include_str!("escalation_due.md"),
    numbers: &[
        Number {
            name: "high_items",
            default: 5,
            meaning: "high items that call for a review",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "high_days",
            default: 30,
            meaning: "days after which a high item counts",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "high_plan_days",
            default: 60,
            meaning: "days after which it calls for a plan",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "moderate_items",
            default: 10,
            meaning: "moderate items that call for a review",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "moderate_days",
            default: 90,
            meaning: "days after which a moderate item counts",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "moderate_plan_days",
            default: 120,
            meaning: "days after which it calls for a plan",
            loosened_by: Loosening::Increase,
        },
    ],
    history: true,
    check: Check::Store(check),
};

/// Action that the authorizing official asks for.
const REVIEW: &str = "a detailed finding review is due";
const PLAN: &str = "a corrective action plan is due";

/// Number of items that a diagnostic points to.
const SHOWN: usize = 5;

/// The message of a trigger holds no count of what there is: it stays the same diagnostic while the
/// count changes.
fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let number = |name| context.number(&RULE, name);
    let high = [(number("high_plan_days"), PLAN), (number("high_days"), REVIEW)];
    let moderate = [(number("moderate_plan_days"), PLAN), (number("moderate_days"), REVIEW)];
    let buckets = [
        (RiskRating::High, number("high_items"), high),
        (RiskRating::Moderate, number("moderate_items"), moderate),
    ];
    let mut found = Vec::new();
    for (rating, least, ages) in buckets {
        let mut items: Vec<(i64, &Stored)> = context
            .store
            .items()
            .iter()
            .filter(|stored| counts_item(stored, context))
            .filter(|stored| context.compute_due(stored).rating.in_workbook() == rating)
            .map(|stored| (context.permanent_values(stored).age_on(context.today), stored))
            .collect();
        items.sort_by_key(|(age, stored)| (-age, &stored.item.id));
        // The graver trigger holds the other.
        for (age, what) in ages {
            let older = items.iter().take_while(|(days, _)| *days > i64::from(age)).count();
            if older == 0 || older < least as usize {
                continue;
            }
            let message =
                format!("{least} or more {rating} items are older than {age} days: {what}");
            let label =
                context.settings.document.label("/profile").says(format!("now {older} items"));
            let mut diagnostic = Diagnostic::new(RULE.name, label, message).help(
                "answer with root cause, plan and a date of full resolution, and close \
                the oldest first",
            );
            for (days, stored) in items.iter().take(older.min(SHOWN)) {
                let place = stored.document.label("/original_detection_date");
                diagnostic = diagnostic.also(place.says(format!("{days} days old")));
            }
            found.push(diagnostic);
            break;
        }
    }
    found
}

fn counts_item(stored: &Stored, context: &Context<'_>) -> bool {
    context.is_open(stored)
        && Exemption::find(&stored.item, context.permanent_values(stored), context.today).is_none()
        && stored.item.decision(DeviationType::FalsePositive) != Decision::Yes
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    #[test]
    fn the_thresholds_of_performance_management() {
        for (rating, count, age, expected) in [
            (
                "high",
                5,
                31,
                "5 or more high items are older than 30 days: a detailed finding review is due",
            ),
            (
                "critical",
                5,
                31,
                "5 or more high items are older than 30 days: a detailed finding review is due",
            ),
            ("high", 5, 30, ""),
            ("high", 4, 31, ""),
            (
                "high",
                7,
                61,
                "5 or more high items are older than 60 days: a corrective action plan is due",
            ),
            (
                "moderate",
                10,
                91,
                "10 or more moderate items are older than 90 days: a detailed finding review is \
                due",
            ),
            (
                "moderate",
                10,
                121,
                "10 or more moderate items are older than 120 days: a corrective action plan is \
                due",
            ),
            ("moderate", 9, 121, ""),
            ("low", 50, 400, ""),
        ] {
            let today: chrono::NaiveDate = "2026-03-01".parse().unwrap();
            let detected = today - chrono::Days::new(age);
            let mut block = "fail\n".to_owned();
            for id in 1..=count {
                block.push_str(&format!(
                    "# file: items/V-{id}.yaml\nid: V-{id}\nweakness_name: \
                W\nstatus: open\noriginal_detection_date: {detected}\noriginal_risk_rating: \
                {rating}\n"
                ));
            }
            let said = run_example(&RULE, &block);
            assert!(said.len() <= 1);
            let said = said.first().map_or("", |one| one.rsplit("`: ").next().unwrap());
            assert_eq!(said, expected, "{count} {rating} aged {age}");
        }
    }
}
