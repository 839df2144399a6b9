//! Differences between two versions of an item, and the edits that apply them to a third.

use serde_json::{Map, Value, json};

use crate::document::{Edit, escape_step};

/// Lists whose members have a name of their own: the list, and the key that names a member.
const MEMBERS: [(&str, &str); 3] =
    [("milestones", "id"), ("deviations", "type"), ("evidence", "reference")];

/// One step to a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PointerStep {
    /// The value of a key.
    Key(String),
    /// The member of a list with this value under a key.
    Member(&'static str, Value),
}

/// A value that differs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Delta {
    /// The way to it.
    pub(super) path: Vec<PointerStep>,
    /// Value before; null where there was none.
    pub(super) old: Value,
    /// Value after; null where there is none.
    pub(super) new: Value,
}

/// Every value in which two items differ, as deep as their values have names.
pub(super) fn diff_values(old: &Value, new: &Value) -> Vec<Delta> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), old, new, &mut found);
    found
}

fn compare(path: &mut Vec<PointerStep>, old: &Value, new: &Value, found: &mut Vec<Delta>) {
    // Keys of the user's own have nothing to do with each other.
    let own = matches!(path.as_slice(), [PointerStep::Key(key)] if key == "extra");
    // Below the item, nothing is an empty mapping or an empty list of members with names: the third
    // version may hold more there than both state.
    let members = matches!(path.as_slice(), [PointerStep::Key(key)] if is_members(key));
    let (none, empty) = (Value::Object(Map::new()), Value::Array(Vec::new()));
    let fill = |value: &'_ Value, other: &Value| {
        let top = path.len() == 1 && value.is_null();
        (top && (own || other.is_object()))
            .then_some(&none)
            .or_else(|| (top && members && other.is_array()).then_some(&empty))
    };
    let (old, new) = (fill(old, new).unwrap_or(old), fill(new, old).unwrap_or(new));
    match (old, new) {
        (old, new) if old == new => {}
        (Value::Object(before), Value::Object(after)) => {
            let gone = before.keys().filter(|key| !after.contains_key(*key));
            for key in after.keys().chain(gone) {
                let value = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                path.push(PointerStep::Key(key.clone()));
                compare(path, &value(before), &value(after), found);
                path.pop();
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            let Some(key) = naming_key(path, before, after) else {
                found.push(Delta { path: path.clone(), old: old.clone(), new: new.clone() });
                return;
            };
            let find = |list: &[Value], name: &Value| {
                list.iter().find(|one| one.get(key) == Some(name)).cloned().unwrap_or_default()
            };
            let names = |list: &[Value]| -> Vec<Value> {
                list.iter().filter_map(|one| one.get(key)).cloned().collect()
            };
            let after_names = names(after);
            let gone = names(before).into_iter().filter(|name| !after_names.contains(name));
            for name in after_names.iter().cloned().chain(gone.collect::<Vec<_>>()) {
                path.push(PointerStep::Member(key, name.clone()));
                compare(path, &find(before, &name), &find(after, &name), found);
                path.pop();
            }
        }
        (old, new) => {
            found.push(Delta { path: path.clone(), old: old.clone(), new: new.clone() });
        }
    }
}

fn is_members(list: &str) -> bool {
    MEMBERS.iter().any(|(name, _)| *name == list)
}

/// The key that names the members of a list, where each of both has a name of its own.
fn naming_key(path: &[PointerStep], before: &[Value], after: &[Value]) -> Option<&'static str> {
    let [PointerStep::Key(list)] = path else { return None };
    let (_, key) = MEMBERS.iter().find(|(name, _)| name == list)?;
    let own = |list: &[Value]| {
        let names: Vec<Option<&Value>> = list.iter().map(|one| one.get(key)).collect();
        names.iter().enumerate().all(|(at, name)| name.is_some() && !names[..at].contains(name))
    };
    (own(before) && own(after)).then_some(key)
}

impl Delta {
    /// The address in an item, for people; members of lists go by their name.
    pub(super) fn describe_place(&self) -> String {
        self.path.iter().map(pointer_step).collect()
    }

    /// The field of the item.
    pub(super) fn field_name(&self) -> &str {
        match self.path.first() {
            Some(PointerStep::Key(key)) => key,
            _ => "",
        }
    }

