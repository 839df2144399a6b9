//! Data of the templates of served pages: text that is ready but for escaping.

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::edit::EditView;
use super::plan::{ImportOutcome, PlanView};
use super::request::{Reply, RequestFailure};
use crate::report::view::{PageFrame, PageLink, ViewTable};

/// Renders a page.
pub(super) fn render(template: &impl Template) -> Result<Reply, RequestFailure> {
    let text = template.render();
    text.map(Reply::html).map_err(|error| RequestFailure::broken(format!("rendering: {error}")))
}

/// An address with pairs behind `?`.
pub(super) fn query(address: &str, pairs: &[(&str, &str)]) -> String {
    let mut out = address.to_owned();
    for (place, (name, value)) in pairs.iter().enumerate() {
        out.push(if place == 0 { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        out.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    out
}

/// An option of a selection.
#[derive(Debug, Clone)]
pub(super) struct SelectOption {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) chosen: bool,
}

/// A column that the list can be sorted by.
#[derive(Debug, Clone)]
pub(super) struct SortColumn {
    pub(super) title: &'static str,
    pub(super) address: String,
    pub(super) sorted: bool,
}

/// A command for several items.
pub(super) struct BulkCommand {
    pub(super) name: String,
    pub(super) title: String,
}

/// A row of the list.
pub(super) struct RowView {
    /// The id as it is sent.
    pub(super) id: String,
    /// The id as it is shown.
    pub(super) shown: String,
    pub(super) address: String,
    pub(super) name: String,
    pub(super) risk: &'static str,
    pub(super) status: String,
    pub(super) owner: String,
    pub(super) detected: String,
    pub(super) due: String,
    pub(super) late: String,
}

#[derive(Template)]
#[template(path = "serve/items.html")]
pub(super) struct ItemListPage {
    pub(super) frame: PageFrame,
    pub(super) search: String,
    pub(super) filter: String,
    pub(super) shows: Vec<SelectOption>,
    pub(super) risks: Vec<SelectOption>,
    pub(super) statuses: Vec<SelectOption>,
    pub(super) owners: Vec<SelectOption>,
    pub(super) sort: String,
    pub(super) refusal: Option<String>,
    pub(super) count: String,
    pub(super) columns: Vec<SortColumn>,
    pub(super) rows: Vec<RowView>,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
    pub(super) bulk: Vec<BulkCommand>,
    /// The number of items that match, where the page does not show all.
    pub(super) all: Option<usize>,
    /// The filters as they were asked for.
    pub(super) query: String,
}

/// A field of a form.
pub(super) struct FieldView {
    /// Its name in the form.
    pub(super) name: String,
    pub(super) label: String,
    /// The option of the command line, shown beside the label.
    pub(super) option: String,
    pub(super) help: String,
    /// `check`, `select`, `text`, `lines`, `date` or `line`.
    pub(super) kind: &'static str,
    pub(super) required: bool,
    pub(super) value: String,
    pub(super) options: Vec<SelectOption>,
    /// Values that are offered, where others are right too.
    pub(super) suggestions: Vec<String>,
    pub(super) refusal: Option<String>,
}

impl FieldView {
    /// The ids of the elements that describe the field.
    pub(super) fn described_by(&self) -> String {
        match &self.refusal {
            Some(_) => format!("{0}-refusal {0}-help", self.name),
            None => format!("{}-help", self.name),
        }
    }
}

/// An item that a form changes.
pub(super) struct FormItem {
    pub(super) id: String,
    pub(super) shown: String,
    pub(super) address: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) version: String,
}

/// A line of a diff, with what it is.
pub(super) struct DiffLine {
    pub(super) kind: &'static str,
    pub(super) text: String,
}

/// A value that is not what was looked at any more.
pub(super) struct ConflictLine {
    pub(super) item: String,
    pub(super) field: String,
    pub(super) seen: String,
    pub(super) now: String,
}

#[derive(Template)]
#[template(path = "serve/form.html")]
pub(super) struct FormPage {
    pub(super) frame: PageFrame,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) help: Vec<String>,
    pub(super) items: Vec<FormItem>,
    /// The number of items that are not shown one by one.
    pub(super) more_items: usize,
    pub(super) fields: Vec<FieldView>,
    /// Fields that are rarely given.
    pub(super) rare: Vec<FieldView>,
    pub(super) refusal: Option<String>,
    pub(super) conflicts: Vec<ConflictLine>,
    pub(super) is_conflict: bool,
    /// The fields of the item with their values, where the command sets fields.
    pub(super) edits: Vec<EditView>,
    /// The change that would be made.
    pub(super) diff: Option<Vec<DiffLine>>,
    /// The command that does it on a terminal.
    pub(super) command: String,
}

