use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{Outcome, Session, TextOrJson};
use crate::diagnostic::Level;
use crate::history::{History, HistorySource};
use crate::repository::{CommitId, GitError, Repository, SignatureCheck, first_parents};
use crate::snapshot::{self, ReadError, Tree};
use crate::store::{Tracker, TrackerMove};
use crate::verification::{self, Anchor, Evidence, Place, Verification};

/// Check that the history was only ever added to, and say what should be looked at
///
/// Looks at the signatures on the commits, revisions that cannot be read, items that were deleted,
/// milestones and permanent values that were rewritten, dates that cannot be right, edits that are
/// not committed, and what this clone has seen of forced pushes. Ends with what all that cannot know.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The main line must continue this tag, snapshot or commit, and what is before it is not looked
    /// at again
    #[arg(long, value_name = "REV")]
    anchor: Option<String>,
    /// Each commit must carry a good signature
    #[arg(long)]
    require_signed: bool,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Verify {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.repository()?.verifying();
        let tracker = session.tracker(Some(&repository))?;
        let Some(head) = repository.head()? else {
            bail!("nothing is committed yet, so there is nothing to verify")
        };
        let of_head = session.tracker_at(&repository, &tracker, head)?;
        let base = of_head.as_ref().unwrap_or(&tracker);
        let (store, history) = session.tree_at(&repository, base, head, HistorySource::Commits)?;
        let anchor = match &self.anchor {
            Some(name) => Some(anchor(session, &repository, &tracker, head, name)?),
            None => None,
        };
        let since = anchor.as_ref().filter(|anchor| anchor.place == Place::OnLine);
        let commits = repository.recorded(since.map(|anchor| anchor.commit), head)?;
        let seals: BTreeMap<CommitId, SignatureCheck> = repository
            .check_signatures(commits.iter().map(|one| one.commit))
            .context("checking the signatures")?;
        let moves = moves(&repository, base, &history, head)?;
        let changes = tracker.changes(&repository, Some((base, head)), None)?;
        let uncommitted = changes.into_iter().filter(|change| !change.is_same());
        let watched = repository.watched()?;
        let watched_fits = match &watched {
            None => true,
            Some(watched) => {
                repository.continues(head, watched.tip)?
                    || repository.continues(watched.tip, head)?
            }
        };
        let verification = Verification::of(&Evidence {
            head,
            anchor,
            history: &history,
            commits: &commits,
            seals: &seals,
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
            TextOrJson::Text => session.print(verification.text(session.color))?,
            TextOrJson::Json => {
                let text = serde_json::to_string_pretty(&verification);
                session.print_json(text.context("writing the findings")? + "\n")?;
            }
        }
        Ok(match verification.count(Level::Error) {
            0 => Outcome::Fine,
            _ => Outcome::Diagnosed,
        })
    }
}

/// What the commits took over from other places at which the history may begin.
fn moves(
    repository: &Repository,
    tracker: &Tracker,
    history: &History,
    head: CommitId,
) -> Result<Vec<TrackerMove>> {
    let line = first_parents(repository, None, head)?;
    let mut moves = Vec::new();
    for name in verification::beginnings(history) {
        let commit: CommitId = name.parse()?;
        let at = line.iter().position(|one| *one == commit);
        let Some(before) = at.and_then(|at| line.get(at.checked_sub(1)?)) else { continue };
        let found = tracker.moves(repository, (*before, commit), head);
        moves.extend(found.with_context(|| format!("looking at what {} moved", commit.short()))?);
    }
    Ok(moves)
}

/// What the user named as the anchor: a snapshot, or any revision.
fn anchor(
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
            let differences = match Tree::of(repository, commit, then, &store) {
                Ok(tree) => snapshot::check(&manifest, &tree),
                Err(error) => return Err(error).context("reading what the snapshot holds"),
            };
            let differences = differences.iter().map(ToString::to_string).collect();
            (commit, differences, true)
        }
        // A tag that was moved is no reason to stop: that is what is looked for.
        Err(error @ ReadError::Elsewhere { .. }) => {
            (repository.resolve(&whole)?, vec![error.to_string()], true)
        }
        Err(error @ (ReadError::Version { .. } | ReadError::Git(_))) => return Err(error.into()),
        Err(ReadError::Missing(_) | ReadError::Plain(_) | ReadError::NoManifest { .. }) => {
            (repository.resolve(name)?, Vec::new(), false)
        }
    };
    let place = match first_parents(repository, Some(commit), head) {
        Ok(_) => Place::OnLine,
        Err(GitError::NotOnLine { .. }) if repository.continues(head, commit)? => Place::Beside,
        Err(GitError::NotOnLine { .. }) => Place::Lost(repository.merge_base(head, commit)?),
        Err(error) => return Err(error.into()),
    };
    let name = if has_manifest { whole } else { name.to_owned() };
    Ok(Anchor { name, commit, place, differences, has_manifest })
}
