//! Decides what becomes of open items that a scan did not find.

use std::collections::BTreeSet;

use super::absence::{CleanScans, clean_scans};
use super::asset_name::asset_key;
use super::clean::CleanWeakness;
use super::plan::{AbsentItem, AbsentOutcome, ChangedItem, PlanScanError};
use super::planner::{ScanPlanner, one_line, override_of};
use super::record::ScanRecord;
use crate::change::TransitionError;
use crate::document::Document;
use crate::model::Status;
use crate::store::Stored;

/// The way of an item to the status that clean scans give it.
struct Moves {
    after: Document,
    closed: Option<Document>,
    overrides: Option<String>,
    to: &'static str,
}

impl ScanPlanner<'_> {
    /// Plans what becomes of open items that the scan did not find. `records` are all scans with this one,
    /// oldest first; `own` is the path of its record.
    pub(super) fn plan_absent(
        &mut self,
        records: &[(String, ScanRecord)],
        own: &str,
    ) -> Result<(), PlanScanError> {
        let Some(record) = records.iter().find(|(path, _)| path == own).map(|(_, record)| record)
        else {
            return Ok(());
        };
        let needed = usize::try_from(self.settings.scan.clean_scans).unwrap_or(usize::MAX).max(1);
        let own_assets = assets_of(record);
        for stored in self.store.items() {
            let item = &stored.item;
            if self.settings.workflow.is_closed(&item.status)
                || record.found.contains_key(item.id.as_str())
            {
                continue;
            }
            let known = records.iter().map(|(_, record)| record);
            let Some(weakness) = CleanWeakness::new(item, &self.settings.scan, known) else {
                continue;
            };
            if weakness.is_found_by(record) {
                continue;
            }
            let clean = clean_scans(&weakness, records);
            if !clean.contains(own) || clean.scans_needed() == 0 {
                let reason = reason_not_shown(&weakness, record, &own_assets);
                self.not_shown.extend(reason.map(|reason| (item.id.clone(), reason)));
                continue;
            }
            let outcome = if clean.scans_needed() < needed {
                AbsentOutcome::Waits
            } else {
                self.move_absent(stored, &clean, needed)
            };
            self.absent.push(AbsentItem {
                id: item.id.clone(),
                clean: clean.scans_needed(),
                outcome,
            });
        }
        Ok(())
    }

    fn move_absent(
        &mut self,
        stored: &Stored,
        clean: &CleanScans<'_>,
        needed: usize,
    ) -> AbsentOutcome {
        let item = &stored.item;
        if self.settings.is_accepted(item) || self.settings.is_deferred(item) {
            let reason = format!("it is {}, which stays until a person decides", item.status);
            return AbsentOutcome::HeldBack { reason };
        }
        if item.status.as_str() == Status::PENDING_VALIDATION && !self.options.close {
            let reason = "it waits for validation already; close it with --close".to_owned();
            return AbsentOutcome::HeldBack { reason };
        }
        let count = clean.scans_needed();
        let reason = format!("not found by {count} scans that covered all of its assets");
        let mut evidence = clean.newest_records(needed);
        evidence.retain(|path| !item.evidence.iter().any(|known| known.reference == *path));
        match self.plan_moves(stored, &reason, evidence) {
            Ok(Moves { after, closed, overrides, to }) => {
                let way = match &closed {
                    Some(_) => format!("{} -> {} -> {to}", item.status, Status::PENDING_VALIDATION),
                    None => format!("{} -> {to}", item.status),
                };
                self.changed.push(ChangedItem {
                    id: item.id.clone(),
                    before: stored.document.clone(),
                    after,
                    closed,
                    overrides,
                    added_assets: Vec::new(),
                    removed_assets: Vec::new(),
                    changes: vec![format!("{way}: {reason}")],
                });
                AbsentOutcome::Moves { to: to.to_owned() }
            }
            Err(refusal) => AbsentOutcome::HeldBack { reason: one_line(&refusal) },
        }
    }

    /// Moves an item to validation, and with `--close` on to closed, by moves of the workflow and with their
    /// guards. Only from `open` to validation is an override: nobody worked on what scans no longer find.
    fn plan_moves(
        &self,
        stored: &Stored,
        reason: &str,
        evidence: Vec<String>,
    ) -> Result<Moves, TransitionError> {
        let from = &stored.item.status;
        let workflow = &self.settings.workflow;
        let closes_directly = Status::CLOSED
            .parse()
            .is_ok_and(|closed: Status| workflow.find_move(from, &closed).is_some());
        if self.options.close && closes_directly {
            let change = self.plan_transition(stored, Status::CLOSED, reason, evidence, false)?;
            let after = change.document;
            return Ok(Moves { after, closed: None, overrides: None, to: Status::CLOSED });
        }
        let is_open = from.as_str() == Status::OPEN;
        let first =
            self.plan_transition(stored, Status::PENDING_VALIDATION, reason, evidence, is_open)?;
        let overrides = override_of(&first);
        let after = first.document;
        if !self.options.close {
            return Ok(Moves { after, closed: None, overrides, to: Status::PENDING_VALIDATION });
        }
        let Ok(validated) = Stored::from_document(after.clone()) else {
            return Ok(Moves { after, closed: None, overrides, to: Status::PENDING_VALIDATION });
        };
        let second = self.plan_transition(&validated, Status::CLOSED, reason, Vec::new(), false)?;
        Ok(Moves { after, closed: Some(second.document), overrides, to: Status::CLOSED })
    }
}

/// Returns the assets that a scan looked at in any way, by the keys by which they are compared.
fn assets_of(record: &ScanRecord) -> BTreeSet<String> {
    let names = record.assets.iter().map(|asset| asset_key(asset));
    let looked_at = record.looked_at.values().flatten().cloned();
    names.chain(looked_at).chain(record.incomplete.keys().cloned()).collect()
}

/// Returns why a scan does not show that a weakness is gone. `None` for weaknesses that it is not about: of
/// other detectors, of other assets, or of a later day.
fn reason_not_shown(
    weakness: &CleanWeakness,
    record: &ScanRecord,
    own_assets: &BTreeSet<String>,
) -> Option<String> {
    if !weakness.is_concerned(record, own_assets)
        || record.day < weakness.detected
        || !weakness.is_looked_for_by(record)
    {
        return None;
    }
    let mut refused = weakness.methods.iter().filter_map(|method| {
        let reason = weakness.check_gone(record, method).err()?;
        Some((method, reason))
    });
    Some(match refused.next() {
        // Where there are several detectors, the reason names the one that did not look.
        Some((method, reason)) if weakness.methods.len() > 1 => format!("{method}: {reason}"),
        Some((_, reason)) => reason.to_string(),
        None => "another file of this scan, or a newer scan, found it".to_owned(),
    })
}
