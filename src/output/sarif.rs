//! SARIF 2.1.0, for code scanning. Every rule is listed with its page; a result names its rule, its
//! place, and a fingerprint that stays when lines move.

use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::place::fingerprints;
use super::{Report, json as ours, visible};
use crate::diagnostic::{Diagnostic, Label};
use crate::rules::{self, Rule};

/// Where the schema of the version stands.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a path may hold in a URI; a colon could make the first step a scheme.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Quotes longer than this, in bytes, are left to the file.
const LONGEST_SNIPPET: usize = 1000;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let fingerprints = fingerprints(&report.diagnostics);
    let results: Vec<(&Diagnostic, &String)> =
        report.diagnostics.iter().zip(&fingerprints).collect();
    let whole = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "poam",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules::ALL.iter().map(|one| rule(one)).collect::<Vec<_>>(),
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
    ours::write_list(out, &whole, 4, &results, |(one, fingerprint)| {
        result(one, fingerprint, report.against_base)
    })
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": what_it_does(rule)},
        "help": {"text": rule.text, "markdown": rule.text},
        "defaultConfiguration": {"level": rule.level},
    })
}

/// The first section of a rule's page, without the breaks of its lines.
fn what_it_does(rule: &Rule) -> String {
    let sections = rule.text.split("\n## ");
    let section = sections.filter_map(|section| section.strip_prefix("What it does\n")).next();
    let words: Vec<&str> = section.unwrap_or(rule.summary).split_whitespace().collect();
    words.join(" ")
}

fn result(diagnostic: &Diagnostic, fingerprint: &str, new: bool) -> Value {
    let mut text = message(&diagnostic.message);
    if let Some(help) = &diagnostic.help {
        text.push_str("\nHelp: ");
        text.push_str(&message(help));
    }
    let related = diagnostic.related.iter().enumerate().map(|(at, label)| {
        let mut location = location(label);
        location.insert("id".to_owned(), json!(at + 1));
        if !label.message.is_empty() {
            location.insert("message".to_owned(), json!({"text": message(&label.message)}));
        }
        location
    });
    let mut value = json!({
        "ruleId": diagnostic.rule,
        "level": diagnostic.level,
        "message": {"text": text},
        "locations": [location(&diagnostic.label)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": {"poamIdentity/v1": fingerprint},
        "properties": {"item": diagnostic.item, "pointer": diagnostic.label.pointer},
    });
    if let Some(index) = rules::ALL.iter().position(|rule| rule.name == diagnostic.rule) {
        value["ruleIndex"] = json!(index);
    }
    if new {
        value["baselineState"] = json!("new");
    }
    value
}

fn location(label: &Label) -> Map<String, Value> {
    let physical = json!({
        "artifactLocation": {
            "uri": utf8_percent_encode(&label.path, PATH).to_string(),
            "uriBaseId": "%SRCROOT%",
        },
        "region": region(label),
    });
    Map::from_iter([("physicalLocation".to_owned(), physical)])
}

fn region(label: &Label) -> Value {
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
fn message(text: &str) -> String {
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
            assert_eq!(message(text), expected);
        }
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
