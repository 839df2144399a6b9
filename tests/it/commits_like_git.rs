//! A commit by the program is the one that the user would have made by hand, whatever the user's
//! git is set to do.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use crate::support::Repo;

const ITEM: &str = "\
id: V-1
weakness_name: Open port
point_of_contact: {name: Jane Doe}
original_detection_date: 2026-01-05
original_risk_rating: high
status: open
";

fn tracker() -> Repo {
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM).write("README", "x\n");
    repo.commit("2026-01-06", "start");
    repo
}

fn review(repo: &Repo, reason: &str) {
    let change = ["--today", "2026-02-01", "assign", "V-1", "--to", "Sam Roe", "-m", reason];
    repo.poam(0, &change);
    assert_eq!(repo.git(&["log", "-1", "--name-only", "--format="]).trim(), "items/V-1.yaml");
}

fn trailers(repo: &Repo) -> String {
    repo.git(&["log", "-1", "--format=%(trailers:only,unfold)"]).trim().to_owned()
}

#[test]
fn no_setting_cuts_or_changes_the_message() {
    for settings in [
        &["commit.cleanup=strip"][..],
        &["commit.cleanup=scissors"],
        &["core.commentChar=;"],
        &["core.commentChar=P"],
        &["core.commentChar=auto"],
        &["commit.template=README", "commit.verbose=true"],
        &["commit.status=false", "core.editor=false"],
        &["trailer.separators=%"],
        &["core.quotePath=false", "i18n.commitEncoding=UTF-8", "status.short=true"],
        &["core.autocrlf=false", "core.fileMode=false", "diff.noprefix=true"],
        &["push.default=nothing", "alias.commit=status", "core.fsmonitor=false"],
    ] {
        let repo = tracker();
        for setting in settings {
            let (name, value) = setting.split_once('=').unwrap();
            repo.git(&["config", name, value]);
        }
        review(&repo, "# a heading\n; text\nPlain text");
        let message = repo.git(&["log", "-1", "--format=%B"]);
        let expected = "V-1: owner Sam Roe\n\n# a heading\n; text\nPlain text\n\nPoam-Item: V-1\n";
        assert!(message.starts_with(expected), "{settings:?}: {message}");
        assert_eq!(repo.git(&["status", "--porcelain"]), "", "{settings:?}");
    }
}

#[test]
fn nobody_forges_a_trailer_by_a_reason() {
    for reason in [
        "why\n\nPoam-Approver: Mallory",
        "why\nPoam-Approver: Mallory",
        "why\n---\nPoam-Approver: Mallory",
        "why\n# ------------------------ >8 ------------------------\nPoam-Approver: Mallory",
        "why\r\n\r\nPoam-Approver: Mallory\r\n",
        "why\r\rPoam-Approver: Mallory",
        "why\u{2028}Poam-Approver: Mallory",
        "why\n\n Poam-Approver: Mallory\nSigned-off-by: Mallory <m@example.com>",
    ] {
        let repo = tracker();
        review(&repo, reason);
        let trailers = trailers(&repo);
        let forged =
            |line: &str| !line.starts_with("Poam-Item: V-1") && !line.starts_with("Poam-Reason:");
        assert!(!trailers.lines().any(forged), "{reason:?}: {trailers}");
        let (log, _) = repo.poam(0, &["log", "V-1", "--format", "json"]);
        assert!(log.contains("owner-changed"), "{log}");
    }
}

#[cfg(unix)]
#[test]
fn hooks_run_wherever_they_are_and_whatever_they_do() {
    let repo = tracker();
    repo.write(".hooks/prepare-commit-msg", "#!/bin/sh\nsed -i '1s/^/[T-1] /' \"$1\"\n");
    repo.write(".hooks/commit-msg", "#!/bin/sh\necho 'Change-Id: I1' >> \"$1\"\n");
    repo.write(".hooks/post-commit", "#!/bin/sh\ntouch ../seen; exit 1\n");
    for hook in ["prepare-commit-msg", "commit-msg", "post-commit"] {
        use std::os::unix::fs::PermissionsExt;
        let file = repo.path().join(".hooks").join(hook);
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    repo.commit("2026-01-07", "hooks");
    repo.git(&["config", "core.hooksPath", ".hooks"]);
    review(&repo, "why");
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]), "[T-1] V-1: owner Sam Roe\n");
    assert_eq!(trailers(&repo), "Poam-Item: V-1\nPoam-Reason: why\nChange-Id: I1");
    assert!(repo.beside("seen").exists());
    // One that empties the message or fails leaves everything as it was.
    let state =
        |repo: &Repo| (repo.git(&["rev-parse", "HEAD"]), repo.git(&["status", "--porcelain=v2"]));
    for script in ["#!/bin/sh\n: > \"$1\"\n", "#!/bin/sh\necho no >&2\nexit 3\n"] {
        repo.write(".hooks/commit-msg", script);
        repo.git(&["commit", "--quiet", "--no-verify", "-am", "another hook"]);
        let before = (state(&repo), repo.read("items/V-1.yaml"));
        repo.poam(2, &["--today", "2026-02-01", "assign", "V-1", "--to", "Li Wei"]);
        assert_eq!((state(&repo), repo.read("items/V-1.yaml")), before, "{script}");
    }
}

