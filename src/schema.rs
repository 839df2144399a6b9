//! JSON Schema → diagnostics with places.
//!
//! The schemas under `schema/` are public contracts and what editors complete from. They are
//! generated from the types and committed (`schema_of_types.rs`, a test).

mod published;
mod tree;

pub use published::{PublishedFault, PublishedSchema};
pub(crate) use tree::{file_schema, is_item_field, list_alternatives, schemas_at};

use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{PatternOptions, ValidationError, ValidationOptions, Validator};
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::document::{Document, NodeKind, escape_step};
use crate::nearest::nearest;

/// The name under which schema diagnostics are reported.
pub const RULE: &str = "schema";

/// Pattern of a text that is not blank.
const NOT_BLANK: &str = r"\S";

/// A published schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// One item's file.
    Item,
    /// `poam.yaml`.
    Settings,
    /// An event, as `poam log` prints it.
    Event,
    /// Output of `poam diff`.
    Diff,
    /// Output of `poam verify`.
    Verify,
    /// A layout of the workbook.
    Layout,
    /// `portfolio.yaml`.
    Portfolio,
}

impl Schema {
    /// Returns the schema as published, as JSON text.
    pub fn text(self) -> &'static str {
        match self {
            Self::Item => include_str!("../schema/item.schema.json"),
            Self::Settings => include_str!("../schema/settings.schema.json"),
            Self::Event => include_str!("../schema/event.schema.json"),
            Self::Diff => include_str!("../schema/diff.schema.json"),
            Self::Verify => include_str!("../schema/verify.schema.json"),
            Self::Layout => include_str!("../schema/layout.schema.json"),
            Self::Portfolio => include_str!("../schema/portfolio.schema.json"),
        }
    }

    /// Returns the schema, compiled once for the life of the program.
    pub(crate) fn compiled_schema(self) -> Option<&'static (Value, Validator)> {
        static ITEM: OnceLock<Option<(Value, Validator)>> = OnceLock::new();
        static SETTINGS: OnceLock<Option<(Value, Validator)>> = OnceLock::new();
        static EVENT: OnceLock<Option<(Value, Validator)>> = OnceLock::new();
        static DIFF: OnceLock<Option<(Value, Validator)>> = OnceLock::new();
        static VERIFY: OnceLock<Option<(Value, Validator)>> = OnceLock::new();
        static LAYOUT: OnceLock<Option<(Value, Validator)>> = OnceLock::new();
        static PORTFOLIO: OnceLock<Option<(Value, Validator)>> = OnceLock::new();
        let cell = match self {
            Self::Item => &ITEM,
            Self::Settings => &SETTINGS,
            Self::Event => &EVENT,
            Self::Diff => &DIFF,
            Self::Verify => &VERIFY,
            Self::Layout => &LAYOUT,
            Self::Portfolio => &PORTFOLIO,
        };
        cell.get_or_init(|| {
            let schema: Value = serde_json::from_str(self.text()).ok()?;
            let validator = build_validator(&schema)?;
            Some((schema, validator))
        })
        .as_ref()
    }

    /// Checks a document against the schema. `value` is the document's value, passed in because the
    /// caller has it already.
    pub fn check(self, document: &Document, value: &Value) -> Vec<Diagnostic> {
        let Some((schema, validator)) = self.compiled_schema() else {
            // A published schema that does not compile is caught by the tests of this file.
            return Vec::new();
        };
        if validator.is_valid(value) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for error in validator.iter_errors(value) {
            explain(schema, document, &error, &mut found);
        }
        found
    }
}

/// Explains why values that the schema accepts cannot be read all the same: JSON Schema takes `1.0`
/// for an integer, and no reader does. `reads` tries; nothing where it is not that.
pub fn explain_unreadable(
    document: &Document,
    value: &Value,
    reads: impl Fn(&Value) -> bool,
) -> Vec<Diagnostic> {
    fn collect(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Array(list) => {
                for (place, entry) in list.iter().enumerate() {
                    collect(entry, &format!("{at}/{place}"), found);
                }
            }
            Value::Object(map) => {
                for (key, entry) in map {
                    collect(entry, &format!("{at}/{}", escape_step(key)), found);
                }
            }
            Value::Number(number) if number.is_f64() => found.push(at.to_owned()),
            _ => {}
        }
    }
    let mut places = Vec::new();
    collect(value, "", &mut places);
    let whole = |but: &str| {
        let mut value = value.clone();
        for place in places.iter().filter(|place| *place != but) {
            let Some(number) = value.pointer_mut(place) else { continue };
            // A number that is not entire is none of those that are meant, and stays.
            if number.as_f64().is_some_and(|number| number.fract() == 0.0) {
                *number = Value::from(1);
            }
        }
        value
    };
    let culprits = places.iter().filter(|place| !reads(&whole(place)) && reads(&whole("")));
    let say = |place: &String| {
        let text = source_text(document, place);
        let short = text.split_once('.').map_or("1", |(whole, _)| whole);
        Diagnostic::new(RULE, document.label(place), format!("`{text}` is no whole number"))
            .help(format!("write `{short}`"))
    };
    culprits.map(say).collect()
}

