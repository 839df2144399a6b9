//! Runs the rules over a store, and over the changes of a branch against its base.
//!
//! Levels come from the settings, the profile and the rule. With a [`Base`], only diagnostics that
//! the branch brings are reported. Allowances are applied at the end.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;
use rayon::prelude::*;

use super::allowance::WithoutAllowed;
use super::known::KnownDiagnostics;
use super::{
    ALL, BranchChange, Check, Context, Rule, allowance, detection_date_changed,
    detection_date_moved, find, gate_loosened, original_rating_changed, rating_lowered,
};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::ItemId;
use crate::nearest::nearest;
use crate::schema;
use crate::settings::Settings;
use crate::store::{Store, Stored};

/// The files themselves: YAML, and the schema.
pub(super) const SCHEMA: Rule = Rule {
    name: schema::RULE,
    level: Level::Error,
    summary: "a file is not a readable item: YAML, unknown or missing fields, wrong kinds of value",
    text: include_str!("schema.md"),
    numbers: &[],
    history: false,
    check: Check::Schema,
};

/// Result of a check.
#[derive(Debug, Default)]
pub struct CheckedTree {
    /// Everything that counts, in the order of output.
    pub diagnostics: Vec<Diagnostic>,
    /// Number of diagnostics that the base had already; they are counted, not listed.
    pub known: usize,
    /// Diagnostics that an allowance takes out, the base's own left out.
    pub allowed: Vec<Diagnostic>,
}

/// Base that a branch is compared with.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// The items of the base.
    pub store: &'a Store,
    /// Last item versions of files that are no item in the base.
    pub earlier: &'a [Stored],
    /// Diagnostics of the rules about them.
    pub said: &'a CheckedTree,
    /// The settings of the base; none where it had no tracker.
    pub settings: Option<&'a Settings>,
    /// The folder that the tracker was in, where the branch moved it: from the root of the
    /// repository, with a `/` at its end or empty.
    pub moved_from: Option<&'a str>,
    /// The moves that commits of the branch made on purpose outside the workflow: item, and
    /// `from -> to`.
    pub overrides: &'a BTreeSet<(String, String)>,
}

impl<'a> Base<'a> {
    /// Returns the item with an id, as the base can be held against: where its file cannot be read,
    /// what that held last.
    pub(super) fn find(&self, id: &ItemId) -> Option<&'a Stored> {
        self.store.find(id).or_else(|| self.earlier.iter().find(|earlier| earlier.item.id == *id))
    }
}

/// Returns the level of a rule: from the settings, else the profile, else its own. `None` is off.
pub fn level_of(rule: &Rule, settings: &Settings) -> Option<Level> {
    let set = settings.rules.get(rule.name).and_then(|setting| setting.level);
    let profile = settings.profile.levels.get(rule.name).map(|level| level.meant());
    set.or(profile).unwrap_or(Some(rule.level))
}

/// Returns the level of a rule on a day: off where VDR has replaced it.
pub fn level_on(rule: &Rule, settings: &Settings, day: NaiveDate) -> Option<Level> {
    level_of(rule, settings).filter(|_| !settings.is_superseded(rule.name, day))
}

/// Checks a store; with a base also what the branch does to each item, and then only what the
/// base did not have counts.
///
/// `known` is what the same check stated of the base; see [`check`] without base for that.
pub fn check(context: &Context<'_>, base: Option<&Base<'_>>) -> CheckedTree {
    let mut found = check_state(context);
    if let Some(base) = base {
        found.extend(collect_changes(context, base));
        found.extend(check_loosened(context, base));
    }
    // Allowances come first: what one allows is used, whether the base had it or not, and an
    // allowance that expired in the base already is nothing that the branch did.
    let WithoutAllowed { kept: mut diagnostics, mut allowed } =
        allowance::apply(found, context, base);
    say_once(&mut diagnostics);
    let mut known = 0;
    if let Some(base) = base {
        known = KnownDiagnostics::retain_new(&base.said.diagnostics, &mut diagnostics);
        KnownDiagnostics::retain_new(&base.said.allowed, &mut allowed);
    }
    // What is stated of items is in order already.
    diagnostics.sort_by(Diagnostic::compare_order);
    allowed.sort_by(Diagnostic::compare_order);
    CheckedTree { diagnostics, known, allowed }
}

/// Pairs of a rule on changes and a rule on history that would report one fact twice.
const SAME: [(&Rule, &Rule); 2] = [
    (&detection_date_changed::RULE, &detection_date_moved::RULE),
    (&rating_lowered::RULE, &original_rating_changed::RULE),
];