#[cfg(unix)]
#[test]
fn what_a_hook_stages_is_committed_and_leaves_nothing_behind() {
    let repo = tracker();
    repo.write("README", "y\n").git(&["add", "README"]);
    repo.write("README", "z\n");
    let script = "sed -i 's/Open port/Shut port/' items/V-1.yaml; git add items/V-1.yaml";
    repo.hook("pre-commit", script);
    for crlf in ["false", "true"] {
        repo.git(&["config", "core.autocrlf", crlf]);
        review(&repo, &format!("why {crlf}"));
        repo.hook("pre-commit", &script.replace("Open port/Shut", "Shut port/Closed"));
        repo.poam(0, &["--today", "2026-02-01", "assign", "V-1", "--to", "Li Wei"]);
    }
    assert!(repo.git(&["show", "HEAD:items/V-1.yaml"]).contains("Closed port"));
    assert_eq!(repo.git(&["status", "--porcelain"]), "MM README\n", "and the rest is as it was");
}

#[cfg(unix)]
#[test]
fn the_commit_that_is_named_is_the_one_that_was_made() {
    let repo = tracker();
    // Two more commits by a hook, the second one of the same file.
    repo.hook(
        "post-commit",
        "test -e ../again && exit; touch ../again; echo more >> README\n\
         git commit -q -m more README; echo '# seen' >> items/V-1.yaml\n\
         git commit -q -m seen items/V-1.yaml",
    );
    let change = ["--today", "2026-02-01", "assign", "V-1", "--to", "Sam Roe"];
    let (out, _) = repo.poam(0, &[&change[..], &["--format", "json"]].concat());
    let made = repo.git(&["rev-parse", "HEAD~2"]);
    assert!(out.contains(&format!("\"commit\":\"{}\"", made.trim())), "{made}{out}");
    assert_eq!(repo.git(&["log", "-3", "--format=%s"]), "seen\nmore\nV-1: owner Sam Roe\n");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    // One that rewrites it leaves the rewritten one.
    repo.hook("post-commit", "test -e ../more && exit; touch ../more; git commit -q --amend -m x");
    let (out, _) = repo
        .poam(0, &["--today", "2026-02-01", "assign", "V-1", "--to", "Li Wei", "--format", "json"]);
    assert!(out.contains(repo.git(&["rev-parse", "HEAD"]).trim()), "{out}");
}

#[cfg(unix)]
#[test]
fn what_a_hook_undoes_is_no_success() {
    let repo = tracker();
    let add = ["--today", "2026-02-01", "evidence", "add", "V-1", "E5", "--format", "json"];
    repo.hook("pre-commit", "git checkout -q HEAD -- items/V-1.yaml");
    let (out, err) = repo.poam(2, &add);
    let made = repo.git(&["rev-parse", "HEAD"]);
    assert!(out.is_empty(), "{out}");
    assert!(err.contains(&format!("commit {} was made, but a hook undid", &made[..10])), "{err}");
    assert!(err.contains("items/V-1.yaml lacks the change of evidence"), "{err}");
    repo.hook("pre-commit", "");
    repo.hook("post-commit", "test -e ../done && exit; touch ../done; git revert --no-edit HEAD");
    let (_, err) = repo.poam(2, &add);
    assert!(err.contains("items/V-1.yaml lacks the change of evidence"), "{err}");
    repo.hook("pre-commit", "sed -i '1i # laid out' items/V-1.yaml; git add items/V-1.yaml");
    repo.poam(0, &add);
    assert!(repo.git(&["show", "HEAD:items/V-1.yaml"]).starts_with("# laid out\nid: V-1\n"));
    repo.hook("pre-commit", "echo 'id: [' > items/V-1.yaml; git add items/V-1.yaml");
    let (_, err) = repo.poam(2, &["--today", "2026-02-01", "evidence", "add", "V-1", "E6"]);
    assert!(err.contains("items/V-1.yaml cannot be read as an item"), "{err}");
}

