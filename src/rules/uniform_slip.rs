use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::date_shift::{DateShift, lasting_slips};
use super::group_moves::{ItemMove, group_moves};
use super::{Check, Context, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{DateChange, date_changes};
use crate::model::{folded, is_generic_reason, names_ticket};
use crate::store::Stored;

/// Dates were moved by the same amount wholesale.
pub(super) const RULE: Rule = Rule {
    name: "uniform-slip",
    level: Level::Warning,
    summary: "every milestone of an item, or most items of an owner or of all, moved by the same \
    number of days or months",
    text: include_str!("uniform_slip.md"),
    numbers: &[
        Number { name: "times", default: 2, meaning: "times that a whole plan or group moved" },
        Number {
            name: "milestones",
            default: 3,
            meaning: "open milestones that a plan has at least",
        },
        Number { name: "items", default: 5, meaning: "items that moved together" },
        Number {
            name: "few_items",
            default: 3,
            meaning: "items that moved together again and again (see `times`)",
        },
        Number {
            name: "days",
            default: 90,
            meaning: "days for which moves of many items are reported",
        },
    ],
    history: true,
    check: Check::Store(check),
};

/// How many items a diagnostic points to.
const SHOWN: usize = 5;

/// Days within which the milestones of one item move together, if each has a commit of its own.
const PLAN_DAYS: i64 = 7;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let ids: BTreeSet<&str> =
        context.store.items().iter().map(|stored| stored.item.id.as_str()).collect();
    let mut register = Register::default();
    let mut found = Vec::new();
    for stored in context.store.items() {
        if !context.is_open(stored) || context.is_accepted(stored) {
            continue;
        }
        let life = context.life(stored);
        let Some(first) = life.first() else { continue };
        let changes = date_changes(&life);
        let plan = plan_moves(&changes, context.number(&RULE, "milestones") as usize, &ids);
        if !plan.is_empty() && plan.len() >= context.number(&RULE, "times") as usize {
            found.push(of_item(stored, &plan));
        }
        if has_plan(stored) {
            register.add(stored, first.day(), &changes, &ids, context);
        }
    }
    found.extend(register.check(context));
    found
}

/// Returns whether an item has a planned date that could move.
fn has_plan(stored: &Stored) -> bool {
    let item = &stored.item;
    let is_planned =
        |step: &crate::model::Milestone| step.due.is_some() && !step.status.is_finished();
    item.scheduled_completion_date.is_some() || item.milestones.iter().any(is_planned)
}

/// Returns whether a commit names a ticket that announces its moves, in its reason or in the note of a
/// review that it records.
fn is_announced(change: &DateChange<'_>, ids: &BTreeSet<&str>) -> bool {
    let notes = change.notes.iter().map(String::as_str);
    let mut texts = change.event.reason.as_deref().into_iter().chain(notes);
    texts.any(|text| names_ticket(text, |word| ids.contains(word)))
}

/// Milestones of one item that moved by one length, before it is known whether all of them did.
struct Moving {
    first: NaiveDate,
    /// The milestones that the item had before the first of them moved.
    before: BTreeSet<u32>,
    moved: BTreeSet<u32>,
}

/// The times at which all open milestones of an item, at least `least`, moved to a later day by the same
/// length: in one commit, or each in a commit of its own within a week. The first time that a ticket
/// announces is left out.
fn plan_moves(
    changes: &[DateChange<'_>],
    least: usize,
    ids: &BTreeSet<&str>,
) -> Vec<(NaiveDate, DateShift)> {
    let slips = lasting_slips(changes);
    let mut moving: BTreeMap<DateShift, Moving> = BTreeMap::new();
    let mut found = Vec::new();
    let mut announced = false;
    for commit in slips.chunk_by(|(a, _), (b, _)| std::ptr::eq(*a, *b)) {
        let Some((change, _)) = commit.first() else { continue };
        let day = change.event.day();
        for (_, slip) in commit {
            let Some(number) = slip.date.milestone() else { continue };
            for shift in DateShift::of(slip) {
                let is_together = moving.get(&shift).is_some_and(|it| {
                    (day - it.first).num_days() <= PLAN_DAYS && !it.moved.contains(&number)
                });
                if !is_together {
                    let before = change.before.clone();
                    moving.insert(shift, Moving { first: day, before, moved: BTreeSet::new() });
                }
                if let Some(it) = moving.get_mut(&shift) {
                    it.moved.insert(number);
                }
            }
        }
        let whole = moving.iter().find(|(_, it)| {
            let is_known = |number: &&u32| it.before.contains(number) || it.moved.contains(number);
            let planned: Vec<&u32> = change.open.iter().filter(is_known).collect();
            planned.len() >= least && planned.iter().all(|number| it.moved.contains(number))
        });
        let Some((shift, _)) = whole else { continue };
        if is_announced(change, ids) && !announced {
            announced = true;
        } else {
            found.push((day, *shift));
        }
        moving.clear();
    }
    found
}

fn of_item(stored: &Stored, plan: &[(NaiveDate, DateShift)]) -> Diagnostic {
    let each: Vec<String> = plan.iter().map(|(day, by)| format!("by {by} on {day}")).collect();
    let message = format!(
        "all open milestones were moved together {} times: {}",
        plan.len(),
        each.join(", ")
    );
    RULE.at(stored, "/milestones", "the whole plan", message)
        .help("look at each step: what holds it up, and when will it be done")
}

/// An open item with a plan.
struct Planned<'a> {
    stored: &'a Stored,
    owner: Option<&'a str>,
    /// The day on which it landed.
    began: NaiveDate,
}

