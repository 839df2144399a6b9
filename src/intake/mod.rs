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
mod counts;
mod coverage;
mod finding;
mod index;
mod item_text;
mod overview;
mod plan;
mod planner;
mod record;
mod write;

pub use counts::{RefusedResult, ScanCounts};
pub use coverage::{Coverage, UncoveredFinding, coverage};
pub use finding::{Finding, Findings, IntakeError, ScanFile, SuppressedResult, read_files};
pub use overview::scan_overview;
pub use plan::{
    AbsentItem, AbsentOutcome, ChangedItem, NewItem, PlanScanError, ScanOptions, ScanPlan,
    VexProposal, plan,
};
pub use poam_scans::VexStatus;
pub use record::{
    FOLDER as SCANS_FOLDER, ScanRecord, ScanRecordError, load_records, load_records_at,
};
pub use write::{WriteScanError, write};
