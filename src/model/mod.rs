//! What a POA&M item means: plain types, no YAML, no git, no files, no clock.

mod canonical;
mod catalog;
mod cci;
mod cmmc;
mod crosswalk;
mod day_or_instant;
mod deviation;
mod due;
mod folded;
mod guard;
mod id;
mod item;
mod milestone;
mod permanent;
mod rating;
mod reason;
mod reference;
mod status;
mod ticket;
pub mod words;
mod workflow;

pub use canonical::{canonical, canonical_field, corrections};
pub use catalog::{CONTROLS, Catalog, CatalogEntry, CatalogId};
pub use cci::control_of_cci;
pub use cmmc::{Requirement, Score, requirement_ids, why_not_on_poam};
pub use crosswalk::{CONTROLS_FRAMEWORK, Suggestion, suggestions};
pub use day_or_instant::{DayOrInstant, DayOrInstantError};
pub use deviation::{Decision, Deviation, DeviationState, DeviationType};
pub use due::{Basis, Deadlines, Due, Exemption};
pub use folded::{folded, is_blank, without_invisible};
pub use guard::{Guard, Unmet};
pub use id::{ItemId, ItemIdError, UnportableId};
pub use item::{
    Allowance, Deferral, Evidence, Exposure, Facing, Item, Kev, Kind, Mitigation, NextReduction,
    Person, Review, RiskAcceptance, VendorDependency, Ver,
};
pub use milestone::{Milestone, MilestoneStatus};
pub use permanent::{FirstValues, PermanentValues};
pub use rating::RiskRating;
pub use reason::{is_generic_reason, is_own_subject};
pub use reference::is_reference;
pub use status::Status;
pub use ticket::names_ticket;
pub use workflow::{Move, Sheet, StatusDefinition, Workflow, WorkflowError};
