use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use serde_json::{Value, json};

use crate::change::file_text;
use crate::exchange::{Assumed, Imported, Refused, can_be_committed, item};
use crate::model::{Item, ItemId, Workflow};
use crate::store::{Store, Tracker};
use crate::workbook::{Note, Reading, SheetReading, SourceRow};

/// What an import would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the source is called.
    pub source: String,
    /// The digest that identifies its content.
    pub source_id: String,
    /// Name of the layout that its headers fit.
    pub layout: String,
    /// Rows that were read as items.
    pub rows: usize,
    /// Items to create, in the order of the rows.
    pub created: Vec<Created>,
    /// The files of items that the tracker has already, exactly so.
    pub unchanged: Vec<String>,
    /// How many of them are on disk and not committed. The caller sets it, who can ask git.
    pub uncommitted: usize,
    /// Rows that are no item, or not a new one.
    pub refused: Vec<Refused>,
    /// Cells that were kept as they are: sheet, cell, reason.
    pub kept: Vec<(String, String, String)>,
    /// What the sheets held.
    pub sheets: Vec<SheetReading>,
    /// What a person should know about the source.
    pub notes: Vec<Note>,
    /// The day that the source as a whole is from, where it says one.
    pub date: Option<NaiveDate>,
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
}

/// Plans an import into a tracker. No commit is made for a day after `today`.
pub fn plan(
    tracker: &Tracker,
    store: &Store,
    source: &str,
    source_id: &str,
    reading: Reading,
    assumed: Assumed,
    today: NaiveDate,
) -> Plan {
    let mut plan = Plan {
        source: source.to_owned(),
        source_id: source_id.to_owned(),
        layout: reading.layout,
        rows: reading.rows.len(),
        created: Vec::new(),
        unchanged: Vec::new(),
        uncommitted: 0,
        refused: Vec::new(),
        kept: Vec::new(),
        sheets: reading.sheets,
        notes: reading.notes,
        date: reading.header.date,
    };
    let mut seen: BTreeMap<ItemId, String> = BTreeMap::new();
    // Ids that differ only in case are one file on some systems.
    let mut paths: BTreeSet<String> =
        store.items().iter().map(|stored| stored.path().to_lowercase()).collect();
    if let Some(date) = plan.date.take_if(|date| !can_be_committed(*date, today)) {
        let message = format!("{date}, the date at its head, cannot be the day of a commit");
        let sheet = plan.sheets.iter().find(|sheet| sheet.role.is_some());
        let sheet = sheet.map(|sheet| sheet.name.clone()).unwrap_or_default();
        plan.notes.push(Note { sheet, row: None, message });
    }
    for row in &reading.rows {
        match item(row, assumed, today) {
            Err(refused) => plan.refused.push(refused),
            Ok(imported) => {
                let place = format!("{}!{}", row.sheet, first_cell(row));
                if let Some(first) = seen.get(&imported.item.id) {
                    let reason = format!(
                        "the id `{}` stands in {first} too: give one of the two another id",
                        imported.item.id
                    );
                    plan.refuse(row, reason);
                    continue;
                }
                seen.insert(imported.item.id.clone(), place);
                plan.take(tracker, store, row, imported, &mut paths, today);
            }
        }
    }
    plan
}

impl Plan {
    fn take(
        &mut self,
        tracker: &Tracker,
        store: &Store,
        row: &SourceRow,
        imported: Imported,
        paths: &mut BTreeSet<String>,
        today: NaiveDate,
    ) {
        let Imported { item, status_date, kept } = imported;
        if let Some(there) = store.find(&item.id) {
            match difference(&there.item, &item, &tracker.settings.workflow) {
                None => self.unchanged.push(there.path().to_owned()),
                Some(field) => {
                    let reason = format!(
                        "{} is in the tracker already and differs in `{field}`: {} is left as it is",
                        item.id,
                        there.path()
                    );
                    self.refuse(row, reason);
                }
            }
            return;
        }
        let path = tracker.path_for(&item.id, item.original_detection_date.year());
        if !paths.insert(path.to_lowercase()) {
            let reason = format!(
                "the file of `{}` would be that of another id that differs only in case: give it another id",
                item.id
            );
            self.refuse(row, reason);
            return;
        }
        match file_text(&item, &tracker.schema_for(&path)) {
            Ok(text) => {
                self.kept.extend(
                    kept.into_iter().map(|(cell, reason)| (row.sheet.clone(), cell, reason)),
                );
                self.created.push(Created {
                    id: item.id,
                    path,
                    text,
                    date: status_date
                        .or(item.completion_date)
                        .filter(|date| can_be_committed(*date, today)),
                });
            }
            Err(error) => self.refuse(row, error.to_string()),
        }
    }

    fn refuse(&mut self, row: &SourceRow, reason: String) {
        self.refused.push(Refused { sheet: row.sheet.clone(), cell: first_cell(row), reason });
    }

    /// Version 1 of our own JSON. `commits` says how many were made; none by a dry run.
    pub fn to_json(&self, commits: usize) -> Value {
        json!({
            "version": 1,
            "source": self.source,
            "source_id": self.source_id,
            "layout": self.layout,
            "rows": self.rows,
            "created": self.created.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            "matched": [],
            "unchanged": self.unchanged.len(),
            "unchanged_not_committed": self.uncommitted,
            "sheets": self.sheets.iter().map(sheet_json).collect::<Vec<_>>(),
            "refused": self.refused.iter().map(|one| json!({"sheet": one.sheet, "cell": one.cell, "reason": one.reason})).collect::<Vec<_>>(),
            "kept_as_text": self.kept.iter().map(|(sheet, cell, reason)| json!({"sheet": sheet, "cell": cell, "reason": reason})).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(|note| json!({"sheet": note.sheet, "row": note.row, "message": note.message})).collect::<Vec<_>>(),
            "commits": commits,
        })
    }
}

/// The first field in which an item differs from what was read of it. What a workbook does not
/// say is no difference, and neither is a status on the same side of it.
fn difference(there: &Item, read: &Item, workflow: &Workflow) -> Option<&'static str> {
    let [there_value, read_value] =
        [there, read].map(|item| serde_json::to_value(item).unwrap_or_default());
    Item::FIELDS.iter().copied().find(|field| match *field {
        "status" => workflow.is_closed(&there.status) != workflow.is_closed(&read.status),
        field => read_value.get(field).is_some_and(|read| there_value.get(field) != Some(read)),
    })
}

fn sheet_json(sheet: &SheetReading) -> Value {
    json!({
        "name": sheet.name,
        "role": sheet.role.map(|role| role.to_string()),
        "rows": sheet.rows_read,
    })
}

fn first_cell(row: &SourceRow) -> String {
    let id = row.cells.get(&crate::workbook::Field::PoamId).or(row.cells.values().next());
    id.map_or_else(|| format!("row {}", row.row), |cell| cell.address.clone())
}
