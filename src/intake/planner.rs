//! Decides what becomes of each finding. What becomes of items that a scan did not find is in
//! [`super::absent`].

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};
use poam_scans::{Asset, Severity};
use serde_json::Value;

use super::asset_name::{asset_key, asset_name, comparable_asset, key_of_asset};
use super::clean::CleanWeakness;
use super::counts::ScanCounts;
use super::finding::{Finding, Findings, method_name};
use super::index::{ItemIndex, item_keys};
use super::item_text::{find_rating, new_item};
use super::new_record::{ScanDay, new_record};
use super::plan::{AbsentItem, ChangedItem, NewItem, PlanScanError, ScanOptions};
use super::record::{ScanRecord, key_text};
use super::sharing::{decision, share};
use crate::change::{Change, Transition, TransitionError, file_text};
use crate::document::Edit;
use crate::model::{Item, ItemId, RiskRating, Status};
use crate::settings::{Reappearing, Settings};
use crate::store::{Store, Stored, Tracker};

/// Builds a plan.
pub(super) struct ScanPlanner<'a> {
    tracker: &'a Tracker,
    pub(super) settings: &'a Settings,
    pub(super) store: &'a Store,
    index: ItemIndex<'a>,
    pub(super) options: &'a ScanOptions,
    /// The scans before, oldest first.
    records: &'a [(String, ScanRecord)],
    /// The record of this scan, as far as it is made.
    pub(super) own: ScanRecord,
    taken: BTreeSet<ItemId>,
    uses_detected: bool,
    pub(super) counts: ScanCounts,
    pub(super) new: Vec<NewItem>,
    pub(super) changed: Vec<ChangedItem>,
    pub(super) unchanged: Vec<ItemId>,
    pub(super) false_positives: Vec<ItemId>,
    pub(super) not_reopened: Vec<(ItemId, String)>,
    pub(super) absent: Vec<AbsentItem>,
    pub(super) not_shown: Vec<(ItemId, String)>,
    pub(super) informational: Vec<ItemId>,
    pub(super) unrated: Vec<(String, RiskRating)>,
    pub(super) rated_otherwise: Vec<(ItemId, RiskRating, RiskRating)>,
    pub(super) detected_earlier: Vec<(ItemId, NaiveDate, NaiveDate)>,
    pub(super) outside_decisions: Vec<(ItemId, String)>,
}

/// Changes of a scan in the assets of an item.
#[derive(Default)]
struct AssetChanges {
    added: Vec<String>,
    removed: Vec<String>,
}

impl<'a> ScanPlanner<'a> {
    pub(super) fn new(
        tracker: &'a Tracker,
        store: &'a Store,
        records: &'a [(String, ScanRecord)],
        day: ScanDay,
        options: &'a ScanOptions,
        findings: &Findings,
    ) -> Self {
        let mut taken = options.taken.clone();
        taken.extend(store.ids().cloned());
        let index = ItemIndex::new(store, &tracker.settings.scan);
        let mut own = new_record(findings, store, &index, options, day);
        own.order = records.iter().filter(|(_, other)| other.day == own.day).count();
        Self {
            tracker,
            settings: &tracker.settings,
            store,
            index,
            options,
            records,
            own,
            taken,
            uses_detected: false,
            counts: ScanCounts::default(),
            new: Vec::new(),
            changed: Vec::new(),
            unchanged: Vec::new(),
            false_positives: Vec::new(),
            not_reopened: Vec::new(),
            absent: Vec::new(),
            not_shown: Vec::new(),
            informational: Vec::new(),
            unrated: Vec::new(),
            rated_otherwise: Vec::new(),
            detected_earlier: Vec::new(),
            outside_decisions: Vec::new(),
        }
    }

