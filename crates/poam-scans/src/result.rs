//! Results as the readers of all formats produce them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use chrono::{NaiveDate, NaiveDateTime};

use crate::Severity;

/// The outcome of a check on its assets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The weakness is there.
    Failed,
    /// The check was made and the weakness is not there.
    Passed,
    /// The scanner saw it before and states that it is fixed now.
    Fixed,
    /// The check does not apply to the asset.
    NotApplicable,
    /// The check was not made or not finished, so that nothing is known: an error, a manual check, a
    /// check that was not selected. It never counts as passed.
    NotChecked {
        /// The word of the scanner: `error`, `MANUAL`, `Not_Reviewed`.
        word: String,
    },
    /// The scanner was configured to leave the result out: a suppression, an exclusion, a waiver, a muted
    /// check. It is recorded and never obeyed.
    Suppressed {
        /// The reason that the file gives, or else how it was suppressed.
        reason: String,
    },
}

/// Kind of weakness that a check looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckKind {
    /// A flaw in software, a secret in a file, or anything else that is no setting.
    Vulnerability,
    /// A setting that does not follow a benchmark or policy (NIST SP 800-53 CM-6).
    Configuration,
}

/// Asset that a result is about: a host, an image, a file, a cloud resource.
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

    /// Makes an asset with its port. A port that is 0, or no number of a port, means the host in full;
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
    /// Kind of weakness.
    pub kind: CheckKind,
    /// The name in one line.
    pub title: String,
    /// The description.
    pub description: String,
    /// Remediation that the scanner proposes.
    pub remediation: String,
    /// Severity by the scanner.
    pub severity: Severity,
    /// The word or number that the severity was read from.
    pub severity_source: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The affected assets; empty where the file does not state.
    pub assets: Vec<Asset>,
    /// The group of checks: a family of plugins, a class of results.
    pub family: Option<String>,
    /// The kind of checks of a tool that has several and may make only some of them, such as `os-pkgs`
    /// and `config` of Trivy ([`ScanRun::classes`]).
    pub class: Option<String>,
    /// CVE ids in upper case.
    pub cves: Vec<String>,
    /// URLs and document ids.
    pub references: Vec<String>,
    /// CVSS vectors, as the file has them.
    pub cvss: Vec<String>,
    /// Whether the file states that the weakness is in CISA's catalog of known exploited vulnerabilities.
    pub kev: bool,
    /// The due date of that catalog, where the file has it.
    pub kev_due: Option<NaiveDate>,
    /// CCI ids, such as `CCI-000366`.
    pub ccis: Vec<String>,
    /// Controls of NIST SP 800-53 that the file names.
    pub controls: Vec<String>,
    /// Affected packages.
    pub packages: Vec<Package>,
    /// Package URLs of the affected packages.
    pub purls: Vec<String>,
    /// The first day on which the scanner saw it, as the file states.
    pub first_seen: Option<NaiveDate>,
    /// The last day on which the scanner saw it, as the file states.
    pub last_seen: Option<NaiveDate>,
    /// Number of proofs (outputs of plugins, code lines) in the file; they are not stored.
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
            class: None,
            cves: Vec::new(),
            references: Vec::new(),
            cvss: Vec::new(),
            kev: false,
            kev_due: None,
            ccis: Vec::new(),
            controls: Vec::new(),
            packages: Vec::new(),
            purls: Vec::new(),
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
    /// The last day of the run, as the file states.
    pub day: Option<NaiveDate>,
    /// Every asset that was looked at, also those without a finding.
    pub assets: Vec<Asset>,
    /// Assets that were not or not wholly looked at, with the reason.
    pub incomplete: Vec<(Asset, String)>,
    /// The family of detectors of a tool that lists only what it finds, so that a weakness which the run
    /// would have listed is gone. `None` for files that hold a result of each check that was made: a
    /// check without a result was not made.
    pub lists_only_findings: Option<String>,
    /// Kind of the assets' names.
    pub naming: AssetNaming,
    /// Access of the scanner to hosts, by the name of the asset; hosts of which the file does not
    /// state it are absent.
    pub credentials: BTreeMap<String, Credentials>,
    /// The day on which an asset was looked at last, by its name, where the file states it apart from its
    /// results.
    pub days: BTreeMap<String, NaiveDate>,
    /// Kinds of checks that were made, with the names of their assets; empty for tools that make all
    /// of their checks. A blank kind is that of checks without a kind.
    pub classes: BTreeMap<String, BTreeSet<String>>,
    /// The checks that the run was configured to make, as far as the file states.
    pub selection: CheckSelection,
    /// The ports that were looked at on an asset, by its name, where the file lists them.
    pub ports: BTreeMap<String, PortRange>,
    /// When the run began and ended, as the file writes it, to the second.
    pub time: Option<(NaiveDateTime, NaiveDateTime)>,
}

impl ScanRun {
    /// Makes the time of the run include a moment.
    pub(crate) fn include_time(&mut self, moment: Option<NaiveDateTime>) {
        if let Some(moment) = moment {
            let (from, to) = self.time.unwrap_or((moment, moment));
            self.time = Some((from.min(moment), to.max(moment)));
        }
    }
}

/// Kind of the names of a run's assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum AssetNaming {
    /// Hosts and cloud resources: the same name is the same asset, another name is another one.
    #[default]
    Hosts,
    /// Images and packages with a version in the name, which changes with each release.
    Artifacts,
    /// Places within one code base, which are named only where something was found.
    Places,
}

/// Access of a scanner to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Credentials {
    /// It did not log in, or the login failed.
    Without,
    /// The file states both, or that only a part was possible.
    Partly,
    /// It logged in.
    With,
}

