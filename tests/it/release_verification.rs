//! `verify.sh`, which users run on a downloaded release: it passes for what was released and for nothing else.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use crate::support::Repo;

/// A downloaded release of two files.
fn release() -> Repo {
    let repo = Repo::bare_folder();
    repo.write("poam.tar.gz", "an archive").write("poam.rb", "a formula");
    let sums = repo
        .command("sh", &repo.path())
        .args(["-c", "sha256sum -- poam.tar.gz poam.rb"])
        .output()
        .unwrap();
    repo.write("SHA256SUMS", sums.stdout);
    repo
}

/// Runs the script on a folder; its exit code and all that it printed.
fn verify(repo: &Repo, folder: &Path, variables: &[(&str, &str)]) -> (i32, String) {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".ci/release/verify.sh");
    let path = format!("{}:{}", repo.beside("bin").display(), std::env::var("PATH").unwrap());
    let mut command = repo.command("sh", &repo.path());
    command.arg(script).arg(folder).env("PATH", path).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(printed).unwrap())
}

#[test]
fn a_whole_release_passes_and_a_part_of_it_too() {
    let repo = release();
    let (code, printed) = verify(&repo, &repo.path(), &[]);
    assert!(code == 0 && printed.contains("2 files have the digests"), "{printed}");
    assert!(printed.contains("skipped: who built them"), "{printed}");
    repo.remove("poam.rb");
    let (code, printed) = verify(&repo, &repo.path(), &[]);
    assert!(
        code == 0 && printed.contains("1 files") && printed.contains("1 are not here"),
        "{printed}"
    );
}

#[test]
fn anything_else_fails() {
    // A changed byte, a file that the release does not have, a name that leads elsewhere, one digest short.
    let changes: [fn(&Repo); 4] = [
        |repo| {
            repo.write("poam.tar.gz", "an archivf");
        },
        |repo| {
            repo.write("poam.deb", "another file");
        },
        |repo| {
            let sums = repo.read("SHA256SUMS");
            repo.write("SHA256SUMS", format!("{sums}{}  ../poam\n", "0".repeat(64)));
        },
        |repo| {
            let sums = repo.read("SHA256SUMS");
            repo.write("SHA256SUMS", format!("{}\n", sums.lines().next().unwrap()));
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let repo = release();
        change(&repo);
        let (code, printed) = verify(&repo, &repo.path(), &[]);
        assert!(code == 1 && printed.contains("do not install"), "{number}: {printed}");
    }
}

#[test]
fn nothing_to_check_is_no_success() {
    let repo = release();
    repo.remove("poam.rb").remove("poam.tar.gz");
    assert_eq!(verify(&repo, &repo.path(), &[]).0, 2);
    repo.remove("SHA256SUMS");
    assert_eq!(verify(&repo, &repo.path(), &[]).0, 2);
}

#[test]
fn the_attestation_is_that_of_the_release_workflow_and_asks_nobody_with_a_trusted_root() {
    let repo = release();
    repo.write("SHA256SUMS.sigstore.json", "{}");
    repo.write("trusted_root.jsonl", "{}");
    let bin = repo.beside("bin");
    std::fs::create_dir(&bin).unwrap();
    for (status, expected) in [(0, 0), (1, 1)] {
        let program = bin.join("gh");
        std::fs::write(&program, format!("#!/bin/sh\necho \"gh $*\"\nexit {status}\n")).unwrap();
        repo.command("chmod", &bin).args(["+x", "gh"]).status().unwrap();
        let variables =
            [("POAM_REPOSITORY", "example/poam"), ("TRUSTED_ROOT", "trusted_root.jsonl")];
        let (code, printed) = verify(&repo, &repo.path(), &variables);
        assert_eq!(code, expected, "{printed}");
        let asked = "gh attestation verify SHA256SUMS --bundle SHA256SUMS.sigstore.json --repo example/poam \
                     --signer-workflow example/poam/.github/workflows/release.yml --custom-trusted-root trusted_root.jsonl";
        assert!(printed.contains(asked), "{printed}");
    }
}
