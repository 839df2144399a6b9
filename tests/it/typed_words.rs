//! Tests of words that people type: those of the field for statuses, ratings and kinds, days,
//! missing and misplaced arguments.

use super::support::Repo;

fn item(id: &str, more: &str) -> String {
    format!(
        "id: {id}\nweakness_name: Weak cipher on {id}\noriginal_detection_date: 2026-01-05\n\
         original_risk_rating: moderate\npoint_of_contact: {{name: Ana Ruiz}}\nmilestones:\n\
         \u{20} - {{id: 1, description: Turn weak ciphers off on {id}, due: 2026-01-20}}\n{more}"
    )
}

fn tracker(items: &[(&str, &str)]) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    for (id, more) in items {
        repo.write(&format!("items/{id}.yaml"), item(id, more));
    }
    repo.commit("2026-01-06", "start");
    repo
}

const TODAY: [&str; 2] = ["--today", "2026-01-12"];

fn run(repo: &Repo, code: i32, arguments: &[&str]) -> String {
    let all: Vec<&str> = TODAY.iter().chain(arguments).copied().collect();
    let (out, err) = repo.poam(code, &all);
    format!("{out}{err}")
}

#[test]
fn a_blank_filter_is_no_filter() {
    let repo = tracker(&[("V-1", "status: open\n")]);
    for arguments in [
        &["list", "--owner", ""] as &[&str],
        &["list", "--owner", "\u{a0}\u{200b}"],
        &["list", "--text", " "],
        &["list", "--control", ""],
        &["list", "--framework", ""],
        &["list", "--status", ""],
        &["log", "--actor", ""],
        &["todo", "--owner", ""],
        &["mappings", "--framework", ""],
        &["diff", ""],
    ] {
        let said = run(&repo, 2, arguments);
        assert!(said.contains("the value is blank; give a "), "{arguments:?}: {said}");
    }
    let said = run(&repo, 2, &["list", "--owner", ""]);
    assert!(said.contains("`poam list --no-owner`"), "{said}");
}

#[test]
fn every_filter_takes_the_words_of_the_field_and_refuses_others() {
    let repo = tracker(&[("V-1", "status: open\n"), ("V-2", "status: in-progress\n")]);
    for (arguments, found) in [
        (&["list", "--status", "Active"] as &[&str], "V-1"),
        (&["list", "--status", "In Progress"], "V-2"),
        (&["list", "--where", "status=Ongoing"], "V-2"),
        (&["list", "--where", "risk=medium id=V-1"], "V-1"),
        (&["list", "--risk", "MED", "--status", "new"], "V-1"),
        (&["list", "--where", "due<+1y status=Active"], "V-1"),
        (&["list", "--detected-after", "2 weeks ago", "--status", "open"], "V-1"),
    ] {
        let said = run(&repo, 0, arguments);
        assert!(said.contains(found) && said.contains("1 item"), "{arguments:?}: {said}");
    }
    for (arguments, said) in [
        (
            &["list", "--status", "opne"] as &[&str],
            "did you mean `open`? Known are open, in-progress",
        ),
        (&["list", "--status", "bogus"], "known are open, in-progress"),
        (&["list", "--risk", "hihg"], "not one of low, moderate, high, critical"),
        (&["list", "--risk", "CAT I"], "can be high or critical"),
        (&["list", "--control", "AC-99"], "no control is `AC-99`"),
        (&["list", "--where", "id=V-9"], "no item is `V-9`: did you mean `V-1`?"),
        (&["list", "--where", "kind=x"], "known are weakness, configuration, documentation"),
        (&["review", "--where", "status=opne"], "did you mean `open`?"),
        (&["list", "--where", "owner=Ana Ruiz"], "write `owner=\"Ana Ruiz\"`"),
        (&["log", "--action", "status-chnged"], "status-changed"),
    ] {
        let all = run(&repo, 2, arguments);
        assert!(all.contains(said), "{arguments:?}: {all}");
    }
    // Without a list of people nobody can tell who exists.
    let said = run(&repo, 0, &["list", "--owner", "Ana Ruis"]);
    assert!(said.contains("0 items") && said.contains("did you mean `Ana Ruiz`?"), "{said}");
    repo.write("poam.yaml", "version: 1\npeople: [Ana Ruiz, Sam Roe]\n");
    let said = run(&repo, 2, &["list", "--owner", "Ana Ruis"]);
    assert!(said.contains("no owner is `Ana Ruis`: did you mean `Ana Ruiz`?"), "{said}");
    assert!(run(&repo, 0, &["list", "--owner", "sam"]).contains("0 items"));
}

