//! Tests of [`super`].

use super::*;
use crate::summary::samples::{created, day, settings, store};

fn tasks(items: &[(&str, &str)], today: &str, days: u32) -> Vec<String> {
    let list = TaskList::derive_tasks(&store(items), &settings(""), None, day(today), days);
    let line = |task: &Task| {
        let due = task.due.map_or_else(|| "-".to_owned(), |day| day.to_string());
        format!("{:?} {due} {} {}", task.urgency, task.item, task.command)
    };
    list.tasks.iter().map(line).collect()
}

const OWNED: &str = "point_of_contact: {name: Jane Doe}\n";

#[test]
fn items_and_milestones_are_due() {
    // High: due 30 days after 2026-01-01, on 2026-01-31.
    let item = format!(
        "{OWNED}status: in-progress\nmilestones: [{{id: 3, description: Scan, due: 2026-02-04}}, \
             {{id: 1, description: A, due: 2026-01-20, status: completed}}, {{id: 2, description: B, \
             due: 2026-02-06}}]\n"
    );
    assert_eq!(
        tasks(&[("V-1", &item)], "2026-02-04", 1),
        [
            "Late 2026-01-31 V-1 poam milestone complete V-1 3",
            "Today 2026-02-04 V-1 poam milestone complete V-1 3",
        ]
    );
    assert_eq!(tasks(&[("V-1", &item)], "2026-02-04", 2).len(), 3);
}

#[test]
fn the_command_is_the_next_step_of_the_workflow() {
    let step = |fields: &str| {
        let fields = format!("{OWNED}{fields}");
        tasks(&[("V-1", &fields)], "2026-01-31", 0).first().cloned().unwrap_or_default()
    };
    for (fields, command) in [
        ("", "poam milestone add V-1 \"WHAT\" --due DATE"),
        ("milestones: [{id: 1, description: A}]\n", "poam transition V-1 in-progress"),
        ("status: in-progress\n", "poam transition V-1 pending-validation"),
        ("status: pending-validation\n", "poam transition V-1 closed --evidence REFERENCE"),
    ] {
        assert_eq!(step(fields), format!("Today 2026-01-31 V-1 {command}"), "{fields}");
    }
}

#[test]
fn check_ins_decisions_and_owners_are_tasks_too() {
    for (fields, expected) in [
        (
            "original_risk_rating: low\nvendor_dependency: {vendor: Example, last_check_in: 2026-01-05}\n",
            "Today 2026-02-04 V-1 poam vendor check-in V-1 -m \"ANSWER\"",
        ),
        (
            "status: risk-accepted\nrisk_acceptance: {review_by: 2026-02-01}\n",
            "Late 2026-02-01 V-1 poam transition V-1 pending-approval -m \"WHY\"",
        ),
        (
            "status: deferred\ndeferral: {reason: r, until: 2026-02-05}\n",
            "Soon 2026-02-05 V-1 poam transition V-1 in-progress -m \"WHY\"",
        ),
        (
            "original_risk_rating: low\ndeviations: [{type: false-positive, state: pending}]\n",
            "Waiting - V-1 poam deviation approve V-1 false-positive --approver NAME",
        ),
    ] {
        let fields = format!("{OWNED}{fields}");
        assert_eq!(tasks(&[("V-1", &fields)], "2026-02-04", 14), [expected], "{fields}");
    }
    let nobody = tasks(&[("V-1", "original_risk_rating: low\n")], "2026-01-02", 14);
    assert_eq!(nobody, ["Waiting - V-1 poam assign V-1 --to NAME"]);
    assert!(tasks(&[("V-1", "status: closed\n")], "2026-03-04", 14).is_empty());
}

#[test]
fn a_review_under_way_is_the_task_of_who_has_to_act() {
    let fields = |state: &str| {
        format!(
            "{OWNED}original_risk_rating: low\nreview: {{state: {state}, by: Priya Raman, due: 2026-02-01}}\n"
        )
    };
    for (state, command) in [
        ("requested", "poam review submit V-1"),
        ("returned", "poam review submit V-1"),
        ("submitted", "poam review complete V-1 --note \"RESULT\""),
    ] {
        let expected = [format!("Late 2026-02-01 V-1 {command}")];
        assert_eq!(tasks(&[("V-1", &fields(state))], "2026-02-04", 14), expected, "{state}");
    }
    let store = store(&[("V-1", &fields("submitted"))]);
    let settings = settings("review: {escalate_to: [Lee Wong], escalate_after: 3}\n");
    let count = |today: &str, name: &str| {
        let mut list = TaskList::derive_tasks(&store, &settings, None, day(today), 14);
        list.retain_people(&store, |person| person.name == name);
        list.tasks.len()
    };
    assert_eq!(count("2026-02-04", "Priya Raman"), 1);
    assert_eq!(count("2026-02-04", "Jane Doe"), 0);
    assert_eq!((count("2026-02-03", "Lee Wong"), count("2026-02-04", "Lee Wong")), (0, 1));
}

#[test]
fn the_review_of_a_quiet_item_is_a_part_of_the_work_that_is_due() {
    let history = History::from_events(vec![created("2026-01-02", "V-1", "")]);
    let fields = format!("{OWNED}status: in-progress\n");
    let store = store(&[("V-1", &fields)]);
    let list = TaskList::derive_tasks(&store, &settings(""), Some(&history), day("2026-02-04"), 14);
    let kinds: Vec<_> = list.tasks.iter().map(|task| (task.kind, task.also.clone())).collect();
    assert_eq!(kinds, [(TaskKind::Item, vec![TaskKind::Review])]);
    let text = "close the item (in-progress); review: no change for 33 days";
    assert_eq!(list.tasks[0].text, text);
}

#[test]
fn a_milestone_is_the_task_of_its_own_owner() {
    let fields = format!(
        "{OWNED}original_risk_rating: low\nmilestones: [{{id: 1, description: A, due: 2026-02-05, owner: {{name: Sam Roe}}}}]\n"
    );
    let store = store(&[("V-1", &fields)]);
    let mut list = TaskList::derive_tasks(&store, &settings(""), None, day("2026-02-04"), 14);
    list.retain_people(&store, |person| person.name == "Sam Roe");
    assert_eq!(list.tasks.len(), 1);
    assert_eq!(list.tasks[0].assignee.as_deref(), Some("Sam Roe"));
}

#[test]
fn a_quiet_item_was_to_be_reviewed_when_it_became_stale() {
    let fields = format!("{OWNED}original_risk_rating: low\n");
    let history = History::from_events(vec![created("2026-01-02", "V-1", &fields)]);
    let store = store(&[("V-1", &fields)]);
    // 30 days are allowed: quiet for 33 days is late by 3.
    let list = TaskList::derive_tasks(&store, &settings(""), Some(&history), day("2026-02-04"), 14);
    let review = list.tasks.iter().find(|task| task.kind == TaskKind::Review).unwrap();
    assert_eq!((review.due, review.days), (Some(day("2026-02-01")), Some(-3)));
}
