//! The guards of commands: what `poam validate` would call an error is not committed.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::Session;
use super::how::ChangeContext;
use crate::change::Change;
use crate::diagnostic::Diagnostic;
use crate::history::Actor;
use crate::model::ItemId;
use crate::people::People;
use crate::repository::Author;
use crate::rules::Proposal;
use crate::store::Stored;
use crate::text::{plural, visible};

/// Refuses changes that would bring an error, and prints the warnings that they bring.
pub(super) fn refuse_errors(
    session: &Session,
    bench: &ChangeContext,
    changes: &[Change],
    author: Option<&Author>,
) -> Result<()> {
    let mut before = Vec::new();
    let mut after = Vec::new();
    let mut overrides = BTreeSet::new();
    for change in changes {
        let (Ok(was), Ok(is)) = (
            Stored::from_document(change.before.clone()),
            Stored::from_document(change.document.clone()),
        ) else {
            continue;
        };
        let made = change.facts.iter().filter(|(name, _)| *name == "Poam-Override");
        overrides.extend(made.map(|(_, what)| (is.item.id.to_string(), what.clone())));
        before.push(was);
        after.push(is);
    }
    let settings = &bench.tracker.settings;
    let reopens = |was: &Stored, is: &Stored| {
        let workflow = &settings.workflow;
        workflow.is_closed(&was.item.status) && !workflow.is_closed(&is.item.status)
    };
    let others = after.iter().any(|stored| !stored.item.dependencies.is_empty())
        || before.iter().zip(&after).any(|(was, is)| reopens(was, is));
    if others {
        let ids: BTreeSet<ItemId> = after.iter().map(|stored| stored.item.id.clone()).collect();
        let store = bench.tracker.load_all(Some(&bench.repository))?;
        before.extend(store.items().iter().filter(|it| !ids.contains(&it.item.id)).cloned());
    }
    let listed = People::new([], &settings.people, None);
    let people;
    let mut proposal = Proposal {
        before: &before,
        after: &after,
        overrides: &overrides,
        settings,
        today: session.today,
        history: None,
        people: &listed,
    };
    let history = match proposal.needs_history() {
        true => session.history(Some(&bench.repository), &bench.tracker)?,
        false => None,
    };
    if history.is_some() {
        let mut known = session.people(Some(&bench.repository), settings)?;
        if let Some(author) = author {
            known.author = Some(Actor { name: author.name.clone(), email: author.email.clone() });
        }
        people = known;
        proposal = Proposal { people: &people, history: history.as_ref(), ..proposal };
    }
    let errors = proposal.new_errors();
    if errors.is_empty() {
        say_warnings(session, &proposal.new_item_warnings());
        return Ok(());
    }
    bail!("nothing was changed: `poam validate` would call it an error\n{}", list(&errors))
}

/// Warnings of a change that are printed; `poam validate` prints all.
const SHOWN_WARNINGS: usize = 5;

/// Prints what the change makes `poam validate` warn about.
fn say_warnings(session: &Session, warnings: &[Diagnostic]) {
    for warning in warnings.iter().take(SHOWN_WARNINGS) {
        session.say(format_args!("warning: {}", diagnostic_line(warning)));
    }
    if let Some(more @ 1..) = warnings.len().checked_sub(SHOWN_WARNINGS) {
        session.say(format_args!("{}: `poam validate`", plural(more, "more warning")));
    }
}

/// Errors as a list, each with its item, its rule and the way out.
pub(super) fn list(errors: &[Diagnostic]) -> String {
    let lines: Vec<String> =
        errors.iter().map(|error| format!("  - {}", diagnostic_line(error))).collect();
    lines.join("\n")
}

fn diagnostic_line(one: &Diagnostic) -> String {
    let item = one.item.as_deref().unwrap_or_default();
    let help = one.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
    visible(&format!("{item}: {}{help} [{}]", one.message, one.rule)).into_owned()
}