#[test]
fn files_with_the_words_of_the_field_are_read_and_formatted() {
    let words = "status: Active\ndeviations:\n  - {type: RA, state: Requested, rationale: behind a firewall, request: DR-1, adjusted_risk_rating: Low}\nkev: {listed: No}\n";
    let repo = tracker(&[("V-1", words), ("V-2", "status: In Progress # begun\n")]);
    let text = repo.read("items/V-1.yaml").replace("rating: moderate", "rating: Medium");
    repo.write("items/V-1.yaml", text).commit("2026-01-07", "words");
    let said = run(&repo, 0, &["list"]);
    assert!(
        said.contains("open") && said.contains("in-progress") && said.contains("2 items"),
        "{said}"
    );
    let said = run(&repo, 1, &["validate"]);
    let about_words = ["unknown-status", "error[schema]", "status-guard"];
    assert!(!about_words.iter().any(|rule| said.contains(rule)), "words are no errors: {said}");
    let said = run(&repo, 0, &["list", "--format", "json"]);
    let items: serde_json::Value = serde_json::from_str(said.trim()).unwrap();
    assert_eq!(items[0]["status"], "open");
    assert_eq!(items[0]["original_risk_rating"], "moderate");
    assert_eq!(items[0]["deviations"][0]["type"], "risk-adjustment");
    // A move from the word to what it means is none; another one is.
    let said = run(&repo, 2, &["transition", "V-1", "open"]);
    assert!(said.contains("V-1 is open already"), "{said}");
    let said = run(&repo, 0, &["summary", "--format", "json"]);
    assert!(said.contains("\"in-progress\": 1") && said.contains("\"open\": 1"), "{said}");
    assert!(run(&repo, 1, &["format", "--check"]).contains("+status: open"));
    run(&repo, 0, &["format"]);
    let (one, two) = (repo.read("items/V-1.yaml"), repo.read("items/V-2.yaml"));
    for line in
        ["status: open", "original_risk_rating: moderate", "type: risk-adjustment", "listed: false"]
    {
        assert!(one.contains(line), "{line}: {one}");
    }
    assert!(two.contains("status: in-progress # begun"), "{two}");
    // A word that is spelled otherwise is no event; the history says what changed.
    repo.commit("2026-01-08", "format");
    let said = run(&repo, 0, &["log", "V-2"]);
    assert!(!said.contains("status:"), "{said}");
    assert_eq!(run(&repo, 0, &["format", "--check"]).trim(), "nothing to format");
}

#[test]
fn a_status_of_the_team_goes_before_the_usual_words() {
    let repo = tracker(&[("V-1", "status: Resolved\n")]);
    repo.write(
        "poam.yaml",
        "version: 1\nworkflow:\n  open: {sheet: open, moves: [resolved]}\n  resolved: {sheet: open, moves: [closed]}\n  closed: {sheet: closed}\n",
    );
    let said = run(&repo, 0, &["list", "--status", "RESOLVED", "--open"]);
    assert!(said.contains("V-1") && said.contains("resolved"), "{said}");
}

#[test]
fn commands_take_the_words_of_the_field() {
    let repo =
        tracker(&[("V-1", "status: open\n"), ("V-2", "status: open\n"), ("V-3", "status: open\n")]);
    run(&repo, 0, &["transition", "V-1", "In", "Progress"]);
    assert!(repo.read("items/V-1.yaml").contains("status: in-progress"));
    run(&repo, 0, &["transition", "V-1", "Delayed", "--until", "+30d", "--reason", "hardware"]);
    let text = repo.read("items/V-1.yaml");
    assert!(text.contains("status: deferred") && text.contains("2026-02-11"), "{text}");
    for (id, word, kind) in [
        ("V-1", "FP", "false-positive"),
        ("V-2", "Operational Requirement", "operational-requirement"),
    ] {
        let arguments = ["deviation", "request", id, word, "--rationale", "the banner is misread"];
        run(&repo, 0, &arguments);
        assert!(repo.read(&format!("items/{id}.yaml")).contains(&format!("type: {kind}")));
    }
    let arguments = ["deviation", "request", "V-3", "RA", "--rationale", "x y", "--rating", "LOW"];
    run(&repo, 0, &arguments);
    assert!(repo.read("items/V-3.yaml").contains("adjusted_risk_rating: low"));
    let said = run(&repo, 2, &["deviation", "request", "V-3", "VD", "--rationale", "x y"]);
    assert!(said.contains("`poam set ID vendor=NAME product=NAME`"), "{said}");
}

#[test]
fn days_are_taken_as_they_are_typed() {
    let repo = tracker(&[("V-1", "status: open\n")]);
    // 2026-01-12 is a Monday.
    run(&repo, 0, &["milestone", "add", "V-1", "Scan V-1 again", "--due", "friday"]);
    assert!(repo.read("items/V-1.yaml").contains("due: 2026-01-16"));
    run(
        &repo,
        0,
        &["milestone", "reschedule", "V-1", "2", "--due", "tomorrow", "--reason", "early"],
    );
    assert!(repo.read("items/V-1.yaml").contains("due: 2026-01-13"));
    for arguments in [
        &["milestone", "add", "V-1", "Scan", "--due", "12/15/2026"] as &[&str],
        &["transition", "V-1", "deferred", "--until", "12/15/2026", "--reason", "hardware"],
        &["new", "--name", "W", "--risk", "high", "--detected", "12/15/2026"],
        &["list", "--detected-after", "12/15/2026"],
        &["list", "--where", "due<12/15/2026"],
        &["log", "--since", "12/15/2026"],
        &["summary", "--since", "12/15/2026"],
        &["summary", "--as-of", "12/15/2026"],
        &["review", "V-1", "--date", "12/15/2026"],
        &["vendor", "check-in", "V-1", "--fix-released", "12/15/2026"],
        &["import", "x.xlsx", "--date", "12/15/2026"],
    ] {
        let said = run(&repo, 2, arguments);
        assert!(said.contains("2026-12-15"), "{arguments:?}: {said}");
    }
    let (_, err) = repo.poam(2, &["--today", "1/15/2026", "list"]);
    assert!(err.contains("2026-01-15"), "{err}");
}

