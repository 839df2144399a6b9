//! Plans the changes of items that a reviewer made in a workbook that was built here.
//!
//! Three readings of one layout are compared: the workbook as it was built (from the commit that it
//! names), as it came back, and as it would be built now. Only cells that differ from what was
//! built are changes; where the tracker changed the same value meanwhile, both are reported.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::carry_out::{ImportError, changed_files, new_files};
use super::cells::{cell_addresses, differing_fields, explain_derived, is_said, restore_cut};
use super::delta::{Delta, diff_values};
use super::merge::{Conflict, MergeDecisions, Winner, denial};
use super::milestones::restore_numbers;
use super::new_person::{complete_new_people, goes_with_person};
use super::own;
use super::plan::{Changed, Created, ImportOptions};
use super::planner::apply_deltas;
use super::register::Register;
use super::row::{complete_assumed, first_cell};
use super::submission::Submission;
use crate::change::file_text;
use crate::exchange::{Imported, Refused, item, kept};
use crate::history::place_words;
use crate::model::{Due, ItemId, PermanentValues};
use crate::repository::{CommitId, CommitRequest, Repository, compose_message, write_and_commit};
use crate::store::{Store, Tracker};
use crate::text::plural;
use crate::workbook::{Field, Reading, SheetRole, SourceRow, cell_text};

/// The three readings.
#[derive(Debug, Clone, Copy)]
pub struct WorkbookReadings<'a> {
    /// As the workbook was built.
    pub base: &'a Reading,
    /// As it came back.
    pub edited: &'a Reading,
    /// As it would be built now.
    pub now: &'a Reading,
    /// The columns of the team's own: header, and the pointer of the value in the item's file.
    pub own: &'a [(String, String)],
}

/// Plan of taking back an edited workbook. Rows that came back: created + changed + unchanged +
/// refused + in conflict.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// Rows that came back.
    pub rows: usize,
    /// Items that change.
    pub changed: Vec<Changed>,
    /// Items to create from new rows.
    pub created: Vec<Created>,
    /// Rows as they were built, and rows whose changes are in the tracker already.
    pub unchanged: usize,
    /// Rows that cannot be read.
    pub refused: Vec<Refused>,
    /// Cells that cannot be changed in a workbook: the rest of their row is.
    pub left: Vec<Refused>,
    /// Values that both changed.
    pub conflicts: Vec<Conflict>,
    /// Rows with one of them that nobody decided.
    pub in_conflict: usize,
    /// The day on which the same file was taken back before, where that decides for the tracker's
    /// values. The caller sets it, who can read the commits.
    pub before: Option<NaiveDate>,
    /// Items whose rows are gone; they stay.
    pub missing: Vec<ItemId>,
}

/// A column that the workbook had when it was built, and that is not there any more: every cell in it
/// would read as cleared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "sheet `{sheet}` has no column for {field} any more, so that every value in it would be taken for \
     cleared: give the column its header back, or take a new workbook"
)]
pub struct MissingColumn {
    /// The sheet.
    pub sheet: String,
    /// Meaning of the column.
    pub field: Field,
}

/// Looks for columns that are gone.
fn check_columns(base: &Reading, edited: &Reading) -> Result<(), MissingColumn> {
    for sheet in &edited.sheets {
        let built = base.sheets.iter().find(|it| it.role.is_some() && it.role == sheet.role);
        let built = built.map(|built| built.columns.as_slice()).unwrap_or_default();
        if let Some(field) = built.iter().find(|field| !sheet.columns.contains(field)) {
            return Err(MissingColumn { sheet: sheet.name.clone(), field: *field });
        }
    }
    Ok(())
}

/// Plans the changes of an edited workbook.
///
/// # Errors
///
/// When a column is gone.
pub fn plan_update(
    tracker: &Tracker,
    store: &Store,
    readings: WorkbookReadings<'_>,
    decisions: &MergeDecisions,
    options: &ImportOptions,
) -> Result<Update, MissingColumn> {
    check_columns(readings.base, readings.edited)?;
    let mut update = Update { rows: readings.edited.rows.len(), ..Update::default() };
    let mut planner = UpdatePlanner {
        tracker,
        store,
        options,
        decisions,
        own: readings.own,
        base: by_id(readings.base),
        now: by_id(readings.now),
        register: Register::collect(store),
        seen: BTreeSet::new(),
    };
    for row in &readings.edited.rows {
        planner.update_row(row, &mut update);
    }
    let gone = planner.base.keys().filter(|id| !planner.seen.contains(*id));
    let mut gone: Vec<ItemId> = gone.filter_map(|id| id.parse().ok()).collect();
    gone.sort();
    update.missing = gone;
    Ok(update)
}

