//! When a scan shows that a weakness is gone, and when it does not: through the files of scanners, the plan
//! and the items.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::Repo;

const TODAY: &str = "2026-06-30";

/// A tracker in which two clean scans move an item to validation.
fn tracker(settings: &str) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", format!("version: 1\n{settings}")).commit("2026-01-01", "start");
    repo
}

fn scan(repo: &Repo, file: &str, options: &[&str]) -> Value {
    let arguments =
        [&["--today", TODAY, "scan", file, "--format", "json", "--commit"][..], options].concat();
    let (out, _) = repo.poam(0, &arguments);
    serde_json::from_str(&out).unwrap()
}

fn take(repo: &Repo, file: &str, content: impl AsRef<[u8]>, options: &[&str]) -> Value {
    repo.write(file, content);
    scan(repo, file, options)
}

fn items(repo: &Repo) -> Vec<Value> {
    let (out, _) = repo.poam(0, &["list", "--format", "json"]);
    serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().clone()
}

/// The reason why the plan does not count the only such item as gone.
fn reason(plan: &Value) -> &str {
    assert_eq!(plan["not_shown"].as_array().unwrap().len(), 1, "{plan:#}");
    plan["not_shown"][0]["reason"].as_str().unwrap()
}

/// Outcome and number of clean scans of the only item that was not found.
fn absent(plan: &Value) -> (&str, u64) {
    assert_eq!(plan["absent"].as_array().unwrap().len(), 1, "{plan:#}");
    let absent = &plan["absent"][0];
    (absent["outcome"].as_str().unwrap(), absent["clean_scans"].as_u64().unwrap())
}

/// A `.nessus` file of hosts with the ids of their plugins; `login` is the answer of plugin 19506.
fn nessus(day: &str, login: Option<&str>, hosts: &[(&str, &[u32])]) -> String {
    let mut text = "<NessusClientData_v2><Report name=\"r\">".to_owned();
    for (host, plugins) in hosts {
        text += &format!(
            "<ReportHost name=\"{host}\"><HostProperties><tag name=\"HOST_START\">{day} 01:00:00</tag>\
             <tag name=\"HOST_END\">{day} 02:00:00</tag></HostProperties>"
        );
        if let Some(login) = login {
            text += &format!(
                "<ReportItem port=\"0\" severity=\"0\" pluginID=\"19506\" pluginName=\"Nessus Scan Information\">\
                 <plugin_output>Credentialed checks : {login}</plugin_output></ReportItem>"
            );
        }
        for plugin in *plugins {
            let severity = if *plugin < 100 { 0 } else { 3 };
            text += &format!(
                "<ReportItem port=\"0\" severity=\"{severity}\" pluginID=\"{plugin}\" pluginName=\"Plugin {plugin}\"/>"
            );
        }
        text += "</ReportHost>";
    }
    text + "</Report></NessusClientData_v2>"
}

fn checklist(host: &str, checks: &[(&str, &str)]) -> String {
    let checks: String = checks
        .iter()
        .map(|(number, status)| {
            format!(
                "<VULN><STIG_DATA><VULN_ATTRIBUTE>Vuln_Num</VULN_ATTRIBUTE><ATTRIBUTE_DATA>{number}</ATTRIBUTE_DATA></STIG_DATA>\
                 <STIG_DATA><VULN_ATTRIBUTE>Severity</VULN_ATTRIBUTE><ATTRIBUTE_DATA>high</ATTRIBUTE_DATA></STIG_DATA><STATUS>{status}</STATUS></VULN>"
            )
        })
        .collect();
    format!(
        "<CHECKLIST><ASSET><HOST_NAME>{host}</HOST_NAME></ASSET><STIGS><iSTIG>{checks}</iSTIG></STIGS></CHECKLIST>"
    )
}

fn xccdf(benchmark: &str, day: &str, rules: &[(&str, &str)]) -> String {
    let rules: String = rules
        .iter()
        .map(|(rule, result)| {
            format!("<rule-result idref=\"{rule}\" severity=\"high\"><result>{result}</result></rule-result>")
        })
        .collect();
    format!(
        "<TestResult xmlns=\"http://checklists.nist.gov/xccdf/1.2\" end-time=\"{day}T00:00:00Z\"><benchmark id=\"{benchmark}\"/>\
         <target>web-1</target>{rules}</TestResult>"
    )
}

