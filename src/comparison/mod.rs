//! What a change means to who reviews it: two revisions of a tracker, item by item.
//!
//! The trees are compared, not each commit between them, with the words that the audit log would
//! use if the change landed as one commit. History (how often did this date slip before?), the
//! rules on changes and the authors of the branch make notes of it.

mod gather;
mod markdown;
mod notes;
mod slips;
#[cfg(test)]
mod tests;
mod text;

pub use gather::{Contributor, Input};

use schemars::JsonSchema;
use serde::Serialize;

use crate::history::{Actor, Difference};
use crate::model::ItemId;
use crate::output::plural;

/// What differs between two revisions, as `poam diff` tells it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "Diff")]
pub struct Comparison {
    /// The version of this shape: 1. Fields may be added, none renamed.
    pub version: u32,
    /// The commit that is compared with; null where there is none yet.
    pub base: Option<String>,
    /// The commit that is looked at; null for the work tree.
    pub head: Option<String>,
    /// The items that differ: those with something alarming first, then by id.
    pub items: Vec<ItemChange>,
    /// What differs in the settings.
    pub settings: Vec<Difference>,
    /// What the settings' differences mean.
    pub settings_notes: Vec<Note>,
    /// Files that cannot be read and that were no item before.
    pub unreadable: Vec<Unreadable>,
}

/// What differs in an item.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ItemChange {
    /// Its id.
    pub item: ItemId,
    /// Whether it is new, gone, or another than before.
    pub kind: Kind,
    /// Its weakness name.
    pub name: String,
    /// Its status now, or the last one where it is gone.
    pub status: String,
    /// Its file, from the root of the repository.
    pub path: String,
    /// What differs, as the audit log would tell it.
    pub events: Vec<Difference>,
    /// What that means: what is alarming first.
    pub notes: Vec<Note>,
    /// Who made the commits that touch its file; who would commit it, where nobody has yet.
    pub authors: Vec<Actor>,
    /// What those commits say why.
    pub reasons: Vec<String>,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The base does not have it.
    Added,
    /// The head does not have it.
    Removed,
    /// Both have it, and it is not the same.
    Changed,
}

/// What a change means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// What it is about: a word of our own, or the name of a rule.
    pub about: &'static str,
    /// Whether a reviewer should look at it before anything else.
    pub alarming: bool,
    /// In words.
    pub text: String,
}

impl Note {
    fn plain(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, alarming: false, text: text.into() }
    }

    fn alarm(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, alarming: true, text: text.into() }
    }
}

/// A file that cannot be read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Unreadable {
    /// The file, from the root of the repository.
    pub path: String,
    /// Why.
    pub message: String,
}

impl ItemChange {
    /// Whether something about it should be looked at before anything else.
    pub fn is_alarming(&self) -> bool {
        self.notes.iter().any(|note| note.alarming)
    }
}

impl Comparison {
    /// For people at a terminal.
    pub fn text(&self, color: bool) -> String {
        text::render(self, color)
    }

    /// For a comment on a pull request; never longer than GitHub takes.
    pub fn markdown(&self) -> String {
        markdown::render(self)
    }

    /// Whether a file of the head cannot be read.
    pub fn has_unreadable(&self) -> bool {
        let unreadable = |it: &Difference| it.action == crate::history::Action::Unreadable;
        !self.unreadable.is_empty()
            || self.items.iter().any(|item| item.events.iter().any(unreadable))
    }

    /// Whether something is told of the settings: also what no difference of theirs means.
    fn is_about_settings(&self) -> bool {
        !self.settings.is_empty() || !self.settings_notes.is_empty()
    }

    /// `2 items added, 1 changed; 1 needs a look`
    fn headline(&self) -> String {
        let count = |kind| self.items.iter().filter(|item| item.kind == kind).count();
        let mut parts: Vec<String> = Vec::new();
        for (kind, word) in
            [(Kind::Added, "added"), (Kind::Changed, "changed"), (Kind::Removed, "removed")]
        {
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
        let alarms = self.items.iter().filter(|item| item.is_alarming()).count()
            + usize::from(self.settings_notes.iter().any(|note| note.alarming));
        let look = match alarms {
            0 => String::new(),
            1 => "; 1 needs a look".to_owned(),
            more => format!("; {more} need a look"),
        };
        format!("{}{look}", parts.join(", "))
    }
}
