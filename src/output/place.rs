//! Places of diagnostics: their last line, and fingerprints that do not change when lines move.

use std::collections::HashMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::diagnostic::{Diagnostic, Label};

/// The last line that a label touches. A span that takes in the end of its line ends at the first
/// column of the next one, of which it holds nothing.
pub(super) fn last_line(label: &Label) -> usize {
    let (start, end) = (label.start, label.end);
    if end.column == 1 && end.line > start.line { end.line - 1 } else { end.line }
}

/// A name for each diagnostic that stays the same when lines move, and that no other diagnostic of
/// the report has: of those that are the same otherwise, the second and later ones are numbered.
pub(super) fn find_fingerprints(diagnostics: &[Diagnostic]) -> Vec<String> {
    // By their digests, which are smaller than what they are of.
    let mut seen: HashMap<[u8; 32], u64> = HashMap::new();
    let fingerprint = |diagnostic: &Diagnostic| {
        let (rule, about, pointer, message) = &diagnostic.identity();
        let mut digest = Sha256::new();
        for part in [*rule, about, pointer, message] {
            // The length separates two parts, whatever they hold.
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let nth = seen.entry(digest.clone().finalize().into()).or_default();
        digest.update(nth.to_le_bytes());
        *nth += 1;
        to_hex(&digest.finalize()[..16])
    };
    diagnostics.iter().map(fingerprint).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_fingerprint_outlives_moved_lines_and_is_never_shared() {
        let at = |text: &str, rule, message: &str| {
            let text: Arc<str> = text.into();
            let start = text.find("due").unwrap();
            Diagnostic::new(rule, Label::new("a.yaml", &text, start..start + 3, "/due"), message)
        };
        let before = find_fingerprints(&[at("due: 1", "r", "m"), at("due: 2", "r", "m")]);
        let after =
            find_fingerprints(&[at("# new\n\n  due: 1", "r", "m"), at("\ndue: 2", "r", "m")]);
        assert_eq!(before, after);
        let all = [
            at("due", "r", "m"),
            at("due", "r", "m"),
            at("due", "r", "m2"),
            at("due", "rm", ""),
            at("due", "r", "m").item("V-1"),
        ];
        assert_eq!(find_fingerprints(&all).into_iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn the_line_after_the_end_of_a_line_is_not_part_of_a_span() {
        let text: Arc<str> = "a: |\n  b\n  c\nd: e\n".into();
        for (span, expected) in [(3..13, 3), (3..4, 1), (0..0, 1), (13..13, 4), (3..12, 3)] {
            assert_eq!(last_line(&Label::new("x", &text, span.clone(), "")), expected, "{span:?}");
        }
    }
}
