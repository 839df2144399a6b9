use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::clock::days;
use super::plan::Plan;
use super::slip::{Slip, commits};
use super::{Check, Context, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::PlannedDate;
use crate::store::Stored;

/// Dates were moved by the same amount wholesale.
pub(super) const RULE: Rule = Rule {
    name: "uniform-slip",
    level: Level::Warning,
    summary: "every milestone of an item, or most items of an owner, moved by the same number of \
    days",
    text: include_str!("uniform_slip.md"),
    numbers: &[
        Number { name: "times", default: 2, meaning: "commits that moved a whole plan" },
        Number {
            name: "milestones",
            default: 3,
            meaning: "open milestones that a plan has at least",
        },
        Number { name: "items", default: 5, meaning: "items of an owner that moved together" },
        Number {
            name: "days",
            default: 90,
            meaning: "days for which moves of an owner's items are reported",
        },
    ],
    history: true,
    check: Check::Store(check),
};

/// How many items a diagnostic points to.
const SHOWN: usize = 5;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut owners = Owners::default();
    let mut found = Vec::new();
    for stored in context.store.items().iter().filter(|stored| context.is_open(stored)) {
        let life = context.life(stored);
        let Some(first) = life.first() else { continue };
        owners.landed(stored, first.day());
        let mut plan = Plan::default();
        let mut wholesale = Vec::new();
        for commit in commits(&life) {
            let known = plan.clone();
            for event in commit {
                plan.apply(event);
            }
            let Some(slip) = Slip::of(commit) else { continue };
            let open = plan.open().filter(|number| known.has(*number)).map(PlannedDate::Milestone);
            let open: BTreeSet<PlannedDate> = open.collect();
            if open.len() >= context.number(&RULE, "milestones") as usize
                && let Some(by) = together(&open, &slip)
            {
                wholesale.push((slip.day, by));
            }
            owners.slipped(stored, &slip, context);
        }
        if !wholesale.is_empty() && wholesale.len() >= context.number(&RULE, "times") as usize {
            found.push(of_item(stored, &wholesale));
        }
    }
    found.extend(owners.check(context));
    found
}

/// By how many days later all of these dates moved, where all moved by the same.
fn together(open: &BTreeSet<PlannedDate>, slip: &Slip) -> Option<i64> {
    let mut by = open.iter().map(|date| slip.moves.get(date).copied().unwrap_or_default());
    let first = by.next().filter(|days| *days > 0)?;
    by.all(|days| days == first).then_some(first)
}

fn of_item(stored: &Stored, wholesale: &[(NaiveDate, i64)]) -> Diagnostic {
    let each = wholesale.iter().map(|(day, by)| format!("by {} on {day}", days(*by)));
    let each: Vec<String> = each.collect();
    let message = format!(
        "all open milestones were moved together {} times: {}",
        wholesale.len(),
        each.join(", ")
    );
    RULE.at(stored, "/milestones", "the whole plan", message)
        .help("look at each step: what holds it up, and when will it be done")
}

/// Which items of which owner moved when, and by how much.
#[derive(Default)]
struct Owners<'a> {
    /// The day on which each open item landed.
    landed: BTreeMap<&'a str, Vec<NaiveDate>>,
    slipped: BTreeMap<(&'a str, NaiveDate, i64), BTreeMap<&'a str, &'a Stored>>,
}

impl<'a> Owners<'a> {
    fn landed(&mut self, stored: &'a Stored, day: NaiveDate) {
        if let Some(owner) = &stored.item.point_of_contact {
            self.landed.entry(&owner.name).or_default().push(day);
        }
    }

    fn slipped(&mut self, stored: &'a Stored, slip: &Slip, context: &Context<'_>) {
        let old = (context.today - slip.day).num_days() > i64::from(context.number(&RULE, "days"));
        let Some(owner) = stored.item.point_of_contact.as_ref().filter(|_| !old) else { return };
        for by in slip.moves.values().copied().filter(|by| *by > 0) {
            let items = self.slipped.entry((&owner.name, slip.day, by)).or_default();
            items.insert(stored.item.id.as_str(), stored);
        }
    }

