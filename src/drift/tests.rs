//! Tests of the comparison of our data with newer official files.

use serde_json::json;

use super::*;

fn file(path: &str, text: impl Into<String>) -> NewerFile {
    NewerFile { path: path.to_owned(), text: text.into() }
}

fn lines(report: &DriftReport) -> Vec<String> {
    report
        .changes
        .iter()
        .map(|one| format!("{:?} {}: {}", one.weight, one.place, one.change))
        .collect()
}

const RULES_FILE: &str = include_str!("../../templates/rules/fedramp-2026.json");

#[test]
fn our_own_files_are_no_change() {
    let files: Vec<NewerFile> = data::FILES.iter().map(|(path, text)| file(path, *text)).collect();
    let report = compare(&files);
    assert_eq!(report.unrecognised, [""; 0]);
    assert_eq!(lines(&report), [""; 0]);
    assert_eq!(report.compared.len(), files.len());
}

#[test]
fn every_change_of_the_rules_is_named_forced_ones_first() {
    let mut newer: Value = serde_json::from_str(RULES_FILE).unwrap();
    newer["source"]["release"] = "2027.01.15.01".into();
    newer["rules"]["VER-TFR-MAV"]["classes"]["all"]["within"]["number"] = 180.into();
    newer["rules"]["VER-TFR-EVU"]["classes"]["C"]["force"] = "MUST".into();
    newer["rules"]["VDR-TFR-PVR"]["classes"]["D"]["reduce"]["5"][0] =
        json!({"number": 6, "unit": "hours"});
    newer["rules"]["VER-TFR-MHR"]["classes"]["all"]["statement"] = "Providers MUST report.".into();
    newer["rules"]["VER-NEW-ONE"] = json!({"name": "New One", "applies": "all", "release": "x",
        "classes": {"all": {"force": "MAY", "statement": "Providers MAY."}}});
    newer["rules"].as_object_mut().unwrap().remove("VER-EVA-AIA");
    for set in newer["rulesets"].as_array_mut().unwrap() {
        if set["id"] == "VER" {
            set["grace"] = "2027-06-07".into();
        }
    }
    let report = compare(&[file("newer/fedramp-2026.json", newer.to_string())]);
    assert_eq!(
        lines(&report),
        [
            "Forced VER (all): grace ends: 2027-03-07 -> 2027-06-07",
            "Forced VER-EVA-AIA: no longer there: Assume It's Automatable",
            "Forced VER-TFR-EVU (class C): force: SHOULD -> MUST",
            "Forced VER-TFR-MAV: time frame: 192 days -> 180 days",
            "Should VDR-TFR-PVR (class D): N5, reachable and exploitable: 12 hours -> 6 hours",
            "Optional VER-NEW-ONE: new rule: New One",
            "Wording VER-TFR-MHR: statement now: Providers MUST report.",
        ]
    );
    let versions = report.compared[0].versions.clone().unwrap();
    assert_eq!(versions, ("2026.07.14.01".to_owned(), "2027.01.15.01".to_owned()));
}

#[test]
fn every_change_of_a_schema_is_named_forced_ones_first() {
    let name = "fedramp-common-definitions-schema-2026-06-24.json";
    let text = include_str!(
        "../../templates/fedramp/schemas/fedramp-common-definitions-schema-2026-06-24.json"
    );
    let mut newer: Value = serde_json::from_str(text).unwrap();
    assert_eq!(compare(&[file(name, text)]).changes, []);
    newer["$schemaVersion"] = "9.9.9".into();
    let defs = newer["$defs"].as_object_mut().unwrap();
    let rating = defs.get_mut("nRating").unwrap();
    rating["enum"] = json!([1, 2, 3, 4, 5, 6]);
    rating["description"] = "Other words.".into();
    let detail = defs.get_mut("vulnerabilityDetail").unwrap();
    detail["required"].as_array_mut().unwrap().push("currentRating".into());
    detail["properties"]["newMember"] = json!({"type": "string"});
    detail["properties"].as_object_mut().unwrap().remove("isInternetReachable");
    defs.insert("newThing".to_owned(), json!({"type": "object"}));
    let report = compare(&[file(&format!("x/{name}"), newer.to_string())]);
    let found = lines(&report);
    for expected in [
        "Forced /$defs/nRating/enum: 0 is no longer allowed",
        "Optional /$defs/nRating/enum: 6 is allowed now",
        "Forced /$defs/vulnerabilityDetail/properties/isInternetReachable: no longer there",
        "Forced /$defs/vulnerabilityDetail/required: \"currentRating\" is required now",
        "Optional /$defs/newThing: new",
        "Optional /$defs/vulnerabilityDetail/properties/newMember: new",
    ] {
        assert!(found.iter().any(|line| line == expected), "{expected}\n{found:#?}");
    }
    assert_eq!(found.iter().filter(|line| line.starts_with("Wording")).count(), 2, "{found:#?}");
    assert_eq!(found.len(), 8, "{found:#?}");
    assert!(report.changes.is_sorted_by_key(|one| one.weight));
}

