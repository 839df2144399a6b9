//! Identities of rows and items for matching.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::record::ImportRecord;
use super::weakness::Weakness;
use crate::model::Item;

/// Identity of an item or a row: ids, names and other features.
#[derive(Debug, Clone)]
pub(super) struct MatchIdentity {
    /// The id: of a row its own, of an item the last one that the source gave it.
    pub(super) id: Option<String>,
    /// Ids that an item had before.
    pub(super) earlier_ids: BTreeSet<String>,
    /// Fingerprints: one of a row; of an item that of its last row, its own, and those with names
    /// that it had before.
    pub(super) faces: Vec<Weakness>,
    /// Whether it is closed.
    pub(super) closed: bool,
    /// The day on which it was closed, where one is known.
    pub(super) closed_on: Option<NaiveDate>,
}

impl MatchIdentity {
    /// The identity of a row.
    pub(super) fn of_row(id: Option<&str>, item: &Item, closed: bool) -> Self {
        Self {
            id: id.map(str::to_owned),
            earlier_ids: BTreeSet::new(),
            faces: vec![Weakness::describe_item(item, id)],
            closed,
            closed_on: item.completion_date.filter(|_| closed),
        }
    }

    /// The identity of an item for a source.
    pub(super) fn of_item(item: &Item, closed: bool, record: &ImportRecord, layout: &str) -> Self {
        let own_id = item.id.as_str();
        let closed_on = item.completion_date.filter(|_| closed);
        let Some(last) = record.last_row(&item.id, layout) else {
            let earlier = item.extra.get("source_id").and_then(serde_json::Value::as_str);
            let earlier = earlier.or(item.emass.as_ref().and_then(|it| it.id.as_deref()));
            return Self {
                id: Some(own_id.to_owned()),
                earlier_ids: earlier.map(str::to_owned).into_iter().collect(),
                faces: vec![Weakness::describe_item(item, earlier.into_iter().chain([own_id]))],
                closed,
                closed_on,
            };
        };
        let mut faces: Vec<Weakness> = Weakness::of_row(last, &item.id).into_iter().collect();
        for name in last.earlier_names() {
            faces.extend(faces.first().map(|face| face.with_name(name)));
        }
        let ids = last.earlier_ids().iter().map(String::as_str).chain(last.id()).chain([own_id]);
        let own = Weakness::describe_item(item, ids);
        if !faces.contains(&own) {
            faces.push(own);
        }
        let id = last.id().map(str::to_owned);
        Self { id, earlier_ids: last.earlier_ids().clone(), faces, closed, closed_on }
    }

    pub(super) fn has_name(&self, name: &str) -> bool {
        self.faces.iter().any(|face| face.name == name)
    }

    /// The face that states most like a row, with the score.
    pub(super) fn best_face(&self, row: &Weakness) -> Option<(f64, &Weakness)> {
        let scores = self.faces.iter().map(|face| (row.agreement_score(face), face));
        scores.max_by(|a, b| a.0.total_cmp(&b.0))
    }

    pub(super) fn contradicts_row(&self, row: &Weakness) -> bool {
        self.faces.iter().all(|face| row.contradicts_other(face))
    }
}
