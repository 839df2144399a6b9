use std::ops::Range;

use super::comment::comments;
use super::tree::{NodeKind, Style};
use super::{Document, Edit};

impl Document {
    /// The text without a key and its value: without their lines, or in brackets without the words
    /// up to the neighbour. Comments on the lines stay, on lines of their own. `None` where the edit is no such thing or there is no neighbour.
    pub(super) fn remove(&self, edit: &Edit) -> Option<String> {
        let Edit::Remove { pointer } = edit else { return None };
        let (parent, _) = pointer.rsplit_once('/')?;
        let parent = self.find(parent)?;
        let NodeKind::Map(entries) = &parent.kind else { return None };
        let key = super::tree::steps(pointer).last()?;
        let at = entries.iter().position(|entry| entry.key == key)?;
        let entry = entries.get(at).filter(|_| entries.len() > 1)?;
        let (start, end) = (entry.key_span.start, entry.value.span.end.max(entry.key_span.end));
        let line = start - self.text().get(..start)?.rsplit('\n').next()?.len();
        let (from, to) = if parent.style == Style::Flow {
            match (at.checked_sub(1).and_then(|at| entries.get(at)), entries.get(at + 1)) {
                (Some(before), _) => (before.value.span.end.max(before.key_span.end), end),
                (None, Some(next)) => (start, next.key_span.start),
                (None, None) => return None,
            }
        } else if self.text().get(line..start)?.trim().is_empty() {
            (line, self.past_kept_lines(&entry.value, self.line_end(end)))
        } else {
            return None;
        };
        let mut said = Vec::new();
        if self.text().get(from..to)?.contains('#') {
            said = comments(self.text());
            said.retain(|comment| (from..to).contains(&comment.start));
        }
        let kept = if parent.style == Style::Flow {
            self.between_neighbours(from..to, start..end, &said)?
        } else {
            let indent = self.text().get(line..start)?;
            let text = |comment: Range<usize>| {
                Some(format!("{indent}{}\n", self.text().get(comment)?.trim_end()))
            };
            said.into_iter().map(text).collect::<Option<String>>()?
        };
        Some(format!("{}{kept}{}", self.text().get(..from)?, self.text().get(to..)?))
    }

    /// What stays in brackets of the words from a neighbour up to the end of an entry, or from its
    /// start up to the next: nothing without comments, else all but the entry and one comma.
    fn between_neighbours(
        &self,
        words: Range<usize>,
        entry: Range<usize>,
        comments: &[Range<usize>],
    ) -> Option<String> {
        if comments.is_empty() {
            return Some(String::new());
        }
        let said = |at: usize| comments.iter().any(|comment| comment.contains(&at));
        let text = self.text().get(words.clone())?;
        let places = text.char_indices().map(|(at, c)| (words.start + at, c));
        let outside = places.filter(|(at, _)| !entry.contains(at));
        let comma = outside.clone().find(|(at, c)| *c == ',' && !said(*at))?.0;
        Some(outside.filter(|(at, _)| *at != comma).map(|(_, c)| c).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;

    #[test]
    fn what_stands_beside_stays() {
        for (text, expected) in [
            ("a:\n  x: 1 # of x\n\n  # of y\n  y: 2\n", "a:\n  # of x\n\n  # of y\n  y: 2\n"),
            (
                "a:\n  y: 2\n  x: # one\n    # two\n    - 1 # three\n  # four\n",
                "a:\n  y: 2\n  # one\n  # two\n  # three\n  # four\n",
            ),
            ("a:\r\n  y: 2\r\n  x: 1   # of x\r\n", "a:\r\n  y: 2\r\n  # of x\r\n"),
            ("a:\n  y: 2\n  x: '#' # of x", "a:\n  y: 2\n  # of x"),
            ("a: {y: 2, # of y\n  x: 1}\n", "a: {y: 2 # of y\n  }\n"),
            (
                "a: {\n  y: 2, # of y\n  x: 1, # of, x\n  z: 3 # of z\n}\n",
                "a: {\n  y: 2 # of y\n  , # of, x\n  z: 3 # of z\n}\n",
            ),
            ("a: {x: 1, # of, x\n  y: 2}\n", "a: { # of, x\n  y: 2}\n"),
            ("a: {y: 2, x: 1 # of x\n  }\n", "a: {y: 2 # of x\n  }\n"),
            (
                "a:\n  # of y\n  y: 2\n  # of x\n  x: 1\nb: 3\n",
                "a:\n  # of y\n  y: 2\n  # of x\nb: 3\n",
            ),
            ("a: {x: 1, y: 2} # c\n", "a: {y: 2} # c\n"),
            ("a: {y: 2, x: 1}\n", "a: {y: 2}\n"),
            ("{\"a\": {\"y\": 2, \"x\": 1, \"z\": 3}}\n", "{\"a\": {\"y\": 2, \"z\": 3}}\n"),
        ] {
            let document = Document::parse("x.yaml", text.as_bytes(), &Limits::ITEM).unwrap();
            let edited = document.edit(&[Edit::remove("/a/x")], &["a"]).unwrap();
            assert_eq!(&**edited.text(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_stay_is_a_reason_to_refuse() {
        let text = b"a:\n  x: 1 # of x\n";
        let document = Document::parse("x.yaml", text, &Limits::ITEM).unwrap();
        let error = document.edit(&[Edit::remove("/a/x")], &["a"]).unwrap_err();
        assert_eq!(error.reason, "the line `a:` would change");
    }
}
