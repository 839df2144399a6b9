//! Evaluation of a vulnerability: the `ver:` block of an item.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{Change, ChangeOptions, explain_impossible};
use crate::document::{Edit, EditError};
use crate::model::{DayOrInstant, Item, Mitigation, is_blank};
use crate::store::Stored;
use crate::vdr::is_on_day;

/// Values of an evaluation to be recorded; absent ones stay as they are.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// The instant of detection.
    pub detected: Option<DayOrInstant>,
    /// When the evaluation was completed; today, where a new rating comes without it.
    pub evaluated: Option<DayOrInstant>,
    /// Person who evaluated; the author, where a new evaluation comes without one.
    pub evaluated_by: Option<String>,
    /// Person who records the evaluation.
    pub author: Option<String>,
    /// The N-rating.
    pub rating: Option<u8>,
    /// Reason for the rating and for the answers about exposure.
    pub rationale: Option<String>,
    /// Whether it can be reached from the internet.
    pub reachable: Option<bool>,
    /// Whether it is likely to be exploited.
    pub exploitable: Option<bool>,
    /// Whether exploitation can be automated.
    pub automatable: Option<bool>,
    /// The evidence that it cannot.
    pub automatable_evidence: Option<String>,
    /// The next planned reduction: by when, and to which rating.
    pub next_reduction: Option<(DayOrInstant, u8)>,
    /// Removes the next planned reduction.
    pub without_next_reduction: bool,
    /// Progress of the mitigation.
    pub mitigation: Option<Mitigation>,
    /// Reason why the time frames are not met.
    pub overdue_explanation: Option<String>,
    /// The incident as which it is treated, or why it is not treated as one.
    pub incident: Option<String>,
}

/// Reasons why no evaluation is recorded.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// Nothing was given, or all of it is there already.
    #[error("{id}: nothing would change")]
    Nothing {
        /// The item.
        id: String,
    },
    /// A rating without a rationale.
    #[error("{id}: a rating needs a rationale: add --rationale \"…\"")]
    NoRationale {
        /// The item.
        id: String,
    },
    /// A plan that reduces nothing.
    #[error("{id}: a reduction to N{target} does not lower the rating N{rating}")]
    NoReduction {
        /// The item.
        id: String,
        /// Its rating.
        rating: u8,
        /// The target.
        target: u8,
    },
    /// An instant of detection on another day.
    #[error(
        "{id}: it was detected on {day}, and {detected} lies on another day, in UTC and as it is written; correct `original_detection_date` first"
    )]
    OtherDay {
        /// The item.
        id: String,
        /// The detection date.
        day: NaiveDate,
        /// The instant that was given.
        detected: DayOrInstant,
    },
    /// A date that cannot be.
    #[error("{id}: {date} {problem}")]
    Date {
        /// The item.
        id: String,
        /// The date.
        date: DayOrInstant,
        /// Fault of the date.
        problem: &'static str,
    },
    /// The file cannot be changed in place.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Evaluation {
    /// Plans the change that records it.
    pub fn plan_change(
        &self,
        stored: &Stored,
        wish: &ChangeOptions,
        today: NaiveDate,
    ) -> Result<Change, EvaluationError> {
        let item = &stored.item;
        let id = item.id.to_string();
        self.check_fields(item, today)?;
        let ver = item.ver.as_deref();
        let old_rating = ver.and_then(|ver| ver.rating);
        // Another rating is another evaluation: who and when belong together.
        let is_new = self.rating.is_some()
            && (self.rating != old_rating || ver.and_then(|ver| ver.evaluated).is_none());
        let evaluated = self.evaluated.or(is_new.then_some(DayOrInstant::Day(today)));
        let author = self.author.as_ref().filter(|_| evaluated.is_some());
        let evaluated_by = self.evaluated_by.as_ref().or(author);
        let mut fields: Vec<(&str, Option<Value>)> = vec![
            ("detected", self.detected.map(instant_value)),
            ("evaluated", evaluated.map(instant_value)),
            ("evaluated_by", evaluated_by.map(|name| json!({"name": name}))),
            ("rating", self.rating.map(Value::from)),
            ("rationale", words_value(&self.rationale)),
            ("automatable", self.automatable.map(Value::from)),
            ("automatable_evidence", words_value(&self.automatable_evidence)),
            (
                "next_reduction",
                self.next_reduction
                    .map(|(due, rating)| json!({"due": instant_value(due), "rating": rating})),
            ),
            ("mitigation", self.mitigation.map(|it| mitigation_word(it).into())),
            ("overdue_explanation", words_value(&self.overdue_explanation)),
            ("incident", words_value(&self.incident)),
        ];
        let current = stored.value();
        let mut edits = edits_of(current, "ver", &mut fields);
        let mut exposure = vec![
            ("internet_reachable", self.reachable.map(Value::from)),
            ("likely_exploitable", self.exploitable.map(Value::from)),
        ];
        edits.extend(edits_of(current, "exposure", &mut exposure));
        let has_next = ver.is_some_and(|ver| ver.next_reduction.is_some());
        if self.without_next_reduction && has_next {
            edits.push(Edit::remove("/ver/next_reduction"));
        }
        if edits.is_empty() {
            return Err(EvaluationError::Nothing { id });
        }
        let subject = match (old_rating, self.rating) {
            (Some(old), Some(new)) if old != new => format!("{id}: rating N{old} -> N{new}"),
            (None, Some(new)) => format!("{id}: rated N{new}"),
            _ => format!("{id}: evaluation recorded"),
        };
        Ok(Change::build(stored, &edits, subject, wish, Vec::new())?)
    }

    fn check_fields(&self, item: &Item, today: NaiveDate) -> Result<(), EvaluationError> {
        let id = || item.id.to_string();
        let ver = item.ver.as_deref();
        if let Some(detected) = self.detected
            && !is_on_day(detected, item.original_detection_date)
        {
            let day = item.original_detection_date;
            return Err(EvaluationError::OtherDay { id: id(), day, detected });
        }
        if let Some(date) = self.evaluated
            && let Some(problem) = explain_impossible(item, date.day(), today)
        {
            return Err(EvaluationError::Date { id: id(), date, problem });
        }
        if let Some((date, _)) = self.next_reduction
            && date.day() < item.original_detection_date
        {
            let problem = "lies before the detection date";
            return Err(EvaluationError::Date { id: id(), date, problem });
        }
        let old = ver.and_then(|ver| ver.rating);
        let has_rationale = self.rationale.is_some()
            || ver.and_then(|ver| ver.rationale.as_deref()).is_some_and(|it| !is_blank(it))
                && old == self.rating;
        if self.rating.is_some() && !has_rationale {
            return Err(EvaluationError::NoRationale { id: id() });
        }
        let rating = self.rating.or(old);
        let target = self.next_reduction.map(|(_, target)| target);
        if let (Some(rating), Some(target)) = (rating, target)
            && target >= rating
        {
            return Err(EvaluationError::NoReduction { id: id(), rating, target });
        }
        Ok(())
    }
}