/// Ports that a scanner looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PortRange {
    /// First and last port, with the protocol where the range is of one.
    ranges: Vec<(u16, u16, Option<&'static str>)>,
}

impl PortRange {
    /// Parses a range such as `1-1024,8080` or `T:1-1024,U:53`, in which a letter holds up to the next one.
    /// `None` for words (`default`, `all`), which name no ports.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut ranges = Vec::new();
        let mut protocol = None;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let part = match part.split_once(':') {
                Some((letter, rest)) => {
                    protocol = match letter.trim().to_ascii_uppercase().as_str() {
                        "T" => Some("tcp"),
                        "U" => Some("udp"),
                        _ => return None,
                    };
                    rest
                }
                None => part,
            };
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            ranges.push((from.trim().parse().ok()?, to.trim().parse().ok()?, protocol));
        }
        (!ranges.is_empty()).then_some(Self { ranges })
    }

    /// Returns whether a port such as `443/tcp` was looked at. A text without a port number means the
    /// entire host, and yields true.
    pub fn contains(&self, port: &str) -> bool {
        let (number, protocol) = port.split_once('/').unwrap_or((port, ""));
        let Ok(number) = number.parse::<u16>() else { return true };
        self.ranges.iter().any(|(from, to, of)| {
            (*from..=*to).contains(&number)
                && of.is_none_or(|of| protocol.is_empty() || of == protocol)
        })
    }
}

/// The checks that a run was configured to make. Values that the file does not state are absent or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckSelection {
    /// The ids of all checks that were made; `None` where the file does not list them.
    pub only: Option<BTreeSet<String>>,
    /// Families of checks that were switched off.
    pub families_off: BTreeSet<String>,
    /// The ids of single checks that were switched off.
    pub off: BTreeSet<String>,
    /// The ids of the checks that were switched on in families of which others are off.
    pub only_of_families: BTreeMap<String, BTreeSet<String>>,
}

impl CheckSelection {
    /// Returns whether the run states that it did not make a check of this id and family.
    pub fn leaves_out(&self, id: &str, family: Option<&str>) -> bool {
        // An id may go on below its rule: `CA1000/1`.
        let rule = id.rsplit_once('/').map_or(id, |(rule, _)| rule);
        let is_not_on = |on: &BTreeSet<String>| !on.contains(id) && !on.contains(rule);
        self.only.as_ref().is_some_and(is_not_on)
            || self.off.contains(id)
            || self.off.contains(rule)
            || family.is_some_and(|family| {
                self.families_off.contains(family)
                    || self.only_of_families.get(family).is_some_and(is_not_on)
            })
    }

    /// Returns whether the run does not state which checks it was configured to make.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// A result that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Line or JSON pointer in the file.
    pub place: String,
    /// Reason, in one sentence.
    pub reason: String,
    /// Whether the place holds nothing at all, as a row of blank cells does, so that no result is lost.
    pub is_blank: bool,
}

/// Status of a vulnerability in a product by a VEX statement.
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
    /// The products.
    pub products: Vec<VexProduct>,
    /// The status.
    pub status: VexStatus,
    /// The justification: a word of the format or a sentence.
    pub justification: String,
    /// Author of the statement.
    pub author: String,
    /// The day of the statement.
    pub day: Option<NaiveDate>,
    /// Its time, where the file has it.
    pub time: Option<NaiveDateTime>,
}

/// A product that a VEX statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VexProduct {
    /// Its identifiers, each of which names it: package URLs, names, other ids.
    pub ids: Vec<String>,
    /// Identifiers of the components in it that the statement is about; empty where it is about the entire
    /// product.
    pub components: Vec<String>,
}

impl VexProduct {
    /// Makes a product of one identifier.
    pub fn named(id: impl Into<String>) -> Self {
        Self { ids: vec![id.into()], components: Vec::new() }
    }
}

impl std::fmt::Display for VexProduct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = self.ids.iter().find(|id| id.starts_with("pkg:"));
        f.write_str(url.or(self.ids.first()).map_or("", String::as_str))?;
        match self.components.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", self.components.join(", ")),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_says_which_ports_were_looked_at() {
        for (range, port, is_in) in [
            ("1-1024", "443/tcp", true),
            ("1-1024", "8443/tcp", false),
            ("1-1024,8443", "8443/tcp", true),
            ("80, 443", "443", true),
            ("T:1-1024,U:53,161-162", "53/tcp", true),
            ("T:1-1024,U:53,161-162", "162/udp", true),
            ("T:1-1024,U:53,161-162", "443/udp", false),
            ("T:80,U:53", "53/tcp", false),
            ("1-65535", "8443/tcp", true),
            ("80", "general", true),
        ] {
            assert_eq!(PortRange::parse(range).unwrap().contains(port), is_in, "{range} {port}");
        }
        for text in ["default", "all", "sys", "", "1-x", "0-99999"] {
            assert_eq!(PortRange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_check_that_is_off_was_not_made() {
        let set = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<BTreeSet<String>>();
        let selection = CheckSelection {
            families_off: set(&["Web"]),
            off: set(&["10", "CA1000"]),
            only_of_families: BTreeMap::from([("General".to_owned(), set(&["20"]))]),
            ..CheckSelection::default()
        };
        for (id, family, left_out) in [
            ("10", None, true),
            ("CA1000/1", None, true),
            ("11", None, false),
            ("11", Some("Web"), true),
            ("20", Some("General"), false),
            ("21", Some("General"), true),
            ("21", Some("Databases"), false),
        ] {
            assert_eq!(selection.leaves_out(id, family), left_out, "{id} {family:?}");
        }
        assert!(CheckSelection::default().is_unknown() && !selection.is_unknown());
    }
}
