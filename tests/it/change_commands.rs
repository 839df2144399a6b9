//! The commands that change items: what is committed, several items at once, all or nothing.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

const ITEM: &str = "\
# kept
weakness_name: Open port
point_of_contact: {name: Jane Doe} # who
original_detection_date: 2026-01-05
original_risk_rating: moderate
vendor_dependency: {vendor: Example Corp, product: Firewall}
milestones:
  - id: 1
    description: Close the port and scan again
    due: 2026-01-20
status: in-progress
";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\npeople: [{name: Sam Roe, email: sam@example.com}, Zoë]\n");
    for id in ["V-1", "V-2"] {
        repo.write(&format!("items/{id}.yaml"), format!("id: {id}\n{ITEM}"));
    }
    repo.commit("2026-01-06", "start");
    repo
}

fn poam(repo: &Repo, code: i32, arguments: &[&str]) -> (String, String) {
    repo.poam(code, &[&["--today", "2026-02-01"], arguments].concat())
}

#[test]
fn each_command_commits_one_readable_change() {
    let repo = tracker();
    for (arguments, subject) in [
        (
            &["milestone", "add", "V-1", "Tell the users", "--due", "2026-03-01"][..],
            "V-1: new milestone 2, due 2026-03-01",
        ),
        (&["milestone", "start", "V-1", "1"], "V-1: milestone 1 started"),
        (
            &[
                "milestone",
                "reschedule",
                "V-1",
                "1",
                "--due",
                "2026-02-20",
                "--reason",
                "vendor delay",
            ],
            "V-1: milestone 1 due 2026-01-20 -> 2026-02-20",
        ),
        (
            &["milestone", "complete", "V-1", "1", "--evidence", "CHG-1"],
            "V-1: milestone 1 completed",
        ),
        (
            &["milestone", "edit", "V-1", "2", "--description", "Tell all users", "-m", "clearer"],
            "V-1: milestone 2 reworded",
        ),
        (&["milestone", "cancel", "V-1", "2", "-m", "not needed"], "V-1: milestone 2 cancelled"),
        (&["assign", "V-1", "--to", "Sam Roe"], "V-1: owner Sam Roe"),
        (&["review", "V-1", "--note", "on track"], "V-1: reviewed"),
        (&["evidence", "add", "V-1", "scan.pdf", "--type", "scan"], "V-1: evidence scan.pdf"),
        (&["vendor", "check-in", "V-1"], "V-1: vendor check-in"),
        (
            &[
                "deviation",
                "request",
                "V-1",
                "risk-adjustment",
                "--rationale",
                "Firewall",
                "--rating",
                "low",
            ],
            "V-1: risk-adjustment requested",
        ),
        (
            &["deviation", "return", "V-1", "--question", "Which one?", "--by", "Ann Official"],
            "V-1: risk-adjustment returned",
        ),
        (
            &["deviation", "resubmit", "V-1", "RA", "--answer", "fw-1"],
            "V-1: risk-adjustment resubmitted",
        ),
        (
            &["deviation", "request", "V-1", "false-positive", "--rationale", "No such port"],
            "V-1: false-positive requested",
        ),
        (&["deviation", "withdraw", "V-1", "FP"], "V-1: false-positive withdrawn"),
        (
            &["deviation", "approve", "V-1", "risk-adjustment", "--approver", "Ann Official"],
            "V-1: risk-adjustment approved",
        ),
        (&["transition", "V-1", "pending-validation"], "V-1: in-progress -> pending-validation"),
    ] {
        let (out, _) = poam(&repo, 0, arguments);
        assert!(out.starts_with(&format!("{subject}\ncommitted as ")), "{arguments:?}: {out}");
        assert_eq!(repo.git(&["log", "-1", "--format=%s"]).trim(), subject);
        assert_eq!(repo.git(&["log", "-1", "--name-only", "--format="]).trim(), "items/V-1.yaml");
    }
    let text = repo.read("items/V-1.yaml");
    assert!(
        text.contains("# kept\n") && text.contains("# who") && text.contains("sam@example.com"),
        "{text}"
    );
    assert!(text.contains("by: Ann Author"), "the reviewer is who commits: {text}");
    for part in ["question: Which one?", "answer: fw-1", "state: withdrawn"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (log, _) = poam(&repo, 0, &["log", "V-1", "--format", "table"]);
    for action in [
        "milestone-added",
        "milestone-rescheduled",
        "milestone-completed",
        "owner-changed",
        "review-recorded",
        "evidence-added",
        "vendor-checked-in",
        "deviation-requested",
        "deviation-decided",
        "risk-adjusted",
        "status-changed",
    ] {
        assert!(log.contains(action), "{action}\n{log}");
    }
}

#[test]
fn several_items_are_one_commit_or_none() {
    let repo = tracker();
    let (out, _) = poam(&repo, 0, &["assign", "V-1", "V-2", "--to", "Sam Roe", "--format", "json"]);
    assert_eq!(out.lines().count(), 2);
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]).trim(), "2 items: owner Sam Roe");
    assert_eq!(repo.git(&["log", "-1", "--name-only", "--format="]).lines().count(), 2);
    let head = repo.git(&["rev-parse", "HEAD"]);
    // The second cannot be moved, so the first is not either.
    poam(&repo, 0, &["milestone", "complete", "V-1", "1", "--no-commit"]);
    repo.commit("2026-01-21", "by hand");
    let (_, err) = poam(&repo, 2, &["transition", "V-1", "V-2", "pending-validation"]);
    assert!(err.contains("V-2 cannot be pending-validation"), "{err}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_ne!(repo.git(&["rev-parse", "HEAD"]), head);
    let (_, err) = poam(&repo, 2, &["review", "V-1", "V-1"]);
    assert!(err.contains("named twice"), "{err}");
}

