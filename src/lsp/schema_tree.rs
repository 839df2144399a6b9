//! The published schemas as editors need them: descriptions, keys and allowed values at a place.

use serde_json::Value;

use crate::schema::{list_alternatives, schemas_at};

/// An allowed value, with what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AllowedValue {
    pub(super) value: String,
    pub(super) meaning: String,
}

/// The description of a field, and that of its type where it has none.
pub(super) fn find_description(root: &Value, steps: &[String]) -> Option<String> {
    let nodes = schemas_at(root, steps);
    let all = nodes.iter().flat_map(|node| list_alternatives(root, node));
    all.filter_map(|node| node.get("description")?.as_str()).next().map(str::to_owned)
}

/// The keys of a mapping with their descriptions.
pub(super) fn find_keys(root: &Value, steps: &[String]) -> Vec<AllowedValue> {
    let mut found: Vec<AllowedValue> = Vec::new();
    for node in schemas_at(root, steps).into_iter().flat_map(|node| list_alternatives(root, node)) {
        let Some(properties) = node.get("properties").and_then(Value::as_object) else { continue };
        for key in properties.keys() {
            let steps = [steps, std::slice::from_ref(key)].concat();
            let meaning = find_description(root, &steps).unwrap_or_default();
            found.push(AllowedValue { value: key.clone(), meaning });
        }
    }
    found
}

/// The values that a field may have, where the schema lists them.
pub(super) fn find_values(root: &Value, steps: &[String]) -> Vec<AllowedValue> {
    let mut found: Vec<AllowedValue> = Vec::new();
    for node in schemas_at(root, steps).into_iter().flat_map(|node| list_alternatives(root, node)) {
        let meaning =
            || node.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(value) = node.get("const").and_then(Value::as_str) {
            found.push(AllowedValue { value: value.to_owned(), meaning: meaning() });
        }
        for value in node.get("enum").and_then(Value::as_array).into_iter().flatten() {
            if let Some(value) = value.as_str() {
                found.push(AllowedValue { value: value.to_owned(), meaning: String::new() });
            }
        }
        if has_type(node, "boolean") {
            for value in ["true", "false"] {
                found.push(AllowedValue { value: value.to_owned(), meaning: String::new() });
            }
        }
    }
    let mut seen = Vec::new();
    found.retain(|it| {
        !seen.contains(&it.value) && {
            seen.push(it.value.clone());
            true
        }
    });
    found
}

/// Returns whether a field is a day.
pub(super) fn is_day(root: &Value, steps: &[String]) -> bool {
    let nodes = schemas_at(root, steps);
    let mut all = nodes.into_iter().flat_map(|node| list_alternatives(root, node));
    all.any(|node| node.get("format").and_then(Value::as_str) == Some("date"))
}

/// Returns whether a field is a sequence of single values.
pub(super) fn is_list_of_scalars(root: &Value, steps: &[String]) -> bool {
    let nodes = schemas_at(root, steps);
    let mut all = nodes.into_iter().flat_map(|node| list_alternatives(root, node));
    all.any(|node| {
        node.get("items").is_some_and(|items| {
            list_alternatives(root, items).iter().all(|it| it.get("properties").is_none())
        })
    })
}

fn has_type(node: &Value, name: &str) -> bool {
    match node.get("type") {
        Some(Value::String(kind)) => kind == name,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::file_schema;

    fn steps(pointer: &str) -> Vec<String> {
        pointer.split('/').skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn the_schema_tells_keys_values_and_descriptions() {
        let item = file_schema(false);
        let names = |all: Vec<AllowedValue>| -> Vec<String> {
            all.into_iter().map(|it| it.value).collect()
        };
        assert_eq!(
            names(find_values(item, &steps("/original_risk_rating"))),
            ["low", "moderate", "high", "critical"]
        );
        assert!(names(find_keys(item, &steps("/milestones/0"))).contains(&"completed".to_owned()));
        assert!(names(find_keys(item, &steps("/point_of_contact"))).contains(&"email".to_owned()));
        assert!(names(find_values(item, &steps("/kev/listed"))).contains(&"true".to_owned()));
        assert!(
            find_description(item, &steps("/milestones/3/due")).unwrap().contains("planned for")
        );
        assert!(is_day(item, &steps("/milestones/0/due")) && !is_day(item, &steps("/comments")));
        assert!(
            is_list_of_scalars(item, &steps("/controls"))
                && !is_list_of_scalars(item, &steps("/milestones"))
        );
        assert!(names(find_keys(file_schema(true), &[])).contains(&"profile".to_owned()));
        assert!(schemas_at(item, &steps("/nothing/0/x")).is_empty());
    }
}
