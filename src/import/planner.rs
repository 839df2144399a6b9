//! Plans what an import of one document would do.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;
use serde_json::Value;

use super::absent::absent_items;
use super::candidate::{Candidate, Candidates, read_candidates};
use super::delta::Delta;
use super::identity::Identity;
use super::matching::{Match, Numbering, Pair, pair_rows};
use super::merge::{Merged, Policy, Statement, merge};
use super::plan::{Changed, Created, Matched, Options, PastText, Plan, PlanError};
use super::record::{ImportRecord, ImportedDocument};
use super::register::Register;
use super::submission::Submission;
use crate::change::file_text;
use crate::document::{Document, Edit};
use crate::exchange::{PastVersion, can_be_committed, past};
use crate::model::{Item, ItemId, Status};
use crate::store::{Stored, Tracker};
use crate::workbook::Note;

/// Plans a document on top of the items and the record as they stand, which then stand as planned.
pub(super) fn plan_document(
    tracker: &Tracker,
    register: &mut Register,
    record: &mut ImportRecord,
    submission: &Submission,
    options: &Options,
) -> Result<Plan, PlanError> {
    let workflow = &tracker.settings.workflow;
    let source = submission.origin.as_str();
    let mut plan = Plan::of(submission);
    plan.note_impossible_date(submission, options);
    let Candidates { read, unread, refused } = read_candidates(submission, register, options);
    plan.refused = refused;
    let known = record.document(&submission.source_id).cloned();
    let before = known.as_ref().filter(|_| !options.force);
    plan.known = before.is_some();
    let mut items: Vec<Identity> = register
        .items()
        .par_iter()
        .map(|stored| {
            let closed = workflow.is_closed(&stored.item.status);
            Identity::of_item(&stored.item, closed, record, source)
        })
        .collect();
    let of_row = |one: &Candidate| {
        let closed = workflow.is_closed(&one.item().status);
        Identity::of_row(one.source_id().map(ItemId::as_str), one.item(), closed)
    };
    let mut rows: Vec<Identity> = read.par_iter().map(of_row).collect();
    let pairs = pair_rows(&mut rows, &unread, &mut items, options.by, options.least);
    let open_items = items.iter().filter(|item| !item.closed).count();
    if before.is_none() && !options.unrelated && record.has_begun() {
        check_related(submission, &read, &pairs.rows, open_items, options.close_absent)?;
    }
    let absent = before.is_none().then(|| {
        let found = (pairs.rows.as_slice(), pairs.numbering);
        absent_items(register, record, source, &items, found, &unread)
    });
    drop((items, rows));
    let is_new = |one: &Candidate| !before.is_some_and(|before| before.has_accepted(&one.place));
    // Where a source keeps its ids, one that stands in the row of another item is a slip.
    let slips: HashSet<usize> = pairs.slips();
    let mut settling = Settling { tracker, register, record, source, options, slips };
    let accepted = settling.settle(&mut plan, &read, &pairs.rows, is_new);
    if let Some(absent) = absent {
        let day = plan.dated.map_or(options.today, |dated| dated.day);
        plan.add_absent(register, absent, options.close_absent.then_some(day));
        for closed in &plan.closed {
            record.put_closed(&closed.id, source, day);
        }
    }
    let ended = plan.created.len() + plan.matched.len() + plan.unchanged.len() + plan.refused.len();
    if ended != plan.rows {
        return Err(PlanError::Unaccounted { file: plan.source, rows: plan.rows, ended });
    }
    plan.undecided = !plan.conflicts.is_empty() && options.winner.is_none();
    record.release_ids(source, &accepted);
    if !plan.known && pairs.numbering == Numbering::Changed && options.by == Match::Auto {
        record.release_unlisted_ids(source, &accepted.values().cloned().collect());
    }
    record_document(&mut plan, register, record, submission, known);
    Ok(plan)
}

