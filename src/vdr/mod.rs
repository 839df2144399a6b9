//! FedRAMP's rules on vulnerabilities (VDR, VER): what they state, as data, and the state of an item
//! under them.
//!
//! [`OfficialRules`] is the file `templates/rules/fedramp-2026.json`, which a script makes from
//! FedRAMP's own dataset: statements, force (MUST, SHOULD, MAY) by class, time frames, and the days
//! from which each ruleset binds. [`TimeFrames`] applies them to an item. Rules, summary and reports
//! take deadlines from here, so that they agree.

mod calendar;
mod class;
mod deadline;
mod evaluations;
mod official;
mod standing;
mod time_frames;

pub use calendar::{Binding, Phase, binding_calendar};
pub use class::Class;
pub use deadline::Deadline;
pub use evaluations::{EvaluationRecord, find_rating_time, first_evaluation, list_evaluations};
pub use official::{
    Citation, Force, OfficialRule, OfficialRules, OfficialSource, Ruleset, TimeFrame, Unit, Variant,
};
pub use standing::{describe_standing, in_force};
pub use time_frames::{Missing, Overdue, Reduction, TimeFrames, detection_time, is_on_day};
