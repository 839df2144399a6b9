//! Scans and items about which a person decided; releases, days, VEX statements, and commits of a series.

use serde_json::{Value, json};

use crate::support::Repo;

const TODAY: &str = "2026-06-30";

fn tracker(settings: &str) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", format!("version: 1\n{settings}")).commit("2026-01-01", "start");
    repo
}

/// Takes a file with `--commit` and returns the plan.
fn take(repo: &Repo, file: &str, content: impl AsRef<[u8]>, options: &[&str]) -> Value {
    repo.write(file, content);
    let arguments =
        [&["--today", TODAY, "scan", file, "--format", "json", "--commit"][..], options].concat();
    let (out, _) = repo.poam(0, &arguments);
    let plan: Value = serde_json::from_str(&out).unwrap();
    let counts = plan["counts"].as_object().unwrap();
    let parts = counts.iter().filter(|(name, _)| *name != "results");
    let sum: u64 = parts.map(|(_, count)| count.as_u64().unwrap()).sum();
    assert_eq!(counts["results"].as_u64(), Some(sum), "{counts:?}");
    plan
}

fn items(repo: &Repo) -> Vec<Value> {
    let (out, _) = repo.poam(0, &["list", "--all", "--format", "json"]);
    serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().clone()
}

/// A Tenable table: a row for each host with port, plugin, first and last day.
fn table(rows: &[(&str, u16, u32, &str, &str)]) -> String {
    let head =
        "Plugin ID,Severity,DNS Name,Protocol,Port,Plugin Name,First Discovered,Last Observed\n";
    let row = |(host, port, plugin, first, last): &(&str, u16, u32, &str, &str)| {
        format!("{plugin},High,{host},tcp,{port},Plugin {plugin},{first},{last}\n")
    };
    head.to_owned() + &rows.iter().map(row).collect::<String>()
}

fn trivy(day: &str, image: &str, cves: &[&str]) -> String {
    let list: Vec<Value> = cves
        .iter()
        .map(|cve| {
            json!({"VulnerabilityID": cve, "Severity": "HIGH", "PkgName": "zlib", "InstalledVersion": "1",
                "PkgIdentifier": {"PURL": "pkg:apk/alpine/zlib@1"}})
        })
        .collect();
    json!({"SchemaVersion": 2, "CreatedAt": format!("{day}T10:00:00Z"), "ArtifactName": image,
        "Results": [{"Target": image, "Class": "os-pkgs", "Type": "alpine", "Vulnerabilities": list}]})
    .to_string()
}

/// An item that a scanner found on some assets, with more lines.
fn item(repo: &Repo, id: &str, detector: &str, source: &str, assets: &str, more: &str) {
    repo.write(
        &format!("items/{id}.yaml"),
        format!(
            "id: {id}\nweakness_name: W\ndetector_source: {detector}\nsource_identifier: \"{source}\"\nassets: {assets}\n\
             original_detection_date: 2026-01-05\noriginal_risk_rating: high\n{more}\n"
        ),
    );
    repo.commit("2026-01-12", "item");
}

const FALSE_POSITIVE: &str = "status: closed\ncompletion_date: 2026-01-12\nevidence: [{reference: DR-7, collected: 2026-01-12}]\n\
    deviations: [{type: false-positive, state: approved, rationale: The fix is back-ported, requested: 2026-01-11, decided: 2026-01-12, approver: {name: Ann Boss}}]";
const ACCEPTED: &str = "status: risk-accepted\nrisk_acceptance: {rationale: It is isolated, approver: {name: Ann Boss}, approved: 2026-01-12, review_by: 2027-01-12}";
const OPERATIONAL: &str = "status: open\ndeviations: [{type: operational-requirement, state: approved, rationale: r, requested: 2026-01-11, decided: 2026-01-12, approver: {name: Ann Boss}}]";
const ADJUSTED: &str = "status: open\ndeviations: [{type: risk-adjustment, state: approved, adjusted_risk_rating: low, rationale: r, requested: 2026-01-11, decided: 2026-01-12, approver: {name: Ann Boss}}]";
const REQUESTED: &str = "status: open\ndeviations: [{type: risk-adjustment, state: pending, adjusted_risk_rating: low, rationale: r, requested: 2026-01-11}]";

