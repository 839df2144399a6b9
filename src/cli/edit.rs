use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::ask::Ask;
use super::how::{Bench, How, said};
use super::{Outcome, Session};
use crate::change::{Change, Wish};
use crate::diagnostic::Diagnostic;
use crate::output::{Format, Report, visible};
use crate::store::Stored;

/// Open an item in your editor, check it, commit it
///
/// The editor is git's: GIT_EDITOR, core.editor, VISUAL or EDITOR. The file itself changes only when
/// what you wrote is a valid item.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  poam edit V-12\n  EDITOR=nano poam edit V-12 -m \"New plan after the test\""
)]
pub(super) struct Edit {
    /// ID of the item
    #[arg(value_name = "ID", value_parser = said)]
    id: String,
    /// Why; becomes the body of the commit message
    #[arg(long, short = 'm', value_name = "TEXT", value_parser = said)]
    reason: Option<String>,
    #[command(flatten)]
    how: How,
}

impl Edit {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let mut bench = Bench::of(session)?;
        let found = bench.items(&[self.id])?;
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
                    let report = Report { diagnostics: errors, ..Report::default() };
                    session.say(report.render(Format::Text, session.color).trim_end());
                    if !Ask::if_possible(true).yes("this is not a valid item; edit it again?")? {
                        let kept = folder.keep();
                        let kept = kept.join(name);
                        bail!("nothing was changed; what you wrote is kept in {}", kept.display());
                    }
                }
            }
        };
        let wish = Wish { reason: self.reason };
        let Some(change) = Change::replace(stored, &after, &wish) else {
            session.print(format_args!(
                "{}: nothing was changed\n",
                visible(stored.item.id.as_str())
            ))?;
            return Ok(Outcome::Fine);
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
