//! Page of an item in the web report: facts, texts, tables and timeline.

use chrono::NaiveDate;
use serde_json::Value;

use super::names::{Names, address, owner_page};
use super::view::{
    Cell, EventView, FactPart, FactView, ItemPage, PageFrame, PageLink, ViewTable, line, lines,
};
use super::{ReportLinks, ReportRow};
use crate::history::{Action, Event, EventDay, History};
use crate::model::{Exemption, Item, ItemId};
use crate::output::{describe_event, event_time, known_by};
use crate::standing::Standing;
use crate::text::plural;

/// Returns the page of an item.
pub(super) fn page(
    row: &ReportRow<'_>,
    history: Option<&History>,
    names: &Names,
    links: &ReportLinks<'_>,
    frame: PageFrame,
) -> ItemPage {
    let item = &row.stored.item;
    let events: Vec<EventView> = history
        .map(|history| history.events_of(&item.id).rev().map(|one| event(one, links)).collect())
        .unwrap_or_default();
    ItemPage {
        frame,
        id: line(item.id.as_str()),
        name: line(&item.weakness_name),
        risk: row.standing.risk.as_str(),
        status: line(item.status.as_str()),
        marks: marks(&row.standing),
        facts: facts(item, row, names, links),
        texts: texts(item),
        tables: tables(item, &row.standing, links.today),
        events,
    }
}

fn marks(standing: &Standing) -> Vec<(String, bool)> {
    let days = |count: i64| plural(usize::try_from(count).unwrap_or_default(), "day");
    let mut marks = Vec::new();
    if standing.overdue {
        marks.push((format!("{} overdue", days(standing.days_overdue)), true));
    }
    if let Some(exemption) = standing.exemption {
        let why = match exemption {
            Exemption::VendorCheckIn => "waits for the vendor",
            Exemption::OperationalRequirement => "operational requirement",
            Exemption::Decision => "deferred or accepted",
        };
        marks.push((why.to_owned(), false));
    }
    if standing.stale == Some(true)
        && let Some(quiet) = standing.days_quiet
    {
        marks.push((format!("no change for {}", days(quiet)), false));
    }
    if let Some(times) = standing.times_rescheduled.filter(|times| *times > 0) {
        let often = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        marks.push((format!("rescheduled {often}"), false));
    }
    marks
}

fn part(text: impl AsRef<str>) -> FactPart {
    FactPart { text: line(text.as_ref()), link: None, outside: false }
}

/// Builds text with a link to its address, if that is a page of the web.
fn outside(text: &str) -> FactPart {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let link = web.then(|| line(text));
    FactPart { text: line(text), link, outside: web }
}

/// Returns a permanent value, and what the file states where that is something else.
fn differing<T: PartialEq + std::fmt::Display>(permanent: T, own: T) -> String {
    match permanent == own {
        true => permanent.to_string(),
        false => format!("{permanent} (as first recorded; the file says {own})"),
    }
}

fn facts(
    item: &Item,
    row: &ReportRow<'_>,
    names: &Names,
    links: &ReportLinks<'_>,
) -> Vec<FactView> {
    let standing = &row.standing;
    let mut facts = Vec::new();
    let mut add = |name, parts: Vec<FactPart>| {
        if !parts.is_empty() {
            facts.push(FactView { name, parts });
        }
    };
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| part(day.to_string()));
    let one = |text: &Option<String>| text.as_ref().map(part).into_iter().collect::<Vec<_>>();
    let many = |list: &[String]| list.iter().map(part).collect::<Vec<_>>();
    let refers = |id: &ItemId| FactPart {
        link: names.address(id).map(|page| format!("../{page}")),
        ..part(id.as_str())
    };
    let owner = super::owner::name(item);
    let mut contact = part(owner.as_deref().unwrap_or("(no owner)"));
    contact.link = Some(format!("../{}", address(&owner_page(owner.as_deref()))));
    let person = item.point_of_contact.as_ref();
    let more = person.into_iter().flat_map(|one| [&one.role, &one.email]).flatten().map(part);
    add("Owner", [contact].into_iter().chain(more).collect());
    let detected = standing.permanent.detected;
    add("Detected", vec![part(differing(detected, item.original_detection_date))]);
    if !standing.closed {
        add("Due", vec![part(standing.effective_due.to_string())]);
    }
    add("Scheduled completion", day(item.scheduled_completion_date).into_iter().collect());
    add("Completed", day(item.completion_date).into_iter().collect());
    let original = standing.permanent.rating;
    let mut rating = differing(original, item.original_risk_rating);
    if original != standing.risk {
        rating = format!("{rating}, adjusted to {}", standing.risk);
    }
    add("Risk rating", vec![part(rating)]);
    let open =
        standing.days_open.map(|days| part(plural(usize::try_from(days).unwrap_or(0), "day")));
    add(if standing.closed { "Was open for" } else { "Open for" }, open.into_iter().collect());
    add("Last changed", day(standing.status_date).into_iter().collect());
    add(
        "Controls",
        if item.controls.is_empty() { vec![] } else { vec![part(item.controls.join(", "))] },
    );
    let mappings = item.mappings.iter().map(|(to, ids)| part(format!("{to}: {}", ids.join(", "))));
    add("Mappings", mappings.collect());
    add("Partly met", many(&item.partly_met));
    add(
        "Source",
        [&item.detector_source, &item.source_identifier].into_iter().flatten().map(part).collect(),
    );
    add("Original finding", one(&item.original_finding));
    add("CVEs", many(&item.cves));
    if let Some(kev) = item.kev.as_ref().filter(|kev| kev.listed) {
        let due = kev.due.map_or_else(String::new, |day| format!(", due {day}"));
        add("Known exploited", vec![part(format!("listed by CISA{due}"))]);
    }
    add("Assets", many(&item.assets));
    add("Services", many(&item.services));
    add("Resources", one(&item.resources_required));
    if let Some(vendor) = &item.vendor_dependency {
        let names = [&vendor.vendor, &vendor.product].into_iter().flatten().map(part);
        let asked = vendor.last_check_in.map(|day| part(format!("last asked {day}")));
        let fixed = vendor.fix_released.map(|day| part(format!("fix released {day}")));
        add("Vendor", names.chain(asked).chain(fixed).collect());
    }
    add("Depends on", item.dependencies.iter().map(refers).collect());
    add("Takes up again", item.successor_of.iter().map(refers).collect());
    add("Change ticket", one(&item.change_ticket));
    add("Sensitive", many(&item.sensitive));
    let file = links.commit.and_then(|commit| links.settings.file(commit, row.stored.path()));
    add("File", vec![FactPart { outside: file.is_some(), link: file, ..part(row.stored.path()) }]);
    facts
}

