//! Results of one scan, joined to findings: one finding for each item-to-be.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

use chrono::NaiveDate;
use flate2::read::MultiGzDecoder;
use poam_scans::{
    Asset, AssetNaming, CheckKind, Outcome, Package, Refusal, ResultSink, ScanError, ScanLimits,
    ScanResult, ScanRun, Severity, VexStatement,
};
use sha2::{Digest as _, Sha256};

use super::asset_name::asset_key;
use super::counts::RefusedResult;
use super::grouping::{ResultKeys, join_related, keys_of};
use super::index::{FindingKey, detector_family};
use crate::settings::{ScanGrouping, ScanSettings};

/// So many bytes of a file are read, compressed or not.
const MAX_BYTES: u64 = 2 << 30;

/// A file of results, or what replaces one.
pub struct ScanFile<'a> {
    /// The name for messages and for the record.
    pub name: String,
    /// The content, maybe compressed with gzip.
    pub content: &'a mut dyn Read,
    /// Whether it only lay in a folder that was named, so that it may be something else.
    pub from_folder: bool,
}

/// Reasons why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The file is no scan, is cut off, or passes a limit.
    #[error("{file}: {source}")]
    Scan {
        /// The name of the file.
        file: String,
        /// The fault.
        #[source]
        source: ScanError,
    },
    /// Two files hold the same bytes; their results would count twice.
    #[error("{file} holds the same as {other}; name one of them")]
    Twice {
        /// The name of the file.
        file: String,
        /// The name of the one before.
        other: String,
    },
    /// A folder holds no results.
    #[error("none of the files in the folder is of a known format: {}", skipped.join(", "))]
    NoResults {
        /// The names of the files.
        skipped: Vec<String>,
    },
}

/// Results of a weakness on one asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AssetResults {
    /// Number of results that name this asset first.
    pub results: usize,
    /// The earliest day that the file holds for the weakness there.
    pub first_day: Option<NaiveDate>,
}

/// Results of one weakness together.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Key by which it is recognised.
    pub key: FindingKey,
    /// The detector as the files name it.
    pub detector: String,
    /// Number of results.
    pub results: usize,
    /// File and place of the first result.
    pub place: String,
    /// The kind of weakness.
    pub kind: CheckKind,
    /// The name.
    pub title: String,
    /// The description.
    pub description: String,
    /// Remediation.
    pub remediation: String,
    /// The highest severity of its results.
    pub severity: Severity,
    /// The word that this severity was read from.
    pub severity_source: String,
    /// The affected assets.
    pub assets: BTreeMap<Asset, AssetResults>,
    /// Other keys of its results, where results are grouped: all CVEs or packages, and the scanners' ids.
    pub aliases: BTreeSet<FindingKey>,
    /// The assets of each key, where results are grouped.
    pub assets_of_keys: BTreeMap<FindingKey, BTreeSet<Asset>>,
    /// The detectors that found it, with the kind of checks where a tool has several: `nessus`,
    /// `trivy os-pkgs`.
    pub methods: BTreeSet<String>,
    /// The first family that a result names.
    pub family: Option<String>,
    /// CVE ids.
    pub cves: BTreeSet<String>,
    /// References, in the order of the files.
    pub references: Vec<String>,
    /// CVSS vectors, in the order of the files.
    pub cvss: Vec<String>,
    /// Whether the file states that it is in the catalog of known exploited vulnerabilities.
    pub kev: bool,
    /// The earliest due date of that catalog.
    pub kev_due: Option<NaiveDate>,
    /// CCI ids.
    pub ccis: BTreeSet<String>,
    /// Controls of NIST SP 800-53 that the file names.
    pub controls: BTreeSet<String>,
    /// Affected packages.
    pub packages: BTreeSet<Package>,
    /// Package URLs of the affected packages.
    pub purls: BTreeSet<String>,
    /// The earliest day that the file holds for it.
    pub first_day: Option<NaiveDate>,
    /// Proofs that the files hold and that are not retained.
    pub proofs: usize,
}

/// A result that the scanner was configured to leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressedResult {
    /// Key by which it would be recognised.
    pub key: FindingKey,
    /// The other keys of the result, where results are grouped.
    pub aliases: Vec<FindingKey>,
    /// The name of the weakness.
    pub title: String,
    /// The reason that the file gives.
    pub reason: String,
}