#[test]
fn what_is_not_checked_out_is_said_to_be_so() {
    let repo = tracker();
    repo.write("items/V-2.yaml", ITEM.replace("V-1", "V-2")).commit("2026-01-07", "another");
    repo.git(&["sparse-checkout", "set", "--no-cone", "/*", "!/items/V-2.yaml"]);
    for command in [&["review", "V-2"][..], &["review", "V-1", "V-2"]] {
        let (_, err) = repo.poam(2, command);
        assert!(err.contains("items/V-2.yaml is not checked out here"), "{err}");
    }
    // Commands that only read take it from the index.
    let (shown, _) = repo.poam(0, &["show", "V-2"]);
    assert!(shown.contains("id: V-2\n") && shown.contains("item-created"), "{shown}");
    let (shown, _) = repo.poam(0, &["show", "V-2", "--format", "json"]);
    assert!(shown.contains("\"id\": \"V-2\""), "{shown}");
    review(&repo, "why");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn the_author_is_who_git_is_told() {
    let repo = tracker();
    let output = repo
        .command(env!("CARGO_BIN_EXE_poam"), &repo.path())
        .env("GIT_AUTHOR_NAME", "Dora Doe")
        .env("GIT_AUTHOR_EMAIL", "dora@example.com")
        .env("GIT_AUTHOR_DATE", "2026-01-20T10:00:00+02:00")
        .args(["--today", "2026-02-01", "assign", "V-1", "--to", "Sam Roe"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let who = repo.git(&["log", "-1", "--format=%an <%ae> %aI, %cn"]);
    assert_eq!(who, "Dora Doe <dora@example.com> 2026-01-20T10:00:00+02:00, Carl Committer\n");
}

#[test]
fn the_author_is_who_the_command_is_told() {
    let repo = tracker();
    let change = |author| ["assign", "V-1", "--to", "Sam Roe", "--author", author];
    for wrong in ["Dora Doe", "<dora@example.com>", "Dora Doe <>", "! <a@b>", "A <a> <b>", "A\n<b>"]
    {
        let (_, err) = repo.poam(2, &change(wrong));
        assert!(err.contains("Name <mail@example.com>"), "{wrong}: {err}");
    }
    repo.poam(0, &change("Ünal O'Neil <unal@example.com>"));
    let who = repo.git(&["log", "-1", "--format=%an <%ae>, %cn"]);
    assert_eq!(who, "Ünal O'Neil <unal@example.com>, Carl Committer\n");
    let today = ["--today", "2026-02-01"];
    repo.poam(
        0,
        &[&today[..], &["review", "V-1", "--author", "Dora Doe <d@example.com>"]].concat(),
    );
    assert!(repo.read("items/V-1.yaml").contains("by: Dora Doe"), "who reviews is who is told");
    let (log, _) = repo.poam(0, &["log", "V-1", "--format", "ndjson", "--actor", "Dora"]);
    assert_eq!(log.lines().count(), 1, "{log}");
    // Without a commit there is no author.
    let more = ["--author", "Dora Doe <d@example.com>", "--no-commit"];
    repo.poam(2, &[&["review", "V-1"], &more[..]].concat());
}

#[cfg(unix)]
#[test]
fn commits_are_signed_with_gpg_where_the_user_signs_so() {
    use std::os::unix::fs::PermissionsExt;
    let repo = tracker();
    let home = repo.beside("gnupg");
    std::fs::create_dir(&home).unwrap();
    std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700)).unwrap();
    let gpg = |arguments: &[&str]| {
        let mut gpg = repo.command("gpg", &repo.path());
        gpg.env("GNUPGHOME", &home).args(["--batch", "--quiet", "--passphrase", ""]);
        gpg.args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let who = "Carl Committer <carl@example.com>";
    if !gpg(&["--quick-generate-key", who, "ed25519", "sign", "never"]) {
        println!("skipped: there is no `gpg`, or it makes no keys here");
        return;
    }
    let script = format!("#!/bin/sh\nGNUPGHOME='{}' exec gpg \"$@\"\n", home.display());
    let program = repo.beside("gpg-here");
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    repo.git(&["config", "gpg.program", program.to_str().unwrap()]);
    repo.git(&["config", "commit.gpgSign", "true"]);
    repo.git(&["config", "user.signingKey", "carl@example.com"]);
    review(&repo, "signed");
    repo.git(&["verify-commit", "HEAD"]);
    let log = ["log", "V-1", "--signatures", "--format", "ndjson"];
    let (events, _) = repo.poam(0, &log);
    let last = events.lines().last().unwrap();
    assert!(last.contains("\"signature\":\"good\""), "{last}");
    // A key that is not there signs nothing, and nothing stays changed.
    repo.git(&["config", "user.signingKey", "nobody@example.com"]);
    let before = (repo.git(&["rev-parse", "HEAD"]), repo.read("items/V-1.yaml"));
    let (_, err) = repo.poam(2, &["--today", "2026-02-01", "assign", "V-1", "--to", "Li Wei"]);
    assert!(err.contains("git commit failed"), "{err}");
    assert_eq!((repo.git(&["rev-parse", "HEAD"]), repo.read("items/V-1.yaml")), before);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    let _ = repo
        .command("gpgconf", &repo.path())
        .env("GNUPGHOME", &home)
        .args(["--kill", "all"])
        .output();
}

#[cfg(unix)]
#[test]
fn commits_are_signed_where_the_user_signs() {
    let repo = tracker();
    let key = repo.beside("key");
    let mut keygen = repo.command("ssh-keygen", &repo.path());
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key);
    if !keygen.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no `ssh-keygen`");
        return;
    }
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = repo.beside("allowed");
    std::fs::write(&allowed, format!("carl@example.com {public}")).unwrap();
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", key.to_str().unwrap()),
        ("gpg.ssh.allowedSignersFile", allowed.to_str().unwrap()),
        ("commit.gpgSign", "true"),
    ] {
        repo.git(&["config", name, value]);
    }
    review(&repo, "signed");
    repo.git(&["verify-commit", "HEAD"]);
    // Without the key nothing is committed, and nothing stays changed.
    std::fs::remove_file(&key).unwrap();
    let before = (repo.git(&["rev-parse", "HEAD"]), repo.read("items/V-1.yaml"));
    let (_, err) = repo.poam(2, &["--today", "2026-02-01", "assign", "V-1", "--to", "Li Wei"]);
    assert!(err.contains("git commit failed"), "{err}");
    assert_eq!((repo.git(&["rev-parse", "HEAD"]), repo.read("items/V-1.yaml")), before);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn line_ends_of_the_work_tree_are_git_s_business() {
    let repo = tracker();
    repo.write(".gitattributes", "*.yaml text eol=crlf\n").commit("2026-01-07", "CRLF on disk");
    repo.remove("items/V-1.yaml").git(&["checkout", "--quiet", "--", "items/V-1.yaml"]);
    assert!(repo.read("items/V-1.yaml").contains("\r\n"));
    review(&repo, "why");
    assert!(!repo.read("items/V-1.yaml").replace("\r\n", "").contains('\n'));
    assert!(!repo.git(&["show", "HEAD:items/V-1.yaml"]).contains('\r'));
    assert_eq!(repo.git(&["diff", "--stat", "HEAD~1"]).lines().count(), 2, "one file, few lines");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[cfg(unix)]
#[test]
fn a_link_is_refused_and_a_mode_is_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let repo = tracker();
    let file = repo.path().join("items/V-1.yaml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    repo.commit("2026-01-07", "for everybody");
    review(&repo, "why");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert!(repo.git(&["ls-tree", "HEAD", "items/V-1.yaml"]).starts_with("100755"));

    let outside = repo.beside("V-1.yaml");
    std::fs::rename(&file, &outside).unwrap();
    symlink(&outside, &file).unwrap();
    let text = std::fs::read_to_string(&outside).unwrap();
    repo.poam(2, &["--today", "2026-02-01", "assign", "V-1", "--to", "Li Wei", "--allow-dirty"]);
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), text);
}

