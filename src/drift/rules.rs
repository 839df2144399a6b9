//! FedRAMP's rules: the official dataset in our shape, and what changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::schema::describe_change;
use super::{Changes, Weight, values};
use crate::vdr::{Force, OfficialRule, OfficialRules, Ruleset, TimeFrame, Variant};

/// The columns of a row of VDR-TFR-PVR, in our order.
const COLUMNS: [&str; 3] = ["irv_lev", "nirv_lev", "nlev"];

/// Members of a rule that are compared by themselves, or only show its history or its words.
const TAKEN: [&str; 11] = [
    "name",
    "statement",
    "force",
    "timeframe_type",
    "timeframe_num",
    "pain_timeframes",
    "varies_by_class",
    "following_information",
    "following_information_bullets",
    "terms",
    "updated",
];

/// Members of a variant of a rule for a class: those that are compared, and those that only explain.
const VARIANT_MEMBERS: [&str; 11] = [
    "statement",
    "force",
    "timeframe_type",
    "timeframe_num",
    "pain_timeframes",
    "following_information",
    "following_information_bullets",
    "artifacts",
    "rev5_controls_list",
    "note",
    "notes",
];

/// FedRAMP's rules, read from a dataset.
pub(super) struct Dataset {
    pub(super) rules: OfficialRules,
    /// Places whose shape is another one, so that they are not compared.
    unread: Vec<String>,
}

/// Takes our rules out of FedRAMP's dataset, as `templates/rules/make.py` does.
pub(super) fn from_dataset(data: &Value) -> Option<Dataset> {
    let release = data["info"]["version"].as_str().unwrap_or_default();
    let mut dataset = Dataset { rules: OfficialRules::default(), unread: Vec::new() };
    dataset.rules.source.release = release.to_owned();
    for (id, ruleset) in data.get("FRR")?.as_object()? {
        for days in days_of(id, &ruleset["info"]) {
            match serde_json::from_value(days) {
                Ok(days) => dataset.rules.rulesets.push(days),
                Err(error) => dataset.unread.push(format!("days of {id}: {error}")),
            }
        }
        for (kind, subsets) in ruleset["data"].as_object().into_iter().flatten() {
            for (subset, rules) in subsets.as_object().into_iter().flatten() {
                for (name, rule) in rules.as_object().into_iter().flatten() {
                    if is_wanted(name) {
                        let applicability = find_applicability(&ruleset["info"], kind, subset);
                        dataset.unread.extend(list_unread_parts(name, rule));
                        dataset.read_rule(name, rule_of(rule, kind, release, applicability));
                    }
                }
            }
        }
    }
    for (name, one) in data["FRD"]["data"]
        .as_object()
        .into_iter()
        .flat_map(Map::values)
        .filter_map(Value::as_object)
        .flatten()
        .filter(|(_, one)| one["tag"] == "Vulnerability")
    {
        let notes = one.get("notes").or_else(|| one.get("note")).cloned();
        let made = json!({
            "term": one["term"], "definition": one["definition"],
            "notes": notes.unwrap_or_else(|| json!([])),
        });
        match serde_json::from_value(made) {
            Ok(definition) => {
                dataset.rules.definitions.insert(name.clone(), definition);
            }
            Err(error) => dataset.unread.push(format!("{name}: {error}")),
        }
    }
    Some(dataset)
}

impl Dataset {
    fn read_rule(&mut self, name: &str, made: Option<Value>) {
        let read = made
            .ok_or_else(|| "it has no force or no statement".to_owned())
            .and_then(|made| serde_json::from_value(made).map_err(|error| error.to_string()));
        match read {
            Ok(rule) => {
                self.rules.rules.insert(name.to_owned(), rule);
            }
            Err(error) => self.unread.push(format!("{name}: {error}")),
        }
    }
}

/// To which types, paths, classes and parties the rules of a subset apply.
fn find_applicability(info: &Value, kind: &str, subset: &str) -> Value {
    let places = [&info["subsets"][subset], &info[kind]["subsets"][subset]];
    let found = places.into_iter().find_map(|place| place.get("applicability"));
    found.cloned().unwrap_or_else(|| json!({}))
}

pub(super) fn is_wanted(rule: &str) -> bool {
    rule.starts_with("VDR-") || rule.starts_with("VER-") || rule == "CCM-OCR-AVL"
}