/// Leaves out what another rule has stated of the same change already.
fn say_once(diagnostics: &mut Vec<Diagnostic>) {
    for (change, later) in SAME {
        let said = diagnostics.iter().filter(|one| one.rule == change.name);
        let items: HashSet<Option<String>> = said.map(|one| one.item.clone()).collect();
        diagnostics.retain(|one| one.rule != later.name || !items.contains(&one.item));
    }
}

/// Collects the diagnostics of the rules on items and on the store about a tree.
fn check_state(context: &Context<'_>) -> Vec<Diagnostic> {
    let active: Vec<(&Rule, Level)> = active_rules(context.settings, context.today);
    let mut found: Vec<Diagnostic> = Vec::new();
    if let Some(level) = level_of(&SCHEMA, context.settings) {
        found.extend(context.store.diagnostics().iter().cloned().map(|one| one.at_most(level)));
    }
    // Each rule on the store goes over all items by itself: several do so side by side.
    let (on_items, on_store): (Vec<Vec<Diagnostic>>, Vec<Vec<Diagnostic>>) = rayon::join(
        || {
            let each = context.store.items().par_iter();
            each.map(|stored| on_item(stored, &active, context)).collect()
        },
        || {
            let each = active.par_iter().map(|(rule, level)| match rule.check {
                Check::Store(check) => {
                    check(context).into_iter().map(|one| one.at_most(*level)).collect()
                }
                _ => Vec::new(),
            });
            each.collect()
        },
    );
    found.reserve_exact(on_items.iter().chain(&on_store).map(Vec::len).sum());
    found.extend(on_items.into_iter().flatten());
    found.extend(on_store.into_iter().flatten());
    found
}

/// Collects the diagnostics of the rules on items about one item, in the order of output.
pub(super) fn on_item(
    stored: &Stored,
    active: &[(&Rule, Level)],
    context: &Context<'_>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (rule, level) in active {
        let said = match rule.check {
            Check::Item(check) => check(stored, context),
            Check::Schema => {
                let said = stored.check_schema().into_iter();
                said.map(|one| one.item(&stored.item.id)).collect()
            }
            _ => continue,
        };
        found.extend(said.into_iter().map(|one| one.at_most(*level)));
    }
    found.sort_by(Diagnostic::compare_order);
    found
}

/// Checks one item by itself: the rules on items, without what allowances cover. Rules on several items and unused
/// allowances need a check of all.
pub fn check_item(stored: &Stored, context: &Context<'_>) -> Vec<Diagnostic> {
    let found = on_item(stored, &active_rules(context.settings, context.today), context);
    let alone = Store::from_items(vec![stored.clone()]);
    let mut found = allowance::apply(found, &Context { store: &alone, ..*context }, None).kept;
    found.retain(|one| {
        let is_own = one.label.path.as_ref() == stored.path();
        is_own && one.rule != allowance::UNUSED.name && one.rule != allowance::EXPIRED.name
    });
    found.sort_by(Diagnostic::compare_order);
    found
}

/// Collects the diagnostics of the rules on changes from a base to the store.
///
/// A rule that the branch itself turns down speaks at the level that the base gives it: nobody
/// switches off the rule that its own change breaks.
fn collect_changes(context: &Context<'_>, base: &Base<'_>) -> Vec<Diagnostic> {
    let mut pairs: BTreeMap<&ItemId, BranchChange<'_>> = BTreeMap::new();
    fn by_id(store: &Store) -> impl Iterator<Item = (&ItemId, &Stored)> {
        store.ids().filter_map(|id| Some((id, store.find(id)?)))
    }
    for (id, stored) in by_id(base.store) {
        pairs.entry(id).or_default().base = Some(stored);
    }
    // A file that the base broke is no way around the rules for the branch that mends it.
    for stored in base.earlier {
        pairs.entry(&stored.item.id).or_default().base.get_or_insert(stored);
    }
    for (id, stored) in by_id(context.store) {
        pairs.entry(id).or_default().head = Some(stored);
    }
    for (item, what) in base.overrides {
        let change = item.parse().ok().and_then(|id: ItemId| pairs.get_mut(&id));
        if let Some(change) = change {
            change.overrides.push(what);
        }
    }
    // An item that cannot be read any more is not gone: the schema rule speaks of it.
    let unreadable: Vec<&str> =
        context.store.diagnostics().iter().map(|one| &*one.label.path).collect();
    let mut found = Vec::new();
    for rule in ALL {
        let Check::Change(check) = rule.check else { continue };
        let Some(level) = strictest_level(rule, context, base) else { continue };
        for change in pairs.values() {
            let gone = change.head.is_none();
            let same = change.both().is_some_and(|(base, head)| base.value() == head.value());
            if same || (gone && change.base.is_some_and(|base| unreadable.contains(&base.path()))) {
                continue;
            }
            found.extend(check(change, context).into_iter().map(|one| one.at_most(level)));
        }
    }
    found
}

