//! Independent model of an item and of the descriptions of its changes: it shares nothing with the
//! program but the words.

use std::collections::BTreeMap;

use chrono::NaiveDate;

/// A milestone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelStep {
    pub(crate) text: String,
    pub(crate) due: NaiveDate,
    pub(crate) status: &'static str,
    pub(crate) evidence: Vec<String>,
}

impl ModelStep {
    pub(crate) fn is_finished(&self) -> bool {
        matches!(self.status, "completed" | "cancelled")
    }
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) status: &'static str,
    pub(crate) owner: String,
    pub(crate) steps: BTreeMap<u32, ModelStep>,
    pub(crate) evidence: Vec<String>,
    pub(crate) reviews: Vec<String>,
    pub(crate) asked: Option<NaiveDate>,
    /// States of the requests for a false positive, one after the other.
    pub(crate) requests: Vec<&'static str>,
    pub(crate) deferral: Option<(String, NaiveDate)>,
    pub(crate) completed: Option<NaiveDate>,
}

impl Item {
    /// An item as every test begins with.
    pub(crate) fn new(id: &str) -> Self {
        let due = "2026-03-01".parse().unwrap();
        let step = |text: &str| ModelStep {
            text: text.to_owned(),
            due,
            status: "pending",
            evidence: Vec::new(),
        };
        Self {
            id: id.to_owned(),
            status: "open",
            owner: "Jane Doe".to_owned(),
            steps: BTreeMap::from([(1, step("Patch")), (2, step("Scan"))]),
            evidence: Vec::new(),
            reviews: Vec::new(),
            asked: None,
            requests: Vec::new(),
            deferral: None,
            completed: None,
        }
    }

    /// The file that says so.
    pub(crate) fn file(&self) -> String {
        format!(
            "id: {}\nweakness_name: Open port # kept\npoint_of_contact: {{name: Jane Doe}}\n\
             original_detection_date: 2026-01-05\noriginal_risk_rating: high\nmilestones:\n\
             \x20 - {{id: 1, description: Patch, due: 2026-03-01}}\n\
             \x20 - id: 2 # second\n    description: Scan\n    due: 2026-03-01\n\
             status: open\nvendor_dependency:\n  vendor: Example Corp\n  product: Firewall\n",
            self.id
        )
    }
}

/// Lists the expected descriptions of a change from one version of an item to another, in any
/// order.
pub(crate) fn told(before: &Item, after: &Item) -> Vec<String> {
    let id = &after.id;
    let mut told = Vec::new();
    let mut say = |what: String| told.push(format!("{id} {what}"));
    if before.status != after.status {
        say(format!("status-changed {} -> {}", before.status, after.status));
    }
    if before.owner != after.owner {
        say(format!("owner-changed {} -> {}", before.owner, after.owner));
    }
    for (number, step) in &after.steps {
        let Some(was) = before.steps.get(number) else {
            say(format!("milestone-added {number} {} {}", step.text, step.due));
            continue;
        };
        if was.due != step.due {
            say(format!("milestone-rescheduled {number} {} -> {}", was.due, step.due));
        }
        if was.text != step.text {
            say(format!("milestone-changed {number} {} -> {}", was.text, step.text));
        }
        if was.status != step.status && step.status == "completed" {
            say(format!("milestone-completed {number}"));
        } else if was.status != step.status {
            say(format!("milestone-changed {number} {} -> {}", was.status, step.status));
        }
        for reference in &step.evidence[was.evidence.len()..] {
            say(format!("evidence-added {number} {reference}"));
        }
    }
    for reference in &after.evidence[before.evidence.len()..] {
        say(format!("evidence-added {reference}"));
    }
    for review in &after.reviews[before.reviews.len()..] {
        say(format!("review-recorded {review}"));
    }
    if before.asked != after.asked {
        say(format!("vendor-checked-in {}", after.asked.unwrap()));
    }
    if before.requests != after.requests {
        let state = after.requests.last().unwrap();
        let action = if *state == "pending" { "deviation-requested" } else { "deviation-decided" };
        say(format!("{action} {state}"));
    }
    match (&before.deferral, &after.deferral) {
        (None, Some(_)) => say("field-changed /deferral".to_owned()),
        (Some((reason, until)), Some((new_reason, new_until))) => {
            if reason != new_reason {
                say("field-changed /deferral/reason".to_owned());
            }
            if until != new_until {
                say("field-changed /deferral/until".to_owned());
            }
        }
        _ => {}
    }
    if before.completed != after.completed {
        say("field-changed /completion_date".to_owned());
    }
    told.sort_unstable();
    told
}
