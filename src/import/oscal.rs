//! Items of an OSCAL document → items in the tracker, in one commit.

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike as _, NaiveDate, NaiveTime};
use serde_json::{Value, json};

use crate::change::file_text;
use crate::exchange::oscal::Document;
use crate::exchange::{Refused, can_be_committed};
use crate::history::{DAY, DAY_UNKNOWN};
use crate::model::{Item, ItemId};
use crate::repository::{
    CommitId, CommitRequest, Expect, FileChange, RelPath, Repository, compose, write_and_commit,
};
use crate::store::{Store, Tracker};

use super::ImportError;
use super::register::check_new_id;

/// What an import of an OSCAL document would do. Items read = created + unchanged + refused.
#[derive(Debug)]
pub struct OscalPlan {
    source: String,
    source_id: String,
    version: String,
    /// The day of the document, where it can be that of a commit.
    pub date: Option<NaiveDate>,
    /// How many items it has.
    pub items: usize,
    /// New items: id, path, text of the file.
    pub created: Vec<(ItemId, String, String)>,
    /// Ids of items that the tracker has, exactly so.
    pub unchanged: Vec<ItemId>,
    /// Items that are none, or differ from those of the tracker.
    pub refused: Vec<Refused>,
    /// What no field means and is kept under `extra`: pointer and reason.
    pub kept: Vec<(String, String)>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// Plans the import of a document. Nothing is written.
pub fn plan_oscal(
    tracker: &Tracker,
    store: &Store,
    source: &str,
    source_id: &str,
    document: Document,
    today: NaiveDate,
) -> OscalPlan {
    let date = document.date.filter(|date| can_be_committed(*date, today));
    let mut plan = OscalPlan {
        source: source.to_owned(),
        source_id: source_id.to_owned(),
        version: document.version,
        date,
        items: document.items.len(),
        created: Vec::new(),
        unchanged: Vec::new(),
        refused: Vec::new(),
        kept: Vec::new(),
        notes: document.notes,
    };
    if let Some(date) = document.date.filter(|_| date.is_none()) {
        plan.notes.push(format!("{date}, the day of the document, cannot be the day of a commit"));
    }
    let mut by_look: HashMap<String, ItemId> =
        store.ids().map(|id| (id.lookalike_key(), id.clone())).collect();
    let mut seen: BTreeSet<ItemId> = BTreeSet::new();
    for (pointer, read) in document.items {
        let refused = match read {
            Err(refused) => Some(refused.reason),
            Ok(imported) if !seen.insert(imported.item.id.clone()) => {
                Some(format!("the id `{}` stands in the document twice", imported.item.id))
            }
            Ok(imported) => match plan.take(tracker, store, &imported.item, &mut by_look) {
                Ok(()) => {
                    plan.kept.extend(imported.kept);
                    None
                }
                Err(reason) => Some(reason),
            },
        };
        let refuse = |reason| Refused { sheet: source.to_owned(), cell: pointer, reason };
        plan.refused.extend(refused.map(refuse));
    }
    plan
}

impl OscalPlan {
    fn take(
        &mut self,
        tracker: &Tracker,
        store: &Store,
        item: &Item,
        by_look: &mut HashMap<String, ItemId>,
    ) -> Result<(), String> {
        if let Some(there) = store.find(&item.id) {
            let [a, b] =
                [&there.item, item].map(|item| serde_json::to_value(item).unwrap_or_default());
            let field = Item::FIELDS.into_iter().find(|field| a.get(field) != b.get(field));
            return match field {
                None => {
                    self.unchanged.push(item.id.clone());
                    Ok(())
                }
                Some(field) => Err(format!(
                    "{} is in the tracker already and differs in `{field}`: {} is left as it is",
                    item.id,
                    there.path()
                )),
            };
        }
        let path = tracker.path_for(&item.id, item.original_detection_date.year());
        let key = item.id.lookalike_key();
        check_new_id(&item.id, by_look.get(&key))?;
        by_look.insert(key, item.id.clone());
        let text = file_text(item, &tracker.schema_for(&path)).map_err(|it| it.to_string())?;
        // What the schema forbids would stand in the tracker as an error that nobody made there.
        if let Err(wrong) = crate::store::Stored::parse(&path, text.as_bytes()) {
            let wrong = wrong.first().map(|it| it.message.clone()).unwrap_or_default();
            return Err(format!("it would be no valid item: {wrong}"));
        }
        self.created.push((item.id.clone(), path, text));
        Ok(())
    }

    /// Writes the items and commits them: one commit, dated as the document, that says it was
    /// reconstructed. None where there is nothing new.
    pub fn carry_out(
        &self,
        repository: &Repository,
        date: Option<NaiveDate>,
    ) -> Result<Option<CommitId>, ImportError> {
        if self.created.is_empty() {
            return Ok(None);
        }
        let mut files = Vec::with_capacity(self.created.len());
        for (_, path, text) in &self.created {
            files.push(FileChange {
                path: RelPath::new(path.as_str())?,
                expect: Expect::Absent,
                new: Some(text.clone().into_bytes()),
            });
        }
        let subject = match self.created.as_slice() {
            [(id, ..)] => format!("{id}: imported from {}", self.source),
            many => format!("import {} items from {}", many.len(), self.source),
        };
        let mut trailers =
            vec![("Poam-Source", self.source.clone()), ("Poam-Source-Id", self.source_id.clone())];
        let day = date.or(self.date);
        trailers.insert(0, ("Poam-Reconstructed", "true".to_owned()));
        if day.is_none() {
            trailers.insert(1, (DAY, DAY_UNKNOWN.to_owned()));
        }
        let message = compose(&subject, "", &trailers)?;
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let author_date = day.map(|day| day.and_time(noon).and_utc().fixed_offset());
        let request = CommitRequest { message: &message, author_date, ..CommitRequest::default() };
        Ok(Some(write_and_commit(repository, &files, &request)?))
    }

    /// Version 1 of our own JSON, in the shape of an import of a workbook: a pointer is a cell.
    pub fn to_json(&self, commits: usize) -> Value {
        let ids = |ids: &mut dyn Iterator<Item = &ItemId>| -> Vec<String> {
            ids.map(ToString::to_string).collect()
        };
        json!({
            "version": 1,
            "source": self.source,
            "source_id": self.source_id,
            "layout": self.layout(),
            "rows": self.items,
            "created": ids(&mut self.created.iter().map(|(id, ..)| id)),
            "matched": [],
            "unchanged": self.unchanged.len(),
            "refused": self.refused.iter().map(|one| json!({"sheet": one.sheet, "cell": one.cell, "reason": one.reason})).collect::<Vec<_>>(),
            "kept_as_text": self.kept.iter().map(|(cell, reason)| json!({"sheet": self.source, "cell": cell, "reason": reason})).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(|note| json!({"sheet": self.source, "row": null, "message": note})).collect::<Vec<_>>(),
            "commits": commits,
        })
    }

    /// What the document is.
    pub fn layout(&self) -> String {
        format!("oscal-{}", self.version)
    }
}
