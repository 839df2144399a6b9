use std::collections::BTreeMap;

use super::clock::days;
use super::slip::{Slip, commits};
use super::{Check, Context, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::PlannedDate;
use crate::store::Stored;

/// The dates of an item were moved again and again.
pub(super) const RULE: Rule = Rule {
    name: "sliding-dates",
    level: Level::Warning,
    summary: "the due dates of an open item were moved to a later day three times or more",
    text: include_str!("sliding_dates.md"),
    numbers: &[Number { name: "times", default: 3, meaning: "commits that moved a date later" }],
    history: true,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_open(stored) {
        return Vec::new();
    }
    let life = context.life(stored);
    let slips: Vec<Slip> = commits(&life).filter_map(Slip::of).collect();
    let later: Vec<&Slip> = slips.iter().filter(|slip| slip.is_later()).collect();
    if later.is_empty() || later.len() < context.number(&RULE, "times") as usize {
        return Vec::new();
    }
    // How far each date is from where it was; the one that went furthest stands for the item.
    let mut total: BTreeMap<PlannedDate, i64> = BTreeMap::new();
    for (date, days) in slips.iter().flat_map(|slip| &slip.moves) {
        *total.entry(*date).or_default() += days;
    }
    let furthest = total.into_iter().max_by_key(|(date, days)| (*days, std::cmp::Reverse(*date)));
    let Some((date, sum)) = furthest else { return Vec::new() };
    let on: Vec<String> = later.iter().map(|slip| slip.day.to_string()).collect();
    let sum = match sum {
        // Moved back and forth.
        ..=0 => String::new(),
        sum => format!(", {} by {} in all", date.name(), days(sum)),
    };
    let message =
        format!("dates were moved later {} times{sum}: on {}", later.len(), on.join(", "));
    let help = "plan anew with dates that hold, split the step that does not move, or have the \
        risk accepted by who may";
    vec![RULE.at(stored, &date.pointer(&stored.item), "moved again and again", message).help(help)]
}

#[cfg(test)]
mod tests {
    use super::super::examples::said;
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
        said(&RULE, &block)
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
}
