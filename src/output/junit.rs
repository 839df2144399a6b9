//! JUnit XML, which every CI system shows as tests.
//!
//! A suite for each rule that looked, so that the list of suites does not change from run to run; in
//! it a case for each diagnostic, and one that passes for the rest of the tracker, which shows that
//! the rule did look. Only errors fail: warnings and notes are cases that pass and state something.
//! There are no times: the same tree gives the same file.

use std::collections::HashMap;
use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::ValidationReport;
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::text::visible;

/// The case that passes in every suite.
const REST: &str = "the rest of the tracker";

pub(super) fn render(report: &ValidationReport) -> String {
    let mut suites: Vec<(&str, Vec<&Diagnostic>)> =
        report.asked.iter().map(|rule| (*rule, Vec::new())).collect();
    let mut places: HashMap<&str, usize> =
        suites.iter().enumerate().map(|(at, (rule, _))| (*rule, at)).collect();
    for diagnostic in &report.diagnostics {
        let at = *places.entry(diagnostic.rule).or_insert_with(|| {
            suites.push((diagnostic.rule, Vec::new()));
            suites.len() - 1
        });
        if let Some((_, diagnostics)) = suites.get_mut(at) {
            diagnostics.push(diagnostic);
        }
    }
    if suites.is_empty() {
        suites.push(("poam", Vec::new()));
    }
    let tests = report.diagnostics.len() + suites.len();
    let failures = report.count_level(Level::Error);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
    let _ = writeln!(out, "<testsuites name=\"poam\" {counts}>");
    for (rule, diagnostics) in &suites {
        write_suite(&mut out, rule, diagnostics);
    }
    out.push_str("</testsuites>\n");
    out
}

fn write_suite(out: &mut String, rule: &str, diagnostics: &[&Diagnostic]) {
    let rule = escape_xml(rule);
    let failures = diagnostics.iter().filter(|one| one.level == Level::Error).count();
    let tests = diagnostics.len() + 1;
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\"");
    let _ = writeln!(out, "  <testsuite name=\"{rule}\" {counts}>");
    let mut seen: HashMap<String, usize> = HashMap::new();
    for diagnostic in diagnostics {
        let about = diagnostic.item.as_deref().unwrap_or(&diagnostic.label.path);
        let mut name = escape_xml(&format!("{about}: {}", diagnostic.message));
        // CI systems distinguish one case from another by its name, run after run.
        let nth = seen.entry(name.clone()).or_insert(0);
        *nth += 1;
        if *nth > 1 {
            let _ = write!(name, " ({nth})");
        }
        write_case(out, &rule, &name, diagnostic);
    }
    let _ = writeln!(out, "    <testcase classname=\"{rule}\" name=\"{REST}\"/>");
    out.push_str("  </testsuite>\n");
}

fn write_case(out: &mut String, rule: &str, name: &str, diagnostic: &Diagnostic) {
    let label = &diagnostic.label;
    let (path, line) = (escape_xml(&label.path), label.start.line);
    let _ = write!(out, "    <testcase classname=\"{rule}\" name=\"{name}\"");
    let _ = writeln!(out, " file=\"{path}\" line=\"{line}\">");
    let (message, body) = (escape_xml(&diagnostic.message), case_body(diagnostic));
    let _ = match diagnostic.level {
        Level::Error => {
            writeln!(out, "      <failure type=\"{rule}\" message=\"{message}\">{body}</failure>")
        }
        level => writeln!(out, "      <system-out>{level}: {message}\n{body}</system-out>"),
    };
    out.push_str("    </testcase>\n");
}

/// The places and the way out, a line each.
fn case_body(diagnostic: &Diagnostic) -> String {
    let mut out = place_text(&diagnostic.label);
    if !diagnostic.label.message.is_empty() {
        let _ = write!(out, ": {}", escape_xml(&diagnostic.label.message));
    }
    for label in &diagnostic.related {
        let _ = write!(out, "\n{}", place_text(label));
        if !label.message.is_empty() {
            let _ = write!(out, ": {}", escape_xml(&label.message));
        }
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(out, "\nhelp: {}", escape_xml(help));
    }
    out
}

fn place_text(label: &Label) -> String {
    format!("{}:{}:{}", escape_xml(&label.path), label.start.line, label.start.column)
}

/// Text that may be in an element or an attribute. XML has no way to write most control
/// characters, nor U+FFFE and U+FFFF, not even escaped. A runner that looks for commands in all that
/// is printed finds none.
fn escape_xml(text: &str) -> String {
    let shown = visible(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    escape(shown).replace("##", "#&#35;")
}
