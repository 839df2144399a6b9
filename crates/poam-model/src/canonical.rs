//! The usual words in the values of an item's file, and the canonical ones that they represent.
//!
//! A person may write `status: In Progress` or `original_risk_rating: Medium` into a file. It is read
//! as what it means; `poam format` and the commands write the canonical word.

use std::borrow::Cow;

use serde_json::Value;

use super::words::{self, Answer};
use super::{Status, Workflow};

/// The canonical value that a word represents, where it represents one.
type Canonical = fn(&str) -> Option<Value>;

/// Fields in which a word has synonyms: where it is in the values of an item (`*` is any entry of
/// a list), and the canonical value of a word.
const WORDS: [(&str, Canonical); 11] = [
    ("kind", |word| words::find_kind(word).map(|kind| kind.as_str().into())),
    ("kev/listed", canonical_bool),
    ("original_risk_rating", canonical_rating),
    ("milestones/*/status", |word| words::milestone_status(word).map(|it| it.as_str().into())),
    ("status", |word| canonical_status(word).map(Value::from)),
    ("deviations/*/type", |word| words::find_deviation(word).map(|it| it.as_str().into())),
    ("deviations/*/state", |word| words::deviation_state(word).map(|it| it.as_str().into())),
    ("deviations/*/adjusted_risk_rating", canonical_rating),
    ("exposure/internet_reachable", canonical_bool),
    ("exposure/likely_exploitable", canonical_bool),
    ("ver/automatable", canonical_bool),
];

fn canonical_rating(word: &str) -> Option<Value> {
    words::find_rating(word).map(|rating| rating.as_str().into())
}

fn canonical_bool(word: &str) -> Option<Value> {
    match words::find_answer(word)? {
        Answer::Yes => Some(true.into()),
        Answer::No => Some(false.into()),
        Answer::Pending => None,
    }
}

/// Returns a status as it is spelled, whatever the case and the blanks: `In Progress` is
/// in-progress. Which words mean which status is the workflow's to state: a team may have one that is
/// called `resolved`.
fn canonical_status(word: &str) -> Option<String> {
    let word = words::to_comparable(word);
    word.parse::<Status>().ok().map(|status| status.as_str().to_owned())
}

/// Returns the values of an item with the canonical words in place of others.
pub fn to_canonical(item: &Value) -> Cow<'_, Value> {
    let found = find_corrections(item, None);
    if found.is_empty() {
        return Cow::Borrowed(item);
    }
    let mut item = item.clone();
    for (pointer, word) in found {
        if let Some(place) = item.pointer_mut(&pointer) {
            *place = word;
        }
    }
    Cow::Owned(item)
}

/// Returns the canonical form of the value of one field.
pub fn canonical_field<'a>(field: &str, value: &'a Value) -> Cow<'a, Value> {
    let has_words = WORDS.iter().any(|(place, _)| place.split('/').next() == Some(field));
    if !has_words || value.is_null() {
        return Cow::Borrowed(value);
    }
    let item = Value::Object([(field.to_owned(), value.clone())].into_iter().collect());
    match to_canonical(&item) {
        Cow::Borrowed(_) => Cow::Borrowed(value),
        Cow::Owned(mut item) => Cow::Owned(item[field].take()),
    }
}

/// Returns the words of an item's values that are not canonical: JSON pointers, and what to write
/// instead. With a workflow, the status is one of its own.
pub fn find_corrections(item: &Value, workflow: Option<&Workflow>) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (place, canonical) in WORDS {
        let steps: Vec<&str> = place.split('/').collect();
        collect(item, &steps, "", canonical, &mut found);
    }
    if let (Some(workflow), Some(status)) = (workflow, item.get("status").and_then(Value::as_str)) {
        found.retain(|(pointer, _)| pointer != "/status");
        if let Some(meant) = workflow.resolve_word(status).filter(|meant| meant.as_str() != status)
        {
            found.push(("/status".to_owned(), meant.as_str().into()));
        }
    }
    found
}

fn collect(
    value: &Value,
    steps: &[&str],
    pointer: &str,
    canonical: Canonical,
    found: &mut Vec<(String, Value)>,
) {
    match steps {
        [] => {
            let meant = value.as_str().and_then(canonical);
            found.extend(meant.filter(|meant| meant != value).map(|it| (pointer.to_owned(), it)));
        }
        ["*", rest @ ..] => {
            for (at, entry) in value.as_array().into_iter().flatten().enumerate() {
                collect(entry, rest, &format!("{pointer}/{at}"), canonical, found);
            }
        }
        [step, rest @ ..] => {
            if let Some(entry) = value.get(step) {
                collect(entry, rest, &format!("{pointer}/{step}"), canonical, found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Item;

    fn written() -> Value {
        json!({
            "id": "V-1", "kind": "Documentation Finding", "weakness_name": "W",
            "status": "In Progress", "original_detection_date": "2026-01-05",
            "original_risk_rating": "Medium", "kev": {"listed": "Yes"},
            "milestones": [
                {"id": 1, "description": "A", "status": "Done"},
                {"id": 2, "description": "B", "status": "in-progress"}
            ],
            "deviations": [{"type": "RA", "state": "Approved", "adjusted_risk_rating": "LOW"}],
            "exposure": {"internet_reachable": "n"}, "comments": "Medium",
            "extra": {"status": "Active"}
        })
    }

    #[test]
    fn usual_words_are_read_as_what_they_mean() {
        let written = written();
        let read = to_canonical(&written);
        let item = Item::deserialize_from(&read).unwrap();
        assert_eq!(item, Item::deserialize_from(&written).unwrap());
        assert_eq!(
            (item.status.as_str(), item.original_risk_rating.as_str(), item.kind.as_str()),
            ("in-progress", "moderate", "documentation")
        );
        assert_eq!(read["milestones"][0]["status"], "completed");
        assert_eq!(read["deviations"][0]["type"], "risk-adjustment");
        assert_eq!(read["kev"]["listed"], true);
        // Text in fields of people stays.
        assert_eq!((&read["comments"], &read["extra"]), (&written["comments"], &written["extra"]));
        assert!(find_corrections(&read, Some(&Workflow::default())).is_empty());
        assert!(matches!(to_canonical(&read), Cow::Borrowed(_)));
    }

    #[test]
    fn a_word_that_is_none_stays_to_be_reported() {
        for word in ["severe", "Very High", "CAT I"] {
            let item = json!({"original_risk_rating": word});
            assert_eq!(*to_canonical(&item), item);
        }
    }

    #[test]
    fn the_workflow_says_what_a_status_means() {
        let item = json!({"status": "Resolved"});
        assert_eq!(to_canonical(&item)["status"], "resolved");
        let place = "/status".to_owned();
        let built_in = Workflow::default();
        assert_eq!(find_corrections(&item, Some(&built_in)), [(place.clone(), json!("closed"))]);
        let own: Workflow = serde_json::from_value(json!({
            "open": {"sheet": "open", "moves": ["resolved"]}, "resolved": {"sheet": "open"},
            "closed": {"sheet": "closed"}
        }))
        .unwrap();
        assert_eq!(find_corrections(&item, Some(&own)), [(place, json!("resolved"))]);
        assert_eq!(find_corrections(&json!({"status": "Mitigated"}), Some(&own)), []);
    }

    #[test]
    fn one_field_is_read_like_the_whole() {
        let item = written();
        let whole = to_canonical(&item);
        for (field, value) in item.as_object().unwrap() {
            assert_eq!(*canonical_field(field, value), whole[field], "{field}");
        }
    }
}
