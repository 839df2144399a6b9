//! `poam snapshot`: freezes a submission as an annotated tag, lists snapshots and verifies them.

use anyhow::{Context as _, Result, bail};
use chrono::Utc;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{CommandOutcome, Session, TextOrJson};
use crate::history::HistorySource;
use crate::nearest::nearest;
use crate::repository::{CommitId, RelPath, Repository};
use crate::snapshot::{self, Manifest};
use crate::store::Tracker;
use crate::text::{Table, plural, visible};

/// Freeze a submission: an annotated tag with counts and the digest of every item
///
/// The tag names the last commit. Its message holds a manifest (JSON): counts, the digests of the
/// items and of the workbook that the commit builds. Tags are made by git, with your identity and,
/// where git is set up to sign tags, your signature.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_value_name = "create|list|verify")]
pub(super) struct SnapshotArgs {
    #[command(subcommand)]
    command: Option<SnapshotCommand>,
    #[command(flatten)]
    take: TakeArgs,
}

#[derive(Debug, Subcommand)]
enum SnapshotCommand {
    /// Freeze a submission under a name, whatever the name is like
    Create(TakeArgs),
    List(SnapshotListArgs),
    Verify(SnapshotVerifyArgs),
}

#[derive(Debug, Args)]
struct TakeArgs {
    /// Its name; by default the month of the commit, as poam/2026-11
    name: Option<String>,
    /// Freeze this revision, or the last commit of a day, instead of the last commit
    #[arg(long, value_name = "REV|DATE")]
    as_of: Option<String>,
    /// Sign the tag, whatever git's settings say
    #[arg(long)]
    sign: bool,
    /// Print the manifest and make no tag
    #[arg(long)]
    dry_run: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// The snapshots, oldest first
#[derive(Debug, Args)]
struct SnapshotListArgs {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// Check that commits still hold what snapshots say of them
///
/// Everything is counted and built again. A difference ends with exit code 1.
#[derive(Debug, Args)]
struct SnapshotVerifyArgs {
    /// The snapshots; all by default
    names: Vec<String>,
}

impl SnapshotArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        match self.command {
            None => {
                if let Some(name) = &self.take.name {
                    refuse_command(name)?;
                }
                self.take.run(session)
            }
            Some(SnapshotCommand::Create(take)) => take.run(session),
            Some(SnapshotCommand::List(list)) => list.run(session),
            Some(SnapshotCommand::Verify(verify)) => verify.run(session),
        }
    }
}

/// Words that people type for a command and not for a submission.
const COMMANDS: [&str; 12] = [
    "ls", "show", "diff", "log", "status", "delete", "remove", "rm", "tag", "check", "new", "help",
];

/// Refuses a name that is rather a mistyped command: a tag is an official submission.
fn refuse_command(name: &str) -> Result<()> {
    let near = nearest(name, ["create", "list", "verify"]);
    if near.is_none() && !COMMANDS.contains(&name.to_lowercase().as_str()) {
        return Ok(());
    }
    let help = match near {
        Some(near) => format!("did you mean `poam snapshot {near}`?"),
        None => "the commands are create, list and verify".to_owned(),
    };
    let name = visible(name);
    bail!(
        "`{name}` looks like a command, and `snapshot` has none of that name: {help} \
         To freeze a submission that is called so: `poam snapshot create {name}`"
    )
}

