//! Decides whether a scan shows that a weakness is gone.
//!
//! Files state it in two ways. Checklists, benchmarks and posture tools have a result of each check that they
//! made: only a passed result shows that the weakness is gone. Scanners of vulnerabilities list only what
//! they find: a scan shows it by not listing the weakness, if it looked at the asset, made such checks, and
//! could look at least as well as when the weakness was found. What a file does not show is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use poam_scans::{Credentials, class_of_tenable_plugin};

use super::asset_name::{artifact_base, artifact_release, is_older_release, key_of_asset};
use super::index::{FindingKey, detector_family, id_parts, item_keys};
use super::record::{RecordedNaming, ScanRecord, key_text};
use crate::model::Item;
use crate::settings::ScanSettings;

/// Knowledge of the tracker and earlier scans about the weakness of an item.
pub(super) struct CleanWeakness {
    /// The id of the item.
    id: String,
    /// The day of detection.
    pub(super) detected: NaiveDate,
    /// All keys, as texts.
    keys: BTreeSet<String>,
    /// The keys of each id, as texts, with the family; the entire identifier first.
    parts: Vec<Vec<(String, String)>>,
    /// The assets, by the keys by which they are compared.
    pub(super) assets: BTreeSet<String>,
    /// The detectors that found it, with the kind of checks.
    pub(super) methods: BTreeSet<String>,
    /// The scopes of the scans that found it.
    scopes: BTreeSet<String>,
    /// Kinds of the assets' names in those scans; hosts are left out.
    naming: BTreeSet<RecordedNaming>,
    /// Access of scanners to an asset when they found it there, by family of detectors and asset.
    logins: BTreeMap<(String, String), Vec<Option<Credentials>>>,
    /// The last day on which it was found on an asset.
    last_found: BTreeMap<String, NaiveDate>,
}

/// Reasons why a scan does not show that a weakness is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotShown {
    /// The files hold no result.
    NoResults,
    /// The entire scan, or the scan of an asset, did not end well.
    Unfinished { asset: String, reason: String },
    /// The check was not made or not finished.
    NotChecked { asset: String },
    /// The file has results of single checks, and none of this one.
    NoResult { asset: String },
    /// An asset was not looked at.
    NotLookedAt { asset: String },
    /// An older release of the asset was looked at.
    OlderRelease { asset: String, other: String },
    /// Another release of the asset was looked at, by a scan of another scope or of none.
    OtherScope { asset: String, other: String },
    /// The scanner looked at the asset without this kind of checks.
    OtherKind { asset: String, kind: String },
    /// The scanner could look less well than when the weakness was found.
    WorseLogin { asset: String, now: Option<Credentials> },
    /// The asset was not looked at again since the weakness was found there.
    NotAgain { asset: String, day: NaiveDate },
    /// The item names no asset.
    NoAsset,
}

impl fmt::Display for NotShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResults => f.write_str("the files hold no result"),
            Self::Unfinished { asset, reason } if asset.is_empty() => f.write_str(reason),
            Self::Unfinished { asset, reason } => write!(f, "{asset}: {reason}"),
            Self::NotChecked { asset } if asset.is_empty() => {
                f.write_str("the check was not made or not finished")
            }
            Self::NotChecked { asset } => {
                write!(f, "the check was not made or not finished on {asset}")
            }
            Self::NoResult { asset } => {
                write!(f, "the files have no result of the check on {asset}")
            }
            Self::NotLookedAt { asset } => write!(f, "{asset} was not looked at"),
            Self::OlderRelease { asset, other } => {
                write!(f, "{other} was looked at, which is older than {asset}")
            }
            Self::OtherScope { asset, other } => write!(
                f,
                "{other} was looked at and not {asset}; scans of one --scope count a new release for the one before"
            ),
            Self::OtherKind { asset, kind } if kind == "was" => {
                write!(f, "the files do not show that the web application of {asset} was looked at")
            }
            Self::OtherKind { asset, kind } => {
                write!(f, "the files do not show that {asset} was looked at for {kind}")
            }
            Self::WorseLogin { asset, now } => {
                let how = match now {
                    None => "the files do not say whether the scanner logged in to",
                    Some(Credentials::Without) => "the scanner did not log in to",
                    Some(_) => "the scanner could log in only in part to",
                };
                write!(f, "{how} {asset}, unlike when it was found")
            }
            Self::NotAgain { asset, day } => {
                write!(f, "{asset} was looked at last on {day}, when it was found there")
            }
            Self::NoAsset => f.write_str(
                "the item names no asset; scans of one --scope would cover what they found before",
            ),
        }
    }
}

