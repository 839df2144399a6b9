//! The plan of an import or an update as tables, from the JSON that the command prints.
//!
//! [`PlanView`] is what the page shows of a plan; `scan_plan` makes one of a scan.

use std::collections::BTreeMap;

use serde_json::Value;

use super::scan_plan;
use super::state::TrackerState;
use crate::history::place_words;
use crate::report::view::{Cell, ViewTable, line};
use crate::text::plural;

/// Rows of a table; the command line lists all.
pub(super) const SHOWN: usize = 200;

/// The plan for one document or one scan.
#[derive(Default)]
pub(super) struct PlanView {
    /// Name of the document, with its layout and day.
    pub(super) title: String,
    /// The line that accounts for every row or result.
    pub(super) account: String,
    /// Remarks on the document.
    pub(super) notes: Vec<String>,
    /// Values that a person must decide.
    pub(super) conflicts: Vec<ConflictView>,
    /// Words before the value that both changed.
    pub(super) before: &'static str,
    /// New items of a scan, which get owners and due dates here.
    pub(super) new_items: Vec<NewItemView>,
    /// Number of new items of a scan that are not listed.
    pub(super) more_new_items: usize,
    pub(super) tables: Vec<ViewTable>,
    /// Whether it is a workbook that was built here.
    pub(super) is_built_here: bool,
    /// Whether there is anything to commit.
    pub(super) has_work: bool,
}

/// A value that the document and the tracker both changed.
pub(super) struct ConflictView {
    /// Its name in the form.
    pub(super) name: String,
    pub(super) item: String,
    pub(super) link: Option<String>,
    pub(super) field: String,
    pub(super) cells: String,
    pub(super) before: String,
    pub(super) theirs: String,
    pub(super) ours: String,
    /// `ours`, `theirs` or nothing.
    pub(super) decided: String,
    /// Whether the command that ran has decided it.
    is_settled: bool,
}

/// A new item of a scan.
pub(super) struct NewItemView {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) risk: String,
    pub(super) assets: String,
    pub(super) detected: String,
    /// The owner that a rule of the settings gives.
    pub(super) given_owner: String,
    pub(super) owner: String,
    pub(super) due: String,
}

/// Result of a commit.
#[derive(Default)]
pub(super) struct ImportOutcome {
    pub(super) is_done: bool,
    pub(super) text: String,
}

impl ImportOutcome {
    /// Reads what was made from the JSON that the command printed.
    pub(super) fn read(printed: &str, head: Option<&str>) -> Self {
        let value: Value = serde_json::from_str(printed).unwrap_or_default();
        let short: String = head.unwrap_or_default().chars().take(10).collect();
        let is_scan = value.get("committed").and_then(Value::as_bool);
        let commits = value.get("commits").and_then(Value::as_u64).unwrap_or(0);
        let text = match (is_scan, commits) {
            (Some(true), _) | (None, 1) => format!("Committed as {short}."),
            (None, commits) if commits > 1 => {
                format!("{commits} commits made; the last one is {short}.")
            }
            _ => "There was nothing to do.".to_owned(),
        };
        Self { is_done: true, text }
    }
}

/// Decisions on a plan that a form holds already.
#[derive(Debug, Default)]
pub(super) struct PlanChoices<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> PlanChoices<'a> {
    /// Reads the values of a form.
    pub(super) fn read(values: &'a [(String, String)]) -> Self {
        Self(values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
    }

    pub(super) fn get(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or_default()
    }
}

impl PlanView {
    /// Reads the JSON of `poam import` or `poam scan`.
    pub(super) fn read(
        value: &Value,
        state: &TrackerState,
        choices: &PlanChoices<'_>,
    ) -> Vec<Self> {
        if let Some(Value::Array(documents)) = value.get("submissions") {
            return documents.iter().map(|one| Self::of_import(one, state, choices)).collect();
        }
        match value.get("counts") {
            Some(_) => vec![scan_plan::read(value, state, choices)],
            None => vec![Self::of_import(value, state, choices)],
        }
    }

    /// Returns the number of values that the command found undecided.
    pub(super) fn undecided(&self) -> usize {
        self.conflicts.iter().filter(|conflict| !conflict.is_settled).count()
    }

