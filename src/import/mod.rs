//! Import: what a document says → items in the tracker, every row accounted for.
//!
//! A plan is made first and can be looked at; carrying it out writes the items and one commit for
//! each day that the source names. Rows read = created + unchanged + refused.

mod carry_out;
mod plan;

pub use carry_out::{ImportError, carry_out};
pub use plan::{Created, Plan, plan};