    /// The value at the same place of another version; null where it is not there.
    pub(super) fn in_other<'a>(&self, item: &'a Value) -> &'a Value {
        let mut here = item;
        for step in &self.path {
            let next = match step {
                PointerStep::Key(key) => here.get(key),
                PointerStep::Member(key, name) => here
                    .as_array()
                    .and_then(|list| list.iter().find(|one| one.get(key) == Some(name))),
            };
            match next {
                Some(next) => here = next,
                None => return &Value::Null,
            }
        }
        here
    }

    /// The edits that give the place its new value in an item, and make that item the one that it
    /// will be. None where the place has the value already.
    pub(super) fn apply(&self, item: &mut Value) -> Vec<Edit> {
        if *self.in_other(item) == self.new {
            return Vec::new();
        }
        let mut pointer = String::new();
        let mut here = &*item;
        let mut steps = self.path.iter().enumerate();
        let edit = loop {
            let Some((at, step)) = steps.next() else { break None };
            let last = at + 1 == self.path.len();
            match step {
                PointerStep::Key(key) => {
                    let address = format!("{pointer}/{}", escape_step(key));
                    match here.get(key).filter(|value| !value.is_null()) {
                        _ if last && self.new.is_null() => {
                            // A mapping that holds nothing else goes with it.
                            let alone = at > 0 && here.as_object().is_some_and(|it| it.len() == 1);
                            break Some(Edit::remove(if alone { pointer } else { address }));
                        }
                        _ if last => break Some(Edit::set(address, self.new.clone())),
                        Some(next) => (pointer, here) = (address, next),
                        None if self.new.is_null() => break None,
                        None => break Some(build_edit(&address, &self.path[at + 1..], &self.new)),
                    }
                }
                PointerStep::Member(key, name) => {
                    let list = here.as_array().map(Vec::as_slice).unwrap_or_default();
                    let place = list.iter().position(|one| one.get(key) == Some(name));
                    match place {
                        Some(place) if last && self.new.is_null() => {
                            // The last member takes the list with it.
                            break Some(match list.len() {
                                1 => Edit::remove(pointer),
                                _ => Edit::remove(format!("{pointer}/{place}")),
                            });
                        }
                        // A decision that was made before stays beside a new request.
                        Some(_)
                            if last && self.old.is_null() && self.field_name() == "deviations" =>
                        {
                            break Some(Edit::append(pointer, self.new.clone()));
                        }
                        Some(place) => {
                            let address = format!("{pointer}/{place}");
                            if last {
                                break Some(Edit::set(address, self.new.clone()));
                            }
                            (pointer, here) = (address, &list[place]);
                        }
                        None if last && !self.new.is_null() => {
                            break Some(Edit::append(pointer, self.new.clone()));
                        }
                        // A part of a member that is not there.
                        None => break None,
                    }
                }
            }
        };
        let Some(edit) = edit else { return Vec::new() };
        perform_edit(item, &edit);
        vec![edit]
    }
}

fn pointer_step(step: &PointerStep) -> String {
    match step {
        PointerStep::Key(key) => format!("/{}", escape_step(key)),
        PointerStep::Member(_, Value::String(name)) => format!("/{}", escape_step(name)),
        PointerStep::Member(_, name) => format!("/{name}"),
    }
}

/// The edit that makes a value with what lies between it and what is there.
fn build_edit(address: &str, path: &[PointerStep], new: &Value) -> Edit {
    let value = path.iter().rev().fold(new.clone(), |value, step| match step {
        PointerStep::Key(key) => json!({ key: value }),
        PointerStep::Member(..) => json!([value]),
    });
    Edit::set(address, value)
}

