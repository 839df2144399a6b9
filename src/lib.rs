//! Plans of Action and Milestones (POA&Ms) as plain text in git.

pub mod model;
