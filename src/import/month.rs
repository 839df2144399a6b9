//! What a later submission changes in an item that the tracker has.
//!
//! A row says less than an item: what it leaves blank is no statement, and what the layout cannot
//! tell apart is no difference.

use std::collections::BTreeSet;

use serde_json::Value;

use super::delta::{Delta, Step, between};
use crate::exchange::{says_only_not_closed, scheduled_by_formula};
use crate::model::{Item, MilestoneStatus, PermanentValues, Workflow};
use crate::store::Stored;
use crate::workbook::{Field, SourceRow};

/// What a row changes in an item, and the fields that the item keeps although the row is blank
/// there. `ever` are the fields in which any row of the document says something: a document without
/// a column for a field leaves nothing blank.
pub(super) fn changes(
    there: &Stored,
    read: &Item,
    row: &SourceRow,
    workflow: &Workflow,
    ever: &BTreeSet<&str>,
) -> (Vec<Delta>, Vec<String>) {
    let value = serde_json::to_value(read).unwrap_or(Value::Null);
    let (was_closed, is_closed) =
        (workflow.is_closed(&there.item.status), workflow.is_closed(&read.status));
    let reopened = was_closed && !is_closed;
    let mut left = Vec::new();
    let mut deltas = between(there.value(), &value);
    deltas.retain(|delta| {
        if delta.new.is_null() {
            let whole = matches!(delta.path.as_slice(), [_] | [_, Step::Member(..)]);
            let field = delta.field();
            if reopened && field == "completion_date" {
                return true;
            }
            if whole && ever.contains(field) && !OURS.contains(&field) {
                left.push(field.to_owned());
            }
            return false;
        }
        match delta.field() {
            "id" => false,
            // The sheet tells two sides apart; a column of its own tells all, but for words that
            // other tools have for every item that is not closed.
            "status" => {
                was_closed != is_closed
                    || row
                        .cells
                        .get(&Field::Status)
                        .is_some_and(|cell| !says_only_not_closed(&cell.value, &read.status))
            }
            // The sheet knows no critical.
            "original_risk_rating" => {
                there.item.original_risk_rating.in_workbook() != read.original_risk_rating
                    && there.item.original_risk_rating != read.original_risk_rating
            }
            // A list of the fields that a workbook can mark, and no others.
            "sensitive" => !read.sensitive.iter().all(|one| there.item.sensitive.contains(one)),
            // The formula is no statement.
            "scheduled_completion_date" => {
                there.item.scheduled_completion_date.is_some()
                    || read.scheduled_completion_date
                        != Some(scheduled_by_formula(read, PermanentValues::of(read, None)))
            }
            // The word for a milestone of which nothing is said.
            "milestones" if names(delta, "status") => {
                delta.new != MilestoneStatus::Pending.as_str()
            }
            _ => true,
        }
    });
    left.sort();
    left.dedup();
    (deltas, left)
}

/// Fields that no document says anything in, other than by what else it says.
const OURS: [&str; 4] = ["sensitive", "extra", "status", "kind"];

/// Whether a difference is in a key of this name.
fn names(delta: &Delta, name: &str) -> bool {
    matches!(delta.path.last(), Some(Step::Key(key)) if key == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::workbook::SheetRole;

    const THERE: &str = "id: V-1\nweakness_name: W\nstatus: in-progress\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: critical\nscheduled_completion_date: 2026-02-04\npoint_of_contact: {name: Jane, email: jane@example.com}\nmilestones:\n  - {id: 1, description: Scan, due: 2026-01-20, status: in-progress, evidence: [a]}\ncomments: words\nreviews: [{date: 2026-01-07, by: Sam}]\n";

    fn changed(there: &str, read: impl Fn(&mut Item)) -> (Vec<String>, Vec<String>) {
        let there = Stored::parse("items/V-1.yaml", there.as_bytes()).unwrap();
        let mut item = there.item.clone();
        (item.status, item.reviews) = ("open".parse().unwrap(), Vec::new());
        item.original_risk_rating = item.original_risk_rating.in_workbook();
        item.point_of_contact.as_mut().unwrap().email = None;
        item.milestones[0].evidence.clear();
        item.milestones[0].status = MilestoneStatus::Pending;
        read(&mut item);
        let row = SourceRow {
            sheet: "Open".into(),
            role: SheetRole::Open,
            row: 9,
            cells: BTreeMap::new(),
            extra: Vec::new(),
        };
        let ever = BTreeSet::from(["comments", "milestones"]);
        let (deltas, left) = changes(&there, &item, &row, &Workflow::default(), &ever);
        (deltas.iter().map(Delta::place).collect(), left)
    }

    #[test]
    fn what_a_row_cannot_say_is_no_change() {
        assert_eq!(changed(THERE, |_| {}), (vec![], vec![]));
        let (deltas, left) = changed(THERE, |item| {
            item.comments = None;
            item.milestones[0].due = "2026-02-01".parse().ok();
            item.point_of_contact.as_mut().unwrap().name = "Joe".into();
        });
        assert_eq!(deltas, ["/point_of_contact/name", "/milestones/1/due"]);
        assert_eq!(left, ["comments"]);
    }

    #[test]
    fn an_item_is_closed_and_taken_up_again_by_its_sheet() {
        let (deltas, _) = changed(THERE, |item| {
            item.status = "closed".parse().unwrap();
            item.completion_date = "2026-02-01".parse().ok();
        });
        assert_eq!(deltas, ["/status", "/completion_date"]);
        let closed = THERE
            .replace("status: in-progress\no", "status: closed\ncompletion_date: 2026-02-01\no");
        let (deltas, _) = changed(&closed, |item| item.completion_date = None);
        assert_eq!(deltas, ["/status", "/completion_date"]);
    }
}
