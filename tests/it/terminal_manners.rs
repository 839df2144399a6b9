//! Lists that fit, leave closed items out and say so; logs by number; pages; words for shells.
#![allow(clippy::unwrap_used)]

use std::process::Stdio;

use crate::support::Repo;

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write(
        "poam.yaml",
        "version: 1\nprofile: generic\npeople: [Jane Doe, {name: Ann Author}]\n",
    );
    for (number, status, owner) in
        [(1, "open", "Jane Doe"), (2, "in-progress", "Ann Author"), (3, "closed", "Jane Doe")]
    {
        let closed = match status {
            "closed" => "completion_date: 2026-01-30\nevidence: [{reference: CHG-1}]\n",
            _ => "",
        };
        let item = format!(
            "id: POAM-2026-00{number}\nweakness_name: Weakness {number} of a server that has a very \
             long name\npoint_of_contact: {{name: {owner}}}\noriginal_detection_date: \
             2026-01-0{number}\noriginal_risk_rating: high\nmilestones: [{{id: 4, description: Patch \
             both hosts, due: 2026-02-20}}]\nstatus: {status}\n{closed}"
        );
        repo.write(&format!("items/POAM-2026-00{number}.yaml"), item);
    }
    repo.commit("2026-01-10", "start");
    repo
}

fn poam(repo: &Repo, code: i32, arguments: &[&str]) -> (String, String) {
    repo.poam(code, &[&["--today", "2026-02-05"], arguments].concat())
}

#[test]
fn a_table_lists_open_items_and_says_how_to_see_the_rest() {
    let repo = tracker();
    let (out, _) = poam(&repo, 0, &["list"]);
    assert!(out.ends_with("\n2 items; 1 closed not shown (show: --all)\n"), "{out}");
    // The most days late first: detected on the 1st, due on the 31st.
    assert!(out.lines().nth(1).unwrap().starts_with("POAM-2026-001"), "{out}");
    let (out, _) = poam(&repo, 0, &["list", "--all"]);
    assert!(out.contains("POAM-2026-003") && out.ends_with("\n3 items\n"), "{out}");
    let (out, _) = poam(&repo, 0, &["list", "--status", "Resolved"]);
    assert!(out.contains("POAM-2026-003") && out.ends_with("\n1 item\n"), "{out}");
    let (out, _) = poam(&repo, 0, &["list", "--limit", "1"]);
    assert!(
        out.ends_with("1 of 2 items (show all: --limit 0); 1 closed not shown (show: --all)\n"),
        "{out}"
    );
    // What programs read has every item, by id.
    let (out, _) = poam(&repo, 0, &["list", "--format", "csv"]);
    let ids: Vec<&str> = out.lines().skip(1).map(|line| &line[..13]).collect();
    assert_eq!(ids, ["POAM-2026-001", "POAM-2026-002", "POAM-2026-003"]);
}

#[test]
fn columns_are_chosen_and_me_is_who_git_says() {
    let repo = tracker();
    let columns = ["list", "--columns", "id,when,milestone", "--sort", "id"];
    let (out, _) = poam(&repo, 0, &columns);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "Id                  Due  Milestone");
    assert_eq!(lines[1], "POAM-2026-001  5 d late  4: 2026-02-20");
    let arguments = ["list", "--columns", "owner,slips", "--format", "csv"];
    let (out, _) = poam(&repo, 0, &arguments);
    assert!(out.starts_with("Owner,Slips\r\n") || out.starts_with("Owner,Slips\n"), "{out}");
    let (_, err) = poam(&repo, 2, &["list", "--columns", "id", "--format", "json"]);
    assert!(err.contains("JSON has every field"), "{err}");
    let (out, _) = poam(&repo, 0, &["list", "--owner", "me", "--columns", "id"]);
    assert_eq!(out, "Id\nPOAM-2026-002\n1 item\n");
    let (out, _) = poam(&repo, 0, &["list", "--where", "owner=me", "--format", "csv"]);
    assert_eq!(out.lines().count(), 2, "{out}");
}

#[test]
fn a_log_has_a_number_and_a_direction() {
    let repo = tracker();
    poam(&repo, 0, &["assign", "1", "--to", "Ann Author"]);
    let (out, _) = poam(&repo, 0, &["log", "--limit", "1"]);
    assert!(out.contains("owner-changed") && out.ends_with("\n1 event\n"), "{out}");
    let (out, _) = poam(&repo, 0, &["log", "--reverse", "--format", "ndjson"]);
    assert!(out.lines().next().unwrap().contains("owner-changed"), "{out}");
}

