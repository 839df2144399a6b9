//! The layout of a tracker's workbook: a built-in one, or a file of the team's own.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::document::{Document, Limits};
use crate::model::Item;
use crate::repository::{CommitId, GitError, OutsidePath, RelPath, Repository};
use crate::schema::Schema;
use crate::store::Tracker;
use crate::workbook::{Layout, Problem, UnknownLayout};

/// The name under which faults of a layout are reported.
const RULE: &str = "layout";
/// Number of faults that an error repeats.
const SHOWN: usize = 20;

/// Reasons why there is no layout.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// No built-in layout has the name.
    #[error(transparent)]
    Unknown(#[from] UnknownLayout),
    /// The settings name a file outside the repository.
    #[error("the settings name a layout outside the repository: {0}")]
    Outside(#[from] OutsidePath),
    /// The commit has no such file.
    #[error("the settings name the layout {path}, which commit {} does not have: commit it, or name another", commit.short())]
    Missing {
        /// The file.
        path: String,
        /// The commit.
        commit: CommitId,
    },
    /// Git gives no answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The file does not hold; with every place.
    #[error("the layout has errors{}", told(.0))]
    Faults(Vec<Diagnostic>),
}

fn told(faults: &[Diagnostic]) -> String {
    let mut text = String::new();
    for fault in faults.iter().take(SHOWN) {
        let start = fault.label.start;
        let help = fault.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let (path, message) = (&fault.label.path, &fault.message);
        _ = write!(text, "\n  {path}:{}:{}: {message}{help}", start.line, start.column);
    }
    if faults.len() > SHOWN {
        _ = write!(text, "\n  and {} more", faults.len() - SHOWN);
    }
    text
}

/// Returns whether a layout is named by its file.
#[must_use]
pub fn is_layout_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it.eq_ignore_ascii_case("json"))
}

/// Returns the layout that the settings of a commit name. A file comes from the commit like
/// everything else, and from inside the repository.
///
/// # Errors
///
/// When there is none of the name, or when its file does not hold.
pub fn layout_of(
    repository: &Repository,
    commit: CommitId,
    tracker: &Tracker,
) -> Result<Cow<'static, Layout>, LayoutError> {
    let name = &tracker.settings.layout;
    if !is_layout_file(name) {
        return Ok(Cow::Borrowed(Layout::find_named(name)?));
    }
    let path = RelPath::new(format!("{}{name}", tracker.prefix))?;
    let limit = Limits::ITEM.bytes as u64;
    let Some(bytes) = repository.read_file_up_to(commit, path.as_str(), limit)? else {
        return Err(LayoutError::Missing { path: path.as_str().to_owned(), commit });
    };
    parse_layout(path.as_str(), &bytes).map(Cow::Owned)
}

/// Returns a layout from the bytes of its file, which is called `path` in what is stated of it.
///
/// # Errors
///
/// Everything that is wrong with it, each with its line and column.
pub fn parse_layout(path: &str, bytes: &[u8]) -> Result<Layout, LayoutError> {
    let document = Document::parse(path, bytes, &Limits::ITEM)
        .map_err(|error| LayoutError::Faults(vec![error.into()]))?;
    let value = document.to_value();
    let wrong = Schema::Layout.check(&document, &value);
    if !wrong.is_empty() {
        return Err(LayoutError::Faults(wrong));
    }
    let fault = |pointer: &str, message: String, help: &str| {
        Diagnostic::new(RULE, document.label(pointer), message).help(help.to_owned())
    };
    let of = |problem: Problem| fault(&problem.pointer, problem.message, &problem.help);
    let layout = Layout::from_value(&value)
        .map_err(|problems| LayoutError::Faults(problems.into_iter().map(of).collect()))?;
    let mut wrong = Vec::new();
    if Layout::find_named(&layout.name).is_ok() {
        let message = format!("`{}` is the name of a built-in layout", layout.name);
        wrong.push(fault("/name", message, "give yours a name of its own"));
    }
    for (sheet, of) in layout.sheets.iter().enumerate() {
        for (column, one) in of.columns.iter().enumerate() {
            let Some(pointer) = &one.pointer else { continue };
            if !pointer.split('/').nth(1).is_some_and(|first| Item::FIELDS.contains(&first)) {
                wrong.push(fault(
                    &format!("/sheets/{sheet}/columns/{column}/pointer"),
                    format!("`{pointer}` names no field of an item"),
                    "begin with a field of `poam schema item`, such as /change_ticket or /extra/…",
                ));
            }
        }
    }
    if wrong.is_empty() { Ok(layout) } else { Err(LayoutError::Faults(wrong)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_places() {
        let text = Layout::find_text("federal").unwrap();
        let mine = text.replacen("\"federal\"", "\"mine\"", 1);
        assert_eq!(parse_layout("mine.json", mine.as_bytes()).unwrap().name, "mine");
        let own = "{\"pointer\": \"/change_ticket\", \"column\": \"I\", \"header\": \"Ticket\", \"kind\": \"text\", \"width\": 12, \"header_style\": 1, \"style\": 0}";
        let column = mine.replacen(
            "\n      ],\n      \"cells\"",
            &format!(",\n        {own}\n      ],\n      \"cells\""),
            1,
        );
        assert_eq!(
            parse_layout("mine.json", column.as_bytes()).unwrap().sheets[0].columns.len(),
            9
        );
        for (text, said) in [
            (text.to_owned(), "mine.json:2:11: `federal` is the name of a built-in layout"),
            (mine.replace("\"header_row\": 5", "\"header_row\": 7"), "items cannot begin in row 6"),
            (
                mine.replace("\"kind\": \"date\"", "\"kind\": \"day\""),
                "`day` is not a known value of `kind`",
            ),
            (mine.replace("\"role\": \"open\"", "\"rolle\": \"open\""), "unknown field `rolle`"),
            (column.replace("/change_ticket", "/ticket"), "`/ticket` names no field of an item"),
            ("{".to_owned(), "mine.json:1:"),
        ] {
            let error = parse_layout("mine.json", text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{said}\n{error}");
        }
    }
}
