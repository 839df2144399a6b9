//! CISA's catalog of known exploited vulnerabilities, and which items it is about.
//!
//! [`KevCatalog`] is the JSON file that CISA publishes; [`plan`] compares it with the items of a
//! tracker and decides what to write. [`KevDirective`] is what the directive says about time, as data.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::model::Item;
use crate::settings::Settings;
use crate::store::Stored;

const DIRECTIVE: &str = include_str!("../templates/rules/kev.json");

/// What CISA's directive on known exploited vulnerabilities says about time.
#[derive(Debug, Clone, Deserialize)]
pub struct KevDirective {
    /// Its name: BOD 26-04.
    pub directive: String,
    /// The event that starts the time.
    pub clock: KevClock,
    /// Where it was read.
    pub source: String,
    /// When it was read.
    pub read: NaiveDate,
}

/// The event that starts the time of a known exploited vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KevClock {
    /// The entry in the catalog or the detection on the asset, whichever is earlier.
    EarlierOfListingAndDetection,
    /// The entry in the catalog.
    Listing,
    /// The detection on the asset.
    Detection,
}

impl KevDirective {
    /// The directive that comes with the program.
    pub fn built_in() -> &'static Self {
        static DIRECTIVES: OnceLock<KevDirective> = OnceLock::new();
        // That the file is readable is a test below.
        DIRECTIVES.get_or_init(|| {
            serde_json::from_str(DIRECTIVE).unwrap_or_else(|_| Self {
                directive: String::new(),
                clock: KevClock::EarlierOfListingAndDetection,
                source: String::new(),
                read: NaiveDate::MIN,
            })
        })
    }

    /// The day from which the time of an item runs.
    pub fn clock_start(&self, listed: Option<NaiveDate>, detected: NaiveDate) -> NaiveDate {
        match (self.clock, listed) {
            (KevClock::EarlierOfListingAndDetection, Some(listed)) => listed.min(detected),
            (KevClock::Listing, Some(listed)) => listed,
            _ => detected,
        }
    }
}

/// CISA's catalog, as it is published.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KevCatalog {
    /// The version, which is its day: 2026.11.27.
    pub catalog_version: String,
    /// When it was published.
    #[serde(default)]
    pub date_released: String,
    /// How many entries it says it has.
    #[serde(default)]
    pub count: Option<usize>,
    /// The entries.
    pub vulnerabilities: Vec<KevEntry>,
}

/// An entry of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KevEntry {
    /// The CVE.
    #[serde(rename = "cveID")]
    pub cve: String,
    /// The day of the entry.
    pub date_added: NaiveDate,
    /// The due date.
    pub due_date: NaiveDate,
}

/// Why a file is no catalog.
#[derive(Debug, thiserror::Error)]
pub enum KevError {
    /// It is no JSON of that shape.
    #[error(
        "this is not CISA's catalog of known exploited vulnerabilities in JSON \
         (known_exploited_vulnerabilities.json): {0}"
    )]
    Shape(#[from] serde_json::Error),
    /// It is cut.
    #[error("the catalog says that it has {said} entries and has {found}: it is not whole")]
    Cut {
        /// The number that it says.
        said: usize,
        /// The number that there are.
        found: usize,
    },
    /// It has no entries.
    #[error("the catalog has no entries")]
    Empty,
}

impl KevCatalog {
    /// Reads the catalog.
    ///
    /// # Errors
    ///
    /// When it is no such catalog, or not a whole one.
    pub fn parse(text: &[u8]) -> Result<Self, KevError> {
        let catalog: Self = serde_json::from_slice(text)?;
        let found = catalog.vulnerabilities.len();
        match catalog.count {
            Some(said) if said != found => Err(KevError::Cut { said, found }),
            _ if found == 0 => Err(KevError::Empty),
            _ => Ok(catalog),
        }
    }
}

/// What the catalog means for the items of a tracker.
#[derive(Debug, Clone, Default)]
pub struct KevPlan<'a> {
    /// Items that do not say what the catalog does.
    pub marked: Vec<KevMark<'a>>,
    /// Open items that say it already.
    pub unchanged: Vec<&'a Stored>,
    /// Open items that say that they are listed while no CVE of theirs is in this catalog.
    pub not_listed: Vec<&'a Stored>,
    /// Closed items with a CVE of the catalog: they stay as they are.
    pub closed: usize,
}

/// An item and the entry of the catalog that counts for it.
#[derive(Debug, Clone)]
pub struct KevMark<'a> {
    /// The item.
    pub stored: &'a Stored,
    /// The entry with the earliest due date.
    pub entry: &'a KevEntry,
}

