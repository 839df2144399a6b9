//! `poam format` in a real repository: what is written, what is only shown, what is refused.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

const ODD: &str = "# head\r\n\r\nstatus: 'open' # new\r\nweakness_name: \"Open port\"\r\nid: V-1\r\n# when\r\noriginal_detection_date: 2026-01-05\r\noriginal_risk_rating: high";
const EVEN: &str = "# head\n\nid: V-1\nweakness_name: Open port\n# when\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: high\nstatus: open # new\n";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nsystem:   {name: X}\n")
        .write("items/2026/V-1.yaml", ODD)
        .write("items/V-2.yaml", EVEN.replace("V-1", "V-2"));
    repo.commit("2026-01-10", "start");
    repo
}

#[test]
fn check_shows_what_format_writes() {
    let repo = tracker();
    let (out, err) = repo.poam(1, &["format", "--check"]);
    assert!(out.starts_with("--- a/items/2026/V-1.yaml\n+++ b/items/2026/V-1.yaml\n"), "{out}");
    assert!(out.contains("+status: open # new\n") && !out.contains("V-2"), "{out}");
    assert_eq!(err, "1 file needs formatting; run `poam format`\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "nothing is written");
    let (out, err) = repo.poam(0, &["format"]);
    assert_eq!((out.as_str(), err.as_str()), ("items/2026/V-1.yaml\n", "1 file formatted\n"));
    assert_eq!(repo.read("items/2026/V-1.yaml"), EVEN);
    assert_eq!(repo.git(&["status", "--porcelain"]), " M items/2026/V-1.yaml\n", "no commit");
    let (out, err) = repo.poam(0, &["format", "--check"]);
    assert_eq!((out.as_str(), err.as_str()), ("", "nothing to format\n"));
    repo.commit("2026-01-11", "format");
    let (out, _) = repo.poam(0, &["log", "--format", "ndjson"]);
    assert!(!out.contains("2026-01-11"), "a new layout is no event: {out}");
}

#[test]
fn paths_choose_and_a_refused_file_stays_as_it_is() {
    let repo = tracker();
    let (out, _) = repo.poam(0, &["format", "items/V-2.yaml"]);
    assert_eq!(out, "");
    let alias = format!("{}comments: &a x\nextra: {{b: *a}}\n", EVEN.replace("V-1", "V-3"));
    repo.write("items/V-3.yaml", &alias).write("items/V-4.yaml", "id: [");
    let (out, err) = repo.poam(1, &["--quiet", "format", "items"]);
    assert_eq!(out, "items/2026/V-1.yaml\n", "the others are formatted");
    assert_eq!(
        err,
        "error: it has anchors or aliases (`&`, `*`): format this by hand at items/V-3.yaml:9:14\n"
    );
    assert_eq!(repo.read("items/V-3.yaml"), alias);
}

#[test]
fn what_the_program_writes_itself_is_canonical() {
    let repo = tracker();
    repo.poam(0, &["format"]);
    repo.poam(0, &["new", "--name", "Open port: 8080", "--risk", "low"]);
    repo.poam(0, &["format", "--check"]);
    // A year of items that commands wrote and changed.
    repo.poam(0, &["demo", "../demo"]);
    repo.poam(0, &["-C", "../demo", "format", "--check"]);
}

#[test]
fn a_file_that_cannot_be_read_is_not_well_laid_out() {
    let repo = tracker();
    repo.poam(0, &["format"]);
    repo.write("items/V-4.yaml", "id: [");
    for arguments in [&["format", "--check"][..], &["format"], &["format", "items/V-4.yaml"]] {
        let (out, err) = repo.poam(1, arguments);
        assert_eq!(out, "");
        assert!(err.contains("items/V-4.yaml:1:"), "{err}");
    }
    repo.poam(0, &["format", "--check", "items/2026"]);
}