impl TakeArgs {
    fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?;
        let here = session.tracker(Some(&repository))?;
        let commit = match (&self.as_of, repository.head()?) {
            (Some(text), _) => session.moment(&repository, text)?.0,
            (None, Some(head)) => head,
            (None, None) => bail!("nothing is committed yet, and a snapshot is of a commit"),
        };
        if self.as_of.is_none() && !self.dry_run && has_uncommitted(&repository, &here)? {
            bail!(
                "items or settings have uncommitted changes, which a snapshot would miss: commit or \
                 discard them first (`--as-of HEAD` freezes the last commit all the same)"
            );
        }
        let day = repository.commit_time(commit)?.with_timezone(&Utc).date_naive();
        session.say_backdated(&repository, commit)?;
        let name = match &self.name {
            Some(name) => snapshot::full_name(&here.prefix, name),
            None => snapshot::month_name(&here.prefix, day),
        };
        if !self.dry_run
            && let Some(tag) = repository.find_tag(&name)?
        {
            bail!(
                "there is a snapshot {} of {} already: a submission is not frozen twice; give this \
                 one a name of its own",
                visible(&name),
                tag.commit.short()
            );
        }
        let manifest = build_manifest(session, &repository, &here, commit, &name)?;
        let message = snapshot::tag_message(&manifest);
        let done = || json!({"name": name, "commit": manifest.commit, "manifest": manifest});
        if self.dry_run {
            match self.format {
                TextOrJson::Json => session.print_json(format_args!("{}\n", done()))?,
                TextOrJson::Text => session.print(&message)?,
            }
            return Ok(CommandOutcome::Fine);
        }
        repository
            .create_tag(&name, commit, &message, self.sign)
            .with_context(|| format!("making the tag {}", visible(&name)))?;
        let totals = manifest.counts.totals;
        match self.format {
            TextOrJson::Json => {
                session.print_json(format_args!("{}\n", done()))?;
            }
            TextOrJson::Text => {
                session.print(format_args!(
                    "{name}: {}, {} open, {} overdue, {} closed, commit {}\n",
                    plural(manifest.counts.items, "item"),
                    totals.open,
                    totals.overdue,
                    totals.closed,
                    commit.short(),
                ))?;
                session.say(format_args!("publish it with `git push origin {name}`"));
            }
        }
        if manifest.counts.errors > 0 {
            session.say(format_args!(
                "warning: {} in this commit, recorded in the manifest; run `poam validate` for details",
                plural(manifest.counts.errors, "error")
            ));
        }
        Ok(CommandOutcome::Fine)
    }
}

impl SnapshotListArgs {
    fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?;
        let tracker = session.tracker(Some(&repository))?;
        let mut found = Vec::new();
        for (name, read) in snapshot::list(&repository, &tracker.prefix)? {
            match read {
                Ok(manifest) => found.push(manifest),
                Err(error) => {
                    session.complain(format_args!(
                        "{}: {}",
                        visible(&name),
                        visible(&error.to_string())
                    ));
                }
            }
        }
        found.sort_by(|a, b| (a.date, &a.name).cmp(&(b.date, &b.name)));
        if self.format == TextOrJson::Json {
            let list: Vec<_> = found
                .iter()
                .map(|it| {
                    json!({"name": it.name, "date": it.date, "commit": it.commit, "tool": it.tool,
                        "counts": it.counts, "workbook": it.workbook})
                })
                .collect();
            session.print_json(format_args!("{}\n", json!(list)))?;
            return Ok(CommandOutcome::Fine);
        }
        if found.is_empty() {
            session.say("no snapshots yet; `poam snapshot` makes one of the last commit");
            return Ok(CommandOutcome::Fine);
        }
        let titles =
            ["Snapshot", "Date", "Commit", "Items#", "Open#", "Overdue#", "Closed#", "Triggers"];
        let mut table = Table::new(&titles);
        for it in &found {
            let triggers: Vec<_> =
                it.counts.escalations.iter().map(|one| one.trigger.as_str()).collect();
            let totals = it.counts.totals;
            table.push([
                it.name.clone(),
                it.date.to_string(),
                it.commit.chars().take(10).collect(),
                it.counts.items.to_string(),
                totals.open.to_string(),
                totals.overdue.to_string(),
                totals.closed.to_string(),
                triggers.join(" "),
            ]);
        }
        for line in table.text_within(session.width()) {
            session.print(format_args!("{line}\n"))?;
        }
        Ok(CommandOutcome::Fine)
    }
}

