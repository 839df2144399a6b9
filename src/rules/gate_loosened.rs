//! The rule `gate-loosened`: a change of the settings lets more pass than before.
//!
//! Compares the settings of a branch with those of its base. The page `gate_loosened.md` has its
//! text, source and examples.

mod settings;

use chrono::NaiveDate;

use super::allowance::{allowance_pointer, is_on_changes};
use super::engine::level_of;
use super::{ALL, Base, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::settings::Settings;

/// A branch loosens what checks it.
pub(super) const RULE: Rule = Rule {
    name: "gate-loosened",
    level: Level::Warning,
    summary: "a change of the settings lets more pass than before: levels, numbers, time frames, people, workflow, allowances",
    text: include_str!("gate_loosened.md"),
    numbers: &[],
    history: false,
    check: Check::Settings,
};

/// Checks for settings of a branch that permit more than those of its base.
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
        found.push(report_fact(label, message).help(help));
    }
    for stored in context.store.items().iter().filter(|stored| !stored.item.allow.is_empty()) {
        let before = base.find(&stored.item.id).map(|before| before.item.allow.as_slice());
        for (index, allowance) in stored.item.allow.iter().enumerate() {
            if !before.is_some_and(|before| before.contains(allowance)) {
                let label = stored.document.label(&allowance_pointer(index)).says("this change");
                let one =
                    report_allowance(label, &allowance.rule, allowance.until, &allowance.reason);
                found.push(one.item(&stored.item.id));
            }
        }
    }
    found
}

/// Returns a fact that is there to be approved.
fn report_fact(label: Label, message: String) -> Diagnostic {
    Diagnostic::new(RULE.name, label, message)
        .help("approve it only if this is what the change is for")
}

/// Returns a new allowance.
fn report_allowance(label: Label, rule: &str, until: NaiveDate, reason: &str) -> Diagnostic {
    let said = report_fact(label, format!("rule `{rule}` is allowed until {until}: {reason}"));
    if is_on_changes(rule) {
        return said.help("it counts for later changes, not for the one that brings it");
    }
    said
}

/// Compares the settings of a branch with those of the base.
fn of_settings(base: &Settings, context: &Context<'_>) -> Vec<Diagnostic> {
    let head = context.settings;
    let at = |pointer: &str| head.document.label(pointer).says("this change");
    let mut found = Vec::new();
    for rule in ALL {
        let (before, after) = (level_of(rule, base), level_of(rule, head));
        if level_rank(after) > level_rank(before) {
            let place = format!("/rules/{}", rule.name);
            let place =
                if head.rules.contains_key(rule.name) { place.as_str() } else { "/profile" };
            let message = format!(
                "rule `{}` goes from {} to {}",
                rule.name,
                level_word(before),
                level_word(after)
            );
            found.push(report_fact(at(place), message));
        }
        for number in rule.numbers {
            let value = |settings: &Settings| {
                let set = settings.rules.get(rule.name);
                set.and_then(|set| set.numbers.get(number.name)).copied().unwrap_or(number.default)
            };
            let (before, after) = (value(base), value(head));
            let is_checked = level_of(rule, head).is_some();
            if is_checked && number.loosened_by.is_met(before, after) {
                let place = format!("/rules/{}/{}", rule.name, number.name);
                let message = format!(
                    "rule `{}` takes {after} instead of {before} for `{}`: {}",
                    rule.name, number.name, number.meaning
                );
                found.push(report_fact(at(&place), message));
            }
        }
    }
    for (index, allowance) in head.allow.iter().enumerate() {
        if !base.allow.contains(allowance) {
            let label = at(&allowance_pointer(index));
            found.push(report_allowance(
                label,
                &allowance.rule,
                allowance.until,
                &allowance.reason,
            ));
        }
    }
    for loosened in settings::compare(base, head) {
        let fact = report_fact(at(&loosened.pointer), loosened.message);
        found.push(if loosened.is_routine { fact.at_most(Level::Note) } else { fact });
    }
    if base.items != head.items {
        let message =
            format!("the items are looked for in `{}` instead of `{}`", head.items, base.items);
        let help = "approve it only if this is what the change is for; the history that is told \
                    begins anew with it";
        found.push(report_fact(at("/items"), message).help(help));
    }
    found
}

/// Returns the rank of a level: errors come first, a rule that is off comes last.
fn level_rank(level: Option<Level>) -> u8 {
    level.map_or(u8::MAX, |level| level as u8)
}

fn level_word(level: Option<Level>) -> &'static str {
    level.map_or("off", Level::as_str)
}
