//! GitLab's code quality report. GitLab compares two reports by fingerprint, so it must stay when
//! lines move, and drops all but the first of those that share one.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::place::{find_fingerprints, last_line};
use super::{ValidationReport, json as ours};
use crate::diagnostic::{Diagnostic, Level};
use crate::text::visible;

pub(super) fn write(report: &ValidationReport, out: &mut dyn Write) -> io::Result<()> {
    let fingerprints = find_fingerprints(&report.diagnostics);
    let entries: Vec<(&Diagnostic, &String)> =
        report.diagnostics.iter().zip(&fingerprints).collect();
    ours::write_list(out, &json!([]), 1, &entries, |(one, fingerprint)| {
        entry_json(one, fingerprint)
    })
}

fn entry_json(diagnostic: &Diagnostic, fingerprint: &str) -> Value {
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
        "severity": level_severity(diagnostic.level),
        "location": {
            "path": &*label.path,
            "lines": {"begin": label.start.line, "end": last_line(label)},
        },
    })
}

/// Critical and blocker are left to tools that know what an outage costs.
fn level_severity(level: Level) -> &'static str {
    match level {
        Level::Error => "major",
        Level::Warning => "minor",
        Level::Note => "info",
    }
}
