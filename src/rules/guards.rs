//! The guards of every change: the errors that it would bring must not be committed.
//!
//! Commands and `import --update` ask [`Proposal::new_errors`] before they commit; `validate --base` and the review
//! of a branch find the same errors after it, since all of them ask the same rules.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::engine::{active_rules, on_item};
use super::known::KnownDiagnostics;
use super::{
    Base, Check, CheckedTree, Context, Rule, allowance, check_changes, original_rating_changed,
};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::History;
use crate::model::{DeviationState, Item, ItemId, Person};
use crate::people::People;
use crate::settings::Settings;
use crate::store::{Store, Stored};

/// Rules whose errors come with time, or that ask for a next step: no change of an item brings
/// them, though one may uncover them (who reopens an item finds it overdue).
const CAUSED_BY_TIME: [&str; 14] = [
    "acceptance-review-overdue",
    "conditional-status-expired",
    "deferral-expired",
    "escalation-due",
    "false-positive-still-open",
    "kev-overdue",
    "overdue",
    "overdue-milestone",
    "stale",
    "vendor-check-in-overdue",
    "ver-accepted-by-age",
    "ver-exposure-missing",
    "ver-overdue-unexplained",
    "ver-rating-missing",
];

/// Rules about what an item does not state yet. A draft is completed before it is committed; who reopens an
/// item uncovers what nobody asked for while it was closed.
const INCOMPLETE: [&str; 6] = [
    "cmmc-not-allowed",
    "missing-field",
    "missing-milestone",
    "missing-owner",
    "same-weakness",
    "vendor-without-product",
];

/// Rules on all items together whose errors a change of one item brings.
const ON_STORE: [&str; 2] = ["dependency-cycle", "unportable-id"];

/// A change of items that is about to be committed.
///
/// ```text
/// let proposal = Proposal { before: store.items(), after: &changed, overrides: &none, … };
/// let errors = proposal.new_errors();   // empty: the change may be committed
/// ```
#[derive(Clone, Copy)]
pub struct Proposal<'a> {
    /// The items of the tracker as they are. All of them, or at least those that change, those on which
    /// they depend and those that depend on them.
    pub before: &'a [Stored],
    /// The items that change or are new, as they would be. One whose id `before` lacks is new.
    pub after: &'a [Stored],
    /// Moves outside the workflow that are made on purpose: item, and `from -> to`.
    pub overrides: &'a BTreeSet<(String, String)>,
    /// The settings of the tracker.
    pub settings: &'a Settings,
    /// The day that counts as today.
    pub today: NaiveDate,
    /// History; see [`Proposal::needs_history`] for when it is needed.
    pub history: Option<&'a History>,
    /// Directory of people, with the one who makes the change.
    pub people: &'a People,
}

/// Returns whether a diagnostic is about data that an item lacks and that can be completed later.
pub fn is_about_missing_data(diagnostic: &Diagnostic) -> bool {
    INCOMPLETE.contains(&diagnostic.rule)
}

