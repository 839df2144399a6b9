//! Mail address and role of a person whom a document replaces by another.
//!
//! A row often names a person alone. What the item has of the person before does not belong to the new
//! one: it goes, or the settings have it of the new one.

use serde_json::Value;

use super::delta::{Delta, PointerStep};
use crate::model::Person;
use crate::people::{People, find_listed};

/// Mail address, role and the like of a person, beside the name.
const DETAILS: [&str; 2] = ["email", "role"];

/// Completes the changes to an item: with each new name, the address and role of the person before go, unless the
/// row states them. Those that `people` has of the new person take their place.
pub(super) fn complete_new_people(
    there: &Value,
    row: &Value,
    people: &[Person],
    deltas: &mut Vec<Delta>,
) {
    let named: Vec<Delta> = deltas.iter().filter(|delta| is_new_name(delta)).cloned().collect();
    for name in named {
        let known = name.new.as_str().and_then(|name| find_listed(people, name));
        for detail in DETAILS {
            let mut path = name.path.clone();
            path.pop();
            path.push(PointerStep::Key(detail.to_owned()));
            let mut delta = Delta { path, old: Value::Null, new: Value::Null };
            if !delta.in_other(row).is_null() {
                continue;
            }
            let value = known.and_then(|person| match detail {
                "email" => person.email.clone(),
                _ => person.role.clone(),
            });
            delta.old = delta.in_other(there).clone();
            delta.new = value.map_or(Value::Null, Value::from);
            deltas.retain(|other| other.path != delta.path);
            if delta.old != delta.new {
                deltas.push(delta);
            }
        }
    }
}

/// Returns whether a change takes away a detail of a person whom the other changes replace.
pub(super) fn goes_with_person(delta: &Delta, deltas: &[Delta]) -> bool {
    let Some((PointerStep::Key(detail), person)) = delta.path.split_last() else { return false };
    delta.new.is_null()
        && DETAILS.contains(&detail.as_str())
        && deltas.iter().any(|other| {
            is_new_name(other) && other.path.split_last().is_some_and(|(_, path)| path == person)
        })
}

/// Returns whether a change names another person.
fn is_new_name(delta: &Delta) -> bool {
    let [.., PointerStep::Key(person), PointerStep::Key(name)] = delta.path.as_slice() else {
        return false;
    };
    let Some(new) = delta.new.as_str() else { return false };
    let is_person = matches!(person.as_str(), "point_of_contact" | "owner" | "approver");
    let same = |old: &str| People::default().is_same(&Person::named(old), &Person::named(new));
    is_person && name == "name" && !delta.old.as_str().is_some_and(same)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::delta::diff_values;
    use super::*;

    fn owner_after(there: &Value, row: &Value) -> Value {
        let mut mia = Person::named("Mia Chen");
        mia.email = Some("mia.chen@example.com".to_owned());
        let deltas = diff_values(there, row);
        // A blank is no statement of a row.
        let mut deltas: Vec<Delta> =
            deltas.into_iter().filter(|delta| !delta.new.is_null()).collect();
        complete_new_people(there, row, &[mia], &mut deltas);
        let mut item = there.clone();
        for delta in deltas {
            delta.apply(&mut item);
        }
        item
    }

    #[test]
    fn a_new_person_has_nothing_of_the_one_before() {
        let lena = json!({"name": "Lena Fischer", "email": "lena@example.com", "role": "ISSO"});
        let mia = json!({"name": "Mia Chen", "email": "mia.chen@example.com"});
        for (row, after) in [
            (json!({"name": "Mia Chen"}), mia.clone()),
            (json!({"name": "Bob Roe"}), json!({"name": "Bob Roe"})),
            (
                json!({"name": "Bob Roe", "email": "bob@example.com"}),
                json!({"name": "Bob Roe", "email": "bob@example.com"}),
            ),
            // The same person, and a mailbox that the row states for both.
            (
                json!({"name": "Fischer, Lena"}),
                json!({"name": "Fischer, Lena", "email": "lena@example.com", "role": "ISSO"}),
            ),
            (
                json!({"name": "Bob Roe", "email": "lena@example.com"}),
                json!({"name": "Bob Roe", "email": "lena@example.com"}),
            ),
        ] {
            let there = json!({"point_of_contact": lena});
            let item = owner_after(&there, &json!({"point_of_contact": row}));
            assert_eq!(item["point_of_contact"], after, "{row}");
            let milestone = |owner: &Value| json!({"milestones": [{"id": 3, "owner": owner}]});
            let item = owner_after(&milestone(&lena), &milestone(&row));
            assert_eq!(item["milestones"][0]["owner"], after, "{row}");
        }
        let none = json!({"weakness_name": "W"});
        let item = owner_after(&none, &json!({"point_of_contact": {"name": "Mia Chen"}}));
        assert_eq!(item["point_of_contact"], mia, "a first owner");
    }
}
