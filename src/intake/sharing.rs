//! Shares the assets of a finding among the items that have it.
//!
//! An item gets the assets that it lists; the first one, or one without assets, those that none lists. A
//! person who accepted a risk, deferred an item or approved a deviation decided about the assets that the
//! item lists: other assets with the weakness are no part of that decision.

use std::collections::{BTreeMap, BTreeSet};

use poam_scans::Asset;

use super::asset_name::{artifact_base, asset_key, asset_name, comparable_asset, key_of_asset};
use super::clean::family_of;
use super::finding::Finding;
use super::index::{ItemsOfFinding, item_keys};
use crate::model::{DeviationState, DeviationType, Item};
use crate::settings::Settings;
use crate::store::Stored;

/// The assets of a finding by the items that are about them.
#[derive(Default)]
pub(super) struct SharedAssets<'a> {
    /// Open items with their assets. An item of which no asset was found is absent.
    pub(super) open: Vec<(&'a Stored, BTreeSet<Asset>)>,
    /// Closed items with an approved false positive, with their assets.
    pub(super) false_positives: Vec<(&'a Stored, BTreeSet<Asset>)>,
    /// Items with a decision, and assets that are other releases of what they list.
    pub(super) releases: Vec<(&'a Stored, BTreeSet<Asset>)>,
    /// Items with a decision that does not name assets of the rest.
    pub(super) beside: Vec<&'a Stored>,
    /// Assets that no item is about.
    pub(super) rest: BTreeSet<Asset>,
}

/// Relation of an asset to those that an item lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AssetRelation {
    /// The item lists it.
    Listed,
    /// The item lists another release of it.
    OtherRelease,
    /// The item lists no assets at all.
    NoneListed,
    /// The item lists other assets.
    Other,
}

/// An item of a finding, as far as it matters for sharing.
struct ShareCandidate<'a> {
    stored: &'a Stored,
    possible: BTreeSet<Asset>,
    is_decided: bool,
    is_open: bool,
    listed: ListedAssets,
    share: BTreeSet<Asset>,
}

/// Returns the decision of a person about an item, in words. It holds for the assets that the item lists.
pub(super) fn decision(item: &Item, settings: &Settings) -> Option<String> {
    if !settings.workflow.is_closed(&item.status)
        && (settings.is_accepted(item) || settings.is_deferred(item))
    {
        return Some(item.status.to_string());
    }
    let approved = |kind: &DeviationType| {
        item.deviation(*kind).is_some_and(|deviation| deviation.state == DeviationState::Approved)
    };
    let kind = DeviationType::ALL.into_iter().find(approved)?;
    let name = match kind {
        DeviationType::RiskAdjustment => "an approved risk adjustment",
        DeviationType::FalsePositive => "an approved false positive",
        DeviationType::OperationalRequirement => "an approved operational requirement",
    };
    Some(name.to_owned())
}

/// Shares the assets of a finding; nothing where no item is open or an approved false positive. `artifacts`
/// are the families of detectors that name images and packages with their release.
pub(super) fn share<'a>(
    finding: &Finding,
    items: &ItemsOfFinding<'a>,
    settings: &Settings,
    artifacts: &BTreeSet<String>,
) -> SharedAssets<'a> {
    let mut shared = SharedAssets::default();
    if items.open.is_empty() && items.false_positives.is_empty() {
        return shared;
    }
    if let ([only], []) = (items.open.as_slice(), items.false_positives.as_slice())
        && decision(&only.item, settings).is_none()
    {
        let found = finding.assets_of(&item_keys(&only.item, &settings.scan));
        shared.open.push((*only, found));
        return shared;
    }
    let is_artifact = finding.methods.iter().any(|method| artifacts.contains(family_of(method)));
    let candidate = |stored: &'a Stored, is_open: bool| ShareCandidate {
        stored,
        possible: finding.assets_of(&item_keys(&stored.item, &settings.scan)),
        is_decided: !is_open || decision(&stored.item, settings).is_some(),
        is_open,
        listed: ListedAssets::new(&stored.item),
        share: BTreeSet::new(),
    };
    let open = items.open.iter().map(|stored| candidate(stored, true));
    let closed = items.false_positives.iter().map(|stored| candidate(stored, false));
    let mut candidates: Vec<ShareCandidate<'a>> = open.chain(closed).collect();
    for asset in finding.assets.keys() {
        let may: Vec<(usize, AssetRelation)> = candidates
            .iter()
            .enumerate()
            .filter(|(_, candidate)| candidate.possible.contains(asset))
            .map(|(at, candidate)| {
                (at, candidate.listed.relation(asset, candidate.is_decided, is_artifact))
            })
            .collect();
        let of = |is_decided: bool, relation: AssetRelation| {
            let candidates = &candidates;
            may.iter()
                .filter(move |(at, own)| {
                    candidates[*at].is_decided == is_decided && *own == relation
                })
                .map(|(at, _)| *at)
                .collect::<Vec<usize>>()
        };
        let listed = [of(false, AssetRelation::Listed), of(true, AssetRelation::Listed)].concat();
        if !listed.is_empty() {
            for at in listed {
                candidates[at].share.insert(asset.clone());
            }
            continue;
        }
        let undecided: Vec<usize> =
            may.iter().map(|(at, _)| *at).filter(|at| !candidates[*at].is_decided).collect();
        let first = of(false, AssetRelation::OtherRelease).first().copied();
        let release = of(true, AssetRelation::OtherRelease).first().copied();
        let catch_all = of(false, AssetRelation::NoneListed)
            .first()
            .copied()
            .or(undecided.first().copied())
            .or(of(true, AssetRelation::NoneListed).first().copied());
        match (first, release, catch_all) {
            (Some(at), ..) | (None, None, Some(at)) => {
                candidates[at].share.insert(asset.clone());
            }
            (None, Some(at), _) => {
                candidates[at].share.insert(asset.clone());
                let stored = candidates[at].stored;
                match shared.releases.iter_mut().find(|(known, _)| known.item.id == stored.item.id)
                {
                    Some((_, assets)) => {
                        assets.insert(asset.clone());
                    }
                    None => shared.releases.push((stored, BTreeSet::from([asset.clone()]))),
                }
            }
            // Where results are grouped, assets may belong to other ids than those of the items.
            (None, None, None) if may.is_empty() => {}
            (None, None, None) => {
                for (at, _) in &may {
                    let stored = candidates[*at].stored;
                    if !shared.beside.iter().any(|known| known.item.id == stored.item.id) {
                        shared.beside.push(stored);
                    }
                }
                shared.rest.insert(asset.clone());
            }
        }
    }
    let names_no_asset = finding.assets.is_empty();
    let has_open = candidates.iter().any(|candidate| candidate.is_open);
    for candidate in candidates {
        let ShareCandidate { stored, is_open, share, .. } = candidate;
        let is_found = !share.is_empty() || names_no_asset;
        if is_open && (is_found || stored.item.assets.is_empty()) {
            shared.open.push((stored, share));
        } else if !is_open && is_found && !(names_no_asset && has_open) {
            shared.false_positives.push((stored, share));
        }
    }
    shared
}

