//! The parts of an OSCAL document as an item.
//!
//! What is understood is taken out of the parts, so that what is left of them is exactly what was
//! not understood, and is retained.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::beside::on_one_line;
use super::known::DocumentObjects;
use super::names::{
    CLOSED_TITLE, CVE, NO_PLAN, NO_RATIONALE, NO_RECOMMENDATION, NO_STATEMENT, PLAN_TITLE,
    control_of,
};
use super::take::{
    Object, Whose, day, day_of, drop_if, list, own_day, peek, prop, props, put_back, text,
};
use crate::exchange::DeniedField;
use crate::model::{
    Deviation, DeviationState, DeviationType, Evidence, Item, ItemId, Kev, Milestone,
    MilestoneStatus, Person, RiskRating, Status, VendorDependency,
};

/// The parts of one item.
#[derive(Debug, Clone, Default)]
pub(super) struct ItemParts {
    /// The `poam-item`.
    pub(super) item: Object,
    /// The risk that it points to; others are only retained.
    pub(super) risk: Object,
    /// The observations that it or its risk points to.
    pub(super) observations: Vec<Object>,
    /// Whether the program wrote the document: what it states by itself is not retained.
    pub(super) own: bool,
}

/// An item that was read, and what is left of its parts.
pub(super) struct Read {
    pub(super) item: Item,
    pub(super) left: Object,
    /// Entries of the log that only repeat what commits stated.
    pub(super) events: usize,
    /// Questions that the risk answers with no.
    pub(super) denied: Vec<DeniedField>,
    /// UUIDs of the tasks that are milestones, by the number of the milestone.
    pub(super) keys: BTreeMap<u32, String>,
}

/// Values that the user gives for items that do not have them.
pub(super) struct Given {
    pub(super) detected: Option<NaiveDate>,
    pub(super) rating: Option<RiskRating>,
}

/// The types of observations that are not about how a weakness was found.
const SITUATIONS: [&str; 5] = [
    "risk-adjustment",
    "false-positive",
    "operational-requirement",
    "vendor-dependency",
    "closure",
];

/// Returns the item that parts are; an error states what is missing.
pub(super) fn read(
    mut parts: ItemParts,
    known: &DocumentObjects,
    given: &Given,
) -> Result<Read, String> {
    let id = id(&mut parts)?;
    let title = text(&mut parts.risk, "title");
    let name = title.or_else(|| text(&mut parts.item, "title")).filter(|it| !it.trim().is_empty());
    let name = name.ok_or("it has no title: the name of the weakness")?;
    let main = parts.observations.iter().position(is_finding);
    let detected = main.and_then(|at| day(&mut parts.observations[at], "collected"));
    let detected = detected.or(given.detected).ok_or(
        "no observation says when it was detected: add one with `collected`, or say --assume-detected DATE",
    )?;
    let ratings = ratings(&mut parts.risk);
    let rating = ratings.initial.or(given.rating).ok_or(
        "no facet `impact` or `risk` rates it low, moderate, high or critical: add one, or say --assume-risk RATING",
    )?;
    let status = status(&mut parts.risk)?;
    let mut item = Item::new(id, name, status, detected, rating);
    item.weakness_description = description(&mut parts, &item.weakness_name);
    item.controls = props(&mut parts.risk, Whose::FedRamp, "impacted-control-id");
    item.controls.iter_mut().for_each(|control| *control = control_of(control));
    item.cves = ratings.cves;
    item.source_identifier = ratings.identifier;
    if let Some(at) = main {
        finding(&mut parts.observations[at], known, &mut item);
    }
    item.scheduled_completion_date = day(&mut parts.risk, "deadline");
    let mut keys = BTreeMap::new();
    plan(&mut parts.risk, known, &mut item, &mut keys);
    let (events, check_in) = log(&mut parts.risk, &mut item);
    vendor(&mut parts, known, &mut item, check_in);
    deviations(&mut parts, known, &mut item, ratings.adjusted);
    let kev = prop(&mut parts.risk, Whose::FedRamp, "kev-catalog");
    let denied = Vec::from_iter(kev.as_deref().filter(|it| *it == "no").map(|_| DeniedField::Kev));
    if kev.as_deref() == Some("yes") {
        let due = prop(&mut parts.risk, Whose::FedRamp, "kev-due-date");
        item.kev =
            Some(Kev { listed: true, added: None, due: due.and_then(|text| text.parse().ok()) });
    }
    item.comments = text(&mut parts.item, "remarks").filter(|text| !text.is_empty());
    let item = with_own_fields(item, &mut parts.item)?;
    let left = left(parts, &item);
    Ok(Read { item, left, events, denied, keys })
}

