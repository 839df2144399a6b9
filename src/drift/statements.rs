//! Statements and forces of FedRAMP's rules as evidentia-core (PyPI) publishes them: a list that has
//! neither time frames nor days.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rules::{compare_statements, is_wanted, weight};
use super::{Changes, Weight};
use crate::vdr::{Force, OfficialRules};

/// The rules that such a list leaves out: they bind FedRAMP and agencies.
const LEFT_OUT: [&str; 2] = ["VER-FRP-", "VER-AGM-"];

/// The statements of a release.
pub(super) struct Statements {
    /// The release.
    pub(super) release: String,
    rules: BTreeMap<String, BTreeMap<String, Statement>>,
}

/// What a rule says for a class.
struct Statement {
    force: Force,
    text: String,
}

/// Takes our rules out of the list; none where it is another framework's.
pub(super) fn from_extract(json: &Value) -> Option<Statements> {
    let release = json.get("version")?.as_str()?.split(' ').next()?.to_owned();
    let mut rules = BTreeMap::new();
    for control in json.get("controls")?.as_array()? {
        let id = control.get("id")?.as_str()?;
        if is_wanted(id) {
            rules.insert(id.to_owned(), statements_of(control)?);
        }
    }
    (!rules.is_empty()).then_some(Statements { release, rules })
}

fn statements_of(control: &Value) -> Option<BTreeMap<String, Statement>> {
    let guidance = control.get("guidance")?.as_str()?;
    let mut found = BTreeMap::new();
    for paragraph in guidance.split("\n\n") {
        // Class-C variant (upstream `varies_by_class`, verbatim; force SHOULD): Providers with …
        let Some(rest) = paragraph.strip_prefix("Class-") else { continue };
        let (class, rest) = rest.split_at_checked(1)?;
        let (_, rest) = rest.split_once("force ")?;
        let (force, text) = rest.split_once("): ")?;
        let force = force_of(force)?;
        found.insert(class.to_owned(), Statement { force, text: text.to_owned() });
    }
    if found.is_empty() {
        let force = guidance.strip_prefix("Force: ")?.split('.').next()?;
        let text = control.get("description")?.as_str()?.to_owned();
        found.insert("all".to_owned(), Statement { force: force_of(force)?, text });
    }
    Some(found)
}

fn force_of(text: &str) -> Option<Force> {
    serde_json::from_value(Value::from(text)).ok()
}

/// What changed from our statements to theirs.
pub(super) fn compare(ours: &OfficialRules, theirs: &Statements, changes: &mut Changes) {
    for (id, rule) in &ours.rules {
        let Some(classes) = theirs.rules.get(id) else {
            if !LEFT_OUT.iter().any(|prefix| id.starts_with(prefix)) {
                let force = rule.classes.values().map(|it| weight(it.force)).min();
                changes.add(force.unwrap_or(Weight::Optional), id, "no longer there");
            }
            continue;
        };
        for (class, new) in classes {
            let place = match class.as_str() {
                "all" => id.clone(),
                class => format!("{id} (class {class})"),
            };
            let Some(old) = rule.classes.get(class) else {
                let change = format!("new for this class: {}", new.text);
                changes.add(weight(new.force), place, change);
                continue;
            };
            let heavier = weight(old.force).min(weight(new.force));
            if old.force != new.force {
                let change = format!("force: {} -> {}", old.force, new.force);
                changes.add(heavier, place.clone(), change);
            }
            compare_statements(&place, heavier, &old.statement, &new.text, changes);
        }
    }
    for (id, classes) in theirs.rules.iter().filter(|(id, _)| !ours.rules.contains_key(*id)) {
        let force = classes.values().map(|it| weight(it.force)).min();
        changes.add(force.unwrap_or(Weight::Optional), id, "new rule");
    }
}
