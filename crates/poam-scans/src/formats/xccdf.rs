//! Results of XCCDF benchmarks (1.1 and 1.2), alone or in an ARF file.

use std::collections::HashMap;
use std::io::BufRead;

use super::stig;
use crate::format::{Counter, ScanFormat};
use crate::identifiers::{add, cves, stig_number};
use crate::time::day;
use crate::xml::{Element, Step, XmlWalk};
use crate::{Asset, CheckKind, Limits, Outcome, ScanError, ScanResult, ScanRun, Severity};

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

/// What the benchmark says of a rule.
struct RuleText {
    title: String,
    description: String,
    remediation: String,
    ccis: Vec<String>,
    references: Vec<String>,
}

fn read(input: &mut dyn BufRead, limits: Limits, sink: &mut Counter<'_>) -> Result<(), ScanError> {
    let mut walk = XmlWalk::new(input, limits);
    let mut rules: HashMap<String, RuleText> = HashMap::new();
    let mut run: Option<ScanRun> = None;
    let mut has_results = false;
    let mut benchmark: Option<String> = None;
    // Results stand before their benchmark in some files, so they wait for the end.
    let mut waiting: Vec<(ScanResult, String)> = Vec::new();
    while let Some(step) = walk.next()? {
        let place = walk.place();
        let element = match step {
            Step::Start(element) => element,
            Step::End(name) => {
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
                let id = element.attribute("id").unwrap_or_default().to_owned();
                rules.insert(id, rule_text(&walk.take(element)?));
            }
            "TestResult" => {
                has_results = true;
                run = Some(ScanRun {
                    tool: element.attribute("test-system").unwrap_or("XCCDF").to_owned(),
                    day: element
                        .attribute("end-time")
                        .or(element.attribute("start-time"))
                        .and_then(day),
                    profile: benchmark.clone(),
                    ..ScanRun::default()
                });
            }
            // Results within their benchmark.
            "Benchmark" => benchmark = element.attribute("id").map(str::to_owned),
            "benchmark" => {
                if let Some(run) = &mut run {
                    // Where a tool found the file of the benchmark is no name of it.
                    let file =
                        element.attribute("href").and_then(|href| href.rsplit(['/', '\\']).next());
                    let named = element.attribute("id").map(str::to_owned);
                    run.profile = named.or(benchmark.clone()).or_else(|| Some(file?.to_owned()));
                }
            }
            "target" => {
                let name = walk.take(element)?.text.trim().to_owned();
                if let Some(run) = &mut run
                    && !name.is_empty()
                {
                    run.assets.push(Asset::new(name));
                }
            }
            "fact" => {
                let fact = element.attribute("name").unwrap_or_default().to_owned();
                let text = walk.take(element)?.text.trim().to_owned();
                if let Some(run) = &mut run {
                    match fact.as_str() {
                        "urn:xccdf:fact:scanner:name" => run.tool = text,
                        "urn:xccdf:fact:scanner:version" => run.version = Some(text),
                        _ => {}
                    }
                }
            }
            "rule-result" => {
                let rule = element.attribute("idref").unwrap_or_default().to_owned();
                let element = walk.take(element)?;
                let mut result = result(place, &rule, &element);
                if let Some(run) = &run {
                    result.assets.extend(run.assets.first().cloned());
                    result.last_seen = element.attribute("time").and_then(day).or(run.day);
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
        sink.result(result)?;
        if sink.stopped() {
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
    let known = |outcome: &Outcome| !matches!(outcome, Outcome::NotChecked { .. });
    if !waiting.is_empty() && !waiting.iter().any(|(result, _)| known(&result.outcome)) {
        for asset in run.assets.clone() {
            run.incomplete.push((asset, "no check was finished".to_owned()));
        }
    }
}

fn result(place: String, rule: &str, element: &Element) -> ScanResult {
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
    let severity = element.attribute("severity").unwrap_or_default();
    let changed = element
        .children("override")
        .map(|change| change.text_of("new-result"))
        .find(|result| !result.is_empty());
    if let Some(changed) = changed
        && changed != "fail"
        && element.children("override").any(|change| change.text_of("old-result") == "fail")
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
    add(&mut result.references, element.attribute("version").unwrap_or_default());
    add(&mut result.references, rule);
    identify(&mut result.ccis, &mut result.cves, element);
    result.proofs = element.children("message").count();
    result
}

/// Sorts the identifiers of a rule or a result.
fn identify(ccis: &mut Vec<String>, cve_ids: &mut Vec<String>, element: &Element) {
    for ident in element.children("ident") {
        let text = ident.text.trim();
        if text.starts_with("CCI-") {
            add(ccis, text);
        }
        for cve in cves(text) {
            add(cve_ids, cve);
        }
    }
}

fn rule_text(rule: &Element) -> RuleText {
    let description = rule.child("description").map(Element::all_text).unwrap_or_default();
    let mut text = RuleText {
        title: rule.text_of("title").to_owned(),
        description: discussion(&description),
        remediation: rule
            .child("fixtext")
            .map(Element::all_text)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        ccis: Vec::new(),
        references: Vec::new(),
    };
    identify(&mut text.ccis, &mut Vec::new(), rule);
    add(&mut text.references, rule.text_of("version"));
    for reference in rule.children("reference") {
        add(&mut text.references, reference.attribute("href").unwrap_or_default());
    }
    text
}

/// Returns the discussion of a rule of DISA, which stands as XML within the text of the description.
fn discussion(description: &str) -> String {
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
