//! Reading of JSON files under a limit, with the place of errors, and of lists whose elements are read
//! one by one, so that one odd element is a refusal and not the end of the file.

use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::format::Counter;
use crate::{Limits, ScanError, ScanResult, ScanRun};

/// Reads a whole JSON file into a type.
pub(super) fn parse<T: DeserializeOwned>(
    input: &mut dyn BufRead,
    limits: Limits,
) -> Result<T, ScanError> {
    let bytes = bytes(input, limits)?;
    serde_json::from_slice(&bytes).map_err(|error| syntax(&error))
}

/// Reads the bytes of a JSON file.
pub(super) fn bytes(input: &mut dyn BufRead, limits: Limits) -> Result<Vec<u8>, ScanError> {
    let mut bytes = Vec::new();
    input.take(limits.json_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits.json_bytes {
        return Err(ScanError::Limit {
            place: "file".to_owned(),
            limit: limits.json_bytes,
            what: "bytes",
        });
    }
    Ok(bytes)
}

/// Reads the findings of one tool and hands each on as the result that `result` makes of it and its
/// place. Elements that cannot be read are refused. `keys` are those under which the list may stand.
pub(super) fn read_results<T: DeserializeOwned>(
    input: &mut dyn BufRead,
    limits: Limits,
    sink: &mut Counter<'_>,
    keys: &[&str],
    tool: &str,
    result: impl Fn(String, T) -> ScanResult,
) -> Result<(), ScanError> {
    let bytes = bytes(input, limits)?;
    let (base, findings) = list::<T>(&bytes, keys)?;
    let mut run = ScanRun { tool: tool.to_owned(), ..ScanRun::default() };
    for (at, finding) in findings.into_iter().enumerate() {
        let place = format!("{base}/{at}");
        let finding = match finding {
            Element::Read(finding) => finding,
            Element::Refused(reason) => {
                sink.refuse(place, reason)?;
                continue;
            }
        };
        let result = result(place, finding);
        run.day = run.day.max(result.last_seen);
        sink.result(result)?;
        if sink.stopped() {
            return Ok(());
        }
    }
    sink.run(run);
    Ok(())
}

/// Reads a list of elements: an array, an array under one of the keys of an object, or objects one
/// after the other. Returns the pointer of the list with its elements.
pub(super) fn list<T: DeserializeOwned>(
    bytes: &[u8],
    keys: &[&str],
) -> Result<(String, Vec<Element<T>>), ScanError> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        let list = serde_json::from_slice(bytes).map_err(|error| syntax(&error))?;
        return Ok((String::new(), list));
    }
    let documents = serde_json::Deserializer::from_slice(bytes).into_iter::<Checked>();
    let mut elements = Vec::new();
    let mut pointer = String::new();
    for document in documents {
        let Checked { mut value, duplicate } = document.map_err(|error| syntax(&error))?;
        let key = keys.iter().find(|key| value.get(**key).is_some_and(Value::is_array));
        let Some(key) = key else {
            elements.push(Element::of(Checked { value, duplicate }));
            continue;
        };
        pointer = format!("/{key}");
        if let Some(duplicate) = duplicate {
            return Err(ScanError::syntax("file", twice(&duplicate)));
        }
        if let Some(Value::Array(list)) = value.get_mut(*key).map(Value::take) {
            elements.extend(
                list.into_iter().map(|value| Element::of(Checked { value, duplicate: None })),
            );
        }
    }
    Ok((pointer, elements))
}

/// Says that a key stands twice in an object.
fn twice(key: &str) -> String {
    format!("the key `{key}` stands twice in an object, so that its value is not known")
}

/// An element of a list that is read on its own.
pub(super) enum Element<T> {
    /// It fits.
    Read(T),
    /// It does not fit, with the reason.
    Refused(String),
}

impl<T: DeserializeOwned> Element<T> {
    fn of(checked: Checked) -> Self {
        if let Some(key) = checked.duplicate {
            return Self::Refused(twice(&key));
        }
        match T::deserialize(checked.value) {
            Ok(element) => Self::Read(element),
            Err(error) => Self::Refused(error.to_string()),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(Checked::deserialize(deserializer)?))
    }
}

/// Reads a value of which `null` means the default.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A value without its nulls, and a key that stands twice in one of its objects: which of the two
/// values counts is not for a reader to guess.
struct Checked {
    value: Value,
    duplicate: Option<String>,
}

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut duplicate = None;
        let value = CheckedSeed(&mut duplicate).deserialize(deserializer)?;
        Ok(Self { value, duplicate })
    }
}

/// Reads one value and notes the first key that stands twice.
struct CheckedSeed<'a>(&'a mut Option<String>);

impl<'de> DeserializeSeed<'de> for CheckedSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CheckedSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element_seed(CheckedSeed(&mut *self.0))? {
            if !value.is_null() {
                list.push(value);
            }
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(CheckedSeed(&mut *self.0))?;
            if map.contains_key(&key) {
                self.0.get_or_insert(key);
            } else if !value.is_null() {
                map.insert(key, value);
            }
        }
        Ok(Value::Object(map))
    }
}

/// Turns an error of the JSON parser into one with its place.
pub(super) fn syntax(error: &serde_json::Error) -> ScanError {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
    ScanError::syntax(format!("line {}, column {}", error.line(), error.column()), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    struct One {
        id: String,
        #[serde(default)]
        tags: Vec<String>,
    }

    fn ids(text: &str, keys: &[&str]) -> (String, Vec<Result<String, String>>) {
        let (pointer, list) = list::<One>(text.as_bytes(), keys).unwrap();
        let ids = list.into_iter().map(|element| match element {
            Element::Read(one) => Ok(one.id),
            Element::Refused(reason) => Err(reason),
        });
        (pointer, ids.collect())
    }

    #[test]
    fn lists_are_found_in_three_forms() {
        let expected = vec![Ok("a".to_owned()), Ok("b".to_owned())];
        for (text, pointer) in [
            (r#"[{"id": "a"}, {"id": "b", "tags": null}]"#, ""),
            (r#"{"next": null, "findings": [{"id": "a"}, {"id": "b"}]}"#, "/findings"),
            ("{\"id\": \"a\"}\n{\"id\": \"b\"}\n", ""),
        ] {
            assert_eq!(ids(text, &["findings"]), (pointer.to_owned(), expected.clone()), "{text}");
        }
    }

    #[test]
    fn one_odd_element_is_refused_alone() {
        let (_, list) = ids(r#"[{"id": 1}, {"id": "b"}, {"id": "c", "id": "d"}]"#, &[]);
        assert!(list[0].as_ref().unwrap_err().contains("expected a string"), "{list:?}");
        assert_eq!(list[1], Ok("b".to_owned()));
        assert!(list[2].as_ref().unwrap_err().contains("`id` stands twice"), "{list:?}");
    }
}