#[test]
fn what_is_missing_or_misplaced_is_said() {
    let pending = "status: open\ndeviations:\n  - {type: false-positive, state: pending, rationale: misread, request: DR-7}\n";
    let repo =
        tracker(&[("V-1", "status: open\n"), ("V-2", "status: in-progress\n"), ("V-4", pending)]);
    for (arguments, said) in [
        (
            &["transition", "V-1"] as &[&str],
            "to which status? in-progress, pending-approval, deferred",
        ),
        (&["transition", "V-1", "V-2"], "to which status?"),
        (&["transition", "in-progress"], "`in-progress` of which item?"),
        (&["transition", "V-1", "in-progress", "closed"], "give one status, after the IDs"),
        (&["transition", "V-1", "opne"], "unknown status `opne`: did you mean `open`?"),
        (&["transition", "V-9"], "no item has the id `V-9`"),
        (&["transition", "--where", "open"], "to which status?"),
        (&["review"], "which item? give an ID, or --where FILTER"),
        (&["milestone", "cancel", "V-2"], "which milestone of V-2? give its number: 1 (pending:"),
        (&["milestone", "complete", "V-2", "x"], "`x` is not the number of a milestone"),
        (&["milestone", "complete", "V-1", "V-2"], "which milestone? give its number"),
        (&["milestone", "add", "V-1"], "what will be done?"),
        (&["milestone", "add", "V-1", "Ship", "the", "release"], "in quotes, \"Ship the release\""),
        (&["deviation", "approve", "V-1", "--approver", "Dana"], "no deviation of V-1 is pending"),
        (
            &["deviation", "request", "V-1", "--rationale", "why"],
            "which deviation of V-1? risk-adjustment",
        ),
        (&["assign", "V-1", "Sam Roe"], "--to \"Sam Roe\""),
    ] {
        let all = run(&repo, 2, arguments);
        assert!(all.contains(said), "{arguments:?}: {all}");
    }
    // Where only one thing can be meant it is done.
    run(&repo, 0, &["milestone", "complete", "V-2"]);
    assert!(repo.read("items/V-2.yaml").contains("completed: 2026-01-12"));
    run(&repo, 0, &["deviation", "approve", "V-4", "--approver", "Dana Cruz"]);
    assert!(repo.read("items/V-4.yaml").contains("state: approved"));
}

#[test]
fn a_mistyped_command_makes_no_submission() {
    let repo = tracker(&[("V-1", "status: open\n")]);
    for word in ["verfy", "lst", "Verifiy", "diff", "creat", "ls"] {
        let said = run(&repo, 2, &["snapshot", word]);
        assert!(said.contains("looks like a command"), "{word}: {said}");
    }
    assert_eq!(repo.git(&["tag", "--list"]), "");
    run(&repo, 0, &["snapshot", "2026-01"]);
    run(&repo, 0, &["snapshot", "create", "list-of-may"]);
    assert_eq!(repo.git(&["tag", "--list"]), "poam/2026-01\npoam/list-of-may\n");
}

#[test]
fn milestones_have_their_numbers_and_long_lists_are_counted() {
    let repo = tracker(&[("V-1", "status: open\n")]);
    let arguments =
        ["milestone", "reschedule", "V-1", "1", "--due", "2026-02-01", "--reason", "a freeze"];
    run(&repo, 0, &arguments);
    run(&repo, 0, &["review", "V-1", "--note", "on course"]);
    for arguments in [&["show", "V-1"] as &[&str], &["log", "V-1", "--format", "table"], &["log"]] {
        let said = run(&repo, 0, arguments);
        assert!(said.contains("milestone 1 due: 2026-01-20 -> 2026-02-01"), "{said}");
        assert!(!said.contains("milestones.") && !said.contains("reviews."), "{said}");
    }
    for number in 100..130 {
        let id = format!("X-{number}");
        repo.write(&format!("items/{id}.yaml"), item(&id, "status: open\n"));
    }
    repo.commit("2026-01-08", "many");
    let said = run(&repo, 0, &["review", "--where", "open", "--dry-run"]);
    assert!(said.contains("31 items: V-1, X-100,") && said.contains("and 21 more"), "{said}");
}
