//! Lists of words by which texts are judged.

use std::collections::HashSet;
use std::sync::OnceLock;

/// A list of words or ids that is looked up often: one a line, or with commas between.
pub(crate) struct Words {
    pub(crate) text: &'static str,
    set: OnceLock<HashSet<&'static str>>,
}

impl Words {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, set: OnceLock::new() }
    }

    /// Returns whether exactly this word is in the list.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        let words = || self.text.split([',', '\n']).map(str::trim).filter(|word| !word.is_empty());
        self.set.get_or_init(|| words().collect()).contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn words_are_whole_and_the_empty_one_is_none() {
        static WORDS: Words = Words::new("one, two words,\nthree\n");
        assert!(WORDS.has_word("one") && WORDS.has_word("two words") && WORDS.has_word("three"));
        assert!(!WORDS.has_word("two") && !WORDS.has_word(""));
    }
}