fn id(parts: &mut ItemParts) -> Result<ItemId, String> {
    let name = ["POAM-ID", "poam-id"];
    let id = name.iter().find_map(|name| prop(&mut parts.item, Whose::FedRamp, name));
    let uuid = || peek(&parts.item, "uuid").map(str::to_owned);
    let id = id.or_else(uuid).ok_or("it has neither a property POAM-ID nor a uuid: give it one")?;
    id.trim().parse().map_err(|error| format!("`{}`: {error}", id.trim()))
}

fn types(observation: &Object) -> impl Iterator<Item = &str> {
    observation
        .get("types")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

fn is_finding(observation: &Object) -> bool {
    !types(observation).any(|kind| SITUATIONS.contains(&kind))
}

/// Ratings, CVEs and identifier from the facets of a risk.
#[derive(Default)]
struct Ratings {
    initial: Option<RiskRating>,
    adjusted: Option<RiskRating>,
    cves: Vec<String>,
    identifier: Option<String>,
}

fn ratings(risk: &mut Object) -> Ratings {
    let mut ratings = Ratings::default();
    let mut all = list(risk, "characterizations");
    let state = |facet: &Object| {
        let props = facet.get("props").and_then(Value::as_array).into_iter().flatten();
        let state = props.filter(|prop| prop.get("name").is_some_and(|it| it == "state"));
        state.filter_map(|prop| prop.get("value")?.as_str()).next().map(str::to_owned)
    };
    let rating = |facet: &Object| peek(facet, "value").and_then(|text| text.parse().ok());
    // `impact` is the word of the guide and of its checks, `risk` that of the template.
    for word in ["impact", "risk"] {
        for facet in
            all.iter().flat_map(|one| one.get("facets")).filter_map(Value::as_array).flatten()
        {
            let Some(facet) = facet.as_object().filter(|facet| peek(facet, "name") == Some(word))
            else {
                continue;
            };
            let place = match state(facet).as_deref() {
                Some("adjusted") => &mut ratings.adjusted,
                _ => &mut ratings.initial,
            };
            *place = place.or(rating(facet));
        }
    }
    for one in &mut all {
        let mut facets = list(one, "facets");
        for facet in &mut facets {
            let understood = match (peek(facet, "name"), state(facet).as_deref()) {
                (Some("vulnerability-id" | "cve-id"), _)
                    if peek(facet, "system") == Some(CVE)
                        || peek(facet, "value").is_some_and(|it| it.starts_with("CVE-")) =>
                {
                    ratings.cves.extend(text(facet, "value"));
                    true
                }
                (Some("impact" | "risk" | "likelihood"), Some("adjusted")) => {
                    rating(facet) == ratings.adjusted && rating(facet).is_some()
                }
                (Some("impact" | "risk" | "likelihood"), _) => {
                    rating(facet) == ratings.initial && rating(facet).is_some()
                }
                _ => false,
            };
            let remarks = |prop: &Value| prop.get("remarks").is_some();
            let props = facet.get("props").and_then(Value::as_array);
            if understood && !props.is_some_and(|props| props.iter().any(remarks)) {
                facet.clear();
            }
        }
        if let Some(Value::Object(origin)) = one.get_mut("origin") {
            let mut actors = list(origin, "actors");
            for actor in &mut actors {
                for name in ["vulnerability-id", "plugin-id"] {
                    if ratings.identifier.is_none() {
                        ratings.identifier = prop(actor, Whose::FedRamp, name);
                    }
                }
            }
            put_back(origin, "actors", actors);
        }
        put_back(one, "facets", facets);
        // Who rated is only worth keeping beside a rating that was not understood.
        let origin_says_more =
            one.get("origin").is_some_and(|it| it.to_string().contains("\"props\""));
        if !one.contains_key("facets") && !origin_says_more {
            one.remove("origin");
        }
    }
    put_back(risk, "characterizations", all);
    ratings
}

/// Returns the status that the word of a risk means. A word without one stays beside it.
fn status(risk: &mut Object) -> Result<Status, String> {
    let accepted = {
        let plans = risk.get("remediations").and_then(Value::as_array).into_iter().flatten();
        let props = plans.filter_map(|plan| plan.get("props")?.as_array()).flatten();
        let mut types = props.filter(|prop| prop.get("name").is_some_and(|it| it == "type"));
        types.any(|prop| prop.get("value").is_some_and(|it| it == "accept"))
    };
    let word = text(risk, "status").unwrap_or_default();
    let meant = meant(&word, accepted);
    if !matches!(word.as_str(), "open" | "") && meant == Status::OPEN {
        risk.insert("status".to_owned(), word.into());
    }
    meant.parse()
}

/// Returns the status that the word of a risk means; `accepted` is whether its plan is not to fix
/// it.
pub(super) fn meant(word: &str, accepted: bool) -> &'static str {
    match word {
        "remediating" => Status::IN_PROGRESS,
        "deviation-requested" => Status::PENDING_APPROVAL,
        "deviation-approved" if accepted => Status::RISK_ACCEPTED,
        "closed" => Status::CLOSED,
        _ => Status::OPEN,
    }
}

