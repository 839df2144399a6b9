//! Comparison of two revisions of a tracker, item by item, for a reviewer.
//!
//! The trees are compared, not each commit between them, with the words that the audit log would
//! use if the change was committed as one commit. History (how often did this date slip before?), the
//! diagnostics of `poam validate --base` and the authors of the branch make notes of it: a comparison
//! checks nothing itself.

mod decisions;
mod gather;
mod identity;
mod markdown;
mod notes;
mod settings_effect;
mod slips;
#[cfg(test)]
mod tests;
mod text;

pub use gather::{ComparisonInput, Contributor};

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::Level;
use crate::history::{Actor, Difference};
use crate::model::{ItemId, RiskRating};
use crate::text::plural;

/// Differences between two revisions, the result of `poam diff`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "Diff")]
pub struct Comparison {
    /// The version of this shape: 1. Fields may be added, none renamed.
    pub version: u32,
    /// The commit that is compared with; null where there is none yet.
    pub base: Option<String>,
    /// The commit that is looked at; null for the work tree.
    pub head: Option<String>,
    /// Counts of the diagnostics of `poam validate --base` of the same two revisions.
    pub verdict: VerdictCounts,
    /// The items that differ: decisions with something alarming first, then what else is alarming,
    /// then the other decisions, then the rest; by id in each.
    pub items: Vec<ItemChange>,
    /// Differences of the settings.
    pub settings: Vec<Difference>,
    /// Meaning of the settings' differences.
    pub settings_notes: Vec<ChangeNote>,
    /// Files that cannot be read and that were no item before.
    pub unreadable: Vec<Unreadable>,
    /// Diagnostics on items that do not differ themselves.
    pub elsewhere: Vec<FindingElsewhere>,
    /// Address of the handbook that the settings give.
    #[serde(skip)]
    #[schemars(skip)]
    handbook: Option<String>,
}

/// Counts of the diagnostics that a change brings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Verdict")]
pub struct VerdictCounts {
    /// Errors: `poam validate --base` fails where there is one.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
    /// Diagnostics that the base had already.
    pub known: usize,
}

/// A diagnostic on an item that does not differ itself.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Elsewhere")]
pub struct FindingElsewhere {
    /// The item, where it is about one.
    pub item: Option<String>,
    /// The file, from the root of the repository.
    pub path: String,
    /// The diagnostic.
    pub note: ChangeNote,
}

/// Differences of an item.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ItemChange {
    /// Its id.
    pub item: ItemId,
    /// Kind of the change.
    pub kind: ChangeKind,
    /// Its weakness name.
    pub name: String,
    /// Its status now, or the last one where it is gone.
    pub status: String,
    /// Its file, from the root of the repository.
    pub path: String,
    /// The rating that counts.
    pub risk: Option<RiskRating>,
    /// Name of its owner.
    pub owner: Option<String>,
    /// The day that counts for lateness.
    pub due: Option<NaiveDate>,
    /// Days past that day; 0 where it is not overdue.
    pub days_overdue: i64,
    /// Days that it was overdue in the base.
    pub was_overdue: i64,
    /// Address of its file as the head has it, by the setting `links`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_link: Option<String>,
    /// Address of its page in the published report, by the setting `links`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_link: Option<String>,
    /// Differences, worded as in the audit log.
    pub events: Vec<Difference>,
    /// Meaning of the differences, alarming notes first.
    pub notes: Vec<ChangeNote>,
    /// Authors of the commits that touch its file; where nobody has committed it yet, the one who
    /// would.
    pub authors: Vec<Actor>,
    /// Reasons by the messages of those commits.
    pub reasons: Vec<String>,
    /// Subjects of those commits that give no reason, as people wrote them.
    pub subjects: Vec<String>,
}

/// Kind of an item's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Kind")]
pub enum ChangeKind {
    /// The base does not have it.
    Added,
    /// The head does not have it.
    Removed,
    /// Both have it, and it is not the same.
    Changed,
}

/// A remark on the meaning of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Note")]
pub struct ChangeNote {
    /// Topic: a word of our own, or the name of a rule.
    pub about: &'static str,
    /// Whether a reviewer should look at it before anything else.
    pub alarming: bool,
    /// In words.
    pub text: String,
    /// The rule that reports it, where `poam validate --base` reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// The level at which it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

impl ChangeNote {
    fn plain(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, alarming: false, text: text.into(), rule: None, level: None }
    }

