use std::fmt;

use serde_json::Value;

use super::manifest::{Digest, Manifest};
use super::take::Tree;
use crate::model::ItemId;

/// A way in which something is not what a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
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

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added(item) => write!(f, "{item} was not there"),
            Self::Missing(item) => write!(f, "{item} is missing"),
            Self::Changed { item, was, is } => {
                let short = |digest: &Digest| digest.to_string()[..12].to_owned();
                write!(f, "{item} was another: sha256 {}…, now {}…", short(was), short(is))
            }
            Self::Value { pointer, was, is } => {
                write!(f, "{}: {was} in the manifest, {is} now", pointer.trim_start_matches('/'))
            }
        }
    }
}

/// How the items of a tree differ from those of a manifest, by id.
pub fn check(manifest: &Manifest, tree: &Tree) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (item, was) in &manifest.items {
        match tree.items.get(item) {
            None => differences.push((item, Difference::Missing(item.clone()))),
            Some(is) if is != was => {
                let changed = Difference::Changed { item: item.clone(), was: *was, is: *is };
                differences.push((item, changed));
            }
            Some(_) => {}
        }
    }
    let added = tree.items.keys().filter(|item| !manifest.items.contains_key(*item));
    differences.extend(added.map(|item| (item, Difference::Added(item.clone()))));
    differences.sort_by_key(|(item, _)| *item);
    differences.into_iter().map(|(_, difference)| difference).collect()
}

/// How a manifest that was built again from the same commit differs from the one that was kept: in
/// its items, then in everything else. Another version of the program may count or write
/// differently; that the versions differ is no difference.
pub fn check_again(manifest: &Manifest, again: &Manifest) -> Vec<Difference> {
    let mut differences = check(manifest, &Tree { items: again.items.clone() });
    let plain = |manifest: &Manifest| {
        let bare = Manifest { items: Default::default(), tool: String::new(), ..manifest.clone() };
        serde_json::to_value(bare).unwrap_or_default()
    };
    values("", &plain(manifest), &plain(again), &mut differences);
    differences
}

fn values(pointer: &str, was: &Value, is: &Value, differences: &mut Vec<Difference>) {
    if was == is {
        return;
    }
    let (Value::Object(a), Value::Object(b)) = (was, is) else {
        let (was, is) = (was.clone(), is.clone());
        differences.push(Difference::Value { pointer: pointer.to_owned(), was, is });
        return;
    };
    let more = b.keys().filter(|key| !a.contains_key(*key));
    for key in a.keys().chain(more) {
        let [was, is] = [a, b].map(|map| map.get(key).unwrap_or(&Value::Null));
        values(&format!("{pointer}/{key}"), was, is, differences);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{Counts, WorkbookDigest};
    use super::*;
    use crate::summary::Totals;

    /// A manifest of items with these contents.
    pub(in super::super) fn manifest(items: &[(&str, &str)]) -> Manifest {
        let digest = |(id, text): &(&str, &str)| (id.parse().unwrap(), Digest::of(text.as_bytes()));
        Manifest {
            version: 1,
            name: "poam/2026-11".into(),
            folder: String::new(),
            system: Some("Example".into()),
            commit: "0".repeat(40),
            date: "2026-11-22".parse().unwrap(),
            tool: "poam 0.0.1".into(),
            counts: Counts {
                items: items.len(),
                totals: Totals { open: items.len(), closed: 0, overdue: 0 },
                by_status: [("open".to_owned(), items.len())].into_iter().collect(),
                by_risk: Default::default(),
                errors: 0,
                warnings: 1,
                escalations: Vec::new(),
            },
            workbook: WorkbookDigest { layout: "3.0".into(), sha256: Digest::of(b"") },
            items: items.iter().map(digest).collect(),
        }
    }

    fn told(differences: Vec<Difference>) -> Vec<String> {
        differences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn items_are_compared_by_content() {
        let kept = manifest(&[("V-1", "a"), ("V-2", "b"), ("V-4", "d")]);
        let tree = |items: &[(&str, &str)]| Tree { items: manifest(items).items };
        assert_eq!(check(&kept, &tree(&[("V-4", "d"), ("V-2", "b"), ("V-1", "a")])), []);
        let found = check(&kept, &tree(&[("V-2", "c"), ("V-3", "x"), ("V-4", "d")]));
        assert_eq!(
            told(found),
            [
                "V-1 is missing",
                "V-2 was another: sha256 3e23e8160039…, now 2e7d2c03a950…",
                "V-3 was not there"
            ]
        );
    }

    #[test]
    fn everything_else_is_compared_too() {
        let kept = manifest(&[("V-1", "a")]);
        let mut again = Manifest { tool: "poam 9".into(), ..kept.clone() };
        assert_eq!(check_again(&kept, &again), []);
        again.counts.totals.overdue = 1;
        again.counts.by_status.insert("closed".into(), 2);
        again.workbook.layout = "2.1".into();
        assert_eq!(
            told(check_again(&kept, &again)),
            [
                "counts/overdue: 0 in the manifest, 1 now",
                "counts/by_status/closed: null in the manifest, 2 now",
                "workbook/layout: \"3.0\" in the manifest, \"2.1\" now",
            ]
        );
    }
}