fn rule_of(rule: &Value, kind: &str, release: &str, applicability: Value) -> Option<Value> {
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
    let other: Map<String, Value> = rule
        .as_object()?
        .iter()
        .filter(|(name, _)| !TAKEN.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let listed =
        rule.get("following_information_bullets").or_else(|| rule.get("following_information"));
    Some(json!({
        "name": rule["name"], "applies": applies, "release": release, "classes": classes,
        "information": listed.cloned().unwrap_or_else(|| json!([])),
        "applicability": applicability, "other": other,
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
        // A row may have only some of its cells.
        let cells = COLUMNS.map(|column| frame_of(&row[column]));
        if cells.iter().any(Option::is_some) {
            reduce.insert(rating.clone(), json!(cells));
        }
    }
    if !reduce.is_empty() {
        made["reduce"] = reduce.into();
    }
    Some(made)
}

/// Lists the parts of a rule, or of its variants for classes, that are not compared because they are new.
fn list_unread_parts(name: &str, rule: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let by_class = rule.get("varies_by_class").and_then(Value::as_object);
    let variants = by_class.into_iter().flatten();
    for (class, variant) in variants.clone() {
        let members = variant.as_object().into_iter().flat_map(Map::keys);
        for member in members.filter(|member| !VARIANT_MEMBERS.contains(&member.as_str())) {
            found.push(format!("{name}: class {}: `{member}`", class.to_uppercase()));
        }
    }
    let all = variants.map(|(class, variant)| (class.to_uppercase(), variant));
    for (class, variant) in all.chain([("all".to_owned(), rule)]) {
        let table = variant.get("pain_timeframes").and_then(Value::as_object);
        for (rating, row) in table.into_iter().flatten() {
            let columns = row.as_object().into_iter().flat_map(Map::keys);
            for column in columns.filter(|column| !COLUMNS.contains(&column.as_str())) {
                found.push(format!("{name}: class {class}, N{rating}: column `{column}`"));
            }
        }
    }
    found
}

fn frame_of(rule: &Value) -> Option<Value> {
    Some(json!({"number": rule.get("timeframe_num")?, "unit": rule.get("timeframe_type")?}))
}

/// Returns the days of a ruleset that binds providers.
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
        if kind["effective"].is_object() && !days.is_null() {
            found.push(json!({
                "id": id, "name": info["name"], "applies": applies,
                "optional": days["optional_adoption"], "obtain": days["obtain"],
                "maintain": days["maintain"], "grace": days["grace"]["default"],
                "until_next_assessment": days["grace"]["until_next_assessment"] == true,
                "is": kind["effective"]["is"].as_str().unwrap_or_default(),
                "status": kind["effective"]["current_status"].as_str().unwrap_or_default(),
            }));
        }
    }
    found
}

/// Compares our rules with a dataset.
pub(super) fn compare_dataset(ours: &OfficialRules, theirs: &Dataset, changes: &mut Changes) {
    for unread in &theirs.unread {
        let (place, reason) = unread.split_once(": ").unwrap_or((unread, ""));
        changes.add_change(
            Weight::Forced,
            place,
            format!("its shape is another one, so that it was not compared: {reason}"),
        );
    }
    let is_unread = |id: &str| theirs.unread.iter().any(|one| one.starts_with(&format!("{id}:")));
    compare_all(ours, &theirs.rules, &is_unread, changes);
}

/// Compares our rules with others in our shape.
pub(super) fn compare(ours: &OfficialRules, theirs: &OfficialRules, changes: &mut Changes) {
    compare_all(ours, theirs, &|_| false, changes);
}

fn compare_all(
    ours: &OfficialRules,
    theirs: &OfficialRules,
    is_unread: &dyn Fn(&str) -> bool,
    changes: &mut Changes,
) {
    compare_days(&ours.rulesets, &theirs.rulesets, changes);
    compare_definitions(ours, theirs, changes);
    let ids: BTreeSet<&String> = ours.rules.keys().chain(theirs.rules.keys()).collect();
    for id in ids {
        match (ours.rules.get(id), theirs.rules.get(id)) {
            (Some(old), Some(new)) => compare_rule(id, old, new, changes),
            (None, Some(new)) => {
                changes.add_change(weight_of(new), id, format!("new rule: {}", new.name));
            }
            (Some(_), None) if is_unread(id) => {}
            (Some(old), None) => {
                changes.add_change(weight_of(old), id, format!("no longer there: {}", old.name));
            }
            (None, None) => {}
        }
    }
}

fn compare_definitions(ours: &OfficialRules, theirs: &OfficialRules, changes: &mut Changes) {
    let ids: BTreeSet<&String> = ours.definitions.keys().chain(theirs.definitions.keys()).collect();
    for id in ids {
        match (ours.definitions.get(id), theirs.definitions.get(id)) {
            (Some(old), Some(new)) => {
                if old.term != new.term {
                    let change = format!("term: {} -> {}", old.term, new.term);
                    changes.add_change(Weight::Wording, id, change);
                }
                // A definition decides what a rule is about.
                if old.definition != new.definition {
                    changes.add_change(
                        Weight::Forced,
                        id,
                        format!("definition now: {}", new.definition),
                    );
                }
                if old.notes != new.notes {
                    changes.add_change(
                        Weight::Wording,
                        id,
                        format!("notes: {}", describe_change(&old.notes, &new.notes)),
                    );
                }
            }
            (None, Some(new)) => {
                changes.add_change(Weight::Optional, id, format!("new definition: {}", new.term));
            }
            (Some(old), None) => {
                changes.add_change(Weight::Forced, id, format!("definition is gone: {}", old.term));
            }
            (None, None) => {}
        }
    }
}

fn compare_days(ours: &[Ruleset], theirs: &[Ruleset], changes: &mut Changes) {
    let old: BTreeMap<_, _> = ours.iter().map(|set| (ruleset_key(set), set)).collect();
    let new: BTreeMap<_, _> = theirs.iter().map(|set| (ruleset_key(set), set)).collect();
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let place = format!("{} ({})", key.0, key.1);
        let (Some(old), Some(new)) = (old.get(key), new.get(key)) else {
            let change = if new.contains_key(key) { "new ruleset" } else { "ruleset is gone" };
            changes.add_change(Weight::Forced, place, change);
            continue;
        };
        let days = [
            ("optional adoption", old.optional, new.optional),
            ("obtain", old.obtain, new.obtain),
            ("maintain", old.maintain, new.maintain),
            ("grace ends", old.grace, new.grace),
        ];
        for (what, old, new) in days {
            if old != new {
                let change = format!("{what}: {} -> {}", day_text(old), day_text(new));
                changes.add_change(Weight::Forced, place.clone(), change);
            }
        }
        for (what, old, new) in
            [("in effect", &old.is, &new.is), ("status", &old.status, &new.status)]
        {
            if old != new {
                let weight = if what == "in effect" { Weight::Forced } else { Weight::Wording };
                changes.add_change(weight, place.clone(), format!("{what}: {old} -> {new}"));
            }
        }
        if old.until_next_assessment != new.until_next_assessment {
            let change = match new.until_next_assessment {
                true => "the grace now lasts until the next assessment",
                false => "the grace no longer lasts until the next assessment",
            };
            changes.add_change(Weight::Forced, place, change);
        }
    }
}

