//! The JSON API. `openapi.rs` describes it.

use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::call::{CommandCall, CompletedCall};
use super::form::CommandForm;
use super::items::ItemQuery;
use super::openapi;
use super::request::{PageRequest, Reply, RequestFailure};
use super::routes::ServerContext;
use super::state::{TrackerState, version};
use crate::exchange::with_derived;
use crate::history::{Event, PrintedEvent};
use crate::model::Person;
use crate::schema::Schema;
use crate::standing::Standing;
use crate::store::Stored;

type Answer = Result<Reply, RequestFailure>;

/// Events of an answer where nothing else is asked for.
const EVENTS: usize = 1000;

/// The description of this API.
pub(super) fn document(_: &ServerContext, _: &PageRequest) -> Answer {
    Ok(Reply::json_text(openapi::DOCUMENT))
}

/// The schema of an item's file.
pub(super) fn item_schema(_: &ServerContext, _: &PageRequest) -> Answer {
    Ok(Reply::json_text(Schema::Item.text()))
}

/// The schema of an event.
pub(super) fn event_schema(_: &ServerContext, _: &PageRequest) -> Answer {
    Ok(Reply::json_text(Schema::Event.text()))
}

/// Which state of the tracker is shown: another revision is another state.
pub(super) fn state(shared: &ServerContext, _: &PageRequest) -> Answer {
    let state = shared.state()?;
    Ok(Reply::json(&json!({
        "version": 1,
        "revision": state.revision,
        "commit": state.mark.head,
        "branch": state.mark.branch,
        "items": state.store.items().len(),
        "unreadable": state.store.unreadable(),
        "as_of": state.today,
        "read_only": shared.read_only,
    })))
}

/// An item as `poam list --format json` has it, with its version.
fn item_value(stored: &Stored, standing: &Standing) -> Result<Value, RequestFailure> {
    let mut value = with_derived(stored, standing)
        .map_err(|error| RequestFailure::broken(format!("writing JSON: {error}")))?;
    if let Some(derived) = value.get_mut("derived").and_then(Value::as_object_mut) {
        derived.insert("version".to_owned(), json!(version(stored)));
    }
    Ok(value)
}

fn list<'a>(found: impl Iterator<Item = (&'a Stored, &'a Standing)>) -> Answer {
    let mut text = String::from("[");
    for (place, (stored, standing)) in found.enumerate() {
        text.push_str(if place == 0 { "\n" } else { ",\n" });
        text.push_str(&item_value(stored, standing)?.to_string());
    }
    text.push_str("\n]\n");
    Ok(Reply::json_text(text))
}

/// The items that a query means.
pub(super) fn items(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let query = ItemQuery::parse(&request.query);
    let found = query.find(&state).map_err(RequestFailure::bad)?;
    let offset = number(request, "offset")?.unwrap_or(0);
    let limit = number(request, "limit")?.unwrap_or(usize::MAX);
    list(found.into_iter().skip(offset).take(limit))
}

/// The items of a status.
pub(super) fn items_by_status(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let query = ItemQuery { status: vec![request.param("status").to_owned()], ..<_>::default() };
    list(query.find(&state).map_err(RequestFailure::bad)?.into_iter())
}

/// One item.
pub(super) fn item(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let id = request.param("id");
    let (stored, standing) = state.find(id).ok_or_else(|| RequestFailure::no_item(id))?;
    let tag = format!("\"{}\"", version(stored));
    Ok(Reply::json(&item_value(stored, standing)?).with_header("etag", tag))
}

fn number(request: &PageRequest, name: &str) -> Result<Option<usize>, RequestFailure> {
    let Some(text) = request.query(name) else { return Ok(None) };
    let number =
        text.parse().map_err(|_| RequestFailure::bad(format!("{name} must be a number")))?;
    Ok(Some(number))
}

fn day(request: &PageRequest, name: &str) -> Result<Option<NaiveDate>, RequestFailure> {
    let Some(text) = request.query(name) else { return Ok(None) };
    let day = text
        .parse()
        .map_err(|_| RequestFailure::bad(format!("{name} must be a day: YYYY-MM-DD")))?;
    Ok(Some(day))
}

