//! Readers against files that other people published, with counts that were made independently, and
//! against small samples for what no public file shows.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::{
    Outcome, Refusal, ResultSink, ScanError, ScanLimits, ScanResult, ScanRun, Severity,
    VexStatement, read,
};

/// Keeps everything.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) runs: Vec<ScanRun>,
    pub(super) results: Vec<ScanResult>,
    pub(super) refused: Vec<Refusal>,
    pub(super) statements: Vec<VexStatement>,
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

pub(super) fn collect(bytes: &[u8]) -> (&'static str, Collected) {
    let mut collected = Collected::default();
    let format = read(&mut Cursor::new(bytes), ScanLimits::default(), &mut collected).unwrap();
    (format.name, collected)
}

fn fails(bytes: &[u8]) -> ScanError {
    match read(&mut Cursor::new(bytes), ScanLimits::default(), &mut Collected::default()) {
        Err(error) => error,
        Ok(format) => panic!("read as {}", format.name),
    }
}

/// A published file, where the collection of them is at hand.
pub(super) fn published(name: &str) -> Option<Vec<u8>> {
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
    assert!(matches!(fails(b" \n"), ScanError::Empty));
    assert!(matches!(fails(b""), ScanError::Empty));
}

/// Files are read in pieces of 64 KiB, and proofs are passed over without a look at their text.
#[test]
fn an_error_names_its_line_in_a_long_file() {
    for size in [10, 70_000, 200_000] {
        let output = "x &amp; y\n".repeat(size / 10);
        let head = format!(
            "<NessusClientData_v2>\n<Report><ReportHost name=\"a\">\n<ReportItem pluginID=\"1\"><plugin_output>{output}</plugin_output>\n\
             <fname>f</fname><description>{}</description></ReportItem>\n",
            "text\n".repeat(size / 5)
        );
        let line = head.lines().count() + 1;
        let text =
            format!("{head}<ReportItem pluginID=\"2\"><description>&b;</description></ReportItem>");
        assert!(fails(text.as_bytes()).to_string().starts_with(&format!("line {line}:")), "{size}");
        let (_, read) = collect(
            format!(
                "{head}<ReportItem pluginID=\"2\"/></ReportHost></Report></NessusClientData_v2>"
            )
            .as_bytes(),
        );
        assert_eq!(read.results[1].place, format!("line {line}"), "{size}");
        assert_eq!(read.results[0].description.len(), "text\n".len() * (size / 5) - 1);
    }
}

#[test]
fn a_benchmark_is_no_scan_of_it() {
    let file =
        "<Benchmark xmlns=\"http://checklists.nist.gov/xccdf/1.1\"><Rule id=\"SV-1\"/></Benchmark>";
    assert!(matches!(fails(file.as_bytes()), ScanError::NotResults { .. }));
}

/// Two tools that ran one benchmark, found in different places and in different revisions of a rule.
#[test]
fn two_scanners_of_one_benchmark_agree_on_its_rules() {
    let file = |tool: &str, href: &str, revision: &str, result: &str| {
        format!(
            "<TestResult xmlns=\"http://checklists.nist.gov/xccdf/1.2\" test-system=\"{tool}\" end-time=\"2026-05-01T00:00:00Z\">\
             <benchmark href=\"{href}/ssg-rhel8.xml\"/><target>web-1</target>\
             <rule-result idref=\"xccdf_mil.disa.stig_rule_SV-230223{revision}_rule\" severity=\"high\"><result>{result}</result></rule-result>\
             <rule-result idref=\"xccdf_org.ssgproject.content_rule_no_empty_passwords\" severity=\"high\"><result>fail</result></rule-result>\
             </TestResult>"
        )
    };
    let keys = |text: String| -> Vec<(String, String, Outcome)> {
        let (_, collected) = collect(text.as_bytes());
        collected.results.into_iter().map(|one| (one.detector, one.id, one.outcome)).collect()
    };
    let first = keys(file("openscap", "/usr/share/xml", "r627750", "fail"));
    let second = keys(file("scc", "C:/SCC", "r743913", "fail"));
    assert_eq!(first, second);
    assert_eq!((first[0].0.as_str(), first[0].1.as_str()), ("STIG", "V-230223"));
    assert_eq!(first[1].0, "ssg-rhel8.xml");
    let third = keys(file("scc", "C:/SCC", "r743913", "error"));
    assert_eq!(third[0].2, Outcome::NotChecked { word: "error".to_owned() });
}

