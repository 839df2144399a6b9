//! Readers against files that other people published, with counts that were made independently, and
//! against small samples for what no public file shows.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::{
    Limits, Outcome, Refusal, ResultSink, ScanError, ScanResult, ScanRun, Severity, VexStatement,
    VexStatus, read,
};

/// Keeps everything.
#[derive(Default)]
struct Collected {
    runs: Vec<ScanRun>,
    results: Vec<ScanResult>,
    refused: Vec<Refusal>,
    statements: Vec<VexStatement>,
}

impl ResultSink for Collected {
    fn run(&mut self, run: ScanRun) -> ControlFlow<()> {
        self.runs.push(run);
        ControlFlow::Continue(())
    }
    fn result(&mut self, result: ScanResult) -> ControlFlow<()> {
        self.results.push(result);
        ControlFlow::Continue(())
    }
    fn refused(&mut self, refusal: Refusal) -> ControlFlow<()> {
        self.refused.push(refusal);
        ControlFlow::Continue(())
    }
    fn statement(&mut self, statement: VexStatement) -> ControlFlow<()> {
        self.statements.push(statement);
        ControlFlow::Continue(())
    }
}

impl Collected {
    /// The ids of weaknesses: failed and rated above informational.
    fn weaknesses(&self) -> BTreeSet<&str> {
        self.results
            .iter()
            .filter(|result| {
                result.outcome == Outcome::Failed && result.severity != Severity::Informational
            })
            .map(|result| result.id.as_str())
            .collect()
    }
}

fn collect(bytes: &[u8]) -> (&'static str, Collected) {
    let mut collected = Collected::default();
    let format = read(&mut Cursor::new(bytes), Limits::default(), &mut collected).unwrap();
    (format.name, collected)
}

fn fails(bytes: &[u8]) -> ScanError {
    match read(&mut Cursor::new(bytes), Limits::default(), &mut Collected::default()) {
        Err(error) => error,
        Ok(format) => panic!("read as {}", format.name),
    }
}

/// A published file, where the collection of them is at hand.
fn published(name: &str) -> Option<Vec<u8>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("POAM_SHARED_DATA").map_or(beside, PathBuf::from).join("scans");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(std::fs::read(folder.join(name)).unwrap())
}

#[test]
fn published_files_give_the_counts_of_their_list() {
    // File, format, results (refused included), distinct ids of results, weaknesses.
    let table = [
        ("nessus-sample.nessus", "nessus", 149, 80, 8),
        ("tenable-many.csv", "tenable-csv", 22, 7, 7),
        ("tenable-was-none.csv", "tenable-csv", 0, 0, 0),
        ("grype-none.json", "grype", 0, 0, 0),
        ("trivy-none.json", "trivy", 0, 0, 0),
        ("qualys-sample.csv", "qualys-csv", 6, 3, 3),
        ("trivy-alpine-310.json", "trivy", 4, 2, 2),
        ("trivy-alpine-310.sarif", "sarif", 4, 2, 2),
        ("trivy-debian-buster.json", "trivy", 2, 2, 2),
        ("grype-many.json", "grype", 9, 9, 9),
        ("sarif-dependency-check.sarif", "sarif", 13, 9, 9),
        ("sarif-suppressions.sarif", "sarif", 5, 5, 2),
        ("inspector2-many.json", "inspector", 8, 8, 7),
        ("asff-inspector-ec2.json", "asff", 5, 1, 1),
        ("prowler-aws.ocsf.json", "ocsf", 3, 3, 2),
        ("stig-small-overrides.ckl", "ckl", 11, 11, 4),
        ("hdf-small-overrides.json", "hdf", 11, 11, 4),
        ("xccdf-openscap-rhel8.xml", "xccdf", 248, 248, 166),
        ("cyclonedx-log4j.json", "cyclonedx", 8, 8, 8),
    ];
    for (name, format, results, ids, weaknesses) in table {
        let Some(bytes) = published(name) else { return };
        let (found, collected) = collect(&bytes);
        assert_eq!(found, format, "{name}");
        assert_eq!(collected.results.len() + collected.refused.len(), results, "{name}: results");
        let distinct: BTreeSet<&str> =
            collected.results.iter().map(|result| result.id.as_str()).collect();
        assert_eq!(distinct.len(), ids, "{name}: ids");
        assert_eq!(collected.weaknesses().len(), weaknesses, "{name}: weaknesses");
    }
}

