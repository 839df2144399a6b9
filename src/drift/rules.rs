//! FedRAMP's rules: the official dataset in our shape, and what changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Changes, Weight};
use crate::vdr::{Force, OfficialRule, OfficialRules, Ruleset, TimeFrame, Variant};

/// The columns of a row of VDR-TFR-PVR, in our order.
const COLUMNS: [&str; 3] = ["irv_lev", "nirv_lev", "nlev"];

/// Takes our rules out of FedRAMP's dataset, as `templates/rules/make.py` does.
pub(super) fn from_dataset(data: &Value) -> Option<OfficialRules> {
    let release = data["info"]["version"].as_str().unwrap_or_default();
    let mut rules = Map::new();
    let mut rulesets = Vec::new();
    for (id, ruleset) in data.get("FRR")?.as_object()? {
        rulesets.extend(days_of(id, &ruleset["info"]));
        for (kind, subsets) in ruleset["data"].as_object()? {
            for rule in subsets.as_object().into_iter().flat_map(Map::values) {
                for (name, rule) in rule.as_object().into_iter().flatten() {
                    if is_wanted(name) {
                        rules.insert(name.clone(), rule_of(rule, kind, release)?);
                    }
                }
            }
        }
    }
    let made = json!({"source": {"release": release}, "rulesets": rulesets, "rules": rules});
    serde_json::from_value(made).ok()
}

pub(super) fn is_wanted(rule: &str) -> bool {
    rule.starts_with("VDR-") || rule.starts_with("VER-") || rule == "CCM-OCR-AVL"
}

fn rule_of(rule: &Value, kind: &str, release: &str) -> Option<Value> {
    let applies = match kind {
        "rev5" => "Rev5",
        other => other,
    };
    let mut classes = Map::new();
    match rule.get("varies_by_class").and_then(Value::as_object) {
        Some(variants) => {
            for (class, variant) in variants {
                classes.insert(class.to_uppercase(), variant_of(variant)?);
            }
        }
        None => {
            classes.insert("all".to_owned(), variant_of(rule)?);
        }
    }
    let listed =
        rule.get("following_information_bullets").or_else(|| rule.get("following_information"));
    Some(json!({
        "name": rule["name"], "applies": applies, "release": release, "classes": classes,
        "information": listed.cloned().unwrap_or_else(|| json!([])),
    }))
}

fn variant_of(rule: &Value) -> Option<Value> {
    let mut made = json!({"force": rule.get("force")?, "statement": rule.get("statement")?});
    if let Some(frame) = frame_of(rule) {
        made["within"] = frame;
    }
    let table = rule.get("pain_timeframes").and_then(Value::as_object);
    let mut reduce = Map::new();
    for (rating, row) in table.into_iter().flatten() {
        let row: Option<Vec<Value>> =
            COLUMNS.iter().map(|column| frame_of(&row[*column])).collect();
        if let Some(row) = row {
            reduce.insert(rating.clone(), row.into());
        }
    }
    if !reduce.is_empty() {
        made["reduce"] = reduce.into();
    }
    Some(made)
}

fn frame_of(rule: &Value) -> Option<Value> {
    Some(json!({"number": rule.get("timeframe_num")?, "unit": rule.get("timeframe_type")?}))
}

/// The days of a ruleset that binds providers.
fn days_of(id: &str, info: &Value) -> Vec<Value> {
    let subsets = info["subsets"].as_object();
    let is_for_providers = subsets.into_iter().flat_map(Map::values).any(|subset| {
        let affects = subset["applicability"]["affects"].as_array();
        affects.is_some_and(|affects| affects.iter().any(|who| who == "Providers"))
    });
    if !is_for_providers {
        return Vec::new();
    }
    let kinds = [("all", info), ("Rev5", &info["rev5"]), ("20x", &info["20x"])];
    let mut found = Vec::new();
    for (applies, kind) in kinds {
        let days = &kind["effective"]["date"];
        if days.is_object() {
            found.push(json!({
                "id": id, "name": info["name"], "applies": applies,
                "optional": days["optional_adoption"], "obtain": days["obtain"],
                "maintain": days["maintain"], "grace": days["grace"]["default"],
                "until_next_assessment": days["grace"]["until_next_assessment"] == true,
            }));
        }
    }
    found
}

/// What changed from our rules to theirs.
pub(super) fn compare(ours: &OfficialRules, theirs: &OfficialRules, changes: &mut Changes) {
    compare_days(&ours.rulesets, &theirs.rulesets, changes);
    let ids: BTreeSet<&String> = ours.rules.keys().chain(theirs.rules.keys()).collect();
    for id in ids {
        match (ours.rules.get(id), theirs.rules.get(id)) {
            (Some(old), Some(new)) => compare_rule(id, old, new, changes),
            (None, Some(new)) => {
                changes.add(weight_of(new), id, format!("new rule: {}", new.name));
            }
            (Some(old), None) => {
                changes.add(weight_of(old), id, format!("no longer there: {}", old.name));
            }
            (None, None) => {}
        }
    }
}

