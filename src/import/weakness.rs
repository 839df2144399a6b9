//! Fingerprints: by what a weakness is recognised, whatever number it goes by.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::Value;

use super::record::LastRow;
use crate::model::{Item, ItemId, RiskRating, normalize_look};
use crate::nearest::likeness;

/// The fingerprint of an item or a row: what scanners and people state of the weakness itself.
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

/// Weight of the name in a fingerprint; the next constants are those of its other parts.
const NAME: f64 = 4.0;
const IDENTIFIER: f64 = 3.0;
const CVES: f64 = 2.0;
const ASSETS: f64 = 2.0;
const DETECTED: f64 = 2.0;
const DETECTOR: f64 = 1.0;
const RATING: f64 = 1.0;

/// Least likeness of names so that one is the other, corrected.
const CORRECTED: f64 = 0.6;

impl Weakness {
    /// The weakness that an item is. `ids` are ids that it goes by.
    pub(super) fn describe_item<'a>(
        item: &'a Item,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let name = plain_text(&item.weakness_name);
        let mut weakness = Self {
            cves: item.cves.iter().map(|cve| plain_text(cve)).chain(named_cves(&name)).collect(),
            name,
            identifiers: BTreeSet::new(),
            detector: item.detector_source.as_deref().map(plain_text).unwrap_or_default(),
            assets: item.assets.iter().map(|asset| plain_text(asset)).collect(),
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
        let values = row.row_values();
        let text = |field: &str| values.get(field).and_then(Value::as_str);
        let list = |field: &str| -> BTreeSet<String> {
            let list = values.get(field).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(plain_text).collect()
        };
        let name = plain_text(text("weakness_name")?);
        let mut weakness = Self {
            cves: list("cves").into_iter().chain(named_cves(&name)).collect(),
            name,
            identifiers: BTreeSet::new(),
            detector: text("detector_source").map(plain_text).unwrap_or_default(),
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

    /// Returns the weakness under another name that it had.
    pub(super) fn with_name(&self, name: &str) -> Self {
        let name = plain_text(name);
        let cves = self.cves.iter().cloned().chain(named_cves(&name)).collect();
        Self { name, cves, ..self.clone() }
    }

    /// Adds source identifiers. Some registers number the source along with the item: such a number
    /// does not mention the weakness.
    fn add_identifiers<'a>(
        &mut self,
        identifiers: impl IntoIterator<Item = &'a str>,
        ids: &[&str],
    ) {
        let ids: Vec<String> = ids.iter().map(|id| plain_text(id)).collect();
        let identifiers = identifiers.into_iter().map(plain_text);
        let own = |identifier: &String| {
            !identifier.is_empty() && !ids.iter().any(|id| id.ends_with(identifier.as_str()))
        };
        self.identifiers.extend(identifiers.filter(own));
    }

    /// Everything but the identifiers.
    pub(super) fn fingerprint_key(&self) -> FingerprintKey<'_> {
        (&self.name, &self.cves, &self.detector, &self.assets, self.detected, self.rating)
    }

    /// Returns whether both name CVEs or assets and none of them is the same: two weaknesses.
    pub(super) fn contradicts_other(&self, other: &Self) -> bool {
        is_disjoint(&self.cves, &other.cves) || is_disjoint(&self.assets, &other.assets)
    }

    /// Returns whether both have identifiers, none of which is the same.
    pub(super) fn has_other_identifier(&self, other: &Self) -> bool {
        is_disjoint(&self.identifiers, &other.identifiers)
    }

    /// Returns whether an identifier is the same.
    pub(super) fn shares_identifier(&self, other: &Self) -> bool {
        !self.identifiers.is_disjoint(&other.identifiers)
    }

    /// Computes the agreement of two fingerprints: 0 to 1. What neither states does not count; what
    /// only one states counts half against it.
    pub(super) fn agreement_score(&self, other: &Self) -> f64 {
        self.score_by_name(other, self.name_likeness(other))
    }

    /// The score of two fingerprints of which one name is the other with something added. However much
    /// that is, the name speaks for both as a corrected one does.
    pub(super) fn score_of_extended(&self, other: &Self) -> f64 {
        self.score_by_name(other, self.name_likeness(other).max(CORRECTED))
    }

