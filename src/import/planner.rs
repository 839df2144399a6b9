//! Plans what an import of one document would do.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;
use serde_json::Value;

use super::absent::{AbsentClosing, absent_items};
use super::candidate::{Candidate, Candidates, read_candidates};
use super::delta::Delta;
use super::identity::MatchIdentity;
use super::matching::{IdNumbering, ImportMatch, Pair, pair_rows};
use super::merge::{Merged, Policy, RowStatement, Winner, merge_row};
use super::milestones::{PlannedMilestone, align_milestones, planned_of};
use super::plan::{Changed, Created, ImportOptions, Matched, PastText, Plan, PlanError};
use super::record::{ImportRecord, ImportedDocument, LastRow, RecordedFacts};
use super::register::Register;
use super::row::place_of;
use super::submission::{DatedSubmission, Submission};
use crate::change::file_text;
use crate::document::{Document, Edit};
use crate::exchange::{PastVersion, can_be_committed, past};
use crate::model::{Item, ItemId, Status};
use crate::store::{Stored, Tracker};
use crate::workbook::{COMMENT_ON, LINK_OF, ReadingNote, cell_text};

/// Plans a document on top of the items and the record as they are, which then are as planned.
pub(super) fn plan_document(
    tracker: &Tracker,
    register: &mut Register,
    record: &mut ImportRecord,
    submission: &Submission,
    options: &ImportOptions,
) -> Result<Plan, PlanError> {
    let workflow = &tracker.settings.workflow;
    let source = submission.origin.as_str();
    let mut plan = Plan::new(submission);
    plan.note_impossible_date(submission, options);
    let Candidates { read, unread, refused } = read_candidates(submission, register, options);
    plan.refused = refused;
    let known = record.find_document(&submission.source_id).cloned();
    let before = known.as_ref().filter(|_| !options.force);
    plan.known = before.is_some();
    plan.take_known_day(before.and_then(|known| known.day));
    let mut items: Vec<MatchIdentity> = register
        .all_items()
        .par_iter()
        .map(|stored| {
            let closed = workflow.is_closed(&stored.item.status);
            MatchIdentity::of_item(&stored.item, closed, record, source)
        })
        .collect();
    let of_row = |one: &Candidate| {
        let closed = workflow.is_closed(&one.read_item().status);
        MatchIdentity::of_row(one.source_id().map(ItemId::as_str), one.read_item(), closed)
    };
    let mut rows: Vec<MatchIdentity> = read.par_iter().map(of_row).collect();
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
    // Where a source retains its ids, one that is in the row of another item is a slip.
    let slips: HashSet<usize> = pairs.find_slips();
    let day = plan.dated.map_or(options.today, |dated| dated.day);
    let firm_day = plan.dated.and_then(DatedSubmission::firm_day);
    let mut settling =
        RowSettling { tracker, register, record, source, options, slips, day, firm_day };
    let accepted = settling.settle_rows(&mut plan, &read, &pairs.rows, is_new);
    if let Some(absent) = absent {
        let closing = options.close_absent.then_some(AbsentClosing {
            day,
            decisions: &options.decisions,
            record,
            source,
        });
        plan.add_absent(register, absent, closing);
        for closed in &plan.closed {
            record.put_closed(&closed.id, source, day);
        }
    }
    plan.note_refused_annotations(submission);
    let ended = plan.created.len() + plan.matched.len() + plan.unchanged.len() + plan.refused.len();
    if ended != plan.rows {
        return Err(PlanError::Unaccounted { file: plan.source, rows: plan.rows, ended });
    }
    plan.undecided = plan.conflicts.iter().any(|conflict| conflict.decided.is_none());
    record.release_ids(source, &accepted);
    if !plan.known && pairs.numbering == IdNumbering::Changed && options.by == ImportMatch::Auto {
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
    let (created, changed, closed) = change_counts(known.as_ref());
    record.put_document(ImportedDocument {
        source: submission.source.clone(),
        source_id: submission.source_id.clone(),
        layout: submission.origin.clone(),
        day: plan.dated.map(|dated| dated.day).or(known.and_then(|known| known.day)),
        rows: plan.rows,
        created: created + plan.created.len(),
        changed: changed + plan.changed().count(),
        closed: closed + plan.closed.len(),
        refused: Some(refused),
    });
    let created: BTreeSet<&ItemId> = plan.created.iter().map(|one| &one.id).collect();
    let files = record.render(|id| created.contains(id) || register.find(id).is_some());
    plan.record = files;
    plan.days = record.commit_days();
}

fn change_counts(document: Option<&ImportedDocument>) -> (usize, usize, usize) {
    document.map_or((0, 0, 0), |it| (it.created, it.changed, it.closed))
}

/// Returns whether a column is one of comments or links on the cells of another.
fn is_annotation(header: &str) -> bool {
    header.starts_with(COMMENT_ON) || header.starts_with(LINK_OF)
}

/// Names a row in a record, by one of its cells (`C12`) or by itself (`row 12`).
pub(super) fn row_name(sheet: &str, cell: &str) -> String {
    let number = cell.trim_start_matches(|c: char| !c.is_ascii_digit());
    format!("{sheet}!{number}")
}

/// Data that decides the outcome of rows.
struct RowSettling<'a> {
    tracker: &'a Tracker,
    register: &'a mut Register,
    record: &'a mut ImportRecord,
    source: &'a str,
    options: &'a ImportOptions,
    /// Rows whose id is not recorded as that of their items.
    slips: HashSet<usize>,
    /// The day of the document, or today.
    day: NaiveDate,
    /// A day on which the document surely said what it says; none where its day is a guess.
    firm_day: Option<NaiveDate>,
}

