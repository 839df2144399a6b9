//! Three-way merge of a row into an item: what the source stated last, what the tracker has, what the
//! source states now.
//!
//! A value that the source stated already is no statement, and neither is a blank cell or what the
//! layout cannot distinguish. Where tracker and source both changed a value, both are reported and a
//! person decides. Values that are permanent do not move.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::Value;

use super::delta::{Delta, PointerStep, diff_values};
use super::new_person::complete_new_people;
use super::record::abridged_value;
use super::row_cells::RowCells;
use crate::exchange::{DeniedField, kept, scheduled_by_formula};
use crate::model::{
    Decision, Item, ItemId, MilestoneStatus, PermanentValues, Person, Status, Workflow,
};
use crate::store::Stored;

/// Side whose value wins where both changed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Winner {
    /// The tracker's.
    Ours,
    /// The document's.
    Theirs,
}

/// The sides that a person chose where the document and the tracker both changed a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeDecisions {
    /// The side for single values, by [`Conflict::address`].
    pub each: BTreeMap<String, Winner>,
    /// The side for all others; without it they stay undecided.
    pub others: Option<Winner>,
}

impl MergeDecisions {
    /// Returns the side for a value of an item, where it is decided.
    pub fn find(&self, id: &ItemId, pointer: &str) -> Option<Winner> {
        if self.each.is_empty() {
            return self.others;
        }
        self.each.get(&address(id, pointer)).copied().or(self.others)
    }
}

/// The address of a value among all items: the id of its item, a blank, and its place there.
fn address(id: &ItemId, pointer: &str) -> String {
    format!("{id} {pointer}")
}

/// A value that the document and the tracker both changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The item.
    pub id: ItemId,
    /// Where in the document: sheet and cells.
    pub cells: String,
    /// The address of the value in the item.
    pub pointer: String,
    /// As the document had it last; null where it never stated it. A digest of a long text.
    pub base: Value,
    /// As the document has it.
    pub theirs: Value,
    /// As the tracker has it.
    pub ours: Value,
    /// The side that a person chose.
    pub decided: Option<Winner>,
}

impl Conflict {
    /// The address by which a person decides it, such as `V-1 /milestones/2/due`.
    pub fn address(&self) -> String {
        address(&self.id, &self.pointer)
    }
}

/// A value that a document states otherwise and that stays as the tracker has it.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldValue {
    /// The item.
    pub id: ItemId,
    /// The address of the value in the item.
    pub pointer: String,
    /// As the tracker has it.
    pub ours: Value,
    /// As the document has it.
    pub theirs: Value,
    /// Reason why it stays.
    pub reason: &'static str,
}

/// Statement of a row about an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowStatement<'a> {
    /// The item that was read from the row.
    pub(super) item: &'a Item,
    /// Whether the row distinguishes all statuses, and not only closed from not closed.
    pub(super) exact_status: bool,
    /// The addresses of the cells of the row.
    pub(super) cells: &'a RowCells,
    /// The fields in which any row of the document states something: a document without a column for a
    /// field leaves nothing blank.
    pub(super) ever: &'a BTreeSet<&'static str>,
    /// Questions that the row answers with *No*.
    pub(super) denied: &'a [DeniedField],
    /// The latest day on which the source itself listed the item as open.
    pub(super) open_on: Option<NaiveDate>,
    /// The day of the document, or today.
    pub(super) day: NaiveDate,
    /// Milestones of the row that have the number of another one, and their words.
    pub(super) doubtful: &'a [(u32, String)],
}

/// Policy of a merge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy<'a> {
    /// The sides that win conflicts.
    pub(super) decisions: &'a MergeDecisions,
    /// Whether a value counts although the source stated it already.
    pub(super) again: bool,
    pub(super) workflow: &'a Workflow,
    /// The people of the settings.
    pub(super) people: &'a [Person],
}

