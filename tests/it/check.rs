//! `poam check`: files of others against the official schemas.

use serde_json::{Value, json};

use crate::support::{Repo, shared};

/// A vulnerability detail report with one vulnerability.
fn report() -> Value {
    json!({
        "certificationPackageOverviewUri": "https://example.com/cpo.json",
        "reportPeriod": {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"},
        "vulnerabilities": [{
            "providerTrackingId": "V-1",
            "detection": {"detectedAt": "2026-10-02T08:00:00Z", "detectionSource": "Nessus"},
            "vulnerabilityDescription": "Open port",
            "evaluationCompletedAt": "2026-10-03T00:00:00Z",
            "isInternetReachable": true,
            "isLikelyExploitable": true,
            "currentRating": 0,
            "painReductionEvents": [{"reducedAt": "2026-10-04T00:00:00Z", "rating": 0}],
            "finalDisposition": "Remediated",
        }],
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

#[test]
fn the_report_for_people_beside_ver_reports_is_skipped() {
    let folder = Repo::bare_folder();
    folder.write("good.json", pretty(&report()));
    folder.write(
        "activity.md",
        "# Vulnerability activity of Example\n\nPeriod: 2026-10-01 to 2026-11-01.\n",
    );
    let (text, said) = folder.poam(0, &["check", "good.json", "activity.md"]);
    assert_eq!(text, "nothing to report in 1 document\n");
    assert!(said.contains("activity.md: the report for people"), "{said}");
    // Other Markdown is still no document.
    folder.write("other.md", "# Notes\n\n: [\n");
    folder.poam(1, &["check", "other.md"]);
}

#[test]
fn several_files_are_checked_and_the_worst_decides() {
    // No tracker is needed, nor a repository.
    let folder = Repo::bare_folder();
    folder.write("good.json", pretty(&report()));
    let mut bad = report();
    bad["vulnerabilities"][0]["finalDisposition"] = json!("Fixed");
    folder.write("sub/bad.json", pretty(&bad));

    let (text, said) = folder.poam(0, &["check", "good.json"]);
    assert_eq!(text, "nothing to report in 1 document\n");
    let expected = "good.json: vulnerability detail report, checked with schema 0.1.1, common definitions 0.4.1";
    assert!(said.contains(expected), "{said}");

    let (text, _) = folder.poam(1, &["check", "good.json", "sub/bad.json"]);
    let line = pretty(&bad).lines().position(|line| line.contains("Fixed")).unwrap() + 1;
    assert!(text.contains(&format!("--> sub/bad.json:{line}:27\n")), "{text}");
    assert!(text.contains("`Fixed` is not a value of `finalDisposition`"), "{text}");
    assert!(text.contains("Fully Mitigated, Partially Mitigated, Remediated, False Positive"));
    assert!(text.ends_with("1 error in 2 documents\n"), "{text}");

    let (text, _) = folder.poam(1, &["check", "sub/bad.json", "good.json", "--format", "json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(found["version"], 1);
    assert_eq!(found["summary"]["errors"], 1);
    assert_eq!(found["documents"][1]["kind"], "vulnerability-detail-report");
    let one = &found["diagnostics"][0];
    assert_eq!(one["pointer"], "/vulnerabilities/0/finalDisposition");
    assert_eq!((&one["path"], &one["line"]), (&json!("sub/bad.json"), &json!(line)));

    let (text, _) = folder.poam(1, &["check", "sub/bad.json", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let run = &sarif["runs"][0];
    let index = run["results"][0]["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "schema");
    let place = &run["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "sub/bad.json");
    assert_eq!(place["region"]["startLine"], line);

    for format in ["github", "gitlab", "junit", "markdown"] {
        let (text, _) = folder.poam(1, &["check", "sub/bad.json", "--format", format]);
        assert!(text.contains("sub/bad.json"), "{format}: {text}");
    }
}

#[test]
fn what_cannot_be_read_or_recognised_is_said() {
    let folder = Repo::bare_folder();
    folder.write("other.json", "{\"catalog\": {}}\n");
    let (_, said) = folder.poam(2, &["check", "none.json"]);
    assert!(said.contains("reading none.json"), "{said}");
    let (_, said) = folder.poam(2, &["check", "."]);
    assert!(said.contains("it is a folder, not a document"), "{said}");
    let (text, _) = folder.poam(1, &["check", "other.json"]);
    assert!(text.contains("the file is an OSCAL catalog: no schema of it is here"), "{text}");
    assert!(text.contains("--> other.json:1:1\n"), "{text}");
    let (_, said) = folder.poam(2, &["check"]);
    assert!(said.contains("<FILE>"), "{said}");
    // A kind that is said is taken.
    let (text, _) = folder.poam(1, &["check", "other.json", "--kind", "oscal-poam"]);
    assert!(text.contains("`plan-of-action-and-milestones` is missing"), "{text}");
}

/// Published scans and settings are not taken for reports, whatever their lists are called.
#[test]
fn documents_of_other_kinds_are_refused_by_name() {
    let folder = Repo::bare_folder();
    folder.write("poam.yaml", "version: 1\nprofile: fedramp-rev5\nsystem: {name: Cloud}\n");
    let (text, _) = folder.poam(1, &["check", "poam.yaml"]);
    assert!(text.contains("the settings of a tracker") && text.contains("oscal-poam"), "{text}");
    assert!(!text.contains("OSCAL profile"), "{text}");
    for (scan, expected) in [
        ("cyclonedx-log4j.json", "a CycloneDX document"),
        ("grype-many.json", "a report of Grype"),
        ("sarif-dependency-check.sarif", "a SARIF file"),
        ("openvex-many.json", "a mapping that begins with `@context`"),
    ] {
        let Some(path) = shared(&format!("scans/{scan}")) else { return };
        let (text, _) = folder.poam(1, &["check", path.to_str().unwrap()]);
        assert!(text.contains(expected) && text.contains("document-kind"), "{scan}: {text}");
    }
}

#[test]
fn published_documents_are_judged_as_their_publishers_say() {
    let folder = Repo::bare_folder();
    for (file, code, expected) in [
        ("oscal/example_poam_valid.json", 0, None),
        ("oscal/example_poam_invalid.json", 1, None),
        ("oscal/empty-register.json", 1, Some("poam-items")),
        // NIST's example names the uuid of a facet instead of its risk.
        ("oscal/ifa_poam.json", 1, Some("unknown-reference")),
        ("oscal/rev5-FedRAMP-POAM-OSCAL-Template.json", 1, Some("has-timely-completion-date")),
    ] {
        let Some(path) = shared(file) else { return };
        let (text, said) = folder.poam(code, &["check", path.to_str().unwrap()]);
        assert!(said.contains("OSCAL POA&M, checked with schema OSCAL 1."), "{file}: {said}");
        if let Some(expected) = expected {
            assert!(text.contains(expected), "{file}: {text}");
        }
    }
    // Without FedRAMP's own rules only what NIST's schema and the references say is left.
    let Some(path) = shared("oscal/rev5-FedRAMP-POAM-OSCAL-Template.json") else { return };
    let (text, _) = folder.poam(0, &["check", path.to_str().unwrap(), "--fedramp", "never"]);
    assert!(!text.contains("has-timely-completion-date"), "{text}");
}

#[test]
fn own_oscal_documents_pass_with_what_fedramp_asks_for() {
    let repo = crate::export::demo();
    for version in ["1.0.4", "1.1.3", "1.2.3"] {
        let path = repo.beside(&format!("poam-{version}.json"));
        let path = path.to_str().unwrap();
        repo.poam(0, &["export", "oscal", "--oscal-version", version, "-o", path]);
        let (text, _) = repo.poam(0, &["check", path, "--fedramp", "never"]);
        assert_eq!(text, "nothing to report in 1 document\n", "{version}");
    }
}

#[test]
fn fedramps_constraints_hold_for_own_documents_whose_settings_name_what_they_ask_for() {
    let settings = "system: {name: Cloud, id: F1, provider: Example Corp, marking: cui, ssp: https://example.com/ssp.json}\n";
    let lines = "scheduled_completion_date: 2026-02-12\nremediation_plan: Patch it.\nmilestones: [{id: 1, description: Patch, due: 2026-02-01}]\n";
    let repo = crate::export::tracker(settings, &[("V-1", lines)]);
    for version in ["1.0.4", "1.1.3", "1.2.3"] {
        let path = repo.beside("poam.json");
        let path = path.to_str().unwrap();
        repo.poam(0, &["export", "oscal", "--oscal-version", version, "-o", path]);
        let (text, said) = repo.poam(0, &["check", path]);
        assert_eq!(text, "nothing to report in 1 document\n", "{version}");
        assert!(said.contains("with FedRAMP's rules"), "{said}");
    }
    // Names that the settings lack are not made up.
    let repo = crate::export::tracker("", &[("V-1", lines)]);
    repo.poam(0, &["export", "oscal", "-o", "poam.json"]);
    let (text, _) = repo.poam(1, &["check", "poam.json"]);
    assert!(text.contains("error[marking]") && text.contains("error[has-import-ssp]"), "{text}");
    assert!(!text.contains("has-published-date"), "{text}");
}
