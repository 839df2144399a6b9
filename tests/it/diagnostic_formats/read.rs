//! Readers of the formats, as strict as the programs that will read them.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// A workflow command, read with the steps of GitHub's runner.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) message: String,
}

/// The command of a line; `None` where the line is an ordinary one.
pub(crate) fn command(line: &str) -> Option<Command> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (head, message) = rest.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let properties = properties.trim().split(',').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let value = undo(value, &[("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")]);
        Some((name.to_owned(), value))
    });
    Some(Command {
        name: name.to_owned(),
        properties: properties.collect(),
        message: undo(message, &[("%0D", "\r"), ("%0A", "\n")]),
    })
}

fn undo(text: &str, escapes: &[(&str, &str)]) -> String {
    let text = escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("%25", "%")
}

/// An element of XML with what is in it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.name))
    }

    pub(crate) fn number(&self, name: &str) -> usize {
        self.get(name).parse().unwrap()
    }
}

/// The root of a document. Anything but elements, attributes and text fails.
pub(crate) fn xml(text: &str) -> Element {
    let allowed = |c: char| matches!(c, '\n' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(allowed), "a character that XML has not");
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = true;
    config.expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(element(&start)),
            Event::End(_) => {
                let done = open.pop().unwrap();
                open.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => {
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::GeneralRef(name) => {
                let name = format!("&{};", &*name);
                open.last_mut().unwrap().text.push_str(&unescape(&name).unwrap());
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            other => panic!("{other:?} is not expected"),
        }
    }
    let mut top = open.pop().unwrap();
    assert!(open.is_empty() && top.children.len() == 1 && top.text.trim().is_empty());
    top.children.pop().unwrap()
}

fn element(start: &BytesStart<'_>) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let name = attribute.key.as_ref().to_owned();
        let value = &*attribute.value;
        assert!(!value.contains('<'), "{value}");
        (name, unescape(value).unwrap().into_owned())
    });
    Element {
        name: start.name().as_ref().to_owned(),
        attributes: attributes.collect(),
        ..Element::default()
    }
}

/// The cells of a row of a Markdown table; `None` where the line is not one.
pub(crate) fn cells(line: &str) -> Option<Vec<String>> {
    let inside = line.strip_prefix("| ")?.strip_suffix(" |")?;
    let (mut cells, mut escaped) = (vec![String::new()], false);
    for c in inside.chars() {
        match c {
            '|' if !escaped => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    Some(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

/// The text that a cell shows.
pub(crate) fn shown(cell: &str) -> String {
    let mut out = String::new();
    let mut rest = cell.chars();
    while let Some(c) = rest.next() {
        out.push(if c == '\\' { rest.next().unwrap() } else { c });
    }
    [("&#8203;", ""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(out, |text, (from, to)| text.replace(from, to))
}