#[test]
fn new_takes_the_plan_and_says_what_is_missing() {
    let repo = tracker();
    let (_, err) = poam(&repo, 2, &["new", "--risk", "high"]);
    assert!(err.contains("--name is missing"), "{err}");
    let (_, err) = poam(&repo, 2, &["new", "--name", "Old firmware"]);
    assert!(err.contains("--risk is missing") && err.contains("low, moderate"), "{err}");
    let arguments = [
        "new",
        "--name",
        "Old firmware",
        "--risk",
        "medium",
        "--owner",
        "Ann Author",
        "--vendor",
        "Example Corp",
        "--product",
        "Firewall",
        "--plan",
        "Install the fix of the vendor",
        "--milestone",
        "2026-03-01: Install the fix and scan again",
        "--milestone",
        "Tell all users: by mail",
        "--commit",
    ];
    let (out, err) = poam(&repo, 0, &arguments);
    assert_eq!(err, "next: poam transition POAM-2026-004 in-progress\n");
    let text = repo.read(out.trim());
    assert!(text.contains("due: 2026-03-01") && text.contains("vendor: Example Corp"), "{text}");
    assert!(text.contains("description: \"Tell all users: by mail\""), "{text}");
    let (_, err) =
        poam(&repo, 2, &["new", "--name", "X", "--risk", "low", "--milestone", "3/1/2026: Scan"]);
    assert!(err.contains("write YYYY-MM-DD, here 2026-03-01"), "{err}");
}

#[test]
fn shells_are_told_ids_people_statuses_and_milestones() {
    let repo = tracker();
    let words = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let place = (words.len() - 1).to_string();
        let arguments = [&["complete", "--", place.as_str()], words.as_slice()].concat();
        repo.poam(0, &arguments).0
    };
    assert_eq!(words("poam show POAM-2026-00"), "POAM-2026-001\nPOAM-2026-002\nPOAM-2026-003\n");
    assert_eq!(words("poam transition POAM-2026-001 in"), "in-progress\n");
    assert_eq!(words("poam list --owner "), "Ann Author\nJane Doe\nme\n");
    assert_eq!(
        words("poam milestone complete POAM-2026-001 "),
        "4\nPOAM-2026-001\nPOAM-2026-002\nPOAM-2026-003\n"
    );
    assert_eq!(words("poam rules overdue-"), "overdue-milestone\n");
    assert_eq!(words("poam list "), "");
    // Outside a tracker there is nothing to tell, and no error.
    let elsewhere = Repo::bare_folder();
    assert_eq!(elsewhere.poam(0, &["complete", "--", "2", "poam", "show", ""]).0, "");
}

#[test]
fn all_manual_pages_are_written_at_once() {
    let repo = Repo::new();
    let (out, _) = repo.poam(0, &["man", "--all", "man1"]);
    assert!(out.contains(" pages in man1"), "{out}");
    for page in ["poam.1", "poam-list.1", "poam-milestone-add.1", "poam-review-request.1"] {
        assert!(repo.read(&format!("man1/{page}")).contains(".TH"), "{page}");
    }
    assert!(!repo.path().join("man1/poam-complete.1").exists());
}

/// A terminal of 80 columns and 24 lines, where `script` is there.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_lines_fit_and_long_results_go_through_the_pager() {
    let repo = tracker();
    let run = |arguments: &str, pager: &str| {
        let program = env!("CARGO_BIN_EXE_poam");
        let line = format!("stty cols 80 rows 5; '{program}' --today 2026-02-05 {arguments}");
        let mut command = repo.command("script", &repo.path());
        command.args(["-qec", &line, "/dev/null"]).env("GIT_PAGER", pager).env("TERM", "xterm");
        let output = command.stdin(Stdio::null()).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
    };
    let Some(out) = run("--color never list --all", "sed 's/^/paged: /'") else {
        eprintln!("skipped: `script` is not here");
        return;
    };
    let paged = out.lines().filter(|line| line.starts_with("paged: ")).count();
    assert_eq!(paged, 5, "{out}");
    let widest = out.lines().map(|line| line.trim_start_matches("paged: ").chars().count()).max();
    assert!(widest.unwrap() <= 80, "{out}");
    assert!(out.ends_with("next: poam show POAM-2026-001\n"), "{out}");
    let out = run("--color never --no-pager list --all", "sed 's/^/paged: /'").unwrap();
    assert!(!out.contains("paged: "), "{out}");
    let out = run("--color never list --limit 1", "sed 's/^/paged: /'").unwrap();
    assert!(!out.contains("paged: "), "{out}");
    let out = run("--color never log", "cat").unwrap();
    assert!(out.starts_with("Time (UTC)"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}
