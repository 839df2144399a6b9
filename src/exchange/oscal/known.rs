//! Targets of references inside a document: people, components, assets, documents.

use std::collections::HashMap;

use serde_json::Value;

use super::take::{Object, Whose, peek, prop};
use crate::model::Person;

/// A scanner, a product or a service.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownComponent {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) vendor: Option<String>,
    pub(super) product: Option<String>,
}

/// A document that evidence points to.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownDocument {
    pub(super) title: Option<String>,
    pub(super) location: Option<String>,
}

/// The objects that a document defines, by identifier.
#[derive(Debug, Default)]
pub(super) struct DocumentObjects {
    components: HashMap<String, KnownComponent>,
    people: HashMap<String, Person>,
    assets: HashMap<String, String>,
    documents: HashMap<String, KnownDocument>,
}

fn key(uuid: &str) -> String {
    uuid.to_ascii_lowercase()
}

impl DocumentObjects {
    pub(super) fn component(&self, uuid: &str) -> Option<&KnownComponent> {
        self.components.get(&key(uuid))
    }

    pub(super) fn person(&self, uuid: &str) -> Option<&Person> {
        self.people.get(&key(uuid))
    }

    pub(super) fn asset(&self, uuid: &str) -> Option<&str> {
        self.assets.get(&key(uuid)).map(String::as_str)
    }

    /// Returns the document that a reference inside the file (`#uuid`) means.
    pub(super) fn document(&self, href: &str) -> Option<&KnownDocument> {
        self.documents.get(&key(href.strip_prefix('#')?))
    }

    pub(super) fn take_component(&mut self, value: &Value) {
        let Some((uuid, mut object)) = with_uuid(value) else { return };
        let title = peek(&object, "title").unwrap_or_default().to_owned();
        let description = peek(&object, "description").unwrap_or_default().to_owned();
        // The full name where the title had to be one line.
        let name = if super::names::line(&description) == title { description } else { title };
        let kind = peek(&object, "type").unwrap_or_default().to_owned();
        let vendor = prop(&mut object, Whose::Ours, "vendor-name")
            .or_else(|| prop(&mut object, Whose::FedRamp, "vendor-name"));
        let product = prop(&mut object, Whose::Ours, "product-name");
        self.components.insert(uuid, KnownComponent { kind, name, vendor, product });
    }

    pub(super) fn take_party(&mut self, value: &Value) {
        let Some((uuid, mut object)) = with_uuid(value) else { return };
        let role = prop(&mut object, Whose::FedRamp, "job-title");
        let email = object
            .get("email-addresses")
            .and_then(Value::as_array)
            .and_then(|list| list.first())
            .and_then(Value::as_str)
            .map(str::to_owned);
        let name = peek(&object, "name").or(peek(&object, "short-name")).unwrap_or_default();
        self.people.insert(uuid, Person { name: name.to_owned(), email, role });
    }

    pub(super) fn take_asset(&mut self, value: &Value) {
        let Some((uuid, mut object)) = with_uuid(value) else { return };
        let name = prop(&mut object, Whose::FedRamp, "asset-id");
        let name = name.or_else(|| peek(&object, "description").map(str::to_owned));
        self.assets.insert(uuid, name.unwrap_or_default());
    }

    pub(super) fn take_document(&mut self, value: &Value) {
        let Some((uuid, mut object)) = with_uuid(value) else { return };
        let links = object.get("rlinks").and_then(Value::as_array);
        let link = links.and_then(|links| links.first()).and_then(|link| link.get("href"));
        let link = link.and_then(Value::as_str).map(str::to_owned);
        let location = link.or_else(|| prop(&mut object, Whose::Ours, "location"));
        let title = peek(&object, "title").map(str::to_owned);
        self.documents.insert(uuid, KnownDocument { title, location });
    }
}

fn with_uuid(value: &Value) -> Option<(String, Object)> {
    let object = value.as_object()?;
    Some((key(peek(object, "uuid")?), object.clone()))
}
