//! An item together with the file that it is in.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde::Deserialize as _;
use serde_json::Value;

use super::find_status;
use super::present_fields::PresentFields;
use crate::diagnostic::Diagnostic;
use crate::document::{Document, FlatDocument, Limits};
use crate::model::{Item, Status, Workflow, to_canonical};
use crate::schema::{self, RULE, Schema};

/// An item with its file.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The item.
    pub item: Item,
    /// Its file.
    pub document: Document,
    /// Made where somebody asks for it.
    value: OnceLock<Box<Value>>,
    said: PresentFields,
    fits: bool,
}

impl Stored {
    /// Returns the path of its file from the root of the repository.
    pub fn path(&self) -> &str {
        self.document.path()
    }

    /// Its values as in the file, unknown ones too, in canonical words.
    pub fn value(&self) -> &Value {
        self.value.get_or_init(|| Box::new(self.document.to_value()))
    }

    /// Returns the values for one use: they are not cached for the next one.
    pub fn to_value(&self) -> Value {
        self.value.get().map_or_else(|| self.document.to_value(), |value| value.as_ref().clone())
    }

    /// Returns whether the file states anything under a field of the item: more than blank text, an empty
    /// list or an empty mapping.
    pub fn has_value(&self, field: &str) -> bool {
        self.said.has_field(field)
    }

    /// Gives the item the status of the workflow that its word means.
    pub(super) fn resolve_status(&mut self, workflow: &Workflow) {
        if let Some(status) = find_status(&self.item.status, workflow) {
            self.set_status(status);
        }
    }

    pub(super) fn set_status(&mut self, status: Status) {
        let mut value = self.value().clone();
        if let Some(place) = value.get_mut("status") {
            *place = status.as_str().into();
        }
        self.value = Box::new(value).into();
        self.item.status = status;
    }

    /// Checks the file against the schema.
    pub fn check_schema(&self) -> Vec<Diagnostic> {
        if self.fits { Vec::new() } else { Schema::Item.check(&self.document, self.value()) }
    }

    /// Reads an item from a document; diagnostics where it is none.
    pub fn from_document(document: Document) -> Result<Self, Vec<Diagnostic>> {
        let mut value = document.to_value();
        if let Cow::Owned(words) = to_canonical(&value) {
            value = words;
        }
        match Item::deserialize_from(&value) {
            Ok(item) => {
                let said = PresentFields::of_value(&value);
                Ok(Self { item, document, value: Box::new(value).into(), said, fits: false })
            }
            Err(message) => {
                let mut errors = Schema::Item.check(&document, &value);
                if errors.is_empty() {
                    errors = schema::explain_unreadable(&document, &value, |value| {
                        Item::deserialize_from(value).is_ok()
                    });
                }
                if errors.is_empty() {
                    let label = document.label("");
                    errors
                        .push(Diagnostic::new(RULE, label, message).help("see `poam schema item`"));
                }
                Err(errors)
            }
        }
    }

    /// Parses the bytes of an item's file.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let (document, plain) =
            Document::read(path, bytes, &Limits::ITEM).map_err(|error| vec![error.into()])?;
        // A strict typed read states the same as the schema, whose check takes several times as long;
        // where it fails, the schema explains.
        if let Some(plain) = plain
            && let Some(item) = read_strictly(&plain)
        {
            let said = PresentFields::from_view(plain.root());
            return Ok(Self { item, document, value: OnceLock::new(), said, fits: true });
        }
        Self::from_document(document)
    }
}

