//! Plan of a scan for the items, every result accounted for.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use poam_scans::VexStatus;

use super::counts::{RefusedResult, ScanCounts};
use super::finding::{Findings, SuppressedResult};
use super::new_record::ScanDay;
use super::planner::ScanPlanner;
use super::proposals::find_proposals;
use super::record::{ScanRecord, sort_records};
use crate::change::file_text;
use crate::document::{Document, EditError, EmitError};
use crate::model::{Item, ItemId, ItemIdError, Person, RiskRating};
use crate::store::{Store, Tracker};

/// Options of planning a scan.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// The day of the scan as a person states it, for files that do not hold it.
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

/// Reasons why no plan can be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanScanError {
    /// Neither the files nor the user state when the scan was.
    #[error("the files do not say on which day the scan was")]
    NoDay,
    /// The day of the scan lies ahead.
    #[error("the scan is of {day}, which is in the future")]
    Future {
        /// The day.
        day: NaiveDate,
    },
    /// The day of detection that a person gave is impossible.
    #[error("the day of detection {day} lies {problem}")]
    Detected {
        /// The day.
        day: NaiveDate,
        /// Description of the fault.
        problem: &'static str,
    },
    /// Findings without a day of detection.
    #[error("{count} new findings have no day of detection in the files, the first is {first}")]
    NoDetection {
        /// Number.
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
    /// Its file after a second move, which is a commit of its own: the workflow has no move from the first
    /// status to the last.
    pub closed: Option<Document>,
    /// A move that the workflow's table does not have, which is made as an override: `open -> closed`.
    pub overrides: Option<String>,
    /// Assets that the scan found it on and that the item did not list.
    pub added_assets: Vec<String>,
    /// Assets that the scan looked at and did not find it on.
    pub removed_assets: Vec<String>,
    /// Other changes, in words.
    pub changes: Vec<String>,
}

/// Outcome for an item that a scan did not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AbsentOutcome {
    /// More scans must not find it.
    Waits,
    /// It moves to validation or is closed.
    Moves {
        /// The status.
        to: String,
    },
    /// It would move, but something prevents it.
    HeldBack {
        /// Reason, with the way out.
        reason: String,
    },
}

/// An item that the scan looked for and did not find.
#[derive(Debug, Clone)]
pub struct AbsentItem {
    /// The item.
    pub id: ItemId,
    /// Number of scans in a row, this one included, that did not find it.
    pub clean: usize,
    /// Outcome for it.
    pub outcome: AbsentOutcome,
}

/// Proposal of a VEX statement for an item. A person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VexProposal {
    /// The item.
    pub id: ItemId,
    /// The statement's status.
    pub status: VexStatus,
    /// The vulnerability.
    pub vulnerability: String,
    /// Author of the statement, and its reason.
    pub justification: String,
    /// Other assets or packages of the item, which the statement is not about.
    pub not_about: Vec<String>,
}

