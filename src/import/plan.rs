//! What an import of one document would do, every row accounted for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;
use serde_json::Value;

use super::delta::Delta;
use super::done::{Before, Done};
use super::matching::{By, Match, Pair, Side, pairs};
use super::month::changes;
use super::own;
use super::register::Register;
use super::row::{first_cell, id_of, known, place_of, with_id};
use super::submission::{Dated, Submission};
use super::weakness::Weakness;
use crate::change::file_text;
use crate::document::{Document, Edit};
use crate::exchange::{Assumed, Imported, Refused, can_be_committed, item, past};
use crate::model::{Item, ItemId, Status};
use crate::store::{Stored, Tracker};
use crate::workbook::{Field, Note, SheetReading, SheetRole, SourceRow, cell_text};

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
    /// Looks again at what was imported before.
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
        "{file} is of {day}, and {earlier} of {last} was imported already: what it changes would go back in time; \
         --force does it all the same"
    )]
    Older {
        /// The document.
        file: String,
        /// Its day.
        day: NaiveDate,
        /// The newest document that was imported.
        earlier: String,
        /// The day of that.
        last: NaiveDate,
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

/// What an import would do.
#[derive(Debug, Clone)]
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
    /// What it was on earlier days, oldest first: the day, and the text of the file.
    pub past: Vec<(NaiveDate, String)>,
    /// The item.
    pub item: Item,
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

/// A row that was read as an item.
struct Read<'a> {
    row: &'a SourceRow,
    imported: Imported,
    /// Whether the id was made up, because the row has none.
    without_id: bool,
}

/// Plans a document on top of the items as they stand, which then stand as planned.
pub(super) fn plan(
    tracker: &Tracker,
    register: &mut Register,
    submission: &Submission,
    done: &Done,
    options: &Options,
) -> Result<Plan, PlanError> {
    let reading = &submission.reading;
    let mut plan = Plan {
        source: submission.source.clone(),
        source_id: submission.source_id.clone(),
        layout: reading.layout.clone(),
        rows: reading.rows.len(),
        created: Vec::new(),
        matched: Vec::new(),
        unchanged: Vec::new(),
        uncommitted: 0,
        refused: Vec::new(),
        absent: Vec::new(),
        closed: Vec::new(),
        left: BTreeMap::new(),
        kept: Vec::new(),
        sheets: reading.sheets.clone(),
        notes: reading.notes.clone(),
        dated: submission.dated,
        known: false,
        given: 0,
    };
    plan.note_impossible_date(submission, options);
    let (read, unread) = plan.read(&reading.rows, register, options);
    let before = done.before(&submission.source_id).filter(|_| !options.force);
    plan.known = before.is_some();
    let items: Vec<Side<'_>> = register.items().iter().map(|it| side(tracker, &it.item)).collect();
    let rows: Vec<Side<'_>> = read.iter().map(|it| side(tracker, &it.imported.item)).collect();
    let found = pairs(&rows, &items, options.by, options.least);
    if found.incomplete {
        plan.note("too many rows have the same name to compare them all: some are not recognised");
    }
    let open_items = items.iter().filter(|item| !item.closed).count();
    let held = register.items().len();
    let mut listed = vec![false; held];
    for pair in found.rows.iter().flatten() {
        listed[pair.item] = true;
    }
    // A row that cannot be read lists its item all the same.
    let of_unread = unread.iter().filter_map(|id| register.place(id));
    of_unread.for_each(|place| listed[place] = true);
    if before.is_none() && !options.unrelated && done.any() {
        related(submission, &read, &found.rows, open_items, options.close_absent)?;
    }
    drop((items, rows));
    plan.settle(tracker, register, &read, &found.rows, before, options);
    if before.is_none() {
        plan.miss(tracker, register, &listed, options);
    }
    let ended = plan.created.len() + plan.matched.len() + plan.unchanged.len() + plan.refused.len();
    if ended != plan.rows {
        return Err(PlanError::Unaccounted { file: plan.source, rows: plan.rows, ended });
    }
    Ok(plan)
}

fn side<'a>(tracker: &Tracker, item: &'a Item) -> Side<'a> {
    let closed = tracker.settings.workflow.is_closed(&item.status);
    Side { id: &item.id, weakness: Weakness::of(item), closed }
}

