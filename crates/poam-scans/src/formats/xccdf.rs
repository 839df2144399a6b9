//! Results of XCCDF benchmarks (1.1 and 1.2), alone or in an ARF file.

use std::collections::HashMap;
use std::io::BufRead;

use super::stig;
use crate::format::{CountingSink, ScanFormat};
use crate::identifiers::{add, find_cves, stig_number};
use crate::time::parse_day;
use crate::xml::{XmlElement, XmlStep, XmlWalk};
use crate::{Asset, CheckKind, Outcome, ScanError, ScanLimits, ScanResult, ScanRun, Severity};

pub(crate) const FORMAT: ScanFormat = ScanFormat {
    name: "xccdf",
    title: "XCCDF and ARF results",
    page: include_str!("xccdf.md"),
    recognises: |head| {
        head.has_element("Benchmark")
            || head.has_element("TestResult")
            || head.has_element("asset-report-collection")
    },
    read,
};

/// Texts of a rule in the benchmark.
struct RuleText {
    title: String,
    description: String,
    remediation: String,
    ccis: Vec<String>,
    references: Vec<String>,
}

fn read(
    input: &mut dyn BufRead,
    limits: ScanLimits,
    sink: &mut CountingSink<'_>,
) -> Result<(), ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    let mut rules: HashMap<String, RuleText> = HashMap::new();
    let mut run: Option<ScanRun> = None;
    let mut has_results = false;
    let mut benchmark: Option<String> = None;
    // Results are before their benchmark in some files, so they wait for the end.
    let mut waiting: Vec<(ScanResult, String)> = Vec::new();
    while let Some(step) = walk.next()? {
        let place = walk.current_place();
        let element = match step {
            XmlStep::Start(element) => element,
            XmlStep::End(name) => {
                if name == "TestResult"
                    && let Some(mut run) = run.take()
                {
                    finish(&mut run, &mut waiting);
                    sink.run(run);
                }
                continue;
            }
        };
        match element.name.as_str() {
            "Rule" => {
                let id = element.find_attribute("id").unwrap_or_default().to_owned();
                rules.insert(id, rule_text(&walk.read_rest(element)?));
            }
            "TestResult" => {
                has_results = true;
                run = Some(ScanRun {
                    tool: element.find_attribute("test-system").unwrap_or("XCCDF").to_owned(),
                    day: element
                        .find_attribute("end-time")
                        .or(element.find_attribute("start-time"))
                        .and_then(parse_day),
                    profile: benchmark.clone(),
                    ..ScanRun::default()
                });
            }
            // Results within their benchmark.
            "Benchmark" => benchmark = element.find_attribute("id").map(str::to_owned),
            "benchmark" => {
                if let Some(run) = &mut run {
                    // Where a tool found the file of the benchmark is no name of it.
                    let file = element
                        .find_attribute("href")
                        .and_then(|href| href.rsplit(['/', '\\']).next());
                    let named = element.find_attribute("id").map(str::to_owned);
                    run.profile = named.or(benchmark.clone()).or_else(|| Some(file?.to_owned()));
                }
            }
            "target" => {
                let name = walk.read_rest(element)?.text.trim().to_owned();
                if let Some(run) = &mut run
                    && !name.is_empty()
                {
                    run.assets.push(Asset::new(name));
                }
            }
            "fact" => {
                let fact = element.find_attribute("name").unwrap_or_default().to_owned();
                let text = walk.read_rest(element)?.text.trim().to_owned();
                if let Some(run) = &mut run {
                    match fact.as_str() {
                        "urn:xccdf:fact:scanner:name" => run.tool = text,
                        "urn:xccdf:fact:scanner:version" => run.version = Some(text),
                        _ => {}
                    }
                }
            }
            "rule-result" => {
                let rule = element.find_attribute("idref").unwrap_or_default().to_owned();
                let element = walk.read_rest(element)?;
                let mut result = build_result(place, &rule, &element);
                if let Some(run) = &run {
                    result.assets.extend(run.assets.first().cloned());
                    result.last_seen =
                        element.find_attribute("time").and_then(parse_day).or(run.day);
                }
                waiting.push((result, rule));
            }
            _ => {}
        }
    }
    if !has_results {
        return Err(ScanError::NotResults {
            what: "the file is a benchmark without results; give the results of a scanner that ran it",
        });
    }
    for (mut result, rule) in waiting {
        if let Some(text) = rules.get(&rule) {
            explain(&mut result, text);
        }
        sink.accept_result(result)?;
        if sink.is_stopped() {
            return Ok(());
        }
    }
    Ok(())
}