/// Result of merging a row into an item.
#[derive(Debug, Clone, Default)]
pub(super) struct Merged {
    /// Changes to make.
    pub(super) deltas: Vec<Delta>,
    /// Values that both changed.
    pub(super) conflicts: Vec<Conflict>,
    /// Values that stay although the row states others.
    pub(super) held: Vec<HeldValue>,
    /// Fields that the item retains although the row is blank there.
    pub(super) left: Vec<String>,
}

/// Fields that no document states anything in, other than by what else it states.
const OURS: [&str; 4] = ["sensitive", "extra", "status", "kind"];

const CLOSED_DAY: &str = "a closed item keeps its day of closing";
const OPEN_THEN: &str =
    "the source itself listed it as open on a later day, so the day of the document counts";
const EARLIER_COUNTS: &str = "the earlier detection counts";
const FIRST_RATING: &str =
    "the original rating is permanent; an approved risk adjustment changes what counts";
const FIRST_SCHEDULE: &str = "the scheduled date that was given first is permanent";

/// Merges a row into an item. `base` is what the source stated last of it, with digests of long texts;
/// none where no source is known to have stated anything.
pub(super) fn merge_row(
    there: &Stored,
    base: Option<&Value>,
    statement: RowStatement<'_>,
    policy: Policy<'_>,
) -> Merged {
    let value = serde_json::to_value(statement.item).unwrap_or(Value::Null);
    let mut merger =
        Merger { there: &there.item, base, statement, policy, merged: Merged::default() };
    let (mut rest, mut status): (Vec<Delta>, Vec<Delta>) = (Vec::new(), Vec::new());
    for delta in diff_values(there.value(), &value) {
        if delta.field_name() == "status" { status.push(delta) } else { rest.push(delta) }
    }
    let taken = status.into_iter().any(|delta| merger.merge_status(delta));
    rest.into_iter().for_each(|delta| merger.merge_field(delta, taken));
    for denied in statement.denied {
        merger.merge_denied(*denied);
    }
    for (number, words) in statement.doubtful {
        merger.report_doubtful(*number, words);
    }
    complete_new_people(there.value(), &value, policy.people, &mut merger.merged.deltas);
    merger.merged.left.sort();
    merger.merged.left.dedup();
    merger.merged
}

struct Merger<'a> {
    there: &'a Item,
    base: Option<&'a Value>,
    statement: RowStatement<'a>,
    policy: Policy<'a>,
    merged: Merged,
}

