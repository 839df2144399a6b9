//! Compares the manifest of a snapshot with the items of a commit.

use std::fmt;

use serde_json::Value;

use super::manifest::{Digest, Manifest};
use super::take::Tree;
use crate::model::ItemId;

/// A way in which something is not what a manifest states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotDifference {
    /// An item that the manifest does not list.
    Added(ItemId),
    /// An item that is no longer there.
    Missing(ItemId),
    /// An item whose file holds something else.
    Changed {
        /// The item.
        item: ItemId,
        /// The digest in the manifest.
        was: Digest,
        /// The digest of the file.
        is: Digest,
    },
    /// Another value of the manifest: a count, the workbook.
    Value {
        /// Its place, as a JSON pointer.
        pointer: String,
        /// In the manifest.
        was: Value,
        /// Now.
        is: Value,
    },
}

impl fmt::Display for SnapshotDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(item) => write!(f, "{item} was not there"),
            Self::Missing(item) => write!(f, "{item} is missing"),
            Self::Changed { item, was, is } => {
                write!(
                    f,
                    "{item} was another: sha256 {}…, now {}…",
                    short_digest(was),
                    short_digest(is)
                )
            }
            Self::Value { pointer, was, is } => {
                write!(f, "{}: {was} in the manifest, {is} now", pointer.trim_start_matches('/'))
            }
        }
    }
}

fn short_digest(digest: &Digest) -> String {
    digest.to_string()[..12].to_owned()
}

/// Compares the items of a tree with those of a manifest, by id.
pub fn check(manifest: &Manifest, tree: &Tree) -> Vec<SnapshotDifference> {
    let mut differences = Vec::new();
    for (item, was) in &manifest.items {
        match tree.items.get(item) {
            None => differences.push((item, SnapshotDifference::Missing(item.clone()))),
            Some(is) if is != was => {
                let changed =
                    SnapshotDifference::Changed { item: item.clone(), was: *was, is: *is };
                differences.push((item, changed));
            }
            Some(_) => {}
        }
    }
    let added = tree.items.keys().filter(|item| !manifest.items.contains_key(*item));
    differences.extend(added.map(|item| (item, SnapshotDifference::Added(item.clone()))));
    differences.sort_by_key(|(item, _)| *item);
    differences.into_iter().map(|(_, difference)| difference).collect()
}

/// Compares a manifest that was built again from the same commit with the stored one: in its items,
/// then in everything else. Another version of the program may count or write differently; that the
/// versions differ is no difference.
pub fn check_again(manifest: &Manifest, again: &Manifest) -> Vec<SnapshotDifference> {
    let mut differences = check(manifest, &Tree { items: again.items.clone() });
    compare_values("", &bare_manifest(manifest), &bare_manifest(again), &mut differences);
    differences
}

fn bare_manifest(manifest: &Manifest) -> Value {
    let bare = Manifest { items: Default::default(), tool: String::new(), ..manifest.clone() };
    serde_json::to_value(bare).unwrap_or_default()
}

fn compare_values(
    pointer: &str,
    was: &Value,
    is: &Value,
    differences: &mut Vec<SnapshotDifference>,
) {
    if was == is {
        return;
    }
    let (Value::Object(a), Value::Object(b)) = (was, is) else {
        let (was, is) = (was.clone(), is.clone());
        differences.push(SnapshotDifference::Value { pointer: pointer.to_owned(), was, is });
        return;
    };
    let more = b.keys().filter(|key| !a.contains_key(*key));
    for key in a.keys().chain(more) {
        let [was, is] = [a, b].map(|map| map.get(key).unwrap_or(&Value::Null));
        compare_values(&format!("{pointer}/{key}"), was, is, differences);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{ManifestCounts, WorkbookDigest};
    use super::*;
    use crate::summary::Totals;

    /// Returns a manifest of items with these contents.
    pub(in super::super) fn build_manifest(items: &[(&str, &str)]) -> Manifest {
        let digest =
            |(id, text): &(&str, &str)| (id.parse().unwrap(), Digest::hash(text.as_bytes()));
        Manifest {
            version: 1,
            name: "poam/2026-11".into(),
            folder: String::new(),
            system: Some("Example".into()),
            commit: "0".repeat(40),
            date: "2026-11-22".parse().unwrap(),
            tool: "poam 0.0.1".into(),
            counts: ManifestCounts {
                items: items.len(),
                totals: Totals { open: items.len(), closed: 0, overdue: 0 },
                by_status: [("open".to_owned(), items.len())].into_iter().collect(),
                by_risk: Default::default(),
                errors: 0,
                warnings: 1,
                escalations: Vec::new(),
            },
            workbook: WorkbookDigest { layout: "3.0".into(), sha256: Digest::hash(b"") },
            items: items.iter().map(digest).collect(),
        }
    }

    fn describe_differences(differences: Vec<SnapshotDifference>) -> Vec<String> {
        differences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn items_are_compared_by_content() {
        let kept = build_manifest(&[("V-1", "a"), ("V-2", "b"), ("V-4", "d")]);
        let tree = |items: &[(&str, &str)]| Tree { items: build_manifest(items).items };
        assert_eq!(check(&kept, &tree(&[("V-4", "d"), ("V-2", "b"), ("V-1", "a")])), []);
        let found = check(&kept, &tree(&[("V-2", "c"), ("V-3", "x"), ("V-4", "d")]));
        assert_eq!(
            describe_differences(found),
            [
                "V-1 is missing",
                "V-2 was another: sha256 3e23e8160039…, now 2e7d2c03a950…",
                "V-3 was not there"
            ]
        );
    }

    #[test]
    fn everything_else_is_compared_too() {
        let kept = build_manifest(&[("V-1", "a")]);
        let mut again = Manifest { tool: "poam 9".into(), ..kept.clone() };
        assert_eq!(check_again(&kept, &again), []);
        again.counts.totals.overdue = 1;
        again.counts.by_status.insert("closed".into(), 2);
        again.workbook.layout = "2.1".into();
        assert_eq!(
            describe_differences(check_again(&kept, &again)),
            [
                "counts/overdue: 0 in the manifest, 1 now",
                "counts/by_status/closed: null in the manifest, 2 now",
                "workbook/layout: \"3.0\" in the manifest, \"2.1\" now",
            ]
        );
    }
}
