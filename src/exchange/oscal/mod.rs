//! OSCAL POA&M ↔ items.
//!
//! Each item is a `poam-item` with a finding observation, a risk and what FedRAMP's guide to OSCAL
//! POA&Ms maps the columns of the workbook to. What OSCAL has no place for travels beside it as
//! properties in a namespace of our own, so that a tracker that was exported reads back in full.
//!
//! Identifiers are UUIDs of version 5 over the system, the item and the part: another export of the
//! same item has the same ones.

mod beside;
mod document;
mod ids;
mod known;
mod log;
mod names;
mod parts;
mod read;
#[cfg(test)]
mod roundtrip;
mod shared;
mod take;
mod types;
mod write;

pub use document::{DocumentError, MAX_BYTES, OscalDocument, document};
pub(in crate::exchange) use document::{SCHEMA_1_1, SCHEMA_1_2, is_too_large};
pub(crate) use names::FEDRAMP_VERSION;
pub use names::OscalVersion;
pub(in crate::exchange) use names::{OURS, PROFILE};
pub use write::{OscalError, oscal};

use crate::history::History;

/// Counts the events whose dates OSCAL cannot state. They are written with the nearest date that it
/// can, and a property `dated` that holds their own.
pub fn events_out_of_range(history: &History) -> usize {
    history.events.iter().filter(|event| names::own_date(log::start_of(event)).is_some()).count()
}
