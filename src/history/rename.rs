//! Items that go on under another id.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::hash::Hash;
use std::sync::Arc;

use serde_json::Value;

use crate::model::ItemId;

/// An item that a commit took away, or one that it brought.
pub(super) struct RenameCandidate<'a> {
    pub(super) id: &'a ItemId,
    pub(super) path: &'a str,
    pub(super) value: Arc<Value>,
}

/// Finds the new items that are items which are gone under another id: new id → old id.
///
/// Only what can be distinguished is paired. Of twins that are renumbered together nobody knows which
/// became which, and a past that is handed to the wrong one would be invented. Each step looks up
/// keys, so a commit that renumbers an entire plan costs as much as it has items.
pub(super) fn find_renames(
    gone: &[RenameCandidate<'_>],
    fresh: &[RenameCandidate<'_>],
) -> BTreeMap<ItemId, ItemId> {
    if gone.is_empty() || fresh.is_empty() {
        return BTreeMap::new();
    }
    let texts =
        |side: &[RenameCandidate<'_>]| side.iter().map(|it| values_without_id(&it.value)).collect();
    let (olds, news): (Vec<String>, Vec<String>) = (texts(gone), texts(fresh));
    let mut pairs = RenamePairs {
        gone: gone.iter().zip(&olds).map(Some).collect(),
        fresh: fresh.iter().zip(&news).map(Some).collect(),
        found: BTreeMap::new(),
    };
    // Twins in files that stay where they are can be distinguished after all.
    pairs.pair_unique(|it, text| Some((it.path, text)), |_, _| true);
    pairs.pair_unique(|_, text| Some(text), |_, _| true);
    // Items that were edited in the commit that renamed them.
    pairs.pair_unique(
        |it, _| Some(it.path),
        |old, new| same_weakness(old, new) || is_alike(old, new),
    );
    pairs.pair_unique(
        |it, _| weakness_key(it),
        |old, new| named_alike(old, new) && is_alike(old, new),
    );
    pairs.found
}

type CandidateSide<'a> = Vec<Option<(&'a RenameCandidate<'a>, &'a String)>>;

struct RenamePairs<'a> {
    gone: CandidateSide<'a>,
    fresh: CandidateSide<'a>,
    found: BTreeMap<ItemId, ItemId>,
}

impl<'a> RenamePairs<'a> {
    /// Pairs those whose key nobody else on their side has.
    fn pair_unique<K: Eq + Hash>(
        &mut self,
        key: impl Fn(&'a RenameCandidate<'a>, &'a str) -> Option<K>,
        accept: impl Fn(&RenameCandidate<'_>, &RenameCandidate<'_>) -> bool,
    ) {
        let unique = |side: &CandidateSide<'a>| {
            let mut places: HashMap<K, Option<usize>> = HashMap::new();
            for (place, one) in side.iter().enumerate() {
                if let Some(key) = one.and_then(|(it, text)| key(it, text)) {
                    places.entry(key).and_modify(|place| *place = None).or_insert(Some(place));
                }
            }
            places
        };
        let (olds, news) = (unique(&self.gone), unique(&self.fresh));
        for (key, at) in news {
            let (Some(at), Some(Some(from))) = (at, olds.get(&key)) else { continue };
            let (Some(Some((new, _))), Some(Some((old, _)))) =
                (self.fresh.get(at), self.gone.get(*from))
            else {
                continue;
            };
            if accept(old, new) {
                self.found.insert(new.id.clone(), old.id.clone());
                self.fresh[at] = None;
                self.gone[*from] = None;
            }
        }
    }
}

/// Writes the values of an item without its id: the same text for the same values in any order.
fn values_without_id(value: &Value) -> String {
    let mut out = String::new();
    write(value, true, &mut out);
    out
}

fn write(value: &Value, top: bool, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> =
                map.iter().filter(|(key, _)| !top || key.as_str() != "id").collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                let _ = write!(out, "{key:?}:");
                write(value, false, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            out.push('[');
            for value in list {
                write(value, false, out);
                out.push(',');
            }
            out.push(']');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}

/// Returns the name and detection date, which identify a weakness.
fn weakness_key<'a>(it: &'a RenameCandidate<'_>) -> Option<(&'a str, &'a str)> {
    let text = |field: &str| it.value.get(field).and_then(Value::as_str);
    Some((text("weakness_name")?, text("original_detection_date")?))
}

fn same_weakness(old: &RenameCandidate<'_>, new: &RenameCandidate<'_>) -> bool {
    weakness_key(old).is_some_and(|old| weakness_key(new) == Some(old))
}

/// Returns whether most fields are equal.
fn is_alike(old: &RenameCandidate<'_>, new: &RenameCandidate<'_>) -> bool {
    let (Some(old), Some(new)) = (old.value.as_object(), new.value.as_object()) else {
        return false;
    };
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    let (mut all, mut equal) = (0_usize, 0_usize);
    for key in keys.filter(|key| *key != "id") {
        all += 1;
        equal += usize::from(old.get(key) == new.get(key));
    }
    equal * 2 > all
}

/// Returns whether the files have one name, or each that of its item.
fn named_alike(old: &RenameCandidate<'_>, new: &RenameCandidate<'_>) -> bool {
    file_stem(old) == file_stem(new) || (is_own_file(old) && is_own_file(new))
}

/// Returns the name of an item's file without its ending.
fn file_stem<'a>(candidate: &RenameCandidate<'a>) -> &'a str {
    let name = candidate.path.rsplit('/').next().unwrap_or_default();
    name.strip_suffix(".yaml").unwrap_or(name)
}

fn is_own_file(candidate: &RenameCandidate<'_>) -> bool {
    file_stem(candidate) == candidate.id.as_str()
}
