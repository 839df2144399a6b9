//! SARIF 2.1.0, for code scanning. Every rule is listed with its page; a result names its rule, its
//! place, and a fingerprint that stays when lines move.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::place::find_fingerprints;
use super::{ValidationReport, json as ours};
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::rules::{self, Rule};
use crate::rules::{DOCUMENT_RULES, DocumentRule};
use crate::text::visible;

/// Where the schema of the version is.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Characters that are escaped in a path of a URI; a colon could make the first part a scheme.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Quotes longer than this, in bytes, are left to the file.
const LONGEST_SNIPPET: usize = 1000;

/// Code scanning shows so many results of a run. Of more, it takes the ones with the worst levels;
/// we put those first, so that every other reader shows them first, too.
const SHOWN: usize = 5_000;

/// Code scanning refuses a run with more results in full.
const MOST_RESULTS: usize = 25_000;

/// Code scanning refuses a file that is larger than this after `gzip`, in bytes. Space is reserved for
/// what is around the results and for other compressors.
const LARGEST: u64 = 10_000_000 - 1_000_000;

pub(super) fn write(report: &ValidationReport, out: &mut dyn Write) -> io::Result<()> {
    write_within(report, MOST_RESULTS, LARGEST, out)
}

fn write_within(
    report: &ValidationReport,
    most: usize,
    largest: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let fingerprints = find_fingerprints(&report.diagnostics);
    let mut results: Vec<(&Diagnostic, &String)> =
        report.diagnostics.iter().zip(&fingerprints).collect();
    if results.len() > SHOWN.min(most) {
        // A stable sort: within a level the order of the files stays.
        results.sort_by_key(|(one, _)| worst_first(one.level));
    }
    results.truncate(most);
    let fitting = count_fitting(&results, largest, |(one, fingerprint)| {
        result_json(one, fingerprint, report).to_string()
    });
    results.truncate(fitting);
    let left_out = report.diagnostics.len() - results.len();
    let mut whole = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "poam",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules_of(report),
            }},
            "originalUriBaseIds": {
                "%SRCROOT%": {"description": {"text": "The root of the repository."}},
            },
            "columnKind": "unicodeCodePoints",
            "results": [],
            "properties": {
                "items": report.items,
                "unreadable": report.unreadable,
                "known": report.known,
            },
        }],
    });
    if left_out > 0 {
        let text = format!(
            "{left_out} of {} results are left out, the least severe: code scanning takes {most} \
             results and 10 MB at most. `poam validate` prints all of them.",
            report.diagnostics.len()
        );
        let invocation = json!([{
            "executionSuccessful": true,
            "toolExecutionNotifications": [{"level": "warning", "message": {"text": text}}],
        }]);
        // Before the results, which are written as the last list.
        if let Some(run) = whole["runs"][0].as_object_mut() {
            let results = run.shift_remove("results");
            let properties = run.shift_remove("properties");
            run.insert("invocations".to_owned(), invocation);
            run.extend(results.map(|it| ("results".to_owned(), it)));
            run.extend(properties.map(|it| ("properties".to_owned(), it)));
        }
        whole["runs"][0]["properties"]["leftOut"] = json!(left_out);
    }
    ours::write_list(out, &whole, 4, &results, |(one, fingerprint)| {
        result_json(one, fingerprint, report)
    })
}

/// Counts the results that a run leaves out because code scanning would take none of it otherwise,
/// by their number alone.
pub(super) fn over_the_limit(report: &ValidationReport) -> usize {
    report.diagnostics.len().saturating_sub(MOST_RESULTS)
}

fn worst_first(level: Level) -> u8 {
    match level {
        Level::Error => 0,
        Level::Warning => 1,
        Level::Note => 2,
    }
}

/// Counts the results, from the first on, that fit into a file of so many bytes after `gzip`.
fn count_fitting<T>(results: &[T], largest: u64, text: impl Fn(&T) -> String) -> usize {
    // Few results always fit; the longest one has a snippet and some messages.
    if results.len() as u64 * 1_000 <= largest {
        return results.len();
    }
    let mut packed = GzEncoder::new(ByteCounter(0), Compression::fast());
    for (at, result) in results.iter().enumerate() {
        // Writing to a `ByteCounter` never fails.
        let _ = packed.write_all(text(result).as_bytes());
        if packed.get_ref().0 > largest {
            return at;
        }
    }
    results.len()
}

/// Counts the bytes that are written.
struct ByteCounter(u64);

impl Write for ByteCounter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The rules of a run: those on items, or those on documents.
fn rules_of(report: &ValidationReport) -> Vec<Value> {
    if report.documents.is_empty() {
        return rules::ALL.iter().map(|one| rule_json(one)).collect();
    }
    DOCUMENT_RULES.iter().map(document_rule_json).collect()
}

fn document_rule_json(rule: &DocumentRule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": format!("Found where {}. Source: {}.", rule.summary, rule.source)},
        "help": {"text": rule.source},
        "defaultConfiguration": {"level": rule.level},
    })
}

fn rule_json(rule: &Rule) -> Value {
    let mut described = json!({
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": what_it_does(rule)},
        "help": {"text": rule.text, "markdown": rule.text},
        "defaultConfiguration": {"level": rule.level},
    });
    if let Some(address) = rules::page_address(None, rule.name) {
        described["helpUri"] = json!(address);
    }
    described
}

