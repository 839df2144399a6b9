//! Items ↔ the rows of official forms.
//!
//! What goes into a cell and what comes out of it stand side by side, so that a row written here
//! reads back as the same item, for everything the layout can carry. What a cell says and no field
//! means is kept under `extra`.

mod assumed;
mod book;
mod cells;
mod change_entry;
mod changes;
pub mod check;
mod content;
mod control_cells;
mod emass;
mod entries;
mod events_csv;
mod federal;
mod layout;
mod milestones;
mod name_cells;
mod notes;
pub mod oscal;
mod own_export;
mod past;
mod plan;
mod records;
mod statements;
mod status_column;
mod table_csv;
mod tables;
mod to_item;
mod to_row;
mod typed;
pub mod ver;
mod weakness;

pub use assumed::{Assumed, StatusMeaning, note_critical, says_only_not_closed};
pub use book::{Book, Listed, book, book_to};
pub use cells::own_text;
pub use content::{BookError, Edition, Notes, OutOfRange, Records, content, listed_ids};
pub use events_csv::events_csv;
pub use federal::{FederalError, federal_csv};
pub use layout::{LayoutError, is_layout_file, layout_of, parse_layout};
pub(crate) use name_cells::{CveList, NameList};
pub(crate) use past::{PastVersion, past};
pub use records::{RecordTable, event_records, item_records, item_tables, records_csv, write_xlsx};
pub use statements::{ChangedMilestones, ChangesAlone, DeniedField, MilestoneStatements};
pub use status_column::read_status_columns;
pub use table_csv::table_csv;
pub use tables::{events_ndjson, items_csv, items_ndjson, with_derived};
pub use to_item::{Imported, Refused, can_be_committed, item};
pub(crate) use to_row::scheduled_by_formula;
pub(crate) use typed::{TypedChange, read_typed_change, read_typed_plan};
pub use weakness::take_apart;

/// Keys under `extra` where imports keep what no field means, and where the workbook finds it.
pub mod kept {
    /// *Planned Milestones* as the source has it, where milestone changes follow or where it is
    /// not in the template's grammar.
    pub const PLANNED: &str = "planned_milestones";
    /// *Milestone Changes* as the source has it: what changed before this tracker began.
    pub const CHANGES: &str = "milestone_changes";
    /// *Deviation Rationale* that belongs to no deviation.
    pub const RATIONALE: &str = "deviation_rationale";
    /// *Adjusted Risk Rating* without a risk adjustment.
    pub const ADJUSTED: &str = "adjusted_risk_rating";
    /// *Auto-Approve*.
    pub const AUTO_APPROVE: &str = "auto_approve";
    /// *Last Vendor Check-in Date* without a vendor dependency.
    pub const LAST_CHECK_IN: &str = "last_vendor_check_in";
    /// *Vendor Dependent Product Name* without a vendor dependency.
    pub const PRODUCT: &str = "vendor_product";
    /// The due date of the KEV catalog where the item is not said to be listed.
    pub const KEV_DUE: &str = "kev_due_date";
    /// *Status Date* that can be the day of no commit.
    pub const STATUS_DATE: &str = "status_date";
    /// The day of completion of a row that is not closed.
    pub const COMPLETION_DATE: &str = "completion_date";

    /// The word of a status column that contradicts the sheet.
    pub const STATUS: &str = "source_status";
    /// Remarks in brackets behind controls.
    pub const CONTROLS: &str = "controls_remarks";
    /// Words beside CVEs.
    pub const CVES: &str = "cves_remarks";

    /// All of them: no column of another meaning is kept under one.
    pub(super) const ALL: [&str; 13] = [
        PLANNED,
        CHANGES,
        RATIONALE,
        ADJUSTED,
        AUTO_APPROVE,
        LAST_CHECK_IN,
        PRODUCT,
        KEV_DUE,
        STATUS_DATE,
        CONTROLS,
        CVES,
        COMPLETION_DATE,
        STATUS,
    ];
}
