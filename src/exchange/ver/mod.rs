//! FedRAMP's reports on vulnerability detection and response (VER, 2026).
//!
//! Three JSON reports after FedRAMP's newest schemas (vulnerability detail, accepted vulnerabilities,
//! historical activity), the monthly report for people, and the part of the quarterly Ongoing
//! Certification Report that a tracker holds. Documentation findings (PL-2) are no vulnerabilities and
//! are left out.
//!
//! Every statement comes from a field of the item, an event of its history or a setting. What the
//! schemas have no member for is under one key, `x-poam`. Where an item knows a day and a schema
//! wants an instant, the day is written as its beginning in UTC and `x-poam` states so. What a schema
//! requires and an item does not hold is an error that names the item, the field and the way out.

mod markdown;
mod ocr;
mod period;
mod report;
mod types;
mod vulnerability;

pub(crate) use markdown::ACTIVITY_HEADING;
pub use ocr::{Authored, AuthoredError, OcrReport};
pub use period::Period;
pub use report::{MissingMember, Reported, VerError, VerReport, Vulnerabilities, vulnerabilities};
