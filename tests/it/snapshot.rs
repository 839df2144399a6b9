//! `poam snapshot`: submissions as annotated tags.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;
use poam::repository::Repository;
use poam::snapshot::{self, Digest};
use serde_json::Value;

fn item(id: &str, status: &str) -> String {
    format!(
        "id: {id}\nweakness_name: Open port\nstatus: {status}\noriginal_detection_date: 2026-01-01\noriginal_risk_rating: high\n"
    )
}

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\nsystem: {name: \"Example\\nCloud\"}\n")
        .write("items/V-1.yaml", item("V-1", "open"))
        .write("items/a/V-2.yaml", item("V-2", "closed"))
        .commit("2026-02-27", "start");
    repo
}

#[test]
fn a_submission_is_frozen_and_checked() {
    let repo = tracker();
    let (out, _) = repo.poam(0, &["snapshot", "--dry-run", "--format", "json"]);
    let done: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&done["name"], &done["manifest"]["counts"]["items"]),
        (&"poam/2026-02".into(), &2.into())
    );
    assert_eq!(repo.git(&["tag"]), "");
    let (out, err) = repo.poam(0, &["snapshot"]);
    let head = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(
        out,
        format!("poam/2026-02: 2 items, 1 open, 1 overdue, 1 closed, commit {}\n", &head[..10])
    );
    assert!(err.contains("git push origin poam/2026-02"), "{err}");
    assert!(err.contains("error"), "what the rules say is said: {err}");
    assert_eq!(repo.git(&["cat-file", "-t", "poam/2026-02"]), "tag\n");
    // The manifest is what the files and the workbook are.
    let repository = Repository::open(&repo.path()).unwrap();
    let manifest = snapshot::read(&repository, "poam/2026-02").unwrap();
    assert_eq!((manifest.commit.as_str(), manifest.counts.items), (head.as_str(), 2));
    let digest = manifest.items.get(&"V-2".parse().unwrap()).unwrap();
    assert_eq!(*digest, Digest::hash(repo.read("items/a/V-2.yaml").as_bytes()));
    repo.poam(0, &["workbook", "--as-of", "poam/2026-02", "-o", "w.xlsx"]);
    let bytes = std::fs::read(repo.path().join("w.xlsx")).unwrap();
    assert_eq!(manifest.workbook.sha256, Digest::hash(&bytes));
    // Months later it still holds.
    repo.write("items/V-1.yaml", item("V-1", "closed")).commit("2026-03-05", "done");
    let (out, _) = repo.poam(0, &["snapshot", "verify"]);
    assert_eq!(
        out,
        format!("poam/2026-02: 2 items and the workbook are as recorded, commit {}\n", &head[..10])
    );
    repo.poam(0, &["snapshot"]);
    let (out, _) = repo.poam(0, &["snapshot", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (list[0]["name"].as_str(), list[1]["counts"]["closed"].as_u64(), list[2].is_null()),
        (Some("poam/2026-02"), Some(2), true)
    );
    let (out, _) = repo.poam(0, &["snapshot", "list"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 3, "{out}");
    assert!(lines[2].starts_with("poam/2026-03  2026-03-05"), "{out}");
}

#[test]
fn what_cannot_be_frozen_is_refused() {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n");
    let (_, err) = repo.poam(2, &["snapshot"]);
    assert!(err.contains("nothing is committed yet"), "{err}");
    let repo = tracker();
    repo.poam(0, &["snapshot", "sar"]);
    let (_, err) = repo.poam(2, &["snapshot", "sar"]);
    assert!(err.contains("there is a snapshot poam/sar"), "{err}");
    let (_, err) = repo.poam(2, &["snapshot", "a..b"]);
    assert!(err.contains("cannot be the name of a tag"), "{err}");
    repo.write("items/V-1.yaml", item("V-1", "closed"));
    let (_, err) = repo.poam(2, &["snapshot", "later"]);
    assert!(err.contains("uncommitted changes"), "{err}");
    let (out, _) = repo.poam(0, &["snapshot", "later", "--as-of", "HEAD"]);
    assert!(out.starts_with("poam/later: 2 items, 1 open"), "{out}");
    repo.write("items/V-3.yaml", "a: [").commit("2026-03-01", "broken");
    let (_, err) = repo.poam(2, &["snapshot"]);
    assert!(err.contains("cannot be read as items (1)"), "{err}");
    repo.write("items/V-3.yaml", item("V-1", "open")).commit("2026-03-02", "twice");
    let (_, err) = repo.poam(2, &["snapshot"]);
    assert!(err.contains("V-1 stands in two files"), "{err}");
    assert_eq!(repo.git(&["tag"]), "poam/later\npoam/sar\n");
}

#[test]
fn tags_that_lie_are_found() {
    let repo = tracker();
    repo.poam(0, &["snapshot", "good"]);
    let message = repo.git(&["tag", "-l", "--format=%(contents)", "poam/good"]);
    repo.git(&["tag", "poam/plain"]);
    repo.git(&["tag", "-a", "-m", "release", "poam/release"]);
    repo.write(
        "message",
        message.replace("\"overdue\": 1", "\"overdue\": 0").replace("poam/good", "poam/counts"),
    );
    repo.git(&["tag", "-a", "-F", "message", "poam/counts"]);
    repo.remove("message")
        .write("items/V-1.yaml", item("V-1", "closed"))
        .commit("2026-03-01", "later");
    repo.write("message", message.replace("poam/good", "poam/moved"));
    repo.git(&["tag", "-a", "-F", "message", "poam/moved"]);
    let (out, _) = repo.poam(1, &["snapshot", "verify"]);
    for part in [
        "poam/counts: 2 differences\n",
        "  counts/overdue: 0 in the manifest, 1 now\n",
        "poam/good: 2 items and the workbook are as recorded",
        "poam/moved: `poam/moved` names commit",
        "poam/plain: `poam/plain` is a plain tag",
        "poam/release: `poam/release` is no snapshot",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    repo.poam(0, &["snapshot", "verify", "good"]);
    let (_, err) = repo.poam(2, &["snapshot", "verify", "none"]);
    assert!(err.contains("there is no snapshot `poam/none`"), "{err}");
    let (out, err) = repo.poam(0, &["snapshot", "list"]);
    assert_eq!((out.lines().count(), err.lines().count()), (3, 3), "{out}{err}");
}

#[test]
fn trackers_of_one_repository_have_snapshots_of_their_own() {
    let repo = Repo::new();
    for folder in ["a", "b"] {
        repo.write(&format!("{folder}/poam.yaml"), "version: 1\n")
            .write(&format!("{folder}/items/V-1.yaml"), item("V-1", "open"));
    }
    repo.commit("2026-02-27", "start");
    repo.poam(0, &["-C", "a", "snapshot"]);
    repo.poam(0, &["-C", "b", "snapshot"]);
    assert_eq!(repo.git(&["tag"]), "poam/a/2026-02\npoam/b/2026-02\n");
    let (out, _) = repo.poam(0, &["-C", "b", "snapshot", "list"]);
    assert!(out.contains("poam/b/2026-02") && !out.contains("poam/a/"), "{out}");
}

#[cfg(unix)]
#[test]
fn signing_is_git_s_own() {
    use std::os::unix::fs::PermissionsExt;
    let repo = tracker();
    let gpg = repo.beside("gpg");
    let script = "#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n\
        printf '%s\\n' '-----BEGIN PGP SIGNATURE-----' '' '{}' '-----END PGP SIGNATURE-----'\n";
    std::fs::write(&gpg, script).unwrap();
    std::fs::set_permissions(&gpg, std::fs::Permissions::from_mode(0o755)).unwrap();
    repo.git(&["config", "gpg.program", &gpg.display().to_string()]);
    let repository = Repository::open(&repo.path()).unwrap();
    let signed =
        |name: &str| repository.find_tag(name).unwrap().unwrap().annotation.unwrap().signed();
    repo.poam(0, &["snapshot", "unsigned"]);
    repo.poam(0, &["snapshot", "asked", "--sign"]);
    repo.git(&["config", "tag.gpgSign", "true"]);
    repo.poam(0, &["snapshot", "always"]);
    assert_eq!(
        ["unsigned", "asked", "always"].map(|it| signed(&format!("poam/{it}"))),
        [false, true, true]
    );
    repo.poam(0, &["snapshot", "verify"]);
}

#[test]
fn a_commit_dated_before_one_it_continues_is_named() {
    let repo = tracker();
    let first = repo.git(&["rev-parse", "HEAD"]).trim().to_owned();
    for date in ["2026-01-10", "2026-01-11"] {
        repo.write("items/V-1.yaml", item("V-1", "open") + "comments: " + date + "\n");
        repo.commit(date, "wait for parts");
    }
    // The second one is later than its parent, and still before the first commit.
    let warning = format!("is dated 2026-01-11, before {} of 2026-02-27", &first[..10]);
    for args in [
        &["snapshot", "--dry-run"][..],
        &["workbook", "-o", "w.xlsx"],
        &["export", "csv", "-o", "w.csv"],
        &["export", "csv", "-o", "w.csv", "--as-of", "HEAD"],
    ] {
        let (_, err) = repo.poam(0, args);
        assert_eq!(err.matches(&warning).count(), 1, "{args:?}: {err}");
    }
    for args in [
        &["workbook", "-o", "w.xlsx", "--date", "2026-03-01"][..],
        &["snapshot", "--dry-run", "--as-of", &first],
    ] {
        let (_, err) = repo.poam(0, args);
        assert!(!err.contains("which it continues"), "{args:?}: {err}");
    }
}

#[test]
fn a_snapshot_of_a_history_that_was_rewritten_is_reported() {
    let repo = tracker();
    repo.write("items/V-1.yaml", item("V-1", "closed")).commit("2026-02-28", "close");
    repo.poam(0, &["snapshot"]);
    for command in [&["verify"][..], &["snapshot", "verify"]] {
        let (_, out, err) = repo.poam_any(command);
        assert!(!(out + &err).contains("not in the history"), "{command:?}");
    }
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.write("items/V-1.yaml", item("V-1", "deferred")).commit("2026-02-28", "wait");
    for command in [&["verify"][..], &["snapshot", "verify"]] {
        let (_, out, err) = repo.poam_any(command);
        assert!((out + &err).contains("not in the history of"), "{command:?}");
    }
}
