//! The data files that come with the program.

use serde_json::Value;

/// The file of FedRAMP's rules.
pub(super) const RULES: &str = "templates/rules/fedramp-2026.json";

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../", $path)))),*]
    };
}

/// Our data files with their texts, except the schemas.
pub(super) const FILES: [(&str, &str); 20] = files![
    "templates/rules/fedramp-2026.json",
    "templates/rules/dates.json",
    "templates/rules/escalation.json",
    "templates/rules/kev.json",
    "templates/profiles/fedramp-rev5.json",
    "templates/profiles/cmmc-l2.json",
    "templates/profiles/emass.json",
    "templates/profiles/generic.json",
    "templates/catalogs/nist-800-53-rev5.txt",
    "templates/catalogs/nist-800-171-rev2.txt",
    "templates/catalogs/nist-800-171-rev3.txt",
    "templates/catalogs/nist-800-172.txt",
    "templates/catalogs/nist-csf-2.0.txt",
    "templates/catalogs/cmmc-2.0.txt",
    "templates/catalogs/cmmc-l2-points.txt",
    "templates/catalogs/cmmc-l3-never.txt",
    "templates/catalogs/soc2.txt",
    "templates/catalogs/fedramp-ksi.txt",
    "templates/catalogs/crosswalks.txt",
    "templates/catalogs/cci.txt",
];

/// The schemas of others, in the newest state that is here.
const SCHEMAS: [(&str, &str); 9] = files![
    "templates/fedramp/schemas/fedramp-common-definitions-schema-2026-06-24.json",
    "templates/fedramp/schemas/fedramp-vulnerability-detail-report-schema-2026-06-24.json",
    "templates/fedramp/schemas/fedramp-accepted-vulnerability-info-schema-2026-06-24.json",
    "templates/fedramp/schemas/fedramp-historical-ver-activity-schema-2026-06-24.json",
    "templates/fedramp/schemas/fedramp-ongoing-certification-report-schema-2026-06-24.json",
    "templates/fedramp/schemas/fedramp-security-decision-record-schema-2026-06-24.json",
    "templates/fedramp/schemas/fedramp-significant-change-notifications-schema-2026-06-24.json",
    "templates/oscal/poam-1.1.3.schema.json",
    "templates/oscal/poam-1.2.3.schema.json",
];

/// Returns the file with a name.
pub(super) fn find_file(name: &str) -> Option<(&'static str, &'static str)> {
    FILES.iter().copied().find(|(file, _)| file.rsplit('/').next() == Some(name))
}

/// Returns the schema that another one is a newer state of: by its id, else by the name of its
/// file. Of OSCAL the newest one that is here.
pub(super) fn find_schema(name: &str, theirs: &Value) -> Option<(&'static str, Value)> {
    let id = theirs.get("$id").and_then(Value::as_str).unwrap_or_default();
    let is_oscal = id.contains("oscal") && id.contains("poam");
    let mut found = None;
    for (file, text) in SCHEMAS {
        let Ok(ours) = serde_json::from_str::<Value>(text) else { continue };
        let same_id = !id.is_empty() && ours.get("$id").and_then(Value::as_str) == Some(id);
        if same_id || file.rsplit('/').next() == Some(name) {
            return Some((file, ours));
        }
        if is_oscal && file.contains("oscal") {
            found = Some((file, ours));
        }
    }
    found
}

/// Returns the version that a schema states.
pub(super) fn find_version(schema: &Value) -> Option<String> {
    let stated = schema.get("$schemaVersion").and_then(Value::as_str);
    stated.or_else(|| schema.get("$id")?.as_str()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folders_is_listed() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["templates/rules", "templates/profiles", "templates/catalogs"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                if !name.ends_with(".py") && name != "README.md" {
                    let path = format!("{folder}/{name}");
                    assert!(FILES.iter().any(|(file, _)| *file == path), "{path}");
                }
            }
        }
    }
}
