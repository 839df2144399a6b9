//! The forms of commands: what is entered, the change before it is made, and the change.

use serde_json::Value;

use super::api::{find_form, undo_commit};
use super::call::{CommandCall, CompletedCall, RefusedCall};
use super::form::{CommandForm, FieldChoices, FormField, FormFieldKind};
use super::items::ItemQuery;
use super::page::{self, ConflictLine, DiffLine, FieldView, FormItem, FormPage, SelectOption};
use super::pages::frame;
use super::request::{PageRequest, Reply, RequestFailure, all, first};
use super::routes::ServerContext;
use super::state::{TrackerState, version};
use super::{edit, plan};
use crate::report::view::{line, lines};
use crate::store::Stored;
use crate::text::shell_word;

type Answer = Result<Reply, RequestFailure>;

/// The form of a command.
pub(super) fn form(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    // The list of items sends which command was chosen.
    let name = match request.param("command") {
        "bulk" => request.query("command").unwrap_or_default(),
        name => name,
    };
    if shared.read_only {
        return Err(RequestFailure::read_only());
    }
    let form = find_form(shared, name)?;
    let mut given = request.query.clone();
    // All items that a list shows, not only those of its page.
    if first(&given, "every").is_some() {
        let of_list = |(name, value): &(String, String)| {
            Some((name.strip_prefix("list.")?.to_owned(), value.clone()))
        };
        let query: Vec<(String, String)> = given.iter().filter_map(of_list).collect();
        let found = ItemQuery::parse(&query).find(&state).map_err(RequestFailure::bad)?;
        given.retain(|(name, _)| name != "item");
        let items = found.iter().map(|(stored, _)| stored.item.id.to_string());
        given.extend(items.map(|id| ("item".to_owned(), id)));
    }
    let items = all(&given, "item");
    show(shared, &state, request, form, &items, &given, None, None)
}

/// A submitted form: shows the change, or makes it.
pub(super) fn submit(shared: &ServerContext, request: &PageRequest) -> Answer {
    let form = find_form(shared, request.param("command"))?;
    let given = request.form();
    let items = all(&given, "item");
    let versions = items.iter().cloned().zip(all(&given, "version")).collect();
    let wants = first(&given, "do").unwrap_or("preview");
    let preview = wants == "preview";
    let values = command_values(form, &given);
    let state = shared.state()?;
    if wants == "edit" {
        return show(shared, &state, request, form, &items, &given, None, None);
    }
    let call = CommandCall { items: items.clone(), values, versions, dry_run: preview };
    drop(state);
    let outcome = call.run(shared, form);
    let state = shared.state()?;
    match outcome {
        Err(RefusedCall::Failed(failure)) => Err(failure),
        Err(refused) => show(shared, &state, request, form, &items, &given, Some(&refused), None),
        Ok(done) if preview => {
            show(shared, &state, request, form, &items, &given, None, Some(&done))
        }
        Ok(done) => {
            let to = match (items.as_slice(), done.item()) {
                ([] | [_], Some(id)) => id.parse().map(|id| state.address(&id)),
                _ => Ok("items.html".to_owned()),
            };
            let to = to.unwrap_or_else(|_| "items.html".to_owned());
            let commit = done.commit().unwrap_or_default();
            let pairs = [("done", commit)];
            let pairs = if commit.is_empty() { &[][..] } else { &pairs[..] };
            Ok(Reply::redirect(&page::query(&format!("/{to}"), pairs)))
        }
    }
}

/// The command whose form shows the fields of an item.
const SET: &str = "set";

/// The values of a form that its command is called with.
fn command_values(form: &CommandForm, given: &[(String, String)]) -> Vec<(String, String)> {
    let is_known = |(name, _): &&(String, String)| form.field(name).is_some();
    let mut values: Vec<(String, String)> = given.iter().filter(is_known).cloned().collect();
    if form.name == SET {
        let words = edit::assignments(given).into_iter();
        values.extend(words.map(|text| (edit::WORD.to_owned(), text)));
    }
    values
}

/// Items that a form shows one by one.
const SHOWN_ITEMS: usize = 20;

/// Fields that few changes need.
const RARE: [&str; 1] = ["author"];

