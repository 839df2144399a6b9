//! Writes values as YAML that every reader takes as the same values.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

/// Width up to which a sequence of short words stays on one line.
const WIDTH: usize = 80;

/// Returns a value as YAML text that every YAML reader reads as the same value.
///
/// Our own writer, because the one of the YAML library loses Unicode line separators and leaves
/// text plain that readers of YAML 1.1 take for something else (`yes`, `1_000`, `1:30`). Lists of
/// short words stay on one line, text of several lines becomes a literal block, and whatever
/// could be misread is quoted with every invisible character escaped.
pub fn emit_yaml<T: Serialize>(value: &T) -> Result<String, EmitError> {
    let value = serde_json::to_value(value).map_err(|error| EmitError(error.to_string()))?;
    let mut out = String::new();
    match &value {
        Value::Object(map) if !map.is_empty() => emit_map(&mut out, map, 0),
        Value::Array(list) if !list.is_empty() => emit_list(&mut out, list, 0),
        other => {
            emit_scalar(&mut out, other, 0);
            out.push('\n');
        }
    }
    Ok(out)
}

/// A value that cannot be written as YAML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot write this as YAML: {0}")]
pub struct EmitError(String);

fn emit_map(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        // The first entry of a mapping in a list is behind the dash.
        if index > 0 || !out.ends_with("- ") {
            push_indent(out, indent);
        }
        emit_text(out, key, None);
        out.push(':');
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                emit_map(out, inner, indent + 2);
            }
            Value::Array(list) if !list.is_empty() => {
                match one_line(list, indent + key.len() + 2) {
                    Some(line) => {
                        let _ = writeln!(out, " {line}");
                    }
                    None => {
                        out.push('\n');
                        emit_list(out, list, indent + 2);
                    }
                }
            }
            scalar => {
                out.push(' ');
                emit_scalar(out, scalar, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn emit_list(out: &mut String, list: &[Value], indent: usize) {
    for value in list {
        push_indent(out, indent);
        out.push_str("- ");
        match value {
            Value::Object(map) if !map.is_empty() => emit_map(out, map, indent + 2),
            Value::Array(inner) if !inner.is_empty() => {
                // A list in a list is rare enough to be written in brackets.
                out.push_str(&Value::Array(inner.clone()).to_string());
                out.push('\n');
            }
            scalar => {
                emit_scalar(out, scalar, indent + 2);
                out.push('\n');
            }
        }
    }
}

pub(super) fn push_indent(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Returns a sequence of short words on one line, if they fit.
fn one_line(list: &[Value], used: usize) -> Option<String> {
    in_brackets(list.iter().map(flow_word), used)
}

/// Words in flow style on a line of which so much is used already, if all are words and they fit.
pub(super) fn in_brackets(
    words: impl Iterator<Item = Option<String>>,
    used: usize,
) -> Option<String> {
    let words: Option<Vec<String>> = words.collect();
    let line = format!("[{}]", words?.join(", "));
    (used + line.chars().count() <= WIDTH).then_some(line)
}

/// Returns a value that is short enough to be in flow style.
pub(super) fn flow_word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.contains(char::is_whitespace) => None,
        Value::String(text) if is_plain(text) && !text.contains([',', '[', ']', '{', '}', ':']) => {
            Some(text.clone())
        }
        Value::String(text) => Some(quote_text(text)),
        Value::Object(_) | Value::Array(_) => None,
        other => Some(other.to_string()),
    }
}

fn emit_scalar(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::String(text) => emit_text(out, text, Some(indent)),
        // Empty collections, numbers, booleans and null are written as in JSON.
        other => out.push_str(&other.to_string()),
    }
}

/// Writes text; as a literal block where an indent is given.
pub(super) fn emit_text(out: &mut String, text: &str, indent: Option<usize>) {
    match indent {
        _ if is_plain(text) => out.push_str(text),
        Some(indent) if is_block(text) => {
            out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
            for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
                out.push('\n');
                if !line.is_empty() {
                    push_indent(out, indent);
                    out.push_str(line);
                }
            }
        }
        _ => out.push_str(&quote_text(text)),
    }
}

/// Returns whether text of several lines reads back from a literal block as it is.
fn is_block(text: &str) -> bool {
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    text.contains('\n')
        && !first.is_empty()
        && !first.starts_with([' ', '\t'])
        && !text.ends_with("\n\n")
        && text.split('\n').all(|line| !line.ends_with([' ', '\t']) && !line.starts_with('\t'))
        && text.chars().all(|c| c == '\n' || is_visible(c))
}