/// Reads an item by its type; `None` where the schema might have something against the values.
fn read_strictly(plain: &FlatDocument) -> Option<Item> {
    Item::deserialize(plain.root()).ok().filter(Item::is_within_bounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field with values right and wrong, alone and in another's place: whatever is read
    /// strictly is valid by the schema, and what is written as it should be is read strictly.
    #[test]
    fn the_strict_read_accepts_what_the_schema_accepts() {
        let base = "weakness_name: W\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\n";
        let values = [
            "x",
            "''",
            "' '",
            "1",
            "0",
            "7",
            "-1",
            "1.0",
            "2.5",
            "99999999999",
            "true",
            "[]",
            "{}",
            "[a]",
            "[1]",
            "['']",
            "[[]]",
            "2026-01-01",
            "2026-02-30",
            "'2026-1-1'",
            "+2026-01-01",
            "2026-01-01T00:00:00Z",
            "0000-01-01",
            "high",
            "High",
            "open",
            "Open",
            "custom-status",
            "weakness",
            "{a: b}",
            "{cmmc: [x]}",
            "{cmmc: x}",
            "{listed: true}",
            "{listed: true, due: 2026-01-01}",
            "{listed: 1}",
            "{name: J}",
            "{name: ''}",
            "{name: J, x: 1}",
            "{email: x}",
            "[{id: 1, description: D}]",
            "[{id: 0, description: D}]",
            "[{id: 1000000, description: D}]",
            "[{id: 1, description: D, due: 2026-01-01, status: completed, completed: 2026-01-01, evidence: [x]}]",
            "[{id: 1, description: D, status: done}]",
            "[{id: 1}]",
            "[{id: '1', description: D}]",
            "[{type: risk-adjustment, state: pending}]",
            "[{type: risk-adjustment, state: open}]",
            "[{type: false-positive, state: approved, approver: {name: J}, adjusted_risk_rating: low}]",
            "{vendor: V, last_check_in: 2026-01-01}",
            "{rationale: R, approver: {name: J}, approved: 2026-01-01}",
            "{reason: R, until: 2026-01-01}",
            "{reason: R, until: soon}",
            "[{reference: R}]",
            "[{type: scan, reference: R, collected: 2026-01-01}]",
            "[{reference: ''}]",
            "{facing: internal, internet_reachable: false}",
            "{facing: inside}",
            "{evaluated: 2026-01-01, rating: 5}",
            "{rating: 6}",
            "{rating: 0, evaluated: '2026-01-01T10:00:00Z', evaluated_by: {name: J}, rationale: R}",
            "{evaluated: '2026-01-01T10:00Z'}",
            "{evaluated_by: {name: ''}}",
            "{automatable: false, automatable_evidence: E, mitigation: full}",
            "{mitigation: some}",
            "{listed: true, added: 2026-01-01}",
            "{next_reduction: {due: 2026-01-01, rating: 1}}",
            "[{date: 2026-01-01, by: J}]",
            "[{date: 2026-01-01, by: J, note: N}]",
            "[{by: J}]",
            "[{rule: r, reason: R, until: 2026-01-01}]",
            "[V-1, V-2]",
            "[' V-1']",
            "~",
            "[~]",
            "\u{e9}",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ];
        let schema: Value = serde_json::from_str(Schema::Item.text()).unwrap();
        let options = jsonschema::options().should_validate_formats(true);
        let full = options.build(&schema).unwrap();
        let (mut right, mut missed) = (0, Vec::new());
        for field in crate::model::Item::FIELDS.iter().chain(&["zzz"]) {
            for value in values {
                let others: String = format!("id: V-1\n{base}")
                    .split_inclusive('\n')
                    .filter(|line| !line.starts_with(&format!("{field}:")))
                    .collect();
                let text = format!("{others}{field}: {value}\n");
                let bytes = text.as_bytes();
                let (_, plain) = Document::read("x.yaml", bytes, &Limits::ITEM).unwrap();
                let Some(plain) = plain else { panic!("not plain: {text}") };
                let valid = full.is_valid(&plain.to_value());
                let strict = read_strictly(&plain).is_some();
                assert!(valid || !strict, "only the strict read accepts {text}");
                right += usize::from(valid);
                if valid && !strict {
                    missed.push(format!("{field}: {value}"));
                }
            }
        }
        // Numbers such as 1.0, which are complete by the schema, are left to it; nothing else is.
        assert!(right > 200, "{right}");
        missed.retain(|it| !it.contains("1.0") && !it.contains("0000-01-01"));
        assert_eq!(missed, [""; 0]);
    }
}
