//! The rule `sliding-dates`: the due dates of an open item were moved to a later day three times or
//! more.
//!
//! Checks one item at a time. The page `sliding_dates.md` has its text, source and examples.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::clock::count_days;
use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{DateChange, DateMove, PlannedDate, date_changes};
use crate::store::Stored;

/// The dates of an item were moved again and again.
pub(super) const RULE: Rule = Rule {
    name: "sliding-dates",
    level: Level::Warning,
    summary: "the due dates of an open item were moved to a later day three times or more",
    text: include_str!("sliding_dates.md"),
    numbers: &[Number {
        name: "times",
        default: 3,
        meaning: "commits that moved a date later",
        loosened_by: Loosening::Increase,
    }],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    let changes = date_changes(&context.item_events(stored));
    let later = slip_days(&changes);
    if later.is_empty() || later.len() < context.number(&RULE, "times") as usize {
        return Vec::new();
    }
    // How far each date is from where it was; the one that went furthest represents the item.
    let mut total: BTreeMap<PlannedDate, i64> = BTreeMap::new();
    for moved in changes.iter().flat_map(|change| &change.moves) {
        *total.entry(moved.date).or_default() += moved.days();
    }
    let furthest = total.into_iter().max_by_key(|(date, days)| (*days, std::cmp::Reverse(*date)));
    let Some((date, sum)) = furthest else { return Vec::new() };
    let on: Vec<String> = later.iter().map(NaiveDate::to_string).collect();
    let sum = match sum {
        // Moved back and forth.
        ..=0 => String::new(),
        sum => format!(", {} by {} in all", date.name(), count_days(sum)),
    };
    let message =
        format!("dates were moved later {} times{sum}: on {}", later.len(), on.join(", "));
    let help = "set dates you can keep, split the stuck milestone, or request a risk acceptance";
    vec![
        RULE.at(stored, &date.pointer_in(&stored.item), "moved again and again", message)
            .help(help),
    ]
}

/// Returns the days on which dates of an item moved to a later day. A day is one time, however many
/// commits it took (a command moves one milestone), unless one of its dates moved again.
fn slip_days(changes: &[DateChange<'_>]) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = Vec::new();
    let mut moved: BTreeSet<PlannedDate> = BTreeSet::new();
    for change in changes {
        let slips = change.moves.iter().filter(|it| it.is_slip());
        let dates: BTreeSet<PlannedDate> = slips.map(|it: &DateMove| it.date).collect();
        if dates.is_empty() {
            continue;
        }
        let day = change.event.day();
        if days.last() != Some(&day) || !moved.is_disjoint(&dates) {
            days.push(day);
            moved.clear();
        }
        moved.extend(dates);
    }
    days
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    fn after(changes: &[&str]) -> Vec<String> {
        let step = |due: &str| format!("milestones:\n  - {{id: 1, description: A, due: {due}}}\n");
        let mut block = format!(
            "fail today=2026-05-20\n# commit: 2026-01-08\nid: V-1\nweakness_name: W\nstatus: open\n\
            original_detection_date: 2026-01-05\noriginal_risk_rating: low\n{}",
            step("2026-02-01")
        );
        for (number, change) in changes.iter().enumerate() {
            let change = if change.contains(':') { (*change).to_owned() } else { step(change) };
            block.push_str(&format!("# commit: 2026-02-1{number}\n{change}"));
        }
        run_example(&RULE, &block)
    }

    #[test]
    fn three_commits_that_move_a_date_later() {
        let none: [&str; 0] = [];
        assert_eq!(after(&["2026-03-01", "2026-04-01"]), none);
        assert_eq!(
            after(&["2026-03-01", "2026-04-01", "2026-03-15", "2026-05-01"]),
            [
                "warning `2026-05-01`: dates were moved later 3 times, milestone 1 by 89 days in all: \
                on 2026-02-10, 2026-02-11, 2026-02-13"
            ]
        );
        assert_eq!(
            after(&["2026-03-01", "2026-04-01", "2026-05-01", "2026-01-20"]),
            ["warning `2026-01-20`: dates were moved later 3 times: on 2026-02-10, 2026-02-11, \
                2026-02-12"]
        );
        assert_eq!(after(&["2026-03-01", "2026-04-01", "2026-05-01", "status: closed\n"]), none);
    }

    #[test]
    fn an_approved_adjustment_entitles_to_new_dates() {
        let adjusted = "deviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: \
            low}]\nmilestones: [{id: 1, description: A, due: 2026-05-01}]\n";
        let none: [&str; 0] = [];
        assert_eq!(after(&["2026-03-01", "2026-04-01", adjusted]), none);
    }

    #[test]
    fn another_id_does_not_shake_it_off() {
        let renamed = "id: V-2\nweakness_name: W\nstatus: open\n\
            original_detection_date: 2026-01-05\noriginal_risk_rating: low\n\
            milestones:\n  - {id: 1, description: A, due: 2026-04-01}\n";
        let renamed = format!("# file: items/V-1.yaml\n{renamed}");
        assert_eq!(after(&["2026-03-01", "2026-04-01", &renamed, "2026-05-01"]).len(), 1);
    }

    #[test]
    fn a_day_is_one_time_unless_a_date_moves_again() {
        let plan = |days: [&str; 3]| {
            let step = |(n, due): (usize, &&str)| {
                format!("  - {{id: {}, description: A{n}, due: 2026-{due}}}\n", n + 1)
            };
            format!("milestones:\n{}", days.iter().enumerate().map(step).collect::<String>())
        };
        let run = |versions: [[&str; 3]; 4]| {
            let mut block = format!(
                "fail today=2026-05-20\n# commit: 2026-01-08\nid: V-1\nweakness_name: W\n\
                status: open\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: low\n{}",
                plan(versions[0])
            );
            for version in &versions[1..] {
                block.push_str(&format!("# commit: 2026-02-10\n{}", plan(*version)));
            }
            run_example(&RULE, &block).len()
        };
        let [a, b, c] = ["03-01", "04-01", "05-01"];
        assert_eq!(run([[a, a, a], [b, a, a], [b, b, a], [b, b, b]]), 0, "one by one");
        assert_eq!(
            run([[a, a, a], [b, a, a], [c, a, a], ["06-01", a, a]]),
            1,
            "a series on one day"
        );
    }

    #[test]
    fn a_milestone_that_is_dropped_and_added_anew_moved() {
        let step = |due: &str| format!("milestones: [{{id: 1, description: A, due: {due}}}]\n");
        let gone = "comments: none\nmilestones: []\n";
        let changes =
            [gone, &step("2026-03-01"), gone, &step("2026-04-01"), gone, &step("2026-05-01")];
        assert_eq!(
            after(&changes),
            [
                "warning `2026-05-01`: dates were moved later 3 times, milestone 1 by 89 days in all: \
                on 2026-02-11, 2026-02-13, 2026-02-15"
            ]
        );
    }
}
