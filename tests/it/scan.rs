//! `poam scan`: results become items, known items follow, absent ones count towards closing, and
//! every result is accounted for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Repo, shared};

fn tracker(settings: &str) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", format!("version: 1\n{settings}")).commit("2026-01-01", "start");
    repo
}

/// A host of a scan: name, whether its scan ended, plugins with severity.
type Host<'a> = (&'a str, bool, &'a [(u32, u8)]);

/// Results of the plugin "Nessus Scan Information" for [`nessus`]: the scanner logged in, or did not.
const LOGGED_IN: (u32, u8) = (19506, 1);
const NOT_LOGGED_IN: (u32, u8) = (19506, 0);

/// A `.nessus` file: the day, and for each host whether its scan ended and its plugins with severity.
fn nessus(day: &str, hosts: &[Host<'_>]) -> String {
    let mut text = "<?xml version=\"1.0\"?>\n<NessusClientData_v2><Report name=\"r\">\n".to_owned();
    for (host, ended, plugins) in hosts {
        text += &format!(
            "<ReportHost name=\"{host}\"><HostProperties><tag name=\"HOST_START\">{day} 01:00:00</tag>"
        );
        if *ended {
            text += &format!("<tag name=\"HOST_END\">{day} 02:00:00</tag>");
        }
        text += "</HostProperties>\n";
        for (plugin, severity) in *plugins {
            if *plugin == LOGGED_IN.0 {
                let answer = if *severity == LOGGED_IN.1 { "yes" } else { "no" };
                text += &format!(
                    "<ReportItem port=\"0\" severity=\"0\" pluginID=\"19506\" pluginName=\"Nessus Scan Information\" pluginFamily=\"Settings\">\
                     <plugin_output>Credentialed checks : {answer}</plugin_output></ReportItem>\n"
                );
                continue;
            }
            text += &format!(
                "<ReportItem port=\"0\" protocol=\"tcp\" severity=\"{severity}\" pluginID=\"{plugin}\" pluginName=\"Plugin {plugin}\" \
                 pluginFamily=\"General\"><description>Text {plugin}</description><solution>Patch {plugin}</solution></ReportItem>\n"
            );
        }
        text += "</ReportHost>\n";
    }
    text + "</Report></NessusClientData_v2>\n"
}

/// Runs a scan on a day and returns its plan.
fn scan(repo: &Repo, today: &str, file: &str, options: &[&str]) -> Value {
    let mut arguments = vec!["--today", today, "scan", file, "--format", "json"];
    arguments.extend(options);
    let output = repo.try_poam(&arguments);
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = plan["counts"].as_object().unwrap();
    let parts: u64 = counts
        .iter()
        .filter(|(name, _)| *name != "results")
        .map(|(_, n)| n.as_u64().unwrap())
        .sum();
    assert_eq!(counts["results"].as_u64().unwrap(), parts, "{counts:?}");
    plan
}

fn items(repo: &Repo) -> Vec<Value> {
    let (out, _) = repo.poam(0, &["list", "--format", "json"]);
    serde_json::from_str::<Value>(&out).unwrap().as_array().unwrap().clone()
}

#[test]
fn published_scans_give_the_items_that_were_counted_for_them() {
    let table = [
        ("nessus-sample.nessus", 149, 8),
        ("tenable-many.csv", 22, 7),
        ("grype-many.json", 9, 9),
        ("trivy-alpine-310.json", 4, 2),
        ("trivy-debian-buster.json", 2, 2),
        ("qualys-sample.csv", 6, 3),
        ("sarif-dependency-check.sarif", 13, 9),
        ("sarif-suppressions.sarif", 5, 2),
        ("inspector2-many.json", 8, 7),
        ("asff-inspector-ec2.json", 5, 1),
        ("prowler-aws.ocsf.json", 3, 2),
        ("stig-small-overrides.ckl", 11, 4),
        ("hdf-small-overrides.json", 11, 4),
        ("xccdf-openscap-rhel8.xml", 248, 166),
        ("cyclonedx-log4j.json", 8, 8),
        ("tenable-was-none.csv", 0, 0),
        ("grype-none.json", 0, 0),
        ("trivy-none.json", 0, 0),
    ];
    for (name, results, expected) in table {
        let Some(file) = shared(&format!("scans/{name}")) else { return };
        let repo = tracker("");
        let file = file.display().to_string();
        let options = ["--commit", "--as-of", "2026-11-01", "--detected", "2026-11-01"];
        let plan = scan(&repo, "2026-11-30", &file, &options);
        // The analysis of a CycloneDX document counts as a statement too.
        let statements = plan["counts"]["statements"].as_u64().unwrap();
        assert_eq!(plan["counts"]["results"].as_u64().unwrap() - statements, results, "{name}");
        assert_eq!(plan["new"].as_array().unwrap().len(), expected, "{name}");
        assert_eq!(items(&repo).len(), expected, "{name}");
        let head = repo.git(&["rev-parse", "HEAD"]);
        let again = scan(&repo, "2026-11-30", &file, &options);
        assert_eq!(
            (&again["new"], &again["changed"]),
            (&Value::Array(vec![]), &Value::Array(vec![])),
            "{name}"
        );
        assert_eq!(
            repo.git(&["rev-parse", "HEAD"]),
            head,
            "{name}: running it again makes no commit"
        );
    }
}

#[test]
fn one_scan_in_two_formats_gives_the_same_items() {
    for (first, second) in [
        ("trivy-alpine-310.json", "trivy-alpine-310.sarif"),
        ("stig-small-overrides.ckl", "hdf-small-overrides.json"),
    ] {
        let (Some(first), Some(second)) =
            (shared(&format!("scans/{first}")), shared(&format!("scans/{second}")))
        else {
            return;
        };
        let repo = tracker("");
        let options = ["--commit", "--as-of", "2026-11-01", "--detected", "2026-11-01"];
        scan(&repo, "2026-11-30", &first.display().to_string(), &options);
        let before = items(&repo);
        let plan = scan(&repo, "2026-11-30", &second.display().to_string(), &options);
        assert_eq!(plan["new"], Value::Array(vec![]), "{}", second.display());
        let (ids, after) = (before.iter().map(|item| &item["id"]), items(&repo));
        assert!(ids.eq(after.iter().map(|item| &item["id"])));
    }
}

#[test]
fn a_new_item_holds_what_a_person_works_with() {
    let repo = tracker(
        "scan: {rules: [{asset: \"web-*\", owner: {name: Jane Doe}, controls: [RA-5]}, {controls: [SI-2]}]}\n",
    );
    repo.write(
        "s.nessus",
        nessus(
            "2026-02-03",
            &[("web-1", true, &[(10, 3), (11, 0), (12, 1)]), ("db-1", true, &[(10, 3)])],
        ),
    );
    let plan = scan(&repo, "2026-02-04", "s.nessus", &["--commit"]);
    assert_eq!(plan["counts"]["new"], 3);
    assert_eq!(plan["counts"]["below"], 1);
    let items = items(&repo);
    let item = items.iter().find(|item| item["source_identifier"] == "10").unwrap();
    assert_eq!(item["weakness_name"], "Plugin 10");
    assert_eq!(item["weakness_description"], "Text 10");
    assert_eq!(item["remediation_plan"], "Patch 10");
    assert_eq!(item["detector_source"], "Nessus");
    assert_eq!(item["assets"], serde_json::json!(["db-1", "web-1"]));
    assert_eq!(item["original_detection_date"], "2026-02-03");
    assert_eq!(item["original_risk_rating"], "high");
    // FedRAMP: 30 days for high.
    assert_eq!(item["scheduled_completion_date"], "2026-03-05");
    assert_eq!(item["point_of_contact"]["name"], "Jane Doe");
    assert_eq!(item["controls"], serde_json::json!(["RA-5", "SI-2"]));
    assert_eq!(repo.git(&["status", "--porcelain"]), "?? s.nessus\n");
    let message = repo.git(&["log", "-1", "--format=%s"]);
    assert_eq!(message, "scan nessus of 2026-02-03: 2 items new, 0 changed\n");
}

#[test]
fn the_plan_alone_writes_nothing_and_names_the_next_step() {
    let repo = tracker("");
    repo.write("s.nessus", nessus("2026-02-03", &[("web-1", true, &[(10, 4)])]));
    let (out, _) = repo.poam(0, &["--today", "2026-02-04", "scan", "s.nessus"]);
    assert!(out.contains("New, critical (1)\n  POAM-2026-001  Plugin 10 (1 asset)\n"), "{out}");
    assert!(
        out.ends_with("nothing is written yet; next: the same command with --commit\n"),
        "{out}"
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "?? s.nessus\n");
}

#[test]
fn days_that_no_file_holds_are_asked_for_and_recorded() {
    let repo = tracker("");
    let sarif = r#"{"$schema": "sarif", "version": "2.1.0", "runs": [{"tool": {"driver": {"name": "T"}}, "results":
        [{"ruleId": "R1", "level": "error", "message": {"text": "m"}, "locations": []}]}]}"#;
    repo.write("s.sarif", sarif);
    let (_, err) = repo.poam(2, &["--today", "2026-02-04", "scan", "s.sarif"]);
    assert!(err.contains("--as-of DATE"), "{err}");
    let (_, err) =
        repo.poam(2, &["--today", "2026-02-04", "scan", "s.sarif", "--as-of", "2026-02-01"]);
    assert!(err.contains("--detected DATE"), "{err}");
    let (_, err) =
        repo.poam(2, &["--today", "2026-02-04", "scan", "s.sarif", "--as-of", "2026-02-05"]);
    assert!(err.contains("in the future"), "{err}");
    scan(
        &repo,
        "2026-02-04",
        "s.sarif",
        &["--as-of", "2026-02-01", "--detected", "2026-01-15", "--commit"],
    );
    assert_eq!(items(&repo)[0]["original_detection_date"], "2026-01-15");
    let (out, _) = repo.poam(0, &["scan", "list", "--format", "json"]);
    let scans: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(scans["scans"][0]["scan"]["detected_attested"], "2026-01-15");
}

