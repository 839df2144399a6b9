//! Trivia of a file: comments, blank lines and document markers.

use std::ops::Range;

use granit_parser::{Event, Options, Parser};

/// A comment in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    /// From the `#` to the end of the line, without white space at the end.
    pub(super) text: String,
    /// Its bytes.
    pub(super) span: Range<usize>,
    /// Characters before it on its line.
    pub(super) column: usize,
    /// Whether it is alone on its line.
    pub(super) alone: bool,
    /// Whether the line above is blank.
    pub(super) spaced: bool,
}

/// Comments and document markers: what a text has besides values.
#[derive(Debug, Default)]
pub(super) struct Trivia {
    /// Its comments, in their order.
    pub(super) comments: Vec<Comment>,
    /// The byte at which the document begins, where `---` marks it.
    pub(super) begin: Option<usize>,
}

/// Returns the comments of a text; a place and a reason where it has what no tree of values holds.
pub(super) fn read_trivia(text: &str) -> Result<Trivia, (usize, String)> {
    let mut options = Options::default();
    options.set_emit_comments(true);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut found = Trivia::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            (error.marker().byte_offset().unwrap_or_default(), error.info().to_owned())
        })?;
        let range = span.byte_range().unwrap_or_default();
        let anchor = match event {
            Event::Comment(..) => {
                found.comments.push(build_comment(text, range));
                continue;
            }
            Event::DocumentStart(explicit, version) => {
                if version.is_some() || text.lines().any(|line| line.starts_with("%TAG")) {
                    return Err((0, "it has a directive (`%`)".to_owned()));
                }
                if explicit {
                    found.begin = Some(range.start);
                }
                continue;
            }
            Event::Alias(_) => 1,
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(_, anchor, _)
            | Event::MappingStart(_, anchor, _) => anchor,
            _ => 0,
        };
        if anchor != 0 {
            return Err((range.start, "it has anchors or aliases (`&`, `*`)".to_owned()));
        }
    }
    Ok(found)
}

/// Finds where the comments of a text are, as far as it can be read.
pub(super) fn find_comments(text: &str) -> Vec<Range<usize>> {
    let mut options = Options::default();
    options.set_emit_comments(true);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut found = Vec::new();
    while let Some(Ok((event, span))) = parser.next_event() {
        if let (Event::Comment(..), Some(range)) = (event, span.byte_range()) {
            found.push(range);
        }
    }
    found
}

fn build_comment(text: &str, span: Range<usize>) -> Comment {
    let before = text.get(..span.start).unwrap_or_default();
    let (above, line) = match before.rsplit_once('\n') {
        Some((above, line)) => (Some(above), line),
        None => (None, before.trim_start_matches('\u{feff}')),
    };
    Comment {
        text: text.get(span.clone()).unwrap_or_default().trim_end().to_owned(),
        span,
        column: line.chars().count(),
        alone: line.trim().is_empty(),
        spaced: above.is_some_and(ends_blank),
    }
}

/// Returns whether the last line of a text is blank.
pub(super) fn ends_blank(text: &str) -> bool {
    text.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
}
