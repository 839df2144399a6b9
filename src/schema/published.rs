//! Schemas that others publish, compiled once, with faults in words that people understand.
//!
//! A [`Fault`](PublishedFault) names a place by its JSON pointer; who has the text of the file makes a
//! diagnostic of it.

use std::collections::BTreeMap;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Registry, ValidationError, Validator};
use serde_json::Value;

use super::{expected_type, meant_branch, name_of, validation_options};
use crate::document::escape_step;
use crate::nearest::nearest;

/// A compiled schema with what it states about its members.
pub struct PublishedSchema {
    validator: Validator,
    /// Descriptions of members, where all members of that name have the same.
    descriptions: BTreeMap<String, Option<String>>,
}

/// A fault of a value against a published schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFault {
    /// JSON pointer to the value that is wrong; of a missing member, to where it is missing.
    pub pointer: String,
    /// Whether the name of the member is wrong, not its value.
    pub is_key: bool,
    /// Description of the fault.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl PublishedSchema {
    /// Compiles the text of a schema; `definitions` are texts of schemas that it refers to.
    ///
    /// Returns nothing where a text is no schema, which the tests of the vendored schemas exclude.
    pub fn compile_text(text: &str, definitions: &[&str]) -> Option<Self> {
        let schema: Value = serde_json::from_str(&with_fragments(text)).ok()?;
        let mut descriptions = BTreeMap::new();
        collect_descriptions(&schema, &mut descriptions);
        let mut registry = Registry::new();
        for definition in definitions {
            let definition: Value = serde_json::from_str(&with_fragments(definition)).ok()?;
            collect_descriptions(&definition, &mut descriptions);
            let id = definition.get("$id")?.as_str()?.to_owned();
            registry = registry.add(id, definition).ok()?;
        }
        let registry = registry.prepare().ok()?;
        let validator = validation_options().with_registry(&registry).build(&schema).ok()?;
        Some(Self { validator, descriptions })
    }

    /// Lists what a value has against the schema, in the order of the schema.
    pub fn find_faults(&self, value: &Value) -> Vec<PublishedFault> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for error in self.validator.iter_errors(value) {
            self.explain_error(value, &error, &mut found);
        }
        found
    }

    fn explain_error(
        &self,
        root: &Value,
        error: &ValidationError<'_>,
        found: &mut Vec<PublishedFault>,
    ) {
        let pointer = error.instance_path().as_str().to_owned();
        let name = name_of(&pointer);
        let fault = |message: String, help: Option<String>| PublishedFault {
            pointer: pointer.clone(),
            is_key: false,
            message,
            help,
        };
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                found.push(fault(
                    format!("`{key}` is missing"),
                    Some(self.how_to_add(root, &pointer, key)),
                ));
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    let known = self.descriptions.keys().map(String::as_str);
                    let help = match nearest(key, known) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "remove it, or move it to where the schema has it".to_owned(),
                    };
                    found.push(PublishedFault {
                        pointer: format!("{pointer}/{}", escape_step(key)),
                        is_key: true,
                        message: format!("the schema has no member `{key}` here"),
                        help: Some(help),
                    });
                }
            }
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => match meant_branch(context) {
                Some(errors) if !errors.is_empty() => {
                    for inner in errors {
                        self.explain_error(root, inner, found);
                    }
                }
                _ => found.push(fault(
                    format!("`{name}` has none of the forms that the schema allows"),
                    None,
                )),
            },
            ValidationErrorKind::Type { kind } => {
                let message = format!(
                    "`{name}` is {} and must be {}",
                    json_kind(error.instance()),
                    expected_type(kind)
                );
                found.push(fault(message, self.find_description(&name)));
            }
            ValidationErrorKind::Enum { options } => {
                let words: Vec<String> =
                    options.as_array().into_iter().flatten().map(value_word).collect();
                let text = value_word(error.instance());
                // One number is as near as another.
                let is_text = error.instance().is_string();
                let near = nearest(&text, words.iter().map(String::as_str)).filter(|_| is_text);
                let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let message = format!("`{}` is not a value of `{name}`", cut_text(&text));
                found.push(fault(
                    message,
                    Some(format!("{near}the schema has {}", words.join(", "))),
                ));
            }
            ValidationErrorKind::Constant { expected_value } => {
                let message = format!(
                    "`{}` is not the value of `{name}`",
                    cut_text(&value_word(error.instance()))
                );
                found.push(fault(message, Some(format!("write `{}`", value_word(expected_value)))));
            }
            ValidationErrorKind::Format { format } => {
                let (form, example) = format_words(format);
                let message =
                    format!("`{}` is not {form}", cut_text(&value_word(error.instance())));
                found.push(fault(message, Some(format!("`{name}` is written as {example}"))));
            }
            ValidationErrorKind::Pattern { pattern } => {
                let text = cut_text(&value_word(error.instance()));
                let (message, help) = match pattern_words(pattern) {
                    Some((form, example)) if text.is_empty() => {
                        (format!("`{name}` is empty and must be {form}"), format!("e.g. {example}"))
                    }
                    Some((form, example)) => (
                        format!("`{text}` is not {form}"),
                        format!("`{name}` is written as {example}"),
                    ),
                    None => (
                        format!("`{text}` does not have the form of `{name}`"),
                        format!("the schema's pattern is {pattern}"),
                    ),
                };
                found.push(fault(message, Some(help)));
            }
            ValidationErrorKind::MinItems { limit } => {
                let message = format!("`{name}` has fewer than {limit} {}", entry_noun(*limit));
                found.push(fault(
                    message,
                    Some("add what is missing, or leave the member out".to_owned()),
                ));
            }
            ValidationErrorKind::MinLength { .. } => {
                found.push(fault(format!("`{name}` is empty"), self.find_description(&name)));
            }
            _ => found
                .push(fault(format!("`{name}`: {}", error.masked()), self.find_description(&name))),
        }
    }

    /// States how to add a missing member: the mistyped name that is there instead, or what the
    /// schema states about it.
    fn how_to_add(&self, root: &Value, pointer: &str, key: &str) -> String {
        let there = root.pointer(pointer).and_then(Value::as_object);
        let names = there.into_iter().flat_map(|object| object.keys());
        let unknown =
            names.map(String::as_str).filter(|name| !self.descriptions.contains_key(*name));
        if let Some(near) = nearest(key, unknown) {
            return format!("`{near}` stands there: did you mean `{key}`?");
        }
        match self.find_description(key) {
            Some(text) => format!("add `{key}`: {text}"),
            None => format!("add `{key}`"),
        }
    }

    fn find_description(&self, name: &str) -> Option<String> {
        self.descriptions.get(name).cloned().flatten()
    }
}

