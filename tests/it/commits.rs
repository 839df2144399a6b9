//! Opening repositories and committing to them, as commands do.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use crate::support::Repo;
use chrono::DateTime;
use poam::repository::{
    Author, CommitError, CommitRequest, Expect, FileChange, FileKind, GitError, GuardError,
    RelPath, Repository, commit, compose_message, parse_trailers, write, write_and_commit,
};

fn open(repo: &Repo) -> Repository {
    Repository::open(&repo.path()).unwrap().with_env(repo.env())
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn change(name: &str, expect: Expect, new: Option<&str>) -> FileChange {
    FileChange { path: path(name), expect, new: new.map(|text| text.as_bytes().to_vec()) }
}

fn message(text: &str) -> CommitRequest<'_> {
    CommitRequest { message: text, ..CommitRequest::default() }
}

/// Everything that a failed command must leave alone.
fn state(repo: &Repo) -> [String; 4] {
    [
        repo.git(&["ls-files", "--stage", "--debug"]).replace(char::is_whitespace, " "),
        repo.git(&["status", "--porcelain", "--untracked-files=all"]),
        repo.git(&["diff"]),
        repo.git(&["for-each-ref"]),
    ]
    .map(|text| text.lines().filter(|line| !line.contains("time:")).collect())
}

/// The paths of the last commit.
fn committed(repo: &Repo) -> Vec<String> {
    let text = repo.git(&["show", "--format=", "--name-only", "--no-renames", "-z", "HEAD"]);
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn opening() {
    let folder = Repo::bare_folder();
    let error = Repository::open(&folder.path()).err().unwrap();
    assert!(matches!(error, GitError::NotFound { .. }), "{error}");

    let made = Repository::init(&folder.path()).unwrap();
    assert_eq!(made.head().unwrap(), None);
    assert_eq!(folder.git(&["symbolic-ref", "HEAD"]), "refs/heads/main\n");
    assert!(matches!(made.resolve_revision("HEAD").unwrap_err(), GitError::NoCommit));
    assert!(matches!(Repository::init(&folder.path()), Err(GitError::Exists { .. })));

    let repo = Repo::new();
    repo.write("items/A", "a").commit("2026-01-01", "root");
    let head = repo.commit("2026-01-02", "more");
    let opened = Repository::open(&repo.path().join("items")).unwrap();
    assert_eq!(
        opened.workdir().unwrap().canonicalize().unwrap(),
        repo.path().canonicalize().unwrap()
    );
    assert_eq!(opened.head().unwrap().unwrap().to_string(), head);

    let bare = repo.beside("bare.git");
    repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let bare = Repository::open(&bare).unwrap();
    assert!(bare.is_bare() && !opened.is_bare());
    let landed = poam::repository::walk(&bare, bare.head().unwrap().unwrap(), &["items"]);
    assert_eq!(landed.unwrap().len(), 1, "history can be read");
    let error = commit(&bare, &message("x")).unwrap_err().to_string();
    assert!(error.contains("bare repository"), "{error}");
}

#[test]
fn formats_that_are_not_supported_are_named() {
    for (option, word) in
        [("--object-format=sha256", "SHA-256"), ("--ref-format=reftable", "reftable")]
    {
        let repo = Repo::bare_folder();
        if !repo.try_git(&repo.path(), &[], &["init", "--quiet", option]).status.success() {
            continue;
        }
        let error = Repository::open(&repo.path()).err().unwrap().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn revisions_branches_and_files() {
    let repo = Repo::new();
    let root = repo.write("items/1/A", "a").write("poam.yaml", "s").commit("2026-01-01", "root");
    repo.git(&["tag", "-a", "-m", "x", "v1"]);
    let second = repo.write("items/B", "b").commit("2026-01-02", "second");
    repo.git(&["update-ref", "refs/remotes/origin/topic", &root]);
    repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/topic"]);
    let opened = open(&repo);
    for (rev, id) in [("main", &second), ("v1", &root), ("HEAD~1", &root), (&root[..8], &root)] {
        assert_eq!(opened.resolve_revision(rev).unwrap().to_string(), *id, "{rev}");
    }
    for rev in ["nowhere", "HEAD~9", "-x", "a..b", "v1:poam.yaml", ""] {
        let error = opened.resolve_revision(rev).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{rev}` names no commit")), "{error}");
    }
    // Not in the words of the library.
    for (rev, reason) in [
        ("", "it is empty; name a branch, a tag or a commit, such as `HEAD~3`"),
        (" ", "it is empty; name a branch, a tag or a commit, such as `HEAD~3`"),
        ("HEAD:items", "it is a file or a folder; name the branch, tag or commit alone"),
        ("HEAD^{tree}", "it is a file or a folder; name the branch, tag or commit alone"),
        ("nowhere", "there is no such branch, tag or commit"),
        (
            "a b",
            "git writes no revision like this; `git log --oneline`, `git branch --all` and `git tag` show what there is",
        ),
    ] {
        let error = opened.resolve_revision(rev).unwrap_err().to_string();
        assert_eq!(error, format!("`{rev}` names no commit: {reason}"));
    }
    let tips = opened.branch_tips().unwrap();
    let tips: Vec<_> = tips.iter().map(|(name, id)| (&**name, id.to_string())).collect();
    assert_eq!(tips, [("refs/heads/main", second), ("refs/remotes/origin/topic", root)]);

    let head = opened.head().unwrap().unwrap();
    let files = opened.list_files(head, "items").unwrap();
    let names: Vec<_> = files.iter().map(|file| (&*file.path, file.kind)).collect();
    assert_eq!(names, [("items/1/A", FileKind::Regular), ("items/B", FileKind::Regular)]);
    assert_eq!(opened.list_files(head, "").unwrap().len(), 3);
    assert_eq!(opened.list_files(head, "none").unwrap(), []);
    assert_eq!(opened.read_file(head, "poam.yaml").unwrap().unwrap(), b"s");
    assert_eq!(opened.read_file(head, "items").unwrap(), None);
    assert_eq!(opened.read_file(head, "poam.yaml/x").unwrap(), None);
    assert_eq!(opened.read_blob(files[1].blob).unwrap(), b"b");
    let error = opened.blob_up_to(files[1].blob, 0).unwrap_err();
    assert!(matches!(error, GitError::TooLarge { size: 1, .. }), "{error}");
    let old = opened.resolve_revision("v1").unwrap();
    assert_eq!(opened.merge_base(head, old).unwrap(), Some(old));
    repo.git(&["checkout", "--quiet", "--orphan", "other"]);
    repo.commit("2026-01-03", "unrelated");
    let other = opened.resolve_revision("other").unwrap();
    assert_eq!(opened.merge_base(head, other).unwrap(), None);
}

#[test]
fn what_is_not_committed() {
    let repo = Repo::new();
    repo.write(".gitignore", "*.tmp\nout/\n");
    for name in ["clean", "edited", "staged", "removed", "a b*", "ü"] {
        repo.write(&format!("items/{name}"), "1");
    }
    let opened = open(&repo);
    assert_eq!(opened.find_uncommitted(&[path("items/ü")]).unwrap().len(), 1, "before any commit");
    repo.commit("2026-01-01", "root");
    repo.write("items/edited", "2").write("items/staged", "2").write("items/ü", "2");
    repo.git(&["add", "items/staged"]);
    repo.write("items/staged", "1").remove("items/removed").write("new/untracked", "1");
    repo.write("x.tmp", "").write("out/y", "");
    let names = [
        "items/clean",
        "items/edited",
        "items/staged",
        "items/removed",
        "items/a b*",
        "items/ü",
        "new/untracked",
        "x.tmp",
        "out/y",
        "nothing/there",
    ];
    let dirty = opened.find_uncommitted(&names.map(path)).unwrap();
    let dirty: Vec<&str> = dirty.iter().map(RelPath::as_str).collect();
    let expected = [
        "items/edited",
        "items/staged",
        "items/removed",
        "items/ü",
        "new/untracked",
        "x.tmp",
        "out/y",
    ];
    assert_eq!(dirty, expected);
}

#[test]
fn commits_exactly_the_paths() {
    let repo = Repo::new();
    let first = commit_first(&repo);
    assert_eq!(repo.git(&["rev-parse", "HEAD"]).trim(), first);

    for name in ["items/edit", "items/gone", "other", "staged"] {
        repo.write(name, "1");
    }
    repo.commit("2026-01-01", "root");
    repo.write("items/edit", "2").write("other", "2").write("staged", "2").write("added", "1");
    repo.git(&["add", "staged", "added"]);
    repo.remove("items/gone").write("staged", "3").write("untracked", "1");
    let odd =
        ["-dash", "a b", "items/*", "items/[x]", "items/A%2FB.yaml", ":(top)x", "ünï", "\"q\\"];
    for name in odd {
        repo.write(name, "odd");
    }
    let mut paths: Vec<RelPath> = odd.map(path).to_vec();
    paths.extend([path("items/edit"), path("items/gone")]);
    let text = compose_message("subject", "# a heading\n\n#12", &[("Poam-Reason", "why")]).unwrap();
    let request = CommitRequest {
        paths: &paths,
        message: &text,
        author: Some(Author { name: "Dora D".into(), email: "dora@example.com".into() }),
        author_date: Some(DateTime::parse_from_rfc3339("2025-03-04T05:06:07-03:30").unwrap()),
        no_verify: false,
    };
    let id = commit(&open(&repo), &request).unwrap();
    assert_eq!(repo.git(&["rev-parse", "HEAD"]).trim(), id.to_string());
    let mut expected: Vec<&str> = odd.into_iter().chain(["items/edit", "items/gone"]).collect();
    expected.sort_unstable();
    assert_eq!(committed(&repo), expected);
    assert_eq!(repo.git(&["log", "-1", "--format=%B"]), format!("{text}\n"));
    assert_eq!(parse_trailers(&text), [("Poam-Reason".to_owned(), "why".to_owned())]);
    let who = repo.git(&["log", "-1", "--format=%an|%ae|%aI|%cn"]);
    assert_eq!(who, "Dora D|dora@example.com|2025-03-04T05:06:07-03:30|Carl Committer\n");
    let left = repo.git(&["status", "--porcelain"]);
    assert_eq!(left, "A  added\n M other\nMM staged\n?? untracked\n");

    let error = commit(&open(&repo), &request).unwrap_err();
    assert!(matches!(
        error,
        GuardError::Commit(CommitError::Nothing | CommitError::Refused { .. })
    ));
}

fn commit_first(repo: &Repo) -> String {
    repo.write("items/first", "1").write("left alone", "1");
    let paths = [path("items/first")];
    let request = CommitRequest { paths: &paths, ..message("first\n") };
    let id = commit(&open(repo), &request).unwrap().to_string();
    assert_eq!(committed(repo), ["items/first"]);
    repo.remove("left alone");
    id
}

#[test]
fn nothing_to_commit_and_nobody_to_commit() {
    let repo = Repo::new();
    repo.write("A", "1").commit("2026-01-01", "root");
    let paths = [path("A")];
    let request = CommitRequest { paths: &paths, ..message("again\n") };
    let error = commit(&open(&repo), &request).unwrap_err();
    assert!(matches!(error, GuardError::Commit(CommitError::Nothing)), "{error}");
    repo.write("A", "2");
    let nobody =
        ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
    repo.git(&["config", "user.useConfigOnly", "true"]);
    let nobody = open(&repo).with_env(nobody.map(|name| (name, "")));
    let error = commit(&nobody, &request).unwrap_err();
    assert!(matches!(error, GuardError::Commit(CommitError::NoIdentity)), "{error}");
    assert!(error.to_string().contains("git config --global user.name"), "{error}");
}

#[cfg(unix)]
#[test]
fn hooks_decide() {
    let repo = Repo::new();
    repo.write("A", "1").write("other", "1").commit("2026-01-01", "root");
    repo.write("other", "2");
    repo.git(&["add", "other"]);
    repo.hook("pre-commit", "echo 'not today' >&2; exit 1");
    let before = state(&repo);
    let changes = [
        change("A", Expect::Content(b"1".to_vec()), Some("2")),
        change("new/deep/B", Expect::Absent, Some("b")),
    ];
    let opened = open(&repo);
    let error = write_and_commit(&opened, &changes, &message("x\n")).unwrap_err();
    assert!(error.to_string().contains("not today"), "{error}");
    assert_eq!(state(&repo), before);
    assert_eq!(repo.read("A"), "1");
    assert!(!repo.path().join("new").exists());
    for left in ["poam/journal", "poam/tmp", "index.lock"] {
        assert!(!repo.path().join(".git").join(left).exists(), "{left}");
    }

    let no_verify = CommitRequest { no_verify: true, ..message("past the hook\n") };
    write_and_commit(&opened, &changes[..1], &no_verify).unwrap();
    assert_eq!(repo.read("A"), "2");
    repo.hook("pre-commit", "git diff --cached --name-only -- 'new/*' | grep -q deep/B")
        .hook("commit-msg", "echo 'Change-Id: I1' >> \"$1\"");
    write_and_commit(&opened, &changes[1..], &message("s\n\nKey: v\n")).unwrap();
    assert_eq!(committed(&repo), ["new/deep/B"]);
    assert_eq!(repo.git(&["log", "-1", "--format=%B"]), "s\n\nKey: v\nChange-Id: I1\n\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "M  other\n");
}

#[test]
fn not_in_the_middle_of_something() {
    let repo = Repo::new();
    repo.write("A", "1").commit("2026-01-01", "root");
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    repo.write("A", "2").commit("2026-01-02", "side");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("A", "3").commit("2026-01-03", "main");
    for operation in ["merge", "rebase", "cherry-pick"] {
        repo.try_git(&repo.path(), &[], &[operation, "side"]);
        let opened = open(&repo);
        assert_eq!(opened.in_progress(), Some(operation));
        let changes = [change("B", Expect::Absent, Some("b"))];
        let error = write_and_commit(&opened, &changes, &message("x\n")).unwrap_err().to_string();
        assert!(error.contains(&format!("git {operation} --abort")), "{error}");
        assert!(!repo.path().join("B").exists());
        repo.git(&[operation, "--abort"]);
        assert_eq!(opened.in_progress(), None);
    }
}

#[test]
fn worktrees_submodules_and_detached_heads() {
    let repo = Repo::new();
    repo.write("tracker/items/A", "1").commit("2026-01-01", "root");
    let linked = repo.beside("linked");
    repo.git(&["worktree", "add", "--quiet", "--detach", linked.to_str().unwrap()]);
    let outer = repo.beside("outer");
    let outer_text = outer.to_str().unwrap();
    repo.git(&["init", "--quiet", outer_text]);
    let url = repo.path().display().to_string();
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "sub"];
    assert!(repo.try_git(&outer, &[], &add).status.success());
    for place in [linked, outer.join("sub")] {
        // From a folder below the top, and with the variables that a hook has.
        let from_hook = [("GIT_DIR", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere")];
        let opened = Repository::open(&place.join("tracker")).unwrap();
        let opened = opened.with_env(repo.env()).with_env(from_hook);
        let changes = [change("tracker/items/A", Expect::Anything, Some("2"))];
        let id = write_and_commit(&opened, &changes, &message("two\n")).unwrap();
        assert_eq!(opened.head().unwrap(), Some(id));
        let status = repo.try_git(&place, &[], &["status", "--porcelain"]);
        assert_eq!(String::from_utf8_lossy(&status.stdout), "");
    }
    assert_eq!(repo.read("tracker/items/A"), "1", "the first work tree is untouched");
}

#[test]
fn thousands_of_files() {
    let repo = Repo::new();
    let name = |n: usize| format!("items/{}/a-rather-long-name-for-an-item-{n}.yaml", n % 20);
    let changes: Vec<FileChange> =
        (0..3000).map(|n| change(&name(n), Expect::Absent, Some("x"))).collect();
    write_and_commit(&open(&repo), &changes, &message("many\n")).unwrap();
    assert_eq!(committed(&repo).len(), 3000);
    let gone: Vec<FileChange> =
        (0..3000).map(|n| change(&name(n), Expect::Content(b"x".to_vec()), None)).collect();
    write_and_commit(&open(&repo), &gone, &message("none\n")).unwrap();
    assert_eq!(repo.git(&["ls-files"]), "");
}

#[test]
fn nobody_s_edit_is_lost() {
    let repo = Repo::new();
    repo.write("A", "1").commit("2026-01-01", "root");
    let opened = open(&repo);
    for expect in [Expect::Absent, Expect::Content(b"0".to_vec())] {
        let error = write(&opened, &[change("A", expect, Some("2"))]).unwrap_err();
        assert!(matches!(error, GuardError::Changed { .. }), "{error}");
    }
    write(&opened, &[change("A", Expect::Content(b"1".to_vec()), Some("0"))]).unwrap();
    assert_eq!(repo.git(&["status", "--porcelain"]), " M A\n", "written, not committed");
    repo.commit("2026-01-02", "zero");

    // Each adds one to the number until it has done so ten times; none is lost.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let opened = open(&repo);
                let mut done = 0;
                while done < 10 {
                    let text = repo.read("A");
                    let more = (text.parse::<u32>().unwrap() + 1).to_string();
                    let changes = [change("A", Expect::Content(text.into_bytes()), Some(&more))];
                    match write_and_commit(&opened, &changes, &message("one more\n")) {
                        Ok(_) => done += 1,
                        Err(GuardError::Changed { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    assert_eq!(repo.read("A"), "40");
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "42\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_and_modes_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let repo = Repo::new();
    repo.write("run", "1").commit("2026-01-01", "root");
    let outside = repo.beside("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("file"), "safe").unwrap();
    symlink(&outside, repo.path().join("folder")).unwrap();
    symlink(outside.join("file"), repo.path().join("file")).unwrap();
    let opened = open(&repo);
    for name in ["folder/file", "folder/new", "file"] {
        let changes =
            [change("run", Expect::Anything, Some("2")), change(name, Expect::Anything, Some("x"))];
        let error = write(&opened, &changes).unwrap_err();
        assert!(matches!(error, GuardError::Link { .. }), "{error}");
    }
    let error = write(&opened, &[change("run/below", Expect::Absent, Some("x"))]).unwrap_err();
    assert!(matches!(error, GuardError::InTheWay { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(outside.join("file")).unwrap(), "safe");
    assert_eq!(repo.read("run"), "1");

    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let run = repo.path().join("run");
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o750)).unwrap();
    repo.write("made by hand", "");
    let changes =
        [change("run", Expect::Anything, Some("2")), change("new", Expect::Absent, Some("x"))];
    write(&opened, &changes).unwrap();
    assert_eq!(mode(&run), 0o750);
    assert_eq!(mode(&repo.path().join("new")), mode(&repo.path().join("made by hand")));
}
