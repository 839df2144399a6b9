//! A whole tracker as the content of a workbook.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use rayon::prelude::*;

use super::to_row::{RowFacts, row, scheduled_by_formula, sheet_of};
use crate::history::ExportHistory;
use crate::model::{Decision, DeviationType, FirstValues, Item, ItemId, PermanentValues};
use crate::settings::{EmassSystem, Settings};
use crate::standing::Lateness;
use crate::store::{ItemAccess, ReparseError, Store, Stored};
use crate::workbook::{
    BuildError, Content, Field, HeaderBlock, Layout, Row, SheetLayout, SheetRole, Value,
    WorkbookProperties, loses_characters,
};

/// Notes for a person on the content of a workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Open items whose scheduled completion date is not what the template's formula shows: the
    /// plan of such an item says its own date.
    pub off_formula: Vec<ItemId>,
    /// Items whose original detection date or risk rating is another than when they landed first.
    /// The columns are permanent, so that the workbook has the first values.
    pub rewritten: Vec<ItemId>,
    /// Texts with control characters, which a cell cannot hold: they are left out of it.
    pub cleaned: Vec<(ItemId, Field)>,
    /// Items that are left out because only open ones were asked for.
    pub closed_left_out: usize,
    /// Items that are left out because only those were asked for that must be listed.
    pub in_time_left_out: usize,
    /// Items that stay although they are in time: not from a scanner, with a deviation, or waiting
    /// for a vendor.
    pub listed_in_time: usize,
}

/// Which workbook of a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edition {
    /// The day of the submission.
    pub date: NaiveDate,
    /// Without the closed items.
    pub open_only: bool,
    /// On the sheet of open items only what must be listed there during continuous monitoring:
    /// findings of scanners once they are late, and everything else (Continuous Monitoring
    /// Strategy Guide, App. C; POA&M Completion Guide, section 3).
    pub late_only: bool,
}

/// A date of an item that a spreadsheet cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{id}: {field}: {date} cannot be written into a spreadsheet (1900 to 9999 only)")]
pub struct OutOfRange {
    /// The item.
    pub id: ItemId,
    /// The column.
    pub field: Field,
    /// The date.
    pub date: NaiveDate,
}

/// Reasons why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// An item has a date that a cell cannot hold.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
    /// An item cannot be had again.
    #[error(transparent)]
    ReparseError(#[from] ReparseError),
    /// The file cannot be written.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Data that a workbook is built from.
pub struct Records<'a, E = Stored> {
    /// The items.
    pub store: &'a Store<E>,
    /// The settings.
    pub settings: &'a Settings,
    /// Events of the items, as exports need them.
    pub history: &'a ExportHistory,
}

impl<E> Clone for Records<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Records<'_, E> {}

/// Returns the content of a workbook for a tree, dated by the commit that it is built from. Rows go
/// by detection date, then by id with its numbers as numbers.
///
/// # Errors
///
/// When an item has a date that a spreadsheet cannot hold.
pub fn content<E: ItemAccess>(
    records: Records<'_, E>,
    layout: &Layout,
    edition: &Edition,
) -> Result<(Content, Notes), BookError> {
    let (sheets, mut notes) = sheets(records, layout, edition)?;
    let mut rows: BTreeMap<SheetRole, Vec<Row>> = BTreeMap::new();
    for (role, items) in sheets {
        let Some(sheet) = layout.sheet(role) else { continue };
        let made: Vec<Result<ItemRow, BookError>> =
            items.par_iter().map(|item| made(*item, records, sheet, edition)).collect();
        let mut own = Vec::with_capacity(made.len());
        for (item, row) in items.into_iter().zip(made) {
            own.push(row?.noted(item.id(), &mut notes));
        }
        rows.insert(role, own);
    }
    let (header, properties) = head(records, layout, edition);
    Ok((Content { header, rows, properties }, notes))
}

/// Returns the values at the head of a workbook, and the properties of its file.
pub(super) fn head<E>(
    records: Records<'_, E>,
    layout: &Layout,
    edition: &Edition,
) -> (HeaderBlock, WorkbookProperties) {
    let system = &records.settings.system;
    let commit = records.history.head.map(|commit| commit.to_string());
    let form = system.emass.as_ref().filter(|_| layout.has_milestone_rows());
    let header = HeaderBlock {
        provider: form.and_then(|it| it.component.clone()).or_else(|| system.provider.clone()),
        offering: system.name.clone(),
        impact_level: system.impact_level.map(|level| level.in_workbook().to_owned()),
        date: Some(edition.date),
        more: form.map(EmassSystem::named_values).unwrap_or_default(),
    };
    let properties = WorkbookProperties {
        title: "Plan of Action and Milestones (POA&M)".to_owned(),
        subject: commit.map(|commit| format!("commit {commit}")).unwrap_or_default(),
        author: String::new(),
        company: system.provider.clone().unwrap_or_default(),
        keywords: keywords(layout, edition),
        comments: String::new(),
        created: records.history.head_time.unwrap_or_default(),
    };
    (header, properties)
}

