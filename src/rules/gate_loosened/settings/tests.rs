use std::collections::BTreeSet;

use serde_json::Value;

use super::super::super::examples::{OPEN, run_example};
use super::super::RULE;
use crate::schema::Schema;

/// Decision on a key of the settings: examples of a value in the base and a value that is looser, or the reason
/// why no value of it lets more pass.
enum Decided {
    /// `(base, looser, the level and the message)`; the way back is not looser.
    Loosens(&'static [(&'static str, &'static str, &'static str)]),
    /// Both ways let more pass.
    BothWays(&'static [(&'static str, &'static str, &'static str)]),
    /// A mapping, whose keys have lines of their own.
    Within,
    /// Never.
    Never(&'static str),
}

use Decided::{BothWays, Loosens, Never, Within};

/// Every key of `poam.yaml`, as the published schema names it: `*` is any key, `-` any entry.
const DECIDED: &[(&str, Decided)] = &[
    ("/version", Never("one version is read")),
    ("/system", Within),
    ("/system/provider", Never("a name")),
    ("/system/name", Never("a name")),
    (
        "/system/impact_level",
        Loosens(&[
            (
                "system: {impact_level: high}",
                "system: {impact_level: low}",
                "warning the impact level is Low instead of High",
            ),
            (
                "system: {impact_level: moderate}",
                "",
                "warning the impact level is unknown instead of Moderate",
            ),
        ]),
    ),
    ("/system/id", Never("a name")),
    ("/system/ssp", Never("an address")),
    ("/system/certification_package", Never("an address")),
    ("/system/marking", Never("a word in published documents")),
    ("/system/emass", Within),
    ("/system/emass/exported_by", Never("a word at the head of a form")),
    ("/system/emass/component", Never("a word at the head of a form")),
    ("/system/emass/registration_number", Never("a word at the head of a form")),
    ("/system/emass/system_type", Never("a word at the head of a form")),
    ("/system/emass/contact_name", Never("a word at the head of a form")),
    ("/system/emass/contact_phone", Never("a word at the head of a form")),
    ("/system/emass/contact_email", Never("a word at the head of a form")),
    ("/system/emass/omb_project_id", Never("a word at the head of a form")),
    ("/system/emass/security_costs", Never("a word at the head of a form")),
    (
        "/profile",
        Loosens(&[
            (
                "profile: fedramp-rev5",
                "profile: generic",
                "warning items no longer need the fields ",
            ),
            (
                "profile: fedramp-rev5",
                "profile: generic",
                "warning an item that is deferred or whose risk is accepted is no longer overdue",
            ),
            (
                "profile: fedramp-rev5",
                "profile: generic",
                "warning rule `high-vendor-dependency` goes from ",
            ),
        ]),
    ),
    (
        "/items",
        BothWays(&[(
            "items: items",
            "items: more",
            "warning the items are looked for in `more` instead of `items`",
        )]),
    ),
    ("/ids", Within),
    ("/ids/prefix", Never("only ids of new items")),
    ("/ids/year", Never("only ids of new items")),
    ("/ids/digits", Never("only ids of new items")),
    ("/folder_size", Never("only where new items lie")),
    ("/deadlines", Within),
    (
        "/deadlines/low",
        Loosens(&[(
            "deadlines: {low: 180, moderate: 90, high: 30, critical: 30}",
            "deadlines: {low: 365, moderate: 90, high: 30, critical: 30}",
            "warning an item of low risk has 365 days instead of 180",
        )]),
    ),
    (
        "/deadlines/moderate",
        Loosens(&[(
            "",
            "deadlines: {low: 180, moderate: 91, high: 30, critical: 30}",
            "warning an item of moderate risk has 91 days instead of 90",
        )]),
    ),
    (
        "/deadlines/high",
        Loosens(&[(
            "deadlines: {low: 180, moderate: 90, high: 30, critical: 30}",
            "deadlines: {low: 180, moderate: 90, high: 60, critical: 30}",
            "warning an item of high risk has 60 days instead of 30",
        )]),
    ),
    (
        "/deadlines/critical",
        Loosens(&[(
            "deadlines: {low: 180, moderate: 90, high: 30, critical: 15}",
            "",
            "warning an item of critical risk has 30 days instead of 15",
        )]),
    ),
    (
        "/people",
        Loosens(&[(
            "people: [Jane Doe]",
            "",
            "warning anybody may own items: the list of people is gone",
        )]),
    ),
    (
        "/people/-/name",
        BothWays(&[
            (
                "people: [Jane Doe, Sam Roe]",
                "people: [Jane Doe, Ann Lee]",
                "warning Sam Roe is no longer one of the people",
            ),
            (
                "people: [Jane Doe, Sam Roe]",
                "people: [Jane Doe, Ann Lee]",
                "note Ann Lee may own items",
            ),
        ]),
    ),
    (
        "/people/-/email",
        Loosens(&[(
            "people: [{name: Sam Roe, email: sam@example.com}]",
            "people: [{name: Sam Roe}]",
            "warning Sam Roe no longer has the address sam@example.com",
        )]),
    ),
    ("/people/-/role", Never("a word beside the name")),
    (
        "/warn_days",
        Loosens(&[("", "warn_days: 3", "note dates are announced 3 days before instead of 14")]),
    ),
    ("/workbook", Within),
    ("/workbook/layout", Never("a form of the output")),
    (
        "/rules",
        Loosens(&[
            (
                "rules: {stale: {days: 30}}",
                "rules: {stale: {days: 365}}",
                "warning rule `stale` takes 365 instead of 30 for `days`",
            ),
            (
                "",
                "rules: {sliding-dates: {times: 9}}",
                "warning rule `sliding-dates` takes 9 instead of 3 for `times`",
            ),
            (
                "",
                "rules: {rescheduled-without-reason: {days: 1}}",
                "warning rule `rescheduled-without-reason` takes 1 instead of 90 for `days`",
            ),
        ]),
    ),
    (
        "/rules/*/level",
        Loosens(&[
            (
                "rules: {missing-owner: error}",
                "rules: {missing-owner: note}",
                "warning rule `missing-owner` goes from error to note",
            ),
            (
                "rules: {missing-owner: error}",
                "rules: {missing-owner: {level: off}}",
                "warning rule `missing-owner` goes from error to off",
            ),
        ]),
    ),
    (
        "/allow",
        Loosens(&[(
            "",
            "allow: [{rule: stale, reason: R, until: 2026-06-01}]",
            "warning rule `stale` is allowed until 2026-06-01: R",
        )]),
    ),
    (
        "/allow/-/rule",
        BothWays(&[(
            "allow: [{rule: stale, reason: R, until: 2026-06-01}]",
            "allow: [{rule: overdue, reason: R, until: 2026-06-01}]",
            "warning rule `overdue` is allowed until 2026-06-01: R",
        )]),
    ),
    (
        "/allow/-/items",
        BothWays(&[(
            "allow: [{rule: stale, items: [V-1], reason: R, until: 2026-06-01}]",
            "allow: [{rule: stale, reason: R, until: 2026-06-01}]",
            "warning rule `stale` is allowed until 2026-06-01: R",
        )]),
    ),
    (
        "/allow/-/reason",
        BothWays(&[(
            "allow: [{rule: stale, reason: Q, until: 2026-06-01}]",
            "allow: [{rule: stale, reason: R, until: 2026-06-01}]",
            "warning rule `stale` is allowed until 2026-06-01: R",
        )]),
    ),
    (
        "/allow/-/until",
        BothWays(&[(
            "allow: [{rule: stale, reason: R, until: 2026-06-01}]",
            "allow: [{rule: stale, reason: R, until: 2027-06-01}]",
            "warning rule `stale` is allowed until 2027-06-01: R",
        )]),
    ),
    (
        "/workflow",
        Loosens(&[(
            "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed}}",
            "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed}, old: {sheet: closed}}",
            "warning the workflow has a new status `old`",
        )]),
    ),
    (
        "/workflow/on_last_milestone",
        Loosens(&[(
            "workflow: {on_last_milestone: ask}",
            "workflow: {on_last_milestone: closed}",
            "warning completing the last milestone moves an item to `closed` without a question",
        )]),
    ),
    ("/workflow/*/meaning", Never("a text")),
    (
        "/workflow/*/sheet",
        BothWays(&[(
            "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed}, off: {sheet: open}}",
            "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed}, off: {sheet: closed}}",
            "warning items with the status `off` count as closed",
        )]),
    ),
    (
        "/workflow/*/needs",
        Loosens(&[(
            "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed, needs: [evidence, completion-date]}}",
            "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed, needs: [evidence]}}",
            "warning the status `done` no longer needs completion date",
        )]),
    ),
    (
        "/workflow/*/moves",
        Loosens(&[
            (
                "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed}}",
                "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed, moves: [open]}}",
                "warning an item may move from `done` to `open`",
            ),
            (
                "workflow: {open: {sheet: open, moves: [{to: done, needs: [owner]}]}, done: {sheet: closed}}",
                "workflow: {open: {sheet: open, moves: [done]}, done: {sheet: closed}}",
                "warning the move from `open` to `done` no longer needs owner",
            ),
        ]),
    ),
    ("/review", Within),
    (
        "/review/every",
        Loosens(&[
            (
                "review: {every: 30}",
                "review: {every: 90}",
                "warning items need a review every 90 days instead of 30",
            ),
            ("review: {every: 30}", "", "warning items no longer need a review every 30 days"),
        ]),
    ),
    (
        "/review/answer_within",
        Loosens(&[(
            "",
            "review: {answer_within: 30}",
            "warning a step of a review has 30 days instead of 14",
        )]),
    ),
    (
        "/review/reviewer",
        Loosens(&[("review: {reviewer: Sam Roe}", "", "warning Sam Roe no longer reviews")]),
    ),
    (
        "/review/escalate_to",
        Loosens(&[(
            "review: {escalate_to: [Sam Roe, Ann Lee]}",
            "review: {escalate_to: [Ann Lee]}",
            "warning Sam Roe is no longer told of late reviews",
        )]),
    ),
    (
        "/review/escalate_after",
        Loosens(&[(
            "",
            "review: {escalate_after: 9}",
            "warning a late review is reported after 9 days instead of 0",
        )]),
    ),
    (
        "/conditional_status",
        BothWays(&[
            (
                "conditional_status: 2026-01-10",
                "conditional_status: 2026-02-10",
                "warning the conditional status is of 2026-02-10 instead of 2026-01-10",
            ),
            (
                "conditional_status: 2026-01-10",
                "",
                "warning the conditional status of 2026-01-10 is gone",
            ),
        ]),
    ),
    (
        "/baseline",
        Loosens(&[
            (
                "baseline: 20",
                "baseline: 40",
                "warning the baseline of the growth is 40 instead of 20",
            ),
            (
                "baseline: 20",
                "",
                "warning the baseline of 20 is gone: growth is no longer looked at",
            ),
        ]),
    ),
    (
        "/vdr_adopted",
        BothWays(&[
            (
                "vdr_adopted: 2026-12-07",
                "vdr_adopted: 2026-11-01",
                "warning rules that are only about POA&Ms are off from 2026-11-01 on",
            ),
            (
                "vdr_adopted: 2026-11-01",
                "vdr_adopted: 2026-12-07",
                "warning rules on VDR and VER hold from 2026-12-07 on instead of 2026-11-01",
            ),
            (
                "vdr_adopted: 2026-11-01",
                "",
                "warning rules on VDR and VER no longer hold, from 2026-11-01 on they did",
            ),
        ]),
    ),
    ("/scan", Within),
    (
        "/scan/group",
        BothWays(&[(
            "",
            "scan: {group: package}",
            "warning results of scans are joined to items in another way",
        )]),
    ),
    (
        "/scan/minimum",
        Loosens(&[(
            "",
            "scan: {minimum: high}",
            "warning results of scans become items from high on, no longer from low",
        )]),
    ),
    (
        "/scan/clean_scans",
        Loosens(&[(
            "",
            "scan: {clean_scans: 1}",
            "warning an item goes to validation after 1 clean scans instead of 2",
        )]),
    ),
    (
        "/scan/reappearing",
        Loosens(&[(
            "scan: {reappearing: reopen}",
            "scan: {reappearing: successor}",
            "warning a weakness that is found again is a new item, with days of its own",
        )]),
    ),
    (
        "/scan/ratings",
        Loosens(&[
            (
                "",
                "scan: {ratings: {critical: moderate}}",
                "warning the severity critical is rated moderate instead of critical",
            ),
            (
                "",
                "scan: {ratings: {unknown: low}}",
                "warning the severity unknown is rated low instead of moderate",
            ),
            (
                "scan: {ratings: {unknown: high}}",
                "",
                "warning the severity unknown is no longer rated high",
            ),
        ]),
    ),
    (
        "/scan/groups",
        Loosens(&[(
            "scan: {groups: {java: ['1*']}}",
            "scan: {groups: {java: ['1*', '2*']}}",
            "warning results of 2* become one item of the group java",
        )]),
    ),
    ("/scan/rules", Within),
    ("/scan/rules/-/id", Never("owner and controls of new items, which people see")),
    ("/scan/rules/-/asset", Never("as id")),
    ("/scan/rules/-/family", Never("as id")),
    ("/scan/rules/-/detector", Never("as id")),
    ("/scan/rules/-/owner", Never("as id")),
    ("/scan/rules/-/owner/name", Never("as id")),
    ("/scan/rules/-/owner/email", Never("as id")),
    ("/scan/rules/-/owner/role", Never("as id")),
    ("/scan/rules/-/controls", Never("as id")),
    ("/links", Within),
    ("/links/commit", Never("an address")),
    ("/links/file", Never("an address")),
    ("/links/pull_request", Never("an address")),
    ("/links/report", Never("an address")),
    ("/links/handbook", Never("an address")),
];

