//! `poam format`: lays out item files in the canonical way.
//!
//! The layout is decided in `document`; this replaces words by canonical ones and writes the files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use rayon::prelude::*;

use super::validate::{lies_in, wanted_paths};
use super::{CommandOutcome, Session};
use crate::document::{Document, Edit, FormatError, Limits};
use crate::model::{Item, Workflow, find_corrections};
use crate::output::unified_diff;
use crate::repository::{Expect, FileChange, RelPath, write};
use crate::store::Stored;
use crate::text::{plural, visible};

/// Lay out items in the canonical way
///
/// Fields in the order of the schema, two blanks of indentation, quotes only where they are needed.
/// Values and comments stay; a file in which one would not is refused with its place. Files are
/// written and not committed. No other command changes the layout of a file.
#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    /// Only these files or folders
    paths: Vec<PathBuf>,
    /// Print what would change as a diff and write nothing; exit 1 if there is anything
    #[arg(long)]
    check: bool,
    /// Check what is staged for the next commit instead of the work tree; a hook of git that runs
    /// `--check` always does
    #[arg(long, requires = "check")]
    staged: bool,
}

impl FormatArgs {
    pub(super) fn run(self, session: &mut Session) -> Result<CommandOutcome> {
        let repository = session.find_repository()?;
        let tracker = session.tracker(repository.as_ref())?;
        let wanted = wanted_paths(session, repository.as_ref(), &tracker, &self.paths)?;
        let staged = match self.check {
            true => session.staged(repository.as_ref(), &tracker, self.staged)?,
            false => None,
        };
        let store = staged.map_or_else(|| tracker.load(), |(_, items)| items);
        session.say_unreadable(&store);
        let items = store.items().par_iter().filter(|stored| lies_in(stored.path(), &wanted));
        let windows = store.items().iter().map(|stored| &stored.document);
        let windows: Vec<&str> =
            windows.filter(|it| it.has_windows_line_ends()).map(|it| it.path()).collect();
        let converted = match &repository {
            Some(repository) if !windows.is_empty() => {
                repository.converted_line_ends(&windows, Limits::ITEM.bytes as u64)?
            }
            _ => BTreeSet::new(),
        };
        // Of a copy, so that what is read of a file for this does not stay with the item.
        let workflow = &tracker.settings.workflow;
        let formatted = |stored: &Stored| {
            let own = stored.document.clone();
            let mut result = canonical_words(&own, workflow).format_document(&Item::FIELDS);
            if let Ok(formatted) = &result
                && own.has_windows_line_ends()
                && converted.contains(own.path())
                && let Ok(windows) = formatted.with_windows_line_ends()
            {
                result = Ok(windows);
            }
            result.map(|document| (document.text() != own.text()).then_some(document))
        };
        let results: Vec<(&Document, Result<Option<Document>, FormatError>)> =
            items.map(|stored| (&stored.document, formatted(stored))).collect();
        let mut changed: Vec<(&Document, Document)> = Vec::new();
        let mut refused: Vec<FormatError> = Vec::new();
        for (own, result) in results {
            match result {
                Ok(formatted) => changed.extend(formatted.map(|document| (own, document))),
                Err(error) => refused.push(error),
            }
        }
        if self.check {
            for (before, after) in &changed {
                session.print(unified_diff(before.path(), before.text(), after.text()))?;
            }
        } else if !changed.is_empty() {
            let files: Vec<FileChange> = changed.iter().map(file_change).collect::<Result<_>>()?;
            write(&session.open_repository()?, &files)?;
            for (before, _) in &changed {
                session.print(format_args!("{}\n", visible(before.path())))?;
            }
        }
        for error in &refused {
            session.complain(visible(&error.to_string()));
        }
        let files = plural(changed.len(), "file");
        session.say(match (self.check, changed.is_empty()) {
            (true, false) => match changed.len() {
                1 => "1 file needs formatting; run `poam format`".to_owned(),
                _ => format!("{files} need formatting; run `poam format`"),
            },
            (_, true) => "nothing to format".to_owned(),
            (false, false) => format!("{files} formatted"),
        });
        let mut faults = store.diagnostics().iter();
        let unreadable = faults.any(|fault| lies_in(&fault.label.path, &wanted));
        let fine = refused.is_empty() && !unreadable && (changed.is_empty() || !self.check);
        Ok(if fine { CommandOutcome::Fine } else { CommandOutcome::Diagnosed })
    }
}

/// A document with the canonical words in place of others. Where a word cannot be replaced without
/// touching more, it stays: it is read as what it means all the same.
fn canonical_words(document: &Document, workflow: &Workflow) -> Document {
    let words = find_corrections(&document.to_value(), Some(workflow));
    let edits: Vec<Edit> =
        words.into_iter().map(|(pointer, word)| Edit::set(pointer, word)).collect();
    if edits.is_empty() {
        return document.clone();
    }
    document.apply_edits(&edits, &Item::FIELDS).unwrap_or_else(|_| document.clone())
}

/// A file to write, if it still is what was read.
fn file_change((before, after): &(&Document, Document)) -> Result<FileChange> {
    Ok(FileChange {
        path: RelPath::new(before.path())?,
        expect: Expect::Content(before.text().as_bytes().to_vec()),
        new: Some(after.text().as_bytes().to_vec()),
    })
}