/// Compares the catalog with items. Of several entries, the one with the earliest due date counts.
pub fn plan<'a>(catalog: &'a KevCatalog, items: &'a [Stored], settings: &Settings) -> KevPlan<'a> {
    let mut by_cve: BTreeMap<String, &KevEntry> = BTreeMap::new();
    for entry in &catalog.vulnerabilities {
        let known = by_cve.entry(entry.cve.trim().to_uppercase()).or_insert(entry);
        if entry.due_date < known.due_date {
            *known = entry;
        }
    }
    let mut plan = KevPlan::default();
    for stored in items {
        let item = &stored.item;
        let entries = item.cves.iter().filter_map(|cve| by_cve.get(&cve.trim().to_uppercase()));
        let entry = entries.copied().min_by_key(|entry| (entry.due_date, entry.date_added));
        let closed = settings.workflow.is_closed(&item.status);
        match entry {
            None if !closed && item.kev.as_ref().is_some_and(|kev| kev.listed) => {
                plan.not_listed.push(stored);
            }
            None => {}
            Some(_) if closed => plan.closed += 1,
            Some(entry) if says(item, entry) => plan.unchanged.push(stored),
            Some(entry) => plan.marked.push(KevMark { stored, entry }),
        }
    }
    plan
}

fn says(item: &Item, entry: &KevEntry) -> bool {
    item.kev.as_ref().is_some_and(|kev| {
        kev.listed && kev.added == Some(entry.date_added) && kev.due == Some(entry.due_date)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::samples::{day, settings, store};

    const CATALOG: &str = r#"{"title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2026.11.27", "dateReleased": "2026-11-27T15:00:00.000Z", "count": 3,
        "vulnerabilities": [
        {"cveID": "CVE-2026-1111", "vendorProject": "V", "product": "P", "vulnerabilityName": "N",
         "dateAdded": "2026-01-10", "shortDescription": "S", "requiredAction": "R",
         "dueDate": "2026-01-31", "knownRansomwareCampaignUse": "Unknown", "notes": "", "cwes": []},
        {"cveID": "CVE-2026-2222", "dateAdded": "2026-01-12", "dueDate": "2026-01-15"},
        {"cveID": "CVE-2026-3333", "dateAdded": "2026-02-01", "dueDate": "2026-02-22"}]}"#;

    #[test]
    fn items_are_marked_with_the_earliest_due_date() {
        let catalog = KevCatalog::parse(CATALOG.as_bytes()).unwrap();
        let store = store(&[
            ("V-1", "cves: [CVE-2026-1111, CVE-2026-2222]\n"),
            ("V-2", "cves: [cve-2026-1111]\nkev: {listed: true, due: 2026-01-20}\n"),
            (
                "V-3",
                "cves: [CVE-2026-3333]\nkev: {listed: true, added: 2026-02-01, due: 2026-02-22}\n",
            ),
            ("V-4", "cves: [CVE-2025-1]\nkev: {listed: true, due: 2026-01-20}\n"),
            ("V-5", "cves: [CVE-2026-1111]\nstatus: closed\ncompletion_date: 2026-01-20\n"),
            ("V-6", ""),
        ]);
        let plan = plan(&catalog, store.items(), &settings(""));
        let marked: Vec<_> = plan
            .marked
            .iter()
            .map(|mark| (mark.stored.item.id.as_str(), mark.entry.cve.as_str()))
            .collect();
        assert_eq!(marked, [("V-1", "CVE-2026-2222"), ("V-2", "CVE-2026-1111")]);
        let ids =
            |found: &[&Stored]| found.iter().map(|it| it.item.id.to_string()).collect::<Vec<_>>();
        assert_eq!(
            (ids(&plan.unchanged), ids(&plan.not_listed)),
            (vec!["V-3".into()], vec!["V-4".into()])
        );
        assert_eq!(plan.closed, 1);
    }

    #[test]
    fn what_is_no_whole_catalog_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"catalogVersion": "1", "vulnerabilities": []}"#,
            r#"{"catalogVersion": "1", "count": 2, "vulnerabilities": []}"#,
            r#"{"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-1", "dateAdded": "x", "dueDate": "2026-01-01"}]}"#,
        ] {
            assert!(KevCatalog::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn time_runs_from_the_earlier_of_listing_and_detection() {
        let directive: KevDirective = serde_json::from_str(DIRECTIVE).unwrap();
        for (listed, detected, expected) in [
            (Some("2026-02-01"), "2026-02-05", "2026-02-01"),
            (Some("2026-02-05"), "2026-02-01", "2026-02-01"),
            (None, "2026-02-01", "2026-02-01"),
        ] {
            assert_eq!(directive.clock_start(listed.map(day), day(detected)), day(expected));
        }
    }
}
