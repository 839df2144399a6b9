//! Import: what documents say → items in the tracker, every row accounted for.
//!
//! A plan is made first and can be looked at; carrying it out writes the items and commits them.
//! Rows read = created + matched + unchanged + refused.
//!
//! ```text
//! document ─▶ candidates ─▶ matching ─▶ merge ─▶ plan ─▶ commits
//!                              ▲           ▲
//!       register: the items as they stand  │
//!       record: what each source said of each item before, and which documents were imported
//! ```
//!
//! [`Submission`]s (documents) become candidates; what follows knows nothing of sheets and cells, so
//! that another kind of source needs no more than candidates of its own. Matching pairs candidates
//! with items, by all that was ever said of an item. The merge is three-way: a value that the source
//! said before is no statement. The record is text in `imports/` and is committed with the items.

mod absent;
mod candidate;
mod carry_out;
mod cells;
mod delta;
mod identity;
mod json;
mod matching;
mod merge;
mod own;
mod plan;
mod planner;
mod record;
mod register;
mod row;
mod series;
mod submission;
mod trailers;
mod update;
mod weakness;

pub use carry_out::{ImportError, carry_out};
pub use matching::{By, LEAST_SCORE, Match};
pub use merge::{Conflict, HeldValue, Winner};
pub use plan::{Changed, Created, Matched, Options, Plan, PlanError};
pub use record::{
    FOLDER as RECORD_FOLDER, ImportRecord, ImportedDocument, RecordError, RecordFile,
};
pub use series::plan_series;
pub use submission::{Dated, DatedBy, Submission};
pub use trailers::CommittedImports;
pub use update::{MissingColumn, Readings, Update, carry_out_update, plan_update};