/// All that the files of one scan hold.
#[derive(Debug, Default)]
pub struct Findings {
    /// Names and SHA-256 digests (of the bytes as they lie there) of the files.
    pub files: Vec<(String, String)>,
    /// SHA-256 digests of what is in compressed files, by name.
    pub digests_of_content: BTreeMap<String, String>,
    /// Names of files in folders that are of no known format.
    pub skipped: Vec<String>,
    /// The names of the formats.
    pub formats: BTreeSet<&'static str>,
    /// The runs.
    pub runs: Vec<ScanRun>,
    /// Weaknesses that are there, by key.
    pub failed: BTreeMap<FindingKey, Finding>,
    /// Suppressed results.
    pub suppressed: Vec<SuppressedResult>,
    /// Results that cannot be used.
    pub refused: Vec<RefusedResult>,
    /// Number of them that may hold a weakness: all but blank rows.
    pub lost_results: usize,
    /// VEX statements.
    pub statements: Vec<VexStatement>,
    /// Checks that were not made or finished: key and asset (empty where the file does not state).
    pub not_checked: BTreeSet<(FindingKey, String)>,
    /// Checks that were made and did not find the weakness: key and asset, by which assets are compared.
    pub passed: BTreeSet<(FindingKey, String)>,
    /// The last day on which a result states that its asset was looked at, by the key of the asset.
    pub days: BTreeMap<String, NaiveDate>,
    /// Number of results that were not checked.
    pub not_checked_results: usize,
    /// Number of results that passed, are fixed or do not apply.
    pub passed_results: usize,
    /// All results.
    pub results: usize,
}

impl Findings {
    /// Returns the last day that a run names, or that of the last statement where the files hold statements
    /// alone.
    pub fn day(&self) -> Option<NaiveDate> {
        let day = self.runs.iter().filter_map(|run| run.day).max();
        let of_statements = self.statements.iter().filter_map(|statement| statement.day);
        day.or(of_statements.max().filter(|_| self.results == 0))
    }

    /// Returns the names of all assets that were looked at in full; none where the entire scan is
    /// incomplete.
    pub fn covered_assets(&self) -> BTreeSet<String> {
        let incomplete = self.incomplete_assets();
        if incomplete.contains_key("") {
            return BTreeSet::new();
        }
        let runs = self.runs.iter().flat_map(|run| &run.assets).map(|asset| asset.name.clone());
        let found = self.failed.values().flat_map(|finding| finding.assets.keys());
        runs.chain(found.map(|asset| asset.name.clone()))
            .filter(|name| !name.is_empty() && !incomplete.contains_key(name))
            .collect()
    }

    /// Returns the assets that tools looked at in full which list only what they find, by the tool's
    /// family of detectors and the kind of its checks.
    pub(super) fn looked_at(&self) -> BTreeMap<String, BTreeSet<String>> {
        let incomplete = self.incomplete_assets();
        let mut looked_at: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        if incomplete.contains_key("") {
            return looked_at;
        }
        let unfinished: BTreeSet<String> = incomplete.keys().map(|name| asset_key(name)).collect();
        for run in &self.runs {
            let Some(detector) = &run.lists_only_findings else { continue };
            let mut add = |method: String, names: &mut dyn Iterator<Item = &str>| {
                let keys = names.map(asset_key).filter(|key| !key.is_empty());
                let keys = keys.filter(|key| !unfinished.contains(key));
                looked_at.entry(method).or_default().extend(keys);
            };
            if run.classes.is_empty() {
                let names = &mut run.assets.iter().map(|asset| asset.name.as_str());
                add(method_name(detector, None), names);
            }
            for (class, names) in &run.classes {
                add(method_name(detector, Some(class)), &mut names.iter().map(String::as_str));
            }
        }
        looked_at
    }

    /// Returns a digest of what was found and where. One scan in two formats has one digest.
    pub(super) fn digest_of_findings(&self) -> String {
        let mut digest = Sha256::new();
        for finding in self.failed.values() {
            if finding.severity == Severity::Informational {
                continue;
            }
            digest.update(format!("{} {}\n", finding.key.detector, finding.key.id));
            let assets: BTreeSet<String> =
                finding.assets.keys().map(|asset| asset_key(&asset.name)).collect();
            for asset in assets {
                digest.update(format!("\t{asset}\n"));
            }
        }
        to_hex(&digest.finalize())[..16].to_owned()
    }

