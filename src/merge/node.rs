//! The merge of one part with its counterparts in the other files.

use serde_json::{Map, Value};

use crate::document::{Node, NodeKind, Style, escape_step};

use super::part::{FilePart, FileParts, MergeSource};
use super::{SideNames, conflict};

/// A merge in progress.
pub(super) struct NodeMerger<'n> {
    pub(super) names: &'n SideNames,
    /// Addresses of values that both sides changed.
    pub(super) conflicts: Vec<String>,
    /// Facts for the person who merges.
    pub(super) notes: Vec<String>,
}

/// A part in the three files, as far as each has it.
#[derive(Clone, Copy)]
pub(super) struct Counterparts<'p, 'a> {
    pub(super) base: Option<&'p FilePart<'a>>,
    pub(super) ours: Option<&'p FilePart<'a>>,
    pub(super) theirs: Option<&'p FilePart<'a>>,
}

/// The parts of one collection in the three files.
#[derive(Default)]
pub(super) struct ThreeParts<'a> {
    pub(super) base: FileParts<'a>,
    pub(super) ours: FileParts<'a>,
    pub(super) theirs: FileParts<'a>,
}

/// Indexes of one part in the three files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) base: Option<usize>,
    pub(super) ours: Option<usize>,
    pub(super) theirs: Option<usize>,
}

/// The lines of a merged part: comments and marks above it, the part, marks below it. The text is empty where the
/// part was removed.
#[derive(Default)]
pub(super) struct Rendered {
    pub(super) above: Vec<String>,
    pub(super) text: Vec<String>,
    pub(super) below: Vec<String>,
    pub(super) value: Option<Value>,
}

impl Rendered {
    /// The lines of an entry of a mapping.
    pub(super) fn into_lines(self) -> Vec<String> {
        [self.above, self.text, self.below].concat()
    }
}

impl<'n> NodeMerger<'n> {
    pub(super) fn new(names: &'n SideNames) -> Self {
        Self { names, conflicts: Vec::new(), notes: Vec::new() }
    }

    /// Merges entire files: the lines above the first entry, the entries, the lines below the last one.
    pub(super) fn merge_files(
        &mut self,
        base: &MergeSource,
        ours: &MergeSource,
        theirs: &MergeSource,
    ) -> Option<(Vec<String>, Value)> {
        let mut parts = ThreeParts {
            base: base.root_parts()?,
            ours: ours.root_parts()?,
            theirs: theirs.root_parts()?,
        };
        let header = merge_trivia(
            &take_header(&mut parts.base),
            &take_header(&mut parts.ours),
            &take_header(&mut parts.theirs),
        );
        let (lines, value) = self.merge_mapping("", &parts)?;
        Some(([header, lines].concat(), value))
    }

