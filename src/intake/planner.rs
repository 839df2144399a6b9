//! Decides what becomes of each finding and of each item that a scan did not find.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use poam_scans::Severity;
use serde_json::Value;

use super::absence::{asset_name, clean_scans};
use super::counts::ScanCounts;
use super::finding::{Finding, Findings};
use super::index::{FindingKey, ItemIndex, keys};
use super::item_text::{new_item, rating};
use super::plan::{AbsentItem, AbsentOutcome, ChangedItem, NewItem, PlanScanError, ScanOptions};
use super::record::{ScanRecord, key_text};
use crate::change::{Refusal, Transition, file_text};
use crate::document::{Document, Edit};
use crate::model::{DeviationState, DeviationType, Item, ItemId, RiskRating, Status};
use crate::settings::{Reappearing, Settings};
use crate::store::{Store, Stored, Tracker};

/// Builds a plan.
pub(super) struct Planner<'a> {
    tracker: &'a Tracker,
    settings: &'a Settings,
    store: &'a Store,
    index: ItemIndex<'a>,
    options: &'a ScanOptions,
    day: NaiveDate,
    covered: BTreeSet<String>,
    not_checked: BTreeSet<(FindingKey, String)>,
    taken: BTreeSet<ItemId>,
    pub(super) counts: ScanCounts,
    pub(super) new: Vec<NewItem>,
    pub(super) changed: Vec<ChangedItem>,
    pub(super) unchanged: Vec<ItemId>,
    pub(super) false_positives: Vec<ItemId>,
    pub(super) not_reopened: Vec<(ItemId, String)>,
    pub(super) absent: Vec<AbsentItem>,
    pub(super) unrated: Vec<(String, RiskRating)>,
    pub(super) rated_otherwise: Vec<(ItemId, RiskRating, RiskRating)>,
    found: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        tracker: &'a Tracker,
        store: &'a Store,
        day: NaiveDate,
        options: &'a ScanOptions,
        findings: &Findings,
    ) -> Self {
        let mut taken = options.taken.clone();
        taken.extend(store.ids().cloned());
        Self {
            tracker,
            settings: &tracker.settings,
            store,
            index: ItemIndex::new(store),
            options,
            day,
            covered: findings.covered_assets(),
            not_checked: findings.not_checked.clone(),
            taken,
            counts: ScanCounts::default(),
            new: Vec::new(),
            changed: Vec::new(),
            unchanged: Vec::new(),
            false_positives: Vec::new(),
            not_reopened: Vec::new(),
            absent: Vec::new(),
            unrated: Vec::new(),
            rated_otherwise: Vec::new(),
            found: BTreeMap::new(),
        }
    }

    /// Plans what becomes of each finding.
    pub(super) fn plan_findings(&mut self, findings: &Findings) -> Result<(), PlanScanError> {
        let mut undated = Vec::new();
        for finding in findings.failed.values() {
            let rating = rating(finding.severity, &self.settings.scan);
            let known = self.index.find(&finding.key, self.settings);
            let Some(rating) =
                rating.filter(|rating| known.is_some() || *rating >= self.settings.scan.minimum)
            else {
                self.counts.below += finding.results;
                continue;
            };
            match known {
                Some(stored) => {
                    self.counts.known += finding.results;
                    self.plan_known(stored, finding, rating)?;
                }
                None => {
                    self.counts.new += finding.results;
                    if finding.first_day.or(self.options.detected).is_none() {
                        undated.push(key_text(&finding.key));
                        continue;
                    }
                    self.plan_new(finding, rating, None)?;
                }
            }
        }
        match undated.first() {
            Some(first) => {
                Err(PlanScanError::NoDetection { count: undated.len(), first: first.clone() })
            }
            None => Ok(()),
        }
    }

    fn plan_new(
        &mut self,
        finding: &Finding,
        rating: RiskRating,
        predecessor: Option<&Item>,
    ) -> Result<(), PlanScanError> {
        // What came back was detected when it came back.
        let own = if predecessor.is_some() { Some(self.day) } else { finding.first_day };
        let Some(detected) = own.or(self.options.detected) else { return Ok(()) };
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
        self.note_found(&id, finding);
        self.new.push(NewItem { successor_of: item.successor_of.clone(), item, path, text });
        Ok(())
    }

    fn plan_known(
        &mut self,
        stored: &Stored,
        finding: &Finding,
        rating: RiskRating,
    ) -> Result<(), PlanScanError> {
        let item = &stored.item;
        if self.settings.workflow.is_closed(&item.status) {
            return self.plan_closed(stored, finding, rating);
        }
        self.note_found(&item.id, finding);
        if rating != item.original_risk_rating {
            self.rated_otherwise.push((item.id.clone(), rating, item.original_risk_rating));
        }
        let mut edits = Vec::new();
        let mut changes = Vec::new();
        let (added, removed) = self.asset_edits(item, finding, &mut edits);
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
        let mut document = stored.document.edit(&edits, &Item::FIELDS)?;
        // Work that was to be validated did not hold.
        if item.status.as_str() == Status::PENDING_VALIDATION {
            let edited = Stored::of(document.clone()).ok();
            let reason = format!("found again by the scan of {}", self.day);
            match edited.map(|edited| self.take_up_again(&edited, &reason)) {
                Some(Ok((moved, status))) => {
                    document = moved;
                    changes.push(format!("back to {status}: found again"));
                }
                Some(Err(refusal)) => {
                    self.not_reopened.push((item.id.clone(), refusal.to_string()))
                }
                None => {}
            }
        }
        if added.is_empty() && removed.is_empty() && changes.is_empty() {
            self.unchanged.push(item.id.clone());
            return Ok(());
        }
        self.changed.push(ChangedItem {
            id: item.id.clone(),
            before: stored.document.clone(),
            after: document,
            added_assets: added,
            removed_assets: removed,
            changes,
        });
        Ok(())
    }

    /// Adds the assets that the scan found, and removes those that it looked at without finding the
    /// weakness there. Others stay, in their order.
    fn asset_edits(
        &self,
        item: &Item,
        finding: &Finding,
        edits: &mut Vec<Edit>,
    ) -> (Vec<String>, Vec<String>) {
        let found: BTreeSet<String> = finding.assets.iter().map(ToString::to_string).collect();
        if found.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let found_names: BTreeSet<&str> =
            finding.assets.iter().map(|asset| asset.name.as_str()).collect();
        let keys = keys(item);
        let is_unchecked = |name: &str| {
            keys.iter().any(|key| {
                self.not_checked.contains(&(key.clone(), name.to_owned()))
                    || self.not_checked.contains(&(key.clone(), String::new()))
            })
        };
        let is_gone = |asset: &str| {
            let name = asset_name(asset);
            let is_found = found.contains(asset)
                // A host that is listed without a port and found on one stays as people wrote it.
                || (asset == name && found_names.contains(name));
            !is_found && self.covered.contains(name) && !is_unchecked(name)
        };
        let removed: Vec<String> =
            item.assets.iter().filter(|asset| is_gone(asset)).cloned().collect();
        let lists = |asset: &String| {
            item.assets.contains(asset)
                || item.assets.iter().any(|listed| listed == asset_name(asset))
        };
        let added: Vec<String> = found.iter().filter(|asset| !lists(asset)).cloned().collect();
        if added.is_empty() && removed.is_empty() {
            return (added, removed);
        }
        if removed.is_empty() {
            edits.extend(
                added.iter().map(|asset| Edit::append("/assets", Value::from(asset.as_str()))),
            );
        } else {
            let kept = item.assets.iter().filter(|asset| !removed.contains(asset));
            let list: Vec<Value> =
                kept.chain(&added).map(|asset| Value::from(asset.as_str())).collect();
            edits.push(Edit::set("/assets", list));
        }
        (added, removed)
    }

    fn plan_closed(
        &mut self,
        stored: &Stored,
        finding: &Finding,
        rating: RiskRating,
    ) -> Result<(), PlanScanError> {
        let item = &stored.item;
        let approved = item
            .deviation(DeviationType::FalsePositive)
            .is_some_and(|deviation| deviation.state == DeviationState::Approved);
        if approved {
            self.false_positives.push(item.id.clone());
            return Ok(());
        }
        // A scan from before the closing knows nothing of it.
        if item.completion_date.is_some_and(|closed| self.day <= closed) {
            self.unchanged.push(item.id.clone());
            return Ok(());
        }
        if self.settings.scan.reappearing == Reappearing::Successor {
            return self.plan_new(finding, rating, Some(item));
        }
        let reason = format!("found again by the scan of {}", self.day);
        match self.take_up_again(stored, &reason) {
            Ok((after, status)) => {
                self.note_found(&item.id, finding);
                self.changed.push(ChangedItem {
                    id: item.id.clone(),
                    before: stored.document.clone(),
                    after,
                    added_assets: Vec::new(),
                    removed_assets: Vec::new(),
                    changes: vec![format!("reopened as {status}: found again")],
                });
            }
            Err(refusal) => {
                self.not_reopened.push((item.id.clone(), refusal.to_string()));
                self.plan_new(finding, rating, Some(item))?;
            }
        }
        Ok(())
    }

    fn note_found(&mut self, id: &ItemId, finding: &Finding) {
        let assets = finding.assets.iter().map(|asset| asset.name.clone());
        self.found.entry(id.to_string()).or_default().extend(assets);
    }

    /// Makes the record of the scan, without its account.
    pub(super) fn record(&self, findings: &Findings, options: &ScanOptions) -> ScanRecord {
        let mut not_checked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (key, asset) in &findings.not_checked {
            not_checked.entry(key_text(key)).or_default().insert(asset.clone());
        }
        let tools: BTreeSet<String> = findings
            .runs
            .iter()
            .map(|run| match &run.version {
                Some(version) => format!("{} {version}", run.tool),
                None => run.tool.clone(),
            })
            .filter(|tool| !tool.is_empty())
            .collect();
        let profiles: BTreeSet<String> =
            findings.runs.iter().filter_map(|run| run.profile.clone()).collect();
        let seen = findings.failed.keys().chain(findings.suppressed.iter().map(|one| &one.key));
        let mut detectors: BTreeSet<String> = seen
            .chain(findings.not_checked.iter().map(|(key, _)| key))
            .map(|key| key.detector.clone())
            .collect();
        // A run in which everything passed has no key to tell its family.
        detectors.extend(
            findings.runs.iter().map(|run| FindingKey::of_detector(&run.tool, "").detector),
        );
        if findings.formats.iter().any(|format| ["ckl", "cklb", "xccdf", "hdf"].contains(format)) {
            detectors.insert("stig".to_owned());
        }
        ScanRecord {
            version: 1,
            day: self.day,
            order: 0,
            scope: options.scope.clone(),
            tools: tools.into_iter().collect(),
            profiles: profiles.into_iter().collect(),
            formats: findings.formats.iter().map(|&name| name.to_owned()).collect(),
            files: findings.files.iter().cloned().collect(),
            detected_attested: options.detected,
            counts: ScanCounts::default(),
            detectors,
            assets: self.covered.clone(),
            incomplete: findings.incomplete_assets(),
            found: self.found.clone(),
            not_checked,
            suppressed: findings
                .suppressed
                .iter()
                .map(|one| (key_text(&one.key), one.reason.clone()))
                .collect(),
        }
    }

    pub(super) fn count(&mut self, findings: &Findings) {
        self.counts.results = findings.results + findings.statements.len();
        self.counts.suppressed = findings.suppressed.len();
        self.counts.passed = findings.passed_results;
        self.counts.not_checked = findings.not_checked_results;
        self.counts.statements = findings.statements.len();
        self.counts.refused = findings.refused.len();
    }

    /// Plans what becomes of open items that the scan did not find. `records` ends with this scan, whose
    /// record is `own`, unless later ones were recorded before.
    pub(super) fn plan_absent(
        &mut self,
        records: &[(String, ScanRecord)],
        own: &str,
    ) -> Result<(), PlanScanError> {
        let found: BTreeSet<String> = self.found.keys().cloned().collect();
        let needed = usize::try_from(self.settings.scan.clean_scans).unwrap_or(usize::MAX);
        for stored in self.store.items() {
            let item = &stored.item;
            let keys = keys(item);
            if keys.is_empty()
                || self.settings.workflow.is_closed(&item.status)
                || found.contains(item.id.as_str())
            {
                continue;
            }
            let clean = clean_scans(item, &keys, records);
            if !clean.contains(&own) {
                continue;
            }
            let outcome = if clean.len() < needed {
                AbsentOutcome::Waits
            } else {
                self.move_absent(stored, &clean[..needed.max(1)])?
            };
            self.absent.push(AbsentItem { id: item.id.clone(), clean: clean.len(), outcome });
        }
        Ok(())
    }

    fn move_absent(
        &mut self,
        stored: &Stored,
        clean: &[&str],
    ) -> Result<AbsentOutcome, PlanScanError> {
        let item = &stored.item;
        let decided = self.settings.is_accepted(item) || self.settings.is_deferred(item);
        if decided {
            let reason = format!("it is {}, which stays until a person decides", item.status);
            return Ok(AbsentOutcome::HeldBack { reason });
        }
        let to = if self.options.close { Status::CLOSED } else { Status::PENDING_VALIDATION };
        if item.status.as_str() == to {
            let reason = "it waits for validation already; close it with --close".to_owned();
            return Ok(AbsentOutcome::HeldBack { reason });
        }
        let reason = format!("not found by {} scans that covered all of its assets", clean.len());
        let evidence = clean.iter().map(|path| (*path).to_owned()).collect();
        match self.transition(stored, to, &reason, evidence) {
            Ok(after) => {
                self.changed.push(ChangedItem {
                    id: item.id.clone(),
                    before: stored.document.clone(),
                    after,
                    added_assets: Vec::new(),
                    removed_assets: Vec::new(),
                    changes: vec![format!("{} -> {to}: {reason}", item.status)],
                });
                Ok(AbsentOutcome::Moves { to: to.to_owned() })
            }
            Err(refusal) => Ok(AbsentOutcome::HeldBack { reason: refusal.to_string() }),
        }
    }

    /// Moves an item back to work: in progress, or open where it has no owner or no plan for that.
    fn take_up_again(
        &self,
        stored: &Stored,
        reason: &str,
    ) -> Result<(Document, &'static str), Refusal> {
        match self.transition(stored, Status::IN_PROGRESS, reason, Vec::new()) {
            Ok(document) => Ok((document, Status::IN_PROGRESS)),
            Err(_) => {
                Ok((self.transition(stored, Status::OPEN, reason, Vec::new())?, Status::OPEN))
            }
        }
    }

    /// Moves an item with the guards of `poam transition`. A move that the workflow does not have is
    /// an override with its reason, as a person would make it.
    fn transition(
        &self,
        stored: &Stored,
        to: &str,
        reason: &str,
        evidence: Vec<String>,
    ) -> Result<Document, Refusal> {
        let transition = Transition {
            to: to.to_owned(),
            reason: Some(reason.to_owned()),
            evidence,
            date: (to == Status::CLOSED).then_some(self.day),
            over: true,
            ..Transition::default()
        };
        transition
            .plan(stored, &self.settings.workflow, self.options.today)
            .map(|change| change.document)
    }
}
