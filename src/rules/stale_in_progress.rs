//! The rule `stale-in-progress`: an item is in progress for more than 90 days, and no milestone is
//! completed.
//!
//! Checks one item at a time. The page `stale_in_progress.md` has its text, source and examples.

use chrono::Days;

use super::clock::{Clock, count_days, days_ahead};
use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::Action;
use crate::model::{Guard, Status};
use crate::store::Stored;

/// Work has been under way for too long without a result.
pub(super) const RULE: Rule = Rule {
    name: "stale-in-progress",
    level: Level::Warning,
    summary: "an item is in progress for more than 90 days, and no milestone is completed",
    text: include_str!("stale_in_progress.md"),
    numbers: &[Number {
        name: "days",
        default: 90,
        meaning: "days in progress without a completed milestone",
        loosened_by: Loosening::Increase,
    }],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    // A status of a team's own that asks for dated milestones is work under way as well.
    let works = stored.item.status == Status::IN_PROGRESS
        || context.needs_guard(stored, Guard::DatedMilestone);
    if !works || !context.is_open(stored) {
        return Vec::new();
    }
    let life = context.item_events(stored);
    let Some(last) = life.iter().rev().find(|event| is_result(event.action)) else {
        return Vec::new();
    };
    let since = last.day();
    let count = context.number(&RULE, "days");
    let end = since.checked_add_days(Days::new(u64::from(count))).unwrap_or(since);
    let what = match last.action {
        Action::MilestoneCompleted => "the last milestone was completed",
        _ => "work began",
    };
    let said = |message| RULE.at(stored, "/status", "under way", message);
    let said = match context.relate_today(end) {
        Clock::Passed(ago) => {
            let ago = count_days(ago + i64::from(count));
            said(match last.known_day() {
                Some(_) => format!("{what} {ago} ago, on {since}, and nothing was completed since"),
                None => format!(
                    "{what} at least {ago} ago, by {since}, and nothing was completed since"
                ),
            })
        }
        Clock::Soon(left) => {
            let count = count_days(i64::from(count));
            let message =
                format!("{count} without a completed milestone end {}: {end}", days_ahead(left));
            said(message).level(Level::Note)
        }
        Clock::Far => return Vec::new(),
    };
    vec![said.help(
        "complete a milestone, split the next one into steps that can be completed, or \
        move the item to a status that says what it waits for",
    )]
}

fn is_result(action: Action) -> bool {
    matches!(action, Action::ItemCreated | Action::StatusChanged | Action::MilestoneCompleted)
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    #[test]
    fn only_results_count() {
        let item = "id: V-1\nweakness_name: W\nstatus: in-progress\n\
            original_detection_date: 2026-01-05\noriginal_risk_rating: low\n\
            milestones:\n  - {id: 1, description: A, due: 2026-06-01}\n";
        let done = "milestones:\n  - {id: 1, description: A, due: 2026-06-01, status: completed}\n";
        let begun =
            "milestones:\n  - {id: 1, description: A, due: 2026-06-01, status: in-progress}\n";
        for (today, change, expected) in [
            (
                "2026-04-08",
                "comments: x\n",
                vec![
                    "note `in-progress`: 90 days without a completed milestone end today: 2026-04-08",
                ],
            ),
            (
                "2026-04-09",
                begun,
                vec![
                    "warning `in-progress`: work began 91 days ago, on 2026-01-08, and nothing was completed since",
                ],
            ),
            ("2026-04-09", done, vec![]),
            (
                "2026-05-03",
                done,
                vec![
                    "warning `in-progress`: the last milestone was completed 91 days ago, on 2026-02-01, and nothing was completed since",
                ],
            ),
            ("2026-04-09", "status: open\n", vec![]),
        ] {
            let block = format!(
                "fail today={today}\n# commit: 2026-01-08\n{item}# commit: 2026-02-01\n{change}"
            );
            assert_eq!(run_example(&RULE, &block), expected, "{today} {change}");
        }
    }
}