/// Plan of a scan.
#[derive(Debug, Clone)]
pub struct ScanPlan {
    /// The record of the scan.
    pub record: ScanRecord,
    /// The path of the record from the root of the repository.
    pub record_path: String,
    /// Its text.
    pub record_text: String,
    /// Name of the record of exactly these files, if there is one; then nothing changes.
    pub known: Option<String>,
    /// The record of the same scan in another file, which counts once with this one.
    pub same_scan: Option<String>,
    /// A day that a person gave and that does not count, because the files hold one.
    pub unused_day: Option<NaiveDate>,
    /// The account.
    pub counts: ScanCounts,
    /// Items to create, in the order of their keys.
    pub new: Vec<NewItem>,
    /// Items that change.
    pub changed: Vec<ChangedItem>,
    /// Open items that the scan found and that stay as they are.
    pub unchanged: Vec<ItemId>,
    /// Closed items that were found again and whose closing is: approved false positives.
    pub false_positives: Vec<ItemId>,
    /// Items that were found again and cannot be reopened, with the reason.
    pub not_reopened: Vec<(ItemId, String)>,
    /// Open items that the scan looked for and did not find.
    pub absent: Vec<AbsentItem>,
    /// Open items that the scan neither found nor shows to be gone, with the reason.
    pub not_shown: Vec<(ItemId, String)>,
    /// Items that the scan found and that the scanner calls informational now.
    pub informational: Vec<ItemId>,
    /// Findings whose severity the scanner does not give, rated by the settings.
    pub unrated: Vec<(String, RiskRating)>,
    /// Items whose scanner rates them otherwise now: item, rating in the file, rating of the item.
    pub rated_otherwise: Vec<(ItemId, RiskRating, RiskRating)>,
    /// Items that the files show to be detected earlier: item, day in the files, day of the item, which stays.
    pub detected_earlier: Vec<(ItemId, NaiveDate, NaiveDate)>,
    /// Items with a decision of a person, found on assets that the decision does not name.
    pub outside_decisions: Vec<(ItemId, String)>,
    /// Suppressed results.
    pub suppressed: Vec<SuppressedResult>,
    /// Results that cannot be used.
    pub refused: Vec<RefusedResult>,
    /// Proposals of VEX statements.
    pub proposals: Vec<VexProposal>,
    /// VEX statements about the weakness of an item in another product, which propose nothing.
    pub other_products: usize,
    /// VEX statements about the weakness of an item that name no product, and propose nothing.
    pub without_product: usize,
    /// Items about which VEX statements contradict each other, so that they propose nothing.
    pub contradictions: Vec<(ItemId, String)>,
    /// Number of proofs in the files; they are not stored.
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
pub fn plan_scan(
    tracker: &Tracker,
    store: &Store,
    records: &[(String, ScanRecord)],
    findings: Findings,
    options: &ScanOptions,
) -> Result<ScanPlan, PlanScanError> {
    let digests = findings.content_digests();
    // The day that the files state counts; the day that a person gives is for files without one, or with an
    // impossible one.
    let stated = findings.day();
    let possible = stated.filter(|day| *day <= options.today || options.day.is_none());
    // A checklist without a day may be the same in each month, so that a person's other day is another scan.
    let other_day = options.day.filter(|_| possible.is_none());
    let known_record = records.iter().find(|(_, record)| {
        record.is_of(&digests)
            && other_day.is_none_or(|day| record.day == day || !record.day_attested)
    });
    let day = match (known_record, possible, options.day) {
        (Some((_, record)), ..) => ScanDay { day: record.day, is_attested: record.day_attested },
        (None, Some(day), _) => ScanDay { day, is_attested: false },
        (None, None, Some(day)) => ScanDay { day, is_attested: true },
        (None, None, None) => return Err(PlanScanError::NoDay),
    };
    if day.day > options.today {
        return Err(PlanScanError::Future { day: day.day });
    }
    if let Some(detected) = options.detected.filter(|detected| *detected > options.today) {
        return Err(PlanScanError::Detected { day: detected, problem: "in the future" });
    }
    let unused_day = options.day.filter(|given| *given != day.day);
    let known = known_record.map(|(path, _)| path.clone());
    let mut planner = ScanPlanner::new(tracker, store, records, day, options, &findings);
    if known.is_none() {
        planner.plan_findings(&findings)?;
    }
    planner.count_findings(&findings);
    if let Some((_, recorded)) = known_record {
        planner.counts = recorded.counts;
    }
    let record = planner.finished_record();
    let record_path = format!("{}{}", tracker.prefix, record.path());
    let mut same_scan = None;
    if known.is_none() {
        let is_same = |(_, other): &&(String, ScanRecord)| {
            // Two scanners may run at the same time, each on its own hosts.
            let same_targets =
                record.assets.is_empty() || !record.assets.is_disjoint(&other.assets);
            same_targets && other.is_same_scan(&record, &BTreeSet::new())
        };
        same_scan = records.iter().find(is_same).map(|(path, _)| path.clone());
        let mut all = records.to_vec();
        all.push((record_path.clone(), record.clone()));
        sort_records(&mut all);
        planner.plan_absent(&all, &record_path)?;
    }
    if !planner.counts.adds_up() {
        return Err(PlanScanError::Unaccounted { counts: planner.counts });
    }
    let proposals = find_proposals(store, &findings, &tracker.settings);
    Ok(ScanPlan {
        record_text: record.to_text()?,
        record,
        record_path,
        known,
        same_scan,
        unused_day,
        counts: planner.counts,
        new: planner.new,
        changed: planner.changed,
        unchanged: planner.unchanged,
        false_positives: planner.false_positives,
        not_reopened: planner.not_reopened,
        absent: planner.absent,
        not_shown: planner.not_shown,
        informational: planner.informational,
        unrated: planner.unrated,
        rated_otherwise: planner.rated_otherwise,
        detected_earlier: planner.detected_earlier,
        outside_decisions: planner.outside_decisions,
        proofs: findings.failed.values().map(|finding| finding.proofs).sum(),
        suppressed: findings.suppressed,
        refused: findings.refused,
        proposals: proposals.list,
        other_products: proposals.other_products,
        without_product: proposals.without_product,
        contradictions: proposals.contradictions,
    })
}
