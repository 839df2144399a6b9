//! The fields of an item as a form with their values, and the assignments of `poam set` that follow from
//! what was edited.
//!
//! Each field is sent with the value that it had when the form was made, so that only what a person changed
//! is assigned.

use serde_json::Value;

use super::request::first;
use crate::store::Stored;

/// The name of values that are words of a command line as they are; no field has it.
pub(super) const WORD: &str = "=";

/// Fields with one text, and whether it is usually longer than a line.
const TEXTS: [(&str, bool); 9] = [
    ("weakness_name", false),
    ("weakness_description", true),
    ("remediation_plan", true),
    ("resources_required", false),
    ("detector_source", false),
    ("source_identifier", false),
    ("original_finding", false),
    ("change_ticket", false),
    ("comments", true),
];

/// Fields with a list of texts.
const LISTS: [&str; 4] = ["controls", "cves", "assets", "services"];

/// A field of an item in a form.
pub(super) struct EditView {
    /// Its name in the file.
    pub(super) name: &'static str,
    pub(super) label: String,
    /// `line`, `text` or `lines`.
    pub(super) kind: &'static str,
    /// The value that the item has.
    pub(super) was: String,
    /// The value that is entered.
    pub(super) value: String,
}

impl EditView {
    /// Returns whether something else is entered than the item has.
    pub(super) fn is_edited(&self) -> bool {
        self.was != self.value
    }
}

/// The fields of an item with what is entered. A field that nobody edited has the value of now, also where
/// the form was made for an older version.
pub(super) fn views(stored: &Stored, given: &[(String, String)]) -> Vec<EditView> {
    let item = stored.to_value();
    let mut views = Vec::new();
    for (name, is_long) in TEXTS {
        let was = match item.get(name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => plain(text),
            Some(other) => other.to_string(),
        };
        views.push(view(name, if is_long { "text" } else { "line" }, was, given));
    }
    for name in LISTS {
        let list = item.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        // Members that are more than a text are edited in the file.
        let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
        let Some(texts) = texts.filter(|texts| texts.iter().all(|text| !text.contains('\n')))
        else {
            continue;
        };
        views.push(view(name, "lines", texts.join("\n"), given));
    }
    views
}

fn view(
    name: &'static str,
    kind: &'static str,
    was: String,
    given: &[(String, String)],
) -> EditView {
    let entered = edited(name, given).map(|(_, entered)| entered);
    let label = name.replace('_', " ").replace("cves", "CVEs");
    EditView {
        name,
        label: super::form::capitalized(&label),
        kind,
        value: entered.unwrap_or(was.clone()),
        was,
    }
}

/// A text without the carriage returns of browsers, and blanks at its ends.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// The value that a field had and the one that was entered, where they differ.
fn edited(name: &str, given: &[(String, String)]) -> Option<(String, String)> {
    let was = plain(first(given, &format!("was.{name}"))?);
    let value = plain(first(given, &format!("value.{name}"))?);
    (was != value).then_some((was, value))
}

/// The assignments for what was edited.
pub(super) fn assignments(given: &[(String, String)]) -> Vec<String> {
    let mut words = Vec::new();
    for (name, _) in TEXTS {
        words.extend(edited(name, given).map(|(_, value)| format!("{name}={value}")));
    }
    for name in LISTS {
        let Some((was, value)) = edited(name, given) else { continue };
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|line| line.trim().to_owned());
            lines.filter(|line| !line.is_empty()).collect()
        };
        let (was, value) = (lines(&was), lines(&value));
        if value.is_empty() {
            words.push(format!("{name}="));
            continue;
        }
        let gone = was.iter().filter(|line| !value.contains(line));
        words.extend(gone.map(|line| format!("{name}-={line}")));
        let new = value.iter().filter(|line| !was.contains(line));
        words.extend(new.map(|line| format!("{name}+={line}")));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(values: &[(&str, &str)]) -> Vec<(String, String)> {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_what_was_edited_is_assigned() {
        let values = [
            ("was.weakness_name", "Old"),
            ("value.weakness_name", "Old"),
            ("was.comments", "a\nb"),
            ("value.comments", "a\r\nb = c\r\n"),
            ("was.remediation_plan", "Upgrade"),
            ("value.remediation_plan", " "),
            ("value.change_ticket", "no value before"),
            ("was.controls", "SI-2\nAC-2"),
            ("value.controls", "AC-2\r\n\r\nCM-8\r\n"),
            ("was.cves", "CVE-2026-1"),
            ("value.cves", ""),
            ("was.status", "open"),
            ("value.status", "closed"),
        ];
        let expected =
            ["remediation_plan=", "comments=a\nb = c", "controls-=SI-2", "controls+=CM-8", "cves="];
        assert_eq!(assignments(&given(&values)), expected);
    }

    #[test]
    fn fields_that_nobody_edited_have_the_value_of_now() {
        let text = "id: V-1\nweakness_name: Newer\nstatus: open\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: high\nassets: [web-1, db-1]\ncontrols: [SI-2]\ncomments: of now\n";
        let stored = Stored::parse("items/V-1.yaml", text.as_bytes()).unwrap();
        let values = given(&[
            ("was.weakness_name", "Older"),
            ("value.weakness_name", "Older"),
            ("was.comments", "of then"),
            ("value.comments", "mine"),
        ]);
        let views = views(&stored, &values);
        let find = |name: &str| views.iter().find(|view| view.name == name);
        let name = find("weakness_name").unwrap();
        assert_eq!((name.was.as_str(), name.value.as_str()), ("Newer", "Newer"));
        let comments = find("comments").unwrap();
        assert_eq!((comments.was.as_str(), comments.value.as_str()), ("of now", "mine"));
        assert_eq!(find("controls").unwrap().value, "SI-2");
        assert_eq!(find("assets").unwrap().value, "web-1\ndb-1");
    }
}