impl Merger<'_> {
    /// Merges the status; returns whether the row's is taken.
    fn merge_status(&mut self, delta: Delta) -> bool {
        let workflow = self.policy.workflow;
        let read = &self.statement.item.status;
        let (was_closed, is_closed) =
            (workflow.is_closed(&self.there.status), workflow.is_closed(read));
        if was_closed == is_closed && !self.statement.exact_status {
            return false;
        }
        if delta.new.is_null() || !self.says_anew(&delta) {
            return false;
        }
        // Work that went on in the tracker is no other statement than that it is not closed.
        let base_closed = self
            .last_value(&delta)
            .and_then(|said| said.as_str()?.parse().ok())
            .map(|status| workflow.is_closed(&status));
        let went_on = !is_closed || is_work(&self.there.status);
        let same_side = base_closed == Some(was_closed) && went_on;
        if self.is_untouched(&delta) || (same_side && was_closed != is_closed) {
            self.merged.deltas.push(delta);
            return true;
        }
        self.decide_conflict(delta)
    }

    /// Merges any other field. `status_taken` states whether the row decides the status.
    fn merge_field(&mut self, delta: Delta, status_taken: bool) {
        let item = self.statement.item;
        let field = delta.field_name();
        let workflow = self.policy.workflow;
        let is_closed = workflow.is_closed(&item.status);
        if delta.new.is_null() {
            if self.is_denied(&delta) {
                return;
            }
            if field == "completion_date" && status_taken && !is_closed {
                self.merged.deltas.push(delta);
                return;
            }
            let whole = matches!(delta.path.as_slice(), [_] | [_, PointerStep::Member(..)]);
            if whole && self.statement.ever.contains(field) && !OURS.contains(&field) {
                self.merged.left.push(field.to_owned());
            }
            return;
        }
        match field {
            "id" => {}
            "completion_date" if status_taken => self.take_closing_day(delta),
            "completion_date" if !workflow.is_closed(&self.there.status) => {}
            "completion_date" if delta.old.is_null() => self.merge_plain(delta),
            "completion_date" => self.hold_value(delta, CLOSED_DAY),
            "original_detection_date"
                if item.original_detection_date < self.there.original_detection_date =>
            {
                if self.says_anew(&delta) {
                    self.merged.deltas.push(delta);
                }
            }
            "original_detection_date" => self.hold_value(delta, EARLIER_COUNTS),
            // The sheet knows no critical.
            "original_risk_rating"
                if self.there.original_risk_rating.in_workbook() == item.original_risk_rating => {}
            "original_risk_rating" => self.hold_value(delta, FIRST_RATING),
            // The formula is no statement.
            "scheduled_completion_date" if delta.old.is_null() => {
                if item.scheduled_completion_date
                    != Some(scheduled_by_formula(item, PermanentValues::resolve(item, None)))
                {
                    self.merge_plain(delta);
                }
            }
            "scheduled_completion_date" => self.hold_value(delta, FIRST_SCHEDULE),
            // A list of the fields that a workbook can mark, and no others.
            "sensitive" => {
                if !item.sensitive.iter().all(|one| self.there.sensitive.contains(one)) {
                    self.merge_plain(delta);
                }
            }
            // The word for a milestone of which nothing is stated.
            "milestones"
                if ends_with(&delta, "status")
                    && delta.new == MilestoneStatus::Pending.as_str()
                    && !self.was_otherwise(&delta) => {}
            _ => self.merge_plain(delta),
        }
    }

    /// Takes a value that the source states again and nobody changed here, or has it decided.
    fn merge_plain(&mut self, delta: Delta) {
        if !self.says_anew(&delta) {
            return;
        }
        if self.is_untouched(&delta) {
            self.merged.deltas.push(delta);
        } else {
            self.decide_conflict(delta);
        }
    }

    /// Keeps the tracker's value, and states so where the source states another one again.
    fn hold_value(&mut self, delta: Delta, reason: &'static str) {
        if self.says_anew(&delta) {
            self.merged.held.push(HeldValue {
                id: self.there.id.clone(),
                pointer: delta.describe_place(),
                ours: delta.old,
                theirs: delta.new,
                reason,
            });
        }
    }

    /// Reports a conflict; returns whether the document's value is taken.
    fn decide_conflict(&mut self, delta: Delta) -> bool {
        let pointer = delta.describe_place();
        let decided = self.policy.decisions.find(&self.there.id, &pointer);
        self.merged.conflicts.push(Conflict {
            id: self.there.id.clone(),
            cells: self.statement.cells.name_cells(&delta),
            pointer,
            base: self.last_value(&delta).cloned().unwrap_or_default(),
            theirs: delta.new.clone(),
            ours: delta.old.clone(),
            decided,
        });
        let theirs = decided == Some(Winner::Theirs);
        if theirs {
            self.merged.deltas.push(delta);
        }
        theirs
    }

    /// Takes the day of closing, unless the source itself listed the item as open later.
    fn take_closing_day(&mut self, delta: Delta) {
        let stated = self.statement.item.completion_date;
        let Some(stated) = stated.filter(|day| self.statement.open_on > Some(*day)) else {
            self.merged.deltas.push(delta);
            return;
        };
        let day =
            self.statement.open_on.map_or(self.statement.day, |day| day.max(self.statement.day));
        let theirs = delta.new.clone();
        self.merged.deltas.push(Delta { new: day.to_string().into(), ..delta.clone() });
        self.merged.held.push(HeldValue {
            id: self.there.id.clone(),
            pointer: delta.describe_place(),
            ours: day.to_string().into(),
            theirs,
            reason: OPEN_THEN,
        });
        if !self.there.extra.contains_key(kept::COMPLETION_DATE) {
            let key = |key: &str| PointerStep::Key(key.to_owned());
            self.merged.deltas.push(Delta {
                path: vec![key("extra"), key(kept::COMPLETION_DATE)],
                old: Value::Null,
                new: stated.to_string().into(),
            });
        }
    }

    /// Returns whether a value is missing because the row answers a question with *No*.
    fn is_denied(&self, delta: &Delta) -> bool {
        self.statement.denied.iter().any(|denied| match denied {
            DeniedField::VendorDependency => delta.field_name() == "vendor_dependency",
            DeniedField::Kev => delta.field_name() == "kev",
            DeniedField::Deviation(kind) => {
                let of_kind = |step: &PointerStep| {
                    matches!(step, PointerStep::Member(_, name) if name == kind.as_str())
                };
                delta.field_name() == "deviations" && delta.path.iter().any(of_kind)
            }
        })
    }

    /// Merges an answer *No*: the item loses what the source said *Yes* or *Pending* to before.
    fn merge_denied(&mut self, denied: DeniedField) {
        let Some(delta) = denial(self.there, denied) else { return };
        let before = match (&delta.path.as_slice(), denied) {
            // The list holds several decisions of the kind: the source stated one at most.
            ([PointerStep::Key(list)], DeniedField::Deviation(kind)) => {
                self.base.and_then(|base| {
                    let list = base.get(list.as_str())?.as_array()?;
                    list.iter().find(|one| one.get("type").is_some_and(|it| it == kind.as_str()))
                })
            }
            _ => self.last_value(&delta).filter(|said| !said.is_null()),
        };
        // Where the source never said Yes, No is what it said all the time.
        if self.base.is_some() && before.is_none() && !self.policy.again {
            return;
        }
        if self.is_untouched(&delta) {
            self.merged.deltas.push(delta);
        } else {
            self.decide_conflict(delta);
        }
    }

    /// Reports a milestone of the row that has the number of another of the item.
    fn report_doubtful(&mut self, number: u32, words: &str) {
        let name = PointerStep::Member("id", number.into());
        let path = vec![
            PointerStep::Key("milestones".to_owned()),
            name,
            PointerStep::Key("description".to_owned()),
        ];
        let ours = self.there.milestones.iter().find(|step| step.id == number);
        let ours = ours.map_or(Value::Null, |step| step.description.clone().into());
        let delta = Delta { path, old: ours.clone(), new: words.into() };
        let decided = self.policy.decisions.find(&self.there.id, &delta.describe_place());
        self.merged.conflicts.push(Conflict {
            id: self.there.id.clone(),
            cells: self.statement.cells.name_cells(&delta),
            pointer: delta.describe_place(),
            base: self.last_value(&delta).cloned().unwrap_or_default(),
            theirs: delta.new,
            ours,
            decided,
        });
    }

    /// Returns the last value of the source at the place of a difference.
    fn last_value(&self, delta: &Delta) -> Option<&Value> {
        self.base.map(|base| delta.in_other(base))
    }

    /// Returns whether the source states something that it did not state last.
    fn says_anew(&self, delta: &Delta) -> bool {
        self.policy.again
            || self
                .last_value(delta)
                .is_none_or(|said| *said != abridged_value(delta.field_name(), &delta.new))
    }

    /// Returns whether the tracker has what the source stated last.
    fn is_untouched(&self, delta: &Delta) -> bool {
        let ours = abridged_value(delta.field_name(), &delta.old);
        self.last_value(delta).map_or(delta.old.is_null(), |said| *said == ours)
    }

    /// Returns whether the source stated another value last.
    fn was_otherwise(&self, delta: &Delta) -> bool {
        self.last_value(delta).is_some_and(|said| !said.is_null() && *said != delta.new)
    }
}

