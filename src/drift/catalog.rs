//! Changes from a catalog of ids to a newer one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Changes, Weight};

/// An id: what follows it in our files, and whether it is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DriftEntry {
    /// Title, or other columns.
    text: String,
    withdrawn: bool,
    successors: String,
}

pub(super) type Entries = BTreeMap<String, DriftEntry>;

/// A catalog in OSCAL.
pub(super) struct OscalCatalog {
    /// The name of our file.
    pub(super) file: &'static str,
    pub(super) release: String,
    pub(super) entries: Entries,
}

/// Returns the ids of one of our files: the first column; for a file of pairs, all columns.
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
            DriftEntry { text: text.to_owned(), withdrawn, successors: successors.to_owned() },
        );
    }
    entries
}

/// Returns the release or the version that the head of our file names.
pub(super) fn find_release(text: &str) -> String {
    let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
    let named = |word: &str| {
        let (_, rest) = head.iter().find_map(|line| line.split_once(word))?;
        rest.split([' ', ':', ',']).next().map(str::to_owned)
    };
    named("release ").or_else(|| named("OSCAL catalog ")).unwrap_or_default()
}

/// Reads a catalog of controls in OSCAL: NIST SP 800-53 Rev 5, SP 800-171 Rev 3 or the CSF 2.0; none
/// where the file is another catalog.
pub(super) fn from_oscal(json: &Value) -> Option<OscalCatalog> {
    let catalog = json.get("catalog")?;
    let metadata = catalog.get("metadata")?;
    let title = metadata.get("title")?.as_str()?;
    let file = if title.contains("800-53") {
        "nist-800-53-rev5.txt"
    } else if title.contains("800-171") {
        "nist-800-171-rev3.txt"
    } else if title.contains("Cybersecurity Framework") {
        "nist-csf-2.0.txt"
    } else {
        return None;
    };
    let mut reader = Reader { file, entries: Entries::new() };
    for group in catalog.get("groups")?.as_array()? {
        reader.collect_controls(group.get("controls"), None);
    }
    let mut entries = reader.entries;
    if file == "nist-csf-2.0.txt" {
        give_categories_successors(&mut entries);
    }
    follow_successors(&mut entries);
    let release = metadata.get("version")?.as_str()?.to_owned();
    Some(OscalCatalog { file, release, entries })
}

/// FedRAMP's Key Security Indicators of a dataset.
pub(super) fn find_indicators(dataset: &Value) -> Option<Entries> {
    let mut entries = Entries::new();
    for theme in dataset.get("KSI")?.as_object()?.values() {
        for (id, indicator) in theme.get("indicators")?.as_object()? {
            let text = indicator.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let entry = DriftEntry { text, withdrawn: false, successors: String::new() };
            entries.insert(id.clone(), entry);
        }
    }
    Some(entries)
}

/// Reads controls as `templates/catalogs/make.py` does.
struct Reader {
    file: &'static str,
    entries: Entries,
}

impl Reader {
    fn collect_controls(&mut self, controls: Option<&Value>, parent: Option<&str>) {
        for control in controls.and_then(Value::as_array).into_iter().flatten() {
            let (Some(id), Some(title)) = (control["id"].as_str(), control["title"].as_str())
            else {
                continue;
            };
            let inner = control.get("controls");
            // Families of requirements are groups in one state and controls in another.
            if self.file == "nist-800-171-rev3.txt" && control["class"] != "requirement" {
                self.collect_controls(inner, None);
                continue;
            }
            let props = control["props"].as_array();
            let withdrawn = props.into_iter().flatten().any(|prop| {
                prop["name"] == "status"
                    && prop["value"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("withdrawn"))
            });
            let text = match (self.file, parent) {
                ("nist-csf-2.0.txt", Some(_)) => String::new(),
                ("nist-800-171-rev3.txt", _) if withdrawn => String::new(),
                (_, Some(parent)) => format!("{parent} | {title}"),
                (_, None) => title.to_owned(),
            };
            let links = control["links"].as_array().into_iter().flatten();
            let successors: Vec<String> = links
                .filter(|link| withdrawn && leads_to_successor(&link["rel"]))
                .filter_map(|link| {
                    Some(self.canonical_id(link["href"].as_str()?.trim_start_matches('#')))
                })
                .collect();
            let entry = DriftEntry { text, withdrawn, successors: successors.join(" ") };
            self.entries.insert(self.canonical_id(id), entry);
            self.collect_controls(inner, Some(title));
        }
    }