fn description(parts: &mut ItemParts, name: &str) -> Option<String> {
    let of_risk = text(&mut parts.risk, "description");
    let description = of_risk.or_else(|| text(&mut parts.item, "description"));
    if let Some(description) = &description {
        drop_if(&mut parts.item, "description", |text| text == description);
    }
    description.filter(|text| text != name && !text.is_empty())
}

fn finding(observation: &mut Object, known: &DocumentObjects, item: &mut Item) {
    let mut origins = list(observation, "origins");
    for wanted in ["tool", "party"] {
        for origin in &mut origins {
            let mut actors = list(origin, "actors");
            for actor in actors.iter_mut().filter(|actor| peek(actor, "type") == Some(wanted)) {
                let uuid = peek(actor, "actor-uuid").unwrap_or_default();
                let name = match wanted {
                    "tool" => known.component(uuid).map(|it| it.name.clone()),
                    _ => known.person(uuid).map(|it| it.name.clone()),
                };
                if item.detector_source.is_none()
                    && let Some(name) = name.filter(|name| !name.is_empty())
                {
                    item.detector_source = Some(name);
                    actor.clear();
                }
            }
            put_back(origin, "actors", actors);
        }
    }
    put_back(observation, "origins", origins);
    let mut subjects = list(observation, "subjects");
    for subject in &mut subjects {
        let uuid = peek(subject, "subject-uuid").unwrap_or_default();
        if let Some(asset) = known.asset(uuid) {
            item.assets.push(asset.to_owned());
        } else if let Some(component) = known.component(uuid) {
            match component.kind.as_str() {
                "service" => item.services.push(component.name.clone()),
                _ => item.assets.push(component.name.clone()),
            }
        } else {
            continue;
        }
        subject.retain(|key, _| !matches!(key.as_str(), "subject-uuid" | "type"));
    }
    put_back(observation, "subjects", subjects);
    let mut documents = list(observation, "relevant-evidence");
    for document in &mut documents {
        evidence(document, known, item);
    }
    put_back(observation, "relevant-evidence", documents);
}

fn evidence(document: &mut Object, known: &DocumentObjects, item: &mut Item) {
    let href = text(document, "href");
    let found = href.as_deref().and_then(|href| known.document(href));
    let inside = href.as_deref().is_some_and(|href| href.starts_with('#'));
    if inside && found.is_none() {
        // A pointer to nothing: the words are all that is left.
        document.extend(href.clone().map(|href| ("href".to_owned(), href.into())));
    }
    let title = found.and_then(|found| found.title.clone());
    let description = text(document, "description").filter(|text| !text.is_empty());
    let location = match found {
        Some(found) => found.location.clone(),
        None => href.filter(|_| !inside),
    };
    let reference = match (description, title) {
        (Some(description), Some(title)) if super::names::line(&description) != title => {
            format!("{title}: {description}")
        }
        (Some(description), _) => description,
        (None, title) => title.or_else(|| location.clone()).unwrap_or_default(),
    };
    if reference.is_empty() {
        return;
    }
    let kind = prop(document, Whose::Ours, "type");
    let collected = own_day(document, "collected");
    item.evidence.push(Evidence { kind, reference, location, collected });
}