    /// Plans what becomes of each finding.
    pub(super) fn plan_findings(&mut self, findings: &Findings) -> Result<(), PlanScanError> {
        let mut undated = Vec::new();
        let artifacts = findings.artifact_families();
        for finding in findings.failed.values() {
            let rating = find_rating(finding.severity, &self.settings.scan);
            let items = self.index.find(finding, self.settings);
            let shared = share(finding, &items, self.settings, &artifacts);
            // The weakness is still there, however the scanner rates it now.
            for (stored, assets) in &shared.open {
                self.plan_known(stored, finding, assets, rating)?;
            }
            for (stored, _) in &shared.false_positives {
                self.false_positives.push(stored.item.id.clone());
            }
            for (stored, assets) in &shared.releases {
                let found = "found on another release, so look whether that holds for it";
                self.note_decision(stored, &format!("{found}: {}", names(assets)));
            }
            let is_known = !items.open.is_empty() || !items.false_positives.is_empty();
            if is_known && shared.rest.is_empty() {
                self.counts.known += finding.results;
                continue;
            }
            let part = match is_known {
                true => Cow::Owned(finding.on(&shared.rest)),
                false => Cow::Borrowed(finding),
            };
            self.counts.known += finding.results - part.results;
            let lists_rest = |stored: &&Stored| {
                let rest: BTreeSet<String> =
                    shared.rest.iter().map(|asset| asset_key(&asset.name)).collect();
                stored.item.assets.iter().any(|asset| rest.contains(&key_of_asset(asset)))
            };
            let closed = items.closed.filter(|stored| !is_known || lists_rest(stored));
            let minimum = self.settings.scan.minimum;
            let Some(rating) = rating.filter(|rating| closed.is_some() || *rating >= minimum)
            else {
                self.counts.below += part.results;
                continue;
            };
            let new_before = self.new.len();
            if let Some(stored) = closed {
                self.plan_closed(stored, &part, rating)?;
            } else if self.first_day(&part).or(self.options.detected).is_none() {
                undated.push(key_text(&part.key));
                continue;
            } else {
                self.plan_new(&part, rating, None)?;
            }
            let Some(new) = self.new.get(new_before) else {
                self.counts.known += part.results;
                continue;
            };
            self.counts.new += part.results;
            let outcome = format!("{} has the other assets: {}", new.item.id, names(&shared.rest));
            for stored in &shared.beside {
                self.note_decision(stored, &outcome);
            }
        }
        match undated.first() {
            Some(first) => {
                Err(PlanScanError::NoDetection { count: undated.len(), first: first.clone() })
            }
            None => Ok(()),
        }
    }

    /// Notes what a scan found beside the assets of a decision, which holds for those that its item lists.
    fn note_decision(&mut self, stored: &Stored, outcome: &str) {
        let Some(decision) = decision(&stored.item, self.settings) else { return };
        self.outside_decisions
            .push((stored.item.id.clone(), format!("{decision} for what it lists; {outcome}")));
    }

    /// Returns the earliest day that the files hold for a finding; one in the future is none.
    fn first_day(&self, finding: &Finding) -> Option<NaiveDate> {
        finding.first_day.filter(|day| *day <= self.options.today)
    }

    fn plan_new(
        &mut self,
        finding: &Finding,
        rating: RiskRating,
        predecessor: Option<&Item>,
    ) -> Result<(), PlanScanError> {
        // A weakness that reappeared counts as detected on the day on which it reappeared.
        let own = match predecessor {
            Some(_) => Some(self.own.day),
            None => self.first_day(finding),
        };
        let Some(detected) = own.or(self.options.detected) else { return Ok(()) };
        if own.is_none() {
            if detected > self.own.day {
                let problem = "after the day of the scan";
                return Err(PlanScanError::Detected { day: detected, problem });
            }
            self.uses_detected = true;
        }
        let year = detected.year();
        let id = self.tracker.next_id(&self.taken, year)?;
        self.taken.insert(id.clone());
        let status: Status = Status::OPEN.parse().map_err(PlanScanError::Status)?;
        let mut item = new_item(id.clone(), finding, rating, detected, status, self.settings);
        item.successor_of = predecessor.map(|item| item.id.clone());
        if finding.severity == Severity::Unknown {
            self.unrated.push((key_text(&finding.key), rating));
        }
        let path = self.tracker.path_for(&id, year);
        let text = file_text(&item, &self.tracker.schema_for(&path))?;
        let found = finding.assets.keys().cloned().collect();
        self.note_found(&item, finding, &found);
        self.new.push(NewItem { successor_of: item.successor_of.clone(), item, path, text });
        Ok(())
    }