#[test]
fn a_list_of_reports_in_hdf_is_read() {
    let report = |id: &str| {
        format!(
            r#"{{"platform": {{"name": "x"}}, "version": "1", "profiles": [{{"name": "p", "controls": [{{"id": "{id}", "impact": 0.5,
              "results": [{{"status": "failed"}}]}}]}}]}}"#
        )
    };
    let file = format!("[{}, {}]", report("a"), report("b"));
    let (format, collected) = collect(file.as_bytes());
    assert_eq!(format, "hdf");
    let places: Vec<&str> = collected.results.iter().map(|result| result.place.as_str()).collect();
    assert_eq!(places, ["/0/profiles/0/controls/0", "/1/profiles/0/controls/0"]);
}

#[test]
fn a_reference_to_a_dtd_is_passed_over() {
    let file = "<?xml version=\"1.0\"?>\n<!DOCTYPE ASSET_DATA_REPORT SYSTEM \"https://example.com/asset_data_report.dtd\">\n\
        <ASSET_DATA_REPORT><HOST_LIST><HOST><IP>10.0.0.1</IP><VULN_INFO_LIST><VULN_INFO><QID>1</QID><SEVERITY>4</SEVERITY>\
        </VULN_INFO></VULN_INFO_LIST></HOST></HOST_LIST></ASSET_DATA_REPORT>";
    let (format, collected) = collect(file.as_bytes());
    assert_eq!((format, collected.results.len()), ("qualys-xml", 1));
}

#[test]
fn proofs_of_any_size_are_passed_over_and_endless_tags_are_not_read() {
    let item = |output: &str| {
        format!(
            "<NessusClientData_v2><Report><ReportHost name=\"2001:db8::1\"><ReportItem port=\"-5\" pluginID=\"1\">\
             <plugin_output>{output}</plugin_output></ReportItem></ReportHost></Report></NessusClientData_v2>"
        )
    };
    let (_, collected) = collect(item(&"x".repeat(10 << 20)).as_bytes());
    let [result] = collected.results.as_slice() else { panic!() };
    assert_eq!(result.proofs, 1);
    // A text that is no number is no port, and an address retains its colons.
    assert_eq!(result.assets[0].to_string(), "2001:db8::1");
    // Unused elements are skipped at any depth, and the element after them is read.
    let more =
        "<script><cve>CVE-2026-9999</cve></script><empty/><cve>CVE-2026-1111</cve><plugin_output>";
    let file = item("o").replace("<plugin_output>", more);
    assert_eq!(collect(file.as_bytes()).1.results[0].cves, ["CVE-2026-1111"]);
    let endless = format!("<NessusClientData_v2><Policy a=\"{}", "x".repeat(33 << 20));
    assert!(matches!(fails(endless.as_bytes()), ScanError::Limit { .. }));
}

#[test]
fn a_format_is_recognised_by_keys_behind_a_long_list_and_not_by_words_in_texts() {
    let long = "x".repeat(100_000);
    let file = format!(
        r#"{{"version": "1", "controls": ["{long}"], "profiles": [{{"name": "p", "controls": []}}], "platform": {{}}}}"#
    );
    assert_eq!(collect(file.as_bytes()).0, "hdf");
    let text = br#"{"SchemaVersion": 2, "note": "\"bomFormat\": \"matches\": \"runs\"", "ArtifactName": "a"}"#;
    assert_eq!(collect(text).0, "trivy");
}

