//! "Did you mean": the known word that a mistyped one is closest to.

/// Returns the known word that is close enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = comparable_word(word);
    let best = known
        .into_iter()
        .map(|one| (strsim::damerau_levenshtein(&word, &comparable_word(one)), one))
        .min()?;
    let allowed = 1 + word.chars().count() / 5;
    (best.0 <= allowed).then_some(best.1)
}

fn comparable_word(text: &str) -> String {
    text.to_lowercase().replace(['_', ' '], "-")
}

/// Returns whether two texts are more alike than different.
pub(crate) fn is_alike(one: &str, other: &str) -> bool {
    strsim::normalized_damerau_levenshtein(&lower_trimmed(one), &lower_trimmed(other)) >= 0.5
}

fn lower_trimmed(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Computes the likeness of two texts that were made comparable already: 1 where they are equal.
pub(crate) fn likeness(one: &str, other: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(one, other)
}

#[cfg(test)]
mod tests {
    use super::{is_alike, nearest};

    #[test]
    fn a_corrected_text_is_alike_and_another_is_not() {
        assert!(is_alike("Open port on firewal", "Open port on the firewall"));
        assert!(!is_alike("Open port on the firewall", "Unsupported server"));
    }

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["in-progress", "open", "closed"];
        assert_eq!(nearest("in_progres", known), Some("in-progress"));
        assert_eq!(nearest("Closd", known), Some("closed"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