    fn score_by_name(&self, other: &Self, name: f64) -> f64 {
        let (mut agreed, mut counted) = (0.0, 0.0);
        let mut part = |weight: f64, agreement: Option<f64>| match agreement {
            Some(agreement) => {
                agreed += weight * agreement;
                counted += weight;
            }
            None => counted += weight / 2.0,
        };
        part(NAME, Some(if name >= CORRECTED { name } else { 0.0 }));
        part(DETECTED, score_of_same(self.detected == other.detected));
        part(RATING, score_of_same(self.rating == other.rating));
        match (self.identifiers.is_empty(), other.identifiers.is_empty()) {
            (true, true) => {}
            (false, false) => part(IDENTIFIER, score_of_same(self.shares_identifier(other))),
            _ => part(IDENTIFIER, None),
        }
        match (self.detector.is_empty(), other.detector.is_empty()) {
            (true, true) => {}
            (false, false) => part(DETECTOR, score_of_same(self.detector == other.detector)),
            _ => part(DETECTOR, None),
        }
        for (weight, one, two) in
            [(CVES, &self.cves, &other.cves), (ASSETS, &self.assets, &other.assets)]
        {
            match (one.is_empty(), two.is_empty()) {
                (true, true) => {}
                (false, false) => part(weight, Some(shared_part(one, two))),
                _ => part(weight, None),
            }
        }
        agreed / counted
    }

    fn name_likeness(&self, other: &Self) -> f64 {
        if self.name == other.name { 1.0 } else { likeness(&self.name, &other.name) }
    }

    /// Returns whether an item that retained its id is still the same weakness, and not another one that
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

    /// Returns whether everything but the name is the same: under an id that is known to be retained, the
    /// weakness was given another name.
    pub(super) fn is_renamed(&self, other: &Self) -> bool {
        !is_disjoint(&self.cves, &other.cves)
            && !self.has_other_identifier(other)
            && self.assets == other.assets
            && (&self.detector, self.detected, self.rating)
                == (&other.detector, other.detected, other.rating)
    }

    /// Returns whether one name is the other with a correction: alike, and with the same numbers in it
    /// (a version or a host is no correction).
    pub(super) fn has_corrected_name(&self, other: &Self) -> bool {
        self.name_likeness(other) >= CORRECTED && digit_runs(&self.name).eq(digit_runs(&other.name))
    }

    /// Returns whether one name is the other with words added. `kernel 0.1` is no part of `kernel 0.11`
    /// or `kernel 0.1.2`.
    pub(super) fn has_extended_name(&self, other: &Self) -> bool {
        has_words_of(&self.name, &other.name) || has_words_of(&other.name, &self.name)
    }
}

fn score_of_same(same: bool) -> Option<f64> {
    Some(if same { 1.0 } else { 0.0 })
}

/// Returns whether a text holds another as entire words.
pub(super) fn has_words_of(text: &str, part: &str) -> bool {
    let holds = |(at, _): (usize, &str)| {
        let (before, after) = (&text[..at], &text[at + part.len()..]);
        let mut after = after.chars();
        let ends = match after.next() {
            // The end of a sentence is no part of a word.
            Some('.' | '-') => !after.next().is_some_and(char::is_alphanumeric),
            Some(next) => !is_within_word(next),
            None => true,
        };
        !before.ends_with(is_within_word) && ends
    };
    !part.is_empty() && text.match_indices(part).any(holds)
}

fn is_within_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Returns whether both have members and none in common.
fn is_disjoint(one: &BTreeSet<String>, two: &BTreeSet<String>) -> bool {
    !one.is_empty() && !two.is_empty() && one.is_disjoint(two)
}

/// The runs of digits in a text.
pub(super) fn digit_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty())
}

