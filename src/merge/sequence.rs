//! The merge of sequences: members are joined by identity.

use std::collections::HashSet;

use serde_json::Value;

use crate::document::Node;

use super::identity::{added_twice, match_members, milestone_number};
use super::node::{NodeMerger, Slot, ThreeParts, merge_order, merge_trivia, with_dash};
use super::part::{FilePart, FileParts};

impl NodeMerger<'_> {
    /// Merges the members of a sequence in block style. The last step of `path` is its name.
    pub(super) fn merge_sequence(
        &mut self,
        path: &str,
        parts: &ThreeParts<'_>,
    ) -> Option<(Vec<String>, Value)> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let order = member_slots(
            name,
            &part_nodes(&parts.base),
            &part_nodes(&parts.ours),
            &part_nodes(&parts.theirs),
        );
        let renumbered = match name {
            "milestones" => self.renumber_added(path, parts, &order)?,
            _ => Vec::new(),
        };
        let gap = [&parts.ours, &parts.theirs].iter().find_map(|side| side.parts.first());
        let gap = gap.map_or(2, |part| part.gap);
        let (mut lines, mut values) = (Vec::new(), Vec::new());
        for (index, slot) in order.iter().enumerate() {
            let mut counterparts = parts.parts_at(*slot);
            let new_number = renumbered.iter().find(|new| new.slot == index);
            if let Some(new) = new_number {
                counterparts.theirs = Some(&new.part);
            }
            let path = format!("{path}/{}", values.len());
            let mut rendered = self.merge_part(&path, counterparts)?;
            if let (Some(new), Some(value)) = (new_number, rendered.value.as_mut()) {
                // The text has another number than the value that was parsed.
                value.as_object_mut()?.insert("id".to_owned(), new.number.into());
            }
            lines.extend(rendered.above);
            if !rendered.text.is_empty() {
                lines.extend(with_dash(&rendered.text, gap));
                values.push(rendered.value?);
            }
            lines.extend(rendered.below);
        }
        let tails = (&parts.base.tail, &parts.ours.tail, &parts.theirs.tail);
        lines.extend(merge_trivia(tails.0, tails.1, tails.2));
        Some((lines, Value::Array(values)))
    }

    /// Gives milestones that theirs added the next free number where the number is another milestone's.
    fn renumber_added<'a>(
        &mut self,
        path: &str,
        parts: &ThreeParts<'a>,
        order: &[Slot],
    ) -> Option<Vec<RenumberedSequence<'a>>> {
        let all = [&parts.base, &parts.ours, &parts.theirs];
        let numbers =
            all.iter().flat_map(|side| &side.parts).filter_map(|part| milestone_number(part.node));
        let mut highest = numbers.map(|(number, _)| number).max().unwrap_or(0);
        let mut used: HashSet<u64> = HashSet::new();
        for slot in order.iter().filter(|slot| !is_only_theirs(slot)) {
            let parts = parts.parts_at(*slot);
            used.extend(
                parts
                    .any_part()
                    .and_then(|part| milestone_number(part.node))
                    .map(|(number, _)| number),
            );
        }
        let mut renumbered = Vec::new();
        for (index, slot) in order.iter().enumerate().filter(|(_, slot)| is_only_theirs(slot)) {
            let part = parts.parts_at(*slot).theirs?;
            let Some((old, node)) = milestone_number(part.node) else { continue };
            if used.insert(old) {
                continue;
            }
            highest += 1;
            used.insert(highest);
            self.notes.push(format!(
                "{}: milestone {old} of {} is number {highest} now; {} added another milestone {old}",
                path.trim_start_matches('/'),
                self.names.theirs,
                self.names.ours,
            ));
            let part = part.with_number(node, highest)?;
            renumbered.push(RenumberedSequence { slot: index, number: highest, part });
        }
        Some(renumbered)
    }
}

/// A milestone of theirs that got another number.
struct RenumberedSequence<'a> {
    slot: usize,
    number: u64,
    part: FilePart<'a>,
}

fn is_only_theirs(slot: &Slot) -> bool {
    slot.base.is_none() && slot.ours.is_none()
}

fn part_nodes<'a>(parts: &FileParts<'a>) -> Vec<&'a Node> {
    parts.parts.iter().map(|part| part.node).collect()
}

/// Joins the members of three sequences by identity.
pub(super) fn member_slots(
    name: &str,
    base: &[&Node],
    ours: &[&Node],
    theirs: &[&Node],
) -> Vec<Slot> {
    let our_base = match_members(name, base, ours);
    let their_base = match_members(name, base, theirs);
    let (our_new, their_new) = (unmatched_places(&our_base), unmatched_places(&their_base));
    let our_nodes: Vec<&Node> = our_new.iter().filter_map(|at| ours.get(*at).copied()).collect();
    let their_nodes: Vec<&Node> =
        their_new.iter().filter_map(|at| theirs.get(*at).copied()).collect();
    let mut added = vec![None; theirs.len()];
    for (at, pair) in their_new.iter().zip(added_twice(name, &our_nodes, &their_nodes)) {
        if let (Some(slot), Some(pair)) = (added.get_mut(*at), pair) {
            *slot = our_new.get(pair).copied();
        }
    }
    merge_order(&our_base, &their_base, &added)
}

fn unmatched_places(matched: &[Option<usize>]) -> Vec<usize> {
    matched.iter().enumerate().filter(|(_, base)| base.is_none()).map(|(at, _)| at).collect()
}

impl<'a> FilePart<'a> {
    /// The part with another number in its text.
    fn with_number(&self, node: &Node, number: u64) -> Option<Self> {
        let old = self.source.token_text(node);
        let mut part = self.clone();
        for line in &mut part.text {
            // The key may be anywhere in the member; its line is the one that begins with it, or in brackets.
            for key in ["id: ", "\"id\": ", "'id': "] {
                let Some(at) = line.find(&format!("{key}{old}")) else { continue };
                let starts =
                    at == 0 || line.get(..at).is_some_and(|it| it.ends_with(['{', ' ', ',']));
                if starts {
                    let from = at + key.len();
                    line.replace_range(from..from + old.len(), &number.to_string());
                    return Some(part);
                }
            }
        }
        None
    }
}