/// Returns what the rule reports where a branch changes the settings from one text to another.
fn between(base: &str, head: &str) -> Vec<String> {
    let item = format!(
        "items/V-1.yaml\n{OPEN}original_detection_date: 2026-02-05\noriginal_risk_rating: low\n"
    );
    let block = format!(
        "fail\n# base: poam.yaml\nversion: 1\n{base}\n# base: {item}# file: {item}# settings\n{head}"
    );
    let found = run_example(&RULE, &block);
    // Level and message, without the text that is marked.
    found
        .iter()
        .map(|line| {
            let (level, rest) = line.split_once(' ').unwrap();
            format!("{level} {}", rest.split_once("`: ").unwrap().1)
        })
        .collect()
}

#[test]
fn every_key_of_the_settings_is_decided() {
    let schema: Value = serde_json::from_str(Schema::Settings.text()).unwrap();
    let mut keys = BTreeSet::new();
    collect_keys(&schema, &schema, "", &mut keys);
    let decided: BTreeSet<String> = DECIDED.iter().map(|(key, _)| (*key).to_owned()).collect();
    assert!(keys.len() > 60, "{keys:?}");
    assert_eq!(decided.len(), DECIDED.len(), "a key is there twice");
    let missing: Vec<_> = keys.difference(&decided).collect();
    assert!(missing.is_empty(), "decide whether a change of these lets more pass: {missing:?}");
    let unknown: Vec<_> = decided.difference(&keys).collect();
    assert!(unknown.is_empty(), "no such keys: {unknown:?}");
}

