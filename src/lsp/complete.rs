//! Completion: keys and values at a place of a text that need not be YAML yet.
//!
//! The place is found by indentation alone ([`TypedPlace::find`]), since a text is seldom entire while somebody types.

use std::collections::BTreeSet;

use gen_lsp_types::{CompletionItem, CompletionItemKind, Documentation};

use super::position::{Position, byte_of};
use super::schema_tree::{self, AllowedValue};
use super::workspace::{OpenTracker, Workspace};
use crate::model::{CONTROLS, Catalog};
use crate::rules;
use crate::schema::file_schema;
use crate::settings;

/// Where somebody types.
#[derive(Debug, PartialEq, Eq)]
struct TypedPlace {
    /// The steps to the mapping of a key, or to the value.
    steps: Vec<String>,
    /// Whether a key is typed, not a value.
    is_key: bool,
    /// The part of it that is typed already.
    typed: String,
}

impl Workspace {
    /// Keys and values that fit at a position.
    pub(super) fn complete_at(&self, uri: &str, position: Position) -> Vec<CompletionItem> {
        let Some((path, file, tracker)) = self.open_file(uri) else { return Vec::new() };
        let is_settings = path.file_name().is_some_and(|name| name == settings::FILE);
        let schema = file_schema(is_settings);
        let byte = byte_of(&file.text, position);
        let Some(place) = TypedPlace::find(&file.text, byte) else { return Vec::new() };
        let list = place.is_key && schema_tree::is_list_of_scalars(schema, &place.steps);
        if place.is_key && !list {
            let mut keys = schema_tree::find_keys(schema, &place.steps);
            if is_settings && place.steps == ["rules"] {
                let rule = |rule: &&rules::Rule| AllowedValue {
                    value: rule.name.to_owned(),
                    meaning: rule.summary.to_owned(),
                };
                keys = rules::ALL.iter().map(rule).collect();
            }
            let there = keys_beside(&file.text, byte);
            keys.retain(|key| !there.contains(&key.value));
            let item = |key: AllowedValue| CompletionItem {
                insert_text: Some(format!("{}: ", key.value)),
                ..build_entry(key, CompletionItemKind::Property)
            };
            return keys.into_iter().map(item).collect();
        }
        let mut values = schema_tree::find_values(schema, &place.steps);
        if schema_tree::is_day(schema, &place.steps) {
            values.push(AllowedValue {
                value: self.today_date().to_string(),
                meaning: "today".to_owned(),
            });
        }
        if let Some(open) = tracker {
            values.extend(known_values(open, &place, is_settings));
        }
        let typed = place.typed.to_lowercase();
        values.retain(|it| {
            it.value.to_lowercase().contains(&typed) || it.meaning.to_lowercase().contains(&typed)
        });
        values.truncate(500);
        values.into_iter().map(|value| build_entry(value, CompletionItemKind::Value)).collect()
    }
}

fn build_entry(value: AllowedValue, kind: CompletionItemKind) -> CompletionItem {
    let meaning = (!value.meaning.is_empty()).then_some(value.meaning);
    CompletionItem {
        label: value.value,
        kind: Some(kind),
        detail: meaning.as_ref().map(|text| text.lines().next().unwrap_or_default().to_owned()),
        documentation: meaning.map(Documentation::String),
        ..CompletionItem::default()
    }
}

/// Values that the schema cannot know: statuses of the workflow, people, ids, controls, rules.
fn known_values(open: &OpenTracker, place: &TypedPlace, is_settings: bool) -> Vec<AllowedValue> {
    let mut names: Vec<&str> = place.steps.iter().map(String::as_str).collect();
    names.retain(|step| step.parse::<usize>().is_err());
    let catalog = |catalog: &'static Catalog| {
        catalog.ids().map(move |id| AllowedValue {
            value: id.to_owned(),
            meaning: catalog.find_entry(id).map_or("", |entry| entry.title).to_owned(),
        })
    };
    match names.as_slice() {
        _ if is_settings => match names.as_slice() {
            ["allow", "rule"] => rule_names(),
            ["people", ..] => list_people(open),
            _ => Vec::new(),
        },
        ["status"] => open.tracker.settings.workflow.names().into_iter().map(plain_value).collect(),
        ["controls"] => catalog(&CONTROLS).collect(),
        ["mappings", framework] => {
            Catalog::find_by_framework(framework).into_iter().flat_map(catalog).collect()
        }
        ["dependencies" | "successor_of"] => {
            let items = open.store.items().iter();
            items
                .map(|stored| AllowedValue {
                    value: stored.item.id.to_string(),
                    meaning: stored.item.weakness_name.clone(),
                })
                .collect()
        }
        ["allow", "rule"] => rule_names(),
        [.., "by"] => list_people(open),
        [.., "point_of_contact" | "owner" | "approver" | "evaluated_by", "name"] => {
            list_people(open)
        }
        ["services"] => {
            let all = open.store.items().iter().flat_map(|stored| &stored.item.services);
            all.collect::<BTreeSet<_>>().into_iter().map(|it| plain_value(it)).collect()
        }
        _ => Vec::new(),
    }
}

