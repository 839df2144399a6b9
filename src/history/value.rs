//! The values before and after of events.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::document::packed::Packed;

/// A value before or after, as an event records it; null where there was none.
///
/// A history has very many of them and hardly any is looked into, so they are stored small, and made
/// into values for who asks.
#[derive(Clone, Default)]
pub struct EventValue(StoredForm);

/// The form in which a value is stored.
#[derive(Clone, Default)]
pub(super) enum StoredForm {
    #[default]
    Null,
    Text(Box<str>),
    /// Anything else, as JSON.
    Json(Box<str>),
    /// An entire item, as compressed JSON.
    Packed(Packed),
}

impl EventValue {
    /// Compresses the values of an entire item.
    pub(crate) fn compress_value(value: &Value) -> Self {
        let packed = value.is_object().then(|| Packed::pack_one(&value.to_string())).flatten();
        packed.map_or_else(|| value.into(), |packed| StoredForm::Packed(packed).into())
    }

    pub(super) fn stored_form(&self) -> &StoredForm {
        &self.0
    }

    /// Returns the value.
    pub fn value(&self) -> Value {
        // The stored JSON was serialized from a value, so it parses.
        let parse = |text: &str| serde_json::from_str(text).unwrap_or_default();
        match &self.0 {
            StoredForm::Null => Value::Null,
            StoredForm::Text(text) => Value::from(&**text),
            StoredForm::Json(text) => parse(text),
            StoredForm::Packed(packed) => packed.with_text(parse),
        }
    }

    /// Reads it as a type, where it is a list or a mapping.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        let parse = |text: &str| serde_json::from_str(text).ok();
        match &self.0 {
            StoredForm::Null | StoredForm::Text(_) => None,
            StoredForm::Json(text) => parse(text),
            StoredForm::Packed(packed) => packed.with_text(parse),
        }
    }

    /// Returns whether there is none.
    pub fn is_null(&self) -> bool {
        matches!(self.0, StoredForm::Null)
    }

    /// Returns whether it is a mapping.
    pub fn is_object(&self) -> bool {
        match &self.0 {
            StoredForm::Null | StoredForm::Text(_) => false,
            StoredForm::Json(text) => text.starts_with('{'),
            StoredForm::Packed(_) => true,
        }
    }

    /// Returns the text that it is.
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            StoredForm::Text(text) => Some(text),
            StoredForm::Null | StoredForm::Json(_) | StoredForm::Packed(_) => None,
        }
    }

    /// Returns the value of an entry, where it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<Value> {
        match &self.0 {
            StoredForm::Null | StoredForm::Text(_) => None,
            StoredForm::Json(text) => find_entry(text, key),
            StoredForm::Packed(packed) => packed.with_text(|text| find_entry(text, key)),
        }
    }

    /// Returns the text of an entry, where it is a mapping that has a text there.
    pub fn entry_text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

/// Returns the value of one entry of a mapping in JSON.
fn find_entry(text: &str, key: &str) -> Option<Value> {
    // Most of what is asked for is not there.
    if !text.contains(&Value::from(key).to_string()) {
        return None;
    }
    let mut json = serde_json::Deserializer::from_str(text);
    EntryVisitor(key).deserialize(&mut json).ok()?
}

/// Reads one entry of a mapping, and over all others.
struct EntryVisitor<'k>(&'k str);

impl<'de> DeserializeSeed<'de> for EntryVisitor<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EntryVisitor<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Value>, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

impl From<StoredForm> for EventValue {
    fn from(form: StoredForm) -> Self {
        Self(form)
    }
}

impl From<&Value> for EventValue {
    fn from(value: &Value) -> Self {
        Self(match value {
            Value::Null => StoredForm::Null,
            Value::String(text) => StoredForm::Text(text.as_str().into()),
            other => StoredForm::Json(other.to_string().into()),
        })
    }
}

impl From<&str> for EventValue {
    fn from(text: &str) -> Self {
        Self(StoredForm::Text(text.into()))
    }
}

