//! The merge of collections in flow style (`[SI-2, CM-8]`, `{name: Jane Doe}`), which stay on their line.

use serde_json::{Map, Value};

use crate::document::{Node, NodeKind};

use super::conflict;
use super::node::{NodeMerger, Rendered};
use super::part::{FilePart, MergeSource, flow_text, is_plain_key};
use super::sequence::member_slots;

/// A node with the file it is in.
#[derive(Clone, Copy)]
struct InFile<'a> {
    source: &'a MergeSource,
    node: &'a Node,
}

/// Corresponding nodes of the three files.
#[derive(Clone, Copy)]
struct ThreeNodes<'a> {
    base: Option<InFile<'a>>,
    ours: InFile<'a>,
    theirs: InFile<'a>,
}

/// A side whose value is taken where both changed it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Preferred {
    Ours,
    Theirs,
}

/// Merged flow text.
struct FlowText {
    text: String,
    value: Value,
    conflicts: Vec<String>,
}

impl NodeMerger<'_> {
    /// Merges parts whose values are in flow style; nothing where that cannot be done on one line.
    pub(super) fn merge_flow_parts(
        &mut self,
        path: &str,
        base: Option<&FilePart<'_>>,
        ours: &FilePart<'_>,
        theirs: &FilePart<'_>,
    ) -> Option<Rendered> {
        if may_have_comments(ours) || may_have_comments(theirs) {
            return None;
        }
        let nodes = ThreeNodes {
            base: base.map(|part| InFile { source: part.source, node: part.node }),
            ours: InFile { source: ours.source, node: ours.node },
            theirs: InFile { source: theirs.source, node: theirs.node },
        };
        let merged = merge_flow(path, nodes, Preferred::Ours)?;
        let text = with_value(ours, &merged.text)?;
        if merged.conflicts.is_empty() {
            let value = Some(merged.value);
            return Some(Rendered {
                above: Vec::new(),
                text: vec![text],
                below: Vec::new(),
                value,
            });
        }
        let other = merge_flow(path, nodes, Preferred::Theirs)?;
        let mut line = with_value(theirs, &other.text)?;
        if theirs.key.is_none() {
            line.insert_str(0, "- ");
        }
        let marks = conflict::mark_conflict(self.names, true, Some(&[line]));
        self.conflicts.extend(merged.conflicts);
        Some(Rendered {
            above: marks.above,
            text: vec![text],
            below: marks.below,
            value: Some(merged.value),
        })
    }
}

fn may_have_comments(part: &FilePart<'_>) -> bool {
    let token = part.source.token_text(part.node);
    token.contains('#') && token.contains('\n')
}

/// The line of a part with another value in its place.
fn with_value(part: &FilePart<'_>, value: &str) -> Option<String> {
    let old = part.source.token_text(part.node);
    let text = part.text.join("\n");
    let at = text.find(old)?;
    let line = format!("{}{value}{}", text.get(..at)?, text.get(at + old.len()..)?);
    (!line.contains('\n')).then_some(line)
}

fn merge_flow(path: &str, nodes: ThreeNodes<'_>, preferred: Preferred) -> Option<FlowText> {
    let (ours, theirs) = (nodes.ours.node.to_value(), nodes.theirs.node.to_value());
    let base = nodes.base.map_or(Value::Null, |base| base.node.to_value());
    if ours == theirs || theirs == base {
        return nodes.ours.text();
    }
    if ours == base {
        return nodes.theirs.text();
    }
    match (&nodes.ours.node.kind, &nodes.theirs.node.kind) {
        (NodeKind::Mapping(_), NodeKind::Mapping(_)) => merge_flow_mapping(path, nodes, preferred),
        (NodeKind::Sequence(ours), NodeKind::Sequence(theirs)) => {
            merge_flow_sequence(path, nodes, ours, theirs, preferred)
        }
        _ => {
            let taken = if preferred == Preferred::Ours { nodes.ours } else { nodes.theirs };
            let mut text = taken.text()?;
            text.conflicts.push(path.to_owned());
            Some(text)
        }
    }
}

