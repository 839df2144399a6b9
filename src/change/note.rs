//! Records on an item besides status and milestones: owner, reviews, evidence, check-ins, KEV
//! entries, deviations.
//!
//! Each is planned as edits of the file and returned as a [`Change`]; nothing is written here.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{Change, ChangeOptions, NoEvidence, check_evidence, day_value, explain_impossible};
use crate::document::{Edit, EditError};
use crate::model::{
    Deviation, DeviationState, DeviationType, Evidence, Item, Person, RiskRating, is_blank,
    normalize_look,
};
use crate::store::Stored;
use crate::text::visible;

/// Record of an item besides its status and its milestones.
#[derive(Debug, Clone)]
pub enum ItemRecord {
    /// Another owner.
    Assign(Person),
    /// Somebody looked at it.
    Review {
        /// Person who made the entry.
        by: String,
        /// Outcome.
        note: Option<String>,
    },
    /// Evidence was collected.
    Evidence {
        /// Tickets, documents, scans.
        references: Vec<String>,
        /// Type of the evidence.
        kind: Option<String>,
        /// Place where it is stored.
        location: Option<String>,
    },
    /// The vendor was asked, or has released a fix.
    CheckIn {
        /// The day of the release, when there was one.
        fix_released: Option<NaiveDate>,
    },
    /// A deviation is asked for.
    Request {
        /// Which.
        kind: DeviationType,
        /// Reason of the request.
        rationale: String,
        /// Number of the request.
        number: Option<String>,
        /// The rating asked for.
        rating: Option<RiskRating>,
    },
    /// CISA's catalog lists a vulnerability of the item.
    Kev {
        /// The day of the catalog's entry.
        added: NaiveDate,
        /// The due date of the catalog.
        due: NaiveDate,
        /// The version of the catalog.
        catalog: String,
    },
    /// A pending deviation request comes back with a question.
    Return {
        /// Which.
        kind: DeviationType,
        /// Text of the question.
        question: String,
        /// Person who asked.
        by: Option<String>,
    },
    /// A returned deviation request is submitted again.
    Resubmit {
        /// Which.
        kind: DeviationType,
        /// Answer to the question.
        answer: String,
    },
    /// A pending deviation request is taken back.
    Withdraw {
        /// Which.
        kind: DeviationType,
    },
    /// A pending deviation is decided.
    Decide {
        /// Which.
        kind: DeviationType,
        /// Approved or denied.
        state: DeviationState,
        /// The person.
        approver: String,
    },
}