#[test]
fn one_checklist_in_two_formats_gives_the_same_weaknesses() {
    let (Some(ckl), Some(hdf)) =
        (published("stig-small-overrides.ckl"), published("hdf-small-overrides.json"))
    else {
        return;
    };
    let key = |bytes: &[u8]| -> Vec<(String, String, Severity, String, String)> {
        let (_, collected) = collect(bytes);
        let failed =
            collected.results.into_iter().filter(|result| result.outcome == Outcome::Failed);
        failed
            .map(|result| {
                (result.detector, result.id, result.severity, result.title, result.remediation)
            })
            .collect()
    };
    assert_eq!(key(&ckl), key(&hdf));
    let rated: Vec<Severity> =
        key(&ckl).into_iter().map(|(_, _, severity, _, _)| severity).collect();
    // Three of the checklist's overrides are on open checks: low, high, and none twice.
    assert_eq!(rated, [Severity::Low, Severity::High, Severity::Moderate, Severity::Moderate]);
}

#[test]
fn one_trivy_scan_in_two_formats_gives_the_same_weaknesses() {
    let (Some(json), Some(sarif)) =
        (published("trivy-alpine-310.json"), published("trivy-alpine-310.sarif"))
    else {
        return;
    };
    let key = |bytes: &[u8]| -> BTreeSet<(String, String, Severity, String, String)> {
        let (_, collected) = collect(bytes);
        collected
            .results
            .into_iter()
            .flat_map(|result| {
                let ScanResult { detector, id, severity, title, assets, .. } = result;
                assets.into_iter().map(move |asset| {
                    (detector.clone(), id.clone(), severity, title.clone(), asset.to_string())
                })
            })
            .collect()
    };
    assert_eq!(key(&json), key(&sarif));
}

#[test]
fn errors_and_unfinished_checks_are_not_passed() {
    let Some(bytes) = published("xccdf-openscap-rhel8.xml") else { return };
    let (_, collected) = collect(&bytes);
    let count = |wanted: fn(&Outcome) -> bool| {
        collected.results.iter().filter(|result| wanted(&result.outcome)).count()
    };
    assert_eq!(count(|outcome| *outcome == Outcome::Passed), 61);
    assert_eq!(
        count(|outcome| matches!(outcome, Outcome::NotChecked { word } if word == "error")),
        21
    );
    let rule = collected.results.iter().find(|result| result.id == "V-230223").unwrap();
    assert!(rule.title.starts_with("RHEL 8 must implement NIST FIPS-validated cryptography"));
    assert!(rule.description.starts_with("Use of weak or untested encryption"));
    assert_eq!(rule.ccis, ["CCI-000068"]);
    assert_eq!(rule.last_seen.unwrap().to_string(), "2021-11-12");
    assert_eq!(collected.runs[0].tool, "OpenSCAP");
    assert_eq!(collected.runs[0].assets[0].name, "localhost");
}

#[test]
fn vex_statements_are_read_with_all_statuses() {
    let Some(bytes) = published("openvex-many.json") else { return };
    let (format, collected) = collect(&bytes);
    assert_eq!(format, "openvex");
    assert_eq!(collected.statements.len(), 6);
    let statuses: BTreeSet<String> =
        collected.statements.iter().map(|statement| format!("{:?}", statement.status)).collect();
    assert_eq!(statuses.len(), 4);
}

