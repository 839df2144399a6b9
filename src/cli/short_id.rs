//! Short forms of ids as people type them: `42`, `2026-42`, `poam-2026-042` for `POAM-2026-042`.

use anyhow::{Result, bail};

use crate::model::ItemId;
use crate::text::{few, visible};

/// A part of an id: a run of digits by its value, or a run of other characters in small letters.
#[derive(Debug, PartialEq, Eq)]
enum ShortIdPart {
    Number(String),
    Word(String),
}

/// Finds the id that a short form means: its last or its first parts, whatever their case and leading
/// zeros. A number is never cut: `V-1` does not mean `V-10`.
///
/// # Errors
///
/// Where it means several ids.
pub(super) fn find<'a>(text: &str, ids: &[&'a ItemId]) -> Result<Option<&'a ItemId>> {
    let typed = split_parts(text);
    // Words alone are too little to go by: they may be anything that was mistyped.
    if !typed.iter().any(|part| matches!(part, ShortIdPart::Number(_))) {
        return Ok(None);
    }
    let by_part = |is_meant: fn(&[ShortIdPart], &[ShortIdPart]) -> bool| -> Vec<&'a ItemId> {
        ids.iter().copied().filter(|id| is_meant(&split_parts(id.as_str()), &typed)).collect()
    };
    let whole = by_part(|id, typed| id == typed);
    let end = || by_part(|id, typed| id.ends_with(typed));
    let begin = || by_part(|id, typed| id.starts_with(typed));
    for found in [whole, end(), begin()] {
        match found.as_slice() {
            [] => {}
            [only] => return Ok(Some(only)),
            several => {
                let names: Vec<&str> = several.iter().map(|id| id.as_str()).collect();
                bail!("`{}` may be one of several items: {}", visible(text), few(&names));
            }
        }
    }
    Ok(None)
}

/// The parts of an id; hyphens, underscores and blanks only separate them.
fn split_parts(text: &str) -> Vec<ShortIdPart> {
    let mut parts = Vec::new();
    let mut rest = text.trim().trim_start_matches('#');
    while let Some(first) = rest.chars().next() {
        if matches!(first, '-' | '_' | ' ') {
            rest = &rest[1..];
            continue;
        }
        let is_digit = first.is_ascii_digit();
        let is_other = |c: char| c.is_ascii_digit() != is_digit || matches!(c, '-' | '_' | ' ');
        let (part, after) = rest.split_at(rest.find(is_other).unwrap_or(rest.len()));
        rest = after;
        parts.push(match is_digit {
            true => ShortIdPart::Number(part.trim_start_matches('0').to_owned()),
            false => ShortIdPart::Word(part.to_lowercase()),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_other_case_mean_the_item_and_cut_numbers_do_not() {
        let ids: Vec<ItemId> =
            ["POAM-2026-042", "POAM-2025-007", "POAM-2026-007", "V-10", "VS-1-AC(2)"]
                .map(|id| id.parse().unwrap())
                .to_vec();
        let ids: Vec<&ItemId> = ids.iter().collect();
        for (text, expected) in [
            ("42", Some("POAM-2026-042")),
            ("#42", Some("POAM-2026-042")),
            ("2026-42", Some("POAM-2026-042")),
            ("poam-2026-042", Some("POAM-2026-042")),
            ("2025-7", Some("POAM-2025-007")),
            ("10", Some("V-10")),
            ("v-10", Some("V-10")),
            ("vs-1", Some("VS-1-AC(2)")),
            ("V-1", None),
            ("V", None),
            ("4", None),
            ("", None),
            ("2", None),
        ] {
            let found = find(text, &ids).unwrap().map(ItemId::as_str);
            assert_eq!(found, expected, "{text}");
        }
        let error = find("7", &ids).unwrap_err().to_string();
        assert_eq!(error, "`7` may be one of several items: POAM-2025-007, POAM-2026-007");
    }
}