/// Returns whether a status says no more than that somebody works on an item. All others are decisions.
pub(super) fn is_work(status: &Status) -> bool {
    [Status::OPEN, Status::IN_PROGRESS, Status::PENDING_VALIDATION].contains(&status.as_str())
}

/// Returns the change that an answer *No* makes to an item; none where the item says No as well.
pub(super) fn denial(item: &Item, denied: DeniedField) -> Option<Delta> {
    let value = serde_json::to_value(item).ok()?;
    let whole = |field: &str| {
        let old = value.get(field)?.clone();
        Some(Delta { path: vec![PointerStep::Key(field.to_owned())], old, new: Value::Null })
    };
    match denied {
        DeniedField::VendorDependency => {
            let current = item.vendor_dependency.as_ref();
            current.filter(|vendor| vendor.fix_released.is_none())?;
            whole("vendor_dependency")
        }
        DeniedField::Kev => {
            item.kev.as_ref().filter(|kev| kev.listed)?;
            whole("kev")
        }
        DeniedField::Deviation(kind) => {
            if item.decision(kind) == Decision::No {
                return None;
            }
            let of_kind: Vec<_> = item.deviations.iter().filter(|one| one.kind == kind).collect();
            let list = PointerStep::Key("deviations".to_owned());
            if let [one] = of_kind.as_slice() {
                let old = serde_json::to_value(one).ok()?;
                let name = PointerStep::Member("type", kind.as_str().into());
                return Some(Delta { path: vec![list, name], old, new: Value::Null });
            }
            // What was denied or withdrawn before stays beside it.
            let rest =
                item.deviations.iter().filter(|one| one.kind != kind || one.state.is_refused());
            let rest = serde_json::to_value(rest.collect::<Vec<_>>()).ok()?;
            let old = value.get("deviations")?.clone();
            Some(Delta { path: vec![list], old, new: rest })
        }
    }
}