#[test]
fn a_newer_catalog_names_new_and_withdrawn_controls() {
    let newer = json!({"catalog": {
        "metadata": {"title": "Electronic (OSCAL) Version of NIST SP 800-53 Rev 5.3.0", "version": "5.3.0"},
        "groups": [{"controls": [
            {"id": "ac-1", "title": "Policy and Procedures"},
            {"id": "ac-2", "title": "Account Management", "props": [{"name": "status", "value": "withdrawn"}],
             "links": [{"href": "#ac-3_smt.a", "rel": "moved_to"}, {"href": "#ac-6", "rel": "related"}],
             "controls": [{"id": "ac-2.99", "title": "A New One"}]},
        ]}]
    }});
    let report = compare(&[file("catalog.json", newer.to_string())]);
    let found = lines(&report);
    assert!(found.contains(&"Forced AC-2: withdrawn now".to_owned()));
    assert!(found.contains(&"Optional AC-2(99): new: Account Management | A New One".to_owned()));
    assert!(found.contains(&"Forced AC-3: no longer there".to_owned()));
    assert!(found.contains(&"Forced AC-2: successors:  -> AC-3".to_owned()), "{found:#?}");
    assert!(!found.iter().any(|line| line.contains(" AC-1:")));
    let text = include_str!("../../templates/catalogs/soc2.txt").replace("CC7.1\n", "CC7.6\n");
    let report = compare(&[file("soc2.txt", text)]);
    assert_eq!(lines(&report), ["Forced CC7.1: no longer there", "Optional CC7.6: new: "]);
    let points = include_str!("../../templates/catalogs/cmmc-l2-points.txt")
        .replace("3.1.3 1\n", "3.1.3 3\n");
    let report = compare(&[file("cmmc-l2-points.txt", points)]);
    assert_eq!(lines(&report), ["Forced 3.1.3: 1 -> 3"]);
}

#[test]
fn other_data_and_foreign_files() {
    let newer = include_str!("../../templates/profiles/fedramp-rev5.json")
        .replace("\"high\": 30", "\"high\": 15");
    let report = compare(&[
        file("fedramp-rev5.json", newer),
        file("README.md", "# A readme"),
        file("other.json", "{\"a\": 1}"),
        file("broken.json", "{"),
        file("empty.json", ""),
    ]);
    assert_eq!(lines(&report), ["Forced /deadlines/high: 30 -> 15"]);
    assert_eq!(report.unrecognised, ["README.md", "other.json", "broken.json", "empty.json"]);
    let reasons: Vec<&str> = report.left_out.iter().map(|one| one.reason.as_str()).collect();
    assert!(reasons[0].starts_with("it is not JSON: "), "{reasons:?}");
    assert_eq!(reasons[1], "no newer state of our data");
    assert!(reasons[2].starts_with("it is not JSON: EOF while parsing"), "{reasons:?}");
}

