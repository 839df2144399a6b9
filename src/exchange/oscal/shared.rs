//! Objects that items share: people, scanners, products, services, assets.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::ids::{Id, SystemIds};
use super::names::{OURS, is_mail, line, value};
use super::types::{Component, InventoryItem, Party, Prop, State};
use crate::history::{Actor, Event};
use crate::model::{Item, Person, VendorDependency};

pub(super) fn tool(ids: &SystemIds, name: &str) -> Id {
    ids.part(&["tool", name])
}

pub(super) fn service(ids: &SystemIds, name: &str) -> Id {
    ids.part(&["service", name])
}

pub(super) fn asset(ids: &SystemIds, name: &str) -> Id {
    ids.part(&["asset", name])
}

/// Returns the product that an item waits for; none where neither product nor vendor is named.
pub(super) fn product(ids: &SystemIds, dependency: &VendorDependency) -> Option<Id> {
    let (vendor, product) = (dependency.vendor.as_deref(), dependency.product.as_deref());
    vendor.or(product)?;
    Some(ids.part(&["product", vendor.unwrap_or_default(), product.unwrap_or_default()]))
}

pub(super) fn provider(ids: &SystemIds) -> Id {
    ids.part(&["provider"])
}

pub(super) fn person(ids: &SystemIds, person: &Person) -> Id {
    let rest = [&person.email, &person.role].map(|it| it.as_deref().unwrap_or_default());
    ids.part(&["person", &person.name, rest[0], rest[1]])
}

/// The identifiers of those who did something. Few people do it all, so each is computed once.
#[derive(Default)]
pub(super) struct Actors<'a> {
    known: HashMap<(&'a str, &'a str), Id>,
}

impl<'a> Actors<'a> {
    /// Returns the identifier of somebody, and whether it is new here.
    fn take(&mut self, ids: &SystemIds, actor: &'a Actor) -> (Id, bool) {
        match self.known.entry((&actor.name, &actor.email)) {
            Entry::Occupied(entry) => (*entry.get(), false),
            Entry::Vacant(entry) => (*entry.insert(actor_id(ids, actor)), true),
        }
    }

    pub(super) fn id(&self, ids: &SystemIds, actor: &Actor) -> Id {
        let known = self.known.get(&(actor.name.as_str(), actor.email.as_str()));
        known.copied().unwrap_or_else(|| actor_id(ids, actor))
    }
}

fn actor_id(ids: &SystemIds, actor: &Actor) -> Id {
    ids.part(&["person", &actor.name, &actor.email, ""])
}

/// Objects that the items of a document share, each once, in the order of their identifiers.
#[derive(Default)]
pub(super) struct Shared<'a> {
    pub(super) parties: BTreeMap<Id, Party<'a>>,
    pub(super) components: BTreeMap<Id, Component<'a>>,
    pub(super) assets: BTreeMap<Id, InventoryItem<'a>>,
    pub(super) actors: Actors<'a>,
}

impl<'a> Shared<'a> {
    pub(super) fn take_item(&mut self, ids: &SystemIds, item: &'a Item) {
        let approvers = item.deviations.iter().filter_map(|one| one.approver.as_ref());
        for one in item.point_of_contact.iter().chain(approvers) {
            let (email, role) = (one.email.as_deref(), one.role.as_deref());
            let uuid = person(ids, one);
            self.parties.entry(uuid).or_insert_with(|| party(uuid, &one.name, email, role));
        }
        let mut component = |uuid: Id, kind: &'a str, title: &'a str| {
            self.components.entry(uuid).or_insert_with(|| Component {
                uuid,
                kind,
                title: line(title),
                description: title,
                props: Vec::new(),
                status: State { state: "operational" },
            });
        };
        if let Some(name) = &item.detector_source {
            component(tool(ids, name), "software", name);
        }
        for name in &item.services {
            component(service(ids, name), "service", name);
        }
        if let Some(dependency) = &item.vendor_dependency
            && let Some(uuid) = product(ids, dependency)
        {
            let vendor = dependency.vendor.as_deref();
            let name = dependency.product.as_deref();
            let vendor_prop =
                vendor.and_then(value).map(|text| Prop::new(OURS, "vendor-name", text));
            let name_prop = name.and_then(value).map(|text| Prop::new(OURS, "product-name", text));
            let title = name.or(vendor).unwrap_or_default();
            self.components.entry(uuid).or_insert_with(|| Component {
                uuid,
                kind: "software",
                title: line(title),
                description: title,
                props: vendor_prop.into_iter().chain(name_prop).collect(),
                status: State { state: "operational" },
            });
        }
        for name in &item.assets {
            let uuid = asset(ids, name);
            let id = value(name).map(|text| Prop::new("", "asset-id", text));
            self.assets.entry(uuid).or_insert_with(|| InventoryItem {
                uuid,
                description: name,
                props: id.into_iter().collect(),
            });
        }
    }

    pub(super) fn take_event(&mut self, ids: &SystemIds, event: &'a Event) {
        let Some(actor) = &event.actor else { return };
        let (uuid, is_new) = self.actors.take(ids, actor);
        if !is_new {
            return;
        }
        let email = Some(actor.email.as_str());
        self.parties.entry(uuid).or_insert_with(|| party(uuid, &actor.name, email, None));
    }

    pub(super) fn take_provider(&mut self, ids: &SystemIds, name: Option<&'a str>) {
        let uuid = provider(ids);
        let name = name.map_or(Cow::Borrowed("Cloud service provider"), line);
        let (props, email_addresses) = (Vec::new(), Vec::new());
        self.parties
            .insert(uuid, Party { uuid, kind: "organization", name, props, email_addresses });
    }
}

fn party<'a>(uuid: Id, name: &'a str, email: Option<&'a str>, role: Option<&'a str>) -> Party<'a> {
    let title = role.and_then(value).map(|role| Prop::new("", "job-title", role));
    Party {
        uuid,
        kind: "person",
        name: line(name),
        props: title.into_iter().collect(),
        email_addresses: email.filter(|text| is_mail(text)).into_iter().collect(),
    }
}