    /// Merges the entries of a mapping by key.
    pub(super) fn merge_mapping(
        &mut self,
        path: &str,
        parts: &ThreeParts<'_>,
    ) -> Option<(Vec<String>, Value)> {
        let find = |in_parts: &FileParts<'_>, key: Option<&str>| {
            in_parts.parts.iter().position(|part| part.key == key)
        };
        let matched = |side: &FileParts<'_>| -> Vec<Option<usize>> {
            side.parts.iter().map(|part| find(&parts.base, part.key)).collect()
        };
        let added: Vec<Option<usize>> = parts
            .theirs
            .parts
            .iter()
            .map(|part| match find(&parts.base, part.key) {
                Some(_) => None,
                None => find(&parts.ours, part.key),
            })
            .collect();
        let (mut lines, mut values) = (Vec::new(), Map::new());
        for slot in merge_order(&matched(&parts.ours), &matched(&parts.theirs), &added) {
            let counterparts = parts.parts_at(slot);
            let key = counterparts.any_part()?.key?;
            let path = format!("{path}/{}", escape_step(key));
            let rendered = self.merge_part(&path, counterparts)?;
            if let Some(value) = rendered.value.clone().filter(|value| !value.is_null()) {
                values.insert(key.to_owned(), value);
            }
            lines.extend(rendered.into_lines());
        }
        lines.extend(merge_trivia(&parts.base.tail, &parts.ours.tail, &parts.theirs.tail));
        Some((lines, Value::Object(values)))
    }

    /// Merges one part.
    pub(super) fn merge_part(
        &mut self,
        path: &str,
        parts: Counterparts<'_, '_>,
    ) -> Option<Rendered> {
        let base = parts.base.filter(is_value);
        match (parts.ours, parts.theirs) {
            (None, None) => Some(Rendered::default()),
            (Some(part), None) => self.merge_with_removal(path, base, part, true),
            (None, Some(part)) => self.merge_with_removal(path, base, part, false),
            (Some(ours), Some(theirs)) => self.merge_both(path, base, ours, theirs),
        }
    }

    /// Merges a part that only one side has.
    fn merge_with_removal(
        &mut self,
        path: &str,
        base: Option<&FilePart<'_>>,
        part: &FilePart<'_>,
        is_ours: bool,
    ) -> Option<Rendered> {
        let value = part.node.to_value();
        let Some(base) = base else { return Some(take_part(part)) };
        if value.is_null() {
            return Some(take_part(part));
        }
        if value == base.node.to_value() {
            let above = new_comments(part, Some(base), &[]);
            return Some(Rendered { above, ..Rendered::default() });
        }
        if part.key.is_some() && is_sequence(part) && is_sequence(base) {
            // No sequence is an empty one: its members were removed one by one.
            let (ours, theirs) = if is_ours { (Some(part), None) } else { (None, Some(part)) };
            let mut rendered = self.merge_collections(path, Some(base), ours, theirs)?;
            rendered.above = [part.lead.clone(), rendered.above].concat();
            if rendered.value == Some(Value::Array(Vec::new())) {
                rendered.value = None;
                rendered.text.clear();
            }
            return Some(rendered);
        }
        self.conflicts.push(path.to_owned());
        let written = part_lines(part);
        let marks =
            conflict::mark_conflict(self.names, is_ours, (!is_ours).then_some(written.as_slice()));
        let mut above = part.lead.clone();
        above.extend(marks.above);
        if !is_ours {
            above.extend(marks.below);
            return Some(Rendered { above, ..Rendered::default() });
        }
        let value = Some(value);
        Some(Rendered { above, text: part.text.clone(), below: marks.below, value })
    }

    /// Merges a part that both sides have.
    fn merge_both(
        &mut self,
        path: &str,
        base: Option<&FilePart<'_>>,
        ours: &FilePart<'_>,
        theirs: &FilePart<'_>,
    ) -> Option<Rendered> {
        let lead = merge_trivia(base.map_or(&[], |base| &base.lead), &ours.lead, &theirs.lead);
        let with = |part: &FilePart<'_>| Rendered {
            above: lead.clone(),
            text: part.text.clone(),
            below: Vec::new(),
            value: Some(part.node.to_value()),
        };
        let base_text = base.map(|base| &base.text);
        if ours.text == theirs.text || base_text == Some(&theirs.text) {
            return Some(with(ours));
        }
        if base_text == Some(&ours.text) {
            return Some(with(theirs));
        }
        if is_collection(ours.node) && is_same_kind(ours.node, theirs.node) {
            let base = base.filter(|base| is_same_kind(base.node, ours.node));
            let mut rendered = self.merge_collections(path, base, Some(ours), Some(theirs))?;
            rendered.above = [lead, rendered.above].concat();
            return Some(rendered);
        }
        let base_value = base.map_or(Value::Null, |base| base.node.to_value());
        let (our_value, their_value) = (ours.node.to_value(), theirs.node.to_value());
        let pick = |part: &FilePart<'_>, other: &FilePart<'_>| {
            let mut rendered = with(part);
            rendered.above.extend(new_comments(other, base, &part.comment_lines()));
            rendered
        };
        if our_value == their_value || their_value == base_value {
            return Some(pick(ours, theirs));
        }
        if our_value == base_value {
            return Some(pick(theirs, ours));
        }
        self.conflicts.push(path.to_owned());
        let marks = conflict::mark_conflict(self.names, true, Some(&part_lines(theirs)));
        let mut rendered = with(ours);
        rendered.above.extend(marks.above);
        rendered.below = marks.below;
        Some(rendered)
    }

    /// Merges two mappings, or two sequences; a side that has none has removed all its members.
    fn merge_collections(
        &mut self,
        path: &str,
        base: Option<&FilePart<'_>>,
        ours: Option<&FilePart<'_>>,
        theirs: Option<&FilePart<'_>>,
    ) -> Option<Rendered> {
        if let (Some(ours), Some(theirs)) = (ours, theirs)
            && [Some(ours), Some(theirs), base].iter().flatten().all(|part| is_flow(part.node))
            && let Some(rendered) = self.merge_flow_parts(path, base, ours, theirs)
        {
            return Some(rendered);
        }
        let any = ours.or(theirs)?;
        // Flow style is merged as if it were written in block style.
        let base = block_children(base);
        let our_block = block_children(ours);
        let their_block = block_children(theirs);
        let parts = ThreeParts {
            base: base.parts()?,
            ours: our_block.parts()?,
            theirs: their_block.parts()?,
        };
        let is_mapping = matches!(any.node.kind, NodeKind::Mapping(_));
        let (lines, value) = match is_mapping {
            true => self.merge_mapping(path, &parts)?,
            false => self.merge_sequence(path, &parts)?,
        };
        let is_empty = lines.iter().all(|line| line.is_empty() || line.starts_with('#'));
        let brackets = if is_mapping { "{}" } else { "[]" };
        let sides = [ours, theirs].into_iter().flatten();
        let styled = sides.into_iter().find(|part| part.node.style == Style::Block);
        let key = any.key.map(|_| key_text(any));
        if is_empty {
            let text = match key {
                Some(key) => format!("{key}: {brackets}"),
                None => brackets.to_owned(),
            };
            return Some(Rendered {
                above: lines,
                text: vec![text],
                below: Vec::new(),
                value: Some(value),
            });
        }
        let Some(key) = key else {
            let first = lines.iter().position(|line| !line.is_empty() && !line.starts_with('#'))?;
            let (above, text) = lines.split_at(first);
            return Some(Rendered {
                above: above.to_vec(),
                text: text.to_vec(),
                below: Vec::new(),
                value: Some(value),
            });
        };
        let (header, indent) = match styled {
            Some(part) => {
                let children = part.value_parts()?;
                (part.text.first()?.clone(), children.column.checked_sub(part.column)?)
            }
            None => (format!("{key}:"), 2),
        };
        let mut text = vec![header];
        text.extend(indent_lines(&lines, indent));
        Some(Rendered { above: Vec::new(), text, below: Vec::new(), value: Some(value) })
    }
}

