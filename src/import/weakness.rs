//! What a weakness is known by, whatever number it goes by.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::model::{Item, RiskRating};
use crate::nearest::likeness;

/// The fingerprint of an item: what scanners and people say of the weakness itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Weakness {
    pub(super) name: String,
    /// The scanner's number of it, unless the item is only numbered with it.
    pub(super) identifier: Option<String>,
    pub(super) cves: BTreeSet<String>,
    detector: String,
    assets: BTreeSet<String>,
    pub(super) detected: NaiveDate,
    rating: RiskRating,
}

/// What each part of a fingerprint weighs.
const NAME: f64 = 4.0;
const IDENTIFIER: f64 = 3.0;
const CVES: f64 = 2.0;
const ASSETS: f64 = 2.0;
const DETECTED: f64 = 2.0;
const DETECTOR: f64 = 1.0;
const RATING: f64 = 1.0;

/// How alike names must be so that one is the other, corrected.
const CORRECTED: f64 = 0.6;

impl Weakness {
    pub(super) fn of(item: &Item) -> Self {
        let name = plain(&item.weakness_name);
        let mut cves: BTreeSet<String> = item.cves.iter().map(|cve| plain(cve)).collect();
        cves.extend(named_cves(&name));
        // Some registers number the source along with the item: such a number says nothing of the
        // weakness.
        let id = plain(item.id.as_str());
        let identifier = item.source_identifier.as_deref().map(plain);
        Self {
            identifier: identifier.filter(|own| !own.is_empty() && !id.ends_with(own.as_str())),
            name,
            cves,
            detector: item.detector_source.as_deref().map(plain).unwrap_or_default(),
            assets: item.assets.iter().map(|asset| plain(asset)).collect(),
            detected: item.original_detection_date,
            rating: item.original_risk_rating.in_workbook(),
        }
    }

    /// How much two fingerprints say the same: 0 to 1. What neither says does not count; what only
    /// one says counts half against it.
    pub(super) fn score(&self, other: &Self) -> f64 {
        let (mut agreed, mut counted) = (0.0, 0.0);
        let mut part = |weight: f64, agreement: Option<f64>| match agreement {
            Some(agreement) => {
                agreed += weight * agreement;
                counted += weight;
            }
            None => counted += weight / 2.0,
        };
        let equal = |same: bool| Some(if same { 1.0 } else { 0.0 });
        let name = if self.name == other.name { 1.0 } else { likeness(&self.name, &other.name) };
        part(NAME, Some(if name >= CORRECTED { name } else { 0.0 }));
        part(DETECTED, equal(self.detected == other.detected));
        part(RATING, equal(self.rating == other.rating));
        match (&self.identifier, &other.identifier) {
            (None, None) => {}
            (Some(one), Some(two)) => part(IDENTIFIER, equal(one == two)),
            _ => part(IDENTIFIER, None),
        }
        match (self.detector.is_empty(), other.detector.is_empty()) {
            (true, true) => {}
            (false, false) => part(DETECTOR, equal(self.detector == other.detector)),
            _ => part(DETECTOR, None),
        }
        for (weight, one, two) in
            [(CVES, &self.cves, &other.cves), (ASSETS, &self.assets, &other.assets)]
        {
            match (one.is_empty(), two.is_empty()) {
                (true, true) => {}
                (false, false) => part(weight, Some(shared(one, two))),
                _ => part(weight, None),
            }
        }
        agreed / counted
    }

    /// Whether an item that kept its id is still the same weakness, and not another one that was
    /// given the id.
    pub(super) fn is_still(&self, other: &Self) -> bool {
        if self.name == other.name {
            return true;
        }
        let name = likeness(&self.name, &other.name);
        match (&self.identifier, &other.identifier) {
            (Some(one), Some(two)) if one == two => return name >= CORRECTED / 2.0,
            (Some(_), Some(_)) => return name >= 0.9,
            _ => {}
        }
        if !self.cves.is_empty() && !other.cves.is_empty() {
            return !self.cves.is_disjoint(&other.cves);
        }
        name >= CORRECTED
    }
}

/// The share of what either has that both have.
fn shared(one: &BTreeSet<String>, two: &BTreeSet<String>) -> f64 {
    let both = one.intersection(two).count();
    let either = one.len() + two.len() - both;
    // Counts of a list in a cell: exact.
    #[allow(clippy::cast_precision_loss)]
    let share = both as f64 / either as f64;
    share
}

/// CVE numbers in a name.
fn named_cves(name: &str) -> impl Iterator<Item = String> + '_ {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| word.starts_with("cve-") && word.len() > 8).map(str::to_owned)
}

/// A text without what makes no difference: case, and the amount of blank space.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn item(id: &str, name: &str) -> Item {
        let (status, date) = ("open".parse().unwrap(), "2026-05-04".parse().unwrap());
        let mut item = Item::new(id.parse().unwrap(), name.into(), status, date, RiskRating::High);
        item.detector_source = Some("Wazuh".into());
        item
    }

    fn of(id: &str, name: &str, identifier: &str) -> Weakness {
        let mut item = item(id, name);
        item.source_identifier = Some(identifier.to_owned()).filter(|text| !text.is_empty());
        Weakness::of(&item)
    }

    #[test]
    fn a_number_that_goes_with_the_id_says_nothing() {
        let (a, b) = (
            of("MSS-43561", "CVE-2024-7883 in x", "43561"),
            of("MSS-47712", "CVE-2024-7883 in  X", "47712"),
        );
        assert_eq!(a, b);
        assert!((a.score(&b) - 1.0).abs() < 1e-9);
        assert_eq!(of("V-1", "x", "51192").identifier.as_deref(), Some("51192"));
    }

    #[test]
    fn another_weakness_under_the_same_id_is_told_from_a_correction() {
        for (one, other, same) in [
            (("Open port on firewal", ""), ("Open port on the firewall", ""), true),
            (("Open port on the firewall", ""), ("Unsupported server", ""), false),
            (("CVE-2024-7883 in libfoo", ""), ("CVE-2024-7884 in libfoo", ""), false),
            (("CVE-2024-7883 in libfoo", ""), ("libfoo: CVE-2024-7883", ""), true),
            (("Apache below 2.4.61", "10107"), ("Apache below 2.4.62", "10107"), true),
            (("Apache below 2.4.61", "10107"), ("Apache under 2.4.61", "20107"), false),
            (("Apache below 2.4.61", "10107"), ("OpenSSL out of date", "10107"), false),
        ] {
            let (a, b) = (of("V-1", one.0, one.1), of("V-1", other.0, other.1));
            assert_eq!(a.is_still(&b), same, "{one:?} {other:?}");
        }
    }

    #[test]
    fn scores_go_down_with_what_differs() {
        let mut one = item("V-1", "Open port");
        let mut two = item("V-2", "Open port");
        let score = |one: &Item, two: &Item| Weakness::of(one).score(&Weakness::of(two));
        one.assets = vec!["a".into(), "b".into()];
        two.assets = vec!["a".into(), "b".into()];
        let same = score(&one, &two);
        two.assets = vec!["a".into(), "c".into()];
        let third = score(&one, &two);
        two.assets = vec!["c".into()];
        let other = score(&one, &two);
        assert!(same > third && third > other, "{same} {third} {other}");
        assert!(score(&one, &item("V-3", "Unsupported server")) < 0.5);
    }
}
