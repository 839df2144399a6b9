//! Statements and forces of FedRAMP's rules as evidentia-core (PyPI) publishes them: a list that has
//! neither time frames nor days.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rules::{compare_information, compare_statements, force_weight, is_wanted};
use super::{Changes, Weight};
use crate::vdr::{Force, OfficialRules};

/// The rules that such a list leaves out: they bind FedRAMP and agencies.
const LEFT_OUT: [&str; 2] = ["VER-FRP-", "VER-AGM-"];

/// The statements of a release.
pub(super) struct RuleStatements {
    /// The release.
    pub(super) release: String,
    rules: BTreeMap<String, StatedRule>,
}

/// A rule of the list.
struct StatedRule {
    name: String,
    information: Vec<String>,
    classes: BTreeMap<String, ClassStatement>,
}

/// The words before the list that a statement announces.
const LISTED: &str = "Required information (upstream `following_information`, verbatim):\n";

/// Statement of a rule for a class.
struct ClassStatement {
    force: Force,
    text: String,
}

/// Takes our rules out of the list; none where it is another framework's.
pub(super) fn from_extract(json: &Value) -> Option<RuleStatements> {
    let release = json.get("version")?.as_str()?.split(' ').next()?.to_owned();
    let mut rules = BTreeMap::new();
    for control in json.get("controls")?.as_array()? {
        let id = control.get("id")?.as_str()?;
        if is_wanted(id) {
            let guidance = control.get("guidance")?.as_str()?;
            let listed = guidance.split_once(LISTED).map(|(_, rest)| rest);
            let listed = listed.and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
            let information =
                listed.lines().map(|line| line.trim_start_matches("- ").to_owned()).collect();
            let name = control.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
            let classes = statements_of(control)?;
            rules.insert(id.to_owned(), StatedRule { name, information, classes });
        }
    }
    (!rules.is_empty()).then_some(RuleStatements { release, rules })
}

fn statements_of(control: &Value) -> Option<BTreeMap<String, ClassStatement>> {
    let guidance = control.get("guidance")?.as_str()?;
    let mut found = BTreeMap::new();
    for paragraph in guidance.split("\n\n") {
        // Class-C variant (upstream `varies_by_class`, verbatim; force SHOULD): Providers with …
        let Some(rest) = paragraph.strip_prefix("Class-") else { continue };
        let (class, rest) = rest.split_at_checked(1)?;
        let (_, rest) = rest.split_once("force ")?;
        let (force, text) = rest.split_once("): ")?;
        let force = force_of(force)?;
        found.insert(class.to_owned(), ClassStatement { force, text: text.to_owned() });
    }
    if found.is_empty() {
        let force = guidance.strip_prefix("Force: ")?.split('.').next()?;
        let text = control.get("description")?.as_str()?.to_owned();
        found.insert("all".to_owned(), ClassStatement { force: force_of(force)?, text });
    }
    Some(found)
}

fn force_of(text: &str) -> Option<Force> {
    serde_json::from_value(Value::from(text)).ok()
}

/// Finds the changes from our statements to theirs.
pub(super) fn compare(ours: &OfficialRules, theirs: &RuleStatements, changes: &mut Changes) {
    for (id, rule) in &ours.rules {
        let Some(new_rule) = theirs.rules.get(id) else {
            if !LEFT_OUT.iter().any(|prefix| id.starts_with(prefix)) {
                let force = rule.classes.values().map(|it| force_weight(it.force)).min();
                changes.add_change(force.unwrap_or(Weight::Optional), id, "no longer there");
            }
            continue;
        };
        let classes = &new_rule.classes;
        let heaviest = rule.classes.values().map(|it| force_weight(it.force)).min();
        let heaviest = heaviest.unwrap_or(Weight::Optional);
        if !new_rule.name.is_empty() && rule.name != new_rule.name {
            let change = format!("name: {} -> {}", rule.name, new_rule.name);
            changes.add_change(Weight::Wording, id, change);
        }
        // The list leaves out bullets that the dataset has by another name.
        if !new_rule.information.is_empty() {
            compare_information(id, heaviest, &rule.information, &new_rule.information, changes);
        }
        for class in rule.classes.keys().filter(|class| !classes.contains_key(*class)) {
            let place = format!("{id} (class {class})");
            changes.add_change(heaviest, place, "no longer said for this class");
        }
        for (class, new) in classes {
            let place = match class.as_str() {
                "all" => id.clone(),
                class => format!("{id} (class {class})"),
            };
            let Some(old) = rule.classes.get(class) else {
                let change = format!("new for this class: {}", new.text);
                changes.add_change(force_weight(new.force), place, change);
                continue;
            };
            let heavier = force_weight(old.force).min(force_weight(new.force));
            if old.force != new.force {
                let change = format!("force: {} -> {}", old.force, new.force);
                changes.add_change(heavier, place.clone(), change);
            }
            compare_statements(&place, heavier, &old.statement, &new.text, changes);
        }
    }
    for (id, rule) in theirs.rules.iter().filter(|(id, _)| !ours.rules.contains_key(*id)) {
        let force = rule.classes.values().map(|it| force_weight(it.force)).min();
        changes.add_change(force.unwrap_or(Weight::Optional), id, "new rule");
    }
}