/// Returns whether text needs no quotes, for readers of YAML 1.1 and 1.2 alike.
fn is_plain(text: &str) -> bool {
    let is_date = text.len() == 10 && text.parse::<chrono::NaiveDate>().is_ok();
    let word = text.to_ascii_lowercase();
    text.starts_with(starts_plain)
        && text.chars().all(is_visible)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains('\t')
        && (is_date || !is_number_like(text))
        && !matches!(
            word.as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        )
}

fn starts_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '(' | '/' | '_' | '$')
}

fn is_number_like(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_' | ':' | '+' | '-' | ','))
        || text.starts_with("0x")
        || text.starts_with("0o")
        || text.parse::<f64>().is_ok()
}

/// Returns whether a reader of the file sees the character as it is: no control character, no separator
/// that only some readers take for a line break, no mark that turns the direction of text.
pub(super) fn is_visible(c: char) -> bool {
    let hidden = matches!(c,
        '\u{85}' | '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}');
    (c == '\t' || !c.is_control()) && !hidden
}

/// Writes text in double quotes, everything invisible escaped.
pub(super) fn quote_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_visible(c) => out.push(c),
            c if u32::from(c) <= 0xffff => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{Document, Limits};

    fn read(text: &str) -> Value {
        match Document::parse("x.yaml", text.as_bytes(), &Limits::ITEM) {
            Ok(document) => document.to_value(),
            Err(error) => panic!("{error:?}\n{text:?}"),
        }
    }

    #[test]
    fn people_can_read_it() {
        let value = json!({
            "id": "V-1", "controls": ["SI-2", "AC-2(1)"], "assets": ["10.0.0.1 (80/tcp)", "b"],
            "weakness_description": "Two\n\nlines.\n", "remediation_plan": "One\nline", "source_identifier": "51192",
            "point_of_contact": {"name": "Jane Doe"}, "original_detection_date": "2026-01-14",
            "milestones": [{"id": 1, "description": "Do: this", "evidence": ["CHG-1"]}, {"id": 2}],
            "note": "yes", "extra": {"a": [], "b": {}, "c": [[1, 2]], "d": 1.5}
        });
        let expected = "\
id: V-1
controls: [SI-2, AC-2(1)]
assets:
  - 10.0.0.1 (80/tcp)
  - b
weakness_description: |
  Two

  lines.
remediation_plan: |-
  One
  line
source_identifier: \"51192\"
point_of_contact:
  name: Jane Doe
original_detection_date: 2026-01-14
milestones:
  - id: 1
    description: \"Do: this\"
    evidence: [CHG-1]
  - id: 2
note: \"yes\"
extra:
  a: []
  b: {}
  c:
    - [1,2]
  d: 1.5
";
        assert_eq!(emit_yaml(&value).unwrap(), expected);
        assert_eq!(read(expected), value);
    }

    #[test]
    fn text_that_looks_like_something_else_stays_text() {
        for text in [
            "true",
            "no",
            "null",
            "~",
            "",
            "1.10",
            "012",
            "0x1F",
            "1e3",
            "1_000",
            "1:30",
            "- a",
            "a: b",
            "a #b",
            "#a",
            "'a'",
            "\"a\"",
            "[a",
            "{a",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "|",
            ">",
            "?",
            "a\nb",
            "a\n",
            "\na",
            "a\n\n",
            " a",
            "a ",
            "  indented\nless",
            "more\n  indented",
            "tab\there",
            "2026-01-01",
            "a,b",
            "a]",
            "=cmd|' /C calc'!A0",
            "---",
            "...",
            "<<",
            "漢字\u{85}\u{2028}x",
            "\u{feff}bom",
            "a\r\nb",
            "\u{1b}[31m",
            "trailing  \nblank",
            "a\n# b",
            "a\n---\nb",
            "é",
            "inf",
            "NaN",
            ".5",
            "x:",
            "a\n\tb",
        ] {
            let value = json!({"key": text, "list": [text], "many": [text, "two words"], "map": {"k": text}, "maps": [{"k": text}]});
            let written = emit_yaml(&value).unwrap();
            assert_eq!(read(&written), value, "{written:?}");
            let yaml: Value = serde_yaml::from_str(&written).unwrap();
            assert_eq!(yaml, value, "another reader: {written:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_reads_back(texts in prop::collection::vec("(\\PC|[\\n \\t:#'\"-]|[\\x00-\\x9f\\u2028\\ufeff]){0,30}", 1..6)) {
            let map: Map<String, Value> =
                texts.iter().enumerate().map(|(n, text)| (format!("k{n}"), Value::from(text.as_str()))).collect();
            let value = json!({"map": map, "list": texts, "list of maps": [map]});
            prop_assert_eq!(read(&emit_yaml(&value).unwrap()), value);
        }
    }
}
