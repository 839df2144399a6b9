//! Submissions that were frozen.
//!
//! A snapshot is an annotated tag (`poam/2026-11`) whose message ends with a [`Manifest`] as JSON:
//! the commit, counts, the digest of every item and of the workbook. Months are compared by them,
//! and a history that was rewritten no longer agrees with one that somebody else has.
//!
//! - [`month_name`]: what a snapshot is called.
//! - [`build`]: the manifest of a commit; [`tag_message`]: the message of its tag.
//! - [`read`]: the manifest of a tag; [`list`]: all of them.
//! - [`check`]: how a tree differs from what a manifest states.

mod check;
mod manifest;
mod name;
mod read;
mod take;

pub use check::{SnapshotDifference, check, check_again};
pub use manifest::{Digest, Manifest, ManifestCounts, Realized, WorkbookDigest};
pub use name::{full_name, month_name};
pub use read::{ManifestError, Named, list, read};
pub use take::{TakeError, Tree, build, tag_message};
