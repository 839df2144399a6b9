//! Commands on an item, by the code that they run.

use chrono::NaiveDate;
use poam::change::{Change, ChangeOptions, ItemRecord, MilestoneChange, Transition};
use poam::model::{DeviationState, DeviationType, Person, RiskRating, Workflow};
use poam::store::Stored;
use serde_json::{Value, json};

/// A command, with what it must change and nothing else.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// Addresses below which values may differ afterwards.
    pub(crate) touches: &'static [&'static str],
    /// Values that must be there afterwards.
    pub(crate) gives: Vec<(&'static str, Value)>,
    /// Values that must be at the ends of lists afterwards.
    pub(crate) adds: Vec<(&'static str, Vec<Value>)>,
    /// Addresses whose values are gone afterwards.
    pub(crate) removes: &'static [&'static str],
    plan: fn(&Stored) -> Result<Change, Box<dyn std::error::Error>>,
}

impl Command {
    /// The change, or why it would have to be made by hand.
    pub(crate) fn run(&self, stored: &Stored) -> Result<Change, Refused> {
        match (self.plan)(stored) {
            Ok(change) => Ok(change),
            Err(error) => {
                // The errors of commands pass on what the document says.
                let text = error.to_string();
                assert!(text.contains("edit it by hand at"), "{}: {text}", self.name);
                Err(Refused::parse(&text))
            }
        }
    }
}

