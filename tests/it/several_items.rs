//! Many items in one command, and questions on a terminal.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use crate::support::Repo;

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    for (id, risk, owner, status) in [
        ("V-1", "high", "Jane Doe", "in-progress"),
        ("V-2", "high", "Sam Roe", "in-progress"),
        ("V-3", "low", "Jane Doe", "in-progress"),
        ("V-4", "high", "Jane Doe", "open"),
    ] {
        let text = format!(
            "id: {id}\nweakness_name: Open port\npoint_of_contact: {{name: {owner}}}\n\
             original_detection_date: 2026-01-05\noriginal_risk_rating: {risk}\nmilestones:\n\
             \x20 - {{id: 1, description: Close the port, due: 2026-03-01}}\nstatus: {status}\n\
             vendor_dependency: {{vendor: Example Corp, product: Firewall}}\n\
             deviations: [{{type: false-positive, state: pending}}]\n"
        );
        repo.write(&format!("items/{id}.yaml"), text);
    }
    repo.commit("2026-01-06", "start");
    repo
}

fn poam(repo: &Repo, code: i32, arguments: &[&str]) -> (String, String) {
    repo.poam(code, &[&["--today", "2026-02-01"], arguments].concat())
}

#[test]
fn a_filter_names_the_items_of_every_change() {
    let repo = tracker();
    let filter = "status=in-progress risk>=high";
    for arguments in [
        &["milestone", "start", "1"][..],
        &["milestone", "reschedule", "1", "--due", "2026-04-01", "-m", "waits"],
        &["milestone", "add", "Tell the users", "--due", "2026-04-01"],
        &["milestone", "edit", "2", "--description", "Tell all", "-m", "clearer"],
        &["milestone", "cancel", "2", "-m", "not needed"],
        &["milestone", "complete", "1"],
        &["assign", "--to", "Li Wei"],
        &["review"],
        &["evidence", "add", "scan.pdf", "CHG-1"],
        &["vendor", "check-in"],
        &["deviation", "deny", "false-positive", "--approver", "Ann Official"],
        &["deviation", "request", "false-positive", "--rationale", "needed"],
        &["transition", "deferred", "--until", "2026-05-01", "--reason", "waits"],
    ] {
        let (out, err) = poam(&repo, 0, &[arguments, &["--where", filter]].concat());
        assert!(err.starts_with("2 items: V-1, V-2\n"), "{arguments:?}: {err}");
        assert!(out.contains("V-1: ") && out.contains("V-2: "), "{arguments:?}: {out}");
        let paths = repo.git(&["log", "-1", "--name-only", "--format="]);
        assert_eq!(paths, "items/V-1.yaml\nitems/V-2.yaml\n", "{arguments:?}");
    }
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]).trim(), "14");
}