/// Outcome of a row for an item: the item as it will be where it changes.
struct RowOutcome {
    stored: Option<(Stored, Vec<Edit>)>,
    merged: Merged,
    /// The values of the row, for the record.
    stated: Item,
    /// The milestones as its plan says them.
    planned: BTreeMap<u32, PlannedMilestone>,
    /// Its changes of milestones that were not read, to be said.
    unread: Vec<(String, String)>,
}

impl RowSettling<'_> {
    /// Decides what becomes of each row, and records what rows state of items. Returns the items by the
    /// ids that the source gives them.
    fn settle_rows(
        &mut self,
        plan: &mut Plan,
        read: &[Candidate],
        found: &[Option<Pair>],
        is_new: impl Fn(&Candidate) -> bool + Sync,
    ) -> HashMap<String, ItemId> {
        let fields =
            read.iter().filter(|one| is_new(one)).flat_map(|one| stated_fields(one.read_item()));
        let ever: BTreeSet<&'static str> = fields.collect();
        // Edits are the expensive part, and no row depends on another's.
        let outcomes: Vec<Option<Result<RowOutcome, String>>> = read
            .par_iter()
            .zip(found)
            .map(|(one, pair)| {
                let pair = pair.filter(|_| is_new(one))?;
                Some(self.merge_outcome(one, self.register.all_items().get(pair.item)?, &ever))
            })
            .collect();
        let mut ids = HashMap::new();
        for (place, ((one, pair), outcome)) in read.iter().zip(found).zip(outcomes).enumerate() {
            let mut stated = Cow::Borrowed(one.read_item());
            let mut planned = BTreeMap::new();
            let item = match (pair, outcome) {
                (_, None) if !is_new(one) => {
                    plan.unchanged.push(self.path_of(one, *pair));
                    None
                }
                (Some(_), Some(Err(reason))) => {
                    plan.refused.push(one.refuse_row(reason));
                    None
                }
                (Some(pair), Some(Ok(mut outcome))) => {
                    planned = std::mem::take(&mut outcome.planned);
                    stated = Cow::Owned(outcome.stated.clone());
                    plan.add_matched(self.register, one, *pair, outcome)
                }
                _ => {
                    planned = planned_of(&one.imported.milestones);
                    plan.add_created(self.tracker, self.register, one, self.options)
                }
            };
            let Some((id, path)) = item else { continue };
            let mut row = serde_json::to_value(&*stated).unwrap_or(Value::Null);
            let source_id = one.source_id().filter(|_| !self.slips.contains(&place));
            match (source_id, row.as_object_mut()) {
                (Some(source_id), _) => _ = ids.insert(source_id.to_string(), id.clone()),
                (None, Some(row)) => _ = row.shift_remove("id"),
                (None, None) => {}
            }
            let is_open = !self.tracker.settings.workflow.is_closed(&one.read_item().status);
            let open_on = self.firm_day.filter(|_| is_open);
            let facts = RecordedFacts { planned, open_on, denied: one.imported.denied.clone() };
            self.record.put_row(&id, &path, self.source, &row, &facts);
        }
        ids
    }

    /// Merges a row into the item that it matches.
    fn merge_outcome(
        &self,
        one: &Candidate,
        there: &Stored,
        ever: &BTreeSet<&'static str>,
    ) -> Result<RowOutcome, String> {
        let last = self.record.last_row(&there.item.id, self.source);
        let base = last.map(|last| Value::Object(last.row_values().clone()));
        let decisions = &self.options.decisions;
        let keeps = |number: u32| {
            let pointer = format!("/milestones/{number}/description");
            decisions.find(&there.item.id, &pointer) != Some(Winner::Theirs)
        };
        let aligned = align_milestones(&there.item, last, &one.imported, keeps);
        let mut stated = one.read_item().clone();
        stated.milestones = aligned.milestones;
        let mut compared = Cow::Borrowed(&stated);
        if !aligned.doubtful.is_empty() {
            let in_doubt =
                |id: u32| aligned.doubtful.iter().any(|(number, _)| *number == id && keeps(id));
            compared.to_mut().milestones.retain(|step| !in_doubt(step.id));
        }
        let statement = RowStatement {
            item: &compared,
            exact_status: one.exact_status,
            cells: &one.cells,
            ever,
            denied: &one.imported.denied,
            open_on: last.and_then(LastRow::open_on),
            day: self.day,
            doubtful: &aligned.doubtful,
        };
        let policy = Policy {
            decisions: &self.options.decisions,
            again: self.options.force,
            workflow: &self.tracker.settings.workflow,
            people: &self.tracker.settings.people,
        };
        let merged = merge_row(there, base.as_ref(), statement, policy);
        let stored = apply_deltas(there, &merged.deltas)?;
        let (planned, unread) = (aligned.planned, aligned.unread);
        drop(compared);
        Ok(RowOutcome { stored, merged, stated, planned, unread })
    }

    /// The file of the item that a row is or would be.
    fn path_of(&self, one: &Candidate, pair: Option<Pair>) -> String {
        let item = one.read_item();
        let stored = pair.and_then(|pair| self.register.all_items().get(pair.item));
        stored.or_else(|| self.register.find(&item.id)).map_or_else(
            || self.tracker.path_for(&item.id, item.original_detection_date.year()),
            |stored| stored.path().to_owned(),
        )
    }
}