    fn canonical_id(&self, id: &str) -> String {
        match self.file {
            "nist-800-53-rev5.txt" => control_id(id),
            _ => id.trim_start_matches("SP_800_171_").to_owned(),
        }
    }
}

/// Returns whether a link leads to what took the place of a withdrawn id; NIST writes both - and _.
fn leads_to_successor(rel: &Value) -> bool {
    let rel = rel.as_str().unwrap_or_default().replace('_', "-");
    ["incorporated-into", "moved-to", "addressed-by"].contains(&rel.as_str())
}

/// Gives withdrawn categories without links the categories of their subcategories' successors.
fn give_categories_successors(entries: &mut Entries) {
    let lonely: Vec<String> = entries
        .iter()
        .filter(|(id, it)| it.withdrawn && it.successors.is_empty() && !id.contains('-'))
        .map(|(id, _)| id.clone())
        .collect();
    for category in lonely {
        let start = format!("{category}-");
        let mut found: Vec<String> = Vec::new();
        for (_, sub) in entries.range(start.clone()..).take_while(|(id, _)| id.starts_with(&start))
        {
            for next in sub.successors.split(' ').filter_map(|id| id.split('-').next()) {
                if !next.is_empty() && !found.iter().any(|one| one == next) {
                    found.push(next.to_owned());
                }
            }
        }
        if let Some(entry) = entries.get_mut(&category) {
            entry.successors = found.join(" ");
        }
    }
}

/// Follows successors that are themselves withdrawn to their end.
fn follow_successors(entries: &mut Entries) {
    fn find_ends(entries: &Entries, id: &str, seen: &mut Vec<String>, found: &mut Vec<String>) {
        let next = entries.get(id).filter(|it| it.withdrawn);
        let Some(next) = next else {
            if !found.iter().any(|one| one == id) {
                found.push(id.to_owned());
            }
            return;
        };
        for successor in next.successors.split(' ').filter(|it| !it.is_empty()) {
            if !seen.iter().any(|one| one == successor) {
                seen.push(successor.to_owned());
                find_ends(entries, successor, seen, found);
            }
        }
    }
    let before = entries.clone();
    for (id, entry) in entries.iter_mut().filter(|(_, it)| it.withdrawn) {
        let mut found = Vec::new();
        find_ends(&before, id, &mut vec![id.clone()], &mut found);
        entry.successors = found.join(" ");
    }
}

/// `AC-2(1)` of `ac-2.1`.
fn control_id(id: &str) -> String {
    // Of a part of a control, such as ac-2_smt.k, the control.
    let id = id.split('_').next().unwrap_or_default();
    let (base, enhancement) = id.split_once('.').unwrap_or((id, ""));
    let base = match base.split_once('-') {
        Some((family, number)) => format!("{}-{}", family.to_uppercase(), without_zeros(number)),
        None => base.to_uppercase(),
    };
    if enhancement.is_empty() { base } else { format!("{base}({})", without_zeros(enhancement)) }
}

fn without_zeros(number: &str) -> String {
    number.trim_start_matches('0').to_owned()
}

/// Compares two catalogs.
pub(super) fn compare(ours: &Entries, theirs: &Entries, changes: &mut Changes) {
    let ids: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for id in ids {
        match (ours.get(id), theirs.get(id)) {
            (Some(old), Some(new)) => {
                if old.withdrawn != new.withdrawn {
                    let change = if new.withdrawn { "withdrawn now" } else { "in force again" };
                    changes.add_change(Weight::Forced, id, change);
                }
                if old.text != new.text {
                    let change = format!("{} -> {}", old.text, new.text);
                    changes.add_change(text_weight(&old.text), id, change);
                }
                if old.successors != new.successors {
                    let change = format!("successors: {} -> {}", old.successors, new.successors);
                    changes.add_change(Weight::Forced, id, change);
                }
            }
            (None, Some(new)) => {
                changes.add_change(Weight::Optional, id, format!("new: {}", new.text))
            }
            (Some(_), None) => changes.add_change(Weight::Forced, id, "no longer there"),
            (None, None) => {}
        }
    }
}

/// Points of a requirement are no words.
fn text_weight(text: &str) -> Weight {
    let number = text.split(' ').next().unwrap_or_default();
    if number.parse::<u32>().is_ok() { Weight::Forced } else { Weight::Wording }
}
