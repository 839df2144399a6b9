//! `poam summary`: prints counts and lists of a tracker on a day.

use anyhow::{Context as _, Result, bail};
use chrono::{NaiveDate, Utc};
use clap::{Args, ValueEnum};

use super::{CommandOutcome, Session, TextMarkdownJson};
use crate::intake;
use crate::repository::{CommitId, Repository};
use crate::snapshot::{self, Manifest};
use crate::store::{Store, Tracker};
use crate::summary::{self, GroupKey, Since};
use crate::text::{plural, visible};

/// Count what is open, late and about to be, by status, risk and owner
///
/// Numbers from the commits (months, slips, stale items) need the whole history.
#[derive(Debug, Args)]
pub(super) struct SummaryArgs {
    /// Look at this revision, or at the last commit of a day, instead of the work tree
    #[arg(long, value_name = "REV|DATE")]
    as_of: Option<String>,
    /// Also say what changed since this snapshot, revision, or last commit of a day
    #[arg(long, value_name = "SNAPSHOT|REV|DATE")]
    since: Option<String>,
    /// Only a table of the items by what they have in common
    #[arg(long, value_name = "WHAT", conflicts_with = "since")]
    by: Option<ByArg>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextMarkdownJson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ByArg {
    /// The point of contact
    Owner,
    /// Each control that an item affects
    Control,
    /// Each requirement that an item is mapped to
    Requirement,
    /// Each framework that an item is mapped to, and that of its controls (nist-800-53)
    Framework,
    /// Each service that an item affects
    Service,
    /// The month of detection
    Month,
}

impl From<ByArg> for GroupKey {
    fn from(by: ByArg) -> Self {
        match by {
            ByArg::Owner => Self::Owner,
            ByArg::Control => Self::Control,
            ByArg::Requirement => Self::Requirement,
            ByArg::Framework => Self::Framework,
            ByArg::Service => Self::Service,
            ByArg::Month => Self::Month,
        }
    }
}

impl SummaryArgs {
    /// The text, of the work tree.
    pub(super) fn plain_text() -> Self {
        Self { as_of: None, since: None, by: None, format: TextMarkdownJson::Text }
    }

    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.find_repository()?;
        let mut tracker = session.tracker(repository.as_ref())?;
        let (store, history, today, commit) = match (&self.as_of, &repository) {
            (None, _) => {
                let (store, history) = session.work_tree(repository.as_ref(), &tracker, true)?;
                let commit = history.as_ref().and_then(|history| history.head);
                (store, history, session.today, commit)
            }
            (Some(_), None) => bail!("--as-of needs a git repository"),
            (Some(text), Some(repository)) => {
                let (commit, day) = session.moment(repository, text)?;
                let source = Session::source_as_of(repository, Some(text))?;
                if let Some(then) = session.tracker_at(repository, &tracker, commit)? {
                    tracker = then;
                }
                let (store, history) = session.tree_at(repository, &tracker, commit, source)?;
                (store, Some(history), day, Some(commit))
            }
        };
        session.say_unreadable(&store);
        let as_of = commit.filter(|_| self.as_of.is_some());
        // Numbers of a work tree that no commit has are not those of a commit.
        let uncommitted = match (&repository, commit, as_of) {
            (Some(repository), Some(commit), None) => {
                let base = session.tracker_at(repository, &tracker, commit)?;
                !tracker.is_as_committed(repository, base.as_ref(), commit)?
            }
            _ => false,
        };
        let commit = commit.filter(|_| !uncommitted).map(|commit| commit.to_string());
        let (settings, history) = (&tracker.settings, history.as_ref());
        let mut summary = summary::Summary::compute(&store, settings, history, today, commit);
        summary.uncommitted = uncommitted;
        let records = match (&repository, as_of) {
            (Some(repository), Some(commit)) => {
                intake::load_records_at(&tracker, repository, commit)?
            }
            _ => intake::load_records(&tracker)?,
        };
        let scans = intake::scan_overview(&store, settings, &records, today);
        summary = summary.with_scans(scans);
        if let Some(repository) = &repository {
            let read = snapshot::list(repository, &tracker.prefix)?;
            let kept = read.into_iter().filter_map(|(_, read)| read.ok());
            summary = summary.with_submissions(kept.map(|it| Manifest::submission(&it)).collect());
        }
        match (&self.since, &repository) {
            (None, _) => {}
            (Some(_), None) => bail!("--since needs a git repository"),
            (Some(text), Some(repository)) => {
                let end = (as_of, today);
                summary.since =
                    Some(compare_since(session, repository, &tracker, &store, text, end)?);
            }
        }
        summary.groups =
            self.by.map(|by| summary::Summary::groups(&store, settings, history, by.into(), today));
        match self.format {
            TextMarkdownJson::Text => {
                session.print(summary.text(session.width(), session.color))?;
                session.hint("poam todo");
            }
            TextMarkdownJson::Markdown => session.print(summary.markdown())?,
            TextMarkdownJson::Json => session.print_json(summary.json())?,
        }
        if store.unreadable() > 0 {
            // Numbers without these items are not the tracker's numbers.
            session.say(format_args!("{} not counted", plural(store.unreadable(), "file")));
            return Ok(CommandOutcome::Diagnosed);
        }
        Ok(CommandOutcome::Fine)
    }
}

/// Compares the tree with a snapshot, a revision or the last commit of a day.
fn compare_since(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    store: &Store,
    text: &str,
    (end, today): (Option<CommitId>, NaiveDate),
) -> Result<Since> {
    let (name, commit, day) = resolve_moment(session, repository, tracker, text)?;
    // Clocks differ, so commits state which is later where they can; a day that was named is one.
    let is_day = name == text && text.parse::<NaiveDate>().is_ok();
    let later = match end {
        _ if is_day => day > today,
        Some(end) if repository.is_descendant(end, commit)? => false,
        Some(end) => day > today || repository.is_descendant(commit, end)?,
        None => false,
    };
    if later {
        let name = visible(text);
        bail!(
            "--since {name} is later than what is looked at, {today}: name an earlier one, or a later \
             --as-of"
        );
    }
    let doing = || format!("reading the items of {}", commit.short());
    let Some(then) = session.tracker_at(repository, tracker, commit)? else {
        bail!("commit {} has no {}", commit.short(), crate::settings::FILE)
    };
    let before = then.load_at(repository, commit).with_context(doing)?;
    session.say_unreadable(&before);
    let base = (name, commit.to_string(), day);
    Ok(Since::between(base, (&before, &then.settings), (store, &tracker.settings)))
}

fn resolve_moment(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    text: &str,
) -> Result<(String, CommitId, NaiveDate)> {
    let name = snapshot::full_name(&tracker.prefix, text);
    if let Some(tag) = repository.find_tag(&name)? {
        let day = repository.commit_time(tag.commit)?.with_timezone(&Utc).date_naive();
        return Ok((name, tag.commit, day));
    }
    let (commit, day) = session.moment(repository, text)?;
    Ok((text.to_owned(), commit, day))
}
