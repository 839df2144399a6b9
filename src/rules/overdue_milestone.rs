//! The rule `overdue-milestone`: the due date of a milestone has passed.
//!
//! Checks one item at a time. The page `overdue_milestone.md` has its text, source and examples.

use super::clock::{Clock, count_days, days_ahead};
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::store::Stored;

/// The due date of a milestone has passed.
pub(super) const RULE: Rule = Rule {
    name: "overdue-milestone",
    level: Level::Warning,
    summary: "the due date of a milestone has passed",
    text: include_str!("overdue_milestone.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) || context.is_accepted(stored) || context.is_deferred(stored) {
        return Vec::new();
    }
    let due_of_item = context.compute_due(stored).effective;
    // The last step of an item that is late, or soon due, is stated of the item.
    let said = !context.is_exempt(stored) && context.relate_today(due_of_item) != Clock::Far;
    let steps = stored.item.milestones.iter().enumerate();
    steps
        .filter(|(_, step)| !step.status.is_finished())
        .filter_map(|(index, step)| {
            let due = step.due.filter(|due| !said || *due < due_of_item)?;
            let at = format!("/milestones/{index}/due");
            let help = format!("complete milestone {}, or reschedule it and say why", step.id);
            match context.relate_today(due) {
                Clock::Passed(ago) => {
                    let message = format!(
                        "milestone {} is overdue by {}: due {due}",
                        step.id,
                        count_days(ago)
                    );
                    Some(RULE.at(stored, &at, "has passed", message).help(help))
                }
                Clock::Soon(left) => {
                    let message =
                        format!("milestone {} is due {}: {due}", step.id, days_ahead(left));
                    Some(RULE.at(stored, &at, "coming up", message).level(Level::Note).help(help))
                }
                Clock::Far => None,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::examples::{OPEN, run_example};
    use super::*;

    #[test]
    fn the_due_day_itself_has_not_passed() {
        for (today, expected) in [
            ("2026-02-05", None),
            ("2026-02-06", Some("note `2026-02-20`: milestone 1 is due in 14 days: 2026-02-20")),
            ("2026-02-20", Some("note `2026-02-20`: milestone 1 is due today: 2026-02-20")),
            (
                "2026-02-21",
                Some("warning `2026-02-20`: milestone 1 is overdue by 1 day: due 2026-02-20"),
            ),
        ] {
            let item = format!(
                "fail today={today}\n{OPEN}original_detection_date: 2026-02-05\n\
                original_risk_rating: low\nmilestones: [{{id: 1, description: D, due: 2026-02-20}}]"
            );
            let said = run_example(&RULE, &item);
            assert_eq!(said.first().map(String::as_str), expected, "{today}");
        }
    }

    #[test]
    fn the_last_step_of_a_late_item_is_not_said_twice() {
        let item = &format!(
            "fail today=2026-04-01\n{OPEN}original_detection_date: 2026-02-05\n\
            original_risk_rating: high\nmilestones: [{{id: 1, description: D, due: \
            2026-03-01}}, {{id: 2, description: D, due: 2026-03-07}}]"
        );
        assert_eq!(run_example(&RULE, item).len(), 1);
        let exempt =
            format!("{item}\ndeviations: [{{type: operational-requirement, state: approved}}]");
        assert_eq!(run_example(&RULE, &exempt).len(), 2, "nothing is said of the item");
    }
}
