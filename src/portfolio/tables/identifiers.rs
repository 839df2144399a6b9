//! The table `identifiers`.

use std::collections::BTreeSet;

use poam_parquet::ParquetKind::Text;
use poam_parquet::ParquetRow;

use super::super::columns::{RowColumn, column, row};
use super::super::rows::SystemData;
use crate::model::Item;

/// The source of a row: a name of an item's weakness.
pub(in super::super) struct IdentifierRow<'a> {
    system: &'a str,
    item: &'a str,
    kind: &'static str,
    identifier: String,
}

pub(in super::super) fn columns<'a>() -> Vec<RowColumn<IdentifierRow<'a>>> {
    vec![
        column("system", Text, "Name of the system.", |it| it.system.into()),
        column("item", Text, "Id of the item.", |it| it.item.into()),
        column(
            "identifier_kind",
            Text,
            "`cve`, `source` (detector and its identifier), `weakness` or `control`.",
            |it| it.kind.into(),
        ),
        column(
            "identifier",
            Text,
            "The identifier. CVEs are in capitals; names and sources in small letters with single blanks.",
            |it| it.identifier.as_str().into(),
        ),
    ]
}

/// Returns a text in small letters with single blanks.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Returns the identifiers of an item, without repetitions, by kind.
fn of_item(item: &Item) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    found.extend(item.cves.iter().map(|cve| ("cve", cve.trim().to_uppercase())));
    found.extend(item.controls.iter().map(|control| ("control", control.trim().to_uppercase())));
    if let Some(id) = &item.source_identifier {
        let detector = item.detector_source.as_deref().unwrap_or_default();
        found.insert(("source", folded(&format!("{detector} {id}"))));
    }
    found.insert(("weakness", folded(&item.weakness_name)));
    found.retain(|(_, identifier)| !identifier.is_empty());
    found
}

pub(in super::super) fn rows(data: &SystemData<'_>) -> Vec<ParquetRow> {
    let columns = columns();
    let mut items: Vec<&Item> = data.store.items().iter().map(|stored| &stored.item).collect();
    items.sort_by(|a, b| a.id.cmp(&b.id));
    items.dedup_by(|a, b| a.id == b.id);
    let mut rows = Vec::new();
    for item in items {
        for (kind, identifier) in of_item(item) {
            let source = IdentifierRow {
                system: &data.system.name,
                item: item.id.as_str(),
                kind,
                identifier,
            };
            rows.push(row(&columns, &source));
        }
    }
    rows
}
