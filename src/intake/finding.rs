//! Results of one scan, joined to findings: one finding for each item-to-be.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;

use chrono::NaiveDate;
use flate2::read::MultiGzDecoder;
use poam_scans::{
    Asset, CheckKind, Limits, Outcome, Package, Refusal, ResultSink, ScanError, ScanResult,
    ScanRun, Severity, VexStatement,
};
use sha2::{Digest as _, Sha256};

use super::counts::RefusedResult;
use super::index::FindingKey;
use crate::settings::{ScanGrouping, ScanSettings, matches_pattern};

/// So many bytes of a file are read, compressed or not.
const MAX_BYTES: u64 = 2 << 30;

/// A file of results, or what stands in for one.
pub struct ScanFile<'a> {
    /// The name for messages and for the record.
    pub name: String,
    /// The content, maybe compressed with gzip.
    pub content: &'a mut dyn Read,
    /// Whether it only lay in a folder that was named, so that it may be something else.
    pub from_folder: bool,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The file is no scan, is cut off, or passes a limit.
    #[error("{file}: {source}")]
    Scan {
        /// The name of the file.
        file: String,
        /// What is wrong.
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

/// What the results of one weakness say together.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it is recognised by.
    pub key: FindingKey,
    /// The detector as the files name it.
    pub detector: String,
    /// How many results.
    pub results: usize,
    /// File and place of the first result.
    pub place: String,
    /// The kind of weakness.
    pub kind: CheckKind,
    /// The name.
    pub title: String,
    /// The description.
    pub description: String,
    /// What removes it.
    pub remediation: String,
    /// The highest severity of its results.
    pub severity: Severity,
    /// The word that this severity was read from.
    pub severity_source: String,
    /// The affected assets.
    pub assets: BTreeSet<Asset>,
    /// The first family that a result names.
    pub family: Option<String>,
    /// CVE ids.
    pub cves: BTreeSet<String>,
    /// References, in the order of the files.
    pub references: Vec<String>,
    /// CVSS vectors, in the order of the files.
    pub cvss: Vec<String>,
    /// Whether the file says that it is in the catalog of known exploited vulnerabilities.
    pub kev: bool,
    /// The earliest due date of that catalog.
    pub kev_due: Option<NaiveDate>,
    /// CCI ids.
    pub ccis: BTreeSet<String>,
    /// Controls of NIST SP 800-53 that the file names.
    pub controls: BTreeSet<String>,
    /// Affected packages.
    pub packages: BTreeSet<Package>,
    /// The earliest day that the file holds for it.
    pub first_day: Option<NaiveDate>,
    /// Proofs that the files hold and that are not kept.
    pub proofs: usize,
}

/// A result that the scanner was told to leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuppressedResult {
    /// What it would be recognised by.
    pub key: FindingKey,
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
    /// How many of them may hold a weakness: all but blank rows.
    pub lost_results: usize,
    /// VEX statements.
    pub statements: Vec<VexStatement>,
    /// Checks that were not made or finished: key and asset (empty where the file does not say).
    pub not_checked: BTreeSet<(FindingKey, String)>,
    /// How many results were not checked.
    pub not_checked_results: usize,
    /// How many results passed, are fixed or do not apply.
    pub passed_results: usize,
    /// All results.
    pub results: usize,
}

impl Findings {
    /// Returns the last day that a run names.
    pub fn day(&self) -> Option<NaiveDate> {
        self.runs.iter().filter_map(|run| run.day).max()
    }

    /// Returns the names of all assets that were looked at as a whole; none where the whole scan is
    /// incomplete.
    pub fn covered_assets(&self) -> BTreeSet<String> {
        let incomplete = self.incomplete_assets();
        if incomplete.contains_key("") {
            return BTreeSet::new();
        }
        let runs = self.runs.iter().flat_map(|run| &run.assets).map(|asset| asset.name.clone());
        let found = self.failed.values().flat_map(|finding| &finding.assets);
        runs.chain(found.map(|asset| asset.name.clone()))
            .filter(|name| !name.is_empty() && !incomplete.contains_key(name))
            .collect()
    }