/// A part of some events, in the order of the log.
fn events_reply(events: &[&Event], request: &PageRequest) -> Answer {
    let action = request.query("action");
    let (since, until) = (day(request, "since")?, day(request, "until")?);
    let wanted = |event: &&&Event| {
        action.is_none_or(|action| event.action.as_str() == action)
            && since.is_none_or(|since| event.day() >= since)
            && until.is_none_or(|until| event.day() <= until)
    };
    let found: Vec<&&Event> = events.iter().filter(wanted).collect();
    let offset = number(request, "offset")?.unwrap_or(0);
    let limit = number(request, "limit")?.unwrap_or(EVENTS);
    let page = found.iter().skip(offset).take(limit);
    let printed: Vec<PrintedEvent<'_>> = page.map(|event| PrintedEvent::new(event)).collect();
    Ok(Reply::json(&json!({
        "version": 1,
        "total": found.len(),
        "offset": offset,
        "events": printed,
    })))
}

/// The audit log.
pub(super) fn events(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let events: Vec<&Event> = state.history.iter().flat_map(|history| &history.events).collect();
    events_reply(&events, request)
}

/// The events of one item.
pub(super) fn item_events(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let id = request.param("id");
    let of = |state: &TrackerState| -> Option<Answer> {
        let id = id.parse().ok()?;
        let history = state.history.as_ref();
        let events: Vec<&Event> = history.iter().flat_map(|it| it.events_of(&id)).collect();
        let is_known = state.store.find(&id).is_some() || !events.is_empty();
        is_known.then(|| events_reply(&events, request))
    };
    of(&state).unwrap_or_else(|| Err(RequestFailure::no_item(id)))
}

/// The numbers, as `poam summary --format json` has them.
pub(super) fn summary(shared: &ServerContext, _: &PageRequest) -> Answer {
    Ok(Reply::json_text(shared.state()?.summary().json()))
}

/// The tasks, as `poam todo --format json` has them.
pub(super) fn todo(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let days = match number(request, "days")? {
        Some(days) => u32::try_from(days).unwrap_or(u32::MAX),
        None => state.tracker.settings.warn_days,
    };
    let mut tasks = state.tasks(days);
    if let Some(owner) = request.query("owner") {
        let is_wanted = |person: &Person| crate::filter::names_person(person, owner);
        Arc::make_mut(&mut tasks).retain_people(&state.store, is_wanted);
    }
    let value = serde_json::to_value(&*tasks);
    Ok(Reply::json(&value.map_err(|error| RequestFailure::broken(error.to_string()))?))
}

/// The commands that may be called, with their arguments.
pub(super) fn commands(shared: &ServerContext, _: &PageRequest) -> Answer {
    Ok(Reply::json(&json!({"version": 1, "commands": shared.backend.forms()})))
}

/// The texts of a member: a text, a number, or a list of such.
fn texts(name: &str, value: &Value) -> Result<Vec<String>, RequestFailure> {
    match value {
        Value::Null | Value::Bool(false) => Ok(Vec::new()),
        Value::Bool(true) => Ok(vec!["true".to_owned()]),
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Number(number) => Ok(vec![number.to_string()]),
        Value::Array(list) => {
            let each = list.iter().map(|value| texts(name, value));
            Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
        }
        Value::Object(_) => {
            Err(RequestFailure::bad(format!("`{name}` must be a text or a list of texts")))
        }
    }
}

