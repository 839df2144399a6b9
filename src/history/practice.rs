//! The practices that each evidence family is evidence for, as data.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Event, EventDay, Family};

/// A practice that an assessor checks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Practice {
    /// Its number in NIST SP 800-171 (Rev. 2): `3.3.1`.
    #[serde(rename = "nist-800-171")]
    pub nist: String,
    /// Its id in CMMC: `AU.L2-3.3.1`.
    pub cmmc: String,
    /// Requirement in a few words of our own.
    pub title: String,
}

impl Practice {
    /// Returns whether a person means this practice: by either name, in any case.
    pub fn is_named(&self, name: &str) -> bool {
        self.nist == name || self.cmmc.eq_ignore_ascii_case(name)
    }
}

type Practices = BTreeMap<Family, Vec<Practice>>;

fn all_practices() -> &'static Practices {
    static ALL: OnceLock<Practices> = OnceLock::new();
    let text = include_str!("../../templates/practices.json");
    // A table that does not parse is caught by the test of this file.
    ALL.get_or_init(|| serde_json::from_str(text).unwrap_or_default())
}

impl Family {
    /// All families, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::AccessControl, Self::Audit, Self::ConfigurationManagement];

    /// Returns the practices that its events are evidence for.
    pub fn practices(self) -> &'static [Practice] {
        all_practices().get(&self).map(Vec::as_slice).unwrap_or_default()
    }
}

/// An event as it is printed: with the practices of its family.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Event")]
pub struct PrintedEvent<'a> {
    /// The event.
    #[serde(flatten)]
    pub event: &'a Event,
    /// The day (UTC) on which it happened, or `unknown` where it was reconstructed from a document that
    /// gives none: then it happened by the day of `time`, at a day that nobody recorded.
    pub day: String,
    /// The CMMC practices that it is evidence for, those of its family.
    pub practices: Vec<&'static str>,
}

impl<'a> PrintedEvent<'a> {
    /// Creates an event with its practices.
    pub fn new(event: &'a Event) -> Self {
        let practices = event.evidence_family.practices().iter();
        let day = event.known_day().map_or(EventDay::UNKNOWN.to_owned(), |day| day.to_string());
        Self { event, day, practices: practices.map(|practice| practice.cmmc.as_str()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_practices_that_exist() {
        let nist = include_str!("../../templates/catalogs/nist-800-171-rev2.txt");
        let cmmc = include_str!("../../templates/catalogs/cmmc-2.0.txt");
        for family in Family::ALL {
            assert!(!family.practices().is_empty(), "{family:?}");
            for practice in family.practices() {
                let has = |catalog: &str, id: &str| {
                    catalog.lines().any(|line| line.split('\t').next() == Some(id))
                };
                assert!(has(nist, &practice.nist), "{practice:?}");
                assert!(has(cmmc, &practice.cmmc), "{practice:?}");
                assert!(practice.cmmc.ends_with(&format!("-{}", practice.nist)));
                assert!(practice.is_named(&practice.cmmc.to_lowercase()));
                assert!(practice.is_named(&practice.nist) && !practice.is_named("3.3"));
            }
        }
    }
}