/// Applies an edit to plain values.
fn perform_edit(item: &mut Value, edit: &Edit) {
    let Some((parent, key)) = edit.pointer().rsplit_once('/') else { return };
    let key = key.replace("~1", "/").replace("~0", "~");
    match (item.pointer_mut(parent), edit) {
        (Some(Value::Object(map)), Edit::Set { value, .. }) => _ = map.insert(key, value.clone()),
        (Some(Value::Object(map)), Edit::Remove { .. }) => _ = map.shift_remove(&key),
        (Some(Value::Object(map)), Edit::Append { value, .. }) => {
            let list = map.entry(key).or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(value.clone());
            }
        }
        (Some(Value::Array(list)), Edit::Remove { .. }) => {
            if let Some(place) = key.parse::<usize>().ok().filter(|at| *at < list.len()) {
                list.remove(place);
            }
        }
        (Some(Value::Array(list)), Edit::Set { value, .. }) => {
            if let Some(place) = key.parse::<usize>().ok().and_then(|at| list.get_mut(at)) {
                *place = value.clone();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(deltas: &[Delta]) -> Vec<String> {
        deltas.iter().map(Delta::describe_place).collect()
    }

    #[test]
    fn differences_go_as_deep_as_values_have_names() {
        let old = json!({
            "weakness_name": "W", "assets": ["a", "b"],
            "milestones": [{"id": 1, "due": "2026-01-01"}, {"id": 2}],
            "vendor_dependency": {"vendor": "X"}, "comments": "c",
        });
        let new = json!({
            "weakness_name": "W", "assets": ["b"],
            "milestones": [{"id": 2}, {"id": 1, "due": "2026-02-01"}, {"id": 3}],
            "vendor_dependency": {"vendor": "X", "product": "P"},
        });
        let found = diff_values(&old, &new);
        assert_eq!(
            places(&found),
            [
                "/assets",
                "/milestones/1/due",
                "/milestones/3",
                "/vendor_dependency/product",
                "/comments"
            ]
        );
        let mut here = old.clone();
        let edits: Vec<Edit> = found.iter().flat_map(|delta| delta.apply(&mut here)).collect();
        assert_eq!(edits.len(), 5);
        assert_eq!(places(&diff_values(&here, &new)), Vec::<String>::new());
        assert!(found.iter().all(|delta| delta.apply(&mut here).is_empty()), "nothing twice");
    }

    #[test]
    fn a_third_version_keeps_what_is_its_own() {
        let old = json!({"milestones": [{"id": 1, "due": "2026-01-01"}]});
        let new = json!({"milestones": [{"id": 1, "due": "2026-02-01"}], "kev": {"listed": true}});
        let mut here =
            json!({"milestones": [{"id": 7}, {"id": 1, "due": "2026-01-01", "evidence": ["x"]}]});
        let edits: Vec<Edit> =
            diff_values(&old, &new).iter().flat_map(|delta| delta.apply(&mut here)).collect();
        assert_eq!(
            here,
            json!({
                "milestones": [{"id": 7}, {"id": 1, "due": "2026-02-01", "evidence": ["x"]}],
                "kev": {"listed": true},
            })
        );
        assert_eq!(edits[0].pointer(), "/milestones/1/due");
    }

    #[test]
    fn what_neither_version_says_stays_in_the_third() {
        let apply = |old: &Value, new: &Value, there: &Value| {
            let mut here = there.clone();
            for delta in diff_values(old, new) {
                delta.apply(&mut here);
            }
            here
        };
        let there = json!({
            "exposure": {"facing": "internal", "likely_exploitable": true},
            "deviations": [{"type": "risk-adjustment", "state": "denied"}],
        });
        let (none, facing) = (json!({}), json!({"exposure": {"facing": "external"}}));
        let told = apply(&none, &facing, &there);
        assert_eq!(told["exposure"], json!({"facing": "external", "likely_exploitable": true}));
        let told = apply(&json!({"exposure": {"facing": "internal"}}), &none, &there);
        assert_eq!(told["exposure"], json!({"likely_exploitable": true}));
        assert_eq!(apply(&facing, &none, &facing), none, "nothing is left of it");
        for kind in ["operational-requirement", "risk-adjustment"] {
            let asked = json!({"type": kind, "state": "pending"});
            let new = json!({"deviations": [asked]});
            let told = apply(&none, &new, &there);
            assert_eq!(told["deviations"], json!([there["deviations"][0], asked]), "{kind}");
        }
    }

    #[test]
    fn lists_are_made_and_given_up() {
        let (none, one) = (json!({}), json!({"milestones": [{"id": 1}]}));
        let mut here = none.clone();
        assert_eq!(
            diff_values(&none, &one)[0].apply(&mut here),
            [Edit::set("/milestones", json!([{"id": 1}]))]
        );
        let two = json!({"milestones": [{"id": 1}, {"id": 2}]});
        let mut here = two.clone();
        assert_eq!(diff_values(&two, &one)[0].apply(&mut here), [Edit::remove("/milestones/1")]);
        assert_eq!(here, one);
        assert_eq!(diff_values(&one, &none)[0].apply(&mut here), [Edit::remove("/milestones")]);
        let own = json!({"extra": {"a": 1, "b": 2}});
        assert_eq!(places(&diff_values(&none, &own)), ["/extra/a", "/extra/b"]);
        let mut here = none.clone();
        for delta in diff_values(&none, &own) {
            delta.apply(&mut here);
        }
        assert_eq!(here, own);
        // Members without a name of their own make the list one value.
        let same = json!({"evidence": [{"reference": "a"}, {"reference": "a"}]});
        assert_eq!(places(&diff_values(&json!({"evidence": []}), &same)), ["/evidence"]);
    }
}
