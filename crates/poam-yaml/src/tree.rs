//! The nodes of a parsed file.

use std::ops::Range;

use serde_json::{Map, Number, Value};

/// A value in a file, with its span.
#[derive(Debug, Clone)]
pub struct Node {
    /// Bytes of the value, quotes included; empty for a value that is not there (`key:`).
    pub span: Range<usize>,
    /// Its style.
    pub style: Style,
    /// Its kind.
    pub kind: NodeKind,
}

/// The kind of a node, with its content.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// Text, a number, a boolean or nothing; the text after unescaping.
    Scalar(String),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping, in the order of the file.
    Mapping(Vec<MappingEntry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub struct MappingEntry {
    /// The key after unescaping.
    pub key: String,
    /// Bytes of the key.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Node,
}

/// The style of a value: quoting and brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// `|` or `>`.
    BlockScalar,
    /// A sequence or mapping in flow style (in flow style).
    Flow,
    /// A sequence or mapping in block style (by indentation).
    Block,
}

/// The place of a value in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ValuePlace {
    /// The bytes of the value; empty for one that is not there.
    pub(super) span: Range<usize>,
    /// Whether it is a sequence or mapping in block style.
    pub(super) block: bool,
    /// The bytes of its key, where it has one.
    pub(super) key: Option<Range<usize>>,
}

impl Node {
    /// Finds the place of the value at a JSON pointer.
    pub(super) fn find_place(&self, pointer: &str) -> Option<ValuePlace> {
        let node = self.find(pointer)?;
        Some(ValuePlace {
            span: node.span.clone(),
            block: node.style == Style::Block,
            key: self.find_entry(pointer).map(|entry| entry.key_span.clone()),
        })
    }

    /// Returns the node at a JSON pointer below this one.
    pub fn find(&self, pointer: &str) -> Option<&Self> {
        let mut node = self;
        for step in pointer_steps(pointer) {
            node = match &node.kind {
                NodeKind::Mapping(entries) => {
                    &entries.iter().find(|entry| entry.key == step)?.value
                }
                NodeKind::Sequence(nodes) => nodes.get(step.parse::<usize>().ok()?)?,
                NodeKind::Scalar(_) => return None,
            };
        }
        Some(node)
    }

    /// Returns the entry (key and value) at a JSON pointer, where the last step is a key.
    pub fn find_entry(&self, pointer: &str) -> Option<&MappingEntry> {
        let (parent, _) = pointer.rsplit_once('/')?;
        let last = pointer_steps(pointer).last()?;
        match &self.find(parent)?.kind {
            NodeKind::Mapping(entries) => entries.iter().find(|entry| entry.key == last),
            _ => None,
        }
    }

    /// Returns whether it is an empty value, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(text)
            if self.style == Style::Plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Returns the value as JSON. Entries without a value are left out: `completion_date:` states as
    /// much as no line at all.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            NodeKind::Mapping(entries) => Value::Object(
                entries
                    .iter()
                    .filter(|entry| !entry.value.is_null())
                    .map(|entry| (entry.key.clone(), entry.value.to_value()))
                    .collect::<Map<_, _>>(),
            ),
            NodeKind::Sequence(nodes) => Value::Array(nodes.iter().map(Self::to_value).collect()),
            NodeKind::Scalar(text) if self.style == Style::Plain => plain_value(text),
            NodeKind::Scalar(text) => Value::String(text.clone()),
        }
    }
}

/// An unquoted scalar, resolved by the rules of YAML 1.2's core schema without its octal and
/// hexadecimal numbers: `no`, `0x1F` and `012` are text.
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Number(Number),
    Text,
}

pub(super) fn resolve(text: &str) -> Resolved {
    // All but text begins with one of few characters.
    let first = text.bytes().next();
    if !first.is_none_or(|b| b.is_ascii_digit() || b"-~nNtTfF".contains(&b)) {
        return Resolved::Text;
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Bool(true),
        "false" | "False" | "FALSE" => return Resolved::Bool(false),
        _ => {}
    }
    parse_number(text).map_or(Resolved::Text, Resolved::Number)
}

/// Returns the value of an unquoted scalar.
pub(super) fn plain_value(text: &str) -> Value {
    match resolve(text) {
        Resolved::Null => Value::Null,
        Resolved::Bool(said) => Value::Bool(said),
        Resolved::Number(number) => Value::Number(number),
        Resolved::Text => Value::String(text.to_owned()),
    }
}

fn parse_number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut characters = digits.chars();
    let starts_like_one = characters.next().is_some_and(|c| c.is_ascii_digit());
    // A leading zero retains its place in identifiers such as 0123.
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !starts_like_one || padded {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let decimal = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() == 1;
    if decimal { Number::from_f64(text.parse().ok()?) } else { None }
}

/// Returns the steps of a JSON pointer, unescaped.
pub(super) fn pointer_steps(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
}

/// Returns a key as a step of a JSON pointer.
pub fn escape_step(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