/// Returns the options with which schemas are compiled.
fn validation_options<'a>() -> ValidationOptions<'a> {
    jsonschema::options()
        // Formats are not checked by default, and unknown ones would pass in silence.
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
}

/// Returns the full validator of a schema; none where it is no schema.
fn build_validator(schema: &Value) -> Option<Validator> {
    validation_options().build(schema).ok()
}

/// Violation of a published schema by a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer to the value that is wrong; of a missing member, to where it is missing.
    pub pointer: String,
    /// Description of the fault, without the value itself.
    pub message: String,
}

/// Checks a value against the text of a schema; formats are checked. A text that is no schema is a
/// fault of its own.
pub fn find_faults(schema: &str, value: &Value) -> Vec<Fault> {
    let compiled = serde_json::from_str(schema).ok().and_then(|schema| build_validator(&schema));
    let Some(validator) = compiled else {
        let message = "the schema itself does not compile".to_owned();
        return vec![Fault { pointer: "/".to_owned(), message }];
    };
    if validator.is_valid(value) {
        return Vec::new();
    }
    validator.iter_errors(value).map(schema_fault).collect()
}

fn schema_fault(error: ValidationError<'_>) -> Fault {
    Fault {
        pointer: match error.instance_path().as_str() {
            "" => "/".to_owned(),
            path => path.to_owned(),
        },
        message: error.masked().to_string(),
    }
}

/// Turns a schema error into diagnostics at the places that people can mend.
fn explain(
    schema: &Value,
    document: &Document,
    error: &ValidationError<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let pointer = error.instance_path().as_str();
    let name = name_of(pointer);
    let at = |message: String| Diagnostic::new(RULE, document.label(pointer), message);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let place = format!("{pointer}/{}", escape_step(key));
            let (label, fact) = match document.find(&place) {
                Some(_) => (document.key_label(&place), "has no value"),
                None => (document.label(pointer), "is missing"),
            };
            found.push(
                Diagnostic::new(RULE, label, format!("`{key}` {fact}"))
                    .help(format!("add `{key}: …`")),
            );
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = list_properties(schema, error.schema_path().as_str());
            for key in unexpected {
                let label = document.key_label(&format!("{pointer}/{}", escape_step(key)));
                let help = match nearest(key, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if pointer.is_empty() && known.iter().any(|name| name == "extra") => {
                        "put values of your own under `extra:`".to_owned()
                    }
                    None => format!("known here: {}", known.join(", ")),
                };
                found.push(
                    Diagnostic::new(RULE, label, format!("unknown field `{key}`")).help(help),
                );
            }
        }
        ValidationErrorKind::Type { kind: TypeKind::Single(jsonschema::JsonType::Integer) }
            if is_large(document, pointer) =>
        {
            let message = format!("`{name}` is a larger number than can be read");
            found.push(at(message).help("write a smaller number"));
        }
        ValidationErrorKind::Type { kind } => {
            let name = entry_name(pointer, &name);
            found.push(
                at(format!("{name} must be {}", expected_type(kind)))
                    .help(type_help(document, error, kind)),
            );
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            let words = list_words(schema, error.schema_path().as_str());
            if let (false, Some(text)) = (words.is_empty(), error.instance().as_str()) {
                found.push(not_one_of(&at, &name, text, &words));
            } else if let Some(meant) = meant_branch(context) {
                for inner in meant {
                    explain(schema, document, inner, found);
                }
            }
        }
        ValidationErrorKind::Enum { options } => {
            let words: Vec<String> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            let text = source_text(document, pointer);
            found.push(not_one_of(&at, &name, &text, &words));
        }
        ValidationErrorKind::Format { format } if format == "date" => {
            let text = source_text(document, pointer);
            let takes_instants = error.schema_path().as_str().contains("/DayOrInstant/");
            let help = match takes_instants {
                true => "write a day as YYYY-MM-DD, or an instant as YYYY-MM-DDThh:mm:ssZ",
                false => "write a day of the calendar as YYYY-MM-DD",
            };
            found.push(at(format!("`{text}` is not a date")).help(help));
        }
        ValidationErrorKind::Minimum { limit } => {
            found.push(at(format!("`{name}` is less than {limit}")).help("write a larger number"));
        }
        ValidationErrorKind::Maximum { limit } => {
            found.push(at(format!("`{name}` is more than {limit}")).help("write a smaller number"));
        }
        ValidationErrorKind::MinLength { .. } => {
            found.push(at(format!("`{name}` is empty")).help("fill it, or remove the line"));
        }
        ValidationErrorKind::Pattern { pattern } if pattern == NOT_BLANK => {
            found.push(at(format!("`{name}` is empty")).help("fill it, or remove the line"));
        }
        _ => found.push(at(format!("`{name}`: {}", error.masked())).help("see `poam schema`")),
    }
}

