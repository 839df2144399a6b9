//! `poam transition` in a real repository: what changes, what is committed, what stays.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

/// An item as people write it: comments everywhere, odd quoting, CRLF, no final newline.
const ODD: &str = "# yaml-language-server: $schema=../schema/item.schema.json\r\n\r\nid:   'V-1'    # the id\r\n\"weakness_name\": \"Open port: 8080\"\r\nstatus: \"pending-validation\"   # since Monday\r\n\r\n# who\r\npoint_of_contact: { name: Jane Doe,   email: 'jane@example.com' } # flow\r\noriginal_detection_date: 2026-01-05\r\noriginal_risk_rating:    high\r\nmilestones:\r\n- id: 1\r\n  description: >-\r\n    Close the port\r\n    and scan again\r\n  due: 2026-01-20\r\n  status: completed   # done\r\n  completed: 2026-01-19\r\n  # last remark\r\ncomments: |\r\n  two\r\n\r\n  lines   \r\nextra: {ünï: \"c\\u00f6de\"} # end";

fn tracker(item: &str) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n")
        .write("items/2026/0000/V-1.yaml", item)
        .write("README", "x");
    repo.commit("2026-01-10", "start");
    repo
}

const CLOSE: [&str; 7] =
    ["transition", "V-1", "closed", "--evidence", "CHG-1", "--date", "2026-01-25"];

#[test]
fn only_the_lines_that_must_change_do() {
    let repo = tracker(ODD);
    let (out, _) = repo
        .poam(0, &[&CLOSE[..], &["--reason", "port is closed\nPoam-Approver: forged"]].concat());
    assert!(out.starts_with("V-1: pending-validation -> closed\ncommitted as "), "{out}");
    assert_eq!(
        repo.git(&["diff", "--stat", "HEAD~1"]).lines().last().unwrap().trim(),
        "1 file changed, 5 insertions(+), 1 deletion(-)"
    );
    let after = std::fs::read_to_string(repo.path().join("items/2026/0000/V-1.yaml")).unwrap();
    let expected = ODD
        .replace("\"pending-validation\"   # since", "\"closed\"   # since")
        .replace("comments: |", "evidence:\r\n  - reference: CHG-1\r\n    collected: 2026-01-25\r\ncompletion_date: 2026-01-25\r\ncomments: |");
    assert_eq!(after, expected);
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.starts_with("V-1: pending-validation -> closed\n\nport is closed\n"),
        "{message}"
    );
    let trailers = repo.git(&["log", "-1", "--format=%(trailers:only,unfold)"]);
    assert!(!trailers.lines().any(|line| line.starts_with("Poam-Approver")), "{trailers}");
    assert!(trailers.contains("Poam-Item: V-1\nPoam-Reason: port is closed"), "{trailers}");
    assert_eq!(repo.git(&["log", "-1", "--format=%an %cn"]).trim(), "Ann Author Carl Committer");
}

#[test]
fn a_hook_that_fails_leaves_everything_as_it_was() {
    let repo = tracker(ODD);
    repo.hook("pre-commit", "echo 'not today' >&2; exit 1");
    repo.write("README", "staged").git(&["add", "README"]);
    repo.write("README", "and changed");
    let before = (
        repo.git(&["status", "--porcelain=v2"]),
        repo.git(&["rev-parse", "HEAD"]),
        repo.git(&["ls-files", "--stage"]),
    );
    let (_, err) = repo.poam(2, &CLOSE);
    assert!(err.contains("not today"), "{err}");
    let after = (
        repo.git(&["status", "--porcelain=v2"]),
        repo.git(&["rev-parse", "HEAD"]),
        repo.git(&["ls-files", "--stage"]),
    );
    assert_eq!(before, after);
    assert_eq!(repo.read("items/2026/0000/V-1.yaml"), ODD);
    std::fs::remove_file(repo.path().join(".git/hooks/pre-commit")).unwrap();
    repo.poam(0, &CLOSE);
    assert_eq!(repo.git(&["status", "--porcelain"]), "MM README\n", "other work is left alone");
}

#[test]
fn nothing_is_written_by_a_dry_run_and_nothing_committed_without_commit() {
    let repo = tracker(ODD);
    let (out, _) = repo.poam(0, &[&CLOSE[..], &["--dry-run"]].concat());
    assert!(
        out.contains(
            "-status: \"pending-validation\"   # since Monday\n+status: \"closed\"   # since Monday\n"
        ),
        "{out}"
    );
    let (diff, json) = (out, ["--dry-run", "--format", "json"]);
    let (out, _) = repo.poam(0, &[&CLOSE[..], &json].concat());
    let said: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&said["item"], &said["commit"]), (&"V-1".into(), &serde_json::Value::Null));
    assert_eq!((&said["changed"][0], &said["diff"]), (&"/status".into(), &diff.into()));
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    let (out, _) = repo.poam(0, &[&CLOSE[..], &["--no-commit", "--format", "json"]].concat());
    let said: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        said,
        serde_json::json!({"item": "V-1", "commit": null, "changed": ["/status", "/evidence", "/completion_date"]})
    );
    assert_eq!(repo.git(&["status", "--porcelain"]), " M items/2026/0000/V-1.yaml\n");
    let (_, err) = repo.poam(2, &["transition", "V-1", "in-progress", "--reason", "again"]);
    assert!(err.contains("has uncommitted changes"), "{err}");
}

#[test]
fn a_move_that_is_not_legal_names_the_legal_ones() {
    let repo = tracker(&ODD.replace("pending-validation", "open"));
    let (_, err) = repo.poam(2, &CLOSE);
    assert!(err.contains("allowed from open: in-progress, pending-approval, deferred"), "{err}");
    let (_, err) = repo.poam(2, &["transition", "V-2", "closed"]);
    assert_eq!(err, "error: no item has the id `V-2`: did you mean `V-1`?\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}
