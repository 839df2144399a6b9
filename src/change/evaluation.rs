//! What the evaluation of a vulnerability found: the `ver:` block of an item.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::{Change, Wish, impossible};
use crate::document::{Edit, EditError};
use crate::model::{DayOrInstant, Item, Mitigation, is_blank};
use crate::store::Stored;

/// What is recorded of an evaluation; what is not given stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// The instant of detection.
    pub detected: Option<DayOrInstant>,
    /// When the evaluation was completed; today, where a first rating comes without it.
    pub evaluated: Option<DayOrInstant>,
    /// Who evaluated.
    pub evaluated_by: Option<String>,
    /// The N-rating.
    pub rating: Option<u8>,
    /// Why the rating and the answers about exposure are what they are.
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
    /// How far mitigation has come.
    pub mitigation: Option<Mitigation>,
    /// Why the time frames are not kept.
    pub overdue_explanation: Option<String>,
    /// The incident as which it is treated, or why it is not treated as one.
    pub incident: Option<String>,
}

/// Why no evaluation is recorded.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// Nothing was given, or all of it stands there already.
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
        "{id}: it was detected on {day}, and {detected} lies on another day (UTC); correct `original_detection_date` first"
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
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The file cannot be changed in place.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl Evaluation {
    /// Plans the change that records it.
    pub fn plan(
        &self,
        stored: &Stored,
        wish: &Wish,
        today: NaiveDate,
    ) -> Result<Change, EvaluationError> {
        let item = &stored.item;
        let id = item.id.to_string();
        self.check(item, today)?;
        let ver = item.ver.as_deref();
        let old_rating = ver.and_then(|ver| ver.rating);
        let first = self.rating.is_some() && ver.and_then(|ver| ver.evaluated).is_none();
        let evaluated = self.evaluated.or(first.then_some(DayOrInstant::Day(today)));
        let words = |text: &Option<String>| text.as_deref().map(Value::from);
        let mut fields: Vec<(&str, Option<Value>)> = vec![
            ("detected", self.detected.map(at)),
            ("evaluated", evaluated.map(at)),
            ("evaluated_by", self.evaluated_by.as_ref().map(|name| json!({"name": name}))),
            ("rating", self.rating.map(Value::from)),
            ("rationale", words(&self.rationale)),
            ("automatable", self.automatable.map(Value::from)),
            ("automatable_evidence", words(&self.automatable_evidence)),
            (
                "next_reduction",
                self.next_reduction.map(|(due, rating)| json!({"due": at(due), "rating": rating})),
            ),
            ("mitigation", self.mitigation.map(|it| mitigation_word(it).into())),
            ("overdue_explanation", words(&self.overdue_explanation)),
            ("incident", words(&self.incident)),
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
        Ok(Change::of(stored, &edits, subject, wish, Vec::new())?)
    }

    fn check(&self, item: &Item, today: NaiveDate) -> Result<(), EvaluationError> {
        let id = || item.id.to_string();
        let ver = item.ver.as_deref();
        if let Some(detected) = self.detected
            && detected.day() != item.original_detection_date
        {
            let day = item.original_detection_date;
            return Err(EvaluationError::OtherDay { id: id(), day, detected });
        }
        if let Some(date) = self.evaluated
            && let Some(problem) = impossible(item, date.day(), today)
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

fn at(at: DayOrInstant) -> Value {
    at.to_string().into()
}

fn mitigation_word(mitigation: Mitigation) -> &'static str {
    match mitigation {
        Mitigation::Partial => "partial",
        Mitigation::Full => "full",
    }
}

/// The edits that give fields of a block their values; the whole block where there is none. Fields that
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
        evaluation.plan(&stored, &Wish::default(), "2026-02-01".parse().unwrap())
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
            "{ITEM}ver:\n  evaluated: 2026-01-06 # by phone\n  rating: 2\n  rationale: Behind a proxy now.\n"
        );
        assert_eq!(&**change.document.text(), expected);
        let again = Evaluation { rating: Some(4), ..Evaluation::default() };
        assert!(matches!(plan(&text, &again), Err(EvaluationError::Nothing { .. })));
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
                "V-1: it was detected on 2026-01-05, and 2026-01-06T00:30:00Z lies on another day (UTC); correct `original_detection_date` first",
            ),
        ] {
            assert_eq!(plan(ITEM, &evaluation).unwrap_err().to_string(), message);
        }
    }
}