    /// Returns the families of detectors that name images and packages with their release.
    pub(super) fn artifact_families(&self) -> BTreeSet<String> {
        let runs = self.runs.iter().filter(|run| run.naming == AssetNaming::Artifacts);
        let families = runs
            .map(|run| detector_family(run.lists_only_findings.as_deref().unwrap_or(&run.tool)));
        families.collect()
    }

    /// Returns the digests by which the same files are known again: of the content, compressed or not.
    pub(super) fn content_digests(&self) -> BTreeSet<&str> {
        self.files
            .iter()
            .map(|(name, digest)| self.digests_of_content.get(name).unwrap_or(digest).as_str())
            .collect()
    }

    /// Returns the assets that were not or not wholly looked at, with the reason. An entry with an
    /// empty name means that the entire run is incomplete.
    pub fn incomplete_assets(&self) -> BTreeMap<String, String> {
        let runs = self.runs.iter().flat_map(|run| &run.incomplete);
        let mut incomplete: BTreeMap<String, String> =
            runs.map(|(asset, reason)| (asset.name.clone(), reason.clone())).collect();
        // A result that cannot be used may be the weakness that then looks absent.
        if self.lost_results > 0 {
            let reason = format!("{} results cannot be used", self.lost_results);
            incomplete.entry(String::new()).or_insert(reason);
        }
        incomplete
    }
}

/// Returns the name of a family of detectors with the kind of its checks: `nessus`, `trivy os-pkgs`.
pub(super) fn method_name(detector: &str, class: Option<&str>) -> String {
    let family = detector_family(detector);
    match class {
        Some(class) if !class.is_empty() => format!("{family} {class}"),
        _ => family,
    }
}

fn to_hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the files of one scan.
///
/// # Errors
///
/// A file cannot be read in full. Then nothing of any file counts.
pub fn read_files(
    files: Vec<ScanFile<'_>>,
    settings: &ScanSettings,
) -> Result<Findings, IntakeError> {
    let mut findings = Findings::default();
    for mut file in files {
        file.name = unique_name(file.name, &findings.files);
        let (name, from_folder) = (file.name.clone(), file.from_folder);
        match read_file(file, settings, &mut findings) {
            Ok(()) => {}
            Err(ScanError::UnknownFormat { .. } | ScanError::NotResults { .. }) if from_folder => {
                findings.skipped.push(name);
                continue;
            }
            Err(source) => return Err(IntakeError::Scan { file: name, source }),
        }
        if let Some(((file, _), before)) = findings.files.split_last()
            && let Some(other) = before.iter().find(|(other, digest)| {
                let content =
                    |name, digest| findings.digests_of_content.get(name).unwrap_or(digest);
                let own = findings.files.last().map(|(name, digest)| content(name, digest));
                own == Some(content(other, digest))
            })
        {
            return Err(IntakeError::Twice { file: file.clone(), other: other.0.clone() });
        }
    }
    if settings.group != ScanGrouping::Id {
        findings.failed = join_related(std::mem::take(&mut findings.failed));
    }
    if findings.files.is_empty() && !findings.skipped.is_empty() {
        return Err(IntakeError::NoResults { skipped: findings.skipped });
    }
    Ok(findings)
}

/// Returns a name that no file before has: `scan.nessus (2)`.
fn unique_name(name: String, files: &[(String, String)]) -> String {
    let is_taken = |name: &str| files.iter().any(|(known, _)| known == name);
    if !is_taken(&name) {
        return name;
    }
    (2..).map(|number| format!("{name} ({number})")).find(|name| !is_taken(name)).unwrap_or(name)
}