fn ruleset_key(set: &Ruleset) -> (String, String) {
    (set.id.clone(), set.applies.clone())
}

fn day_text(day: Option<chrono::NaiveDate>) -> String {
    day.map_or_else(|| "none".to_owned(), |day| day.to_string())
}

fn compare_rule(id: &str, old: &OfficialRule, new: &OfficialRule, changes: &mut Changes) {
    if old.name != new.name {
        changes.add_change(Weight::Wording, id, format!("name: {} -> {}", old.name, new.name));
    }
    if old.applies != new.applies {
        let change = format!("applies to {} -> {}", old.applies, new.applies);
        changes.add_change(weight_of(new), id, change);
    }
    compare_information(id, weight_of(new), &old.information, &new.information, changes);
    let mut found = Changes { file: changes.file, found: Vec::new() };
    values::compare(&old.applicability, &new.applicability, "", &mut found);
    for one in found.found {
        let place = format!("{id} (applies to{})", one.place);
        changes.add_change(weight_of(new).min(weight_of(old)), place, one.change);
    }
    let mut found = Changes { file: changes.file, found: Vec::new() };
    values::compare(&old.other, &new.other, "", &mut found);
    for one in found.found {
        let weight = match one.place.split('/').nth(1) {
            Some("affects") => weight_of(new).min(weight_of(old)),
            Some("schema" | "artifacts" | "notification" | "corrective_actions") => Weight::Should,
            _ => Weight::Wording,
        };
        changes.add_change(
            weight,
            format!("{id} ({})", one.place.trim_start_matches('/')),
            one.change,
        );
    }
    let classes: BTreeSet<&String> = old.classes.keys().chain(new.classes.keys()).collect();
    for class in classes {
        let place = match class.as_str() {
            "all" => id.to_owned(),
            class => format!("{id} (class {class})"),
        };
        match (old.classes.get(class), new.classes.get(class)) {
            (Some(old), Some(new)) => compare_variant(&place, old, new, changes),
            (None, Some(new)) => changes.add_change(
                force_weight(new.force),
                place,
                format!("new for this class: {} {}", new.force, new.statement),
            ),
            (Some(old), None) => {
                changes.add_change(force_weight(old.force), place, "no longer said for this class");
            }
            (None, None) => {}
        }
    }
}