struct UpdatePlanner<'a> {
    tracker: &'a Tracker,
    store: &'a Store,
    options: &'a ImportOptions,
    decisions: &'a MergeDecisions,
    own: &'a [(String, String)],
    base: HashMap<String, &'a SourceRow>,
    now: HashMap<String, &'a SourceRow>,
    register: Register,
    seen: BTreeSet<String>,
}

fn by_id(reading: &Reading) -> HashMap<String, &SourceRow> {
    reading.rows.iter().map(|row| (id_of(row), row)).collect()
}

fn id_of(row: &SourceRow) -> String {
    row.cells
        .get(&Field::PoamId)
        .map(|cell| cell_text(&cell.value).trim().to_owned())
        .unwrap_or_default()
}

/// Explains why an addition to the changes of milestones is not taken.
fn why_not_understood(base: &SourceRow, edited: &SourceRow) -> &'static str {
    let (was, is) = (changes_text(base), changes_text(edited));
    if is.is_empty() && was.is_empty() {
        return "in this layout, what becomes of a milestone is said in its line below `Planned milestones are:`, \
            such as `1) 2026-06-18: Patch staging - cancelled`";
    }
    let added = is.strip_prefix(was.trim_end()).unwrap_or(&is).to_lowercase();
    if added.contains("removed") {
        return "a milestone that is known does not go: say `cancelled` where it is given up, as in `(2) Update \
            2026-06-18 : cancelled: no longer needed`";
    }
    "what became of milestones is derived from the commits; a new entry at the end must have the form `(2) Update 2026-06-18 : why`"
}

fn changes_text(row: &SourceRow) -> String {
    let cell = row.cells.get(&Field::MilestoneChanges);
    cell.map(|cell| cell_text(&cell.value)).unwrap_or_default()
}