#[test]
fn a_filter_that_says_nothing_changes_nothing() {
    let repo = tracker();
    let head = repo.git(&["rev-parse", "HEAD"]);
    for (arguments, message) in [
        (&["review", "--where", "status=closed"][..], "no item matches `status=closed`"),
        (&["review", "V-1", "--where", "open"], "not both"),
        (&["transition", "V-1", "open", "--where", "open"], "not both"),
        (&["review", "--where", "stauts=open"], "did you mean `status`?"),
        (&["review", "--where", "owner=\"Jane"], "has no end"),
        (&["review"], "--where"),
        (&["transition", "closed"], "`closed` of which item?"),
        (&["milestone", "start", "V-1", "one"], "`one` is not the number of a milestone"),
        (&["milestone", "add", "V-1", "Scan"], "--due DATE is missing"),
        (&["assign", "V-1"], "--to is missing"),
        (&["deviation", "approve", "V-1", "false-positive"], "--approver is missing"),
        (&["deviation", "approve", "V-1", "false"], "unknown deviation `false`"),
        // One of them cannot, so none does.
        (&["milestone", "start", "9", "V-1", "2"], "no item has the id `9`"),
        (&["transition", "pending-validation", "--where", "risk=high"], "V-1 cannot be"),
    ] {
        let (_, err) = poam(&repo, 2, arguments);
        assert!(err.contains(message), "{arguments:?}: {err}");
    }
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_list_is_filtered_the_same_way() {
    let repo = tracker();
    let ids = |arguments: &[&str]| -> Vec<String> {
        let (out, _) = poam(&repo, 0, &[&["list", "--format", "json"], arguments].concat());
        let items: serde_json::Value = serde_json::from_str(&out).unwrap();
        let ids = items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    };
    assert_eq!(ids(&["--where", "risk=high owner=\"jane doe\""]), ["V-1", "V-4"]);
    assert_eq!(ids(&["--where", "risk=high", "--owner", "Jane", "--status", "open"]), ["V-4"]);
    assert_eq!(ids(&["--where", "!open"]), Vec::<String>::new());
    assert_eq!(ids(&["--risk", "high", "--owner", "sam"]), ["V-2"]);
}

/// Runs poam on a terminal and answers; what the terminal showed. `None` where `script` is absent.
#[cfg(target_os = "linux")]
fn on_a_terminal(repo: &Repo, arguments: &str, answers: &str) -> Option<String> {
    use std::io::Write as _;
    let program = env!("CARGO_BIN_EXE_poam");
    let line = format!("'{program}' --today 2026-02-01 {arguments}");
    let mut command = repo.command("script", &repo.path());
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("skipped: there is no `script`");
        return None;
    };
    child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments}: {shown}");
    Some(shown)
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_asked_for_what_is_missing() {
    let repo = tracker();
    let answers = "soon\n2026-05-01\n\nwaits for the vendor\n";
    let Some(shown) = on_a_terminal(&repo, "transition V-1 deferred", answers) else { return };
    assert!(
        shown.contains("until when (such as 2026-12-15, friday or +30d): ")
            && shown.contains("why: "),
        "{shown}"
    );
    let text = repo.read("items/V-1.yaml");
    assert!(text.contains("until: 2026-05-01") && text.contains("waits for the vendor"), "{text}");
    on_a_terminal(&repo, "milestone reschedule V-2 1", "2026-04-01\nvendor delay\n");
    assert!(repo.read("items/V-2.yaml").contains("due: 2026-04-01"));
    let shown = on_a_terminal(&repo, "milestone complete V-2 1", "y\n").unwrap();
    assert!(shown.contains("every milestone of V-2 is finished"), "{shown}");
    assert!(repo.read("items/V-2.yaml").contains("status: pending-validation"));
    let shown = on_a_terminal(&repo, "milestone complete V-3 1", "n\n").unwrap();
    assert!(shown.contains("next: poam transition V-3 pending-validation"), "{shown}");
    assert!(repo.read("items/V-3.yaml").contains("status: in-progress"));
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_list_is_sorted_and_limited() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    for (id, day, risk) in [
        ("V-1", "2026-01-05", "low"),
        ("V-2", "2025-11-01", "high"),
        ("V-3", "2026-01-01", "moderate"),
    ] {
        let item = format!(
            "id: {id}\nweakness_name: W\noriginal_detection_date: {day}\noriginal_risk_rating: {risk}\nstatus: open\n"
        );
        repo.write(&format!("items/{id}.yaml"), item);
    }
    repo.commit("2026-01-06", "start");
    let ids = |arguments: &[&str]| {
        let (out, _) = repo.poam(0, &[&["--today", "2026-01-20", "list"], arguments].concat());
        let rows = out.lines().filter(|line| line.starts_with("V-"));
        rows.map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>().join(" ")
    };
    // V-2 (high, 30 days) is late; V-3 (90 days) is due on 2026-04-01, V-1 (180 days) on 2026-07-04.
    assert_eq!(ids(&["--sort", "urgency"]), "V-2 V-3 V-1");
    assert_eq!(ids(&["--sort", "detected"]), "V-1 V-3 V-2");
    assert_eq!(ids(&["--sort", "risk", "--reverse"]), "V-1 V-3 V-2");
    // People see what is most urgent first.
    assert_eq!(ids(&["--limit", "2"]), "V-2 V-3");
    let (out, _) = repo.poam(0, &["--today", "2026-01-20", "list", "--limit", "2"]);
    assert!(out.ends_with("2 of 3 items (show all: --limit 0)\n"), "{out}");
}