/// Returns the level of a rule in the base or in the head, whichever weighs more.
fn strictest_level(rule: &Rule, context: &Context<'_>, base: &Base<'_>) -> Option<Level> {
    let levels = [Some(context.settings), base.settings]
        .map(|it| it.and_then(|it| level_on(rule, it, context.today)));
    // Errors come first in the order of levels.
    levels.into_iter().flatten().min()
}

/// Checks whether the branch loosens the gate of its base, this rule included. That it turns this
/// rule itself down is stated too.
fn check_loosened(context: &Context<'_>, base: &Base<'_>) -> Vec<Diagnostic> {
    let Some(level) = strictest_level(&gate_loosened::RULE, context, base) else {
        return Vec::new();
    };
    gate_loosened::check(base, context).into_iter().map(|one| one.at_most(level)).collect()
}

/// Collects the diagnostics of the rules on changes alone from a base to the store, both of which
/// may hold only the items that differ. Allowances are not looked at: a reviewer is informed what they
/// cover.
pub fn check_changes(context: &Context<'_>, base: &Base<'_>) -> Vec<Diagnostic> {
    let mut found = collect_changes(context, base);
    found.extend(check_loosened(context, base));
    found.sort_by(Diagnostic::compare_order);
    found
}

/// Returns the rules that are on, with their levels.
pub(super) fn active_rules(settings: &Settings, day: NaiveDate) -> Vec<(&'static Rule, Level)> {
    ALL.iter().filter_map(|rule| Some((*rule, level_on(rule, settings, day)?))).collect()
}

/// Checks the rules that the settings name.
pub fn check_settings(settings: &Settings) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let names = || ALL.iter().map(|rule| rule.name);
    let all = || "`poam rules` lists all".to_owned();
    let unknown =
        |pointer: String, name: &str, what: &str, near: Option<&str>, otherwise: String| {
            let help = near.map_or(otherwise, |near| format!("did you mean `{near}`?"));
            Diagnostic::new(
                "settings",
                settings.document.key_label(&pointer),
                format!("unknown {what} `{name}`"),
            )
            .help(help)
        };
    for (name, setting) in &settings.rules {
        match find(name) {
            None => {
                let near = nearest(name, names());
                found.push(unknown(format!("/rules/{name}"), name, "rule", near, all()));
            }
            Some(rule) => {
                for number in setting.numbers.keys() {
                    if !rule.numbers.iter().any(|known| known.name == number) {
                        let near = nearest(number, rule.numbers.iter().map(|known| known.name));
                        let what = format!("number of `{name}`:");
                        let pointer = format!("/rules/{name}/{number}");
                        found.push(unknown(pointer, number, &what, near, name_numbers(rule)));
                    }
                }
            }
        }
    }
    for (index, allowance) in settings.allow.iter().enumerate() {
        if find(&allowance.rule).is_none() {
            let near = nearest(&allowance.rule, names());
            let pointer = allowance::allowance_pointer(index);
            found.push(unknown(pointer, &allowance.rule, "rule", near, all()));
        }
        if allowance.rule == schema::RULE {
            let label = settings.document.label(&allowance::allowance_pointer(index));
            let message = format!("`{}` cannot be allowed", allowance.rule);
            found.push(
                Diagnostic::new("settings", label, message)
                    .help("mend the files of which it speaks, and remove the allowance"),
            );
        }
    }
    found
}

