//! Reading of JSON files under a limit, with the place of errors, and of lists whose elements are read
//! one by one, so that one odd element is a refusal and not the end of the file.

use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::format::CountingSink;
use crate::{ScanError, ScanLimits, ScanResult, ScanRun};

/// Reads an entire JSON file into a type.
pub(super) fn parse<T: DeserializeOwned>(
    input: &mut dyn BufRead,
    limits: ScanLimits,
) -> Result<T, ScanError> {
    let bytes = read_bytes(input, limits)?;
    serde_json::from_slice(&bytes).map_err(|error| syntax_error(&error))
}

/// Reads the bytes of a JSON file.
pub(super) fn read_bytes(
    input: &mut dyn BufRead,
    limits: ScanLimits,
) -> Result<Vec<u8>, ScanError> {
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

/// Reads the findings of one tool and passes each on as the result that `result` makes of it and its
/// place. Elements that cannot be read are refused. `keys` are those under which the list may be.
pub(super) fn read_results<T: DeserializeOwned>(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
    keys: &[&str],
    tool: &str,
    result: impl Fn(String, T) -> ScanResult,
) -> Result<(), ScanError> {
    let bytes = read_bytes(input, limits)?;
    let (base, findings) = list::<T>(&bytes, keys)?;
    let mut run = ScanRun { tool: tool.to_owned(), ..ScanRun::default() };
    let all = each_result(&base, findings, &mut run, sink, |_, place, finding| {
        Ok(Some(result(place, finding)))
    })?;
    if all {
        sink.run(run);
    }
    Ok(())
}

/// Hands on each element of a list as the result that `result` makes of it and its place, and gives the run
/// the latest day. Elements that cannot be read, or that `result` refuses with a reason, are refused;
/// where it makes none, the element is passed over. Returns whether the sink took all of them.
pub(super) fn each_result<T>(
    base: &str,
    elements: Vec<ListElement<T>>,
    run: &mut ScanRun,
    sink: &mut CountingSink<'_>,
    mut result: impl FnMut(&mut ScanRun, String, T) -> Result<Option<ScanResult>, String>,
) -> Result<bool, ScanError> {
    for (at, element) in elements.into_iter().enumerate() {
        let place = format!("{base}/{at}");
        let made = match element {
            ListElement::Read(element) => result(run, place.clone(), element),
            ListElement::Refused(reason) => Err(reason),
        };
        match made {
            Ok(Some(result)) => {
                run.day = run.day.max(result.last_seen);
                sink.accept_result(result)?;
                if sink.is_stopped() {
                    return Ok(false);
                }
            }
            Ok(None) => {}
            Err(reason) => sink.refuse_result(place, reason)?,
        }
    }
    Ok(true)
}

/// Reads a list of elements: an array, an array under one of the keys of an object, or objects one
/// after the other. Returns the pointer of the list with its elements.
pub(super) fn list<T: DeserializeOwned>(
    bytes: &[u8],
    keys: &[&str],
) -> Result<(String, Vec<ListElement<T>>), ScanError> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        let list = serde_json::from_slice(bytes).map_err(|error| syntax_error(&error))?;
        return Ok((String::new(), list));
    }
    let documents = serde_json::Deserializer::from_slice(bytes).into_iter::<CheckedElement>();
    let mut elements = Vec::new();
    let mut pointer = String::new();
    for document in documents {
        let CheckedElement { mut value, duplicate } =
            document.map_err(|error| syntax_error(&error))?;
        let key = keys.iter().find(|key| value.get(**key).is_some_and(Value::is_array));
        let Some(key) = key else {
            elements.push(ListElement::convert(CheckedElement { value, duplicate }));
            continue;
        };
        pointer = format!("/{key}");
        if let Some(duplicate) = duplicate {
            return Err(ScanError::syntax_error("file", duplicate_key(&duplicate)));
        }
        if let Some(Value::Array(list)) = value.get_mut(*key).map(Value::take) {
            elements.extend(
                list.into_iter()
                    .map(|value| ListElement::convert(CheckedElement { value, duplicate: None })),
            );
        }
    }
    Ok((pointer, elements))
}

/// Reports that a key is twice in an object.
fn duplicate_key(key: &str) -> String {
    format!("the key `{key}` stands twice in an object, so that its value is not known")
}

/// An element of a list that is read on its own.
pub(super) enum ListElement<T> {
    /// It fits.
    Read(T),
    /// It does not fit, with the reason.
    Refused(String),
}

impl<T: DeserializeOwned> ListElement<T> {
    fn convert(checked: CheckedElement) -> Self {
        if let Some(key) = checked.duplicate {
            return Self::Refused(duplicate_key(&key));
        }
        match T::deserialize(checked.value) {
            Ok(element) => Self::Read(element),
            Err(error) => Self::Refused(error.to_string()),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for ListElement<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::convert(CheckedElement::deserialize(deserializer)?))
    }
}

/// Reads a value of which `null` means the default.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A value without its nulls, and a key that is twice in one of its objects: which of the two
/// values counts is not for a reader to guess.
struct CheckedElement {
    value: Value,
    duplicate: Option<String>,
}

impl<'de> Deserialize<'de> for CheckedElement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut duplicate = None;
        let value = CheckedSeed(&mut duplicate).deserialize(deserializer)?;
        Ok(Self { value, duplicate })
    }
}

/// Reads one value and notes the first key that is twice.
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
pub(super) fn syntax_error(error: &serde_json::Error) -> ScanError {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
    ScanError::syntax_error(format!("line {}, column {}", error.line(), error.column()), message)
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
            ListElement::Read(one) => Ok(one.id),
            ListElement::Refused(reason) => Err(reason),
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
