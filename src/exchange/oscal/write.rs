//! An OSCAL document, written piece by piece.
//!
//! The lists of a document are in the order of the schema, so that the parts of an item are in
//! four places. They are made four times, a block of items at a time, instead of retained: memory does
//! not grow with the document.

use std::borrow::Cow;
use std::io::Write;

use chrono::NaiveDate;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::ids::SystemIds;
use super::names::{
    APPROVER, FEDRAMP_VERSION, NIST, OURS, OscalVersion, PROFILE, UUID_TYPE, line, moment,
};
use super::parts::{DocumentFrame, out_of_range};
use super::shared::Shared;
use super::types::{Prop, Resource, Rlink};
use crate::exchange::content::in_order;
use crate::history::History;
use crate::model::{Item, ItemId};
use crate::settings::{ProfileName, Settings};
use crate::store::{Store, Stored};

/// Reasons why no OSCAL document can be written.
#[derive(Debug, thiserror::Error)]
pub enum OscalError {
    /// OSCAL wants at least one item.
    #[error(
        "the tracker has no items, and OSCAL wants at least one `poam-item`: there is nothing to write yet"
    )]
    Empty,
    /// Two items with one id would be one part.
    #[error("the id `{0}` stands in two files: mend that first")]
    Twice(ItemId),
    /// A date that OSCAL's times cannot state.
    #[error(
        "{id}: {field}: {date} cannot be written in OSCAL (1900 to 2999, no 29 February before 2000)"
    )]
    OutOfRange {
        /// The item.
        id: ItemId,
        /// The field.
        field: String,
        /// The date.
        date: NaiveDate,
    },
    /// A part cannot be written as JSON.
    #[error("writing JSON")]
    Json(#[from] serde_json::Error),
    /// The file cannot be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Items whose parts are made and written together.
const BLOCK: usize = 256;

/// Bytes that the parts of an item often have.
const TEXT: usize = 4096;

/// Writes a tracker as an OSCAL POA&M in JSON: one part of an item a line, so that two documents
/// can be compared line by line.
///
/// Nothing but the arguments is looked at: the time of the document is that of the commit.
pub fn oscal(
    store: &Store,
    settings: &Settings,
    history: &History,
    version: OscalVersion,
    out: &mut dyn Write,
) -> Result<(), OscalError> {
    let items: Vec<&Item> =
        in_order(store).into_iter().map(|stored: &Stored| &stored.item).collect();
    check(&items, settings, history)?;
    let ids = SystemIds::new(&settings.system);
    let mut shared = Shared::default();
    shared.take_provider(&ids, settings.system.provider.as_deref());
    for item in &items {
        shared.take_item(&ids, item);
        for event in history.events_of(&item.id) {
            shared.take_event(&ids, event);
        }
    }
    let actors = std::mem::take(&mut shared.actors);
    let frame = DocumentFrame { ids, version, settings, history, actors };
    out.write_all(b"{\"plan-of-action-and-milestones\":{\n")?;
    member(out, "uuid", &ids.part(&["document", &commit(history), version.as_str()]))?;
    out.write_all(b",\n")?;
    metadata(out, &frame, &shared)?;
    if settings.system.ssp.is_some() {
        member(out, "import-ssp", &json!({"href": format!("#{}", ids.part(&["ssp"]))}))?;
        out.write_all(b",\n")?;
    }
    let (kind, id) = match &settings.system.id {
        Some(id) => (version.fedramp_system(), line(id).into_owned()),
        None => (UUID_TYPE, ids.system().to_string()),
    };
    member(out, "system-id", &json!({"identifier-type": kind, "id": id}))?;
    out.write_all(b",\n")?;
    local_definitions(out, &shared)?;
    blocks(out, "observations", &items, |item| frame.observations(item))?;
    out.write_all(b",\n")?;
    blocks(out, "risks", &items, |item| [frame.risk(item)])?;
    out.write_all(b",\n")?;
    blocks(out, "poam-items", &items, |item| [frame.whole_poam_item(item)])?;
    back_matter(out, &frame, &items)?;
    out.write_all(b"\n}}\n")?;
    Ok(())
}

fn commit(history: &History) -> String {
    history.head.map(|commit| commit.to_string()).unwrap_or_default()
}

fn check(items: &[&Item], settings: &Settings, history: &History) -> Result<(), OscalError> {
    if items.is_empty() {
        return Err(OscalError::Empty);
    }
    let mut seen = std::collections::HashSet::new();
    for item in items {
        if !seen.insert(&item.id) {
            return Err(OscalError::Twice(item.id.clone()));
        }
        if let Some((field, date)) = out_of_range(item, history.permanent(item), settings) {
            return Err(OscalError::OutOfRange { id: item.id.clone(), field, date });
        }
    }
    Ok(())
}

fn member(out: &mut dyn Write, name: &str, value: &impl Serialize) -> Result<(), OscalError> {
    write!(out, "\"{name}\":")?;
    serde_json::to_writer(out, value)?;
    Ok(())
}

/// Returns a list, one entry a line.
fn lines<T: Serialize>(
    out: &mut dyn Write,
    name: &str,
    entries: impl Iterator<Item = T>,
) -> Result<(), OscalError> {
    write!(out, "\"{name}\":[")?;
    for (at, entry) in entries.enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &entry)?;
    }
    out.write_all(b"\n]")?;
    Ok(())
}

