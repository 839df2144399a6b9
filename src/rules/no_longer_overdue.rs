//! The rule `no-longer-overdue`: a change takes an open item out of lateness, and leaves it open.
//!
//! Compares the base of a branch with its head, item by item. The page `no_longer_overdue.md` has its
//! text, source and examples.

use super::clock::count_days;
use super::{BranchChange, Check, Context, Rule};
use crate::diagnostic::{Diagnostic, Level};
use crate::model::{Basis, Exemption, Item};
use crate::standing::Lateness;
use crate::store::Stored;

/// An overdue item is no longer overdue, although it is open.
pub(super) const RULE: Rule = Rule {
    name: "no-longer-overdue",
    level: Level::Warning,
    summary: "a change takes an overdue item out of lateness without closing it",
    text: include_str!("no_longer_overdue.md"),
    numbers: &[],
    history: true,
    check: Check::Change(check),
};

fn check(change: &BranchChange<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let Some((base, head)) = change.edited_versions() else { return Vec::new() };
    // The settings of the head for both: what a change of settings does is `gate-loosened`.
    let lateness = |stored: &Stored| {
        let permanent = context.permanent_values(stored);
        Lateness::compute(&stored.item, permanent, context.settings, context.today)
    };
    let (was, is) = (lateness(base), lateness(head));
    if !was.is_overdue() || is.is_overdue() || is.closed {
        return Vec::new();
    }
    let (at, why) = match is.exemption {
        Some(exemption) => explain_exemption(exemption, head, context),
        None => explain_due(&was, &is, head),
    };
    let message = format!(
        "the item was overdue by {} (due {}) and is no longer: {why}",
        count_days(was.days_overdue),
        was.due.effective
    );
    let help = "approve it only if this is what the change is for; the weakness is still there";
    vec![
        RULE.at(head, at, "not overdue with this", message)
            .also(base.document.label(at).says("in the base"))
            .help(help),
    ]
}

/// Explains why an item past its due date is not late, with the field that does it.
fn explain_exemption(
    exemption: Exemption,
    head: &Stored,
    context: &Context<'_>,
) -> (&'static str, String) {
    let item = &head.item;
    match exemption {
        Exemption::VendorCheckIn => {
            let asked = item.vendor_dependency.as_ref().and_then(|vendor| vendor.last_check_in);
            let asked = asked.map(|day| format!(", who was asked on {day}")).unwrap_or_default();
            ("/vendor_dependency", format!("{}{asked}", exemption.describe()))
        }
        Exemption::OperationalRequirement => {
            ("/deviations", format!("it has {}", exemption.describe()))
        }
        Exemption::Decision if context.is_deferred(head) => {
            let until = item.deferral.as_ref().map(|deferral| deferral.until);
            let until = until.map(|day| format!(" until {day}")).unwrap_or_default();
            ("/deferral", format!("it is deferred{until}"))
        }
        Exemption::Decision => ("/risk_acceptance", "its risk is accepted".to_owned()),
    }
}

/// Explains why an item is due on a later day, with the field that does it.
fn explain_due(was: &Lateness, is: &Lateness, head: &Stored) -> (&'static str, String) {
    let (mut at, mut why) = (None, format!("it is due {}", is.due.effective));
    if is.due.rating != was.due.rating {
        let adjusted = !head.item.deviations.is_empty();
        at = Some(if adjusted { "/deviations" } else { "/original_risk_rating" });
        why.push_str(&format!(", rated {} instead of {}", is.due.rating, was.due.rating));
    }
    if is.due.basis == Basis::VendorRelease {
        at = at.or(Some("/vendor_dependency"));
        why.push_str(", counted from the vendor's release");
    } else if was.due.basis == Basis::Kev {
        at = at.or(Some(kev_pointer(&head.item)));
        why.push_str(", and CISA's date is not what it was");
    } else if at.is_none() {
        why.push_str(", counted from another day");
    }
    (at.unwrap_or("/original_detection_date"), why)
}

fn kev_pointer(item: &Item) -> &'static str {
    if item.kev.is_some() { "/kev" } else { "/status" }
}

#[cfg(test)]
mod tests {
    use super::super::examples::run_example;
    use super::*;

