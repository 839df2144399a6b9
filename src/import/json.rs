//! Plans as JSON, version 1 of our own shape.

use serde_json::{Value, json};

use super::merge::{Conflict, Winner};
use super::plan::{Changed, Created, Matched, Plan};
use crate::history::{EventDescription, diff_items};
use crate::workbook::{ReadingNote, SheetReading};

impl Plan {
    /// Version 1 of our own JSON. `series` states whether it is one of several documents, `commits` how
    /// many were made; none by a dry run.
    pub fn to_json(&self, series: bool, commits: usize) -> Value {
        let changed: Vec<Value> = self.changed().chain(&self.closed).map(changed_json).collect();
        json!({
            "version": 1,
            "source": self.source,
            "source_id": self.source_id,
            "layout": self.layout,
            "date": self.dated.map(|dated| dated.day.to_string()),
            "dated_by": self.dated.map(|dated| dated.by.to_string()),
            "imported_before": self.known,
            "built_from": self.built_from,
            "rows": self.rows,
            "created": self.created.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            "created_items": created_json(&self.created),
            "matched": self.matched.iter().map(matched_json).collect::<Vec<_>>(),
            "changed": changed,
            "unchanged": self.unchanged.len(),
            "unchanged_not_committed": self.uncommitted,
            "no_longer_listed": self.absent.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "closed_as_absent": self.closed.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            "conflicts": conflicts_json(&self.conflicts),
            "held": self.held.iter().map(|one| json!({
                "id": one.id, "pointer": one.pointer, "ours": one.ours, "theirs": one.theirs, "reason": one.reason,
            })).collect::<Vec<_>>(),
            "left_blank": self.left,
            "sheets": self.sheets.iter().map(sheet_json).collect::<Vec<_>>(),
            "refused": self.refused.iter().map(|one| json!({"sheet": one.sheet, "cell": one.cell, "reason": one.reason})).collect::<Vec<_>>(),
            "kept_as_text": self.kept.iter().map(|(sheet, cell, reason)| json!({"sheet": sheet, "cell": cell, "reason": reason})).collect::<Vec<_>>(),
            "notes": notes_json(&self.notes),
            "days": self.by_day(series).iter().map(|(day, created)| json!({"day": day, "items": created.len()})).collect::<Vec<_>>(),
            "earlier_days": self.points().iter().map(ToString::to_string).collect::<Vec<_>>(),
            "commits": commits,
        })
    }
}

/// A changed item, with the values of each field before and after.
pub(super) fn changed_json(one: &Changed) -> Value {
    let differences = diff_items(&one.before.to_value(), &one.after.to_value());
    let fields: Vec<Value> = differences
        .iter()
        .map(|difference| {
            json!({
                "field": difference.field,
                "label": EventDescription::from(difference).field_label(),
                "old": difference.old.value(),
                "new": difference.new.value(),
            })
        })
        .collect();
    json!({"id": one.id, "changed": one.changed, "fields": fields})
}

/// New items, with what people recognise them by.
pub(super) fn created_json(created: &[Created]) -> Vec<Value> {
    let item = |one: &Created| {
        let item = &one.item;
        json!({
            "id": one.id,
            "path": one.path,
            "weakness_name": item.weakness_name,
            "status": item.status,
            "original_risk_rating": item.original_risk_rating,
            "original_detection_date": item.original_detection_date,
            "scheduled_completion_date": item.scheduled_completion_date,
            "owner": item.point_of_contact.as_ref().map(|person| &person.name),
        })
    };
    created.iter().map(item).collect()
}

pub(super) fn conflicts_json(conflicts: &[Conflict]) -> Vec<Value> {
    conflicts.iter().map(conflict_json).collect()
}

fn conflict_json(one: &Conflict) -> Value {
    let decided = one.decided.map(|winner| match winner {
        Winner::Ours => "ours",
        Winner::Theirs => "theirs",
    });
    json!({
        "id": one.id, "cells": one.cells, "pointer": one.pointer,
        "base": one.base, "theirs": one.theirs, "ours": one.ours, "decided": decided,
    })
}

pub(super) fn notes_json(notes: &[ReadingNote]) -> Vec<Value> {
    let note =
        |note: &ReadingNote| json!({"sheet": note.sheet, "row": note.row, "message": note.message});
    notes.iter().map(note).collect()
}

fn matched_json(one: &Matched) -> Value {
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

fn sheet_json(sheet: &SheetReading) -> Value {
    json!({
        "name": sheet.name,
        "role": sheet.role.map(|role| role.to_string()),
        "rows": sheet.rows_read,
    })
}
