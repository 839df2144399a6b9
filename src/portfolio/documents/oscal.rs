//! Rows of an OSCAL POA&M: its items as `poam import` reads them, with FedRAMP's deadlines on the document's day.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::rows::{AttentionLists, SystemData};
use super::super::settings::PortfolioSystem;
use super::super::source::SystemError;
use super::super::tables;
use super::{CurrentRows, DocumentCount};
use crate::document::emit_yaml;
use crate::exchange::Assumed;
use crate::exchange::oscal::document;
use crate::model::Item;
use crate::settings::{FILE, Settings};
use crate::store::{Store, Stored};
use crate::summary::Summary;

/// Columns of `items` that are derived from commits.
pub(super) const LACKING_OF_ITEMS: [&str; 6] =
    ["status_date", "days_quiet", "stale", "slips", "slipped_days", "path"];

/// Makes the rows of a document.
pub(super) fn rows(
    system: &PortfolioSystem,
    name: &str,
    bytes: &[u8],
    day: NaiveDate,
) -> Result<CurrentRows, SystemError> {
    let fail = |reason: String| SystemError::Document(format!("{name}: {reason}"));
    let read =
        document(name, bytes, &Assumed::default()).map_err(|error| fail(error.to_string()))?;
    let mut refused = Vec::new();
    let mut items = Vec::new();
    for (pointer, found) in read.items {
        let stored = match found {
            Ok(imported) => store_item(&imported.item),
            Err(reason) => Err(reason.reason),
        };
        match stored {
            Ok(stored) => items.push(stored),
            Err(reason) => refused.push(format!("{name}: {pointer}: {reason}")),
        }
    }
    let settings = Settings::parse(FILE, b"version: 1\n")
        .map_err(|_| fail("the built-in settings cannot be read".to_owned()))?;
    let store = Store::from_items(items).resolve_statuses(&settings.workflow);
    let summary = Summary::compute(&store, &settings, None, day, None);
    let data = SystemData {
        system,
        as_of: day,
        source: "oscal",
        commit: None,
        committed: None,
        settings: &settings,
        store: &store,
        history: None,
        summary: &summary,
        snapshots: &[],
    };
    let lists = AttentionLists::of_summary(&summary);
    let rows = BTreeMap::from([
        ("items", tables::items::rows(&data, &lists)),
        ("milestones", tables::milestones::rows(&data)),
        ("identifiers", tables::identifiers::rows(&data)),
        ("triggers", tables::triggers::rows(&data)),
    ]);
    let totals = summary.totals;
    let count = DocumentCount {
        items: store.items().len(),
        open: totals.open,
        overdue: Some(totals.overdue),
    };
    Ok(CurrentRows { source: "oscal", rows, count, refused })
}

/// Writes an item as the file that it would have here, and reads it.
fn store_item(item: &Item) -> Result<Stored, String> {
    let text = emit_yaml(item).map_err(|error| error.to_string())?;
    let path = format!("{}.yaml", item.id.file_stem());
    Stored::parse(&path, text.as_bytes())
        .map_err(|errors| errors.first().map_or_else(String::new, |error| error.message.clone()))
}
