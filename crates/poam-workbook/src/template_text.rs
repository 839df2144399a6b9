//! Which texts are the template's own: labels, guidance and examples.
//!
//! The official sentences are known by their digests (the layout files do not repeat them), ours
//! by the layouts. A text only counts in the column where the template has it.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::field::Field;
use super::layout::{Layout, SheetRole};

/// Texts of the label column of the 3.0 template.
const LABELS: &[&str] = &["guidance", "examples", "mandatory or situational"];
/// Texts of the last label row in the columns.
const WORDS: &[&str] =
    &["mandatory", "situational", "situational (enter when actions are complete)"];
/// Placeholders at the head of the 2.1 and Rev 4 sheets.
const PLACEHOLDERS: &[&str] = &["text", "date", "low, moderate, high"];

static KNOWN: LazyLock<HashSet<u64>> = LazyLock::new(|| {
    let mut known = HashSet::new();
    for layout in Layout::all_layouts() {
        known.extend(&layout.official_text);
        for sheet in layout.sheets.iter().filter(|sheet| sheet.role != SheetRole::Fixed) {
            // A header row may be repeated further down.
            known
                .extend(sheet.columns.iter().map(|it| compute_digest(it.field.name(), &it.header)));
            for cell in &sheet.cells {
                let Some(text) = &cell.text else { continue };
                let (row, letters) =
                    (cell.at.first.row, super::address::column_letters(cell.at.first.column));
                let column = sheet.columns.iter().find(|column| column.column == letters);
                match column {
                    Some(column) if row > sheet.header_row => {
                        known.insert(compute_digest(column.field.name(), text));
                    }
                    // The placeholder of the impact level, `Low`, is also a value.
                    _ if sheet
                        .block
                        .as_ref()
                        .and_then(|it| it.impact_level.as_ref())
                        .is_some_and(|it| it.at == cell.at.first) => {}
                    _ if row < sheet.header_row => {
                        known.insert(compute_digest("block", text));
                    }
                    _ => {}
                }
            }
        }
    }
    known
});

/// Returns a text without what makes no difference to a reader: case, and the amount of blank
/// space.
pub(super) fn normalize_text(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.extend(word.chars().flat_map(char::to_lowercase));
    }
    normal
}

/// Returns a label of the label column.
pub(super) fn is_label(text: &str) -> bool {
    LABELS.contains(&normalize_text(text).as_str())
}

/// Returns whether a text is `Mandatory` or `Situational`: a word of the template in every column.
pub(super) fn is_word(text: &str) -> bool {
    text.len() < 64 && WORDS.contains(&normalize_text(text).as_str())
}

/// Returns the template's own text for this column.
pub(super) fn is_template(field: Field, text: &str) -> bool {
    is_word(text) || KNOWN.contains(&compute_digest(field.name(), text))
}

/// Returns the template's own text at the head of a sheet.
pub(super) fn is_block(text: &str) -> bool {
    PLACEHOLDERS.contains(&normalize_text(text).as_str())
        || KNOWN.contains(&compute_digest("block", text))
}

/// Computes FNV-1a, 64 bits, over `<place>:<normal text>`: the digest that the layout files use.
fn compute_digest(place: &str, text: &str) -> u64 {
    let normal = normalize_text(text);
    place.bytes().chain(*b":").chain(normal.bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn official_and_own_texts_are_known_in_their_column_only() {
        for text in ["Unique identifier for each POAM Item", " unique  Identifier", "V-1Example"] {
            assert!(is_template(Field::PoamId, text), "{text}");
            assert!(!is_template(Field::Comments, text), "{text}");
        }
        assert!(is_template(Field::PoamId, "A name for this item that no other item has"));
        for field in Field::ALL {
            assert!(is_template(*field, "Mandatory\n") && !is_template(*field, "V-17"), "{field}");
        }
    }

    #[test]
    fn labels_and_placeholders() {
        assert!(is_label("Mandatory or Situational") && is_label("EXAMPLES "));
        assert!(!is_label("Mandatory"));
        assert!(
            is_block("Text")
                && is_block(
                    "Enter the name of the CSP as it appears in the SSP and on the FedRAMP Marketplace"
                )
        );
        assert!(!is_block("Example Cloud") && !is_block("Low"));
    }
}
