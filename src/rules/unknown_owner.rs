use super::owner::Owner;
use super::{Check, Context, Rule, placeholder_owner};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Person, folded};
use crate::nearest::likeness;
use crate::store::Stored;

/// The owner of an open item is not among the people of the settings.
pub(super) const RULE: Rule = Rule {
    name: "unknown-owner",
    level: Level::Error,
    summary: "the owner of an open item is not among the people that the settings list",
    text: include_str!("unknown_owner.md"),
    numbers: &[],
    history: false,
    check: Check::Item(check),
};

fn check(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let people = &context.settings.people;
    let Some(owner) = stored.item.point_of_contact.as_ref().filter(|_| !people.is_empty()) else {
        return Vec::new();
    };
    let placeholder =
        context.is_on(&placeholder_owner::RULE) && Owner::of(&owner.name) != Owner::Person;
    if !context.is_open(stored) || placeholder || people.iter().any(|person| is_same(owner, person))
    {
        return Vec::new();
    }
    let help = match near(&owner.name, people).as_slice() {
        [] => "name one of the people, or add this one to `people:` in poam.yaml".to_owned(),
        near => format!(
            "did you mean `{}`? Else add this one to `people:` in poam.yaml",
            near.join("`, `")
        ),
    };
    let message = format!("owner `{}` is not among the people of the settings", owner.name);
    vec![
        RULE.at(stored, "/point_of_contact/name", "not in the list", message)
            .also(context.settings.document.label("/people").says("the list"))
            .help(help),
    ]
}

/// Whether two entries are the same person: by mail address, or by name.
fn is_same(owner: &Person, person: &Person) -> bool {
    let mail = |one: &Person| one.email.as_deref().map(folded);
    folded(&owner.name) == folded(&person.name)
        || (owner.email.is_some() && mail(owner) == mail(person))
        || mail(person).is_some_and(|mail| mail == folded(&owner.name))
}

/// Names that are listed at most.
const SHOWN: usize = 3;

/// The people whose names are most like one: a word of it begins a word of theirs, or nearly all
/// letters are the same.
fn near<'a>(name: &str, people: &'a [Person]) -> Vec<&'a str> {
    let name = folded(name);
    let score = |person: &'a Person| {
        let other = folded(&person.name);
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
    use super::near;
    use crate::model::Person;

    #[test]
    fn the_names_that_are_meant() {
        let people = ["Ana Ruiz", "Jane Quill", "Jane Stone", "Sam Roe"].map(Person::named);
        assert_eq!(near("Jane Q", &people), ["Jane Quill", "Jane Stone"]);
        assert_eq!(near("Anna Ruis", &people), ["Ana Ruiz"]);
        assert_eq!(near("sam", &people), ["Sam Roe"]);
        assert!(near("Walter", &people).is_empty());
    }
}