/// Calls a command.
pub(super) fn run_command(shared: &ServerContext, request: &PageRequest) -> Answer {
    let name = request.param("command");
    let form = find_form(shared, name)?;
    let body = request.json()?;
    let known = ["items", "arguments", "versions", "dry_run"];
    if let Some(other) = body.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(RequestFailure::bad(format!(
            "unknown member `{other}`: known are {}",
            known.join(", ")
        )));
    }
    let mut call =
        CommandCall { dry_run: body.get("dry_run") == Some(&json!(true)), ..<_>::default() };
    call.items = body.get("items").map_or(Ok(Vec::new()), |items| texts("items", items))?;
    if let Some(versions) = body.get("versions").and_then(Value::as_object) {
        for (id, version) in versions {
            let version = version.as_str().unwrap_or_default().to_owned();
            call.versions.insert(id.clone(), version);
        }
    }
    if let (Some(tag), [id]) = (&request.if_match, call.items.as_slice()) {
        call.versions.insert(id.clone(), tag.clone());
    }
    let arguments = body.get("arguments").cloned().unwrap_or_else(|| json!({}));
    let Value::Object(arguments) = arguments else {
        return Err(RequestFailure::bad("`arguments` must be an object"));
    };
    for (name, value) in &arguments {
        if form.field(name).is_none() {
            let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
            let known = names.join(", ");
            return Err(RequestFailure::bad(format!(
                "unknown argument `{name}`: known are {known}"
            )));
        }
        let values = texts(name, value)?;
        call.values.extend(values.into_iter().map(|text| (name.clone(), text)));
    }
    let theirs = || current(shared, &call.items);
    let done = call.run(shared, form);
    let done = done.map_err(|refused| refused.into_failure(&json!(arguments), theirs))?;
    Ok(Reply::json(&json!({
        "message": message(&call.items, form),
        "changes": done.changes,
        "messages": done.messages,
    })))
}

fn message(items: &[String], form: &CommandForm) -> String {
    let words = form.words.join(" ");
    if items.is_empty() { words } else { format!("{words}: {}", items.join(", ")) }
}

/// The items as they are now, for a client whose change was based on another version.
fn current(shared: &ServerContext, ids: &[String]) -> Value {
    let Ok(state) = shared.state() else { return Value::Null };
    let items = ids.iter().filter_map(|id| state.find(id));
    items.filter_map(|(stored, standing)| item_value(stored, standing).ok()).collect()
}

pub(super) fn find_form<'a>(
    shared: &'a ServerContext,
    name: &str,
) -> Result<&'a CommandForm, RequestFailure> {
    let forms = shared.backend.forms();
    CommandForm::find(forms, name).ok_or_else(|| {
        let name = crate::text::visible(name);
        RequestFailure::not_found(format!(
            "there is no command `{name}`; /api/v1/commands lists them"
        ))
    })
}

/// Undoes the last commit of this program, if it is the one that is named.
pub(super) fn undo(shared: &ServerContext, request: &PageRequest) -> Answer {
    let body = request.json()?;
    let commit = body.get("commit").and_then(Value::as_str).unwrap_or_default();
    undo_commit(shared, commit).map(|done| Reply::json(&done))
}

/// Undoes a commit, which must be the last one of this program that was not undone.
pub(super) fn undo_commit(shared: &ServerContext, commit: &str) -> Result<Value, RequestFailure> {
    if shared.read_only {
        return Err(RequestFailure::read_only());
    }
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let run = |words: &[String]| {
        let result = shared.backend.run(words, &Default::default());
        result.outcome.map_err(|error| RequestFailure::bad(error.text()))?;
        serde_json::from_str::<Value>(&result.results)
            .map_err(|error| RequestFailure::broken(format!("reading what was done: {error}")))
    };
    shared.cache.change(shared.backend.as_ref(), || {
        let would = run(&words(&["undo", "--format=json", "--dry-run"]))?;
        if would.get("undone").and_then(Value::as_str) != Some(commit) || commit.is_empty() {
            let more = Map::from_iter([
                ("yours".to_owned(), json!(commit)),
                ("theirs".to_owned(), would.get("undone").cloned().unwrap_or_default()),
            ]);
            let text = "another change was made after this one; `git revert COMMIT` undoes it";
            return Err(RequestFailure::conflict(text, more));
        }
        run(&words(&["undo", "--format=json"]))
    })
}

/// A text that a body must have.
fn required<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, RequestFailure> {
    match body.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        Some(Value::String(_)) => Err(RequestFailure::bad(format!("`{name}` is blank"))),
        Some(_) => Err(RequestFailure::bad(format!("`{name}` must be a text"))),
        None => Err(RequestFailure::bad(format!("`{name}` is missing"))),
    }
}

