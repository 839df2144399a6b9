//! Tests of the shell completions and manual pages that packagers get.
#![allow(clippy::unwrap_used)]

use crate::support::Repo;

#[test]
fn every_shell_gets_completions_that_know_the_commands() {
    let repo = Repo::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (out, _) = repo.poam(0, &["completions", shell]);
        assert!(out.contains("transition") && out.contains("today"), "{shell}");
    }
    repo.poam(2, &["completions", "tcsh"]);
}

#[test]
fn completions_are_scripts_that_their_shell_accepts() {
    let repo = Repo::new();
    for shell in ["bash", "zsh", "fish"] {
        let (out, _) = repo.poam(0, &["completions", shell]);
        repo.write(shell, out);
        match repo.command(shell, &repo.path()).args(["-n", shell]).output() {
            Ok(output) => assert!(output.status.success(), "{shell}: {output:?}"),
            Err(error) => eprintln!("skipped: {shell} is not here ({error})"),
        }
    }
}

#[test]
fn the_manual_has_a_page_for_the_program_and_for_each_command() {
    let repo = Repo::new();
    let (out, _) = repo.poam(0, &["man"]);
    assert!(out.contains(".TH poam 1") && out.contains("transition"), "{out}");
    let (out, _) = repo.poam(0, &["man", "format"]);
    assert!(out.contains(".TH poam-format 1") && out.contains("canonical"), "{out}");
    let (_, err) = repo.poam(2, &["man", "fromat"]);
    assert_eq!(err, "error: no command `fromat`: did you mean `format`?\n");
}
