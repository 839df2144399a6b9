//! `poam undo`: reverts the last change of the program.

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use super::{CommandOutcome, Session, TextOrJson};
use crate::change;
use crate::repository::recover;
use crate::text::{few, visible};

/// Undo the last commit that you made with poam, by a new commit
///
/// The files of that commit get the content they had before it; the history keeps both commits. Run
/// it again to undo the commit before. `git revert` of the new commit brings the change back. A commit of
/// somebody else, or one that is pushed, is undone only where you name it.
#[derive(Debug, Args)]
pub(super) struct UndoArgs {
    /// The commit to undo; the last one that you made with poam and did not push by default
    #[arg(value_name = "COMMIT")]
    commit: Option<String>,
    /// Print what would be undone and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl UndoArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.open_repository()?;
        session.say_undone(&recover(&repository)?);
        let head = repository.head()?.context("nothing is committed yet")?;
        let named = self.commit.as_deref().map(|name| repository.resolve_revision(name));
        let undo = change::Undo::find(&repository, head, named.transpose()?)?;
        let files: Vec<&str> = undo.paths().map(|path| path.as_str()).collect();
        let commit = match self.dry_run {
            true => None,
            false => Some(undo.apply_undo(&repository)?),
        };
        if commit.is_some() {
            session.warn_if_detached(&repository);
        }
        match self.format {
            TextOrJson::Json => {
                let undone = undo.commit.to_string();
                let commit = commit.map(|commit| commit.to_string());
                let done = json!({"undone": undone, "commit": commit, "files": files});
                session.print_json(format_args!("{done}\n"))?;
            }
            TextOrJson::Text => {
                let (id, subject) = (undo.commit.short(), visible(&undo.subject));
                let would = if self.dry_run { "would undo" } else { "undone:" };
                session.print(format_args!("{would} {id} {subject}\n"))?;
                session.print(format_args!("files: {}\n", visible(&few(&files))))?;
                if let Some(commit) = commit {
                    session.print(format_args!("committed as {}\n", commit.short()))?;
                    session.say(format_args!(
                        "next: `git revert {}` brings the change back",
                        commit.short()
                    ));
                }
            }
        }
        Ok(CommandOutcome::Fine)
    }
}
