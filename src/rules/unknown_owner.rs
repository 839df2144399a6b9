//! The rule `unknown-owner`: the owner of an open item is not among the people that the settings
//! list.
//!
//! Checks one item at a time. The page `unknown_owner.md` has its text, source and examples.

use super::{Check, Context, Rule, placeholder_owner};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Person, normalize_look};
use crate::nearest::likeness;
use crate::people::{Owner, People};
use crate::store::Stored;

/// The owner of an open item is not among the people of the settings.
pub(super) const RULE: Rule = Rule {
    name: "unknown-owner",
    level: Level::Error,
    summary: "the owner of an open item or of one of its milestones is not among the people that the settings list",
    text: include_str!("unknown_owner.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    if context.settings.people.is_empty() || !context.is_open(stored) {
        return Vec::new();
    }
    let mut found = Vec::new();
    if let Some(owner) = &stored.item.point_of_contact {
        found.extend(check_person(stored, owner, "/point_of_contact/name", "owner", context));
    }
    for (index, milestone) in stored.item.milestones.iter().enumerate() {
        let Some(owner) = milestone.owner.as_deref().filter(|_| !milestone.status.is_finished())
        else {
            continue;
        };
        let what = format!("milestone {}: owner", milestone.id);
        let pointer = format!("/milestones/{index}/owner/name");
        found.extend(check_person(stored, owner, &pointer, &what, context));
    }
    found
}

/// Checks one owner, of the item or of a milestone.
fn check_person(
    stored: &Stored,
    owner: &Person,
    pointer: &str,
    what: &str,
    context: &Context<'_>,
) -> Option<Diagnostic> {
    let people = &context.settings.people;
    let placeholder = context.is_on(&placeholder_owner::RULE)
        && Owner::classify_name(&owner.name) != Owner::Person;
    if placeholder || people.iter().any(|person| is_same(owner, person)) {
        return None;
    }
    let help = match nearest_names(&owner.name, people).as_slice() {
        [] => "name one of the people, or add this one to `people:` in poam.yaml".to_owned(),
        near => format!(
            "did you mean `{}`? Else add this one to `people:` in poam.yaml",
            near.join("`, `")
        ),
    };
    let message = format!("{what} `{}` is not among the people of the settings", owner.name);
    Some(
        RULE.at(stored, pointer, "not in the list", message)
            .also(context.settings.document.label("/people").says("the list"))
            .help(help),
    )
}

/// Returns whether two entries are one person: by mail address, or by name, with a role beside it or not.
fn is_same(owner: &Person, person: &Person) -> bool {
    normalize_look(&owner.name) == normalize_look(&person.name)
        || People::have_one_name(owner, person)
        || (owner.email.is_some() && mail_key(owner) == mail_key(person))
        || mail_key(person).is_some_and(|mail| mail == normalize_look(&owner.name))
}

fn mail_key(one: &Person) -> Option<String> {
    one.email.as_deref().map(normalize_look)
}

/// Names that are listed at most.
const SHOWN: usize = 3;

/// Returns the people whose names are most like one: a word of it begins a word of theirs, or
/// nearly all letters are the same.
fn nearest_names<'a>(name: &str, people: &'a [Person]) -> Vec<&'a str> {
    let name = normalize_look(name);
    let score = |person: &'a Person| {
        let other = normalize_look(&person.name);
        let begins = name.split(' ').filter(|word| {
            word.chars().count() > 1 && other.split(' ').any(|theirs| theirs.starts_with(word))
        });
        let whole = likeness(&name, &other);
        let score = begins.count() as f64 + whole;
        (score > 0.6).then_some((score, person.name.as_str()))
    };
    let mut near: Vec<(f64, &str)> = people.iter().filter_map(score).collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(other.1)));
    near.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::{is_same, nearest_names};
    use crate::model::Person;

    #[test]
    fn a_role_beside_a_name_makes_no_other_person() {
        let jane = Person::named("Jane Doe");
        for name in [
            "Jane Doe",
            "Jane Doe - Identity lead",
            "Jane Doe (ISSO)",
            "Jane Doe, Identity lead",
            "Identity lead: Jane Doe",
            "Jane Doe / Sam Roe",
            "Doe, Jane",
        ] {
            assert!(is_same(&Person::named(name), &jane), "{name}");
        }
        for name in ["Jane Roe - Identity lead", "Identity lead", "Jane", "J. Doe", "Jane D"] {
            assert!(!is_same(&Person::named(name), &jane), "{name}");
        }
    }

    #[test]
    fn the_names_that_are_meant() {
        let people = ["Ana Ruiz", "Jane Quill", "Jane Stone", "Sam Roe"].map(Person::named);
        assert_eq!(nearest_names("Jane Q", &people), ["Jane Quill", "Jane Stone"]);
        assert_eq!(nearest_names("Anna Ruis", &people), ["Ana Ruiz"]);
        assert_eq!(nearest_names("sam", &people), ["Sam Roe"]);
        assert!(nearest_names("Walter", &people).is_empty());
    }
}