fn plain_value(value: &str) -> AllowedValue {
    AllowedValue { value: value.to_owned(), meaning: String::new() }
}

fn rule_names() -> Vec<AllowedValue> {
    let rule = |rule: &&rules::Rule| AllowedValue {
        value: rule.name.to_owned(),
        meaning: rule.summary.to_owned(),
    };
    rules::ALL.iter().map(rule).collect()
}

/// The people of the settings and the owners of items.
fn list_people(open: &OpenTracker) -> Vec<AllowedValue> {
    let known = open.tracker.settings.people.iter();
    let owners = open.store.items().iter().filter_map(|it| it.item.point_of_contact.as_ref());
    let names: BTreeSet<&str> = known.chain(owners).map(|person| person.name.as_str()).collect();
    let plain = |name: &str| AllowedValue { value: name.to_owned(), meaning: String::new() };
    names.into_iter().map(plain).collect()
}

/// A line of block style: where its dash is, where its key or text begins, and the key.
#[derive(Debug)]
struct BlockLine<'t> {
    dash: Option<usize>,
    column: usize,
    key: Option<&'t str>,
    rest: &'t str,
}

impl<'t> BlockLine<'t> {
    fn parse(line: &'t str) -> Self {
        let mut column = line.len() - line.trim_start_matches(' ').len();
        let mut dash = None;
        let mut text = line.get(column..).unwrap_or_default();
        while let Some(rest) =
            text.strip_prefix('-').filter(|it| it.is_empty() || it.starts_with(' '))
        {
            dash = Some(column);
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            column += 1 + spaces.max(usize::from(rest.is_empty()));
            text = rest.trim_start_matches(' ');
        }
        let end = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1));
        let quoted = text.starts_with(['"', '\'', '[', '{', '#']);
        match end.filter(|_| !quoted) {
            Some(end) => Self {
                dash,
                column,
                key: text.get(..end),
                rest: text.get(end + 1..).unwrap_or_default().trim_start(),
            },
            None => Self { dash, column, key: None, rest: text },
        }
    }

    fn is_blank(&self) -> bool {
        self.key.is_none()
            && self.dash.is_none()
            && (self.rest.is_empty() || self.rest.starts_with('#'))
    }
}

impl TypedPlace {
    /// Finds the place of a byte.
    fn find(text: &str, byte: usize) -> Option<Self> {
        let before = text.get(..byte)?;
        let (above, line) = before.rsplit_once('\n').unwrap_or(("", before));
        let current = BlockLine::parse(line);
        if current.rest.starts_with('#') {
            return None;
        }
        let mut steps = parent_steps(above, &current);
        let Some(key) = current.key else {
            return Some(Self { steps, is_key: true, typed: current.rest.to_owned() });
        };
        steps.push(key.to_owned());
        Self::in_value(steps, current.rest)
    }

    /// Finds the place in the value of a line, which may be in flow style.
    fn in_value(mut steps: Vec<String>, value: &str) -> Option<Self> {
        let Some(open) = value.find(['[', '{']).filter(|at| *at == 0) else {
            let typed = value.trim_start_matches(['"', '\'']).to_owned();
            return Some(Self { steps, is_key: false, typed });
        };
        let inside = value.get(open + 1..)?;
        let last = inside.rsplit(',').next().unwrap_or_default().trim_start();
        if value.starts_with('[') {
            steps.push("0".to_owned());
            if last.starts_with(['{', '[']) {
                return Self::in_value(steps, last);
            }
            let typed = last.trim_start_matches(['"', '\'']).to_owned();
            steps.pop();
            return Some(Self { steps, is_key: false, typed });
        }
        match last.split_once(':') {
            Some((key, value)) => {
                steps.push(key.trim().to_owned());
                Self::in_value(steps, value.trim_start())
            }
            None => Some(Self { steps, is_key: true, typed: last.to_owned() }),
        }
    }
}

