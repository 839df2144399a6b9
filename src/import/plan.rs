//! What an import of one document would do, every row accounted for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use super::matching::{By, Match};
use super::merge::{Conflict, HeldValue, Winner};
use super::record::RecordFile;
use super::register::Register;
use super::submission::{Dated, Submission};
use crate::document::Document;
use crate::exchange::{Assumed, Refused, can_be_committed};
use crate::model::{Item, ItemId};
use crate::store::Stored;
use crate::workbook::{Note, SheetReading};

/// How to import.
#[derive(Debug, Clone)]
pub struct Options {
    /// What a person says where rows do not.
    pub assumed: Assumed,
    /// The columns of the team's own: header, and the pointer of the value in the item's file.
    pub own: Vec<(String, String)>,
    /// By what rows are recognised.
    pub by: Match,
    /// The score from which fingerprints count as the same weakness.
    pub least: f64,
    /// Gives rows without an id the next id of the tracker.
    pub assign_ids: bool,
    /// Closes open items that are no longer listed.
    pub close_absent: bool,
    /// Goes on although a document shares almost nothing with what is here.
    pub unrelated: bool,
    /// Whose value counts where the document and the tracker both changed one; without it such a
    /// conflict stops the import.
    pub winner: Option<Winner>,
    /// Goes on with a document that is older than what was imported, and looks again at what was
    /// imported before: cells count although they say what they said already.
    pub force: bool,
    /// Takes new items apart into the days that their rows say.
    pub reconstruct: bool,
    /// Ids that no row may be given: those of items that are gone, and those of other branches.
    /// Nothing is said of ids that rows have of their own.
    pub reserved: BTreeSet<ItemId>,
    /// The last day that can be the day of a change.
    pub today: NaiveDate,
}

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Another system, or a register that was begun anew.
    #[error(
        "{file} shares almost nothing with what is here: {matched} of its {rows} open rows are items of the tracker, which has {open} open items; \
         if this is meant (another system, a register begun anew), go on with --unrelated"
    )]
    Unrelated {
        /// The document.
        file: String,
        /// Rows on its open sheets.
        rows: usize,
        /// Those of them that are known items.
        matched: usize,
        /// Open items.
        open: usize,
    },
    /// The documents are not in the order of their days.
    #[error(
        "{file} is of {day}, before {earlier}, which is of {last}: name the files in the order of their days, \
         or say with --date which day a single file is from"
    )]
    Order {
        /// The document.
        file: String,
        /// Its day.
        day: NaiveDate,
        /// The document before it.
        earlier: String,
        /// The day of that.
        last: NaiveDate,
    },
    /// An older document would undo what a newer one brought.
    #[error(
        "{file}{} is older than what is here: {earlier}{} was imported already, and nothing was done; \
         to take what an older document says all the same, say --force",
        of_day(*day),
        of_day(*last)
    )]
    Older {
        /// The document.
        file: String,
        /// Its day.
        day: Option<NaiveDate>,
        /// The newest document that was imported.
        earlier: String,
        /// The day of that.
        last: Option<NaiveDate>,
    },
    /// A row would end in no way, or in two: a fault of the program, which must not go on.
    #[error("{file}: {rows} rows were read and {ended} accounted for; nothing was done")]
    Unaccounted {
        /// The document.
        file: String,
        /// Rows that were read.
        rows: usize,
        /// Rows that ended in some way.
        ended: usize,
    },
}

fn of_day(day: Option<NaiveDate>) -> String {
    day.map(|day| format!(" of {day}")).unwrap_or_default()
}

/// What an import would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What the source is called.
    pub source: String,
    /// The digest that identifies its content.
    pub source_id: String,
    /// Name of the layout that its headers fit.
    pub layout: String,
    /// Rows that were read as items: created, matched, unchanged and refused together.
    pub rows: usize,
    /// Items to create, in the order of the rows.
    pub created: Vec<Created>,
    /// Rows that are items under another id, or items that they change.
    pub matched: Vec<Matched>,
    /// The files of items that the tracker has already, exactly so.
    pub unchanged: Vec<String>,
    /// How many of them are on disk and not committed. The caller sets it, who can ask git.
    pub uncommitted: usize,
    /// Rows that are no item.
    pub refused: Vec<Refused>,
    /// Open items that no row lists any more.
    pub absent: Vec<ItemId>,
    /// Those of them that are closed.
    pub closed: Vec<Changed>,
    /// Values that the document and the tracker both changed.
    pub conflicts: Vec<Conflict>,
    /// Whether nobody decided them, so that nothing can be written.
    pub undecided: bool,
    /// Values that the document says otherwise and that stay.
    pub held: Vec<HeldValue>,
    /// Fields that the source leaves blank and items keep, with how many items.
    pub left: BTreeMap<String, usize>,
    /// Cells that were kept as they are: sheet, cell, reason.
    pub kept: Vec<(String, String, String)>,
    /// What the sheets held.
    pub sheets: Vec<SheetReading>,
    /// What a person should know about the source.
    pub notes: Vec<Note>,
    /// The day that the source as a whole is from, where anything says one.
    pub dated: Option<Dated>,
    /// Whether the same document was imported before.
    pub known: bool,
    /// How many ids are given to rows.
    pub given: usize,
    /// The files of the record of imports that change.
    pub record: Vec<RecordFile>,
}

