//! The evaluations of an item that its commits recorded.

use serde_json::Value;

use super::is_on_day;
use crate::history::{Event, History};
use crate::model::{DayOrInstant, Item};

/// An evaluation of a vulnerability, with its time, its author and its rating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationRecord {
    /// When it was completed.
    pub at: DayOrInstant,
    /// The person.
    pub by: Option<String>,
    /// The N-rating.
    pub rating: Option<u8>,
}

/// The fields of an evaluation as they were after the commits so far.
#[derive(Debug, Clone, Default, PartialEq)]
struct EvaluationFields {
    at: Option<DayOrInstant>,
    by: Option<String>,
    rating: Option<u8>,
}

impl EvaluationFields {
    /// Takes the fields from the value of `ver`.
    fn read(ver: Option<&Value>) -> Self {
        let member = |name: &str| ver.and_then(|ver| ver.get(name));
        Self {
            at: member("evaluated").and_then(parse_moment),
            by: member("evaluated_by").and_then(evaluator_name),
            rating: member("rating").and_then(parse_rating),
        }
    }

    /// Applies an event; those about other fields change nothing.
    fn apply_event(&mut self, event: &Event) {
        let value = event.new.value();
        match &*event.field {
            "" => *self = Self::read(value.get("ver")),
            "/ver" => *self = Self::read(Some(&value)),
            "/ver/evaluated" => self.at = parse_moment(&value),
            "/ver/evaluated_by" => self.by = evaluator_name(&value),
            "/ver/evaluated_by/name" => self.by = value.as_str().map(str::to_owned),
            "/ver/rating" => self.rating = parse_rating(&value),
            _ => {}
        }
    }
}

fn parse_moment(value: &Value) -> Option<DayOrInstant> {
    value.as_str()?.parse().ok()
}

fn evaluator_name(value: &Value) -> Option<String> {
    value.get("name")?.as_str().map(str::to_owned)
}

fn parse_rating(value: &Value) -> Option<u8> {
    value.as_u64().and_then(|rating| u8::try_from(rating).ok())
}

/// The evaluations of an item in the order in which commits recorded them; the last one is what the
/// item states now. A commit that only corrects the person or the rating of an evaluation is no new one.
pub fn list_evaluations(item: &Item, history: Option<&History>) -> Vec<EvaluationRecord> {
    let mut records: Vec<EvaluationRecord> = Vec::new();
    let mut fields = EvaluationFields::default();
    let mut events = history.into_iter().flat_map(|it| it.events_of(&item.id)).peekable();
    while let Some(event) = events.next() {
        let is_last = events.peek().is_none_or(|next| next.commit != event.commit);
        fields.apply_event(event);
        if is_last {
            add_record(&mut records, &fields);
        }
    }
    let ver = item.ver.as_deref();
    let now = EvaluationFields {
        at: ver.and_then(|ver| ver.evaluated),
        by: ver.and_then(|ver| Some(ver.evaluated_by.as_ref()?.name.clone())),
        rating: ver.and_then(|ver| ver.rating),
    };
    add_record(&mut records, &now);
    records
}

/// Adds what the fields state: a new evaluation where its time is another one, else a correction. The hour of a day
/// that was recorded without one is a correction too.
fn add_record(records: &mut Vec<EvaluationRecord>, fields: &EvaluationFields) {
    let Some(at) = fields.at else { return };
    let new = EvaluationRecord { at, by: fields.by.clone(), rating: fields.rating };
    let is_correction = |last: &EvaluationRecord| {
        last.at == at || (last.at.instant().is_none() && is_on_day(at, last.at.day()))
    };
    match records.last_mut().filter(|last| is_correction(last)) {
        Some(last) => *last = new,
        None => records.push(new),
    }
}

/// The first evaluation: the earliest that was ever recorded. VER-TFR-MAV counts from it, so that a
/// later rating does not begin the 192 days again. None where the item states that it is not evaluated.
pub fn first_evaluation(item: &Item, history: Option<&History>) -> Option<EvaluationRecord> {
    item.ver.as_deref()?.evaluated?;
    list_evaluations(item, history).into_iter().min_by_key(record_time)
}

fn record_time(
    record: &EvaluationRecord,
) -> (chrono::NaiveDate, Option<chrono::DateTime<chrono::Utc>>) {
    (record.at.day(), record.at.instant())
}

