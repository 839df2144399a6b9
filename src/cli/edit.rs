//! `poam edit`: opens an item in the user's editor and commits the result after the checks.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::ask::AskMode;
use super::how::{ChangeArgs, ChangeContext, parse_reason, parse_text};
use super::{CommandOutcome, Session, progress};
use crate::change::{Change, ChangeOptions};
use crate::diagnostic::Diagnostic;
use crate::output::{Format, ValidationReport};
use crate::store::Stored;
use crate::text::visible;

/// Open an item in your editor, check it, commit it
///
/// The editor is git's: GIT_EDITOR, core.editor, VISUAL or EDITOR. The file itself changes only when
/// what you wrote is a valid item.
#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// ID of the item
    #[arg(value_name = "ID", value_parser = parse_text)]
    id: String,
    /// Reason; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,
    #[command(flatten)]
    how: ChangeArgs,
}

impl EditArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let mut bench = ChangeContext::open(session)?;
        let found = bench.find_items(&[self.id])?;
        let stored = found.first().context("no item was found")?;
        let editor = bench.repository.editor()?;
        let folder = tempfile_folder()?;
        // Editors choose colours and indentation by the name.
        let name = stored.path().rsplit('/').next().unwrap_or("item.yaml");
        let file = folder.path().join(name);
        std::fs::write(&file, stored.document.text().as_bytes())
            .with_context(|| format!("writing {}", file.display()))?;
        let after = loop {
            open(&editor, &file)?;
            let bytes =
                std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            match read(stored, &bytes) {
                Ok(after) => break after,
                Err(errors) => {
                    let report =
                        ValidationReport { diagnostics: errors, ..ValidationReport::default() };
                    session.say(report.render(Format::Text, session.color).trim_end());
                    if !AskMode::if_possible(true)
                        .ask_yes("this is not a valid item; edit it again?")?
                    {
                        let kept = folder.keep();
                        let kept = kept.join(name);
                        bail!("nothing was changed; what you wrote is kept in {}", kept.display());
                    }
                }
            }
        };
        let wish = ChangeOptions { reason: self.reason };
        let Some(change) = Change::replace(stored, &after, &wish) else {
            session.print(format_args!(
                "{}: nothing was changed\n",
                visible(stored.item.id.as_str())
            ))?;
            return Ok(CommandOutcome::Fine);
        };
        let done = self.how.carry_out(session, &bench, &[change]);
        if done.is_err() {
            let kept = folder.keep();
            session.say(format_args!("what you wrote is kept in {}", kept.join(name).display()));
        }
        done
    }
}

/// Makes a folder for the copy that is edited.
fn tempfile_folder() -> Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("poam-edit-").tempdir().context("making a temporary folder")
}

/// Reads what was written as the same item.
fn read(stored: &Stored, bytes: &[u8]) -> Result<Stored, Vec<Diagnostic>> {
    let after = Stored::parse(stored.path(), bytes)?;
    let mut errors = after.check_schema();
    if after.item.id != stored.item.id {
        let label = after.document.label("/id");
        let message = format!("the id must stay {}", visible(stored.item.id.as_str()));
        errors.push(
            Diagnostic::new("id-file-mismatch", label, message)
                .help("an id is for life; write a new item for another weakness"),
        );
    }
    errors.retain(|error| error.level == crate::diagnostic::Level::Error);
    if errors.is_empty() { Ok(after) } else { Err(errors) }
}

/// Runs the editor until it ends.
fn open(editor: &str, file: &Path) -> Result<()> {
    progress::clear_line();
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$@\""))
        .arg(editor)
        .arg(file)
        .status()
        .with_context(|| format!("starting the editor `{}`", visible(editor)))?;
    if !status.success() {
        bail!("the editor `{}` ended with an error; nothing was changed", visible(editor));
    }
    Ok(())
}
