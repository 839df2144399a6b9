use std::str::FromStr;

use clap::ValueEnum;

use crate::output::visible;

/// The file that GitLab reads; ours is included by it.
pub(super) const GITLAB_MAIN: &str = ".gitlab-ci.yml";

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

/// A scanner whose results a pipeline brings in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Scanner {
    /// Trivy, over the files of the repository
    Trivy,
}

/// What the pipelines of a tracker depend on, beside the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The folder of the tracker from the top of the repository, with `/` at its end; empty where
    /// both are the same.
    folder: String,
    /// The branch that changes are merged into.
    branch: String,
}

impl Place {
    /// The place of a tracker; an error where the names cannot stand in a pipeline.
    pub(super) fn new(folder: &str, branch: &str) -> anyhow::Result<Self> {
        // What is not plain could end a line of the pipeline and begin another one.
        let is_plain = |text: &str| {
            text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ' '))
        };
        for (name, what) in [(folder, "the folder"), (branch, "the branch")] {
            if !is_plain(name) {
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
    fn fill(&self, template: &str, ci: Ci) -> String {
        let folder = self.folder.trim_end_matches('/');
        let [mut name, mut mark, mut slug, mut place, mut out] = <[String; 5]>::default();
        if !folder.is_empty() {
            name = format!(" ({folder})");
            mark = format!(" {folder}");
            slug = format!("-{}", self.slug());
            out = "$CI_PROJECT_DIR/".to_owned();
            place = match ci {
                Ci::Github => format!(
                    "\n# GitHub looks for workflows at the top of the repository; the tracker lies here.\n\
                     defaults:\n  run:\n    working-directory: \"{folder}\"\n"
                ),
                Ci::Gitlab => format!("    - cd \"{folder}\"\n"),
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

impl Ci {
    /// The files of the service: path below the top of the repository, text. A tracker in a folder has
    /// files of its own beside those of other trackers where `taken` says that a name is another's.
    pub(super) fn files(
        self,
        action: Option<&Source>,
        place: &Place,
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
                ];
                if scanners.contains(&Scanner::Trivy) {
                    let text = include_str!("../../templates/ci/github-scan-trivy.yml");
                    templates.push(("poam-scan", text));
                }
                let file = |(name, text)| {
                    let text = place.fill(text, self).replace(INSTALL, &github_install(action));
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
                let install = place.fill(GITLAB_INSTALL, self);
                let text = place.fill(&text.replace(INSTALL, &install), self);
                let main = format!("include:\n  - local: {jobs}\n");
                vec![(jobs, text), (GITLAB_MAIN.to_owned(), main)]
            }
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
#WHERE";

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
        for (source, folder) in [(None, ""), (Some(&action), "compliance/poam/")] {
            let place = Place::new(folder, "main").unwrap();
            let all = Ci::value_variants().iter();
            for (name, text) in
                all.flat_map(|ci| ci.files(source, &place, Scanner::value_variants(), |_| false))
            {
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
        let place = Place::new("systems/b/", "main").unwrap();
        let names = |taken: bool| -> Vec<String> {
            let files = Ci::Github.files(None, &place, &[], |_| taken);
            files.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(false)[0], ".github/workflows/poam-check.yml");
        assert_eq!(names(true)[0], ".github/workflows/poam-check-systems-b.yml");
        for odd in ["a\n- run: id", "a\"b", "$(id)", "a:b", "`id`"] {
            assert!(Place::new(odd, "main").is_err() && Place::new("", odd).is_err(), "{odd}");
        }
    }
}