#[test]
fn one_odd_element_of_a_list_is_refused_with_its_place() {
    let file = br#"{"matches": [{"vulnerability": {"id": "CVE-2026-1111", "severity": null, "urls": null}},
        {"vulnerability": {"id": "CVE-2026-2222", "id": "CVE-2026-3333"}}, {"vulnerability": 5}], "descriptor": null}"#;
    let (_, collected) = collect(file);
    assert_eq!(collected.results[0].id, "CVE-2026-1111");
    let refused: Vec<&str> =
        collected.refused.iter().map(|refusal| refusal.place.as_str()).collect();
    assert_eq!(refused, ["/matches/1", "/matches/2"]);
    assert!(collected.refused[0].reason.contains("`id` stands twice"));
    // A number that no computer holds ends the reading, with its place.
    assert!(
        fails(br#"{"matches": [{"vulnerability": {"id": "a", "cvss": [1e400]}}]}"#)
            .to_string()
            .starts_with("line 1")
    );
}

#[test]
fn findings_of_security_hub_are_those_of_their_tools() {
    let finding = |fields: &str| {
        format!(r#"{{"ProductArn": "arn:aws:securityhub:us-east-1::product/a/b", {fields}}}"#)
    };
    let table = [
        (r#""GeneratorId": "prowler-iam_no_root", "Title": "t""#, ("Prowler", "iam_no_root")),
        (
            r#""GeneratorId": "Trivy", "Types": ["Software and Configuration Checks/Vulnerabilities/CVE"], "Title": "found CVE-2021-36159 in x""#,
            ("Trivy", "CVE-2021-36159"),
        ),
        (
            r#""GeneratorId": "arn:aws:guardduty:us-east-1:1:detector/2", "ProductName": "GuardDuty", "Types": ["TTPs/Discovery/Recon:EC2-Portscan"]"#,
            ("GuardDuty", "Recon:EC2-Portscan"),
        ),
        (
            r#""GeneratorId": "arn:aws:securityhub:us-east-2:1:ruleset/set/rhel7/rule/V-71931""#,
            ("STIG", "V-71931"),
        ),
        (
            r#""GeneratorId": "aws-foundational/v/1.0.0/IAM.5", "ProductName": "Security Hub", "Compliance": {"Status": "FAILED"}"#,
            ("AWS Security Hub", "aws-foundational/v/1.0.0/IAM.5"),
        ),
        (
            r#""GeneratorId": "AWSInspector", "ProductName": "Inspector", "Vulnerabilities": [{"Id": "CVE-2026-1"}]"#,
            ("Amazon Inspector", "CVE-2026-1"),
        ),
    ];
    // One a line, in a list, and in either spelling of the key.
    let lines: Vec<String> = table.iter().map(|(fields, _)| finding(fields)).collect();
    let list = lines.join(",");
    for file in [
        lines.join("\n"),
        format!("[{list}]"),
        format!("{{\"Findings\": [{list}]}}"),
        format!("{{\"findings\": [{list}]}}"),
    ] {
        let (format, collected) = collect(file.as_bytes());
        assert_eq!(format, "asff");
        let found: Vec<(&str, &str)> = collected
            .results
            .iter()
            .map(|result| (result.detector.as_str(), result.id.as_str()))
            .collect();
        let expected: Vec<(&str, &str)> = table.iter().map(|(_, expected)| *expected).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn the_word_of_a_status_counts_before_its_number() {
    let file = br#"[{"class_uid": 2004, "finding_info": {"uid": "1"}, "status": "New", "status_id": 3, "status_code": "FAIL"},
        {"class_uid": 2004, "finding_info": {"uid": "2"}, "status": "Suppressed", "status_id": 3, "status_code": "FAIL"},
        {"class_uid": 2004, "finding_info": {"uid": "3"}, "status_id": 3, "status_code": "FAIL"}]"#;
    let (_, collected) = collect(file);
    let suppressed: Vec<bool> = collected
        .results
        .iter()
        .map(|result| matches!(result.outcome, Outcome::Suppressed { .. }))
        .collect();
    assert_eq!(suppressed, [false, true, true]);
    assert_eq!(collect(b"[ ]\n").1.results.len(), 0);
}

#[test]
fn one_document_of_cyclonedx_gives_the_same_in_json_and_xml() {
    let json = br#"{"bomFormat": "CycloneDX", "specVersion": "1.4", "metadata": {"timestamp": "2026-05-01T00:00:00Z",
        "tools": [{"name": "grype", "version": "1"}], "component": {"name": "app", "version": "2"}},
        "components": [{"bom-ref": "r", "name": "lib", "version": "3"}],
        "vulnerabilities": [{"id": "CVE-2026-1111", "ratings": [{"score": 9.8, "severity": "critical", "vector": "AV:N"}],
          "description": "d", "recommendation": "u", "advisories": [{"url": "https://example.com"}], "affects": [{"ref": "r"}],
          "analysis": {"state": "not_affected", "justification": "code_not_present"}}]}"#;
    let xml = br#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4"><metadata><timestamp>2026-05-01T00:00:00Z</timestamp>
        <tools><tool><name>grype</name><version>1</version></tool></tools><component><name>app</name><version>2</version></component></metadata>
        <components><component bom-ref="r"><name>lib</name><version>3</version></component></components>
        <vulnerabilities><vulnerability><id>CVE-2026-1111</id><ratings><rating><score>9.8</score><severity>critical</severity><vector>AV:N</vector></rating></ratings>
        <description>d</description><recommendation>u</recommendation><advisories><advisory><url>https://example.com</url></advisory></advisories>
        <analysis><state>not_affected</state><justification>code_not_present</justification></analysis>
        <affects><target><ref>r</ref></target></affects></vulnerability></vulnerabilities></bom>"#;
    let (json, xml) = (collect(json).1, collect(xml).1);
    assert_eq!(json.results.len(), 1);
    assert_eq!(json.results, xml.results);
    assert_eq!(json.statements, xml.statements);
    assert_eq!(json.runs, xml.runs);
    // The extension of 1.2 has vulnerabilities within components.
    let old = br#"<bom xmlns="http://cyclonedx.org/schema/bom/1.2" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0"><components>
        <component><name>lib</name><version>3</version><v:vulnerabilities><v:vulnerability><v:id>CVE-2026-1111</v:id>
        <v:ratings><v:rating><v:score><v:base>7.5</v:base></v:score></v:rating></v:ratings></v:vulnerability></v:vulnerabilities></component></components></bom>"#;
    let old = collect(old).1;
    assert_eq!(old.results[0].severity, Severity::High);
    assert_eq!(old.results[0].title, "CVE-2026-1111: lib");
}

#[test]
fn reports_of_old_and_of_cluster_scans_of_trivy_are_read() {
    let old = br#"[{"Target": "debian (debian 10.8)", "Type": "debian", "Vulnerabilities": [{"VulnerabilityID": "CVE-2011-3374", "Severity": "LOW"}]},
        {"Target": "app/Gemfile.lock", "Vulnerabilities": null}]"#;
    let (format, collected) = collect(old);
    assert_eq!((format, collected.results.len()), ("trivy", 1));
    assert_eq!(collected.results[0].assets[0].name, "debian");
    let cluster = br#"{"ClusterName": "c", "Vulnerabilities": [{"Namespace": "n", "Kind": "Pod", "Name": "p", "Results": [{"Target": "i",
        "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1111", "Severity": "HIGH"}],
        "Licenses": [{"Name": "GPL-2.0", "Severity": "HIGH"}]}]}], "Misconfigurations": null}"#;
    let (_, collected) = collect(cluster);
    assert_eq!(collected.results.len(), 2, "a licence is counted");
    assert_eq!(collected.weaknesses(), BTreeSet::from(["CVE-2026-1111"]));
    assert_eq!(collected.results[0].assets[0].name, "n/Pod/p");
}