    fn alarm(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, alarming: true, text: text.into(), rule: None, level: None }
    }

    /// Returns its place among the notes of an item: decisions first, then what the item is, then
    /// what is alarming.
    fn rank(&self) -> u8 {
        match (self.alarming, self.is_decision()) {
            (true, true) => 0,
            _ if ["added", "imported", "renamed", "unreadable"].contains(&self.about) => 1,
            (true, false) => 2,
            (false, true) => 3,
            (false, false) => 4,
        }
    }

    /// Returns whether it is about a decision: an approval, an acceptance, a deferral, a closing
    /// without evidence, another rating, a date that moves to a later day, a deletion.
    fn is_decision(&self) -> bool {
        decisions::is_decision(self)
    }
}

/// A file that cannot be read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Unreadable {
    /// The file, from the root of the repository.
    pub path: String,
    /// Reason.
    pub message: String,
    /// The rule that reports it, where `poam validate --base` reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// The level at which it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

impl ItemChange {
    /// Returns whether something about it should be looked at before anything else.
    pub fn is_alarming(&self) -> bool {
        self.notes.iter().any(|note| note.alarming)
    }

    /// Returns whether it holds a decision.
    pub fn has_decision(&self) -> bool {
        self.notes.iter().any(ChangeNote::is_decision)
    }

    /// Returns whether a reviewer should read all of it: something is alarming, or was decided.
    fn needs_review(&self) -> bool {
        self.is_alarming() || self.has_decision()
    }

    /// `in-progress, high risk, owner Jane Doe, due 2026-01-31, 29 days late`
    fn facts(&self) -> Vec<String> {
        let mut parts = vec![self.status.clone()];
        parts.extend(self.risk.map(|risk| format!("{risk} risk")));
        parts.push(match &self.owner {
            Some(owner) => format!("owner {owner}"),
            None => "no owner".to_owned(),
        });
        parts.extend(self.due.map(|due| format!("due {due}")));
        let days = |days: i64| plural(usize::try_from(days).unwrap_or_default(), "day");
        if self.days_overdue > 0 {
            parts.push(format!("{} late", days(self.days_overdue)));
        } else if self.was_overdue > 0 {
            parts.push(format!("was {} late", days(self.was_overdue)));
        }
        parts
    }
}

impl VerdictCounts {
    /// `2 errors, 1 warning`; none where there is nothing.
    fn words(&self) -> Option<String> {
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = some.map(|(count, word)| plural(count, word)).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// States what the rules report of the change.
    fn line(&self) -> String {
        match self.words() {
            Some(words) => format!("rules: {words} new, as `poam validate --base` reports"),
            None => "rules: nothing new, as `poam validate --base` reports".to_owned(),
        }
    }
}

impl Comparison {
    /// Renders the comparison for people at a terminal.
    pub fn text(&self, color: bool) -> String {
        text::render(self, color)
    }

    /// Renders the comparison for a comment on a pull request; never longer than GitHub takes.
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }

    /// Returns whether a file of the head cannot be read.
    pub fn has_unreadable(&self) -> bool {
        let unreadable = |it: &Difference| it.action == crate::history::Action::Unreadable;
        !self.unreadable.is_empty()
            || self.items.iter().any(|item| item.events.iter().any(unreadable))
    }

    /// Returns whether it has differences of the settings or notes on them.
    fn is_about_settings(&self) -> bool {
        !self.settings.is_empty() || !self.settings_notes.is_empty()
    }

    /// `2 items added, 1 changed; 1 needs review`
    fn headline(&self) -> String {
        let count = |kind| self.items.iter().filter(|item| item.kind == kind).count();
        let mut parts: Vec<String> = Vec::new();
        for (kind, word) in [
            (ChangeKind::Added, "added"),
            (ChangeKind::Changed, "changed"),
            (ChangeKind::Removed, "removed"),
        ] {
            match count(kind) {
                0 => {}
                count if parts.is_empty() => {
                    parts.push(format!("{} {word}", plural(count, "item")))
                }
                count => parts.push(format!("{count} {word}")),
            }
        }
        if !self.settings.is_empty() {
            parts.push("settings changed".to_owned());
        }
        if !self.unreadable.is_empty() {
            parts.push(format!("{} cannot be read", plural(self.unreadable.len(), "file")));
        }
        if parts.is_empty() {
            return "nothing changes".to_owned();
        }
        let alarms = self.items.iter().filter(|item| item.needs_review()).count()
            + usize::from(self.settings_notes.iter().any(|note| note.alarming));
        let look = match alarms {
            0 => String::new(),
            1 => "; 1 needs review".to_owned(),
            more => format!("; {more} need review"),
        };
        format!("{}{look}", parts.join(", "))
    }
}
