//! Renders a verification for a terminal.

use std::fmt::Write as _;

use super::Verification;
use crate::diagnostic::Level;
use crate::text::{Paint, plural, visible};

/// Findings of one kind and level that are listed; the rest is counted.
const SHOWN: usize = 20;

pub(super) fn render(verification: &Verification, color: bool) -> String {
    let it = verification;
    let mut out = String::new();
    let since = match &it.anchor {
        None => "from its beginning".to_owned(),
        Some(anchor) if anchor.held => {
            format!("since {} ({})", visible(&anchor.name), short_commit(&anchor.commit))
        }
        Some(anchor) => format!("from its beginning, as {} did not hold", visible(&anchor.name)),
    };
    let title = format!("History of {} {since}", short_commit(&it.head));
    let _ = writeln!(out, "{}", Paint::Heading.paint(&title, color));
    let _ = writeln!(
        out,
        "  commits     {} on the main line, {} brought by merges",
        it.commits.line, it.commits.merged
    );
    let _ = writeln!(
        out,
        "  events      {}, {} reconstructed from documents",
        it.events.total, it.events.reconstructed
    );
    let signatures = &it.signatures;
    let _ = writeln!(
        out,
        "  signatures  {} good, {} bad, {} unknown, {} none",
        signatures.good, signatures.bad, signatures.unknown, signatures.none
    );
    if let Some(anchor) = &it.anchor {
        let held = if anchor.held { "continued by the main line" } else { "NOT continued" };
        let manifest = if anchor.manifest { ", its manifest was checked" } else { "" };
        let _ = writeln!(out, "  anchor      {held}{manifest}");
    }
    if !it.findings.is_empty() {
        out.push('\n');
    }
    for same in it.findings.chunk_by(|a, b| a.level == b.level) {
        let mut kinds: Vec<&str> = Vec::new();
        for finding in same {
            if !kinds.contains(&finding.finding) {
                kinds.push(finding.finding);
            }
        }
        for kind in kinds {
            let all: Vec<_> = same.iter().filter(|finding| finding.finding == kind).collect();
            for finding in all.iter().take(SHOWN) {
                let paint = match finding.level {
                    Level::Error => Paint::Alarm,
                    Level::Warning => Paint::Heading,
                    Level::Note => Paint::Plain,
                };
                let head = paint.paint(&format!("{}[{kind}]", finding.level), color);
                let item = finding.item.as_ref().map(|id| format!("{}: ", visible(id.as_str())));
                let _ =
                    write!(out, "{head} {}{}", item.unwrap_or_default(), visible(&finding.message));
                let commit = finding.commit.as_deref().map(short_commit);
                let path = finding.path.as_deref().map(|path| visible(path).into_owned());
                let place: Vec<String> = commit.into_iter().chain(path).collect();
                if !place.is_empty() {
                    let place = Paint::Quiet.paint(&format!("({})", place.join(" ")), color);
                    let _ = write!(out, "  {place}");
                }
                out.push('\n');
            }
            if all.len() > SHOWN {
                let more = all.len() - SHOWN;
                let _ = writeln!(out, "  … and {more} more; `--format json` lists all");
            }
        }
    }
    let _ = writeln!(out, "\n{}", Paint::Heading.paint("What this cannot know", color));
    for limit in &it.limits {
        let _ = writeln!(out, "  - {}", visible(limit));
    }
    let mut counts = Vec::new();
    for level in [Level::Error, Level::Warning, Level::Note] {
        match it.count_level(level) {
            0 => {}
            count => counts.push(plural(count, level.as_str())),
        }
    }
    let total = if counts.is_empty() { "nothing to look at".to_owned() } else { counts.join(", ") };
    let _ = writeln!(out, "\n{total}");
    out
}

fn short_commit(commit: &str) -> String {
    commit.chars().take(10).collect::<String>()
}