/// An item to create.
#[derive(Debug, Clone)]
pub struct Created {
    /// Its id.
    pub id: ItemId,
    /// Its file, from the root of the repository.
    pub path: String,
    /// The text of the file.
    pub text: String,
    /// The day that the source says it was last changed.
    pub date: Option<NaiveDate>,
    /// What it was on earlier days, oldest first.
    pub past: Vec<PastText>,
    /// The item.
    pub item: Item,
}

/// What a new item was on a day before the last one.
#[derive(Debug, Clone)]
pub struct PastText {
    /// The day.
    pub day: NaiveDate,
    /// Whether the source says that this is the day of the change; else it is known by then.
    pub stated: bool,
    /// The text of the file.
    pub text: String,
}

/// A row that is an item of the tracker.
#[derive(Debug, Clone)]
pub struct Matched {
    /// The item.
    pub id: ItemId,
    /// The id in the row.
    pub row_id: String,
    /// By what it was recognised.
    pub by: By,
    /// How much the fingerprints say the same, 0 to 1.
    pub score: f64,
    /// Whether other rows or items say exactly the same, so that only the order tells them apart.
    pub by_order: bool,
    /// What the row changes.
    pub change: Option<Changed>,
}

/// A changed item.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The item.
    pub id: ItemId,
    /// The file as it is.
    pub before: Document,
    /// The file as it will be.
    pub after: Document,
    /// Addresses of the values that change.
    pub changed: Vec<String>,
}

impl Plan {
    /// An empty plan for a document.
    pub(super) fn of(submission: &Submission) -> Self {
        let reading = &submission.reading;
        Self {
            source: submission.source.clone(),
            source_id: submission.source_id.clone(),
            layout: reading.layout.clone(),
            rows: submission.len(),
            sheets: reading.sheets.clone(),
            notes: reading.notes.clone(),
            dated: submission.dated,
            ..Self::default()
        }
    }

    /// Says where the date at the head of the document can be the day of no commit.
    pub(super) fn note_impossible_date(&mut self, submission: &Submission, options: &Options) {
        let head = submission.reading.header.date;
        if let Some(date) = head.filter(|date| !can_be_committed(*date, options.today)) {
            self.note(&format!("{date}, the date at its head, cannot be the day of a commit"));
        }
    }

    /// A note on the first sheet with items.
    pub(super) fn note(&mut self, message: &str) {
        let sheet = self.sheets.iter().find(|sheet| sheet.role.is_some());
        let sheet = sheet.map(|sheet| sheet.name.clone()).unwrap_or_default();
        self.notes.push(Note { sheet, row: None, message: message.to_owned() });
    }

    /// Items that change, those that are closed because they are no longer listed left out.
    pub fn changed(&self) -> impl Iterator<Item = &Changed> {
        self.matched.iter().filter_map(|matched| matched.change.as_ref())
    }

    /// The days before the last that new items were taken apart into.
    pub fn points(&self) -> BTreeSet<NaiveDate> {
        self.created.iter().flat_map(|one| one.past.iter().map(|version| version.day)).collect()
    }

    /// The new items by the day of the commit that makes them, oldest first, where each day is a
    /// commit of its own: as their rows say, else the day of the document. Without a day it is now,
    /// which comes last. Empty where all are one commit: of a series, and of a document that changes
    /// what is here.
    pub fn by_day(&self, series: bool) -> Vec<(Option<NaiveDate>, Vec<&Created>)> {
        let mut by_day: BTreeMap<Option<NaiveDate>, Vec<&Created>> = BTreeMap::new();
        if series || self.changed().next().is_some() {
            return Vec::new();
        }
        let whole = self.dated.map(|dated| dated.day);
        for created in &self.created {
            by_day.entry(created.date.or(whole)).or_default().push(created);
        }
        let now = by_day.remove(&None).map(|created| (None, created));
        by_day.into_iter().chain(now).collect()
    }

    /// Whether no item is made or changed.
    pub fn changes_nothing(&self) -> bool {
        self.created.is_empty() && self.closed.is_empty() && self.changed().next().is_none()
    }

    /// Whether there is nothing to write, not even that the document was imported.
    pub fn is_idle(&self) -> bool {
        self.changes_nothing() && self.record.is_empty()
    }

    /// The created items as the tracker will have them, for the documents that follow.
    pub(super) fn stand(&self, register: &mut Register) {
        let created: Vec<Option<Stored>> = self
            .created
            .par_iter()
            .map(|one| Stored::parse(&one.path, one.text.as_bytes()).ok())
            .collect();
        for stored in created.into_iter().flatten() {
            register.add(stored);
        }
    }
}
