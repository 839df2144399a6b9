//! Files of a pipeline that `poam init --ci` writes, filled in for the tracker and the scanners.

use std::str::FromStr;

use clap::ValueEnum;

use crate::text::visible;

/// The file that GitLab reads; ours is included by it.
pub(super) const GITLAB_MAIN: &str = ".gitlab-ci.yml";

/// Where the templates say how poam gets on the path.
const INSTALL: &str = "#INSTALL\n";

/// A service that runs pipelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CiArgs {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
}

/// A scanner whose results a pipeline brings in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Scanner {
    /// Trivy, over the files of the repository
    Trivy,
}

/// Location of a tracker and the programs that its pipelines use, independent of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PipelinePlace {
    /// The folder of the tracker from the top of the repository, with `/` at its end; empty where
    /// both are the same.
    folder: String,
    /// The branch that changes are merged into.
    branch: String,
}

impl PipelinePlace {
    /// The place of a tracker; an error where the names cannot be in a pipeline.
    pub(super) fn new(folder: &str, branch: &str) -> anyhow::Result<Self> {
        for (name, what) in [(folder, "the folder"), (branch, "the branch")] {
            if !is_plain_path(name) {
                anyhow::bail!(
                    "{what} `{}` cannot be named in a pipeline: use letters, digits, `-`, `_`, `.`",
                    visible(name)
                );
            }
        }
        Ok(Self { folder: folder.to_owned(), branch: branch.to_owned() })
    }

    /// The folder as part of a name: `compliance-poam`.
    fn slug(&self) -> String {
        let folder = self.folder.trim_end_matches('/');
        folder.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    }

    /// A template with its gaps filled.
    fn fill_template(&self, template: &str, ci: CiArgs) -> String {
        let folder = self.folder.trim_end_matches('/');
        let [mut name, mut mark, mut slug, mut place, mut out] = <[String; 5]>::default();
        if !folder.is_empty() {
            name = format!(" ({folder})");
            mark = format!(" {folder}");
            slug = format!("-{}", self.slug());
            out = "$CI_PROJECT_DIR/".to_owned();
            place = match ci {
                CiArgs::Github => format!(
                    "\n# GitHub looks for workflows at the top of the repository; the tracker lies here.\n\
                     defaults:\n  run:\n    working-directory: \"{folder}\"\n"
                ),
                CiArgs::Gitlab => format!("    - cd \"{folder}\"\n"),
            };
        }
        template
            .replace("#WHERE", &place)
            .replace("#NAME", &name)
            .replace("#MARK", &mark)
            .replace("#SLUG", &slug)
            .replace("#OUT", &out)
            .replace("#TAGS", &self.folder)
            .replace("#TAGPATTERN", &self.folder.replace('.', "\\.").replace('/', "\\/"))
            .replace("#BRANCH", &format!("\"{}\"", self.branch))
    }
}

/// Returns whether a text has only characters that cannot end a line of the pipeline and begin another one.
fn is_plain_path(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ' '))
}

impl CiArgs {
    /// The files of the service: path below the top of the repository, text. A tracker in a folder has
    /// files of its own beside those of other trackers where `taken` states that a name is another's.
    pub(super) fn service_files(
        self,
        programs: &Programs,
        place: &PipelinePlace,
        scanners: &[Scanner],
        taken: impl Fn(&str) -> bool,
    ) -> Vec<(String, String)> {
        let named = |folder: &str, name: &str| {
            let usual = format!("{folder}{name}.yml");
            match place.folder.is_empty() || !taken(&usual) {
                true => usual,
                false => format!("{folder}{name}-{}.yml", place.slug()),
            }
        };
        match self {
            Self::Github => {
                let mut templates = vec![
                    ("poam-check", include_str!("../../templates/ci/github-check.yml")),
                    ("poam-watch", include_str!("../../templates/ci/github-watch.yml")),
                    ("poam-release", include_str!("../../templates/ci/github-release.yml")),
                    ("poam-pages", include_str!("../../templates/ci/github-pages.yml")),
                ];
                if scanners.contains(&Scanner::Trivy) {
                    let text = include_str!("../../templates/ci/github-scan-trivy.yml");
                    templates.push(("poam-scan", text));
                }
                let file = |(name, text)| {
                    let text =
                        place.fill_template(text, self).replace(INSTALL, &github_install(programs));
                    (named(".github/workflows/", name), text)
                };
                templates.into_iter().map(file).collect()
            }
            Self::Gitlab => {
                let jobs = named(".gitlab/", "poam");
                let mut text = include_str!("../../templates/ci/gitlab.yml").to_owned();
                if scanners.contains(&Scanner::Trivy) {
                    text += include_str!("../../templates/ci/gitlab-scan-trivy.yml");
                }
                let install = place.fill_template(&gitlab_install(programs), self);
                let text = place.fill_template(&text.replace(INSTALL, &install), self);
                let main = format!("include:\n  - local: {jobs}\n");
                vec![(jobs, text), (GITLAB_MAIN.to_owned(), main)]
            }
        }
    }
}

/// Where the pipelines find poam, as far as it was named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Programs {
    /// The action of GitHub Actions.
    pub(super) action: Option<ActionSource>,
    /// The container image of GitLab CI/CD.
    pub(super) image: Option<Image>,
}