#[test]
fn csv_exports_of_other_products_are_read() {
    let management = "asset.name;definition.cve;definition.id;definition.name;first_observed;port;protocol;severity;state\n\
        web-1;CVE-2026-1111;104743;TLS 1.0;2026-01-05T10:00:00Z;443;TCP;Medium;ACTIVE\n";
    let (format, collected) = collect(management.as_bytes());
    assert_eq!(format, "tenable-csv");
    let result = &collected.results[0];
    assert_eq!((result.id.as_str(), result.severity), ("104743", Severity::Moderate));
    assert_eq!(result.assets[0].to_string(), "web-1 (443/tcp)");
    assert_eq!(result.first_seen.unwrap().to_string(), "2026-01-05");
    let assets = "\"Asset Vuln Datalist Report\",\"04 Feb 2026 10:00AM GMT-0500\",\"1\"\n\
        \"CVE\",\"QID\",\"Title\",\"Severity\",\"Type Detected\",\"First Detected\",\"Protocol\",\"Port\",\"Status\",\"Asset Name\",\"Asset IPV4\",\"Ignored\"\n\
        \"CVE-2021-44228\",\"730143\",\"Log4j\",\"5\",\"Confirmed\",\"Dec 15, 2021 10:00 AM\",\"'-\",\"0\",\"ACTIVE\",\"APP01\",\"10.1.0.50,10.1.0.51\",\"No\"\n\
        \"\",\"2\",\"Old\",\"3\",\"Confirmed\",\"\",\"TCP\",\"80\",\"ACTIVE\",\"APP01\",\"\",\"Yes\"\n";
    let (format, collected) = collect(assets.as_bytes());
    assert_eq!(format, "qualys-csv");
    let [first, second] = collected.results.as_slice() else { panic!() };
    assert_eq!((first.id.as_str(), first.severity), ("730143", Severity::Critical));
    assert_eq!(first.assets[0].to_string(), "APP01");
    assert_eq!(first.first_seen.unwrap().to_string(), "2021-12-15");
    assert!(matches!(second.outcome, Outcome::Suppressed { .. }));
    assert_eq!(collected.runs[0].assets.len(), 1);
}

