//! An entire OSCAL document in JSON or YAML as items.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::known::DocumentObjects;
use super::names::OURS;
use super::read::{Given, ItemParts, read};
use super::take::{Object, day_of, peek};
use crate::document::{Document as YamlDocument, Limits};
use crate::exchange::{Assumed, Imported, MilestoneStatements, Refused};
use crate::schema::{Fault, find_faults};
use crate::text::first_of;

/// The one member at the top of an OSCAL POA&M.
const TOP: &str = "plan-of-action-and-milestones";

/// The largest document that is read: 64 MiB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The largest weight of a document that is read: some 500 MB of memory.
const MAX_WEIGHT: usize = 8_000_000;

/// NIST's schemas: of a member that later versions add, the older one knows nothing.
pub(in crate::exchange) const SCHEMA_1_1: &str =
    include_str!("../../../templates/oscal/poam-1.1.3.schema.json");
pub(in crate::exchange) const SCHEMA_1_2: &str =
    include_str!("../../../templates/oscal/poam-1.2.3.schema.json");

/// Reasons why a file is not an OSCAL POA&M.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Larger than anything that is meant.
    #[error("the file has {0} bytes; an OSCAL document can have at most {MAX_BYTES}")]
    TooLarge(usize),
    /// More values than fit into memory.
    #[error("the document has more values than are read: split it into several documents")]
    TooManyValues,
    /// No JSON.
    #[error("the file is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// No YAML.
    #[error("{0}")]
    Yaml(String),
    /// Other JSON or YAML.
    #[error(
        "the file is JSON or YAML, but no OSCAL POA&M: at its top stands {0} instead of `{TOP}`; \
         import the POA&M itself, or export the table as .xlsx or CSV"
    )]
    Other(String),
    /// A version that no schema is here for.
    #[error("the document is of OSCAL `{0}`; versions 1.0 to 1.2 are read")]
    Version(String),
    /// The document breaks NIST's schema.
    #[error("the document breaks NIST's schema of OSCAL POA&Ms:{}", lines(.0))]
    Invalid(Vec<Fault>),
}

/// Faults that an error lists; the rest are counted.
const LISTED: usize = 20;

fn lines(faults: &[Fault]) -> String {
    let shown = faults.iter().take(LISTED).map(|fault| {
        let place = crate::text::visible(&fault.pointer).into_owned();
        format!("\n  {place}: {}", crate::text::visible(&fault.message))
    });
    let more = faults.len().saturating_sub(LISTED);
    shown.chain((more > 0).then(|| format!("\n  … and {more} more"))).collect()
}

/// Items and notes read from a document.
#[derive(Debug)]
pub struct OscalDocument {
    /// Its version of OSCAL.
    pub version: String,
    /// The day it was last changed.
    pub date: Option<NaiveDate>,
    /// Its items, in its order, with the pointer to each.
    pub items: Vec<(String, Result<Imported, Refused>)>,
    /// Notes for a person: pointers to nothing, parts that no item points to.
    pub notes: Vec<String>,
}

