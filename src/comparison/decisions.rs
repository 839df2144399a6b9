//! Which notes and differences a reviewer must see whatever else there is.

use super::ChangeNote;
use crate::history::{Action, Difference};

/// Topics of notes that are decisions.
const DECISIONS: [&str; 14] = [
    "decision",
    "self-approval",
    "deferred",
    "reopened",
    "rating",
    "due",
    "slip",
    "item-deleted",
    "closed-without-evidence",
    "rating-lowered",
    "original-rating-changed",
    "no-longer-overdue",
    "plan",
    "record-rewritten",
];

/// Rules on permanent values: what they report is a date that somebody decided to move.
const DATES: [&str; 4] =
    ["detection-date-changed", "detection-date-moved", "schedule-changed", "milestone-rewritten"];

/// Returns whether a note is about a decision.
pub(super) fn is_decision(note: &ChangeNote) -> bool {
    DECISIONS.contains(&note.about)
        || DATES.contains(&note.about)
        || (note.about == "closes" && note.alarming)
}

/// Returns whether a difference is never left out of a list: a status, a date, a rating, an owner, a
/// decision, or something that was removed.
pub(super) fn is_important(difference: &Difference) -> bool {
    match difference.action {
        Action::StatusChanged
        | Action::MilestoneRescheduled
        | Action::MilestoneRemoved
        | Action::ScheduleChanged
        | Action::OwnerChanged
        | Action::RiskAdjusted
        | Action::RiskAccepted
        | Action::DeviationRequested
        | Action::DeviationDecided
        | Action::EvidenceRemoved => true,
        Action::FieldChanged | Action::MilestoneChanged => {
            let field = difference.field.as_str();
            [
                "/deferral",
                "/risk_acceptance",
                "/deviations",
                "/allow",
                "/kev",
                "/vendor_dependency",
                "/partly_met",
            ]
            .iter()
            .any(|start| field.starts_with(start))
                || ["date", "due", "until", "status", "release", "released"]
                    .iter()
                    .any(|end| field.rsplit(['/', '_']).next() == Some(end))
        }
        _ => false,
    }
}

/// Returns whether the notes state all that a difference states.
pub(super) fn is_told(difference: &Difference, notes: &[ChangeNote]) -> bool {
    let has = |about: &[&str]| {
        notes.iter().any(|note| {
            about.contains(&note.about) || note.rule.is_some_and(|rule| about.contains(&rule))
        })
    };
    let field = difference.field.as_str();
    match difference.action {
        Action::ItemCreated | Action::ItemDeleted | Action::ItemRenamed | Action::Unreadable => {
            true
        }
        Action::DeviationDecided | Action::RiskAccepted => has(&["decision", "self-approval"]),
        Action::RiskAdjusted if field == "/original_risk_rating" => {
            has(&["rating-lowered", "original-rating-changed"])
        }
        Action::RiskAdjusted => has(&["rating"]),
        Action::FieldChanged if field == "/weakness_name" => has(&["identity"]),
        Action::ScheduleChanged => has(&["schedule-changed"]),
        Action::FieldChanged if field == "/original_detection_date" => {
            has(&["detection-date-changed", "detection-date-moved"])
        }
        Action::FieldChanged if field.starts_with("/deferral") => has(&["deferred"]),
        _ => false,
    }
}

/// Names the fields of differences that a list leaves out: `comments, assets`.
pub(super) fn fields(differences: &[&Difference]) -> String {
    let mut names: Vec<String> = Vec::new();
    for difference in differences {
        let name = match difference.action {
            Action::EvidenceAdded => "evidence".to_owned(),
            Action::MilestoneAdded | Action::MilestoneCompleted | Action::MilestoneChanged => {
                "milestones".to_owned()
            }
            _ => {
                let first = difference.field.trim_start_matches('/').split('/').next();
                first.unwrap_or_default().replace('_', " ")
            }
        };
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::diff_items;

    #[test]
    fn what_matters_is_never_left_out() {
        let item = serde_json::json!({
            "id": "V-1", "status": "open", "comments": "a", "assets": ["b"],
            "completion_date": "2026-01-01", "deferral": {"reason": "r", "until": "2026-05-01"},
            "vendor_dependency": {"vendor": "v", "fix_released": "2026-01-01"},
            "point_of_contact": {"name": "Ana"}, "resources_required": "c",
        });
        let mut other = item.clone();
        for (field, value) in [
            ("status", "deferred"),
            ("comments", "b"),
            ("completion_date", "2026-02-02"),
            ("resources_required", "d"),
        ] {
            other[field] = value.into();
        }
        other["deferral"]["until"] = "2026-06-01".into();
        other["vendor_dependency"]["fix_released"] = "2026-02-01".into();
        other["point_of_contact"]["name"] = "Sam".into();
        other["assets"] = serde_json::json!(["c"]);
        let found = diff_items(&item, &other);
        let (important, rest): (Vec<&Difference>, Vec<&Difference>) =
            found.iter().partition(|one| is_important(one));
        let mut kept: Vec<&str> =
            important.iter().map(|one| one.field.split('/').nth(1).unwrap()).collect();
        kept.sort_unstable();
        let expected =
            ["completion_date", "deferral", "point_of_contact", "status", "vendor_dependency"];
        assert_eq!(kept, expected);
        let names = fields(&rest);
        assert_eq!(names.split(", ").count(), 3, "{names}");
        for name in ["comments", "assets", "resources required"] {
            assert!(names.contains(name), "{names}");
        }
    }
}