fn compare_variant(place: &str, old: &Variant, new: &Variant, changes: &mut Changes) {
    let heavier = force_weight(old.force).min(force_weight(new.force));
    if old.force != new.force {
        changes.add_change(heavier, place, format!("force: {} -> {}", old.force, new.force));
    }
    // A time frame that the statement alone named, and then the data as well, is the same.
    let [before, after] = [old, new].map(|it| it.within.or(it.stated));
    if before != after && (old.within.is_some() || new.within.is_some()) {
        changes.add_change(
            heavier,
            place,
            format!("time frame: {} -> {}", frame_text(before), frame_text(after)),
        );
    }
    let ratings: BTreeSet<&String> = old.reduce.keys().chain(new.reduce.keys()).collect();
    let columns = ["reachable and exploitable", "exploitable only", "not exploitable"];
    for rating in ratings {
        for (at, column) in columns.iter().enumerate() {
            let cell = |table: &BTreeMap<String, [Option<TimeFrame>; 3]>| {
                table.get(rating).and_then(|row| row.get(at)).copied().flatten()
            };
            let (before, after) = (cell(&old.reduce), cell(&new.reduce));
            if before != after {
                let change =
                    format!("N{rating}, {column}: {} -> {}", frame_text(before), frame_text(after));
                changes.add_change(heavier, place, change);
            }
        }
    }
    compare_statements(place, heavier, &old.statement, &new.statement, changes);
}

fn frame_text(frame: Option<TimeFrame>) -> String {
    frame.map_or_else(|| "none".to_owned(), |frame| frame.to_string())
}

/// Compares the lists that statements announce.
pub(super) fn compare_information(
    id: &str,
    weight: Weight,
    old: &[String],
    new: &[String],
    changes: &mut Changes,
) {
    for line in new.iter().filter(|line| !old.contains(line)) {
        changes.add_change(weight, id, format!("listed now: {line}"));
    }
    for line in old.iter().filter(|line| !new.contains(line)) {
        changes.add_change(weight, id, format!("no longer listed: {line}"));
    }
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
    match sorted_numbers(old) == sorted_numbers(new) {
        true => changes.add_change(Weight::Wording, place, format!("statement now: {new}")),
        false => {
            changes.add_change(weight, place, format!("statement with other numbers now: {new}"));
        }
    }
}

fn sorted_numbers(text: &str) -> Vec<String> {
    let mut numbers: Vec<String> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|number| !number.is_empty())
        .map(str::to_owned)
        .collect();
    numbers.sort();
    numbers
}

pub(super) fn force_weight(force: Force) -> Weight {
    match force {
        Force::Must | Force::MustNot => Weight::Forced,
        Force::Should | Force::ShouldNot => Weight::Should,
        Force::May => Weight::Optional,
    }
}

/// Returns the weight of the strongest force of a rule.
fn weight_of(rule: &OfficialRule) -> Weight {
    rule.classes
        .values()
        .map(|variant| force_weight(variant.force))
        .min()
        .unwrap_or(Weight::Optional)
}
