//! Removes a key or a member of a sequence from a text.

use std::ops::Range;

use super::tree::{NodeKind, Style};
use super::trivia::find_comments;
use super::{Document, Edit};

impl Document {
    /// Returns the text without a key and its value, or without a member of a sequence: without
    /// their lines, or in flow style without the words up to the neighbour. Comments on the lines
    /// stay, on lines of their own. `None` where the edit is no such thing or there is no
    /// neighbour.
    pub(super) fn remove(&self, edit: &Edit) -> Option<String> {
        let Edit::Remove { pointer } = edit else { return None };
        let (parent, _) = pointer.rsplit_once('/')?;
        let parent = self.find(parent)?;
        let NodeKind::Mapping(entries) = &parent.kind else { return self.remove_member(pointer) };
        let key = super::tree::pointer_steps(pointer).last()?;
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
        self.remove_words(from..to, start..end, parent.style)
    }

    /// Returns the text without the words of an entry and what parts it from its neighbour;
    /// comments among them stay.
    fn remove_words(
        &self,
        words: Range<usize>,
        entry: Range<usize>,
        style: Style,
    ) -> Option<String> {
        let text = self.text();
        let mut said = Vec::new();
        if text.get(words.clone())?.contains('#') {
            said = find_comments(text);
            said.retain(|comment| words.contains(&comment.start));
        }
        let kept = if style == Style::Flow {
            self.between_neighbours(words.clone(), entry, &said)?
        } else {
            let line = text.get(..entry.start)?.rsplit('\n').next()?;
            let indent = line.get(..line.len() - line.trim_start().len())?;
            let line = |comment: Range<usize>| {
                Some(format!("{indent}{}\n", text.get(comment)?.trim_end()))
            };
            said.into_iter().map(line).collect::<Option<String>>()?
        };
        Some(format!("{}{kept}{}", text.get(..words.start)?, text.get(words.end..)?))
    }

    /// Returns the text that stays in flow style between a removed entry and its neighbour: nothing
    /// without comments, else all but the entry and one comma.
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
        let mut kept: String = outside.filter(|(at, _)| *at != comma).map(|(_, c)| c).collect();
        // Of a line that held the entry alone nothing is left.
        let ends = self.text().get(words.end..)?.trim_start_matches([' ', '\t']);
        if ends.starts_with(['\n', '\r'])
            && let Some((before, "")) = kept.rsplit_once('\n').map(|(it, last)| (it, last.trim()))
        {
            kept.truncate(before.trim_end_matches('\r').len());
        }
        Some(kept)
    }

    /// Removes a member of a block sequence, with its dash.
    fn remove_member(&self, pointer: &str) -> Option<String> {
        let (list, place) = pointer.rsplit_once('/')?;
        let list = self.find(list)?;
        let NodeKind::Sequence(members) = &list.kind else { return None };
        let at: usize = place.parse().ok()?;
        let member = members.get(at).filter(|_| members.len() > 1)?.span.clone();
        let (from, to) = if list.style == Style::Flow {
            match (at.checked_sub(1).and_then(|at| members.get(at)), members.get(at + 1)) {
                (Some(before), _) => (before.span.end, member.end),
                (None, Some(next)) => (member.start, next.span.start),
                (None, None) => return None,
            }
        } else {
            let line = self.text().get(..member.start)?.rsplit('\n').next()?;
            // The dash alone, or a list in a list: more than this member is there.
            if line.trim() != "-" {
                return None;
            }
            (member.start - line.len(), self.line_end(member.end))
        };
        self.remove_words(from..to, member, list.style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

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
            ("a: {\n  y: 2, # of y\n  x: 1\n}\nb: 1\n", "a: {\n  y: 2 # of y\n}\nb: 1\n"),
            ("a: {\r\n  y: 2, # of y\r\n  x: 1\r\n  }\r\n", "a: {\r\n  y: 2 # of y\r\n  }\r\n"),
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
            let edited = document.apply_edits(&[Edit::remove("/a/x")], &["a"]).unwrap();
            assert_eq!(&**edited.text(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_stay_is_a_reason_to_refuse() {
        let text = b"a:\n  x: 1 # of x\n";
        let document = Document::parse("x.yaml", text, &Limits::ITEM).unwrap();
        let error = document.apply_edits(&[Edit::remove("/a/x")], &["a"]).unwrap_err();
        assert_eq!(error.reason, "the line `a:` would change");
    }

    #[test]
    fn a_member_of_a_list_goes_with_its_lines_alone() {
        for (text, expected) in [
            (
                "a:\n  - id: 1 # one\n    x: [p,  q]\n  # of 2\n  - id: 2 # two\n    y: |\n      z\n\n  - {id: 3}\nb: 1\n",
                "a:\n  - id: 1 # one\n    x: [p,  q]\n  # of 2\n  # two\n\n  - {id: 3}\nb: 1\n",
            ),
            ("a:\n- {id: 1} # one\n- {id:   2}\n", "a:\n- {id: 1} # one\n"),
            ("a: [{id: 1}, {id: 2}, {id:  3}] # c\n", "a: [{id: 1}, {id:  3}] # c\n"),
        ] {
            let document = Document::parse("x.yaml", text.as_bytes(), &Limits::ITEM).unwrap();
            let edited = document.apply_edits(&[Edit::remove("/a/1")], &["a", "b"]).unwrap();
            assert_eq!(&**edited.text(), expected, "{text:?}");
        }
    }
}