impl UpdatePlanner<'_> {
    fn update_row(&mut self, row: &SourceRow, update: &mut Update) {
        let id = id_of(row);
        if !id.is_empty() && !self.seen.insert(id.clone()) {
            let reason =
                format!("the id `{id}` stands in another row too: give one of the two another id");
            return update.refused.push(refuse_row(row, first_cell(row), reason));
        }
        match self.base.get(&id).copied() {
            Some(base) => self.update_known(base, row, update),
            None => self.report_added(row, update),
        }
    }

    fn read(&self, row: &SourceRow) -> Result<Imported, Refused> {
        let there = |id: &ItemId| self.store.find(id).map(|stored| &stored.item);
        item(row, &complete_assumed(row, there, &self.options.assumed), self.options.today)
    }

    fn update_known(&mut self, base: &SourceRow, edited: &SourceRow, update: &mut Update) {
        let edited = &restore_cut(base, edited);
        let (own, base, mut edited) = own::edited_cells(self.own, base, edited);
        let base = &base;
        let mut cells = differing_fields(base, &edited);
        if cells.is_empty() && own.is_empty() && base.role == edited.role {
            update.unchanged += 1;
            return;
        }
        // What follows from something else cannot be changed: the cell goes back to what it was.
        cells.retain(|field, cell| match explain_derived(*field, base, &edited) {
            None => true,
            Some(why) => {
                // Programs that do not calculate save a formula without its result.
                if *field != Field::ScheduledCompletionDate || edited.cells.contains_key(field) {
                    update.left.push(refuse_row(&edited, cell.clone(), why.to_owned()));
                }
                match base.cells.get(field) {
                    Some(was) => _ = edited.cells.insert(*field, was.clone()),
                    None => _ = edited.cells.remove(field),
                }
                false
            }
        });
        let was = match self.read(base) {
            Ok(was) => was.item,
            Err(error) => return update.refused.push(error),
        };
        let (mut is, denied) = match self.read(&edited) {
            Ok(is) => (is.item, is.denied),
            Err(error) => return update.refused.push(error),
        };
        restore_numbers(&was.milestones, &mut is.milestones);
        let (old, new) = (item_value(&was), item_value(&is));
        let mut deltas = diff_values(&old, &new);
        for delta in denied.into_iter().filter_map(|denied| denial(&was, denied)) {
            // *No* ends all of it, also what the tracker has beside it.
            deltas.retain(|part| !part.path.starts_with(&delta.path));
            deltas.push(delta);
        }
        // Changes that are not understood leave no milestones at all: that is no change of theirs.
        let understood =
            deltas.iter().any(|delta| delta.field_name() == "milestones" && !delta.new.is_null());
        if deltas.iter().any(is_milestone_text) {
            deltas.retain(|delta| {
                !is_milestone_text(delta) && (understood || delta.field_name() != "milestones")
            });
            if !understood {
                let field = Field::MilestoneChanges;
                let cell = cells.get(&field).cloned().unwrap_or_else(|| first_cell(&edited));
                let why = why_not_understood(base, &edited);
                update.left.push(refuse_row(&edited, cell, why.to_owned()));
            }
        }
        if base.role == edited.role {
            deltas.retain_mut(|delta| is_said(delta, edited.role, &cells));
        } else if edited.role == SheetRole::Closed {
            // What kind of finding it is stays so: the closed sheet is for all of them.
            deltas.retain(|delta| delta.field_name() != "kind");
            // A formula whose result was not saved is no date that was taken away.
            deltas.retain(|delta| {
                delta.field_name() != "scheduled_completion_date" || !delta.new.is_null()
            });
        }
        self.merge_edits(&was.id, (&edited, &new), (&cells, &deltas, &own), update);
    }

    /// Applies what differs to the item as the tracker has it.
    fn merge_edits(
        &mut self,
        id: &ItemId,
        (edited, item): (&SourceRow, &Value),
        (cells, deltas, own): (&BTreeMap<Field, String>, &[Delta], &[own::EditedCell]),
        update: &mut Update,
    ) {
        let Some(there) = self.store.find(id) else {
            let reason = format!("{id} is not in the tracker any more: its row changes nothing");
            return update.refused.push(refuse_row(edited, first_cell(edited), reason));
        };
        let now = match self.now.get(id.as_str()).map(|row| self.read(row)) {
            Some(Ok(now)) => item_value(&now.item),
            Some(Err(error)) => return update.refused.push(error),
            None => there.value().clone(),
        };
        let mut wanted = Vec::new();
        let mut undecided = false;
        let mut decide = |delta: &Delta, ours: &Value, cells: String| {
            let pointer = delta.describe_place();
            let decided = self.decisions.find(id, &pointer);
            update.conflicts.push(Conflict {
                id: id.clone(),
                cells,
                pointer,
                base: delta.old.clone(),
                theirs: delta.new.clone(),
                ours: ours.clone(),
                decided,
            });
            undecided |= decided.is_none();
            decided == Some(Winner::Theirs)
        };
        for delta in deltas.iter().filter(|delta| !goes_with_person(delta, deltas)) {
            let ours = delta.in_other(&now);
            if *ours != delta.new
                && (*ours == delta.old || decide(delta, ours, cell_addresses(edited, cells, delta)))
            {
                wanted.push(delta.clone());
            }
        }
        for cell in own {
            let Some(delta) = cell.value_delta(there.value()) else {
                let why = format!(
                    "a cell cannot hold {}: change it in {}",
                    place_words(&cell.pointer),
                    there.path()
                );
                update.left.push(refuse_row(edited, cell.cell.clone(), why));
                continue;
            };
            let ours = delta.old.clone();
            let header = self.own.iter().find(|(_, pointer)| *pointer == cell.pointer);
            let now = self.now.get(id.as_str()).zip(header);
            let moved = now.is_none_or(|(row, (header, _))| {
                own::compared_text(own::find_cell(row, header)) != cell.was
            });
            let delta = Delta { old: cell.was.clone().into(), ..delta };
            let place = format!("{}!{}", edited.sheet, cell.cell);
            if ours != delta.new && (!moved || decide(&delta, &ours, place)) {
                wanted.push(delta);
            }
        }
        if undecided {
            update.in_conflict += 1;
            return;
        }
        let people = &self.tracker.settings.people;
        complete_new_people(there.value(), item, people, &mut wanted);
        match apply_deltas(there, &wanted) {
            Ok(None) => update.unchanged += 1,
            Ok(Some((stored, edits))) => update.changed.push(Changed {
                id: id.clone(),
                before: there.document.clone(),
                after: stored.document,
                changed: edits.iter().map(|edit| edit.pointer().to_owned()).collect(),
            }),
            Err(reason) => update.refused.push(refuse_row(edited, first_cell(edited), reason)),
        }
    }

    /// A row that was not in the workbook when it was built.
    fn report_added(&mut self, row: &SourceRow, update: &mut Update) {
        let imported = match self.read(row) {
            Ok(imported) => imported,
            Err(error) => return update.refused.push(error),
        };
        let mut item = imported.item;
        if let Some(there) = self.store.find(&item.id) {
            // The same row again, once it was taken.
            let same = diff_values(there.value(), &item_value(&item))
                .iter()
                .all(|delta| delta.new.is_null() || delta.field_name() == "status");
            if same {
                update.unchanged += 1;
                return;
            }
            let reason = format!(
                "{} is an item of the tracker that was not in this workbook: give the row another id",
                item.id
            );
            return update.refused.push(refuse_row(row, first_cell(row), reason));
        }
        if !self.tracker.settings.workflow.is_closed(&item.status) {
            // As of an item that `poam new` writes.
            let permanent = PermanentValues::resolve(&item, None);
            let due = Due::compute(&item, permanent, &self.tracker.settings.deadlines);
            item.scheduled_completion_date.get_or_insert(due.scheduled);
        }
        let year = chrono::Datelike::year(&item.original_detection_date);
        let path = self.tracker.path_for(&item.id, year);
        if let Err(reason) = self.register.check_id(&item.id) {
            return update.refused.push(refuse_row(row, first_cell(row), reason));
        }
        match file_text(&item, &self.tracker.schema_for(&path)) {
            Ok(text) => {
                self.register.take_id(&item.id);
                update.created.push(Created {
                    id: item.id.clone(),
                    path,
                    text,
                    date: None,
                    past: Vec::new(),
                    item,
                });
            }
            Err(error) => update.refused.push(refuse_row(row, first_cell(row), error.to_string())),
        }
    }
}

