//! Quick fixes: changes that the way out of a diagnostic names exactly.

use std::collections::HashMap;

use gen_lsp_types::{CodeAction, CodeActionKind, TextEdit, WorkspaceEdit};

use super::position::{Position, byte_of, range_of};
use super::workspace::{ShownDiagnostic, Workspace};
use crate::document::{Document, Edit, Limits, escape_step};
use crate::merge::CONFLICT_COMMENT;
use crate::model::Item;

/// A change of a text.
struct TextFix {
    title: String,
    /// The entire text after it.
    text: String,
}

impl Workspace {
    /// The fixes for diagnostics that touch a range.
    pub(super) fn fixes_in(&self, uri: &str, start: Position, end: Position) -> Vec<CodeAction> {
        let Some((path, file, _)) = self.open_file(uri) else { return Vec::new() };
        let mut actions = Vec::new();
        for shown in self.shown_diagnostics(&path) {
            let range = shown.published.range;
            if end < range.start || range.end < start {
                continue;
            }
            for fix in fixes_of(shown, &file.text, &self.today_date().to_string()) {
                let edit = smallest_edit(&file.text, &fix.text);
                let changes = HashMap::from([(file.uri.clone().into(), vec![edit])]);
                actions.push(CodeAction {
                    title: fix.title,
                    kind: Some(CodeActionKind::QuickFix),
                    diagnostics: Some(vec![shown.published.clone()]),
                    edit: Some(WorkspaceEdit {
                        changes: Some(changes),
                        ..WorkspaceEdit::default()
                    }),
                    ..CodeAction::default()
                });
            }
        }
        actions
    }
}

/// The changes that a diagnostic names.
fn fixes_of(shown: &ShownDiagnostic, text: &str, today: &str) -> Vec<TextFix> {
    let diagnostic = &shown.diagnostic;
    if diagnostic.rule == "merge-conflict" || diagnostic.message.contains("nobody has decided") {
        return conflict_fixes(text, byte_of(text, shown.published.range.start));
    }
    let Some(help) = diagnostic.help.as_deref() else { return Vec::new() };
    let range = shown.published.range;
    let marked = byte_of(text, range.start)..byte_of(text, range.end);
    let replace = |with: &str| -> Option<TextFix> {
        let text = format!("{}{with}{}", text.get(..marked.start)?, text.get(marked.end..)?);
        Some(TextFix { title: format!("Replace by `{with}`"), text })
    };
    let quoted = |after: &str| help.split_once(after).and_then(|(_, rest)| rest.split('`').next());
    if let Some(word) = quoted("did you mean `").or_else(|| quoted("write it as `")) {
        return replace(word).into_iter().collect();
    }
    if let Some((_, number)) = help.split_once("give one of them the number ") {
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        return replace(&digits).into_iter().collect();
    }
    if let Some(line) = quoted("add `")
        && let Some((key, value)) = line.split_once(": ")
    {
        let value = if value == "YYYY-MM-DD" { today } else { value };
        let fix = add_field(text, &diagnostic.label.pointer, key, value);
        return fix.into_iter().collect();
    }
    if help.trim_end_matches('.') == "remove it" && !diagnostic.label.pointer.is_empty() {
        let edited = build_edit(text, &Edit::remove(diagnostic.label.pointer.clone()));
        return edited
            .map(|text| TextFix { title: "Remove it".to_owned(), text })
            .into_iter()
            .collect();
    }
    Vec::new()
}

/// Adds a field to the mapping at a pointer, or to the one that holds the value there.
fn add_field(text: &str, pointer: &str, key: &str, value: &str) -> Option<TextFix> {
    // A blank for somebody to fill in is no fix.
    if value.contains('…')
        || value.contains("YYYY")
        || !key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    {
        return None;
    }
    let document = Document::parse("file", text.as_bytes(), &Limits::ITEM).ok()?;
    let parsed =
        Document::parse("value", format!("v: {value}\n").as_bytes(), &Limits::ITEM).ok()?;
    let value_of = parsed.to_value().get("v")?.clone();
    let is_top = Item::FIELDS.contains(&key);
    let mut holder = if is_top { String::new() } else { pointer.to_owned() };
    while !document.find(&holder).is_some_and(|node| node.to_value().is_object()) {
        holder = holder.rsplit_once('/').map(|(parent, _)| parent.to_owned())?;
    }
    if is_top && pointer.starts_with("/milestones/") && ["status", "evidence"].contains(&key) {
        holder = pointer.split('/').take(3).collect::<Vec<_>>().join("/");
    }
    let target = format!("{holder}/{}", escape_step(key));
    let text = build_edit(text, &Edit::set(target, value_of))?;
    Some(TextFix { title: format!("Add `{key}: {value}`"), text })
}