fn prowler(day: &str, checks: &[(&str, &str, &str)]) -> String {
    let list: Vec<Value> = checks
        .iter()
        .map(|(check, resource, code)| {
            json!({"class_uid": 2004, "severity_id": 4, "status_code": code, "time_dt": format!("{day}T00:00:00Z"),
                "metadata": {"event_code": check, "product": {"name": "Prowler"}},
                "finding_info": {"title": check, "uid": format!("{check}-{resource}")}, "resources": [{"uid": resource}]})
        })
        .collect();
    Value::Array(list).to_string()
}

#[test]
fn a_check_that_the_files_do_not_have_was_not_made() {
    // Another STIG of the host, a checklist without the check, and one in which it passed.
    let repo = tracker("");
    let day = |day: &'static str| ["--as-of", day, "--detected", day];
    take(
        &repo,
        "1.ckl",
        checklist("web-1", &[("V-1001", "Open"), ("V-1002", "NotAFinding")]),
        &day("2026-01-10"),
    );
    for (at, checks) in [
        [("V-2001", "NotAFinding"), ("V-2002", "Open")],
        [("V-1002", "NotAFinding"), ("V-1001", "Not_Reviewed")],
    ]
    .iter()
    .enumerate()
    {
        let date = format!("2026-02-1{at}");
        let plan = take(
            &repo,
            &format!("o{at}.ckl"),
            checklist("web-1", checks),
            &["--as-of", &date, "--detected", &date],
        );
        assert_eq!(plan["absent"], json!([]), "{plan:#}");
        let said = plan["not_shown"][0]["reason"].as_str().unwrap();
        let expected = ["no result of the check on web-1", "not made or not finished on web-1"][at];
        assert!(said.contains(expected), "{said}");
    }
    let passed = |name: &str, day: &str| {
        let text = checklist("WEB-1", &[("V-1001", "NotAFinding"), ("V-2002", "Open")]);
        take(&repo, name, text + &format!("<!-- {name} -->"), &["--as-of", day])
    };
    assert_eq!(absent(&passed("3.ckl", "2026-03-10")), ("waits", 1));
    assert_eq!(absent(&passed("4.ckl", "2026-04-10")), ("moves", 2));

    // Results of a benchmark that pass as a whole; of another benchmark; without the rule.
    let repo = tracker("");
    take(&repo, "1.xml", xccdf("cis", "2026-01-10", &[("r1", "fail"), ("r2", "pass")]), &[]);
    let plan = take(&repo, "2.xml", xccdf("cis", "2026-02-10", &[("r2", "pass")]), &[]);
    assert_eq!(reason(&plan), "the files have no result of the check on web-1");
    let plan = take(&repo, "3.xml", xccdf("other", "2026-03-10", &[("r1", "pass")]), &[]);
    assert_eq!(plan["absent"], json!([]), "{plan:#}");
    let plan =
        take(&repo, "4.xml", xccdf("cis", "2026-04-10", &[("r1", "pass"), ("r2", "pass")]), &[]);
    assert_eq!(absent(&plan), ("waits", 1));
    let plan = take(&repo, "5.xml", xccdf("cis", "2026-05-10", &[("r1", "notapplicable")]), &[]);
    assert_eq!(absent(&plan), ("moves", 2));

    // A check of a posture tool that is not in the file, or not on the resource.
    let repo = tracker("");
    let bucket = "arn:aws:s3:::logs";
    take(&repo, "1.json", prowler("2026-01-10", &[("s3_public", bucket, "FAIL")]), &[]);
    let other = [("s3_mfa", bucket, "PASS"), ("s3_public", "arn:aws:s3:::web", "PASS")];
    let plan = take(&repo, "2.json", prowler("2026-02-10", &other), &[]);
    assert_eq!(reason(&plan), format!("the files have no result of the check on {bucket}"));
    let plan = take(&repo, "3.json", prowler("2026-03-10", &[("s3_public", bucket, "PASS")]), &[]);
    assert_eq!(absent(&plan), ("waits", 1));
}

