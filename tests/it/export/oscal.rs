//! OSCAL.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::export::assertions::failed;
use crate::export::schemas::{assert_valid, oscal};
use crate::export::{demo, shared, tracker};
use crate::support::Repo;

/// Every reference of a document by UUID leads to something in it, and no UUID is given twice.
pub(crate) fn assert_resolves(document: &Value) {
    let mut defined: BTreeMap<String, usize> = BTreeMap::new();
    let mut used: Vec<(String, String)> = Vec::new();
    fn walk(
        value: &Value,
        defined: &mut BTreeMap<String, usize>,
        used: &mut Vec<(String, String)>,
    ) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match (key.as_str(), value.as_str()) {
                        ("uuid", Some(uuid)) => *defined.entry(uuid.to_owned()).or_default() += 1,
                        ("href", Some(href)) => {
                            if let Some(uuid) = href.strip_prefix('#') {
                                used.push((key.clone(), uuid.to_owned()));
                            }
                        }
                        (key, Some(uuid)) if key.ends_with("-uuid") => {
                            used.push((key.to_owned(), uuid.to_owned()));
                        }
                        ("party-uuids", _) => {
                            let uuids = value.as_array().into_iter().flatten();
                            used.extend(
                                uuids.map(|it| (key.clone(), it.as_str().unwrap().to_owned())),
                            );
                        }
                        _ => {}
                    }
                    walk(value, defined, used);
                }
            }
            Value::Array(list) => list.iter().for_each(|it| walk(it, defined, used)),
            _ => {}
        }
    }
    walk(document, &mut defined, &mut used);
    for (key, uuid) in &used {
        assert!(defined.contains_key(uuid), "{key} {uuid} leads nowhere");
    }
    let twice: Vec<_> = defined.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(!used.is_empty());
}