impl PartialEq for EventValue {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (StoredForm::Null, StoredForm::Null) => true,
            (StoredForm::Text(one), StoredForm::Text(other)) => one == other,
            (StoredForm::Null | StoredForm::Text(_), _)
            | (_, StoredForm::Null | StoredForm::Text(_)) => false,
            // Equal values may be serialized in different orders.
            (
                StoredForm::Json(_) | StoredForm::Packed(_),
                StoredForm::Json(_) | StoredForm::Packed(_),
            ) => self.value() == other.value(),
        }
    }
}

impl PartialEq<Value> for EventValue {
    fn eq(&self, other: &Value) -> bool {
        self.value() == *other
    }
}

impl PartialEq<str> for EventValue {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for EventValue {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == Some(*other)
    }
}

impl fmt::Debug for EventValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl fmt::Display for EventValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl Serialize for EventValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = |text: &str, serializer: S| {
            serde_transcode::transcode(&mut serde_json::Deserializer::from_str(text), serializer)
        };
        match &self.0 {
            StoredForm::Null => serializer.serialize_unit(),
            StoredForm::Text(text) => serializer.serialize_str(text),
            StoredForm::Json(text) => json(text, serializer),
            StoredForm::Packed(packed) => packed.with_text(|text| json(text, serializer)),
        }
    }
}

impl<'de> Deserialize<'de> for EventValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self::from(&value))
    }
}

impl JsonSchema for EventValue {
    fn inline_schema() -> bool {
        Value::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Value::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Value::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_as_a_whole_says_what_its_values_say() {
        let value = json!({
            "id": "V-1",
            "weakness_name": "Say \"status\": no",
            "milestones": [{"id": 1, "due": "2026-01-20"}],
            "extra": {"status": "inner", "n": 1.5, "big": u64::MAX, "ü\n": null, "no": false},
        });
        let (small, plain) = (EventValue::compress_value(&value), EventValue::from(&value));
        assert!(
            matches!(small.stored_form(), StoredForm::Packed(_))
                && matches!(plain.stored_form(), StoredForm::Json(_))
        );
        assert_eq!(small, plain);
        assert_eq!(small, value);
        assert_eq!(small.value(), value);
        for (key, expected) in value.as_object().unwrap() {
            assert_eq!(small.get(key).as_ref(), Some(expected), "{key}");
            assert_eq!(small.entry_text(key).as_deref(), expected.as_str());
            assert_eq!(small.get(key), plain.get(key));
        }
        for key in ["status", "n", "due", ""] {
            assert_eq!((small.get(key), plain.get(key)), (None, None), "{key}");
        }
        assert!(small.is_object() && !small.is_null() && small.as_str().is_none());
        for (it, like) in [(&small, &value), (&plain, &value)] {
            assert_eq!(serde_json::to_string(it).unwrap(), like.to_string());
            let pretty = serde_json::to_string_pretty(like).unwrap();
            assert_eq!(serde_json::to_string_pretty(it).unwrap(), pretty);
            assert_eq!(serde_json::to_value(it).unwrap(), *like);
            assert_eq!(serde_json::from_value::<EventValue>(like.clone()).unwrap(), small);
        }
    }

    #[test]
    fn other_values_are_themselves() {
        for value in [json!(null), json!("open"), json!(3), json!([1, "a"]), json!({"a": {}})] {
            let it = EventValue::from(&value);
            assert_eq!(it, value);
            assert_eq!((it.as_str(), it.is_null()), (value.as_str(), value.is_null()));
            assert_eq!(it.is_object(), value.is_object());
            assert_eq!(it.to_string(), value.to_string());
            assert_eq!(EventValue::compress_value(&value), value);
            assert_eq!(serde_json::to_string(&it).unwrap(), value.to_string());
            for like in [json!(null), json!("open"), json!({"a": {}})] {
                let other = EventValue::from(&like);
                assert_eq!(it == other, value == like);
            }
        }
        assert_eq!(EventValue::from("open"), "open");
        assert_ne!(EventValue::default(), "open");
    }
}
