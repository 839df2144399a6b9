//! Tests of the reported coverage of each format: how hosts were looked at, which kinds of checks
//! were made, and which formats have a result of each check. Expected values are those of the small
//! samples.

use std::io::Cursor;

use super::tests::Collected;
use crate::{AssetNaming, Credentials, Outcome, ScanLimits, ScanRun, read};

fn collect(text: &str) -> Collected {
    let mut collected = Collected::default();
    read(&mut Cursor::new(text.as_bytes()), ScanLimits::default(), &mut collected).unwrap();
    assert!(collected.refused.is_empty(), "{:?}", collected.refused);
    collected
}

/// The only run of a file.
fn run(text: &str) -> ScanRun {
    let mut runs = collect(text).runs;
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs.remove(0)
}

const INFORMATION: &str = "<ReportItem port=\"0\" severity=\"0\" pluginID=\"19506\" pluginName=\"Nessus Scan Information\" \
    pluginFamily=\"Settings\"><plugin_output>Scan type : Normal\nCredentialed checks : ANSWER\n</plugin_output></ReportItem>";

#[test]
fn nessus_hosts_have_a_login_and_the_policy_its_plugins() {
    let host = |name: &str, items: &str| {
        format!(
            "<ReportHost name=\"{name}\"><HostProperties><tag name=\"HOST_START\">Mon Dec  1 01:00:00 2025</tag>\
             <tag name=\"HOST_END\">Mon Dec  1 02:00:00 2025</tag></HostProperties>{items}</ReportHost>"
        )
    };
    let information = |answer: &str| INFORMATION.replace("ANSWER", answer);
    let plugin = |id: &str| {
        format!(
            "<ReportItem port=\"0\" severity=\"0\" pluginID=\"{id}\" pluginFamily=\"General\"/>"
        )
    };
    let text = format!(
        "<NessusClientData_v2><Policy><policyName>Monthly</policyName><Preferences><ServerPreferences>\
         <preference><name>plugin_set</name><value>19506;10;11;</value></preference>\
         <preference><name>secret</name><value>hunter2</value></preference></ServerPreferences></Preferences>\
         <FamilySelection><FamilyItem><FamilyName>Windows</FamilyName><Status>disabled</Status></FamilyItem>\
         <FamilyItem><FamilyName>General</FamilyName><Status>mixed</Status></FamilyItem></FamilySelection></Policy>\
         <Report name=\"r\">{}{}{}{}{}</Report></NessusClientData_v2>",
        host("with", &information("yes, as 'root' via ssh")),
        host("without", &(information("no") + &plugin("57582"))),
        host("partly", &(information("yes") + &plugin("110385"))),
        host("ports", &(information("no") + &plugin("10180") + &plugin("11219"))),
        host("unknown", &plugin("57582")),
    );
    let run = run(&text);
    let logins: Vec<(&str, Credentials)> =
        run.credentials.iter().map(|(host, login)| (host.as_str(), *login)).collect();
    assert_eq!(
        logins,
        [
            ("partly", Credentials::Partly),
            ("ports", Credentials::Without),
            ("with", Credentials::With),
            ("without", Credentials::Without),
        ]
    );
    assert_eq!(run.incomplete.len(), 1, "{:?}", run.incomplete);
    assert_eq!(run.incomplete[0].0.name, "ports");
    assert!(run.selection.leaves_out("12", None) && !run.selection.leaves_out("10", None));
    assert!(run.selection.leaves_out("10", Some("Windows")));
    assert!(!run.selection.leaves_out("10", Some("General")));
    let (from, to) = run.time.unwrap();
    assert_eq!(
        (from.to_string(), to.to_string()),
        ("2025-12-01 01:00:00".into(), "2025-12-01 02:00:00".into())
    );
    assert_eq!(run.lists_only_findings.as_deref(), Some("Nessus"));
    assert!(!format!("{run:?}").contains("hunter2"));
}

#[test]
fn tables_of_nessus_have_logins_days_and_compliance_checks() {
    let text = "Plugin ID,CVE,CVSS,Risk,Host,Protocol,Port,Name,Synopsis,Description,Solution,See Also,Plugin Output\n\
        19506,,,None,web-1,tcp,0,Nessus Scan Information,,,,,\"Credentialed checks : no\nScan Start Date : 2022/3/22 14:54 EDT\"\n\
        57582,,,Medium,web-1,tcp,443,SSL Self-Signed,,,,,\n\
        21157,,,PASSED,web-1,tcp,0,Unix Compliance Checks,,\"\"\"1.1.1 Disable cramfs\"\" : [PASSED]\n\nText\",,,\n\
        21157,,,FAILED,web-1,tcp,0,Unix Compliance Checks,,\"1.1.2 Disable: squashfs: [FAILED]\",,,\n\
        21157,,,WARNING,web-1,tcp,0,Unix Compliance Checks,,\"\"\"1.1.3 Look\"\" : [WARNING]\",,,\n";
    let Collected { runs, results, .. } = collect(text);
    assert_eq!(runs[0].credentials["web-1"], Credentials::Without);
    assert_eq!(runs[0].day.unwrap().to_string(), "2022-03-22");
    let checks: Vec<(&str, &Outcome)> =
        results[2..].iter().map(|result| (result.id.as_str(), &result.outcome)).collect();
    let warning = Outcome::NotChecked { word: "WARNING".to_owned() };
    assert_eq!(
        checks,
        [
            ("21157 1.1.1 Disable cramfs", &Outcome::Passed),
            ("21157 1.1.2 Disable: squashfs", &Outcome::Failed),
            ("21157 1.1.3 Look", &warning),
        ]
    );
}