/// An error where open rows and open items have next to nothing in common. Where what is absent is to
/// be closed, a document of few rows or none closes as much as one of other rows.
fn check_related(
    submission: &Submission,
    read: &[Candidate],
    found: &[Option<Pair>],
    open: usize,
    close_absent: bool,
) -> Result<(), PlanError> {
    /// With fewer rows or items, chance decides.
    const ENOUGH: usize = 3;
    let rows = read.iter().filter(|one| one.is_open).count();
    let matched = read.iter().zip(found).filter(|(one, pair)| one.is_open && pair.is_some());
    let matched = matched.count();
    let few = if close_absent { open } else { rows.min(open) };
    if (rows >= ENOUGH || close_absent) && open >= ENOUGH && matched * 10 < few {
        let file = submission.source.clone();
        return Err(PlanError::Unrelated { file, rows, matched, open });
    }
    Ok(())
}

/// Records that a document was imported. Imported again with the same outcome, it changes nothing.
fn record_document(
    plan: &mut Plan,
    register: &Register,
    record: &mut ImportRecord,
    submission: &Submission,
    known: Option<ImportedDocument>,
) {
    let refused: BTreeSet<String> =
        plan.refused.iter().map(|one| row_name(&one.sheet, &one.cell)).collect();
    let counts = |document: Option<&ImportedDocument>| {
        document.map_or((0, 0, 0), |it| (it.created, it.changed, it.closed))
    };
    let (created, changed, closed) = counts(known.as_ref());
    record.put_document(ImportedDocument {
        source: submission.source.clone(),
        source_id: submission.source_id.clone(),
        layout: submission.origin.clone(),
        day: submission.dated.map(|dated| dated.day).or(known.and_then(|known| known.day)),
        rows: plan.rows,
        created: created + plan.created.len(),
        changed: changed + plan.changed().count(),
        closed: closed + plan.closed.len(),
        refused: Some(refused),
    });
    let created: BTreeSet<&ItemId> = plan.created.iter().map(|one| &one.id).collect();
    let files = record.render(|id| created.contains(id) || register.find(id).is_some());
    plan.record = files;
}

/// How a record names a row by one of its cells (`C12`) or by itself (`row 12`).
pub(super) fn row_name(sheet: &str, cell: &str) -> String {
    let number = cell.trim_start_matches(|c: char| !c.is_ascii_digit());
    format!("{sheet}!{number}")
}

/// What decides what becomes of rows.
struct Settling<'a> {
    tracker: &'a Tracker,
    register: &'a mut Register,
    record: &'a mut ImportRecord,
    source: &'a str,
    options: &'a Options,
    /// Rows whose id is not recorded as that of their items.
    slips: HashSet<usize>,
}

/// What a row makes of an item: the item as it will be where it changes.
struct Outcome {
    stored: Option<(Stored, Vec<Edit>)>,
    merged: Merged,
}

