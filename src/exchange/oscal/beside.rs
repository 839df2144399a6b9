//! The fields of an item that its parts in OSCAL do not carry, and that travel beside them.

use serde::Serialize;
use serde_json::Value;

use super::known::DocumentObjects;
use super::names::{NO_PLAN, OURS, control_ids, control_of, is_mail, is_reference, value};
use super::parts::{DocumentFrame, deadline, risk_status};
use super::read::{Given, ItemParts, meant, not_carried, read};
use super::shared::Shared;
use super::take::Object;
use super::types::{PoamItem, Prop};
use crate::model::{Evidence, Item, Kind, Milestone, Person};

impl<'a> DocumentFrame<'a> {
    /// Returns the item of the plan, with a property of ours for each field that its parts do not
    /// carry: what they carry is what reading them gives back.
    pub(super) fn whole_poam_item(&self, item: &'a Item) -> PoamItem<'a> {
        let mut poam_item = self.poam_item(item);
        let beside = match self.surely_beside(item) {
            Some(beside) => beside,
            None => self.found_beside(item, &poam_item),
        };
        poam_item
            .props
            .extend(beside.into_iter().map(|(field, json)| Prop::new(OURS, field, json)));
        poam_item
    }

    /// Returns the fields by reading the parts back: always right, and slow.
    pub(super) fn found_beside(
        &self,
        item: &'a Item,
        poam_item: &PoamItem<'a>,
    ) -> Vec<(&'static str, String)> {
        let object = |value: serde_json::Result<Value>| match value {
            Ok(Value::Object(object)) => object,
            _ => Object::new(),
        };
        let mut shared = Shared::default();
        shared.take_item(&self.ids, item);
        let mut known = DocumentObjects::default();
        let values = |known: &mut DocumentObjects| -> serde_json::Result<()> {
            for party in shared.parties.values() {
                known.take_party(&serde_json::to_value(party)?);
            }
            for component in shared.components.values() {
                known.take_component(&serde_json::to_value(component)?);
            }
            for asset in shared.assets.values() {
                known.take_asset(&serde_json::to_value(asset)?);
            }
            for resource in self.resources(item) {
                known.take_document(&serde_json::to_value(resource)?);
            }
            Ok(())
        };
        let parts = ItemParts {
            item: object(serde_json::to_value(poam_item)),
            risk: object(serde_json::to_value(self.risk_without_events(item))),
            observations: self
                .observations(item)
                .iter()
                .map(|observation| object(serde_json::to_value(observation)))
                .collect(),
            own: true,
        };
        let given = Given { detected: None, rating: None };
        let read = values(&mut known).ok().and_then(|()| read(parts, &known, &given).ok());
        match &read {
            Some(read) => not_carried(item, &read.item),
            // Nothing came back, so that everything travels beside.
            None => not_carried(
                item,
                &Item::new(
                    item.id.clone(),
                    String::new(),
                    item.status.clone(),
                    item.original_detection_date,
                    item.original_risk_rating,
                ),
            ),
        }
    }

    /// Computes the fields without reading back, for items whose texts all come back beyond doubt,
    /// as most do; `None` in any doubt.
    pub(super) fn surely_beside(&self, item: &Item) -> Option<Vec<(&'static str, String)>> {
        let permanent = self.permanent(item);
        if !comes_back(item) || permanent.differ_from(item) {
            return None;
        }
        let closed = self.settings.workflow.is_closed(&item.status);
        let word = risk_status(&item.status, closed);
        let status_comes_back =
            meant(word, self.settings.is_accepted(item)) == item.status.as_str();
        let rating = item.original_risk_rating;
        let kev_comes_back = item.kev.as_ref().is_none_or(|kev| kev.listed);
        let mut beside = Beside::default();
        beside.put("kind", item.kind != Kind::Weakness, &item.kind)?;
        beside.put("mappings", !item.mappings.is_empty(), &item.mappings)?;
        beside.put("partly_met", !item.partly_met.is_empty(), &item.partly_met)?;
        beside.put("original_finding", item.original_finding.is_some(), &item.original_finding)?;
        beside.put("kev", !kev_comes_back, &item.kev)?;
        let scheduled = &item.scheduled_completion_date;
        // The document always has a deadline, which may be another day.
        let deadline = deadline(item, permanent, self.settings);
        beside.put("scheduled_completion_date", *scheduled != Some(deadline), scheduled)?;
        beside.put("original_risk_rating", rating.in_workbook() != rating, &rating)?;
        beside.put("status", !status_comes_back, &item.status)?;
        beside.put("risk_acceptance", item.risk_acceptance.is_some(), &item.risk_acceptance)?;
        beside.put("deferral", item.deferral.is_some(), &item.deferral)?;
        beside.put("dependencies", !item.dependencies.is_empty(), &item.dependencies)?;
        beside.put("successor_of", item.successor_of.is_some(), &item.successor_of)?;
        beside.put("exposure", item.exposure.is_some(), &item.exposure)?;
        beside.put("ver", item.ver.is_some(), &item.ver)?;
        beside.put("sensitive", !item.sensitive.is_empty(), &item.sensitive)?;
        beside.put("change_ticket", item.change_ticket.is_some(), &item.change_ticket)?;
        let completed = &item.completion_date;
        // The log of a closed risk says when.
        beside.put("completion_date", completed.is_some() && !closed, completed)?;
        beside.put("reviews", !item.reviews.is_empty(), &item.reviews)?;
        beside.put("review", item.review.is_some(), &item.review)?;
        beside.put("allow", !item.allow.is_empty(), &item.allow)?;
        beside.put("extra", !item.extra.is_empty(), &item.extra)?;
        Some(beside.fields)
    }
}

/// Fields with their JSON.
#[derive(Default)]
struct Beside {
    fields: Vec<(&'static str, String)>,
}

impl Beside {
    fn put(&mut self, field: &'static str, wanted: bool, value: &impl Serialize) -> Option<()> {
        if wanted {
            self.fields.push((field, on_one_line(serde_json::to_string(value).ok()?)));
        }
        Some(())
    }
}

/// Writes JSON as the value of a property: all other breaks of a line are escapes already.
pub(super) fn on_one_line(json: String) -> String {
    if !json.contains(['\u{2028}', '\u{2029}']) {
        return json;
    }
    json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Returns whether every text in the parts reads back unchanged.
fn comes_back(item: &Item) -> bool {
    let same = |text: &str| value(text).is_some();
    let words = |text: &Option<String>| text.as_ref().is_none_or(|text| !text.is_empty());
    let controls: Vec<String> =
        control_ids(&item.controls).iter().map(|id| control_of(id)).collect();
    let name = &item.weakness_name;
    item.deviations.is_empty()
        && item.vendor_dependency.is_none()
        && same(item.id.as_str())
        && same(name)
        && words(&item.weakness_description)
        && item.weakness_description.as_ref() != Some(name)
        && item.controls == controls
        && item.detector_source.as_deref().is_none_or(same)
        && item.source_identifier.as_deref().is_none_or(same)
        && [&item.cves, &item.assets, &item.services].into_iter().flatten().all(|it| same(it))
        && item.point_of_contact.as_ref().is_none_or(person_comes_back)
        && words(&item.resources_required)
        && words(&item.remediation_plan)
        && item.remediation_plan.as_deref() != Some(NO_PLAN)
        && item.milestones.iter().all(milestone_comes_back)
        && item.evidence.iter().all(evidence_comes_back)
        && words(&item.comments)
}

fn person_comes_back(person: &Person) -> bool {
    value(&person.name).is_some()
        && person.email.as_deref().is_none_or(is_mail)
        && person.role.as_deref().is_none_or(|role| value(role).is_some())
}

fn milestone_comes_back(step: &Milestone) -> bool {
    !step.description.is_empty()
        && step.evidence.iter().all(|one| value(one).is_some())
        && step.owner.is_none()
        && step.notes.is_empty()
}

fn evidence_comes_back(one: &Evidence) -> bool {
    let same = |text: &str| value(text).is_some();
    same(&one.reference)
        && one.kind.as_deref().is_none_or(same)
        && one.location.as_deref().is_none_or(|text| is_reference(text) || same(text))
}
