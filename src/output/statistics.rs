//! Renders the counts of diagnostics by rule, for results that are too long to list.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

use indexmap::IndexMap;

use super::ValidationReport;
use crate::diagnostic::{Diagnostic, Level};
use crate::text::{Paint, Table, plural, truncate, visible};

/// Rules that are listed at most; the rest is counted.
const MOST_RULES: usize = 14;

/// Characters of a message at most.
const MESSAGE: usize = 40;

/// The diagnostics of one rule at one level.
struct RuleCount<'a> {
    level: Level,
    rule: &'static str,
    count: usize,
    files: BTreeSet<&'a str>,
    messages: HashMap<&'a str, usize>,
}

/// Counts diagnostics by rule: errors first, then the most frequent.
fn count_by_rule(diagnostics: &[Diagnostic]) -> Vec<RuleCount<'_>> {
    let mut counts: IndexMap<(Level, &'static str), RuleCount<'_>> = IndexMap::new();
    for diagnostic in diagnostics {
        let (level, rule) = (diagnostic.level, diagnostic.rule);
        let empty = || RuleCount {
            level,
            rule,
            count: 0,
            files: BTreeSet::new(),
            messages: HashMap::new(),
        };
        let entry = counts.entry((level, rule)).or_insert_with(empty);
        entry.count += 1;
        entry.files.insert(&diagnostic.label.path);
        *entry.messages.entry(&diagnostic.message).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_values().collect();
    counts.sort_by(|a, b| {
        (a.level, std::cmp::Reverse(a.count), a.rule).cmp(&(
            b.level,
            std::cmp::Reverse(b.count),
            b.rule,
        ))
    });
    counts
}

/// Writes how many diagnostics each rule has, the worst first, and how to see them: one screen,
/// however many there are.
pub(super) fn write(report: &ValidationReport, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let counts = count_by_rule(&report.diagnostics);
    writeln!(out, "{}", Paint::Heading.paint(&report.total(), color))?;
    if counts.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&["Level", "Rule", "Count#", "Files#", "Most often"]);
    for entry in counts.iter().take(MOST_RULES) {
        table.push([
            entry.level.to_string(),
            entry.rule.to_owned(),
            entry.count.to_string(),
            entry.files.len().to_string(),
            most_frequent(entry),
        ]);
    }
    writeln!(out)?;
    for (at, line) in table.text().iter().enumerate() {
        let paint = if at == 0 { Paint::Quiet } else { Paint::Plain };
        writeln!(out, "{}", paint.paint(line, color))?;
    }
    if counts.len() > MOST_RULES {
        let rest = &counts[MOST_RULES..];
        let count: usize = rest.iter().map(|entry| entry.count).sum();
        writeln!(out, "… and {}, {count} in all", plural(rest.len(), "more rule"))?;
    }
    if let Some(first) = counts.first() {
        writeln!(out, "\nBegin with:")?;
        writeln!(out, "  poam rules {0}                 what the rule asks, and why", first.rule)?;
        writeln!(out, "  poam validate --rule {0} --limit 10", first.rule)?;
        writeln!(out, "See all:")?;
        writeln!(out, "  poam validate --limit 0            with the lines of the files")?;
        writeln!(out, "  poam validate --format concise     one line each")?;
    }
    Ok(())
}

/// The message that a rule has most often, with how often where it is more than once.
fn most_frequent(entry: &RuleCount<'_>) -> String {
    let Some((message, count)) = entry.messages.iter().max_by(compare_counts) else {
        return String::new();
    };
    let short = truncate(&visible(message), MESSAGE);
    if *count > 1 && entry.messages.len() > 1 { format!("{short} ({count} ×)") } else { short }
}

fn compare_counts(a: &(&&str, &usize), b: &(&&str, &usize)) -> std::cmp::Ordering {
    a.1.cmp(b.1).then_with(|| b.0.cmp(a.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Label;

    fn diagnostic(rule: &'static str, level: Level, path: &str, message: &str) -> Diagnostic {
        Diagnostic::new(rule, Label::whole_file(path), message).level(level)
    }

    #[test]
    fn rules_are_counted_errors_first_then_the_most_frequent() {
        let diagnostics = vec![
            diagnostic("stale", Level::Warning, "a.yaml", "quiet for 40 days"),
            diagnostic("overdue", Level::Error, "a.yaml", "late by 3 days"),
            diagnostic("missing-owner", Level::Error, "a.yaml", "no owner"),
            diagnostic("missing-owner", Level::Error, "b.yaml", "no owner"),
            diagnostic("stale", Level::Warning, "b.yaml", "quiet for 50 days"),
            diagnostic("stale", Level::Warning, "b.yaml", "quiet for 50 days"),
        ];
        let report = ValidationReport { diagnostics, items: 2, ..ValidationReport::default() };
        let mut out = Vec::new();
        write(&report, false, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let expected = "\
3 errors, 3 warnings in 2 items

Level    Rule           Count  Files  Most often
error    missing-owner      2      2  no owner
error    overdue            1      1  late by 3 days
warning  stale              3      2  quiet for 50 days (2 ×)

Begin with:
";
        assert!(text.starts_with(expected), "{text}");
        assert!(text.contains("poam validate --rule missing-owner --limit 10"), "{text}");
    }
}
