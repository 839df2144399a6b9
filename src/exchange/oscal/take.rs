//! Taking what is understood out of a JSON object, so that what is left is what was not.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value};

use super::names::{OURS, OscalVersion};

pub(super) type Object = Map<String, Value>;

/// Returns a text member, taken.
pub(super) fn text(object: &mut Object, name: &str) -> Option<String> {
    match object.get(name) {
        Some(Value::String(_)) => match object.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Returns a text member, left where it is.
pub(super) fn peek<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str)
}

/// Drops a text member that states nothing new.
pub(super) fn drop_if(object: &mut Object, name: &str, says_nothing: impl Fn(&str) -> bool) {
    if peek(object, name).is_some_and(says_nothing) {
        object.remove(name);
    }
}

/// Returns the objects of a list member, taken; [`put_back`] returns what is left of them.
pub(super) fn list(object: &mut Object, name: &str) -> Vec<Object> {
    match object.remove(name) {
        Some(Value::Array(list)) if list.iter().all(Value::is_object) => list
            .into_iter()
            .filter_map(|value| match value {
                Value::Object(object) => Some(object),
                _ => None,
            })
            .collect(),
        Some(other) => {
            object.insert(name.to_owned(), other);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Puts what is left of a list back, without what is empty.
pub(super) fn put_back(object: &mut Object, name: &str, list: Vec<Object>) {
    let left: Vec<Value> =
        list.into_iter().filter(|one| !one.is_empty()).map(Value::Object).collect();
    if !left.is_empty() {
        object.insert(name.to_owned(), Value::Array(left));
    }
}

/// Returns the day of a time as it is written, in its own time zone. A time that is neither
/// midnight nor noon in UTC stays, because it states more than the day.
pub(super) fn day(object: &mut Object, name: &str) -> Option<NaiveDate> {
    let text = peek(object, name)?;
    let day = day_of(text)?;
    if text.ends_with("T00:00:00Z") || text.ends_with("T12:00:00Z") {
        object.remove(name);
    }
    Some(day)
}

/// Returns the day of a time as it is written.
pub(super) fn day_of(text: &str) -> Option<NaiveDate> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.date_naive())
}

/// Namespace of a property: FedRAMP's or this program's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// FedRAMP's, in either spelling of its namespace, or without one.
    FedRamp,
    /// Ours.
    Ours,
}

impl Whose {
    fn has(self, ns: Option<&str>) -> bool {
        match self {
            Self::FedRamp => ns.is_none_or(|ns| {
                [OscalVersion::V104, OscalVersion::V113].iter().any(|it| it.fedramp() == ns)
            }),
            Self::Ours => ns == Some(OURS),
        }
    }
}

/// Returns the values of the properties with a name. Those that state no more than their value are
/// taken.
pub(super) fn props(object: &mut Object, whose: Whose, name: &str) -> Vec<String> {
    let mut values = Vec::new();
    let Some(Value::Array(list)) = object.get_mut("props") else { return values };
    list.retain(|prop| {
        let get = |member: &str| prop.get(member).and_then(Value::as_str);
        if get("name") != Some(name) || !whose.has(get("ns")) {
            return true;
        }
        let Some(value) = get("value") else { return true };
        values.push(value.to_owned());
        let says_more = |map: &Object| {
            map.keys().any(|key| !matches!(key.as_str(), "name" | "ns" | "value" | "uuid"))
        };
        prop.as_object().is_some_and(says_more)
    });
    if list.is_empty() {
        object.remove("props");
    }
    values
}

/// Returns the first value of a property.
pub(super) fn prop(object: &mut Object, whose: Whose, name: &str) -> Option<String> {
    props(object, whose, name).into_iter().next()
}

/// Returns a day in a property of ours.
pub(super) fn own_day(object: &mut Object, name: &str) -> Option<NaiveDate> {
    prop(object, Whose::Ours, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_taken_is_gone_and_the_rest_stays() {
        let Value::Object(mut object) = json!({
            "title": "T", "deadline": "2026-01-31T00:00:00Z", "collected": "2026-02-01T23:30:00-04:00",
            "props": [
                {"name": "POAM-ID", "ns": "https://fedramp.gov/ns/oscal", "value": "V-1"},
                {"name": "kev-catalog", "value": "yes", "remarks": "why"},
                {"name": "POAM-ID", "ns": "https://example.com", "value": "X"},
            ],
        }) else {
            unreachable!()
        };
        assert_eq!(text(&mut object, "title").as_deref(), Some("T"));
        assert_eq!(day(&mut object, "deadline"), "2026-01-31".parse().ok());
        assert_eq!(day(&mut object, "collected"), "2026-02-01".parse().ok());
        assert_eq!(props(&mut object, Whose::FedRamp, "POAM-ID"), ["V-1"]);
        assert_eq!(prop(&mut object, Whose::FedRamp, "kev-catalog").as_deref(), Some("yes"));
        assert_eq!(
            Value::Object(object),
            json!({
                "collected": "2026-02-01T23:30:00-04:00",
                "props": [
                    {"name": "kev-catalog", "value": "yes", "remarks": "why"},
                    {"name": "POAM-ID", "ns": "https://example.com", "value": "X"},
                ],
            })
        );
    }
}
