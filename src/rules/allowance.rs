//! Allowances: rules that are allowed for an item for a time, with a reason.
//!
//! [`apply`] removes allowed diagnostics and reports allowances that have expired or allow nothing.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::engine::{SCHEMA, level_of};
use super::{Base, Check, Context, Rule, find};
use crate::diagnostic::{Diagnostic, Label, Level};
use crate::model::is_blank;
use crate::schema;
use crate::settings::Settings;
use crate::store::Store;

/// An allowance past its last day.
pub(super) const EXPIRED: Rule = Rule {
    name: "expired-allowance",
    level: Level::Error,
    summary: "an allowance is past its last day, and what it allowed is still there",
    text: include_str!("expired_allowance.md"),
    numbers: &[],
    history: false,
    check: Check::Allowances,
};

/// An allowance that allows nothing.
pub(super) const UNUSED: Rule = Rule {
    name: "unused-allowance",
    level: Level::Warning,
    summary: "an allowance for something that is not there",
    text: include_str!("unused_allowance.md"),
    numbers: &[],
    history: false,
    check: Check::Allowances,
};

/// One allowance, from the settings or from an item.
struct AllowanceEntry<'a> {
    rule: &'a str,
    items: Option<&'a [String]>,
    until: NaiveDate,
    label: Label,
    item: Option<String>,
    used: bool,
}

/// Diagnostics after the allowances were applied.
pub(super) struct WithoutAllowed {
    /// Those that count, with those on the allowances themselves.
    pub(super) kept: Vec<Diagnostic>,
    /// Those that an allowance takes out.
    pub(super) allowed: Vec<Diagnostic>,
}

/// Takes out what is allowed, and states which allowances have expired or allow nothing.
///
/// What a rule on changes states is allowed only where the base allows it too: nobody allows what
/// their own change breaks.
pub(super) fn apply(
    found: Vec<Diagnostic>,
    context: &Context<'_>,
    base: Option<&Base<'_>>,
) -> WithoutAllowed {
    let mut entries = allowance_entries(Some(context.settings), context.store);
    let landed =
        base.map(|base| self::allowance_entries(base.settings, base.store)).unwrap_or_default();
    let holds = |entry: &AllowanceEntry<'_>| entry.until >= context.today;
    let has_landed = |diagnostic: &Diagnostic| {
        landed.iter().any(|entry| holds(entry) && entry.covers_diagnostic(diagnostic))
    };
    let mut kept = found;
    let mut all_allowed = Vec::new();
    if !entries.is_empty() {
        // Many items may have some: each diagnostic meets only those of its rule and its item.
        let mut places: HashMap<(Option<&str>, &str), Vec<usize>> = HashMap::new();
        let owners: Vec<Option<String>> = entries.iter().map(|entry| entry.item.clone()).collect();
        for (place, (entry, owner)) in entries.iter().zip(&owners).enumerate() {
            places.entry((owner.as_deref(), entry.rule)).or_default().push(place);
        }
        kept.retain(|diagnostic| {
            let own =
                diagnostic.item.as_deref().and_then(|id| places.get(&(Some(id), diagnostic.rule)));
            let of_all = places.get(&(None, diagnostic.rule));
            let mut allowed = false;
            for place in own.into_iter().chain(of_all).flatten() {
                let Some(entry) = entries.get_mut(*place) else { continue };
                if entry.covers_diagnostic(diagnostic) {
                    entry.used = true;
                    allowed |=
                        holds(entry) && (!is_on_changes(diagnostic.rule) || has_landed(diagnostic));
                }
            }
            if allowed {
                all_allowed.push(diagnostic.clone());
            }
            !allowed
        });
    }
    for entry in entries {
        let expired = !holds(&entry);
        let (rule, message, help) = match (entry.used, expired) {
            (true, false) => continue,
            _ if entry.rule == schema::RULE => (
                &SCHEMA,
                format!("`{}` cannot be allowed", entry.rule),
                "mend what it says of the file, and remove the allowance",
            ),
            (false, _) if !is_lasting(entry.rule, context) => continue,
            (true, true) => (
                &EXPIRED,
                format!("the allowance of `{}` ended on {}", entry.rule, entry.until),
                "mend what it allowed, or decide anew and set a new date",
            ),
            (false, _) => (
                &UNUSED,
                format!("nothing here needs the allowance of `{}`", entry.rule),
                "remove it",
            ),
        };
        if let Some(level) = level_of(rule, context.settings) {
            let mut diagnostic =
                Diagnostic::new(rule.name, entry.label, message).help(help).level(level);
            diagnostic.item = entry.item;
            kept.push(diagnostic);
        }
    }
    WithoutAllowed { kept, allowed: all_allowed }
}

/// Returns whether the diagnostics of a rule persist, so that an allowance of it can be called
/// unused. What a rule on changes finds is over once it is merged; a rule on history states nothing
/// without one.
fn is_lasting(rule: &str, context: &Context<'_>) -> bool {
    !is_on_changes(rule) && find(rule).is_none_or(|rule| context.history.is_some() || !rule.history)
}

/// Returns whether a rule compares a base with a head.
pub fn is_on_changes(rule: &str) -> bool {
    find(rule).is_some_and(|rule| matches!(rule.check, Check::Change(_) | Check::Settings))
}

impl AllowanceEntry<'_> {
    fn covers_diagnostic(&self, diagnostic: &Diagnostic) -> bool {
        let item = diagnostic.item.as_deref();
        diagnostic.rule == self.rule
            && self.rule != schema::RULE
            && self
                .items
                .is_none_or(|items| item.is_some_and(|id| items.iter().any(|one| one == id)))
            && self.item.as_deref().is_none_or(|own| item == Some(own))
    }
}

/// Returns the allowances that give a reason; the schema speaks of the others.
fn allowance_entries<'a>(
    settings: Option<&'a Settings>,
    store: &'a Store,
) -> Vec<AllowanceEntry<'a>> {
    let of_settings = settings.into_iter().flat_map(|settings| {
        settings.allow.iter().enumerate().map(|(index, allowance)| {
            let entry = AllowanceEntry {
                rule: &allowance.rule,
                items: Some(allowance.items.as_slice()).filter(|items| !items.is_empty()),
                until: allowance.until,
                label: settings.document.label(&allowance_pointer(index)).says("allowed here"),
                item: None,
                used: false,
            };
            (entry, &allowance.reason)
        })
    });
    let of_items = store.items().iter().flat_map(|stored| {
        stored.item.allow.iter().enumerate().map(|(index, allowance)| {
            let entry = AllowanceEntry {
                rule: &allowance.rule,
                items: None,
                until: allowance.until,
                label: stored.document.label(&allowance_pointer(index)).says("allowed here"),
                item: Some(stored.item.id.to_string()),
                used: false,
            };
            (entry, &allowance.reason)
        })
    });
    let all = of_settings.chain(of_items);
    all.filter(|(_, reason)| !is_blank(reason)).map(|(entry, _)| entry).collect()
}

/// Returns the place at which an allowance names its rule.
pub(super) fn allowance_pointer(index: usize) -> String {
    format!("/allow/{index}/rule")
}
