//! Edits of a value that leave the rest of a file as people wrote it.
//!
//! An edit is made in the text, the text is parsed again, and the result is refused unless exactly the
//! addressed values changed and all comments are still there.

use std::ops::Range;
use std::str::FromStr;

use serde_json::Value;
use yaml_edit::{Mapping, Sequence, YamlFile, YamlNode};

use super::tree::{NodeKind, Style, pointer_steps};
use super::trivia::find_comments;
use super::{Document, Limits, emit_yaml};
use crate::label::Position;

/// One change of a value at a JSON pointer.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Sets the value; adds the key where the mapping does not have it yet.
    Set {
        /// Address of the value.
        pointer: String,
        /// The new value.
        value: Value,
    },
    /// Adds a value at the end of a sequence; makes the sequence where there is none.
    Append {
        /// Address of the sequence.
        pointer: String,
        /// The value that is added.
        value: Value,
    },
    /// Removes a key with its value, or a member of a sequence.
    Remove {
        /// Address of the value.
        pointer: String,
    },
}

impl Edit {
    /// Sets a value.
    pub fn set(pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::Set { pointer: pointer.into(), value: value.into() }
    }

    /// Adds a value at the end of a sequence.
    pub fn append(pointer: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::Append { pointer: pointer.into(), value: value.into() }
    }

    /// Removes a key with its value, or a member of a sequence.
    pub fn remove(pointer: impl Into<String>) -> Self {
        Self::Remove { pointer: pointer.into() }
    }

    /// Address of what it changes.
    pub fn pointer(&self) -> &str {
        match self {
            Self::Set { pointer, .. } | Self::Append { pointer, .. } | Self::Remove { pointer } => {
                pointer
            }
        }
    }
}

/// The reason why an edit was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot change `{pointer}` without touching more than that ({reason}): edit it by hand at {path}:{}:{}", .at.line, .at.column)]
pub struct EditError {
    /// Path of the file.
    pub path: String,
    /// The line to edit manually.
    pub at: Position,
    /// Address of the value.
    pub pointer: String,
    /// The reason.
    pub reason: String,
}

impl Document {
    /// Returns the document with values changed and everything else as people wrote it: comments,
    /// key order, quoting, indentation, line ends and the final newline.
    ///
    /// The result is parsed again and compared: it holds exactly the intended values, and every
    /// line that does not carry a changed value is still there, and every comment. If not, nothing is
    /// changed.
    ///
    /// A key that is new at the top goes where `order` (the names of all fields) puts it.
    pub fn apply_edits(&self, edits: &[Edit], order: &[&str]) -> Result<Self, EditError> {
        let mut document = self.clone();
        for edit in edits {
            document = document.edit_once(edit, order).map_err(|reason| EditError {
                path: self.path.to_string(),
                at: self.label(edit.pointer()).start,
                pointer: edit.pointer().to_owned(),
                reason,
            })?;
        }
        Ok(document)
    }

    fn edit_once(&self, edit: &Edit, order: &[&str]) -> Result<Self, String> {
        let mut intended = self.to_value();
        intend_edit(&mut intended, edit)?;
        if self.text().replace("\r\n", "").contains('\r') {
            return Err("its lines end with carriage returns alone".to_owned());
        }
        let placed = self
            .insert(edit, order)
            .or_else(|| self.insert_in_brackets(edit))
            .or_else(|| self.remove(edit))
            .or_else(|| self.replace_scalar(edit));
        let Some(text) = placed else {
            return self.check_edited(splice_edit(self.text(), edit)?, edit, &intended);
        };
        // Whole lines come and go without another byte. Where that does not do, the editor finds
        // another way.
        self.check_edited(text, edit, &intended).or_else(|reason| {
            let spliced = splice_edit(self.text(), edit).map_err(|_| reason.clone())?;
            self.check_edited(spliced, edit, &intended).map_err(|_| reason)
        })
    }

