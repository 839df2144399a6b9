//! Scans become items: results of scanners → findings → plan → items and the record of the scan.
//!
//! ```text
//! files ──poam_scans──▶ results ──▶ Findings ──▶ plan ──▶ ScanPlan ──▶ write ──▶ one commit
//!                                                ▲  ▲
//!          ItemIndex: items by detector and id ──┘  └── ScanRecord: earlier scans, `scans/…/*.yaml`
//! ```
//!
//! Every result is accounted for ([`ScanCounts`]). A scan makes items and changes their assets; it
//! never accepts a risk, never approves a deviation, and closes only what enough scans that covered all
//! of an item's assets did not find.

mod absence;
mod absent;
mod asset_name;
mod clean;
mod counts;
mod coverage;
mod finding;
mod grouping;
mod index;
mod item_text;
mod new_record;
mod overview;
mod package_url;
mod plan;
mod planner;
mod proposals;
mod record;
mod sharing;
pub mod text;
mod write;

pub use counts::{RefusedResult, ScanCounts};
pub use coverage::{Coverage, UncoveredFinding, compare_coverage};
pub use finding::{
    AssetResults, Finding, Findings, IntakeError, ScanFile, SuppressedResult, read_files,
};
pub use overview::scan_overview;
pub use plan::{
    AbsentItem, AbsentOutcome, ChangedItem, NewItem, PlanScanError, ScanOptions, ScanPlan,
    VexProposal, plan_scan,
};
pub use poam_scans::VexStatus;
pub use record::{
    FOLDER as SCANS_FOLDER, HostLogins, RecordedNaming, ScanRecord, ScanRecordError, load_records,
    load_records_at,
};
pub use write::{WriteScanError, write};

/// An open item with what every item must have, for tests.
#[cfg(test)]
fn sample_item() -> crate::model::Item {
    crate::model::Item::new(
        "V-1".parse().unwrap(),
        "w".to_owned(),
        crate::model::Status::OPEN.parse().unwrap(),
        "2026-01-01".parse().unwrap(),
        crate::model::RiskRating::High,
    )
}
