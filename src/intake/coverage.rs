//! Which findings of a scan have an item.

use serde::Serialize;

use super::finding::Findings;
use super::index::ItemIndex;
use super::item_text::rating;
use super::record::key_text;
use crate::model::RiskRating;
use crate::settings::Settings;
use crate::store::Store;

/// How many findings of a scan have an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The lowest rating that becomes an item.
    pub minimum: RiskRating,
    /// Findings at or above it.
    pub findings: usize,
    /// Those with an open item.
    pub open: usize,
    /// Those whose item is closed.
    pub closed: usize,
    /// Those without an item.
    pub missing: Vec<UncoveredFinding>,
}

/// A finding without an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UncoveredFinding {
    /// Detector and id.
    pub id: String,
    /// The name.
    pub title: String,
    /// The rating that its item would have.
    pub risk: &'static str,
    /// How many assets have it.
    pub assets: usize,
}

/// Compares the findings of a scan with the items of a tracker.
pub fn coverage(store: &Store, settings: &Settings, findings: &Findings) -> Coverage {
    let index = ItemIndex::new(store);
    let mut coverage = Coverage {
        minimum: settings.scan.minimum,
        findings: 0,
        open: 0,
        closed: 0,
        missing: Vec::new(),
    };
    for finding in findings.failed.values() {
        let Some(risk) = rating(finding.severity, &settings.scan) else { continue };
        if risk < settings.scan.minimum {
            continue;
        }
        coverage.findings += 1;
        match index.find(&finding.key, settings) {
            Some(stored) if settings.workflow.is_closed(&stored.item.status) => {
                coverage.closed += 1
            }
            Some(_) => coverage.open += 1,
            None => coverage.missing.push(UncoveredFinding {
                id: key_text(&finding.key),
                title: finding.title.clone(),
                risk: risk.as_str(),
                assets: finding.assets.len(),
            }),
        }
    }
    coverage
}