    /// Returns the assets that were not or not wholly looked at, with the reason. An entry with an
    /// empty name means that the whole run is incomplete.
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

/// Reads the files of one scan.
///
/// # Errors
///
/// A file cannot be read as a whole. Then nothing of any file counts.
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
        if let Some(((file, digest), before)) = findings.files.split_last()
            && let Some((other, _)) = before.iter().find(|(_, known)| known == digest)
        {
            return Err(IntakeError::Twice { file: file.clone(), other: other.clone() });
        }
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
    let mut hashing = HashingReader { inner: file.content, digest: Sha256::new(), bytes: 0 };
    let mut raw = BufReader::with_capacity(1 << 16, &mut hashing);
    let compressed = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut sink = FindingSink { file: &file.name, settings, findings };
    let format = if compressed {
        let mut plain =
            BufReader::with_capacity(1 << 16, MultiGzDecoder::new(&mut raw).take(MAX_BYTES));
        poam_scans::read(&mut plain, Limits::default(), &mut sink)?
    } else {
        poam_scans::read(&mut raw, Limits::default(), &mut sink)?
    };
    // What a format does not read at the end belongs to the digest.
    std::io::copy(&mut raw, &mut std::io::sink())?;
    let digest = hashing.digest.finalize();
    let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
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
        let key = key_of(&result, self.settings);
        match &result.outcome {
            Outcome::Passed | Outcome::Fixed | Outcome::NotApplicable => {
                self.findings.passed_results += 1
            }
            Outcome::NotChecked { .. } => {
                self.findings.not_checked_results += 1;
                for asset in &result.assets {
                    self.findings.not_checked.insert((key.clone(), asset.name.clone()));
                }
                if result.assets.is_empty() {
                    self.findings.not_checked.insert((key, String::new()));
                }
            }
            Outcome::Suppressed { reason } => {
                let reason = reason.clone();
                self.findings.suppressed.push(SuppressedResult {
                    key,
                    title: result.title,
                    reason,
                });
            }
            Outcome::Failed => self.add(key, result),
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

impl FindingSink<'_> {
    fn add(&mut self, key: FindingKey, result: ScanResult) {
        let place = format!("{}: {}", self.file, result.place);
        let finding = self.findings.failed.entry(key.clone()).or_insert_with(|| Finding {
            key,
            detector: result.detector.clone(),
            results: 0,
            place,
            kind: result.kind,
            title: result.title.clone(),
            description: result.description.clone(),
            remediation: result.remediation.clone(),
            severity: result.severity,
            severity_source: result.severity_source.clone(),
            assets: BTreeSet::new(),
            family: result.family.clone(),
            cves: BTreeSet::new(),
            references: Vec::new(),
            cvss: Vec::new(),
            kev: false,
            kev_due: None,
            ccis: BTreeSet::new(),
            controls: BTreeSet::new(),
            packages: BTreeSet::new(),
            first_day: None,
            proofs: 0,
        });
        finding.results += 1;
        finding.proofs += result.proofs;
        if result.severity > finding.severity {
            finding.severity = result.severity;
            finding.severity_source = result.severity_source;
        }
        finding.assets.extend(result.assets);
        finding.cves.extend(result.cves);
        finding.ccis.extend(result.ccis);
        finding.controls.extend(result.controls);
        finding.packages.extend(result.packages);
        finding.kev |= result.kev;
        finding.kev_due = earliest(finding.kev_due, result.kev_due);
        let day = earliest(result.first_seen, result.last_seen);
        finding.first_day = earliest(finding.first_day, day);
        for (list, more) in
            [(&mut finding.references, result.references), (&mut finding.cvss, result.cvss)]
        {
            for text in more {
                if !list.contains(&text) {
                    list.push(text);
                }
            }
        }
    }
}

/// Returns the earlier of two days that may be absent.
fn earliest(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Returns what a result is recognised by: a named group of the settings, else as they group.
fn key_of(result: &ScanResult, settings: &ScanSettings) -> FindingKey {
    for (name, patterns) in &settings.groups {
        let ids = || std::iter::once(&result.id).chain(&result.cves);
        if patterns.iter().any(|pattern| ids().any(|id| matches_pattern(pattern, id))) {
            return FindingKey::shared(name);
        }
    }
    let shared = match settings.group {
        ScanGrouping::Id => None,
        ScanGrouping::Cve => result.cves.first(),
        ScanGrouping::Package => result.packages.first().map(|package| &package.name),
    };
    shared.map_or_else(
        || FindingKey::of_detector(&result.detector, &result.id),
        |id| FindingKey::shared(id),
    )
}
