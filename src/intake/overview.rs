//! Overview of the records of scans for a summary.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::clean::CleanWeakness;
use super::record::ScanRecord;
use crate::settings::Settings;
use crate::store::Store;
use crate::summary::{LastScan, ScanOverview};

/// A scan within so many days counts as lately: FedRAMP asks for one each month.
const DAYS: u32 = 31;

/// Sums up the scans up to a day. `None` where none is recorded. `records` are the scans of the tracker,
/// oldest first.
pub fn scan_overview(
    store: &Store,
    settings: &Settings,
    records: &[(String, ScanRecord)],
    today: NaiveDate,
) -> Option<ScanOverview> {
    let past: Vec<&(String, ScanRecord)> =
        records.iter().filter(|(_, record)| record.day <= today).collect();
    if past.is_empty() {
        return None;
    }
    let mut by_name: BTreeMap<String, &(String, ScanRecord)> = BTreeMap::new();
    for record in &past {
        by_name.insert(record.1.name(), record);
    }
    let mut last: Vec<LastScan> =
        by_name.into_iter().map(|(name, (path, record))| last_scan(name, path, record)).collect();
    last.sort_by(|a, b| (b.day, &a.name).cmp(&(a.day, &b.name)));
    let recent: Vec<&ScanRecord> = past
        .iter()
        .map(|(_, record)| record)
        .filter(|record| (today - record.day).num_days() <= i64::from(DAYS))
        .collect();
    let mut overview = ScanOverview {
        recorded: past.len(),
        last,
        open_items: 0,
        looked_at: 0,
        not_looked_at: Vec::new(),
        days: DAYS,
    };
    for stored in store.items() {
        let item = &stored.item;
        let known = past.iter().map(|(_, record)| record);
        let Some(weakness) = CleanWeakness::new(item, &settings.scan, known) else { continue };
        if settings.workflow.is_closed(&item.status) {
            continue;
        }
        overview.open_items += 1;
        let looked_at = recent.iter().any(|record| {
            let is_gone = |method: &String| weakness.check_gone(record, method).is_ok();
            record.found.contains_key(item.id.as_str()) || weakness.methods.iter().any(is_gone)
        });
        if looked_at {
            overview.looked_at += 1;
        } else {
            overview.not_looked_at.push(item.id.clone());
        }
    }
    Some(overview)
}

fn last_scan(name: String, path: &str, record: &ScanRecord) -> LastScan {
    LastScan {
        name,
        day: record.day,
        tools: record.tools.clone(),
        results: record.counts.results,
        found: record.found.len(),
        assets: record.assets.len(),
        incomplete: record.incomplete.len(),
        refused: record.counts.refused,
        record: path.to_owned(),
    }
}
