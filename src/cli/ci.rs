use std::str::FromStr;

use clap::ValueEnum;

/// The file that GitLab reads; ours is included by it.
pub(super) const GITLAB_MAIN: &str = ".gitlab-ci.yml";

/// Our jobs for GitLab.
pub(super) const GITLAB: &str = ".gitlab/poam.yml";

/// Where the templates say how poam gets on the path.
const INSTALL: &str = "#INSTALL\n";

/// A service that runs pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
}

impl Ci {
    /// The files of the service: path below the top of the repository, text.
    pub(super) fn files(self, action: Option<&Source>) -> Vec<(&'static str, String)> {
        match self {
            Self::Github => [
                (
                    ".github/workflows/poam-check.yml",
                    include_str!("../../templates/ci/github-check.yml"),
                ),
                (
                    ".github/workflows/poam-watch.yml",
                    include_str!("../../templates/ci/github-watch.yml"),
                ),
                (
                    ".github/workflows/poam-release.yml",
                    include_str!("../../templates/ci/github-release.yml"),
                ),
            ]
            .map(|(name, text)| (name, text.replace(INSTALL, &github_install(action))))
            .to_vec(),
            Self::Gitlab => vec![
                (
                    GITLAB,
                    include_str!("../../templates/ci/gitlab.yml").replace(INSTALL, GITLAB_INSTALL),
                ),
                (GITLAB_MAIN, format!("include:\n  - local: {GITLAB}\n")),
            ],
        }
    }
}

fn github_install(action: Option<&Source>) -> String {
    match action {
        Some(Source(action)) => {
            format!("      - name: Install poam\n        uses: {action}\n")
        }
        None => GITHUB_FIND.to_owned(),
    }
}

/// Nothing is known of where the team keeps the program, so the pipeline says what to fill in
/// instead of naming a place that may be somebody else's.
const GITHUB_FIND: &str = "      \
      # Name the repository of poam's action and a full commit, then remove the step below it:
      # - name: Install poam
      #   uses: OWNER/REPOSITORY@COMMIT
      - name: Find poam
        run: |
          command -v poam || {
            echo \"::error::poam is not on the path: fill in \\`Install poam\\` in this workflow\"
            exit 1
          }
";

const GITLAB_INSTALL: &str = "  \
  # Name an image that has poam and git, then remove the lines of `before_script`:
  # image: REGISTRY/IMAGE@sha256:DIGEST
  before_script:
    - command -v poam || { echo \"poam is not on the path, name an image that has it\"; exit 1; }
";

/// An action as a workflow names it: `OWNER/REPOSITORY@REF`, with a folder perhaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source(String);

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What is not plain could end the line and begin a step of its own.
        let plain = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        };
        let well_formed = text.split_once('@').is_some_and(|(path, reference)| {
            path.split('/').count() >= 2
                && path.split('/').all(plain)
                && reference.split('/').all(plain)
        });
        match well_formed {
            true => Ok(Self(text.to_owned())),
            false => Err("an action is named OWNER/REPOSITORY@REF, e.g. example/poam@v1"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_a_plain_name_with_a_reference() {
        for good in ["example/poam@v1", "example/tools/poam@0123abcd", "a/b@poam/v1.0"] {
            assert_eq!(good.parse::<Source>().map(|it| it.0), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "poam",
            "example/poam",
            "poam@v1",
            "a/b@",
            "a/b@v1\n- run: x",
            "a/b@v 1",
            "a//b@v1",
        ] {
            assert!(bad.parse::<Source>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_template_keeps_a_gap() {
        let action = "example/poam@v1".parse().unwrap();
        for source in [None, Some(&action)] {
            for (name, text) in Ci::value_variants().iter().flat_map(|ci| ci.files(source)) {
                assert!(!text.contains("#INSTALL"), "{name}");
            }
        }
    }
}
