//! The action takes a released program only if it is the one that the release workflow built.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::support::Repo;
use serde_json::Value;

const COMMIT: &str = "0123456789012345678901234567890123456789";

/// Stands for the GitHub program: copies the files of a release, and says yes or no to an attestation.
const GH: &str = r#"#!/bin/sh
echo "gh $*" >> "$CALLS"
case "$1 $2" in
  "release download")
    [ -d "$RELEASE" ] || exit 1
    while [ "$1" != --dir ]; do shift; done
    mkdir -p "$2" && cp "$RELEASE"/* "$2" ;;
  "attestation verify") [ "$ATTESTED" = yes ] ;;
esac
"#;

/// A folder with a release of a program that prints its name, and what the action's first step needs.
struct Action {
    repo: Repo,
}

/// End of the step.
struct Ended {
    success: bool,
    printed: String,
    output: String,
    calls: String,
}

impl Action {
    fn new() -> Self {
        let action = Self { repo: Repo::bare_folder() };
        action.executable("bin/gh", GH);
        let version = env!("CARGO_PKG_VERSION");
        let name = format!("poam-{version}-x86_64-unknown-linux-musl");
        action.executable(&format!("{name}/poam"), "#!/bin/sh\necho the released program\n");
        let release = action.repo.beside("release");
        std::fs::create_dir(&release).unwrap();
        action.shell(&format!(
            "tar -czf release/{name}.tar.gz {name} && echo {COMMIT} > release/poam-{version}.commit && \
             cd release && sha256sum -- * > ../sums && mv ../sums SHA256SUMS"
        ));
        action
    }

    fn executable(&self, name: &str, text: &str) {
        let path = self.repo.beside(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, script: &str) -> Command {
        let mut bash = self.repo.command("bash", &self.repo.beside("."));
        bash.args(["-e", "-o", "pipefail", "-c", script]);
        bash
    }

    fn shell(&self, script: &str) {
        assert!(self.command(script).status().unwrap().success(), "{script}");
    }

    /// Runs the step that takes the release, with variables beside the usual ones.
    fn run(&self, variables: &[(&str, &str)]) -> Ended {
        let top = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(top.join("action.yml")).unwrap();
        let action: Value = serde_yaml::from_str(&text).unwrap();
        let steps = action["runs"]["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["id"] == "release").unwrap();
        for place in ["output", "calls"] {
            std::fs::write(self.repo.beside(place), "").unwrap();
        }
        let path =
            format!("{}:{}", self.repo.beside("bin").display(), std::env::var("PATH").unwrap());
        let beside = |name: &str| self.repo.beside(name).display().to_string();
        let output = self
            .command(step["run"].as_str().unwrap())
            .env("PATH", path)
            .env("GITHUB_ACTION_PATH", &top)
            .env("GITHUB_OUTPUT", beside("output"))
            .env("RUNNER_TEMP", beside("temp"))
            .env("CALLS", beside("calls"))
            .env("RELEASE", beside("release"))
            .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64"), ("ATTESTED", "yes")])
            .envs([("REPOSITORY", "example/poam"), ("REF", COMMIT), ("SOURCE", "auto")])
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let printed = [output.stdout, output.stderr].concat();
        Ended {
            success: output.status.success(),
            printed: String::from_utf8(printed).unwrap(),
            output: std::fs::read_to_string(self.repo.beside("output")).unwrap(),
            calls: std::fs::read_to_string(self.repo.beside("calls")).unwrap(),
        }
    }

    fn installed(&self) -> PathBuf {
        self.repo.beside("temp/poam-installed/bin/poam")
    }
}

#[test]
fn the_program_of_the_release_is_taken_when_it_is_attested_for_the_commit() {
    for reference in [COMMIT, concat!("v", env!("CARGO_PKG_VERSION"))] {
        let action = Action::new();
        let ended = action.run(&[("REF", reference)]);
        assert!(ended.success, "{}", ended.printed);
        assert_eq!(ended.output, "found=true\n");
        assert!(std::fs::read_to_string(action.installed()).unwrap().contains("released program"));
        let verified = ended.calls.lines().find(|call| call.starts_with("gh attestation")).unwrap();
        for part in [
            "--repo example/poam",
            &format!("--source-digest {COMMIT}"),
            "--signer-workflow example/poam/.github/workflows/release.yml",
        ] {
            assert!(verified.contains(part), "{verified}");
        }
    }
}

#[test]
fn it_is_compiled_where_there_is_no_release_of_the_commit() {
    let other = "f".repeat(40);
    for variables in [
        ("RELEASE", "/nowhere"),
        ("REF", other.as_str()),
        ("REF", "main"),
        ("REPOSITORY", ""),
        ("RUNNER_ARCH", "RISCV64"),
    ] {
        let action = Action::new();
        let ended = action.run(&[variables]);
        assert!(ended.success, "{variables:?}: {}", ended.printed);
        assert_eq!(ended.output, "found=false\n", "{variables:?}");
        assert!(!action.installed().exists(), "{variables:?}");
        let ended = action.run(&[variables, ("SOURCE", "release")]);
        assert!(!ended.success && ended.printed.contains("::error::no program"), "{variables:?}");
    }
}

#[test]
fn a_changed_program_is_an_error_and_not_replaced_by_a_build() {
    let action = Action::new();
    let archive = format!("poam-{}-x86_64-unknown-linux-musl.tar.gz", env!("CARGO_PKG_VERSION"));
    let path = action.repo.beside("release").join(&archive);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let ended = action.run(&[]);
    assert!(!ended.success && ended.printed.contains("SHA256SUMS"), "{}", ended.printed);
    assert_eq!(ended.output, "");

    // With digests to match, GitHub still attests nothing.
    action
        .shell("cd release && rm SHA256SUMS && sha256sum -- * > ../sums && mv ../sums SHA256SUMS");
    let ended = action.run(&[("ATTESTED", "no")]);
    assert!(!ended.success && ended.printed.contains("attests"), "{}", ended.printed);
    assert!(!action.installed().exists() && ended.output.is_empty());

    // An archive that SHA256SUMS does not name.
    action.shell("cd release && : > SHA256SUMS");
    let ended = action.run(&[]);
    assert!(!ended.success && ended.printed.contains("SHA256SUMS"), "{}", ended.printed);
}
