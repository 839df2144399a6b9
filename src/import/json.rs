//! Plans as JSON, version 1 of our own shape.

use serde_json::{Value, json};

use super::merge::Conflict;
use super::plan::{Matched, Plan};
use crate::workbook::{Note, SheetReading};

impl Plan {
    /// Version 1 of our own JSON. `series` says whether it is one of several documents, `commits` how
    /// many were made; none by a dry run.
    pub fn to_json(&self, series: bool, commits: usize) -> Value {
        let changed: Vec<Value> = self
            .changed()
            .chain(&self.closed)
            .map(|one| json!({"id": one.id, "changed": one.changed}))
            .collect();
        json!({
            "version": 1,
            "source": self.source,
            "source_id": self.source_id,
            "layout": self.layout,
            "date": self.dated.map(|dated| dated.day.to_string()),
            "dated_by": self.dated.map(|dated| dated.by.to_string()),
            "imported_before": self.known,
            "rows": self.rows,
            "created": self.created.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            "matched": self.matched.iter().map(matched).collect::<Vec<_>>(),
            "changed": changed,
            "unchanged": self.unchanged.len(),
            "unchanged_not_committed": self.uncommitted,
            "no_longer_listed": self.absent.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "closed_as_absent": self.closed.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            "conflicts": conflicts(&self.conflicts),
            "held": self.held.iter().map(|one| json!({
                "id": one.id, "pointer": one.pointer, "ours": one.ours, "theirs": one.theirs, "reason": one.reason,
            })).collect::<Vec<_>>(),
            "left_blank": self.left,
            "sheets": self.sheets.iter().map(sheet).collect::<Vec<_>>(),
            "refused": self.refused.iter().map(|one| json!({"sheet": one.sheet, "cell": one.cell, "reason": one.reason})).collect::<Vec<_>>(),
            "kept_as_text": self.kept.iter().map(|(sheet, cell, reason)| json!({"sheet": sheet, "cell": cell, "reason": reason})).collect::<Vec<_>>(),
            "notes": notes(&self.notes),
            "days": self.by_day(series).iter().map(|(day, created)| json!({"day": day, "items": created.len()})).collect::<Vec<_>>(),
            "earlier_days": self.points().iter().map(ToString::to_string).collect::<Vec<_>>(),
            "commits": commits,
        })
    }
}

pub(super) fn conflicts(conflicts: &[Conflict]) -> Vec<Value> {
    let conflict = |one: &Conflict| {
        json!({
            "id": one.id, "cells": one.cells, "pointer": one.pointer,
            "base": one.base, "theirs": one.theirs, "ours": one.ours,
        })
    };
    conflicts.iter().map(conflict).collect()
}

pub(super) fn notes(notes: &[Note]) -> Vec<Value> {
    let note = |note: &Note| json!({"sheet": note.sheet, "row": note.row, "message": note.message});
    notes.iter().map(note).collect()
}

fn matched(one: &Matched) -> Value {
    // Two digits are what the score is good for.
    let score = (one.score * 100.0).round() / 100.0;
    json!({
        "id": one.id,
        "row_id": one.row_id,
        "by": one.by.as_str(),
        "score": score,
        "by_order": one.by_order,
    })
}

fn sheet(sheet: &SheetReading) -> Value {
    json!({
        "name": sheet.name,
        "role": sheet.role.map(|role| role.to_string()),
        "rows": sheet.rows_read,
    })
}
