use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use clap::Args;

use super::validate::overrides;
use super::{Outcome, Session, TextMarkdownJson};
use crate::comparison::{Comparison, Contributor, Input};
use crate::history::{Actor, History, HistorySource, reason_of};
use crate::output::visible;
use crate::repository::{CommitId, Identity, Repository, trailers};
use crate::settings;
use crate::store::{Tracker, TrackerChange, TrackerError};

/// Tell what a change means, item by item: what slips, closes, is accepted, and by whom
///
/// Without an argument the work tree is compared with the last commit. With BASE it is compared with
/// the point where this branch left BASE. BASE..HEAD compares two revisions, BASE...HEAD the second
/// one with the point where it left the first.
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// What to compare
    #[arg(value_name = "BASE[..HEAD]")]
    range: Option<String>,
    /// How to print; `poam schema diff` has the shape of the JSON
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextMarkdownJson,
}

impl Diff {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.repository()?;
        let here = session.tracker(Some(&repository))?;
        let (base, head) = sides(&repository, self.range.as_deref())?;
        let tracker = match head {
            None => here,
            Some(head) => session.tracker_at(&repository, &here, head)?.unwrap_or(here),
        };
        let mut moved_from = None;
        let of_base = match base {
            None => None,
            Some(base) => match tracker.at(&repository, base) {
                Ok(Some(found)) => Some(found),
                Ok(None) => {
                    let here = match head {
                        Some(head) => tracker.load_at(&repository, head)?,
                        None => tracker.load_all(Some(&repository))?,
                    };
                    let before = tracker.came_from(&repository, base, head, &here)?;
                    moved_from = before.as_ref().map(|before| before.prefix.clone());
                    before
                }
                Err(TrackerError::Settings(_)) => {
                    let base = base.short();
                    session.say(format_args!("warning: the settings of {base} cannot be read"));
                    None
                }
                Err(error) => return Err(error.into()),
            },
        };
        let old = of_base.as_ref().unwrap_or(&tracker);
        let doing = "reading the files that differ";
        let mut files =
            tracker.changes(&repository, base.map(|base| (old, base)), head).context(doing)?;
        let history = match base {
            Some(base) => session.history_at(&repository, old, base, HistorySource::Cache)?,
            None => History::default(),
        };
        let settings_path = format!("{}{}", tracker.prefix, settings::FILE);
        let folders = [old.items_folder(), tracker.items_folder(), settings_path.clone()];
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let end = match head {
            Some(head) => Some(head),
            None => repository.head()?,
        };
        let commits = match end {
            Some(end) if Some(end) != base => repository.contributions(base, end, &folders)?,
            _ => Vec::new(),
        };
        let overrides = overrides(commits.iter().map(|one| one.message.as_str()));
        let mut contributors: Vec<Contributor> = commits
            .into_iter()
            .map(|one| Contributor {
                authors: one.authors.iter().map(actor).collect(),
                reason: reason_of(&one.message),
                source: source(&one.message),
                paths: one.paths.into_iter().collect(),
            })
            .collect();
        if head.is_none() {
            contributors.extend(uncommitted(&repository, &tracker, base, end, &files)?);
        }
        if let Some(base) = base {
            old.hold_readable(&repository, base, &mut files, &settings_path).context(doing)?;
        }
        // What the commits of the branch say, too: who asked for what it approves.
        let whole = match end {
            Some(end) if Some(end) != base => {
                session.history_at(&repository, &tracker, end, HistorySource::Cache)?
            }
            _ => history.clone(),
        };
        let people = session.people(Some(&repository), &tracker.settings, base)?;
        let comparison = Comparison::of(&Input {
            base: base.map(|commit| commit.to_string()),
            head: head.map(|commit| commit.to_string()),
            settings_path: &settings_path,
            files: &files,
            base_settings: of_base.as_ref().map(|of_base| &of_base.settings),
            settings: &tracker.settings,
            moved_from: moved_from.as_deref(),
            history: &history,
            whole: &whole,
            people: &people,
            contributors: &contributors,
            overrides: &overrides,
            today: session.today,
        });
        match self.format {
            TextMarkdownJson::Text => session.print(comparison.text(session.color))?,
            TextMarkdownJson::Markdown => session.print(comparison.markdown())?,
            TextMarkdownJson::Json => {
                let text = serde_json::to_string_pretty(&comparison);
                session.print_json(text.context("writing the diff")? + "\n")?;
            }
        }
        Ok(if comparison.has_unreadable() { Outcome::Diagnosed } else { Outcome::Fine })
    }
}

/// The base (none where nothing is committed yet) and the head (none for the work tree).
fn sides(
    repository: &Repository,
    range: Option<&str>,
) -> Result<(Option<CommitId>, Option<CommitId>)> {
    let Some(range) = range else { return Ok((repository.head()?, None)) };
    let resolve = |rev: &str| repository.resolve(if rev.is_empty() { "HEAD" } else { rev });
    let left_at = |base: CommitId, head: CommitId| -> Result<CommitId> {
        let found = repository.merge_base(base, head)?;
        found.with_context(|| format!("`{}`: the two have no commit in common", visible(range)))
    };
    if let Some((base, head)) = range.split_once("...") {
        let head = resolve(head)?;
        return Ok((Some(left_at(resolve(base)?, head)?), Some(head)));
    }
    if let Some((base, head)) = range.split_once("..") {
        return Ok((Some(resolve(base)?), Some(resolve(head)?)));
    }
    let base = resolve(range)?;
    Ok(match repository.head()? {
        Some(head) => (Some(left_at(base, head)?), None),
        None => (Some(base), None),
    })
}

/// Who would commit what is not committed yet: nobody is known who changed it.
fn uncommitted(
    repository: &Repository,
    tracker: &Tracker,
    base: Option<CommitId>,
    end: Option<CommitId>,
    files: &[TrackerChange],
) -> Result<Option<Contributor>> {
    let since;
    let files = if base == end {
        files
    } else {
        since = tracker.changes(repository, end.map(|end| (tracker, end)), None)?;
        &since
    };
    let differing = files.iter().filter(|file| !file.is_same());
    let paths: BTreeSet<String> = differing.map(|file| file.path.clone()).collect();
    // Without an identity nobody could commit it either.
    let Ok(author) = repository.author() else { return Ok(None) };
    let one = Contributor { authors: vec![actor(&author)], reason: None, source: None, paths };
    Ok((!one.paths.is_empty()).then_some(one))
}

fn actor(signature: &Identity) -> Actor {
    Actor { name: signature.name.clone(), email: signature.email.clone() }
}

/// The document that a commit says its content is from.
fn source(message: &str) -> Option<String> {
    let trailers = trailers(message);
    let found =
        trailers.into_iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("Poam-Source"));
    found.map(|(_, value)| value).filter(|value| !value.is_empty())
}