/// Runs a command for one item: the arguments of the body that the command has too may be given besides.
fn change(
    shared: &ServerContext,
    request: &PageRequest,
    command: &str,
    own: &[(&str, &str)],
    values: Vec<(String, String)>,
) -> Result<(Map<String, Value>, CompletedCall), RequestFailure> {
    let id = request.param("id");
    let body = request.json()?;
    let form = find_form(shared, command)?;
    let mut call = CommandCall { items: vec![id.to_owned()], values, ..<_>::default() };
    for (name, value) in &body {
        if own.iter().any(|(own, _)| own == name) {
            continue;
        }
        match (name.as_str(), form.field(name)) {
            ("version", _) => {
                let version = value.as_str().unwrap_or_default();
                call.versions.insert(id.to_owned(), version.to_owned());
            }
            (_, Some(_)) => {
                let values = texts(name, value)?;
                call.values.extend(values.into_iter().map(|text| (name.clone(), text)));
            }
            (_, None) => return Err(RequestFailure::bad(format!("unknown member `{name}`"))),
        }
    }
    if let Some(tag) = &request.if_match {
        call.versions.insert(id.to_owned(), tag.clone());
    }
    let theirs = || {
        let state = shared.state().ok();
        let now = state.as_ref().and_then(|state| Some(state.find(id)?.0.to_value()));
        let value = |field: &str| now.as_ref().and_then(|now| now.get(field).cloned());
        let fields = own.iter().map(|(name, field)| ((*name).to_owned(), json!(value(field))));
        Value::Object(fields.collect())
    };
    let yours = own.iter().map(|(name, _)| ((*name).to_owned(), json!(body.get(*name))));
    let yours = Value::Object(yours.collect());
    match call.run(shared, form) {
        Ok(done) => Ok((body, done)),
        Err(refused) => Err(refused.into_failure(&yours, theirs)),
    }
}

fn changed(id: &str, message: String, done: &CompletedCall) -> Answer {
    Ok(Reply::json(&json!({"message": message, "poam_id": id, "commit": done.commit()})))
}

/// Moves an item to another status.
pub(super) fn update_status(shared: &ServerContext, request: &PageRequest) -> Answer {
    let id = request.param("id");
    let body = request.json()?;
    let status = required(&body, "status")?;
    let mut values = vec![("status".to_owned(), status.to_owned())];
    match body.get("status_date") {
        None | Some(Value::Null) => {}
        // The day of a move is the day of its commit, which needs no telling.
        Some(Value::String(day)) if *day == shared.state()?.today.to_string() => {}
        Some(Value::String(day)) => values.push(("date".to_owned(), day.clone())),
        Some(_) => return Err(RequestFailure::bad("`status_date` must be a day: YYYY-MM-DD")),
    }
    let own = [("status", "status"), ("status_date", "completion_date")];
    let (_, done) = change(shared, request, "transition", &own, values)?;
    changed(id, format!("{id} is {status} now"), &done)
}

/// Writes planned milestones.
pub(super) fn update_planned_milestones(shared: &ServerContext, request: &PageRequest) -> Answer {
    let id = request.param("id");
    let body = request.json()?;
    let text = required(&body, "planned_milestones")?;
    let values = vec![("text".to_owned(), text.to_owned())];
    let own = [("planned_milestones", "milestones")];
    let (_, done) = change(shared, request, "milestone-plan", &own, values)?;
    changed(id, format!("the planned milestones of {id} are written"), &done)
}

/// Records a change of a milestone.
pub(super) fn log_milestone_change(shared: &ServerContext, request: &PageRequest) -> Answer {
    let id = request.param("id");
    let body = request.json()?;
    let text = required(&body, "milestone_update")?;
    let values = vec![("text".to_owned(), text.to_owned())];
    let own = [("milestone_update", "milestones")];
    let (_, done) = change(shared, request, "milestone-log", &own, values)?;
    changed(id, format!("the milestone change of {id} is recorded"), &done)
}
