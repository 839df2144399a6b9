//! Text of a new item's file: fields in the order of the schema, with hints where a person fills it
//! in.

use crate::document::{EmitError, emit_yaml};
use crate::model::Item;
use serde_json::{Map, Value};

/// The layout of a new file: a line with a field's name, then the hint shown where the field has
/// no value.
const LAYOUT: &str = include_str!("../../templates/item.yaml");

/// The text of a new item's file, with hints for the fields that most items need. `schema` is the
/// path from the file to the schema, for editors.
pub fn draft_item(item: &Item, schema: &str) -> Result<String, EmitError> {
    write(item, schema, true)
}

/// Returns the text of an item's file without hints, for items that come from elsewhere.
pub fn file_text(item: &Item, schema: &str) -> Result<String, EmitError> {
    write(item, schema, false)
}

fn write(item: &Item, schema: &str, hints: bool) -> Result<String, EmitError> {
    let value = serde_json::to_value(item).unwrap_or_default();
    let mut fields: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
    let mut out = format!("# yaml-language-server: $schema={schema}\n");
    if !hints {
        out.push_str(&emit_yaml(&fields)?);
        return Ok(out);
    }
    let mut shown = false;
    for line in LAYOUT.lines().skip(1) {
        if line.starts_with('#') {
            if !shown {
                out.push_str(line);
                out.push('\n');
            }
            continue;
        }
        shown = false;
        if let Some(value) = fields.shift_remove(line) {
            out.push_str(&emit_yaml(&Map::from_iter([(line.to_owned(), value)]))?);
            shown = true;
        }
    }
    if !fields.is_empty() {
        out.push_str(&emit_yaml(&fields)?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RiskRating;
    use crate::schema::Schema;
    use crate::store::Stored;

    fn item() -> Item {
        let (id, status) = ("V-1".parse().unwrap(), "open".parse().unwrap());
        let mut item = Item::new(
            id,
            "Open port: 8080".into(),
            status,
            "2026-01-05".parse().unwrap(),
            RiskRating::High,
        );
        item.controls = vec!["SI-2".into()];
        item.comments = Some("from the scan".into());
        item
    }

    #[test]
    fn a_draft_is_a_valid_item_with_hints_for_what_is_missing() {
        let text = draft_item(&item(), "../schema/item.schema.json").unwrap();
        let stored = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap();
        assert_eq!(stored.item, item());
        assert_eq!(Schema::Item.check(&stored.document, stored.value()), []);
        assert!(
            text.contains("# assets:\n#   - 10.0.0.1 (443/tcp)\n") && !text.contains("# controls")
        );
        let uncommented: String = text
            .lines()
            .skip(1)
            .map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let all = Stored::parse("items/V-1.yaml", uncommented.as_bytes()).unwrap();
        assert_eq!(
            Schema::Item.check(&all.document, all.value()),
            [],
            "the hints are values that hold"
        );
    }

    #[test]
    fn a_plain_file_holds_the_item() {
        let text = file_text(&item(), "x").unwrap();
        assert_eq!(Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap().item, item());
    }
}
