//! Tracker of a commit for files that are published: workbooks, exports, reports.
//!
//! Refuses a commit in which items are missing or unreadable, so that no official file is
//! incomplete.

use anyhow::{Result, bail};
use chrono::NaiveDate;

use super::Session;
use crate::diagnostic::Level;
use crate::history::{History, HistorySource};
use crate::output::{Format, ValidationReport};
use crate::repository::{CommitId, RelPath, Repository};
use crate::settings::Settings;
use crate::store::{ItemAccess, Store, Tracker};
use crate::text::{plural, visible};

/// Tracker of one commit with its settings, for files that are published. The same commit gives the
/// same file.
pub(super) struct Published {
    /// The repository.
    pub(super) repository: Repository,
    /// The tracker, with the settings of the commit.
    pub(super) tracker: Tracker,
    /// The items; every file of the commit could be read.
    pub(super) store: Store,
    /// History up to this commit.
    pub(super) history: History,
    /// The commit.
    pub(super) commit: CommitId,
}

impl Published {
    /// The tracker of a revision or day (`as_of`), else of the last commit. `what` is what is
    /// built of it, for messages.
    ///
    /// # Errors
    ///
    /// When nothing is committed, the commit has no settings, a file in it is no item (that item
    /// would be missing from what is built), or two items have one id.
    pub(super) fn load(session: &Session, as_of: Option<&str>, what: &str) -> Result<Self> {
        let (repository, here, commit) = find(session, as_of, what)?;
        let tree = Self::open_published(session, repository, &here, commit, what)?;
        if as_of.is_none() {
            say_uncommitted(session, &tree.repository, &tree.tracker, what)?;
        }
        // A day that was asked for is right whatever the commit is dated.
        if as_of.is_none_or(|text| text.parse::<NaiveDate>().is_err()) {
            session.say_backdated(&tree.repository, tree.commit)?;
        }
        Ok(tree)
    }

    /// The tracker of a commit; `here` is that of the work tree.
    pub(super) fn open_published(
        session: &Session,
        repository: Repository,
        here: &Tracker,
        commit: CommitId,
        what: &str,
    ) -> Result<Self> {
        let tracker = tracker_of(session, &repository, here, commit, what)?;
        let (store, history) =
            session.tree_at(&repository, &tracker, commit, HistorySource::Commits)?;
        check_complete(session, &store, what)?;
        Ok(Self { repository, tracker, store, history, commit })
    }
}

/// The tracker as a commit has it; `here` is that of the work tree.
pub(super) fn tracker_of(
    session: &Session,
    repository: &Repository,
    here: &Tracker,
    commit: CommitId,
    what: &str,
) -> Result<Tracker> {
    match session.tracker_at(repository, here, commit)? {
        Some(tracker) => Ok(tracker),
        None => bail!(
            "commit {} has no {}: a {what} is built from a commit alone, so commit the settings first \
             (`git add {} schema && git commit`)",
            commit.short(),
            crate::settings::FILE,
            crate::settings::FILE
        ),
    }
}

/// Makes sure that nothing is missing from the items of a commit, and that nothing is reported of one
/// that is another's.
pub(super) fn check_complete<E: ItemAccess>(
    session: &Session,
    store: &Store<E>,
    what: &str,
) -> Result<()> {
    if store.unreadable() > 0 {
        let diagnostics =
            store.diagnostics().iter().cloned().map(|it| it.level(Level::Error)).collect();
        let report = ValidationReport {
            diagnostics,
            items: store.items().len(),
            unreadable: store.unreadable(),
            ..ValidationReport::default()
        };
        session.say(report.render(Format::Text, false));
        bail!(
            "no {what} is written: {} would be missing from it",
            plural(store.unreadable(), "item")
        );
    }
    if let Some((one, other)) = store.twins() {
        bail!(
            "no {what} is written: {} stands in two files, {} and {}, and the history of the one \
             would be told of the other; give one of them its own id first",
            visible(one.id().as_str()),
            visible(one.file()),
            visible(other.file())
        );
    }
    Ok(())
}

/// The repository, the tracker of the work tree, and the commit of a revision or day, else the last.
pub(super) fn find(
    session: &Session,
    as_of: Option<&str>,
    what: &str,
) -> Result<(Repository, Tracker, CommitId)> {
    let repository = session.open_repository()?;
    let here = session.tracker(Some(&repository))?;
    let commit = match as_of {
        Some(text) => session.moment(&repository, text)?.0,
        None => match repository.head()? {
            Some(head) => head,
            None => bail!("nothing is committed yet, and a {what} is built from a commit"),
        },
    };
    Ok((repository, here, commit))
}

/// States that the settings do not name the system, so that what is published does not, either.
pub(super) fn say_unnamed_system(session: &Session, settings: &Settings, what: &str) {
    let system = &settings.system;
    let missing: Vec<&str> = [("provider", &system.provider), ("name", &system.name)]
        .into_iter()
        .filter(|(_, text)| text.as_deref().is_none_or(|text| text.trim().is_empty()))
        .map(|(key, _)| key)
        .collect();
    if !missing.is_empty() {
        session.say(format_args!(
            "note: the {what} does not name the system: {} has no `{}` under `system:`",
            crate::settings::FILE,
            missing.join("` and no `")
        ));
    }
}

/// Reports that the work tree has more than the last commit.
pub(super) fn say_uncommitted(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    what: &str,
) -> Result<()> {
    let items = RelPath::new(tracker.items_folder().trim_end_matches('/'))?;
    let settings = RelPath::new(format!("{}{}", tracker.prefix, crate::settings::FILE))?;
    if repository.uncommitted_in(&items)? || repository.uncommitted_in(&settings)? {
        session.say(format_args!(
            "note: items or settings have uncommitted changes; the {what} is built from the last commit"
        ));
    }
    Ok(())
}