fn build_edit(text: &str, edit: &Edit) -> Option<String> {
    let document = Document::parse("file", text.as_bytes(), &Limits::ITEM).ok()?;
    let edited = document.apply_edits(std::slice::from_ref(edit), &Item::FIELDS).ok()?;
    Some(edited.text().to_string())
}

/// Keeps one side of a conflict that `poam merge-driver` marked.
fn conflict_fixes(text: &str, byte: usize) -> Vec<TextFix> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let number = text.get(..byte).unwrap_or_default().matches('\n').count();
    let begins = |from: usize, mark: &str| {
        lines
            .iter()
            .skip(from)
            .position(|line| line.trim_start().starts_with(mark))
            .map(|at| from + at)
    };
    let (Some(first), Some(middle), Some(last)) = (
        begins(number, CONFLICT_COMMENT),
        begins(number, "# ======="),
        begins(number, "# >>>>>>> "),
    ) else {
        return Vec::new();
    };
    if !(first < middle && middle < last) {
        return Vec::new();
    }
    let whole = |range: std::ops::Range<usize>| lines.get(range).unwrap_or_default().concat();
    let ours: String = lines
        .get(first + 1..middle)
        .unwrap_or_default()
        .iter()
        .filter(|it| !is_removal_note(it))
        .copied()
        .collect();
    let mut theirs = String::new();
    for line in
        lines.get(middle + 1..last).unwrap_or_default().iter().filter(|it| !is_removal_note(it))
    {
        let indent = line.len() - line.trim_start().len();
        let (spaces, rest) = line.split_at(indent);
        theirs.push_str(spaces);
        theirs.push_str(rest.strip_prefix("# ").or_else(|| rest.strip_prefix('#')).unwrap_or(rest));
    }
    let with = |title: &str, kept: &str| TextFix {
        title: title.to_owned(),
        text: format!("{}{kept}{}", whole(0..first), whole(last + 1..lines.len())),
    };
    vec![with("Keep the value of ours", &ours), with("Keep the value of theirs", &theirs)]
}

fn is_removal_note(line: &&&str) -> bool {
    line.trim_start().starts_with("# (removed in ")
}

/// The part of a text that differs from another one.
fn smallest_edit(old: &str, new: &str) -> TextEdit {
    let mut start = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(start) || !new.is_char_boundary(start) {
        start -= 1;
    }
    let (old_rest, new_rest) =
        (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let mut end =
        old_rest.bytes().rev().zip(new_rest.bytes().rev()).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(old.len() - end) || !new.is_char_boundary(new.len() - end) {
        end -= 1;
    }
    TextEdit {
        range: range_of(old, start..old.len() - end),
        new_text: new.get(start..new.len() - end).unwrap_or_default().to_owned(),
    }
}

/// A value as the fixes need it in tests.
#[cfg(test)]
fn apply_edit(text: &str, edit: &TextEdit) -> String {
    let (start, end) = (byte_of(text, edit.range.start), byte_of(text, edit.range.end));
    format!("{}{}{}", &text[..start], edit.new_text, &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_as_small_as_they_can_be() {
        for (old, new) in [
            ("a: 1\nb: 2\n", "a: 1\nc: ü\nb: 2\n"),
            ("ü", "ö"),
            ("aa", "aaa"),
            ("", "x"),
            ("same", "same"),
        ] {
            assert_eq!(apply_edit(old, &smallest_edit(old, new)), new);
        }
    }

    #[test]
    fn one_side_of_a_conflict_is_kept() {
        let text = "a: 1\nm:\n  # <<<<<<< ours\n  due: 2\n  # =======\n  # due: 3\n  # >>>>>>> theirs\nb: 1\n";
        let kept: Vec<String> =
            conflict_fixes(text, text.find('#').unwrap()).into_iter().map(|it| it.text).collect();
        assert_eq!(kept, ["a: 1\nm:\n  due: 2\nb: 1\n", "a: 1\nm:\n  due: 3\nb: 1\n"]);
        let removed = "# <<<<<<< ours\n# (removed in ours)\n# =======\n# x: 1\n# >>>>>>> theirs\n";
        let kept: Vec<String> = conflict_fixes(removed, 0).into_iter().map(|it| it.text).collect();
        assert_eq!(kept, ["", "x: 1\n"]);
    }

    #[test]
    fn a_field_is_added_where_it_belongs() {
        let text = "id: V-1\nmilestones:\n- id: 1\n  status: completed\nstatus: open # c\n";
        let fix = add_field(text, "/milestones/0/status", "completed", "2026-01-02").unwrap();
        assert_eq!(
            fix.text,
            text.replace("status: completed\n", "status: completed\n  completed: 2026-01-02\n")
        );
        let fix = add_field(text, "/status", "completion_date", "2026-01-02").unwrap();
        assert!(fix.text.contains("\ncompletion_date: 2026-01-02\n"), "{}", fix.text);
        assert!(add_field(text, "", "assets", "[…]").is_none());
    }
}