/// Returns whether a difference is in a key of this name.
fn ends_with(delta: &Delta, name: &str) -> bool {
    matches!(delta.path.last(), Some(PointerStep::Key(key)) if key == name)
}

#[cfg(test)]
mod tests {
    use super::super::record::abridge_values;
    use super::*;

    const THERE: &str = "id: V-1\nweakness_name: W\nstatus: in-progress\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: critical\nscheduled_completion_date: 2026-02-04\npoint_of_contact: {name: Jane, email: jane@example.com}\nmilestones:\n  - {id: 1, description: Scan, due: 2026-01-20, status: in-progress, evidence: [a]}\ncomments: words\nreviews: [{date: 2026-01-07, by: Sam}]\n";

    /// The item as a row states it.
    fn row(there: &str) -> Item {
        let mut item = Stored::parse("items/V-1.yaml", there.as_bytes()).unwrap().item;
        item.original_risk_rating = item.original_risk_rating.in_workbook();
        if item.status != *"closed" {
            item.status = "open".parse().unwrap();
        }
        item.reviews = Vec::new();
        item.point_of_contact.as_mut().unwrap().email = None;
        item.milestones[0].evidence.clear();
        item.milestones[0].status = MilestoneStatus::Pending;
        item
    }

    struct Case<'a> {
        there: &'a str,
        base: Option<Item>,
        now: Item,
        winner: Option<Winner>,
        again: bool,
        denied: Vec<DeniedField>,
        open_on: Option<NaiveDate>,
    }

    impl Case<'_> {
        fn merged(&self) -> Merged {
            let there = Stored::parse("items/V-1.yaml", self.there.as_bytes()).unwrap();
            let base = self.base.as_ref();
            let base = base.map(|base| abridge_values(&serde_json::to_value(base).unwrap()));
            let ever = BTreeSet::from(["comments", "milestones"]);
            let cells = RowCells::of_place("Open", "A9");
            let statement = RowStatement {
                item: &self.now,
                exact_status: false,
                cells: &cells,
                ever: &ever,
                denied: &self.denied,
                open_on: self.open_on,
                day: "2026-07-31".parse().unwrap(),
                doubtful: &[],
            };
            let workflow = Workflow::default();
            let decisions = MergeDecisions { others: self.winner, ..MergeDecisions::default() };
            let policy = Policy {
                decisions: &decisions,
                again: self.again,
                workflow: &workflow,
                people: &[],
            };
            merge_row(&there, base.as_ref(), statement, policy)
        }

        /// The places of changes, conflicts and held values.
        fn said(&self) -> [Vec<String>; 3] {
            let merged = self.merged();
            [
                merged.deltas.iter().map(Delta::describe_place).collect(),
                merged.conflicts.into_iter().map(|one| one.pointer).collect(),
                merged.held.into_iter().map(|one| one.pointer).collect(),
            ]
        }
    }

    /// A month in which a row states something else than it stated before.
    fn month(there: &str, edit: impl Fn(&mut Item)) -> Case<'_> {
        let base = row(THERE);
        let mut now = base.clone();
        edit(&mut now);
        Case {
            there,
            base: Some(base),
            now,
            winner: None,
            again: false,
            denied: Vec::new(),
            open_on: None,
        }
    }

    fn none() -> Vec<String> {
        Vec::new()
    }

    #[test]
    fn what_a_row_cannot_say_is_no_change() {
        assert_eq!(month(THERE, |_| {}).said(), [none(), none(), none()]);
        let case = month(THERE, |item| {
            item.comments = None;
            item.milestones[0].due = "2026-02-01".parse().ok();
            item.point_of_contact.as_mut().unwrap().name = "Joe".into();
        });
        let [changed, ..] = case.said();
        assert_eq!(
            changed,
            ["/point_of_contact/name", "/milestones/1/due", "/point_of_contact/email"]
        );
        assert_eq!(case.merged().left, ["comments"]);
    }

    #[test]
    fn what_was_said_before_is_no_statement() {
        let here = THERE
            .replace("comments: words", "comments: other words")
            .replace("due: 2026-01-20", "due: 2026-09-01")
            .replace("name: Jane", "name: Kim");
        assert_eq!(month(&here, |_| {}).said(), [none(), none(), none()]);
        // Said again with force, it is one.
        let mut case = month(&here, |_| {});
        case.again = true;
        let [changed, conflicts, _] = case.said();
        assert_eq!(changed, none());
        assert_eq!(conflicts, ["/point_of_contact/name", "/milestones/1/due", "/comments"]);
    }

    #[test]
    fn what_both_changed_is_a_conflict_and_decided_once() {
        let here = THERE.replace("comments: words", "comments: other words");
        let edit = |item: &mut Item| item.comments = Some("third words".into());
        let mut case = month(&here, edit);
        let merged = case.merged();
        assert_eq!(merged.deltas, []);
        let [conflict] = merged.conflicts.as_slice() else { panic!("one conflict") };
        assert_eq!(
            (&conflict.base, &conflict.theirs, &conflict.ours),
            (&"words".into(), &"third words".into(), &"other words".into())
        );
        case.winner = Some(Winner::Theirs);
        assert_eq!(case.said()[0], ["/comments"]);
        case.winner = Some(Winner::Ours);
        assert_eq!(case.said()[0], none());
        // Both state the same now.
        let edit = |item: &mut Item| item.comments = Some("other words".into());
        assert_eq!(month(&here, edit).said(), [none(), none(), none()]);
        // A long text is compared in full, although only its digest is recorded.
        let (long, longer) = ("x".repeat(500), "x".repeat(501));
        let text = THERE.replace("comments: words", &format!("comments: {long}"));
        let mut case = month(&text, |item| item.comments = Some(longer.clone()));
        case.base.as_mut().unwrap().comments = Some(long);
        assert_eq!(case.said()[0], ["/comments"]);
    }

    #[test]
    fn where_nothing_is_known_of_before_a_person_decides() {
        let mut case = month(THERE, |item| item.comments = Some("third words".into()));
        case.base = None;
        assert_eq!(case.said()[..2], [none(), vec!["/comments".to_owned()]]);
        let bare = THERE.replace("comments: words\n", "");
        let mut case = month(&bare, |_| {});
        case.base = None;
        assert_eq!(case.said()[..2], [vec!["/comments".to_owned()], none()], "nothing to lose");
    }

    #[test]
    fn an_item_is_closed_and_taken_up_again_by_its_sheet() {
        let closing = |item: &mut Item| {
            item.status = "closed".parse().unwrap();
            item.completion_date = "2026-02-01".parse().ok();
        };
        assert_eq!(month(THERE, closing).said()[0], ["/status", "/completion_date"]);
        let closed = THERE
            .replace("status: in-progress\no", "status: closed\ncompletion_date: 2026-02-01\no");
        let mut case = month(&closed, |_| {});
        case.base.as_mut().unwrap().status = "closed".parse().unwrap();
        assert_eq!(case.said()[0], ["/status", "/completion_date"], "taken up again");
        // Closed here, and still on the open sheet as before; the other way round.
        assert_eq!(month(&closed, |_| {}).said(), [none(), none(), none()]);
        let mut case = month(THERE, closing);
        case.base = Some(case.now.clone());
        assert_eq!(case.said(), [none(), none(), none()]);
    }

    #[test]
    fn permanent_values_stay_and_the_earlier_detection_counts() {
        let closed = THERE
            .replace("status: in-progress\no", "status: closed\ncompletion_date: 2026-02-01\no");
        let mut case = Case { now: row(&closed), ..month(&closed, |_| {}) };
        case.base = Some(case.now.clone());
        case.now.completion_date = "2026-06-30".parse().ok();
        case.now.original_detection_date = "2026-03-01".parse().unwrap();
        case.now.original_risk_rating = crate::model::RiskRating::Low;
        case.now.scheduled_completion_date = "2026-12-31".parse().ok();
        let [changed, conflicts, mut held] = case.said();
        held.sort();
        assert_eq!((changed, conflicts), (none(), none()));
        assert_eq!(
            held,
            [
                "/completion_date",
                "/original_detection_date",
                "/original_risk_rating",
                "/scheduled_completion_date"
            ]
        );
        let edit = |item: &mut Item| item.original_detection_date = "2025-12-01".parse().unwrap();
        assert_eq!(month(THERE, edit).said()[0], ["/original_detection_date"]);
    }

    #[test]
    fn an_answer_no_ends_what_the_source_said_before() {
        let vendor = |item: &mut Item| item.vendor_dependency = None;
        let here = THERE.to_owned() + "vendor_dependency: {}\n";
        let base = row(&here);
        let mut case = month(&here, vendor);
        case.base = Some(base.clone());
        assert_eq!(case.said()[0], none(), "a blank cell says nothing");
        case.denied = vec![DeniedField::VendorDependency];
        assert_eq!(case.said()[..2], [vec!["/vendor_dependency".to_owned()], none()]);
        // The tracker has more of it: a person decides.
        let more = THERE.to_owned() + "vendor_dependency: {vendor: Acme}\n";
        case.there = &more;
        assert_eq!(case.said()[..2], [none(), vec!["/vendor_dependency".to_owned()]]);
        // The source said No all the time.
        case.base.as_mut().unwrap().vendor_dependency = None;
        assert_eq!(case.said(), [none(), none(), none()]);
    }

    #[test]
    fn closing_over_a_decision_is_a_conflict_and_over_work_is_not() {
        let closing = |item: &mut Item| item.status = "closed".parse().unwrap();
        for (status, decided) in [
            ("in-progress", false),
            ("pending-validation", false),
            ("deferred", true),
            ("risk-accepted", true),
            ("pending-approval", true),
        ] {
            let here = THERE.replace("status: in-progress\no", &format!("status: {status}\no"));
            let case = month(&here, closing);
            assert_eq!(!case.said()[1].is_empty(), decided, "{status}");
        }
    }

    #[test]
    fn a_day_of_closing_on_which_the_source_listed_it_as_open_is_not_taken() {
        let mut case = month(THERE, |item| {
            item.status = "closed".parse().unwrap();
            item.completion_date = "2026-02-01".parse().ok();
        });
        case.open_on = "2026-02-01".parse().ok();
        assert_eq!(case.said()[2], none(), "closed on the day of the document");
        case.open_on = "2026-06-30".parse().ok();
        let merged = case.merged();
        assert_eq!(merged.held.len(), 1);
        let day = merged.deltas.iter().find(|delta| delta.field_name() == "completion_date");
        assert_eq!(day.map(|delta| &delta.new), Some(&"2026-07-31".into()));
    }
}
