//! The one item of a command is found by the name of its file, and right where the name misleads.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

const ITEM: &str = "\
weakness_name: Open port
original_detection_date: 2026-01-05
original_risk_rating: moderate
status: open
";

fn tracker(files: &[(&str, &str)]) -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-0.yaml", format!("id: V-0\n{ITEM}"));
    for (path, id) in files {
        repo.write(path, format!("id: {id}\n{ITEM}"));
    }
    repo.commit("2026-01-06", "start");
    repo
}

fn review(repo: &Repo, code: i32, id: &str) -> (String, String) {
    repo.poam(code, &["--today", "2026-02-01", "review", id, "--by", "Ann"])
}

/// The files of the last commit.
fn committed(repo: &Repo) -> String {
    repo.git(&["show", "--format=", "--name-only", "-z"]).trim_end_matches('\0').to_owned()
}

#[test]
fn an_item_is_found_wherever_its_file_is() {
    let places = [
        ("items/V-1.yaml", "V-1"),
        ("items/2026/0000/V-1.yaml", "V-1"),
        ("items/archive/deep/V-1.yaml", "V-1"),
        ("items/2026/0000/A%2FB-1.yaml", "A/B-1"),
        ("items/AC-2[1] (b).yaml", "AC-2[1] (b)"),
        ("items/ü.yaml", "ü"),
        ("items/another name.yaml", "V-1"),
        ("items/v-1.yaml", "V-1"),
        ("items/A%2fB-1.yaml", "A/B-1"),
    ];
    for (path, id) in places {
        let repo = tracker(&[(path, id)]);
        // A neighbour that nobody can read is no reason to leave this one alone.
        repo.write("items/broken.yaml", "id: [\n");
        review(&repo, 0, id);
        assert_eq!(committed(&repo), path);
        assert!(repo.poam(0, &["show", id]).0.contains("reviews:"), "{path}");
        assert!(
            repo.poam(0, &["log", id, "--format", "table"]).0.contains("review-recorded"),
            "{path}"
        );
    }
}

#[test]
fn an_item_that_git_does_not_know_yet_is_found() {
    for path in ["items/V-1.yaml", "items/2026/0000/V-1.yaml", "items/elsewhere/V-1.yaml"] {
        let repo = tracker(&[]);
        repo.write(path, format!("id: V-1\n{ITEM}"));
        let (_, err) = review(&repo, 2, "V-1");
        assert!(err.contains(&format!("{path} has uncommitted changes")), "{err}");
        repo.poam(0, &["--today", "2026-02-01", "review", "V-1", "--by", "Ann", "--allow-dirty"]);
        assert_eq!(committed(&repo), path);
    }
}

#[test]
fn a_file_that_was_moved_by_hand_is_found_where_it_is() {
    let repo = tracker(&[("items/2026/0000/V-1.yaml", "V-1")]);
    std::fs::create_dir(repo.path().join("items/moved")).unwrap();
    let (from, to) = ("items/2026/0000/V-1.yaml", "items/moved/V-1.yaml");
    std::fs::rename(repo.path().join(from), repo.path().join(to)).unwrap();
    let (_, err) = review(&repo, 2, "V-1");
    assert!(err.contains(&format!("{to} has uncommitted changes")), "{err}");
}

#[test]
fn an_id_in_two_files_is_refused() {
    for other in ["items/2025/0000/V-1.yaml", "items/V-1.yaml", "items/some/where/V-1.yaml"] {
        let repo = tracker(&[("items/2026/0000/V-1.yaml", "V-1"), (other, "V-1")]);
        let (_, err) = review(&repo, 2, "V-1");
        assert!(err.contains("V-1 stands in two files") && err.contains(other), "{err}");
    }
    let repo = tracker(&[("items/2026/0000/V-1.yaml", "V-1")]);
    repo.write("items/2025/0000/V-1.yaml", format!("id: V-1\n{ITEM}"));
    assert!(review(&repo, 2, "V-1").1.contains("stands in two files"), "not known to git");
}

#[test]
fn what_a_file_says_goes_before_its_name() {
    let repo = tracker(&[("items/V-1.yaml", "V-2"), ("items/V-2.yaml", "V-1")]);
    review(&repo, 0, "V-1");
    assert_eq!(committed(&repo), "items/V-2.yaml");
    let repo = tracker(&[("items/a/V-1.yaml", "V-3"), ("items/b/V-1.yaml", "V-1")]);
    review(&repo, 0, "V-1");
    assert_eq!(committed(&repo), "items/b/V-1.yaml");
}

#[test]
fn what_cannot_be_read_or_does_not_exist_is_said() {
    let repo = tracker(&[]);
    repo.write("items/V-1.yaml", "id: V-1\nstatus: [\n").commit("2026-01-07", "broken");
    assert!(review(&repo, 2, "V-1").1.contains("items/V-1.yaml:2:9: "));
    assert!(review(&repo, 2, "V-0O").1.contains("no item has the id `V-0O`: did you mean `V-0`?"));
    for (typed, odd) in
        [("V\u{2011}0", "U+2011"), ("\u{ff36}-0", "U+FF36"), ("V-\u{43e}", "U+043E")]
    {
        let (_, err) = review(&repo, 2, typed);
        assert!(err.contains(&format!("({odd}): did you mean `V-0`?")), "{err}");
    }
    assert!(review(&repo, 0, "v-0").0.starts_with("V-0: reviewed"));
    let (_, err) = repo.poam(2, &["review", "V-0", "V-0", "--by", "Ann"]);
    assert!(err.contains("V-0 is named twice"), "{err}");
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_to_an_item() {
    let repo = tracker(&[("outside/V-1.yaml", "V-1")]);
    std::os::unix::fs::symlink("../outside/V-1.yaml", repo.path().join("items/V-1.yaml")).unwrap();
    std::os::unix::fs::symlink("../outside", repo.path().join("items/2026")).unwrap();
    repo.commit("2026-01-07", "links");
    let (_, err) = review(&repo, 2, "V-1");
    assert!(err.contains("symbolic link in the items folder"), "{err}");
}

#[test]
fn a_file_that_git_was_told_not_to_look_at_is_refused() {
    for mark in ["assume-unchanged", "skip-worktree"] {
        let repo = tracker(&[("items/V-1.yaml", "V-1")]);
        let head = repo.git(&["rev-parse", "HEAD"]);
        repo.git(&["update-index", &format!("--{mark}"), "items/V-1.yaml"]);
        let mine = format!("id: V-1\n{ITEM}comments: nobody sees me\n");
        repo.write("items/V-1.yaml", &mine);
        for more in [&[][..], &["--allow-dirty"], &["--no-commit"]] {
            let arguments = [&["review", "V-1", "--by", "Ann"], more].concat();
            let (_, err) = repo.poam(2, &arguments);
            assert!(err.contains(&format!("git update-index --no-{mark} -- items/V-1")), "{err}");
        }
        assert_eq!((repo.read("items/V-1.yaml"), repo.git(&["rev-parse", "HEAD"])), (mine, head));
    }
}

#[test]
fn a_file_whose_lines_end_in_carriage_returns_alone_is_left_as_it_is() {
    let text = format!("id: V-1\n{ITEM}").replace('\n', "\r");
    let repo = tracker(&[]);
    repo.write("items/V-1.yaml", &text).commit("2026-01-07", "an old editor");
    let (_, err) = review(&repo, 2, "V-1");
    assert!(err.contains("items/V-1.yaml:1:1") && err.contains("carriage returns alone"), "{err}");
    assert_eq!(repo.read("items/V-1.yaml"), text);
}
