//! OSCAL POA&Ms: versions, references inside the document, FedRAMP's metadata.

use std::collections::{HashMap, HashSet};

use chrono::DateTime;
use serde_json::Value;

use super::DocumentFault;
use super::assertions::{list, text};
use super::kind::OSCAL_POAM;
use crate::diagnostic::Level;
use crate::exchange::oscal::{FEDRAMP_VERSION, OURS, PROFILE};

/// Versions of OSCAL that NIST published, by line: 1.0, 1.1, 1.2.
pub(super) const VERSIONS: [&[&str]; 3] = [
    &["1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5", "1.0.6"],
    &["1.1.0", "1.1.1", "1.1.2", "1.1.3"],
    &["1.2.0", "1.2.1", "1.2.2", "1.2.3"],
];

/// FedRAMP's namespaces: that of its guide of 2023, and that since its decision of October 2024.
const FEDRAMP: [&str; 2] = ["https://fedramp.gov/ns/oscal", "http://fedramp.gov/ns/oscal"];

/// Returns the line of a version; none where NIST has no such line.
pub(super) fn line_of(version: &str) -> Option<usize> {
    let mut parts = version.split('.');
    let line = match (parts.next(), parts.next()) {
        (Some("1"), Some("0")) => 0,
        (Some("1"), Some("1")) => 1,
        (Some("1"), Some("2")) => 2,
        _ => return None,
    };
    parts.next().is_some_and(|patch| patch.parse::<u32>().is_ok()).then_some(line)
}

/// Members that OSCAL 1.1 added, in every entry of a list of this name.
const ADDED_TO_ENTRIES: [(&str, &str); 2] = [("props", "group"), ("links", "resource-fragment")];

/// Members that OSCAL 1.1 added at one place.
const ADDED_AT: [&str; 3] = ["metadata/actions", "local-definitions/assessment-assets", "findings"];

/// Members that entries of a list had to have until OSCAL 1.1.
const REQUIRED_UNTIL: [(&str, &str); 2] = [("locations", "address"), ("protocols", "name")];

/// Collects what a document of OSCAL 1.0 has that came with 1.1, and what it lacks that 1.1 no longer
/// requires: NIST's schema of 1.1.3 with these differences is that of 1.0.6.
pub(super) fn check_1_0(document: &Value, version: &str, faults: &mut Vec<DocumentFault>) {
    let top = format!("/{OSCAL_POAM}");
    let mut newer = |pointer: String, name: &str| {
        faults.push(DocumentFault {
            rule: "schema",
            level: Level::Error,
            pointer,
            is_key: true,
            message: format!("`{name}` came with OSCAL 1.1.0, and the document says {version}"),
            help: Some("remove it, or write a newer `oscal-version`".to_owned()),
        });
    };
    let Some(plan) = document.get(OSCAL_POAM) else { return };
    for path in ADDED_AT {
        if plan.pointer(&format!("/{path}")).is_some() {
            newer(format!("{top}/{path}"), path.rsplit('/').next().unwrap_or(path));
        }
    }
    for (pointer, item) in list(plan, &top, "poam-items") {
        if item.get("related-findings").is_some() {
            newer(format!("{pointer}/related-findings"), "related-findings");
        }
    }
    let mut missing = Vec::new();
    for_each_entry(plan, &top, &mut |name, pointer, entry| {
        for (list, member) in ADDED_TO_ENTRIES {
            if name == list && entry.get(member).is_some() {
                newer(format!("{pointer}/{member}"), member);
            }
        }
        for (list, member) in REQUIRED_UNTIL {
            if name == list && entry.get(member).is_none() {
                missing.push((pointer.to_owned(), member));
            }
        }
    });
    for (pointer, member) in missing {
        faults.push(DocumentFault {
            rule: "schema",
            level: Level::Error,
            pointer,
            is_key: false,
            message: format!("`{member}` is missing"),
            help: Some(format!("OSCAL {version} requires it; 1.1 does not")),
        });
    }
}