    /// Returns the edited text with the line ends of the old one, if it holds exactly what it
    /// should.
    fn check_edited(
        &self,
        mut text: String,
        edit: &Edit,
        intended: &Value,
    ) -> Result<Self, String> {
        if self.text().contains("\r\n") && !self.text().replace("\r\n", "").contains('\n') {
            text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        if !self.text().ends_with('\n') {
            text.truncate(text.trim_end_matches(['\r', '\n']).len());
        }
        let edited = Self::parse(&self.path, text.as_bytes(), &Limits::ITEM)
            .map_err(|error| format!("the result does not parse: {error}"))?;
        if edited.to_value() != *intended {
            return Err("another value would change".to_owned());
        }
        self.keeps_lines(&edited, &self.touched_bytes(edit))?;
        self.keeps_comments(&edited)?;
        Ok(edited)
    }

    /// Returns the bytes that an edit may change.
    fn touched_bytes(&self, edit: &Edit) -> Range<usize> {
        let mut pointer = String::new();
        let mut touched = None;
        if self.root().style == Style::Flow {
            // The line that gets a comma before a new key.
            let end = self.last_in(self.root()).unwrap_or(self.root().span.start + 1);
            touched = Some(end.saturating_sub(1)..end);
        }
        for step in pointer_steps(edit.pointer()) {
            pointer = format!("{pointer}/{}", super::tree::escape_step(&step));
            let Some(node) = self.find(&pointer) else { break };
            let key = self.root().find_entry(&pointer).map(|entry| entry.key_span.start);
            touched = Some(key.unwrap_or(node.span.start)..node.span.end);
            // A value in flow style is on one line, or is formatted again.
            if node.style == Style::Flow {
                return touched.unwrap_or_default();
            }
        }
        let there = self.find(edit.pointer());
        match edit {
            Edit::Append { .. } if there.is_some() => match there.map(|node| &node.kind) {
                Some(NodeKind::Scalar(_)) => touched.unwrap_or_default(),
                _ => 0..0,
            },
            Edit::Set { .. } | Edit::Remove { .. } if let Some(node) = there => {
                let touched = touched.unwrap_or_default();
                touched.start..self.past_kept_lines(node, touched.end)
            }
            _ if self.root().style == Style::Flow => touched.unwrap_or_default(),
            _ => 0..0,
        }
    }

    /// Checks that every line outside the touched bytes is still there, in order.
    fn keeps_lines(&self, edited: &Self, touched: &Range<usize>) -> Result<(), String> {
        let mut start = 0;
        let mut after = edited.text().split('\n');
        let last = self.text().len();
        for line in self.text().split('\n') {
            let end = start + line.len();
            let carries = !touched.is_empty() && start < touched.end && touched.start < end;
            // The last line may gain the line break that separates it from a new one.
            let same = |new: &str| {
                new == line || (end == last && without_return(new) == without_return(line))
            };
            if !carries && !after.any(same) {
                return Err(format!("the line `{}` would change", line.trim()));
            }
            start = end + 1;
        }
        Ok(())
    }

    /// Checks that every comment is still there, in order.
    fn keeps_comments(&self, edited: &Self) -> Result<(), String> {
        if !self.text().contains('#') {
            return Ok(());
        }
        let mut after = find_comments(edited.text()).into_iter();
        for comment in find_comments(self.text()) {
            let text = |span: &Range<usize>, of: &Self| {
                of.text().get(span.clone()).unwrap_or_default().trim_end().to_owned()
            };
            let mine = text(&comment, self);
            if !after.any(|other| text(&other, edited) == mine) {
                return Err(format!("the comment `{mine}` would be lost"));
            }
        }
        Ok(())
    }
}

fn without_return(text: &str) -> String {
    text.strip_suffix('\r').unwrap_or(text).to_owned()
}

/// Applies an edit to the plain values: what the file must state afterwards.
fn intend_edit(value: &mut Value, edit: &Edit) -> Result<(), String> {
    let (parent, key) = edit.pointer().rsplit_once('/').ok_or("no address")?;
    let key = key.replace("~1", "/").replace("~0", "~");
    let parent = value.pointer_mut(parent).ok_or("there is nothing to change")?;
    match (parent, edit) {
        (Value::Object(map), Edit::Set { value, .. }) => {
            map.insert(key, value.clone());
        }
        (Value::Object(map), Edit::Remove { .. }) => {
            map.shift_remove(&key).ok_or("there is nothing to remove")?;
        }
        (Value::Object(map), Edit::Append { value, .. }) => {
            match map.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
                Value::Array(list) => list.push(value.clone()),
                _ => return Err("there is no list".to_owned()),
            }
        }
        (Value::Array(list), Edit::Remove { .. }) => {
            let place = key.parse::<usize>().ok().filter(|place| *place < list.len());
            list.remove(place.ok_or("there is no such place in the list")?);
        }
        (Value::Array(list), Edit::Set { value, .. }) => {
            let place = key.parse::<usize>().ok().and_then(|index| list.get_mut(index));
            *place.ok_or("there is no such place in the list")? = value.clone();
        }
        _ => return Err("this place cannot be changed".to_owned()),
    }
    Ok(())
}

