//! What an auditor can rely on: whether the history of a tracker was only ever added to, and what it
//! says that should be looked at.
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

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Level;
use crate::history::History;
use crate::model::ItemId;
use crate::repository::{CommitId, CommitRecord, RemoteBranchLog, SignatureCheck};
use crate::store::{Store, TrackerMove};

pub use moved::beginnings;

/// What was read of a repository.
pub struct Evidence<'a> {
    /// The commit that is looked at.
    pub head: CommitId,
    /// The point since which the history must not have changed.
    pub anchor: Option<Anchor>,
    /// What the commits up to the head say.
    pub history: &'a History,
    /// The commits since the anchor where it is on the main line, else all.
    pub commits: &'a [CommitRecord],
    /// What the signatures on them are worth.
    pub seals: &'a BTreeMap<CommitId, SignatureCheck>,
    /// What commits took over from other places; [`beginnings`] are the ones to look at.
    pub moves: &'a [TrackerMove],
    /// The items of the head.
    pub store: &'a Store,
    /// The branch elsewhere, as this clone has watched it.
    pub watched: Option<RemoteBranchLog>,
    /// Whether the branch elsewhere is continued by the head, or continues it.
    pub watched_fits: bool,
    /// How many objects this clone shows other than they were recorded.
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
    /// How it lies to the head.
    pub place: Place,
    /// How what it holds differs from what it says of itself (the manifest of a snapshot).
    pub differences: Vec<String>,
    /// Whether it says something of itself.
    pub has_manifest: bool,
}

/// How an anchor lies to the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the main line: the history was only added to.
    OnLine,
    /// In the history, but not on the main line.
    Beside,
    /// Not in the history; where the two part, if they have anything in common.
    Lost(Option<CommitId>),
}

/// What was verified, as `poam verify` tells it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Verification {
    /// The version of this shape: 1. Fields may be added, none renamed.
    pub version: u32,
    /// The commit that was looked at.
    pub head: String,
    /// The point since which the history must not have changed; null where none was named.
    pub anchor: Option<Held>,
    /// How many commits were looked at.
    pub commits: Commits,
    /// How many events they tell.
    pub events: Events,
    /// What the signatures on the commits are worth.
    pub signatures: Signatures,
    /// What should be looked at: errors first, then as they happened.
    pub findings: Vec<Finding>,
    /// What all this cannot know.
    pub limits: Vec<String>,
}

/// The anchor, and whether it held.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Held {
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
pub struct Finding {
    /// What kind it is, in a word.
    pub finding: &'static str,
    /// How much it weighs.
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

impl Finding {
    fn new(finding: &'static str, level: Level, message: impl Into<String>) -> Self {
        Self { finding, level, message: message.into(), commit: None, path: None, item: None }
    }

    fn at(mut self, commit: impl ToString) -> Self {
        self.commit = Some(commit.to_string());
        self
    }
}

impl Verification {
    /// Looks at everything.
    pub fn of(evidence: &Evidence<'_>) -> Self {
        let since: BTreeSet<String> =
            evidence.commits.iter().map(|one| one.commit.to_string()).collect();
        let events: Vec<_> =
            evidence.history.events.iter().filter(|event| since.contains(&*event.commit)).collect();
        let mut findings = standing::findings(evidence);
        findings.extend(moved::findings(evidence, &since));
        findings.extend(changes::findings(evidence, &events));
        findings.extend(clock::findings(evidence));
        // What is said first stays first among its equals.
        findings.sort_by_key(|finding| finding.level);
        let line = evidence.commits.iter().filter(|one| one.on_line).count();
        let mut verification = Self {
            version: 1,
            head: evidence.head.to_string(),
            anchor: evidence.anchor.as_ref().map(|anchor| Held {
                name: anchor.name.clone(),
                commit: anchor.commit.to_string(),
                held: anchor.place == Place::OnLine,
                manifest: anchor.has_manifest,
            }),
            commits: Commits { line, merged: evidence.commits.len() - line },
            events: Events {
                total: events.len(),
                reconstructed: events.iter().filter(|event| event.reconstructed).count(),
            },
            signatures: standing::signatures(evidence),
            findings,
            limits: Vec::new(),
        };
        verification.limits = limits::limits(evidence, &verification);
        verification
    }

    /// For people.
    pub fn text(&self, color: bool) -> String {
        text::render(self, color)
    }

    /// How many findings have a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}
