use chrono::NaiveDate;

use super::Rule;
use crate::history::History;
use crate::settings::Settings;
use crate::store::{Store, Stored};

/// Everything that rules may know besides the item they look at.
pub struct Context<'a> {
    /// All items.
    pub store: &'a Store,
    /// The settings.
    pub settings: &'a Settings,
    /// The day that counts as today.
    pub today: NaiveDate,
    /// What the commits say; there for rules that ask for history.
    pub history: Option<&'a History>,
}

impl Context<'_> {
    /// A number of a rule: from the settings, else its default.
    pub fn number(&self, rule: &Rule, name: &str) -> u32 {
        let set = self.settings.rules.get(rule.name).and_then(|setting| setting.numbers.get(name));
        let default =
            || rule.numbers.iter().find(|number| number.name == name).map(|number| number.default);
        set.copied().or_else(default).unwrap_or_default()
    }

    /// Whether an item is listed as open.
    pub fn is_open(&self, stored: &Stored) -> bool {
        !self.settings.workflow.is_closed(&stored.item.status)
    }
}

/// What a branch does to one item: what the base has, what the head has.
pub struct Change<'a> {
    /// The item in the base; absent where it is new.
    pub base: Option<&'a Stored>,
    /// The item in the head; absent where it is gone.
    pub head: Option<&'a Stored>,
}

impl<'a> Change<'a> {
    /// Both versions of an item that was changed.
    pub fn both(&self) -> Option<(&'a Stored, &'a Stored)> {
        Some((self.base?, self.head?))
    }
}
