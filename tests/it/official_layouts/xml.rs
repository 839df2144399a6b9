//! A workbook's parts as small trees.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use quick_xml::events::{BytesStart, Event};

/// An element.
#[derive(Debug, Default, Clone)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) children: Vec<Node>,
    pub(crate) text: String,
}

impl Node {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.get(name).map(|text| text.parse().unwrap())
    }

    pub(crate) fn index(&self, name: &str) -> usize {
        self.get(name).map_or(0, |text| text.parse().unwrap())
    }

    /// Returns whether a flag is set: `1`, `true`, or an element that is there without a value.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true"))
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The elements with a name inside an element with a name.
    pub(crate) fn inside<'a>(&'a self, parent: &'a str, name: &'a str) -> Vec<&'a Node> {
        self.child(parent).map(|parent| parent.all(name).collect()).unwrap_or_default()
    }

    /// Counts the elements of a name below this one.
    pub(crate) fn count(&self, name: &str) -> usize {
        let one = |child: &Node| usize::from(child.name == name) + child.count(name);
        self.children.iter().map(one).sum()
    }

    /// The text of every `t` below: rich text in one.
    pub(crate) fn whole_text(&self) -> String {
        match self.name.as_str() {
            "t" => self.text.clone(),
            "rPh" => String::new(),
            _ => self.children.iter().map(Node::whole_text).collect(),
        }
    }
}

/// The parts of a package by name.
pub(crate) struct PackageParts(BTreeMap<String, Vec<u8>>);

impl PackageParts {
    pub(crate) fn open(bytes: &[u8]) -> Self {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut parts = BTreeMap::new();
        for index in 0..archive.len() {
            let mut part = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).unwrap();
            let name = part.name().unwrap().into_owned();
            parts.insert(name, bytes);
        }
        Self(parts)
    }

    /// The names of all parts.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// A part as a tree. Rows of a sheet below `last_row` are left out.
    pub(crate) fn tree(&self, name: &str, last_row: usize) -> Option<Node> {
        self.tree_of(name, &|row| row <= last_row)
    }

    /// A part as a tree, of a sheet with some of its rows.
    pub(crate) fn tree_of(&self, name: &str, rows: &dyn Fn(usize) -> bool) -> Option<Node> {
        Some(parse(std::str::from_utf8(self.0.get(name)?).unwrap(), rows))
    }
}

fn parse(xml: &str, rows: &dyn Fn(usize) -> bool) -> Node {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut open = vec![Node::default()];
    // How deep we are inside a row that is left out.
    let mut skipped = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) if skipped > 0 || left_out(&start, rows) => skipped += 1,
            Event::End(_) if skipped > 0 => skipped -= 1,
            Event::Start(start) => open.push(node(&start)),
            Event::Empty(start) if skipped == 0 && !left_out(&start, rows) => {
                let node = node(&start);
                open.last_mut().unwrap().children.push(node);
            }
            Event::End(_) => {
                let node = open.pop().unwrap();
                open.last_mut().unwrap().children.push(node);
            }
            Event::Text(text) if skipped == 0 => {
                open.last_mut().unwrap().text.push_str(&text.xml10_content());
            }
            Event::GeneralRef(name) if skipped == 0 => {
                let name = format!("&{};", name.xml10_content());
                let text = quick_xml::escape::unescape(&name).unwrap();
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    open.pop().unwrap().children.pop().unwrap()
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap().to_owned()
}

fn left_out(start: &BytesStart<'_>, rows: &dyn Fn(usize) -> bool) -> bool {
    start.name().as_ref() == "row" && !rows(node(start).index("r"))
}

fn node(start: &BytesStart<'_>) -> Node {
    let mut node = Node { name: local(start.name().as_ref()), ..Node::default() };
    for attribute in start.attributes() {
        let attribute = attribute.unwrap();
        let value = quick_xml::escape::unescape(&attribute.value).unwrap().into_owned();
        node.attributes.insert(local(attribute.key.as_ref()), value);
    }
    node
}