#[test]
fn grype_gives_the_same_id_in_sarif_as_in_its_own_format() {
    let file = br#"{"version": "2.1.0", "$schema": "sarif", "runs": [{"tool": {"driver": {"name": "Grype", "rules": [{"id": "CVE-2021-3711-libcrypto1.1",
        "help": {"text": "Vulnerability CVE-2021-3711\nSeverity: critical\nPackage: libcrypto1.1\n"}, "properties": {"security-severity": "7.5"}}]}},
        "results": [{"ruleId": "CVE-2021-3711-libcrypto1.1", "message": {"text": "m"}}]}, {"tool": {"driver": {"name": "gitleaks"}},
        "results": [{"message": {"text": "AWS key found\nin a file"}}]}]}"#;
    let (_, collected) = collect(file);
    let [first, second] = collected.results.as_slice() else { panic!() };
    assert_eq!((first.id.as_str(), first.severity), ("CVE-2021-3711", Severity::Critical));
    assert_eq!(second.id, "AWS key found");
}

#[test]
fn overlays_do_not_repeat_the_controls_below_them() {
    let control = |results: &str| {
        format!(r#"{{"id": "V-230221", "impact": 0.5, "tags": {{}}, "results": {results}}}"#)
    };
    let file = format!(
        r#"{{"platform": {{"name": "x"}}, "version": "1", "profiles": [{{"name": "overlay", "depends": [{{"name": "base"}}], "controls": [{}]}},
          {{"name": "base", "depends": [], "controls": [{}]}}]}}"#,
        control("[]"),
        control(r#"[{"status": "passed", "start_time": "2026-01-02T00:00:00Z"}]"#)
    );
    let (_, collected) = collect(file.as_bytes());
    assert_eq!(collected.results.len(), 1);
    assert_eq!(collected.results[0].outcome, Outcome::Passed);
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
            "When is a finding gone?",
            "What is left out?",
        ] {
            assert!(format.page.contains(question), "{}: {question}", format.name);
        }
    }
}

#[test]
fn a_table_that_ends_inside_a_quoted_cell_was_cut() {
    let whole = "Plugin ID,Host,Name,Risk,Plugin Output\n1,web-1,\"Open \"\"port\"\"\",High,\"line 1\nline 2\"\n";
    assert_eq!(collect(whole.as_bytes()).1.results.len(), 1);
    let cut = &whole[..whole.find("port").unwrap()];
    let error = fails(cut.as_bytes()).to_string();
    assert!(error.contains("it was cut"), "{error}");
}