    fn check(&self, context: &Context<'_>) -> Vec<Diagnostic> {
        let least = context.number(&RULE, "items").max(2) as usize;
        let mut found = Vec::new();
        for ((owner, day, by), items) in &self.slipped {
            let landed = self.landed.get(owner).into_iter().flatten();
            let there = landed.filter(|landed| *landed <= day).count();
            if items.len() < least || items.len() * 2 <= there {
                continue;
            }
            // No count: it stays the same diagnostic while items are closed.
            let message = format!("most open items of {owner} moved by {} on {day}", days(*by));
            let label = format!("{} of {there} items", items.len());
            let label = context.settings.document.label("/profile").says(label);
            let mut diagnostic = Diagnostic::new(RULE.name, label, message)
                .help("look at each item: what holds it up, and when will it be done");
            for stored in items.values().take(SHOWN) {
                diagnostic = diagnostic.also(stored.document.label("/id").says("one of them"));
            }
            found.push(diagnostic);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::said;
    use super::*;

    fn steps(days: &[&str]) -> String {
        let step = |(n, due): (usize, &&str)| {
            format!("  - {{id: {}, description: A, due: 2026-{due}}}\n", n + 1)
        };
        format!("milestones:\n{}", days.iter().enumerate().map(step).collect::<String>())
    }

    fn item(id: usize) -> String {
        format!(
            "id: V-{id}\nweakness_name: W{id}\nstatus: open\noriginal_detection_date: 2026-01-05\n\
            original_risk_rating: low\npoint_of_contact: {{name: Jane Doe}}\n"
        )
    }

    #[test]
    fn a_whole_plan_that_moves_twice() {
        let plan = ["05-01", "05-10", "05-20"];
        let later = ["05-11", "05-20", "05-30"];
        for (versions, fires) in [
            (vec![steps(&plan), steps(&later), steps(&["05-16", "05-25", "06-04"])], true),
            (vec![steps(&plan), steps(&later)], false),
            (vec![steps(&plan), steps(&later), steps(&["05-16", "05-25", "06-05"])], false),
            (vec![steps(&plan), steps(&later), steps(&["05-16", "05-25", "05-30"])], false),
            (vec![steps(&plan[..2]), steps(&later[..2]), steps(&["05-16", "05-25"])], false),
            // A step that is completed or new does not hide that the rest moved together.
            (
                vec![
                    steps(&["03-01", "05-01", "05-10", "05-20"])
                        .replace("due: 2026-03-01", "due: 2026-03-01, status: completed"),
                    steps(&["03-01", "05-11", "05-20", "05-30"])
                        .replace("due: 2026-03-01", "due: 2026-03-01, status: completed"),
                    steps(&["03-01", "05-16", "05-25", "06-04", "07-01"])
                        .replace("due: 2026-03-01", "due: 2026-03-01, status: completed"),
                ],
                true,
            ),
        ] {
            let mut block =
                format!("fail today=2026-04-20\n# commit: 2026-01-08\n{}{}", item(1), versions[0]);
            for (number, version) in versions[1..].iter().enumerate() {
                block.push_str(&format!("# commit: 2026-02-1{number}\n{version}"));
            }
            assert_eq!(!said(&RULE, &block).is_empty(), fires, "{block}");
        }
    }

    #[test]
    fn most_items_of_an_owner_on_one_day() {
        let run = |items: usize, moved: usize, today: &str| {
            let mut block = format!("fail today={today}\n# commit: 2026-01-08\n");
            for id in 0..items {
                block.push_str(&format!(
                    "# file: items/V-{id}.yaml\n{}{}",
                    item(id),
                    steps(&["05-01"])
                ));
            }
            block.push_str("# commit: 2026-02-01\n");
            for id in 0..moved {
                block.push_str(&format!("# file: items/V-{id}.yaml\n{}", steps(&["05-31"])));
            }
            said(&RULE, &block)
        };
        assert_eq!(run(9, 5, "2026-04-20").len(), 1);
        assert_eq!(run(10, 5, "2026-04-20").len(), 0, "half is not most");
        assert_eq!(run(4, 4, "2026-04-20").len(), 0, "few say nothing");
        assert_eq!(run(5, 5, "2026-05-03").len(), 0, "long ago");
        assert!(
            run(5, 5, "2026-05-02")[0]
                .ends_with("most open items of Jane Doe moved by 30 days on 2026-02-01")
        );
    }
}
