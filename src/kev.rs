//! CISA's catalog of known exploited vulnerabilities, and which items it is about.
//!
//! [`KevCatalog`] is the JSON file that CISA publishes; [`plan_kev`] compares it with the items of a
//! tracker and decides what to write. [`KevDirective`] is what the directive states about time, as data.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::model::Item;
use crate::settings::Settings;
use crate::store::Stored;

const DIRECTIVE: &str = include_str!("../templates/rules/kev.json");

/// Time frames of CISA's directive on known exploited vulnerabilities.
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
    /// Time that remediation may take.
    pub table: DirectiveTable,
}

/// The decision table of the directive.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct DirectiveTable {
    /// Question that each letter of a key answers.
    pub order: Vec<String>,
    /// Actions by answers: in the catalog, exposed and automatable as Y or N, technical impact as T
    /// (total) or P (partial).
    pub actions: BTreeMap<String, String>,
}

impl DirectiveTable {
    /// Returns the most days that remediation of what is in the catalog may take; an answer that is
    /// not known may be either. None where an action has no number of days.
    pub fn most_days(&self, exposed: Option<bool>, automatable: Option<bool>) -> Option<u64> {
        let mut most = None;
        for (key, action) in &self.actions {
            let mut letters = key.chars();
            let answers = [letters.next(), letters.next(), letters.next()];
            let [Some(listed), Some(at_exposed), Some(at_automatable)] = answers else { continue };
            let fits = listed == 'Y' && letter_means(exposed, at_exposed);
            if fits && letter_means(automatable, at_automatable) {
                let days: u64 = action.split(' ').next()?.parse().ok()?;
                most = most.max(Some(days));
            }
        }
        most
    }
}

fn letter_means(answer: Option<bool>, at: char) -> bool {
    match answer {
        None => true,
        Some(true) => at == 'Y',
        Some(false) => at == 'N',
    }
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
    /// Returns the directive that comes with the program.
    pub fn built_in() -> &'static Self {
        static DIRECTIVES: OnceLock<KevDirective> = OnceLock::new();
        // That the file is readable is a test below.
        DIRECTIVES.get_or_init(|| {
            serde_json::from_str(DIRECTIVE).unwrap_or_else(|_| Self {
                directive: String::new(),
                clock: KevClock::EarlierOfListingAndDetection,
                source: String::new(),
                read: NaiveDate::MIN,
                table: DirectiveTable::default(),
            })
        })
    }

    /// Returns the day from which the time of an item runs.
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
    /// Number of entries that it states.
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

/// Reasons why a file is no catalog.
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
        /// The number that it states.
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
    /// When it is no such catalog, or not a complete one.
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

/// Effects of the catalog on the items of a tracker.
#[derive(Debug, Clone, Default)]
pub struct KevPlan<'a> {
    /// Items that do not state what the catalog does.
    pub marked: Vec<KevMark<'a>>,
    /// Open items that state it already.
    pub unchanged: Vec<&'a Stored>,
    /// Open items that state that they are listed while no CVE of theirs is in this catalog.
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
pub fn plan_kev<'a>(
    catalog: &'a KevCatalog,
    items: &'a [Stored],
    settings: &Settings,
) -> KevPlan<'a> {
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
            Some(entry) if names_entry(item, entry) => plan.unchanged.push(stored),
            Some(entry) => plan.marked.push(KevMark { stored, entry }),
        }
    }
    plan
}

fn names_entry(item: &Item, entry: &KevEntry) -> bool {
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
        let plan = plan_kev(&catalog, store.items(), &settings(""));
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

    /// The rows of CERT/CC's table `cisa:DT_BOD2604:1.0.0` (CERTCC/SSVC,
    /// data/csv/cisa/cisa_bod_26_04_1_0_0.csv): in the catalog, exposed, automatable, technical impact.
    const ROWS: &str = "\
no,no,no,partial,fix on system upgrade
yes,no,no,partial,14 days
no,yes,no,partial,60 days
no,no,yes,partial,60 days
no,no,no,total,fix on system upgrade
yes,yes,no,partial,14 days
yes,no,yes,partial,14 days
no,yes,yes,partial,14 days
yes,no,no,total,14 days
no,yes,no,total,14 days
no,no,yes,total,60 days
yes,yes,yes,partial,3 days
yes,yes,no,total,3 days & forensic investigation
yes,no,yes,total,3 days & forensic investigation
no,yes,yes,total,3 days
yes,yes,yes,total,3 days & forensic investigation
";

    #[test]
    fn every_row_is_that_of_the_published_table() {
        let table = &KevDirective::built_in().table;
        for row in ROWS.lines() {
            let columns: Vec<&str> = row.split(',').collect();
            let letters = columns[..4].iter().map(|answer| answer[..1].to_uppercase());
            let key: String = letters.collect();
            let action = columns[4].replace("fix on", "on").replace('&', "and");
            assert_eq!(table.actions[&key], action, "{row}");
        }
        assert_eq!(table.actions.len(), ROWS.lines().count());
    }

    /// The longest of the rows that fit, whatever the technical impact.
    #[test]
    fn an_answer_that_is_not_known_gives_the_longest_time() {
        let table = &KevDirective::built_in().table;
        for (exposed, automatable, days) in [
            (Some(true), Some(true), 3),
            (Some(true), Some(false), 14),
            (Some(false), Some(true), 14),
            (Some(false), Some(false), 14),
            (None, Some(true), 14),
            (Some(true), None, 14),
            (None, None, 14),
        ] {
            assert_eq!(table.most_days(exposed, automatable), Some(days));
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