/// The items of each sheet, in their order.
pub(super) type Sheets<'a, E> = BTreeMap<SheetRole, Vec<&'a E>>;

/// Decision whether and where an item is listed.
enum ItemListing {
    /// The layout has no sheet for it.
    Nowhere,
    /// Closed, and only open ones were asked for.
    Closed,
    /// In time, and only those that must be listed were asked for.
    InTime,
    /// It is on a sheet, although it is in time or not.
    On(SheetRole, bool),
}

/// Distributes the items over the sheets of a workbook, with notes on those that it does not list.
pub(super) fn sheets<'a, E: ItemAccess>(
    records: Records<'a, E>,
    layout: &Layout,
    edition: &Edition,
) -> Result<(Sheets<'a, E>, Notes), BookError> {
    let (mut sheets, mut notes) = (Sheets::new(), Notes::default());
    let items = match layout.has_milestone_rows() {
        true => by_emass_id(records.store)?,
        false => in_order(records.store),
    };
    let listings = items.par_iter().map(|item| listing(*item, records, layout, edition));
    let listings: Vec<ItemListing> = listings.collect::<Result<_, _>>()?;
    for (item, listing) in items.into_iter().zip(listings) {
        match listing {
            ItemListing::Nowhere => {}
            ItemListing::Closed => notes.closed_left_out += 1,
            ItemListing::InTime => notes.in_time_left_out += 1,
            ItemListing::On(role, in_time) => {
                notes.listed_in_time += usize::from(in_time);
                sheets.entry(role).or_default().push(item);
            }
        }
    }
    Ok((sheets, notes))
}

fn listing<E: ItemAccess>(
    entry: &E,
    records: Records<'_, E>,
    layout: &Layout,
    edition: &Edition,
) -> Result<ItemListing, ReparseError> {
    let settings = records.settings;
    let closed = settings.workflow.is_closed(entry.status());
    let role = sheet_of(entry.kind(), closed, |role| layout.sheet(role).is_some());
    if layout.sheet(role).is_none() {
        return Ok(ItemListing::Nowhere);
    }
    if closed && edition.open_only {
        return Ok(ItemListing::Closed);
    }
    if edition.late_only && !closed && role == SheetRole::Open {
        let (stored, date) = (entry.stored()?, edition.date);
        let item = &stored.item;
        let permanent = PermanentValues::resolve(item, records.history.first_values(&item.id));
        let in_time = !Lateness::compute(item, permanent, settings, date).is_overdue();
        if in_time && !always_listed(item) {
            return Ok(ItemListing::InTime);
        }
        return Ok(ItemListing::On(role, in_time));
    }
    Ok(ItemListing::On(role, false))
}

/// An item as a row.
pub(super) struct ItemRow {
    cells: Row,
    rewritten: bool,
    off_formula: bool,
    cleaned: Vec<Field>,
}

impl ItemRow {
    /// Returns the cells; what a person should know of them goes to the notes.
    pub(super) fn noted(self, id: &ItemId, notes: &mut Notes) -> Row {
        let id = || id.clone();
        notes.rewritten.extend(self.rewritten.then(id));
        notes.off_formula.extend(self.off_formula.then(id));
        notes.cleaned.extend(self.cleaned.into_iter().map(|field| (id(), field)));
        self.cells
    }
}

/// Makes the row of an item.
pub(super) fn made<E: ItemAccess>(
    entry: &E,
    records: Records<'_, E>,
    sheet: &SheetLayout,
    edition: &Edition,
) -> Result<ItemRow, BookError> {
    let Records { settings, history, .. } = records;
    let stored = entry.stored()?;
    let item = &stored.item;
    let closed = settings.workflow.is_closed(&item.status);
    let first = history.original_values(&item.id);
    let facts = RowFacts {
        permanent: PermanentValues::resolve(item, first.as_ref().map(FirstValues::from)),
        planned: first.map(|first| history.planned_milestones(&item.id, first)),
        steps: history.milestone_steps(&item.id).collect(),
        status_date: history.status_date(&item.id).unwrap_or(edition.date),
        closed,
        deadlines: &settings.deadlines,
        stored: &stored,
    };
    let own = item.scheduled_completion_date;
    let by_formula = scheduled_by_formula(item, facts.permanent);
    let off_formula = own.is_some_and(|own| !closed && own != by_formula)
        && sheet.has_formula(Field::ScheduledCompletionDate);
    let cells = row(item, &facts, sheet);
    let mut cleaned = Vec::new();
    for (field, value) in
        cells.iter().flat_map(|(field, value)| value.cells().map(move |it| (field, it)))
    {
        match value {
            Value::Text(text) | Value::Sensitive(text) if loses_characters(text) => {
                cleaned.push(*field);
            }
            Value::Date(date) | Value::Formula { cached: Some(date) }
                if !(1900..=9999).contains(&date.year()) =>
            {
                return Err(OutOfRange { id: item.id.clone(), field: *field, date: *date }.into());
            }
            _ => {}
        }
    }
    let rewritten = facts.permanent.differ_from(item);
    Ok(ItemRow { cells, rewritten, off_formula, cleaned })
}

