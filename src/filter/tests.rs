//! Tests of [`super`].

use super::parse::bool_fact;
use super::*;
use crate::settings::Settings;
use crate::store::Stored;

const ITEM: &str = "\
id: V-1
weakness_name: Open port
point_of_contact: {name: Jane Doe, email: jane@example.com}
controls: [AC-2(1)]
original_detection_date: 2026-01-05
scheduled_completion_date: 2026-02-01
original_risk_rating: high
status: in-progress
";

fn parse(filter: &str) -> Result<Filter, FilterError> {
    Filter::parse(filter, &Workflow::default(), "2026-06-01".parse().unwrap())
}

fn wants(filter: &str) -> bool {
    let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
    let today = "2026-06-01".parse().unwrap();
    let settings = Settings::parse("poam.yaml", b"version: 1\n").unwrap();
    let standing = Standing::compute(&stored, &settings, None, today);
    let filter = parse(filter).unwrap();
    filter.is_match(&stored.item, &standing)
}

#[test]
fn conditions_hold_or_not() {
    for (filter, expected) in [
        ("id=V-1", true),
        ("id=V-2,V-1", true),
        ("status=open", false),
        ("status=open,in-progress", true),
        ("status!=open,in-progress", false),
        ("status!=open  risk=high", true),
        ("owner=jane", true),
        ("owner=\"jane doe\"", true),
        ("owner='jane doe' status=open", false),
        ("owner=example.org,EXAMPLE.COM", true),
        ("owner=\"roe, jane\"", false),
        ("risk>=high", true),
        ("risk>high", false),
        ("risk<high", false),
        ("risk!=moderate", true),
        ("risk=HIGH,medium", true),
        ("risk=med", false),
        ("status=\"In Progress\"", true),
        ("status=in_progress", true),
        ("status=Active", false),
        ("status=Ongoing", true),
        ("kind=Weakness", true),
        ("overdue=Y", true),
        ("owner=\"JANE  doe\"", true),
        ("detected<today", true),
        ("detected>-7d", false),
        ("scheduled<\"last week\"", true),
        ("control=\"ac-2 (1)\"", true),
        ("control=ac-2", true),
        ("control=AC-20", false),
        ("kind=weakness", true),
        ("text=PORT", true),
        ("open", true),
        ("!open", false),
        ("open=no", false),
        ("open!=no", true),
        ("overdue", true),
        ("no-owner", false),
        ("stale", false),
        ("detected=2026-01-05", true),
        ("detected<2026-01-05", false),
        ("detected<=2026-01-05", true),
        ("detected-after=2026-01-04", true),
        ("completed<2030-01-01", false),
        ("completed!=2026-01-01", true),
        ("scheduled>2026-01-31", true),
        ("due-before=2026-06-01", true),
    ] {
        assert_eq!(wants(filter), expected, "{filter}");
    }
}

#[test]
fn every_error_says_what_would_do() {
    for (filter, message) in [
        ("  ", "the filter is empty; write conditions such as `status=open risk=high`"),
        ("stauts=open", "a filter has no key `stauts`: did you mean `status`?"),
        (
            "status=opne",
            "`opne` is not a status: did you mean `open`? Known are open, in-progress,",
        ),
        (
            "status=In Progress",
            "`Progress` is not a condition: a value with blanks needs quotes, write `status=\"In Progress\"`",
        ),
        (
            "owner=Sam Roe",
            "`Roe` is not a condition: a value with blanks needs quotes, write `owner=\"Sam Roe\"`",
        ),
        (
            "status=open owner=Sam de Roe risk>=high",
            "`de` is not a condition: a value with blanks needs quotes, write `owner=\"Sam de Roe\"`",
        ),
        ("due<12/15/2026", "`12/15/2026` is not a date: write YYYY-MM-DD, here 2026-12-15"),
        (
            "status=zzzzzzz",
            "`zzzzzzz` is not a status: known are open, in-progress, pending-validation, pending-approval, deferred, risk-accepted, closed",
        ),
        ("status<open", "`status` takes `=` and `!=`, not `<`"),
        ("risk=hihg", "`hihg` is not a risk rating: did you mean `high`?"),
        ("kind=x", "`x` is not a kind: known are weakness, configuration, documentation"),
        ("detected<soon", "`soon` is not a date: write YYYY-MM-DD"),
        ("overdue=maybe", "`maybe` is not a value of `overdue`: yes or no"),
        ("owner", "`` is not an owner: write `owner=…`"),
        ("owner=", "`` is not an owner: write `owner=NAME`, or `no-owner` for items without one"),
        (
            "owner=\" \"",
            "` ` is not an owner: write `owner=NAME`, or `no-owner` for items without one",
        ),
        ("owner=\"Jane", "a quote in the filter has no end"),
        ("\u{1b}[31m=1", "a filter has no key `\\u{1b}[31m`: known are id"),
    ] {
        let error = parse(filter).unwrap_err().to_string();
        assert!(error.starts_with(message), "{filter}: {error}");
    }
}

#[test]
fn names_that_nobody_has_are_errors_and_not_empty_answers() {
    let stored = Stored::parse("items/V-1.yaml", ITEM.as_bytes()).unwrap();
    let items = [&stored.item];
    let sam = [Person::named("Sam Roe")];
    let check = |filter: &str, people: &[Person]| {
        parse(filter).unwrap().check_names(&items, people, |control| control == "SI-2")
    };
    for fine in ["id=V-1", "control=AC-2", "control=SI-2", "owner=jane", "owner=sam", "text=zzz"] {
        assert_eq!(check(fine, &sam), Ok(()), "{fine}");
    }
    for (filter, said) in [
        ("id=V-2", "no item is `V-2`: did you mean `V-1`?"),
        ("id!=X-99", "no item is `X-99`: `poam list` shows all ids"),
        ("control=AC-20(99)", "no control is `AC-20(99)`:"),
        ("owner=\"sam rowe\"", "no owner is `sam rowe`: did you mean `Sam Roe`?"),
        ("owner=nobody", "no owner is `nobody`: `people:` in poam.yaml lists those"),
    ] {
        let error = check(filter, &sam).unwrap_err().to_string();
        assert!(error.starts_with(said), "{filter}: {error}");
    }
    // Without a list of people nobody can know.
    assert_eq!(check("owner=nobody", &[]), Ok(()));
    assert_eq!(parse("owner=nobody").unwrap().owners_of_nothing(&items), ["nobody"]);
}

#[test]
fn every_key_is_understood() {
    for key in KEYS {
        let value = match key {
            "status" => "open",
            "risk" => "high",
            "kind" => "weakness",
            _ if bool_fact(key).is_some() => "yes",
            _ => "2026-01-01",
        };
        assert!(parse(&format!("{key}={value}")).is_ok(), "{key}");
    }
}
