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
             "controls": [{"id": "ac-2.99", "title": "A New One"}]},
        ]}]
    }});
    let report = compare(&[file("catalog.json", newer.to_string())]);
    let found = lines(&report);
    assert!(found.contains(&"Forced AC-2: withdrawn now".to_owned()));
    assert!(found.contains(&"Optional AC-2(99): new: Account Management | A New One".to_owned()));
    assert!(found.contains(&"Forced AC-3: no longer there".to_owned()));
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
}

/// FedRAMP's own dataset of the release that our tables are from, where it is at hand: time frames and
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
    for one in &report.changes {
        assert!(!one.change.contains("time frame") && !one.change.contains("->"), "{one:?}");
    }
}

#[test]
fn a_list_of_statements_is_compared_by_force_and_numbers() {
    let rule = |id: &str, force: &str, text: &str| json!({"id": id, "title": "T", "description": text, "guidance": format!("Force: {force}.\n\nApplies to all.")});
    let ours = OfficialRules::built_in();
    let statement = |id: &str| ours.rules[id].classes["all"].statement.clone();
    let mav = statement("VER-TFR-MAV").replace("192", "180");
    let class = "Class-C variant (upstream `varies_by_class`, verbatim; force MUST): Providers MUST evaluate within 5 days.";
    let newer = json!({"framework_id": "fedramp-frr-2026", "version": "2027.01.15.01 (CR26)", "controls": [
        rule("VER-TFR-MAV", "MUST", &mav),
        rule("VDR-TFR-KEV", "MUST", &statement("VDR-TFR-KEV")),
        rule("VER-TFR-MHR", "MUST", "Providers MUST report monthly."),
        rule("VER-NEW-ONE", "MUST", "Providers MUST."),
        rule("AFC-CSO-ACK", "SHOULD", "Another ruleset."),
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
    ] {
        assert!(found.contains(&expected), "{expected}\n{found:#?}");
    }
    assert!(
        !found.iter().any(|line| line.contains("VER-AGM-")),
        "agencies' rules are not in such lists"
    );
}

/// The list of the release that our statements are from, where it is at hand.
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
    let older = Compared {
        path: String::new(),
        with: String::new(),
        versions: Some(("0.4.1".to_owned(), "0.10.0".to_owned())),
        changes: 0,
    };
    assert!(!older.is_older());
    let versions = Some(("2026.10.13.01".to_owned(), "2026.07.14.01".to_owned()));
    assert!(Compared { versions, ..older }.is_older());
    let long = "a".repeat(200);
    let change = schema::change(&json!(format!("{long}1")), &json!(format!("{long}2")));
    assert!(change.contains("a1\"") && change.contains("a2\"") && change.len() < 120, "{change}");
}
