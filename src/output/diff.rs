//! Renders the difference of two texts as a unified diff.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use crate::text::visible;

/// The difference of two texts of a file, as a unified diff.
pub fn unified_diff(path: &str, old: &str, new: &str) -> String {
    let path = visible(path);
    let mut out = format!("--- a/{path}\n+++ b/{path}\n");
    for hunk in TextDiff::from_lines(old, new).unified_diff().context_radius(2).iter_hunks() {
        let _ = writeln!(out, "{}", hunk.header());
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            let line = change.value().trim_end_matches(['\r', '\n']);
            let _ = writeln!(out, "{sign}{}", visible(line));
            if change.missing_newline() {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unified_diff;

    #[test]
    fn only_the_lines_that_differ_are_shown_with_a_little_around() {
        let old = "a\nb\nc\nd\ne\nf";
        let new = "a\nb\nc\nD\u{1b}\ne\nf";
        assert_eq!(
            unified_diff("x.yaml", old, new),
            "--- a/x.yaml\n+++ b/x.yaml\n@@ -2,5 +2,5 @@\n b\n c\n-d\n+D\\u{1b}\n e\n f\n\\ No newline at end of file\n"
        );
    }
}