/// The assets that an item lists, in the forms by which they are looked up: a finding and its item may have
/// thousands of them.
struct ListedAssets {
    hosts: BTreeSet<String>,
    /// Hosts that are listed without a port, which means all ports.
    whole_hosts: BTreeSet<String>,
    /// Hosts with their ports.
    places: BTreeSet<String>,
    /// Images and packages by what stays the same over their releases.
    releases: BTreeMap<String, BTreeSet<String>>,
}

impl ListedAssets {
    fn new(item: &Item) -> Self {
        let mut listed = Self {
            hosts: BTreeSet::new(),
            whole_hosts: BTreeSet::new(),
            places: BTreeSet::new(),
            releases: BTreeMap::new(),
        };
        for asset in &item.assets {
            let key = key_of_asset(asset);
            if asset_name(asset) == asset {
                listed.whole_hosts.insert(key.clone());
            }
            listed.places.insert(comparable_asset(asset));
            let base = artifact_base(&key).to_owned();
            listed.releases.entry(base).or_default().insert(key.clone());
            listed.hosts.insert(key);
        }
        listed
    }

    /// Returns how an asset relates to them. A decision about one port of a host (`by_port`) is none about
    /// another port.
    fn relation(&self, asset: &Asset, by_port: bool, is_artifact: bool) -> AssetRelation {
        if self.hosts.is_empty() {
            return AssetRelation::NoneListed;
        }
        let key = asset_key(&asset.name);
        let is_host = self.hosts.contains(&key);
        let is_place = !by_port
            || asset.port.is_none()
            || self.whole_hosts.contains(&key)
            || self.places.contains(&comparable_asset(&asset.to_string()));
        if is_host && is_place {
            return AssetRelation::Listed;
        }
        let releases = self.releases.get(artifact_base(&key)).filter(|_| is_artifact);
        match releases.is_some_and(|releases| releases.iter().any(|release| *release != key)) {
            true => AssetRelation::OtherRelease,
            false => AssetRelation::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::sample_item;

    #[test]
    fn a_decision_is_about_the_assets_that_its_item_lists() {
        let mut item = sample_item();
        let at = |name: &str, port: Option<&str>| Asset {
            name: name.to_owned(),
            port: port.map(str::to_owned),
        };
        assert_eq!(
            ListedAssets::new(&item).relation(&at("a", None), true, false),
            AssetRelation::NoneListed
        );
        item.assets = ["WEB-1 (443/tcp)", "web-2", "reg.io/app:1.2"].map(str::to_owned).to_vec();
        let listed = ListedAssets::new(&item);
        for (asset, decided, undecided) in [
            (at("web-1", Some("443/tcp")), AssetRelation::Listed, AssetRelation::Listed),
            (at("web-1", None), AssetRelation::Listed, AssetRelation::Listed),
            (at("web-1", Some("8443/tcp")), AssetRelation::Other, AssetRelation::Listed),
            (at("web-2", Some("443/tcp")), AssetRelation::Listed, AssetRelation::Listed),
            (at("web-3", None), AssetRelation::Other, AssetRelation::Other),
            (at("reg.io/app:1.3", None), AssetRelation::OtherRelease, AssetRelation::OtherRelease),
            (at("other.io/app:1.2", None), AssetRelation::Other, AssetRelation::Other),
        ] {
            assert_eq!(listed.relation(&asset, true, true), decided, "{asset}");
            assert_eq!(listed.relation(&asset, false, true), undecided, "{asset}");
        }
        let release = at("reg.io/app:1.3", None);
        assert_eq!(listed.relation(&release, true, false), AssetRelation::Other, "no artifact");
    }
}