fn compare_days(ours: &[Ruleset], theirs: &[Ruleset], changes: &mut Changes) {
    let key = |set: &Ruleset| (set.id.clone(), set.applies.clone());
    let old: BTreeMap<_, _> = ours.iter().map(|set| (key(set), set)).collect();
    let new: BTreeMap<_, _> = theirs.iter().map(|set| (key(set), set)).collect();
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let place = format!("{} ({})", key.0, key.1);
        let (Some(old), Some(new)) = (old.get(key), new.get(key)) else {
            let change = if new.contains_key(key) { "new ruleset" } else { "ruleset is gone" };
            changes.add(Weight::Forced, place, change);
            continue;
        };
        let days = [
            ("optional adoption", old.optional, new.optional),
            ("obtain", old.obtain, new.obtain),
            ("maintain", old.maintain, new.maintain),
            ("grace ends", old.grace, new.grace),
        ];
        let text = |day: Option<chrono::NaiveDate>| {
            day.map_or_else(|| "none".to_owned(), |day| day.to_string())
        };
        for (what, old, new) in days {
            if old != new {
                let change = format!("{what}: {} -> {}", text(old), text(new));
                changes.add(Weight::Forced, place.clone(), change);
            }
        }
        if old.until_next_assessment != new.until_next_assessment {
            let change = match new.until_next_assessment {
                true => "the grace now lasts until the next assessment",
                false => "the grace no longer lasts until the next assessment",
            };
            changes.add(Weight::Forced, place, change);
        }
    }
}

fn compare_rule(id: &str, old: &OfficialRule, new: &OfficialRule, changes: &mut Changes) {
    if old.name != new.name {
        changes.add(Weight::Wording, id, format!("name: {} -> {}", old.name, new.name));
    }
    if old.applies != new.applies {
        let change = format!("applies to {} -> {}", old.applies, new.applies);
        changes.add(weight_of(new), id, change);
    }
    if old.information != new.information {
        for line in new.information.iter().filter(|line| !old.information.contains(line)) {
            changes.add(weight_of(new), id, format!("listed now: {line}"));
        }
        for line in old.information.iter().filter(|line| !new.information.contains(line)) {
            changes.add(weight_of(new), id, format!("no longer listed: {line}"));
        }
    }
    let classes: BTreeSet<&String> = old.classes.keys().chain(new.classes.keys()).collect();
    for class in classes {
        let place = match class.as_str() {
            "all" => id.to_owned(),
            class => format!("{id} (class {class})"),
        };
        match (old.classes.get(class), new.classes.get(class)) {
            (Some(old), Some(new)) => compare_variant(&place, old, new, changes),
            (None, Some(new)) => changes.add(
                weight(new.force),
                place,
                format!("new for this class: {} {}", new.force, new.statement),
            ),
            (Some(old), None) => {
                changes.add(weight(old.force), place, "no longer said for this class");
            }
            (None, None) => {}
        }
    }
}

fn compare_variant(place: &str, old: &Variant, new: &Variant, changes: &mut Changes) {
    let heavier = weight(old.force).min(weight(new.force));
    if old.force != new.force {
        changes.add(heavier, place, format!("force: {} -> {}", old.force, new.force));
    }
    let text = |frame: Option<TimeFrame>| {
        frame.map_or_else(|| "none".to_owned(), |frame| frame.to_string())
    };
    if old.within != new.within {
        let change = format!("time frame: {} -> {}", text(old.within), text(new.within));
        changes.add(heavier, place, change);
    }
    let ratings: BTreeSet<&String> = old.reduce.keys().chain(new.reduce.keys()).collect();
    let columns = ["reachable and exploitable", "exploitable only", "not exploitable"];
    for rating in ratings {
        for (at, column) in columns.iter().enumerate() {
            let cell = |table: &BTreeMap<String, [TimeFrame; 3]>| {
                table.get(rating).and_then(|row| row.get(at)).copied()
            };
            let (before, after) = (cell(&old.reduce), cell(&new.reduce));
            if before != after {
                let change = format!("N{rating}, {column}: {} -> {}", text(before), text(after));
                changes.add(heavier, place, change);
            }
        }
    }
    compare_statements(place, heavier, &old.statement, &new.statement, changes);
}

/// Other words are words; other numbers in them weigh what the rule does.
pub(super) fn compare_statements(
    place: &str,
    weight: Weight,
    old: &str,
    new: &str,
    changes: &mut Changes,
) {
    if old == new {
        return;
    }
    let numbers = |text: &str| {
        let mut numbers: Vec<String> = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|number| !number.is_empty())
            .map(str::to_owned)
            .collect();
        numbers.sort();
        numbers
    };
    match numbers(old) == numbers(new) {
        true => changes.add(Weight::Wording, place, format!("statement now: {new}")),
        false => {
            changes.add(weight, place, format!("statement with other numbers now: {new}"));
        }
    }
}

pub(super) fn weight(force: Force) -> Weight {
    match force {
        Force::Must | Force::MustNot => Weight::Forced,
        Force::Should | Force::ShouldNot => Weight::Should,
        Force::May => Weight::Optional,
    }
}

/// The weight of the strongest force of a rule.
fn weight_of(rule: &OfficialRule) -> Weight {
    rule.classes.values().map(|variant| weight(variant.force)).min().unwrap_or(Weight::Optional)
}
