//! Compares the settings of a branch with those of its base, key by key: which values let more pass.
//!
//! Levels, numbers and allowances of rules are in the parent module. The tests have a line for every
//! key of `poam.yaml` with the decision whether a change of it can loosen anything: a new key fails
//! them until somebody decides.

use crate::model::{Deadlines, Guard, Person, RiskRating, StatusDefinition, normalize_look};
use crate::settings::{Reappearing, ReviewSettings, ScanSettings, Settings};

/// A value of the settings that lets more pass than before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LoosenedValue {
    /// Place in the settings of the branch.
    pub(super) pointer: String,
    /// The fact.
    pub(super) message: String,
    /// Whether it is routine: a note, no warning.
    pub(super) is_routine: bool,
}

impl LoosenedValue {
    fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into(), is_routine: false }
    }

    fn routine(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { is_routine: true, ..Self::new(pointer, message) }
    }
}

/// Compares everything but rules and allowances.
pub(super) fn compare(base: &Settings, head: &Settings) -> Vec<LoosenedValue> {
    let mut found = Vec::new();
    compare_profile(base, head, &mut found);
    compare_deadlines(&base.deadlines, &head.deadlines, &mut found);
    compare_workflow(base, head, &mut found);
    compare_people(&base.people, &head.people, &mut found);
    compare_reviews(&base.review, &head.review, &mut found);
    compare_scans(&base.scan, &head.scan, &mut found);
    compare_thresholds(base, head, &mut found);
    compare_vdr(base, head, &mut found);
    found
}

/// Of a profile the fields that items need and the decisions that stop the clock count; levels and
/// days are compared as they are meant.
fn compare_profile(base: &Settings, head: &Settings, found: &mut Vec<LoosenedValue>) {
    let (before, after) = (base.profile, head.profile);
    let gone: Vec<&str> = before
        .mandatory
        .iter()
        .filter(|field| !after.mandatory.contains(field))
        .map(String::as_str)
        .collect();
    if !gone.is_empty() {
        let message = format!("items no longer need the fields {}", gone.join(", "));
        found.push(LoosenedValue::new("/profile", message));
    }
    if after.decisions_stop_the_clock && !before.decisions_stop_the_clock {
        let message = "an item that is deferred or whose risk is accepted is no longer overdue";
        found.push(LoosenedValue::new("/profile", message));
    }
}

fn compare_deadlines(base: &Deadlines, head: &Deadlines, found: &mut Vec<LoosenedValue>) {
    for rating in RiskRating::ALL {
        let (before, after) = (base.days_for(rating), head.days_for(rating));
        if after > before {
            let message = format!("an item of {rating} risk has {after} days instead of {before}");
            found.push(LoosenedValue::new(format!("/deadlines/{rating}"), message));
        }
    }
    // A later day gives more time; an earlier one takes items out of the assessment.
    let message = match (base.conditional, head.conditional) {
        (before, after) if before == after => return,
        (None, Some(day)) => format!(
            "what was detected until {day} is due from the conditional status on, not from its detection"
        ),
        (Some(day), None) => format!("the conditional status of {day} is gone"),
        (Some(before), Some(after)) => {
            format!("the conditional status is of {after} instead of {before}")
        }
        (None, None) => return,
    };
    found.push(LoosenedValue::new("/conditional_status", message));
}

fn compare_workflow(base: &Settings, head: &Settings, found: &mut Vec<LoosenedValue>) {
    for (name, after) in head.workflow.statuses() {
        let before = base.workflow.statuses().find(|(other, _)| *other == name);
        let pointer = format!("/workflow/{name}");
        match before {
            None => found.push(LoosenedValue::new(
                pointer,
                format!("the workflow has a new status `{name}`"),
            )),
            Some((_, before)) => compare_status(name, before, after, found),
        }
    }
    if let Some(to) = &head.on_last_milestone
        && base.on_last_milestone != head.on_last_milestone
    {
        let message =
            format!("completing the last milestone moves an item to `{to}` without a question");
        found.push(LoosenedValue::new("/workflow/on_last_milestone", message));
    }
}

