//! Reliability of a tracker's history for an auditor: whether it was only ever added to, and which
//! of its events should be looked at.
//!
//! Everything here is computed from what was read before; nothing is asked of git.

mod changes;
mod clock;
mod limits;
mod moved;
mod standing;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Level;
use crate::history::{History, UnrecordedClaim};
use crate::model::ItemId;
use crate::repository::{CommitId, CommitRecord, RemoteBranchLog, SignatureCheck};
use crate::store::{Store, TrackerMove};

pub use moved::possible_beginnings;

/// Evidence read from a repository.
pub struct VerificationInput<'a> {
    /// The commit that is looked at.
    pub head: CommitId,
    /// The point since which the history must not have changed.
    pub anchor: Option<Anchor>,
    /// Snapshots of the tracker: each commit that was frozen belongs to the history.
    pub snapshots: Vec<Anchor>,
    /// History up to the head.
    pub history: &'a History,
    /// The commits since the anchor where it is on the main line, else all.
    pub commits: &'a [CommitRecord],
    /// Verdicts on their signatures.
    pub seals: &'a BTreeMap<CommitId, SignatureCheck>,
    /// Commits that claim the day of a document without a record of it.
    pub unrecorded: &'a [UnrecordedClaim],
    /// Takeovers of items from other folders by commits; [`possible_beginnings`] are the ones to look at.
    pub moves: &'a [TrackerMove],
    /// The items of the head.
    pub store: &'a Store,
    /// The branch elsewhere, as this clone has watched it.
    pub watched: Option<RemoteBranchLog>,
    /// Whether the branch elsewhere is continued by the head, or continues it.
    pub watched_fits: bool,
    /// Number of objects that this clone shows other than they were recorded.
    pub replacements: usize,
    /// Files of the tracker that differ from the head.
    pub uncommitted: Vec<String>,
    /// The file of trusted keys, where it lies in the work tree.
    pub signers_in_tree: Option<String>,
    /// Whether each commit must carry a good signature.
    pub require_signed: bool,
    /// The day that counts as today.
    pub today: NaiveDate,
}

/// The point since which the history must not have changed.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// As the user named it.
    pub name: String,
    /// Its commit.
    pub commit: CommitId,
    /// Position relative to the head.
    pub place: AnchorPosition,
    /// Differences of its content from its own description (the manifest of a snapshot).
    pub differences: Vec<String>,
    /// Whether it states something of itself.
    pub has_manifest: bool,
    /// Time of its commit, with which its first child is compared.
    pub committed: Option<DateTime<Utc>>,
}

/// Position of an anchor relative to the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorPosition {
    /// On the main line: the history was only added to.
    OnLine,
    /// In the history, but not on the main line.
    Beside,
    /// Not in the history; where the two part, if they have anything in common.
    Lost(Option<CommitId>),
}

/// Result of a verification by `poam verify`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Verification {
    /// The version of this shape: 1. Fields may be added, none renamed.
    pub version: u32,
    /// The commit that was looked at.
    pub head: String,
    /// The point since which the history must not have changed; null where none was named.
    pub anchor: Option<AnchorStatus>,
    /// Number of commits that were looked at.
    pub commits: Commits,
    /// Number of their events.
    pub events: Events,
    /// Number of commits by the verdicts on their signatures.
    pub signatures: Signatures,
    /// Observations to look at: errors first, then in the order of events.
    pub findings: Vec<AuditObservation>,
    /// Facts that this evidence cannot prove.
    pub limits: Vec<String>,
}

/// The anchor, and whether it held.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Held")]
pub struct AnchorStatus {
    /// As the user named it.
    pub name: String,
    /// Its commit.
    pub commit: String,
    /// Whether the main line of the head continues it.
    pub held: bool,
    /// Whether it is a snapshot whose manifest was checked.
    pub manifest: bool,
}

/// Numbers of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Commits {
    /// On the main line.
    pub line: usize,
    /// Brought by merges.
    pub merged: usize,
}

/// Numbers of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Events {
    /// All.
    pub total: usize,
    /// Reconstructed from documents.
    pub reconstructed: usize,
}

/// Numbers of commits by what their signatures are worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Signatures {
    /// They hold, by keys that the user trusts.
    pub good: usize,
    /// They do not hold.
    pub bad: usize,
    /// Nobody here can say.
    pub unknown: usize,
    /// There is none.
    pub none: usize,
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub struct AuditObservation {
    /// Kind, in a word.
    pub finding: &'static str,
    /// Level of importance.
    pub level: Level,
    /// The fact.
    pub message: String,
    /// The commit that it is about.
    pub commit: Option<String>,
    /// The file that it is about, from the root of the repository.
    pub path: Option<String>,
    /// The item that it is about.
    pub item: Option<ItemId>,
}

impl AuditObservation {
    fn new(finding: &'static str, level: Level, message: impl Into<String>) -> Self {
        Self { finding, level, message: message.into(), commit: None, path: None, item: None }
    }

    fn with_commit(mut self, commit: impl ToString) -> Self {
        self.commit = Some(commit.to_string());
        self
    }
}

impl Verification {
    /// Looks at everything.
    pub fn verify_evidence(evidence: &VerificationInput<'_>) -> Self {
        let since: BTreeSet<String> =
            evidence.commits.iter().map(|one| one.commit.to_string()).collect();
        let events: Vec<_> =
            evidence.history.events.iter().filter(|event| since.contains(&*event.commit)).collect();
        let mut findings = standing::find_observations(evidence);
        findings.extend(moved::find_observations(evidence, &since));
        findings.extend(changes::find_observations(evidence, &events));
        findings.extend(clock::find_observations(evidence));
        // A stable sort: observations of equal level stay in their order.
        findings.sort_by_key(|finding| finding.level);
        let line = evidence.commits.iter().filter(|one| one.on_line).count();
        let mut verification = Self {
            version: 1,
            head: evidence.head.to_string(),
            anchor: evidence.anchor.as_ref().map(|anchor| AnchorStatus {
                name: anchor.name.clone(),
                commit: anchor.commit.to_string(),
                held: anchor.place == AnchorPosition::OnLine,
                manifest: anchor.has_manifest,
            }),
            commits: Commits { line, merged: evidence.commits.len() - line },
            events: Events {
                total: events.len(),
                reconstructed: events.iter().filter(|event| event.reconstructed).count(),
            },
            signatures: standing::count_signatures(evidence),
            findings,
            limits: Vec::new(),
        };
        verification.limits = limits::list_limits(evidence, &verification);
        verification
    }

    /// Renders the verification for people.
    pub fn render_text(&self, color: bool) -> String {
        text::render(self, color)
    }

    /// Counts the observations of a level.
    pub fn count_level(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}
