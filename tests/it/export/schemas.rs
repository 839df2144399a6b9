//! The published schemas, compiled offline.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

fn read(path: &str) -> Value {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// NIST's schema of a version.
pub(crate) fn oscal(version: &str) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex())
        .build(&read(&format!("templates/oscal/poam-{version}.schema.json")))
        .unwrap()
}

/// FedRAMP's schema of a report of 2026.
pub(crate) fn fedramp(name: &str) -> Validator {
    let file = |name: &str| {
        read(&format!("templates/fedramp/schemas/fedramp-{name}-schema-2026-06-24.json"))
    };
    let common = file("common-definitions");
    let uri = common["$id"].as_str().unwrap().to_owned();
    let registry = jsonschema::Registry::new().add(uri, common).unwrap().prepare().unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .with_registry(&registry)
        .build(&file(name))
        .unwrap()
}

/// Fails with every error and its place.
pub(crate) fn assert_valid(validator: &Validator, value: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .take(10)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