impl Proposal<'_> {
    /// Returns whether the guards need the commits: where an item is closed, an approval is given or
    /// a permanent value changes.
    pub fn needs_history(&self) -> bool {
        let closed = |item: &Item| self.settings.workflow.is_closed(&item.status);
        self.pairs().any(|(before, after)| match before {
            None => !list_approvals(&after.item).is_empty(),
            Some(before) => {
                let (before, after) = (&before.item, &after.item);
                (closed(after) && !closed(before))
                    || list_approvals(before) != list_approvals(after)
                    || before.original_risk_rating != after.original_risk_rating
                    || before.original_detection_date != after.original_detection_date
            }
        })
    }

    /// Returns the errors of rules that the change would bring and that were not there before, in the order
    /// of output. Errors that time causes are not among them, nor what a reopened item lacks.
    pub fn new_errors(&self) -> Vec<Diagnostic> {
        let (before, after) = self.stores();
        let context = self.build_context(&after);
        let base = Base {
            store: &before,
            earlier: &[],
            said: &CheckedTree::default(),
            settings: Some(self.settings),
            moved_from: None,
            overrides: self.overrides,
        };
        let mut found = self.of_items_anew(&before, &after);
        found.extend(self.raised_ratings(&before, &after));
        found.extend(check_changes(&context, &base));
        let mut found = allowance::apply(found, &context, Some(&base)).kept;
        found.retain(|one| one.level == Level::Error && !is_about_allowances(one));
        found.sort_by(Diagnostic::compare_order);
        found
    }

    /// Returns the new errors of single items, what new items lack included: for a plan of what a
    /// document would bring.
    pub fn new_item_errors_of_imports(&self) -> Vec<Diagnostic> {
        let (before, after) = self.stores();
        self.of_items_anew(&before, &after)
    }

    /// Returns the warnings of rules on single items that the change would bring and that were not there before, in the
    /// order of output: for who makes the change, at once and not when somebody validates.
    pub fn new_item_warnings(&self) -> Vec<Diagnostic> {
        let (before, after) = self.stores();
        let known = self.of_items(&self.build_context(&before), Level::Warning);
        let mut found = self.of_items(&self.build_context(&after), Level::Warning);
        KnownDiagnostics::retain_new(&known, &mut found);
        let context = self.build_context(&after);
        let mut found = allowance::apply(found, &context, None).kept;
        found.retain(|one| !is_about_allowances(one));
        found.sort_by(Diagnostic::compare_order);
        found
    }

    /// Returns the original ratings that the change raises. In a history that is a warning, since it buys no
    /// time; commands leave permanent values alone, and only what an item was committed with is put back.
    fn raised_ratings(&self, before: &Store, after: &Store) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for stored in after.items() {
            let Some(was) = before.find(&stored.item.id) else { continue };
            let (from, to) = (was.item.original_risk_rating, stored.item.original_risk_rating);
            let landed = self.history.and_then(|history| history.first_values(&stored.item.id));
            if to > from && landed.is_none_or(|landed| landed.rating != to) {
                found.push(original_rating_changed::report_raised(stored, from));
            }
        }
        found
    }

    /// Returns the related items before and after the change.
    fn stores(&self) -> (Store, Store) {
        let ids: BTreeSet<&ItemId> = self.after.iter().map(|stored| &stored.item.id).collect();
        let before: Vec<Stored> = self.related().into_iter().cloned().collect();
        let kept = before.iter().filter(|stored| !ids.contains(&stored.item.id)).cloned();
        let after = Store::from_items(kept.chain(self.after.iter().cloned()).collect());
        (Store::from_items(before), after)
    }

    /// Returns the errors of the rules on single items that the items had not before.
    fn of_items_anew(&self, before: &Store, after: &Store) -> Vec<Diagnostic> {
        let known = self.of_items(&self.build_context(before), Level::Error);
        let mut found = self.of_items(&self.build_context(after), Level::Error);
        KnownDiagnostics::retain_new(&known, &mut found);
        // Of a closed item nobody asked what it lacks: reopening it uncovers that.
        let may_lack = |one: &Diagnostic| {
            let id: Option<ItemId> = one.item.as_deref().and_then(|id| id.parse().ok());
            let was = id.and_then(|id| before.find(&id));
            was.is_some_and(|was| self.settings.workflow.is_closed(&was.item.status))
        };
        found.retain(|one| !(is_about_missing_data(one) && may_lack(one)));
        found
    }

    /// Returns the items that change, each with what it was.
    fn pairs(&self) -> impl Iterator<Item = (Option<&Stored>, &Stored)> {
        let before: BTreeMap<&ItemId, &Stored> =
            self.before.iter().map(|stored| (&stored.item.id, stored)).collect();
        self.after.iter().map(move |after| (before.get(&after.item.id).copied(), after))
    }

    /// Returns the items that change as they are, and those that they or their dependents are
    /// checked with.
    fn related(&self) -> Vec<&Stored> {
        let ids: BTreeSet<&ItemId> = self.after.iter().map(|stored| &stored.item.id).collect();
        // With all that they depend on in turn: a circle may be long.
        let known: BTreeMap<&ItemId, &Stored> =
            self.before.iter().map(|stored| (&stored.item.id, stored)).collect();
        let mut on: BTreeSet<&ItemId> = BTreeSet::new();
        let mut next: Vec<&ItemId> =
            self.after.iter().flat_map(|stored| &stored.item.dependencies).collect();
        while let Some(id) = next.pop() {
            if on.insert(id) {
                next.extend(known.get(id).into_iter().flat_map(|stored| &stored.item.dependencies));
            }
        }
        let is_related = |stored: &&Stored| {
            let item = &stored.item;
            ids.contains(&item.id)
                || on.contains(&item.id)
                || item.dependencies.iter().any(|id| ids.contains(id))
        };
        self.before.iter().filter(is_related).collect()
    }

    fn build_context<'b>(&'b self, store: &'b Store) -> Context<'b> {
        Context {
            store,
            settings: self.settings,
            today: self.today,
            history: self.history,
            people: self.people,
            reported: None,
        }
    }

    /// Returns what the rules on items that guard changes report at a level.
    fn of_items(&self, context: &Context<'_>, level: Level) -> Vec<Diagnostic> {
        let mut rules: Vec<(&Rule, Level)> = active_rules(self.settings, self.today);
        // The worst level is the first one.
        rules.retain(|(rule, highest)| *highest <= level && is_guard(rule));
        let mut found = Vec::new();
        for stored in context.store.items() {
            found.extend(on_item(stored, &rules, context));
        }
        for (rule, highest) in &rules {
            if let Check::Store(check) = rule.check {
                found.extend(check(context).into_iter().map(|one| one.at_most(*highest)));
            }
        }
        found.retain(|one| one.level == level);
        found
    }
}

/// Returns whether a rule guards changes: it looks at items, and its diagnostics are not caused by
/// time.
fn is_guard(rule: &Rule) -> bool {
    match rule.check {
        Check::Item(_) | Check::Schema => !CAUSED_BY_TIME.contains(&rule.name),
        Check::Store(_) => ON_STORE.contains(&rule.name),
        Check::Change(_) | Check::Settings | Check::Allowances => false,
    }
}

fn is_about_allowances(one: &Diagnostic) -> bool {
    one.rule == allowance::EXPIRED.name || one.rule == allowance::UNUSED.name
}

/// Lists the approvals of an item with the approvers.
fn list_approvals(item: &Item) -> Vec<(&'static str, Option<&Person>)> {
    let approved = item.deviations.iter().filter(|it| it.state == DeviationState::Approved);
    let mut all: Vec<_> = approved.map(|it| (it.kind.as_str(), it.approver.as_ref())).collect();
    let accepted = item.risk_acceptance.as_ref().filter(|it| it.approver.is_some());
    all.extend(accepted.map(|it| ("risk-acceptance", it.approver.as_ref())));
    all
}
