//! The pages: the report's, live, with forms for every command.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::form::CommandForm;
use super::page::{self, FailurePage, LogPage, SelectOption, TaskGroup, TaskView, TodoPage};
use super::request::{PageRequest, Reply, RequestFailure};
use super::routes::ServerContext;
use super::state::TrackerState;
use crate::history::Event;
use crate::model::{Decision, DeviationType, MilestoneStatus, Person};
use crate::output::{describe_event, event_time};
use crate::report::view::{
    Cell, LinkGroup, LivePage, MenuEntry, PageFrame, PageLink, ViewColumn, ViewTable, line, lines,
};
use crate::report::{self, ReportInput};
use crate::store::Stored;
use crate::text::plural;
use crate::todo::{Task, TaskKind, Urgency};

type Answer = Result<Reply, RequestFailure>;

/// The pages that every page leads to.
const MENU: &[MenuEntry] = &[
    MenuEntry::new("overview", "Overview", "index.html"),
    MenuEntry::new("todo", "To do", "todo.html"),
    MenuEntry::new("items", "Items", "items.html"),
    MenuEntry::new("owners", "Owners", "owners.html"),
    MenuEntry::new("log", "Log", "log.html"),
    MenuEntry::new("diff", "Review", "diff.html"),
    MenuEntry::new("import", "Import", "import.html"),
    MenuEntry::new("publish", "Publish", "publish.html"),
    MenuEntry::new("new", "New item", "change/new"),
];

/// Keys of the pages that only change things, which a read-only server leaves out.
const CHANGING: [&str; 2] = ["import", "new"];

/// Builds the frame of a page.
pub(super) fn frame(
    shared: &ServerContext,
    state: &TrackerState,
    here: &'static str,
    up: &'static str,
    request: &PageRequest,
) -> PageFrame {
    let mut frame = PageFrame::with(
        state.tracker.settings.system.name.as_deref(),
        state.today,
        state.mark.head.as_deref(),
        here,
        up,
    );
    let is_there = |entry: &&MenuEntry| !shared.read_only || !CHANGING.contains(&entry.key);
    frame.menu = MENU.iter().filter(is_there).copied().collect();
    let done = request.query("done").map(|commit| {
        let is_last = state.mark.head.as_deref() == Some(commit);
        let short: String = commit.chars().take(10).collect();
        report::view::CommitNotice {
            text: format!("Committed as {}.", line(&short)),
            undo: (is_last && !shared.read_only).then(|| commit.to_owned()),
        }
    });
    frame.live = Some(LivePage {
        revision: state.revision,
        branch: line(state.mark.branch.as_deref().unwrap_or_default()),
        read_only: shared.read_only,
        actions: Vec::new(),
        done,
    });
    frame
}

fn input(state: &TrackerState) -> ReportInput<'_> {
    ReportInput {
        store: &state.store,
        settings: &state.tracker.settings,
        history: state.history.as_ref(),
        summary: state.summary(),
        pull_requests: None,
    }
}

fn unrendered(error: report::ReportError) -> RequestFailure {
    RequestFailure::broken(error.to_string())
}

/// The style sheet of the report.
pub(super) fn style(_: &ServerContext, _: &PageRequest) -> Answer {
    Ok(Reply::file("text/css; charset=utf-8", report::STYLE))
}

/// The style sheet of what only served pages have.
pub(super) fn serve_style(_: &ServerContext, _: &PageRequest) -> Answer {
    let text = include_str!("../../templates/serve/serve.css");
    Ok(Reply::file("text/css; charset=utf-8", text))
}

/// The script that makes pages quicker.
pub(super) fn script(_: &ServerContext, _: &PageRequest) -> Answer {
    let text = include_str!("../../templates/serve/serve.js");
    Ok(Reply::file("text/javascript; charset=utf-8", text))
}