/// Names the tool as the family of detectors where a rule is not DISA's, and notes unfinished targets.
fn finish(run: &mut ScanRun, waiting: &mut [(ScanResult, String)]) {
    for (result, _) in waiting.iter_mut().filter(|(result, _)| result.detector.is_empty()) {
        result.detector = run.profile.clone().unwrap_or_else(|| run.tool.clone());
    }
    if !waiting.is_empty() && !waiting.iter().any(|(result, _)| is_checked(&result.outcome)) {
        for asset in run.assets.clone() {
            run.incomplete.push((asset, "no check was finished".to_owned()));
        }
    }
}

fn is_checked(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::NotChecked { .. })
}

fn build_result(place: String, rule: &str, element: &XmlElement) -> ScanResult {
    // A rule of DISA is known by its number, in every tool that runs it. Other rules belong to their
    // benchmark, which is filled in at the end of the results.
    let number = stig_number(rule);
    let detector = if number.is_some() { stig::DETECTOR } else { "" };
    let mut result = ScanResult::new(place, detector, number.unwrap_or_else(|| rule.to_owned()));
    result.kind = CheckKind::Configuration;
    let word = element.text_of("result");
    result.outcome = match word {
        "fail" => Outcome::Failed,
        "pass" => Outcome::Passed,
        "fixed" => Outcome::Fixed,
        "notapplicable" => Outcome::NotApplicable,
        "informational" => Outcome::Failed,
        word => Outcome::NotChecked { word: word.to_owned() },
    };
    let severity = element.find_attribute("severity").unwrap_or_default();
    let changed = element
        .find_children("override")
        .map(|change| change.text_of("new-result"))
        .find(|result| !result.is_empty());
    if let Some(changed) = changed
        && changed != "fail"
        && element.find_children("override").any(|change| change.text_of("old-result") == "fail")
    {
        result.outcome =
            Outcome::Suppressed { reason: format!("overridden: fail became {changed}") };
    }
    result.severity = if word == "informational" {
        Severity::Informational
    } else {
        Severity::from_word(severity)
    };
    result.severity_source = severity.to_owned();
    add(&mut result.references, element.find_attribute("version").unwrap_or_default());
    add(&mut result.references, rule);
    sort_identifiers(&mut result.ccis, &mut result.cves, element);
    result.proofs = element.find_children("message").count();
    result
}

/// Sorts the identifiers of a rule or a result.
fn sort_identifiers(ccis: &mut Vec<String>, cve_ids: &mut Vec<String>, element: &XmlElement) {
    for ident in element.find_children("ident") {
        let text = ident.text.trim();
        if text.starts_with("CCI-") {
            add(ccis, text);
        }
        for cve in find_cves(text) {
            add(cve_ids, cve);
        }
    }
}

fn rule_text(rule: &XmlElement) -> RuleText {
    let description = rule.find_child("description").map(XmlElement::all_text).unwrap_or_default();
    let mut text = RuleText {
        title: rule.text_of("title").to_owned(),
        description: extract_discussion(&description),
        remediation: rule
            .find_child("fixtext")
            .map(XmlElement::all_text)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        ccis: Vec::new(),
        references: Vec::new(),
    };
    sort_identifiers(&mut text.ccis, &mut Vec::new(), rule);
    add(&mut text.references, rule.text_of("version"));
    for reference in rule.find_children("reference") {
        add(&mut text.references, reference.find_attribute("href").unwrap_or_default());
    }
    text
}

/// Returns the discussion of a rule of DISA, which is as XML within the text of the description.
fn extract_discussion(description: &str) -> String {
    let inner = description
        .split_once("<VulnDiscussion>")
        .and_then(|(_, rest)| rest.split_once("</VulnDiscussion>"))
        .map_or(description, |(text, _)| text);
    inner.trim().to_owned()
}

fn explain(result: &mut ScanResult, text: &RuleText) {
    result.title.clone_from(&text.title);
    result.description.clone_from(&text.description);
    result.remediation.clone_from(&text.remediation);
    for cci in &text.ccis {
        add(&mut result.ccis, cci);
    }
    for reference in &text.references {
        add(&mut result.references, reference);
    }
}
