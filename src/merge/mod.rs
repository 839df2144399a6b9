//! Three-way merges of YAML files by meaning: items, `poam.yaml`.
//!
//! [`merge_texts`] takes the three texts that git gives a merge driver and returns a [`MergeResult`] text. Mappings are merged by
//! key and sequences by the identity of their members ([`identity`]); a value that changed on one side only is taken as
//! that side wrote it, with its comments. A value that changed on both sides is a conflict: the text retains the value
//! of ours, and comment lines around it hold the value of theirs ([`conflict`]). The result is parsed again and
//! compared with the merged values; a text that would not hold exactly these is not returned, and neither is one for
//! files that are not in the accepted YAML. The caller then merges line by line, as git does.

mod conflict;
mod flow;
mod identity;
mod node;
mod part;
mod sequence;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::document::{Document, Limits, ParseError};
use node::NodeMerger;
use part::MergeSource;

pub use conflict::CONFLICT_COMMENT;

/// Names of the two sides in conflict marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideNames {
    /// The name of our side.
    pub ours: String,
    /// The name of their side.
    pub theirs: String,
}

impl Default for SideNames {
    fn default() -> Self {
        Self { ours: "ours".to_owned(), theirs: "theirs".to_owned() }
    }
}

/// The three texts of a merge.
#[derive(Debug, Clone, Copy)]
pub struct MergeTexts<'a> {
    /// The common ancestor; empty where both sides added the file.
    pub base: &'a str,
    /// Our side.
    pub ours: &'a str,
    /// Their side.
    pub theirs: &'a str,
}

/// A merged text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeResult {
    /// The text, with conflict marks in comments where both sides changed a value.
    pub text: String,
    /// JSON pointers into the merged text, one for each value that both sides changed.
    pub conflicts: Vec<String>,
    /// Facts that a person should know, such as a milestone that got another number.
    pub notes: Vec<String>,
}

/// The reason why texts cannot be merged by meaning.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// One of the files is not in the accepted YAML.
    #[error("the {side} is not read as YAML: {error}")]
    Parse {
        /// Which of the files.
        side: &'static str,
        /// Reason.
        error: Box<ParseError>,
    },
    /// The merged text would not hold the merged values.
    #[error("the merged values cannot be written without touching more than them")]
    Unwritable,
}

/// Merges three texts by meaning.
///
/// # Errors
///
/// When a text is not in the accepted YAML, or when the merged text would not hold exactly the merged values.
pub fn merge_texts(texts: MergeTexts<'_>, names: &SideNames) -> Result<MergeResult, MergeError> {
    if texts.ours == texts.theirs || texts.base == texts.theirs {
        return Ok(MergeResult::unchanged_text(texts.ours));
    }
    if texts.base == texts.ours {
        return Ok(MergeResult::unchanged_text(texts.theirs));
    }
    let base = parse("common ancestor", texts.base)?;
    let ours = parse("file of ours", texts.ours)?;
    let theirs = parse("file of theirs", texts.theirs)?;
    let mut merger = NodeMerger::new(names);
    let (Some(base), Some(ours), Some(theirs)) = (base, ours, theirs) else {
        return Err(MergeError::Unwritable);
    };
    let (lines, value) = merger.merge_files(&base, &ours, &theirs).ok_or(MergeError::Unwritable)?;
    let mut text = lines.join("\n");
    text.push('\n');
    for comment in lost_comments(&text, &base, &ours, &theirs) {
        text.push_str(&comment);
        text.push('\n');
    }
    let written = read(&text).map_err(|_| MergeError::Unwritable)?;
    if written != value {
        return Err(MergeError::Unwritable);
    }
    Ok(MergeResult {
        text: with_form_of(texts.ours, text),
        conflicts: merger.conflicts,
        notes: merger.notes,
    })
}

impl MergeResult {
    fn unchanged_text(text: &str) -> Self {
        Self { text: text.to_owned(), conflicts: Vec::new(), notes: Vec::new() }
    }
}

/// Parses one of the three files; an empty ancestor is a file without entries.
fn parse(side: &'static str, text: &str) -> Result<Option<MergeSource>, MergeError> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let is_ancestor = side == "common ancestor";
    if is_ancestor && text.trim().is_empty() {
        return Ok(Some(MergeSource::empty_file()));
    }
    match Document::parse("file", text.as_bytes(), &Limits::ITEM) {
        Ok(document) => Ok(MergeSource::new(document)),
        Err(error) => Err(MergeError::Parse { side, error }),
    }
}

fn read(text: &str) -> Result<Value, Box<ParseError>> {
    Document::parse("file", text.as_bytes(), &Limits::ITEM).map(|document| document.to_value())
}

/// Comments that a side added, or both have, and that the merged text does not have.
fn lost_comments(
    text: &str,
    base: &MergeSource,
    ours: &MergeSource,
    theirs: &MergeSource,
) -> Vec<String> {
    let mut lost: Vec<String> = Vec::new();
    for comment in ours.file_comments().iter().chain(theirs.file_comments()) {
        let is_new = !base.file_comments().contains(comment);
        let is_in_both =
            ours.file_comments().contains(comment) && theirs.file_comments().contains(comment);
        if (is_new || is_in_both) && !text.contains(comment.as_str()) && !lost.contains(comment) {
            lost.push(comment.clone());
        }
    }
    lost
}

/// The text with the byte order mark, line ends and last line end of another.
fn with_form_of(model: &str, text: String) -> String {
    let mut text = text;
    if model.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) {
        text = text.replace('\n', "\r\n");
    }
    if !model.ends_with('\n') {
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
    }
    if model.starts_with('\u{feff}') {
        text.insert(0, '\u{feff}');
    }
    text
}
