//! `poam diff`: explains a change between two revisions, item by item.
//!
//! Loads both sides and their history; `comparison` derives the differences and renders them.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use clap::Args;

use super::branch::{BranchHead, BranchVerdict, missing_folder, verdict};
use super::how::parse_text;
use super::{CommandOutcome, Session, TextMarkdownJson};
use crate::comparison::{Comparison, ComparisonInput, Contributor};
use crate::history::{Actor, History, HistorySource, reason_of, subject_of};
use crate::repository::{CommitId, Identity, Repository, parse_trailers};
use crate::settings;
use crate::store::{Tracker, TrackerChange};
use crate::text::visible;

/// Tell what a change means, item by item: what slips, closes, is accepted, and by whom
///
/// Without an argument the work tree is compared with the last commit. With BASE it is compared with
/// the point where this branch left BASE. BASE..HEAD compares two revisions, BASE...HEAD the second
/// one with the point where it left the first.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Revisions to compare
    #[arg(value_name = "BASE[..HEAD]", value_parser = parse_text)]
    range: Option<String>,
    /// Output format; `poam schema diff` has the shape of the JSON
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextMarkdownJson,
}

impl DiffArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?;
        let here = session.tracker(Some(&repository))?;
        let (base, head) = resolve_sides(&repository, self.range.as_deref())?;
        let tracker = match head {
            None => here,
            Some(head) => session.tracker_at(&repository, &here, head)?.unwrap_or(here),
        };
        // Both sides are checked as `validate --base` does it.
        let (store, whole) = match head {
            Some(head) => {
                let (store, history) =
                    session.tree_at(&repository, &tracker, head, HistorySource::Cache)?;
                (store, Some(history))
            }
            None => session.work_tree(Some(&repository), &tracker, true)?,
        };
        let side =
            BranchHead { tracker: &tracker, store: &store, history: whole.as_ref(), commit: head };
        let BranchVerdict { mut checked, base: of_base, .. } =
            verdict(session, Some(&repository), &side, base)?;
        if head.is_none() {
            checked.diagnostics.extend(missing_folder(&tracker));
        }
        let old = of_base.as_ref().unwrap_or(&tracker);
        let doing = "reading the files that differ";
        let mut files =
            tracker.find_changes(&repository, base.map(|base| (old, base)), head).context(doing)?;
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
            Some(end) if Some(end) != base => repository.list_contributions(base, end, &folders)?,
            _ => Vec::new(),
        };
        let mut contributors: Vec<Contributor> = commits
            .into_iter()
            .map(|one| Contributor {
                authors: one.authors.iter().map(to_actor).collect(),
                reason: reason_of(&one.message),
                subject: subject_of(&one.message),
                source: source(&one.message),
                paths: one.paths.into_iter().collect(),
            })
            .collect();
        let mut uncommitted = BTreeSet::new();
        if head.is_none() {
            uncommitted = uncommitted_paths(&repository, &tracker, base, end, &files)?;
            contributors.extend(who_would_commit(&repository, &uncommitted));
        }
        if let Some(base) = base {
            old.hold_readable(&repository, base, &mut files, &settings_path).context(doing)?;
        }
        let comparison = Comparison::compare(&ComparisonInput {
            base: base.map(|commit| commit.to_string()),
            head: head.map(|commit| commit.to_string()),
            settings_path: &settings_path,
            files: &files,
            store: &store,
            base_settings: of_base.as_ref().map(|of_base| &of_base.settings),
            settings: &tracker.settings,
            checked: &checked,
            history: &history,
            contributors: &contributors,
            linked: end.map(|commit| commit.to_string()),
            uncommitted: &uncommitted,
            today: session.today,
        });
        match self.format {
            TextMarkdownJson::Text => {
                session.print(comparison.text(session.color))?;
                session.hint("poam validate --base REV shows the places and the fixes");
            }
            TextMarkdownJson::Markdown => session.print(comparison.markdown())?,
            TextMarkdownJson::Json => {
                let text = serde_json::to_string_pretty(&comparison);
                session.print_json(text.context("writing the diff")? + "\n")?;
            }
        }
        Ok(if comparison.has_unreadable() {
            CommandOutcome::Diagnosed
        } else {
            CommandOutcome::Fine
        })
    }
}

/// Returns a side of a range as it is written; an empty one means `HEAD`.
fn or_head(side: &str) -> &str {
    if side.is_empty() { "HEAD" } else { side }
}

/// The base (none where nothing is committed yet) and the head (none for the work tree).
fn resolve_sides(
    repository: &Repository,
    range: Option<&str>,
) -> Result<(Option<CommitId>, Option<CommitId>)> {
    let Some(range) = range else { return Ok((repository.head()?, None)) };
    let left_at = |base: CommitId, head: CommitId| -> Result<CommitId> {
        let found = repository.merge_base(base, head)?;
        found.with_context(|| format!("`{}`: the two have no commit in common", visible(range)))
    };
    if let Some((base, head)) = range.split_once("...") {
        let head = repository.resolve_revision(or_head(head))?;
        let base =
            repository.resolve_base(or_head(base))?.map(|base| left_at(base, head)).transpose()?;
        return Ok((base, Some(head)));
    }
    if let Some((base, head)) = range.split_once("..") {
        return Ok((
            repository.resolve_base(or_head(base))?,
            Some(repository.resolve_revision(or_head(head))?),
        ));
    }
    let Some(base) = repository.resolve_base(range)? else { return Ok((None, None)) };
    Ok(match repository.head()? {
        Some(head) => (Some(left_at(base, head)?), None),
        None => (Some(base), None),
    })
}

/// Returns the files that no commit has as the work tree has them.
fn uncommitted_paths(
    repository: &Repository,
    tracker: &Tracker,
    base: Option<CommitId>,
    end: Option<CommitId>,
    files: &[TrackerChange],
) -> Result<BTreeSet<String>> {
    let since;
    let files = if base == end {
        files
    } else {
        since = tracker.find_changes(repository, end.map(|end| (tracker, end)), None)?;
        &since
    };
    let differing = files.iter().filter(|file| !file.is_same());
    Ok(differing.map(|file| file.path.clone()).collect())
}

/// Returns the user as contributor of uncommitted changes, whose author is not known yet. Without
/// an identity nobody could commit them either.
fn who_would_commit(repository: &Repository, paths: &BTreeSet<String>) -> Option<Contributor> {
    let author = repository.author().ok().filter(|_| !paths.is_empty())?;
    let paths = paths.clone();
    Some(Contributor {
        authors: vec![to_actor(&author)],
        reason: None,
        subject: None,
        source: None,
        paths,
    })
}

fn to_actor(signature: &Identity) -> Actor {
    Actor { name: signature.name.clone(), email: signature.email.clone() }
}

/// The document that a commit states its content is from.
fn source(message: &str) -> Option<String> {
    let trailers = parse_trailers(message);
    let found =
        trailers.into_iter().rev().find(|(name, _)| name.eq_ignore_ascii_case("Poam-Source"));
    found.map(|(_, value)| value).filter(|value| !value.is_empty())
}