/// An error where open rows and open items have next to nothing in common. Where what is absent is to
/// be closed, a document of few rows or none closes as much as one of other rows.
fn related(
    submission: &Submission,
    read: &[Read<'_>],
    found: &[Option<Pair>],
    open: usize,
    close_absent: bool,
) -> Result<(), PlanError> {
    /// With fewer rows or items, chance decides.
    const ENOUGH: usize = 3;
    let on_open = |read: &Read<'_>| read.row.role == SheetRole::Open;
    let rows = read.iter().filter(|one| on_open(one)).count();
    let matched =
        read.iter().zip(found).filter(|(one, pair)| on_open(one) && pair.is_some()).count();
    let few = if close_absent { open } else { rows.min(open) };
    if (rows >= ENOUGH || close_absent) && open >= ENOUGH && matched * 10 < few {
        let file = submission.source.clone();
        return Err(PlanError::Unrelated { file, rows, matched, open });
    }
    Ok(())
}

impl Plan {
    /// Says where the date at the head of the document can be the day of no commit.
    fn note_impossible_date(&mut self, submission: &Submission, options: &Options) {
        let head = submission.reading.header.date;
        if let Some(date) = head.filter(|date| !can_be_committed(*date, options.today)) {
            self.note(&format!("{date}, the date at its head, cannot be the day of a commit"));
        }
    }

    /// A note on the first sheet with items.
    fn note(&mut self, message: &str) {
        let sheet = self.sheets.iter().find(|sheet| sheet.role.is_some());
        let sheet = sheet.map(|sheet| sheet.name.clone()).unwrap_or_default();
        self.notes.push(Note { sheet, row: None, message: message.to_owned() });
    }

    /// The rows that are items, and the ids of the others, which are refused.
    fn read<'a>(
        &mut self,
        rows: &'a [SourceRow],
        register: &Register,
        options: &Options,
    ) -> (Vec<Read<'a>>, Vec<ItemId>) {
        let mut seen: BTreeMap<ItemId, String> = BTreeMap::new();
        let mut read = Vec::with_capacity(rows.len());
        let mut unread = Vec::new();
        for row in rows {
            let without_id = options.assign_ids && !row.cells.contains_key(&Field::PoamId);
            // The same id can be another weakness.
            let name = row.cells.get(&Field::WeaknessName).map(|cell| cell_text(&cell.value));
            let same = |item: &&Item| {
                name.as_ref().is_some_and(|name| name.trim() == item.weakness_name.trim())
            };
            let there = |id: &ItemId| register.find(id).map(|stored| &stored.item).filter(same);
            let assumed = known(row, there, &options.assumed);
            let imported = if without_id {
                item(&with_id(row), &assumed, options.today)
            } else {
                item(row, &assumed, options.today)
            };
            let mut imported = match imported {
                Ok(imported) => imported,
                Err(refused) => {
                    unread.extend(id_of(row));
                    self.refused.push(refused);
                    continue;
                }
            };
            if let Some(first) = seen.get(&imported.item.id) {
                let reason = format!(
                    "the id `{}` stands in {first} too: give one of the two another id",
                    imported.item.id
                );
                self.refuse(row, reason);
                continue;
            }
            let there = register.find(&imported.item.id);
            own::take(&options.own, row, &mut imported, there);
            let place = format!("{}!{}", row.sheet, first_cell(row));
            seen.insert(imported.item.id.clone(), place);
            read.push(Read { row, imported, without_id });
        }
        (read, unread)
    }

    /// Decides what becomes of each row.
    fn settle(
        &mut self,
        tracker: &Tracker,
        register: &mut Register,
        read: &[Read<'_>],
        found: &[Option<Pair>],
        before: Option<&Before>,
        options: &Options,
    ) {
        let was_in = |one: &Read<'_>| before.is_some_and(|before| before.has(&place_of(one.row)));
        let ever: BTreeSet<&str> = read
            .iter()
            .filter(|one| !was_in(one))
            .flat_map(|one| said(&one.imported.item))
            .collect();
        let workflow = &tracker.settings.workflow;
        // Edits are the expensive part, and no row depends on another's.
        let changed: Vec<Option<Result<Outcome, String>>> = read
            .par_iter()
            .zip(found)
            .map(|(one, pair)| {
                let pair = pair.filter(|_| !was_in(one))?;
                let there = register.items().get(pair.item)?;
                let (deltas, left) = changes(there, &one.imported.item, one.row, workflow, &ever);
                Some(outcome(there, &deltas).map(|stored| Outcome { stored, left }))
            })
            .collect();
        for ((one, pair), changed) in read.iter().zip(found).zip(changed) {
            match (pair, changed) {
                (_, None) if was_in(one) => {
                    let path = pair.and_then(|pair| register.items().get(pair.item));
                    let path = path.or_else(|| register.find(&one.imported.item.id));
                    let id = &one.imported.item.id;
                    let planned =
                        tracker.path_for(id, one.imported.item.original_detection_date.year());
                    self.unchanged.push(path.map_or(planned, |stored| stored.path().to_owned()));
                }
                (Some(_), Some(Err(reason))) => self.refuse(one.row, reason),
                (Some(pair), Some(Ok(outcome))) => self.matched(register, one, *pair, outcome),
                _ => self.create(tracker, register, one, options),
            }
        }
    }

    fn matched(&mut self, register: &mut Register, one: &Read<'_>, pair: Pair, outcome: Outcome) {
        let Some(there) = register.items().get(pair.item) else { return };
        for field in outcome.left {
            *self.left.entry(field).or_default() += 1;
        }
        let id = there.item.id.clone();
        let row_id = if one.without_id { String::new() } else { one.imported.item.id.to_string() };
        if outcome.stored.is_none() && (row_id == id.as_str() || one.without_id) {
            self.unchanged.push(there.path().to_owned());
            return;
        }
        let before = there.document.clone();
        let change = outcome.stored.map(|(stored, edits)| {
            let (id, after) = (id.clone(), stored.document.clone());
            let changed = edits.iter().map(|edit| edit.pointer().to_owned()).collect();
            register.replace(pair.item, stored);
            Changed { id, before, after, changed }
        });
        if change.is_some() {
            self.keep(one);
        }
        let Pair { by, score, by_order, .. } = pair;
        self.matched.push(Matched { id, row_id, by, score, by_order, change });
    }

    fn keep(&mut self, one: &Read<'_>) {
        let kept = one.imported.kept.iter();
        self.kept.extend(
            kept.map(|(cell, reason)| (one.row.sheet.clone(), cell.clone(), reason.clone())),
        );
    }

    fn create(
        &mut self,
        tracker: &Tracker,
        register: &mut Register,
        one: &Read<'_>,
        options: &Options,
    ) {
        let mut item = one.imported.item.clone();
        let taken = register.find(&item.id).is_some();
        if taken && options.by == Match::Id {
            let reason = format!(
                "{} is another weakness in the tracker: give the row another id, or say --match auto to have one given",
                item.id
            );
            return self.refuse(one.row, reason);
        }
        if taken || one.without_id {
            let given = match register.next_id(tracker, &item) {
                Ok(given) => given,
                Err(error) => return self.refuse(one.row, error.to_string()),
            };
            self.given += 1;
            let why = match one.without_id {
                true => "the row has no id".to_owned(),
                false => format!("`{}` is another weakness in the tracker", item.id),
            };
            let message = format!("{why}: it becomes {given}");
            let (sheet, row) = (one.row.sheet.clone(), Some(one.row.row));
            self.notes.push(Note { sheet, row, message });
            if !one.without_id {
                item.extra.insert("source_id".to_owned(), item.id.to_string().into());
            }
            item.id = given;
        }
        let path = tracker.path_for(&item.id, item.original_detection_date.year());
        if let Err(reason) = register.check_id(&item.id) {
            return self.refuse(one.row, reason);
        }
        let text = match file_text(&item, &tracker.schema_for(&path)) {
            Ok(text) => text,
            Err(error) => return self.refuse(one.row, error.to_string()),
        };
        let date = one.imported.status_date.or(item.completion_date);
        let date = date.filter(|date| can_be_committed(*date, options.today));
        let last = date.or(self.dated.map(|dated| dated.day)).filter(|_| options.reconstruct);
        let earlier =
            last.map(|last| past(&item, one.imported.told.as_ref(), last)).unwrap_or_default();
        let (_, earlier) = earlier.split_last().unzip();
        let mut texts = Vec::new();
        for (day, version) in earlier.unwrap_or_default() {
            if can_be_committed(*day, options.today)
                && let Ok(text) = file_text(version, &tracker.schema_for(&path))
            {
                texts.push((*day, text));
            }
        }
        register.take(&item.id);
        self.keep(one);
        self.created.push(Created { id: item.id.clone(), path, text, date, past: texts, item });
    }

    /// Says which open items are no longer listed, and closes them where that is asked for.
    fn miss(
        &mut self,
        tracker: &Tracker,
        register: &mut Register,
        listed: &[bool],
        options: &Options,
    ) {
        let workflow = &tracker.settings.workflow;
        let absent: Vec<usize> = listed
            .iter()
            .enumerate()
            .filter(|(place, listed)| {
                let stored = register.items().get(*place);
                !**listed && stored.is_some_and(|it| !workflow.is_closed(&it.item.status))
            })
            .map(|(place, _)| place)
            .collect();
        for place in absent {
            let Some(there) = register.items().get(place) else { continue };
            let id = there.item.id.clone();
            self.absent.push(id.clone());
            if !options.close_absent {
                continue;
            }
            let day = self.dated.map_or(options.today, |dated| dated.day);
            let edits = [
                Edit::set("/status", Status::CLOSED),
                Edit::set("/completion_date", day.to_string()),
            ];
            let edited = there.document.edit(&edits, &Item::FIELDS);
            match edited.map_err(|error| error.to_string()).and_then(stored_of) {
                Ok(stored) => {
                    let changed = Changed {
                        id,
                        before: there.document.clone(),
                        after: stored.document.clone(),
                        changed: edits.iter().map(|edit| edit.pointer().to_owned()).collect(),
                    };
                    self.closed.push(changed);
                    register.replace(place, stored);
                }
                Err(reason) => self.note(&format!("{id} stays open: {reason}")),
            }
        }
    }

    fn refuse(&mut self, row: &SourceRow, reason: String) {
        self.refused.push(Refused { sheet: row.sheet.clone(), cell: first_cell(row), reason });
    }

    /// Items that change, those that are closed because they are no longer listed left out.
    pub fn changed(&self) -> impl Iterator<Item = &Changed> {
        self.matched.iter().filter_map(|matched| matched.change.as_ref())
    }

    /// The days before the last that new items were taken apart into.
    pub fn points(&self) -> BTreeSet<NaiveDate> {
        self.created.iter().flat_map(|one| one.past.iter().map(|(day, _)| *day)).collect()
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

    /// Whether there is nothing to write.
    pub fn is_idle(&self) -> bool {
        self.created.is_empty() && self.closed.is_empty() && self.changed().next().is_none()
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

/// What a row makes of an item: the item as it will be where it changes, and what stays although
/// the row is blank there.
struct Outcome {
    stored: Option<(Stored, Vec<Edit>)>,
    left: Vec<String>,
}

/// The item with some values changed; none where it has them already.
pub(super) fn outcome(
    there: &Stored,
    deltas: &[Delta],
) -> Result<Option<(Stored, Vec<Edit>)>, String> {
    let mut value = there.value().clone();
    let edits: Vec<Edit> = deltas.iter().flat_map(|delta| delta.apply(&mut value)).collect();
    if edits.is_empty() {
        return Ok(None);
    }
    let edited = there.document.edit(&edits, &Item::FIELDS).map_err(|error| error.to_string())?;
    Ok(Some((stored_of(edited)?, edits)))
}

pub(super) fn stored_of(document: Document) -> Result<Stored, String> {
    Stored::of(document).map_err(|diagnostics| {
        diagnostics.first().map_or_else(String::new, |one| one.message.clone())
    })
}

/// The fields that an item says something in.
fn said(item: &Item) -> Vec<&'static str> {
    let value = serde_json::to_value(item).unwrap_or(Value::Null);
    Item::FIELDS.iter().copied().filter(|field| value.get(field).is_some()).collect()
}
