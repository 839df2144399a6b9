//! Rules: one file per rule, with the page that explains it beside it.
//!
//! A rule looks at one item, at the whole store, or at a change from a base to a head. It gets
//! everything it may know as arguments: it cannot read the clock, the disk or git.

mod allowance;
mod context;
mod engine;
#[cfg(test)]
mod examples;

mod closed_without_evidence;
mod duplicate_id;
mod id_file_mismatch;
mod illegal_transition;

pub use context::{Change, Context};
pub use engine::{Checked, check, check_settings, level_of};

use crate::diagnostic::{Diagnostic, Label, Level};
use crate::store::Stored;

/// A named check.
pub struct Rule {
    /// Kebab-case; names the bad pattern and reads after "allow".
    pub name: &'static str,
    /// Its level where no profile and no setting gives another.
    pub level: Level,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Its page: what, why, source, examples.
    pub text: &'static str,
    /// The numbers that settings may change.
    pub numbers: &'static [Number],
    /// Whether it reads history; history is walked only for such rules.
    pub history: bool,
    /// What it looks at, and how.
    pub check: Check,
}

/// A number that a rule takes from the settings.
pub struct Number {
    /// Its name in the settings.
    pub name: &'static str,
    /// Its value where the settings give none.
    pub default: u32,
    /// What it means, unit included.
    pub meaning: &'static str,
}

/// What a rule looks at.
pub enum Check {
    /// The file against the schema; done while loading.
    Schema,
    /// One item.
    Item(fn(&Stored, &Context<'_>) -> Vec<Diagnostic>),
    /// All items together.
    Store(fn(&Context<'_>) -> Vec<Diagnostic>),
    /// What a branch does to one item.
    Change(fn(&Change<'_>, &Context<'_>) -> Vec<Diagnostic>),
    /// The allowances themselves; done when they are applied.
    Allowances,
}

/// Every rule, in the order of the documentation.
pub const ALL: &[&Rule] = &[
    &engine::SCHEMA,
    &duplicate_id::RULE,
    &id_file_mismatch::RULE,
    &closed_without_evidence::RULE,
    &illegal_transition::RULE,
    &allowance::EXPIRED,
    &allowance::UNUSED,
];

/// The rule of a name.
pub fn find(name: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.name == name)
}

impl Rule {
    /// A diagnostic of this rule on a value of an item: what stands at `pointer` is `label`, and
    /// the fact is `message`.
    pub fn at(
        &self,
        stored: &Stored,
        pointer: &str,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Diagnostic {
        self.on(stored, stored.document.label(pointer).says(label), message)
    }

    /// A diagnostic of this rule on a place of an item that was worked out already.
    pub fn on(&self, stored: &Stored, label: Label, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.name, label, message).item(&stored.item.id)
    }
}