    fn plan_known(
        &mut self,
        stored: &Stored,
        finding: &Finding,
        found: &BTreeSet<Asset>,
        rating: Option<RiskRating>,
    ) -> Result<(), PlanScanError> {
        let item = &stored.item;
        self.note_found(item, finding, found);
        match rating {
            Some(rating) if rating != item.original_risk_rating => {
                self.rated_otherwise.push((item.id.clone(), rating, item.original_risk_rating));
            }
            Some(_) => {}
            None => self.informational.push(item.id.clone()),
        }
        let first_day = finding.first_day_on(found).filter(|day| *day <= self.options.today);
        if let Some(day) = first_day.filter(|day| self.is_earlier_detection(item, *day)) {
            self.detected_earlier.push((item.id.clone(), day, item.original_detection_date));
        }
        let mut edits = Vec::new();
        let mut changes = Vec::new();
        let assets = self.asset_edits(item, found, &mut edits);
        for cve in finding.cves.iter().filter(|cve| !item.cves.contains(cve)) {
            edits.push(Edit::append("/cves", Value::from(cve.as_str())));
            changes.push(format!("new CVE {cve}"));
        }
        if finding.kev && !item.kev.as_ref().is_some_and(|kev| kev.listed) {
            let mut kev = serde_json::json!({"listed": true});
            if let Some(due) = finding.kev_due {
                kev["due"] = Value::from(due.to_string());
            }
            edits.push(Edit::set("/kev", kev));
            changes.push("known to be exploited (KEV)".to_owned());
        }
        let mut document = stored.document.apply_edits(&edits, &Item::FIELDS)?;
        let mut overrides = None;
        // Work that was to be validated did not hold, unless newer scans state otherwise.
        if item.status.as_str() == Status::PENDING_VALIDATION && !self.newer_scans_tell(item) {
            let edited = Stored::from_document(document.clone()).ok();
            let reason = format!("found again by the scan of {}", self.own.day);
            match edited.map(|edited| self.take_up_again(&edited, &reason)) {
                Some(Ok((moved, status))) => {
                    overrides = override_of(&moved);
                    document = moved.document;
                    changes.push(format!("back to {status}: found again"));
                }
                Some(Err(refusal)) => {
                    self.not_reopened.push((item.id.clone(), one_line(&refusal)));
                }
                None => {}
            }
        }
        if assets.added.is_empty() && assets.removed.is_empty() && changes.is_empty() {
            self.unchanged.push(item.id.clone());
            return Ok(());
        }
        self.changed.push(ChangedItem {
            id: item.id.clone(),
            before: stored.document.clone(),
            after: document,
            closed: None,
            overrides,
            added_assets: assets.added,
            removed_assets: assets.removed,
            changes,
        });
        Ok(())
    }

    /// Returns whether a day of detection is before that of an item. A weakness that reappeared after its item
    /// was closed was detected again, so that days before the closing do not count.
    fn is_earlier_detection(&self, item: &Item, day: NaiveDate) -> bool {
        let predecessor = item.successor_of.as_ref().and_then(|id| self.store.find(id));
        let closed = predecessor.and_then(|stored| stored.item.completion_date);
        day < item.original_detection_date && closed.is_none_or(|closed| day > closed)
    }

