use serde_json::Value;

use crate::document::{Seen, View};
use crate::model::{self, Item};

/// The fields of an item under which a file says anything: a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Said(u64);

impl Said {
    /// Of the values of a file.
    pub(super) fn of_value(value: &Value) -> Self {
        let entries = value.as_object().into_iter().flatten();
        Self::collect(entries.map(|(field, value)| (field.as_str(), is_blank_value(value))))
    }

    /// Of the values of a file in the plain form.
    pub(super) fn of(view: View<'_>) -> Self {
        let Seen::Map(entries) = view.see() else { return Self::default() };
        Self::collect(entries.map(|(field, view)| (field, is_blank(view))))
    }

    /// Whether anything is said under a field.
    pub(super) fn has(self, field: &str) -> bool {
        place(field).is_some_and(|place| self.0 & (1 << place) != 0)
    }

    fn collect<'a>(fields: impl Iterator<Item = (&'a str, bool)>) -> Self {
        let said = fields.filter(|(_, blank)| !blank).filter_map(|(field, _)| place(field));
        Self(said.fold(0, |bits, place| bits | 1 << place))
    }
}

fn place(field: &str) -> Option<usize> {
    Item::FIELDS.iter().position(|known| *known == field)
}

fn is_blank(view: View<'_>) -> bool {
    match view.see() {
        Seen::Null => true,
        Seen::Text(text) => model::is_blank(text),
        Seen::List(mut views) => views.all(is_blank),
        Seen::Map(mut entries) => entries.all(|(_, view)| is_blank(view)),
        Seen::Bool(_) | Seen::Number(_) => false,
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
        let said = Said::of(plain.unwrap().root());
        assert_eq!(said, Said::of_value(&document.to_value()));
        let fields: Vec<_> = Item::FIELDS.into_iter().filter(|field| said.has(field)).collect();
        assert_eq!(fields, ["id", "kev", "assets"]);
        assert!(!said.has("zzz"), "no field of an item");
        assert!(Stored::parse("x.yaml", bytes).is_err());
    }
}