fn take_header(parts: &mut FileParts<'_>) -> Vec<String> {
    parts.parts.first_mut().map(|part| std::mem::take(&mut part.lead)).unwrap_or_default()
}

/// Returns whether a part is a value of its own. Of an ancestor that is itself a merge with conflicts, the
/// marked values are nobody's.
fn is_value(part: &&FilePart<'_>) -> bool {
    !part.is_marked() && !part.node.is_null()
}

fn is_sequence(part: &FilePart<'_>) -> bool {
    matches!(part.node.kind, NodeKind::Sequence(_))
}

impl<'a> ThreeParts<'a> {
    /// The parts at indexes.
    pub(super) fn parts_at<'p>(&'p self, slot: Slot) -> Counterparts<'p, 'a> {
        Counterparts {
            base: slot.base.and_then(|index| self.base.parts.get(index)),
            ours: slot.ours.and_then(|index| self.ours.parts.get(index)),
            theirs: slot.theirs.and_then(|index| self.theirs.parts.get(index)),
        }
    }
}

impl<'p, 'a> Counterparts<'p, 'a> {
    /// The part in one of the files.
    pub(super) fn any_part(&self) -> Option<&'p FilePart<'a>> {
        self.ours.or(self.theirs).or(self.base)
    }
}

/// The children of a part, and the file in block style that they are in if the part is in flow style.
enum BlockChildren<'p, 'a> {
    Nothing,
    Same(&'p FilePart<'a>),
    Converted(MergeSource),
    Impossible,
}

fn block_children<'p, 'a>(part: Option<&'p FilePart<'a>>) -> BlockChildren<'p, 'a> {
    let Some(part) = part else { return BlockChildren::Nothing };
    if is_flow(part.node) && !is_empty(part.node) {
        return MergeSource::in_block_style(part.node)
            .map_or(BlockChildren::Impossible, BlockChildren::Converted);
    }
    BlockChildren::Same(part)
}

impl<'a> BlockChildren<'_, 'a> {
    fn parts<'s>(&'s self) -> Option<FileParts<'s>>
    where
        'a: 's,
    {
        match self {
            Self::Nothing => Some(FileParts::default()),
            Self::Same(part) => part.value_parts(),
            Self::Converted(source) => {
                let (node, region) = source.only_value()?;
                source.block_parts(node, region)
            }
            Self::Impossible => None,
        }
    }
}

/// The order of merged parts. It is that of theirs where ours has the order of the ancestor, else that of ours; what
/// the other side added is behind the part that it follows there, ours before theirs.
///
/// `ours` and `theirs` hold the index in the ancestor of each part; `added` the index in ours of each part that theirs
/// added and ours too.
pub(super) fn merge_order(
    ours: &[Option<usize>],
    theirs: &[Option<usize>],
    added: &[Option<usize>],
) -> Vec<Slot> {
    let our_slot = |index: usize| Slot {
        base: ours.get(index).copied().flatten(),
        ours: Some(index),
        theirs: None,
    };
    let their_slot = |index: usize| Slot {
        base: theirs.get(index).copied().flatten(),
        ours: added.get(index).copied().flatten(),
        theirs: Some(index),
    };
    let known: Vec<usize> = ours.iter().flatten().copied().collect();
    let by_theirs = known.is_sorted();
    let ours = (0..ours.len()).map(our_slot);
    let theirs = (0..theirs.len()).map(their_slot);
    let (mut merged, other): (Vec<Slot>, Vec<Slot>) = match by_theirs {
        true => (theirs.collect(), ours.collect()),
        false => (ours.collect(), theirs.collect()),
    };
    let mut place = 0;
    for slot in other {
        if let Some(at) = merged.iter().position(|known| is_same_slot(known, &slot)) {
            if let Some(known) = merged.get_mut(at) {
                known.base = known.base.or(slot.base);
                known.ours = known.ours.or(slot.ours);
                known.theirs = known.theirs.or(slot.theirs);
            }
            place = at + 1;
            continue;
        }
        if !by_theirs {
            place += merged.iter().skip(place).take_while(is_new_slot).count();
        }
        merged.insert(place, slot);
        place += 1;
    }
    merged
}

