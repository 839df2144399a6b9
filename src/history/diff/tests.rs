//! Tests of [`super`].

use serde_json::json;

use super::*;

fn item() -> Value {
    json!({
        "id": "V-1", "weakness_name": "W", "status": "open",
        "point_of_contact": {"name": "Jane Doe"},
        "milestones": [
            {"id": 1, "description": "A", "due": "2026-01-20"},
            {"id": 2, "description": "B", "due": "2026-02-10", "status": "in-progress"}
        ],
        "deviations": [{"type": "risk-adjustment", "state": "pending", "adjusted_risk_rating": "moderate"}],
        "evidence": [{"reference": "CHG-1"}],
        "vendor_dependency": {"vendor": "Example Corp", "last_check_in": "2026-01-01"},
        "extra": {"a": {"b": 1}}
    })
}

/// Sets values at pointers and shows what happened.
fn events(changes: &[(&str, Value)]) -> Vec<(Action, String, Value, Value)> {
    let mut new = item();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match new.pointer_mut(parent).unwrap() {
            Value::Object(map) if value.is_null() => drop(map.shift_remove(key)),
            Value::Object(map) => drop(map.insert(key.to_owned(), value.clone())),
            Value::Array(list) if value.is_null() => drop(list.remove(key.parse().unwrap())),
            Value::Array(list) if key == "-" => list.push(value.clone()),
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("no such place"),
        }
    }
    let parts = |it: Difference| (it.action, it.field, it.old.value(), it.new.value());
    diff_items(&item(), &new).into_iter().map(parts).collect()
}

#[test]
fn each_change_is_one_event_of_its_kind() {
    use Action::*;
    let null = Value::Null;
    let milestone = json!({"id": 3, "description": "C"});
    for (pointer, value, action, field, old) in [
        ("/status", json!("in-progress"), StatusChanged, "/status", json!("open")),
        (
            "/point_of_contact/name",
            json!("Sam"),
            OwnerChanged,
            "/point_of_contact",
            json!({"name": "Jane Doe"}),
        ),
        (
            "/milestones/0/due",
            json!("2026-03-01"),
            MilestoneRescheduled,
            "/milestones/0/due",
            json!("2026-01-20"),
        ),
        (
            "/milestones/0/status",
            json!("completed"),
            MilestoneCompleted,
            "/milestones/0/status",
            json!("pending"),
        ),
        (
            "/milestones/0/status",
            json!("in-progress"),
            MilestoneChanged,
            "/milestones/0/status",
            json!("pending"),
        ),
        (
            "/milestones/0/description",
            json!("X"),
            MilestoneChanged,
            "/milestones/0/description",
            json!("A"),
        ),
        ("/milestones/-", milestone, MilestoneAdded, "/milestones/2", null.clone()),
        (
            "/milestones/0",
            null.clone(),
            MilestoneRemoved,
            "/milestones/0",
            item()["milestones"][0].clone(),
        ),
        (
            "/deviations/0/state",
            json!("approved"),
            DeviationDecided,
            "/deviations/0",
            item()["deviations"][0].clone(),
        ),
        (
            "/deviations/0/rationale",
            json!("why"),
            FieldChanged,
            "/deviations/0/rationale",
            null.clone(),
        ),
        (
            "/deviations/-",
            json!({"type": "false-positive", "state": "pending"}),
            DeviationRequested,
            "/deviations/1",
            null.clone(),
        ),
        ("/evidence/-", json!({"reference": "X"}), EvidenceAdded, "/evidence/1", null.clone()),
        (
            "/evidence/0",
            null.clone(),
            EvidenceRemoved,
            "/evidence/0",
            json!({"reference": "CHG-1"}),
        ),
        (
            "/milestones/0/evidence",
            json!(["X"]),
            EvidenceAdded,
            "/milestones/0/evidence/0",
            null.clone(),
        ),
        (
            "/vendor_dependency/last_check_in",
            json!("2026-02-01"),
            VendorCheckedIn,
            "/vendor_dependency/last_check_in",
            json!("2026-01-01"),
        ),
        (
            "/vendor_dependency/product",
            json!("P"),
            FieldChanged,
            "/vendor_dependency/product",
            null.clone(),
        ),
        (
            "/risk_acceptance",
            json!({"rationale": "draft"}),
            FieldChanged,
            "/risk_acceptance",
            null.clone(),
        ),
        (
            "/risk_acceptance",
            json!({"approver": {"name": "AO"}}),
            RiskAccepted,
            "/risk_acceptance",
            null.clone(),
        ),
        (
            "/reviews",
            json!([{"date": "2026-02-01", "by": "Sam"}]),
            ReviewRecorded,
            "/reviews/0",
            null.clone(),
        ),
        (
            "/scheduled_completion_date",
            json!("2026-02-01"),
            ScheduleChanged,
            "/scheduled_completion_date",
            null.clone(),
        ),
        ("/extra/a/b", json!(2), FieldChanged, "/extra/a/b", json!(1)),
        ("/unknown", json!(2), FieldChanged, "/unknown", null.clone()),
    ] {
        let found = events(&[(pointer, value.clone())]);
        assert_eq!(
            (found[0].0, found[0].1.as_str(), &found[0].2),
            (action, field, &old),
            "{pointer} {value}"
        );
        let adjusted = usize::from(action == DeviationDecided);
        assert_eq!(found.len(), 1 + adjusted, "{found:#?}");
    }
}

#[test]
fn nothing_changed_is_no_event_and_several_changes_are_several() {
    assert_eq!(events(&[]), []);
    assert_eq!(
        events(&[("/milestones/0/status", json!("pending")), ("/kind", json!("weakness"))]),
        []
    );
    let found = events(&[
        ("/milestones/1/status", json!("completed")),
        ("/milestones/1/completed", json!("2026-02-09")),
        ("/status", json!("pending-validation")),
    ]);
    let actions: Vec<_> = found.iter().map(|it| it.0).collect();
    assert_eq!(actions, [Action::MilestoneCompleted, Action::StatusChanged]);
    let reordered = json!({"b": 1, "a": {"d": 2, "c": 3}});
    assert_eq!(diff_items(&json!({"a": {"c": 3, "d": 2}, "b": 1}), &reordered), []);
}

#[test]
fn an_approved_adjustment_says_what_counts_now() {
    let found = events(&[("/deviations/0/state", json!("approved"))]);
    assert_eq!((found[1].0, &found[1].3), (Action::RiskAdjusted, &json!("moderate")));
}

#[test]
fn settings_are_compared_field_by_field() {
    let found = diff_settings(
        &json!({"version": 1, "ids": {"prefix": "A"}}),
        &json!({"version": 1, "ids": {"prefix": "B"}, "warn_days": 3}),
    );
    let fields: Vec<_> = found.iter().map(|it| (it.action, it.field.as_str())).collect();
    assert_eq!(
        fields,
        [(Action::SettingsChanged, "/ids/prefix"), (Action::SettingsChanged, "/warn_days")]
    );
    assert_eq!(diff_settings(&Value::Null, &json!({"version": 1})).len(), 1);
}
