//! FedRAMP's rules on vulnerabilities (VDR, VER): what they say, as data, and where an item stands
//! under them.
//!
//! [`OfficialRules`] is the file `templates/rules/fedramp-2026.json`, which a script makes from
//! FedRAMP's own dataset: statements, force (MUST, SHOULD, MAY) by class, time frames, and the days
//! from which each ruleset binds. [`TimeFrames`] applies them to an item. Rules, summary and reports
//! take deadlines from here, so that they agree.

mod calendar;
mod class;
mod deadline;
mod official;
mod standing;
mod time_frames;

pub use calendar::{Binding, Phase, calendar};
pub use class::Class;
pub use deadline::Deadline;
pub use official::{
    Citation, Force, OfficialRule, OfficialRules, Ruleset, Source, TimeFrame, Unit, Variant,
};
pub use standing::{describe, in_force};
pub use time_frames::{Missing, Overdue, Reduction, TimeFrames};
