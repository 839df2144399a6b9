//! Three-way merge of a row into an item: what the source said last, what the tracker has, what the
//! source says now.
//!
//! A value that the source said already is no statement, and neither is a blank cell or what the
//! layout cannot tell apart. Where tracker and source both changed a value, both are reported and a
//! person decides. Values that are permanent do not move.

use std::collections::BTreeSet;

use serde_json::Value;

use super::delta::{Delta, Step, between};
use super::record::abridged_value;
use crate::exchange::scheduled_by_formula;
use crate::model::{Item, ItemId, MilestoneStatus, PermanentValues, Workflow};
use crate::store::Stored;

/// Whose value counts where both changed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Winner {
    /// The tracker's.
    Ours,
    /// The document's.
    Theirs,
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
    /// As the document had it last; null where it never said it. A digest of a long text.
    pub base: Value,
    /// As the document has it.
    pub theirs: Value,
    /// As the tracker has it.
    pub ours: Value,
}

/// A value that a document says otherwise and that stays as the tracker has it.
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
    /// Why it stays.
    pub reason: &'static str,
}

/// What a row says of an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'a> {
    /// The item that was read from the row.
    pub(super) item: &'a Item,
    /// Whether the row tells all statuses apart, and not only closed from not closed.
    pub(super) exact_status: bool,
    /// Where the row is: sheet and first cell.
    pub(super) place: &'a str,
    /// The fields in which any row of the document says something: a document without a column for a
    /// field leaves nothing blank.
    pub(super) ever: &'a BTreeSet<&'static str>,
}

/// How to merge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy<'a> {
    /// Whose value counts in a conflict; none leaves it undecided.
    pub(super) winner: Option<Winner>,
    /// Whether a value counts although the source said it already.
    pub(super) again: bool,
    pub(super) workflow: &'a Workflow,
}

/// What a row changes in an item.
#[derive(Debug, Clone, Default)]
pub(super) struct Merged {
    /// Changes to make.
    pub(super) deltas: Vec<Delta>,
    /// Values that both changed.
    pub(super) conflicts: Vec<Conflict>,
    /// Values that stay although the row says others.
    pub(super) held: Vec<HeldValue>,
    /// Fields that the item keeps although the row is blank there.
    pub(super) left: Vec<String>,
}

/// Fields that no document says anything in, other than by what else it says.
const OURS: [&str; 4] = ["sensitive", "extra", "status", "kind"];

const CLOSED_DAY: &str = "a closed item keeps its day of closing";
const EARLIER_COUNTS: &str = "the earlier detection counts";
const FIRST_RATING: &str =
    "the original rating is permanent; an approved risk adjustment changes what counts";
const FIRST_SCHEDULE: &str = "the scheduled date that was given first is permanent";

/// Merges a row into an item. `base` is what the source said last of it, with digests of long texts;
/// none where no source is known to have said anything.
pub(super) fn merge(
    there: &Stored,
    base: Option<&Value>,
    statement: Statement<'_>,
    policy: Policy<'_>,
) -> Merged {
    let value = serde_json::to_value(statement.item).unwrap_or(Value::Null);
    let mut merger =
        Merger { there: &there.item, base, statement, policy, merged: Merged::default() };
    let (mut rest, mut status): (Vec<Delta>, Vec<Delta>) = (Vec::new(), Vec::new());
    for delta in between(there.value(), &value) {
        if delta.field() == "status" { status.push(delta) } else { rest.push(delta) }
    }
    let taken = status.into_iter().any(|delta| merger.status(delta));
    rest.into_iter().for_each(|delta| merger.field(delta, taken));
    merger.merged.left.sort();
    merger.merged.left.dedup();
    merger.merged
}

struct Merger<'a> {
    there: &'a Item,
    base: Option<&'a Value>,
    statement: Statement<'a>,
    policy: Policy<'a>,
    merged: Merged,
}