#[test]
fn qualys_hosts_have_a_login_and_the_day_of_their_last_scan() {
    let host = |ip: &str, scanned: &str, login: &str, detection: &str| {
        format!(
            "<HOST><ID>1</ID><IP>{ip}</IP><LAST_SCAN_DATETIME>{scanned}T08:00:00Z</LAST_SCAN_DATETIME>\
             <LAST_VM_SCANNED_DATE>{scanned}T08:00:00Z</LAST_VM_SCANNED_DATE>{login}<DETECTION_LIST>{detection}</DETECTION_LIST></HOST>"
        )
    };
    let detection = |more: &str| {
        format!(
            "<DETECTION><QID>1</QID><TYPE>Confirmed</TYPE><SEVERITY>4</SEVERITY><STATUS>Active</STATUS>{more}</DETECTION>"
        )
    };
    let login = |day: &str| {
        format!("<LAST_VM_AUTH_SCANNED_DATE>{day}T08:00:00Z</LAST_VM_AUTH_SCANNED_DATE>")
    };
    let text = format!(
        "<?xml version=\"1.0\"?><HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><DATETIME>2026-03-01T00:00:00Z</DATETIME><HOST_LIST>{}{}{}</HOST_LIST>\
         </RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>",
        host("10.0.0.1", "2026-02-20", &login("2026-02-20"), &detection("")),
        host(
            "10.0.0.2",
            "2026-02-21",
            &login("2026-01-01"),
            &detection("<IS_IGNORED>1</IS_IGNORED>")
        ),
        host("10.0.0.3", "2026-02-22", "", &detection("")),
    );
    let Collected { runs, results, .. } = collect(&text);
    let run = &runs[0];
    assert_eq!(run.credentials["10.0.0.1"], Credentials::With);
    assert_eq!(run.credentials["10.0.0.2"], Credentials::Without);
    assert_eq!(run.credentials.get("10.0.0.3"), None);
    assert_eq!(run.days["10.0.0.3"].to_string(), "2026-02-22");
    assert!(matches!(results[1].outcome, Outcome::Suppressed { .. }));
    let table = "\"IP\",\"QID\",\"Title\",\"Vuln Status\",\"Type\",\"Severity\"\n\
        \"10.0.0.1\",\"38307\",\"Unix Authentication Method\",\"\",\"Ig\",\"1\"\n\
        \"10.0.0.2\",\"105015\",\"Windows Authentication Failed\",\"\",\"Ig\",\"1\"\n";
    let run = self::run(table);
    assert_eq!(run.credentials["10.0.0.1"], Credentials::With);
    assert_eq!(run.credentials["10.0.0.2"], Credentials::Without);
}

#[test]
fn trivy_shows_kinds_of_checks_in_all_of_its_formats() {
    let json = r#"{"SchemaVersion": 2, "CreatedAt": "2026-02-01T10:00:00Z", "ArtifactName": "app:1", "Results": [
        {"Target": "app:1 (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1"}]},
        {"Target": "Dockerfile", "Class": "config", "Type": "dockerfile", "MisconfSummary": {"Successes": 20, "Failures": 0}}]}"#;
    let run = self::run(json);
    assert_eq!(run.classes["os-pkgs"].iter().collect::<Vec<_>>(), ["app:1"]);
    assert_eq!(run.classes["config"].iter().collect::<Vec<_>>(), ["app:1: Dockerfile"]);
    assert_eq!(run.classes.get("lang-pkgs"), None);
    assert_eq!(run.naming, AssetNaming::Artifacts);
    let sarif = r#"{"version": "2.1.0", "$schema": "sarif", "runs": [{"tool": {"driver": {"name": "Trivy", "rules": [
        {"id": "CVE-2026-1", "name": "LanguageSpecificPackageVulnerability"}]}}, "properties": {"imageName": "app:1"},
        "results": [{"ruleId": "CVE-2026-1", "ruleIndex": 0, "message": {"text": "m"}}]}]}"#;
    let Collected { runs, results, .. } = collect(sarif);
    assert_eq!(results[0].class.as_deref(), Some("lang-pkgs"));
    assert_eq!(runs[0].classes["lang-pkgs"].iter().collect::<Vec<_>>(), ["app:1"]);
    assert_eq!(runs[0].selection.only, None, "only rules with results are listed");
    let bom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "metadata": {"tools": {"components": [{"name": "trivy"}]},
        "component": {"name": "app", "version": "1"}}, "components": [{"bom-ref": "a", "name": "zlib", "purl": "pkg:deb/debian/zlib@1"}],
        "vulnerabilities": [{"id": "CVE-2026-1", "affects": [{"ref": "a"}]}]}"#;
    let Collected { runs, results, .. } = collect(bom);
    assert_eq!(results[0].class.as_deref(), Some("os-pkgs"));
    assert_eq!(runs[0].classes["os-pkgs"].iter().collect::<Vec<_>>(), ["app:1"]);
}

