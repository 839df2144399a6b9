//! The rule `ver-activity-lost`: an item was deleted since the last report, which no report will
//! show (VER-RPT-PER).
//!
//! Checks the items together. The page `ver_activity_lost.md` has its text, source and examples.

use std::collections::BTreeSet;

use super::vulnerability::cite_rule;
use super::{Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::Action;
use crate::model::ItemId;

/// An item was deleted since the last report, so that no report shows of it.
pub(super) const RULE: Rule = Rule {
    name: "ver-activity-lost",
    level: Level::Error,
    summary: "an item was deleted since the last report, which no report will tell (VER-RPT-PER)",
    text: include_str!("ver_activity_lost.md"),
    numbers: &[],
    history: true,
    check: Check::Store(check),
};

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let Some(frames) = context.time_frames() else { return Vec::new() };
    let Some(adopted) = context.settings.vdr_adopted else { return Vec::new() };
    let Some(history) = context.history else { return Vec::new() };
    let since = context.reported.filter(|day| adopted < *day).unwrap_or(adopted);
    let there: BTreeSet<&ItemId> = context.store.items().iter().map(|it| &it.item.id).collect();
    let (cited, level) = cite_rule(&frames, "VER-RPT-PER");
    let mut found = Vec::new();
    for id in history.ids().filter(|id| !there.contains(id)) {
        let Some(last) = history.events_of(id).next_back() else { continue };
        let day = last.landed.date_naive();
        if last.action != Action::ItemDeleted || day < since {
            continue;
        }
        let message = format!(
            "{id} was deleted on {day}, and the next report is to summarize all activity since \
            {since} ({cited})"
        );
        let label = context.settings.document.label("/vdr_adopted").says("reports are due");
        found.push(Diagnostic::new(RULE.name, label, message).at_most(level).help(
            "restore the file and close the item: `git checkout COMMIT^ -- FILE`, then \
            `poam transition`",
        ));
    }
    found
}