/// FedRAMP's own dataset in small, and one change after the other: each is named, and nothing else.
#[test]
fn every_change_of_a_dataset_is_named() {
    let rule = |more: Value| {
        let mut rule = json!({
            "name": "N", "statement": "Providers SHOULD.", "force": "SHOULD", "affects": ["Providers"],
            "reference": "R", "reference_url": "https://example.com/1", "related": ["VER-A"],
            "timeframe_type": "days", "timeframe_num": 5, "updated": [{"date": "2026-07-14"}],
        });
        for (key, value) in more.as_object().unwrap() {
            rule[key] = value.clone();
        }
        rule
    };
    let cell = |number: u64| json!({"timeframe_type": "days", "timeframe_num": number});
    let dataset = json!({
        "info": {"version": "2027.01.15.01"},
        "FRD": {"data": {"all": {"FRD-X": {"term": "X", "definition": "D", "note": "n", "tag": "Vulnerability"}}}},
        "FRR": {"VER": {
            "info": {
                "name": "V",
                "effective": {"is": "required", "current_status": "S", "date": {
                    "obtain": "2026-12-07", "maintain": "2026-12-07", "grace": {"default": "2027-03-07", "until_next_assessment": false}}},
                "subsets": {"TFR": {"applicability": {"types": ["Rev5"], "classes": ["B", "C"], "affects": ["Providers"]}}},
            },
            "data": {"all": {"TFR": {
                "VER-TFR-AAA": rule(json!({})),
                "VER-TFR-BBB": rule(json!({"pain_timeframes": {
                    "5": {"irv_lev": cell(4), "nirv_lev": cell(8), "nlev": cell(32)}, "1": {}}})),
            }}},
        }},
        "KSI": {"T": {"indicators": {"KSI-A": {"name": "A"}}}},
    });
    let changes_to = |change: &dyn Fn(&mut Value)| {
        let mut newer = dataset.clone();
        change(&mut newer);
        let [before, after] =
            [&dataset, &newer].map(|one| lines(&compare(&[file("x.json", one.to_string())])));
        let new = after.iter().filter(|one| !before.contains(one)).cloned();
        new.collect::<Vec<String>>()
    };
    let at = "/FRR/VER/data/all/TFR/VER-TFR";
    let place = |path: &str| format!("{at}-{path}");
    let set = |path: String, value: Value| {
        move |newer: &mut Value| {
            let (parent, member) = path.rsplit_once('/').unwrap();
            newer.pointer_mut(parent).unwrap()[member] = value.clone();
        }
    };
    // The dataset has other rules than ours, which stay among what is stated of both.
    for (path, value, expected) in [
        (
            "/FRR/VER/info/effective/is".to_owned(),
            json!("optional"),
            "Forced VER (all): in effect: required -> optional",
        ),
        (
            "/FRR/VER/info/effective/date/grace/default".to_owned(),
            json!("2027-06-07"),
            "Forced VER (all): grace ends: 2027-03-07 -> 2027-06-07",
        ),
    ] {
        assert_eq!(changes_to(&set(path, value)), [expected]);
    }
    let rules = |dataset: &Value| rules::from_dataset(dataset).unwrap();
    let compared = |change: &dyn Fn(&mut Value)| {
        let mut newer = dataset.clone();
        change(&mut newer);
        let mut changes = Changes { file: data::RULES, found: Vec::new() };
        rules::compare_dataset(&rules(&dataset).rules, &rules(&newer), &mut changes);
        changes
            .found
            .iter()
            .map(|one| format!("{:?} {}: {}", one.weight, one.place, one.change))
            .collect::<Vec<_>>()
    };
    for (path, value, expected) in [
        (place("AAA/timeframe_num"), json!(4), "Should VER-TFR-AAA: time frame: 5 days -> 4 days"),
        (place("AAA/force"), json!("MUST"), "Forced VER-TFR-AAA: force: SHOULD -> MUST"),
        (
            place("AAA/reference_url"),
            json!("https://example.com/2"),
            "Wording VER-TFR-AAA (reference_url): \"https://example.com/1\" -> \"https://example.com/2\"",
        ),
        (place("AAA/reference"), json!("Q"), "Wording VER-TFR-AAA (reference): \"R\" -> \"Q\""),
        (
            place("BBB/pain_timeframes/5/irv_nlev"),
            cell(30),
            "Forced VER-TFR-BBB: its shape is another one, so that it was not compared: class all, N5: column `irv_nlev`",
        ),
        (
            place("BBB/pain_timeframes/5/nlev"),
            json!({}),
            "Should VER-TFR-BBB: N5, not exploitable: 32 days -> none",
        ),
        (
            place("BBB/pain_timeframes/1"),
            json!({"irv_lev": cell(96)}),
            "Should VER-TFR-BBB: N1, reachable and exploitable: none -> 96 days",
        ),
        (
            "/FRR/VER/info/effective/date/maintain".to_owned(),
            Value::Null,
            "Forced VER (all): maintain: 2026-12-07 -> none",
        ),
        (
            "/FRD/data/all/FRD-X/definition".to_owned(),
            json!("E"),
            "Forced FRD-X: definition now: E",
        ),
        (
            place("AAA/timeframe_type"),
            json!("weeks"),
            "Forced VER-TFR-AAA: its shape is another one, so that it was not compared: unknown variant `weeks`, expected one of `hours`, `days`, `months`",
        ),
    ] {
        assert_eq!(compared(&set(path, value)), [expected]);
    }
    let classes = set("/FRR/VER/info/subsets/TFR/applicability/classes".to_owned(), json!(["B"]));
    assert_eq!(
        compared(&classes),
        ["VER-TFR-AAA", "VER-TFR-BBB"]
            .map(|rule| format!("Should {rule} (applies to/classes): no longer \"C\""))
    );
    // Of a list the element that goes or comes is named, wherever it is.
    let classes = set("/FRR/VER/info/subsets/TFR/applicability/classes".to_owned(), json!(["C"]));
    assert_eq!(
        compared(&classes),
        ["VER-TFR-AAA", "VER-TFR-BBB"]
            .map(|rule| format!("Should {rule} (applies to/classes): no longer \"B\""))
    );
    assert_eq!(
        compared(&set(place("AAA/related"), json!(["VER-B"]))),
        [
            "Wording VER-TFR-AAA (related): no longer \"VER-A\"",
            "Wording VER-TFR-AAA (related): new: \"VER-B\""
        ]
    );
    assert_eq!(compared(&|_| {}), [""; 0]);
    let indicators =
        changes_to(&set("/KSI/T/indicators".to_owned(), json!({"KSI-B": {"name": "B"}})));
    assert_eq!(indicators, ["Optional KSI-B: new: B"]);
}