fn compare_status(
    name: &str,
    before: &StatusDefinition,
    after: &StatusDefinition,
    found: &mut Vec<LoosenedValue>,
) {
    let pointer = format!("/workflow/{name}");
    if before.sheet != after.sheet {
        let side = serde_json::to_value(after.sheet).unwrap_or_default();
        let side = side.as_str().unwrap_or_default();
        let message = format!("items with the status `{name}` count as {side}");
        found.push(LoosenedValue::new(format!("{pointer}/sheet"), message));
    }
    for guard in before.needs.iter().filter(|guard| !after.needs.contains(guard)) {
        let message = format!("the status `{name}` no longer needs {}", guard_words(*guard));
        found.push(LoosenedValue::new(format!("{pointer}/needs"), message));
    }
    for (at, next) in after.moves.iter().enumerate() {
        let pointer = format!("{pointer}/moves/{at}");
        let to = next.to();
        let Some(was) = before.moves.iter().find(|one| one.to() == to) else {
            let message = format!("an item may move from `{name}` to `{to}`");
            found.push(LoosenedValue::new(pointer, message));
            continue;
        };
        for guard in was.needs().iter().filter(|guard| !next.needs().contains(guard)) {
            let message =
                format!("the move from `{name}` to `{to}` no longer needs {}", guard_words(*guard));
            found.push(LoosenedValue::new(&pointer, message));
        }
    }
}

/// `dated milestone`: the name of a guard in `needs:`, as words.
fn guard_words(guard: Guard) -> String {
    let name = serde_json::to_value(guard).unwrap_or_default();
    name.as_str().unwrap_or_default().replace('-', " ")
}

/// The list decides who may own items, and which addresses are one person: of that the rule on
/// approvals of one's own work lives.
fn compare_people(base: &[Person], head: &[Person], found: &mut Vec<LoosenedValue>) {
    let name = |person: &Person| normalize_look(&person.name);
    if head.is_empty() && !base.is_empty() {
        let message = "anybody may own items: the list of people is gone";
        found.push(LoosenedValue::new("/people", message));
        return;
    }
    for person in base {
        let now = head.iter().find(|other| name(other) == name(person));
        let message = match (now.map(|now| &now.email), &person.email) {
            (None, _) => format!("{} is no longer one of the people", person.name.trim()),
            (Some(after), Some(before)) if after.as_ref() != Some(before) => {
                format!("{} no longer has the address {before}", person.name.trim())
            }
            _ => continue,
        };
        found.push(LoosenedValue::new("/people", message));
    }
    for (at, person) in head.iter().enumerate() {
        if !base.is_empty() && !base.iter().any(|other| name(other) == name(person)) {
            let message = format!("{} may own items", person.name.trim());
            found.push(LoosenedValue::routine(format!("/people/{at}"), message));
        }
    }
}

fn compare_reviews(base: &ReviewSettings, head: &ReviewSettings, found: &mut Vec<LoosenedValue>) {
    match (base.every, head.every) {
        (Some(before), None) => found.push(LoosenedValue::new(
            "/review",
            format!("items no longer need a review every {before} days"),
        )),
        (Some(before), Some(after)) if after > before => found.push(LoosenedValue::new(
            "/review/every",
            format!("items need a review every {after} days instead of {before}"),
        )),
        _ => {}
    }
    for (pointer, words, before, after) in [
        ("/review/answer_within", "a step of a review has", base.answer_days(), head.answer_days()),
        (
            "/review/escalate_after",
            "a late review is reported after",
            base.escalate_after,
            head.escalate_after,
        ),
    ] {
        if after > before {
            let message = format!("{words} {after} days instead of {before}");
            found.push(LoosenedValue::new(pointer, message));
        }
    }
    if let Some(before) = &base.reviewer
        && head.reviewer.as_deref() != Some(before)
    {
        let message = match &head.reviewer {
            Some(after) => format!("{after} reviews instead of {before}"),
            None => format!("{before} no longer reviews"),
        };
        found.push(LoosenedValue::new("/review/reviewer", message));
    }
    for person in base.escalate_to.iter().filter(|person| !head.escalate_to.contains(person)) {
        let message = format!("{person} is no longer told of late reviews");
        found.push(LoosenedValue::new("/review/escalate_to", message));
    }
}

