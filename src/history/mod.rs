//! Commits → events.

/// What the commits say.
pub struct History;
