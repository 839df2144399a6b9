//! Import: what documents state → items in the tracker, every row accounted for.
//!
//! A plan is made first and can be looked at; carrying it out writes the items and commits them.
//! Rows read = created + matched + unchanged + refused.
//!
//! ```text
//! document ─▶ candidates ─▶ matching ─▶ merge ─▶ plan ─▶ commits
//!                              ▲           ▲
//!       register: the items as they are    │
//!       record: what each source stated of each item before, and which documents were imported
//! ```
//!
//! An [`ImportSource`] reads a document into a [`Submission`], whose rows or items become candidates. What
//! follows knows nothing of sheets and cells, so that another source is one more implementation of the
//! trait. Matching pairs candidates
//! with items, by all that was ever stated of an item. The merge is three-way: a value that the source
//! stated before is no statement. The record is text in `imports/` and is committed with the items.

mod absent;
mod candidate;
mod carry_out;
mod cells;
mod delta;
mod identity;
mod json;
mod matching;
mod merge;
mod milestones;
mod new_person;
mod own;
mod plan;
mod planner;
mod record;
mod register;
mod row;
mod row_cells;
mod series;
mod source;
mod submission;
mod tracker_ids;
mod trailers;
mod update;
mod weakness;

pub use carry_out::{ImportError, carry_out};
pub use matching::{ImportMatch, LEAST_SCORE, MatchedBy};
pub use merge::{Conflict, HeldValue, MergeDecisions, Winner};
pub use plan::{Changed, Created, ImportOptions, Matched, Plan, PlanError};
pub use record::{
    DaysFile, FOLDER as RECORD_FOLDER, ImportRecord, ImportedDocument, RecordError, RecordFile,
};
pub use series::plan_series;
pub use source::{
    HEAD_BYTES, IMPORT_SOURCES, ImportSource, SourceContent, SourceDocument, SourceError,
    SourceOptions, find_source,
};
pub use submission::{DatedBy, DatedSubmission, Submission};
pub use tracker_ids::{name_built_rows, name_edited_rows};
pub use trailers::CommittedImports;
pub use update::{MissingColumn, Update, WorkbookReadings, carry_out_update, plan_update};