fn plan(
    risk: &mut Object,
    known: &DocumentObjects,
    item: &mut Item,
    keys: &mut BTreeMap<u32, String>,
) {
    let mut remediations = list(risk, "remediations");
    let planned = |one: &Object| peek(one, "lifecycle") == Some("planned");
    if let Some(plan) = remediations.iter_mut().find(|one| planned(one)) {
        plan.remove("lifecycle");
        plan.remove("uuid");
        drop_if(plan, "title", |title| title == PLAN_TITLE);
        let words = text(plan, "description");
        item.remediation_plan = words.filter(|text| text != NO_PLAN && !text.is_empty());
        prop(plan, Whose::FedRamp, "type");
        let mut origins = list(plan, "origins");
        for origin in &mut origins {
            let mut actors = list(origin, "actors");
            for actor in &mut actors {
                let owner = person(actor, known).filter(|_| item.point_of_contact.is_none());
                if let Some(owner) = owner {
                    item.point_of_contact = Some(owner);
                    actor.clear();
                }
            }
            put_back(origin, "actors", actors);
        }
        put_back(plan, "origins", origins);
        let mut assets = list(plan, "required-assets");
        let words: Vec<String> =
            assets.iter_mut().filter_map(|asset| text(asset, "description")).collect();
        item.resources_required = Some(words.join("\n")).filter(|text| !text.is_empty());
        assets.iter_mut().for_each(|asset| drop(asset.remove("uuid")));
        put_back(plan, "required-assets", assets);
        let mut tasks = list(plan, "tasks");
        for task in &mut tasks {
            milestone(task, item, keys);
        }
        put_back(plan, "tasks", tasks);
    }
    let empty = |one: &Object| peek(one, "description") == Some(NO_RECOMMENDATION);
    remediations.retain(|one| !empty(one));
    put_back(risk, "remediations", remediations);
}

fn person(actor: &Object, known: &DocumentObjects) -> Option<Person> {
    let found = known.person(peek(actor, "actor-uuid")?)?;
    Some(found.clone()).filter(|person| !person.name.is_empty())
}

fn milestone(task: &mut Object, item: &mut Item, keys: &mut BTreeMap<u32, String>) {
    if peek(task, "type") != Some("milestone") {
        return;
    }
    let number = prop(task, Whose::Ours, "number").and_then(|text| text.parse().ok());
    let next = item.milestones.iter().map(|step| step.id).max().unwrap_or_default() + 1;
    let id = number.unwrap_or(next);
    let title = text(task, "title").unwrap_or_default();
    let words = text(task, "description").filter(|text| !text.is_empty());
    let description = match words {
        Some(words) if title == format!("Milestone {id}") || repeats_title(&title, &words) => words,
        Some(words) => format!("{title}\n\n{words}"),
        None => title,
    };
    let status = prop(task, Whose::Ours, "status").map(Value::String);
    let status = status.and_then(|word| serde_json::from_value(word).ok());
    let due = match task.get_mut("timing") {
        Some(Value::Object(timing)) => due(timing),
        _ => None,
    };
    if task.get("timing").and_then(Value::as_object).is_some_and(Object::is_empty) {
        task.remove("timing");
    }
    if let Some(uuid) = text(task, "uuid") {
        keys.insert(id, uuid);
    }
    task.remove("type");
    item.milestones.push(Milestone {
        status: status.unwrap_or(MilestoneStatus::Pending),
        completed: own_day(task, "completed"),
        evidence: props(task, Whose::Ours, "evidence"),
        ..Milestone::planned(id, description, due)
    });
}

/// Returns whether the description of a task begins with all that its title says.
fn repeats_title(title: &str, words: &str) -> bool {
    let first = words.trim_start().lines().next().unwrap_or_default();
    let plain = |text: &str| text.trim().trim_end_matches(['.', ':']).to_lowercase();
    !plain(title).is_empty() && plain(first) == plain(title)
}

/// Returns the day by which a task is to be done; the start of a range stays where it is another
/// day.
fn due(timing: &mut Object) -> Option<NaiveDate> {
    let (name, member) = match timing.contains_key("on-date") {
        true => ("on-date", "date"),
        false => ("within-date-range", "end"),
    };
    let Some(Value::Object(inner)) = timing.get_mut(name) else { return None };
    let day = day(inner, member);
    if inner.is_empty() {
        timing.remove(name);
    }
    day
}

