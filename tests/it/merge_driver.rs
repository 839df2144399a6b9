//! Git merges items with the driver that `poam init --merge-driver` sets up.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

const ITEM: &str = "\
id: V-1
weakness_name: Old server
status: open
original_detection_date: 2026-01-05
original_risk_rating: high
point_of_contact: {name: Jane Doe}
controls: [SI-2]
milestones:
  - id: 1
    description: Install the update of the vendor on both hosts
    due: 2026-01-20
";

/// A tracker with one item, the driver, and two branches.
fn tracker() -> Repo {
    let repo = Repo::new();
    repo.poam(0, &["init", "--merge-driver"]);
    let program = env!("CARGO_BIN_EXE_poam");
    let driver = repo.git(&["config", "merge.poam.driver"]);
    assert_eq!(driver.trim(), "poam merge-driver %O %A %B %P --ours=%X --theirs=%Y");
    // The tests have no `poam` on the path.
    repo.git(&["config", "merge.poam.driver", &driver.trim().replacen("poam", program, 1)]);
    repo.write("items/V-1.yaml", ITEM).commit("2026-01-05", "add V-1");
    repo.git(&["branch", "sam"]);
    repo
}

/// Commits a text of the item on both branches, and merges.
fn merge(repo: &Repo, ours: &str, theirs: &str) -> (bool, String) {
    repo.git(&["switch", "--quiet", "sam"]);
    repo.write("items/V-1.yaml", theirs).commit("2026-01-06", "change of sam");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("items/V-1.yaml", ours).commit("2026-01-07", "change of main");
    let merge = repo.try_git(&repo.path(), &[], &["merge", "--no-edit", "sam"]);
    let text = [merge.stdout, merge.stderr].concat();
    (merge.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn changes_of_two_branches_merge_by_themselves() {
    let repo = tracker();
    let (clean, said) = merge(
        &repo,
        &ITEM
            .replace("[SI-2]", "[SI-2, CM-8]")
            .replace("due: 2026-01-20", "due: 2026-01-22  # later"),
        &ITEM
            .replace("[SI-2]", "[SI-2, AC-2]")
            .replace("hosts\n", "hosts\n    status: in-progress\n"),
    );
    assert!(clean, "{said}");
    let expected = ITEM
        .replace("[SI-2]", "[SI-2, CM-8, AC-2]")
        .replace("hosts\n", "hosts\n    status: in-progress\n")
        .replace("due: 2026-01-20", "due: 2026-01-22  # later");
    assert_eq!(repo.read("items/V-1.yaml"), expected);
}

#[test]
fn milestones_and_reviews_of_two_branches_are_all_there() {
    let repo = tracker();
    let add = |name: &str| {
        let text = format!("{name} the hosts and note the result");
        repo.poam(0, &["milestone", "add", "V-1", &text, "--due", "2026-02-01", "-m", "plan"]);
        repo.poam(0, &["review", "V-1", "--note", name, "--date", "2026-01-08"]);
    };
    repo.git(&["switch", "--quiet", "sam"]);
    add("Scan");
    repo.git(&["switch", "--quiet", "main"]);
    add("Patch");
    let merge = repo.try_git(&repo.path(), &[], &["merge", "--no-edit", "sam"]);
    assert!(merge.status.success(), "{merge:?}");
    let text = repo.read("items/V-1.yaml");
    for part in
        ["id: 2\n", "id: 3\n", "Scan the hosts", "Patch the hosts", "note: Scan", "note: Patch"]
    {
        assert_eq!(text.matches(part).count(), 1, "{part}: {text}");
    }
    let (out, _) = repo.poam(1, &["--today", "2026-01-09", "validate"]);
    assert!(!out.contains("duplicate-milestone") && !out.contains("[schema]"), "{out}");
}

#[test]
fn a_value_that_both_changed_is_marked_and_reported() {
    let repo = tracker();
    let (clean, said) = merge(
        &repo,
        &ITEM.replace("2026-01-20", "2026-01-22"),
        &ITEM.replace("2026-01-20", "2026-01-24"),
    );
    assert!(!clean && said.contains("milestones/0/due"), "{said}");
    let marked = "    # <<<<<<< HEAD\n    due: 2026-01-22\n    # =======\n    # due: 2026-01-24\n    # >>>>>>> sam\n";
    assert_eq!(repo.read("items/V-1.yaml"), ITEM.replace("    due: 2026-01-20\n", marked));
    assert!(repo.git(&["diff", "--name-only", "--diff-filter=U"]).contains("items/V-1.yaml"));
    let (out, _) = repo.poam(1, &["--today", "2026-01-08", "validate"]);
    assert!(out.contains("merge-conflict") && out.contains("V-1.yaml:11:5"), "{out}");
    // Settings with marks stop every command.
    repo.write(
        "poam.yaml",
        "version: 1\n# <<<<<<< a\nprofile: generic\n# =======\n# profile: cmmc-l2\n# >>>>>>> b\n",
    );
    let (out, err) = repo.poam(2, &["validate"]);
    assert!(format!("{out}{err}").contains("poam.yaml:2:1"), "{out}{err}");
}

#[test]
fn files_that_are_no_yaml_are_merged_line_by_line() {
    let repo = tracker();
    let (clean, said) = merge(&repo, "a: [\n", &ITEM.replace("open", "closed"));
    assert!(!clean && said.contains("merged line by line"), "{said}");
    assert!(repo.read("items/V-1.yaml").contains("\n=======\n"));
    // A merge of lines that leaves a key twice is no clean one.
    for (name, text) in [
        ("o", "a: 1\n\n\n\nb: 2\n"),
        ("a", "x: 1\nx: 2\n\n\n\nb: 2\n"),
        ("b", "a: 1\n\n\n\nb: 3\n"),
    ] {
        repo.write(name, text);
    }
    repo.poam(1, &["merge-driver", "o", "a", "b"]);
    let (_, err) = repo.poam(2, &["merge-driver", "o", "nowhere", "b"]);
    assert!(err.contains("nowhere"), "{err}");
}

#[test]
fn the_driver_is_set_up_in_a_tracker_that_is_there() {
    let repo = Repo::new();
    repo.poam(0, &["init"]);
    repo.write("poam.yaml", "version: 1\nprofile: generic\nitems: plan of action\n")
        .commit("2026-01-01", "start");
    let before = repo.read(".gitattributes");
    let (out, _) = repo.poam(0, &["init", "--merge-driver"]);
    assert!(out.contains("added lines to .gitattributes"), "{out}");
    let after = repo.read(".gitattributes");
    assert!(after.starts_with(&before), "{after}");
    assert!(
        after.contains("/plan?of?action/**/*.yaml merge=poam\n/poam.yaml merge=poam\n"),
        "{after}"
    );
    let attributes =
        repo.git(&["check-attr", "merge", "plan of action/2026/0100/V-1.yaml", "poam.yaml"]);
    assert_eq!(attributes.matches("merge: poam").count(), 2, "{attributes}");
    // Once more changes nothing.
    repo.poam(0, &["init", "--merge-driver"]);
    assert_eq!(repo.read(".gitattributes"), after);
}
