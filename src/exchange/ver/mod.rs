//! FedRAMP's reports on vulnerability detection and response (VER, 2026).
//!
//! Three JSON reports after FedRAMP's schemas of 2026-06-24 (vulnerability detail, accepted
//! vulnerabilities, historical activity) and the monthly report for people. Documentation findings
//! (PL-2) are no vulnerabilities and are left out.
//!
//! Items know days, the schemas want moments: a day is written as its beginning in UTC. What the
//! schemas require and an item does not hold is an error that names the item, the field and the way
//! out; nothing is made up.

mod markdown;
mod overdue;
mod period;
mod report;
mod types;
mod vulnerability;

pub use period::Period;
pub use report::{Kept, Missing, Report, VerError, Vulnerabilities, vulnerabilities};