#[test]
fn absence_counts_only_in_scans_that_looked() {
    let repo = tracker("scan: {clean_scans: 2}\n");
    let mut day = 1;
    let mut run = |hosts: &[Host<'_>]| -> Value {
        day += 1;
        let date = format!("2026-02-{day:02}");
        let file = format!("s{day}.nessus");
        repo.write(&file, nessus(&date, hosts));
        scan(&repo, "2026-03-01", &file, &["--commit", "--as-of", &date])
    };
    run(&[("web-1", true, &[(10, 3), (99, 0)]), ("web-2", true, &[(10, 3)])]);
    // Another host alone; an empty file; a host that did not finish: nothing is known.
    assert_eq!(run(&[("web-1", true, &[(99, 0)])])["absent"], Value::Array(vec![]));
    assert_eq!(run(&[])["absent"], Value::Array(vec![]));
    let unfinished = run(&[("web-1", true, &[(99, 0)]), ("web-2", false, &[])]);
    assert_eq!(unfinished["absent"], Value::Array(vec![]));
    let clean: &[Host<'_>] = &[("web-1", true, &[(99, 0)]), ("web-2", true, &[])];
    assert_eq!(run(clean)["absent"][0]["outcome"], "waits");
    let moved = run(clean);
    assert_eq!(moved["absent"][0]["outcome"], "moves", "{moved:#}");
    let item = &items(&repo)[0];
    assert_eq!(item["status"], "pending-validation");
    assert_eq!(item["evidence"].as_array().unwrap().len(), 2, "the two scans are its evidence");
    // It is found again on one host: back to work, and the other host is no longer affected.
    let again = run(&[("web-1", true, &[(10, 3)]), ("web-2", true, &[])]);
    assert_eq!(again["changed"][0]["removed_assets"], serde_json::json!(["web-2"]));
}

#[test]
fn what_comes_back_after_closing_is_a_successor_or_reopens() {
    let file = nessus("2026-03-01", &[("web-1", true, &[(10, 3)])]);
    let closed = "id: V-1\nweakness_name: Plugin 10\ndetector_source: Nessus\nsource_identifier: \"10\"\nassets: [web-1]\n\
        point_of_contact: {name: Jane Doe}\n\
        original_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: closed\ncompletion_date: 2026-02-01\n\
        milestones:\n  - {id: 1, description: Patch web-1, due: 2026-01-20, status: completed, completed: 2026-01-20}\n\
        evidence: [{reference: CHG-1, collected: 2026-02-01}]\n";
    let repo = tracker("");
    repo.write("items/V-1.yaml", closed).commit("2026-02-01", "closed");
    repo.write("s.nessus", &file);
    let plan = scan(&repo, "2026-03-02", "s.nessus", &["--commit"]);
    assert_eq!(plan["new"][0]["successor_of"], "V-1");
    assert_eq!(plan["new"][0]["item"]["original_detection_date"], "2026-03-01");
    let repo = tracker("scan: {reappearing: reopen}\n");
    repo.write("items/V-1.yaml", closed).commit("2026-02-01", "closed");
    repo.write("s.nessus", &file);
    let plan = scan(&repo, "2026-03-02", "s.nessus", &["--commit"]);
    assert_eq!(plan["new"], Value::Array(vec![]), "{plan:#}");
    assert_eq!(items(&repo)[0]["status"], "in-progress");
}

#[test]
fn statements_and_coverage_are_shown_and_decide_nothing() {
    let repo = tracker("");
    repo.write(
        "items/V-1.yaml",
        "id: V-1\nweakness_name: W\ndetector_source: Grype\nsource_identifier: CVE-2026-1111\ncves: [CVE-2026-1111]\n\
         original_detection_date: 2026-01-01\noriginal_risk_rating: high\nstatus: open\n",
    );
    repo.commit("2026-01-02", "item");
    repo.write(
        "v.json",
        r#"{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Vendor", "timestamp": "2026-02-01T00:00:00Z", "statements":
          [{"vulnerability": {"name": "CVE-2026-1111"}, "products": [{"@id": "pkg:npm/lib@1"}], "status": "not_affected", "justification": "component_not_present"}]}"#,
    );
    let plan = scan(&repo, "2026-02-02", "v.json", &["--as-of", "2026-02-01"]);
    assert_eq!(plan["proposals"][0]["proposal"], "false-positive");
    repo.write("s.nessus", nessus("2026-02-01", &[("web-1", true, &[(10, 3), (11, 0)])]));
    let (out, _) = repo.poam(0, &["scan", "coverage", "s.nessus"]);
    assert!(out.starts_with("1 finding at or above low: 0 with an open item, 0 with a closed item, 1 without an item\n"), "{out}");
}