impl Merger<'_> {
    /// Merges the status; returns whether the row's is taken.
    fn status(&mut self, delta: Delta) -> bool {
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
            .said(&delta)
            .and_then(|said| said.as_str()?.parse().ok())
            .map(|status| workflow.is_closed(&status));
        let same_side = base_closed == Some(was_closed);
        if self.is_untouched(&delta) || (same_side && was_closed != is_closed) {
            self.merged.deltas.push(delta);
            return true;
        }
        self.decide(delta)
    }

    /// Merges any other field. `status_taken` says whether the row decides the status.
    fn field(&mut self, delta: Delta, status_taken: bool) {
        let item = self.statement.item;
        let field = delta.field();
        let workflow = self.policy.workflow;
        let is_closed = workflow.is_closed(&item.status);
        if delta.new.is_null() {
            if field == "completion_date" && status_taken && !is_closed {
                self.merged.deltas.push(delta);
                return;
            }
            let whole = matches!(delta.path.as_slice(), [_] | [_, Step::Member(..)]);
            if whole && self.statement.ever.contains(field) && !OURS.contains(&field) {
                self.merged.left.push(field.to_owned());
            }
            return;
        }
        match field {
            "id" => {}
            "completion_date" if status_taken => self.merged.deltas.push(delta),
            "completion_date" if !workflow.is_closed(&self.there.status) => {}
            "completion_date" if delta.old.is_null() => self.plain(delta),
            "completion_date" => self.hold(delta, CLOSED_DAY),
            "original_detection_date"
                if item.original_detection_date < self.there.original_detection_date =>
            {
                if self.says_anew(&delta) {
                    self.merged.deltas.push(delta);
                }
            }
            "original_detection_date" => self.hold(delta, EARLIER_COUNTS),
            // The sheet knows no critical.
            "original_risk_rating"
                if self.there.original_risk_rating.in_workbook() == item.original_risk_rating => {}
            "original_risk_rating" => self.hold(delta, FIRST_RATING),
            // The formula is no statement.
            "scheduled_completion_date" if delta.old.is_null() => {
                if item.scheduled_completion_date
                    != Some(scheduled_by_formula(item, PermanentValues::of(item, None)))
                {
                    self.plain(delta);
                }
            }
            "scheduled_completion_date" => self.hold(delta, FIRST_SCHEDULE),
            // A list of the fields that a workbook can mark, and no others.
            "sensitive" => {
                if !item.sensitive.iter().all(|one| self.there.sensitive.contains(one)) {
                    self.plain(delta);
                }
            }
            // The word for a milestone of which nothing is said.
            "milestones"
                if ends_with(&delta, "status")
                    && delta.new == MilestoneStatus::Pending.as_str()
                    && !self.was_otherwise(&delta) => {}
            _ => self.plain(delta),
        }
    }

    /// Takes a value that the source says anew and nobody changed here, or has it decided.
    fn plain(&mut self, delta: Delta) {
        if !self.says_anew(&delta) {
            return;
        }
        if self.is_untouched(&delta) {
            self.merged.deltas.push(delta);
        } else {
            self.decide(delta);
        }
    }

    /// Keeps the tracker's value, and says so where the source says another one anew.
    fn hold(&mut self, delta: Delta, reason: &'static str) {
        if self.says_anew(&delta) {
            self.merged.held.push(HeldValue {
                id: self.there.id.clone(),
                pointer: delta.place(),
                ours: delta.old,
                theirs: delta.new,
                reason,
            });
        }
    }

    /// Reports a conflict; returns whether the document's value is taken.
    fn decide(&mut self, delta: Delta) -> bool {
        self.merged.conflicts.push(Conflict {
            id: self.there.id.clone(),
            cells: self.statement.place.to_owned(),
            pointer: delta.place(),
            base: self.said(&delta).cloned().unwrap_or_default(),
            theirs: delta.new.clone(),
            ours: delta.old.clone(),
        });
        let theirs = self.policy.winner == Some(Winner::Theirs);
        if theirs {
            self.merged.deltas.push(delta);
        }
        theirs
    }

    /// What the source said last at the place of a difference.
    fn said(&self, delta: &Delta) -> Option<&Value> {
        self.base.map(|base| delta.in_other(base))
    }

    /// Returns whether the source says something that it did not say last.
    fn says_anew(&self, delta: &Delta) -> bool {
        self.policy.again
            || self
                .said(delta)
                .is_none_or(|said| *said != abridged_value(delta.field(), &delta.new))
    }

    /// Returns whether the tracker has what the source said last.
    fn is_untouched(&self, delta: &Delta) -> bool {
        let ours = abridged_value(delta.field(), &delta.old);
        self.said(delta).map_or(delta.old.is_null(), |said| *said == ours)
    }

    /// Returns whether the source said another value last.
    fn was_otherwise(&self, delta: &Delta) -> bool {
        self.said(delta).is_some_and(|said| !said.is_null() && *said != delta.new)
    }
}

/// Returns whether a difference is in a key of this name.
fn ends_with(delta: &Delta, name: &str) -> bool {
    matches!(delta.path.last(), Some(Step::Key(key)) if key == name)
}

#[cfg(test)]
mod tests {
    use super::super::record::abridged;
    use super::*;

    const THERE: &str = "id: V-1\nweakness_name: W\nstatus: in-progress\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: critical\nscheduled_completion_date: 2026-02-04\npoint_of_contact: {name: Jane, email: jane@example.com}\nmilestones:\n  - {id: 1, description: Scan, due: 2026-01-20, status: in-progress, evidence: [a]}\ncomments: words\nreviews: [{date: 2026-01-07, by: Sam}]\n";

    /// The item as a row says it.
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
    }

    impl Case<'_> {
        fn merged(&self) -> Merged {
            let there = Stored::parse("items/V-1.yaml", self.there.as_bytes()).unwrap();
            let base = self.base.as_ref();
            let base = base.map(|base| abridged(&serde_json::to_value(base).unwrap()));
            let ever = BTreeSet::from(["comments", "milestones"]);
            let statement =
                Statement { item: &self.now, exact_status: false, place: "Open!A9", ever: &ever };
            let workflow = Workflow::default();
            let policy = Policy { winner: self.winner, again: self.again, workflow: &workflow };
            merge(&there, base.as_ref(), statement, policy)
        }

        /// The places of changes, conflicts and held values.
        fn said(&self) -> [Vec<String>; 3] {
            let merged = self.merged();
            [
                merged.deltas.iter().map(Delta::place).collect(),
                merged.conflicts.into_iter().map(|one| one.pointer).collect(),
                merged.held.into_iter().map(|one| one.pointer).collect(),
            ]
        }
    }

    /// A month in which a row says something else than it said before.
    fn month(there: &str, edit: impl Fn(&mut Item)) -> Case<'_> {
        let base = row(THERE);
        let mut now = base.clone();
        edit(&mut now);
        Case { there, base: Some(base), now, winner: None, again: false }
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
        assert_eq!(changed, ["/point_of_contact/name", "/milestones/1/due"]);
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
        // Both say the same now.
        let edit = |item: &mut Item| item.comments = Some("other words".into());
        assert_eq!(month(&here, edit).said(), [none(), none(), none()]);
        // A long text is compared as a whole, although only its digest is recorded.
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
}