/// The overview with charts.
pub(super) fn overview(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let build = || {
        let frame = frame(shared, &state, "overview", "", request);
        let names = &state.page_names().names;
        report::overview(input(&state), &state.standings, names, frame)
    };
    // A notice of a commit is for one person.
    let text = match request.query.is_empty() {
        true => state.overview(&shared.cache.last_overview, build),
        false => build(),
    };
    text.map(Reply::html).map_err(unrendered)
}

/// The list of owners.
pub(super) fn owners(shared: &ServerContext, request: &PageRequest) -> Answer {
    owner_page(shared, request, "owners.html")
}

/// The page of an owner.
pub(super) fn owner(shared: &ServerContext, request: &PageRequest) -> Answer {
    owner_page(shared, request, &format!("owner/{}", request.param("page")))
}

fn owner_page(shared: &ServerContext, request: &PageRequest, path: &str) -> Answer {
    let state = shared.state()?;
    let framed = |here, up| frame(shared, &state, here, up, request);
    let names = &state.page_names().names;
    let pages = report::owners(input(&state), &state.standings, names, &framed);
    let found = pages.map_err(unrendered)?.into_iter().find(|(name, _)| name == path);
    let found = found.ok_or_else(|| RequestFailure::not_found("there is no such owner"))?;
    Ok(Reply::html(found.1))
}

/// The page of an item, with the forms that change it.
pub(super) fn item(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let page = format!("item/{}", request.param("page"));
    let at = state.of_page(&page);
    let found = at.and_then(|at| Some((state.store.items().get(at)?, state.standings.get(at)?)));
    let (stored, standing) =
        found.ok_or_else(|| RequestFailure::not_found("there is no such item; it may be gone"))?;
    let mut frame = frame(shared, &state, "item", "../", request);
    if let (Some(live), false) = (&mut frame.live, shared.read_only) {
        let id = stored.item.id.as_str();
        let forms = shared.backend.forms().iter();
        let forms = forms.filter(|form| form.takes_items && is_of_use(form, stored));
        for form in forms {
            let link = action(form, "../", &[("item", id)]);
            match live.actions.iter_mut().find(|group| group.title == form.group()) {
                Some(group) => group.links.push(link),
                None => live.actions.push(LinkGroup { title: form.group(), links: vec![link] }),
            }
        }
    }
    let names = &state.page_names().names;
    let mut page = report::item_page(input(&state), (stored, standing), names, frame);
    if !shared.read_only {
        for table in page.tables.iter_mut().filter(|table| table.title == "Milestones") {
            add_actions(table, stored);
        }
    }
    page::render(&page)
}

/// Returns whether a form can do anything for an item as it is.
fn is_of_use(form: &CommandForm, stored: &Stored) -> bool {
    let item = &stored.item;
    let is_pending = |kind: &DeviationType| item.decision(*kind) == Decision::Pending;
    match form.name.as_str() {
        "deviation-approve" | "deviation-deny" | "deviation-return" | "deviation-withdraw" => {
            DeviationType::ALL.iter().any(is_pending)
        }
        "deviation-resubmit" => item.deviations.iter().any(|one| one.open_question().is_some()),
        "review-return" | "review-complete" => item.review.is_some(),
        "vendor-check-in" => item.vendor_dependency.is_some(),
        _ if form.fields.iter().any(|field| field.value_name == "NUMBER") => {
            item.milestones.iter().any(|milestone| !milestone.status.is_finished())
        }
        _ => true,
    }
}

/// A link to a form with values.
pub(super) fn action(form: &CommandForm, up: &str, values: &[(&str, &str)]) -> PageLink {
    PageLink {
        text: form.label(),
        address: page::query(&format!("{up}change/{}", form.name), values),
    }
}

