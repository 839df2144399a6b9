//! The verdict on a branch: what the rules report of it against its base.
//!
//! `poam validate --base` and `poam diff` both take it from [`verdict`], so that they never disagree.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;

use super::Session;
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{History, reason_of};
use crate::repository::{CommitId, Repository, parse_trailers};
use crate::rules::{self, Base, CheckedTree, Context};
use crate::settings::Settings;
use crate::snapshot;
use crate::store::{Store, Stored, Tracker, TrackerError};

/// The head of a branch, loaded.
pub(super) struct BranchHead<'a> {
    /// The tracker.
    pub(super) tracker: &'a Tracker,
    /// Its items.
    pub(super) store: &'a Store,
    /// History up to the head, where there are commits.
    pub(super) history: Option<&'a History>,
    /// The commit; none for the work tree and for what is staged.
    pub(super) commit: Option<CommitId>,
}

/// Diagnostics of a branch, with what is known of its base.
pub(super) struct BranchVerdict {
    /// The diagnostics that count.
    pub(super) checked: CheckedTree,
    /// The tracker as the base has it; none where the base has none, or settings that do not hold.
    pub(super) base: Option<Tracker>,
}

/// Checks a head, against a base where one is given: only diagnostics that the base lacks count
/// then.
pub(super) fn verdict(
    session: &Session,
    repository: Option<&Repository>,
    head: &BranchHead<'_>,
    base: Option<CommitId>,
) -> Result<BranchVerdict> {
    let settings = &head.tracker.settings;
    let people = session.people_at(repository, settings, base, head.commit)?;
    let reported = newest_snapshot(repository, head.tracker)?;
    let needs_history = needs_history(settings, session.today);
    let history = head.history.filter(|_| needs_history);
    let context = |store, history| Context {
        store,
        settings,
        today: session.today,
        history,
        people: &people,
        reported,
    };
    let whole = context(head.store, history);
    let (Some(repository), Some(commit)) = (repository, base) else {
        let checked = rules::check(&whole, None);
        return Ok(BranchVerdict { checked, base: None });
    };
    let mut of_base = settings_of_base(session, repository, head.tracker, commit)?;
    // A base without the tracker has no items. Settings that do not hold are there to be mended by
    // this very branch: its own state then where the items are.
    let items = |of_base: &TrackerOfBase| match of_base {
        TrackerOfBase::Tracker(of_base) => items_of_base(repository, of_base, commit),
        TrackerOfBase::Broken => items_of_base(repository, head.tracker, commit),
        TrackerOfBase::None => Ok(Default::default()),
    };
    let (mut store, mut earlier_items) = items(&of_base)?;
    // That it was moved makes none of its items new.
    let mut moved_from = None;
    if store.items().is_empty()
        && let Some(before) = head.tracker.came_from(repository, commit, head.commit, head.store)?
    {
        moved_from = Some(before.prefix.clone());
        of_base = TrackerOfBase::Tracker(Box::new(before));
        (store, earlier_items) = items(&of_base)?;
    }
    let of_base = match of_base {
        TrackerOfBase::Tracker(of_base) => Some(*of_base),
        TrackerOfBase::Broken | TrackerOfBase::None => None,
    };
    // Diagnostics of the base as they were without the commits of this branch.
    let earlier = match history {
        Some(history) => Some(session.history_before(repository, head.tracker, history, commit)?),
        None => None,
    };
    let said = rules::check(&context(&store, earlier.as_ref()), None);
    let end = match head.commit {
        Some(head) => Some(head),
        None => repository.head()?,
    };
    let messages = match end {
        Some(end) => repository.list_messages(commit, end)?,
        None => Vec::new(),
    };
    let overrides = find_overrides(messages.iter().map(String::as_str));
    let against = Base {
        store: &store,
        earlier: &earlier_items,
        said: &said,
        settings: of_base.as_ref().map(|of_base| &of_base.settings),
        moved_from: moved_from.as_deref(),
        overrides: &overrides,
    };
    let checked = rules::check(&whole, Some(&against));
    Ok(BranchVerdict { checked, base: of_base })
}

