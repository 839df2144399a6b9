//! Data that a rule may use besides its item: settings, today, history, people.
//!
//! [`Context`] also answers questions that several rules ask; [`BranchChange`] pairs the versions
//! of an item in base and head. Rules cannot read the clock, the disk or git.

use chrono::NaiveDate;

use super::clock::Clock;
use super::engine::level_on;
use super::{Rule, id_reused};
use crate::history::{Event, History};
use crate::model::{Due, Guard, PermanentValues};
use crate::people::People;
use crate::settings::Settings;
use crate::standing;
use crate::store::{Store, Stored};

/// Everything that rules may know besides the item they look at.
pub struct Context<'a> {
    /// All items.
    pub store: &'a Store,
    /// The settings.
    pub settings: &'a Settings,
    /// The day that counts as today.
    pub today: NaiveDate,
    /// History; present for rules that ask for it.
    pub history: Option<&'a History>,
    /// Directory of people, with the one who would commit what is not committed yet.
    pub people: &'a People,
    /// The day of the newest snapshot, which freezes a report; none where nobody looked for one.
    pub reported: Option<NaiveDate>,
}

impl Context<'_> {
    /// Returns a number of a rule: from the settings, else its default.
    pub fn number(&self, rule: &Rule, name: &str) -> u32 {
        let set = self.settings.rules.get(rule.name).and_then(|setting| setting.numbers.get(name));
        let default =
            || rule.numbers.iter().find(|number| number.name == name).map(|number| number.default);
        set.copied().or_else(default).unwrap_or_default()
    }

    /// Returns whether an item is listed as open.
    pub fn is_open(&self, stored: &Stored) -> bool {
        !self.settings.workflow.is_closed(&stored.item.status)
    }

    /// Returns the events of an item, oldest first; nothing without history.
    pub(super) fn item_events(&self, stored: &Stored) -> Vec<&Event> {
        self.history.map(|history| history.events_of(&stored.item.id).collect()).unwrap_or_default()
    }

    /// Returns whether a rule is on: another one that would report the fact in other words is
    /// silent then.
    pub(super) fn is_on(&self, rule: &Rule) -> bool {
        level_on(rule, self.settings, self.today).is_some()
    }

    /// Relates a day to today, with the announcement that the settings ask for.
    pub(super) fn relate_today(&self, day: NaiveDate) -> Clock {
        Clock::relate_day(day, self.today, self.settings.warn_days)
    }

    /// Returns whether the status of an item has a condition.
    pub(super) fn needs_guard(&self, stored: &Stored, guard: Guard) -> bool {
        self.settings.needs_guard(&stored.item, guard)
    }

    /// Returns whether the risk of an item is accepted: a decision not to fix it.
    pub(super) fn is_accepted(&self, stored: &Stored) -> bool {
        self.settings.is_accepted(&stored.item)
    }

    /// Returns whether an item is deferred.
    pub(super) fn is_deferred(&self, stored: &Stored) -> bool {
        self.settings.is_deferred(&stored.item)
    }

    /// Returns the detection date and the original rating that count for an item.
    pub(super) fn permanent_values(&self, stored: &Stored) -> PermanentValues {
        standing::permanent_values(&stored.item, self.history)
    }

    /// Computes when an item is due.
    pub(super) fn compute_due(&self, stored: &Stored) -> Due {
        Due::compute(&stored.item, self.permanent_values(stored), &self.settings.deadlines)
    }

    /// Returns whether an item past its due date is not late all the same: it is exempt, or the
    /// profile lets a deferral or a risk acceptance stop the clock, whose own end then has its
    /// rule.
    pub(super) fn is_exempt(&self, stored: &Stored) -> bool {
        self.settings
            .find_exemption(&stored.item, self.permanent_values(stored), self.today)
            .is_some()
    }
}

/// Change of one item by a branch: its version in the base and in the head.
#[derive(Default)]
pub struct BranchChange<'a> {
    /// The item in the base; absent where it is new.
    pub base: Option<&'a Stored>,
    /// The item in the head; absent where it is gone.
    pub head: Option<&'a Stored>,
    /// Deliberate violations that commits of the branch name: a transition of the status that the
    /// workflow does not have, as `from -> to`, or a milestone that was reworded.
    pub overrides: Vec<&'a str>,
}

impl<'a> BranchChange<'a> {
    /// Returns whether a commit of the branch names something as done on purpose.
    pub(super) fn is_overridden(&self, what: &str) -> bool {
        self.overrides.contains(&what)
    }

    /// Returns both versions of an item that was changed.
    pub fn both(&self) -> Option<(&'a Stored, &'a Stored)> {
        Some((self.base?, self.head?))
    }

    /// Returns both versions of an item that is still about the same weakness. Where the id was
    /// given to another one, that is the fault, not every field that differs.
    pub(super) fn edited_versions(&self) -> Option<(&'a Stored, &'a Stored)> {
        self.both().filter(|(base, head)| !id_reused::is_another(&base.item, &head.item))
    }
}