/// Differences that are shown; the rest is counted.
const SHOWN: usize = 20;

impl SnapshotVerifyArgs {
    fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?;
        let here = session.tracker(Some(&repository))?;
        let snapshots = if self.names.is_empty() {
            snapshot::list(&repository, &here.prefix)?
        } else {
            let read = |name: &String| {
                let name = snapshot::full_name(&here.prefix, name);
                let read = snapshot::read(&repository, &name);
                (name, read)
            };
            self.names.iter().map(read).collect()
        };
        if snapshots.is_empty() {
            session.say("no snapshots yet; `poam snapshot` makes one of the last commit");
        }
        let mut outcome = CommandOutcome::Fine;
        for (name, read) in snapshots {
            let shown = visible(&name).into_owned();
            let kept = match read {
                Ok(kept) => kept,
                Err(snapshot::ManifestError::Missing(name)) => {
                    return Err(snapshot::ManifestError::Missing(name).into());
                }
                Err(snapshot::ManifestError::Git(error)) => return Err(error.into()),
                Err(error) => {
                    session.print(format_args!("{shown}: {}\n", visible(&error.to_string())))?;
                    outcome = CommandOutcome::Diagnosed;
                    continue;
                }
            };
            let commit: CommitId = kept.commit.parse()?;
            let again = build_manifest(session, &repository, &here, commit, &name)?;
            let differences = snapshot::check_again(&kept, &again);
            if let Some(head) = repository.head()?
                && !repository.is_descendant(head, commit)?
            {
                session.say(format_args!(
                    "warning: {shown}: commit {} is not in the history of HEAD ({}): it was rewritten, \
                     or this is another branch; `poam verify --anchor {shown}` names where they part",
                    commit.short(),
                    head.short()
                ));
            }
            if differences.is_empty() {
                session.print(format_args!(
                    "{shown}: {} and the workbook are as recorded, commit {}\n",
                    plural(kept.items.len(), "item"),
                    commit.short()
                ))?;
                continue;
            }
            outcome = CommandOutcome::Diagnosed;
            session
                .print(format_args!("{shown}: {}\n", plural(differences.len(), "difference")))?;
            for difference in differences.iter().take(SHOWN) {
                session.print(format_args!("  {}\n", visible(&difference.to_string())))?;
            }
            if differences.len() > SHOWN {
                session.print(format_args!("  … and {} more\n", differences.len() - SHOWN))?;
            }
            if kept.tool != again.tool {
                session.say(format_args!(
                    "note: {shown} was made by {}, this is {}: it may count and write differently",
                    visible(&kept.tool),
                    again.tool
                ));
            }
        }
        Ok(outcome)
    }
}

/// The manifest of a commit, with the settings of that commit.
fn build_manifest(
    session: &Session,
    repository: &Repository,
    here: &Tracker,
    commit: CommitId,
    name: &str,
) -> Result<Manifest> {
    let Some(tracker) = session.tracker_at(repository, here, commit)? else {
        bail!("commit {} has no {}", commit.short(), crate::settings::FILE)
    };
    let (store, history) = session.tree_at(repository, &tracker, commit, HistorySource::Commits)?;
    session.say_unreadable(&store);
    let day = repository.commit_time(commit)?.with_timezone(&Utc).date_naive();
    snapshot::build(repository, commit, &tracker, &store, &history, name, day)
        .with_context(|| format!("freezing {}", commit.short()))
}

/// Returns whether the items or the settings differ from the last commit.
fn has_uncommitted(repository: &Repository, tracker: &Tracker) -> Result<bool> {
    let items = RelPath::new(tracker.items_folder().trim_end_matches('/'))?;
    let settings = RelPath::new(format!("{}{}", tracker.prefix, crate::settings::FILE))?;
    Ok(repository.uncommitted_in(&items)? || repository.uncommitted_in(&settings)?)
}
