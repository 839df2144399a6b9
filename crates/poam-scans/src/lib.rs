//! Reads the results of security scanners.
//!
//! [`read`] recognises the format of a file by its content ([`ScanFormat::recognises`]), reads it as a
//! stream and passes every result to a [`ResultSink`]: findings, passed and unfinished checks, suppressed
//! results, and results that cannot be used ([`Refusal`]). Nothing is left out silently: the sink receives
//! every result of the file.
//!
//! The main types are [`ScanResult`] (one result on its assets), [`ScanRun`] (which tool looked when, and
//! at what, with what distinguishes a check that found nothing from one that was not made) and [`VexStatement`]
//! (what a vendor or a team states about a vulnerability).
//!
//! The crate does not decide what becomes of a result: no items, no ratings of an organisation, no
//! acceptance of what a file calls accepted. Proofs that scanners collect are counted, never retained,
//! because they may hold secrets.

mod decode;
mod error;
mod format;
mod formats;
mod head;
mod identifiers;
mod limits;
mod result;
mod severity;
mod time;
mod xml;

pub use error::ScanError;
pub use format::{FORMATS, ScanFormat, read, recognise_format};
pub use formats::nessus_host::class_of as class_of_tenable_plugin;
pub use limits::ScanLimits;
pub use result::{
    Asset, AssetNaming, CheckKind, CheckSelection, Credentials, Outcome, Package, PortRange,
    Refusal, ResultSink, ScanResult, ScanRun, VexProduct, VexStatement, VexStatus,
};
pub use severity::Severity;