    fn of_import(value: &Value, state: &TrackerState, choices: &PlanChoices<'_>) -> Self {
        let is_update = value.get("in_conflict").is_some();
        let built_from = text(value, "built_from");
        let (layout, date) = (text(value, "layout"), text(value, "date"));
        let mut title = line(&text(value, "source"));
        if !layout.is_empty() {
            title.push_str(&format!(", layout {layout}"));
        }
        if !date.is_empty() {
            title.push_str(&format!(", of {date}"));
        }
        if is_update {
            let short: String = built_from.chars().take(10).collect();
            title.push_str(&format!(", built from commit {short}"));
        }
        let conflicts = list(value, "conflicts").iter();
        let conflicts: Vec<ConflictView> =
            conflicts.map(|one| conflict(one, state, choices)).collect();
        let mut tables = vec![
            places(value, "refused", "Refused: these rows change nothing", "Reason"),
            places(value, "left", "Left as it is: these cells change nothing", "Reason"),
            created(value, state),
            changed(value, state),
            ids(value, "no_longer_listed", "No longer listed", state),
            ids(value, "closed_as_absent", "Closed, because no longer listed", state),
            ids(value, "missing", "Its row is gone; the item stays", state),
            held(value, state),
            matched(value, state),
            places(value, "kept_as_text", "Kept as text", "Why"),
            left_blank(value),
        ];
        tables.retain(|table| !table.rows.is_empty());
        let mut notes: Vec<String> = list(value, "notes").iter().map(note).collect();
        if value.get("imported_before") == Some(&Value::Bool(true)) {
            notes.insert(0, "It was imported before: what went in is left alone.".to_owned());
        }
        if let Some(day) = value.get("taken_back_before").and_then(Value::as_str) {
            notes.insert(0, format!(
                "It was taken back before, on {day}: where both changed a value, the tracker's stays."
            ));
        }
        let has_work = ["created", "changed", "conflicts"].iter().any(|name| !list(value, name).is_empty())
            // A document that changes no item is recorded all the same.
            || (!is_update && count(value, "rows") > 0);
        Self {
            title,
            account: account(value, is_update),
            notes: cut_list(notes),
            conflicts,
            tables,
            is_built_here: !is_update && !built_from.is_empty(),
            has_work,
            before: if is_update { "it was built as" } else { "it was last imported as" },
            ..Self::default()
        }
    }
}

/// A member as text; blank where there is none.
pub(super) fn text(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// The members of a list; none where there is no list.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A number; 0 where there is none.
pub(super) fn count(value: &Value, name: &str) -> usize {
    let number = value.get(name).and_then(Value::as_u64).unwrap_or(0);
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A value in words.
pub(super) fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) if text.starts_with("sha256:") => "another text".to_owned(),
        Some(Value::String(text)) => line(text),
        Some(Value::Array(values)) => {
            let separator = if values.iter().any(Value::is_object) { "; " } else { ", " };
            values.iter().map(|value| shown(Some(value))).collect::<Vec<_>>().join(separator)
        }
        Some(Value::Object(members)) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            let member = |(name, value): (&String, &Value)| {
                format!("{}: {}", line(&name.replace('_', " ")), shown(Some(value)))
            };
            members.map(member).collect::<Vec<_>>().join(", ")
        }
        Some(other) => line(&other.to_string()),
    }
}

/// A text that is not much longer than a few lines.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 400;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn cut_list(mut notes: Vec<String>) -> Vec<String> {
    let left = notes.len().saturating_sub(SHOWN);
    if left > 0 {
        notes.truncate(SHOWN);
        notes.push(format!("and {left} more"));
    }
    notes
}