fn merge_flow_mapping<'a>(
    path: &str,
    nodes: ThreeNodes<'a>,
    preferred: Preferred,
) -> Option<FlowText> {
    let base = nodes.base.map(|base| base.entries()).unwrap_or_default();
    let (ours, theirs) = (nodes.ours.entries(), nodes.theirs.entries());
    let find = |entries: &[(&str, &'a Node)], key: &str| -> Option<usize> {
        entries.iter().position(|(name, _)| *name == key)
    };
    let mut keys: Vec<&str> = ours.iter().map(|(key, _)| *key).collect();
    keys.extend(theirs.iter().map(|(key, _)| *key).filter(|key| find(&ours, key).is_none()));
    let (mut texts, mut values, mut conflicts) = (Vec::new(), Map::new(), Vec::new());
    for key in keys {
        let node_in = |file: InFile<'a>, entries: &[(&str, &'a Node)]| {
            let (_, node) = entries.get(find(entries, key)?)?;
            Some(InFile { source: file.source, node })
        };
        let our = node_in(nodes.ours, &ours);
        let their = node_in(nodes.theirs, &theirs);
        let old = nodes.base.and_then(|file| node_in(file, &base));
        let merged = match (our, their) {
            (Some(ours), Some(theirs)) => {
                let path = format!("{path}/{key}");
                Some(merge_flow(&path, ThreeNodes { base: old, ours, theirs }, preferred)?)
            }
            (Some(only), None) | (None, Some(only)) => match old {
                None => Some(only.text()?),
                Some(old) if old.node.to_value() == only.node.to_value() => None,
                // Removed on one side, changed on the other: too much for one line.
                Some(_) => return None,
            },
            (None, None) => None,
        };
        if let Some(merged) = merged {
            let name = match is_plain_key(key) {
                true => key.to_owned(),
                false => serde_json::to_string(key).ok()?,
            };
            texts.push(format!("{name}: {}", merged.text));
            if !merged.value.is_null() {
                values.insert(key.to_owned(), merged.value);
            }
            conflicts.extend(merged.conflicts);
        }
    }
    let text = format!("{{{}}}", texts.join(", "));
    Some(FlowText { text, value: Value::Object(values), conflicts })
}

fn merge_flow_sequence(
    path: &str,
    nodes: ThreeNodes<'_>,
    ours: &[Node],
    theirs: &[Node],
    preferred: Preferred,
) -> Option<FlowText> {
    let name = path.rsplit('/').next().unwrap_or_default();
    if name == "milestones" {
        // Numbers may have to change, which needs a line for each.
        return None;
    }
    let base: &[Node] = match nodes.base.map(|base| &base.node.kind) {
        Some(NodeKind::Sequence(nodes)) => nodes,
        _ => &[],
    };
    let slots = member_slots(
        name,
        &base.iter().collect::<Vec<_>>(),
        &ours.iter().collect::<Vec<_>>(),
        &theirs.iter().collect::<Vec<_>>(),
    );
    let (mut texts, mut values, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
    for slot in slots {
        let file = |source, node| InFile { source, node };
        let our = slot.ours.and_then(|at| ours.get(at)).map(|it| file(nodes.ours.source, it));
        let their =
            slot.theirs.and_then(|at| theirs.get(at)).map(|it| file(nodes.theirs.source, it));
        let old = slot.base.and_then(|at| base.get(at));
        let old = nodes.base.and_then(|it| old.map(|node| file(it.source, node)));
        let path = format!("{path}/{}", values.len());
        let merged = match (our, their) {
            (Some(ours), Some(theirs)) => {
                merge_flow(&path, ThreeNodes { base: old, ours, theirs }, preferred)?
            }
            (Some(only), None) | (None, Some(only)) => match old {
                None => only.text()?,
                Some(old) if old.node.to_value() == only.node.to_value() => continue,
                Some(_) => return None,
            },
            (None, None) => continue,
        };
        texts.push(merged.text);
        values.push(merged.value);
        conflicts.extend(merged.conflicts);
    }
    let text = format!("[{}]", texts.join(", "));
    Some(FlowText { text, value: Value::Array(values), conflicts })
}

impl<'a> InFile<'a> {
    fn entries(self) -> Vec<(&'a str, &'a Node)> {
        match &self.node.kind {
            NodeKind::Mapping(entries) => {
                entries.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The text of the node as its file has it; on one line where it spans several.
    fn text(self) -> Option<FlowText> {
        let token = self.source.token_text(self.node);
        let text = match token.contains('\n') || token.is_empty() {
            true => flow_text(self.node)?,
            false => token.to_owned(),
        };
        Some(FlowText { text, value: self.node.to_value(), conflicts: Vec::new() })
    }
}
