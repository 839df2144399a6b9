//! The published schemas as trees: which schema holds at a place of a file.

use std::collections::VecDeque;
use std::sync::LazyLock;

use serde_json::Value;

use super::Schema;

static ITEM: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(Schema::Item.text()).unwrap_or_default());
static SETTINGS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(Schema::Settings.text()).unwrap_or_default());

/// Returns the schema of a file: of the settings, or of an item.
pub(crate) fn file_schema(is_settings: bool) -> &'static Value {
    if is_settings { &SETTINGS } else { &ITEM }
}

/// Finds the schemas of what is at steps from the top: one, or several where values of several kinds may be there.
/// A step that is a number is a member of a sequence.
pub(crate) fn schemas_at<'s>(root: &'s Value, steps: &[String]) -> Vec<&'s Value> {
    let mut nodes = vec![root];
    for step in steps {
        let mut next = Vec::new();
        for node in nodes.into_iter().flat_map(|node| list_alternatives(root, node)) {
            let property = node.get("properties").and_then(|all| all.get(step));
            let other = node.get("additionalProperties").filter(|it| it.is_object());
            let member = node.get("items").filter(|_| step.parse::<usize>().is_ok());
            next.extend(property.or(member).or(other));
        }
        nodes = next;
    }
    nodes
}

/// Lists the schemas that one may represent: references and unions resolved.
pub(crate) fn list_alternatives<'s>(root: &'s Value, node: &'s Value) -> Vec<&'s Value> {
    let mut found = Vec::new();
    let mut open = VecDeque::from([(node, 0)]);
    while let Some((node, depth)) = open.pop_front() {
        if depth > 8 {
            continue;
        }
        found.push(node);
        let reference = node.get("$ref").and_then(Value::as_str);
        if let Some(target) = reference.and_then(|it| root.pointer(it.trim_start_matches('#'))) {
            open.push_back((target, depth + 1));
        }
        for name in ["anyOf", "oneOf", "allOf"] {
            let all = node.get(name).and_then(Value::as_array);
            open.extend(all.into_iter().flatten().map(|it| (it, depth + 1)));
        }
    }
    found
}

/// Returns whether a name as in `ver.rationale`, or a JSON pointer, names a field of an item. Members of lists
/// need no number; `extra` and `mappings` have any member.
pub(crate) fn is_item_field(name: &str) -> bool {
    let names: Vec<&str> = name.trim_start_matches('/').split(['.', '/']).collect();
    if matches!(names.first(), Some(&("extra" | "mappings"))) {
        return true;
    }
    let mut steps: Vec<String> = Vec::new();
    names.into_iter().all(|name| {
        let is_there = |steps: &[String]| !schemas_at(file_schema(false), steps).is_empty();
        let direct = [&steps[..], &[name.to_owned()]].concat();
        let in_list = [&steps[..], &["0".to_owned(), name.to_owned()]].concat();
        let found = [direct, in_list].into_iter().find(|steps| is_there(steps));
        let is_known = found.is_some();
        steps = found.unwrap_or_default();
        is_known
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_items_are_known_with_their_members() {
        for name in [
            "weakness_description",
            "/comments",
            "ver.rationale",
            "ver/evaluated_by",
            "milestones.description",
            "milestones.0.description",
            "point_of_contact.name",
            "extra.anything",
            "mappings.soc2",
        ] {
            assert!(is_item_field(name), "{name}");
        }
        for name in [
            "",
            "description",
            "evaluated_by",
            "ver.rational",
            "weakness_description.text",
            "Comments",
        ] {
            assert!(!is_item_field(name), "{name}");
        }
    }
}
