//! The rule `uniform-slip`: every milestone of an item, or most items of an owner or of all, moved
//! by the same number of days or months.
//!
//! Checks the items together. The page `uniform_slip.md` has its text, source and examples.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::date_shift::{DateShift, lasting_slips};
use super::group_moves::{ItemMove, group_moves};
use super::{Check, Context, Loosening, Number, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{DateChange, date_changes};
use crate::model::{is_generic_reason, names_ticket, normalize_look};
use crate::store::Stored;

/// Dates were moved by the same amount wholesale.
pub(super) const RULE: Rule = Rule {
    name: "uniform-slip",
    level: Level::Warning,
    summary: "every milestone of an item, or most items of an owner or of all, moved by the same \
    number of days or months",
    text: include_str!("uniform_slip.md"),
    numbers: &[
        Number {
            name: "times",
            default: 2,
            meaning: "times that a whole plan or group moved",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "milestones",
            default: 3,
            meaning: "open milestones that a plan has at least",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "items",
            default: 5,
            meaning: "items that moved together",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "few_items",
            default: 3,
            meaning: "items that moved together again and again (see `times`)",
            loosened_by: Loosening::Increase,
        },
        Number {
            name: "days",
            default: 90,
            meaning: "days for which moves of many items are reported",
            loosened_by: Loosening::Increase,
        },
    ],
    history: true,
    check: Check::Store(check),
};

/// Number of items that a diagnostic points to.
const SHOWN: usize = 5;

/// Days within which the milestones of one item move together, if each has a commit of its own.
const PLAN_DAYS: i64 = 7;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let ids: BTreeSet<&str> =
        context.store.items().iter().map(|stored| stored.item.id.as_str()).collect();
    let mut register = SlipRegister::default();
    let mut found = Vec::new();
    for stored in context.store.items() {
        if !context.is_open(stored) || context.is_accepted(stored) {
            continue;
        }
        let life = context.item_events(stored);
        let Some(first) = life.first() else { continue };
        let changes = date_changes(&life);
        let plan = plan_moves(&changes, context.number(&RULE, "milestones") as usize, &ids);
        if !plan.is_empty() && plan.len() >= context.number(&RULE, "times") as usize {
            found.push(of_item(stored, &plan));
        }
        if has_plan(stored) {
            register.add_changes(stored, first.day(), &changes, &ids, context);
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
struct MovingGroup {
    first: NaiveDate,
    /// The milestones that the item had before the first of them moved.
    before: BTreeSet<u32>,
    moved: BTreeSet<u32>,
}

/// Returns the times at which all open milestones of an item, at least `least`, moved to a later
/// day by the same length: in one commit, or each in a commit of its own within a week. The first
/// time that a ticket announces is left out.
fn plan_moves(
    changes: &[DateChange<'_>],
    least: usize,
    ids: &BTreeSet<&str>,
) -> Vec<(NaiveDate, DateShift)> {
    let slips = lasting_slips(changes);
    let mut moving: BTreeMap<DateShift, MovingGroup> = BTreeMap::new();
    let mut found = Vec::new();
    let mut announced = false;
    for commit in slips.chunk_by(|(a, _), (b, _)| std::ptr::eq(*a, *b)) {
        let Some((change, _)) = commit.first() else { continue };
        let day = change.event.day();
        for (_, slip) in commit {
            let Some(number) = slip.date.milestone() else { continue };
            for shift in DateShift::measure_move(slip) {
                let is_together = moving.get(&shift).is_some_and(|it| {
                    (day - it.first).num_days() <= PLAN_DAYS && !it.moved.contains(&number)
                });
                if !is_together {
                    let before = change.before.clone();
                    moving
                        .insert(shift, MovingGroup { first: day, before, moved: BTreeSet::new() });
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
struct PlannedItem<'a> {
    stored: &'a Stored,
    owner: Option<&'a str>,
    /// The day on which it was committed.
    began: NaiveDate,
}

/// Facts of a commit about the moves that it made to an item.
struct MoveFacts {
    is_announced: bool,
    /// Its reason without numbers and ids of items; none where it gives none.
    reason: Option<String>,
}

/// The open items that have a plan, and their moves by length.
#[derive(Default)]
struct SlipRegister<'a> {
    items: Vec<PlannedItem<'a>>,
    commits: Vec<MoveFacts>,
    moves: BTreeMap<DateShift, Vec<ItemMove>>,
}

/// Most items of an owner, or of all owners, that moved by one length.
struct GroupMove<'a> {
    owner: Option<&'a str>,
    shift: DateShift,
    moves: Vec<ItemMove>,
    items: BTreeSet<usize>,
    /// Number of items of the group.
    there: usize,
    first: NaiveDate,
    last: NaiveDate,
}

impl<'a> SlipRegister<'a> {
    fn add_changes(
        &mut self,
        stored: &'a Stored,
        began: NaiveDate,
        changes: &[DateChange<'_>],
        ids: &BTreeSet<&str>,
        context: &Context<'_>,
    ) {
        let item = self.items.len();
        let owner = stored.item.point_of_contact.as_ref().map(|person| person.name.as_str());
        self.items.push(PlannedItem { stored, owner, began });
        let longest = i64::from(context.number(&RULE, "days"));
        for (change, slip) in lasting_slips(changes) {
            let day = change.event.day();
            if (context.today - day).num_days() > longest {
                continue;
            }
            let commit = self.commits.len();
            let reason = change.event.reason.as_deref().and_then(|text| own_words(text, ids));
            self.commits.push(MoveFacts { is_announced: is_announced(change, ids), reason });
            for shift in DateShift::measure_move(&slip) {
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

    /// Finds the moves to report of one owner's items, or of all items.
    fn of_group(&self, owner: Option<&'a str>, context: &Context<'_>) -> Vec<GroupMove<'a>> {
        let number = |name| context.number(&RULE, name) as usize;
        let (many, few) = (number("items").max(2), number("few_items").max(2));
        let mut large = self.drop_announced(self.moved_together(owner, many));
        large.retain(|group| !self.is_explained(group));
        let mut reported = large;
        if few < many {
            let again = self.moved_together(owner, few);
            let again = self.drop_announced(again);
            if again.len() >= number("times").max(2) {
                reported.extend(again);
            }
        }
        reported
    }

    /// Returns the times at which most items of an owner, or of all, and at least `least`, moved by
    /// one length.
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
        // Of one move, what took fewer days states it better.
        groups.sort_by_key(|it| (it.last - it.first, Reverse(it.items.len())));
        without_parts(groups)
    }

    /// Leaves out the first of the moves that a ticket announces, as for a change freeze.
    fn drop_announced(&self, mut groups: Vec<GroupMove<'a>>) -> Vec<GroupMove<'a>> {
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

/// Returns a reason without numbers and ids of items, so that the same reason for each item is one;
/// `None` where it gives no reason.
fn own_words(reason: &str, ids: &BTreeSet<&str>) -> Option<String> {
    if is_generic_reason(reason) {
        return None;
    }
    let is_own = |word: &&str| !ids.contains(word) && !word.chars().any(|c| c.is_ascii_digit());
    let words: Vec<&str> =
        reason.split(is_word_gap).filter(|it| !it.is_empty()).filter(is_own).collect();
    let words = normalize_look(&words.join(" "));
    (!words.is_empty()).then_some(words)
}

fn is_word_gap(c: char) -> bool {
    c.is_whitespace() || ",;:.()[]".contains(c)
}

#[cfg(test)]
mod tests;