#[test]
fn a_scan_that_could_look_less_well_closes_nothing() {
    let repo = tracker("");
    let with = Some("yes, as 'root' via ssh");
    take(
        &repo,
        "1.nessus",
        nessus("2026-01-10", with, &[("web-1", &[100]), ("web-2", &[100])]),
        &[],
    );
    let clean: &[(&str, &[u32])] = &[("web-1", &[10]), ("web-2", &[10])];
    let plan = take(&repo, "2.nessus", nessus("2026-02-10", Some("no"), clean), &[]);
    assert_eq!(reason(&plan), "the scanner did not log in to web-1, unlike when it was found");
    let failed: &[(&str, &[u32])] = &[("web-1", &[10, 21745]), ("web-2", &[10])];
    let text = nessus("2026-02-11", with, failed).replace("severity=\"3\"", "severity=\"0\"");
    let plan = take(&repo, "3.nessus", text, &[]);
    assert!(
        reason(&plan).starts_with("the scanner could log in only in part to web-1"),
        "{plan:#}"
    );
    let plan = take(&repo, "4.nessus", nessus("2026-02-12", None, clean), &[]);
    assert!(
        reason(&plan).contains("do not say whether the scanner logged in to web-1"),
        "{plan:#}"
    );
    let ports: &[(&str, &[u32])] = &[("web-1", &[10180, 11219]), ("web-2", &[10])];
    let text = nessus("2026-02-13", None, ports).replace("severity=\"3\"", "severity=\"0\"");
    let plan = take(&repo, "5.nessus", text, &[]);
    assert_eq!(reason(&plan), "web-1: the scan only looked for hosts and ports");
    // Found on one host without a login: the other host stays, because nothing is known of it.
    let text = nessus("2026-02-14", Some("no"), &[("web-1", &[100]), ("web-2", &[10])]);
    let plan = take(&repo, "6.nessus", text, &[]);
    assert_eq!(plan["changed"], json!([]), "{plan:#}");
    assert_eq!(items(&repo)[0]["assets"], json!(["web-1", "web-2"]));
    // With a login it counts.
    let plan = take(&repo, "7.nessus", nessus("2026-03-10", with, clean), &[]);
    assert_eq!(absent(&plan), ("waits", 1));
    let policy = "<Policy><Preferences><preference><name>plugin_set</name><value>10;19506;</value></preference></Preferences></Policy>";
    let text = nessus("2026-04-10", with, clean).replace("<Report ", &format!("{policy}<Report "));
    let plan = take(&repo, "8.nessus", text, &[]);
    assert_eq!(reason(&plan), "the check was not made or not finished on web-1");
    let plan = take(&repo, "9.nessus", nessus("2026-05-10", with, clean), &[]);
    assert_eq!(absent(&plan), ("moves", 2));
    let (out, _) = repo.poam(0, &["--today", TODAY, "scan", "2.nessus"]);
    assert!(out.contains("recorded already"), "{out}");
}

#[test]
fn one_scan_counts_once_in_all_its_files() {
    let repo = tracker("");
    take(&repo, "1.nessus", nessus("2026-01-10", None, &[("web-1", &[100, 101])]), &[]);
    let text = nessus("2026-02-10", None, &[("web-1", &[101])]);
    assert_eq!(absent(&take(&repo, "2.nessus", &text, &[])), ("waits", 1));
    // The same bytes compressed are the same file.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    repo.write("2.nessus.gz", encoder.finish().unwrap());
    assert!(scan(&repo, "2.nessus.gz", &[])["known"].is_string());
    // Exported again with other white space, as a table, and as a table with a day of a person.
    let again = text.replace("<ReportHost", "\n<ReportHost");
    let plan = take(&repo, "again.nessus", again, &[]);
    assert_eq!(absent(&plan), ("waits", 1));
    assert!(plan["same_scan"].as_str().unwrap().starts_with("scans/2026/2026-02-10-nessus"));
    let table = "Plugin ID,CVE,Risk,Host,Protocol,Port,Name\n101,,High,web-1,tcp,0,Plugin 101\n";
    assert_eq!(absent(&take(&repo, "2.csv", table, &["--as-of", "2026-02-10"])), ("waits", 1));
    let plan = take(&repo, "3.csv", format!("{table}\n"), &["--as-of", "2026-02-12"]);
    assert_eq!(absent(&plan), ("waits", 1));
    // Another scan.
    let plan = take(&repo, "3.nessus", nessus("2026-03-10", None, &[("web-1", &[101])]), &[]);
    assert_eq!(absent(&plan), ("moves", 2));
    // A part of the results of a scan that found it does not show that it is gone.
    let part = nessus("2026-01-10", None, &[("web-1", &[101])]);
    let plan = take(&repo, "part.nessus", part, &[]);
    assert_eq!((&plan["absent"], &plan["changed"]), (&json!([]), &json!([])), "{plan:#}");
}

