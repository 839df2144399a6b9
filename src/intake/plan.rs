//! What a scan would do to the items, every result accounted for.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use poam_scans::VexStatus;

use super::counts::{RefusedResult, ScanCounts};
use super::finding::{Findings, SuppressedResult};
use super::planner::Planner;
use super::record::{ScanRecord, sort};
use crate::change::file_text;
use crate::document::{Document, EditError, EmitError};
use crate::model::{Item, ItemId, ItemIdError, Person, RiskRating};
use crate::settings::Settings;
use crate::store::{Store, Tracker};

/// How to plan a scan.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// The day of the scan, where a person says it; else the files do.
    pub day: Option<NaiveDate>,
    /// The name of what was scanned.
    pub scope: Option<String>,
    /// The day of detection of findings for which the files hold none, as a person attests.
    pub detected: Option<NaiveDate>,
    /// Closes items that enough scans did not find, instead of moving them to validation.
    pub close: bool,
    /// The day that counts as today.
    pub today: NaiveDate,
    /// Ids that no new item may have.
    pub taken: BTreeSet<ItemId>,
}

/// Why no plan can be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanScanError {
    /// Neither the files nor the user say when the scan was.
    #[error("the files do not say on which day the scan was")]
    NoDay,
    /// The day of the scan lies ahead.
    #[error("the scan is of {day}, which is in the future")]
    Future {
        /// The day.
        day: NaiveDate,
    },
    /// Findings without a day of detection.
    #[error("{count} new findings have no day of detection in the files, the first is {first}")]
    NoDetection {
        /// How many.
        count: usize,
        /// The key of the first one.
        first: String,
    },
    /// The tracker cannot give another id.
    #[error(transparent)]
    Id(#[from] ItemIdError),
    /// The workflow has no status `open`: settings without it are refused before.
    #[error("{0}")]
    Status(String),
    /// The text of an item or of the record cannot be written.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// An item's file cannot be changed in place.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The parts of the account do not add up: a fault of the program, which must not go on.
    #[error("the results do not add up ({counts:?}); nothing was done")]
    Unaccounted {
        /// The account.
        counts: ScanCounts,
    },
}

/// An item to create.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// The item.
    pub item: Item,
    /// Its file, from the root of the repository.
    pub path: String,
    /// The text of the file.
    pub text: String,
    /// The closed item that it takes up again.
    pub successor_of: Option<ItemId>,
}

/// An item that changes.
#[derive(Debug, Clone)]
pub struct ChangedItem {
    /// The item.
    pub id: ItemId,
    /// Its file as it is.
    pub before: Document,
    /// Its file as it will be.
    pub after: Document,
    /// Assets that the scan found it on and that the item did not list.
    pub added_assets: Vec<String>,
    /// Assets that the scan looked at and did not find it on.
    pub removed_assets: Vec<String>,
    /// Other changes, in words.
    pub changes: Vec<String>,
}

/// What becomes of an item that a scan did not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AbsentOutcome {
    /// More scans must not find it.
    Waits,
    /// It moves to validation or is closed.
    Moves {
        /// The status.
        to: String,
    },
    /// It would move, but something stands in the way.
    HeldBack {
        /// What, with the way out.
        reason: String,
    },
}

/// An item that the scan looked for and did not find.
#[derive(Debug, Clone)]
pub struct AbsentItem {
    /// The item.
    pub id: ItemId,
    /// How many scans in a row, this one included, did not find it.
    pub clean: usize,
    /// What becomes of it.
    pub outcome: AbsentOutcome,
}

/// What a VEX statement proposes for an item. A person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VexProposal {
    /// The item.
    pub id: ItemId,
    /// The statement's status.
    pub status: VexStatus,
    /// The vulnerability.
    pub vulnerability: String,
    /// Who states it, and why.
    pub justification: String,
}

/// What a scan would do.
#[derive(Debug, Clone)]
pub struct ScanPlan {
    /// The record of the scan.
    pub record: ScanRecord,
    /// The path of the record from the root of the repository.
    pub record_path: String,
    /// Its text.
    pub record_text: String,
    /// Whether exactly these files were recorded before; then nothing changes.
    pub known: Option<String>,
    /// The account.
    pub counts: ScanCounts,
    /// Items to create, in the order of their keys.
    pub new: Vec<NewItem>,
    /// Items that change.
    pub changed: Vec<ChangedItem>,
    /// Open items that the scan found and that stay as they are.
    pub unchanged: Vec<ItemId>,
    /// Closed items that were found again and whose closing stands: approved false positives.
    pub false_positives: Vec<ItemId>,
    /// Items that were found again and cannot be reopened, with the reason.
    pub not_reopened: Vec<(ItemId, String)>,
    /// Open items that the scan looked for and did not find.
    pub absent: Vec<AbsentItem>,
    /// Findings whose severity the scanner does not give, rated by the settings.
    pub unrated: Vec<(String, RiskRating)>,
    /// Items whose scanner rates them otherwise now: item, rating in the file, rating of the item.
    pub rated_otherwise: Vec<(ItemId, RiskRating, RiskRating)>,
    /// Suppressed results.
    pub suppressed: Vec<SuppressedResult>,
    /// Results that cannot be used.
    pub refused: Vec<RefusedResult>,
    /// What VEX statements propose.
    pub proposals: Vec<VexProposal>,
    /// Proofs that the files hold and that are not kept.
    pub proofs: usize,
}

