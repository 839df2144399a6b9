//! Meaning of a POA&M item as plain types: no YAML, no git, no files, no clock.
//!
//! [`Item`] is one entry with its [`Milestone`]s, [`Status`], [`RiskRating`] and [`Deviation`]s, as its file has
//! them. `serde` reads and writes it, and its documentation is the text of the JSON Schema. Around it:
//!
//! - [`Workflow`]: the statuses of a team, the moves between them and the [`Guard`]s of a status.
//! - [`Deadlines`], [`Due`], [`PermanentValues`]: when an item is due, by which detection date and rating.
//! - [`Catalog`], [`Requirement`], [`control_of_cci`], [`suggest_ids`]: published ids (NIST SP 800-53, CMMC, CCI)
//!   and the crosswalks between them.
//! - [`words`], [`to_canonical`]: usual words for statuses, ratings and kinds → the canonical ones.
//! - [`is_reference`], [`is_generic_reason`], [`names_ticket`]: judgements on texts that people write;
//!   [`without_machine_text`] leaves out what git, forges and bots write.
//!
//! Nothing here knows the date: a function that needs one takes it as an argument.

mod canonical;
mod catalog;
mod cci;
mod cmmc;
mod crosswalk;
mod day_or_instant;
mod deviation;
mod due;
mod emass;
mod folded;
mod guard;
mod id;
mod item;
mod machine_text;
mod milestone;
mod permanent;
mod rating;
mod reason;
mod reference;
mod reference_words;
mod review;
mod status;
mod ticket;
pub mod words;
mod workflow;

pub use canonical::{canonical_field, find_corrections, to_canonical};
pub use catalog::{CONTROLS, Catalog, CatalogEntry, CatalogId, framework_key};
pub use cci::controls_of_cci;
pub use cmmc::{Requirement, Score, requirement_ids, why_not_on_poam};
pub use crosswalk::{CONTROLS_FRAMEWORK, Suggestion, suggest_ids};
pub use day_or_instant::{DayOrInstant, DayOrInstantError};
pub use deviation::{Decision, Deviation, DeviationQuestion, DeviationState, DeviationType};
pub use due::{Basis, Deadlines, Due, Exemption};
pub use emass::{Emass, EmassCost, EmassLevel, RawSeverity};
pub use folded::{
    is_blank, looks_like, normalize_look, odd_characters, plain_form, without_invisible,
};
pub use guard::{Guard, UnmetGuard};
pub use id::{ItemId, ItemIdError, UnportableId};
pub use item::{
    Allowance, Deferral, Evidence, Exposure, Facing, Item, Kev, Kind, Mitigation, NextReduction,
    Person, RiskAcceptance, VendorDependency, Ver,
};
pub use machine_text::without_machine_text;
pub use milestone::{Milestone, MilestoneNote, MilestoneStatus};
pub use permanent::{FirstValues, PermanentValues};
pub use rating::RiskRating;
pub use reason::{is_generic_reason, is_own_subject, is_placeholder};
pub use reference::{is_reference, list_named_days, list_records};
pub use review::{OpenReview, Review, ReviewState};
pub use status::Status;
pub use ticket::names_ticket;
pub use workflow::{Move, Sheet, StatusDefinition, Workflow, WorkflowError};