#[test]
fn a_decision_is_about_the_assets_that_the_item_lists() {
    let scan = table(&[
        ("a", 443, 1, "2026-02-01", "2026-02-10"),
        ("b", 443, 1, "2026-02-02", "2026-02-10"),
    ]);
    for decision in [FALSE_POSITIVE, ACCEPTED, OPERATIONAL, ADJUSTED] {
        let repo = tracker("");
        item(&repo, "V-1", "Nessus", "1", "[a (443/tcp)]", decision);
        let plan = take(&repo, "1.csv", &scan, &[]);
        assert_eq!((&plan["counts"]["new"], &plan["counts"]["known"]), (&json!(1), &json!(1)));
        let new = &plan["new"][0]["item"];
        assert_eq!(new["assets"], json!(["b (443/tcp)"]), "{decision}");
        // Its own first day, not that of the other host.
        assert_eq!(new["original_detection_date"], "2026-02-02", "{decision}");
        assert_eq!(new.get("deviations"), None, "{decision}");
        assert_eq!(plan["outside_decisions"][0]["id"], "V-1", "{decision}");
        let known = items(&repo).into_iter().find(|item| item["id"] == "V-1").unwrap();
        assert_eq!(known["assets"], json!(["a (443/tcp)"]), "{decision}");
        // In the next month each item has its own asset.
        let next = scan.replace("2026-02-10", "2026-03-10");
        let plan = take(&repo, "2.csv", next, &[]);
        assert_eq!((&plan["new"], &plan["changed"]), (&json!([]), &json!([])), "{decision}");
        assert_eq!(plan["outside_decisions"], json!([]), "{decision}");
        let (out, _) = repo.poam(0, &["scan", "coverage", "2.csv", "--format", "json"]);
        let coverage: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(coverage["coverage"]["missing"], json!([]), "{decision}");
    }
    // A request decides nothing.
    let repo = tracker("");
    item(&repo, "V-1", "Nessus", "1", "[a (443/tcp)]", REQUESTED);
    let plan = take(&repo, "1.csv", &scan, &[]);
    assert_eq!(plan["changed"][0]["added_assets"], json!(["b (443/tcp)"]));
}

#[test]
fn a_decision_about_a_port_or_a_release_is_not_extended_in_silence() {
    let repo = tracker("");
    item(&repo, "V-1", "Nessus", "1", "[a (443/tcp)]", FALSE_POSITIVE);
    let other_port = table(&[("a", 8443, 1, "2026-02-01", "2026-02-10")]);
    let plan = take(&repo, "1.csv", other_port, &[]);
    assert_eq!(plan["new"][0]["item"]["assets"], json!(["a (8443/tcp)"]));
    // An item without assets is about all of them.
    let repo = tracker("");
    item(&repo, "V-1", "Nessus", "1", "[]", FALSE_POSITIVE);
    let plan = take(&repo, "1.csv", table(&[("a", 1, 1, "2026-02-01", "2026-02-10")]), &[]);
    assert_eq!((&plan["new"], &plan["false_positives"]), (&json!([]), &json!(["V-1"])));
    // The next release of an image stays with the decision, which is said.
    for decision in [FALSE_POSITIVE, ACCEPTED] {
        let repo = tracker("");
        item(&repo, "V-1", "Trivy", "CVE-2026-1111", "[\"app:1.0\"]", decision);
        let plan = take(&repo, "1.json", trivy("2026-02-10", "app:1.1", &["CVE-2026-1111"]), &[]);
        assert_eq!(plan["new"], json!([]), "{decision}");
        let said = plan["outside_decisions"][0]["reason"].as_str().unwrap();
        assert!(said.contains("another release") && said.contains("app:1.1"), "{said}");
        let plan = take(&repo, "2.json", trivy("2026-02-11", "web:1.1", &["CVE-2026-1111"]), &[]);
        assert_eq!(plan["new"][0]["item"]["assets"], json!(["web:1.1"]), "{decision}");
    }
}