/// Returns the branch that was meant: the one whose errors lie deepest in the value, else the first
/// (an optional value has the value first and nothing second).
fn meant_branch<'a>(
    branches: &'a [Vec<ValidationError<'static>>],
) -> Option<&'a Vec<ValidationError<'static>>> {
    branches.iter().rev().max_by_key(|errors| error_depth(errors))
}

fn error_depth(errors: &[ValidationError<'_>]) -> Option<usize> {
    errors.iter().map(|error| error.instance_path().as_str().matches('/').count()).min()
}

fn not_one_of(
    at: &dyn Fn(String) -> Diagnostic,
    name: &str,
    text: &str,
    words: &[String],
) -> Diagnostic {
    let all = words.join(", ");
    let help = match nearest(text, words.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? known: {all}"),
        None => format!("write one of {all}"),
    };
    at(format!("`{text}` is not a known value of `{name}`")).help(help)
}

/// Returns the last key on the way to a place, for messages.
fn name_of(pointer: &str) -> String {
    let mut steps = pointer.split('/').skip(1).collect::<Vec<_>>();
    while steps.last().is_some_and(|step| step.parse::<usize>().is_ok()) && steps.len() > 1 {
        steps.pop();
    }
    steps
        .last()
        .map_or_else(|| "the file".to_owned(), |step| step.replace("~1", "/").replace("~0", "~"))
}

/// Returns a value by the name of its key, or as an entry of the list that has the name.
fn entry_name(pointer: &str, name: &str) -> String {
    let last = pointer.rsplit('/').next().unwrap_or_default();
    if is_digits(last) && last != name {
        format!("an entry of `{name}`")
    } else {
        format!("`{name}`")
    }
}

/// Returns whether a value is written as an integer, of more digits than are read as one.
fn is_large(document: &Document, pointer: &str) -> bool {
    let written = document.text().get(document.span(pointer)).unwrap_or_default();
    is_digits(written) && !written.starts_with('0')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Returns the text at a JSON pointer, cut to the length that a message can show.
fn source_text(document: &Document, pointer: &str) -> String {
    let span = document.span(pointer);
    let text = document.text().get(span).unwrap_or_default().trim_matches(['"', '\'']);
    text.chars().take(40).collect()
}

fn expected_type(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => type_noun(*kind).to_owned(),
        TypeKind::Multiple(kinds) => {
            let words: Vec<_> = kinds
                .iter()
                .filter(|kind| *kind != jsonschema::JsonType::Null)
                .map(type_noun)
                .collect();
            words.join(" or ")
        }
    }
}

fn type_noun(kind: jsonschema::JsonType) -> &'static str {
    match kind {
        jsonschema::JsonType::Array => "a list",
        jsonschema::JsonType::Boolean => "true or false",
        jsonschema::JsonType::Integer => "a whole number",
        jsonschema::JsonType::Null => "empty",
        jsonschema::JsonType::Number => "a number",
        jsonschema::JsonType::Object => "a mapping",
        jsonschema::JsonType::String => "text",
    }
}

fn type_help(document: &Document, error: &ValidationError<'_>, kind: &TypeKind) -> String {
    let wanted = expected_type(kind);
    let pointer = error.instance_path().as_str();
    let scalar =
        document.find(pointer).is_some_and(|node| matches!(node.kind, NodeKind::Scalar(_)));
    match wanted.as_str() {
        "text" if scalar => format!("put it into quotes: \"{}\"", source_text(document, pointer)),
        "a list" => "write `[one, two]`, or one `- …` a line".to_owned(),
        "a mapping" => "write `key: value` lines below it, indented".to_owned(),
        "a whole number" => "write digits without quotes".to_owned(),
        _ => format!("write {wanted}"),
    }
}

/// Lists the names of the properties beside an `additionalProperties` keyword.
fn list_properties(schema: &Value, path: &str) -> Vec<String> {
    let object = path.rsplit_once('/').and_then(|(parent, _)| schema.pointer(parent));
    let known = object.and_then(|object| object.get("properties")).and_then(Value::as_object);
    known.map(|map| map.keys().cloned().collect()).unwrap_or_default()
}