#[test]
fn a_number_of_a_milestone_that_is_gone_is_not_given_again() {
    let repo = tracker();
    poam(&repo, 0, &["milestone", "add", "V-1", "Tell the users", "--due", "2026-03-01"]);
    repo.write("items/V-1.yaml", format!("id: V-1\n{ITEM}"))
        .commit("2026-01-08", "removed by hand");
    let (out, _) = poam(&repo, 0, &["milestone", "add", "V-1", "Tell them", "--due", "2026-03-01"]);
    assert!(out.starts_with("V-1: new milestone 3"), "{out}");
}

#[test]
fn the_last_milestone_offers_the_move_that_follows() {
    let repo = tracker();
    let (_, err) = poam(&repo, 0, &["milestone", "complete", "V-1", "1"]);
    assert!(err.contains("next: poam transition V-1 pending-validation"), "{err}");
}

/// Adds evidence by the program, as often as another command is in the way.
fn add_evidence(repo: &Repo, id: &str, reference: &str) {
    for _ in 0..100 {
        let arguments = ["--today", "2026-02-01", "evidence", "add", id, reference];
        let output = repo.try_poam(&arguments);
        if output.status.success() {
            return;
        }
        // Another command was faster: what was read has changed, so read again.
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let expected = [
            "was changed",
            "has changed",
            "uncommitted changes",
            "at work here",
            "cannot be read",
            "no item",
        ];
        assert!(expected.iter().any(|one| err.contains(one)), "{err}");
    }
    panic!("never got through");
}

#[test]
fn twenty_commands_at_once_lose_no_edit() {
    let repo = tracker();
    std::thread::scope(|scope| {
        for number in 0..20 {
            let repo = &repo;
            scope.spawn(move || add_evidence(repo, "V-1", &format!("CHG-{number}")));
        }
    });
    let text = repo.read("items/V-1.yaml");
    assert_eq!(
        (0..20).filter(|number| text.contains(&format!("reference: CHG-{number}\n"))).count(),
        20,
        "{text}"
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "21");
}