/// Makes the change in the text. What comes out is not trusted, it is parsed again.
fn splice_edit(text: &str, edit: &Edit) -> Result<String, String> {
    let parsed = YamlFile::parse(text);
    if let Some(error) = parsed.errors().first() {
        return Err(error.clone());
    }
    let file = parsed.tree();
    let document = file.document().ok_or("there is no document")?;
    let root = document.as_mapping().ok_or("there is no mapping at the top")?;
    let mut path: Vec<String> = pointer_steps(edit.pointer()).collect();
    let key = path.pop().ok_or("no address")?;
    let mut here = EditTarget::Map(root);
    for step in path {
        here = here.find_child(&step).ok_or("there is nothing to change")?;
    }
    match (here, edit) {
        (EditTarget::Map(map), Edit::Set { value, .. }) => set_entry(&map, &key, value)?,
        (EditTarget::Map(map), Edit::Append { value, .. }) => {
            match map.get_sequence(key.as_str()) {
                Some(list) => push(&list, value)?,
                None => set_entry(&map, &key, &Value::Array(vec![value.clone()]))?,
            }
        }
        (EditTarget::Map(map), Edit::Remove { .. }) => {
            map.remove(key.as_str()).ok_or("there is nothing to remove")?;
        }
        (EditTarget::List(list), Edit::Set { value, .. }) => {
            let index = key.parse::<usize>().map_err(|_| "no place in a list")?;
            with_yaml(value, |yaml| match yaml {
                YamlValue::Text(text) => list.set(index, text),
                YamlValue::Whole(number) => list.set(index, number),
                YamlValue::Real(number) => list.set(index, number),
                YamlValue::Truth(truth) => list.set(index, truth),
                YamlValue::Map(map) => list.set(index, map),
                YamlValue::List(other) => list.set(index, other),
            })?;
        }
        (EditTarget::List(_), _) => return Err("this place cannot be changed".to_owned()),
    }
    Ok(file.to_string())
}

/// A collection on the way to the edited value.
enum EditTarget {
    Map(Mapping),
    List(Sequence),
}

impl EditTarget {
    fn find_child(&self, step: &str) -> Option<Self> {
        let node = match self {
            Self::Map(map) => map.get(step),
            Self::List(list) => list.get(step.parse().ok()?),
        }?;
        match node {
            YamlNode::Mapping(map) => Some(Self::Map(map)),
            YamlNode::Sequence(list) => Some(Self::List(list)),
            _ => None,
        }
    }
}

/// A value in the terms of the editor.
enum YamlValue<'a> {
    Text(&'a str),
    Whole(i64),
    Real(f64),
    Truth(bool),
    Map(Mapping),
    List(Sequence),
}

