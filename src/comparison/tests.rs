//! Tests of comparisons: small histories with one change on top, and the notes on it.

use super::*;
use crate::history::{History, TextCommit};
use crate::people::People;
use crate::rules::{self, Base, CheckedTree, Context};
use crate::settings::Settings;
use crate::store::{self, ChangedContent, TrackerChange};

const ITEM: &str = "id: V-1\nweakness_name: Old server\nstatus: in-progress\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\npoint_of_contact: {name: Jane Doe}\nmilestones:\n  - {id: 1, description: Inventory the hosts, due: 2026-01-10}\n  - {id: 2, description: Migrate the workloads, due: 2026-01-20}\n";

fn jane() -> Actor {
    Actor { name: "Jane  Doe".into(), email: "jane@example.com".into() }
}

/// An item's file that was committed in these versions, a week apart.
fn history(versions: &[String]) -> History {
    let version = |(week, text): (usize, &String)| TextCommit {
        time: format!("2026-02-{:02}T12:00:00Z", 1 + week * 7).parse().unwrap(),
        actor: jane(),
        reason: None,
        files: vec![("items/V-1.yaml".to_owned(), Some(text.clone()))],
    };
    History::from_versions(&versions.iter().enumerate().map(version).collect::<Vec<_>>())
}

fn file(path: &str, old: Option<&str>, new: Option<&str>) -> TrackerChange {
    let held =
        |text: Option<&str>| text.map(|text| ChangedContent::Bytes(text.as_bytes().to_vec()));
    TrackerChange { path: path.to_owned(), old: held(old), new: held(new) }
}

/// The diagnostics of the files against what they were.
fn checked(settings: &Settings, files: &[TrackerChange], history: &History) -> CheckedTree {
    let (base, head) = store::changed_stores(files, "poam.yaml");
    let people = People::new([], &[], Some(jane()));
    let context = |store| Context {
        store,
        settings,
        today: "2026-03-01".parse().unwrap(),
        history: Some(history),
        people: &people,
        reported: None,
    };
    let said = rules::check(&context(&base), None);
    let base = Base {
        store: &base,
        earlier: &[],
        said: &said,
        settings: Some(settings),
        moved_from: None,
        overrides: &Default::default(),
    };
    rules::check(&context(&head), Some(&base))
}

fn compare(landed: &[String], files: &[TrackerChange], reason: Option<&str>) -> Comparison {
    let settings = "version: 1\n";
    compare_settings((settings, settings), landed, files, reason)
}

/// Compares a base with a head that have these settings.
fn compare_settings(
    (base_settings, settings): (&str, &str),
    landed: &[String],
    files: &[TrackerChange],
    reason: Option<&str>,
) -> Comparison {
    compare_by(vec![jane()], (base_settings, settings), landed, files, reason)
}

/// Compares what these authors changed.
fn compare_by(
    authors: Vec<Actor>,
    (base_settings, settings): (&str, &str),
    landed: &[String],
    files: &[TrackerChange],
    reason: Option<&str>,
) -> Comparison {
    let parse = |text: &str| Settings::parse("poam.yaml", text.as_bytes()).unwrap();
    let (base_settings, settings) = (parse(base_settings), parse(settings));
    let contributor = Contributor {
        authors,
        reason: reason.map(str::to_owned),
        subject: Some("Fix typo".to_owned()),
        source: None,
        paths: files.iter().map(|file| file.path.clone()).collect(),
    };
    let history = history(landed);
    let checked = checked(&settings, files, &history);
    Comparison::compare(&ComparisonInput {
        base: Some("0123456789abcdef".to_owned()),
        head: None,
        settings_path: "poam.yaml",
        files,
        store: &store::changed_stores(files, "poam.yaml").1,
        base_settings: Some(&base_settings),
        settings: &settings,
        checked: &checked,
        history: &history,
        contributors: &[contributor],
        linked: Some("0123456789abcdef".to_owned()),
        uncommitted: &Default::default(),
        today: "2026-03-01".parse().unwrap(),
    })
}

/// The notes on V-1: `!` where they are alarming.
fn notes(landed: &[String], new: &str, reason: Option<&str>) -> Vec<String> {
    let old = landed.last().unwrap();
    let comparison = compare(landed, &[file("items/V-1.yaml", Some(old), Some(new))], reason);
    let [item] = &comparison.items[..] else { panic!("{comparison:?}") };
    let mark = |note: &ChangeNote| if note.alarming { "! " } else { "" };
    // Warnings of rules on a state have tests of their own.
    let notes = item.notes.iter().filter(|note| note.alarming || note.rule.is_none());
    notes.map(|note| format!("{}{}", mark(note), note.text)).collect()
}

