use serde_json::Value;

use super::names::{Names, address, owner_page};
use super::view::{Cell, EventView, Fact, Frame, ItemPage, Part, Table, line, lines};
use super::{Input, Row};
use crate::history::{Action, Event, EventDay};
use crate::model::{Exemption, Item, ItemId};
use crate::output::{happened, known_by, plural, when};
use crate::standing::Standing;

/// The page of an item.
pub(super) fn page(row: &Row<'_>, input: Input<'_>, names: &Names, frame: Frame) -> ItemPage {
    let item = &row.stored.item;
    let events: Vec<EventView> = input
        .history
        .map(|history| history.events_of(&item.id).rev().map(event).collect())
        .unwrap_or_default();
    ItemPage {
        frame,
        id: line(item.id.as_str()),
        name: line(&item.weakness_name),
        risk: row.standing.risk.as_str(),
        status: line(item.status.as_str()),
        marks: marks(&row.standing),
        facts: facts(item, row, names),
        texts: texts(item),
        tables: tables(item),
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

fn part(text: impl AsRef<str>) -> Part {
    Part { text: line(text.as_ref()), link: None, outside: false }
}

/// Text that leads to where it says, if that is a page of the web.
fn outside(text: &str) -> Part {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let link = web.then(|| line(text));
    Part { text: line(text), link, outside: web }
}

/// A permanent value, and what the file says where that is something else.
fn differing<T: PartialEq + std::fmt::Display>(permanent: T, own: T) -> String {
    match permanent == own {
        true => permanent.to_string(),
        false => format!("{permanent} (as first recorded; the file says {own})"),
    }
}

fn facts(item: &Item, row: &Row<'_>, names: &Names) -> Vec<Fact> {
    let standing = &row.standing;
    let mut facts = Vec::new();
    let mut add = |name, parts: Vec<Part>| {
        if !parts.is_empty() {
            facts.push(Fact { name, parts });
        }
    };
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| part(day.to_string()));
    let one = |text: &Option<String>| text.as_ref().map(part).into_iter().collect::<Vec<_>>();
    let many = |list: &[String]| list.iter().map(part).collect::<Vec<_>>();
    let refers = |id: &ItemId| Part {
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
    add("File", vec![part(row.stored.path())]);
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

fn tables(item: &Item) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut milestones =
        Table::new("Milestones", &["No.", "Milestone", "Due", "Status", "Completed", "Evidence"]);
    for one in &item.milestones {
        milestones.push(vec![
            Cell::of(one.id.to_string()),
            Cell::of(&one.description).kind("wide"),
            Cell::day(one.due),
            Cell::of(one.status.as_str()),
            Cell::day(one.completed),
            Cell::of(one.evidence.join(", ")),
        ]);
    }
    let mut deviations = Table::new(
        "Deviations",
        &["Type", "State", "Rating", "Request", "Decided", "Approver", "Rationale"],
    );
    for one in &item.deviations {
        let state = serde_json::to_value(one.state).ok();
        let state = state.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        deviations.push(vec![
            Cell::of(one.kind.as_str()),
            Cell::of(state),
            Cell::of(one.adjusted_risk_rating.map_or("", |rating| rating.as_str())),
            Cell::of(one.request.as_deref().unwrap_or_default()),
            Cell::day(one.decided),
            Cell::of(one.approver.as_ref().map_or("", |person| &person.name)),
            Cell::of(one.rationale.as_deref().unwrap_or_default()).kind("wide"),
        ]);
    }
    let mut evidence = Table::new("Evidence", &["Reference", "Type", "Collected", "Place"]);
    for one in &item.evidence {
        let place = outside(one.location.as_deref().unwrap_or_default());
        evidence.push(vec![
            Cell::of(&one.reference),
            Cell::of(one.kind.as_deref().unwrap_or_default()),
            Cell::day(one.collected),
            Cell::of(place.text).kind("wide").link(place.link),
        ]);
    }
    let mut reviews = Table::new("Reviews", &["Date", "By", "Note"]);
    for one in &item.reviews {
        reviews.push(vec![
            Cell::day(Some(one.date)),
            Cell::of(&one.by),
            Cell::of(one.note.as_deref().unwrap_or_default()).kind("wide"),
        ]);
    }
    tables.extend([milestones, deviations, evidence, reviews]);
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn event(event: &Event) -> EventView {
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
    who += &format!(" ({})", event.commit.chars().take(10).collect::<String>());
    EventView {
        stamp: match event.event_day {
            EventDay::Stated(day) => day.to_string(),
            _ => event.time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        },
        time: when(event),
        action: event.action.as_str(),
        what: happened(event),
        who,
        reason: event.reason.as_deref().map(line).unwrap_or_default(),
        big: matches!(event.action, Action::ItemCreated | Action::StatusChanged),
    }
}