#[test]
fn sarif_names_the_rules_that_ran_and_what_failed() {
    let text = r#"{"version": "2.1.0", "$schema": "sarif", "runs": [{"tool": {"driver": {"name": "T", "rules": [
        {"id": "r1"}, {"id": "r2"}, {"id": "r3", "defaultConfiguration": {"enabled": false}}, {"id": "r4"}]}},
        "invocations": [{"executionSuccessful": true, "endTimeUtc": "2026-02-01T10:00:00Z",
          "ruleConfigurationOverrides": [{"descriptor": {"id": "r4"}, "configuration": {"enabled": false}}],
          "toolExecutionNotifications": [
            {"level": "error", "message": {"text": "cannot parse"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/b.c"}}}]},
            {"level": "warning", "message": {"text": "slow"}}]}],
        "results": [{"ruleId": "r1", "message": {"text": "m"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/a.c"}}}]}]}]}"#;
    let run = self::run(text);
    let left_out: Vec<&str> = ["r1", "r1/sub", "r2", "r3", "r4", "r5"]
        .into_iter()
        .filter(|id| run.selection.leaves_out(id, None))
        .collect();
    assert_eq!(left_out, ["r3", "r4", "r5"]);
    assert_eq!(run.incomplete.len(), 1, "{:?}", run.incomplete);
    assert_eq!(run.incomplete[0].0.name, "src/b.c");
    assert_eq!(run.naming, AssetNaming::Places);
}

#[test]
fn formats_with_a_result_of_each_check_show_nothing_by_absence() {
    let checklist = "<CHECKLIST><ASSET><HOST_NAME>web-1</HOST_NAME></ASSET><STIGS><iSTIG><VULN><STIG_DATA><VULN_ATTRIBUTE>Vuln_Num</VULN_ATTRIBUTE>\
        <ATTRIBUTE_DATA>V-257777</ATTRIBUTE_DATA></STIG_DATA><STATUS>NotAFinding</STATUS></VULN></iSTIG></STIGS></CHECKLIST>";
    let cklb = r#"{"cklb_version": "1.0", "target_data": {"host_name": "web-1"}, "stigs": [{"display_name": "S", "rules": [{"group_id": "V-257777", "status": "not_a_finding"}]}]}"#;
    let xccdf = "<TestResult xmlns=\"http://checklists.nist.gov/xccdf/1.2\" end-time=\"2026-05-01T00:00:00Z\"><target>web-1</target>\
        <rule-result idref=\"r\"><result>pass</result></rule-result></TestResult>";
    let hdf = r#"{"platform": {"name": "x"}, "version": "1", "profiles": [{"name": "p", "controls": [{"id": "c", "impact": 0.5, "results": [{"status": "passed"}]}]}]}"#;
    let prowler = r#"[{"class_uid": 2004, "finding_info": {"uid": "u"}, "metadata": {"event_code": "c", "product": {"name": "Prowler"}}, "status_code": "PASS"}]"#;
    let asff = r#"[{"ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub", "GeneratorId": "g", "Compliance": {"Status": "PASSED"}}]"#;
    let inspector = r#"{"findings": [{"findingArn": "a", "status": "CLOSED", "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-2026-1"}}]}"#;
    let oscal = r#"{"assessment-results": {"results": [{"findings": [{"title": "t", "target": {"target-id": "ac-1", "status": {"state": "satisfied"}}}]}]}}"#;
    for text in [checklist, cklb, xccdf, hdf, prowler, asff, inspector, oscal] {
        let Collected { runs, results, .. } = collect(text);
        assert_eq!(results.len(), 1, "{text}");
        assert!(matches!(results[0].outcome, Outcome::Passed | Outcome::Fixed), "{text}");
        assert!(runs.iter().all(|run| run.lists_only_findings.is_none()), "{text}");
    }
}

#[test]
fn a_file_without_a_result_shows_nothing() {
    let trivy = r#"{"SchemaVersion": 2, "ArtifactName": "app:1", "Results": [{"Target": "app:1", "Class": "os-pkgs"}]}"#;
    let grype = r#"{"matches": [], "source": {"type": "image", "target": {"userInput": "app:1"}}, "descriptor": {"name": "grype"}}"#;
    for text in [trivy, grype] {
        assert_eq!(run(text).lists_only_findings, None, "{text}");
    }
}
