//! Plan of the import of one document, every row accounted for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use super::matching::{ImportMatch, MatchedBy};
use super::merge::{Conflict, HeldValue, MergeDecisions};
use super::record::{DaysFile, RecordFile};
use super::register::Register;
use super::submission::{DatedBy, DatedSubmission, Submission};
use crate::document::Document;
use crate::exchange::{Assumed, Refused, can_be_committed};
use crate::model::{Item, ItemId};
use crate::store::Stored;
use crate::workbook::{ReadingNote, SheetReading};

/// Options of an import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Assumptions of the user where rows leave something open.
    pub assumed: Assumed,
    /// The columns of the team's own: header, and the pointer of the value in the item's file.
    pub own: Vec<(String, String)>,
    /// Key by which rows are matched to existing items.
    pub by: ImportMatch,
    /// The score from which fingerprints count as the same weakness.
    pub least: f64,
    /// Gives rows without an id the next id of the tracker.
    pub assign_ids: bool,
    /// Closes open items that are no longer listed.
    pub close_absent: bool,
    /// Imports even if a document has almost nothing in common with the tracker.
    pub unrelated: bool,
    /// The sides whose values win where the document and the tracker both changed one; a conflict that is
    /// not decided stops the import.
    pub decisions: MergeDecisions,
    /// Goes on with a document that is older than what was imported, and looks again at what was
    /// imported before: cells count although they state what they stated already.
    pub force: bool,
    /// Takes new items apart into the days that their rows state.
    pub reconstruct: bool,
    /// Ids that no row may be given: those of items that are gone, and those of other branches.
    /// Nothing is stated of ids that rows have of their own.
    pub reserved: BTreeSet<ItemId>,
    /// The last day that can be the day of a change.
    pub today: NaiveDate,
}

/// Reasons why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Another system, or a register that was begun again.
    #[error(
        "{file} has almost nothing in common with this tracker: {matched} of its {rows} open rows are items of the tracker, which has {open} open items; \
         if that is right (another system, a new register), import it with --unrelated"
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

/// Plan of an import.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Name of the source.
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
    /// Number of them that are on disk and not committed. The caller sets it, who can ask git.
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
    /// Values that the document states otherwise and that stay.
    pub held: Vec<HeldValue>,
    /// Fields that the source leaves blank and items keep, with how many items.
    pub left: BTreeMap<String, usize>,
    /// Cells that were retained as they are: sheet, cell, reason.
    pub kept: Vec<(String, String, String)>,
    /// Content of the sheets.
    pub sheets: Vec<SheetReading>,
    /// Notes for the user on the source.
    pub notes: Vec<ReadingNote>,
    /// The day that the entire source is from, where anything states one.
    pub dated: Option<DatedSubmission>,
    /// Whether the same document was imported before.
    pub known: bool,
    /// The day that is stated of it now, where it was imported before as of another: that one stays.
    pub other_day: Option<NaiveDate>,
    /// Number of ids that are given to rows.
    pub given: usize,
    /// The files of the record of imports that change.
    pub record: Vec<RecordFile>,
    /// The list of the days of commits, as it was when the record was read.
    pub days: DaysFile,
    /// The commit that the document was built from, where it is a workbook of this tracker. The caller sets
    /// it, who can ask git.
    pub built_from: Option<String>,
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
    /// The day that the source states it was last changed.
    pub date: Option<NaiveDate>,
    /// Versions of earlier days, oldest first.
    pub past: Vec<PastText>,
    /// The item.
    pub item: Item,
}

/// Version of a new item on a day before the last one.
#[derive(Debug, Clone)]
pub struct PastText {
    /// The day.
    pub day: NaiveDate,
    /// Whether the source states that this is the day of the change; else it is known by then.
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
    pub by: MatchedBy,
    /// Agreement of the fingerprints, 0 to 1.
    pub score: f64,
    /// Whether other rows or items state exactly the same, so that only the order distinguishes them.
    pub by_order: bool,
    /// Changes by the row.
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
    pub(super) fn new(submission: &Submission) -> Self {
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

    /// Takes the day as of which the document was imported before. It stays, whatever is stated now: the commits
    /// of then have it.
    pub(super) fn take_known_day(&mut self, known: Option<NaiveDate>) {
        let Some(day) = known else { return };
        let said = self.dated.map(|dated| dated.day);
        if said != Some(day) {
            self.other_day = said;
            self.dated = Some(DatedSubmission { day, by: DatedBy::Record });
        }
    }

    /// States where the date at the head of the document can be the day of no commit.
    pub(super) fn note_impossible_date(
        &mut self,
        submission: &Submission,
        options: &ImportOptions,
    ) {
        let head = submission.reading.header.date;
        if let Some(date) = head.filter(|date| !can_be_committed(*date, options.today)) {
            self.add_note(&format!("{date}, the date at its head, cannot be the day of a commit"));
        }
    }

    /// A note on the first sheet with items.
    pub(super) fn add_note(&mut self, message: &str) {
        let sheet = self.sheets.iter().find(|sheet| sheet.role.is_some());
        let sheet = sheet.map(|sheet| sheet.name.clone()).unwrap_or_default();
        self.notes.push(ReadingNote { sheet, row: None, message: message.to_owned() });
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
    /// commit of its own: as their rows state, else the day of the document. Without a day it is now,
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

    /// Returns whether no item is made or changed.
    pub fn changes_nothing(&self) -> bool {
        self.created.is_empty() && self.closed.is_empty() && self.changed().next().is_none()
    }

    /// Returns whether there is nothing to write, not even that the document was imported.
    pub fn is_idle(&self) -> bool {
        self.changes_nothing() && self.record.is_empty()
    }

    /// The created items as the tracker will have them, for the documents that follow.
    pub(super) fn register_created(&self, register: &mut Register) {
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
