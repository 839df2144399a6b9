//! A git repository in a temporary folder that knows nothing of the machine it is on.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr
)]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A file or folder of the real documents, where they are there: in `POAM_SHARED_DATA`, else beside
/// the project.
pub fn shared(path: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("shared/data");
    let path = std::env::var_os("POAM_SHARED_DATA").map_or(beside, PathBuf::from).join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there; POAM_SHARED_DATA names another place", path.display());
    None
}

/// A repository whose branch is `main`, with an identity, an empty home and a fixed clock.
pub struct Repo {
    folder: tempfile::TempDir,
    name: String,
}

/// Options of `poam new` for an item that no profile finds incomplete.
pub const COMPLETE: [&str; 14] = [
    "--owner",
    "Jane Doe",
    "--plan",
    "Install the patch and scan again",
    "--description",
    "Found by the scanner",
    "--detector",
    "Wazuh",
    "--control",
    "SI-2",
    "--asset",
    "web-1",
    "--practice",
    "3.14.1",
];

impl Repo {
    /// An empty repository.
    pub fn new() -> Self {
        let repo = Self::bare_folder();
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    /// A folder that is not a repository yet.
    pub fn bare_folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        Self { folder, name: "work".to_owned() }
    }

    /// The top of the work tree.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// A place beside the repository, gone with it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The variables that make git the same everywhere. Empty values mean: not set.
    pub fn env(&self) -> Vec<(String, String)> {
        let home = self.beside("home").display().to_string();
        [
            ("HOME", home.as_str()),
            ("XDG_CONFIG_HOME", home.as_str()),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" }),
            ("GIT_AUTHOR_NAME", "Ann Author"),
            ("GIT_AUTHOR_EMAIL", "ann@example.com"),
            ("GIT_AUTHOR_DATE", "2026-01-01T12:00:00+00:00"),
            ("GIT_COMMITTER_NAME", "Carl Committer"),
            ("GIT_COMMITTER_EMAIL", "carl@example.com"),
            ("GIT_COMMITTER_DATE", "2026-01-01T12:00:00+00:00"),
            ("TZ", "UTC"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Reads a file.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// Reads a file as bytes.
    pub fn read_bytes(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.path().join(path)).unwrap()
    }

    /// Removes a file.
    pub fn remove(&self, path: &str) -> &Self {
        std::fs::remove_file(self.path().join(path)).unwrap();
        self
    }

    /// Commits everything at noon (UTC) of a day; the commit's name.
    pub fn commit(&self, day: &str, message: &str) -> String {
        self.commit_as("Ann Author <ann@example.com>", day, message)
    }

    /// Commits everything as somebody.
    pub fn commit_as(&self, author: &str, day: &str, message: &str) -> String {
        self.git(&["add", "--all"]);
        let (name, email) = author.trim_end_matches('>').split_once(" <").unwrap();
        let date = format!("{day}T12:00:00+00:00");
        let who = [
            ("GIT_AUTHOR_NAME", name),
            ("GIT_AUTHOR_EMAIL", email),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_DATE", &date),
        ];
        self.git_with(&who, &["commit", "--quiet", "--allow-empty", "--no-verify", "-m", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_owned()
    }

    /// Runs git, which must succeed; its standard output.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_with(&[], arguments)
    }

    /// Runs git with more variables.
    pub fn git_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let output = self.try_git(&self.path(), variables, arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// Runs git somewhere, whatever the end.
    pub fn try_git(&self, dir: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        self.command("git", dir)
            .envs(variables.iter().copied())
            .args(arguments)
            .output()
            .expect("git runs")
    }

    /// A program in this repository's world.
    pub fn command(&self, program: impl AsRef<OsStr>, dir: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(dir).env_clear().stdin(Stdio::null()).envs(self.env());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// Runs poam in the repository; any end.
    pub fn try_poam(&self, arguments: &[&str]) -> Output {
        // The unit tests of the library include this file too, and have no program.
        let Some(program) = option_env!("CARGO_BIN_EXE_poam") else {
            panic!("only integration tests run the program")
        };
        self.command(program, &self.path()).args(arguments).output().expect("poam runs")
    }

    /// Runs poam, which must end with a code; its standard output, then its standard error.
    pub fn poam(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = self.try_poam(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "poam {arguments:?}\n{out}{err}");
        (out, err)
    }

    /// Runs the program, whatever it ends with: the exit code, standard output and standard error.
    pub fn poam_any(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.try_poam(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// Installs a hook: a shell script without its first line.
    pub fn hook(&self, name: &str, script: &str) -> &Self {
        let path = self.path().join(".git/hooks").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        self
    }
}
