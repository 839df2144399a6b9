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
    /// What the commits say; there for rules that ask for history.
    pub history: Option<&'a History>,
    /// Who is who, and who would commit what is not committed yet.
    pub people: &'a People,
    /// The day of the newest snapshot, which freezes a report; none where nobody looked for one.
    pub reported: Option<NaiveDate>,
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

    /// What the commits say of an item, oldest first; nothing without history.
    pub(super) fn life(&self, stored: &Stored) -> Vec<&Event> {
        self.history.map(|history| history.events_of(&stored.item.id).collect()).unwrap_or_default()
    }

    /// Whether a rule is on: one that would say the same in other words keeps silent then.
    pub(super) fn is_on(&self, rule: &Rule) -> bool {
        level_on(rule, self.settings, self.today).is_some()
    }

    /// How a day stands to today, with the announcement that the settings ask for.
    pub(super) fn clock(&self, day: NaiveDate) -> Clock {
        Clock::of(day, self.today, self.settings.warn_days)
    }

    /// Whether the status of an item asks for something.
    pub(super) fn needs(&self, stored: &Stored, guard: Guard) -> bool {
        self.settings.needs(&stored.item, guard)
    }

    /// Whether the risk of an item is accepted: a decision not to fix it.
    pub(super) fn is_accepted(&self, stored: &Stored) -> bool {
        self.settings.is_accepted(&stored.item)
    }

    /// Whether an item is put off.
    pub(super) fn is_deferred(&self, stored: &Stored) -> bool {
        self.settings.is_deferred(&stored.item)
    }

    /// The detection date and the original rating that count for an item.
    pub(super) fn permanent(&self, stored: &Stored) -> PermanentValues {
        standing::permanent(&stored.item, self.history)
    }

    /// When an item is due.
    pub(super) fn due(&self, stored: &Stored) -> Due {
        Due::of(&stored.item, self.permanent(stored), &self.settings.deadlines)
    }

    /// Whether an item past its due date is not late all the same: it is exempt, or the profile
    /// lets a deferral or a risk acceptance stop the clock, whose own end then has its rule.
    pub(super) fn is_exempt(&self, stored: &Stored) -> bool {
        self.settings.exemption(&stored.item, self.permanent(stored), self.today).is_some()
    }
}

/// What a branch does to one item: what the base has, what the head has.
#[derive(Default)]
pub struct Change<'a> {
    /// The item in the base; absent where it is new.
    pub base: Option<&'a Stored>,
    /// The item in the head; absent where it is gone.
    pub head: Option<&'a Stored>,
    /// What commits of the branch say was done on purpose although a rule is against it: a move of
    /// the status that the workflow does not have, as `from -> to`, or a milestone that was reworded.
    pub overrides: Vec<&'a str>,
}

impl<'a> Change<'a> {
    /// Whether a commit of the branch says that something was done on purpose.
    pub(super) fn is_overridden(&self, what: &str) -> bool {
        self.overrides.contains(&what)
    }

    /// Both versions of an item that was changed.
    pub fn both(&self) -> Option<(&'a Stored, &'a Stored)> {
        Some((self.base?, self.head?))
    }

    /// Both versions of an item that is still about the same weakness. Where the id was given to
    /// another one, that is the fault, not every field that differs.
    pub(super) fn edited(&self) -> Option<(&'a Stored, &'a Stored)> {
        self.both().filter(|(base, head)| !id_reused::is_another(&base.item, &head.item))
    }
}