/// Both spellings of NIST: `incorporated_into` in the CSF and SP 800-171, `incorporated-into` in SP 800-53.
#[test]
fn successors_are_read_in_both_spellings() {
    let withdrawn = |id: &str, rel: &str, to: &str| {
        json!({"id": id, "class": "subcategory", "title": id, "props": [{"name": "status", "value": "withdrawn"}],
            "links": [{"href": to, "rel": rel}]})
    };
    let csf = |rel: &str| {
        json!({"catalog": {
            "metadata": {"title": "Electronic Version of NIST Cybersecurity Framework 2.0", "version": "1.3.0"},
            "groups": [{"id": "DE", "controls": [{"id": "DE.AE", "class": "category", "title": "Adverse Event Analysis",
                "controls": [withdrawn("DE.AE-01", rel, "ID.AM-03"), withdrawn("DE.AE-05", rel, "DE.AE-08")]}]}],
        }})
    };
    for rel in ["incorporated_into", "moved-to"] {
        let report = compare(&[file("csf.json", csf(rel).to_string())]);
        let versions = report.compared[0].versions.clone().unwrap();
        assert_eq!(versions, ("1.2.0".to_owned(), "1.3.0".to_owned()));
        let found = lines(&report);
        assert!(
            !found.iter().any(|line| line.contains(" DE.AE-01:") || line.contains(" DE.AE-05:")),
            "{found:#?}"
        );
    }
    let found = lines(&compare(&[file("csf.json", csf("related").to_string())]));
    assert!(found.contains(&"Forced DE.AE-01: successors: ID.AM-03 -> ".to_owned()), "{found:#?}");
}

/// FedRAMP's own dataset of the release that our tables are from, where it is available: time frames and
/// days are the same, statements are those of the later release.
#[test]
fn the_dataset_of_our_release_has_our_tables_and_days() {
    let shared = std::env::var_os("POAM_SHARED_DATA")
        .map_or_else(|| "../shared/data".into(), std::path::PathBuf::from);
    let path = shared.join("rules/fedramp-consolidated-rules-2026.07.14.01.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: no dataset beside the project");
        return;
    };
    let report = compare(&[file("fedramp-consolidated-rules.json", text)]);
    assert_eq!(report.compared[0].with, data::RULES);
    let numbers: Vec<String> = lines(&report)
        .into_iter()
        .filter(|one| one.contains("time frame") || one.contains("->"))
        .collect();
    // A day that a later release moved: FedRAMP/rules, pull request 28.
    assert_eq!(numbers, ["Forced CPO (Rev5): grace ends: 2027-07-01 -> 2027-01-01"]);
}

