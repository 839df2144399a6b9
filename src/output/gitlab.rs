//! GitLab's code quality report. GitLab compares two reports by fingerprint, so it must stay when
//! lines move, and drops all but the first of those that share one.

use serde_json::{Value, json};

use super::place::{fingerprints, last_line};
use super::{Report, json as ours, visible};
use crate::diagnostic::{Diagnostic, Level};

pub(super) fn render(report: &Report) -> String {
    let fingerprints = fingerprints(&report.diagnostics);
    let entries = report.diagnostics.iter().zip(&fingerprints);
    let entries: Vec<Value> = entries.map(|(one, fingerprint)| entry(one, fingerprint)).collect();
    ours::text(&Value::Array(entries))
}

fn entry(diagnostic: &Diagnostic, fingerprint: &str) -> Value {
    let label = &diagnostic.label;
    let mut description = visible(&diagnostic.message).into_owned();
    if let Some(help) = &diagnostic.help {
        description.push_str(" (help: ");
        description.push_str(&visible(help));
        description.push(')');
    }
    json!({
        "description": description,
        "check_name": diagnostic.rule,
        "fingerprint": fingerprint,
        "severity": severity(diagnostic.level),
        "location": {
            "path": label.path,
            "lines": {"begin": label.start.line, "end": last_line(label)},
        },
    })
}

/// Critical and blocker are left to tools that know what an outage costs.
fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "major",
        Level::Warning => "minor",
        Level::Note => "info",
    }
}