fn texts(item: &Item) -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    let mut add = |title, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            texts.push((title, lines(&text)));
        }
    };
    add("Description", item.weakness_description.clone());
    add("Remediation plan", item.remediation_plan.clone());
    add(
        "Risk acceptance",
        item.risk_acceptance.as_ref().map(|it| {
            let approver = it.approver.as_ref().map(|one| format!("Approver: {}", one.name));
            let approved = it.approved.map(|day| format!("Approved: {day}"));
            let review = it.review_by.map(|day| format!("To be reviewed by: {day}"));
            let parts = [it.rationale.clone(), approver, approved, review];
            parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
        }),
    );
    add("Deferral", item.deferral.as_ref().map(|it| format!("{}\nUntil: {}", it.reason, it.until)));
    add("Comments", item.comments.clone());
    if !item.extra.is_empty() {
        let value = |(key, value): (&String, &Value)| match value {
            Value::String(text) => format!("{key}: {text}"),
            other => format!("{key}: {other}"),
        };
        add("Other values", Some(item.extra.iter().map(value).collect::<Vec<_>>().join("\n")));
    }
    texts
}

fn tables(item: &Item, standing: &Standing, today: NaiveDate) -> Vec<ViewTable> {
    let mut tables = Vec::new();
    let mut milestones = ViewTable::new(
        "Milestones",
        &["No.", "Milestone", "Due", "Late#", "Status", "Completed", "Evidence"],
    );
    for one in &item.milestones {
        milestones.push(vec![
            Cell::new(one.id.to_string()),
            Cell::new(&one.description).kind("wide"),
            Cell::day(one.due),
            Cell::late(match (one.due, standing.closed || one.status.is_finished()) {
                (Some(due), false) => (today - due).num_days(),
                _ => 0,
            }),
            Cell::new(one.status.as_str()),
            Cell::day(one.completed),
            Cell::new(one.evidence.join(", ")),
        ]);
    }
    let mut deviations = ViewTable::new(
        "Deviations",
        &["Type", "State", "Rating", "Request", "Decided", "Approver", "Rationale"],
    );
    for one in &item.deviations {
        let state = serde_json::to_value(one.state).ok();
        let state = state.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        deviations.push(vec![
            Cell::new(one.kind.as_str()),
            Cell::new(state),
            Cell::new(one.adjusted_risk_rating.map_or("", |rating| rating.as_str())),
            Cell::new(one.request.as_deref().unwrap_or_default()),
            Cell::day(one.decided),
            Cell::new(one.approver.as_ref().map_or("", |person| &person.name)),
            Cell::new(one.rationale.as_deref().unwrap_or_default()).kind("wide"),
        ]);
    }
    let mut evidence = ViewTable::new("Evidence", &["Reference", "Type", "Collected", "Place"]);
    for one in &item.evidence {
        let place = outside(one.location.as_deref().unwrap_or_default());
        evidence.push(vec![
            Cell::new(&one.reference),
            Cell::new(one.kind.as_deref().unwrap_or_default()),
            Cell::day(one.collected),
            Cell::new(place.text).kind("wide").link(place.link),
        ]);
    }
    let mut reviews = ViewTable::new("Reviews", &["Date", "By", "Note"]);
    for one in &item.reviews {
        reviews.push(vec![
            Cell::day(Some(one.date)),
            Cell::new(&one.by),
            Cell::new(one.note.as_deref().unwrap_or_default()).kind("wide"),
        ]);
    }
    tables.extend([milestones, deviations, evidence, reviews]);
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn event(event: &Event, links: &ReportLinks<'_>) -> EventView {
    let mut who = line(event.actor_name());
    if let Some(known_by) = known_by(event) {
        who += &format!(", {known_by}");
    }
    if event.is_landed_by_another() {
        who += &format!(", landed by {}", line(&event.landed_by.name));
    }
    if event.reconstructed {
        let source = event.source.as_deref().map(|one| format!(" from {}", line(one)));
        who += &format!(", reconstructed{}", source.unwrap_or_default());
    }
    EventView {
        stamp: match event.event_day {
            EventDay::Stated(day) => day.to_string(),
            _ => event.time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
        time: event_time(event),
        action: event.action.as_str(),
        what: describe_event(event),
        who,
        commit: PageLink {
            text: event.commit.chars().take(10).collect(),
            address: links.settings.commit(&event.commit).unwrap_or_default(),
        },
        pull_request: links.pull_requests.and_then(|numbers| {
            let number = numbers.get(&*event.commit)?;
            let address = links.settings.pull_request(*number)?;
            Some(PageLink { text: format!("#{number}"), address })
        }),
        reason: event.reason.as_deref().map(line).unwrap_or_default(),
        big: matches!(event.action, Action::ItemCreated | Action::StatusChanged),
    }
}
