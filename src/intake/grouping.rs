//! Which results are one finding, and which findings are one where the settings group them.

use std::collections::{BTreeMap, BTreeSet};

use poam_scans::ScanResult;

use super::finding::{Finding, add_new, earlier_day};
use super::index::FindingKey;
use crate::settings::{ScanGrouping, ScanSettings, matches_pattern};

/// Keys by which a result is recognised.
pub(super) struct ResultKeys {
    /// The key of its finding.
    pub(super) key: FindingKey,
    /// Other keys by which an item may have it, where results are grouped.
    pub(super) aliases: Vec<FindingKey>,
}

/// Returns what a result is recognised by: a named group of the settings, else as they group. A result
/// with several CVEs or packages is recognised by each of them, and by the scanner's id.
pub(super) fn keys_of(result: &ScanResult, settings: &ScanSettings) -> ResultKeys {
    let own = FindingKey::of_detector(&result.detector, &result.id);
    for (name, patterns) in &settings.groups {
        let ids = || std::iter::once(&result.id).chain(&result.cves);
        if patterns.iter().any(|pattern| ids().any(|id| matches_pattern(pattern, id))) {
            return ResultKeys { key: FindingKey::shared_key(name), aliases: vec![own] };
        }
    }
    let mut shared: Vec<FindingKey> = match settings.group {
        ScanGrouping::Id => Vec::new(),
        ScanGrouping::Cve => result.cves.iter().map(|cve| FindingKey::shared_key(cve)).collect(),
        ScanGrouping::Package => {
            result.packages.iter().map(|package| FindingKey::shared_key(&package.name)).collect()
        }
    };
    if shared.is_empty() {
        return ResultKeys { key: own, aliases: Vec::new() };
    }
    let key = shared.remove(0);
    shared.retain(|alias| *alias != key);
    shared.push(own);
    ResultKeys { key, aliases: shared }
}

/// Joins findings that share a CVE or a package, whatever the order of the files.
pub(super) fn join_related(
    findings: BTreeMap<FindingKey, Finding>,
) -> BTreeMap<FindingKey, Finding> {
    let mut joined: Vec<Option<Finding>> = Vec::new();
    let mut place_of: BTreeMap<FindingKey, usize> = BTreeMap::new();
    for finding in findings.into_values() {
        let own = std::iter::once(&finding.key).chain(&finding.aliases);
        // The scanner's own id joins nothing: one plugin may be about several CVEs on several hosts.
        let shared: Vec<FindingKey> = own.filter(|key| key.detector.is_empty()).cloned().collect();
        let mut places: BTreeSet<usize> =
            shared.iter().filter_map(|key| place_of.get(key).copied()).collect();
        let Some(first) = places.pop_first() else {
            place_of.extend(shared.into_iter().map(|key| (key, joined.len())));
            joined.push(Some(finding));
            continue;
        };
        let others: Vec<Finding> =
            places.iter().filter_map(|place| joined.get_mut(*place)?.take()).collect();
        for place in place_of.values_mut() {
            if places.contains(place) {
                *place = first;
            }
        }
        place_of.extend(shared.into_iter().map(|key| (key, first)));
        if let Some(Some(target)) = joined.get_mut(first) {
            for other in others.into_iter().chain([finding]) {
                target.absorb_finding(other);
            }
        }
    }
    joined.into_iter().flatten().map(|finding| (finding.key.clone(), finding)).collect()
}

impl Finding {
    /// Takes over what another finding of the same weakness states.
    fn absorb_finding(&mut self, other: Finding) {
        self.results += other.results;
        self.proofs += other.proofs;
        if other.severity > self.severity {
            self.severity = other.severity;
            self.severity_source = other.severity_source;
        }
        // Each key has the assets of its own results; before the first alias they are all of them.
        for (key, assets) in other.assets_of_keys {
            self.assets_of_keys.entry(key).or_default().extend(assets);
        }
        self.aliases.insert(other.key);
        self.aliases.extend(other.aliases);
        for (asset, results) in other.assets {
            let on_asset = self.assets.entry(asset).or_default();
            on_asset.results += results.results;
            on_asset.first_day = earlier_day(on_asset.first_day, results.first_day);
        }
        self.methods.extend(other.methods);
        self.cves.extend(other.cves);
        self.ccis.extend(other.ccis);
        self.controls.extend(other.controls);
        self.packages.extend(other.packages);
        self.purls.extend(other.purls);
        self.kev |= other.kev;
        self.kev_due = earlier_day(self.kev_due, other.kev_due);
        self.first_day = earlier_day(self.first_day, other.first_day);
        for (list, more) in [(&mut self.references, other.references), (&mut self.cvss, other.cvss)]
        {
            add_new(list, more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(detector: &str, id: &str, cves: &[&str]) -> ScanResult {
        let mut result = ScanResult::new("", detector, id);
        result.cves = cves.iter().map(|&cve| cve.to_owned()).collect();
        result
    }

    #[test]
    fn a_result_is_recognised_by_each_of_its_cves() {
        let settings = ScanSettings { group: ScanGrouping::Cve, ..ScanSettings::default() };
        let keys = keys_of(&result("Nessus", "10", &["CVE-1", "CVE-2", "CVE-1"]), &settings);
        assert_eq!(keys.key, FindingKey::shared_key("CVE-1"));
        let own = FindingKey::of_detector("Nessus", "10");
        assert_eq!(keys.aliases, [FindingKey::shared_key("CVE-2"), own.clone()]);
        let keys = keys_of(&result("Nessus", "10", &[]), &settings);
        assert_eq!((keys.key, keys.aliases.len()), (own, 0));
    }
}
