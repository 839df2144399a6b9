//! Fingerprints: by what a weakness is recognised, whatever number it goes by.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use super::record::LastRow;
use crate::model::{Item, ItemId, RiskRating};
use crate::nearest::likeness;

/// The fingerprint of an item or a row: what scanners and people say of the weakness itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Weakness {
    pub(super) name: String,
    /// The scanner's numbers of it, unless the item is only numbered with them: at most one of a row,
    /// all that an item ever had.
    pub(super) identifiers: BTreeSet<String>,
    pub(super) cves: BTreeSet<String>,
    detector: String,
    pub(super) assets: BTreeSet<String>,
    pub(super) detected: NaiveDate,
    rating: RiskRating,
}

/// A fingerprint without identifiers, for exact comparison.
pub(super) type FingerprintKey<'a> =
    (&'a str, &'a BTreeSet<String>, &'a str, &'a BTreeSet<String>, NaiveDate, RiskRating);

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
    /// The weakness that an item is. `ids` are ids that it goes by.
    pub(super) fn of<'a>(item: &'a Item, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let name = plain(&item.weakness_name);
        let mut weakness = Self {
            cves: item.cves.iter().map(|cve| plain(cve)).chain(named_cves(&name)).collect(),
            name,
            identifiers: BTreeSet::new(),
            detector: item.detector_source.as_deref().map(plain).unwrap_or_default(),
            assets: item.assets.iter().map(|asset| plain(asset)).collect(),
            detected: item.original_detection_date,
            rating: item.original_risk_rating.in_workbook(),
        };
        let ids: Vec<&str> = ids.into_iter().collect();
        weakness.add_identifiers(item.source_identifier.as_deref(), &ids);
        weakness
    }

    /// The weakness that the last row of an item described; none where the row lacks a value that
    /// every item has.
    pub(super) fn of_row(row: &LastRow, item: &ItemId) -> Option<Self> {
        let values = row.values();
        let text = |field: &str| values.get(field).and_then(Value::as_str);
        let list = |field: &str| -> BTreeSet<String> {
            let list = values.get(field).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(plain).collect()
        };
        let name = plain(text("weakness_name")?);
        let mut weakness = Self {
            cves: list("cves").into_iter().chain(named_cves(&name)).collect(),
            name,
            identifiers: BTreeSet::new(),
            detector: text("detector_source").map(plain).unwrap_or_default(),
            assets: list("assets"),
            detected: text("original_detection_date")?.parse().ok()?,
            rating: text("original_risk_rating")?.parse::<RiskRating>().ok()?.in_workbook(),
        };
        let earlier = row.earlier_ids().iter().map(String::as_str);
        let ids: Vec<&str> = earlier.chain(row.id()).chain([item.as_str()]).collect();
        let earlier = row.earlier_identifiers().iter().map(String::as_str);
        weakness.add_identifiers(earlier.chain(text("source_identifier")), &ids);
        Some(weakness)
    }

    /// The same weakness under another name that it had.
    pub(super) fn named(&self, name: &str) -> Self {
        let name = plain(name);
        let cves = self.cves.iter().cloned().chain(named_cves(&name)).collect();
        Self { name, cves, ..self.clone() }
    }

    /// Adds source identifiers. Some registers number the source along with the item: such a number
    /// says nothing of the weakness.
    fn add_identifiers<'a>(
        &mut self,
        identifiers: impl IntoIterator<Item = &'a str>,
        ids: &[&str],
    ) {
        let ids: Vec<String> = ids.iter().map(|id| plain(id)).collect();
        let identifiers = identifiers.into_iter().map(plain);
        let own = |identifier: &String| {
            !identifier.is_empty() && !ids.iter().any(|id| id.ends_with(identifier.as_str()))
        };
        self.identifiers.extend(identifiers.filter(own));
    }

    /// Everything but the identifiers.
    pub(super) fn key(&self) -> FingerprintKey<'_> {
        (&self.name, &self.cves, &self.detector, &self.assets, self.detected, self.rating)
    }

    /// Returns whether both name CVEs or assets and none of them is the same: two weaknesses.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        differ(&self.cves, &other.cves) || differ(&self.assets, &other.assets)
    }

    /// Returns whether both have identifiers, none of which is the same.
    pub(super) fn has_other_identifier(&self, other: &Self) -> bool {
        differ(&self.identifiers, &other.identifiers)
    }

    /// Returns whether an identifier is the same.
    pub(super) fn shares_identifier(&self, other: &Self) -> bool {
        !self.identifiers.is_disjoint(&other.identifiers)
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
        let name = self.name_likeness(other);
        part(NAME, Some(if name >= CORRECTED { name } else { 0.0 }));
        part(DETECTED, equal(self.detected == other.detected));
        part(RATING, equal(self.rating == other.rating));
        match (self.identifiers.is_empty(), other.identifiers.is_empty()) {
            (true, true) => {}
            (false, false) => part(IDENTIFIER, equal(self.shares_identifier(other))),
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

    fn name_likeness(&self, other: &Self) -> f64 {
        if self.name == other.name { 1.0 } else { likeness(&self.name, &other.name) }
    }

    /// Returns whether an item that kept its id is still the same weakness, and not another one that
    /// was given the id.
    pub(super) fn is_still(&self, other: &Self) -> bool {
        if self.name == other.name {
            return true;
        }
        let name = likeness(&self.name, &other.name);
        if self.shares_identifier(other) {
            return name >= CORRECTED / 2.0;
        }
        if self.has_other_identifier(other) {
            return name >= 0.9;
        }
        if !self.cves.is_empty() && !other.cves.is_empty() {
            return !self.cves.is_disjoint(&other.cves);
        }
        name >= CORRECTED
    }

    /// Returns whether everything but the name is the same: under an id that is known to be kept, the
    /// weakness was given another name.
    pub(super) fn is_renamed(&self, other: &Self) -> bool {
        !differ(&self.cves, &other.cves)
            && !self.has_other_identifier(other)
            && self.assets == other.assets
            && (&self.detector, self.detected, self.rating)
                == (&other.detector, other.detected, other.rating)
    }

    /// Returns whether one name is the other with a correction: alike, and with the same numbers in it
    /// (a version or a host is no correction).
    pub(super) fn has_corrected_name(&self, other: &Self) -> bool {
        self.name_likeness(other) >= CORRECTED && numbers(&self.name).eq(numbers(&other.name))
    }

    /// Returns whether one name is the other with something added.
    pub(super) fn has_extended_name(&self, other: &Self) -> bool {
        let (one, two) = (&self.name, &other.name);
        !one.is_empty() && !two.is_empty() && (one.contains(two) || two.contains(one))
    }
}

/// Returns whether both have members and none in common.
fn differ(one: &BTreeSet<String>, two: &BTreeSet<String>) -> bool {
    !one.is_empty() && !two.is_empty() && one.is_disjoint(two)
}

/// The runs of digits in a text.
fn numbers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
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

/// A text without what makes no difference: case, the amount of blank space, the form of letters with
/// accents, and what word processors make of quotes and hyphens.
pub(super) fn plain(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if text.is_ascii() {
        return text;
    }
    let plain = |c: char| match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    };
    let shown =
        |c: &char| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}');
    text.nfkc().filter(shown).map(plain).collect()
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
        Weakness::of(&item, [id])
    }

    #[test]
    fn texts_are_compared_without_what_a_program_makes_of_them() {
        for text in [
            "Z\u{fc}rich's  \"old\" TLS - port 443",
            "Zu\u{308}rich\u{2019}s \u{201c}OLD\u{201d} TLS\u{a0}\u{2013} port 443",
            "z\u{fc}rich's \"o\u{ad}ld\" tls \u{2014} port\u{200b} 443",
        ] {
            assert_eq!(plain(text), "z\u{fc}rich's \"old\" tls - port 443");
        }
        assert_ne!(plain("port 443"), plain("port 444"));
    }

    #[test]
    fn a_number_that_goes_with_the_id_says_nothing() {
        let (a, b) = (
            of("MSS-43561", "CVE-2024-7883 in x", "43561"),
            of("MSS-47712", "CVE-2024-7883 in  X", "47712"),
        );
        assert_eq!(a, b);
        assert!((a.score(&b) - 1.0).abs() < 1e-9);
        assert!(of("V-1", "x", "51192").identifiers.contains("51192"));
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
        let score = |one: &Item, two: &Item| Weakness::of(one, []).score(&Weakness::of(two, []));
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

    #[test]
    fn a_corrected_name_has_the_same_numbers() {
        for (one, other, same) in [
            ("Open port on firewal", "Open port on the firewall", true),
            ("Kernel 6.1.0-17 out of date", "Kernel 6.1.0-18 out of date", false),
            ("Outdated package on web-03", "Outdated package on web-04", false),
            ("Open port", "Unsupported server", false),
        ] {
            let (a, b) = (of("V-1", one, ""), of("V-2", other, ""));
            assert_eq!(a.has_corrected_name(&b), same, "{one} / {other}");
        }
    }
}
