//! `poam verify`: checks that the history was only ever added to.
//!
//! Gathers the evidence from git; `verification` judges and renders it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use chrono::Utc;
use clap::Args;

use super::{CommandOutcome, Session, TextOrJson};
use crate::diagnostic::Level;
use crate::history::{History, HistorySource, unrecorded_claims};
use crate::repository::{CommitId, GitError, Repository, SignatureCheck, first_parents};
use crate::snapshot::{self, ManifestError, Tree};
use crate::store::{Tracker, TrackerMove};
use crate::verification::{self, Anchor, AnchorPosition, Verification, VerificationInput};

/// Check that the history was only ever added to, and say what should be looked at
///
/// Looks at the signatures on the commits, revisions that cannot be read, items that were deleted,
/// milestones and permanent values that were rewritten, dates that cannot be right, edits that are
/// not committed, and what this clone has seen of forced pushes. Ends with what all that cannot know.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The main line must continue this tag, snapshot or commit, and what is before it is not looked
    /// at again
    #[arg(long, value_name = "REV")]
    anchor: Option<String>,
    /// Each commit must carry a good signature
    #[arg(long)]
    require_signed: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl VerifyArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?.verifying();
        let tracker = session.tracker(Some(&repository))?;
        let Some(head) = repository.head()? else {
            bail!("nothing is committed yet, so there is nothing to verify")
        };
        let of_head = session.tracker_at(&repository, &tracker, head)?;
        let base = of_head.as_ref().unwrap_or(&tracker);
        let (store, history) = session.tree_at(&repository, base, head, HistorySource::Commits)?;
        let anchor = match &self.anchor {
            Some(name) => Some(resolve_anchor(session, &repository, &tracker, head, name)?),
            None => None,
        };
        let since = anchor.as_ref().filter(|anchor| anchor.place == AnchorPosition::OnLine);
        let commits = repository.recorded_commits(since.map(|anchor| anchor.commit), head)?;
        let seals: BTreeMap<CommitId, SignatureCheck> = repository
            .check_signatures(commits.iter().map(|one| one.commit))
            .context("checking the signatures")?;
        let settings_path = format!("{}{}", base.prefix, crate::settings::FILE);
        let paths = [base.items_folder(), settings_path.clone()];
        let paths = paths.each_ref().map(String::as_str);
        let unrecorded = unrecorded_claims(&repository, &settings_path, &paths, &commits, head)?;
        let moves = find_moves(&repository, base, &history, head)?;
        let changes = tracker.find_changes(&repository, Some((base, head)), None)?;
        let uncommitted = changes.into_iter().filter(|change| !change.is_same());
        let watched = repository.watched()?;
        let watched_fits = match &watched {
            None => true,
            Some(watched) => {
                repository.is_descendant(head, watched.tip)?
                    || repository.is_descendant(watched.tip, head)?
            }
        };
        let verification = Verification::verify_evidence(&VerificationInput {
            head,
            anchor,
            snapshots: list_snapshots(&repository, &tracker, head)?,
            history: &history,
            commits: &commits,
            seals: &seals,
            unrecorded: &unrecorded,
            moves: &moves,
            store: &store,
            watched,
            watched_fits,
            replacements: repository.replacements()?,
            uncommitted: uncommitted.map(|change| change.path).collect(),
            signers_in_tree: repository.signers_in_tree()?,
            require_signed: self.require_signed,
            today: session.today,
        });
        match self.format {
            TextOrJson::Text => session.print(verification.render_text(session.color))?,
            TextOrJson::Json => {
                let text = serde_json::to_string_pretty(&verification);
                session.print_json(text.context("writing the findings")? + "\n")?;
            }
        }
        Ok(match verification.count_level(Level::Error) {
            0 => CommandOutcome::Fine,
            _ => CommandOutcome::Diagnosed,
        })
    }
}

/// Finds the takeovers from other folders at which the history may begin.
fn find_moves(
    repository: &Repository,
    tracker: &Tracker,
    history: &History,
    head: CommitId,
) -> Result<Vec<TrackerMove>> {
    let line = first_parents(repository, None, head)?;
    let mut moves = Vec::new();
    for name in verification::possible_beginnings(history) {
        let commit: CommitId = name.parse()?;
        let at = line.iter().position(|one| *one == commit);
        let Some(before) = at.and_then(|at| line.get(at.checked_sub(1)?)) else { continue };
        let found = tracker.find_moves(repository, (*before, commit), head);
        moves.extend(found.with_context(|| format!("looking at what {} moved", commit.short()))?);
    }
    Ok(moves)
}

/// Resolves the anchor that the user named: a snapshot, or any revision.
fn resolve_anchor(
    session: &Session,
    repository: &Repository,
    tracker: &Tracker,
    head: CommitId,
    name: &str,
) -> Result<Anchor> {
    let whole = snapshot::full_name(&tracker.prefix, name);
    let (commit, differences, has_manifest) = match snapshot::read(repository, &whole) {
        Ok(manifest) => {
            let commit: CommitId = manifest.commit.parse()?;
            let then = session.tracker_at(repository, tracker, commit)?;
            let then = then.as_ref().unwrap_or(tracker);
            let store = then.load_at(repository, commit)?;
            let differences = match Tree::load(repository, commit, then, &store) {
                Ok(tree) => snapshot::check(&manifest, &tree),
                Err(error) => return Err(error).context("reading what the snapshot holds"),
            };
            let differences = differences.iter().map(ToString::to_string).collect();
            (commit, differences, true)
        }
        // A tag that was moved is no reason to stop: that is what is looked for.
        Err(error @ ManifestError::Elsewhere { .. }) => {
            (repository.resolve_revision(&whole)?, vec![error.to_string()], true)
        }
        Err(error @ (ManifestError::Version { .. } | ManifestError::Git(_))) => {
            return Err(error.into());
        }
        Err(
            ManifestError::Missing(_) | ManifestError::Plain(_) | ManifestError::NoManifest { .. },
        ) => (repository.resolve_revision(name)?, Vec::new(), false),
    };
    let place = find_position(repository, commit, head)?;
    let committed = repository.commit_time(commit).ok().map(|time| time.with_timezone(&Utc));
    let name = if has_manifest { whole } else { name.to_owned() };
    Ok(Anchor { name, commit, place, differences, has_manifest, committed })
}

/// Finds where the snapshots of a tracker stand relative to the head.
fn list_snapshots(
    repository: &Repository,
    tracker: &Tracker,
    head: CommitId,
) -> Result<Vec<Anchor>> {
    let mut found = Vec::new();
    for (name, read) in snapshot::list(repository, &tracker.prefix)? {
        // `poam snapshot verify` reports tags that cannot be read.
        let Ok(manifest) = read else { continue };
        let commit: CommitId = manifest.commit.parse()?;
        let place = find_position(repository, commit, head)?;
        let differences = Vec::new();
        let anchor =
            Anchor { name, commit, place, differences, has_manifest: true, committed: None };
        found.push(anchor);
    }
    Ok(found)
}

/// Finds where a commit stands relative to the head.
fn find_position(
    repository: &Repository,
    commit: CommitId,
    head: CommitId,
) -> Result<AnchorPosition> {
    Ok(match first_parents(repository, Some(commit), head) {
        Ok(_) => AnchorPosition::OnLine,
        Err(GitError::NotOnLine { .. }) if repository.is_descendant(head, commit)? => {
            AnchorPosition::Beside
        }
        Err(GitError::NotOnLine { .. }) => {
            AnchorPosition::Lost(repository.merge_base(head, commit)?)
        }
        Err(error) => return Err(error.into()),
    })
}