#[test]
fn formats_are_listed_and_explained() {
    let repo = Repo::new();
    let (out, _) = repo.poam(0, &["scan", "--formats"]);
    assert!(out.contains("nessus ") && out.lines().count() == poam_scans::FORMATS.len(), "{out}");
    let (out, _) = repo.poam(0, &["scan", "--formats", "trivy"]);
    assert!(out.starts_with("# Trivy (JSON)\n"), "{out}");
    let (_, err) = repo.poam(2, &["scan", "--formats", "trivvy"]);
    assert!(err.contains("did you mean `trivy`?"), "{err}");
}

/// A small generator of numbers that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Twelve monthly scans with findings that come, move, go and come back, with hosts that are left out, not
/// finished, or scanned without a login, against a model that knows only which host had which finding in
/// which scan, and how the scanner could look at it.
#[test]
fn a_year_of_scans_agrees_with_a_model() {
    let years =
        std::env::var("POAM_SCAN_YEARS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let hosts: usize =
        std::env::var("POAM_SCAN_HOSTS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    for seed in 0..years {
        one_year(seed, hosts);
    }
}

/// Open weakness of the model.
#[derive(Debug, Default, Clone)]
struct Weakness {
    /// The affected hosts.
    assets: BTreeSet<usize>,
    /// The logins with which it was found, by host. `None` is a file that does not say it.
    logins: BTreeMap<usize, BTreeSet<Option<bool>>>,
    clean: usize,
    waiting: bool,
}

impl Weakness {
    /// A host that is not found is clean only if the scanner could look as well as it did once when it
    /// found the weakness there.
    fn would_be_found(&self, host: usize, now: Option<bool>) -> bool {
        self.logins.get(&host).is_some_and(|logins| {
            logins.iter().any(|then| match (then, now) {
                (Some(then), Some(now)) => now || !then,
                (Some(_), None) => false,
                (None, now) => now != Some(false),
            })
        })
    }

    fn find(&mut self, hosts: &BTreeSet<usize>, logins: &[Option<bool>]) {
        for host in hosts {
            self.assets.insert(*host);
            self.logins.entry(*host).or_default().insert(logins[*host]);
        }
        (self.clean, self.waiting) = (0, false);
    }
}

fn one_year(seed: u64, hosts: usize) {
    const PLUGINS: u32 = 15;
    let repo = tracker("scan: {clean_scans: 2}\n");
    let mut numbers = Numbers(seed.wrapping_mul(7919) + 1);
    let mut present: BTreeSet<(u32, usize)> = BTreeSet::new();
    let mut model: BTreeMap<u32, Weakness> = BTreeMap::new();
    for month in 1..=12 {
        for plugin in 0..PLUGINS {
            for host in 0..hosts {
                match numbers.below(12) {
                    0 => _ = present.insert((plugin, host)),
                    1 | 2 => _ = present.remove(&(plugin, host)),
                    _ => {}
                }
            }
        }
        let states: Vec<u64> = (0..hosts).map(|_| numbers.below(10)).collect();
        let covered: BTreeSet<usize> = (0..hosts).filter(|host| states[*host] > 1).collect();
        // Most hosts are scanned with a login; a third of the plugins need it.
        let logins: Vec<Option<bool>> = (0..hosts)
            .map(|_| match numbers.below(10) {
                0 => None,
                1 => Some(false),
                _ => Some(true),
            })
            .collect();
        let is_seen = |plugin: u32, host: usize| {
            states[host] > 1
                && present.contains(&(plugin, host))
                && (!plugin.is_multiple_of(3) || logins[host] != Some(false))
        };
        let names: Vec<String> = (0..hosts).map(|host| format!("host-{host}")).collect();
        let plugins: Vec<Vec<(u32, u8)>> = (0..hosts)
            .map(|host| {
                let found = (0..PLUGINS).filter(|plugin| is_seen(*plugin, host));
                let login = logins[host].map(|yes| if yes { LOGGED_IN } else { NOT_LOGGED_IN });
                // Each host answers, so that a scan is never empty.
                found.map(|plugin| (1000 + plugin, 2)).chain([(1, 0)]).chain(login).collect()
            })
            .collect();
        let list: Vec<Host<'_>> = (0..hosts)
            .filter(|host| states[*host] != 0)
            .map(|host| (names[host].as_str(), states[host] != 1, plugins[host].as_slice()))
            .collect();
        let date = format!("2026-{month:02}-10");
        let file = format!("s{month:02}.nessus");
        repo.write(&file, nessus(&date, &list));
        let plan = scan(&repo, "2026-12-31", &file, &["--commit"]);
        // The model: only what hosts show that were looked at well enough counts.
        for plugin in 0..PLUGINS {
            let seen: BTreeSet<usize> =
                covered.iter().copied().filter(|host| is_seen(plugin, *host)).collect();
            let Some(weakness) = model.get_mut(&plugin) else {
                if !seen.is_empty() {
                    model.entry(plugin).or_default().find(&seen, &logins);
                }
                continue;
            };
            let clean: BTreeSet<usize> = weakness
                .assets
                .iter()
                .copied()
                .filter(|host| covered.contains(host) && !seen.contains(host))
                .filter(|host| weakness.would_be_found(*host, logins[*host]))
                .collect();
            if !seen.is_empty() {
                weakness.assets.retain(|host| !clean.contains(host));
                weakness.find(&seen, &logins);
            } else if clean == weakness.assets {
                weakness.clean += 1;
                weakness.waiting |= weakness.clean >= 2;
            }
        }
        let held: BTreeMap<u32, (BTreeSet<String>, bool)> = items(&repo)
            .iter()
            .map(|item| {
                let plugin: u32 = item["source_identifier"].as_str().unwrap().parse().unwrap();
                let assets = item["assets"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|asset| asset.as_str().unwrap().to_owned());
                (plugin - 1000, (assets.collect(), item["status"] == "pending-validation"))
            })
            .collect();
        let expected: BTreeMap<u32, (BTreeSet<String>, bool)> = model
            .iter()
            .map(|(plugin, weakness)| {
                let assets = weakness.assets.iter().map(|host| names[*host].clone()).collect();
                (*plugin, (assets, weakness.waiting))
            })
            .collect();
        assert_eq!(held, expected, "seed {seed}, month {month}\n{plan:#}");
    }
}