#[test]
fn a_list_of_statements_is_compared_by_force_and_numbers() {
    let rule = |id: &str, force: &str, text: &str| json!({"id": id, "title": "T", "description": text, "guidance": format!("Force: {force}.\n\nApplies to all.")});
    let ours = OfficialRules::built_in();
    let statement = |id: &str| ours.rules[id].classes["all"].statement.clone();
    let mav = statement("VER-TFR-MAV").replace("192", "180");
    let lost = "Class-A variant (upstream `varies_by_class`, verbatim; force MAY): Providers MAY.";
    let class = "Class-C variant (upstream `varies_by_class`, verbatim; force MUST): Providers MUST evaluate within 5 days.";
    let newer = json!({"framework_id": "fedramp-frr-2026", "version": "2027.01.15.01 (CR26)", "controls": [
        rule("VER-TFR-MAV", "MUST", &mav),
        rule("VDR-TFR-KEV", "MUST", &statement("VDR-TFR-KEV")),
        rule("VER-TFR-MHR", "MUST", "Providers MUST report monthly."),
        rule("VER-NEW-ONE", "MUST", "Providers MUST."),
        rule("AFC-CSO-ACK", "SHOULD", "Another ruleset."),
        {"id": "VER-TFR-NRI", "title": "Other Name", "description": "D", "guidance": format!("Force: MAY.\n\n{lost}\n\nMore.")},
        {"id": "VER-RPT-AVI", "title": "T", "description": statement("VER-RPT-AVI"), "guidance": "Force: MUST.\n\nRequired information (upstream `following_information`, verbatim):\n- Something new\n\nMore."},
        {"id": "VER-TFR-EVU", "title": "T", "description": "D", "guidance": format!("Force: MUST.\n\n{class}\n\nMore.")},
    ]});
    let report = compare(&[file("statements.json", newer.to_string())]);
    assert_eq!(report.unrecognised, [""; 0]);
    let found = lines(&report);
    for expected in [
        format!("Forced VER-TFR-MAV: statement with other numbers now: {mav}"),
        "Forced VDR-TFR-KEV: force: SHOULD -> MUST".to_owned(),
        "Forced VER-NEW-ONE: new rule".to_owned(),
        "Forced VER-TFR-EVU (class C): force: SHOULD -> MUST".to_owned(),
        "Wording VER-TFR-MHR: statement now: Providers MUST report monthly.".to_owned(),
        "Forced VER-EVA-EPA: no longer there".to_owned(),
        "Should VER-TFR-NRI (class D): no longer said for this class".to_owned(),
        "Wording VER-TFR-NRI: name: Non-Internet-Reachable Incidents -> Other Name".to_owned(),
        "Forced VER-RPT-AVI: listed now: Something new".to_owned(),
    ] {
        assert!(found.contains(&expected), "{expected}\n{found:#?}");
    }
    assert!(
        !found.iter().any(|line| line.contains("VER-AGM-")),
        "agencies' rules are not in such lists"
    );
}

/// The list of the release that our statements are from, where it is available.
#[test]
fn the_list_of_our_statements_is_no_change() {
    let shared = std::env::var_os("POAM_SHARED_DATA")
        .map_or_else(|| "../shared/data".into(), std::path::PathBuf::from);
    let path = shared.join("rules/fedramp-provider-requirements-2026.10.13.01.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: no list of statements beside the project");
        return;
    };
    let report = compare(&[file("statements.json", text)]);
    assert_eq!(lines(&report), [""; 0]);
    let versions = report.compared[0].versions.clone().unwrap();
    assert_eq!(versions, ("2026.10.13.01".to_owned(), "2026.10.13.01".to_owned()));
}

#[test]
fn an_older_file_is_known_as_such_and_long_texts_show_what_differs() {
    let older = ComparedData {
        path: String::new(),
        with: String::new(),
        versions: Some(("0.4.1".to_owned(), "0.10.0".to_owned())),
        changes: 0,
    };
    assert!(!older.is_older());
    let versions = Some(("2026.10.13.01".to_owned(), "2026.07.14.01".to_owned()));
    assert!(ComparedData { versions, ..older }.is_older());
    let long = "a".repeat(200);
    let change = schema::describe_change(&json!(format!("{long}1")), &json!(format!("{long}2")));
    assert!(change.contains("a1\"") && change.contains("a2\"") && change.len() < 120, "{change}");
}