    /// Detected on 2026-01-01: moderate is due 2026-04-01, high 2026-01-31, low 2026-06-30.
    fn between(settings: &str, base: &str, head: &str) -> Vec<String> {
        let item = |fields: &str| {
            let mut text = "id: V-1\nweakness_name: W\n".to_owned();
            for (key, value) in [
                ("status", "open"),
                ("original_detection_date", "2026-01-01"),
                ("original_risk_rating", "moderate"),
            ] {
                if !fields.lines().any(|line| line.starts_with(&format!("{key}:"))) {
                    text += &format!("{key}: {value}\n");
                }
            }
            format!("items/V-1.yaml\n{text}{fields}\n")
        };
        let block = format!(
            "fail today=2026-05-01\n# base: {}# file: {}# settings\n{settings}",
            item(base),
            item(head)
        );
        run_example(&RULE, &block)
    }

    #[test]
    fn every_way_out_of_lateness_is_reported() {
        let approved = "state: approved, approver: {name: Sam Roe}, decided: 2026-04-20";
        for (settings, base, head, why) in [
            (
                "",
                "",
                "vendor_dependency: {product: P, last_check_in: 2026-04-20}",
                "it waits for the vendor, who was asked on 2026-04-20",
            ),
            (
                "",
                "vendor_dependency: {product: P, last_check_in: 2026-03-01}",
                "vendor_dependency: {product: P, last_check_in: 2026-04-20}",
                "it waits for the vendor, who was asked on 2026-04-20",
            ),
            (
                "",
                "",
                "vendor_dependency: {product: P, fix_released: 2026-04-20}",
                "it is due 2026-07-19, counted from the vendor's release",
            ),
            (
                "",
                "",
                &format!("deviations: [{{type: operational-requirement, {approved}}}]"),
                "it has an approved operational requirement",
            ),
            (
                "",
                "",
                &format!(
                    "deviations: [{{type: risk-adjustment, adjusted_risk_rating: low, {approved}}}]"
                ),
                "it is due 2026-06-30, rated low instead of moderate",
            ),
            (
                "",
                "",
                "original_risk_rating: low",
                "it is due 2026-06-30, rated low instead of moderate",
            ),
            (
                "",
                "",
                "original_detection_date: 2026-03-01",
                "it is due 2026-05-30, counted from another day",
            ),
            (
                "",
                "original_risk_rating: low\nkev: {listed: true, due: 2026-04-20}",
                "original_risk_rating: low\nkev: {listed: false}",
                "it is due 2026-06-30, and CISA's date is not what it was",
            ),
            (
                "profile: generic",
                "",
                "status: deferred\ndeferral: {reason: R, until: 2026-09-01}",
                "it is deferred until 2026-09-01",
            ),
            (
                "profile: generic",
                "",
                "status: risk-accepted\nrisk_acceptance: {rationale: R, approved: 2026-04-20}",
                "its risk is accepted",
            ),
        ] {
            let found = between(settings, base, head);
            assert_eq!(found.len(), 1, "{head}: {found:?}");
            assert!(found[0].starts_with("warning "), "{found:?}");
            assert!(found[0].ends_with(&format!("and is no longer: {why}")), "{found:?}");
        }
    }

    #[test]
    fn nothing_is_said_where_lateness_stays_ends_by_work_or_never_was() {
        for (settings, base, head) in [
            // FedRAMP lets neither stop the clock.
            ("", "", "status: deferred\ndeferral: {reason: R, until: 2026-09-01}"),
            (
                "",
                "",
                "status: risk-accepted\nrisk_acceptance: {rationale: R, approved: 2026-04-20}",
            ),
            ("", "", "vendor_dependency: {product: P, last_check_in: 2026-03-01}"),
            // Pending, and high.
            ("", "", "deviations: [{type: operational-requirement, state: pending}]"),
            (
                "",
                "original_risk_rating: high",
                "original_risk_rating: high\nvendor_dependency: {product: P, last_check_in: 2026-04-20}",
            ),
            ("", "", "status: closed\ncompletion_date: 2026-04-30"),
            (
                "",
                "original_risk_rating: low",
                "original_risk_rating: low\nvendor_dependency: {product: P, last_check_in: 2026-04-20}",
            ),
            ("", "", "comments: C"),
        ] {
            assert_eq!(between(settings, base, head), Vec::<String>::new(), "{head}");
        }
    }

    /// The first committed date counts: a later detection date in the file changes nothing.
    #[test]
    fn a_date_that_does_not_count_is_no_way_out() {
        let found = run_example(
            &RULE,
            "fail today=2026-05-01\n# commit: 2026-01-02\nid: V-1\nweakness_name: W\nstatus: open\n\
            original_detection_date: 2026-01-01\noriginal_risk_rating: moderate\n# branch\n\
            # commit: 2026-04-30\noriginal_detection_date: 2026-04-01\n",
        );
        assert_eq!(found, Vec::<String>::new());
    }
}
