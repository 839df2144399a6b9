//! Twelve monthly documents of one register by chance, imported as a series or month by month: after
//! each month the tracker must hold what an independent model says.
//!
//! Documents number their rows anew, rename weaknesses and hosts, move dates, hold twins, rows that are
//! refused, ids that stand twice and ids of closed weaknesses that others have now; they are workbooks
//! of three versions, CSV files and OSCAL documents, sometimes without what is closed. Weaknesses are closed, taken up
//! again, absent for a month and found anew. A hidden mark in the description, by which nothing is
//! recognised, tells which weakness an item is. `POAM_SERIES` says how many series are tried,
//! `POAM_SERIES_SEED` from which on, and `POAM_SERIES_TRACE` prints what happens.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod documents;
mod expected;
mod real;
mod register;
mod tracker;

use std::collections::BTreeSet;

use poam::exchange::Assumed;
use poam::import::{
    ImportMatch, ImportOptions, LEAST_SCORE, MergeDecisions, Plan, PlanError, Submission,
};

use self::register::{Register, Row, Weakness};
use self::tracker::TextTracker;

const MONTHS: usize = 12;

fn options(register: &Register) -> ImportOptions {
    ImportOptions {
        assumed: Assumed::default(),
        own: Vec::new(),
        by: ImportMatch::Auto,
        least: LEAST_SCORE,
        assign_ids: false,
        close_absent: register.close_absent,
        unrelated: false,
        decisions: MergeDecisions { others: Some(register.winner), ..MergeDecisions::default() },
        force: false,
        reconstruct: false,
        reserved: BTreeSet::new(),
        today: "2026-11-30".parse().unwrap(),
    }
}

/// Imports twelve months one after the other, with edits in between; each is checked.
fn month_by_month(seed: u64) {
    let (mut register, mut tracker) = (Register::new(seed), TextTracker::new());
    let mut submissions: Vec<Submission> = Vec::new();
    for month in 0..MONTHS {
        if month > 0 {
            register.pass_month();
            tracker.edit(&mut register);
            tracker.edit(&mut register);
        }
        let rows = register.rows();
        let submission = register.submission(&rows, &format!("month-{month}"));
        let options = options(&register);
        let (ids, identifiers) = (register.ids, register.identifiers);
        let context = format!("seed {seed}, month {month}, {ids:?}, {identifiers:?}");
        let plan_one = |tracker: &TextTracker, submission: &Submission, options: &ImportOptions| {
            let plans = tracker.plan(std::slice::from_ref(submission), options);
            plans.map(|plans| plans.into_iter().next().unwrap())
        };
        let plan = plan_one(&tracker, &submission, &options);
        let plan = plan.unwrap_or_else(|error| panic!("{context}: {error}"));
        let refused = rows.iter().filter(|row| row.refused).count();
        assert_eq!(plan.refused.len(), refused, "{context}: {:?}", plan.refused);
        trace(month, &register, &rows, &plan);
        let open = tracker.conflicts(&plan);
        if month % 4 == 1 {
            let undecided =
                ImportOptions { decisions: MergeDecisions::default(), ..options.clone() };
            let asked = plan_one(&tracker, &submission, &undecided).unwrap();
            assert_eq!(asked.undecided, !open.is_empty(), "{context}");
        }
        tracker.apply(&plan);
        let expected = register.learn(&rows);
        assert_eq!(open, expected.conflicts, "{context}: conflicts, here and in the model");
        tracker.check(&mut register, &expected, &context);
        // Again, it changes nothing; an older one stops.
        let again = plan_one(&tracker, &submission, &options).unwrap();
        assert!(again.is_idle(), "{context}: {:?}", again.record);
        if let Some(older) = submissions.last() {
            let older = plan_one(&tracker, older, &options);
            assert!(matches!(older, Err(PlanError::Older { .. })), "{context}");
        }
        submissions.push(submission);
        // The same rows in another order are another document, and say nothing new.
        if month % 3 == 2 && !rows.iter().any(|row| row.second_of_id) {
            let rows = register.shuffle(&rows);
            let shuffled = register.submission(&rows, &format!("month-{month}-sorted"));
            let plan = plan_one(&tracker, &shuffled, &options).unwrap();
            assert!(plan.changes_nothing(), "{context}, shuffled");
            tracker.apply(&plan);
            submissions.push(shuffled);
        }
    }
    let all = tracker.plan(&submissions, &options(&register)).unwrap();
    assert!(all.iter().all(Plan::is_idle), "seed {seed}: the series again changes nothing");
}

/// Imports twelve months at once.
fn at_once(seed: u64) {
    let (mut register, mut tracker) = (Register::new(seed), TextTracker::new());
    let mut steps: Vec<(Vec<Row>, Submission)> = Vec::new();
    let mut planned = register.clone();
    for month in 0..MONTHS {
        if month > 0 {
            planned.pass_month();
        }
        let rows = planned.rows();
        // What is known decides what may happen next.
        planned.learn(&rows);
        let submission = planned.submission(&rows, &format!("month-{month}"));
        steps.push((rows, submission));
    }
    let submissions: Vec<Submission> = steps.iter().map(|(_, one)| one.clone()).collect();
    let options = options(&register);
    let plans = tracker.plan(&submissions, &options);
    let plans = plans.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    for (month, (plan, (rows, _))) in plans.iter().zip(&steps).enumerate() {
        if month > 0 {
            register.pass_month();
        }
        trace(month, &register, rows, plan);
        let same = register.rows();
        assert_eq!(same.len(), rows.len(), "the same life again");
        tracker.apply(plan);
        let expected = register.learn(rows);
        tracker.check(&mut register, &expected, &format!("seed {seed}, at once, month {month}"));
    }
    let again = tracker.plan(&submissions, &options).unwrap();
    assert!(again.iter().all(Plan::is_idle), "seed {seed}: the series again changes nothing");
}

/// Prints what a document says and what becomes of it, where `POAM_SERIES_TRACE` is set.
fn trace(month: usize, register: &Register, rows: &[Row], plan: &Plan) {
    if std::env::var_os("POAM_SERIES_TRACE").is_none() {
        return;
    }
    eprintln!("== month {month}, {:?}, as files: {}", register.form, register.as_files);
    for row in rows {
        let Weakness { mark, name, host, cve, detected, closed, .. } =
            &register.weaknesses[row.weakness];
        let (id, refused) = (row.id, row.refused);
        eprintln!(
            "row {id:?}, mark {mark}, {name}, {host:?}, {cve:?}, {detected}, {closed:?}, {refused}"
        );
    }
    for one in &plan.matched {
        let changed = one.change.as_ref().map(|change| &change.changed);
        eprintln!(
            "{} is {} by {} ({}): {changed:?}",
            one.row_id,
            one.id,
            one.by.as_str(),
            one.score
        );
    }
    for one in &plan.created {
        eprintln!("created {} of {:?}", one.id, one.item.weakness_description);
    }
    for one in &plan.closed {
        eprintln!("closed {}", one.id);
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn no_weakness_is_lost_doubled_mixed_up_or_falsely_closed() {
    let (series, first) = (number("POAM_SERIES", 20), number("POAM_SERIES_SEED", 1));
    let mut failed = Vec::new();
    for seed in first..first + series {
        let run = std::panic::catch_unwind(|| {
            if seed % 4 == 0 { at_once(seed) } else { month_by_month(seed) }
        });
        if run.is_err() {
            failed.push(seed);
        }
    }
    eprintln!("{series} series of {MONTHS} documents, {} of them wrong", failed.len());
    assert!(failed.is_empty(), "seeds {failed:?}");
}