/// Reasons why nothing is recorded.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// Nothing would change.
    #[error("{id}: {what} already")]
    Already {
        /// The item.
        id: String,
        /// The fact that is so already.
        what: String,
    },
    /// Evidence that the item has.
    #[error(
        "{id}: the evidence `{reference}` is there already{day}; add what is new about it with \
         --type or --location"
    )]
    Known {
        /// The item.
        id: String,
        /// The evidence.
        reference: String,
        /// When it was collected, in words.
        day: String,
    },
    /// Evidence that is named twice.
    #[error("`{reference}` is named twice")]
    Twice {
        /// The evidence.
        reference: String,
    },
    /// Words that are no evidence.
    #[error(transparent)]
    NoEvidence(#[from] NoEvidence),
    /// Another record must exist first.
    #[error("{id}: {what}")]
    Missing {
        /// The item.
        id: String,
        /// The missing record, and the way out.
        what: String,
    },
    /// A date that cannot be.
    #[error("{id}: {date} {problem}")]
    Date {
        /// The item.
        id: String,
        /// The date.
        date: NaiveDate,
        /// Fault of the date.
        problem: &'static str,
    },
    /// The file cannot be changed in place.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl ItemRecord {
    /// The change that records it, as of a day.
    pub fn plan_change(
        &self,
        stored: &Stored,
        wish: &ChangeOptions,
        date: NaiveDate,
        today: NaiveDate,
    ) -> Result<Change, NoteError> {
        let id = stored.item.id.to_string();
        if let Some((date, problem)) = self.find_misdated(&stored.item, date, today) {
            return Err(NoteError::Date { id, date, problem });
        }
        let already = |what: String| NoteError::Already { id: id.clone(), what };
        let missing = |what: &str| NoteError::Missing {
            id: id.clone(),
            what: what.replace(" ID ", &format!(" {id} ")),
        };
        let mut facts: Vec<(&'static str, String)> = Vec::new();
        let (edits, subject) = match self {
            Self::Assign(person) => {
                if stored.item.point_of_contact.as_ref() == Some(person) {
                    return Err(already(format!("{} owns it", person.name)));
                }
                (assign_owner(stored, person), format!("{id}: owner {}", person.name))
            }
            Self::Review { by, note } => {
                let review = fields_value([
                    ("date", Some(day_value(date))),
                    ("by", text_value(by)),
                    ("note", note.as_ref().and_then(|it| text_value(it))),
                ]);
                (vec![Edit::append("/reviews", review)], format!("{id}: reviewed"))
            }
            Self::Evidence { references, kind, location } => {
                check_evidence(references, today)?;
                // Collected once more, it is the same evidence.
                let known = |reference: &str| {
                    let same = |one: &&Evidence| {
                        one.reference == reference && one.kind == *kind && one.location == *location
                    };
                    stored.item.evidence.iter().find(same)
                };
                for (at, reference) in references.iter().enumerate() {
                    if let Some(one) = known(reference) {
                        let day = one.collected.map(|day| format!(", collected {day}"));
                        return Err(NoteError::Known {
                            id,
                            reference: reference.clone(),
                            day: day.unwrap_or_default(),
                        });
                    }
                    if references.iter().take(at).any(|other| other == reference) {
                        return Err(NoteError::Twice { reference: reference.clone() });
                    }
                }
                facts.extend(references.iter().map(|one| ("Poam-Evidence", one.clone())));
                let edits = references.iter().map(|reference| {
                    let entry = fields_value([
                        ("type", kind.as_ref().and_then(|it| text_value(it))),
                        ("reference", text_value(reference)),
                        ("location", location.as_ref().and_then(|it| text_value(it))),
                        ("collected", Some(day_value(date))),
                    ]);
                    Edit::append("/evidence", entry)
                });
                (edits.collect(), format!("{id}: evidence {}", references.join(", ")))
            }
            Self::Kev { added, due, catalog } => {
                let edits = list_as_exploited(&stored.item, *added, *due);
                if edits.is_empty() {
                    return Err(already("the item says what the catalog does".to_owned()));
                }
                facts.push(("Poam-Kev-Catalog", catalog.clone()));
                (edits, format!("{id}: known exploited vulnerability, due {due}"))
            }
            Self::CheckIn { fix_released } => {
                let Some(vendor) = &stored.item.vendor_dependency else {
                    return Err(missing(
                        "it waits for no vendor; `poam set ID vendor=NAME product=NAME` names one",
                    ));
                };
                if fix_released.is_none() && vendor.last_check_in == Some(date) {
                    return Err(already(format!("the vendor was asked on {date}")));
                }
                let mut edits =
                    vec![Edit::set("/vendor_dependency/last_check_in", day_value(date))];
                edits.extend(fix_released.map(|released| {
                    Edit::set("/vendor_dependency/fix_released", day_value(released))
                }));
                let said = fix_released.map_or_else(
                    || "vendor check-in".to_owned(),
                    |released| format!("vendor released a fix on {released}"),
                );
                (edits, format!("{id}: {said}"))
            }
            Self::Request { kind, rationale, number, rating } => {
                if stored.item.deviation(*kind).is_some_and(|one| !one.state.is_refused()) {
                    return Err(already(format!("its {kind} is requested or decided")));
                }
                if *kind == DeviationType::RiskAdjustment && rating.is_none() {
                    return Err(missing(
                        "a risk adjustment asks for a rating: add --rating RATING",
                    ));
                }
                let entry = fields_value([
                    ("type", text_value(kind.as_str())),
                    ("state", text_value("pending")),
                    ("adjusted_risk_rating", rating.and_then(|rating| text_value(rating.as_str()))),
                    ("rationale", text_value(rationale)),
                    ("request", number.as_ref().and_then(|it| text_value(it))),
                    ("requested", Some(day_value(date))),
                ]);
                (vec![Edit::append("/deviations", entry)], format!("{id}: {kind} requested"))
            }
            Self::Return { kind, question, by } => {
                let (at, pending) = find_pending(&stored.item, *kind).map_err(|it| missing(&it))?;
                if let Some(open) = pending.open_question() {
                    return Err(missing(&format!(
                        "the {kind} was returned on {} and waits for the answer; `poam deviation \
                         resubmit` gives it",
                        open.returned
                    )));
                }
                let question = fields_value([
                    ("returned", Some(day_value(date))),
                    ("by", by.as_ref().and_then(|it| text_value(it))),
                    ("question", text_value(question)),
                ]);
                let edits = vec![Edit::append(format!("/deviations/{at}/questions"), question)];
                (edits, format!("{id}: {kind} returned"))
            }
            Self::Resubmit { kind, answer } => {
                let (at, pending) = find_pending(&stored.item, *kind).map_err(|it| missing(&it))?;
                if pending.open_question().is_none() {
                    return Err(missing(&format!(
                        "the {kind} was not returned; `poam deviation return` records a question"
                    )));
                }
                let last = pending.questions.len() - 1;
                let question = format!("/deviations/{at}/questions/{last}");
                let edits = vec![
                    Edit::set(format!("{question}/resubmitted"), day_value(date)),
                    Edit::set(format!("{question}/answer"), answer.as_str()),
                ];
                (edits, format!("{id}: {kind} resubmitted"))
            }
            Self::Withdraw { kind } => {
                let (at, _) = find_pending(&stored.item, *kind).map_err(|it| missing(&it))?;
                let edits = vec![
                    Edit::set(format!("/deviations/{at}/state"), "withdrawn"),
                    Edit::set(format!("/deviations/{at}/decided"), day_value(date)),
                ];
                (edits, format!("{id}: {kind} withdrawn"))
            }
            Self::Decide { kind, state, approver } => {
                let (at, entry) = match find_last(&stored.item, *kind) {
                    Some((at, one))
                        if *state == DeviationState::Approved && lacks_approval(one) =>
                    {
                        (at, one)
                    }
                    _ => find_pending(&stored.item, *kind).map_err(|it| missing(&it))?,
                };
                // A draft may name somebody while it is pending: what counts is who decides.
                let named = entry
                    .approver
                    .as_ref()
                    .filter(|one| entry.state == *state && !is_blank(&one.name));
                if let Some(other) = named
                    && normalize_look(&other.name) != normalize_look(approver)
                {
                    return Err(missing(&format!(
                        "{} stands as who decided on the {kind}; give that name with --approver",
                        visible(&other.name)
                    )));
                }
                facts.push(("Poam-Approver", approver.clone()));
                let at = format!("/deviations/{at}");
                let mut edits = Vec::new();
                if entry.state != *state {
                    edits.push(Edit::set(format!("{at}/state"), state.as_str()));
                }
                if named.is_none() {
                    edits.push(Edit::set(format!("{at}/approver"), json!({"name": approver})));
                }
                // A document may state the day and not the person.
                if entry.state == DeviationState::Pending || entry.decided.is_none() {
                    edits.push(Edit::set(format!("{at}/decided"), day_value(date)));
                }
                (edits, format!("{id}: {kind} {}", state.as_str()))
            }
        };
        Ok(Change::build(stored, &edits, subject, wish, facts)?)
    }
}

impl ItemRecord {
    /// The first date of the note that cannot be, and why.
    fn find_misdated(
        &self,
        item: &Item,
        date: NaiveDate,
        today: NaiveDate,
    ) -> Option<(NaiveDate, &'static str)> {
        let wrong = |date| Some((date, explain_impossible(item, date, today)?));
        let after = |before: Option<NaiveDate>, problem| {
            before.filter(|before| date < *before).map(|_| (date, problem))
        };
        match self {
            // An owner is not written with a day, and a scan may be older than what it showed.
            Self::Assign(_) | Self::Evidence { .. } => {
                (date > today).then_some((date, "lies in the future"))
            }
            Self::Review { .. } | Self::Request { .. } => wrong(date),
            // The catalog's days are CISA's: an entry may be older than the detection.
            Self::Kev { .. } => None,
            Self::CheckIn { fix_released } => {
                let last = item.vendor_dependency.as_ref().and_then(|it| it.last_check_in);
                wrong(date)
                    .or_else(|| after(last, "lies before the last check-in"))
                    .or_else(|| wrong((*fix_released)?))
            }
            Self::Decide { kind, .. }
            | Self::Return { kind, .. }
            | Self::Resubmit { kind, .. }
            | Self::Withdraw { kind } => {
                let request = item.deviation(*kind);
                let asked = request.and_then(|it| it.requested);
                let question = request.and_then(|it| it.questions.last());
                let returned = question.map(|it| it.resubmitted.unwrap_or(it.returned));
                wrong(date)
                    .or_else(|| after(asked, "lies before the request"))
                    .or_else(|| after(returned, "lies before the last question or answer"))
            }
        }
    }
}

/// Returns whether a deviation counts as approved, but not by whom or when: a workbook has no columns for that.
pub fn lacks_approval(deviation: &Deviation) -> bool {
    deviation.state == DeviationState::Approved
        && (deviation.decided.is_none()
            || deviation.approver.as_ref().is_none_or(|one| is_blank(&one.name)))
}

/// Returns the last deviation of a kind with its place.
fn find_last(item: &Item, kind: DeviationType) -> Option<(usize, &Deviation)> {
    item.deviations.iter().enumerate().rfind(|(_, one)| one.kind == kind)
}

/// Returns the last deviation of a kind with its place, if it is pending; else what is missing.
fn find_pending(item: &Item, kind: DeviationType) -> Result<(usize, &Deviation), String> {
    find_last(item, kind)
        .filter(|(_, one)| one.state == DeviationState::Pending)
        .ok_or_else(|| format!("no {kind} is pending; `poam deviation request` asks for one"))
}

/// The edits that make an item state what the catalog of known exploited vulnerabilities states.
fn list_as_exploited(item: &Item, added: NaiveDate, due: NaiveDate) -> Vec<Edit> {
    let Some(there) = &item.kev else {
        let kev = fields_value([
            ("listed", Some(true.into())),
            ("added", Some(day_value(added))),
            ("due", Some(day_value(due))),
        ]);
        return vec![Edit::set("/kev", kev)];
    };
    let mut edits = Vec::new();
    if !there.listed {
        edits.push(Edit::set("/kev/listed", true));
    }
    if there.added != Some(added) {
        edits.push(Edit::set("/kev/added", day_value(added)));
    }
    if there.due != Some(due) {
        edits.push(Edit::set("/kev/due", day_value(due)));
    }
    edits
}

/// The edits that make somebody the owner; what the file states of the one before goes with him.
fn assign_owner(stored: &Stored, person: &Person) -> Vec<Edit> {
    let there = stored.item.point_of_contact.as_ref();
    let Some(before) = there else {
        let person = fields_value([
            ("name", text_value(&person.name)),
            ("email", person.email.as_ref().and_then(|it| text_value(it))),
            ("role", person.role.as_ref().and_then(|it| text_value(it))),
        ]);
        return vec![Edit::set("/point_of_contact", person)];
    };
    let mut edits = vec![Edit::set("/point_of_contact/name", person.name.as_str())];
    for (field, old, new) in
        [("email", &before.email, &person.email), ("role", &before.role, &person.role)]
    {
        let at = format!("/point_of_contact/{field}");
        match (old, new) {
            (_, Some(new)) => edits.push(Edit::set(at, new.as_str())),
            (Some(_), None) => edits.push(Edit::remove(at)),
            (None, None) => {}
        }
    }
    edits
}

fn text_value(text: &str) -> Option<Value> {
    Some(text.into())
}

/// A mapping of the fields that have a value.
fn fields_value<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "\
id: V-1
weakness_name: W
point_of_contact: {name: Jane Doe, email: jane@example.com} # who
original_detection_date: 2026-01-01
original_risk_rating: high
status: open
deviations:
  - {type: false-positive, state: pending, requested: 2026-01-08} # asked
evidence: [{reference: CHG-1, collected: 2026-01-10}]
vendor_dependency:
  vendor: Example Corp
  last_check_in: 2026-01-05
";

    fn plan(note: &ItemRecord, date: &str) -> Result<Change, NoteError> {
        let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
        note.plan_change(
            &stored,
            &ChangeOptions::default(),
            date.parse().unwrap(),
            "2026-02-01".parse().unwrap(),
        )
    }

    fn request(rating: Option<RiskRating>) -> ItemRecord {
        ItemRecord::Request {
            kind: DeviationType::RiskAdjustment,
            rationale: "Firewall".into(),
            number: Some("DR-1".into()),
            rating,
        }
    }

    fn evidence(references: &[&str], kind: Option<&str>) -> ItemRecord {
        ItemRecord::Evidence {
            references: references.iter().map(|one| (*one).to_owned()).collect(),
            kind: kind.map(str::to_owned),
            location: None,
        }
    }

    fn returned() -> ItemRecord {
        ItemRecord::Return {
            kind: DeviationType::FalsePositive,
            question: "Which scan?".into(),
            by: Some("Ann Official".into()),
        }
    }

    fn decide(kind: DeviationType) -> ItemRecord {
        ItemRecord::Decide {
            kind,
            state: DeviationState::Approved,
            approver: "Ann Official".into(),
        }
    }

    #[test]
    fn each_note_is_recorded_where_it_belongs() {
        for (note, pointer, value, subject) in [
            (
                ItemRecord::Assign(Person::named("Sam Roe")),
                "/point_of_contact",
                json!({"name": "Sam Roe"}),
                "V-1: owner Sam Roe",
            ),
            (
                ItemRecord::Review { by: "Sam Roe".into(), note: None },
                "/reviews/0",
                json!({"date": "2026-01-20", "by": "Sam Roe"}),
                "V-1: reviewed",
            ),
            (
                ItemRecord::Evidence {
                    references: vec!["a-1".into(), "b-2".into()],
                    kind: Some("scan".into()),
                    location: None,
                },
                "/evidence/2",
                json!({"type": "scan", "reference": "b-2", "collected": "2026-01-20"}),
                "V-1: evidence a-1, b-2",
            ),
            (
                evidence(&["CHG-1"], Some("scan")),
                "/evidence/1",
                json!({"type": "scan", "reference": "CHG-1", "collected": "2026-01-20"}),
                "V-1: evidence CHG-1",
            ),
            (
                ItemRecord::CheckIn { fix_released: None },
                "/vendor_dependency/last_check_in",
                json!("2026-01-20"),
                "V-1: vendor check-in",
            ),
            (
                request(Some(RiskRating::Low)),
                "/deviations/1/adjusted_risk_rating",
                json!("low"),
                "V-1: risk-adjustment requested",
            ),
            (
                returned(),
                "/deviations/0/questions",
                json!([{"returned": "2026-01-20", "by": "Ann Official", "question": "Which scan?"}]),
                "V-1: false-positive returned",
            ),
            (
                ItemRecord::Withdraw { kind: DeviationType::FalsePositive },
                "/deviations/0",
                json!({"type": "false-positive", "state": "withdrawn", "requested": "2026-01-08", "decided": "2026-01-20"}),
                "V-1: false-positive withdrawn",
            ),
            (
                decide(DeviationType::FalsePositive),
                "/deviations/0",
                json!({"type": "false-positive", "state": "approved", "requested": "2026-01-08", "approver": {"name": "Ann Official"}, "decided": "2026-01-20"}),
                "V-1: false-positive approved",
            ),
        ] {
            let change =
                plan(&note, "2026-01-20").unwrap_or_else(|error| panic!("{note:?}: {error}"));
            assert_eq!(
                change.document.to_value().pointer(pointer),
                Some(&value),
                "{}",
                change.document.text()
            );
            assert_eq!(change.subject, subject);
            assert!(crate::model::is_own_subject(subject), "{subject}");
            assert!(
                change.document.text().contains("# who")
                    && change.document.text().contains("# asked")
            );
        }
    }

    #[test]
    fn an_approval_that_a_document_states_gets_its_person_and_day() {
        let approve = |more: &str, by: &str| {
            let text = format!(
                "id: V-1\nweakness_name: W\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: open\n\
                deviations: [{{type: operational-requirement, state: approved{more}}}]\n"
            );
            let stored = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap();
            let kind = DeviationType::OperationalRequirement;
            let decide = ItemRecord::Decide {
                kind,
                state: DeviationState::Approved,
                approver: by.to_owned(),
            };
            let day = "2026-01-20".parse().unwrap();
            let change = decide.plan_change(&stored, &ChangeOptions::default(), day, day);
            change
                .map(|it| it.document.to_value()["deviations"][0].clone())
                .map_err(|error| error.to_string())
        };
        let entry = |decided: &str| {
            json!({"type": "operational-requirement", "state": "approved",
                "approver": {"name": "Ann Official"}, "decided": decided})
        };
        assert_eq!(approve("", "Ann Official").unwrap(), entry("2026-01-20"));
        let day = ", decided: 2026-01-10";
        assert_eq!(approve(day, "Ann Official").unwrap(), entry("2026-01-10"));
        let person = ", approver: {name: Ann Official}";
        assert_eq!(approve(person, "Ann Official").unwrap(), entry("2026-01-20"));
        assert_eq!(
            approve(person, "Sam Roe").unwrap_err(),
            "V-1: Ann Official stands as who decided on the operational-requirement; give that name with --approver"
        );
        let whole = format!("{person}{day}");
        assert!(approve(&whole, "Ann Official").unwrap_err().contains("is pending"));
    }

    #[test]
    fn every_refusal_says_what_would_do() {
        let same = Person { email: Some("jane@example.com".into()), ..Person::named("Jane Doe") };
        for (note, date, message) in [
            (ItemRecord::Assign(same), "2026-01-20", "V-1: Jane Doe owns it already"),
            (
                ItemRecord::CheckIn { fix_released: None },
                "2026-01-05",
                "V-1: the vendor was asked on 2026-01-05 already",
            ),
            (
                ItemRecord::CheckIn { fix_released: None },
                "2026-03-05",
                "V-1: 2026-03-05 lies in the future",
            ),
            (
                ItemRecord::CheckIn { fix_released: None },
                "2026-01-04",
                "V-1: 2026-01-04 lies before the last check-in",
            ),
            (
                evidence(&["CHG-2", "CHG-1"], None),
                "2026-01-20",
                "V-1: the evidence `CHG-1` is there already, collected 2026-01-10; add what is new about it with --type or --location",
            ),
            (evidence(&["CHG-2", "CHG-2"], None), "2026-01-20", "`CHG-2` is named twice"),
            (
                evidence(&["CHG-2", "n/a"], None),
                "2026-01-20",
                "`n/a` is no evidence: name the ticket, document, file or scan that somebody can look up",
            ),
            (
                ItemRecord::CheckIn { fix_released: None },
                "2019-11-10",
                "V-1: 2019-11-10 lies before the detection date",
            ),
            (
                ItemRecord::CheckIn { fix_released: "2019-01-01".parse().ok() },
                "2026-01-20",
                "V-1: 2019-01-01 lies before the detection date",
            ),
            (
                ItemRecord::CheckIn { fix_released: "2026-02-02".parse().ok() },
                "2026-01-20",
                "V-1: 2026-02-02 lies in the future",
            ),
            (
                ItemRecord::Review { by: "Sam Roe".into(), note: None },
                "2019-01-01",
                "V-1: 2019-01-01 lies before the detection date",
            ),
            (
                request(Some(RiskRating::Low)),
                "2019-01-01",
                "V-1: 2019-01-01 lies before the detection date",
            ),
            (
                decide(DeviationType::FalsePositive),
                "2020-01-01",
                "V-1: 2020-01-01 lies before the detection date",
            ),
            (
                decide(DeviationType::FalsePositive),
                "2026-01-07",
                "V-1: 2026-01-07 lies before the request",
            ),
            (
                request(None),
                "2026-01-20",
                "V-1: a risk adjustment asks for a rating: add --rating RATING",
            ),
            (
                ItemRecord::Resubmit { kind: DeviationType::FalsePositive, answer: "b".into() },
                "2026-01-20",
                "V-1: the false-positive was not returned; `poam deviation return` records a question",
            ),
            (returned(), "2026-01-07", "V-1: 2026-01-07 lies before the request"),
            (
                ItemRecord::Withdraw { kind: DeviationType::RiskAdjustment },
                "2026-01-20",
                "V-1: no risk-adjustment is pending; `poam deviation request` asks for one",
            ),
            (
                decide(DeviationType::RiskAdjustment),
                "2026-01-20",
                "V-1: no risk-adjustment is pending; `poam deviation request` asks for one",
            ),
        ] {
            assert_eq!(plan(&note, date).unwrap_err().to_string(), message);
        }
    }
}