impl Settling<'_> {
    /// Decides what becomes of each row, and records what rows say of items. Returns the items by the
    /// ids that the source gives them.
    fn settle(
        &mut self,
        plan: &mut Plan,
        read: &[Candidate],
        found: &[Option<Pair>],
        is_new: impl Fn(&Candidate) -> bool + Sync,
    ) -> HashMap<String, ItemId> {
        let fields = read.iter().filter(|one| is_new(one)).flat_map(|one| stated(one.item()));
        let ever: BTreeSet<&'static str> = fields.collect();
        // Edits are the expensive part, and no row depends on another's.
        let outcomes: Vec<Option<Result<Outcome, String>>> = read
            .par_iter()
            .zip(found)
            .map(|(one, pair)| {
                let pair = pair.filter(|_| is_new(one))?;
                Some(self.outcome(one, self.register.items().get(pair.item)?, &ever))
            })
            .collect();
        let mut ids = HashMap::new();
        for (place, ((one, pair), outcome)) in read.iter().zip(found).zip(outcomes).enumerate() {
            let item = match (pair, outcome) {
                (_, None) if !is_new(one) => {
                    plan.unchanged.push(self.path_of(one, *pair));
                    None
                }
                (Some(_), Some(Err(reason))) => {
                    plan.refused.push(one.refused(reason));
                    None
                }
                (Some(pair), Some(Ok(outcome))) => {
                    plan.add_matched(self.register, one, *pair, outcome)
                }
                _ => plan.add_created(self.tracker, self.register, one, self.options),
            };
            let Some((id, path)) = item else { continue };
            let mut row = serde_json::to_value(one.item()).unwrap_or(Value::Null);
            let source_id = one.source_id().filter(|_| !self.slips.contains(&place));
            match (source_id, row.as_object_mut()) {
                (Some(source_id), _) => _ = ids.insert(source_id.to_string(), id.clone()),
                (None, Some(row)) => _ = row.shift_remove("id"),
                (None, None) => {}
            }
            self.record.put_row(&id, &path, self.source, &row);
        }
        ids
    }

    /// What a row makes of the item that it is.
    fn outcome(
        &self,
        one: &Candidate,
        there: &Stored,
        ever: &BTreeSet<&'static str>,
    ) -> Result<Outcome, String> {
        let last = self.record.last_row(&there.item.id, self.source);
        let base = last.map(|last| Value::Object(last.values().clone()));
        let place = format!("{}!{}", one.sheet, one.cell);
        let statement =
            Statement { item: one.item(), exact_status: one.exact_status, place: &place, ever };
        let policy = Policy {
            winner: self.options.winner,
            again: self.options.force,
            workflow: &self.tracker.settings.workflow,
        };
        let merged = merge(there, base.as_ref(), statement, policy);
        let stored = outcome(there, &merged.deltas)?;
        Ok(Outcome { stored, merged })
    }

    /// The file of the item that a row is or would be.
    fn path_of(&self, one: &Candidate, pair: Option<Pair>) -> String {
        let item = one.item();
        let stored = pair.and_then(|pair| self.register.items().get(pair.item));
        stored.or_else(|| self.register.find(&item.id)).map_or_else(
            || self.tracker.path_for(&item.id, item.original_detection_date.year()),
            |stored| stored.path().to_owned(),
        )
    }
}

impl Plan {
    /// Adds a row that is an item; returns the item and its file.
    fn add_matched(
        &mut self,
        register: &mut Register,
        one: &Candidate,
        pair: Pair,
        outcome: Outcome,
    ) -> Option<(ItemId, String)> {
        let there = register.items().get(pair.item)?;
        let Outcome { stored, merged } = outcome;
        let undecided = !merged.conflicts.is_empty();
        for field in merged.left {
            *self.left.entry(field).or_default() += 1;
        }
        self.conflicts.extend(merged.conflicts);
        self.held.extend(merged.held);
        let (id, path) = (there.item.id.clone(), there.path().to_owned());
        let row_id = one.source_id().map(ToString::to_string).unwrap_or_default();
        let same_id = row_id == id.as_str() || one.without_id;
        if stored.is_none() && same_id && !undecided {
            self.unchanged.push(path.clone());
            return Some((id, path));
        }
        let before = there.document.clone();
        let change = stored.map(|(stored, edits)| {
            let (id, after) = (id.clone(), stored.document.clone());
            let changed = edits.iter().map(|edit| edit.pointer().to_owned()).collect();
            register.replace(pair.item, stored);
            Changed { id, before, after, changed }
        });
        if change.is_some() {
            self.add_kept(one);
        }
        let Pair { by, score, by_order, .. } = pair;
        self.matched.push(Matched { id: id.clone(), row_id, by, score, by_order, change });
        Some((id, path))
    }

    fn add_kept(&mut self, one: &Candidate) {
        let kept = one.imported.kept.iter();
        self.kept
            .extend(kept.map(|(cell, reason)| (one.sheet.clone(), cell.clone(), reason.clone())));
    }

