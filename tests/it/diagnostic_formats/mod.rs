//! The machine formats of `poam validate`: valid, safe whatever stands in the items, and true to the
//! places that they name.
#![allow(clippy::unwrap_used)]

mod fixture;
mod github;
mod hostile;
mod places;
mod read;
mod schemas;