fn set_entry(map: &Mapping, key: &str, value: &Value) -> Result<(), String> {
    with_yaml(value, |yaml| match yaml {
        YamlValue::Text(text) => map.set(key, text),
        YamlValue::Whole(number) => map.set(key, number),
        YamlValue::Real(number) => map.set(key, number),
        YamlValue::Truth(truth) => map.set(key, truth),
        YamlValue::Map(value) => map.set(key, value),
        YamlValue::List(value) => map.set(key, value),
    })
}

fn push(list: &Sequence, value: &Value) -> Result<(), String> {
    with_yaml(value, |yaml| match yaml {
        YamlValue::Text(text) => list.push(text),
        YamlValue::Whole(number) => list.push(number),
        YamlValue::Real(number) => list.push(number),
        YamlValue::Truth(truth) => list.push(truth),
        YamlValue::Map(map) => list.push(map),
        YamlValue::List(other) => list.push(other),
    })
}

/// Hands a value to the editor. Collections go through text, because that retains the order of
/// their keys.
fn with_yaml<T>(value: &Value, write: impl FnOnce(YamlValue<'_>) -> T) -> Result<T, String> {
    let snippet = || -> Result<YamlFile, String> {
        let text = emit_yaml(value).map_err(|error| error.to_string())?;
        YamlFile::from_str(&text).map_err(|error| error.to_string())
    };
    let missing = "the value cannot be written";
    Ok(write(match value {
        Value::String(text) => YamlValue::Text(text),
        Value::Bool(truth) => YamlValue::Truth(*truth),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => YamlValue::Whole(whole),
            (None, Some(real)) => YamlValue::Real(real),
            (None, None) => return Err(missing.to_owned()),
        },
        Value::Object(_) => {
            let file = snippet()?;
            YamlValue::Map(file.document().and_then(|it| it.as_mapping()).ok_or(missing)?)
        }
        Value::Array(_) => {
            // Behind a key, where short words are on one line.
            let text =
                emit_yaml(&serde_json::json!({ "k": value })).map_err(|it| it.to_string())?;
            let file = YamlFile::from_str(&text).map_err(|error| error.to_string())?;
            let map = file.document().and_then(|it| it.as_mapping()).ok_or(missing)?;
            YamlValue::List(map.get_sequence("k").ok_or(missing)?)
        }
        Value::Null => return Err("an empty value is removed, not set".to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "\
# head
id: 'V-1'   # the id
weakness_name: \"x: y\"

status:   open   # not yet
milestones:
- id: 1
  description: >-
    folded
    text
  due: 2026-01-01
  # tail comment
- {id: 2, description: flow, due: 2026-02-01}
controls: [AC-1, 'AC-2']
evidence:
  # none so far
comments: |
  two

  lines
last: x # end
";

    const ORDER: &[&str] =
        &["id", "assets", "milestones", "status", "evidence", "completion_date", "comments"];

    fn parse(text: &str) -> Document {
        Document::parse("items/V-1.yaml", text.as_bytes(), &Limits::ITEM).unwrap()
    }

    fn edits() -> Vec<Edit> {
        vec![
            Edit::set("/status", "in-progress"),
            Edit::set("/milestones/0/status", "completed"),
            Edit::set("/milestones/1/due", "2026-03-01"),
            Edit::set("/milestones/0/description", "it's: new"),
            Edit::append(
                "/milestones",
                json!({"id": 3, "description": "third", "due": "2026-03-01"}),
            ),
            Edit::append("/controls", "AC-3"),
            Edit::append("/evidence", json!({"type": "remediation", "reference": "CHG-1"})),
            Edit::set("/completion_date", "2026-01-01"),
            Edit::set("/comments", "three\nother\nlines\n"),
            Edit::set(
                "/risk_acceptance",
                json!({"rationale": "a: b", "approver": {"name": "Sam"}}),
            ),
            Edit::set("/source_identifier", "51192"),
            Edit::append("/assets", "10.0.0.1 (443/tcp)"),
            Edit::append("/milestones/0/evidence", "CHG-1"),
            Edit::set("/milestones/0/evidence", json!(["CHG-1", "two words"])),
            Edit::remove("/comments"),
            Edit::remove("/milestones/0/due"),
        ]
    }

    #[test]
    fn an_edit_changes_its_lines_and_no_other() {
        let before = parse(TEXT);
        let after = before.apply_edits(&edits()[..8], ORDER).unwrap();
        let expected = "\
# head
id: 'V-1'   # the id
weakness_name: \"x: y\"

status:   in-progress   # not yet
milestones:
- id: 1
  description: \"it's: new\"
  due: 2026-01-01
  status: completed
  # tail comment
- {id: 2, description: flow, due: 2026-03-01}
- id: 3
  description: third
  due: 2026-03-01
controls: [AC-1, 'AC-2', AC-3]
evidence:
  - type: remediation
    reference: CHG-1
  # none so far
completion_date: 2026-01-01
comments: |
  two

  lines
last: x # end
";
        assert_eq!(&**after.text(), expected);
    }

    #[test]
    fn every_edit_holds_in_every_layout() {
        let variants = [
            TEXT.to_owned(),
            TEXT.replace('\n', "\r\n"),
            TEXT.trim_end().to_owned(),
            TEXT.trim_end().replace('\n', "\r\n"),
            format!("---\n{TEXT}"),
            format!("# first\n---\n{TEXT}...\n"),
            format!("\u{feff}{TEXT}"),
            TEXT.replace("- id: 1\n  ", "  -   id: 1\n      ")
                .replace("\n  due", "\n      due")
                .replace("    folded\n    text", "        folded\n        text")
                .replace("- {id", "  - {id")
                .replace("  # tail", "      # tail"),
            format!("{TEXT}\n\n# after the end\n\n"),
        ];
        for text in &variants {
            let before = parse(text);
            for edit in edits() {
                let after = before
                    .apply_edits(std::slice::from_ref(&edit), ORDER)
                    .unwrap_or_else(|error| panic!("{error}\n{text}"));
                assert_eq!(
                    after.text().ends_with('\n'),
                    text.ends_with('\n'),
                    "{edit:?}\n{}",
                    after.text()
                );
                assert_eq!(after.text().matches("\r\n").count() == 0, !text.contains("\r\n"));
                assert!(
                    after.text().contains("# not yet") && after.text().contains("# tail comment")
                );
            }
        }
    }

    #[test]
    fn a_new_list_is_laid_out_like_any_other() {
        let before = parse("id: V-1\nmilestones:\n  - id: 1\n    due: 2026-01-01\n  - id: 2\n");
        let edits = [
            Edit::append("/milestones/0/evidence", "CHG-1"),
            Edit::append("/milestones/0/evidence", "CHG-2"),
            Edit::set("/milestones/1/evidence", json!(["a b", "c d"])),
        ];
        let after = before.apply_edits(&edits, ORDER).unwrap();
        let expected = "id: V-1\nmilestones:\n  - id: 1\n    due: 2026-01-01\n    evidence: [CHG-1, \
            CHG-2]\n  - id: 2\n    evidence:\n      - a b\n      - c d\n";
        assert_eq!(&**after.text(), expected);
    }

    #[test]
    fn an_edit_that_would_change_another_value_is_refused() {
        let document = parse("a: &x {k: 1}\nb: *x\n");
        let error = document.apply_edits(&[Edit::set("/a/k", 2)], ORDER).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot change `/a/k` without touching more than that (another value would change): edit it by hand at items/V-1.yaml:1:11"
        );
        assert!(document.apply_edits(&[Edit::set("/c/k", 2)], ORDER).is_err(), "no such mapping");
        assert!(document.apply_edits(&[Edit::remove("/z")], ORDER).is_err(), "no such key");
        let document = parse("a:\n  # why\n  k: 1\n");
        let error = document.apply_edits(&[Edit::set("/a", json!({"k": 2}))], ORDER).unwrap_err();
        assert!(error.to_string().contains("the comment `# why` would be lost"), "{error}");
    }
}