impl CleanWeakness {
    /// Gathers what is known of the weakness of an item. `records` are the scans, in any order. `None` for
    /// items that no scanner can recognise.
    pub(super) fn new<'a>(
        item: &Item,
        settings: &ScanSettings,
        records: impl Iterator<Item = &'a ScanRecord>,
    ) -> Option<Self> {
        let keys = item_keys(item, settings);
        if keys.is_empty() {
            return None;
        }
        let texts = |part: &Vec<FindingKey>| {
            part.iter().map(|key| (key_text(key), key.detector.clone())).collect()
        };
        let detector = detector_family(item.detector_source.as_deref().unwrap_or_default());
        let mut weakness = Self {
            id: item.id.to_string(),
            detected: item.original_detection_date,
            keys: keys.iter().map(key_text).collect(),
            parts: id_parts(item).iter().map(texts).collect(),
            assets: item.assets.iter().map(|asset| key_of_asset(asset)).collect(),
            methods: BTreeSet::new(),
            scopes: BTreeSet::new(),
            naming: BTreeSet::new(),
            logins: BTreeMap::new(),
            last_found: BTreeMap::new(),
        };
        for record in records {
            weakness.add_finding_scan(record, &detector);
        }
        if weakness.methods.is_empty() {
            let class = item.extra.get("scanner_family").and_then(serde_json::Value::as_str);
            let class = match detector.as_str() {
                "trivy" => class,
                "nessus" => item.source_identifier.as_deref().and_then(class_of_tenable_plugin),
                _ => None,
            };
            weakness.methods.insert(match class {
                Some(class) => format!("{detector} {class}"),
                None => detector,
            });
        }
        Some(weakness)
    }

    /// Takes over what a scan states that found the weakness.
    fn add_finding_scan(&mut self, record: &ScanRecord, detector: &str) {
        let Some(assets) = record.found.get(&self.id) else { return };
        self.scopes.extend(record.scope.clone());
        let methods = match record.found_by.get(&self.id) {
            Some(methods) => methods.clone(),
            None => BTreeSet::from([detector.to_owned()]),
        };
        for asset in assets {
            let day = record.day_of(asset);
            let last = self.last_found.entry(asset.clone()).or_insert(day);
            *last = day.max(*last);
            for family in methods.iter().map(|method| family_of(method)) {
                self.naming.extend(record.naming.get(family).copied());
                let login = record.login_state(family, asset);
                let place = (family.to_owned(), asset.clone());
                self.logins.entry(place).or_default().push(login);
            }
        }
        self.methods.extend(methods);
    }

    /// Returns whether a scan found the weakness. A suppressed result is still there: a person decides
    /// about it, not the settings of the scanner.
    pub(super) fn is_found_by(&self, record: &ScanRecord) -> bool {
        record.found.contains_key(&self.id)
            || self.keys.iter().any(|key| record.suppressed.contains_key(key))
    }

    /// Returns whether a scan is of a detector that can find the weakness, or has a result of its check.
    pub(super) fn is_looked_for_by(&self, record: &ScanRecord) -> bool {
        self.methods.iter().any(|method| record.detectors.contains(family_of(method)))
            || self
                .keys
                .iter()
                .any(|key| record.passed.contains_key(key) || record.not_checked.contains_key(key))
    }

    /// Checks whether a scan shows that one detector would not find the weakness on any of its assets.
    pub(super) fn check_gone(&self, record: &ScanRecord, method: &str) -> Result<(), NotShown> {
        if !self.assets.is_empty() {
            return self
                .assets
                .iter()
                .try_for_each(|asset| self.check_gone_on(record, method, asset));
        }
        self.check_results(record, "")?;
        let is_of_scope = self.is_of_scope(record);
        let looked =
            methods_like(method, &self.keys).iter().any(|m| record.looked_at.contains_key(m));
        if self.has_passed(record, method, "") || (is_of_scope && looked) {
            return Ok(());
        }
        Err(NotShown::NoAsset)
    }

    /// Checks whether a scan shows that one detector would not find the weakness on an asset.
    pub(super) fn check_gone_on(
        &self,
        record: &ScanRecord,
        method: &str,
        asset: &str,
    ) -> Result<(), NotShown> {
        let name = || asset.to_owned();
        self.check_results(record, asset)?;
        if self.has_passed(record, method, asset) {
            return Ok(());
        }
        let family = family_of(method);
        let lists_findings = record.looked_at.keys().any(|known| family_of(known) == family);
        if self.needs_result(family) || !lists_findings {
            return Err(if lists_findings || record.detectors.contains(family) {
                NotShown::NoResult { asset: name() }
            } else {
                NotShown::NotLookedAt { asset: name() }
            });
        }
        if !self.is_looked_at(record, method, asset) {
            let other_kind = record
                .looked_at
                .iter()
                .any(|(known, assets)| family_of(known) == family && assets.contains(asset));
            return Err(match method.split_once(' ') {
                Some((_, kind)) if other_kind => {
                    NotShown::OtherKind { asset: name(), kind: kind.to_owned() }
                }
                _ => self.release_not_looked_at(record, method, asset),
            });
        }
        let now = record.login_state(family, asset);
        let unknown = vec![None];
        let logins = self.logins.get(&(family.to_owned(), name())).unwrap_or(&unknown);
        if !logins.iter().any(|then| is_as_good(*then, now)) {
            return Err(NotShown::WorseLogin { asset: name(), now });
        }
        let day = record.day_of(asset);
        match self.last_found.get(asset) {
            Some(found) if record.days.contains_key(asset) && day <= *found => {
                Err(NotShown::NotAgain { asset: name(), day })
            }
            _ => Ok(()),
        }
    }

    /// Returns the reason why a scan does not cover the release of an image or package that an item lists.
    fn release_not_looked_at(&self, record: &ScanRecord, method: &str, asset: &str) -> NotShown {
        let asset = asset.to_owned();
        let is_artifact = record.naming.get(family_of(method)) == Some(&RecordedNaming::Artifacts);
        let methods = methods_like(method, &self.keys);
        let looked_at = methods.iter().filter_map(|method| record.looked_at.get(method)).flatten();
        let release = looked_at
            .filter(|_| is_artifact)
            .find(|other| artifact_base(other) == artifact_base(&asset));
        match release.cloned() {
            None => NotShown::NotLookedAt { asset },
            Some(other) if self.is_of_scope(record) => NotShown::OlderRelease { asset, other },
            Some(other) => NotShown::OtherScope { asset, other },
        }
    }

    /// Returns whether a scan is about assets of the item, of which it may show nothing: it looked at one of
    /// them or at another release of it, or it is of the same scope where that covers what it found before.
    pub(super) fn is_concerned(&self, record: &ScanRecord, own_assets: &BTreeSet<String>) -> bool {
        if self.assets.is_empty() || own_assets.contains("") {
            return true;
        }
        let is_artifact = self.naming.contains(&RecordedNaming::Artifacts);
        let is_place = self.naming.contains(&RecordedNaming::Places);
        self.assets.iter().any(|asset| {
            own_assets.contains(asset)
                || (is_artifact
                    && own_assets.iter().any(|own| artifact_base(own) == artifact_base(asset)))
        }) || (is_place && self.is_of_scope(record))
    }

    /// Checks that a scan has results, ended well on an asset, and made the check there.
    fn check_results(&self, record: &ScanRecord, asset: &str) -> Result<(), NotShown> {
        if record.counts.results == 0 {
            return Err(NotShown::NoResults);
        }
        for name in ["", asset] {
            if let Some(reason) = record.incomplete.get(name) {
                let (asset, reason) = (name.to_owned(), reason.clone());
                return Err(NotShown::Unfinished { asset, reason });
            }
        }
        for key in &self.keys {
            let Some(unchecked) = record.not_checked.get(key) else { continue };
            if let Some(asset) = ["", asset].into_iter().find(|name| unchecked.contains(*name)) {
                return Err(NotShown::NotChecked { asset: asset.to_owned() });
            }
        }
        Ok(())
    }

    /// Returns whether a detector has a result of each of its checks, although its scans list only what
    /// they find besides: the checks of a benchmark by Nessus, whose id has the name of the check.
    fn needs_result(&self, family: &str) -> bool {
        let of_family = |part: &Vec<(String, String)>| {
            part.iter().find(|(_, detector)| detector == family).map(|(text, _)| text.clone())
        };
        let first = self.parts.first().and_then(of_family);
        family == "nessus"
            && first.is_some_and(|text| {
                let id = text.strip_prefix("nessus ").unwrap_or_default();
                let (plugin, name) = id.split_once(' ').unwrap_or_default();
                !name.is_empty() && plugin.bytes().all(|byte| byte.is_ascii_digit())
            })
    }

    /// Returns whether the check passed on an asset: that of the entire identifier, or those of all parts.
    /// A result without an asset may be of any host, but for assessments, which are of one system.
    fn has_passed(&self, record: &ScanRecord, method: &str, asset: &str) -> bool {
        let is_of_system = record.formats.iter().all(|format| format == "oscal-ar");
        if asset.is_empty() && !is_of_system && !self.is_of_scope(record) {
            return false;
        }
        let family = family_of(method);
        let alone = self.methods.len() == 1;
        let part_passed = |part: &Vec<(String, String)>| {
            part.iter().any(|(key, detector)| {
                let is_of_method = detector == family || (detector.is_empty() && alone);
                is_of_method && record.passed.get(key).is_some_and(|assets| assets.contains(asset))
            })
        };
        match self.parts.as_slice() {
            [] => false,
            [whole] => part_passed(whole),
            [whole, parts @ ..] => part_passed(whole) || parts.iter().all(part_passed),
        }
    }

    /// Returns whether a tool that lists only what it finds looked at an asset. Within a scope the next
    /// release of an image represents the one before, and a code base is one.
    fn is_looked_at(&self, record: &ScanRecord, method: &str, asset: &str) -> bool {
        let naming = record.naming.get(family_of(method));
        let is_of_scope = self.is_of_scope(record);
        methods_like(method, &self.keys).iter().filter_map(|m| record.looked_at.get(m)).any(
            |assets| {
                assets.contains(asset)
                    || (is_of_scope
                        && match naming {
                            None => false,
                            Some(RecordedNaming::Places) => true,
                            Some(RecordedNaming::Artifacts) => assets
                                .iter()
                                .any(|other| self.is_next_release(record, other, asset)),
                        })
            },
        )
    }

    /// Returns whether an image or package that a scan looked at is the release of an asset or a later one: not
    /// one with a smaller number, nor one that was looked at before the weakness was found.
    fn is_next_release(&self, record: &ScanRecord, other: &str, asset: &str) -> bool {
        if artifact_base(other) != artifact_base(asset) {
            return false;
        }
        let is_older = match (artifact_release(other), artifact_release(asset)) {
            (Some(other), Some(own)) => is_older_release(other, own),
            _ => false,
        };
        let found = self.last_found.get(asset);
        !is_older && found.is_none_or(|found| record.day_of(other) >= *found)
    }

    fn is_of_scope(&self, record: &ScanRecord) -> bool {
        record.scope.as_ref().is_some_and(|scope| self.scopes.contains(scope))
    }
}