/// What a commit says of the moves that it made to an item.
struct CommitFacts {
    is_announced: bool,
    /// Its reason without numbers and ids of items; none where it gives none.
    reason: Option<String>,
}

/// The open items that have a plan, and their moves by length.
#[derive(Default)]
struct Register<'a> {
    items: Vec<Planned<'a>>,
    commits: Vec<CommitFacts>,
    moves: BTreeMap<DateShift, Vec<ItemMove>>,
}

/// Most items of an owner, or of all owners, that moved by one length.
struct GroupMove<'a> {
    owner: Option<&'a str>,
    shift: DateShift,
    moves: Vec<ItemMove>,
    items: BTreeSet<usize>,
    /// How many items the group had.
    there: usize,
    first: NaiveDate,
    last: NaiveDate,
}

impl<'a> Register<'a> {
    fn add(
        &mut self,
        stored: &'a Stored,
        began: NaiveDate,
        changes: &[DateChange<'_>],
        ids: &BTreeSet<&str>,
        context: &Context<'_>,
    ) {
        let item = self.items.len();
        let owner = stored.item.point_of_contact.as_ref().map(|person| person.name.as_str());
        self.items.push(Planned { stored, owner, began });
        let longest = i64::from(context.number(&RULE, "days"));
        for (change, slip) in lasting_slips(changes) {
            let day = change.event.day();
            if (context.today - day).num_days() > longest {
                continue;
            }
            let commit = self.commits.len();
            let reason = change.event.reason.as_deref().and_then(|text| own_words(text, ids));
            self.commits.push(CommitFacts { is_announced: is_announced(change, ids), reason });
            for shift in DateShift::of(&slip) {
                let moved = ItemMove { day, item, date: slip.date, commit };
                self.moves.entry(shift).or_default().push(moved);
            }
        }
    }

    fn check(mut self, context: &Context<'_>) -> Vec<Diagnostic> {
        for moves in self.moves.values_mut() {
            moves.sort();
        }
        let owners: BTreeSet<&str> = self.items.iter().filter_map(|it| it.owner).collect();
        let mut groups: Vec<GroupMove<'_>> = Vec::new();
        for owner in owners.into_iter().map(Some).chain([None]) {
            groups.extend(self.of_group(owner, context));
        }
        let mut diagnostics = Vec::new();
        // Stable: of two that are the same, the owner's stays.
        groups.sort_by_key(|it| Reverse(it.items.len()));
        for group in without_parts(groups) {
            diagnostics.push(self.of_many(&group, context));
        }
        diagnostics
    }

    /// What to report of one owner's items, or of all items.
    fn of_group(&self, owner: Option<&'a str>, context: &Context<'_>) -> Vec<GroupMove<'a>> {
        let number = |name| context.number(&RULE, name) as usize;
        let (many, few) = (number("items").max(2), number("few_items").max(2));
        let mut large = self.unannounced(self.moved_together(owner, many));
        large.retain(|group| !self.is_explained(group));
        let mut reported = large;
        if few < many {
            let again = self.moved_together(owner, few);
            let again = self.unannounced(again);
            if again.len() >= number("times").max(2) {
                reported.extend(again);
            }
        }
        reported
    }