/// Fills a table with the first rows of a list and notes how many more there are.
pub(super) fn table(
    title: &str,
    columns: &[&'static str],
    entries: &[Value],
    row: impl Fn(&Value) -> Vec<Cell>,
) -> ViewTable {
    let mut table = ViewTable::new(format!("{title} ({})", entries.len()), columns);
    for entry in entries.iter().take(SHOWN) {
        table.push(row(entry));
    }
    let left = entries.len().saturating_sub(SHOWN);
    table.more = (left > 0).then(|| format!("and {left} more"));
    table
}

/// A cell with an id, which leads to its item where there is one.
pub(super) fn item_cell(id: &str, state: &TrackerState) -> Cell {
    Cell::new(id).kind("word").link(item_link(id, state))
}

fn item_link(id: &str, state: &TrackerState) -> Option<String> {
    state.find(id).map(|(stored, _)| state.address(&stored.item.id))
}

/// A cell with a member of a value.
pub(super) fn cell(value: &Value, name: &str, kind: &'static str) -> Cell {
    Cell::new(text(value, name)).kind(kind)
}

/// The line that accounts for every row.
fn account(value: &Value, is_update: bool) -> String {
    let created = list(value, "created").len();
    let (changed, refused) = (list(value, "changed").len(), list(value, "refused").len());
    let rows = plural(count(value, "rows"), "row");
    let unchanged = count(value, "unchanged");
    if is_update {
        let conflict = count(value, "in_conflict");
        return format!(
            "{rows}: {changed} to change, {created} to create, {unchanged} unchanged, {refused} refused, {conflict} in conflict"
        );
    }
    let matched = list(value, "matched").len();
    let absent = match list(value, "no_longer_listed").len() {
        0 => String::new(),
        absent => format!("; {absent} no longer listed"),
    };
    format!(
        "{rows}: {created} to create, {matched} matched ({changed} to change), {unchanged} unchanged, {refused} refused{absent}"
    )
}

fn note(note: &Value) -> String {
    let row = match note.get("row").and_then(Value::as_u64) {
        Some(row) => format!(", row {row}"),
        None => String::new(),
    };
    let (sheet, message) = (text(note, "sheet"), text(note, "message"));
    line(&format!("{sheet}{row}: {message}"))
}

fn conflict(value: &Value, state: &TrackerState, choices: &PlanChoices<'_>) -> ConflictView {
    let (id, pointer) = (text(value, "id"), text(value, "pointer"));
    let name = format!("decide.{id} {pointer}");
    let settled = text(value, "decided");
    let chosen = choices.get(&name);
    let decided = if chosen.is_empty() { settled.clone() } else { chosen.to_owned() };
    ConflictView {
        item: line(&id),
        link: item_link(&id, state),
        field: place_words(&pointer),
        cells: line(&text(value, "cells")),
        before: shown(value.get("base")),
        theirs: shown(value.get("theirs")),
        ours: shown(value.get("ours")),
        is_settled: !settled.is_empty(),
        name,
        decided,
    }
}

/// Places in a document with a reason.
fn places(value: &Value, name: &str, title: &str, reason: &'static str) -> ViewTable {
    table(title, &["Sheet", "Cell", reason], list(value, name), |one| {
        vec![cell(one, "sheet", ""), cell(one, "cell", "word"), cell(one, "reason", "wide")]
    })
}

fn created(value: &Value, state: &TrackerState) -> ViewTable {
    let columns = ["Item", "Weakness", "Risk", "Status", "Owner", "Detected", "Due"];
    table("New", &columns, list(value, "created_items"), |one| {
        vec![
            item_cell(&text(one, "id"), state),
            cell(one, "weakness_name", "wide"),
            cell(one, "original_risk_rating", "word"),
            cell(one, "status", "word"),
            cell(one, "owner", ""),
            cell(one, "original_detection_date", "day"),
            cell(one, "scheduled_completion_date", "day"),
        ]
    })
}

/// A row for each field that changes.
fn changed(value: &Value, state: &TrackerState) -> ViewTable {
    let changed = list(value, "changed");
    let title = format!("Changed ({})", plural(changed.len(), "item"));
    let mut table = ViewTable::new(title, &["Item", "Field", "Before", "After"]);
    let mut left = 0;
    for item in changed {
        let id = text(item, "id");
        for field in list(item, "fields") {
            if table.rows.len() == SHOWN {
                left += 1;
                continue;
            }
            table.push(vec![
                item_cell(&id, state),
                cell(field, "label", ""),
                Cell::new(shortened(&shown(field.get("old")))).kind("wide"),
                Cell::new(shortened(&shown(field.get("new")))).kind("wide"),
            ]);
        }
    }
    table.more = (left > 0).then(|| format!("and {left} more"));
    table
}

/// Items by their ids, with their names where the tracker has them.
pub(super) fn ids(value: &Value, name: &str, title: &str, state: &TrackerState) -> ViewTable {
    table(title, &["Item", "Weakness", "Status"], list(value, name), |one| {
        let id = one.as_str().unwrap_or_default();
        let stored = state.find(id).map(|(stored, _)| &stored.item);
        vec![
            item_cell(id, state),
            Cell::new(stored.map_or("", |item| &item.weakness_name)).kind("wide"),
            Cell::new(stored.map_or("", |item| item.status.as_str())).kind("word"),
        ]
    })
}

fn held(value: &Value, state: &TrackerState) -> ViewTable {
    let columns = ["Item", "Field", "The tracker says", "The file says", "Why it stays"];
    table("Stays as it is", &columns, list(value, "held"), |one| {
        vec![
            item_cell(&text(one, "id"), state),
            Cell::new(place_words(&text(one, "pointer"))),
            Cell::new(shown(one.get("ours"))).kind("wide"),
            Cell::new(shown(one.get("theirs"))).kind("wide"),
            cell(one, "reason", "wide"),
        ]
    })
}

/// Rows that are items under another id, or that are not quite the same.
fn matched(value: &Value, state: &TrackerState) -> ViewTable {
    let is_worth_a_look = |one: &&Value| {
        let score = one.get("score").and_then(Value::as_f64).unwrap_or(1.0);
        text(one, "by") == "fingerprint" || score < 1.0
    };
    let found: Vec<Value> =
        list(value, "matched").iter().filter(is_worth_a_look).cloned().collect();
    let columns = ["Row", "Is the item", "Recognised by", "Likeness"];
    table("Recognised again", &columns, &found, |one| {
        let by_order = one.get("by_order") == Some(&Value::Bool(true));
        let order = if by_order { ", in order of several that say the same" } else { "" };
        vec![
            cell(one, "row_id", "word"),
            item_cell(&text(one, "id"), state),
            Cell::new(format!("{}{order}", text(one, "by"))),
            cell(one, "score", ""),
        ]
    })
}

fn left_blank(value: &Value) -> ViewTable {
    let fields = value.get("left_blank").and_then(Value::as_object);
    let title = "Blank in the file and left as it is";
    let mut table = ViewTable::new(title, &["Field", "Items#"]);
    for (field, items) in fields.into_iter().flatten() {
        table.push(vec![Cell::new(field.replace('_', " ")), Cell::new(items.to_string())]);
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_told_in_words() {
        for (value, expected) in [
            (json!(null), "nothing"),
            (json!("a\u{202e}b"), "a\\u{202e}b"),
            (json!("sha256:0123"), "another text"),
            (json!(["a", "b"]), "a, b"),
            (json!([{"id": 1, "due": "2026-01-05"}, {"id": 2}]), "id: 1, due: 2026-01-05; id: 2"),
            (json!({"name": "Jane", "role": null, "e_mail": "j@x"}), "name: Jane, e mail: j@x"),
            (json!(true), "true"),
        ] {
            assert_eq!(shown(Some(&value)), expected);
        }
        assert_eq!(shown(None), "nothing");
    }

    #[test]
    fn the_account_has_every_row() {
        let import = json!({"rows": 9, "created": ["a"], "matched": [{}, {}], "changed": [{}],
            "unchanged": 4, "refused": [{}, {}], "no_longer_listed": ["x"]});
        assert_eq!(
            account(&import, false),
            "9 rows: 1 to create, 2 matched (1 to change), 4 unchanged, 2 refused; 1 no longer listed"
        );
        let update = json!({"rows": 1, "changed": [], "created": [], "unchanged": 0, "refused": [], "in_conflict": 1});
        assert_eq!(
            account(&update, true),
            "1 row: 0 to change, 0 to create, 0 unchanged, 0 refused, 1 in conflict"
        );
    }

    #[test]
    fn an_outcome_names_its_commits() {
        let text = |value: serde_json::Value| {
            ImportOutcome::read(&value.to_string(), Some("0123456789abcdef")).text
        };
        assert_eq!(text(json!({"commits": 1})), "Committed as 0123456789.");
        assert_eq!(text(json!({"commits": 3})), "3 commits made; the last one is 0123456789.");
        assert_eq!(text(json!({"commits": 0})), "There was nothing to do.");
        assert_eq!(text(json!({"committed": true})), "Committed as 0123456789.");
        assert_eq!(text(json!({"committed": false})), "There was nothing to do.");
    }
}