fn compare_scans(base: &ScanSettings, head: &ScanSettings, found: &mut Vec<LoosenedValue>) {
    if head.minimum > base.minimum {
        let message = format!(
            "results of scans become items from {} on, no longer from {}",
            head.minimum, base.minimum
        );
        found.push(LoosenedValue::new("/scan/minimum", message));
    }
    if head.clean_scans < base.clean_scans {
        let message = format!(
            "an item goes to validation after {} clean scans instead of {}",
            head.clean_scans, base.clean_scans
        );
        found.push(LoosenedValue::new("/scan/clean_scans", message));
    }
    if base.group != head.group {
        let message = "results of scans are joined to items in another way";
        found.push(LoosenedValue::new("/scan/group", message));
    }
    if base.reappearing == Reappearing::Reopen && head.reappearing == Reappearing::Successor {
        let message = "a weakness that is found again is a new item, with days of its own";
        found.push(LoosenedValue::new("/scan/reappearing", message));
    }
    for (severity, after) in &head.ratings {
        let before = base.ratings.get(severity).copied().or_else(|| rating_of_name(severity));
        if let Some(before) = before.filter(|before| after < before) {
            let message = format!("the severity {severity} is rated {after} instead of {before}");
            found.push(LoosenedValue::new(format!("/scan/ratings/{severity}"), message));
        }
    }
    for (severity, before) in &base.ratings {
        let is_lower = rating_of_name(severity).is_none_or(|named| named < *before);
        if !head.ratings.contains_key(severity) && is_lower {
            let message = format!("the severity {severity} is no longer rated {before}");
            found.push(LoosenedValue::new("/scan/ratings", message));
        }
    }
    for (name, after) in &head.groups {
        let before = base.groups.get(name).map(Vec::as_slice).unwrap_or_default();
        let added: Vec<&str> =
            after.iter().filter(|id| !before.contains(id)).map(String::as_str).collect();
        if !added.is_empty() {
            let message =
                format!("results of {} become one item of the group {name}", added.join(", "));
            found.push(LoosenedValue::new("/scan/groups", message));
        }
    }
}

/// Returns the rating of a severity that the settings do not rate; informational results have none.
fn rating_of_name(severity: &str) -> Option<RiskRating> {
    if severity == "unknown" { Some(RiskRating::Moderate) } else { severity.parse().ok() }
}

fn compare_thresholds(base: &Settings, head: &Settings, found: &mut Vec<LoosenedValue>) {
    match (base.baseline, head.baseline) {
        (Some(before), None) => found.push(LoosenedValue::new(
            "/baseline",
            format!("the baseline of {before} is gone: growth is no longer looked at"),
        )),
        (Some(before), Some(after)) if after > before => found.push(LoosenedValue::new(
            "/baseline",
            format!("the baseline of the growth is {after} instead of {before}"),
        )),
        _ => {}
    }
    if head.warn_days < base.warn_days {
        let message = format!(
            "dates are announced {} days before instead of {}",
            head.warn_days, base.warn_days
        );
        found.push(LoosenedValue::routine("/warn_days", message));
    }
}

/// The day of adoption switches rules on POA&Ms off and those on VDR and VER on; the impact level
/// decides which time frames they have.
fn compare_vdr(base: &Settings, head: &Settings, found: &mut Vec<LoosenedValue>) {
    let message = match (base.vdr_adopted, head.vdr_adopted) {
        (before, Some(after)) if before.is_none_or(|before| after < before) => {
            (!head.profile.superseded_by_vdr.is_empty())
                .then(|| format!("rules that are only about POA&Ms are off from {after} on"))
        }
        (Some(before), Some(after)) if after > before => {
            Some(format!("rules on VDR and VER hold from {after} on instead of {before}"))
        }
        (Some(before), None) => {
            Some(format!("rules on VDR and VER no longer hold, from {before} on they did"))
        }
        _ => None,
    };
    found.extend(message.map(|message| LoosenedValue::new("/vdr_adopted", message)));
    let level = |settings: &Settings| settings.system.impact_level;
    if let Some(before) = level(base)
        && level(head).is_none_or(|after| after < before)
    {
        let after = level(head).map_or("unknown", |after| after.in_workbook());
        let message = format!("the impact level is {after} instead of {}", before.in_workbook());
        found.push(LoosenedValue::new("/system/impact_level", message));
    }
}

#[cfg(test)]
mod tests;