fn is_same_slot(left: &Slot, right: &Slot) -> bool {
    left.base.is_some() && left.base == right.base || left.ours.is_some() && left.ours == right.ours
}

fn is_new_slot(slot: &&Slot) -> bool {
    slot.base.is_none() && slot.theirs.is_none()
}

/// Merges comments and blank lines: what a side removed is gone, what a side added is there.
pub(super) fn merge_trivia(base: &[String], ours: &[String], theirs: &[String]) -> Vec<String> {
    if ours == theirs || base == theirs {
        return ours.to_vec();
    }
    if base == ours {
        return theirs.to_vec();
    }
    let was_removed = |line: &String| base.contains(line) && !theirs.contains(line);
    let mut merged: Vec<String> =
        ours.iter().filter(|line| line.is_empty() || !was_removed(line)).cloned().collect();
    let is_new = |line: &&String| !line.is_empty() && !base.contains(line) && !ours.contains(line);
    let added: Vec<String> = theirs.iter().filter(is_new).cloned().collect();
    merged.extend(added);
    merged
}

/// Comments of a part that are neither in the ancestor nor in `there`, as lines of their own.
fn new_comments(part: &FilePart<'_>, base: Option<&FilePart<'_>>, there: &[String]) -> Vec<String> {
    let old = base.map(FilePart::comment_lines).unwrap_or_default();
    let is_lead = |comment: &String| part.lead.iter().any(|line| line.trim() == comment.as_str());
    let keeps_lead = base.is_some() && there.is_empty();
    let mut comments = part.comment_lines();
    comments.retain(|comment| {
        !old.contains(comment) && !there.contains(comment) && (keeps_lead || !is_lead(comment))
    });
    comments
}

fn take_part(part: &FilePart<'_>) -> Rendered {
    Rendered {
        above: part.lead.clone(),
        text: part.text.clone(),
        below: Vec::new(),
        value: Some(part.node.to_value()),
    }
}

/// The lines of a part, those of a member with its dash.
pub(super) fn part_lines(part: &FilePart<'_>) -> Vec<String> {
    match part.key {
        Some(_) => part.text.clone(),
        None => with_dash(&part.text, part.gap),
    }
}

/// The lines of a member of a sequence with a dash before them.
pub(super) fn with_dash(text: &[String], gap: usize) -> Vec<String> {
    let mut lines = indent_lines(text, gap);
    if let (Some(line), Some(first)) = (lines.first_mut(), text.first()) {
        *line = format!("-{}{first}", " ".repeat(gap.saturating_sub(1))).trim_end().to_owned();
    }
    lines
}

pub(super) fn indent_lines(lines: &[String], indent: usize) -> Vec<String> {
    let spaces = " ".repeat(indent);
    let pad =
        |line: &String| if line.is_empty() { String::new() } else { format!("{spaces}{line}") };
    lines.iter().map(pad).collect()
}

/// The key of an entry as its file writes it.
fn key_text(part: &FilePart<'_>) -> String {
    let key = part.key.unwrap_or_default();
    match super::part::is_plain_key(key) {
        true => key.to_owned(),
        false => serde_json::to_string(key).unwrap_or_else(|_| key.to_owned()),
    }
}

fn is_collection(node: &Node) -> bool {
    !matches!(node.kind, NodeKind::Scalar(_))
}

fn is_same_kind(left: &Node, right: &Node) -> bool {
    matches!(
        (&left.kind, &right.kind),
        (NodeKind::Mapping(_), NodeKind::Mapping(_))
            | (NodeKind::Sequence(_), NodeKind::Sequence(_))
    )
}

fn is_flow(node: &Node) -> bool {
    node.style == Style::Flow
}

fn is_empty(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Mapping(entries) => entries.is_empty(),
        NodeKind::Sequence(nodes) => nodes.is_empty(),
        NodeKind::Scalar(text) => text.is_empty(),
    }
}