#[test]
fn items_that_share_an_id_follow_their_own_assets() {
    let repo = tracker("");
    for (id, asset) in [("V-1", "web-1"), ("V-2", "web-2")] {
        repo.write(
            &format!("items/{id}.yaml"),
            format!(
                "id: {id}\nweakness_name: Plugin 100\ndetector_source: Nessus\nsource_identifier: \"100\"\nassets: [{asset}]\n\
                 original_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: open\n"
            ),
        );
    }
    repo.commit("2026-01-02", "items");
    let both: &[(&str, &[u32])] = &[("WEB-1", &[100]), ("web-2", &[100]), ("web-3", &[100])];
    let plan = take(&repo, "1.nessus", nessus("2026-02-10", None, both), &[]);
    assert_eq!((&plan["new"], &plan["absent"]), (&json!([]), &json!([])));
    let assets = |repo: &Repo| -> Vec<Value> {
        items(repo).iter().map(|item| item["assets"].clone()).collect()
    };
    assert_eq!(assets(&repo), [json!(["web-1", "web-3"]), json!(["web-2"])]);
    let one: &[(&str, &[u32])] = &[("web-1", &[100]), ("web-2", &[10]), ("web-3", &[10])];
    let plan = take(&repo, "2.nessus", nessus("2026-03-10", None, one), &[]);
    assert_eq!(plan["absent"][0]["id"], "V-2");
    assert_eq!(assets(&repo), [json!(["web-1"]), json!(["web-2"])]);
    let plan = take(&repo, "3.nessus", nessus("2026-04-10", None, one), &[]);
    assert_eq!(absent(&plan), ("moves", 2));
}

#[test]
fn a_group_by_cve_looks_at_all_cves_and_detectors() {
    let grype = |day: &str, cves: &[&str]| {
        let list: Vec<Value> = cves
            .iter()
            .map(|cve| json!({"vulnerability": {"id": cve, "severity": "High"}, "artifact": {"name": "p"}}))
            .collect();
        json!({"matches": list, "source": {"type": "image", "target": {"userInput": "web-1"}},
            "descriptor": {"name": "grype", "timestamp": format!("{day}T10:00:00Z")}})
        .to_string()
    };
    let repo = tracker("scan: {group: cve}\n");
    let text = nessus("2026-01-10", None, &[("web-1", &[100])]).replace(
        "pluginName=\"Plugin 100\"/>",
        "pluginName=\"Plugin 100\"><cve>CVE-2026-1111</cve><cve>CVE-2026-2222</cve></ReportItem>",
    );
    take(&repo, "1.nessus", text, &[]);
    // Another scanner finds the second CVE: the same item.
    let plan = take(&repo, "1.json", grype("2026-01-11", &["CVE-2026-2222"]), &[]);
    assert_eq!((&plan["counts"]["known"], &plan["counts"]["new"]), (&1.into(), &0.into()));
    assert_eq!(items(&repo).len(), 1);
    // Each of the two must no longer find it.
    let clean = nessus("2026-02-10", None, &[("web-1", &[10])]);
    assert_eq!(take(&repo, "2.nessus", clean, &[])["absent"], json!([]));
    let text = nessus("2026-03-10", None, &[("web-1", &[10])]);
    assert_eq!(take(&repo, "3.nessus", text, &[])["absent"], json!([]));
    let plan = take(&repo, "3.json", grype("2026-03-11", &["CVE-2026-9999"]), &[]);
    assert_eq!(absent(&plan), ("waits", 1));
}

