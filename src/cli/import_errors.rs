//! Errors that `poam validate` will report after an import.
//!
//! An import replays what its documents state, also where that breaks a rule: an old register closes
//! items without evidence. The plan states so before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::Session;
use crate::import::Plan;
use crate::model::ItemId;
use crate::repository::Repository;
use crate::rules::Proposal;
use crate::store::{Store, Stored, Tracker};
use crate::text::{plural, visible};
use crate::workbook::ReadingNote;

/// Items of one rule that a note names; `poam validate` has all.
const SHOWN: usize = 5;

/// Notes for the errors that plans would bring, one for each rule. What new items lack is among them: an
/// import takes a register as it is, and its items are completed later.
pub(super) fn notes_of_errors(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    store: &Store,
    plans: &[Plan],
) -> Result<Vec<ReadingNote>> {
    let after: Vec<Stored> = collect_outcomes(plans).into_values().collect();
    let people = session.people(Some(repository), &tracker.settings)?;
    let proposal = Proposal {
        before: store.items(),
        after: &after,
        overrides: &BTreeSet::new(),
        settings: &tracker.settings,
        today: session.today,
        history: None,
        people: &people,
    };
    let mut by_rule: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for error in proposal.new_item_errors_of_imports() {
        by_rule.entry(error.rule).or_default().extend(error.item.clone());
    }
    let sheet = plans.last().map(|plan| plan.source.clone()).unwrap_or_default();
    let note = |(rule, ids): (&'static str, BTreeSet<String>)| {
        let first: Vec<&str> = ids.iter().map(String::as_str).take(SHOWN).collect();
        let more = if ids.len() > SHOWN { ", …" } else { "" };
        let message = format!(
            "`poam validate` will call an error, as the source has it: {rule} of {} ({}{more})",
            plural(ids.len(), "item"),
            visible(&first.join(", "))
        );
        ReadingNote { sheet: sheet.clone(), row: None, message }
    };
    Ok(by_rule.into_iter().map(note).collect())
}

/// The items that plans create or change, as the last plan leaves them.
fn collect_outcomes(plans: &[Plan]) -> BTreeMap<ItemId, Stored> {
    let mut after = BTreeMap::new();
    for plan in plans {
        let created = plan.created.iter();
        let created = created.filter_map(|one| Stored::parse(&one.path, one.text.as_bytes()).ok());
        let changed = plan.changed().chain(&plan.closed);
        let changed = changed.filter_map(|one| Stored::from_document(one.after.clone()).ok());
        for stored in created.chain(changed) {
            after.insert(stored.item.id.clone(), stored);
        }
    }
    after
}
