//! What changed from a catalog of ids to a newer one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Changes, Weight};

/// An id: what follows it in our files, and whether it is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Title, or other columns.
    text: String,
    withdrawn: bool,
    successors: String,
}

pub(super) type Entries = BTreeMap<String, Entry>;

/// A catalog in OSCAL.
pub(super) struct OscalCatalog {
    pub(super) release: String,
    pub(super) entries: Entries,
}

/// The ids of one of our files: the first column; for a file of pairs, all columns.
pub(super) fn from_text(text: &str) -> Entries {
    let mut entries = Entries::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (id, text) = match columns.as_slice() {
            [pair @ .., _] if columns.len() == 5 => (pair.join(" "), ""),
            [one] => one
                .split_once(' ')
                .map_or((one.to_string(), ""), |(id, rest)| (id.to_owned(), rest)),
            [id, rest @ ..] => (id.to_string(), rest.first().copied().unwrap_or_default()),
            [] => continue,
        };
        let withdrawn = columns.len() < 5 && columns.get(2) == Some(&"withdrawn");
        let successors = match withdrawn {
            true => columns.get(3).copied().unwrap_or_default(),
            false => "",
        };
        entries.insert(
            id,
            Entry { text: text.to_owned(), withdrawn, successors: successors.to_owned() },
        );
    }
    entries
}

/// The release that the head of our file names.
pub(super) fn release(text: &str) -> String {
    let head = text.lines().next().unwrap_or_default();
    let release = head.split_once("release ").map(|(_, rest)| rest);
    let release = release.and_then(|rest| rest.split([' ', ':']).next());
    release.unwrap_or_default().to_owned()
}

/// The controls of NIST's catalog in OSCAL; none where the file is another catalog.
pub(super) fn from_oscal(json: &Value) -> Option<OscalCatalog> {
    let catalog = json.get("catalog")?;
    let metadata = catalog.get("metadata")?;
    if !metadata.get("title")?.as_str()?.contains("800-53") {
        return None;
    }
    let mut entries = Entries::new();
    for group in catalog.get("groups")?.as_array()? {
        collect(group.get("controls"), None, &mut entries);
    }
    let release = metadata.get("version")?.as_str()?.to_owned();
    Some(OscalCatalog { release, entries })
}

fn collect(controls: Option<&Value>, parent: Option<&str>, entries: &mut Entries) {
    for control in controls.and_then(Value::as_array).into_iter().flatten() {
        let (Some(id), Some(title)) = (control["id"].as_str(), control["title"].as_str()) else {
            continue;
        };
        let props = control["props"].as_array();
        let withdrawn = props.into_iter().flatten().any(|prop| {
            prop["name"] == "status"
                && prop["value"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("withdrawn"))
        });
        let text = parent.map_or_else(|| title.to_owned(), |parent| format!("{parent} | {title}"));
        let entry = Entry { text, withdrawn, successors: String::new() };
        entries.insert(control_id(id), entry);
        collect(control.get("controls"), Some(title), entries);
    }
}

/// `AC-2(1)` of `ac-2.1`.
fn control_id(id: &str) -> String {
    let (base, enhancement) = id.split_once('.').unwrap_or((id, ""));
    let plain = |number: &str| number.trim_start_matches('0').to_owned();
    let base = match base.split_once('-') {
        Some((family, number)) => format!("{}-{}", family.to_uppercase(), plain(number)),
        None => base.to_uppercase(),
    };
    if enhancement.is_empty() { base } else { format!("{base}({})", plain(enhancement)) }
}

/// Compares two catalogs. Successors are only compared where both say them.
pub(super) fn compare(ours: &Entries, theirs: &Entries, changes: &mut Changes) {
    let ids: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for id in ids {
        match (ours.get(id), theirs.get(id)) {
            (Some(old), Some(new)) => {
                if old.withdrawn != new.withdrawn {
                    let change = if new.withdrawn { "withdrawn now" } else { "in force again" };
                    changes.add(Weight::Forced, id, change);
                }
                if old.text != new.text {
                    let change = format!("{} -> {}", old.text, new.text);
                    changes.add(text_weight(&old.text), id, change);
                }
                if old.successors != new.successors && !new.successors.is_empty() {
                    let change = format!("successors: {} -> {}", old.successors, new.successors);
                    changes.add(Weight::Forced, id, change);
                }
            }
            (None, Some(new)) => changes.add(Weight::Optional, id, format!("new: {}", new.text)),
            (Some(_), None) => changes.add(Weight::Forced, id, "no longer there"),
            (None, None) => {}
        }
    }
}

/// Points of a requirement are no words.
fn text_weight(text: &str) -> Weight {
    let number = text.split(' ').next().unwrap_or_default();
    if number.parse::<u32>().is_ok() { Weight::Forced } else { Weight::Wording }
}