/// The share of what either has that both have.
fn shared_part(one: &BTreeSet<String>, two: &BTreeSet<String>) -> f64 {
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
pub(super) fn plain_text(text: &str) -> String {
    let text = normalize_look(text);
    text.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\"")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn test_item(id: &str, name: &str) -> Item {
        let (status, date) = ("open".parse().unwrap(), "2026-05-04".parse().unwrap());
        let mut item = Item::new(id.parse().unwrap(), name.into(), status, date, RiskRating::High);
        item.detector_source = Some("Wazuh".into());
        item
    }

    fn test_weakness(id: &str, name: &str, identifier: &str) -> Weakness {
        let mut item = test_item(id, name);
        item.source_identifier = Some(identifier.to_owned()).filter(|text| !text.is_empty());
        Weakness::describe_item(&item, [id])
    }

    #[test]
    fn texts_are_compared_without_what_a_program_makes_of_them() {
        for text in [
            "Z\u{fc}rich's  \"old\" TLS - port 443",
            "Zu\u{308}rich\u{2019}s \u{201c}OLD\u{201d} TLS\u{a0}\u{2013} port 443",
            "z\u{fc}rich's \"o\u{ad}ld\" tls \u{2014} port\u{200b} 443",
        ] {
            assert_eq!(plain_text(text), "z\u{fc}rich's \"old\" tls - port 443");
        }
        assert_ne!(plain_text("port 443"), plain_text("port 444"));
    }

    #[test]
    fn a_number_that_goes_with_the_id_says_nothing() {
        let (a, b) = (
            test_weakness("MSS-43561", "CVE-2024-7883 in x", "43561"),
            test_weakness("MSS-47712", "CVE-2024-7883 in  X", "47712"),
        );
        assert_eq!(a, b);
        assert!((a.agreement_score(&b) - 1.0).abs() < 1e-9);
        assert!(test_weakness("V-1", "x", "51192").identifiers.contains("51192"));
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
            let (a, b) =
                (test_weakness("V-1", one.0, one.1), test_weakness("V-1", other.0, other.1));
            assert_eq!(a.is_still(&b), same, "{one:?} {other:?}");
        }
    }

    #[test]
    fn scores_go_down_with_what_differs() {
        let mut one = test_item("V-1", "Open port");
        let mut two = test_item("V-2", "Open port");
        let score = |one: &Item, two: &Item| {
            Weakness::describe_item(one, []).agreement_score(&Weakness::describe_item(two, []))
        };
        one.assets = vec!["a".into(), "b".into()];
        two.assets = vec!["a".into(), "b".into()];
        let same = score(&one, &two);
        two.assets = vec!["a".into(), "c".into()];
        let third = score(&one, &two);
        two.assets = vec!["c".into()];
        let other = score(&one, &two);
        assert!(same > third && third > other, "{same} {third} {other}");
        assert!(score(&one, &test_item("V-3", "Unsupported server")) < 0.5);
    }

    #[test]
    fn an_extended_name_has_whole_words_added_and_counts_as_corrected() {
        for (one, other, extended) in [
            ("Vendor advisory 3", "Vendor advisory 3 (confirmed)", true),
            ("Open port", "Re-opened: open port", true),
            ("Open port.", "Open port. Confirmed in May", true),
            ("kernel 0.1", "kernel 0.11", false),
            ("kernel 0.1", "kernel 0.1.2", false),
            ("web-1", "web-1-a", false),
            ("", "Open port", false),
        ] {
            let (a, b) = (test_weakness("V-1", one, ""), test_weakness("V-2", other, ""));
            assert_eq!(a.has_extended_name(&b), extended, "{one} / {other}");
            assert_eq!(b.has_extended_name(&a), extended, "{other} / {one}");
        }
        // Half of the name is added: the letters are not much alike, and the rest is the same.
        let (a, b) = (
            test_weakness("V-1", "Advisory 3", ""),
            test_weakness("V-2", "Advisory 3 (confirmed again)", ""),
        );
        assert!(a.agreement_score(&b) < 0.6 && a.score_of_extended(&b) > a.agreement_score(&b));
    }

    #[test]
    fn a_corrected_name_has_the_same_numbers() {
        for (one, other, same) in [
            ("Open port on firewal", "Open port on the firewall", true),
            ("Kernel 6.1.0-17 out of date", "Kernel 6.1.0-18 out of date", false),
            ("Outdated package on web-03", "Outdated package on web-04", false),
            ("Open port", "Unsupported server", false),
        ] {
            let (a, b) = (test_weakness("V-1", one, ""), test_weakness("V-2", other, ""));
            assert_eq!(a.has_corrected_name(&b), same, "{one} / {other}");
        }
    }
}
