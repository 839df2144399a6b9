//! Tests of `poam init --ci`: its files are checked by the services' schemas, and their steps are
//! run.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::support::Repo;
use serde_json::Value;

const ACTION: &str = "example/poam@0123456789012345678901234567890123456789";

/// A tracker with a good item on `main`, pipelines, and a branch `work` checked out.
fn tracker() -> Repo {
    let repo = Repo::new();
    let services = ["--ci", "github", "--ci", "gitlab", "--scan", "trivy"];
    repo.poam(0, &[&["init", "--action", ACTION][..], &services].concat());
    repo.write("items/V-1.yaml", item("V-1", "status: open\n"));
    repo.commit("2026-01-10", "start");
    repo.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo
}

fn item(id: &str, more: &str) -> String {
    ownerless(id, &format!("point_of_contact: {{name: Jane Doe}}\n{more}"))
}

fn ownerless(id: &str, more: &str) -> String {
    format!(
        "id: {id}\nweakness_name: Open port {id}\nweakness_description: A port answers.\ncontrols: [CM-7]\n\
         detector_source: Nessus\nsource_identifier: \"{id}\"\nassets: [host-{id}]\nresources_required: 2 staff hours\n\
         remediation_plan: Close it.\noriginal_detection_date: 2026-01-05\noriginal_risk_rating: low\n\
         scheduled_completion_date: 2026-07-04\nmilestones:\n  \
         - {{id: 1, description: Close the port and scan again, due: 2026-06-01}}\n{more}"
    )
}

/// A pipeline as a service would run it, with the programs that are not ours replaced.
struct Runner<'a> {
    repo: &'a Repo,
    today: &'a str,
    variables: BTreeMap<String, String>,
}

/// End of a run: the first command that failed, and everything that was printed.
struct Ended {
    failed: Option<String>,
    said: String,
}