fn words_value(text: &Option<String>) -> Option<Value> {
    text.as_deref().map(Value::from)
}

fn instant_value(at: DayOrInstant) -> Value {
    at.to_string().into()
}

fn mitigation_word(mitigation: Mitigation) -> &'static str {
    match mitigation {
        Mitigation::Partial => "partial",
        Mitigation::Full => "full",
    }
}

/// The edits that give fields of a block their values; the entire block where there is none. Fields that
/// have their value already are left alone.
fn edits_of(current: &Value, block: &str, fields: &mut Vec<(&str, Option<Value>)>) -> Vec<Edit> {
    let there = current.get(block).filter(|value| value.is_object());
    let is_new = |name: &str, value: &Value| there.and_then(|it| it.get(name)) != Some(value);
    fields.retain(|(name, value)| value.as_ref().is_some_and(|value| is_new(name, value)));
    let given = fields.drain(..).filter_map(|(name, value)| Some((name, value?)));
    match there {
        Some(_) => {
            given.map(|(name, value)| Edit::set(format!("/{block}/{name}"), value)).collect()
        }
        None => {
            let whole: Map<String, Value> =
                given.map(|(name, value)| (name.to_owned(), value)).collect();
            match whole.is_empty() {
                true => Vec::new(),
                false => vec![Edit::set(format!("/{block}"), Value::Object(whole))],
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "\
id: V-1
weakness_name: W
original_detection_date: 2026-01-05
original_risk_rating: high
status: open
";

    fn plan(text: &str, evaluation: &Evaluation) -> Result<Change, EvaluationError> {
        let stored = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap();
        evaluation.plan_change(&stored, &ChangeOptions::default(), "2026-02-01".parse().unwrap())
    }

    fn moment(text: &str) -> DayOrInstant {
        text.parse().unwrap()
    }

    #[test]
    fn a_first_rating_records_the_day_and_the_person() {
        let evaluation = Evaluation {
            rating: Some(4),
            rationale: Some("Answers from the internet.".into()),
            evaluated_by: Some("Jane Doe".into()),
            reachable: Some(true),
            next_reduction: Some((moment("2026-02-05T12:00:00Z"), 2)),
            ..Evaluation::default()
        };
        let change = plan(ITEM, &evaluation).unwrap();
        assert_eq!(change.subject, "V-1: rated N4");
        let value = change.document.to_value();
        assert_eq!(
            value["ver"],
            json!({
                "evaluated": "2026-02-01",
                "evaluated_by": {"name": "Jane Doe"},
                "rating": 4,
                "rationale": "Answers from the internet.",
                "next_reduction": {"due": "2026-02-05T12:00:00Z", "rating": 2},
            })
        );
        assert_eq!(value["exposure"], json!({"internet_reachable": true}));
    }

    #[test]
    fn a_lower_rating_changes_its_lines_alone() {
        let text = format!(
            "{ITEM}ver:\n  evaluated: 2026-01-06 # by phone\n  rating: 4\n  rationale: Old.\n  next_reduction: {{due: 2026-02-05, rating: 2}}\n"
        );
        let evaluation = Evaluation {
            rating: Some(2),
            rationale: Some("Behind a proxy now.".into()),
            without_next_reduction: true,
            ..Evaluation::default()
        };
        let change = plan(&text, &evaluation).unwrap();
        assert_eq!(change.subject, "V-1: rating N4 -> N2");
        let expected = format!(
            "{ITEM}ver:\n  evaluated: 2026-02-01 # by phone\n  rating: 2\n  rationale: Behind a proxy now.\n"
        );
        assert_eq!(&**change.document.text(), expected);
        let again = Evaluation { rating: Some(4), ..Evaluation::default() };
        assert!(matches!(plan(&text, &again), Err(EvaluationError::Nothing { .. })));
    }

    /// Another rating is another evaluation; the same rating is none, whoever states it again.
    #[test]
    fn who_and_when_of_an_evaluation_change_together() {
        let text = format!(
            "{ITEM}ver:\n  evaluated: 2026-01-06\n  evaluated_by: {{name: Ann}}\n  rating: 4\n  rationale: Old.\n"
        );
        let rated = |rating, evaluated: Option<&str>, by: Option<&str>| Evaluation {
            rating: Some(rating),
            rationale: Some("New.".into()),
            evaluated: evaluated.map(moment),
            evaluated_by: by.map(str::to_owned),
            author: Some("Bob".into()),
            ..Evaluation::default()
        };
        for (evaluation, when, who) in [
            (rated(2, None, None), "2026-02-01", "Bob"),
            (rated(2, None, Some("Cid")), "2026-02-01", "Cid"),
            (rated(2, Some("2026-01-20"), None), "2026-01-20", "Bob"),
            (rated(4, None, None), "2026-01-06", "Ann"),
            (rated(4, Some("2026-01-20"), None), "2026-01-20", "Bob"),
        ] {
            let value = plan(&text, &evaluation).unwrap().document.to_value();
            let found = (&value["ver"]["evaluated"], &value["ver"]["evaluated_by"]["name"]);
            assert_eq!(found, (&json!(when), &json!(who)), "{evaluation:?}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (evaluation, message) in [
            (Evaluation::default(), "V-1: nothing would change"),
            (
                Evaluation { rating: Some(3), ..Evaluation::default() },
                "V-1: a rating needs a rationale: add --rationale \"…\"",
            ),
            (
                Evaluation {
                    rating: Some(2),
                    rationale: Some("R".into()),
                    next_reduction: Some((moment("2026-03-01"), 2)),
                    ..Evaluation::default()
                },
                "V-1: a reduction to N2 does not lower the rating N2",
            ),
            (
                Evaluation { evaluated: Some(moment("2026-01-04")), ..Evaluation::default() },
                "V-1: 2026-01-04 lies before the detection date",
            ),
            (
                Evaluation {
                    evaluated: Some(moment("2026-02-02T00:00:00Z")),
                    ..Evaluation::default()
                },
                "V-1: 2026-02-02T00:00:00Z lies in the future",
            ),
            (
                Evaluation {
                    detected: Some(moment("2026-01-06T00:30:00Z")),
                    ..Evaluation::default()
                },
                "V-1: it was detected on 2026-01-05, and 2026-01-06T00:30:00Z lies on another day, in UTC and as it is written; correct `original_detection_date` first",
            ),
        ] {
            assert_eq!(plan(ITEM, &evaluation).unwrap_err().to_string(), message);
        }
    }
}