/// Returns whether a rule that is on reads the history.
pub(super) fn needs_history(settings: &Settings, today: NaiveDate) -> bool {
    rules::ALL.iter().any(|rule| rule.history && rules::level_on(rule, settings, today).is_some())
}

/// The day of the newest snapshot, which freezes a report; looked up only where the report is due by
/// FedRAMP's rules.
fn newest_snapshot(
    repository: Option<&Repository>,
    tracker: &Tracker,
) -> Result<Option<NaiveDate>> {
    let (Some(repository), Some(_)) = (repository, tracker.settings.vdr_adopted) else {
        return Ok(None);
    };
    let snapshots = snapshot::list(repository, &tracker.prefix)?;
    Ok(snapshots.into_iter().filter_map(|(_, read)| Some(read.ok()?.date)).max())
}

/// State of the tracker in a base.
enum TrackerOfBase {
    /// All of it.
    Tracker(Box<Tracker>),
    /// Settings that do not hold.
    Broken,
    /// Nothing.
    None,
}

/// The tracker as the base has it. That its settings do not hold is stated.
fn settings_of_base(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    commit: CommitId,
) -> Result<TrackerOfBase> {
    match tracker.read_commit(repository, commit) {
        Ok(Some(of_base)) => Ok(TrackerOfBase::Tracker(Box::new(of_base))),
        Ok(None) => Ok(TrackerOfBase::None),
        Err(TrackerError::Settings(_)) => {
            session.say(format_args!(
                "warning: the settings of the base {} do not hold; its items are checked with the \
                 settings here",
                commit.short()
            ));
            Ok(TrackerOfBase::Broken)
        }
        Err(error) => {
            Err(error).with_context(|| format!("reading the settings of {}", commit.short()))
        }
    }
}

/// The items of the base, and what files held last that are no item there.
fn items_of_base(
    repository: &Repository,
    tracker: &Tracker,
    commit: CommitId,
) -> Result<(Store, Vec<Stored>)> {
    let doing = || format!("reading the items of {}", commit.short());
    let store = tracker.load_at(repository, commit).with_context(doing)?;
    let earlier = tracker.last_readable(repository, commit, &store).with_context(doing)?;
    Ok((store, earlier))
}

/// The moves that commits made on purpose outside the workflow, as their trailers state. Who gives
/// no reason made none on purpose.
pub(super) fn find_overrides<'a>(
    messages: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for message in messages {
        if reason_of(message).is_none() {
            continue;
        }
        let trailers = parse_trailers(message);
        let all = |key: &str| -> Vec<&String> {
            trailers.iter().filter(|(name, _)| name == key).map(|(_, value)| value).collect()
        };
        for item in all("Poam-Item") {
            found.extend(
                all("Poam-Override").into_iter().map(|moved| (item.clone(), moved.clone())),
            );
        }
    }
    found
}

/// A note on an items folder that is not there: nothing in it is checked.
pub(super) fn missing_folder(tracker: &Tracker) -> Option<Diagnostic> {
    let folder = tracker.items_folder();
    if tracker.on_disk(&folder).is_dir() {
        return None;
    }
    let label = tracker.settings.document.label("/items");
    let message = format!("the items folder `{folder}` is not there, so there are no items");
    let help = "`poam new` and `poam import` make it; check `items:` if it should be there";
    Some(Diagnostic::new("schema", label, message).help(help).level(Level::Note))
}

#[cfg(test)]
mod tests {
    use super::find_overrides;

    #[test]
    fn an_override_counts_with_a_reason() {
        let moved = "Poam-Item: V-1\nPoam-Override: open -> closed\n";
        for (message, expected) in [
            (format!("V-1: open -> closed\n\n{moved}"), false),
            (format!("V-1: open -> closed\n\n{moved}Poam-Reason: \n"), false),
            (format!("V-1: open -> closed\n\n{moved}Poam-Reason: \u{200b}\n"), false),
            (format!("V-1: open -> closed\n\n{moved}Poam-Reason: fixed at once\n"), true),
            (format!("V-1: open -> closed\n\nFixed at once.\n\n{moved}"), true),
        ] {
            assert_eq!(!find_overrides([message.as_str()]).is_empty(), expected, "{message}");
        }
    }
}