/// Returns the text of a schema with references as they are meant: FedRAMP's first ones named a
/// definition in the path of the URI, where no reader finds it.
fn with_fragments(text: &str) -> String {
    text.replace(".json/$defs/", ".json#/$defs/")
}

/// Collects the names of members and what the schema states about each.
fn collect_descriptions(schema: &Value, found: &mut BTreeMap<String, Option<String>>) {
    match schema {
        Value::Array(list) => list.iter().for_each(|it| collect_descriptions(it, found)),
        Value::Object(object) => {
            if let Some(members) = object.get("properties").and_then(Value::as_object) {
                for (name, member) in members {
                    let text =
                        member.get("description").and_then(Value::as_str).map(first_sentence);
                    let known = found.entry(name.clone()).or_insert_with(|| text.clone());
                    if *known != text {
                        *known = None;
                    }
                }
            }
            object.values().for_each(|it| collect_descriptions(it, found));
        }
        _ => {}
    }
}

fn first_sentence(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.find(". ").map_or(line.clone(), |at| line[..=at].to_owned())
}

/// Returns a value as people write it.
fn value_word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn cut_text(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.chars().count() > SHOWN {
        true => text.chars().take(SHOWN).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

fn entry_noun(count: u64) -> &'static str {
    if count == 1 { "entry" } else { "entries" }
}

fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// Returns a format of JSON Schema in words, and an example.
fn format_words(format: &str) -> (String, String) {
    let (words, example) = match format {
        "date" => ("a date", "2026-11-30"),
        "date-time" => ("a date and time with a time zone", "2026-11-30T09:00:00Z"),
        "uri" => ("a full URI", "https://example.com/document"),
        "uri-reference" => ("a URI reference", "https://example.com/document or #id"),
        "email" => ("a mail address", "jane@example.com"),
        "uuid" => ("a UUID", "0f1e2d3c-4b5a-4697-8877-665544332211"),
        other => return (format!("a value of the format {other}"), "the schema says".to_owned()),
    };
    (words.to_owned(), example.to_owned())
}

/// Returns a pattern of NIST's schemas in words, and an example.
fn pattern_words(pattern: &str) -> Option<(&'static str, &'static str)> {
    Some(match pattern {
        _ if pattern.contains("[0-9A-Fa-f]{8}-") => {
            ("a UUID", "0f1e2d3c-4b5a-4697-8877-665544332211")
        }
        _ if pattern.contains("T(2[0-3]") => {
            ("a date and time with a time zone", "2026-11-30T09:00:00Z")
        }
        _ if pattern.contains("-02-29)") => ("a date", "2026-11-30Z"),
        _ if pattern.contains("^.+@.+") => ("a mail address", "jane@example.com"),
        _ if pattern.contains("(\\p{L}|_)(\\p{L}|\\p{N}|[.\\-_])*") => {
            ("a token (a letter or _, then letters, digits, `.`, `-` and `_`)", "risk-adjustment")
        }
        "^\\S(.*\\S)?$" => ("one line of text without blanks at its ends", "Open port"),
        "^[^\n]+$" | "^[^\\n]+$" => ("one line of text", "Open port"),
        _ if pattern.starts_with("^[a-zA-Z][a-zA-Z0-9+\\-.]+:") => {
            ("a full URI", "https://example.com/document")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> PublishedSchema {
        let common = json!({
            "$id": "https://example.com/common.json",
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$defs": {"when": {"type": "string", "format": "date-time"}},
        });
        let schema = json!({
            "$id": "https://example.com/report.json",
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["reportPeriod"],
            "properties": {
                "reportPeriod": {"type": "object", "description": "Period of the report. More."},
                // As FedRAMP wrote references first.
                "generatedAt": {"$ref": "https://example.com/common.json/$defs/when"},
                "rating": {"enum": [0, 1]},
                "status": {"enum": ["Remediated", "False Positive"]},
                "list": {"type": "array", "minItems": 1},
                "closed": {"type": "object", "additionalProperties": false, "properties": {"since": {}}},
            },
        });
        PublishedSchema::compile_text(&schema.to_string(), &[&common.to_string()]).unwrap()
    }

    #[test]
    fn faults_are_said_in_words() {
        for (value, pointer, message, help) in [
            (
                json!({}),
                "",
                "`reportPeriod` is missing",
                "add `reportPeriod`: Period of the report.",
            ),
            (
                json!({"reportPeriode": {}}),
                "",
                "`reportPeriod` is missing",
                "`reportPeriode` stands there: did you mean `reportPeriod`?",
            ),
            (
                json!({"reportPeriod": {}, "generatedAt": "2026-11-30"}),
                "/generatedAt",
                "`2026-11-30` is not a date and time with a time zone",
                "`generatedAt` is written as 2026-11-30T09:00:00Z",
            ),
            (
                json!({"reportPeriod": {}, "status": "Remediatet"}),
                "/status",
                "`Remediatet` is not a value of `status`",
                "did you mean `Remediated`? the schema has Remediated, False Positive",
            ),
            (
                json!({"reportPeriod": {}, "rating": 7}),
                "/rating",
                "`7` is not a value of `rating`",
                "the schema has 0, 1",
            ),
            (
                json!({"reportPeriod": [], }),
                "/reportPeriod",
                "`reportPeriod` is a list and must be a mapping",
                "Period of the report.",
            ),
            (
                json!({"reportPeriod": {}, "list": []}),
                "/list",
                "`list` has fewer than 1 entry",
                "add what is missing, or leave the member out",
            ),
            (
                json!({"reportPeriod": {}, "closed": {"sinc": 1}}),
                "/closed/sinc",
                "the schema has no member `sinc` here",
                "did you mean `since`?",
            ),
        ] {
            let faults = schema().find_faults(&value);
            assert_eq!(faults.len(), 1, "{value}: {faults:?}");
            let fault = &faults[0];
            assert_eq!((fault.pointer.as_str(), fault.message.as_str()), (pointer, message));
            assert_eq!(fault.help.as_deref(), Some(help), "{value}");
        }
        assert_eq!(
            schema()
                .find_faults(&json!({"reportPeriod": {}, "generatedAt": "2026-11-30T00:00:00Z"})),
            []
        );
    }
}