/// Returns a list with parts of every item, made block by block on all cores.
fn blocks<'a, T: Serialize, P: IntoIterator<Item = T>>(
    out: &mut dyn Write,
    name: &str,
    items: &[&'a Item],
    parts: impl Fn(&'a Item) -> P + Sync,
) -> Result<(), OscalError> {
    write!(out, "\"{name}\":[")?;
    // Each part with the comma and the line before it.
    let text = |item: &&'a Item| -> serde_json::Result<Vec<u8>> {
        let mut text = Vec::with_capacity(TEXT);
        for part in parts(item) {
            text.extend_from_slice(b",\n");
            serde_json::to_writer(&mut text, &part)?;
        }
        Ok(text)
    };
    let mut first = true;
    for block in items.chunks(BLOCK) {
        let texts: Vec<Vec<u8>> = block.par_iter().map(text).collect::<Result<_, _>>()?;
        for text in texts.iter().filter(|text| !text.is_empty()) {
            out.write_all(if first { &text[1..] } else { text })?;
            first = false;
        }
    }
    out.write_all(b"\n]")?;
    Ok(())
}

fn metadata(
    out: &mut dyn Write,
    frame: &DocumentFrame<'_>,
    shared: &Shared<'_>,
) -> Result<(), OscalError> {
    let system = &frame.settings.system;
    let of = system.name.as_deref().map(|name| format!(" of {}", line(name))).unwrap_or_default();
    let commit = commit(frame.history);
    out.write_all(b"\"metadata\":{\n")?;
    member(out, "title", &format!("Plan of Action and Milestones (POA&M){of}"))?;
    let time = moment(frame.history.head_time.unwrap_or_default());
    // FedRAMP's metaschema constraints ask for it; they are for OSCAL 1.1 and later.
    let with_constraints = frame.version != OscalVersion::V104;
    if with_constraints {
        out.write_all(b",\n")?;
        member(out, "published", &time)?;
    }
    for (name, value) in [
        ("last-modified", time),
        ("version", commit.clone()),
        ("oscal-version", frame.version.as_str().to_owned()),
    ] {
        out.write_all(b",\n")?;
        member(out, name, &Some(value).filter(|it| !it.is_empty()).unwrap_or_else(|| "-".into()))?;
    }
    let mut props = Vec::new();
    if !commit.is_empty() {
        props.push(Prop::new(OURS, "commit", commit));
    }
    // The mark by which reading knows what the program states by itself.
    props.push(Prop::new(OURS, "generator", "poam"));
    // FedRAMP's names stand for what OSCAL has none for, whatever the framework: this tells a checker.
    let profile = frame.settings.profile.name;
    if profile != ProfileName::FedrampRev5 {
        props.push(Prop::new(OURS, PROFILE, profile.to_string()));
    }
    if with_constraints {
        props.push(Prop::new(frame.version.fedramp(), "fedramp-version", FEDRAMP_VERSION));
        if let Some(marking) = &system.marking {
            props.push(Prop::new(NIST, "marking", line(marking).into_owned()));
        }
    }
    out.write_all(b",\n")?;
    member(out, "props", &props)?;
    let roles = json!([
        {"id": "cloud-service-provider", "title": "Cloud Service Provider (CSP)"},
        {"id": "prepared-by", "title": "Prepared By"},
        {"id": APPROVER, "title": "Approver of Deviations"},
    ]);
    let provider = super::shared::provider(&frame.ids);
    let responsible = json!([
        {"role-id": "cloud-service-provider", "party-uuids": [provider.to_string()]},
        {"role-id": "prepared-by", "party-uuids": [provider.to_string()]},
    ]);
    out.write_all(b",\n")?;
    member(out, "roles", &roles)?;
    out.write_all(b",\n")?;
    lines(out, "parties", shared.parties.values())?;
    out.write_all(b",\n")?;
    member(out, "responsible-parties", &responsible)?;
    out.write_all(b"\n},\n")?;
    Ok(())
}

fn local_definitions(out: &mut dyn Write, shared: &Shared<'_>) -> Result<(), OscalError> {
    if shared.components.is_empty() && shared.assets.is_empty() {
        return Ok(());
    }
    out.write_all(b"\"local-definitions\":{\n")?;
    if !shared.components.is_empty() {
        lines(out, "components", shared.components.values())?;
    }
    if !shared.assets.is_empty() {
        out.write_all(if shared.components.is_empty() { b"" } else { b",\n" })?;
        lines(out, "inventory-items", shared.assets.values())?;
    }
    out.write_all(b"\n},\n")?;
    Ok(())
}

fn back_matter(
    out: &mut dyn Write,
    frame: &DocumentFrame<'_>,
    items: &[&Item],
) -> Result<(), OscalError> {
    let ssp = frame.settings.system.ssp.as_deref();
    let evidence = items.iter().any(|item| !item.evidence.is_empty());
    if ssp.is_none() && !evidence {
        return Ok(());
    }
    out.write_all(b",\n\"back-matter\":{\n\"resources\":[")?;
    let ssp = ssp.map(|href| Resource {
        uuid: frame.ids.part(&["ssp"]),
        title: Cow::Borrowed("System Security Plan"),
        props: vec![Prop::new(frame.version.fedramp(), "type", "system-security-plan")],
        rlinks: vec![Rlink {
            href,
            // FedRAMP's check knows these two.
            media_type: Some(if href.ends_with(".xml") { "text/xml" } else { "application/json" }),
        }],
    });
    let of_items = items.iter().flat_map(|item| frame.resources(item));
    for (at, resource) in ssp.into_iter().chain(of_items).enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &resource)?;
    }
    out.write_all(b"\n]\n}")?;
    Ok(())
}