/// Reads the log: how many entries repeat commits, and the last check-in with a vendor that others
/// show of.
fn log(risk: &mut Object, item: &mut Item) -> (usize, Option<NaiveDate>) {
    let Some(Value::Object(log)) = risk.get_mut("risk-log") else { return (0, None) };
    let mut entries = list(log, "entries");
    let mut events = 0;
    let mut check_in = None;
    for entry in &mut entries {
        if prop(entry, Whose::Ours, "action").is_some() {
            events += 1;
            entry.clear();
            continue;
        }
        let start = peek(entry, "start").and_then(day_of);
        let is_check_in = entry.get("props").and_then(Value::as_array).is_some_and(|props| {
            props.iter().any(|prop| prop.get("value").is_some_and(|it| it == "vendor-check-in"))
        });
        if is_check_in {
            check_in = check_in.max(start);
        }
        if peek(entry, "status-change") == Some("closed") && item.status == Status::CLOSED {
            item.completion_date = start;
            let members = ["uuid", "start", "status-change"];
            drop_if(entry, "title", |title| title == CLOSED_TITLE);
            entry.retain(|key, _| !members.contains(&key.as_str()));
        }
    }
    put_back(log, "entries", entries);
    if log.is_empty() {
        risk.remove("risk-log");
    }
    (events, check_in)
}

fn vendor(
    parts: &mut ItemParts,
    known: &DocumentObjects,
    item: &mut Item,
    check_in: Option<NaiveDate>,
) {
    let state = prop(&mut parts.risk, Whose::FedRamp, "vendor-dependency");
    let of_vendor = |one: &&mut Object| types(one).any(|kind| kind == "vendor-dependency");
    let mut observation = parts.observations.iter_mut().find(of_vendor);
    if state.is_none() && observation.is_none() {
        return;
    }
    let mut dependency = VendorDependency {
        vendor: None,
        product: None,
        last_check_in: check_in,
        fix_released: None,
    };
    if let Some(observation) = observation.as_mut() {
        let own = own_day(observation, "last-check-in");
        dependency.last_check_in = own.or(check_in);
        dependency.fix_released = own_day(observation, "fix-released");
        let mut subjects = list(observation, "subjects");
        for subject in &mut subjects {
            let uuid = peek(subject, "subject-uuid").unwrap_or_default();
            let Some(component) = known.component(uuid) else { continue };
            dependency.vendor = component.vendor.clone();
            let plain = Some(component.name.clone()).filter(|_| component.vendor.is_none());
            dependency.product = component.product.clone().or(plain);
            subject.clear();
        }
        put_back(observation, "subjects", subjects);
    }
    // That a fix is there, and not since when, is worth keeping.
    if let Some(state) = state.filter(|state| state != "tracking")
        && dependency.fix_released.is_none()
    {
        parts.risk.insert("vendor-dependency".to_owned(), state.into());
    }
    item.vendor_dependency = Some(Box::new(dependency));
}

fn deviations(
    parts: &mut ItemParts,
    known: &DocumentObjects,
    item: &mut Item,
    adjusted: Option<RiskRating>,
) {
    let kinds = [
        DeviationType::RiskAdjustment,
        DeviationType::FalsePositive,
        DeviationType::OperationalRequirement,
    ];
    let state = |word: &str| match word {
        "approved" => Some(DeviationState::Approved),
        "pending" | "investigating" => Some(DeviationState::Pending),
        "denied" => Some(DeviationState::Denied),
        "withdrawn" => Some(DeviationState::Withdrawn),
        _ => None,
    };
    let said = kinds.map(|kind| {
        prop(&mut parts.risk, Whose::FedRamp, kind.as_str()).and_then(|word| state(&word))
    });
    for observation in &mut parts.observations {
        let kind = kinds.iter().position(|kind| types(observation).any(|it| it == kind.as_str()));
        let Some(at) = kind else { continue };
        let own = prop(observation, Whose::Ours, "state").and_then(|word| state(&word));
        let Some(state) = own.or(said[at]) else { continue };
        let rationale = text(observation, "description");
        let approver = approver(observation, known);
        let rating = prop(observation, Whose::Ours, "adjusted-risk-rating");
        let rating = rating.and_then(|text| text.parse().ok());
        let adjusted =
            adjusted.filter(|_| kinds[at] == DeviationType::RiskAdjustment && own.is_none());
        item.deviations.push(Deviation {
            kind: kinds[at],
            state,
            adjusted_risk_rating: rating.or(adjusted),
            rationale: rationale.filter(|text| text != NO_RATIONALE && !text.is_empty()),
            request: prop(observation, Whose::Ours, "request"),
            requested: own_day(observation, "requested"),
            approver,
            decided: own_day(observation, "decided"),
            questions: Vec::new(),
        });
    }
    for (kind, state) in kinds.into_iter().zip(said) {
        let Some(state) = state.filter(|_| item.deviation(kind).is_none()) else { continue };
        item.deviations.push(Deviation {
            kind,
            state,
            adjusted_risk_rating: adjusted.filter(|_| kind == DeviationType::RiskAdjustment),
            rationale: None,
            request: None,
            requested: None,
            approver: None,
            decided: None,
            questions: Vec::new(),
        });
    }
    let mut factors = list(&mut parts.risk, "mitigating-factors");
    for factor in &mut factors {
        let words = peek(factor, "description");
        let known = |text: &str| {
            text == NO_RATIONALE
                || item.deviations.iter().any(|one| one.rationale.as_deref() == Some(text))
        };
        if words.is_some_and(known) {
            factor.remove("description");
            factor.remove("uuid");
        }
    }
    put_back(&mut parts.risk, "mitigating-factors", factors);
}