/// The steps to the mapping or sequence that a line belongs to, from the lines above it.
fn parent_steps(above: &str, current: &BlockLine<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    let mut column = current.column;
    let mut in_list = false;
    if let Some(dash) = current.dash {
        if current.key.is_some() || !current.rest.is_empty() || current.dash.is_some() {
            steps.push("0".to_owned());
        }
        column = dash;
        in_list = true;
    }
    for line in above.lines().rev() {
        let line = BlockLine::parse(line);
        if line.is_blank() {
            continue;
        }
        if in_list {
            if let Some(key) = line.key.filter(|_| line.dash.is_none() && line.column <= column) {
                steps.push(key.to_owned());
                column = line.column;
                in_list = false;
            } else if let (Some(dash), Some(key)) = (line.dash, line.key)
                && line.column <= column
                && dash < line.column
                && line.rest.is_empty()
            {
                steps.push(key.to_owned());
                steps.push("0".to_owned());
                column = dash;
            }
            continue;
        }
        match (line.dash, line.key) {
            (Some(dash), _) if line.column == column => {
                steps.push("0".to_owned());
                column = dash;
                in_list = true;
            }
            (dash, Some(key)) if line.column < column => {
                steps.push(key.to_owned());
                column = line.column;
                if let Some(dash) = dash {
                    steps.push("0".to_owned());
                    column = dash;
                    in_list = true;
                }
            }
            _ => {}
        }
    }
    steps.reverse();
    steps
}

/// The keys of the mapping that the line of a byte belongs to.
fn keys_beside(text: &str, byte: usize) -> BTreeSet<String> {
    let before = text.get(..byte).unwrap_or_default();
    let number = before.matches('\n').count();
    let lines: Vec<BlockLine<'_>> = text.lines().map(BlockLine::parse).collect();
    let current = BlockLine::parse(before.rsplit('\n').next().unwrap_or_default());
    let column = current.column;
    let mut keys = BTreeSet::new();
    let mut add = |line: &BlockLine<'_>| -> bool {
        if line.is_blank() {
            return true;
        }
        if line.column == column {
            keys.extend(line.key.map(str::to_owned));
        }
        line.column >= column
    };
    if current.dash.is_none() {
        for line in lines.iter().take(number).rev() {
            if !add(line) || (line.column == column && line.dash.is_some()) {
                break;
            }
        }
    }
    for line in lines.iter().skip(number + 1) {
        if line.dash.is_some() && line.column <= column || !add(line) {
            break;
        }
    }
    // `point_of_contact: {name: Jane, ` on one line.
    let line = before.rsplit('\n').next().unwrap_or_default();
    if let Some((_, inside)) = line.rsplit_once('{') {
        keys.extend(
            inside.split(',').filter_map(|part| Some(part.split_once(':')?.0.trim().to_owned())),
        );
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_found_by_indentation() {
        let cases = [
            ("st|", "", true, "st"),
            ("id: V-1\nstatus: op|", "status", false, "op"),
            ("controls: [SI-2, CM|", "controls", false, "CM"),
            ("controls:\n  - SI|", "controls/0", true, "SI"),
            ("controls:\n- |", "controls/0", true, ""),
            ("milestones:\n  - id: 1\n    du|", "milestones/0", true, "du"),
            (
                "milestones:\n- id: 1\n  description: x\n  status: |",
                "milestones/0/status",
                false,
                "",
            ),
            ("milestones:\n- id: 1\n- sta|", "milestones/0", true, "sta"),
            ("milestones:\n- id: 1\n  owner:\n    na|", "milestones/0/owner", true, "na"),
            (
                "milestones:\n- id: 1\n  evidence:\n  - a\n  - b|",
                "milestones/0/evidence/0",
                true,
                "b",
            ),
            ("point_of_contact: {name: Jane, ro|", "point_of_contact", true, "ro"),
            ("point_of_contact: {name: Ja|", "point_of_contact/name", false, "Ja"),
            ("deviations: [{type: |", "deviations/0/type", false, ""),
            ("mappings:\n  cmmc: [|", "mappings/cmmc", false, ""),
            ("kev:\n  listed: true\n# c\n\nsta|", "", true, "sta"),
        ];
        for (text, steps, is_key, typed) in cases {
            let byte = text.find('|').unwrap();
            let found = TypedPlace::find(&text.replace('|', ""), byte).unwrap();
            assert_eq!(
                (found.steps.join("/").as_str(), found.is_key, found.typed.as_str()),
                (steps, is_key, typed),
                "{text}"
            );
        }
        assert_eq!(TypedPlace::find("# comm", 6), None);
    }

    #[test]
    fn keys_that_are_there_are_not_proposed_again() {
        let text = "id: V-1\nmilestones:\n- id: 1\n  d\n  due: 2026-01-01\n- id: 2\n  owner: {name: x}\nstatus: open\n";
        let beside = keys_beside(text, text.find("  d\n").unwrap() + 3);
        assert_eq!(beside.into_iter().collect::<Vec<_>>(), ["due", "id"]);
    }
}