    /// Adds an item that a row makes, or refuses the row; returns the item and its file.
    fn add_created(
        &mut self,
        tracker: &Tracker,
        register: &mut Register,
        one: &Candidate,
        options: &Options,
    ) -> Option<(ItemId, String)> {
        match self.create(tracker, register, one, options) {
            Ok(created) => Some(created),
            Err(reason) => {
                self.refused.push(one.refused(reason));
                None
            }
        }
    }

    fn create(
        &mut self,
        tracker: &Tracker,
        register: &mut Register,
        one: &Candidate,
        options: &Options,
    ) -> Result<(ItemId, String), String> {
        let mut item = one.item().clone();
        let taken = register.find(&item.id).is_some();
        if taken && options.by == Match::Id {
            return Err(format!(
                "{} is another weakness in the tracker: give the row another id, or say --match auto to have one given",
                item.id
            ));
        }
        if taken || one.without_id {
            let given = register.next_id(tracker, &item).map_err(|error| error.to_string())?;
            self.given += 1;
            let why = match one.without_id {
                true => "the row has no id".to_owned(),
                false => format!("`{}` is another weakness in the tracker", item.id),
            };
            let message = format!("{why}: it becomes {given}");
            let (sheet, row) = (one.sheet.clone(), Some(one.row));
            self.notes.push(Note { sheet, row, message });
            if !one.without_id {
                item.extra.insert("source_id".to_owned(), item.id.to_string().into());
            }
            item.id = given;
        }
        let path = tracker.path_for(&item.id, item.original_detection_date.year());
        register.check_id(&item.id)?;
        let text =
            file_text(&item, &tracker.schema_for(&path)).map_err(|error| error.to_string())?;
        // What the schema forbids would stand in the tracker as an error that nobody made there.
        if one.is_listed
            && let Err(wrong) = Stored::parse(&path, text.as_bytes())
        {
            let wrong = wrong.first().map(|it| it.message.clone()).unwrap_or_default();
            return Err(format!("it would be no valid item: {wrong}"));
        }
        let date = one.imported.status_date.or(item.completion_date);
        let date = date.filter(|_| !one.is_listed);
        let date = date.filter(|date| can_be_committed(*date, options.today));
        let last = date.or(self.dated.map(|dated| dated.day)).filter(|_| options.reconstruct);
        let closed = tracker.settings.workflow.is_closed(&item.status);
        let told = one.imported.told.as_ref();
        let earlier = last.map(|last| past(&item, told, last, closed)).unwrap_or_default();
        let mut texts: Vec<PastText> = Vec::new();
        for PastVersion { day, stated, item: version } in earlier {
            if can_be_committed(day, options.today)
                && let Ok(text) = file_text(&version, &tracker.schema_for(&path))
            {
                texts.push(PastText { day, stated, text });
            }
        }
        // The last day must remain: it is that of the last change.
        texts.pop_if(|last| last.text == text);
        register.take(&item.id);
        self.add_kept(one);
        let created = (item.id.clone(), path.clone());
        self.created.push(Created { id: item.id.clone(), path, text, date, past: texts, item });
        Ok(created)
    }

    /// Closes the item at a place, because no row lists it.
    pub(super) fn close(
        &mut self,
        register: &mut Register,
        place: usize,
        day: NaiveDate,
    ) -> Result<(), String> {
        let Some(there) = register.items().get(place) else { return Ok(()) };
        let edits =
            [Edit::set("/status", Status::CLOSED), Edit::set("/completion_date", day.to_string())];
        let edited = there.document.edit(&edits, &Item::FIELDS);
        let stored = edited.map_err(|error| error.to_string()).and_then(stored_of)?;
        self.closed.push(Changed {
            id: there.item.id.clone(),
            before: there.document.clone(),
            after: stored.document.clone(),
            changed: edits.iter().map(|edit| edit.pointer().to_owned()).collect(),
        });
        register.replace(place, stored);
        Ok(())
    }
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
fn stated(item: &Item) -> Vec<&'static str> {
    let value = serde_json::to_value(item).unwrap_or(Value::Null);
    Item::FIELDS.iter().copied().filter(|field| value.get(field).is_some()).collect()
}
