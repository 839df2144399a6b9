//! The fields of an item under which its file has a value.

use serde_json::Value;

use crate::document::{ValueKind, ValueRef};
use crate::model::{self, Item};

/// The fields of an item that have a value in its file: a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PresentFields(u64);

impl PresentFields {
    /// Collects the fields of parsed values.
    pub(super) fn of_value(value: &Value) -> Self {
        let entries = value.as_object().into_iter().flatten();
        Self::collect(entries.map(|(field, value)| (field.as_str(), is_blank_value(value))))
    }

    /// Collects the fields of flat values.
    pub(super) fn from_view(view: ValueRef<'_>) -> Self {
        let ValueKind::Mapping(entries) = view.kind() else { return Self::default() };
        Self::collect(entries.map(|(field, view)| (field, is_blank(view))))
    }

    /// Returns whether a field has a value.
    pub(super) fn has_field(self, field: &str) -> bool {
        field_index(field).is_some_and(|place| self.0 & (1 << place) != 0)
    }

    fn collect<'a>(fields: impl Iterator<Item = (&'a str, bool)>) -> Self {
        let said = fields.filter(|(_, blank)| !blank).filter_map(|(field, _)| field_index(field));
        Self(said.fold(0, |bits, place| bits | 1 << place))
    }
}

fn field_index(field: &str) -> Option<usize> {
    Item::FIELDS.iter().position(|known| *known == field)
}

fn is_blank(view: ValueRef<'_>) -> bool {
    match view.kind() {
        ValueKind::Null => true,
        ValueKind::Text(text) => model::is_blank(text),
        ValueKind::Sequence(mut views) => views.all(is_blank),
        ValueKind::Mapping(mut entries) => entries.all(|(_, view)| is_blank(view)),
        ValueKind::Bool(_) | ValueKind::Number(_) => false,
    }
}

fn is_blank_value(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => model::is_blank(text),
        Value::Array(values) => values.iter().all(is_blank_value),
        Value::Object(entries) => entries.values().all(is_blank_value),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stored;
    use super::*;
    use crate::document::{Document, Limits};

    /// Few fields fit into the bits.
    const _: () = assert!(Item::FIELDS.len() <= 64);

    #[test]
    fn blank_is_what_has_no_word_in_it() {
        let text = "id: V-1\nkind:\nweakness_name: ' '\ncomments: \u{200b}\ncontrols: []\nmappings: {cmmc: ['']}\nassets: ['', a]\nkev: {listed: false}\nzzz: 1\nstatus: ~\n";
        let bytes = text.as_bytes();
        let (document, plain) = Document::read("x.yaml", bytes, &Limits::ITEM).unwrap();
        let said = PresentFields::from_view(plain.unwrap().root());
        assert_eq!(said, PresentFields::of_value(&document.to_value()));
        let fields: Vec<_> =
            Item::FIELDS.into_iter().filter(|field| said.has_field(field)).collect();
        assert_eq!(fields, ["id", "kev", "assets"]);
        assert!(!said.has_field("zzz"), "no field of an item");
        assert!(Stored::parse("x.yaml", bytes).is_err());
    }
}
