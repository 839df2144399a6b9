use super::owner::Owner;
use super::{Check, Context, Rule, placeholder_owner};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Person, folded};
use crate::nearest::nearest;
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
    let help = match nearest(&owner.name, people.iter().map(|person| person.name.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name one of the people, or add this one to `people:` in poam.yaml".to_owned(),
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