fn collect_keys(schema: &Value, root: &Value, path: &str, keys: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let definition = name.rsplit('/').next().unwrap();
        return collect_keys(&root["$defs"][definition], root, path, keys);
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        for part in schema[choice].as_array().into_iter().flatten() {
            collect_keys(part, root, path, keys);
        }
    }
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        keys.insert(path.clone());
        // What a move of a workflow holds is decided with the move.
        if path != "/workflow/*/moves" {
            collect_keys(value, root, &path, keys);
        }
    }
    if schema["additionalProperties"].is_object() {
        collect_keys(&schema["additionalProperties"], root, &format!("{path}/*"), keys);
    }
    if schema["items"].is_object() {
        collect_keys(&schema["items"], root, &format!("{path}/-"), keys);
    }
}

#[test]
fn what_lets_more_pass_is_reported_and_the_way_back_is_not() {
    for (key, decided) in DECIDED {
        let (examples, both_ways) = match decided {
            Loosens(examples) => (*examples, false),
            BothWays(examples) => (*examples, true),
            Never(why) => {
                assert!(!why.is_empty(), "{key}");
                continue;
            }
            Within => continue,
        };
        assert!(!examples.is_empty(), "{key}");
        for (base, head, expected) in examples {
            let found = between(base, head);
            assert!(found.iter().any(|one| one.starts_with(expected)), "{key}: {found:?}");
            // Back from another profile is looser in other things.
            if !both_ways && *key != "/profile" {
                assert_eq!(between(head, base), Vec::<String>::new(), "{key}, back");
            }
        }
    }
}

#[test]
fn a_text_that_means_the_same_is_no_change() {
    for (base, head) in [
        ("", "warn_days: 14"),
        ("profile: fedramp-rev5", ""),
        ("", "deadlines: {low: 180, moderate: 90, high: 30, critical: 30}"),
        ("rules: {stale: {days: 30}}", ""),
        ("people: [Jane Doe]", "people: [{name: jane doe, role: Owner}]"),
        ("scan: {ratings: {high: high}}", ""),
    ] {
        assert_eq!(between(base, head), Vec::<String>::new(), "{base} -> {head}");
    }
}