#[test]
fn closing_commits_of_a_series_count_on_the_day_of_their_scan() {
    let repo = tracker("");
    let scan = |day: &str, plugins: &[u32]| {
        let list: String = plugins
            .iter()
            .map(|plugin| {
                format!(
                    "<ReportItem port=\"0\" severity=\"3\" pluginID=\"{plugin}\" pluginName=\"P\"/>"
                )
            })
            .collect();
        format!(
            "<NessusClientData_v2><Report name=\"r\"><ReportHost name=\"a\"><HostProperties><tag name=\"HOST_END\">{day} 02:00:00</tag>\
             </HostProperties><ReportItem port=\"0\" severity=\"0\" pluginID=\"19506\"><plugin_output>Credentialed checks : yes</plugin_output>\
             </ReportItem>{list}</ReportHost></Report></NessusClientData_v2>"
        )
    };
    repo.write("1.nessus", scan("2026-01-10", &[1]));
    repo.write("2.nessus", scan("2026-02-10", &[]));
    repo.write("3.nessus", scan("2026-03-10", &[]));
    let files = ["1.nessus", "2.nessus", "3.nessus"];
    let arguments =
        [&["--today", TODAY, "scan"][..], &files, &["--series", "--commit", "--close"]].concat();
    // A claim of a later day than that of its commit does not count.
    let mut command = repo.command(env!("CARGO_BIN_EXE_poam"), &repo.path());
    command.args(arguments).env("GIT_COMMITTER_DATE", "2026-06-30T12:00:00+00:00");
    assert!(command.output().unwrap().status.success());
    let (out, _) = repo.poam(0, &["log", "POAM-2026-001", "--format", "json"]);
    let events: Value = serde_json::from_str(&out).unwrap();
    let closing = events.as_array().unwrap().last().unwrap();
    let mut all = events.as_array().unwrap().iter();
    assert!(
        all.any(|event| event["new"] == "closed" && event["day"] == "2026-03-10"),
        "{events:#}"
    );
    assert_eq!((&closing["day"], &closing["reconstructed"]), (&json!("2026-03-10"), &json!(true)));
    let output = repo.try_poam(&["--today", TODAY, "verify"]);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!out.contains("claims to be reconstructed"), "{out}");
    let (out, _) = repo.poam(0, &["scan", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(list["scans"][2]["scan"]["closed"], json!(["POAM-2026-001"]));
    // The same trailers without the record of a scan state nothing.
    let message = repo.git(&["log", "-1", "--format=%B"]);
    let path = repo.git(&["ls-files", "items"]).trim().to_owned();
    repo.write(&path, repo.read(&path) + "comments: typed later\n");
    repo.git_with(
        &[
            ("GIT_AUTHOR_DATE", "2026-03-10T12:00:00Z"),
            ("GIT_COMMITTER_DATE", "2026-06-01T12:00:00Z"),
        ],
        &["commit", "-qam", &message],
    );
    let output = repo.try_poam(&["--today", TODAY, "verify"]);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(out.contains("claims to be reconstructed"), "{out}");
}

#[test]
fn an_older_release_closes_nothing_and_a_clean_one_is_said() {
    let repo = tracker("");
    let scope = ["--scope", "app", "--close"];
    take(&repo, "1.json", trivy("2026-01-10", "app:2.0", &["CVE-2026-1111"]), &scope);
    for (file, day, image) in
        [("2.json", "2026-02-10", "app:1.9.1"), ("3.json", "2026-03-10", "app:1.9.2")]
    {
        let plan = take(&repo, file, trivy(day, image, &["CVE-2026-2222"]), &scope);
        let reason = format!("{image} was looked at, which is older than app:2.0");
        let said = plan["not_shown"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["reason"] == reason.as_str());
        assert!(said, "{plan:#}");
    }
    assert_eq!(items(&repo)[0]["status"], "open");
    // Found in the older release too, which joins the newer one and does not replace it.
    let plan = take(&repo, "4.json", trivy("2026-03-11", "app:1.9.3", &["CVE-2026-1111"]), &scope);
    assert_eq!(plan["changed"][0]["removed_assets"], json!([]), "{plan:#}");
    // A release without any result, in the scope and outside.
    let repo = tracker("");
    take(&repo, "1.json", trivy("2026-01-10", "app:1.0", &["CVE-2026-1111"]), &["--scope", "app"]);
    for (file, options) in [("2.json", &["--scope", "app"][..]), ("3.json", &[])] {
        let plan = take(&repo, file, trivy("2026-02-10", &format!("app:1.{file}"), &[]), options);
        assert_eq!(plan["not_shown"][0]["reason"], "the files hold no result", "{options:?}");
    }
    let plan = take(&repo, "4.json", trivy("2026-02-12", "app:1.4", &["CVE-2026-2222"]), &[]);
    let reason = plan["not_shown"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("app:1.4 was looked at and not app:1.0"), "{reason}");
}

#[test]
fn an_earlier_detection_is_said_and_the_day_stays() {
    let repo = tracker("");
    item(&repo, "V-1", "Nessus", "1", "[a]", "status: open");
    let plan = take(&repo, "1.csv", table(&[("a", 0, 1, "2026-01-02", "2026-02-10")]), &[]);
    let expected = json!([{"id": "V-1", "files": "2026-01-02", "item": "2026-01-05"}]);
    assert_eq!(plan["detected_earlier"], expected);
    assert_eq!(items(&repo)[0]["original_detection_date"], "2026-01-05");
    // What came back was detected anew: the first days of its predecessor do not count.
    let repo = tracker("");
    item(
        &repo,
        "V-1",
        "Nessus",
        "1",
        "[a]",
        "status: closed\ncompletion_date: 2026-01-12\nevidence: [{reference: CHG-7, collected: 2026-01-12}]",
    );
    let plan = take(&repo, "1.csv", table(&[("a", 0, 1, "2026-01-02", "2026-02-10")]), &[]);
    assert_eq!(plan["new"][0]["successor_of"], "V-1");
    assert_eq!((&plan["counts"]["new"], &plan["counts"]["known"]), (&json!(1), &json!(0)));
    let plan = take(&repo, "2.csv", table(&[("a", 0, 1, "2026-01-02", "2026-03-10")]), &[]);
    assert_eq!(plan["detected_earlier"], json!([]));
}

#[test]
fn the_same_checklist_may_confirm_again_on_another_day() {
    let repo = tracker("");
    let checklist = |status: &str| {
        format!(
            "<CHECKLIST><ASSET><HOST_NAME>a</HOST_NAME></ASSET><STIGS><iSTIG><VULN><STIG_DATA><VULN_ATTRIBUTE>Vuln_Num</VULN_ATTRIBUTE>\
             <ATTRIBUTE_DATA>V-1001</ATTRIBUTE_DATA></STIG_DATA><STATUS>{status}</STATUS></VULN></iSTIG></STIGS></CHECKLIST>"
        )
    };
    let open = ["--as-of", "2026-01-10", "--detected", "2026-01-10"];
    take(&repo, "1.ckl", checklist("Open"), &open);
    let clean = checklist("NotAFinding");
    take(&repo, "2.ckl", &clean, &["--as-of", "2026-02-10"]);
    let again = take(&repo, "2.ckl", &clean, &["--as-of", "2026-02-10"]);
    assert_eq!((&again["committed"], again["known"].is_string()), (&json!(false), true));
    assert!(take(&repo, "2.ckl", &clean, &[])["known"].is_string(), "no day is given");
    let plan = take(&repo, "2.ckl", &clean, &["--as-of", "2026-03-10"]);
    assert_eq!(
        (&plan["absent"][0]["outcome"], &plan["absent"][0]["clean_scans"]),
        (&json!("moves"), &json!(2))
    );
}

#[test]
fn statements_that_name_no_product_or_contradict_each_other_propose_nothing() {
    let repo = tracker("");
    take(&repo, "1.json", trivy("2026-01-10", "reg.io/app:1.0", &["CVE-2026-1111"]), &[]);
    let statement = |product: Value, status: &str, time: &str| {
        let mut statement = json!({"vulnerability": {"name": "CVE-2026-1111"}, "status": status, "timestamp": time});
        if !product.is_null() {
            statement["products"] = json!([product]);
        }
        statement
    };
    let zlib = json!({"@id": "urn:1", "identifiers": {"purl": "pkg:apk/alpine/zlib@1"}});
    let (early, late) = ("2026-01-20T08:00:00Z", "2026-01-20T09:00:00Z");
    for (number, statements, proposals, without, contradictions) in [
        (2, vec![statement(zlib.clone(), "fixed", early)], 1, 0, 0),
        (3, vec![statement(Value::Null, "fixed", early)], 0, 1, 0),
        (
            4,
            vec![
                statement(zlib.clone(), "not_affected", early),
                statement(zlib.clone(), "affected", early),
            ],
            0,
            0,
            1,
        ),
        // The newer one counts.
        (
            5,
            vec![
                statement(zlib.clone(), "affected", early),
                statement(zlib.clone(), "not_affected", late),
            ],
            1,
            0,
            0,
        ),
        (
            6,
            vec![
                statement(zlib.clone(), "not_affected", early),
                statement(zlib.clone(), "affected", late),
            ],
            0,
            0,
            0,
        ),
    ] {
        let document = json!({"@context": "https://openvex.dev/ns/v0.2.0", "author": "V", "statements": statements});
        let plan = take(&repo, &format!("{number}.json"), document.to_string(), &[]);
        let counts = [&plan["proposals"], &plan["contradictions"]]
            .map(|list| list.as_array().unwrap().len());
        assert_eq!(counts, [proposals, contradictions], "{number}: {plan:#}");
        assert_eq!(plan["without_product"], without, "{number}");
        assert_eq!(plan["day"], "2026-01-20", "{number}: the day of the statements");
    }
}

#[test]
fn the_reason_names_the_detector_that_did_not_look() {
    let repo = tracker("scan: {group: cve}\n");
    take(&repo, "1.json", trivy("2026-01-10", "app:1.0", &["CVE-2026-1111"]), &[]);
    let grype = |day: &str, cve: &str| {
        json!({"matches": [{"vulnerability": {"id": cve, "severity": "High"}, "artifact": {"name": "zlib", "version": "1"}}],
            "source": {"target": {"userInput": "app:1.0"}}, "descriptor": {"name": "grype", "timestamp": format!("{day}T10:00:00Z")}})
        .to_string()
    };
    take(&repo, "2.json", grype("2026-01-11", "CVE-2026-1111"), &[]);
    let plan = take(&repo, "3.json", trivy("2026-02-10", "app:1.0", &["CVE-2026-2222"]), &[]);
    assert_eq!(plan["not_shown"][0]["reason"], "grype: app:1.0 was not looked at", "{plan:#}");
}