#[test]
fn twenty_commands_on_twenty_items_at_once_lose_no_edit() {
    let repo = tracker();
    let ids: Vec<String> = (1..=20).map(|number| format!("V-{number}")).collect();
    for id in &ids {
        repo.write(&format!("items/{id}.yaml"), format!("id: {id}\n{ITEM}"));
    }
    repo.commit("2026-01-07", "twenty");
    std::thread::scope(|scope| {
        for id in &ids {
            let repo = &repo;
            scope.spawn(move || add_evidence(repo, id, &format!("CHG-{id}")));
        }
    });
    for id in &ids {
        let text = repo.read(&format!("items/{id}.yaml"));
        assert_eq!(
            text,
            format!(
                "id: {id}\n{ITEM}evidence:\n  - reference: CHG-{id}\n    collected: 2026-02-01\n"
            )
        );
        let path = format!("items/{id}.yaml");
        assert_eq!(repo.git(&["rev-list", "--count", "HEAD", "--", &path]).trim(), "2", "{id}");
    }
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "22");
}

#[test]
fn blank_texts_are_no_answers() {
    let repo = tracker();
    let head = repo.git(&["rev-parse", "HEAD"]);
    for arguments in [
        &["transition", "V-1", "closed", "--override", "--reason", " ", "--evidence", "x"][..],
        &["transition", "V-1", "pending-validation", "--evidence", ""],
        &["transition", "V-1", "deferred", "--until", "2027-01-01", "--reason", ""],
        &["milestone", "reschedule", "V-1", "1", "--due", "2026-03-01", "--reason", " "],
        &["milestone", "add", "V-1", " ", "--due", "2026-03-01"],
        &["deviation", "request", "V-1", "false-positive", "--rationale", "\u{a0}"],
        &["assign", "V-1", "--to", ""],
        &["assign", "V-1", "--to", "\u{200b}\u{ad}"],
        &["evidence", "add", "V-1", ""],
        &["review", "V-1", "--note", ""],
        &["new", "--name", " ", "--risk", "low"],
    ] {
        let (_, err) = poam(&repo, 2, arguments);
        assert!(err.contains("the value is blank"), "{arguments:?}: {err}");
    }
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn nobody_is_asked_for_what_then_has_no_item() {
    let repo = tracker();
    for arguments in [
        &["assign", "V-9"][..],
        &["evidence", "add", "V-9"],
        &["milestone", "reschedule", "V-9", "1"],
        &["milestone", "edit", "V-9", "1"],
        &["deviation", "approve", "V-9", "false-positive"],
        &["transition", "V-9", "deferred"],
    ] {
        let (_, err) = poam(&repo, 2, arguments);
        assert!(err.contains("no item has the id `V-9`"), "{arguments:?}: {err}");
    }
    let (_, err) = poam(&repo, 2, &["milestone", "reschedule", "V-1", "7"]);
    assert!(err.contains("V-1 has no milestone 7"), "{err}");
    let (_, err) = poam(&repo, 2, &["milestone", "add", "V-1"]);
    assert!(err.contains("DESCRIPTION is missing: what will be done?"), "{err}");
}

#[test]
fn messages_are_utf_8_whatever_else_is_written_here() {
    let repo = tracker();
    repo.git(&["config", "i18n.commitEncoding", "ISO-8859-1"]);
    poam(&repo, 0, &["assign", "V-1", "--to", "Zo\u{eb}", "--reason", "gr\u{f6}\u{df}er"]);
    repo.git(&["config", "--unset", "i18n.commitEncoding"]);
    let said = repo.git(&["log", "-1", "--format=%B"]);
    assert!(said.contains("Zo\u{eb}") && said.contains("gr\u{f6}\u{df}er"), "{said}");
    let (out, _) = poam(&repo, 0, &["log", "V-1"]);
    assert!(out.contains("gr\u{f6}\u{df}er"), "{out}");
}

#[test]
fn nothing_is_published_where_an_id_stands_twice() {
    let repo = tracker();
    repo.write("items/a/V-2.yaml", format!("id: V-2\n{ITEM}")).commit("2026-01-07", "twice");
    for arguments in [&["workbook", "-o", "w.xlsx"][..], &["export", "csv"], &["export", "oscal"]] {
        let (out, err) = poam(&repo, 2, arguments);
        assert_eq!(out, "");
        assert!(err.contains("items/V-2.yaml") && err.contains("items/a/V-2.yaml"), "{err}");
    }
    assert!(!repo.path().join("w.xlsx").exists());
}