    /// The times at which most items of an owner, or of all, and at least `least`, moved by one length.
    fn moved_together(&self, owner: Option<&'a str>, least: usize) -> Vec<GroupMove<'a>> {
        let is_of_group = |item: usize| {
            owner.is_none() || self.items.get(item).is_some_and(|it| it.owner == owner)
        };
        let of_group = self.items.iter().filter(|it| owner.is_none() || it.owner == owner);
        let mut began: Vec<NaiveDate> = of_group.map(|it| it.began).collect();
        began.sort_unstable();
        let mut groups = Vec::new();
        for (shift, moves) in &self.moves {
            let own: Vec<ItemMove> =
                moves.iter().filter(|it| is_of_group(it.item)).copied().collect();
            for moves in group_moves(&own, &began, least) {
                let (Some(first), Some(last)) = (moves.first(), moves.last()) else { continue };
                let (first, last) = (first.day, last.day);
                let items = moves.iter().map(|it| it.item).collect();
                let there = began.partition_point(|day| *day <= last);
                groups.push(GroupMove { owner, shift: *shift, moves, items, there, first, last });
            }
        }
        // Of one move, what took fewer days says it better.
        groups.sort_by_key(|it| (it.last - it.first, Reverse(it.items.len())));
        without_parts(groups)
    }

    /// Leaves out the first of the moves that a ticket announces, as for a change freeze.
    fn unannounced(&self, mut groups: Vec<GroupMove<'a>>) -> Vec<GroupMove<'a>> {
        let is_announced = |group: &GroupMove<'_>| {
            let commits = group.moves.iter().filter_map(|it| self.commits.get(it.commit));
            commits.filter(|it| it.is_announced).count() * 2 > group.moves.len()
        };
        if let Some(first) = groups.iter().position(is_announced) {
            groups.remove(first);
        }
        groups
    }

    /// Returns whether most of the moves have a reason that no other item of the group has: somebody
    /// looked at each.
    fn is_explained(&self, group: &GroupMove<'_>) -> bool {
        let mut items: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for it in &group.moves {
            let facts = self.commits.get(it.commit);
            if let Some(reason) = facts.and_then(|facts| facts.reason.as_deref()) {
                items.entry(reason).or_default().insert(it.item);
            }
        }
        let explained: BTreeSet<&usize> =
            items.values().filter(|items| items.len() == 1).flatten().collect();
        explained.len() * 2 > group.items.len()
    }

    fn of_many(&self, group: &GroupMove<'_>, context: &Context<'_>) -> Diagnostic {
        let when = match group.first == group.last {
            true => format!("on {}", group.first),
            false => format!("between {} and {}", group.first, group.last),
        };
        let whose = group.owner.map_or("of all owners".to_owned(), |owner| format!("of {owner}"));
        // No count: it stays the same diagnostic while items are closed.
        let message = format!("most open items {whose} moved by {} {when}", group.shift);
        let label = format!("{} of {} items", group.items.len(), group.there);
        let label = context.settings.document.label("/profile").says(label);
        let mut diagnostic = Diagnostic::new(RULE.name, label, message)
            .help("look at each item: what holds it up, and when will it be done");
        for item in group.items.iter().take(SHOWN) {
            if let Some(planned) = self.items.get(*item) {
                diagnostic =
                    diagnostic.also(planned.stored.document.label("/id").says("one of them"));
            }
        }
        diagnostic
    }
}

/// Leaves out groups most of whose moves others before them have: 28 days beside a month, an owner's items
/// beside all items. The result is in order of days.
fn without_parts(groups: Vec<GroupMove<'_>>) -> Vec<GroupMove<'_>> {
    let mut told: BTreeSet<(usize, NaiveDate)> = BTreeSet::new();
    let mut kept: Vec<GroupMove<'_>> = Vec::new();
    for group in groups {
        let moves: BTreeSet<(usize, NaiveDate)> =
            group.moves.iter().map(|it| (it.item, it.day)).collect();
        if moves.intersection(&told).count() * 2 <= moves.len() {
            told.extend(moves);
            kept.push(group);
        }
    }
    kept.sort_by_key(|it| (it.first, it.last));
    kept
}

/// A reason without numbers and ids of items, so that the same reason for each item is one; `None` where
/// it gives no reason.
fn own_words(reason: &str, ids: &BTreeSet<&str>) -> Option<String> {
    if is_generic_reason(reason) {
        return None;
    }
    let apart = |c: char| c.is_whitespace() || ",;:.()[]".contains(c);
    let is_own = |word: &&str| !ids.contains(word) && !word.chars().any(|c| c.is_ascii_digit());
    let words: Vec<&str> = reason.split(apart).filter(|it| !it.is_empty()).filter(is_own).collect();
    let words = folded(&words.join(" "));
    (!words.is_empty()).then_some(words)
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

    #[test]
    fn a_register_that_moves_as_a_whole() {
        let of = |id: usize, owner: &str| item(id).replace("Jane Doe", owner);
        let run = |commits: &[(&str, &[(usize, &str)])]| {
            let mut block = "fail today=2026-04-20\n# commit: 2026-01-08\n".to_owned();
            for id in 0..6 {
                let owner = ["Ana Ruiz", "Ben Cole", "Cleo Hart"][id / 2];
                let step = steps(&["02-10"]);
                block.push_str(&format!("# file: items/V-{id}.yaml\n{}{step}", of(id, owner)));
            }
            for (head, changes) in commits {
                block.push_str(&format!("# commit: {head}\n"));
                for (id, due) in *changes {
                    block.push_str(&format!("# file: items/V-{id}.yaml\n{}", steps(&[due])));
                }
            }
            said(&RULE, &block).len()
        };
        let all = |due: &'static str| -> Vec<(usize, &'static str)> {
            (0..6).map(|id| (id, due)).collect()
        };
        let (march, april) = (all("03-10"), all("04-10"));
        assert_eq!(run(&[("2026-02-05 Ana Ruiz — dates after the review", &march)]), 1);
        assert_eq!(run(&[("2026-02-05 Ana Ruiz — change freeze CHG-1234", &march)]), 0);
        let twice: &[(&str, &[(usize, &str)])] = &[
            ("2026-02-05 Ana Ruiz — change freeze CHG-1234", &march),
            ("2026-03-05 Ana Ruiz — change freeze CHG-1300", &april),
        ];
        assert_eq!(run(twice), 1);
        // One item a day.
        let days: Vec<String> = (0..6).map(|id| format!("2026-02-0{}", id + 1)).collect();
        let single: Vec<[(usize, &str); 1]> = (0..6).map(|id| [(id, "03-10")]).collect();
        let one_a_day: Vec<(&str, &[(usize, &str)])> =
            days.iter().zip(&single).map(|(day, change)| (day.as_str(), &change[..])).collect();
        assert_eq!(run(&one_a_day), 1);
        assert_eq!(run(&one_a_day[..3]), 0, "few moved");
    }

    /// What the rule says of a register of `size` items of two owners, each with one milestone and a
    /// scheduled date, whose commits change fields of items: `(head, [(item, fields)])`.
    fn register(size: usize, commits: &[(String, Vec<(usize, String)>)]) -> Vec<String> {
        let mut block = "fail today=2026-04-20\n# commit: 2026-01-08\n".to_owned();
        for id in 0..size {
            let owner = ["Ana Ruiz", "Ben Cole"][id % 2];
            let first = item(id).replace("Jane Doe", owner) + &plan("02-10", "02-28");
            block.push_str(&format!("# file: items/V-{id}.yaml\n{first}"));
        }
        for (head, changes) in commits {
            block.push_str(&format!("# commit: {head}\n"));
            for (id, fields) in changes {
                block.push_str(&format!("# file: items/V-{id}.yaml\n{fields}"));
            }
        }
        said(&RULE, &block)
    }

    fn plan(due: &str, scheduled: &str) -> String {
        format!("{}scheduled_completion_date: 2026-{scheduled}\n", steps(&[due]))
    }

    fn all(size: usize, fields: &str) -> Vec<(usize, String)> {
        (0..size).map(|id| (id, fields.to_owned())).collect()
    }

    #[test]
    fn kinds_of_registers_that_move_together() {
        let on = |day: &str| format!("2026-{day} Ana Ruiz — after the review");
        let both = |size, first: &str, second: &str| {
            vec![(on("02-05"), all(size, first)), (on("03-05"), all(size, second))]
        };
        let march = plan("03-10", "02-28");
        for (name, size, commits, reported) in [
            ("three items, once", 3, both(3, &march, &march)[..1].to_vec(), 0),
            ("three items, twice", 3, both(3, &march, &plan("04-10", "02-28")), 2),
            ("two items, twice", 2, both(2, &march, &plan("04-10", "02-28")), 0),
            ("the schedule alone", 6, both(6, &plan("02-10", "03-31"), "comments: a\n"), 1),
            ("both dates", 6, both(6, &plan("03-10", "03-31"), "comments: a\n"), 1),
            ("eight of ten", 10, vec![(on("02-05"), all(8, &march))], 1),
            ("five of ten", 10, vec![(on("02-05"), all(5, &march))], 0),
            ("and back", 6, both(6, &march, &plan("02-10", "02-28")), 0),
        ] {
            assert_eq!(register(size, &commits).len(), reported, "{name}");
        }
        // The dates of some items, the milestones of others; in two commits of one week.
        let mixed: Vec<(usize, String)> = (0..3).map(|id| (id, plan("03-10", "02-28"))).collect();
        let rest: Vec<(usize, String)> = (3..6).map(|id| (id, plan("02-10", "03-28"))).collect();
        let commits = [(on("02-05"), mixed), (on("02-09"), rest)];
        let said = register(6, &commits);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].ends_with("of all owners moved by 28 days between 2026-02-05 and 2026-02-09")
        );
    }

    #[test]
    fn reasons_and_rights_to_move() {
        let march = plan("03-10", "02-28");
        let each = |head: &dyn Fn(usize) -> String, fields: &str| -> Vec<_> {
            (0..6).map(|id| (head(id), vec![(id, fields.to_owned())])).collect()
        };
        let reasons = [
            "vendor ships late",
            "new hardware",
            "two more hosts",
            "freeze",
            "leave",
            "tests fail",
        ];
        let own = |id: usize| format!("2026-02-0{} Ana Ruiz — {}", id + 1, reasons[id]);
        let same = |id: usize| format!("2026-02-0{} Ana Ruiz — V-{id} needs more time", id + 1);
        let none = |id: usize| format!("2026-02-0{}", id + 1);
        let freeze = |id: usize| format!("2026-02-0{} Ana Ruiz — freeze CHG-77", id + 1);
        assert_eq!(register(6, &each(&own, &march)).len(), 0, "each has its reason");
        assert_eq!(register(6, &each(&same, &march)).len(), 1);
        assert_eq!(register(6, &each(&none, &march)).len(), 1);
        assert_eq!(register(6, &each(&freeze, &march)).len(), 0);
        let again = |id: usize| format!("2026-03-0{} Ana Ruiz — {}", id + 1, reasons[5 - id]);
        let mut twice = each(&own, &march);
        twice.extend(each(&again, &plan("04-10", "02-28")));
        assert_eq!(register(6, &twice).len(), 2, "the same length, again");
        let approved = "deviations: [{type: risk-adjustment, state: approved, \
            adjusted_risk_rating: low}]\n";
        let released = "vendor_dependency: {product: P, fix_released: 2026-02-04}\n";
        for right in [approved, released] {
            let at_once = vec![("2026-02-05".to_owned(), all(6, &format!("{right}{march}")))];
            assert_eq!(register(6, &at_once).len(), 0, "{right}");
            let after = vec![
                ("2026-02-05".to_owned(), all(6, right)),
                ("2026-02-06".to_owned(), all(6, &march)),
            ];
            assert_eq!(register(6, &after).len(), 0, "{right}");
        }
    }

    #[test]
    fn milestones_that_come_back_and_items_with_another_id() {
        let gone = "milestones: []\n";
        let again = "milestones:\n  - {id: 2, description: A, due: 2026-03-10}\n";
        let commits =
            [("2026-02-05".to_owned(), all(6, gone)), ("2026-02-06".to_owned(), all(6, again))];
        assert_eq!(register(6, &commits).len(), 1);
        let renamed: Vec<(usize, String)> = (0..6)
            .map(|id| {
                let owner = ["Ana Ruiz", "Ben Cole"][id % 2];
                let text = item(id).replace("Jane Doe", owner) + &plan("03-10", "02-28");
                (id, text.replacen("id: V-", "id: W-", 1))
            })
            .collect();
        assert_eq!(register(6, &[("2026-02-05".to_owned(), renamed)]).len(), 1);
    }

    #[test]
    fn a_plan_whose_milestones_move_one_by_one() {
        let versions = |days: [&str; 6]| {
            let mut due = ["05-01", "05-10", "05-20"];
            let mut block =
                format!("fail today=2026-04-20\n# commit: 2026-01-08\n{}{}", item(1), steps(&due));
            for (at, day) in days.iter().enumerate() {
                due[at % 3] =
                    [["05-15", "05-24", "06-03"], ["05-29", "06-07", "06-17"]][at / 3][at % 3];
                block.push_str(&format!("# commit: 2026-{day}\n{}", steps(&due)));
            }
            said(&RULE, &block)
        };
        let week = ["02-02", "02-04", "02-06", "03-02", "03-04", "03-06"];
        assert_eq!(
            versions(week),
            [
                "warning `milestones`: all open milestones were moved together 2 times: by 14 days on \
2026-02-06, by 14 days on 2026-03-06"
            ]
        );
        let months = ["01-10", "01-25", "02-10", "02-25", "03-10", "03-25"];
        assert_eq!(versions(months).len(), 0, "each in a fortnight of its own");
    }
}
