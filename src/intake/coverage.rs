//! Which findings of a scan have an item.

use serde::Serialize;

use super::finding::Findings;
use super::index::ItemIndex;
use super::item_text::find_rating;
use super::record::key_text;
use super::sharing::share;
use crate::model::RiskRating;
use crate::settings::Settings;
use crate::store::Store;

/// Numbers of a scan's findings with and without an item.
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
    /// Number of assets with it.
    pub assets: usize,
}

/// Compares the findings of a scan with the items of a tracker.
pub fn compare_coverage(store: &Store, settings: &Settings, findings: &Findings) -> Coverage {
    let index = ItemIndex::new(store, &settings.scan);
    let artifacts = findings.artifact_families();
    let mut coverage = Coverage {
        minimum: settings.scan.minimum,
        findings: 0,
        open: 0,
        closed: 0,
        missing: Vec::new(),
    };
    for finding in findings.failed.values() {
        let Some(risk) = find_rating(finding.severity, &settings.scan) else { continue };
        if risk < settings.scan.minimum {
            continue;
        }
        coverage.findings += 1;
        let items = index.find(finding, settings);
        let shared = share(finding, &items, settings, &artifacts);
        let is_known = !shared.open.is_empty() || !shared.false_positives.is_empty();
        let rest = if is_known { shared.rest.len() } else { finding.assets.len() };
        if items.closed.is_none() && (rest > 0 || !is_known) {
            coverage.missing.push(UncoveredFinding {
                id: key_text(&finding.key),
                title: finding.title.clone(),
                risk: risk.as_str(),
                assets: rest,
            });
        } else if !shared.open.is_empty() {
            coverage.open += 1;
        } else {
            coverage.closed += 1;
        }
    }
    coverage
}