/// Returns the words that an `anyOf` or `oneOf` of constants lists.
fn list_words(schema: &Value, path: &str) -> Vec<String> {
    let branches = schema.pointer(path).and_then(Value::as_array);
    let mut words = Vec::new();
    for branch in branches.into_iter().flatten() {
        words.extend(branch.get("const").and_then(Value::as_str).map(str::to_owned));
        let options = branch.get("enum").and_then(Value::as_array).into_iter().flatten();
        words.extend(options.filter_map(Value::as_str).map(str::to_owned));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Limits;

    fn diagnostics(text: &str) -> Vec<(usize, usize, String, String)> {
        let document = Document::parse("items/V-1.yaml", text.as_bytes(), &Limits::ITEM).unwrap();
        let mut found = Schema::Item.check(&document, &document.to_value());
        found.sort_by(Diagnostic::compare_order);
        found
            .into_iter()
            .map(|it| {
                (
                    it.label.start.line,
                    it.label.start.column,
                    it.message.clone(),
                    it.help.clone().unwrap().into_owned(),
                )
            })
            .collect()
    }

    const GOOD: &str = "id: V-1\nweakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\n";

    #[test]
    fn a_good_item_passes() {
        assert_eq!(diagnostics(GOOD), []);
    }

    #[test]
    fn every_error_has_its_place_and_a_way_out() {
        for (text, line, column, message, help) in [
            (
                "id: V-1\n",
                1,
                1,
                "`original_detection_date` is missing",
                "add `original_detection_date: …`",
            ),
            (
                &GOOD.replace("weakness_name: W", "weakness_name:"),
                2,
                1,
                "`weakness_name` has no value",
                "add `weakness_name: …`",
            ),
            (
                &GOOD.replace("weakness_name: W", "weakness_name: ''"),
                2,
                16,
                "`weakness_name` is empty",
                "fill it, or remove the line",
            ),
            (
                &format!("{GOOD}source_identifier: 1.10\n"),
                6,
                20,
                "`source_identifier` must be text",
                "put it into quotes: \"1.10\"",
            ),
            (
                &format!("{GOOD}remediaton_plan: x\n"),
                6,
                1,
                "unknown field `remediaton_plan`",
                "did you mean `remediation_plan`?",
            ),
            (
                &format!("{GOOD}zzz: x\n"),
                6,
                1,
                "unknown field `zzz`",
                "put values of your own under `extra:`",
            ),
            (
                &GOOD.replace("2026-01-01", "2026-02-30"),
                4,
                26,
                "`2026-02-30` is not a date",
                "write a day of the calendar as YYYY-MM-DD",
            ),
            (
                &GOOD.replace("high", "hihg"),
                5,
                23,
                "`hihg` is not a known value of `original_risk_rating`",
                "did you mean `high`? known: low, moderate, high, critical",
            ),
            (
                &GOOD.replace("open", "In Progress"),
                3,
                9,
                "`In Progress` is not a known value of `status`",
                "did you mean `in-progress`? known: open, in-progress, pending-validation, pending-approval, deferred, risk-accepted, closed",
            ),
            (
                &format!("{GOOD}assets: one\n"),
                6,
                9,
                "`assets` must be a list",
                "write `[one, two]`, or one `- …` a line",
            ),
            (
                &format!("{GOOD}milestones:\n  - id: 1\n    descripton: x\n    due: soon\n"),
                7,
                5,
                "`description` is missing",
                "add `description: …`",
            ),
            (
                &format!("{GOOD}milestones: [x]\n"),
                6,
                14,
                "an entry of `milestones` must be a mapping",
                "write `key: value` lines below it, indented",
            ),
            (
                &format!("{GOOD}milestones: [{{id: 0, description: x}}]\n"),
                6,
                19,
                "`id` is less than 1",
                "write a larger number",
            ),
            (
                &format!("{GOOD}milestones: [{{id: 99999999999999999999, description: x}}]\n"),
                6,
                19,
                "`id` is a larger number than can be read",
                "write a smaller number",
            ),
            (
                &format!("{GOOD}kev: {{listed: maybe}}\n"),
                6,
                15,
                "`listed` must be true or false",
                "write true or false",
            ),
            (
                &format!("{GOOD}point_of_contact: Jane\n"),
                6,
                19,
                "`point_of_contact` must be a mapping",
                "write `key: value` lines below it, indented",
            ),
        ] {
            let found = diagnostics(text);
            let wanted = (line, column, message.to_owned(), help.to_owned());
            assert!(found.contains(&wanted), "{text}\nwanted {wanted:?}\nfound  {found:#?}");
        }
    }
}