#[test]
fn a_nessus_result_holds_what_a_person_works_with_and_no_proof() {
    let file = r#"<?xml version="1.0"?>
<NessusClientData_v2><Policy><policyName>Monthly</policyName><Preferences><ServerPreferences>
<preference><name>password</name><value>secret-in-policy</value></preference></ServerPreferences></Preferences></Policy>
<Report name="r"><ReportHost name="web-1"><HostProperties>
<tag name="HOST_START_TIMESTAMP">1764547200</tag><tag name="HOST_END">Mon Dec  1 02:00:00 2025</tag></HostProperties>
<ReportItem port="443" protocol="tcp" severity="3" pluginID="1" pluginName="Old TLS &amp; more" pluginFamily="General">
<synopsis>TLS 1.0 is on.</synopsis><description>It is &quot;old&quot;.</description><solution>Turn it off.</solution>
<cve>CVE-2026-1234</cve><xref>CISA-KNOWN-EXPLOITED:2026/01/15</xref><xref>CWE:327</xref>
<cvss3_vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N</cvss3_vector>
<plugin_output>password=hunter2</plugin_output></ReportItem></ReportHost>
<ReportHost name="web-2"><HostProperties><tag name="HOST_START">Mon Dec  1 02:00:00 2025</tag></HostProperties></ReportHost>
</Report></NessusClientData_v2>"#;
    let (_, collected) = collect(file.as_bytes());
    let [result] = collected.results.as_slice() else { panic!("{:?}", collected.results) };
    assert_eq!((result.detector.as_str(), result.id.as_str()), ("Nessus", "1"));
    assert_eq!(result.title, "Old TLS & more");
    assert_eq!(result.description, "TLS 1.0 is on.\n\nIt is \"old\".");
    assert_eq!(result.assets[0].to_string(), "web-1 (443/tcp)");
    assert!(result.kev);
    assert_eq!(result.kev_due.unwrap().to_string(), "2026-01-15");
    assert_eq!(result.references, ["CWE:327"]);
    assert_eq!(result.first_seen, None);
    assert_eq!(result.last_seen.unwrap().to_string(), "2025-12-01");
    assert_eq!(result.proofs, 1);
    let everything = format!("{:?}{:?}", collected.results, collected.runs);
    assert!(!everything.contains("hunter2") && !everything.contains("secret-in-policy"));
    assert_eq!(collected.runs[0].profile.as_deref(), Some("Monthly"));
    assert_eq!(collected.runs[0].assets.len(), 2);
    assert_eq!(collected.runs[0].incomplete[0].0.name, "web-2");
}

#[test]
fn a_file_that_is_cut_off_or_defines_entities_is_an_error() {
    let cut = "<NessusClientData_v2><Report><ReportHost name=\"a\"><ReportItem pluginID=\"1\">";
    assert!(fails(cut.as_bytes()).to_string().contains("cut off"));
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><NessusClientData_v2></NessusClientData_v2>";
    assert!(fails(bomb.as_bytes()).to_string().contains("DOCTYPE"));
    let json = br#"{"SchemaVersion": 2, "ArtifactName": "a", "Results": [{"#;
    assert!(fails(json).to_string().starts_with("line 1, column"));
    assert!(fails(b"hello").to_string().contains("the format is not known"));
    assert!(fails(b"").to_string().contains("the format is not known"));
}

#[test]
fn deep_and_large_elements_pass_a_limit() {
    let deep = format!("<NessusClientData_v2>{}", "<a>".repeat(100));
    assert!(matches!(fails(deep.as_bytes()), ScanError::Limit { limit: 64, .. }));
    let large = format!(
        "<NessusClientData_v2><Report><ReportHost name=\"a\"><ReportItem pluginID=\"1\"><description>{}",
        "x".repeat(5 << 20)
    );
    assert!(matches!(fails(large.as_bytes()), ScanError::Limit { .. }));
}