/// Where a change has to be made by hand.
pub(crate) struct Refused {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Refused {
    /// Out of the error's text, which ends with `path:line:column`.
    fn parse(text: &str) -> Self {
        let (_, place) = text.rsplit_once("edit it by hand at ").unwrap();
        let mut parts = place.rsplitn(3, ':').skip(1);
        let line = parts.next().unwrap().parse().unwrap();
        Self { path: parts.next().unwrap().to_owned(), line, text: text.to_owned() }
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn step(stored: &Stored, step: &MilestoneChange) -> Result<Change, Box<dyn std::error::Error>> {
    let wish = ChangeOptions { reason: Some("because".to_owned()) };
    Ok(step.plan_change(stored, &wish, 0, day("2026-02-01"))?)
}

fn note(stored: &Stored, note: &ItemRecord) -> Result<Change, Box<dyn std::error::Error>> {
    Ok(note.plan_change(stored, &ChangeOptions::default(), day("2026-02-01"), day("2026-02-01"))?)
}

fn transition(stored: &Stored, wish: &Transition) -> Result<Change, Box<dyn std::error::Error>> {
    Ok(wish.plan_change(stored, &Workflow::default(), day("2026-02-01"))?)
}

/// Every command that changes an item.
pub(crate) fn all() -> Vec<Command> {
    vec![
        Command {
            name: "transition open",
            touches: &["/status"],
            gives: vec![("/status", json!("open"))],
            adds: vec![],
            removes: &[],
            plan: |it| transition(it, &Transition { to: "open".into(), ..<_>::default() }),
        },
        Command {
            name: "transition deferred",
            touches: &["/status", "/deferral"],
            gives: vec![
                ("/status", json!("deferred")),
                ("/deferral", json!({"reason": "waits: \"long\" # so", "until": "2026-05-01"})),
            ],
            adds: vec![],
            removes: &[],
            plan: |it| {
                let wish = Transition {
                    to: "deferred".into(),
                    reason: Some("waits: \"long\" # so".into()),
                    until: Some(day("2026-05-01")),
                    ..<_>::default()
                };
                transition(it, &wish)
            },
        },
        Command {
            name: "milestone add",
            touches: &["/milestones/2"],
            gives: vec![(
                "/milestones/2",
                json!({"id": 3, "description": "Scan: again, [all]", "due": "2026-03-01"}),
            )],
            adds: vec![],
            removes: &[],
            plan: |it| {
                let description = "Scan: again, [all]".to_owned();
                step(
                    it,
                    &MilestoneChange::Add {
                        description,
                        due: Some(day("2026-03-01")),
                        owner: None,
                    },
                )
            },
        },
        Command {
            name: "milestone start",
            touches: &["/milestones/1/status"],
            gives: vec![("/milestones/1/status", json!("in-progress"))],
            adds: vec![],
            removes: &[],
            plan: |it| step(it, &MilestoneChange::Start(2)),
        },
        Command {
            name: "milestone complete",
            touches: &["/milestones/0/status", "/milestones/0/completed", "/milestones/0/evidence"],
            gives: vec![
                ("/milestones/0/status", json!("completed")),
                ("/milestones/0/completed", json!("2026-01-30")),
            ],
            adds: vec![("/milestones/0/evidence", vec![json!("CHG-8"), json!("scan report, 2")])],
            removes: &[],
            plan: |it| {
                let evidence = vec!["CHG-8".to_owned(), "scan report, 2".to_owned()];
                step(
                    it,
                    &MilestoneChange::Complete {
                        number: 1,
                        date: Some(day("2026-01-30")),
                        evidence,
                    },
                )
            },
        },
        Command {
            name: "milestone complete the last",
            touches: &["/milestones/1/status", "/milestones/1/completed", "/milestones/1/evidence"],
            gives: vec![("/milestones/1/status", json!("completed"))],
            adds: vec![("/milestones/1/evidence", vec![json!("CHG-8")])],
            removes: &[],
            plan: |it| {
                let evidence = vec!["CHG-8".to_owned()];
                step(it, &MilestoneChange::Complete { number: 2, date: None, evidence })
            },
        },
        Command {
            name: "milestone reschedule",
            touches: &["/milestones/0/due"],
            gives: vec![("/milestones/0/due", json!("2026-04-01"))],
            adds: vec![],
            removes: &[],
            plan: |it| step(it, &MilestoneChange::Reschedule { number: 1, due: day("2026-04-01") }),
        },
        Command {
            name: "milestone edit",
            touches: &["/milestones/1/description"],
            gives: vec![("/milestones/1/description", json!("Tell: all # users"))],
            adds: vec![],
            removes: &[],
            plan: |it| {
                step(
                    it,
                    &MilestoneChange::Describe {
                        number: 2,
                        description: "Tell: all # users".into(),
                    },
                )
            },
        },
        Command {
            name: "milestone edit to lines",
            touches: &["/milestones/0/description"],
            gives: vec![("/milestones/0/description", json!("Close\n\nand scan\n"))],
            adds: vec![],
            removes: &[],
            plan: |it| {
                let description = "Close\n\nand scan\n".to_owned();
                step(it, &MilestoneChange::Describe { number: 1, description })
            },
        },
        Command {
            name: "milestone cancel",
            touches: &["/milestones/0/status"],
            gives: vec![("/milestones/0/status", json!("cancelled"))],
            adds: vec![],
            removes: &[],
            plan: |it| step(it, &MilestoneChange::Cancel(1)),
        },
        Command {
            name: "assign",
            touches: &["/point_of_contact"],
            gives: vec![("/point_of_contact", json!({"name": "Sam Roe"}))],
            adds: vec![],
            removes: &["/point_of_contact/email", "/point_of_contact/role"],
            plan: |it| note(it, &ItemRecord::Assign(Person::named("Sam Roe"))),
        },
        Command {
            name: "assign with all",
            touches: &["/point_of_contact"],
            gives: vec![(
                "/point_of_contact",
                json!({"name": "Ünal, O'Neil", "email": "u@example.com", "role": "ISSO"}),
            )],
            adds: vec![],
            removes: &[],
            plan: |it| {
                let person = Person {
                    name: "Ünal, O'Neil".into(),
                    email: Some("u@example.com".into()),
                    role: Some("ISSO".into()),
                };
                note(it, &ItemRecord::Assign(person))
            },
        },
        Command {
            name: "review",
            touches: &["/reviews"],
            gives: vec![],
            adds: vec![(
                "/reviews",
                vec![json!({"date": "2026-02-01", "by": "Sam Roe", "note": "on track"})],
            )],
            removes: &[],
            plan: |it| {
                note(
                    it,
                    &ItemRecord::Review { by: "Sam Roe".into(), note: Some("on track".into()) },
                )
            },
        },
        Command {
            name: "evidence",
            touches: &["/evidence"],
            gives: vec![],
            adds: vec![(
                "/evidence",
                vec![
                    json!({"type": "scan", "reference": "CHG-8", "collected": "2026-02-01"}),
                    json!({"type": "scan", "reference": "scan #2: {all}", "collected": "2026-02-01"}),
                ],
            )],
            removes: &[],
            plan: |it| {
                let references = vec!["CHG-8".to_owned(), "scan #2: {all}".to_owned()];
                note(
                    it,
                    &ItemRecord::Evidence { references, kind: Some("scan".into()), location: None },
                )
            },
        },
        Command {
            name: "vendor check-in",
            touches: &["/vendor_dependency/last_check_in", "/vendor_dependency/fix_released"],
            gives: vec![
                ("/vendor_dependency/last_check_in", json!("2026-02-01")),
                ("/vendor_dependency/fix_released", json!("2026-01-31")),
            ],
            adds: vec![],
            removes: &[],
            plan: |it| note(it, &ItemRecord::CheckIn { fix_released: Some(day("2026-01-31")) }),
        },
        Command {
            name: "deviation request",
            touches: &["/deviations"],
            gives: vec![],
            adds: vec![(
                "/deviations",
                vec![
                    json!({"type": "risk-adjustment", "state": "pending", "adjusted_risk_rating": "low", "rationale": "behind\na firewall", "request": "DR-1", "requested": "2026-02-01"}),
                ],
            )],
            removes: &[],
            plan: |it| {
                let request = ItemRecord::Request {
                    kind: DeviationType::RiskAdjustment,
                    rationale: "behind\na firewall".into(),
                    number: Some("DR-1".into()),
                    rating: Some(RiskRating::Low),
                };
                note(it, &request)
            },
        },
        Command {
            name: "deviation approve",
            touches: &["/deviations"],
            gives: vec![],
            adds: vec![],
            removes: &[],
            plan: |it| {
                let decision = ItemRecord::Decide {
                    kind: DeviationType::FalsePositive,
                    state: DeviationState::Approved,
                    approver: "Ann Official".into(),
                };
                note(it, &decision)
            },
        },
    ]
}
