//! What the readers of all formats produce.

use std::ops::ControlFlow;

use chrono::NaiveDate;

use crate::Severity;

/// The outcome of a check on its assets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The weakness is there.
    Failed,
    /// The check was made and the weakness is not there.
    Passed,
    /// The scanner saw it before and says that it is fixed now.
    Fixed,
    /// The check does not apply to the asset.
    NotApplicable,
    /// The check was not made or not finished, so that nothing is known: an error, a manual check, a
    /// check that was not selected. It never counts as passed.
    NotChecked {
        /// The word of the scanner: `error`, `MANUAL`, `Not_Reviewed`.
        word: String,
    },
    /// The scanner was told to leave the result out: a suppression, an exclusion, a waiver, a muted
    /// check. It is recorded and never obeyed.
    Suppressed {
        /// The reason that the file gives, or else how it was suppressed.
        reason: String,
    },
}

/// What kind of weakness a check looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckKind {
    /// A flaw in software, a secret in a file, or anything else that is no setting.
    Vulnerability,
    /// A setting that does not follow a benchmark or policy (NIST SP 800-53 CM-6).
    Configuration,
}

/// What a result is about: a host, an image, a file, a cloud resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asset {
    /// Host name, address, image, path or resource id.
    pub name: String,
    /// Port and protocol, such as `443/tcp`; `None` where the result has none.
    pub port: Option<String>,
}

impl Asset {
    /// Makes an asset without a port.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), port: None }
    }

    /// Makes an asset with its port. A port that is 0, or no number of a port, means the host as a whole;
    /// a protocol that is blank is left out.
    pub(crate) fn at_port(name: &str, port: &str, protocol: &str) -> Self {
        let number = port.trim().parse::<u16>().ok().filter(|number| *number > 0);
        let protocol = protocol.trim().to_lowercase();
        let is_word = protocol.starts_with(|c: char| c.is_ascii_alphabetic());
        let port = number.map(|number| match is_word {
            true => format!("{number}/{protocol}"),
            false => number.to_string(),
        });
        Self { name: name.to_owned(), port }
    }
}

impl std::fmt::Display for Asset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.port {
            Some(port) => write!(f, "{} ({port})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A software package that a result names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// The name.
    pub name: String,
    /// The installed version.
    pub installed: Option<String>,
    /// The version that fixes the weakness.
    pub fixed: Option<String>,
}

/// One result of a scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanResult {
    /// Line or JSON pointer in the file.
    pub place: String,
    /// The family of detectors whose ids mean the same: `Nessus`, `Trivy`, `STIG`. Together with `id`
    /// it identifies a weakness across scans.
    pub detector: String,
    /// The scanner's id of the check or the weakness; never blank.
    pub id: String,
    /// What kind of weakness it is about.
    pub kind: CheckKind,
    /// The name in one line.
    pub title: String,
    /// The description.
    pub description: String,
    /// What removes the weakness, as the scanner says.
    pub remediation: String,
    /// How severe the scanner rates it.
    pub severity: Severity,
    /// The word or number that the severity was read from.
    pub severity_source: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The affected assets; empty where the file does not say.
    pub assets: Vec<Asset>,
    /// The group of checks: a family of plugins, a class of results.
    pub family: Option<String>,
    /// CVE ids in upper case.
    pub cves: Vec<String>,
    /// URLs and document ids.
    pub references: Vec<String>,
    /// CVSS vectors, as the file has them.
    pub cvss: Vec<String>,
    /// Whether the file says that the weakness is in CISA's catalog of known exploited vulnerabilities.
    pub kev: bool,
    /// The due date of that catalog, where the file has it.
    pub kev_due: Option<NaiveDate>,
    /// CCI ids, such as `CCI-000366`.
    pub ccis: Vec<String>,
    /// Controls of NIST SP 800-53 that the file names.
    pub controls: Vec<String>,
    /// Affected packages.
    pub packages: Vec<Package>,
    /// The first day on which the scanner saw it, as the file says.
    pub first_seen: Option<NaiveDate>,
    /// The last day on which the scanner saw it, as the file says.
    pub last_seen: Option<NaiveDate>,
    /// How many proofs (outputs of plugins, code lines) the file holds; they are not kept.
    pub proofs: usize,
}

impl ScanResult {
    /// Makes a failed result with nothing but its identity.
    pub fn new(
        place: impl Into<String>,
        detector: impl Into<String>,
        id: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            detector: detector.into(),
            id: id.into(),
            kind: CheckKind::Vulnerability,
            title: String::new(),
            description: String::new(),
            remediation: String::new(),
            severity: Severity::Unknown,
            severity_source: String::new(),
            outcome: Outcome::Failed,
            assets: Vec::new(),
            family: None,
            cves: Vec::new(),
            references: Vec::new(),
            cvss: Vec::new(),
            kev: false,
            kev_due: None,
            ccis: Vec::new(),
            controls: Vec::new(),
            packages: Vec::new(),
            first_seen: None,
            last_seen: None,
            proofs: 0,
        }
    }
}

/// One run of a tool: who looked when, and at what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScanRun {
    /// The tool.
    pub tool: String,
    /// Its version.
    pub version: Option<String>,
    /// The benchmark, policy or profile that was checked.
    pub profile: Option<String>,
    /// The last day of the run, as the file says.
    pub day: Option<NaiveDate>,
    /// Every asset that was looked at, also those without a finding.
    pub assets: Vec<Asset>,
    /// Assets that were not or not wholly looked at, with the reason.
    pub incomplete: Vec<(Asset, String)>,
}

/// A result that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Line or JSON pointer in the file.
    pub place: String,
    /// Why, in one sentence.
    pub reason: String,
    /// Whether the place holds nothing at all, as a row of blank cells does, so that no result is lost.
    pub is_blank: bool,
}

/// What a VEX statement says about a vulnerability in a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VexStatus {
    /// The product is not affected.
    NotAffected,
    /// The product is affected.
    Affected,
    /// The product holds a fix.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
}

/// One VEX statement: what somebody states about a vulnerability in some products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VexStatement {
    /// Line or JSON pointer in the file.
    pub place: String,
    /// The id of the vulnerability, usually a CVE id.
    pub vulnerability: String,
    /// Other ids of it.
    pub aliases: Vec<String>,
    /// The products, as package URLs or names.
    pub products: Vec<String>,
    /// The status.
    pub status: VexStatus,
    /// The justification: a word of the format or a sentence.
    pub justification: String,
    /// Who states it.
    pub author: String,
    /// The day of the statement.
    pub day: Option<NaiveDate>,
}

/// Receives what a file holds, in the order of the file.
///
/// A method that returns [`ControlFlow::Break`] ends the reading without an error.
pub trait ResultSink {
    /// Receives a run, after its results.
    fn run(&mut self, run: ScanRun) -> ControlFlow<()>;
    /// Receives a result.
    fn result(&mut self, result: ScanResult) -> ControlFlow<()>;
    /// Receives a result that cannot be used.
    fn refused(&mut self, refusal: Refusal) -> ControlFlow<()>;
    /// Receives a VEX statement.
    fn statement(&mut self, statement: VexStatement) -> ControlFlow<()>;
}
