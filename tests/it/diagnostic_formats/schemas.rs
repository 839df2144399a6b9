use std::collections::HashSet;

use poam::output::{Format, ValidationReport};
use poam::rules;
use serde_json::Value;

use crate::diagnostic_formats::fixture::{hostile, many, report, tracker};
use crate::diagnostic_formats::read::xml;

fn check(schema: &str, text: &str) -> Value {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let value: Value = serde_json::from_str(text).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

pub(crate) fn sarif(text: &str) -> Value {
    // The published pattern of a field that we do not write has a bracket too many, which only
    // lenient readers of patterns accept.
    let schema = include_str!("../../schemas/sarif-2.1.0.json");
    assert!(schema.contains("-[a-zA-Z]{2}]?$"));
    check(&schema.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}?$"), text)
}

pub(crate) fn gitlab(text: &str) -> Value {
    let value = check(include_str!("../../schemas/gitlab-code-quality.json"), text);
    let entries = value.as_array().unwrap();
    let fingerprints: HashSet<&Value> = entries.iter().map(|it| &it["fingerprint"]).collect();
    assert_eq!(fingerprints.len(), entries.len(), "fingerprints are unique");
    value
}

/// The parts of JUnit XML that its readers agree on; the cases with a place.
pub(crate) fn junit(text: &str) -> Vec<crate::diagnostic_formats::read::Element> {
    let root = xml(text);
    assert_eq!(root.name, "testsuites");
    let (mut tests, mut failures, mut cases) = (0, 0, Vec::new());
    let mut names = HashSet::new();
    for suite in root.children {
        assert_eq!(suite.name, "testsuite");
        assert!(names.insert(suite.get("name").to_owned()), "suites have different names");
        let failed = |case: &crate::diagnostic_formats::read::Element| {
            case.children.iter().any(|it| it.name == "failure")
        };
        assert_eq!(suite.number("tests"), suite.children.len());
        let failing = suite.children.iter().filter(|it| failed(it)).count();
        assert_eq!((suite.number("failures"), suite.number("errors")), (failing, 0));
        tests += suite.children.len();
        failures += failing;
        let mut names = HashSet::new();
        for case in suite.children {
            assert_eq!(
                (case.name.as_str(), case.get("classname")),
                ("testcase", suite.attributes["name"].as_str())
            );
            assert!(names.insert(case.get("name").to_owned()), "cases have different names");
            match case.children.as_slice() {
                [] => assert_eq!(case.get("name"), "the rest of the tracker"),
                [one] if one.name == "failure" => {
                    assert!(!one.get("message").is_empty() && !one.get("type").is_empty());
                }
                [one] => assert_eq!(one.name, "system-out"),
                _ => panic!("{case:?}"),
            }
            if !case.children.is_empty() {
                cases.push(case);
            }
        }
    }
    assert_eq!(
        (root.attributes["tests"].parse(), root.attributes["failures"].parse()),
        (Ok(tests), Ok(failures))
    );
    assert!(tests > 0, "a file without a test is an error for most readers");
    cases
}

#[test]
fn an_empty_report_is_valid() {
    let report = ValidationReport::default();
    let run = &sarif(&report.render(Format::Sarif, false))["runs"][0];
    assert_eq!(run["results"], serde_json::json!([]));
    assert_eq!(gitlab(&report.render(Format::Gitlab, false)), serde_json::json!([]));
    assert!(junit(&report.render(Format::Junit, false)).is_empty());
    assert_eq!(report.render(Format::Github, false), "nothing to report in 0 items\n");
    assert_eq!(report.render(Format::Markdown, false), "### poam: nothing to report in 0 items\n");
}

#[test]
fn every_report_is_valid() {
    for text in hostile() {
        let report = report(&text);
        let expected = report.diagnostics.len();
        let value = sarif(&report.render(Format::Sarif, false));
        assert_eq!(value["runs"][0]["results"].as_array().unwrap().len(), expected);
        assert_eq!(
            gitlab(&report.render(Format::Gitlab, false)).as_array().unwrap().len(),
            expected
        );
        assert_eq!(junit(&report.render(Format::Junit, false)).len(), expected);
    }
    let report = many(300, 20, 5);
    sarif(&report.render(Format::Sarif, false));
    gitlab(&report.render(Format::Gitlab, false));
    assert_eq!(junit(&report.render(Format::Junit, false)).len(), 325);
}

#[test]
fn sarif_lists_every_rule_and_results_point_to_theirs() {
    let value = sarif(&report("x").render(Format::Sarif, false));
    let run = &value["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let listed = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(listed.len(), rules::ALL.len());
    for (listed, rule) in listed.iter().zip(rules::ALL) {
        assert_eq!(listed["id"], rule.name);
        assert_eq!(listed["defaultConfiguration"]["level"], rule.level.as_str());
        assert_eq!(listed["help"]["markdown"], rule.text);
    }
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules::ALL[index].name);
        assert_eq!(result["baselineState"], "new");
    }
    let without_base = ValidationReport { against_base: false, ..report("x") };
    let value = sarif(&without_base.render(Format::Sarif, false));
    assert!(value["runs"][0]["results"][0].get("baselineState").is_none());
}

#[test]
fn junit_shows_that_each_rule_looked() {
    let repo = tracker();
    let (out, _) = repo.poam(1, &["--today", "2026-02-01", "validate", "--format", "junit"]);
    junit(&out);
    let root = xml(&out);
    let names: Vec<&str> = root.children.iter().map(|suite| suite.get("name")).collect();
    assert!(names.contains(&"dependency-cycle") && !names.contains(&"illegal-transition"));
    let (out, _) =
        repo.poam(0, &["--today", "2026-02-01", "validate", "--base", "HEAD", "--format", "junit"]);
    assert!(junit(&out).is_empty());
    assert!(xml(&out).children.iter().any(|suite| suite.get("name") == "illegal-transition"));
}