fn approver(observation: &mut Object, known: &DocumentObjects) -> Option<Person> {
    let mut origins = list(observation, "origins");
    let mut approver = None;
    for origin in &mut origins {
        let mut actors = list(origin, "actors");
        for actor in &mut actors {
            let decides = peek(actor, "role-id") == Some(super::names::APPROVER);
            if let Some(found) = person(actor, known).filter(|_| decides) {
                approver = Some(found);
                actor.clear();
            }
        }
        put_back(origin, "actors", actors);
    }
    put_back(observation, "origins", origins);
    approver
}

/// Fields that travel beside OSCAL: a property of ours with the name of a field holds it as JSON.
fn with_own_fields(item: Item, poam_item: &mut Object) -> Result<Item, String> {
    let mut given: Vec<(&str, Value)> = Vec::new();
    for field in Item::FIELDS {
        if let Some(text) = prop(poam_item, Whose::Ours, field) {
            let value = serde_json::from_str(&text)
                .map_err(|error| format!("property `{field}` is not JSON: {error}"))?;
            given.push((field, value));
        }
    }
    if given.is_empty() {
        return Ok(item);
    }
    let mut value = serde_json::to_value(&item).map_err(|error| error.to_string())?;
    if let Value::Object(map) = &mut value {
        for (field, value) in given {
            if value.is_null() {
                drop(map.remove(field))
            } else {
                drop(map.insert(field.to_owned(), value))
            }
        }
    }
    Item::deserialize_from(&value)
}

/// Returns the fields of an item that reading its own parts does not give back, for a property
/// each.
pub(super) fn not_carried(item: &Item, read: &Item) -> Vec<(&'static str, String)> {
    if item == read {
        return Vec::new();
    }
    let [wanted, got] = [item, read].map(|it| serde_json::to_value(it).unwrap_or_default());
    let differs = |field: &&str| wanted.get(*field) != got.get(*field);
    let json = |field: &'static str| {
        (field, on_one_line(wanted.get(field).unwrap_or(&Value::Null).to_string()))
    };
    Item::FIELDS.into_iter().filter(differs).map(json).collect()
}

/// Collects the parts that were not understood, by name.
fn left(mut parts: ItemParts, item: &Item) -> Object {
    let mut left = Object::new();
    for name in ["related-observations", "related-risks"] {
        parts.item.remove(name);
    }
    parts.risk.remove("related-observations");
    drop_if(&mut parts.risk, "statement", |text| text == NO_STATEMENT || text.is_empty());
    drop_if(&mut parts.item, "title", |text| {
        text == item.weakness_name || text == super::names::line(&item.weakness_name)
    });
    parts.risk.remove("uuid");
    if parts.own || peek(&parts.item, "uuid") == Some(item.id.as_str()) {
        parts.item.remove("uuid");
    }
    for observation in &mut parts.observations {
        observation.remove("uuid");
        drop_if(observation, "description", str::is_empty);
        if parts.own {
            let ours = ["title", "description", "methods", "types", "collected"];
            observation.retain(|key, _| !ours.contains(&key.as_str()));
        }
    }
    parts.observations.retain(|it| !it.is_empty());
    let observations: Vec<Value> = parts.observations.into_iter().map(Value::Object).collect();
    for (name, value) in [
        ("poam-item", Value::Object(parts.item)),
        ("risk", Value::Object(parts.risk)),
        ("observations", json!(observations)),
    ] {
        let empty = value.as_object().is_some_and(Object::is_empty)
            || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            left.insert(name.to_owned(), value);
        }
    }
    left
}