#[test]
fn qualys_reports_take_their_texts_from_the_glossary() {
    let file = "<ASSET_DATA_REPORT><HEADER><GENERATION_DATETIME>2026-11-02T08:00:00Z</GENERATION_DATETIME></HEADER>\
        <HOST_LIST><HOST><IP>10.0.0.1</IP><VULN_INFO_LIST><VULN_INFO><QID id=\"q\">38794</QID><TYPE>Vuln</TYPE>\
        <SEVERITY>3</SEVERITY><PORT>443</PORT><PROTOCOL>TCP</PROTOCOL><VULN_STATUS>Active</VULN_STATUS>\
        <FIRST_FOUND>2026-09-01T08:00:00Z</FIRST_FOUND><LAST_FOUND>2026-11-01T08:00:00Z</LAST_FOUND>\
        <RESULT>secret</RESULT></VULN_INFO></VULN_INFO_LIST></HOST></HOST_LIST><GLOSSARY><VULN_DETAILS_LIST>\
        <VULN_DETAILS><QID>38794</QID><TITLE>TLS</TITLE><SEVERITY>3</SEVERITY><CATEGORY>General</CATEGORY>\
        <THREAT>weak</THREAT><SOLUTION>fix</SOLUTION><CVE_ID_LIST><CVE_ID><ID>CVE-2026-1111</ID></CVE_ID>\
        <CVE_ID><ID>CVE-2026-2222</ID></CVE_ID></CVE_ID_LIST></VULN_DETAILS></VULN_DETAILS_LIST></GLOSSARY></ASSET_DATA_REPORT>";
    let (format, collected) = collect(file.as_bytes());
    assert_eq!(format, "qualys-xml");
    let result = &collected.results[0];
    assert_eq!(
        (result.id.as_str(), result.title.as_str(), result.severity),
        ("38794", "TLS", Severity::Moderate)
    );
    assert_eq!(result.cves, ["CVE-2026-1111", "CVE-2026-2222"]);
    assert_eq!(result.first_seen.unwrap().to_string(), "2026-09-01");
    assert_eq!(result.assets[0].to_string(), "10.0.0.1 (443/tcp)");
}

#[test]
fn a_cklb_rule_is_known_by_its_group() {
    let file = r#"{"title": "t", "cklb_version": "1.0", "target_data": {"host_name": "db-1"}, "stigs": [{"display_name": "RHEL 9",
        "rules": [{"group_id": "V-257777", "rule_id": "SV-257777r991589", "rule_title": "T", "severity": "high",
        "status": "open", "ccis": ["CCI-000366"], "overrides": {"severity": {"severity": "low", "reason": "r"}}},
        {"group_id": "V-257778", "severity": "medium", "status": "not_reviewed", "overrides": {}}]}]}"#;
    let (format, collected) = collect(file.as_bytes());
    assert_eq!(format, "cklb");
    let [first, second] = collected.results.as_slice() else { panic!() };
    assert_eq!(
        (first.detector.as_str(), first.id.as_str(), first.severity),
        ("STIG", "V-257777", Severity::Low)
    );
    assert_eq!(second.outcome, Outcome::NotChecked { word: "not_reviewed".to_owned() });
}

#[test]
fn oscal_findings_name_their_control_and_first_day() {
    let file = r#"{"assessment-results": {"uuid": "u", "metadata": {"title": "Annual", "version": "1"}, "results": [{"title": "r",
        "start": "2026-03-01T00:00:00Z", "end": "2026-03-31T00:00:00Z",
        "observations": [{"uuid": "o1", "collected": "2026-03-05T00:00:00Z", "subjects": [{"subject-uuid": "s", "title": "db-1"}]},
                         {"uuid": "o2", "collected": "2026-03-02T00:00:00Z"}],
        "risks": [{"uuid": "k", "status": "open", "statement": "s", "characterizations": [{"facets": [{"name": "risk", "value": "high"}]}]}],
        "findings": [{"title": "MFA", "description": "d", "target": {"type": "statement-id", "target-id": "ia-2.1_smt.a",
            "status": {"state": "not-satisfied"}}, "related-observations": [{"observation-uuid": "o1"}, {"observation-uuid": "o2"}],
            "related-risks": [{"risk-uuid": "k"}]},
            {"title": "ok", "target": {"target-id": "ac-1_smt", "status": {"state": "satisfied"}}}]}]}}"#;
    let (format, collected) = collect(file.as_bytes());
    assert_eq!(format, "oscal-ar");
    let result = &collected.results[0];
    assert_eq!(result.controls, ["IA-2(1)"]);
    assert_eq!(result.severity, Severity::High);
    assert_eq!(result.first_seen.unwrap().to_string(), "2026-03-02");
    assert_eq!(collected.results[1].outcome, Outcome::Passed);
}

