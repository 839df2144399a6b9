//! A branch against the point where it left its base, as a reviewer sees it.

use serde_json::Value;

use super::form::CommandForm;
use super::page::{self, ComparedItem, DiffPage};
use super::pages::{action, frame};
use super::request::{PageRequest, Reply, RequestFailure};
use super::routes::ServerContext;
use super::state::TrackerState;
use crate::report::view::{PageLink, line, lines};

/// Compares two revisions as a reviewer sees it.
pub(super) fn page(shared: &ServerContext, request: &PageRequest) -> Result<Reply, RequestFailure> {
    let state = shared.state()?;
    let branches = shared.backend.branches();
    let base = request.query("base").unwrap_or_default();
    let head = request.query("head").unwrap_or_default();
    let range = match (base, head) {
        ("", "") => None,
        (base, "") => Some(base.to_owned()),
        ("", head) => Some(format!("HEAD...{head}")),
        (base, head) => Some(format!("{base}...{head}")),
    };
    let mut words = vec!["diff".to_owned(), "--format=json".to_owned(), "--".to_owned()];
    words.extend(range.clone());
    let run = shared.backend.run(&words, &Default::default());
    let (value, refusal) = match run.outcome {
        Ok(_) => (serde_json::from_str(&run.results).unwrap_or(Value::Null), None),
        Err(error) => (Value::Null, Some(lines(error.text()))),
    };
    let text = |value: &Value, name: &str| {
        line(value.get(name).and_then(Value::as_str).unwrap_or_default())
    };
    let members = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let note = |note: &Value| {
        let is_alarming = note.get("alarming").and_then(Value::as_bool).unwrap_or(false);
        (text(note, "text"), is_alarming)
    };
    let compared = |item: &Value| {
        let id = item.get("item").and_then(Value::as_str).unwrap_or_default();
        let known = state.find(id).map(|(stored, _)| state.address(&stored.item.id));
        let authors = members(item, "authors");
        let authors: Vec<String> = authors.iter().map(|author| text(author, "name")).collect();
        ComparedItem {
            actions: review_actions(shared, &state, id),
            id: line(id),
            address: known,
            name: text(item, "name"),
            kind: text(item, "kind"),
            notes: members(item, "notes").iter().map(note).collect(),
            events: members(item, "events").iter().map(difference).collect(),
            who: authors.join(", "),
            reasons: members(item, "reasons")
                .iter()
                .map(|reason| line(reason.as_str().unwrap_or_default()))
                .collect(),
        }
    };
    let items: Vec<ComparedItem> = members(&value, "items").iter().map(compared).collect();
    let mut settings: Vec<(String, bool)> =
        members(&value, "settings_notes").iter().map(note).collect();
    let differences = members(&value, "settings");
    settings.extend(differences.iter().map(|it| (difference(it), false)));
    let what = match &range {
        None => "The work tree against the last commit".to_owned(),
        Some(range) => line(range),
    };
    let lead = format!("{what}: {}", crate::text::plural(items.len(), "item"));
    let branch_links = match range {
        None => branch_links(&branches, state.mark.branch.as_deref()),
        Some(_) => Vec::new(),
    };
    let page = DiffPage {
        branch_links,
        frame: frame(shared, &state, "diff", "", request),
        base: base.to_owned(),
        head: head.to_owned(),
        branches,
        lead,
        items,
        settings,
        unreadable: members(&value, "unreadable").iter().map(|file| text(file, "path")).collect(),
        refusal,
    };
    page::render(&page)
}

/// Branches that the page names.
const BRANCHES: usize = 50;

/// Links to the comparison of each branch with the one that is served.
fn branch_links(branches: &[String], here: Option<&str>) -> Vec<PageLink> {
    let others = branches.iter().filter(|branch| Some(branch.as_str()) != here);
    let link = |branch: &String| PageLink {
        text: line(branch),
        address: page::query("diff.html", &[("head", branch)]),
    };
    others.take(BRANCHES).map(link).collect()
}

/// The steps of the review of an item that is under way.
fn review_actions(shared: &ServerContext, state: &TrackerState, id: &str) -> Vec<PageLink> {
    let is_reviewed = state.find(id).is_some_and(|(stored, _)| stored.item.review.is_some());
    if shared.read_only || !is_reviewed {
        return Vec::new();
    }
    let forms = shared.backend.forms();
    let found = ["review-complete", "review-return"].into_iter();
    let found = found.filter_map(|name| CommandForm::find(forms, name));
    found.map(|form| action(form, "", &[("item", id)])).collect()
}

/// A difference in words.
fn difference(value: &Value) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let shown = |name: &str| match value.get(name) {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) => format!("“{}”", line(&crate::text::cut(text))),
        Some(other) => line(&crate::text::cut(&other.to_string())),
    };
    let field = text("field").trim_start_matches('/').replace(['/', '_'], " ");
    match text("action") {
        action @ ("item-created" | "item-deleted") => line(action),
        action => line(&format!("{action}, {field}: {} → {}", shown("old"), shown("new"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_said_in_a_line() {
        let value =
            json!({"action": "status-changed", "field": "/status", "old": "open", "new": "closed"});
        assert_eq!(difference(&value), "status-changed, status: “open” → “closed”");
        let value = json!({"action": "item-created", "field": "", "old": null, "new": {}});
        assert_eq!(difference(&value), "item-created");
    }
}