/// Adds links to the forms of each milestone to their table.
fn add_actions(table: &mut ViewTable, stored: &Stored) {
    let milestones = &stored.item.milestones;
    let is_open = |status: &MilestoneStatus| !status.is_finished();
    if !milestones.iter().any(|milestone| is_open(&milestone.status)) {
        return;
    }
    for (title, command) in [("Complete", "milestone-complete"), ("Move", "milestone-reschedule")] {
        table.columns.push(ViewColumn { title, number: false });
        for (row, milestone) in table.rows.iter_mut().zip(milestones) {
            let number = milestone.id.to_string();
            let values = [("item", stored.item.id.as_str()), ("number", number.as_str())];
            let link = page::query(&format!("../change/{command}"), &values);
            let text = if title == "Complete" { "complete" } else { "reschedule" };
            row.push(match is_open(&milestone.status) {
                true => Cell::new(text).link(Some(link)),
                false => Cell::new(""),
            });
        }
    }
}

/// Tasks of an urgency that the page shows first.
const TASKS: usize = 100;

/// The list of tasks.
pub(super) fn todo(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let days = request.query("days").and_then(|days| days.parse().ok());
    let days = days.unwrap_or(state.tracker.settings.warn_days);
    let mut list = state.tasks(days);
    let owner = request.query("owner");
    if let Some(owner) = owner {
        let is_wanted = |person: &Person| crate::filter::names_person(person, owner);
        Arc::make_mut(&mut list).retain_people(&state.store, is_wanted);
    }
    let titles = |urgency| match urgency {
        Urgency::Late => "Late",
        Urgency::Today => "Today",
        Urgency::Soon => "Soon",
        Urgency::Waiting => "Waiting for somebody",
    };
    let shows_all = request.query("all").is_some();
    let group = |urgency: Urgency| {
        let tasks: Vec<&Task> = list.tasks.iter().filter(|task| task.urgency == urgency).collect();
        let shown = if shows_all { tasks.len() } else { TASKS };
        let days = days.to_string();
        let mut pairs = vec![("days", days.as_str()), ("all", "1")];
        pairs.extend(owner.map(|owner| ("owner", owner)));
        TaskGroup {
            title: titles(urgency),
            count: tasks.len(),
            all: (tasks.len() > shown).then(|| page::query("todo.html", &pairs)),
            tasks: tasks.iter().take(shown).map(|task| task_view(shared, &state, task)).collect(),
        }
    };
    let groups: Vec<TaskGroup> = Urgency::ALL.into_iter().map(group).collect();
    let lead = format!("{} until {}", plural(list.tasks.len(), "task"), list.until);
    let name = |name: &String| SelectOption {
        value: name.clone(),
        text: line(name),
        chosen: owner == Some(name),
    };
    let page = TodoPage {
        frame: frame(shared, &state, "todo", "", request),
        lead,
        owners: state.people().iter().map(name).collect(),
        days: days.to_string(),
        groups: groups.into_iter().filter(|group| !group.tasks.is_empty()).collect(),
    };
    page::render(&page)
}

fn task_view(shared: &ServerContext, state: &TrackerState, task: &Task) -> TaskView {
    let id = task.item.as_str();
    let number = task.milestone.map(|number| number.to_string());
    let command = match task.kind {
        TaskKind::Milestone => Some("milestone-complete"),
        TaskKind::VendorCheckIn => Some("vendor-check-in"),
        TaskKind::Decision => Some("deviation-approve"),
        TaskKind::Review => Some("review"),
        TaskKind::ReviewSubmission => Some("review-submit"),
        TaskKind::ReviewDecision => Some("review-complete"),
        TaskKind::Owner => Some("assign"),
        TaskKind::Item | TaskKind::DeferralEnd => Some("transition"),
        _ => None,
    };
    let mut values = vec![("item", id)];
    values.extend(number.as_deref().map(|number| ("number", number)));
    let forms = shared.backend.forms();
    let form = command.and_then(|name| CommandForm::find(forms, name));
    let form = form.filter(|_| !shared.read_only);
    TaskView {
        text: line(&task.text),
        item: line(id),
        address: state.address(&task.item),
        name: line(&task.name),
        when: task.due.map_or_else(String::new, |due| due.to_string()),
        late: task.urgency == Urgency::Late,
        risk: task.risk.as_str(),
        owner: task.owner.as_deref().map(line).unwrap_or_default(),
        action: form.map(|form| action(form, "", &values)),
    }
}

