//! Overview of the recorded scans in a summary.

use chrono::NaiveDate;
use serde::Serialize;

use crate::model::ItemId;

/// Overview of the recorded scans: the last one of each scope, and the items of scanners that were
/// not looked at lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScanOverview {
    /// Scans that are recorded up to the day of the summary.
    pub recorded: usize,
    /// The last scan of each scope, or of each format where scans have no scope; the latest first.
    pub last: Vec<LastScan>,
    /// Open items that a scanner found: those with an identifier of the detector.
    pub open_items: usize,
    /// Those of them at whose assets a scan of their detector looked within `days`.
    pub looked_at: usize,
    /// The others.
    pub not_looked_at: Vec<ItemId>,
    /// So many days count as lately.
    pub days: u32,
}

/// The last scan of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastScan {
    /// The scope, or else the formats.
    pub name: String,
    /// The day of the scan.
    pub day: NaiveDate,
    /// Tools with their versions.
    pub tools: Vec<String>,
    /// Results that were read.
    pub results: usize,
    /// Items that were found.
    pub found: usize,
    /// Assets that were looked at in full.
    pub assets: usize,
    /// Assets that were not or not wholly looked at; the entire scan counts as one.
    pub incomplete: usize,
    /// Results that could not be used.
    pub refused: usize,
    /// The path of the record.
    pub record: String,
}