/// The first section of a rule's page, without the breaks of its lines.
fn what_it_does(rule: &Rule) -> String {
    let sections = rule.text.split("\n## ");
    let section = sections.filter_map(|section| section.strip_prefix("What it does\n")).next();
    let words: Vec<&str> = section.unwrap_or(rule.summary).split_whitespace().collect();
    words.join(" ")
}

fn result_json(diagnostic: &Diagnostic, fingerprint: &str, report: &ValidationReport) -> Value {
    let mut text = escape_message(&diagnostic.message);
    if let Some(help) = &diagnostic.help {
        text.push_str("\nHelp: ");
        text.push_str(&escape_message(help));
    }
    let related = diagnostic.related.iter().enumerate().map(|(at, label)| {
        let mut location = location_json(label);
        location.insert("id".to_owned(), json!(at + 1));
        if !label.message.is_empty() {
            location.insert("message".to_owned(), json!({"text": escape_message(&label.message)}));
        }
        location
    });
    let mut value = json!({
        "ruleId": diagnostic.rule,
        "level": diagnostic.level,
        "message": {"text": text},
        "locations": [location_json(&diagnostic.label)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": {"poamIdentity/v1": fingerprint},
        "properties": {"item": diagnostic.item, "pointer": diagnostic.label.pointer},
    });
    let index = match report.documents.is_empty() {
        true => rules::ALL.iter().position(|rule| rule.name == diagnostic.rule),
        false => DOCUMENT_RULES.iter().position(|rule| rule.name == diagnostic.rule),
    };
    if let Some(index) = index {
        value["ruleIndex"] = json!(index);
    }
    if report.against_base {
        value["baselineState"] = json!("new");
    }
    value
}

fn location_json(label: &Label) -> Map<String, Value> {
    let physical = json!({
        "artifactLocation": {
            "uri": utf8_percent_encode(&label.path, PATH).to_string(),
            "uriBaseId": "%SRCROOT%",
        },
        "region": region_json(label),
    });
    Map::from_iter([("physicalLocation".to_owned(), physical)])
}

fn region_json(label: &Label) -> Value {
    // Without a text there is no place inside the file; code scanning wants a line all the same.
    let Some(source) = &label.source else { return json!({"startLine": 1}) };
    let mut region = json!({
        "startLine": label.start.line,
        "startColumn": label.start.column,
        "endLine": label.end.line,
        "endColumn": label.end.column,
    });
    let source = source.text();
    let quoted = source.get(label.span.clone()).unwrap_or_default().trim_start_matches('\u{feff}');
    if !quoted.is_empty() && quoted.len() <= LONGEST_SNIPPET {
        region["snippet"] = json!({"text": quoted});
    }
    region
}

/// Text in a message of SARIF, where `[a](b)` is a link and `{0}` an argument. Other braces are left
/// single: viewers take `{{` for one only in messages that have arguments.
fn escape_message(text: &str) -> String {
    let text = visible(text).replace("](", "] (");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(before);
        rest = match after.get(digits..).and_then(|tail| tail.strip_prefix('}')) {
            Some(tail) if digits > 0 => {
                out.push_str("{{");
                out.push_str(&after[..digits]);
                out.push_str("}}");
                tail
            }
            _ => {
                out.push('{');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_holds_neither_links_nor_arguments() {
        for (text, expected) in [
            ("plain {a: b} {}", "plain {a: b} {}"),
            ("{0} {12}{x {1", "{{0}} {{12}}{x {1"),
            ("[here](sarif:/runs/0) a[0]", "[here] (sarif:/runs/0) a[0]"),
            ("\u{1b}[1m\n", "\\u{1b}[1m\\n"),
        ] {
            assert_eq!(escape_message(text), expected);
        }
    }

    #[test]
    fn what_code_scanning_would_refuse_is_left_out_and_said() {
        let one = |at: usize| {
            let levels = [Level::Note, Level::Error, Level::Warning];
            let level = levels[at % levels.len()];
            let label = Label::whole_file(&format!("items/V-{at}.yaml"));
            Diagnostic::new("schema", label, format!("wrong {at}")).level(level)
        };
        let report = ValidationReport {
            diagnostics: (0..30).map(one).collect(),
            ..ValidationReport::default()
        };
        let written = |most: usize, largest: u64| -> Value {
            let mut out = Vec::new();
            write_within(&report, most, largest, &mut out).unwrap();
            serde_json::from_slice(&out).unwrap()
        };
        let levels = |value: &Value| -> Vec<String> {
            let results = value["runs"][0]["results"].as_array().unwrap();
            results.iter().map(|it| it["level"].as_str().unwrap().to_owned()).collect()
        };
        let all = written(100, LARGEST);
        assert_eq!(levels(&all)[..3], ["note", "error", "warning"], "in the order of the files");
        assert!(all["runs"][0].get("invocations").is_none());
        let cut = written(15, LARGEST);
        let expected: Vec<&str> = ["error"; 10].into_iter().chain(["warning"; 5]).collect();
        assert_eq!(levels(&cut), expected);
        let said = &cut["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
        let text = said["message"]["text"].as_str().unwrap();
        assert!(text.starts_with("15 of 30 results are left out"), "{text}");
        assert_eq!(cut["runs"][0]["properties"]["leftOut"], 15);
        let small = levels(&written(100, 600)).len();
        assert!((1..30).contains(&small), "{small} fit");
    }

    #[test]
    fn every_page_says_what_its_rule_does_in_few_words() {
        for rule in rules::ALL {
            let text = what_it_does(rule);
            assert_ne!(text, rule.summary, "{}", rule.name);
            assert!(text.len() <= 1024, "{}: code scanning shows no more", rule.name);
        }
    }
}
