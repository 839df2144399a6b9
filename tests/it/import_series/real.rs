//! Two real workbooks of one system and one day, whose rows were all numbered anew in between.

use poam::import::{DatedSubmission, ImportOptions, MergeDecisions, Plan, PlanError, Submission};
use poam::workbook::{Field, SourceRow, cell_text};

use super::register::Register;
use super::tracker::TextTracker;
use super::{number, options};
use crate::support::shared;

/// A workbook with some of its rows, or all where `POAM_WHOLE` is 1: those whose weakness has a name of
/// certain lengths, so that what says the same stays together.
fn workbook(name: &str) -> Option<Submission> {
    let path = shared(&format!("workbooks/{name}"))?;
    let mut reading = poam::workbook::read(&path).unwrap();
    let length = |row: &SourceRow| cell_text(&row.cells[&Field::WeaknessName].value).len();
    if number("POAM_WHOLE", 0) == 0 {
        reading.rows.retain(|row| length(row) % 8 == 6);
    }
    let dated = DatedSubmission::detect_day(name, &reading, None, "2026-11-30".parse().unwrap());
    let origin = Submission::origin_of(&reading.layout, &[]);
    let (source, source_id) = (name.to_owned(), format!("sha256:{name}"));
    Some(Submission { source, source_id, origin, reading, listed: Vec::new(), dated })
}

#[test]
fn real_workbooks_again_and_again() {
    let (Some(a), Some(b)) =
        (workbook("homelab-2026-05-a.xlsx"), workbook("homelab-2026-05-b.xlsx"))
    else {
        return;
    };
    let (rows_a, rows_b) = (a.reading.rows.len(), b.reading.rows.len());
    if number("POAM_WHOLE", 0) == 1 {
        assert_eq!((rows_a, rows_b), (3843, 3796));
    }
    let options = ImportOptions {
        decisions: MergeDecisions::default(),
        close_absent: false,
        ..options(&Register::new(1))
    };
    let mut tracker = TextTracker::new();
    let plan = |tracker: &TextTracker, submission: &Submission| -> Result<Plan, PlanError> {
        let plans = tracker.plan(std::slice::from_ref(submission), &options);
        plans.map(|plans| plans.into_iter().next().unwrap())
    };
    let first = plan(&tracker, &a).unwrap();
    assert_eq!((first.created.len(), first.refused.len()), (rows_a, 0));
    tracker.apply(&first);
    let second = plan(&tracker, &b).unwrap();
    let ends = (second.created.len(), second.matched.len(), second.absent.len());
    assert_eq!(ends, (0, rows_b, rows_a - rows_b));
    assert_eq!((second.conflicts.len(), second.refused.len()), (0, 0));
    tracker.apply(&second);
    assert!(plan(&tracker, &b).unwrap().is_idle(), "again");
    assert!(matches!(plan(&tracker, &a), Err(PlanError::Older { .. })), "the older one");
    assert!(plan(&tracker, &b).unwrap().is_idle(), "and again");
}
