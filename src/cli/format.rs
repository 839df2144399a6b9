use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::validate::{lies_in, wanted};
use super::{Outcome, Session};
use crate::document::{Document, FormatError};
use crate::model::Item;
use crate::output::{diff, plural, visible};
use crate::repository::{Expect, FileChange, RelPath, write};

/// Lay out items in the canonical way
///
/// Fields in the order of the schema, two blanks of indentation, quotes only where they are needed.
/// Values and comments stay; a file in which one would not is refused with its place. Files are
/// written and not committed. No other command changes the layout of a file.
#[derive(Debug, Args)]
pub(super) struct Format {
    /// Only these files or folders
    paths: Vec<PathBuf>,
    /// Print what would change as a diff and write nothing; exit 1 if there is anything
    #[arg(long)]
    check: bool,
}

impl Format {
    pub(super) fn run(self, session: &mut Session) -> Result<Outcome> {
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let wanted = wanted(session, &tracker, &self.paths)?;
        let store = tracker.load();
        session.say_unreadable(&store);
        let mut changed: Vec<(&Document, Document)> = Vec::new();
        let mut refused: Vec<FormatError> = Vec::new();
        for stored in store.items().iter().filter(|stored| lies_in(stored.path(), &wanted)) {
            match stored.document.format(&Item::FIELDS) {
                Ok(document) if document.text() == stored.document.text() => {}
                Ok(document) => changed.push((&stored.document, document)),
                Err(error) => refused.push(error),
            }
        }
        if self.check {
            for (before, after) in &changed {
                session.print(diff(before.path(), before.text(), after.text()))?;
            }
        } else if !changed.is_empty() {
            let files: Vec<FileChange> = changed.iter().map(file).collect::<Result<_>>()?;
            write(&session.repository()?, &files)?;
            for (before, _) in &changed {
                session.print(format_args!("{}\n", visible(before.path())))?;
            }
        }
        for error in &refused {
            session.complain(visible(&error.to_string()));
        }
        let files = plural(changed.len(), "file");
        session.say(match (self.check, changed.is_empty()) {
            (true, false) => format!("{files} to format; `poam format` writes them"),
            (_, true) => "nothing to format".to_owned(),
            (false, false) => format!("{files} formatted"),
        });
        let mut faults = store.diagnostics().iter();
        let unreadable = faults.any(|fault| lies_in(&fault.label.path, &wanted));
        let fine = refused.is_empty() && !unreadable && (changed.is_empty() || !self.check);
        Ok(if fine { Outcome::Fine } else { Outcome::Diagnosed })
    }
}

/// A file to write, if it still is what was read.
fn file((before, after): &(&Document, Document)) -> Result<FileChange> {
    Ok(FileChange {
        path: RelPath::new(before.path())?,
        expect: Expect::Content(before.text().as_bytes().to_vec()),
        new: Some(after.text().as_bytes().to_vec()),
    })
}
