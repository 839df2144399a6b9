//! The rule `id-reused`: a change puts another weakness under an id that is taken.
//!
//! Compares the base of a branch with its head, item by item. The page `id_reused.md` has its text,
//! source and examples.

use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::history::{Action, Event, History};
use crate::model::Item;
use crate::nearest::is_alike;
use crate::store::Stored;

/// A branch gives the id of an item to another weakness.
pub(super) const RULE: Rule = Rule {
    name: "id-reused",
    level: Level::Error,
    summary: "a change puts another weakness under an id that is taken",
    text: include_str!("id_reused.md"),
    numbers: &[],
    history: true,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    if let (None, Some(head), Some(history)) = (change.base, change.head, context.history) {
        return check_before(head, history, context).into_iter().collect();
    }
    let Some((base, head)) =
        change.both().filter(|(base, head)| is_another(&base.item, &head.item))
    else {
        return Vec::new();
    };
    let message = format!("id `{}` now stands for another weakness", head.item.id);
    vec![
        RULE.at(head, "/weakness_name", "another weakness", message)
            .also(base.document.label("/weakness_name").says("in the base"))
            .help("put the old item back, and give the new one a new id"),
    ]
}

/// Checks the history of a new item for an earlier one under its id that was deleted or renamed.
fn check_before(head: &Stored, history: &History, context: &Context<'_>) -> Option<Diagnostic> {
    let id = &head.item.id;
    // Its past under another id is not that of this id.
    let deletion =
        |event: &&Event| event.action == Action::ItemDeleted && event.item.as_ref() == Some(id);
    let deletion = history.events_of(id).rev().find(deletion);
    let event = deletion.or_else(|| history.given_up(id))?;
    let deleted = deletion.is_some();
    let other = if deleted {
        Some(Item::deserialize_from(&event.old.value()).ok()?)
    } else {
        let now = event.item.as_ref()?;
        let stored = context.store.find(now).map(|stored| stored.item.clone());
        stored.or_else(|| history.first(now))
    };
    let other = other.as_ref();
    if other.is_some_and(|other| !is_another(other, &head.item)) {
        return None;
    }
    let name = other.map_or("", |other| other.weakness_name.as_str());
    let how = match (&event.item, deleted) {
        (Some(now), false) => format!("which is `{now}` since {}", event.day()),
        _ => format!("deleted {}", event.day()),
    };
    let message = format!("id `{id}` was that of another weakness ({name}), {how}");
    Some(
        RULE.at(head, "/id", "taken for life", message)
            .help("give the new item an id that no item ever had, as `poam new` does"),
    )
}

/// Returns whether two items under one id are about different weaknesses: other name, other day,
/// and no identifier in common.
pub(super) fn is_another(base: &Item, head: &Item) -> bool {
    let common = base.cves.iter().any(|cve| head.cves.contains(cve))
        || (base.source_identifier.is_some() && base.source_identifier == head.source_identifier);
    base.original_detection_date != head.original_detection_date
        && !common
        && !is_alike(&base.weakness_name, &head.weakness_name)
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;
    use crate::history::{Actor, TextCommit};
    use crate::people::People;
    use crate::rules::{Base, CheckedTree, check_changes};
    use crate::settings::Settings;
    use crate::store::{FoundContent, FoundFile, Store};

    fn item(id: &str, name: &str, day: &str) -> String {
        format!(
            "id: {id}\nweakness_name: {name}\nstatus: open\noriginal_detection_date: {day}\n\
             original_risk_rating: high\n"
        )
    }

    /// Returns the diagnostics of a new item after these versions of files.
    fn after(versions: &[(&str, Option<String>)], head: &str) -> Vec<String> {
        let version = |(place, (path, text)): (usize, &(&str, Option<String>))| TextCommit {
            time: format!("2026-02-{:02}T12:00:00Z", place + 1).parse().unwrap(),
            actor: Actor { name: "Ann".into(), email: "ann@example.com".into() },
            reason: None,
            files: vec![((*path).to_owned(), text.clone())],
        };
        let versions: Vec<TextCommit> = versions.iter().enumerate().map(version).collect();
        let history = History::from_versions(&versions);
        let content = FoundContent::Bytes(head.as_bytes().to_vec());
        let store = Store::read(vec![FoundFile { path: "items/new.yaml".to_owned(), content }]);
        let settings = Settings::parse("poam.yaml", b"version: 1\n").unwrap();
        let today = "2026-03-01".parse().unwrap();
        let people = People::default();
        let context = Context {
            store: &store,
            settings: &settings,
            today,
            history: Some(&history),
            people: &people,
            reported: None,
        };
        let base = Base {
            store: &Store::default(),
            earlier: &[],
            said: &CheckedTree::default(),
            settings: Some(&settings),
            moved_from: None,
            overrides: &Default::default(),
        };
        let found = check_changes(&context, &base);
        found
            .into_iter()
            .filter(|one| one.rule == RULE.name)
            .map(|one| one.message.clone())
            .collect()
    }

    #[test]
    fn an_id_that_an_item_ever_had_is_taken() {
        let port = item("V-1", "Open port on the firewall", "2026-01-05");
        let server = item("V-1", "Unsupported server", "2026-02-20");
        let none: [&str; 0] = [];
        let deleted = [("items/V-1.yaml", Some(port.clone())), ("items/V-1.yaml", None)];
        assert_eq!(
            after(&deleted, &server),
            [
                "id `V-1` was that of another weakness (Open port on the firewall), deleted 2026-02-02"
            ]
        );
        assert_eq!(after(&deleted, &port), none, "it came back");
        assert_eq!(after(&deleted, &server.replace("V-1", "V-2")), none);
        // Also where it was committed on the branch already.
        let again = [&deleted[..], &[("items/V-1.yaml", Some(server.clone()))]].concat();
        assert_eq!(after(&again, &server).len(), 1);
        let renamed = [
            ("items/V-1.yaml", Some(port.clone())),
            ("items/V-1.yaml", Some(port.replace("V-1", "V-9"))),
        ];
        assert_eq!(
            after(&renamed, &server),
            [
                "id `V-1` was that of another weakness (Open port on the firewall), which is `V-9` since 2026-02-02"
            ]
        );
        let page =
            format!("fail\n# commit: 2026-02-06\n{port}# …\n# branch\n# commit: 2026-02-20\n");
        assert_eq!(run_example(&RULE, &format!("{page}comments: C\n")), none);
    }
}