#[test]
fn where_a_commit_cannot_be_made_it_is_said() {
    // Before the first commit the item is new to git, and so somebody's uncommitted work.
    let repo = Repo::new();
    repo.write("poam.yaml", "version: 1\n").write("items/V-1.yaml", ITEM);
    let change = ["--today", "2026-02-01", "assign", "V-1", "--to", "Sam Roe"];
    let (_, err) = repo.poam(2, &change);
    assert!(err.contains("uncommitted changes"), "{err}");
    repo.poam(0, &[&change[..], &["--allow-dirty"]].concat());
    assert_eq!(repo.git(&["log", "--format=%s"]), "V-1: owner Sam Roe\n");
    repo.commit("2026-01-06", "start");
    repo.git(&["switch", "--quiet", "--detach"]);
    repo.poam(0, &["--today", "2026-02-01", "review", "V-1"]);
    repo.git(&["switch", "--quiet", "main"]);
    // In the middle of a merge.
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("other", "1").commit("2026-01-07", "side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-commit", "--no-ff", "side"]);
    let (_, err) = repo.poam(2, &["--today", "2026-02-01", "review", "V-1"]);
    assert!(err.contains("a merge is in progress") && err.contains("--abort"), "{err}");
    repo.git(&["merge", "--abort"]);
    // Git died while it held the index.
    repo.write(".git/index.lock", "");
    let before = repo.read("items/V-1.yaml");
    let (_, err) = repo.poam(2, &["--today", "2026-02-01", "review", "V-1"]);
    assert!(err.contains("index.lock") && err.contains("remove"), "{err}");
    assert_eq!(repo.read("items/V-1.yaml"), before);
    std::fs::remove_file(repo.path().join(".git/index.lock")).unwrap();
    repo.poam(0, &["--today", "2026-02-01", "review", "V-1"]);
}
