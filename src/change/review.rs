//! The steps of a review: it is requested, submitted, returned for changes, and completed.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{Change, ChangeOptions, day_value, explain_impossible};
use crate::document::{Edit, EditError};
use crate::model::{OpenReview, ReviewState};
use crate::store::Stored;

/// A step of the review of an item.
#[derive(Debug, Clone)]
pub enum ReviewStep {
    /// Asks the owner to bring the item up to date and to submit it.
    Request {
        /// The reviewer.
        by: String,
        /// The day by which the owner submits it.
        due: NaiveDate,
        /// Request to the reviewer.
        note: Option<String>,
    },
    /// Hands the item to its reviewer.
    Submit {
        /// The reviewer, where nobody asked for the review.
        reviewer: Option<String>,
        /// The day by which the reviewer looks at it.
        due: NaiveDate,
        /// Information for the reviewer.
        note: Option<String>,
    },
    /// Gives the item back to its owner for changes.
    Return {
        /// The reviewer.
        by: String,
        /// The day by which the owner submits it again.
        due: NaiveDate,
        /// The changes that are asked for.
        note: String,
    },
    /// Records the review and ends it.
    Complete {
        /// The reviewer.
        by: String,
        /// The result.
        note: Option<String>,
    },
}

/// The reason why a step of a review is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Closed items are not reviewed.
    #[error("{id} is closed; only open items are reviewed")]
    Closed {
        /// The item.
        id: String,
    },
    /// A review is under way already.
    #[error(
        "{id}: a review is under way, {state}{since}, reviewer {by}; `poam review submit {id}` and \
         `poam review complete {id}` go on with it"
    )]
    UnderWay {
        /// The item.
        id: String,
        /// Its state.
        state: ReviewState,
        /// Since when, in words.
        since: String,
        /// The reviewer.
        by: String,
    },
    /// The item was submitted already.
    #[error("{id}: it is submitted already, to {by}; `poam review complete {id}` ends the review")]
    Submitted {
        /// The item.
        id: String,
        /// The reviewer.
        by: String,
    },
    /// Nobody is named who reviews the item.
    #[error(
        "{id}: nobody asked for a review; name who reviews it with --reviewer NAME, or for all items \
         under `review:` in poam.yaml"
    )]
    NoReviewer {
        /// The item.
        id: String,
    },
    /// No review is in the state that the step needs.
    #[error("{id}: no review is {needed}; {way_out}")]
    NotThere {
        /// The item.
        id: String,
        /// The state that is needed.
        needed: &'static str,
        /// The command to use.
        way_out: String,
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

/// A step of a review on a day.
#[derive(Debug, Clone, Copy)]
pub struct ReviewDay {
    /// The day of the step.
    pub date: NaiveDate,
    /// The day that counts as today.
    pub today: NaiveDate,
    /// Whether the status of the item is on the closed side of the workflow.
    pub closed: bool,
}

impl ReviewStep {
    /// The change of an item that takes the step.
    pub fn plan_change(
        &self,
        stored: &Stored,
        wish: &ChangeOptions,
        on: ReviewDay,
    ) -> Result<Change, ReviewError> {
        let id = stored.item.id.to_string();
        if let Some(problem) = explain_impossible(&stored.item, on.date, on.today) {
            return Err(ReviewError::Date { id, date: on.date, problem });
        }
        let under_way = stored.item.review.as_deref();
        if on.closed && !matches!(self, Self::Complete { .. }) {
            return Err(ReviewError::Closed { id });
        }
        let due = match self {
            Self::Request { due, .. } | Self::Submit { due, .. } | Self::Return { due, .. } => {
                Some(*due)
            }
            Self::Complete { .. } => None,
        };
        if let Some(due) = due.filter(|due| *due < on.date) {
            let problem = "lies before the day of this step";
            return Err(ReviewError::Date { id, date: due, problem });
        }
        let (edits, subject) = match self {
            Self::Request { by, due, note } => {
                if let Some(review) = under_way {
                    return Err(is_under_way(id, review));
                }
                let review =
                    review_value(ReviewState::Requested, by, on.date, *due, note.as_deref());
                (vec![Edit::set("/review", review)], "review requested")
            }
            Self::Submit { reviewer, due, note } => {
                let edits = match (under_way, reviewer) {
                    (Some(review), _) if review.state == ReviewState::Submitted => {
                        return Err(ReviewError::Submitted { id, by: review.by.clone() });
                    }
                    (Some(review), _) => {
                        step_edits(review, ReviewState::Submitted, (on.date, *due), note.as_deref())
                    }
                    (None, Some(by)) => {
                        let state = ReviewState::Submitted;
                        let review = review_value(state, by, on.date, *due, note.as_deref());
                        vec![Edit::set("/review", review)]
                    }
                    (None, None) => return Err(ReviewError::NoReviewer { id }),
                };
                (edits, "review submitted")
            }
            Self::Return { by, due, note } => {
                let submitted = under_way.filter(|it| it.state == ReviewState::Submitted);
                let Some(review) = submitted else {
                    let way_out = match under_way {
                        Some(_) => format!("`poam review submit {id}` comes first"),
                        None => format!("`poam review request {id}` asks for one"),
                    };
                    return Err(ReviewError::NotThere { id, needed: "submitted", way_out });
                };
                let mut edits =
                    step_edits(review, ReviewState::Returned, (on.date, *due), Some(note));
                if review.by != *by {
                    edits.push(Edit::set("/review/by", by.as_str()));
                }
                (edits, "review returned")
            }
            Self::Complete { by, note } => {
                if under_way.is_none() {
                    let way_out = format!("`poam review {id}` records one");
                    return Err(ReviewError::NotThere { id, needed: "under way", way_out });
                }
                let mut review = Map::new();
                review.insert("date".to_owned(), day_value(on.date));
                review.insert("by".to_owned(), by.as_str().into());
                if let Some(note) = note {
                    review.insert("note".to_owned(), note.as_str().into());
                }
                let edits =
                    vec![Edit::append("/reviews", Value::Object(review)), Edit::remove("/review")];
                (edits, "review completed")
            }
        };
        Ok(Change::build(stored, &edits, format!("{id}: {subject}"), wish, Vec::new())?)
    }
}

fn is_under_way(id: String, review: &OpenReview) -> ReviewError {
    let since = review.since.map(|day| format!(" since {day}")).unwrap_or_default();
    ReviewError::UnderWay { id, state: review.state, since, by: review.by.clone() }
}

/// A review that begins.
fn review_value(
    state: ReviewState,
    by: &str,
    since: NaiveDate,
    due: NaiveDate,
    note: Option<&str>,
) -> Value {
    let mut review = Map::new();
    review.insert("state".to_owned(), state.as_str().into());
    review.insert("by".to_owned(), by.into());
    review.insert("since".to_owned(), day_value(since));
    review.insert("due".to_owned(), day_value(due));
    if let Some(note) = note {
        review.insert("note".to_owned(), note.into());
    }
    Value::Object(review)
}

/// The edits that move a review to another state.
fn step_edits(
    review: &OpenReview,
    state: ReviewState,
    (since, due): (NaiveDate, NaiveDate),
    note: Option<&str>,
) -> Vec<Edit> {
    let mut edits = vec![
        Edit::set("/review/state", state.as_str()),
        Edit::set("/review/since", day_value(since)),
        Edit::set("/review/due", day_value(due)),
    ];
    // The note of the step before was about that step.
    match note {
        Some(note) => edits.push(Edit::set("/review/note", note)),
        None if review.note.is_some() => edits.push(Edit::remove("/review/note")),
        None => {}
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "id: V-1\nweakness_name: W\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: open\n";

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The review of the file after a step, or the error.
    fn step(text: &str, step: &ReviewStep) -> Result<(String, String), String> {
        let stored = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap();
        let on = ReviewDay { date: date("2026-02-01"), today: date("2026-02-01"), closed: false };
        let change = step
            .plan_change(&stored, &ChangeOptions::default(), on)
            .map_err(|it| it.to_string())?;
        assert!(crate::model::is_own_subject(&change.subject), "{}", change.subject);
        Ok((change.subject.clone(), change.document.text().to_string()))
    }

    #[test]
    fn a_review_goes_from_request_to_record() {
        let due = date("2026-02-15");
        let request = ReviewStep::Request { by: "Priya".into(), due, note: Some("dates".into()) };
        let submit = ReviewStep::Submit { reviewer: None, due, note: None };
        let back = ReviewStep::Return { by: "Priya".into(), due, note: "no evidence".into() };
        let complete = ReviewStep::Complete { by: "Priya".into(), note: Some("fine".into()) };
        let (subject, text) = step(ITEM, &request).unwrap();
        assert_eq!(subject, "V-1: review requested");
        let item = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap().item;
        let review = item.review.as_deref().unwrap();
        assert_eq!((review.state, review.due), (ReviewState::Requested, Some(due)));
        assert!(step(&text, &request).unwrap_err().contains("a review is under way, requested"));
        let error = step(&text, &back).unwrap_err();
        assert!(error.contains("no review is submitted; `poam review submit V-1`"), "{error}");
        let (_, text) = step(&text, &submit).unwrap();
        assert!(text.contains("state: submitted") && text.contains("by: Priya"), "{text}");
        assert!(step(&text, &submit).unwrap_err().contains("submitted already, to Priya"));
        let (_, text) = step(&text, &back).unwrap();
        assert!(text.contains("state: returned") && text.contains("note: no evidence"), "{text}");
        let (_, text) = step(&text, &submit).unwrap();
        let (subject, text) = step(&text, &complete).unwrap();
        assert_eq!(subject, "V-1: review completed");
        let item = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap().item;
        assert!(item.review.is_none());
        assert_eq!(item.reviews.len(), 1);
        assert_eq!(item.reviews[0].note.as_deref(), Some("fine"));
    }

    #[test]
    fn a_step_that_cannot_be_taken_says_what_can() {
        let due = date("2026-02-15");
        let submit = |reviewer: Option<&str>| ReviewStep::Submit {
            reviewer: reviewer.map(str::to_owned),
            due,
            note: None,
        };
        assert!(step(ITEM, &submit(None)).unwrap_err().contains("--reviewer NAME"));
        let (_, text) = step(ITEM, &submit(Some("Sam"))).unwrap();
        assert!(text.contains("state: submitted") && text.contains("by: Sam"), "{text}");
        let complete = ReviewStep::Complete { by: "Sam".into(), note: None };
        let error = step(ITEM, &complete).unwrap_err();
        assert!(error.contains("`poam review V-1` records one"), "{error}");
        let late = ReviewStep::Request { by: "Sam".into(), due: date("2026-01-31"), note: None };
        assert!(step(ITEM, &late).unwrap_err().contains("lies before the day of this step"));
    }
}