/// `poam list` hides closed items; a filter of a change leaves them out too, and says so.
#[test]
fn a_filter_leaves_closed_items_out_unless_it_asks_for_them() {
    let repo = tracker();
    let text = repo.read("items/V-3.yaml").replace("status: in-progress", "status: closed");
    repo.write("items/V-3.yaml", format!("{text}actual_completion_date: 2026-01-05\n"));
    repo.commit("2026-01-07", "closed");
    let assign = ["assign", "--to", "Li Wei", "--where"];
    let (out, err) = poam(&repo, 0, &[&assign[..], &["owner=\"Jane Doe\""]].concat());
    assert_eq!(out.matches("owner").count(), 2, "{out}");
    assert!(!out.contains("V-3"), "{out}");
    assert!(err.contains("left out: 1 closed item"), "{err}");
    let (_, err) = poam(&repo, 2, &[&assign[..], &["owner=\"Jane Doe\""]].concat());
    assert!(err.contains("no item matches"), "{err}");
    let (out, _) = poam(&repo, 0, &[&assign[..], &["owner=\"Jane Doe\" status=closed"]].concat());
    assert!(out.starts_with("V-3: "), "{out}");
}

#[test]
fn evidence_takes_several_items_and_no_item_as_a_reference() {
    let repo = tracker();
    let (out, _) = poam(&repo, 0, &["evidence", "add", "V-1", "V-2", "scan.nessus"]);
    assert!(out.contains("V-1") && out.contains("V-2"), "{out}");
    for id in ["V-1", "V-2"] {
        let text = repo.read(&format!("items/{id}.yaml"));
        assert!(text.contains("scan.nessus") && !text.contains("ref: V-2"), "{text}");
    }
    let (_, err) = poam(&repo, 2, &["evidence", "add", "V-1", "scan.nessus", "V-4"]);
    assert!(err.contains("`V-4` is an item, not evidence"), "{err}");
    let (_, err) = poam(&repo, 2, &["evidence", "add", "V-1", "V-2"]);
    assert!(err.contains("REF"), "{err}");
    let close = ["transition", "V-1", "pending-validation", "--evidence", "V-2"];
    let (_, err) = poam(&repo, 2, &close);
    assert!(err.contains("`V-2` is an item, not evidence"), "{err}");
    let complete = ["milestone", "complete", "V-1", "1", "--evidence", "V-3"];
    let (_, err) = poam(&repo, 2, &complete);
    assert!(err.contains("`V-3` is an item, not evidence"), "{err}");
    let (_, err) = poam(&repo, 2, &["milestone", "reschedule", "V-1", "1", "2026-12-11"]);
    assert!(err.contains("--due"), "{err}");
    assert!(!err.contains("invalid digit"), "{err}");
}

#[test]
fn an_owner_may_be_given_by_the_address_of_the_settings() {
    let repo = tracker();
    let people = "people:\n  - {name: Mia Chen, email: mia.chen@example.com, role: Engineer}\n";
    repo.write("poam.yaml", format!("version: 1\n{people}"));
    repo.commit("2026-01-08", "people");
    let owner = "name: Mia Chen, email: mia.chen@example.com, role: Engineer";
    poam(&repo, 0, &["assign", "V-1", "--to", "mia.chen@example.com"]);
    poam(&repo, 0, &["set", "V-2", "owner=MIA.CHEN@example.com"]);
    for id in ["V-1", "V-2"] {
        let text = repo.read(&format!("items/{id}.yaml"));
        assert!(text.contains(owner), "{text}");
    }
}