#[test]
fn a_csaf_document_states_each_list_of_products() {
    let file = r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0", "publisher": {"name": "Example"},
        "tracking": {"current_release_date": "2026-05-01T00:00:00Z"}},
        "product_tree": {"branches": [{"category": "product_version", "name": "1", "product": {"name": "Lib 1", "product_id": "P1",
            "product_identification_helper": {"purl": "pkg:npm/lib@1"}}}]},
        "vulnerabilities": [{"cve": "CVE-2026-1", "product_status": {"known_not_affected": ["P1"], "fixed": ["P2"]},
            "flags": [{"label": "vulnerable_code_not_present", "product_ids": ["P1"]}]}]}"#;
    let (format, collected) = collect(file.as_bytes());
    assert_eq!(format, "csaf");
    let [not_affected, fixed] = collected.statements.as_slice() else { panic!() };
    assert_eq!(not_affected.status, VexStatus::NotAffected);
    assert_eq!(not_affected.products, ["pkg:npm/lib@1"]);
    assert_eq!(not_affected.justification, "vulnerable_code_not_present");
    assert_eq!(
        (fixed.status, fixed.products.as_slice()),
        (VexStatus::Fixed, &["P2".to_owned()][..])
    );
}

#[test]
fn sarif_without_results_or_success_did_not_look() {
    let file = br#"{"$schema": "sarif", "version": "2.1.0", "runs": [{"tool": {"driver": {"name": "T"}},
        "invocations": [{"executionSuccessful": false}], "results": []}, {"tool": {"driver": {"name": "T"}}, "results": null}]}"#;
    let (_, collected) = collect(file);
    assert_eq!(collected.runs.len(), 2);
    assert!(collected.runs.iter().all(|run| !run.incomplete.is_empty()));
}

#[test]
fn trivy_secrets_and_checks_are_results_without_the_secret() {
    let file = br#"{"SchemaVersion": 2, "ArtifactName": "app", "Results": [{"Target": "deploy.yaml", "Class": "config",
        "Misconfigurations": [{"ID": "KSV001", "AVDID": "AVD-KSV-0001", "Title": "t", "Severity": "HIGH", "Status": "FAIL"},
                              {"ID": "KSV002", "Severity": "LOW", "Status": "PASS"}],
        "Secrets": [{"RuleID": "aws-key", "Category": "AWS", "Severity": "CRITICAL", "Title": "k", "Match": "AKIAXXXX"}],
        "ExperimentalModifiedFindings": [{"Type": "vulnerability", "Status": "ignored", "Statement": "not used", "Source": ".trivyignore",
            "Finding": {"VulnerabilityID": "CVE-2026-1", "Severity": "LOW"}}]}]}"#;
    let (_, collected) = collect(file);
    assert_eq!(collected.results.len(), 4);
    assert_eq!(collected.results[0].assets[0].name, "app: deploy.yaml");
    assert_eq!(collected.results[1].outcome, Outcome::Passed);
    assert!(!format!("{:?}", collected.results).contains("AKIA"));
    assert_eq!(
        collected.results[3].outcome,
        Outcome::Suppressed { reason: "ignored: not used: .trivyignore".to_owned() }
    );
}

#[test]
fn every_format_has_a_name_of_its_own_and_a_page() {
    let mut names = BTreeSet::new();
    for format in crate::FORMATS {
        assert!(names.insert(format.name), "{} twice", format.name);
        assert!(format.page.starts_with(&format!("# {}\n", format.title)), "{}", format.name);
        for question in [
            "What is read?",
            "What identifies a finding?",
            "Where do the days come from?",
            "What is left out?",
        ] {
            assert!(format.page.contains(question), "{}: {question}", format.name);
        }
    }
}