fn read_file(
    file: ScanFile<'_>,
    settings: &ScanSettings,
    findings: &mut Findings,
) -> Result<(), ScanError> {
    let mut hashing = HashingReader::new(file.content);
    let mut raw = BufReader::with_capacity(1 << 16, &mut hashing);
    let compressed = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut sink = FindingSink { file: &file.name, settings, findings };
    let mut content_digest = None;
    let format = if compressed {
        let mut decoder = MultiGzDecoder::new(&mut raw);
        let mut content = HashingReader::new(&mut decoder);
        let mut plain = BufReader::with_capacity(1 << 16, &mut content);
        let format = poam_scans::read(&mut plain, ScanLimits::default(), &mut sink)?;
        std::io::copy(&mut plain, &mut std::io::sink())?;
        content_digest = Some(to_hex(&content.digest.finalize()));
        format
    } else {
        poam_scans::read(&mut raw, ScanLimits::default(), &mut sink)?
    };
    // The digest includes the rest of the file, which the format did not read.
    std::io::copy(&mut raw, &mut std::io::sink())?;
    let digest = to_hex(&hashing.digest.finalize());
    if let Some(content_digest) = content_digest {
        findings.digests_of_content.insert(file.name.clone(), content_digest);
    }
    findings.files.push((file.name, digest));
    findings.formats.insert(format.name);
    Ok(())
}

/// Computes the digest of what is read, and ends a source that never ends.
struct HashingReader<'a> {
    inner: &'a mut dyn Read,
    digest: Sha256,
    bytes: u64,
}

impl<'a> HashingReader<'a> {
    fn new(inner: &'a mut dyn Read) -> Self {
        Self { inner, digest: Sha256::new(), bytes: 0 }
    }
}

impl Read for HashingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digest.update(&buffer[..count]);
        self.bytes += count as u64;
        if self.bytes > MAX_BYTES {
            let message = format!("more than {} GiB; split the file", MAX_BYTES >> 30);
            return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, message));
        }
        Ok(count)
    }
}

/// Joins results to findings as they come.
struct FindingSink<'a> {
    file: &'a str,
    settings: &'a ScanSettings,
    findings: &'a mut Findings,
}

impl ResultSink for FindingSink<'_> {
    fn run(&mut self, run: ScanRun) -> ControlFlow<()> {
        self.findings.runs.push(run);
        ControlFlow::Continue(())
    }

    fn result(&mut self, result: ScanResult) -> ControlFlow<()> {
        self.findings.results += 1;
        let ResultKeys { key, aliases } = keys_of(&result, self.settings);
        self.note_day(&result);
        match &result.outcome {
            Outcome::Passed | Outcome::Fixed | Outcome::NotApplicable => {
                self.findings.passed_results += 1;
                let assets = assets_or_none(&result);
                for key in std::iter::once(key).chain(aliases) {
                    let pairs = assets.iter().map(|asset| (key.clone(), asset_key(asset)));
                    self.findings.passed.extend(pairs);
                }
            }
            Outcome::NotChecked { .. } => {
                self.findings.not_checked_results += 1;
                let assets = assets_or_none(&result);
                for key in std::iter::once(key).chain(aliases) {
                    let pairs = assets.iter().map(|asset| (key.clone(), asset_key(asset)));
                    self.findings.not_checked.extend(pairs);
                }
            }
            Outcome::Suppressed { reason } => {
                let reason = reason.clone();
                self.findings.suppressed.push(SuppressedResult {
                    key,
                    aliases,
                    title: result.title,
                    reason,
                });
            }
            Outcome::Failed => self.add_result(key, aliases, result),
        }
        ControlFlow::Continue(())
    }

    fn refused(&mut self, refusal: Refusal) -> ControlFlow<()> {
        self.findings.results += 1;
        let Refusal { place, reason, is_blank } = refusal;
        self.findings.lost_results += usize::from(!is_blank);
        self.findings.refused.push(RefusedResult { file: self.file.to_owned(), place, reason });
        ControlFlow::Continue(())
    }

    fn statement(&mut self, statement: VexStatement) -> ControlFlow<()> {
        self.findings.statements.push(statement);
        ControlFlow::Continue(())
    }
}

/// Returns the names of the assets of a result, or one blank name where the file does not state them.
fn assets_or_none(result: &ScanResult) -> Vec<&str> {
    match result.assets.as_slice() {
        [] => vec![""],
        assets => assets.iter().map(|asset| asset.name.as_str()).collect(),
    }
}