/// Finds when the rating of an item was given: the earliest of the last evaluations that all gave it. VDR-TFR-PVR asks
/// for a *lower* rating in time, so that the same one, given again, does not begin its time again. None where the
/// item states that it is not evaluated.
pub fn find_rating_time(item: &Item, history: Option<&History>) -> Option<DayOrInstant> {
    let ver = item.ver.as_deref()?;
    let now = ver.evaluated?;
    let evaluations = list_evaluations(item, history);
    let same = evaluations.iter().rev().take_while(|record| record.rating == ver.rating);
    same.map(|record| record.at).min_by_key(|at| (at.day(), at.instant())).or(Some(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Actor, TextCommit};
    use crate::store::Stored;

    /// The history of an item whose `ver:` was each of these, and the item as it is at last.
    fn life(versions: &[&str]) -> (Item, History) {
        let text = |ver: &str| {
            format!(
                "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\n\
                original_risk_rating: high\n{ver}"
            )
        };
        let commits: Vec<TextCommit> = versions
            .iter()
            .enumerate()
            .map(|(at, ver)| TextCommit {
                time: format!("2026-02-{:02}T12:00:00Z", at + 1).parse().unwrap(),
                actor: Actor { name: "Ann".into(), email: "ann@example.com".into() },
                reason: None,
                files: vec![("items/V-1.yaml".to_owned(), Some(text(ver)))],
            })
            .collect();
        let last = text(versions.last().unwrap());
        let stored = Stored::parse("items/V-1.yaml", last.as_bytes()).unwrap();
        (stored.item, History::from_versions(&commits))
    }

    #[test]
    fn each_evaluation_has_its_time_and_its_person() {
        let (item, history) = life(&[
            "",
            "ver: {evaluated: 2026-01-02, evaluated_by: {name: Ann}, rating: 5}\n",
            // A correction of the person.
            "ver: {evaluated: 2026-01-02, evaluated_by: {name: Bob}, rating: 5}\n",
            "ver: {evaluated: 2026-01-20, evaluated_by: {name: Cid}, rating: 2}\n",
        ]);
        let found: Vec<String> = list_evaluations(&item, Some(&history))
            .iter()
            .map(|one| format!("{} {:?} {:?}", one.at, one.by, one.rating))
            .collect();
        assert_eq!(found, ["2026-01-02 Some(\"Bob\") Some(5)", "2026-01-20 Some(\"Cid\") Some(2)"]);
        let first = first_evaluation(&item, Some(&history)).unwrap();
        assert_eq!((first.at.to_string(), first.by.as_deref()), ("2026-01-02".into(), Some("Bob")));
        let without = first_evaluation(&item, None).unwrap();
        assert_eq!(without.at.to_string(), "2026-01-20", "the file alone says no more");
        let (item, history) = life(&["", "ver: {rating: 5}\n"]);
        assert_eq!(first_evaluation(&item, Some(&history)), None);
    }

    #[test]
    fn a_rating_given_again_keeps_its_day_and_another_has_its_own() {
        let ver = |evaluated: &str, rating: u8| {
            format!(
                "ver: {{evaluated: {evaluated}, evaluated_by: {{name: Ann}}, rating: {rating}}}\n"
            )
        };
        for (versions, expected) in [
            (vec![ver("2026-01-02", 4), ver("2026-01-20", 4)], "2026-01-02"),
            (vec![ver("2026-01-02", 4), ver("2026-01-20", 2)], "2026-01-20"),
            (vec![ver("2026-01-02", 2), ver("2026-01-20", 4)], "2026-01-20"),
            (vec![ver("2026-01-02", 4), ver("2026-01-09", 3), ver("2026-01-20", 4)], "2026-01-20"),
            (vec![ver("2026-01-02", 4), ver("2026-01-09", 2), ver("2026-01-20", 2)], "2026-01-09"),
            // The hour of the same evaluation, recorded later, is exacter and no other evaluation.
            (vec![ver("2026-01-02", 4), ver("2026-01-02T08:00:00Z", 4)], "2026-01-02T08:00:00Z"),
        ] {
            let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
            let (item, history) = life(&versions);
            let found = find_rating_time(&item, Some(&history)).unwrap().to_string();
            assert_eq!(found, expected, "{versions:?}");
        }
    }
}