/// Returns the family of a detector with the kind of its checks: `trivy` of `trivy os-pkgs`. Families have
/// spaces too (`amazon inspector`), so that only known kinds are cut off.
pub(super) fn family_of(method: &str) -> &str {
    let of_tool =
        |tool: &&str| method.strip_prefix(*tool).is_some_and(|kind| kind.starts_with(' '));
    ["trivy", "nessus"].into_iter().find(of_tool).unwrap_or(method)
}

/// Returns the kinds of checks that show what one kind shows. Reports of old releases of Trivy and items
/// from elsewhere do not name the kind.
fn methods_like(method: &str, keys: &BTreeSet<String>) -> Vec<String> {
    match method {
        "trivy" | "trivy pkgs" => {
            let is_vulnerability = method == "trivy pkgs"
                || keys.iter().any(|key| {
                    let id = key.rsplit(' ').next().unwrap_or_default();
                    ["CVE-", "GHSA-", "DLA-", "TEMP-", "RHSA-", "ALAS", "GO-", "PYSEC-"]
                        .iter()
                        .any(|start| id.starts_with(start))
                });
            let kinds: &[&str] = if is_vulnerability {
                &["os-pkgs", "lang-pkgs", "pkgs"]
            } else {
                &["config", "secret"]
            };
            let kinds = kinds.iter().map(|kind| format!("trivy {kind}"));
            std::iter::once(method.to_owned()).chain(kinds).collect()
        }
        method => vec![method.to_owned()],
    }
}

/// Returns whether a scanner could look at least as well as when it found the weakness. A file that does
/// not state it may be a part of the results, so that it counts only for what such a file found.
fn is_as_good(then: Option<Credentials>, now: Option<Credentials>) -> bool {
    match (then, now) {
        (None, None | Some(Credentials::With)) => true,
        (Some(then), Some(now)) => now >= then,
        (None, Some(_)) | (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_must_look_as_well_as_the_one_that_found() {
        use Credentials::{Partly, With, Without};
        let levels = [None, Some(Without), Some(Partly), Some(With)];
        // A row for each way in which it was found; a column for each of now.
        let table = [
            [true, false, false, true],
            [false, true, true, true],
            [false, false, true, true],
            [false, false, false, true],
        ];
        for (then, row) in levels.into_iter().zip(table) {
            for (now, expected) in levels.into_iter().zip(row) {
                assert_eq!(is_as_good(then, now), expected, "{then:?} {now:?}");
            }
        }
    }
}