impl ScanPlan {
    /// Gives a new item an owner and a due date; what is absent stays as it is.
    ///
    /// # Errors
    ///
    /// The text of the item cannot be written.
    pub fn set_owner_and_due(
        &mut self,
        tracker: &Tracker,
        index: usize,
        owner: Option<Person>,
        due: Option<NaiveDate>,
    ) -> Result<(), EmitError> {
        let Some(new) = self.new.get_mut(index) else { return Ok(()) };
        if owner.is_some() {
            new.item.point_of_contact = owner;
        }
        if due.is_some() {
            new.item.scheduled_completion_date = due;
        }
        new.text = file_text(&new.item, &tracker.schema_for(&new.path))?;
        Ok(())
    }
}

/// Plans what a scan does. `records` are the scans of the tracker, oldest first.
pub fn plan(
    tracker: &Tracker,
    store: &Store,
    records: &[(String, ScanRecord)],
    findings: Findings,
    options: &ScanOptions,
) -> Result<ScanPlan, PlanScanError> {
    let digests: BTreeSet<&str> =
        findings.files.iter().map(|(_, digest)| digest.as_str()).collect();
    let known_record = records.iter().find(|(_, record)| record.is_of(&digests));
    let day = match known_record {
        Some((_, record)) => record.day,
        None => options.day.or(findings.day()).ok_or(PlanScanError::NoDay)?,
    };
    if day > options.today {
        return Err(PlanScanError::Future { day });
    }
    let known = known_record.map(|(path, _)| path.clone());
    let mut planner = Planner::new(tracker, store, day, options, &findings);
    if known.is_none() {
        planner.plan_findings(&findings)?;
    }
    let mut record = planner.record(&findings, options);
    planner.count(&findings);
    if let Some((_, recorded)) = known_record {
        planner.counts = recorded.counts;
    }
    record.counts = planner.counts;
    record.order = records.iter().filter(|(_, other)| other.day == day).count();
    let record_path = format!("{}{}", tracker.prefix, record.path());
    if known.is_none() {
        let mut all = records.to_vec();
        all.push((record_path.clone(), record.clone()));
        sort(&mut all);
        planner.plan_absent(&all, &record_path)?;
    }
    if !planner.counts.adds_up() {
        return Err(PlanScanError::Unaccounted { counts: planner.counts });
    }
    let proposals = proposals(store, &findings, &tracker.settings);
    Ok(ScanPlan {
        record_text: record.to_text()?,
        record,
        record_path,
        known,
        counts: planner.counts,
        new: planner.new,
        changed: planner.changed,
        unchanged: planner.unchanged,
        false_positives: planner.false_positives,
        not_reopened: planner.not_reopened,
        absent: planner.absent,
        unrated: planner.unrated,
        rated_otherwise: planner.rated_otherwise,
        proofs: findings.failed.values().map(|finding| finding.proofs).sum(),
        suppressed: findings.suppressed,
        refused: findings.refused,
        proposals,
    })
}

/// Finds the items that VEX statements are about.
fn proposals(store: &Store, findings: &Findings, settings: &Settings) -> Vec<VexProposal> {
    let mut proposals = Vec::new();
    for statement in &findings.statements {
        if !matches!(statement.status, VexStatus::NotAffected | VexStatus::Fixed) {
            continue;
        }
        let names: Vec<&String> =
            std::iter::once(&statement.vulnerability).chain(&statement.aliases).collect();
        for stored in store.items() {
            let item = &stored.item;
            let about = names.iter().any(|name| {
                item.cves.contains(name) || item.source_identifier.as_ref() == Some(name)
            });
            if about && !settings.workflow.is_closed(&item.status) {
                let parts = [statement.justification.as_str(), statement.author.as_str()];
                let justification = parts
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join(" — ");
                proposals.push(VexProposal {
                    id: item.id.clone(),
                    status: statement.status,
                    vulnerability: statement.vulnerability.clone(),
                    justification,
                });
            }
        }
    }
    proposals
}
