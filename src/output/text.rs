//! Renders diagnostics for people: the source line with the place marked.

use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level as Grade, Origin, Renderer, Snippet};

use super::{ValidationReport, in_pieces};
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::text::steers;
use crate::text::visible;

/// The source line with the place marked, for people.
pub(super) fn write(report: &ValidationReport, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let piece = |some: &[Diagnostic]| {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for diagnostic in some {
            out.push_str(&renderer.render(&diagnostic_groups(diagnostic)));
            out.push_str("\n\n");
        }
        remove_controls(out, color)
    };
    in_pieces(report.shown(), piece, |piece| out.write_all(piece.as_bytes()))?;
    writeln!(out, "{}", report.total())
}

/// The renderer replaces most of what could steer a terminal in the lines that it quotes; the rest,
/// such as the one-byte beginnings of escape sequences, goes here. Its own colours begin with an
/// escape. Runners of CI systems look for commands anywhere in a line: `##[…]`, `##vso[…]`.
fn remove_controls(out: String, color: bool) -> String {
    let odd = |c: char| steers(c) && c != '\n' && !(color && c == '\u{1b}');
    if !out.contains(odd) && !out.contains("##") {
        return out;
    }
    out.replace(odd, "\u{fffd}").replace("##[", "##\\[").replace("##vso[", "##vso\\[")
}

fn diagnostic_groups(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let grade = match diagnostic.level {
        Level::Error => Grade::ERROR,
        Level::Warning => Grade::WARNING,
        Level::Note => Grade::NOTE,
    };
    let title = grade.primary_title(visible(&diagnostic.message)).id(diagnostic.rule);
    let mut group = Group::with_title(title);
    group = add_place(group, &diagnostic.label, AnnotationKind::Primary);
    for label in &diagnostic.related {
        // A second place in the same file is marked in the same excerpt only by a label of its
        // own; an excerpt of its own is easier to read.
        group = add_place(group, label, AnnotationKind::Context);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Grade::HELP.message(visible(help)));
    }
    vec![group]
}

fn add_place<'a>(group: Group<'a>, label: &'a Label, kind: AnnotationKind) -> Group<'a> {
    let path = visible(&label.path);
    match &label.source {
        Some(source) => {
            let source = source.text();
            // Only the lines of the span go to the renderer: it reads its entire source.
            let span = &label.span;
            // A byte order mark is no column.
            let first = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
            let start = source
                .get(..span.start)
                .and_then(|text| text.rfind('\n'))
                .map_or(first, |at| at + 1);
            let rest = source.get(span.end..).unwrap_or_default();
            let end = span.end + rest.find('\n').unwrap_or(rest.len());
            let excerpt = source.get(start..end).unwrap_or_default().to_owned();
            let mut annotation =
                kind.span(span.start.saturating_sub(start)..span.end.saturating_sub(start));
            if !label.message.is_empty() {
                annotation = annotation.label(visible(&label.message));
            }
            group.element(
                Snippet::source(excerpt)
                    .line_start(label.start.line)
                    .path(path)
                    .annotation(annotation),
            )
        }
        None => group.element(Origin::path(path)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Format;
    use super::*;

    #[test]
    fn a_diagnostic_shows_its_line_and_the_way_out() {
        let text: Arc<str> = "id: V-1\nstatus: closed # done\n".into();
        let first: Arc<str> = "id: V-1\n".into();
        let report = ValidationReport {
            diagnostics: vec![
                Diagnostic::new(
                    "closed-without-evidence",
                    Label::new("items/V-1.yaml", &text, 16..22, "/status").says("closed here"),
                    "closed item names no evidence",
                )
                .help("add `evidence:`")
                .also(
                    Label::new("items/other/V-1.yaml", &first, 4..7, "/id")
                        .says("taken \u{1b}[31mhere"),
                ),
                Diagnostic::new(
                    "schema",
                    Label::whole_file("items/x.yaml"),
                    "a folder is named like an item",
                )
                .level(Level::Warning),
            ],
            items: 2,
            unreadable: 1,
            known: 3,
            against_base: true,
            asked: Vec::new(),
            documents: Vec::new(),
            limit: None,
        };
        let expected = "\
error[closed-without-evidence]: closed item names no evidence
 --> items/V-1.yaml:2:9
  |
2 | status: closed # done
  |         ^^^^^^ closed here
  |
 ::: items/other/V-1.yaml:1:5
  |
1 | id: V-1
  |     --- taken \\u{1b}[31mhere
  |
  = help: add `evidence:`

warning[schema]: a folder is named like an item
--> items/x.yaml

1 error, 1 warning in 2 items and 1 file that could not be read; the base had 3 already
";
        assert_eq!(report.render(Format::Text, false), expected);
    }

    #[test]
    fn what_the_renderer_lets_through_is_replaced_and_a_mark_is_no_column() {
        let text: Arc<str> = "\u{feff}id: \u{9b}31m ##[error]x\n".into();
        for (span, column) in [(3..5, 1), (0..5, 1), (7..9, 5)] {
            let label = Label::new("items/V-1.yaml", &text, span, "/id");
            let diagnostics = vec![Diagnostic::new("schema", label, "odd")];
            let report = ValidationReport { diagnostics, ..ValidationReport::default() };
            let shown = report.render(Format::Text, false);
            assert!(shown.contains(&format!("--> items/V-1.yaml:1:{column}\n")), "{shown}");
            assert!(shown.contains("id: \u{fffd}31m ##\\[error]x\n"), "{shown}");
            assert!(report.render(Format::Text, true).contains("\u{1b}["));
        }
    }
}
