use chrono::NaiveDate;

use super::allowance::{is_on_changes, place};
use super::engine::level_of;
use super::{ALL, Base, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::settings::Settings;

/// A branch loosens what checks it.
pub(super) const RULE: Rule = Rule {
    name: "gate-loosened",
    level: Level::Warning,
    summary: "a change turns rules down, allows faults or widens the workflow",
    text: include_str!("gate_loosened.md"),
    numbers: &[],
    history: false,
    check: Check::Settings,
};

/// What a branch lets pass that its base did not.
pub(super) fn check(base: &Base<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found =
        base.settings.map(|settings| of_settings(settings, context)).unwrap_or_default();
    if let Some(before) = base.moved_from {
        let before = match before {
            "" => "the top of the repository".to_owned(),
            folder => format!("`{folder}`"),
        };
        let label = context.settings.document.label("/version").says("here now");
        let message =
            format!("the tracker was moved from {before}, and its history begins anew with that");
        let help = "approve it only if this is what the change is for; what happened before is \
                    told by `poam log` where the tracker was";
        found.push(say(label, message).help(help));
    }
    for stored in context.store.items().iter().filter(|stored| !stored.item.allow.is_empty()) {
        let before = base.find(&stored.item.id).map(|before| before.item.allow.as_slice());
        for (index, allowance) in stored.item.allow.iter().enumerate() {
            if !before.is_some_and(|before| before.contains(allowance)) {
                let label = stored.document.label(&place(index)).says("this change");
                let one = allowed(label, &allowance.rule, allowance.until, &allowance.reason);
                found.push(one.item(&stored.item.id));
            }
        }
    }
    found
}

/// A fact that is there to be approved.
fn say(label: Label, message: String) -> Diagnostic {
    Diagnostic::new(RULE.name, label, message)
        .help("approve it only if this is what the change is for")
}

/// A new allowance.
fn allowed(label: Label, rule: &str, until: NaiveDate, reason: &str) -> Diagnostic {
    let said = say(label, format!("rule `{rule}` is allowed until {until}: {reason}"));
    if is_on_changes(rule) {
        return said.help("it counts for later changes, not for the one that brings it");
    }
    said
}

/// What the settings of a branch let pass that those of the base did not.
fn of_settings(base: &Settings, context: &Context<'_>) -> Vec<Diagnostic> {
    let head = context.settings;
    let at = |pointer: &str| head.document.label(pointer).says("this change");
    let mut found = Vec::new();
    for rule in ALL {
        let (before, after) = (level_of(rule, base), level_of(rule, head));
        // Errors come first in the order of levels; a rule that is off comes last.
        let rank = |level: Option<Level>| level.map_or(u8::MAX, |level| level as u8);
        if rank(after) > rank(before) {
            let word = |level: Option<Level>| level.map_or("off", Level::as_str);
            let place = format!("/rules/{}", rule.name);
            let place =
                if head.rules.contains_key(rule.name) { place.as_str() } else { "/profile" };
            let message =
                format!("rule `{}` goes from {} to {}", rule.name, word(before), word(after));
            found.push(say(at(place), message));
        }
    }
    for (index, allowance) in head.allow.iter().enumerate() {
        if !base.allow.contains(allowance) {
            let label = at(&place(index));
            found.push(allowed(label, &allowance.rule, allowance.until, &allowance.reason));
        }
    }
    let earlier =
        |(head, base): (NaiveDate, Option<NaiveDate>)| base.is_none_or(|base| head < base);
    if let Some(day) = head.vdr_adopted.filter(|day| earlier((*day, base.vdr_adopted)))
        && !head.profile.superseded_by_vdr.is_empty()
    {
        let message = format!("rules that are only about POA&Ms are off from {day} on");
        found.push(say(at("/vdr_adopted"), message));
    }
    if base.workflow != head.workflow {
        found.push(say(at("/workflow"), "the workflow is another".to_owned()));
    }
    if base.deadlines != head.deadlines {
        let conditional = base.deadlines.conditional != head.deadlines.conditional;
        let place = if conditional { "/conditional_status" } else { "/deadlines" };
        found.push(say(at(place), "the deadlines are others".to_owned()));
    }
    if base.items != head.items {
        let message =
            format!("the items are looked for in `{}` instead of `{}`", head.items, base.items);
        let help = "approve it only if this is what the change is for; the history that is told \
                    begins anew with it";
        found.push(say(at("/items"), message).help(help));
    }
    found
}