/// Visits every entry of every list with the name of the list and its pointer.
fn for_each_entry(value: &Value, pointer: &str, visit: &mut dyn FnMut(&str, &str, &Value)) {
    let Some(object) = value.as_object() else { return };
    for (name, member) in object {
        let pointer = format!("{pointer}/{}", crate::document::escape_step(name));
        match member {
            Value::Array(entries) => {
                for (at, entry) in entries.iter().enumerate() {
                    let pointer = format!("{pointer}/{at}");
                    visit(name, &pointer, entry);
                    for_each_entry(entry, &pointer, visit);
                }
            }
            _ => for_each_entry(member, &pointer, visit),
        }
    }
}

/// Returns whether a document uses FedRAMP's extensions, and is not of a tracker for another framework.
pub(super) fn is_for_fedramp(document: &Value) -> bool {
    let Some(plan) = document.get(OSCAL_POAM) else { return false };
    let system = plan.pointer("/system-id/identifier-type").and_then(Value::as_str);
    let is_system = |text: &str| text.trim_end_matches("/ns/oscal").ends_with("//fedramp.gov");
    let props = plan.pointer("/metadata/props").and_then(Value::as_array);
    let is_profile = |prop: &Value| text(prop, "ns") == OURS && text(prop, "name") == PROFILE;
    if props.is_some_and(|props| props.iter().any(is_profile)) {
        return false;
    }
    let mut found = system.is_some_and(is_system);
    for_each_entry(plan, "", &mut |name, _, entry| {
        found |= name == "props" && FEDRAMP.contains(&text(entry, "ns"));
    });
    found
}

/// Members that name a part of the document by its UUID, and the lists where such parts are. `true`:
/// the part can only be in this document; else it may be in the system security plan.
const REFERENCES: [(&str, &[&str], bool); 3] = [
    ("risk-uuid", &["risks"], true),
    ("observation-uuid", &["observations"], true),
    ("finding-uuid", &["findings"], true),
];

/// Collects UUIDs that are twice, and references to parts that are not there. With `fedramp`,
/// references of items are left to FedRAMP's assertions, which state the same.
pub(super) fn check_references(document: &Value, fedramp: bool, faults: &mut Vec<DocumentFault>) {
    let Some(plan) = document.get(OSCAL_POAM) else { return };
    let top = format!("/{OSCAL_POAM}");
    let mut first: HashMap<String, String> = HashMap::new();
    let mut in_list: HashMap<&str, HashSet<String>> = HashMap::new();
    let mut twice = Vec::new();
    let mut named = Vec::new();
    let lists = ["risks", "observations", "findings", "resources", "parties", "roles"];
    for_each_entry(plan, &top, &mut |name, pointer, entry| {
        let uuid = text(entry, "uuid").to_ascii_lowercase();
        if !uuid.is_empty() {
            if let Some(list) = lists.iter().find(|list| **list == name) {
                in_list.entry(list).or_default().insert(uuid.clone());
            }
            match first.get(&uuid) {
                Some(other) => twice.push((pointer.to_owned(), uuid, other.clone())),
                None => {
                    first.insert(uuid, pointer.to_owned());
                }
            }
        }
        for (member, targets, _) in REFERENCES {
            if let Some(uuid) = entry.get(member).and_then(Value::as_str) {
                named.push((format!("{pointer}/{member}"), uuid.to_owned(), targets));
            }
        }
    });
    for (pointer, uuid, other) in twice {
        faults.push(DocumentFault {
            rule: "duplicate-uuid",
            level: Level::Error,
            pointer: format!("{pointer}/uuid"),
            is_key: false,
            message: format!("the uuid {uuid} stands at {other}, too"),
            help: Some("give each part a uuid of its own".to_owned()),
        });
    }
    for (pointer, uuid, targets) in named {
        let of_item = pointer.starts_with(&format!("{top}/poam-items/"));
        if fedramp && of_item && targets != ["findings"] {
            continue;
        }
        let is_there = targets.iter().any(|list| {
            in_list.get(list).is_some_and(|uuids| uuids.contains(&uuid.to_ascii_lowercase()))
        });
        if !is_there {
            faults.push(DocumentFault {
                rule: "unknown-reference",
                level: Level::Error,
                pointer,
                is_key: false,
                message: format!("none of the {} has the uuid {uuid}", targets.join(" and ")),
                help: Some("add the part, or correct the uuid".to_owned()),
            });
        }
    }
}

