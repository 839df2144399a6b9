//! Calls of commands: from values to what was done, or to the refusal with what to look at.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::form::CommandForm;
use super::request::RequestFailure;
use super::routes::ServerContext;
use super::state::{TrackerState, version};
use super::{CallError, ExpectedState};
use crate::store::Stored;

/// A command with its values.
#[derive(Debug, Default)]
pub(super) struct CommandCall {
    /// The ids of the items.
    pub(super) items: Vec<String>,
    /// The values by the names of fields; a name may have several.
    pub(super) values: Vec<(String, String)>,
    /// The versions that somebody decided on, by id.
    pub(super) versions: BTreeMap<String, String>,
    /// Whether nothing is written.
    pub(super) dry_run: bool,
}

/// Result of a command that did its work, or would do it.
#[derive(Debug)]
pub(super) struct CompletedCall {
    /// A member for each item: item, commit, changed, and of a dry run the diff.
    pub(super) changes: Vec<Value>,
    /// Messages of the command.
    pub(super) messages: String,
}

impl CompletedCall {
    /// The commit that was made.
    pub(super) fn commit(&self) -> Option<&str> {
        self.changes.iter().find_map(|change| change.get("commit")?.as_str())
    }

    /// The diffs of a dry run.
    pub(super) fn diffs(&self) -> Vec<String> {
        let diff = |change: &Value| change.get("diff")?.as_str().map(str::to_owned);
        self.changes.iter().filter_map(diff).collect()
    }

    /// The item that was made or changed first.
    pub(super) fn item(&self) -> Option<&str> {
        self.changes.iter().find_map(|change| change.get("item")?.as_str())
    }
}

/// Reasons why a command did nothing.
#[derive(Debug)]
pub(super) enum RefusedCall {
    /// The request is not a call that can be made.
    Failed(RequestFailure),
    /// The command refuses it.
    Command(String),
    /// Items are other versions than those that were decided on.
    Conflict(String, Vec<ItemConflict>),
}

/// An item that somebody else changed.
#[derive(Debug, Clone)]
pub(super) struct ItemConflict {
    pub(super) item: String,
    /// The version that it has now.
    pub(super) version: String,
    /// The fields that differ.
    pub(super) fields: Vec<FieldConflict>,
}

/// A field with the value that was looked at, and the one that it has now.
#[derive(Debug, Clone)]
pub(super) struct FieldConflict {
    pub(super) field: String,
    pub(super) seen: Value,
    pub(super) now: Value,
}

impl From<RequestFailure> for RefusedCall {
    fn from(failure: RequestFailure) -> Self {
        Self::Failed(failure)
    }
}

impl RefusedCall {
    /// Returns the failure as API clients receive it: with the values that they sent and the current ones.
    pub(super) fn into_failure(
        self,
        yours: &Value,
        theirs: impl FnOnce() -> Value,
    ) -> RequestFailure {
        match self {
            Self::Failed(failure) => failure,
            Self::Command(text) => RequestFailure::bad(text),
            Self::Conflict(text, conflicts) => {
                let mut more = Map::new();
                if let Some(first) = conflicts.first() {
                    more.insert("poam_id".to_owned(), json!(first.item));
                    more.insert("version".to_owned(), json!(first.version));
                }
                more.insert("yours".to_owned(), yours.clone());
                more.insert("theirs".to_owned(), theirs());
                let fields = conflicts.iter().flat_map(|conflict| {
                    conflict.fields.iter().map(|field| {
                        json!({"item": conflict.item, "field": field.field, "seen": field.seen, "now": field.now})
                    })
                });
                more.insert("changed".to_owned(), fields.collect());
                RequestFailure::conflict(text, more)
            }
        }
    }
}

impl CommandCall {
    /// Runs the command of a form.
    pub(super) fn run(
        &self,
        shared: &ServerContext,
        form: &CommandForm,
    ) -> Result<CompletedCall, RefusedCall> {
        if shared.read_only {
            return Err(RequestFailure::read_only().into());
        }
        let state = shared.state()?;
        if let Some(id) = self.items.iter().find(|id| state.find(id).is_none()) {
            return Err(RequestFailure::no_item(id).into());
        }
        if form.takes_items && self.items.is_empty() {
            return Err(RefusedCall::Command("choose at least one item".to_owned()));
        }
        drop(state);
        let extra: &[&str] = match (form.takes_items, self.dry_run) {
            (true, true) => &["--format=json", "--dry-run"],
            (true, false) => &["--format=json"],
            (false, true) => &["--json", "--dry-run"],
            (false, false) => &["--json", "--commit"],
        };
        let words = form.command_line(&self.items, &self.values, extra);
        let expected = ExpectedState { versions: self.versions.clone(), tracker: None };
        let result =
            shared.cache.change(shared.backend.as_ref(), || shared.backend.run(&words, &expected));
        match result.outcome {
            Ok(_) => {
                let lines = result.results.lines().filter(|line| !line.trim().is_empty());
                let changes: Result<Vec<Value>, _> = lines.map(serde_json::from_str).collect();
                let unreadable =
                    |error| RequestFailure::broken(format!("reading what was done: {error}"));
                Ok(CompletedCall {
                    changes: changes.map_err(unreadable)?,
                    messages: result.messages,
                })
            }
            Err(CallError::Refused(text)) => Err(RefusedCall::Command(text)),
            Err(CallError::Conflict(text)) => {
                let state = shared.state()?;
                Err(RefusedCall::Conflict(text, self.conflicts(shared, &state)))
            }
        }
    }

    /// Compares the items with the versions that were looked at. Without a version, or where git has not the
    /// text of it, only the version of now is known.
    fn conflicts(&self, shared: &ServerContext, state: &TrackerState) -> Vec<ItemConflict> {
        let mut conflicts = Vec::new();
        for id in &self.items {
            let Some((stored, _)) = state.find(id) else { continue };
            let now = version(stored);
            let seen = self.versions.get(id).filter(|seen| **seen != now);
            let text = seen.and_then(|seen| shared.backend.text_of(seen));
            let before = text.and_then(|text| Stored::parse(stored.path(), text.as_bytes()).ok());
            let fields = before.map(|before| differences(&before, stored)).unwrap_or_default();
            if seen.is_some() || self.versions.is_empty() {
                conflicts.push(ItemConflict { item: id.clone(), version: now, fields });
            }
        }
        conflicts
    }
}

/// The fields in which two versions of an item differ.
fn differences(seen: &Stored, now: &Stored) -> Vec<FieldConflict> {
    let (seen, now) = (seen.to_value(), now.to_value());
    let keys = |value: &Value| {
        value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let mut names = keys(&now);
    names.extend(keys(&seen).into_iter().filter(|name| now.get(name).is_none()));
    let field = |name: String| {
        let value = |of: &Value| of.get(&name).cloned().unwrap_or(Value::Null);
        let (seen, now) = (value(&seen), value(&now));
        (seen != now).then_some(FieldConflict { field: name, seen, now })
    };
    names.into_iter().filter_map(field).collect()
}
