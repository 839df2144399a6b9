//! Checks of the changes to a file by means other than those of the program.

use std::ops::Range;

use granit_parser::{Event, Options, Parser};
use poam::change::Change;
use poam::document::{Document, NodeKind, Style};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::yaml_dialects::commands::Command;

/// Finds changes that a command should not have made.
pub(crate) fn faults(command: &Command, change: &Change) -> Vec<String> {
    let (before, after) = (&**change.before.text(), &**change.document.text());
    let mut faults = values(command, before, after);
    faults.extend(lost_comments(command, change));
    faults.extend(lines(command, change));
    let json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
    if json(before) && !json(after) {
        faults.push("it was JSON".to_owned());
    }
    if before.ends_with('\n') != after.ends_with('\n') {
        faults.push("the line end at the end of the file".to_owned());
    }
    let crlf = |text: &str| text.matches("\r\n").count();
    let lf = |text: &str| text.matches('\n').count() - crlf(text);
    if before.contains('\n') && (lf(before) == 0) != (lf(after) == 0)
        || crlf(before) == 0 && crlf(after) > 0
    {
        faults.push("other line ends".to_owned());
    }
    faults
}

/// Lines that changed and should not, or that are new and ugly.
fn lines(command: &Command, change: &Change) -> Vec<String> {
    let (before, after) = (&**change.before.text(), &**change.document.text());
    let mut faults = Vec::new();
    let allowed = lines_of(command, &change.before);
    let mut line = 0;
    for one in TextDiff::from_lines(before, after).iter_all_changes() {
        let text = one.value();
        match one.tag() {
            ChangeTag::Equal => line += 1,
            ChangeTag::Delete => {
                line += 1;
                // The last line may gain the line end that parts it from a new one.
                let last = !text.ends_with('\n') && after.contains(&format!("{text}\n"))
                    || !text.ends_with('\n') && after.contains(&format!("{text}\r\n"));
                if !allowed.contains(&line) && !last {
                    faults.push(format!("line {line} is not its business: {text:?}"));
                }
            }
            ChangeTag::Insert => {
                let bare = text.trim_end_matches(['\r', '\n']);
                if bare.is_empty() && !command.name.ends_with("lines") {
                    faults.push("a blank line is new".to_owned());
                }
            }
        }
    }
    let blanks = |text: &str| text.lines().filter(|line| line.ends_with([' ', '\t'])).count();
    if blanks(after) > blanks(before) {
        faults.push("more lines end with blanks".to_owned());
    }
    faults
}

/// Values as another reader sees them: what differs must lie at the addresses.
fn values(command: &Command, before: &str, after: &str) -> Vec<String> {
    let read = |text: &str| serde_yaml::from_str::<Value>(text.trim_start_matches('\u{feff}'));
    let (before, after) = match (read(before), read(after)) {
        (Ok(before), Ok(after)) => (before, after),
        (before, after) => return vec![format!("the other reader: {before:?} {after:?}")],
    };
    let mut faults = Vec::new();
    let mut different = Vec::new();
    differences("", &before, &after, &mut different);
    for at in different {
        let below = |top: &&str| at == **top || at.starts_with(&format!("{top}/"));
        if !command.touches.iter().any(below) {
            faults.push(format!("{at} changed"));
        }
    }
    for (at, value) in &command.gives {
        if after.pointer(at).map(without_nulls).as_ref() != Some(value) {
            faults.push(format!("{at} is {:?}, not {value}", after.pointer(at)));
        }
    }
    for (at, value) in &command.adds {
        let last = |of: &Value| of.pointer(at).and_then(Value::as_array).cloned();
        let (before, after) = (last(&before).unwrap_or_default(), last(&after).unwrap_or_default());
        let expected: Vec<Value> = before.iter().chain(value).cloned().collect();
        if after != expected {
            faults.push(format!("{at} is {after:?}, not {expected:?}"));
        }
    }
    if before == after {
        faults.push("nothing changed".to_owned());
    }
    faults
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        other => other.clone(),
    }
}

/// The addresses at which two values differ.
fn differences(at: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    let none = &Value::Null;
    match (before, after) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
                let (one, other) = (one.get(key), other.get(key));
                let at = format!("{at}/{key}");
                differences(&at, one.unwrap_or(none), other.unwrap_or(none), found);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for index in 0..one.len().max(other.len()) {
                let (one, other) = (one.get(index), other.get(index));
                let at = format!("{at}/{index}");
                differences(&at, one.unwrap_or(none), other.unwrap_or(none), found);
            }
        }
        _ if before != after => found.push(at.to_owned()),
        _ => {}
    }
}

/// Comments that are gone or stand elsewhere. What a command removes takes the comment at the end
/// of its line with it.
fn lost_comments(command: &Command, change: &Change) -> Option<String> {
    let removed: Vec<Range<usize>> = command
        .removes
        .iter()
        .filter_map(|at| change.before.root().find_entry(at))
        .map(|entry| {
            let rest = &change.before.text()[entry.value.span.end..];
            let line = rest.find('\n').unwrap_or(rest.len());
            entry.key_span.start..entry.value.span.end + line
        })
        .collect();
    let before = comments(change.before.text())
        .into_iter()
        .filter(|(at, _)| !removed.iter().any(|range| range.contains(at)));
    let before: Vec<String> = before.map(|(_, text)| text).collect();
    let mut after = comments(change.document.text()).into_iter().map(|(_, text)| text);
    let lost = before.iter().find(|comment| !after.any(|other| other == **comment))?;
    Some(format!("the comment {lost:?} is lost"))
}

/// The comments, in order, each with its place.
fn comments(text: &str) -> Vec<(usize, String)> {
    let mut options = Options::default();
    options.set_emit_comments(true);
    Parser::new_from_str_with_options(text, options)
        .filter_map(|event| match event {
            Ok((Event::Comment(text, _), span)) => {
                Some((span.byte_range()?.start, text.trim_end().to_owned()))
            }
            _ => None,
        })
        .collect()
}

/// The lines that a command may change: those of the values at its addresses and, in brackets,
/// those of the collection that something is added to.
fn lines_of(command: &Command, document: &Document) -> Vec<usize> {
    let bytes = document.text().as_bytes();
    let line = |at: usize| bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let mut lines = Vec::new();
    for top in command.touches {
        let mut at = *top;
        while document.find(at).is_none() {
            at = at.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        let node = document.find(at).unwrap();
        let key = document.root().find_entry(at).map(|entry| entry.key_span.start);
        let (from, to) = (key.unwrap_or(node.span.start), node.span.end.max(node.span.start));
        let (there, flow) = (at == *top, node.style == Style::Flow);
        let last = match &node.kind {
            NodeKind::Mapping(entries) => entries.last().map(|last| last.value.span.end),
            NodeKind::Sequence(nodes) => nodes.last().map(|last| last.span.end),
            NodeKind::Scalar(_) => None,
        };
        match last {
            // The last element gets a comma.
            Some(last) if flow && !there => lines.push(line(last)),
            _ if there || flow => lines.extend(line(from)..=line(to.max(from + 1) - 1)),
            // Something new in a block takes nothing away, `key: null` excepted.
            _ => lines.extend(node.is_null().then(|| line(from))),
        }
        // A text that keeps its line ends has blank lines of its own.
        let rest = &document.text()[to..];
        if there && document.text()[..to].contains("|+") && rest.trim().is_empty() {
            lines.extend(line(to)..=line(document.text().len()));
        }
    }
    lines
}