/// Values that FedRAMP allows for the type of a resource (`attachment-type`).
const ATTACHMENT_TYPES: [&str; 33] = [
    "law",
    "regulation",
    "standard",
    "guidance",
    "policy",
    "procedure",
    "guide",
    "rules-of-behavior",
    "plan",
    "system-security-plan",
    "artifact",
    "evidence",
    "screen-shot",
    "image",
    "tool-report",
    "raw-tool-output",
    "interview-notes",
    "questionnaire",
    "report",
    "fedramp-citations",
    "fedramp-acronyms",
    "fedramp-logo",
    "separation-of-duties-matrix",
    "logo",
    "personally-identifiable-information",
    "agreement",
    "isa-agreement",
    "incident-response-plan",
    "information-security-policies-and-procedures",
    "users-guide",
    "privacy-impact-assessment",
    "information-system-contingency-plan",
    "configuration-management-plan",
];

/// Collects what a document has against the parts of FedRAMP's metaschema constraints that are about
/// POA&Ms, for documents in their namespace (OSCAL 1.1 and later).
pub(super) fn check_constraints(document: &Value, faults: &mut Vec<DocumentFault>) {
    let Some(plan) = document.get(OSCAL_POAM) else { return };
    let namespace = FEDRAMP[1];
    let metadata = plan.get("metadata").unwrap_or(&Value::Null);
    let top = format!("/{OSCAL_POAM}");
    let at = format!("{top}/metadata");
    let mut fail = |rule, level, pointer: String, message: String, help: &str| {
        faults.push(DocumentFault {
            rule,
            level,
            pointer,
            is_key: false,
            message,
            help: Some(help.to_owned()),
        });
    };
    let has = |name: &str, ns: Option<&str>| {
        list(metadata, "", "props").iter().any(|(_, prop)| {
            text(prop, "name") == name && ns.is_none_or(|ns| text(prop, "ns") == ns)
        })
    };
    if !has("fedramp-version", Some(namespace)) {
        fail(
            "fedramp-version",
            Level::Error,
            at.clone(),
            "the metadata do not say which version of FedRAMP's rules the document follows"
                .to_owned(),
            "add the property `fedramp-version` in the namespace http://fedramp.gov/ns/oscal",
        );
    }
    for (pointer, prop) in list(metadata, &at, "props") {
        let value = text(prop, "value");
        let is_version = text(prop, "name") == "fedramp-version" && text(prop, "ns") == namespace;
        if is_version && value != FEDRAMP_VERSION {
            fail(
                "fedramp-version",
                Level::Error,
                format!("{pointer}/value"),
                format!("`{value}` is no version of FedRAMP's rules for OSCAL"),
                &format!("write {FEDRAMP_VERSION}, the only value that FedRAMP's list allows"),
            );
        }
    }
    if text(metadata, "published").is_empty() {
        fail(
            "has-published-date",
            Level::Error,
            at.clone(),
            "the metadata have no publication date".to_owned(),
            "add `published`, e.g. 2026-11-30T00:00:00Z",
        );
    }
    if !has("marking", None) {
        fail(
            "marking",
            Level::Error,
            at.clone(),
            "the metadata have no marking of the data's sensitivity".to_owned(),
            "add the property `marking`, e.g. cui",
        );
    }
    for (pointer, party) in list(metadata, &at, "parties") {
        if text(party, "name").is_empty() {
            let message = "the party has no name".to_owned();
            fail("party-has-name", Level::Error, pointer.clone(), message, "add `name`");
        }
        for (pointer, address) in list(party, &pointer, "addresses") {
            let kind = text(address, "type");
            if !kind.is_empty() && kind != "work" {
                let message = format!("`{kind}` is no type of address that FedRAMP takes");
                fail(
                    "address-type",
                    Level::Error,
                    format!("{pointer}/type"),
                    message,
                    "write work",
                );
            }
        }
    }
    let matter = plan.get("back-matter").unwrap_or(&Value::Null);
    for (pointer, resource) in list(matter, &format!("{top}/back-matter"), "resources") {
        for (pointer, prop) in list(resource, &pointer, "props") {
            if text(prop, "ns") != namespace {
                continue;
            }
            let (name, value) = (text(prop, "name"), text(prop, "value"));
            let pointer = format!("{pointer}/value");
            if name == "type" && !ATTACHMENT_TYPES.contains(&value) {
                let message = format!("`{value}` is no type of attachment that FedRAMP takes");
                let help = format!("write one of {}", ATTACHMENT_TYPES.join(", "));
                fail("attachment-type", Level::Error, pointer, message, &help);
            } else if name == "last-accessed" && DateTime::parse_from_rfc3339(value).is_err() {
                let message = format!("`{value}` is no date and time with a time zone");
                let help = "write it as 2026-11-30T00:00:00Z";
                fail("last-accessed-is-datetime", Level::Warning, pointer, message, help);
            }
        }
    }
    let local = plan.get("local-definitions").unwrap_or(&Value::Null);
    let local_at = format!("{top}/local-definitions");
    let yes_or_no = [
        ("allows-authenticated-scan", "inventory-item-allows-authenticated-scan"),
        ("public", "inventory-item-public"),
        ("virtual", "inventory-item-virtual"),
    ];
    let assets = local.get("assessment-assets").unwrap_or(&Value::Null);
    let mut parts = list(local, &local_at, "inventory-items");
    parts.extend(list(local, &local_at, "components"));
    parts.extend(list(assets, &format!("{local_at}/assessment-assets"), "components"));
    for (pointer, part) in parts {
        for (pointer, prop) in list(part, &pointer, "props") {
            let (name, value) = (text(prop, "name"), text(prop, "value"));
            let class = text(prop, "class");
            if name == "information-type"
                && text(prop, "ns") == namespace
                && !class.is_empty()
                && !["incoming", "outgoing"].contains(&class)
            {
                let message = format!("`{class}` is no direction of a data flow");
                let pointer = format!("{pointer}/class");
                let help = "write incoming or outgoing";
                fail("information-type", Level::Error, pointer, message, help);
            }
            let rule = yes_or_no.iter().find(|(member, _)| *member == name);
            if let Some((_, rule)) = rule
                && !["yes", "no"].contains(&value)
            {
                let message = format!("`{value}` is not yes or no");
                fail(rule, Level::Error, format!("{pointer}/value"), message, "write yes or no");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(
        check: impl Fn(&Value, &mut Vec<DocumentFault>),
        document: &Value,
    ) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        check(document, &mut faults);
        faults
            .into_iter()
            .map(|fault| (fault.rule, fault.pointer.replace(OSCAL_POAM, "poam")))
            .collect()
    }

    #[test]
    fn a_tracker_for_another_framework_is_not_for_fedramp() {
        let fedramp =
            json!({"ns": "https://fedramp.gov/ns/oscal", "name": "POAM-ID", "value": "V-1"});
        let document = |props: Value| json!({(OSCAL_POAM): {"metadata": {"props": props}, "poam-items": [{"props": [fedramp]}]}});
        let profile = json!([{"ns": "urn:poam:oscal:1", "name": "profile", "value": "cmmc-l2"}]);
        assert!(is_for_fedramp(&document(json!([]))));
        assert!(!is_for_fedramp(&document(profile)));
    }

    #[test]
    fn lines_of_versions() {
        for (version, line) in [
            ("1.0.4", Some(0)),
            ("1.1.3", Some(1)),
            ("1.2.9", Some(2)),
            ("1.3.0", None),
            ("1.1", None),
            ("1.0.0-rc1", None),
            ("", None),
        ] {
            assert_eq!(line_of(version), line, "{version}");
        }
        for (line, versions) in VERSIONS.iter().enumerate() {
            assert!(versions.iter().all(|version| line_of(version) == Some(line)));
        }
    }

    #[test]
    fn what_came_with_1_1_is_not_in_1_0() {
        let document = json!({OSCAL_POAM: {
            "metadata": {"actions": [], "props": [{"group": "g"}, {"name": "n"}],
                "locations": [{"uuid": "u", "links": [{"resource-fragment": "x"}]}]},
            "findings": [],
            "poam-items": [{"related-findings": []}, {}],
        }});
        let found = rules(|document, faults| check_1_0(document, "1.0.4", faults), &document);
        let pointers: Vec<&str> = found.iter().map(|(_, pointer)| pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/poam/metadata/actions",
                "/poam/findings",
                "/poam/poam-items/0/related-findings",
                "/poam/metadata/props/0/group",
                "/poam/metadata/locations/0/links/0/resource-fragment",
                "/poam/metadata/locations/0",
            ]
        );
    }

    #[test]
    fn references_lead_somewhere_and_uuids_stand_once() {
        let document = json!({OSCAL_POAM: {
            "risks": [{"uuid": "A", "related-observations": [{"observation-uuid": "x"}]}, {"uuid": "a"}],
            "poam-items": [{"uuid": "i", "related-risks": [{"risk-uuid": "a"}, {"risk-uuid": "b"}]}],
        }});
        let all = rules(|document, faults| check_references(document, false, faults), &document);
        assert_eq!(
            all,
            [
                ("duplicate-uuid", "/poam/risks/1/uuid".to_owned()),
                (
                    "unknown-reference",
                    "/poam/risks/0/related-observations/0/observation-uuid".to_owned()
                ),
                ("unknown-reference", "/poam/poam-items/0/related-risks/1/risk-uuid".to_owned()),
            ]
        );
        let left = rules(|document, faults| check_references(document, true, faults), &document);
        assert_eq!(left, all[..2]);
    }

    #[test]
    fn constraints_of_fedramp() {
        let ns = "http://fedramp.gov/ns/oscal";
        let good = json!({OSCAL_POAM: {"metadata": {
            "published": "2026-11-30T00:00:00Z",
            "props": [{"name": "fedramp-version", "ns": ns, "value": "fedramp-3.0.0rc1-oscal-1.1.2"}, {"name": "marking", "value": "cui"}],
            "parties": [{"name": "P", "addresses": [{"type": "work"}]}],
        }}});
        assert!(is_for_fedramp(&good));
        assert_eq!(rules(check_constraints, &good), []);
        let bad = json!({OSCAL_POAM: {
            "metadata": {"parties": [{"addresses": [{"type": "home"}]}], "props": [{"name": "fedramp-version"}]},
            "local-definitions": {
                "components": [{"props": [{"name": "public", "value": "maybe"}]}],
                "assessment-assets": {"components": [{"props": [
                    {"name": "virtual", "value": "YES"},
                    {"name": "information-type", "ns": ns, "value": "C.2.1.1", "class": "both"},
                ]}]},
            },
            "back-matter": {"resources": [{"props": [
                {"name": "type", "ns": ns, "value": "letter"},
                {"name": "type", "value": "letter"},
                {"name": "last-accessed", "ns": ns, "value": "2026-11-30"},
            ]}]},
        }});
        let found: Vec<&str> =
            rules(check_constraints, &bad).iter().map(|(rule, _)| *rule).collect();
        assert_eq!(
            found,
            [
                "fedramp-version",
                "has-published-date",
                "marking",
                "party-has-name",
                "address-type",
                "attachment-type",
                "last-accessed-is-datetime",
                "inventory-item-public",
                "inventory-item-virtual",
                "information-type",
            ]
        );
        // The list of FedRAMP/fedramp-automation has one value, and allows no other.
        for (value, expected) in [
            ("fedramp-3.0.0rc1-oscal-1.1.2", 0),
            ("fedramp-3.0.0-rc1", 1),
            ("", 1),
            ("fedramp2.1.0-oscal1.0.4", 1),
        ] {
            let mut document = good.clone();
            document[OSCAL_POAM]["metadata"]["props"][0]["value"] = value.into();
            let found = rules(check_constraints, &document);
            assert_eq!(found.len(), expected, "{value}: {found:?}");
            assert!(found.iter().all(|(rule, _)| *rule == "fedramp-version"), "{found:?}");
        }
        assert!(!is_for_fedramp(&json!({OSCAL_POAM: {"metadata": {}}})));
        assert!(is_for_fedramp(
            &json!({OSCAL_POAM: {"system-id": {"identifier-type": "https://fedramp.gov"}}})
        ));
    }
}