fn github_install(programs: &Programs) -> String {
    match &programs.action {
        Some(ActionSource(action)) => {
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

/// The image of the jobs, and the folder that their scripts begin in.
fn gitlab_install(programs: &Programs) -> String {
    match &programs.image {
        Some(Image(image)) => {
            format!("  image: \"{image}\"\n  before_script:\n    - poam --version\n#WHERE")
        }
        None => GITLAB_FIND.to_owned(),
    }
}

const GITLAB_FIND: &str = "  \
  # Name an image that has poam and git, then remove the lines of `before_script`:
  # image: REGISTRY/IMAGE@sha256:DIGEST
  before_script:
    - command -v poam || { echo \"poam is not on the path, name an image that has it\"; exit 1; }
#WHERE";

/// An action as a workflow names it: `OWNER/REPOSITORY@REF`, with a folder perhaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ActionSource(String);

impl ActionSource {
    /// Returns the text of the action.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether its reference is the full id of a commit.
    pub(super) fn is_commit(&self) -> bool {
        let reference = self.0.rsplit_once('@').map_or("", |(_, reference)| reference);
        matches!(reference.len(), 40 | 64) && reference.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

impl FromStr for ActionSource {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let well_formed = text.split_once('@').is_some_and(|(path, reference)| {
            path.split('/').count() >= 2
                && path.split('/').all(is_plain_name)
                && reference.split('/').all(is_plain_name)
        });
        match well_formed {
            true => Ok(Self(text.to_owned())),
            false => Err("an action is named OWNER/REPOSITORY@REF, e.g. example/poam@v1"),
        }
    }
}

/// Returns whether a name has only characters that cannot end the line and begin a step.
fn is_plain_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// A container image as a pipeline names it: `REGISTRY/NAME@sha256:DIGEST`, or with a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image(String);

impl FromStr for Image {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Other characters could end the value and begin a key.
        let is_plain =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@');
        let parts_are_named = text.split(['/', ':', '@']).all(|part| !part.is_empty());
        match text.chars().all(is_plain) && parts_are_named {
            true => Ok(Self(text.to_owned())),
            false => Err("an image is named REGISTRY/NAME@sha256:DIGEST"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_a_plain_name_with_a_reference() {
        for good in ["example/poam@v1", "example/tools/poam@0123abcd", "a/b@poam/v1.0"] {
            assert_eq!(good.parse::<ActionSource>().map(|it| it.0), Ok(good.to_owned()));
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
            assert!(bad.parse::<ActionSource>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_image_is_a_plain_name() {
        let digest = format!("registry.example.com:5000/team/poam@sha256:{}", "0".repeat(64));
        for good in ["poam", "example/poam:0.1.0", digest.as_str()] {
            assert_eq!(good.parse::<Image>().map(|it| it.0), Ok(good.to_owned()));
        }
        for bad in
            ["", "poam:", "/poam", "a//b", "poam\"\nscript: id", "a b", "a@", "$IMAGE", "a#b"]
        {
            assert!(bad.parse::<Image>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_jobs_of_gitlab_run_in_the_image_that_was_named() {
        let programs =
            Programs { image: Some("example/poam:0.1.0".parse().unwrap()), ..Programs::default() };
        let place = PipelinePlace::new("compliance/poam/", "main").unwrap();
        let files = CiArgs::Gitlab.service_files(&programs, &place, &[], |_| false);
        let start = "\n.poam-compliance-poam:\n  image: \"example/poam:0.1.0\"\n  before_script:\n    - poam --version\n    \
                     - cd \"compliance/poam\"\n  variables:\n";
        assert!(files[0].1.contains(start), "{}", files[0].1);
    }

    #[test]
    fn no_template_keeps_a_gap() {
        let programs = Programs {
            action: Some("example/poam@v1".parse().unwrap()),
            image: Some("example/poam:1".parse().unwrap()),
        };
        for (source, folder) in [(Programs::default(), ""), (programs, "compliance/poam/")] {
            let place = PipelinePlace::new(folder, "main").unwrap();
            let all = CiArgs::value_variants().iter();
            for (name, text) in all.flat_map(|ci| {
                ci.service_files(&source, &place, Scanner::value_variants(), |_| false)
            }) {
                let gap = text
                    .split('#')
                    .skip(1)
                    .find(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
                assert_eq!(gap, None, "{name}");
            }
        }
    }

    #[test]
    fn two_trackers_of_a_repository_have_pipelines_of_their_own() {
        let place = PipelinePlace::new("systems/b/", "main").unwrap();
        let names = |taken: bool| -> Vec<String> {
            let files = CiArgs::Github.service_files(&Programs::default(), &place, &[], |_| taken);
            files.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(false)[0], ".github/workflows/poam-check.yml");
        assert_eq!(names(true)[0], ".github/workflows/poam-check-systems-b.yml");
        for odd in ["a\n- run: id", "a\"b", "$(id)", "a:b", "`id`"] {
            assert!(
                PipelinePlace::new(odd, "main").is_err() && PipelinePlace::new("", odd).is_err(),
                "{odd}"
            );
        }
    }
}