/// Events of a page of the log.
const EVENTS: usize = 100;

/// The audit log, newest first.
pub(super) fn log(shared: &ServerContext, request: &PageRequest) -> Answer {
    let state = shared.state()?;
    let (item, action) = (request.query("item"), request.query("action"));
    let events = || state.history.iter().flat_map(|history| history.events.iter().rev());
    let wanted = |event: &&Event| {
        item.is_none_or(|item| event.item.as_ref().is_some_and(|id| id.as_str() == item))
            && action.is_none_or(|action| event.action.as_str() == action)
    };
    let found: Vec<&Event> = events().filter(wanted).collect();
    let offset: usize = request.query("offset").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut table = ViewTable::new("Events", &["Time", "Item", "Action", "What", "Who", "Why"]);
    for event in found.iter().skip(offset).take(EVENTS) {
        let id = event.item.as_ref();
        let link = id.filter(|id| state.store.find(id).is_some()).map(|id| state.address(id));
        table.push(vec![
            Cell::new(event_time(event)).kind("day"),
            Cell::new(id.map_or("", |id| id.as_str())).kind("word").link(link),
            Cell::new(event.action.as_str()).kind("word"),
            Cell::new(describe_event(event)).kind("wide"),
            Cell::new(event.actor_name()),
            Cell::new(event.reason.as_deref().unwrap_or_default()).kind("wide"),
        ]);
    }
    let actions: BTreeSet<&str> = events().map(|event| event.action.as_str()).collect();
    let option = |name: &str| SelectOption {
        value: name.to_owned(),
        text: name.to_owned(),
        chosen: action == Some(name),
    };
    let turn = |to: Option<usize>| {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        pairs.extend(item.map(|item| ("item", item)));
        pairs.extend(action.map(|action| ("action", action)));
        let to = to?.to_string();
        pairs.push(("offset", &to));
        Some(page::query("log.html", &pairs))
    };
    let last = (offset + EVENTS).min(found.len());
    let count = match found.len() {
        0 => "No event.".to_owned(),
        total => format!("Events {} to {last} of {total}, newest first", (offset + 1).min(last)),
    };
    let page = LogPage {
        frame: frame(shared, &state, "log", "", request),
        item: item.unwrap_or_default().to_owned(),
        actions: actions.into_iter().map(option).collect(),
        count,
        table,
        previous: turn((offset > 0).then(|| offset.saturating_sub(EVENTS))),
        next: turn(Some(offset + EVENTS).filter(|next| *next < found.len())),
    };
    page::render(&page)
}

/// The error page, with the reason why the request failed.
pub(super) fn failure(shared: &ServerContext, failure: &RequestFailure) -> Reply {
    let title = match failure.status {
        404 => "Not found",
        403 => "Not allowed",
        409 => "Changed meanwhile",
        500 => "This did not work",
        _ => "Nothing was changed",
    };
    let plain = || {
        let mut reply = Reply::html(String::new());
        reply.content_type = "text/plain; charset=utf-8";
        reply.body = format!("{title}: {}\n", failure.text).into_bytes();
        reply.with_status(failure.status)
    };
    // Without a tracker there is no frame.
    let Ok(state) = shared.state() else { return plain() };
    let page = FailurePage {
        frame: frame(shared, &state, "failure", "/", &PageRequest::default()),
        title: title.to_owned(),
        text: lines(&failure.text),
    };
    page::render(&page).map_or_else(|_| plain(), |reply| reply.with_status(failure.status))
}