impl FindingSink<'_> {
    fn note_day(&mut self, result: &ScanResult) {
        let Some(day) = result.last_seen else { return };
        for asset in &result.assets {
            let known = self.findings.days.entry(asset_key(&asset.name)).or_insert(day);
            *known = day.max(*known);
        }
    }

    fn add_result(&mut self, key: FindingKey, aliases: Vec<FindingKey>, result: ScanResult) {
        // Where results are grouped, the key of the scanner is the last alias.
        let family = aliases.last().unwrap_or(&key).detector.clone();
        let finding = self.findings.failed.entry(key.clone()).or_insert_with(|| Finding {
            key: key.clone(),
            detector: result.detector.clone(),
            results: 0,
            place: format!("{}: {}", self.file, result.place),
            kind: result.kind,
            title: result.title.clone(),
            description: result.description.clone(),
            remediation: result.remediation.clone(),
            severity: result.severity,
            severity_source: result.severity_source.clone(),
            assets: BTreeMap::new(),
            aliases: BTreeSet::new(),
            assets_of_keys: BTreeMap::new(),
            methods: BTreeSet::new(),
            family: result.family.clone(),
            cves: BTreeSet::new(),
            references: Vec::new(),
            cvss: Vec::new(),
            kev: false,
            kev_due: None,
            ccis: BTreeSet::new(),
            controls: BTreeSet::new(),
            packages: BTreeSet::new(),
            purls: BTreeSet::new(),
            first_day: None,
            proofs: 0,
        });
        finding.results += 1;
        finding.proofs += result.proofs;
        if result.severity > finding.severity {
            finding.severity = result.severity;
            finding.severity_source = result.severity_source;
        }
        if !aliases.is_empty() {
            for key in std::iter::once(&key).chain(&aliases) {
                let assets = finding.assets_of_keys.entry(key.clone()).or_default();
                assets.extend(result.assets.iter().cloned());
            }
            finding.aliases.extend(aliases);
        }
        let method = match &result.class {
            Some(class) => format!("{family} {class}"),
            None => family,
        };
        if !finding.methods.contains(&method) {
            finding.methods.insert(method);
        }
        let day = earlier_day(result.first_seen, result.last_seen);
        for (at, asset) in result.assets.into_iter().enumerate() {
            let on_asset = finding.assets.entry(asset).or_default();
            on_asset.results += usize::from(at == 0);
            on_asset.first_day = earlier_day(on_asset.first_day, day);
        }
        finding.cves.extend(result.cves);
        finding.ccis.extend(result.ccis);
        finding.controls.extend(result.controls);
        finding.packages.extend(result.packages);
        finding.purls.extend(result.purls);
        finding.kev |= result.kev;
        finding.kev_due = earlier_day(finding.kev_due, result.kev_due);
        finding.first_day = earlier_day(finding.first_day, day);
        for (list, more) in
            [(&mut finding.references, result.references), (&mut finding.cvss, result.cvss)]
        {
            add_new(list, more);
        }
    }
}

/// Adds texts that a list does not have yet, in their order.
pub(super) fn add_new(list: &mut Vec<String>, more: Vec<String>) {
    for text in more {
        if !list.contains(&text) {
            list.push(text);
        }
    }
}

/// Returns the earlier of two days that may be absent.
pub(super) fn earlier_day(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Finding {
    /// Returns the assets on which results of some keys found it.
    pub(super) fn assets_of(&self, keys: &[FindingKey]) -> BTreeSet<Asset> {
        if self.assets_of_keys.is_empty() {
            return self.assets.keys().cloned().collect();
        }
        let of_keys = keys.iter().filter_map(|key| self.assets_of_keys.get(key));
        of_keys.flatten().cloned().collect()
    }

    /// Returns the earliest day that the files hold for it on some of its assets.
    pub(super) fn first_day_on(&self, assets: &BTreeSet<Asset>) -> Option<NaiveDate> {
        if self.assets.is_empty() {
            return self.first_day;
        }
        let days = assets.iter().filter_map(|asset| self.assets.get(asset)?.first_day);
        days.min()
    }

    /// Returns the part of it that is about some of its assets.
    pub(super) fn on(&self, assets: &BTreeSet<Asset>) -> Self {
        if assets.len() == self.assets.len() {
            return self.clone();
        }
        let mut part = self.clone();
        part.assets.retain(|asset, _| assets.contains(asset));
        part.results = part.assets.values().map(|on_asset| on_asset.results).sum();
        part.first_day = self.first_day_on(assets);
        for of_key in part.assets_of_keys.values_mut() {
            of_key.retain(|asset| assets.contains(asset));
        }
        part
    }
}
