//! Import: what documents say → items in the tracker, every row accounted for.
//!
//! A plan is made first and can be looked at; carrying it out writes the items and commits them.
//! Rows read = created + matched + unchanged + refused.
//!
//! ```text
//! document ──read──▶ rows ──exchange──▶ items ──matching──▶ created · matched · unchanged · refused
//!                                                  ▲
//!                              register: the items as they stand, document after document
//! ```

mod carry_out;
mod cells;
mod delta;
mod done;
mod json;
mod matching;
mod month;
mod oscal;
mod own;
mod plan;
mod register;
mod row;
mod series;
mod submission;
mod update;
mod weakness;

pub use carry_out::{ImportError, carry_out};
pub use done::Done;
pub use matching::{By, LEAST_SCORE, Match};
pub use oscal::{OscalPlan, plan_oscal};
pub use plan::{Changed, Created, Matched, Options, Plan, PlanError};
pub use series::plan_series;
pub use submission::{Dated, DatedBy, Submission};
pub use update::{
    Conflict, MissingColumn, Readings, Update, Winner, carry_out_update, plan_update,
};