fn name_numbers(rule: &Rule) -> String {
    match rule.numbers {
        [] => format!("`{}` has no numbers, only a level", rule.name),
        numbers => {
            let names: Vec<_> = numbers.iter().map(|one| format!("`{}`", one.name)).collect();
            format!("`{}` has {}", rule.name, names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::all_said;

    /// An item about which nothing is stated on 2026-03-01, and lines of its own.
    fn item(lines: &str) -> String {
        let milestone =
            "milestones: [{id: 1, description: Close the port and scan again, due: 2026-06-01}]";
        format!(
            "items/V-1.yaml\nid: V-1\nweakness_name: Open port\nstatus: open\n\
            original_detection_date: 2026-02-05\noriginal_risk_rating: low\n{milestone}\n\
            {lines}\n# …\n"
        )
    }

    fn between(base: &str, head: &str) -> Vec<String> {
        all_said(&format!("fail\n# base: {}# file: {}", item(base), item(head)))
    }

    const FAULT: &str = "cves: [CVE-1]\n";
    const ALLOWED: &str =
        "cves: [CVE-1]\nallow: [{rule: malformed-cve, reason: R, until: 2026-06-01}]\n";
    const EXPIRED: &str =
        "cves: [CVE-1]\nallow: [{rule: malformed-cve, reason: R, until: 2026-02-20}]\n";

    #[test]
    fn a_branch_answers_for_what_it_causes() {
        let none: [&str; 0] = [];
        assert_eq!(between("", ""), none);
        assert_eq!(between("", FAULT), ["error malformed-cve"]);
        assert_eq!(between(FAULT, FAULT), none, "the base had it");
        assert_eq!(between(FAULT, "comments: C\n"), none);
        let told = ["warning gate-loosened"];
        assert_eq!(between(FAULT, ALLOWED), told, "an allowance of what the base had is used");
        assert_eq!(between(ALLOWED, ALLOWED), none);
        assert_eq!(between(ALLOWED, FAULT), ["error malformed-cve"], "no longer allowed");
        assert_eq!(between(EXPIRED, EXPIRED), none, "time did that, not the branch");
        let unused = "allow: [{rule: malformed-cve, reason: R, until: 2026-06-01}]\n";
        assert_eq!(between("", unused), ["warning gate-loosened", "warning unused-allowance"]);
    }

    #[test]
    fn a_moved_detection_date_is_said_once() {
        let landed = format!("# commit: 2026-02-06\n{}", item("").split_once('\n').unwrap().1);
        let moved = "# commit: 2026-02-20\noriginal_detection_date: 2026-02-19\n";
        let said = |between: &str| {
            let mut said = all_said(&format!("fail\n{landed}{between}{moved}"));
            said.retain(|one| one.contains("detection-date"));
            said
        };
        assert_eq!(said(""), ["warning detection-date-moved"], "after it landed");
        assert_eq!(said("# branch\n"), ["error detection-date-changed"], "before it lands");
    }

    #[test]
    fn an_allowance_of_a_rule_on_changes_is_never_called_unused() {
        let allow = "allow: [{rule: schedule-changed, reason: R, until: 2026-06-01}]\n";
        let none: [&str; 0] = [];
        assert_eq!(all_said(&format!("fail\n# file: {}", item(allow))), none);
        assert_eq!(between("", allow), ["warning gate-loosened"]);
        let moved = format!("scheduled_completion_date: 2026-07-01\n{allow}");
        let before = format!("scheduled_completion_date: 2026-07-02\n{allow}");
        assert_eq!(between(&before, &moved), none);
    }

    #[test]
    fn a_change_is_allowed_only_where_the_base_allows_it() {
        let was = "scheduled_completion_date: 2026-07-02\n";
        let moved = "scheduled_completion_date: 2026-07-01\n";
        let until =
            |day: &str| format!("allow: [{{rule: schedule-changed, reason: R, until: {day}}}]\n");
        let holds = until("2026-06-01");
        let said = |base: String, head: String| between(&base, &head);
        let none: [&str; 0] = [];
        let changed = all_said(&format!("fail\n# base: {}# file: {}", item(was), item(moved)));
        let [level] = changed.as_slice() else { panic!("{changed:?}") };
        let both = [level.as_str(), "warning gate-loosened"];
        let sorted = |mut said: Vec<String>| {
            said.sort_by_key(|one| one.contains("gate"));
            said
        };
        assert_eq!(sorted(said(was.into(), format!("{moved}{holds}"))), both, "in the item");
        assert_eq!(said(format!("{was}{holds}"), format!("{moved}{holds}")), none);
        assert_eq!(said(format!("{was}{holds}"), moved.into()), [level.as_str()], "removed");
        let longer = said(format!("{was}{}", until("2026-02-20")), format!("{moved}{holds}"));
        assert_eq!(sorted(longer), both, "prolonged");
        // In the settings, which may name the item, of the base or only of the head.
        for (items, of_base, expected) in [
            ("", false, &both[..]),
            ("", true, &[]),
            ("items: [V-1], ", true, &[]),
            ("items: [V-2], ", true, &[level.as_str()]),
        ] {
            let allow = holds.replace("reason", &format!("{items}reason"));
            let base = if of_base { allow.as_str() } else { "" };
            let block = format!(
                "fail\n# base: poam.yaml\nversion: 1\n{base}# base: {}# file: {}# settings\n{allow}",
                item(was),
                item(moved)
            );
            assert_eq!(sorted(all_said(&block)), expected, "{items}{of_base}");
        }
    }

    #[test]
    fn a_branch_cannot_hide_that_it_loosens_what_checks_it() {
        for settings in [
            "rules: {gate-loosened: off}",
            "allow: [{rule: gate-loosened, reason: R, until: 2026-06-01}]",
        ] {
            let base = format!("# base: poam.yaml\nversion: 1\n# base: {}", item(""));
            let block = format!("fail\n{base}# file: {}# settings\n{settings}", item(""));
            assert_eq!(all_said(&block), ["warning gate-loosened"], "{settings}");
        }
    }

    #[test]
    fn the_schema_cannot_be_allowed_and_a_blank_reason_allows_nothing() {
        let allow = |rule: &str, reason: &str| {
            format!("allow: [{{rule: {rule}, reason: \"{reason}\", until: 2026-06-01}}]\n")
        };
        for (lines, expected) in [
            (allow("schema", "R"), &["error schema"][..]),
            (allow("schema", ""), &["error schema"]),
            (format!("nonsense: 1\n{}", allow("schema", "R")), &["error schema"; 2]),
            (format!("{FAULT}{}", allow("malformed-cve", "R")), &[]),
            (
                format!("{FAULT}{}", allow("malformed-cve", " \\t")),
                &["error malformed-cve", "error schema"],
            ),
        ] {
            let mut said = all_said(&format!("fail\n# file: {}", item(&lines)));
            said.sort();
            assert_eq!(said, expected, "{lines}");
        }
    }

    #[test]
    fn what_the_base_cannot_read_is_held_against_what_it_read_last() {
        let landed = format!("# commit: 2026-02-06\n# file: {}", item(""));
        let broken = "# commit: 2026-02-10\n# file: items/V-1.yaml\nid: [\n";
        let said = |head: &str| {
            let block = format!("fail\n{landed}{broken}# branch\n# commit: 2026-02-20\n{head}");
            let mut said = all_said(&block);
            said.retain(|one| one.starts_with("error"));
            said
        };
        let mended = format!("# file: {}", item(""));
        let none: [&str; 0] = [];
        assert_eq!(said(&mended), none, "mended");
        let moved = mended.replace("2026-02-05", "2026-02-19");
        // The schedule goes by the moved date, and the deadline by the one that was committed.
        let errors = [
            "error detection-date-changed",
            "error schedule-beyond-deadline",
            "error schedule-changed",
        ];
        assert_eq!(said(&moved), errors);
        let other = moved.replace("# file: items/", "# file: items/2026/");
        assert_eq!(said(&other), errors, "and the file was moved");
        let still = broken.replace("# commit: 2026-02-10\n", "");
        assert_eq!(said(&still), none, "the base had it");
    }

    #[test]
    fn an_announcement_stays_a_note_whatever_the_level_of_its_rule() {
        for (settings, expected) in [
            ("", vec!["note deferral-expired"]),
            ("rules: {deferral-expired: warning}", vec!["note deferral-expired"]),
            ("rules: {deferral-expired: off}", vec![]),
            ("warn_days: 3", vec![]),
        ] {
            let deferred = item("deferral: {reason: R, until: 2026-03-10}")
                .replace("status: open", "status: deferred");
            let block = format!("fail\n# file: {deferred}# settings\n{settings}");
            assert_eq!(all_said(&block), expected, "{settings}");
        }
    }

    #[test]
    fn vdr_switches_off_what_is_only_about_poams_from_its_day() {
        // Late under the rules of POA&Ms, and wrong under those of anything.
        let late = item(FAULT).replace("original_risk_rating: low", "original_risk_rating: high");
        let said = |settings: &str| {
            let mut said =
                all_said(&format!("fail today=2026-03-10\n# file: {late}# settings\n{settings}"));
            said.retain(|one| ["error malformed-cve", "error overdue"].contains(&one.as_str()));
            said.sort();
            said
        };
        let both = ["error malformed-cve", "error overdue"];
        for (settings, expected) in [
            ("", &both[..]),
            ("vdr_adopted: 2026-03-11", &both[..]),
            ("vdr_adopted: 2026-03-10", &both[..1]),
            ("vdr_adopted: 2026-01-01", &both[..1]),
            ("vdr_adopted: 2026-01-01\nrules: {overdue: error}", &both[..]),
            ("profile: generic\nvdr_adopted: 2026-01-01", &both[..]),
        ] {
            assert_eq!(said(settings), expected, "{settings}");
        }
    }
}