impl<'a> Runner<'a> {
    fn new(repo: &'a Repo, today: &'a str) -> Self {
        let bin = repo.beside("bin");
        std::fs::create_dir_all(&bin).unwrap();
        let script = |name: &str, text: String| {
            let path = bin.join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        script("poam", format!("exec {} --today {today} \"$@\"", env!("CARGO_BIN_EXE_poam")));
        // What was asked of the service, and, for the question after our comment, an answer.
        script("gh", "echo \"gh $*\" >> \"$GH_CALLS\"\ncase \"$*\" in *--paginate*) cat \"$GH_ANSWER\";; esac".to_owned());
        std::fs::write(repo.beside("gh-answer"), "").unwrap();
        let variables = [
            ("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())),
            ("GH_CALLS", repo.beside("gh-calls").display().to_string()),
            ("GH_ANSWER", repo.beside("gh-answer").display().to_string()),
            ("GITHUB_STEP_SUMMARY", repo.beside("summary.md").display().to_string()),
            ("GITHUB_WORKSPACE", repo.path().display().to_string()),
            ("RUNNER_TEMP", repo.beside("home").display().to_string()),
            ("GITHUB_REPOSITORY", "example/tracker".to_owned()),
            ("GITHUB_REF_NAME", "poam/2026-01".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("CI", "true".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        Self { repo, today, variables }
    }

    /// Runs a script as the services do: by bash, to the first command that fails.
    fn run(&self, variables: &BTreeMap<String, String>, script: &str, ended: &mut Ended) {
        let mut bash = self.repo.command("bash", &self.repo.path());
        let output =
            bash.envs(&self.variables).envs(variables).args(["-e", "-c", script]).output().unwrap();
        for bytes in [&output.stdout, &output.stderr] {
            ended.said.push_str(&String::from_utf8_lossy(bytes));
        }
        if !output.status.success() {
            ended.failed = Some(script.to_owned());
        }
    }

    /// Runs the steps of a workflow of GitHub Actions, one after the other.
    fn github(&self, name: &str) -> Ended {
        let workflow = yaml(&self.repo.read(&format!(".github/workflows/{name}.yml")));
        let mut ended = Ended { failed: None, said: String::new() };
        for job in workflow["jobs"].as_object().unwrap().values() {
            let of_job = self.environment(&job["env"]);
            for step in job["steps"].as_array().unwrap() {
                if let Some(condition) = step["if"].as_str() {
                    assert_eq!(self.expression(condition), "true", "{condition}");
                }
                let Some(script) = step["run"].as_str() else {
                    let uses = step["uses"].as_str().unwrap();
                    let pinned = [
                        "actions/checkout@",
                        "actions/deploy-pages@",
                        "actions/upload-pages-artifact@",
                        "aquasecurity/setup-trivy@",
                    ];
                    let is_pinned = pinned.iter().any(|name| {
                        uses.strip_prefix(name).is_some_and(|commit| commit.len() == 40)
                    });
                    assert!(is_pinned || uses == ACTION, "{uses}");
                    continue;
                };
                assert!(!script.contains("${{"), "text from outside becomes part of a script");
                let mut variables = of_job.clone();
                variables.extend(self.environment(&step["env"]));
                self.run(&variables, script, &mut ended);
                if ended.failed.is_some() {
                    return ended;
                }
            }
        }
        ended
    }

    fn environment(&self, map: &Value) -> BTreeMap<String, String> {
        let resolve = |(name, value): (&String, &Value)| {
            let mut text = value.as_str().unwrap().to_owned();
            while let Some((before, rest)) = text.split_once("${{") {
                let (expression, after) = rest.split_once("}}").unwrap();
                text = format!("{before}{}{after}", self.expression(expression.trim()));
            }
            (name.clone(), text)
        };
        map.as_object().into_iter().flatten().map(resolve).collect()
    }

    fn expression(&self, expression: &str) -> &'static str {
        match expression {
            "github.base_ref && format('origin/{0}', github.base_ref) || github.event.merge_group.base_sha || github.event.before" => {
                "origin/main"
            }
            "github.token" => "secret",
            "github.event.pull_request.number" => "7",
            "github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository" => {
                "true"
            }
            other => panic!("the test does not know `{other}`"),
        }
    }

    /// Runs the script of a job of GitLab CI/CD.
    fn gitlab(&self, name: &str) -> Ended {
        let jobs = yaml(&self.repo.read(".gitlab/poam.yml"));
        let base = self.repo.git(&["merge-base", "main", "HEAD"]).trim().to_owned();
        let variables = [
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base),
            ("CI_COMMIT_TAG", "poam/2026-01".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        let mut ended = Ended { failed: None, said: String::new() };
        let before = jobs[".poam"]["before_script"].as_array().unwrap();
        for line in before.iter().chain(jobs[name]["script"].as_array().unwrap()) {
            self.run(&variables, line.as_str().unwrap(), &mut ended);
            if ended.failed.is_some() {
                break;
            }
        }
        ended
    }

    fn asked_of_github(&self) -> String {
        std::fs::read_to_string(self.repo.beside("gh-calls")).unwrap_or_default()
    }
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

impl Ended {
    fn well(self) -> String {
        assert_eq!(self.failed, None, "{}", self.said);
        self.said
    }

    fn badly(self) -> String {
        assert!(self.failed.is_some(), "{}", self.said);
        self.said
    }
}

#[test]
fn a_good_branch_passes_and_is_commented_once() {
    let repo = tracker();
    repo.write("items/V-2.yaml", item("V-2", "status: open\n")).commit("2026-01-12", "add V-2");
    let runner = Runner::new(&repo, "2026-01-20");
    runner.github("poam-check").well();
    let calls = runner.asked_of_github();
    assert!(calls.contains("--method POST repos/example/tracker/issues/7/comments"), "{calls}");
    let comment = std::fs::read_to_string(repo.beside("home").join("poam-comment.md")).unwrap();
    assert!(comment.starts_with("<!-- poam -->\n") && comment.contains("V-2"), "{comment}");
    let summary = std::fs::read_to_string(repo.beside("summary.md")).unwrap();
    assert!(summary.contains("V-2"), "{summary}");

    // The next run finds the comment and changes it.
    std::fs::write(repo.beside("gh-answer"), "41\n42\n").unwrap();
    runner.github("poam-check").well();
    let calls = runner.asked_of_github();
    let last = calls.lines().last().unwrap();
    assert!(last.contains("--method PATCH repos/example/tracker/issues/comments/41"), "{last}");

    runner.gitlab("poam check").well();
    let report: Value = serde_json::from_str(&repo.read("gl-code-quality-report.json")).unwrap();
    assert!(report.is_array());
}

#[test]
fn a_branch_with_an_ownerless_item_is_rejected() {
    let repo = tracker();
    repo.write("items/V-2.yaml", ownerless("V-2", "status: open\n")).commit("2026-01-12", "add");
    let runner = Runner::new(&repo, "2026-01-20");
    let said = runner.github("poam-check").badly();
    assert!(said.contains("::error file=items/V-2.yaml,line=1"), "{said}");
    assert!(said.contains("missing-owner"), "{said}");
    assert!(runner.gitlab("poam check").badly().contains("error[missing-owner]"));
}

#[test]
fn a_branch_with_an_illegal_transition_is_rejected() {
    let repo = tracker();
    repo.write("items/V-1.yaml", item("V-1", "status: pending-validation\n"));
    repo.commit("2026-01-12", "skip the work");
    let runner = Runner::new(&repo, "2026-01-20");
    let said = runner.github("poam-check").badly();
    assert!(
        said.contains("::error file=items/V-1.yaml") && said.contains("illegal-transition"),
        "{said}"
    );
    assert!(runner.gitlab("poam check").badly().contains("error[illegal-transition]"));
}

#[test]
fn the_watch_rejects_a_stale_item_and_passes_a_fresh_one() {
    let repo = tracker();
    for job in ["poam-watch", "poam watch"] {
        let run = |today: &str| {
            let runner = Runner::new(&repo, today);
            if job == "poam-watch" { runner.github(job) } else { runner.gitlab(job) }
        };
        run("2026-01-20").well();
        let said = run("2026-03-01").badly();
        assert!(said.contains("stale") && said.contains("V-1"), "{said}");
    }
}

#[test]
fn a_submission_is_built_and_published() {
    let repo = tracker();
    repo.poam(0, &["--today", "2026-01-20", "snapshot", "2026-01"]);
    let runner = Runner::new(&repo, "2026-01-20");
    let said = runner.github("poam-release").well();
    assert!(said.contains("no snapshot lies before") && said.contains("::warning::"), "{said}");
    let calls = runner.asked_of_github();
    assert!(calls.contains("gh release create poam/2026-01 --verify-tag"), "{calls}");
    runner.gitlab("poam release").well();
    for folder in [repo.beside("home").join("poam"), repo.path().join("poam-release")] {
        for name in
            ["poam.xlsx", "poam.oscal.json", "audit-log.csv", "summary.md", "report/index.html"]
        {
            assert!(folder.join(name).is_file(), "{name}");
        }
    }
}

/// The job looks at the commits since the snapshot before: at its own tag there would be none to look at.
#[test]
fn a_submission_after_an_item_was_deleted_is_rejected() {
    let repo = tracker();
    repo.poam(0, &["--today", "2026-01-10", "snapshot", "2025-12"]);
    repo.remove("items/V-1.yaml").commit("2026-01-15", "clean up");
    repo.poam(0, &["--today", "2026-01-20", "snapshot", "2026-01"]);
    let runner = Runner::new(&repo, "2026-01-20");
    runner.github("poam-release").badly();
    let said = runner.gitlab("poam release").badly();
    assert!(said.contains("item-deleted"), "{said}");
}

#[test]
fn the_report_becomes_a_site_where_that_was_asked_for() {
    let repo = tracker();
    let runner = Runner::new(&repo, "2026-01-20");
    runner.github("poam-pages").well();
    runner.gitlab("poam pages").well();
    for folder in [repo.beside("home").join("poam-report"), repo.path().join("poam-pages")] {
        assert!(folder.join("index.html").is_file(), "{}", folder.display());
    }
    let text = repo.read(".github/workflows/poam-pages.yml");
    assert!(text.contains("if: vars.PUBLISH_POAM_REPORT == 'true'"), "{text}");
    let text = repo.read(".gitlab/poam.yml");
    assert_eq!(text.matches("if: $PUBLISH_POAM_REPORT == \"true\" && ").count(), 2);
}

#[test]
fn a_scan_becomes_a_pull_request_that_goes_on_while_it_is_open() {
    let repo = tracker();
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["init", "--quiet", "--bare", "../origin"]);
    repo.git(&["remote", "add", "origin", "../origin"]);
    let mut runner = Runner::new(&repo, "2026-01-20");
    let report = |cves: &[&str]| {
        let found: Vec<String> = cves
            .iter()
            .map(|cve| {
                format!(r#"{{"VulnerabilityID": "{cve}", "PkgName": "p", "Severity": "HIGH"}}"#)
            })
            .collect();
        format!(
            r#"{{"SchemaVersion": 2, "ArtifactName": ".", "CreatedAt": "2026-01-19T00:00:00Z", "Results": [{{"Target": "Cargo.lock",
              "Vulnerabilities": [{}]}}]}}"#,
            found.join(",")
        )
    };
    // A scanner that writes what the test says to where it is told.
    let trivy =
        "while [ $# -gt 0 ]; do [ \"$1\" = --output ] && cp \"$REPORT\" \"$2\"; shift; done";
    let bin = repo.beside("bin/trivy");
    std::fs::write(&bin, format!("#!/bin/sh\n{trivy}\n")).unwrap();
    std::fs::set_permissions(&bin, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = repo.beside("report.json");
    runner.variables.insert("REPORT".to_owned(), path.display().to_string());
    runner.variables.insert("GITHUB_REF_NAME".to_owned(), "main".to_owned());
    let main = repo.git(&["rev-parse", "main"]).trim().to_owned();
    runner.variables.insert("GITHUB_SHA".to_owned(), main.clone());
    std::fs::write(&path, report(&["CVE-2026-1111"])).unwrap();
    runner.github("poam-scan").well();
    let calls = runner.asked_of_github();
    assert!(calls.contains("gh pr create --base main --head poam-scan"), "{calls}");
    let body = std::fs::read_to_string(repo.beside("home").join("body.md")).unwrap();
    assert!(body.contains("CVE-2026-1111"), "{body}");
    let items = |branch: &str| {
        let files = repo.git(&["ls-tree", "-r", "--name-only", branch, "items"]);
        files.lines().filter(|line| line.contains("POAM-")).count()
    };
    assert_eq!((items("main"), items("refs/remotes/origin/poam-scan")), (0, 1));
    // The pull request is open: the next scan goes on from it and finds the same weakness known.
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["branch", "--quiet", "-D", "poam-scan"]);
    let gh = "echo \"gh $*\" >> \"$GH_CALLS\"\ncase \"$*\" in *'pr list'*) echo 7;; esac";
    std::fs::write(repo.beside("bin/gh"), format!("#!/bin/sh\n{gh}\n")).unwrap();
    std::fs::write(&path, report(&["CVE-2026-1111", "CVE-2026-2222"])).unwrap();
    runner.github("poam-scan").well();
    assert!(runner.asked_of_github().contains("gh pr edit poam-scan"));
    assert_eq!(items("refs/remotes/origin/poam-scan"), 2);
}

#[test]
fn without_an_action_the_workflow_says_what_to_fill_in() {
    let repo = Repo::new();
    repo.poam(0, &["init", "--ci", "github"]);
    let workflow = yaml(&repo.read(".github/workflows/poam-check.yml"));
    let steps = workflow["jobs"]["check"]["steps"].as_array().unwrap();
    let find = steps.iter().find(|step| step["name"] == "Find poam").unwrap();
    let mut ended = Ended { failed: None, said: String::new() };
    let mut runner = Runner::new(&repo, "2026-01-20");
    runner.variables.insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
    runner.run(&BTreeMap::new(), find["run"].as_str().unwrap(), &mut ended);
    assert!(ended.badly().contains("fill in `Install poam` in this workflow"));
    repo.poam(2, &["init", "--ci", "github", "--action", "example/poam@v1\n      - run: id"]);
}

#[test]
fn what_is_there_is_kept() {
    let repo = Repo::new();
    repo.write(".gitlab-ci.yml", "stages: [test]\n");
    let (out, err) = repo.poam(0, &["init", "--ci", "gitlab"]);
    assert!(out.contains("kept .gitlab-ci.yml") && out.contains("wrote .gitlab/poam.yml"), "{out}");
    assert!(err.contains("add `include: [{local: .gitlab/poam.yml}]` to .gitlab-ci.yml"), "{err}");
    assert_eq!(repo.read(".gitlab-ci.yml"), "stages: [test]\n");
}

/// Checks a file by the schema of its service.
fn assert_valid(schema: &str, name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/schemas").join(schema);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&yaml(text))
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
}

#[test]
fn the_pipelines_follow_the_schemas_of_their_services() {
    let repo = tracker();
    for name in ["check", "watch", "release", "pages"] {
        let text = repo.read(&format!(".github/workflows/poam-{name}.yml"));
        assert_valid("github-workflow.json", name, &text);
        // Actions are named by what cannot be moved.
        for line in text.lines().filter(|line| line.trim_start().starts_with("uses:")) {
            let commit = line.split_once('@').unwrap().1.split(' ').next().unwrap();
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        }
    }
    assert_valid("gitlab-ci.json", "gitlab", &repo.read(".gitlab/poam.yml"));
    assert_valid("gitlab-ci.json", "gitlab", &repo.read(".gitlab-ci.yml"));
    let root = |name: &str| {
        std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
    };
    assert_valid("github-action.json", "action.yml", &root("action.yml"));
}

#[test]
fn the_hooks_of_pre_commit_name_commands_that_work() {
    let repo = tracker();
    let hooks = std::fs::read_to_string(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml"),
    )
    .unwrap();
    let runner = Runner::new(&repo, "2026-01-20");
    let run = || {
        let mut ended = Ended { failed: None, said: String::new() };
        for hook in yaml(&hooks).as_array().unwrap() {
            runner.run(&BTreeMap::new(), hook["entry"].as_str().unwrap(), &mut ended);
        }
        ended
    };
    let entries: Vec<Value> = yaml(&hooks).as_array().unwrap().clone();
    assert_eq!(entries.len(), 2);
    repo.poam(0, &["format"]);
    run().well();
    repo.write("items/V-2.yaml", ownerless("V-2", "status: open\n"));
    assert!(run().badly().contains("missing-owner"));
    assert_eq!(runner.today, "2026-01-20");
}
