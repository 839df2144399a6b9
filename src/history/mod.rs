//! Commits → events.

mod compare;
mod event;

pub use compare::{Difference, between, between_settings};
pub use event::{Action, Actor, Event, Family, Signature};

/// What the commits say.
pub struct History;
