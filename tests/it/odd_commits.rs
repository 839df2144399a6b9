//! Commits whose headers no git program would write today: each is reported, and ends no command.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use serde_json::Value;

const ITEM: &str = "id: V-1\nweakness_name: W\nweakness_description: D\ndetector_source: Nessus\nassets: [host-1]\npoint_of_contact: {name: Jane Doe}\nremediation_plan: P\nstatus: open\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\nscheduled_completion_date: 2026-01-31\n";

/// A tracker of three commits, the second of which has these people and these lines more.
fn tracker(author: Option<&str>, committer: Option<&str>, more: &str) -> Repo {
    let repo = Repo::new();
    let settings = "version: 1\nsystem: {certification_package: https://example.com/package}\n";
    repo.write("poam.yaml", settings).write("items/V-1.yaml", ITEM);
    repo.commit("2026-01-02", "start");
    repo.write("items/V-1.yaml", ITEM.replace("open", "in-progress"));
    repo.git(&["add", "--all"]);
    let tree = repo.git(&["write-tree"]);
    let parent = repo.git(&["rev-parse", "HEAD"]);
    let mut raw = format!("tree {}\nparent {}\n", tree.trim(), parent.trim());
    for (role, who) in [("author", author), ("committer", committer)] {
        raw.extend(who.map(|who| format!("{role} {who}\n")));
    }
    raw += &format!("{more}\nwork starts\n");
    std::fs::write(repo.beside("raw"), raw).unwrap();
    let file = repo.beside("raw").display().to_string();
    let odd = repo.git(&["hash-object", "-t", "commit", "-w", "--literally", &file]);
    repo.git(&["update-ref", "refs/heads/main", odd.trim()]);
    // Made by plumbing: `git commit` itself may refuse to go on after such a commit.
    repo.write("items/V-1.yaml", ITEM.replace("open", "in-progress").replace("01-31", "02-10"));
    repo.git(&["add", "--all"]);
    let tree = repo.git(&["write-tree"]);
    let who = "Ann Author <ann@example.com> 1767441600 +0000";
    let raw = format!(
        "tree {}\nparent {}\nauthor {who}\ncommitter {who}\n\nmoved\n",
        tree.trim(),
        odd.trim()
    );
    std::fs::write(repo.beside("raw"), raw).unwrap();
    let head = repo.git(&["hash-object", "-t", "commit", "-w", &file]);
    repo.git(&["update-ref", "refs/heads/main", head.trim()]);
    repo
}

const ANN: &str = "Ann Author <ann@example.com> 1767355200 +0000";

#[test]
fn one_odd_commit_is_reported_and_ends_no_command() {
    let far = "Carl <carl@example.com> 100000000000 +0000";
    let huge = "Carl <carl@example.com> 99999999999999999999999 +0000";
    // Author, committer, more lines, the finding of `verify`, words of its message.
    let cases = [
        (Some(ANN), Some(ANN), "gpgsig garbage\n", "signature-unknown", "cannot read"),
        (Some(ANN), Some(far), "", "date-in-future", "5138-11-16"),
        (Some(far), Some(ANN), "", "date-in-future", "5138-11-16"),
        (Some(ANN), Some(huge), "", "malformed-commit", "date of its committer is out of range"),
        (Some(huge), Some(ANN), "", "malformed-commit", "date of its author is out of range"),
        (Some(ANN), Some("Carl 1767355200 +0000"), "", "malformed-commit", "no mail address"),
        (Some(ANN), Some("Carl <c@example.com>"), "", "malformed-commit", "committer has no date"),
        (Some(ANN), None, "", "malformed-commit", "it has no committer"),
        (None, Some(ANN), "", "malformed-commit", "it has no author"),
    ];
    for (author, committer, more, finding, words) in cases {
        let repo = tracker(author, committer, more);
        let poam = |code: i32, arguments: &[&str]| {
            repo.poam(code, &[&["--today", "2026-03-01"], arguments].concat()).0
        };
        let verified = poam(0, &["verify", "--format", "json"]);
        let verified: Value = serde_json::from_str(&verified).unwrap();
        let odd = repo.git(&["rev-parse", "HEAD~1"]).trim().to_owned();
        let found = verified["findings"].as_array().unwrap().iter().any(|it| {
            it["finding"] == finding
                && it["commit"] == odd.as_str()
                && it["message"].as_str().unwrap().contains(words)
        });
        assert!(found, "{finding}: {verified:#}");
        for command in
            [&["log", "--format", "ndjson"][..], &["log", "--signatures"], &["log", "V-1"]]
        {
            assert!(poam(0, command).contains("in-progress"), "{finding}: {command:?}");
        }
        for base in ["HEAD~1", "HEAD~2"] {
            assert!(poam(0, &["diff", base]).contains("V-1"), "{finding}: {base}");
            let validated = repo.try_poam(&["--today", "2026-03-01", "validate", "--base", base]);
            assert!(validated.status.code().unwrap() < 2, "{finding}: {base}: {validated:?}");
            poam(0, &["log", "--as-of", base]);
        }
        for form in ["oscal", "csv", "ndjson"] {
            poam(0, &["export", form]);
        }
        poam(0, &["export", "ver", "--since", "2026-01-01", "-o", "reports"]);
        poam(0, &["workbook", "-o", "poam.xlsx"]);
        poam(0, &["snapshot", "2026-03"]);
        poam(0, &["verify", "--anchor", "2026-03"]);
        // The odd commit does not end the line of days either.
        assert!(poam(0, &["log", "--as-of", "2026-02-01"]).contains("2026-02-10"), "{finding}");
    }
}

#[test]
fn a_date_that_oscal_cannot_say_is_written_beside_the_nearest_one() {
    let far = "Carl <carl@example.com> 100000000000 +0000";
    let repo = tracker(Some(ANN), Some(far), "");
    let (document, said) = repo.poam(0, &["export", "oscal"]);
    assert!(said.contains("1 event with a date before 1900 or after 2999"), "{said}");
    assert!(document.contains("\"2999-12-31T23:59:59Z\""));
    assert!(document.contains("\"5138-11-16T09:46:40+00:00\""));
}
