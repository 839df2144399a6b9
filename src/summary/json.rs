//! Renders a summary as JSON, version 1 of our own format.

use super::Summary;

/// Renders a summary as our own JSON, version 1. Fields may be added, none renamed.
pub(super) fn render(summary: &Summary) -> String {
    // Maps with string keys and plain values: there is nothing in it that JSON cannot hold.
    serde_json::to_string_pretty(summary).map_or_else(|_| "{}\n".to_owned(), |text| text + "\n")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::samples::{created, day, settings, store};
    use super::*;
    use crate::history::History;

    fn summary(history: Option<&History>) -> Value {
        let store = store(&[
            ("V-1", "point_of_contact: {name: Jane}\n"),
            ("V-2", "status: closed\ncompletion_date: 2026-01-11\n"),
        ]);
        let settings = settings("system: {name: Example Cloud}\n");
        let commit = Some("0123456789abcdef".to_owned());
        let summary = Summary::compute(&store, &settings, history, day("2026-02-03"), commit);
        assert_eq!(render(&summary), render(&summary.clone()));
        serde_json::from_str(&render(&summary)).unwrap()
    }

    #[test]
    fn the_shape_is_the_documented_one() {
        let history = History::from_events(vec![created("2026-01-02", "V-1", "")]);
        let found = summary(Some(&history));
        for (pointer, expected) in [
            ("/version", json!(1)),
            ("/as_of", json!("2026-02-03")),
            ("/commit", json!("0123456789abcdef")),
            ("/totals", json!({"open": 1, "closed": 1, "overdue": 1})),
            ("/by_status/open", json!(1)),
            ("/by_status/deferred", json!(0)),
            ("/by_risk/high", json!({"open": 1, "overdue": 1, "closed": 1})),
            (
                "/by_owner",
                json!([{"owner": "Jane", "open": 1, "overdue": 1, "oldest": 33, "oldest_item": "V-1"}]),
            ),
            (
                "/aging/1",
                json!({"risk": "high", "bins": {"0-30": 0, "31-60": 1, "61-90": 0, "91-120": 0, "121+": 0}}),
            ),
            ("/overdue", json!(["V-1"])),
            ("/stale", json!(["V-1"])),
            ("/due_soon", json!([])),
            ("/vendor_check_ins_due", json!([])),
            ("/pending_deviations", json!([])),
            ("/items/V-1/days_overdue", json!(3)),
            ("/escalations", json!([])),
            ("/system_status", json!("Satisfactory")),
            ("/month/opened", json!(0)),
            ("/month/closed", json!(0)),
            ("/month/rescheduled", json!(0)),
            (
                "/trend/0",
                json!({"month": "2026-01", "open": 1, "opened": 1, "reopened": 0, "closed": 0, "removed": 0, "rescheduled": 0, "overdue": 0,
                    "by_risk": {"critical": 0, "high": 1, "moderate": 0, "low": 0}}),
            ),
            ("/escalations_ahead", json!([])),
            ("/monthly/months", json!(["2026-01", "2026-02"])),
            ("/monthly/open/0", json!({"rating": "high", "counts": [1, 1]})),
            ("/monthly/open/1/rating", json!("high/moderate")),
            ("/monthly/total", json!([1, 1])),
            ("/monthly/age/0/past_due", json!(1)),
            (
                "/time_to_close",
                json!([{"risk": "high", "closed": 1, "mean_days": 10.0, "median_days": 10.0, "longest_days": 10}]),
            ),
            ("/submissions", json!([])),
            ("/slips/count", json!(0)),
        ] {
            assert_eq!(found.pointer(pointer), Some(&expected), "{pointer}");
        }
    }

    #[test]
    fn without_history_its_numbers_are_absent() {
        let found = summary(None);
        assert_eq!(found["month"], Value::Null);
        assert_eq!(found["slips"], Value::Null);
        assert_eq!(found["trend"], json!([]));
        assert_eq!(found["items"]["V-1"]["days_quiet"], Value::Null);
    }
}