#[test]
fn a_date_that_slips_again_is_counted_from_its_first_day() {
    let second = |day: &str| ITEM.replace("2026-01-20", day);
    let landed = [ITEM.to_owned(), second("2026-02-09"), second("2026-03-05")];
    let why = Some("waiting for hardware");
    assert_eq!(
        notes(&landed, &second("2026-04-04"), why),
        ["! milestone 2 slips 30 days, third slip, 74 days in all"]
    );
    assert_eq!(notes(&landed[..1], &second("2026-01-21"), why), ["milestone 2 slips 1 day"]);
    assert_eq!(
        notes(&landed[..1], &second("2026-01-21"), None),
        ["! milestone 2 slips 1 day, and nobody says why"]
    );
    assert_eq!(notes(&landed, &second("2026-02-28"), why), ["milestone 2 moves 5 days earlier"]);
    let both = ITEM.replace("2026-01-10", "2026-02-09").replace("2026-01-20", "2026-02-19");
    assert_eq!(notes(&landed[..1], &both, why), ["milestones 1 and 2 slip 30 days each"]);
}

#[test]
fn closing_reopening_and_deciding() {
    let landed = [ITEM.to_owned()];
    let why = Some("done");
    let closed = ITEM.replace("in-progress", "closed");
    let done = |text: &str| text.replace("due: ", "status: completed, due: ");
    let found = notes(&landed, &closed, why);
    assert_eq!(found[..2], ["! closes without evidence", "! closes with 2 open milestones"]);
    let proven =
        format!("{}evidence: [{{reference: CHG-1}}]\ncompletion_date: 2026-02-20\n", done(&closed));
    let found = notes(&[done(&ITEM.replace("in-progress", "pending-validation"))], &proven, why);
    assert_eq!(found, ["closes with evidence CHG-1"]);
    let word = proven.replace("CHG-1", "see attached");
    let found = notes(&[done(&ITEM.replace("in-progress", "pending-validation"))], &word, why);
    assert_eq!(found, ["! closes without evidence: `see attached` is none"]);
    let landed = [ITEM.to_owned(), closed.clone(), ITEM.to_owned(), closed.clone()];
    let found = notes(&landed, ITEM, why);
    assert_eq!(found[0], "! is opened again for the 2. time");

    let accepted = |approver: &str| {
        let text = ITEM.replace("in-progress", "risk-accepted");
        format!(
            "{text}risk_acceptance: {{rationale: r, approver: {{{approver}}}, approved: 2026-02-20, review_by: 2026-08-01}}\n"
        )
    };
    let pending = [ITEM.replace("in-progress", "pending-approval")];
    for (approver, expected) in [
        (
            "name: jane doe",
            "! risk acceptance approved by jane doe, the author of this change, review by 2026-08-01",
        ),
        (
            "name: J. Doe, email: Jane@Example.com",
            "! risk acceptance approved by J. Doe, the author of this change, review by 2026-08-01",
        ),
        ("name: Sam Roe", "risk acceptance approved by Sam Roe, review by 2026-08-01"),
    ] {
        let found = notes(&pending, &accepted(approver), why);
        assert!(found.iter().any(|note| note == expected), "{found:?}");
        let alarms = found.iter().filter(|note| note.starts_with('!') && note.contains("approve"));
        assert_eq!(alarms.count(), usize::from(expected.starts_with('!')), "{found:?}");
    }
    let adjusted = format!(
        "{ITEM}deviations: [{{type: risk-adjustment, state: approved, adjusted_risk_rating: moderate, rationale: r}}]\n"
    );
    let found = notes(&[ITEM.to_owned()], &adjusted, why);
    assert!(
        found.contains(&"! risk adjustment approved without an approver".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"due date moves from 2026-01-31 to 2026-04-01".to_owned()),
        "{found:?}"
    );
}