/// Reads a document; `source` is what it is called.
///
/// # Errors
///
/// When it is no OSCAL POA&M, or one that breaks the schema.
pub fn document(
    source: &str,
    bytes: &[u8],
    assumed: &Assumed,
) -> Result<OscalDocument, DocumentError> {
    if bytes.len() > MAX_BYTES {
        return Err(DocumentError::TooLarge(bytes.len()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let value: Value = match bytes.trim_ascii_start().first() {
        Some(b'{' | b'[') | None if weight(bytes) > MAX_WEIGHT => {
            return Err(DocumentError::TooManyValues);
        }
        Some(b'{' | b'[') | None => serde_json::from_slice(bytes)?,
        Some(_) => yaml(source, bytes)?,
    };
    let Some(plan) = value.get(TOP) else {
        let key = value.as_object().and_then(|object| object.keys().next());
        return Err(DocumentError::Other(match key {
            Some(key) => format!("`{key}`"),
            None => "no member".to_owned(),
        }));
    };
    let version = plan.pointer("/metadata/oscal-version").and_then(Value::as_str);
    let version = version.unwrap_or_default().to_owned();
    let schema = match version.split('.').take(2).collect::<Vec<_>>().as_slice() {
        ["1", "0" | "1"] => SCHEMA_1_1,
        ["1", "2"] => SCHEMA_1_2,
        // The schema check reports missing members.
        _ if version.is_empty() => SCHEMA_1_1,
        _ => return Err(DocumentError::Version(version)),
    };
    let wrong = find_faults(schema, &value);
    if !wrong.is_empty() {
        return Err(DocumentError::Invalid(wrong));
    }
    Ok(OscalReader::new(source, plan, assumed).document(version))
}

/// Returns the values of a document in YAML.
fn yaml(source: &str, bytes: &[u8]) -> Result<Value, DocumentError> {
    const LIMITS: Limits = Limits { bytes: MAX_BYTES, depth: 64, nodes: 2_000_000, aliases: 1000 };
    match YamlDocument::parse(source, bytes, &LIMITS) {
        Ok(document) => Ok(document.to_value()),
        Err(error) => Err(DocumentError::Yaml(error.to_string())),
    }
}

/// Returns whether the values of a text in JSON take more memory than is given to them.
pub(in crate::exchange) fn is_too_large(bytes: &[u8]) -> bool {
    weight(bytes) > MAX_WEIGHT
}

/// Estimates the memory of a document's values from its brackets, commas and colons: an object
/// weighs as much as five values.
fn weight(bytes: &[u8]) -> usize {
    let (mut weight, mut in_text, mut escaped) = (0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' if !in_text => weight += 5,
            b'[' | b',' | b':' if !in_text => weight += 1,
            _ => {}
        }
    }
    weight
}

struct OscalReader<'a> {
    source: &'a str,
    plan: &'a Value,
    known: DocumentObjects,
    given: Given,
    risks: HashMap<String, (usize, &'a Object)>,
    observations: HashMap<String, (usize, &'a Object)>,
    own: bool,
    notes: Vec<String>,
    events: usize,
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Returns whether a risk is closed.
fn is_closed(risk: &Object) -> bool {
    peek(risk, "status").is_some_and(|status| status.trim().eq_ignore_ascii_case("closed"))
}

/// Returns the day by which a risk must be resolved; the last day there is where it does not state.
fn deadline(risk: &Object) -> NaiveDate {
    peek(risk, "deadline").and_then(day_of).unwrap_or(NaiveDate::MAX)
}

/// Returns the parts of a list by their identifiers.
fn by_uuid<'a>(plan: &'a Value, name: &str) -> HashMap<String, (usize, &'a Object)> {
    let parts = list(plan, name).enumerate();
    let parts = parts.filter_map(|(at, part)| {
        let object = part.as_object()?;
        Some((peek(object, "uuid")?.to_ascii_lowercase(), (at, object)))
    });
    parts.collect()
}

impl<'a> OscalReader<'a> {
    fn new(source: &'a str, plan: &'a Value, assumed: &Assumed) -> Self {
        let mut known = DocumentObjects::default();
        for place in ["/local-definitions", "/local-definitions/assessment-assets"] {
            list(plan, &format!("{place}/components")).for_each(|it| known.take_component(it));
        }
        list(plan, "/local-definitions/inventory-items").for_each(|it| known.take_asset(it));
        list(plan, "/metadata/parties").for_each(|it| known.take_party(it));
        list(plan, "/back-matter/resources").for_each(|it| known.take_document(it));
        let own = list(plan, "/metadata/props").any(|prop| {
            let is = |member: &str, text: &str| prop.get(member).is_some_and(|it| it == text);
            is("ns", OURS) && is("name", "generator")
        });
        Self {
            source,
            plan,
            known,
            given: Given { detected: assumed.detected, rating: assumed.rating },
            risks: by_uuid(plan, "/risks"),
            observations: by_uuid(plan, "/observations"),
            own,
            notes: Vec::new(),
            events: 0,
        }
    }

    fn document(mut self, version: String) -> OscalDocument {
        let mut used: [Vec<usize>; 2] = Default::default();
        let mut items = Vec::new();
        for (at, item) in list(self.plan, "/poam-items").enumerate() {
            let pointer = format!("/{TOP}/poam-items/{at}");
            let read = self.item(&pointer, item, &mut used);
            items.push((pointer, read));
        }
        for (name, all, used) in [
            ("risks", self.risks.len(), &used[0]),
            ("observations", self.observations.len(), &used[1]),
        ] {
            let left = (0..all).filter(|at| !used.contains(at));
            let places: Vec<String> = left.map(|at| format!("/{TOP}/{name}/{at}")).collect();
            if places.is_empty() {
                continue;
            }
            let places = first_of(&places, LISTED);
            self.notes.push(format!("no poam-item points to {places}: left out"));
        }
        if self.events > 0 {
            let entries = if self.events == 1 { "entry" } else { "entries" };
            self.notes.push(format!(
                "{} {entries} of risk logs repeat commits of the tracker that wrote the document: they are not made again",
                self.events
            ));
        }
        let date = self.plan.pointer("/metadata/last-modified").and_then(Value::as_str);
        OscalDocument { version, date: date.and_then(day_of), items, notes: self.notes }
    }

    /// Returns the one risk that has an identifier somewhere inside it.
    fn holder(&self, uuid: &str) -> Option<(usize, &'a Object)> {
        fn has(value: &Value, uuid: &str) -> bool {
            match value {
                Value::Object(object) => {
                    peek(object, "uuid").is_some_and(|it| it.eq_ignore_ascii_case(uuid))
                        || object.values().any(|value| has(value, uuid))
                }
                Value::Array(list) => list.iter().any(|value| has(value, uuid)),
                _ => false,
            }
        }
        let holds = |risk: &&(usize, &'a Object)| risk.1.values().any(|it| has(it, uuid));
        let mut found = self.risks.values().filter(holds);
        found.next().copied().filter(|_| found.next().is_none())
    }

    fn item(
        &mut self,
        pointer: &str,
        value: &Value,
        used: &mut [Vec<usize>; 2],
    ) -> Result<Imported, Refused> {
        let refuse = |reason: String| Refused {
            sheet: self.source.to_owned(),
            cell: pointer.to_owned(),
            reason,
        };
        let object = value.as_object().cloned().unwrap_or_default();
        let mut dangling = Vec::new();
        let mut risks: Vec<(usize, &Object)> = Vec::new();
        for (at, one) in list(value, "/related-risks").enumerate() {
            let uuid = one.get("risk-uuid").and_then(Value::as_str).unwrap_or_default();
            match self.risks.get(&uuid.to_ascii_lowercase()) {
                Some(found) => risks.push(*found),
                None => {
                    let place =
                        format!("{pointer}/related-risks/{at}: no risk has the uuid {uuid}");
                    match self.holder(uuid) {
                        Some(found) => {
                            let holder = found.0;
                            dangling.push(format!(
                                "{place}; /{TOP}/risks/{holder} is taken, a part of which has it"
                            ));
                            risks.push(found);
                        }
                        None => dangling.push(place),
                    }
                }
            }
        }
        // An item is open while one of its risks is. The one that is due first leads: what the item
        // is must be true of all of them.
        risks.sort_by_key(|(_, risk)| (is_closed(risk), deadline(risk)));
        let mut observations: Vec<(usize, &Object)> = Vec::new();
        let of_risks = risks
            .iter()
            .map(|(at, risk)| (format!("/{TOP}/risks/{at}"), risk.get("related-observations")));
        let sources = [(pointer.to_owned(), value.get("related-observations"))];
        for (place, related) in sources.into_iter().chain(of_risks) {
            let related = related.and_then(Value::as_array).into_iter().flatten();
            for (at, one) in related.enumerate() {
                let uuid = one.get("observation-uuid").and_then(Value::as_str).unwrap_or_default();
                match self.observations.get(&uuid.to_ascii_lowercase()) {
                    Some(found) if observations.iter().any(|(at, _)| *at == found.0) => {}
                    Some(found) => observations.push(*found),
                    None => dangling.push(format!(
                        "{place}/related-observations/{at}: no observation has the uuid {uuid}"
                    )),
                }
            }
        }
        let parts = ItemParts {
            item: object,
            risk: risks.first().map(|(_, risk)| (*risk).clone()).unwrap_or_default(),
            observations: observations.iter().map(|(_, it)| (*it).clone()).collect(),
            own: self.own,
        };
        let read = read(parts, &self.known, &self.given).map_err(refuse);
        used[0].extend(risks.iter().map(|(at, _)| *at));
        used[1].extend(observations.iter().map(|(at, _)| *at));
        self.notes.extend(dangling);
        let read = read?;
        self.events += read.events;
        let (mut item, mut left) = (read.item, read.left);
        // An item has one risk; what others state is retained with it.
        if risks.len() > 1 {
            let others = risks[1..].iter().map(|(_, risk)| Value::Object((*risk).clone()));
            left.insert("other-risks".to_owned(), others.collect());
        }
        let place = |part: &str| match part {
            "risk" => risks.first().map(|(at, _)| format!("/{TOP}/risks/{at}")),
            "other-risks" => risks.get(1).map(|(at, _)| format!("/{TOP}/risks/{at}")),
            "observations" => {
                observations.first().map(|(at, _)| format!("/{TOP}/observations/{at}"))
            }
            _ => None,
        };
        let kept = left.iter().map(|(part, value)| {
            let names: Vec<&str> = match value {
                Value::Object(object) => object.keys().map(String::as_str).collect(),
                _ => Vec::new(),
            };
            let names =
                if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
            let cell = place(part).unwrap_or_else(|| pointer.to_owned());
            (
                cell,
                format!("{part} of {}{names}: no field means it, so it is under `extra`", item.id),
            )
        });
        let kept: Vec<(String, String)> = kept.collect();
        if !left.is_empty() {
            let mut key = "oscal".to_owned();
            while item.extra.contains_key(&key) {
                key.push('+');
            }
            item.extra.insert(key, Value::Object(left));
        }
        let milestones = MilestoneStatements {
            keys: read.keys,
            ..MilestoneStatements::of_milestones(&item.milestones)
        };
        Ok(Imported { item, status_date: None, kept, told: None, denied: read.denied, milestones })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_commas_in_texts_weigh_nothing() {
        for (text, expected) in [
            ("[]", 1),
            ("[0,0,0]", 3),
            ("{\"a\":0}", 6),
            ("{\"a\":0,\"b\":[{}]}", 14),
            (r#"["{[,:", "\"[", "\\", 1]"#, 4),
        ] {
            assert_eq!(weight(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_document_of_too_many_values_is_refused_before_it_is_parsed() {
        let text = format!("{{\"a\":[{}0]", "0,".repeat(MAX_WEIGHT));
        let read = document("a.json", text.as_bytes(), &Assumed::default());
        assert!(matches!(read, Err(DocumentError::TooManyValues)));
    }
}