#[allow(clippy::too_many_arguments)]
fn show(
    shared: &ServerContext,
    state: &TrackerState,
    request: &PageRequest,
    form: &CommandForm,
    items: &[String],
    given: &[(String, String)],
    refused: Option<&RefusedCall>,
    done: Option<&CompletedCall>,
) -> Answer {
    let mut found = Vec::new();
    for id in items {
        let (stored, _) = state.find(id).ok_or_else(|| RequestFailure::no_item(id))?;
        found.push(stored);
    }
    let refusal = match refused {
        Some(RefusedCall::Command(text) | RefusedCall::Conflict(text, _)) => Some(lines(text)),
        _ => None,
    };
    let refused_fields = refusal.as_deref().map(|text| form.refused_fields(text));
    let view = |field: &FormField| {
        let refusal = refused_fields.iter().flatten().find(|(name, _)| *name == field.name);
        field_view(field, state, &found, given, refusal.map(|(_, text)| text.clone()))
    };
    let edits = match found.as_slice() {
        [stored] if form.name == SET => edit::views(stored, given),
        _ => Vec::new(),
    };
    // Assignments in words are for those who want more than the fields.
    let is_word = |name: &str| name == "fields" && !edits.is_empty();
    let is_rare = |field: &&FormField| RARE.contains(&field.name.as_str()) || is_word(&field.name);
    let conflicts = match refused {
        Some(RefusedCall::Conflict(_, conflicts)) => conflicts.as_slice(),
        _ => &[],
    };
    let value = |value: &Value| plan::shown(Some(value));
    let conflict_lines = conflicts.iter().flat_map(|conflict| {
        conflict.fields.iter().map(|field| ConflictLine {
            item: line(&conflict.item),
            field: field.field.replace('_', " "),
            seen: value(&field.seen),
            now: value(&field.now),
        })
    });
    // A form retains the versions that it was filled for, until a conflict showed the newer ones.
    let is_conflict = matches!(refused, Some(RefusedCall::Conflict(..)));
    let kept = if is_conflict { Vec::new() } else { all(given, "version") };
    let form_item = |(place, stored): (usize, &&Stored)| FormItem {
        id: stored.item.id.to_string(),
        shown: line(stored.item.id.as_str()),
        address: state.address(&stored.item.id),
        name: line(&stored.item.weakness_name),
        status: line(stored.item.status.as_str()),
        version: kept.get(place).cloned().unwrap_or_else(|| version(stored)),
    };
    let values = command_values(form, given);
    let mut words = vec!["poam".to_owned()];
    words.extend(form.command_line(items, &values, &[]));
    let command: Vec<String> = words.iter().map(|word| shell_word(word).into_owned()).collect();
    let here = if form.name == "new" { "new" } else { "form" };
    // Its help is about assignments in words, which a form with fields does not need.
    let (title, help) = match edits.is_empty() {
        true => (form.title.clone(), form.help.as_str()),
        false => ("Edit the fields of an item".to_owned(), ""),
    };
    let help = help.split("\n\n").map(lines).filter(|text| !text.is_empty()).collect();
    let page = FormPage {
        frame: frame(shared, state, here, "../", request),
        name: form.name.clone(),
        title,
        help,
        more_items: found.len().saturating_sub(SHOWN_ITEMS),
        items: found.iter().enumerate().map(form_item).collect(),
        fields: form.fields.iter().filter(|field| !is_rare(field)).map(view).collect(),
        rare: form.fields.iter().filter(is_rare).map(view).collect(),
        is_conflict,
        edits,
        conflicts: conflict_lines.collect(),
        refusal,
        diff: done.map(|done| done.diffs().iter().flat_map(|text| diff_lines(text)).collect()),
        command: line(&command.join(" ")),
    };
    let status = match refused {
        Some(RefusedCall::Conflict(..)) => 409,
        Some(_) => 400,
        None => 200,
    };
    page::render(&page).map(|reply| reply.with_status(status))
}

fn diff_lines(text: &str) -> Vec<DiffLine> {
    let kind = |text: &str| match text.as_bytes() {
        [b'+', ..] => "plus",
        [b'-', ..] => "minus",
        [b'@', ..] => "hunk",
        _ => "same",
    };
    text.lines().map(|text| DiffLine { kind: kind(text), text: line(text) }).collect()
}

/// Builds the view of a field with what was given and refused.
pub(super) fn field_view(
    field: &FormField,
    state: &TrackerState,
    items: &[&Stored],
    given: &[(String, String)],
    refusal: Option<String>,
) -> FieldView {
    let values = all(given, &field.name);
    let value = match field.kind {
        FormFieldKind::Lines => values.join("\n"),
        _ => values.first().cloned().unwrap_or_default(),
    };
    let (mut options, mut suggestions) = (Vec::new(), Vec::new());
    match FieldChoices::collect(field, state, items) {
        FieldChoices::Only(choices) => {
            options = choices
                .into_iter()
                .map(|choice| SelectOption {
                    chosen: choice.value == value,
                    text: line(&choice.text),
                    value: choice.value,
                })
                .collect();
        }
        FieldChoices::Suggested(names) => suggestions = names,
    }
    // A value that is not offered is retained nevertheless: the command reports what is wrong with it.
    if !options.is_empty() && !value.is_empty() && !options.iter().any(|option| option.chosen) {
        options.push(SelectOption { value: value.clone(), text: line(&value), chosen: true });
    }
    let kind = match field.kind {
        FormFieldKind::Flag => "check",
        FormFieldKind::Lines => "lines",
        FormFieldKind::Text => "text",
        _ if !options.is_empty() => "select",
        FormFieldKind::Day if is_day_or_blank(&value) => "date",
        FormFieldKind::Day | FormFieldKind::Line => "line",
    };
    FieldView {
        name: field.name.clone(),
        label: field.label(),
        option: field.option.clone().unwrap_or_default(),
        help: field.help.clone(),
        kind,
        required: field.required,
        value,
        options,
        suggestions,
        refusal,
    }
}

/// Returns whether an input for days can show a value.
fn is_day_or_blank(text: &str) -> bool {
    text.is_empty() || text.parse::<chrono::NaiveDate>().is_ok()
}

/// Undoes a change, and shows what is left.
pub(super) fn undo(shared: &ServerContext, request: &PageRequest) -> Answer {
    let given = request.form();
    let done = undo_commit(shared, first(&given, "commit").unwrap_or_default())?;
    let commit = done.get("commit").and_then(Value::as_str).unwrap_or_default();
    let files = done.get("files").and_then(Value::as_array);
    let state = shared.state()?;
    let of_file = |path: &str| state.rows().find(|(stored, _)| stored.path() == path);
    let to = match files.map(Vec::as_slice) {
        Some([Value::String(path)]) => of_file(path).map(|(it, _)| state.address(&it.item.id)),
        _ => None,
    };
    let to = to.unwrap_or_else(|| "items.html".to_owned());
    Ok(Reply::redirect(&page::query(&format!("/{to}"), &[("done", commit)])))
}