#[test]
fn rules_on_changes_speak_as_well() {
    let found = notes(&[ITEM.to_owned()], &ITEM.replace("2026-01-01", "2026-01-15"), Some("x"));
    assert!(
        found.iter().any(|note| note.starts_with("! detection date changed from 2026-01-01")),
        "{found:?}"
    );
    let renamed = [
        file("items/V-1.yaml", Some(ITEM), None),
        file("items/V-2.yaml", None, Some(&ITEM.replace("V-1", "V-2"))),
    ];
    let comparison = compare(&[ITEM.to_owned()], &renamed, None);
    assert_eq!(comparison.items[0].item.as_str(), "V-2");
    let texts: Vec<&str> = comparison.items[0].notes.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        texts[..2],
        ["item V-1 was deleted; V-2 looks like it", "goes on under this id, was V-1"]
    );
}

#[test]
fn each_format_tells_what_people_wrote_as_text() {
    let hostile = ITEM.replace("Old server", "\"<b>x</b> | @all `c` \\e[31m\"");
    let files = [
        file("items/V-1.yaml", Some(ITEM), Some(&hostile.replace("2026-01-20", "2026-02-20"))),
        file("items/V-2.yaml", None, Some(&hostile.replace("V-1", "V-2"))),
        file("items/V-3.yaml", Some(&ITEM.replace("V-1", "V-3")), None),
        file("items/bad.yaml", None, Some("id: [")),
        file("poam.yaml", Some("version: 1\n"), Some("version: 1\npeople: []\n")),
    ];
    let comparison = compare(&[ITEM.to_owned()], &files, Some("a\n# b"));
    assert!(comparison.has_unreadable());
    let text = comparison.text(false);
    assert!(
        text.starts_with(
            "1 item added, 1 changed, 1 removed, settings changed, 1 file cannot be read; 3 need review  (0123456789 -> work tree)\nrules: 8 errors, 5 warnings new, as `poam validate --base` reports\n\nsettings\n    people: []\n"
        ),
        "{text}"
    );
    for part in [
        "\n\nV-3  Old server\n    in-progress, high risk, owner Jane Doe, due 2026-01-31, 29 days late\n  ! ",
        "\nV-1  <b>x</b> | @all `c` \\u{1b}[31m\n    in-progress, high risk, owner Jane Doe, due 2026-01-31, 29 days late\n  ! is called “<b>x</b> | @all `c` \\u{1b}[31m” now, was “Old server”\n  - milestone 2 slips 31 days\n",
        "\n    by Jane  Doe: a\\n# b\n",
        "  - new, with 2 milestones\n  ! item has no `assets`  error[missing-field]\n",
        "\nitems/bad.yaml: file is not YAML",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
    assert!(!text.contains('\u{1b}') && comparison.text(true).contains("\u{1b}[1m"));
    let page = comparison.markdown();
    for part in [
        "### poam: 1 item added, ",
        "\n#### Needs review\n\n- **V-1** &lt;b",
        "\n- **V-3** Old server (in-progress, high risk, owner Jane Doe, due 2026-01-31, **29 days late**)\n  - **item V-3 was deleted** (error: item-deleted)\n  - by ",
        "\n- **V-1** &lt;b&gt;x&lt;/b&gt; \\| @&#8203;all \\`c\\` ",
        "\n- items/bad.yaml: file is not YAML",
    ] {
        assert!(page.contains(part), "{part}\n---\n{page}");
    }
    assert!(!page.contains(['\u{1b}', '<']), "{page}");
    assert_eq!(comparison.markdown(), page);
}

#[test]
fn a_comment_is_never_longer_than_github_takes_and_says_what_it_leaves_out() {
    let name = "x".repeat(55);
    let item = |id: usize| ITEM.replace("V-1", &format!("V-{id}")).replace("Old server", &name);
    for old in [None, Some(())] {
        let files: Vec<TrackerChange> = (10..700)
            .map(|id| {
                let old = old.map(|()| item(id));
                let path = format!("items/V-{id}.yaml");
                // No two alike: what happens to many items is told once.
                let new = item(id).replace(
                    "2026-01-20",
                    &format!("2026-{:02}-{:02}", 3 + id / 28 % 9, 1 + id % 28),
                );
                let new = new.replace("Jane Doe", &format!("Jane {id}"));
                file(&path, old.as_deref(), Some(&new))
            })
            .collect();
        let comparison = compare(&[], &files, None);
        let page = comparison.markdown();
        assert!(page.len() <= 65_536, "{}", page.len());
        let shown = (10..700).filter(|id| page.contains(&format!("**V-{id}**"))).count();
        let left = format!("… and {} more changes; `poam diff`", 690 - shown);
        assert!(page.contains(&left), "{left}\n{}", &page[page.len() - 200..]);
        assert!(shown >= 100, "{shown}");
    }
}

#[test]
fn what_happens_to_many_items_is_told_once() {
    let review = "reviews: [{date: 2026-02-01, by: Sam, note: as planned}]\n";
    let item = |id: usize| ITEM.replace("V-1", &format!("V-{id}"));
    let change = |id: usize| {
        let path = format!("items/V-{id}.yaml");
        file(&path, Some(&item(id)), Some(&format!("{}{review}", item(id))))
    };
    let files: Vec<TrackerChange> = (1..9).map(change).collect();
    let page = compare(&[], &files, Some("as planned")).markdown();
    let row = "| **V-1**, **V-2**, **V-3**, **V-4**, **V-5** and 3 more | reviewed by Sam: as planned |\n";
    assert!(page.ends_with(row), "{page}");
    let text = compare(&[], &files[..1], Some("as planned")).text(false);
    assert!(text.ends_with("    reviewed by Sam: as planned\n    by Jane  Doe\n"), "{text}");
}

#[test]
fn the_base_is_due_by_the_settings_of_the_base() {
    let days = "version: 1\ndeadlines: {low: 365, moderate: 180, high: 60, critical: 60}\n";
    // Detected on 2026-01-01, high: due on 2026-01-31, by these settings on 2026-03-02.
    let landed = [ITEM.to_owned()];
    let edited = format!("{ITEM}comments: Waits\n");
    for (settings, item, expected) in [
        (
            ("version: 1\n", days),
            ["! due date moves from 2026-01-31 to 2026-03-02"],
            "1 open item due later, 1 no longer late: V-1 2026-01-31 -> 2026-03-02 (was 29 days late)",
        ),
        (
            (days, "version: 1\n"),
            ["due date moves from 2026-03-02 to 2026-01-31"],
            "1 open item due earlier, 1 late by that: V-1 2026-03-02 -> 2026-01-31 (29 days late)",
        ),
    ] {
        let files = [file("items/V-1.yaml", Some(ITEM), Some(&edited))];
        let comparison = compare_settings(settings, &landed, &files, Some("x"));
        let mark = |note: &ChangeNote| if note.alarming { "! " } else { "" };
        let of_item: Vec<String> = comparison.items[0]
            .notes
            .iter()
            .filter(|note| note.about == "due")
            .map(|note| format!("{}{}", mark(note), note.text))
            .collect();
        assert_eq!(of_item, item);
        let all: Vec<&str> = comparison
            .settings_notes
            .iter()
            .filter(|note| note.about == "due")
            .map(|note| note.text.as_str())
            .collect();
        assert_eq!(all, [expected]);
    }
}

#[test]
fn a_person_with_another_role_is_noted() {
    let people = |role: &str| {
        format!("version: 1\npeople:\n  - {{name: Jane Doe, email: jane@example.com{role}}}\n")
    };
    let (before, after) = (people(", role: Engineer"), people(", role: Authorizing official"));
    let settings = |from: &str, to: &str| -> Vec<String> {
        let notes = compare_settings((from, to), &[], &[], None).settings_notes;
        let roles = notes.iter().filter(|note| note.about == "role" && note.alarming);
        roles.map(|note| note.text.clone()).collect()
    };
    let expected = "the role of Jane Doe is Authorizing official instead of Engineer";
    assert_eq!(settings(&before, &after), [expected]);
    assert_eq!(
        settings(&before, &people("")),
        ["the role of Jane Doe is none instead of Engineer"]
    );
    assert!(settings(&before, &before).is_empty());
}

#[test]
fn what_a_weakness_is_and_where_it_is_does_not_change_unseen() {
    let item = format!(
        "{ITEM}cves: [CVE-2026-0001, CVE-2026-0002]\ncontrols: [RA-5, SI-2]\nassets: [hv-01, hv-02, hv-03]\n"
    );
    for (old, new, expected) in [
        ("Old server", "Minor thing", vec!["! is called “Minor thing” now, was “Old server”"]),
        ("CVE-2026-0001, ", "", vec!["! CVE removed: CVE-2026-0001"]),
        ("[RA-5, SI-2]", "[CM-6]", vec!["! 2 controls removed: RA-5, SI-2"]),
        (", hv-03", "", vec!["! asset removed: hv-03"]),
        ("hv-03", "hv-03, hv-04", vec![]),
        ("hv-01, hv-02", "hv-02, hv-01", vec![]),
    ] {
        let edited = item.replace(old, new);
        let files = [file("items/V-1.yaml", Some(&item), Some(&edited))];
        let comparison = compare(std::slice::from_ref(&item), &files, Some("x"));
        let notes = comparison.items[0].notes.iter().filter(|note| note.about == "identity");
        let notes: Vec<String> = notes
            .map(|note| format!("{}{}", if note.alarming { "! " } else { "" }, note.text))
            .collect();
        assert_eq!(notes, expected, "{old} -> {new}");
    }
}

#[test]
fn a_plan_whose_last_milestone_is_cancelled_needs_review() {
    let cancel = |text: &str, day: &str| {
        text.replace(&format!("due: {day}}}"), &format!("due: {day}, status: cancelled}}"))
    };
    let one = cancel(ITEM, "2026-01-10");
    let none = cancel(&one, "2026-01-20");
    let found = notes(&[ITEM.to_owned()], &one, Some("x"));
    assert!(!found.iter().any(|note| note.contains("milestone is left")), "{found:?}");
    let found = notes(std::slice::from_ref(&one), &none, Some("x"));
    let expected = "! no open milestone is left: milestone 2 is cancelled".to_owned();
    assert!(found.contains(&expected), "{found:?}");
    let done = one
        .replace("due: 2026-01-20}", "due: 2026-01-20, status: completed, completed: 2026-02-20}");
    let found = notes(&[one], &done, Some("x"));
    assert!(!found.iter().any(|note| note.contains("milestone is left")), "{found:?}");
}

#[test]
fn who_asked_and_who_commits_are_two_people() {
    let pending = ITEM.replace("in-progress", "pending-approval");
    let accepted = format!(
        "{}risk_acceptance: {{rationale: r, approver: {{name: Jane Doe}}, approved: 2026-02-20, review_by: 2026-08-01}}\n",
        ITEM.replace("in-progress", "risk-accepted")
    );
    let rita = Actor { name: "Rita Roe".into(), email: "rita@example.com".into() };
    let files = [file("items/V-1.yaml", Some(&pending), Some(&accepted))];
    let note = |authors: Vec<Actor>| -> String {
        let comparison = compare_by(
            authors,
            ("version: 1\n", "version: 1\n"),
            std::slice::from_ref(&pending),
            &files,
            None,
        );
        let notes = &comparison.items[0].notes;
        notes.iter().find(|note| note.about == "self-approval").unwrap().text.clone()
    };
    assert_eq!(
        note(vec![rita]),
        "risk acceptance approved by Jane Doe, who asked for it, review by 2026-08-01"
    );
    assert_eq!(
        note(vec![jane()]),
        "risk acceptance approved by Jane Doe, the author of this change, review by 2026-08-01"
    );
}

#[test]
fn an_item_under_a_new_id_with_another_detection_date_is_recognised() {
    let described = format!("{ITEM}weakness_description: The server is old\n");
    let moved = described.replace("V-1", "V-2").replace("2026-01-01", "2026-01-21");
    let files = [
        file("items/V-1.yaml", Some(&described), None),
        file("items/V-2.yaml", None, Some(&moved)),
    ];
    let comparison = compare(std::slice::from_ref(&described), &files, Some("x"));
    let texts: Vec<&str> =
        comparison.items.iter().flat_map(|it| &it.notes).map(|note| note.text.as_str()).collect();
    for expected in [
        "item V-1 was deleted; V-2 looks like it, detected 2026-01-21 instead of 2026-01-01",
        "looks like V-1, which is deleted, detected 2026-01-21 instead of 2026-01-01",
    ] {
        assert!(texts.contains(&expected), "{texts:?}");
    }
}

#[test]
fn the_subject_of_a_commit_without_a_reason_is_shown() {
    let edited = ITEM.replace("2026-01-20", "2026-02-20");
    let files = [file("items/V-1.yaml", Some(ITEM), Some(&edited))];
    let landed = [ITEM.to_owned()];
    let text = compare(&landed, &files, None).text(false);
    assert!(text.contains("    by Jane  Doe: “Fix typo”\n"), "{text}");
    assert!(text.contains("and nobody says why"), "{text}");
    let text = compare(&landed, &files, Some("The vendor is late")).text(false);
    assert!(text.contains("    by Jane  Doe: The vendor is late\n"), "{text}");
    assert!(!text.contains("Fix typo"), "{text}");
}