impl Plan {
    /// Says which comments and links are kept nowhere, because their rows are refused.
    fn note_refused_annotations(&mut self, submission: &Submission) {
        let refused: BTreeSet<String> =
            self.refused.iter().map(|one| row_name(&one.sheet, &one.cell)).collect();
        for row in submission.reading.rows.iter().filter(|row| refused.contains(&place_of(row))) {
            for (_, cell) in row.extra.iter().filter(|(header, _)| is_annotation(header)) {
                let text = cell_text(&cell.value);
                let words: String = text
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .chars()
                    .take(80)
                    .collect();
                let message = format!(
                    "the comment or link of {} is kept nowhere, because its row is refused: `{words}`",
                    cell.address
                );
                self.notes.push(ReadingNote {
                    sheet: row.sheet.clone(),
                    row: Some(row.row),
                    message,
                });
            }
        }
    }

    /// Adds a row that is an item; returns the item and its file.
    fn add_matched(
        &mut self,
        register: &mut Register,
        one: &Candidate,
        pair: Pair,
        outcome: RowOutcome,
    ) -> Option<(ItemId, String)> {
        let there = register.all_items().get(pair.item)?;
        let RowOutcome { stored, merged, unread, .. } = outcome;
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
            register.replace_item(pair.item, stored);
            Changed { id, before, after, changed }
        });
        if change.is_some() {
            self.add_kept(one);
        }
        self.add_unread(one, unread);
        let Pair { by, score, by_order, .. } = pair;
        self.matched.push(Matched { id: id.clone(), row_id, by, score, by_order, change });
        Some((id, path))
    }

    fn add_kept(&mut self, one: &Candidate) {
        let kept = one.imported.kept.iter();
        self.kept
            .extend(kept.map(|(cell, reason)| (one.sheet.clone(), cell.clone(), reason.clone())));
    }

    /// Says which changes of milestones were not read.
    fn add_unread(&mut self, one: &Candidate, unread: Vec<(String, String)>) {
        let said = unread.into_iter().map(|(cell, words)| (one.sheet.clone(), cell, words));
        self.kept.extend(said);
    }

    /// Adds an item that a row makes, or refuses the row; returns the item and its file.
    fn add_created(
        &mut self,
        tracker: &Tracker,
        register: &mut Register,
        one: &Candidate,
        options: &ImportOptions,
    ) -> Option<(ItemId, String)> {
        match self.create_item(tracker, register, one, options) {
            Ok(created) => Some(created),
            Err(reason) => {
                self.refused.push(one.refuse_row(reason));
                None
            }
        }
    }

    fn create_item(
        &mut self,
        tracker: &Tracker,
        register: &mut Register,
        one: &Candidate,
        options: &ImportOptions,
    ) -> Result<(ItemId, String), String> {
        let mut item = one.read_item().clone();
        let taken = register.find(&item.id).is_some();
        if taken && options.by == ImportMatch::Id {
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
            self.notes.push(ReadingNote { sheet, row, message });
            if !one.without_id {
                item.extra.insert("source_id".to_owned(), item.id.to_string().into());
            }
            item.id = given;
        }
        let path = tracker.path_for(&item.id, item.original_detection_date.year());
        register.check_id(&item.id)?;
        let text =
            file_text(&item, &tracker.schema_for(&path)).map_err(|error| error.to_string())?;
        // A value that the schema forbids would be an error in the tracker that nobody made there.
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
        register.take_id(&item.id);
        self.add_kept(one);
        if let Some(alone) = &one.imported.milestones.alone {
            self.add_unread(one, alone.apply(&[]).unread);
        }
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
        let Some(there) = register.all_items().get(place) else { return Ok(()) };
        let edits =
            [Edit::set("/status", Status::CLOSED), Edit::set("/completion_date", day.to_string())];
        let edited = there.document.apply_edits(&edits, &Item::FIELDS);
        let stored = edited.map_err(|error| error.to_string()).and_then(stored_of)?;
        self.closed.push(Changed {
            id: there.item.id.clone(),
            before: there.document.clone(),
            after: stored.document.clone(),
            changed: edits.iter().map(|edit| edit.pointer().to_owned()).collect(),
        });
        register.replace_item(place, stored);
        Ok(())
    }
}

/// The item with some values changed; none where it has them already.
pub(super) fn apply_deltas(
    there: &Stored,
    deltas: &[Delta],
) -> Result<Option<(Stored, Vec<Edit>)>, String> {
    let mut value = there.value().clone();
    let edits: Vec<Edit> = deltas.iter().flat_map(|delta| delta.apply(&mut value)).collect();
    if edits.is_empty() {
        return Ok(None);
    }
    let edited =
        there.document.apply_edits(&edits, &Item::FIELDS).map_err(|error| error.to_string())?;
    Ok(Some((stored_of(edited)?, edits)))
}

pub(super) fn stored_of(document: Document) -> Result<Stored, String> {
    Stored::from_document(document).map_err(|diagnostics| {
        diagnostics.first().map_or_else(String::new, |one| one.message.clone())
    })
}

/// The fields that an item states something in.
fn stated_fields(item: &Item) -> Vec<&'static str> {
    let value = serde_json::to_value(item).unwrap_or(Value::Null);
    Item::FIELDS.iter().copied().filter(|field| value.get(field).is_some()).collect()
}