/// Returns whether a value is the text that describes milestones or their changes. Where it was understood,
/// the milestones state the same.
fn is_milestone_text(delta: &Delta) -> bool {
    let place = delta.describe_place();
    place == format!("/extra/{}", kept::CHANGES) || place == format!("/extra/{}", kept::PLANNED)
}

fn item_value(item: &crate::model::Item) -> Value {
    serde_json::to_value(item).unwrap_or(Value::Null)
}

fn refuse_row(row: &SourceRow, cell: String, reason: String) -> Refused {
    Refused { sheet: row.sheet.clone(), cell, reason }
}

impl Update {
    /// Version 1 of our own JSON. `commits` states how many were made; none by a dry run.
    pub fn to_json(&self, submission: &Submission, built_from: CommitId, commits: usize) -> Value {
        let refused =
            |one: &Refused| json!({"sheet": one.sheet, "cell": one.cell, "reason": one.reason});
        json!({
            "version": 1,
            "source": submission.source,
            "built_from": built_from.to_string(),
            "rows": self.rows,
            "created": self.created.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            "created_items": super::json::created_json(&self.created),
            "changed": self.changed.iter().map(super::json::changed_json).collect::<Vec<_>>(),
            "unchanged": self.unchanged,
            "refused": self.refused.iter().map(refused).collect::<Vec<_>>(),
            "left": self.left.iter().map(refused).collect::<Vec<_>>(),
            "conflicts": super::json::conflicts_json(&self.conflicts),
            "in_conflict": self.in_conflict,
            "taken_back_before": self.before,
            "missing": self.missing.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "notes": super::json::notes_json(&submission.reading.notes),
            "commits": commits,
        })
    }

    /// Returns whether there is nothing to write.
    pub fn is_idle(&self) -> bool {
        self.changed.is_empty() && self.created.is_empty()
    }
}

/// Writes what an edited workbook changes and commits it, in one commit of today by the user:
/// it was not reconstructed, somebody decided it.
pub fn carry_out_update(
    repository: &Repository,
    update: &Update,
    source: &str,
    source_id: &str,
    reason: Option<&str>,
) -> Result<CommitId, ImportError> {
    let created: Vec<&Created> = update.created.iter().collect();
    let mut files = new_files(&created)?;
    files.extend(changed_files(update.changed.iter())?);
    let mut ids = update.changed.iter().map(|one| &one.id).chain(created.iter().map(|one| &one.id));
    let subject = match (ids.next(), ids.next()) {
        (Some(one), None) => format!("{one}: updated from {source}"),
        _ => format!("update {} from {source}", plural(files.len(), "item")),
    };
    let mut facts =
        vec![("Poam-Source", source.to_owned()), ("Poam-Source-Id", source_id.to_owned())];
    facts.extend(reason.map(|reason| ("Poam-Reason", reason.to_owned())));
    let message = compose_message(&subject, reason.unwrap_or_default(), &facts)?;
    let request = CommitRequest { message: &message, ..CommitRequest::default() };
    Ok(write_and_commit(repository, &files, &request)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbook::SheetReading;

    #[test]
    fn a_column_that_is_gone_is_no_column_of_blanks() {
        let reading = |columns: &[Field]| Reading {
            sheets: vec![SheetReading {
                name: "Open".to_owned(),
                role: Some(SheetRole::Open),
                columns: columns.to_vec(),
                ..SheetReading::default()
            }],
            ..Reading::default()
        };
        let built = reading(&[Field::PoamId, Field::Comments]);
        assert_eq!(check_columns(&built, &built), Ok(()));
        assert_eq!(
            check_columns(&built, &reading(&[Field::Comments, Field::PoamId, Field::Cve])),
            Ok(())
        );
        let error = check_columns(&built, &reading(&[Field::PoamId])).unwrap_err();
        assert_eq!((error.sheet.as_str(), error.field), ("Open", Field::Comments));
    }
}