    /// Returns the scans that were recorded before this one and are newer.
    fn newer(&self) -> impl Iterator<Item = &'a ScanRecord> {
        let day = self.own.day;
        self.records.iter().map(|(_, record)| record).filter(move |record| record.day > day)
    }

    /// Returns whether newer scans found an item, or show that it is gone.
    fn newer_scans_tell(&self, item: &Item) -> bool {
        let Some(weakness) = self.clean_weakness(item) else { return false };
        self.newer().any(|record| {
            weakness.is_found_by(record)
                || weakness.methods.iter().all(|method| weakness.check_gone(record, method).is_ok())
        })
    }

    fn clean_weakness(&self, item: &Item) -> Option<CleanWeakness> {
        let records = self.records.iter().map(|(_, record)| record);
        CleanWeakness::new(item, &self.settings.scan, records)
    }

    /// Adds the assets that the scan found, and removes those on which it shows that the weakness is gone.
    /// Others stay, in their order; and so do those of which newer scans show.
    fn asset_edits(
        &self,
        item: &Item,
        found: &BTreeSet<Asset>,
        edits: &mut Vec<Edit>,
    ) -> AssetChanges {
        let mut assets = AssetChanges::default();
        let Some(weakness) = self.clean_weakness(item).filter(|_| !found.is_empty()) else {
            return assets;
        };
        let found_names: BTreeSet<String> =
            found.iter().map(|asset| asset_key(&asset.name)).collect();
        let found_places: BTreeSet<String> =
            found.iter().map(|asset| comparable_asset(&asset.to_string())).collect();
        let listed: BTreeSet<String> =
            item.assets.iter().map(|asset| comparable_asset(asset)).collect();
        let newer: Vec<&ScanRecord> = self.newer().collect();
        let shows_gone = |record: &ScanRecord, key: &str| {
            let methods = &weakness.methods;
            methods.iter().all(|method| weakness.check_gone_on(record, method, key).is_ok())
        };
        let newer_tell = |key: &str| {
            newer.iter().any(|record| {
                let found = record.found.get(item.id.as_str());
                found.is_some_and(|assets| assets.contains(key)) || shows_gone(record, key)
            })
        };
        for asset in &item.assets {
            let key = key_of_asset(asset);
            let is_found = found_places.contains(&comparable_asset(asset))
                // A host that is listed without a port and found on one stays as people wrote it.
                || (asset_name(asset) == asset && found_names.contains(&key));
            if !is_found && shows_gone(&self.own, &key) && !newer_tell(&key) {
                assets.removed.push(asset.clone());
            }
        }
        for asset in found {
            let key = asset_key(&asset.name);
            let is_listed =
                listed.contains(&comparable_asset(&asset.to_string())) || listed.contains(&key);
            if !is_listed && !newer_tell(&key) {
                assets.added.push(asset.to_string());
            }
        }
        // Two spellings of one host.
        let mut seen = BTreeSet::new();
        assets.added.retain(|asset| seen.insert(comparable_asset(asset)));
        if assets.removed.is_empty() {
            let append = |asset: &String| Edit::append("/assets", Value::from(asset.as_str()));
            edits.extend(assets.added.iter().map(append));
        } else {
            let kept = item.assets.iter().filter(|asset| !assets.removed.contains(asset));
            let list: Vec<Value> =
                kept.chain(&assets.added).map(|asset| Value::from(asset.as_str())).collect();
            edits.push(Edit::set("/assets", list));
        }
        assets
    }

    fn plan_closed(
        &mut self,
        stored: &Stored,
        finding: &Finding,
        rating: RiskRating,
    ) -> Result<(), PlanScanError> {
        let item = &stored.item;
        // A scan from before the closing knows nothing of it, nor does another file of such a scan.
        let names: BTreeSet<String> = item.assets.iter().map(|asset| key_of_asset(asset)).collect();
        let is_known_scan = self.records.iter().any(|(_, record)| {
            record.found.contains_key(item.id.as_str()) && record.is_same_scan(&self.own, &names)
        });
        if is_known_scan || item.completion_date.is_some_and(|closed| self.own.day < closed) {
            self.unchanged.push(item.id.clone());
            return Ok(());
        }
        if self.settings.scan.reappearing == Reappearing::Successor {
            return self.plan_new(finding, rating, Some(item));
        }
        let reason = format!("found again by the scan of {}", self.own.day);
        match self.take_up_again(stored, &reason) {
            Ok((moved, status)) => {
                let mut edits = Vec::new();
                let found = finding.assets_of(&item_keys(item, &self.settings.scan));
                let assets = self.asset_edits(item, &found, &mut edits);
                self.note_found(item, finding, &found);
                self.changed.push(ChangedItem {
                    id: item.id.clone(),
                    before: stored.document.clone(),
                    overrides: override_of(&moved),
                    after: moved.document.apply_edits(&edits, &Item::FIELDS)?,
                    closed: None,
                    added_assets: assets.added,
                    removed_assets: assets.removed,
                    changes: vec![format!("reopened as {status}: found again")],
                });
            }
            Err(refusal) => {
                self.not_reopened.push((item.id.clone(), one_line(&refusal)));
                self.plan_new(finding, rating, Some(item))?;
            }
        }
        Ok(())
    }

    fn note_found(&mut self, item: &Item, finding: &Finding, found: &BTreeSet<Asset>) {
        let id = item.id.to_string();
        let detector = item.detector_source.as_deref().unwrap_or_default();
        let usual = BTreeSet::from([method_name(detector, None)]);
        if finding.methods != usual {
            let methods = finding.methods.iter().cloned();
            self.own.found_by.entry(id.clone()).or_default().extend(methods);
        }
        let assets = found.iter().map(|asset| asset_key(&asset.name));
        self.own.found.entry(id).or_default().extend(assets);
    }

    /// Returns the record of the scan with its account.
    pub(super) fn finished_record(&self) -> ScanRecord {
        let mut record = self.own.clone();
        record.counts = self.counts;
        record.detected_attested = self.options.detected.filter(|_| self.uses_detected);
        record
    }

    pub(super) fn count_findings(&mut self, findings: &Findings) {
        self.counts.results = findings.results + findings.statements.len();
        self.counts.suppressed = findings.suppressed.len();
        self.counts.passed = findings.passed_results;
        self.counts.not_checked = findings.not_checked_results;
        self.counts.statements = findings.statements.len();
        self.counts.refused = findings.refused.len();
    }

    /// Moves an item back to work: in progress, or open where it has no owner or no plan for that.
    fn take_up_again(
        &self,
        stored: &Stored,
        reason: &str,
    ) -> Result<(Change, &'static str), TransitionError> {
        match self.plan_transition(stored, Status::IN_PROGRESS, reason, Vec::new(), true) {
            Ok(change) => Ok((change, Status::IN_PROGRESS)),
            Err(_) => {
                let change =
                    self.plan_transition(stored, Status::OPEN, reason, Vec::new(), true)?;
                Ok((change, Status::OPEN))
            }
        }
    }

    /// Moves an item with the guards of `poam transition`. A move that the workflow does not have is
    /// refused, or made as an override with its reason, as a person would make it.
    pub(super) fn plan_transition(
        &self,
        stored: &Stored,
        to: &str,
        reason: &str,
        evidence: Vec<String>,
        may_override: bool,
    ) -> Result<Change, TransitionError> {
        let transition = Transition {
            to: to.to_owned(),
            reason: Some(reason.to_owned()),
            evidence,
            date: (to == Status::CLOSED).then_some(self.own.day),
            over: may_override,
            ..Transition::default()
        };
        transition.plan_change(stored, &self.settings.workflow, self.options.today)
    }
}

/// Returns the names of some assets in one line; of many the first.
fn names(assets: &BTreeSet<Asset>) -> String {
    let first: Vec<String> = assets.iter().take(3).map(ToString::to_string).collect();
    match assets.len().checked_sub(first.len()) {
        None | Some(0) => first.join(", "),
        Some(more) => format!("{} and {more} more", first.join(", ")),
    }
}

/// Returns the move that a change makes outside the workflow's table.
pub(super) fn override_of(change: &Change) -> Option<String> {
    let fact = change.facts.iter().find(|(name, _)| *name == "Poam-Override");
    fact.map(|(_, what)| what.clone())
}

/// Returns a refusal in one line, for lists.
pub(super) fn one_line(refusal: &TransitionError) -> String {
    let text = refusal.to_string();
    let mut lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
    let first = lines.next().unwrap_or_default().to_owned();
    let others: Vec<&str> = lines.collect();
    if others.is_empty() { first } else { format!("{first} {}", others.join("; ")) }
}