/// Returns whether an item stays listed although it is in time. A source identifier is a scanner's:
/// other findings leave that column blank (template 3.0, G6). Results of an assessment have the id
/// of their control there and are no findings of a scanner.
fn always_listed(item: &Item) -> bool {
    let is_of = |word: &str| {
        item.detector_source.as_deref().is_some_and(|source| source.to_lowercase().contains(word))
    };
    item.source_identifier.is_none()
        || is_of("assessment")
        || item.vendor_dependency.as_ref().is_some_and(|vendor| vendor.fix_released.is_none())
        || [
            DeviationType::RiskAdjustment,
            DeviationType::FalsePositive,
            DeviationType::OperationalRequirement,
        ]
        .into_iter()
        .any(|kind| item.decision(kind) != Decision::No)
}

/// Describes the options of a workbook, so that it can be built again and compared.
fn keywords(layout: &Layout, edition: &Edition) -> String {
    let mut words = vec![format!("layout {}", layout.name)];
    if edition.open_only {
        words.push("open only".to_owned());
    }
    if edition.late_only {
        words.push("late only".to_owned());
    }
    words.join(", ")
}

/// Returns the items as every official form lists them: by detection date, then by id with its
/// numbers as numbers.
pub(super) fn in_order<E: ItemAccess>(store: &Store<E>) -> Vec<&E> {
    let mut items: Vec<&E> = store.items().iter().collect();
    items.sort_by(|a, b| {
        let days = a.detected().cmp(&b.detected());
        days.then_with(|| natural(a.id().as_str()).cmp(natural(b.id().as_str())))
    });
    items
}

/// Returns the items as eMASS's form lists them, which has no detection date: by the id that eMASS gave
/// them, then those without one by their own.
fn by_emass_id<E: ItemAccess>(store: &Store<E>) -> Result<Vec<&E>, ReparseError> {
    let mut items = Vec::with_capacity(store.items().len());
    for item in store.items() {
        let emass = item.stored()?.item.emass.as_ref().and_then(|it| it.id.clone());
        items.push((emass.is_none(), emass.unwrap_or_default(), item));
    }
    items.sort_by(|(has_none, one, a), (other_has_none, other, b)| {
        let ids = has_none.cmp(other_has_none).then_with(|| natural(one).cmp(natural(other)));
        ids.then_with(|| natural(a.id().as_str()).cmp(natural(b.id().as_str())))
    });
    Ok(items.into_iter().map(|(_, _, item)| item).collect())
}

/// Returns the ids of the items that a workbook lists, in the order of its rows.
///
/// # Errors
///
/// When an item cannot be had again.
pub fn listed_ids<E: ItemAccess>(
    records: Records<'_, E>,
    layout: &Layout,
    edition: &Edition,
) -> Result<Vec<ItemId>, BookError> {
    let (mut sheets, _) = sheets(records, layout, edition)?;
    let roles = layout.sheets.iter().map(|sheet| sheet.role);
    let items = roles.flat_map(|role| sheets.remove(&role).unwrap_or_default());
    Ok(items.map(|item| item.id().clone()).collect())
}

/// Returns a text in pieces, numbers as numbers: `V-9` before `V-10`.
fn natural(mut rest: &str) -> impl Iterator<Item = (u64, Cow<'_, str>)> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        let words = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (word, tail) = tail.split_at(words);
        rest = tail;
        Some(match number.parse() {
            Ok(number) => (number, Cow::Borrowed(word)),
            Err(_) if digits == 0 => (0, Cow::Borrowed(word)),
            // A number too long to count goes by its letters.
            Err(_) => (u64::MAX, Cow::Owned(format!("{number}{word}"))),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_go_by_value() {
        let mut ids =
            ["V-10", "V-9", "V-9a", "A-1", "V-99999999999999999999999", "V-1-2", "V-1-10"];
        ids.sort_by(|a, b| natural(a).cmp(natural(b)));
        assert_eq!(
            ids,
            ["A-1", "V-1-2", "V-1-10", "V-9", "V-9a", "V-10", "V-99999999999999999999999"]
        );
    }
}