fn export(repo: &Repo, options: &[&str]) -> (String, Value) {
    let (text, _) = repo.poam(0, &[&["export", "oscal"], options].concat());
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

#[test]
fn the_demo_is_valid_resolves_and_is_the_same_again() {
    let repo = demo();
    for (version, schema) in [("1.0.4", "1.1.3"), ("1.1.3", "1.1.3"), ("1.2.3", "1.2.3")] {
        let (text, document) = export(repo, &["--oscal-version", version]);
        assert_valid(&oscal(schema), &document);
        assert_resolves(&document);
        let again = export(repo, &["--oscal-version", version, "--today", "2031-01-01"]).0;
        assert!(text == again, "another run gave another document");
    }
    let (text, document) = export(repo, &[]);
    let plan = &document["plan-of-action-and-milestones"];
    let head =
        repo.git(&["log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%cd %H"]);
    let (time, commit) = head.trim().split_once(' ').unwrap();
    assert_eq!(plan["metadata"]["last-modified"], time);
    assert_eq!(plan["metadata"]["version"], commit);
    assert!(text.contains("\"ns\":\"http://fedramp.gov/ns/oscal\",\"value\":\"POAM-2025-001\""));
    let old = export(repo, &["--oscal-version", "1.0.4"]).0;
    assert!(old.contains("\"ns\":\"https://fedramp.gov/ns/oscal\",\"value\":\"POAM-2025-001\""));
    // What 1.1 and 1.2 added to the parts of a plan, and 1.0 does not know.
    for member in ["actions", "assessment-assets", "group", "related-findings", "resource-fragment"]
    {
        assert!(!old.contains(&format!("\"{member}\":")), "{member}");
    }
    let (listed, _) = repo.poam(0, &["list", "--format", "json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    assert_eq!(plan["poam-items"].as_array().unwrap().len(), listed.len());
}

#[test]
fn of_fedramps_assertions_only_documented_ones_fail() {
    // Without a plan in the settings nothing can be imported; an item that is late, or that its
    // owner schedules later than its rating allows, cannot be timely.
    let (_, document) = export(demo(), &[]);
    let expected = BTreeSet::from([
        "has-import-ssp",
        "has-system-security-plan-resource",
        "has-timely-completion-date",
        "risk-has-milestones",
    ]);
    assert!(failed(&document).is_subset(&expected), "{:?}", failed(&document));
}

const FULL: &str = "weakness_description: \"Two hosts\\nrun it\"\ncontrols: [SI-2, AC-2(1)]
detector_source: Nessus
source_identifier: \"51192\"
cves: [CVE-2026-1234]
kev: {listed: true, due: 2026-02-04}
assets: [10.0.0.1 (443/tcp), \"two\\nlines\"]
services: [Portal]
point_of_contact: {name: Jane Doe, email: jane@example.com, role: System owner}
resources_required: 40 hours
remediation_plan: Patch it.
scheduled_completion_date: 2026-02-13
milestones:
  - {id: 1, description: List the hosts, due: 2026-01-20, status: completed, completed: 2026-01-19, evidence: [CHG-1]}
  - {id: 3, description: Patch them, due: 2026-02-10, status: in-progress}
deviations:
  - {type: risk-adjustment, state: approved, adjusted_risk_rating: moderate, rationale: SC-7 helps, request: DR-1, requested: 2026-01-20, approver: {name: Ada}, decided: 2026-01-30}
  - {type: operational-requirement, state: pending, rationale: needed}
vendor_dependency: {vendor: Example Corp, product: Firewall, last_check_in: 2026-02-01}
evidence:
  - {type: scan, reference: scan 7, location: https://example.com/7, collected: 2026-02-10}
  - {reference: CHG-1234, location: 'G:\\share\\x y'}
comments: \"first\\n\\nsecond\"
";

#[test]
fn a_whole_item_passes_all_assertions() {
    let settings = "system: {provider: Example Corp, name: Cloud, id: F1234567890, ssp: https://example.com/ssp.json}\n";
    let repo = tracker(settings, &[("V-1", FULL)]);
    repo.write(
        "items/V-1.yaml",
        repo.read("items/V-1.yaml").replace("due: 2026-02-10", "due: 2026-02-12"),
    );
    repo.commit("2026-03-02", "wait for the change window");
    let (text, document) = export(&repo, &[]);
    assert_valid(&oscal("1.1.3"), &document);
    assert_resolves(&document);
    assert_eq!(failed(&document), BTreeSet::new(), "{text}");
    let plan = &document["plan-of-action-and-milestones"];
    let risk = &plan["risks"][0];
    assert_eq!(plan["system-id"]["id"], "F1234567890");
    assert_eq!(risk["deadline"], "2026-02-13T00:00:00Z");
    assert_eq!(plan["observations"][0]["collected"], "2026-01-14T12:00:00Z");
    let facets = risk["characterizations"][0]["facets"].as_array().unwrap();
    let values: Vec<String> = facets
        .iter()
        .map(|it| format!("{} {}", it["name"].as_str().unwrap(), it["value"].as_str().unwrap()))
        .collect();
    let expected = ["likelihood high", "impact high", "likelihood moderate", "impact moderate"];
    assert_eq!(values[..4], expected);
    assert_eq!(values[4], "vulnerability-id CVE-2026-1234");
    let log = risk["risk-log"]["entries"].as_array().unwrap();
    assert_eq!(log[1]["title"], "Milestone 3 rescheduled");
    assert_eq!(
        log[1]["description"],
        "milestones.1.due: 2026-02-10 -> 2026-02-12\n\nwait for the change window"
    );
    assert_eq!(log[1]["start"], "2026-03-02T12:00:00Z");
    // Only what OSCAL has no place for travels beside it.
    let own: Vec<&str> = plan["poam-items"][0]["props"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["ns"] == "urn:poam:oscal:1")
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(own, [""; 0]);
}

#[test]
fn identifiers_stay_when_other_things_change() {
    let repo = tracker("system: {name: Cloud}\n", &[("V-1", FULL), ("V-2", "")]);
    let before = export(&repo, &[]).1;
    repo.remove("items/V-2.yaml").write("items/2026/V-0.yaml", crate::export::item("V-0", ""));
    repo.commit("2026-03-05", "others");
    let after = export(&repo, &[]).1;
    let risk = |document: &Value| {
        let risks = document["plan-of-action-and-milestones"]["risks"].as_array().unwrap().clone();
        risks.into_iter().find(|it| it["remediations"][1]["description"] == "Patch it.").unwrap()
    };
    assert_eq!(risk(&before), risk(&after));
    let uuid = |document: &Value| document["plan-of-action-and-milestones"]["uuid"].clone();
    assert_ne!(uuid(&before), uuid(&after), "another document");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let repo = tracker("", &[]);
    repo.write("README.md", "x").commit("2026-03-02", "x");
    let (_, said) = repo.poam(2, &["export", "oscal", "-o", "x.json"]);
    assert!(said.contains("the tracker has no items"), "{said}");
    assert!(!repo.path().join("x.json").exists());
    let repo = tracker("", &[("V-1", "milestones: [{id: 1, description: D, due: 9999-12-31}]\n")]);
    let (_, said) = repo.poam(2, &["export", "oscal", "-o", "x.json"]);
    assert!(said.contains("V-1: milestone 1: 9999-12-31 cannot be written in OSCAL"), "{said}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "no half file is left");
}

#[test]
fn hostile_text_stays_text() {
    let lines = "weakness_name: \" a\\nb \"\ncomments: \"\\u2028\\u0001\\\" x\"\ndetector_source: \"\\t\"\n\
        controls: [\" \", \"\\n\"]\ncves: [\"x\\ny\"]\npoint_of_contact: {name: \"\\n\", email: \"not mail\"}\n\
        evidence: [{reference: \" \", location: \"#x#y\"}]\nassets: [\" \"]\n";
    let repo = tracker("", &[("V\u{2028}1", lines)]);
    for version in ["1.1.3", "1.2.3"] {
        let (_, document) = export(&repo, &["--oscal-version", version]);
        assert_valid(&oscal(version), &document);
        assert_resolves(&document);
    }
}

/// Some hundred rows of a real register as items; all of them take minutes in a debug build.
#[test]
fn a_real_register_is_valid() {
    let Some(shared) = shared("") else { return };
    let reading = poam::workbook::read(&shared.join("workbooks/homelab-2026-05-a.xlsx")).unwrap();
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    let assumed = poam::exchange::Assumed::default();
    for row in reading.rows.iter().step_by(13) {
        let read = poam::exchange::item(row, &assumed, "2026-11-22".parse().unwrap()).unwrap();
        let text = poam::change::file_text(&read.item, "schema.json").unwrap();
        repo.write(&format!("items/{}.yaml", read.item.id.file_stem()), text);
    }
    repo.commit("2026-05-04", "a real register");
    let (said, _) = repo.poam(0, &["export", "oscal", "-o", "a.json"]);
    assert!(said.starts_with("a.json: 296 items, OSCAL 1.1.3, commit "), "{said}");
    repo.poam(0, &["export", "oscal", "-o", "b.json"]);
    let text = repo.read("a.json");
    assert!(text == repo.read("b.json"));
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_valid(&oscal("1.1.3"), &document);
    assert_resolves(&document);
    comes_back(&repo, &text);
}

/// Imports an exported document into a new tracker and checks that every item has equal fields.
fn comes_back(from: &Repo, text: &str) {
    let repo = Repo::new();
    repo.write("poam.yaml", from.read("poam.yaml")).write("../poam.json", text);
    repo.commit("2026-01-01", "start");
    let (said, _) = repo.poam(0, &["import", "../poam.json", "--commit", "--format", "json"]);
    let plan: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(plan["refused"], serde_json::json!([]), "{said}");
    assert_eq!(plan["kept_as_text"], serde_json::json!([]), "{said}");
    assert_eq!(plan["commits"], 1);
    let items = |repo: &Repo| -> BTreeMap<String, Value> {
        let (text, _) = repo.poam(0, &["list", "--format", "json"]);
        let list: Vec<Value> = serde_json::from_str(&text).unwrap();
        let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
        list.into_iter()
            .map(|mut it| {
                (id(&it), {
                    it.as_object_mut().unwrap().remove("derived");
                    it
                })
            })
            .collect()
    };
    let (there, here) = (items(from), items(&repo));
    assert_eq!(there.keys().collect::<Vec<_>>(), here.keys().collect::<Vec<_>>());
    for (id, wanted) in &there {
        let parse = |value: &Value| poam::model::Item::deserialize_from(value).unwrap();
        assert_eq!(parse(&here[id]), parse(wanted));
    }
    let (again, _) = repo.poam(0, &["import", "../poam.json", "--commit"]);
    assert!(
        again.contains(&format!("0 created, {} unchanged, 0 refused\n0 commits made", there.len())),
        "{again}"
    );
}

#[test]
fn the_demo_comes_back_whole() {
    let (text, _) = export(demo(), &[]);
    comes_back(demo(), &text);
    let (text, _) = export(demo(), &["--oscal-version", "1.0.4"]);
    comes_back(demo(), &text);
}

#[test]
fn hostile_text_comes_back_whole() {
    let lines = "weakness_name: \" a\\nb \"\nweakness_description: \" a\\nb \"\ncomments: \"\\u2028\\\" x\"\ndetector_source: \"a\\tb\"\n\
        remediation_plan: No remediation plan is recorded.\ncontrols: [\" \", \"sc-7 (x)\"]\ncves: [\"x y\"]\n\
        point_of_contact: {name: \"a \", email: \"not mail\"}\nstatus: closed\nkev: {listed: false}\n\
        evidence: [{reference: \" x\", location: \"#x#y\"}]\nassets: [\"a \"]\nvendor_dependency: {vendor: \" x \"}\n\
        deviations: [{type: false-positive, state: denied, adjusted_risk_rating: low, rationale: No rationale is recorded.}]\n\
        milestones: [{id: 7, description: \" \\n x\", evidence: [\" \"], completed: 2026-01-01}]\n\
        extra: {oscal: [1, null, {a: 1.5}]}\n";
    let repo = tracker("", &[("V 1", lines), ("V-2", "")]);
    let (text, _) = export(&repo, &[]);
    comes_back(&repo, &text);
}

#[test]
fn examples_of_others_are_read_and_nothing_is_lost() {
    let Some(shared) = shared("") else { return };
    let import = |name: &str, options: &[&str], code: i32| {
        let repo = Repo::new();
        repo.write("poam.yaml", "version: 1\n").commit("2026-01-01", "start");
        let file = shared.join("oscal").join(name).display().to_string();
        let (out, said) = repo.poam(code, &[&["import", &file], options].concat());
        (repo, out, said)
    };
    let (_, out, _) = import("ifa_poam.json", &[], 0);
    assert!(out.contains("layout oscal-1.1.2"), "{out}");
    assert!(out.contains("no risk has the uuid"), "the dangling reference is said: {out}");
    let (repo, ..) = import("ifa_poam.json", &["--commit"], 0);
    let (listed, _) = repo.poam(0, &["list", "--format", "json"]);
    let items: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let first =
        items.iter().find(|it| it["weakness_name"].as_str().unwrap().contains("RISK-1")).unwrap();
    assert_eq!(first["status"], "risk-accepted", "deviation-approved, and the plan is to accept");
    assert_eq!(first["original_detection_date"], "2023-05-19");
    assert_eq!(first["original_risk_rating"], "high");
    assert_eq!(first["scheduled_completion_date"], "2024-01-01");
    assert!(first["extra"]["oscal"]["risk"]["mitigating-factors"].is_array(), "{first:#}");
    assert!(first["extra"]["oscal"]["risk"]["statement"].is_string());

    let (_, out, _) = import("example_poam_valid.json", &[], 1);
    assert!(
        out.contains("/plan-of-action-and-milestones/poam-items/0: no observation says when"),
        "{out}"
    );
    let given = ["--assume-detected", "2023-10-01", "--assume-risk", "low"];
    let (_, out, _) = import("example_poam_valid.json", &given, 0);
    assert!(out.contains("1 item: 1 to create, 0 unchanged, 0 refused"), "{out}");
    for name in ["example_poam_invalid.json", "empty-register.json"] {
        let (_, _, said) = import(name, &[], 2);
        assert!(
            said.contains("breaks NIST's schema")
                && said.contains("\n  /plan-of-action-and-milestones"),
            "{said}"
        );
    }
    let (repo, out, _) = import("rev5-FedRAMP-POAM-OSCAL-Template.json", &["--commit"], 0);
    assert!(out.contains("0 refused"), "{out}");
    let (text, _) = repo.poam(0, &["show", "V-2", "--format", "json"]);
    let item: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(item["source_identifier"], "VulID-001");
    assert_eq!(item["detector_source"], "XYZ Vulnerability Scanning Tool");
    assert!(item["vendor_dependency"].is_object() && item["deviations"].is_array(), "{text}");
    // And what came in goes out again, valid.
    let (text, document) = export(&repo, &[]);
    assert_valid(&oscal("1.1.3"), &document);
    comes_back(&repo, &text);
}

#[test]
fn what_is_no_oscal_says_so() {
    let repo = tracker("", &[]);
    for (text, expected) in [
        ("{", "is not JSON: EOF while parsing an object at line 1 column 1"),
        ("[]", "at its top stands no member"),
        ("{\"catalog\": {}}", "at its top stands `catalog`"),
        (
            "{\"plan-of-action-and-milestones\": {\"metadata\": {\"oscal-version\": \"2.0.0\"}}}",
            "of OSCAL `2.0.0`; versions 1.0 to 1.2 are read",
        ),
        ("{\"plan-of-action-and-milestones\": {}}", "/plan-of-action-and-milestones: "),
    ] {
        repo.write("x.json", text);
        let (_, said) = repo.poam(2, &["import", "x.json"]);
        assert!(said.contains(expected), "{text}: {said}");
    }
    let (_, said) = repo.poam(2, &["import", "x.json", "--assign-ids"]);
    assert!(said.contains("--assign-ids is about workbooks and CSV files"), "{said}");
}

/// A document of a month later is merged like that of any other form: what it says anew counts, what
/// was changed here stays, and numbers that changed are seen through.
#[test]
fn a_series_of_documents_is_merged() {
    let there =
        tracker("", &[("V-1", "comments: first words\n"), ("V-2", "weakness_name: Old TLS\n")]);
    let (first, _) = export(&there, &[]);
    let edit = |file: &str, old: &str, new: &str| {
        let text = there.read(file);
        assert!(text.contains(old), "{text}");
        there.write(file, text.replace(old, new));
    };
    edit("items/V-1.yaml", "first words", "second words");
    let renamed = there.read("items/V-2.yaml").replace("V-2", "V-7");
    there.write("items/V-7.yaml", renamed);
    std::fs::remove_file(there.path().join("items/V-2.yaml")).unwrap();
    there.commit("2026-04-30", "a month later");
    let (second, _) = export(&there, &[]);
    let here = Repo::new();
    here.write("poam.yaml", there.read("poam.yaml")).commit("2026-01-01", "start");
    here.write("../first.json", first).write("../second.json", second);
    here.poam(0, &["import", "../first.json", "--commit"]);
    let (said, _) = here.poam(0, &["import", "../second.json", "--commit"]);
    for line in
        ["matched: V-7 is V-2 by", "changed: V-1: comments", "2 items: 0 created, 2 matched"]
    {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let (again, _) = here.poam(0, &["import", "../second.json", "--commit"]);
    assert!(again.contains("0 commits made"), "{again}");
    let (_, error) = here.poam(2, &["import", "../first.json"]);
    assert!(error.contains("is older than what is here"), "{error}");
}