/// A task.
pub(super) struct TaskView {
    pub(super) text: String,
    pub(super) item: String,
    pub(super) address: String,
    pub(super) name: String,
    pub(super) when: String,
    pub(super) late: bool,
    pub(super) risk: &'static str,
    pub(super) owner: String,
    pub(super) action: Option<PageLink>,
}

/// Tasks of one urgency.
pub(super) struct TaskGroup {
    pub(super) title: &'static str,
    pub(super) tasks: Vec<TaskView>,
    pub(super) count: usize,
    /// The address of the page with all of them, where it shows only the first.
    pub(super) all: Option<String>,
}

#[derive(Template)]
#[template(path = "serve/todo.html")]
pub(super) struct TodoPage {
    pub(super) frame: PageFrame,
    pub(super) lead: String,
    pub(super) owners: Vec<SelectOption>,
    pub(super) days: String,
    pub(super) groups: Vec<TaskGroup>,
}

#[derive(Template)]
#[template(path = "serve/log.html")]
pub(super) struct LogPage {
    pub(super) frame: PageFrame,
    pub(super) item: String,
    pub(super) actions: Vec<SelectOption>,
    pub(super) count: String,
    pub(super) table: ViewTable,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

/// An item of a comparison.
pub(super) struct ComparedItem {
    pub(super) id: String,
    pub(super) address: Option<String>,
    pub(super) name: String,
    pub(super) kind: String,
    /// Its meaning in words, and whether that is alarming.
    pub(super) notes: Vec<(String, bool)>,
    pub(super) events: Vec<String>,
    pub(super) who: String,
    pub(super) reasons: Vec<String>,
    /// The steps of its review.
    pub(super) actions: Vec<PageLink>,
}

#[derive(Template)]
#[template(path = "serve/diff.html")]
pub(super) struct DiffPage {
    pub(super) frame: PageFrame,
    pub(super) base: String,
    pub(super) head: String,
    pub(super) branches: Vec<String>,
    /// Branches to look at, where none is chosen.
    pub(super) branch_links: Vec<PageLink>,
    pub(super) refusal: Option<String>,
    pub(super) lead: String,
    pub(super) items: Vec<ComparedItem>,
    pub(super) settings: Vec<(String, bool)>,
    pub(super) unreadable: Vec<String>,
}

#[derive(Template)]
#[template(path = "serve/import.html")]
pub(super) struct ImportPage {
    pub(super) frame: PageFrame,
    pub(super) refusal: Option<String>,
    /// Whether the tracker changed since the plan was shown.
    pub(super) is_outdated: bool,
    /// The upload whose plan is shown.
    pub(super) upload: Option<String>,
    pub(super) files: Vec<String>,
    pub(super) kind: &'static str,
    /// The options that were given besides the files.
    pub(super) values: Vec<(String, String)>,
    /// The fingerprint of the items that the plan is for.
    pub(super) tracker: String,
    pub(super) plans: Vec<PlanView>,
    /// Whether there is anything to commit.
    pub(super) has_work: bool,
    /// Whether the file is a workbook of this tracker, which is better taken as an update.
    pub(super) built_here: bool,
    pub(super) people: Vec<String>,
    /// The side for conflicts that are not decided one by one.
    pub(super) others: String,
    /// The owner of new items without one.
    pub(super) owner: String,
    pub(super) messages: String,
    pub(super) outcome: ImportOutcome,
    /// The options for POA&Ms.
    pub(super) of_import: Vec<FieldView>,
    /// The options for scans.
    pub(super) of_scan: Vec<FieldView>,
}

impl ImportPage {
    /// Returns the number of values that wait for a decision.
    pub(super) fn conflicts(&self) -> usize {
        self.plans.iter().map(|plan| plan.conflicts.len()).sum()
    }

    /// Returns whether any option of a kind was given or refused, so that it should be seen.
    pub(super) fn is_used(fields: &[FieldView]) -> bool {
        fields.iter().any(|field| !field.value.is_empty() || field.refusal.is_some())
    }
}

/// A file that can be had.
pub(super) struct Download {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
}

#[derive(Template)]
#[template(path = "serve/publish.html")]
pub(super) struct PublishPage {
    pub(super) frame: PageFrame,
    pub(super) files: Vec<Download>,
    /// The snapshots, as the command lists them.
    pub(super) snapshots: String,
    pub(super) month: String,
    pub(super) refusal: Option<String>,
    pub(super) done: String,
}

#[derive(Template)]
#[template(path = "serve/failure.html")]
pub(super) struct FailurePage {
    pub(super) frame: PageFrame,
    pub(super) title: String,
    pub(super) text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded() {
        assert_eq!(query("a", &[]), "a");
        assert_eq!(
            query("a", &[("b", "ü &=\"<"), ("c", "V-1")]),
            "a?b=%C3%BC%20%26%3D%22%3C&c=V%2D1"
        );
    }
}