#[test]
fn an_informational_result_is_still_a_result() {
    let repo = tracker("scan: {clean_scans: 1}\n");
    take(&repo, "1.nessus", nessus("2026-01-10", None, &[("web-1", &[100])]), &[]);
    let text = nessus("2026-02-10", None, &[("web-1", &[100])])
        .replace("severity=\"3\"", "severity=\"0\"");
    let plan = take(&repo, "2.nessus", text, &[]);
    assert_eq!((&plan["counts"]["known"], &plan["counts"]["below"]), (&1.into(), &0.into()));
    assert_eq!((&plan["absent"], &plan["informational"]), (&json!([]), &json!(["POAM-2026-001"])));
}

#[test]
fn closing_goes_by_the_workflow() {
    let repo = tracker("");
    let hosts: &[(&str, &[u32])] = &[("web-1", &[100, 101])];
    take(&repo, "1.nessus", nessus("2026-01-10", None, hosts), &[]);
    repo.git(&["tag", "base"]);
    let clean: &[(&str, &[u32])] = &[("web-1", &[10])];
    take(&repo, "2.nessus", nessus("2026-02-10", None, clean), &["--close"]);
    let plan = take(&repo, "3.nessus", nessus("2026-03-10", None, clean), &["--close"]);
    assert_eq!(plan["absent"][0]["detail"], "closed", "{plan:#}");
    assert_eq!(items(&repo)[0]["status"], "closed");
    assert_eq!(items(&repo)[0]["completion_date"], "2026-03-10");
    let subjects = repo.git(&["log", "-2", "--format=%s"]);
    assert_eq!(
        subjects,
        "scan nessus of 2026-03-10: 2 items closed\nscan nessus of 2026-03-10: 0 items new, 2 changed\n"
    );
    let message = repo.git(&["log", "-1", "--skip=1", "--format=%B"]);
    assert!(message.contains("Poam-Override: open -> pending-validation"), "{message}");
    let errors = |base: &str| -> Vec<String> {
        let output =
            repo.try_poam(&["--today", TODAY, "validate", "--base", base, "--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let list = report["diagnostics"].as_array().unwrap().iter();
        list.filter(|one| one["rule"] == "illegal-transition" && one["level"] == "error")
            .map(|one| one["message"].to_string())
            .collect()
    };
    assert_eq!(errors("base"), Vec::<String>::new());
    assert_eq!(errors("HEAD~2"), Vec::<String>::new());
    // Waiting for a decision: no scan moves it on.
    let repo = tracker("scan: {clean_scans: 1}\n");
    repo.write(
        "items/V-1.yaml",
        "id: V-1\nweakness_name: W\ndetector_source: Nessus\nsource_identifier: \"100\"\nassets: [web-1]\n\
         original_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: pending-approval\n\
         milestones: [{id: 1, description: Patch, due: 2026-01-20, status: pending}]\n\
         deviations: [{type: risk-adjustment, state: pending, rationale: Not reachable}]\n",
    );
    repo.commit("2026-01-02", "item");
    repo.write("1.nessus", nessus("2026-02-10", None, clean));
    let (out, _) = repo.poam(0, &["--today", TODAY, "scan", "1.nessus", "--close"]);
    assert!(out.contains("V-1  not found by 1 scan, but"), "{out}");
    assert!(!out.contains("\\n"), "{out}");
    assert!(out.contains("cannot be closed: milestone 1 is pending ("), "{out}");
    assert!(out.contains("; it has no approved false positive"), "{out}");
}

#[test]
fn older_scans_leave_what_newer_ones_tell() {
    let repo = tracker("");
    take(
        &repo,
        "1.nessus",
        nessus("2026-01-10", None, &[("web-1", &[100]), ("web-2", &[10])]),
        &[],
    );
    let newer: &[(&str, &[u32])] = &[("web-1", &[10]), ("web-2", &[100])];
    take(&repo, "3.nessus", nessus("2026-03-10", None, newer), &[]);
    assert_eq!(items(&repo)[0]["assets"], json!(["web-2"]));
    // The scan in between found it on web-1 and web-3 and not on web-2; nobody looked at web-3 since.
    let older: &[(&str, &[u32])] = &[("web-1", &[100]), ("web-2", &[10]), ("web-3", &[100])];
    let plan = take(&repo, "2.nessus", nessus("2026-02-10", None, older), &[]);
    assert_eq!(plan["changed"][0]["added_assets"], json!(["web-3"]));
    assert_eq!(items(&repo)[0]["assets"], json!(["web-2", "web-3"]));
    // It is a commit of today, which can be undone.
    assert!(!repo.git(&["log", "-1", "--format=%B"]).contains("Poam-Reconstructed"));
    repo.poam(0, &["--today", TODAY, "undo"]);
    assert_eq!(items(&repo)[0]["assets"], json!(["web-2"]));
}

#[test]
fn days_of_the_files_count_before_those_of_a_person() {
    let repo = tracker("");
    repo.write("1.nessus", nessus("2026-01-10", None, &[("web-1", &[100])]));
    let (out, _) = repo.poam(0, &["--today", TODAY, "scan", "1.nessus", "--as-of", "2026-05-05"]);
    assert!(
        out.contains(
            "the files say that the scan was on 2026-01-10; 2026-05-05 (--as-of) is not used"
        ),
        "{out}"
    );
    let options = ["--as-of", "2026-05-05", "--detected", "2026-05-05"];
    assert_eq!(scan(&repo, "1.nessus", &options)["day"], "2026-01-10");
    let (out, _) = repo.poam(0, &["scan", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(list["scans"][0]["scan"].get("detected_attested"), None, "no item needed it");
    let table = "Plugin ID,Risk,Host,Name\n1,High,web-9,n\n";
    repo.write("2.csv", table);
    let (_, err) = repo.poam(
        2,
        &["--today", TODAY, "scan", "2.csv", "--as-of", "2026-05-05", "--detected", "2026-07-01"],
    );
    assert!(err.contains("the day of detection 2026-07-01 lies in the future"), "{err}");
    let (_, err) = repo.poam(
        2,
        &["--today", TODAY, "scan", "2.csv", "--as-of", "2026-05-05", "--detected", "2026-05-06"],
    );
    assert!(err.contains("2026-05-06 lies after the day of the scan"), "{err}");
}

#[test]
fn a_scope_keeps_releases_and_places_up_to_date() {
    let trivy = |day: &str, image: &str, cves: &[&str]| {
        let list: Vec<Value> = cves
            .iter()
            .map(|cve| json!({"VulnerabilityID": cve, "Severity": "HIGH", "PkgName": "p"}))
            .collect();
        json!({"SchemaVersion": 2, "CreatedAt": format!("{day}T10:00:00Z"), "ArtifactName": image,
            "Results": [{"Target": image, "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": list}]})
        .to_string()
    };
    let repo = tracker("");
    let scope = ["--scope", "app"];
    take(
        &repo,
        "1.json",
        trivy("2026-01-10", "app:1.0", &["CVE-2026-1111", "CVE-2026-2222"]),
        &scope,
    );
    take(&repo, "2.json", trivy("2026-02-10", "app:1.1", &["CVE-2026-1111"]), &scope);
    assert_eq!(items(&repo)[0]["assets"], json!(["app:1.1"]));
    // Another image of the scope shows nothing about this one.
    let plan = take(&repo, "3.json", trivy("2026-02-11", "web:1.0", &["CVE-2026-3333"]), &scope);
    assert_eq!(plan["absent"], json!([]), "{plan:#}");
    let plan = take(&repo, "4.json", trivy("2026-03-10", "app:1.2", &["CVE-2026-1111"]), &scope);
    let gone = plan["absent"].as_array().unwrap().iter().find(|one| one["id"] == "POAM-2026-002");
    assert_eq!(gone.unwrap()["outcome"], "moves", "{plan:#}");
    // Without a scope the older release may still run.
    let repo = tracker("");
    take(&repo, "1.json", trivy("2026-01-10", "app:1.0", &["CVE-2026-1111"]), &[]);
    take(&repo, "2.json", trivy("2026-02-10", "app:1.1", &["CVE-2026-1111"]), &[]);
    assert_eq!(items(&repo)[0]["assets"], json!(["app:1.0", "app:1.1"]));
    // Another kind of checks of the same image.
    let config = json!({"SchemaVersion": 2, "CreatedAt": "2026-03-10T10:00:00Z", "ArtifactName": "app:1.1", "Results": [
        {"Target": "app:1.1", "Class": "lang-pkgs", "Type": "npm", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-9", "Severity": "LOW"}]}]});
    let plan = take(&repo, "3.json", config.to_string(), &[]);
    let said = plan["not_shown"].to_string();
    assert!(said.contains("app:1.0 was not looked at") || said.contains("for os-pkgs"), "{plan:#}");

    let sarif = |day: &str, places: &[(&str, &str)]| {
        let list: Vec<Value> = places
            .iter()
            .map(|(rule, place)| {
                json!({"ruleId": rule, "level": "error", "message": {"text": "m"},
                    "locations": [{"physicalLocation": {"artifactLocation": {"uri": place}}}]})
            })
            .collect();
        json!({"version": "2.1.0", "$schema": "sarif", "runs": [{"tool": {"driver": {"name": "T"}}, "results": list,
            "invocations": [{"executionSuccessful": true, "endTimeUtc": format!("{day}T10:00:00Z")}]}]})
        .to_string()
    };
    let repo = tracker("");
    take(&repo, "1.sarif", sarif("2026-01-10", &[("r1", "src/a.c"), ("r1", "src/b.c")]), &scope);
    take(&repo, "2.sarif", sarif("2026-02-10", &[("r1", "src/a.c"), ("r2", "src/c.c")]), &scope);
    assert_eq!(items(&repo)[0]["assets"], json!(["src/a.c"]));
}

#[test]
fn what_is_found_on_the_day_of_closing_is_a_successor() {
    let repo = tracker("");
    repo.write(
        "items/V-1.yaml",
        "id: V-1\nweakness_name: W\ndetector_source: Nessus\nsource_identifier: \"100\"\nassets: [web-1]\n\
         original_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: closed\ncompletion_date: 2026-02-10\n\
         evidence: [{reference: CHG-1, collected: 2026-02-10}]\n",
    );
    repo.commit("2026-02-10", "closed");
    let plan = take(&repo, "1.nessus", nessus("2026-02-09", None, &[("web-1", &[100])]), &[]);
    assert_eq!(plan["new"], json!([]));
    let plan = take(&repo, "2.nessus", nessus("2026-02-10", None, &[("web-1", &[100])]), &[]);
    assert_eq!(plan["new"][0]["successor_of"], "V-1", "{plan:#}");
}

#[test]
fn a_day_that_cannot_be_gives_way_to_that_of_a_person() {
    let repo = tracker("");
    repo.write("1.nessus", nessus("2199-01-10", None, &[("web-1", &[100])]));
    let (_, err) = repo.poam(2, &["--today", TODAY, "scan", "1.nessus"]);
    assert!(err.contains("2199-01-10, which is in the future"), "{err}");
    let options = ["--as-of", "2026-02-01", "--detected", "2026-02-01"];
    assert_eq!(scan(&repo, "1.nessus", &options)["day"], "2026-02-01");
}

#[test]
fn statements_about_other_products_propose_nothing() {
    let repo = tracker("");
    repo.write(
        "items/V-1.yaml",
        "id: V-1\nweakness_name: W\ndetector_source: Grype\nsource_identifier: CVE-2026-1111\ncves: [CVE-2026-1111]\n\
         assets: [\"app:1.0\"]\nweakness_description: |-\n  Text\n\n  Packages:\n  - openssl 1.1.1k\n\
         original_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: open\n",
    );
    repo.commit("2026-01-02", "item");
    let statement = |product: &str| {
        json!({"@context": "https://openvex.dev/ns/v0.2.0", "author": "Vendor", "timestamp": "2026-02-01T00:00:00Z", "statements":
          [{"vulnerability": {"name": "CVE-2026-1111"}, "products": [{"@id": product}], "status": "fixed"}]})
        .to_string()
    };
    for (name, product, proposals) in [
        ("1.json", "pkg:deb/debian/libxml2@2.9", 0),
        ("2.json", "pkg:deb/debian/openssl@3.0", 0),
        ("3.json", "pkg:deb/debian/openssl@1.1.1k", 1),
        ("4.json", "pkg:oci/app?tag=1.0", 1),
    ] {
        let plan = take(&repo, name, statement(product), &["--as-of", "2026-02-01"]);
        assert_eq!(plan["proposals"].as_array().unwrap().len(), proposals, "{product}");
        assert_eq!(plan["other_products"], 1 - proposals, "{product}");
    }
}
