//! Text of cells: what a cell can hold, and where the rest of a long text goes.
//!
//! A cell holds 32,767 UTF-16 units. A longer text is neither cut nor refused: the cell ends with a
//! pointer, and the rest follows in numbered parts on an extra sheet. The pointer names the cell in
//! which the text was first written, so that the parts are found even after rows were sorted.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most UTF-16 units a cell can hold.
pub(super) const MAX_UNITS: usize = 32_767;
/// The extra sheet.
pub(super) const CONTINUED_SHEET: &str = "Continued Text";
/// Its headers.
pub(super) const CONTINUED_HEADERS: [&str; 4] = ["Sheet", "Cell", "Part", "Text"];

const POINTER_START: &str = "\n[continues on the sheet \"Continued Text\": ";
const POINTER_END: &str = "]";

/// Returns the text without what a cell cannot hold: line ends become LF, and control characters
/// other than tab and line feed go, as do the two code points that XML does not allow.
pub(super) fn clean_text(text: &str) -> Cow<'_, str> {
    if !text.contains(is_refused) {
        return Cow::Borrowed(text);
    }
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(lines.chars().filter(|c| !is_refused(*c)).collect())
}

/// Returns whether [`clean_text`] removes more from a text than its line ends.
pub fn loses_characters(text: &str) -> bool {
    text.contains(|c: char| c != '\r' && is_refused(c))
}

fn is_refused(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || c == '\u{fffe}' || c == '\u{ffff}'
}

/// Returns the parts of a text that is too long for one cell: the first ends with the pointer, the
/// others are for the extra sheet. `None` when the text fits.
pub(super) fn split(text: &str, sheet: &str, cell: &str) -> Option<(String, Vec<String>)> {
    // A text has at most as many UTF-16 units as bytes.
    if text.len() <= MAX_UNITS || count_units(text) <= MAX_UNITS {
        return None;
    }
    let pointer = format!("{POINTER_START}{sheet}!{cell}{POINTER_END}");
    let (first, mut rest) = split_units(text, MAX_UNITS - count_units(&pointer));
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (part, after) = split_units(rest, MAX_UNITS);
        parts.push(part.to_owned());
        rest = after;
    }
    Some((format!("{first}{pointer}"), parts))
}

fn count_units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Returns the longest start of a text within a number of UTF-16 units, and the rest.
fn split_units(text: &str, most: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.len_utf16();
        if used > most {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Returns whether a text ends like the first part of a longer one: its rest is missing, where it
/// comes from a reading.
pub fn is_cut(text: &str) -> bool {
    text.ends_with(POINTER_END) && text.contains(POINTER_START)
}

/// Returns whether a cell contains the first part of a text, as it was built.
pub fn is_first_part(cell: &str, whole: &str) -> bool {
    let place = cell.rfind(POINTER_START).and_then(|start| {
        cell[start + POINTER_START.len()..].strip_suffix(POINTER_END)?.rsplit_once('!')
    });
    place.and_then(|(sheet, at)| split(whole, sheet, at)).is_some_and(|(first, _)| first == cell)
}

/// The parts on the extra sheet of a workbook, by the place named in their pointer.
#[derive(Debug, Default)]
pub(super) struct Continued {
    parts: BTreeMap<String, BTreeMap<u64, String>>,
}

impl Continued {
    pub(super) fn add(&mut self, sheet: &str, cell: &str, part: u64, text: String) {
        self.parts.entry(format!("{sheet}!{cell}")).or_default().insert(part, text);
    }

    /// Returns the entire text of a cell that ends with a pointer. `None` when it has no pointer, or
    /// when the parts it names are not all there.
    pub(super) fn join_cell(&mut self, text: &str) -> Option<String> {
        let start = text.rfind(POINTER_START)?;
        let place = text[start + POINTER_START.len()..].strip_suffix(POINTER_END)?;
        let parts = self.parts.get(place)?;
        // Parts are numbered from 2; the cell itself is the first.
        if !parts.keys().copied().eq((2..).take(parts.len())) {
            return None;
        }
        let mut whole = text[..start].to_owned();
        whole.extend(self.parts.remove(place)?.into_values());
        Some(whole)
    }

    /// Returns the places whose parts no cell asked for.
    pub(super) fn left_over(&self) -> impl Iterator<Item = &str> {
        self.parts.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_keeps_text_and_drops_what_a_cell_cannot_hold() {
        for (dirty, cleaned) in [
            ("plain", "plain"),
            ("a\r\nb\rc\nd\te", "a\nb\nc\nd\te"),
            ("\u{0}\u{7}\u{1b}[31mred\u{7f}\u{85}", "[31mred"),
            ("\u{fffe}x\u{ffff}", "x"),
            ("  =1+1 \n", "  =1+1 \n"),
        ] {
            assert_eq!(clean_text(dirty), cleaned);
        }
    }

    #[test]
    fn a_text_that_fits_is_left_alone() {
        assert!(split(&"x".repeat(MAX_UNITS), "S", "A1").is_none());
        // Three bytes, one unit.
        assert!(split(&"\u{20ac}".repeat(MAX_UNITS), "S", "A1").is_none());
    }

    #[test]
    fn a_long_text_is_split_within_the_limit_and_joined_again() {
        for text in
            ["y".repeat(MAX_UNITS + 1), "\u{1f600}".repeat(40_000), "a\u{1f600}\n".repeat(30_000)]
        {
            let (first, parts) = split(&text, "Open POA&M Items", "E10").unwrap();
            let mut continued = Continued::default();
            assert!(count_units(&first) <= MAX_UNITS);
            assert!(is_cut(&first) && is_first_part(&first, &text));
            assert!(!is_first_part(
                &first.replacen(text.get(..1).unwrap_or("\u{1f600}"), "z", 1),
                &text
            ));
            for (at, part) in parts.into_iter().enumerate() {
                assert!(count_units(&part) <= MAX_UNITS);
                continued.add("Open POA&M Items", "E10", at as u64 + 2, part);
            }
            assert_eq!(continued.join_cell(&first).unwrap(), text);
            assert_eq!(continued.left_over().count(), 0);
        }
    }

    #[test]
    fn a_missing_part_is_not_glossed_over() {
        let (first, parts) = split(&"z".repeat(MAX_UNITS * 3), "S", "A1").unwrap();
        let mut continued = Continued::default();
        continued.add("S", "A1", 3, parts[1].clone());
        assert!(continued.join_cell(&first).is_none());
        assert!(continued.join_cell("no pointer").is_none());
        assert_eq!(continued.left_over().collect::<Vec<_>>(), ["S!A1"]);
    }
}
