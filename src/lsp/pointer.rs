//! Which value of a parsed file is at a byte.

use std::ops::Range;

use crate::document::{Node, NodeKind, escape_step};

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DocumentPlace {
    /// The JSON pointer of the value.
    pub(super) pointer: String,
    /// Whether the place is in the key, not in the value.
    pub(super) on_key: bool,
    /// The bytes of the key or value.
    pub(super) span: Range<usize>,
}

/// Finds the innermost key or value at a byte.
pub(super) fn place_at(root: &Node, byte: usize) -> Option<DocumentPlace> {
    let mut found = None;
    find(root, byte, String::new(), &mut found);
    found
}

fn find(node: &Node, byte: usize, pointer: String, found: &mut Option<DocumentPlace>) {
    match &node.kind {
        NodeKind::Mapping(entries) => {
            for entry in entries {
                let pointer = format!("{pointer}/{}", escape_step(&entry.key));
                if touches_span(&entry.key_span, byte) {
                    *found =
                        Some(DocumentPlace { pointer, on_key: true, span: entry.key_span.clone() });
                    return;
                }
                if touches_span(&entry.value.span, byte) {
                    find(&entry.value, byte, pointer, found);
                }
            }
        }
        NodeKind::Sequence(nodes) => {
            for (index, node) in
                nodes.iter().enumerate().filter(|(_, it)| touches_span(&it.span, byte))
            {
                find(node, byte, format!("{pointer}/{index}"), found);
            }
        }
        NodeKind::Scalar(_) => {
            *found = Some(DocumentPlace { pointer, on_key: false, span: node.span.clone() });
        }
    }
}

fn touches_span(span: &Range<usize>, byte: usize) -> bool {
    span.start <= byte && byte <= span.end
}
